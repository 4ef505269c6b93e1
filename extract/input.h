/* Inputs that people name on a command line. */
#ifndef SHENBAO_INPUT_H
#define SHENBAO_INPUT_H

#include "read/source.h"

/* What the trouble is in one word, for programs: unreadable, directory … */
extern const char *const source_trouble_names[];

/* … and for people, with what to do about it: written to `out`, which is returned. */
const char *input_message(char *out, size_t room, enum source_trouble trouble, int error);

/* Says on standard error what the trouble with `path` is. */
void input_report(const char *path, enum source_trouble trouble, int error);

/* The path for messages: "-" is standard input. */
const char *input_path(const char *path);

#endif
