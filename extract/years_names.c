/* Names of projects and indicators: how close two keys are, and whether what differs
 * tells siblings apart. */
#include <stdlib.h>
#include <string.h>

#include "comparing.h"
#include "pattern.h"
#include "text.h"

enum { BIGRAMS_MOST = 400, MIDDLE_MOST = 64 };

/* ---- similarity ---- */

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

size_t key_bigrams(const char *key, uint64_t *bigrams, size_t most)
{
    size_t count = 0;
    uint32_t last = 0;
    while (*key && count < most) {
        unsigned length;
        uint32_t code = character_decode(key, &length);
        if (last)
            bigrams[count++] = (uint64_t)last << 32 | code;
        last = code;
        key += length;
    }
    return count;
}

static size_t sorted_bigrams(const char *key, uint64_t *bigrams)
{
    size_t count = key_bigrams(key, bigrams, BIGRAMS_MOST);
    qsort(bigrams, count, sizeof *bigrams, by_number);
    return count;
}

double key_similarity(const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return 1;
    uint64_t first[BIGRAMS_MOST], second[BIGRAMS_MOST];
    size_t n = sorted_bigrams(a, first), m = sorted_bigrams(b, second), shared = 0;
    for (size_t i = 0, k = 0; i < n && k < m;) {
        if (first[i] == second[k])
            shared++, i++, k++;
        else if (first[i] < second[k])
            i++;
        else
            k++;
    }
    return n + m ? 2.0 * (double)shared / (double)(n + m) : 0;
}

/* Digits, letters, and the characters that number or tell apart siblings, in their order. */
static bool tells_apart(uint32_t code)
{
    static const char apart[] = "一二三四五六七八九十甲乙丙丁东西南北上下左右前后内外新旧老大小首末";
    char bytes[5];
    if (code < 0x80)
        return true;
    bytes[character_encode(code, bytes)] = 0;
    return strstr(apart, bytes);
}

static const char *next_apart(const char *at, uint32_t *code)
{
    for (unsigned length; *at; at += length) {
        *code = character_decode(at, &length);
        if (tells_apart(*code))
            return at + length;
    }
    *code = 0;
    return at;
}

bool key_numbers_agree(const char *a, const char *b)
{
    uint32_t x, y;
    do {
        a = next_apart(a, &x);
        b = next_apart(b, &y);
    } while (x == y && x);
    return x == y;
}

bool key_numbers_contained(const char *a, const char *b)
{
    for (unsigned i = 0; i < 2; i++) {
        const char *more = i ? a : b, *less = i ? b : a;
        uint32_t x, y;
        less = next_apart(less, &x);
        while (x && *more) {
            more = next_apart(more, &y);
            if (x == y)
                less = next_apart(less, &x);
        }
        if (!x)
            return true;
    }
    return false;
}

/* ---- what differs ---- */

/* The length of a key without the words behind it that every other project has as well. */
static size_t core_length(const struct grammar *grammar, const char *key)
{
    size_t length = strlen(key);
    return length && grammar_value(grammar, VALUE_FILLER, key, length) &&
                   pattern_from(grammar->values[VALUE_FILLER])
               ? pattern_from(grammar->values[VALUE_FILLER])
               : length;
}

/* The characters of a part of a key; false where there are too many. */
static bool characters_of(const char *from, const char *to, uint32_t *codes, size_t *count)
{
    *count = 0;
    while (from < to) {
        unsigned length;
        if (*count == MIDDLE_MOST)
            return false;
        codes[(*count)++] = character_decode(from, &length);
        from += length;
    }
    return true;
}

/* What stands between two characters that both keys share, in either. */
struct gap {
    char bytes[2][4 * MIDDLE_MOST + 1];
    size_t length[2];
};

static enum kinship gap_kinship(const struct grammar *grammar, struct gap *gap)
{
    bool is_plain = true; /* digits and letters say that it is another */
    for (size_t i = 0; i < 2; i++) {
        gap->bytes[i][gap->length[i]] = 0;
        for (const char *at = gap->bytes[i]; *at; at++)
            is_plain &= (unsigned char)*at < 0x80;
    }
    enum kinship kinship = KINSHIP_SAME;
    if (gap->length[0] && gap->length[1])
        kinship = is_plain ? KINSHIP_OTHER : KINSHIP_TWIN;
    for (size_t i = 0; i < 2 && kinship == KINSHIP_SAME; i++)
        if (grammar_value(grammar, VALUE_TELLING, gap->bytes[i], gap->length[i]))
            kinship = KINSHIP_TWIN;
    gap->length[0] = gap->length[1] = 0;
    return kinship;
}

/* Walks along the longest run of characters that both share, in their order. */
static enum kinship middle_kinship(const struct grammar *grammar, const uint32_t *a, size_t n,
                                   const uint32_t *b, size_t m)
{
    uint8_t shared[MIDDLE_MOST + 1][MIDDLE_MOST + 1];
    for (size_t i = n + 1; i-- > 0;)
        for (size_t k = m + 1; k-- > 0;) {
            uint8_t down = i < n ? shared[i + 1][k] : 0, right = k < m ? shared[i][k + 1] : 0;
            shared[i][k] = i < n && k < m && a[i] == b[k] ? shared[i + 1][k + 1] + 1
                           : down > right                 ? down
                                                          : right;
        }
    enum kinship worst = KINSHIP_SAME;
    struct gap gap = {.length = {0, 0}};
    for (size_t i = 0, k = 0; i <= n && k <= m;) {
        if ((i == n && k == m) || (i < n && k < m && a[i] == b[k])) {
            enum kinship kinship = gap_kinship(grammar, &gap);
            worst = kinship > worst ? kinship : worst;
            i++, k++;
        } else if (k == m || (i < n && shared[i + 1][k] >= shared[i][k + 1])) {
            gap.length[0] += character_encode(a[i++], gap.bytes[0] + gap.length[0]);
        } else {
            gap.length[1] += character_encode(b[k++], gap.bytes[1] + gap.length[1]);
        }
    }
    return worst;
}

enum kinship key_kinship(const struct grammar *grammar, const char *a, const char *b)
{
    const char *to_a = a + core_length(grammar, a), *to_b = b + core_length(grammar, b);
    while (a < to_a && b < to_b && *a == *b)
        a++, b++;
    while (a < to_a && b < to_b && to_a[-1] == to_b[-1])
        to_a--, to_b--;
    /* on the edges of characters */
    while ((*a & 0xC0) == 0x80)
        a--, b--;
    while (((unsigned char)*to_a & 0xC0) == 0x80 || ((unsigned char)*to_b & 0xC0) == 0x80)
        to_a++, to_b++;
    uint32_t first[MIDDLE_MOST], second[MIDDLE_MOST];
    size_t n, m;
    if (!characters_of(a, to_a, first, &n) || !characters_of(b, to_b, second, &m))
        return KINSHIP_TWIN; /* too much to look through */
    return middle_kinship(grammar, first, n, second, m);
}
