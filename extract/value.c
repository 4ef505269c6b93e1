#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "pattern.h"

/* ---- the declaration in the making ---- */

struct node *build_block(struct build *build, unsigned section)
{
    if (!build->blocks[section])
        build->blocks[section] = node_new(build->arena, build->grammar->sections[section]->name);
    return build->blocks[section];
}

void build_claim(struct build *build, struct span span, enum claim_kind kind)
{
    if (!span_is_empty(span))
        *array_push(&build->claims) = (struct claim){span, kind};
}

struct node *build_finding(struct build *build, const char *rule, const char *severity, const struct span *at, const char *format, ...)
{
    char message[400];
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    size_t length = strlen(message);
    if (length == sizeof message - 1) { /* cut, but never inside a character */
        while (length && ((unsigned char)message[length - 1] & 0xc0) == 0x80)
            length--;
        length -= length && (unsigned char)message[length - 1] >= 0xc0;
    }
    if (!build->findings)
        build->findings = node_new(build->arena, "findings");
    struct node *finding = node_append(build->arena, build->findings, "finding");
    node_set(build->arena, finding, "rule", rule);
    node_set(build->arena, finding, "severity", severity);
    finding->value = arena_copy(build->arena, message, length);
    if (at) {
        finding->provenance = arena_new(build->arena, struct provenance);
        finding->provenance->bytes.items = arena_new(build->arena, struct span);
        finding->provenance->bytes.items[0] = *at;
        finding->provenance->bytes.count = 1;
        finding->provenance->raw = build_raw(build, at, 1);
    }
    return finding;
}

/* The last bracket of a label, when it names a unit of money: （万元）. */
static void label_unit(struct build *build, struct label_text *label)
{
    struct view view;
    view_build(&view, build->document, label->span);
    if (!view.is_whole)
        return;
    const char *open = NULL;
    for (const char *p = view.text; (p = strchr(p, '(')); p++) {
        const char *close = strchr(p, ')');
        if (!close)
            break;
        const char *from = p + 1;
        const char *colon = memchr(from, ':', (size_t)(close - from));
        if (colon)
            from = colon + 1;
        if (grammar_value(build->grammar, VALUE_UNIT, from, (size_t)(close - from))) {
            open = from;
            label->unit = arena_copy(build->arena, from, (size_t)(close - from));
            label->unit_at = (struct span){view.at[open - view.text], view.to[close - view.text - 1]};
        }
    }
}

struct label_text build_label(struct build *build, struct span span)
{
    struct label_text label = {.span = span};
    if (span_is_empty(span))
        return label;
    label.text = text_normal(build->document, build->arena, &span, 1);
    label_unit(build, &label);
    return label;
}

const char *build_rule_name(struct build *build, const struct rule *rule)
{
    if (rule->label)
        return rule->label;
    const struct rule *up = rule->parent;
    if (!up || !up->parent)
        return rule->name;
    if (up->parent->parent)
        return arena_printf(build->arena, "%s/%s/%s", up->parent->name, up->name, rule->name);
    return arena_printf(build->arena, "%s/%s", up->name, rule->name);
}

/* ---- nodes ---- */

enum {
    PIECES_MOST = 64, /* of a value, between comments and undecodable bytes */
    ALSO_MOST = 1000, /* statements of one value that are cited */
    BLANK_MOST = 200, /* bytes of what may say nothing, markup included */
};

struct span *build_spans(struct build *build, const struct span *spans, size_t count)
{
    struct span *copy = arena_array(build->arena, struct span, count);
    if (count)
        memcpy(copy, spans, count * sizeof *spans);
    return copy;
}

static struct spans spans_copy(struct build *build, const struct span *spans, size_t count)
{
    return (struct spans){build_spans(build, spans, count), count};
}

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

