#include "../batch.h"
#include "../output.h"
#include "../stream.h"
#include "command.h"

enum { KEY_COMPACT = 512, KEY_STREAM, KEY_CORRECTIONS, KEY_NO_CHECKS };

struct options {
    struct reading reading;
    struct arguments arguments;
    const char *folder, *file;
    enum format format;
    bool has_format, is_compact, is_unchecked, is_stream;
    array_of(const char *) corrections;
};

static const struct argp_option option_table[] = {
    {"directory", 'd', "DIR", 0, "Write one file for each input into DIR: a.txt gives DIR/a.xml", 1},
    {"output", 'o', "FILE", 0, "Write to FILE, not to standard output", 1},
    {"format", 'f', "FORMAT", 0, "Write xml (the default), json, jsonl or csv", 1},
    {"stream", KEY_STREAM, NULL, 0,
     "Answer requests, a JSON line each: {\"id\": …, \"path\": …} or {\"id\": …, \"content\": base64}", 1},
    {"corrections", KEY_CORRECTIONS, "FILE", 0,
     "Replay what a reviewer corrected on the page of 'shenbao view'; may be given several times", 1},
    {"no-checks", KEY_NO_CHECKS, NULL, 0, "Check nothing: of the findings only those of reading are written", 1},
    {"compact", KEY_COMPACT, NULL, 0, "Do not indent XML and JSON", 1},
    {0},
};

static enum format format_named(const char *name)
{
    enum format format = 0;
    while (format < FORMATS && strcmp(name, format_names[format]) != 0)
        format++;
    return format;
}

static void check_options(const struct options *options, const struct argp_state *state)
{
    if (options->is_stream) {
        if (options->arguments.paths.count || options->folder || options->file)
            argp_error(state, "--stream takes its documents from standard input");
        if (options->corrections.count)
            argp_error(state, "--stream takes no corrections");
        if (options->is_unchecked)
            argp_error(state, "--stream checks always");
        if (options->has_format && options->format != FORMAT_XML && options->format != FORMAT_JSON)
            argp_error(state, "--stream writes json or xml");
        return;
    }
    arguments_check(&options->arguments, state);
    if (options->folder && options->file)
        argp_error(state, "-d and -o exclude each other");
    if (options->arguments.paths.count > 1 && !options->folder &&
        (options->format == FORMAT_XML || options->format == FORMAT_JSON))
        argp_error(state, "several inputs need -d DIR (or -f jsonl, or -f csv)");
}

static const struct argp_child children[] = {{&reading_argp, 0, NULL, 0}, {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->reading;
        break;
    case 'd':
        options->folder = argument;
        break;
    case 'o':
        options->file = strcmp(argument, "-") == 0 ? NULL : argument; /* standard output */
        break;
    case 'f':
        options->format = format_named(argument);
        options->has_format = true;
        if (options->format == FORMATS)
            argp_error(state, "unknown format '%s'; xml, json, jsonl and csv are known", argument);
        break;
    case KEY_CORRECTIONS:
        *array_push(&options->corrections) = argument;
        break;
    case KEY_STREAM:
        options->is_stream = true;
        break;
    case KEY_COMPACT:
        options->is_compact = true;
        break;
    case KEY_NO_CHECKS:
        options->is_unchecked = true;
        break;
    case ARGP_KEY_ARG:
        arguments_add(&options->arguments, argument, state);
        break;
    case ARGP_KEY_END:
        check_options(options, state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp argp = {
    option_table, parse, "FILE...",
    "Extract the declarations of each FILE. '-' is standard input.\v"
    "One input goes to standard output or to -o FILE. Several need -d DIR; with -f jsonl or -f csv "
    "they may also be written one behind the other. Where two inputs would have the same name in DIR, the later one "
    "keeps its suffix (a.html.xml) and a note says so.\n\n"
    "--corrections takes a file that the page of 'shenbao view' saved. It is tied to the document by its SHA-256: "
    "on any other document it is refused.\n\n"
    "Exit status: 0 when all was done, 2 when any input could not be read or any output not be written. "
    "A document without a declaration is no error.",
    children, NULL, NULL};

int command_extract(int argc, char **argv)
{
    struct options options = {
        .reading = {.encoding = ENCODINGS},
        .arguments = {.least = 1, .most = SIZE_MAX, .missing = "no FILE given ('-' is standard input)"},
    };
    int status = STATUS_FAILED;
    struct grammar *grammar = NULL;
    struct corrections corrections = {0};
    bool is_fine = argp_parse(&argp, argc, argv, 0, NULL, &options) == 0;
    for (size_t i = 0; is_fine && i < options.corrections.count; i++)
        is_fine = corrections_read(&corrections, options.corrections.items[i]);
    if (is_fine)
        grammar = command_grammars(&options.reading);
    if (grammar && options.is_stream) {
        status = stream_run(stdin, stdout, grammar, options.has_format ? options.format : FORMAT_JSON);
        grammar_release(grammar);
    } else if (grammar) {
        output_guard();
        struct batch batch = {
            .inputs = options.arguments.paths.items,
            .count = options.arguments.paths.count,
            .folder = options.folder,
            .file = options.file,
            .format = options.format,
            .is_compact = options.is_compact,
            .is_unchecked = options.is_unchecked,
            .encoding = options.reading.encoding,
            .grammar = grammar,
            .corrections = options.corrections.count ? &corrections : NULL,
        };
        status = batch_run(&batch);
        grammar_release(grammar);
    }
    corrections_release(&corrections);
    array_release(&options.corrections);
    array_release(&options.arguments.paths);
    reading_release(&options.reading);
    return status;
}
