/* Comparison of forms across years, from documents and extractions. */
#include <errno.h>
#include <fts.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

#include "../archive.h"
#include "../base/report.h"
#include "../extract.h"
#include "../input.h"
#include "../years.h"
#include "reporting.h"

enum { KEY_THRESHOLD = 512, KEY_UNIT, KEY_YEARS, KEY_FROM_FILE, KEY_ARCHIVE };

struct options {
    struct reading reading;
    struct reporting reporting;
    struct arguments arguments;
    struct years_options years;
    const char *list, *archive;
};

static const struct argp_option option_table[] = {
    {"threshold", KEY_THRESHOLD, "SHARE", 0,
     "A change of annual money worth a finding: 20% or 0.2 (the default)", 0},
    {"unit", KEY_UNIT, "NAME", 0, "Only the forms of the unit NAME", 0},
    {"years", KEY_YEARS, "YEARS", 0, "Only the forms of YEARS: 2020-2023 or 2022", 0},
    {"from-file", KEY_FROM_FILE, "LIST", 0,
     "Also compare the files named in LIST, one a line; '-' is standard input", 0},
    {"archive", KEY_ARCHIVE, "FILE", 0, "Also compare all forms in the archive FILE", 0},
    {0},
};

/* 20% or 0.2 */
static bool read_threshold(struct decimal *out, const char *text)
{
    size_t length = strlen(text);
    bool is_percent = length && text[length - 1] == '%';
    struct decimal value, zero = {0};
    if (!decimal_read(&value, text, length - is_percent))
        return false;
    if (is_percent && !decimal_shift(&value, value, -2))
        return false;
    *out = value;
    return decimal_compare(value, zero) > 0;
}

/* Four digits at *text, which is moved behind them. */
static bool read_year(const char **text, unsigned *year)
{
    *year = 0;
    for (unsigned i = 0; i < 4; i++, ++*text) {
        if (**text < '0' || **text > '9')
            return false;
        *year = *year * 10 + (unsigned)(**text - '0');
    }
    return *year >= 1000;
}

static bool read_years(struct years_options *options, const char *text)
{
    if (!read_year(&text, &options->first_year))
        return false;
    options->last_year = options->first_year;
    if (*text == '-') {
        text++;
        if (!read_year(&text, &options->last_year))
            return false;
    }
    return !*text && options->first_year <= options->last_year;
}

