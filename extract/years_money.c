/* Money over the years. */
#include <stdlib.h>
#include <string.h>

#include "comparing.h"

enum { SLIP_ZEROS = 4, DIGITS_SURE = 3, DIGITS_LEAST = 2, DIGITS_ROOM = 64 };

/* ---- digits ---- */

/* The digits of an amount in 元, without point and without needless zeros behind it. */
static size_t digits_of(struct comparing *comparing, struct decimal amount, char *digits, size_t *places)
{
    const char *text = decimal_text(comparing->scratch, decimal_absolute(amount));
    size_t count = 0;
    *places = 0;
    for (bool is_behind = false; *text && count < DIGITS_ROOM - 1; text++) {
        if (*text == '.') {
            is_behind = true;
            continue;
        }
        *places += is_behind;
        digits[count++] = *text;
    }
    digits[count] = 0;
    return count;
}

static size_t significant(const char *digits, size_t count)
{
    while (count && digits[count - 1] == '0')
        count--;
    return count - strspn(digits, "0");
}

/* Whether `shorter` is `longer` less one of its digits. */
static bool is_dropped(const char *longer, const char *shorter)
{
    size_t at = 0;
    while (longer[at] && longer[at] == shorter[at])
        at++;
    return strcmp(longer + at + 1, shorter + at) == 0;
}

/* Whether two amounts agree but for one digit that was dropped or doubled, or two that
 * changed places; says which. Figures of few digits agree so by chance. */
enum slip { SLIP_NONE, SLIP_SWAPPED, SLIP_MISSING, SLIP_DOUBLED, SLIP_ADDED, SLIPS };
static enum slip digits_slipped(struct comparing *comparing, struct decimal old, struct decimal new,
                                size_t digits_least)
{
    char first[DIGITS_ROOM], second[DIGITS_ROOM];
    size_t old_places, new_places, n = digits_of(comparing, old, first, &old_places),
                                   m = digits_of(comparing, new, second, &new_places);
    /* at equal scale: 1560000 and 1560000.5 */
    while (old_places < new_places && n < DIGITS_ROOM - 1)
        first[n++] = '0', first[n] = 0, old_places++;
    while (new_places < old_places && m < DIGITS_ROOM - 1)
        second[m++] = '0', second[m] = 0, new_places++;
    size_t told =
        significant(first, n) > significant(second, m) ? significant(first, n) : significant(second, m);
    if (told < digits_least)
        return SLIP_NONE;
    if (n == m) {
        size_t at = 0;
        while (first[at] && first[at] == second[at])
            at++;
        if (!first[at] || !first[at + 1] || first[at] != second[at + 1] || first[at + 1] != second[at] ||
            strcmp(first + at + 2, second + at + 2) != 0)
            return SLIP_NONE;
        return SLIP_SWAPPED;
    }
    if (n == m + 1 && is_dropped(first, second))
        return SLIP_MISSING;
    if (m != n + 1 || !is_dropped(second, first))
        return SLIP_NONE;
    size_t at = 0;
    while (first[at] && first[at] == second[at])
        at++;
    return at && second[at] == second[at - 1] ? SLIP_DOUBLED : SLIP_ADDED;
}

/* ---- changes ---- */

/* Whether `high` is ten thousand times `low`: within rounding, or within what may
 * change in a year, for nothing else grows so. */
enum shift { SHIFT_NONE, SHIFT_ABOUT, SHIFT_EXACT };
static enum shift shift_of(const struct money *low, const struct money *high)
{
    struct decimal shifted, step, least, most;
    if (decimal_is_zero(low->yuan) || !decimal_shift(&shifted, low->yuan, SLIP_ZEROS) ||
        !decimal_shift(&step, low->step, SLIP_ZEROS))
        return SHIFT_NONE;
    if (decimal_compare(high->step, step) > 0)
        step = high->step;
    if (decimal_is_near(shifted, high->yuan, step, 0))
        return SHIFT_EXACT;
    const struct decimal half = {5, 1}, twice = {2, 0};
    return decimal_multiply(&least, shifted, half) && decimal_multiply(&most, shifted, twice) &&
                   decimal_compare(high->yuan, least) >= 0 && decimal_compare(high->yuan, most) <= 0
               ? SHIFT_ABOUT
               : SHIFT_NONE;
}

