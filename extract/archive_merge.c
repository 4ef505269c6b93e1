#include "archive_merge.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
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
    "INSERT INTO read_sources SELECT ?1, id, sha256, media_type, state, program, grammar, reason, message "
    "FROM part.sources;"
    "INSERT INTO read_files SELECT path, sha256, media_type, f.bytes, mtime_ns, inode, f.reason, f.message "
    "FROM part.files f LEFT JOIN part.sources s ON s.id = f.source_id;"
    "INSERT INTO read_declarations SELECT ?1, id, source_id, number FROM part.declarations;";

/* A content that could be read is no failed one any more, wherever it failed. */
static const char choose[] =
    "CREATE INDEX temp.read_source ON read_sources (sha256);"
    "CREATE TEMP TABLE new_files AS SELECT path, sha256, media_type, bytes, mtime_ns, inode, reason, message FROM "
    "(SELECT *, row_number() OVER (PARTITION BY path ORDER BY mtime_ns DESC, sha256 IS NULL, sha256, media_type, "
    "bytes, inode, reason, message) AS place FROM read_files) WHERE place = 1;"
    "UPDATE new_files SET media_type = ifnull((SELECT min(media_type) FROM read_sources r "
    "WHERE r.sha256 = new_files.sha256 AND r.state = 'done'), '') WHERE media_type = '';"
    "CREATE TEMP TABLE new_sources AS SELECT input, id, sha256, media_type, "
    "row_number() OVER (ORDER BY sha256, media_type) AS new_id FROM "
    "(SELECT *, row_number() OVER (PARTITION BY sha256, media_type ORDER BY state, program COLLATE version DESC, "
    "program DESC, grammar DESC, reason, message, input) AS place FROM read_sources) WHERE place = 1 "
    "AND (sha256, media_type) IN (SELECT sha256, media_type FROM new_files);"
    "CREATE UNIQUE INDEX temp.new_source ON new_sources (input, id);"
    "CREATE TEMP TABLE new_declarations AS SELECT d.input, d.id, s.new_id AS new_source_id, "
    "row_number() OVER (ORDER BY s.new_id, d.number) AS new_id "
    "FROM read_declarations d JOIN new_sources s ON s.input = d.input AND s.id = d.source_id;"
    "CREATE UNIQUE INDEX temp.new_declaration ON new_declarations (input, id);";

static const char put_files[] =
    "INSERT INTO main.files SELECT f.path, s.new_id, f.bytes, f.mtime_ns, f.inode, f.reason, f.message "
    "FROM new_files f LEFT JOIN new_sources s ON s.sha256 = f.sha256 AND s.media_type = f.media_type "
    "ORDER BY f.path;";

static const char *const tables[] = {"sources",    "extractions",  "declarations", "parts",   "header",
                                     "narrative",  "funding",      "indicators",   "budget_lines",
                                     "safeguards", "fields",       "options",      "findings", "spans"};

/* The signal that asked for an end: work stops and is undone, then the program ends by it. */
static volatile sig_atomic_t stopped;
static sqlite3 *volatile working;

static void stop(int number)
{
    stopped = number;
    if (working)
        sqlite3_interrupt(working);
}

