#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "pattern.h"

/* What a cell looks like, whatever column it may stand in. */
struct looks {
    const struct meaning *meaning;
    bool is_sentence, is_blank, is_number, is_signed, is_time, is_long, is_marked, is_direction, is_measure, is_signword;
    unsigned characters;
    unsigned length;
    char text[64]; /* folded, where it is short */
};

static struct looks looks_of(const struct build *build, const struct cell *cell)
{
    const struct grammar *grammar = build->grammar;
    struct looks looks = {.meaning = cell_meaning(build->grid, cell), .is_blank = cell_is_blank(cell)};
    if (looks.is_blank)
        return looks;
    struct view view;
    view_build(&view, build->document, cell_span(cell));
    for (unsigned i = 0; i < view.length; i++)
        looks.characters += ((unsigned char)view.text[i] & 0xc0) != 0x80;
    looks.is_marked = value_has_mark(build, cell_span(cell));
    looks.is_long = looks.characters > 40;
    looks.is_sentence = view.length > 3 && memcmp(view.text + view.length - 3, "。", 3) == 0;
    if (!view.length || looks.is_long)
        return looks;
    if (view.length < sizeof looks.text) {
        memcpy(looks.text, view.text, view.length + 1);
        looks.length = view.length;
    }
    looks.is_blank = grammar_value(grammar, VALUE_BLANK, view.text, view.length) || grammar_value(grammar, VALUE_UNFILLED, view.text, view.length);
    size_t sign = grammar_value(grammar, VALUE_SIGN, view.text, view.length) ? pattern_to(grammar->values[VALUE_SIGN]) : 0;
    looks.is_signword = sign == view.length || grammar_value(grammar, VALUE_UNSIGNED, view.text, view.length);
    if (grammar_value(grammar, VALUE_NUMBER, view.text + sign, view.length - sign)) {
        size_t to = sign + pattern_to(grammar->values[VALUE_NUMBER]);
        looks.is_signed = sign > 0 || (to < view.length && view.length - to <= 12);
        looks.is_number = to == view.length;
    }
    looks.is_time = grammar_value(grammar, VALUE_TIME, view.text, view.length);
    looks.is_direction = grammar_value(grammar, VALUE_DIRECTION, view.text, view.length);
    looks.is_measure = grammar_value(grammar, VALUE_MEASURE, view.text, view.length) ||
                       grammar_value(grammar, VALUE_RATE, view.text, view.length);
    return looks;
}

static bool is_term(const struct table *table, const struct looks *looks, const struct rule *group)
{
    (void)table;
    return looks->meaning->terms[group->index] != 0;
}

/* A word in a level's place that ends like its terms but is none: misread. */
static bool ends_like_term(const struct rule *group, const struct looks *looks)
{
    for (const struct rule *suffix = group->first; suffix && looks->length && looks->characters <= 10; suffix = suffix->next)
        if (suffix->word == WORD_SUFFIX && pattern_match(suffix->own, looks->text, looks->length))
            return true;
    return false;
}

/* 经济效益指标 is a level's name, 经济效益 may be an indicator's as well. */
static bool is_suffixed(const struct table *table, const struct looks *looks)
{
    for (const struct rule *rule = table->rule->first; rule; rule = rule->next)
        if (rule->word == WORD_GROUP && ends_like_term(rule, looks))
            return true;
    return false;
}

static bool has_terms(const struct rule *rule) { return rule_child(rule, WORD_TERM) != NULL; }

/* What it costs to read the cell as a value of the column, in units in which a
 * plain misfit is 6. */
static float fit(const struct table *table, const struct column *column, const struct looks *looks)
{
    const struct rule *rule = column->rule;
    if (column->kind == COLUMN_SECTION)
        return looks->is_blank || looks->meaning->section ? 0 : 6;
    if (column->kind == COLUMN_BLANK)
        return looks->is_blank ? 0 : 2.5f;
    if (column->kind == COLUMN_UNKNOWN)
        return looks->is_blank ? 0 : looks->meaning->is_term ? 4 : 0.4f;
    if (looks->is_blank)
        return rule->word == WORD_TARGET || (rule->word == WORD_TEXT && rule->name[0] == 'n') ? 0.3f : rule->word == WORD_GROUP ? 0 : 0.1f;
    bool is_level = looks->meaning->is_term;
    if (column->kind == COLUMN_FIELD && rule_child(rule, WORD_KEY) && (looks->is_long || looks->is_sentence))
        return 1.5f;
    switch (rule->word) {
    case WORD_GROUP:
        if (!has_terms(rule))
            return looks->is_number ? 3 : is_level ? 2 : 0;
        return is_term(table, looks, rule) ? 0 : ends_like_term(rule, looks) ? 3 : 8;
    case WORD_TARGET:
        return looks->is_number || looks->is_signed || looks->is_time ? 0 : is_level ? 4 : looks->is_long ? 1.5f : 0.5f;
    case WORD_QUANTITY:
    case WORD_MONEY:
        return looks->is_number || looks->is_signed ? 0 : 6;
    case WORD_SIGN:
        return looks->is_signword || looks->is_direction ? 0 : 5;
    case WORD_MEASURE:
        return looks->is_measure ? 0 : looks->is_number || looks->is_signed ? 3 : looks->characters <= 3 ? 1 : 3;
    case WORD_CHOICE:
        return looks->is_marked ? 0 : 5;
    case WORD_DATE:
        return looks->is_time ? 0 : looks->is_number || looks->is_signed ? 0.5f : 3;
    case WORD_PROSE:
        return is_level ? 4 : looks->is_number ? 3 : looks->characters < 6 ? 1 : 0;
    default: {
        const struct rule *means = rule_child(rule, WORD_MEANS);
        if (means)
            return looks->length && pattern_match(means->own, looks->text, looks->length) ? 0 : 3;
        if (looks->meaning->section)
            return 5;
        return is_level ? (is_suffixed(table, looks) ? 3 : 1) : looks->is_number ? 1.5f : looks->is_signed ? 2 : looks->is_signword ? 1 : 0;
    }
    }
}

