#include "years.h"

#include <stdlib.h>
#include <string.h>

#include "comparing.h"
#include "matching.h"

/* ---- verdicts ---- */

/* What each comparison of two forms judges. */
static const enum check of_years[] = {
    CHECK_AMOUNT_JUMP,       CHECK_UNIT_SLIP,       CHECK_DIGIT_SLIP, CHECK_TARGET_LOWERED,
    CHECK_TARGET_BELOW_ACTUAL, CHECK_INDICATOR_CHANGED, CHECK_MEASURE_CHANGED, CHECK_SIGN_FLIP,
    CHECK_COPIED_FORM,       CHECK_STALE_YEAR,      CHECK_CARRY_OVER, CHECK_OWNER_CHANGED,
    CHECKS};
static const enum check of_evaluations[] = {CHECK_EVALUATION_TARGET, CHECK_RESTATED, CHECKS};
static const enum check of_documents[] = {CHECK_RESTATED, CHECKS};
static const enum check of_projects[] = {CHECKS};

/* One verdict a rule and comparison, except that every failure and refusal counts. What a
 * rule that had to be judged says nothing about is not applicable: the counts add up. */
static void verdicts_settle(struct findings *findings, size_t before[CHECKS][VERDICTS],
                            const enum check *judged)
{
    for (; *judged < CHECKS; judged++)
        finding_count(findings, *judged, VERDICT_NOT_APPLICABLE);
    for (enum check check = CHECK_AMBIGUOUS_MATCH; check < CHECKS; check++) {
        size_t *now = findings->counts[check], *then = before[check];
        bool has_said =
            now[VERDICT_FAIL] > then[VERDICT_FAIL] || now[VERDICT_REFUSED] > then[VERDICT_REFUSED];
        bool has_passed = now[VERDICT_PASS] > then[VERDICT_PASS];
        bool is_silent = now[VERDICT_NOT_APPLICABLE] > then[VERDICT_NOT_APPLICABLE];
        now[VERDICT_PASS] = then[VERDICT_PASS] + (!has_said && has_passed);
        now[VERDICT_NOT_APPLICABLE] = then[VERDICT_NOT_APPLICABLE] + (!has_said && !has_passed && is_silent);
    }
}

/* ---- one project ---- */

/* What a project has of one year. */
struct year {
    unsigned year;
    struct facts *declaration, *evaluation; /* NULL: none, or none that is sure */
    bool money_is_unclear;
};

struct years {
    struct comparing comparing;
    struct matching matching;
    struct years_summary summary;
    uint64_t *filed; /* unit and year, sorted: that the unit filed something */
    size_t filed_count;
    const struct forms *forms;
    size_t *entry_of; /* 1 + entry, by form */
};

static bool is_alike(struct comparing *comparing, struct facts *a, struct facts *b)
{
    if (a->indicator_count != b->indicator_count || !a->annual.node != !b->annual.node ||
        (money_is_stated(&a->annual) && money_is_stated(&b->annual) &&
         !money_is_same(&a->annual, &b->annual)))
        return false;
    struct pair pair = {.comparing = comparing, .old = a, .new = b};
    indicators_match(&pair);
    bool is_same = pair.matched_count == a->indicator_count;
    for (size_t i = 0; i < pair.indicator_count && is_same; i++)
        is_same = strcmp(pair.indicators[i].old->text, pair.indicators[i].new->text) == 0;
    return is_same;
}

/* Several forms of one document and year that are not the same: which one goes on is not known. */
static void crowd_say(struct years *years, struct facts *const *crowd, size_t count, bool has_other_years)
{
    enum { SIDES_MOST = 8 };
    if (!has_other_years)
        return;
    struct side sides[SIDES_MOST];
    size_t shown = count < SIDES_MOST ? count : SIDES_MOST;
    for (size_t i = 0; i < shown; i++)
        sides[i] = side_of(crowd[i], form_field(crowd[i]->form, "header", "project-name"));
    refuse(years->comparing.findings, CHECK_AMBIGUOUS_MATCH, VERDICT_REFUSED, sides, shown,
           "%u年有%zu份“%s”的表，无法确定哪一份与其他年度对应",
           "%u has %zu forms of '%s', and which goes with other years is not known", crowd[0]->year, count,
           form_project(crowd[0]->form));
}

