/* Indicators and their targets over the years. */
#include <stdlib.h>
#include <string.h>

#include "comparing.h"
#include "pattern.h"

enum { CLOSE_MOST = 80 }; /* indicators of one form without counterpart that are compared by name */

static const double CLOSE_NAME = 0.7, CLOSE_WITH_TARGET = 0.5;

/* ---- which indicators are the same ---- */

static struct matched_indicator *match_add(struct pair *pair, struct indicator *old, struct indicator *new)
{
    struct matched_indicator *match = &pair->indicators[pair->indicator_count++];
    *match = (struct matched_indicator){old, new, false};
    pair->matched_count += old && new;
    return match;
}

static bool is_same_horizon(const struct indicator *a, const struct indicator *b)
{
    return strcmp(a->horizon, b->horizon) == 0;
}
static bool is_same_dimension(const struct indicator *a, const struct indicator *b)
{
    return strcmp(a->dimension, b->dimension) == 0;
}

/* The only one of a run that goes with `want`, or NULL. */
static struct indicator *only_one(struct indicator *run, size_t count, const struct indicator *want,
                                  bool by_dimension, const bool *is_taken)
{
    struct indicator *found = NULL;
    for (size_t i = 0; i < count; i++) {
        if (is_taken[i] || !is_same_horizon(&run[i], want) ||
            (by_dimension && !is_same_dimension(&run[i], want)))
            continue;
        if (found)
            return NULL;
        found = &run[i];
    }
    return found;
}

static size_t run_length(const struct indicator *at, size_t left)
{
    size_t length = 1;
    while (length < left && strcmp(at[length].key, at->key) == 0)
        length++;
    return length;
}

/* Same names: first those of the same dimension, then what moved to another. */
static void runs_match(struct pair *pair, struct indicator *old, size_t n, struct indicator *new, size_t m,
                       bool *old_taken, bool *new_taken)
{
    if (n > CLOSE_MOST || m > CLOSE_MOST)
        return;
    for (int by_dimension = 1; by_dimension >= 0; by_dimension--)
        for (size_t i = 0; i < n; i++) {
            if (old_taken[i])
                continue;
            struct indicator *found = only_one(new, m, &old[i], by_dimension, new_taken);
            if (!found || only_one(old, n, found, by_dimension, old_taken) != &old[i])
                continue;
            old_taken[i] = new_taken[found - new] = true;
            match_add(pair, &old[i], found);
        }
}

static double closeness(const struct indicator *old, const struct indicator *new)
{
    if (!old->name || !new->name || !is_same_horizon(old, new) || !is_same_dimension(old, new) ||
        !key_numbers_agree(old->key, new->key))
        return 0;
    double similarity = key_similarity(old->key, new->key);
    bool is_same_target = *old->text && strcmp(old->text, new->text) == 0;
    return similarity >= (is_same_target ? CLOSE_WITH_TARGET : CLOSE_NAME) ? similarity : 0;
}

/* The closest of `all`; NULL where two are equally close. */
static struct indicator *closest(const struct indicator *want, struct indicator **all, size_t count)
{
    struct indicator *best = NULL;
    double most = 0;
    bool is_tied = false;
    for (size_t i = 0; i < count; i++) {
        double close = all[i] ? closeness(want, all[i]) : 0;
        is_tied = close > 0 && close == most ? true : close > most ? false : is_tied;
        if (close > most)
            most = close, best = all[i];
    }
    return is_tied ? NULL : best;
}

static void close_match(struct pair *pair, struct indicator **old, size_t n, struct indicator **new, size_t m)
{
    for (size_t i = 0; i < n && n <= CLOSE_MOST && m <= CLOSE_MOST; i++) {
        struct indicator *found = closest(old[i], new, m);
        if (!found || closest(found, old, n) != old[i])
            continue;
        match_add(pair, old[i], found)->is_renamed = true;
        old[i] = NULL;
        for (size_t k = 0; k < m; k++)
            if (new[k] == found)
                new[k] = NULL;
    }
    for (size_t i = 0; i < n; i++)
        if (old[i])
            match_add(pair, old[i], NULL);
    for (size_t i = 0; i < m; i++)
        if (new[i])
            match_add(pair, NULL, new[i]);
}

static int by_place(const void *a, const void *b)
{
    const struct matched_indicator *x = a, *y = b;
    if (!x->new != !y->new)
        return x->new ? -1 : 1;
    size_t p = x->new ? x->new->order : x->old->order, q = y->new ? y->new->order : y->old->order;
    return p < q ? -1 : p > q;
}

