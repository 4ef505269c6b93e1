#include "prose.h"

#include <string.h>

#include "align.h"
#include "entry.h"
#include "pattern.h"
#include "row.h"

enum {
    LINES_AHEAD_MOST = 6, /* level names one below the other, before the first indicator */
    ROWS_AHEAD_MOST = 200,
    UNIT_MOST = 12,       /* bytes of a unit behind a number */
};

struct prose {
    struct walk *walk;
    struct table table;
    struct table_rows rows;
    struct carried carried;
    struct cell *levels[TABLE_COLUMNS_MOST]; /* the term in force, by column */
    bool is_new[TABLE_COLUMNS_MOST];         /* no row has it yet */
    uint32_t row;
};

static const struct cell *line_cell(const struct grid *grid, uint32_t r)
{
    const struct row *row = &grid->rows.items[r];
    bool is_line = row->kind == ROW_LINE && row->count == 1 && !row_title(grid, row) && !row_remark(grid, row);
    return is_line ? row_first(grid, row) : NULL;
}

static bool is_term_line(const struct grid *grid, const struct cell *cell)
{
    const struct meaning *meaning = cell_meaning(grid, cell);
    return meaning->is_term && !meaning->is_field && !meaning->section;
}

/* Where in view[from, to) the target behind a name begins, or `to`; *name_to: where the name ends. */
static unsigned target_find(const struct grammar *grammar, const struct view *view, unsigned from, unsigned to, unsigned *name_to)
{
    const char *text = view->text + from, *colon = memchr(text, ':', to - from);
    unsigned found = to;
    *name_to = to;
    if (grammar_value(grammar, VALUE_TIME, text, to - from)) { /* 2025年11月底前完成 */
        *name_to = from;
        return from;
    }
    if (colon && colon + 1 < text + (to - from)) {
        *name_to = (unsigned)(colon - view->text);
        return *name_to + 1;
    }
    for (unsigned p = from; p < to && grammar_value(grammar, VALUE_SIGNED, view->text + p, to - p);) {
        unsigned end = p + (unsigned)pattern_to(grammar->values[VALUE_SIGNED]);
        if (end + UNIT_MOST >= to)
            found = p + (unsigned)pattern_from(grammar->values[VALUE_SIGNED]);
        p = end;
    }
    if (found == to && grammar_value(grammar, VALUE_MEASURED, text, to - from))
        found = from + (unsigned)pattern_from(grammar->values[VALUE_MEASURED]);
    *name_to = found;
    return found;
}

static bool is_item(const struct grid *grid, const struct cell *cell)
{
    struct view view;
    unsigned name_to;
    view_build(&view, grid->document, cell_span(cell));
    unsigned target = view.is_whole ? target_find(grid->grammar, &view, 0, view.length, &name_to) : view.length;
    return target < view.length && name_to > 0 && !memchr(view.text, ':', view.length);
}

static bool is_ahead(const struct grid *grid, uint32_t r, uint32_t to)
{
    unsigned lines = 0;
    for (; r < to && lines < LINES_AHEAD_MOST; r++) {
        if (grid->rows.items[r].is_notice || !row_filled(grid, &grid->rows.items[r]))
            continue;
        const struct cell *cell = line_cell(grid, r);
        if (!cell)
            return false;
        if (!is_term_line(grid, cell))
            return lines && !cell->meaning && is_item(grid, cell);
        if (cell->flags & CELL_INLINE)
            return true;
        lines++;
    }
    return false;
}

static struct cell *cell_of(struct prose *prose, const struct view *view, unsigned from, unsigned to)
{
    struct cell *cell = arena_new(prose->walk->build->arena, struct cell);
    struct span span = from < to ? text_trim(prose->walk->build->document, (struct span){view->at[from], view->to[to - 1]}) : (struct span){0, 0};
    *cell = (struct cell){.from = span.from, .to = span.to, .label_from = span.from, .label_to = span.from, .width = 1};
    return cell_is_blank(cell) ? NULL : cell;
}

