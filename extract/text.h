/* Text as it is seen: markup taken out, entities decoded, white space settled.
 *
 * A glyph is one visible character, white space, a paragraph's edge or a check
 * box, with the span of source text it was printed by. Everything that looks
 * into a cell (values, labels, check marks, coverage) walks glyphs, so that all
 * agree on what is visible. */
#ifndef SHENBAO_TEXT_H
#define SHENBAO_TEXT_H

#include <string.h>

#include "base/arena.h"
#include "base/span.h"

/* A tag of HTML at text[at] == '<', or an end of 0 if that is no tag. */
struct tag {
    uint32_t end;        /* offset behind '>' */
    uint32_t name_to;    /* the name lies in [at + 1 (+ 1 if closing), name_to) */
    bool is_closing, is_empty;
    char name[12];       /* lower case, cut to fit */
};
bool tag_read(const char *text, uint32_t at, uint32_t to, struct tag *tag);
/* Whether it has the name, which is a literal: no call then. */
#define tag_is(tag, literal) (memcmp((tag)->name, (literal), sizeof(literal)) == 0)
/* The value of an attribute inside the tag [at, tag->end), without quotes; false if absent. */
bool tag_attribute(const char *text, uint32_t at, const struct tag *tag, const char *name, struct span *value);

/* Where text lies that is never visible: comments, scripts, styles, declarations. */
struct holes {
    const struct span *items; /* sorted, disjoint */
    size_t count;
};

struct document_text {
    const char *text;
    uint32_t length;
    struct holes holes;
    struct holes invalid; /* U+FFFD that stand for bytes that cannot be decoded */
};

enum glyph_kind { GLYPH_END, GLYPH_CHARACTER, GLYPH_SPACE, GLYPH_BREAK, GLYPH_CHECKED, GLYPH_UNCHECKED };

struct glyph {
    enum glyph_kind kind;
    uint32_t code; /* Unicode, for GLYPH_CHARACTER */
    struct span at;
};

struct glyphs {
    const struct document_text *document;
    uint32_t at, to;
    uint32_t stop;               /* where the span or the next hole cuts the text */
    size_t hole;
    bool has_no_sub, has_no_sup; /* no closing tag ahead: stop looking */
};

static inline struct glyphs glyphs_of(const struct document_text *document, struct span span);
/* The same in a document with holes. */
struct glyphs glyphs_of_holed(const struct document_text *document, struct span span);
/* GLYPH_END at the end, again and again. */
static inline struct glyph glyph_next(struct glyphs *glyphs);
/* The same where a hole, a tag or an entity may begin. */
struct glyph glyph_special(struct glyphs *glyphs);

/* Trim white space and markup off both ends; empty if nothing visible is inside.
 * Check boxes count as visible. */
struct span text_trim(const struct document_text *document, struct span span);

/* The normal form of text (see the vocabulary) of spans read one after another. */
const char *text_normal(const struct document_text *document, struct arena *arena, const struct span *spans, size_t count);

/* The pieces of a span that lie outside of holes. */
size_t text_pieces(const struct document_text *document, struct span span, struct span *pieces, size_t room);

/* Whether all of it is visible and was decoded. */
bool text_is_whole(const struct document_text *document, struct span span);

/* The number of visible characters in a span (check boxes are none). */
size_t text_characters(const struct document_text *document, struct span span);
bool text_has_characters(const struct document_text *document, struct span span);

bool character_is_wide(uint32_t code);
static inline bool character_is_space(uint32_t code);
/* Width and compatibility differences set aside (NFKC of one character where that is one). */
static inline uint32_t character_fold(uint32_t code);
uint32_t character_fold_rare(uint32_t code);
static inline unsigned character_encode(uint32_t code, char *bytes); /* UTF-8, returns 1 to 4 */
static inline uint32_t character_decode(const char *bytes, unsigned *length); /* of valid UTF-8 */

/* NFKC without white space, for comparing statements of one value. */
const char *text_loose(struct arena *arena, const char *text);

