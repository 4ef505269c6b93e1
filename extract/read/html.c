#include <string.h>
#include <strings.h>

#include "read.h"
#include "stacked.h"

enum { NESTING_MOST = 32, COLUMNS_MOST = 512, SPAN_MOST = 512, ROWSPAN_MOST = 65534, STRAYS_MOST = 8 };

struct table {
    uint32_t number;
    bool is_in_row, is_in_cell, has_row;
    uint32_t cell_from;
    uint32_t loose_from;         /* text in no cell since here; 0: none */
    unsigned column, width;      /* of the cell at hand */
    unsigned rowspan;
    unsigned next_column;
    unsigned columns;            /* widest row so far */
    uint32_t covered[COLUMNS_MOST]; /* rows that a cell above still spans, a column */
};

struct page {
    struct grid *grid;
    const char *text;
    uint32_t to;
    uint32_t block_from;   /* text outside of tables since here */
    unsigned level;        /* of the heading the block is in */
    bool is_page;
    unsigned depth, merged;
    struct table *tables;  /* NESTING_MOST */
    struct span strays[STRAYS_MOST]; /* text between the cells of the row at hand */
    unsigned stray_count;
};

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++)
        if (name[0] == (*names)[0] && strcmp(name, *names) == 0)
            return true;
    return false;
}

bool tag_is_table(const struct tag *tag)
{
    return tag_is(tag, "td") || tag_is(tag, "tr") || tag_is(tag, "th") || tag_is(tag, "table") || tag_is(tag, "tbody") ||
           tag_is(tag, "thead");
}

