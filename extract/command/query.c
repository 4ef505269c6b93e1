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

/* Where in the question the mistake is. */
static int mistaken(struct archive *archive, const char *path, const char *sql)
{
    int64_t offset = archive_mistake(archive);
    if (offset < 0)
        return failed(archive, path);
    struct place place = {.path = "SQL", .line = 1, .column = 1, .text = sql};
    for (const char *at = sql; at < sql + offset; at++)
        if (*at == '\n') {
            place.line++;
            place.column = 1;
            place.text = at + 1;
        } else {
            place.column += ((unsigned char)*at & 0xc0) != 0x80;
        }
    place.length = strcspn(place.text, "\n");
    report(REPORT_ERROR, place, "%s", archive_message(archive));
    return STATUS_FAILED;
}

static int print(struct archive *archive, const char *path, struct query *query, enum rows_format format,
                 size_t *count)
{
    int status = STATUS_FINE;
    if (!rows_write(query, format, stdout, count)) /* main() says what is wrong with standard output */
        status = ferror(stdout) ? STATUS_FAILED : failed(archive, path);
    query_release(query);
    return status;
}

static int answer(struct archive *archive, const char *path, const char *sql, enum rows_format format)
{
    size_t count;
    struct query *query = archive_query(archive, sql, true);
    if (!query)
        return mistaken(archive, path, sql);
    if (query_columns(query))
        return print(archive, path, query, format, &count);
    query_release(query);
    report(REPORT_ERROR, (struct place){.path = path}, "this asks for nothing; a question begins with SELECT");
    return STATUS_FAILED;
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
    struct options options = {
        .arguments = {.least = 2, .most = 2, .missing = "name an ARCHIVE and a question in SQL"}};
    int status = STATUS_FAILED;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) == 0) {
        const char *path = options.arguments.paths.items[0];
        struct archive *archive = archive_open(path, ARCHIVE_READ);
        if (archive)
            status = answer(archive, path, options.arguments.paths.items[1], options.format);
        archive_close(archive);
    }
    array_release(&options.arguments.paths);
    return status;
}

/* ---- find ---- */

enum {
    TRIGRAM = 3, /* characters: shorter words are not in the index */
    WORDS_MOST = 40,
};

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

/* Long words come from the index, in which short ones are looked for; without a long
 * one every declaration is looked at. */
static struct query *find_query(struct archive *archive, const struct options *options)
{
    static const char everywhere[] = "ifnull(t.project, '') || char(10) || ifnull(t.unit, '') || char(10) || "
                                     "ifnull(t.names, '') || char(10) || ifnull(t.narrative, '')";
    /* what stands around the first short word, like snippet() */
    static const char around[] =
        "(SELECT iif(at > 11, '…', '') || substr(text, max(at - 10, 1), min(at - 1, 10)) || '【' || "
        "substr(text, at, length(?2)) || '】' || substr(text, at + length(?2), 20) || "
        "iif(length(text) >= at + length(?2) + 20, '…', '') FROM "
        "(SELECT text, instr(lower(text), lower(?2)) AS at FROM (SELECT %s AS text)))";
    char column[20];
    snprintf(column, sizeof column, "t.%s", options->column ? options->column : "");
    const char *text = options->column ? column : everywhere;
    const char *const *words = options->arguments.paths.items;
    size_t count = options->arguments.paths.count;
    struct buffer phrases = {0};
    for (size_t i = 1; i < count; i++)
        if (characters(words[i]) >= TRIGRAM)
            add_phrase(&phrases, words[i]);
    bool is_indexed = phrases.length;
    buffer_char(&phrases, '\0');

    FILE *out;
    char *sql = NULL, *match = NULL;
    size_t size;
    if (!(out = open_memstream(&sql, &size)))
        memory_exhausted();
    fputs("SELECT f.path, f.form, f.year, f.unit, f.project, ", out);
    if (is_indexed)
        fputs("snippet(search, -1, '【', '】', '…', 20)", out);
    else
        fprintf(out, around, text);
    fprintf(out, " AS found FROM %s t JOIN forms f ON f.declaration_id = t.%s WHERE %s",
            is_indexed ? "search" : "search_text", is_indexed ? "rowid" : "id", is_indexed ? "search MATCH ?1" : "1");
    int number = 1;
    for (size_t i = 1; i < count; i++)
        if (characters(words[i]) < TRIGRAM)
            fprintf(out, " AND instr(lower(%s), lower(?%d)) > 0", text, ++number);
    fprintf(out, " ORDER BY %sf.path, f.declaration_id LIMIT %ld", is_indexed ? "rank, " : "", options->limit);
    const char *where = options->column ? options->column : "{project unit names narrative}";
    if (fclose(out) != 0 || asprintf(&match, "%s : (%s)", where, phrases.bytes) < 0)
        memory_exhausted();

    struct query *query = archive_query(archive, sql, true);
    if (query && is_indexed)
        query_bind_text(query, 1, match);
    number = 1;
    for (size_t i = 1; query && i < count; i++)
        if (characters(words[i]) < TRIGRAM)
            query_bind_text(query, ++number, words[i]);
    free(match);
    free(sql);
    buffer_release(&phrases);
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
        "Capitals of the Latin alphabet are as small letters. "
        "Exit status: 0 when something was found, 1 when nothing, 2 on trouble.", NULL, NULL, NULL};
    struct options options = {
        .limit = 100,
        .arguments = {.least = 2, .most = WORDS_MOST + 1, .missing = "name an ARCHIVE and what to look for"}};
    int status = STATUS_FAILED;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) == 0) {
        const char *path = options.arguments.paths.items[0];
        struct archive *archive = archive_open(path, ARCHIVE_READ);
        size_t count = 0;
        struct query *query = archive ? find_query(archive, &options) : NULL;
        if (archive)
            status = query ? print(archive, path, query, options.format, &count) : failed(archive, path);
        if (status == STATUS_FINE && count == (size_t)options.limit)
            report(REPORT_NOTE, (struct place){.path = path}, "the first %zu; -n N shows N", count);
        if (status == STATUS_FINE && !count)
            status = STATUS_FOUND; /* as grep: nothing */
        archive_close(archive);
    }
    array_release(&options.arguments.paths);
    return status;
}
