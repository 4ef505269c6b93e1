/* Checks of what indicators of cost state, against the money of the form. */
#include <string.h>

#include "base/array.h"
#include "check_money.h"

static const char *const horizons[] = {"annual", "midterm", "project"};
enum { HORIZONS = sizeof horizons / sizeof *horizons, QUANTITIES_MOST = 64 };

static unsigned horizon_of(const char *name)
{
    unsigned h = 0;
    while (name && h < HORIZONS - 1 && strcmp(name, horizons[h]) != 0)
        h++;
    return name ? h : 0;
}

/* An indicator of cost that states money, and the money it must fit. */
struct cost {
    const struct node *target;
    const char *name;
    struct decimal yuan, step;
    bool is_settled;
    unsigned horizon;
    const struct stated *funds, *more; /* more: of the project, where funds are the year's; or NULL */
};

static bool cost_read(const struct node *indicator, struct cost *cost)
{
    bool is_cost = false;
    const char *horizon = NULL;
    for (const struct attribute *a = indicator->attributes; a; a = a->next) {
        is_cost |= a->value && is(a->value, "cost");
        if (is(a->name, "horizon"))
            horizon = a->value;
    }
    const struct node *target = is_cost ? child_of(indicator, "target") : NULL;
    const char *kind = target && target->value ? attribute_of(target, "kind") : NULL,
               *value = kind ? attribute_of(target, "value") : NULL;
    if (!value || strcmp(kind, "money") != 0 || !decimal_read(&cost->yuan, value, strlen(value)))
        return false;
    const struct node *name = child_of(indicator, "name");
    cost->target = target;
    cost->name = name && name->value ? name->value : "";
    cost->horizon = horizon_of(horizon);
    static const struct { const char *word; int zeros; } units[] = {{"亿", 8}, {"百万", 6}, {"万", 4}, {"千元", 3}};
    int zeros = 0;
    for (size_t i = 0; !zeros && i < sizeof units / sizeof *units; i++)
        if (strstr(target->value, units[i].word))
            zeros = units[i].zeros;
    cost->step = money_step(zeros, target->value);
    return true;
}

static void costs_collect(struct checking *checking)
{
    struct funds *funds = funds_of(checking);
    const struct stated *totals[HORIZONS];
    size_t room = 0;
    for (const struct node *indicator = checking->indicators ? checking->indicators->first : NULL; indicator;
         indicator = indicator->next) {
        struct cost cost = {0};
        if (!cost_read(indicator, &cost))
            continue;
        if (!room)
            for (unsigned h = 0; h < HORIZONS; h++)
                totals[h] = fund_total(checking, funds, horizons[h]);
        const struct stated *larger = totals[2] ? totals[2] : totals[1];
        cost.funds = totals[cost.horizon] ? totals[cost.horizon] : cost.horizon == 0 ? larger : NULL;
        cost.more = cost.horizon == 0 ? larger : cost.horizon == 1 ? totals[2] : NULL;
        if (cost.more == cost.funds)
            cost.more = NULL;
        if (funds->cost_count == room) {
            struct cost *costs = arena_array(checking->arena, struct cost, room = room ? 2 * room : 8);
            if (funds->cost_count)
                memcpy(costs, funds->costs, funds->cost_count * sizeof *costs);
            funds->costs = costs;
        }
        funds->costs[funds->cost_count++] = cost;
    }
}

static const char *cost_text(struct checking *checking, const struct cost *cost)
{
    return arena_printf(checking->arena, "%s%s", cost->name, cost->target->value);
}

static const char *amount_text(struct checking *checking, const struct stated *stated)
{
    return arena_printf(checking->arena, "%s%s", label_of(stated->node), money_printed(checking, stated->node));
}

/* Sums found theirs where they were added up; what is left are the costs. */
void check_ten_thousandfold(struct checking *checking)
{
    costs_collect(checking);
    for (size_t i = 0; i < checking->funds->cost_count; i++) {
        struct cost *cost = &checking->funds->costs[i];
        const struct stated *funds = cost->funds;
        if (!funds || funds->is_assumed)
            continue;
        if (is_equal(cost->yuan, funds->yuan, cost->step, funds->step)) {
            checking->pairs++;
            continue;
        }
        bool is_over = decimal_compare(cost->yuan, funds->yuan) > 0;
        if (!is_over && !grammar_value(checking->grammar, VALUE_WHOLE_COST, cost->name, strlen(cost->name)))
            continue;
        checking->pairs++;
        struct side sides[] = {checking_side(checking, cost->target), checking_side(checking, funds->node)};
        cost->is_settled = money_is_powers_apart(checking, sides, 2, cost->yuan, funds->yuan, cost->step, funds->step,
                                           cost_text(checking, cost), amount_text(checking, funds));
    }
    if (!checking->is_found[CHECK_TEN_THOUSANDFOLD])
        finding_count(checking->findings, CHECK_TEN_THOUSANDFOLD,
                      checking->pairs ? VERDICT_PASS : VERDICT_NOT_APPLICABLE);
}

