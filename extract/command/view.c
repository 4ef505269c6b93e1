/* view: a page to review documents on. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/report.h"
#include "../input.h"
#include "../output.h"
#include "../write/page.h"
#include "../years.h"
#include "command.h"
#include "reporting.h"

enum { KEY_CORRECTIONS = 512 };

struct options {
    struct reading reading;
    struct arguments arguments;
    const char *file;
    array_of(const char *) corrections;
};

static const struct argp_option option_table[] = {
    {"output", 'o', "FILE", 0, "Write the page to FILE, not to standard output", 1},
    {"corrections", KEY_CORRECTIONS, "FILE", 0,
     "Begin with what was corrected before; may be given several times", 1},
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
    case ARGP_KEY_ARG:
        arguments_add(&options->arguments, argument, state);
        return 0;
    case ARGP_KEY_END:
        arguments_check(&options->arguments, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    option_table, parse, "FILE...",
    "Write one page of HTML that shows each FILE beside what was read in it. '-' is standard input.\v"
    "Of an extraction its document is shown, as it is read now. The page needs no network and no other file. On it values can be accepted and corrected, and saved "
    "as a file of corrections for 'shenbao extract --corrections FILE'. Of several years of one project "
    "it draws the money and the targets over the years.\n\n"
    "Exit status: 0 when all was done, 2 when any input could not be read or the page not be written.",
    children, NULL, NULL};

/* ---- forms of several documents ---- */

struct viewing {
    const struct options *options;
    struct page page;
    struct forms forms;         /* of all documents, for comparisons */
    array_of(size_t) documents; /* which document each is of */
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

static bool draw_document(struct viewing *viewing, const char *path)
{
    struct source source;
    enum source_trouble trouble = source_read(&source, path, viewing->options->reading.encoding);
    if (trouble != SOURCE_FINE) {
        input_report(path, trouble, errno);
        return false;
    }
    page_document(&viewing->page, &source);
    source_release(&source);
    return true;
}

/* The document of an extraction: at its path, or beside the extraction. */
static bool document_find(struct source *source, const struct origin *origin, const char *extraction)
{
    struct arena arena = {0};
    const char *slash = strrchr(extraction, '/'), *name = strrchr(origin->path, '/');
    const char *folder = slash ? arena_copy(&arena, extraction, (size_t)(slash - extraction) + 1) : "";
    const char *const paths[] = {origin->path, arena_printf(&arena, "%s%s", folder, origin->path),
                                 arena_printf(&arena, "%s%s", folder, name ? name + 1 : origin->path)};
    bool is_found = false, is_other = false;
    for (size_t i = 0; i < sizeof paths / sizeof *paths && !is_found; i++) {
        if (strcmp(paths[i], "-") == 0 || source_read(source, paths[i], origin->encoding) != SOURCE_FINE)
            continue;
        is_found = strcmp(source->sha256, origin->sha256) == 0;
        is_other |= !is_found;
        if (!is_found)
            source_release(source);
    }
    if (!is_found)
        report(REPORT_ERROR, (struct place){.path = extraction}, "its document '%s' %s", origin->path,
               is_other ? "has changed since it was extracted" : "cannot be read");
    arena_release(&arena);
    return is_found;
}

static bool draw_extraction(struct viewing *viewing, const char *path)
{
    struct forms forms = {0};
    const char *detail = NULL;
    enum forms_trouble trouble = forms_read(&forms, path, &detail);
    bool is_fine = trouble == FORMS_FINE && forms.count;
    if (trouble != FORMS_FINE)
        forms_report(path, trouble, detail);
    else if (!forms.count)
        report(REPORT_ERROR, (struct place){.path = path}, "an extraction without a declaration");
    struct source source;
    if (is_fine && (is_fine = document_find(&source, forms.items[0].origin, path))) {
        page_document(&viewing->page, &source);
        source_release(&source);
    }
    forms_release(&forms);
    return is_fine;
}

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
    struct stat status;
    bool exists = stat(file, &status) == 0;
    if (exists && !S_ISREG(status.st_mode)) {
        int descriptor = open(file, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        if (descriptor < 0)
            return errno;
        int failure = write_in_place(viewing, output, descriptor);
        close(descriptor);
        return failure;
    }
    char *path = exists ? realpath(file, NULL) : strdup(file), *copy = path ? strdup(path) : NULL;
    int folder = copy ? open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    const char *slash = path ? strrchr(path, '/') : NULL;
    int failure = folder < 0 ? errno
                  : output_begin(output, folder, slash ? slash + 1 : path, exists ? status.st_mode & 0666 : 0666);
    if (!failure) {
        viewing->page.out = &output->buffer;
        draw(viewing);
        if (viewing->failures < viewing->options->arguments.paths.count)
            failure = output_finish(output);
        else
            output_abandon(output); /* nothing to show */
    }
    if (folder >= 0)
        close(folder);
    free(copy);
    free(path);
    return failure;
}

static bool is_input(const struct options *options)
{
    struct stat page, input;
    if (!options->file || stat(options->file, &page) != 0)
        return false;
    for (size_t i = 0; i < options->arguments.paths.count; i++)
        if (stat(options->arguments.paths.items[i], &input) == 0 && input.st_dev == page.st_dev && input.st_ino == page.st_ino)
            return true;
    return false;
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
    struct output output = {0};
    output_guard();
    int failure = options->file ? write_to_file(&viewing, &output, options->file)
                                : write_in_place(&viewing, &output, STDOUT_FILENO);
    if (failure && failure != EPIPE)
        report(REPORT_ERROR, (struct place){.path = name}, "cannot write: %s", strerror(failure));
    output_release(&output);
    forms_release(&viewing.forms);
    array_release(&viewing.documents);
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
