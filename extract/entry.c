#include "entry.h"

#include <stdlib.h>
#include <string.h>

#include "align.h"
#include "pattern.h"
#include "value_types.h"

enum {
    CONTEXT_MOST = 512,
    LEVEL_PIECES_MOST = 8, /* of a name printed downwards … */
    LEVEL_ROWS_MOST = 24,  /* … and the rows that it takes up */
};

/* A level's name: what is printed in this row, or carried down to it. */
struct level {
    const struct cell *cell;
    uint32_t row; /* of the cell */
    const struct rule *term;
    const char *text;
    const char *corrected; /* value restored for a misread name */
    bool is_carried;
};

/* The words around a target: its levels and its name. */
struct context {
    size_t length;
    char text[CONTEXT_MOST];
};

static void context_add(struct context *context, const char *text)
{
    size_t length = strnlen(text, CONTEXT_MOST - 1 - context->length);
    memcpy(context->text + context->length, text, length);
    context->text[context->length += length] = 0;
}

/* One row, or one half of it, on its way to a node. */
struct entry {
    const struct table *table;
    struct build *build;
    const struct table_row *row;
    unsigned half;
    const struct cell *cells[TABLE_COLUMNS_MOST]; /* by field; NULL where nothing is said */
    struct level levels[GROUPS_MOST];
    struct span name; /* without what the template printed around it */
};

static const struct cell *cell_in(const struct table *table, const struct table_row *row, const struct column *column)
{
    const struct cell *cell = column ? row->cells[column - table->columns] : NULL;
    return cell && !cell_is_blank(cell) ? cell : NULL;
}

static bool cell_says(struct build *build, const struct cell *cell)
{
    struct span span = cell_span(cell);
    struct statement statement = {.spans = &span, .count = 1, .is_cell = true};
    if (!value_is_blank(build, &statement))
        return true;
    build_claim(build, span, CLAIM_VALUE);
    return false;
}

static const char *cell_text(struct build *build, const struct cell *cell)
{
    struct span span = cell_span(cell);
    return text_normal(build->document, build->arena, &span, 1);
}

/* Strips what the template printed around a name; false if nothing is left. */
static bool name_strip(struct build *build, struct span *span)
{
    const struct grammar *grammar = build->grammar;
    struct view view;
    view_build(&view, build->document, *span);
    if (view.is_whole && grammar_value(grammar, VALUE_UNFILLED, view.text, view.length)) {
        build_claim(build, *span, CLAIM_LABEL);
        return false;
    }
    if (grammar_value(grammar, VALUE_NUMBERING, view.text, view.length)) {
        size_t to = pattern_to(grammar->values[VALUE_NUMBERING]);
        if (to < view.length) {
            build_claim(build, (struct span){span->from, view.to[to - 1]}, CLAIM_LABEL);
            span->from = view.at[to];
        }
    }
    bool is_bracketed = view.is_whole && view.length && view.text[view.length - 1] == ')';
    if (is_bracketed && grammar_value(grammar, VALUE_PLACEHOLDER, view.text, view.length)) {
        size_t from = pattern_from(grammar->values[VALUE_PLACEHOLDER]);
        if (from > 0 && view.to[from - 1] > span->from) {
            build_claim(build, (struct span){view.at[from], span->to}, CLAIM_LABEL);
            span->to = view.to[from - 1];
        }
    }
    return true;
}

static const char *without_breaks(struct arena *arena, const char *text)
{
    if (!strchr(text, '\n'))
        return text;
    char *copy = arena_copy(arena, text, strlen(text)), *to = copy;
    for (const char *p = text; *p; p++)
        if (*p != '\n')
            *to++ = *p;
    *to = 0;
    return copy;
}

/* ---- levels ---- */

bool term_fits(const struct rule *term, const char *above)
{
    bool has_under = false;
    for (const struct rule *under = term->first; under; under = under->next)
        if (under->word == WORD_UNDER) {
            if (strcmp(under->name, above) == 0)
                return true;
            has_under = true;
        }
    return !has_under;
}

