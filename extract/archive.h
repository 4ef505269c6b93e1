/* The archive: documents, facts, findings and provenance in an SQLite file, whose
 * schema is archive/schema.sql (docs/archive.md explains it). SQLite is known to
 * archive*.c alone; archive_sqlite.h is what they share.
 *
 * Ids are of one archive only, given in the order of arrival, so that everything
 * is appended. What is the same in every archive is a document's (sha256,
 * media_type), a declaration's number in it and a fact's number in that: exports
 * are ordered by these, and a merge copies documents with new ids. */
#ifndef SHENBAO_ARCHIVE_H
#define SHENBAO_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum { ARCHIVE_VERSION = 1, ARCHIVE_APPLICATION = 0x53686261 };

enum archive_mode {
    ARCHIVE_READ,   /* must be there; nothing is written, not even beside it where that can be helped */
    ARCHIVE_WRITE,  /* must be there */
    ARCHIVE_CREATE, /* made where it is not there */
};

struct archive;

/* NULL after a message on standard error: no archive, one of a newer version,
 * read-only … A writable archive waits for others that write, a minute at most. */
struct archive *archive_open(const char *path, enum archive_mode mode);
void archive_close(struct archive *archive);

/* One batch or merge at a time fills an archive: a descriptor that holds its lock, or -1
 * after a message. The lock lies in PATH-lock, which is there only as long; after a crash
 * the next one takes it over. */
int archive_lock(const char *path);
void archive_unlock(const char *path, int descriptor);

/* What went wrong last, for a message; and whether it was only that others write. */
const char *archive_message(const struct archive *archive);
/* The byte of its SQL where archive_query() met the mistake, or -1. */
int64_t archive_mistake(const struct archive *archive);
bool archive_is_busy(const struct archive *archive);

/* Several statements without results. False when one failed; see archive_message(). */
bool archive_run(struct archive *archive, const char *sql);

/* One transaction that writes. begin waits for others. A failed commit rolls back. */
bool archive_begin(struct archive *archive);
bool archive_commit(struct archive *archive);
void archive_rollback(struct archive *archive);

/* ---- asking ---- */

/* A statement and its rows. What a user wrote may be anything: with `is_reading`, what
 * would change the archive is refused. NULL on a mistake; see archive_message(). More
 * than one statement is a mistake. */
struct query;
struct query *archive_query(struct archive *archive, const char *sql, bool is_reading);
void query_bind_text(struct query *query, int number, const char *text); /* from 1; copied; NULL is NULL */
void query_bind_integer(struct query *query, int number, int64_t value);

enum query_step { QUERY_ROW, QUERY_END, QUERY_FAILED };
enum query_step query_next(struct query *query);
void query_again(struct query *query); /* before the first row, bindings kept */
void query_release(struct query *query);

enum query_type { QUERY_NULL, QUERY_INTEGER, QUERY_REAL, QUERY_TEXT, QUERY_BLOB };
int query_columns(const struct query *query);
const char *query_name(const struct query *query, int column); /* columns from 0 */
enum query_type query_type(const struct query *query, int column);
int64_t query_integer(const struct query *query, int column);
double query_real(const struct query *query, int column);
const char *query_text(const struct query *query, int column); /* NULL for NULL; until the next step */
const void *query_blob(const struct query *query, int column);
size_t query_size(const struct query *query, int column);      /* bytes of the text or blob */

/* ---- documents ---- */

/* Adds to `out` the extraction of a source, byte for byte what
 * `shenbao extract --compact PATH` writes, PATH being the first of its paths
 * (by bytes) or `href` where given. False where there is none or it is broken. */
bool archive_extraction(struct archive *archive, int64_t source, const char *href, struct buffer *out);

/* Within a transaction: removes a source with all that hangs on it (its files stay,
 * with no source). */
bool archive_forget(struct archive *archive, int64_t source);

/* Within a transaction: enters declarations `first` to `last` (ids) into the full text.
 * Whoever copies declarations with SQL calls this behind it. */
bool archive_index(struct archive *archive, int64_t first, int64_t last);

#endif
