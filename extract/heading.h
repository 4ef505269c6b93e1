/* The heading of a table: what stands above each of its columns, in one row or two. */
#ifndef SHENBAO_HEADING_H
#define SHENBAO_HEADING_H

#include "row.h"

struct head {
    const struct cell *cell;  /* blank where nothing is printed */
    const struct cell *below; /* what parts a cell that spans several columns, or NULL */
    unsigned from, to;        /* printed columns */
};

struct heading {
    struct head heads[TABLE_COLUMNS_MOST];
    size_t count;
    uint32_t rows; /* 2 where the row below parts cells of the first: 指标值 over 中期 and 年度 */
};

/* The heads of a row: with the row below where that parts its cells, or of the row alone. */
void heading_read(const struct grid *grid, uint32_t row, bool is_alone, struct heading *heading);

/* What a head may mean: the label below by itself, or both read as one (年度 below
 * 指标值); 0 for nothing. */
unsigned head_meaning(const struct grid *grid, const struct head *head);
/* The mark of a table that the cell reads like, or NULL. */
const struct rule *cell_mark(const struct grid *grid, const struct rule *table, const struct cell *cell);

#endif