struct spans build_readable(struct build *build, const struct span *spans, size_t count)
{
    const struct document_text *document = build->document;
    if (!document->holes.count && !document->invalid.count)
        return spans_copy(build, spans, count);
    struct document_text undecoded = {.text = document->text, .length = document->length, .holes = document->invalid};
    struct span pieces[PIECES_MOST], parts[PIECES_MOST];
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        size_t seen = text_pieces(document, spans[i], pieces, PIECES_MOST);
        for (size_t k = 0; k < seen; k++)
            n += text_pieces(&undecoded, pieces[k], parts + n, PIECES_MOST - n);
    }
    bool is_visible = false;
    for (size_t i = 0; i < n && !is_visible; i++)
        is_visible = text_has_characters(document, parts[i]);
    return spans_copy(build, parts, is_visible ? n : 0);
}

static bool same_loosely(struct build *build, const char *a, const char *b)
{
    return strcmp(a, b) == 0 || strcmp(text_loose(build->arena, a), text_loose(build->arena, b)) == 0;
}

const char *build_raw(struct build *build, const struct span *spans, size_t count)
{
    struct spans pieces = build_readable(build, spans, count);
    const char *normal = text_normal(build->document, build->arena, pieces.items, pieces.count);
    if (!strchr(normal, '\n'))
        return normal;
    size_t length = 0;
    for (size_t i = 0; i < pieces.count; i++)
        length += pieces.items[i].to - pieces.items[i].from;
    char *raw = arena_alloc(build->arena, length + 1), *at = raw;
    for (size_t i = 0; i < pieces.count; i++) {
        memcpy(at, build->document->text + pieces.items[i].from, pieces.items[i].to - pieces.items[i].from);
        at += pieces.items[i].to - pieces.items[i].from;
    }
    *at = 0;
    return raw;
}

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

static struct node **index_slot(struct build *build, const struct node *parent, const char *name, const char *label, const char *loose)
{
    size_t at = index_hash(parent, name, label, loose) & (build->index_room - 1);
    for (;; at = (at + 1) & (build->index_room - 1)) {
        struct node *node = build->index[at];
        if (!node)
            return &build->index[at];
        const char *other = label ? node_get(node, "label") : NULL;
        if (node->parent == parent && strcmp(node->name, name) == 0 && (!label || (other && strcmp(other, label) == 0)) &&
            strcmp(text_loose(build->arena, node->value), loose) == 0)
            return &build->index[at];
    }
}

/* Where the node under `parent` is kept that states the same value, width and white
 * space set aside, or NULL that is to become it. `label` is that of a field, else NULL. */
static struct node **statement_slot(struct build *build, const struct node *parent, const char *name, const char *label, const char *value)
{
    if (2 * (build->index_count + 1) > build->index_room) {
        struct node **old = build->index;
        size_t room = build->index_room;
        build->index_room = room ? 2 * room : 64;
        build->index = arena_array(build->arena, struct node *, build->index_room);
        for (size_t i = 0; i < room; i++)
            if (old[i])
                *index_slot(build, old[i]->parent, old[i]->name, node_get(old[i], "label"), text_loose(build->arena, old[i]->value)) = old[i];
    }
    return index_slot(build, parent, name, label, text_loose(build->arena, value));
}

static void statement_add(struct build *build, struct node **slot, struct node *node)
{
    *slot = node;
    build->index_count++;
}

