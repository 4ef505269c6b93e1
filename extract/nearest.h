/* The labels that rules spell out, and which of them comes nearest to a text.
 *
 * A pattern is expanded to the strings it matches: alternatives, groups and
 * optional parts up to a bound; classes and other signs of PCRE2 are left out. */
#ifndef SHENBAO_NEAREST_H
#define SHENBAO_NEAREST_H

#include "base/arena.h"
#include "grammar.h"

struct literal {
    const char *text; /* folded, UTF-8 */
    uint16_t length;  /* bytes */
    uint16_t characters;
    uint16_t rule; /* its id */
};

struct nearest {
    const struct grammar *grammar;
    struct arena *arena;
    struct literal *literals; /* those of one rule together, in the order of ids */
    size_t count, room;
    uint32_t *first; /* by id of a rule: its first literal; [count of rules + 1] is the end */
};

/* Lives as long as the arena and the grammar; `literals` is freed by nearest_release(). */
void nearest_build(struct nearest *nearest, const struct grammar *grammar, struct arena *arena);
void nearest_release(struct nearest *nearest);

struct near {
    const struct rule *rule;       /* NULL: nothing shares a character with the text */
    const char *label;             /* what the rule spells */
    unsigned distance, characters; /* characters to change; characters of the text */
};

/* Of the rules that `wanted` lets pass. Of labels equally near, one whose rule
 * `fits` is taken first. Both are called with the context. */
struct near nearest_find(const struct nearest *nearest, const char *text, size_t length,
                         bool (*wanted)(const struct rule *, const void *),
                         bool (*fits)(const struct rule *, const void *), const void *context);

/* Whether the rule spells exactly this text. */
bool nearest_spells(const struct nearest *nearest, const struct rule *rule, const char *text, size_t length);

#endif
