/* Inputs that people name on a command line. */
#ifndef SHENBAO_INPUT_H
#define SHENBAO_INPUT_H

#include "read/source.h"

/* Says what the trouble with `path` is and what to do about it. */
void input_report(const char *path, enum source_trouble trouble, int error);

/* The path for messages: "-" is standard input. */
const char *input_path(const char *path);

#endif
