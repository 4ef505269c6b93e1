/* Which cell stands under which column, whatever was lost between.
 *
 * A row is aligned with its columns by least cost: what a cell looks like (a term
 * of the taxonomy, a number, a sign) against what its column wants, its printed
 * place, and every column skipped or blank dropped. Rows of separated cells are
 * aligned one by one; a stream of one cell a line is cut into rows by the same
 * costs. See docs/architecture.md. */
#ifndef SHENBAO_ALIGN_H
#define SHENBAO_ALIGN_H

#include "table.h"

/* What a cell looks like, whatever column it may stand in. */
struct looks {
    const struct meaning *meaning;
    bool is_sentence, is_blank, is_number, is_signed, is_time, is_long, is_marked, is_direction, is_measure, is_signword;
    unsigned characters;
    unsigned length;
    char text[64]; /* folded, where it is short */
};

struct looks looks_of(const struct build *build, const struct cell *cell);
/* 正向 and the like, which is no sign. */
bool cell_is_direction(const struct build *build, const struct cell *cell);

/* A word in a level's place that ends like its terms. */
bool ends_like_term(const struct rule *group, const struct looks *looks);
bool group_has_terms(const struct rule *rule);
bool column_is_level(const struct column *column);

static inline bool column_is_name(const struct column *column) { return column->kind == COLUMN_RULE && column->rule->word == WORD_NAME; }

/* Aligns cells (of one row, or of a whole stream) and appends rows. Cells that fit
 * nowhere are left out of all rows. */
void table_align(const struct table *table, struct build *build, struct cell **cells, size_t count, uint32_t row,
                 struct table_rows *rows);

#endif
