#include "archive_loading.h"

#include <string.h>

#include "base/decimal.h"
#include "check.h"

/* ---- from nodes to rows ---- */

static struct datum ranges_datum(struct loader *loader, const struct spans *spans, uint32_t *first)
{
    struct byte_ranges ranges = byte_ranges(loader->source, spans);
    struct byte_range range;
    char text[2 * NUMBER_MOST + 2], *end;
    if (!spans->count || !byte_ranges_next(&ranges, &range))
        return null_datum();
    if (first)
        *first = range.offset;
    end = number_put(text, range.from);
    *end++ = '-';
    end = number_put(end, range.to);
    struct datum datum = length_datum(loader, text, (size_t)(end - text));
    if (!ranges.is_ahead)
        return datum;
    struct buffer all = {0};
    buffer_add(&all, datum.text, datum.length);
    while (byte_ranges_next(&ranges, &range)) {
        buffer_char(&all, ' ');
        buffer_number(&all, range.from);
        buffer_char(&all, '-');
        buffer_number(&all, range.to);
    }
    datum = length_datum(loader, all.bytes, all.length);
    buffer_release(&all);
    return datum;
}

static void add_span(struct loader *loader, size_t fact, size_t number, const char *element, const struct provenance *provenance)
{
    struct datum *row = fact_row(loader, TABLE_SPANS, fact);
    uint32_t first = UINT32_MAX;
    struct byte_range mark;
    row[2] = integer_datum((int64_t)number);
    row[3] = name_datum(element);
    if (!provenance)
        return;
    row[4] = ranges_datum(loader, &provenance->bytes, &first);
    if (first != UINT32_MAX) {
        source_place_next(loader->source, &loader->cursor, first);
        row[5] = integer_datum(loader->cursor.line);
        row[6] = integer_datum(loader->cursor.column);
    }
    row[7] = text_datum(loader, provenance->rule);
    row[8] = text_datum(loader, provenance->label);
    row[9] = text_datum(loader, provenance->raw);
    row[10] = text_datum(loader, provenance->by);
    row[11] = ranges_datum(loader, &provenance->also, NULL);
    if (byte_range_whole(loader->source, provenance->mark, &mark)) {
        char text[2 * NUMBER_MOST + 2], *end = number_put(text, mark.from);
        *end++ = '-';
        end = number_put(end, mark.to);
        row[12] = length_datum(loader, text, (size_t)(end - text));
    }
}

static inline bool is_named(const struct node *node, const char *name)
{
    return node->name[0] == name[0] && strcmp(node->name, name) == 0;
}

/* An amount of 元: exact fen, or the decimal where fen cannot be exact. */
static void put_money(struct loader *loader, struct datum *fen, struct datum *yuan, const char *value)
{
    struct decimal amount, hundredfold;
    if (!value || !*value)
        return;
    if (decimal_read(&amount, value, strlen(value)) && decimal_shift(&hundredfold, amount, 2)) {
        while (hundredfold.places && hundredfold.units % 10 == 0) {
            hundredfold.units /= 10;
            hundredfold.places--;
        }
        if (!hundredfold.places && hundredfold.units >= INT64_MIN && hundredfold.units <= INT64_MAX) {
            *fen = integer_datum((int64_t)hundredfold.units);
            return;
        }
    }
    *yuan = text_datum(loader, value);
}

static bool is_checked(const struct node *node)
{
    const char *checked = node_get(node, "checked");
    return checked && strcmp(checked, "true") == 0;
}

/* The check boxes below a node, each a row; returns those ticked, joined. */
static struct datum add_options(struct loader *loader, const struct node *node, const char *name, size_t fact, size_t *number)
{
    struct buffer ticked = {0};
    for (const struct node *option = node->first; option; option = option->next) {
        if (!is_named(option, name))
            continue;
        struct datum *row = fact_row(loader, TABLE_OPTIONS, fact);
        row[2] = integer_datum((int64_t)*number);
        row[3] = text_datum(loader, option->value);
        row[4] = integer_datum(is_checked(option));
        add_span(loader, fact, (*number)++, option->name, option->provenance);
        if (!is_checked(option) || !option->value)
            continue;
        if (ticked.length)
            buffer_text(&ticked, "、");
        buffer_text(&ticked, option->value);
    }
    struct datum datum = ticked.length ? length_datum(loader, ticked.bytes, ticked.length) : null_datum();
    buffer_release(&ticked);
    return datum;
}

