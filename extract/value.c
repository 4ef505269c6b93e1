#include <string.h>

#include "pattern.h"
#include "value_types.h"

enum {
    ALSO_MOST = 1000, /* statements of one value that are cited */
    SPANS_PLAIN = 16,  /* of a value that is its own raw text */
    BLANK_MOST = 200, /* bytes of what may say nothing, markup included */
};

/* ---- statements made before ---- */

static size_t index_hash(const struct node *parent, const char *name, const char *label, const char *loose)
{
    size_t hash = (size_t)parent >> 4;
    for (const char *p = name; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 0x100000001b3u;
    for (const char *p = label ? label : ""; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 0x100000001b3u;
    for (const char *p = loose; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

static struct node **index_slot(struct build *build, const struct node *parent, const char *name,
                                const char *label, const char *loose)
{
    size_t at = index_hash(parent, name, label, loose) & (build->index_room - 1);
    for (;; at = (at + 1) & (build->index_room - 1)) {
        struct node *node = build->index[at];
        if (!node)
            return &build->index[at];
        const char *other = label ? node_get(node, "label") : NULL;
        if (node->parent == parent && strcmp(node->name, name) == 0 &&
            (!label || (other && strcmp(other, label) == 0)) &&
            strcmp(text_loose(build->arena, node->value), loose) == 0)
            return &build->index[at];
    }
}

/* Where the node under `parent` is kept that states the same value, width and white
 * space set aside, or NULL that is to become it. `label` is that of a field, else NULL. */
static struct node **statement_slot(struct build *build, const struct node *parent, const char *name,
                                    const char *label, const char *value)
{
    if (2 * (build->index_count + 1) > build->index_room) {
        struct node **old = build->index;
        size_t room = build->index_room;
        build->index_room = room ? 2 * room : 64;
        build->index = arena_array(build->arena, struct node *, build->index_room);
        for (size_t i = 0; i < room; i++)
            if (old[i])
                *index_slot(build, old[i]->parent, old[i]->name, node_get(old[i], "label"),
                            text_loose(build->arena, old[i]->value)) = old[i];
    }
    return index_slot(build, parent, name, label, text_loose(build->arena, value));
}

static void statement_add(struct build *build, struct node **slot, struct node *node)
{
    *slot = node;
    build->index_count++;
}

/* ---- nodes ---- */

/* Room doubles, so that a value stated a thousand times costs no more than it must. */
static void spans_add(struct build *build, struct spans *spans, const struct span *more, size_t count)
{
    size_t room = 1;
    while (room < spans->count)
        room *= 2;
    if (!spans->count || spans->count + count > room) {
        while (room < spans->count + count)
            room *= 2;
        struct span *items = arena_array(build->arena, struct span, room);
        if (spans->count)
            memcpy(items, spans->items, spans->count * sizeof *items);
        spans->items = items;
    }
    memcpy(spans->items + spans->count, more, count * sizeof *more);
    spans->count += count;
}

bool value_same_loosely(struct build *build, const char *a, const char *b)
{
    return strcmp(a, b) == 0 || strcmp(text_loose(build->arena, a), text_loose(build->arena, b)) == 0;
}

struct node *value_node(struct build *build, struct node *parent, const char *name, const struct statement *statement,
                        const char *value, bool is_single)
{
    build_claim(build, statement->label.span, CLAIM_LABEL);
    for (size_t i = 0; i < statement->count; i++)
        build_claim(build, statement->spans[i], CLAIM_VALUE);
    bool is_plain = value && value == statement->text && statement->count <= SPANS_PLAIN && !strchr(value, '\n');
    for (size_t i = 0; i < statement->count && is_plain; i++)
        is_plain = text_is_whole(build->document, statement->spans[i]);
    const char *raw = is_plain ? value : statement->count ? build_raw(build, statement->spans, statement->count) : NULL;
    struct node **slot = value && is_single ? statement_slot(build, parent, name, NULL, value) : NULL,
                *before = slot ? *slot : NULL;
    if (before) {
        const char *first = before->provenance->raw ? before->provenance->raw : before->value;
        if (statement->count == 1 && value_same_loosely(build, first, raw)) {
            struct spans pieces = build_readable(build, statement->spans, statement->count);
            if (pieces.count == 1 && before->provenance->also.count < ALSO_MOST)
                spans_add(build, &before->provenance->also, pieces.items, 1);
        }
        return before;
    }
    struct node *node = node_append(build->arena, parent, name);
    struct provenance *provenance = arena_new(build->arena, struct provenance);
    node->provenance = provenance;
    node->order = 1 + (!span_is_empty(statement->label.span) ? statement->label.span.from
                       : statement->count                    ? statement->spans[0].from
                                                             : 0);
    provenance->rule = build_rule_name(build, statement->rule);
    provenance->label = statement->label.text;
    struct spans readable = value ? build_readable(build, statement->spans, statement->count) : (struct spans){0};
    if (!readable.count)
        value = NULL; /* nothing of it could be decoded */
    node->value = value;
    if (value) {
        provenance->bytes = readable;
        provenance->by = statement->by;
        if (raw && strcmp(raw, value) != 0)
            provenance->raw = raw;
        build->values++;
        if (slot)
            statement_add(build, slot, node);
    }
    return node;
}

/* ---- text of a statement ---- */

void statement_view(const struct build *build, const struct statement *statement, struct view *view)
{
    struct span span = {0, 0};
    if (statement->count)
        span = (struct span){statement->spans[0].from, statement->spans[statement->count - 1].to};
    view_build(view, build->document, span);
}

/* What most values are not, by their first character. */
static bool may_begin_blank(const struct build *build, const struct statement *statement)
{
    struct pattern *const *values = build->grammar->values;
    uint32_t code = text_first(build->document, (struct span){statement->spans[0].from, statement->spans[statement->count - 1].to});
    return !code || pattern_may_begin(values[VALUE_HINT], code) ||
           (statement->is_cell && (pattern_may_begin(values[VALUE_BLANK], code) ||
                                   pattern_may_begin(values[VALUE_UNFILLED], code)));
}

bool value_is_blank(struct build *build, const struct statement *statement)
{
    if (!statement->count)
        return true;
    if (build->document->invalid.count && !build_readable(build, statement->spans, statement->count).count)
        return true; /* nothing of it could be decoded */
    if (statement->spans[statement->count - 1].to - statement->spans[0].from > BLANK_MOST)
        return false;
    if (!may_begin_blank(build, statement))
        return false;
    struct view view;
    view_read(&view, build->document, (struct span){statement->spans[0].from, statement->spans[statement->count - 1].to});
    if (!view.length)
        return view.is_whole;
    if (!view.is_whole)
        return false;
    if (grammar_value(build->grammar, VALUE_HINT, view.text, view.length))
        return true;
    return statement->is_cell && (grammar_value(build->grammar, VALUE_BLANK, view.text, view.length) ||
                                  grammar_value(build->grammar, VALUE_UNFILLED, view.text, view.length));
}

struct statement statement_part(struct build *build, const struct statement *whole, const struct view *view,
                                size_t from, size_t to)
{
    struct statement part = *whole;
    part.spans = arena_new(build->arena, struct span);
    part.spans[0] = (struct span){view->at[from], view->to[to - 1]};
    part.count = 1;
    return part;
}

/* A seal or signature hint at either end of a value goes with the label. */
static void strip_hints(const struct build *build, struct span *span)
{
    struct view view;
    view_build(&view, build->document, *span);
    if (!view.is_whole || !view.length)
        return;
    const char *close = view.text[0] == '(' ? strchr(view.text, ')') : NULL;
    size_t length = close ? (size_t)(close - view.text) + 1 : 0;
    if (length && length < view.length && grammar_value(build->grammar, VALUE_HINT, view.text, length))
        span->from = view.at[length];
    const char *open = view.text[view.length - 1] == ')' ? strrchr(view.text, '(') : NULL;
    size_t from = open ? (size_t)(open - view.text) : 0;
    if (from > length && grammar_value(build->grammar, VALUE_HINT, open, view.length - from))
        span->to = view.to[from - 1];
}

/* ---- one statement ---- */

void value_add_field(struct build *build, const struct statement *statement)
{
    if (!build->fields)
        build->fields = node_new(build->arena, "fields");
    const char *label = statement->label.text ? statement->label.text : "";
    if (value_is_blank(build, statement)) {
        for (size_t i = 0; i < statement->count; i++)
            build_claim(build, statement->spans[i], CLAIM_VALUE);
        struct statement empty = *statement;
        empty.count = 0;
        struct node *node = value_node(build, build->fields, "field", &empty, NULL, false);
        node_set(build->arena, node, "label", label);
        return;
    }
    const char *value = text_normal(build->document, build->arena, statement->spans, statement->count);
    bool is_single = statement->rule->word != WORD_FIELD;
    struct node **slot = is_single ? statement_slot(build, build->fields, "field", label, value) : NULL;
    if (slot && *slot) {
        build_claim(build, statement->label.span, CLAIM_LABEL);
        for (size_t i = 0; i < statement->count; i++)
            build_claim(build, statement->spans[i], CLAIM_VALUE);
        return;
    }
    struct node *node = value_node(build, build->fields, "field", statement, value, false);
    node_set(build->arena, node, "label", label);
    if (slot && node->value)
        statement_add(build, slot, node);
}

/* Two fields in one value: a department and its code, a person and a telephone. */
static bool add_pair(struct build *build, struct node *parent, const struct statement *statement,
                     const struct view *view, enum value_name name)
{
    const struct rule *rule = statement->rule;
    const struct pattern *pattern = build->grammar->values[name];
    if (!view->is_whole || !rule->second || !grammar_value(build->grammar, name, view->text, view->length))
        return false;
    size_t from, to, second_from, second_to;
    if (!pattern_group(pattern, "first", &from, &to) ||
        !pattern_group(pattern, "second", &second_from, &second_to) || from >= to)
        return false;
    struct statement first = statement_part(build, statement, view, from, to);
    struct statement second = statement_part(build, statement, view, second_from, second_to);
    for (size_t i = 0; i < statement->count; i++)
        build_claim(build, statement->spans[i], CLAIM_LABEL);
    value_node(build, parent, rule->element, &first, text_normal(build->document, build->arena, first.spans, 1), true);
    value_node(build, parent, rule->second, &second, text_normal(build->document, build->arena, second.spans, 1), true);
    return true;
}

static bool add_unit(struct build *build, struct node *parent, const struct statement *statement,
                     const struct view *view)
{
    if (!view->is_whole || !grammar_value(build->grammar, VALUE_UNIT, view->text, view->length))
        return false;
    size_t from, to;
    pattern_group(build->grammar->values[VALUE_UNIT], "unit", &from, &to);
    const char *unit = arena_copy(build->arena, view->text + from, to - from);
    if (!build->declared_unit)
        build->declared_unit = unit;
    value_node(build, parent, statement->rule->element, statement, unit, true);
    return true;
}

static bool add_year(struct build *build, struct node *parent, const struct statement *statement,
                     const struct view *view)
{
    size_t from, to;
    if (!grammar_value(build->grammar, VALUE_YEAR, view->text, view->length) ||
        !pattern_group(build->grammar->values[VALUE_YEAR], "year", &from, &to))
        return false;
    struct statement part = statement_part(build, statement, view, from, to);
    value_node(build, parent, statement->rule->element, &part,
               arena_copy(build->arena, view->text + from, to - from), true);
    if (grammar_value(build->grammar, VALUE_CAPTION, view->text, view->length)) /* 年度 and brackets around it */
        build_claim(build, (struct span){statement->spans[0].from, statement->spans[statement->count - 1].to},
                    CLAIM_LABEL);
    return true;
}

bool value_add(struct build *build, struct node *parent, struct statement *statement)
{
    const struct rule *rule = statement->rule;
    if (!parent) {
        const struct rule *section = rule->parent;
        while (section->word != WORD_SECTION)
            section = section->parent;
        parent = build_block(build, section->index);
    }
    if (rule->word == WORD_FIELD) {
        value_add_field(build, statement);
        return true;
    }
    if (value_is_blank(build, statement)) {
        for (size_t i = 0; i < statement->count; i++)
            build_claim(build, statement->spans[i], CLAIM_VALUE);
        struct statement empty = *statement;
        empty.count = 0;
        if (rule_child(rule, WORD_OPTIONAL)) {
            build_claim(build, statement->label.span, CLAIM_LABEL);
            return true;
        }
        value_node(build, parent, rule->element, &empty, NULL, false);
        if (rule->second && rule->word == WORD_PERIOD)
            value_node(build, parent, rule->second, &empty, NULL, false);
        return true;
    }
    if (statement->count == 1 &&
        (rule->word == WORD_TEXT || rule->word == WORD_DEPARTMENT || rule->word == WORD_PERSON)) {
        build_claim(build, statement->spans[0], CLAIM_LABEL);
        strip_hints(build, &statement->spans[0]);
    }
    const char *text = text_normal(build->document, build->arena, statement->spans, statement->count);
    statement->text = text;
    bool is_single = rule->parent->word == WORD_SECTION;
    if (rule->word == WORD_TEXT || rule->word == WORD_PROSE) {
        value_node(build, parent, rule->element, statement, text, is_single);
        return true;
    }
    struct view view;
    statement_view(build, statement, &view);
    switch (rule->word) {
    case WORD_DATE: {
        const char *date = view.is_whole ? value_date(build, view.text, view.length) : NULL;
        if (!date) {
            build_finding(build, "unread", "warning", &statement->spans[0],
                          "日期无法识读，按原文保留 (no date can be read in '%s')", text);
            return false;
        }
        value_node(build, parent, rule->element, statement, date, is_single);
        return true;
    }
    case WORD_PERIOD:
        return view.is_whole && value_add_period(build, parent, statement, &view);
    case WORD_YEAR:
        return add_year(build, parent, statement, &view);
    case WORD_UNIT:
        return add_unit(build, parent, statement, &view);
    case WORD_BOOLEAN:
        return value_add_boolean(build, parent, statement, is_single);
    case WORD_CHOICE:
        return value_add_choice(build, parent, statement);
    case WORD_DEPARTMENT:
        if (!add_pair(build, parent, statement, &view, VALUE_DEPARTMENT))
            value_node(build, parent, rule->element, statement, text, is_single);
        return true;
    case WORD_PERSON:
        if (!add_pair(build, parent, statement, &view, VALUE_PERSON)) {
            bool is_number = view.length && strchr("0123456789+(", view.text[0]); /* the telephone alone */
            value_node(build, parent, is_number && rule->second ? rule->second : rule->element, statement,
                       text, is_single);
        }
        return true;
    case WORD_QUANTITY:
        return view.is_whole && value_add_quantity(build, parent, statement, &view);
    case WORD_MONEY: {
        const char *unit;
        if (!value_money(build, view.text, view.length, NULL, &unit))
            return false;
        struct node *node = value_node(build, parent, rule->element, statement, text, false);
        if (statement->label.unit)
            node_set(build->arena, node, "unit", statement->label.unit);
        *array_push(&build->moneys) = node;
        return true;
    }
    default:
        value_node(build, parent, rule->element, statement, text, is_single);
        return true;
    }
}
