#include "text.h"

#include <libxml/HTMLparser.h>
#include <string.h>
#include <strings.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistd.h>
#include <uniwidth.h>

static bool is_letter(unsigned char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

bool tag_read(const char *text, uint32_t at, uint32_t to, struct tag *tag)
{
    uint32_t name = at + 1;
    bool is_closing = name < to && text[name] == '/';
    name += is_closing;
    if (name >= to || !is_letter((unsigned char)text[name]))
        return false;
    uint32_t end = name;
    while (end < to && text[end] != '<' && text[end] != '>')
        end++;
    if (end >= to || text[end] != '>')
        return false;
    uint32_t name_to = name;
    unsigned length = 0;
    for (; name_to < end && (is_letter((unsigned char)text[name_to]) || (text[name_to] >= '0' && text[name_to] <= '9'));
         name_to++)
        if (length < sizeof tag->name - 1)
            tag->name[length++] = (char)(text[name_to] | (is_letter((unsigned char)text[name_to]) ? 0x20 : 0));
    tag->name[length] = 0;
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
        while (p < end && (character_is_space((unsigned char)text[p]) || text[p] == '/'))
            p++;
        uint32_t key = p;
        while (p < end && !character_is_space((unsigned char)text[p]) && text[p] != '=' && text[p] != '/')
            p++;
        uint32_t key_to = p;
        while (p < end && character_is_space((unsigned char)text[p]))
            p++;
        struct span found = {p, p};
        if (p < end && text[p] == '=') {
            p++;
            while (p < end && character_is_space((unsigned char)text[p]))
                p++;
            char quote = p < end && (text[p] == '"' || text[p] == '\'') ? text[p++] : 0;
            found.from = p;
            while (p < end && (quote ? text[p] != quote : !character_is_space((unsigned char)text[p])))
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

bool character_is_space(uint32_t c)
{
    if (c < 0x80)
        return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x1f);
    return c == 0x85 || c == 0xa0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200a) || c == 0x1680 || c == 0x2028 ||
           c == 0x2029 || c == 0x202f || c == 0x205f;
}

bool character_is_wide(uint32_t c)
{
    if (c < 0x1100)
        return c == 0xb7;
    if (c >= 0x4e00 && c <= 0x9fff)
        return true;
    if (c >= 0x2010 && c <= 0x2030)
        return c == 0x2014 || c == 0x2018 || c == 0x2019 || c == 0x201c || c == 0x201d || c == 0x2026;
    if ((c >= 0x3001 && c <= 0x303e) || (c >= 0xff01 && c <= 0xff60))
        return true;
    return uc_width(c, "UTF-8") == 2;
}

uint32_t character_fold(uint32_t c)
{
    if (c < 0x2e80)
        return c;
    if (c >= 0xff01 && c <= 0xff5e)
        return c - 0xfee0;
    if ((c >= 0x2e80 && c <= 0x2fdf) || (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f)) {
        int tag;
        ucs4_t to[UC_DECOMPOSITION_MAX_LENGTH];
        if (uc_decomposition(c, &tag, to) == 1)
            return character_fold(to[0]);
    }
    return c;
}

unsigned character_encode(uint32_t c, char *bytes)
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

uint32_t character_decode(const char *bytes, unsigned *length)
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

struct glyphs glyphs_of(const struct document_text *document, struct span span)
{
    return (struct glyphs){
        .document = document,
        .at = span.from,
        .to = span.to,
        .hole = document->holes.count ? hole_first(&document->holes, span.from) : 0,
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
    char name[16];
    unsigned length = 0;
    while (p + length < to && length < sizeof name - 1 &&
           (is_letter((unsigned char)text[p + length]) || (text[p + length] >= '0' && text[p + length] <= '9')))
        name[length] = text[p + length], length++;
    name[length] = 0;
    if (p + length < to && text[p + length] == ';') {
        const htmlEntityDesc *entity = htmlEntityLookup((const xmlChar *)name);
        if (entity) {
            *code = entity->value;
            return p + length + 1;
        }
    }
    /* The entities of Latin-1 also stand without a semicolon, glued to what follows. */
    for (length = length < 6 ? length : 6; length >= 2; length--) {
        name[length] = 0;
        const htmlEntityDesc *entity = htmlEntityLookup((const xmlChar *)name);
        if (entity && entity->value < 256 && entity->value != '\'') {
            *code = entity->value;
            return p + length;
        }
    }
    return 0;
}

static bool name_is(const struct tag *tag, const char *name) { return strcmp(tag->name, name) == 0; }

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
    if (name_is(&tag, "p") || name_is(&tag, "br") || name_is(&tag, "div") || name_is(&tag, "li")) {
        glyph->kind = GLYPH_BREAK;
        return true;
    }
    if (name_is(&tag, "input") && !tag.is_closing) {
        struct span value;
        if (!tag_attribute(text, at, &tag, "type", &value) ||
            (strncasecmp(text + value.from, "checkbox", 8) && strncasecmp(text + value.from, "radio", 5)))
            return false;
        glyph->kind = tag_attribute(text, at, &tag, "checked", &value) ? GLYPH_CHECKED : GLYPH_UNCHECKED;
        return true;
    }
    bool is_sub = name_is(&tag, "sub"), is_sup = name_is(&tag, "sup");
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

struct glyph glyph_next(struct glyphs *glyphs)
{
    const char *text = glyphs->document->text;
    const struct holes *holes = &glyphs->document->holes;
    struct glyph glyph = {.kind = GLYPH_END, .at = {glyphs->to, glyphs->to}};
    while (glyphs->at < glyphs->to) {
        if (glyphs->hole < holes->count && holes->items[glyphs->hole].from <= glyphs->at) {
            if (holes->items[glyphs->hole].to > glyphs->at)
                glyphs->at = holes->items[glyphs->hole].to;
            glyphs->hole++;
            continue;
        }
        glyph.at.from = glyphs->at;
        unsigned char c = (unsigned char)text[glyphs->at];
        if (c == '<') {
            if (glyph_of_tag(glyphs, &glyph))
                return glyph;
            continue;
        }
        uint32_t code, end = 0;
        if (c == '&')
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
    glyph.at.from = glyph.at.to;
    return glyph;
}

struct span text_trim(const struct document_text *document, struct span span)
{
    struct span seen = {span.from, span.from};
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

const char *text_normal(const struct document_text *document, struct arena *arena, const struct span *spans, size_t count)
{
    size_t room = 1;
    for (size_t i = 0; i < count; i++)
        room += (spans[i].to - spans[i].from) + 4;
    char *out = arena_alloc(arena, room + room / 2), *at = out;
    bool is_spaced = false, is_broken = false, was_wide = false;
    for (size_t i = 0; i < count; i++) {
        struct glyphs glyphs = glyphs_of(document, spans[i]);
        for (struct glyph g; (g = glyph_next(&glyphs)).kind != GLYPH_END;) {
            if (g.kind == GLYPH_SPACE) {
                is_spaced = true;
            } else if (g.kind == GLYPH_BREAK) {
                is_broken = true;
            } else if (g.kind == GLYPH_CHARACTER) {
                bool is_wide = character_is_wide(g.code);
                if (at > out) {
                    if (is_broken)
                        *at++ = '\n';
                    else if (is_spaced && !(was_wide && is_wide))
                        *at++ = ' ';
                }
                is_spaced = is_broken = false;
                at += character_encode(g.code, at);
                was_wide = is_wide;
            }
        }
    }
    *at = 0;
    return out;
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

const char *text_loose(struct arena *arena, const char *text)
{
    size_t length;
    uint8_t *folded = u8_normalize(UNINORM_NFKC, (const uint8_t *)text, strlen(text), NULL, &length);
    if (!folded)
        return text;
    char *out = arena_alloc(arena, length + 1), *at = out;
    for (size_t i = 0; i < length;) {
        unsigned n;
        uint32_t code = character_decode((const char *)folded + i, &n);
        if (!character_is_space(code)) {
            memcpy(at, folded + i, n);
            at += n;
        }
        i += n;
    }
    free(folded);
    return out;
}

void view_build(struct view *view, const struct document_text *document, struct span span)
{
    view->length = 0;
    view->is_whole = true;
    view->has_break = false;
    bool is_gapped = false;
    struct glyphs glyphs = glyphs_of(document, span);
    for (struct glyph g; (g = glyph_next(&glyphs)).kind != GLYPH_END;) {
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
        unsigned n = character_encode(character_fold(g.code), view->text + view->length);
        for (unsigned i = 0; i < n; i++) {
            view->at[view->length + i] = g.at.from;
            view->to[view->length + i] = g.at.to;
            view->is_gapped[view->length + i] = is_gapped && i == 0;
        }
        view->length += n;
        is_gapped = false;
    }
    view->at[view->length] = view->length ? view->to[view->length - 1] : span.from;
    view->is_gapped[view->length] = true;
    view->text[view->length] = 0;
}
