/* Commands and exit status; nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/report.h"
#include "command/command.h"

struct command {
    const char *name; /* one or two words */
    int (*run)(int argc, char **argv);
    const char *arguments, *summary; /* for the list of commands; NULL: not in it */
};

static int command_help(int argc, char **argv);

static const struct command commands[] = {
    {"extract", command_extract, "FILE...", "write the declarations of documents"},
    {"check", command_check, "FILE...", "look for inconsistencies within each declaration"},
    {"compare", command_compare, "FILE...", "look for inconsistencies from year to year"},
    {"explain", command_explain, "[RULE]", "explain a rule of check and compare"},
    {"view", command_view, "FILE...", "make a page to review documents on"},
    {"query", command_query, "ARCHIVE SQL", "answer a question from an archive"},
    {"find", command_find, "ARCHIVE WORD...", "find declarations by words"},
    {"export", command_export, "ARCHIVE", "write what an archive holds as files"},
    {"merge", command_merge, "OUT IN...", "make one archive of several"},
    {"batch", command_batch, "PATH...", "read folders of documents into an archive"},
    {"trace", command_trace, "FILE", "show which rule took which cell"},
    {"rows", command_rows, "FILE", "show the rows and cells that were recognized"},
    {"grammar check", command_grammar_check, "[PATH]", "look for mistakes in grammars"},
    {"grammar list", command_grammar_list, "", "list the rules"},
    {"grammar", command_grammar, NULL, NULL},
    {"help", command_help, "[COMMAND]", "explain a command"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static const char program_doc[] =
    "Extract the facts of project expenditure performance declarations (项目支出绩效目标申报表) "
    "as XML, JSON or CSV, each with its place in the source.\v";

/* Behind the options of the program: its commands. */
static char *list_commands(int key, const char *text, void *input)
{
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC)
        return (char *)text;
    char *list = NULL;
    size_t size;
    FILE *out = open_memstream(&list, &size);
    if (!out)
        return (char *)text;
    fputs("Commands:\n", out);
    for (size_t i = 0; i < COMMANDS; i++)
        if (commands[i].summary)
            fprintf(out, "  %s %-*s %s\n", commands[i].name, 22 - (int)strlen(commands[i].name), commands[i].arguments,
                    commands[i].summary);
    return fclose(out) == 0 ? list : (char *)text;
}

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
                                         NULL, list_commands, NULL};

/* The command that the words begin with, and of how many words its name is. */
static const struct command *find_command(char **words, int count, int *used)
{
    for (size_t i = 0; i < COMMANDS; i++) {
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
    return command->run(count - used + 1, words + used - 1);
}

struct words {
    char **items;
    size_t count, room;
};

static error_t parse_help(int key, char *argument, struct argp_state *state)
{
    struct words *words = state->input;
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    if (words->count == 2)
        argp_error(state, "one argument too many: '%s'", argument);
    *array_push(words) = argument;
    return 0;
}

static int command_help(int argc, char **argv)
{
    static const struct argp argp = {NULL, parse_help, "[COMMAND]", "Explain a command.", NULL, NULL, NULL};
    struct words words = {0};
    int status = STATUS_FAILED;
    if (argp_parse(&argp, argc, argv, 0, NULL, &words) != 0) {
        /* said already */
    } else if (words.count) {
        char help[] = "--help";
        *array_push(&words) = help;
        status = run_command(words.items, (int)words.count);
    } else {
        argp_help(&program_argp, stdout, ARGP_HELP_STD_HELP & ~(ARGP_HELP_EXIT_ERR | ARGP_HELP_EXIT_OK), (char *)"shenbao");
        status = STATUS_FINE;
    }
    array_release(&words);
    return status;
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
