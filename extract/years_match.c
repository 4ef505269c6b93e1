/* Matching: by code; else by the same name and unit; else by a close name in the same
 * unit, if only one comes close and something else bears it out. Nothing is compared
 * with everything: forms meet in groups of a key, and names by their rarest pairs of
 * characters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matching.h"
#include "text.h"

enum {
    GROUP_MOST = 32,      /* projects of one name that are looked at */
    CANDIDATES_MOST = 64, /* names that share a pair of characters */
    NAME_LEAST = 18,      /* bytes of a name that is worth a question by itself */
    SIDES_MOST = 8,
    BIGRAMS_ROOM = 128,
};

static const double CLOSE = 0.8, MARGIN = 0.05, CLASH = 0.5;

/* ---- keys and their numbers ---- */

struct keys {
    struct {
        uint32_t hash, number;
    } *slots;
    size_t room;
    array_of(const char *) texts; /* [0] is none */
};

static uint32_t key_hash(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash ^ hash >> 15;
}

static void keys_grow(struct keys *keys)
{
    size_t room = keys->room ? keys->room * 2 : 1024;
    free(keys->slots);
    keys->slots = memory_resize(NULL, room * sizeof *keys->slots);
    memset(keys->slots, 0, room * sizeof *keys->slots);
    keys->room = room;
    for (size_t i = 1; i < keys->texts.count; i++) {
        uint32_t hash = key_hash(keys->texts.items[i]);
        size_t at = hash & (room - 1);
        while (keys->slots[at].number)
            at = (at + 1) & (room - 1);
        keys->slots[at].hash = hash;
        keys->slots[at].number = (uint32_t)i;
    }
}

static uint32_t key_number(struct keys *keys, const char *text)
{
    if (!*text)
        return 0;
    if (!keys->texts.count)
        *array_push(&keys->texts) = "";
    if (keys->texts.count * 2 >= keys->room)
        keys_grow(keys);
    uint32_t hash = key_hash(text);
    size_t at = hash & (keys->room - 1);
    for (; keys->slots[at].number; at = (at + 1) & (keys->room - 1))
        if (keys->slots[at].hash == hash && strcmp(keys->texts.items[keys->slots[at].number], text) == 0)
            return keys->slots[at].number;
    keys->slots[at].hash = hash;
    keys->slots[at].number = (uint32_t)keys->texts.count;
    *array_push(&keys->texts) = text;
    return keys->slots[at].number;
}

const char *matching_key(const struct matching *matching, uint32_t key)
{
    return key ? matching->keys->texts.items[key] : "";
}

/* ---- entering ---- */

static uint32_t place_of(const struct form *form)
{
    for (const struct node *at = form->declaration; at; at = at->first)
        if (at->order)
            return at->order;
    return 0;
}

static uint32_t first_place(const struct form *form)
{
    uint32_t first = UINT32_MAX;
    for (const struct node *block = form->declaration->first; block; block = block->next)
        for (const struct node *field = block->first; field; field = field->next) {
            uint32_t place = field->order   ? field->order
                             : field->first ? place_of(&(struct form){.declaration = field->first})
                                            : 0;
            if (place && place < first)
                first = place;
        }
    return first;
}

int form_order(const struct form *a, const struct form *b)
{
    int order = strcmp(a->origin->path, b->origin->path);
    if (!order)
        order = strcmp(a->origin->sha256, b->origin->sha256);
    if (order || a->declaration == b->declaration)
        return order;
    uint32_t x = first_place(a), y = first_place(b);
    return x != y ? (x < y ? -1 : 1) : strcmp(form_id(a), form_id(b));
}

static int by_year(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return x->year != y->year ? (x->year < y->year ? -1 : 1) : form_order(x->form, y->form);
}

/* The year that most headings of the form state, the first of equals. Periods and texts
 * have no say: they reach over years, and are what is left behind from last year's form. */
