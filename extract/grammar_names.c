/* Whether the names in grammars name something, and what they may mean in the output. */
#include "grammar_store.h"

#include <string.h>

#include "base/report.h"

/* ---- what docs/shenbao.rnc closes ---- */

enum content { ANY_CONTENT, TEXT, YEAR, DATE, TRUTH, CHOICE, MONEY, QUANTITY, TARGET, PHASE, ROW };

#define BIT(word) ((uint64_t)1 << (word))

static const struct {
    const char *name;
    uint64_t words; /* that write it */
} contents[] = {
    [TEXT] = {"text", ~(BIT(WORD_MONEY) | BIT(WORD_QUANTITY) | BIT(WORD_TARGET) | BIT(WORD_CHOICE))},
    [YEAR] = {"a year", BIT(WORD_YEAR)},
    [DATE] = {"a date", BIT(WORD_DATE) | BIT(WORD_PERIOD)},
    [TRUTH] = {"true or false", BIT(WORD_BOOLEAN)},
    [CHOICE] = {"a choice or text", BIT(WORD_CHOICE) | BIT(WORD_TEXT)},
    [MONEY] = {"money", BIT(WORD_MONEY)},
    [QUANTITY] = {"a quantity", BIT(WORD_QUANTITY)},
    [TARGET] = {"a target", BIT(WORD_TARGET)},
    [PHASE] = {"a choice", BIT(WORD_CHOICE)},
    [ROW] = {"a row of its table", 0},
};

/* Elements of a section; of a table, behind a slash. */
static const struct {
    const char *section, *names;
    enum content content;
} elements[] = {
    {"header", "fiscal-year", YEAR},
    {"header", "start-date end-date prepared-on", DATE},
    {"header", "government-procurement", TRUTH},
    {"header", "project-nature project-category", CHOICE},
    {"header",
     "reporting-unit currency-unit project-name project-code competent-department department-code "
     "implementing-unit procurement-method project-leader contact phone organization-code address "
     "legal-representative funding-source unit-head preparer",
     TEXT},
    {"narrative",
     "overview composition basis necessity feasibility resources content schedule outcome overall-goal "
     "midterm-goal annual-goal other-notes safeguard-notes budget-notes",
     TEXT},
    {"indicators", "indicator", ROW},
    {"indicators/indicator", "level1 level2 name description standard weight direction actual score deviation", TEXT},
    {"indicators/indicator", "target", TARGET},
    {"budget", "line", ROW},
    {"budget", "total previous-total", MONEY},
    {"budget/line", "name content detail price-basis quantity-basis basis remark", TEXT},
    {"budget/line", "amount unit-price previous-amount", MONEY},
    {"budget/line", "quantity", QUANTITY},
    {"safeguards", "safeguard", ROW},
    {"safeguards/safeguard", "system document measure", TEXT},
    {"safeguards/safeguard", "phase", PHASE},
};

/* Attributes of the vocabulary that take these words only. */
static const struct {
    const char *section, *attribute, *values;
} attributes[] = {
    {"funding", "scope", "project midterm annual previous"},
    {"funding", "stage", "budgeted adjusted executed"},
    {"indicators/indicator", "horizon", "annual midterm project"},
    {"indicators/indicator", "class", "output benefit influence satisfaction cost"},
    {"indicators/indicator", "dimension",
     "quantity quality timeliness cost economic social ecological sustainability satisfaction"},
};

static const char frame[] = "parts fields residue findings declaration source title extraction";

static bool is_among(const char *words, const char *word, size_t length)
{
    for (const char *p = words; *(p += strspn(p, " "));) {
        size_t next = strcspn(p, " ");
        if (next == length && memcmp(p, word, length) == 0)
            return true;
        p += next;
    }
    return false;
}

static enum content content_of(const char *section, const char *element, size_t length)
{
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
        if (strcmp(elements[i].section, section) == 0 && is_among(elements[i].names, element, length))
            return elements[i].content;
    return ANY_CONTENT;
}

/* ---- the rules of one place, over all files ---- */

struct names {
    struct grammar_store *store;
    const struct rule *rule;
};

static void wrong(struct names *names, const char *at, const char *message)
{
    const struct rule *rule = names->rule;
    unsigned column = 1;
    for (const char *p = rule->text; p < at; p++)
        column += ((unsigned char)*p & 0xc0) != 0x80;
    report(REPORT_ERROR, (struct place){rule->path, rule->line, column, rule->text, strlen(rule->text)}, "%s", message);
    names->store->is_wrong = true;
}

#define WRONG(names, at, ...) wrong(names, at, arena_printf(&(names)->store->arena, __VA_ARGS__))

