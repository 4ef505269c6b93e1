/* Checks of money: what should add up, what should be there, and in which unit. */
#include <string.h>

#include "base/array.h"
#include "checking.h"

/* ---- amounts as stated ---- */

/* As strcmp() == 0; most names part at their first sign. */
static inline bool is(const char *a, const char *b) { return *a == *b && strcmp(a, b) == 0; }

/* Decimal places of the first number in a text, wide digits (０…９ ．) included. */
static unsigned places_printed(const char *text)
{
    bool has_digit = false, has_point = false;
    unsigned places = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        unsigned char c = *p;
        if (c == 0xef && p[1] == 0xbc && p[2]) {
            c = p[2] == 0x8e ? '.' : p[2] >= 0x90 && p[2] <= 0x99 ? '0' : p[2] == 0x8c ? ',' : c;
            p += 2;
        }
        if (c >= '0' && c <= '9') {
            has_digit = true;
            places += has_point;
        } else if (has_digit && c == '.' && !has_point) {
            has_point = true;
        } else if (has_digit && c != ',' && c != ' ') {
            break;
        }
    }
    return places < DECIMAL_PLACES_MOST ? places : DECIMAL_PLACES_MOST;
}

/* 10^zeros, from 10^-9 to 10^18. */
static struct decimal power_of_ten(int zeros)
{
    if (zeros < 0)
        return (struct decimal){1, (unsigned)-zeros};
    struct decimal power = {1, 0};
    for (; zeros; zeros--)
        power.units *= 10;
    return power;
}

static const struct node *child_of(const struct node *node, const char *name)
{
    const struct node *child = node->first;
    while (child && !is(child->name, name))
        child = child->next;
    return child;
}

static const char *attribute_of(const struct node *node, const char *name)
{
    for (const struct attribute *a = node->attributes; a; a = a->next)
        if (is(a->name, name))
            return a->value;
    return NULL;
}

/* Of a node that has a value and this unit. */
static bool money_read(const struct checking *checking, const struct node *node, const char *unit, struct decimal *yuan, struct decimal *step)
{
    unsigned zeros = 0;
    if (!unit || !decimal_read(yuan, node->value, strlen(node->value)) || !grammar_scale(checking->grammar, unit, &zeros))
        return false;
    const char *raw = node->provenance && node->provenance->raw ? node->provenance->raw : node->value;
    *step = power_of_ten((int)zeros - (int)places_printed(raw));
    return true;
}

bool checking_money(const struct checking *checking, const struct node *node, struct decimal *yuan, struct decimal *step)
{
    return node && node->value && money_read(checking, node, attribute_of(node, "unit"), yuan, step);
}

/* As printed, with its unit: 282.00万元. */
static const char *printed(struct checking *checking, const struct node *node)
{
    const char *raw = node->provenance && node->provenance->raw ? node->provenance->raw : node->value;
    const char *unit = attribute_of(node, "unit"), *from = attribute_of(node, "unit-from");
    bool has_unit = !unit || (from && (strcmp(from, "inline") == 0 || strcmp(from, "assumed") == 0));
    return has_unit ? raw : arena_printf(checking->arena, "%s%s", raw, unit);
}

static const char *label_of(const struct node *node)
{
    return node->provenance && node->provenance->label ? node->provenance->label : node->name;
}

static bool is_assumed(const struct node *node)
{
    const char *from = attribute_of(node, "unit-from");
    return from && is(from, "assumed");
}

/* An amount in the unit that `node` is printed in. */
static const char *unit_text(struct checking *checking, struct decimal yuan, const struct node *node)
{
    const char *unit = attribute_of(node, "unit");
    unsigned zeros = 0;
    struct decimal shifted;
    if (!unit || !grammar_scale(checking->grammar, unit, &zeros) || !decimal_shift(&shifted, yuan, -(int)zeros)) {
        shifted = yuan;
        unit = "元";
    }
    return arena_printf(checking->arena, "%s%s", decimal_text(checking->arena, shifted), is_assumed(node) ? "" : unit);
}

static const char *yuan_text(struct checking *checking, struct decimal yuan)
{
    return arena_printf(checking->arena, "%s元", decimal_text(checking->arena, yuan));
}

struct stated {
    const struct node *node;
    struct decimal yuan, step;
    bool is_number, is_assumed, is_ambiguous; /* stated twice, differently */
};

/* The amounts of one scope and stage, by source. */
struct fund {
    const char *scope, *stage; /* "" for none */
    uint64_t printed, stated;  /* sources, as bits */
    struct stated *sources[SOURCES_MOST];
};

enum { FUNDS_MOST = 32 };

