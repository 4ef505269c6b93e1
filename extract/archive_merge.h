/* One archive out of several. */
#ifndef SHENBAO_ARCHIVE_MERGE_H
#define SHENBAO_ARCHIVE_MERGE_H

#include <stdbool.h>
#include <stddef.h>

struct merge_summary {
    size_t documents, files, declarations;
};

/* Writes to `out` what the archives hold together, each document once; where `out` is
 * there already, it is one of them. Of two readings of a document that of the later
 * program is kept, of a failed and a done one the latter; of two documents under one
 * path the one that is newer. The same archives give the same bytes in any order. False
 * after a message; then `out` is as it was. */
bool archive_merge(const char *out, const char *const *inputs, size_t count, struct merge_summary *summary);

#endif