static bool tag_is_block(const struct tag *tag)
{
    static const char *const names[] = {"p", "div", "li", "ul", "ol", "dl", "dt", "dd", "br", "hr", "center", "section", "article",
                                        "header", "footer", "nav", "main", "aside", "form", "body", "html", "head", "pre", "caption",
                                        "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "option", "select", "fieldset", "figure", NULL};
    return is_one_of(tag->name, names);
}

bool source_is_page(const struct source *source)
{
    const char *text = source->text;
    uint32_t length = source->length;
    if (strcmp(source->media_type, "text/html") == 0)
        return true;
    static const char *const names[] = {"html", "head", "body", "meta", NULL};
    const char *from = text + strspn(text, " \t\n\v\f\r");
    const char *to = text + length - from < 4096 ? text + length : from + 4096;
    for (const char *open = from; (open = memchr(open, '<', (size_t)(to - open))); open++) {
        uint32_t at = (uint32_t)(open - text);
        struct tag tag;
        if (strncasecmp(text + at, "<!doctype html", 14) == 0)
            return true;
        if (tag_read(text, at, length, &tag) && is_one_of(tag.name, names))
            return true;
    }
    return false;
}

/* Text outside of tables becomes a row of its own. */
static void block_flush(struct page *page, uint32_t to)
{
    struct span span = text_trim(page->grid->document, (struct span){page->block_from, to});
    if (!span_is_empty(span)) {
        grid_row(page->grid, ROW_LINE, page->level, 0, true);
        grid_cell(page->grid, span, 0, 1, 0);
        grid_row_done(page->grid);
    }
    page->block_from = to;
}

/* A stretch of text with blocks in it: each a line of its own. */
static void lines_flush(struct page *page, uint32_t from, uint32_t to)
{
    page->block_from = from;
    for (uint32_t at = from; at < to;) {
        const char *next = memchr(page->text + at, '<', to - at);
        if (!next)
            break;
        at = (uint32_t)(next - page->text);
        struct tag tag;
        if (!tag_read(page->text, at, to, &tag)) {
            at++;
            continue;
        }
        if (tag_is_block(&tag)) {
            block_flush(page, at);
            page->block_from = tag.end;
        }
        at = tag.end;
    }
    block_flush(page, to);
}

/* What stands in a table but in no cell: lines of their own, behind the row that
 * is being read. Many of them in one row are one. */
static void loose_flush(struct page *page, struct table *table, uint32_t to)
{
    struct span span = {table->loose_from, to};
    bool is_loose = table->loose_from && !table->is_in_cell && !span_is_empty(text_trim(page->grid->document, span));
    table->loose_from = 0;
    if (!is_loose)
        return;
    if (!table->is_in_row)
        lines_flush(page, span.from, span.to);
    else if (page->stray_count < STRAYS_MOST)
        page->strays[page->stray_count++] = span;
    else
        page->strays[STRAYS_MOST - 1].to = span.to;
}

static void covered_cells(struct page *page, struct table *table)
{
    while (table->next_column < COLUMNS_MOST && table->covered[table->next_column]) {
        table->covered[table->next_column]--;
        grid_cell(page->grid, (struct span){page->block_from, page->block_from}, table->next_column, 1, CELL_COVERED);
        table->next_column++;
    }
}

static void row_begin(struct page *page, struct table *table)
{
    table->is_in_row = true;
    table->next_column = 0;
    grid_row(page->grid, ROW_TABLE, 0, table->number, !table->has_row);
    table->has_row = true;
}

static void cell_end(struct page *page, struct table *table, uint32_t to)
{
    if (!table->is_in_cell)
        return;
    table->is_in_cell = false;
    grid_cell(page->grid, (struct span){table->cell_from, to}, table->column, table->width, 0);
    for (unsigned c = table->column; c < table->column + table->width && c < COLUMNS_MOST; c++)
        table->covered[c] = table->rowspan - 1;
    table->next_column = table->column + table->width;
    if (table->next_column > table->columns)
        table->columns = table->next_column;
    page->block_from = to;
}

static void row_end(struct page *page, struct table *table, uint32_t to)
{
    cell_end(page, table, to);
    if (!table->is_in_row)
        return;
    page->block_from = to;
    while (table->next_column < table->columns && table->next_column < COLUMNS_MOST) {
        covered_cells(page, table);
        if (table->next_column < table->columns)
            table->next_column++;
    }
    table->is_in_row = false;
    grid_row_done(page->grid);
    for (unsigned i = 0; i < page->stray_count; i++)
        lines_flush(page, page->strays[i].from, page->strays[i].to);
    page->stray_count = 0;
    page->block_from = to;
}

static unsigned span_of(const struct page *page, uint32_t at, const struct tag *tag, const char *name, unsigned most)
{
    struct span value;
    unsigned number = 0;
    if (tag_attribute(page->text, at, tag, name, &value))
        for (uint32_t p = value.from; p < value.to && page->text[p] >= '0' && page->text[p] <= '9' && number <= most; p++)
            number = number * 10 + (unsigned)(page->text[p] - '0');
    return number < 1 ? 1 : number > most ? most : number;
}

static void table_open(struct page *page, uint32_t at)
{
    struct table *outer = page->depth ? &page->tables[page->depth - 1] : NULL;
    if (outer)
        loose_flush(page, outer, at);
    if (outer) {
        /* A table in a cell: the outer one is layout, what its cell holds so far are lines. */
        bool is_in_cell = outer->is_in_cell;
        outer->is_in_cell = false;
        row_end(page, outer, at);
        if (is_in_cell)
            lines_flush(page, outer->cell_from, at);
    } else {
        block_flush(page, at);
    }
    /* Nested too deeply, a table takes the place of the one around it. */
    if (page->depth == NESTING_MOST)
        page->merged++;
    else
        page->depth++;
    page->tables[page->depth - 1] = (struct table){.number = ++page->grid->tables};
}

static void table_close(struct page *page, uint32_t at, uint32_t end)
{
    if (!page->depth)
        return;
    struct table *table = &page->tables[page->depth - 1];
    loose_flush(page, table, at);
    row_end(page, table, at);
    if (page->merged) {
        page->merged--;
        *table = (struct table){.number = ++page->grid->tables};
    } else {
        page->depth--;
    }
    page->block_from = end;
}

static void table_tag(struct page *page, uint32_t at, const struct tag *tag)
{
    if (tag_is(tag, "table")) {
        if (tag->is_closing)
            table_close(page, at, tag->end);
        else
            table_open(page, at);
        return;
    }
    if (tag_is(tag, "tbody") || tag_is(tag, "thead")) {
        if (page->depth)
            loose_flush(page, &page->tables[page->depth - 1], at);
        return;
    }
    if (!page->depth) {
        if (tag->is_closing)
            return;
        table_open(page, at);
    }
    struct table *table = &page->tables[page->depth - 1];
    loose_flush(page, table, at);
    if (tag_is(tag, "tr")) {
        row_end(page, table, at);
        if (!tag->is_closing) {
            /* what stands between rows is seen by browsers before the table */
            row_begin(page, table);
            page->block_from = tag->end;
        }
        return;
    }
    if (tag->is_closing) {
        cell_end(page, table, at);
        page->block_from = tag->end;
        return;
    }
    cell_end(page, table, at);
    if (!table->is_in_row)
        row_begin(page, table);
    page->block_from = tag->end;
    covered_cells(page, table);
    table->is_in_cell = true;
    table->cell_from = tag->end;
    table->column = table->next_column < COLUMNS_MOST ? table->next_column : COLUMNS_MOST - 1;
    table->width = span_of(page, at, tag, "colspan", SPAN_MOST);
    table->rowspan = span_of(page, at, tag, "rowspan", ROWSPAN_MOST);
}

/* Walks tags; a page to its end, a table in text until it is closed. */
static uint32_t walk(struct page *page, uint32_t at)
{
    const struct holes *holes = &page->grid->document->holes;
    size_t hole = 0;
    while (at < page->to) {
        const char *next = memchr(page->text + at, '<', page->to - at);
        if (!next)
            break;
        at = (uint32_t)(next - page->text);
        while (hole < holes->count && holes->items[hole].to <= at)
            hole++;
        struct tag tag;
        bool is_tag = tag_read(page->text, at, page->to, &tag);
        bool is_hidden = hole < holes->count && holes->items[hole].from <= at;
        if (is_hidden && !(is_tag && holes->items[hole].from == at && holes->items[hole].to == tag.end)) {
            at = holes->items[hole].to;
            continue;
        }
        if (!is_tag) {
            at++;
            continue;
        }
        if (tag_is_table(&tag)) {
            table_tag(page, at, &tag);
            if (page->depth && !page->tables[page->depth - 1].is_in_cell)
                page->tables[page->depth - 1].loose_from = tag.end;
            if (!page->is_page && page->depth == 0) {
                return tag.end;
            }
        } else if (page->depth && !page->tables[page->depth - 1].is_in_cell && !page->tables[page->depth - 1].is_in_row) {
            /* nothing visible belongs between rows */
        } else if (page->depth == 0 && tag_is_block(&tag)) {
            block_flush(page, at);
            page->block_from = tag.end;
            bool is_heading = tag.name[0] == 'h' && tag.name[1] >= '1' && tag.name[1] <= '6' && !tag.name[2];
            if (is_heading)
                page->level = tag.is_closing ? 0 : (unsigned)(tag.name[1] - '0');
            if (tag_is(&tag, "pre") && !tag.is_closing) {
                const char *close = strcasestr(page->text + tag.end, "</pre");
                uint32_t to = close ? (uint32_t)(close - page->text) : page->to;
                if (to > page->to)
                    to = page->to;
                read_lines(page->grid, tag.end, to);
                page->block_from = to;
                at = to;
                continue;
            }
        }
        at = tag.end;
    }
    while (page->depth)
        table_close(page, page->to, page->to);
    return page->to;
}

static uint32_t page_read(struct grid *grid, uint32_t at, uint32_t to, bool is_page)
{
    struct page page = {.grid = grid, .text = grid->document->text, .to = to, .block_from = at, .is_page = is_page};
    page.tables = memory_resize(NULL, NESTING_MOST * sizeof *page.tables);
    uint32_t end = walk(&page, at);
    if (is_page)
        block_flush(&page, to);
    free(page.tables);
    return end;
}

uint32_t read_table(struct grid *grid, uint32_t at, uint32_t to) { return page_read(grid, at, to, false); }

void read_page(struct grid *grid, uint32_t at, uint32_t to) { page_read(grid, at, to, true); }

static void hole_add(struct grid *grid, uint32_t from, uint32_t to)
{
    *array_push(&grid->holes) = (struct span){from, to};
}

/* Comments, scripts, styles, head titles, declarations: never visible. */
static void holes_find(struct grid *grid, const char *text, uint32_t length)
{
    static const char *const hidden[] = {"script", "style", "title", "noscript", "template", NULL};
    bool is_unclosed[6] = {0};
    for (const char *p = text; (p = memchr(p, '<', (size_t)(text + length - p)));) {
        uint32_t at = (uint32_t)(p - text);
        struct tag tag;
        const char *close = NULL;
        if (strncmp(p, "<!--", 4) == 0) {
            const char *end = is_unclosed[5] ? NULL : strstr(p + 4, "-->");
            is_unclosed[5] = !end;
            close = end ? end + 3 : p + 4;
        } else if (p[1] == '!' || p[1] == '?') {
            const char *end = p + 1;
            while (*end && *end != '>' && *end != '<')
                end++;
            if (*end == '>' && (p[1] == '?' || strncasecmp(p, "<!doctype", 9) == 0 || strncmp(p, "<![", 3) == 0))
                close = end + 1;
        } else if (tag_read(text, at, length, &tag)) {
            unsigned i = 0;
            while (hidden[i] && (hidden[i][0] != tag.name[0] || strcmp(hidden[i], tag.name) != 0))
                i++;
            if (hidden[i] && !tag.is_closing && !is_unclosed[i]) {
                char want[16] = "</";
                strcat(want, hidden[i]);
                close = strcasestr(text + tag.end, want);
                if (close) {
                    const char *end = strchr(close, '>');
                    close = end ? end + 1 : close;
                } else {
                    is_unclosed[i] = true;
                }
            }
            /* a sign inside a quoted attribute: only the whole tag is no text */
            const char *sign = p + 1;
            while (sign < text + tag.end - 1 && *sign != '<' && *sign != '>')
                sign++;
            if (!close && sign < text + tag.end - 1)
                close = text + tag.end;
            if (!close) {
                p = text + tag.end;
                continue;
            }
        }
        if (close) {
            hole_add(grid, at, (uint32_t)(close - text));
            p = close;
        } else {
            p++;
        }
    }
}

void read_document(struct grid *grid, bool is_page)
{
    struct document_text *document = (struct document_text *)grid->document;
    holes_find(grid, document->text, document->length);
    unseen_find(grid, is_page);
    document->holes = (struct holes){grid->holes.items, grid->holes.count};
    if (is_page)
        read_page(grid, 0, document->length);
    else
        read_lines(grid, 0, document->length);
    grid_unstack(grid);
    grid_delist(grid);
}
