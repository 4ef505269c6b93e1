#include "archive_load.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <zstd.h>

#include "archive_sqlite.h"
#include "base/array.h"
#include "base/decimal.h"
#include "check.h"

/* Rows are handed to SQLite by a virtual table for each real one, and taken over by
 * INSERT … SELECT: half the time of binding each value. */

enum table {
    TABLE_DECLARATIONS, TABLE_PARTS, TABLE_HEADER, TABLE_NARRATIVE, TABLE_FUNDING, TABLE_INDICATORS, TABLE_BUDGET_LINES,
    TABLE_SAFEGUARDS, TABLE_FIELDS, TABLE_OPTIONS, TABLE_FINDINGS, TABLE_SPANS, TABLE_SEARCH,
    TABLES
};

enum { COLUMNS_MOST = 20 };

static const struct {
    const char *name;
    unsigned columns;
    const char *into; /* column list, or "" for all */
} tables[TABLES] = {
    [TABLE_DECLARATIONS] = {"declarations", 14, ""},
    [TABLE_PARTS] = {"parts", 4, ""},
    [TABLE_HEADER] = {"header", 4, ""},
    [TABLE_NARRATIVE] = {"narrative", 6, ""},
    [TABLE_FUNDING] = {"funding", 9, ""},
    [TABLE_INDICATORS] = {"indicators", 20, ""},
    [TABLE_BUDGET_LINES] = {"budget_lines", 18, ""},
    [TABLE_SAFEGUARDS] = {"safeguards", 6, ""},
    [TABLE_FIELDS] = {"fields", 6, ""},
    [TABLE_OPTIONS] = {"options", 5, ""},
    [TABLE_FINDINGS] = {"findings", 8, ""},
    [TABLE_SPANS] = {"spans", 13, ""},
    [TABLE_SEARCH] = {"search", 5, "(rowid, project, unit, names, narrative)"},
};

enum datum_kind {
    DATUM_NULL, DATUM_TEXT, DATUM_INTEGER, DATUM_REAL,
    DATUM_DECLARATION, /* integer: its place in the document, from 0 */
    DATUM_SOURCE,
};

struct datum {
    union {
        const char *text;
        int64_t integer;
        double real;
    };
    uint32_t length;
    enum datum_kind kind;
};

static_assert(sizeof(struct datum) == 16, "many of them are held");

enum item_kind { ITEM_DOCUMENT, ITEM_SEEN, ITEM_FAILED };

/* One file of the transaction. */
struct item {
    enum item_kind kind;
    struct archive_file file;
    const char *sha256, *media_type, *encoding, *title;
    int64_t bytes;
    const char *reason, *message;
    size_t declarations;
    const void *xml; /* compressed */
    size_t xml_size, xml_bytes;
    size_t rows[TABLES]; /* its first in each; they go on to the next item's */
    int64_t source_id, declaration_id; /* of its first; once it is being stored */
    int64_t before;  /* source that the file had, or 0 */
    bool is_dropped; /* known meanwhile, or never read */
    bool is_placed;  /* has its ids */
    bool is_partial; /* rows of it were stored before it was done */
};

struct loader {
    struct archive *archive;
    const struct archive_reader *reader;
    array_of(struct item) items;
    array_of(struct datum) data[TABLES];
    struct arena rows, kept; /* texts of the data; of the items */
    char *text, *text_end;   /* free room in rows */
    size_t staged;           /* bytes of texts and data */
    size_t placed;           /* items before this one have their ids */
    bool is_open;            /* a transaction is, for a large document */
    bool has_failed;         /* it cannot be completed */
    sqlite3_stmt *inserts[TABLES];
    ZSTD_CCtx *compressor;
    struct buffer xml, packed;
    size_t packed_from; /* bytes of XML that are in `packed` */

    /* the document at hand */
    const struct source *source;
    struct source nameless; /* the same without href */
    struct writer writer;
    struct source_cursor cursor;
    size_t declaration; /* its number in the document, from 0 */
    size_t starts[TABLES]; /* its first rows */
    size_t findings;    /* of the document */
};

enum {
    STAGED_MOST = 12 << 20,  /* bytes; then parts of a document are stored */
    PACK_STEP = 1 << 20,     /* bytes of XML that are compressed together */
    TEXT_STEP = 60 * 1024,
    TEXT_MOST = 1 << 26,     /* bytes of one value: SQLite has a limit, and the XML has it all */
    COMPRESSION = 3,
};

/* ---- data ---- */

static char *text_room(struct loader *loader, size_t length)
{
    if ((size_t)(loader->text_end - loader->text) < length) {
        size_t room = length > TEXT_STEP ? length : TEXT_STEP;
        loader->text = arena_room(&loader->rows, room);
        loader->text_end = loader->text + room;
    }
    char *text = loader->text;
    loader->text += length;
    loader->staged += length;
    return text;
}

static struct datum null_datum(void) { return (struct datum){.kind = DATUM_NULL}; }

static struct datum integer_datum(int64_t integer) { return (struct datum){.integer = integer, .kind = DATUM_INTEGER}; }

/* Text that outlives the loader: names of the grammar and the like. */
static struct datum name_datum(const char *text)
{
    return text ? (struct datum){.text = text, .length = (uint32_t)strlen(text), .kind = DATUM_TEXT} : null_datum();
}

static struct datum length_datum(struct loader *loader, const char *text, size_t length)
{
    if (length > TEXT_MOST)
        for (length = TEXT_MOST; (text[length] & 0xC0) == 0x80;)
            length--;
    return (struct datum){.text = memcpy(text_room(loader, length), text, length), .length = (uint32_t)length, .kind = DATUM_TEXT};
}

static struct datum text_datum(struct loader *loader, const char *text)
{
    return text && *text ? length_datum(loader, text, strlen(text)) : null_datum();
}

static struct datum declaration_datum(const struct loader *loader)
{
    return (struct datum){.integer = (int64_t)loader->declaration, .kind = DATUM_DECLARATION};
}

/* A row of NULLs, which is filled in place before the next is added. */
static struct datum *row_new(struct loader *loader, enum table table)
{
    unsigned columns = tables[table].columns;
    array_reserve(&loader->data[table], loader->data[table].count + columns);
    struct datum *row = loader->data[table].items + loader->data[table].count;
    loader->data[table].count += columns;
    loader->staged += columns * sizeof *row;
    memset(row, 0, columns * sizeof *row);
    return row;
}

