#include "walk.h"

#include <string.h>

#include "amount.h"
#include "pattern.h"
#include "row.h"

const struct rule *rule_section(const struct rule *rule)
{
    while (rule->word != WORD_SECTION)
        rule = rule->parent;
    return rule;
}

static void unit_state(struct walk *walk, const struct label_text *label, bool is_declared)
{
    struct build *build = walk->build;
    if (!label->unit)
        return;
    for (size_t i = 1; i <= build->grammar->count; i++) {
        const struct rule *rule = grammar_rule(build->grammar, (unsigned)i);
        if (rule->word != WORD_UNIT)
            continue;
        struct span at = label->unit_at;
        struct statement statement = {.rule = rule, .label = {.text = label->text}, .spans = &at, .count = 1};
        const char *declared = build->declared_unit;
        value_add(build, NULL, &statement);
        if (!is_declared)
            build->declared_unit = declared;
        build_claim(build, label->span, CLAIM_LABEL);
        return;
    }
}

/* The unit in a funding label is stated for the whole form. */
void walk_unit(struct walk *walk, const struct label_text *label) { unit_state(walk, label, false); }

void walk_declare(struct walk *walk, const struct label_text *label) { unit_state(walk, label, true); }

void walk_year(struct walk *walk, const struct cell *cell)
{
    for (size_t i = 1; i <= walk->build->grammar->count; i++) {
        const struct rule *rule = grammar_rule(walk->build->grammar, (unsigned)i);
        if (rule->word != WORD_YEAR)
            continue;
        struct span span = cell_span(cell);
        struct statement statement = {.rule = rule, .spans = &span, .count = 1};
        value_add(walk->build, NULL, &statement);
        build_claim(walk->build, span, CLAIM_LABEL);
        return;
    }
}

void walk_remark(struct walk *walk, const struct cell *cell)
{
    unsigned remark = grid_remark(walk->grid, cell_span(cell));
    struct label_text label = build_label(walk->build, cell_span(cell));
    if (remark & REMARK_UNIT)
        walk_declare(walk, &label);
    if (remark & REMARK_YEAR)
        walk_year(walk, cell);
}

void walk_unit_below(const struct walk *walk, const struct cell *cell, uint32_t r, struct label_text *label)
{
    const struct grid *grid = walk->grid;
    const struct row *row = &grid->rows.items[r];
    if (label->unit || row->kind == ROW_LINE)
        return;
    for (uint32_t below = r + 1; below < grid->rows.count && below <= r + ROWS_BELOW_MOST; below++) {
        const struct row *next = &grid->rows.items[below];
        const struct cell *found = NULL;
        if (next->table != row->table)
            return;
        for (uint32_t i = 0; i < next->count && !found; i++)
            if (row_cells(grid, next)[i].column == cell->column && !cell_is_blank(&row_cells(grid, next)[i]))
                found = &row_cells(grid, next)[i];
        if (!found)
            continue;
        if (!found->meaning && grid_remark(grid, cell_span(found)) == REMARK_BARE_UNIT) {
            struct label_text unit = build_label(walk->build, cell_span(found));
            label->unit = unit.unit;
            label->unit_at = unit.unit_at;
        }
        return;
    }
}

void walk_emit(struct walk *walk, struct pending *pending, const struct span *spans, size_t count, uint32_t row, unsigned column,
                 bool is_cell, const char *by)
{
    struct build *build = walk->build;
    struct statement statement = {.rule = pending->rule, .label = pending->label, .count = count, .is_cell = is_cell, .by = by};
    statement.spans = build_spans(build, spans, count);
    bool was_done = pending->is_done;
    pending->is_done = true;
    walk->prose = NULL;
    build_claim(build, pending->label.span, CLAIM_LABEL);
    if (pending->rule->name[0] == '-') {
        return;
    }
    if (amount_word(walk, pending->rule)) {
        walk_unit(walk, &pending->label);
        const char *unit = pending->label.unit ? pending->label.unit : walk->block_unit;
        walk->block_unit = unit; /* said once, it holds for what stands below */
        amount_add(walk, pending->rule, NULL, &statement, row, column, unit);
        return;
    }
    if (!value_add(build, NULL, &statement)) {
        value_add_field(build, &statement);
        return;
    }
    (void)was_done;
    if (pending->rule->word == WORD_PROSE && count) {
        struct node *block = build_block(build, rule_section(pending->rule)->index);
        if (block->last && block->last->value && block->last->provenance->bytes.count == count)
            walk->prose = block->last;
    }
}

