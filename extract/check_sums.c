/* Checks of what must be there and what must add up, as the lines check and require of the grammars say. */
#include <string.h>

#include "check_money.h"

/* ---- required-field ---- */

/* *blank is the first that is printed without a value. */
static bool is_stated(const struct checking *checking, const struct relation *relation, const struct operand *operand,
                      const struct node *block, const struct node **blank)
{
    for (const struct node *node = block ? block->first : NULL; node; node = node->next) {
        if (relation->has_amounts) {
            const char *source = attribute_of(node, "source");
            if (!source || strcmp(source, checking->grammar->sources[operand->source]) != 0)
                continue;
            const char *scope = operand->scope ? attribute_of(node, "scope") : NULL,
                       *stage = operand->stage ? attribute_of(node, "stage") : NULL;
            if ((operand->scope && (!scope || strcmp(scope, operand->scope) != 0)) ||
                (operand->stage && (!stage || strcmp(stage, operand->stage) != 0)))
                continue;
        } else if (strcmp(node->name, operand->name) != 0) {
            continue;
        }
        if (node->value || node->first)
            return true;
        if (!*blank)
            *blank = node;
    }
    return false;
}

void check_required_field(struct checking *checking)
{
    const struct grammar *grammar = checking->grammar;
    bool is_required = false;
    for (size_t r = 0; r < grammar->relation_count; r++) {
        const struct relation *relation = &grammar->relations[r];
        if (relation->kind != RELATION_REQUIRE)
            continue;
        is_required = true;
        const struct node *block = child_of(checking->form->declaration, relation->section->name), *blank = NULL;
        bool is_there = false, is_owed = false;
        for (size_t i = 0; i < relation->count && !is_there && !is_owed; i++) {
            is_there = is_stated(checking, relation, &relation->operands[i], block, &blank);
            is_owed = relation->operands[i].is_optional && blank;
        }
        if (is_there) {
            finding_count(checking->findings, CHECK_REQUIRED_FIELD, VERDICT_PASS);
            continue;
        }
        const struct node *unread = NULL;
        for (size_t i = 0; i < relation->count && !relation->has_amounts && !unread; i++)
            unread = checking_unread(checking, relation->section->name, relation->operands[i].name);
        struct side side = checking_side(checking, unread ? unread : blank);
        if (unread)
            finding_add(checking->findings, CHECK_REQUIRED_FIELD, VERDICT_REFUSED, &side, 1,
                        "必填项“%s”填写为“%s”，不能识读（%s）", "'%s' is required and says '%s', which cannot be read (%s)",
                        label_of(unread), unread->value, relation->names);
        else if (blank)
            finding_add(checking->findings, CHECK_REQUIRED_FIELD, VERDICT_FAIL, &side, 1, "必填项“%s”为空（%s）",
                        "required and blank: '%s' (%s)", label_of(blank), relation->names);
        else if (relation->title)
            finding_add(checking->findings, CHECK_REQUIRED_FIELD, VERDICT_FAIL, &side, 1, "缺少必填项“%s”（%s/%s）",
                        "required and not stated: '%s' (%s/%s)", relation->title, relation->section->name, relation->names);
        else
            finding_add(checking->findings, CHECK_REQUIRED_FIELD, VERDICT_FAIL, &side, 1, "缺少必填项%s/%s",
                        "required and not stated: %s/%s", relation->section->name, relation->names);
    }
    if (!is_required)
        finding_count(checking->findings, CHECK_REQUIRED_FIELD, VERDICT_NOT_APPLICABLE);
}

/* ---- funding-sum ---- */

/* One way to take a total apart. */
struct cover {
    struct decimal sum;
    struct steps steps;
    uint64_t used;
    bool is_complete; /* all of its parts are printed, blank for nothing, or many forms leave them out */
    bool is_assumed, is_declared;
};

struct covering {
    struct checking *checking;
    const struct fund *fund;
    const struct stated *total;
    unsigned target;
    uint64_t within;          /* stated sources that belong to the total */
    unsigned tries;
    bool is_equal, is_any;
    bool has_worst, is_worst_sure;
    struct cover worst;       /* the one to speak of when none is equal */
};

