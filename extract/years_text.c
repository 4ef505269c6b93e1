/* What forms say in words over the years: copies, years left behind, owners, natures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comparing.h"

enum { COPY_INDICATORS_LEAST = 3, YEAR_DIGITS = 4, CLAUSE_MOST = 300, MENTIONS_MOST = 50 };

/* ---- fields of a block ---- */

static const struct node *field_next(const struct node *at, const char *name)
{
    for (; at; at = at->next)
        if (at->value && strcmp(at->name, name) == 0)
            return at;
    return NULL;
}

static const struct node *field_first(const struct facts *facts, const char *block, const char *name)
{
    const struct node *fields = node_child(facts->form->declaration, block);
    return fields ? field_next(fields->first, name) : NULL;
}

/* ---- copied ---- */

static bool is_same_text(struct arena *arena, const struct node *a, const struct node *b)
{
    if (!a || !b)
        return !a && !b;
    return strcmp(loose_of(arena, a->value), loose_of(arena, b->value)) == 0;
}

static bool is_changed(const struct money *old, const struct money *new)
{
    return money_is_stated(old) && money_is_stated(new) && !money_is_same(old, new);
}

void compare_copied(struct pair *pair)
{
    struct arena *scratch = pair->comparing->scratch;
    struct findings *findings = pair->comparing->findings;
    struct facts *old = pair->old, *new = pair->new;
    const struct node *old_goal = field_first(old, "narrative", "annual-goal"),
                      *goal = field_first(new, "narrative", "annual-goal");
    if (!old_goal && !goal) {
        old_goal = field_first(old, "narrative", "overall-goal");
        goal = field_first(new, "narrative", "overall-goal");
    }
    if (!goal || !old_goal || new->indicator_count < COPY_INDICATORS_LEAST ||
        old->indicator_count < COPY_INDICATORS_LEAST) {
        finding_count(findings, CHECK_COPIED_FORM, VERDICT_NOT_APPLICABLE);
        return;
    }
    const struct side sides[] = {side_of(new, goal), side_of(old, old_goal)};
    if (!pair->is_adjacent) {
        refuse(findings, CHECK_COPIED_FORM, VERDICT_REFUSED, sides, 2, "%u年与%u年之间缺少年度，不与上年比较",
               "years lie between %u and %u, so there is no form of last year", old->year, new->year);
        return;
    }
    bool is_copy = is_same_text(scratch, old_goal, goal) && pair->matched_count == new->indicator_count &&
                   pair->matched_count == old->indicator_count;
    for (size_t i = 0; i < pair->indicator_count && is_copy; i++) {
        const struct matched_indicator *match = &pair->indicators[i];
        is_copy =
            match->old && match->new && !match->is_renamed &&strcmp(match->old->text, match->new->text) == 0;
    }
    if (!is_copy) {
        finding_count(findings, CHECK_COPIED_FORM, VERDICT_PASS);
        return;
    }
    bool money_changed =
        !pair->money_is_unclear && !(old->is_slipped && new->is_slipped) &&
        (is_changed(&old->annual, &new->annual) || is_changed(&old->annual_fiscal, &new->annual_fiscal));
    const struct money *from = is_changed(&old->annual, &new->annual) ? &old->annual : &old->annual_fiscal;
    const struct money *to = from == &old->annual ? &new->annual : &new->annual_fiscal;
    bool period_changed = old->start && old->end && new->start &&new->end && !period_is_same(old, new) &&
                          !period_moved(old, new);
    if (money_changed)
        finding_add(
            findings, CHECK_COPIED_FORM, VERDICT_FAIL, sides, 2,
            "%u年的目标和全部%zu项指标值与%u年一字不差，而资金由%s变为%s",
            "the goal and all %2$zu targets of %1$u are word for word those of %3$u, though the money went from %4$s to %5$s",
            new->year, new->indicator_count, old->year, quote_amount(scratch, from->node),
            quote_amount(scratch, to->node));
    else if (period_changed)
        finding_add(
            findings, CHECK_COPIED_FORM, VERDICT_FAIL, sides, 2,
            "%u年的目标和全部%zu项指标值与%u年一字不差，而起止时间由%s至%s变为%s至%s",
            "the goal and all %2$zu targets of %1$u are word for word those of %3$u, though the period went from %4$s–%5$s to %6$s–%7$s",
            new->year, new->indicator_count, old->year, old->start->value, old->end->value, new->start->value,
            new->end->value);
    else
        finding_count(findings, CHECK_COPIED_FORM, VERDICT_PASS);
}

