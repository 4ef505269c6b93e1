#include "declare.h"

#include <stdlib.h>
#include <string.h>

#include "align.h"
#include "amount.h"
#include "entry.h"
#include "pattern.h"
#include "prose.h"
#include "row.h"
#include "table.h"
#include "walk.h"

enum { TRIFLE_MOST = 40 }; /* bytes of a cell that only says the row is unfilled */

/* ---- tables inside a declaration ---- */

struct table_walk {
    struct table table;
    struct table_rows rows;
    struct carried carried;
    uint32_t end; /* the first row behind the table read last */
    bool is_wide; /* its columns stand two blanks apart */
    array_of(struct cell *) stream;
    array_of(struct cell) pieces;
};

static bool is_total_row(const struct grid *grid, const struct row *row)
{
    const struct cell *first = row_first(grid, row);
    return first && first->meaning && cell_meaning(grid, first)->list_total;
}

static const struct column *column_at(const struct table *table, unsigned column)
{
    for (size_t c = 0; c < table->count; c++)
        if (column >= table->columns[c].from && column <= table->columns[c].to)
            return &table->columns[c];
    return NULL;
}

/* 金额合计: the k-th number is the sum of the k-th column that has one. */
static void total_row(struct walk *walk, const struct table *table, uint32_t r)
{
    struct build *build = walk->build;
    const struct row *row = &walk->grid->rows.items[r];
    const struct rule *sums[8];
    const char *units[8];
    unsigned froms[8], tos[8];
    size_t count = 0, at = 0;
    for (size_t i = 0; i < table->count && count < 8; i++) {
        const struct rule *rule = table->columns[i].rule;
        if (table->columns[i].kind == COLUMN_RULE && rule_child(rule, WORD_SUM)) {
            units[count] = table->columns[i].label.unit;
            froms[count] = table->columns[i].from;
            tos[count] = table->columns[i].to;
            sums[count++] = rule;
        }
    }
    struct label_text label = {0};
    struct cell pieces[24];
    /* more numbers than sums: each belongs to the column that it stands under */
    size_t numbers = 0;
    for (uint32_t i = 0; i < row->count; i++) {
        struct span span = cell_span(&row_cells(walk->grid, row)[i]);
        struct statement said = {.spans = &span, .count = !span_is_empty(span), .is_cell = true};
        numbers += !row_cells(walk->grid, row)[i].meaning && !value_is_blank(build, &said);
    }
    bool is_in_place = table->has_places && row->kind != ROW_LINE && numbers > count;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(walk->grid, row)[i];
        if (cell_is_blank(cell))
            continue;
        if (!label.text && cell->meaning) {
            label = walk_label(build, cell);
            build_claim(build, label.span, CLAIM_LABEL);
            if (!(cell->flags & CELL_INLINE))
                continue;
        }
        struct cell value = *cell;
        if (cell->flags & CELL_INLINE)
            value.from = cell->value_from;
        size_t n = row->kind == ROW_LINE ? cell_pieces(walk->grid, &value, false, pieces, 24) : 1;
        for (size_t k = 0; k < n; k++) {
            struct span span = row->kind == ROW_LINE ? cell_span(&pieces[k]) : cell_span(&value);
            struct view view;
            view_build(&view, build->document, span);
            struct statement statement = {.label = label, .spans = arena_new(build->arena, struct span), .count = 1, .is_cell = true};
            statement.spans[0] = span;
            if (value_is_blank(build, &statement)) {
                build_claim(build, span, CLAIM_VALUE);
                continue;
            }
            const struct column *column = is_in_place ? column_at(table, value.column) : NULL;
            if (column && !(column->kind == COLUMN_RULE && rule_child(column->rule, WORD_SUM))) {
                if (column->kind == COLUMN_UNKNOWN && label.text) { /* a sum of what no rule knows */
                    static const struct rule unknown = {.word = WORD_FIELD, .name = "field", .element = "field"};
                    statement.rule = &unknown;
                    statement.label.text = arena_printf(build->arena, "%s%s", label.text, column->label.text);
                    value_add_field(build, &statement);
                }
                continue;
            }
            const char *unit;
            for (size_t c = 0; table->has_places && row->kind != ROW_LINE && c < count; c++)
                if (value.column >= froms[c] && value.column <= tos[c] && c > at)
                    at = c; /* the sums before it are blank */
            if (at >= count || !view.is_whole || !value_money(build, view.text, view.length, NULL, &unit))
                continue;
            struct rule *total = arena_new(build->arena, struct rule);
            *total = *sums[at];
            total->element = total->name = rule_child(sums[at], WORD_SUM)->name;
            total->label = NULL; /* by its new name */
            statement.rule = total;
            statement.label.unit = units[at] ? units[at] : table->unit;
            value_add(build, build_block(build, table->rule->parent->index), &statement);
            at++;
        }
    }
}