/* What an indicator of quantity states, if it is a number of things. */
struct quantity {
    const struct node *target;
    const char *name, *unit; /* "" for none */
    struct decimal count;
    unsigned horizon;
};

struct quantities {
    array_of(struct quantity) items;
    bool is_ready;
};

static void quantities_collect(const struct checking *checking, struct quantities *quantities)
{
    quantities->is_ready = true;
    for (const struct node *indicator = checking->indicators->first; indicator; indicator = indicator->next) {
        const char *dimension = attribute_of(indicator, "dimension");
        const struct node *target = dimension && is(dimension, "quantity") ? child_of(indicator, "target") : NULL;
        const char *kind = target ? attribute_of(target, "kind") : NULL,
                   *value = kind ? attribute_of(target, "value") : NULL;
        struct quantity quantity = {.target = target, .horizon = horizon_of(attribute_of(indicator, "horizon"))};
        if (!value || !is(kind, "number") || !decimal_read(&quantity.count, value, strlen(value)))
            continue;
        const char *unit = attribute_of(target, "unit");
        const struct node *name = child_of(indicator, "name");
        quantity.unit = unit ? unit : "";
        quantity.name = name && name->value ? name->value : "";
        if (!is(quantity.unit, "%") && quantities->items.count < QUANTITIES_MOST)
            *array_push(&quantities->items) = quantity;
    }
}

/* What the cost of one of these is for: 修缮 of 单个修缮成本, where the unit is 个. NULL if it is of no such piece. */
static const char *piece_of(const struct cost *cost, const char *unit)
{
    static const char *const each[] = {"单", "每"};
    size_t length = strlen(unit);
    for (size_t i = 0; length && i < sizeof each / sizeof *each; i++)
        for (const char *p = cost->name; (p = strstr(p, each[i])); p++)
            if (strncmp(p + strlen(each[i]), unit, length) == 0)
                return p + strlen(each[i]) + length;
    return NULL;
}

/* Whether the quantity counts just that: 卫生室修缮数量. */
static bool is_counting(const struct quantity *quantity, const char *piece)
{
    static const char *const costs[] = {"成本", "费", "标准", "价", "补贴"};
    size_t length = strlen(piece);
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        const char *end = strstr(piece, costs[i]);
        if (end && (size_t)(end - piece) < length)
            length = (size_t)(end - piece);
    }
    static const char count[] = "数";
    for (const char *p = length ? quantity->name : NULL; p && (p = strchr(p, *piece)); p++)
        if (strncmp(p, piece, length) == 0 && strncmp(p + length, count, sizeof count - 1) == 0)
            return true;
    return false;
}

/* The quantity that belongs to a cost of one piece, by its unit and by what it counts. Not
 * sure are one that has only the unit, and the only quantity there is. */
static const struct quantity *quantity_of(const struct checking *checking, struct quantities *quantities,
                                          const struct cost *cost, bool *is_sure)
{
    if (!quantities->is_ready)
        quantities_collect(checking, quantities);
    const struct quantity *fit = NULL, *only = NULL;
    size_t all = 0;
    *is_sure = false;
    for (size_t i = 0; i < quantities->items.count; i++) {
        const struct quantity *quantity = &quantities->items.items[i];
        if (quantity->horizon != cost->horizon)
            continue;
        all++;
        only = quantity;
        const char *piece = piece_of(cost, quantity->unit);
        bool is_counted = piece && is_counting(quantity, piece);
        if (!piece || *is_sure > is_counted ||
            (fit && *is_sure == is_counted && decimal_compare(quantity->count, fit->count) >= 0))
            continue;
        fit = quantity;
        *is_sure = is_counted;
    }
    if (fit)
        return fit;
    return all == 1 && grammar_value(checking->grammar, VALUE_UNIT_COST, cost->name, strlen(cost->name)) ? only : NULL;
}

static bool is_whole_cost(const struct checking *checking, const struct cost *cost)
{
    return grammar_value(checking->grammar, VALUE_WHOLE_COST, cost->name, strlen(cost->name));
}

