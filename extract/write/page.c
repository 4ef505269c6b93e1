/* The data of the page is one JSON object in a script element that is never run; every
 * text in it is escaped so that it cannot end the element. page/page.js draws from it. */
#include "page.h"

#include <nettle/base64.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#include "../check.h"
#include "../extract.h"
#include "../grid.h"
#include "../read/read.h"
#include "../text.h"
#include "page_parts.h"

/* Offsets in UTF-16 units, which is how the page counts, of offsets in UTF-8. */
enum { WIDE_STEP = 256 };
struct wide {
    const char *text;
    uint32_t length;
    uint32_t *counts; /* units before each step */
};

static uint32_t wide_count(const char *text, uint32_t from, uint32_t to)
{
    uint32_t count = 0;
    for (uint32_t i = from; i < to; i++) {
        unsigned char byte = (unsigned char)text[i];
        count += (byte & 0xc0) != 0x80;
        count += byte >= 0xf0;
    }
    return count;
}

static struct wide wide_build(const char *text, uint32_t length)
{
    struct wide wide = {text, length, memory_resize(NULL, (length / WIDE_STEP + 1) * sizeof(uint32_t))};
    wide.counts[0] = 0;
    for (uint32_t i = 1; i <= length / WIDE_STEP; i++)
        wide.counts[i] = wide.counts[i - 1] + wide_count(text, (i - 1) * WIDE_STEP, i * WIDE_STEP);
    return wide;
}

static uint32_t wide_offset(const struct wide *wide, uint32_t offset)
{
    uint32_t step = offset / WIDE_STEP;
    return wide->counts[step] + wide_count(wide->text, step * WIDE_STEP, offset);
}

/* A printed label, to be found by its text. */
struct heading {
    const char *text;
    uint32_t from;
};

struct drawing {
    struct page *page;
    const struct source *source;
    struct document_text document;
    struct wide wide;
    struct arena arena; /* of the document */
    struct heading *headings;
    size_t heading_count;
    size_t declarations;
    bool is_page;
};

/* ---- JSON ---- */

static void put_text(struct buffer *out, const char *text, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    buffer_char(out, '"');
    size_t from = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        bool is_separator = c == 0xe2 && i + 2 < length && (unsigned char)text[i + 1] == 0x80 &&
                            ((unsigned char)text[i + 2] & 0xfe) == 0xa8; /* U+2028, U+2029 */
        if (c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c != 0x7f && !is_separator)
            continue;
        buffer_add(out, text + from, i - from);
        if (c == '"' || c == '\\') {
            buffer_char(out, '\\');
            buffer_char(out, (char)c);
        } else if (c == '\n') {
            buffer_text(out, "\\n");
        } else if (c == '\t') {
            buffer_text(out, "\\t");
        } else if (is_separator) {
            buffer_text(out, (unsigned char)text[i + 2] & 1 ? "\\u2029" : "\\u2028");
            i += 2;
        } else {
            buffer_text(out, "\\u00");
            buffer_char(out, digits[c >> 4]);
            buffer_char(out, digits[c & 15]);
        }
        from = i + 1;
    }
    buffer_add(out, text + from, length - from);
    buffer_char(out, '"');
}

static void put_string(struct buffer *out, const char *text) { put_text(out, text, strlen(text)); }

static void put_literal(struct buffer *out, const char *text) { buffer_text(out, text); }

/* ,"key": with the comma where it is needed. */
static void put_key(struct buffer *out, const char *key)
{
    char last = out->length ? out->bytes[out->length - 1] : ',';
    if (last != '{' && last != '[')
        buffer_char(out, ',');
    buffer_char(out, '"');
    buffer_text(out, key);
    put_literal(out, "\":");
}

static void put_comma(struct buffer *out, bool is_first)
{
    if (!is_first)
        buffer_char(out, ',');
}

static void put_member(struct buffer *out, const char *key, const char *value)
{
    if (!value)
        return;
    put_key(out, key);
    put_string(out, value);
}

static void put_span(const struct drawing *drawing, struct span span)
{
    struct buffer *out = drawing->page->out;
    buffer_number(out, wide_offset(&drawing->wide, span.from));
    buffer_char(out, ',');
    buffer_number(out, wide_offset(&drawing->wide, span.to));
}

