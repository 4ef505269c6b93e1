#include "command.h"

struct options {
    struct reading reading;
    bool takes_paths;
};

static const struct argp_child grammars_child[] = {{&grammars_argp, 0, NULL, 0}, {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        if (!options->takes_paths)
            state->child_inputs[0] = &options->reading;
        return 0;
    case ARGP_KEY_ARG:
        if (!options->takes_paths)
            argp_error(state, "one argument too many: '%s'", argument);
        *array_push(&options->reading.grammars) = argument;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run(const struct argp *argp, int argc, char **argv, bool takes_paths, void (*print)(const struct grammar *))
{
    struct options options = {.takes_paths = takes_paths};
    struct grammar *grammar = NULL;
    if (argp_parse(argp, argc, argv, 0, NULL, &options) == 0)
        grammar = command_grammars(&options.reading);
    if (grammar)
        print(grammar);
    int status = grammar ? STATUS_FINE : STATUS_FAILED;
    if (grammar)
        grammar_release(grammar);
    reading_release(&options.reading);
    return status;
}

static void print_verdict(const struct grammar *grammar)
{
    (void)grammar;
    puts("no mistakes");
}

static void print_list(const struct grammar *grammar) { grammar_list(grammar, stdout); }

int command_grammar_check(int argc, char **argv)
{
    static const struct argp argp = {
        NULL, parse, "[PATH...]",
        "Check the default grammars together with those in each PATH, a folder or a file.", NULL, NULL, NULL};
    return run(&argp, argc, argv, true, print_verdict);
}

int command_grammar_list(int argc, char **argv)
{
    static const struct argp argp = {
        NULL, parse, NULL, "List the rules of the grammars, one a line.",
        grammars_child, NULL, NULL};
    return run(&argp, argc, argv, false, print_list);
}

static error_t parse_which(int key, char *argument, struct argp_state *state)
{
    (void)argument;
    if (key != ARGP_KEY_ARG && key != ARGP_KEY_NO_ARGS)
        return ARGP_ERR_UNKNOWN;
    argp_error(state, "say 'grammar check' or 'grammar list'");
    return 0;
}

int command_grammar(int argc, char **argv)
{
    static const struct argp argp = {
        NULL, parse_which, "check|list [...]",
        "Check or list the grammars; see 'shenbao help grammar check'.", NULL, NULL, NULL};
    argp_parse(&argp, argc, argv, 0, NULL, NULL);
    return STATUS_FAILED;
}