/* The one form of a kind and year; compares it with those of other documents. */
static struct facts *year_choose(struct years *years, struct facts **all, size_t count, bool has_other_years,
                                 bool *money_is_unclear)
{
    enum { CROWD_MOST = 64 }; /* forms that are looked at one by one */
    struct comparing *comparing = &years->comparing;
    size_t left = 0;
    if (count > CROWD_MOST) {
        crowd_say(years, all, count, has_other_years);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        bool is_again = false;
        for (size_t k = 0; k < left && !is_again; k++)
            is_again = all[k]->form->origin == all[i]->form->origin && is_alike(comparing, all[k], all[i]);
        if (!is_again)
            all[left++] = all[i];
    }
    for (size_t i = 1; i < left; i++) /* in the order of documents */
        if (all[i]->form->origin == all[i - 1]->form->origin) {
            crowd_say(years, all, left, has_other_years);
            return NULL;
        }
    for (size_t i = 1; i < left; i++) {
        size_t before[CHECKS][VERDICTS];
        memcpy(before, comparing->findings->counts, sizeof before);
        struct pair pair = {.comparing = comparing, .old = all[0], .new = all[i]};
        compare_restated(&pair);
        *money_is_unclear |= pair.money_is_unclear;
        verdicts_settle(comparing->findings, before, of_documents);
        years->summary.pairs++;
    }
    return all[0];
}

/* What last year's evaluation, or only its declaration, says about this year's form. */
static void results_compare(struct comparing *comparing, const struct year *from, const struct year *to)
{
    struct pair pair = {.comparing = comparing,
                        .old = from->declaration ? from->declaration : from->evaluation,
                        .new = to->declaration,
                        .is_adjacent = from->year + 1 == to->year,
                        .money_is_unclear = from->money_is_unclear || to->money_is_unclear};
    compare_actuals(&pair, from->evaluation);
    compare_carry_over(&pair, from->evaluation);
}

static void declarations_compare(struct comparing *comparing, const struct year *from, const struct year *to)
{
    struct pair pair = {.comparing = comparing,
                        .old = from->declaration,
                        .new = to->declaration,
                        .is_adjacent = from->year + 1 == to->year,
                        .money_is_unclear = from->money_is_unclear || to->money_is_unclear};
    indicators_match(&pair);
    compare_money(&pair);
    compare_targets(&pair);
    compare_copied(&pair);
    compare_stale(&pair);
    compare_owner(&pair);
    finding_count(comparing->findings, CHECK_AMBIGUOUS_MATCH, VERDICT_PASS);
}

/* A declaration and a year before it; the year may have an evaluation alone. */
static void pair_compare(struct years *years, const struct year *from, const struct year *to,
                         bool with_declaration, bool with_results)
{
    struct comparing *comparing = &years->comparing;
    size_t before[CHECKS][VERDICTS];
    memcpy(before, comparing->findings->counts, sizeof before);
    if (with_declaration)
        declarations_compare(comparing, from, to);
    if (with_results)
        results_compare(comparing, from, to);
    verdicts_settle(comparing->findings, before, of_years);
    years->summary.pairs++;
}

static void evaluation_compare(struct years *years, const struct year *year)
{
    struct comparing *comparing = &years->comparing;
    size_t before[CHECKS][VERDICTS];
    memcpy(before, comparing->findings->counts, sizeof before);
    struct pair pair = {
        .comparing = comparing, .old = year->declaration, .new = year->evaluation, .is_adjacent = true};
    indicators_match(&pair);
    compare_evaluation(&pair);
    compare_budgeted(&pair);
    verdicts_settle(comparing->findings, before, of_evaluations);
    years->summary.pairs++;
}

