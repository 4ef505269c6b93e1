#include "decode.h"

#include <errno.h>
#include <iconv.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <uchardet.h>

enum {
    SURVEY_MOST = 1 << 20,
    GUESS_MOST = 1 << 16,
    INVALID_MOST = 1 << 24,
};

/* ---- tables ---- */

/* Tables of the double-byte encodings, filled from iconv when first needed. A
 * pair's code has the character in the low 21 bits and, for the few pairs of
 * Big5 that stand for two, the second above. 0 is none. */

enum {
    LEAD_FIRST = 0x81,
    TRAIL_FIRST = 0x40,
    BYTE_LAST = 0xfe,
    TRAILS = BYTE_LAST - TRAIL_FIRST + 1,
    PAIRS = (BYTE_LAST - LEAD_FIRST + 1) * TRAILS,
    QUADS = 39420, /* four-byte codes of the basic plane */
    QUAD_ASTRAL = 189000, /* the first of the others, U+10000 */
    HAN_FIRST = 0x4e00,
    HAN_END = 0xa000,
    SECOND_SHIFT = 21,
};

static uint32_t gb18030_pairs[PAIRS], big5_pairs[PAIRS];
static uint16_t gb18030_quads[QUADS];
static bool han_is_usual[HAN_END - HAN_FIRST]; /* the first level of either character set */
static bool tables_are_filled;
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static unsigned pair_index(unsigned lead, unsigned trail)
{
    return (lead - LEAD_FIRST) * TRAILS + (trail - TRAIL_FIRST);
}

static bool pairs_fill(uint32_t *pairs, const char *charset)
{
    iconv_t converter = iconv_open("WCHAR_T", charset);
    if (converter == (iconv_t)-1)
        return false;
    for (unsigned lead = LEAD_FIRST; lead <= BYTE_LAST; lead++)
        for (unsigned trail = TRAIL_FIRST; trail <= BYTE_LAST; trail++) {
            char pair[2] = {(char)lead, (char)trail}, *in = pair;
            wchar_t wide[4] = {0};
            char *out = (char *)wide;
            size_t in_left = 2, out_left = sizeof wide;
            iconv(converter, NULL, NULL, NULL, NULL);
            if (iconv(converter, &in, &in_left, &out, &out_left) == (size_t)-1)
                continue;
            iconv(converter, NULL, NULL, &out, &out_left);
            pairs[pair_index(lead, trail)] = (uint32_t)wide[0] | (uint32_t)wide[1] << SECOND_SHIFT;
        }
    iconv_close(converter);
    return true;
}

/* Where editions of the standards differ, read as most other decoders do, so that
 * the bytes read back to the same text there. */
static const struct {
    uint16_t pair, code;
} gb18030_settled[] = {
    {0xa6d9, 0xe78d}, {0xa6da, 0xe78e}, {0xa6db, 0xe78f}, {0xa6dc, 0xe790}, {0xa6dd, 0xe791},
    {0xa6de, 0xe792}, {0xa6df, 0xe793}, {0xa6ec, 0xe794}, {0xa6ed, 0xe795}, {0xa6f3, 0xe796},
    {0xa8bc, 0xe7c7}, {0xfe51, 0xe816}, {0xfe52, 0xe817}, {0xfe53, 0xe818}, {0xfe59, 0xe81e},
    {0xfe61, 0xe826}, {0xfe66, 0xe82b}, {0xfe67, 0xe82c}, {0xfe6c, 0xe831}, {0xfe6d, 0xe832},
    {0xfe76, 0xe83b}, {0xfe7e, 0xe843}, {0xfe90, 0xe854}, {0xfe91, 0xe855}, {0xfea0, 0xe864},
}, big5_settled[] = {
    {0xa15a, 0x2574}, {0xa1c3, 0xffe3}, {0xa1c5, 0x02cd}, {0xa1fe, 0xff0f},
    {0xa240, 0xff3c}, {0xa2cc, 0x5341}, {0xa2ce, 0x5345},
};

static void usual_add(const uint32_t *pairs, unsigned from, unsigned to, unsigned first_trail)
{
    for (unsigned lead = from >> 8; lead <= to >> 8; lead++)
        for (unsigned trail = first_trail; trail <= BYTE_LAST; trail++) {
            uint32_t code = pairs[pair_index(lead, trail)];
            if ((lead << 8 | trail) <= to && code >= HAN_FIRST && code < HAN_END)
                han_is_usual[code - HAN_FIRST] = true;
        }
}