/* Where the line says the rule's name. */
static const char *name_in(const struct rule *rule)
{
    const char *p = rule->text + strspn(rule->text, " \t");
    p += strcspn(p, " \t");
    return p + strspn(p, " \t");
}

static const char *pattern_in(const struct rule *rule)
{
    const char *p = name_in(rule);
    if (*rule->name)
        p += strlen(rule->name);
    return p + strspn(p, " \t");
}

static const struct rule *section_of(const struct rule *rule)
{
    while (rule && rule->word != WORD_SECTION)
        rule = rule->parent;
    return rule;
}

static const struct rule *table_of(const struct rule *rule)
{
    while (rule && rule->word != WORD_TABLE && rule->word != WORD_LIST)
        rule = rule->parent;
    return rule;
}

/* Whether both stand in the same section, table or group, which several files may state. */
static bool is_same_place(const struct rule *a, const struct rule *b)
{
    for (; a && b && a->parent && b->parent; a = a->parent, b = b->parent)
        if (a->word != b->word || strcmp(a->name, b->name) != 0)
            return false;
    return a && b && !a->parent && !b->parent;
}

/* The next rule of a word in a place, behind `before`; NULL begins. */
static const struct rule *place_next(const struct names *names, const struct rule *place, enum word word,
                                     const struct rule *before)
{
    for (size_t i = before ? before->id : 0; i < names->store->rules.count; i++) {
        const struct rule *rule = names->store->rules.items[i];
        if (rule->word == word && is_same_place(rule->parent, place))
            return rule;
    }
    return NULL;
}

static bool has_element(const struct names *names, const struct rule *place, const char *name, size_t length)
{
    for (size_t i = 0; i < names->store->rules.count; i++) {
        const struct rule *rule = names->store->rules.items[i];
        if (!rule_is_field(rule))
            continue;
        bool is_named = (strlen(rule->element) == length && memcmp(rule->element, name, length) == 0) ||
                        (rule->second && strlen(rule->second) == length && memcmp(rule->second, name, length) == 0);
        if (is_named && is_same_place(rule->parent, place))
            return true;
    }
    return false;
}

/* The words an attribute may have at a place, or NULL if any. */
static const char *values_of(struct names *names, const struct rule *place, const char *attribute, size_t length)
{
    const struct rule *section = section_of(place), *table = table_of(place);
    const char *path = table ? arena_printf(&names->store->arena, "%s/%s", section->name, table->name) : section->name;
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
        if (strcmp(attributes[i].section, path) == 0 && strlen(attributes[i].attribute) == length &&
            memcmp(attributes[i].attribute, attribute, length) == 0)
            return attributes[i].values;
    return NULL;
}

static void value_check(struct names *names, const struct rule *place, const char *attribute, size_t attribute_length,
                        const char *at, size_t length)
{
    const char *values = values_of(names, place, attribute, attribute_length);
    if (values && !is_among(values, at, length))
        WRONG(names, at, "no %.*s is called '%.*s'; there are: %s", (int)attribute_length, attribute, (int)length, at,
              values);
}

/* What `sets` names for a table or group, in whichever file. */
static const char *set_by(const struct names *names, const struct rule *place)
{
    const struct rule *sets = place_next(names, place, WORD_SETS, NULL);
    return sets ? sets->name : NULL;
}

static void set_value_check(struct names *names, const struct rule *place, const char *at, size_t length)
{
    const char *attribute = set_by(names, place);
    if (attribute)
        value_check(names, place, attribute, strlen(attribute), at, length);
}

/* ---- word by word ---- */

static void content_check(struct names *names, const char *path, const char *at, size_t length, uint64_t word)
{
    enum content content = content_of(path, at, length);
    if (content != ANY_CONTENT && !(contents[content].words & word))
        WRONG(names, at, "the element '%.*s' of %s is %s, which '%s' is not", (int)length, at, path,
              contents[content].name, word_names[names->rule->word]);
}

/* scope.source.stage */
static void amount_check(struct names *names, const char *at, const char *words)
{
    const struct rule *rule = names->rule;
    const char *end = at + strlen(rule->name);
    for (const char *word = words; at < end; at++) {
        size_t length = strcspn(at, ". \t"), word_length = strcspn(word, " ");
        if (!word_length) {
            WRONG(names, at, "too many parts in '%s'; an amount has: %s", rule->name, words);
            return;
        }
        if (length)
            value_check(names, rule->parent, word, word_length, at, length);
        word += word_length;
        word += strspn(word, " ");
        at += length;
    }
}

