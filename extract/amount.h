/* Amounts of money, whose scope, source and stage come from label, column and block. */
#ifndef SHENBAO_AMOUNT_H
#define SHENBAO_AMOUNT_H

#include "walk.h"

enum {
    AXES = 3,
    AMOUNTS_MOST = 2000, /* of a declaration; more are kept as fields */
};

/* The section's `amount` word if the rule states one of its amounts, else NULL. */
const struct rule *amount_word(const struct walk *walk, const struct rule *rule);
/* The rule of the amount that a cell labels, or NULL. */
const struct rule *amount_rule(const struct walk *walk, const struct cell *cell);

/* Adds an amount; `other` fills what the name of `rule` leaves open, NULL for none. */
void amount_add(struct walk *walk, const struct rule *rule, const struct rule *other, const struct statement *statement, uint32_t row,
                unsigned column, const char *unit);

/* Two or more labels side by side, each leaving something open: columns. `table` is
 * the table that the row would head otherwise, or NULL. */
bool matrix_heading(struct walk *walk, uint32_t row, const struct rule *table);
/* A row under them; false if it is none. */
bool matrix_row(struct walk *walk, uint32_t row);
/* The same one cell a line; returns the row behind it, or `row`. */
uint32_t matrix_stream(struct walk *walk, uint32_t row, uint32_t to);

/* Settles what labels left open, units included, and drops what was stated before. */
void amounts_settle(struct build *build);

#endif
