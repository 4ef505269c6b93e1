#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "align.h"
#include "heading.h"
#include "pattern.h"
#include "row.h"

static const struct rule *column_of(const struct table *table, const struct build *build, const struct meaning *meaning)
{
    unsigned id = meaning->columns[table->rule->index];
    const struct rule *rule = id ? grammar_rule(build->grammar, id) : NULL;
    if (!rule)
        return NULL;
    /* of columns with one label, the one that stands after the column before */
    const struct rule *before = NULL;
    for (size_t i = table->count; i-- > 0 && !before;)
        if (table->columns[i].kind == COLUMN_RULE)
            before = table->columns[i].rule;
    for (const struct rule *other = table->rule->first; other; other = other->next) {
        const struct rule *after = rule_child(other, WORD_AFTER);
        if (after && before && strcmp(after->name, before->name) == 0 && rule_child(rule, WORD_AFTER))
            return other;
    }
    return rule;
}

static const char *horizon_marked(const struct build *build, const struct table *table, const char *text)
{
    if (!text)
        return NULL;
    struct document_text document = {.text = text, .length = (uint32_t)strlen(text)};
    struct view view;
    view_read(&view, &document, (struct span){0, document.length});
    for (const struct rule *mark = table->rule->first; mark; mark = mark->next) {
        if (mark->word != WORD_MARK || !pattern_match(mark->own, view.text, view.length))
            continue;
        const struct rule *unless = rule_child(mark, WORD_UNLESS);
        if (unless) {
            const char *equals = strchr(unless->name, '=');
            for (size_t s = 0; equals && s < build->grammar->section_count; s++)
                if (build->blocks[s])
                    for (const struct node *node = build->blocks[s]->first; node; node = node->next)
                        if (strlen(node->name) == (size_t)(equals - unless->name) &&
                            strncmp(node->name, unless->name, (size_t)(equals - unless->name)) == 0)
                            return equals + 1;
        }
        return mark->name;
    }
    return NULL;
}

/* What the labels of goals and money above say of the left half: the first mark that
 * is not the default. */
static const char *horizon_above(const struct build *build, const struct table *table)
{
    const struct rule *fallback = rule_child(table->rule, WORD_DEFAULT);
    for (size_t s = 0; s < build->grammar->section_count; s++)
        for (const struct node *node = build->blocks[s] ? build->blocks[s]->first : NULL; node; node = node->next) {
            bool is_goal = node->provenance && node->provenance->label && strcmp(build->blocks[s]->name, table->rule->parent->name) != 0;
            const char *horizon = is_goal ? horizon_marked(build, table, node->provenance->label) : NULL;
            if (horizon && fallback && strcmp(horizon, fallback->name) != 0)
                return horizon;
        }
    return NULL;
}

static void insert_column(struct table *table, size_t at, struct column column)
{
    if (table->count == TABLE_COLUMNS_MOST)
        return;
    memmove(&table->columns[at + 1], &table->columns[at], (table->count - at) * sizeof column);
    table->columns[at] = column;
    table->count++;
}

/* Columns that a heading leaves blank, but has room for, in front of the first. */
static void imply_columns(struct table *table)
{
    size_t first = 0;
    while (first < table->count && table->columns[first].kind != COLUMN_RULE)
        first++;
    size_t room = 0;
    while (room < first && table->columns[first - 1 - room].kind == COLUMN_BLANK && !table->columns[first - 1 - room].label.text)
        room++;
    const struct rule *implied[8];
    size_t count = 0;
    for (const struct rule *rule = table->rule->first; rule; rule = rule->next)
        if (rule_is_field(rule) && rule_child(rule, WORD_IMPLIED)) {
            for (size_t i = 0; i < table->count; i++)
                if (table->columns[i].rule == rule)
                    return;
            if (count < 8)
                implied[count++] = rule;
        }
    for (size_t i = 0; i < count; i++) {
        if (i < room) {
            struct column *column = &table->columns[first - 1 - i];
            column->kind = COLUMN_RULE;
            column->rule = implied[count - 1 - i];
            continue;
        }
        /* no room was left for it: the blank cells left no trace */
        insert_column(table, first - room, (struct column){.kind = COLUMN_RULE, .rule = implied[count - 1 - i]});
        table->has_places = false;
    }
}

static const struct column *column_find(const struct table *table, const struct rule *rule, unsigned half)
{
    const struct column *shared = NULL;
    for (size_t i = 0; i < table->count; i++)
        if (table->columns[i].kind == COLUMN_RULE && table->columns[i].rule == rule) {
            if (table->columns[i].half == half)
                return &table->columns[i];
            shared = &table->columns[i];
        }
    /* what is printed once stands for both halves */
    return table->has_halves && half == 1 ? shared : NULL;
}