/* ---- last year's number ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Where the text names the year: 2022年, 2022-12, 2022.12; NULL where it does not. */
static const char *year_in(const char *text, unsigned year)
{
    static const char sign[] = "年";
    char digits[YEAR_DIGITS + 8];
    snprintf(digits, sizeof digits, "%u", year);
    for (const char *at = text; (at = strstr(at, digits)); at += YEAR_DIGITS) {
        if (at > text && is_digit(at[-1]))
            continue;
        const char *behind = at + YEAR_DIGITS;
        if (strncmp(behind, sign, strlen(sign)) == 0 || *behind == ')' ||
            (*behind && strchr("-./", *behind) && is_digit(behind[1])))
            return at;
    }
    return NULL;
}

/* The length of a clause's edge there, or 0. */
static size_t edge_length(const char *at)
{
    static const char full_stop[] = "。";
    return *at == ',' || *at == ';' || *at == '\n' || !*at  ? 1
           : strncmp(at, full_stop, strlen(full_stop)) == 0 ? strlen(full_stop)
                                                            : 0;
}

/* The clause with the year, where that is this year's own and not one it refers to. */
static const char *clause_with(struct comparing *comparing, const char *text, unsigned year)
{
    const char *at = text;
    for (unsigned i = 0; i < MENTIONS_MOST && (at = year_in(at, year)); i++, at += YEAR_DIGITS) {
        const char *from = at, *to = at;
        while (from > text && at - from < CLAUSE_MOST && !edge_length(from - 1) &&
               !(from - text >= 3 && edge_length(from - 3)))
            from--;
        while ((unsigned char)(*from & 0xC0) == 0x80)
            from++;
        while (!edge_length(to) && to - at < CLAUSE_MOST)
            to++;
        while ((unsigned char)(*to & 0xC0) == 0x80)
            to++;
        const char *clause = arena_copy(comparing->scratch, from, (size_t)(to - from));
        if (!grammar_value(comparing->grammar, VALUE_CITED, clause, strlen(clause)))
            return clause;
    }
    return NULL;
}

/* Whether `new` still says the year of `old`, as `old` does, or sets a date in it. */
static bool is_stale(struct pair *pair, const struct node *old, const struct node *new)
{
    struct comparing *comparing = pair->comparing;
    unsigned last = pair->old->year;
    if (!old || !new || (!strpbrk(new->value, "0123456789") && !strstr(new->value, "\xEF\xBC")))
        return false;
    const char *before = loose_of(comparing->scratch, old->value),
               *now = loose_of(comparing->scratch, new->value);
    const char *clause = year_in(now, last) ? clause_with(comparing, now, last) : NULL;
    if (!clause)
        return false;
    if (grammar_value(comparing->grammar, VALUE_DUE, clause, strlen(clause)))
        return true;
    return !year_in(now, pair->new->year) ? clause_with(comparing, before, last) != NULL
                                          : strstr(before, clause) != NULL;
}

static void stale_add(struct pair *pair, const struct node *new, const struct node *old)
{
    struct arena *scratch = pair->comparing->scratch;
    const struct side sides[] = {side_of(pair->new, new), side_of(pair->old, old)};
    const char *label = new->provenance &&new->provenance->label ? new->provenance->label : new->name;
    finding_add(pair->comparing->findings, CHECK_STALE_YEAR, VERDICT_FAIL, sides, old ? 2 : 1,
                "%u年申报表“%s”中仍为%u年：“%s”", "the form of %u still says in '%s' %u: '%s'",
                pair->new->year, label, pair->old->year,
                quote(scratch, node_printed(new)));
}

