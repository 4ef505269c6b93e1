#include <string.h>

#include "read.h"

struct line {
    uint32_t from, to;   /* without its line end */
    unsigned tabs, bars;
    bool is_blank;       /* nothing visible */
    bool is_empty;       /* nothing at all, or blanks other than tabs */
    bool is_single_tab;  /* one tab, in front */
    bool is_separator;   /* of a Markdown table: - : | + = only */
    bool is_quoted;      /* goes on over line ends inside quotes, as spreadsheets write them */
};

enum { QUOTED_MOST = 4000 }; /* bytes of a cell in quotes */

struct lines {
    struct grid *grid;
    const char *text;
    uint32_t at, to;
    bool is_after_gap, was_cells;
};

static bool line_next(struct lines *lines, struct line *line)
{
    if (lines->at >= lines->to)
        return false;
    const char *text = lines->text;
    uint32_t p = lines->at;
    *line = (struct line){.from = p, .is_blank = true, .is_empty = true};
    unsigned dashes = 0, others = 0;
    bool is_seen = false; /* anything but blanks and tabs */
    /* bytes of a character that is surely visible and no sign of a table's */
    static const unsigned char plain[256] = {[1 ... 8] = 1, [14 ... 0x1b] = 1, [0x21 ... '*'] = 1, [','] = 1, ['.' ... '9'] = 1, [';' ... '<'] = 1,
                                             ['>' ... '{'] = 1, ['}' ... 0x7f] = 1, [0xe4 ... 0xef] = 3, [0xf0 ... 0xf4] = 4};
    while (p < lines->to && text[p] != '\n' && text[p] != '\r') {
        unsigned char c = (unsigned char)text[p];
        if (plain[c]) {
            others = 1;
            do
                p += plain[c];
            while (p < lines->to && plain[c = (unsigned char)text[p]]);
            continue;
        }
        if (c == '\t') {
            line->tabs++;
            line->is_empty = false;
        } else if (c == '|') {
            line->bars += !(p > line->from && text[p - 1] == '\\');
            is_seen = true;
        } else if (c == '-') {
            dashes++;
            is_seen = true;
        } else if (c >= 0x80) {
            unsigned length;
            uint32_t code = character_decode(text + p, &length);
            others += !character_is_space(code);
            p += length;
            continue;
        } else if (!character_is_space(c)) {
            others += c != ':' && c != '+' && c != '=';
            is_seen = true;
        }
        p++;
    }
    line->is_blank = !is_seen && !others;
    line->is_empty &= line->is_blank;
    line->to = p;
    line->is_single_tab = line->tabs == 1 && text[line->from] == '\t';
    line->is_separator = others == 0 && dashes >= 2 && (line->bars || line->tabs || dashes >= 3);
    lines->at = p + (p < lines->to) + (p + 1 < lines->to && text[p] == '\r' && text[p + 1] == '\n');
    return true;
}

static bool ends_line(char c) { return c == '\n' || c == '\r'; }

/* The closing quote of a cell that begins at `from` and holds a line end, or 0. */
static uint32_t quote_end(const char *text, uint32_t from, uint32_t to)
{
    if (from >= to || text[from] != '"')
        return 0;
    bool has_line_end = false;
    for (uint32_t p = from + 1; p < to && p - from < QUOTED_MOST; p++) {
        has_line_end |= ends_line(text[p]);
        if (text[p] != '"')
            continue;
        if (p + 1 < to && text[p + 1] == '"')
            p++; /* a quote inside */
        else
            return has_line_end && (p + 1 == to || text[p + 1] == '\t' || ends_line(text[p + 1])) ? p : 0;
    }
    return 0;
}

/* A row of tabs some of whose cells are in quotes and hold line ends: to its last line. */
static void line_extend(struct lines *lines, struct line *line)
{
    const char *text = lines->text;
    uint32_t to = line->to;
    unsigned tabs = 0;
    bool is_quoted = false;
    for (uint32_t p = line->from;;) {
        uint32_t end = quote_end(text, p, lines->to);
        if (end) {
            is_quoted = true;
            for (p = to = end + 1; to < lines->to && !ends_line(text[to]);)
                to++;
        }
        const char *tab = memchr(text + p, '\t', to - p);
        if (!tab)
            break;
        tabs++;
        p = (uint32_t)(tab - text) + 1;
    }
    if (!is_quoted || !tabs)
        return;
    line->to = to;
    line->is_quoted = true;
    lines->at = to + (to < lines->to) + (to + 1 < lines->to && text[to] == '\r' && text[to + 1] == '\n');
}

