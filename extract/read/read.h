/* Readers: from the text of a document to rows of cells.
 *
 * After this nobody knows whether a row was a line with tabs or bars, lines of
 * one cell each, or <tr>. */
#ifndef SHENBAO_READ_H
#define SHENBAO_READ_H

#include "../grid.h"
#include "source.h"

/* Reads the whole document into the grid, whose `document` is set. `is_page`:
 * a page of HTML, in which line ends are but white space. */
void read_document(struct grid *grid, bool is_page);

/* html.c: a table (or loose rows) from text[at] == '<' on; returns its end. */
uint32_t read_table(struct grid *grid, uint32_t at, uint32_t to);
/* html.c: a page's blocks and tables. */
void read_page(struct grid *grid, uint32_t at, uint32_t to);
/* text.c: lines, some of which may hold separated cells or open a table. */
void read_lines(struct grid *grid, uint32_t at, uint32_t to);
/* unseen.c: adds what is seen nowhere to the holes: signs of no width, and in text
 * the emphasis of Markdown. */
void unseen_find(struct grid *grid, bool is_page);
/* html.c: whether the tag opens (rows of) a table. */
bool tag_is_table(const struct tag *tag);
/* html.c: whether the document is a page rather than text with some tags in it. */
bool source_is_page(const struct source *source);

#endif