static const char *sign_of(const struct money *old, const struct money *new)
{
    return decimal_compare(new->yuan, old->yuan) > 0 ? "+" : "-";
}

static double number_of(struct decimal value)
{
    double number = (double)value.units;
    for (unsigned i = 0; i < value.places; i++)
        number /= 10;
    return number;
}

/* The difference in 元, exactly. */
static const char *difference_of(struct arena *arena, const struct money *old, const struct money *new)
{
    struct decimal difference;
    if (!decimal_subtract(&difference, new->yuan, old->yuan))
        return NULL;
    return arena_printf(arena, "%s%s 元", sign_of(old, new),
                        decimal_text(arena, decimal_absolute(difference)));
}

/* Whether something else in the form states the same amount, so that it is meant. */
static bool is_borne_out(const struct facts *facts, const struct money *money)
{
    struct money again = *money;
    for (size_t i = 0; i < facts->indicator_count; i++) {
        again.yuan = facts->indicators[i].value;
        if (facts->indicators[i].kind == TARGET_MONEY && money_is_same(&again, money))
            return true;
    }
    const struct node *budget = node_child(facts->form->declaration, "budget");
    const struct node *total = budget ? node_child(budget, "total") : NULL;
    return total && total->value && decimal_read(&again.yuan, total->value, strlen(total->value)) &&
           money_is_same(&again, money);
}

/* An amount of both forms. */
struct change {
    struct pair *pair;
    const struct money *old, *new;
};

static const char *label_of(const struct node *node)
{
    return node->provenance && node->provenance->label ? node->provenance->label : node->name;
}

/* The amounts, and those that went along with them. */
static size_t change_sides(const struct change *change, struct side *sides)
{
    const struct facts *old = change->pair->old, *new = change->pair->new;
    sides[0] = side_of(new, change->new->node);
    sides[1] = side_of(old, change->old->node);
    if (change->new != &new->annual || !money_is_stated(&new->annual_fiscal) ||
        !money_is_stated(&old->annual_fiscal) || !money_is_same(&new->annual_fiscal, &new->annual) ||
        !money_is_same(&old->annual_fiscal, &old->annual))
        return 2;
    sides[2] = side_of(new, new->annual_fiscal.node);
    sides[3] = side_of(old, old->annual_fiscal.node);
    return 4;
}

static struct finding *change_add(const struct change *change, enum check check, const char *zh,
                                  const char *en)
{
    const struct pair *pair = change->pair;
    struct arena *scratch = pair->comparing->scratch;
    struct side sides[4];
    size_t count = change_sides(change, sides);
    struct finding *finding =
        finding_add(pair->comparing->findings, check, VERDICT_FAIL, sides, count, zh, en,
                    label_of(change->new->node), pair->old->year, quote_amount(scratch, change->old->node),
                    pair->new->year, quote_amount(scratch, change->new->node));
    finding->difference = difference_of(&pair->comparing->findings->arena, change->old, change->new);
    return finding;
}

static bool compare_unit_slip(const struct change *change)
{
    enum shift less = shift_of(change->new, change->old), more = shift_of(change->old, change->new);
    if (!less && !more) {
        finding_count(change->pair->comparing->findings, CHECK_UNIT_SLIP, VERDICT_PASS);
        return false;
    }
    struct finding *finding =
        less == SHIFT_EXACT || more == SHIFT_EXACT
            ? change_add(
                  change, CHECK_UNIT_SLIP, "“%s”%u年为%s，%u年为%s，恰差一万倍，疑似元与万元错位",
                  "'%s' of %u is %s and of %u is %s: exactly ten thousandfold, as if 元 and 万元 were mixed up")
            : change_add(
                  change, CHECK_UNIT_SLIP, "“%s”%u年为%s，%u年为%s，相差约一万倍，疑似元与万元错位",
                  "'%s' of %u is %s and of %u is %s: about ten thousandfold, as if 元 and 万元 were mixed up");
    finding->difference = less == SHIFT_EXACT   ? "÷10000"
                          : less                ? "÷≈10000"
                          : more == SHIFT_EXACT ? "×10000"
                                                : "×≈10000";
    return true;
}

