#include "section.h"

#include <string.h>

#include "pattern.h"
#include "table.h"

/* What a row is to the bounds of a declaration. */
enum {
    IS_TITLE = 1 << 0,
    IS_YEAR = 1 << 1,
    IS_KEY = 1 << 2,    /* states the project's name in label and value */
    IS_BODY = 1 << 3,   /* heads a table of indicators */
    IS_LABEL = 1 << 4,  /* has any label with a value beside it */
    IS_OPENER = 1 << 5, /* a label that stands at the top of a form */
    IS_MANY = 1 << 6,   /* heads a table whose rows name projects */
    IS_ANY = 1 << 7,    /* has any label */
};

static const struct cell *row_cells(const struct grid *grid, const struct row *row) { return &grid->cells.items[row->first]; }

static const struct cell *row_first(const struct grid *grid, const struct row *row)
{
    for (uint32_t i = 0; i < row->count; i++)
        if (!cell_is_blank(&row_cells(grid, row)[i]))
            return &row_cells(grid, row)[i];
    return NULL;
}

static unsigned row_filled(const struct grid *grid, const struct row *row)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < row->count; i++)
        count += !cell_is_blank(&row_cells(grid, row)[i]);
    return count;
}

static const struct rule *title_of(const struct grid *grid, const struct row *row)
{
    if (row->is_notice || row_filled(grid, row) != 1)
        return NULL;
    const struct cell *cell = row_first(grid, row);
    const struct meaning *meaning = cell_meaning(grid, cell);
    if (!meaning->title || cell->flags & CELL_INLINE)
        return NULL;
    return grammar_rule(grid->grammar, meaning->title);
}

bool row_is_year(const struct grid *grid, const struct row *row)
{
    const struct cell *cell = row_filled(grid, row) == 1 ? row_first(grid, row) : NULL;
    if (!cell || cell->to - cell->from > 80)
        return false;
    struct view view;
    view_build(&view, grid->document, cell_span(cell));
    return view.is_whole && grammar_value(grid->grammar, VALUE_CAPTION, view.text, view.length);
}

static bool has_terms(const struct rule *table)
{
    for (const struct rule *column = table->first; column; column = column->next)
        if (column->word == WORD_GROUP && rule_child(column, WORD_TERM))
            return true;
    return false;
}

static bool is_unsaid(const struct grid *grid, const struct cell *cell)
{
    return cell_is_blank(cell) || !cell->meaning || (cell->flags & CELL_INLINE) || cell_meaning(grid, cell)->notice;
}

