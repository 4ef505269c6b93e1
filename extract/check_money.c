#include "check_money.h"

unsigned money_places(const char *text)
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

struct decimal money_step(int zeros, const char *printed)
{
    return power_of_ten(zeros - (int)money_places(printed));
}

/* The number as it is stated in units of 10^zeros 元. Of a corrected one only the value is known: it has the
 * places of what was printed, or as many as it needs. */
static const char *number_stated(const struct checking *checking, const struct node *node, int zeros)
{
    struct decimal yuan, shifted;
    if (!node_is_reviewed(node) || !decimal_read(&yuan, node->value, strlen(node->value)) ||
        !decimal_shift(&shifted, yuan, -zeros))
        return node_printed(node);
    const char *text = decimal_text(checking->arena, shifted), *raw = node->provenance->raw;
    unsigned places = money_places(text), wanted = raw ? money_places(raw) : 0;
    const unsigned most = sizeof "000000000" - 1;
    return places >= wanted ? text
                            : arena_printf(checking->arena, "%s%s%.*s", text, places ? "" : ".",
                                           (int)(wanted - places < most ? wanted - places : most), "000000000");
}

/* Of a node that has a value and this unit. */
static bool money_read(const struct checking *checking, const struct node *node, const char *unit,
                       struct decimal *yuan, struct decimal *step)
{
    unsigned zeros = 0;
    if (!unit || !decimal_read(yuan, node->value, strlen(node->value)) ||
        !grammar_scale(checking->grammar, unit, &zeros))
        return false;
    *step = money_step((int)zeros, number_stated(checking, node, (int)zeros));
    return true;
}

bool checking_money(const struct checking *checking, const struct node *node, struct decimal *yuan,
                    struct decimal *step)
{
    return node && node->value && money_read(checking, node, attribute_of(node, "unit"), yuan, step);
}

const char *money_printed(struct checking *checking, const struct node *node)
{
    const char *unit = attribute_of(node, "unit"), *from = attribute_of(node, "unit-from");
    bool is_inline = from && strcmp(from, "inline") == 0 && !node_is_reviewed(node),
         has_unit = !unit || is_inline || (from && strcmp(from, "assumed") == 0);
    unsigned zeros = 0;
    bool is_known = unit && grammar_scale(checking->grammar, unit, &zeros);
    const char *stated = number_stated(checking, node, is_known ? (int)zeros : 0);
    return has_unit ? stated : arena_printf(checking->arena, "%s%s", stated, unit);
}

const char *money_in_unit(struct checking *checking, struct decimal yuan, const struct node *node)
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

const char *money_in_yuan(struct checking *checking, struct decimal yuan)
{
    return arena_printf(checking->arena, "%s元", decimal_text(checking->arena, yuan));
}

static unsigned step_index(struct decimal step)
{
    int power = -(int)step.places - STEP_LEAST;
    for (__int128 rest = step.units; rest >= 10; rest /= 10)
        power++;
    return power < 0 ? 0 : power < STEPS ? (unsigned)power : STEPS - 1;
}

static bool is_of_unit(const char *unit, const struct node *node)
{
    const char *own = attribute_of(node, "unit");
    return strcmp(unit, own ? own : "") == 0;
}

void steps_add(struct steps *steps, const struct node *node, struct decimal step)
{
    if (!steps->unit)
        steps->unit = attribute_of(node, "unit") ? attribute_of(node, "unit") : "";
    steps->is_mixed = steps->is_mixed || !is_of_unit(steps->unit, node);
    steps->counts[step_index(step)]++;
}

struct decimal steps_sum(const struct steps *steps, const struct node *total, struct decimal total_step)
{
    unsigned most = STEPS - 1, finest = 0, whole = step_index(total_step);
    while (finest < STEPS - 1 && !steps->counts[finest])
        finest++;
    if (!steps->is_mixed && steps->unit && is_of_unit(steps->unit, total))
        most = finest > whole ? finest : whole;
    struct decimal sum = {0, 0};
    for (unsigned i = 0; i < STEPS; i++) {
        const unsigned power = i < most ? i : most;
        struct decimal share = {steps->counts[i], 0};
        if (steps->counts[i] && (!decimal_shift(&share, share, (int)power + STEP_LEAST) || !decimal_add(&sum, sum, share)))
            return total_step;
    }
    return sum;
}

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

struct funds *funds_of(struct checking *checking)
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
            is_whole = part ? decimal_add(&sum.yuan, sum.yuan, part->yuan) &&
                                  decimal_add(&sum.step, sum.step, part->step)
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

const struct stated *fund_total(struct checking *checking, const struct funds *funds, const char *scope)
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
