/* view: a page to review documents on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../archive.h"
#include "../base/report.h"
#include "../input.h"
#include "../output.h"
#include "../write/page.h"
#include "../years.h"
#include "command.h"
#include "reporting.h"

enum { KEY_CORRECTIONS = 512, KEY_ARCHIVE, KEY_PROJECT, KEY_CODE, KEY_UNIT, KEY_YEAR };

enum { DOCUMENTS_MOST = 500 }; /* of an archive, on one page */

/* What the forms of an archive are chosen by: columns of its declarations. */
enum choice { CHOICE_PROJECT, CHOICE_CODE, CHOICE_UNIT, CHOICE_YEAR, CHOICES };
static const char *const choice_names[CHOICES] = {
    [CHOICE_PROJECT] = "project", [CHOICE_CODE] = "code", [CHOICE_UNIT] = "unit", [CHOICE_YEAR] = "year"};

struct options {
    struct reading reading;
    struct arguments arguments;
    const char *file, *archive, *choices[CHOICES]; /* NULL: any */
    array_of(const char *) corrections;
};

static const struct argp_option option_table[] = {
    {"output", 'o', "FILE", 0, "Write the page to FILE, not to standard output", 1},
    {"corrections", KEY_CORRECTIONS, "FILE", 0,
     "Begin with what was corrected before; may be given several times", 1},
    {"archive", KEY_ARCHIVE, "FILE", 0, "Also show the documents that the archive FILE knows", 2},
    {"project", KEY_PROJECT, "NAME", 0, "Of the archive, only documents with a form of the project NAME", 2},
    {"code", KEY_CODE, "CODE", 0, "… with that code of the project", 2},
    {"unit", KEY_UNIT, "NAME", 0, "… of that unit (implementing, else reporting, else department)", 2},
    {"year", KEY_YEAR, "YEAR", 0, "… of that year", 2},
    {0},
};

static const struct argp_child children[] = {{&reading_argp, 0, NULL, 0}, {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->reading;
        return 0;
    case 'o':
        options->file = strcmp(argument, "-") == 0 ? NULL : argument;
        return 0;
    case KEY_CORRECTIONS:
        *array_push(&options->corrections) = argument;
        return 0;
    case KEY_ARCHIVE:
        if (options->archive)
            argp_error(state, "one archive at a time; 'shenbao merge' makes one of several");
        options->archive = argument;
        options->arguments.least = 0;
        return 0;
    case KEY_YEAR:
        if (strlen(argument) != 4 || strspn(argument, "0123456789") != 4)
            argp_error(state, "'%s' is no year", argument);
        /* fall through */
    case KEY_PROJECT:
    case KEY_CODE:
    case KEY_UNIT:
        options->choices[key - KEY_PROJECT] = argument;
        return 0;
    case ARGP_KEY_ARG:
        arguments_add(&options->arguments, argument, state);
        return 0;
    case ARGP_KEY_END:
        for (enum choice i = 0; i < CHOICES; i++)
            if (options->choices[i] && !options->archive)
                argp_error(state, "--%s chooses from an archive; name it with --archive FILE", choice_names[i]);
        arguments_check(&options->arguments, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    option_table, parse, "FILE...",
    "Write one page of HTML that shows each FILE beside what was read in it. '-' is standard input.\v"
    "Of an extraction its document is shown, as it is read now; so are the documents of an archive, if they "
    "lie where they lay and are as they were. The page needs no network and no other file. On it values can "
    "be accepted and corrected, and saved as a file of corrections for 'shenbao extract --corrections FILE'. "
    "Of several years of one project it draws the money and the targets over the years.\n\n"
    "Exit status: 0 when all was done, 2 when any input could not be read or the page not be written.",
    children, NULL, NULL};

/* ---- forms of several documents ---- */

/* A content of an archive that was chosen. */
struct archived {
    int64_t source;
    const char *sha256;
    enum encoding encoding;
};

struct choosing {
    struct archive *archive;
    array_of(struct archived) items;
    struct arena arena;
};

/* A document that is on the page. */
struct drawn {
    const char *sha256, *path;
};

struct viewing {
    const struct options *options;
    struct page page;
    struct choosing choosing;
    struct forms forms;         /* of all documents, for comparisons */
    array_of(size_t) documents; /* which document each is of */
    array_of(struct drawn) drawn;
    struct arena arena;
    size_t failures;
};

static void keep(void *context, const struct form *form, size_t document)
{
    struct viewing *viewing = context;
    forms_add(&viewing->forms, form);
    *array_push(&viewing->documents) = document;
}

static size_t document_of(void *context, const struct form *form)
{
    const struct viewing *viewing = context;
    return viewing->documents.items[form - viewing->forms.items];
}

/* The same project in other years. */
static void draw_years(struct viewing *viewing)
{
    struct findings findings = {0};
    const struct years_options options = {.threshold = {2, 1}};
    if (viewing->forms.count > 1) {
        years_compare(&viewing->forms, viewing->page.grammar, &options, &findings);
        page_findings(&viewing->page, &findings, document_of);
    }
    findings_release(&findings);
}

/* A document twice, be it once as an extraction, would only be its own other year. */
static void draw_once(struct viewing *viewing, const struct source *source, const char *path)
{
    for (size_t i = 0; i < viewing->drawn.count; i++)
        if (strcmp(viewing->drawn.items[i].sha256, source->sha256) == 0) {
            report(REPORT_NOTE, (struct place){.path = input_path(path)}, "the same document as '%s'; left out",
                   input_path(viewing->drawn.items[i].path));
            return;
        }
    *array_push(&viewing->drawn) = (struct drawn){
        arena_copy(&viewing->arena, source->sha256, strlen(source->sha256)), arena_copy(&viewing->arena, path, strlen(path))};
    page_document(&viewing->page, source);
}

static bool draw_document(struct viewing *viewing, const char *path)
{
    struct source source;
    enum source_trouble trouble = source_read(&source, path, viewing->options->reading.encoding);
    if (trouble != SOURCE_FINE) {
        input_report(path, trouble, errno);
        return false;
    }
    draw_once(viewing, &source, path);
    source_release(&source);
    return true;
}

/* The document of that hash, at the first of several places where it lies. */
static bool document_find(struct source *source, const char *const *paths, size_t count, const struct origin *origin,
                          bool *is_other)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(paths[i], "-") == 0 || source_read(source, paths[i], origin->encoding) != SOURCE_FINE)
            continue;
        if (strcmp(source->sha256, origin->sha256) == 0)
            return true;
        *is_other = true;
        source_release(source);
    }
    return false;
}