static bool is_of_year(const struct facts *facts, unsigned year)
{
    return facts->start && facts->end && date_year(facts->start) == year && date_year(facts->end) == year;
}

/* A period of one year that did not move on, or only with one of its ends. */
static void stale_dates(struct pair *pair)
{
    struct facts *old = pair->old, *new = pair->new;
    if (!is_of_year(old, old->year) || !new->start || !new->end)
        return;
    bool starts_before = date_is_same(old->start, new->start), ends_before = date_is_same(old->end, new->end);
    if (ends_before)
        stale_add(pair, new->end, old->end);
    /* a start that stayed while the end moved on a year is a period made longer, or forgotten */
    if (starts_before &&
        (ends_before ||
         (date_year(new->end) ==
              new->year &&strcmp(old->end->value + YEAR_DIGITS, new->end->value + YEAR_DIGITS) == 0 &&
          (!new->total.node || !money_is_stated(&new->annual) || money_is_same(&new->total, &new->annual)))))
        stale_add(pair, new->start, old->start);
}

static void stale_titles(struct pair *pair)
{
    const struct node *parts = node_child(pair->new->form->declaration, "parts"),
                      *before = node_child(pair->old->form->declaration, "parts");
    const struct node *part = parts ? parts->first : NULL, *old = before ? before->first : NULL;
    for (; part && old; part = part->next, old = old->next) {
        const struct node *title = node_child(part, "title"), *old_title = node_child(old, "title");
        if (title && old_title && title->value && old_title->value && is_stale(pair, old_title, title))
            stale_add(pair, title, old_title);
    }
    char year[16];
    snprintf(year, sizeof year, "%u", pair->old->year);
    for (const struct node *at = field_first(pair->new, "header", "fiscal-year"); at;
         at = field_next(at->next, "fiscal-year"))
        if (strcmp(at->value, year) == 0)
            stale_add(pair, at, field_first(pair->old, "header", "fiscal-year"));
}

void compare_stale(struct pair *pair)
{
    struct findings *findings = pair->comparing->findings;
    const struct node *goal = field_first(pair->new, "narrative", "annual-goal"),
                      *old_goal = field_first(pair->old, "narrative", "annual-goal");
    if (!pair->is_adjacent) {
        const struct side sides[] = {side_of(pair->new, field_first(pair->new, "header", "fiscal-year")),
                                     side_of(pair->old, field_first(pair->old, "header", "fiscal-year"))};
        refuse(findings, CHECK_STALE_YEAR, VERDICT_REFUSED, sides, 2,
               "%u年与%u年之间缺少年度，不判断上年年份是否遗留",
               "years lie between %u and %u, so there is no last year whose number could be left",
               pair->old->year, pair->new->year);
        return;
    }
    for (; goal && old_goal;
         goal = field_next(goal->next, "annual-goal"), old_goal = field_next(old_goal->next, "annual-goal"))
        if (is_stale(pair, old_goal, goal))
            stale_add(pair, goal, old_goal);
    for (size_t i = 0; i < pair->indicator_count; i++) {
        const struct matched_indicator *match = &pair->indicators[i];
        if (!match->old || !match->new || strcmp(match->new->horizon, "annual") != 0)
            continue;
        if (is_stale(pair, match->old->target, match->new->target))
            stale_add(pair, match->new->target, match->old->target);
        if (is_stale(pair, match->old->name, match->new->name))
            stale_add(pair, match->new->name, match->old->name);
    }
    stale_dates(pair);
    stale_titles(pair);
    finding_count(findings, CHECK_STALE_YEAR, VERDICT_PASS);
}

/* ---- owners ---- */

