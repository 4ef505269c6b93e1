/* Tables: their columns, read from a heading. */
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

/* A field of the table's rule and its column in each half, NULL where it has none. */
struct table_field {
    const struct rule *rule;
    const struct column *columns[2];
};

struct table {
    const struct rule *rule;
    struct column columns[TABLE_COLUMNS_MOST];
    size_t count;
    struct table_field fields[TABLE_COLUMNS_MOST]; /* in the order of the grammar */
    size_t field_count;
    bool has_halves;
    bool has_name;             /* rows are about a name (and a target) */
    bool has_places;           /* cells have printed columns (no line or stream) */
    bool is_stream;            /* one cell a row, rows unmarked */
    const char *horizons[2];   /* what `sets` of the table is for each half */
    const char *unit;          /* of money in this table, NULL: declared */
};

/* One row by column; NULL for none. */
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
/* Without a heading: levels, name and target, for what stands in lines of prose. */
void table_begin(struct table *table, const struct rule *rule);

#endif
