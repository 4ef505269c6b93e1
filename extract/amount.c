#include "amount.h"

#include <stdlib.h>
#include <string.h>

#include "heading.h"
#include "pattern.h"
#include "row.h"

const struct rule *amount_word(const struct walk *walk, const struct rule *rule)
{
    if (rule->word != WORD_MONEY || rule->parent->word != WORD_SECTION)
        return NULL;
    const struct rule *section = walk->grid->grammar->sections[rule->parent->index];
    return rule_child(section, WORD_AMOUNT);
}

static void axes_read(const char *name, const char *axes[AXES], struct arena *arena)
{
    for (unsigned i = 0; i < AXES; i++) {
        size_t length = strcspn(name, ".");
        if (length && !axes[i])
            axes[i] = arena_copy(arena, name, length);
        name += length;
        if (!*name)
            return;
        name++;
    }
}

static bool has_source(const struct rule *rule)
{
    const char *dot = strchr(rule->name, '.');
    return dot && dot[1] && dot[1] != '.';
}

static bool is_total(const struct rule *rule)
{
    const char *dot = strchr(rule->name, '.');
    return dot && strncmp(dot, ".total", 6) == 0 && (!dot[6] || dot[6] == '.');
}

void amount_add(struct walk *walk, const struct rule *rule, const struct rule *other, const struct statement *statement,
                       uint32_t row, unsigned column, const char *unit)
{
    struct build *build = walk->build;
    struct node *block = build_block(build, rule_section(rule)->index);
    struct amount amount = {.statement = *statement, .block = walk->block, .row = row, .column = column, .unit = unit};
    amount.has_place = walk->grid->rows.items[row].kind != ROW_LINE;
    amount.sequence = build->amounts.count;
    amount.statement.rule = rule;
    /* 年度资金总额 beside, 财政拨款 above: the row tells the year, the column what it is of */
    bool is_across = other && is_total(rule) && has_source(other) && !is_total(other);
    axes_read(rule->name, amount.axes, build->arena);
    if (is_across) {
        amount.axes[1] = NULL;
        amount.statement.rule = other;
    }
    if (other)
        axes_read(other->name, amount.axes, build->arena);
    amount.unless = rule_child(amount.statement.rule, WORD_UNLESS);
    const struct rule *word = amount_word(walk, rule);
    struct statement said = amount.statement;
    if (value_is_blank(build, statement)) {
        for (size_t i = 0; i < statement->count; i++)
            build_claim(build, statement->spans[i], CLAIM_VALUE);
        said.count = 0;
        amount.node = value_node(build, block, word->name, &said, NULL, false);
    } else {
        struct view view;
        struct span span = {statement->spans[0].from, statement->spans[statement->count - 1].to};
        view_read(&view, build->document, span);
        const char *printed;
        bool is_money = view.length && value_money(build, view.text, view.length, NULL, &printed);
        if (build->amounts.count >= AMOUNTS_MOST) {
            value_add_field(build, &said);
            return;
        }
        amount.is_text = !is_money;
        if (!is_money)
            build_finding(build, "unread", "warning", &span, "金额无法识读，按原文保留 (cannot be read as money: '%s')",
                          text_normal(build->document, build->arena, said.spans, said.count));
        amount.node = value_node(build, block, word->name, &said, text_normal(build->document, build->arena, said.spans, said.count), false);
    }
    *array_push(&build->amounts) = amount;
}

static bool is_partial(const struct rule *rule)
{
    const char *dot = strchr(rule->name, '.');
    return !dot || dot == rule->name; /* scope alone, or source or stage without scope */
}

const struct rule *amount_rule(const struct walk *walk, const struct cell *cell)
{
    const struct meaning *meaning = cell_meaning(walk->grid, cell);
    const struct grammar *grammar = walk->grid->grammar;
    for (size_t s = 0; meaning->is_field && s < grammar->section_count; s++) {
        const struct rule *rule = meaning->fields[s] ? grammar_rule(grammar, meaning->fields[s]) : NULL;
        if (rule && amount_word(walk, rule))
            return rule;
    }
    return NULL;
}

/* ---- a matrix: sources down, years or stages across ---- */

