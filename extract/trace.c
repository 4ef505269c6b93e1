#include "trace.h"

#include <string.h>

#include "base/buffer.h"
#include "grid.h"
#include "nearest.h"
#include "pattern.h"
#include "read/read.h"
#include "residue.h"
#include "declare.h"
#include "row.h"
#include "section.h"

enum {
    LABEL_WIDTH = 26, /* columns of a terminal for what is printed in a cell */
    VALUE_WIDTH = 60,
    HINTS_MOST = 300,  /* different labels for which the nearest is looked for */
    CARRIED_MOST = 40, /* of one row */
};

static const char *const row_kind_names[] = {
    [ROW_LINE] = "line", [ROW_CELLS] = "cells", [ROW_TABLE] = "table"};

/* ---- text on a terminal ---- */

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

/* Prints text without what a terminal would act upon, cut to `most` columns; returns its width. */
static unsigned print_text(FILE *out, const char *text, unsigned most)
{
    unsigned width = 0;
    for (unsigned length; *text; text += length) {
        uint32_t code = character_decode(text, &length);
        unsigned columns = character_is_wide(code) ? 2 : 1;
        if (width + columns >= most && text[length]) {
            fputs("…", out);
            return width + 1;
        }
        if (code == '\n')
            fputs("⏎", out);
        else if (is_control(code))
            fputs("\xef\xbf\xbd", out);
        else
            fwrite(text, 1, length, out);
        width += columns;
    }
    return width;
}

static void print_padded(FILE *out, const char *text, unsigned width)
{
    unsigned used = print_text(out, text, width);
    fprintf(out, "%*s", used < width ? (int)(width - used) : 0, "");
}

static const char *base_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path ? path : "";
}

/* ---- rows ---- */

static unsigned line_at(const struct source *source, uint32_t offset)
{
    unsigned line, column;
    source_place(source, offset, &line, &column);
    return line;
}

static unsigned row_line(const struct source *source, const struct grid *grid, const struct row *row)
{
    return row->count ? line_at(source, grid->cells.items[row->first].from) : 0;
}

static bool row_says(const struct grid *grid, const struct row *row)
{
    for (uint32_t c = 0; c < row->count; c++)
        if (!cell_is_blank(&grid->cells.items[row->first + c]))
            return true;
    return false;
}

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

/* ---- rules by the names that provenance gives them ---- */

struct named_rule {
    const char *name;
    const struct rule *rule;
};

/* What became of a piece of the text. */
enum event_kind { EVENT_VALUE, EVENT_MORE, EVENT_AGAIN, EVENT_RESIDUE, EVENT_FINDING };

struct event {
    struct span span;
    enum event_kind kind;
    const struct node *node;
    const char *path;
};

/* A value that is cited from a row above: where the row that it belongs to stands. */
struct carried {
    uint32_t anchor;
    const struct node *node;
    const char *path;
};

/* A node that states a label: to know which rule took a printed one. */
struct labelled {
    const char *rule, *label;
    const struct node *node;
    const char *path;
    bool is_told;
};

struct tracer {
    const struct source *source;
    const struct grammar *grammar;
    struct document_text document;
    struct grid grid;
    FILE *out;
    struct arena kept;    /* as long as the trace */
    struct arena page;    /* as long as a declaration */
    struct arena scratch; /* as long as a row */
    struct nearest nearest;
    struct named_rule *names; /* sorted */
    size_t name_count;
    array_of(struct event) events;
    array_of(struct carried) carried;
    array_of(struct labelled) labels;
    array_of(struct claim) claims; /* sorted, of the rows at hand */
    array_of(const char *) hinted;
    uint32_t next;           /* row to print */
    uint32_t heading;        /* the row that headed a table last, UINT32_MAX for none */
    bool is_unknown_heading; /* the row at hand looks like one that no rule knows … */
    uint32_t row;            /* … and is this one */
    uint32_t headline;
    bool is_headline_untitled;
    size_t declarations, unknown, residues, findings;
};

static int named_compare(const void *a, const void *b)
{
    const struct named_rule *first = a, *second = b;
    int order = strcmp(first->name, second->name);
    return order ? order : (first->rule->id > second->rule->id) - (first->rule->id < second->rule->id);
}

static bool is_named(const struct rule *rule)
{
    return rule_is_field(rule) || rule->word == WORD_TITLE;
}

static void names_build(struct tracer *tracer)
{
    const struct grammar *grammar = tracer->grammar;
    struct build build = {.arena = &tracer->kept};
    tracer->names = arena_array(&tracer->kept, struct named_rule, grammar->count);
    for (unsigned id = 1; id <= grammar->count; id++) {
        const struct rule *rule = grammar_rule(grammar, id);
        if (is_named(rule))
            tracer->names[tracer->name_count++] = (struct named_rule){build_rule_name(&build, rule), rule};
    }
    if (tracer->name_count)
        qsort(tracer->names, tracer->name_count, sizeof *tracer->names, named_compare);
}

