/* From the rules of grammars to tables and patterns. */
#include "grammar_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/report.h"

struct scale {
    const char *unit;
    size_t length;
    unsigned zeros;
    const struct rule *rule;
};

/* ---- sections, tables, groups ---- */

static void index_wrong(struct grammar_store *store, const struct rule *rule, const char *what)
{
    report(REPORT_ERROR, (struct place){rule->path, rule->line, 1, NULL, 0}, "%s", what);
    store->is_wrong = true;
}

static void children_move(struct rule *from, struct rule *to)
{
    for (struct rule *child = from->first, *next; child; child = next) {
        next = child->next;
        child->next = NULL;
        child->parent = to;
        if (to->last)
            to->last->next = child;
        else
            to->first = child;
        to->last = child;
    }
    to->holds |= from->holds;
    from->first = from->last = NULL;
}

/* A field named again, in this file or another, is the same field: it adds its
 * pattern, and what stands under it holds for both. */
static void fields_merge(struct rule *top)
{
    for (struct rule *section = top->first; section; section = section->next)
        for (struct rule *field = section->word == WORD_SECTION ? section->first : NULL; field; field = field->next) {
            if (!rule_is_field(field) || field->name[0] == '-' || field->name[0] == '.')
                continue;
            for (struct rule *before = top->first; before != section->next && !field->same; before = before->next)
                for (struct rule *other = before->word == WORD_SECTION && before->index == section->index
                                              ? before->first
                                              : NULL;
                     other && other != field; other = other->next)
                    if (other->word == field->word && strcmp(other->name, field->name) == 0 && !other->same) {
                        field->same = other;
                        children_move(field, other);
                        break;
                    }
        }
}

/* A column named again, in this file or another, is the same column: it adds its
 * pattern and what stands under it. */
static void columns_merge(struct rule *table)
{
    for (struct rule *first = table->first; first; first = first->next) {
        if (!rule_is_field(first))
            continue;
        for (struct rule *before = first, *again; (again = before->next);) {
            if (again->word != first->word || strcmp(again->name, first->name) != 0 || again->name[0] == '-') {
                before = again;
                continue;
            }
            before->next = again->next;
            if (table->last == again)
                table->last = before;
            children_move(again, first);
            again->alias = first->alias;
            first->alias = again;
        }
    }
}

/* What holds for all of a section is asked of the first of its name, which a file of a
 * user may be. */
static void shapes_move(struct rule *from, struct rule *to)
{
    struct rule *child = from->first;
    from->first = from->last = NULL;
    for (struct rule *next; child; child = next) {
        next = child->next;
        struct rule *parent = child->word == WORD_AMOUNT || child->word == WORD_DEFAULT ? to : from;
        child->next = NULL;
        child->parent = parent;
        if (parent->last)
            parent->last->next = child;
        else
            parent->first = child;
        parent->last = child;
        parent->holds |= (uint64_t)1 << child->word;
    }
}

/* Sections of one name are one: a later file adds to what an earlier one says. */
static void sections_index(struct grammar *grammar, struct grammar_store *store)
{
    for (struct rule *rule = store->top.first; rule; rule = rule->next) {
        if (rule->word != WORD_SECTION)
            continue;
        size_t i = 0;
        while (i < grammar->section_count && strcmp(grammar->sections[i]->name, rule->name) != 0)
            i++;
        if (i == grammar->section_count) {
            if (i == SECTIONS_MOST) {
                index_wrong(store, rule, "too many sections");
                return;
            }
            grammar->sections[grammar->section_count++] = rule;
        }
        rule->index = (unsigned)i;
        if (grammar->sections[i] != rule)
            shapes_move(rule, grammar->sections[i]);
        for (struct rule *child = rule->first; child; child = child->next) {
            if (child->word != WORD_TABLE && child->word != WORD_LIST)
                continue;
            size_t t = 0;
            while (t < grammar->table_count && (strcmp(grammar->tables[t]->name, child->name) != 0 ||
                                                grammar->tables[t]->word != child->word))
                t++;
            if (t == grammar->table_count) {
                if (t == TABLES_MOST) {
                    index_wrong(store, child, "too many tables");
                    return;
                }
                grammar->tables[grammar->table_count++] = child;
            } else if (grammar->tables[t] != child) {
                /* the table is continued in another file: its columns join the first */
                struct rule *first = grammar->tables[t];
                children_move(child, first);
            }
            child->index = (unsigned)t;
        }
    }
    fields_merge(&store->top);
    for (size_t t = 0; t < grammar->table_count; t++)
        columns_merge(grammar->tables[t]);
    for (size_t t = 0; t < grammar->table_count; t++)
        for (struct rule *column = grammar->tables[t]->first; column; column = column->next)
            if (column->word == WORD_GROUP) {
                size_t g = 0;
                while (g < grammar->group_count && strcmp(grammar->groups[g]->name, column->name) != 0)
                    g++;
                if (g == GROUPS_MOST) {
                    index_wrong(store, column, "too many groups");
                    return;
                }
                if (g == grammar->group_count)
                    grammar->groups[grammar->group_count++] = column;
                column->index = (unsigned)g;
            }
}

