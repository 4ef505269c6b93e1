/* Labels printed downwards, a character or two in the same column of each row: made one. */
#ifndef SHENBAO_STACKED_H
#define SHENBAO_STACKED_H

#include "grid.h"

/* Once all rows are read. */
void grid_unstack(struct grid *grid);

#endif