/* Whether a row, while a table is open, is no longer the table's. */
static bool leaves_table(struct walk *walk, const struct table *table, uint32_t r, uint32_t last_term, uint32_t *heading_rows)
{
    const struct grid *grid = walk->grid;
    const struct row *row = &grid->rows.items[r];
    if (row_title(grid, row) || (!table->is_stream && row_remark(grid, row) & REMARK_YEAR))
        return true;
    const struct rule *other = row_table(grid, r, table->rule->parent, heading_rows);
    if (other)
        return true;
    const struct cell *first = row_first(grid, row);
    if (!first || !first->meaning)
        return row->kind != ROW_LINE && first && first->column == 0 && row_filled(grid, row) == 1 && row->count > 1 && table->has_places &&
               table->columns[0].kind == COLUMN_SECTION && walk_looks_like_label(walk, first);
    const struct meaning *meaning = cell_meaning(grid, first);
    if (meaning->is_term)
        return false;
    if (meaning->list_total && rule_child(table->rule, WORD_TOTAL))
        return false;
    if (meaning->section && grammar_rule(grid->grammar, meaning->section)->index == table->rule->parent->index && !(first->flags & CELL_INLINE))
        return false;
    if (!meaning->is_field && !meaning->section)
        return false;
    /* 完成时间 is a label, but while level names follow it is an indicator's name */
    if (r < last_term && !(first->flags & CELL_INLINE) && !meaning->section && (table->is_stream || row->kind == ROW_LINE))
        return false;
    /* a value that happens to read like a label stands under its column */
    if (table->has_places && !(first->flags & CELL_INLINE) && row->kind != ROW_LINE)
        for (size_t c = 0; c < table->count; c++) {
            const struct column *column = &table->columns[c];
            if (first->column >= column->from && first->column <= column->to && column->kind == COLUMN_RULE &&
                column->rule->word != WORD_GROUP)
                return false;
        }
    return true;
}

/* A line of a table parted by blanks, in which a level's name comes first. */
static bool begins_with_term(const struct grid *grid, const struct cell *cell)
{
    struct view view;
    view_build(&view, grid->document, cell_span(cell));
    for (unsigned i = 6; i < view.length && i < 60; i++)
        if (view.is_gapped[i])
            return grid->grammar->meanings[grammar_meaning(grid->grammar, view.text, i)].is_term;
    return false;
}

static void table_row_add(struct walk *walk, struct table_walk *tables, uint32_t r)
{
    const struct grid *grid = walk->grid;
    const struct row *row = &grid->rows.items[r];
    struct cell *cells[300];
    size_t count = 0;
    bool has_places = tables->table.has_places;
    if (row->kind == ROW_LINE) {
        struct cell *pieces = arena_array(walk->build->arena, struct cell, TABLE_COLUMNS_MOST * 2);
        size_t total = 0;
        for (uint32_t i = 0; i < row->count && total < TABLE_COLUMNS_MOST; i++)
            total += cell_pieces(grid, &row_cells(grid, row)[i], tables->is_wide, pieces + total, TABLE_COLUMNS_MOST - total);
        if (has_places) { /* a line of text between rows: only a level's name is read from it */
            if (total != 1 || !cell_meaning(grid, &pieces[0])->is_term)
                return;
        }
        for (size_t i = 0; i < total; i++)
            cells[count++] = &pieces[i];
        tables->table.has_places = false;
    } else {
        for (uint32_t i = 0; i < row->count && count < 300; i++)
            cells[count++] = (struct cell *)&row_cells(grid, row)[i];
    }
    table_align(&tables->table, walk->build, cells, count, r, &tables->rows);
    tables->table.has_places = has_places;
}

