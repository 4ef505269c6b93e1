#include "archive_loading.h"

#include <stdio.h>
#include <string.h>

const struct staged staged_tables[TABLES] = {
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

enum {
    COLUMNS_MOST = 20,
    TEXT_STEP = 60 * 1024,
    TEXT_MOST = 1 << 26, /* bytes of one value: SQLite has a limit, and the XML has it all */
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

struct datum name_datum(const char *text)
{
    return text ? (struct datum){.text = text, .length = (uint32_t)strlen(text), .kind = DATUM_TEXT} : null_datum();
}

struct datum length_datum(struct loader *loader, const char *text, size_t length)
{
    if (length > TEXT_MOST)
        for (length = TEXT_MOST; (text[length] & 0xC0) == 0x80;)
            length--;
    return (struct datum){.text = memcpy(text_room(loader, length), text, length), .length = (uint32_t)length, .kind = DATUM_TEXT};
}

struct datum text_datum(struct loader *loader, const char *text)
{
    return text && *text ? length_datum(loader, text, strlen(text)) : null_datum();
}

struct datum *row_new(struct loader *loader, enum table table)
{
    unsigned columns = staged_tables[table].columns;
    array_reserve(&loader->data[table], loader->data[table].count + columns);
    struct datum *row = loader->data[table].items + loader->data[table].count;
    loader->data[table].count += columns;
    loader->staged += columns * sizeof *row;
    memset(row, 0, columns * sizeof *row);
    return row;
}

struct datum *fact_row(struct loader *loader, enum table table, size_t fact)
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
    while (staged->table < TABLES - 1 && strcmp(words[2] + sizeof "staged_" - 1, staged_tables[staged->table].name) != 0)
        staged->table++;
    char columns[COLUMNS_MOST * 5 + 20] = "CREATE TABLE x (c0";
    size_t length = strlen(columns);
    for (unsigned i = 1; i < staged_tables[staged->table].columns; i++)
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
    cursor->row += staged_tables[((struct staged_table *)base->pVtab)->table].columns;
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

/* ---- a loader's statements ---- */

bool rows_prepare(struct loader *loader)
{
    sqlite3 *database = loader->archive->database;
    bool is_fine = sqlite3_create_module(database, "staged", &staged_module, loader) == SQLITE_OK;
    for (enum table i = 0; i < TABLES && is_fine; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "CREATE VIRTUAL TABLE temp.staged_%s USING staged", staged_tables[i].name);
        is_fine = archive_run(loader->archive, sql);
        snprintf(sql, sizeof sql, "INSERT OR ROLLBACK INTO %s %s SELECT * FROM temp.staged_%s", staged_tables[i].name,
                 staged_tables[i].into, staged_tables[i].name);
        is_fine = is_fine && sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &loader->inserts[i],
                                                NULL) == SQLITE_OK;
    }
    return is_fine;
}

bool rows_store(struct loader *loader)
{
    for (enum table i = 0; i < TABLES; i++) {
        if (!loader->data[i].count)
            continue;
        int result = sqlite3_step(loader->inserts[i]);
        sqlite3_reset(loader->inserts[i]);
        if (result != SQLITE_DONE)
            return false;
    }
    rows_forget(loader);
    return true;
}

void rows_forget(struct loader *loader)
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

void rows_release(struct loader *loader)
{
    for (enum table i = 0; i < TABLES; i++) {
        char sql[60];
        sqlite3_finalize(loader->inserts[i]);
        snprintf(sql, sizeof sql, "DROP TABLE IF EXISTS temp.staged_%s", staged_tables[i].name);
        archive_run(loader->archive, sql);
        array_release(&loader->data[i]);
    }
    sqlite3_create_module(loader->archive->database, "staged", NULL, NULL);
    arena_release(&loader->rows);
}