struct node *value_node(struct build *build, struct node *parent, const char *name, const struct statement *statement,
                        const char *value, bool is_single)
{
    build_claim(build, statement->label.span, CLAIM_LABEL);
    for (size_t i = 0; i < statement->count; i++)
        build_claim(build, statement->spans[i], CLAIM_VALUE);
    bool is_plain = value && value == statement->text && !build->document->holes.count && !build->document->invalid.count && !strchr(value, '\n');
    const char *raw = is_plain ? value : statement->count ? build_raw(build, statement->spans, statement->count) : NULL;
    struct node **slot = value && is_single ? statement_slot(build, parent, name, NULL, value) : NULL, *before = slot ? *slot : NULL;
    if (before) {
        const char *first = before->provenance->raw ? before->provenance->raw : before->value;
        if (statement->count == 1 && same_loosely(build, first, raw)) {
            struct spans pieces = build_readable(build, statement->spans, statement->count);
            if (pieces.count == 1 && before->provenance->also.count < ALSO_MOST)
                spans_add(build, &before->provenance->also, pieces.items, 1);
        }
        return before;
    }
    struct node *node = node_append(build->arena, parent, name);
    struct provenance *provenance = arena_new(build->arena, struct provenance);
    node->provenance = provenance;
    node->order = 1 + (!span_is_empty(statement->label.span) ? statement->label.span.from : statement->count ? statement->spans[0].from : 0);
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

static void statement_view(const struct build *build, const struct statement *statement, struct view *view)
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
    struct glyphs glyphs = glyphs_of(build->document, (struct span){statement->spans[0].from, statement->spans[statement->count - 1].to});
    struct glyph glyph;
    do
        glyph = glyph_next(&glyphs);
    while (glyph.kind == GLYPH_SPACE || glyph.kind == GLYPH_BREAK);
    uint32_t code = glyph.kind == GLYPH_CHARACTER ? character_fold(glyph.code) : 0;
    return !code || pattern_may_begin(values[VALUE_HINT], code) ||
           (statement->is_cell && (pattern_may_begin(values[VALUE_BLANK], code) || pattern_may_begin(values[VALUE_UNFILLED], code)));
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
    statement_view(build, statement, &view);
    if (!view.length)
        return view.is_whole;
    if (!view.is_whole)
        return false;
    if (grammar_value(build->grammar, VALUE_HINT, view.text, view.length))
        return true;
    return statement->is_cell && (grammar_value(build->grammar, VALUE_BLANK, view.text, view.length) ||
                                  grammar_value(build->grammar, VALUE_UNFILLED, view.text, view.length));
}

/* ---- money ---- */

/* A decimal moved by powers of ten, with at least `places` behind the point. */
static const char *decimal_shift(struct arena *arena, const char *text, size_t length, unsigned zeros, unsigned places)
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
    return decimal_shift(build->arena, text + from, to - from, zeros, 2);
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
    const char *unit = inline_unit ? inline_unit : scale ? arena_copy(build->arena, scale->name, strcspn(scale->name, "/")) : context;
    node_set(build->arena, node, "unit", unit);
    node_set(build->arena, node, "unit-from", from);
}

/* ---- quantities and targets ---- */

/* 4,600.50 -> 4600.5 */
static const char *decimal_plain(struct arena *arena, const char *text, size_t length)
{
    char *value = (char *)decimal_shift(arena, text, length, 0, 0);
    size_t end = strlen(value);
    if (end && value[end - 1] == '.')
        value[end - 1] = 0;
    return value;
}

static const char *unit_normal(struct build *build, const char *unit, size_t length)
{
    const struct rule *form = grammar_value(build->grammar, VALUE_MEASURE, unit, length);
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
        if ((code >= '0' && code <= '9') || strchr(",.;:()+*=<>~-", code < 0x80 ? (int)code : 'a') || code == 0x3001 || code == 0x3002)
            return false;
        characters++;
        i += n;
    }
    return characters >= 1 && characters <= 4;
}

static bool set_unit(struct build *build, struct node *target, const char *unit, size_t length, bool is_certain)
{
    const struct grammar *grammar = build->grammar;
    if (length == 0)
        return true;
    if (grammar_value(grammar, VALUE_VAGUE, unit, length))
        return false;
    /* behind a bare number one character is a measure word; more must be known ones */
    bool is_word = is_certain ? is_short_word(unit, length) : length == 3 && (unsigned char)unit[0] >= 0xe4 && is_short_word(unit, length);
    if (grammar_value(grammar, VALUE_RATE, unit, length) || grammar_value(grammar, VALUE_MEASURE, unit, length) || is_word) {
        node_set(build->arena, target, "unit", unit_normal(build, unit, length));
        return true;
    }
    return false;
}

