/* What is left over: every visible character is label, value or residue. */
#ifndef SHENBAO_RESIDUE_H
#define SHENBAO_RESIDUE_H

#include "build.h"

struct coverage {
    size_t read, left; /* characters that are label or value, and that are residue */
};

/* Sorts the claims and appends a <text> to `residue` for each piece of the rows
 * [from, to) that nothing claims. Ordinals and the punctuation between a label
 * and its value count on neither side. */
struct coverage residue_collect(struct build *build, uint32_t from, uint32_t to, struct node *residue);

#endif