/* A row of a fact: its first two columns are the same in all. */
static struct datum *fact_row(struct loader *loader, enum table table, size_t fact)
{
    struct datum *row = row_new(loader, table);
    row[0] = declaration_datum(loader);
    row[1] = integer_datum((int64_t)fact);
    return row;
}

/* ---- the virtual tables ---- */

struct staged_table {
    sqlite3_vtab base;
    struct loader *loader;
    enum table table;
};

struct staged_cursor {
    sqlite3_vtab_cursor base;
    size_t item, row, end; /* rows of the item */
};

static int staged_connect(sqlite3 *database, void *context, int count, const char *const *words, sqlite3_vtab **out, char **message)
{
    (void)count, (void)message;
    struct staged_table *staged = sqlite3_malloc(sizeof *staged);
    if (!staged)
        return SQLITE_NOMEM;
    *staged = (struct staged_table){.loader = context};
    while (staged->table < TABLES - 1 && strcmp(words[2] + sizeof "staged_" - 1, tables[staged->table].name) != 0)
        staged->table++;
    char columns[COLUMNS_MOST * 5 + 20] = "CREATE TABLE x (c0";
    size_t length = strlen(columns);
    for (unsigned i = 1; i < tables[staged->table].columns; i++)
        length += (size_t)snprintf(columns + length, sizeof columns - length, ",c%u", i);
    snprintf(columns + length, sizeof columns - length, ")");
    *out = &staged->base;
    return sqlite3_declare_vtab(database, columns);
}

static int staged_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

static int staged_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    info->estimatedCost = 1;
    return SQLITE_OK;
}

static int staged_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    (void)table;
    struct staged_cursor *cursor = sqlite3_malloc(sizeof *cursor);
    if (!cursor)
        return SQLITE_NOMEM;
    *cursor = (struct staged_cursor){0};
    *out = &cursor->base;
    return SQLITE_OK;
}

static int staged_close(sqlite3_vtab_cursor *cursor)
{
    sqlite3_free(cursor);
    return SQLITE_OK;
}

/* Goes to the next item that has rows, from `item` on. */
static void staged_seek(struct staged_cursor *cursor)
{
    const struct staged_table *staged = (const struct staged_table *)cursor->base.pVtab;
    const struct loader *loader = staged->loader;
    for (; cursor->item < loader->items.count; cursor->item++) {
        const struct item *item = &loader->items.items[cursor->item];
        bool is_last = cursor->item + 1 == loader->items.count;
        cursor->row = item->rows[staged->table];
        cursor->end = is_last ? loader->data[staged->table].count : item[1].rows[staged->table];
        if (!item->is_dropped && cursor->row < cursor->end)
            return;
    }
}

static int staged_filter(sqlite3_vtab_cursor *base, int number, const char *text, int count, sqlite3_value **values)
{
    (void)number, (void)text, (void)count, (void)values;
    struct staged_cursor *cursor = (struct staged_cursor *)base;
    cursor->item = 0;
    staged_seek(cursor);
    return SQLITE_OK;
}

static int staged_next(sqlite3_vtab_cursor *base)
{
    struct staged_cursor *cursor = (struct staged_cursor *)base;
    cursor->row += tables[((struct staged_table *)base->pVtab)->table].columns;
    if (cursor->row >= cursor->end) {
        cursor->item++;
        staged_seek(cursor);
    }
    return SQLITE_OK;
}

static int staged_eof(sqlite3_vtab_cursor *base)
{
    return ((struct staged_cursor *)base)->item >= ((struct staged_table *)base->pVtab)->loader->items.count;
}

static int staged_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const struct staged_cursor *cursor = (struct staged_cursor *)base;
    const struct staged_table *staged = (struct staged_table *)base->pVtab;
    const struct datum *datum = &staged->loader->data[staged->table].items[cursor->row + (size_t)column];
    const struct item *item = &staged->loader->items.items[cursor->item];
    switch (datum->kind) {
    case DATUM_NULL:
        break;
    case DATUM_TEXT:
        sqlite3_result_text(context, datum->text, (int)datum->length, SQLITE_STATIC);
        break;
    case DATUM_INTEGER:
        sqlite3_result_int64(context, datum->integer);
        break;
    case DATUM_REAL:
        sqlite3_result_double(context, datum->real);
        break;
    case DATUM_DECLARATION:
        sqlite3_result_int64(context, item->declaration_id + datum->integer);
        break;
    case DATUM_SOURCE:
        sqlite3_result_int64(context, item->source_id);
        break;
    }
    return SQLITE_OK;
}

static int staged_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid)
{
    *rowid = (sqlite3_int64)((struct staged_cursor *)base)->row;
    return SQLITE_OK;
}

static const sqlite3_module staged_module = {
    .xCreate = staged_connect, .xConnect = staged_connect, .xBestIndex = staged_best_index,
    .xDisconnect = staged_disconnect, .xDestroy = staged_disconnect, .xOpen = staged_open, .xClose = staged_close,
    .xFilter = staged_filter, .xNext = staged_next, .xEof = staged_eof, .xColumn = staged_column, .xRowid = staged_rowid,
};

/* ---- what is known ---- */

static enum archive_state state_of(sqlite3_stmt *row, int column, const struct archive_reader *reader)
{
    const char *state = (const char *)sqlite3_column_text(row, column);
    const char *program = (const char *)sqlite3_column_text(row, column + 1);
    const char *grammar = (const char *)sqlite3_column_text(row, column + 2);
    if (!state || !program || !grammar || strcmp(program, reader->program) != 0 || strcmp(grammar, reader->grammar) != 0)
        return ARCHIVE_UNKNOWN;
    return strcmp(state, "done") == 0 ? ARCHIVE_DONE : ARCHIVE_FAILED;
}

enum archive_state archive_knows_file(struct archive *archive, const struct archive_reader *reader,
                                      const struct archive_file *file)
{
    sqlite3_stmt *found = archive_statement(archive, STATEMENT_FILE);
    enum archive_state state = ARCHIVE_UNKNOWN;
    if (!found)
        return state;
    sqlite3_bind_text(found, 1, file->path, -1, SQLITE_STATIC);
    if (sqlite3_step(found) == SQLITE_ROW && sqlite3_column_int64(found, 0) == file->bytes &&
        sqlite3_column_int64(found, 1) == file->mtime_ns && sqlite3_column_int64(found, 2) == file->inode)
        state = state_of(found, 3, reader);
    sqlite3_reset(found);
    return state;
}

