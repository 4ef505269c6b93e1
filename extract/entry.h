/* Entries: the rows of a table as nodes. */
#ifndef SHENBAO_ENTRY_H
#define SHENBAO_ENTRY_H

#include "table.h"

/* The cells above that span the blank ones below, by column. */
struct carried {
    struct cell *cells[TABLE_COLUMNS_MOST];
    uint32_t rows[TABLE_COLUMNS_MOST];     /* where they stand */
    const char *texts[TABLE_COLUMNS_MOST]; /* as they read, NULL until asked for */
};

/* Turns the aligned rows [from, to) into nodes of the table's block. */
void entries_build(const struct table *table, struct build *build, const struct table_rows *rows, size_t from, size_t to,
                   struct carried *carried);

/* Whether a lower level's term may stand under a higher one's, which is called `above`. */
bool term_fits(const struct rule *term, const char *above);

#endif
