/* The XML is written by hand: no tree, no formatting calls, text copied in runs. */
#include <stdint.h>
#include <stdlib.h>

#include "write.h"

enum { COMPACT = -1, INDENT = 2 };

#define add_literal(out, literal) buffer_add((out), (literal), sizeof(literal) - 1)

/* 0xEF starts the full-width forms as well as the two characters that XML forbids. */
#define SPECIAL [0 ... 0x08] = true, [0x0B ... 0x1F] = true, [0xEF] = true, ['&'] = true, ['<'] = true

static const bool special_in_text[256] = {SPECIAL, ['>'] = true};
static const bool special_in_attribute[256] = {SPECIAL, ['"'] = true, ['\t'] = true, ['\n'] = true};

enum { SPECIAL_MOST = 6, STRETCH = 4096 }; /* bytes of an escape; bytes escaped at a time */

static char *put_special(char *to, unsigned char c)
{
    switch (c) {
    case '&': return mempcpy(to, "&amp;", 5);
    case '<': return mempcpy(to, "&lt;", 4);
    case '>': return mempcpy(to, "&gt;", 4);
    case '"': return mempcpy(to, "&quot;", 6);
    case '\t': return mempcpy(to, "&#9;", 4);
    case '\n': return mempcpy(to, "&#10;", 5);
    case '\r': return mempcpy(to, "&#13;", 5);
    default: return mempcpy(to, "\xEF\xBF\xBD", 3);
    }
}

typedef unsigned char sixteen __attribute__((vector_size(16), may_alias));
typedef uint64_t two __attribute__((vector_size(16), may_alias));

/* Whether none of the bytes is special anywhere; `next` are the bytes one further. */
static inline bool is_plain(sixteen bytes, sixteen next)
{
    two found = (two)((sixteen)(bytes < 0x20) | (sixteen)(bytes == '&') | (sixteen)(bytes == '<') | (sixteen)(bytes == '>') |
                      (sixteen)(bytes == '"') | ((sixteen)(bytes == 0xEF) & (sixteen)(next == 0xBF)));
    return !(found[0] | found[1]);
}

static char *put_bytes(char *to, const unsigned char *at, const unsigned char *end, const bool *is_special)
{
    for (; at < end; at++) {
        if (!is_special[*at] || (*at == 0xEF && !(at[1] == 0xBF && at[2] >= 0xBE))) {
            *to++ = (char)*at;
            continue;
        }
        to = put_special(to, *at);
        at += *at == 0xEF ? 2 : 0; /* U+FFFE, U+FFFF */
    }
    return to;
}