static void walk_settle(struct walk *walk);

/* Labels left without a value are empty fields. */
void walk_flush(struct walk *walk)
{
    for (size_t i = 0; i < walk->pending_count; i++)
        if (!walk->pending[i].is_done)
            walk_emit(walk, &walk->pending[i], NULL, 0, walk->pending[i].row, walk->pending[i].column, true, NULL);
    walk->pending_count = 0;
    walk->prose = NULL;
    walk_settle(walk);
}

const struct rule *walk_field(const struct walk *walk, const struct meaning *meaning)
{
    const struct grammar *grammar = walk->grid->grammar;
    if (walk->section && meaning->fields[walk->section->index])
        return grammar_rule(grammar, meaning->fields[walk->section->index]);
    for (size_t s = 0; s < grammar->section_count; s++)
        if (meaning->fields[s] && grammar_rule(grammar, meaning->fields[s])->name[0] != '-')
            return grammar_rule(grammar, meaning->fields[s]);
    return NULL;
}

/* The next cell that says something: in the row, else at the head of the next. */
static const struct cell *next_cell(const struct walk *walk, uint32_t r, uint32_t i, uint32_t to, bool *is_same_row)
{
    const struct grid *grid = walk->grid;
    const struct row *row = &grid->rows.items[r];
    *is_same_row = true;
    for (i++; i < row->count; i++)
        if (!cell_is_blank(&row_cells(grid, row)[i]))
            return &row_cells(grid, row)[i];
    *is_same_row = false;
    for (r++; r < to; r++) {
        row = &grid->rows.items[r];
        if (!row->is_notice && row_filled(grid, row))
            return row_first(grid, row);
    }
    return NULL;
}

struct label_text walk_label(struct build *build, const struct cell *cell)
{
    return build_label(build, (struct span){cell->label_from, cell->label_to});
}

void walk_heading(struct walk *walk, const struct rule *section, const struct label_text *label, uint32_t row)
{
    struct build *build = walk->build;
    const struct rule *first = build->grammar->sections[section->index];
    bool is_again = walk->is_heading_open && walk->section == first;
    walk->section = first;
    walk->heading = *label;
    walk->heading_row = row;
    walk->is_heading_open = true;
    build_claim(build, label->span, CLAIM_LABEL);
    if (rule_child(first, WORD_AMOUNT)) {
        walk->block++;
        if (label->unit || !is_again)
            walk->block_unit = label->unit; /* 项目资金（万元） before 资金来源 holds on */
        walk->matrix_count = 0;
        walk_unit(walk, label);
    }
}

static struct pending *push_pending(struct walk *walk, const struct rule *rule, const struct cell *cell, uint32_t row)
{
    if (walk->pending_count == PENDING_MOST)
        walk_flush(walk);
    struct pending *pending = &walk->pending[walk->pending_count++];
    *pending = (struct pending){.rule = rule, .label = walk_label(walk->build, cell), .column = cell->column, .width = cell->width, .row = row};
    build_claim(walk->build, pending->label.span, CLAIM_LABEL);
    return pending;
}

/* ---- rows of labels and values ---- */

/* The label that an unknown cell looks like, without what stands before it: 其中： 1. */
static struct span label_in(const struct walk *walk, const struct cell *cell)
{
    const struct grammar *grammar = walk->grid->grammar;
    struct view view;
    view_build(&view, walk->build->document, cell_span(cell));
    static const enum value_name before[] = {VALUE_ORDINAL, VALUE_WITHIN, VALUE_ORDINAL};
    size_t at = 0;
    for (size_t i = 0; view.is_whole && i < sizeof before / sizeof *before; i++)
        if (at < view.length && grammar_value(grammar, before[i], view.text + at, view.length - at) &&
            pattern_from(grammar->values[before[i]]) == 0)
            at += pattern_to(grammar->values[before[i]]);
    if (at >= view.length || !view.is_whole || !grammar_value(grammar, VALUE_LABEL, view.text + at, view.length - at))
        return (struct span){cell->to, cell->to};
    return (struct span){at ? view.at[at] : cell->from, cell->to};
}

bool walk_looks_like_label(const struct walk *walk, const struct cell *cell) { return !span_is_empty(label_in(walk, cell)); }

void walk_unknown(struct walk *walk, struct span label, const struct span *value, size_t count)
{
    static const struct rule unknown = {.word = WORD_FIELD, .name = "field", .element = "field"};
    struct build *build = walk->build;
    struct statement statement = {.rule = &unknown, .label = build_label(build, label), .count = count, .is_cell = true};
    statement.spans = build_spans(build, value, count);
    value_add_field(build, &statement);
}

