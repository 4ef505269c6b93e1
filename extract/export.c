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
#include "write/csv.h"
#include "write/rows.h"

const char *const export_format_names[EXPORT_FORMATS] = {[EXPORT_XML] = "xml", [EXPORT_JSONL] = "jsonl", [EXPORT_CSV] = "csv"};

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
    "CREATE TEMP TABLE numbered (source_id INTEGER PRIMARY KEY, document INTEGER);"
    "INSERT INTO numbered SELECT id, row_number() OVER (ORDER BY sha256, media_type) FROM sources;"
    "CREATE TEMP TABLE numbered_forms (declaration_id INTEGER PRIMARY KEY, document INTEGER, form INTEGER);"
    "INSERT INTO numbered_forms SELECT d.id, n.document, d.number FROM declarations d JOIN numbered n ON n.source_id = d.source_id;";

/* A table as it is exported: `from` gives its rows t and what they are keyed by. */
struct table {
    const char *name, *origin; /* of the file, in the archive */
    const char *keys;          /* columns that stand for the archive's ids */
    const char *from, *order;
    const char *primary;       /* key, columns parted by blanks */
    bool is_of_declaration;    /* (document, form) are a foreign key */
};

#define OF_DECLARATION(table, last) \
    {table, table, "k.document, k.form", "JOIN numbered_forms k ON k.declaration_id = t.declaration_id", \
     "k.document, k.form, " last, "document form " last, true}