static void claim_section_labels(struct walk *walk, const struct row *row)
{
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(walk->grid, row)[i];
        const struct meaning *meaning = cell_meaning(walk->grid, cell);
        if (!cell_is_blank(cell) && meaning->section && !(cell->flags & CELL_INLINE) && !meaning->is_term)
            build_claim(walk->build, cell_span(cell), CLAIM_LABEL);
        if (!cell_is_blank(cell) && !cell->meaning && cell->to - cell->from <= TRIFLE_MOST) {
            struct pattern *const *values = walk->grid->grammar->values;
            uint32_t code = text_first(walk->build->document, cell_span(cell));
            if (code && !pattern_may_begin(values[VALUE_UNFILLED], code) && !pattern_may_begin(values[VALUE_BLANK], code))
                continue;
            struct view view;
            view_read(&view, walk->build->document, cell_span(cell));
            if (view.is_whole && (grammar_value(walk->grid->grammar, VALUE_UNFILLED, view.text, view.length) ||
                                  grammar_value(walk->grid->grammar, VALUE_BLANK, view.text, view.length)))
                build_claim(walk->build, cell_span(cell), CLAIM_LABEL);
        }
    }
}

/* The last row with a level's name before another heading, title or key begins. */
static uint32_t last_term_row(const struct walk *walk, const struct table *table, uint32_t r, uint32_t to)
{
    const struct grid *grid = walk->grid;
    uint32_t last = r, rows;
    if (!table_has_terms(table->rule))
        return last;
    for (; r < to; r++) {
        const struct row *row = &grid->rows.items[r];
        if (row->is_notice || !row->count)
            continue;
        if (row_title(grid, row) || (row_table(grid, r, table->rule->parent, &rows) != NULL))
            break;
        for (uint32_t i = 0; i < row->count; i++)
            if (cell_meaning(grid, &row_cells(grid, row)[i])->is_term || (row->kind == ROW_LINE && begins_with_term(grid, &row_cells(grid, row)[i])))
                last = r;
    }
    return last;
}

/* The heading of the table above, printed once more by the page: the level names
 * above it hold on. */
static bool is_heading_again(const struct walk *walk, const struct table *table, const struct table *above, uint32_t end, uint32_t r)
{
    if (above->rule != table->rule || above->count != table->count || above->has_halves != table->has_halves)
        return false;
    for (; end < r; end++) {
        const struct row *row = &walk->grid->rows.items[end];
        if (!row->is_notice && row_filled(walk->grid, row) && !row_title(walk->grid, row) && !row_remark(walk->grid, row))
            return false;
    }
    for (size_t c = 0; c < table->count; c++)
        if (table->columns[c].kind != above->columns[c].kind || table->columns[c].rule != above->columns[c].rule)
            return false;
    for (unsigned half = 0; half <= table->has_halves; half++)
        if (table->horizons[half] != above->horizons[half] &&
            (!table->horizons[half] || !above->horizons[half] || strcmp(table->horizons[half], above->horizons[half]) != 0))
            return false;
    return true;
}