/* The year that a cell at the head of a column of money names, 0 for none. */
static int money_year(const struct walk *walk, const struct cell *cell)
{
    const struct pattern *pattern = walk->grid->grammar->values[VALUE_MONEY_YEAR];
    struct view view;
    size_t from, to;
    if (cell->meaning || cell_is_blank(cell) || !pattern_may_begin_at(pattern, walk->build->document, cell_span(cell)))
        return 0;
    view_read(&view, walk->build->document, cell_span(cell));
    if (!view.is_whole || !pattern_match(pattern, view.text, view.length) || !pattern_group(pattern, "year", &from, &to))
        return 0;
    return atoi(view.text + from);
}

/* What the form calls the year of a column of money. */
static const struct rule *rule_of_year(const struct walk *walk, const struct rule *section, int year)
{
    int distance = year - build_year(walk->build);
    const struct rule *word = rule_child(section, WORD_DEFAULT);
    const char *name = distance == 0 && word ? word->name : distance == -1 ? "previous" : NULL;
    for (const struct rule *rule = name ? section->first : NULL; rule; rule = rule->next)
        if (rule->word == WORD_MONEY && strcmp(rule->name, name) == 0)
            return rule;
    return NULL;
}

#define OTHER_YEAR "所列资金不属申报年度或上年，未识读 (not money of the form's year or the year before: '%s')"

/* Columns of money headed by years: the form's own and the one before are read. */
static bool matrix_years(struct walk *walk, uint32_t r)
{
    const struct grid *grid = walk->grid;
    const struct row *row = &grid->rows.items[r];
    const struct rule *section = NULL;
    unsigned years = 0;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        if (cell_is_blank(cell))
            continue;
        if (money_year(walk, cell))
            years++;
        else if (cell->flags & CELL_INLINE || (!cell_meaning(grid, cell)->section && !amount_rule(walk, cell)))
            return false;
    }
    uint32_t next = r + 1;
    while (years && next < grid->rows.count && !row_filled(grid, &grid->rows.items[next]))
        next++;
    if (!years || next == grid->rows.count)
        return false;
    const struct row *below = &grid->rows.items[next];
    for (uint32_t i = 0; i < below->count && !section; i++) {
        const struct cell *cell = &row_cells(grid, below)[i];
        const struct rule *rule = cell->flags & CELL_INLINE ? NULL : amount_rule(walk, cell);
        if (!cell_is_blank(cell) && !rule && !cell_meaning(grid, cell)->section)
            return false;
        section = rule ? grid->grammar->sections[rule->parent->index] : NULL;
    }
    if (!section)
        return false;
    walk_flush(walk);
    walk->matrix_count = walk->matrix_rows = 0;
    bool has_begun = false;
    for (uint32_t i = 0; i < row->count && walk->matrix_count < MATRIX_MOST; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        int year = money_year(walk, cell);
        if (cell_is_blank(cell))
            continue;
        struct span span = cell_span(cell);
        struct matrix_column column = {.rule = year ? rule_of_year(walk, section, year) : NULL, .column = cell->column, .width = cell->width};
        column.label = year ? build_label(walk->build, span) : walk_label(walk->build, cell);
        const struct meaning *meaning = cell_meaning(grid, cell);
        if (!has_begun && !year && (meaning->section || !amount_rule(walk, cell) || amount_rule(walk, cell)->name[0] == '-')) {
            if (meaning->section)
                walk_heading(walk, grammar_rule(grid->grammar, meaning->section), &column.label, r);
            build_claim(walk->build, column.label.span, CLAIM_LABEL);
            continue;
        }
        has_begun = true;
        /* which year a label says stands nowhere else: it stays in the residue */
        if (!column.rule)
            build_finding(walk->build, "unread", "warning", &span, OTHER_YEAR,
                          text_normal(walk->build->document, walk->build->arena, &span, 1));
        walk->matrix[walk->matrix_count++] = column;
    }
    return true;
}

static void take_unit(struct walk *walk, const struct label_text *label)
{
    if (!walk->block_unit)
        walk_unit(walk, label);
    walk->block_unit = label->unit;
}

/* Two or more labels of money side by side, each leaving something open, and no value. */
static unsigned amount_labels(const struct walk *walk, const struct row *row)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < row->count; i++)
        count += amount_rule(walk, &row_cells(walk->grid, row)[i]) != NULL;
    return count;
}

