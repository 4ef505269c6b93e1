#include "rows.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>
#include <uniwidth.h>

#include "../base/array.h"
#include "csv.h"

enum {
    TABLE_AHEAD = 1000, /* rows that decide how wide the columns are */
    CELL_MOST = 60,     /* columns of a terminal */
};

const char *const rows_format_names[ROWS_FORMATS] = {
    [ROWS_TABLE] = "table", [ROWS_CSV] = "csv", [ROWS_JSON] = "json", [ROWS_JSONL] = "jsonl"};

enum rows_format rows_format_named(const char *name)
{
    enum rows_format format = 0;
    while (format < ROWS_FORMATS && strcmp(name, rows_format_names[format]) != 0)
        format++;
    return format;
}

/* Text of a question may be no UTF-8; what is written always is. */
static void add_text(struct buffer *out, const char *text, size_t length)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + length, *wrong;
    while ((wrong = u8_check(at, (size_t)(end - at)))) {
        ucs4_t code;
        buffer_add(out, (const char *)at, (size_t)(wrong - at));
        buffer_text(out, "\xEF\xBF\xBD");
        int size = u8_mbtouc(&code, wrong, (size_t)(end - wrong));
        at = wrong + (size > 0 ? size : 1);
    }
    buffer_add(out, (const char *)at, (size_t)(end - at));
}

/* The shortest decimal that reads back. */
static void add_real(struct buffer *out, double value)
{
    char number[32];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(number, sizeof number, "%.*g", digits, value);
        if (strtod(number, NULL) == value)
            break;
    }
    buffer_text(out, number);
}

/* A value as text. */
static void add_value(struct buffer *out, const struct query *query, int column)
{
    char number[32];
    switch (query_type(query, column)) {
    case QUERY_NULL:
        break;
    case QUERY_INTEGER:
        snprintf(number, sizeof number, "%" PRId64, query_integer(query, column));
        buffer_text(out, number);
        break;
    case QUERY_REAL:
        add_real(out, query_real(query, column));
        break;
    case QUERY_TEXT: {
        const char *text = query_text(query, column);
        add_text(out, text, query_size(query, column));
        break;
    }
    case QUERY_BLOB: {
        const unsigned char *bytes = query_blob(query, column);
        for (size_t i = 0; i < query_size(query, column); i++) {
            snprintf(number, sizeof number, "%02x", bytes[i]);
            buffer_text(out, number);
        }
        break;
    }
    }
}

/* ---- table ---- */

/* A cell in one line: controls and line ends as blanks, cut where it is too wide. */
struct shown {
    char *text;
    int width;
    bool is_number;
};

static struct shown shown_of(const struct buffer *value, bool is_number)
{
    struct buffer out = {0};
    int width = 0;
    for (size_t at = 0; at < value->length;) {
        ucs4_t code;
        int size = u8_mbtouc(&code, (const uint8_t *)value->bytes + at, value->length - at);
        int wide = uc_width(code, "UTF-8");
        bool is_blank = wide < 0;
        if (width + (is_blank ? 1 : wide) > CELL_MOST - 1 && value->length - at > (size_t)size) {
            buffer_text(&out, "…");
            width++;
            break;
        }
        if (is_blank)
            buffer_char(&out, ' ');
        else
            buffer_add(&out, value->bytes + at, (size_t)size);
        width += is_blank ? 1 : wide;
        at += (size_t)size;
    }
    buffer_char(&out, '\0');
    return (struct shown){out.bytes, width, is_number};
}

static struct shown shown_text(const char *text)
{
    struct buffer value = {0};
    buffer_text(&value, text);
    struct shown shown = shown_of(&value, false);
    buffer_release(&value);
    return shown;
}

static void print_row(FILE *out, const struct shown *cells, const int *widths, int columns)
{
    for (int i = 0; i < columns; i++) {
        int pad = widths[i] > cells[i].width ? widths[i] - cells[i].width : 0;
        bool is_last = i + 1 == columns;
        fprintf(out, "%*s%s%*s%s", cells[i].is_number ? pad : 0, "", cells[i].text,
                cells[i].is_number || is_last ? 0 : pad, "", is_last ? "\n" : "  ");
    }
}