static void fields_index(struct table *table)
{
    for (const struct rule *rule = table->rule->first; rule && table->field_count < TABLE_COLUMNS_MOST; rule = rule->next)
        if (rule_is_field(rule)) {
            table->fields[table->field_count++] =
                (struct table_field){.rule = rule, .columns = {column_find(table, rule, 0), column_find(table, rule, 1)}};
            table->has_name |= rule->word == WORD_NAME;
        }
}

static bool has_column(const struct table *table, const struct rule *rule)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->columns[i].kind == COLUMN_RULE && table->columns[i].rule == rule)
            return true;
    return false;
}

/* The cell in the column that stands below the heading, or NULL. */
static const struct cell *cell_below(const struct grid *grid, uint32_t heading, const struct column *column)
{
    for (uint32_t r = heading + 1; r < grid->rows.count && r < heading + 4; r++) {
        const struct row *row = &grid->rows.items[r];
        if (row->is_notice || row->count < 2)
            continue;
        for (uint32_t c = 0; c < row->count; c++) {
            const struct cell *cell = &grid->cells.items[row->first + c];
            if (cell->column == column->from && !cell_is_blank(cell))
                return cell;
        }
        return NULL;
    }
    return NULL;
}

/* Headings that say little or mislead: what stands below tells. 指标类型 over 数量指标 is
 * a level; 绩效指标 between the levels and the target is the name. */
static void columns_by_content(struct table *table, const struct build *build, uint32_t heading)
{
    bool has_name = false, has_level = false;
    for (size_t i = 0; i < table->count; i++)
        has_name |= table->columns[i].kind == COLUMN_RULE && table->columns[i].rule->word == WORD_NAME;
    for (size_t i = 0; i < table->count; i++) {
        struct column *column = &table->columns[i];
        const struct rule *means = column->kind == COLUMN_RULE ? rule_child(column->rule, WORD_MEANS) : NULL;
        has_level |= column->kind == COLUMN_RULE && column->rule->word == WORD_GROUP;
        bool is_name_again = false; /* 指标名称 over the levels before 指标内容 over the names */
        for (size_t k = i + 1; k < table->count && column->kind == COLUMN_RULE && column->rule->word == WORD_NAME; k++)
            is_name_again |= table->columns[k].kind == COLUMN_RULE && table->columns[k].rule == column->rule;
        if (!column->label.text || (column->kind == COLUMN_RULE && !means && !is_name_again) || column->kind == COLUMN_FIELD)
            continue;
        const struct cell *below = cell_below(build->grid, heading, column);
        if (!below)
            continue;
        const struct meaning *meaning = cell_meaning(build->grid, below);
        const struct rule *found = NULL;
        for (const struct rule *rule = table->rule->first; rule && !found; rule = rule->next) {
            bool is_level = rule->word == WORD_GROUP && meaning->is_term && meaning->terms[rule->index];
            bool is_next = i + 1 < table->count && table->columns[i + 1].kind == COLUMN_RULE &&
                           table->columns[i + 1].rule->word == WORD_TARGET;
            bool is_name = rule->word == WORD_NAME && !has_name && has_level && is_next && !meaning->is_term && !means;
            if ((is_level || is_name) && !has_column(table, rule))
                found = rule;
        }
        if (!found)
            continue;
        column->kind = COLUMN_RULE;
        column->rule = found;
        has_name |= found->word == WORD_NAME;
        has_level |= found->word == WORD_GROUP;
    }
}

static int year_in(const struct build *build, const struct label_text *label)
{
    const struct pattern *pattern = build->grammar->values[VALUE_YEAR];
    size_t from, to;
    if (!label->text || !pattern_match(pattern, label->text, strlen(label->text)) || !pattern_group(pattern, "year", &from, &to))
        return 0;
    return atoi(label->text + from);
}

/* A column printed more than once without halves, as a weight behind each level: that
 * of the name stands behind it, that of the form's year says so, and the others are
 * labelled values of their own. */
