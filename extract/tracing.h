/* A trace in the making: what the files trace*.c share. */
#ifndef SHENBAO_TRACING_H
#define SHENBAO_TRACING_H

#include "build.h"
#include "nearest.h"
#include "read/source.h"
#include "trace.h"

enum {
    LABEL_WIDTH = 26, /* columns of a terminal for what is printed in a cell */
    VALUE_WIDTH = 60,
    HINTS_MOST = 300,  /* different labels for which the nearest is looked for */
    CARRIED_MOST = 40, /* of one row */
};

/* What became of a piece of the text. */
enum event_kind { EVENT_VALUE, EVENT_MORE, EVENT_AGAIN, EVENT_RESIDUE, EVENT_FINDING };

struct event {
    struct span span;
    enum event_kind kind;
    const struct node *node;
    const char *path;
};

/* A value that is cited from a row above: where the row that it belongs to stands. */
struct carried {
    uint32_t anchor;
    const struct node *node;
    const char *path;
};

/* A node that states a label: to know which rule took a printed one. */
struct labelled {
    const char *rule, *label;
    const struct node *node;
    const char *path;
    bool is_told;
};

struct named_rule {
    const char *name;
    const struct rule *rule;
};

struct tracer {
    const struct source *source;
    const struct grammar *grammar;
    struct document_text document;
    struct grid grid;
    FILE *out;
    struct arena kept;    /* as long as the trace */
    struct arena page;    /* as long as a declaration */
    struct arena scratch; /* as long as a row */
    struct nearest nearest;
    struct named_rule *names; /* sorted */
    size_t name_count;
    array_of(struct event) events;
    array_of(struct carried) carried;
    array_of(struct labelled) labels;
    array_of(struct claim) claims; /* sorted, of the rows at hand */
    array_of(const char *) hinted;
    uint32_t next;           /* row to print */
    uint32_t heading;        /* the row that headed a table last, UINT32_MAX for none */
    bool is_unknown_heading; /* the row at hand looks like one that no rule knows … */
    uint32_t row;            /* … and is this one */
    uint32_t headline;
    bool is_headline_untitled;
    bool is_outside; /* the rows at hand belong to no declaration */
    size_t declarations, unknown, residues, findings;
};

/* ---- trace_text.c ---- */

/* Prints text without what a terminal would act upon, cut to `most` columns; returns its width. */
unsigned print_text(FILE *out, const char *text, unsigned most);
void print_padded(FILE *out, const char *text, unsigned width);

/* The text as a pattern: what means something to PCRE2 is escaped. */
void print_pattern(FILE *out, const char *text, size_t length);

/* The file and line of a rule, in brackets; nothing for NULL. */
void print_site(FILE *out, const struct rule *rule);

/* Begins a line about a piece of text. */
void begin_line(struct tracer *tracer, const char *text);

const char *span_text(struct tracer *tracer, struct span span);

/* A text as a label is matched, without the colon behind it. */
void text_view(const char *text, struct view *view);

/* A label's view without the note in brackets behind it. */
size_t bare_length(const char *text, size_t length);

unsigned line_at(const struct source *source, uint32_t offset);
unsigned row_line(const struct source *source, const struct grid *grid, const struct row *row);

/* ---- trace_places.c ---- */

/* What the children of a node say, for the rows that it is said in. */
void tree_collect(struct tracer *tracer, const struct node *parent, const char *prefix);

/* Brings what was collected into the order of the text; `build` has the claims. */
void places_sort(struct tracer *tracer, const struct build *build);

/* The first event from a place on. */
size_t event_first(const struct tracer *tracer, uint32_t from);

/* The first value carried down into a row that begins there. */
size_t carried_first(const struct tracer *tracer, uint32_t from);

/* The first of the labels that read like this one; SIZE_MAX if there is none. */
size_t labelled_find(const struct tracer *tracer, const char *label);

/* Whether a claim of this kind begins in the span or reaches into it. */
bool is_claimed(const struct tracer *tracer, struct span span, enum claim_kind kind);

/* The path of the first value behind a place, "" if there is none. */
const char *path_behind(const struct tracer *tracer, uint32_t at);
bool is_in(const char *path, const char *block);
bool is_by(const struct node *node, const char *by);

/* ---- trace_rules.c ---- */

void names_build(struct tracer *tracer);

/* The first rule of a name; in *site, of all of that name, the one that spells the label. */
const struct rule *rule_named(const struct tracer *tracer, const char *name, const char *label,
                              const struct rule **site);

/* ---- trace_hints.c ---- */

/* Which rule comes nearest to a label that no rule took, and the line to add. */
void hint_label(struct tracer *tracer, const struct cell *cell, const char *label, const char *value);
void hint_term(struct tracer *tracer, const struct cell *cell, const struct rule *group);
void hint_residue(struct tracer *tracer, struct span span);

/* ---- trace_cells.c ---- */

/* A row's cell: its label, its values, or why it is neither. `table`: that the row heads, or NULL. */
void print_cell(struct tracer *tracer, const struct cell *cell, const struct rule *table);
void print_carried(struct tracer *tracer, const struct carried *carried);
bool is_labellike(const struct tracer *tracer, const struct cell *cell);

#endif