/* A value under its label, by printed columns or, failing that, in order. */
static struct pending *pending_above(struct walk *walk, const struct cell *cell, unsigned nth, unsigned values, bool is_stream)
{
    struct pending *best = NULL;
    unsigned open = 0;
    for (size_t i = 0; i < walk->pending_count; i++)
        open += !walk->pending[i].is_done;
    if (!open)
        return NULL;
    if (is_stream) {
        /* one cell a line: the texts in order; fewer texts than labels go to the likely ones */
        for (size_t i = 0; i < walk->pending_count; i++) {
            struct pending *pending = &walk->pending[i];
            if (pending->is_done)
                continue;
            best = pending;
            if (values >= open || rule_child(pending->rule, WORD_LIKELY))
                return pending;
        }
        return best;
    }
    for (size_t i = 0; i < walk->pending_count; i++) {
        struct pending *pending = &walk->pending[i];
        if (!pending->is_done && cell->column >= pending->column && cell->column < pending->column + (pending->width ? pending->width : 1))
            return pending;
    }
    if (open == values) {
        for (size_t i = 0; i < walk->pending_count; i++)
            if (!walk->pending[i].is_done && nth-- == 0)
                return &walk->pending[i];
    }
    for (size_t i = 0; i < walk->pending_count; i++)
        if (!walk->pending[i].is_done && (!best || walk->pending[i].column <= cell->column))
            best = &walk->pending[i];
    return best;
}

/* The text of a field that took further lines, once it has them all. */
static void walk_settle(struct walk *walk)
{
    struct build *build = walk->build;
    struct node *node = walk->grown;
    walk->grown = NULL;
    if (!node)
        return;
    const struct spans *spans = &node->provenance->bytes;
    node->value = text_normal(build->document, build->arena, spans->items, spans->count);
    if (node->provenance->raw)
        node->provenance->raw = build_raw(build, spans->items, spans->count);
}

/* More text of a prose field: the next line, or the rest behind a page break. */
static bool prose_continue(struct walk *walk, const struct cell *cell)
{
    struct build *build = walk->build;
    struct node *node = walk->prose;
    if (!node || !node->value)
        return false;
    struct provenance *provenance = node->provenance;
    size_t count = provenance->bytes.count;
    struct span *last = &provenance->bytes.items[count - 1];
    struct span between = text_trim(build->document, (struct span){last->to, cell->from});
    if (span_is_empty(between) && cell->from >= last->to) {
        last->to = cell->to;
    } else {
        struct span *spans = arena_array(build->arena, struct span, count + 1);
        memcpy(spans, provenance->bytes.items, count * sizeof *spans);
        spans[count] = cell_span(cell);
        provenance->bytes = (struct spans){spans, count + 1};
    }
    if (walk->grown != node)
        walk_settle(walk);
    walk->grown = node;
    build_claim(build, cell_span(cell), CLAIM_VALUE);
    return true;
}

/* Items of a list (1.项目大赛承办经费：200000元) and its total. */
static bool list_row(struct walk *walk, const struct cell *cell)
{
    struct build *build = walk->build;
    if (!walk->section)
        return false;
    const struct rule *list = NULL;
    for (size_t t = 0; t < build->grammar->table_count && !list; t++)
        if (build->grammar->tables[t]->word == WORD_LIST && build->grammar->tables[t]->parent->index == walk->section->index)
            list = build->grammar->tables[t];
    if (!list || cell_is_blank(cell))
        return false;
    struct view view;
    view_build(&view, build->document, cell_span(cell));
    const struct pattern *item = build->grammar->values[VALUE_ITEM];
    size_t name, name_to, amount, amount_to;
    if (!view.is_whole || !pattern_match(item, view.text, view.length) || !pattern_group(item, "name", &name, &name_to) ||
        !pattern_group(item, "amount", &amount, &amount_to))
        return false;
    struct span name_span = {view.at[name], view.to[name_to - 1]}, amount_span = {view.at[amount], view.to[amount_to - 1]};
    const struct rule *text_rule = rule_child(list, WORD_TEXT), *money_rule = rule_child(list, WORD_MONEY);
    if (!text_rule || !money_rule)
        return false;
    struct node *block = build_block(build, list->parent->index);
    build_claim(build, cell_span(cell), CLAIM_LABEL);
    const struct meaning *meaning = &build->grammar->meanings[grammar_meaning(build->grammar, view.text + name, name_to - name)];
    const struct rule *sum = rule_child(money_rule, WORD_SUM);
    struct statement money = {.rule = money_rule, .spans = &amount_span, .count = 1};
    if (meaning->list_total && sum) {
        struct rule *total = arena_new(build->arena, struct rule);
        *total = *money_rule;
        total->element = total->name = sum->name;
        total->label = NULL; /* by its new name */
        money.rule = total;
        money.label = build_label(build, name_span);
        return value_add(build, block, &money);
    }
    struct node *line = node_append(build->arena, block, list->name);
    struct statement text = {.rule = text_rule, .spans = &name_span, .count = 1};
    value_add(build, line, &text);
    money.label.text = text_normal(build->document, build->arena, &name_span, 1);
    return value_add(build, line, &money);
}