static const struct rule *term_of(const struct build *build, const struct cell *cell, const struct rule *group)
{
    unsigned id = cell ? cell_meaning(build->grid, cell)->terms[group->index] : 0;
    return id ? grammar_rule(build->grammar, id) : NULL;
}

/* A level's name, one printed downwards with its pieces in the rows below. */
static size_t level_spans(const struct build *build, const struct cell *cell, uint32_t r, struct span *spans)
{
    const struct grid *grid = build->grid;
    size_t count = 0;
    spans[count++] = cell_span(cell);
    uint32_t table = grid->rows.items[r].table, to = r + LEVEL_ROWS_MOST;
    for (r++; cell->flags & CELL_STACKED && r < grid->rows.count && r < to && count < LEVEL_PIECES_MOST; r++) {
        const struct row *row = &grid->rows.items[r];
        if (row->is_notice)
            continue;
        const struct cell *piece = NULL;
        for (uint32_t i = 0; i < row->count && !piece; i++)
            if (row_cells(grid, row)[i].column == cell->column)
                piece = &row_cells(grid, row)[i];
        if (row->table != table || (piece && !cell_is_blank(piece)))
            break;
        if (piece && piece->flags & CELL_PIECE && piece->flags & CELL_STACKED)
            spans[count++] = (struct span){piece->label_from, piece->label_to};
    }
    return count;
}

static const char *level_text(struct build *build, const struct cell *cell, uint32_t r)
{
    struct span spans[LEVEL_PIECES_MOST];
    size_t count = level_spans(build, cell, r, spans);
    return without_breaks(build->arena, text_normal(build->document, build->arena, spans, count));
}

static const char *carried_text(struct build *build, struct carried *carried, size_t column)
{
    if (!carried->texts[column] && carried->cells[column])
        carried->texts[column] = level_text(build, carried->cells[column], carried->rows[column]);
    return carried->texts[column];
}

/* A misread level (双星指标): the one in force, if the level below allows it. */
static void level_correct(struct build *build, struct level *level, struct carried *carried, size_t column, const struct rule *group,
                          const struct rule *below)
{
    if (level->term || !group_has_terms(group))
        return;
    struct looks looks = looks_of(build, level->cell);
    const struct rule *term = ends_like_term(group, &looks) ? term_of(build, carried->cells[column], group) : NULL;
    if (term && (!below || term_fits(below, term->name))) {
        level->corrected = carried_text(build, carried, column);
        level->term = term;
    }
}

static void levels_find(struct entry *entry, const struct carried *carried)
{
    for (size_t f = 0; f < entry->table->field_count; f++) {
        const struct rule *rule = entry->table->fields[f].rule;
        const struct column *column = entry->table->fields[f].columns[entry->half];
        if (rule->word != WORD_GROUP || !column)
            continue;
        struct level *level = &entry->levels[rule->index];
        const struct cell *above = carried->cells[column - entry->table->columns];
        level->cell = entry->cells[f] ? entry->cells[f] : above;
        level->row = entry->cells[f] ? entry->row->row : carried->rows[column - entry->table->columns];
        level->is_carried = !entry->cells[f] && above;
        level->term = term_of(entry->build, level->cell, rule);
    }
}

/* Another name on a level: nothing below it is carried on. */
static void levels_below_clear(struct entry *entry, struct carried *carried, size_t field)
{
    for (size_t f = field + 1; f < entry->table->field_count; f++) {
        const struct rule *rule = entry->table->fields[f].rule;
        const struct column *column = entry->table->fields[f].columns[entry->half];
        if (rule->word != WORD_GROUP || !column)
            continue;
        carried->cells[column - entry->table->columns] = NULL;
        carried->texts[column - entry->table->columns] = NULL;
        if (entry->levels[rule->index].is_carried)
            entry->levels[rule->index] = (struct level){0};
    }
}