static void columns_once(struct table *table, const struct build *build)
{
    int fiscal = build_year(build);
    size_t name = table->count;
    for (size_t i = 0; i < table->count && name == table->count; i++)
        if (table->columns[i].kind == COLUMN_RULE && table->columns[i].rule->word == WORD_NAME)
            name = i;
    for (size_t i = 0; i < table->count; i++) {
        const struct rule *rule = table->columns[i].kind == COLUMN_RULE ? table->columns[i].rule : NULL;
        if (!rule || rule->word == WORD_GROUP)
            continue;
        size_t kept = i, again = i, years = year_in(build, &table->columns[i].label) != 0, of_year = SIZE_MAX;
        if (years && year_in(build, &table->columns[i].label) == fiscal)
            of_year = i;
        for (size_t k = i + 1; k < table->count; k++)
            if (table->columns[k].kind == COLUMN_RULE && table->columns[k].rule == rule) {
                again = k;
                int year = year_in(build, &table->columns[k].label);
                years += year != 0;
                if (year && year == fiscal)
                    of_year = k;
                if (kept < name && k > name)
                    kept = k;
            }
        if (again == i)
            continue;
        if (years > 1)
            kept = of_year;
        bool is_of_levels = name < table->count && again < name;
        for (size_t k = i; k <= again; k++)
            if (table->columns[k].kind == COLUMN_RULE && table->columns[k].rule == rule && (k != kept || is_of_levels))
                table->columns[k].kind = COLUMN_UNKNOWN;
    }
}

enum { PARTS_MOST = 3, PARTED_ROWS = 40, UNIT_CHARACTERS = 8 };

/* What stands in the printed columns below one heading of targets. */
struct parts {
    bool has_sign, has_other;    /* in the first: signs; anything else beside a value */
    bool has_unit, has_no_unit;  /* in the last: words behind a number; anything else */
};

static void parts_see(struct parts *parts, const struct build *build, struct cell *const *cells, unsigned count)
{
    if (cells[0] && cells[1]) {
        struct looks looks = looks_of(build, cells[0]);
        bool is_sign = looks.is_signword || looks.is_direction;
        parts->has_sign |= is_sign;
        parts->has_other |= !is_sign;
    }
    if (cells[count - 1] && cells[count - 2]) {
        struct looks unit = looks_of(build, cells[count - 1]), number = looks_of(build, cells[count - 2]);
        bool is_unit = number.is_number && !unit.is_number && !unit.is_signed && unit.characters <= UNIT_CHARACTERS;
        parts->has_unit |= is_unit;
        parts->has_no_unit |= !is_unit;
    }
}

/* One heading over two or three columns of the rows below it: sign, value and unit. */
static void parts_find(struct table *table, const struct build *build, uint32_t heading, size_t at)
{
    const struct grid *grid = build->grid;
    struct column *column = &table->columns[at];
    bool is_last = at + 1 == table->count;
    unsigned to = is_last ? column->from + PARTS_MOST - 1 : column->to, seen = column->from;
    if (to < column->from + 1 || to - column->from >= PARTS_MOST)
        return;
    struct parts two = {0}, three = {0};
    for (uint32_t r = heading + 1; r < grid->rows.count && r <= heading + PARTED_ROWS; r++) {
        const struct row *row = &grid->rows.items[r];
        struct cell *cells[PARTS_MOST] = {NULL};
        bool is_field = false, is_behind = false;
        if (row->is_notice)
            continue;
        if (row->kind == ROW_LINE || row->table != grid->rows.items[heading].table)
            break;
        for (uint32_t i = 0; i < row->count; i++) {
            struct cell *cell = &grid->cells.items[row->first + i];
            const struct meaning *meaning = cell_meaning(grid, cell);
            if (cell_is_blank(cell))
                continue;
            if (cell->column >= column->from && cell->column <= to)
                cells[cell->column - column->from] = cell;
            is_field |= i == 0 && meaning->is_field && !meaning->section && !meaning->is_term;
            is_behind |= is_last && cell->column > to;
        }
        if (is_field)
            break;
        if (is_behind)
            return; /* the heading does not tell where */
        for (unsigned k = 1; k < PARTS_MOST; k++)
            seen = cells[k] && column->from + k > seen ? column->from + k : seen;
        parts_see(&two, build, cells, 2);
        parts_see(&three, build, cells, 3);
    }
    unsigned count = seen - column->from + 1;
    const struct parts *parts = count == 2 ? &two : &three;
    bool has_sign = parts->has_sign && !parts->has_other, has_unit = parts->has_unit && !parts->has_no_unit;
    const struct rule *sign = rule_child(table->rule, WORD_SIGN), *measure = rule_child(table->rule, WORD_MEASURE);
    if (count < 2 || !sign || !measure || (has_sign && has_column(table, sign)) || (has_unit && has_column(table, measure)) ||
        1u + has_sign + has_unit != count)
        return;
    struct column part = *column;
    column->to = seen - has_unit; /* a value without a sign stands in the sign's place */
    part.from = part.to = seen;
    part.rule = measure;
    if (has_unit)
        insert_column(table, at + 1, part);
    part.from = part.to = column->from;
    part.rule = sign;
    if (has_sign)
        insert_column(table, at, part);
}

