#include "text.h"

#include <libxml/HTMLparser.h>
#include <string.h>
#include <strings.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistd.h>
#include <uniwidth.h>

enum {
    QUOTED_MOST = 4096, /* bytes of an attribute in quotes */
    ENTITY_NAME = 15,   /* … of an entity's name */
};

static bool is_letter(unsigned char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

bool tag_read(const char *text, uint32_t at, uint32_t to, struct tag *tag)
{
    uint32_t name = at + 1;
    bool is_closing = name < to && text[name] == '/';
    name += is_closing;
    if (name >= to || !is_letter((unsigned char)text[name]))
        return false;
    uint32_t end = name;
    while (end < to && text[end] != '<' && text[end] != '>') {
        /* a '>' in a quoted attribute ends no tag */
        bool is_quoted = (text[end] == '"' || text[end] == '\'') && text[end - 1] == '=';
        const char *close = is_quoted ? memchr(text + end + 1, text[end], to - end - 1 < QUOTED_MOST ? to - end - 1 : QUOTED_MOST) : NULL;
        end = close ? (uint32_t)(close - text) + 1 : end + 1;
    }
    if (end >= to || text[end] != '>')
        return false;
    uint32_t name_to = name;
    unsigned length = 0;
    for (; name_to < end && (is_letter((unsigned char)text[name_to]) || (text[name_to] >= '0' && text[name_to] <= '9'));
         name_to++)
        if (length < sizeof tag->name - 1)
            tag->name[length++] = (char)(text[name_to] | (is_letter((unsigned char)text[name_to]) ? 0x20 : 0));
    memset(tag->name + length, 0, sizeof tag->name - length);
    tag->name_to = name_to;
    tag->end = end + 1;
    tag->is_closing = is_closing;
    tag->is_empty = text[end - 1] == '/';
    return true;
}

bool tag_attribute(const char *text, uint32_t at, const struct tag *tag, const char *name, struct span *value)
{
    (void)at;
    size_t want = strlen(name);
    uint32_t p = tag->name_to, end = tag->end - 1;
    while (p < end) {
        while (p < end && (byte_is_space(text[p]) || text[p] == '/'))
            p++;
        uint32_t key = p;
        while (p < end && !byte_is_space(text[p]) && text[p] != '=' && text[p] != '/')
            p++;
        uint32_t key_to = p;
        while (p < end && byte_is_space(text[p]))
            p++;
        struct span found = {p, p};
        if (p < end && text[p] == '=') {
            p++;
            while (p < end && byte_is_space(text[p]))
                p++;
            char quote = p < end && (text[p] == '"' || text[p] == '\'') ? text[p++] : 0;
            found.from = p;
            while (p < end && (quote ? text[p] != quote : !byte_is_space(text[p])))
                p++;
            found.to = p;
            p += quote && p < end;
        } else if (p == key) {
            p++;
        }
        if (key_to - key == want && strncasecmp(text + key, name, want) == 0) {
            *value = found;
            return true;
        }
    }
    return false;
}

bool character_is_wide(uint32_t c)
{
    if (c >= 0x4e00 && c <= 0x9fff)
        return true;
    if (c < 0x1100)
        return c == 0xb7;
    if (c >= 0x2010 && c <= 0x2030)
        return c == 0x2014 || c == 0x2018 || c == 0x2019 || c == 0x201c || c == 0x201d || c == 0x2026;
    if ((c >= 0x3001 && c <= 0x303e) || (c >= 0xff01 && c <= 0xff60))
        return true;
    return uc_width(c, "UTF-8") == 2;
}

/* Radicals, compatibility ideographs and vertical forms. */
uint32_t character_fold_rare(uint32_t c)
{
    if ((c >= 0x2e80 && c <= 0x2fdf) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f)) {
        int tag;
        ucs4_t to[UC_DECOMPOSITION_MAX_LENGTH];
        if (uc_decomposition(c, &tag, to) == 1)
            return character_fold(to[0]);
    }
    return c;
}