enum { COVER_TRIES = 400, COVER_DEPTH = 4 };

static unsigned bits(uint64_t set) { return (unsigned)__builtin_popcountll(set); }

/* Whether every stated part is counted, itself or inside of another. */
static bool is_exhaustive(const struct covering *covering, uint64_t used)
{
    uint64_t inside = used;
    for (uint64_t rest = used; rest; rest &= rest - 1)
        inside |= covering->checking->grammar->parts[__builtin_ctzll(rest)];
    return (covering->within & ~inside) == 0;
}

static void cover_judge(struct covering *covering, const struct cover *cover)
{
    const struct stated *total = covering->total;
    const uint64_t *parts = covering->checking->grammar->parts;
    if (!cover->used)
        return;
    for (uint64_t rest = covering->within & ~cover->used; rest; rest &= rest - 1)
        if (parts[__builtin_ctzll(rest)] & cover->used)
            return; /* a part stands in place of its whole, which is stated too */
    covering->is_any = true;
    bool is_mixed = (cover->is_assumed && cover->is_declared) || cover->is_assumed != total->is_assumed;
    if (is_equal(total->yuan, cover->sum, total->step, steps_sum(&cover->steps, total->node, total->step))) {
        covering->is_equal |= !is_mixed;
        if (!is_mixed)
            return;
    }
    int sign = decimal_compare(cover->sum, total->yuan);
    bool is_sure = !cover->is_assumed && !total->is_assumed && is_exhaustive(covering, cover->used) &&
                   (sign > 0 || cover->is_complete);
    if (covering->has_worst &&
        (covering->is_worst_sure > is_sure ||
         (covering->is_worst_sure == is_sure && bits(covering->worst.used) >= bits(cover->used))))
        return;
    covering->has_worst = true;
    covering->is_worst_sure = is_sure;
    covering->worst = *cover;
}

/* The operands of `relation` from `operand` on, then those left over of what it expands. */
static void cover_try(struct covering *covering, const struct relation *relation, size_t operand, struct cover cover,
                      const struct relation *const *above, const size_t *above_operands, unsigned depth)
{
    const struct grammar *grammar = covering->checking->grammar;
    if (covering->is_equal || ++covering->tries > COVER_TRIES)
        return;
    for (;;) {
        if (operand == relation->count) {
            if (!depth) {
                cover_judge(covering, &cover);
                return;
            }
            depth--;
            relation = above[depth];
            operand = above_operands[depth];
            continue;
        }
        const struct operand *part = &relation->operands[operand++];
        uint64_t bit = (uint64_t)1 << part->source;
        const struct stated *stated = fund_amount(covering->fund, part->source);
        if (stated) {
            if (cover.used & bit || part->source == covering->target)
                return;
            if (!decimal_add(&cover.sum, cover.sum, stated->yuan))
                return;
            steps_add(&cover.steps, stated->node, stated->step);
            cover.used |= bit;
            cover.is_assumed |= stated->is_assumed;
            cover.is_declared |= !stated->is_assumed;
            continue;
        }
        bool is_printed = covering->fund->printed & bit;
        bool is_expanded = false;
        for (size_t r = 0; r < grammar->relation_count && depth < COVER_DEPTH; r++) {
            const struct relation *expansion = &grammar->relations[r];
            if (expansion->kind != RELATION_SUM || !expansion->has_amounts ||
                expansion->operands[0].source != part->source ||
                !(grammar->parts[part->source] & covering->fund->stated) || expansion->operands[0].scope)
                continue;
            const struct relation *stack[COVER_DEPTH];
            size_t operands[COVER_DEPTH];
            for (unsigned d = 0; d < depth; d++) {
                stack[d] = above[d];
                operands[d] = above_operands[d];
            }
            stack[depth] = relation;
            operands[depth] = operand;
            is_expanded = true;
            cover_try(covering, expansion, 1, cover, stack, operands, depth + 1);
        }
        if (is_expanded && !is_printed)
            return;
        cover.is_complete &= is_printed || part->is_optional;
    }
}

