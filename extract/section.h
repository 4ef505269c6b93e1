/* Sections: which rows are one declaration, and which label has which value. */
#ifndef SHENBAO_SECTION_H
#define SHENBAO_SECTION_H

#include "build.h"

struct extents {
    struct extent *items;
    size_t count, room;
    uint32_t headline;          /* row of the document's title, UINT32_MAX for none */
};

struct extents sections_find(const struct grid *grid);

/* Builds the declarations of one extent, one or (in a table of many projects)
 * several, calling `done` with each; the arena is reset by the caller in between. */
typedef void declaration_done(void *context, struct build *build);
void declaration_build(struct build *build, const struct extent *extent, declaration_done *done, void *context);

/* Whether a row heads the columns of a table; the table's rule, or NULL. */
const struct rule *row_table(const struct grid *grid, uint32_t row, const struct rule *section, uint32_t *rows);

bool row_is_year(const struct grid *grid, const struct row *row);

#endif