static unsigned year_of(const struct form *form)
{
    enum { YEARS_MOST = 8 };
    struct {
        unsigned year, votes;
    } all[YEARS_MOST];
    size_t count = 0, best = 0;
    const struct node *header = node_child(form->declaration, "header");
    for (const struct node *at = header ? header->first : NULL; at; at = at->next) {
        unsigned stated = strcmp(at->name, "fiscal-year") == 0 ? date_year(at) : 0;
        size_t i = 0;
        while (i < count && all[i].year != stated)
            i++;
        if (!stated || i == YEARS_MOST)
            continue;
        if (i == count) {
            all[count].year = stated;
            all[count++].votes = 0;
        }
        all[i].votes++;
    }
    for (size_t i = 1; i < count; i++)
        if (all[i].votes > all[best].votes)
            best = i;
    return count ? all[best].year : 0;
}

/* A unit's key without the code that stands before or behind its name. */
static const char *unit_key(struct arena *arena, const char *text)
{
    enum { CODE_LEAST = 3 };
    char *key = (char *)key_of(arena, text, 0);
    size_t before = strspn(key, "0123456789"), length = strlen(key), to = length;
    while (to > before && key[to - 1] >= '0' && key[to - 1] <= '9')
        to--;
    if (length - to >= CODE_LEAST)
        key[to] = 0;
    return before >= CODE_LEAST && key[before] ? key + before : key;
}

static const char *header_value(const struct form *form, const char *name)
{
    const struct node *node = form_field(form, "header", name);
    return node && node->value ? node->value : "";
}

/* A code that is worth one: 无 and 1 are not. */
static const char *code_of(struct arena *arena, const struct form *form)
{
    enum { CODE_LEAST = 4 };
    const char *code = key_of(arena, form_code(form), 0);
    size_t digits = 0;
    for (const char *at = code; *at; at++)
        digits += *at >= '0' && *at <= '9';
    return digits >= CODE_LEAST ? code : "";
}

/* Of copies of one document the first by path stays, wherever it stands. */
static bool is_before(const struct origin *a, const struct origin *b)
{
    int order = strcmp(a->path, b->path);
    return order ? order < 0
                 : strcmp(a->extraction ? a->extraction : "", b->extraction ? b->extraction : "") < 0;
}

/* Which forms are of such copies. Documents are known by what they hold, else by path. */
static bool *copies_find(const struct forms *forms, struct keys *keys, struct arena *arena)
{
    bool *is_copy = arena_array(arena, bool, forms->count + 1);
    uint32_t *numbers = arena_array(arena, uint32_t, forms->count + 1);
    array_of(const struct origin *) firsts = {0};
    for (size_t i = 0; i < forms->count; i++) {
        const struct origin *origin = forms->items[i].origin;
        const char *identity = *origin->sha256      ? origin->sha256
                               : origin->extraction ? origin->extraction
                                                    : origin->path;
        numbers[i] = i && forms->items[i - 1].origin == origin
                         ? numbers[i - 1]
                         : key_number(keys, arena_printf(arena, "=%s", identity));
        while (firsts.count <= numbers[i])
            *array_push(&firsts) = NULL;
        if (!firsts.items[numbers[i]] || is_before(origin, firsts.items[numbers[i]]))
            firsts.items[numbers[i]] = origin;
    }
    for (size_t i = 0; i < forms->count; i++)
        is_copy[i] = firsts.items[numbers[i]] != forms->items[i].origin;
    array_release(&firsts);
    return is_copy;
}

