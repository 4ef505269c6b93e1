#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comparing.h"
#include "pattern.h"
#include "text.h"

enum { QUOTE_MOST = 60, YEARS_NEAR = 6 };

/* ---- keys ---- */

static bool is_letter(uint32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
    return !(c < 0xc0 || (c >= 0x2000 && c <= 0x206f) || (c >= 0x2190 && c <= 0x245f) ||
             (c >= 0x2500 && c <= 0x27bf) || (c >= 0x3000 && c <= 0x3003) || (c >= 0x3008 && c <= 0x3020) ||
             (c >= 0xfe10 && c <= 0xfe6f) || c == 0xfffd || c == 0x30fb);
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Takes years near `year` out of a key, with 年 or 年度 behind. */
static void years_drop(char *key, unsigned year)
{
    static const char *const behind[] = {"年度", "年"};
    char *to = key;
    for (const char *at = key; *at;) {
        bool is_number = is_digit(*at) && (at == key || !is_digit(at[-1]));
        size_t digits = is_number ? strspn(at, "0123456789") : 0;
        unsigned number = 0;
        for (size_t i = 0; i < digits && digits == 4; i++)
            number = number * 10 + (unsigned)(at[i] - '0');
        if (!number || number + YEARS_NEAR < year || number > year + YEARS_NEAR) {
            *to++ = *at++;
            continue;
        }
        at += digits;
        for (size_t i = 0; i < sizeof behind / sizeof *behind; i++)
            if (strncmp(at, behind[i], strlen(behind[i])) == 0) {
                at += strlen(behind[i]);
                break;
            }
    }
    *to = 0;
}

const char *key_of(struct arena *arena, const char *text, unsigned year)
{
    if (!text)
        return "";
    text = text_loose(arena, text);
    char *key = arena_room(arena, strlen(text) + 1), *to = key;
    while (*text) {
        unsigned length;
        uint32_t code = character_decode(text, &length);
        if (code >= 'A' && code <= 'Z')
            code += 'a' - 'A';
        if (is_letter(code))
            to += character_encode(code, to);
        text += length;
    }
    *to = 0;
    if (year) {
        char *whole = arena_copy(arena, key, (size_t)(to - key));
        years_drop(key, year);
        return *key ? key : whole;
    }
    return key;
}

const char *loose_of(struct arena *arena, const char *text) { return text ? text_loose(arena, text) : ""; }

/* ---- money ---- */

static bool decimals_of(struct decimal *step, const struct grammar *grammar, const char *raw,
                        const char *unit)
{
    unsigned zeros = 0;
    if (!unit || !grammar_scale(grammar, unit, &zeros))
        return false;
    const char *point = strchr(raw, '.');
    size_t places = point ? strspn(point + 1, "0123456789") : 0;
    return decimal_shift(step, (struct decimal){1, 0}, (int)zeros - (int)(places < 20 ? places : 20));
}

static struct money money_of(struct comparing *comparing, const struct node *node)
{
    struct money money = {.node = node};
    const char *unit = node_get(node, "unit"), *from = node_get(node, "unit-from");
    const char *raw = node->provenance && node->provenance->raw ? node->provenance->raw : node->value;
    if (from && strcmp(from, "assumed") == 0) {
        money.doubt_zh = "金额未注明单位";
        money.doubt_en = "no unit is printed for the amount";
    } else if (!decimal_read(&money.yuan, node->value, strlen(node->value)) ||
               !decimals_of(&money.step, comparing->grammar, raw, unit)) {
        money.doubt_zh = "金额无法识读";
        money.doubt_en = "the amount cannot be read";
    }
    return money;
}

static bool is_same_word(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : !a && !b; }

bool money_is_same(const struct money *a, const struct money *b)
{
    struct decimal step = decimal_compare(a->step, b->step) > 0 ? a->step : b->step;
    return decimal_is_near(a->yuan, b->yuan, step, 0);
}

struct money money_find(struct comparing *comparing, const struct form *form, const char *scope,
                        const char *source, const char *stage)
{
    struct money found = {0};
    const struct node *funding = node_child(form->declaration, "funding");
    for (const struct node *node = funding ? funding->first : NULL; node; node = node->next) {
        if (!node->value || strcmp(node->name, "amount") != 0 ||
            !is_same_word(node_get(node, "scope"), scope) ||
            !is_same_word(node_get(node, "source"), source) || !is_same_word(node_get(node, "stage"), stage))
            continue;
        struct money money = money_of(comparing, node);
        if (!found.node) {
            found = money;
        } else if (!found.doubt_zh && (money.doubt_zh || !money_is_same(&found, &money))) {
            found.doubt_zh = "表内金额前后不一";
            found.doubt_en = "the form states several amounts";
        }
    }
    return found;
}

/* ---- periods ---- */

unsigned date_year(const struct node *date)
{
    unsigned year = 0;
    for (size_t i = 0; date && date->value && i < 4; i++) {
        if (!is_digit(date->value[i]))
            return 0;
        year = year * 10 + (unsigned)(date->value[i] - '0');
    }
    return year;
}

bool date_is_same(const struct node *a, const struct node *b)
{
    size_t n = strlen(a->value), m = strlen(b->value);
    return strncmp(a->value, b->value, n < m ? n : m) == 0;
}

bool period_is_same(const struct facts *a, const struct facts *b)
{
    return a->start && a->end && b->start && b->end && date_is_same(a->start, b->start) &&
           date_is_same(a->end, b->end);
}

/* The same but for the year, to the precision of both. */
static bool is_same_day(const struct node *a, const struct node *b)
{
    size_t n = strlen(a->value), m = strlen(b->value), length = n < m ? n : m;
    return length <= 4 || strncmp(a->value + 4, b->value + 4, length - 4) == 0;
}

bool period_moved(const struct facts *a, const struct facts *b)
{
    if (!a->start || !a->end || !b->start || !b->end)
        return false;
    int by = (int)b->year - (int)a->year;
    return (int)date_year(b->start) - (int)date_year(a->start) == by &&
           (int)date_year(b->end) - (int)date_year(a->end) == by && is_same_day(a->start, b->start) &&
           /* the end of February moves by itself */
           (is_same_day(a->end, b->end) || strncmp(a->end->value + 4, "-02-2", 5) == 0);
}

/* ---- indicators ---- */

static int by_key(const void *a, const void *b)
{
    const struct indicator *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

/* Levels whose place in the taxonomy changed from template to template count as one. */
static const char *dimension_of(const struct node *node)
{
    const char *class = node_get(node, "class"), *dimension = node_get(node, "dimension");
    if (class && strcmp(class, "cost") == 0)
        return "cost";
    if (!dimension && class && (strcmp(class, "satisfaction") == 0 || strcmp(class, "influence") == 0))
        return "satisfaction";
    return dimension ? dimension : "";
}

static void target_read(struct comparing *comparing, struct indicator *indicator)
{
    const struct node *target = indicator->target;
    const char *kind = target ? node_get(target, "kind") : NULL,
               *value = target ? node_get(target, "value") : NULL;
    indicator->unit = indicator->text = "";
    if (!target || !target->value)
        return;
    indicator->text = loose_of(comparing->scratch, target->value);
    indicator->kind = TARGET_TEXT;
    if (kind && strcmp(kind, "time") == 0)
        indicator->kind = TARGET_TIME;
    bool is_money = kind && strcmp(kind, "money") == 0;
    if ((is_money || (kind && strcmp(kind, "number") == 0)) && value &&
        decimal_read(&indicator->value, value, strlen(value)))
        indicator->kind = is_money ? TARGET_MONEY : TARGET_NUMBER;
    indicator->op = node_get(target, "op");
    const char *unit = node_get(target, "unit");
    if (unit)
        indicator->unit = loose_of(comparing->scratch, unit);
}

static const struct node *filled(const struct node *node) { return node && node->value ? node : NULL; }

static void indicators_read(struct comparing *comparing, struct facts *facts)
{
    const struct node *block = node_child(facts->form->declaration, "indicators");
    size_t count = 0;
    for (const struct node *node = block ? block->first : NULL; node; node = node->next)
        count++;
    facts->indicators = arena_array(comparing->scratch, struct indicator, count);
    for (const struct node *node = block ? block->first : NULL; node; node = node->next) {
        struct indicator *indicator = &facts->indicators[facts->indicator_count];
        const char *horizon = node_get(node, "horizon");
        indicator->node = node;
        for (const struct node *child = node->first; child; child = child->next) {
            const struct node **to = strcmp(child->name, "name") == 0          ? &indicator->name
                                     : strcmp(child->name, "target") == 0      ? &indicator->target
                                     : strcmp(child->name, "weight") == 0      ? &indicator->weight
                                     : strcmp(child->name, "actual") == 0      ? &indicator->actual
                                     : strcmp(child->name, "description") == 0 ? &indicator->description
                                                                               : NULL;
            if (to && child->value)
                *to = child;
        }
        indicator->horizon = horizon ? horizon : "annual";
        indicator->dimension = dimension_of(node);
        if (!indicator->name && !indicator->target)
            continue;
        indicator->key = indicator->name ? key_of(comparing->scratch, indicator->name->value, facts->year)
                                         : arena_printf(comparing->scratch, "@%s", indicator->dimension);
        target_read(comparing, indicator);
        indicator->order = facts->indicator_count++;
    }
    qsort(facts->indicators, facts->indicator_count, sizeof *facts->indicators, by_key);
    for (size_t i = 1; i < facts->indicator_count; i++) {
        struct indicator *last = &facts->indicators[i - 1], *at = &facts->indicators[i];
        if (strcmp(last->key, at->key) == 0 && strcmp(last->horizon, at->horizon) == 0 &&
            strcmp(last->dimension, at->dimension) == 0)
            last->is_several = at->is_several = true;
    }
}

/* The annual amount of a form without totals that has one source alone. */
static struct money only_amount(struct comparing *comparing, const struct form *form)
{
    struct money found = {0};
    const struct node *funding = node_child(form->declaration, "funding");
    for (const struct node *node = funding ? funding->first : NULL; node; node = node->next) {
        const char *scope = node_get(node, "scope");
        if (!node->value || strcmp(node->name, "amount") != 0 || !scope || strcmp(scope, "annual") != 0 ||
            node_get(node, "stage"))
            continue;
        struct money money = money_of(comparing, node);
        if (!money.doubt_zh && decimal_is_zero(money.yuan))
            continue;
        if (found.node)
            return (struct money){0};
        found = money;
    }
    return found;
}

void facts_read(struct comparing *comparing, struct facts *facts, const struct form *form, unsigned year)
{
    const char *kind = node_get(form->declaration, "kind");
    *facts = (struct facts){.form = form, .year = year};
    facts->is_evaluation = kind && strcmp(kind, "evaluation") == 0;
    const char *stage = facts->is_evaluation ? "budgeted" : NULL;
    facts->annual = money_find(comparing, form, "annual", "total", stage);
    facts->annual_fiscal = money_find(comparing, form, "annual", "fiscal", stage);
    if (!facts->annual.node && !facts->annual_fiscal.node)
        facts->annual = only_amount(comparing, form);
    facts->total = money_find(comparing, form, "project", "total", stage);
    if (!facts->total.node)
        facts->total = money_find(comparing, form, "midterm", "total", stage);
    facts->carried = money_find(comparing, form, "annual", "carry-over", stage);
    facts->start = filled(form_field(form, "header", "start-date"));
    facts->end = filled(form_field(form, "header", "end-date"));
    indicators_read(comparing, facts);
}

/* ---- quotes ---- */

const char *quote(struct arena *arena, const char *text)
{
    size_t characters = 0;
    for (const char *at = text; *at; at++) {
        if ((*at & 0xC0) != 0x80 && ++characters > QUOTE_MOST)
            return arena_printf(arena, "%.*s…", (int)(at - text), text);
    }
    return text;
}

const char *quote_amount(struct arena *arena, const struct node *node)
{
    const char *raw = node_printed(node);
    const char *unit = node_get(node, "unit"), *from = node_get(node, "unit-from");
    if (!raw)
        return "";
    if (from && node_is_reviewed(node)) /* what a person put there is kept in 元 alone */
        return arena_printf(arena, "%s 元", quote(arena, raw));
    if (!unit || (from && (strcmp(from, "inline") == 0 || strcmp(from, "assumed") == 0)))
        return quote(arena, raw);
    return arena_printf(arena, "%s %s", quote(arena, raw), unit);
}

/* ---- reasons ---- */

/* The length of a sentence's end there, or 0. */
static size_t sentence_end(const char *at)
{
    static const char *const ends[] = {"。", "；", "！", ";", "!", "\n"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (strncmp(at, ends[i], strlen(ends[i])) == 0)
            return strlen(ends[i]);
    return 0;
}

static const char *reason_in(const struct pair *pair, const struct node *node, enum value_name value)
{
    struct arena *scratch = pair->comparing->scratch;
    for (const char *at = node->value, *end; *at; at = end + sentence_end(end)) {
        for (end = at; *end && !sentence_end(end);)
            end++;
        const char *sentence = arena_copy(scratch, at, (size_t)(end - at)),
                   *plain = text_loose(scratch, sentence);
        if (end > at && grammar_value(pair->comparing->grammar, value, plain, strlen(plain)))
            return quote(scratch, sentence);
    }
    return NULL;
}

const char *reason_find(const struct pair *pair, const struct indicator *indicator, const struct node **node)
{
    const struct node *narrative = node_child(pair->new->form->declaration, "narrative");
    const char *reason = NULL;
    if (indicator) {
        *node = indicator->description;
        return *node ? reason_in(pair, *node, VALUE_CAUSE) : NULL;
    }
    for (const struct node *field = narrative ? narrative->first : NULL; field && !reason;
         field = field->next)
        if (field->value && (reason = reason_in(pair, field, VALUE_REASON)))
            *node = field;
    return reason;
}