static bool is_name(const struct column *column) { return column->kind == COLUMN_RULE && column->rule->word == WORD_TEXT && strcmp(column->rule->name, "name") == 0; }

static float skip_cost(const struct column *column, bool is_trailing)
{
    if (column->kind == COLUMN_FIELD && column->rule && rule_child(column->rule, WORD_KEY))
        return 1;
    if (column->kind != COLUMN_RULE)
        return 0.2f;
    if (column->rule->word == WORD_GROUP)
        return is_trailing ? 0.05f : 0.25f;
    if (is_name(column) || column->rule->word == WORD_TARGET)
        return is_trailing ? 0.8f : 1.5f;
    return is_trailing ? 0.05f : 0.4f;
}

static float drop_cost(const struct looks *looks, bool is_trailing)
{
    if (looks->is_blank)
        return is_trailing ? 0 : 0.5f;
    if (looks->meaning->list_total || (looks->meaning->section && !looks->meaning->is_term))
        return 0.3f;
    return 9;
}

enum step { STEP_NONE, STEP_MATCH, STEP_SKIP, STEP_DROP, STEP_ABSORB, STEP_WRAP };

/* LEVELLESS: a level 1 printed without its level 2, as 成本指标 never is where it is a level 2. */
static const float MISPLACED = 0.25f, ROW_COST = 0.2f, LEVELLESS = 0.8f;

static bool is_level(const struct column *column)
{
    return column->kind == COLUMN_RULE && column->rule->word == WORD_GROUP && has_terms(column->rule);
}

static bool begins_with_digit(const struct build *build, const struct cell *cell)
{
    char c = build->document->text[cell->from];
    return c >= '0' && c <= '9';
}

/* A row in which every cell stands where it was printed, as most rows do: no costs
 * need be weighed. False if anything speaks against it. */
static bool align_in_place(const struct table *table, struct build *build, struct cell **cells, size_t count, struct table_row *row)
{
    bool has_name = false, has_target = false;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        struct cell *cell = cells[i];
        while (at < table->count && table->columns[at].to < cell->column)
            at++;
        const struct column *column = at < table->count && cell->column >= table->columns[at].from ? &table->columns[at] : NULL;
        if (cell_is_blank(cell)) {
            if (column && !row->cells[at])
                row->cells[at] = cell;
            continue;
        }
        if (!column || (row->cells[at] && !cell_is_blank(row->cells[at])))
            return false;
        const struct meaning *meaning = cell_meaning(build->grid, cell);
        if (column->kind == COLUMN_SECTION ? !meaning->section : column->kind != COLUMN_RULE)
            return false;
        const struct rule *rule = column->rule;
        if (column->kind == COLUMN_RULE) {
            bool is_level = rule->word == WORD_GROUP && has_terms(rule);
            if (is_level ? !meaning->terms[rule->index] : meaning->is_term || meaning->section || meaning->list_total)
                return false;
            if ((rule->word == WORD_MONEY || rule->word == WORD_QUANTITY) && !begins_with_digit(build, cell))
                return false;
            if (rule->word == WORD_TEXT && begins_with_digit(build, cell) && !rule_child(rule, WORD_MEANS))
                return false;
            if (rule->word == WORD_SIGN || rule->word == WORD_MEASURE || rule->word == WORD_CHOICE)
                return false;
            has_name |= is_name(column);
            has_target |= rule->word == WORD_TARGET;
        }
        row->cells[at] = cell;
    }
    return has_name == has_target;
}