/* A name with its superior or its code before it is the same name. */
static bool is_same_owner(struct arena *arena, const struct node *a, const struct node *b)
{
    const char *x = key_of(arena, a->value, 0), *y = key_of(arena, b->value, 0);
    return strstr(x, y) || strstr(y, x);
}

/* 138****0117 */
static bool is_masked(struct arena *arena, const struct node *node)
{
    return strstr(loose_of(arena, node->value), "*") || strstr(node->value, "×");
}

void compare_owner(struct pair *pair)
{
    static const char *const names[] = {"competent-department", "implementing-unit", "reporting-unit",
                                        "project-leader", "phone"};
    enum { NAMES = sizeof names / sizeof *names };
    struct arena *scratch = pair->comparing->scratch;
    struct findings *findings = pair->comparing->findings;
    struct side sides[2 * NAMES];
    const char *zh = "", *en = "";
    size_t count = 0, compared = 0;
    for (size_t i = 0; i < NAMES; i++) {
        const struct node *old = field_first(pair->old, "header", names[i]),
                          *new = field_first(pair->new, "header", names[i]);
        if (!old || !new)
            continue;
        if (is_same_owner(scratch, old, new)) {
            compared++;
            continue;
        }
        if (is_masked(scratch, old) || is_masked(scratch, new)) {
            const struct side hidden[] = {side_of(pair->new, new), side_of(pair->old, old)};
            refuse(findings, CHECK_OWNER_CHANGED, VERDICT_REFUSED, hidden, 2,
                   "“%s”与“%s”有隐去的部分，无法比较",
                   "'%s' and '%s' are partly hidden and cannot be compared", quote(scratch, new->value),
                   quote(scratch, old->value));
            continue;
        }
        compared++;
        const char *label = new->provenance &&new->provenance->label ? new->provenance->label : names[i];
        zh = arena_printf(scratch, "%s%s“%s”由“%s”变为“%s”", zh, *zh ? "，" : "", label,
                          quote(scratch, old->value), quote(scratch, new->value));
        en = arena_printf(scratch, "%s%s'%s' from '%s' to '%s'", en, *en ? ", " : "", label,
                          quote(scratch, old->value), quote(scratch, new->value));
        sides[count++] = side_of(pair->new, new);
        sides[count++] = side_of(pair->old, old);
    }
    if (!count)
        finding_count(findings, CHECK_OWNER_CHANGED, compared ? VERDICT_PASS : VERDICT_NOT_APPLICABLE);
    else
        finding_add(findings, CHECK_OWNER_CHANGED, VERDICT_FAIL, sides, count, "%1$u年到%2$u年：%3$s%4$.0s",
                    "from %1$u to %2$u: %3$.0s%4$s", pair->old->year, pair->new->year, zh, en);
}

/* ---- natures ---- */

struct nature {
    const struct node *node; /* the field or the ticked box */
    bool is_continuing, is_new, is_once;
};

static bool says(struct comparing *comparing, enum value_name value, const char *text)
{
    return grammar_value(comparing->grammar, value, text, strlen(text));
}

static struct nature nature_of(struct comparing *comparing, const struct facts *facts)
{
    struct nature nature = {0};
    const struct node *header = node_child(facts->form->declaration, "header");
    for (const struct node *field = header ? header->first : NULL; field; field = field->next) {
        if (strcmp(field->name, "project-nature") != 0)
            continue;
        for (const struct node *at = field->value ? field : field->first; at;
             at = at == field ? NULL : at->next) {
            const char *checked = node_get(at, "checked");
            if (!at->value || (at != field && (!checked || strcmp(checked, "true") != 0)))
                continue;
            const char *text = loose_of(comparing->scratch, at->value);
            struct nature this = {at, says(comparing, VALUE_CONTINUING, text),
                                  says(comparing, VALUE_FRESH, text), says(comparing, VALUE_ONCE, text)};
            if (nature.node) /* several: which one holds is not known */
                return (struct nature){0};
            nature = this;
        }
    }
    return nature;
}