/* ---- patterns ---- */

struct alternatives {
    struct alternative *items;
    size_t count, room;
};

static void alternatives_add(struct alternatives *list, const char *text, unsigned id)
{
    if (text)
        *array_push(list) = (struct alternative){text, id};
}

static struct pattern *alternatives_build(struct alternatives *list, enum pattern_reach reach, struct alternatives *any)
{
    struct pattern *pattern = pattern_build(list->items, list->count, reach);
    for (size_t i = 0; any && i < list->count; i++)
        *array_push(any) = list->items[i];
    array_release(list);
    return pattern;
}

static void patterns_build(struct grammar *grammar, struct grammar_store *store)
{
    struct alternatives any = {0}, list = {0};
    for (struct rule *rule = store->top.first; rule; rule = rule->next)
        if (rule->word == WORD_TITLE)
            alternatives_add(&list, rule->pattern, rule->id);
    grammar->titles = alternatives_build(&list, PATTERN_WHOLE, &any);
    for (struct rule *rule = store->top.first; rule; rule = rule->next)
        if (rule->word == WORD_NOTICE)
            alternatives_add(&list, rule->pattern, rule->id);
    grammar->notices = alternatives_build(&list, PATTERN_WHOLE, &any);
    for (struct rule *rule = store->top.first; rule; rule = rule->next)
        if (rule->word == WORD_SECTION)
            alternatives_add(&list, rule->pattern, rule->id);
    grammar->headings = alternatives_build(&list, PATTERN_WHOLE, &any);
    for (size_t s = 0; s < grammar->section_count; s++) {
        for (struct rule *rule = store->top.first; rule; rule = rule->next)
            if (rule->word == WORD_SECTION && rule->index == s)
                for (struct rule *field = rule->first; field; field = field->next)
                    if (rule_is_field(field))
                        alternatives_add(&list, field->pattern, field->same ? field->same->id : field->id);
        grammar->fields[s] = alternatives_build(&list, PATTERN_WHOLE, &any);
    }
    for (size_t t = 0; t < grammar->table_count; t++) {
        for (struct rule *column = grammar->tables[t]->first; column; column = column->next)
            for (const struct rule *alias = rule_is_field(column) ? column : NULL; alias; alias = alias->alias)
                alternatives_add(&list, alias->pattern, column->id);
        grammar->columns[t] = alternatives_build(&list, PATTERN_WHOLE, &any);
    }
    for (size_t t = 0; t < grammar->table_count; t++)
        for (struct rule *total = grammar->tables[t]->first; total; total = total->next)
            if (total->word == WORD_TOTAL)
                alternatives_add(&list, total->pattern, total->id);
    grammar->totals = alternatives_build(&list, PATTERN_WHOLE, &any);
    for (size_t g = 0; g < grammar->group_count; g++) {
        const char *suffix = NULL;
        for (const struct rule *rule = grammar->groups[g]->first; rule; rule = rule->next)
            if (rule->word == WORD_SUFFIX)
                suffix = suffix ? arena_printf(&store->arena, "%s\n|%s", suffix, rule->pattern) : rule->pattern;
        for (struct rule *term = grammar->groups[g]->first; term; term = term->next)
            if (term->word == WORD_TERM)
                alternatives_add(&list,
                                 suffix
                                     ? arena_printf(&store->arena, "(?:%s\n)(?:%s\n)?", term->pattern, suffix)
                                     : term->pattern,
                                 term->id);
        grammar->terms[g] = alternatives_build(&list, PATTERN_WHOLE, &any);
    }
    grammar->any = alternatives_build(&any, PATTERN_WHOLE, NULL);
    for (size_t i = 0; i < store->rules.count; i++) {
        struct rule *rule = store->rules.items[i];
        if (rule->word == WORD_MEANS || rule->word == WORD_PART || rule->word == WORD_MARK ||
            rule->word == WORD_SUFFIX) {
            alternatives_add(&list,
                             rule->word == WORD_SUFFIX
                                 ? arena_printf(&store->arena, "(?:%s\n)$", rule->pattern)
                                 : rule->pattern,
                             rule->id);
            rule->own = alternatives_build(&list, rule->word == WORD_MEANS ? PATTERN_WHOLE : PATTERN_SEARCH, NULL);
        }
    }
    for (enum value_name v = 0; v < VALUES; v++) {
        for (struct rule *rule = store->top.first; rule; rule = rule->next)
            if (rule->word == WORD_VALUE && strcmp(rule->name, grammar_values[v].name) == 0)
                for (struct rule *form = rule->first; form; form = form->next)
                    alternatives_add(&list, form->pattern, form->id);
        if (list.count == 0) {
            report(REPORT_ERROR, (struct place){0}, "no grammar says what 'value %s' is", grammar_values[v].name);
            store->is_wrong = true;
        }
        grammar->values[v] = alternatives_build(&list, grammar_values[v].reach, NULL);
    }
}