static void set_kind(struct build *build, struct node *target, const char *kind) { node_set(build->arena, target, "kind", kind); }

/* 292% of something that cannot exceed 100 %: ≥92% with its sign read as a digit. */
static bool is_misread(struct build *build, const struct node *target, const char *plain, const char *context)
{
    const char *unit = node_get(target, "unit");
    if (!unit || strcmp(unit, "%") != 0 || strlen(plain) < 3 || !context || !grammar_value(build->grammar, VALUE_SHARE, context, strlen(context)))
        return false;
    size_t whole = strcspn(plain, ".");
    return whole == 3 && (plain[0] == '2' || plain[0] == '3') && (plain[1] != '0' || plain[2] != '0');
}

void value_target(struct build *build, struct node *target, const char *value, const char *context)
{
    const struct grammar *grammar = build->grammar;
    struct document_text document = {.text = value, .length = (uint32_t)strlen(value)};
    struct view view;
    view_build(&view, &document, (struct span){0, document.length});
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
        node_set(build->arena, target, "value", decimal_shift(build->arena, text + number, number_to - number, zeros, 2));
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
                          "百分比超过100，首位疑为误识的符号，按原文保留 (a sign may be misread as the first digit of '%s')", value);
        return;
    }
    set_kind(build, target, "number");
    if (sign)
        node_set(build->arena, target, "op", sign->name);
    node_set(build->arena, target, "value", plain);
}

static bool add_quantity(struct build *build, struct node *parent, const struct statement *statement, const struct view *view)
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
        node_set(build->arena, node, "unit", unit_normal(build, view->text + to, rest));
    return true;
}

/* ---- dates ---- */

const char *value_date(struct build *build, const char *text, size_t length)
{
    const struct pattern *pattern = build->grammar->values[VALUE_DATE];
    if (!grammar_value(build->grammar, VALUE_DATE, text, length))
        return NULL;
    size_t from, to, month_from, month_to, day_from, day_to;
    if (!pattern_group(pattern, "year", &from, &to))
        return NULL;
    char year[8];
    snprintf(year, sizeof year, "%.4s", text + from);
    if (!pattern_group(pattern, "month", &month_from, &month_to))
        return arena_copy(build->arena, year, 4);
    int month = 0, day = 0;
    for (size_t i = month_from; i < month_to; i++)
        month = month * 10 + (text[i] - '0');
    if (month < 1 || month > 12)
        return NULL;
    if (!pattern_group(pattern, "day", &day_from, &day_to))
        return arena_printf(build->arena, "%s-%02d", year, month);
    for (size_t i = day_from; i < day_to; i++)
        day = day * 10 + (text[i] - '0');
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (day < 1 || day > days[month - 1])
        return NULL;
    return arena_printf(build->arena, "%s-%02d-%02d", year, month, day);
}

/* The piece view[from, to) of a statement as a statement of its own. */
static struct statement statement_part(struct build *build, const struct statement *whole, const struct view *view, size_t from, size_t to)
{
    struct statement part = *whole;
    part.spans = arena_new(build->arena, struct span);
    part.spans[0] = (struct span){view->at[from], view->to[to - 1]};
    part.count = 1;
    return part;
}

static const char *date_with_year(struct build *build, const char *other, const char *text, size_t length)
{
    if (length > 24)
        return NULL;
    bool is_month = length && text[length - 1] >= '0' && text[length - 1] <= '9';
    const char *whole = arena_printf(build->arena, "%.4s年%.*s%s", other, (int)length, text, is_month ? "月" : "");
    return value_date(build, whole, strlen(whole));
}

