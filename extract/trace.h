/* How a document was read, for people who write grammars. */
#ifndef SHENBAO_TRACE_H
#define SHENBAO_TRACE_H

#include <stdio.h>

#include "grammar.h"
#include "read/source.h"

/* The grid the reader saw: a line a row, cells between bars. */
void trace_rows(const struct source *source, const struct grammar *grammar, FILE *out);

/* Row by row which rule took which cell, and why not. */
void trace(const struct source *source, const struct grammar *grammar, FILE *out);

#endif
