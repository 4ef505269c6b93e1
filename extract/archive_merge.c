#include "archive_merge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive_sqlite.h"
#include "base/array.h"
#include "base/report.h"

/* What each input has, then what is taken of it: which input's reading of a document,
 * and the ids in the new archive, which go by content. */
static const char collect_tables[] =
    "PRAGMA temp_store = FILE;"
    "CREATE TEMP TABLE read_sources (input, id, sha256, media_type, state, program, grammar, reason, message);"
    "CREATE TEMP TABLE read_files (path, sha256, media_type, bytes, mtime_ns, inode, reason, message);"
    "CREATE TEMP TABLE read_declarations (input, id, source_id, number);";

static const char collect[] =
    "INSERT INTO read_sources SELECT ?1, id, sha256, media_type, state, program, grammar, reason, message FROM part.sources;"
    "INSERT INTO read_files SELECT path, sha256, media_type, f.bytes, mtime_ns, inode, f.reason, f.message "
    "FROM part.files f LEFT JOIN part.sources s ON s.id = f.source_id;"
    "INSERT INTO read_declarations SELECT ?1, id, source_id, number FROM part.declarations;";

static const char choose[] =
    "CREATE TEMP TABLE new_files AS SELECT path, sha256, media_type, bytes, mtime_ns, inode, reason, message FROM "
    "(SELECT *, row_number() OVER (PARTITION BY path ORDER BY mtime_ns DESC, sha256 IS NULL, sha256, media_type, bytes, inode, "
    "reason, message) AS place FROM read_files) WHERE place = 1;"
    "CREATE TEMP TABLE new_sources AS SELECT input, id, sha256, media_type, "
    "row_number() OVER (ORDER BY sha256, media_type) AS new_id FROM "
    "(SELECT *, row_number() OVER (PARTITION BY sha256, media_type ORDER BY state, program DESC, grammar DESC, reason, message, "
    "input) AS place FROM read_sources) WHERE place = 1 "
    "AND (sha256, media_type) IN (SELECT sha256, media_type FROM new_files);"
    "CREATE UNIQUE INDEX new_source ON new_sources (input, id);"
    "CREATE TEMP TABLE new_declarations AS SELECT d.input, d.id, s.new_id AS new_source_id, "
    "row_number() OVER (ORDER BY s.new_id, d.number) AS new_id "
    "FROM read_declarations d JOIN new_sources s ON s.input = d.input AND s.id = d.source_id;"
    "CREATE UNIQUE INDEX new_declaration ON new_declarations (input, id);";

static const char put_files[] =
    "INSERT INTO main.files SELECT f.path, s.new_id, f.bytes, f.mtime_ns, f.inode, f.reason, f.message "
    "FROM new_files f LEFT JOIN new_sources s ON s.sha256 = f.sha256 AND s.media_type = f.media_type ORDER BY f.path;";

static const char *const tables[] = {"sources",      "extractions", "declarations", "parts",  "header",  "narrative", "funding", "indicators",
                                     "budget_lines", "safeguards",  "fields",       "options", "findings", "spans"};

static bool fail(const char *path, const char *message)
{
    report(REPORT_ERROR, (struct place){.path = path}, "%s", message);
    return false;
}

/* Runs several statements, ?1 being the input. */
static bool run_for(struct archive *archive, const char *sql, size_t input)
{
    while (*sql) {
        sqlite3_stmt *statement;
        if (sqlite3_prepare_v2(archive->database, sql, -1, &statement, &sql) != SQLITE_OK)
            return false;
        if (!statement)
            break;
        if (sqlite3_bind_parameter_count(statement))
            sqlite3_bind_int64(statement, 1, (sqlite3_int64)input);
        int result = sqlite3_step(statement);
        sqlite3_finalize(statement);
        if (result != SQLITE_DONE && result != SQLITE_ROW)
            return false;
    }
    return true;
}

/* INSERT of a table's rows under their new ids. */
static char *copying(struct archive *archive, const char *table)
{
    struct buffer columns = {0};
    bool has_declaration = false, has_source = false;
    struct query *query = archive_query(archive, "SELECT name FROM pragma_table_info(?1) ORDER BY cid", true);
    if (!query)
        return NULL;
    query_bind_text(query, 1, table);
    while (query_next(query) == QUERY_ROW) {
        const char *name = query_text(query, 0);
        bool is_source = strcmp(name, strcmp(table, "sources") == 0 ? "id" : "source_id") == 0;
        bool is_declaration = strcmp(name, strcmp(table, "declarations") == 0 ? "id" : "declaration_id") == 0;
        has_source |= is_source;
        has_declaration |= is_declaration;
        buffer_text(&columns, columns.length ? ", " : "");
        buffer_text(&columns, is_source ? "s.new_id" : is_declaration ? "d.new_id" : "t.");
        if (!is_source && !is_declaration)
            buffer_text(&columns, name);
    }
    query_release(query);
    buffer_char(&columns, '\0');
    const char *source_key = strcmp(table, "sources") == 0 ? "id" : "source_id";
    const char *declaration_key = strcmp(table, "declarations") == 0 ? "id" : "declaration_id";
    char join_source[160] = "", join_declaration[160] = "";
    if (has_source)
        snprintf(join_source, sizeof join_source, " JOIN new_sources s ON s.input = ?1 AND s.id = t.%s", source_key);
    if (has_declaration)
        snprintf(join_declaration, sizeof join_declaration, " %sJOIN new_declarations d ON d.input = ?1 AND d.id = t.%s",
                 has_source ? "LEFT " : "", declaration_key);
    char *sql = NULL;
    if (asprintf(&sql, "INSERT INTO main.%s SELECT %s FROM part.%s t%s%s;", table, columns.bytes, table, join_source, join_declaration) < 0)
        memory_exhausted();
    buffer_release(&columns);
    return sql;
}