/* The source of a content, its state, and one that failed before its media type was known. */
struct known {
    enum archive_state state;
    int64_t source, failed; /* 0: none */
};

static struct known content(struct archive *archive, const struct archive_reader *reader, const char *sha256, const char *media_type)
{
    struct known known = {0};
    sqlite3_stmt *found = archive_statement(archive, STATEMENT_SOURCE);
    if (!found)
        return known;
    sqlite3_bind_text(found, 1, sha256, -1, SQLITE_STATIC);
    sqlite3_bind_text(found, 2, media_type, -1, SQLITE_STATIC);
    while (sqlite3_step(found) == SQLITE_ROW) {
        bool is_same = strcmp((const char *)sqlite3_column_text(found, 4), media_type) == 0;
        *(is_same ? &known.source : &known.failed) = sqlite3_column_int64(found, 0);
        if (is_same)
            known.state = state_of(found, 1, reader);
    }
    sqlite3_reset(found);
    return known;
}

enum archive_state archive_knows_content(struct archive *archive, const struct archive_reader *reader, const char *sha256,
                                         const char *media_type)
{
    return content(archive, reader, sha256, media_type).state;
}

/* ---- from nodes to rows ---- */

static struct datum ranges_datum(struct loader *loader, const struct spans *spans, uint32_t *first)
{
    struct byte_ranges ranges = byte_ranges(loader->source, spans);
    struct byte_range range;
    char text[2 * NUMBER_MOST + 2], *end;
    if (!spans->count || !byte_ranges_next(&ranges, &range))
        return null_datum();
    if (first)
        *first = range.offset;
    end = number_put(text, range.from);
    *end++ = '-';
    end = number_put(end, range.to);
    struct datum datum = length_datum(loader, text, (size_t)(end - text));
    if (!ranges.is_ahead)
        return datum;
    struct buffer all = {0};
    buffer_add(&all, datum.text, datum.length);
    while (byte_ranges_next(&ranges, &range)) {
        buffer_char(&all, ' ');
        buffer_number(&all, range.from);
        buffer_char(&all, '-');
        buffer_number(&all, range.to);
    }
    datum = length_datum(loader, all.bytes, all.length);
    buffer_release(&all);
    return datum;
}

static void add_span(struct loader *loader, size_t fact, size_t number, const char *element, const struct provenance *provenance)
{
    struct datum *row = fact_row(loader, TABLE_SPANS, fact);
    uint32_t first = UINT32_MAX;
    struct byte_range mark;
    row[2] = integer_datum((int64_t)number);
    row[3] = name_datum(element);
    if (!provenance)
        return;
    row[4] = ranges_datum(loader, &provenance->bytes, &first);
    if (first != UINT32_MAX) {
        source_place_next(loader->source, &loader->cursor, first);
        row[5] = integer_datum(loader->cursor.line);
        row[6] = integer_datum(loader->cursor.column);
    }
    row[7] = text_datum(loader, provenance->rule);
    row[8] = text_datum(loader, provenance->label);
    row[9] = text_datum(loader, provenance->raw);
    row[10] = text_datum(loader, provenance->by);
    row[11] = ranges_datum(loader, &provenance->also, NULL);
    if (byte_range_whole(loader->source, provenance->mark, &mark)) {
        char text[2 * NUMBER_MOST + 2], *end = number_put(text, mark.from);
        *end++ = '-';
        end = number_put(end, mark.to);
        row[12] = length_datum(loader, text, (size_t)(end - text));
    }
}

static inline bool is_named(const struct node *node, const char *name)
{
    return node->name[0] == name[0] && strcmp(node->name, name) == 0;
}

/* An amount of 元: exact fen, or the decimal where fen cannot be exact. */
static void put_money(struct loader *loader, struct datum *fen, struct datum *yuan, const char *value)
{
    struct decimal amount, hundredfold;
    if (!value || !*value)
        return;
    if (decimal_read(&amount, value, strlen(value)) && decimal_shift(&hundredfold, amount, 2)) {
        while (hundredfold.places && hundredfold.units % 10 == 0) {
            hundredfold.units /= 10;
            hundredfold.places--;
        }
        if (!hundredfold.places && hundredfold.units >= INT64_MIN && hundredfold.units <= INT64_MAX) {
            *fen = integer_datum((int64_t)hundredfold.units);
            return;
        }
    }
    *yuan = text_datum(loader, value);
}

static bool is_checked(const struct node *node)
{
    const char *checked = node_get(node, "checked");
    return checked && strcmp(checked, "true") == 0;
}

/* The check boxes below a node, each a row; returns those ticked, joined. */
static struct datum add_options(struct loader *loader, const struct node *node, const char *name, size_t fact, size_t *number)
{
    struct buffer ticked = {0};
    for (const struct node *option = node->first; option; option = option->next) {
        if (!is_named(option, name))
            continue;
        struct datum *row = fact_row(loader, TABLE_OPTIONS, fact);
        row[2] = integer_datum((int64_t)*number);
        row[3] = text_datum(loader, option->value);
        row[4] = integer_datum(is_checked(option));
        add_span(loader, fact, (*number)++, option->name, option->provenance);
        if (!is_checked(option) || !option->value)
            continue;
        if (ticked.length)
            buffer_text(&ticked, "、");
        buffer_text(&ticked, option->value);
    }
    struct datum datum = ticked.length ? length_datum(loader, ticked.bytes, ticked.length) : null_datum();
    buffer_release(&ticked);
    return datum;
}

static void add_field(struct loader *loader, const struct node *node, size_t fact, size_t number)
{
    struct datum *row = fact_row(loader, TABLE_FIELDS, fact);
    row[2] = integer_datum((int64_t)number);
    row[3] = name_datum(node->name);
    row[4] = text_datum(loader, node_get(node, "label"));
    row[5] = text_datum(loader, node->value);
    if (row[4].kind == DATUM_NULL && node->provenance)
        row[4] = text_datum(loader, node->provenance->label);
}

/* Elements that a grammar adds: every value below is a field, with a span. */
static void add_others(struct loader *loader, const struct node *node, size_t fact, size_t *number)
{
    if (!node->first || node->value) {
        add_field(loader, node, fact, *number);
        add_span(loader, fact, (*number)++, node->name, node->provenance);
    }
    for (const struct node *child = node->first; child; child = child->next)
        add_others(loader, child, fact, number);
}