static void item_add(struct prose *prose, const struct view *view, unsigned from, unsigned to)
{
    unsigned name_to, target;
    while (to > from + 3 && (view->text[to - 1] == ',' || memcmp(view->text + to - 3, "、", strlen("、")) == 0))
        to -= view->text[to - 1] == ',' ? 1 : 3;
    target = target_find(prose->walk->grid->grammar, view, from, to, &name_to);
    struct table_row *row = array_push(&prose->rows);
    *row = (struct table_row){.row = prose->row};
    for (size_t c = 0; c < prose->table.count; c++) {
        if (prose->is_new[c])
            row->cells[c] = prose->levels[c];
        prose->is_new[c] = false;
        if (prose->table.columns[c].rule->word == WORD_NAME)
            row->cells[c] = cell_of(prose, view, from, name_to);
        else if (prose->table.columns[c].rule->word == WORD_TARGET)
            row->cells[c] = cell_of(prose, view, target, to);
    }
}

static bool is_number_comma(const struct view *view, unsigned at)
{
    return view->text[at] == ',' && at && view->text[at - 1] >= '0' && view->text[at - 1] <= '9' && view->text[at + 1] >= '0' &&
           view->text[at + 1] <= '9';
}

static void prose_flush(struct prose *prose)
{
    entries_build(&prose->table, prose->walk->build, &prose->rows, 0, prose->rows.count, &prose->carried);
    prose->rows.count = 0;
}

static const struct rule *term_at(const struct prose *prose, const struct cell *cell, size_t column)
{
    const struct rule *group = prose->table.columns[column].rule;
    unsigned id = cell && group->word == WORD_GROUP ? cell_meaning(prose->walk->grid, cell)->terms[group->index] : 0;
    return id ? grammar_rule(prose->walk->grid->grammar, id) : NULL;
}

/* A name of a level before its indicators takes the lowest place that the level in force
 * above allows, one before other levels the highest. */
static void level_set(struct prose *prose, const struct cell *line, bool is_lowest)
{
    size_t best = SIZE_MAX;
    bool does_fit = false;
    const struct rule *above = NULL;
    for (size_t c = 0; c < prose->table.count; c++) {
        const struct rule *term = term_at(prose, line, c);
        bool fits = term && (!above || term_fits(term, above->name));
        if (term && (best == SIZE_MAX || (fits && above && is_lowest))) {
            best = c;
            does_fit = fits;
        }
        if (prose->levels[c])
            above = term_at(prose, prose->levels[c], c);
    }
    if (best == SIZE_MAX)
        return; /* of another table */
    if (!does_fit || best == 0) { /* nothing above holds on */
        prose_flush(prose);
        prose->carried = (struct carried){0};
        memset(prose->levels, 0, sizeof prose->levels);
        memset(prose->is_new, 0, sizeof prose->is_new);
    }
    for (size_t c = best + 1; c < prose->table.count; c++) {
        prose->levels[c] = NULL;
        prose->is_new[c] = false;
    }
    struct cell *cell = arena_new(prose->walk->build->arena, struct cell);
    *cell = *line;
    cell->from = line->label_from;
    cell->to = line->label_to;
    cell->flags &= (uint8_t)~CELL_INLINE;
    build_claim(prose->walk->build, cell_span(cell), CLAIM_LABEL);
    prose->levels[best] = cell;
    prose->is_new[best] = true;
}

/* 产出指标：数量指标：更换喷淋头≥420个: another level in front of an indicator. Where the indicator begins. */
static unsigned level_inside(struct prose *prose, const struct view *view, unsigned from, unsigned to)
{
    const struct grammar *grammar = prose->walk->grid->grammar;
    const char *colon = from < to ? memchr(view->text + from, ':', to - from) : NULL;
    unsigned end = colon ? (unsigned)(colon - view->text) : from, id = end > from ? grammar_meaning(grammar, view->text + from, end - from) : 0;
    if (!grammar->meanings[id].is_term)
        return from;
    struct cell line = {.label_from = view->at[from], .label_to = view->to[end - 1], .meaning = (uint16_t)id};
    level_set(prose, &line, true);
    return end + 1;
}

