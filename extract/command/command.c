#include "command.h"

#include <string.h>

#include "../base/report.h"
#include "../installed.h"

enum { KEY_ENCODING = 256, KEY_GRAMMARS };

#define OPTION_GRAMMARS \
    {"grammars", KEY_GRAMMARS, "PATH", 0, \
     "Also read the grammars in PATH, a folder or a file; a file replaces a default one of the same name", 3}

static const struct argp_option reading_options[] = {
    {"encoding", KEY_ENCODING, "NAME", 0,
     "Read the input as NAME (utf-8, gb18030, big5, utf-16le, …), don't guess", 2},
    OPTION_GRAMMARS,
    {0},
};

static const struct argp_option grammars_options[] = {OPTION_GRAMMARS, {0}};

static error_t parse_reading(int key, char *argument, struct argp_state *state)
{
    struct reading *reading = state->input;
    switch (key) {
    case KEY_ENCODING:
        reading->encoding = encoding_named(argument, strlen(argument));
        if (reading->encoding == ENCODINGS)
            argp_error(state, "unknown encoding '%s'; try utf-8, gb18030, big5, utf-16le or utf-16be", argument);
        return 0;
    case KEY_GRAMMARS:
        *array_push(&reading->grammars) = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp reading_argp = {.options = reading_options, .parser = parse_reading};
const struct argp grammars_argp = {.options = grammars_options, .parser = parse_reading};

void reading_release(struct reading *reading) { array_release(&reading->grammars); }

struct grammar *command_grammars(const struct reading *reading)
{
    array_of(const char *) all = {0};
    const char *installed = installed_grammars();
    if (installed)
        *array_push(&all) = installed;
    for (size_t i = 0; i < reading->grammars.count; i++)
        *array_push(&all) = reading->grammars.items[i];
    struct grammar *grammar = NULL;
    if (all.count)
        grammar = grammar_load(all.items, all.count);
    else
        report(REPORT_ERROR, (struct place){.path = "shenbao"},
               "the default grammars are not installed; name a folder with --grammars");
    array_release(&all);
    return grammar;
}

void arguments_add(struct arguments *arguments, const char *argument, const struct argp_state *state)
{
    if (arguments->paths.count == arguments->most)
        argp_error(state, "one argument too many: '%s'", argument);
    *array_push(&arguments->paths) = argument;
}

void arguments_check(const struct arguments *arguments, const struct argp_state *state)
{
    size_t readers = 0;
    if (arguments->paths.count < arguments->least)
        argp_error(state, "%s", arguments->missing);
    for (size_t i = 0; i < arguments->paths.count; i++)
        readers += strcmp(arguments->paths.items[i], "-") == 0;
    if (readers > 1)
        argp_error(state, "standard input ('-') can be read only once");
}