void matching_enter(struct matching *matching, const struct forms *forms, struct years_summary *summary)
{
    struct comparing *comparing = matching->comparing;
    struct arena *arena = &matching->arena;
    const struct years_options *options = comparing->options;
    matching->keys = memory_resize(NULL, sizeof *matching->keys);
    *matching->keys = (struct keys){0};
    const bool *is_copy = copies_find(forms, matching->keys, arena);
    const char *wanted = options->unit ? unit_key(arena, options->unit) : NULL;
    for (size_t i = 0; i < forms->count; i++) {
        const struct form *form = &forms->items[i];
        static const char *const names[UNITS] = {"implementing-unit", "reporting-unit",
                                                 "competent-department"};
        struct entry entry = {.form = form, .year = year_of(form)};
        bool is_wanted = !wanted;
        for (size_t k = 0; k < UNITS; k++) {
            const char *unit = unit_key(arena, header_value(form, names[k]));
            is_wanted |= wanted && *unit && strcmp(unit, wanted) == 0;
            entry.units[k] = key_number(matching->keys, unit);
        }
        if (!is_wanted || (entry.year && ((options->first_year && entry.year < options->first_year) ||
                                          (options->last_year && entry.year > options->last_year))))
            continue;
        summary->forms++;
        if (is_copy[i]) {
            summary->duplicates++;
            continue;
        }
        if (!entry.year) {
            const struct side side = {form, form_field(form, "header", "project-name")};
            summary->without_year++;
            refuse(comparing->findings, CHECK_AMBIGUOUS_MATCH, VERDICT_REFUSED, &side, 1,
                   "“%s”没有年度，无法与其他年度对应", "'%s' states no year and is compared with none",
                   form_project(form));
            continue;
        }
        const char *kind = node_get(form->declaration, "kind");
        entry.is_evaluation = kind && strcmp(kind, "evaluation") == 0;
        entry.name_key = key_of(arena, form_project(form), entry.year);
        entry.name = key_number(matching->keys, entry.name_key);
        entry.code_key = code_of(arena, form);
        entry.code =
            *entry.code_key ? key_number(matching->keys, arena_printf(arena, "#%s", entry.code_key)) : 0;
        *array_push(&matching->entries) = entry;
    }
    if (matching->entries.count)
        qsort(matching->entries.items, matching->entries.count, sizeof *matching->entries.items, by_year);
    for (size_t i = 0; i < matching->entries.count; i++) {
        matching->entries.items[i].parent = i;
        matching->year_count += !i || matching->entries.items[i].year != matching->entries.items[i - 1].year;
    }
}

void matching_release(struct matching *matching)
{
    array_release(&matching->entries);
    if (matching->keys) {
        free(matching->keys->slots);
        array_release(&matching->keys->texts);
    }
    free(matching->keys);
    arena_release(&matching->arena);
}

/* ---- joining ---- */

size_t matching_root(struct matching *matching, size_t entry)
{
    struct entry *entries = matching->entries.items;
    while (entries[entry].parent != entry)
        entry = entries[entry].parent = entries[entries[entry].parent].parent;
    return entry;
}

/* The root is the first entry, whatever the order of joining. */
static void join(struct matching *matching, size_t a, size_t b)
{
    a = matching_root(matching, a);
    b = matching_root(matching, b);
    if (a != b)
        matching->entries.items[a > b ? a : b].parent = a > b ? b : a;
}

/* An entry, or the root of a project, under a key. */
struct place {
    uint64_t key;
    size_t entry;
};

static int by_place(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return x->key != y->key ? (x->key < y->key ? -1 : 1) : x->entry < y->entry ? -1 : x->entry > y->entry;
}

struct places {
    struct place *items;
    size_t count, room;
};

static size_t place_group(const struct places *all, size_t from)
{
    size_t to = from + 1;
    while (to < all->count && all->items[to].key == all->items[from].key)
        to++;
    return to;
}

static void places_sort(struct places *all)
{
    if (all->count)
        qsort(all->items, all->count, sizeof *all->items, by_place);
}

/* Whether implementing or reporting units are the same; where one form states neither,
 * whether the departments are. */
enum likeness { UNITS_SAME, UNITS_UNKNOWN, UNITS_OTHER };
static enum likeness unit_likeness(const struct entry *a, const struct entry *b)
{
    bool a_has = a->units[UNIT_IMPLEMENTING] || a->units[UNIT_REPORTING],
         b_has = b->units[UNIT_IMPLEMENTING] || b->units[UNIT_REPORTING];
    if (a_has && b_has) {
        if (a->units[UNIT_IMPLEMENTING] && b->units[UNIT_IMPLEMENTING])
            return a->units[UNIT_IMPLEMENTING] == b->units[UNIT_IMPLEMENTING] ? UNITS_SAME : UNITS_OTHER;
        for (unsigned i = UNIT_IMPLEMENTING; i <= UNIT_REPORTING; i++)
            for (unsigned k = UNIT_IMPLEMENTING; k <= UNIT_REPORTING; k++)
                if (a->units[i] && a->units[i] == b->units[k])
                    return UNITS_SAME;
        return UNITS_OTHER;
    }
    for (unsigned i = 0; i < UNITS; i++) /* a form that knows one unit only may call it by any label */
        for (unsigned k = 0; k < UNITS; k++)
            if (a->units[i] && a->units[i] == b->units[k])
                return UNITS_SAME;
    if (!entry_unit(a) && !entry_unit(b))
        return UNITS_SAME;
    return a->units[UNIT_DEPARTMENT] && b->units[UNIT_DEPARTMENT] ? UNITS_OTHER : UNITS_UNKNOWN;
}

