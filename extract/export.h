/* What an archive holds, as files. Two exports of one content are the same bytes,
 * whatever the order in which it came into the archive. */
#ifndef SHENBAO_EXPORT_H
#define SHENBAO_EXPORT_H

#include "archive.h"

enum export_format {
    EXPORT_XML,   /* one extraction a document: SHA256.SUBTYPE.xml, and files.csv which says what lies where */
    EXPORT_JSONL, /* declarations.jsonl: a line a declaration, the rows of each table in it */
    EXPORT_CSV,   /* one file a table and datapackage.json (Frictionless tabular data package) */
    EXPORT_FORMATS
};
extern const char *const export_format_names[EXPORT_FORMATS]; /* xml jsonl csv */

/* Writes into `folder`, which is made where it is not there; each file appears when it is
 * whole. *count is of documents or declarations. False after a message. */
bool export_run(struct archive *archive, const char *path, enum export_format format, const char *folder, size_t *count);

#endif