/* Carries the level names on, whether or not the row says more. */
static void levels_carry(struct entry *entry, struct carried *carried)
{
    struct build *build = entry->build;
    const struct table *table = entry->table;
    for (size_t f = 0; f < table->field_count; f++) {
        const struct rule *rule = table->fields[f].rule, *below = NULL;
        const struct column *column = table->fields[f].columns[entry->half];
        if (rule->word != WORD_GROUP || !column)
            continue;
        size_t at = (size_t)(column - table->columns);
        struct level *level = &entry->levels[rule->index];
        if (!level->cell)
            continue;
        if (level->is_carried) {
            level->text = carried_text(build, carried, at);
            continue;
        }
        for (size_t next = f + 1; next < table->field_count && !below; next++)
            if (table->fields[next].rule->word == WORD_GROUP)
                below = entry->levels[table->fields[next].rule->index].term;
        level_correct(build, level, carried, at, rule, below);
        if (level->term) /* of a row without content, too: any other name is cited by rows or left over */
            build_claim(build, cell_span(level->cell), CLAIM_VALUE);
        level->text = level_text(build, level->cell, level->row);
        if (level->corrected)
            continue;
        const char *above = carried_text(build, carried, at);
        bool is_new = !above || strcmp(above, level->text) != 0;
        carried->cells[at] = (struct cell *)level->cell;
        carried->rows[at] = level->row;
        carried->texts[at] = level->text;
        if (is_new && group_has_terms(rule))
            levels_below_clear(entry, carried, f);
    }
}

/* ---- nodes ---- */

static bool is_misplaced(const struct entry *entry, const struct column *column, const struct cell *cell)
{
    return entry->table->has_places && column && cell && (cell->column < column->from || cell->column > column->to);
}

static struct statement statement_of(const struct rule *rule, const struct column *column)
{
    return (struct statement){.rule = rule, .label = {.text = column ? column->label.text : NULL}, .is_cell = true};
}

static void add_empty(struct entry *entry, struct node *parent, const struct rule *rule, const struct column *column)
{
    struct statement statement = statement_of(rule, column);
    value_node(entry->build, parent, rule->element, &statement, NULL, false);
}

static void add_level(struct entry *entry, struct node *parent, const struct rule *rule, const struct column *column, const struct cell *cell)
{
    struct build *build = entry->build;
    const struct level *level = &entry->levels[rule->index];
    if (!level->cell || !column) {
        if (column || group_has_terms(rule))
            add_empty(entry, parent, rule, column);
        return;
    }
    struct span spans[LEVEL_PIECES_MOST], span = cell_span(level->cell);
    struct statement statement = statement_of(rule, column);
    statement.spans = spans;
    statement.count = level_spans(build, level->cell, level->row, spans);
    statement.by = level->corrected ? "corrected"
                 : level->is_carried ? "filled"
                 : is_misplaced(entry, column, cell) ? "shifted"
                 : level->cell->flags & CELL_JOINED ? "joined"
                                                    : NULL;
    if (!memchr(build->document->text + span.from, '<', span.to - span.from)) /* no paragraphs were put together */
        statement.text = level->text;
    value_node(build, parent, rule->element, &statement, level->corrected ? level->corrected : level->text, false);
    if (level->corrected)
        build_finding(build, "taxonomy", "warning", &span, "层级名称疑为误识，按上文改为%s ('%s' read as '%s')", level->corrected, level->text,
                      level->corrected);
}

/* The attribute that a level's term sets on the entry, and whether it fits the one above. */
static const char *set_term(struct entry *entry, struct node *parent, const struct rule *rule, const char *above)
{
    const struct level *level = &entry->levels[rule->index];
    const struct rule *attribute = rule_child(rule, WORD_SETS);
    if (!attribute || !level->term)
        return above;
    node_set(entry->build->arena, parent, attribute->name, level->term->name);
    if (above && rule->index && !term_fits(level->term, above)) {
        struct span span = cell_span(level->cell);
        const struct level *upper = &entry->levels[rule->index - 1];
        build_finding(entry->build, "taxonomy", "info", &span, "“%s”不属于“%s” ('%s' does not belong under '%s')", level->text,
                      upper->text ? upper->text : above, level->text, upper->text ? upper->text : above);
    }
    return level->term->name;
}