static bool is_same_unit(const struct entry *a, const struct entry *b)
{
    return unit_likeness(a, b) == UNITS_SAME;
}

__attribute__((format(printf, 5, 0), format(printf, 6, 0))) static void
ambiguous(struct matching *matching, enum verdict verdict, const size_t *entries, size_t count,
          const char *zh, const char *en)
{
    struct side sides[SIDES_MOST];
    size_t shown = count < SIDES_MOST ? count : SIDES_MOST;
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &matching->entries.items[entries[i]];
        entry->is_unsure = true;
        if (i < shown)
            sides[i] = (struct side){entry->form, form_field(entry->form, "header", "project-name")};
    }
    const struct entry *first = &matching->entries.items[entries[0]],
                       *last = &matching->entries.items[entries[count - 1]];
    refuse(matching->comparing->findings, CHECK_AMBIGUOUS_MATCH, verdict, sides, shown, zh, en,
           form_project(first->form), first->year, form_project(last->form), last->year);
}

/* Whether a code holds its year where the other holds its own: such codes are given anew each year. */
static bool is_yearly(const struct entry *a, const struct entry *b)
{
    size_t length = strlen(a->code_key);
    if (strlen(b->code_key) != length || a->year == b->year)
        return false;
    for (size_t digits = 4; digits >= 2; digits -= 2) {
        char x[16], y[16];
        snprintf(x, sizeof x, "%0*u", (int)digits, digits == 4 ? a->year : a->year % 100);
        snprintf(y, sizeof y, "%0*u", (int)digits, digits == 4 ? b->year : b->year % 100);
        for (size_t i = 0; i + digits <= length; i++)
            if (strncmp(a->code_key + i, x, digits) == 0 && strncmp(b->code_key + i, y, digits) == 0)
                return true;
    }
    return false;
}

static void join_by_code(struct matching *matching)
{
    struct places all = {0};
    for (size_t i = 0; i < matching->entries.count; i++)
        if (matching->entries.items[i].code)
            *array_push(&all) = (struct place){matching->entries.items[i].code, i};
    places_sort(&all);
    for (size_t from = 0, to; from < all.count; from = to) {
        to = place_group(&all, from);
        const struct entry *first = &matching->entries.items[all.items[from].entry];
        for (size_t i = from + 1; i < to; i++) {
            const struct entry *entry = &matching->entries.items[all.items[i].entry];
            if (entry->name != first->name && !is_same_unit(first, entry) &&
                key_similarity(first->name_key, entry->name_key) < CLASH)
                ambiguous(matching, VERDICT_FAIL, (size_t[]){all.items[from].entry, all.items[i].entry}, 2,
                          "“%s”（%u年）与“%s”（%u年）编码相同，名称和单位都不同，未作对应",
                          "'%s' of %u and '%s' of %u have the same code, but neither name nor unit agree");
            else
                join(matching, all.items[from].entry, all.items[i].entry);
        }
    }
    array_release(&all);
}

