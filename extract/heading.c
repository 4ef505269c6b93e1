#include "heading.h"

#include <string.h>

#include "pattern.h"

enum { PART_MOST = 48 }; /* bytes of a label that parts another */

static bool cell_view(const struct grid *grid, const struct cell *cell, struct view *view)
{
    if (cell_is_blank(cell) || cell->to - cell->from > 400)
        return false;
    view_read(view, grid->document, cell_span(cell));
    return view->is_whole && view->length;
}

static bool spans_several(const struct head *head) { return head->to > head->from; }

/* The cells of a row with the columns that they span: blank cells behind one, or the
 * same label again, belong to it. */
static void heads_read(const struct grid *grid, const struct row *row, struct heading *heading)
{
    heading->count = 0;
    heading->rows = 1;
    for (uint32_t i = 0; i < row->count && heading->count < TABLE_COLUMNS_MOST; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        struct head *last = heading->count ? &heading->heads[heading->count - 1] : NULL;
        unsigned to = cell->column + (cell->width ? cell->width - 1u : 0);
        bool is_rest = last && !cell_is_blank(last->cell) &&
                       (cell_is_blank(cell) ? !(cell->flags & CELL_COVERED) : cells_read_alike(grid, last->cell, cell));
        if (is_rest)
            last->to = to;
        else
            heading->heads[heading->count++] = (struct head){.cell = cell, .from = cell->column, .to = to};
    }
}

unsigned head_meaning(const struct grid *grid, const struct head *head)
{
    const struct cell *below = head->below;
    if (!below)
        return head->cell->meaning;
    struct view upper, lower;
    char text[2 * PART_MOST];
    bool is_short = cell_view(grid, head->cell, &upper) && cell_view(grid, below, &lower) && upper.length <= PART_MOST && lower.length <= PART_MOST;
    /* 上年度预算数, or 计量单位 by itself, or 年度指标值 */
    for (unsigned k = 0; k < 3; k++) {
        const struct view *first = k ? &lower : &upper, *second = k ? &upper : &lower;
        unsigned meaning = below->meaning;
        if (k != 1) {
            if (!is_short)
                continue;
            memcpy(text, first->text, first->length);
            memcpy(text + first->length, second->text, second->length);
            meaning = grammar_meaning(grid->grammar, text, upper.length + lower.length);
        }
        if (grid->grammar->meanings[meaning].is_column)
            return meaning;
    }
    return 0;
}

const struct rule *cell_mark(const struct grid *grid, const struct rule *table, const struct cell *cell)
{
    struct view view;
    const struct rule *mark = rule_child(table, WORD_MARK);
    if (!mark || !cell_view(grid, cell, &view) || view.length > PART_MOST)
        return NULL;
    for (; mark; mark = mark->next)
        if (mark->word == WORD_MARK && pattern_match(mark->own, view.text, view.length))
            return mark;
    return NULL;
}

static bool is_marked(const struct grid *grid, const struct cell *cell)
{
    for (size_t t = 0; t < grid->grammar->table_count; t++)
        if (cell_mark(grid, grid->grammar->tables[t], cell))
            return true;
    return false;
}

/* A label, or what may be one: no value of a row below the heading. */
static bool may_part(const struct grid *grid, const struct cell *cell)
{
    const struct meaning *meaning = cell_meaning(grid, cell);
    if (cell->flags & CELL_INLINE || (meaning->is_term && !meaning->is_column))
        return false;
    if (meaning->is_column || meaning->is_field || meaning->section || meaning->list_total)
        return true;
    struct view view;
    return cell_view(grid, cell, &view) && view.length <= PART_MOST &&
           (grammar_value(grid->grammar, VALUE_LABEL, view.text, view.length) || grammar_value(grid->grammar, VALUE_CAPTION, view.text, view.length));
}

static struct head *head_above(struct heading *heading, const struct row *row, unsigned column)
{
    for (size_t i = 0; i < heading->count; i++) {
        struct head *head = &heading->heads[i];
        if (i + 1 == heading->count && row->kind == ROW_CELLS && column > head->to)
            head->to = column; /* blank cells at the end of the row above left no trace */
        if (column >= head->from && column <= head->to)
            return head;
    }
    return NULL;
}

/* What most rows are not: wide enough somewhere to be parted by the row below. */
static bool may_be_parted(const struct grid *grid, const struct row *below, const struct heading *heading)
{
    for (size_t i = 0; i < heading->count; i++)
        if (spans_several(&heading->heads[i]))
            return true;
    for (uint32_t i = 0; i < below->count && heading->count; i++)
        if (row_cells(grid, below)[i].column > heading->heads[heading->count - 1].to)
            return true;
    return false;
}

/* Whether the row below parts cells above it and says nothing else. */
static bool parts_heading(const struct grid *grid, const struct row *below, struct heading *heading, bool *is_parted)
{
    if (!may_be_parted(grid, below, heading))
        return false;
    bool is_known = false, is_label[TABLE_COLUMNS_MOST] = {false};
    unsigned parts[TABLE_COLUMNS_MOST] = {0}, blanks[TABLE_COLUMNS_MOST] = {0};
    for (uint32_t i = 0; i < below->count; i++) {
        const struct cell *cell = &row_cells(grid, below)[i];
        const struct head *above = head_above(heading, below, cell->column);
        if (cell_is_blank(cell)) {
            if (above && !(cell->flags & CELL_COVERED))
                blanks[above - heading->heads]++;
            continue;
        }
        if (!above || cell_is_blank(above->cell))
            return false;
        if (cells_read_alike(grid, above->cell, cell))
            continue; /* spans both rows, and is printed in each */
        const struct meaning *meaning = cell_meaning(grid, cell);
        if (!spans_several(above) || above->cell->flags & CELL_INLINE || !may_part(grid, cell))
            return false;
        struct head part = {.cell = above->cell, .below = cell};
        bool is_column = head_meaning(grid, &part) != 0;
        is_known |= is_column || meaning->is_field || meaning->list_total || is_marked(grid, cell);
        is_label[above - heading->heads] |= is_column || above->cell->meaning; /* 上年度 is none, 上年度预算数 is */
        parts[above - heading->heads]++;
    }
    bool is_beside = false, has_several = false;
    for (size_t i = 0; i < heading->count; i++) {
        const struct meaning *meaning = cell_meaning(grid, heading->heads[i].cell);
        is_parted[i] = parts[i] > 0;
        if (parts[i] && !is_label[i])
            return false;
        has_several |= parts[i] && parts[i] + blanks[i] > 1;
        is_beside |= !parts[i] && (meaning->is_column || meaning->is_field);
    }
    return is_known && has_several && is_beside;
}

