/* What the comparisons of years_*.c share: facts of forms looked up once, pairs of
 * forms, and how findings quote them. years.c runs them. */
#ifndef SHENBAO_COMPARING_H
#define SHENBAO_COMPARING_H

#include "check.h"
#include "grammar.h"
#include "years.h"

/* ---- facts of one form ---- */

struct money {
    const struct node *node;     /* NULL: not stated, or blank */
    struct decimal yuan, step;   /* exact; one unit of the last printed place */
    const char *doubt_zh, *doubt_en; /* why it cannot be compared, or NULL */
};

enum target_kind { TARGET_NONE, TARGET_NUMBER, TARGET_MONEY, TARGET_TIME, TARGET_TEXT };
enum sense { SENSE_UNKNOWN, SENSE_MORE, SENSE_LESS }; /* which is harder to reach */

struct indicator {
    const struct node *node, *name, *target, *weight, *actual, *description;
    const char *key;       /* of the name; of the dimension where there is no name */
    const char *horizon, *dimension;
    enum target_kind kind;
    const char *op;        /* ge le gt lt eq, or NULL */
    struct decimal value;  /* of numbers and money */
    const char *unit;      /* loosely, "" where there is none */
    const char *text;      /* of the target, loosely; "" */
    bool is_several;       /* the key stands more than once */
    size_t order;          /* among the form's */
};

struct facts {
    const struct form *form;
    unsigned year;
    bool is_evaluation;
    struct money annual, annual_fiscal, total, carried; /* total: of the project or its term */
    const struct node *start, *end; /* of the period, with values */
    struct indicator *indicators;   /* by key */
    size_t indicator_count;
    bool is_slipped;                /* its annual amount differs from a neighbour's by a power of ten */
};

/* ---- one comparison ---- */

struct comparing {
    const struct grammar *grammar;
    const struct years_options *options;
    struct findings *findings;
    struct arena *scratch; /* until the project is done */
};

/* Two forms of one project, the earlier first; or a declaration and its evaluation. */
struct pair {
    struct comparing *comparing;
    struct facts *old, *new;
    bool is_adjacent;       /* one year lies between them */
    bool money_is_unclear;  /* documents of one of the years disagree about it */
    struct matched_indicator {
        struct indicator *old, *new; /* either may be NULL */
        bool is_renamed;
    } *indicators;
    size_t indicator_count, matched_count;
};

/* A project's forms of several years. */
struct project {
    struct comparing *comparing;
    struct facts **declarations; /* one a year, by year */
    size_t count;
    bool is_unsure; /* other forms may belong to it as well */
    bool (*year_was_there)(const void *context, unsigned year); /* whether anybody filed anything */
    bool (*unit_was_there)(const void *context, const struct facts *facts, unsigned year); /* whether its unit filed anything */
    const void *context;
};

void facts_read(struct comparing *comparing, struct facts *facts, const struct form *form, unsigned year);
/* The amount of that scope, source and stage (NULL: none printed). */
struct money money_find(struct comparing *comparing, const struct form *form, const char *scope, const char *source,
                        const char *stage);
bool money_is_same(const struct money *a, const struct money *b);
/* Whether both are stated and can be compared. */
static inline bool money_is_stated(const struct money *money) { return money->node && !money->doubt_zh; }

/* The year that a date begins with, or 0. */
unsigned date_year(const struct node *date);
/* Whether two dates are the same, to the precision of both. */
bool date_is_same(const struct node *a, const struct node *b);
/* Whether both forms state the same period. */
bool period_is_same(const struct facts *a, const struct facts *b);
/* … or one that moved on with the year. */
bool period_moved(const struct facts *a, const struct facts *b);

/* Keys: without white space, punctuation, width and case differences. A year and what
 * goes with it (2021年度) is set aside where the form is of about that year. */
const char *key_of(struct arena *arena, const char *text, unsigned year);
/* NFKC without white space; "" for NULL. */
const char *loose_of(struct arena *arena, const char *text);
/* The pairs of neighbouring characters of a key, in their order, no more than `most`. */
size_t key_bigrams(const char *key, uint64_t *bigrams, size_t most);
/* Twice the shared pairs of neighbours over all pairs of neighbours, 0 to 1. */
double key_similarity(const char *a, const char *b);
/* Whether numbers, letters and words that tell siblings apart are the same in both. */
bool key_numbers_agree(const char *a, const char *b);
/* Whether those of one are the same but for some that the other lacks. */
bool key_numbers_contained(const char *a, const char *b);

/* How two close names differ: by words that one adds or drops; by a word that stands in
 * the place of another or tells siblings apart (城市, 农村); by a number. */
enum kinship { KINSHIP_SAME, KINSHIP_TWIN, KINSHIP_OTHER };
enum kinship key_kinship(const struct grammar *grammar, const char *a, const char *b);

/* ---- how findings speak ---- */

/* As printed, with its unit. */
const char *quote_amount(struct arena *arena, const struct node *node);
const char *quote(struct arena *arena, const char *text); /* cut where it is long */

/* A sentence that gives a reason for a change of money (or of `indicator`), or NULL. */
const char *reason_find(const struct pair *pair, const struct indicator *indicator, const struct node **node);

static inline struct side side_of(const struct facts *facts, const struct node *node) { return (struct side){facts->form, node}; }
/* A refusal: for information. */
#define refuse(findings, ...) ((void)(finding_add((findings), __VA_ARGS__)->severity = SEVERITY_INFO))

/* ---- years_money.c ---- */
void compare_money(struct pair *pair);
void compare_carry_over(struct pair *pair, const struct facts *evaluation); /* of the old year, or NULL */
void compare_cumulative(struct project *project);
void compare_restated(struct pair *pair);
void compare_budgeted(struct pair *pair); /* old: the declaration, new: its evaluation */

/* ---- years_targets.c ---- */
void indicators_match(struct pair *pair);
void compare_targets(struct pair *pair);
void compare_actuals(struct pair *pair, const struct facts *evaluation);
void compare_evaluation(struct pair *pair); /* old: the declaration, new: its evaluation */

/* ---- years_text.c ---- */
void compare_copied(struct pair *pair);
void compare_stale(struct pair *pair);
void compare_owner(struct pair *pair);
void compare_continuity(struct project *project);

#endif