static const struct table tables[] = {
    {"documents", "sources", "k.document", "JOIN numbered k ON k.source_id = t.id", "k.document", "document", false},
    {"files", "files", "k.document", "LEFT JOIN numbered k ON k.source_id = t.source_id", "t.path", "path", false},
    {"declarations", "declarations", "k.document, k.form", "JOIN numbered_forms k ON k.declaration_id = t.id", "k.document, k.form",
     "document form", false},
    OF_DECLARATION("parts", "fact"),
    OF_DECLARATION("header", "fact"),
    OF_DECLARATION("narrative", "fact"),
    OF_DECLARATION("funding", "fact"),
    OF_DECLARATION("indicators", "fact"),
    OF_DECLARATION("budget_lines", "fact"),
    OF_DECLARATION("safeguards", "fact"),
    {"fields", "fields", "k.document, k.form", "JOIN numbered_forms k ON k.declaration_id = t.declaration_id",
     "k.document, k.form, fact, t.number", "document form fact number", true},
    {"options", "options", "k.document, k.form", "JOIN numbered_forms k ON k.declaration_id = t.declaration_id",
     "k.document, k.form, fact, t.number", "document form fact number", true},
    {"findings", "findings", "n.document, k.form",
     "JOIN numbered n ON n.source_id = t.source_id LEFT JOIN numbered_forms k ON k.declaration_id = t.declaration_id",
     "n.document, t.number", "document number", true},
    {"spans", "spans", "k.document, k.form", "JOIN numbered_forms k ON k.declaration_id = t.declaration_id",
     "k.document, k.form, fact, t.number", "document form fact number", true},
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
        if (fields)
            json_array_append_new(fields, json_pack("{s:s, s:s}", "name", name, "type",
                                                    strcmp(type, "INTEGER") == 0 ? "integer" : strcmp(type, "REAL") == 0 ? "number" : "string"));
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

static bool begin_file(struct export *export, const char *name)
{
    int failure = output_begin(&export->output, export->descriptor, name, 0666);
    if (failure)
        report(REPORT_ERROR, (struct place){.path = export->folder}, "cannot write '%s': %s", name, strerror(failure));
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
        report(REPORT_ERROR, (struct place){.path = export->folder}, "cannot write '%s': %s", name, strerror(failure));
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
    buffer_text(line, "\r\n");
    sha256_update(&measure->hash, line->length, (const uint8_t *)line->bytes);
    measure->bytes += line->length;
    buffer_add(out, line->bytes, line->length);
    line->length = 0;
}

static void put_csv_value(struct buffer *line, const struct query *query, int column)
{
    char number[32];
    if (query_type(query, column) == QUERY_REAL)
        csv_field(line, number, (size_t)snprintf(number, sizeof number, "%.15g", query_real(query, column)));
    else if (query_text(query, column))
        csv_field(line, query_text(query, column), query_size(query, column));
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
    int columns = query_columns(query);
    for (int i = 0; i < columns; i++) {
        const char *column = query_name(query, i);
        if (i)
            buffer_char(&line, ',');
        csv_field(&line, column, strlen(column));
    }
    put_line(out, &line, &measure);
    enum query_step step;
    for (*rows = 0; (step = query_next(query)) == QUERY_ROW; ++*rows) {
        for (int i = 0; i < columns; i++) {
            if (i)
                buffer_char(&line, ',');
            put_csv_value(&line, query, i);
        }
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
    json_t *schema = json_pack("{s:o, s:o, s:[s]}", "fields", fields, "primaryKey", words_of(table->primary), "missingValues", "");
    json_t *keys = json_array();
    if (table->is_of_declaration)
        json_array_append_new(keys, json_pack("{s:[ss], s:{s:s, s:[ss]}}", "fields", "document", "form", "reference", "resource",
                                              "declarations", "fields", "document", "form"));
    else if (strcmp(table->name, "documents") != 0)
        json_array_append_new(keys, json_pack("{s:s, s:{s:s, s:s}}", "fields", "document", "reference", "resource", "documents",
                                              "fields", "document"));
    if (json_array_size(keys))
        json_object_set(schema, "foreignKeys", keys);
    json_decref(keys);
    json_array_append_new(resources, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:o}", "name", table->name, "path", name, "profile",
                                               "tabular-data-resource", "format", "csv", "mediatype", "text/csv", "encoding", "utf-8",
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
    json_t *package = json_pack("{s:s, s:s, s:s, s:o}", "profile", "tabular-data-package", "name", "shenbao-archive", "title",
                                "项目支出绩效目标申报表 (project expenditure performance declarations)", "resources", resources);
    static const char name[] = "datapackage.json";
    if (!is_fine || !begin_file(export, name)) {
        json_decref(package);
        return false;
    }
    put_json(&export->output.buffer, package, JSON_INDENT(2));
    return finish_file(export, name, true);
}

/* ---- JSON lines ---- */

/* The rows of a table that belong to the declaration; the query stands at the first behind it. */
static json_t *rows_of(struct query *query, enum query_step *step, int64_t document, int64_t form)
{
    json_t *rows = json_array();
    for (; *step == QUERY_ROW; *step = query_next(query)) {
        int64_t at = query_integer(query, 0);
        if (at > document || (at == document && query_integer(query, 1) > form))
            break;
        json_t *row = json_object();
        for (int i = 2; i < query_columns(query); i++)
            if (query_type(query, i) != QUERY_NULL)
                json_object_set_new(row, query_name(query, i), rows_json(query, i));
        if (at == document && query_integer(query, 1) == form)
            json_array_append_new(rows, row);
        else
            json_decref(row); /* of a document as a whole */
    }
    return rows;
}

static bool export_jsonl(struct export *export, size_t *count)
{
    static const char name[] = "declarations.jsonl";
    static const char documents[] =
        "SELECT n.document, d.number, s.sha256, s.media_type, s.encoding, s.program, s.grammar, "
        "(SELECT min(path) FROM files f WHERE f.source_id = s.id) AS path "
        "FROM declarations d JOIN sources s ON s.id = d.source_id JOIN numbered n ON n.source_id = s.id ORDER BY n.document, d.number";
    struct query *document = ask(export, documents), *queries[TABLES] = {0};
    enum query_step steps[TABLES], step = QUERY_FAILED;
    bool is_fine = document;
    for (size_t i = DECLARATIONS; i < TABLES && is_fine; i++) {
        queries[i] = table_query(export, &tables[i], NULL);
        is_fine = queries[i];
        steps[i] = is_fine ? query_next(queries[i]) : QUERY_FAILED;
    }
    if (is_fine && begin_file(export, name)) {
        for (*count = 0; (step = query_next(document)) == QUERY_ROW; ++*count) {
            json_t *line = json_object(), *source = json_object();
            for (int i = 2; i < query_columns(document); i++)
                json_object_set_new(source, query_name(document, i), rows_json(document, i));
            json_object_set_new(line, "document", source);
            int64_t number = query_integer(document, 0), form = query_integer(document, 1);
            json_object_set_new(line, "form", json_integer(form));
            for (size_t i = DECLARATIONS; i < TABLES; i++) {
                json_t *rows = rows_of(queries[i], &steps[i], number, form);
                if (i == DECLARATIONS && json_array_size(rows))
                    json_object_update(line, json_array_get(rows, 0));
                else if (json_array_size(rows))
                    json_object_set(line, tables[i].name, rows);
                json_decref(rows);
            }
            put_json(&export->output.buffer, line, JSON_COMPACT);
        }
        for (size_t i = DECLARATIONS; i < TABLES; i++)
            is_fine &= steps[i] != QUERY_FAILED;
        is_fine &= step == QUERY_END;
        if (!is_fine)
            report(REPORT_ERROR, (struct place){.path = export->path}, "%s", archive_message(export->archive));
        is_fine = finish_file(export, name, is_fine);
    } else {
        is_fine = false;
    }
    for (size_t i = 0; i < TABLES; i++)
        query_release(queries[i]);
    query_release(document);
    return is_fine;
}

/* ---- XML ---- */

static bool export_xml(struct export *export, size_t *count)
{
    struct query *query = ask(export, "SELECT id, sha256 || '.' || substr(media_type, instr(media_type, '/') + 1) || '.xml' FROM sources "
                                      "WHERE state = 'done' ORDER BY sha256, media_type");
    enum query_step step = QUERY_FAILED;
    bool is_fine = query;
    for (*count = 0; is_fine && (step = query_next(query)) == QUERY_ROW; ++*count) {
        const char *name = query_text(query, 1);
        is_fine = begin_file(export, name);
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
    is_fine &= step == QUERY_END;
    query = is_fine ? ask(export, "SELECT f.path, s.sha256 || '.' || substr(media_type, instr(media_type, '/') + 1) || '.xml' AS extraction, "
                                  "ifnull(f.reason, s.reason) AS reason, ifnull(f.message, s.message) AS message "
                                  "FROM files f LEFT JOIN sources s ON s.id = f.source_id ORDER BY f.path")
                    : NULL;
    char *list = NULL;
    size_t size = 0, rows;
    FILE *memory = query ? open_memstream(&list, &size) : NULL;
    if (query && !memory)
        memory_exhausted();
    is_fine = query && rows_write(query, ROWS_CSV, memory, &rows);
    if (memory)
        fclose(memory);
    query_release(query);
    if (is_fine && begin_file(export, "files.csv")) {
        buffer_add(&export->output.buffer, list, size);
        is_fine = finish_file(export, "files.csv", true);
    } else {
        is_fine = false;
    }
    free(list);
    return is_fine;
}

bool export_run(struct archive *archive, const char *path, enum export_format format, const char *folder, size_t *count)
{
    static bool (*const functions[EXPORT_FORMATS])(struct export *, size_t *) = {
        [EXPORT_XML] = export_xml, [EXPORT_JSONL] = export_jsonl, [EXPORT_CSV] = export_csv};
    struct export export = {.archive = archive, .path = path, .folder = folder, .descriptor = -1};
    *count = 0;
    if ((mkdir(folder, 0777) != 0 && errno != EEXIST) || (export.descriptor = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) {
        report(REPORT_ERROR, (struct place){.path = folder}, "cannot write there: %s", strerror(errno));
        return false;
    }
    bool is_fine = archive_run(archive, number_documents);
    if (!is_fine)
        report(REPORT_ERROR, (struct place){.path = path}, "%s", archive_message(archive));
    is_fine = is_fine && functions[format](&export, count);
    output_release(&export.output);
    close(export.descriptor);
    return is_fine;
}
