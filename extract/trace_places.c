/* What a declaration says, by place. */
#include "tracing.h"

#include <stdlib.h>
#include <string.h>

bool is_by(const struct node *node, const char *by)
{
    return node->provenance && node->provenance->by && strcmp(node->provenance->by, by) == 0;
}

/* The place of the row that a carried value stands in: that of its siblings. */
static uint32_t anchor_of(const struct node *parent, const struct node *carried)
{
    uint32_t anchor = carried->provenance->bytes.items[0].from;
    for (const struct node *node = parent->first; node; node = node->next)
        if (node->provenance && node->provenance->bytes.count && !is_by(node, "filled") &&
            node->provenance->bytes.items[0].from > anchor)
            anchor = node->provenance->bytes.items[0].from;
    return anchor;
}

static void node_collect(struct tracer *tracer, const struct node *node, const char *path)
{
    const struct provenance *provenance = node->provenance;
    if (!provenance)
        return;
    bool is_finding = strcmp(node->name, "finding") == 0;
    if (provenance->rule && provenance->label)
        *array_push(&tracer->labels) =
            (struct labelled){provenance->rule, provenance->label, node, path, false};
    if (is_by(node, "filled") && provenance->bytes.count) {
        *array_push(&tracer->carried) = (struct carried){anchor_of(node->parent, node), node, path};
        return;
    }
    for (size_t i = 0; i < provenance->bytes.count; i++) {
        enum event_kind kind = is_finding ? EVENT_FINDING : i ? EVENT_MORE : EVENT_VALUE;
        *array_push(&tracer->events) = (struct event){provenance->bytes.items[i], kind, node, path};
    }
    for (size_t i = 0; i < provenance->also.count; i++)
        *array_push(&tracer->events) = (struct event){provenance->also.items[i], EVENT_AGAIN, node, path};
}

struct counted {
    const char *name;
    unsigned count, seen;
};

/* Children with their paths: a step has a number where several siblings have its name. */
void tree_collect(struct tracer *tracer, const struct node *parent, const char *prefix)
{
    array_of(struct counted) names = {0};
    for (int pass = 0; pass < 2; pass++)
        for (const struct node *node = parent->first; node; node = node->next) {
            size_t i = 0;
            while (i < names.count && strcmp(names.items[i].name, node->name) != 0)
                i++;
            if (i == names.count)
                *array_push(&names) = (struct counted){node->name, 0, 0};
            struct counted *name = &names.items[i];
            if (pass == 0) {
                name->count++;
                continue;
            }
            name->seen++;
            const char *slash = *prefix ? "/" : "";
            const char *path =
                name->count > 1
                    ? arena_printf(&tracer->page, "%s%s%s[%u]", prefix, slash, node->name, name->seen)
                    : arena_printf(&tracer->page, "%s%s%s", prefix, slash, node->name);
            node_collect(tracer, node, path);
            tree_collect(tracer, node, path);
        }
    array_release(&names);
}

static int event_compare(const void *a, const void *b)
{
    const struct event *first = a, *second = b;
    if (first->span.from != second->span.from)
        return first->span.from < second->span.from ? -1 : 1;
    if (first->kind != second->kind)
        return first->kind < second->kind ? -1 : 1;
    return strcmp(first->path, second->path);
}

static int carried_compare(const void *a, const void *b)
{
    const struct carried *first = a, *second = b;
    if (first->anchor != second->anchor)
        return first->anchor < second->anchor ? -1 : 1;
    return strcmp(first->path, second->path);
}

static int labelled_compare(const void *a, const void *b)
{
    const struct labelled *first = a, *second = b;
    int order = strcmp(first->label, second->label);
    return order ? order : (first < second ? -1 : first > second);
}

static int claim_compare(const void *a, const void *b)
{
    const struct claim *first = a, *second = b;
    return first->span.from < second->span.from ? -1 : first->span.from > second->span.from;
}

void places_sort(struct tracer *tracer, const struct build *build)
{
    tracer->claims.count = 0;
    for (size_t i = 0; i < build->claims.count; i++)
        *array_push(&tracer->claims) = build->claims.items[i];
    if (tracer->claims.count)
        qsort(tracer->claims.items, tracer->claims.count, sizeof *tracer->claims.items, claim_compare);
    if (tracer->events.count)
        qsort(tracer->events.items, tracer->events.count, sizeof *tracer->events.items, event_compare);
    if (tracer->carried.count)
        qsort(tracer->carried.items, tracer->carried.count, sizeof *tracer->carried.items, carried_compare);
    if (tracer->labels.count)
        qsort(tracer->labels.items, tracer->labels.count, sizeof *tracer->labels.items, labelled_compare);
}

size_t labelled_find(const struct tracer *tracer, const char *label)
{
    size_t low = 0, high = tracer->labels.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(tracer->labels.items[middle].label, label) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < tracer->labels.count && strcmp(tracer->labels.items[low].label, label) == 0 ? low : SIZE_MAX;
}

size_t event_first(const struct tracer *tracer, uint32_t from)
{
    size_t low = 0, high = tracer->events.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tracer->events.items[middle].span.from < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t carried_first(const struct tracer *tracer, uint32_t from)
{
    size_t low = 0, high = tracer->carried.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tracer->carried.items[middle].anchor < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool is_claimed(const struct tracer *tracer, struct span span, enum claim_kind kind)
{
    size_t low = 0, high = tracer->claims.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tracer->claims.items[middle].span.from < span.from)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low;
         i < tracer->claims.count && i < low + 8 && tracer->claims.items[i].span.from < span.to; i++)
        if (tracer->claims.items[i].kind == kind)
            return true;
    return false;
}

const char *path_behind(const struct tracer *tracer, uint32_t at)
{
    for (size_t i = event_first(tracer, at); i < tracer->events.count; i++)
        if (tracer->events.items[i].kind == EVENT_VALUE)
            return tracer->events.items[i].path;
    return "";
}

bool is_in(const char *path, const char *block)
{
    size_t length = strlen(block);
    return strncmp(path, block, length) == 0 && path[length] == '/';
}
