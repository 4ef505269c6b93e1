#include "trace.h"

#include <string.h>

#include "grid.h"
#include "read/read.h"

static const char *const row_kind_names[] = {[ROW_LINE] = "line", [ROW_CELLS] = "cells", [ROW_TABLE] = "table"};

void trace_rows(const struct source *source, const struct grammar *grammar, FILE *out)
{
    struct document_text document = {.text = source->text, .length = source->length};
    struct grid grid = {.document = &document, .grammar = grammar};
    struct arena arena = {0};
    read_document(&grid, text_is_page(source->text, source->length));
    for (uint32_t r = 0; r < grid.rows.count; r++) {
        const struct row *row = &grid.rows.items[r];
        fprintf(out, "%5u %-5s%s", r + 1, row_kind_names[row->kind], row->is_notice ? " notice" : "");
        for (uint32_t c = 0; c < row->count; c++) {
            const struct cell *cell = &grid.cells.items[row->first + c];
            struct span span = cell_span(cell);
            fprintf(out, " | %s%s", text_normal(&document, &arena, &span, 1), cell->meaning ? " ‹label›" : "");
        }
        fputc('\n', out);
        arena_reset(&arena);
    }
    grid_release(&grid);
    arena_release(&arena);
}

void trace(const struct source *source, const struct grammar *grammar, FILE *out) { trace_rows(source, grammar, out); }