static void field_check(struct names *names)
{
    const struct rule *rule = names->rule, *table = table_of(rule);
    const char *at = name_in(rule);
    if (rule->second && rule->word != WORD_PERIOD && rule->word != WORD_PERSON && rule->word != WORD_DEPARTMENT) {
        WRONG(names, at, "only a period, person or department states two fields, not '%s'", word_names[rule->word]);
        return;
    }
    if (strcmp(rule->name, "-") == 0 || strcmp(rule->name, ".") == 0 || *rule->name == '@')
        return;
    const struct rule *amount = table ? NULL : place_next(names, rule->parent, WORD_AMOUNT, NULL);
    if (amount && rule->word == WORD_MONEY) {
        amount_check(names, at, amount->pattern);
        return;
    }
    const char *section = section_of(rule)->name;
    const char *path = table ? arena_printf(&names->store->arena, "%s/%s", section, table->name) : section;
    content_check(names, path, at, strlen(rule->element), BIT(rule->word));
    if (rule->second)
        content_check(names, path, at + strlen(rule->element) + 1, strlen(rule->second), BIT(rule->word));
}

static void default_check(struct names *names)
{
    const struct rule *rule = names->rule, *place = rule->parent;
    const char *at = name_in(rule), *word = pattern_in(rule);
    if (!place->parent) {
        if (strcmp(rule->name, "blocks") != 0) {
            WRONG(names, at, "at the margin stands only 'default blocks', not '%s'", rule->name);
            return;
        }
        for (; *word; word += strspn(word, " \t")) {
            size_t length = strcspn(word, " \t");
            bool is_known = false;
            for (const struct rule *section = names->store->top.first; section && !is_known; section = section->next)
                is_known = section->word == WORD_SECTION && strlen(section->name) == length &&
                           memcmp(section->name, word, length) == 0;
            if (!is_known)
                WRONG(names, word, "no section is called '%.*s'", (int)length, word);
            word += length;
        }
        return;
    }
    const struct rule *amount = place->word == WORD_SECTION ? place_next(names, place, WORD_AMOUNT, NULL) : NULL;
    const char *set = place->word == WORD_TABLE ? set_by(names, place) : NULL;
    if (amount ? !is_among(amount->pattern, rule->pattern, strlen(rule->pattern))
               : !set || strcmp(set, rule->pattern) != 0) {
        WRONG(names, word, "no attribute '%s' is set here", rule->pattern);
        return;
    }
    value_check(names, place, rule->pattern, strlen(rule->pattern), at, strlen(rule->name));
}

/* annual.total=project of money, midterm-goal=midterm of a mark */
static void unless_check(struct names *names)
{
    const struct rule *rule = names->rule, *owner = rule->parent;
    const char *at = name_in(rule), *equals = strchr(rule->name, '=');
    if (!equals || equals == rule->name || !equals[1]) {
        WRONG(names, at, "'unless' says A=B, not '%s'", rule->name);
        return;
    }
    size_t length = (size_t)(equals - rule->name);
    const char *value = at + length + 1;
    if (owner->word == WORD_MARK) {
        bool is_known = false;
        for (const struct rule *section = names->store->top.first; section && !is_known; section = section->next)
            is_known = section->word == WORD_SECTION && has_element(names, section, at, length);
        if (!is_known)
            WRONG(names, at, "no field is called '%.*s'", (int)length, at);
        set_value_check(names, owner->parent, value, strlen(value));
        return;
    }
    const struct rule *amount = owner->parent->word == WORD_SECTION ? place_next(names, owner->parent, WORD_AMOUNT, NULL)
                                                                     : NULL;
    if (!amount || owner->word != WORD_MONEY) {
        WRONG(names, at, "'unless' belongs to a mark, or to money that is an amount");
        return;
    }
    bool is_known = false;
    for (const struct rule *money = NULL; !is_known && (money = place_next(names, owner->parent, WORD_MONEY, money));)
        is_known = strlen(money->name) == length && memcmp(money->name, at, length) == 0;
    if (!is_known)
        WRONG(names, at, "no money is called '%.*s'", (int)length, at);
    value_check(names, owner->parent, amount->pattern, strcspn(amount->pattern, " "), value, strlen(value));
}

static void scale_check(struct names *names)
{
    enum { ZEROS_MOST = 12 };
    const struct rule *rule = names->rule;
    const char *slash = strchr(rule->name, '/'), *factor = slash ? slash + 1 : "";
    size_t zeros = *factor == '1' ? strspn(factor + 1, "0") : 0;
    if (!slash || slash == rule->name || *factor != '1' || factor[1 + zeros] || zeros > ZEROS_MOST)
        WRONG(names, name_in(rule), "'scale' says UNIT/FACTOR, and the factor is 1, 10, 100 …; not '%s'", rule->name);
}