bool matrix_heading(struct walk *walk, uint32_t r, const struct rule *table)
{
    const struct row *row = &walk->grid->rows.items[r];
    const struct grammar *grammar = walk->grid->grammar;
    unsigned count = 0, adjacent = 0, whole = 0;
    const struct rule *before = NULL, *near = walk->section;
    const struct cell *unknown = NULL;
    if (r < walk->matrix_from)
        return true; /* the second row of a heading */
    for (uint32_t i = 0; i < row->count; i++) {
        unsigned section = cell_meaning(walk->grid, &row_cells(walk->grid, row)[i])->section;
        if (section)
            near = grammar->sections[grammar_rule(grammar, section)->index];
    }
    if (near && table && near->index == table->parent->index && !rule_child(near, WORD_AMOUNT))
        return false;
    if (!table && matrix_years(walk, r))
        return true;
    /* what most rows do not have */
    bool has_below = row->count > 1 && r + 1 < walk->grid->rows.count;
    if (amount_labels(walk, row) + (has_below ? amount_labels(walk, row + 1) : 0) < 2)
        return false;
    struct heading heading;
    heading_read(walk->grid, r, row->count < 2, &heading);
    for (size_t h = 0; h < heading.count; h++) {
        const struct cell *cell = heading.heads[h].below ? heading.heads[h].below : heading.heads[h].cell;
        if (cell_is_blank(cell)) {
            before = NULL;
            continue;
        }
        if (!cell->meaning && !count && !unknown && !table && row->kind != ROW_LINE && walk_looks_like_label(walk, cell)) {
            unknown = cell; /* 年度 above the labels of the rows */
            continue;
        }
        if (!cell->meaning || cell->flags & CELL_INLINE)
            return false;
        const struct rule *rule = amount_rule(walk, cell);
        if (rule) {
            count++;
            whole += !is_partial(rule);
            adjacent += before && before != rule;
            before = rule;
        }
    }
    /* one among them may leave nothing open: 上年结转 */
    if (count < 2 || adjacent < 1 || adjacent + 1 < count || whole > 1 || (whole && count < 4))
        return false;
    walk_flush(walk);
    walk->matrix_count = walk->matrix_rows = 0;
    walk->matrix_from = r + heading.rows;
    bool has_begun = false;
    for (size_t h = 0; h < heading.count; h++) {
        const struct head *head = &heading.heads[h];
        const struct cell *cell = head->below ? head->below : head->cell;
        if (cell_is_blank(cell))
            continue;
        if (head->below)
            build_claim(walk->build, cell_span(head->cell), CLAIM_LABEL);
        const struct meaning *meaning = cell_meaning(walk->grid, cell);
        struct label_text label = cell == unknown ? build_label(walk->build, cell_span(cell)) : walk_label(walk->build, cell);
        if (cell != unknown || label.unit) /* what no rule knows is told nowhere else */
            build_claim(walk->build, label.span, CLAIM_LABEL);
        const struct rule *rule = amount_rule(walk, cell);
        if (!rule && !has_begun) {
            if (cell == unknown && label.unit)
                take_unit(walk, &label);
            walk_unit_below(walk, cell, r, &label);
            if (meaning->section)
                walk_heading(walk, grammar_rule(grammar, meaning->section), &label, r);
            continue;
        }
        has_begun = true;
        if (!rule)
            rule = walk_field(walk, meaning);
        if (rule && walk->matrix_count < MATRIX_MOST)
            walk->matrix[walk->matrix_count++] =
                (struct matrix_column){.rule = rule, .label = label, .column = head->from, .width = head->to - head->from + 1};
    }
    return true;
}

/* What stands at the head of a row of money. */
struct matrix_head {
    const struct cell *cell; /* its label, NULL for none */
    const struct rule *rule; /* of its amounts, NULL where the columns say all */
    uint32_t values;         /* the first cell behind it */
    bool is_other_year;      /* than the form's or the one before */
    bool is_unknown;         /* a label that no rule knows */
};

static const struct matrix_column *matrix_at(const struct walk *walk, unsigned column)
{
    for (size_t k = 0; k < walk->matrix_count; k++) {
        const struct matrix_column *at = &walk->matrix[k];
        if (column >= at->column && column < at->column + (at->width ? at->width : 1u))
            return at;
    }
    return NULL;
}