struct row_walk {
    struct pending *last; /* label of this row that takes the next value */
    const struct cell *value; /* … and the one it took last */
    unsigned filled; /* cells that are not blank */
    unsigned labels, values, nth;
    bool had_pending; /* labels of the rows before are still open */
};

/* One cell a line, 中期目标 and 年度目标 stand one below the other and both wait for
 * the texts behind them. */
static bool waits_beside(const struct walk *walk, const struct rule *field, uint32_t r)
{
    const struct row *row = &walk->grid->rows.items[r];
    if (row->kind != ROW_LINE || row->count != 1 || field->word != WORD_PROSE)
        return false;
    for (size_t i = 0; i < walk->pending_count; i++) {
        const struct pending *pending = &walk->pending[i];
        uint32_t next = i + 1 < walk->pending_count ? walk->pending[i + 1].row : r;
        if (pending->is_done)
            continue;
        for (uint32_t between = pending->row + 1; between < next; between++)
            if (row_filled(walk->grid, &walk->grid->rows.items[between]))
                return false;
        if (pending->rule->word != WORD_PROSE)
            return false;
    }
    return true;
}

static void take_label(struct walk *walk, struct row_walk *here, uint32_t r, uint32_t i, uint32_t to, const struct cell *cell)
{
    const struct grid *grid = walk->grid;
    const struct meaning *meaning = cell_meaning(grid, cell);
    bool is_same_row;
    const struct cell *next = next_cell(walk, r, i, to, &is_same_row);
    const struct rule *section = meaning->section ? grammar_rule(grid->grammar, meaning->section) : NULL;
    const struct rule *field = walk_field(walk, meaning);
    bool has_inline = cell->flags & CELL_INLINE;
    /* beside a label a heading is a heading; beside text it is a field where it can be one */
    bool is_heading = section && !has_inline && (!field || (cell_is_label(grid, next) && !(next->flags & CELL_INLINE && !is_same_row)));
    if (is_heading && field && !is_same_row && next && walk->grid->rows.items[r].count > 1)
        is_heading = false;
    if (section && field && !has_inline && is_same_row && next && cell_is_label(grid, next))
        is_heading = true;
    if (here->had_pending && !(field && !has_inline && !is_heading && waits_beside(walk, field, r))) {
        walk_flush(walk);
        here->had_pending = false;
    }
    walk->prose = NULL;
    if (is_heading || (!field && section && !has_inline)) {
        struct label_text label = walk_label(walk->build, cell);
        walk_unit_below(walk, cell, r, &label);
        walk_heading(walk, section, &label, r);
        here->last = NULL;
        return;
    }
    walk->is_heading_open &= walk->heading_row == r;
    here->labels++;
    if (!field && section) { /* a heading with text of its own */
        struct span value = cell_value(cell);
        struct label_text label = walk_label(walk->build, cell);
        walk_heading(walk, section, &label, r);
        const struct span *spans = &value;
        walk_unknown(walk, label.span, spans, 1);
        walk->is_heading_open = false;
        here->last = NULL;
        here->values++;
        return;
    }
    if (field->name[0] == '-' && here->last && !here->last->is_done && amount_word(walk, here->last->rule)) {
        /* 年度资金总额 beside 金额（万元） heads a column */
        here->last->is_done = true;
    }
    here->last = push_pending(walk, field, cell, r);
    struct label_text *label = &here->last->label;
    if (field->name[0] == '-' && label->unit && rule_child(walk->build->grammar->sections[rule_section(field)->index], WORD_AMOUNT)) {
        walk->block_unit = label->unit;
        walk_unit(walk, label);
    }
    if (field->word == WORD_UNIT && label->unit && !has_inline) { /* 单位（万元） */
        here->last->is_done = true;
        walk_declare(walk, label);
        here->values++;
    }
    /* the sections' own headings may be lost: a field tells where we are */
    if (!walk->section || amount_word(walk, field))
        walk->section = grid->grammar->sections[rule_section(field)->index];
    if (has_inline) {
        struct span value = cell_value(cell);
        walk_emit(walk, here->last, &value, 1, r, cell->column, false, NULL);
        here->values++;
    }
}