/* Reads a table from its heading on; returns the first row behind it. */
static uint32_t walk_table(struct walk *walk, const struct rule *rule, uint32_t r, uint32_t heading_rows, uint32_t to, bool is_continued,
                           struct table_walk *tables)
{
    const struct grid *grid = walk->grid;
    if (!is_continued) {
        walk_flush(walk);
        struct table above = tables->table;
        table_open(&tables->table, walk->build, rule, r, heading_rows);
        tables->is_wide = row_is_wide(grid, &grid->rows.items[r]);
        if (!is_heading_again(walk, &tables->table, &above, tables->end, r))
            tables->carried = (struct carried){0};
        walk->section = grid->grammar->sections[rule->parent->index];
        walk->is_heading_open = false;
        walk->matrix_count = 0;
        if (!tables->table.unit && walk->heading.text && walk->heading_row + 1 >= r)
            tables->table.unit = walk->heading.unit;
        r += heading_rows;
    }
    struct table *table = &tables->table;
    size_t from = tables->rows.count = 0;
    tables->stream.count = 0;
    uint32_t last_term = last_term_row(walk, table, r, to);
    for (; r < to; r++) {
        const struct row *row = &grid->rows.items[r];
        if (row->is_notice || !row_filled(grid, row))
            continue;
        uint32_t rows = 1;
        if (leaves_table(walk, table, r, last_term, &rows))
            break;
        if (is_total_row(grid, row) && rule_child(table->rule, WORD_TOTAL)) {
            entries_build(table, walk->build, &tables->rows, from, tables->rows.count, &tables->carried);
            from = tables->rows.count;
            total_row(walk, table, r);
            continue;
        }
        claim_section_labels(walk, row);
        if (table->is_stream && row->kind == ROW_LINE && row->count == 1) {
            *array_push(&tables->stream) = (struct cell *)row_first(grid, row);
            continue;
        }
        table_row_add(walk, tables, r);
    }
    if (tables->stream.count)
        table_align(table, walk->build, tables->stream.items, tables->stream.count, r, &tables->rows);
    entries_build(table, walk->build, &tables->rows, from, tables->rows.count, &tables->carried);
    tables->end = r;
    return r;
}

/* A row of a table behind a break: its cells are terms of the taxonomy. */
static bool resumes_table(const struct walk *walk, const struct table_walk *tables, uint32_t r)
{
    const struct row *row = &walk->grid->rows.items[r];
    if (!tables->table.rule || !table_has_terms(tables->table.rule))
        return false;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(walk->grid, row)[i];
        const struct meaning *meaning = cell_meaning(walk->grid, cell);
        if (cell_is_blank(cell))
            continue;
        if (meaning->is_term && (row->count > 1 || row->kind != ROW_LINE))
            return true;
        if (!meaning->section)
            return false;
    }
    return false;
}

/* ---- the declaration as a whole ---- */

static void take_title(struct walk *walk, uint32_t r)
{
    struct build *build = walk->build;
    const struct grid *grid = walk->grid;
    const struct row *row = &grid->rows.items[r];
    const struct cell *cell = row_title_cell(grid, row);
    const struct rule *title = row_title(grid, row);
    walk_flush(walk);
    struct node *parts = node_child(build->declaration, "parts");
    if (!parts) {
        parts = node_new(build->arena, "parts");
        node_adopt(build->declaration, parts);
    }
    struct span span = cell_span(cell);
    const char *kind = "whole";
    struct view view;
    view_build(&view, build->document, span);
    const char *open = NULL;
    for (const char *p = view.text; (p = strchr(p, '(')); p++)
        open = p;
    for (const struct rule *part = open ? title->first : NULL; part; part = part->next)
        if (part->word == WORD_PART && pattern_match(part->own, open, view.length - (size_t)(open - view.text))) {
            kind = part->name;
            break;
        }
    struct node *part = node_append(build->arena, parts, "part");
    node_set(build->arena, part, "kind", kind);
    struct label_text label = build_label(build, span);
    walk_declare(walk, &label);
    struct statement statement = {.rule = title, .spans = &span, .count = 1};
    value_node(build, part, "title", &statement, text_normal(build->document, build->arena, &span, 1), false);
}

/* Titles: the first, and those that begin another part; others only run along. */
static bool begins_part(const struct walk *walk, uint32_t r, const struct rule *title)
{
    const struct node *parts = node_child(walk->build->declaration, "parts");
    if (!parts)
        return true;
    const struct grid *grid = walk->grid;
    unsigned part = title_part(grid, &grid->rows.items[r], title);
    if (!part)
        return false;
    struct span span = cell_span(row_title_cell(grid, &grid->rows.items[r]));
    const char *text = text_normal(walk->build->document, walk->build->arena, &span, 1);
    for (const struct node *node = parts->first; node; node = node->next)
        if (strcmp(node->first->value, text) == 0)
            return false;
    return true;
}

