#include "write.h"

#include <stdlib.h>

const char *const format_names[FORMATS] = {
    [FORMAT_XML] = "xml",
    [FORMAT_JSON] = "json",
    [FORMAT_JSONL] = "jsonl",
    [FORMAT_CSV] = "csv",
};

static const struct format_functions *const formats[FORMATS] = {
    [FORMAT_XML] = &write_xml,
    [FORMAT_JSON] = &write_json,
    [FORMAT_JSONL] = &write_jsonl,
    [FORMAT_CSV] = &write_csv,
};

void write_begin(struct writer *writer, const struct node *title)
{
    writer->declarations = 0;
    writer->cursor = (struct source_cursor){0};
    formats[writer->format]->begin(writer, title);
}

void write_declaration(struct writer *writer, const struct node *declaration)
{
    formats[writer->format]->declaration(writer, declaration);
    writer->declarations++;
}

void write_end(struct writer *writer, const struct node *residue, const struct node *findings)
{
    formats[writer->format]->end(writer, residue, findings);
}

/* Index of the first undecodable part that ends behind the offset. */
static size_t invalid_behind(const struct source *source, uint32_t offset)
{
    size_t low = 0, high = source->invalid_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (source->invalid[middle].to > offset)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The first decodable piece of *span that does not start before `from`; empty if there is none. */
static struct span valid_piece(const struct source *source, const struct span *span, uint32_t from)
{
    struct span piece = {from > span->from ? from : span->from, span->to};
    if (source->invalid_count == 0)
        return piece;
    size_t i = invalid_behind(source, piece.from);
    for (; i < source->invalid_count && source->invalid[i].from <= piece.from; i++)
        piece.from = source->invalid[i].to;
    if (i < source->invalid_count && source->invalid[i].from < piece.to)
        piece.to = source->invalid[i].from;
    return piece;
}

static struct byte_range range_of(const struct source *source, struct span span)
{
    return (struct byte_range){source_byte(source, span.from), source_byte(source, span.to), span.from};
}

struct byte_ranges byte_ranges(const struct source *source, const struct spans *spans)
{
    return (struct byte_ranges){.source = source, .span = spans->items, .end = spans->count ? spans->items + spans->count : spans->items};
}

static bool piece_next(struct byte_ranges *ranges, struct byte_range *range)
{
    for (; ranges->span < ranges->end; ranges->span++, ranges->done = 0) {
        struct span piece = valid_piece(ranges->source, ranges->span, ranges->done);
        if (!span_is_empty(piece)) {
            ranges->done = piece.to;
            *range = range_of(ranges->source, piece);
            return true;
        }
    }
    return false;
}

bool byte_ranges_next(struct byte_ranges *ranges, struct byte_range *range)
{
    if (ranges->is_ahead)
        *range = ranges->ahead;
    else if (!piece_next(ranges, range))
        return false;
    while ((ranges->is_ahead = piece_next(ranges, &ranges->ahead)) && ranges->ahead.from == range->to)
        range->to = ranges->ahead.to;
    return true;
}

bool byte_range_whole(const struct source *source, struct span span, struct byte_range *range)
{
    struct span piece = valid_piece(source, &span, 0);
    if (span_is_empty(span) || piece.from != span.from || piece.to != span.to)
        return false;
    *range = range_of(source, span);
    return true;
}

/* Length of the UTF-8 character there, 0 if there is none. */
static size_t character_length(const unsigned char *at)
{
    static const struct {
        unsigned char first, last, second_first, second_last, length;
    } forms[] = {
        {0x01, 0x7F, 0x00, 0xFF, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (at[0] >= forms[i].first && at[0] <= forms[i].last && at[1] >= forms[i].second_first &&
            at[1] <= forms[i].second_last) {
            for (size_t k = 2; k < forms[i].length; k++)
                if ((at[k] & 0xC0) != 0x80)
                    return 0;
            return forms[i].length;
        }
    return 0;
}

char *writer_href(const struct writer *writer)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *href = writer->source->href ? writer->source->href : "-";
    char *copy = memory_resize(NULL, strlen(href) * 3 + 1), *to = copy;
    for (const unsigned char *at = (const unsigned char *)href; *at;) {
        size_t length = character_length(at);
        if (length) {
            memcpy(to, at, length);
            to += length;
            at += length;
        } else {
            *to++ = '%';
            *to++ = digits[*at >> 4];
            *to++ = digits[*at++ & 15];
        }
    }
    *to = '\0';
    return copy;
}
