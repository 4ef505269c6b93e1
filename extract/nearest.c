#include "nearest.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

enum {
    TEXTS_MOST = 120,      /* strings of one pattern or group */
    TEXT_MOST = 90,        /* bytes of a string */
    LITERALS_MOST = 60000, /* strings of all patterns */
    CHARACTERS_MOST = 30,  /* of a string */
    NESTING_MOST = 12,
};

struct texts {
    const char **items; /* TEXTS_MOST */
    size_t count;
};

struct expander {
    struct arena *arena;
    const char *at; /* NUL-terminated */
    unsigned nesting;
};

static struct texts texts_new(struct expander *expander)
{
    return (struct texts){arena_array(expander->arena, const char *, TEXTS_MOST), 0};
}

static void texts_add(struct texts *texts, const char *text)
{
    if (texts->count < TEXTS_MOST)
        texts->items[texts->count++] = text;
}

/* Each of `before` followed by each of `behind`. */
static struct texts texts_follow(struct expander *expander, const struct texts *before,
                                 const struct texts *behind)
{
    if (behind->count == 1 && !*behind->items[0])
        return *before;
    struct texts all = texts_new(expander);
    for (size_t i = 0; i < before->count; i++)
        for (size_t k = 0; k < behind->count && all.count < TEXTS_MOST; k++)
            if (strlen(before->items[i]) + strlen(behind->items[k]) <= TEXT_MOST)
                texts_add(&all, arena_printf(expander->arena, "%s%s", before->items[i], behind->items[k]));
    return all;
}

static void skip_class(struct expander *expander)
{
    const char *p = expander->at + 1;
    p += *p == '^';
    p += *p == ']';
    for (; *p && *p != ']'; p++) {
        if (*p == '\\' && p[1])
            p++;
        const char *end = *p == '[' && p[1] == ':' ? strstr(p, ":]") : NULL;
        if (end)
            p = end + 1;
    }
    expander->at = *p ? p + 1 : p;
}

static struct texts expand_alternatives(struct expander *expander);

static struct texts expand_group(struct expander *expander)
{
    const char *p = expander->at + 1;
    bool is_empty = false; /* looks around, sets options, is a verb */
    if (*p == '*') {
        is_empty = true;
    } else if (*p == '?') {
        p++;
        bool is_look = *p == '=' || *p == '!' || (*p == '<' && (p[1] == '=' || p[1] == '!'));
        const char *name = *p == 'P' ? p + 1 : p;
        if (is_look) {
            is_empty = true;
            p += *p == '<' ? 2 : 1;
        } else if (*name == '<' || *name == '\'') {
            const char *end = strchr(name + 1, *name == '<' ? '>' : '\'');
            p = end ? end + 1 : name;
        } else {
            p += strcspn(p, ":|>)");
            is_empty = *p == ')';
            p += *p && *p != ')';
        }
    }
    expander->at = p;
    struct texts texts = expand_alternatives(expander);
    if (*expander->at == ')')
        expander->at++;
    if (is_empty) {
        texts.count = 0;
        texts_add(&texts, "");
    }
    return texts;
}

/* One sign or group of a pattern, without what says how often. */
static struct texts expand_atom(struct expander *expander)
{
    if (*expander->at == '(')
        return expand_group(expander);
    struct texts texts = texts_new(expander);
    const char *p = expander->at;
    if (*p == '[') {
        skip_class(expander);
        texts_add(&texts, "");
    } else if (*p == '.' || *p == '^' || *p == '$') {
        expander->at++;
        texts_add(&texts, "");
    } else if (*p == '\\' && ((p[1] | 0x20) >= 'a' && (p[1] | 0x20) <= 'z')) {
        const char *close = p[2] == '{' ? strchr(p, '}') : NULL;
        expander->at = close ? close + 1 : p + 2;
        texts_add(&texts, "");
    } else {
        p += *p == '\\' && p[1];
        unsigned length;
        uint32_t code = character_fold(character_decode(p, &length));
        char bytes[4];
        unsigned folded = character_encode(code, bytes);
        expander->at = p + length;
        texts_add(&texts, arena_copy(expander->arena, bytes, folded));
    }
    return texts;
}