static void columns_part(struct table *table, const struct build *build, uint32_t heading)
{
    for (size_t i = table->count; i-- > 0;)
        if (table->columns[i].kind == COLUMN_RULE && table->columns[i].rule->word == WORD_TARGET)
            parts_find(table, build, heading, i);
}

static void claim_labels(struct build *build, uint32_t r)
{
    const struct row *row = &build->grid->rows.items[r];
    for (uint32_t i = 0; i < row->count; i++)
        if (!cell_is_blank(&row_cells(build->grid, row)[i]))
            build_claim(build, cell_span(&row_cells(build->grid, row)[i]), CLAIM_LABEL);
}

/* What the head of a column says, both its cells read as one label. */
static struct label_text head_label(struct build *build, const struct head *head)
{
    struct label_text label = build_label(build, cell_span(head->cell));
    build_claim(build, label.span, CLAIM_LABEL);
    if (!head->below)
        return label;
    struct label_text below = build_label(build, cell_span(head->below));
    build_claim(build, below.span, CLAIM_LABEL);
    size_t length = strlen(label.text), rest = strlen(below.text);
    char *text = arena_array(build->arena, char, length + rest + 1);
    memcpy(text, label.text, length);
    memcpy(text + length, below.text, rest + 1);
    below.text = text;
    if (!below.unit)
        below.unit = label.unit;
    return below;
}

/* Whether a part of a parted column is what the whole is named for: the only one that
 * says so, by a mark (年度), as a total, or as the one part without a meaning of its own. */
static bool inherits(const struct table *table, const struct build *build, const struct heading *heading, size_t h)
{
    const struct grid *grid = build->grid;
    const struct head *head = &heading->heads[h];
    if (cell_mark(grid, table->rule, head->below))
        return true;
    size_t totals = 0, marks = 0, others = 0;
    bool is_total = false;
    for (size_t i = 0; i < heading->count; i++) {
        const struct head *other = &heading->heads[i];
        if (other->cell != head->cell)
            continue;
        if (!other->below) {
            totals++;
            continue;
        }
        bool is_sum = cell_meaning(grid, other->below)->list_total;
        is_total |= is_sum && other == head;
        totals += is_sum;
        marks += cell_mark(grid, table->rule, other->below) != NULL;
        others += !is_sum && !grid->grammar->meanings[head_meaning(grid, other)].columns[table->rule->index];
    }
    return is_total ? totals == 1 : !totals && !marks && others == 1;
}

static void column_open(struct table *table, struct build *build, const struct heading *heading, size_t h, bool has_key,
                        const char **marked, unsigned *seen_twice)
{
    const struct grid *grid = build->grid;
    const struct head *head = &heading->heads[h];
    const struct cell *cell = head->cell;
    if (table->count == TABLE_COLUMNS_MOST)
        return;
    struct column column = {.kind = COLUMN_BLANK, .from = head->from, .to = head->to};
    const struct column *last = table->count ? &table->columns[table->count - 1] : NULL;
    if (cell_is_blank(cell)) {
        if (last && last->kind == COLUMN_RULE && !rule_child(last->rule, WORD_IMPLIED))
            table->columns[table->count - 1].to = column.to;
        else
            table->columns[table->count++] = column;
        return;
    }
    column.label = head_label(build, head);
    const struct meaning *meaning = &grid->grammar->meanings[head_meaning(grid, head)];
    const struct rule *own = column_of(table, build, meaning);
    if (!own && head->below) {
        meaning = cell_meaning(grid, inherits(table, build, heading, h) ? cell : head->below);
        own = column_of(table, build, meaning);
    }
    bool is_part = !own && head->below && (!has_key || column_of(table, build, cell_meaning(grid, cell)));
    if (own) {
        column.kind = COLUMN_RULE;
        column.rule = own;
        unsigned seen = 0;
        for (size_t i = 0; i < table->count; i++)
            seen += table->columns[i].kind == COLUMN_RULE && table->columns[i].rule == own;
        column.half = seen > 0;
        *seen_twice += seen == 1 && (own->word == WORD_GROUP || own->word == WORD_NAME || own->word == WORD_TARGET);
        if (column.label.unit && own->word == WORD_MONEY)
            table->unit = column.label.unit;
        if (own->word == WORD_TARGET || own->word == WORD_GROUP) {
            const char *horizon = horizon_marked(build, table, column.label.text);
            if (horizon && own->word == WORD_TARGET)
                table->horizons[column.half] = horizon;
        }
    } else if (is_part) {
        column.kind = COLUMN_UNKNOWN; /* what the whole is named for does not hold for it */
    } else if (meaning->section && !(has_key && meaning->is_field)) {
        column.kind = COLUMN_SECTION;
        const char *horizon = horizon_marked(build, table, column.label.text);
        if (horizon)
            *marked = horizon;
        if (column.label.unit)
            table->unit = column.label.unit;
        if (table->is_stream || !table->has_places)
            return; /* a label in front of a line stands in no column */
    } else if (meaning->is_field) {
        column.kind = COLUMN_FIELD;
        for (size_t s = 0; s < build->grammar->section_count && !column.rule; s++)
            if (meaning->fields[s])
                column.rule = grammar_rule(build->grammar, meaning->fields[s]);
    } else {
        /* before the first column an unknown word is the vertical label of the block */
        bool is_first = true;
        for (size_t i = 0; i < table->count; i++)
            is_first &= table->columns[i].kind != COLUMN_RULE && (table->columns[i].kind != COLUMN_FIELD || !has_key);
        column.kind = is_first ? COLUMN_BLANK : COLUMN_UNKNOWN;
    }
    table->columns[table->count++] = column;
}