static void tables_fill(void)
{
    tables_are_filled = pairs_fill(gb18030_pairs, "GB18030") && pairs_fill(big5_pairs, "BIG5-HKSCS");
    for (size_t i = 0; i < sizeof gb18030_settled / sizeof *gb18030_settled; i++)
        gb18030_pairs[pair_index(gb18030_settled[i].pair >> 8, gb18030_settled[i].pair & 0xff)] =
            gb18030_settled[i].code;
    for (size_t i = 0; i < sizeof big5_settled / sizeof *big5_settled; i++)
        big5_pairs[pair_index(big5_settled[i].pair >> 8, big5_settled[i].pair & 0xff)] = big5_settled[i].code;

    /* The four-byte codes are, in order, what the basic plane has besides the pairs. */
    static bool is_pair[0x10000];
    for (size_t i = 0; i < PAIRS; i++)
        if (gb18030_pairs[i] < 0x10000)
            is_pair[gb18030_pairs[i]] = true;
    size_t quad = 0;
    for (uint32_t code = 0x80; code < 0x10000 && quad < QUADS; code++)
        if (!is_pair[code] && (code < 0xd800 || code > 0xdfff))
            gb18030_quads[quad++] = (uint16_t)code;

    usual_add(gb18030_pairs, 0xb000, 0xd7f9, 0xa1);
    usual_add(big5_pairs, 0xa400, 0xc67e, 0x40);
}

/* ---- one character ---- */

/* One step of decoding, without state: the character at `at` and how many bytes
 * it takes. What cannot be decoded is CODE_INVALID. */

#define CODE_INVALID UINT32_MAX

STEP_INLINE unsigned utf8_step(const unsigned char *at, const unsigned char *end, uint32_t *code)
{
    unsigned c = at[0];
    size_t left = (size_t)(end - at);
    if (c < 0x80) {
        *code = c;
        return 1;
    }
    if (c >= 0xe0 && c < 0xf0) {
        if (left >= 3 && is_continuation(at[1]) && is_continuation(at[2])) {
            *code = (c & 0x0f) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
            if (*code >= 0x800 && (*code < 0xd800 || *code > 0xdfff))
                return 3;
        }
    } else if (c >= 0xc2 && c < 0xe0) {
        if (left >= 2 && is_continuation(at[1])) {
            *code = (c & 0x1f) << 6 | (at[1] & 0x3fu);
            return 2;
        }
    } else if (c >= 0xf0 && c < 0xf5) {
        if (left >= 4 && is_continuation(at[1]) && is_continuation(at[2]) && is_continuation(at[3])) {
            *code = (c & 0x07) << 18 | (at[1] & 0x3fu) << 12 | (at[2] & 0x3fu) << 6 | (at[3] & 0x3fu);
            if (*code >= 0x10000 && *code <= 0x10ffff)
                return 4;
        }
    }
    *code = CODE_INVALID;
    return 1;
}

STEP_INLINE unsigned utf16_step(const unsigned char *at, const unsigned char *end, bool is_big,
                                uint32_t *code)
{
    *code = CODE_INVALID;
    if (end - at < 2)
        return 1;
    uint32_t unit = is_big ? (uint32_t)at[0] << 8 | at[1] : (uint32_t)at[1] << 8 | at[0];
    if (unit < 0xd800 || unit > 0xdfff) {
        *code = unit;
    } else if (unit < 0xdc00 && end - at >= 4) {
        uint32_t low = is_big ? (uint32_t)at[2] << 8 | at[3] : (uint32_t)at[3] << 8 | at[2];
        if (low >= 0xdc00 && low <= 0xdfff) {
            *code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
            return 4;
        }
    }
    return 2;
}

static unsigned quad_step(const unsigned char *at, const unsigned char *end, uint32_t *code)
{
    *code = CODE_INVALID;
    if (end - at < 4 || at[2] < LEAD_FIRST || at[2] > BYTE_LAST || at[3] < '0' || at[3] > '9')
        return 1;
    uint32_t number = (((at[0] - 0x81u) * 10 + (at[1] - '0')) * 126 + (at[2] - 0x81u)) * 10 + (at[3] - '0');
    if (number < QUADS)
        *code = gb18030_quads[number];
    else if (number >= QUAD_ASTRAL && number - QUAD_ASTRAL < 0x100000)
        *code = 0x10000 + (number - QUAD_ASTRAL);
    else
        return 1;
    return 4;
}