void indicators_match(struct pair *pair)
{
    struct arena *scratch = pair->comparing->scratch;
    struct facts *old = pair->old, *new = pair->new;
    size_t n = old->indicator_count, m = new->indicator_count, i = 0, k = 0, old_left = 0, new_left = 0;
    bool *old_taken = arena_array(scratch, bool, n + 1), *new_taken = arena_array(scratch, bool, m + 1);
    pair->indicators = arena_array(scratch, struct matched_indicator, n + m + 1);
    while (i < n && k < m) {
        int order = strcmp(old->indicators[i].key, new->indicators[k].key);
        size_t a = run_length(old->indicators + i, n - i), b = run_length(new->indicators + k, m - k);
        if (order == 0)
            runs_match(pair, old->indicators + i, a, new->indicators + k, b, old_taken + i, new_taken + k);
        i += order <= 0 ? a : 0;
        k += order >= 0 ? b : 0;
    }
    struct indicator **old_rest = arena_array(scratch, struct indicator *, n + 1),
                     **new_rest = arena_array(scratch, struct indicator *, m + 1);
    for (i = 0; i < n; i++)
        if (!old_taken[i])
            old_rest[old_left++] = &old->indicators[i];
    for (k = 0; k < m; k++)
        if (!new_taken[k])
            new_rest[new_left++] = &new->indicators[k];
    close_match(pair, old_rest, old_left, new_rest, new_left);
    qsort(pair->indicators, pair->indicator_count, sizeof *pair->indicators, by_place);
}

/* ---- targets ---- */

static bool is_upward(const char *op) { return op && (strcmp(op, "ge") == 0 || strcmp(op, "gt") == 0); }
static bool is_downward(const char *op) { return op && (strcmp(op, "le") == 0 || strcmp(op, "lt") == 0); }

/* 人 and 名 say the same. */
static bool is_same_unit(const struct grammar *grammar, const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return true;
    if (!*a || !*b)
        return false;
    const struct rule *first = grammar_value(grammar, VALUE_SYNONYM, a, strlen(a));
    const struct rule *second = grammar_value(grammar, VALUE_SYNONYM, b, strlen(b));
    return first && second && strcmp(first->name, second->name) == 0;
}

/* Months and years, metres and kilometres: in the least of them. */
static bool magnitude_reduce(const struct grammar *grammar, struct decimal *from, const char *a,
                             struct decimal *to, const char *b)
{
    const struct rule *rules[] = {grammar_value(grammar, VALUE_MAGNITUDE, a, strlen(a)),
                                  grammar_value(grammar, VALUE_MAGNITUDE, b, strlen(b))};
    struct decimal *const values[] = {from, to}, times;
    const char *scales[2];
    for (size_t i = 0; i < 2; i++)
        if (!rules[i] || !(scales[i] = strchr(rules[i]->name, '/')))
            return false;
    size_t length = (size_t)(scales[0] - rules[0]->name);
    if (length != (size_t)(scales[1] - rules[1]->name) ||
        strncmp(rules[0]->name, rules[1]->name, length) != 0)
        return false;
    for (size_t i = 0; i < 2; i++)
        if (!decimal_read(&times, scales[i] + 1, strlen(scales[i] + 1)) ||
            !decimal_multiply(values[i], *values[i], times))
            return false;
    return true;
}

/* The value and the unit without 万. */
static bool unit_reduce(struct decimal *value, const char **unit)
{
    static const char ten_thousand[] = "万";
    size_t length = strlen(ten_thousand);
    if (strncmp(*unit, ten_thousand, length) != 0 || !(*unit)[length])
        return true;
    *unit += length;
    return decimal_shift(value, *value, 4);
}

enum measure { MEASURE_SAME, MEASURE_ADDED, MEASURE_CHANGED, MEASURE_VAGUE, MEASURE_UNKNOWN };

/* How the measures of two targets relate; their values then are in the same unit. */
static enum measure measure_compare(const struct grammar *grammar, const struct indicator *old,
                                    const struct indicator *new, struct decimal *from, struct decimal *to)
{
    bool old_is_number = old->kind == TARGET_NUMBER || old->kind == TARGET_MONEY;
    bool new_is_number = new->kind == TARGET_NUMBER || new->kind == TARGET_MONEY;
    *from = old->value;
    *to = new->value;
    if (old_is_number && new->kind == TARGET_TEXT && !strpbrk(new->text, "0123456789"))
        return MEASURE_VAGUE;
    if (!old_is_number || !new_is_number)
        return MEASURE_UNKNOWN;
    if (old->kind == TARGET_MONEY && new->kind == TARGET_MONEY) {
        struct decimal more;
        bool is_other =
            !decimal_is_zero(*from) && ((decimal_shift(&more, *from, 4) && decimal_compare(more, *to) == 0) ||
                                        (decimal_shift(&more, *to, 4) && decimal_compare(more, *from) == 0));
        return is_other ? MEASURE_CHANGED : MEASURE_SAME;
    }
    if (is_same_unit(grammar, old->unit, new->unit))
        return MEASURE_SAME;
    if (!*old->unit && *new->unit)
        return MEASURE_ADDED;
    const char *a = old->unit, *b = new->unit;
    if (unit_reduce(from, &a) && unit_reduce(to, &b) &&
        (is_same_unit(grammar, a, b) || magnitude_reduce(grammar, from, a, to, b)))
        return MEASURE_SAME;
    return MEASURE_CHANGED;
}

