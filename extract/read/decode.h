/* From the bytes of a document to its text in UTF-8: what source.c asks of
 * decode.c and encoding.c. */
#ifndef SHENBAO_DECODE_H
#define SHENBAO_DECODE_H

#include <string.h>
#include <strings.h>

#include "../base/array.h"
#include "source.h"

enum { SOURCE_STEP = 64 };

struct source_mark {
    uint32_t text, byte, line, column;
};

/* ---- decode.c ---- */

struct decoded {
    enum encoding encoding;
    bool is_plain; /* the bytes behind the byte order mark are the text: nothing below is filled */
    size_t mark;   /* bytes that the byte order mark takes */
    char *text;
    size_t length, room;
    array_of(struct source_mark) marks; /* without line and column */
    array_of(struct span) invalid;
    bool is_mismarked; /* the byte order mark is that of another encoding */
};

/* Decodes the bytes; `wanted` is ENCODINGS for detection. On trouble leaves nothing to release. */
enum source_trouble decode(struct decoded *decoded, const unsigned char *bytes, size_t size, enum encoding wanted);

/* How many bytes from `from` on, where a character begins, make `length` bytes of text; short
 * of the character that `length` ends in. */
size_t decode_advance(enum encoding encoding, const unsigned char *from, const unsigned char *end, size_t length);

static inline void decoded_mark(struct decoded *decoded, size_t text, size_t byte)
{
    *array_push(&decoded->marks) = (struct source_mark){.text = (uint32_t)text, .byte = (uint32_t)byte};
}

/* ---- encoding.c ---- */

/* That of the byte order mark, whose size is in *mark, or ENCODINGS. */
enum encoding encoding_marked(const unsigned char *bytes, size_t size, size_t *mark);

/* The charset that a page or XML declares in its head, or ENCODINGS. */
enum encoding encoding_declared(const unsigned char *at, const unsigned char *end);

static inline bool encoding_is_utf16(enum encoding encoding)
{
    return encoding == ENCODING_UTF16LE || encoding == ENCODING_UTF16BE;
}

/* ---- bytes ---- */

#define STEP_INLINE static inline __attribute__((always_inline))

static inline bool is_blank(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

STEP_INLINE bool is_continuation(unsigned char c) { return (c & 0xc0) == 0x80; }

static inline bool begins_with(const unsigned char *at, const unsigned char *end, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(end - at) >= length && !strncasecmp((const char *)at, word, length);
}

/* ---- eight bytes at once ---- */

#define EACH_BYTE(c) (0x0101010101010101u * (c))

STEP_INLINE uint64_t load8(const void *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

STEP_INLINE bool has_zero(uint64_t word) { return (word - EACH_BYTE(1)) & ~word & EACH_BYTE(0x80); }

#endif