static void add_part(struct loader *loader, const struct node *node, size_t fact)
{
    struct datum *row = fact_row(loader, TABLE_PARTS, fact);
    const struct node *title = node_child(node, "title");
    size_t number = 0;
    row[2] = text_datum(loader, node_get(node, "kind"));
    row[3] = text_datum(loader, title ? title->value : NULL);
    for (const struct node *child = node->first; child; child = child->next) {
        if (child == title)
            add_span(loader, fact, number++, child->name, child->provenance);
        else
            add_others(loader, child, fact, &number);
    }
}

static void add_header(struct loader *loader, const struct node *node, size_t fact)
{
    size_t number = 0;
    add_span(loader, fact, number++, node->name, node->provenance);
    struct datum value = node->first ? add_options(loader, node, "option", fact, &number) : text_datum(loader, node->value);
    struct datum *row = fact_row(loader, TABLE_HEADER, fact);
    row[2] = name_datum(node->name);
    row[3] = value;
}

static void add_narrative(struct loader *loader, const struct node *node, size_t fact)
{
    struct datum *row = fact_row(loader, TABLE_NARRATIVE, fact);
    row[2] = name_datum(node->name);
    row[3] = text_datum(loader, node->value);
    row[4] = text_datum(loader, node_get(node, "from"));
    row[5] = text_datum(loader, node_get(node, "to"));
    add_span(loader, fact, 0, node->name, node->provenance);
}

static void add_amount(struct loader *loader, const struct node *node, size_t fact)
{
    const char *kind = node_get(node, "kind");
    struct datum *row = fact_row(loader, TABLE_FUNDING, fact);
    const char *scope = node_get(node, "scope"), *source = node_get(node, "source");
    row[2] = scope ? text_datum(loader, scope) : name_datum("");
    row[3] = source ? text_datum(loader, source) : name_datum("");
    row[4] = text_datum(loader, node_get(node, "stage"));
    if (kind)
        row[6] = text_datum(loader, node->value); /* could not be read */
    else
        put_money(loader, &row[5], &row[6], node->value);
    row[7] = text_datum(loader, node_get(node, "unit"));
    row[8] = text_datum(loader, node_get(node, "unit-from"));
    add_span(loader, fact, 0, node->name, node->provenance);
}

/* A column of a table for children of that name. */
struct child_column {
    const char *name;
    unsigned column; /* 0: none here */
    bool is_money; /* fen there, yuan in the next column */
};

/* Fills the columns of a row that has children; what no column is for becomes a field. Of
 * two children of one name the second is a field. The row must not move meanwhile: other
 * tables grow, its own does not. */
static void add_children(struct loader *loader, const struct node *node, enum table table, size_t fact,
                         const struct child_column *columns, size_t count, size_t *number)
{
    struct datum *row = loader->data[table].items + (loader->data[table].count - tables[table].columns);
    for (const struct node *child = node->first; child; child = child->next) {
        size_t i = 0;
        while (i < count && !is_named(child, columns[i].name))
            i++;
        if (i < count && !columns[i].column)
            continue; /* has a place of its own */
        if (i == count || child->first || row[columns[i].column].kind != DATUM_NULL) {
            add_others(loader, child, fact, number);
            continue;
        }
        if (columns[i].is_money && !node_get(child, "kind"))
            put_money(loader, &row[columns[i].column], &row[columns[i].column + 1], child->value);
        else
            row[columns[i].column + columns[i].is_money] = text_datum(loader, child->value);
        add_span(loader, fact, (*number)++, child->name, child->provenance);
    }
}

static void add_indicator(struct loader *loader, const struct node *node, size_t fact)
{
    static const struct child_column columns[] = {
        {"level1", 5, false},     {"level2", 6, false},    {"name", 7, false},     {"target", 8, false},
        {"description", 13, false}, {"standard", 14, false}, {"weight", 15, false}, {"direction", 16, false},
        {"actual", 17, false},    {"score", 18, false},    {"deviation", 19, false},
    };
    struct datum *row = fact_row(loader, TABLE_INDICATORS, fact);
    const char *horizon = node_get(node, "horizon");
    row[2] = horizon ? text_datum(loader, horizon) : name_datum("");
    row[3] = text_datum(loader, node_get(node, "class"));
    row[4] = text_datum(loader, node_get(node, "dimension"));
    const struct node *target = node_child(node, "target");
    if (target) {
        row[9] = text_datum(loader, node_get(target, "kind"));
        row[10] = text_datum(loader, node_get(target, "op"));
        row[11] = text_datum(loader, node_get(target, "value"));
        row[12] = text_datum(loader, node_get(target, "unit"));
    }
    size_t number = 0;
    add_children(loader, node, TABLE_INDICATORS, fact, columns, sizeof columns / sizeof *columns, &number);
}

static void add_line(struct loader *loader, const struct node *node, size_t fact)
{
    static const struct child_column columns[] = {
        {"name", 3, false},         {"content", 4, false},   {"detail", 5, false},          {"amount", 6, true},
        {"unit-price", 8, true},    {"price-basis", 10, false}, {"quantity", 11, false},    {"quantity-basis", 13, false},
        {"basis", 14, false},       {"previous-amount", 15, true}, {"remark", 17, false},
    };
    struct datum *row = fact_row(loader, TABLE_BUDGET_LINES, fact);
    row[2] = name_datum(node->name);
    if (!is_named(node, "line")) { /* a total */
        if (node_get(node, "kind"))
            row[7] = text_datum(loader, node->value);
        else
            put_money(loader, &row[6], &row[7], node->value);
        add_span(loader, fact, 0, node->name, node->provenance);
        return;
    }
    const struct node *quantity = node_child(node, "quantity");
    if (quantity)
        row[12] = text_datum(loader, node_get(quantity, "unit"));
    size_t number = 0;
    add_children(loader, node, TABLE_BUDGET_LINES, fact, columns, sizeof columns / sizeof *columns, &number);
}

static void add_safeguard(struct loader *loader, const struct node *node, size_t fact)
{
    static const struct child_column columns[] = {
        {"system", 2, false}, {"document", 3, false}, {"measure", 4, false}, {"phase", 0, false}};
    size_t number = 0;
    struct datum phases = add_options(loader, node, "phase", fact, &number);
    fact_row(loader, TABLE_SAFEGUARDS, fact)[5] = phases;
    add_children(loader, node, TABLE_SAFEGUARDS, fact, columns, sizeof columns / sizeof *columns, &number);
}

