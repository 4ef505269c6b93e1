/* Signs that no reader sees: of no width, and the emphasis of Markdown. */
#include <stdlib.h>
#include <string.h>
#include <unictype.h>

#include "read.h"

typedef array_of(struct span) spans_found;

typedef unsigned char sixteen __attribute__((vector_size(16), may_alias));
typedef uint64_t two __attribute__((vector_size(16), may_alias));

static bool is_of_no_width(uint32_t code)
{
    return code == 0xad || (code >= 0x200b && code <= 0x200f) || code == 0x2060 || code == 0xfeff;
}

/* Where a sign of no width may begin in [at, to), or `to`. */
static uint32_t candidate(const char *text, uint32_t at, uint32_t to)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (; to - at >= 18; at += 16) {
        sixteen first, second;
        memcpy(&first, bytes + at, sizeof first);
        memcpy(&second, bytes + at + 1, sizeof second);
        two found = (two)(((sixteen)(first == 0xe2) & ((sixteen)(second == 0x80) | (sixteen)(second == 0x81))) |
                          ((sixteen)(first == 0xef) & (sixteen)(second == 0xbb)) |
                          ((sixteen)(first == 0xc2) & (sixteen)(second == 0xad)) | (sixteen)(first == '&'));
        if (found[0] | found[1])
            break;
    }
    while (at < to && bytes[at] != 0xe2 && bytes[at] != 0xef && bytes[at] != 0xc2 && bytes[at] != '&')
        at++;
    return at;
}

static void widthless_find(const struct document_text *document, spans_found *found)
{
    const char *text = document->text;
    const struct document_text bare = {.text = text, .length = document->length};
    for (uint32_t at = 0; (at = candidate(text, at, document->length)) < document->length;) {
        struct glyphs glyphs = glyphs_of(&bare, (struct span){at, document->length});
        struct glyph glyph = glyph_next(&glyphs);
        if (glyph.kind == GLYPH_CHARACTER && is_of_no_width(glyph.code))
            *array_push(found) = glyph.at;
        at = glyph.at.to > at ? glyph.at.to : at + 1;
    }
}

/* The length of the blank at `at` before `to`, or 0. */
static uint32_t blank_at(const char *text, uint32_t at, uint32_t to)
{
    if (at < to && (text[at] == ' ' || text[at] == '\t'))
        return 1;
    return at < to && to - at >= 3 && memcmp(text + at, "\u3000", 3) == 0 ? 3 : 0;
}

static uint32_t blank_before(const char *text, uint32_t at, uint32_t from)
{
    if (at > from && blank_at(text, at - 1, at))
        return 1;
    return at >= from + 3 && blank_at(text, at - 3, at) == 3 ? 3 : 0;
}

static bool has_colon(const char *text, uint32_t at, uint32_t to)
{
    return (at < to && text[at] == ':') || (to - at >= 3 && memcmp(text + at, "：", 3) == 0);
}

/* Letters or Han: what a template leaves open (**%) has none. */
static bool has_letters(const char *text, uint32_t at, uint32_t to)
{
    while (at < to) {
        unsigned length;
        if (uc_is_property_alphabetic(character_decode(text + at, &length)))
            return true;
        at += length;
    }
    return false;
}

/* **标签** and __标签__: around the whole of a cell, or of a label before its colon. */
static void emphasis_in_cell(const char *text, uint32_t at, uint32_t to, spans_found *found)
{
    for (uint32_t n; at < to && (text[at] == '#' || blank_at(text, at, to)); at += n)
        n = text[at] == '#' ? 1 : blank_at(text, at, to);
    for (uint32_t n; (n = blank_before(text, to, at)); to -= n)
        ;
    for (uint32_t from = at; to - at >= 5;) {
        char sign = text[at];
        bool is_sign = sign == '*' || sign == '_';
        uint32_t length = 0;
        while (is_sign && at + length < to && text[at + length] == sign)
            length++;
        uint32_t inner = at + length, end = inner;
        while (is_sign && end < to && text[end] != sign)
            end++;
        uint32_t behind = end;
        while (is_sign && behind < to && text[behind] == sign)
            behind++;
        bool is_pair = is_sign && (length == 2 || length == 3) && behind - end == length && inner < end &&
                       !blank_at(text, inner, end) && !blank_before(text, end, inner) && has_letters(text, inner, end);
        bool is_label = is_pair && (has_colon(text, behind, to) || text[end - 1] == ':' ||
                                    (end - inner >= 3 && memcmp(text + end - 3, "：", 3) == 0));
        if (is_pair && ((at == from && behind == to) || is_label)) {
            *array_push(found) = (struct span){at, inner};
            *array_push(found) = (struct span){end, behind};
            at = behind;
        }
        /* the next may begin behind a blank */
        while (at < to && !blank_at(text, at, to))
            at++;
        for (uint32_t n; (n = blank_at(text, at, to)); at += n)
            ;
    }
}

/* Where ** or __ stands in [at, end), or `end`. */
static const char *sign_pair(const char *at, const char *end)
{
    for (; end - at >= 17; at += 16) {
        sixteen first, second;
        memcpy(&first, at, sizeof first);
        memcpy(&second, at + 1, sizeof second);
        two found = (two)((sixteen)(first == second) & ((sixteen)(first == '*') | (sixteen)(first == '_')));
        if (found[0] | found[1])
            break;
    }
    while (end - at >= 2 && !(at[0] == at[1] && (at[0] == '*' || at[0] == '_')))
        at++;
    return end - at >= 2 ? at : end;
}

static void emphasis_find(const struct document_text *document, spans_found *found)
{
    const char *text = document->text, *end = text + document->length, *behind = text;
    for (const char *sign; (sign = sign_pair(behind, end)) < end;) {
        const char *line = memrchr(behind, '\n', (size_t)(sign - behind)), *to = memchr(sign, '\n', (size_t)(end - sign));
        line = line ? line + 1 : behind;
        behind = to = to ? to : end;
        if (to[-1] == '\r')
            to--;
        for (const char *cell = line, *p = line;; p++)
            if (p == to || *p == '|' || *p == '\t') {
                emphasis_in_cell(text, (uint32_t)(cell - text), (uint32_t)(p - text), found);
                cell = p + 1;
                if (p == to)
                    break;
            }
    }
}

static int span_compare(const void *a, const void *b)
{
    const struct span *first = a, *second = b;
    return first->from < second->from ? -1 : first->from > second->from;
}

void unseen_find(struct grid *grid, bool is_page)
{
    spans_found found = {0};
    widthless_find(grid->document, &found);
    if (!is_page)
        emphasis_find(grid->document, &found);
    if (found.count) {
        for (size_t i = 0; i < grid->holes.count; i++)
            *array_push(&found) = grid->holes.items[i];
        qsort(found.items, found.count, sizeof *found.items, span_compare);
        /* what touches or overlaps is one hole */
        grid->holes.count = 0;
        for (size_t i = 0; i < found.count; i++) {
            struct span *last = grid->holes.count ? &grid->holes.items[grid->holes.count - 1] : NULL;
            if (last && found.items[i].from < last->to)
                last->to = last->to > found.items[i].to ? last->to : found.items[i].to;
            else
                *array_push(&grid->holes) = found.items[i];
        }
    }
    array_release(&found);
}