static bool unit_was_there(const void *context, const struct facts *facts, unsigned year)
{
    const struct years *years = context;
    const struct entry *entry =
        &years->matching.entries.items[years->entry_of[facts->form - years->forms->items] - 1];
    uint64_t wanted = (uint64_t)entry_unit(entry) << 32 | year;
    size_t low = 0, high = years->filed_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (years->filed[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return entry_unit(entry) && low < years->filed_count && years->filed[low] == wanted;
}

static bool year_was_there(const void *context, unsigned year)
{
    const struct years *years = context;
    size_t low = 0, high = years->matching.entries.count; /* by year */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (years->matching.entries.items[middle].year < year)
            low = middle + 1;
        else
            high = middle;
    }
    return low < years->matching.entries.count && years->matching.entries.items[low].year == year;
}

/* The forms of one project, given as entries by year and document. */
static void project_compare(struct years *years, const size_t *members, size_t count)
{
    struct comparing *comparing = &years->comparing;
    struct arena *scratch = comparing->scratch;
    const struct entry *entries = years->matching.entries.items;
    struct year *all = arena_array(scratch, struct year, count);
    struct facts **kind = arena_array(scratch, struct facts *, count);
    bool has_other_years = entries[members[0]].year != entries[members[count - 1]].year, is_unsure = false;
    size_t year_count = 0, pairs = years->summary.pairs;
    for (size_t from = 0, to; from < count; from = to) {
        struct year *year = &all[year_count++];
        year->year = entries[members[from]].year;
        for (to = from; to < count && entries[members[to]].year == year->year; to++)
            is_unsure |= entries[members[to]].is_unsure;
        for (int is_evaluation = 0; is_evaluation < 2; is_evaluation++) {
            size_t n = 0;
            for (size_t i = from; i < to; i++)
                if (entries[members[i]].is_evaluation == is_evaluation) {
                    kind[n] = arena_new(scratch, struct facts);
                    facts_read(comparing, kind[n++], entries[members[i]].form, year->year);
                }
            struct facts **chosen = is_evaluation ? &year->evaluation : &year->declaration;
            *chosen = n ? year_choose(years, kind, n, has_other_years, &year->money_is_unclear) : NULL;
            is_unsure |= n && !*chosen;
        }
    }
    struct project project = {.comparing = comparing,
                              .declarations = kind,
                              .is_unsure = is_unsure,
                              .year_was_there = year_was_there,
                              .unit_was_there = unit_was_there,
                              .context = years};
    const struct year *last = NULL, *last_stated = NULL;
    for (size_t i = 0; i < year_count; i++) {
        if (all[i].declaration && last)
            pair_compare(years, last, &all[i], true, last == last_stated);
        if (all[i].declaration && last_stated && last != last_stated)
            pair_compare(years, last_stated, &all[i], false, true);
        if (all[i].declaration && all[i].evaluation)
            evaluation_compare(years, &all[i]);
        if (all[i].declaration) {
            last = &all[i];
            kind[project.count++] = all[i].declaration;
        }
        if (all[i].declaration || all[i].evaluation)
            last_stated = &all[i];
    }
    size_t before[CHECKS][VERDICTS];
    memcpy(before, comparing->findings->counts, sizeof before);
    compare_cumulative(&project);
    verdicts_settle(comparing->findings, before, of_projects);
    memcpy(before, comparing->findings->counts, sizeof before);
    compare_continuity(&project);
    verdicts_settle(comparing->findings, before, of_projects);
    years->summary.projects++;
    years->summary.unmatched += years->summary.pairs == pairs;
}

/* ---- all projects ---- */

struct group {
    const char *name, *unit;
    size_t root, from, count; /* of members */
};

static int by_name(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    order = order ? order : strcmp(x->unit, y->unit);
    return order ? order : x->root < y->root ? -1 : x->root > y->root;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void filed_note(struct years *years)
{
    struct matching *matching = &years->matching;
    years->filed = arena_array(&matching->arena, uint64_t, matching->entries.count + 1);
    for (size_t i = 0; i < matching->entries.count; i++)
        years->filed[years->filed_count++] =
            (uint64_t)entry_unit(&matching->entries.items[i]) << 32 | matching->entries.items[i].year;
    qsort(years->filed, years->filed_count, sizeof *years->filed, by_value);
}

/* Compares project by project, in the order of names; notes each form's rank. */
static void projects_compare(struct years *years, size_t *ranks)
{
    struct matching *matching = &years->matching;
    struct arena *arena = &matching->arena;
    size_t count = matching->entries.count, group_count = 0, used = 0;
    size_t *group_of = arena_array(arena, size_t, count + 1),
           *members = arena_array(arena, size_t, count + 1);
    struct group *groups = arena_array(arena, struct group, count + 1);
    for (size_t i = 0; i < count; i++) {
        size_t root = matching_root(matching, i);
        const struct entry *entry = &matching->entries.items[i];
        if (root == i) { /* the root is the first */
            group_of[i] = group_count;
            groups[group_count++] =
                (struct group){entry->name_key, matching_key(matching, entry_unit(entry)), i, 0, 0};
        }
        group_of[i] = group_of[root];
        groups[group_of[i]].count++;
    }
    for (size_t i = 0; i < group_count; i++) {
        groups[i].from = used;
        used += groups[i].count;
        groups[i].count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        struct group *group = &groups[group_of[i]];
        members[group->from + group->count++] = i;
    }
    qsort(groups, group_count, sizeof *groups, by_name);
    for (size_t i = 0; i < group_count; i++) {
        for (size_t k = 0; k < groups[i].count; k++)
            ranks[matching->entries.items[members[groups[i].from + k]].form - years->forms->items] = i;
        project_compare(years, members + groups[i].from, groups[i].count);
        arena_reset(years->comparing.scratch);
    }
}

/* ---- the order of findings ---- */

struct ranked {
    size_t rank, sequence;
    unsigned year;
    uint32_t place;
    struct finding finding;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->year != y->year)
        return x->year < y->year ? -1 : 1;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    if (x->finding.check != y->finding.check)
        return x->finding.check < y->finding.check ? -1 : 1;
    return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

static void findings_sort(struct years *years, size_t from, const size_t *ranks)
{
    struct findings *findings = years->comparing.findings;
    size_t count = findings->items.count - from;
    struct ranked *all = memory_resize(NULL, count * sizeof *all);
    for (size_t i = 0; i < count; i++) {
        const struct finding *finding = &findings->items.items[from + i];
        all[i] = (struct ranked){.rank = SIZE_MAX, .sequence = i, .finding = *finding};
        for (size_t k = 0; k < finding->side_count; k++) {
            size_t form = (size_t)(finding->sides[k].form - years->forms->items);
            if (!years->entry_of[form])
                continue;
            unsigned year = years->matching.entries.items[years->entry_of[form] - 1].year;
            all[i].rank = ranks[form] < all[i].rank ? ranks[form] : all[i].rank;
            all[i].year = year > all[i].year ? year : all[i].year;
        }
        const struct node *node = finding->side_count ? finding->sides[0].node : NULL;
        all[i].place = node ? node->order : 0;
    }
    qsort(all, count, sizeof *all, by_rank);
    for (size_t i = 0; i < count; i++)
        findings->items.items[from + i] = all[i].finding;
    free(all);
}

struct years_summary years_compare(const struct forms *forms, const struct grammar *grammar,
                                   const struct years_options *options, struct findings *findings)
{
    static const struct years_options usual = {.threshold = {2, 1}};
    struct arena scratch = {0};
    size_t from = findings->items.count;
    struct years years = {
        .comparing = {.grammar = grammar,
                      .options = options ? options : &usual,
                      .findings = findings,
                      .scratch = &scratch},
        .forms = forms,
    };
    years.matching.comparing = &years.comparing;
    matching_enter(&years.matching, forms, &years.summary);
    matching_join(&years.matching);
    filed_note(&years);
    years.entry_of = arena_array(&years.matching.arena, size_t, forms->count + 1);
    for (size_t i = 0; i < years.matching.entries.count; i++)
        years.entry_of[years.matching.entries.items[i].form - forms->items] = i + 1;
    size_t *ranks = arena_array(&years.matching.arena, size_t, forms->count + 1);
    projects_compare(&years, ranks);
    findings_sort(&years, from, ranks);
    matching_release(&years.matching);
    arena_release(&scratch);
    return years.summary;
}
