/* Source lines for people: as a terminal shows them, with a mark below a place. */
#ifndef SHENBAO_CARET_H
#define SHENBAO_CARET_H

#include "buffer.h"

/* Adds text without what could rewrite a terminal: control and direction characters
 * become U+FFFD, tabs blanks. */
void shown_add(struct buffer *out, const char *text, size_t length);

/* Columns that shown_add() fills. */
unsigned shown_width(const char *text, size_t length);

/* Characters of a line: `count` of them from the 1-based `column`. */
struct mark {
    unsigned column, count;
};

/* Adds `text` up to its line end, and below it ^~~~ under the first mark (^ alone under one
 * character) and ~~~~ under the others. What does not fit a terminal is left out on both
 * sides. `colour` stands before the marks and is reset behind them; NULL for none. Returns
 * of how many marks, counted from the first, all of the beginning is shown. */
size_t caret_add(struct buffer *out, const char *text, size_t length, const struct mark *marks, size_t count,
                 const char *colour);

#endif
