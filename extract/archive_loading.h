/* Inside archive_load.c, archive_facts.c and archive_rows.c: what waits to be stored. */
#ifndef SHENBAO_ARCHIVE_LOADING_H
#define SHENBAO_ARCHIVE_LOADING_H

#include <assert.h>
#include <zstd.h>

#include "archive_load.h"
#include "archive_sqlite.h"
#include "base/array.h"

/* Rows are handed to SQLite by a virtual table for each real one, and taken over by
 * INSERT … SELECT: half the time of binding each value. */

enum table {
    TABLE_DECLARATIONS, TABLE_PARTS, TABLE_HEADER, TABLE_NARRATIVE, TABLE_FUNDING, TABLE_INDICATORS, TABLE_BUDGET_LINES,
    TABLE_SAFEGUARDS, TABLE_FIELDS, TABLE_OPTIONS, TABLE_FINDINGS, TABLE_SPANS, TABLE_SEARCH,
    TABLES
};

extern const struct staged {
    const char *name;
    unsigned columns;
    const char *into; /* column list, or "" for all */
} staged_tables[TABLES];

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

enum { STAGED_MOST = 12 << 20 }; /* bytes; then parts of a document are stored */

/* ---- archive_rows.c ---- */

/* A row of NULLs, which is filled in place before the next is added. */
struct datum *row_new(struct loader *loader, enum table table);
/* A row of a fact: its first two columns are the same in all. */
struct datum *fact_row(struct loader *loader, enum table table, size_t fact);

static inline struct datum null_datum(void) { return (struct datum){.kind = DATUM_NULL}; }
static inline struct datum integer_datum(int64_t integer)
{
    return (struct datum){.integer = integer, .kind = DATUM_INTEGER};
}
static inline struct datum declaration_datum(const struct loader *loader)
{
    return (struct datum){.integer = (int64_t)loader->declaration, .kind = DATUM_DECLARATION};
}
/* Text that outlives the loader: names of the grammar and the like. */
struct datum name_datum(const char *text);
struct datum length_datum(struct loader *loader, const char *text, size_t length); /* copied */
struct datum text_datum(struct loader *loader, const char *text);                  /* copied; "" is NULL */

/* The statements that take the rows over. False on trouble; see archive_message(). */
bool rows_prepare(struct loader *loader);
/* Takes over all rows that are staged. False on trouble. */
bool rows_store(struct loader *loader);
void rows_forget(struct loader *loader);
void rows_release(struct loader *loader);

/* ---- archive_facts.c ---- */

/* The rows of a declaration, the next of the document at hand. */
void add_declaration(struct loader *loader, const struct form *form, const struct findings *findings);
/* Those of findings that belong to no declaration. */
void add_findings(struct loader *loader, const struct node *findings);

#endif