static void put_spans(const struct drawing *drawing, const char *key, const struct span *spans, size_t count)
{
    if (!count)
        return;
    struct buffer *out = drawing->page->out;
    put_key(out, key);
    buffer_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        put_comma(out, i == 0);
        put_span(drawing, spans[i]);
    }
    buffer_char(out, ']');
}

static void put_bytes(const struct drawing *drawing, const struct spans *spans)
{
    struct buffer *out = drawing->page->out;
    struct byte_ranges ranges = byte_ranges(drawing->source, spans);
    bool is_first = true;
    for (struct byte_range range; byte_ranges_next(&ranges, &range); is_first = false) {
        if (is_first) {
            put_key(out, "y");
            buffer_char(out, '[');
        } else {
            buffer_char(out, ',');
        }
        buffer_number(out, range.from);
        buffer_char(out, ',');
        buffer_number(out, range.to);
    }
    if (!is_first)
        buffer_char(out, ']');
}

/* ---- labels ---- */

static int heading_compare(const void *a, const void *b)
{
    const struct heading *first = a, *second = b;
    int order = strcmp(first->text, second->text);
    return order ? order : first->from < second->from ? -1 : first->from > second->from;
}

/* Where a label that is printed from there on ends; 0 where it is not printed there. */
static uint32_t label_end(const struct document_text *document, uint32_t from, const char *label)
{
    enum { MOST = 4096 };
    struct glyphs glyphs = glyphs_of(document, (struct span){from, document->length - from < MOST ? document->length : from + MOST});
    uint32_t end = 0;
    for (const char *at = label; *at;) {
        unsigned length;
        uint32_t code = character_decode(at, &length);
        if (character_is_space(code)) {
            at += length;
            continue;
        }
        struct glyph glyph = glyph_next(&glyphs);
        if (glyph.kind == GLYPH_SPACE || glyph.kind == GLYPH_BREAK)
            continue;
        if (glyph.kind != GLYPH_CHARACTER || glyph.code != code)
            return 0;
        end = glyph.at.to;
        at += length;
    }
    return end;
}

/* The label beside a statement stands where the statement begins; a column's heading is
 * the last one of that text above. */