struct funds {
    struct fund *items[FUNDS_MOST];
    size_t count;
    struct cost *costs; /* what the indicators of cost state */
    size_t cost_count;
};

static struct fund *fund_of(struct checking *checking, struct funds *funds, const char *scope, const char *stage)
{
    for (size_t i = 0; i < funds->count; i++)
        if (is(funds->items[i]->scope, scope) && is(funds->items[i]->stage, stage))
            return funds->items[i];
    if (funds->count == FUNDS_MOST)
        return NULL;
    struct fund *fund = funds->items[funds->count++] = arena_new(checking->arena, struct fund);
    fund->scope = scope;
    fund->stage = stage;
    return fund;
}

static void amount_take(struct checking *checking, struct funds *funds, const struct node *node)
{
    const struct grammar *grammar = checking->grammar;
    const char *scope = NULL, *source = NULL, *stage = NULL, *unit = NULL, *from = NULL;
    for (const struct attribute *a = node->attributes; a; a = a->next) {
        const char **known = is(a->name, "unit")        ? &unit
                             : is(a->name, "unit-from") ? &from
                             : a->name[0] != 's'        ? NULL
                             : is(a->name + 1, "cope")  ? &scope
                             : is(a->name + 1, "ource") ? &source
                             : is(a->name + 1, "tage")  ? &stage
                                                        : NULL;
        if (known)
            *known = a->value;
    }
    size_t index = 0;
    while (source && index < grammar->source_count && !is(grammar->sources[index], source))
        index++;
    if (!source || index == grammar->source_count)
        return;
    struct fund *fund = fund_of(checking, funds, scope ? scope : "", stage ? stage : "");
    if (!fund)
        return;
    fund->printed |= (uint64_t)1 << index;
    if (!node->value)
        return;
    struct stated now = {.node = node, .is_assumed = from && is(from, "assumed")};
    now.is_number = money_read(checking, node, unit, &now.yuan, &now.step);
    struct stated *before = fund->sources[index];
    if (before && before->is_number && now.is_number && decimal_compare(before->yuan, now.yuan) == 0) {
        if (decimal_compare(now.step, before->step) < 0)
            before->step = now.step;
        return;
    }
    if (before) {
        before->is_ambiguous = true;
        return;
    }
    fund->stated |= (uint64_t)1 << index;
    fund->sources[index] = arena_new(checking->arena, struct stated);
    *fund->sources[index] = now;
}

static const struct funds *funds_of(struct checking *checking)
{
    if (checking->funds)
        return checking->funds;
    struct funds *funds = arena_new(checking->arena, struct funds);
    checking->funds = funds;
    for (const struct node *node = checking->funding ? checking->funding->first : NULL; node; node = node->next)
        amount_take(checking, funds, node);
    return funds;
}

static unsigned source_named(const struct grammar *grammar, const char *name)
{
    unsigned i = 0;
    while (i < grammar->source_count && !is(grammar->sources[i], name))
        i++;
    return i;
}

/* The stated, unambiguous amount, or NULL. */
static const struct stated *fund_amount(const struct fund *fund, unsigned source)
{
    const struct stated *stated = source < SOURCES_MOST ? fund->sources[source] : NULL;
    return stated && stated->is_number && !stated->is_ambiguous ? stated : NULL;
}

/* The sum of amounts that take a total or its fiscal money apart completely, where neither is stated. */
static const struct stated *fund_derived(struct checking *checking, const struct fund *fund, unsigned total)
{
    const struct grammar *grammar = checking->grammar;
    if (!fund->stated || (fund->stated & ~grammar->parts[total]))
        return NULL;
    for (size_t r = 0; r < grammar->relation_count; r++) {
        const struct relation *relation = &grammar->relations[r];
        if (relation->kind != RELATION_SUM || !relation->has_amounts)
            continue;
        struct stated sum = {.is_number = true};
        struct decimal most = {0, 0};
        uint64_t used = 0;
        bool is_whole = true;
        for (size_t i = 1; i < relation->count && is_whole; i++) {
            const struct stated *part = fund_amount(fund, relation->operands[i].source);
            is_whole = part ? decimal_add(&sum.yuan, sum.yuan, part->yuan) && decimal_add(&sum.step, sum.step, part->step)
                            : relation->operands[i].is_optional;
            if (!part)
                continue;
            used |= (uint64_t)1 << relation->operands[i].source;
            sum.is_assumed |= part->is_assumed;
            if (!sum.node || decimal_compare(part->yuan, most) > 0) {
                sum.node = part->node;
                most = part->yuan;
            }
        }
        if (!is_whole || used != fund->stated)
            continue;
        struct stated *derived = arena_new(checking->arena, struct stated);
        *derived = sum;
        return derived;
    }
    return NULL;
}

