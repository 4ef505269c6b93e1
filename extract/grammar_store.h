/* Grammars in the loading: what the files grammar*.c share. */
#ifndef SHENBAO_GRAMMAR_STORE_H
#define SHENBAO_GRAMMAR_STORE_H

#include "base/arena.h"
#include "base/array.h"
#include "grammar.h"
#include "pattern.h"

struct grammar_store {
    struct arena arena;
    struct { struct rule **items; size_t count, room; } rules;
    struct rule top;
    char fingerprint[65];
    bool is_wrong;
};

/* The values that the engine asks for. */
struct value_entry {
    const char *name;
    enum pattern_reach reach;
};

/* ---- grammar_read.c ---- */

extern const struct value_entry grammar_values[VALUES];

/* Adds the rules of a file, and reports what is wrong in it. */
void grammar_read(struct grammar_store *store, const char *path);

/* What a name of an element may begin with. */
static inline bool is_name_start(char c) { return (c | 0x20) >= 'a' ? (c | 0x20) <= 'z' : c == '_'; }

/* ---- grammar_names.c ---- */

/* Reports names that name nothing, or what docs/shenbao.rnc does not allow, and patterns
 * that match anything. Before the rules are joined. */
void grammar_names_check(struct grammar_store *store);

/* ---- grammar_index.c ---- */

/* From rules to tables: sections, tables and groups, their patterns, the units of money. */
void grammar_index(struct grammar *grammar, struct grammar_store *store);
void grammar_index_release(struct grammar *grammar);

/* ---- grammar_check.c ---- */

/* What the lines check and require say. */
void grammar_relate(struct grammar *grammar, struct grammar_store *store);

/* ---- grammar_meaning.c ---- */

void grammar_meanings_begin(struct grammar *grammar);

#endif
