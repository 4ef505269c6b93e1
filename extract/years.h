/* Comparisons across forms: the same project from year to year, a declaration and
 * its evaluation, two documents of one year. */
#ifndef SHENBAO_YEARS_H
#define SHENBAO_YEARS_H

#include "finding.h"
#include "base/decimal.h"

/* Many forms that stay in memory together, with what they live in. */
struct forms {
    struct arena arena;
    struct form *items; /* in the order they were added */
    size_t count, room;
    struct lexicon_of_strings *strings; /* names and labels, each once */
    bool is_whole;               /* everything is kept, as checks within a form need it */
    struct node *found;          /* where is_whole: what reading found of the last extraction's document */
    const struct origin *found_in;
    struct _xmlTextReader *reader; /* from one extraction to the next */
};

enum forms_trouble { FORMS_FINE, FORMS_UNREADABLE, FORMS_NO_EXTRACTION, FORMS_OTHER_VERSION, FORMS_BROKEN };

/* Whether the file holds an extraction (XML of our vocabulary), not a document. */
bool forms_is_extraction(const char *path);

/* Adds the declarations of an extraction: only what comparisons look at (header,
 * narrative goals, funding, indicators, budget total, coverage, findings). On trouble
 * nothing is added and *detail (in the arena) says more. */
enum forms_trouble forms_read(struct forms *forms, const char *path, const char **detail);

/* The same of an extraction in memory, which `path` holds: an archive. */
enum forms_trouble forms_read_memory(struct forms *forms, const char *path, const char *bytes, size_t length,
                                     const char **detail);

/* Adds a copy of a form that was read just now: alike to one that is read back. */
void forms_add(struct forms *forms, const struct form *form);

void forms_release(struct forms *forms);

struct grammar;

struct years_options {
    struct decimal threshold; /* change of an annual amount worth a finding, as a share: 0.2 */
    const char *unit;         /* only forms of this unit, or NULL */
    unsigned first_year, last_year; /* 0: all */
};

/* How a comparison went, for the summary. */
struct years_summary {
    size_t forms, duplicates, projects, pairs, unmatched, without_year;
};

/* Matches projects from year to year and runs every check across forms. Findings are in
 * the order of project, year, place, whatever the order of the forms. Time grows with the
 * number of forms (and its logarithm). */
struct years_summary years_compare(const struct forms *forms, const struct grammar *grammar,
                                   const struct years_options *options, struct findings *findings);

#endif