/* Whether the cost is of the year, by its name or because the project lasts no longer. */
static bool is_of_one_year(const struct checking *checking, const struct cost *cost)
{
    const struct node *start = form_field(checking->form, "header", "start-date"),
                      *end = form_field(checking->form, "header", "end-date");
    return strstr(cost->name, "年") ||
           (start && end && start->value && end->value && strncmp(start->value, end->value, 4) == 0);
}

static void cost_check(struct checking *checking, const struct cost *cost, struct quantities *quantities)
{
    const struct stated *funds = cost->funds;
    struct side sides[] = {checking_side(checking, cost->target), checking_side(checking, funds->node)};
    if (funds->is_assumed) {
        finding_add(checking->findings, CHECK_COST_INDICATORS, VERDICT_REFUSED, sides, 2,
                    "%s与%s：资金未注明单位，无法比较", "%s and %s: the funds have no unit",
                    cost_text(checking, cost), amount_text(checking, funds));
        return;
    }
    struct decimal off;
    if (is_equal(cost->yuan, funds->yuan, cost->step, funds->step)) {
        finding_count(checking->findings, CHECK_COST_INDICATORS, VERDICT_PASS);
        return;
    }
    if (decimal_compare(cost->yuan, funds->yuan) > 0) {
        /* the cost of the whole project may stand beside the money of one of its years */
        bool is_of_more = cost->more ? decimal_compare(cost->yuan, cost->more->yuan) <= 0
                                     : cost->horizon == 0 && is_whole_cost(checking, cost) &&
                                           !is_of_one_year(checking, cost);
        struct finding *finding =
            is_of_more ? finding_add(checking->findings, CHECK_COST_INDICATORS, VERDICT_REFUSED, sides, 2,
                                     "%s超过%s，但可能是整个项目的成本，口径不明",
                                     "%s exceeds %s, but may be of the whole project",
                                     cost_text(checking, cost), amount_text(checking, funds))
                       : finding_add(checking->findings, CHECK_COST_INDICATORS, VERDICT_FAIL, sides, 2,
                                     "成本指标%s超过%s", "the cost indicator %s exceeds %s",
                                     cost_text(checking, cost), amount_text(checking, funds));
        if (decimal_subtract(&off, cost->yuan, funds->yuan))
            finding->difference = money_in_yuan(checking, off);
        return;
    }
    bool is_sure = false;
    const struct quantity *quantity =
        is_whole_cost(checking, cost) ? NULL : quantity_of(checking, quantities, cost, &is_sure);
    struct decimal all;
    if (!quantity || !decimal_multiply(&all, cost->yuan, quantity->count) || decimal_compare(all, funds->yuan) <= 0 ||
        is_equal(all, funds->yuan, funds->step, funds->step)) {
        finding_count(checking->findings, CHECK_COST_INDICATORS, VERDICT_PASS);
        return;
    }
    struct side three[] = {sides[0], checking_side(checking, quantity->target), sides[1]};
    is_sure = is_sure && (!cost->more || decimal_compare(all, cost->more->yuan) > 0);
    struct finding *finding =
        is_sure ? finding_add(checking->findings, CHECK_COST_INDICATORS, VERDICT_FAIL, three, 3,
                              "%s乘以数量%s为%s，超过%s", "%s times %s is %s and exceeds %s",
                              cost_text(checking, cost), quantity->target->value,
                              money_in_unit(checking, all, funds->node), amount_text(checking, funds))
                : finding_add(checking->findings, CHECK_COST_INDICATORS, VERDICT_REFUSED, three, 3,
                              "%s乘以数量%s为%s，超过%s，但单位成本与数量是否对应不明",
                              "%s times %s is %s and exceeds %s, if the two belong together",
                              cost_text(checking, cost), quantity->target->value,
                              money_in_unit(checking, all, funds->node), amount_text(checking, funds));
    if (decimal_subtract(&off, all, funds->yuan))
        finding->difference = money_in_yuan(checking, off);
}

void check_cost_indicators(struct checking *checking)
{
    const struct funds *funds = funds_of(checking);
    struct quantities quantities = {0};
    bool is_any = false;
    for (size_t i = 0; i < funds->cost_count; i++) {
        const struct cost *cost = &funds->costs[i];
        if (!cost->funds)
            continue;
        is_any = true;
        if (!cost->is_settled)
            cost_check(checking, cost, &quantities);
    }
    array_release(&quantities.items);
    if (!is_any)
        finding_count(checking->findings, CHECK_COST_INDICATORS, VERDICT_NOT_APPLICABLE);
}
