/* What the rules mean, from docs/checks*.md as installed: a section a rule. */
#ifndef SHENBAO_EXPLAIN_H
#define SHENBAO_EXPLAIN_H

#include "write/findings.h"

/* The section of the rule, without its heading; NULL where the documents are not installed
 * or have none. Lives as long as the arena. */
const char *explain_rule(enum check check, enum language language, struct arena *arena);

/* The first paragraph of every section, as plain text; NULL where there is none. */
void explain_descriptions(const char *descriptions[CHECKS], enum language language, struct arena *arena);

#endif
