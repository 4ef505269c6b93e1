/* The review page: documents, what was read in them and what checks found, as one
 * HTML file that needs nothing else. */
#ifndef SHENBAO_WRITE_PAGE_H
#define SHENBAO_WRITE_PAGE_H

#include "../base/buffer.h"
#include "../corrections.h"
#include "../finding.h"
#include "../grammar.h"

struct page {
    struct buffer *out;
    const struct grammar *grammar;
    const struct corrections *corrections; /* shown as made already, or NULL */
    /* A copy of each declaration goes there, for comparisons; may be NULL. */
    void (*keep)(void *context, const struct form *form, size_t document);
    void *context;
    size_t documents;
    bool has_findings; /* across forms, so far */
};

/* In this order: begin, each document, the findings across forms, end. */
void page_begin(struct page *page);
void page_document(struct page *page, const struct source *source);
/* `document` tells which document (by its number from 0) the form of a side is of. */
void page_findings(struct page *page, const struct findings *findings,
                   size_t (*document)(void *context, const struct form *form));
void page_end(struct page *page);

#endif
