/* The commands of the program, and what they share. Each parses its own words
 * with argp, whose argv[0] is "shenbao NAME", and returns the exit status. */
#ifndef SHENBAO_COMMAND_H
#define SHENBAO_COMMAND_H

#include <argp.h>
#include <stdbool.h>

#include "../base/array.h"
#include "../grammar.h"
#include "../read/source.h"

enum { STATUS_FINE = 0, STATUS_FOUND = 1, STATUS_FAILED = 2 };

int command_extract(int argc, char **argv);
int command_check(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_view(int argc, char **argv);
int command_batch(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_rows(int argc, char **argv);
int command_query(int argc, char **argv);
int command_find(int argc, char **argv);
int command_export(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_grammar(int argc, char **argv);
int command_grammar_check(int argc, char **argv);
int command_grammar_list(int argc, char **argv);

/* How documents are read, and the arguments that are no options: a child parser
 * (--encoding, --grammars) that comes with a struct reading as its input. */
struct reading {
    enum encoding encoding; /* ENCODINGS for detection */
    array_of(const char *) grammars;
};
extern const struct argp reading_argp;  /* both options */
extern const struct argp grammars_argp; /* --grammars alone */
void reading_release(struct reading *reading);

/* The default grammars and behind them those that the user names; NULL after a message. */
struct grammar *command_grammars(const struct reading *reading);

/* Arguments, counted while they are parsed: call for ARGP_KEY_ARG and ARGP_KEY_END. */
struct arguments {
    array_of(const char *) paths;
    size_t least, most;
    const char *missing; /* what to say when there are fewer */
};
void arguments_add(struct arguments *arguments, const char *argument, const struct argp_state *state);
/* Too few, or standard input twice, is an error. */
void arguments_check(const struct arguments *arguments, const struct argp_state *state);

#endif
