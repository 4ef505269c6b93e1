#include "residue.h"

#include <stdlib.h>
#include <string.h>
#include <unictype.h>

#include "pattern.h"

static int claim_compare(const void *a, const void *b)
{
    const struct claim *first = a, *second = b;
    return first->span.from < second->span.from ? -1 : first->span.from > second->span.from;
}

/* Claims come nearly in order: most move by a few places, if at all. */
static void claims_sort(struct claim *claims, size_t count)
{
    size_t moves = 0;
    for (size_t i = 1; i < count; i++) {
        struct claim claim = claims[i];
        size_t to = i;
        for (; to && claims[to - 1].span.from > claim.span.from; to--, moves++)
            claims[to] = claims[to - 1];
        claims[to] = claim;
        if (moves > 16 * count) {
            qsort(claims, count, sizeof *claims, claim_compare);
            return;
        }
    }
}

/* Signs between a label and its value, brackets, an ordinal: nothing that says anything. */
static bool is_trifle(const struct build *build, struct span span)
{
    struct view view;
    view_read(&view, build->document, span);
    if (!view.is_whole)
        return false;
    if (grammar_value(build->grammar, VALUE_ORDINAL, view.text, view.length) &&
        pattern_to(build->grammar->values[VALUE_ORDINAL]) == view.length)
        return true;
    for (unsigned at = 0; at < view.length;) {
        unsigned length;
        uint32_t code = character_decode(view.text + at, &length);
        /* signs that mean something are no mere punctuation */
        if (!uc_is_property_punctuation(code) || code == '%' || code == 0x2030 || code == '*' || code == '#' || code == '&' || code == '@')
            return false;
        at += length;
    }
    return true;
}

static void leave(struct build *build, struct span span, struct node *residue, struct coverage *coverage)
{
    span = text_trim(build->document, span);
    if (span_is_empty(span) || is_trifle(build, span))
        return;
    const char *text = text_normal(build->document, build->arena, &span, 1);
    size_t characters = text_characters(build->document, span);
    if (!*text)
        return;
    coverage->left += characters;
    struct spans readable = build_readable(build, &span, 1);
    if (!readable.count)
        return; /* bytes that say nothing in this encoding: the document's finding tells of them */
    struct node *node = node_append(build->arena, residue, "text");
    node->value = text;
    node->provenance = arena_new(build->arena, struct provenance);
    node->provenance->bytes = readable;
    const char *raw = build_raw(build, &span, 1);
    if (strcmp(raw, text) != 0)
        node->provenance->raw = raw;
}

struct coverage residue_collect(struct build *build, uint32_t from, uint32_t to, struct node *residue)
{
    const struct grid *grid = build->grid;
    struct coverage coverage = {0, 0};
    claims_sort(build->claims.items, build->claims.count);
    size_t claim = 0;
    uint32_t covered = 0, last = 0; /* everything up to `covered` is claimed or looked at */
    for (uint32_t r = from; r < to; r++) {
        const struct row *row = &grid->rows.items[r];
        for (uint32_t c = 0; c < row->count; c++) {
            const struct cell *cell = &grid->cells.items[row->first + c];
            if (cell_is_blank(cell))
                continue;
            if (cell->from < last) { /* a line from between the cells of the row before */
                claim = 0;
                covered = 0;
            }
            last = cell->from;
            uint32_t at = cell->from > covered ? cell->from : covered;
            if (at >= cell->to)
                continue;
            size_t read = 0;
            while (at < cell->to) {
                while (claim < build->claims.count && build->claims.items[claim].span.to <= at)
                    claim++;
                const struct span *next = claim < build->claims.count ? &build->claims.items[claim].span : NULL;
                if (next && next->from <= at) {
                    uint32_t end = next->to < cell->to ? next->to : cell->to;
                    read += text_characters(build->document, (struct span){at, end});
                    at = end;
                    continue;
                }
                uint32_t end = next && next->from < cell->to ? next->from : cell->to;
                leave(build, (struct span){at, end}, residue, &coverage);
                at = end;
            }
            coverage.read += read;
            covered = at;
        }
    }
    return coverage;
}
