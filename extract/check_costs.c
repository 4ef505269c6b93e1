/* Checks of what indicators of cost state, against the money of the form. */
#include <stddef.h>
#include <string.h>

#include "base/array.h"
#include "check_money.h"
#include "pattern.h"
#include "survey.h"

/* What one indicator of cost states. */
enum cost_kind {
    COST_PRICE, /* of one piece: 单台成本, 元/个 */
    COST_PART,
    COST_WHOLE, /* of everything, by its name or because it is just the money */
    COST_OUTLAY /* money that an output states, which may be a cost */
};

/* An indicator of cost that states money, and the money it must fit. */
struct cost {
    const struct measured *measured;
    const char *piece; /* 个 of 元/个, or NULL */
    struct decimal yuan, step;
    enum cost_kind kind;
    bool is_settled;
    const struct stated *funds, *more; /* more: of the project, where funds are the year's; or NULL */
};

static bool is_named(const struct checking *checking, enum value_name value, const struct measured *measured)
{
    return grammar_value(checking->grammar, value, measured->folded, strlen(measured->folded));
}

static int target_zeros(const char *text)
{
    static const struct { const char *word; int zeros; } units[] = {{"亿", 8}, {"百万", 6}, {"万", 4}, {"千元", 3}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strstr(text, units[i].word))
            return units[i].zeros;
    return 0;
}

/* 8 with 万元/个: 80000, and what it is the price of. */
static bool rate_read(struct checking *checking, const struct measured *measured, struct cost *cost)
{
    const char *slash = measured->unit ? strchr(measured->unit, '/') : NULL;
    unsigned zeros = 0;
    if (!slash || !slash[1] || strchr(slash + 1, '/') ||
        !grammar_scale(checking->grammar,
                       arena_copy(checking->arena, measured->unit, (size_t)(slash - measured->unit)), &zeros))
        return false;
    cost->piece = slash + 1;
    return decimal_read(&cost->yuan, measured->value, strlen(measured->value)) &&
           decimal_shift(&cost->yuan, cost->yuan, (int)zeros);
}

/* Costs to society and nature are not paid from the money, and what is saved is no cost. */
static bool cost_read(struct checking *checking, const struct measured *measured, struct cost *cost)
{
    bool is_cost = measured->dimension == DIMENSION_COST ||
                   (measured->class == CLASS_COST && measured->dimension != DIMENSION_SOCIAL &&
                    measured->dimension != DIMENSION_ECOLOGICAL);
    bool is_outlay = measured->class == CLASS_OUTPUT && !is_cost && measured->dimension <= DIMENSION_TIMELINESS;
    bool is_money = measured->kind == TARGET_MONEY;
    if ((!is_money && measured->kind != TARGET_NUMBER) || !measured->value || !(is_cost || (is_outlay && is_money)) ||
        (measured_rises(measured) && (is_outlay || is_named(checking, VALUE_SAVING, measured))))
        return false;
    *cost = (struct cost){.measured = measured, .kind = COST_PRICE};
    if (!is_money)
        return rate_read(checking, measured, cost);
    cost->kind = is_outlay                                            ? COST_OUTLAY
                 : is_named(checking, VALUE_WHOLE_COST, measured) ? COST_WHOLE
                 : is_named(checking, VALUE_UNIT_COST, measured)  ? COST_PRICE
                                                                      : COST_PART;
    cost->step = money_step(target_zeros(measured->target->value), measured->target->value);
    return decimal_read(&cost->yuan, measured->value, strlen(measured->value));
}