/* Boxes may stand in a cell each: the group is all cells up to the next label. */
static uint32_t take_choice(struct walk *walk, struct row_walk *here, uint32_t r, uint32_t i)
{
    const struct row *row = &walk->grid->rows.items[r];
    struct span spans[32];
    size_t count = 0;
    uint32_t last = i;
    bool is_marked = value_has_mark(walk->build, cell_span(&row_cells(walk->grid, row)[i]));
    for (; i < row->count && count < 32; i++) {
        const struct cell *cell = &row_cells(walk->grid, row)[i];
        if (cell_is_blank(cell))
            continue;
        if (cell_is_label(walk->grid, cell) || (count && !(is_marked && value_has_mark(walk->build, cell_span(cell)))))
            break;
        spans[count++] = cell_span(cell);
        last = i;
    }
    walk_emit(walk, here->last, spans, count, r, here->last->column, true, NULL);
    return last;
}

uint32_t walk_choice(struct walk *walk, uint32_t r, uint32_t to)
{
    const struct grid *grid = walk->grid;
    const struct row *row = &grid->rows.items[r];
    const struct cell *cell = row->kind == ROW_LINE && row->count == 1 ? row_first(grid, row) : NULL;
    const struct rule *field = cell && cell->meaning && !(cell->flags & CELL_INLINE) ? walk_field(walk, cell_meaning(grid, cell)) : NULL;
    if (!field || field->word != WORD_CHOICE)
        return r;
    struct span spans[32];
    size_t count = 0;
    uint32_t at = r + 1;
    for (; at < to && count < 32; at++) {
        const struct row *next = &grid->rows.items[at];
        if (next->is_notice || !row_filled(grid, next))
            continue;
        const struct cell *option = next->count == 1 ? row_first(grid, next) : NULL;
        if (!option || option->meaning || !value_has_mark(walk->build, cell_span(option)))
            break;
        spans[count++] = cell_span(option);
    }
    if (count < 2)
        return r;
    walk_flush(walk);
    struct pending *pending = push_pending(walk, field, cell, r);
    walk_emit(walk, pending, spans, count, r, cell->column, true, NULL);
    return at;
}

static bool has_digit(const struct walk *walk, struct span span)
{
    struct view view;
    view_build(&view, walk->build->document, span);
    /* an amount begins with a number, or nearly (约3万元) */
    size_t length = view.length < 4 ? view.length : 4;
    for (size_t i = 0; i < length; i++)
        if (view.text[i] >= '0' && view.text[i] <= '9')
            return true;
    return false;
}

/* 安排资金（万元） before a label of money: no rule knows it, but its unit holds. */
static bool take_unknown_heading(struct walk *walk, uint32_t r, uint32_t at, const struct cell *cell)
{
    const struct row *row = &walk->grid->rows.items[r];
    const struct cell *next = NULL;
    for (uint32_t i = at + 1; i < row->count && !next; i++)
        if (!cell_is_blank(&row_cells(walk->grid, row)[i]))
            next = &row_cells(walk->grid, row)[i];
    if (!next || !next->meaning || !amount_rule(walk, next))
        return false;
    struct label_text label = build_label(walk->build, cell_span(cell));
    if (!label.unit)
        return false;
    walk->block++;
    walk->block_unit = label.unit;
    walk_unit(walk, &label);
    build_claim(walk->build, label.span, CLAIM_LABEL);
    return true;
}

/* 标签：值 with a label that no rule knows. */
static bool is_labelled(const struct walk *walk, struct span span)
{
    struct view view;
    view_build(&view, walk->build->document, span);
    const char *colon = memchr(view.text, ':', view.length);
    return colon && grammar_value(walk->grid->grammar, VALUE_LABEL, view.text, (size_t)(colon - view.text));
}

/* 指标 alone in the first cell of a row, and the heading of a table below it: the
 * vertical label of the block, whose table stands in the cell beside it. */
