/* The types of values, each read in a file of its own: what these share with value.c. */
#ifndef SHENBAO_VALUE_TYPES_H
#define SHENBAO_VALUE_TYPES_H

#include "build.h"

/* ---- value.c ---- */

void statement_view(const struct build *build, const struct statement *statement, struct view *view);

/* The piece view[from, to) of a statement as a statement of its own. */
struct statement statement_part(struct build *build, const struct statement *whole, const struct view *view,
                                size_t from, size_t to);

/* Whether two texts say the same, width and white space set aside. */
bool value_same_loosely(struct build *build, const char *a, const char *b);

/* ---- value_money.c ---- */

/* A decimal moved by powers of ten, with at least `places` behind the point. */
const char *value_decimal(struct arena *arena, const char *text, size_t length, unsigned zeros, unsigned places);

/* ---- one a type: they add what a statement says to `parent`; false if they cannot read it ---- */

bool value_add_quantity(struct build *build, struct node *parent, const struct statement *statement,
                        const struct view *view);
bool value_add_period(struct build *build, struct node *parent, const struct statement *statement,
                      const struct view *view);
bool value_add_choice(struct build *build, struct node *parent, const struct statement *statement);
bool value_add_boolean(struct build *build, struct node *parent, const struct statement *statement, bool is_single);

#endif
