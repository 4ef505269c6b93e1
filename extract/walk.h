/* Which label has which value: a walk over the rows of a declaration. */
#ifndef SHENBAO_WALK_H
#define SHENBAO_WALK_H

#include "build.h"

enum { PENDING_MOST = 48, MATRIX_MOST = 24, ROWS_BELOW_MOST = 8 };

/* A label that waits for its value. */
struct pending {
    const struct rule *rule;
    struct label_text label;
    unsigned column, width;
    bool is_done;
    bool is_blanked; /* an explicit blank cell stood beside it */
    uint32_t row;
};

struct matrix_column {
    const struct rule *rule;
    struct label_text label;
    unsigned column, width;
};

struct walk {
    struct build *build;
    const struct grid *grid;
    const struct rule *section; /* of the last heading */
    struct label_text heading;  /* the last heading without text of its own, and its row */
    uint32_t heading_row;
    bool is_heading_open;
    struct pending pending[PENDING_MOST];
    size_t pending_count;
    struct matrix_column matrix[MATRIX_MOST]; /* columns of money that rows below fill */
    size_t matrix_count;
    unsigned matrix_rows; /* read under them so far */
    unsigned matrix_label; /* the column of the label of the first of these */
    uint32_t matrix_from; /* the first row behind their heading */
    const char *block_unit;     /* of the money block, from its heading */
    unsigned block;             /* money blocks seen so far */
    struct node *prose;         /* takes further lines of text */
    struct node *grown;         /* has taken some since its value was made, or NULL */
};

/* Reads a row of labels and values; `to` bounds what it may look ahead to. */
void walk_row(struct walk *walk, uint32_t row, uint32_t to);
/* A group of boxes one a line behind its label; returns the row behind it, or `row`. */
uint32_t walk_choice(struct walk *walk, uint32_t row, uint32_t to);
/* Labels left without a value become empty fields. */
void walk_flush(struct walk *walk);

/* Gives a label its value (no spans: it is blank). */
void walk_emit(struct walk *walk, struct pending *pending, const struct span *spans, size_t count, uint32_t row, unsigned column,
               bool is_cell, const char *by);
/* A labelled value that no rule knows. */
void walk_unknown(struct walk *walk, struct span label, const struct span *value, size_t count);
/* A section begins: its heading, with the unit it may name. */
void walk_heading(struct walk *walk, const struct rule *section, const struct label_text *label, uint32_t row);
/* The unit in a label of money is stated for the whole form. */
void walk_unit(struct walk *walk, const struct label_text *label);
/* The unit that stands in brackets by itself or in a title is declared. */
void walk_declare(struct walk *walk, const struct label_text *label);
/* What a line of nothing but the year and the unit says. */
void walk_remark(struct walk *walk, const struct cell *cell);
/* The year in a title, or in brackets by itself. */
void walk_year(struct walk *walk, const struct cell *cell);
/* A heading's unit may stand in a cell below it. */
void walk_unit_below(const struct walk *walk, const struct cell *cell, uint32_t row, struct label_text *label);

/* The field a label means here: of the section at hand, else the first. */
const struct rule *walk_field(const struct walk *walk, const struct meaning *meaning);
struct label_text walk_label(struct build *build, const struct cell *cell);
bool walk_looks_like_label(const struct walk *walk, const struct cell *cell);
const struct rule *rule_section(const struct rule *rule);

#endif
