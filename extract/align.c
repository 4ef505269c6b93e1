#include "align.h"

#include <stdlib.h>
#include <string.h>

#include "pattern.h"

/* Behind the number that a text begins with; 0 if it begins with none. */
static size_t number_to(const struct grammar *grammar, const char *text, size_t length)
{
    return grammar_value(grammar, VALUE_NUMBER, text, length) ? pattern_to(grammar->values[VALUE_NUMBER]) : 0;
}

/* A number with so little behind it may be a value with its unit. */
static bool is_unit(size_t length) { return length > 0 && length <= 12; }

struct looks looks_of(const struct build *build, const struct cell *cell)
{
    const struct grammar *grammar = build->grammar;
    struct looks looks = {.meaning = cell_meaning(build->grid, cell), .is_blank = cell_is_blank(cell)};
    if (looks.is_blank)
        return looks;
    struct view view;
    view_read(&view, build->document, cell_span(cell));
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
    size_t number = number_to(grammar, view.text + sign, view.length - sign), rest = view.length - sign - number;
    if (number) {
        looks.is_signed = sign > 0 || is_unit(rest);
        looks.is_number = rest == 0;
    }
    looks.is_time = grammar_value(grammar, VALUE_TIME, view.text, view.length);
    looks.is_direction = grammar_value(grammar, VALUE_DIRECTION, view.text, view.length);
    looks.is_measure = grammar_value(grammar, VALUE_MEASURE, view.text, view.length) ||
                       grammar_value(grammar, VALUE_RATE, view.text, view.length);
    return looks;
}

bool cell_is_direction(const struct build *build, const struct cell *cell)
{
    if (!pattern_may_begin_at(build->grammar->values[VALUE_DIRECTION], build->document, cell_span(cell)))
        return false;
    struct view view;
    view_read(&view, build->document, cell_span(cell));
    return view.length && grammar_value(build->grammar, VALUE_DIRECTION, view.text, view.length);
}

/* A word in a level's place that ends like its terms but is none: misread. */
bool ends_like_term(const struct rule *group, const struct looks *looks)
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

bool group_has_terms(const struct rule *rule) { return rule_child(rule, WORD_TERM) != NULL; }

/* What it costs to read the cell as a value of the column, in units in which a
 * plain misfit is 6. */