/* The total of a scope at its first stage (before the year, where there are several), or NULL. */
static const struct stated *fund_total(struct checking *checking, const struct funds *funds, const char *scope)
{
    unsigned total = source_named(checking->grammar, "total");
    for (size_t i = 0; i < funds->count && total < SOURCES_MOST; i++) {
        const struct fund *fund = funds->items[i];
        if (!is(fund->scope, scope) || is(fund->stage, "executed"))
            continue;
        const struct stated *stated = fund_amount(fund, total);
        if (!stated && !(fund->stated >> total & 1))
            stated = fund_derived(checking, fund, total);
        if (stated)
            return stated;
    }
    return NULL;
}

/* ---- amounts that should be equal ---- */

/* Whether they are, each being exact to half of its step. */
static bool is_equal(struct decimal a, struct decimal b, struct decimal a_step, struct decimal b_step)
{
    struct decimal both;
    return !decimal_add(&both, a_step, b_step) || decimal_is_near(a, b, both, 0);
}

/* By which power of ten the one is the other: 3, 4 or 8, negative where b is the larger; 0 for none. */
static int power_between(struct decimal a, struct decimal b, struct decimal a_step, struct decimal b_step)
{
    static const int powers[] = {4, 3, 8};
    if (decimal_is_zero(a) || decimal_is_zero(b))
        return 0;
    for (size_t i = 0; i < sizeof powers / sizeof *powers; i++) {
        struct decimal raised, raised_step;
        /* the smaller number must itself be known well enough to be told from others */
        if (decimal_shift(&raised, b, powers[i]) && decimal_shift(&raised_step, b_step, powers[i]) &&
            decimal_compare(decimal_absolute(raised), raised_step) > 0 && is_equal(a, raised, a_step, raised_step))
            return powers[i];
        if (decimal_shift(&raised, a, powers[i]) && decimal_shift(&raised_step, a_step, powers[i]) &&
            decimal_compare(decimal_absolute(raised), raised_step) > 0 && is_equal(b, raised, b_step, raised_step))
            return -powers[i];
    }
    return 0;
}

static const char *power_text(int power)
{
    switch (power < 0 ? -power : power) {
    case 3: return "×1000";
    case 4: return "×10000";
    default: return "×100000000";
    }
}

/* Adds ten-thousandfold if that is how the two differ. */
static bool is_powers_apart(struct checking *checking, const struct side *sides, size_t count, struct decimal a, struct decimal b,
                            struct decimal a_step, struct decimal b_step, const char *a_text, const char *b_text)
{
    int power = power_between(a, b, a_step, b_step);
    if (!power)
        return false;
    struct finding *finding = finding_add(
        checking->findings, CHECK_TEN_THOUSANDFOLD, VERDICT_FAIL, sides, count, "%s与%s应相等，却相差%s倍，金额单位疑有误",
        "%s and %s should be equal but differ by %s: a unit slipped", a_text, b_text, power_text(power) + strlen("×"));
    finding->difference = power_text(power);
    checking->is_found[CHECK_TEN_THOUSANDFOLD] = true;
    return true;
}

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
            const char *scope = operand->scope ? attribute_of(node, "scope") : NULL, *stage = operand->stage ? attribute_of(node, "stage") : NULL;
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
        struct side side = checking_side(checking, blank);
        if (blank)
            finding_add(checking->findings, CHECK_REQUIRED_FIELD, VERDICT_FAIL, &side, 1, "必填项“%s”为空（%s）",
                        "required and blank: '%s' (%s)", label_of(blank), relation->rule->pattern);
        else
            finding_add(checking->findings, CHECK_REQUIRED_FIELD, VERDICT_FAIL, &side, 1, "缺少必填项%s/%s",
                        "required and not stated: %s/%s", relation->section->name, relation->rule->pattern);
    }
    if (!is_required)
        finding_count(checking->findings, CHECK_REQUIRED_FIELD, VERDICT_NOT_APPLICABLE);
}

/* ---- funding-sum ---- */

