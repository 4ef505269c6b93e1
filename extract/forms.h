/* How the forms of a collection are kept: texts each once, and only what comparisons
 * look at. */
#ifndef SHENBAO_FORMS_H
#define SHENBAO_FORMS_H

#include "years.h"

/* The one copy of a text; lives as long as the forms. */
const char *forms_text(struct forms *forms, const char *text, size_t length);

/* Whether an element of a declaration is kept: of which block (the child of the
 * declaration it stands in, or itself), under which parent. */
bool forms_keep(const struct forms *forms, const char *block, const char *parent, const char *name);

/* Room for the attributes of a node, side by side. */
struct attribute *forms_attributes(struct forms *forms, size_t count);

/* A new last form with an empty declaration. */
struct form *forms_push(struct forms *forms, const struct origin *origin);

/* The kept name of an encoding: ENCODING_UTF8 for one that is unknown. */
enum encoding forms_encoding(const char *name);

/* ---- read/extraction.c ---- */
void forms_reader_release(struct forms *forms);

#endif