static bool with_part(struct archive *archive, const char *path, size_t input, bool (*work)(struct archive *, size_t))
{
    sqlite3_stmt *attach;
    bool is_fine = sqlite3_prepare_v2(archive->database, "ATTACH ?1 AS part", -1, &attach, NULL) == SQLITE_OK;
    if (is_fine) {
        sqlite3_bind_text(attach, 1, path, -1, SQLITE_STATIC);
        is_fine = sqlite3_step(attach) == SQLITE_DONE;
    }
    sqlite3_finalize(attach);
    is_fine = is_fine && archive_run(archive, "BEGIN") && work(archive, input) && archive_run(archive, "COMMIT");
    if (!is_fine)
        return fail(path, archive_message(archive));
    return archive_run(archive, "DETACH part");
}

static bool collect_part(struct archive *archive, size_t input) { return run_for(archive, collect, input); }

static bool copy_part(struct archive *archive, size_t input)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        char *sql = copying(archive, tables[i]);
        bool is_fine = sql && run_for(archive, sql, input);
        free(sql);
        if (!is_fine)
            return false;
    }
    return true;
}

static size_t count_of(struct archive *archive, const char *sql)
{
    struct query *query = archive_query(archive, sql, true);
    size_t count = query && query_next(query) == QUERY_ROW ? (size_t)query_integer(query, 0) : 0;
    query_release(query);
    return count;
}

static bool merge_into(struct archive *archive, const char *work, const char *whole, const char *const *inputs, size_t count,
                       struct merge_summary *summary)
{
    bool is_fine = archive_run(archive, "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;") && archive_run(archive, collect_tables);
    if (!is_fine)
        return fail(work, archive_message(archive));
    for (size_t i = 0; i < count; i++)
        if (!with_part(archive, inputs[i], i, collect_part))
            return false;
    if (!run_for(archive, choose, 0))
        return fail(work, archive_message(archive));
    for (size_t i = 0; i < count; i++)
        if (!with_part(archive, inputs[i], i, copy_part))
            return false;
    *summary = (struct merge_summary){count_of(archive, "SELECT count(*) FROM main.sources"),
                                      count_of(archive, "SELECT count(*) FROM new_files"),
                                      count_of(archive, "SELECT count(*) FROM main.declarations")};
    is_fine = archive_begin(archive) && archive_run(archive, put_files) && archive_index(archive, 1, (int64_t)summary->declarations) &&
              archive_run(archive, "INSERT INTO search (search) VALUES ('optimize')") && archive_commit(archive);
    /* in the order of its keys, whatever the order it came in */
    char *vacuum = sqlite3_mprintf("VACUUM INTO %Q", whole);
    is_fine = is_fine && archive_run(archive, vacuum);
    sqlite3_free(vacuum);
    return is_fine || fail(work, archive_message(archive));
}

static void forget(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char *name = NULL;
        if (asprintf(&name, "%s%s", path, suffixes[i]) < 0)
            memory_exhausted();
        unlink(name);
        free(name);
    }
}

/* Whether the log of an archive is in one file with it, and nobody has it open. */
static bool journal_is(const char *path, const char *mode)
{
    struct archive *archive = archive_open(path, ARCHIVE_WRITE);
    char sql[60];
    snprintf(sql, sizeof sql, "PRAGMA journal_mode = %s", mode);
    struct query *query = archive ? archive_query(archive, sql, false) : NULL;
    bool is_set = query && query_next(query) == QUERY_ROW && strcmp(query_text(query, 0), mode) == 0;
    query_release(query);
    if (archive && !is_set)
        fail(path, "the archive is in use by another program");
    archive_close(archive);
    return is_set;
}

/* The finished file is what `out` is from now on, once it is on the disk. */
static bool put_in_place(const char *whole, const char *out)
{
    /* A log that was left beside the old file must not be taken for one of the new. */
    if (!journal_is(whole, "wal") || (access(out, F_OK) == 0 && !journal_is(out, "delete")))
        return false;
    int file = open(whole, O_RDONLY | O_CLOEXEC);
    bool is_kept = file >= 0 && fsync(file) == 0;
    if (file >= 0)
        close(file);
    if (is_kept && rename(whole, out) == 0)
        return true;
    report(REPORT_ERROR, (struct place){.path = out}, "cannot write: %s", strerror(errno));
    return false;
}

bool archive_merge(const char *out, const char *const *inputs, size_t count, struct merge_summary *summary)
{
    array_of(const char *) all = {0};
    if (access(out, F_OK) == 0)
        *array_push(&all) = out;
    for (size_t i = 0; i < count; i++)
        *array_push(&all) = inputs[i];
    bool is_fine = true;
    for (size_t i = 0; i < all.count; i++) { /* each is an archive of this version; a log left over goes into the file */
        struct archive *input = archive_open(all.items[i], ARCHIVE_READ);
        is_fine &= input != NULL;
        archive_close(input);
    }
    if (is_fine && access(out, F_OK) == 0 && access(out, W_OK) != 0)
        is_fine = fail(out, "the archive is read-only");
    char *work = NULL, *whole = NULL;
    if (asprintf(&work, "%s.merging-%d", out, getpid()) < 0 || asprintf(&whole, "%s.merged-%d", out, getpid()) < 0)
        memory_exhausted();
    struct archive *archive = is_fine ? archive_open(work, ARCHIVE_CREATE) : NULL;
    is_fine = archive && merge_into(archive, work, whole, all.items, all.count, summary);
    archive_close(archive);
    if (is_fine)
        is_fine = put_in_place(whole, out);
    forget(work);
    forget(whole);
    free(work);
    free(whole);
    array_release(&all);
    return is_fine;
}