static bool add_period(struct build *build, struct node *parent, const struct statement *statement, const struct view *view)
{
    const struct rule *rule = statement->rule;
    const struct pattern *pattern = build->grammar->values[VALUE_PERIOD];
    if (!grammar_value(build->grammar, VALUE_PERIOD, view->text, view->length))
        return false;
    size_t from, to, second_from, second_to;
    if (!pattern_group(pattern, "first", &from, &to) || !pattern_group(pattern, "second", &second_from, &second_to))
        return false;
    const char *start = value_date(build, view->text + from, to - from);
    const char *end = value_date(build, view->text + second_from, second_to - second_from);
    if (start && !end) /* the second date leaves out the year: 2024年1月1日至12月31日 */
        end = date_with_year(build, start, view->text + second_from, second_to - second_from);
    if (!start && end) /* 2024年1-12月 */
        start = date_with_year(build, end, view->text + from, to - from);
    if (!start || !end)
        return false;
    struct statement first = statement_part(build, statement, view, from, to);
    struct statement second = statement_part(build, statement, view, second_from, second_to);
    for (size_t i = 0; i < statement->count; i++)
        build_claim(build, statement->spans[i], CLAIM_LABEL);
    value_node(build, parent, rule->element, &first, start, true);
    value_node(build, parent, rule->second ? rule->second : rule->element, &second, end, true);
    return true;
}

/* Two fields in one value: a department and its code, a person and a telephone. */
static bool add_pair(struct build *build, struct node *parent, const struct statement *statement, const struct view *view,
                     enum value_name name)
{
    const struct rule *rule = statement->rule;
    const struct pattern *pattern = build->grammar->values[name];
    if (!view->is_whole || !rule->second || !grammar_value(build->grammar, name, view->text, view->length))
        return false;
    size_t from, to, second_from, second_to;
    if (!pattern_group(pattern, "first", &from, &to) || !pattern_group(pattern, "second", &second_from, &second_to) || from >= to)
        return false;
    struct statement first = statement_part(build, statement, view, from, to);
    struct statement second = statement_part(build, statement, view, second_from, second_to);
    for (size_t i = 0; i < statement->count; i++)
        build_claim(build, statement->spans[i], CLAIM_LABEL);
    value_node(build, parent, rule->element, &first, text_normal(build->document, build->arena, first.spans, 1), true);
    value_node(build, parent, rule->second, &second, text_normal(build->document, build->arena, second.spans, 1), true);
    return true;
}

/* ---- check boxes ---- */

struct option {
    struct span text;
    struct span mark;
    bool is_checked, is_marked;
};

struct options {
    struct option *items;
    size_t count, room;
};

static bool is_inside_number(const char *text, size_t at)
{
    return at && text[at] >= '0' && text[at] <= '9' && ((text[at - 1] >= '0' && text[at - 1] <= '9') || text[at - 1] == '.');
}

/* Takes ordinals, 其中： and headings without a box off both ends of an option. */
static void option_text_trim(const struct build *build, struct option *option)
{
    const struct grammar *grammar = build->grammar;
    struct span *text = &option->text;
    for (unsigned again = 0; again < 8; again++) {
        *text = text_trim(build->document, *text);
        if (span_is_empty(*text))
            return;
        struct view view;
        view_build(&view, build->document, *text);
        size_t from = 0, to = view.length;
        const char *colon = memrchr(view.text, ':', view.length);
        if (grammar_value(grammar, VALUE_WITHIN, view.text, view.length)) {
            size_t start = pattern_from(grammar->values[VALUE_WITHIN]), end = pattern_to(grammar->values[VALUE_WITHIN]);
            if (end < view.length)
                from = end;
            else
                to = start;
        } else if (colon && (size_t)(colon - view.text) + 1 < view.length) {
            from = (size_t)(colon - view.text) + 1;
        } else if (grammar_value(grammar, VALUE_ORDINAL, view.text, view.length) &&
                   pattern_to(grammar->values[VALUE_ORDINAL]) < view.length) {
            from = pattern_to(grammar->values[VALUE_ORDINAL]);
        } else {
            /* the ordinal of the next option, glued behind this one */
            for (size_t tail = view.length > 12 ? view.length - 12 : 1; tail < view.length && to == view.length; tail++)
                if (((unsigned char)view.text[tail] & 0xc0) != 0x80 && !is_inside_number(view.text, tail) &&
                    grammar_value(grammar, VALUE_ORDINAL, view.text + tail, view.length - tail) &&
                    pattern_to(grammar->values[VALUE_ORDINAL]) == view.length - tail)
                    to = tail;
            while (from < to && memchr(",;.", view.text[from], 3))
                from++;
            if (to - from > 3 && memcmp(view.text + from, "、", 3) == 0)
                from += 3;
            while (to > from && memchr(",;.", view.text[to - 1], 3))
                to--;
        }
        if (from == 0 && to == view.length)
            return;
        *text = from < to ? (struct span){view.at[from], to == view.length ? text->to : view.to[to - 1]} : (struct span){text->to, text->to};
    }
}