/* Whether the key ends in what such a value names. */
static bool ends_in(const struct grammar *grammar, enum value_name value, const char *key)
{
    size_t length = strlen(key);
    for (size_t at = 0; at < length; at++)
        if ((key[at] & 0xC0) != 0x80 && grammar_value(grammar, value, key + at, length - at))
            return true;
    return false;
}

static bool names(const struct grammar *grammar, enum value_name value, const char *key)
{
    return grammar_value(grammar, value, key, strlen(key));
}

/* Lengths, areas and weights are amounts of work; times are not. */
static bool is_extent(const struct rule *magnitude)
{
    static const char *const times[] = {"months/", "days/", "minutes/"};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (strncmp(magnitude->name, times[i], strlen(times[i])) == 0)
            return false;
    return true;
}

/* What the name of an indicator says where its sign does not; nothing is taken for granted
 * but that more is more of things that are counted. */
static enum sense sense_of_name(const struct grammar *grammar, const struct indicator *indicator)
{
    const char *key = indicator->key;
    if (strcmp(indicator->dimension, "cost") == 0)
        return indicator->name && names(grammar, VALUE_SAVING, key) ? SENSE_UNKNOWN : SENSE_LESS;
    if (!indicator->name)
        return SENSE_UNKNOWN;
    if ((!names(grammar, VALUE_REMEDY, key) && ends_in(grammar, VALUE_HARM, key)) ||
        names(grammar, VALUE_BURDEN, key))
        return SENSE_LESS;
    if (strcmp(indicator->dimension, "satisfaction") == 0 || names(grammar, VALUE_GAIN, key))
        return SENSE_MORE;
    const struct rule *magnitude =
        grammar_value(grammar, VALUE_MAGNITUDE, indicator->unit, strlen(indicator->unit));
    bool is_counted = indicator->kind == TARGET_NUMBER && *indicator->unit &&
                      strcmp(indicator->unit, "%") != 0 && (!magnitude || is_extent(magnitude));
    return strcmp(indicator->dimension, "quantity") == 0 && is_counted ? SENSE_MORE : SENSE_UNKNOWN;
}

static enum sense sense_of(const struct grammar *grammar, const struct indicator *old,
                           const struct indicator *new)
{
    if (is_upward(new->op) || is_upward(old->op))
        return is_downward(new->op) || is_downward(old->op) ? SENSE_UNKNOWN : SENSE_MORE;
    if (is_downward(new->op) || is_downward(old->op))
        return SENSE_LESS;
    const struct node *direction = node_child(new->node, "direction");
    if (direction && direction->value) {
        const struct rule *toward =
            grammar_value(grammar, VALUE_TOWARD, direction->value, strlen(direction->value));
        if (toward)
            return strcmp(toward->name, "less") == 0 ? SENSE_LESS : SENSE_MORE;
    }
    return sense_of_name(grammar, new);
}

static const char *name_of(struct arena *arena, const struct indicator *indicator)
{
    const struct node *name = indicator->name ? indicator->name : node_child(indicator->node, "level2");
    return name && name->value ? quote(arena, name->value) : "";
}

static const char *target_of(struct arena *arena, const struct indicator *indicator)
{
    return indicator->target ? quote(arena, indicator->target->value) : "";
}

static const struct node *place_of(const struct indicator *indicator)
{
    return indicator->target ? indicator->target : indicator->name;
}

static struct finding *target_add(struct pair *pair, const struct matched_indicator *match, enum check check,
                                  const char *zh, const char *en)
{
    struct arena *scratch = pair->comparing->scratch;
    const struct side sides[] = {side_of(pair->new, place_of(match->new)),
                                 side_of(pair->old, place_of(match->old))};
    return finding_add(pair->comparing->findings, check, VERDICT_FAIL, sides, 2, zh, en,
                       name_of(scratch, match->new), pair->old->year, target_of(scratch, match->old),
                       pair->new->year, target_of(scratch, match->new));
}

enum money_change { MONEY_SHRANK, MONEY_SAME, MONEY_GREW, MONEY_UNKNOWN };