static struct statement cell_statement(struct entry *entry, const struct rule *rule, const struct column *column, const struct cell *cell)
{
    struct build *build = entry->build;
    struct statement statement = statement_of(rule, column);
    statement.label.unit = column->label.unit;
    if (rule->word == WORD_MONEY && !statement.label.unit)
        statement.label.unit = entry->table->unit;
    bool is_choice = rule->word == WORD_CHOICE;
    statement.spans = arena_array(build->arena, struct span, is_choice ? 1 + ABSORBED_MOST : 1);
    statement.spans[statement.count++] = cell_span(cell);
    if (is_choice)
        for (unsigned i = entry->row->absorbed_count; i-- > 0;)
            statement.spans[statement.count++] = cell_span(entry->row->absorbed[i]);
    if (is_misplaced(entry, column, cell))
        statement.by = "shifted";
    return statement;
}

static void add_name(struct entry *entry, struct node *parent, const struct rule *rule, const struct column *column, const struct cell *cell)
{
    struct build *build = entry->build;
    const struct cell *rest = entry->row->name_rest;
    struct span spans[2] = {entry->name, rest ? cell_span(rest) : entry->name};
    struct statement statement = statement_of(rule, column);
    statement.spans = spans;
    statement.count = span_is_empty(entry->name) ? 0 : rest ? 2 : 1;
    statement.by = rest ? "joined" : is_misplaced(entry, column, cell) ? "shifted" : NULL;
    const char *text = statement.count ? text_normal(build->document, build->arena, spans, statement.count) : NULL;
    statement.text = text;
    value_node(build, parent, rule->element, &statement, text, false);
}

/* Sign, value and unit may stand in three columns: the target is all of them. */
static void add_target(struct entry *entry, struct node *parent, const struct rule *rule, const struct column *column, const char *context)
{
    struct build *build = entry->build;
    const struct table *table = entry->table;
    struct statement statement = statement_of(rule, column);
    struct span *spans = arena_array(build->arena, struct span, 3);
    const struct cell *value = NULL;
    for (size_t f = 0; f < table->field_count; f++) {
        enum word word = table->fields[f].rule->word;
        const struct cell *cell = entry->cells[f];
        if ((word != WORD_SIGN && word != WORD_MEASURE && word != WORD_TARGET) || !cell || statement.count == 3)
            continue;
        if (word == WORD_TARGET)
            value = cell;
        if (word == WORD_SIGN && cell_is_direction(build, cell))
            build_claim(build, cell_span(cell), CLAIM_LABEL);
        else
            spans[statement.count++] = cell_span(cell);
    }
    statement.spans = spans;
    statement.by = is_misplaced(entry, column, value) ? "shifted" : NULL;
    if (!statement.count) {
        add_empty(entry, parent, rule, column);
        return;
    }
    const char *text = text_normal(build->document, build->arena, spans, statement.count);
    statement.text = text;
    struct node *target = value_node(build, parent, rule->element, &statement, text, false);
    if (target->value)
        value_target(build, target, text, context);
}

/* 正向 or 反向 in the sign's column is what the sign's rule names, no sign. */
static void add_sign(struct entry *entry, struct node *parent, const struct rule *rule, const struct cell *cell)
{
    if (rule->name[0] == '-' || !cell_is_direction(entry->build, cell) || looks_of(entry->build, cell).is_signword ||
        node_child(parent, rule->element))
        return;
    struct span span = cell_span(cell);
    struct statement statement = {.rule = rule, .spans = &span, .count = 1};
    value_node(entry->build, parent, rule->element, &statement, cell_text(entry->build, cell), false);
}

/* ---- digits of two columns run together ---- */

