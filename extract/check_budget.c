/* Checks of the lines of a budget: their sum, and the product of their columns. */
#include <string.h>

#include "check_money.h"

/* ---- budget-sum ---- */

/* The lines of one table or list, added up. */
struct adding {
    struct decimal sum;
    struct steps steps;
    size_t lines, blank, unread;
    bool is_assumed, is_declared, has_overflown;
    const struct node *first, *last; /* amounts */
    struct stated total;             /* the largest printed */
    size_t totals;                   /* different ones */
};

static void adding_line(struct checking *checking, struct adding *adding, const struct node *line, const char *column)
{
    const struct node *amount = child_of(line, column);
    if (!amount || !amount->value) {
        adding->blank++;
        return;
    }
    struct decimal yuan, step;
    if (!checking_money(checking, amount, &yuan, &step)) {
        adding->unread++;
        return;
    }
    adding->has_overflown |= !decimal_add(&adding->sum, adding->sum, yuan);
    steps_add(&adding->steps, amount, step);
    adding->lines++;
    *(is_assumed(amount) ? &adding->is_assumed : &adding->is_declared) = true;
    if (!adding->first)
        adding->first = amount;
    adding->last = amount;
}

static void adding_total(struct checking *checking, struct adding *adding, const struct node *node)
{
    struct stated total = {.node = node, .is_assumed = is_assumed(node)};
    if (!node->value)
        return;
    total.is_number = checking_money(checking, node, &total.yuan, &total.step);
    if (!total.is_number) {
        adding->unread++;
        return;
    }
    if (adding->totals && decimal_compare(adding->total.yuan, total.yuan) == 0)
        return;
    if (!adding->totals++ || decimal_compare(adding->total.yuan, total.yuan) < 0)
        adding->total = total;
}

/* The lines against the total that is printed for them. */
static void lines_against_total(struct checking *checking, const struct adding *adding)
{
    const struct stated *total = &adding->total;
    bool is_mixed = (adding->is_assumed && adding->is_declared) || adding->is_assumed != total->is_assumed;
    bool is_unclear = adding->has_overflown || adding->unread || adding->is_assumed || total->is_assumed;
    const struct decimal step = steps_sum(&adding->steps, total->node, total->step);
    checking->pairs++;
    if (!adding->has_overflown && !adding->unread && !is_mixed &&
        is_equal(total->yuan, adding->sum, total->step, step)) {
        finding_count(checking->findings, CHECK_BUDGET_SUM, VERDICT_PASS);
        return;
    }
    struct side sides[] = {checking_side(checking, total->node), checking_side(checking, adding->first),
                           checking_side(checking, adding->last)};
    size_t count = adding->first == adding->last ? 2 : 3;
    const char *total_text = money_printed(checking, total->node),
               *sum_text = money_in_unit(checking, adding->sum, total->node);
    struct decimal twice, off;
    /* lines that state a group and then its parts come to twice the total */
    bool is_nested = adding->totals > 1 || (decimal_add(&twice, total->yuan, total->yuan) &&
                                            is_equal(twice, adding->sum, total->step, step));
    bool is_less = decimal_compare(adding->sum, total->yuan) < 0;
    if (is_unclear || is_nested || (adding->blank && is_less)) {
        finding_add(checking->findings, CHECK_BUDGET_SUM, VERDICT_REFUSED, sides, count,
                    "明细%zu行，合计%s：有的行空白、无法识读、未注明单位或分层汇总，无法核对",
                    "%zu lines of detail and the total %s: lines are blank, cannot be read, have no unit or are nested",
                    adding->lines, total_text);
        return;
    }
    if (money_is_powers_apart(checking, sides, count, total->yuan, adding->sum, total->step, step,
                        arena_printf(checking->arena, "%s%s", label_of(total->node), total_text), sum_text))
        return;
    struct finding *finding =
        finding_add(checking->findings, CHECK_BUDGET_SUM, VERDICT_FAIL, sides, count,
                    "%s为%s，而%zu行明细之和为%s", "%s is %s, but the %zu lines add up to %s",
                    label_of(total->node), total_text, adding->lines, sum_text);
    if (decimal_subtract(&off, adding->sum, total->yuan))
        finding->difference = money_in_yuan(checking, decimal_absolute(off));
}

