/* Hints: the rule that comes nearest to a text that no rule took. */
#include "tracing.h"

#include <string.h>

#include "pattern.h"

enum { BELOW_MOST = 4 }; /* rows that are looked at below a heading */

/* What a hint is looked for: a label and what stands beside it, a column, a level's name. */
struct wish {
    const struct rule *group; /* its terms */
    const struct rule *table; /* its columns, where is_column; NULL: those of all tables */
    bool is_column;
    bool is_valued;           /* a value stands beside it: no heading */
    enum word word;           /* what the value beside it reads as; WORD_TEXT for anything */
    const struct rule *guess; /* what the cells below a column's heading say it is, or NULL */
    const char *below;        /* one of them */
};

static bool is_wanted(const struct rule *rule, const void *context)
{
    const struct wish *wish = context;
    if (wish->group)
        return rule->word == WORD_TERM && strcmp(rule->parent->name, wish->group->name) == 0;
    if (rule->word == WORD_SECTION && wish->is_valued)
        return false;
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
    if (wish->word == WORD_PERIOD)
        return rule->word == WORD_PERIOD;
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
    if (grammar_value(tracer->grammar, VALUE_DATE, view.text, view.length))
        return WORD_DATE;
    if (grammar_value(tracer->grammar, VALUE_PERIOD, view.text, view.length))
        return WORD_PERIOD;
    return grammar_value(tracer->grammar, VALUE_MONEY, view.text, view.length) ? WORD_MONEY : WORD_TEXT;
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
    struct build build = {.arena = &tracer->scratch};
    if (is_near && near.distance == 0) {
        fprintf(out, "%8sa label of %s already", "",
                near.rule->word == WORD_TERM ? near.rule->parent->name : build_rule_name(&build, near.rule));
        print_site(out, near.rule);
        fputs(tracer->is_outside ? "; no form has begun here\n" : "; nothing is read with it here\n", out);
        return;
    }
    if (is_near) {
        fprintf(out, "%8snearest: ", "");
        print_text(out, near.label, VALUE_WIDTH);
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

void hint_label(struct tracer *tracer, const struct cell *cell, const char *label, const char *value)
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

void hint_term(struct tracer *tracer, const struct cell *cell, const struct rule *group)
{
    struct wish wish = {.group = group};
    print_hint(tracer, span_text(tracer, cell_span(cell)), &wish, true);
}

/* The text of the cell behind a place in the row at hand, or NULL. */
static const char *text_behind(struct tracer *tracer, uint32_t place)
{
    const struct row *row = &tracer->grid.rows.items[tracer->row];
    for (uint32_t c = 0; c < row->count; c++) {
        const struct cell *cell = &tracer->grid.cells.items[row->first + c];
        if (cell->from >= place && !cell_is_blank(cell))
            return span_text(tracer, cell_span(cell));
    }
    return NULL;
}

void hint_residue(struct tracer *tracer, struct span span)
{
    struct wish wish = {.word = WORD_TEXT, .is_column = tracer->is_unknown_heading};
    if (tracer->is_outside && !(wish.is_column && table_below(tracer))) {
        const char *value = text_behind(tracer, span.to);
        wish.is_column = false;
        wish.is_valued = value;
        wish.word = word_of(tracer, value);
    }
    print_hint(tracer, span_text(tracer, span), &wish, false);
}