static const struct cell *cell_named(const struct entry *entry, const char *name, size_t length)
{
    for (size_t f = 0; f < entry->table->field_count; f++) {
        const char *other = entry->table->fields[f].rule->name;
        if (strlen(other) == length && memcmp(other, name, length) == 0)
            return entry->cells[f];
    }
    return NULL;
}

/* The digits of a bare number, NULL if the cell is anything else. */
static const char *cell_digits(struct build *build, const struct cell *cell)
{
    if (!cell)
        return NULL;
    struct looks looks = looks_of(build, cell);
    bool is_bare = looks.is_number && !looks.is_signed && strspn(looks.text, "0123456789") == looks.length;
    return is_bare && looks.length <= 17 ? arena_copy(build->arena, looks.text, looks.length) : NULL;
}

/* `check amount = unit-price * quantity`: 88100 in one factor's place, none in the
 * other's, and 8800 for the product, are the digits of both run together. */
static bool is_fused(const struct entry *entry, const struct rule *rule)
{
    struct build *build = entry->build;
    for (const struct rule *check = entry->table->rule->first; check; check = check->next) {
        const char *star = check->word == WORD_CHECK ? strstr(check->pattern, " * ") : NULL;
        const char *equals = star ? strstr(check->pattern, " = ") : NULL;
        if (!equals)
            continue;
        const char *factors[2] = {equals + 3, star + 3};
        size_t lengths[2] = {(size_t)(star - equals - 3), strlen(star + 3)};
        for (unsigned k = 0; k < 2; k++) {
            if (strlen(rule->name) != lengths[k] || memcmp(rule->name, factors[k], lengths[k]) != 0 ||
                cell_named(entry, factors[!k], lengths[!k]))
                continue;
            const char *product = cell_digits(build, cell_named(entry, check->pattern, (size_t)(equals - check->pattern)));
            const char *digits = product ? cell_digits(build, cell_named(entry, factors[k], lengths[k])) : NULL;
            for (size_t cut = 1; digits && cut < strlen(digits); cut++) {
                unsigned long long left = strtoull(arena_copy(build->arena, digits, cut), NULL, 10), right = strtoull(digits + cut, NULL, 10);
                if (digits[cut] != '0' && right && left <= 1000000000000ull / right && left * right == strtoull(product, NULL, 10))
                    return true;
            }
        }
    }
    return false;
}

/* A bare number and its unit in the next column. */
static bool add_measured(struct entry *entry, struct node *parent, const struct statement *number, const struct cell *cell)
{
    struct build *build = entry->build;
    const struct cell *measure = NULL;
    for (size_t f = 0; f < entry->table->field_count && !measure; f++)
        if (entry->table->fields[f].rule->word == WORD_MEASURE)
            measure = entry->cells[f];
    if (!measure || !looks_of(build, cell).is_number)
        return false;
    struct span *spans = arena_array(build->arena, struct span, 2);
    spans[0] = cell_span(cell);
    spans[1] = cell_span(measure);
    struct statement statement = *number;
    statement.spans = spans;
    statement.count = 2;
    statement.text = text_normal(build->document, build->arena, spans, 2);
    struct document_text joined = {.text = statement.text, .length = (uint32_t)strlen(statement.text)};
    struct view view;
    view_build(&view, &joined, (struct span){0, joined.length});
    return view.is_whole && value_add_quantity(build, parent, &statement, &view);
}

static void add_value(struct entry *entry, struct node *parent, const struct rule *rule, const struct column *column, const struct cell *cell)
{
    struct build *build = entry->build;
    struct statement statement = cell_statement(entry, rule, column, cell);
    if (rule->word == WORD_QUANTITY && add_measured(entry, parent, &statement, cell))
        return;
    if (!is_fused(entry, rule) && value_add(build, parent, &statement))
        return;
    if (rule->word == WORD_CHOICE) { /* no box to tick */
        value_add_field(build, &statement);
        return;
    }
    struct node *node = value_node(build, parent, rule->element, &statement, cell_text(build, cell), false);
    if (!node->value)
        return;
    node_set(build->arena, node, "kind", "text");
    build_finding(build, "unread", "warning", &statement.spans[0], "无法识读，按原文保留 (cannot be read as %s: '%s')", rule->name, node->value);
}

