#include "row.h"

#include <string.h>

#include "heading.h"
#include "pattern.h"

const struct cell *row_first(const struct grid *grid, const struct row *row)
{
    for (uint32_t i = 0; i < row->count; i++)
        if (!cell_is_blank(&row_cells(grid, row)[i]))
            return &row_cells(grid, row)[i];
    return NULL;
}

unsigned row_filled(const struct grid *grid, const struct row *row)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < row->count; i++)
        count += !cell_is_blank(&row_cells(grid, row)[i]);
    return count;
}

const struct cell *row_title_cell(const struct grid *grid, const struct row *row)
{
    const struct cell *title = NULL;
    for (uint32_t i = 0; !row->is_notice && i < row->count && !title; i++)
        if (cell_meaning(grid, &row_cells(grid, row)[i])->title)
            title = &row_cells(grid, row)[i];
    if (!title || title->flags & CELL_INLINE)
        return NULL;
    /* on its line may stand （2026年度）, 单位：万元, 填报日期：2026年1月5日 */
    bool is_asked = false;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        const struct meaning *meaning = cell_meaning(grid, cell);
        if (cell_is_blank(cell) || cell == title)
            continue;
        bool is_field = meaning_field(grid, meaning, rule_is_opener) || meaning_field(grid, meaning, rule_is_closing);
        if (cell->meaning ? !is_field || meaning_field(grid, meaning, rule_is_key)
                          : !is_asked && !(grid_remark(grid, cell_span(cell)) & (REMARK_YEAR | REMARK_UNIT)))
            return NULL;
        is_asked = cell->meaning && !(cell->flags & CELL_INLINE);
    }
    return title;
}

const struct rule *row_title(const struct grid *grid, const struct row *row)
{
    const struct cell *cell = row_title_cell(grid, row);
    return cell ? grammar_rule(grid->grammar, cell_meaning(grid, cell)->title) : NULL;
}

unsigned title_part(const struct grid *grid, const struct row *row, const struct rule *title)
{
    struct view view;
    view_build(&view, grid->document, cell_span(row_title_cell(grid, row)));
    /* 申报表(制度保障), not 部门(单位)项目支出绩效目标申报表 */
    const char *open = view.length && view.text[view.length - 1] == ')' ? strrchr(view.text, '(') : NULL;
    if (!open)
        return 0;
    unsigned bit = 1;
    for (const struct rule *part = title->first; part; part = part->next) {
        if (part->word == WORD_PART && pattern_match(part->own, open, view.length - (size_t)(open - view.text)))
            return bit;
        bit <<= part->word == WORD_PART;
    }
    return 0;
}

unsigned row_remark(const struct grid *grid, const struct row *row)
{
    const struct cell *cell = row_filled(grid, row) == 1 ? row_first(grid, row) : NULL;
    return cell && !cell->meaning ? grid_remark(grid, cell_span(cell)) & (REMARK_YEAR | REMARK_UNIT) : 0;
}

bool table_has_terms(const struct rule *table)
{
    for (const struct rule *column = table->first; column; column = column->next)
        if (column->word == WORD_GROUP && rule_child(column, WORD_TERM))
            return true;
    return false;
}

const struct rule *meaning_field(const struct grid *grid, const struct meaning *meaning, bool (*wanted)(const struct rule *))
{
    for (size_t s = 0; s < grid->grammar->section_count; s++)
        if (meaning->fields[s] && wanted(grammar_rule(grid->grammar, meaning->fields[s])))
            return grammar_rule(grid->grammar, meaning->fields[s]);
    return NULL;
}

bool rule_is_key(const struct rule *rule) { return rule_child(rule, WORD_KEY) != NULL; }

bool rule_is_closing(const struct rule *rule) { return rule_child(rule, WORD_CLOSING) != NULL; }

bool rule_is_opener(const struct rule *rule)
{
    if (rule_is_closing(rule))
        return false;
    for (const struct rule *other = rule->parent->first; other; other = other->next)
        if (rule_is_field(other) && rule_is_key(other))
            return true;
    return false;
}

bool cell_is_label(const struct grid *grid, const struct cell *cell)
{
    if (!cell || !cell->meaning)
        return false;
    const struct meaning *meaning = cell_meaning(grid, cell);
    return meaning->is_field || meaning->section || meaning->is_column || meaning->title;
}