static void add_labelled(struct loader *loader, const struct node *node, size_t fact)
{
    size_t number = 0;
    add_others(loader, node, fact, &number);
}

/* The finding of the checks that a node was written for, if it was one: they come in the same order. */
static const struct finding *finding_of(const struct findings *findings, const struct node *node, size_t *from)
{
    const char *rule = node_get(node, "rule");
    for (size_t i = *from; findings && rule && node->value && i < findings->items.count; i++) {
        const struct finding *finding = &findings->items.items[i];
        if (finding->verdict != VERDICT_FAIL || strcmp(checks[finding->check].name, rule) != 0)
            continue;
        size_t length = strlen(finding->zh);
        bool is_own = strncmp(node->value, finding->zh, length) == 0 && strncmp(node->value + length, " (", 2) == 0 &&
                      strncmp(node->value + length + 2, finding->en, strlen(finding->en)) == 0;
        if (is_own || (finding->side_count && finding->sides[0].node == node)) {
            *from = i + 1;
            return finding;
        }
    }
    return NULL;
}

static void add_finding(struct loader *loader, const struct node *node, const struct finding *finding, size_t fact)
{
    struct datum *row = row_new(loader, TABLE_FINDINGS);
    row[0] = (struct datum){.kind = DATUM_SOURCE};
    row[1] = integer_datum((int64_t)++loader->findings);
    if (fact) {
        row[2] = declaration_datum(loader);
        row[3] = integer_datum((int64_t)fact);
    }
    const char *rule = node_get(node, "rule"), *severity = node_get(node, "severity");
    row[4] = rule ? text_datum(loader, rule) : name_datum("");
    row[5] = severity ? text_datum(loader, severity) : name_datum("info");
    row[6] = node->value ? text_datum(loader, node->value) : name_datum("");
    row[7] = text_datum(loader, finding ? finding->difference : NULL);
    if (!fact)
        return;
    size_t number = 0;
    for (size_t i = 0; finding && i < finding->side_count; i++) {
        const struct node *side = finding->sides[i].node;
        if (side && side != node)
            add_span(loader, fact, number++, side->name, side->provenance);
    }
    if (!number && node->provenance)
        add_span(loader, fact, number, node->name, node->provenance);
}

/* What is a fact of its own in each block, and which table takes it. */
static const struct fact_kind {
    const char *block, *names[3]; /* of the facts; none: all */
    void (*add)(struct loader *loader, const struct node *node, size_t fact);
} fact_kinds[] = {
    {"parts", {"part"}, add_part},
    {"header", {NULL}, add_header},
    {"narrative", {NULL}, add_narrative},
    {"funding", {"amount"}, add_amount},
    {"indicators", {"indicator"}, add_indicator},
    {"budget", {"line", "total", "previous-total"}, add_line},
    {"safeguards", {"safeguard"}, add_safeguard},
};

static const struct fact_kind *fact_kind_of(const struct node *block)
{
    for (size_t i = 0; i < sizeof fact_kinds / sizeof *fact_kinds; i++)
        if (is_named(block, fact_kinds[i].block))
            return &fact_kinds[i];
    return NULL;
}

static void add_fact(struct loader *loader, const struct fact_kind *kind, const struct node *node, size_t fact)
{
    bool is_known = kind && !kind->names[0];
    for (size_t i = 0; kind && i < 3 && kind->names[i] && !is_known; i++)
        is_known = is_named(node, kind->names[i]);
    if (is_known)
        kind->add(loader, node, fact);
    else
        add_labelled(loader, node, fact);
}

/* ---- the row of a declaration, and its full text ---- */

static struct datum joined_datum(struct loader *loader, struct buffer *text)
{
    struct datum datum = text->length ? length_datum(loader, text->bytes, text->length) : null_datum();
    text->length = 0;
    return datum;
}

static void join(struct buffer *out, const struct datum *datum)
{
    if (datum->kind != DATUM_TEXT)
        return;
    if (out->length)
        buffer_char(out, '\n');
    buffer_add(out, datum->text, datum->length);
}

static bool is_unit(const struct datum *element)
{
    return strcmp(element->text, "competent-department") == 0 || strcmp(element->text, "implementing-unit") == 0 ||
           strcmp(element->text, "reporting-unit") == 0;
}

/* What the view search_text gives of the rows of this declaration: the index is changed later
 * by what that says it holds. */
static void add_search(struct loader *loader, struct datum project)
{
    enum { FACT = 1, ELEMENT = 2, VALUE = 3, INDICATOR_NAME = 7, LINE_NAME = 3 };
    struct datum *row = row_new(loader, TABLE_SEARCH), *ends[TABLES], *at[TABLES];
    struct buffer text = {0};
    for (enum table i = 0; i < TABLES; i++) {
        at[i] = loader->data[i].items + loader->starts[i];
        ends[i] = loader->data[i].items + loader->data[i].count;
    }
    row[0] = declaration_datum(loader);
    row[1] = project;
    for (const struct datum *field = at[TABLE_HEADER]; field < ends[TABLE_HEADER]; field += tables[TABLE_HEADER].columns)
        if (is_unit(&field[ELEMENT]))
            join(&text, &field[VALUE]);
    row[2] = joined_datum(loader, &text);
    const struct datum *indicator = at[TABLE_INDICATORS], *line = at[TABLE_BUDGET_LINES];
    while (indicator < ends[TABLE_INDICATORS] || line < ends[TABLE_BUDGET_LINES])
        if (line == ends[TABLE_BUDGET_LINES] ||
            (indicator < ends[TABLE_INDICATORS] && indicator[FACT].integer < line[FACT].integer)) {
            join(&text, &indicator[INDICATOR_NAME]);
            indicator += tables[TABLE_INDICATORS].columns;
        } else {
            join(&text, &line[LINE_NAME]);
            line += tables[TABLE_BUDGET_LINES].columns;
        }
    row[3] = joined_datum(loader, &text);
    for (const struct datum *field = at[TABLE_NARRATIVE]; field < ends[TABLE_NARRATIVE]; field += tables[TABLE_NARRATIVE].columns)
        join(&text, &field[VALUE]);
    row[4] = joined_datum(loader, &text);
    buffer_release(&text);
}