static bool is_money(const struct walk *walk, struct span span)
{
    struct view view;
    const char *unit;
    view_read(&view, walk->build->document, span);
    return view.is_whole && view.length && value_money(walk->build, view.text, view.length, NULL, &unit);
}

/* A label that only says that money stands beside it: 金额（万元）. */
static bool is_bare_label(const struct walk *walk, const struct cell *cell)
{
    const struct grammar *grammar = walk->grid->grammar;
    for (size_t s = 0; s < grammar->section_count; s++) {
        unsigned id = cell_meaning(walk->grid, cell)->fields[s];
        if (id && grammar_rule(grammar, id)->name[0] == '-' && rule_child(grammar->sections[s], WORD_AMOUNT))
            return !(cell->flags & CELL_INLINE);
    }
    return false;
}

/* The year at the head of a row; a bare number in a column of money is none. */
static int year_ahead(const struct walk *walk, const struct cell *cell)
{
    const struct matrix_column *column = matrix_at(walk, cell->column);
    bool is_amount = column && column->rule && strchr(column->rule->name, '.') && is_money(walk, cell_span(cell));
    return is_amount ? 0 : money_year(walk, cell);
}

static bool matrix_head_find(struct walk *walk, uint32_t r, struct matrix_head *head)
{
    const struct grid *grid = walk->grid;
    const struct row *row = &grid->rows.items[r];
    bool is_in_block = walk->section && rule_child(walk->section, WORD_AMOUNT);
    *head = (struct matrix_head){0};
    for (uint32_t at = 0; at < row->count; at++) {
        const struct cell *cell = &row_cells(grid, row)[at];
        int year;
        if (cell_is_blank(cell))
            continue;
        head->values = at + 1;
        head->cell = cell;
        if ((head->rule = amount_rule(walk, cell)))
            return !(cell->flags & CELL_INLINE);
        if (cell_meaning(grid, cell)->section && !(cell->flags & CELL_INLINE))
            continue;
        if (is_bare_label(walk, cell))
            return !walk->matrix_rows;
        if (!cell->meaning && grid_remark(grid, cell_span(cell)) == REMARK_BARE_UNIT) {
            struct label_text unit = build_label(walk->build, cell_span(cell));
            take_unit(walk, &unit);
            build_claim(walk->build, unit.span, CLAIM_LABEL);
            continue;
        }
        if (is_in_block && (year = year_ahead(walk, cell))) {
            head->rule = rule_of_year(walk, walk->section, year);
            head->is_other_year = !head->rule;
            return true;
        }
        if (!cell->meaning && row->kind != ROW_LINE && !is_money(walk, cell_span(cell)) && walk_looks_like_label(walk, cell)) {
            head->is_unknown = true;
            return true;
        }
        head->values = at;
        head->cell = NULL;
        return !walk->matrix_rows;
    }
    return false;
}

/* A row that slid, for a cell before it was lost or doubled: amounts stand before the first
 * column of the heading, or its label below that. */
static bool is_slid(const struct walk *walk, const struct cell *label, const struct span *spans, const unsigned *columns, size_t count)
{
    bool is_before = false;
    for (size_t i = 0; i < count; i++) {
        if (columns[i] >= walk->matrix[0].column || span_is_empty(spans[i]))
            continue;
        if (!is_money(walk, spans[i]))
            return false;
        is_before = true;
    }
    return is_before || (walk->matrix_rows && label->column > walk->matrix_label && matrix_at(walk, label->column) &&
                         !matrix_at(walk, walk->matrix_label));
}

/* Whether the cells behind the label of a row are those of the columns in order, though
 * perhaps without blank ones at the end. */
static bool is_in_order(const struct walk *walk, const struct span *spans, size_t count)
{
    size_t amounts = 0, filled = 0;
    if (count == walk->matrix_count)
        return true;
    while (amounts < walk->matrix_count && walk->matrix[amounts].rule && amount_word(walk, walk->matrix[amounts].rule))
        amounts++;
    for (size_t k = amounts; k < walk->matrix_count; k++)
        if (walk->matrix[k].rule && amount_word(walk, walk->matrix[k].rule))
            return false;
    for (; filled < count && !span_is_empty(spans[filled]); filled++)
        if (!is_money(walk, spans[filled]))
            return false;
    for (size_t i = filled; i < count; i++)
        if (!span_is_empty(spans[i]))
            return false;
    return filled == amounts;
}