/* table_align(): the least cost of reading cells[0, i) with columns[0, j) used. */
void table_align(const struct table *table, struct build *build, struct cell **cells, size_t count, uint32_t row,
                 struct table_rows *rows)
{
    size_t m = table->count, width = m + 1;
    if (count == 0 || m == 0)
        return;
    if (table->has_places) {
        struct table_row in_place = {.row = row};
        if (align_in_place(table, build, cells, count, &in_place)) {
            *array_push(rows) = in_place;
            return;
        }
    }
    float *costs = memory_resize(NULL, (count + 1) * width * sizeof *costs);
    unsigned char *steps = memory_resize(NULL, (count + 1) * width);
    unsigned short *wraps = memory_resize(NULL, (count + 1) * sizeof *wraps);
    struct looks *looks = memory_resize(NULL, count * sizeof *looks);
    size_t last = 0;
    for (size_t i = 0; i < count; i++) {
        looks[i] = looks_of(build, cells[i]);
        if (!cell_is_blank(cells[i]))
            last = i + 1;
    }
    for (size_t i = 0; i <= count; i++) {
        float *here = costs + i * width, *before = here - width;
        unsigned char *step = steps + i * width;
        for (size_t j = 0; j <= m; j++) {
            here[j] = 1e9f;
            step[j] = STEP_NONE;
            if (i == 0 && j == 0)
                here[j] = 0;
            if (i > 0) {
                const struct looks *look = &looks[i - 1];
                const struct cell *cell = cells[i - 1];
                if (j > 0) {
                    const struct column *column = &table->columns[j - 1];
                    float cost = before[j - 1] + fit(table, column, look);
                    if (table->has_places && !look->is_blank && (cell->column < column->from || cell->column > column->to))
                        cost += MISPLACED;
                    if (cost < here[j])
                        here[j] = cost, step[j] = STEP_MATCH;
                    if (column->kind == COLUMN_RULE && column->rule->word == WORD_CHOICE && look->is_marked && before[j] < here[j])
                        here[j] = before[j], step[j] = STEP_ABSORB;
                }
                float cost = before[j] + drop_cost(look, i > last);
                if (cost < here[j])
                    here[j] = cost, step[j] = STEP_DROP;
            }
        }
        for (int again = 0; again < 2; again++) {
            for (size_t j = 1; j <= m; j++) {
                float cost = here[j - 1] + skip_cost(&table->columns[j - 1], i >= last);
                if (j > 1 && step[j - 1] == STEP_MATCH && !looks[i - 1].is_blank && i < last && is_level(&table->columns[j - 2]) &&
                    is_level(&table->columns[j - 1]))
                    cost += LEVELLESS;
                if (cost < here[j])
                    here[j] = cost, step[j] = STEP_SKIP;
            }
            if (!table->is_stream || i == 0)
                break;
            float trailing = 0;
            for (size_t j = m; j > 0; j--) {
                if (here[j] + trailing + ROW_COST < here[0]) {
                    here[0] = here[j] + trailing + ROW_COST;
                    step[0] = STEP_WRAP;
                    wraps[i] = (unsigned short)j;
                }
                trailing += skip_cost(&table->columns[j - 1], true);
            }
        }
    }
    /* the way back, last row first */
    size_t first = rows->count;
    *array_push(rows) = (struct table_row){.row = row};
    for (size_t i = count, j = m; i > 0 || j > 0;) {
        struct table_row *at = &rows->items[rows->count - 1];
        switch (steps[i * width + j]) {
        case STEP_MATCH:
            i--, j--;
            at->cells[j] = cells[i];
            break;
        case STEP_ABSORB:
            i--;
            if (at->absorbed_count < ABSORBED_MOST)
                at->absorbed[at->absorbed_count++] = cells[i];
            break;
        case STEP_DROP:
            i--;
            break;
        case STEP_SKIP:
            j--;
            break;
        case STEP_WRAP:
            j = wraps[i];
            *array_push(rows) = (struct table_row){.row = row};
            break;
        default:
            i = j = 0;
        }
    }
    for (size_t a = first, b = rows->count - 1; a < b; a++, b--) {
        struct table_row swap = rows->items[a];
        rows->items[a] = rows->items[b];
        rows->items[b] = swap;
    }
    free(costs);
    free(steps);
    free(wraps);
    free(looks);
}

/* ---- headings ---- */