/* Forms of one name and unit are one project, unless their codes say otherwise. */
static void join_named(struct matching *matching, const struct place *group, size_t count)
{
    struct entry *entries = matching->entries.items;
    size_t coded = SIZE_MAX, other = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t at = group[i].entry;
        if (!entries[at].code)
            continue;
        if (coded == SIZE_MAX)
            coded = at;
        else if (matching_root(matching, at) != matching_root(matching, coded) &&
                 !is_yearly(&entries[coded], &entries[at]))
            other = at;
    }
    if (other == SIZE_MAX) {
        for (size_t i = 1; i < count; i++)
            join(matching, group[0].entry, group[i].entry);
        return;
    }
    /* several codes: siblings of one name, if they stand side by side in a year */
    bool is_side_by_side = false;
    array_of(size_t) sides = {0};
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = &entries[group[i].entry];
        bool has_other_year = false;
        for (size_t k = 0; k < count && count <= GROUP_MOST; k++) {
            const struct entry *with = &entries[group[k].entry];
            bool is_one = matching_root(matching, group[i].entry) == matching_root(matching, group[k].entry);
            is_side_by_side |= !is_one && with->year == entry->year && with->code && entry->code;
            has_other_year |= is_one && with->year != entry->year;
        }
        if (!has_other_year)
            *array_push(&sides) = group[i].entry;
    }
    bool has_years =
        sides.count > 1 && entries[sides.items[0]].year != entries[sides.items[sides.count - 1]].year;
    if (has_years || (sides.count && !is_side_by_side))
        ambiguous(matching, VERDICT_REFUSED, sides.items, sides.count,
                  "“%s”（%u年）与“%s”（%u年）名称和单位相同而项目编码不同或缺失，未作对应",
                  "'%s' of %u and '%s' of %u have the same name and unit, but not the same code");
    array_release(&sides);
}

static void join_by_name(struct matching *matching)
{
    struct places all = {0};
    for (size_t i = 0; i < matching->entries.count; i++) {
        const struct entry *entry = &matching->entries.items[i];
        if (entry->name)
            *array_push(&all) = (struct place){(uint64_t)entry->name << 32 | entry_unit(entry), i};
    }
    places_sort(&all);
    for (size_t from = 0, to; from < all.count; from = to) {
        to = place_group(&all, from);
        if (to - from > 1)
            join_named(matching, all.items + from, to - from);
    }
    array_release(&all);
}

/* ---- projects that lack a year ---- */

struct candidate {
    size_t first, last; /* entries: the project's earliest and latest */
    size_t years, best, twin; /* best: candidate; twin: 1 + candidate of a name that may be a sibling's */
    double most, second;
};

struct candidates {
    array_of(struct candidate) items;
    size_t *of_root; /* 1 + candidate, by root entry */
    size_t *next;    /* 1 + the next entry of the same project, by entry */
};

/* All projects, or those that lack a year. */
static struct candidates candidates_find(struct matching *matching, bool whole_too)
{
    size_t count = matching->entries.count;
    struct candidates candidates = {.of_root = arena_array(&matching->arena, size_t, count + 1),
                                    .next = arena_array(&matching->arena, size_t, count + 1)};
    for (size_t i = 0; i < count; i++) { /* by year */
        size_t root = matching_root(matching, i);
        if (!candidates.of_root[root]) {
            *array_push(&candidates.items) = (struct candidate){.first = i, .last = i, .years = 1};
            candidates.of_root[root] = candidates.items.count;
            continue;
        }
        struct candidate *candidate = &candidates.items.items[candidates.of_root[root] - 1];
        candidate->years += matching->entries.items[candidate->last].year != matching->entries.items[i].year;
        candidates.next[candidate->last] = i + 1;
        candidate->last = i;
    }
    size_t left = 0;
    for (size_t i = 0; i < candidates.items.count; i++)
        if ((whole_too || candidates.items.items[i].years < matching->year_count) &&
            matching->entries.items[candidates.items.items[i].first].name)
            candidates.items.items[left++] = candidates.items.items[i];
    candidates.items.count = left;
    return candidates;
}

/* One ends before the other begins. */
static bool is_apart(const struct matching *matching, const struct candidate *a, const struct candidate *b)
{
    const struct entry *entries = matching->entries.items;
    return entries[a->last].year < entries[b->first].year || entries[b->last].year < entries[a->first].year;
}

static bool codes_differ(const struct entry *a, const struct entry *b)
{
    return a->code && b->code && a->code != b->code && !is_yearly(a, b);
}