static void head_push(struct heading *heading, const struct cell *cell, const struct cell *below, unsigned from, unsigned to)
{
    if (heading->count < TABLE_COLUMNS_MOST)
        heading->heads[heading->count++] = (struct head){cell, below, from, to};
}

/* The heads of a row whose cells the row below parts, in the order of their columns. */
static void heads_join(const struct grid *grid, const struct row *below, const struct heading *above, const bool *is_parted,
                       struct heading *heading)
{
    for (size_t h = 0; h < above->count; h++) {
        const struct head *head = &above->heads[h];
        unsigned next = head->from;
        for (uint32_t i = 0; is_parted[h] && i < below->count; i++) {
            const struct cell *cell = &row_cells(grid, below)[i];
            if (cell_is_blank(cell) || cell->column < next || cell->column > head->to)
                continue;
            unsigned to = cell->column + (cell->width ? cell->width - 1u : 0);
            if (cell->column > next)
                head_push(heading, head->cell, NULL, next, cell->column - 1u);
            head_push(heading, head->cell, cells_read_alike(grid, head->cell, cell) ? NULL : cell, cell->column, to);
            next = to + 1;
        }
        if (!is_parted[h] || (next <= head->to && below->kind == ROW_TABLE))
            head_push(heading, head->cell, NULL, next, head->to);
    }
}

/* Whether a column's cells are targets, or what parts them. */
static bool is_of_targets(const struct grid *grid, const struct cell *cell)
{
    for (size_t t = 0; t < grid->grammar->table_count; t++) {
        unsigned id = cell_meaning(grid, cell)->columns[t];
        const struct rule *rule = id ? grammar_rule(grid->grammar, id) : NULL;
        if (rule && (rule->word == WORD_TARGET || rule->word == WORD_SIGN || rule->word == WORD_MEASURE))
            return true;
    }
    return false;
}

/* The same where merged cells are printed once and leave no room: 中期 and 年度 alone in
 * their row, below a heading that is shorter by one than the row below it. */
static const struct cell *parted_cell(const struct grid *grid, uint32_t r)
{
    const struct row *row = &grid->rows.items[r], *below = row + 1, *next = row + 2;
    if (row->kind != ROW_CELLS || r + 2 >= grid->rows.count || next->kind != row->kind || next->table != row->table || below->count < 2 ||
        row->count < 3)
        return NULL;
    unsigned columns = row->count + below->count - 1, has_block = !cell_meaning(grid, row_cells(grid, row))->is_column;
    if (next->count > columns || next->count + has_block < columns)
        return NULL;
    bool is_of_target = false;
    for (uint32_t i = 0; i < below->count; i++) {
        const struct cell *cell = &row_cells(grid, below)[i];
        if (cell_is_blank(cell) || !may_part(grid, cell))
            return NULL;
        bool is_marked_cell = is_marked(grid, cell);
        if (!cell_meaning(grid, cell)->is_column && !is_marked_cell)
            return NULL;
        is_of_target |= is_marked_cell || is_of_targets(grid, cell);
    }
    const struct cell *parted = NULL;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        const struct meaning *meaning = cell_meaning(grid, cell);
        if (cell_is_blank(cell) || cell->flags & CELL_INLINE)
            return NULL;
        if (is_of_target ? !is_of_targets(grid, cell) : !meaning->section || meaning->is_column || meaning->is_field)
            continue;
        if (parted)
            return NULL;
        parted = cell;
    }
    return parted;
}

static void heads_insert(const struct grid *grid, const struct row *row, const struct cell *parted, struct heading *heading)
{
    heading->rows = 2;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        unsigned at = (unsigned)heading->count;
        if (cell != parted)
            head_push(heading, cell, NULL, at, at);
        for (uint32_t k = 0; cell == parted && k < row[1].count; k++)
            head_push(heading, cell, &row_cells(grid, &row[1])[k], at + k, at + k);
    }
}

void heading_read(const struct grid *grid, uint32_t r, bool is_alone, struct heading *heading)
{
    const struct row *row = &grid->rows.items[r], *below = row + 1;
    heading->count = 0;
    heading->rows = 1;
    if (!is_alone && row->kind != ROW_LINE && row->count > 1 && r + 1 < grid->rows.count && below->kind == row->kind &&
        below->table == row->table && !below->is_notice) {
        struct heading above;
        bool is_parted[TABLE_COLUMNS_MOST];
        heads_read(grid, row, &above);
        if (parts_heading(grid, below, &above, is_parted)) {
            heading->rows = 2;
            heads_join(grid, below, &above, is_parted, heading);
            return;
        }
        const struct cell *parted = parted_cell(grid, r);
        if (parted) {
            heads_insert(grid, row, parted, heading);
            return;
        }
    }
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        head_push(heading, cell, NULL, cell->column, cell->column + (cell->width ? cell->width - 1u : 0));
    }
}