static const char *cover_text(struct checking *checking, const struct fund *fund, uint64_t used)
{
    const char *text = "";
    for (; used; used &= used - 1) {
        const struct node *node = fund->sources[__builtin_ctzll(used)]->node;
        text = arena_printf(checking->arena, "%s%s%s", text, *text ? " + " : "", money_printed(checking, node));
    }
    return text;
}

static void funding_sum_report(struct covering *covering)
{
    struct checking *checking = covering->checking;
    const struct stated *total = covering->total;
    const struct cover *worst = &covering->worst;
    struct side sides[SOURCES_MOST + 1] = {checking_side(checking, total->node)};
    size_t count = 1;
    for (uint64_t rest = worst->used; rest; rest &= rest - 1)
        sides[count++] = checking_side(checking, covering->fund->sources[__builtin_ctzll(rest)]->node);
    const char *label = label_of(total->node), *stated = money_printed(checking, total->node);
    const char *parts = cover_text(checking, covering->fund, worst->used);
    struct decimal difference;
    if (!decimal_subtract(&difference, worst->sum, total->yuan))
        difference = (struct decimal){0, 0};
    const char *off = money_in_yuan(checking, decimal_absolute(difference)),
               *sum = money_in_unit(checking, worst->sum, total->node);
    bool is_unclear = worst->is_assumed || total->is_assumed;
    if (!is_unclear && money_is_powers_apart(checking, sides, count, total->yuan, worst->sum, total->step,
                                             steps_sum(&worst->steps, total->node, total->step),
                                     arena_printf(checking->arena, "%s%s", label, stated), parts))
        return;
    struct finding *finding;
    if (covering->is_worst_sure)
        finding = finding_add(checking->findings, CHECK_FUNDING_SUM, VERDICT_FAIL, sides, count,
                              "%s为%s，而所列各项%s共%s", "%s is %s, but its parts %s make %s", label, stated,
                              parts, sum);
    else if (is_unclear)
        finding = finding_add(checking->findings, CHECK_FUNDING_SUM, VERDICT_REFUSED, sides, count,
                              "%s为%s，所列各项为%s，金额单位未注明，无法核对",
                              "%s is %s and its parts are %s: not all have a unit", label, stated, parts);
    else
        finding =
            finding_add(checking->findings, CHECK_FUNDING_SUM, VERDICT_REFUSED, sides, count,
                        "%s为%s，只列明了%s，构成不全，无法核对",
                        "%s is %s, and only %s is stated of it: not enough to add up", label, stated, parts);
    finding->difference = off;
}

void check_funding_sum(struct checking *checking)
{
    const struct grammar *grammar = checking->grammar;
    const struct funds *funds = funds_of(checking);
    bool is_any = false;
    for (size_t f = 0; f < funds->count; f++) {
        const struct fund *fund = funds->items[f];
        uint64_t seen = 0;
        for (size_t r = 0; r < grammar->relation_count; r++) {
            const struct relation *relation = &grammar->relations[r];
            if (relation->kind != RELATION_SUM || !relation->has_amounts)
                continue;
            unsigned target = relation->operands[0].source;
            uint64_t bit = (uint64_t)1 << target;
            if (seen & bit || !(fund->stated & bit) || !(fund->stated & grammar->parts[target]))
                continue;
            seen |= bit;
            struct covering covering = {.checking = checking,
                                        .fund = fund,
                                        .target = target,
                                        .within = fund->stated & grammar->parts[target] & ~bit};
            bool is_unclear = !(covering.total = fund_amount(fund, target));
            for (uint64_t rest = covering.within; rest && !is_unclear; rest &= rest - 1)
                is_unclear = !fund_amount(fund, (unsigned)__builtin_ctzll(rest));
            if (is_unclear) {
                struct side side = checking_side(checking, fund->sources[target]->node);
                is_any = true;
                finding_add(checking->findings, CHECK_FUNDING_SUM, VERDICT_REFUSED, &side, 1,
                            "“%s”或其构成无法识读，或前后两次填写不一，无法核对",
                            "%s or a part of it cannot be read or is stated twice", label_of(side.node));
                continue;
            }
            for (size_t k = r; k < grammar->relation_count; k++) {
                const struct relation *other = &grammar->relations[k];
                if (other->kind != RELATION_SUM || !other->has_amounts || other->operands[0].source != target)
                    continue;
                const struct operand *left = &other->operands[0];
                if ((left->scope && strcmp(left->scope, fund->scope) != 0) ||
                    (left->stage && strcmp(left->stage, fund->stage) != 0))
                    continue;
                struct cover none = {.is_complete = true};
                cover_try(&covering, other, 1, none, NULL, NULL, 0);
            }
            if (!covering.is_any)
                continue;
            is_any = true;
            checking->pairs++;
            if (covering.is_equal)
                finding_count(checking->findings, CHECK_FUNDING_SUM, VERDICT_PASS);
            else
                funding_sum_report(&covering);
        }
    }
    if (!is_any)
        finding_count(checking->findings, CHECK_FUNDING_SUM, VERDICT_NOT_APPLICABLE);
}

