#include "export.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/report.h"
#include "output.h"
#include "write/rows.h"

const char *const export_format_names[EXPORT_FORMATS] = {
    [EXPORT_XML] = "xml", [EXPORT_JSONL] = "jsonl", [EXPORT_CSV] = "csv"};

struct export {
    struct archive *archive;
    const char *path; /* of the archive, for messages */
    const char *folder;
    int descriptor; /* of the folder */
    struct output output;
};

/* ---- tables ---- */

/* Documents are numbered by their content, so that the numbers of an export do not tell
 * in which order they came into the archive. */
static const char number_documents[] =
    "CREATE TEMP TABLE numbered (source_id INTEGER PRIMARY KEY, document_id INTEGER);"
    "INSERT INTO numbered SELECT id, row_number() OVER (ORDER BY sha256, media_type) FROM sources;"
    "CREATE TEMP TABLE numbered_forms (declaration_id INTEGER PRIMARY KEY, document_id INTEGER, form INTEGER);"
    "INSERT INTO numbered_forms SELECT d.id, n.document_id, d.number "
    "FROM declarations d JOIN numbered n ON n.source_id = d.source_id;";

/* The key of another table that the first columns of this one are. */
enum reference { REFERENCE_NONE, REFERENCE_DOCUMENT, REFERENCE_FORM };

/* A table as it is exported: `from` gives its rows t and what they are keyed by. */
struct table {
    const char *name, *origin; /* of the file, in the archive */
    const char *keys;          /* columns that stand for the archive's ids */
    const char *from, *order;
    const char *primary;       /* key, columns parted by blanks */
    enum reference reference;
};

#define OF_FORM "JOIN numbered_forms k ON k.declaration_id = t.declaration_id"
#define OF_DECLARATION(table) \
    {table, table, "k.document_id, k.form", OF_FORM, "k.document_id, k.form, fact", "document_id form fact", \
     REFERENCE_FORM}
#define OF_FACT(table) \
    {table, table, "k.document_id, k.form", OF_FORM, "k.document_id, k.form, fact, t.number", \
     "document_id form fact number", REFERENCE_FORM}

static const struct table tables[] = {
    {"documents", "sources", "k.document_id", "JOIN numbered k ON k.source_id = t.id", "k.document_id", "document_id",
     REFERENCE_NONE},
    {"files", "files", "k.document_id", "LEFT JOIN numbered k ON k.source_id = t.source_id", "t.path", "path",
     REFERENCE_DOCUMENT},
    {"declarations", "declarations", "k.document_id, k.form",
     "JOIN numbered_forms k ON k.declaration_id = t.id", "k.document_id, k.form", "document_id form",
     REFERENCE_DOCUMENT},
    OF_DECLARATION("parts"),
    OF_DECLARATION("header"),
    OF_DECLARATION("narrative"),
    OF_DECLARATION("funding"),
    OF_DECLARATION("indicators"),
    OF_DECLARATION("budget_lines"),
    OF_DECLARATION("safeguards"),
    OF_FACT("fields"),
    OF_FACT("options"),
    /* No reference to the form: those of a document as a whole have none, and some readers of
     * data packages take half a key for a broken one. */
    {"findings", "findings", "n.document_id, k.form",
     "JOIN numbered n ON n.source_id = t.source_id "
     "LEFT JOIN numbered_forms k ON k.declaration_id = t.declaration_id",
     "n.document_id, k.form, t.number", "document_id number", REFERENCE_DOCUMENT},
    OF_FACT("spans"),
};
enum { TABLES = sizeof tables / sizeof *tables, DECLARATIONS = 2 };

