/* A declaration in the making: what the stages section, table and value share. */
#ifndef SHENBAO_BUILD_H
#define SHENBAO_BUILD_H

#include "base/array.h"
#include "grid.h"
#include "record.h"

enum claim_kind { CLAIM_LABEL, CLAIM_VALUE };

struct claim {
    struct span span;
    enum claim_kind kind;
};

/* A printed label: where, and as it reads. */
struct label_text {
    struct span span; /* without ordinal and colon */
    const char *text; /* normal form, NULL for none */
    const char *unit; /* money unit in brackets behind it, NULL for none */
    struct span unit_at;
};

/* A value as printed: pieces of the source, one after another. */
struct statement {
    const struct rule *rule;
    struct label_text label;
    struct span *spans;
    size_t count;
    const char *by; /* how it came here, NULL where simply read */
    bool is_cell;   /* the whole of a table cell: dashes mean blank */
    const char *text; /* its normal form where that is known already, or NULL */
};

/* An amount whose coordinates the whole block decides. */
struct amount {
    struct node *node;
    struct statement statement;
    const char *axes[3];
    const char *unit; /* of its label or heading, NULL for none */
    unsigned block;   /* headings seen before it */
    uint32_t row;
    unsigned column;  /* of its label */
    bool has_place;   /* columns mean something: no line of text */
    size_t sequence;
    const struct rule *unless; /* what its scope is beside another amount */
    bool is_text;              /* printed, but no money can be read in it */
};

/* The rows of one declaration. Titles above the first of several are shared. */
struct extent {
    uint32_t from, to;             /* rows */
    uint32_t title_from, title_to; /* shared rows, read first; empty for none */
    const struct rule *title;      /* kind of the declaration: WORD_TITLE, or NULL */
    bool is_many;                  /* a table of many projects: every key begins one */
};

struct build {
    const struct document_text *document;
    const struct grid *grid;
    const struct grammar *grammar;
    struct arena *arena;
    struct node *declaration;
    struct node *blocks[SECTIONS_MOST]; /* by section, made when first needed */
    struct node *fields, *findings;
    array_of(struct claim) claims;
    array_of(struct amount) amounts;
    array_of(struct node *) moneys; /* of tables: units settled at the end */
    const char *declared_unit;      /* of the whole declaration, NULL if none */
    size_t values;
    struct extent extent;           /* the rows it was built of */
    struct node **index;            /* nodes with a value, by parent, name and value: open addressing */
    size_t index_room, index_count;
};

struct node *build_block(struct build *build, unsigned section);
void build_claim(struct build *build, struct span span, enum claim_kind kind);
/* The finding has no place where `at` is NULL. */
struct node *build_finding(struct build *build, const char *rule, const char *severity, const struct span *at,
                           const char *format, ...)
    __attribute__((format(printf, 5, 6)));
struct label_text build_label(struct build *build, struct span span);
/* The form's year, as far as it is stated by now; 0 if it is not. */
int build_year(const struct build *build);
const char *build_rule_name(struct build *build, const struct rule *rule);

/* The source of a statement as p:raw says it: in normal form, or with its markup
 * where that is what parts the paragraphs. */
const char *build_raw(struct build *build, const struct span *spans, size_t count);

/* The pieces of spans that can be read back: no comments, nothing undecodable. */
struct spans build_readable(struct build *build, const struct span *spans, size_t count);

/* A copy of the spans in the declaration's arena. */
struct span *build_spans(struct build *build, const struct span *spans, size_t count);

/* ---- value.c, value_*.c ---- */

/* A node of `name` under `parent` with value and provenance; cites an equal
 * statement instead if the element is there already and `is_single`. A NULL value
 * makes an empty element. */
struct node *value_node(struct build *build, struct node *parent, const char *name, const struct statement *statement,
                        const char *value, bool is_single);

/* Reads a statement by the type of its rule and adds what it says to `parent`
 * (NULL: the rule's block). False if the type cannot read it. */
bool value_add(struct build *build, struct node *parent, struct statement *statement);

/* Text in a labelled value that no rule knows. */
void value_add_field(struct build *build, const struct statement *statement);

/* Folded view text of a statement, at most VIEW_ROOM bytes. */
bool value_is_blank(struct build *build, const struct statement *statement);

/* Money: plain decimal in 元 with at least two places; *unit is the printed unit
 * or NULL. NULL if it is no money. `context` is the unit to take where none is printed. */
const char *value_money(struct build *build, const char *text, size_t length, const char *context, const char **unit);

/* Sets unit and unit-from and the yuan value once the units are known. */
void value_settle_money(struct build *build, struct node *node, const char *label_unit);

/* Whether a check box or mark is printed in the span. */
bool value_has_mark(const struct build *build, struct span span);

/* ISO 8601, no more precise than printed, of folded text; NULL if it is no date. */
const char *value_date(struct build *build, const char *text, size_t length);

/* The target of an indicator: kind, op, value, unit. `context` is level 2 and name. */
void value_target(struct build *build, struct node *target, const char *text, const char *context);

#endif