static struct datum layout_datum(struct loader *loader, const struct node *parts)
{
    struct buffer text = {0};
    for (const struct node *part = parts ? parts->first : NULL; part; part = part->next) {
        const char *kind = node_get(part, "kind");
        if (!kind)
            continue;
        if (text.length)
            buffer_char(&text, '+');
        buffer_text(&text, kind);
    }
    struct datum datum = joined_datum(loader, &text);
    buffer_release(&text);
    return datum;
}

static struct datum year_datum(const char *text)
{
    int64_t year = 0;
    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9' || year > 9999)
            return null_datum();
        year = year * 10 + (*at - '0');
    }
    return *text ? integer_datum(year) : null_datum();
}

static void add_declaration(struct loader *loader, const struct form *form, size_t errors, size_t warnings)
{
    const struct node *declaration = form->declaration, *parts = node_child(declaration, "parts");
    const struct node *title = parts && parts->first ? node_child(parts->first, "title") : NULL;
    const struct node *department = form_field(form, "header", "competent-department");
    const char *kind = node_get(declaration, "kind"), *coverage = node_get(declaration, "coverage");
    struct datum *row = row_new(loader, TABLE_DECLARATIONS);
    row[0] = declaration_datum(loader);
    row[1] = (struct datum){.kind = DATUM_SOURCE};
    row[2] = integer_datum((int64_t)loader->declaration + 1);
    row[3] = kind ? text_datum(loader, kind) : name_datum("declaration");
    row[4] = layout_datum(loader, parts);
    row[5] = (struct datum){.real = coverage ? strtod(coverage, NULL) : 0, .kind = DATUM_REAL};
    row[6] = text_datum(loader, title ? title->value : NULL);
    row[7] = text_datum(loader, form_project(form));
    row[8] = text_datum(loader, form_code(form));
    row[9] = text_datum(loader, form_unit(form));
    row[10] = text_datum(loader, department ? department->value : NULL);
    row[11] = year_datum(form_year(form));
    row[12] = integer_datum((int64_t)errors);
    row[13] = integer_datum((int64_t)warnings);
    add_search(loader, row[7]);
}

/* ---- a document ---- */

static struct item *item_new(struct loader *loader, enum item_kind kind, const struct archive_file *file)
{
    struct item *item = array_push(&loader->items);
    *item = (struct item){.kind = kind, .file = *file};
    item->file.path = arena_copy(&loader->kept, file->path, strlen(file->path));
    for (enum table i = 0; i < TABLES; i++)
        item->rows[i] = loader->data[i].count;
    return item;
}

static struct item *item_at_hand(struct loader *loader) { return &loader->items.items[loader->items.count - 1]; }

static const char *keep(struct loader *loader, const char *text)
{
    return text ? arena_copy(&loader->kept, text, strlen(text)) : NULL;
}

/* Compresses the XML that is held; the stream is the same however it was cut. */
static void pack(struct loader *loader, bool is_last)
{
    ZSTD_inBuffer in = {loader->xml.bytes, loader->xml.length, 0};
    for (bool is_done = false; !is_done;) {
        size_t room = ZSTD_CStreamOutSize();
        ZSTD_outBuffer out = {buffer_room(&loader->packed, room), room, 0};
        size_t rest = ZSTD_compressStream2(loader->compressor, &out, &in, is_last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(rest))
            memory_exhausted();
        loader->packed.length += out.pos;
        is_done = is_last ? rest == 0 : in.pos == in.size;
    }
    loader->packed_from += loader->xml.length;
    loader->xml.length = 0;
}

static bool store_rows(struct loader *loader);

static void take_title(void *context, const struct node *title)
{
    struct loader *loader = context;
    item_at_hand(loader)->title = keep(loader, title ? title->value : NULL);
    write_begin(&loader->writer, title);
}

static void take_declaration(void *context, const struct form *form, const struct findings *findings)
{
    struct loader *loader = context;
    const struct node *declaration = form->declaration;
    size_t fact = 0, from = 0, errors = 0, warnings = 0;
    for (enum table i = 0; i < TABLES; i++)
        loader->starts[i] = loader->data[i].count;
    write_declaration(&loader->writer, declaration);
    for (const struct node *block = declaration->first; block; block = block->next) {
        bool is_findings = is_named(block, "findings");
        const struct fact_kind *kind = fact_kind_of(block);
        if (is_named(block, "residue"))
            continue;
        for (const struct node *node = block->first; node; node = node->next) {
            if (!is_findings) {
                add_fact(loader, kind, node, ++fact);
                continue;
            }
            const char *severity = node_get(node, "severity");
            errors += severity && strcmp(severity, severity_names[SEVERITY_ERROR]) == 0;
            warnings += severity && strcmp(severity, severity_names[SEVERITY_WARNING]) == 0;
            add_finding(loader, node, finding_of(findings, node, &from), ++fact);
        }
        if (!block->first && block->value)
            add_labelled(loader, block, ++fact);
    }
    add_declaration(loader, form, errors, warnings);
    loader->declaration++;
    if (loader->xml.length > PACK_STEP)
        pack(loader, false);
    if (loader->staged > STAGED_MOST && !loader->has_failed) {
        /* Too much to hold: the lock is taken early, and kept until the document is done. */
        if (!loader->is_open)
            loader->is_open = archive_begin(loader->archive);
        item_at_hand(loader)->is_partial = true;
        loader->has_failed = !loader->is_open || !store_rows(loader);
    }
}

static void take_end(void *context, const struct node *residue, const struct node *findings)
{
    struct loader *loader = context;
    write_end(&loader->writer, residue, findings);
    for (const struct node *node = findings ? findings->first : NULL; node; node = node->next)
        add_finding(loader, node, NULL, 0);
}

void loader_begin(struct loader *loader, const struct archive_file *file, const struct source *source, struct sink *sink)
{
    struct item *item = item_new(loader, ITEM_DOCUMENT, file);
    item->sha256 = keep(loader, source->sha256);
    item->media_type = source->media_type;
    item->encoding = encoding_names[source->encoding];
    item->bytes = (int64_t)source->size;
    loader->source = source;
    loader->nameless = *source;
    loader->nameless.href = "";
    loader->writer = (struct writer){.format = FORMAT_XML, .is_compact = true, .source = &loader->nameless, .out = &loader->xml};
    loader->cursor = (struct source_cursor){0};
    loader->declaration = loader->findings = loader->packed_from = 0;
    loader->xml.length = loader->packed.length = 0;
    ZSTD_CCtx_reset(loader->compressor, ZSTD_reset_session_only);
    *sink = (struct sink){.context = loader, .begin = take_title, .declaration = take_declaration, .end = take_end};
}