/* Ids of the archive alone, and how a file looked on one machine. */
static bool is_left_out(const struct table *table, const char *column)
{
    static const char *const ids[] = {"source_id", "declaration_id", "mtime_ns", "inode"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (strcmp(column, ids[i]) == 0)
            return true;
    bool is_numbered = strcmp(table->origin, "declarations") == 0 && strcmp(column, "number") == 0;
    return strcmp(column, "id") == 0 || is_numbered;
}

static struct query *ask(struct export *export, const char *sql)
{
    struct query *query = archive_query(export->archive, sql, true);
    if (!query)
        report(REPORT_ERROR, (struct place){.path = export->path}, "%s", archive_message(export->archive));
    return query;
}

/* The rows of a table, its keys first; with `fields` (an array) their names and types are added. */
static struct query *table_query(struct export *export, const struct table *table, json_t *fields)
{
    struct buffer sql = {0};
    buffer_text(&sql, "SELECT ");
    buffer_text(&sql, table->keys);
    struct query *columns = ask(export, "SELECT name, type FROM pragma_table_info(?1) ORDER BY cid");
    if (!columns)
        return NULL;
    query_bind_text(columns, 1, table->origin);
    for (const char *key = table->keys; fields && key; key = strchr(key, ',')) {
        key = strchr(key, '.') + 1;
        json_array_append_new(fields, json_pack("{s:s%, s:s}", "name", key, strcspn(key, ","), "type", "integer"));
    }
    while (query_next(columns) == QUERY_ROW) {
        const char *name = query_text(columns, 0), *type = query_text(columns, 1);
        if (is_left_out(table, name))
            continue;
        buffer_text(&sql, ", t.");
        buffer_text(&sql, name);
        const char *kind = strcmp(type, "INTEGER") == 0 ? "integer" : strcmp(type, "REAL") == 0 ? "number" : "string";
        if (fields)
            json_array_append_new(fields, json_pack("{s:s, s:s}", "name", name, "type", kind));
    }
    query_release(columns);
    buffer_text(&sql, " FROM ");
    buffer_text(&sql, table->origin);
    buffer_text(&sql, " t ");
    buffer_text(&sql, table->from);
    buffer_text(&sql, " ORDER BY ");
    buffer_add(&sql, table->order, strlen(table->order) + 1);
    struct query *query = ask(export, sql.bytes);
    buffer_release(&sql);
    return query;
}

/* ---- files ---- */

static void say_failure(const struct export *export, const char *name, int failure)
{
    report(REPORT_ERROR, (struct place){.path = export->folder}, "cannot write '%s': %s", name, strerror(failure));
}

static bool begin_file(struct export *export, const char *name)
{
    int failure = output_begin(&export->output, export->descriptor, name, 0666);
    if (failure)
        say_failure(export, name, failure);
    return !failure;
}

static bool finish_file(struct export *export, const char *name, bool is_whole)
{
    int failure = 0;
    if (is_whole)
        failure = output_finish(&export->output);
    else
        output_abandon(&export->output);
    if (failure)
        say_failure(export, name, failure);
    return is_whole && !failure;
}

static void put_json(struct buffer *out, json_t *value, size_t flags)
{
    char *text = json_dumps(value, flags);
    if (!text)
        memory_exhausted();
    buffer_text(out, text);
    buffer_char(out, '\n');
    free(text);
    json_decref(value);
}

/* ---- CSV ---- */

/* What is written goes through here, to be counted and hashed for the description. */
struct measure {
    struct sha256_ctx hash;
    size_t bytes;
};

static void put_line(struct buffer *out, struct buffer *line, struct measure *measure)
{
    sha256_update(&measure->hash, line->length, (const uint8_t *)line->bytes);
    measure->bytes += line->length;
    buffer_add(out, line->bytes, line->length);
    line->length = 0;
}

static json_t *words_of(const char *text)
{
    json_t *words = json_array();
    for (size_t length; *text; text += length + (text[length] == ' ')) {
        length = strcspn(text, " ");
        json_array_append_new(words, json_stringn(text, length));
    }
    return words;
}

/* One file; its description is added to `resources`. */
static bool export_table(struct export *export, const struct table *table, json_t *resources, size_t *rows)
{
    char name[40];
    snprintf(name, sizeof name, "%s.csv", table->name);
    json_t *fields = json_array();
    struct query *query = table_query(export, table, fields);
    if (!query || !begin_file(export, name)) {
        query_release(query);
        json_decref(fields);
        return false;
    }
    struct buffer line = {0}, *out = &export->output.buffer;
    struct measure measure = {0};
    sha256_init(&measure.hash);
    rows_csv_names(&line, query);
    put_line(out, &line, &measure);
    enum query_step step;
    for (*rows = 0; (step = query_next(query)) == QUERY_ROW; ++*rows) {
        rows_csv_values(&line, query);
        put_line(out, &line, &measure);
    }
    if (step == QUERY_FAILED)
        report(REPORT_ERROR, (struct place){.path = export->path}, "%s", archive_message(export->archive));
    query_release(query);
    buffer_release(&line);

    uint8_t digest[SHA256_DIGEST_SIZE];
    char hash[sizeof "sha256:" + 2 * SHA256_DIGEST_SIZE] = "sha256:";
    sha256_digest(&measure.hash, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hash + strlen("sha256:") + 2 * i, 3, "%02x", digest[i]);
    json_t *schema = json_pack("{s:o, s:o, s:[s]}", "fields", fields, "primaryKey", words_of(table->primary),
                               "missingValues", "");
    if (table->reference != REFERENCE_NONE) {
        bool is_form = table->reference == REFERENCE_FORM;
        const char *key = is_form ? "document_id form" : "document_id";
        json_object_set_new(schema, "foreignKeys",
                            json_pack("[{s:o, s:{s:s, s:o}}]", "fields", words_of(key), "reference", "resource",
                                      is_form ? "declarations" : "documents", "fields", words_of(key)));
    }
    /* Some readers guess at the dialect where it is not stated, and guess wrong. */
    json_t *dialect = json_pack("{s:s, s:s, s:s, s:b, s:b, s:b}", "delimiter", ",", "lineTerminator", "\r\n",
                                "quoteChar", "\"", "doubleQuote", 1, "skipInitialSpace", 0, "header", 1);
    json_array_append_new(resources, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:s, s:o}", "name", table->name,
                                               "path", name, "profile", "tabular-data-resource", "format", "csv",
                                               "mediatype", "text/csv", "encoding", "utf-8", "dialect", dialect,
                                               "bytes", (json_int_t)measure.bytes, "hash", hash, "schema", schema));
    return finish_file(export, name, step == QUERY_END);
}