static float fit(const struct table *table, const struct column *column, const struct looks *looks)
{
    const struct rule *rule = column->rule;
    if (column->kind == COLUMN_SECTION)
        return looks->is_blank || looks->meaning->section ? 0 : 6;
    if (column->kind == COLUMN_BLANK) /* 序号 may head it */
        return looks->is_blank || (column->label.text && looks->is_number) ? 0 : 2.5f;
    if (column->kind == COLUMN_UNKNOWN)
        return looks->is_blank ? 0 : looks->meaning->is_term ? 4 : 0.4f;
    if (looks->is_blank)
        return rule->word == WORD_TARGET || rule->word == WORD_NAME ? 0.3f : rule->word == WORD_GROUP ? 0 : 0.1f;
    bool is_level = looks->meaning->is_term;
    if (column->kind == COLUMN_FIELD && rule_child(rule, WORD_KEY) && (looks->is_long || looks->is_sentence))
        return 1.5f;
    switch (rule->word) {
    case WORD_GROUP:
        if (!group_has_terms(rule))
            return looks->is_number ? 3 : is_level ? 2 : 0;
        return looks->meaning->terms[rule->index] ? 0 : ends_like_term(rule, looks) ? 3 : 8;
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

static float skip_cost(const struct column *column, bool is_trailing)
{
    if (column->kind == COLUMN_FIELD && column->rule && rule_child(column->rule, WORD_KEY))
        return 1;
    if (column->kind != COLUMN_RULE)
        return 0.2f;
    if (column->rule->word == WORD_GROUP)
        return is_trailing ? 0.05f : 0.25f;
    if (column_is_name(column) || column->rule->word == WORD_TARGET)
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

bool column_is_level(const struct column *column)
{
    return column->kind == COLUMN_RULE && column->rule->word == WORD_GROUP && group_has_terms(column->rule);
}

static bool begins_with_digit(const struct build *build, const struct cell *cell)
{
    char c = build->document->text[cell->from];
    return c >= '0' && c <= '9';
}

/* No number that is an indicator's name behind it: 1.道路完好率. */
static bool is_numeric(const struct build *build, const struct cell *cell)
{
    if (!begins_with_digit(build, cell))
        return false;
    struct view view;
    view_read(&view, build->document, cell_span(cell));
    size_t rest = view.length - number_to(build->grammar, view.text, view.length);
    return rest == 0 || is_unit(rest);
}

static bool is_time(const struct build *build, const struct cell *cell)
{
    if (!pattern_may_begin_at(build->grammar->values[VALUE_TIME], build->document, cell_span(cell)))
        return false;
    struct view view;
    view_read(&view, build->document, cell_span(cell));
    return view.length && grammar_value(build->grammar, VALUE_TIME, view.text, view.length);
}

/* Whether it may be what the column's values look like. */
static bool may_mean(const struct build *build, const struct cell *cell, const struct rule *means)
{
    struct glyphs glyphs = glyphs_of(build->document, cell_span(cell));
    struct glyph first = glyph_next(&glyphs);
    return first.kind != GLYPH_CHARACTER || pattern_may_begin(means->own, character_fold(first.code));
}

static bool is_choice(const struct column *column) { return column->kind == COLUMN_RULE && column->rule->word == WORD_CHOICE; }

static bool is_sign_cell(const struct build *build, const struct cell *cell)
{
    struct view view;
    view_read(&view, build->document, cell_span(cell));
    const struct grammar *grammar = build->grammar;
    return view.is_whole && view.length < 40 &&
           (grammar_value(grammar, VALUE_DIRECTION, view.text, view.length) || grammar_value(grammar, VALUE_UNSIGNED, view.text, view.length) ||
            (grammar_value(grammar, VALUE_SIGN, view.text, view.length) && pattern_to(grammar->values[VALUE_SIGN]) == view.length));
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
        /* further options, under the heading of the first or behind it */
        bool is_option = table->count && is_choice(&table->columns[table->count - 1]) &&
                         (!column || (at + 1 == table->count && row->cells[at] && !cell_is_blank(row->cells[at])));
        if (is_option && row->absorbed_count < ABSORBED_MOST && value_has_mark(build, cell_span(cell))) {
            row->absorbed[row->absorbed_count++] = cell;
            continue;
        }
        if (!column || row->absorbed_count || (row->cells[at] && !cell_is_blank(row->cells[at])))
            return false;
        const struct meaning *meaning = cell_meaning(build->grid, cell);
        if (column->kind == COLUMN_SECTION ? !meaning->section : column->kind != COLUMN_RULE)
            return false;
        const struct rule *rule = column->rule;
        if (column->kind == COLUMN_RULE) {
            bool is_level = rule->word == WORD_GROUP && group_has_terms(rule);
            if (is_level ? !meaning->terms[rule->index] : meaning->is_term || meaning->section || meaning->list_total)
                return false;
            if ((rule->word == WORD_MONEY || rule->word == WORD_QUANTITY) && !begins_with_digit(build, cell))
                return false;
            const struct rule *means = rule_child(rule, WORD_MEANS);
            if ((rule->word == WORD_TEXT || rule->word == WORD_NAME) && (means ? !may_mean(build, cell, means) : is_numeric(build, cell)))
                return false;
            if (rule->word == WORD_DATE && !is_time(build, cell))
                return false;
            if (rule->word == WORD_SIGN && !is_sign_cell(build, cell))
                return false;
            if (rule->word == WORD_MEASURE && begins_with_digit(build, cell))
                return false;
            if (rule->word == WORD_CHOICE && !value_has_mark(build, cell_span(cell)))
                return false;
            has_name |= column_is_name(column);
            has_target |= rule->word == WORD_TARGET;
        }
        row->cells[at] = cell;
    }
    for (unsigned a = 0, b = row->absorbed_count; a + 1 < b; a++) { /* last first */
        struct cell *swap = row->absorbed[--b];
        row->absorbed[b] = row->absorbed[a];
        row->absorbed[a] = swap;
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
                    if (is_choice(column) && look->is_marked && before[j] < here[j])
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
                if (j > 1 && step[j - 1] == STEP_MATCH && !looks[i - 1].is_blank && i < last && column_is_level(&table->columns[j - 2]) &&
                    column_is_level(&table->columns[j - 1]))
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

