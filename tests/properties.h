/* What must hold of every output, whatever the document was. */
#ifndef SHENBAO_PROPERTIES_H
#define SHENBAO_PROPERTIES_H

#include "extract.h"

/* The schema of the XML, or NULL where SOURCE_FOLDER has none; a schema that
 * cannot be read ends the program. */
struct _xmlRelaxNG;
struct _xmlRelaxNG *properties_schema(void);
void properties_release(struct _xmlRelaxNG *schema);

/* A message (static) that says what does not hold, or NULL. For XML: it is well
 * formed and valid, every range lies in the source, and where the source is UTF-8
 * without markup each value reads back from its bytes. For the others: they parse
 * and hold as many declarations as were written. */
const char *properties_broken(enum format format, const char *output, size_t length, size_t declarations,
                              const struct source *source, struct _xmlRelaxNG *schema);

#endif
