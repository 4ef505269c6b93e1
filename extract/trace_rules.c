/* Rules by the names that provenance gives them. */
#include "tracing.h"

#include <stdlib.h>
#include <string.h>

static int named_compare(const void *a, const void *b)
{
    const struct named_rule *first = a, *second = b;
    int order = strcmp(first->name, second->name);
    return order ? order : (first->rule->id > second->rule->id) - (first->rule->id < second->rule->id);
}

static bool is_named(const struct rule *rule)
{
    return rule_is_field(rule) || rule->word == WORD_TITLE;
}

void names_build(struct tracer *tracer)
{
    const struct grammar *grammar = tracer->grammar;
    struct build build = {.arena = &tracer->kept};
    tracer->names = arena_array(&tracer->kept, struct named_rule, grammar->count);
    for (unsigned id = 1; id <= grammar->count; id++) {
        const struct rule *rule = grammar_rule(grammar, id);
        if (is_named(rule))
            tracer->names[tracer->name_count++] = (struct named_rule){build_rule_name(&build, rule), rule};
    }
    if (tracer->name_count)
        qsort(tracer->names, tracer->name_count, sizeof *tracer->names, named_compare);
}

const struct rule *rule_named(const struct tracer *tracer, const char *name, const char *label,
                              const struct rule **site)
{
    size_t low = 0, high = tracer->name_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(tracer->names[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *site = NULL;
    if (low == tracer->name_count || strcmp(tracer->names[low].name, name) != 0)
        return NULL;
    const struct rule *first = tracer->names[low].rule;
    *site = first;
    if (label && low + 1 < tracer->name_count && strcmp(tracer->names[low + 1].name, name) == 0) {
        struct view view;
        text_view(label, &view);
        size_t bare = bare_length(view.text, view.length);
        for (size_t i = low; i < tracer->name_count && strcmp(tracer->names[i].name, name) == 0; i++)
            if (nearest_spells(&tracer->nearest, tracer->names[i].rule, view.text, view.length) ||
                nearest_spells(&tracer->nearest, tracer->names[i].rule, view.text, bare)) {
                *site = tracer->names[i].rule;
                break;
            }
    }
    return first;
}