/* A table whose rows are one text each, with attributes: name `.` and `@…`. */
static void add_leaf(struct entry *entry, size_t leaf)
{
    struct build *build = entry->build;
    const struct table *table = entry->table;
    const struct cell *cell = entry->cells[leaf];
    if (!cell)
        return;
    struct statement statement = cell_statement(entry, table->fields[leaf].rule, table->fields[leaf].columns[entry->half], cell);
    struct node *node = value_node(build, build_block(build, table->rule->parent->index), table->rule->name, &statement,
                                   text_normal(build->document, build->arena, statement.spans, 1), false);
    for (size_t f = 0; f < table->field_count; f++) {
        const struct cell *at = table->fields[f].rule->name[0] == '@' ? entry->cells[f] : NULL;
        if (!at)
            continue;
        struct looks looks = looks_of(build, at);
        const char *date = looks.length ? value_date(build, looks.text, looks.length) : NULL;
        build_claim(build, cell_span(at), CLAIM_VALUE);
        node_set(build->arena, node, table->fields[f].rule->name + 1, date ? date : cell_text(build, at));
    }
}

/* What the row says, by field; false if it says nothing of its own. */
static bool entry_read(struct entry *entry)
{
    const struct table *table = entry->table;
    bool has_content = false;
    for (size_t f = 0; f < table->field_count; f++) {
        const struct rule *rule = table->fields[f].rule;
        const struct column *column = table->fields[f].columns[entry->half];
        const struct cell *cell = cell_in(table, entry->row, column);
        if (!cell || (rule->word != WORD_GROUP && !cell_says(entry->build, cell)))
            continue;
        bool is_name = rule->word == WORD_NAME || rule->name[0] == '.';
        struct span span = cell_span(cell);
        if (is_name && !name_strip(entry->build, &span))
            continue;
        if (rule->word == WORD_NAME)
            entry->name = span;
        entry->cells[f] = cell;
        /* a column that both halves share says nothing of either */
        bool is_shared = table->has_halves && table->fields[f].columns[0] == table->fields[f].columns[1];
        if (!is_shared && rule->word != WORD_GROUP && rule->word != WORD_SIGN && rule->word != WORD_MEASURE)
            has_content |= is_name || rule->word != WORD_TEXT || !table->has_name;
    }
    return has_content;
}

static void entry_build(const struct table *table, struct build *build, const struct table_row *row, unsigned half, struct carried *carried)
{
    struct entry entry = {.table = table, .build = build, .row = row, .half = half};
    bool has_content = entry_read(&entry);
    levels_find(&entry, carried);
    levels_carry(&entry, carried);
    if (!has_content)
        return;
    for (size_t f = 0; f < table->field_count; f++)
        if (table->fields[f].rule->name[0] == '.') {
            add_leaf(&entry, f);
            return;
        }
    struct node *parent = node_append(build->arena, build_block(build, table->rule->parent->index), table->rule->name);
    const struct rule *sets = rule_child(table->rule, WORD_SETS);
    if (sets)
        node_set(build->arena, parent, sets->name, table->horizons[table->has_halves ? half : 0]);
    const char *above = NULL;
    struct context context;
    context.length = 0;
    context.text[0] = 0;
    for (size_t f = 0; f < table->field_count; f++) {
        const struct rule *rule = table->fields[f].rule;
        const struct column *column = table->fields[f].columns[half];
        const struct cell *cell = entry.cells[f];
        if (rule->word == WORD_GROUP) {
            add_level(&entry, parent, rule, column, cell);
            above = set_term(&entry, parent, rule, above);
            if (entry.levels[rule->index].text)
                context_add(&context, entry.levels[rule->index].text);
        } else if (rule->word == WORD_NAME) {
            add_name(&entry, parent, rule, column, cell);
            if (parent->last->value)
                context_add(&context, parent->last->value);
        } else if (rule->word == WORD_TARGET) {
            add_target(&entry, parent, rule, column, context.text);
        } else if (rule->word == WORD_SIGN) {
            if (cell)
                add_sign(&entry, parent, rule, cell);
        } else if (cell && rule->name[0] == '-') { /* the numbers of the rows say nothing */
            if (rule->word != WORD_MEASURE && looks_of(build, cell).is_number)
                build_claim(build, cell_span(cell), CLAIM_LABEL);
        } else if (cell) {
            add_value(&entry, parent, rule, column, cell);
        }
    }
}