static void expand_times(struct expander *expander, struct texts *texts)
{
    bool is_optional = false;
    char c = *expander->at;
    if (c == '?' || c == '*') {
        is_optional = true;
        expander->at++;
    } else if (c == '+') {
        expander->at++;
    } else if (c == '{' && (expander->at[1] == ',' || (expander->at[1] >= '0' && expander->at[1] <= '9'))) {
        is_optional = expander->at[1] == '0' || expander->at[1] == ',';
        const char *close = strchr(expander->at, '}');
        expander->at = close ? close + 1 : expander->at + 1;
    } else {
        return;
    }
    if (*expander->at == '?' || *expander->at == '+')
        expander->at++;
    if (is_optional) {
        if (texts->count == TEXTS_MOST)
            texts->count--;
        texts_add(texts, "");
    }
}

static struct texts expand_sequence(struct expander *expander)
{
    struct texts all = texts_new(expander);
    texts_add(&all, "");
    while (*expander->at && *expander->at != '|' && *expander->at != ')') {
        if (strchr(" \t\n", *expander->at)) {
            expander->at++;
            continue;
        }
        if (*expander->at == '#') {
            expander->at += strcspn(expander->at, "\n");
            continue;
        }
        struct texts next = expand_atom(expander);
        expand_times(expander, &next);
        all = texts_follow(expander, &all, &next);
    }
    return all;
}

static struct texts expand_alternatives(struct expander *expander)
{
    struct texts all = texts_new(expander);
    if (++expander->nesting > NESTING_MOST) {
        unsigned depth = 1;
        for (; *expander->at; expander->at++) {
            depth += *expander->at == '(';
            depth -= *expander->at == ')';
            if (!depth)
                break;
        }
        texts_add(&all, "");
    } else {
        for (bool is_more = true; is_more;) {
            struct texts one = expand_sequence(expander);
            for (size_t i = 0; i < one.count; i++)
                texts_add(&all, one.items[i]);
            is_more = *expander->at == '|';
            expander->at += is_more;
        }
    }
    expander->nesting--;
    return all;
}

static struct texts pattern_texts(struct arena *arena, const char *pattern)
{
    struct expander expander = {.arena = arena, .at = pattern};
    struct texts texts = expand_alternatives(&expander);
    while (*expander.at == ')') { /* cannot be in a pattern that compiles */
        expander.at++;
        expand_alternatives(&expander);
    }
    return texts;
}

static unsigned characters_of(const char *text, uint16_t *codes, unsigned room)
{
    unsigned count = 0, length;
    for (; *text && count < room; text += length)
        codes[count++] = (uint16_t)character_decode(text, &length);
    return *text ? room + 1 : count;
}

static void literals_add(struct nearest *nearest, const struct rule *rule, const char *text)
{
    uint16_t codes[CHARACTERS_MOST];
    unsigned characters = characters_of(text, codes, CHARACTERS_MOST);
    if (characters == 0 || characters > CHARACTERS_MOST || nearest->count >= LITERALS_MOST)
        return;
    if (nearest->count == nearest->room) {
        nearest->room = nearest->room ? nearest->room * 2 : 4096;
        nearest->literals = memory_resize(nearest->literals, nearest->room * sizeof *nearest->literals);
    }
    nearest->literals[nearest->count++] = (struct literal){
        .text = text,
        .length = (uint16_t)strlen(text),
        .characters = (uint16_t)characters,
        .rule = (uint16_t)rule->id,
    };
}

static bool is_label(const struct rule *rule)
{
    return rule->pattern && (rule_is_field(rule) || rule->word == WORD_SECTION || rule->word == WORD_TERM ||
                             rule->word == WORD_TOTAL);
}

