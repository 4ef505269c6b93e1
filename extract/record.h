/* What was read: a tree of nodes that is written as XML, JSON or CSV as it
 * stands. Names are those of the output vocabulary and come from the grammars;
 * the engine and the writers know none of them but the frame (extraction,
 * source, title, declaration, residue, findings). */
#ifndef SHENBAO_RECORD_H
#define SHENBAO_RECORD_H

#include <string.h>

#include "base/arena.h"
#include "base/span.h"

struct attribute {
    const char *name, *value;
    struct attribute *next;
};

/* Spans are into the source's text, in the order of the statement. */
struct spans {
    struct span *items;
    size_t count;
};

struct provenance {
    struct spans bytes; /* p:bytes */
    struct spans also;  /* p:also: further statements of the same value */
    struct span mark;   /* p:mark, empty if none */
    const char *rule;   /* p:rule, or NULL */
    const char *label;  /* p:label: as printed, or NULL */
    const char *raw;    /* p:raw: source text where it differs from the value, or NULL */
    const char *by;     /* p:by: filled, shifted, corrected …, or NULL */
    unsigned line, column; /* p:at, only of nodes read back from an extraction */
};

struct node {
    const char *name;
    const char *value; /* NULL for a container and for an empty element */
    struct attribute *attributes;
    struct provenance *provenance; /* NULL for a container */
    uint32_t order;                /* 1 + where its statement begins in the source; 0: a container */
    struct node *first, *last, *next, *parent; /* children in document order */
};

/* Names are mostly told by their first character. */
static inline bool name_is(const char *name, const char *other) { return *name == *other && strcmp(name, other) == 0; }

/* What a person put in place of what is printed. */
static inline bool node_is_reviewed(const struct node *node)
{
    return node->provenance && node->provenance->by && name_is(node->provenance->by, "reviewed");
}

/* As it is printed, before it was brought into normal form. */
static inline const char *node_printed(const struct node *node)
{
    return node->provenance && node->provenance->raw && !node_is_reviewed(node) ? node->provenance->raw : node->value;
}

/* All take names and values that live as long as the arena (they are not copied). */
struct node *node_new(struct arena *arena, const char *name);
struct node *node_append(struct arena *arena, struct node *parent, const char *name);
void node_adopt(struct node *parent, struct node *child);
void node_set(struct arena *arena, struct node *node, const char *name, const char *value);
const char *node_get(const struct node *node, const char *name); /* NULL if absent */
struct node *node_child(const struct node *node, const char *name); /* first of that name, or NULL */

#endif
