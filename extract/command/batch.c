#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../digitize.h"
#include "command.h"
#include "reporting.h"

enum {
    KEY_ARCHIVE = 512, KEY_FROM_FILE, KEY_FROM0, KEY_INCLUDE, KEY_EXCLUDE, KEY_HIDDEN, KEY_TIMEOUT, KEY_MEMORY, KEY_LOG,
    KEY_SHARD, KEY_RETRY, KEY_VERIFY, KEY_LANG,
};

enum { TIMEOUT = 60, MEMORY = 2048 /* MB */, JOBS_MOST = 512 };

struct options {
    struct reading reading;
    struct arguments arguments;
    array_of(const char *) includes, excludes;
    struct digitize_options digitize;
};

static const struct argp_option option_table[] = {
    {"archive", KEY_ARCHIVE, "FILE", 0, "The archive that is filled; made where it is not there", 1},
    {"jobs", 'j', "N", 0, "Work in N processes, not as many as there are cores", 1},
    {"from-file", KEY_FROM_FILE, "FILE", 0, "Also take the paths in FILE, a line each; '-' is standard input", 1},
    {"from0", KEY_FROM0, NULL, 0, "Also take the paths on standard input, each ended by a NUL", 1},
    {"include", KEY_INCLUDE, "GLOB", 0, "In folders, take only files whose name (with a '/' in GLOB: path) is like GLOB", 1},
    {"exclude", KEY_EXCLUDE, "GLOB", 0, "In folders, leave out files and folders that are like GLOB", 1},
    {"hidden", KEY_HIDDEN, NULL, 0, "In folders, also take what begins with a dot", 1},
    {"retry-failed", KEY_RETRY, NULL, 0, "Try again what failed before", 1},
    {"verify", KEY_VERIFY, NULL, 0, "Read every file to see whether it changed; do not trust size and time", 1},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0, "Give up a document that takes longer (60)", 1},
    {"memory", KEY_MEMORY, "MB", 0, "Give up a document that needs more (2048)", 1},
    {"shard", KEY_SHARD, "I/N", 0, "Do part I (from 0) of N only; the same contents are in it on every machine", 1},
    {"log", KEY_LOG, "FILE", 0, "Add a JSON line for each document to FILE", 1},
    {"lang", KEY_LANG, "LANG", 0, "Speak zh or en; the default is that of the locale", 1},
    {0},
};

static unsigned number(const char *text, unsigned most, const char *what, const struct argp_state *state)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value == 0 || value > most)
        argp_error(state, "%s must be a number from 1 to %u, not '%s'", what, most, text);
    return (unsigned)value;
}

static void parse_shard(struct digitize_options *digitize, const char *text, const struct argp_state *state)
{
    char *end = NULL, *last = NULL;
    unsigned long part = strtoul(text, &end, 10), parts = *end == '/' ? strtoul(end + 1, &last, 10) : 0;
    if (*text < '0' || *text > '9' || !last || *last || end[1] < '0' || end[1] > '9' || part >= parts || parts > UINT_MAX)
        argp_error(state, "a shard is I/N with I from 0 to N-1, not '%s'", text);
    digitize->shard = (unsigned)part;
    digitize->shards = (unsigned)parts;
}

static void check_options(const struct options *options, const struct argp_state *state)
{
    if (!options->digitize.archive)
        argp_error(state, "name the archive with --archive FILE");
    if (!options->arguments.paths.count && !options->digitize.files.list)
        argp_error(state, "%s", options->arguments.missing);
}

static const struct argp_child children[] = {{&reading_argp, 0, NULL, 0}, {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    struct digitize_options *digitize = &options->digitize;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->reading;
        break;
    case KEY_ARCHIVE:
        digitize->archive = argument;
        break;
    case 'j':
        digitize->jobs = number(argument, JOBS_MOST, "--jobs", state);
        break;
    case KEY_FROM_FILE:
    case KEY_FROM0:
        if (digitize->files.list)
            argp_error(state, "only one list of paths can be read");
        digitize->files.list = key == KEY_FROM0 ? "-" : argument;
        digitize->files.list_end = key == KEY_FROM0 ? '\0' : '\n';
        break;
    case KEY_INCLUDE:
        *array_push(&options->includes) = argument;
        break;
    case KEY_EXCLUDE:
        *array_push(&options->excludes) = argument;
        break;
    case KEY_HIDDEN:
        digitize->files.takes_hidden = true;
        break;
    case KEY_RETRY:
        digitize->retries_failed = true;
        break;
    case KEY_VERIFY:
        digitize->verifies = true;
        break;
    case KEY_TIMEOUT:
        digitize->timeout = number(argument, 1000000, "--timeout", state);
        break;
    case KEY_MEMORY:
        digitize->memory = (size_t)number(argument, 1 << 24, "--memory", state) * 1000000;
        break;
    case KEY_SHARD:
        parse_shard(digitize, argument, state);
        break;
    case KEY_LANG:
        digitize->language = language_named(argument, state);
        break;
    case KEY_LOG:
        digitize->log = argument;
        break;
    case ARGP_KEY_ARG:
        if (strcmp(argument, "-") == 0)
            argp_error(state, "standard input is no document of an archive; lists come with --from-file or --from0");
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
    option_table, parse, "PATH...",
    "Read the documents in each PATH, a file or a folder, into an archive that can be asked.\v"
    "What is done is not done again: a file is known by its size and time, a document by its content, with the grammars "
    "and the version that read it. So the same command goes on where it was interrupted, and reads what is new.\n\n"
    "A document that cannot be read, takes too long or needs too much is named in the archive with the reason, and the "
    "batch goes on.\n\n"
    "Exit status: 0 when all documents are in the archive, 1 when some failed, 2 when the job could not be done, 130 "
    "when it was interrupted.",
    children, NULL, NULL};

int command_batch(int argc, char **argv)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    struct options options = {
        .reading = {.encoding = ENCODINGS},
        .arguments = {.most = SIZE_MAX, .missing = "no PATH given, and no list"},
        .digitize = {.jobs = cores > 0 && cores < JOBS_MOST ? (unsigned)cores : 1, .timeout = TIMEOUT,
                     .memory = (size_t)MEMORY * 1000000, .shards = 1, .language = language_of_locale()},
    };
    struct digitize_options *digitize = &options.digitize;
    int status = STATUS_FAILED;
    struct grammar *grammar = NULL;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) == 0)
        grammar = command_grammars(&options.reading);
    if (grammar) {
        const char *own[] = {digitize->archive, digitize->log};
        digitize->grammar = grammar;
        digitize->encoding = options.reading.encoding;
        digitize->files.roots = options.arguments.paths.items;
        digitize->files.root_count = options.arguments.paths.count;
        digitize->files.includes = options.includes.items;
        digitize->files.include_count = options.includes.count;
        digitize->files.excludes = options.excludes.items;
        digitize->files.exclude_count = options.excludes.count;
        digitize->files.own = own;
        digitize->files.own_count = sizeof own / sizeof *own;
        status = digitize_run(digitize);
        grammar_release(grammar);
    }
    array_release(&options.arguments.paths);
    array_release(&options.includes);
    array_release(&options.excludes);
    reading_release(&options.reading);
    return status;
}
