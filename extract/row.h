/* What a row is: a title, a year, the heading of a table; and its cells. */
#ifndef SHENBAO_ROW_H
#define SHENBAO_ROW_H

#include "grid.h"

enum { TABLE_COLUMNS_MOST = 40, TEXTS_MOST = 48 };

static inline const struct cell *row_cells(const struct grid *grid, const struct row *row) { return &grid->cells.items[row->first]; }

const struct cell *row_first(const struct grid *grid, const struct row *row); /* that is not blank, or NULL */
unsigned row_filled(const struct grid *grid, const struct row *row);          /* cells that are not blank */

/* The cell of the title that is all the row holds, years and units beside it set aside, or NULL. */
const struct cell *row_title_cell(const struct grid *grid, const struct row *row);
const struct rule *row_title(const struct grid *grid, const struct row *row);
/* Which part of a form a title names in its last bracket: a bit, 0 for none. */
unsigned title_part(const struct grid *grid, const struct row *row, const struct rule *title);
/* What a line of nothing but the year or the unit says, as grid_remark(). */
unsigned row_remark(const struct grid *grid, const struct row *row);

/* The table whose columns are headed here, or NULL; *rows is 1, or more where the
 * columns stand one a line or a second row parts them. `section` breaks ties, NULL for none. */
const struct rule *row_table(const struct grid *grid, uint32_t row, const struct rule *section, uint32_t *rows);
/* Whether a table has columns of terms: indicators with their levels. */
bool table_has_terms(const struct rule *table);

/* Lines of text without a label from a row on, itself included. */
unsigned row_texts_ahead(const struct grid *grid, uint32_t row);

/* The field that a label may be and `wanted` agrees to, or NULL. */
const struct rule *meaning_field(const struct grid *grid, const struct meaning *meaning, bool (*wanted)(const struct rule *));
bool rule_is_key(const struct rule *rule);    /* names the project */
bool rule_is_opener(const struct rule *rule); /* stands at the top of a form */
bool rule_is_closing(const struct rule *rule); /* … or at its end */

bool cell_is_label(const struct grid *grid, const struct cell *cell); /* of anything; false for NULL */
/* A line whose cells all stand two blanks apart, or more. */
bool row_is_wide(const struct grid *grid, const struct row *row);
/* Whether two cells say the same: a merged cell printed in each of its places. */
bool cells_read_alike(const struct grid *grid, const struct cell *a, const struct cell *b);
/* A line's cell parted at its blanks, where a table has no other separator; `is_wide`: the
 * columns stand two blanks apart, and one stands inside of them, too. */
size_t cell_pieces(const struct grid *grid, const struct cell *cell, bool is_wide, struct cell *pieces, size_t room);

#endif