static void add_field(struct loader *loader, const struct node *node, size_t fact, size_t number)
{
    struct datum *row = fact_row(loader, TABLE_FIELDS, fact);
    row[2] = integer_datum((int64_t)number);
    row[3] = name_datum(node->name);
    row[4] = text_datum(loader, node_get(node, "label"));
    row[5] = text_datum(loader, node->value);
    if (row[4].kind == DATUM_NULL && node->provenance)
        row[4] = text_datum(loader, node->provenance->label);
}

/* Elements that a grammar adds: every value below is a field, with a span. */
static void add_others(struct loader *loader, const struct node *node, size_t fact, size_t *number)
{
    if (!node->first || node->value) {
        add_field(loader, node, fact, *number);
        add_span(loader, fact, (*number)++, node->name, node->provenance);
    }
    for (const struct node *child = node->first; child; child = child->next)
        add_others(loader, child, fact, number);
}

static void add_part(struct loader *loader, const struct node *node, size_t fact)
{
    struct datum *row = fact_row(loader, TABLE_PARTS, fact);
    const struct node *title = node_child(node, "title");
    size_t number = 0;
    row[2] = text_datum(loader, node_get(node, "kind"));
    row[3] = text_datum(loader, title ? title->value : NULL);
    for (const struct node *child = node->first; child; child = child->next) {
        if (child == title)
            add_span(loader, fact, number++, child->name, child->provenance);
        else
            add_others(loader, child, fact, &number);
    }
}

static void add_header(struct loader *loader, const struct node *node, size_t fact)
{
    size_t number = 0;
    add_span(loader, fact, number++, node->name, node->provenance);
    struct datum value = node->first ? add_options(loader, node, "option", fact, &number) : text_datum(loader, node->value);
    struct datum *row = fact_row(loader, TABLE_HEADER, fact);
    row[2] = name_datum(node->name);
    row[3] = value;
}

static void add_narrative(struct loader *loader, const struct node *node, size_t fact)
{
    struct datum *row = fact_row(loader, TABLE_NARRATIVE, fact);
    row[2] = name_datum(node->name);
    row[3] = text_datum(loader, node->value);
    row[4] = text_datum(loader, node_get(node, "from"));
    row[5] = text_datum(loader, node_get(node, "to"));
    add_span(loader, fact, 0, node->name, node->provenance);
}

static void add_amount(struct loader *loader, const struct node *node, size_t fact)
{
    const char *kind = node_get(node, "kind");
    struct datum *row = fact_row(loader, TABLE_FUNDING, fact);
    const char *scope = node_get(node, "scope"), *source = node_get(node, "source");
    row[2] = scope ? text_datum(loader, scope) : name_datum("");
    row[3] = source ? text_datum(loader, source) : name_datum("");
    row[4] = text_datum(loader, node_get(node, "stage"));
    if (kind)
        row[6] = text_datum(loader, node->value); /* could not be read */
    else
        put_money(loader, &row[5], &row[6], node->value);
    row[7] = text_datum(loader, node_get(node, "unit"));
    row[8] = text_datum(loader, node_get(node, "unit-from"));
    add_span(loader, fact, 0, node->name, node->provenance);
}

/* A column of a table for children of that name. */
struct child_column {
    const char *name;
    unsigned column; /* 0: none here */
    bool is_money; /* fen there, yuan in the next column */
};

/* Fills the columns of a row that has children; what no column is for becomes a field. Of
 * two children of one name the second is a field. The row must not move meanwhile: other
 * tables grow, its own does not. */
static void add_children(struct loader *loader, const struct node *node, enum table table, size_t fact,
                         const struct child_column *columns, size_t count, size_t *number)
{
    struct datum *row = loader->data[table].items + (loader->data[table].count - staged_tables[table].columns);
    for (const struct node *child = node->first; child; child = child->next) {
        size_t i = 0;
        while (i < count && !is_named(child, columns[i].name))
            i++;
        if (i < count && !columns[i].column)
            continue; /* has a place of its own */
        if (i == count || child->first || row[columns[i].column].kind != DATUM_NULL) {
            add_others(loader, child, fact, number);
            continue;
        }
        if (columns[i].is_money && !node_get(child, "kind"))
            put_money(loader, &row[columns[i].column], &row[columns[i].column + 1], child->value);
        else
            row[columns[i].column + columns[i].is_money] = text_datum(loader, child->value);
        add_span(loader, fact, (*number)++, child->name, child->provenance);
    }
}