static bool fail(const char *path, const char *message)
{
    if (!stopped)
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

/* The rows of a table under their new ids. */
static bool copy_table(struct archive *archive, const char *table, size_t input)
{
    const char *source_key = strcmp(table, "sources") == 0 ? "id" : "source_id";
    const char *declaration_key = strcmp(table, "declarations") == 0 ? "id" : "declaration_id";
    struct buffer sql = {0};
    char text[160];
    bool has_declaration = false, has_source = false;
    struct query *query = archive_query(archive, "SELECT name FROM pragma_table_info(?1, 'main') ORDER BY cid", true);
    if (!query)
        return false;
    query_bind_text(query, 1, table);
    buffer_add(&sql, text, (size_t)snprintf(text, sizeof text, "INSERT INTO main.%s SELECT ", table));
    for (int i = 0; query_next(query) == QUERY_ROW; i++) {
        const char *name = query_text(query, 0);
        bool is_source = strcmp(name, source_key) == 0, is_declaration = strcmp(name, declaration_key) == 0;
        has_source |= is_source;
        has_declaration |= is_declaration;
        buffer_text(&sql, i ? ", " : "");
        buffer_text(&sql, is_source ? "s.new_id" : is_declaration ? "d.new_id" : "t.");
        if (!is_source && !is_declaration)
            buffer_text(&sql, name);
    }
    query_release(query);
    buffer_add(&sql, text, (size_t)snprintf(text, sizeof text, " FROM part.%s t", table));
    static const char source_join[] = " JOIN new_sources s ON s.input = ?1 AND s.id = t.%s",
                      declaration_join[] = " %sJOIN new_declarations d ON d.input = ?1 AND d.id = t.%s";
    if (has_source)
        buffer_add(&sql, text, (size_t)snprintf(text, sizeof text, source_join, source_key));
    if (has_declaration) /* a finding may have none */
        buffer_add(&sql, text, (size_t)snprintf(text, sizeof text, declaration_join, has_source ? "LEFT " : "",
                                                declaration_key));
    buffer_char(&sql, '\0');
    bool is_fine = run_for(archive, sql.bytes, input);
    buffer_release(&sql);
    return is_fine;
}

static bool attach(struct archive *archive, const char *path)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(archive->database, "ATTACH ?1 AS part", -1, &statement, NULL) != SQLITE_OK)
        return false;
    sqlite3_bind_text(statement, 1, path, -1, SQLITE_TRANSIENT);
    bool is_fine = sqlite3_step(statement) == SQLITE_DONE;
    sqlite3_finalize(statement);
    /* It opens the file only when somebody looks into it. */
    struct query *look = is_fine ? archive_query(archive, "SELECT 1 FROM part.sources", true) : NULL;
    is_fine = look && query_next(look) != QUERY_FAILED;
    query_release(look);
    return is_fine;
}

static bool with_part(struct archive *archive, const char *path, size_t input,
                      bool (*work)(struct archive *, size_t))
{
    struct buffer plain = {0};
    buffer_text(&plain, *path == '/' ? "" : "./"); /* SQLite takes some names as its own */
    buffer_add(&plain, path, strlen(path) + 1);
    bool is_fine = attach(archive, plain.bytes);
    if (!is_fine && archive_needs_place(archive)) {
        char *uri = archive_uri(plain.bytes);
        archive_run(archive, "DETACH part");
        is_fine = attach(archive, uri);
        free(uri);
    }
    buffer_release(&plain);
    is_fine = is_fine && archive_run(archive, "BEGIN") && work(archive, input) && archive_run(archive, "COMMIT");
    if (!is_fine)
        return fail(path, archive_message(archive));
    return archive_run(archive, "DETACH part");
}

static bool collect_part(struct archive *archive, size_t input) { return run_for(archive, collect, input); }

static bool copy_part(struct archive *archive, size_t input)
{
    bool is_fine = true;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && is_fine; i++)
        is_fine = copy_table(archive, tables[i], input);
    return is_fine;
}

static size_t count_of(struct archive *archive, const char *sql)
{
    struct query *query = archive_query(archive, sql, true);
    size_t count = query && query_next(query) == QUERY_ROW ? (size_t)query_integer(query, 0) : 0;
    query_release(query);
    return count;
}

/* 0.10 is later than 0.9. */
static int compare_versions(void *context, int a_length, const void *a, int b_length, const void *b)
{
    (void)context;
    char *first = strndup(a, (size_t)a_length), *second = strndup(b, (size_t)b_length);
    if (!first || !second)
        memory_exhausted();
    int order = strverscmp(first, second);
    free(first);
    free(second);
    return order;
}

static bool merge_into(struct archive *archive, const char *out, const char *whole, const char *const *inputs,
                       size_t count, struct merge_summary *summary)
{
    sqlite3_create_collation_v2(archive->database, "version", SQLITE_UTF8, NULL, compare_versions, NULL);
    bool is_fine = archive_run(archive, "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;") &&
                   archive_run(archive, collect_tables);
    if (!is_fine)
        return fail(out, archive_message(archive));
    for (size_t i = 0; i < count; i++)
        if (stopped || !with_part(archive, inputs[i], i, collect_part))
            return false;
    if (!run_for(archive, choose, 0))
        return fail(out, archive_message(archive));
    for (size_t i = 0; i < count; i++)
        if (stopped || !with_part(archive, inputs[i], i, copy_part))
            return false;
    if (count_of(archive, "SELECT (SELECT count(*) FROM new_sources) <> (SELECT count(*) FROM main.sources) OR "
                          "(SELECT count(*) FROM new_declarations) <> (SELECT count(*) FROM main.declarations)"))
        return fail(out, "an archive changed while it was read; merge again");
    *summary = (struct merge_summary){count_of(archive, "SELECT count(*) FROM main.sources"),
                                      count_of(archive, "SELECT count(*) FROM new_files"),
                                      count_of(archive, "SELECT count(*) FROM main.declarations")};
    is_fine = archive_begin(archive) && archive_run(archive, put_files) &&
              archive_index(archive, 1, (int64_t)summary->declarations) &&
              archive_run(archive, "INSERT INTO search (search) VALUES ('optimize')") && archive_commit(archive);
    /* in the order of its keys, whatever the order it came in */
    char *vacuum = sqlite3_mprintf("VACUUM INTO %Q", whole);
    is_fine = is_fine && archive_run(archive, vacuum);
    sqlite3_free(vacuum);
    return is_fine || fail(out, archive_message(archive));
}

