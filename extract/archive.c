#include "archive_sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

#include "base/array.h"
#include "base/report.h"

extern const char archive_schema[]; /* archive/schema.sql */

enum {
    PAGE_SIZE = 8192,
    CACHE_KIB = 8192,
    CHECKPOINT_PAGES = 2000, /* of the write-ahead log, until they go into the file itself */
    WAIT_MOST = 60,          /* seconds, for others that write */
    EXTRACTION_MOST = 1 << 30,
};

static const char *const statement_texts[STATEMENTS] = {
    [STATEMENT_BEGIN] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_EXTRACTION] = "SELECT bytes, xml FROM extractions WHERE source_id = ?1",
    [STATEMENT_FIRST_PATH] = "SELECT min(path) FROM files WHERE source_id = ?1",
    [STATEMENT_INDEX] = "INSERT INTO search (rowid, project, unit, names, narrative) "
                        "SELECT id, project, unit, names, narrative FROM search_text WHERE id BETWEEN ?1 AND ?2",
    [STATEMENT_FILE] = "SELECT f.bytes, f.mtime_ns, f.inode, s.state, s.program, s.grammar, f.source_id "
                       "FROM files f LEFT JOIN sources s ON s.id = f.source_id WHERE f.path = ?1",
    [STATEMENT_FILE_PUT] = "INSERT OR REPLACE INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STATEMENT_FILES_MOVE] = "UPDATE files SET source_id = ?2 WHERE source_id = ?1",
    [STATEMENT_SOURCE] = "SELECT id, state, program, grammar, media_type FROM sources "
                         "WHERE sha256 = ?1 AND (media_type = ?2 OR media_type = '') ORDER BY media_type DESC",
    [STATEMENT_SOURCE_PUT] = "INSERT INTO sources VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    [STATEMENT_SOURCE_UPDATE] = "UPDATE sources SET declarations = ?2, reason = ?3, message = ?4 WHERE id = ?1",
    [STATEMENT_SOURCE_IS_USED] = "SELECT 1 FROM files WHERE source_id = ?1 LIMIT 1",
    [STATEMENT_EXTRACTION_PUT] = "INSERT INTO extractions VALUES (?1, ?2, ?3)",
    [STATEMENT_LAST_SOURCE] = "SELECT ifnull(max(id), 0) FROM sources",
    [STATEMENT_LAST_DECLARATION] = "SELECT ifnull(max(id), 0) FROM declarations",
    [STATEMENT_FORGET_TEXT] = "INSERT INTO search (search, rowid, project, unit, names, narrative) "
                              "SELECT 'delete', id, project, unit, names, narrative FROM search_text "
                              "WHERE id IN (SELECT id FROM declarations WHERE source_id = ?1)",
};

/* ---- opening ---- */

/* Others hold the lock for some tens of milliseconds. */
static int wait_for_others(void *context, int tries)
{
    (void)context;
    enum { NAP = 500000 }; /* nanoseconds */
    nanosleep(&(struct timespec){.tv_nsec = NAP}, NULL);
    return tries < WAIT_MOST * (1000000000 / NAP);
}

static void say(const char *path, const char *message)
{
    report(REPORT_ERROR, (struct place){.path = path}, "%s", message);
}