static bool take_block_label(struct walk *walk, uint32_t r, uint32_t at, const struct cell *cell)
{
    const struct grid *grid = walk->grid;
    uint32_t next = r + 1, rows;
    if (at > 0 || grid->rows.items[r].kind != ROW_TABLE || !walk_looks_like_label(walk, cell))
        return false;
    while (next < grid->rows.count && (grid->rows.items[next].is_notice || !row_filled(grid, &grid->rows.items[next])))
        next++;
    if (next == grid->rows.count || grid->rows.items[next].table == grid->rows.items[r].table ||
        !row_table(grid, next, walk->section, &rows))
        return false;
    walk_flush(walk);
    build_claim(walk->build, cell_span(cell), CLAIM_LABEL);
    return true;
}

/* 标签：值 with a label that no rule knows. */
static bool take_unknown_inline(struct walk *walk, const struct cell *cell)
{
    struct view view;
    view_build(&view, walk->build->document, cell_span(cell));
    const char *colon = memchr(view.text, ':', view.length);
    size_t length = colon ? (size_t)(colon - view.text) : 0;
    if (!length || !grammar_value(walk->grid->grammar, VALUE_LABEL, view.text, length))
        return false;
    bool is_value = length + 1 < view.length;
    struct span label = {view.at[0], view.to[length - 1]}, value = {is_value ? view.at[length + 1] : cell->to, cell->to};
    walk_unknown(walk, label, &value, is_value);
    return true;
}

/* 其中： alone in a cell before the labels that it leads to. */
static bool is_within(const struct walk *walk, const struct cell *cell)
{
    struct view view;
    if (cell->to - cell->from > 24)
        return false;
    view_build(&view, walk->build->document, cell_span(cell));
    const struct pattern *pattern = walk->grid->grammar->values[VALUE_WITHIN];
    return pattern_match(pattern, view.text, view.length) && pattern_from(pattern) == 0 && pattern_to(pattern) == view.length;
}

static void take_value(struct walk *walk, struct row_walk *here, uint32_t r, uint32_t *at, const struct cell *cell)
{
    const struct row *row = &walk->grid->rows.items[r];
    struct span span = cell_span(cell);
    bool is_cell = true;
    if (!here->labels && take_unknown_heading(walk, r, *at, cell))
        return;
    if (is_within(walk, cell)) {
        build_claim(walk->build, span, CLAIM_LABEL);
        return;
    }
    here->values++;
    if (here->last && here->last->rule->word == WORD_FIELD && row->kind == ROW_LINE) {
        struct cell pieces[8];
        size_t count = cell_pieces(walk->grid, cell, false, pieces, 8);
        bool are_numbers = count > 1;
        for (size_t i = 0; i < count; i++)
            are_numbers &= has_digit(walk, cell_span(&pieces[i]));
        for (size_t i = 0; i < (are_numbers ? count : 0); i++) {
            struct span piece = cell_span(&pieces[i]);
            walk_emit(walk, here->last, &piece, 1, r, cell->column, true, NULL);
        }
        if (are_numbers)
            return;
    }
    bool is_beside = here->last && here->value && here->value + 1 == cell && row->kind != ROW_LINE;
    if (is_beside && cells_read_alike(walk->grid, here->value, cell)) { /* a merged cell, printed in each of its places */
        here->value = cell;
        walk_emit(walk, here->last, &span, 1, r, here->last->column, is_cell, NULL);
        return;
    }
    if (here->last && !here->last->is_done) {
        if (here->last->rule->word == WORD_CHOICE)
            *at = take_choice(walk, here, r, *at);
        else
            walk_emit(walk, here->last, &span, 1, r, here->last->column, is_cell, NULL);
        here->value = here->last->rule->word == WORD_CHOICE ? NULL : cell;
        return;
    }
    if (here->last && here->last->rule->word == WORD_FIELD) {
        here->last->is_done = false;
        walk_emit(walk, here->last, &span, 1, r, here->last->column, is_cell, NULL);
        return;
    }
    if (!here->labels && here->had_pending) {
        bool is_stream = row->kind == ROW_LINE && here->filled == 1;
        unsigned values = is_stream ? row_texts_ahead(walk->grid, r) : here->filled;
        struct pending *pending = pending_above(walk, cell, here->nth++, values, is_stream);
        if (pending && pending->rule->word != WORD_PROSE && is_labelled(walk, span))
            pending = NULL; /* 经费来源： left blank, and 标签：值 of its own below it */
        if (pending && amount_word(walk, pending->rule) && !has_digit(walk, span))
            pending = NULL; /* a sentence below a blank amount is not its value */
        if (pending) {
            here->last = NULL;
            if (pending->rule->word == WORD_CHOICE) {
                here->last = pending;
                *at = take_choice(walk, here, r, *at);
                here->last = NULL;
            } else {
                walk_emit(walk, pending, &span, 1, r, pending->column, true, NULL);
            }
            return;
        }
    }
    const struct cell *next = NULL;
    for (uint32_t i = *at + 1; i < row->count && !next; i++)
        if (!cell_is_blank(&row_cells(walk->grid, row)[i]))
            next = &row_cells(walk->grid, row)[i];
    if (!here->labels && here->filled == 1) {
        if (take_block_label(walk, r, *at, cell) || list_row(walk, cell) || prose_continue(walk, cell))
            return;
        /* 标签：值 below a heading has its own label */
        if (walk->is_heading_open && r > walk->heading_row && !is_labelled(walk, span) && (*at > 0 || walk->grid->rows.items[walk->heading_row].count == 1 || (row->kind == ROW_LINE && r == walk->heading_row + 1 && walk->grid->rows.items[walk->heading_row].kind == ROW_LINE))) {
            walk_unknown(walk, walk->heading.span, &span, 1);
            walk->is_heading_open = false;
            return;
        }
        if (take_unknown_inline(walk, cell))
            return;
        /* a label alone in a row of separated cells: an empty field */
        if (row->kind != ROW_LINE && row->count > 1 && *at == 0 && walk_looks_like_label(walk, cell))
            walk_unknown(walk, span, NULL, 0);
        return;
    }
    /* an unknown label and its value in a row of cells */
    bool is_parted = row->kind != ROW_LINE || cell->flags & CELL_SPLIT;
    if (is_parted && next && !next->meaning && walk_looks_like_label(walk, cell)) {
        *at = (uint32_t)(next - row_cells(walk->grid, row));
        struct span value = cell_span(next), label = label_in(walk, cell);
        build_claim(walk->build, (struct span){span.from, label.from}, CLAIM_LABEL);
        walk_unknown(walk, label, &value, 1);
    } else if (is_parted) {
        take_unknown_inline(walk, cell);
    }
}

