#include "runon.h"

#include <string.h>

#include "pattern.h"

enum {
    LINE_MOST = 64 * 1024,
    LABEL_LEAST = 12,     /* bytes of a label that stands out without an edge: four characters */
    LABELS_LEAST = 6,
    PROSE_LEAST = 90,     /* bytes: a sign of prose before this says the line is prose */
    LABEL_LONGEST = 60,
};

struct token {
    struct span span;
    const struct meaning *meaning; /* NULL for text */
};

struct runon {
    struct grid *grid;
    array_of(struct token) tokens;
    unsigned labels;
    bool has_key;
};

static bool is_label(const struct meaning *meaning)
{
    return meaning->title || meaning->section || meaning->is_field || meaning->is_column || meaning->is_term || meaning->list_total;
}

static bool has_key(const struct grid *grid, const struct meaning *meaning)
{
    for (size_t s = 0; s < grid->grammar->section_count; s++)
        if (meaning->fields[s] && rule_child(grammar_rule(grid->grammar, meaning->fields[s]), WORD_KEY))
            return true;
    return false;
}

/* The longest label that begins at view[from]; its end, or 0. A year in brackets
 * and a note go with it. */
static unsigned label_at(const struct grid *grid, const struct view *view, unsigned from, bool is_edge, const struct meaning **meaning)
{
    unsigned most = view->length - from < LABEL_LONGEST ? view->length - from : LABEL_LONGEST;
    for (unsigned length = most; length >= 6; length--) {
        unsigned to = from + length;
        if (to < view->length && ((unsigned char)view->text[to] & 0xc0) == 0x80)
            continue;
        unsigned id = grammar_meaning(grid->grammar, view->text + from, length);
        const struct meaning *found = &grid->grammar->meanings[id];
        if (!id || !is_label(found) || (length < LABEL_LEAST && !is_edge && !(to < view->length && view->is_gapped[from])))
            continue;
        *meaning = found;
        const char *close = view->text[to] == '(' ? strchr(view->text + to, ')') : NULL;
        if (close && close - (view->text + to) <= 30 && !found->title)
            to = (unsigned)(close - view->text) + 1;
        while (to < view->length && view->text[to] == ':')
            to++;
        return to;
    }
    return 0;
}

static void add_token(struct runon *runon, struct span span, const struct meaning *meaning)
{
    span = text_trim(runon->grid->document, span);
    if (span_is_empty(span))
        return;
    *array_push(&runon->tokens) = (struct token){span, meaning};
    runon->labels += meaning != NULL;
    runon->has_key |= meaning && has_key(runon->grid, meaning);
}

static void tokens_find(struct runon *runon, struct span line)
{
    const struct grid *grid = runon->grid;
    struct view view;
    uint32_t text_from = line.from;
    bool is_edge = true; /* the start, or the end of a label */
    for (uint32_t at = line.from; at < line.to;) {
        view_build(&view, grid->document, (struct span){at, line.to});
        if (!view.length)
            break;
        /* What the view's end cuts is looked at again; what a check box ends is not. */
        bool is_cut = !view.is_whole && view.length + 4 > VIEW_ROOM;
        unsigned window = is_cut ? view.length / 2 : view.length, next = window;
        for (unsigned p = 0; p < window; p++) {
            if (((unsigned char)view.text[p] & 0xc0) == 0x80)
                continue;
            const struct meaning *meaning = NULL;
            unsigned end = label_at(grid, &view, p, is_edge || view.is_gapped[p], &meaning);
            if (!end) {
                is_edge = false;
                continue;
            }
            uint32_t from = view.at[p], to = view.to[end - 1];
            add_token(runon, (struct span){text_from, from}, NULL);
            add_token(runon, (struct span){from, to}, meaning);
            text_from = to;
            is_edge = true;
            next = end;
            break;
        }
        at = next < view.length ? view.at[next] : view.to[view.length - 1];
        if (next >= view.length && view.is_whole)
            break;
    }
    add_token(runon, (struct span){text_from, line.to}, NULL);
}

static void emit(struct grid *grid, struct span span)
{
    span = text_trim(grid->document, span);
    if (span_is_empty(span))
        return;
    grid_row(grid, ROW_LINE, 0, 0, true);
    grid_cell(grid, span, 0, 1, 0);
    grid_row_done(grid);
}

/* Names and targets in a table's text: parted at blanks, else behind each sign,
 * number and unit. What has neither stays one text. */
static void emit_cells(struct grid *grid, struct span span)
{
    struct view view;
    view_build(&view, grid->document, span);
    bool is_gapped = false;
    for (unsigned i = 1; i < view.length; i++)
        is_gapped |= view.is_gapped[i];
    unsigned from = 0;
    if (is_gapped || !view.is_whole) {
        for (unsigned i = 1; i <= view.length; i++)
            if (view.is_gapped[i]) {
                emit(grid, (struct span){view.at[from], i < view.length || view.is_whole ? view.to[i - 1] : span.to});
                from = i;
            }
        return;
    }
    while (from < view.length) {
        const struct pattern *pattern = grid->grammar->values[VALUE_SIGNED];
        if (!pattern_match(pattern, view.text + from, view.length - from)) {
            pattern = grid->grammar->values[VALUE_MEASURED];
            if (!pattern_match(pattern, view.text + from, view.length - from))
                break;
        }
        unsigned start = from + (unsigned)pattern_from(pattern), end = from + (unsigned)pattern_to(pattern);
        if (start > from)
            emit(grid, (struct span){view.at[from], view.to[start - 1]});
        emit(grid, (struct span){view.at[start], view.to[end - 1]});
        from = end;
    }
    if (from < view.length)
        emit(grid, (struct span){view.at[from], span.to});
}

bool runon_read(struct grid *grid, struct span line)
{
    line = text_trim(grid->document, line);
    if (line.to - line.from > LINE_MOST)
        return false;
    struct view view;
    view_build(&view, grid->document, line);
    /* prose has a comma or a full stop by then, a run of labels has not */
    const char *comma = strstr(view.text, ","), *stop = strstr(view.text, "。");
    if ((comma && comma - view.text < PROSE_LEAST) || (stop && stop - view.text < PROSE_LEAST))
        return false;
    const struct meaning *meaning = NULL;
    if (!label_at(grid, &view, 0, true, &meaning))
        return false;
    struct runon runon = {.grid = grid};
    tokens_find(&runon, line);
    bool is_form = runon.has_key && runon.labels >= LABELS_LEAST;
    bool is_table = false;
    for (size_t i = 0; is_form && i < runon.tokens.count; i++) {
        const struct token *token = &runon.tokens.items[i];
        if (token->meaning) {
            is_table = token->meaning->is_term || (token->meaning->is_column && !token->meaning->is_field);
            emit(grid, token->span);
        } else if (is_table) {
            emit_cells(grid, token->span);
        } else {
            emit(grid, token->span);
        }
    }
    array_release(&runon.tokens);
    return is_form;
}