/* One way to take a total apart. */
struct cover {
    struct decimal sum, step; /* step: of all parts added */
    uint64_t used;
    bool is_complete; /* all of its parts are printed, or many forms leave them out */
    bool has_blank;   /* one of them is printed blank */
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
    if (is_equal(total->yuan, cover->sum, total->step, cover->step)) {
        covering->is_equal |= !is_mixed;
        if (!is_mixed)
            return;
    }
    int sign = decimal_compare(cover->sum, total->yuan);
    bool is_sure = !cover->is_assumed && !total->is_assumed && is_exhaustive(covering, cover->used) &&
                   (sign > 0 || (cover->is_complete && (bits(cover->used) > 1 || !cover->has_blank)));
    if (covering->has_worst && (covering->is_worst_sure > is_sure ||
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
            if (!decimal_add(&cover.sum, cover.sum, stated->yuan) || !decimal_add(&cover.step, cover.step, stated->step))
                return;
            cover.used |= bit;
            cover.is_assumed |= stated->is_assumed;
            cover.is_declared |= !stated->is_assumed;
            continue;
        }
        bool is_printed = covering->fund->printed & bit;
        bool is_expanded = false;
        for (size_t r = 0; r < grammar->relation_count && depth < COVER_DEPTH; r++) {
            const struct relation *expansion = &grammar->relations[r];
            if (expansion->kind != RELATION_SUM || !expansion->has_amounts || expansion->operands[0].source != part->source ||
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
        cover.has_blank |= is_printed;
        cover.is_complete &= is_printed || part->is_optional;
    }
}

static const char *cover_text(struct checking *checking, const struct fund *fund, uint64_t used)
{
    const char *text = "";
    for (; used; used &= used - 1) {
        const struct node *node = fund->sources[__builtin_ctzll(used)]->node;
        text = arena_printf(checking->arena, "%s%s%s", text, *text ? " + " : "", printed(checking, node));
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
    const char *label = label_of(total->node), *stated = printed(checking, total->node);
    const char *parts = cover_text(checking, covering->fund, worst->used);
    struct decimal difference;
    if (!decimal_subtract(&difference, worst->sum, total->yuan))
        difference = (struct decimal){0, 0};
    const char *off = yuan_text(checking, decimal_absolute(difference)), *sum = unit_text(checking, worst->sum, total->node);
    bool is_unclear = worst->is_assumed || total->is_assumed;
    if (!is_unclear && is_powers_apart(checking, sides, count, total->yuan, worst->sum, total->step, worst->step,
                                     arena_printf(checking->arena, "%s%s", label, stated), parts))
        return;
    struct finding *finding;
    if (covering->is_worst_sure)
        finding = finding_add(checking->findings, CHECK_FUNDING_SUM, VERDICT_FAIL, sides, count, "%s为%s，而所列各项%s共%s",
                              "%s is %s, but its parts %s make %s", label, stated, parts, sum);
    else if (is_unclear)
        finding = finding_add(checking->findings, CHECK_FUNDING_SUM, VERDICT_REFUSED, sides, count,
                              "%s为%s，所列各项为%s，金额单位未注明，无法核对", "%s is %s and its parts are %s: not all have a unit",
                              label, stated, parts);
    else
        finding = finding_add(checking->findings, CHECK_FUNDING_SUM, VERDICT_REFUSED, sides, count,
                              "%s为%s，只列明了%s，构成不全，无法核对", "%s is %s, and only %s is stated of it: not enough to add up",
                              label, stated, parts);
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
            struct covering covering = {.checking = checking, .fund = fund, .target = target, .within = fund->stated & grammar->parts[target] & ~bit};
            bool is_unclear = !(covering.total = fund_amount(fund, target));
            for (uint64_t rest = covering.within; rest && !is_unclear; rest &= rest - 1)
                is_unclear = !fund_amount(fund, (unsigned)__builtin_ctzll(rest));
            if (is_unclear) {
                struct side side = checking_side(checking, fund->sources[target]->node);
                is_any = true;
                finding_add(checking->findings, CHECK_FUNDING_SUM, VERDICT_REFUSED, &side, 1,
                            "“%s”或其构成无法识读，或前后两次填写不一，无法核对", "%s or a part of it cannot be read or is stated twice",
                            label_of(side.node));
                continue;
            }
            for (size_t k = r; k < grammar->relation_count; k++) {
                const struct relation *other = &grammar->relations[k];
                if (other->kind != RELATION_SUM || !other->has_amounts || other->operands[0].source != target)
                    continue;
                const struct operand *left = &other->operands[0];
                if ((left->scope && strcmp(left->scope, fund->scope) != 0) || (left->stage && strcmp(left->stage, fund->stage) != 0))
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
    return (!operand->scope || strcmp(fund->scope, operand->scope) == 0) && (!operand->stage || strcmp(fund->stage, operand->stage) == 0);
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
            if (!is_of(small, left) || !is_of(large, right) || !small->sources[left->source] || !large->sources[right->source])
                continue;
            if (!left->stage && !right->stage && strcmp(small->stage, large->stage) != 0)
                continue;
            if (!left->scope && !right->scope && strcmp(small->scope, large->scope) != 0)
                continue;
            is_any = true;
            const struct stated *part = small->sources[left->source], *whole = large->sources[right->source];
            struct side sides[] = {checking_side(checking, part->node), checking_side(checking, whole->node)};
            if (!part->is_number || !whole->is_number || part->is_ambiguous || whole->is_ambiguous || part->is_assumed || whole->is_assumed) {
                finding_add(checking->findings, CHECK_ANNUAL_OVER_TOTAL, VERDICT_REFUSED, sides, 2,
                            "“%s”与“%s”的金额或单位不明，无法比较", "%s and %s cannot be compared: amount or unit is unclear",
                            label_of(part->node), label_of(whole->node));
                continue;
            }
            if (decimal_compare(part->yuan, whole->yuan) <= 0 || is_equal(part->yuan, whole->yuan, part->step, whole->step)) {
                finding_count(checking->findings, CHECK_ANNUAL_OVER_TOTAL, VERDICT_PASS);
                continue;
            }
            struct decimal off;
            struct finding *finding = finding_add(
                checking->findings, CHECK_ANNUAL_OVER_TOTAL, VERDICT_FAIL, sides, 2, "%s%s超过%s%s", "%s %s exceeds %s %s",
                label_of(part->node), printed(checking, part->node), label_of(whole->node), printed(checking, whole->node));
            if (decimal_subtract(&off, part->yuan, whole->yuan))
                finding->difference = yuan_text(checking, off);
        }
    }
    if (!is_any)
        finding_count(checking->findings, CHECK_ANNUAL_OVER_TOTAL, VERDICT_NOT_APPLICABLE);
}

/* ---- budget-sum ---- */

/* The lines of one table or list, added up. */
struct adding {
    struct decimal sum, step;
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
    bool is_added = decimal_add(&adding->sum, adding->sum, yuan) && decimal_add(&adding->step, adding->step, step);
    adding->has_overflown |= !is_added;
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
    checking->pairs++;
    if (!adding->has_overflown && !adding->unread && !is_mixed && is_equal(total->yuan, adding->sum, total->step, adding->step)) {
        finding_count(checking->findings, CHECK_BUDGET_SUM, VERDICT_PASS);
        return;
    }
    struct side sides[] = {checking_side(checking, total->node), checking_side(checking, adding->first), checking_side(checking, adding->last)};
    size_t count = adding->first == adding->last ? 2 : 3;
    const char *total_text = printed(checking, total->node), *sum_text = unit_text(checking, adding->sum, total->node);
    struct decimal twice, off;
    /* lines that state a group and then its parts come to twice the total */
    bool is_nested = adding->totals > 1 ||
                     (decimal_add(&twice, total->yuan, total->yuan) && is_equal(twice, adding->sum, total->step, adding->step));
    bool is_less = decimal_compare(adding->sum, total->yuan) < 0;
    if (is_unclear || is_nested || (adding->blank && is_less)) {
        finding_add(checking->findings, CHECK_BUDGET_SUM, VERDICT_REFUSED, sides, count,
                    "明细%zu行，合计%s：有的行空白、无法识读、未注明单位或分层汇总，无法核对",
                    "%zu lines of detail and the total %s: lines are blank, cannot be read, have no unit or are nested",
                    adding->lines, total_text);
        return;
    }
    if (is_powers_apart(checking, sides, count, total->yuan, adding->sum, total->step, adding->step,
                        arena_printf(checking->arena, "%s%s", label_of(total->node), total_text), sum_text))
        return;
    struct finding *finding = finding_add(checking->findings, CHECK_BUDGET_SUM, VERDICT_FAIL, sides, count, "%s为%s，而%zu行明细之和为%s",
                                          "%s is %s, but the %zu lines add up to %s", label_of(total->node), total_text,
                                          adding->lines, sum_text);
    if (decimal_subtract(&off, adding->sum, total->yuan))
        finding->difference = yuan_text(checking, decimal_absolute(off));
}

/* The printed total of the details against the money of the year. */
static void budget_against_funds(struct checking *checking, const struct stated *total)
{
    const struct funds *funds = funds_of(checking);
    const struct stated *annual = fund_total(checking, funds, "annual");
    bool has_equal = false;
    const struct stated *other = total->is_assumed || (annual && annual->is_assumed) ? total : NULL; /* what leaves it open */
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
    const char *total_text = printed(checking, total->node), *annual_text = printed(checking, annual->node);
    if (other) {
        finding_add(checking->findings, CHECK_BUDGET_SUM, VERDICT_REFUSED, sides, 2, "明细合计%s与年度资金%s的单位或金额不明，无法比较",
                    "the details' total %s and the year's money %s cannot be compared: unit or amount is unclear", total_text, annual_text);
        return;
    }
    if (is_powers_apart(checking, sides, 2, total->yuan, annual->yuan, total->step, annual->step,
                        arena_printf(checking->arena, "%s%s", label_of(total->node), total_text),
                        arena_printf(checking->arena, "%s%s", label_of(annual->node), annual_text)))
        return;
    struct decimal off;
    struct finding *finding = finding_add(checking->findings, CHECK_BUDGET_SUM, VERDICT_FAIL, sides, 2, "明细合计%s与%s%s不符",
                                          "the details' total %s differs from '%s' %s", total_text, label_of(annual->node), annual_text);
    if (decimal_subtract(&off, total->yuan, annual->yuan))
        finding->difference = yuan_text(checking, decimal_absolute(off));
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
    const struct stated *total = &adding.total;
    bool is_this_year = strncmp(tally->column, "previous", 8) != 0;
    if (!adding.totals) {
        /* no total is printed: the lines themselves are the year's money */
        struct stated sum = {adding.first, adding.sum, adding.step, true, adding.is_assumed, false};
        const struct stated *annual = fund_total(checking, funds_of(checking), "annual");
        if (!is_this_year || !annual || adding.blank || adding.unread || adding.has_overflown)
            return;
        const struct funds *funds = funds_of(checking);
        bool has_equal = false;
        for (size_t f = 0; f < funds->count; f++)
            for (uint64_t rest = funds->items[f]->stated; rest; rest &= rest - 1) {
                const struct stated *stated = funds->items[f]->sources[__builtin_ctzll(rest)];
                has_equal |= stated->is_number && is_equal(stated->yuan, sum.yuan, stated->step, sum.step);
            }
        struct side sides[] = {checking_side(checking, adding.first), checking_side(checking, adding.last), checking_side(checking, annual->node)};
        checking->pairs++;
        if (has_equal && adding.is_assumed == annual->is_assumed) {
            finding_count(checking->findings, CHECK_BUDGET_SUM, VERDICT_PASS);
        } else if (adding.is_assumed || annual->is_assumed) {
            finding_add(checking->findings, CHECK_BUDGET_SUM, VERDICT_REFUSED, sides, 3, "明细之和%s与年度资金%s的单位不明，无法比较",
                        "the details add up to %s and the year's money is %s: a unit is unclear", unit_text(checking, sum.yuan, adding.first),
                        printed(checking, annual->node));
        } else if (!is_powers_apart(checking, sides, 3, sum.yuan, annual->yuan, sum.step, annual->step,
                                    arena_printf(checking->arena, "明细之和%s", unit_text(checking, sum.yuan, adding.first)),
                                    arena_printf(checking->arena, "%s%s", label_of(annual->node), printed(checking, annual->node)))) {
            struct decimal off;
            struct finding *finding = finding_add(checking->findings, CHECK_BUDGET_SUM, VERDICT_FAIL, sides, 3, "明细之和%s与%s%s不符",
                                                  "the details add up to %s, not to '%s' %s", unit_text(checking, sum.yuan, annual->node),
                                                  label_of(annual->node), printed(checking, annual->node));
            if (decimal_subtract(&off, sum.yuan, annual->yuan))
                finding->difference = yuan_text(checking, decimal_absolute(off));
        }
        return;
    }
    if (adding.lines)
        lines_against_total(checking, &adding);
    if (is_this_year)
        budget_against_funds(checking, total);
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
    return factor->is_money ? printed(checking, factor->node) : factor->node->value;
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
        const char *text = node->provenance && node->provenance->raw ? node->provenance->raw : node->value;
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
static bool factors_join(const struct relation *relation, const struct factor *factors, struct decimal *result, struct decimal *allowed)
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
        if (decimal_is_zero(share) || !places_printed(node->provenance && node->provenance->raw ? node->provenance->raw : node->value))
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
            others = arena_printf(checking->arena, "%s%s%s", others, i == 1 ? "" : relation->kind == RELATION_SUM ? " + " : " × ",
                                  factor_text(checking, &factors[i]));
    }
    if (!fits || is_unclear) {
        finding_add(checking->findings, CHECK_LINE_PRODUCT, VERDICT_REFUSED, sides, relation->count,
                    "%s与%s：金额单位未注明或数字过大，无法核对", "%s and %s: a unit is not stated or a number too large", amount, others);
        return;
    }
    checking->pairs++;
    if (is_powers_apart(checking, sides, relation->count, factors[0].value, result, factors[0].step, (struct decimal){0, 0}, amount, others))
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
                                          factors[0].is_money ? unit_text(checking, result, factors[0].node)
                                                              : decimal_text(checking->arena, result));
    if (decimal_subtract(&off, factors[0].value, result))
        finding->difference = factors[0].is_money ? yuan_text(checking, decimal_absolute(off))
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

/* ---- unit-conflict ---- */

/* The unit of money in the brackets of a label, 项目资金（元）, or NULL; its zeros in *zeros. */
static const struct rule *label_unit(struct checking *checking, const char *label, unsigned *zeros)
{
    for (const char *open = label; open && (open = strpbrk(open, "(\xef")); open++) {
        size_t sign = *open == '(' ? 1 : strncmp(open, "（", 3) == 0 ? 3 : 0;
        if (!sign)
            continue;
        const char *from = open + sign, *to = from + strcspn(from, ")\xef");
        while (*to == '\xef' && strncmp(to, "）", 3) != 0)
            to += 1 + strcspn(to + 1, ")\xef");
        const struct rule *unit = to - from < 32 ? grammar_scale(checking->grammar, arena_copy(checking->arena, from, (size_t)(to - from)), zeros)
                                                 : NULL;
        if (unit)
            return unit;
    }
    return NULL;
}

struct conflicts {
    array_of(struct side) sides;
    const struct node *first, *declared; /* the first amount at odds, and what it is at odds with */
    const char *unit, *label;            /* of the latter */
    size_t compared;
};

static void unit_compare(struct checking *checking, struct conflicts *conflicts, const struct node *node, const struct node *declared, unsigned declared_zeros)
{
    const char *from = attribute_of(node, "unit-from"), *unit = attribute_of(node, "unit");
    if (!node->value || !from || !unit)
        return;
    if (strcmp(from, "inline") != 0) {
        conflicts->compared += strcmp(from, "assumed") != 0;
        return;
    }
    unsigned zeros, label_zeros;
    const char *label = node->provenance ? node->provenance->label : NULL;
    const struct rule *own = label ? label_unit(checking, label, &label_zeros) : NULL;
    if (!grammar_scale(checking->grammar, unit, &zeros) || (!own && !declared))
        return;
    conflicts->compared++;
    if (zeros == (own ? label_zeros : declared_zeros))
        return;
    if (!conflicts->first) {
        conflicts->first = node;
        conflicts->declared = declared;
        conflicts->unit = own ? arena_copy(checking->arena, own->name, strcspn(own->name, "/")) : declared->value;
        conflicts->label = own ? label : label_of(declared);
    }
    *array_push(&conflicts->sides) = checking_side(checking, node);
}

void check_unit_conflict(struct checking *checking)
{
    const struct node *declared = form_field(checking->form, "header", "currency-unit");
    unsigned zeros = 0;
    if (declared && (!declared->value || !grammar_scale(checking->grammar, declared->value, &zeros)))
        declared = NULL;
    struct conflicts conflicts = {0};
    for (const struct node *node = checking->funding ? checking->funding->first : NULL; node; node = node->next)
        unit_compare(checking, &conflicts, node, declared, zeros);
    for (const struct node *line = checking->budget ? checking->budget->first : NULL; line; line = line->next) {
        /* an item of a list, 承办经费：200000元, is its own label and says its own unit */
        const struct node *name = line->first ? child_of(line, "name") : NULL, *amount = line->first ? child_of(line, "amount") : NULL;
        bool is_item = name && name->value && amount && amount->provenance && amount->provenance->label &&
                       strcmp(name->value, amount->provenance->label) == 0;
        for (const struct node *node = is_item ? NULL : line->first; node; node = node->next)
            unit_compare(checking, &conflicts, node, declared, zeros);
    }
    if (conflicts.first) {
        if (conflicts.declared)
            *array_push(&conflicts.sides) = checking_side(checking, conflicts.declared);
        finding_add(checking->findings, CHECK_UNIT_CONFLICT, VERDICT_FAIL, conflicts.sides.items, conflicts.sides.count,
                    "“%s”注明单位为%s，却填写%s", "%s says %s, but the amount is %s", conflicts.label, conflicts.unit,
                    printed(checking, conflicts.first));
    } else {
        finding_count(checking->findings, CHECK_UNIT_CONFLICT, conflicts.compared ? VERDICT_PASS : VERDICT_NOT_APPLICABLE);
    }
    array_release(&conflicts.sides);
}

/* ---- ten-thousandfold, cost-indicators ---- */

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
    const char *kind = target && target->value ? attribute_of(target, "kind") : NULL, *value = kind ? attribute_of(target, "value") : NULL;
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
    cost->step = power_of_ten(zeros - (int)places_printed(target->value));
    return true;
}

