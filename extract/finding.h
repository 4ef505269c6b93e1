/* What checks find: facts with evidence, and how often each check passed, failed
 * or was refused. */
#ifndef SHENBAO_FINDING_H
#define SHENBAO_FINDING_H

#include "base/array.h"
#include "form.h"

/* The rules; their names, severities and functions are one table in check.c. */
enum check {
    /* within one form */
    CHECK_REQUIRED_FIELD, CHECK_FUNDING_SUM, CHECK_ANNUAL_OVER_TOTAL, CHECK_BUDGET_SUM, CHECK_LINE_PRODUCT,
    CHECK_UNIT_UNDECLARED, CHECK_UNIT_CONFLICT, CHECK_TEN_THOUSANDFOLD, CHECK_COST_INDICATORS, CHECK_NAME_RESTATED,
    CHECK_YEAR_DISAGREES, CHECK_PERIOD_ORDER, CHECK_CHOICE_COUNT, CHECK_NATURE_AGAINST_PERIOD, CHECK_DIMENSION_MISSING,
    CHECK_TAXONOMY, CHECK_DUPLICATE_INDICATOR, CHECK_PLACEHOLDER, CHECK_PERCENT_RANGE, CHECK_SIGN_DIRECTION,
    CHECK_UNIT_OF_MEASURE, CHECK_VAGUE_TARGET, CHECK_WEIGHT_SUM, CHECK_SCORE, CHECK_GOAL_NUMBER, CHECK_UNREAD,
    CHECK_ENCODING,
    /* across forms */
    CHECK_AMBIGUOUS_MATCH, CHECK_AMOUNT_JUMP, CHECK_UNIT_SLIP, CHECK_DIGIT_SLIP, CHECK_TARGET_LOWERED,
    CHECK_TARGET_BELOW_ACTUAL, CHECK_INDICATOR_CHANGED, CHECK_MEASURE_CHANGED, CHECK_SIGN_FLIP, CHECK_COPIED_FORM,
    CHECK_STALE_YEAR, CHECK_CONTINUITY, CHECK_CUMULATIVE, CHECK_CARRY_OVER, CHECK_OWNER_CHANGED,
    CHECK_EVALUATION_TARGET, CHECK_RESTATED,
    CHECKS
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_INFO, SEVERITIES };
extern const char *const severity_names[SEVERITIES]; /* error warning info */

enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_REFUSED, VERDICT_NOT_APPLICABLE, VERDICTS };
extern const char *const verdict_names[VERDICTS]; /* pass fail refused not-applicable */

/* One side of a finding: a statement of a form. Strings live as long as the form. */
struct side {
    const struct form *form;
    const struct node *node; /* what was stated; NULL where nothing was (a missing field) */
};

struct finding {
    enum check check;
    enum severity severity;
    enum verdict verdict; /* VERDICT_FAIL or VERDICT_REFUSED */
    const char *zh, *en;  /* the message in both languages, one sentence without full stop */
    const char *difference; /* by how much the sides differ ("10000.00 元", "×10000"), or NULL */
    struct side *sides;   /* the first is where the finding is shown */
    size_t side_count;
};

/* Findings live until findings_reset(); counts go on. */
struct findings {
    struct arena arena;
    array_of(struct finding) items;
    size_t counts[CHECKS][VERDICTS];
};

/* Counts a verdict that needs no words: VERDICT_PASS, VERDICT_NOT_APPLICABLE. */
void finding_count(struct findings *findings, enum check check, enum verdict verdict);

/* Adds a finding and counts it. `sides` is copied. Both formats take the same
 * arguments in the same order (or %1$s …). The severity is that of the check. */
struct finding *finding_add(struct findings *findings, enum check check, enum verdict verdict, const struct side *sides,
                            size_t count, const char *zh, const char *en, ...)
    __attribute__((format(printf, 6, 8), format(printf, 7, 8)));

void findings_reset(struct findings *findings);   /* forgets the findings, keeps the counts */
void findings_release(struct findings *findings);

#endif