/* Several behind one level: parted by ； or 。, by commas where every part has its target. */
static void items_add(struct prose *prose, struct span span)
{
    const struct grammar *grammar = prose->walk->grid->grammar;
    struct view view;
    unsigned name_to;
    view_build(&view, prose->walk->build->document, span);
    if (!view.is_whole) /* too long for an indicator: nothing is parted */
        return;
    for (unsigned from = 0, to; from < view.length; from = to + (to < view.length ? (view.text[to] == ';' ? 1 : 3) : 0)) {
        for (to = from; to < view.length && view.text[to] != ';' && strncmp(view.text + to, "。", strlen("。")) != 0;)
            to++;
        from = level_inside(prose, &view, from, to);
        bool is_list = to > from;
        unsigned last = to; /* no comma at the end */
        while (last > from && view.text[last - 1] == ',')
            last--;
        for (unsigned part = from, p = from; p <= last && is_list; p++)
            if (p == last || (view.text[p] == ',' && !is_number_comma(&view, p))) {
                is_list = part < p && target_find(grammar, &view, part, p, &name_to) < p && name_to > part;
                part = p + 1;
            }
        for (unsigned part = from, p = from; p <= last && last > from; p++)
            if (p == last || (is_list && view.text[p] == ',' && !is_number_comma(&view, p))) {
                item_add(prose, &view, part, p);
                part = p + 1;
            }
    }
}

/* Whether a level stands alone on its line and the next line is one, too. */
static bool is_term_next(const struct grid *grid, const struct cell *cell, uint32_t r, uint32_t to)
{
    if (cell->flags & CELL_INLINE)
        return false;
    for (r++; r < to && (grid->rows.items[r].is_notice || !row_filled(grid, &grid->rows.items[r]));)
        r++;
    const struct cell *next = r < to ? line_cell(grid, r) : NULL;
    return next && is_term_line(grid, next);
}

/* A goal may list what a table below it says once more: its lines go on with it. */
static bool is_table_ahead(const struct grid *grid, uint32_t r, uint32_t to)
{
    uint32_t rows, last = r + ROWS_AHEAD_MOST;
    for (; r < to && r < last; r++) {
        const struct rule *table = row_table(grid, r, NULL, &rows);
        if (table && table_has_terms(table))
            return true;
    }
    return r < to;
}

uint32_t prose_indicators(struct walk *walk, uint32_t r, uint32_t to)
{
    const struct grid *grid = walk->grid;
    const struct cell *cell = line_cell(grid, r);
    if (!cell || !is_term_line(grid, cell) || !is_ahead(grid, r, to) ||
        (walk->prose && cell->flags & CELL_INLINE && is_table_ahead(grid, r, to)))
        return r;
    const struct rule *rule = NULL;
    for (size_t t = 0; t < grid->grammar->table_count && !rule; t++)
        for (const struct rule *column = grid->grammar->tables[t]->first; column && !rule; column = column->next)
            if (column->word == WORD_GROUP && cell_meaning(grid, cell)->terms[column->index])
                rule = grid->grammar->tables[t];
    if (!rule)
        return r;
    walk_flush(walk);
    walk->section = grid->grammar->sections[rule->parent->index];
    walk->is_heading_open = false;
    walk->matrix_count = 0;
    struct prose prose = {.walk = walk};
    table_begin(&prose.table, rule);
    for (; r < to; r++) {
        if (grid->rows.items[r].is_notice || !row_filled(grid, &grid->rows.items[r]))
            continue;
        cell = line_cell(grid, r);
        if (!cell || !(is_term_line(grid, cell) || (!cell->meaning && is_item(grid, cell))))
            break;
        prose.row = r;
        if (cell->meaning)
            level_set(&prose, cell, !is_term_next(grid, cell, r, to));
        if (!cell->meaning || cell->flags & CELL_INLINE)
            items_add(&prose, cell->meaning ? cell_value(cell) : cell_span(cell));
    }
    prose_flush(&prose);
    array_release(&prose.rows);
    return r;
}