/* The forms of two candidates that are nearest in time. */
static void nearest(const struct matching *matching, const struct candidate *a, const struct candidate *b,
                    size_t *from, size_t *to)
{
    bool is_first = matching->entries.items[a->last].year <= matching->entries.items[b->first].year;
    *from = is_first ? a->last : b->last;
    *to = is_first ? b->first : a->first;
}

/* Whether persons or the project's total are the same; `with_indicators`: or its indicators. */
static bool is_borne_out(struct matching *matching, const struct form *a, const struct form *b,
                         bool with_indicators)
{
    static const char *const fields[] = {"project-leader", "phone"};
    struct arena *arena = &matching->arena;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *x = key_of(arena, header_value(a, fields[i]), 0),
                   *y = key_of(arena, header_value(b, fields[i]), 0);
        if (*x && strcmp(x, y) == 0)
            return true;
    }
    struct money total = money_find(matching->comparing, a, "project", "total", NULL),
                 other = money_find(matching->comparing, b, "project", "total", NULL);
    if (money_is_stated(&total) && money_is_stated(&other) && money_is_same(&total, &other) &&
        !decimal_is_zero(total.yuan))
        return true;
    if (!with_indicators)
        return false;
    struct facts old, new;
    facts_read(matching->comparing, &old, a, 0);
    facts_read(matching->comparing, &new, b, 0);
    struct pair pair = {.comparing = matching->comparing, .old = &old, .new = &new};
    indicators_match(&pair);
    size_t most = old.indicator_count > new.indicator_count ? old.indicator_count : new.indicator_count;
    return pair.matched_count >= 2 && pair.matched_count * 2 >= most;
}

enum overlap { OVERLAP_NONE, OVERLAP_DOCUMENTS, OVERLAP_INSIDE };

/* Whether both have a form of one kind and year, and that in one document. */
static enum overlap overlap_of(const struct matching *matching, const struct candidates *candidates,
                               const struct candidate *a, const struct candidate *b)
{
    enum overlap overlap = OVERLAP_NONE;
    for (size_t i = a->first + 1; i; i = candidates->next[i - 1])
        for (size_t k = b->first + 1; k; k = candidates->next[k - 1]) {
            const struct entry *x = &matching->entries.items[i - 1], *y = &matching->entries.items[k - 1];
            if (x->year != y->year || x->is_evaluation != y->is_evaluation)
                continue;
            if (x->form->origin == y->form->origin)
                return OVERLAP_INSIDE;
            overlap = OVERLAP_DOCUMENTS;
        }
    return overlap;
}

/* Whether two projects of one name are one, among `count` of that name. */
static bool is_one(struct matching *matching, const struct candidates *candidates,
                   const struct candidate *one, const struct candidate *two, size_t count)
{
    size_t a, b;
    nearest(matching, one, two, &a, &b);
    const struct entry *x = &matching->entries.items[a], *y = &matching->entries.items[b];
    enum likeness likeness = unit_likeness(x, y);
    enum overlap overlap = overlap_of(matching, candidates, one, two);
    if (overlap == OVERLAP_INSIDE || codes_differ(x, y) || (overlap && likeness != UNITS_SAME))
        return false;
    if (likeness == UNITS_SAME && !overlap)
        return true;
    if (likeness != UNITS_SAME && strlen(x->name_key) < NAME_LEAST)
        return false;
    return is_borne_out(matching, x->form, y->form,
                        likeness == UNITS_SAME || (likeness == UNITS_UNKNOWN && count == 2));
}

