/* Source lines for people: as a terminal shows them, with a mark below a place. */
#ifndef SHENBAO_CARET_H
#define SHENBAO_CARET_H

#include "buffer.h"

/* Adds text without what could rewrite a terminal: control and direction characters
 * become U+FFFD, tabs blanks. */
void shown_add(struct buffer *out, const char *text, size_t length);

/* Columns that shown_add() fills. */
unsigned shown_width(const char *text, size_t length);

/* Adds `text` up to its line end, and below it a mark under `count` characters (one
 * is ^, more are ^~~~) from the 1-based `column` in characters. What does not fit a
 * terminal is left out on both sides. `colour` stands before the mark and is reset
 * behind it; NULL for none. */
void caret_add(struct buffer *out, const char *text, size_t length, unsigned column, unsigned count, const char *colour);

#endif