static inline uint64_t load8(const unsigned char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static inline uint32_t load4(const unsigned char *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Less than sixteen bytes: both ends are looked at, which may overlap. */
static char *put_short(char *to, const unsigned char *at, size_t length, const bool *is_special)
{
    two ends, behind;
    if (length >= 8) {
        ends = (two){load8(at), load8(at + length - 8)};
        behind = (two){load8(at + 1), load8(at + length - 7)};
    } else if (length >= 4) {
        ends = (two){load4(at), load4(at + length - 4)} | ((two){0x20202020, 0x20202020} << 32);
        behind = (two){load4(at + 1), load4(at + length - 3)};
    } else {
        return put_bytes(to, at, at + length, is_special);
    }
    if (!is_plain((sixteen)ends, (sixteen)behind))
        return put_bytes(to, at, at + length, is_special);
    if (length >= 8) {
        memcpy(to, at, 8);
        memcpy(to + length - 8, at + length - 8, 8);
    } else {
        memcpy(to, at, 4);
        memcpy(to + length - 4, at + length - 4, 4);
    }
    return to + length;
}

/* Copies a text of `length` bytes, behind which another byte stands. */
static char *put_escaped(char *to, const unsigned char *at, size_t length, const bool *is_special)
{
    const unsigned char *end = at + length;
    for (; end - at >= 16; at += 16) {
        sixteen bytes, next;
        memcpy(&bytes, at, sizeof bytes);
        memcpy(&next, at + 1, sizeof next);
        if (is_plain(bytes, next)) {
            memcpy(to, &bytes, sizeof bytes);
            to += 16;
            continue;
        }
        const unsigned char *stop = at + 16; /* behind a whole character, lest half of one be judged */
        while (stop < end && (*stop & 0xC0) == 0x80)
            stop++;
        to = put_bytes(to, at, stop, is_special);
        at = stop - 16;
    }
    return put_short(to, at, (size_t)(end - at), is_special);
}

static void add_long(struct buffer *out, const unsigned char *at, size_t left, const bool *is_special)
{
    while (left) {
        size_t length = left < STRETCH ? left : STRETCH;
        while (length < left && (at[length] & 0xC0) == 0x80)
            length++;
        char *to = buffer_room(out, length * SPECIAL_MOST);
        buffer_wrote(out, put_escaped(to, at, length, is_special));
        at += length;
        left -= length;
    }
}

static void add_text(struct buffer *out, const char *text)
{
    size_t length = strlen(text);
    if (length <= STRETCH)
        buffer_wrote(out, put_escaped(buffer_room(out, length * SPECIAL_MOST), (const unsigned char *)text, length, special_in_text));
    else
        add_long(out, (const unsigned char *)text, length, special_in_text);
}

static void add_named(struct buffer *out, const char *name, size_t name_length, const char *value)
{
    size_t length = strlen(value);
    char *to = buffer_room(out, name_length + 4 + (length <= STRETCH ? length * SPECIAL_MOST : 0));
    *to++ = ' ';
    to = mempcpy(to, name, name_length);
    *to++ = '=';
    *to++ = '"';
    if (length <= STRETCH) {
        to = put_escaped(to, (const unsigned char *)value, length, special_in_attribute);
    } else {
        buffer_wrote(out, to);
        add_long(out, (const unsigned char *)value, length, special_in_attribute);
        to = buffer_room(out, 1);
    }
    *to++ = '"';
    buffer_wrote(out, to);
}

#define add_attribute(out, literal, value) add_named((out), (literal), sizeof(literal) - 1, (value))

#define put_literal(to, literal) ((char *)memcpy((to), (literal), sizeof(literal) - 1) + sizeof(literal) - 1)

enum { RANGE_MOST = 2 * NUMBER_MOST + 2 };

static char *put_range(char *to, const struct byte_range *range)
{
    to = number_put(to, range->from);
    *to++ = '-';
    return number_put(to, range->to);
}

static void add_range(struct buffer *out, const struct byte_range *range)
{
    buffer_wrote(out, put_range(buffer_room(out, RANGE_MOST), range));
}

static void add_bytes(struct writer *writer, const struct spans *bytes)
{
    struct buffer *out = writer->out;
    struct byte_ranges ranges = byte_ranges(writer->source, bytes);
    struct byte_range range;
    bool is_whole = bytes->count == 1 && byte_range_whole(writer->source, bytes->items[0], &range);
    if (!is_whole && !byte_ranges_next(&ranges, &range))
        return;
    uint32_t first = range.offset;
    char *to = put_literal(buffer_room(out, 16 + RANGE_MOST), " p:bytes=\"");
    buffer_wrote(out, put_range(to, &range));
    while (!is_whole && byte_ranges_next(&ranges, &range)) {
        buffer_char(out, ' ');
        add_range(out, &range);
    }
    source_place_next(writer->source, &writer->cursor, first);
    to = put_literal(buffer_room(out, 16 + 2 * NUMBER_MOST), "\" p:at=\"");
    to = number_put(to, writer->cursor.line);
    *to++ = ':';
    to = number_put(to, writer->cursor.column);
    *to++ = '"';
    buffer_wrote(out, to);
}

/* Each range is a statement of its own, so they are never joined. */
static void add_also(struct buffer *out, const struct source *source, const struct spans *also)
{
    bool is_open = false;
    struct byte_range range;
    for (size_t i = 0; i < also->count; i++)
        if (byte_range_whole(source, also->items[i], &range)) {
            if (is_open)
                buffer_char(out, ' ');
            else
                add_literal(out, " p:also=\"");
            is_open = true;
            add_range(out, &range);
        }
    if (is_open)
        buffer_char(out, '"');
}

static void add_provenance(struct writer *writer, const struct provenance *provenance, bool has_value)
{
    struct buffer *out = writer->out;
    const struct source *source = writer->source;
    if (has_value) {
        add_bytes(writer, &provenance->bytes);
        if (provenance->also.count)
            add_also(out, source, &provenance->also);
    }
    struct byte_range mark;
    if (!span_is_empty(provenance->mark) && byte_range_whole(source, provenance->mark, &mark)) {
        add_literal(out, " p:mark=\"");
        add_range(out, &mark);
        buffer_char(out, '"');
    }
    if (provenance->rule)
        add_attribute(out, "p:rule", provenance->rule);
    if (provenance->label)
        add_attribute(out, "p:label", provenance->label);
    if (provenance->raw)
        add_attribute(out, "p:raw", provenance->raw);
    if (provenance->by)
        add_attribute(out, "p:by", provenance->by);
}

static void add_indent(struct buffer *out, int depth)
{
    static const char blanks[] = "                                ";
    if (depth == COMPACT)
        return;
    size_t width = (size_t)depth * INDENT;
    buffer_add(out, blanks, width < sizeof blanks - 1 ? width : sizeof blanks - 1);
}

static void add_node(struct writer *writer, const struct node *node, int depth)
{
    struct buffer *out = writer->out;
    size_t name_length = strlen(node->name);
    bool has_value = node->value && *node->value;
    add_indent(out, depth);
    char *to = buffer_room(out, name_length + 1);
    *to++ = '<';
    buffer_wrote(out, mempcpy(to, node->name, name_length));
    for (const struct attribute *attribute = node->attributes; attribute; attribute = attribute->next)
        if (attribute->value)
            add_named(out, attribute->name, strlen(attribute->name), attribute->value);
    if (node->provenance)
        add_provenance(writer, node->provenance, has_value);
    if (!has_value && !node->first)
        add_literal(out, "/>");
    else {
        buffer_char(out, '>');
        /* White space beside text would become part of it. */
        int below = has_value || depth == COMPACT ? COMPACT : depth + 1;
        if (has_value)
            add_text(out, node->value);
        if (node->first && below != COMPACT)
            buffer_char(out, '\n');
        for (const struct node *child = node->first; child; child = child->next)
            add_node(writer, child, below);
        if (node->first)
            add_indent(out, below == COMPACT ? COMPACT : depth);
        to = mempcpy(buffer_room(out, name_length + 4), "</", 2);
        to = mempcpy(to, node->name, name_length);
        *to++ = '>';
        buffer_wrote(out, to);
    }
    if (depth != COMPACT)
        buffer_char(out, '\n');
}

static int depth_one(const struct writer *writer) { return writer->is_compact ? COMPACT : 1; }

static void add_source(struct writer *writer)
{
    const struct source *source = writer->source;
    struct buffer *out = writer->out;
    char *href = writer_href(writer);
    add_indent(out, depth_one(writer));
    add_literal(out, "<source");
    add_attribute(out, "href", href);
    add_attribute(out, "sha256", source->sha256);
    add_literal(out, " bytes=\"");
    buffer_number(out, source->size);
    buffer_char(out, '"');
    add_attribute(out, "media-type", source->media_type);
    add_attribute(out, "encoding", encoding_names[source->encoding]);
    add_literal(out, "/>");
    if (!writer->is_compact)
        buffer_char(out, '\n');
    free(href);
}

static void begin(struct writer *writer, const struct node *title)
{
    struct buffer *out = writer->out;
    add_literal(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    if (!writer->is_compact)
        buffer_char(out, '\n');
    add_literal(out, "<extraction xmlns=\"" VOCABULARY_NAMESPACE "\" xmlns:p=\"" PROVENANCE_NAMESPACE
                     "\" version=\"" VOCABULARY_VERSION "\" generator=\"shenbao " SHENBAO_VERSION "\">");
    if (!writer->is_compact)
        buffer_char(out, '\n');
    add_source(writer);
    if (title)
        add_node(writer, title, depth_one(writer));
}

static void declaration(struct writer *writer, const struct node *node)
{
    add_node(writer, node, depth_one(writer));
}

static void end(struct writer *writer, const struct node *residue, const struct node *findings)
{
    if (residue)
        add_node(writer, residue, depth_one(writer));
    if (findings)
        add_node(writer, findings, depth_one(writer));
    add_literal(writer->out, "</extraction>\n");
}

const struct format_functions write_xml = {begin, declaration, end};
