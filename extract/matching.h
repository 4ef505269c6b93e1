/* Which forms are of one project. */
#ifndef SHENBAO_MATCHING_H
#define SHENBAO_MATCHING_H

#include "comparing.h"

enum { UNIT_IMPLEMENTING, UNIT_REPORTING, UNIT_DEPARTMENT, UNITS };

/* A form that takes part. Keys are numbers, 0 where there is none. */
struct entry {
    const struct form *form;
    unsigned year;
    bool is_evaluation;
    uint32_t name, code, units[UNITS];
    const char *name_key, *code_key;
    size_t parent; /* of the union of entries that are one project */
    bool is_unsure;
};

struct matching {
    struct comparing *comparing;
    struct arena arena;
    array_of(struct entry) entries; /* by year, path, place */
    struct keys *keys;
    size_t year_count; /* different ones */
};

/* Enters what options allow; counts what is left out. */
void matching_enter(struct matching *matching, const struct forms *forms, struct years_summary *summary);
/* Joins the entries of each project; says which may be one but cannot be told. */
void matching_join(struct matching *matching);
size_t matching_root(struct matching *matching, size_t entry);
/* The unit that an entry is filed under. */
static inline uint32_t entry_unit(const struct entry *entry)
{
    return entry->units[UNIT_IMPLEMENTING] ? entry->units[UNIT_IMPLEMENTING]
           : entry->units[UNIT_REPORTING]  ? entry->units[UNIT_REPORTING]
                                           : entry->units[UNIT_DEPARTMENT];
}
const char *matching_key(const struct matching *matching, uint32_t key);
void matching_release(struct matching *matching);

/* By how a reader would look for it: year, path, place in the document. */
int form_order(const struct form *a, const struct form *b);

#endif