static void add_indicator(struct loader *loader, const struct node *node, size_t fact)
{
    static const struct child_column columns[] = {
        {"level1", 5, false},     {"level2", 6, false},    {"name", 7, false},     {"target", 8, false},
        {"description", 13, false}, {"standard", 14, false}, {"weight", 15, false}, {"direction", 16, false},
        {"actual", 17, false},    {"score", 18, false},    {"deviation", 19, false},
    };
    struct datum *row = fact_row(loader, TABLE_INDICATORS, fact);
    const char *horizon = node_get(node, "horizon");
    row[2] = horizon ? text_datum(loader, horizon) : name_datum("");
    row[3] = text_datum(loader, node_get(node, "class"));
    row[4] = text_datum(loader, node_get(node, "dimension"));
    const struct node *target = node_child(node, "target");
    if (target) {
        row[9] = text_datum(loader, node_get(target, "kind"));
        row[10] = text_datum(loader, node_get(target, "op"));
        row[11] = text_datum(loader, node_get(target, "value"));
        row[12] = text_datum(loader, node_get(target, "unit"));
    }
    size_t number = 0;
    add_children(loader, node, TABLE_INDICATORS, fact, columns, sizeof columns / sizeof *columns, &number);
}

static void add_line(struct loader *loader, const struct node *node, size_t fact)
{
    static const struct child_column columns[] = {
        {"name", 3, false},         {"content", 4, false},   {"detail", 5, false},          {"amount", 6, true},
        {"unit-price", 8, true},    {"price-basis", 10, false}, {"quantity", 11, false},    {"quantity-basis", 13, false},
        {"basis", 14, false},       {"previous-amount", 15, true}, {"remark", 17, false},
    };
    struct datum *row = fact_row(loader, TABLE_BUDGET_LINES, fact);
    row[2] = name_datum(node->name);
    if (!is_named(node, "line")) { /* a total */
        if (node_get(node, "kind"))
            row[7] = text_datum(loader, node->value);
        else
            put_money(loader, &row[6], &row[7], node->value);
        add_span(loader, fact, 0, node->name, node->provenance);
        return;
    }
    const struct node *quantity = node_child(node, "quantity");
    if (quantity)
        row[12] = text_datum(loader, node_get(quantity, "unit"));
    size_t number = 0;
    add_children(loader, node, TABLE_BUDGET_LINES, fact, columns, sizeof columns / sizeof *columns, &number);
}

static void add_safeguard(struct loader *loader, const struct node *node, size_t fact)
{
    static const struct child_column columns[] = {
        {"system", 2, false}, {"document", 3, false}, {"measure", 4, false}, {"phase", 0, false}};
    size_t number = 0;
    struct datum phases = add_options(loader, node, "phase", fact, &number);
    fact_row(loader, TABLE_SAFEGUARDS, fact)[5] = phases;
    add_children(loader, node, TABLE_SAFEGUARDS, fact, columns, sizeof columns / sizeof *columns, &number);
}

static void add_labelled(struct loader *loader, const struct node *node, size_t fact)
{
    size_t number = 0;
    add_others(loader, node, fact, &number);
}

/* The finding of the checks that a node was written for, if it was one: they come in the same order. */
static const struct finding *finding_of(const struct findings *findings, const struct node *node, size_t *from)
{
    const char *rule = node_get(node, "rule");
    for (size_t i = *from; findings && rule && node->value && i < findings->items.count; i++) {
        const struct finding *finding = &findings->items.items[i];
        if (finding->verdict != VERDICT_FAIL || strcmp(checks[finding->check].name, rule) != 0)
            continue;
        size_t length = strlen(finding->zh);
        bool is_own = strncmp(node->value, finding->zh, length) == 0 && strncmp(node->value + length, " (", 2) == 0 &&
                      strncmp(node->value + length + 2, finding->en, strlen(finding->en)) == 0;
        if (is_own || (finding->side_count && finding->sides[0].node == node)) {
            *from = i + 1;
            return finding;
        }
    }
    return NULL;
}