/* A label's view without the note in brackets behind it. */
static size_t bare_length(const char *text, size_t length)
{
    if (length < 3 || text[length - 1] != ')')
        return length;
    size_t depth = 0;
    for (size_t i = length; i-- > 0;) {
        depth += text[i] == ')';
        if (text[i] == '(' && --depth == 0)
            return i ? i : length;
    }
    return length;
}

static void text_view(const char *text, struct view *view)
{
    size_t length = strlen(text);
    struct document_text document = {.text = text, .length = (uint32_t)(length < 4096 ? length : 4096)};
    while (document.length < length && document.length &&
           ((unsigned char)text[document.length] & 0xc0) == 0x80)
        document.length--;
    view_build(view, &document, (struct span){0, document.length});
    while (view->length && view->text[view->length - 1] == ':')
        view->length--;
}

/* The first rule of a name; in *site, of all of that name, the one that spells the label. */
static const struct rule *rule_named(const struct tracer *tracer, const char *name, const char *label,
                                     const struct rule **site)
{
    size_t low = 0, high = tracer->name_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(tracer->names[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *site = NULL;
    if (low == tracer->name_count || strcmp(tracer->names[low].name, name) != 0)
        return NULL;
    const struct rule *first = tracer->names[low].rule;
    *site = first;
    if (label && low + 1 < tracer->name_count && strcmp(tracer->names[low + 1].name, name) == 0) {
        struct view view;
        text_view(label, &view);
        size_t bare = bare_length(view.text, view.length);
        for (size_t i = low; i < tracer->name_count && strcmp(tracer->names[i].name, name) == 0; i++)
            if (nearest_spells(&tracer->nearest, tracer->names[i].rule, view.text, view.length) ||
                nearest_spells(&tracer->nearest, tracer->names[i].rule, view.text, bare)) {
                *site = tracer->names[i].rule;
                break;
            }
    }
    return first;
}

static void print_site(FILE *out, const struct rule *rule)
{
    if (rule && rule->path)
        fprintf(out, "  [%s:%u]", base_name(rule->path), rule->line);
}

/* ---- what a declaration says, by place ---- */

static bool is_by(const struct node *node, const char *by)
{
    return node->provenance && node->provenance->by && strcmp(node->provenance->by, by) == 0;
}

/* The place of the row that a carried value stands in: that of its siblings. */
static uint32_t anchor_of(const struct node *parent, const struct node *carried)
{
    uint32_t anchor = carried->provenance->bytes.items[0].from;
    for (const struct node *node = parent->first; node; node = node->next)
        if (node->provenance && node->provenance->bytes.count && !is_by(node, "filled") &&
            node->provenance->bytes.items[0].from > anchor)
            anchor = node->provenance->bytes.items[0].from;
    return anchor;
}

static void node_collect(struct tracer *tracer, const struct node *node, const char *path)
{
    const struct provenance *provenance = node->provenance;
    if (!provenance)
        return;
    bool is_finding = strcmp(node->name, "finding") == 0;
    if (provenance->rule && provenance->label)
        *array_push(&tracer->labels) =
            (struct labelled){provenance->rule, provenance->label, node, path, false};
    if (is_by(node, "filled") && provenance->bytes.count) {
        *array_push(&tracer->carried) = (struct carried){anchor_of(node->parent, node), node, path};
        return;
    }
    for (size_t i = 0; i < provenance->bytes.count; i++) {
        enum event_kind kind = is_finding ? EVENT_FINDING : i ? EVENT_MORE : EVENT_VALUE;
        *array_push(&tracer->events) = (struct event){provenance->bytes.items[i], kind, node, path};
    }
    for (size_t i = 0; i < provenance->also.count; i++)
        *array_push(&tracer->events) = (struct event){provenance->also.items[i], EVENT_AGAIN, node, path};
}

struct counted {
    const char *name;
    unsigned count, seen;
};

/* Children with their paths: a step has a number where several siblings have its name. */
static void tree_collect(struct tracer *tracer, const struct node *parent, const char *prefix)
{
    array_of(struct counted) names = {0};
    for (int pass = 0; pass < 2; pass++)
        for (const struct node *node = parent->first; node; node = node->next) {
            size_t i = 0;
            while (i < names.count && strcmp(names.items[i].name, node->name) != 0)
                i++;
            if (i == names.count)
                *array_push(&names) = (struct counted){node->name, 0, 0};
            struct counted *name = &names.items[i];
            if (pass == 0) {
                name->count++;
                continue;
            }
            name->seen++;
            const char *slash = *prefix ? "/" : "";
            const char *path =
                name->count > 1
                    ? arena_printf(&tracer->page, "%s%s%s[%u]", prefix, slash, node->name, name->seen)
                    : arena_printf(&tracer->page, "%s%s%s", prefix, slash, node->name);
            node_collect(tracer, node, path);
            tree_collect(tracer, node, path);
        }
    array_release(&names);
}

static int event_compare(const void *a, const void *b)
{
    const struct event *first = a, *second = b;
    if (first->span.from != second->span.from)
        return first->span.from < second->span.from ? -1 : 1;
    if (first->kind != second->kind)
        return first->kind < second->kind ? -1 : 1;
    return strcmp(first->path, second->path);
}

static int carried_compare(const void *a, const void *b)
{
    const struct carried *first = a, *second = b;
    if (first->anchor != second->anchor)
        return first->anchor < second->anchor ? -1 : 1;
    return strcmp(first->path, second->path);
}

static int labelled_compare(const void *a, const void *b)
{
    const struct labelled *first = a, *second = b;
    int order = strcmp(first->label, second->label);
    return order ? order : (first < second ? -1 : first > second);
}

/* The first of the labels that read like this one; SIZE_MAX if there is none. */
static size_t labelled_find(const struct tracer *tracer, const char *label)
{
    size_t low = 0, high = tracer->labels.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(tracer->labels.items[middle].label, label) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < tracer->labels.count && strcmp(tracer->labels.items[low].label, label) == 0 ? low : SIZE_MAX;
}

/* ---- hints: the rule that comes nearest ---- */

/* What a hint is looked for: a label and what stands beside it, a column, a level's name. */
struct wish {
    const struct rule *group; /* its terms */
    const struct rule *table; /* its columns, where is_column; NULL: those of all tables */
    bool is_column;
    enum word word;           /* what the value beside it reads as; WORD_TEXT for anything */
    const struct rule *guess; /* what the cells below a column's heading say it is, or NULL */
    const char *below;        /* one of them */
};

static bool is_wanted(const struct rule *rule, const void *context)
{
    const struct wish *wish = context;
    if (wish->group)
        return rule->word == WORD_TERM && strcmp(rule->parent->name, wish->group->name) == 0;
    if (rule->name[0] == '-' || rule->word == WORD_TERM || rule->word == WORD_TOTAL)
        return false;
    bool is_column = rule_is_field(rule) && rule->parent->word != WORD_SECTION;
    if (wish->is_column)
        return is_column && (!wish->table || rule->parent == wish->table);
    return !is_column;
}

static bool is_fitting(const struct rule *rule, const void *context)
{
    const struct wish *wish = context;
    if (wish->group || wish->is_column)
        return true;
    if (wish->word == WORD_MONEY)
        return rule->word == WORD_MONEY;
    if (wish->word == WORD_DATE)
        return rule->word == WORD_DATE || rule->word == WORD_PERIOD;
    return rule->word != WORD_MONEY && rule->word != WORD_DATE && rule->word != WORD_PERIOD &&
           rule->word != WORD_SECTION;
}

static enum word word_of(const struct tracer *tracer, const char *value)
{
    struct view view;
    text_view(value ? value : "", &view);
    if (!view.length || !view.is_whole)
        return WORD_TEXT;
    if (grammar_value(tracer->grammar, VALUE_DATE, view.text, view.length) ||
        grammar_value(tracer->grammar, VALUE_PERIOD, view.text, view.length))
        return WORD_DATE;
    return grammar_value(tracer->grammar, VALUE_MONEY, view.text, view.length) ? WORD_MONEY : WORD_TEXT;
}

/* The text as a pattern: what means something to PCRE2 is escaped. */
static void print_pattern(FILE *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (strchr("\\^$.[]|()?*+{}#", text[i]))
            fputc('\\', out);
        fputc((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i], out);
    }
}

/* The lines of a grammar that would take the label, indented as they stand there. */
static void print_lesson(struct tracer *tracer, const struct rule *rule, const struct wish *wish,
                         const char *text, size_t length)
{
    FILE *out = tracer->out;
    const struct rule *chain[6];
    size_t depth = 0;
    bool is_new = !rule;
    for (const struct rule *up = is_new ? NULL : rule->parent; up && up->parent && depth < 6; up = up->parent)
        chain[depth++] = up;
    const char *lead = "teach:";
    unsigned indent = 0;
    if (is_new) {
        fprintf(out, "%8s%-8ssection header      # or another section\n", "", lead);
        lead = "";
        indent = 4;
    }
    while (depth-- > 0) {
        const struct rule *up = chain[depth];
        fprintf(out, "%8s%-8s%*s%s %s", "", lead, (int)indent, "", word_names[up->word], up->name);
        if (up->word == WORD_GROUP && up->pattern)
            fprintf(out, "    %s", up->pattern);
        fputc('\n', out);
        lead = "";
        indent += 4;
    }
    const char *word = rule ? word_names[rule->word] : word_names[wish->word];
    const char *name = rule ? rule->name : "a-new-name";
    fprintf(out, "%8s%-8s%*s%s %s    ", "", lead, (int)indent, "", word, name);
    print_pattern(out, text, length);
    fputc('\n', out);
}

/* Says which rule's label comes nearest to a text that no rule took. Once for a text. */
static void print_hint(struct tracer *tracer, const char *label, const struct wish *wish, bool is_certain)
{
    FILE *out = tracer->out;
    struct view view;
    text_view(label, &view);
    size_t length = bare_length(view.text, view.length), from = 0;
    if (grammar_value(tracer->grammar, VALUE_ORDINAL, view.text, length)) {
        size_t to = pattern_to(tracer->grammar->values[VALUE_ORDINAL]);
        from = to < length ? to : 0;
    }
    const char *text = view.text + from;
    length -= from;
    if (!length || !view.is_whole || tracer->hinted.count >= HINTS_MOST)
        return;
    for (size_t i = 0; i < tracer->hinted.count; i++)
        if (strlen(tracer->hinted.items[i]) == length && memcmp(tracer->hinted.items[i], text, length) == 0)
            return;
    *array_push(&tracer->hinted) = arena_copy(&tracer->kept, text, length);
    struct near near = nearest_find(&tracer->nearest, text, length, is_wanted, is_fitting, wish);
    bool is_near = near.rule && near.distance * 2 <= near.characters;
    if (wish->guess) {
        fprintf(out, "%8sbelow it stands '", "");
        print_text(out, wish->below, LABEL_WIDTH);
        fprintf(out, "'; if it heads the column %s", wish->guess->name);
        print_site(out, wish->guess);
        fputs(":\n", out);
        print_lesson(tracer, wish->guess, wish, text, length);
        return;
    }
    if (!is_certain && (!is_near || near.characters < 4))
        return;
    if (is_near) {
        fprintf(out, "%8snearest: ", "");
        print_text(out, near.label, VALUE_WIDTH);
        struct build build = {.arena = &tracer->scratch};
        fprintf(out, ", a label of %s",
                near.rule->word == WORD_TERM ? near.rule->parent->name : build_rule_name(&build, near.rule));
        print_site(out, near.rule);
        fputs("; if it means the same:\n", out);
    } else {
        fprintf(out, "%8sno rule has a label like it\n", "");
    }
    if (!is_near && (wish->is_column || wish->group))
        return;
    print_lesson(tracer, is_near ? near.rule : NULL, wish, text, length);
}

/* ---- what became of a cell ---- */

static const char *span_text(struct tracer *tracer, struct span span)
{
    return text_normal(&tracer->document, &tracer->scratch, &span, 1);
}

static void begin_line(struct tracer *tracer, const char *text)
{
    fputs("    ", tracer->out);
    print_padded(tracer->out, text, LABEL_WIDTH);
    fputs("  ", tracer->out);
}

/* Whether a claim of this kind begins in the span or reaches into it. */
static bool is_claimed(const struct tracer *tracer, struct span span, enum claim_kind kind)
{
    size_t low = 0, high = tracer->claims.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tracer->claims.items[middle].span.from < span.from)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low;
         i < tracer->claims.count && i < low + 8 && tracer->claims.items[i].span.from < span.to; i++)
        if (tracer->claims.items[i].kind == kind)
            return true;
    return false;
}

