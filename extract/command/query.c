/* query and find: questions to an archive. */
#include <string.h>

#include "../base/report.h"
#include "../write/rows.h"
#include "command.h"

struct options {
    struct arguments arguments;
    enum rows_format format;
    const char *column; /* find: only there */
    long limit;
};

enum { KEY_IN = 512 };

static error_t parse(int key, char *argument, struct argp_state *state)
{
    static const char *const columns[] = {"project", "unit", "names", "narrative"};
    struct options *options = state->input;
    char *end;
    size_t i = 0;
    switch (key) {
    case 'f':
        options->format = rows_format_named(argument);
        if (options->format == ROWS_FORMATS)
            argp_error(state, "unknown format '%s'; table, csv, json and jsonl are known", argument);
        break;
    case KEY_IN:
        while (i < sizeof columns / sizeof *columns && strcmp(columns[i], argument) != 0)
            i++;
        if (i == sizeof columns / sizeof *columns)
            argp_error(state, "nothing is called '%s'; look in project, unit, names or narrative", argument);
        else
            options->column = columns[i];
        break;
    case 'n':
        options->limit = strtol(argument, &end, 10);
        if (*end || end == argument || options->limit < 1)
            argp_error(state, "'%s' is no number of rows", argument);
        break;
    case ARGP_KEY_ARG:
        arguments_add(&options->arguments, argument, state);
        break;
    case ARGP_KEY_END:
        arguments_check(&options->arguments, state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int failed(struct archive *archive, const char *path)
{
    report(REPORT_ERROR, (struct place){.path = path}, "%s", archive_message(archive));
    return STATUS_FAILED;
}

static int print(struct archive *archive, const char *path, struct query *query, enum rows_format format, size_t *count)
{
    if (!query)
        return failed(archive, path);
    bool is_whole = rows_write(query, format, stdout, count);
    int status = is_whole ? STATUS_FINE : failed(archive, path);
    query_release(query);
    return status;
}

#define OPTION_FORMAT {"format", 'f', "FORMAT", 0, "Print a table (the default), csv, json or jsonl", 1}

int command_query(int argc, char **argv)
{
    static const struct argp_option table[] = {OPTION_FORMAT, {0}};
    static const struct argp argp = {
        table, parse, "ARCHIVE SQL",
        "Answer a question in SQL from an archive. Nothing is changed.\v"
        "docs/archive.md has the tables, the views and ten questions to begin with, such as\n\n"
        "  shenbao query forms.db 'SELECT * FROM funding_by_unit_and_year'\n", NULL, NULL, NULL};
    struct options options = {.arguments = {.least = 2, .most = 2, .missing = "name an ARCHIVE and a question in SQL"}};
    int status = STATUS_FAILED;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) == 0) {
        const char *path = options.arguments.paths.items[0];
        struct archive *archive = archive_open(path, ARCHIVE_READ);
        size_t count;
        if (archive)
            status = print(archive, path, archive_query(archive, options.arguments.paths.items[1], true), options.format, &count);
        archive_close(archive);
    }
    array_release(&options.arguments.paths);
    return status;
}

/* ---- find ---- */

enum { TRIGRAM = 3 }; /* characters: shorter words are not in the index */

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

/* "word" in quotes for MATCH. */
static void add_phrase(struct buffer *out, const char *word)
{
    buffer_text(out, out->length ? " AND \"" : "\"");
    for (; *word; word++) {
        if (*word == '"')
            buffer_char(out, '"');
        buffer_char(out, *word);
    }
    buffer_char(out, '"');
}

/* %word% for LIKE. */
static void add_pattern(struct buffer *out, const char *word)
{
    out->length = 0;
    buffer_char(out, '%');
    for (; *word; word++) {
        if (strchr("%_\\", *word))
            buffer_char(out, '\\');
        buffer_char(out, *word);
    }
    buffer_add(out, "%", sizeof "%");
}

/* Long words come from the index, in which short ones are looked for; without a long
 * one every declaration is looked at. */
static struct query *find_query(struct archive *archive, const struct options *options)
{
    static const char everywhere[] = "(ifnull(t.project, '') || char(10) || ifnull(t.unit, '') || char(10) || "
                                     "ifnull(t.names, '') || char(10) || ifnull(t.narrative, ''))";
    char column[20] = "t.", condition[200];
    strncat(column, options->column ? options->column : "", sizeof column - sizeof "t.");
    struct buffer sql = {0}, phrases = {0}, pattern = {0};
    size_t count = options->arguments.paths.count;
    const char *const *words = options->arguments.paths.items;
    for (size_t i = 1; i < count; i++)
        if (characters(words[i]) >= TRIGRAM)
            add_phrase(&phrases, words[i]);
    bool is_indexed = phrases.length;
    buffer_char(&phrases, '\0');
    buffer_text(&sql, "SELECT f.path, f.form, f.year, f.unit, f.project, ");
    buffer_text(&sql, is_indexed ? "snippet(search, -1, '【', '】', '…', 20) AS found FROM search t JOIN forms f ON f.declaration_id = t.rowid "
                                   "WHERE search MATCH ?1"
                                 : "NULL AS found FROM search_text t JOIN forms f ON f.declaration_id = t.id WHERE 1");
    int number = 1;
    for (size_t i = 1; i < count; i++) {
        if (characters(words[i]) >= TRIGRAM)
            continue;
        snprintf(condition, sizeof condition, " AND %s LIKE ?%d ESCAPE '\\'", options->column ? column : everywhere, ++number);
        buffer_text(&sql, condition);
    }
    buffer_text(&sql, is_indexed ? " ORDER BY rank, f.path, f.declaration_id" : " ORDER BY f.path, f.declaration_id");
    char limit[40];
    buffer_add(&sql, limit, (size_t)snprintf(limit, sizeof limit, " LIMIT %ld", options->limit) + 1);

    struct query *query = archive_query(archive, sql.bytes, true);
    if (query && is_indexed) {
        char *match = NULL;
        if ((options->column ? asprintf(&match, "%s : (%s)", options->column, phrases.bytes) : asprintf(&match, "%s", phrases.bytes)) < 0)
            memory_exhausted();
        query_bind_text(query, 1, match);
        free(match);
    }
    number = 1;
    for (size_t i = 1; query && i < count; i++)
        if (characters(words[i]) < TRIGRAM) {
            add_pattern(&pattern, words[i]);
            query_bind_text(query, ++number, pattern.bytes);
        }
    buffer_release(&sql);
    buffer_release(&phrases);
    buffer_release(&pattern);
    return query;
}

int command_find(int argc, char **argv)
{
    static const struct argp_option table[] = {
        OPTION_FORMAT,
        {"in", KEY_IN, "PART", 0, "Only in project, unit, names (of indicators and budget lines) or narrative", 1},
        {"limit", 'n', "N", 0, "At most N declarations (100)", 1},
        {0}};
    static const struct argp argp = {
        table, parse, "ARCHIVE WORD...",
        "Find the declarations in whose names and narrative every WORD stands.\v"
        "Words of three characters and more are found by an index, shorter ones by looking. "
        "Exit status: 0 when something was found, 1 when nothing, 2 on trouble.", NULL, NULL, NULL};
    struct options options = {.limit = 100,
                              .arguments = {.least = 2, .most = 40, .missing = "name an ARCHIVE and what to look for"}};
    int status = STATUS_FAILED;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) == 0) {
        const char *path = options.arguments.paths.items[0];
        struct archive *archive = archive_open(path, ARCHIVE_READ);
        size_t count = 0;
        if (archive)
            status = print(archive, path, find_query(archive, &options), options.format, &count);
        if (status == STATUS_FINE && !count)
            status = STATUS_FOUND; /* as grep: nothing */
        archive_close(archive);
    }
    array_release(&options.arguments.paths);
    return status;
}