struct table {
    FILE *out;
    int columns, *widths;
    array_of(struct shown) cells; /* rows held back */
    bool is_open;                 /* the widths are settled */
};

static void table_open(struct table *table)
{
    size_t columns = (size_t)table->columns;
    for (size_t i = 0; i < columns && table->cells.count > columns; i++) /* names as what is under them */
        table->cells.items[i].is_number = table->cells.items[columns + i].is_number;
    for (size_t i = 0; i < table->cells.count; i++)
        if (table->widths[i % columns] < table->cells.items[i].width)
            table->widths[i % columns] = table->cells.items[i].width;
    for (size_t i = 0; i < table->cells.count; i += columns) {
        print_row(table->out, &table->cells.items[i], table->widths, table->columns);
        if (i == 0) /* a rule under the names */
            for (int k = 0; k < table->columns; k++) {
                for (int n = 0; n < table->widths[k]; n++)
                    fputs("─", table->out);
                fputs(k + 1 == table->columns ? "\n" : "  ", table->out);
            }
    }
    table->is_open = true;
}

static void table_forget(struct table *table)
{
    for (size_t i = 0; i < table->cells.count; i++)
        free(table->cells.items[i].text);
    table->cells.count = 0;
}

static enum query_step write_table(struct query *query, FILE *out, size_t *count)
{
    struct table table = {.out = out, .columns = query_columns(query)};
    table.widths = calloc((size_t)table.columns + 1, sizeof *table.widths);
    if (!table.widths)
        memory_exhausted();
    for (int i = 0; i < table.columns; i++)
        *array_push(&table.cells) = shown_text(query_name(query, i));
    struct buffer value = {0};
    enum query_step step;
    while ((step = query_next(query)) == QUERY_ROW && !ferror(out)) {
        ++*count;
        for (int i = 0; i < table.columns; i++) {
            value.length = 0;
            add_value(&value, query, i);
            enum query_type type = query_type(query, i);
            *array_push(&table.cells) = shown_of(&value, type == QUERY_INTEGER || type == QUERY_REAL);
        }
        if (table.is_open) {
            print_row(out, table.cells.items, table.widths, table.columns);
            table_forget(&table);
        } else if (*count == TABLE_AHEAD) {
            table_open(&table);
            table_forget(&table);
        }
    }
    if (!table.is_open && (*count || step == QUERY_END))
        table_open(&table);
    table_forget(&table);
    array_release(&table.cells);
    buffer_release(&value);
    free(table.widths);
    return step;
}

/* ---- CSV ---- */

void rows_csv_names(struct buffer *out, const struct query *query)
{
    for (int i = 0; i < query_columns(query); i++) {
        const char *name = query_name(query, i);
        if (i)
            buffer_char(out, ',');
        csv_field(out, name, strlen(name));
    }
    buffer_text(out, "\r\n");
}

void rows_csv_values(struct buffer *out, const struct query *query)
{
    struct buffer value = {0};
    for (int i = 0; i < query_columns(query); i++) {
        value.length = 0;
        add_value(&value, query, i);
        if (i)
            buffer_char(out, ',');
        csv_field(out, value.bytes, value.length);
    }
    buffer_text(out, "\r\n");
    buffer_release(&value);
}

static void put(struct buffer *line, FILE *out)
{
    fwrite(line->bytes, 1, line->length, out);
    line->length = 0;
}

static enum query_step write_csv_rows(struct query *query, FILE *out, size_t *count)
{
    struct buffer line = {0};
    rows_csv_names(&line, query);
    put(&line, out);
    enum query_step step;
    while ((step = query_next(query)) == QUERY_ROW && !ferror(out)) {
        ++*count;
        rows_csv_values(&line, query);
        put(&line, out);
    }
    buffer_release(&line);
    return step;
}