/* The document of an extraction: at its path, or beside what it is read from. */
static bool document_beside(struct source *source, const struct origin *origin, const char *beside, bool *is_other)
{
    struct arena arena = {0};
    const char *slash = strrchr(beside, '/'), *name = strrchr(origin->path, '/');
    const char *folder = slash ? arena_copy(&arena, beside, (size_t)(slash - beside) + 1) : "";
    const char *const paths[] = {origin->path, arena_printf(&arena, "%s%s", folder, origin->path),
                                 arena_printf(&arena, "%s%s", folder, name ? name + 1 : origin->path)};
    bool is_found = document_find(source, paths, sizeof paths / sizeof *paths, origin, is_other);
    arena_release(&arena);
    return is_found;
}

static void report_missing(const char *place, const char *document, bool is_other)
{
    report(REPORT_ERROR, (struct place){.path = place}, "its document '%s' %s", document,
           is_other ? "has changed since it was extracted" : "cannot be read");
}

static bool draw_extraction(struct viewing *viewing, const char *path)
{
    struct forms forms = {0};
    const char *detail = NULL;
    enum forms_trouble trouble = forms_read(&forms, path, &detail);
    bool is_fine = trouble == FORMS_FINE && forms.count, is_other = false;
    if (trouble != FORMS_FINE)
        forms_report(path, trouble, detail);
    else if (!forms.count)
        report(REPORT_ERROR, (struct place){.path = path}, "an extraction without a declaration");
    struct source source;
    if (is_fine && (is_fine = document_beside(&source, forms.items[0].origin, path, &is_other))) {
        draw_once(viewing, &source, path);
        source_release(&source);
    } else if (trouble == FORMS_FINE && forms.count) {
        report_missing(path, forms.items[0].origin->path, is_other);
    }
    forms_release(&forms);
    return is_fine;
}

/* ---- documents of an archive ---- */