STEP_INLINE unsigned pair_step(const unsigned char *at, const unsigned char *end, bool is_big5,
                               uint32_t *code)
{
    unsigned lead = at[0];
    if (lead < 0x80) {
        *code = lead;
        return 1;
    }
    *code = CODE_INVALID;
    if (lead < LEAD_FIRST || lead > BYTE_LAST || end - at < 2)
        return 1;
    unsigned trail = at[1];
    if (!is_big5 && trail >= '0' && trail <= '9')
        return quad_step(at, end, code);
    if (trail < TRAIL_FIRST || trail > BYTE_LAST)
        return 1;
    uint32_t pair = (is_big5 ? big5_pairs : gb18030_pairs)[pair_index(lead, trail)];
    if (pair) {
        *code = pair;
        return 2;
    }
    /* A pair that is free is taken whole, lest its trail be read as a lead. */
    return is_big5 && trail > 0xa0 ? 2 : 1;
}

STEP_INLINE unsigned step(enum encoding encoding, const unsigned char *at, const unsigned char *end,
                          uint32_t *code)
{
    switch (encoding) {
    case ENCODING_UTF16LE: return utf16_step(at, end, false, code);
    case ENCODING_UTF16BE: return utf16_step(at, end, true, code);
    case ENCODING_GB18030: return pair_step(at, end, false, code);
    case ENCODING_BIG5: return pair_step(at, end, true, code);
    default: return utf8_step(at, end, code);
    }
}

/* Any byte below 0x20: white space among them, which is then looked at one by one. */
STEP_INLINE bool has_controls_in(uint64_t word) { return (word - EACH_BYTE(0x20)) & ~word & EACH_BYTE(0x80); }

/* What no XML can hold stands for nothing that was printed, as what cannot be decoded. */
STEP_INLINE bool is_unprintable(uint32_t code)
{
    return (code < 0x20 && !(code >= 9 && code <= 13) && !(code >= 0x1c && code <= 0x1f)) || code == 0xfffe ||
           code == 0xffff || code == CODE_INVALID;
}

/* ---- which encoding ---- */

/* Strict UTF-8 as an automaton without branches: a byte's entry has the next state
 * for each state, and a state is how far to shift an entry. */
enum {
    UTF8_DONE = 0,
    UTF8_WRONG = 6,
    UTF8_ONE = 12,
    UTF8_TWO = 18,
    UTF8_E0 = 24,
    UTF8_ED = 30,
    UTF8_F0 = 36,
    UTF8_THREE = 42,
    UTF8_F4 = 48
};
#define NEXT(state, next) ((uint64_t)((next) ^ UTF8_WRONG) << (state))
#define ALL_WRONG (EACH_STATE(UTF8_WRONG))
#define EACH_STATE(next)                                                                                     \
    ((uint64_t)(next) | (uint64_t)(next) << 6 | (uint64_t)(next) << 12 | (uint64_t)(next) << 18 |            \
     (uint64_t)(next) << 24 | (uint64_t)(next) << 30 | (uint64_t)(next) << 36 | (uint64_t)(next) << 42 |     \
     (uint64_t)(next) << 48)
#define CONTINUED (NEXT(UTF8_ONE, UTF8_DONE) | NEXT(UTF8_TWO, UTF8_ONE) | NEXT(UTF8_THREE, UTF8_TWO))

typedef unsigned char sixteen __attribute__((vector_size(16), may_alias));
typedef uint64_t two __attribute__((vector_size(16), may_alias));

/* Up to where UTF-8 is surely right, sixteen bytes at once: a byte continues a character
 * where one of the two before asks for it, and nowhere else. What takes a closer look ends
 * it: four bytes, and a second byte that is bound. At least two bytes stand before. */
