/* What labels and values mean, by the patterns of the grammars. */
#include "grammar_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/memo.h"

enum { MEANINGS_MOST = 16000 };

void grammar_meanings_begin(struct grammar *grammar)
{
    grammar->meaning_room = 256;
    grammar->meanings = memory_resize(NULL, grammar->meaning_room * sizeof *grammar->meanings);
    grammar->meanings[0] = (struct meaning){0};
    grammar->meaning_count = 1;
    grammar->lexicon = memo_new();
    grammar->cells = memo_new();
}

static unsigned meaning_intern(struct grammar *grammar, const struct meaning *meaning)
{
    for (size_t i = 1; i < grammar->meaning_count; i++)
        if (memcmp(&grammar->meanings[i], meaning, sizeof *meaning) == 0)
            return (unsigned)i;
    if (grammar->meaning_count >= MEANINGS_MOST)
        return 0;
    if (grammar->meaning_count == grammar->meaning_room) {
        grammar->meaning_room *= 2;
        grammar->meanings = memory_resize(grammar->meanings, grammar->meaning_room * sizeof *grammar->meanings);
    }
    grammar->meanings[grammar->meaning_count] = *meaning;
    return (unsigned)grammar->meaning_count++;
}

static unsigned meaning_find(struct grammar *grammar, const char *text, size_t length)
{
    if (!pattern_match(grammar->any, text, length))
        return 0;
    struct meaning meaning;
    memset(&meaning, 0, sizeof meaning);
    meaning.title = (uint16_t)pattern_match(grammar->titles, text, length);
    meaning.notice = (uint16_t)pattern_match(grammar->notices, text, length);
    meaning.section = (uint16_t)pattern_match(grammar->headings, text, length);
    meaning.list_total = (uint16_t)pattern_match(grammar->totals, text, length);
    for (size_t s = 0; s < grammar->section_count; s++)
        if ((meaning.fields[s] = (uint16_t)pattern_match(grammar->fields[s], text, length)))
            meaning.is_field = true;
    for (size_t t = 0; t < grammar->table_count; t++)
        if ((meaning.columns[t] = (uint16_t)pattern_match(grammar->columns[t], text, length)))
            meaning.is_column = true;
    for (size_t g = 0; g < grammar->group_count; g++)
        if ((meaning.terms[g] = (uint16_t)pattern_match(grammar->terms[g], text, length)))
            meaning.is_term = true;
    return meaning_intern(grammar, &meaning);
}

unsigned grammar_meaning(const struct grammar *const_grammar, const char *text, size_t length)
{
    struct grammar *grammar = (struct grammar *)const_grammar; /* the lexicon only remembers */
    uint64_t meaning;
    if (memo_find(grammar->lexicon, 0, text, length, &meaning))
        return (unsigned)meaning;
    if (length == 0 || !pattern_may_match(grammar->any, text, length))
        return 0;
    meaning = meaning_find(grammar, text, length);
    memo_keep(grammar->lexicon, 0, text, length, meaning);
    return (unsigned)meaning;
}

const struct rule *grammar_value(const struct grammar *grammar, enum value_name name, const char *text, size_t length)
{
    unsigned id = pattern_match(grammar->values[name], text, length);
    return id ? grammar->rules[id] : NULL;
}