/* An amount that other statements of its form bear out is no slip of a digit. */
static bool compare_digit_slip(const struct change *change, bool may_be_meant, size_t digits_least)
{
    static const char *const zh[SLIPS] = {
        [SLIP_SWAPPED] = "“%s”%u年为%s，%u年为%s，仅相邻两位数字互换，疑似错录",
        [SLIP_MISSING] = "“%s”%u年为%s，%u年为%s，仅少一位数字，疑似错录",
        [SLIP_DOUBLED] = "“%s”%u年为%s，%u年为%s，仅一位数字重复，疑似错录",
        [SLIP_ADDED] = "“%s”%u年为%s，%u年为%s，仅多一位数字，疑似错录",
    };
    static const char *const en[SLIPS] = {
        [SLIP_SWAPPED] = "'%s' of %u is %s and of %u is %s: only two neighbouring digits are swapped",
        [SLIP_MISSING] = "'%s' of %u is %s and of %u is %s: only one digit is missing",
        [SLIP_DOUBLED] = "'%s' of %u is %s and of %u is %s: only one digit is doubled",
        [SLIP_ADDED] = "'%s' of %u is %s and of %u is %s: only one digit is added",
    };
    struct pair *pair = change->pair;
    enum slip slip =
        money_is_same(change->old, change->new)
            ? SLIP_NONE
            : digits_slipped(pair->comparing, change->old->yuan, change->new->yuan, digits_least);
    if (slip == SLIP_NONE || (may_be_meant && is_borne_out(pair->new, change->new))) {
        finding_count(pair->comparing->findings, CHECK_DIGIT_SLIP, VERDICT_PASS);
        return false;
    }
    struct finding *finding = change_add(change, CHECK_DIGIT_SLIP, zh[slip], en[slip]);
    struct decimal difference, allowed;
    bool is_little = decimal_subtract(&difference, change->new->yuan, change->old->yuan) &&
                     decimal_multiply(&allowed, pair->comparing->options->threshold,
                                      decimal_absolute(change->old->yuan)) &&
                     decimal_compare(decimal_absolute(difference), allowed) <= 0;
    if (may_be_meant && is_little && !is_borne_out(pair->new, change->old))
        finding->severity = SEVERITY_INFO; /* as likely a change as any other */
    return true;
}

static void compare_jump(const struct change *change)
{
    struct pair *pair = change->pair;
    struct findings *findings = pair->comparing->findings;
    const struct money *old = change->old, *new = change->new;
    struct decimal difference, allowed;
    if (decimal_is_zero(old->yuan)) {
        finding_count(findings, CHECK_AMOUNT_JUMP, VERDICT_NOT_APPLICABLE);
        return;
    }
    struct side sides[3] = {side_of(pair->new, new->node), side_of(pair->old, old->node)};
    if (!pair->is_adjacent) {
        refuse(findings, CHECK_AMOUNT_JUMP, VERDICT_REFUSED, sides, 2,
               "%u年与%u年之间缺少申报表，年度资金变动未作判断",
               "no form lies between %u and %u, so the change of annual money is not judged", pair->old->year,
               pair->new->year);
        return;
    }
    if (!decimal_subtract(&difference, new->yuan, old->yuan) ||
        !decimal_multiply(&allowed, pair->comparing->options->threshold, decimal_absolute(old->yuan))) {
        refuse(findings, CHECK_AMOUNT_JUMP, VERDICT_REFUSED, sides, 2, "金额过大，无法计算",
               "the amounts are too large to compute with");
        return;
    }
    if (decimal_compare(decimal_absolute(difference), allowed) <= 0) {
        finding_count(findings, CHECK_AMOUNT_JUMP, VERDICT_PASS);
        return;
    }
    struct arena *scratch = pair->comparing->scratch;
    double share = 100 * number_of(difference) / number_of(decimal_absolute(old->yuan));
    const struct node *where;
    const char *reason = reason_find(pair, NULL, &where);
    struct finding *finding;
    if (reason) {
        sides[2] = side_of(pair->new, where);
        finding = finding_add(findings, CHECK_AMOUNT_JUMP, VERDICT_FAIL, sides, 3,
                              "“%s”%u年为%s，%u年为%s，变动%+.1f%%，说明：“%s”",
                              "'%s' of %u is %s and of %u is %s (%+.1f %%), with a reason: '%s'",
                              label_of(new->node), pair->old->year, quote_amount(scratch, old->node),
                              pair->new->year, quote_amount(scratch, new->node), share, reason);
        finding->severity = SEVERITY_INFO;
    } else {
        finding = finding_add(findings, CHECK_AMOUNT_JUMP, VERDICT_FAIL, sides, 2,
                              "“%s”%u年为%s，%u年为%s，变动%+.1f%%，未说明原因",
                              "'%s' of %u is %s and of %u is %s (%+.1f %%), and no reason is stated",
                              label_of(new->node), pair->old->year, quote_amount(scratch, old->node),
                              pair->new->year, quote_amount(scratch, new->node), share);
    }
    finding->difference = difference_of(&findings->arena, old, new);
}

