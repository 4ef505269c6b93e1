/* RFC 4180, one row a value: see docs/output.md. */
#include <stdlib.h>

#include "../base/array.h"
#include "csv.h"
#include "write.h"

/* What all rows of a declaration share, and where in it we are. */
struct table {
    const struct writer *writer;
    struct buffer *out;
    struct buffer lead; /* source and declaration, with their commas */
    struct buffer path;
    size_t block; /* length of the path's first step */
};

void csv_field(struct buffer *out, const char *text, size_t length)
{
    bool is_plain = true;
    for (size_t i = 0; i < length && is_plain; i++)
        is_plain = text[i] != ',' && text[i] != '"' && text[i] != '\n' && text[i] != '\r';
    if (is_plain) {
        buffer_add(out, text, length);
        return;
    }
    buffer_char(out, '"');
    for (const char *end = text + length; text < end;) {
        const char *quote = memchr(text, '"', (size_t)(end - text));
        const char *to = quote ? quote + 1 : end;
        buffer_add(out, text, (size_t)(to - text));
        if (quote)
            buffer_char(out, '"');
        text = to;
    }
    buffer_char(out, '"');
}

static void add_bytes(struct table *table, const struct node *node)
{
    if (!node->provenance || !node->value || !*node->value) {
        buffer_char(table->out, ',');
        return;
    }
    struct byte_ranges ranges = byte_ranges(table->writer->source, &node->provenance->bytes);
    struct byte_range range;
    bool is_first = true;
    uint32_t first = 0;
    while (byte_ranges_next(&ranges, &range)) {
        if (is_first)
            first = range.offset;
        else
            buffer_char(table->out, ' ');
        is_first = false;
        buffer_number(table->out, range.from);
        buffer_char(table->out, '-');
        buffer_number(table->out, range.to);
    }
    buffer_char(table->out, ',');
    if (!is_first) {
        unsigned line, column;
        source_place(table->writer->source, first, &line, &column);
        buffer_number(table->out, line);
    }
}

/* A row of the node, or of one of its attributes. */
static void add_row(struct table *table, const struct node *node, const struct attribute *attribute)
{
    struct buffer *out = table->out;
    const char *value = attribute ? attribute->value : node->value;
    const char *unit = node_get(node, "unit");
    buffer_add(out, table->lead.bytes, table->lead.length);
    csv_field(out, table->path.bytes, table->block);
    buffer_char(out, ',');
    size_t length = table->path.length;
    if (attribute) {
        buffer_text(&table->path, length ? "/@" : "@");
        buffer_text(&table->path, attribute->name);
    }
    csv_field(out, table->path.bytes, table->path.length);
    table->path.length = length;
    buffer_char(out, ',');
    if (value)
        csv_field(out, value, strlen(value));
    buffer_char(out, ',');
    if (unit)
        csv_field(out, unit, strlen(unit));
    buffer_char(out, ',');
    add_bytes(table, node);
    buffer_text(out, "\r\n");
}

struct sibling {
    const char *name;
    size_t count, seen;
};
struct siblings {
    struct sibling *items;
    size_t count, room;
};

static struct sibling *sibling_of(struct siblings *all, const char *name)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].name == name || strcmp(all->items[i].name, name) == 0)
            return &all->items[i];
    struct sibling *sibling = array_push(all);
    *sibling = (struct sibling){.name = name};
    return sibling;
}

static void add_children(struct table *table, const struct node *node);

static void add_node(struct table *table, const struct node *node)
{
    bool is_leaf = !node->first;
    if (is_leaf || (node->value && *node->value))
        add_row(table, node, NULL);
    for (const struct attribute *attribute = node->attributes; attribute; attribute = attribute->next)
        if (attribute->value && (!is_leaf || strcmp(attribute->name, "unit") != 0))
            add_row(table, node, attribute);
    add_children(table, node);
}

static void add_children(struct table *table, const struct node *node)
{
    struct siblings all = {0};
    for (const struct node *child = node->first; child; child = child->next)
        sibling_of(&all, child->name)->count++;
    size_t length = table->path.length;
    for (const struct node *child = node->first; child; child = child->next) {
        struct sibling *sibling = sibling_of(&all, child->name);
        if (length)
            buffer_char(&table->path, '/');
        buffer_text(&table->path, child->name);
        if (!length)
            table->block = table->path.length;
        if (sibling->count > 1) {
            buffer_char(&table->path, '[');
            buffer_number(&table->path, ++sibling->seen);
            buffer_char(&table->path, ']');
        }
        add_node(table, child);
        table->path.length = length;
    }
    array_release(&all);
}

static struct table table_open(const struct writer *writer, const char *id)
{
    struct table table = {.writer = writer, .out = writer->out};
    char *href = writer_href(writer);
    csv_field(&table.lead, href, strlen(href));
    buffer_char(&table.lead, ',');
    csv_field(&table.lead, id, strlen(id));
    buffer_char(&table.lead, ',');
    /* So that its bytes are never NULL. */
    buffer_grow(&table.path, 1);
    free(href);
    return table;
}

static void table_close(struct table *table)
{
    buffer_release(&table->lead);
    buffer_release(&table->path);
}

/* The rows of a node that stands beside the declarations. */
static void add_outside(const struct writer *writer, const struct node *node)
{
    if (!node)
        return;
    struct table table = table_open(writer, "");
    buffer_text(&table.path, node->name);
    table.block = table.path.length;
    if (node->first)
        add_children(&table, node);
    else if (node->value)
        add_node(&table, node);
    table_close(&table);
}

static void begin(struct writer *writer, const struct node *title)
{
    buffer_text(writer->out, "source,declaration,block,path,value,unit,bytes,line\r\n");
    add_outside(writer, title);
}

static void declaration(struct writer *writer, const struct node *node)
{
    const char *id = node_get(node, "id");
    struct table table = table_open(writer, id ? id : "");
    for (const struct attribute *attribute = node->attributes; attribute; attribute = attribute->next)
        if (attribute->value && strcmp(attribute->name, "id") != 0)
            add_row(&table, node, attribute);
    add_children(&table, node);
    table_close(&table);
}

static void end(struct writer *writer, const struct node *residue, const struct node *findings)
{
    add_outside(writer, residue);
    add_outside(writer, findings);
}

const struct format_functions write_csv = {begin, declaration, end};
