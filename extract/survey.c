#include "survey.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pattern.h"
#include "text.h"

/* The number of a word in a list, or the list's length. */
static unsigned char word_index(const char *const words[], unsigned char count, const char *word)
{
    unsigned char i = 0;
    while (i < count && !name_is(words[i], word))
        i++;
    return i;
}

static unsigned char class_of(const char *word)
{
    static const char *const words[] = {"output", "benefit", "influence", "satisfaction", "cost"};
    return 1 + word_index(words, CLASS_OTHER - 1, word);
}

static unsigned char dimension_of(const char *word)
{
    static const char *const words[] = {"quantity", "quality",    "timeliness",     "cost",        "economic",
                                        "social",   "ecological", "sustainability", "satisfaction"};
    return 1 + word_index(words, DIMENSION_OTHER - 1, word);
}

enum { NAMES_KNOWN = 32 };

/* Row after row says the same words, mostly with the very same strings. */
struct last_words {
    const char *class, *dimension, *names[NAMES_KNOWN]; /* of elements, by their address */
    unsigned char class_is, dimension_is;
    unsigned char places[NAMES_KNOWN]; /* offsets in struct measured, or PLACE_… */
};

enum { PLACE_NONE = 255, PLACE_TARGET = 254 };
_Static_assert(sizeof(struct measured) < PLACE_TARGET, "offsets fit a byte");

static enum horizon horizon_of(const char *word)
{
    return *word == 'm' ? HORIZON_MIDTERM : *word == 'p' ? HORIZON_PROJECT : HORIZON_ANNUAL;
}

static enum target_sign sign_of(const char *op)
{
    switch (op[0]) {
    case 'e': return SIGN_EQ;
    case 'g': return op[1] == 'e' ? SIGN_GE : SIGN_GT;
    case 'l': return op[1] == 'e' ? SIGN_LE : SIGN_LT;
    default: return SIGN_NONE;
    }
}

static void target_survey(struct measured *measured, const struct node *target)
{
    measured->target = target;
    measured->kind = target->value ? TARGET_TEXT : TARGET_BLANK;
    if (!target->value)
        return;
    for (const struct attribute *a = target->attributes; a; a = a->next)
        switch (a->name[0]) {
        case 'k':
            measured->kind = a->value[0] == 'n'   ? TARGET_NUMBER
                             : a->value[0] == 'm' ? TARGET_MONEY
                             : a->value[1] == 'i' ? TARGET_TIME
                                                  : TARGET_TEXT;
            break;
        case 'o': measured->sign = sign_of(a->value); break;
        case 'v': measured->value = a->value; break;
        case 'u': measured->unit = a->value; break;
        }
    if (!measured->value && (measured->kind == TARGET_NUMBER || measured->kind == TARGET_MONEY))
        measured->kind = TARGET_TEXT;
}

