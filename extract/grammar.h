/* The rules that say what the forms look like, read from *.grammar files.
 *
 * A line is WORD NAME PATTERN; what belongs to a line is indented under it. The
 * words are one table in grammar_read.c. docs/grammar.md teaches the language. */
#ifndef SHENBAO_GRAMMAR_H
#define SHENBAO_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum word {
    /* what stands at the margin */
    WORD_TITLE, WORD_NOTICE, WORD_SECTION, WORD_VALUE,
    /* fields of a section and columns of a table: types of value.c */
    WORD_TEXT, WORD_PROSE, WORD_DATE, WORD_PERIOD, WORD_YEAR, WORD_MONEY, WORD_UNIT, WORD_BOOLEAN, WORD_CHOICE,
    WORD_DEPARTMENT, WORD_PERSON, WORD_FIELD,
    WORD_GROUP, WORD_NAME, WORD_TARGET, WORD_QUANTITY, WORD_SIGN, WORD_MEASURE,
    /* shapes of a section */
    WORD_AMOUNT, WORD_TABLE, WORD_LIST, WORD_CHECK, WORD_REQUIRE, WORD_DEFAULT,
    /* what belongs to one of the above */
    WORD_PART, WORD_FORM, WORD_SCALE, WORD_KEY, WORD_OPTIONAL, WORD_LIKELY, WORD_CLOSING, WORD_COMMON, WORD_MEANS,
    WORD_BESIDE, WORD_AFTER, WORD_IMPLIED, WORD_SETS, WORD_TERM, WORD_SUFFIX, WORD_UNDER, WORD_TOTAL, WORD_SUM,
    WORD_HALVES, WORD_MARK, WORD_UNLESS,
    WORDS
};
extern const char *const word_names[WORDS];

struct rule {
    enum word word;
    unsigned id;         /* 1 and up, in the order of the files */
    const char *name;    /* "" where the word takes none */
    const char *element; /* the name up to '+', … */
    const char *second;  /* … and behind it, or NULL: a value that states two fields */
    const char *pattern; /* NULL where none is given */
    const char *label;   /* section and table before the name, as p:rule says it: funding/annual.total */
    const char *path;
    unsigned line, column; /* column of the pattern */
    struct rule *parent, *first, *last, *next;
    uint64_t holds;     /* words of its children, as bits */
    struct rule *same;  /* the field that this one names again, or NULL */
    struct rule *alias; /* the same column again with another pattern */
    unsigned index; /* sections, tables and groups: their place among their kind */
    struct pattern *own; /* for words whose pattern is matched by itself (means, unless …) */
    const char *text;    /* the whole line, for carets */
};

const struct rule *rule_child_find(const struct rule *rule, enum word word);
static inline const struct rule *rule_child(const struct rule *rule, enum word word) /* the first, or NULL */
{
    return rule->holds >> word & 1 ? rule_child_find(rule, word) : NULL;
}
bool rule_is_field(const struct rule *rule);

enum { SECTIONS_MOST = 24, TABLES_MOST = 12, GROUPS_MOST = 8 };

/* What the text of a cell may mean as a label; ids of rules, 0 where nothing. */
struct meaning {
    uint16_t title, notice, section;
    uint16_t fields[SECTIONS_MOST];
    uint16_t columns[TABLES_MOST];
    uint16_t terms[GROUPS_MOST];
    uint16_t list_total; /* WORD_TOTAL of a table or list */
    bool is_field;       /* any of fields */
    bool is_column, is_term;
};

/* Values that the engine asks for by name; each must stand in a grammar. */
enum value_name {
    VALUE_BLANK, VALUE_HINT, VALUE_ORDINAL, VALUE_MONEY, VALUE_UNIT, VALUE_SIGN, VALUE_NUMBER, VALUE_MEASURE,
    VALUE_TIME, VALUE_DATE, VALUE_PERIOD, VALUE_YEAR, VALUE_BOOLEAN, VALUE_MARK, VALUE_DEPARTMENT,
    VALUE_PERSON, VALUE_NUMBERING, VALUE_PLACEHOLDER, VALUE_UNFILLED, VALUE_COSTLY, VALUE_DIRECTION,
    VALUE_UNSIGNED, VALUE_HEADLINE, VALUE_NOTE, VALUE_ITEM, VALUE_LABEL, VALUE_RATE, VALUE_DURATION,
    VALUE_WITHIN, VALUE_CAPTION, VALUE_MONEY_YEAR, VALUE_SIGNED, VALUE_MEASURED, VALUE_VAGUE, VALUE_SHARE,
    /* what the checks of indicators look for */
    VALUE_TEMPLATE, VALUE_MASK, VALUE_WISH, VALUE_HARM, VALUE_REMEDY, VALUE_SAVING, VALUE_BOUNDED, VALUE_GROWTH, VALUE_RATED,
    VALUE_PLEASED, VALUE_TALLY, VALUE_UNITLESS, VALUE_COUNTED, VALUE_ATTACHED, VALUE_POINTS,
    /* and those of money and header */
    VALUE_NATURE, VALUE_WHOLE_COST, VALUE_UNIT_COST, VALUE_EACH, VALUE_EVENLY, VALUE_FURTHER, VALUE_COSTING, VALUE_COUNTING,
    /* what comparisons over the years look for */
    VALUE_CAUSE, VALUE_REASON, VALUE_CITED, VALUE_DUE, VALUE_CONTINUING, VALUE_FRESH, VALUE_ONCE,
    VALUE_SYNONYM, VALUE_MAGNITUDE, VALUE_TOWARD, VALUE_BURDEN, VALUE_GAIN, VALUE_DEADLINE,
    VALUE_FILLER, VALUE_TELLING, VALUES
};