static bool export_csv(struct export *export, size_t *count)
{
    json_t *resources = json_array();
    bool is_fine = true;
    size_t rows;
    for (size_t i = 0; i < TABLES && is_fine; i++) {
        is_fine = export_table(export, &tables[i], resources, &rows);
        if (i == DECLARATIONS)
            *count = rows;
    }
    json_t *package = json_pack("{s:s, s:s, s:s, s:o}", "profile", "tabular-data-package", "name",
                                "shenbao-archive", "title",
                                "项目支出绩效目标申报表 (project expenditure performance declarations)",
                                "resources", resources);
    static const char name[] = "datapackage.json";
    if (!is_fine || !begin_file(export, name)) {
        json_decref(package);
        return false;
    }
    put_json(&export->output.buffer, package, JSON_INDENT(2));
    return finish_file(export, name, true);
}

/* ---- JSON lines ---- */

/* Adds the members of the rows that belong to the form; the query stands at the first behind them. */
static enum query_step put_rows(struct buffer *line, const struct table *table, struct query *query,
                                enum query_step step, int64_t document, int64_t form)
{
    enum { KEYS = 2 }; /* document and form */
    bool is_form = table == &tables[DECLARATIONS], has_rows = false;
    for (; step == QUERY_ROW; step = query_next(query)) {
        int64_t at = query_integer(query, 0);
        if (at > document || (at == document && query_integer(query, 1) > form))
            break;
        if (at < document || query_integer(query, 1) < form)
            continue; /* of a document as a whole */
        if (is_form) {
            buffer_char(line, ',');
            rows_json_members(line, query, KEYS);
            continue;
        }
        if (!has_rows) {
            buffer_text(line, ",\"");
            buffer_text(line, table->name);
            buffer_text(line, "\":[{");
        } else {
            buffer_text(line, ",{");
        }
        has_rows = true;
        rows_json_members(line, query, KEYS);
        buffer_char(line, '}');
    }
    if (has_rows)
        buffer_char(line, ']');
    return step;
}

static bool put_declarations(struct export *export, struct query *document, struct query **queries, size_t *count)
{
    struct buffer *out = &export->output.buffer;
    enum query_step steps[TABLES], step;
    for (size_t i = DECLARATIONS; i < TABLES; i++)
        steps[i] = query_next(queries[i]);
    for (*count = 0; (step = query_next(document)) == QUERY_ROW; ++*count) {
        int64_t number = query_integer(document, 0), form = query_integer(document, 1);
        buffer_text(out, "{\"document\":{");
        rows_json_members(out, document, 2);
        buffer_text(out, "},\"form\":");
        buffer_number(out, (unsigned long)form);
        for (size_t i = DECLARATIONS; i < TABLES; i++)
            steps[i] = put_rows(out, &tables[i], queries[i], steps[i], number, form);
        buffer_text(out, "}\n");
    }
    for (size_t i = DECLARATIONS; i < TABLES; i++)
        if (steps[i] == QUERY_FAILED)
            step = QUERY_FAILED;
    if (step == QUERY_FAILED)
        report(REPORT_ERROR, (struct place){.path = export->path}, "%s", archive_message(export->archive));
    return step == QUERY_END;
}

