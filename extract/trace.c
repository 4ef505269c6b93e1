#include "tracing.h"

#include <string.h>

#include "declare.h"
#include "pattern.h"
#include "read/read.h"
#include "residue.h"
#include "row.h"
#include "section.h"

static bool row_says(const struct grid *grid, const struct row *row)
{
    for (uint32_t c = 0; c < row->count; c++)
        if (!cell_is_blank(&grid->cells.items[row->first + c]))
            return true;
    return false;
}

static const struct rule *notice_of(struct tracer *tracer, const struct row *row)
{
    for (uint32_t c = 0; c < row->count; c++) {
        const struct cell *cell = &tracer->grid.cells.items[row->first + c];
        if (cell_is_blank(cell))
            continue;
        struct view view;
        view_build(&view, &tracer->document, cell_span(cell));
        unsigned id = pattern_match(tracer->grammar->notices, view.text, view.length);
        return id ? grammar_rule(tracer->grammar, id) : NULL;
    }
    return NULL;
}

/* A row of three and more label-like texts, none of which means anything. */
static bool is_unknown_heading(struct tracer *tracer, const struct row *row)
{
    unsigned count = 0, known = 0;
    for (uint32_t c = 0; c < row->count; c++) {
        const struct cell *cell = &tracer->grid.cells.items[row->first + c];
        if (cell_is_blank(cell))
            continue;
        if (!is_labellike(tracer, cell) || cell->flags & CELL_INLINE)
            return false;
        const struct meaning *meaning = cell_meaning(&tracer->grid, cell);
        if (meaning->is_term || (meaning->is_field && !meaning->is_column))
            return false;
        count++;
        known += meaning->is_column;
    }
    return count >= 3 && known < 2 && known * 2 < count;
}

static void print_headline(struct tracer *tracer, const struct row *row)
{
    FILE *out = tracer->out;
    fprintf(out, "%8sthe document's headline", "");
    uint32_t c = row->first;
    while (cell_is_blank(&tracer->grid.cells.items[c]))
        c++;
    struct view view;
    view_build(&view, &tracer->document, cell_span(&tracer->grid.cells.items[c]));
    if (tracer->is_headline_untitled && view.is_whole) {
        fprintf(out, "; if it is the title of the form:\n%8s%-8stitle declaration    ", "", "teach:");
        print_pattern(out, view.text, view.length);
    }
    fputc('\n', out);
}

static void print_row(struct tracer *tracer, uint32_t r)
{
    FILE *out = tracer->out;
    const struct row *row = &tracer->grid.rows.items[r];
    if (!row_says(&tracer->grid, row))
        return;
    uint32_t rows = 1;
    const struct rule *table = row_table(&tracer->grid, r, NULL, &rows);
    /* labels of money side by side may look like columns: what follows tells */
    if (table && !is_in(path_behind(tracer, tracer->grid.cells.items[row->first + row->count - 1].to),
                        table->parent->name))
        table = NULL;
    if (table)
        tracer->heading = r;
    tracer->row = r;
    tracer->is_unknown_heading = !table && is_unknown_heading(tracer, row);
    fprintf(out, "\nrow %u, line %u\n", r + 1, row_line(tracer->source, &tracer->grid, row));
    if (row->is_notice) {
        const struct rule *notice = notice_of(tracer, row);
        fprintf(out, "    notice%s%s: nothing is read from it", notice ? " " : "",
                notice ? notice->name : " (a page number alone)");
        print_site(out, notice);
        fputc('\n', out);
    }
    uint32_t from = UINT32_MAX, to = 0;
    for (uint32_t c = 0; c < row->count; c++) {
        const struct cell *cell = &tracer->grid.cells.items[row->first + c];
        if (cell_is_blank(cell))
            continue;
        from = cell->from < from ? cell->from : from;
        to = cell->to > to ? cell->to : to;
        print_cell(tracer, cell, table);
        if (tracer->scratch.chunks)
            arena_reset(&tracer->scratch);
    }
    for (size_t i = carried_first(tracer, from), n = 0;
         i < tracer->carried.count && tracer->carried.items[i].anchor < to; i++) {
        if (n++ == CARRIED_MOST) {
            fputs("    …\n", out);
            break;
        }
        print_carried(tracer, &tracer->carried.items[i]);
    }
    if (r == tracer->headline)
        print_headline(tracer, row);
    if (tracer->is_unknown_heading)
        fprintf(out, "%8sthis row may head a table, but no rule knows its columns\n", "");
}

static void print_rows(struct tracer *tracer, struct build *build, uint32_t to)
{
    places_sort(tracer, build);
    for (; tracer->next < to && !ferror(tracer->out); tracer->next++)
        print_row(tracer, tracer->next);
    tracer->events.count = tracer->carried.count = tracer->labels.count = 0;
}