/* The printed total of the details against the money of the year. */
static void budget_against_funds(struct checking *checking, const struct stated *total)
{
    const struct funds *funds = funds_of(checking);
    const struct stated *annual = fund_total(checking, funds, "annual");
    bool has_equal = false;
    const struct stated *other =
        total->is_assumed || (annual && annual->is_assumed) ? total : NULL; /* what leaves it open */
    for (size_t f = 0; f < funds->count && !has_equal; f++) {
        const struct fund *fund = funds->items[f];
        if (strcmp(fund->scope, "previous") == 0)
            continue;
        for (uint64_t rest = fund->stated; rest && !has_equal; rest &= rest - 1) {
            const struct stated *stated = fund->sources[__builtin_ctzll(rest)];
            has_equal = stated->is_number && stated->is_assumed == total->is_assumed &&
                        is_equal(stated->yuan, total->yuan, stated->step, total->step);
            if (stated->is_ambiguous || (stated->is_number && stated->is_assumed != total->is_assumed))
                other = stated;
        }
    }
    if (!annual && !has_equal)
        return;
    checking->pairs++;
    if (has_equal) {
        finding_count(checking->findings, CHECK_BUDGET_SUM, VERDICT_PASS);
        return;
    }
    struct side sides[] = {checking_side(checking, total->node), checking_side(checking, annual->node)};
    const char *total_text = money_printed(checking, total->node), *annual_text = money_printed(checking, annual->node);
    if (other) {
        finding_add(
            checking->findings, CHECK_BUDGET_SUM, VERDICT_REFUSED, sides, 2,
            "明细合计%s与年度资金%s的单位或金额不明，无法比较",
            "the details' total %s and the year's money %s cannot be compared: unit or amount is unclear",
            total_text, annual_text);
        return;
    }
    if (money_is_powers_apart(checking, sides, 2, total->yuan, annual->yuan, total->step, annual->step,
                        arena_printf(checking->arena, "%s%s", label_of(total->node), total_text),
                        arena_printf(checking->arena, "%s%s", label_of(annual->node), annual_text)))
        return;
    struct decimal off;
    struct finding *finding =
        finding_add(checking->findings, CHECK_BUDGET_SUM, VERDICT_FAIL, sides, 2, "明细合计%s与%s%s不符",
                    "the details' total %s differs from '%s' %s", total_text, label_of(annual->node),
                    annual_text);
    if (decimal_subtract(&off, total->yuan, annual->yuan))
        finding->difference = money_in_yuan(checking, decimal_absolute(off));
}

/* No total is printed: the lines themselves are the year's money. */
static void lines_against_funds(struct checking *checking, const struct adding *adding)
{
    const struct stated *annual = fund_total(checking, funds_of(checking), "annual");
    if (!annual || adding->blank || adding->unread || adding->has_overflown)
        return;
    struct stated sum = {adding->first, adding->sum, steps_sum(&adding->steps, annual->node, annual->step),
                         true,          adding->is_assumed, false};
    const struct funds *funds = funds_of(checking);
    bool has_equal = false;
    for (size_t f = 0; f < funds->count; f++)
        for (uint64_t rest = funds->items[f]->stated; rest; rest &= rest - 1) {
            const struct stated *stated = funds->items[f]->sources[__builtin_ctzll(rest)];
            has_equal |= stated->is_number && is_equal(stated->yuan, sum.yuan, stated->step, sum.step);
        }
    struct side sides[] = {checking_side(checking, adding->first), checking_side(checking, adding->last),
                           checking_side(checking, annual->node)};
    checking->pairs++;
    if (has_equal && adding->is_assumed == annual->is_assumed) {
        finding_count(checking->findings, CHECK_BUDGET_SUM, VERDICT_PASS);
    } else if (adding->is_assumed || annual->is_assumed) {
        finding_add(checking->findings, CHECK_BUDGET_SUM, VERDICT_REFUSED, sides, 3,
                    "明细之和%s与年度资金%s的单位不明，无法比较",
                    "the details add up to %s and the year's money is %s: a unit is unclear",
                    money_in_unit(checking, sum.yuan, adding->first),
                    money_printed(checking, annual->node));
    } else if (!money_is_powers_apart(checking, sides, 3, sum.yuan, annual->yuan, sum.step, annual->step,
                                      arena_printf(checking->arena, "明细之和%s",
                                                   money_in_unit(checking, sum.yuan, adding->first)),
                                      arena_printf(checking->arena, "%s%s", label_of(annual->node),
                                                   money_printed(checking, annual->node)))) {
        struct decimal off;
        struct finding *finding =
            finding_add(checking->findings, CHECK_BUDGET_SUM, VERDICT_FAIL, sides, 3,
                        "明细之和%s与%s%s不符", "the details add up to %s, not to '%s' %s",
                        money_in_unit(checking, sum.yuan, annual->node), label_of(annual->node),
                        money_printed(checking, annual->node));
        if (decimal_subtract(&off, sum.yuan, annual->yuan))
            finding->difference = money_in_yuan(checking, decimal_absolute(off));
    }
}