void table_open(struct table *table, struct build *build, const struct rule *rule, uint32_t row, uint32_t rows)
{
    const struct grid *grid = build->grid;
    *table = (struct table){.rule = rule, .is_stream = rows > 1 && grid->rows.items[row].kind == ROW_LINE};
    const char *marked = NULL;
    unsigned seen_twice = 0;
    table->has_places = grid->rows.items[row].kind != ROW_LINE;
    struct heading heading;
    heading_read(grid, row, rows == 1 || table->is_stream, &heading);
    bool has_key = false; /* the rows name projects */
    for (size_t h = 0; !table->is_stream && h < heading.count; h++) {
        const struct meaning *meaning = cell_meaning(grid, heading.heads[h].cell);
        for (size_t s = 0; s < build->grammar->section_count; s++)
            has_key |= meaning->fields[s] && !meaning->columns[rule->index] &&
                       rule_child(grammar_rule(build->grammar, meaning->fields[s]), WORD_KEY);
    }
    for (uint32_t r = row; r < row + rows; r++) {
        if (table->is_stream)
            heading_read(grid, r, true, &heading);
        else if (rows > 1)
            claim_labels(build, r);
        if (r > row && !table->is_stream)
            continue;
        for (size_t h = 0; h < heading.count; h++)
            column_open(table, build, &heading, h, has_key, &marked, &seen_twice);
    }
    /* two value columns beside one name are halves, too, when they say so */
    table->has_halves = seen_twice >= 2 || (seen_twice == 1 && table->horizons[1] && table->horizons[0] && strcmp(table->horizons[0], table->horizons[1]));
    if (!table->has_halves)
        for (size_t i = 0; i < table->count; i++)
            table->columns[i].half = 0;
    if (table->has_places && !table->has_halves && table_has_terms(rule))
        columns_by_content(table, build, row + rows - 1);
    if (!table->has_halves)
        columns_once(table, build);
    if (table->has_places)
        columns_part(table, build, row + rows - 1);
    imply_columns(table);
    if (marked && !table->horizons[0] && !table->has_halves)
        table->horizons[0] = marked;
    const struct rule *halves = rule_child(rule, WORD_HALVES), *fallback = rule_child(rule, WORD_DEFAULT);
    if (table->has_halves && halves) {
        if (!table->horizons[0])
            table->horizons[0] = horizon_above(build, table);
        if (!table->horizons[0] && fallback)
            table->horizons[0] = fallback->name;
        if (!table->horizons[1])
            table->horizons[1] = halves->second;
    }
    if (!table->horizons[0] && fallback)
        table->horizons[0] = fallback->name;
    fields_index(table);
}

void table_begin(struct table *table, const struct rule *rule)
{
    *table = (struct table){.rule = rule};
    for (const struct rule *column = rule->first; column && table->count < TABLE_COLUMNS_MOST; column = column->next)
        if (column->word == WORD_GROUP || column->word == WORD_NAME || column->word == WORD_TARGET)
            table->columns[table->count++] = (struct column){.kind = COLUMN_RULE, .rule = column};
    const struct rule *fallback = rule_child(rule, WORD_DEFAULT);
    table->horizons[0] = fallback ? fallback->name : NULL;
    fields_index(table);
}