static const unsigned char *utf8_common(const unsigned char *at, const unsigned char *end)
{
    for (; end - at >= 16; at += 16) {
        sixteen bytes, last, other;
        memcpy(&bytes, at, sizeof bytes);
        memcpy(&last, at - 1, sizeof last);
        memcpy(&other, at - 2, sizeof other);
        sixteen continues = (sixteen)((bytes & 0xc0) == 0x80), is_asked = (sixteen)(last >= 0xc0) | (sixteen)(other >= 0xe0);
        two wrong = (two)((continues ^ is_asked) | (sixteen)((bytes & 0xfe) == 0xc0) | (sixteen)(bytes == 0xe0) |
                          (sixteen)(bytes == 0xed) | (sixteen)(bytes >= 0xf0));
        if (wrong[0] | wrong[1])
            break;
    }
    do
        at--;
    while (is_continuation(*at)); /* the last character may not be whole */
    return at;
}

static bool utf8_is_strict(const unsigned char *at, const unsigned char *end)
{
    static const uint64_t steps[256] = {
        [0 ... 0x7f] = ALL_WRONG ^ NEXT(UTF8_DONE, UTF8_DONE),
        [0x80 ... 0x8f] = ALL_WRONG ^ (CONTINUED | NEXT(UTF8_ED, UTF8_ONE) | NEXT(UTF8_F4, UTF8_TWO)),
        [0x90 ... 0x9f] = ALL_WRONG ^ (CONTINUED | NEXT(UTF8_ED, UTF8_ONE) | NEXT(UTF8_F0, UTF8_TWO)),
        [0xa0 ... 0xbf] = ALL_WRONG ^ (CONTINUED | NEXT(UTF8_E0, UTF8_ONE) | NEXT(UTF8_F0, UTF8_TWO)),
        [0xc0 ... 0xc1] = ALL_WRONG,
        [0xc2 ... 0xdf] = ALL_WRONG ^ NEXT(UTF8_DONE, UTF8_ONE),
        [0xe0] = ALL_WRONG ^ NEXT(UTF8_DONE, UTF8_E0),
        [0xe1 ... 0xec] = ALL_WRONG ^ NEXT(UTF8_DONE, UTF8_TWO),
        [0xed] = ALL_WRONG ^ NEXT(UTF8_DONE, UTF8_ED),
        [0xee ... 0xef] = ALL_WRONG ^ NEXT(UTF8_DONE, UTF8_TWO),
        [0xf0] = ALL_WRONG ^ NEXT(UTF8_DONE, UTF8_F0),
        [0xf1 ... 0xf3] = ALL_WRONG ^ NEXT(UTF8_DONE, UTF8_THREE),
        [0xf4] = ALL_WRONG ^ NEXT(UTF8_DONE, UTF8_F4),
        [0xf5 ... 0xff] = ALL_WRONG,
    };
    uint64_t state = UTF8_DONE;
    for (const unsigned char *start = at; at < end && (at - start < 2 || (state & 63) != UTF8_DONE) && (state & 63) != UTF8_WRONG; at++)
        state = steps[*at] >> (state & 63);
    if (at < end && (state & 63) == UTF8_DONE)
        at = utf8_common(at, end);
    while (end - at >= 8 && (state & 63) != UTF8_WRONG)
        for (const unsigned char *stop = at + 8; at < stop; at++)
            state = steps[*at] >> (state & 63);
    while (at < end)
        state = steps[*at++] >> (state & 63);
    return (state & 63) == UTF8_DONE;
}

/* How well an encoding explains the head of a document. */
struct survey {
    size_t characters, invalid, controls, ascii;
    size_t wide; /* characters beyond ASCII */
    size_t usual; /* of these, what Chinese prose is made of */
    size_t long_sequences; /* of three bytes and more: proof of UTF-8, chance does not make them */
};

/* U+2020 is not: two blanks look like it in UTF-16. */
static bool is_usual(uint32_t code)
{
    if (code >= HAN_FIRST && code < HAN_END)
        return han_is_usual[code - HAN_FIRST];
    return (code >= 0x3000 && code < 0x3040) || (code >= 0xff00 && code < 0xfff0) ||
           (code >= 0x2010 && code < 0x2028 && code != 0x2020) || (code >= 0x2200 && code < 0x2300) ||
           (code >= 0x2460 && code < 0x2480) || (code >= 0x2500 && code < 0x2720) || code == 0xa0 ||
           code == 0xb1 || code == 0xb7 || code == 0xd7;
}