static bool states_caption(const struct grid *grid, const struct row *row)
{
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        if (cell->meaning && meaning_is_caption(grid, cell_meaning(grid, cell)))
            return true;
    }
    return false;
}

/* A year or unit in brackets, where no label asks for a value. */
static bool take_remark(struct walk *walk, struct row_walk *here, uint32_t r, const struct cell *cell)
{
    const struct grid *grid = walk->grid;
    unsigned remark = grid_remark(grid, cell_span(cell));
    if (!remark)
        return false;
    const struct pending *last = here->last && !here->last->is_done ? here->last : NULL;
    bool is_asked = last && !amount_word(walk, last->rule) &&
                    (last->rule->word == WORD_UNIT ? remark != REMARK_YEAR : !states_caption(grid, &grid->rows.items[r]));
    if (is_asked)
        return false;
    if (remark == REMARK_YEAR && !states_caption(grid, &grid->rows.items[r]) && (here->labels || here->had_pending))
        return false;
    if (remark & (REMARK_YEAR | REMARK_UNIT)) {
        walk_remark(walk, cell);
        return true;
    }
    struct label_text label = build_label(walk->build, cell_span(cell));
    if (!walk->section || !rule_child(walk->section, WORD_AMOUNT))
        return false;
    bool is_stated = walk->block_unit && strcmp(walk->block_unit, label.unit) == 0;
    walk->block_unit = label.unit;
    build_claim(walk->build, label.span, CLAIM_LABEL);
    for (size_t i = 0; i < walk->pending_count; i++)
        if (!walk->pending[i].is_done && amount_word(walk, walk->pending[i].rule)) {
            is_stated = true;
            walk->pending[i].label.unit = label.unit;
            walk->pending[i].label.unit_at = label.unit_at;
        }
    if (!is_stated)
        walk_unit(walk, &label);
    return true;
}

/* A unit's name alone on the line of the money unit. */
static bool take_beside(struct walk *walk, uint32_t r)
{
    const struct grid *grid = walk->grid;
    const struct row *row = &grid->rows.items[r];
    unsigned filled = row_filled(grid, row);
    if (filled < 2 || filled > 4)
        return false;
    const struct cell *first = NULL, *second = NULL;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        if (cell_is_blank(cell) || (!cell->meaning && grid_remark(grid, cell_span(cell))))
            continue;
        if (second || (first && !(cell->flags & CELL_INLINE)) || (!first && cell->meaning))
            return false;
        *(first ? &second : &first) = cell;
    }
    if (!second)
        return false;
    const struct rule *rule = walk_field(walk, cell_meaning(grid, second));
    const struct rule *beside = rule ? rule_child(rule, WORD_BESIDE) : NULL;
    for (const struct rule *field = beside ? rule->parent->first : NULL; field; field = field->next)
        if (rule_is_field(field) && strcmp(field->name, beside->name) == 0) {
            struct span span = cell_span(first);
            struct statement statement = {.rule = field, .spans = &span, .count = 1, .is_cell = true};
            value_add(walk->build, NULL, &statement);
            return true;
        }
    return false;
}