static void choosing_release(struct choosing *choosing)
{
    archive_close(choosing->archive);
    array_release(&choosing->items);
    arena_release(&choosing->arena);
}

/* In the order of years, then of places. */
static struct query *choice_query(struct archive *archive, const struct options *options)
{
    struct buffer sql = {0};
    char condition[60];
    buffer_text(&sql, "SELECT s.id, s.sha256, s.encoding FROM declarations d JOIN sources s ON s.id = d.source_id "
                      "WHERE 1");
    for (enum choice i = 0; i < CHOICES; i++)
        if (options->choices[i])
            buffer_add(&sql, condition, (size_t)snprintf(condition, sizeof condition, " AND d.%s = ?%d",
                                                         choice_names[i], i + 1));
    static const char order[] = " GROUP BY s.id ORDER BY min(d.year), (SELECT min(path) FROM files f "
                                "WHERE f.source_id = s.id), s.sha256, s.media_type";
    buffer_add(&sql, order, sizeof order);
    struct query *query = archive_query(archive, sql.bytes, true);
    for (enum choice i = 0; query && i < CHOICES; i++)
        if (options->choices[i])
            query_bind_text(query, (int)i + 1, options->choices[i]);
    buffer_release(&sql);
    return query;
}

/* False after a message. */
static bool choose(struct choosing *choosing, const struct options *options)
{
    struct place place = {.path = options->archive};
    choosing->archive = archive_open(options->archive, ARCHIVE_READ);
    if (!choosing->archive)
        return false;
    struct query *query = choice_query(choosing->archive, options);
    enum query_step step = QUERY_FAILED;
    while (query && (step = query_next(query)) == QUERY_ROW) {
        const char *encoding = query_text(query, 2);
        if (choosing->items.count == DOCUMENTS_MOST)
            break;
        *array_push(&choosing->items) = (struct archived){
            query_integer(query, 0), arena_copy(&choosing->arena, query_text(query, 1), query_size(query, 1)),
            encoding ? encoding_named(encoding, query_size(query, 2)) : ENCODINGS};
    }
    query_release(query);
    if (step == QUERY_FAILED)
        report(REPORT_ERROR, place, "%s", archive_message(choosing->archive));
    else if (step == QUERY_ROW)
        report(REPORT_ERROR, place, "more than %d documents are too many for a page; choose with --project, --code, "
                                    "--unit or --year", DOCUMENTS_MOST);
    else if (!choosing->items.count)
        report(REPORT_ERROR, place, "there is no such form in the archive");
    return step == QUERY_END && choosing->items.count;
}

/* The name of a file whose bytes are no UTF-8: %XX stands for them. */
static const char *path_decoded(struct arena *arena, const char *path)
{
    static const char digits[] = "0123456789ABCDEF";
    char *copy = arena_copy(arena, path, strlen(path)), *to = copy;
    for (const char *at = path; *at; at++) {
        const char *high = *at == '%' && at[1] ? strchr(digits + 8, at[1]) : NULL;
        const char *low = high && at[2] ? strchr(digits, at[2]) : NULL;
        *to++ = low ? (char)((high - digits) << 4 | (low - digits)) : *at;
        at += low ? 2 : 0;
    }
    *to = '\0';
    return copy;
}

/* Its files are looked for where they lay, else beside the archive. */
static bool draw_archived(struct viewing *viewing, const struct choosing *choosing, const struct archived *archived)
{
    struct origin origin = {.path = "-", .sha256 = archived->sha256, .encoding = archived->encoding};
    struct arena arena = {0};
    struct source source;
    bool is_found = false, is_other = false;
    struct query *query =
        archive_query(choosing->archive, "SELECT path FROM files WHERE source_id = ?1 ORDER BY path", true);
    if (query)
        query_bind_integer(query, 1, archived->source);
    while (query && !is_found && query_next(query) == QUERY_ROW) {
        const char *path = arena_copy(&arena, query_text(query, 0), query_size(query, 0));
        if (strcmp(origin.path, "-") == 0)
            origin.path = path; /* the first is named in a message */
        struct origin here = origin;
        here.path = path;
        is_found = document_beside(&source, &here, viewing->options->archive, &is_other);
        if (!is_found && strchr(path, '%')) {
            here.path = path_decoded(&arena, path);
            is_found = document_beside(&source, &here, viewing->options->archive, &is_other);
        }
    }
    query_release(query);
    if (is_found) {
        draw_once(viewing, &source, origin.path);
        source_release(&source);
    } else {
        report_missing(viewing->options->archive, origin.path, is_other);
    }
    arena_release(&arena);
    return is_found;
}