static struct span label_find(const struct drawing *drawing, const struct node *node)
{
    const struct provenance *provenance = node->provenance;
    struct span none = {0, 0};
    if (!provenance->label || !*provenance->label)
        return none;
    uint32_t value = provenance->bytes.count ? provenance->bytes.items[0].from : UINT32_MAX;
    if (node->order && node->order - 1 != value) {
        uint32_t end = label_end(&drawing->document, node->order - 1, provenance->label);
        if (end)
            return (struct span){node->order - 1, end};
    }
    size_t low = 0, high = drawing->heading_count;
    struct heading key = {provenance->label, value};
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (heading_compare(&drawing->headings[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || strcmp(drawing->headings[low - 1].text, provenance->label) != 0)
        return none;
    uint32_t from = drawing->headings[low - 1].from, end = label_end(&drawing->document, from, provenance->label);
    return end ? (struct span){from, end} : none;
}

/* ---- the source as it was read ---- */

static bool has_markup(const struct drawing *drawing, struct span span)
{
    const char *text = drawing->source->text + span.from;
    size_t length = span.to - span.from;
    return memchr(text, '<', length) || memchr(text, '&', length) || (drawing->is_page && memchr(text, '\n', length));
}

/* What is printed in a cell with markup: from, to, and the text where it is not that of
 * the source (0 where it is). */
static void put_runs(const struct drawing *drawing, struct span span)
{
    struct buffer *out = drawing->page->out;
    struct glyphs glyphs = glyphs_of(&drawing->document, span);
    struct span plain = {0, 0};
    bool is_first = true;
    put_literal(out, ",[");
    for (;;) {
        struct glyph glyph = glyph_next(&glyphs);
        char bytes[4];
        const char *instead = NULL;
        size_t length = 0;
        bool is_plain = false;
        switch (glyph.kind) {
        case GLYPH_END:
            break;
        case GLYPH_CHARACTER:
            length = character_encode(glyph.code, bytes);
            is_plain = glyph.at.to - glyph.at.from == length &&
                       memcmp(drawing->source->text + glyph.at.from, bytes, length) == 0;
            instead = bytes;
            break;
        case GLYPH_SPACE:
            instead = " ";
            length = 1;
            break;
        case GLYPH_BREAK:
            instead = "\n";
            length = 1;
            break;
        case GLYPH_CHECKED:
            instead = "☑";
            length = 3;
            break;
        case GLYPH_UNCHECKED:
            instead = "☐";
            length = 3;
            break;
        }
        if (!span_is_empty(plain) && (!is_plain || glyph.at.from != plain.to)) {
            put_comma(out, is_first);
            is_first = false;
            put_span(drawing, plain);
            put_literal(out, ",0");
            plain = (struct span){0, 0};
        }
        if (glyph.kind == GLYPH_END)
            break;
        if (is_plain) {
            plain = (struct span){span_is_empty(plain) ? glyph.at.from : plain.from, glyph.at.to};
            continue;
        }
        put_comma(out, is_first);
        is_first = false;
        put_span(drawing, glyph.at);
        buffer_char(out, ',');
        put_text(out, instead, length);
    }
    buffer_char(out, ']');
}

/* [from, to, column, width, is covered, label from, label to, runs] */
static void put_cell(struct drawing *drawing, const struct cell *cell)
{
    struct buffer *out = drawing->page->out;
    buffer_char(out, '[');
    put_span(drawing, (struct span){cell->from, cell->to > cell->from ? cell->to : cell->from});
    buffer_char(out, ',');
    buffer_number(out, cell->column);
    buffer_char(out, ',');
    buffer_number(out, cell->width ? cell->width : 1);
    put_literal(out, cell->flags & CELL_COVERED ? ",1" : ",0");
    struct span label = {cell->label_from, cell->label_to};
    bool has_label = cell->meaning && !span_is_empty(label);
    bool has_runs = !cell_is_blank(cell) && has_markup(drawing, cell_span(cell));
    if (has_label || has_runs) {
        buffer_char(out, ',');
        put_span(drawing, has_label ? label : (struct span){0, 0});
    }
    if (has_runs)
        put_runs(drawing, cell_span(cell));
    buffer_char(out, ']');
}

/* [kind, table, heading level, line, is notice, [cells]] */
static void put_rows(struct drawing *drawing, const struct grid *grid)
{
    struct buffer *out = drawing->page->out;
    struct source_cursor cursor = {0};
    array_of(struct heading) headings = {0};
    put_key(out, "rows");
    buffer_char(out, '[');
    for (uint32_t r = 0; r < grid->rows.count; r++) {
        const struct row *row = &grid->rows.items[r];
        put_comma(out, r == 0);
        buffer_char(out, '[');
        buffer_number(out, row->kind);
        buffer_char(out, ',');
        buffer_number(out, row->table);
        buffer_char(out, ',');
        buffer_number(out, row->level);
        buffer_char(out, ',');
        if (row->count)
            source_place_next(drawing->source, &cursor, grid->cells.items[row->first].from);
        buffer_number(out, cursor.line);
        put_literal(out, row->is_notice ? ",1,[" : ",0,[");
        for (uint32_t c = 0; c < row->count; c++) {
            const struct cell *cell = &grid->cells.items[row->first + c];
            put_comma(out, c == 0);
            put_cell(drawing, cell);
            struct span label = {cell->label_from, cell->label_to};
            if (cell->meaning && !span_is_empty(label))
                *array_push(&headings) =
                    (struct heading){text_normal(&drawing->document, &drawing->arena, &label, 1), label.from};
        }
        put_literal(out, "]]");
    }
    buffer_char(out, ']');
    if (headings.count)
        qsort(headings.items, headings.count, sizeof *headings.items, heading_compare);
    drawing->headings = headings.items;
    drawing->heading_count = headings.count;
}

/* ---- facts ---- */

/* n: name, v: value, a: attributes, c: children; and of its provenance s: spans, y: bytes,
 * o: further statements, m: mark, l: label, g: its span, r: raw, u: rule, w: by. */
static void put_node(struct drawing *drawing, const struct node *node)
{
    struct buffer *out = drawing->page->out;
    put_literal(out, "{\"n\":");
    put_string(out, node->name);
    if (node->value && *node->value)
        put_member(out, "v", node->value);
    if (node->attributes) {
        put_key(out, "a");
        buffer_char(out, '{');
        for (const struct attribute *attribute = node->attributes; attribute; attribute = attribute->next)
            put_member(out, attribute->name, attribute->value);
        buffer_char(out, '}');
    }
    const struct provenance *provenance = node->provenance;
    if (provenance) {
        put_spans(drawing, "s", provenance->bytes.items, provenance->bytes.count);
        put_bytes(drawing, &provenance->bytes);
        put_spans(drawing, "o", provenance->also.items, provenance->also.count);
        if (!span_is_empty(provenance->mark))
            put_spans(drawing, "m", &provenance->mark, 1);
        put_member(out, "l", provenance->label);
        struct span label = label_find(drawing, node);
        if (!span_is_empty(label))
            put_spans(drawing, "g", &label, 1);
        put_member(out, "r", provenance->raw);
        put_member(out, "u", provenance->rule);
        put_member(out, "w", provenance->by);
    }
    if (node->first) {
        put_key(out, "c");
        buffer_char(out, '[');
        for (const struct node *child = node->first; child; child = child->next) {
            put_comma(out, child == node->first);
            put_node(drawing, child);
        }
        buffer_char(out, ']');
    }
    buffer_char(out, '}');
}

static void put_children(struct drawing *drawing, const char *key, const struct node *parent)
{
    struct buffer *out = drawing->page->out;
    put_key(out, key);
    buffer_char(out, '[');
    for (const struct node *child = parent ? parent->first : NULL; child; child = child->next) {
        put_comma(out, child == parent->first);
        put_node(drawing, child);
    }
    buffer_char(out, ']');
}

/* ---- findings ---- */

/* k: rule, e: severity, zh, en: message, x: difference, t: sides, each with d: document,
 * f: declaration, p: path of what was stated, s: where, for what is no fact. */
static void put_finding(struct page *page, const struct drawing *drawing, const struct finding *finding,
                        size_t (*document)(void *context, const struct form *form), struct arena *arena,
                        struct path_places *places)
{
    struct buffer *out = page->out;
    put_literal(out, "{\"k\":");
    put_string(out, checks[finding->check].name);
    put_member(out, "e", severity_names[finding->severity]);
    put_member(out, "zh", finding->zh);
    put_member(out, "en", finding->en);
    put_member(out, "x", finding->difference);
    put_key(out, "t");
    buffer_char(out, '[');
    for (size_t i = 0; i < finding->side_count; i++) {
        const struct side *side = &finding->sides[i];
        put_comma(out, i == 0);
        put_literal(out, "{\"d\":");
        buffer_number(out, drawing ? page->documents : document ? document(page->context, side->form) : 0);
        put_member(out, "f", side->form ? form_id(side->form) : NULL);
        const struct node *node = side->node;
        if (node && node->parent && strcmp(node->parent->name, "findings") == 0) {
            if (node->provenance && drawing)
                put_spans(drawing, "s", node->provenance->bytes.items, node->provenance->bytes.count);
        } else if (node) {
            put_member(out, "p", correction_path(arena, node, places));
        }
        buffer_char(out, '}');
    }
    put_literal(out, "]}");
}

/* What was only read: its message holds both languages. */
static void put_read_finding(struct drawing *drawing, const struct node *node, const char *declaration)
{
    struct buffer *out = drawing->page->out;
    const char *rule = node_get(node, "rule"), *severity = node_get(node, "severity");
    put_literal(out, "{\"k\":");
    put_string(out, rule ? rule : "");
    put_member(out, "e", severity ? severity : "info");
    put_member(out, "zh", node->value ? node->value : "");
    put_literal(out, ",\"t\":[{\"d\":");
    buffer_number(out, drawing->page->documents);
    put_member(out, "f", declaration);
    if (node->provenance)
        put_spans(drawing, "s", node->provenance->bytes.items, node->provenance->bytes.count);
    put_literal(out, "}]}");
}

static void put_read_findings(struct drawing *drawing, const struct node *findings, const char *declaration)
{
    struct buffer *out = drawing->page->out;
    for (const struct node *node = findings ? findings->first : NULL; node; node = node->next) {
        put_comma(out, node == findings->first);
        put_read_finding(drawing, node, declaration);
    }
}

/* ---- one document ---- */

static bool is_aside(const char *name) { return strcmp(name, "residue") == 0 || strcmp(name, "findings") == 0; }

static void begin_drawing(void *context, const struct node *title)
{
    struct drawing *drawing = context;
    struct buffer *out = drawing->page->out;
    if (title) {
        put_key(out, "title");
        put_node(drawing, title);
    }
    put_key(out, "declarations");
    buffer_char(out, '[');
}

static void draw_form(void *context, const struct form *form, const struct findings *findings)
{
    struct drawing *drawing = context;
    struct buffer *out = drawing->page->out;
    const struct node *declaration = form->declaration;
    struct arena arena = {0};
    struct path_places places = {0};
    put_comma(out, drawing->declarations++ == 0);
    put_literal(out, "{\"id\":");
    put_string(out, form_id(form));
    put_member(out, "kind", node_get(declaration, "kind"));
    put_member(out, "coverage", node_get(declaration, "coverage"));
    put_key(out, "blocks");
    buffer_char(out, '[');
    bool is_first = true;
    for (const struct node *block = declaration->first; block; block = block->next) {
        if (is_aside(block->name))
            continue;
        put_comma(out, is_first);
        is_first = false;
        put_node(drawing, block);
    }
    buffer_char(out, ']');
    put_children(drawing, "residue", node_child(declaration, "residue"));
    put_key(out, "findings");
    buffer_char(out, '[');
    is_first = true;
    for (size_t i = 0; i < findings->items.count; i++) {
        if (findings->items.items[i].verdict != VERDICT_FAIL)
            continue;
        put_comma(out, is_first);
        is_first = false;
        put_finding(drawing->page, drawing, &findings->items.items[i], NULL, &arena, &places);
    }
    if (!findings->items.count)
        put_read_findings(drawing, node_child(declaration, "findings"), form_id(form));
    put_literal(out, "]}");
    if (drawing->page->keep)
        drawing->page->keep(drawing->page->context, form, drawing->page->documents);
    arena_release(&arena);
}

static void end_drawing(void *context, const struct node *residue, const struct node *findings)
{
    struct drawing *drawing = context;
    struct buffer *out = drawing->page->out;
    buffer_char(out, ']');
    put_children(drawing, "residue", residue);
    put_key(out, "findings");
    buffer_char(out, '[');
    put_read_findings(drawing, findings, NULL);
    buffer_char(out, ']');
}

static void put_corrections(struct page *page, const struct source *source)
{
    const struct corrected_source *corrected =
        page->corrections ? corrections_find(page->corrections, source->sha256) : NULL;
    if (!corrected)
        return;
    struct buffer *out = page->out;
    put_key(out, "corrections");
    buffer_char(out, '[');
    for (size_t i = 0; i < corrected->items.count; i++) {
        const struct correction *correction = &corrected->items.items[i];
        put_comma(out, i == 0);
        put_literal(out, "{\"declaration\":");
        put_string(out, correction->declaration);
        put_member(out, "path", correction->path);
        put_member(out, "was", correction->was);
        put_member(out, "value", correction->value);
        put_member(out, "state", correction_states[correction->state]);
        put_member(out, "note", correction->note);
        put_member(out, "who", correction->who);
        put_member(out, "when", correction->when);
        buffer_char(out, '}');
    }
    buffer_char(out, ']');
}

void page_document(struct page *page, const struct source *source)
{
    struct buffer *out = page->out;
    struct drawing drawing = {
        .page = page,
        .source = source,
        .document = {.text = source->text, .length = source->length, .invalid = {source->invalid, source->invalid_count}},
        .wide = wide_build(source->text, source->length),
        .is_page = source_is_page(source),
    };
    put_comma(out, page->documents == 0);
    struct writer writer = {.source = source};
    char *href = writer_href(&writer);
    put_literal(out, "\n{\"path\":");
    put_string(out, href);
    free(href);
    put_member(out, "sha256", source->sha256);
    put_member(out, "encoding", encoding_names[source->encoding]);
    put_member(out, "type", source->media_type);
    put_key(out, "bytes");
    buffer_number(out, source->size);
    put_key(out, "text");
    put_text(out, source->text, source->length);

    struct grid grid = {.document = &drawing.document, .grammar = page->grammar};
    read_document(&grid, drawing.is_page);
    /* The reader finds what is never visible; labels are looked for around it. */
    put_rows(&drawing, &grid);
    const struct sink sink = {
        .context = &drawing, .begin = begin_drawing, .declaration = draw_form, .end = end_drawing};
    extract_to(source, page->grammar, &sink, NULL);
    put_corrections(page, source);
    buffer_char(out, '}');
    page->documents++;
    free(drawing.headings);
    free(drawing.wide.counts);
    grid_release(&grid);
    arena_release(&drawing.arena);
}

/* ---- the frame ---- */

static void put_hash(struct buffer *out, const char *text, size_t length)
{
    struct sha256_ctx context;
    uint8_t digest[SHA256_DIGEST_SIZE];
    char encoded[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE)];
    sha256_init(&context);
    sha256_update(&context, length, (const uint8_t *)text);
    sha256_digest(&context, sizeof digest, digest);
    base64_encode_raw(encoded, sizeof digest, digest);
    put_literal(out, "'sha256-");
    buffer_add(out, encoded, sizeof encoded);
    buffer_char(out, '\'');
}

/* Writes the template up to a mark, @mark@, and returns what is behind it. */
static const char *put_until(struct buffer *out, const char *template, const char *mark)
{
    const char *at = strstr(template, mark);
    if (!at) {
        put_literal(out, template);
        return template + strlen(template);
    }
    buffer_add(out, template, (size_t)(at - template));
    return at + strlen(mark);
}

void page_begin(struct page *page)
{
    struct buffer *out = page->out;
    const char *at = put_until(out, (const char *)page_html, "@policy@");
    put_literal(out, "default-src 'none'; base-uri 'none'; form-action 'none'; script-src ");
    put_hash(out, (const char *)page_js, page_js_length);
    put_literal(out, "; style-src ");
    put_hash(out, (const char *)page_css, page_css_length);
    at = put_until(out, at, "@style@");
    buffer_add(out, (const char *)page_css, page_css_length);
    put_until(out, at, "@data@");
    put_literal(out, "{\"version\":1,\"generator\":\"shenbao " SHENBAO_VERSION "\",\"checks\":{");
    for (size_t i = 0; i < CHECKS; i++) {
        put_key(out, checks[i].name);
        put_literal(out, "[");
        put_string(out, checks[i].zh);
        buffer_char(out, ',');
        put_string(out, checks[i].en);
        buffer_char(out, ']');
    }
    put_literal(out, "},\"documents\":[");
}

void page_findings(struct page *page, const struct findings *findings,
                   size_t (*document)(void *context, const struct form *form))
{
    struct buffer *out = page->out;
    struct arena arena = {0};
    struct path_places places = {0};
    put_literal(out, page->has_findings ? "" : "],\"findings\":[");
    for (size_t i = 0; i < findings->items.count; i++) {
        if (findings->items.items[i].verdict != VERDICT_FAIL)
            continue;
        put_comma(out, !page->has_findings);
        page->has_findings = true;
        put_finding(page, NULL, &findings->items.items[i], document, &arena, &places);
    }
    page->has_findings = true;
    arena_release(&arena);
}

void page_end(struct page *page)
{
    struct buffer *out = page->out;
    put_literal(out, page->has_findings ? "]}" : "],\"findings\":[]}");
    const char *at = strstr((const char *)page_html, "@data@") + strlen("@data@");
    at = put_until(out, at, "@script@");
    buffer_add(out, (const char *)page_js, page_js_length);
    put_literal(out, at);
}