static void print_attributes(FILE *out, const struct node *node)
{
    for (const struct attribute *a = node->attributes; a; a = a->next) {
        if (strcmp(a->name, "label") == 0 && node->provenance && node->provenance->rule &&
            strcmp(node->provenance->rule, "field") == 0)
            continue;
        fprintf(out, " %s=", a->name);
        print_text(out, a->value ? a->value : "", VALUE_WIDTH);
    }
}

/* The column of the heading that reads like `label` and stands nearest; 0 if none. */
static unsigned heading_column(struct tracer *tracer, const char *label, unsigned column)
{
    if (tracer->heading == UINT32_MAX || !label)
        return 0;
    const struct row *row = &tracer->grid.rows.items[tracer->heading];
    unsigned best = 0, least = UINT32_MAX;
    for (uint32_t c = 0; c < row->count && c < 200; c++) {
        const struct cell *cell = &tracer->grid.cells.items[row->first + c];
        if (cell_is_blank(cell) || strcmp(span_text(tracer, cell_span(cell)), label) != 0)
            continue;
        unsigned apart = cell->column > column ? cell->column - column : column - cell->column;
        if (apart < least) {
            least = apart;
            best = cell->column + 1u;
        }
    }
    return best;
}

/* Why a repaired value is believed. */
static void print_evidence(struct tracer *tracer, const struct cell *cell, const struct node *node,
                           const struct rule *rule)
{
    FILE *out = tracer->out;
    const struct provenance *provenance = node->provenance;
    if (is_by(node, "shifted")) {
        unsigned under = heading_column(tracer, provenance->label, cell->column);
        fprintf(out, "%8sshifted: printed in column %u, belongs under ", "", cell->column + 1u);
        if (under)
            fprintf(out, "column %u ", under);
        fputs("'", out);
        print_text(out, provenance->label ? provenance->label : "", LABEL_WIDTH);
        fputs("': ", out);
        const struct meaning *meaning = cell_meaning(&tracer->grid, cell);
        unsigned term = rule && rule->word == WORD_GROUP ? meaning->terms[rule->index] : 0;
        const char *kind = node_get(node, "kind");
        if (term) {
            fprintf(out, "it is a term of %s", rule->name);
            print_site(out, grammar_rule(tracer->grammar, term));
        } else if (kind && strcmp(kind, "text") != 0) {
            fprintf(out, "it reads as a value of kind %s", kind);
        } else {
            fputs("the cells beside it leave no other column", out);
        }
        fputc('\n', out);
    } else if (is_by(node, "corrected")) {
        fprintf(out, "%8scorrected: '", "");
        print_text(out, provenance->raw ? provenance->raw : "", LABEL_WIDTH);
        fprintf(out, "' is no term of %s but ends like one; the rows above have '",
                rule ? rule->name : "its column");
        print_text(out, node->value, LABEL_WIDTH);
        fputs("'\n", out);
    } else if (is_by(node, "joined")) {
        struct span span = provenance->bytes.items[0];
        unsigned first = line_at(tracer->source, span.from),
                 last = line_at(tracer->source, span.to ? span.to - 1 : 0);
        fprintf(out, "%8sjoined: put together from pieces ", "");
        fprintf(out, first == last ? "on line %u\n" : "on lines %u to %u\n", first, last);
    } else if (provenance->by) {
        fprintf(out, "%8s%s\n", "", provenance->by);
    }
}

