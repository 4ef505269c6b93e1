/* The checks within one form. */
#ifndef SHENBAO_CHECK_H
#define SHENBAO_CHECK_H

#include "finding.h"

struct grammar;
struct checking;

/* One rule. Those across forms have no function here; years.c runs them. */
struct check_row {
    const char *name; /* funding-sum */
    enum severity severity;
    const char *zh, *en; /* title, a few words */
    void (*run)(struct checking *checking);
};
extern const struct check_row checks[CHECKS];

/* The check of that name, or CHECKS. */
enum check check_named(const char *name, size_t length);

/* Runs every check within one form, adding to `findings`; what reading found
 * (<findings> of the declaration) is taken over. `grammar` has the check lines. */
void check_form(const struct grammar *grammar, const struct form *form, struct findings *findings);

#endif