static struct survey survey(enum encoding encoding, const unsigned char *at, const unsigned char *end)
{
    struct survey found = {0};
    const unsigned char *stop = end - at > SURVEY_MOST ? at + SURVEY_MOST : end;
    while (at < stop) {
        uint32_t code;
        unsigned size = step(encoding, at, end, &code);
        at += size;
        found.characters++;
        if (code == CODE_INVALID) {
            found.invalid++;
        } else if (code >= 0x80) {
            found.wide++;
            found.usual += is_usual(code);
            found.long_sequences += size > 2;
        } else if (code == 0x7f || (code < 0x20 && !is_blank((unsigned char)code) && code != 0x1b)) {
            found.controls++;
        } else {
            found.ascii++;
        }
    }
    return found;
}


/* Whether there is anything that survey() would count as a control character of UTF-8. */
static bool has_controls(const unsigned char *at, const unsigned char *end)
{
    static const bool is_control[256] = {[0 ... 8] = true, [14 ... 0x1a] = true, [0x1c ... 0x1f] = true, [0x7f] = true};
    for (; end - at >= 16; at += 16) {
        sixteen bytes;
        memcpy(&bytes, at, sizeof bytes);
        two found = (two)((sixteen)(bytes < 9) |
                          ((sixteen)(bytes > 13) & (sixteen)(bytes < 0x20) & (sixteen)(bytes != 0x1b)) |
                          (sixteen)(bytes == 0x7f));
        if (found[0] | found[1])
            return true;
    }
    while (at < end)
        if (is_control[*at++])
            return true;
    return false;
}

/* … or that no XML can hold: a page may have those without being broken otherwise. */
static bool has_unprintable(const unsigned char *at, const unsigned char *end)
{
    for (; end - at >= 18; at += 16) {
        sixteen bytes, next;
        memcpy(&bytes, at, sizeof bytes);
        memcpy(&next, at + 1, sizeof next);
        two found = (two)((sixteen)(bytes < 9) | ((sixteen)(bytes > 13) & (sixteen)(bytes < 0x20)) |
                          (sixteen)(bytes == 0x7f));
        if (found[0] | found[1])
            return true;
        found = (two)((sixteen)(bytes == 0xef) & (sixteen)(next == 0xbf));
        for (unsigned i = 0; found[0] | found[1] && i < 16; i++)
            if (at[i] == 0xef && at[i + 1] == 0xbf && at[i + 2] >= 0xbe)
                return true;
    }
    for (; at < end; at++)
        if (has_controls(at, at + 1) || *at == 0x1b ||
            (end - at >= 3 && at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe))
            return true;
    return false;
}

static long long score(struct survey s)
{
    return 2 * (long long)s.usual - (long long)s.wide - 4 * (long long)s.invalid;
}

/* UTF-16 without a mark: nearly all of it is ASCII or common Chinese one way round. */
static enum encoding utf16_guess(const unsigned char *at, const unsigned char *end, bool has_nul)
{
    if (end - at < 4)
        return ENCODINGS;
    enum encoding best = ENCODINGS;
    size_t most = 0;
    for (enum encoding encoding = ENCODING_UTF16LE; encoding <= ENCODING_UTF16BE; encoding++) {
        struct survey s = survey(encoding, at, end);
        size_t good = s.ascii + s.usual;
        if (good > most && good * 20 >= s.characters * 17 && s.invalid * 20 <= s.characters &&
            (has_nul || s.wide >= 4)) {
            most = good;
            best = encoding;
        }
    }
    return best;
}

static enum encoding uchardet_guess(const unsigned char *at, const unsigned char *end)
{
    uchardet_t detector = uchardet_new();
    enum encoding guess = ENCODINGS;
    size_t size = end - at > GUESS_MOST ? GUESS_MOST : (size_t)(end - at);
    if (!uchardet_handle_data(detector, (const char *)at, size)) {
        uchardet_data_end(detector);
        const char *name = uchardet_get_charset(detector);
        guess = encoding_named(name, strlen(name));
    }
    uchardet_delete(detector);
    return guess;
}