/* What stands under nobody knows which column: kept as it is printed. */
static void keep_row(struct walk *walk, const struct label_text *label, struct span *spans, size_t count)
{
    struct build *build = walk->build;
    static const struct rule unknown = {.word = WORD_FIELD, .name = "field", .element = "field"};
    for (size_t i = 0; i < count; i++) {
        struct statement statement = {.rule = &unknown, .label = *label, .count = !span_is_empty(spans[i]), .is_cell = true};
        statement.spans = build_spans(build, &spans[i], 1);
        if (!value_is_blank(build, &statement))
            value_add_field(build, &statement);
        else if (statement.count)
            build_claim(build, spans[i], CLAIM_VALUE);
    }
    build_finding(build, "unread", "warning", &label->span, "“%s”一行与各栏错位，按原文保留 (the row '%s' has slid from under its columns; kept as text)",
                  label->text, label->text);
}

/* A row under it: the label says what its column does not. */
bool matrix_row(struct walk *walk, uint32_t r)
{
    struct matrix_head head;
    if (!walk->matrix_count || !matrix_head_find(walk, r, &head))
        return false;
    const struct grid *grid = walk->grid;
    struct build *build = walk->build;
    const struct row *row = &grid->rows.items[r];
    struct span spans[MATRIX_MOST + 1];
    unsigned columns[MATRIX_MOST + 1];
    size_t count = 0, numbers = 0, others = 0, outside = 0;
    struct cell pieces[MATRIX_MOST];
    bool is_line = row->kind == ROW_LINE;
    for (uint32_t i = head.values; i < row->count && count < MATRIX_MOST; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        if (cell_is_label(grid, cell) && !(cell_meaning(grid, cell)->is_term))
            return false;
        if (cell_is_blank(cell) && is_line)
            continue;
        if (!is_line) {
            spans[count] = cell_span(cell);
            columns[count++] = cell->column;
            continue;
        }
        size_t n = cell_pieces(grid, cell, false, pieces, MATRIX_MOST - count);
        for (size_t k = 0; k < n; k++) {
            spans[count] = cell_span(&pieces[k]);
            columns[count] = (unsigned)count;
            count++;
        }
    }
    for (size_t i = 0; i < count; i++) {
        struct statement said = {.spans = &spans[i], .count = !span_is_empty(spans[i]), .is_cell = true};
        numbers += said.count && is_money(walk, spans[i]);
        others += !value_is_blank(build, &said) && !is_money(walk, spans[i]);
        outside += said.count && !is_line && !matrix_at(walk, columns[i]);
    }
    /* By printed column where rows have them; else the values in order. */
    bool is_by_column = !is_line;
    if (!head.rule && !head.is_other_year) { /* nothing but the columns' labels vouches for it */
        if (!numbers || others || ((is_line || outside) && (count != walk->matrix_count || head.is_unknown)))
            return false;
        is_by_column = !is_line && !outside;
    }
    struct label_text label = {0};
    if (head.cell) {
        label = head.rule && amount_rule(walk, head.cell) ? walk_label(build, head.cell) : build_label(build, cell_span(head.cell));
        if (!head.is_other_year) /* the year stands nowhere else: it stays in the residue */
            build_claim(build, label.span, CLAIM_LABEL);
        if (head.rule)
            walk_unit(walk, &label);
        else if (label.unit && !head.is_unknown)
            take_unit(walk, &label);
    }
    for (uint32_t i = 0; i < head.values && i < row->count; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        if (cell != head.cell && !cell_is_blank(cell) && cell_meaning(grid, cell)->section)
            build_claim(build, cell_span(cell), CLAIM_LABEL); /* the block's, printed again */
    }
    if (head.is_other_year) {
        struct span span = cell_span(head.cell);
        build_finding(build, "unread", "warning", &span, OTHER_YEAR, text_normal(build->document, build->arena, &span, 1));
        return true;
    }
    bool has_slid = is_by_column && head.rule && is_slid(walk, head.cell, spans, columns, count);
    if (has_slid && !is_in_order(walk, spans, count)) {
        keep_row(walk, &label, spans, count);
        return true;
    }
    is_by_column &= !has_slid;
    if (!walk->matrix_rows && head.cell)
        walk->matrix_label = head.cell->column;
    walk->matrix_rows += !head.is_unknown;
    for (size_t k = 0; k < walk->matrix_count; k++) {
        const struct matrix_column *column = &walk->matrix[k];
        struct span found = {0, 0};
        if (is_by_column) {
            for (size_t i = 0; i < count; i++)
                if (columns[i] >= column->column && columns[i] < column->column + (column->width ? column->width : 1))
                    found = spans[i];
        } else if (k < count) {
            found = spans[k];
        }
        if (!column->rule || (is_by_column && head.cell && matrix_at(walk, head.cell->column) == column))
            continue; /* of another year, or the column of the labels */
        bool is_by_row = head.rule && !(is_total(head.rule) && has_source(column->rule) && !is_total(column->rule));
        struct statement statement = {.rule = head.rule ? head.rule : column->rule, .label = is_by_row ? label : column->label, .is_cell = true};
        if (head.rule)
            statement.label.span = label.span; /* in the order of the rows */
        statement.spans = arena_new(build->arena, struct span);
        statement.spans[0] = found;
        statement.count = !span_is_empty(found);
        statement.by = has_slid ? "shifted" : NULL;
        if (head.is_unknown) { /* 道路小修 under 合计: what is said of what no rule knows */
            statement.label = label;
            statement.label.text = arena_printf(build->arena, "%s%s", label.text, column->label.text);
            if (!value_is_blank(build, &statement))
                value_add_field(build, &statement);
            else if (statement.count)
                build_claim(build, found, CLAIM_VALUE);
            continue;
        }
        if (amount_word(walk, column->rule)) {
            amount_add(walk, statement.rule, head.rule ? column->rule : NULL, &statement, r, column->column,
                       label.unit ? label.unit : column->label.unit ? column->label.unit : walk->block_unit);
        } else if (column->rule->name[0] != '-' && !value_is_blank(build, &statement)) {
            statement.rule = column->rule;
            statement.label = column->label;
            if (!value_add(build, NULL, &statement))
                value_add_field(build, &statement);
        } else if (statement.count) {
            build_claim(build, found, CLAIM_VALUE);
        }
    }
    walk->is_heading_open = false;
    return true;
}