/* The heading of a table in one row, by how many of its cells are columns. */
static const struct rule *heading_in(const struct grid *grid, const struct row *row, const struct rule *section)
{
    const struct grammar *grammar = grid->grammar;
    unsigned counts[TABLES_MOST] = {0}, own[TABLES_MOST] = {0}, texts = 0, filled = 0;
    const struct rule *near = section;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        if (cell_is_blank(cell))
            continue;
        filled++;
        if (is_unsaid(grid, cell)) {
            texts++;
            continue;
        }
        const struct meaning *meaning = cell_meaning(grid, cell);
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
        if (texts > 1 && (texts >= counts[t] || !has_terms(table)))
            continue;
        if (counts[t] * 2 < filled - texts && !has_terms(table))
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
    if (row->count > 1)
        return heading_in(grid, row, section);
    /* columns printed one a line */
    const struct cell *first = row_first(grid, row);
    if (!first || !cell_meaning(grid, first)->is_column || row->kind != ROW_LINE)
        return NULL;
    for (size_t t = 0; t < grid->grammar->table_count; t++) {
        const struct rule *table = grid->grammar->tables[t];
        if (table->word != WORD_TABLE || !has_terms(table) || !cell_meaning(grid, first)->columns[t])
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

/* ---- which rows are one declaration ---- */

static const struct rule *field_in(const struct grid *grid, const struct meaning *meaning, bool (*wanted)(const struct rule *))
{
    for (size_t s = 0; s < grid->grammar->section_count; s++)
        if (meaning->fields[s] && wanted(grammar_rule(grid->grammar, meaning->fields[s])))
            return grammar_rule(grid->grammar, meaning->fields[s]);
    return NULL;
}

static bool is_key(const struct rule *rule) { return rule_child(rule, WORD_KEY) != NULL; }

static bool is_opener(const struct rule *rule)
{
    if (rule_child(rule, WORD_CLOSING))
        return false;
    for (const struct rule *other = rule->parent->first; other; other = other->next)
        if (rule_is_field(other) && is_key(other))
            return true;
    return false;
}

static unsigned row_flags(const struct grid *grid, uint32_t r)
{
    const struct row *row = &grid->rows.items[r];
    if (row->is_notice || row->count == 0)
        return 0;
    if (title_of(grid, row))
        return IS_TITLE;
    unsigned flags = 0;
    uint32_t rows;
    const struct rule *table = row_table(grid, r, NULL, &rows);
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        if (!cell->meaning)
            continue;
        const struct meaning *meaning = cell_meaning(grid, cell);
        bool is_valued = cell->flags & CELL_INLINE || row->count > 1;
        if (meaning->is_field || meaning->section)
            flags |= IS_ANY | (is_valued ? IS_LABEL : 0);
        if (!table && field_in(grid, meaning, is_key))
            flags |= IS_KEY;
        if (table && has_terms(table) && field_in(grid, meaning, is_key) && !meaning->columns[table->index])
            flags |= IS_MANY;
        if (!table && field_in(grid, meaning, is_opener))
            flags |= IS_OPENER;
    }
    if (table && has_terms(table))
        flags |= IS_BODY | IS_ANY | IS_LABEL;
    if (!(flags & IS_ANY) && row_is_year(grid, row))
        flags |= IS_YEAR;
    return flags;
}

static unsigned part_of(const struct grid *grid, const struct row *row, const struct rule *title)
{
    struct view view;
    view_build(&view, grid->document, cell_span(row_first(grid, row)));
    const char *open = NULL;
    for (const char *p = view.text; (p = strchr(p, '(')); p++)
        open = p;
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

struct finder {
    const struct grid *grid;
    const unsigned char *flags;
    struct extents extents;
    struct extent now;
    bool is_open, has_key, has_body, is_titled_since_body, has_title;
    unsigned parts;
};

static void finder_close(struct finder *finder, uint32_t to)
{
    if (!finder->is_open)
        return;
    finder->now.to = to;
    if (finder->has_title || finder->has_key || finder->has_body || finder->now.is_many)
        *array_push(&finder->extents) = finder->now;
    else if (finder->extents.count)
        finder->extents.items[finder->extents.count - 1].to = to;
    finder->is_open = false;
}

static void finder_open(struct finder *finder, uint32_t from)
{
    finder_close(finder, from);
    finder->now = (struct extent){.from = from};
    finder->is_open = true;
    finder->has_key = finder->has_body = finder->is_titled_since_body = finder->has_title = false;
    finder->parts = 0;
}

static void finder_title(struct finder *finder, uint32_t r, const uint32_t *next_titles)
{
    const struct grid *grid = finder->grid;
    const struct row *row = &grid->rows.items[r];
    const struct rule *title = title_of(grid, row);
    const struct cell *cell = row_first(grid, row);
    uint32_t next = next_titles[r];
    unsigned ahead = 0;
    for (uint32_t i = r + 1; i < next; i++)
        ahead |= finder->flags[i];
    if (!(ahead & IS_ANY) && (next < grid->rows.count || finder->is_open)) {
        /* A headline, or a numbered heading right before the title. */
        if (!finder->is_open && cell->label_from > cell->from)
            finder_open(finder, r);
        return;
    }
    unsigned part = part_of(grid, row, title);
    if (finder->is_open && finder->has_title) {
        if (part && !(finder->parts & part)) {
            finder->parts |= part;
            finder->is_titled_since_body = true;
            return;
        }
        if (!(ahead & (IS_KEY | IS_MANY)))
            return; /* a running title */
        finder_open(finder, r);
    } else if (!finder->is_open || finder->has_body) {
        finder_open(finder, r);
    }
    finder->has_title = true;
    finder->is_titled_since_body = true;
    finder->parts = part;
    finder->now.title = title;
}

static void finder_key(struct finder *finder, uint32_t r)
{
    if (finder->is_open && (!finder->has_key || !finder->has_body || finder->is_titled_since_body)) {
        finder->has_key = true;
        return;
    }
    uint32_t from = r;
    uint32_t least = finder->is_open ? finder->now.from + 1 : 0;
    while (from > least && finder->flags[from - 1] & (IS_OPENER | IS_YEAR) && !(finder->flags[from - 1] & (IS_TITLE | IS_BODY)))
        from--;
    struct extent before = finder->now;
    bool was_open = finder->is_open, had_title = finder->has_title;
    finder_open(finder, from);
    finder->has_key = true;
    if (was_open && had_title) {
        finder->has_title = true;
        finder->now.title = before.title;
        finder->now.title_from = before.title_to > before.title_from ? before.title_from : before.from;
        finder->now.title_to = before.title_to > before.title_from ? before.title_to : before.from;
        /* titles and years above the first form are stated for each */
        if (before.title_to == before.title_from)
            while (finder->now.title_to < from && finder->flags[finder->now.title_to] & (IS_TITLE | IS_YEAR))
                finder->now.title_to++;
    }
}

/* The line that is the title of the whole document, above its first form. */
static uint32_t headline_find(const struct grid *grid, const unsigned char *flags, uint32_t to)
{
    uint32_t first = UINT32_MAX, matching = UINT32_MAX;
    for (uint32_t r = 0; r < to; r++) {
        const struct row *row = &grid->rows.items[r];
        if (row->is_notice || row_filled(grid, row) != 1 || flags[r] & (IS_ANY | IS_YEAR))
            continue;
        const struct cell *cell = row_first(grid, row);
        struct view view;
        view_build(&view, grid->document, cell_span(cell));
        if (!view.is_whole || view.length < 6)
            continue;
        if (row->level)
            return r;
        if (strstr(view.text, "。") || cell_meaning(grid, cell)->is_column)
            continue;
        if (first == UINT32_MAX)
            first = r;
        if (matching == UINT32_MAX && grammar_value(grid->grammar, VALUE_HEADLINE, view.text, view.length))
            matching = r;
    }
    return matching != UINT32_MAX ? matching : first;
}

struct extents sections_find(const struct grid *grid)
{
    size_t count = grid->rows.count;
    unsigned char *flags = memory_resize(NULL, count + 1);
    uint32_t *next_titles = memory_resize(NULL, (count + 1) * sizeof *next_titles);
    for (uint32_t r = 0; r < count; r++)
        flags[r] = (unsigned char)row_flags(grid, r);
    for (size_t r = count, next = count; r-- > 0;) {
        next_titles[r] = (uint32_t)next;
        if (flags[r] & IS_TITLE)
            next = r;
    }
    struct finder finder = {.grid = grid, .flags = flags};
    for (uint32_t r = 0; r < count; r++) {
        if (flags[r] & IS_TITLE)
            finder_title(&finder, r, next_titles);
        else if (flags[r] & IS_KEY)
            finder_key(&finder, r);
        if (flags[r] & IS_BODY) {
            if (!finder.is_open)
                finder_open(&finder, r);
            finder.has_body = true;
            finder.is_titled_since_body = false;
        }
        if (flags[r] & IS_MANY)
            finder.now.is_many = true;
        if (!finder.is_open && flags[r] & IS_LABEL)
            finder_open(&finder, r);
    }
    finder_close(&finder, (uint32_t)count);
    uint32_t first = finder.extents.count ? finder.extents.items[0].from : 0;
    finder.extents.headline = headline_find(grid, flags, first);
    free(flags);
    free(next_titles);
    return finder.extents;
}

/* ---- labels and values ---- */

enum { PENDING_MOST = 48, MATRIX_MOST = 24, AXES = 3, AMOUNTS_MOST = 2000 };

/* A label that waits for its value. */
struct pending {
    const struct rule *rule;
    struct label_text label;
    unsigned column, width;
    bool is_done;
    bool is_blanked; /* an explicit blank cell stood beside it */
    uint32_t row;
};

struct matrix_column {
    const struct rule *rule;
    struct label_text label;
    unsigned column, width;
};

struct walk {
    struct build *build;
    const struct grid *grid;
    const struct rule *section; /* of the last heading */
    struct label_text heading;  /* the last heading without text of its own, and its row */
    uint32_t heading_row;
    bool is_heading_open;
    struct pending pending[PENDING_MOST];
    size_t pending_count;
    struct matrix_column matrix[MATRIX_MOST];
    size_t matrix_count;
    const char *block_unit;     /* of the money block, from its heading */
    unsigned block;
    struct node *prose;         /* takes further lines of text */
    bool is_prose_line;
};

static const struct rule *section_rule(const struct rule *rule)
{
    while (rule->word != WORD_SECTION)
        rule = rule->parent;
    return rule;
}

static const struct rule *amount_word(const struct walk *walk, const struct rule *rule)
{
    if (rule->word != WORD_MONEY || rule->parent->word != WORD_SECTION)
        return NULL;
    const struct rule *section = walk->grid->grammar->sections[rule->parent->index];
    return rule_child(section, WORD_AMOUNT);
}

/* The unit in a funding label is stated for the whole form. */
static void state_unit(struct walk *walk, const struct label_text *label)
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
        build->declared_unit = declared;
        build_claim(build, label->span, CLAIM_LABEL);
        return;
    }
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

static void add_amount(struct walk *walk, const struct rule *rule, const struct rule *other, const struct statement *statement,
                       uint32_t row, unsigned column, const char *unit)
{
    struct build *build = walk->build;
    struct node *block = build_block(build, section_rule(rule)->index);
    struct amount amount = {.statement = *statement, .block = walk->block, .row = row, .column = column, .unit = unit};
    amount.statement.rule = rule;
    axes_read(rule->name, amount.axes, build->arena);
    if (other)
        axes_read(other->name, amount.axes, build->arena);
    amount.unless = rule_child(rule, WORD_UNLESS);
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
        view_build(&view, build->document, span);
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

static void emit(struct walk *walk, struct pending *pending, const struct span *spans, size_t count, uint32_t row, unsigned column,
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
        state_unit(walk, &pending->label);
        const char *unit = pending->label.unit ? pending->label.unit : walk->block_unit;
        walk->block_unit = unit; /* said once, it holds for what stands below */
        add_amount(walk, pending->rule, NULL, &statement, row, column, unit);
        return;
    }
    if (!value_add(build, NULL, &statement)) {
        value_add_field(build, &statement);
        return;
    }
    (void)was_done;
    if (pending->rule->word == WORD_PROSE && count) {
        struct node *block = build_block(build, section_rule(pending->rule)->index);
        if (block->last && block->last->value && block->last->provenance->bytes.count == count)
            walk->prose = block->last;
    }
}

/* Labels left without a value are empty fields. */
static void flush(struct walk *walk, uint32_t row)
{
    for (size_t i = 0; i < walk->pending_count; i++)
        if (!walk->pending[i].is_done)
            emit(walk, &walk->pending[i], NULL, 0, row, walk->pending[i].column, true, NULL);
    walk->pending_count = 0;
    walk->prose = NULL;
}

static const struct rule *choose_field(const struct walk *walk, const struct meaning *meaning)
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

static bool is_label(const struct grid *grid, const struct cell *cell)
{
    if (!cell || !cell->meaning)
        return false;
    const struct meaning *meaning = cell_meaning(grid, cell);
    return meaning->is_field || meaning->section || meaning->is_column || meaning->title;
}

static struct label_text cell_label_text(struct build *build, const struct cell *cell)
{
    return build_label(build, (struct span){cell->label_from, cell->label_to});
}

static void take_heading(struct walk *walk, const struct rule *section, const struct label_text *label, uint32_t row)
{
    struct build *build = walk->build;
    const struct rule *first = build->grammar->sections[section->index];
    walk->section = first;
    walk->heading = *label;
    walk->heading_row = row;
    walk->is_heading_open = true;
    build_claim(build, label->span, CLAIM_LABEL);
    if (rule_child(first, WORD_AMOUNT)) {
        walk->block++;
        walk->block_unit = label->unit;
        walk->matrix_count = 0;
        state_unit(walk, label);
    }
}

static struct pending *push_pending(struct walk *walk, const struct rule *rule, const struct cell *cell, uint32_t row)
{
    if (walk->pending_count == PENDING_MOST)
        flush(walk, 0);
    struct pending *pending = &walk->pending[walk->pending_count++];
    *pending = (struct pending){.rule = rule, .label = cell_label_text(walk->build, cell), .column = cell->column, .width = cell->width, .row = row};
    build_claim(walk->build, pending->label.span, CLAIM_LABEL);
    return pending;
}

/* A line's cell parted at its blanks: where a table has no other separator. */
static size_t line_pieces(const struct grid *grid, const struct cell *cell, struct cell *pieces, size_t room)
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
        if (!span_is_empty(piece) && count < room) {
            pieces[count] = (struct cell){.from = piece.from, .to = piece.to, .column = (uint16_t)count, .width = 1};
            cell_recognize((struct grid *)grid, &pieces[count]);
            count++;
        }
        piece = (struct span){0, 0};
    }
    return count;
}