/* Between the encodings without any mark of their own. */
static enum encoding detect(const unsigned char *at, const unsigned char *end, bool is_strict)
{
    bool has_nul = memchr(at, 0, (size_t)(end - at)) != NULL;
    if (is_strict && !has_nul)
        return ENCODING_UTF8;
    pthread_once(&tables_once, tables_fill);
    struct survey gb18030 = survey(ENCODING_GB18030, at, end);
    /* what is right in every byte is not guessed to be UTF-16, unless it holds NUL bytes */
    bool is_pairs = !has_nul && !gb18030.invalid && !gb18030.controls && gb18030.usual * 2 > gb18030.wide;
    enum encoding guess = is_pairs ? ENCODINGS : utf16_guess(at, end, has_nul);
    if (guess != ENCODINGS)
        return guess;
    if (is_strict)
        return ENCODING_UTF8;
    struct survey utf8 = survey(ENCODING_UTF8, at, end);
    struct survey big5 = survey(ENCODING_BIG5, at, end);
    if (utf8.long_sequences >= utf8.invalid && utf8.usual >= gb18030.usual)
        return ENCODING_UTF8; /* with a few broken bytes */
    long long lead = score(gb18030) - score(big5);
    long long doubt = (long long)(gb18030.wide + big5.wide) / 16;
    if (lead > doubt)
        return ENCODING_GB18030;
    if (lead < -doubt)
        return ENCODING_BIG5;
    return uchardet_guess(at, end) == ENCODING_BIG5 ? ENCODING_BIG5 : ENCODING_GB18030;
}

/* Pages are converted and keep their old declaration: believe it only where the
 * bytes do not speak against it. */
static enum encoding encoding_choose(const unsigned char *at, const unsigned char *end, bool is_strict)
{
    enum encoding declared = encoding_declared(at, end);
    enum encoding detected = detect(at, end, is_strict);
    if (declared == ENCODINGS || declared == detected)
        return detected;
    pthread_once(&tables_once, tables_fill);
    struct survey by_word = survey(declared, at, end), by_bytes = survey(detected, at, end);
    if (is_strict && by_bytes.wide && by_word.invalid)
        return detected;
    if (!by_word.invalid && detected != ENCODING_UTF8)
        return declared;
    return score(by_word) >= score(by_bytes) ? declared : detected;
}

/* ---- decoding ---- */

