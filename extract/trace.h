/* How a document was read, for people who write grammars. */
#ifndef SHENBAO_TRACE_H
#define SHENBAO_TRACE_H

#include <stdio.h>

#include "grammar.h"
#include "read/source.h"

/* The grid the reader saw: a line a row with its number, its line in the source,
 * its kind and its cells between bars; known labels in ‹›, a cell that is spanned
 * by another as ". Nothing for a document without rows. */
void trace_rows(const struct source *source, const struct grammar *grammar, FILE *out);

/* Row by row what became of each cell: which rule took it, on what evidence a
 * repaired value stands, and for text that no rule took the rule that comes
 * nearest and the line to add. Nothing for a document without rows. */
void trace(const struct source *source, const struct grammar *grammar, FILE *out);

#endif
