/* A form run together on one line, taken apart again. */
#ifndef SHENBAO_RUNON_H
#define SHENBAO_RUNON_H

#include "grid.h"

/* If the line is a whole form without separators (it begins with a label or a
 * title and holds many, the project's name among them), adds it to the grid as
 * one cell a line and returns true. */
bool runon_read(struct grid *grid, struct span line);

#endif