/* A label view: folded, without blanks, at most VIEW_ROOM bytes, with the way back. */
enum { VIEW_ROOM = 240 };
struct view {
    unsigned length;
    bool is_whole;                  /* the span ended before the room did */
    bool has_break;                 /* a paragraph's edge lies inside */
    char text[VIEW_ROOM + 8];
    uint32_t at[VIEW_ROOM + 9];     /* source offset where the character at this byte begins */
    uint32_t to[VIEW_ROOM + 9];     /* … ends */
    bool is_gapped[VIEW_ROOM + 9];  /* a blank or an edge stands before this character */
};
void view_build(struct view *view, const struct document_text *document, struct span span);
/* The same without the way back, for those who only read the text. */
void view_read(struct view *view, const struct document_text *document, struct span span);

/* The character that a span's view begins with; 0 if it is blank or begins with a check box. */
static inline uint32_t text_first(const struct document_text *document, struct span span);
uint32_t text_first_glyph(const struct document_text *document, struct span span);

/* ---- inlined, for they run once a character ---- */

static inline bool character_is_space(uint32_t c)
{
    if (c < 0x80)
        return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f);
    if (c > 0x3000)
        return false;
    return c == 0x3000 || c == 0x85 || c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x1680 || c == 0x2028 ||
           c == 0x2029 || c == 0x202f || c == 0x205f;
}

/* One byte of a text: those of longer characters are no spaces. */
static inline bool byte_is_space(char byte) { return (unsigned char)byte < 0x80 && character_is_space((unsigned char)byte); }

static inline uint32_t character_fold(uint32_t c)
{
    if (c < 0x2e80 || (c >= 0x2fe0 && c < 0xf900))
        return c;
    if (c >= 0xff01 && c <= 0xff5e)
        return c - 0xfee0;
    return character_fold_rare(c);
}

static inline unsigned character_encode(uint32_t c, char *bytes)
{
    if (c < 0x80) {
        bytes[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        bytes[0] = (char)(0xc0 | c >> 6);
        bytes[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        bytes[0] = (char)(0xe0 | c >> 12);
        bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    bytes[0] = (char)(0xf0 | c >> 18);
    bytes[1] = (char)(0x80 | (c >> 12 & 0x3f));
    bytes[2] = (char)(0x80 | (c >> 6 & 0x3f));
    bytes[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

static inline uint32_t character_decode(const char *bytes, unsigned *length)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (b[0] < 0x80) {
        *length = 1;
        return b[0];
    }
    if (b[0] < 0xe0) {
        *length = 2;
        return (b[0] & 0x1fu) << 6 | (b[1] & 0x3fu);
    }
    if (b[0] < 0xf0) {
        *length = 3;
        return (b[0] & 0xfu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);
    }
    *length = 4;
    return (b[0] & 7u) << 18 | (b[1] & 0x3fu) << 12 | (b[2] & 0x3fu) << 6 | (b[3] & 0x3fu);
}

static inline struct glyphs glyphs_of(const struct document_text *document, struct span span)
{
    if (document->holes.count)
        return glyphs_of_holed(document, span);
    return (struct glyphs){.document = document, .at = span.from, .to = span.to, .stop = span.to};
}

static inline uint32_t text_first(const struct document_text *document, struct span span)
{
    const unsigned char *at = (const unsigned char *)document->text + span.from;
    unsigned length;
    /* ideographs and digits, which are just themselves */
    if (span.from < span.to && !document->holes.count && ((*at >= 0xe4 && *at <= 0xe9) || (*at >= '0' && *at <= '9')))
        return character_decode((const char *)at, &length);
    return text_first_glyph(document, span);
}

static inline struct glyph glyph_next(struct glyphs *glyphs)
{
    const char *at = glyphs->document->text + glyphs->at;
    if (glyphs->at >= glyphs->stop || *at == '<' || *at == '&')
        return glyph_special(glyphs);
    unsigned length;
    uint32_t code = character_decode(at, &length), from = glyphs->at;
    glyphs->at += length;
    return (struct glyph){character_is_space(code) ? GLYPH_SPACE : GLYPH_CHARACTER, code, {from, glyphs->at}};
}

#endif