/* The same name, another label or level of the unit. */
static void join_group(struct matching *matching, struct candidates *candidates, const struct place *group,
                       size_t count)
{
    uint64_t with[GROUP_MOST] = {0};
    for (size_t i = 0; i < count; i++) {
        with[i] |= (uint64_t)1 << i;
        for (size_t k = i + 1; k < count; k++)
            if (is_one(matching, candidates, &candidates->items.items[group[i].entry],
                       &candidates->items.items[group[k].entry], count)) {
                with[i] |= (uint64_t)1 << k;
                with[k] |= (uint64_t)1 << i;
            }
    }
    for (size_t i = 0; i < count; i++) {
        bool is_sure = true; /* those that go with it go with each other */
        for (size_t k = 0; k < count && is_sure; k++)
            is_sure = !(with[i] >> k & 1) || with[k] == with[i];
        for (size_t k = i + 1; k < count && is_sure; k++)
            if (with[i] >> k & 1)
                join(matching, candidates->items.items[group[i].entry].first,
                     candidates->items.items[group[k].entry].first);
    }
    const struct candidate *one = &candidates->items.items[group[0].entry],
                           *two = &candidates->items.items[group[count - 1].entry];
    size_t a, b;
    nearest(matching, one, two, &a, &b);
    if (count == 2 && with[0] == 1 && is_apart(matching, one, two) &&
        strlen(matching->entries.items[a].name_key) >= NAME_LEAST && !matching->entries.items[a].is_unsure)
        ambiguous(matching, VERDICT_REFUSED, (size_t[]){a, b}, 2,
                  "“%s”（%u年）与“%s”（%u年）名称相同，单位或编码不同，未作对应",
                  "'%s' of %u and '%s' of %u have the same name, but not the same unit or code");
}

static void join_other_units(struct matching *matching)
{
    struct candidates candidates = candidates_find(matching, true);
    struct places all = {0};
    for (size_t i = 0; i < candidates.items.count; i++)
        *array_push(&all) = (struct place){matching->entries.items[candidates.items.items[i].first].name, i};
    places_sort(&all);
    for (size_t from = 0, to; from < all.count; from = to) {
        to = place_group(&all, from);
        if (to - from > 1 && to - from <= GROUP_MOST)
            join_group(matching, &candidates, all.items + from, to - from);
    }
    array_release(&all);
    array_release(&candidates.items);
}

static void closer(struct candidate *to, size_t other, double similarity)
{
    if (similarity > to->most) {
        to->second = to->most;
        to->most = similarity;
        to->best = other;
    } else if (similarity > to->second && other != to->best) {
        to->second = similarity;
    }
}

/* Close names among the candidates of one unit. Names that agree for four fifths of
 * their pairs share one of the rarest third of them, so only those are looked up. */
static void close_names(struct matching *matching, struct candidates *candidates, const struct place *unit,
                        size_t count)
{
    struct places all = {0}, rare = {0};
    uint64_t bigrams[BIGRAMS_ROOM];
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = &matching->entries.items[candidates->items.items[unit[i].entry].last];
        size_t n = key_bigrams(entry->name_key, bigrams, BIGRAMS_ROOM);
        for (size_t k = 0; k < n; k++)
            *array_push(&all) = (struct place){bigrams[k], unit[i].entry};
    }
    places_sort(&all);
    /* how often each pair stands, to find the rarest of a name */
    struct places often = {0};
    for (size_t from = 0, to; from < all.count; from = to) {
        to = place_group(&all, from);
        *array_push(&often) = (struct place){all.items[from].key, to - from};
    }
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry = &matching->entries.items[candidates->items.items[unit[i].entry].last];
        struct place own[BIGRAMS_ROOM];
        size_t n = key_bigrams(entry->name_key, bigrams, BIGRAMS_ROOM);
        for (size_t k = 0; k < n; k++) {
            size_t low = 0, high = often.count;
            while (low + 1 < high) {
                size_t middle = (low + high) / 2;
                if (often.items[middle].key <= bigrams[k])
                    low = middle;
                else
                    high = middle;
            }
            own[k] = (struct place){often.items[low].entry, low}; /* rarest first, then by number */
        }
        qsort(own, n, sizeof *own, by_place);
        for (size_t k = 0; k < n / 3 + 2 && k < n; k++)
            *array_push(&rare) = (struct place){own[k].entry, unit[i].entry};
    }
    places_sort(&rare);
    for (size_t from = 0, to; from < rare.count; from = to) {
        to = place_group(&rare, from);
        if (to - from > CANDIDATES_MOST)
            continue;
        for (size_t i = from; i < to; i++)
            for (size_t k = i + 1; k < to; k++) {
                struct candidate *a = &candidates->items.items[rare.items[i].entry],
                                 *b = &candidates->items.items[rare.items[k].entry];
                if (a == b || !is_apart(matching, a, b))
                    continue;
                size_t x, y;
                nearest(matching, a, b, &x, &y);
                const struct entry *one = &matching->entries.items[x], *two = &matching->entries.items[y];
                if (!is_same_unit(one, two) || codes_differ(one, two))
                    continue;
                double similarity = key_similarity(one->name_key, two->name_key);
                if (similarity < CLOSE)
                    continue;
                enum kinship kinship =
                    key_kinship(matching->comparing->grammar, one->name_key, two->name_key);
                if (kinship == KINSHIP_TWIN) {
                    a->twin = rare.items[k].entry + 1;
                    b->twin = rare.items[i].entry + 1;
                }
                if (kinship != KINSHIP_SAME ||
                    !key_numbers_contained(one->name_key, two->name_key))
                    continue;
                closer(a, rare.items[k].entry, similarity);
                closer(b, rare.items[i].entry, similarity);
            }
    }
    array_release(&all);
    array_release(&often);
    array_release(&rare);
}