static bool period_holds(const struct facts *facts, unsigned year)
{
    return facts->start && facts->end && date_year(facts->start) <= year && year <= date_year(facts->end);
}

static const char *nature_text(struct comparing *comparing, const struct nature *nature)
{
    return quote(comparing->scratch, nature->node->value);
}

static void continuity_of_first(struct project *project, const struct facts *facts,
                                const struct nature *nature)
{
    struct comparing *comparing = project->comparing;
    const struct side side = side_of(facts, nature->node);
    bool unit_was_there = project->unit_was_there(project->context, facts, facts->year - 1);
    if (!nature->is_continuing || !project->year_was_there(project->context, facts->year - 1))
        finding_count(comparing->findings, CHECK_CONTINUITY, VERDICT_NOT_APPLICABLE);
    else if (project->is_unsure)
        refuse(comparing->findings, CHECK_CONTINUITY, VERDICT_REFUSED, &side, 1,
               "%u年填为“%s”，上年是否有同一项目不能确定",
               "%u says '%s', but whether last year had the project is uncertain", facts->year,
               nature_text(comparing, nature));
    else if (!unit_was_there)
        finding_add(comparing->findings, CHECK_CONTINUITY, VERDICT_FAIL, &side, 1,
                    "%u年填为“%s”，而%u年的材料中没有这一项目，也没有该单位的其他项目",
                    "%u says '%s', but the forms of %u have neither the project nor another of its unit",
                    facts->year, nature_text(comparing, nature), facts->year - 1)
            ->severity = SEVERITY_INFO;
    else
        finding_add(comparing->findings, CHECK_CONTINUITY, VERDICT_FAIL, &side, 1,
                    "%u年填为“%s”，而该单位%u年的申报中没有这一项目",
                    "%u says '%s', but the unit's forms of %u have no such project", facts->year,
                    nature_text(comparing, nature), facts->year - 1);
}

void compare_continuity(struct project *project)
{
    struct comparing *comparing = project->comparing;
    struct findings *findings = comparing->findings;
    struct nature last = {0};
    for (size_t i = 0; i < project->count; i++) {
        const struct facts *facts = project->declarations[i],
                           *before = i ? project->declarations[i - 1] : NULL;
        struct nature nature = nature_of(comparing, facts);
        if (!nature.node) {
            finding_count(findings, CHECK_CONTINUITY, VERDICT_NOT_APPLICABLE);
        } else if (!before) {
            continuity_of_first(project, facts, &nature);
        } else {
            const struct side sides[] = {
                side_of(facts, nature.node),
                side_of(before, last.node ? last.node : field_first(before, "header", "project-name"))};
            if (nature.is_new && before->year + 1 == facts->year)
                finding_add(findings, CHECK_CONTINUITY, VERDICT_FAIL, sides, 2,
                            "%u年填为“%s”，而%u年已有这一项目",
                            "%u says '%s', but %u had the project already", facts->year,
                            nature_text(comparing, &nature), before->year);
            else if (nature.is_once && !period_holds(facts, before->year))
                finding_add(findings, CHECK_CONTINUITY, VERDICT_FAIL, sides, 2,
                            "%u年填为“%s”，而%u年已有这一项目",
                            "%u says '%s', but %u had the project already", facts->year,
                            nature_text(comparing, &nature), before->year);
            else if (last.is_once && !period_holds(before, facts->year))
                finding_add(findings, CHECK_CONTINUITY, VERDICT_FAIL, sides, 2,
                            "%u年再次申报，填为“%s”，而%u年填为“%s”",
                            "declared again in %u as '%s', though %u says '%s'", facts->year,
                            nature_text(comparing, &nature), before->year, nature_text(comparing, &last));
            else
                finding_count(findings, CHECK_CONTINUITY, VERDICT_PASS);
        }
        last = nature;
    }
}