static int64_t number_of(struct archive *archive, const char *sql)
{
    sqlite3_stmt *statement;
    int64_t number = -1;
    if (sqlite3_prepare_v2(archive->database, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static bool make_schema(struct archive *archive)
{
    char sql[200];
    snprintf(sql, sizeof sql, "PRAGMA page_size = %d; PRAGMA journal_mode = WAL;", PAGE_SIZE);
    /* SQLite does not wait when the mode changes: another may be making the archive just now. */
    for (int tries = 0; !archive_run(archive, sql); tries++)
        if (!archive_is_busy(archive) || !wait_for_others(NULL, tries))
            return false;
    if (!archive_begin(archive))
        return false;
    /* Two may come to make it: the second finds it made. */
    if (number_of(archive, "SELECT count(*) FROM sqlite_schema") == 0 && !archive_run(archive, archive_schema)) {
        archive_rollback(archive);
        return false;
    }
    return archive_commit(archive);
}

static bool check_schema(struct archive *archive, enum archive_mode mode)
{
    /* As of one moment: another may be making the archive just now. */
    archive_run(archive, "BEGIN");
    int64_t application = number_of(archive, "PRAGMA application_id"), version = number_of(archive, "PRAGMA user_version");
    bool is_empty = application == 0 && number_of(archive, "SELECT count(*) FROM sqlite_schema") == 0;
    if (application >= 0)
        archive_run(archive, "ROLLBACK"); /* else SQLite's message is wanted */
    if (is_empty) {
        if (mode == ARCHIVE_CREATE && make_schema(archive))
            return check_schema(archive, ARCHIVE_WRITE);
        if (mode == ARCHIVE_CREATE)
            report(REPORT_ERROR, (struct place){.path = archive->path}, "cannot make the archive: %s", archive_message(archive));
        else
            say(archive->path, sqlite3_errcode(archive->database) == SQLITE_OK ? "is empty, no archive" : archive_message(archive));
        return false;
    }
    if (application < 0) {
        report(REPORT_ERROR, (struct place){.path = archive->path}, "cannot read it as an archive: %s", archive_message(archive));
        return false;
    }
    if (application != ARCHIVE_APPLICATION) {
        say(archive->path, "is a database, but no archive of this program");
        return false;
    }
    if (version != ARCHIVE_VERSION) {
        report(REPORT_ERROR, (struct place){.path = archive->path},
               "the archive has version %ld, this program knows version %d", (long)version, ARCHIVE_VERSION);
        return false;
    }
    return true;
}

char *archive_uri(const char *path)
{
    struct buffer uri = {0};
    buffer_text(&uri, "file:");
    for (; *path; path++)
        if (strchr("?#%", *path)) {
            char escaped[4];
            snprintf(escaped, sizeof escaped, "%%%02X", (unsigned char)*path);
            buffer_text(&uri, escaped);
        } else {
            buffer_char(&uri, *path);
        }
    buffer_add(&uri, "?immutable=1", sizeof "?immutable=1");
    return uri.bytes;
}

/* Whether a log beside the file holds what is not in the file yet. */
static bool has_log(const char *path)
{
    struct stat status;
    char *log = NULL;
    if (asprintf(&log, "%s-wal", path) < 0)
        memory_exhausted();
    bool is_there = stat(log, &status) == 0 && status.st_size > 0;
    free(log);
    return is_there;
}

bool archive_needs_place(const struct archive *archive)
{
    int code = sqlite3_errcode(archive->database) & 0xff;
    return code == SQLITE_CANTOPEN || code == SQLITE_READONLY;
}

static bool open_database(struct archive *archive, enum archive_mode mode)
{
    static bool is_configured;
    if (!is_configured) { /* before anything else; SQLite refuses it later */
        sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        is_configured = true;
    }
    /* Who may write takes what SQLite keeps beside the file away again, also behind reading. */
    int flags = SQLITE_OPEN_READWRITE | (mode == ARCHIVE_CREATE ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_NOMUTEX |
                SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI;
    if (sqlite3_open_v2(archive->path, &archive->database, flags, NULL) != SQLITE_OK)
        return false;
    sqlite3_busy_handler(archive->database, wait_for_others, NULL);
    if (mode != ARCHIVE_READ || number_of(archive, "SELECT count(*) FROM sqlite_schema") >= 0 ||
        !archive_needs_place(archive) || has_log(archive->path))
        return true; /* check_schema() says what it is */
    /* In a folder that cannot be written to there is no place for what WAL keeps beside the file. */
    char *uri = archive_uri(archive->path);
    sqlite3_close(archive->database);
    flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI;
    bool is_open = sqlite3_open_v2(uri, &archive->database, flags, NULL) == SQLITE_OK;
    free(uri);
    return is_open;
}

struct archive *archive_open(const char *path, enum archive_mode mode)
{
    struct archive *archive = memory_resize(NULL, sizeof *archive);
    *archive = (struct archive){0};
    struct stat status;
    /* SQLite takes some names as its own. */
    bool is_plain = *path != ':' && strncmp(path, "file:", strlen("file:")) != 0;
    if (asprintf(&archive->path, "%s%s", is_plain ? "" : "./", path) < 0)
        memory_exhausted();
    bool is_fine = false;
    if (mode != ARCHIVE_CREATE && stat(path, &status) != 0)
        report(REPORT_ERROR, (struct place){.path = path}, "cannot open the archive: %s", strerror(errno));
    else if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        say(path, S_ISDIR(status.st_mode) ? "is a folder, no archive" : "is no regular file");
    else if (!open_database(archive, mode))
        report(REPORT_ERROR, (struct place){.path = path}, "cannot open the archive: %s", archive_message(archive));
    else if (mode != ARCHIVE_READ && sqlite3_db_readonly(archive->database, "main") == 1)
        say(path, "the archive is read-only");
    else
        is_fine = check_schema(archive, mode);
    if (is_fine) {
        char sql[200];
        snprintf(sql, sizeof sql, "PRAGMA synchronous = FULL; PRAGMA cache_size = -%d; PRAGMA wal_autocheckpoint = %d;",
                 CACHE_KIB, CHECKPOINT_PAGES);
        is_fine = archive_run(archive, sql);
        if (!is_fine)
            say(path, archive_message(archive));
    }
    if (is_fine)
        return archive;
    archive_close(archive);
    return NULL;
}

void archive_close(struct archive *archive)
{
    if (!archive)
        return;
    for (enum statement i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(archive->statements[i]);
    sqlite3_close(archive->database);
    free(archive->path);
    free(archive);
}

const char *archive_message(const struct archive *archive)
{
    if (archive->trouble)
        return archive->trouble;
    switch (sqlite3_errcode(archive->database) & 0xff) {
    case SQLITE_FULL:
        return "no space is left for the archive";
    case SQLITE_BUSY:
        return "the archive is in use by another program";
    case SQLITE_READONLY:
        return "the archive is read-only";
    case SQLITE_CORRUPT:
        return "the archive is damaged";
    case SQLITE_NOTADB:
        return "is no archive";
    default:
        return sqlite3_errmsg(archive->database);
    }
}

int64_t archive_mistake(const struct archive *archive)
{
    return archive->trouble ? -1 : sqlite3_error_offset(archive->database);
}

/* ---- statements ---- */

sqlite3_stmt *archive_statement(struct archive *archive, enum statement statement)
{
    sqlite3_stmt **prepared = &archive->statements[statement];
    if (*prepared)
        sqlite3_reset(*prepared);
    else
        sqlite3_prepare_v3(archive->database, statement_texts[statement], -1, SQLITE_PREPARE_PERSISTENT, prepared, NULL);
    return *prepared;
}

bool archive_step(struct archive *archive, enum statement statement)
{
    sqlite3_stmt *prepared = archive->statements[statement];
    int result = sqlite3_step(prepared);
    if (result == SQLITE_ROW || result == SQLITE_DONE) {
        sqlite3_reset(prepared);
        return true;
    }
    return false;
}

bool archive_run(struct archive *archive, const char *sql)
{
    return sqlite3_exec(archive->database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

bool archive_begin(struct archive *archive)
{
    archive->trouble = NULL;
    return archive_statement(archive, STATEMENT_BEGIN) && archive_step(archive, STATEMENT_BEGIN);
}

bool archive_begin_now(struct archive *archive)
{
    sqlite3_busy_handler(archive->database, NULL, NULL);
    bool is_begun = archive_begin(archive);
    sqlite3_busy_handler(archive->database, wait_for_others, NULL);
    return is_begun;
}

bool archive_is_busy(const struct archive *archive) { return (sqlite3_errcode(archive->database) & 0xff) == SQLITE_BUSY; }

bool archive_commit(struct archive *archive)
{
    if (archive_statement(archive, STATEMENT_COMMIT) && archive_step(archive, STATEMENT_COMMIT))
        return true;
    archive_rollback(archive);
    return false;
}

void archive_rollback(struct archive *archive)
{
    /* SQLite keeps the message of what failed only until the next call. */
    if (!archive->trouble && sqlite3_errcode(archive->database) != SQLITE_OK) {
        snprintf(archive->kept, sizeof archive->kept, "%s", archive_message(archive));
        archive->trouble = archive->kept;
    }
    if (!sqlite3_get_autocommit(archive->database) && archive_statement(archive, STATEMENT_ROLLBACK))
        sqlite3_step(archive->statements[STATEMENT_ROLLBACK]);
}

/* ---- asking ---- */

struct query {
    struct archive *archive;
    sqlite3_stmt *statement;
};

struct query *archive_query(struct archive *archive, const char *sql, bool is_reading)
{
    sqlite3_stmt *statement = NULL;
    const char *rest;
    archive->trouble = NULL;
    if (sqlite3_prepare_v2(archive->database, sql, -1, &statement, &rest) != SQLITE_OK)
        return NULL;
    sqlite3_stmt *second = NULL;
    if (!statement)
        archive->trouble = "no statement";
    else if (is_reading && !sqlite3_stmt_readonly(statement))
        archive->trouble = "this would change the archive; only questions are answered here";
    else if (sqlite3_prepare_v2(archive->database, rest, -1, &second, NULL) != SQLITE_OK || second)
        archive->trouble = "more than one statement";
    sqlite3_finalize(second);
    if (archive->trouble) {
        sqlite3_finalize(statement);
        return NULL;
    }
    struct query *query = memory_resize(NULL, sizeof *query);
    *query = (struct query){archive, statement};
    return query;
}

void query_bind_text(struct query *query, int number, const char *text)
{
    sqlite3_bind_text(query->statement, number, text, -1, SQLITE_TRANSIENT);
}

void query_bind_integer(struct query *query, int number, int64_t value)
{
    sqlite3_bind_int64(query->statement, number, value);
}

enum query_step query_next(struct query *query)
{
    switch (sqlite3_step(query->statement)) {
    case SQLITE_ROW:
        return QUERY_ROW;
    case SQLITE_DONE:
        return QUERY_END;
    default:
        return QUERY_FAILED;
    }
}

void query_again(struct query *query) { sqlite3_reset(query->statement); }

void query_release(struct query *query)
{
    if (!query)
        return;
    sqlite3_finalize(query->statement);
    free(query);
}

int query_columns(const struct query *query) { return sqlite3_column_count(query->statement); }

const char *query_name(const struct query *query, int column) { return sqlite3_column_name(query->statement, column); }

enum query_type query_type(const struct query *query, int column)
{
    switch (sqlite3_column_type(query->statement, column)) {
    case SQLITE_INTEGER:
        return QUERY_INTEGER;
    case SQLITE_FLOAT:
        return QUERY_REAL;
    case SQLITE_TEXT:
        return QUERY_TEXT;
    case SQLITE_BLOB:
        return QUERY_BLOB;
    default:
        return QUERY_NULL;
    }
}

int64_t query_integer(const struct query *query, int column) { return sqlite3_column_int64(query->statement, column); }

double query_real(const struct query *query, int column) { return sqlite3_column_double(query->statement, column); }

const char *query_text(const struct query *query, int column)
{
    return (const char *)sqlite3_column_text(query->statement, column);
}

const void *query_blob(const struct query *query, int column) { return sqlite3_column_blob(query->statement, column); }

size_t query_size(const struct query *query, int column) { return (size_t)sqlite3_column_bytes(query->statement, column); }

/* ---- documents ---- */

/* As the XML writer writes an attribute. */
static void add_attribute(struct buffer *out, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        switch (*at) {
        case '&': buffer_text(out, "&amp;"); break;
        case '<': buffer_text(out, "&lt;"); break;
        case '"': buffer_text(out, "&quot;"); break;
        case '\t': buffer_text(out, "&#9;"); break;
        case '\n': buffer_text(out, "&#10;"); break;
        case '\r': buffer_text(out, "&#13;"); break;
        default:
            if (*at < 0x20)
                buffer_text(out, "\xEF\xBF\xBD");
            else if (*at == 0xEF && at[1] == 0xBF && at[2] >= 0xBE) {
                buffer_text(out, "\xEF\xBF\xBD"); /* U+FFFE, U+FFFF */
                at += 2;
            } else {
                buffer_char(out, (char)*at);
            }
        }
}

bool archive_extraction(struct archive *archive, int64_t source, const char *href, struct buffer *out)
{
    static const char empty[] = " href=\"";
    enum { HEAD_MOST = 1000 }; /* bytes in which the href stands */
    sqlite3_stmt *found = archive_statement(archive, STATEMENT_EXTRACTION);
    sqlite3_bind_int64(found, 1, source);
    if (sqlite3_step(found) != SQLITE_ROW) {
        sqlite3_reset(found);
        return false;
    }
    int64_t bytes = sqlite3_column_int64(found, 0);
    const void *packed = sqlite3_column_blob(found, 1);
    size_t size = (size_t)sqlite3_column_bytes(found, 1);
    bool is_whole = packed && bytes >= 0;
    char *xml = is_whole ? malloc((size_t)bytes + 1) : NULL;
    is_whole = xml && ZSTD_decompress(xml, (size_t)bytes, packed, size) == (size_t)bytes;
    sqlite3_reset(found);
    char *place = is_whole ? memmem(xml, bytes < HEAD_MOST ? (size_t)bytes : HEAD_MOST, empty, sizeof empty - 1) : NULL;
    if (place) {
        place += sizeof empty - 1;
        sqlite3_stmt *first = NULL;
        if (!href) {
            first = archive_statement(archive, STATEMENT_FIRST_PATH);
            sqlite3_bind_int64(first, 1, source);
            if (sqlite3_step(first) == SQLITE_ROW)
                href = (const char *)sqlite3_column_text(first, 0);
        }
        buffer_add(out, xml, (size_t)(place - xml));
        add_attribute(out, href ? href : "-");
        buffer_add(out, place, (size_t)(xml + bytes - place));
        if (first)
            sqlite3_reset(first);
    }
    free(xml);
    return place;
}

bool archive_forget(struct archive *archive, int64_t source)
{
    static const char *const facts[] = {"parts",        "header",     "narrative", "funding", "indicators",
                                        "budget_lines", "safeguards", "fields",    "options", "spans"};
    static const char *const others[] = {"DELETE FROM findings WHERE source_id =", "DELETE FROM declarations WHERE source_id =",
                                         "DELETE FROM extractions WHERE source_id =", "DELETE FROM sources WHERE id ="};
    enum { FACTS = sizeof facts / sizeof *facts, OTHERS = sizeof others / sizeof *others };
    char sql[200];
    sqlite3_stmt *text = archive_statement(archive, STATEMENT_FORGET_TEXT);
    if (!text)
        return false;
    sqlite3_bind_int64(text, 1, source);
    bool is_fine = archive_step(archive, STATEMENT_FORGET_TEXT);
    for (size_t i = 0; i < FACTS && is_fine; i++) {
        snprintf(sql, sizeof sql, "DELETE FROM %s WHERE declaration_id IN (SELECT id FROM declarations WHERE source_id = %lld)",
                 facts[i], (long long)source);
        is_fine = archive_run(archive, sql);
    }
    for (size_t i = 0; i < OTHERS && is_fine; i++) {
        snprintf(sql, sizeof sql, "%s %lld", others[i], (long long)source);
        is_fine = archive_run(archive, sql);
    }
    snprintf(sql, sizeof sql, "UPDATE files SET source_id = NULL WHERE source_id = %lld", (long long)source);
    return is_fine && archive_run(archive, sql);
}

bool archive_index(struct archive *archive, int64_t first, int64_t last)
{
    sqlite3_stmt *index = archive_statement(archive, STATEMENT_INDEX);
    if (!index)
        return false;
    sqlite3_bind_int64(index, 1, first);
    sqlite3_bind_int64(index, 2, last);
    return archive_step(archive, STATEMENT_INDEX);
}