static void costs_collect(struct checking *checking)
{
    static const char *const horizons[HORIZONS] = {"annual", "midterm", "project"};
    struct funds *funds = funds_of(checking);
    const struct survey *survey = survey_of(checking);
    const struct stated *totals[HORIZONS];
    size_t room = 0;
    for (size_t i = 0; i < survey->count; i++) {
        const struct measured *measured = &survey->items[i];
        struct cost cost;
        if (!cost_read(checking, measured, &cost))
            continue;
        if (!room)
            for (unsigned h = 0; h < HORIZONS; h++)
                totals[h] = fund_total(checking, funds, horizons[h]);
        const struct stated *larger = totals[HORIZON_PROJECT] ? totals[HORIZON_PROJECT] : totals[HORIZON_MIDTERM];
        unsigned horizon = measured->horizon;
        cost.funds = totals[horizon] ? totals[horizon] : horizon == HORIZON_ANNUAL ? larger : NULL;
        cost.more = horizon == HORIZON_ANNUAL ? larger : horizon == HORIZON_MIDTERM ? totals[HORIZON_PROJECT] : NULL;
        /* where longer terms have indicators of their own, these are of the year alone */
        if (cost.more == cost.funds || survey->horizons > 1)
            cost.more = NULL;
        if (cost.kind == COST_PART && cost.funds &&
            is_equal(cost.yuan, cost.funds->yuan, cost.step, cost.funds->step))
            cost.kind = COST_WHOLE;
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
    return arena_printf(checking->arena, "%s%s", node_text(cost->measured->name), cost->measured->target->value);
}

static const char *amount_text(struct checking *checking, const struct stated *stated)
{
    return arena_printf(checking->arena, "%s%s", label_of(stated->node), money_printed(checking, stated->node));
}

/* Sums found theirs where they were added up; what is left are the costs. */
void check_ten_thousandfold(struct checking *checking)
{
    costs_collect(checking);
    bool is_told = false;
    for (size_t i = 0; i < checking->funds->cost_count; i++) {
        struct cost *cost = &checking->funds->costs[i];
        const struct stated *funds = cost->funds;
        if (!funds || cost->kind == COST_OUTLAY || cost->measured->kind != TARGET_MONEY)
            continue;
        if (funds->is_assumed && cost->kind == COST_WHOLE && !is_told) {
            const struct side sides[] = {checking_side(checking, cost->measured->target),
                                         checking_side(checking, funds->node)};
            finding_add(checking->findings, CHECK_TEN_THOUSANDFOLD, VERDICT_REFUSED, sides, 2,
                        "%s与%s：资金未注明单位，是否相差万倍不明",
                        "%s and %s: the funds have no unit, so a slipped one cannot be told",
                        cost_text(checking, cost), amount_text(checking, funds));
            is_told = true;
        }
        if (funds->is_assumed)
            continue;
        if (is_equal(cost->yuan, funds->yuan, cost->step, funds->step)) {
            checking->pairs++;
            continue;
        }
        if (decimal_compare(cost->yuan, funds->yuan) <= 0 && cost->kind != COST_WHOLE)
            continue;
        checking->pairs++;
        struct side sides[] = {checking_side(checking, cost->measured->target), checking_side(checking, funds->node)};
        cost->is_settled = money_is_powers_apart(checking, sides, 2, cost->yuan, funds->yuan, cost->step, funds->step,
                                           cost_text(checking, cost), amount_text(checking, funds));
    }
    if (!checking->is_found[CHECK_TEN_THOUSANDFOLD] && !is_told)
        finding_count(checking->findings, CHECK_TEN_THOUSANDFOLD,
                      checking->pairs ? VERDICT_PASS : VERDICT_NOT_APPLICABLE);
}

/* ---- prices and quantities ---- */

enum { QUANTITIES_MOST = 64, SUBJECT_MOST = 48 };

/* What a name is about, without the words that all such names have: 更新 of 单台更新成本. */
struct subject {
    uint32_t signs[SUBJECT_MOST];
    size_t count;
};

/* What an indicator of quantity states, if it is a number of things. */
struct quantity {
    const struct measured *measured;
    struct decimal count;
    struct subject subject;
};

struct quantities {
    array_of(struct quantity) items;
    bool is_ready, is_cut;
};

static void subject_add(struct subject *subject, uint32_t sign)
{
    if (subject->count < SUBJECT_MOST)
        subject->signs[subject->count++] = sign;
}

/* Of a name; `piece` is the unit that a price is of, "" for none. */
static struct subject subject_of(const struct checking *checking, enum value_name common, const char *name,
                                 const char *piece)
{
    const struct pattern *words = checking->grammar->values[common], *each = checking->grammar->values[VALUE_EACH];
    struct subject subject = {.count = 0};
    size_t length = strlen(name), piece_length = strlen(piece);
    for (size_t at = 0; at < length;) {
        unsigned bytes;
        uint32_t sign = character_decode(name + at, &bytes);
        size_t skipped = 0;
        if (piece_length && grammar_value(checking->grammar, VALUE_EACH, name + at, length - at)) {
            skipped = pattern_to(each);
            if (strncmp(name + at + skipped, piece, piece_length) == 0)
                skipped += piece_length;
            else
                skipped = 0;
        }
        if (!skipped && piece_length && strncmp(name + at, piece, piece_length) == 0 &&
            grammar_value(checking->grammar, VALUE_EVENLY, name + at + piece_length, length - at - piece_length))
            skipped = piece_length;
        if (!skipped && grammar_value(checking->grammar, common, name + at, length - at))
            skipped = pattern_to(words);
        if (!skipped)
            subject_add(&subject, sign);
        at += skipped ? skipped : bytes;
    }
    return subject;
}

static bool subject_holds(const struct subject *subject, const struct subject *part)
{
    for (size_t i = 0; i < part->count; i++) {
        size_t k = 0;
        while (k < subject->count && subject->signs[k] != part->signs[i])
            k++;
        if (k == subject->count)
            return false;
    }
    return true;
}

/* Whether two neighbouring signs of the one are in the other. */
static bool subject_touches(const struct subject *a, const struct subject *b)
{
    for (size_t i = 0; i + 1 < a->count; i++)
        for (size_t k = 0; k + 1 < b->count; k++)
            if (a->signs[i] == b->signs[k] && a->signs[i + 1] == b->signs[k + 1])
                return true;
    return false;
}

static bool subject_ends(const struct subject *subject, const struct subject *end)
{
    return subject->count >= end->count && end->count &&
           memcmp(subject->signs + subject->count - end->count, end->signs, end->count * sizeof *end->signs) == 0;
}

static void quantities_collect(struct checking *checking, struct quantities *quantities)
{
    const struct survey *survey = survey_of(checking);
    quantities->is_ready = true;
    for (size_t i = 0; i < survey->count; i++) {
        const struct measured *measured = &survey->items[i];
        struct quantity quantity = {.measured = measured};
        if (measured->dimension != DIMENSION_QUANTITY || measured->kind != TARGET_NUMBER || measured_falls(measured) ||
            (measured->unit && strcmp(measured->unit, "%") == 0) ||
            !decimal_read(&quantity.count, measured->value, strlen(measured->value)))
            continue;
        if (quantities->items.count == QUANTITIES_MOST) {
            quantities->is_cut = true;
            return;
        }
        quantity.subject = subject_of(checking, VALUE_COUNTING, measured->folded, "");
        *array_push(&quantities->items) = quantity;
    }
}

static bool is_same_unit(const struct checking *checking, const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return true;
    const struct rule *first = grammar_value(checking->grammar, VALUE_SYNONYM, a, strlen(a)),
                      *second = grammar_value(checking->grammar, VALUE_SYNONYM, b, strlen(b));
    return first && second && strcmp(first->name, second->name) == 0;
}

/* Whether a name says that the price is of one such piece: 单台, 每台, 人均. */
static bool is_each(const struct checking *checking, const char *name, const char *piece)
{
    const struct grammar *grammar = checking->grammar;
    size_t length = strlen(piece);
    for (const char *p = name; length && (p = strstr(p, piece)); p++) {
        if (grammar_value(grammar, VALUE_FURTHER, p + length, strlen(p + length)))
            continue; /* 每人次 is not 每人 */
        if (grammar_value(grammar, VALUE_EVENLY, p + length, strlen(p + length)))
            return true;
        for (const char *q = name; q < p; q++)
            if (grammar_value(grammar, VALUE_EACH, q, strlen(q)) && q + pattern_to(grammar->values[VALUE_EACH]) == p)
                return true;
    }
    return false;
}

/* Whether the price is of one piece of what is counted so, and by how many pieces to multiply. */
static bool is_of_piece(const struct checking *checking, const struct cost *cost, const struct quantity *quantity,
                        struct decimal *count)
{
    static const char ten_thousand[] = "万";
    const size_t length = strlen(ten_thousand);
    const char *unit = quantity->measured->unit ? quantity->measured->unit : "";
    *count = quantity->count;
    for (int zeros = 0; *unit; zeros = 4, unit += length) {
        if (zeros && !decimal_shift(count, quantity->count, zeros))
            return false;
        if (cost->piece ? is_same_unit(checking, cost->piece, unit)
                        : is_each(checking, cost->measured->folded, unit))
            return true;
        if (zeros || strncmp(unit, ten_thousand, length) != 0)
            return false;
    }
    return false;
}

/* How well a quantity belongs to a price, from what both are about. What is counted may be something
 * else where its name says more than the price's: 更新 of 更新任务涉及点位. */
enum fit { FIT_NONE, FIT_UNIT, FIT_WIDER, FIT_SUBJECT, FIT_SAME };

static enum fit fit_of(const struct subject *price, const struct subject *counted, bool is_of_piece)
{
    bool holds = price->count && subject_holds(counted, price);
    if (holds && (subject_ends(counted, price) || subject_holds(price, counted)))
        return FIT_SAME;
    if (counted->count > 1 && subject_holds(price, counted))
        return FIT_SUBJECT;
    return holds ? FIT_WIDER : is_of_piece ? FIT_UNIT : FIT_NONE;
}

/* A price and the quantity that it is multiplied by. */
struct product {
    const struct quantity *quantity; /* NULL if there is none */
    struct decimal yuan;
    bool is_sure; /* that the two belong together */
    bool is_only; /* and that no other quantity might */
};

/* By its unit and by what it counts; of several that fit as well, the smallest. */
static struct product product_of(struct checking *checking, struct quantities *quantities, const struct cost *cost)
{
    if (!quantities->is_ready)
        quantities_collect(checking, quantities);
    struct product product = {.quantity = NULL};
    enum fit best = FIT_NONE;
    bool is_of_best = false;
    size_t with_unit = 0, as_good = 0;
    struct decimal least = {0, 0};
    bool is_bare = false; /* the price's name says nothing but the unit: 单台成本 */
    for (size_t i = 0; i < quantities->items.count; i++) {
        const struct quantity *quantity = &quantities->items.items[i];
        struct decimal count;
        if (quantity->measured->horizon != cost->measured->horizon)
            continue;
        bool is_piece = is_of_piece(checking, cost, quantity, &count);
        if (!is_piece && cost->piece)
            continue;
        const char *piece = cost->piece ? cost->piece : is_piece ? quantity->measured->unit : "";
        const struct subject price = subject_of(checking, VALUE_COSTING, cost->measured->folded, piece);
        enum fit fit = fit_of(&price, &quantity->subject, is_piece);
        with_unit += is_piece;
        if (!is_piece && (fit < FIT_WIDER || price.count < 2))
            continue;
        if (is_of_best > is_piece || (is_of_best == is_piece && fit < best))
            continue;
        as_good = is_of_best == is_piece && fit == best ? as_good + 1 : 1;
        if (as_good > 1 && decimal_compare(count, least) >= 0)
            continue;
        product.quantity = quantity;
        best = fit;
        is_of_best = is_piece;
        is_bare = !price.count;
        least = count;
    }
    product.is_only = product.quantity && as_good == 1 && !quantities->is_cut;
    product.is_sure = is_of_best && !quantities->is_cut &&
                      (best >= FIT_SUBJECT || (with_unit == 1 && is_bare));
    if (product.quantity && !decimal_multiply(&product.yuan, cost->yuan, least))
        product = (struct product){.quantity = NULL};
    return product;
}

/* ---- cost-indicators ---- */

/* Whether what is stated for the year may be of a project of several years. */
static bool may_be_of_more(struct checking *checking, const struct cost *cost, struct decimal yuan)
{
    if (cost->more)
        return decimal_compare(yuan, cost->more->yuan) <= 0;
    if (cost->measured->horizon != HORIZON_ANNUAL || survey_of(checking)->horizons > 1 ||
        strstr(cost->measured->folded, "年"))
        return false;
    const struct node *start = form_field(checking->form, "header", "start-date"),
                      *end = form_field(checking->form, "header", "end-date");
    return start && end && strncmp(start->value, end->value, 4) != 0;
}

/* The costs of one horizon, and what they make. */
struct bill {
    const struct stated *funds;
    const struct cost *first;
    size_t count;
    size_t whole, unpriced, outlays;
    bool is_told, is_cut;
    struct decimal costs_sum, sum; /* without and with outlays */
    bool is_summed, is_sure, is_exact, is_balanced;
    /* `count` of them: */
    const struct cost *costs[QUANTITIES_MOST]; /* prices with their product, parts and outlays */
    struct product products[QUANTITIES_MOST];
};

/* One a horizon. */
static struct bill *bills_new(struct arena *arena)
{
    struct bill *bills = arena_room(arena, HORIZONS * sizeof *bills);
    for (unsigned h = 0; h < HORIZONS; h++)
        memset(&bills[h], 0, offsetof(struct bill, costs));
    return bills;
}

static void exceeds(struct checking *checking, enum verdict verdict, const struct side *sides, size_t count,
                    const char *zh, const char *en, struct decimal yuan, const struct stated *funds)
{
    struct finding *finding =
        finding_add(checking->findings, CHECK_COST_INDICATORS, verdict, sides, count, "%s%.0s", "%.0s%s", zh, en);
    struct decimal off;
    if (decimal_subtract(&off, yuan, funds->yuan))
        finding->difference = money_in_yuan(checking, decimal_absolute(off));
}

static void cost_exceeds(struct checking *checking, const struct cost *cost)
{
    const struct stated *funds = cost->funds;
    const struct side sides[] = {checking_side(checking, cost->measured->target), checking_side(checking, funds->node)};
    const char *text = cost_text(checking, cost), *amount = amount_text(checking, funds);
    if (may_be_of_more(checking, cost, cost->yuan))
        exceeds(checking, VERDICT_REFUSED, sides, 2,
                arena_printf(checking->arena, "%s超过%s，但可能是整个项目的成本，口径不明", text, amount),
                arena_printf(checking->arena, "%s exceeds %s, but may be of the whole project", text, amount),
                cost->yuan, funds);
    else
        exceeds(checking, VERDICT_FAIL, sides, 2, arena_printf(checking->arena, "成本指标%s超过%s", text, amount),
                arena_printf(checking->arena, "the cost indicator %s exceeds %s", text, amount), cost->yuan, funds);
}

static void product_exceeds(struct checking *checking, const struct cost *cost, const struct product *product)
{
    const struct stated *funds = cost->funds;
    const struct node *counted = product->quantity->measured->target;
    const struct side sides[] = {checking_side(checking, cost->measured->target), checking_side(checking, counted),
                                 checking_side(checking, funds->node)};
    bool is_sure = product->is_sure && !may_be_of_more(checking, cost, product->yuan);
    const char *text = cost_text(checking, cost), *amount = amount_text(checking, funds),
               *made = money_in_unit(checking, product->yuan, funds->node);
    exceeds(checking, is_sure ? VERDICT_FAIL : VERDICT_REFUSED, sides, 3,
            arena_printf(checking->arena, "%s乘以数量%s为%s，超过%s%s", text, counted->value, made, amount,
                         is_sure ? "" : "，但单位成本与数量是否对应不明"),
            arena_printf(checking->arena, "%s times %s is %s and exceeds %s%s", text, counted->value, made, amount,
                         is_sure ? "" : ", if the two belong together"),
            product->yuan, funds);
}

static bool is_over(struct decimal yuan, const struct stated *funds, struct decimal step)
{
    return decimal_compare(yuan, funds->yuan) > 0 && !is_equal(yuan, funds->yuan, step, funds->step);
}

/* One by one. What exceeds the money by itself is said when the costs are known not to balance. */
static void bill_add(struct checking *checking, struct bill *bill, const struct cost *cost,
                     struct quantities *quantities)
{
    bill->funds = cost->funds;
    bill->first = bill->first ? bill->first : cost;
    bill->whole += cost->kind == COST_WHOLE;
    bill->outlays += cost->kind == COST_OUTLAY;
    if (cost->kind == COST_WHOLE || cost->is_settled)
        return;
    if (bill->count == QUANTITIES_MOST) { /* too many to be added up */
        bill->is_cut = true;
        if (cost->kind == COST_PART && !bill->funds->is_assumed && is_over(cost->yuan, bill->funds, cost->step)) {
            cost_exceeds(checking, cost);
            bill->is_told = true;
        }
        return;
    }
    bill->costs[bill->count] = cost;
    bill->products[bill->count] =
        cost->kind == COST_PRICE ? product_of(checking, quantities, cost) : (struct product){.yuan = cost->yuan};
    bill->unpriced += cost->kind == COST_PRICE && !bill->products[bill->count].quantity;
    bill->count++;
}

/* Whether two of a bill may be the same money: one is part of the other by its name or by its
 * amount, or two prices are of the same pieces. */
static bool is_overlapping(const struct checking *checking, const struct bill *bill)
{
    struct subject subjects[QUANTITIES_MOST];
    for (size_t i = 0; i < bill->count; i++) {
        const struct quantity *quantity = bill->products[i].quantity;
        subjects[i] = subject_of(checking, VALUE_COSTING, bill->costs[i]->measured->folded,
                                 quantity && quantity->measured->unit ? quantity->measured->unit : "");
        struct decimal others;
        if (bill->count > 2 && decimal_subtract(&others, bill->costs_sum, bill->products[i].yuan) &&
            decimal_compare(others, bill->products[i].yuan) == 0)
            return true;
    }
    for (size_t i = 0; i < bill->count; i++)
        for (size_t k = 0; k < i; k++) {
            bool is_price = bill->costs[i]->kind == COST_PRICE, is_other_price = bill->costs[k]->kind == COST_PRICE;
            if (subject_holds(&subjects[i], &subjects[k]) || subject_holds(&subjects[k], &subjects[i]) ||
                (is_price && bill->products[i].quantity == bill->products[k].quantity) ||
                (is_price != is_other_price &&
                 (subject_touches(&subjects[i], &subjects[k]) ||
                  decimal_compare(bill->products[i].yuan, bill->products[k].yuan) == 0)))
                return true;
        }
    return false;
}

/* The sums, and whether they are just the money. */
static void bill_sum(struct checking *checking, struct bill *bill)
{
    struct decimal step = {0, 0};
    size_t costs = 0;
    bill->is_summed = !bill->is_cut && !bill->whole;
    bill->is_sure = bill->is_exact = true;
    for (size_t i = 0; i < bill->count && bill->is_summed; i++) {
        const struct cost *cost = bill->costs[i];
        const struct product *product = &bill->products[i];
        bool is_priced = cost->kind != COST_PRICE || product->quantity, is_outlay = cost->kind == COST_OUTLAY;
        if (!is_priced)
            continue;
        bill->is_summed = decimal_add(&bill->sum, bill->sum, product->yuan) &&
                          decimal_add(&step, step, bill->funds->step) &&
                          (is_outlay || decimal_add(&bill->costs_sum, bill->costs_sum, product->yuan));
        costs += !is_outlay;
        if (cost->kind == COST_PRICE) {
            bill->is_sure &= product->is_sure;
            bill->is_exact &= product->is_sure && product->is_only && product->quantity->measured->sign == SIGN_EQ;
        }
        bill->is_exact &= !is_outlay && cost->measured->sign == SIGN_EQ;
    }
    bill->is_balanced = bill->is_summed && !bill->unpriced && bill->count > 1 && costs &&
                        is_equal(bill->sum, bill->funds->yuan, step, bill->funds->step);
    bill->is_summed &= costs > 1 || bill->outlays;
    bill->is_sure &= bill->is_summed && !is_overlapping(checking, bill);
}

/* Whether two horizons state the same costs by name, one after the other. */
static bool is_same_bill(const struct bill *a, const struct bill *b)
{
    bool is_same = a->count == b->count;
    for (size_t i = 0; is_same && i < a->count; i++)
        is_same = a->costs[i]->kind == b->costs[i]->kind &&
                  strcmp(a->costs[i]->measured->folded, b->costs[i]->measured->folded) == 0;
    return is_same;
}

/* 40个 × 5万元 + 60万元 + 45万元 */
static const char *bill_text(struct checking *checking, const struct bill *bill, bool has_outlays, bool has_names)
{
    const char *text = "";
    for (size_t i = 0; i < bill->count; i++) {
        const struct cost *cost = bill->costs[i];
        const struct quantity *quantity = bill->products[i].quantity;
        if ((cost->kind == COST_OUTLAY && !has_outlays) || (cost->kind == COST_PRICE && !quantity))
            continue;
        text = arena_printf(checking->arena, "%s%s%s%s%s", text, *text ? " + " : "",
                            has_names ? cost_text(checking, cost) : cost->measured->target->value,
                            quantity ? " × " : "", quantity ? quantity->measured->target->value : "");
    }
    return text;
}

/* The sum differs from the money: `sum` is that of all that bill_text() shows. */
static void bill_tell(struct checking *checking, const struct bill *bill, enum verdict verdict, bool has_outlays,
                      const char *zh, const char *en)
{
    struct side sides[2 * QUANTITIES_MOST + 1];
    size_t count = 0;
    for (size_t i = 0; i < bill->count; i++) {
        const struct quantity *quantity = bill->products[i].quantity;
        if ((bill->costs[i]->kind == COST_OUTLAY && !has_outlays) || (bill->costs[i]->kind == COST_PRICE && !quantity))
            continue;
        sides[count++] = checking_side(checking, bill->costs[i]->measured->target);
        if (quantity)
            sides[count++] = checking_side(checking, quantity->measured->target);
    }
    sides[count++] = checking_side(checking, bill->funds->node);
    struct decimal sum = has_outlays ? bill->sum : bill->costs_sum;
    const char *text = bill_text(checking, bill, has_outlays, true), *made = money_in_unit(checking, sum, bill->funds->node),
               *amount = amount_text(checking, bill->funds);
    bool is_more = decimal_compare(sum, bill->funds->yuan) > 0;
    exceeds(checking, verdict, sides, count,
            arena_printf(checking->arena, "各成本指标%s共%s，%s%s%s", text, made, is_more ? "超过" : "不足", amount, zh),
            arena_printf(checking->arena, "the costs %s make %s and %s %s%s", text, made,
                         is_more ? "exceed" : "fall short of", amount, en),
            sum, bill->funds);
}

static void bill_check(struct checking *checking, struct bill *bill, const struct bill *bills)
{
    struct decimal step = {0, 0};
    for (size_t i = 0; i < bill->count; i++)
        decimal_add(&step, step, bill->funds->step);
    if (bill->is_balanced)
        return;
    for (unsigned h = 0; h < HORIZONS; h++)
        if (bills[h].is_balanced && bill->is_summed && !bill->unpriced && is_same_bill(bill, &bills[h])) {
            const char *same = bill_text(checking, &bills[h], true, false);
            bill_tell(checking, bill, VERDICT_FAIL, true,
                      arena_printf(checking->arena, "，而%s正好是%s", same, amount_text(checking, bills[h].funds)),
                      arena_printf(checking->arena, ", while %s make just %s", same,
                                   amount_text(checking, bills[h].funds)));
            bill->is_told = true;
            return;
        }
    for (size_t i = 0; i < bill->count; i++) {
        const struct cost *cost = bill->costs[i];
        const struct product *product = &bill->products[i];
        if (cost->kind == COST_OUTLAY)
            continue;
        /* of a rate without a quantity nothing is known: half a kilometre is a quantity too */
        if ((cost->piece && !product->quantity) ||
            !is_over(product->quantity ? product->yuan : cost->yuan, bill->funds, bill->funds->step))
            continue;
        if (product->quantity)
            product_exceeds(checking, cost, product);
        else
            cost_exceeds(checking, cost);
        bill->is_told = true;
    }
    if (bill->is_told || !bill->is_summed)
        return;
    if (is_over(bill->costs_sum, bill->funds, step)) {
        bool is_sure = bill->is_sure && !may_be_of_more(checking, bill->first, bill->costs_sum);
        bill_tell(checking, bill, is_sure ? VERDICT_FAIL : VERDICT_REFUSED, false,
                  is_sure ? "" : "，但各项是否重叠、口径是否一致不明",
                  is_sure ? "" : ", if they are of one scope and none is part of another");
        bill->is_told = true;
    } else if (bill->is_exact && bill->is_sure && !bill->unpriced && !bill->outlays && bill->count > 1 &&
               decimal_compare(bill->costs_sum, bill->funds->yuan) < 0 &&
               !is_equal(bill->costs_sum, bill->funds->yuan, step, bill->funds->step)) {
        bill_tell(checking, bill, VERDICT_FAIL, false, "，余额没有去处", ": nothing says what the rest is for");
        bill->is_told = true;
    }
}

static void whole_check(struct checking *checking, struct bill *bill, const struct cost *cost)
{
    const struct stated *funds = cost->funds;
    if (is_over(cost->yuan, funds, cost->step)) {
        cost_exceeds(checking, cost);
        bill->is_told = true;
    } else if (cost->measured->sign == SIGN_EQ && !is_equal(cost->yuan, funds->yuan, cost->step, funds->step) &&
               is_named(checking, VALUE_WHOLE_COST, cost->measured)) {
        const struct side sides[] = {checking_side(checking, cost->measured->target),
                                     checking_side(checking, funds->node)};
        const char *text = cost_text(checking, cost), *amount = amount_text(checking, funds);
        exceeds(checking, VERDICT_FAIL, sides, 2,
                arena_printf(checking->arena, "成本指标%s少于%s，余额没有去处", text, amount),
                arena_printf(checking->arena, "the cost indicator %s is less than %s: nothing says what the rest is for",
                             text, amount),
                cost->yuan, funds);
        bill->is_told = true;
    }
}

void check_cost_indicators(struct checking *checking)
{
    const struct funds *funds = funds_of(checking);
    struct quantities quantities = {0};
    struct bill *bills = NULL;
    for (size_t i = 0; i < funds->cost_count; i++) {
        const struct cost *cost = &funds->costs[i];
        if (!cost->funds)
            continue;
        bills = bills ? bills : bills_new(checking->arena);
        bill_add(checking, &bills[cost->measured->horizon], cost, &quantities);
    }
    bool is_any = false;
    for (unsigned h = 0; bills && h < HORIZONS; h++)
        if (bills[h].first)
            bill_sum(checking, &bills[h]);
    for (unsigned h = 0; bills && h < HORIZONS; h++) {
        struct bill *bill = &bills[h];
        /* money that outputs state is a cost only beside costs */
        if (!bill->first || (bill->count == bill->outlays && !bill->whole))
            continue;
        is_any = true;
        if (bill->funds->is_assumed) {
            const struct side sides[] = {checking_side(checking, bill->first->measured->target),
                                         checking_side(checking, bill->funds->node)};
            finding_add(checking->findings, CHECK_COST_INDICATORS, VERDICT_REFUSED, sides, 2,
                        "%s与%s：资金未注明单位，无法比较", "%s and %s: the funds have no unit",
                        cost_text(checking, bill->first), amount_text(checking, bill->funds));
            continue;
        }
        for (size_t i = 0; bill->whole && i < funds->cost_count; i++)
            if (funds->costs[i].kind == COST_WHOLE && funds->costs[i].measured->horizon == h &&
                !funds->costs[i].is_settled && funds->costs[i].funds)
                whole_check(checking, bill, &funds->costs[i]);
        bill_check(checking, bill, bills);
        if (!bill->is_told)
            finding_count(checking->findings, CHECK_COST_INDICATORS, VERDICT_PASS);
    }
    array_release(&quantities.items);
    if (!is_any)
        finding_count(checking->findings, CHECK_COST_INDICATORS, VERDICT_NOT_APPLICABLE);
}
