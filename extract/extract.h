/* The line from a document to its extraction, one call a stage. */
#ifndef SHENBAO_EXTRACT_H
#define SHENBAO_EXTRACT_H

#include "finding.h"
#include "write/write.h"

struct grammar;
struct build;

struct extract_summary {
    size_t declarations, values, residues, findings;
};

/* Reads `source` by `grammar` and writes the extraction with `writer`. The
 * source must outlive the call; nothing else is kept. Cannot fail: what the
 * document lacks is data, what the output refuses is in writer->out->failure. */
struct extract_summary extract(const struct source *source, const struct grammar *grammar, struct writer *writer);

/* The same with a sink's `review`, called with `context`. */
struct extract_summary extract_reviewed(const struct source *source, const struct grammar *grammar, struct writer *writer,
                                        void (*review)(void *context, struct build *build), void *context);

/* Whoever takes what is read, piece by piece in order; functions may be NULL. Nodes and
 * findings live until the call returns. */
struct sink {
    void *context;
    void (*begin)(void *context, const struct node *title); /* NULL: the document has none */
    void (*declaration)(void *context, const struct form *form, const struct findings *findings);
    void (*end)(void *context, const struct node *residue, const struct node *findings);
    /* Before a declaration is checked: may change its values (build->declaration). */
    void (*review)(void *context, struct build *build);
    bool is_unchecked; /* findings are those of reading alone */
};

/* The same for any taker. `findings`, where given, adds up the verdicts of the checks over
 * many calls; what it holds is forgotten behind each declaration. */
struct extract_summary extract_to(const struct source *source, const struct grammar *grammar, const struct sink *sink,
                                  struct findings *findings);

#endif
