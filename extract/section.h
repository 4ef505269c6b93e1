/* Which rows of a document are one declaration. */
#ifndef SHENBAO_SECTION_H
#define SHENBAO_SECTION_H

#include "build.h"

struct extents {
    struct extent *items;
    size_t count, room;
    uint32_t headline; /* row of the document's title, UINT32_MAX for none */
};

struct extents sections_find(const struct grid *grid); /* released with array_release() */

#endif
