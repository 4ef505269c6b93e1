/* What the files archive*.c share. Nobody else includes this. */
#ifndef SHENBAO_ARCHIVE_SQLITE_H
#define SHENBAO_ARCHIVE_SQLITE_H

#include <sqlite3.h>

#include "archive.h"

enum statement { /* prepared when first needed; their texts are a table in archive.c */
    STATEMENT_BEGIN, STATEMENT_COMMIT, STATEMENT_ROLLBACK, STATEMENT_EXTRACTION, STATEMENT_FIRST_PATH, STATEMENT_INDEX,
    STATEMENT_FILE, STATEMENT_FILE_PUT, STATEMENT_FILES_MOVE, STATEMENT_SOURCE, STATEMENT_SOURCE_PUT,
    STATEMENT_SOURCE_UPDATE, STATEMENT_SOURCE_IS_USED, STATEMENT_EXTRACTION_PUT, STATEMENT_LAST_SOURCE,
    STATEMENT_LAST_DECLARATION, STATEMENT_FORGET_TEXT,
    STATEMENTS
};

struct archive {
    sqlite3 *database;
    char *path;
    sqlite3_stmt *statements[STATEMENTS];
    const char *trouble; /* what to say instead of SQLite's last message, or NULL */
    char kept[200];      /* of what was rolled back */
};

/* The statement, reset; NULL when it cannot be prepared. */
sqlite3_stmt *archive_statement(struct archive *archive, enum statement statement);

/* Steps it once: false on an error. It is reset, so a row is lost. */
bool archive_step(struct archive *archive, enum statement statement);

/* Whether SQLite found no place for what it keeps beside the file; then, for reading, the
 * name under which it does without, to be freed. */
bool archive_needs_place(const struct archive *archive);
char *archive_uri(const char *path);

/* Begins a transaction only if nobody else writes just now. */
bool archive_begin_now(struct archive *archive);

#endif
