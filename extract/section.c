#include "section.h"

#include <string.h>

#include "pattern.h"
#include "row.h"

enum { HEADLINE_LEAST = 12 }; /* bytes of a line that is a headline for nothing but its place */

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

static unsigned row_flags(const struct grid *grid, uint32_t r)
{
    const struct row *row = &grid->rows.items[r];
    if (row->is_notice || row->count == 0)
        return 0;
    if (row_title(grid, row))
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
        if (!table && meaning_field(grid, meaning, rule_is_key))
            flags |= IS_KEY;
        if (table && table_has_terms(table) && meaning_field(grid, meaning, rule_is_key) && !meaning->columns[table->index])
            flags |= IS_MANY;
        if (!table && meaning_field(grid, meaning, rule_is_opener))
            flags |= IS_OPENER;
    }
    if (table && table_has_terms(table))
        flags |= IS_BODY | IS_ANY | IS_LABEL;
    if (!(flags & IS_ANY) && row_remark(grid, row))
        flags |= IS_YEAR;
    return flags;
}

struct finder {
    const struct grid *grid;
    const unsigned char *flags;
    struct extents extents;
    struct extent now;
    bool is_open, has_key, has_body, is_titled_since_body, has_title;
    unsigned parts;
};

static uint32_t headline_find(const struct grid *grid, const unsigned char *flags, uint32_t to, bool is_careful);

/* What says which field it is, and that of a form: notices name projects, too. */
static const struct rule *telling_field(const struct grid *grid, const struct cell *cell)
{
    const struct meaning *meaning = cell_meaning(grid, cell);
    const struct rule *telling = NULL;
    for (size_t s = 0; meaning->is_field && s < grid->grammar->section_count; s++) {
        const struct rule *rule = meaning->fields[s] ? grammar_rule(grid->grammar, meaning->fields[s]) : NULL;
        if (!rule || strcmp(rule->name, "-") == 0 || strcmp(rule->name, ".") == 0)
            continue;
        if (rule_child(rule, WORD_COMMON) || rule_child(rule, WORD_CLOSING) || rule_is_key(rule))
            return NULL;
        telling = rule;
    }
    return telling;
}

/* Whether rows without the title of a form, or a table of indicators, are one. Below
 * another title: they state two fields beside the project's name, or one and a table. */
static bool is_form(const struct finder *finder)
{
    const struct grid *grid = finder->grid;
    const struct rule *seen = NULL;
    const struct row *top = &grid->rows.items[finder->now.from];
    bool is_label_alone = finder->now.to - finder->now.from == 1 && top->count == 1 && !(row_first(grid, top)->flags & CELL_INLINE);
    if (!is_label_alone && headline_find(grid, finder->flags, finder->now.from, false) == UINT32_MAX)
        return true;
    for (uint32_t r = finder->now.from; r < finder->now.to; r++) {
        const struct row *row = &grid->rows.items[r];
        uint32_t rows;
        const struct rule *table = row->is_notice ? NULL : row_table(grid, r, NULL, &rows);
        for (uint32_t i = 0; !row->is_notice && i < row->count; i++) {
            const struct rule *rule = table ? table : telling_field(grid, &row_cells(grid, row)[i]);
            if (rule && seen && rule != seen)
                return true;
            seen = rule ? rule : seen;
        }
    }
    return false;
}

static void finder_close(struct finder *finder, uint32_t to)
{
    if (!finder->is_open)
        return;
    finder->now.to = to;
    if (finder->has_title || finder->has_body || finder->now.is_many ||
        (finder->has_key && (finder->extents.count || is_form(finder))))
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
    const struct rule *title = row_title(grid, row);
    const struct cell *cell = row_title_cell(grid, row);
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
    unsigned part = title_part(grid, row, title);
    if (finder->is_open && finder->has_title) {
        bool is_whole_before = !finder->parts && finder->has_body && ahead & IS_KEY; /* a form in one part came to its end */
        if (part && !(finder->parts & part) && !is_whole_before) {
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
    for (uint32_t above = r; above > least; above--) {
        unsigned flags = finder->flags[above - 1];
        if (finder->grid->rows.items[above - 1].is_notice)
            continue; /* a page number between */
        if (!(flags & (IS_OPENER | IS_YEAR)) || flags & (IS_TITLE | IS_BODY))
            break;
        from = above - 1;
    }
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

/* The line that is the title of the whole document, above its first form: a heading, one
 * that speaks of such forms, or the first; only where it is alone when `is_careful`: several
 * lines above a form with a title of its own may be a menu. */
static uint32_t headline_find(const struct grid *grid, const unsigned char *flags, uint32_t to, bool is_careful)
{
    uint32_t first = UINT32_MAX, matching = UINT32_MAX;
    unsigned count = 0;
    for (uint32_t r = 0; r < to; r++) {
        const struct row *row = &grid->rows.items[r];
        if (row->is_notice || row_filled(grid, row) != 1 || flags[r] & (IS_ANY | IS_YEAR))
            continue;
        const struct cell *cell = row_first(grid, row);
        struct view view;
        view_read(&view, grid->document, cell_span(cell));
        if (!view.is_whole || view.length < 6)
            continue;
        if (row->level)
            return r;
        if (strstr(view.text, "。") || cell_meaning(grid, cell)->is_column)
            continue;
        if (view.length >= HEADLINE_LEAST && count++ == 0)
            first = r;
        if (matching == UINT32_MAX && grammar_value(grid->grammar, VALUE_HEADLINE, view.text, view.length))
            matching = r;
    }
    return matching != UINT32_MAX || (is_careful && count > 1) ? matching : first;
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
    finder.extents.headline = headline_find(grid, flags, first, finder.extents.count && finder.extents.items[0].title);
    finder.extents.unknown_title = finder.extents.count ? UINT32_MAX : headline_find(grid, flags, (uint32_t)count, false);
    free(flags);
    free(next_titles);
    return finder.extents;
}