static size_t hole_first(const struct holes *holes, uint32_t at)
{
    size_t low = 0, high = holes->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (holes->items[middle].to <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint32_t hole_cut(const struct holes *holes, size_t hole, uint32_t to)
{
    return hole < holes->count && holes->items[hole].from < to ? holes->items[hole].from : to;
}

struct glyphs glyphs_of_holed(const struct document_text *document, struct span span)
{
    size_t hole = hole_first(&document->holes, span.from);
    return (struct glyphs){
        .document = document,
        .at = span.from,
        .to = span.to,
        .stop = hole_cut(&document->holes, hole, span.to),
        .hole = hole,
    };
}

/* Numbers in the C1 range mean what they mean in windows-1252, as in browsers. */
static uint32_t entity_number(uint32_t code)
{
    static const uint16_t c1[32] = {0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160,
                                    0x2039, 0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
                                    0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178};
    if (code >= 0x80 && code < 0xa0)
        return c1[code - 0x80];
    if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0xfffd;
    return code;
}

/* libxml2 looks through all its names, and documents use few of them. */
static const htmlEntityDesc *entity_named(const char *name, unsigned length)
{
    static _Thread_local struct {
        char name[ENTITY_NAME + 1];
        const htmlEntityDesc *entity;
    } seen[64];
    size_t slot = ((unsigned char)name[0] * 7u + (unsigned char)name[length / 2] * 3u + length) % 64;
    if (strcmp(seen[slot].name, name) != 0) {
        memcpy(seen[slot].name, name, length + 1);
        seen[slot].entity = htmlEntityLookup((const xmlChar *)name);
    }
    return seen[slot].entity;
}

/* An entity at text[at] == '&'; returns its end, or 0. */
static uint32_t entity_read(const char *text, uint32_t at, uint32_t to, uint32_t *code)
{
    uint32_t p = at + 1;
    if (p < to && text[p] == '#') {
        bool is_hex = ++p < to && (text[p] | 0x20) == 'x';
        p += is_hex;
        uint32_t value = 0, start = p;
        for (; p < to && p - start < 10; p++) {
            unsigned char c = (unsigned char)text[p];
            unsigned digit = c >= '0' && c <= '9' ? c - 48u : is_hex && (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10u : 99;
            if (digit == 99)
                break;
            value = value > 0x110000 ? value : value * (is_hex ? 16 : 10) + digit;
        }
        if (p == start)
            return 0;
        *code = entity_number(value);
        return p < to && text[p] == ';' ? p + 1 : p;
    }
    char name[ENTITY_NAME + 1];
    unsigned length = 0;
    while (p + length < to && length < sizeof name - 1 &&
           (is_letter((unsigned char)text[p + length]) || (text[p + length] >= '0' && text[p + length] <= '9')))
        name[length] = text[p + length], length++;
    name[length] = 0;
    if (p + length < to && text[p + length] == ';') {
        const htmlEntityDesc *entity = entity_named(name, length);
        if (entity) {
            *code = entity->value;
            return p + length + 1;
        }
    }
    /* The entities of Latin-1 also stand without a semicolon, glued to what follows. */
    for (length = length < 6 ? length : 6; length >= 2; length--) {
        name[length] = 0;
        const htmlEntityDesc *entity = entity_named(name, length);
        if (entity && entity->value < 256 && entity->value != '\'') {
            *code = entity->value;
            return p + length;
        }
    }
    return 0;
}

/* Behind the element that opens with `tag`, or 0 if it is not closed before `to`. */
static uint32_t element_end(const char *text, const struct tag *tag, uint32_t to)
{
    for (const char *p = text + tag->end; (p = memchr(p, '<', (size_t)(text + to - p))); p++) {
        struct tag closing;
        uint32_t at = (uint32_t)(p - text);
        if (tag_read(text, at, to, &closing) && closing.is_closing && strcmp(closing.name, tag->name) == 0)
            return closing.end;
    }
    return 0;
}

/* What the tag at glyphs->at shows; true if it shows something. */
static bool glyph_of_tag(struct glyphs *glyphs, struct glyph *glyph)
{
    const char *text = glyphs->document->text;
    struct tag tag;
    if (!tag_read(text, glyphs->at, glyphs->to, &tag)) {
        glyph->kind = GLYPH_CHARACTER;
        glyph->code = '<';
        glyph->at.to = ++glyphs->at;
        return true;
    }
    uint32_t at = glyphs->at;
    glyphs->at = tag.end;
    glyph->at.to = tag.end;
    if (tag_is(&tag, "p") || tag_is(&tag, "br") || tag_is(&tag, "div") || tag_is(&tag, "li")) {
        glyph->kind = GLYPH_BREAK;
        return true;
    }
    if (tag_is(&tag, "input") && !tag.is_closing) {
        struct span value;
        if (!tag_attribute(text, at, &tag, "type", &value) ||
            (strncasecmp(text + value.from, "checkbox", 8) && strncasecmp(text + value.from, "radio", 5)))
            return false;
        glyph->kind = tag_attribute(text, at, &tag, "checked", &value) ? GLYPH_CHECKED : GLYPH_UNCHECKED;
        return true;
    }
    bool is_sub = tag_is(&tag, "sub"), is_sup = tag_is(&tag, "sup");
    if ((is_sub || is_sup) && !tag.is_closing) {
        bool *has_none = is_sub ? &glyphs->has_no_sub : &glyphs->has_no_sup;
        uint32_t end = *has_none ? 0 : element_end(text, &tag, glyphs->to);
        if (end)
            glyphs->at = end;
        else
            *has_none = true;
    }
    return false;
}

struct glyph glyph_special(struct glyphs *glyphs)
{
    const char *text = glyphs->document->text;
    const struct holes *holes = &glyphs->document->holes;
    struct glyph glyph = {.kind = GLYPH_END};
    for (;;) {
        if (glyphs->at >= glyphs->stop) {
            if (glyphs->at >= glyphs->to || glyphs->hole >= holes->count)
                break;
            if (holes->items[glyphs->hole].to > glyphs->at)
                glyphs->at = holes->items[glyphs->hole].to;
            glyphs->stop = hole_cut(holes, ++glyphs->hole, glyphs->to);
            continue;
        }
        glyph.at.from = glyphs->at;
        if (text[glyphs->at] == '<') {
            if (glyph_of_tag(glyphs, &glyph))
                return glyph;
            continue;
        }
        uint32_t code, end = 0;
        if (text[glyphs->at] == '&')
            end = entity_read(text, glyphs->at, glyphs->to, &code);
        if (!end) {
            unsigned length;
            code = character_decode(text + glyphs->at, &length);
            end = glyphs->at + length;
        }
        glyphs->at = end;
        glyph.at.to = end;
        glyph.code = code;
        glyph.kind = character_is_space(code) ? GLYPH_SPACE : GLYPH_CHARACTER;
        return glyph;
    }
    glyph.at = (struct span){glyphs->to, glyphs->to};
    return glyph;
}

/* ---- runs of text in which every character is just itself ---- */

/* Bytes of a character by its first byte; 0 where the character may be white
 * space, and for what may begin markup. */
#define SURE_BYTES                                                                                       \
    [0 ... 8] = 1, [14 ... 0x1b] = 1, [0x21 ... '&' - 1] = 1, ['&' + 1 ... '<' - 1] = 1, ['<' + 1 ... 0x7f] = 1, \
    [0xc3 ... 0xdf] = 2, [0xe0] = 3, [0xe4 ... 0xee] = 3, [0xf0 ... 0xf4] = 4

/* … and whether it may be white space, by its first bytes: E1 9A 80, E2 8x xx, E3 80 80, C2 85, C2 A0. */
static inline unsigned visible_bytes(const unsigned char *at)
{
    static const unsigned char sure[256] = {SURE_BYTES, [0xef] = 3};
    unsigned length = sure[at[0]];
    if (length)
        return length;
    switch (at[0]) {
    case 0xe3: return at[1] != 0x80 || at[2] != 0x80 ? 3 : 0;
    case 0xe2: return at[1] > 0x81 || !character_is_space(0x2000u + ((at[1] & 1u) << 6) + (at[2] & 0x3fu)) ? 3 : 0;
    case 0xe1: return at[1] != 0x9a || at[2] != 0x80 ? 3 : 0;
    case 0xc2: return at[1] != 0x85 && at[1] != 0xa0 ? 2 : 0;
    default: return 0;
    }
}

/* The same of a character that folds to itself. */
static inline unsigned unfolded_bytes(const unsigned char *at)
{
    static const unsigned char sure[256] = {SURE_BYTES};
    unsigned length = sure[at[0]];
    if (length)
        return length;
    if (at[0] == 0xef)
        return (at[1] >= 0xa4 && at[1] <= 0xab) || at[1] == 0xb8 || at[1] == 0xb9 || at[1] == 0xbc || at[1] == 0xbd ? 0 : 3;
    return at[0] == 0xe2 && at[1] >= 0xba ? 0 : visible_bytes(at);
}

typedef uint32_t four __attribute__((vector_size(16)));
typedef unsigned char sixteen __attribute__((vector_size(16), may_alias));
typedef uint64_t two __attribute__((vector_size(16), may_alias));

static bool is_continuation(char c) { return ((unsigned char)c & 0xc0) == 0x80; }

/* The first byte that is not zero, as memory has them. */
static inline unsigned first_found(two found)
{
    unsigned half = found[0] ? 0 : 1;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return 8 * half + (unsigned)__builtin_ctzll(found[half]) / 8;
#else
    return 8 * half + (unsigned)__builtin_clzll(found[half]) / 8;
#endif
}

/* The end of the visible characters that stand at glyphs->at without markup. What
 * continues a character is no reason to stop, so bytes are looked at one by one;
 * sixteen at once, behind the run as well, as long as there is text. */
static uint32_t visible_run(const struct glyphs *glyphs)
{
    const unsigned char *text = (const unsigned char *)glyphs->document->text;
    uint32_t at = glyphs->at, stop = glyphs->stop, end = glyphs->document->length;
    while (at < stop) {
        if (end - at >= 16) {
            sixteen bytes;
            memcpy(&bytes, text + at, sizeof bytes);
            two found = (two)((sixteen)(bytes <= 0x20) | (sixteen)(bytes == '&') | (sixteen)(bytes == '<') | (sixteen)(bytes == 0xc2) |
                              ((sixteen)(bytes >= 0xe1) & (sixteen)(bytes <= 0xe3)));
            if (!(found[0] | found[1])) {
                at += 16;
                continue;
            }
            at += first_found(found);
            if (at >= stop)
                break;
        }
        unsigned length = is_continuation((char)text[at]) ? 1 : visible_bytes(text + at);
        if (!length)
            return at;
        at += length;
    }
    return stop;
}

static bool has_markup(const struct document_text *document, struct span span)
{
    const char *from = document->text + span.from;
    size_t length = span.to - span.from;
    return document->holes.count || memchr(from, '<', length) || memchr(from, '&', length);
}

bool text_is_whole(const struct document_text *document, struct span span)
{
    const struct holes *const lists[] = {&document->holes, &document->invalid};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        size_t hole = lists[i]->count ? hole_first(lists[i], span.from) : 0;
        if (hole < lists[i]->count && lists[i]->items[hole].from < span.to)
            return false;
    }
    return true;
}

static bool is_space_at(const char *at)
{
    unsigned length;
    return character_is_space(character_decode(at, &length));
}

struct span text_trim(const struct document_text *document, struct span span)
{
    struct span seen = {span.from, span.from};
    while (span.from < span.to && document->text[span.from] == ' ')
        span.from++;
    while (span.from < span.to && document->text[span.to - 1] == ' ')
        span.to--;
    if (span_is_empty(span))
        return seen;
    struct glyphs start = glyphs_of(document, span);
    if (visible_run(&start) == span.to)
        return span;
    if (!has_markup(document, span)) {
        const char *text = document->text;
        while (span.from < span.to && is_space_at(text + span.from))
            do
                span.from++;
            while (is_continuation(text[span.from]));
        if (span.from >= span.to)
            return seen;
        for (uint32_t last = span.to;; span.to = last) {
            do
                last--;
            while (is_continuation(text[last]));
            if (!is_space_at(text + last))
                return span;
        }
    }
    bool is_first = true;
    struct glyphs glyphs = glyphs_of(document, span);
    for (struct glyph g; (g = glyph_next(&glyphs)).kind != GLYPH_END;) {
        if (g.kind == GLYPH_SPACE || g.kind == GLYPH_BREAK)
            continue;
        if (is_first)
            seen.from = g.at.from;
        is_first = false;
        seen.to = g.at.to;
    }
    return seen;
}

static bool is_wide_at(const char *at)
{
    unsigned length;
    return character_is_wide(character_decode(at, &length));
}

/* What parts two pieces of text: a paragraph's edge, or a blank that counts. */
static char *part(char *at, const char *next, bool is_broken)
{
    if (is_broken) {
        *at++ = '\n';
        return at;
    }
    const char *last = at - 1;
    while (is_continuation(*last))
        last--;
    if (!(is_wide_at(last) && is_wide_at(next)))
        *at++ = ' ';
    return at;
}

const char *text_normal(const struct document_text *document, struct arena *arena, const struct span *spans, size_t count)
{
    size_t room = 1;
    for (size_t i = 0; i < count; i++)
        room += (spans[i].to - spans[i].from) + 4;
    char *out = arena_room(arena, room), *at = out;
    bool is_spaced = false, is_broken = false;
    for (size_t i = 0; i < count; i++) {
        struct glyphs glyphs = glyphs_of(document, spans[i]);
        for (;;) {
            uint32_t end = visible_run(&glyphs);
            if (end > glyphs.at) {
                const char *run = document->text + glyphs.at;
                if ((is_spaced || is_broken) && at > out)
                    at = part(at, run, is_broken);
                memcpy(at, run, end - glyphs.at);
                at += end - glyphs.at;
                glyphs.at = end;
                is_spaced = is_broken = false;
            }
            if (end >= glyphs.to)
                break;
            struct glyph g = glyph_next(&glyphs);
            if (g.kind == GLYPH_END)
                break;
            if (g.kind == GLYPH_SPACE) {
                is_spaced = true;
            } else if (g.kind == GLYPH_BREAK) {
                is_broken = true;
            } else if (g.kind == GLYPH_CHARACTER) {
                char bytes[4];
                unsigned length = character_encode(g.code, bytes);
                if ((is_spaced || is_broken) && at > out)
                    at = part(at, bytes, is_broken);
                memcpy(at, bytes, length);
                at += length;
                is_spaced = is_broken = false;
            }
        }
    }
    *at = 0;
    return out;
}

/* Characters in bytes that begin and end with a whole one. */
static size_t characters_in(const char *text, size_t length)
{
    size_t count = length;
    for (; length >= 8; text += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, text, sizeof word);
        count -= (size_t)((word >> 7 & ~(word >> 6) & 0x0101010101010101u) * 0x0101010101010101u >> 56);
    }
    for (; length; length--)
        count -= is_continuation(*text++);
    return count;
}

size_t text_characters(const struct document_text *document, struct span span)
{
    size_t count = 0;
    struct glyphs glyphs = glyphs_of(document, span);
    for (;;) {
        uint32_t end = visible_run(&glyphs);
        count += characters_in(document->text + glyphs.at, end - glyphs.at);
        glyphs.at = end;
        if (end >= glyphs.to)
            return count;
        struct glyph g = glyph_next(&glyphs);
        if (g.kind == GLYPH_END)
            return count;
        count += g.kind == GLYPH_CHARACTER;
    }
}

bool text_has_characters(const struct document_text *document, struct span span)
{
    struct glyphs glyphs = glyphs_of(document, span);
    for (;;) {
        struct glyph g = glyph_next(&glyphs);
        if (g.kind == GLYPH_END || g.kind == GLYPH_CHARACTER)
            return g.kind == GLYPH_CHARACTER;
    }
}

size_t text_pieces(const struct document_text *document, struct span span, struct span *pieces, size_t room)
{
    const struct holes *holes = &document->holes;
    size_t count = 0;
    if (holes->count)
        for (size_t i = hole_first(holes, span.from); i < holes->count && holes->items[i].from < span.to; i++) {
            if (holes->items[i].from > span.from && count + 1 < room)
                pieces[count++] = (struct span){span.from, holes->items[i].from};
            if (holes->items[i].to > span.from)
                span.from = holes->items[i].to;
        }
    if (span.from < span.to && count < room)
        pieces[count++] = span;
    return count;
}

/* NFKC of a character that neither joins nor orders itself with its neighbours; 0 of any other. */
static uint32_t compatible(uint32_t code)
{
    if (code < 0x80 || (code >= 0x4e00 && code <= 0x9fff) || (code >= 0x3000 && code <= 0x3011) ||
        (code >= 0x2014 && code <= 0x201d && code != 0x2017) || code == 0x2264 || code == 0x2265)
        return code;
    return code >= 0xff01 && code <= 0xff5e ? code - 0xfee0 : 0;
}

const char *text_loose(struct arena *arena, const char *text)
{
    /* most texts are ideographs and signs of ASCII, and so their own normal form */
    const unsigned char *sure = (const unsigned char *)text;
    while ((*sure > 0x20 && *sure < 0x80) || (*sure >= 0xe4 && *sure <= 0xe9))
        sure += *sure < 0x80 ? 1 : 3;
    if (!*sure)
        return text;
    size_t length = strlen(text);
    char *simple = arena_room(arena, length + 1), *to = simple;
    const char *p = text;
    while (*p) {
        unsigned n;
        uint32_t code = character_decode(p, &n), plain = compatible(code);
        if (!plain)
            break;
        p += n;
        if (!character_is_space(plain))
            to += character_encode(plain, to);
    }
    *to = 0;
    if (!*p)
        return simple;
    uint8_t *folded = u8_normalize(UNINORM_NFKC, (const uint8_t *)text, length, NULL, &length);
    if (!folded)
        return text;
    char *out = arena_room(arena, length + 1), *at = out;
    for (size_t i = 0; i < length;) {
        unsigned n;
        uint32_t code = character_decode((const char *)folded + i, &n);
        if (!character_is_space(code)) {
            memcpy(at, folded + i, n);
            at += n;
        }
        i += n;
    }
    *at = 0;
    free(folded);
    return out;
}

static inline void view_place(struct view *view, unsigned at, uint32_t from, unsigned length, bool has_places)
{
    if (!has_places)
        return;
    four begins = {from, from, from, from}, ends = begins + length;
    memcpy(view->at + at, &begins, sizeof begins);
    memcpy(view->to + at, &ends, sizeof ends);
    memset(view->is_gapped + at, 0, 4);
}

/* Inlined twice, so that the one without places has no steps for them. */
__attribute__((always_inline)) static inline void view_fill(struct view *view, const struct document_text *document, struct span span, bool has_places)
{
    view->length = 0;
    view->is_whole = true;
    view->has_break = false;
    bool is_gapped = false;
    const char *text = document->text;
    struct glyphs glyphs = glyphs_of(document, span);
    for (;;) {
        /* a run of characters that stand in the view as in the source */
        uint32_t from = glyphs.at, end = from;
        unsigned first = view->length, at = first;
        const unsigned char *bytes = (const unsigned char *)text;
        unsigned n;
        do {
            /* of one length each, so that none waits for the one before */
            for (; end < glyphs.stop && at <= VIEW_ROOM - 4 && bytes[end] >= 0xe4 && bytes[end] <= 0xee; end += 3, at += 3)
                view_place(view, at, end, 3, has_places);
            for (; end < glyphs.stop && at <= VIEW_ROOM - 4 && bytes[end] < 0x80 && unfolded_bytes(bytes + end); end++, at++)
                view_place(view, at, end, 1, has_places);
            n = end < glyphs.stop && at <= VIEW_ROOM - 4 ? unfolded_bytes(bytes + end) : 0;
            if (n) {
                view_place(view, at, end, n, has_places);
                end += n;
                at += n;
            }
        } while (n);
        if (end > from) {
            memcpy(view->text + first, text + from, end - from);
            if (has_places)
                view->is_gapped[first] = is_gapped;
            view->length = at;
            glyphs.at = end;
            is_gapped = false;
        }
        if (end >= glyphs.to)
            break;
        struct glyph g = glyph_next(&glyphs);
        if (g.kind == GLYPH_END)
            break;
        if (g.kind != GLYPH_CHARACTER) {
            is_gapped = true;
            view->has_break |= g.kind == GLYPH_BREAK;
            /* A check box ends what can be a label. */
            if (g.kind == GLYPH_CHECKED || g.kind == GLYPH_UNCHECKED) {
                view->is_whole = false;
                break;
            }
            continue;
        }
        if (view->length + 4 > VIEW_ROOM) {
            view->is_whole = false;
            break;
        }
        n = character_encode(character_fold(g.code), view->text + at);
        for (unsigned i = 0; i < n && has_places; i++) {
            view->at[at + i] = g.at.from;
            view->to[at + i] = g.at.to;
            view->is_gapped[at + i] = is_gapped && i == 0;
        }
        view->length += n;
        is_gapped = false;
    }
    if (has_places) {
        view->at[view->length] = view->length ? view->to[view->length - 1] : span.from;
        view->is_gapped[view->length] = true;
    }
    view->text[view->length] = 0;
}

void view_build(struct view *view, const struct document_text *document, struct span span) { view_fill(view, document, span, true); }

void view_read(struct view *view, const struct document_text *document, struct span span) { view_fill(view, document, span, false); }

uint32_t text_first_glyph(const struct document_text *document, struct span span)
{
    struct glyphs glyphs = glyphs_of(document, span);
    struct glyph glyph;
    do
        glyph = glyph_next(&glyphs);
    while (glyph.kind == GLYPH_SPACE || glyph.kind == GLYPH_BREAK);
    return glyph.kind == GLYPH_CHARACTER ? character_fold(glyph.code) : 0;
}