/* ---- annual-over-total ---- */

static bool is_of(const struct fund *fund, const struct operand *operand)
{
    return (!operand->scope || strcmp(fund->scope, operand->scope) == 0) &&
           (!operand->stage || strcmp(fund->stage, operand->stage) == 0);
}

void check_annual_over_total(struct checking *checking)
{
    const struct grammar *grammar = checking->grammar;
    const struct funds *funds = funds_of(checking);
    bool is_any = false;
    for (size_t r = 0; r < grammar->relation_count; r++) {
        const struct relation *relation = &grammar->relations[r];
        if (relation->kind != RELATION_AT_MOST)
            continue;
        const struct operand *left = &relation->operands[0], *right = &relation->operands[1];
        for (size_t i = 0; i < funds->count * funds->count; i++) {
            const struct fund *small = funds->items[i / funds->count], *large = funds->items[i % funds->count];
            if (!is_of(small, left) || !is_of(large, right) || !small->sources[left->source] ||
                !large->sources[right->source])
                continue;
            if (!left->stage && !right->stage && strcmp(small->stage, large->stage) != 0)
                continue;
            if (!left->scope && !right->scope && strcmp(small->scope, large->scope) != 0)
                continue;
            is_any = true;
            const struct stated *part = small->sources[left->source], *whole = large->sources[right->source];
            struct side sides[] = {checking_side(checking, part->node), checking_side(checking, whole->node)};
            if (!part->is_number || !whole->is_number || part->is_ambiguous || whole->is_ambiguous ||
                part->is_assumed || whole->is_assumed) {
                finding_add(checking->findings, CHECK_ANNUAL_OVER_TOTAL, VERDICT_REFUSED, sides, 2,
                            "“%s”与“%s”的金额或单位不明，无法比较",
                            "%s and %s cannot be compared: amount or unit is unclear", label_of(part->node),
                            label_of(whole->node));
                continue;
            }
            if (decimal_compare(part->yuan, whole->yuan) <= 0 ||
                is_equal(part->yuan, whole->yuan, part->step, whole->step)) {
                finding_count(checking->findings, CHECK_ANNUAL_OVER_TOTAL, VERDICT_PASS);
                continue;
            }
            struct decimal off;
            struct finding *finding =
                finding_add(checking->findings, CHECK_ANNUAL_OVER_TOTAL, VERDICT_FAIL, sides, 2,
                            "%s%s超过%s%s", "%s %s exceeds %s %s", label_of(part->node),
                            money_printed(checking, part->node), label_of(whole->node),
                            money_printed(checking, whole->node));
            if (decimal_subtract(&off, part->yuan, whole->yuan))
                finding->difference = money_in_yuan(checking, off);
        }
    }
    if (!is_any)
        finding_count(checking->findings, CHECK_ANNUAL_OVER_TOTAL, VERDICT_NOT_APPLICABLE);
}