static bool is_labellike(const struct tracer *tracer, const struct cell *cell)
{
    struct view view;
    view_build(&view, &tracer->document, cell_span(cell));
    return view.is_whole && view.length <= 48 &&
           grammar_value(tracer->grammar, VALUE_LABEL, view.text, view.length);
}

/* The term that a label is, where it stands in no table. */
static const struct rule *term_meant(const struct tracer *tracer, const char *label)
{
    struct view view;
    text_view(label, &view);
    const struct meaning *meaning =
        &tracer->grammar->meanings[grammar_meaning(tracer->grammar, view.text, view.length)];
    for (size_t g = 0; g < tracer->grammar->group_count; g++)
        if (meaning->terms[g])
            return grammar_rule(tracer->grammar, meaning->terms[g]);
    return NULL;
}

enum { BELOW_MOST = 4 }; /* rows that are looked at below a heading */

/* The table whose terms stand below the row at hand, NULL if none do. */
static const struct rule *table_below(const struct tracer *tracer)
{
    const struct grid *grid = &tracer->grid;
    for (uint32_t r = tracer->row + 1; r < grid->rows.count && r <= tracer->row + BELOW_MOST; r++)
        for (uint32_t c = 0; c < grid->rows.items[r].count; c++) {
            const struct meaning *meaning =
                cell_meaning(grid, &grid->cells.items[grid->rows.items[r].first + c]);
            for (size_t g = 0; g < tracer->grammar->group_count && meaning->is_term; g++)
                if (meaning->terms[g])
                    return tracer->grammar->groups[g]->parent;
        }
    return NULL;
}