/* ---- files ---- */

static void guard(void (*handler)(int))
{
    static const int signals[] = {SIGHUP, SIGINT, SIGTERM, SIGXCPU};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action;
        if (sigaction(signals[i], NULL, &action) != 0 || action.sa_handler == SIG_IGN)
            continue; /* nohup stays nohup */
        action = (struct sigaction){.sa_handler = handler};
        sigaction(signals[i], &action, NULL);
    }
}

/* A file beside `out`: of the one that has its lock, or left by one that was killed. */
static char *name_beside(const char *out, const char *word)
{
    char *name = NULL;
    if (asprintf(&name, "%s-%s", out, word) < 0)
        memory_exhausted();
    return name;
}

/* Removes it and what SQLite keeps beside it. */
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

static bool sync_path(const char *path, int flags)
{
    int file = open(path, flags | O_RDONLY | O_CLOEXEC);
    bool is_kept = file >= 0 && fsync(file) == 0;
    if (file >= 0)
        close(file);
    return is_kept;
}

/* The finished file is what `out` is from now on, once it is on the disk. */
static bool put_in_place(const char *whole, const char *out)
{
    struct stat status;
    bool exists = stat(out, &status) == 0;
    /* A log that was left beside the old file must not be taken for one of the new. */
    if (!journal_is(whole, "wal") || (exists && !journal_is(out, "delete")))
        return false;
    char *copy = strdup(out);
    if (!copy)
        memory_exhausted();
    bool is_done = (!exists || chmod(whole, status.st_mode & 07777) == 0) && sync_path(whole, 0) &&
                   rename(whole, out) == 0;
    if (!is_done)
        report(REPORT_ERROR, (struct place){.path = out}, "cannot write: %s", strerror(errno));
    if (!is_done && exists)
        journal_is(out, "wal");
    if (is_done)
        sync_path(dirname(copy), O_DIRECTORY); /* not every file system can */
    free(copy);
    return is_done;
}

bool archive_merge(const char *out, const char *const *inputs, size_t count, struct merge_summary *summary)
{
    array_of(const char *) all = {0};
    char *target = realpath(out, NULL); /* a link stays one */
    bool exists = target;
    if (exists)
        *array_push(&all) = out;
    else if (!(target = strdup(out)))
        memory_exhausted();
    for (size_t i = 0; i < count; i++)
        *array_push(&all) = inputs[i];
    bool is_fine = true;
    guard(stop);
    for (size_t i = 0; i < all.count && !stopped; i++) { /* each is an archive of this version */
        struct archive *input = archive_open(all.items[i], ARCHIVE_READ);
        is_fine &= input != NULL;
        archive_close(input);
    }
    if (is_fine && exists && access(target, W_OK) != 0)
        is_fine = fail(out, "the archive is read-only");
    int held = is_fine && !stopped ? archive_lock(target) : -1;
    is_fine &= stopped || held >= 0;
    if (held >= 0) {
        char *work = name_beside(target, "merging"), *whole = name_beside(target, "merged");
        forget(work);
        forget(whole);
        struct archive *archive = archive_open(work, ARCHIVE_CREATE);
        working = archive ? archive->database : NULL;
        is_fine = archive && merge_into(archive, out, whole, all.items, all.count, summary);
        working = NULL;
        archive_close(archive);
        is_fine = is_fine && !stopped && put_in_place(whole, target);
        forget(work);
        forget(whole);
        free(work);
        free(whole);
        archive_unlock(target, held);
    }
    guard(SIG_DFL);
    if (stopped)
        raise(stopped);
    free(target);
    array_release(&all);
    return is_fine;
}
