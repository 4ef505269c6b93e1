/* Options, commands and exit status; nothing else. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/array.h"
#include "base/report.h"
#include "batch.h"
#include "input.h"
#include "installed.h"
#include "output.h"
#include "trace.h"

enum { STATUS_FINE = 0, STATUS_FAILED = 2 };

struct command;

struct options {
    const struct command *command;
    array_of(const char *) arguments, grammars;
    const char *folder, *file;
    enum format format;
    enum encoding encoding;
    bool is_compact;
};

struct command {
    const char *name; /* one or two words */
    struct argp argp;
    size_t least, most; /* arguments */
    const char *missing; /* what to say when there are fewer */
    int (*run)(struct options *options);
};

enum { KEY_COMPACT = 256, KEY_ENCODING, KEY_GRAMMARS };

#define OPTION_ENCODING \
    {"encoding", KEY_ENCODING, "NAME", 0, \
     "Read the input as NAME (utf-8, gb18030, big5, utf-16le, …), don't guess", 2}
#define OPTION_GRAMMARS \
    {"grammars", KEY_GRAMMARS, "PATH", 0, \
     "Also read the grammars in PATH, a folder or a file; a file replaces a default one of the same name", 3}

static const struct argp_option extract_options[] = {
    {"directory", 'd', "DIR", 0, "Write one file for each input into DIR: a.txt gives DIR/a.xml", 1},
    {"output", 'o', "FILE", 0, "Write to FILE, not to standard output", 1},
    {"format", 'f', "FORMAT", 0, "Write xml (the default), json, jsonl or csv", 1},
    {"compact", KEY_COMPACT, NULL, 0, "Do not indent XML and JSON", 1},
    OPTION_ENCODING,
    OPTION_GRAMMARS,
    {0},
};

static const struct argp_option trace_options[] = {OPTION_ENCODING, OPTION_GRAMMARS, {0}};
static const struct argp_option list_options[] = {OPTION_GRAMMARS, {0}};

static enum format format_named(const char *name)
{
    enum format format = 0;
    while (format < FORMATS && strcmp(name, format_names[format]) != 0)
        format++;
    return format;
}

static int run_extract(struct options *options);