static void add_finding(struct loader *loader, const struct node *node, const struct finding *finding, size_t fact)
{
    struct datum *row = row_new(loader, TABLE_FINDINGS);
    row[0] = (struct datum){.kind = DATUM_SOURCE};
    row[1] = integer_datum((int64_t)++loader->findings);
    if (fact) {
        row[2] = declaration_datum(loader);
        row[3] = integer_datum((int64_t)fact);
    }
    const char *rule = node_get(node, "rule"), *severity = node_get(node, "severity");
    row[4] = rule ? text_datum(loader, rule) : name_datum("");
    row[5] = severity ? text_datum(loader, severity) : name_datum("info");
    row[6] = node->value ? text_datum(loader, node->value) : name_datum("");
    row[7] = text_datum(loader, finding ? finding->difference : NULL);
    if (!fact)
        return;
    size_t number = 0;
    for (size_t i = 0; finding && i < finding->side_count; i++) {
        const struct node *side = finding->sides[i].node;
        if (side && side != node)
            add_span(loader, fact, number++, side->name, side->provenance);
    }
    if (!number && node->provenance)
        add_span(loader, fact, number, node->name, node->provenance);
}

/* What is a fact of its own in each block, and which table takes it. */
static const struct fact_kind {
    const char *block, *names[3]; /* of the facts; none: all */
    void (*add)(struct loader *loader, const struct node *node, size_t fact);
} fact_kinds[] = {
    {"parts", {"part"}, add_part},
    {"header", {NULL}, add_header},
    {"narrative", {NULL}, add_narrative},
    {"funding", {"amount"}, add_amount},
    {"indicators", {"indicator"}, add_indicator},
    {"budget", {"line", "total", "previous-total"}, add_line},
    {"safeguards", {"safeguard"}, add_safeguard},
};

static const struct fact_kind *fact_kind_of(const struct node *block)
{
    for (size_t i = 0; i < sizeof fact_kinds / sizeof *fact_kinds; i++)
        if (is_named(block, fact_kinds[i].block))
            return &fact_kinds[i];
    return NULL;
}

static void add_fact(struct loader *loader, const struct fact_kind *kind, const struct node *node, size_t fact)
{
    bool is_known = kind && !kind->names[0];
    for (size_t i = 0; kind && i < 3 && kind->names[i] && !is_known; i++)
        is_known = is_named(node, kind->names[i]);
    if (is_known)
        kind->add(loader, node, fact);
    else
        add_labelled(loader, node, fact);
}

/* ---- the row of a declaration, and its full text ---- */

static struct datum joined_datum(struct loader *loader, struct buffer *text)
{
    struct datum datum = text->length ? length_datum(loader, text->bytes, text->length) : null_datum();
    text->length = 0;
    return datum;
}

static void join(struct buffer *out, const struct datum *datum)
{
    if (datum->kind != DATUM_TEXT)
        return;
    if (out->length)
        buffer_char(out, '\n');
    buffer_add(out, datum->text, datum->length);
}

static bool is_unit(const struct datum *element)
{
    return strcmp(element->text, "competent-department") == 0 || strcmp(element->text, "implementing-unit") == 0 ||
           strcmp(element->text, "reporting-unit") == 0;
}

/* What the view search_text gives of the rows of this declaration: the index is changed later
 * by what that says it holds. */
static void add_search(struct loader *loader, struct datum project)
{
    enum { FACT = 1, ELEMENT = 2, VALUE = 3, INDICATOR_NAME = 7, LINE_NAME = 3 };
    struct datum *row = row_new(loader, TABLE_SEARCH), *ends[TABLES], *at[TABLES];
    struct buffer text = {0};
    for (enum table i = 0; i < TABLES; i++) {
        at[i] = loader->data[i].items + loader->starts[i];
        ends[i] = loader->data[i].items + loader->data[i].count;
    }
    row[0] = declaration_datum(loader);
    row[1] = project;
    for (const struct datum *field = at[TABLE_HEADER]; field < ends[TABLE_HEADER]; field += staged_tables[TABLE_HEADER].columns)
        if (is_unit(&field[ELEMENT]))
            join(&text, &field[VALUE]);
    row[2] = joined_datum(loader, &text);
    const struct datum *indicator = at[TABLE_INDICATORS], *line = at[TABLE_BUDGET_LINES];
    while (indicator < ends[TABLE_INDICATORS] || line < ends[TABLE_BUDGET_LINES])
        if (line == ends[TABLE_BUDGET_LINES] ||
            (indicator < ends[TABLE_INDICATORS] && indicator[FACT].integer < line[FACT].integer)) {
            join(&text, &indicator[INDICATOR_NAME]);
            indicator += staged_tables[TABLE_INDICATORS].columns;
        } else {
            join(&text, &line[LINE_NAME]);
            line += staged_tables[TABLE_BUDGET_LINES].columns;
        }
    row[3] = joined_datum(loader, &text);
    for (const struct datum *field = at[TABLE_NARRATIVE]; field < ends[TABLE_NARRATIVE]; field += staged_tables[TABLE_NARRATIVE].columns)
        join(&text, &field[VALUE]);
    row[4] = joined_datum(loader, &text);
    buffer_release(&text);
}

