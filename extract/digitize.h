/* A batch: files into an archive. */
#ifndef SHENBAO_DIGITIZE_H
#define SHENBAO_DIGITIZE_H

#include "files.h"
#include "grammar.h"
#include "read/source.h"
#include "write/findings.h"

struct digitize_options {
    const char *archive;
    struct files_options files;
    const struct grammar *grammar;
    enum encoding encoding; /* ENCODINGS for detection */
    unsigned jobs, timeout; /* workers; seconds for a document */
    size_t memory;          /* bytes for a worker */
    unsigned shard, shards; /* 0 of 1: all */
    bool retries_failed, verifies;
    const char *log; /* JSON lines, or NULL */
    enum language language; /* of progress and summary; the log is for programs */
};

/* Returns the exit status: 0, 1 when documents failed, 2 when the job could not be done,
 * 130 (143) when it was interrupted. */
int digitize_run(const struct digitize_options *options);

#endif