void nearest_build(struct nearest *nearest, const struct grammar *grammar, struct arena *arena)
{
    *nearest = (struct nearest){.grammar = grammar, .arena = arena};
    nearest->first = arena_array(arena, uint32_t, grammar->count + 2);
    struct arena scratch = {0};
    for (unsigned id = 1; id <= grammar->count; id++) {
        nearest->first[id] = (uint32_t)nearest->count;
        const struct rule *rule = grammar_rule(grammar, id);
        if (!is_label(rule))
            continue;
        struct texts texts = pattern_texts(&scratch, rule->pattern);
        const struct rule *suffix = rule->word == WORD_TERM ? rule_child(rule->parent, WORD_SUFFIX) : NULL;
        if (suffix) {
            struct expander expander = {.arena = &scratch};
            struct texts behind = pattern_texts(&scratch, suffix->pattern),
                         both = texts_follow(&expander, &texts, &behind);
            for (size_t i = 0; i < both.count; i++)
                literals_add(nearest, rule, arena_copy(arena, both.items[i], strlen(both.items[i])));
        }
        for (size_t i = 0; i < texts.count; i++)
            literals_add(nearest, rule, arena_copy(arena, texts.items[i], strlen(texts.items[i])));
        arena_reset(&scratch);
    }
    nearest->first[grammar->count + 1] = (uint32_t)nearest->count;
    arena_release(&scratch);
}

void nearest_release(struct nearest *nearest)
{
    free(nearest->literals);
    nearest->literals = NULL;
    nearest->count = nearest->room = 0;
}

/* Characters to insert, delete or change; `most` where it would be as many or more. */
static unsigned edits(const uint16_t *a, unsigned la, const uint16_t *b, unsigned lb, unsigned most)
{
    unsigned row[CHARACTERS_MOST + 1];
    for (unsigned j = 0; j <= lb; j++)
        row[j] = j;
    for (unsigned i = 1; i <= la; i++) {
        unsigned corner = row[0], least = row[0] = i;
        for (unsigned j = 1; j <= lb; j++) {
            unsigned change = corner + (a[i - 1] != b[j - 1]);
            corner = row[j];
            unsigned other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = change < other ? change : other;
            if (row[j] < least)
                least = row[j];
        }
        if (least >= most)
            return most;
    }
    return row[lb] < most ? row[lb] : most;
}

struct near nearest_find(const struct nearest *nearest, const char *text, size_t length,
                         bool (*wanted)(const struct rule *, const void *),
                         bool (*fits)(const struct rule *, const void *), const void *context)
{
    struct near near = {0};
    uint16_t codes[CHARACTERS_MOST], other[CHARACTERS_MOST];
    char copy[4 * CHARACTERS_MOST + 4];
    if (length >= sizeof copy)
        return near;
    memcpy(copy, text, length);
    copy[length] = 0;
    near.characters = characters_of(copy, codes, CHARACTERS_MOST);
    if (near.characters > CHARACTERS_MOST)
        return near;
    /* a rule that fits is worth half a character */
    unsigned best = 2 * near.characters;
    for (unsigned id = 1; id <= nearest->grammar->count; id++) {
        uint32_t from = nearest->first[id], to = nearest->first[id + 1];
        const struct rule *rule = grammar_rule(nearest->grammar, id);
        if (from == to || !wanted(rule, context))
            continue;
        unsigned misfit = !fits(rule, context);
        for (uint32_t i = from; i < to; i++) {
            const struct literal *literal = &nearest->literals[i];
            unsigned apart = literal->characters > near.characters ? literal->characters - near.characters
                                                                   : near.characters - literal->characters;
            if (2 * apart + misfit >= best)
                continue;
            characters_of(literal->text, other, CHARACTERS_MOST);
            unsigned distance =
                edits(codes, near.characters, other, literal->characters, (best - misfit + 1) / 2);
            if (2 * distance + misfit < best) {
                best = 2 * distance + misfit;
                near.rule = rule;
                near.label = literal->text;
                near.distance = distance;
            }
        }
    }
    return near;
}

bool nearest_spells(const struct nearest *nearest, const struct rule *rule, const char *text, size_t length)
{
    for (uint32_t i = nearest->first[rule->id]; i < nearest->first[rule->id + 1]; i++)
        if (nearest->literals[i].length == length && memcmp(nearest->literals[i].text, text, length) == 0)
            return true;
    return false;
}
