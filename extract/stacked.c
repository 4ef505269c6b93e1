#include "stacked.h"

#include <string.h>

enum {
    STACK_MOST = 8,      /* pieces of a label */
    PIECE_MOST = 6,      /* bytes of a piece: two characters */
    LEVEL_PIECE_MOST = 9, /* of a level's name: 度指标 below 满意 */
    GAP_MOST = 2,        /* rows between two pieces */
    BLOCK_COLUMNS = 2,   /* labels of blocks stand in the first columns */
    STACK_COLUMNS = 3,   /* levels behind them */
};

struct piece {
    struct cell *cell;
    const struct row *row;
    char text[LEVEL_PIECE_MOST];
    unsigned length;
};

struct stack {
    struct piece pieces[STACK_MOST];
    unsigned column, count, gap;
    bool is_below; /* what stands above the first piece is no blank cell of its table */
};

static bool says_more(const struct grid *grid, const struct piece *piece)
{
    for (uint32_t i = 0; i < piece->row->count; i++) {
        const struct cell *cell = &grid->cells.items[piece->row->first + i];
        if (cell != piece->cell && !cell_is_blank(cell))
            return true;
    }
    return false;
}

static void piece_silence(struct cell *cell)
{
    cell->label_from = cell->from;
    cell->label_to = cell->to;
    cell->to = cell->from;
    cell->meaning = 0;
    cell->flags = (uint8_t)((cell->flags | CELL_PIECE) & ~CELL_INLINE);
}

/* A level's name begins in the first of its rows and goes on in the others. */
static void level_join(struct stack *stack, unsigned count, unsigned meaning)
{
    struct cell *first = stack->pieces[0].cell;
    first->meaning = (uint16_t)meaning;
    first->label_from = first->from;
    first->label_to = first->to;
    first->flags |= CELL_JOINED | CELL_STACKED;
    for (unsigned i = 1; i < count; i++) {
        piece_silence(stack->pieces[i].cell);
        stack->pieces[i].cell->flags |= CELL_STACKED;
    }
}

/* One label out of the first pieces. A field's is where its value stands; a block's is
 * told only where the block begins. */
static bool pieces_join(struct grid *grid, struct stack *stack, unsigned count, unsigned meaning)
{
    const struct meaning *m = &grid->grammar->meanings[meaning];
    if (m->is_term) {
        level_join(stack, count, meaning);
        return true;
    }
    struct cell *carrier = NULL;
    unsigned valued = 0;
    for (unsigned i = 0; i < count; i++)
        if (says_more(grid, &stack->pieces[i])) {
            valued++;
            carrier = carrier ? carrier : stack->pieces[i].cell;
        }
    if (!m->section && valued > 1)
        return false;
    if (m->section)
        carrier = stack->is_below ? stack->pieces[0].cell : NULL;
    else if (!carrier)
        carrier = stack->pieces[0].cell;
    for (unsigned i = 0; i < count; i++) {
        struct cell *cell = stack->pieces[i].cell;
        if (cell != carrier) {
            piece_silence(cell);
            continue;
        }
        cell->meaning = (uint16_t)meaning;
        cell->label_from = cell->from;
        cell->label_to = cell->to;
        cell->flags |= CELL_JOINED;
    }
    return true;
}

/* The longest label at the head of the stack; then it begins anew behind it, until no
 * more than `rest` pieces are left. */
static void stack_resolve(struct grid *grid, struct stack *stack, unsigned rest)
{
    while (stack->count > rest) {
        char text[STACK_MOST * LEVEL_PIECE_MOST];
        unsigned length = 0, best = 0, meaning = 0;
        bool has_unknown = false, has_long = false;
        for (unsigned i = 0; i < stack->count; i++) {
            const struct piece *piece = &stack->pieces[i];
            memcpy(text + length, piece->text, piece->length);
            length += piece->length;
            has_unknown |= !piece->cell->meaning;
            has_long |= piece->length > PIECE_MOST;
            unsigned found = i > 0 && has_unknown ? grammar_meaning(grid->grammar, text, length) : 0;
            const struct meaning *m = &grid->grammar->meanings[found];
            if (found && (m->is_term || (!has_long && stack->column < BLOCK_COLUMNS && (m->section || m->is_field)))) {
                best = i + 1;
                meaning = found;
            }
        }
        if (!best || !pieces_join(grid, stack, best, meaning))
            best = 1;
        stack->count -= best;
        memmove(stack->pieces, stack->pieces + best, stack->count * sizeof *stack->pieces);
        stack->is_below = true;
    }
}

/* A piece says nothing by itself, or is a label that says nothing. */
static bool piece_read(const struct grid *grid, struct cell *cell, const struct row *row, struct piece *piece)
{
    if (cell->to - cell->from > 64 || cell->flags & CELL_INLINE)
        return false;
    const struct meaning *meaning = cell_meaning(grid, cell);
    for (size_t s = 0; s < grid->grammar->section_count; s++)
        if (meaning->fields[s] && grammar_rule(grid->grammar, meaning->fields[s])->name[0] != '-')
            return false;
    struct view view;
    view_read(&view, grid->document, cell_span(cell));
    if (!view.is_whole || !view.length || view.length > LEVEL_PIECE_MOST || (unsigned char)view.text[0] < 0xe3)
        return false;
    *piece = (struct piece){.cell = cell, .row = row, .length = view.length};
    memcpy(piece->text, view.text, view.length);
    return true;
}

static struct cell *cell_at(struct grid *grid, const struct row *row, unsigned column)
{
    for (uint32_t i = 0; i < row->count && i <= column; i++)
        if (grid->cells.items[row->first + i].column == column)
            return &grid->cells.items[row->first + i];
    return NULL;
}

void grid_unstack(struct grid *grid)
{
    for (unsigned column = 0; column < STACK_COLUMNS; column++) {
        struct stack stack = {.column = column};
        const struct row *above = NULL;
        for (size_t r = 0; r < grid->rows.count; r++) {
            const struct row *row = &grid->rows.items[r];
            if (row->is_notice)
                continue;
            bool is_new = row->kind == ROW_LINE || !above || row->table != above->table;
            struct cell *cell = row->kind == ROW_LINE ? NULL : cell_at(grid, row, column);
            struct piece piece;
            bool is_blank = !cell || cell_is_blank(cell), is_piece = !is_blank && piece_read(grid, cell, row, &piece);
            bool is_over = is_new || (is_blank ? ++stack.gap > GAP_MOST : !is_piece);
            stack_resolve(grid, &stack, is_over ? 0 : STACK_MOST - 1);
            if (is_piece) {
                const struct cell *over = above && !is_new ? cell_at(grid, above, column) : NULL;
                if (!stack.count)
                    stack.is_below = is_new || (over && !cell_is_blank(over));
                stack.pieces[stack.count++] = piece;
                stack.gap = 0;
            }
            above = row;
        }
        stack_resolve(grid, &stack, 0);
    }
}
