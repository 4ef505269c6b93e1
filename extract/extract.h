/* The line from a document to its extraction, one call a stage. */
#ifndef SHENBAO_EXTRACT_H
#define SHENBAO_EXTRACT_H

#include "write/write.h"

struct grammar;

struct extract_summary {
    size_t declarations, values, residues, findings;
};

/* Reads `source` by `grammar` and writes the extraction with `writer`. The
 * source must outlive the call; nothing else is kept. Cannot fail: what the
 * document lacks is data, what the output refuses is in writer->out->failure. */
struct extract_summary extract(const struct source *source, const struct grammar *grammar, struct writer *writer);

#endif
