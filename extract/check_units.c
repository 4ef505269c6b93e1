/* Checks of units of money: two that contradict each other, and one that slipped. */
#include <string.h>

#include "base/array.h"
#include "check_money.h"

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
        const struct rule *unit =
            to - from < 32 ? grammar_scale(checking->grammar,
                                           arena_copy(checking->arena, from, (size_t)(to - from)), zeros)
                           : NULL;
        if (unit)
            return unit;
    }
    return NULL;
}

struct conflicts {
    array_of(struct side) sides;
    const struct node *first, *declared; /* the first amount at odds, and what it is at odds with */
    const struct node *unread;           /* an amount that says something else than a number */
    const char *unit, *label;            /* of the latter */
    size_t compared;
};

static void unit_compare(struct checking *checking, struct conflicts *conflicts, const struct node *node,
                         const struct node *declared, unsigned declared_zeros)
{
    const char *from = attribute_of(node, "unit-from"), *unit = attribute_of(node, "unit"),
               *kind = attribute_of(node, "kind");
    if (node->value && kind && is(kind, "text") && is(node->name, "amount") && declared && !conflicts->unread)
        conflicts->unread = node;
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
        const struct node *name = line->first ? child_of(line, "name") : NULL,
                          *amount = line->first ? child_of(line, "amount") : NULL;
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
                    money_printed(checking, conflicts.first));
    } else if (conflicts.unread) {
        const struct side sides[] = {checking_side(checking, conflicts.unread), checking_side(checking, declared)};
        finding_add(checking->findings, CHECK_UNIT_CONFLICT, VERDICT_REFUSED, sides, 2,
                    "“%s”注明单位为%s，“%s”不能识读，是否另有单位不明",
                    "%s says %s, and whether '%s' has another unit cannot be read", label_of(declared), declared->value,
                    conflicts.unread->value);
    } else {
        finding_count(checking->findings, CHECK_UNIT_CONFLICT,
                      conflicts.compared ? VERDICT_PASS : VERDICT_NOT_APPLICABLE);
    }
    array_release(&conflicts.sides);
}

/* ---- ten-thousandfold ---- */

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

bool money_is_powers_apart(struct checking *checking, const struct side *sides, size_t count,
                           struct decimal a, struct decimal b, struct decimal a_step, struct decimal b_step,
                           const char *a_text, const char *b_text)
{
    int power = power_between(a, b, a_step, b_step);
    if (!power)
        return false;
    struct finding *finding = finding_add(checking->findings, CHECK_TEN_THOUSANDFOLD, VERDICT_FAIL, sides,
                                          count, "%s与%s应相等，却相差%s倍，金额单位疑有误",
                                          "%s and %s should be equal but differ by %s: a unit slipped",
                                          a_text, b_text, power_text(power) + strlen("×"));
    finding->difference = power_text(power);
    checking->is_found[CHECK_TEN_THOUSANDFOLD] = true;
    return true;
}