/* Two names that differ by a word that may tell two projects apart; said once. */
static void twins_refuse(struct matching *matching, const struct candidates *candidates, size_t at)
{
    const struct candidate *one = &candidates->items.items[at],
                           *two = &candidates->items.items[one->twin - 1];
    if (two->twin == at + 1 && two->most == 0 && one->twin - 1 < at)
        return;
    size_t a, b;
    nearest(matching, one, two, &a, &b);
    ambiguous(matching, VERDICT_REFUSED, (size_t[]){a, b}, 2,
              "“%s”（%u年）与“%s”（%u年）名称只差一处用词，可能是两个项目，未作对应",
              "'%s' of %u and '%s' of %u differ by a word that may tell two projects apart; not matched");
}

static void join_close(struct matching *matching)
{
    struct candidates candidates = candidates_find(matching, false);
    struct places all = {0};
    for (size_t i = 0; i < candidates.items.count; i++)
        *array_push(&all) =
            (struct place){entry_unit(&matching->entries.items[candidates.items.items[i].last]), i};
    places_sort(&all);
    for (size_t from = 0, to; from < all.count; from = to) {
        to = place_group(&all, from);
        if (to - from > 1)
            close_names(matching, &candidates, all.items + from, to - from);
    }
    for (size_t i = 0; i < candidates.items.count; i++) {
        const struct candidate *one = &candidates.items.items[i], *two = &candidates.items.items[one->best];
        if (one->most == 0 && one->twin)
            twins_refuse(matching, &candidates, i);
        if (one->most == 0 || (two->best == i && one->best < i))
            continue; /* said from the other side */
        size_t a, b;
        nearest(matching, one, two, &a, &b);
        bool is_unique =
            two->best == i && one->most - one->second >= MARGIN && two->most - two->second >= MARGIN;
        is_unique = is_unique && key_numbers_agree(matching->entries.items[a].name_key,
                                                   matching->entries.items[b].name_key);
        if (is_unique &&
            is_borne_out(matching, matching->entries.items[a].form, matching->entries.items[b].form, true))
            join(matching, a, b);
        else if (!is_unique)
            ambiguous(matching, VERDICT_REFUSED, (size_t[]){a, b}, 2,
                      "“%s”（%u年）与“%s”（%u年）名称相近而不能确定为同一项目，未作对应",
                      "'%s' of %u and '%s' of %u have close names, but which belong together is not certain");
        else
            ambiguous(matching, VERDICT_REFUSED, (size_t[]){a, b}, 2,
                      "“%s”（%u年）与“%s”（%u年）名称相近，别无佐证，未作对应",
                      "'%s' of %u and '%s' of %u have close names, but nothing else bears it out");
    }
    array_release(&all);
    array_release(&candidates.items);
}

void matching_join(struct matching *matching)
{
    join_by_code(matching);
    join_by_name(matching);
    join_other_units(matching);
    join_close(matching);
}
