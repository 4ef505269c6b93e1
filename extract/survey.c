#include "survey.h"

#include <string.h>

#include "pattern.h"
#include "text.h"

/* The number of a word in a list, or the list's length. */
static unsigned char word_index(const char *const words[], unsigned char count, const char *word)
{
    unsigned char i = 0;
    while (i < count && strcmp(words[i], word) != 0)
        i++;
    return i;
}

static enum level_class class_of(const char *word)
{
    static const char *const words[] = {"output", "benefit", "influence", "satisfaction", "cost"};
    return 1 + word_index(words, CLASS_OTHER - 1, word);
}

static enum dimension dimension_of(const char *word)
{
    static const char *const words[] = {"quantity", "quality",    "timeliness",     "cost",        "economic",
                                        "social",   "ecological", "sustainability", "satisfaction"};
    return 1 + word_index(words, DIMENSION_OTHER - 1, word);
}

static enum horizon horizon_of(const char *word) { return *word == 'm' ? HORIZON_MIDTERM : *word == 'p' ? HORIZON_PROJECT : HORIZON_ANNUAL; }

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
        case 'k': measured->kind = a->value[0] == 'n' ? TARGET_NUMBER : a->value[0] == 'm' ? TARGET_MONEY : a->value[1] == 'i' ? TARGET_TIME : TARGET_TEXT; break;
        case 'o': measured->sign = sign_of(a->value); break;
        case 'v': measured->value = a->value; break;
        case 'u': measured->unit = a->value; break;
        }
    if (!measured->value && (measured->kind == TARGET_NUMBER || measured->kind == TARGET_MONEY))
        measured->kind = TARGET_TEXT;
}

/* Names of elements are few, so the first letters tell them apart but for one comparison. */
static void child_survey(struct measured *measured, const struct node *child)
{
    const char *name = child->name;
    const struct node **place = NULL;
    const char *rest = "";
    switch (name[0]) {
    case 'l':
        if (strncmp(name, "level", 5) == 0 && (name[5] == '1' || name[5] == '2')) {
            place = name[5] == '1' ? &measured->level1 : &measured->level2;
            rest = name[5] == '1' ? "level1" : "level2";
        }
        break;
    case 'n': place = &measured->name, rest = "name"; break;
    case 't':
        if (strcmp(name, "target") == 0 && !measured->target)
            target_survey(measured, child);
        return;
    case 'd':
        if (name[1] == 'e' && name[2] == 's')
            place = &measured->description, rest = "description";
        else
            place = &measured->deviation, rest = "deviation";
        break;
    case 's':
        if (name[1] == 't')
            place = &measured->standard, rest = "standard";
        else
            place = &measured->score, rest = "score";
        break;
    case 'w': place = &measured->weight, rest = "weight"; break;
    case 'a': place = &measured->actual, rest = "actual"; break;
    }
    if (place && !*place && strcmp(name, rest) == 0)
        *place = child;
}

static void indicator_survey(struct survey *survey, struct measured *measured, const struct node *indicator)
{
    *measured = (struct measured){0};
    for (const struct attribute *a = indicator->attributes; a; a = a->next)
        switch (a->name[0]) {
        case 'c': measured->class = (unsigned char)class_of(a->value); break;
        case 'd': measured->dimension = (unsigned char)dimension_of(a->value); break;
        case 'h': measured->horizon = (unsigned char)horizon_of(a->value); break;
        }
    for (const struct node *child = indicator->first; child; child = child->next)
        child_survey(measured, child);
    survey->horizons += survey->in_horizon[measured->horizon]++ == 0;
    survey->named += measured->name && measured->name->value;
    survey->targeted += measured->kind > TARGET_BLANK;
    survey->weighed += measured->weight && measured->weight->value;
    survey->scored += measured->score && measured->score->value;
}

const struct survey *survey_of(struct checking *checking)
{
    if (checking->survey)
        return checking->survey;
    struct survey *survey = arena_new(checking->arena, struct survey);
    checking->survey = survey;
    size_t most = 0;
    for (const struct node *node = checking->indicators ? checking->indicators->first : NULL; node; node = node->next)
        most++;
    survey->items = arena_room(checking->arena, (most + 1) * sizeof *survey->items);
    for (const struct node *node = checking->indicators ? checking->indicators->first : NULL; node; node = node->next)
        if (strcmp(node->name, "indicator") == 0)
            indicator_survey(survey, &survey->items[survey->count++], node);
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

static bool is_printed(const struct node *node) { return node && node->provenance && node->provenance->bytes.count; }

const struct node *measured_place(const struct measured *measured)
{
    const struct node *nodes[] = {measured->name, measured->level2, measured->level1, measured->target, measured->description};
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
    return digits >= 3 && (strcmp(text + digits, "%") == 0 || strcmp(text + digits, "(%)") == 0 || strcmp(text + digits, "％") == 0);
}

const char *survey_folded(struct checking *checking, const char *text)
{
    bool is_plain = true;
    const char *end = text;
    for (; *end; end++)
        is_plain &= *end != ' ' && *end != '\n' && (unsigned char)*end != 0xef && (unsigned char)*end != 0xe2 && (unsigned char)*end != 0xe3;
    if (is_plain)
        return text;
    char *copy = arena_room(checking->arena, (size_t)(end - text) * 4 / 3 + 5), *to = copy; /* no sign folds to a longer one */
    while (text < end) {
        unsigned length;
        uint32_t code = character_decode(text, &length);
        if (!character_is_space(code))
            to += character_encode(character_fold(code), to);
        text += length;
    }
    *to = 0;
    return copy;
}

static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

const struct rule *survey_find(const struct checking *checking, enum value_name value, const char *text, size_t *from, size_t *to)
{
    const struct pattern *pattern = checking->grammar->values[value];
    size_t all = strlen(text);
    for (size_t at = from ? *from : 0; at < all;) {
        unsigned length;
        uint32_t code = character_decode(text + at, &length);
        if (pattern_may_begin(pattern, code) && !(at && is_letter(text[at]) && is_letter(text[at - 1]))) {
            const struct rule *rule = grammar_value(checking->grammar, value, text + at, all - at);
            if (rule) {
                if (from)
                    *from = at;
                if (to)
                    *to = at + pattern_to(pattern);
                return rule;
            }
        }
        at += length;
    }
    return NULL;
}

bool survey_was_found(const struct checking *checking, const char *rule)
{
    const struct node *findings = node_child(checking->form->declaration, "findings");
    for (const struct node *finding = findings ? findings->first : NULL; finding; finding = finding->next) {
        const char *by = node_get(finding, "rule");
        if (by && strcmp(by, rule) == 0)
            return true;
    }
    return false;
}