static unsigned axes_of(const struct rule *rule)
{
    unsigned axes = 0, axis = 0;
    for (const char *p = rule->name; *p; p++)
        if (*p == '.')
            axis++;
        else
            axes |= 1u << axis;
    return axes;
}

/* The label at the head of a line of its own, of money that leaves `open` to its column. */
static const struct cell *stream_head(const struct walk *walk, uint32_t r, uint32_t to, unsigned open, size_t columns)
{
    const struct row *row = r < to ? &walk->grid->rows.items[r] : NULL;
    const struct cell *cell = row && row->count == 1 && row->kind == ROW_LINE ? row_first(walk->grid, row) : NULL;
    const struct rule *rule = cell && cell->meaning && !(cell->flags & CELL_INLINE) ? amount_rule(walk, cell) : NULL;
    if (!rule || axes_of(rule) & open)
        return NULL;
    unsigned texts = row_texts_ahead(walk->grid, r + 1);
    return texts >= 1 && texts <= columns ? cell : NULL;
}

/* The same, one cell a line: a run of labels that leave something open, then rows of
 * a label and its values. Returns the row behind it, or `r`. */
uint32_t matrix_stream(struct walk *walk, uint32_t r, uint32_t to)
{
    const struct grid *grid = walk->grid;
    struct build *build = walk->build;
    const struct rule *rules[MATRIX_MOST];
    const struct cell *heads[MATRIX_MOST];
    size_t count = 0, moneys = 0;
    unsigned open = 0;
    uint32_t at = r;
    for (; at < to && count < MATRIX_MOST; at++) {
        const struct row *row = &grid->rows.items[at];
        const struct cell *cell = row->count == 1 && row->kind == ROW_LINE ? row_first(grid, row) : NULL;
        if (!cell || !cell->meaning || cell->flags & CELL_INLINE)
            break;
        const struct rule *rule = amount_rule(walk, cell), *field = walk_field(walk, cell_meaning(grid, cell));
        if (rule ? !is_partial(rule) || (open && axes_of(rule) != open) : !field || field->word != WORD_FIELD || !count)
            break;
        open |= rule ? axes_of(rule) : 0;
        moneys += rule != NULL;
        heads[count] = cell;
        rules[count++] = rule ? rule : field;
    }
    const struct cell *head = moneys >= 2 && count >= 3 ? stream_head(walk, at, to, open, count) : NULL;
    if (!head || (row_texts_ahead(grid, at + 1) != count && count == moneys))
        return r;
    walk_flush(walk);
    struct label_text labels[MATRIX_MOST];
    for (size_t i = 0; i < count; i++) {
        labels[i] = walk_label(build, heads[i]);
        build_claim(build, labels[i].span, CLAIM_LABEL);
    }
    for (; (head = stream_head(walk, at, to, open, count)); at += 1 + row_texts_ahead(grid, at + 1)) {
        struct label_text label = walk_label(build, head);
        unsigned texts = row_texts_ahead(grid, at + 1);
        walk_unit(walk, &label);
        build_claim(build, label.span, CLAIM_LABEL);
        for (size_t i = 0; i < texts; i++) {
            struct span span = cell_span(row_first(grid, &grid->rows.items[at + 1 + i]));
            struct statement statement = {.rule = rules[i], .label = label, .spans = build_spans(build, &span, 1), .count = 1, .is_cell = true};
            if (amount_word(walk, rules[i])) {
                amount_add(walk, rules[i], amount_rule(walk, head), &statement, at, (unsigned)i,
                           label.unit ? label.unit : labels[i].unit ? labels[i].unit : walk->block_unit);
            } else if (!value_is_blank(build, &statement)) {
                statement.label = labels[i];
                value_add_field(build, &statement);
            } else {
                build_claim(build, span, CLAIM_VALUE);
            }
        }
    }
    return at;
}

