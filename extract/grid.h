/* What every carrier becomes: rows of cells, with labels recognized.
 *
 * Readers call grid_row() and grid_cell(); the grid splits run-on fields, joins
 * labels that a line or a page broke, and looks every cell's label up. */
#ifndef SHENBAO_GRID_H
#define SHENBAO_GRID_H

#include <string.h>

#include "base/array.h"
#include "base/memo.h"
#include "grammar.h"
#include "text.h"

enum row_kind {
    ROW_LINE,  /* a line of text: one cell, or several where labels part it */
    ROW_CELLS, /* separated cells: tabs, pipes, a group of lines */
    ROW_TABLE, /* a row of an HTML table */
};

enum {
    CELL_COVERED = 1 << 0, /* blank because a cell above or beside spans it */
    CELL_SPLIT = 1 << 1,   /* parted from the cell before by its label */
    CELL_JOINED = 1 << 2,  /* a label put together from pieces */
    CELL_INLINE = 1 << 3,  /* the label and its value in one cell */
    CELL_MARKS = 1 << 4,   /* holds a check box or mark */
    CELL_PIECE = 1 << 5,   /* blank, for its text [label_from, label_to) belongs to a label in another row */
    CELL_STACKED = 1 << 6, /* a level's name that goes on in the pieces below it, and they */
};

struct cell {
    uint32_t from, to;    /* what is visible; empty for a blank cell (from: where it stands) */
    uint32_t label_from;  /* the label without its ordinal, … */
    uint32_t label_to;    /* … up to its colon; from == label_to: no label */
    uint32_t value_from;  /* inline value: [value_from, to) */
    uint16_t meaning;     /* of the label; 0: none known */
    uint16_t column, width;
    uint8_t flags;
};

struct row {
    uint32_t first, count; /* cells */
    uint32_t table;        /* number of the HTML table or block of separated rows, 0 outside */
    uint8_t kind;
    uint8_t level;         /* of a heading, 0 for none */
    bool is_after_gap;     /* an empty line stands before it */
    bool is_notice;        /* page furniture: nothing is read from it */
    uint8_t columns;       /* cells whose label heads a column of some table, at most 255 */
};

struct grid {
    const struct document_text *document;
    const struct grammar *grammar;
    array_of(struct cell) cells;
    array_of(struct row) rows;
    array_of(struct span) holes;
    uint32_t tables;         /* blocks of separated rows and tables seen so far */
    array_of(struct cell) raw; /* of the row being read */
    bool is_in_runon;        /* its rows come from a line taken apart */
};

void grid_row(struct grid *grid, enum row_kind kind, unsigned level, uint32_t table, bool is_after_gap);
/* A cell of the row begun last; the span may include white space and markup around. */
void grid_cell(struct grid *grid, struct span span, unsigned column, unsigned width, unsigned flags);
/* The row is complete: split, join, recognize. */
void grid_row_done(struct grid *grid);
void grid_release(struct grid *grid);

/* What a line above the table says without a label in front of it; （2026年度，单位：万元）
 * says two things. */
enum {
    REMARK_YEAR = 1 << 0,      /* （2026年度） */
    REMARK_UNIT = 1 << 1,      /* （单位：万元） */
    REMARK_BARE_UNIT = 1 << 2, /* （万元） */
};
unsigned grid_remark(const struct grid *grid, struct span span);
/* The length of the sign that parts the things in such a bracket, 0 for another. */
static inline size_t remark_sign(const char *text)
{
    return *text == ',' || *text == ';' ? 1 : strncmp(text, "、", strlen("、")) == 0 ? strlen("、") : 0;
}
/* Whether the label is of the money unit, or of what stands on its line. */
bool meaning_is_caption(const struct grid *grid, const struct meaning *meaning);

static inline bool cell_is_blank(const struct cell *cell) { return cell->from >= cell->to; }
static inline bool cell_has_label(const struct cell *cell) { return cell->meaning != 0; }
static inline struct span cell_span(const struct cell *cell) { return (struct span){cell->from, cell->to}; }
static inline const struct meaning *cell_meaning(const struct grid *grid, const struct cell *cell)
{
    return &grid->grammar->meanings[cell->meaning];
}

/* The span of a cell's inline value; empty if it has none. */
static inline struct span cell_value(const struct cell *cell)
{
    return cell->flags & CELL_INLINE ? (struct span){cell->value_from, cell->to} : (struct span){cell->to, cell->to};
}

/* Titles that are numbered line by line are a list of documents, none of them a form's title. */
void grid_delist(struct grid *grid);

/* Recognizes the label of one cell by itself (used where a table parts a line). */
void cell_recognize(struct grid *grid, struct cell *cell);

#endif