/* What the lines `check` and `require` say. */
enum relation_kind { RELATION_SUM, RELATION_PRODUCT, RELATION_AT_MOST, RELATION_REQUIRE };

enum { OPERANDS_MOST = 16, SOURCES_MOST = 64 };

/* Of amounts a name says source, scope.source or scope.source.stage; else it is an element. */
struct operand {
    const char *name;
    const char *scope, *stage; /* NULL where the name leaves them open */
    unsigned source;           /* its place among the sources of check lines */
    bool is_optional;          /* in square brackets: many forms do not print it */
};

struct relation {
    enum relation_kind kind;
    const struct rule *rule, *section, *table; /* table: NULL for a line of the section itself */
    bool has_amounts;                          /* the section's fields are amounts */
    struct operand *operands;                  /* of a check, the first stands left of the sign */
    size_t count;
    const char *names; /* of what is required, as the line has them; and what people call it, or NULL */
    const char *title;
};

/* A column of money that has a sum: of a table or list. */
struct tally {
    const struct rule *section;
    const char *line, *column, *sum; /* elements */
};

struct grammar {
    struct rule **rules; /* by id; [0] unused */
    size_t count;
    struct rule *sections[SECTIONS_MOST], *tables[TABLES_MOST], *groups[GROUPS_MOST];
    size_t section_count, table_count, group_count;
    struct pattern *values[VALUES];
    struct pattern *any, *titles, *notices, *headings, *totals;
    struct pattern *fields[SECTIONS_MOST], *columns[TABLES_MOST], *terms[GROUPS_MOST];
    struct meaning *meanings; /* [0] means nothing */
    size_t meaning_count, meaning_room;
    struct memo *lexicon; /* what was looked up before … */
    struct memo *cells;   /* … and what cells were read before */
    struct scale *scales;    /* the units of money */
    size_t scale_count;
    struct relation *relations; /* in the order of the files */
    size_t relation_count;
    struct tally *tallies;
    size_t tally_count;
    const char *sources[SOURCES_MOST]; /* that check lines name */
    uint64_t parts[SOURCES_MOST];      /* … and what each is made up of, at any depth */
    size_t source_count;
    struct grammar_store *store;
};

/* Loads every *.grammar in each folder (in the order of their names) and each
 * file named directly. A file of the same name in a later folder replaces the
 * earlier one; any other adds to what is there. Every mistake in every file is
 * reported to standard error as path:line:col: error: …; returns NULL if there
 * was one. Released with grammar_release(). */
struct grammar *grammar_load(const char *const *paths, size_t count);
void grammar_release(struct grammar *grammar);

/* One line a rule: file:line, section, word, name, pattern. */
void grammar_list(const struct grammar *grammar, FILE *out);

/* SHA-256 over the rules, hexadecimal: the grammars' fingerprint. */
const char *grammar_fingerprint(const struct grammar *grammar);

/* What a label view may mean: an index into meanings, 0 for nothing. Fast on
 * texts seen before. Not for several threads at once. */
unsigned grammar_meaning(const struct grammar *grammar, const char *text, size_t length);

/* The rule of a unit of money as printed, and by how many zeros it is more than one; NULL if it is none. */
const struct rule *grammar_scale(const struct grammar *grammar, const char *unit, unsigned *zeros);

static inline const struct rule *grammar_rule(const struct grammar *grammar, unsigned id) { return grammar->rules[id]; }

/* Matches a value's forms; returns the form's rule or NULL. */
const struct rule *grammar_value(const struct grammar *grammar, enum value_name name, const char *text, size_t length);

#endif
