/* One or many documents, each to its output. */
#ifndef SHENBAO_BATCH_H
#define SHENBAO_BATCH_H

#include "corrections.h"
#include "grammar.h"
#include "write/write.h"

struct batch {
    const char *const *inputs; /* "-" is standard input */
    size_t count;
    const char *folder; /* one output for each input, or NULL */
    const char *file;   /* one output for all, or NULL; with neither it goes to standard output */
    enum format format; /* several inputs into one output: only JSONL and CSV */
    bool is_compact, is_unchecked;
    enum encoding encoding; /* ENCODINGS for detection */
    const struct grammar *grammar;
    struct corrections *corrections; /* replayed on the documents they are for, or NULL */
};

/* Reads every input that can be read and writes its output; says on standard
 * error what could not be done. Returns the exit status: 0, or 2 when anything
 * is missing. Nobody who reads standard output any more is no reason for a
 * message, only for the status. */
int batch_run(const struct batch *batch);

#endif