static void walk_rows(struct walk *walk, uint32_t from, uint32_t to, struct table_walk *tables)
{
    const struct grid *grid = walk->grid;
    for (uint32_t r = from; r < to;) {
        const struct row *row = &grid->rows.items[r];
        uint32_t rows;
        const struct rule *title = row_title(grid, row);
        const struct rule *table;
        if (row->is_notice || !row_filled(grid, row)) {
            r++;
        } else if (title) {
            const struct cell *cell = row_title_cell(grid, row);
            bool is_next_title = false;
            for (uint32_t n = r + 1; n < to && n < r + 4; n++)
                if (row_filled(grid, &grid->rows.items[n])) {
                    is_next_title = row_title(grid, &grid->rows.items[n]) != NULL;
                    break;
                }
            if (is_next_title) { /* 九、项目绩效目标表 right before the title */
                walk_flush(walk);
                build_claim(walk->build, cell_span(cell), CLAIM_LABEL);
            } else if (begins_part(walk, r, title)) {
                take_title(walk, r);
                walk_year(walk, cell);
                walk_row(walk, r, to); /* what stands beside it */
            }
            r++;
        } else if (row_remark(grid, row)) {
            walk_flush(walk);
            walk_remark(walk, row_first(grid, row));
            r++;
        } else if ((table = row_table(grid, r, walk->section, &rows)) && !(!table_has_terms(table) && matrix_heading(walk, r, table))) {
            r = walk_table(walk, table, r, rows, to, false, tables);
        } else if (table) {
            r++;
        } else if (resumes_table(walk, tables, r)) {
            walk_flush(walk);
            r = walk_table(walk, tables->table.rule, r, 0, to, true, tables);
        } else {
            uint32_t behind = matrix_stream(walk, r, to);
            if (behind == r)
                behind = prose_indicators(walk, r, to);
            if (behind == r)
                behind = walk_choice(walk, r, to);
            if (behind == r) {
                walk_row(walk, r, to);
                behind++;
            }
            r = behind;
        }
    }
    walk_flush(walk);
}

static void children_filter(struct node *parent, bool (*keep)(const struct node *, void *), void *context)
{
    struct node *node = parent->first;
    parent->first = parent->last = NULL;
    for (struct node *next; node; node = next) {
        next = node->next;
        if (keep(node, context))
            node_adopt(parent, node);
    }
}

/* Which elements of a block have a value somewhere, and which stood empty already. */
struct names_seen {
    const struct rule *section;
    array_of(const char *) valued;
    array_of(const char *) empty;
};

static bool is_bare(const struct node *node) { return !node->value && !node->first && !node->attributes; }

