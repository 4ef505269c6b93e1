/* A declaration with the document it comes from: what checks and comparisons work
 * on, whether it was read just now or is read back from an extraction. */
#ifndef SHENBAO_FORM_H
#define SHENBAO_FORM_H

#include "read/source.h"
#include "record.h"

/* A document that forms come from. */
struct origin {
    const char *path;            /* of the document, as given or as its extraction cites it */
    const char *extraction;      /* path of the extraction it is read back from, or NULL */
    const char *sha256;          /* of the document, hexadecimal */
    enum encoding encoding;
    const struct source *source; /* its text, or NULL while it is not at hand */
};

/* One declaration. Its provenance is in offsets of origin->source where it was read
 * just now, and in bytes on disk (with provenance->line and column) where it was
 * read back: `is_read_back`. */
struct form {
    const struct origin *origin;
    struct node *declaration;
    bool is_read_back;
};

/* What people call a form by; "" where it is not stated. Lives as long as the nodes. */
const char *form_id(const struct form *form);      /* d1 */
const char *form_project(const struct form *form); /* the first project-name */
const char *form_code(const struct form *form);
const char *form_unit(const struct form *form);    /* implementing-unit, else reporting-unit, else competent-department */
const char *form_year(const struct form *form);    /* fiscal-year */

/* The first field of that name in a block (header, narrative …) that has a value, or NULL. */
const struct node *form_field(const struct form *form, const char *block, const char *name);

/* The text offset of a byte on disk, the inverse of source_byte(); logarithmic. */
uint32_t source_offset(const struct source *source, size_t byte);

#endif