/* ---- JSON ---- */

static void add_string(struct buffer *out, const char *text, size_t length)
{
    char escape[8];
    buffer_char(out, '"');
    for (const char *end = text + length; text < end; text++)
        if (*text == '"' || *text == '\\') {
            buffer_char(out, '\\');
            buffer_char(out, *text);
        } else if (*text == '\n') {
            buffer_text(out, "\\n");
        } else if ((unsigned char)*text < 0x20) {
            snprintf(escape, sizeof escape, "\\u%04x", (unsigned)*text);
            buffer_text(out, escape);
        } else {
            buffer_char(out, *text);
        }
    buffer_char(out, '"');
}

static void add_json(struct buffer *out, const struct query *query, int column)
{
    struct buffer value = {0};
    switch (query_type(query, column)) {
    case QUERY_NULL:
        buffer_text(out, "null");
        break;
    case QUERY_REAL:
        if (!isfinite(query_real(query, column))) {
            buffer_text(out, "null");
            break;
        }
        /* fall through */
    case QUERY_INTEGER:
        add_value(out, query, column);
        break;
    default:
        add_value(&value, query, column);
        add_string(out, value.bytes, value.length);
    }
    buffer_release(&value);
}

static void add_member(struct buffer *out, const char *name, const struct query *query, int column)
{
    add_string(out, name, strlen(name));
    buffer_char(out, ':');
    add_json(out, query, column);
}

void rows_json_members(struct buffer *out, const struct query *query, int first)
{
    bool is_behind = false;
    for (int i = first; i < query_columns(query); i++) {
        if (query_type(query, i) == QUERY_NULL)
            continue;
        if (is_behind)
            buffer_char(out, ',');
        is_behind = true;
        add_member(out, query_name(query, i), query, i);
    }
}

/* Names of columns, each once: of several of one name the later have a number. */
static char **column_names(const struct query *query)
{
    int columns = query_columns(query);
    char **names = memory_resize(NULL, (size_t)columns * sizeof *names + 1);
    for (int i = 0; i < columns; i++) {
        int before = 0;
        for (int k = 0; k < i; k++)
            before += strcmp(query_name(query, k), query_name(query, i)) == 0;
        struct buffer name = {0};
        char number[16];
        add_text(&name, query_name(query, i), strlen(query_name(query, i)));
        if (before)
            buffer_add(&name, number, (size_t)snprintf(number, sizeof number, ":%d", before + 1));
        buffer_char(&name, '\0');
        names[i] = name.bytes;
    }
    return names;
}

static enum query_step write_json_rows(struct query *query, bool is_lines, FILE *out, size_t *count)
{
    struct buffer line = {0};
    char **names = column_names(query);
    int columns = query_columns(query);
    if (!is_lines)
        putc('[', out);
    enum query_step step;
    while ((step = query_next(query)) == QUERY_ROW && !ferror(out)) {
        buffer_text(&line, is_lines ? "{" : *count ? ",\n {" : "\n {");
        for (int i = 0; i < columns; i++) {
            if (i)
                buffer_text(&line, is_lines ? "," : ", ");
            add_member(&line, names[i], query, i);
        }
        buffer_text(&line, is_lines ? "}\n" : "}");
        put(&line, out);
        ++*count;
    }
    if (!is_lines && step == QUERY_END)
        fputs(*count ? "\n]\n" : "]\n", out);
    for (int i = 0; i < columns; i++)
        free(names[i]);
    free(names);
    buffer_release(&line);
    return step;
}

bool rows_write(struct query *query, enum rows_format format, FILE *out, size_t *count)
{
    *count = 0;
    switch (format) {
    case ROWS_CSV:
        return write_csv_rows(query, out, count) == QUERY_END;
    case ROWS_JSON:
    case ROWS_JSONL:
        return write_json_rows(query, format == ROWS_JSONL, out, count) == QUERY_END;
    default:
        return write_table(query, out, count) == QUERY_END;
    }
}