/* Cells under a heading that no rule knows are labelled values all the same. */
static void unknown_cells(const struct table *table, struct build *build, const struct table_row *row)
{
    static const struct rule unknown = {.word = WORD_FIELD, .name = "field", .element = "field"};
    for (size_t c = 0; c < table->count; c++) {
        const struct column *column = &table->columns[c];
        bool is_labelled = column->kind == COLUMN_UNKNOWN || (column->kind == COLUMN_BLANK && column->label.text);
        const struct cell *cell = is_labelled ? cell_in(table, row, column) : NULL;
        if (!cell || !cell_says(build, cell))
            continue;
        if (column->kind == COLUMN_BLANK && looks_of(build, cell).is_number) {
            build_claim(build, cell_span(cell), CLAIM_LABEL); /* 1 2 3 under 序号 */
            continue;
        }
        struct statement statement = statement_of(&unknown, column);
        struct span span = cell_span(cell);
        statement.spans = &span;
        statement.count = 1;
        value_add_field(build, &statement);
    }
}

/* A name that a page break cut: its row has no value, the row behind the break has a
 * value but no level. The rest of the name goes to the row where it began. */
static void cut_names_join(const struct table *table, struct build *build, const struct table_rows *rows, size_t from, size_t to)
{
    const struct column *name = NULL, *target = NULL;
    for (size_t f = 0; f < table->field_count; f++) {
        name = table->fields[f].rule->word == WORD_NAME ? table->fields[f].columns[0] : name;
        target = table->fields[f].rule->word == WORD_TARGET ? table->fields[f].columns[0] : target;
    }
    if (!name || !target || table->is_stream || table->has_halves)
        return;
    for (size_t r = from; r + 1 < to; r++) {
        struct table_row *first = &rows->items[r], *rest = &rows->items[r + 1];
        bool is_parted = false, has_level = false;
        for (uint32_t i = first->row + 1; i < rest->row && !is_parted; i++)
            is_parted = build->grid->rows.items[i].is_notice;
        if (!is_parted)
            continue;
        for (size_t c = 0; c < table->count; c++)
            has_level |= column_is_level(&table->columns[c]) && cell_in(table, rest, &table->columns[c]);
        const struct cell *begun = cell_in(table, first, name);
        if (has_level || !begun || looks_of(build, begun).is_blank || cell_in(table, first, target) || !cell_in(table, rest, name) ||
            !cell_in(table, rest, target))
            continue;
        size_t at = (size_t)(name - table->columns);
        first->name_rest = rest->cells[at];
        rest->cells[at] = NULL;
        for (size_t c = 0; c < table->count; c++)
            if (!first->cells[c] || cell_is_blank(first->cells[c])) {
                first->cells[c] = rest->cells[c];
                rest->cells[c] = NULL;
            }
    }
}

void entries_build(const struct table *table, struct build *build, const struct table_rows *rows, size_t from, size_t to, struct carried *carried)
{
    cut_names_join(table, build, rows, from, to);
    for (size_t r = from; r < to; r++) {
        for (unsigned half = 0; half <= table->has_halves; half++)
            entry_build(table, build, &rows->items[r], half, carried);
        unknown_cells(table, build, &rows->items[r]);
    }
}
