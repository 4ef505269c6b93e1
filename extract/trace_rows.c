/* The grid as the reader saw it. */
#include "tracing.h"

#include "read/read.h"

static const char *const row_kind_names[] = {
    [ROW_LINE] = "line", [ROW_CELLS] = "cells", [ROW_TABLE] = "table"};

void trace_rows(const struct source *source, const struct grammar *grammar, FILE *out)
{
    struct document_text document = {
        .text = source->text, .length = source->length, .invalid = {source->invalid, source->invalid_count}};
    struct grid grid = {.document = &document, .grammar = grammar};
    struct arena arena = {0};
    read_document(&grid, source_is_page(source));
    if (grid.rows.count)
        fputs("  row   line  kind\n", out);
    for (uint32_t r = 0; r < grid.rows.count && !ferror(out); r++) {
        const struct row *row = &grid.rows.items[r];
        fprintf(out, "%5u  %5u  %-5s", r + 1, row_line(source, &grid, row), row_kind_names[row->kind]);
        for (uint32_t c = 0; c < row->count; c++) {
            const struct cell *cell = &grid.cells.items[row->first + c];
            fputs(" | ", out);
            if (cell_is_blank(cell)) {
                fputs(cell->flags & CELL_COVERED ? "\"" : "", out);
                continue;
            }
            struct span before = {cell->from, cell->label_from}, label = {cell->label_from, cell->label_to},
                        behind = {cell->label_to, cell->to};
            if (cell->meaning) {
                print_text(out, text_normal(&document, &arena, &before, 1), UINT32_MAX);
                fputs("‹", out);
                print_text(out, text_normal(&document, &arena, &label, 1), UINT32_MAX);
                fputs("›", out);
                print_text(out, text_normal(&document, &arena, &behind, 1), UINT32_MAX);
            } else {
                struct span span = cell_span(cell);
                print_text(out, text_normal(&document, &arena, &span, 1), UINT32_MAX);
            }
        }
        fputs(row->is_notice ? "   (notice: not read)\n" : "\n", out);
        arena_reset(&arena);
    }
    grid_release(&grid);
    arena_release(&arena);
}
