/* Text as it is seen: markup taken out, entities decoded, white space settled.
 *
 * A glyph is one visible character, white space, a paragraph's edge or a check
 * box, with the span of source text it was printed by. Everything that looks
 * into a cell (values, labels, check marks, coverage) walks glyphs, so that all
 * agree on what is visible. */
#ifndef SHENBAO_TEXT_H
#define SHENBAO_TEXT_H

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
    size_t hole;
    bool has_no_sub, has_no_sup; /* no closing tag ahead: stop looking */
    uint32_t second;             /* second character of a two-character entity */
};

struct glyphs glyphs_of(const struct document_text *document, struct span span);
/* GLYPH_END at the end, again and again. */
struct glyph glyph_next(struct glyphs *glyphs);

/* Trim white space and markup off both ends; empty if nothing visible is inside.
 * Check boxes count as visible. */
struct span text_trim(const struct document_text *document, struct span span);

/* The normal form of text (see the vocabulary) of spans read one after another. */
const char *text_normal(const struct document_text *document, struct arena *arena, const struct span *spans, size_t count);

/* The pieces of a span that lie outside of holes. */
size_t text_pieces(const struct document_text *document, struct span span, struct span *pieces, size_t room);

bool character_is_wide(uint32_t code);
bool character_is_space(uint32_t code);
/* Width and compatibility differences set aside (NFKC of one character where that is one). */
uint32_t character_fold(uint32_t code);
unsigned character_encode(uint32_t code, char *bytes); /* UTF-8, returns 1 to 4 */
uint32_t character_decode(const char *bytes, unsigned *length); /* of valid UTF-8 */

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

#endif