/* What the cells below a heading say about its column: terms of a group, or targets. */
static void wish_below(struct tracer *tracer, const struct cell *heading, struct wish *wish)
{
    const struct grid *grid = &tracer->grid;
    wish->table = table_below(tracer);
    for (uint32_t r = tracer->row + 1; wish->table && r < grid->rows.count && r <= tracer->row + BELOW_MOST;
         r++) {
        const struct row *row = &grid->rows.items[r];
        for (uint32_t c = 0; c < row->count; c++) {
            const struct cell *cell = &grid->cells.items[row->first + c];
            if (cell->column != heading->column || cell_is_blank(cell))
                continue;
            const struct meaning *meaning = cell_meaning(grid, cell);
            for (size_t g = 0; g < tracer->grammar->group_count && !wish->guess; g++)
                if (meaning->terms[g])
                    wish->guess = tracer->grammar->groups[g];
            struct view view;
            view_build(&view, &tracer->document, cell_span(cell));
            if (!wish->guess && view.length &&
                (grammar_value(tracer->grammar, VALUE_SIGN, view.text, view.length) ||
                 grammar_value(tracer->grammar, VALUE_NUMBER, view.text, view.length)))
                wish->guess = rule_child(wish->table, WORD_TARGET);
            if (wish->guess) {
                wish->below = span_text(tracer, cell_span(cell));
                return;
            }
        }
    }
}

static void hint_label(struct tracer *tracer, const struct cell *cell, const char *label, const char *value)
{
    const struct rule *term = term_meant(tracer, label);
    if (term) {
        fprintf(tracer->out, "%8sit is a term of %s, but no heading of a table was recognized above it\n", "",
                term->parent->name);
        return;
    }
    struct wish wish = {.word = word_of(tracer, value), .is_column = tracer->is_unknown_heading};
    if (wish.is_column)
        wish_below(tracer, cell, &wish);
    print_hint(tracer, label, &wish, true);
}