static enum money_change money_change_of(const struct pair *pair)
{
    const struct money *old = &pair->old->annual, *new = &pair->new->annual;
    if (!old->node && !new->node) {
        old = &pair->old->annual_fiscal;
        new = &pair->new->annual_fiscal;
    }
    if (!money_is_stated(old) || !money_is_stated(new) || pair->money_is_unclear)
        return MONEY_UNKNOWN;
    if ((pair->old->is_slipped && pair->new->is_slipped) || money_is_same(old, new))
        return MONEY_SAME;
    return decimal_compare(new->yuan, old->yuan) < 0 ? MONEY_SHRANK : MONEY_GREW;
}

/* How two targets of one indicator relate. */
struct change {
    const struct matched_indicator *match;
    enum sense sense;
    int order; /* of the new one to the old */
    const char *difference, *verb_zh;
};

static void sense_refuse(struct pair *pair, enum check check, const struct matched_indicator *match,
                         const struct side *sides, const char *was, unsigned year)
{
    struct arena *scratch = pair->comparing->scratch;
    refuse(pair->comparing->findings, check, VERDICT_REFUSED, sides, 2,
           "“%s”%u年为%s，%u年为%s，此项指标以高为好还是以低为好不能确定，未作判断",
           "'%s' of %u is %s and of %u is %s, but whether much or little of it is good is not known",
           name_of(scratch, match->new), year, was, pair->new->year, target_of(scratch, match->new));
}

static void compare_change_of_level(struct pair *pair, const struct change *change, enum money_change money)
{
    struct comparing *comparing = pair->comparing;
    struct findings *findings = comparing->findings;
    const struct matched_indicator *match = change->match;
    /* money goes with the money of the year */
    bool is_money = match->new->kind == TARGET_MONEY;
    bool money_moved = money == MONEY_GREW || pair->new->is_slipped ||
                       (money_is_stated(&pair->old->annual) && money_is_stated(&pair->new->annual) &&
                        decimal_compare(pair->old->annual.yuan, pair->new->annual.yuan) != 0);
    bool is_easier = change->sense == SENSE_MORE   ? change->order < 0
                     : change->sense == SENSE_LESS ? change->order > 0
                                                   : change->order != 0; /* for all that is known */
    if (!is_easier || money == MONEY_SHRANK || (is_money && money_moved)) {
        finding_count(findings, CHECK_TARGET_LOWERED, VERDICT_PASS);
        return;
    }
    struct arena *scratch = comparing->scratch;
    struct side sides[3] = {side_of(pair->new, match->new->target), side_of(pair->old, match->old->target)};
    const char *name = name_of(scratch, match->new), *was = target_of(scratch, match->old),
               *is = target_of(scratch, match->new);
    unsigned from = pair->old->year, to = pair->new->year;
    if (change->sense == SENSE_UNKNOWN) {
        sense_refuse(pair, CHECK_TARGET_LOWERED, match, sides, was, from);
        return;
    }
    if (money == MONEY_UNKNOWN) {
        refuse(findings, CHECK_TARGET_LOWERED, VERDICT_REFUSED, sides, 2,
               "“%1$s”由%2$u年的%3$s%6$s%4$u年的%5$s，但资金是否减少无从比较",
               "'%1$s' of %2$u is %3$s and of %4$u is %5$s, easier, but whether the money shrank is not "
               "known%6$.0s",
               name, from, was, to, is, change->verb_zh);
        return;
    }
    const struct node *where;
    const char *reason = reason_find(pair, match->new, &where);
    struct finding *finding;
    if (reason) {
        sides[2] = side_of(pair->new, where);
        finding = finding_add(findings, CHECK_TARGET_LOWERED, VERDICT_FAIL, sides, 3,
                              "“%1$s”%2$u年为%3$s，%4$u年%6$s%5$s，说明：“%7$s”",
                              "'%1$s' of %2$u is %3$s and of %4$u is %5$s: easier, with a reason: "
                              "%6$.0s'%7$s'",
                              name, from, was, to, is, change->verb_zh, reason);
        finding->severity = SEVERITY_INFO;
    } else {
        finding = finding_add(findings, CHECK_TARGET_LOWERED, VERDICT_FAIL, sides, 2,
                              "“%1$s”%2$u年为%3$s，%4$u年%6$s%5$s，而资金未减",
                              "'%1$s' of %2$u is %3$s and of %4$u is %5$s: easier, though the money did not "
                              "shrink%6$.0s",
                              name, from, was, to, is, change->verb_zh);
    }
    finding->difference = change->difference;
}

