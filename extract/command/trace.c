/* trace and rows: how a document was read. */
#include "../trace.h"

#include <errno.h>

#include "../input.h"
#include "command.h"

struct options {
    struct reading reading;
    struct arguments arguments;
};

static const struct argp_child children[] = {{&reading_argp, 0, NULL, 0}, {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->reading;
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

static int run(int argc, char **argv, const char *text,
               void (*print)(const struct source *, const struct grammar *, FILE *))
{
    const struct argp argp = {
        NULL, parse, "FILE", text, children, NULL, NULL};
    struct options options = {
        .reading = {.encoding = ENCODINGS},
        .arguments = {.least = 1, .most = 1, .missing = "no FILE given ('-' is standard input)"},
    };
    struct grammar *grammar = NULL;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) == 0)
        grammar = command_grammars(&options.reading);
    int status = STATUS_FAILED;
    if (grammar) {
        const char *path = options.arguments.paths.items[0];
        struct source source;
        enum source_trouble trouble = source_read(&source, path, options.reading.encoding);
        if (trouble == SOURCE_FINE) {
            print(&source, grammar, stdout);
            source_release(&source);
            status = STATUS_FINE;
        } else {
            input_report(path, trouble, errno);
        }
        grammar_release(grammar);
    }
    array_release(&options.arguments.paths);
    reading_release(&options.reading);
    return status;
}

int command_trace(int argc, char **argv)
{
    return run(argc, argv, "Show row by row which rule of the grammars took which cell.", trace);
}

int command_rows(int argc, char **argv)
{
    return run(argc, argv, "Show the rows and cells that were recognized in FILE.", trace_rows);
}