static void under_check(struct names *names)
{
    const struct rule *rule = names->rule, *group = rule->parent->parent;
    for (size_t i = 0; i < names->store->rules.count; i++) {
        const struct rule *term = names->store->rules.items[i];
        if (term->word == WORD_TERM && strcmp(term->name, rule->name) == 0 &&
            is_same_place(term->parent->parent, group->parent) && strcmp(term->parent->name, group->name) != 0)
            return;
    }
    WRONG(names, name_in(rule), "no level has the term '%s'", rule->name);
}

static void halves_check(struct names *names)
{
    const struct rule *rule = names->rule;
    const char *at = name_in(rule), *plus = strchr(rule->name, '+');
    if (!plus || plus == rule->name || !plus[1] || strchr(plus + 1, '+')) {
        WRONG(names, at, "'halves' names two, A+B, not '%s'", rule->name);
        return;
    }
    size_t length = (size_t)(plus - rule->name);
    set_value_check(names, rule->parent, at, length);
    set_value_check(names, rule->parent, at + length + 1, strlen(plus + 1));
}

static void section_check(struct names *names)
{
    if (is_among(frame, names->rule->name, strlen(names->rule->name)))
        WRONG(names, name_in(names->rule), "'%s' is no block; the output has it for something else", names->rule->name);
}

static void table_check(struct names *names)
{
    const struct rule *rule = names->rule;
    enum content content = content_of(rule->parent->name, rule->name, strlen(rule->name));
    bool is_text = false; /* its rows are a text each */
    for (const struct rule *column = rule->first; column; column = column->next)
        is_text |= rule_is_field(column) && strcmp(column->name, ".") == 0;
    if (content != ANY_CONTENT && content != ROW && !(is_text && content == TEXT))
        WRONG(names, name_in(rule), "the element '%s' of %s is %s, not the row of a table", rule->name,
              rule->parent->name, contents[content].name);
}

static void part_check(struct names *names)
{
    const char *name = names->rule->name;
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-")] || !(*name >= 'a' && *name <= 'z'))
        WRONG(names, name_in(names->rule), "'%s' is no name of a part: small letters, digits, points and hyphens", name);
}

static void beside_check(struct names *names)
{
    const struct rule *rule = names->rule, *place = rule->parent->parent;
    if (!has_element(names, place, rule->name, strlen(rule->name)))
        WRONG(names, name_in(rule), table_of(rule) ? "the table has no column '%s'" : "the section has no field '%s'",
              rule->name);
}

static void form_check(struct names *names)
{
    static const char *const closed[][2] = {
        {"sign", "ge le gt lt eq"}, {"mark", "checked unchecked"}, {"boolean", "true false"}};
    const struct rule *rule = names->rule;
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        if (strcmp(rule->parent->name, closed[i][0]) == 0 && !is_among(closed[i][1], rule->name, strlen(rule->name)))
            WRONG(names, name_in(rule), "no %s is called '%s'; there are: %s", closed[i][0], rule->name, closed[i][1]);
}

static void width_check(struct names *names)
{
    const struct rule *rule = names->rule;
    enum pattern_width width = pattern_width(rule->pattern);
    if (width == PATTERN_EMPTY)
        WRONG(names, pattern_in(rule), "the pattern matches the empty text, too");
    else if (width == PATTERN_BOUNDLESS && rule->word != WORD_MEANS && rule->word != WORD_FORM)
        WRONG(names, pattern_in(rule), "the pattern matches any text");
}

void grammar_names_check(struct grammar_store *store)
{
    static void (*const checks[WORDS])(struct names *) = {
        [WORD_DEFAULT] = default_check, [WORD_UNLESS] = unless_check,   [WORD_SCALE] = scale_check,
        [WORD_UNDER] = under_check,     [WORD_HALVES] = halves_check,   [WORD_SECTION] = section_check,
        [WORD_TABLE] = table_check,     [WORD_LIST] = table_check,      [WORD_PART] = part_check,
        [WORD_BESIDE] = beside_check,   [WORD_AFTER] = beside_check,    [WORD_FORM] = form_check,
    };
    struct names names = {.store = store};
    for (size_t i = 0; i < store->rules.count; i++) {
        const struct rule *rule = names.rule = store->rules.items[i];
        if (rule_is_field(rule))
            field_check(&names);
        else if (checks[rule->word])
            checks[rule->word](&names);
        else if (rule->word == WORD_TERM || rule->word == WORD_MARK)
            set_value_check(&names, rule->parent, name_in(rule), strlen(rule->name));
        else if (rule->word == WORD_SUM)
            content_check(&names, section_of(rule)->name, name_in(rule), strlen(rule->name), BIT(WORD_MONEY));
        bool is_pattern = rule->word != WORD_CHECK && rule->word != WORD_REQUIRE && rule->word != WORD_DEFAULT &&
                          rule->word != WORD_AMOUNT && rule->word != WORD_SCALE;
        if (rule->pattern && is_pattern)
            width_check(&names);
    }
}
