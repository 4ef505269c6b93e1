/* Tables: which cell stands under which column, whatever was lost between.
 *
 * A row is aligned with its columns by least cost: what a cell looks like (a term
 * of the taxonomy, a number, a sign) against what its column wants, its printed
 * place, and every column skipped or blank dropped. Rows of separated cells are
 * aligned one by one; a stream of one cell a line is cut into rows by the same
 * costs. See docs/architecture.md. */
#ifndef SHENBAO_TABLE_H
#define SHENBAO_TABLE_H

#include "build.h"
#include "row.h"

enum column_kind { COLUMN_RULE, COLUMN_SECTION, COLUMN_BLANK, COLUMN_FIELD, COLUMN_UNKNOWN };

struct column {
    enum column_kind kind;
    const struct rule *rule;   /* of the table, or of a section's field */
    unsigned from, to;         /* printed columns */
    unsigned half;             /* 0, or 1 for the right half of two side by side */
    struct label_text label;
};

enum { ABSORBED_MOST = 12 };

struct table {
    const struct rule *rule;
    struct column columns[TABLE_COLUMNS_MOST];
    size_t count;
    bool has_halves;
    bool has_places;           /* cells have printed columns (no line or stream) */
    bool is_stream;            /* one cell a row, rows unmarked */
    const char *horizons[2];   /* what `sets` of the table is for each half */
    const char *unit;          /* of money in this table, NULL: declared */
    const struct rule *section;
};

/* One row's cells by column; SIZE_MAX for none. */
struct table_row {
    uint32_t row;
    struct cell *cells[TABLE_COLUMNS_MOST];
    struct cell *absorbed[ABSORBED_MOST]; /* further cells of its column of choices, last first */
    unsigned absorbed_count;
    struct cell *name_rest; /* the rest of a name that a page break cut, or NULL */
};

struct table_rows {
    struct table_row *items;
    size_t count, room;
};

/* Reads the heading rows [row, row + rows). */
void table_open(struct table *table, struct build *build, const struct rule *rule, uint32_t row, uint32_t rows);

/* Aligns cells (of one row, or of a whole stream) and appends rows. Cells that fit
 * nowhere are left out of all rows. */
void table_align(const struct table *table, struct build *build, struct cell **cells, size_t count, uint32_t row,
                 struct table_rows *rows);

/* Turns aligned rows into nodes of the table's block. */
struct carried {
    struct cell *cells[TABLE_COLUMNS_MOST];
};
void table_build(const struct table *table, struct build *build, const struct table_rows *rows, size_t from, size_t to,
                 struct carried *carried);

#endif
