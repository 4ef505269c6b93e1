/* The checks within one form, over documents and extractions. */
#include "../check.h"

#include <errno.h>
#include <string.h>

#include "../base/report.h"
#include "../extract.h"
#include "../input.h"
#include "../years.h"
#include "reporting.h"

struct options {
    struct reading reading;
    struct reporting reporting;
    struct arguments arguments;
};

static const struct argp_child children[] = {{&reading_argp, 0, NULL, 0}, {&reporting_argp, 0, NULL, 0}, {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->reading;
        state->child_inputs[1] = &options->reporting;
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
    NULL,
    parse,
    "FILE...",
    "Check what each FILE states, a document or an extraction in XML, against itself: sums, units, years, "
    "indicators. "
    "'-' is standard input.\v"
    "'shenbao explain' lists the rules.\n\n"
    "Exit status: 0 without findings of severity error, 1 with, 2 when anything could not be done.",
    children,
    NULL,
    NULL};

struct run {
    const struct grammar *grammar;
    struct reporting *reporting;
    struct findings findings;
    struct progress progress;
    struct origin origin; /* of the document at hand */
    size_t forms, failures, done;
};

static void take_form(void *context, const struct form *form, const struct findings *findings)
{
    struct run *run = context;
    run->forms++;
    if (findings->items.count)
        progress_hide(&run->progress);
    reporting_add(run->reporting, form, findings);
}

/* What reading found of the whole document belongs to no declaration. Its message is
 * "Chinese (English)". */
static void take_found(struct run *run, const struct origin *origin, const struct node *found)
{
    struct findings *findings = &run->findings;
    struct arena *arena = &findings->arena;
    const struct form form = {.origin = origin, .declaration = node_new(arena, "declaration")};
    for (const struct node *node = found ? found->first : NULL; node; node = node->next) {
        const char *rule = node_get(node, "rule"), *text = node->value ? node->value : "";
        enum check check = rule ? check_named(rule, strlen(rule)) : CHECKS;
        if (check == CHECKS)
            continue;
        const struct side side = {&form, node};
        const char *english = strstr(text, " (");
        size_t length = english ? (size_t)(english - text) : strlen(text);
        struct finding *finding = finding_add(findings, check, VERDICT_FAIL, &side, 1, "%.*s", "%.*s",
                                              (int)length, text);
        if (english && strlen(english) > 3)
            finding->en = arena_copy(arena, english + 2, strlen(english) - 3);
    }
    reporting_add(run->reporting, &form, findings);
    findings_reset(findings);
}

static void take_rest(void *context, const struct node *residue, const struct node *found)
{
    (void)residue;
    struct run *run = context;
    take_found(run, &run->origin, found);
}

static void check_document(struct run *run, const char *path, enum encoding encoding)
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
    run->origin = (struct origin){
        .path = source.href, .sha256 = source.sha256, .encoding = source.encoding, .source = &source};
    const struct sink sink = {.context = run, .declaration = take_form, .end = take_rest};
    struct extract_summary summary = extract_to(&source, run->grammar, &sink, &run->findings);
    run->done++;
    if (!summary.declarations) {
        progress_hide(&run->progress);
        report(REPORT_NOTE, (struct place){.path = input_path(path)}, "no declaration found");
    }
    source_release(&source);
}

/* A declaration at a time would do; an extraction is one document, so it is small. */
static void check_extraction(struct run *run, const char *path)
{
    struct forms forms = {.is_whole = true};
    const char *detail = NULL;
    enum forms_trouble trouble = forms_read(&forms, path, &detail);
    if (trouble != FORMS_FINE) {
        progress_hide(&run->progress);
        forms_report(path, trouble, detail);
        run->failures++;
    } else {
        run->done++;
        for (size_t i = 0; i < forms.count; i++) {
            check_form(run->grammar, &forms.items[i], &run->findings);
            take_form(run, &forms.items[i], &run->findings);
            findings_reset(&run->findings);
        }
        take_found(run, forms.found_in, forms.found);
    }
    forms_release(&forms);
}

static int check_all(struct options *options, const struct grammar *grammar)
{
    const struct arguments *arguments = &options->arguments;
    struct reporting *reporting = &options->reporting;
    if (!reporting_begin(reporting, arguments->paths.items, arguments->paths.count))
        return STATUS_FAILED;
    struct run run = {.grammar = grammar,
                      .reporting = reporting,
                      .progress = progress_new(arguments->paths.count, reporting)};
    for (size_t i = 0; i < arguments->paths.count && !reporting->output.buffer.failure; i++) {
        const char *path = arguments->paths.items[i];
        progress_show(&run.progress, i);
        if (strcmp(path, "-") != 0 && forms_is_extraction(path))
            check_extraction(&run, path);
        else
            check_document(&run, path, options->reading.encoding);
    }
    progress_hide(&run.progress);
    int status = reporting_end(reporting, &run.findings, run.forms, run.failures, !run.done);
    findings_release(&run.findings);
    return status;
}

int command_check(int argc, char **argv)
{
    struct options options = {
        .reading = {.encoding = ENCODINGS},
        .reporting = reporting_new(false),
        .arguments = {.least = 1, .most = SIZE_MAX, .missing = "no FILE given ('-' is standard input)"},
    };
    int status = STATUS_FAILED;
    struct grammar *grammar = NULL;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) == 0)
        grammar = command_grammars(&options.reading);
    if (grammar) {
        status = check_all(&options, grammar);
        grammar_release(grammar);
    }
    reporting_release(&options.reporting);
    array_release(&options.arguments.paths);
    reading_release(&options.reading);
    return status;
}