/* Reads the glyph at `glyphs` and whether it, with at most two more, is a mark. */
static struct glyph mark_next(const struct build *build, struct glyphs *glyphs, bool *is_mark, bool *is_checked)
{
    struct glyphs ahead = *glyphs;
    struct glyph glyph = glyph_next(glyphs);
    *is_mark = glyph.kind == GLYPH_CHECKED || glyph.kind == GLYPH_UNCHECKED;
    *is_checked = glyph.kind == GLYPH_CHECKED;
    if (glyph.kind != GLYPH_CHARACTER || !pattern_may_begin(build->grammar->values[VALUE_MARK], character_fold(glyph.code)))
        return glyph;
    char bytes[24];
    uint32_t ends[3];
    size_t lengths[3], length = 0;
    unsigned count = 0;
    for (struct glyph next; count < 3 && (next = glyph_next(&ahead)).kind != GLYPH_END;) {
        if (next.kind == GLYPH_SPACE)
            continue;
        if (next.kind != GLYPH_CHARACTER)
            break;
        length += character_encode(character_fold(next.code), bytes + length);
        ends[count] = next.at.to;
        lengths[count++] = length;
    }
    const struct rule *form = grammar_value(build->grammar, VALUE_MARK, bytes, length);
    size_t to = form ? pattern_to(build->grammar->values[VALUE_MARK]) : 0;
    for (unsigned k = 0; form && k < count; k++)
        if (lengths[k] == to) {
            *is_mark = true;
            *is_checked = strcmp(form->name, "checked") == 0;
            glyph.at.to = glyphs->at = ends[k];
        }
    return glyph;
}

bool value_has_mark(const struct build *build, struct span span)
{
    struct glyphs glyphs = glyphs_of(build->document, span);
    bool is_mark, is_checked;
    while (mark_next(build, &glyphs, &is_mark, &is_checked).kind != GLYPH_END)
        if (is_mark)
            return true;
    return false;
}

/* Nothing, an ordinal or a heading before the first mark: marks stand before their text. */
static bool is_lead_in(const struct build *build, struct span text)
{
    struct view view;
    view_build(&view, build->document, text);
    if (!view.length || view.text[view.length - 1] == ':')
        return true;
    return grammar_value(build->grammar, VALUE_ORDINAL, view.text, view.length) &&
           pattern_to(build->grammar->values[VALUE_ORDINAL]) == view.length;
}