static void tally_check(struct checking *checking, const struct tally *tally, const struct node *block)
{
    struct adding adding = {0};
    for (const struct node *node = block->first; node; node = node->next) {
        if (is(node->name, tally->line))
            adding_line(checking, &adding, node, tally->column);
        else if (is(node->name, tally->sum))
            adding_total(checking, &adding, node);
    }
    if (!adding.lines && !adding.totals)
        return;
    if (adding.lines && adding.totals)
        lines_against_total(checking, &adding);
    if (strncmp(tally->column, "previous", 8) == 0)
        return; /* the money of the form is this year's */
    if (adding.totals)
        budget_against_funds(checking, &adding.total);
    else
        lines_against_funds(checking, &adding);
}

static size_t count_of(const struct checking *checking, enum check check)
{
    const size_t *counts = checking->findings->counts[check];
    return counts[VERDICT_PASS] + counts[VERDICT_FAIL] + counts[VERDICT_REFUSED];
}

void check_budget_sum(struct checking *checking)
{
    const struct grammar *grammar = checking->grammar;
    size_t before = count_of(checking, CHECK_BUDGET_SUM), pairs = checking->pairs;
    const struct node *block = NULL;
    const struct rule *section = NULL;
    for (size_t i = 0; i < grammar->tally_count; i++) {
        const struct tally *tally = &grammar->tallies[i];
        if (tally->section != section) {
            section = tally->section;
            block = child_of(checking->form->declaration, section->name);
        }
        if (block)
            tally_check(checking, tally, block);
    }
    if (count_of(checking, CHECK_BUDGET_SUM) == before && checking->pairs == pairs)
        finding_count(checking->findings, CHECK_BUDGET_SUM, VERDICT_NOT_APPLICABLE);
}

/* ---- line-product ---- */

/* A column of a line: money in 元, or a plain number. */
struct factor {
    const struct node *node;
    struct decimal value, step;
    bool is_money, is_assumed;
};

static bool factor_read(const struct checking *checking, const struct node *node, struct factor *factor)
{
    *factor = (struct factor){.node = node};
    if (!node || !node->value)
        return false;
    for (const struct attribute *a = node->attributes; a; a = a->next) {
        if (is(a->name, "kind"))
            return false; /* kept as text */
        if (is(a->name, "unit-from")) {
            factor->is_money = true;
            factor->is_assumed = strcmp(a->value, "assumed") == 0;
        }
    }
    return factor->is_money ? checking_money(checking, node, &factor->value, &factor->step)
                            : decimal_read(&factor->value, node->value, strlen(node->value));
}

static const char *factor_text(struct checking *checking, const struct factor *factor)
{
    return factor->is_money ? money_printed(checking, factor->node) : factor->node->value;
}

/* Whether any text of the line says the number: 12个月, 10人*12个月. */
static bool line_says(const struct node *line, unsigned number)
{
    char digits[8];
    size_t length = 0;
    for (unsigned rest = number; rest; rest /= 10)
        digits[length++] = (char)('0' + rest % 10);
    for (const struct node *node = line->first; node; node = node->next) {
        if (!node->value || attribute_of(node, "unit-from"))
            continue;
        const char *text = node_printed(node);
        for (const char *p = text; *p; p++) {
            if (*p < '0' || *p > '9')
                continue;
            size_t n = strspn(p, "0123456789"), k = 0;
            while (n == length && k < n && p[k] == digits[n - 1 - k])
                k++;
            if (n == length && k == n)
                return true;
            p += n - 1;
        }
    }
    return false;
}

/* What the columns make by the relation, and how exactly. False where it does not fit. */
static bool factors_join(const struct relation *relation, const struct factor *factors,
                         struct decimal *result, struct decimal *allowed)
{
    bool fits = true;
    *allowed = factors[0].step;
    if (relation->kind == RELATION_SUM) {
        *result = (struct decimal){0, 0};
        for (size_t i = 1; i < relation->count && fits; i++)
            fits = decimal_add(result, *result, factors[i].value) && decimal_add(allowed, *allowed, factors[i].step);
        return fits;
    }
    *result = (struct decimal){1, 0};
    for (size_t i = 1; i < relation->count && fits; i++)
        fits = decimal_multiply(result, *result, factors[i].value);
    /* a price with decimals may be rounded; one without is taken as it stands */
    for (size_t i = 1; i < relation->count && fits; i++) {
        struct decimal share = factors[i].step;
        const struct node *node = factors[i].node;
        if (decimal_is_zero(share) ||
            !money_places(node_printed(node)))
            continue;
        for (size_t k = 1; k < relation->count && fits; k++)
            fits = k == i || decimal_multiply(&share, share, decimal_absolute(factors[k].value));
        fits = fits && decimal_add(allowed, *allowed, share);
    }
    return fits;
}