/* Targets in one measure. */
static void compare_level(struct pair *pair, const struct matched_indicator *match, struct decimal from,
                          struct decimal to, enum money_change money)
{
    struct comparing *comparing = pair->comparing;
    struct arena *arena = &comparing->findings->arena;
    int order = decimal_compare(to, from);
    struct change change = {.match = match,
                            .sense = sense_of(comparing->grammar, match->old, match->new),
                            .order = order,
                            .verb_zh = order > 0 ? "升为" : "降为"};
    struct decimal difference;
    if (is_same_unit(comparing->grammar, match->old->unit, match->new->unit) &&
        decimal_subtract(&difference, to, from))
        change.difference =
            arena_printf(arena, "%s%s %s", order > 0 ? "+" : "-",
                         decimal_text(comparing->scratch, decimal_absolute(difference)), match->new->unit);
    compare_change_of_level(pair, &change, money);
}

/* When a target is due: the month, counted on from the form's year, and the day, 0 for any. */
struct deadline {
    int month, day;
};

static bool number_in(const struct pattern *pattern, const char *text, const char *group, int *number)
{
    size_t from, to;
    if (!pattern_group(pattern, group, &from, &to) || to - from > 4)
        return false;
    *number = 0;
    for (; from < to; from++)
        *number = *number * 10 + (text[from] - '0');
    return true;
}

static bool deadline_read(const struct grammar *grammar, const struct facts *facts,
                          const struct indicator *indicator, struct deadline *deadline)
{
    enum { MONTHS = 12, DAYS = 31 };
    if (indicator->kind != TARGET_TIME)
        return false;
    const struct rule *form =
        grammar_value(grammar, VALUE_DEADLINE, indicator->text, strlen(indicator->text));
    if (!form)
        return false;
    const struct pattern *pattern = grammar->values[VALUE_DEADLINE];
    int year;
    *deadline = (struct deadline){0, 0};
    if (!number_in(pattern, indicator->text, "month", &deadline->month))
        deadline->month = atoi(form->name);
    number_in(pattern, indicator->text, "day", &deadline->day);
    bool is_dated = deadline->month >= 1 && deadline->month <= MONTHS && deadline->day <= DAYS;
    if (number_in(pattern, indicator->text, "year", &year))
        deadline->month += MONTHS * (year - (int)facts->year);
    return is_dated && deadline->month > 0; /* due before its year: misdated, or left behind */
}

/* A date that moved on with the year is the same, a later one is easier. */
static bool compare_deadlines(struct pair *pair, const struct matched_indicator *match,
                              enum money_change money)
{
    struct deadline from, to;
    if (!deadline_read(pair->comparing->grammar, pair->old, match->old, &from) ||
        !deadline_read(pair->comparing->grammar, pair->new, match->new, &to))
        return false;
    int order = to.month != from.month ? to.month - from.month
                : from.day && to.day   ? to.day - from.day
                                       : 0;
    const struct change change = {
        .match = match, .sense = SENSE_LESS, .order = order, .verb_zh = order > 0 ? "推迟为" : "提前为"};
    compare_change_of_level(pair, &change, money);
    return true;
}

static void compare_change(struct pair *pair, const struct matched_indicator *match)
{
    struct arena *scratch = pair->comparing->scratch;
    struct findings *findings = pair->comparing->findings;
    const struct indicator *old = match->old, *new = match->new;
    if (match->is_renamed) {
        const struct side sides[] = {side_of(pair->new, new->name), side_of(pair->old, old->name)};
        finding_add(findings, CHECK_INDICATOR_CHANGED, VERDICT_FAIL, sides, 2,
                    "指标名称由%u年的“%s”改为%u年的“%s”", "the indicator that was in %u '%s' is in %u '%s'",
                    pair->old->year, name_of(scratch, old), pair->new->year, name_of(scratch, new));
    }
    if (*old->dimension && *new->dimension && !is_same_dimension(old, new)) {
        const struct node *from = node_child(old->node, "level2"), *to = node_child(new->node, "level2");
        const struct side sides[] = {side_of(pair->new, to ? to : place_of(new)),
                                     side_of(pair->old, from ? from : place_of(old))};
        finding_add(findings, CHECK_INDICATOR_CHANGED, VERDICT_FAIL, sides, 2,
                    "指标“%s”由%u年的“%s”移到%u年的“%s”之下",
                    "the indicator '%s' stood in %u under '%s' and stands in %u under '%s'",
                    name_of(scratch, new), pair->old->year,
                    from && from->value ? from->value : old->dimension, pair->new->year,
                    to && to->value ? to->value : new->dimension);
    }
}

static bool has_horizon(const struct facts *facts, const char *horizon)
{
    for (size_t i = 0; i < facts->indicator_count; i++)
        if (strcmp(facts->indicators[i].horizon, horizon) == 0)
            return true;
    return false;
}