static void costs_collect(struct checking *checking)
{
    struct funds *funds = (struct funds *)funds_of(checking);
    const struct stated *totals[HORIZONS];
    size_t room = 0;
    for (const struct node *indicator = checking->indicators ? checking->indicators->first : NULL; indicator; indicator = indicator->next) {
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
    return arena_printf(checking->arena, "%s%s", label_of(stated->node), printed(checking, stated->node));
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
        cost->is_settled = is_powers_apart(checking, sides, 2, cost->yuan, funds->yuan, cost->step, funds->step,
                                           cost_text(checking, cost), amount_text(checking, funds));
    }
    if (!checking->is_found[CHECK_TEN_THOUSANDFOLD])
        finding_count(checking->findings, CHECK_TEN_THOUSANDFOLD, checking->pairs ? VERDICT_PASS : VERDICT_NOT_APPLICABLE);
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
        const char *kind = target ? attribute_of(target, "kind") : NULL, *value = kind ? attribute_of(target, "value") : NULL;
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
static const struct quantity *quantity_of(const struct checking *checking, struct quantities *quantities, const struct cost *cost, bool *is_sure)
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
        if (!piece || *is_sure > is_counted || (fit && *is_sure == is_counted && decimal_compare(quantity->count, fit->count) >= 0))
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
    const struct node *start = form_field(checking->form, "header", "start-date"), *end = form_field(checking->form, "header", "end-date");
    return strstr(cost->name, "年") || (start && end && start->value && end->value && strncmp(start->value, end->value, 4) == 0);
}