static const struct argp_child children[] = {{&reading_argp, 0, NULL, 0}, {&reporting_argp, 0, NULL, 0}, {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->reading;
        state->child_inputs[1] = &options->reporting;
        return 0;
    case KEY_THRESHOLD:
        if (!read_threshold(&options->years.threshold, argument))
            argp_error(state, "'%s' is no share; 20%% and 0.2 are", argument);
        return 0;
    case KEY_UNIT:
        options->years.unit = argument;
        return 0;
    case KEY_YEARS:
        if (!read_years(&options->years, argument))
            argp_error(state, "'%s' are no years; 2020-2023 and 2022 are", argument);
        return 0;
    case KEY_FROM_FILE:
        options->list = argument;
        return 0;
    case KEY_ARCHIVE:
        if (options->archive)
            argp_error(state, "one archive at a time; 'shenbao merge' makes one of several");
        options->archive = argument;
        return 0;
    case ARGP_KEY_ARG:
        arguments_add(&options->arguments, argument, state);
        return 0;
    case ARGP_KEY_END:
        if (options->list || options->archive)
            options->arguments.least = 0;
        arguments_check(&options->arguments, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    option_table,
    parse,
    "FILE...",
    "Compare the forms of each FILE across years: the same project from one year to the next, a declaration "
    "with its "
    "evaluation, documents of one year. FILE is a document, an extraction in XML, or a folder of "
    "extractions; "
    "'-' is standard input. An archive is compared without reading its documents again.\v"
    "The order of the files does not matter. 'shenbao explain' lists the rules.\n\n"
    "Exit status: 0 without findings of severity error, 1 with, 2 when anything could not be done.",
    children,
    NULL,
    NULL};

/* ---- inputs ---- */

struct inputs {
    array_of(const char *) paths;
    struct arena arena; /* of the paths that no argument holds */
    size_t failures;
};

static void add_lines(struct inputs *inputs, const char *list)
{
    FILE *in = strcmp(list, "-") == 0 ? stdin : fopen(list, "re");
    if (!in) {
        report(REPORT_ERROR, (struct place){.path = list}, "cannot read: %s", strerror(errno));
        inputs->failures++;
        return;
    }
    char *line = NULL;
    size_t room = 0;
    for (ssize_t length; (length = getline(&line, &room, in)) >= 0;) {
        while (length && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            length--;
        if (length)
            *array_push(&inputs->paths) = arena_copy(&inputs->arena, line, (size_t)length);
    }
    if (ferror(in)) {
        report(REPORT_ERROR, (struct place){.path = input_path(list)}, "cannot read: %s", strerror(errno));
        inputs->failures++;
    }
    free(line);
    if (in != stdin)
        fclose(in);
}

static int by_name(const FTSENT **a, const FTSENT **b) { return strcmp((*a)->fts_name, (*b)->fts_name); }

/* The extractions in a folder, in the order of their names; other files are no inputs. */
static void add_folder(struct inputs *inputs, const char *folder)
{
    char *name = arena_copy(&inputs->arena, folder, strlen(folder)), *roots[] = {name, NULL};
    size_t before = inputs->paths.count;
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    for (FTSENT *entry; walk && (entry = fts_read(walk));) {
        const char *suffix = strrchr(entry->fts_name, '.');
        if (entry->fts_info == FTS_F && suffix && strcmp(suffix, ".xml") == 0 &&
            forms_is_extraction(entry->fts_path)) {
            *array_push(&inputs->paths) = arena_copy(&inputs->arena, entry->fts_path, entry->fts_pathlen);
        } else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR) {
            report(REPORT_ERROR, (struct place){.path = entry->fts_path}, "cannot read: %s",
                   strerror(entry->fts_errno));
            inputs->failures++;
        }
    }
    if (walk)
        fts_close(walk);
    if (inputs->paths.count == before) {
        report(REPORT_ERROR, (struct place){.path = folder}, "no extraction in this folder");
        inputs->failures++;
    }
}

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static struct inputs inputs_find(const struct options *options)
{
    struct inputs named = {0}, inputs = {0};
    for (size_t i = 0; i < options->arguments.paths.count; i++)
        *array_push(&named.paths) = options->arguments.paths.items[i];
    if (options->list)
        add_lines(&named, options->list);
    inputs.arena = named.arena;
    inputs.failures = named.failures;
    for (size_t i = 0; i < named.paths.count; i++)
        if (is_folder(named.paths.items[i]))
            add_folder(&inputs, named.paths.items[i]);
        else
            *array_push(&inputs.paths) = named.paths.items[i];
    array_release(&named.paths);
    if (options->archive)
        *array_push(&inputs.paths) = options->archive;
    return inputs;
}

/* ---- reading ---- */

/* A document that was read already. */
struct seen {
    const char *sha256, *path;
};

struct run {
    const struct grammar *grammar;
    struct reporting *reporting;
    struct forms forms;
    struct progress progress;
    void *seen; /* tree */
    struct arena arena;
    size_t failures, done, of_other_version;
};

static int compare_seen(const void *a, const void *b)
{
    return strcmp(((const struct seen *)a)->sha256, ((const struct seen *)b)->sha256);
}

static void keep(void *seen) { (void)seen; } /* the arena has it */

/* A document twice, be it once as an extraction, would only repeat every finding. */
static bool is_new(struct run *run, const char *sha256, const char *path)
{
    struct seen *mine = arena_new(&run->arena, struct seen);
    *mine = (struct seen){arena_copy(&run->arena, sha256, strlen(sha256)), path};
    struct seen **found = tsearch(mine, &run->seen, compare_seen);
    if (!found)
        memory_exhausted();
    if (*found == mine)
        return true;
    progress_hide(&run->progress);
    report(REPORT_NOTE, (struct place){.path = input_path(path)}, "the same document as '%s'; left out",
           input_path((*found)->path));
    return false;
}

static void take_form(void *context, const struct form *form, const struct findings *findings)
{
    (void)findings;
    struct run *run = context;
    forms_add(&run->forms, form);
}

static void read_document(struct run *run, const char *path, enum encoding encoding)
{
    struct source source;
    enum source_trouble trouble = source_read(&source, path, encoding);
    if (trouble != SOURCE_FINE) {
        int error = errno;
        progress_hide(&run->progress);
        input_report(path, trouble, error);
        run->failures++;
        return;
    }
    run->done++;
    if (is_new(run, source.sha256, path)) {
        const struct sink sink = {.context = run, .declaration = take_form};
        struct extract_summary summary = extract_to(&source, run->grammar, &sink, NULL);
        if (!summary.declarations) {
            progress_hide(&run->progress);
            report(REPORT_NOTE, (struct place){.path = input_path(path)}, "no declaration found");
        }
    }
    source_release(&source);
}

static void read_extraction(struct run *run, const char *path)
{
    size_t before = run->forms.count;
    const char *detail = NULL;
    enum forms_trouble trouble = forms_read(&run->forms, path, &detail);
    if (trouble != FORMS_FINE) {
        progress_hide(&run->progress);
        forms_report(path, trouble, detail);
        run->failures++;
        run->of_other_version += trouble == FORMS_OTHER_VERSION;
        return;
    }
    run->done++;
    if (run->forms.count > before) {
        const char *sha256 = run->forms.items[before].origin->sha256;
        if (sha256 && *sha256 && !is_new(run, sha256, path))
            run->forms.count = before;
    }
}

static void fail_archive(struct run *run, const char *path, const char *message)
{
    progress_hide(&run->progress);
    report(REPORT_ERROR, (struct place){.path = path}, "%s", message);
    run->failures++;
}

/* What an archive holds of one document. */
static void read_archived(struct run *run, const char *path, struct archive *archive, int64_t source,
                          struct buffer *extraction)
{
    char message[80];
    const char *detail = NULL;
    size_t before = run->forms.count;
    enum forms_trouble trouble = FORMS_BROKEN;
    extraction->length = 0;
    if (archive_extraction(archive, source, NULL, extraction))
        trouble = forms_read_memory(&run->forms, path, extraction->bytes, extraction->length, &detail);
    if (trouble == FORMS_OTHER_VERSION) {
        progress_hide(&run->progress);
        forms_report(path, trouble, detail);
        run->failures++;
        run->of_other_version++;
    } else if (trouble != FORMS_FINE) {
        snprintf(message, sizeof message, "the extraction of source %lld is damaged", (long long)source);
        fail_archive(run, path, message);
    } else {
        run->done++;
        if (run->forms.count > before && !is_new(run, run->forms.items[before].origin->sha256,
                                                 run->forms.items[before].origin->path))
            run->forms.count = before;
    }
}

static void read_archive(struct run *run, const char *path, size_t done)
{
    static const char sources[] = "SELECT id, count(*) OVER () FROM sources "
                                  "WHERE declarations > 0 AND state = 'done' ORDER BY sha256, media_type";
    struct archive *archive = archive_open(path, ARCHIVE_READ);
    if (!archive) {
        run->failures++;
        return;
    }
    struct buffer extraction = {0};
    struct query *query = archive_query(archive, sources, true);
    enum query_step step = QUERY_FAILED;
    for (; query && (step = query_next(query)) == QUERY_ROW; done++) {
        if (run->progress.total <= done)
            run->progress.total = done + (size_t)query_integer(query, 1);
        progress_show(&run->progress, done);
        read_archived(run, path, archive, query_integer(query, 0), &extraction);
    }
    if (step == QUERY_FAILED)
        fail_archive(run, path, archive_message(archive));
    else
        run->done++; /* it may hold no form */
    query_release(query);
    buffer_release(&extraction);
    archive_close(archive);
}

/* ---- notes about what cannot be compared ---- */

static void note_years(const struct run *run, const struct years_options *options)
{
    enum { FIRST = 1900, LAST = 2199 };
    bool has[LAST - FIRST + 1] = {false};
    unsigned first = LAST + 1, last = 0;
    for (size_t i = 0; i < run->forms.count; i++) {
        const char *text = form_year(&run->forms.items[i]);
        unsigned year;
        if (!read_year(&text, &year) || year < FIRST || year > LAST ||
            (options->first_year && (year < options->first_year || year > options->last_year)))
            continue;
        has[year - FIRST] = true;
        first = year < first ? year : first;
        last = year > last ? year : last;
    }
    struct place place = {.path = "shenbao"};
    unsigned missing = 0;
    for (unsigned year = first; year < last; year++)
        if (!has[year - FIRST] && missing++ < 5)
            report(REPORT_NOTE, place, "no form of the year %u", year);
}

static void note_summary(const struct run *run, const struct options *options, struct years_summary summary)
{
    struct place place = {.path = "shenbao"};
    if (run->of_other_version && run->done)
        report(REPORT_NOTE, place, "the inputs are of different vocabulary versions; %zu of them left out",
               run->of_other_version);
    if (summary.duplicates)
        report(REPORT_NOTE, place,
               summary.duplicates == 1 ? "%zu form stands twice; left out once"
                                       : "%zu forms stand twice; left out once",
               summary.duplicates);
    if (summary.without_year)
        report(REPORT_NOTE, place,
               summary.without_year == 1 ? "%zu form states no year; left out"
                                         : "%zu forms state no year; left out",
               summary.without_year);
    if (!run->done)
        return;
    note_years(run, &options->years);
    if (!summary.forms && options->years.unit)
        report(REPORT_NOTE, place, "no form of the unit '%s'", options->years.unit);
    else if (!summary.forms)
        report(REPORT_NOTE, place, "no form to compare");
    else if (!summary.pairs)
        report(REPORT_NOTE, place, "no two forms belong to one project; nothing to compare");
}

static int compare_all(struct options *options, const struct inputs *inputs, const struct grammar *grammar)
{
    struct reporting *reporting = &options->reporting;
    if (!reporting_begin(reporting, inputs->paths.items, inputs->paths.count))
        return STATUS_FAILED;
    struct run run = {.grammar = grammar,
                      .reporting = reporting,
                      .failures = inputs->failures,
                      .progress = progress_new(inputs->paths.count, reporting)};
    for (size_t i = 0; i < inputs->paths.count; i++) {
        const char *path = inputs->paths.items[i];
        progress_show(&run.progress, i);
        if (path == options->archive)
            read_archive(&run, path, i);
        else if (strcmp(path, "-") != 0 && forms_is_extraction(path))
            read_extraction(&run, path);
        else
            read_document(&run, path, options->reading.encoding);
    }
    progress_hide(&run.progress);
    struct findings findings = {0};
    struct years_summary summary = years_compare(&run.forms, grammar, &options->years, &findings);
    note_summary(&run, options, summary);
    reporting_add(reporting, NULL, &findings);
    int status = reporting_end(reporting, &findings, run.forms.count, run.failures, !run.done);
    findings_release(&findings);
    forms_release(&run.forms);
    tdestroy(run.seen, keep);
    arena_release(&run.arena);
    return status;
}

int command_compare(int argc, char **argv)
{
    struct options options = {
        .reading = {.encoding = ENCODINGS},
        .reporting = reporting_new(true),
        .years = {.threshold = {.units = 2, .places = 1}},
        .arguments = {.least = 1, .most = SIZE_MAX, .missing = "no FILE given ('-' is standard input)"},
    };
    int status = STATUS_FAILED;
    struct grammar *grammar = NULL;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) == 0)
        grammar = command_grammars(&options.reading);
    if (grammar) {
        struct inputs inputs = inputs_find(&options);
        status = compare_all(&options, &inputs, grammar);
        array_release(&inputs.paths);
        arena_release(&inputs.arena);
        grammar_release(grammar);
    }
    reporting_release(&options.reporting);
    array_release(&options.arguments.paths);
    reading_release(&options.reading);
    return status;
}
