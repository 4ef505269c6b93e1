/* The door to PCRE2: alternations with marks, matched whole, with limits.
 *
 * Patterns are UTF-8, extended, plain parentheses only group, `(?<name>…)`
 * captures. They are matched on folded text (see text.h), so full-width signs in
 * a pattern are folded when it is compiled. */
#ifndef SHENBAO_PATTERN_H
#define SHENBAO_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

struct pattern;

struct alternative {
    const char *text; /* PCRE2, verbatim */
    unsigned id;      /* 1 and up */
};

struct pattern_error {
    size_t offset; /* in bytes of the text given */
    char message[160];
};

enum pattern_reach {
    PATTERN_WHOLE,  /* matches from the first to the last byte */
    PATTERN_PREFIX, /* matches from the first byte */
    PATTERN_SEARCH, /* matches anywhere, the leftmost */
};

/* Checks one pattern by itself. */
bool pattern_check(const char *text, struct pattern_error *error);

/* Whether a pattern that is right takes too much as a whole: the empty text, or any. */
enum pattern_width { PATTERN_NARROW, PATTERN_EMPTY, PATTERN_BOUNDLESS };
enum pattern_width pattern_width(const char *text);

/* One ordered alternation of many patterns; NULL if there are none. The texts
 * must have passed pattern_check() and live as long as the pattern. Released with
 * pattern_release().
 *
 * Nothing is compiled here. An alternation that is bound to the ends of the text
 * is asked by the first and the last character: only those alternatives that can
 * begin and end so are compiled, as a smaller ordered alternation, when the first
 * such text comes. What they match is what all of them would. */
struct pattern *pattern_build(const struct alternative *alternatives, size_t count, enum pattern_reach reach);
void pattern_release(struct pattern *pattern);

/* What stands first in a pattern. Texts are mostly told by their first character:
 * that is seen without a call. Full until the pattern has been asked. */
enum { SIEVE_BITS = 128 + 512 };
struct sieve {
    uint64_t bits[SIEVE_BITS / 64];
    bool is_leaky; /* some alternatives begin with anything, but need some text */
};

/* ASCII by itself, other characters mixed. */
static inline unsigned sieve_bit(uint32_t code) { return code < 128 ? code : 128 + (code * 0x9e3779b1u >> 23); }

static inline bool sieve_holds(const struct sieve *sieve, uint32_t code)
{
    unsigned bit = sieve_bit(code);
    return sieve->bits[bit / 64] >> bit % 64 & 1;
}

static inline bool pattern_is_sieved(const struct pattern *pattern, const char *text, size_t length)
{
    const struct sieve *sieve = (const struct sieve *)pattern;
    unsigned bytes;
    return !sieve || (length && !sieve->is_leaky && !sieve_holds(sieve, character_decode(text, &bytes)));
}

/* The id of the first alternative that matches, or 0. `from` and `to` of the
 * match are kept until the next call with this pattern. A limit that is hit is
 * no match, and counted. */
unsigned pattern_find(const struct pattern *pattern, const char *text, size_t length);
static inline unsigned pattern_match(const struct pattern *pattern, const char *text, size_t length)
{
    return pattern_is_sieved(pattern, text, length) ? 0 : pattern_find(pattern, text, length);
}
/* False if the text, or any text that begins with the character, surely does not
 * match: far cheaper than to match. */
bool pattern_may_match(const struct pattern *pattern, const char *text, size_t length);
bool pattern_finds_first(const struct pattern *pattern, uint32_t code);
static inline bool pattern_may_begin(const struct pattern *pattern, uint32_t code)
{
    const struct sieve *sieve = (const struct sieve *)pattern;
    return sieve && (sieve->is_leaky || sieve_holds(sieve, code)) && pattern_finds_first(pattern, code);
}
/* The same of a part of a document, by the character that its view begins with. */
static inline bool pattern_may_begin_at(const struct pattern *pattern, const struct document_text *document, struct span span)
{
    uint32_t code = text_first(document, span);
    return !code || pattern_may_begin(pattern, code);
}
size_t pattern_from(const struct pattern *pattern);
size_t pattern_to(const struct pattern *pattern);
/* A named group of the last match; false if it took no part. */
bool pattern_group(const struct pattern *pattern, const char *name, size_t *from, size_t *to);

extern size_t pattern_limits_hit;

const char *pattern_library_version(void);

#endif