/* Months or days that another text of the line names: 单价 × 人数 × 12个月. 0 for none. */
static unsigned further_factor(const struct node *line, struct decimal product, struct decimal amount)
{
    for (unsigned further = 2; further <= 366; further++) {
        struct decimal more;
        if (decimal_multiply(&more, product, (struct decimal){further, 0}) && decimal_compare(more, amount) == 0)
            return further == 12 || line_says(line, further) ? further : 0;
    }
    return 0;
}

static void line_check(struct checking *checking, const struct relation *relation, const struct node *line)
{
    struct factor factors[OPERANDS_MOST];
    bool is_mixed = false, is_unclear = false;
    for (size_t i = 0; i < relation->count; i++) {
        if (!factor_read(checking, child_of(line, relation->operands[i].name), &factors[i]))
            return;
        is_unclear |= factors[i].is_assumed;
        is_mixed |= factors[i].is_money && factors[0].is_money && factors[i].is_assumed != factors[0].is_assumed;
    }
    struct decimal result, allowed;
    bool fits = factors_join(relation, factors, &result, &allowed);
    if (fits && !is_mixed && decimal_is_near(factors[0].value, result, allowed, 0)) {
        checking->pairs++;
        finding_count(checking->findings, CHECK_LINE_PRODUCT, VERDICT_PASS);
        return;
    }
    struct side sides[OPERANDS_MOST];
    const char *amount = factor_text(checking, &factors[0]), *others = "";
    for (size_t i = 0; i < relation->count; i++) {
        sides[i] = checking_side(checking, factors[i].node);
        if (i)
            others = arena_printf(checking->arena, "%s%s%s", others,
                                  i == 1                           ? ""
                                  : relation->kind == RELATION_SUM ? " + "
                                                                   : " × ",
                                  factor_text(checking, &factors[i]));
    }
    if (!fits || is_unclear) {
        finding_add(checking->findings, CHECK_LINE_PRODUCT, VERDICT_REFUSED, sides, relation->count,
                    "%s与%s：金额单位未注明或数字过大，无法核对",
                    "%s and %s: a unit is not stated or a number too large", amount, others);
        return;
    }
    checking->pairs++;
    if (money_is_powers_apart(checking, sides, relation->count, factors[0].value, result, factors[0].step,
                              (struct decimal){0, 0}, amount, others))
        return;
    unsigned further = relation->kind == RELATION_PRODUCT ? further_factor(line, result, factors[0].value) : 0;
    if (further) {
        finding_add(checking->findings, CHECK_LINE_PRODUCT, VERDICT_REFUSED, sides, relation->count,
                    "%s为%s的%u倍，另有计算因素，无法核对", "%s is %s times a further %u", amount, others, further);
        return;
    }
    struct decimal off;
    struct finding *finding = finding_add(checking->findings, CHECK_LINE_PRODUCT, VERDICT_FAIL, sides, relation->count,
                                          "金额%s与%s = %s不符", "the amount %s is not %s = %s", amount, others,
                                          factors[0].is_money ? money_in_unit(checking, result, factors[0].node)
                                                              : decimal_text(checking->arena, result));
    if (decimal_subtract(&off, factors[0].value, result))
        finding->difference = factors[0].is_money ? money_in_yuan(checking, decimal_absolute(off))
                                                  : decimal_text(checking->arena, decimal_absolute(off));
}

void check_line_product(struct checking *checking)
{
    const struct grammar *grammar = checking->grammar;
    size_t before = count_of(checking, CHECK_LINE_PRODUCT), pairs = checking->pairs;
    for (size_t r = 0; r < grammar->relation_count; r++) {
        const struct relation *relation = &grammar->relations[r];
        if (!relation->table || (relation->kind != RELATION_PRODUCT && relation->kind != RELATION_SUM))
            continue;
        const struct node *block = child_of(checking->form->declaration, relation->section->name);
        for (const struct node *line = block ? block->first : NULL; line; line = line->next)
            if (is(line->name, relation->table->name))
                line_check(checking, relation, line);
    }
    if (count_of(checking, CHECK_LINE_PRODUCT) == before && checking->pairs == pairs)
        finding_count(checking->findings, CHECK_LINE_PRODUCT, VERDICT_NOT_APPLICABLE);
}