/* By key, which they are sorted by; NULL where there is none. */
static const struct indicator *with_key(const struct facts *facts, const char *key)
{
    size_t low = 0, high = facts->indicator_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(facts->indicators[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < facts->indicator_count && strcmp(facts->indicators[low].key, key) == 0
               ? &facts->indicators[low]
               : NULL;
}

/* What one form has and the other lacks, where both print such indicators. */
static void compare_missing(struct pair *pair)
{
    struct arena *scratch = pair->comparing->scratch;
    struct findings *findings = pair->comparing->findings;
    size_t found = findings->counts[CHECK_INDICATOR_CHANGED][VERDICT_FAIL];
    if (!pair->matched_count) {
        const struct side sides[] = {side_of(pair->new, place_of(pair->new->indicators)),
                                     side_of(pair->old, place_of(pair->old->indicators))};
        finding_add(findings, CHECK_INDICATOR_CHANGED, VERDICT_FAIL, sides, 2,
                    "%u年的%zu项指标与%u年的%zu项全部不同",
                    "of %u's %zu indicators and %u's %zu none is the same", pair->old->year,
                    pair->old->indicator_count, pair->new->year, pair->new->indicator_count);
        return;
    }
    for (size_t i = 0; i < pair->indicator_count; i++) {
        const struct matched_indicator *match = &pair->indicators[i];
        if (match->old && match->new) {
            compare_change(pair, match);
            continue;
        }
        const struct indicator *only = match->old ? match->old : match->new;
        const struct facts *with = match->old ? pair->old : pair->new,
                           *without = match->old ? pair->new : pair->old;
        if (only->is_several || !only->name || !has_horizon(without, only->horizon) ||
            with_key(without, only->key))
            continue;
        const struct side sides[] = {side_of(with, only->name), side_of(without, NULL)};
        if (match->old)
            finding_add(findings, CHECK_INDICATOR_CHANGED, VERDICT_FAIL, sides, 2,
                        "%u年的指标“%s”（%s）%u年不再列出", "the indicator of %u '%s' (%s) is gone in %u",
                        with->year, name_of(scratch, only), target_of(scratch, only), without->year);
        else
            finding_add(findings, CHECK_INDICATOR_CHANGED, VERDICT_FAIL, sides, 2,
                        "%u年新增指标“%s”（%s），%u年没有", "%u has a new indicator '%s' (%s) that %u lacks",
                        with->year, name_of(scratch, only), target_of(scratch, only), without->year);
    }
    if (findings->counts[CHECK_INDICATOR_CHANGED][VERDICT_FAIL] == found)
        finding_count(findings, CHECK_INDICATOR_CHANGED, VERDICT_PASS);
}

/* A name that stands more than once cannot be told apart; said once. */
static void several_refuse(struct pair *pair, const enum check *all, size_t count)
{
    for (size_t i = 0; i < pair->indicator_count; i++) {
        const struct matched_indicator *match = &pair->indicators[i];
        const struct indicator *only = match->old ? match->old : match->new;
        if ((match->old && match->new) || !only->is_several)
            continue;
        const struct facts *with = match->old ? pair->old : pair->new,
                           *without = match->old ? pair->new : pair->old;
        const struct indicator *other = with_key(without, only->key);
        if (!other)
            continue;
        const struct side sides[] = {side_of(with, place_of(only)), side_of(without, place_of(other))};
        for (size_t k = 0; k < count; k++)
            refuse(
                pair->comparing->findings, all[k], VERDICT_REFUSED, sides, 2,
                "指标“%s”在%u年多次出现，无法与%u年对应",
                "the indicator '%s' stands more than once in %u, so which goes with that of %u is not known",
                name_of(pair->comparing->scratch, only), with->year, without->year);
        return;
    }
}

void compare_targets(struct pair *pair)
{
    static const enum check all[] = {CHECK_TARGET_LOWERED, CHECK_INDICATOR_CHANGED, CHECK_MEASURE_CHANGED,
                                     CHECK_SIGN_FLIP};
    struct findings *findings = pair->comparing->findings;
    if (!pair->old->indicator_count || !pair->new->indicator_count) {
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            finding_count(findings, all[i], VERDICT_NOT_APPLICABLE);
        return;
    }
    enum money_change money = money_change_of(pair);
    bool was_compared = false, was_measured = false, was_signed = false;
    for (size_t i = 0; i < pair->indicator_count; i++) {
        const struct matched_indicator *match = &pair->indicators[i];
        if (!match->old || !match->new || !match->old->target || !match->new->target)
            continue;
        struct decimal from, to;
        bool is_flipped = (is_upward(match->old->op) && is_downward(match->new->op)) ||
                          (is_downward(match->old->op) && is_upward(match->new->op));
        if (is_flipped)
            target_add(pair, match, CHECK_SIGN_FLIP, "“%s”%u年为%s，%u年为%s，符号方向相反",
                       "'%s' of %u is %s and of %u is %s: the sign was turned round");
        else if (match->old->op && match->new->op)
            was_signed = true;
        switch (measure_compare(pair->comparing->grammar, match->old, match->new, &from, &to)) {
        case MEASURE_SAME:
            was_measured = true;
            if (!is_flipped) {
                compare_level(pair, match, from, to, money);
                was_compared = true;
            }
            break;
        case MEASURE_CHANGED:
            target_add(pair, match, CHECK_MEASURE_CHANGED, "“%s”%u年为%s，%u年为%s，计量单位不同",
                       "'%s' of %u is %s and of %u is %s: in another unit");
            break;
        case MEASURE_VAGUE:
            target_add(pair, match, CHECK_MEASURE_CHANGED, "“%s”%u年为%s，%u年为“%s”，不再可以计量",
                       "'%s' of %u is %s and of %u is '%s': it can no longer be measured")
                ->severity = SEVERITY_INFO;
            break;
        case MEASURE_ADDED:
            break;
        case MEASURE_UNKNOWN:
            was_compared |= compare_deadlines(pair, match, money);
            break;
        }
    }
    if (was_signed)
        finding_count(findings, CHECK_SIGN_FLIP, VERDICT_PASS);
    if (was_measured)
        finding_count(findings, CHECK_MEASURE_CHANGED, VERDICT_PASS);
    if (!was_compared)
        finding_count(findings, CHECK_TARGET_LOWERED, VERDICT_NOT_APPLICABLE);
    compare_missing(pair);
    several_refuse(pair, all, sizeof all / sizeof *all);
}

/* ---- last year's result ---- */

/* The number that was reached and its unit; false where none can be read. */
static bool actual_read(struct comparing *comparing, const struct node *node, struct decimal *value,
                        const char **unit)
{
    const struct grammar *grammar = comparing->grammar;
    char *text = (char *)loose_of(comparing->scratch, node->value);
    if (!grammar_value(grammar, VALUE_NUMBER, text, strlen(text)))
        return false;
    size_t to = pattern_to(grammar->values[VALUE_NUMBER]), length;
    if (!decimal_read(value, text, to))
        return false;
    *unit = text + to;
    length = strlen(*unit);
    if (length > 2 && text[to] == '(' && (*unit)[length - 1] == ')') {
        text[to + length - 1] = 0;
        ++*unit;
    }
    return true;
}

void compare_actuals(struct pair *pair, const struct facts *evaluation)
{
    struct comparing *comparing = pair->comparing;
    struct findings *findings = comparing->findings;
    bool has_actual = false, was_compared = false;
    for (size_t i = 0; evaluation && i < evaluation->indicator_count && !has_actual; i++)
        has_actual = evaluation->indicators[i].actual;
    if (!has_actual || !pair->new->indicator_count) {
        finding_count(findings, CHECK_TARGET_BELOW_ACTUAL, VERDICT_NOT_APPLICABLE);
        return;
    }
    if (!pair->is_adjacent) {
        const struct side sides[] = {side_of(pair->new, place_of(pair->new->indicators)),
                                     side_of(evaluation, place_of(evaluation->indicators))};
        refuse(findings, CHECK_TARGET_BELOW_ACTUAL, VERDICT_REFUSED, sides, 2,
               "%u年与%u年之间缺少年度，不与上年实际比较",
               "years lie between %u and %u, so there is no last year's result", pair->old->year,
               pair->new->year);
        return;
    }
    struct pair results = {.comparing = comparing, .old = (struct facts *)evaluation, .new = pair->new};
    indicators_match(&results);
    for (size_t i = 0; i < results.indicator_count; i++) {
        const struct matched_indicator *match = &results.indicators[i];
        const char *unit;
        struct decimal reached, target;
        if (!match->old || !match->new || !match->old->actual || match->new->kind != TARGET_NUMBER ||
            !actual_read(comparing, match->old->actual, &reached, &unit))
            continue;
        target = match->new->value;
        const char *plain = match->new->unit;
        if (!*unit)
            unit = match->old->unit;
        if (!unit_reduce(&reached, &unit) || !unit_reduce(&target, &plain) ||
            !is_same_unit(comparing->grammar, unit, plain))
            continue;
        const struct decimal hundred = {100, 0};
        if (strcmp(plain, "%") == 0 && decimal_compare(reached, hundred) > 0)
            reached = hundred;
        was_compared = true;
        struct arena *scratch = comparing->scratch;
        const struct side sides[] = {side_of(pair->new, match->new->target),
                                     side_of(evaluation, match->old->actual)};
        enum sense sense = sense_of(comparing->grammar, match->old, match->new);
        int order = decimal_compare(target, reached);
        if (sense == SENSE_UNKNOWN && order)
            sense_refuse(pair, CHECK_TARGET_BELOW_ACTUAL, match, sides,
                         quote(scratch, match->old->actual->value), evaluation->year);
        if (sense == SENSE_MORE ? order >= 0 : sense == SENSE_LESS ? order <= 0 : true)
            continue;
        finding_add(findings, CHECK_TARGET_BELOW_ACTUAL, VERDICT_FAIL, sides, 2,
                    "“%s”%u年实际完成%s，%u年指标值仅为%s",
                    "'%s' reached in %u %s, but the target of %u is only %s", name_of(scratch, match->new),
                    evaluation->year, quote(scratch, match->old->actual->value), pair->new->year,
                    target_of(scratch, match->new));
    }
    finding_count(findings, CHECK_TARGET_BELOW_ACTUAL, was_compared ? VERDICT_PASS : VERDICT_NOT_APPLICABLE);
}

/* ---- a declaration and its evaluation ---- */

static bool targets_differ(struct comparing *comparing, const struct indicator *declared,
                           const struct indicator *evaluated)
{
    struct decimal from, to;
    if (!declared->target || !evaluated->target)
        return false;
    if (declared->op && evaluated->op && strcmp(declared->op, evaluated->op) != 0)
        return true;
    switch (measure_compare(comparing->grammar, declared, evaluated, &from, &to)) {
    case MEASURE_SAME:
    case MEASURE_ADDED:
        return decimal_compare(from, to) != 0;
    case MEASURE_CHANGED:
        return true;
    default:
        return strcmp(key_of(comparing->scratch, declared->text, 0),
                      key_of(comparing->scratch, evaluated->text, 0)) != 0;
    }
}

static bool weights_differ(const struct indicator *declared, const struct indicator *evaluated)
{
    struct decimal from, to;
    return declared->weight && evaluated->weight &&
           decimal_read(&from, declared->weight->value, strlen(declared->weight->value)) &&
           decimal_read(&to, evaluated->weight->value, strlen(evaluated->weight->value)) &&
           decimal_compare(from, to) != 0;
}

void compare_evaluation(struct pair *pair)
{
    struct comparing *comparing = pair->comparing;
    struct findings *findings = comparing->findings;
    struct arena *scratch = comparing->scratch;
    unsigned year = pair->new->year;
    if (!pair->old->indicator_count || !pair->new->indicator_count) {
        finding_count(findings, CHECK_EVALUATION_TARGET, VERDICT_NOT_APPLICABLE);
        return;
    }
    bool was_compared = false;
    for (size_t i = 0; i < pair->indicator_count; i++) {
        const struct matched_indicator *match = &pair->indicators[i];
        const struct indicator *declared = match->old, *evaluated = match->new;
        if (!declared)
            continue;
        if (!evaluated) {
            if (!declared->name || !has_horizon(pair->new, declared->horizon))
                continue;
            const struct side sides[] = {side_of(pair->old, place_of(declared)), side_of(pair->new, NULL)};
            if (declared->is_several)
                refuse(findings, CHECK_EVALUATION_TARGET, VERDICT_REFUSED, sides, 2,
                       "%u年指标“%s”多次出现，无法与自评对应",
                       "the indicator of %u '%s' stands more than once and cannot be told apart", year,
                       name_of(scratch, declared));
            else
                finding_add(findings, CHECK_EVALUATION_TARGET, VERDICT_FAIL, sides, 2,
                            "%u年申报的指标“%s”（%s）自评表中没有",
                            "the indicator declared for %u, '%s' (%s), is missing in the evaluation", year,
                            name_of(scratch, declared), target_of(scratch, declared));
            continue;
        }
        was_compared = true;
        if (targets_differ(comparing, declared, evaluated)) {
            const struct side sides[] = {side_of(pair->new, evaluated->target),
                                         side_of(pair->old, declared->target)};
            finding_add(findings, CHECK_EVALUATION_TARGET, VERDICT_FAIL, sides, 2,
                        "“%s”%u年申报为%s，自评表中为%s",
                        "'%s' was declared for %u as %s and is evaluated as %s", name_of(scratch, declared),
                        year, target_of(scratch, declared), target_of(scratch, evaluated));
        }
        if (weights_differ(declared, evaluated)) {
            const struct side sides[] = {side_of(pair->new, evaluated->weight),
                                         side_of(pair->old, declared->weight)};
            finding_add(findings, CHECK_EVALUATION_TARGET, VERDICT_FAIL, sides, 2,
                        "“%s”%u年申报的权重为%s，自评表中为%s",
                        "the weight of '%s' was declared for %u as %s and is evaluated as %s",
                        name_of(scratch, declared), year, quote(scratch, declared->weight->value),
                        quote(scratch, evaluated->weight->value));
        }
    }
    finding_count(findings, CHECK_EVALUATION_TARGET, was_compared ? VERDICT_PASS : VERDICT_NOT_APPLICABLE);
}
