/* What became of a cell. */
#include "tracing.h"

#include <string.h>

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

bool is_labellike(const struct tracer *tracer, const struct cell *cell)
{
    struct view view;
    view_build(&view, &tracer->document, cell_span(cell));
    return view.is_whole && view.length <= 48 &&
           grammar_value(tracer->grammar, VALUE_LABEL, view.text, view.length);
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
        hint_term(tracer, cell, rule);
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
            event->span.to >= cell->to && is_labellike(tracer, cell))
            hint_residue(tracer, event->span);
        break;
    case EVENT_FINDING:
        fprintf(out, "%8sfinding: ", "");
        print_text(out, event->node->value, UINT32_MAX);
        fputc('\n', out);
        break;
    }
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

void print_carried(struct tracer *tracer, const struct carried *carried)
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

void print_cell(struct tracer *tracer, const struct cell *cell, const struct rule *table)
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