static void residue_events(struct tracer *tracer, struct build *build, uint32_t from, uint32_t to)
{
    struct node *residue = node_new(build->arena, "residue");
    residue_collect(build, from, to, residue);
    for (const struct node *node = residue->first; node; node = node->next)
        if (node->provenance->bytes.count)
            *array_push(&tracer->events) =
                (struct event){node->provenance->bytes.items[0], EVENT_RESIDUE, node, "residue"};
}

static void declaration_trace(void *context, struct build *build)
{
    struct tracer *tracer = context;
    const struct extent *extent = &build->extent;
    tree_collect(tracer, build->declaration, "");
    residue_events(tracer, build, extent->from, extent->to);
    if (build->findings)
        tree_collect(tracer, build->findings, "findings");
    for (const struct node *node = build->findings ? build->findings->first : NULL; node; node = node->next)
        tracer->findings++;
    fprintf(tracer->out, "%s=== d%zu: %s, rows %u to %u", tracer->next || tracer->declarations ? "\n" : "",
            tracer->declarations + 1, node_get(build->declaration, "kind"), extent->from + 1, extent->to);
    print_site(tracer->out, extent->title);
    fputc('\n', tracer->out);
    print_rows(tracer, build, extent->to);
    for (const struct node *node = build->findings ? build->findings->first : NULL; node; node = node->next)
        if (!node->provenance) {
            fputs("\n    finding: ", tracer->out);
            print_text(tracer->out, node->value, UINT32_MAX);
            fputc('\n', tracer->out);
        }
    tracer->declarations++;
    build->values = 0;
    arena_reset(build->arena);
}

static void print_summary(struct tracer *tracer)
{
    if (!tracer->grid.rows.count)
        return;
    if (tracer->source->invalid_count)
        fprintf(tracer->out, "\n%zu bytes cannot be decoded as %s\n", tracer->source->invalid_count,
                encoding_names[tracer->source->encoding]);
    if (pattern_limits_hit)
        fprintf(tracer->out, "\na match limit was hit %zu times: some text may be unread\n",
                pattern_limits_hit);
    fprintf(tracer->out,
            "\n%zu declaration%s; %zu label%s that no rule takes, %zu piece%s of residue, %zu finding%s\n",
            tracer->declarations, tracer->declarations == 1 ? "" : "s", tracer->unknown,
            tracer->unknown == 1 ? "" : "s", tracer->residues, tracer->residues == 1 ? "" : "s",
            tracer->findings, tracer->findings == 1 ? "" : "s");
}

void trace(const struct source *source, const struct grammar *grammar, FILE *out)
{
    struct tracer tracer = {
        .source = source,
        .grammar = grammar,
        .document = {.text = source->text,
                     .length = source->length,
                     .invalid = {source->invalid, source->invalid_count}},
        .grid = {.grammar = grammar},
        .out = out,
        .heading = UINT32_MAX,
    };
    tracer.grid.document = &tracer.document;
    pattern_limits_hit = 0;
    read_document(&tracer.grid, source_is_page(source));
    names_build(&tracer);
    nearest_build(&tracer.nearest, grammar, &tracer.kept);
    struct extents extents = sections_find(&tracer.grid);
    tracer.headline = extents.count ? extents.headline : extents.unknown_title;
    tracer.is_headline_untitled = !extents.count || !extents.items[0].title;
    struct build build = {
        .document = &tracer.document, .grid = &tracer.grid, .grammar = grammar, .arena = &tracer.page};
    uint32_t first = extents.count ? extents.items[0].from : (uint32_t)tracer.grid.rows.count;
    if (first) {
        residue_events(&tracer, &build, 0, first);
        fputs("=== before the first declaration\n", out);
        tracer.is_outside = true;
        print_rows(&tracer, &build, first);
        tracer.is_outside = false;
        arena_reset(&tracer.page);
    }
    for (size_t i = 0; i < extents.count && !ferror(out); i++)
        declaration_build(&build, &extents.items[i], declaration_trace, &tracer);
    print_summary(&tracer);

    array_release(&build.claims);
    array_release(&build.amounts);
    array_release(&build.moneys);
    array_release(&tracer.events);
    array_release(&tracer.carried);
    array_release(&tracer.labels);
    array_release(&tracer.claims);
    array_release(&tracer.hinted);
    array_release(&extents);
    nearest_release(&tracer.nearest);
    grid_release(&tracer.grid);
    arena_release(&tracer.kept);
    arena_release(&tracer.page);
    arena_release(&tracer.scratch);
}