static unsigned char place_of(const char *name)
{
    static const struct {
        const char *name;
        unsigned char place;
    } places[] = {
        {"name", offsetof(struct measured, name)},
        {"target", PLACE_TARGET},
        {"level1", offsetof(struct measured, level1)},
        {"level2", offsetof(struct measured, level2)},
        {"weight", offsetof(struct measured, weight)},
        {"actual", offsetof(struct measured, actual)},
        {"score", offsetof(struct measured, score)},
        {"deviation", offsetof(struct measured, deviation)},
        {"description", offsetof(struct measured, description)},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (name_is(places[i].name, name))
            return places[i].place;
    return PLACE_NONE;
}

static void child_survey(struct measured *measured, const struct node *child, unsigned char place)
{
    if (place == PLACE_TARGET) {
        if (!measured->target)
            target_survey(measured, child);
    } else if (place != PLACE_NONE) {
        const struct node **at = (const struct node **)((char *)measured + place);
        *at = *at ? *at : child;
    }
}

static void indicator_survey(const struct checking *checking, struct survey *survey, struct last_words *last,
                             const struct node *indicator)
{
    struct measured *measured = &survey->items[survey->count++];
    *measured = (struct measured){.folded = ""};
    for (const struct attribute *a = indicator->attributes; a; a = a->next)
        switch (a->name[0]) {
        case 'c':
            if (a->value != last->class)
                last->class_is = class_of(last->class = a->value);
            measured->class = last->class_is;
            break;
        case 'd':
            if (a->value != last->dimension)
                last->dimension_is = dimension_of(last->dimension = a->value);
            measured->dimension = last->dimension_is;
            break;
        case 'h': measured->horizon = (unsigned char)horizon_of(a->value); break;
        }
    for (const struct node *child = indicator->first; child; child = child->next) {
        unsigned known = (unsigned)((uintptr_t)child->name >> 4) % NAMES_KNOWN;
        if (last->names[known] != child->name)
            last->places[known] = place_of(last->names[known] = child->name);
        child_survey(measured, child, last->places[known]);
    }
    survey->horizons += survey->in_horizon[measured->horizon]++ == 0;
    survey->targeted += measured->kind > TARGET_BLANK;
    survey->weighed += measured->weight && measured->weight->value;
    survey->scored += measured->score && measured->score->value;
    if (measured->name && measured->name->value) {
        survey->named++;
        measured->folded = survey_folded(checking, measured->name->value);
    }
}

const struct survey *survey_of(struct checking *checking)
{
    if (checking->survey)
        return checking->survey;
    struct survey *survey = arena_new(checking->arena, struct survey);
    checking->survey = survey;
    size_t most = 0;
    for (const struct node *node = checking->indicators ? checking->indicators->first : NULL; node;
         node = node->next)
        most++;
    survey->items = arena_room(checking->arena, (most + 1) * sizeof *survey->items);
    struct last_words last = {0};
    for (const struct node *node = checking->indicators ? checking->indicators->first : NULL; node;
         node = node->next)
        if (name_is(node->name, "indicator"))
            indicator_survey(checking, survey, &last, node);
    return survey;
}

const char *measured_title(const struct measured *measured)
{
    const struct node *nodes[] = {measured->name, measured->level2, measured->level1, measured->target};
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
        if (*node_text(nodes[i]))
            return nodes[i]->value;
    return "";
}

static bool is_printed(const struct node *node)
{
    return node && node->provenance && node->provenance->bytes.count;
}

const struct node *measured_place(const struct measured *measured)
{
    const struct node *nodes[] = {measured->name, measured->level2, measured->level1, measured->target,
                                  measured->description};
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
        if (is_printed(nodes[i]))
            return nodes[i];
    return measured->name ? measured->name : measured->target;
}

bool measured_is_misread(const struct measured *measured)
{
    if (measured->kind != TARGET_TEXT)
        return false;
    const char *text = measured->target->value;
    if (*text != '2' && *text != '3')
        return false;
    size_t digits = strspn(text, "0123456789.");
    return digits >= 3 && (strcmp(text + digits, "%") == 0 || strcmp(text + digits, "(%)") == 0 ||
                           strcmp(text + digits, "％") == 0);
}

const char *survey_folded(const struct checking *checking, const char *text)
{
    if (!strpbrk(text, " \n\xef\xe2")) /* blanks, and what begins signs that fold */
        return text;
    size_t length = strlen(text);
    char *copy = arena_room(checking->arena, length * 4 / 3 + 5),
         *to = copy; /* three bytes may fold to four */
    for (const char *at = text; at < text + length;) {
        unsigned bytes;
        uint32_t code = character_decode(at, &bytes);
        if (!character_is_space(code))
            to += character_encode(character_fold(code), to);
        at += bytes;
    }
    *to = 0;
    return copy;
}

bool survey_finds(const struct checking *checking, enum value_name value, const char *text)
{
    const struct pattern *pattern = checking->grammar->values[value];
    size_t length = strlen(text);
    for (size_t at = 0; at < length;) {
        unsigned bytes;
        uint32_t code = character_decode(text + at, &bytes);
        if (pattern_may_begin(pattern, code) &&
            grammar_value(checking->grammar, value, text + at, length - at))
            return true;
        at += bytes;
    }
    return false;
}