/* A value whose label no rule knows: the label, where it was not told by itself. */
static void print_unknown(struct tracer *tracer, const struct cell *cell, const struct node *node)
{
    FILE *out = tracer->out;
    const char *label = node->provenance->label ? node->provenance->label : "";
    for (size_t i = labelled_find(tracer, label);
         i < tracer->labels.count && strcmp(tracer->labels.items[i].label, label) == 0; i++) {
        struct labelled *labelled = &tracer->labels.items[i];
        if (labelled->node != node || labelled->is_told)
            continue;
        labelled->is_told = true;
        tracer->unknown++;
        fprintf(out, "%8sno rule takes the label '", "");
        print_text(out, label, LABEL_WIDTH);
        fputs("'\n", out);
        hint_label(tracer, cell, label, node->value);
        break;
    }
    if (tracer->is_unknown_heading && is_labellike(tracer, cell))
        hint_label(tracer, cell, node->value ? node->value : "", NULL);
}

static void print_value(struct tracer *tracer, const struct cell *whole, const struct event *event)
{
    FILE *out = tracer->out;
    /* a table parts a line where the grid saw one cell */
    struct cell piece = *whole;
    if (event->span.from != whole->from || event->span.to != whole->to) {
        piece.from = event->span.from;
        piece.to = event->span.to;
        cell_recognize(&tracer->grid, &piece);
    }
    const struct cell *cell = &piece;
    const struct node *node = event->node;
    const struct provenance *provenance = node->provenance;
    bool is_unknown = provenance->rule && strcmp(provenance->rule, "field") == 0;
    const struct rule *rule = NULL, *site = NULL;
    if (provenance->rule && !is_unknown)
        rule = rule_named(tracer, provenance->rule, provenance->label, &site);
    unsigned title = cell_meaning(&tracer->grid, cell)->title;
    if (rule && rule->word == WORD_TITLE && title)
        site = grammar_rule(tracer->grammar, title);
    begin_line(tracer, span_text(tracer, event->span));
    fprintf(out, "value    %s", event->path);
    print_attributes(out, node);
    if (provenance->raw && node->value) {
        fputs(" = ", out);
        print_text(out, node->value, VALUE_WIDTH);
    }
    print_site(out, site);
    fputc('\n', out);
    print_evidence(tracer, cell, node, rule);
    if (rule && rule->word == WORD_GROUP && rule_child(rule, WORD_TERM) && !is_by(node, "corrected") &&
        !cell_meaning(&tracer->grid, cell)->terms[rule->index]) {
        tracer->unknown++;
        const struct rule *sets = rule_child(rule, WORD_SETS);
        fprintf(out, "%8sno term of %s%s%s\n", "", rule->name, sets ? ", so there is no " : "",
                sets ? sets->name : "");
        struct wish wish = {.group = rule};
        print_hint(tracer, span_text(tracer, cell_span(cell)), &wish, true);
    }
    if (is_unknown)
        print_unknown(tracer, cell, node);
}

static void print_event(struct tracer *tracer, const struct cell *cell, const struct event *event)
{
    FILE *out = tracer->out;
    switch (event->kind) {
    case EVENT_VALUE:
        print_value(tracer, cell, event);
        break;
    case EVENT_MORE:
        begin_line(tracer, span_text(tracer, event->span));
        fprintf(out, "value    %s, continued\n", event->path);
        break;
    case EVENT_AGAIN:
        begin_line(tracer, span_text(tracer, event->span));
        fprintf(out, "value    %s, stated again\n", event->path);
        break;
    case EVENT_RESIDUE:
        tracer->residues++;
        begin_line(tracer, span_text(tracer, event->span));
        fputs("residue\n", out);
        if (!tracer->grid.rows.items[tracer->row].is_notice && event->span.from <= cell->from &&
            event->span.to >= cell->to && is_labellike(tracer, cell)) {
            struct wish wish = {.word = WORD_TEXT, .is_column = tracer->is_unknown_heading};
            print_hint(tracer, span_text(tracer, event->span), &wish, false);
        }
        break;
    case EVENT_FINDING:
        fprintf(out, "%8sfinding: ", "");
        print_text(out, event->node->value, UINT32_MAX);
        fputc('\n', out);
        break;
    }
}

