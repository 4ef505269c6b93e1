/* Targets of indicators, and quantities. */
#include <stdint.h>
#include <string.h>

#include "base/memo.h"
#include "pattern.h"
#include "value_types.h"

/* 4,600.50 -> 4600.5 */
static const char *decimal_plain(struct arena *arena, const char *text, size_t length)
{
    char *value = (char *)value_decimal(arena, text, length, 0, 0);
    size_t end = strlen(value);
    if (end && value[end - 1] == '.')
        value[end - 1] = 0;
    return value;
}

static const char *unit_of(struct build *build, const struct rule *form, const char *unit, size_t length)
{
    if (form && strcmp(form->name, "-") != 0)
        return form->name;
    return arena_copy(build->arena, unit, length);
}

static bool is_short_word(const char *text, size_t length)
{
    size_t characters = 0;
    for (size_t i = 0; i < length;) {
        unsigned n;
        uint32_t code = character_decode(text + i, &n);
        if ((code >= '0' && code <= '9') || strchr(",.;:()+*=<>~-", code < 0x80 ? (int)code : 'a') ||
            code == 0x3001 || code == 0x3002)
            return false;
        characters++;
        i += n;
    }
    return characters >= 1 && characters <= 4;
}

/* What comes behind the numbers is mostly one of a few, so it is remembered: the name it
 * has in the grammar, none, or that it is no unit. */
enum { WAY_UNIT = 1, NO_UNIT = 1 };

static bool set_unit(struct build *build, struct node *target, const char *unit, size_t length, bool is_certain)
{
    const struct grammar *grammar = build->grammar;
    if (length == 0)
        return true;
    uint64_t known;
    unsigned way = WAY_UNIT + is_certain;
    if (memo_find(grammar->lexicon, way, unit, length, &known)) {
        if (known != NO_UNIT)
            node_set(build->arena, target, "unit", unit_of(build, (const struct rule *)(uintptr_t)known, unit, length));
        return known != NO_UNIT;
    }
    size_t limits_hit = pattern_limits_hit;
    /* behind a bare number one character is a measure word; more must be known ones */
    bool is_word = is_certain ? is_short_word(unit, length)
                              : length == 3 && (unsigned char)unit[0] >= 0xe4 && is_short_word(unit, length);
    const struct rule *form = grammar_value(grammar, VALUE_MEASURE, unit, length);
    bool is_unit = !grammar_value(grammar, VALUE_VAGUE, unit, length) && (form || is_word || grammar_value(grammar, VALUE_RATE, unit, length));
    if (pattern_limits_hit == limits_hit)
        memo_keep(grammar->lexicon, way, unit, length, is_unit ? (uintptr_t)form : NO_UNIT);
    if (!is_unit)
        return false;
    node_set(build->arena, target, "unit", unit_of(build, form, unit, length));
    return true;
}

static void set_kind(struct build *build, struct node *target, const char *kind)
{
    node_set(build->arena, target, "kind", kind);
}

/* 292% of something that cannot exceed 100 %: ≥92% with its sign read as a digit. */
static bool is_misread(struct build *build, const struct node *target, const char *plain, const char *context)
{
    const char *unit = node_get(target, "unit");
    if (!unit || strcmp(unit, "%") != 0 || strlen(plain) < 3 || !context ||
        !grammar_value(build->grammar, VALUE_SHARE, context, strlen(context)))
        return false;
    size_t whole = strcspn(plain, ".");
    return whole == 3 && (plain[0] == '2' || plain[0] == '3') && (plain[1] != '0' || plain[2] != '0');
}

void value_target(struct build *build, struct node *target, const char *value, const char *context)
{
    const struct grammar *grammar = build->grammar;
    struct document_text document = {.text = value, .length = (uint32_t)strlen(value)};
    struct view view;
    view_read(&view, &document, (struct span){0, document.length});
    const char *text = view.text;
    size_t length = view.length;
    set_kind(build, target, "text");
    if (!view.is_whole || !length)
        return;
    if (grammar_value(grammar, VALUE_TIME, text, length)) {
        set_kind(build, target, "time");
        return;
    }
    const struct rule *sign = grammar_value(grammar, VALUE_SIGN, text, length);
    size_t at = sign ? pattern_to(grammar->values[VALUE_SIGN]) : 0;
    if (!grammar_value(grammar, VALUE_NUMBER, text + at, length - at)) {
        if (sign && grammar_value(grammar, VALUE_TIME, text + at, length - at))
            set_kind(build, target, "time");
        return;
    }
    size_t number = at, number_to = at + pattern_to(grammar->values[VALUE_NUMBER]);
    const char *unit = text + number_to;
    size_t unit_length = length - number_to;
    bool is_bracketed = unit_length > 2 && unit[0] == '(' && unit[unit_length - 1] == ')';
    if (is_bracketed) {
        unit++;
        unit_length -= 2;
    }
    unsigned zeros = 0;
    const char *word = arena_copy(build->arena, unit, unit_length);
    const struct rule *scale = unit_length ? grammar_scale(grammar, word, &zeros) : NULL;
    const char *plain = decimal_plain(build->arena, text + number, number_to - number);
    bool is_money = scale && strstr(word, "元");
    if (scale && !is_money)
        is_money = context && grammar_value(grammar, VALUE_COSTLY, context, strlen(context));
    if (is_money) {
        set_kind(build, target, "money");
        if (sign)
            node_set(build->arena, target, "op", sign->name);
        node_set(build->arena, target, "value",
                 value_decimal(build->arena, text + number, number_to - number, zeros, 2));
        node_set(build->arena, target, "unit", "元");
        return;
    }
    if (!set_unit(build, target, unit, unit_length, sign || is_bracketed))
        return;
    if (!sign && is_misread(build, target, plain, context)) {
        target->attributes = NULL;
        set_kind(build, target, "text");
        if (target->provenance)
            build_finding(build, "unread", "warning", &target->provenance->bytes.items[0],
                          "百分比超过100，首位疑为误识的符号，按原文保留 (a sign may be misread as the first "
                          "digit of '%s')",
                          value);
        return;
    }
    set_kind(build, target, "number");
    if (sign)
        node_set(build->arena, target, "op", sign->name);
    node_set(build->arena, target, "value", plain);
}

bool value_add_quantity(struct build *build, struct node *parent, const struct statement *statement,
                        const struct view *view)
{
    const struct grammar *grammar = build->grammar;
    if (!grammar_value(grammar, VALUE_NUMBER, view->text, view->length))
        return false;
    size_t to = pattern_to(grammar->values[VALUE_NUMBER]);
    const char *value = decimal_plain(build->arena, view->text, to);
    size_t rest = view->length - to;
    if (rest && !is_short_word(view->text + to, rest) && !grammar_value(grammar, VALUE_MEASURE, view->text + to, rest))
        return false;
    struct node *node = value_node(build, parent, statement->rule->element, statement, value, false);
    if (rest)
        node_set(build->arena, node, "unit", unit_of(build, grammar_value(grammar, VALUE_MEASURE, view->text + to, rest), view->text + to, rest));
    return true;
}
