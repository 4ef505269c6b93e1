/* Writers: one file per output format, and none of them decides anything.
 *
 * An extraction is written in pieces so that memory does not grow with the
 * document: begin, one call per declaration in order, end. `declaration` nodes
 * carry their attributes (id, kind, coverage) and children; `residue` is the
 * top-level <residue> node or NULL, `findings` the document-level <findings>
 * node or NULL (both written after the last declaration). */
#ifndef SHENBAO_WRITE_H
#define SHENBAO_WRITE_H

#include "../base/buffer.h"
#include "../read/source.h"
#include "../record.h"

enum format { FORMAT_XML, FORMAT_JSON, FORMAT_JSONL, FORMAT_CSV, FORMATS };
extern const char *const format_names[FORMATS]; /* xml json jsonl csv; also the file suffixes */

struct writer {
    enum format format;
    bool is_compact;   /* no indentation (XML, JSON) */
    bool is_unchecked; /* what is written was not checked */
    const struct source *source;
    struct buffer *out;
    size_t declarations; /* written so far */
    struct source_cursor cursor;
};

void write_begin(struct writer *writer, const struct node *title);
void write_declaration(struct writer *writer, const struct node *declaration);
void write_end(struct writer *writer, const struct node *residue, const struct node *findings);

/* What each format file provides (write.c holds the table). */
struct format_functions {
    void (*begin)(struct writer *, const struct node *title);
    void (*declaration)(struct writer *, const struct node *declaration);
    void (*end)(struct writer *, const struct node *residue, const struct node *findings);
};
extern const struct format_functions write_xml, write_json, write_jsonl, write_csv;

/* Where spans lie on disk: in their order, less the parts that were undecodable,
 * ranges that touch joined to one.
 *
 *     struct byte_ranges ranges = byte_ranges(source, &spans);
 *     for (struct byte_range range; byte_ranges_next(&ranges, &range);) …
 */
struct byte_range {
    size_t from, to;
    uint32_t offset; /* of the first character in the source's text */
};

struct byte_ranges {
    const struct source *source;
    const struct span *span, *end;
    uint32_t done; /* of *span */
    struct byte_range ahead;
    bool is_ahead;
};

struct byte_ranges byte_ranges(const struct source *source, const struct spans *spans);
bool byte_ranges_next(struct byte_ranges *ranges, struct byte_range *range);

/* The range of one span; false if it is empty or parts of it were undecodable. */
bool byte_range_whole(const struct source *source, struct span span, struct byte_range *range);

/* source->href in UTF-8: of a file name in another encoding, the bytes that are
 * not UTF-8 stand as %XX. Released with free(). */
char *writer_href(const struct writer *writer);

#ifndef SHENBAO_VERSION
#define SHENBAO_VERSION "0.1.0"
#endif

#define VOCABULARY_VERSION "1"
#define VOCABULARY_NAMESPACE "urn:shenbao:1"
#define PROVENANCE_NAMESPACE "urn:shenbao:provenance:1"

#endif
