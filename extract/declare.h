/* A declaration from its rows: titles, fields and tables put together. */
#ifndef SHENBAO_DECLARE_H
#define SHENBAO_DECLARE_H

#include "build.h"

/* Builds the declarations of one extent, one or (in a table of many projects)
 * several, calling `done` with each; `done` may reset the build's arena. */
typedef void declaration_done(void *context, struct build *build);
void declaration_build(struct build *build, const struct extent *extent, declaration_done *done, void *context);

#endif