void loader_end(struct loader *loader)
{
    enum { KEEP_MOST = 1 << 22 }; /* a large document's memory is not kept for the small ones behind it */
    struct item *item = item_at_hand(loader);
    pack(loader, true);
    item->xml = arena_copy(&loader->kept, loader->packed.bytes, loader->packed.length);
    item->xml_size = loader->packed.length;
    item->xml_bytes = loader->packed_from;
    loader->staged += item->xml_size;
    item->declarations = loader->declaration;
    if (!item->declarations) {
        item->reason = "no-form";
        item->message = "no declaration found";
    }
    loader->source = NULL;
    if (loader->xml.room > KEEP_MOST)
        buffer_release(&loader->xml);
    if (loader->packed.room > KEEP_MOST)
        buffer_release(&loader->packed);
}

void loader_see(struct loader *loader, const struct archive_file *file, const char *sha256, const char *media_type)
{
    struct item *item = item_new(loader, ITEM_SEEN, file);
    item->sha256 = keep(loader, sha256);
    item->media_type = keep(loader, media_type);
}

void loader_fail(struct loader *loader, const struct archive_file *file, const char *sha256, const char *reason,
                 const char *message)
{
    struct item *item = item_new(loader, ITEM_FAILED, file);
    item->sha256 = keep(loader, sha256);
    item->media_type = "";
    item->bytes = file->bytes;
    item->reason = keep(loader, reason);
    item->message = keep(loader, message);
}

size_t loader_bytes(const struct loader *loader) { return loader->is_open || loader->has_failed ? SIZE_MAX : loader->staged; }

/* ---- storing ---- */

static void bind_text(sqlite3_stmt *statement, int number, const char *text)
{
    sqlite3_bind_text(statement, number, text, -1, SQLITE_STATIC);
}

static int64_t last_id(struct archive *archive, enum statement statement)
{
    sqlite3_stmt *last = archive_statement(archive, statement);
    int64_t id = last && sqlite3_step(last) == SQLITE_ROW ? sqlite3_column_int64(last, 0) : -1;
    sqlite3_reset(last);
    return id;
}

static bool put_source(struct loader *loader, const struct item *item)
{
    sqlite3_stmt *put = archive_statement(loader->archive, STATEMENT_SOURCE_PUT);
    if (!put)
        return false;
    sqlite3_bind_int64(put, 1, item->source_id);
    bind_text(put, 2, item->sha256);
    bind_text(put, 3, item->media_type);
    sqlite3_bind_int64(put, 4, item->bytes);
    bind_text(put, 5, item->encoding);
    bind_text(put, 6, item->title);
    bind_text(put, 7, item->kind == ITEM_DOCUMENT ? "done" : "failed");
    bind_text(put, 8, item->reason);
    bind_text(put, 9, item->message);
    bind_text(put, 10, loader->reader->program);
    bind_text(put, 11, loader->reader->grammar);
    sqlite3_bind_int64(put, 12, (int64_t)item->declarations);
    return archive_step(loader->archive, STATEMENT_SOURCE_PUT);
}

static bool move_files(struct loader *loader, int64_t from, int64_t to)
{
    sqlite3_stmt *move = archive_statement(loader->archive, STATEMENT_FILES_MOVE);
    if (!move)
        return false;
    sqlite3_bind_int64(move, 1, from);
    sqlite3_bind_int64(move, 2, to);
    return archive_step(loader->archive, STATEMENT_FILES_MOVE);
}

/* Gives the item its source: the one that is known, or a new one in place of what is outdated. */
static bool place_item(struct loader *loader, struct item *item, int64_t *source, int64_t *declaration)
{
    struct archive *archive = loader->archive;
    item->is_placed = true;
    if (!item->sha256) {
        item->is_dropped = true;
        return true;
    }
    struct known known = content(archive, loader->reader, item->sha256, item->media_type);
    if (item->kind == ITEM_SEEN || known.state == ARCHIVE_DONE) {
        item->source_id = known.source;
        item->is_dropped = true;
        return true;
    }
    item->source_id = ++*source;
    item->declaration_id = *declaration + 1;
    for (int i = 0; i < 2; i++) {
        int64_t old = i ? known.failed : known.source;
        if (!old)
            continue;
        /* files that are stored, and those of this transaction that are not yet */
        for (struct item *other = loader->items.items; other < item; other++)
            if (other->source_id == old)
                other->source_id = item->source_id;
        if (!move_files(loader, old, item->source_id) || !archive_forget(archive, old))
            return false;
    }
    return put_source(loader, item);
}

/* Ids of everything that is staged. They are given in order, so the last item may still be open. */
static bool place_items(struct loader *loader)
{
    struct archive *archive = loader->archive;
    int64_t source = last_id(archive, STATEMENT_LAST_SOURCE), declaration = last_id(archive, STATEMENT_LAST_DECLARATION);
    if (source < 0 || declaration < 0)
        return false;
    /* Documents in the items before may have their declarations staged only. */
    for (size_t i = 0; i < loader->items.count; i++) {
        struct item *item = &loader->items.items[i];
        if (!item->is_placed && !place_item(loader, item, &source, &declaration))
            return false;
        if (!item->is_dropped && item->declaration_id + (int64_t)item->declarations - 1 > declaration)
            declaration = item->declaration_id + (int64_t)item->declarations - 1;
    }
    return true;
}

static void forget_rows(struct loader *loader)
{
    for (enum table i = 0; i < TABLES; i++) {
        loader->data[i].count = 0;
        if (loader->data[i].room > (STAGED_MOST / sizeof(struct datum)))
            array_release(&loader->data[i]);
    }
    for (size_t i = 0; i < loader->items.count; i++)
        memset(loader->items.items[i].rows, 0, sizeof loader->items.items[i].rows);
    arena_reset(&loader->rows);
    loader->text = loader->text_end = NULL;
    loader->staged = 0;
}

static bool store_rows(struct loader *loader)
{
    if (!place_items(loader))
        return false;
    for (enum table i = 0; i < TABLES; i++) {
        if (!loader->data[i].count)
            continue;
        int result = sqlite3_step(loader->inserts[i]);
        sqlite3_reset(loader->inserts[i]);
        if (result != SQLITE_DONE)
            return false;
    }
    forget_rows(loader);
    return true;
}