/* ---- the page ---- */

static void draw(struct viewing *viewing)
{
    const struct options *options = viewing->options;
    struct page *page = &viewing->page;
    page_begin(page);
    for (size_t i = 0; i < options->arguments.paths.count && !page->out->failure; i++) {
        const char *path = options->arguments.paths.items[i];
        bool is_fine = strcmp(path, "-") != 0 && forms_is_extraction(path) ? draw_extraction(viewing, path)
                                                                          : draw_document(viewing, path);
        viewing->failures += !is_fine;
    }
    for (size_t i = 0; i < viewing->choosing.items.count && !page->out->failure; i++)
        viewing->failures += !draw_archived(viewing, &viewing->choosing, &viewing->choosing.items.items[i]);
    draw_years(viewing);
    page_end(page);
}

/* ---- where the page goes ---- */

static int write_in_place(struct viewing *viewing, struct output *output, int descriptor)
{
    output_begin_in_place(output, descriptor);
    viewing->page.out = &output->buffer;
    draw(viewing);
    return output_finish(output);
}

static int write_to_file(struct viewing *viewing, struct output *output, const char *file)
{
    struct output_target target;
    int failure = output_target_find(&target, file);
    if (!failure)
        failure = output_target_open(&target, output);
    if (!failure) {
        viewing->page.out = &output->buffer;
        draw(viewing);
        if (viewing->page.documents)
            failure = output_finish(output);
        else
            output_abandon(output); /* nothing to show */
    }
    output_target_release(&target);
    return failure;
}

static bool is_input(const struct options *options)
{
    const struct arguments *arguments = &options->arguments;
    return options->file && (output_is_input(options->file, arguments->paths.items, arguments->paths.count) ||
                             (options->archive && output_is_input(options->file, &options->archive, 1)));
}

static int view(const struct options *options, const struct grammar *grammar, const struct corrections *corrections)
{
    const char *name = options->file ? options->file : "standard output";
    if (is_input(options)) {
        report(REPORT_ERROR, (struct place){.path = name}, "is an input; choose another output");
        return STATUS_FAILED;
    }
    struct viewing viewing = {.options = options};
    viewing.page = (struct page){.grammar = grammar, .corrections = corrections, .keep = keep, .context = &viewing};
    if (options->archive && !choose(&viewing.choosing, options)) {
        choosing_release(&viewing.choosing);
        return STATUS_FAILED;
    }
    struct output output = {0};
    output_guard();
    int failure = options->file ? write_to_file(&viewing, &output, options->file)
                                : write_in_place(&viewing, &output, STDOUT_FILENO);
    if (failure && failure != EPIPE)
        report(REPORT_ERROR, (struct place){.path = name}, "cannot write: %s", strerror(failure));
    output_release(&output);
    forms_release(&viewing.forms);
    array_release(&viewing.documents);
    array_release(&viewing.drawn);
    arena_release(&viewing.arena);
    choosing_release(&viewing.choosing);
    return failure || viewing.failures ? STATUS_FAILED : STATUS_FINE;
}

int command_view(int argc, char **argv)
{
    struct options options = {
        .reading = {.encoding = ENCODINGS},
        .arguments = {.least = 1, .most = SIZE_MAX, .missing = "no FILE given ('-' is standard input)"},
    };
    struct corrections corrections = {0};
    struct grammar *grammar = NULL;
    bool is_fine = argp_parse(&argp, argc, argv, 0, NULL, &options) == 0;
    for (size_t i = 0; is_fine && i < options.corrections.count; i++)
        is_fine = corrections_read(&corrections, options.corrections.items[i]);
    if (is_fine)
        grammar = command_grammars(&options.reading);
    int status = STATUS_FAILED;
    if (grammar) {
        status = view(&options, grammar, &corrections);
        grammar_release(grammar);
    }
    corrections_release(&corrections);
    array_release(&options.corrections);
    array_release(&options.arguments.paths);
    reading_release(&options.reading);
    return status;
}
