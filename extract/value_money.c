#include <string.h>

#include "pattern.h"
#include "value_types.h"

const char *value_decimal(struct arena *arena, const char *text, size_t length, unsigned zeros, unsigned places)
{
    char *digits = arena_alloc(arena, length + zeros + places + 4);
    size_t count = 0, point = SIZE_MAX;
    bool is_negative = length && text[0] == '-';
    for (size_t i = is_negative; i < length; i++) {
        if (text[i] == '.')
            point = count;
        else if (text[i] >= '0' && text[i] <= '9')
            digits[count++] = text[i];
    }
    if (point == SIZE_MAX)
        point = count;
    point += zeros;
    while (count < point)
        digits[count++] = '0';
    while (count < point + places)
        digits[count++] = '0';
    while (count > point + places && digits[count - 1] == '0')
        count--;
    size_t first = 0;
    while (first + 1 < point && digits[first] == '0')
        first++;
    char *out = arena_alloc(arena, count + 5), *at = out;
    if (is_negative)
        *at++ = '-';
    if (point == 0)
        *at++ = '0';
    for (size_t i = first; i < count; i++) {
        if (i == point)
            *at++ = '.';
        *at++ = digits[i];
    }
    *at = 0;
    return out;
}

const char *value_money(struct build *build, const char *text, size_t length, const char *context, const char **unit)
{
    const struct grammar *grammar = build->grammar;
    if (!grammar_value(grammar, VALUE_MONEY, text, length))
        return NULL;
    size_t from, to;
    const char *printed = NULL;
    if (pattern_group(grammar->values[VALUE_MONEY], "unit", &from, &to))
        printed = arena_copy(build->arena, text + from, to - from);
    if (!pattern_group(grammar->values[VALUE_MONEY], "number", &from, &to))
        return NULL;
    unsigned zeros = 0;
    const struct rule *scale = NULL;
    if (printed || context)
        scale = grammar_scale(grammar, printed ? printed : context, &zeros);
    *unit = NULL;
    if (printed && scale)
        *unit = arena_copy(build->arena, scale->name, strcspn(scale->name, "/"));
    return value_decimal(build->arena, text + from, to - from, zeros, 2);
}

void value_settle_money(struct build *build, struct node *node, const char *label_unit)
{
    struct view view;
    const char *inline_unit = NULL, *context = label_unit ? label_unit : build->declared_unit;
    const char *from = label_unit ? "label" : build->declared_unit ? "declared" : "assumed";
    if (!context)
        context = "元";
    if (node->value) {
        struct statement statement = {.spans = node->provenance->bytes.items, .count = node->provenance->bytes.count};
        statement_view(build, &statement, &view);
        const char *raw = node->provenance->raw ? node->provenance->raw : node->value;
        const char *value = value_money(build, view.text, view.length, context, &inline_unit);
        if (value) {
            node->value = value;
            node->provenance->raw = strcmp(raw, value) == 0 ? NULL : raw;
        }
        if (strcmp(from, "assumed") == 0 && !inline_unit)
            build_finding(build, "unit-undeclared", "info", &node->provenance->bytes.items[0],
                          "金额未注明单位，按元计 (no unit is printed for %s; taken as 元)", raw);
    }
    if (inline_unit)
        from = "inline";
    unsigned zeros;
    const struct rule *scale = grammar_scale(build->grammar, inline_unit ? inline_unit : context, &zeros);
    const char *unit = inline_unit ? inline_unit
                       : scale     ? arena_copy(build->arena, scale->name, strcspn(scale->name, "/"))
                                   : context;
    node_set(build->arena, node, "unit", unit);
    node_set(build->arena, node, "unit-from", from);
}