static void check_options(struct options *options, struct argp_state *state)
{
    size_t count = options->arguments.count, readers = 0;
    if (count < options->command->least)
        argp_error(state, "%s", options->command->missing);
    if (options->folder && options->file)
        argp_error(state, "-d and -o exclude each other");
    if (options->command->run == run_extract && count > 1 && !options->folder &&
        (options->format == FORMAT_XML || options->format == FORMAT_JSON))
        argp_error(state, "several inputs need -d DIR (or -f jsonl, or -f csv)");
    for (size_t i = 0; i < count; i++)
        readers += strcmp(options->arguments.items[i], "-") == 0;
    if (readers > 1)
        argp_error(state, "standard input ('-') can be read only once");
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'd':
        options->folder = argument;
        break;
    case 'o':
        options->file = strcmp(argument, "-") == 0 ? NULL : argument; /* standard output */
        break;
    case 'f':
        options->format = format_named(argument);
        if (options->format == FORMATS)
            argp_error(state, "unknown format '%s'; xml, json, jsonl and csv are known", argument);
        break;
    case KEY_COMPACT:
        options->is_compact = true;
        break;
    case KEY_ENCODING:
        options->encoding = encoding_named(argument, strlen(argument));
        if (options->encoding == ENCODINGS)
            argp_error(state, "unknown encoding '%s'; try utf-8, gb18030, big5, utf-16le or utf-16be",
                       argument);
        break;
    case KEY_GRAMMARS:
        *array_push(&options->grammars) = argument;
        break;
    case ARGP_KEY_ARG:
        if (options->arguments.count == options->command->most)
            argp_error(state, "one argument too many: '%s'", argument);
        *array_push(&options->arguments) = argument;
        break;
    case ARGP_KEY_END:
        check_options(options, state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* The default grammars and behind them those that the user names. */
static struct grammar *load_grammars(const char *const *paths, size_t count)
{
    array_of(const char *) all = {0};
    const char *installed = installed_grammars();
    if (installed)
        *array_push(&all) = installed;
    for (size_t i = 0; i < count; i++)
        *array_push(&all) = paths[i];
    struct grammar *grammar = NULL;
    if (all.count)
        grammar = grammar_load(all.items, all.count);
    else
        report(REPORT_ERROR, (struct place){.path = "shenbao"},
               "the default grammars are not installed; name a folder with --grammars");
    array_release(&all);
    return grammar;
}

static int run_extract(struct options *options)
{
    struct grammar *grammar = load_grammars(options->grammars.items, options->grammars.count);
    if (!grammar)
        return STATUS_FAILED;
    output_guard();
    struct batch batch = {
        .inputs = options->arguments.items,
        .count = options->arguments.count,
        .folder = options->folder,
        .file = options->file,
        .format = options->format,
        .is_compact = options->is_compact,
        .encoding = options->encoding,
        .grammar = grammar,
    };
    int status = batch_run(&batch);
    grammar_release(grammar);
    return status;
}

static int run_trace_with(struct options *options,
                          void (*print)(const struct source *, const struct grammar *, FILE *))
{
    struct grammar *grammar = load_grammars(options->grammars.items, options->grammars.count);
    if (!grammar)
        return STATUS_FAILED;
    const char *path = options->arguments.items[0];
    struct source source;
    enum source_trouble trouble = source_read(&source, path, options->encoding);
    if (trouble == SOURCE_FINE) {
        print(&source, grammar, stdout);
        source_release(&source);
    } else {
        input_report(path, trouble, errno);
    }
    grammar_release(grammar);
    return trouble == SOURCE_FINE ? STATUS_FINE : STATUS_FAILED;
}

static int run_trace(struct options *options)
{
    return run_trace_with(options, trace);
}

static int run_rows(struct options *options)
{
    return run_trace_with(options, trace_rows);
}

static int run_grammar_check(struct options *options)
{
    struct grammar *grammar = load_grammars(options->arguments.items, options->arguments.count);
    if (!grammar)
        return STATUS_FAILED;
    grammar_release(grammar);
    puts("no mistakes");
    return STATUS_FINE;
}

static int run_grammar_list(struct options *options)
{
    struct grammar *grammar = load_grammars(options->grammars.items, options->grammars.count);
    if (!grammar)
        return STATUS_FAILED;
    grammar_list(grammar, stdout);
    grammar_release(grammar);
    return STATUS_FINE;
}

static int run_help(struct options *options);

static const struct command commands[] = {
    {"extract",
     {extract_options, parse_option, "FILE...",
      "Extract the declarations of each FILE. '-' is standard input.\v"
      "One input goes to standard output or to -o FILE. Several need -d DIR; with -f jsonl or -f csv "
      "they may also be written one behind the other. Where two inputs would have the same name in DIR, the later one "
      "keeps its suffix (a.html.xml) and a note says so.\n\n"
      "Exit status: 0 when all was done, 2 when any input could not be read or any output not be written. "
      "A document without a declaration is no error.", NULL, NULL, NULL},
     1, SIZE_MAX, "no FILE given ('-' is standard input)", run_extract},
    {"trace",
     {trace_options, parse_option, "FILE", "Show row by row which rule of the grammars took which cell.",
      NULL, NULL, NULL},
     1, 1, "no FILE given ('-' is standard input)", run_trace},
    {"rows",
     {trace_options, parse_option, "FILE", "Show the rows and cells that were recognized in FILE.",
      NULL, NULL, NULL},
     1, 1, "no FILE given ('-' is standard input)", run_rows},
    {"grammar check",
     {NULL, parse_option, "[PATH...]",
      "Check the default grammars together with those in each PATH, a folder or a file.", NULL, NULL, NULL},
     0, SIZE_MAX, NULL, run_grammar_check},
    {"grammar list",
     {list_options, parse_option, NULL, "List the rules of the grammars, one a line.", NULL, NULL, NULL},
     0, 0, NULL, run_grammar_list},
    {"grammar",
     {NULL, parse_option, "check|list [...]", "Check or list the grammars; see 'shenbao help grammar check'.",
      NULL, NULL, NULL},
     SIZE_MAX, 0, "say 'grammar check' or 'grammar list'", NULL},
    {"help",
     {NULL, parse_option, "[COMMAND]", "Explain a command.", NULL, NULL, NULL},
     0, 2, NULL, run_help},
};

static const char program_doc[] =
    "Extract the facts of project expenditure performance declarations (项目支出绩效目标申报表) "
    "as XML, JSON or CSV, each with its place in the source.\v"
    "Commands:\n"
    "  extract FILE...        write the declarations of documents\n"
    "  trace FILE             show which rule took which cell\n"
    "  rows FILE              show the rows and cells that were recognized\n"
    "  grammar check [PATH]   look for mistakes in grammars\n"
    "  grammar list           list the rules\n"
    "  help [COMMAND]         explain a command\n";

/* Stops at the first argument, which is the command. */
static error_t parse_command(int key, char *argument, struct argp_state *state)
{
    (void)argument;
    int *command = state->input;
    if (key == ARGP_KEY_ARG) {
        *command = state->next - 1;
        state->next = state->argc;
    } else if (key == ARGP_KEY_NO_ARGS) {
        argp_error(state, "no command given");
    } else {
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp program_argp = {NULL, parse_command, "COMMAND [ARGUMENT...]", program_doc,
                                         NULL, NULL, NULL};

/* The command that the words begin with, and of how many words its name is. */
static const struct command *find_command(char **words, int count, int *used)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const char *second = strchr(commands[i].name, ' ');
        size_t length = second ? (size_t)(second - commands[i].name) : strlen(commands[i].name);
        if (strlen(words[0]) != length || strncmp(words[0], commands[i].name, length) != 0)
            continue;
        if (second && (count < 2 || strcmp(words[1], second + 1) != 0))
            continue;
        *used = second ? 2 : 1;
        return &commands[i];
    }
    return NULL;
}

static int run_command(char **words, int count)
{
    int used;
    const struct command *command = find_command(words, count, &used);
    if (!command) {
        report(REPORT_ERROR, (struct place){.path = "shenbao"},
               "unknown command '%s'; 'shenbao help' names the commands", words[0]);
        return STATUS_FAILED;
    }
    static char name[64];
    snprintf(name, sizeof name, "shenbao %s", command->name);
    words[used - 1] = name; /* argp speaks of the program by this name */
    struct options options = {.command = command, .encoding = ENCODINGS};
    int status = STATUS_FAILED;
    if (argp_parse(&command->argp, count - used + 1, words + used - 1, 0, NULL, &options) == 0)
        status = command->run(&options);
    array_release(&options.arguments);
    array_release(&options.grammars);
    return status;
}

static int run_help(struct options *options)
{
    char help[] = "--help", *words[4] = {0};
    int count = 0;
    for (size_t i = 0; i < options->arguments.count; i++)
        words[count++] = (char *)options->arguments.items[i];
    if (!count) {
        argp_help(&program_argp, stdout, ARGP_HELP_STD_HELP & ~(ARGP_HELP_EXIT_ERR | ARGP_HELP_EXIT_OK),
                  (char *)"shenbao");
        return STATUS_FINE;
    }
    words[count++] = help;
    return run_command(words, count);
}

static void print_version(FILE *out, struct argp_state *state)
{
    (void)state;
    fputs("shenbao " SHENBAO_VERSION "\nBuilt with " LIBRARY_VERSIONS ".\n", out);
}

/* Standard output that did not take all is no success; that nobody reads it any
 * more (an earlier write may have met that) needs no message. */
static void close_standard_output(void)
{
    errno = 0;
    if (!ferror(stdout) && fflush(stdout) == 0)
        return;
    int failure = errno;
    struct pollfd reader = {.fd = STDOUT_FILENO};
    if (failure != EPIPE && !(poll(&reader, 1, 0) == 1 && reader.revents & POLLERR))
        report(REPORT_ERROR, (struct place){.path = "standard output"}, "cannot write%s%s",
               failure ? ": " : "", failure ? strerror(failure) : "");
    _exit(STATUS_FAILED);
}

/* A closed descriptor must not become that of a document: opened the wrong way
 * round, it refuses what is read or written. */
static void fill_standard_descriptors(void)
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++)
        if (fcntl(descriptor, F_GETFD) < 0)
            open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    atexit(close_standard_output);
    argp_err_exit_status = STATUS_FAILED;
    argp_program_version_hook = print_version;
    int command = 0;
    if (argp_parse(&program_argp, argc, argv, ARGP_IN_ORDER, NULL, &command) != 0)
        return STATUS_FAILED;
    return run_command(argv + command, argc - command);
}
