/* Exact decimals: whole numbers of 10^-places. What does not fit is no number:
 * every operation says so, and a check that meets it is refused. */
#ifndef SHENBAO_DECIMAL_H
#define SHENBAO_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

struct decimal {
    __int128 units;  /* value = units / 10^places */
    unsigned places; /* at most DECIMAL_PLACES_MOST */
};

enum { DECIMAL_PLACES_MOST = 9, DECIMAL_DIGITS_MOST = 27 };

/* Reads a plain decimal as values are written ("2820000.00", "-3", thousands
 * separators allowed), all of `length` bytes. */
bool decimal_read(struct decimal *out, const char *text, size_t length);

/* False when the result does not fit. */
bool decimal_add(struct decimal *out, struct decimal a, struct decimal b);
bool decimal_subtract(struct decimal *out, struct decimal a, struct decimal b);
bool decimal_multiply(struct decimal *out, struct decimal a, struct decimal b);
bool decimal_shift(struct decimal *out, struct decimal a, int zeros); /* times 10^zeros, exactly */

int decimal_compare(struct decimal a, struct decimal b); /* -1, 0, 1 */
bool decimal_is_zero(struct decimal a);
struct decimal decimal_absolute(struct decimal a);

/* Whether |a - b| <= (terms + 1) × half a unit of the last printed place. `step` is one
 * unit of that place, in the unit of a and b (a sum printed in 万元 with two places: 100 元). */
bool decimal_is_near(struct decimal a, struct decimal b, struct decimal step, size_t terms);

/* Plain decimal without needless zeros: "9", "9.5". */
const char *decimal_text(struct arena *arena, struct decimal a);

#endif
