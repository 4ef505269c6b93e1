#include "record.h"

struct node *node_new(struct arena *arena, const char *name)
{
    struct node *node = arena_new(arena, struct node);
    node->name = name;
    return node;
}

void node_adopt(struct node *parent, struct node *child)
{
    child->parent = parent;
    child->next = NULL;
    if (parent->last)
        parent->last->next = child;
    else
        parent->first = child;
    parent->last = child;
}

struct node *node_append(struct arena *arena, struct node *parent, const char *name)
{
    struct node *node = node_new(arena, name);
    node_adopt(parent, node);
    return node;
}

void node_set(struct arena *arena, struct node *node, const char *name, const char *value)
{
    struct attribute **at = &node->attributes;
    while (*at && !name_is((*at)->name, name))
        at = &(*at)->next;
    if (!*at) {
        *at = arena_new(arena, struct attribute);
        (*at)->name = name;
    }
    (*at)->value = value;
}

const char *node_get(const struct node *node, const char *name)
{
    for (const struct attribute *a = node->attributes; a; a = a->next)
        if (name_is(a->name, name))
            return a->value;
    return NULL;
}

struct node *node_child(const struct node *node, const char *name)
{
    for (struct node *child = node->first; child; child = child->next)
        if (name_is(child->name, name))
            return child;
    return NULL;
}
