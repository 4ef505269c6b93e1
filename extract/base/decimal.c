#include "decimal.h"

#include <stdint.h>
#include <string.h>

/* Every number keeps below 10^27, so that bringing two to the same places, at most
 * 10^9 more, and doubling or adding them stays far inside of 128 bits. */
static const __int128 limit = (__int128)1000000000000000000 * 1000000000;

static bool scale(__int128 *units, unsigned zeros)
{
    for (; zeros; zeros--)
        if (__builtin_mul_overflow(*units, 10, units))
            return false;
    return true;
}

/* Gives up needless zeros until it fits. */
static bool settle(struct decimal *out, __int128 units, unsigned places)
{
    while (places && (places > DECIMAL_PLACES_MOST || units >= limit || units <= -limit)) {
        if (units % 10)
            return false;
        units /= 10;
        places--;
    }
    if (units >= limit || units <= -limit)
        return false;
    *out = (struct decimal){units, places};
    return true;
}

/* The common case: no more digits than 64 bits take, no separators. */
static bool read_short(struct decimal *out, const char *text, size_t length)
{
    uint64_t units = 0;
    size_t point = length;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = (unsigned char)text[i] - (unsigned)'0';
        if (digit < 10)
            units = units * 10 + digit;
        else if (text[i] == '.' && point == length)
            point = i;
        else
            return false;
    }
    unsigned places = point < length ? (unsigned)(length - point - 1) : 0;
    if (length < 1 + (point < length) || places > DECIMAL_PLACES_MOST)
        return false;
    *out = (struct decimal){(__int128)units, places};
    return true;
}

bool decimal_read(struct decimal *out, const char *text, size_t length)
{
    if (length <= 18 && read_short(out, text, length))
        return true;
    const char *end = text + length;
    bool is_negative = text < end && *text == '-';
    text += text < end && (*text == '-' || *text == '+');
    __int128 units = 0;
    unsigned places = 0, zeros = 0; /* zeros: behind the point, nothing but zeros after them yet */
    bool has_point = false, has_digit = false;
    for (; text < end; text++) {
        char c = *text;
        if (c == '.' && !has_point) {
            has_point = true;
            continue;
        }
        if (c == ',' && has_digit && !has_point && end - text > 1 && text[1] >= '0' && text[1] <= '9')
            continue;
        if (c < '0' || c > '9')
            return false;
        has_digit = true;
        if (has_point && c == '0') {
            zeros += zeros <= DECIMAL_PLACES_MOST;
            continue;
        }
        if (places + zeros + has_point > DECIMAL_PLACES_MOST || !scale(&units, zeros + 1))
            return false;
        units += c - '0';
        places += zeros + has_point;
        zeros = 0;
        if (units >= limit)
            return false;
    }
    if (!has_digit)
        return false;
    for (; zeros && places < DECIMAL_PLACES_MOST && units < limit / 10; zeros--, places++)
        units *= 10;
    *out = (struct decimal){is_negative ? -units : units, places};
    return true;
}

/* The units of both, of the same places. */
static unsigned align(__int128 *a_units, __int128 *b_units, struct decimal a, struct decimal b)
{
    unsigned places = a.places > b.places ? a.places : b.places;
    *a_units = a.units;
    *b_units = b.units;
    scale(a_units, places - a.places);
    scale(b_units, places - b.places);
    return places;
}

bool decimal_add(struct decimal *out, struct decimal a, struct decimal b)
{
    __int128 a_units, b_units;
    unsigned places = align(&a_units, &b_units, a, b);
    return settle(out, a_units + b_units, places);
}

bool decimal_subtract(struct decimal *out, struct decimal a, struct decimal b)
{
    b.units = -b.units;
    return decimal_add(out, a, b);
}

static struct decimal shortest(struct decimal a)
{
    while (a.places && a.units % 10 == 0) {
        a.units /= 10;
        a.places--;
    }
    return a;
}

bool decimal_multiply(struct decimal *out, struct decimal a, struct decimal b)
{
    __int128 units;
    if (__builtin_mul_overflow(a.units, b.units, &units)) {
        a = shortest(a);
        b = shortest(b);
        if (__builtin_mul_overflow(a.units, b.units, &units))
            return false;
    }
    return settle(out, units, a.places + b.places);
}

bool decimal_shift(struct decimal *out, struct decimal a, int zeros)
{
    if (a.units == 0) {
        *out = (struct decimal){0, 0};
        return true;
    }
    if (zeros < -2 * DECIMAL_DIGITS_MOST || zeros > 2 * DECIMAL_DIGITS_MOST)
        return false;
    if (zeros < 0)
        return settle(out, a.units, a.places + (unsigned)-zeros);
    while (zeros && a.places) {
        a.places--;
        zeros--;
    }
    return scale(&a.units, (unsigned)zeros) && settle(out, a.units, a.places);
}

int decimal_compare(struct decimal a, struct decimal b)
{
    __int128 a_units, b_units;
    align(&a_units, &b_units, a, b);
    return (a_units > b_units) - (a_units < b_units);
}

bool decimal_is_zero(struct decimal a) { return a.units == 0; }

struct decimal decimal_absolute(struct decimal a)
{
    if (a.units < 0)
        a.units = -a.units;
    return a;
}

bool decimal_is_near(struct decimal a, struct decimal b, struct decimal step, size_t terms)
{
    __int128 a_units, b_units, off, allowed;
    unsigned places = align(&a_units, &b_units, a, b);
    struct decimal difference = decimal_absolute((struct decimal){a_units - b_units, places});
    align(&off, &allowed, difference, step);
    return __builtin_mul_overflow(allowed, (__int128)terms + 1, &allowed) || 2 * off <= allowed;
}

const char *decimal_text(struct arena *arena, struct decimal a)
{
    a = shortest(a);
    char text[DECIMAL_DIGITS_MOST + 16], *at = text + sizeof text;
    bool is_negative = a.units < 0;
    __int128 rest = is_negative ? -a.units : a.units;
    for (unsigned digits = 0; rest || digits <= a.places; digits++, rest /= 10) {
        if (digits && digits == a.places)
            *--at = '.';
        *--at = (char)('0' + (int)(rest % 10));
    }
    if (is_negative)
        *--at = '-';
    return arena_copy(arena, at, (size_t)(text + sizeof text - at));
}