/* ---- a matrix of money: sources down, years or stages across ---- */

static bool is_partial(const struct rule *rule)
{
    const char *dot = strchr(rule->name, '.');
    return !dot || dot == rule->name; /* scope alone, or source or stage without scope */
}

static const struct rule *money_of(const struct walk *walk, const struct cell *cell)
{
    const struct meaning *meaning = cell_meaning(walk->grid, cell);
    const struct grammar *grammar = walk->grid->grammar;
    for (size_t s = 0; s < grammar->section_count; s++) {
        const struct rule *rule = meaning->fields[s] ? grammar_rule(grammar, meaning->fields[s]) : NULL;
        if (rule && amount_word(walk, rule))
            return rule;
    }
    return NULL;
}

/* Two or more labels of money side by side, each leaving something open, and no value. */
static bool matrix_heading(struct walk *walk, uint32_t r, const struct rule *table)
{
    const struct row *row = &walk->grid->rows.items[r];
    const struct grammar *grammar = walk->grid->grammar;
    unsigned count = 0, adjacent = 0;
    const struct rule *before = NULL, *near = walk->section;
    for (uint32_t i = 0; i < row->count; i++) {
        unsigned section = cell_meaning(walk->grid, &row_cells(walk->grid, row)[i])->section;
        if (section)
            near = grammar->sections[grammar_rule(grammar, section)->index];
    }
    if (near && table && near->index == table->parent->index && !rule_child(near, WORD_AMOUNT))
        return false;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(walk->grid, row)[i];
        if (cell_is_blank(cell)) {
            before = NULL;
            continue;
        }
        if (!cell->meaning || cell->flags & CELL_INLINE)
            return false;
        const struct rule *rule = money_of(walk, cell);
        if (rule && !is_partial(rule))
            return false;
        if (rule) {
            count++;
            adjacent += before && before != rule;
            before = rule;
        }
    }
    if (count < 2 || adjacent < 1 || adjacent + 1 < count)
        return false;
    flush(walk, r);
    walk->matrix_count = 0;
    bool has_begun = false;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(walk->grid, row)[i];
        if (cell_is_blank(cell))
            continue;
        const struct meaning *meaning = cell_meaning(walk->grid, cell);
        struct label_text label = cell_label_text(walk->build, cell);
        build_claim(walk->build, label.span, CLAIM_LABEL);
        const struct rule *rule = money_of(walk, cell);
        if (!rule && !has_begun) {
            if (meaning->section)
                take_heading(walk, grammar_rule(grammar, meaning->section), &label, r);
            continue;
        }
        has_begun = true;
        if (!rule)
            rule = choose_field(walk, meaning);
        if (rule && walk->matrix_count < MATRIX_MOST)
            walk->matrix[walk->matrix_count++] =
                (struct matrix_column){.rule = rule, .label = label, .column = cell->column, .width = cell->width};
    }
    return true;
}