static void cells_row(struct lines *lines, const struct line *line, char separator)
{
    struct grid *grid = lines->grid;
    const char *text = lines->text;
    uint32_t from = line->from, to = line->to;
    if (separator == '|') {
        while (from < to && byte_is_space(text[from]))
            from++;
        while (to > from && byte_is_space(text[to - 1]))
            to--;
        from += from < to && text[from] == '|';
        to -= to > from && text[to - 1] == '|' && !(to - 1 > from && text[to - 2] == '\\');
    }
    if (!lines->was_cells)
        lines->grid->tables++;
    grid_row(grid, ROW_CELLS, 0, lines->grid->tables, lines->is_after_gap);
    unsigned column = 0;
    for (uint32_t p = from;; p++) {
        uint32_t end = line->is_quoted && p == from ? quote_end(text, p, to) : 0;
        if (end) {
            grid_cell(grid, (struct span){from + 1, end}, column++, 1, 0);
            p = end + 1;
            from = p + 1;
            if (p == to)
                break;
            continue;
        }
        if (p == to || (text[p] == separator && !(separator == '|' && p > from && text[p - 1] == '\\'))) {
            grid_cell(grid, (struct span){from, p}, column++, 1, 0);
            from = p + 1;
        }
        if (p == to)
            break;
    }
    grid_row_done(grid);
}

static void plain_row(struct lines *lines, struct line line)
{
    unsigned level = 0;
    while (line.from < line.to && lines->text[line.from] == ' ')
        line.from++;
    uint32_t p = line.from;
    while (p < line.to && lines->text[p] == '#')
        p++;
    if (p - line.from <= 6 && p < line.to) {
        level = p - line.from;
        line.from = p;
    }
    grid_row(lines->grid, ROW_LINE, level, 0, lines->is_after_gap);
    grid_cell(lines->grid, (struct span){line.from, line.to}, 0, 1, 0);
    grid_row_done(lines->grid);
}

/* Lines of one cell each, a tab in front, rows parted by empty lines: is such a
 * group ahead? Leaves `lines` where it is. */
static bool group_is_ahead(const struct lines *lines, const struct line *first)
{
    struct lines ahead = *lines;
    struct line line = *first;
    unsigned count = 0;
    do {
        if (line.is_empty)
            break;
        if (!line.is_single_tab || line.bars > 1)
            return false;
        count++;
    } while (count < 64 && line_next(&ahead, &line));
    return count >= 2;
}

static void group_row(struct lines *lines, struct line line)
{
    if (!lines->was_cells)
        lines->grid->tables++;
    grid_row(lines->grid, ROW_CELLS, 0, lines->grid->tables, lines->is_after_gap);
    unsigned column = 0;
    for (;;) {
        grid_cell(lines->grid, (struct span){line.from, line.to}, column++, 1, 0);
        struct lines here = *lines;
        if (!line_next(lines, &line) || line.is_empty || !line.is_single_tab) {
            *lines = here;
            break;
        }
    }
    grid_row_done(lines->grid);
}

/* The first tag of a table in the line, or its end. */
static uint32_t table_in(const struct lines *lines, const struct line *line)
{
    for (const char *p = lines->text + line->from, *end = lines->text + line->to; (p = memchr(p, '<', (size_t)(end - p))); p++) {
        struct tag tag;
        uint32_t at = (uint32_t)(p - lines->text);
        if (tag_read(lines->text, at, lines->to, &tag) && !tag.is_closing && tag_is_table(&tag))
            return at;
    }
    return line->to;
}

void read_lines(struct grid *grid, uint32_t at, uint32_t to)
{
    struct lines lines = {.grid = grid, .text = grid->document->text, .at = at, .to = to};
    struct line line;
    while (line_next(&lines, &line)) {
        uint32_t table = table_in(&lines, &line);
        if (table < line.to) {
            if (!span_is_empty(text_trim(grid->document, (struct span){line.from, table})))
                plain_row(&lines, (struct line){.from = line.from, .to = table});
            lines.at = read_table(grid, table, lines.to);
            lines.was_cells = lines.is_after_gap = false;
            continue;
        }
        if (line.is_separator)
            continue;
        if (line.is_empty || (line.is_blank && line.tabs == 0)) {
            lines.is_after_gap = true;
            continue;
        }
        bool is_cells = true;
        if (memchr(lines.text + line.from, '"', line.to - line.from))
            line_extend(&lines, &line);
        if (line.is_quoted)
            cells_row(&lines, &line, '\t');
        else if (line.bars >= 2 || (line.bars == 1 && lines.text[line.from] == '|'))
            cells_row(&lines, &line, '|');
        else if (line.is_single_tab && group_is_ahead(&lines, &line))
            group_row(&lines, line);
        else if (line.tabs)
            cells_row(&lines, &line, '\t');
        else {
            plain_row(&lines, line);
            is_cells = false;
        }
        lines.was_cells = is_cells;
        lines.is_after_gap = false;
    }
}