static void not_applicable(struct pair *pair, const enum check *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        finding_count(pair->comparing->findings, all[i], VERDICT_NOT_APPLICABLE);
}

/* Whether two amounts can be compared; refuses the checks where they are stated but cannot. */
static bool is_comparable(const struct change *change, const enum check *all, size_t count)
{
    struct pair *pair = change->pair;
    if (!change->old->node || !change->new->node) {
        not_applicable(pair, all, count);
        return false;
    }
    const struct money *doubtful = change->new->doubt_zh   ? change->new
                                   : change->old->doubt_zh ? change->old
                                                           : NULL;
    if (!doubtful && !pair->money_is_unclear)
        return true;
    const struct side sides[] = {side_of(pair->new, change->new->node),
                                 side_of(pair->old, change->old->node)};
    const char *zh = doubtful ? doubtful->doubt_zh : "同一年度的几份申报表金额不一";
    const char *en = doubtful ? doubtful->doubt_en : "forms of one year disagree about it";
    for (size_t i = 0; i < count; i++)
        refuse(pair->comparing->findings, all[i], VERDICT_REFUSED, sides, 2,
               "“%1$s”%2$u年与%3$u年无法比较：%4$s%5$.0s",
               "'%1$s' of %2$u and %3$u cannot be compared: %4$.0s%5$s", label_of(change->new->node),
               pair->old->year, pair->new->year, zh, en);
    return false;
}

/* Whether the total is more than the year's. */
static bool is_of_years(const struct facts *facts)
{
    return money_is_stated(&facts->total) && money_is_stated(&facts->annual) &&
           !money_is_same(&facts->total, &facts->annual);
}

/* The project total, which stays as long as the period does. */
static void compare_totals(struct pair *pair)
{
    static const enum check all[] = {CHECK_DIGIT_SLIP, CHECK_CUMULATIVE};
    struct findings *findings = pair->comparing->findings;
    struct change change = {pair, &pair->old->total, &pair->new->total};
    bool has_periods = pair->old->start && pair->old->end && pair->new->start && pair->new->end;
    if (!has_periods && is_of_years(pair->old) && is_of_years(pair->new) && !pair->money_is_unclear &&
        !money_is_same(change.old, change.new))
        compare_digit_slip(&change, false, DIGITS_SURE);
    if (!change.old->node || !change.new->node || !period_is_same(pair->old, pair->new) ||
        date_year(pair->old->start) > pair->old->year ||
        date_year(pair->new->end) < pair->new->year) { /* misdated, or left behind */
        finding_count(findings, CHECK_CUMULATIVE, VERDICT_NOT_APPLICABLE);
        return;
    }
    if (!is_comparable(&change, all, 2))
        return;
    if (money_is_same(change.old, change.new)) {
        finding_count(findings, CHECK_CUMULATIVE, VERDICT_PASS);
        return;
    }
    if (compare_unit_slip(&change))
        return;
    compare_digit_slip(&change, false, DIGITS_LEAST);
    struct finding *finding =
        change_add(&change, CHECK_CUMULATIVE, "起止时间未变，“%s”%u年为%s，%u年为%s，前后不一",
                   "the period is the same, but '%s' of %u is %s and of %u is %s");
    finding->severity = SEVERITY_WARNING;
}