static void cost_check(struct checking *checking, const struct cost *cost, struct quantities *quantities)
{
    const struct stated *funds = cost->funds;
    struct side sides[] = {checking_side(checking, cost->target), checking_side(checking, funds->node)};
    if (funds->is_assumed) {
        finding_add(checking->findings, CHECK_COST_INDICATORS, VERDICT_REFUSED, sides, 2, "%s与%s：资金未注明单位，无法比较",
                    "%s and %s: the funds have no unit", cost_text(checking, cost), amount_text(checking, funds));
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
                                     : cost->horizon == 0 && is_whole_cost(checking, cost) && !is_of_one_year(checking, cost);
        struct finding *finding =
            is_of_more ? finding_add(checking->findings, CHECK_COST_INDICATORS, VERDICT_REFUSED, sides, 2,
                                     "%s超过%s，但可能是整个项目的成本，口径不明", "%s exceeds %s, but may be of the whole project",
                                     cost_text(checking, cost), amount_text(checking, funds))
                       : finding_add(checking->findings, CHECK_COST_INDICATORS, VERDICT_FAIL, sides, 2, "成本指标%s超过%s",
                                     "the cost indicator %s exceeds %s", cost_text(checking, cost), amount_text(checking, funds));
        if (decimal_subtract(&off, cost->yuan, funds->yuan))
            finding->difference = yuan_text(checking, off);
        return;
    }
    bool is_sure = false;
    const struct quantity *quantity = is_whole_cost(checking, cost) ? NULL : quantity_of(checking, quantities, cost, &is_sure);
    struct decimal all;
    if (!quantity || !decimal_multiply(&all, cost->yuan, quantity->count) || decimal_compare(all, funds->yuan) <= 0 ||
        is_equal(all, funds->yuan, funds->step, funds->step)) {
        finding_count(checking->findings, CHECK_COST_INDICATORS, VERDICT_PASS);
        return;
    }
    struct side three[] = {sides[0], checking_side(checking, quantity->target), sides[1]};
    is_sure = is_sure && (!cost->more || decimal_compare(all, cost->more->yuan) > 0);
    struct finding *finding =
        is_sure ? finding_add(checking->findings, CHECK_COST_INDICATORS, VERDICT_FAIL, three, 3, "%s乘以数量%s为%s，超过%s",
                              "%s times %s is %s and exceeds %s", cost_text(checking, cost), quantity->target->value,
                              unit_text(checking, all, funds->node), amount_text(checking, funds))
                : finding_add(checking->findings, CHECK_COST_INDICATORS, VERDICT_REFUSED, three, 3,
                              "%s乘以数量%s为%s，超过%s，但单位成本与数量是否对应不明",
                              "%s times %s is %s and exceeds %s, if the two belong together", cost_text(checking, cost),
                              quantity->target->value, unit_text(checking, all, funds->node), amount_text(checking, funds));
    if (decimal_subtract(&off, all, funds->yuan))
        finding->difference = yuan_text(checking, off);
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
