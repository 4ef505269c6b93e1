/* What labels and values mean, by the patterns of the grammars. */
#include "grammar_store.h"

#include <stdlib.h>
#include <string.h>

enum { MEANINGS_MOST = 16000, LEXICON_SLOTS = 4096, LEXICON_KEYS = 64 * 1024, LEXICON_KEY = 96 };

struct lexicon_slot {
    uint32_t hash, key; /* where the key lies */
    uint16_t meaning;
    uint8_t length;     /* 0: free */
};
struct lexicon {
    size_t used, keys_used;
    struct lexicon_slot slots[LEXICON_SLOTS];
    char keys[LEXICON_KEYS];
};

void grammar_meanings_begin(struct grammar *grammar)
{
    grammar->meaning_room = 256;
    grammar->meanings = memory_resize(NULL, grammar->meaning_room * sizeof *grammar->meanings);
    grammar->meanings[0] = (struct meaning){0};
    grammar->meaning_count = 1;
    grammar->lexicon = calloc(1, sizeof *grammar->lexicon);
    if (!grammar->lexicon)
        memory_exhausted();
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

static uint32_t key_hash(const char *text, size_t length)
{
    uint64_t hash = length * 0x9e3779b97f4a7c15u, word;
    for (; length >= sizeof word; text += sizeof word, length -= sizeof word) {
        memcpy(&word, text, sizeof word);
        hash = (hash ^ word) * 0x9fb21c651e98df25u;
        hash ^= hash >> 29;
    }
    for (; length; length--)
        hash = (hash ^ (unsigned char)*text++) * 0x9fb21c651e98df25u;
    return (uint32_t)(hash >> 32);
}

unsigned grammar_meaning(const struct grammar *const_grammar, const char *text, size_t length)
{
    struct grammar *grammar = (struct grammar *)const_grammar; /* the lexicon only remembers */
    if (length == 0 || !pattern_may_match(grammar->any, text, length))
        return 0;
    if (length > LEXICON_KEY)
        return meaning_find(grammar, text, length);
    struct lexicon *lexicon = grammar->lexicon;
    uint32_t hash = key_hash(text, length);
    struct lexicon_slot *slot;
    for (size_t i = hash % LEXICON_SLOTS;; i = (i + 1) % LEXICON_SLOTS) {
        slot = &lexicon->slots[i];
        if (slot->length == 0)
            break;
        if (slot->hash == hash && slot->length == length && memcmp(lexicon->keys + slot->key, text, length) == 0)
            return slot->meaning;
    }
    unsigned meaning = meaning_find(grammar, text, length);
    if (lexicon->used >= LEXICON_SLOTS / 2 || lexicon->keys_used + length > LEXICON_KEYS) {
        memset(lexicon->slots, 0, sizeof lexicon->slots);
        lexicon->used = lexicon->keys_used = 0;
        slot = &lexicon->slots[hash % LEXICON_SLOTS];
    }
    *slot = (struct lexicon_slot){hash, (uint32_t)lexicon->keys_used, (uint16_t)meaning, (uint8_t)length};
    memcpy(lexicon->keys + lexicon->keys_used, text, length);
    lexicon->keys_used += length;
    lexicon->used++;
    return meaning;
}

const struct rule *grammar_value(const struct grammar *grammar, enum value_name name, const char *text, size_t length)
{
    unsigned id = pattern_match(grammar->values[name], text, length);
    return id ? grammar->rules[id] : NULL;
}