STEP_INLINE unsigned code_size(uint32_t code)
{
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

STEP_INLINE size_t code_write(char *out, uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

static void text_grow(struct decoded *decoded, size_t left)
{
    decoded->room = decoded->length + left + left / 2 + 4096;
    decoded->text = memory_resize(decoded->text, decoded->room);
}

/* False if there is more broken than a text could have. Marks lie between steps,
 * the one for n * SOURCE_STEP at most a few bytes behind it. */
STEP_INLINE bool decode_as(enum encoding encoding, struct decoded *decoded, const unsigned char *bytes,
                           size_t mark, size_t size)
{
    const unsigned char *at = bytes + mark, *end = bytes + size;
    size_t next_mark = 0;
    while (at < end) {
        if (decoded->room - decoded->length < 16)
            text_grow(decoded, (size_t)(end - at));
        if (decoded->length >= next_mark) {
            decoded_mark(decoded, decoded->length, (size_t)(at - bytes));
            next_mark += SOURCE_STEP;
        }
        if (encoding != ENCODING_UTF16LE && encoding != ENCODING_UTF16BE && end - at >= 8) {
            uint64_t word = load8(at);
            if (!(word & EACH_BYTE(0x80)) && !has_controls_in(word)) {
                memcpy(decoded->text + decoded->length, &word, 8);
                decoded->length += 8;
                at += 8;
                continue;
            }
        }
        uint32_t code;
        at += step(encoding, at, end, &code);
        if (is_unprintable(code)) {
            if (decoded->invalid.count == INVALID_MOST)
                return false;
            uint32_t from = (uint32_t)decoded->length;
            *array_push(&decoded->invalid) = (struct span){from, from + 3};
            code = 0xfffd;
        }
        uint32_t second = encoding == ENCODING_BIG5 ? code >> SECOND_SHIFT : 0;
        if (second)
            code &= (1u << SECOND_SHIFT) - 1;
        decoded->length += code_write(decoded->text + decoded->length, code);
        if (second)
            decoded->length += code_write(decoded->text + decoded->length, second);
    }
    if (decoded->length >= next_mark)
        decoded_mark(decoded, decoded->length, size);
    return true;
}

static bool decode_text(enum encoding encoding, struct decoded *decoded, const unsigned char *bytes, size_t mark,
                   size_t size)
{
    switch (encoding) {
    case ENCODING_UTF16LE: return decode_as(ENCODING_UTF16LE, decoded, bytes, mark, size);
    case ENCODING_UTF16BE: return decode_as(ENCODING_UTF16BE, decoded, bytes, mark, size);
    case ENCODING_GB18030: return decode_as(ENCODING_GB18030, decoded, bytes, mark, size);
    case ENCODING_BIG5: return decode_as(ENCODING_BIG5, decoded, bytes, mark, size);
    default: return decode_as(ENCODING_UTF8, decoded, bytes, mark, size);
    }
}

static void decoded_release(struct decoded *decoded)
{
    free(decoded->text);
    array_release(&decoded->marks);
    array_release(&decoded->invalid);
    *decoded = (struct decoded){0};
}

enum source_trouble decode(struct decoded *decoded, const unsigned char *bytes, size_t size, enum encoding wanted)
{
    *decoded = (struct decoded){0};
    size_t mark;
    enum encoding marked = encoding_marked(bytes, size, &mark);
    enum encoding encoding = wanted < ENCODINGS ? wanted : marked;
    if (encoding_is_utf16(encoding) && encoding_is_utf16(marked))
        encoding = marked;
    else if (encoding != marked)
        mark = 0;
    const unsigned char *at = bytes + mark, *end = bytes + size;
    bool is_strict = (encoding == ENCODING_UTF8 || encoding == ENCODINGS) && utf8_is_strict(at, end);
    if (encoding == ENCODINGS)
        encoding = encoding_choose(at, end, is_strict);
    if (encoding == ENCODING_GB18030 || encoding == ENCODING_BIG5) {
        pthread_once(&tables_once, tables_fill);
        if (!tables_are_filled) {
            errno = ENOTSUP;
            return SOURCE_UNREADABLE;
        }
    }
    struct survey found = {0};
    bool is_plain = encoding == ENCODING_UTF8 && is_strict && !has_unprintable(at, end);
    if (!is_plain && (encoding != ENCODING_UTF8 || !is_strict || has_controls(at, end)))
        found = survey(encoding, at, end);
    if (found.controls > 3 + found.characters / 16)
        return SOURCE_BINARY;
    decoded->encoding = encoding;
    decoded->is_plain = is_plain;
    decoded->mark = mark;
    if (is_plain)
        return SOURCE_FINE;
    text_grow(decoded, size - mark);
    bool is_text = decode_text(encoding, decoded, bytes, mark, size);
    /* So much that is undecodable was never text, unless the user says so. */
    if (is_text && wanted >= ENCODINGS && decoded->invalid.count > 16 + size / 4) {
        enum encoding other = mark && encoding == ENCODING_UTF8 ? encoding_choose(at, end, false) : encoding;
        bool is_other = (other == ENCODING_GB18030 || other == ENCODING_BIG5) && tables_are_filled;
        decoded_release(decoded);
        if (is_other) { /* an editor's mark before another's bytes */
            *decoded = (struct decoded){.encoding = other, .mark = mark, .is_mismarked = true};
            text_grow(decoded, size - mark);
            is_text = decode_text(other, decoded, bytes, mark, size);
        }
        is_text &= is_other && decoded->invalid.count <= 16 + size / 4;
    }
    if (!is_text) {
        decoded_release(decoded);
        return SOURCE_BINARY;
    }
    decoded->text[decoded->length] = 0;
    decoded->text = memory_resize(decoded->text, decoded->length + 1);
    return SOURCE_FINE;
}

size_t decode_advance(enum encoding encoding, const unsigned char *from, const unsigned char *end, size_t length)
{
    const unsigned char *at = from;
    for (size_t text = 0; text < length;) {
        uint32_t code;
        unsigned size = step(encoding, at, end, &code);
        uint32_t second = 0;
        if (is_unprintable(code))
            code = 0xfffd;
        else
            second = code >> SECOND_SHIFT;
        text += code_size(code & ((1u << SECOND_SHIFT) - 1));
        if (text > length)
            break;
        at += size;
        if (second)
            text += code_size(second);
    }
    return (size_t)(at - from);
}