/* Under a line of several prose headings, a line with as many texts: parted at its
 * blanks, or else at the blanks behind a full stop. */
static bool take_line_of_texts(struct walk *walk, uint32_t r)
{
    const struct row *row = &walk->grid->rows.items[r];
    size_t open = 0;
    const struct pending *first = NULL;
    for (size_t i = 0; i < walk->pending_count; i++) {
        open += !walk->pending[i].is_done;
        if (walk->pending[i].is_done)
            continue;
        first = first ? first : &walk->pending[i];
        if (first->rule->word != WORD_PROSE || walk->pending[i].rule->word != WORD_PROSE || walk->pending[i].row != first->row)
            return false;
    }
    const struct cell *cell = row_first(walk->grid, row);
    if (open < 2 || row->kind != ROW_LINE || row->count != 1 || cell->meaning)
        return false;
    struct cell pieces[TABLE_COLUMNS_MOST];
    size_t count = cell_pieces(walk->grid, cell, false, pieces, TABLE_COLUMNS_MOST), texts = 0;
    struct span spans[TABLE_COLUMNS_MOST];
    bool is_sentence = true;
    for (size_t i = 0; i < count; i++) {
        if (count == open || is_sentence)
            spans[texts++] = cell_span(&pieces[i]);
        else
            spans[texts - 1].to = pieces[i].to;
        const char *end = walk->build->document->text + pieces[i].to;
        is_sentence = pieces[i].to - pieces[i].from >= 3 && (memcmp(end - 3, "。", 3) == 0 || memcmp(end - 3, "；", 3) == 0);
    }
    if (texts != open)
        return false;
    for (size_t i = 0, k = 0; i < walk->pending_count; i++)
        if (!walk->pending[i].is_done)
            walk_emit(walk, &walk->pending[i], &spans[k++], 1, r, walk->pending[i].column, true, NULL);
    return true;
}

void walk_row(struct walk *walk, uint32_t r, uint32_t to)
{
    const struct grid *grid = walk->grid;
    const struct row *row = &grid->rows.items[r];
    if (matrix_heading(walk, r, NULL) || matrix_row(walk, r))
        return;
    struct row_walk here = {.filled = row_filled(grid, row)};
    for (size_t i = 0; i < walk->pending_count; i++)
        here.had_pending |= !walk->pending[i].is_done;
    if (here.had_pending && take_line_of_texts(walk, r))
        return;
    bool is_beside = take_beside(walk, r);
    const struct cell *title = row_title_cell(grid, row); /* taken before */
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        if (cell == title)
            continue;
        if (cell_is_blank(cell)) {
            if (here.last)
                here.last->is_blanked = true;
            continue;
        }
        const struct meaning *meaning = cell_meaning(grid, cell);
        if (!cell->meaning && take_remark(walk, &here, r, cell))
            continue;
        if (is_beside && !cell->meaning) {
            is_beside = false;
            continue;
        }
        if (cell->meaning && (meaning->is_field || meaning->section) && walk_field(walk, meaning)) {
            walk->matrix_count = amount_rule(walk, cell) ? walk->matrix_count : 0;
            take_label(walk, &here, r, i, to, cell);
        } else if (cell->meaning && meaning->section) {
            take_label(walk, &here, r, i, to, cell);
        } else if (cell->meaning && meaning->is_field) {
            build_claim(walk->build, cell_span(cell), CLAIM_LABEL); /* '-': a label and nothing else */
        } else {
            take_value(walk, &here, r, &i, cell);
        }
    }
    /* Where the row says anything, its other labels are empty; a row of labels
     * alone waits for the row below. A label at the very end waits, too, if no
     * blank cell stands beside it. */
    if (here.labels && here.values) {
        for (size_t i = 0; i < walk->pending_count; i++)
            if (!walk->pending[i].is_done && (walk->pending[i].is_blanked || row->kind != ROW_LINE || &walk->pending[i] != here.last))
                walk_emit(walk, &walk->pending[i], NULL, 0, r, walk->pending[i].column, true, NULL);
    }
}
