#include "caret.h"

#include <stdbool.h>
#include <stdint.h>
#include <unistr.h>
#include <uniwidth.h>

enum { CARET_MOST = 60, SHOWN_MOST = 100 }; /* columns of a terminal */

struct glyph {
    ucs4_t code;
    unsigned size;  /* in bytes */
    unsigned width; /* in columns */
};

/* Control and direction characters could rewrite what the terminal shows. */
static bool is_dangerous(ucs4_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static struct glyph glyph_at(const char *text, size_t length)
{
    struct glyph glyph;
    int size = u8_mbtouc(&glyph.code, (const uint8_t *)text, length);
    glyph.size = size > 0 ? (unsigned)size : 1;
    if (glyph.code == '\t')
        glyph.code = ' ';
    else if (is_dangerous(glyph.code))
        glyph.code = 0xfffd;
    int width = uc_width(glyph.code, "UTF-8");
    glyph.width = width < 0 ? 0 : (unsigned)width;
    return glyph;
}

static void glyph_add(struct buffer *out, struct glyph glyph)
{
    uint8_t bytes[6];
    int size = u8_uctomb(bytes, glyph.code, sizeof bytes);
    if (size > 0)
        buffer_add(out, (const char *)bytes, (size_t)size);
}

void shown_add(struct buffer *out, const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        struct glyph glyph = glyph_at(text + at, length - at);
        glyph_add(out, glyph);
        at += glyph.size;
    }
}

unsigned shown_width(const char *text, size_t length)
{
    unsigned width = 0;
    for (size_t at = 0; at < length;) {
        struct glyph glyph = glyph_at(text + at, length - at);
        width += glyph.width;
        at += glyph.size;
    }
    return width;
}

static size_t line_length(const char *text, size_t length)
{
    const char *end = memchr(text, '\n', length);
    if (end)
        length = (size_t)(end - text);
    end = memchr(text, '\r', length);
    return end ? (size_t)(end - text) : length;
}

/* What stands below the line: a sign a column. */
struct signs {
    char columns[2 * SHOWN_MOST];
    unsigned width; /* up to the last sign */
};

static void sign_set(struct signs *signs, unsigned column, unsigned width, char first)
{
    for (unsigned i = 0; i < width && column + i < sizeof signs->columns; i++) {
        char *at = &signs->columns[column + i];
        if (*at == ' ')
            *at = i ? '~' : first;
        if (column + i + 1 > signs->width)
            signs->width = column + i + 1;
    }
}

/* The marks that a character is under; of those that begin there, *begun is told. */
static void marks_set(struct signs *signs, const struct mark *marks, size_t count, unsigned character,
                      unsigned column, unsigned width, bool *begun)
{
    for (size_t i = 0; i < count; i++) {
        unsigned from = marks[i].column, many = marks[i].count > 1 ? marks[i].count : 1;
        if (character < from || character - from >= many)
            continue;
        sign_set(signs, column, many == 1 && i == 0 ? 1 : width, i == 0 && character == from ? '^' : '~');
        if (character == from)
            begun[i] = true;
    }
}

size_t caret_add(struct buffer *out, const char *text, size_t length, const struct mark *marks, size_t count,
                 const char *colour)
{
    enum { MARKS_MOST = 16 };
    length = line_length(text, length);
    count = count < MARKS_MOST ? count : MARKS_MOST;
    size_t caret = 0, from = 0;
    unsigned pad = 0, character = 1; /* columns from `from` to the caret; the character at `from` */
    for (unsigned i = 1; i < marks[0].column && caret < length; i++) {
        struct glyph glyph = glyph_at(text + caret, length - caret);
        caret += glyph.size;
        pad += glyph.width;
        while (pad > CARET_MOST) {
            struct glyph first = glyph_at(text + from, length - from);
            from += first.size;
            pad -= first.width;
            character++;
        }
    }
    struct signs signs = {.width = 0};
    memset(signs.columns, ' ', sizeof signs.columns);
    bool begun[MARKS_MOST] = {false};
    if (from) {
        buffer_text(out, "…");
        pad++;
    }
    unsigned shown = from ? 1 : 0;
    for (size_t at = from; at < length; character++) {
        struct glyph glyph = glyph_at(text + at, length - at);
        if (shown + glyph.width > SHOWN_MOST || at - from > 16 * SHOWN_MOST) {
            buffer_text(out, "…");
            break;
        }
        glyph_add(out, glyph);
        marks_set(&signs, marks, count, character, shown, glyph.width, begun);
        at += glyph.size;
        shown += glyph.width;
    }
    sign_set(&signs, pad, 1, '^'); /* behind the end of the line, too */
    buffer_char(out, '\n');
    size_t blanks = strspn(signs.columns, " ");
    blanks = blanks < signs.width ? blanks : signs.width;
    buffer_add(out, signs.columns, blanks);
    if (colour)
        buffer_text(out, colour);
    buffer_add(out, signs.columns + blanks, signs.width - blanks);
    if (colour)
        buffer_text(out, "\033[0m");
    buffer_char(out, '\n');
    size_t told = 1;
    while (told < count && begun[told])
        told++;
    return told;
}
