/* What the check functions of check_*.c share; check.c runs them. */
#ifndef SHENBAO_CHECKING_H
#define SHENBAO_CHECKING_H

#include "base/decimal.h"
#include "check.h"
#include "grammar.h"

/* One run over one form. Blocks are NULL where the form has none. */
struct checking {
    const struct grammar *grammar;
    const struct form *form;
    struct findings *findings;
    struct arena *arena; /* of the findings */
    const struct node *header, *narrative, *funding, *indicators, *budget;
    enum check check; /* the one at hand */
    bool is_found[CHECKS]; /* what reading found already: no pass */
    struct funds *funds;   /* the amounts of funding, of check_money.c; NULL until asked for */
    size_t pairs;          /* of amounts that should be equal and were compared */
    struct survey *survey; /* of the indicators, made when first asked for */
};

static inline struct side checking_side(const struct checking *checking, const struct node *node)
{
    return (struct side){checking->form, node};
}

/* What is printed in place of a field and was kept as text, for it could not be read; or NULL. */
const struct node *checking_unread(const struct checking *checking, const char *section, const char *name);

/* An amount of money as stated: exact 元, and one unit of its last printed place in 元.
 * False where there is none or it cannot be read. */
bool checking_money(const struct checking *checking, const struct node *node, struct decimal *yuan,
                    struct decimal *step);

/* ---- check_sums.c ---- */
void check_required_field(struct checking *checking);
void check_funding_sum(struct checking *checking);
void check_annual_over_total(struct checking *checking);

/* ---- check_budget.c ---- */
void check_budget_sum(struct checking *checking);
void check_line_product(struct checking *checking);

/* ---- check_units.c ---- */
void check_unit_conflict(struct checking *checking);

/* ---- check_costs.c ---- */
void check_ten_thousandfold(struct checking *checking);
void check_cost_indicators(struct checking *checking);

/* ---- check_header.c ---- */
void check_name_restated(struct checking *checking);
void check_year_disagrees(struct checking *checking);
void check_period_order(struct checking *checking);
void check_choice_count(struct checking *checking);
void check_nature_against_period(struct checking *checking);

/* ---- check_indicators.c ---- */
void check_dimension_missing(struct checking *checking);
void check_taxonomy(struct checking *checking);
void check_duplicate_indicator(struct checking *checking);
void check_placeholder(struct checking *checking);
void check_percent_range(struct checking *checking);
void check_sign_direction(struct checking *checking);
void check_unit_of_measure(struct checking *checking);
void check_vague_target(struct checking *checking);

/* ---- check_goal.c ---- */
void check_goal_number(struct checking *checking);

/* ---- check_scores.c ---- */
void check_weight_sum(struct checking *checking);
void check_score(struct checking *checking);
void check_unread(struct checking *checking);

#endif