void compare_money(struct pair *pair)
{
    static const enum check all[] = {CHECK_UNIT_SLIP, CHECK_DIGIT_SLIP, CHECK_AMOUNT_JUMP};
    struct change change = {pair, &pair->old->annual, &pair->new->annual};
    if (!change.old->node && !change.new->node) { /* forms that state no total beside the appropriation */
        change.old = &pair->old->annual_fiscal;
        change.new = &pair->new->annual_fiscal;
    }
    if (is_comparable(&change, all, 3)) {
        if (compare_unit_slip(&change))
            pair->old->is_slipped = pair->new->is_slipped = true;
        else if (!compare_digit_slip(&change, true,
                                     is_borne_out(pair->new, change.old) ? DIGITS_LEAST : DIGITS_SURE))
            compare_jump(&change);
    }
    compare_totals(pair);
}

/* ---- sums over the years ---- */

void compare_cumulative(struct project *project)
{
    struct comparing *comparing = project->comparing;
    struct side *sides = arena_array(comparing->scratch, struct side, project->count + 1);
    for (size_t from = 0, to; from < project->count; from = to) {
        struct facts *first = project->declarations[from];
        for (to = from + 1; to < project->count && period_is_same(first, project->declarations[to]); to++)
            ;
        struct facts *last = project->declarations[to - 1];
        if (to - from < 2 || !last->total.node || date_year(last->start) == date_year(last->end))
            continue;
        struct decimal sum = {0}, step = last->total.step;
        bool is_doubtful = last->total.doubt_zh, is_slipped = false;
        size_t count = 0, terms = 0;
        sides[count++] = side_of(last, last->total.node);
        for (size_t i = from; i < to; i++) {
            const struct money *annual = &project->declarations[i]->annual;
            if (!annual->node)
                continue;
            sides[count++] = side_of(project->declarations[i], annual->node);
            is_slipped |= project->declarations[i]->is_slipped;
            is_doubtful |= annual->doubt_zh || !decimal_add(&sum, sum, annual->yuan);
            if (decimal_compare(annual->step, step) > 0)
                step = annual->step;
            terms++;
            /* what was carried over is in the year before */
            const struct money *carried = &project->declarations[i]->carried;
            is_doubtful |=
                carried->node && (carried->doubt_zh || !decimal_subtract(&sum, sum, carried->yuan));
        }
        if (terms < 2)
            continue;
        struct arena *scratch = comparing->scratch;
        if (is_doubtful || is_slipped) {
            refuse(comparing->findings, CHECK_CUMULATIVE, VERDICT_REFUSED, sides, count,
                   "年度资金中有单位存疑的金额，%u至%u年累计未作判断",
                   "an annual amount is in doubt, so the sum of %u to %u is not judged", first->year,
                   last->year);
            continue;
        }
        if (decimal_compare(sum, last->total.yuan) <= 0 ||
            decimal_is_near(sum, last->total.yuan, step, terms)) {
            finding_count(comparing->findings, CHECK_CUMULATIVE, VERDICT_PASS);
            continue;
        }
        struct finding *finding =
            finding_add(comparing->findings, CHECK_CUMULATIVE, VERDICT_FAIL, sides, count,
                        "%u至%u年年度资金合计%s元，超过%u年填报的“%s”%s",
                        "the annual amounts of %u to %u add up to %s 元, more than %u states as '%s', %s",
                        first->year, last->year, decimal_text(scratch, sum), last->year,
                        label_of(last->total.node), quote_amount(scratch, last->total.node));
        struct money all = {.yuan = sum};
        finding->difference = difference_of(&comparing->findings->arena, &last->total, &all);
    }
}

/* ---- what was left of last year ---- */