/* ---- what the labels left open ---- */

static bool same(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

/* The scope of an amount that does not say: in a block with totals of several
 * scopes, the first of these that has no such amount yet; where it stands alone,
 * by its printed place; else the total above it. */
static const char *scope_of(const struct build *build, size_t index)
{
    const struct amount *amount = &build->amounts.items[index];
    const char *scopes[8];
    size_t totals[8], count = 0;
    for (size_t i = 0; i < build->amounts.count && count < 8; i++) {
        const struct amount *other = &build->amounts.items[i];
        if (other->block != amount->block || !same(other->axes[1], "total") || !other->axes[0])
            continue;
        bool is_known = false;
        for (size_t k = 0; k < count; k++)
            is_known |= same(scopes[k], other->axes[0]);
        if (!is_known) {
            totals[count] = i;
            scopes[count++] = other->axes[0];
        }
    }
    if (count == 0)
        return NULL;
    if (count == 1)
        return scopes[0];
    const struct amount *first = &build->amounts.items[totals[0]], *second = &build->amounts.items[totals[1]];
    bool is_side_by_side = first->row == second->row;
    if (is_side_by_side && amount->has_place && second->has_place && first->column != second->column)
        return amount->column >= second->column ? scopes[1] : scopes[0];
    size_t times = 0;
    for (size_t i = 0; i < build->amounts.count; i++) {
        const struct amount *other = &build->amounts.items[i];
        times += other->block == amount->block && same(other->axes[1], amount->axes[1]);
    }
    if (times < 2) {
        if (is_side_by_side)
            return amount->column >= second->column ? scopes[1] : scopes[0];
        const char *last = scopes[0];
        for (size_t k = 0; k < count; k++)
            if (totals[k] < index)
                last = scopes[k];
        return last;
    }
    if (!is_side_by_side && second->row != first->row) {
        /* one below the other: each belongs to the total above it, unless all totals come first */
        bool is_between = false;
        for (size_t i = totals[0] + 1; i < totals[1]; i++)
            is_between |= !same(build->amounts.items[i].axes[1], "total");
        if (is_between) {
            const char *last = scopes[0];
            for (size_t k = 0; k < count; k++)
                if (totals[k] < index)
                    last = scopes[k];
            return last;
        }
    }
    for (size_t k = 0; k < count; k++) {
        bool is_taken = false;
        for (size_t i = 0; i < build->amounts.count; i++) {
            const struct amount *other = &build->amounts.items[i];
            is_taken |= i != index && other->block == amount->block && same(other->axes[1], amount->axes[1]) &&
                        same(other->axes[0], scopes[k]);
        }
        if (!is_taken)
            return scopes[k];
    }
    return scopes[count - 1];
}

/* In the order of their labels: blank ones were found late. */
static int amount_compare(const void *a, const void *b)
{
    const struct amount *first = a, *second = b;
    if (first->node->order != second->node->order)
        return first->node->order < second->node->order ? -1 : 1;
    return first->sequence < second->sequence ? -1 : first->sequence > second->sequence;
}

void amounts_settle(struct build *build)
{
    const struct rule *word = NULL;
    const char *fallback = NULL;
    for (size_t s = 0; s < build->grammar->section_count; s++)
        if (rule_child(build->grammar->sections[s], WORD_AMOUNT)) {
            word = rule_child(build->grammar->sections[s], WORD_AMOUNT);
            const struct rule *rule = rule_child(build->grammar->sections[s], WORD_DEFAULT);
            fallback = rule ? rule->name : NULL;
        }
    if (!word)
        return;
    if (build->amounts.count)
        qsort(build->amounts.items, build->amounts.count, sizeof *build->amounts.items, amount_compare);
    const char *names[AXES] = {0};
    char *axes = arena_copy(build->arena, word->pattern, strlen(word->pattern));
    for (unsigned i = 0; i < AXES; i++) {
        names[i] = strtok_r(i ? NULL : axes, " ", &axes);
        if (!names[i])
            break;
    }
    for (size_t i = 0; i < build->amounts.count; i++) {
        struct amount *amount = &build->amounts.items[i];
        if (!amount->axes[1])
            amount->axes[1] = "total";
        if (!amount->axes[0] && amount->unless) {
            const char *equals = strchr(amount->unless->name, '=');
            for (size_t k = 0; equals && k < build->amounts.count && !amount->axes[0]; k++) {
                const struct amount *other = &build->amounts.items[k];
                const char *dot = strchr(amount->unless->name, '.');
                if (amount->axes[2] && other->axes[2] && !same(amount->axes[2], other->axes[2]))
                    continue; /* 年初预算 and 全年预算 of one total, beside each other */
                if (k != i && dot && other->axes[0] && other->axes[1] &&
                    strncmp(other->axes[0], amount->unless->name, (size_t)(dot - amount->unless->name)) == 0 &&
                    strncmp(other->axes[1], dot + 1, (size_t)(equals - dot - 1)) == 0 && other->block == amount->block)
                    amount->axes[0] = equals + 1;
            }
            if (!amount->axes[0])
                amount->axes[0] = fallback;
        }
    }
    for (size_t i = 0; i < build->amounts.count; i++) {
        struct amount *amount = &build->amounts.items[i];
        if (!amount->axes[0])
            amount->axes[0] = scope_of(build, i);
        if (!amount->axes[0])
            amount->axes[0] = fallback;
        for (unsigned a = 0; a < AXES; a++)
            if (names[a] && amount->axes[a])
                node_set(build->arena, amount->node, names[a], amount->axes[a]);
        if (amount->is_text)
            node_set(build->arena, amount->node, "kind", "text");
        else
            value_settle_money(build, amount->node, amount->unit);
    }
    for (size_t i = 0; i < build->amounts.count; i++) {
        struct amount *amount = &build->amounts.items[i];
        for (size_t k = 0; k < build->amounts.count; k++) {
            const struct amount *other = &build->amounts.items[k];
            if (k == i || !other->node || !same(other->axes[0], amount->axes[0]) || !same(other->axes[1], amount->axes[1]) ||
                !same(other->axes[2], amount->axes[2]))
                continue;
            bool is_again = k < i && same(other->node->value, amount->node->value);
            if (is_again || (!amount->node->value && other->node->value)) {
                struct provenance *first = other->node->provenance, *again = amount->node->provenance;
                if (is_again && amount->node->value && again->bytes.count == 1 &&
                    same(text_loose(build->arena, first->raw ? first->raw : other->node->value),
                         text_loose(build->arena, again->raw ? again->raw : amount->node->value))) {
                    struct span *also = arena_array(build->arena, struct span, first->also.count + 1);
                    if (first->also.count)
                        memcpy(also, first->also.items, first->also.count * sizeof *also);
                    also[first->also.count] = again->bytes.items[0];
                    first->also = (struct spans){also, first->also.count + 1};
                }
                amount->node->parent = NULL;
                amount->node = NULL;
                break;
            }
        }
    }
}