bool cells_read_alike(const struct grid *grid, const struct cell *a, const struct cell *b)
{
    if (cell_is_blank(a) || cell_is_blank(b) || a->to - a->from != b->to - b->from)
        return false;
    return memcmp(grid->document->text + a->from, grid->document->text + b->from, a->to - a->from) == 0;
}

/* Lines without a label from here on, the one at hand included. */
unsigned row_texts_ahead(const struct grid *grid, uint32_t r)
{
    unsigned count = 0;
    for (; r < grid->rows.count && count < TEXTS_MOST; r++) {
        const struct row *row = &grid->rows.items[r];
        if (row->is_notice || !row_filled(grid, row))
            continue;
        if (row->count != 1 || row_first(grid, row)->meaning)
            break;
        count++;
    }
    return count;
}

static bool ends_with_box(const struct grid *grid, const struct cell *line)
{
    struct glyphs glyphs = glyphs_of(grid->document, cell_span(line));
    bool is_box = false;
    for (struct glyph g; (g = glyph_next(&glyphs)).kind != GLYPH_END;)
        if (g.kind != GLYPH_SPACE && g.kind != GLYPH_BREAK)
            is_box = g.kind != GLYPH_CHARACTER;
    return is_box;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* A sign waits for its number, a unit in brackets follows it, a mark goes with the
 * text that it stands before or behind, throughout the line alike. */
static bool belongs_to_last(const struct grid *grid, struct span piece, const struct cell *line, const struct cell *last, bool is_wide)
{
    struct view view, before;
    view_build(&view, grid->document, piece);
    view_build(&before, grid->document, cell_span(last));
    if (before.is_whole && before.length && grammar_value(grid->grammar, VALUE_SIGN, before.text, before.length) &&
        pattern_to(grid->grammar->values[VALUE_SIGN]) == before.length)
        return true;
    bool is_bracketed = view.is_whole && view.length > 2 && view.length <= 20 && view.text[0] == '(' && view.text[view.length - 1] == ')';
    if (is_bracketed && before.length && before.text[before.length - 1] >= '0' && before.text[before.length - 1] <= '9')
        return true;
    /* where columns stand two blanks apart, one blank parts only a level, a sign and a number at the end */
    if (is_wide && piece.from == last->to + 1 && before.length && view.length && !cell_meaning(grid, last)->is_term &&
        !grammar_value(grid->grammar, VALUE_SIGN, view.text, view.length))
        return piece.to < line->to || !is_digit(view.text[0]) || is_digit(before.text[0]);
    /* a box by itself has no text */
    bool is_box = !view.length && !view.is_whole, was_box = !before.length && !before.is_whole;
    return is_box ? ends_with_box(grid, line) : was_box;
}

size_t cell_pieces(const struct grid *grid, const struct cell *cell, bool is_wide, struct cell *pieces, size_t room)
{
    size_t count = 0;
    struct span piece = {cell->from, cell->from};
    struct glyphs glyphs = glyphs_of(grid->document, cell_span(cell));
    for (bool is_more = true; is_more;) {
        struct glyph g = glyph_next(&glyphs);
        is_more = g.kind != GLYPH_END;
        bool is_edge = !is_more || ((g.kind == GLYPH_SPACE || g.kind == GLYPH_BREAK) && count + 1 < room);
        if (!is_edge) {
            if (g.kind == GLYPH_SPACE || g.kind == GLYPH_BREAK)
                continue;
            if (span_is_empty(piece))
                piece.from = g.at.from;
            piece.to = g.at.to;
            continue;
        }
        if (!span_is_empty(piece) && count && belongs_to_last(grid, piece, cell, &pieces[count - 1], is_wide)) {
            pieces[count - 1].to = piece.to;
            cell_recognize((struct grid *)grid, &pieces[count - 1]);
        } else if (!span_is_empty(piece) && count < room) {
            pieces[count] = (struct cell){.from = piece.from, .to = piece.to, .column = (uint16_t)count, .width = 1};
            cell_recognize((struct grid *)grid, &pieces[count]);
            count++;
        }
        piece = (struct span){0, 0};
    }
    return count;
}

bool row_is_wide(const struct grid *grid, const struct row *row)
{
    for (uint32_t i = 1; i < row->count; i++)
        if (row_cells(grid, row)[i].from <= row_cells(grid, row)[i - 1].to + 1)
            return false;
    return row->kind == ROW_LINE && row->count > 1;
}

static bool is_unsaid(const struct grid *grid, const struct cell *cell)
{
    return cell_is_blank(cell) || !cell->meaning || (cell->flags & CELL_INLINE) || cell_meaning(grid, cell)->notice;
}

/* The table that a heading is of, by how many of its cells are columns. */
static const struct rule *heading_in(const struct grid *grid, const struct heading *heading, const struct rule *section)
{
    const struct grammar *grammar = grid->grammar;
    unsigned counts[TABLES_MOST] = {0}, own[TABLES_MOST] = {0}, texts = 0, filled = 0;
    const struct rule *near = section;
    for (size_t i = 0; i < heading->count; i++) {
        const struct head *head = &heading->heads[i];
        if (cell_is_blank(head->cell))
            continue;
        unsigned id = head_meaning(grid, head);
        const struct meaning *meaning = &grammar->meanings[id ? id : head->cell->meaning];
        if (head->below && !meaning->is_column)
            continue; /* it parts a cell that counts by its other parts */
        filled++;
        if (!head->below && is_unsaid(grid, head->cell)) {
            texts++;
            continue;
        }
        if (meaning->section && !meaning->is_column)
            near = grammar_rule(grammar, meaning->section);
        for (size_t t = 0; t < grammar->table_count; t++)
            if (meaning->columns[t]) {
                counts[t]++;
                own[t] += !meaning->is_field;
            }
    }
    const struct rule *best = NULL;
    unsigned best_score = 0;
    for (size_t t = 0; t < grammar->table_count; t++) {
        const struct rule *table = grammar->tables[t];
        if (table->word != WORD_TABLE || counts[t] < 2 || (own[t] == 0 && counts[t] < 3))
            continue;
        /* unknown columns may stand between known ones, values may not */
        if (texts && counts[t] < 3)
            continue;
        if (texts > 1 && (texts >= counts[t] || !table_has_terms(table)))
            continue;
        if (counts[t] * 2 < filled - texts && !table_has_terms(table))
            continue;
        unsigned score = counts[t] * 4 + (near && strcmp(near->name, table->parent->name) == 0 ? 5 : 0);
        if (score > best_score) {
            best_score = score;
            best = table;
        }
    }
    return best;
}

static bool is_column_line(const struct grid *grid, uint32_t r, size_t table)
{
    const struct row *row = &grid->rows.items[r];
    const struct cell *cell = row->count == 1 ? row_first(grid, row) : NULL;
    return cell && cell_meaning(grid, cell)->columns[table] && !(cell->flags & CELL_INLINE);
}

static const struct meaning *row_first_meaning(const struct grid *grid, uint32_t r)
{
    const struct cell *cell = row_first(grid, &grid->rows.items[r]);
    return cell ? cell_meaning(grid, cell) : &grid->grammar->meanings[0];
}

const struct rule *row_table(const struct grid *grid, uint32_t r, const struct rule *section, uint32_t *rows)
{
    const struct row *row = &grid->rows.items[r];
    *rows = 1;
    if (row->is_notice || row->count == 0)
        return NULL;
    if (row->count > 1) {
        struct heading heading;
        unsigned below = r + 1 < grid->rows.count ? row[1].columns : 0;
        if (row->columns + below < 2)
            return NULL;
        heading_read(grid, r, false, &heading);
        const struct rule *table = heading.rows > 1 ? heading_in(grid, &heading, section) : NULL;
        if (table) {
            *rows = heading.rows;
            return table;
        }
        if (heading.rows > 1)
            heading_read(grid, r, true, &heading);
        return row->columns >= 2 ? heading_in(grid, &heading, section) : NULL;
    }
    /* columns printed one a line */
    const struct cell *first = row_first(grid, row);
    if (!first || !cell_meaning(grid, first)->is_column || row->kind != ROW_LINE)
        return NULL;
    for (size_t t = 0; t < grid->grammar->table_count; t++) {
        const struct rule *table = grid->grammar->tables[t];
        if (table->word != WORD_TABLE || !table_has_terms(table) || !cell_meaning(grid, first)->columns[t])
            continue;
        uint32_t end = r;
        while (end < grid->rows.count && end - r < TABLE_COLUMNS_MOST) {
            /* one unknown column may stand between two that are known */
            if (is_column_line(grid, end, t))
                end++;
            else if (end + 1 < grid->rows.count && is_column_line(grid, end + 1, t) && !row_first_meaning(grid, end)->is_term)
                end += 2;
            else
                break;
        }
        if (end - r >= 3) {
            *rows = end - r;
            return table;
        }
    }
    return NULL;
}