/* Splits spans at check marks. Marks before or after their text, the same throughout. */
static struct options options_read(struct build *build, const struct statement *statement, size_t *marks)
{
    struct options tokens = {0};
    bool is_first_mark = false, is_any = false;
    *marks = 0;
    struct span text = {0, 0};
    for (size_t i = 0; i < statement->count; i++) {
        struct glyphs glyphs = glyphs_of(build->document, statement->spans[i]);
        text = (struct span){statement->spans[i].from, statement->spans[i].from};
        for (;;) {
            bool is_mark, is_checked;
            struct glyph g = mark_next(build, &glyphs, &is_mark, &is_checked);
            if (g.kind == GLYPH_END)
                break;
            if (!is_mark) {
                if (g.kind == GLYPH_CHARACTER)
                    text.to = g.at.to;
                continue;
            }
            ++*marks;
            text = text_trim(build->document, text);
            if (!is_any)
                is_first_mark = is_lead_in(build, text);
            is_any = true;
            *array_push(&tokens) = (struct option){.text = text, .mark = g.at, .is_checked = is_checked, .is_marked = true};
            text = (struct span){g.at.to, g.at.to};
        }
        text = text_trim(build->document, text);
        if (!span_is_empty(text))
            *array_push(&tokens) = (struct option){.text = text};
    }
    if (is_first_mark) {
        /* [mark][text mark][text …]: each text belongs to the mark before it */
        for (size_t i = 0; i + 1 < tokens.count; i++)
            tokens.items[i].text = tokens.items[i + 1].text;
        if (tokens.count) {
            struct option *last = &tokens.items[tokens.count - 1];
            if (last->is_marked)
                last->text = (struct span){last->mark.to, last->mark.to};
            else
                tokens.count--;
        }
    }
    size_t kept = 0;
    for (size_t i = 0; i < tokens.count; i++) {
        option_text_trim(build, &tokens.items[i]);
        if (!span_is_empty(tokens.items[i].text) && tokens.items[i].is_marked && build_readable(build, &tokens.items[i].text, 1).count)
            tokens.items[kept++] = tokens.items[i];
    }
    tokens.count = kept;
    return tokens;
}

/* What an option or word of a group says about which field the group is. */
static const struct rule *choice_rule(const struct build *build, const struct rule *rule, const char *text)
{
    struct document_text document = {.text = text, .length = (uint32_t)strlen(text)};
    struct view view;
    view_build(&view, &document, (struct span){0, document.length});
    if (!view.is_whole)
        return NULL;
    for (size_t i = 1; i <= build->grammar->count; i++) {
        const struct rule *means = build->grammar->rules[i];
        if (means->word == WORD_MEANS && means->parent->word == WORD_CHOICE && means->parent->parent->index == rule->parent->index &&
            pattern_match(means->own, view.text, view.length))
            return means->parent;
    }
    return NULL;
}

static void option_add(struct build *build, struct node *parent, const char *name, const struct statement *statement,
                       const struct option *option)
{
    struct span span = option->text;
    struct statement part = *statement;
    part.spans = &span;
    part.count = 1;
    struct node *node = value_node(build, parent, name, &part, text_normal(build->document, build->arena, &span, 1), false);
    node_set(build->arena, node, "checked", option->is_checked ? "true" : "false");
    node->provenance->mark = option->mark;
    build_claim(build, option->mark, CLAIM_VALUE);
}

static bool add_choice(struct build *build, struct node *parent, const struct statement *statement)
{
    size_t marks;
    struct options options = options_read(build, statement, &marks);
    bool is_table = statement->rule->parent->word == WORD_TABLE;
    const struct rule *rule = statement->rule;
    if (options.count == 0) {
        array_release(&options);
        if (is_table)
            return false;
        const char *text = text_normal(build->document, build->arena, statement->spans, statement->count);
        const struct rule *other = choice_rule(build, rule, text);
        struct statement said = *statement;
        said.rule = other ? other : rule;
        value_node(build, parent, said.rule->element, &said, text, true);
        return true;
    }
    struct statement said = *statement;
    for (size_t i = 0; i < options.count && !is_table; i++) {
        const struct rule *other = choice_rule(build, rule, text_normal(build->document, build->arena, &options.items[i].text, 1));
        if (other) {
            said.rule = other;
            break;
        }
    }
    /* what is neither option nor mark (ordinals, 其中：) goes with the label */
    for (size_t i = 0; i < statement->count; i++)
        build_claim(build, statement->spans[i], CLAIM_LABEL);
    if (is_table) {
        for (size_t i = 0; i < options.count; i++)
            option_add(build, parent, said.rule->element, &said, &options.items[i]);
    } else {
        struct node *group = node_new(build->arena, said.rule->element);
        for (size_t i = 0; i < options.count; i++)
            option_add(build, group, "option", &said, &options.items[i]);
        /* the same group printed again adds nothing */
        bool is_known = false;
        for (struct node *node = parent->first; node && !is_known; node = node->next) {
            if (strcmp(node->name, group->name) != 0 || !node->first)
                continue;
            struct node *a = node->first, *b = group->first;
            while (a && b && a->value && b->value && same_loosely(build, a->value, b->value) && strcmp(node_get(a, "checked"), node_get(b, "checked")) == 0)
                a = a->next, b = b->next;
            is_known = !a && !b;
        }
        if (!is_known)
            node_adopt(parent, group);
    }
    array_release(&options);
    return true;
}

