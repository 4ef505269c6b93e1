/* What the lines check and require of grammars say. */
#include "grammar_store.h"

#include <string.h>

#include "base/report.h"

struct relating {
    struct grammar *grammar;
    struct grammar_store *store;
    struct relation *relation;
    const char *at; /* in the rule's pattern */
    array_of(struct relation) relations;
    array_of(struct tally) tallies;
};

static bool relation_wrong(struct relating *relating, const char *at, const char *format, const char *about)
{
    const struct rule *rule = relating->relation->rule;
    unsigned column = rule->column;
    for (const char *p = rule->pattern; p < at; p++)
        column += ((unsigned char)*p & 0xc0) != 0x80;
    report(REPORT_ERROR, (struct place){rule->path, rule->line, column, rule->text, strlen(rule->text)}, format, about);
    relating->store->is_wrong = true;
    return false;
}

/* The parts of a name between its points; NULL where empty. */
static void name_split(struct arena *arena, const char *name, const char *parts[3])
{
    parts[0] = parts[1] = parts[2] = NULL;
    for (unsigned i = 0; i < 3; i++) {
        size_t length = strcspn(name, ".");
        if (length)
            parts[i] = arena_copy(arena, name, length);
        name += length;
        if (!*name)
            return;
        name++;
    }
}

/* Whether an amount of the section can have this scope (0), source (1) or stage (2). */
static bool axis_is_known(struct relating *relating, unsigned axis, const char *value)
{
    for (const struct rule *section = relating->store->top.first; section; section = section->next) {
        if (section->word != WORD_SECTION || section->index != relating->relation->section->index)
            continue;
        for (const struct rule *field = section->first; field; field = field->next) {
            const char *parts[3];
            if (field->word == WORD_DEFAULT && axis == 0 && strcmp(field->name, value) == 0)
                return true;
            if (field->word != WORD_MONEY)
                continue;
            name_split(&relating->store->arena, field->name, parts);
            if (parts[axis] && strcmp(parts[axis], value) == 0)
                return true;
        }
    }
    return false;
}

static bool element_is_known(const struct rule *parent, const char *name)
{
    for (const struct rule *field = parent->first; field; field = field->next)
        if ((rule_is_field(field) &&
             (strcmp(field->element, name) == 0 || (field->second && strcmp(field->second, name) == 0))) ||
            ((field->word == WORD_TABLE || field->word == WORD_LIST) && strcmp(field->name, name) == 0))
            return true;
    return false;
}

static bool source_index(struct relating *relating, const char *at, const char *source, unsigned *index)
{
    struct grammar *grammar = relating->grammar;
    size_t i = 0;
    while (i < grammar->source_count && strcmp(grammar->sources[i], source) != 0)
        i++;
    if (i == SOURCES_MOST)
        return relation_wrong(relating, at, "too many sources of money in checks, with '%s'", source);
    if (i == grammar->source_count)
        grammar->sources[grammar->source_count++] = source;
    *index = (unsigned)i;
    return true;
}

static bool operand_resolve(struct relating *relating, const char *at, struct operand *operand)
{
    struct relation *relation = relating->relation;
    if (relation->has_amounts) {
        const char *parts[3];
        name_split(&relating->store->arena, operand->name, parts);
        const char *source = strchr(operand->name, '.') ? parts[1] : parts[0];
        operand->scope = strchr(operand->name, '.') ? parts[0] : NULL;
        operand->stage = parts[2];
        if (!source || !axis_is_known(relating, 1, source))
            return relation_wrong(relating, at, "no source of money is called '%s'", source ? source : operand->name);
        if (operand->scope && !axis_is_known(relating, 0, operand->scope))
            return relation_wrong(relating, at, "no money has the scope '%s'", operand->scope);
        if (operand->stage && !axis_is_known(relating, 2, operand->stage))
            return relation_wrong(relating, at, "no money has the stage '%s'", operand->stage);
        return source_index(relating, at, source, &operand->source);
    }
    if (relation->table) {
        if (element_is_known(relation->table, operand->name))
            return true;
        return relation_wrong(relating, at, "the table has no column '%s'", operand->name);
    }
    for (const struct rule *section = relating->store->top.first; section; section = section->next)
        if (section->word == WORD_SECTION && section->index == relation->section->index &&
            element_is_known(section, operand->name))
            return true;
    return relation_wrong(relating, at, "the section has no field '%s'", operand->name);
}