static bool is_among(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool keep_field(const struct node *node, void *context)
{
    struct names_seen *seen = context;
    if (!is_bare(node))
        return true;
    if (is_among(seen->valued.items, seen->valued.count, node->name) || is_among(seen->empty.items, seen->empty.count, node->name))
        return false;
    *array_push(&seen->empty) = node->name;
    return true;
}

static int order_compare(const void *a, const void *b)
{
    const struct node *first = *(struct node *const *)a, *second = *(struct node *const *)b;
    return first->order < second->order ? -1 : first->order > second->order;
}

/* Fields in document order: empty ones were found late. */
static void children_sort(struct build *build, struct node *parent)
{
    size_t count = 0;
    bool is_sorted = true;
    for (struct node *node = parent->first; node; node = node->next) {
        count++;
        is_sorted &= !node->next || node->order <= node->next->order;
    }
    if (is_sorted)
        return;
    struct node **nodes = arena_array(build->arena, struct node *, count);
    size_t i = 0;
    for (struct node *node = parent->first; node; node = node->next)
        nodes[i++] = node;
    qsort(nodes, count, sizeof *nodes, order_compare);
    parent->first = parent->last = NULL;
    for (i = 0; i < count; i++)
        node_adopt(parent, nodes[i]);
}

/* Empty fields whose element has a value elsewhere, or stands empty already, go. */
static void block_finish(struct build *build, struct node *block)
{
    struct names_seen seen = {0};
    bool is_leaves = true; /* rows of tables stand in their order as they are */
    for (struct node *node = block->first; node; node = node->next) {
        is_leaves &= node->order != 0;
        if (!is_bare(node) && !is_among(seen.valued.items, seen.valued.count, node->name))
            *array_push(&seen.valued) = node->name;
    }
    children_filter(block, keep_field, &seen);
    if (is_leaves)
        children_sort(build, block);
    array_release(&seen.valued);
    array_release(&seen.empty);
}

static bool is_kept(const struct node *node, void *context)
{
    (void)context;
    return node->parent != NULL;
}

/* The key of a declaration stated with two values: a part of another project. */
static void find_restated(struct build *build)
{
    const struct node *first = NULL;
    for (size_t s = 0; s < build->grammar->section_count; s++)
        for (const struct rule *rule = build->grammar->sections[s]->first; rule && build->blocks[s]; rule = rule->next) {
            if (!rule_is_field(rule) || !rule_is_key(rule))
                continue;
            for (const struct node *node = build->blocks[s]->first; node; node = node->next) {
                if (strcmp(node->name, rule->element) != 0 || !node->value)
                    continue;
                if (first)
                    build_finding(build, "name-restated", "warning", &node->provenance->bytes.items[0],
                                  "名称前后不一：前为%s，此处为%s (stated before as '%s', here as '%s')", first->value, node->value, first->value,
                                  node->value);
                else
                    first = node;
            }
        }
}

static void claim_pieces(struct build *build, const struct extent *extent)
{
    for (uint32_t r = extent->from; r < extent->to; r++) {
        const struct row *row = &build->grid->rows.items[r];
        for (uint32_t i = 0; i < row->count; i++) {
            const struct cell *cell = &row_cells(build->grid, row)[i];
            if (cell->flags & CELL_PIECE)
                build_claim(build, (struct span){cell->label_from, cell->label_to}, CLAIM_LABEL);
        }
    }
}

static void declaration_finish(struct build *build, const struct extent *extent)
{
    claim_pieces(build, extent);
    amounts_settle(build);
    for (size_t s = 0; s < build->grammar->section_count; s++)
        if (build->blocks[s] && rule_child(build->grammar->sections[s], WORD_AMOUNT))
            children_filter(build->blocks[s], is_kept, NULL);
    find_restated(build);
    for (size_t i = 0; i < build->moneys.count; i++)
        value_settle_money(build, build->moneys.items[i], node_get(build->moneys.items[i], "unit"));
    const struct grammar *grammar = build->grammar;
    bool is_written[SECTIONS_MOST] = {false};
    const struct rule *order = NULL;
    for (size_t i = 1; i <= grammar->count && !order; i++) {
        const struct rule *rule = grammar_rule(grammar, (unsigned)i);
        if (rule->word == WORD_DEFAULT && !rule->parent->parent && strcmp(rule->name, "blocks") == 0)
            order = rule;
    }
    for (const char *p = order ? order->pattern : ""; *p;) {
        p += strspn(p, " ");
        size_t length = strcspn(p, " ");
        for (size_t s = 0; s < grammar->section_count && length; s++)
            if (strlen(grammar->sections[s]->name) == length && memcmp(grammar->sections[s]->name, p, length) == 0 && build->blocks[s]) {
                block_finish(build, build->blocks[s]);
                if (build->blocks[s]->first)
                    node_adopt(build->declaration, build->blocks[s]);
                is_written[s] = true;
            }
        p += length;
    }
    if (build->fields && build->fields->first)
        node_adopt(build->declaration, build->fields);
    for (size_t s = 0; s < grammar->section_count; s++)
        if (build->blocks[s] && !is_written[s]) {
            block_finish(build, build->blocks[s]);
            if (build->blocks[s]->first)
                node_adopt(build->declaration, build->blocks[s]);
        }
    node_set(build->arena, build->declaration, "kind", extent->title ? extent->title->name : "declaration");
}

static void build_clear(struct build *build)
{
    build->declaration = node_new(build->arena, "declaration");
    memset(build->blocks, 0, sizeof build->blocks);
    build->fields = build->findings = NULL;
    build->claims.count = build->amounts.count = build->moneys.count = 0;
    build->declared_unit = NULL;
    build->index = NULL;
    build->index_room = build->index_count = 0;
}

static void walk_begin(struct walk *walk, struct build *build)
{
    *walk = (struct walk){.build = build, .grid = build->grid};
    build_clear(build);
}

/* ---- many projects in one table ---- */

/* The fields of a project: columns that are no column of the table itself. */
static void many_fields(struct walk *walk, const struct table *table, const struct table_row *row, const struct carried *carried, uint32_t r)
{
    struct build *build = walk->build;
    for (size_t c = 0; c < table->count; c++) {
        const struct column *column = &table->columns[c];
        if (column->kind != COLUMN_FIELD || !column->rule)
            continue;
        const struct cell *cell = row->cells[c];
        bool is_filled = !cell || cell_is_blank(cell);
        if (is_filled)
            cell = carried->cells[c];
        struct pending pending = {.rule = column->rule, .label = column->label, .column = column->from, .width = 1};
        struct span span = cell ? cell_span(cell) : (struct span){0, 0};
        walk_emit(walk, &pending, &span, cell && !cell_is_blank(cell), r, column->from, true, is_filled && cell ? "filled" : NULL);
    }
    (void)build;
}

static void many_build(struct build *build, const struct extent *extent, declaration_done *done, void *context)
{
    const struct grid *grid = build->grid;
    struct walk walk;
    walk_begin(&walk, build);
    uint32_t heading = extent->from, rows = 1;
    const struct rule *rule = NULL;
    for (; heading < extent->to; heading++) {
        rule = row_table(grid, heading, NULL, &rows);
        if (rule && table_has_terms(rule))
            break;
    }
    struct carried above = {0};
    struct table_walk tables = {0};
    uint32_t next = heading + rows;
    while (next < extent->to) {
        walk_begin(&walk, build);
        tables.table = (struct table){0}; /* its labels went with the arena of the project before */
        uint32_t first = next;
        walk_rows(&walk, extent->from, heading, &tables);
        table_open(&tables.table, build, rule, heading, rows);
        tables.is_wide = row_is_wide(grid, &grid->rows.items[heading]);
        size_t key = SIZE_MAX;
        for (size_t c = 0; c < tables.table.count; c++)
            if (tables.table.columns[c].kind == COLUMN_FIELD && tables.table.columns[c].rule && rule_is_key(tables.table.columns[c].rule))
                key = c;
        tables.rows.count = 0;
        tables.carried = (struct carried){0};
        bool has_project = false;
        for (; next < extent->to; next++) {
            const struct row *row = &grid->rows.items[next];
            if (row->is_notice || !row_filled(grid, row))
                continue;
            size_t at = tables.rows.count;
            table_row_add(&walk, &tables, next);
            if (tables.rows.count == at)
                continue;
            struct table_row *aligned = &tables.rows.items[at];
            bool is_named = key != SIZE_MAX && aligned->cells[key] && !cell_is_blank(aligned->cells[key]);
            bool has_indicator = false;
            for (size_t c = 0; c < tables.table.count; c++)
                has_indicator |= tables.table.columns[c].kind == COLUMN_RULE && aligned->cells[c] && !cell_is_blank(aligned->cells[c]);
            if (!has_indicator) {
                tables.rows.count = at; /* a subtotal: no project */
                continue;
            }
            if (is_named && has_project) {
                tables.rows.count = at;
                break;
            }
            if (is_named) {
                has_project = true;
                many_fields(&walk, &tables.table, aligned, &above, next);
                for (size_t c = 0; c < tables.table.count; c++)
                    if (aligned->cells[c] && !cell_is_blank(aligned->cells[c]) && tables.table.columns[c].kind == COLUMN_FIELD && c < key)
                        above.cells[c] = aligned->cells[c];
            }
        }
        entries_build(&tables.table, build, &tables.rows, 0, tables.rows.count, &tables.carried);
        struct extent part = *extent;
        part.from = first == heading + rows ? extent->from : first;
        part.to = next;
        declaration_finish(build, &part);
        build->extent = part;
        done(context, build);
    }
    array_release(&tables.rows);
    array_release(&tables.stream);
}

void declaration_build(struct build *build, const struct extent *extent, declaration_done *done, void *context)
{
    if (extent->is_many) {
        many_build(build, extent, done, context);
        return;
    }
    struct walk walk;
    struct table_walk tables = {0};
    walk_begin(&walk, build);
    walk_rows(&walk, extent->title_from, extent->title_to, &tables);
    walk_rows(&walk, extent->from, extent->to, &tables);
    declaration_finish(build, extent);
    build->extent = *extent;
    done(context, build);
    array_release(&tables.rows);
    array_release(&tables.stream);
}