static const struct rule *column_of(const struct table *table, const struct build *build, const struct cell *cell)
{
    unsigned id = cell_meaning(build->grid, cell)->columns[table->rule->index];
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
    view_build(&view, &document, (struct span){0, document.length});
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
    while (room < first && table->columns[first - 1 - room].kind == COLUMN_BLANK)
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

void table_open(struct table *table, struct build *build, const struct rule *rule, uint32_t row, uint32_t rows)
{
    const struct grid *grid = build->grid;
    *table = (struct table){.rule = rule, .section = rule->parent, .is_stream = rows > 1};
    const char *marked = NULL;
    unsigned seen_twice = 0;
    table->has_places = rows == 1 && grid->rows.items[row].kind != ROW_LINE;
    bool has_key = false; /* the rows name projects */
    for (uint32_t c = 0; rows == 1 && c < grid->rows.items[row].count; c++) {
        const struct meaning *meaning = cell_meaning(grid, &grid->cells.items[grid->rows.items[row].first + c]);
        for (size_t s = 0; s < build->grammar->section_count; s++)
            has_key |= meaning->fields[s] && !meaning->columns[rule->index] &&
                       rule_child(grammar_rule(build->grammar, meaning->fields[s]), WORD_KEY);
    }
    for (uint32_t r = row; r < row + rows; r++) {
        const struct row *heading = &grid->rows.items[r];
        for (uint32_t c = 0; c < heading->count && table->count < TABLE_COLUMNS_MOST; c++) {
            const struct cell *cell = &grid->cells.items[heading->first + c];
            struct column column = {.kind = COLUMN_BLANK, .from = cell->column, .to = cell->column + (cell->width ? cell->width - 1u : 0)};
            const struct column *last = table->count ? &table->columns[table->count - 1] : NULL;
            if (cell_is_blank(cell)) {
                if (last && last->kind == COLUMN_RULE && !rule_child(last->rule, WORD_IMPLIED))
                    table->columns[table->count - 1].to = column.to;
                else
                    table->columns[table->count++] = column;
                continue;
            }
            struct span span = {cell->from, cell->to};
            column.label = build_label(build, span);
            build_claim(build, span, CLAIM_LABEL);
            const struct meaning *meaning = cell_meaning(grid, cell);
            const struct rule *own = column_of(table, build, cell);
            if (own) {
                column.kind = COLUMN_RULE;
                column.rule = own;
                for (size_t i = 0; i < table->count; i++)
                    if (table->columns[i].kind == COLUMN_RULE && table->columns[i].rule == own) {
                        column.half = 1;
                        seen_twice++;
                    }
                if (column.label.unit && own->word == WORD_MONEY)
                    table->unit = column.label.unit;
                if (own->word == WORD_TARGET || own->word == WORD_GROUP) {
                    const char *horizon = horizon_marked(build, table, column.label.text);
                    if (horizon && own->word == WORD_TARGET)
                        table->horizons[column.half] = horizon;
                }
            } else if (meaning->section && !(has_key && meaning->is_field)) {
                column.kind = COLUMN_SECTION;
                const char *horizon = horizon_marked(build, table, column.label.text);
                if (horizon)
                    marked = horizon;
                if (column.label.unit)
                    table->unit = column.label.unit;
                if (rows > 1 || !table->has_places)
                    continue; /* a label in front of a line stands in no column */
            } else if (meaning->is_field) {
                column.kind = COLUMN_FIELD;
                for (size_t s = 0; s < build->grammar->section_count && !column.rule; s++)
                    if (meaning->fields[s])
                        column.rule = grammar_rule(build->grammar, meaning->fields[s]);
            } else {
                /* before the first column an unknown word is the vertical label of the block */
                bool is_first = true;
                for (size_t i = 0; i < table->count; i++)
                    is_first &= table->columns[i].kind != COLUMN_RULE && table->columns[i].kind != COLUMN_FIELD;
                column.kind = is_first ? COLUMN_BLANK : COLUMN_UNKNOWN;
            }
            table->columns[table->count++] = column;
        }
    }
    /* two value columns beside one name are halves, too, when they say so */
    table->has_halves = seen_twice >= 2 || (seen_twice == 1 && table->horizons[1] && table->horizons[0] && strcmp(table->horizons[0], table->horizons[1]));
    if (!table->has_halves)
        for (size_t i = 0; i < table->count; i++)
            table->columns[i].half = 0;
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
}

/* ---- rows to nodes ---- */

static struct column *column_find(const struct table *table, const struct rule *rule, unsigned half)
{
    const struct column *shared = NULL;
    for (size_t i = 0; i < table->count; i++)
        if (table->columns[i].kind == COLUMN_RULE && table->columns[i].rule == rule) {
            if (table->columns[i].half == half)
                return (struct column *)&table->columns[i];
            shared = &table->columns[i];
        }
    /* what is printed once stands for both halves */
    return table->has_halves && shared && half == 1 ? (struct column *)shared : NULL;
}

static const struct cell *cell_in(const struct table *table, const struct table_row *row, const struct column *column)
{
    const struct cell *cell = column ? row->cells[column - table->columns] : NULL;
    return cell && !cell_is_blank(cell) ? cell : NULL;
}

static bool cell_says(struct build *build, const struct cell *cell)
{
    if (!cell)
        return false;
    struct span span = cell_span(cell);
    struct statement statement = {.spans = &span, .count = 1, .is_cell = true};
    if (!value_is_blank(build, &statement))
        return true;
    build_claim(build, span, CLAIM_VALUE);
    return false;
}

/* Strips what the template printed around an indicator's name; false if nothing is left. */
static bool name_strip(struct build *build, struct span *span)
{
    const struct grammar *grammar = build->grammar;
    struct view view;
    view_build(&view, build->document, *span);
    if (view.is_whole && grammar_value(grammar, VALUE_UNFILLED, view.text, view.length)) {
        build_claim(build, *span, CLAIM_LABEL);
        return false;
    }
    if (grammar_value(grammar, VALUE_NUMBERING, view.text, view.length)) {
        size_t to = pattern_to(grammar->values[VALUE_NUMBERING]);
        if (to < view.length) {
            build_claim(build, (struct span){span->from, view.to[to - 1]}, CLAIM_LABEL);
            span->from = view.at[to];
        }
    }
    if (view.is_whole && grammar_value(grammar, VALUE_PLACEHOLDER, view.text, view.length)) {
        size_t from = pattern_from(grammar->values[VALUE_PLACEHOLDER]);
        if (from > 0 && view.to[from - 1] > span->from) {
            build_claim(build, (struct span){view.at[from], span->to}, CLAIM_LABEL);
            span->to = view.to[from - 1];
        }
    }
    return true;
}

static const char *without_breaks(struct arena *arena, const char *text)
{
    if (!strchr(text, '\n'))
        return text;
    char *copy = arena_copy(arena, text, strlen(text)), *to = copy;
    for (const char *p = text; *p; p++)
        if (*p != '\n')
            *to++ = *p;
    *to = 0;
    return copy;
}

/* Whether level 2's term may stand under level 1's. */
static bool term_fits(const struct rule *term, const char *class)
{
    bool has_under = false;
    for (const struct rule *under = term->first; under; under = under->next)
        if (under->word == WORD_UNDER) {
            if (strcmp(under->name, class) == 0)
                return true;
            has_under = true;
        }
    return !has_under;
}

struct level {
    const struct cell *cell;  /* what is printed in this row, or carried */
    const struct rule *term;
    const char *corrected;    /* value restored for a misread name */
    bool is_carried;
};

static const struct rule *term_of(const struct build *build, const struct cell *cell, const struct rule *group, const char *class)
{
    unsigned id = cell ? cell_meaning(build->grid, cell)->terms[group->index] : 0;
    const struct rule *term = id ? grammar_rule(build->grammar, id) : NULL;
    (void)class;
    return term;
}

static const char *cell_text(struct build *build, const struct cell *cell)
{
    struct span span = cell_span(cell);
    return text_normal(build->document, build->arena, &span, 1);
}

/* A misread level 1 (双星指标): the one in force, if the level 2 in force allows it. */
static void level_correct(struct build *build, struct level *level, const struct cell *carried, const struct rule *group,
                          const struct rule *below)
{
    if (level->term)
        return;
    struct looks looks = looks_of(build, level->cell);
    if (!ends_like_term(group, &looks))
        return;
    const struct rule *term = term_of(build, carried, group, NULL);
    if (carried && term && (!below || term_fits(below, term->name))) {
        level->corrected = without_breaks(build->arena, cell_text(build, carried));
        level->term = term;
    }
}

static void group_add(struct build *build, struct node *parent, const struct table *table, const struct column *column,
                      const struct level *level, bool is_shifted)
{
    const struct rule *rule = column->rule;
    struct statement statement = {.rule = rule, .label = {.text = column->label.text}, .is_cell = true};
    if (!level->cell) {
        value_node(build, parent, rule->element, &statement, NULL, false);
        return;
    }
    (void)table;
    struct span span = cell_span(level->cell);
    statement.spans = &span;
    statement.count = 1;
    statement.by = level->corrected ? "corrected" : level->is_carried ? "filled" : is_shifted ? "shifted"
                 : level->cell->flags & CELL_JOINED ? "joined" : NULL;
    const char *text = without_breaks(build->arena, cell_text(build, level->cell));
    value_node(build, parent, rule->element, &statement, level->corrected ? level->corrected : text, false);
    if (level->corrected)
        build_finding(build, "taxonomy", "warning", &span, "层级名称疑为误识，按上文改为%s ('%s' read as '%s')", level->corrected, text,
                      level->corrected);
}

static bool is_misplaced(const struct table *table, const struct column *column, const struct cell *cell)
{
    return table->has_places && cell && (cell->column < column->from || cell->column > column->to);
}

static struct statement cell_statement(struct build *build, const struct table *table, const struct table_row *row,
                                       const struct column *column, const struct cell *cell)
{
    struct statement statement = {.rule = column->rule, .label = {.text = column->label.text, .unit = column->label.unit}, .is_cell = true};
    if (column->rule->word == WORD_MONEY && !statement.label.unit)
        statement.label.unit = table->unit;
    statement.spans = arena_array(build->arena, struct span, 1 + ABSORBED_MOST);
    statement.spans[statement.count++] = cell_span(cell);
    if (column->rule->word == WORD_CHOICE)
        for (unsigned i = row->absorbed_count; i-- > 0;)
            statement.spans[statement.count++] = cell_span(row->absorbed[i]);
    if (is_misplaced(table, column, cell))
        statement.by = "shifted";
    return statement;
}

/* Sign, value and unit may stand in three columns: the target is all of them. */
static void target_add(struct build *build, struct node *parent, const struct table *table, const struct table_row *row,
                       const struct column *column, unsigned half, const char *context)
{
    const struct cell *cell = cell_in(table, row, column);
    struct statement statement = {.rule = column->rule, .label = {.text = column->label.text}, .is_cell = true};
    struct span *spans = arena_array(build->arena, struct span, 3);
    for (const struct rule *rule = table->rule->first; rule; rule = rule->next) {
        if (rule->word != WORD_SIGN && rule->word != WORD_MEASURE && rule->word != WORD_TARGET)
            continue;
        const struct column *part = column_find(table, rule, half);
        const struct cell *piece = cell_in(table, row, part);
        if (!piece || !cell_says(build, piece))
            continue;
        if (rule->word == WORD_SIGN && looks_of(build, piece).is_direction) {
            build_claim(build, cell_span(piece), CLAIM_LABEL);
            continue;
        }
        spans[statement.count++] = cell_span(piece);
    }
    statement.spans = spans;
    if (!statement.count) {
        value_node(build, parent, column->rule->element, &statement, NULL, false);
        return;
    }
    if (is_misplaced(table, column, cell))
        statement.by = "shifted";
    const char *text = text_normal(build->document, build->arena, spans, statement.count);
    struct node *target = value_node(build, parent, column->rule->element, &statement, text, false);
    value_target(build, target, text, context);
}

static const struct cell *cell_named(const struct table *table, const struct table_row *row, const char *name, size_t length, unsigned half)
{
    for (const struct rule *rule = table->rule->first; rule; rule = rule->next)
        if (rule_is_field(rule) && strlen(rule->name) == length && memcmp(rule->name, name, length) == 0)
            return cell_in(table, row, column_find(table, rule, half));
    return NULL;
}

/* The digits of a bare number, NULL if the cell is anything else. */
static const char *cell_digits(struct build *build, const struct cell *cell)
{
    if (!cell)
        return NULL;
    struct looks looks = looks_of(build, cell);
    return looks.is_number && !looks.is_signed && strspn(looks.text, "0123456789") == looks.length ? arena_copy(build->arena, looks.text, looks.length)
                                                                                               : NULL;
}

/* `check amount = unit-price * quantity`: 88100 in one factor's place, none in the
 * other's, and 8800 for the product, are the digits of both run together. */
static bool is_fused(const struct table *table, struct build *build, const struct table_row *row, const struct rule *rule, unsigned half)
{
    for (const struct rule *check = table->rule->first; check; check = check->next) {
        const char *star = check->word == WORD_CHECK ? strstr(check->pattern, " * ") : NULL;
        const char *equals = star ? strstr(check->pattern, " = ") : NULL;
        if (!equals)
            continue;
        const char *factors[2] = {equals + 3, star + 3};
        size_t lengths[2] = {(size_t)(star - equals - 3), strlen(star + 3)};
        const char *product = cell_digits(build, cell_named(table, row, check->pattern, (size_t)(equals - check->pattern), half));
        for (unsigned k = 0; k < 2 && product; k++) {
            if (strlen(rule->name) != lengths[k] || memcmp(rule->name, factors[k], lengths[k]) != 0)
                continue;
            const char *digits = cell_digits(build, cell_named(table, row, factors[k], lengths[k], half));
            if (!digits || cell_named(table, row, factors[!k], lengths[!k], half) || strlen(digits) > 17)
                continue;
            for (size_t cut = 1; cut < strlen(digits); cut++) {
                unsigned long long left = strtoull(arena_copy(build->arena, digits, cut), NULL, 10), right = strtoull(digits + cut, NULL, 10);
                if (digits[cut] != '0' && left * right == strtoull(product, NULL, 10))
                    return true;
            }
        }
    }
    return false;
}

static void row_build(const struct table *table, struct build *build, const struct table_row *row, unsigned half, struct carried *carried)
{
    const struct rule *leaf = NULL;
    bool has_content = false, has_group_cell = false, is_shared_name = false;
    struct level levels[GROUPS_MOST] = {{0}};
    struct span name = {0, 0};
    for (const struct rule *rule = table->rule->first; rule; rule = rule->next) {
        if (!rule_is_field(rule))
            continue;
        const struct column *column = column_find(table, rule, half);
        const struct cell *cell = cell_in(table, row, column);
        if (rule->name[0] == '.')
            leaf = rule;
        if (!column)
            continue;
        if (rule->word == WORD_GROUP) {
            struct level *level = &levels[rule->index];
            struct cell **carry = &carried->cells[column - table->columns];
            level->cell = cell;
            level->term = term_of(build, cell, rule, NULL);
            if (cell) {
                has_group_cell = true;
            } else if (*carry) {
                level->cell = *carry;
                level->is_carried = true;
                level->term = term_of(build, *carry, rule, NULL);
            }
            continue;
        }
        if (!cell || !cell_says(build, cell))
            continue;
        struct span span = cell_span(cell);
        if ((rule->name[0] == '.' || strcmp(rule->name, "name") == 0) && !name_strip(build, &span))
            continue;
        if (strcmp(rule->name, "name") == 0)
            name = span;
        if (table->has_halves && column->half != half)
            continue; /* shared by both sides: says nothing of this one */
        is_shared_name |= table->has_halves && half == 0 && strcmp(rule->name, "name") == 0 && column_find(table, rule, 1) == column;
        has_content |= (strcmp(rule->name, "name") == 0 && !is_shared_name) || rule->word == WORD_TARGET || rule->name[0] == '.' || rule->word == WORD_MONEY ||
                       rule->word == WORD_CHOICE || rule->word == WORD_QUANTITY ||
                       (table->rule->name[0] != 'i' && rule->word == WORD_TEXT);
    }
    /* carry the level names on, whether or not the row says more */
    const struct rule *last_group = NULL;
    for (const struct rule *rule = table->rule->first; rule; rule = rule->next) {
        if (rule->word != WORD_GROUP)
            continue;
        const struct column *column = column_find(table, rule, half);
        if (!column)
            continue;
        struct level *level = &levels[rule->index];
        struct cell **carry = &carried->cells[column - table->columns];
        if (level->cell && !level->is_carried) {
            const struct rule *below = NULL;
            for (const struct rule *next = rule->next; next && !below; next = next->next)
                if (next->word == WORD_GROUP)
                    below = levels[next->index].term;
            level_correct(build, level, *carry, rule, below);
            if (!level->corrected) {
                bool is_new = !*carry || strcmp(cell_text(build, *carry), cell_text(build, level->cell)) != 0;
                *carry = (struct cell *)level->cell;
                if (is_new && has_terms(rule))
                    for (const struct rule *next = rule->next; next; next = next->next)
                        if (next->word == WORD_GROUP) {
                            const struct column *lower = column_find(table, next, half);
                            if (!lower)
                                continue;
                            carried->cells[lower - table->columns] = NULL;
                            if (levels[next->index].is_carried)
                                levels[next->index] = (struct level){0};
                        }
            }
            build_claim(build, cell_span(level->cell), CLAIM_VALUE);
        }
        last_group = rule;
    }
    (void)last_group;
    (void)has_group_cell;
    if (!has_content)
        return;
    struct node *block = build_block(build, table->rule->parent->index);
    if (leaf) {
        const struct column *column = column_find(table, leaf, half);
        const struct cell *cell = cell_in(table, row, column);
        if (!cell)
            return;
        struct statement statement = cell_statement(build, table, row, column, cell);
        struct node *node = value_node(build, block, table->rule->name, &statement,
                                       text_normal(build->document, build->arena, statement.spans, 1), false);
        for (const struct rule *rule = table->rule->first; rule; rule = rule->next) {
            const struct column *other = rule->name[0] == '@' ? column_find(table, rule, half) : NULL;
            const struct cell *at = cell_in(table, row, other);
            if (!at)
                continue;
            struct looks looks = looks_of(build, at);
            const char *date = looks.length ? value_date(build, looks.text, looks.length) : NULL;
            build_claim(build, cell_span(at), CLAIM_VALUE);
            node_set(build->arena, node, rule->name + 1, date ? date : cell_text(build, at));
        }
        return;
    }
    struct node *parent = node_append(build->arena, block, table->rule->name);
    const struct rule *sets = rule_child(table->rule, WORD_SETS);
    if (sets)
        node_set(build->arena, parent, sets->name, table->horizons[table->has_halves ? half : 0]);
    const char *class = NULL;
    char context[512] = "";
    for (const struct rule *rule = table->rule->first; rule; rule = rule->next) {
        if (!rule_is_field(rule))
            continue;
        const struct column *column = column_find(table, rule, half);
        const struct cell *cell = cell_in(table, row, column);
        if (rule->word == WORD_GROUP) {
            struct level *level = &levels[rule->index];
            if (column)
                group_add(build, parent, table, column, level, is_misplaced(table, column, cell));
            else if (has_terms(rule))
                value_node(build, parent, rule->element, &(struct statement){.rule = rule}, NULL, false);
            const struct rule *attribute = rule_child(rule, WORD_SETS);
            if (attribute && level->term) {
                node_set(build->arena, parent, attribute->name, level->term->name);
                if (class && !term_fits(level->term, class))
                    build_finding(build, "taxonomy", "info", &(struct span){level->cell->from, level->cell->to},
                                  "二级指标与一级指标不属一类 (level 2 does not belong to level 1 '%s')", class);
                class = level->term->name;
            }
            if (level->cell)
                strncat(context, cell_text(build, level->cell), sizeof context - strlen(context) - 1);
            continue;
        }
        if (rule->word == WORD_TARGET) {
            if (!span_is_empty(name))
                strncat(context, text_normal(build->document, build->arena, &name, 1), sizeof context - strlen(context) - 1);
            if (column)
                target_add(build, parent, table, row, column, half, context);
            else
                value_node(build, parent, rule->element, &(struct statement){.rule = rule}, NULL, false);
            continue;
        }
        if (strcmp(rule->name, "name") == 0) {
            struct span names[2] = {name, row->name_rest ? cell_span(row->name_rest) : name};
            struct statement statement = {.rule = rule, .label = {.text = column ? column->label.text : NULL}, .spans = names, .is_cell = true};
            statement.count = span_is_empty(name) ? 0 : row->name_rest ? 2 : 1;
            if (row->name_rest)
                statement.by = "joined";
            else if (column && is_misplaced(table, column, cell))
                statement.by = "shifted";
            value_node(build, parent, rule->element, &statement,
                       statement.count ? text_normal(build->document, build->arena, names, statement.count) : NULL, false);
            continue;
        }
        if (!cell || rule->name[0] == '-' || !cell_says(build, cell)) {
            if (rule->word == WORD_SIGN && cell) {
                struct looks looks = looks_of(build, cell);
                struct span span = cell_span(cell);
                if (looks.is_direction && !looks.is_signword && !node_child(parent, "direction"))
                    value_node(build, parent, "direction", &(struct statement){.rule = rule, .spans = &span, .count = 1}, cell_text(build, cell), false);
            }
            continue;
        }
        struct statement statement = cell_statement(build, table, row, column, cell);
        if (is_fused(table, build, row, rule, half) || !value_add(build, parent, &statement)) {
            struct node *node = value_node(build, parent, rule->element, &statement, cell_text(build, cell), false);
            node_set(build->arena, node, "kind", "text");
            build_finding(build, "unread", "warning", &statement.spans[0], "无法识读，按原文保留 (cannot be read as %s: '%s')", rule->name,
                          node->value);
        }
    }
}

/* Cells under a heading that no rule knows are labelled values all the same. */
static void unknown_cells(const struct table *table, struct build *build, const struct table_row *row)
{
    static const struct rule unknown = {.word = WORD_FIELD, .name = "field", .element = "field"};
    for (size_t c = 0; c < table->count; c++) {
        const struct column *column = &table->columns[c];
        const struct cell *cell = column->kind == COLUMN_UNKNOWN ? cell_in(table, row, column) : NULL;
        if (!cell || !cell_says(build, cell))
            continue;
        struct statement statement = {.rule = &unknown, .label = {.text = column->label.text}, .is_cell = true, .count = 1};
        struct span span = cell_span(cell);
        statement.spans = &span;
        value_add_field(build, &statement);
    }
}

/* A name that a page break cut: its row has no value, the row behind the break has a
 * value but no level. The rest of the name goes to the row where it began. */
static void join_cut_names(const struct table *table, struct build *build, const struct table_rows *rows, size_t from, size_t to)
{
    size_t name = SIZE_MAX, target = SIZE_MAX;
    for (size_t c = 0; c < table->count; c++) {
        if (is_name(&table->columns[c]))
            name = c;
        if (table->columns[c].kind == COLUMN_RULE && table->columns[c].rule->word == WORD_TARGET)
            target = c;
    }
    if (name == SIZE_MAX || target == SIZE_MAX || table->is_stream || table->has_halves)
        return;
    for (size_t r = from; r + 1 < to; r++) {
        struct table_row *first = &rows->items[r], *rest = &rows->items[r + 1];
        bool is_parted = false, has_level = false;
        for (uint32_t i = first->row + 1; i < rest->row; i++)
            is_parted |= build->grid->rows.items[i].is_notice;
        for (size_t c = 0; c < table->count; c++)
            has_level |= is_level(&table->columns[c]) && cell_in(table, rest, &table->columns[c]);
        if (!is_parted || has_level || (first->cells[name] && looks_of(build, first->cells[name]).is_blank) || !cell_in(table, first, &table->columns[name]) || cell_in(table, first, &table->columns[target]) ||
            !cell_in(table, rest, &table->columns[name]) || !cell_in(table, rest, &table->columns[target]))
            continue;
        first->name_rest = rest->cells[name];
        rest->cells[name] = NULL;
        for (size_t c = 0; c < table->count; c++)
            if (!first->cells[c] || cell_is_blank(first->cells[c])) {
                first->cells[c] = rest->cells[c];
                rest->cells[c] = NULL;
            }
    }
}

void table_build(const struct table *table, struct build *build, const struct table_rows *rows, size_t from, size_t to, struct carried *carried)
{
    join_cut_names(table, build, rows, from, to);
    for (size_t r = from; r < to; r++)
        for (unsigned half = 0; half <= table->has_halves; half++)
            row_build(table, build, &rows->items[r], half, carried);
    for (size_t r = from; r < to; r++)
        unknown_cells(table, build, &rows->items[r]);
}