/* A row under it: the label says what its column does not. */
static bool matrix_row(struct walk *walk, uint32_t r)
{
    if (!walk->matrix_count)
        return false;
    const struct grid *grid = walk->grid;
    struct build *build = walk->build;
    const struct row *row = &grid->rows.items[r];
    uint32_t at = 0;
    const struct cell *head = NULL;
    const struct rule *rule = NULL;
    for (; at < row->count; at++) {
        head = &row_cells(grid, row)[at];
        if (cell_is_blank(head))
            continue;
        if (!(rule = money_of(walk, head))) {
            const struct meaning *meaning = cell_meaning(grid, head);
            if (meaning->section && !(head->flags & CELL_INLINE))
                continue;
            return false;
        }
        break;
    }
    if (!rule || head->flags & CELL_INLINE)
        return false;
    struct span spans[MATRIX_MOST + 1];
    unsigned columns[MATRIX_MOST + 1];
    size_t count = 0, cells = 0;
    struct cell pieces[MATRIX_MOST];
    bool is_line = row->kind == ROW_LINE;
    for (uint32_t i = at + 1; i < row->count && count < MATRIX_MOST; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        if (is_label(grid, cell) && !(cell_meaning(grid, cell)->is_term))
            return false;
        if (cell_is_blank(cell) && is_line)
            continue;
        if (!is_line) {
            spans[count] = cell_span(cell);
            columns[count++] = cell->column;
            continue;
        }
        size_t n = line_pieces(grid, cell, pieces, MATRIX_MOST - count);
        for (size_t k = 0; k < n; k++) {
            spans[count] = cell_span(&pieces[k]);
            columns[count] = (unsigned)count;
            count++;
        }
    }
    for (size_t i = 0; i < count; i++)
        cells += !span_is_empty(spans[i]);
    struct label_text label = cell_label_text(build, head);
    state_unit(walk, &label);
    build_claim(build, label.span, CLAIM_LABEL);
    /* By printed column where rows have them; else the values in order. */
    bool is_by_column = !is_line;
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
        struct statement statement = {.rule = rule, .label = label, .is_cell = true};
        statement.spans = arena_new(build->arena, struct span);
        statement.spans[0] = found;
        statement.count = !span_is_empty(found);
        if (amount_word(walk, column->rule)) {
            add_amount(walk, rule, column->rule, &statement, r, column->column,
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
    (void)cells;
    walk->is_heading_open = false;
    return true;
}

/* Lines without a label from here on, the one at hand included. */
static unsigned texts_ahead(const struct grid *grid, uint32_t r)
{
    unsigned count = 0;
    for (; r < grid->rows.count && count < PENDING_MOST; r++) {
        const struct row *row = &grid->rows.items[r];
        if (row->is_notice || !row_filled(grid, row))
            continue;
        if (row->count != 1 || row_first(grid, row)->meaning)
            break;
        count++;
    }
    return count;
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
    const struct rule *rule = cell && cell->meaning && !(cell->flags & CELL_INLINE) ? money_of(walk, cell) : NULL;
    if (!rule || axes_of(rule) & open)
        return NULL;
    unsigned texts = texts_ahead(walk->grid, r + 1);
    return texts >= 1 && texts <= columns ? cell : NULL;
}

/* The same, one cell a line: a run of labels that leave something open, then rows of
 * a label and its values. Returns the row behind it, or `r`. */
static uint32_t matrix_stream(struct walk *walk, uint32_t r, uint32_t to)
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
        const struct rule *rule = money_of(walk, cell), *field = choose_field(walk, cell_meaning(grid, cell));
        if (rule ? !is_partial(rule) || (open && axes_of(rule) != open) : !field || field->word != WORD_FIELD || !count)
            break;
        open |= rule ? axes_of(rule) : 0;
        moneys += rule != NULL;
        heads[count] = cell;
        rules[count++] = rule ? rule : field;
    }
    const struct cell *head = moneys >= 2 && count >= 3 ? stream_head(walk, at, to, open, count) : NULL;
    if (!head || (texts_ahead(grid, at + 1) != count && count == moneys))
        return r;
    flush(walk, r);
    struct label_text labels[MATRIX_MOST];
    for (size_t i = 0; i < count; i++) {
        labels[i] = cell_label_text(build, heads[i]);
        build_claim(build, labels[i].span, CLAIM_LABEL);
    }
    for (; (head = stream_head(walk, at, to, open, count)); at += 1 + texts_ahead(grid, at + 1)) {
        struct label_text label = cell_label_text(build, head);
        unsigned texts = texts_ahead(grid, at + 1);
        state_unit(walk, &label);
        build_claim(build, label.span, CLAIM_LABEL);
        for (size_t i = 0; i < texts; i++) {
            struct span span = cell_span(row_first(grid, &grid->rows.items[at + 1 + i]));
            struct statement statement = {.rule = rules[i], .label = label, .spans = build_spans(build, &span, 1), .count = 1, .is_cell = true};
            if (amount_word(walk, rules[i])) {
                add_amount(walk, rules[i], money_of(walk, head), &statement, at, (unsigned)i,
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

/* ---- rows of labels and values ---- */

static bool looks_like_label(const struct walk *walk, const struct cell *cell)
{
    struct view view;
    view_build(&view, walk->build->document, cell_span(cell));
    return view.is_whole && grammar_value(walk->grid->grammar, VALUE_LABEL, view.text, view.length);
}

static void emit_unknown(struct walk *walk, struct span label, const struct span *value, size_t count)
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

/* More text of a prose field: the next line, or the rest behind a page break. */
static bool prose_continue(struct walk *walk, const struct cell *cell)
{
    struct build *build = walk->build;
    struct node *node = walk->prose;
    if (!node || !node->value)
        return false;
    struct provenance *provenance = node->provenance;
    struct span *spans = arena_array(build->arena, struct span, provenance->bytes.count + 1);
    memcpy(spans, provenance->bytes.items, provenance->bytes.count * sizeof *spans);
    size_t count = provenance->bytes.count;
    struct span last = spans[count - 1];
    struct span between = text_trim(build->document, (struct span){last.to, cell->from});
    if (span_is_empty(between) && cell->from >= last.to)
        spans[count - 1].to = cell->to;
    else
        spans[count++] = cell_span(cell);
    provenance->bytes = (struct spans){spans, count};
    node->value = text_normal(build->document, build->arena, spans, count);
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
    for (size_t i = 0; i < walk->pending_count; i++)
        if (!walk->pending[i].is_done && (walk->pending[i].rule->word != WORD_PROSE || walk->pending[i].row + walk->pending_count - i != r))
            return false;
    return true;
}

static void take_label(struct walk *walk, struct row_walk *here, uint32_t r, uint32_t i, uint32_t to, const struct cell *cell)
{
    const struct grid *grid = walk->grid;
    const struct meaning *meaning = cell_meaning(grid, cell);
    bool is_same_row;
    const struct cell *next = next_cell(walk, r, i, to, &is_same_row);
    const struct rule *section = meaning->section ? grammar_rule(grid->grammar, meaning->section) : NULL;
    const struct rule *field = choose_field(walk, meaning);
    bool has_inline = cell->flags & CELL_INLINE;
    /* beside a label a heading is a heading; beside text it is a field where it can be one */
    bool is_heading = section && !has_inline && (!field || (is_label(grid, next) && !(next->flags & CELL_INLINE && !is_same_row)));
    if (is_heading && field && !is_same_row && next && walk->grid->rows.items[r].count > 1)
        is_heading = false;
    if (section && field && !has_inline && is_same_row && next && is_label(grid, next))
        is_heading = true;
    if (here->had_pending && !(field && !has_inline && !is_heading && waits_beside(walk, field, r))) {
        flush(walk, r);
        here->had_pending = false;
    }
    walk->prose = NULL;
    if (is_heading || (!field && section && !has_inline)) {
        struct label_text label = cell_label_text(walk->build, cell);
        take_heading(walk, section, &label, r);
        here->last = NULL;
        return;
    }
    walk->is_heading_open &= walk->heading_row == r;
    here->labels++;
    if (!field && section) { /* a heading with text of its own */
        struct span value = cell_value(cell);
        struct label_text label = cell_label_text(walk->build, cell);
        take_heading(walk, section, &label, r);
        const struct span *spans = &value;
        emit_unknown(walk, label.span, spans, 1);
        walk->is_heading_open = false;
        here->last = NULL;
        here->values++;
        return;
    }
    if (field->name[0] == '-' && here->last && !here->last->is_done && amount_word(walk, here->last->rule)) {
        /* 年度资金总额 beside 金额（万元） heads a column */
        here->last->is_done = true;
        struct label_text label = cell_label_text(walk->build, cell);
        if (label.unit)
            walk->block_unit = label.unit;
        state_unit(walk, &label);
    }
    here->last = push_pending(walk, field, cell, r);
    /* the sections' own headings may be lost: a field tells where we are */
    if (!walk->section || amount_word(walk, field))
        walk->section = grid->grammar->sections[section_rule(field)->index];
    if (has_inline) {
        struct span value = cell_value(cell);
        emit(walk, here->last, &value, 1, r, cell->column, false, NULL);
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
        if (is_label(walk->grid, cell) || (count && !(is_marked && value_has_mark(walk->build, cell_span(cell)))))
            break;
        spans[count++] = cell_span(cell);
        last = i;
    }
    emit(walk, here->last, spans, count, r, here->last->column, true, NULL);
    return last;
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

static void take_value(struct walk *walk, struct row_walk *here, uint32_t r, uint32_t *at, const struct cell *cell)
{
    const struct row *row = &walk->grid->rows.items[r];
    struct span span = cell_span(cell);
    bool is_cell = true;
    here->values++;
    if (here->last && here->last->rule->word == WORD_FIELD && row->kind == ROW_LINE) {
        struct cell pieces[8];
        size_t count = line_pieces(walk->grid, cell, pieces, 8);
        bool are_numbers = count > 1;
        for (size_t i = 0; i < count; i++)
            are_numbers &= has_digit(walk, cell_span(&pieces[i]));
        for (size_t i = 0; i < (are_numbers ? count : 0); i++) {
            struct span piece = cell_span(&pieces[i]);
            emit(walk, here->last, &piece, 1, r, cell->column, true, NULL);
        }
        if (are_numbers)
            return;
    }
    if (here->last && !here->last->is_done) {
        if (here->last->rule->word == WORD_CHOICE)
            *at = take_choice(walk, here, r, *at);
        else
            emit(walk, here->last, &span, 1, r, cell->column, is_cell, NULL);
        return;
    }
    if (here->last && here->last->rule->word == WORD_FIELD) {
        here->last->is_done = false;
        emit(walk, here->last, &span, 1, r, cell->column, is_cell, NULL);
        return;
    }
    if (!here->labels && here->had_pending) {
        bool is_stream = row->kind == ROW_LINE && here->filled == 1;
        unsigned values = is_stream ? texts_ahead(walk->grid, r) : here->filled;
        struct pending *pending = pending_above(walk, cell, here->nth++, values, is_stream);
        if (pending && amount_word(walk, pending->rule) && !has_digit(walk, span))
            pending = NULL; /* a sentence below a blank amount is not its value */
        if (pending) {
            here->last = NULL;
            if (pending->rule->word == WORD_CHOICE) {
                here->last = pending;
                *at = take_choice(walk, here, r, *at);
                here->last = NULL;
            } else {
                emit(walk, pending, &span, 1, r, pending->column, true, NULL);
            }
            return;
        }
    }
    const struct cell *next = NULL;
    for (uint32_t i = *at + 1; i < row->count && !next; i++)
        if (!cell_is_blank(&row_cells(walk->grid, row)[i]))
            next = &row_cells(walk->grid, row)[i];
    if (!here->labels && here->filled == 1) {
        if (list_row(walk, cell) || prose_continue(walk, cell))
            return;
        if (walk->is_heading_open && r > walk->heading_row && (*at > 0 || walk->grid->rows.items[walk->heading_row].count == 1 || (row->kind == ROW_LINE && r == walk->heading_row + 1 && walk->grid->rows.items[walk->heading_row].kind == ROW_LINE))) {
            emit_unknown(walk, walk->heading.span, &span, 1);
            walk->is_heading_open = false;
            return;
        }
        /* 标签：值 with a label that no rule knows */
        struct view view;
        view_build(&view, walk->build->document, span);
        const char *colon = memchr(view.text, ':', view.length);
        size_t length = colon ? (size_t)(colon - view.text) : 0;
        bool is_value = colon && length + 1 < view.length;
        if (length && grammar_value(walk->grid->grammar, VALUE_LABEL, view.text, length)) {
            struct span label = {view.at[0], view.to[length - 1]};
            struct span value = {is_value ? view.at[length + 1] : span.to, span.to};
            emit_unknown(walk, label, &value, is_value);
            return;
        }
        /* a label alone in a row of separated cells: an empty field */
        if (row->kind != ROW_LINE && row->count > 1 && *at == 0 && looks_like_label(walk, cell))
            emit_unknown(walk, span, NULL, 0);
        return;
    }
    /* an unknown label and its value in a row of cells */
    if (row->kind != ROW_LINE && next && !next->meaning && looks_like_label(walk, cell)) {
        *at = (uint32_t)(next - row_cells(walk->grid, row));
        struct span value = cell_span(next);
        emit_unknown(walk, span, &value, 1);
    }
}

/* A unit's name alone on the line of the money unit. */
static bool take_beside(struct walk *walk, uint32_t r)
{
    const struct grid *grid = walk->grid;
    const struct row *row = &grid->rows.items[r];
    if (row_filled(grid, row) != 2)
        return false;
    const struct cell *first = row_first(grid, row), *second = NULL;
    for (uint32_t i = 0; i < row->count; i++)
        if (!cell_is_blank(&row_cells(grid, row)[i]))
            second = &row_cells(grid, row)[i];
    if (first->meaning || !(second->flags & CELL_INLINE))
        return false;
    const struct rule *rule = choose_field(walk, cell_meaning(grid, second));
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
    size_t count = line_pieces(walk->grid, cell, pieces, TABLE_COLUMNS_MOST), texts = 0;
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
            emit(walk, &walk->pending[i], &spans[k++], 1, r, walk->pending[i].column, true, NULL);
    return true;
}

static void walk_row(struct walk *walk, uint32_t r, uint32_t to)
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
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(grid, row)[i];
        if (cell_is_blank(cell)) {
            if (here.last)
                here.last->is_blanked = true;
            continue;
        }
        const struct meaning *meaning = cell_meaning(grid, cell);
        if (is_beside && !cell->meaning) {
            is_beside = false;
            continue;
        }
        if (cell->meaning && (meaning->is_field || meaning->section) && choose_field(walk, meaning)) {
            walk->matrix_count = money_of(walk, cell) ? walk->matrix_count : 0;
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
                emit(walk, &walk->pending[i], NULL, 0, r, walk->pending[i].column, true, NULL);
    }
}

/* ---- tables inside a declaration ---- */

static bool is_total_row(const struct grid *grid, const struct row *row)
{
    const struct cell *first = row_first(grid, row);
    return first && first->meaning && cell_meaning(grid, first)->list_total;
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
    for (uint32_t i = 0; i < row->count; i++) {
        const struct cell *cell = &row_cells(walk->grid, row)[i];
        if (cell_is_blank(cell))
            continue;
        if (!label.text && cell->meaning) {
            label = cell_label_text(build, cell);
            build_claim(build, label.span, CLAIM_LABEL);
            if (!(cell->flags & CELL_INLINE))
                continue;
        }
        struct cell value = *cell;
        if (cell->flags & CELL_INLINE)
            value.from = cell->value_from;
        size_t n = row->kind == ROW_LINE ? line_pieces(walk->grid, &value, pieces, 24) : 1;
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
            const char *unit;
            for (size_t c = 0; table->has_places && row->kind != ROW_LINE && c < count; c++)
                if (value.column >= froms[c] && value.column <= tos[c] && c > at)
                    at = c; /* the sums before it are blank */
            if (at >= count || !view.is_whole || !value_money(build, view.text, view.length, NULL, &unit))
                continue;
            struct rule *total = arena_new(build->arena, struct rule);
            *total = *sums[at];
            total->element = total->name = rule_child(sums[at], WORD_SUM)->name;
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
    if (title_of(grid, row) || row_is_year(grid, row))
        return true;
    const struct rule *other = row_table(grid, r, table->rule->parent, heading_rows);
    if (other)
        return true;
    const struct cell *first = row_first(grid, row);
    if (!first || !first->meaning)
        return row->kind != ROW_LINE && first && first->column == 0 && row_filled(grid, row) == 1 && row->count > 1 && table->has_places &&
               table->columns[0].kind == COLUMN_SECTION && looks_like_label(walk, first);
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

struct table_walk {
    struct table table;
    struct table_rows rows;
    struct carried carried;
    array_of(struct cell *) stream;
    array_of(struct cell) pieces;
};

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
            total += line_pieces(grid, &row_cells(grid, row)[i], pieces + total, TABLE_COLUMNS_MOST - total);
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
        if (!cell_is_blank(cell) && !cell->meaning) {
            struct view view;
            view_build(&view, walk->build->document, cell_span(cell));
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
    if (!has_terms(table->rule))
        return last;
    for (; r < to; r++) {
        const struct row *row = &grid->rows.items[r];
        if (row->is_notice || !row->count)
            continue;
        if (title_of(grid, row) || (row_table(grid, r, table->rule->parent, &rows) != NULL))
            break;
        for (uint32_t i = 0; i < row->count; i++)
            if (cell_meaning(grid, &row_cells(grid, row)[i])->is_term || (row->kind == ROW_LINE && begins_with_term(grid, &row_cells(grid, row)[i])))
                last = r;
    }
    return last;
}

/* Reads a table from its heading on; returns the first row behind it. */
static uint32_t walk_table(struct walk *walk, const struct rule *rule, uint32_t r, uint32_t heading_rows, uint32_t to, bool is_continued,
                           struct table_walk *tables)
{
    const struct grid *grid = walk->grid;
    if (!is_continued) {
        flush(walk, r);
        table_open(&tables->table, walk->build, rule, r, heading_rows);
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
            table_build(table, walk->build, &tables->rows, from, tables->rows.count, &tables->carried);
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
    table_build(table, walk->build, &tables->rows, from, tables->rows.count, &tables->carried);
    return r;
}

/* A row of a table behind a break: its cells are terms of the taxonomy. */
static bool resumes_table(const struct walk *walk, const struct table_walk *tables, uint32_t r)
{
    const struct row *row = &walk->grid->rows.items[r];
    if (!tables->table.rule || !has_terms(tables->table.rule))
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
    const struct cell *cell = row_first(grid, row);
    const struct rule *title = title_of(grid, row);
    flush(walk, r);
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
    struct statement statement = {.rule = title, .spans = &span, .count = 1};
    value_node(build, part, "title", &statement, text_normal(build->document, build->arena, &span, 1), false);
}

static void take_year(struct walk *walk, const struct cell *cell)
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

/* Titles: the first, and those that begin another part; others only run along. */
static bool begins_part(const struct walk *walk, uint32_t r, const struct rule *title)
{
    const struct node *parts = node_child(walk->build->declaration, "parts");
    if (!parts)
        return true;
    const struct grid *grid = walk->grid;
    unsigned part = part_of(grid, &grid->rows.items[r], title);
    if (!part)
        return false;
    struct span span = cell_span(row_first(grid, &grid->rows.items[r]));
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
        const struct rule *title = title_of(grid, row);
        const struct rule *table;
        if (row->is_notice || !row_filled(grid, row)) {
            r++;
        } else if (title) {
            const struct cell *cell = row_first(grid, row);
            bool is_next_title = false;
            for (uint32_t n = r + 1; n < to && n < r + 4; n++)
                if (row_filled(grid, &grid->rows.items[n])) {
                    is_next_title = title_of(grid, &grid->rows.items[n]) != NULL;
                    break;
                }
            if (is_next_title) { /* 九、项目绩效目标表 right before the title */
                flush(walk, r);
                build_claim(walk->build, cell_span(cell), CLAIM_LABEL);
            } else if (begins_part(walk, r, title)) {
                take_title(walk, r);
                take_year(walk, cell);
            }
            r++;
        } else if (row_is_year(grid, row)) {
            flush(walk, r);
            take_year(walk, row_first(grid, row));
            r++;
        } else if ((table = row_table(grid, r, walk->section, &rows)) && !(!has_terms(table) && matrix_heading(walk, r, table))) {
            r = walk_table(walk, table, r, rows, to, false, tables);
        } else if (table) {
            r++;
        } else if (resumes_table(walk, tables, r)) {
            flush(walk, r);
            r = walk_table(walk, tables->table.rule, r, 0, to, true, tables);
        } else {
            uint32_t behind = matrix_stream(walk, r, to);
            if (behind == r) {
                walk_row(walk, r, to);
                behind++;
            }
            r = behind;
        }
    }
    flush(walk, to);
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

/* ---- amounts: what their labels left open ---- */

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

static void settle_amounts(struct build *build)
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
            if (!rule_is_field(rule) || !is_key(rule))
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

static void declaration_finish(struct build *build, const struct extent *extent)
{
    settle_amounts(build);
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
        emit(walk, &pending, &span, cell && !cell_is_blank(cell), r, column->from, true, is_filled && cell ? "filled" : NULL);
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
        if (rule && has_terms(rule))
            break;
    }
    struct carried above = {0};
    struct table_walk tables = {0};
    uint32_t next = heading + rows;
    while (next < extent->to) {
        walk_begin(&walk, build);
        uint32_t first = next;
        walk_rows(&walk, extent->from, heading, &tables);
        table_open(&tables.table, build, rule, heading, rows);
        size_t key = SIZE_MAX;
        for (size_t c = 0; c < tables.table.count; c++)
            if (tables.table.columns[c].kind == COLUMN_FIELD && tables.table.columns[c].rule && is_key(tables.table.columns[c].rule))
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
        table_build(&tables.table, build, &tables.rows, 0, tables.rows.count, &tables.carried);
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