static bool is_name_inside(char c) { return is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.'; }

static void blanks_skip(struct relating *relating)
{
    while (*relating->at == ' ' || *relating->at == '\t')
        relating->at++;
}

/* name, or [name] where forms may leave it out. */
static bool operand_read(struct relating *relating)
{
    struct relation *relation = relating->relation;
    blanks_skip(relating);
    const char *from = relating->at;
    bool is_optional = *from == '[';
    from += is_optional;
    const char *to = from;
    while (is_name_inside(*to))
        to++;
    if (to == from)
        return relation_wrong(relating, from, "a name is missing%s", "");
    if (is_optional && *to != ']')
        return relation_wrong(relating, to, "the bracket is not closed%s; write [name]", "");
    if (is_optional && relation->kind != RELATION_REQUIRE && (relation->kind != RELATION_SUM || relation->count == 0))
        return relation_wrong(relating, from - 1,
                              "only parts of a sum and what is required can stand in brackets%s", "");
    if (relation->count == OPERANDS_MOST)
        return relation_wrong(relating, from, "too many names in one line%s", "");
    struct operand *operand = &relation->operands[relation->count++];
    operand->name = arena_copy(&relating->store->arena, from, (size_t)(to - from));
    operand->is_optional = is_optional;
    if (!operand_resolve(relating, from, operand))
        return false;
    relating->at = to + is_optional;
    blanks_skip(relating);
    return true;
}

/* total = fiscal + [carry-over] + other; amount = unit-price * quantity; annual.total <= project.total;
 * require annual-goal | overall-goal */
static bool relation_read(struct relating *relating)
{
    struct relation *relation = relating->relation;
    if (relation->rule->word == WORD_REQUIRE) {
        const char *from = relating->at, *colon = strchr(from, ':');
        size_t length = colon ? (size_t)(colon - from) : strlen(from);
        while (length && (from[length - 1] == ' ' || from[length - 1] == '\t'))
            length--;
        relation->kind = RELATION_REQUIRE;
        relation->names = arena_copy(&relating->store->arena, from, length);
        while (operand_read(relating)) {
            if (!*relating->at)
                return true;
            if (*relating->at == ':') {
                relating->at++;
                blanks_skip(relating);
                relation->title = relating->at;
                return *relating->at || relation_wrong(relating, relating->at, "a title is missing behind ':'%s", "");
            }
            if (*relating->at++ != '|')
                return relation_wrong(relating, relating->at - 1, "'|' is expected between the names%s", "");
        }
        return false;
    }
    if (!operand_read(relating))
        return false;
    if (strncmp(relating->at, "<=", 2) == 0) {
        if (!relation->has_amounts)
            return relation_wrong(relating, relating->at, "'<=' compares amounts of money%s, and here are none", "");
        relation->kind = RELATION_AT_MOST;
        relating->at += 2;
        if (!operand_read(relating))
            return false;
        return !*relating->at || relation_wrong(relating, relating->at, "nothing more is expected behind '<='%s", "");
    }
    if (*relating->at != '=')
        return relation_wrong(relating, relating->at, "'=' or '<=' is expected%s", "");
    relating->at++;
    if (!operand_read(relating))
        return false;
    char sign = *relating->at;
    if (sign && sign != '+' && sign != '*')
        return relation_wrong(relating, relating->at, "'+' or '*' is expected%s", "");
    relation->kind = sign == '*' ? RELATION_PRODUCT : RELATION_SUM;
    if (relation->kind == RELATION_PRODUCT && !relation->table)
        return relation_wrong(relating, relating->at, "only columns of a table can be multiplied%s", "");
    while (*relating->at) {
        if (*relating->at != sign)
            return relation_wrong(relating, relating->at, "'+' and '*' cannot stand in one line%s", "");
        relating->at++;
        if (!operand_read(relating))
            return false;
    }
    return true;
}

static void tally_add(struct relating *relating, const struct rule *table)
{
    for (const struct rule *column = table->first; column; column = column->next) {
        const struct rule *sum = column->word == WORD_MONEY ? rule_child(column, WORD_SUM) : NULL;
        if (!sum)
            continue;
        struct tally tally = {table->parent, table->name, column->element, sum->name};
        bool is_known = false;
        for (size_t i = 0; i < relating->tallies.count && !is_known; i++) {
            const struct tally *other = &relating->tallies.items[i];
            is_known = other->section->index == tally.section->index && strcmp(other->line, tally.line) == 0 &&
                       strcmp(other->column, tally.column) == 0 && strcmp(other->sum, tally.sum) == 0;
        }
        if (!is_known)
            *array_push(&relating->tallies) = tally;
    }
}

/* What each source is made up of: sums of sums, until nothing is added. */
static void parts_close(struct grammar *grammar)
{
    for (bool has_grown = true; has_grown;) {
        has_grown = false;
        for (size_t r = 0; r < grammar->relation_count; r++) {
            const struct relation *relation = &grammar->relations[r];
            if (relation->kind != RELATION_SUM || !relation->has_amounts)
                continue;
            uint64_t *parts = &grammar->parts[relation->operands[0].source], before = *parts;
            for (size_t i = 1; i < relation->count; i++)
                *parts |= (uint64_t)1 << relation->operands[i].source | grammar->parts[relation->operands[i].source];
            has_grown |= *parts != before;
        }
    }
}

void grammar_relate(struct grammar *grammar, struct grammar_store *store)
{
    struct relating relating = {.grammar = grammar, .store = store};
    for (size_t i = 0; i < store->rules.count; i++) {
        const struct rule *rule = store->rules.items[i];
        if ((rule->word == WORD_TABLE || rule->word == WORD_LIST) && rule->first)
            tally_add(&relating, rule);
        if ((rule->word != WORD_CHECK && rule->word != WORD_REQUIRE) || !rule->pattern)
            continue;
        struct relation relation = {.rule = rule, .section = rule->parent};
        if (rule->parent->word == WORD_TABLE) {
            relation.table = rule->parent;
            relation.section = rule->parent->parent;
        }
        for (const struct rule *section = store->top.first; section && !relation.table; section = section->next)
            if (section->word == WORD_SECTION && section->index == relation.section->index)
                relation.has_amounts |= rule_child(section, WORD_AMOUNT) != NULL;
        relation.operands = arena_array(&store->arena, struct operand, OPERANDS_MOST);
        relating.relation = &relation;
        relating.at = rule->pattern;
        if (!relation.table && !relation.has_amounts && rule->word == WORD_CHECK) {
            relation_wrong(&relating, relating.at, "a check%s stands in a table or among amounts of money", "");
            continue;
        }
        if (relation_read(&relating))
            *array_push(&relating.relations) = relation;
    }
    grammar->relations = relating.relations.items;
    grammar->relation_count = relating.relations.count;
    grammar->tallies = relating.tallies.items;
    grammar->tally_count = relating.tallies.count;
    parts_close(grammar);
}