static struct datum layout_datum(struct loader *loader, const struct node *parts)
{
    struct buffer text = {0};
    for (const struct node *part = parts ? parts->first : NULL; part; part = part->next) {
        const char *kind = node_get(part, "kind");
        if (!kind)
            continue;
        if (text.length)
            buffer_char(&text, '+');
        buffer_text(&text, kind);
    }
    struct datum datum = joined_datum(loader, &text);
    buffer_release(&text);
    return datum;
}

static struct datum year_datum(const char *text)
{
    int64_t year = 0;
    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '9' || year > 9999)
            return null_datum();
        year = year * 10 + (*at - '0');
    }
    return *text ? integer_datum(year) : null_datum();
}

static void add_summary(struct loader *loader, const struct form *form, size_t errors, size_t warnings)
{
    const struct node *declaration = form->declaration, *parts = node_child(declaration, "parts");
    const struct node *title = parts && parts->first ? node_child(parts->first, "title") : NULL;
    const struct node *department = form_field(form, "header", "competent-department");
    const char *kind = node_get(declaration, "kind"), *coverage = node_get(declaration, "coverage");
    struct datum *row = row_new(loader, TABLE_DECLARATIONS);
    row[0] = declaration_datum(loader);
    row[1] = (struct datum){.kind = DATUM_SOURCE};
    row[2] = integer_datum((int64_t)loader->declaration + 1);
    row[3] = kind ? text_datum(loader, kind) : name_datum("declaration");
    row[4] = layout_datum(loader, parts);
    row[5] = (struct datum){.real = coverage ? strtod(coverage, NULL) : 0, .kind = DATUM_REAL};
    row[6] = text_datum(loader, title ? title->value : NULL);
    row[7] = text_datum(loader, form_project(form));
    row[8] = text_datum(loader, form_code(form));
    row[9] = text_datum(loader, form_unit(form));
    row[10] = text_datum(loader, department ? department->value : NULL);
    row[11] = year_datum(form_year(form));
    row[12] = integer_datum((int64_t)errors);
    row[13] = integer_datum((int64_t)warnings);
    add_search(loader, row[7]);
}

void add_declaration(struct loader *loader, const struct form *form, const struct findings *findings)
{
    size_t fact = 0, from = 0, errors = 0, warnings = 0;
    for (enum table i = 0; i < TABLES; i++)
        loader->starts[i] = loader->data[i].count;
    for (const struct node *block = form->declaration->first; block; block = block->next) {
        bool is_findings = is_named(block, "findings");
        const struct fact_kind *kind = fact_kind_of(block);
        if (is_named(block, "residue"))
            continue;
        for (const struct node *node = block->first; node; node = node->next) {
            if (!is_findings) {
                add_fact(loader, kind, node, ++fact);
                continue;
            }
            const char *severity = node_get(node, "severity");
            errors += severity && strcmp(severity, severity_names[SEVERITY_ERROR]) == 0;
            warnings += severity && strcmp(severity, severity_names[SEVERITY_WARNING]) == 0;
            add_finding(loader, node, finding_of(findings, node, &from), ++fact);
        }
        if (!block->first && block->value)
            add_labelled(loader, block, ++fact);
    }
    add_summary(loader, form, errors, warnings);
}

void add_findings(struct loader *loader, const struct node *findings)
{
    for (const struct node *node = findings ? findings->first : NULL; node; node = node->next)
        add_finding(loader, node, NULL, 0);
}
