/* Amounts of money as a form states them: what the checks of money share. */
#ifndef SHENBAO_CHECK_MONEY_H
#define SHENBAO_CHECK_MONEY_H

#include <string.h>

#include "checking.h"

/* As strcmp() == 0; most names part at their first sign. */
static inline bool is(const char *a, const char *b) { return *a == *b && strcmp(a, b) == 0; }

static inline const struct node *child_of(const struct node *node, const char *name)
{
    const struct node *child = node->first;
    while (child && !is(child->name, name))
        child = child->next;
    return child;
}

static inline const char *attribute_of(const struct node *node, const char *name)
{
    for (const struct attribute *a = node->attributes; a; a = a->next)
        if (is(a->name, name))
            return a->value;
    return NULL;
}

static inline const char *label_of(const struct node *node)
{
    return node->provenance && node->provenance->label ? node->provenance->label : node->name;
}

static inline bool is_assumed(const struct node *node)
{
    const char *from = attribute_of(node, "unit-from");
    return from && is(from, "assumed");
}

/* Decimal places of the first number in a text, wide digits (０…９ ．) included. */
unsigned money_places(const char *text);

/* One unit of the last printed place, of an amount in units of 10^zeros 元. */
struct decimal money_step(int zeros, const char *printed);

/* As printed, with its unit: 282.00万元. */
const char *money_printed(struct checking *checking, const struct node *node);

/* An amount in the unit that `node` is printed in. */
const char *money_in_unit(struct checking *checking, struct decimal yuan, const struct node *node);
const char *money_in_yuan(struct checking *checking, struct decimal yuan);

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

/* Read from the block of funding when first asked for. */
struct funds *funds_of(struct checking *checking);

/* The stated, unambiguous amount, or NULL. */
static inline const struct stated *fund_amount(const struct fund *fund, unsigned source)
{
    const struct stated *stated = source < SOURCES_MOST ? fund->sources[source] : NULL;
    return stated && stated->is_number && !stated->is_ambiguous ? stated : NULL;
}

/* The total of a scope at its first stage (before the year, where there are several), or NULL. */
const struct stated *fund_total(struct checking *checking, const struct funds *funds, const char *scope);

/* Whether two amounts are equal, each being exact to half of its step. */
static inline bool is_equal(struct decimal a, struct decimal b, struct decimal a_step, struct decimal b_step)
{
    struct decimal both;
    return !decimal_add(&both, a_step, b_step) || decimal_is_near(a, b, both, 0);
}

/* How exactly the terms of a sum are printed: how many of them to each power of ten of 元. */
enum { STEP_LEAST = -9, STEPS = 32 };
struct steps {
    uint32_t counts[STEPS];
    const char *unit;
    bool is_mixed; /* not all are in one unit */
};
void steps_add(struct steps *steps, const struct node *node, struct decimal step);

/* The steps of all terms together, beside a total. Terms printed less exactly than the total are
 * rounded where all of them are so. Where one is as exact as the total, the others are too, and
 * left out zeros: 191.075 + 30 + 16 is 237.075. */
struct decimal steps_sum(const struct steps *steps, const struct node *total, struct decimal total_step);

/* Adds ten-thousandfold if that is how the two differ. */
bool money_is_powers_apart(struct checking *checking, const struct side *sides, size_t count, struct decimal a,
                           struct decimal b, struct decimal a_step, struct decimal b_step, const char *a_text,
                           const char *b_text);

#endif
