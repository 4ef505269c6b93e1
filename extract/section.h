/* Which rows of a document are one declaration. */
#ifndef SHENBAO_SECTION_H
#define SHENBAO_SECTION_H

#include "build.h"

struct extents {
    struct extent *items;
    size_t count, room;
    uint32_t headline; /* row of the document's title, UINT32_MAX for none */
    uint32_t unknown_title; /* where no declaration is found: the row that may be the title of one, or UINT32_MAX */
};

struct extents sections_find(const struct grid *grid); /* released with array_release() */

#endif