static bool export_jsonl(struct export *export, size_t *count)
{
    static const char name[] = "declarations.jsonl";
    static const char documents[] =
        "SELECT n.document_id, d.number, s.sha256, s.media_type, s.encoding, s.program, s.grammar, "
        "(SELECT min(path) FROM files f WHERE f.source_id = s.id) AS path "
        "FROM declarations d JOIN sources s ON s.id = d.source_id JOIN numbered n ON n.source_id = s.id "
        "ORDER BY n.document_id, d.number";
    struct query *document = ask(export, documents), *queries[TABLES] = {0};
    bool is_fine = document;
    for (size_t i = DECLARATIONS; i < TABLES && is_fine; i++)
        is_fine = (queries[i] = table_query(export, &tables[i], NULL)) != NULL;
    is_fine = is_fine && begin_file(export, name) &&
              finish_file(export, name, put_declarations(export, document, queries, count));
    for (size_t i = 0; i < TABLES; i++)
        query_release(queries[i]);
    query_release(document);
    return is_fine;
}

/* ---- XML ---- */

#define EXTRACTION_NAME "sha256 || '.' || substr(media_type, instr(media_type, '/') + 1) || '.xml'"

static bool export_extractions(struct export *export, size_t *count)
{
    struct query *query = ask(export, "SELECT id, " EXTRACTION_NAME " FROM sources WHERE state = 'done' "
                                      "ORDER BY sha256, media_type");
    enum query_step step = QUERY_FAILED;
    bool is_fine = query;
    for (*count = 0; is_fine && (step = query_next(query)) == QUERY_ROW; ++*count) {
        const char *name = query_text(query, 1);
        bool is_name = name && *name != '.' && !strchr(name, '/');
        if (!is_name)
            report(REPORT_ERROR, (struct place){.path = export->path}, "the archive is damaged");
        is_fine = is_name && begin_file(export, name);
        if (!is_fine)
            break;
        bool is_whole = archive_extraction(export->archive, query_integer(query, 0), NULL, &export->output.buffer);
        if (!is_whole)
            report(REPORT_ERROR, (struct place){.path = export->path}, "the extraction of %.64s is damaged", name);
        is_fine = finish_file(export, name, is_whole);
    }
    if (is_fine && step == QUERY_FAILED)
        report(REPORT_ERROR, (struct place){.path = export->path}, "%s", archive_message(export->archive));
    query_release(query);
    return is_fine && step == QUERY_END;
}

/* Which file is which extraction. */
static bool export_list(struct export *export)
{
    static const char name[] = "files.csv";
    static const char files[] =
        "SELECT f.path, CASE s.state WHEN 'done' THEN " EXTRACTION_NAME " END AS extraction, "
        "ifnull(f.reason, s.reason) AS reason, ifnull(f.message, s.message) AS message "
        "FROM files f LEFT JOIN sources s ON s.id = f.source_id ORDER BY f.path";
    struct query *query = ask(export, files);
    bool is_fine = query && begin_file(export, name);
    if (is_fine) {
        struct buffer *out = &export->output.buffer;
        enum query_step step;
        rows_csv_names(out, query);
        while ((step = query_next(query)) == QUERY_ROW)
            rows_csv_values(out, query);
        if (step == QUERY_FAILED)
            report(REPORT_ERROR, (struct place){.path = export->path}, "%s", archive_message(export->archive));
        is_fine = finish_file(export, name, step == QUERY_END);
    }
    query_release(query);
    return is_fine;
}

static bool export_xml(struct export *export, size_t *count)
{
    return export_extractions(export, count) && export_list(export);
}

bool export_run(struct archive *archive, const char *path, enum export_format format, const char *folder, size_t *count)
{
    static bool (*const functions[EXPORT_FORMATS])(struct export *, size_t *) = {
        [EXPORT_XML] = export_xml, [EXPORT_JSONL] = export_jsonl, [EXPORT_CSV] = export_csv};
    struct export export = {.archive = archive, .path = path, .folder = folder, .descriptor = -1};
    *count = 0;
    if ((mkdir(folder, 0777) != 0 && errno != EEXIST) ||
        (export.descriptor = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) {
        report(REPORT_ERROR, (struct place){.path = folder}, "cannot write there: %s", strerror(errno));
        return false;
    }
    /* One transaction: all tables are as they were at one moment, whoever writes meanwhile. */
    bool is_fine = archive_run(archive, "BEGIN") && archive_run(archive, number_documents);
    if (!is_fine)
        report(REPORT_ERROR, (struct place){.path = path}, "%s", archive_message(archive));
    is_fine = is_fine && functions[format](&export, count);
    output_release(&export.output);
    close(export.descriptor);
    return is_fine;
}