static size_t event_first(const struct tracer *tracer, uint32_t from)
{
    size_t low = 0, high = tracer->events.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tracer->events.items[middle].span.from < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The path of the first value behind a place, "" if there is none. */
static const char *path_behind(const struct tracer *tracer, uint32_t at)
{
    for (size_t i = event_first(tracer, at); i < tracer->events.count; i++)
        if (tracer->events.items[i].kind == EVENT_VALUE)
            return tracer->events.items[i].path;
    return "";
}

static bool is_in(const char *path, const char *block)
{
    size_t length = strlen(block);
    return strncmp(path, block, length) == 0 && path[length] == '/';
}

/* The rule that took a printed label: of those that it may mean, the one that a
 * value names; failing that what the engine would make of it. */
static void print_label(struct tracer *tracer, const struct cell *cell, const struct rule *table)
{
    FILE *out = tracer->out;
    const struct grammar *grammar = tracer->grammar;
    const struct meaning *meaning = cell_meaning(&tracer->grid, cell);
    struct span span = {cell->label_from, cell->label_to};
    const char *text = span_text(tracer, span);
    struct build build = {.arena = &tracer->scratch};
    begin_line(tracer, text);
    const struct rule *columns = NULL, *fields = NULL, *site;
    const char *behind = path_behind(tracer, cell->to);
    for (size_t t = 0; t < grammar->table_count && !columns; t++)
        if (meaning->columns[t] && (!table || table->index == t))
            columns = grammar_rule(grammar, meaning->columns[t]);
    for (size_t s = 0; s < grammar->section_count; s++)
        if (meaning->fields[s] && (!fields || is_in(behind, grammar->sections[s]->name)))
            fields = grammar_rule(grammar, meaning->fields[s]);
    if (table && columns) {
        const char *name = build_rule_name(&build, columns);
        fprintf(out, "column   %s", name);
        rule_named(tracer, name, text, &site);
        print_site(out, site);
        fputc('\n', out);
        return;
    }
    for (size_t i = labelled_find(tracer, text), n = 0; i < tracer->labels.count && n < 64; i++, n++) {
        struct labelled *labelled = &tracer->labels.items[i];
        if (strcmp(labelled->label, text) != 0)
            break;
        if (strcmp(labelled->rule, "field") == 0 && !labelled->is_told) {
            labelled->is_told = true;
            if (meaning->section) {
                fprintf(out, "heading  %s, with text of its own: kept as %s",
                        grammar_rule(grammar, meaning->section)->name, labelled->path);
                print_site(out, grammar_rule(grammar, meaning->section));
                fputc('\n', out);
                return;
            }
            tracer->unknown++;
            fprintf(out, "unknown  no rule takes this label here; kept as %s\n", labelled->path);
            hint_label(tracer, cell, text, labelled->node->value);
            return;
        }
        const struct rule *rule = rule_named(tracer, labelled->rule, text, &site);
        if (!rule || rule->parent->word != WORD_SECTION || meaning->fields[rule->parent->index] != rule->id)
            continue;
        fprintf(out, "label    %s%s", labelled->rule,
                labelled->node->value || labelled->node->first ? "" : ", with nothing beside it");
        print_site(out, site);
        fputc('\n', out);
        return;
    }
    const struct rule *section = meaning->section ? grammar_rule(grammar, meaning->section) : NULL;
    if (section) {
        fprintf(out, "heading  %s", section->name);
        print_site(out, section);
    } else if (meaning->list_total) {
        fputs("label    total", out);
        print_site(out, grammar_rule(grammar, meaning->list_total));
    } else if (meaning->is_term) {
        const struct rule *term = NULL;
        for (size_t g = 0; g < grammar->group_count && !term; g++)
            if (meaning->terms[g])
                term = grammar_rule(grammar, meaning->terms[g]);
        fprintf(out, "level    %s of %s, for the rows below", term->name, term->parent->name);
        print_site(out, term);
    } else if (fields) {
        const char *name = build_rule_name(&build, fields);
        fprintf(out, "label    %s%s", name, fields->name[0] == '-' ? ", says nothing by itself" : "");
        rule_named(tracer, name, text, &site);
        print_site(out, site);
    } else if (meaning->title) {
        fputs("title    again, or followed by no form", out);
        print_site(out, grammar_rule(grammar, meaning->title));
    } else if (columns) {
        fprintf(out, "column   %s", build_rule_name(&build, columns));
        print_site(out, columns);
    } else {
        fputs("label", out);
    }
    fputc('\n', out);
}

/* Several names of levels on one line are one cell to the grid. */
static bool begins_with_term(const struct tracer *tracer, const struct view *view)
{
    unsigned length = 1;
    while (length < view->length && !view->is_gapped[length])
        length++;
    return view->length &&
           tracer->grammar->meanings[grammar_meaning(tracer->grammar, view->text, length)].is_term;
}

/* A cell without label and value that something claimed all the same. */
static void print_aside(struct tracer *tracer, const struct cell *cell)
{
    FILE *out = tracer->out;
    const char *text = span_text(tracer, cell_span(cell));
    struct view view;
    view_build(&view, &tracer->document, cell_span(cell));
    begin_line(tracer, text);
    for (size_t i = labelled_find(tracer, text);
         i < tracer->labels.count && strcmp(tracer->labels.items[i].label, text) == 0; i++) {
        struct labelled *labelled = &tracer->labels.items[i];
        if (labelled->is_told || strcmp(labelled->rule, "field") != 0)
            continue;
        labelled->is_told = true;
        tracer->unknown++;
        fprintf(out, "unknown  no rule takes this label; kept as %s\n", labelled->path);
        hint_label(tracer, cell, text, labelled->node->value);
        return;
    }
    if (view.is_whole && grammar_value(tracer->grammar, VALUE_BLANK, view.text, view.length))
        fputs("blank\n", out);
    else if (view.is_whole && grammar_value(tracer->grammar, VALUE_UNFILLED, view.text, view.length))
        fputs("unfilled a row that the template left for more\n", out);
    else if (view.is_whole && (grammar_value(tracer->grammar, VALUE_TIME, view.text, view.length) ||
                               grammar_value(tracer->grammar, VALUE_DATE, view.text, view.length)))
        fputs("value    an attribute of its row\n", out);
    else if (is_claimed(tracer, cell_span(cell), CLAIM_VALUE))
        fputs(begins_with_term(tracer, &view) ? "level    for the rows below\n" : "value    said before\n",
              out);
    else if (is_claimed(tracer, cell_span(cell), CLAIM_LABEL))
        fputs("label\n", out);
    else
        fputs("sign     counts neither as label nor as value\n", out);
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

static void print_carried(struct tracer *tracer, const struct carried *carried)
{
    const struct node *node = carried->node;
    const struct provenance *provenance = node->provenance;
    begin_line(tracer, "\"");
    fprintf(tracer->out, "value    %s = ", carried->path);
    print_text(tracer->out, node->value ? node->value : "", VALUE_WIDTH);
    fprintf(tracer->out, ", carried down from line %u",
            line_at(tracer->source, provenance->bytes.items[0].from));
    const struct rule *site = NULL;
    if (provenance->rule)
        rule_named(tracer, provenance->rule, provenance->label, &site);
    print_site(tracer->out, site);
    fputc('\n', tracer->out);
}

static void print_cell(struct tracer *tracer, const struct cell *cell, const struct rule *table)
{
    size_t first = event_first(tracer, cell->from), last = first;
    bool is_taken = false, is_label_taken = false;
    while (last < tracer->events.count && tracer->events.items[last].span.from < cell->to) {
        const struct event *event = &tracer->events.items[last++];
        if (event->kind == EVENT_FINDING)
            continue;
        is_taken = true;
        is_label_taken |= event->span.from <= cell->label_from;
    }
    if (cell->meaning && cell->label_from < cell->label_to && !is_label_taken) {
        print_label(tracer, cell, table);
        is_taken = true;
    }
    /* text that goes on from a row above */
    if (!is_taken && first > 0) {
        const struct event *before = &tracer->events.items[first - 1];
        if (before->span.to >= cell->to && before->kind != EVENT_FINDING) {
            begin_line(tracer, span_text(tracer, cell_span(cell)));
            fprintf(tracer->out, "%s, continued\n", before->kind == EVENT_RESIDUE ? "residue" : before->path);
            return;
        }
    }
    if (!is_taken)
        print_aside(tracer, cell);
    for (size_t i = first; i < last; i++)
        print_event(tracer, cell, &tracer->events.items[i]);
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
    size_t low = 0, high = tracer->carried.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tracer->carried.items[middle].anchor < from)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t i = low, n = 0; i < tracer->carried.count && tracer->carried.items[i].anchor < to; i++) {
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

static int claim_compare(const void *a, const void *b)
{
    const struct claim *first = a, *second = b;
    return first->span.from < second->span.from ? -1 : first->span.from > second->span.from;
}

static void print_rows(struct tracer *tracer, struct build *build, uint32_t to)
{
    tracer->claims.count = 0;
    for (size_t i = 0; i < build->claims.count; i++)
        *array_push(&tracer->claims) = build->claims.items[i];
    if (tracer->claims.count)
        qsort(tracer->claims.items, tracer->claims.count, sizeof *tracer->claims.items, claim_compare);
    if (tracer->events.count)
        qsort(tracer->events.items, tracer->events.count, sizeof *tracer->events.items, event_compare);
    if (tracer->carried.count)
        qsort(tracer->carried.items, tracer->carried.count, sizeof *tracer->carried.items, carried_compare);
    if (tracer->labels.count)
        qsort(tracer->labels.items, tracer->labels.count, sizeof *tracer->labels.items, labelled_compare);
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
    tracer.headline = extents.headline;
    tracer.is_headline_untitled = !extents.count || !extents.items[0].title;
    struct build build = {
        .document = &tracer.document, .grid = &tracer.grid, .grammar = grammar, .arena = &tracer.page};
    uint32_t first = extents.count ? extents.items[0].from : (uint32_t)tracer.grid.rows.count;
    if (first) {
        residue_events(&tracer, &build, 0, first);
        fputs("=== before the first declaration\n", out);
        print_rows(&tracer, &build, first);
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