void compare_carry_over(struct pair *pair, const struct facts *evaluation)
{
    struct comparing *comparing = pair->comparing;
    struct findings *findings = comparing->findings;
    struct money carried = pair->new->carried;
    if (!carried.node || (!carried.doubt_zh && decimal_is_zero(carried.yuan))) {
        finding_count(findings, CHECK_CARRY_OVER, carried.node ? VERDICT_PASS : VERDICT_NOT_APPLICABLE);
        return;
    }
    struct money granted = pair->old->annual, spent = {0};
    const struct facts *from = pair->old;
    if (evaluation) {
        struct money adjusted = money_find(comparing, evaluation->form, "annual", "total", "adjusted");
        struct money budgeted = adjusted.node ? adjusted : evaluation->annual;
        spent = money_find(comparing, evaluation->form, "annual", "total", "executed");
        if (budgeted.node && spent.node) {
            granted = budgeted;
            from = evaluation;
        } else {
            spent = (struct money){0};
        }
    }
    struct side sides[3] = {side_of(pair->new, carried.node), side_of(from, granted.node),
                            side_of(from, spent.node)};
    size_t count = spent.node ? 3 : 2;
    const char *zh = NULL, *en = NULL;
    struct decimal left = granted.yuan;
    if (!pair->is_adjacent)
        zh = "缺少上年申报表", en = "last year's form is missing";
    else if (!granted.node || granted.doubt_zh || carried.doubt_zh || spent.doubt_zh ||
             pair->money_is_unclear || (spent.node && !decimal_subtract(&left, granted.yuan, spent.yuan)))
        zh = "上年金额缺失或存疑", en = "an amount is missing or in doubt";
    else if (pair->new->is_slipped)
        zh = "金额单位存疑", en = "the unit of the money is in doubt";
    else if (!spent.node && decimal_compare(carried.yuan, granted.yuan) <= 0)
        zh = "没有上年执行数", en = "what was spent last year is not known";
    struct arena *scratch = comparing->scratch;
    if (zh) {
        refuse(findings, CHECK_CARRY_OVER, VERDICT_REFUSED, sides, granted.node ? count : 1,
               "%1$u年结转%2$s无法核对：%3$s%4$.0s",
               "the %2$s carried over in %1$u cannot be checked: %3$.0s%4$s", pair->new->year,
               quote_amount(scratch, carried.node), zh, en);
        return;
    }
    struct money rest = {.yuan = left, .step = granted.step};
    struct decimal step = decimal_compare(carried.step, granted.step) > 0 ? carried.step : granted.step;
    if (decimal_compare(carried.yuan, left) <= 0 || decimal_is_near(carried.yuan, left, step, 2)) {
        finding_count(findings, CHECK_CARRY_OVER, VERDICT_PASS);
        return;
    }
    struct finding *finding =
        spent.node ? finding_add(findings, CHECK_CARRY_OVER, VERDICT_FAIL, sides, count,
                                 "%u年结转%s，而%u年预算%s、执行%s，结余不足",
                                 "%u carries over %s, but of %u's %s %s was spent and less is left",
                                 pair->new->year, quote_amount(scratch, carried.node), from->year,
                                 quote_amount(scratch, granted.node), quote_amount(scratch, spent.node))
                   : finding_add(findings, CHECK_CARRY_OVER, VERDICT_FAIL, sides, count,
                                 "%u年结转%s，超过%u年全年资金%s",
                                 "%u carries over %s, more than the whole of %u, %s", pair->new->year,
                                 quote_amount(scratch, carried.node), from->year,
                                 quote_amount(scratch, granted.node));
    finding->difference = difference_of(&findings->arena, &rest, &carried);
}

/* ---- two documents of one year ---- */

static bool compare_statement(const struct change *change, const char *zh, const char *en)
{
    static const enum check all[] = {CHECK_RESTATED};
    struct pair *pair = change->pair;
    if (!is_comparable(change, all, 1))
        return false;
    if (money_is_same(change->old, change->new)) {
        finding_count(pair->comparing->findings, CHECK_RESTATED, VERDICT_PASS);
        return false;
    }
    change_add(change, CHECK_RESTATED, zh, en);
    return true;
}

void compare_restated(struct pair *pair)
{
    static const char zh[] = "“%s”在两份文件中不一：%u年一处为%s，%u年另一处为%s",
                      en[] = "two documents disagree about '%s': of %u one says %s, of %u the other %s";
    const struct change annual = {pair, &pair->old->annual, &pair->new->annual},
                        total = {pair, &pair->old->total, &pair->new->total};
    pair->money_is_unclear = compare_statement(&annual, zh, en) || compare_statement(&total, zh, en);
}

void compare_budgeted(struct pair *pair)
{
    struct change change = {pair, &pair->old->annual, &pair->new->annual};
    if (!change.old->node || !change.new->node) { /* forms that state no total beside the appropriation */
        change.old = &pair->old->annual_fiscal;
        change.new = &pair->new->annual_fiscal;
    }
    compare_statement(&change, "“%s”%u年申报为%s，%u年自评的年初预算数为%s",
                      "'%s' was declared for %u as %s, and the evaluation of %u budgets %s at the start");
}