static bool finish_source(struct loader *loader, const struct item *item)
{
    struct archive *archive = loader->archive;
    if (item->is_partial) {
        sqlite3_stmt *update = archive_statement(archive, STATEMENT_SOURCE_UPDATE);
        if (!update)
            return false;
        sqlite3_bind_int64(update, 1, item->source_id);
        sqlite3_bind_int64(update, 2, (int64_t)item->declarations);
        bind_text(update, 3, item->reason);
        bind_text(update, 4, item->message);
        if (!archive_step(archive, STATEMENT_SOURCE_UPDATE))
            return false;
    }
    sqlite3_stmt *put = archive_statement(archive, STATEMENT_EXTRACTION_PUT);
    if (!put)
        return false;
    sqlite3_bind_int64(put, 1, item->source_id);
    sqlite3_bind_int64(put, 2, (int64_t)item->xml_bytes);
    sqlite3_bind_blob64(put, 3, item->xml, item->xml_size, SQLITE_STATIC);
    return archive_step(archive, STATEMENT_EXTRACTION_PUT);
}

static bool put_file(struct loader *loader, struct item *item)
{
    struct archive *archive = loader->archive;
    sqlite3_stmt *before = archive_statement(archive, STATEMENT_FILE);
    if (!before)
        return false;
    bind_text(before, 1, item->file.path);
    item->before = sqlite3_step(before) == SQLITE_ROW ? sqlite3_column_int64(before, 6) : 0;
    sqlite3_reset(before);
    sqlite3_stmt *put = archive_statement(archive, STATEMENT_FILE_PUT);
    if (!put)
        return false;
    bind_text(put, 1, item->file.path);
    if (item->source_id)
        sqlite3_bind_int64(put, 2, item->source_id);
    else
        sqlite3_bind_null(put, 2);
    sqlite3_bind_int64(put, 3, item->file.bytes);
    sqlite3_bind_int64(put, 4, item->file.mtime_ns);
    sqlite3_bind_int64(put, 5, item->file.inode);
    bind_text(put, 6, item->source_id ? NULL : item->reason);
    bind_text(put, 7, item->source_id ? NULL : item->message);
    return archive_step(archive, STATEMENT_FILE_PUT);
}

/* What no file holds any more goes. */
static bool forget_unused(struct loader *loader, int64_t source)
{
    struct archive *archive = loader->archive;
    sqlite3_stmt *used = archive_statement(archive, STATEMENT_SOURCE_IS_USED);
    if (!used)
        return false;
    sqlite3_bind_int64(used, 1, source);
    int result = sqlite3_step(used);
    sqlite3_reset(used);
    return result == SQLITE_ROW || (result == SQLITE_DONE && archive_forget(archive, source));
}

static bool store(struct loader *loader)
{
    if (loader->has_failed || !store_rows(loader))
        return false;
    struct item *end = loader->items.items + loader->items.count;
    for (const struct item *item = loader->items.items; item < end; item++)
        if (item->kind == ITEM_DOCUMENT && !item->is_dropped && !finish_source(loader, item))
            return false;
    for (struct item *item = loader->items.items; item < end; item++) {
        /* What was seen and is gone meanwhile will be new to the next run. */
        bool is_gone = item->kind == ITEM_SEEN && !item->source_id;
        if (!is_gone && !put_file(loader, item))
            return false;
    }
    for (const struct item *item = loader->items.items; item < end; item++)
        if (item->before && item->before != item->source_id && !forget_unused(loader, item->before))
            return false;
    return true;
}

enum loader_result loader_store(struct loader *loader, bool is_patient)
{
    struct archive *archive = loader->archive;
    if (!loader->items.count)
        return LOADER_STORED;
    if (!loader->is_open && !loader->has_failed) {
        if (is_patient)
            loader->is_open = archive_begin(archive);
        else if (!(loader->is_open = archive_begin_now(archive)) && archive_is_busy(archive))
            return LOADER_BUSY;
    }
    bool is_stored = loader->is_open && store(loader);
    if (is_stored)
        is_stored = archive_commit(archive);
    else
        archive_rollback(archive);
    loader->is_open = loader->has_failed = false;
    forget_rows(loader);
    loader->items.count = 0;
    arena_reset(&loader->kept);
    return is_stored ? LOADER_STORED : LOADER_TROUBLE;
}

struct loader *loader_new(struct archive *archive, const struct archive_reader *reader)
{
    struct loader *loader = memory_resize(NULL, sizeof *loader);
    *loader = (struct loader){.archive = archive, .reader = reader, .compressor = ZSTD_createCCtx()};
    if (!loader->compressor)
        memory_exhausted();
    ZSTD_CCtx_setParameter(loader->compressor, ZSTD_c_compressionLevel, COMPRESSION);
    bool is_fine = sqlite3_create_module(archive->database, "staged", &staged_module, loader) == SQLITE_OK;
    for (enum table i = 0; i < TABLES && is_fine; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "CREATE VIRTUAL TABLE temp.staged_%s USING staged", tables[i].name);
        is_fine = archive_run(archive, sql);
        snprintf(sql, sizeof sql, "INSERT OR ROLLBACK INTO %s %s SELECT * FROM temp.staged_%s", tables[i].name, tables[i].into, tables[i].name);
        is_fine = is_fine && sqlite3_prepare_v3(archive->database, sql, -1, SQLITE_PREPARE_PERSISTENT, &loader->inserts[i], NULL) ==
                                 SQLITE_OK;
    }
    if (is_fine)
        return loader;
    loader_release(loader);
    return NULL;
}

void loader_release(struct loader *loader)
{
    if (!loader)
        return;
    if (loader->is_open)
        archive_rollback(loader->archive);
    for (enum table i = 0; i < TABLES; i++) {
        char sql[60];
        sqlite3_finalize(loader->inserts[i]);
        snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS temp.staged_%s", tables[i].name);
        archive_run(loader->archive, sql);
        array_release(&loader->data[i]);
    }
    sqlite3_create_module(loader->archive->database, "staged", NULL, NULL);
    array_release(&loader->items);
    arena_release(&loader->rows);
    arena_release(&loader->kept);
    buffer_release(&loader->xml);
    buffer_release(&loader->packed);
    ZSTD_freeCCtx(loader->compressor);
    free(loader);
}
