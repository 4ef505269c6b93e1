/* JSON and JSON Lines: how a tree of nodes becomes members is in docs/output.md.
 * A declaration at a time is built and dumped, so memory stays flat. */
#include <jansson.h>
#include <stdlib.h>

#include "write.h"

/* Members of a node's object that are neither attributes nor children. */
static const char element_key[] = "element", text_key[] = "text", provenance_key[] = "provenance";

/* Children that the vocabulary repeats: arrays even where there is one. */
static const char *const repeated[] = {"option", "phase"};

static json_t *have(json_t *json)
{
    if (!json)
        memory_exhausted();
    return json;
}

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, have(value));
}

static void push(json_t *array, json_t *value) { json_array_append_new(array, have(value)); }

static json_t *pair(const struct byte_range *range)
{
    return json_pack("[II]", (json_int_t)range->from, (json_int_t)range->to);
}

static json_t *provenance_object(const struct source *source, const struct provenance *provenance,
                                 bool has_value)
{
    json_t *object = have(json_object());
    struct byte_range range;
    if (has_value) {
        struct byte_ranges ranges = byte_ranges(source, &provenance->bytes);
        json_t *bytes = NULL, *also = NULL;
        while (byte_ranges_next(&ranges, &range)) {
            if (!bytes) {
                put(object, "bytes", bytes = json_array());
                unsigned line, column;
                source_place(source, range.offset, &line, &column);
                put(object, "line", json_integer(line));
                put(object, "column", json_integer(column));
            }
            push(bytes, pair(&range));
        }
        for (size_t i = 0; i < provenance->also.count; i++)
            if (byte_range_whole(source, provenance->also.items[i], &range)) {
                if (!also)
                    put(object, "also", also = json_array());
                push(also, pair(&range));
            }
    }
    if (!span_is_empty(provenance->mark) && byte_range_whole(source, provenance->mark, &range))
        put(object, "mark", pair(&range));
    const struct {
        const char *key, *value;
    } members[] = {
        {"rule", provenance->rule},
        {"label", provenance->label},
        {"raw", provenance->raw},
        {"by", provenance->by},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (members[i].value)
            put(object, members[i].key, json_string(members[i].value));
    return object;
}

static bool is_repeated(const char *name)
{
    for (size_t i = 0; i < sizeof repeated / sizeof *repeated; i++)
        if (strcmp(repeated[i], name) == 0)
            return true;
    return false;
}

/* Adds a child under its name, in an array if there is to be more than one. */
static void put_child(json_t *object, const char *name, json_t *child)
{
    json_t *old = json_object_get(object, name);
    if (!old && is_repeated(name)) {
        put(object, name, old = json_array());
        push(old, child);
    } else if (!old) {
        put(object, name, child);
    } else if (json_is_array(old)) {
        push(old, child);
    } else {
        json_t *array = have(json_array());
        json_array_append(array, old);
        push(array, child);
        put(object, name, array);
    }
}

static json_t *node_object(const struct source *source, const struct node *node, const char *element)
{
    json_t *object = have(json_object());
    bool has_value = node->value && *node->value;
    if (element)
        put(object, element_key, json_string(element));
    for (const struct attribute *attribute = node->attributes; attribute; attribute = attribute->next)
        if (attribute->value)
            put(object, attribute->name, json_string(attribute->value));
    if (has_value)
        put(object, text_key, json_string(node->value));
    else if (!node->first)
        put(object, text_key, json_null());
    for (const struct node *child = node->first; child; child = child->next)
        put_child(object, child->name, node_object(source, child, NULL));
    if (node->provenance)
        put(object, provenance_key, provenance_object(source, node->provenance, has_value));
    return object;
}

/* A block is the list of what is in it; a value that stands in place of a block is its one item. */
static void extend(json_t *array, const struct source *source, const struct node *block)
{
    for (const struct node *item = block->first; item; item = item->next)
        push(array, node_object(source, item, item->name));
    if (!block->first && (block->value || block->provenance))
        push(array, node_object(source, block, block->name));
}

static json_t *list(const struct source *source, const struct node *block)
{
    json_t *array = have(json_array());
    if (block)
        extend(array, source, block);
    return array;
}

static void put_declaration(json_t *object, const struct source *source, const struct node *declaration)
{
    for (const struct attribute *attribute = declaration->attributes; attribute; attribute = attribute->next)
        if (attribute->value)
            put(object, attribute->name, json_string(attribute->value));
    for (const struct node *block = declaration->first; block; block = block->next) {
        json_t *array = json_object_get(object, block->name);
        if (!json_is_array(array))
            put(object, block->name, array = json_array());
        extend(array, source, block);
    }
}

/* Where a dump goes, and how far its lines are moved in. */
struct sink {
    struct buffer *out;
    size_t indent;
};

static int add_chunk(const char *chunk, size_t size, void *data)
{
    static const char blanks[] = "    ";
    struct sink *sink = data;
    for (const char *end = chunk + size; chunk < end;) {
        const char *feed = sink->indent ? memchr(chunk, '\n', (size_t)(end - chunk)) : NULL;
        const char *to = feed ? feed + 1 : end;
        buffer_add(sink->out, chunk, (size_t)(to - chunk));
        if (feed)
            buffer_add(sink->out, blanks, sink->indent);
        chunk = to;
    }
    return 0;
}

/* Writes and releases. */
static void dump(struct buffer *out, json_t *json, bool is_compact, size_t indent)
{
    struct sink sink = {out, indent};
    size_t style = is_compact ? JSON_COMPACT : JSON_INDENT(2);
    json_dump_callback(have(json), add_chunk, &sink, JSON_ENCODE_ANY | style);
    json_decref(json);
}

static void add_key(struct writer *writer, const char *key, bool is_first)
{
    struct buffer *out = writer->out;
    if (!is_first)
        buffer_char(out, ',');
    buffer_text(out, writer->is_compact ? "\"" : "\n  \"");
    buffer_text(out, key);
    buffer_text(out, writer->is_compact ? "\":" : "\": ");
}

static void add_member(struct writer *writer, const char *key, json_t *value, bool is_first)
{
    add_key(writer, key, is_first);
    dump(writer->out, value, writer->is_compact, 2);
}

static json_t *href_of(const struct writer *writer)
{
    char *href = writer_href(writer);
    json_t *string = have(json_string(href));
    free(href);
    return string;
}

static void begin(struct writer *writer, const struct node *title)
{
    const struct source *source = writer->source;
    json_t *object = have(json_object());
    put(object, "href", href_of(writer));
    put(object, "sha256", json_string(source->sha256));
    put(object, "bytes", json_integer((json_int_t)source->size));
    put(object, "media-type", json_string(source->media_type));
    put(object, "encoding", json_string(encoding_names[source->encoding]));
    buffer_char(writer->out, '{');
    add_member(writer, "version", json_string(VOCABULARY_VERSION), true);
    add_member(writer, "generator", json_string("shenbao " SHENBAO_VERSION), false);
    add_member(writer, "source", object, false);
    add_member(writer, "title", title ? node_object(source, title, NULL) : json_null(), false);
    add_key(writer, "declarations", false);
    buffer_char(writer->out, '[');
}

static void declaration(struct writer *writer, const struct node *node)
{
    json_t *object = have(json_object());
    put_declaration(object, writer->source, node);
    if (writer->declarations)
        buffer_char(writer->out, ',');
    if (!writer->is_compact)
        buffer_text(writer->out, "\n    ");
    dump(writer->out, object, writer->is_compact, 4);
}

static void end(struct writer *writer, const struct node *residue, const struct node *findings)
{
    if (writer->declarations && !writer->is_compact)
        buffer_text(writer->out, "\n  ");
    buffer_char(writer->out, ']');
    add_member(writer, "residue", list(writer->source, residue), false);
    add_member(writer, "findings", list(writer->source, findings), false);
    buffer_text(writer->out, writer->is_compact ? "}\n" : "\n}\n");
}

const struct format_functions write_json = {begin, declaration, end};

static void begin_lines(struct writer *writer, const struct node *title)
{
    (void)writer;
    (void)title;
}

static void declaration_line(struct writer *writer, const struct node *node)
{
    json_t *object = have(json_object()), *source = have(json_object());
    put(source, "href", href_of(writer));
    put(source, "sha256", json_string(writer->source->sha256));
    put(object, "source", source);
    put_declaration(object, writer->source, node);
    dump(writer->out, object, true, 0);
    buffer_char(writer->out, '\n');
}

static void end_lines(struct writer *writer, const struct node *residue, const struct node *findings)
{
    (void)writer;
    (void)residue;
    (void)findings;
}

const struct format_functions write_jsonl = {begin_lines, declaration_line, end_lines};
