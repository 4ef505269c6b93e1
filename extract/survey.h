/* The indicators of one form, gone through once for all checks that look at them. */
#ifndef SHENBAO_SURVEY_H
#define SHENBAO_SURVEY_H

#include "checking.h"

enum level_class { CLASS_NONE, CLASS_OUTPUT, CLASS_BENEFIT, CLASS_INFLUENCE, CLASS_SATISFACTION, CLASS_COST, CLASS_OTHER };
enum dimension {
    DIMENSION_NONE, DIMENSION_QUANTITY, DIMENSION_QUALITY, DIMENSION_TIMELINESS, DIMENSION_COST, DIMENSION_ECONOMIC,
    DIMENSION_SOCIAL, DIMENSION_ECOLOGICAL, DIMENSION_SUSTAINABILITY, DIMENSION_SATISFACTION, DIMENSION_OTHER
};
enum horizon { HORIZON_ANNUAL, HORIZON_MIDTERM, HORIZON_PROJECT, HORIZONS };
enum target_kind {
    TARGET_NONE,  /* the layout has no column for it */
    TARGET_BLANK,
    TARGET_TEXT, TARGET_NUMBER, TARGET_MONEY, TARGET_TIME
};
enum target_sign { SIGN_NONE, SIGN_EQ, SIGN_GE, SIGN_GT, SIGN_LE, SIGN_LT };

/* One indicator. Nodes are NULL where the layout has no such column. */
struct measured {
    const struct node *level1, *level2, *name, *target, *description, *weight, *actual, *score, *deviation;
    const char *value, *unit; /* of a number or of money, as written; unit NULL if none */
    const char *folded;       /* the name as patterns want it; "" if there is none */
    unsigned char class, dimension, horizon, kind, sign;
};

struct survey {
    struct measured *items;
    size_t count;
    size_t in_horizon[HORIZONS];
    size_t named, targeted, weighed, scored; /* with a value there */
    unsigned horizons;                       /* how many have indicators */
};

/* Made when first asked for; count is 0 for a form without indicators. */
const struct survey *survey_of(struct checking *checking);

static inline bool measured_rises(const struct measured *m) { return m->sign == SIGN_GE || m->sign == SIGN_GT; }
static inline bool measured_falls(const struct measured *m) { return m->sign == SIGN_LE || m->sign == SIGN_LT; }
static inline const char *node_text(const struct node *node) { return node && node->value ? node->value : ""; }

/* What a message calls an indicator: its name, or else its level, and the first of its statements that was printed. */
const char *measured_title(const struct measured *measured);
const struct node *measured_place(const struct measured *measured);

/* 292%, which reading took for a misread ≥92% and left as text. */
bool measured_is_misread(const struct measured *measured);

/* The text folded as patterns want it, without blanks; the text itself where that is so already. */
const char *survey_folded(const struct checking *checking, const char *text);

/* Whether a word of a value that is matched from its beginning stands anywhere in a folded text. */
bool survey_finds(const struct checking *checking, enum value_name value, const char *text);

#endif