/* □是 ☑否: the ticked box; false unless exactly one is. */
static bool option_ticked(struct build *build, const struct statement *statement, struct option *ticked)
{
    size_t marks, count = 0;
    struct options options = options_read(build, statement, &marks);
    for (size_t i = 0; i < options.count; i++)
        if (options.items[i].is_checked) {
            count++;
            *ticked = options.items[i];
        }
    array_release(&options);
    return count == 1;
}

static bool add_boolean(struct build *build, struct node *parent, const struct statement *statement, bool is_single)
{
    struct option ticked = {.text = {statement->spans[0].from, statement->spans[statement->count - 1].to}};
    bool has_box = value_has_mark(build, ticked.text) && option_ticked(build, statement, &ticked);
    struct view view;
    view_build(&view, build->document, ticked.text);
    const struct rule *form = view.is_whole ? grammar_value(build->grammar, VALUE_BOOLEAN, view.text, view.length) : NULL;
    if (!form)
        return false;
    for (size_t i = 0; i < statement->count; i++)
        build_claim(build, statement->spans[i], CLAIM_VALUE);
    struct statement part = *statement;
    part.spans = &ticked.text;
    part.count = 1;
    struct node *node = value_node(build, parent, statement->rule->element, &part, form->name, is_single);
    if (has_box)
        node->provenance->mark = ticked.mark;
    return true;
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

static bool add_unit(struct build *build, struct node *parent, const struct statement *statement, const struct view *view)
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

static bool add_year(struct build *build, struct node *parent, const struct statement *statement, const struct view *view)
{
    size_t from, to;
    if (!grammar_value(build->grammar, VALUE_YEAR, view->text, view->length) ||
        !pattern_group(build->grammar->values[VALUE_YEAR], "year", &from, &to))
        return false;
    struct statement part = statement_part(build, statement, view, from, to);
    value_node(build, parent, statement->rule->element, &part, arena_copy(build->arena, view->text + from, to - from), true);
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
    if (statement->count == 1 && (rule->word == WORD_TEXT || rule->word == WORD_DEPARTMENT || rule->word == WORD_PERSON)) {
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
            build_finding(build, "unread", "warning", &statement->spans[0], "日期无法识读，按原文保留 (no date can be read in '%s')", text);
            return false;
        }
        value_node(build, parent, rule->element, statement, date, is_single);
        return true;
    }
    case WORD_PERIOD:
        return view.is_whole && add_period(build, parent, statement, &view);
    case WORD_YEAR:
        return add_year(build, parent, statement, &view);
    case WORD_UNIT:
        return add_unit(build, parent, statement, &view);
    case WORD_BOOLEAN:
        return add_boolean(build, parent, statement, is_single);
    case WORD_CHOICE:
        return add_choice(build, parent, statement);
    case WORD_DEPARTMENT:
        if (!add_pair(build, parent, statement, &view, VALUE_DEPARTMENT))
            value_node(build, parent, rule->element, statement, text, is_single);
        return true;
    case WORD_PERSON:
        if (!add_pair(build, parent, statement, &view, VALUE_PERSON)) {
            bool is_number = view.length && strchr("0123456789+(", view.text[0]); /* the telephone alone */
            value_node(build, parent, is_number && rule->second ? rule->second : rule->element, statement, text, is_single);
        }
        return true;
    case WORD_QUANTITY:
        return view.is_whole && add_quantity(build, parent, statement, &view);
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