/* ---- units of money ---- */

/* scale 万元/10000  万元 | 万: each unit, in the order of the files. */
static void scales_index(struct grammar *grammar, struct grammar_store *store)
{
    struct { struct scale *items; size_t count, room; } scales = {0};
    for (size_t i = 0; i < store->rules.count; i++) {
        const struct rule *rule = store->rules.items[i];
        if (rule->word != WORD_SCALE)
            continue;
        const char *slash = strchr(rule->name, '/');
        unsigned zeros = slash && slash[1] ? (unsigned)strlen(slash + 2) : 0;
        for (const char *p = rule->pattern; *(p += strspn(p, " |"));) {
            size_t length = strcspn(p, " |");
            *array_push(&scales) = (struct scale){p, length, zeros, rule};
            p += length;
        }
    }
    grammar->scales = scales.items;
    grammar->scale_count = scales.count;
}

const struct rule *grammar_scale(const struct grammar *grammar, const char *unit, unsigned *zeros)
{
    size_t length = strlen(unit);
    for (size_t i = 0; i < grammar->scale_count; i++) {
        const struct scale *scale = &grammar->scales[i];
        if (scale->length == length && memcmp(scale->unit, unit, length) == 0) {
            *zeros = scale->zeros;
            return scale->rule;
        }
    }
    return NULL;
}

void grammar_index(struct grammar *grammar, struct grammar_store *store)
{
    sections_index(grammar, store);
    patterns_build(grammar, store);
    scales_index(grammar, store);
}

void grammar_index_release(struct grammar *grammar)
{
    pattern_release(grammar->any);
    pattern_release(grammar->titles);
    pattern_release(grammar->notices);
    pattern_release(grammar->headings);
    pattern_release(grammar->totals);
    for (size_t i = 0; i < SECTIONS_MOST; i++)
        pattern_release(grammar->fields[i]);
    for (size_t i = 0; i < TABLES_MOST; i++)
        pattern_release(grammar->columns[i]);
    for (size_t i = 0; i < GROUPS_MOST; i++)
        pattern_release(grammar->terms[i]);
    for (size_t i = 0; i < VALUES; i++)
        pattern_release(grammar->values[i]);
    free(grammar->scales);
}
