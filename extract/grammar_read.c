/* The language of grammars, and how its lines are read. */
#include "grammar_store.h"

#include <errno.h>
#include <string.h>

#include "base/report.h"
#include "read/source.h"

enum { RULES_MOST = 20000, RULE_DEPTH = 6 };

/* Where a word may stand. */
enum {
    AT_TOP = 1 << 0, IN_SECTION = 1 << 1, IN_TABLE = 1 << 2, IN_TITLE = 1 << 3, IN_VALUE = 1 << 4, IN_FIELD = 1 << 5,
    IN_GROUP = 1 << 6, IN_TERM = 1 << 7, IN_MARK = 1 << 8, IN_LIST = 1 << 9,
};

enum need { NONE, OPTIONAL, REQUIRED };

/* The whole language. */
static const struct word_entry {
    const char *name;
    unsigned stands;
    unsigned opens; /* what its indented lines stand in */
    enum need has_name, has_pattern;
} words[WORDS] = {
    [WORD_TITLE] = {"title", AT_TOP, IN_TITLE, REQUIRED, REQUIRED},
    [WORD_NOTICE] = {"notice", AT_TOP, 0, REQUIRED, REQUIRED},
    [WORD_SECTION] = {"section", AT_TOP, IN_SECTION, REQUIRED, OPTIONAL},
    [WORD_VALUE] = {"value", AT_TOP, IN_VALUE, REQUIRED, NONE},
    [WORD_TEXT] = {"text", IN_SECTION | IN_TABLE | IN_LIST, IN_FIELD, REQUIRED, OPTIONAL},
    [WORD_PROSE] = {"prose", IN_SECTION | IN_TABLE, IN_FIELD, REQUIRED, REQUIRED},
    [WORD_DATE] = {"date", IN_SECTION | IN_TABLE, IN_FIELD, REQUIRED, REQUIRED},
    [WORD_PERIOD] = {"period", IN_SECTION | IN_TABLE, IN_FIELD, REQUIRED, REQUIRED},
    [WORD_YEAR] = {"year", IN_SECTION | IN_TABLE, IN_FIELD, REQUIRED, OPTIONAL},
    [WORD_MONEY] = {"money", IN_SECTION | IN_TABLE | IN_LIST, IN_FIELD, REQUIRED, OPTIONAL},
    [WORD_UNIT] = {"unit", IN_SECTION | IN_TABLE, IN_FIELD, REQUIRED, REQUIRED},
    [WORD_BOOLEAN] = {"boolean", IN_SECTION | IN_TABLE, IN_FIELD, REQUIRED, REQUIRED},
    [WORD_CHOICE] = {"choice", IN_SECTION | IN_TABLE, IN_FIELD, REQUIRED, REQUIRED},
    [WORD_DEPARTMENT] = {"department", IN_SECTION | IN_TABLE, IN_FIELD, REQUIRED, REQUIRED},
    [WORD_PERSON] = {"person", IN_SECTION | IN_TABLE, IN_FIELD, REQUIRED, REQUIRED},
    [WORD_FIELD] = {"field", IN_SECTION | IN_TABLE, IN_FIELD, REQUIRED, REQUIRED},
    [WORD_GROUP] = {"group", IN_TABLE, IN_FIELD | IN_GROUP, REQUIRED, REQUIRED},
    [WORD_NAME] = {"name", IN_TABLE, IN_FIELD, REQUIRED, REQUIRED},
    [WORD_TARGET] = {"target", IN_TABLE, IN_FIELD, REQUIRED, REQUIRED},
    [WORD_QUANTITY] = {"quantity", IN_TABLE, IN_FIELD, REQUIRED, REQUIRED},
    [WORD_SIGN] = {"sign", IN_TABLE, IN_FIELD, REQUIRED, REQUIRED},
    [WORD_MEASURE] = {"measure", IN_TABLE, IN_FIELD, REQUIRED, REQUIRED},
    [WORD_AMOUNT] = {"amount", IN_SECTION, 0, REQUIRED, REQUIRED},
    [WORD_TABLE] = {"table", IN_SECTION, IN_TABLE, REQUIRED, NONE},
    [WORD_LIST] = {"list", IN_SECTION, IN_LIST, REQUIRED, NONE},
    [WORD_CHECK] = {"check", IN_SECTION | IN_TABLE, 0, NONE, REQUIRED},
    [WORD_REQUIRE] = {"require", IN_SECTION, 0, NONE, REQUIRED},
    [WORD_DEFAULT] = {"default", AT_TOP | IN_SECTION | IN_TABLE, 0, REQUIRED, REQUIRED},
    [WORD_PART] = {"part", IN_TITLE, 0, REQUIRED, REQUIRED},
    [WORD_FORM] = {"form", IN_VALUE, 0, REQUIRED, REQUIRED},
    [WORD_SCALE] = {"scale", IN_VALUE, 0, REQUIRED, REQUIRED},
    [WORD_KEY] = {"key", IN_FIELD, 0, NONE, NONE},
    [WORD_OPTIONAL] = {"optional", IN_FIELD, 0, NONE, NONE},
    [WORD_LIKELY] = {"likely", IN_FIELD, 0, NONE, NONE},
    [WORD_CLOSING] = {"closing", IN_FIELD, 0, NONE, NONE},
    [WORD_COMMON] = {"common", IN_FIELD, 0, NONE, NONE},
    [WORD_MEANS] = {"means", IN_FIELD, 0, NONE, REQUIRED},
    [WORD_BESIDE] = {"beside", IN_FIELD, 0, REQUIRED, NONE},
    [WORD_AFTER] = {"after", IN_FIELD, 0, REQUIRED, NONE},
    [WORD_IMPLIED] = {"implied", IN_FIELD, 0, NONE, NONE},
    [WORD_SETS] = {"sets", IN_GROUP | IN_TABLE, 0, REQUIRED, NONE},
    [WORD_TERM] = {"term", IN_GROUP, IN_TERM, REQUIRED, REQUIRED},
    [WORD_SUFFIX] = {"suffix", IN_GROUP, 0, NONE, REQUIRED},
    [WORD_UNDER] = {"under", IN_TERM, 0, REQUIRED, NONE},
    [WORD_TOTAL] = {"total", IN_TABLE | IN_LIST, 0, NONE, REQUIRED},
    [WORD_SUM] = {"sum", IN_FIELD, 0, REQUIRED, NONE},
    [WORD_HALVES] = {"halves", IN_TABLE, 0, REQUIRED, NONE},
    [WORD_MARK] = {"mark", IN_TABLE, IN_MARK, REQUIRED, REQUIRED},
    [WORD_UNLESS] = {"unless", IN_MARK | IN_FIELD, 0, REQUIRED, NONE},
};

const struct value_entry grammar_values[VALUES] = {
    [VALUE_BLANK] = {"blank", PATTERN_WHOLE},         [VALUE_HINT] = {"hint", PATTERN_WHOLE},
    [VALUE_ORDINAL] = {"ordinal", PATTERN_PREFIX},    [VALUE_MONEY] = {"money", PATTERN_WHOLE},
    [VALUE_UNIT] = {"unit", PATTERN_WHOLE},           [VALUE_SIGN] = {"sign", PATTERN_PREFIX},
    [VALUE_NUMBER] = {"number", PATTERN_PREFIX},      [VALUE_MEASURE] = {"measure", PATTERN_WHOLE},
    [VALUE_TIME] = {"time", PATTERN_WHOLE},           [VALUE_DATE] = {"date", PATTERN_WHOLE},
    [VALUE_PERIOD] = {"period", PATTERN_WHOLE},       [VALUE_YEAR] = {"year", PATTERN_SEARCH},
    [VALUE_BOOLEAN] = {"boolean", PATTERN_WHOLE},     [VALUE_MARK] = {"mark", PATTERN_PREFIX},
    [VALUE_DEPARTMENT] = {"department", PATTERN_WHOLE}, [VALUE_PERSON] = {"person", PATTERN_WHOLE},
    [VALUE_NUMBERING] = {"numbering", PATTERN_PREFIX}, [VALUE_PLACEHOLDER] = {"placeholder", PATTERN_SEARCH},
    [VALUE_UNFILLED] = {"unfilled", PATTERN_WHOLE},   [VALUE_COSTLY] = {"costly", PATTERN_SEARCH},
    [VALUE_DIRECTION] = {"direction", PATTERN_WHOLE}, [VALUE_UNSIGNED] = {"unsigned", PATTERN_WHOLE},
    [VALUE_HEADLINE] = {"headline", PATTERN_SEARCH},  [VALUE_NOTE] = {"note", PATTERN_PREFIX},
    [VALUE_ITEM] = {"item", PATTERN_WHOLE},           [VALUE_LABEL] = {"label", PATTERN_WHOLE},
    [VALUE_RATE] = {"rate", PATTERN_WHOLE},           [VALUE_DURATION] = {"duration", PATTERN_WHOLE},
    [VALUE_VAGUE] = {"vague", PATTERN_SEARCH},
    [VALUE_SHARE] = {"share", PATTERN_SEARCH},
    [VALUE_SIGNED] = {"signed", PATTERN_SEARCH},
    [VALUE_MEASURED] = {"measured", PATTERN_SEARCH},
    [VALUE_CAPTION] = {"caption", PATTERN_WHOLE},     [VALUE_MONEY_YEAR] = {"money-year", PATTERN_WHOLE},
    [VALUE_WITHIN] = {"within", PATTERN_SEARCH},
    [VALUE_CAUSE] = {"cause", PATTERN_SEARCH},        [VALUE_REASON] = {"reason", PATTERN_SEARCH},
    [VALUE_CITED] = {"cited", PATTERN_SEARCH},        [VALUE_CONTINUING] = {"continuing", PATTERN_SEARCH},
    [VALUE_FRESH] = {"fresh", PATTERN_SEARCH},        [VALUE_ONCE] = {"once", PATTERN_SEARCH},
    [VALUE_SYNONYM] = {"synonym", PATTERN_WHOLE},     [VALUE_DUE] = {"due", PATTERN_SEARCH},
    [VALUE_MAGNITUDE] = {"magnitude", PATTERN_WHOLE}, [VALUE_TOWARD] = {"toward", PATTERN_SEARCH},
    [VALUE_BURDEN] = {"burden", PATTERN_SEARCH},      [VALUE_GAIN] = {"gain", PATTERN_SEARCH},
    [VALUE_FILLER] = {"filler", PATTERN_SEARCH},      [VALUE_TELLING] = {"telling", PATTERN_SEARCH},
    [VALUE_DEADLINE] = {"deadline", PATTERN_WHOLE},   [VALUE_NATURE] = {"nature", PATTERN_SEARCH},
    [VALUE_WHOLE_COST] = {"whole-cost", PATTERN_SEARCH},
    [VALUE_UNIT_COST] = {"unit-cost", PATTERN_SEARCH},
    [VALUE_EACH] = {"each", PATTERN_PREFIX},          [VALUE_EVENLY] = {"evenly", PATTERN_PREFIX},
    [VALUE_FURTHER] = {"further", PATTERN_PREFIX},
    [VALUE_COSTING] = {"costing", PATTERN_PREFIX},    [VALUE_COUNTING] = {"counting", PATTERN_PREFIX},
    [VALUE_TEMPLATE] = {"template", PATTERN_WHOLE},   [VALUE_MASK] = {"mask", PATTERN_SEARCH},
    [VALUE_WISH] = {"wish", PATTERN_WHOLE},           [VALUE_HARM] = {"harm", PATTERN_PREFIX},
    [VALUE_REMEDY] = {"remedy", PATTERN_SEARCH},      [VALUE_SAVING] = {"saving", PATTERN_SEARCH},
    [VALUE_BOUNDED] = {"bounded", PATTERN_SEARCH},
    [VALUE_GROWTH] = {"growth", PATTERN_SEARCH},      [VALUE_RATED] = {"rated", PATTERN_SEARCH},
    [VALUE_TALLY] = {"tally", PATTERN_PREFIX},
    [VALUE_PLEASED] = {"pleased", PATTERN_SEARCH},    [VALUE_UNITLESS] = {"unitless", PATTERN_SEARCH},
    [VALUE_COUNTED] = {"counted", PATTERN_PREFIX},    [VALUE_POINTS] = {"points", PATTERN_WHOLE},
    [VALUE_ATTACHED] = {"attached", PATTERN_WHOLE},
};

const char *const word_names[WORDS] = {
    "title",    "notice", "section", "value",    "text",   "prose",      "date",    "period",
    "year",     "money",  "unit",    "boolean",  "choice", "department", "person",  "field",
    "group",    "name",   "target",  "quantity", "sign",   "measure",    "amount",  "table",
    "list",     "check",  "require", "default",  "part",   "form",       "scale",   "key",
    "optional", "likely", "closing", "common",   "means",  "beside",     "after",   "implied",
    "sets",     "term",   "suffix",  "under",    "total",  "sum",        "halves",  "mark",
    "unless",
};

struct reading {
    struct grammar_store *store;
    const char *path;
    const char *line; /* the line at hand, for carets */
    size_t line_length;
    unsigned line_number;
};

static void wrong(struct reading *reading, size_t offset, const char *format, const char *about)
{
    unsigned column = 1;
    for (size_t i = 0; i < offset && i < reading->line_length; i++)
        column += ((unsigned char)reading->line[i] & 0xc0) != 0x80;
    struct place place = {reading->path, reading->line_number, column, reading->line, reading->line_length};
    report(REPORT_ERROR, place, format, about);
    reading->store->is_wrong = true;
}

static bool value_is_known(const char *name)
{
    for (enum value_name v = 0; v < VALUES; v++)
        if (strcmp(grammar_values[v].name, name) == 0)
            return true;
    return false;
}

static enum word word_named(const char *text, size_t length)
{
    for (enum word w = 0; w < WORDS; w++)
        if (strlen(words[w].name) == length && memcmp(words[w].name, text, length) == 0)
            return w;
    return WORDS;
}

static unsigned distance(const char *a, size_t la, const char *b, size_t lb)
{
    unsigned row[32];
    if (lb >= 31)
        return 99;
    for (size_t j = 0; j <= lb; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++) {
        unsigned corner = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= lb; j++) {
            unsigned change = corner + (a[i - 1] != b[j - 1]);
            corner = row[j];
            unsigned least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            row[j] = change < least ? change : least;
        }
    }
    return row[lb];
}

static const char *word_nearest(const char *text, size_t length)
{
    const char *best = NULL;
    unsigned least = 3;
    for (enum word w = 0; w < WORDS; w++) {
        unsigned d = distance(text, length, words[w].name, strlen(words[w].name));
        if (d < least) {
            least = d;
            best = words[w].name;
        }
    }
    return best;
}

static size_t skip_blanks(const char *line, size_t at, size_t end)
{
    while (at < end && (line[at] == ' ' || line[at] == '\t'))
        at++;
    return at;
}

static size_t skip_token(const char *line, size_t at, size_t end)
{
    while (at < end && line[at] != ' ' && line[at] != '\t')
        at++;
    return at;
}

/* What may stand under `rule`. */
static unsigned opens(const struct rule *rule) { return rule->parent ? words[rule->word].opens : AT_TOP; }

static struct rule *rule_add(struct grammar_store *store, struct rule *parent, enum word word)
{
    struct rule *rule = arena_new(&store->arena, struct rule);
    rule->word = word;
    rule->parent = parent;
    rule->name = "";
    if (parent->last)
        parent->last->next = rule;
    else
        parent->first = rule;
    parent->last = rule;
    parent->holds |= (uint64_t)1 << word;
    *array_push(&store->rules) = rule;
    rule->id = (unsigned)store->rules.count; /* [0] stays free */
    return rule;
}

/* Names become elements and attributes; a money's name says scope.source.stage and
 * may leave any of them open. */
static bool name_is_right(enum word word, const char *name)
{
    if (word == WORD_TITLE)
        return strcmp(name, "declaration") == 0 || strcmp(name, "evaluation") == 0;
    if (word == WORD_VALUE || word == WORD_FORM || word == WORD_SCALE || word == WORD_UNLESS || word == WORD_HALVES)
        return true;
    const char *p = name;
    if (strcmp(p, ".") == 0 || strcmp(p, "-") == 0)
        return true;
    while (word == WORD_MONEY && *p == '.')
        p++;
    p += *p == '@';
    bool is_start = true;
    for (; *p; p++) {
        bool is_inside = is_name_start(*p) || (!is_start && ((*p >= '0' && *p <= '9') || *p == '-' || *p == '.'));
        if (!is_inside && (*p != '+' || is_start))
            return false;
        is_start = *p == '+';
    }
    return !is_start;
}

static bool pattern_is_right(struct reading *reading, size_t at, const char *pattern)
{
    const char *verb = strstr(pattern, "(*"), *quote = strstr(pattern, "\\Q");
    if (verb || quote) {
        wrong(reading, at + (size_t)((verb ? verb : quote) - pattern),
              "no verbs (*…) and no \\Q in patterns%s; they reach beyond their line", "");
        return false;
    }
    const char *blank = strstr(pattern, "\u3000");
    if (blank) {
        wrong(reading, at + (size_t)(blank - pattern),
              "a wide blank (U+3000) in a pattern%s; labels are matched without blanks, delete it", "");
        return false;
    }
    struct pattern_error error;
    if (!pattern_check(pattern, &error)) {
        wrong(reading, at + error.offset, "%s", error.message);
        return false;
    }
    return true;
}

/* One line of a grammar; `open` are the rules it may belong to, by indentation. */
static void line_read(struct reading *reading, struct rule *open[], size_t indents[], size_t *depth)
{
    struct grammar_store *store = reading->store;
    const char *line = reading->line;
    size_t end = reading->line_length;
    while (end && (line[end - 1] == ' ' || line[end - 1] == '\t' || line[end - 1] == '\r'))
        end--;
    size_t at = skip_blanks(line, 0, end);
    if (at == end || line[at] == '#')
        return;
    for (size_t i = 0; i < at; i++)
        if (line[i] == '\t') {
            wrong(reading, i, "a tab in the indentation%s; use spaces", "");
            return;
        }
    while (*depth > 0 && indents[*depth] >= at)
        --*depth;
    struct rule *parent = open[*depth];
    size_t word_at = at, word_to = skip_token(line, at, end);
    enum word word = word_named(line + word_at, word_to - word_at);
    char *shown = arena_copy(&store->arena, line + word_at, word_to - word_at);
    if (word == WORDS) {
        const char *nearest = word_nearest(line + word_at, word_to - word_at);
        wrong(reading, word_at,
              nearest ? arena_printf(&store->arena, "unknown word '%%s'; did you mean '%s'?", nearest)
                      : "unknown word '%s'",
              shown);
        return;
    }
    if (!(words[word].stands & opens(parent))) {
        wrong(reading, word_at,
              parent->parent ? arena_printf(&store->arena, "'%%s' cannot stand under '%s'", words[parent->word].name)
                             : "'%s' cannot stand at the margin; indent it under what it belongs to",
              shown);
        return;
    }
    if (store->rules.count >= RULES_MOST) {
        wrong(reading, word_at, "too many rules%s", "");
        return;
    }
    struct rule *rule = rule_add(store, parent, word);
    rule->path = reading->path;
    rule->line = reading->line_number;
    rule->text = arena_copy(&store->arena, line, end);
    at = skip_blanks(line, word_to, end);
    if (words[word].has_name != NONE) {
        size_t name_to = skip_token(line, at, end);
        if (name_to == at) {
            wrong(reading, end, "'%s' needs a name", shown);
            return;
        }
        rule->name = arena_copy(&store->arena, line + at, name_to - at);
        if (!name_is_right(word, rule->name)) {
            wrong(reading, at,
                  word == WORD_TITLE ? "a title is of a declaration or an evaluation, not '%s'"
                                     : "'%s' is no name of an element",
                  rule->name);
            return;
        }
        if (word == WORD_VALUE && !value_is_known(rule->name)) {
            wrong(reading, at, "no value is called '%s'", rule->name);
            return;
        }
        at = skip_blanks(line, name_to, end);
    }
    rule->column = 1;
    for (size_t i = 0; i < at; i++)
        rule->column += ((unsigned char)line[i] & 0xc0) != 0x80;
    if (at < end) {
        if (words[word].has_pattern == NONE) {
            wrong(reading, at, "'%s' takes nothing more", shown);
            return;
        }
        rule->pattern = arena_copy(&store->arena, line + at, end - at);
        if (word != WORD_CHECK && word != WORD_REQUIRE && word != WORD_DEFAULT && word != WORD_AMOUNT &&
            !pattern_is_right(reading, at, rule->pattern))
            return;
    } else if (words[word].has_pattern == REQUIRED) {
        wrong(reading, end, "'%s' needs a pattern", shown);
        return;
    }
    const char *plus = strchr(rule->name, '+');
    rule->element = plus ? arena_copy(&store->arena, rule->name, (size_t)(plus - rule->name)) : rule->name;
    rule->second = plus ? plus + 1 : NULL;
    if (*depth + 1 < RULE_DEPTH) {
        ++*depth;
        open[*depth] = rule;
        indents[*depth] = word_at;
    }
}

void grammar_read(struct grammar_store *store, const char *path)
{
    struct source source;
    enum source_trouble trouble = source_read(&source, path, ENCODING_UTF8);
    if (trouble != SOURCE_FINE) {
        report(REPORT_ERROR, (struct place){.path = path}, "cannot read this grammar: %s",
               trouble == SOURCE_UNREADABLE  ? strerror(errno)
               : trouble == SOURCE_DIRECTORY ? "it is a folder"
                                             : "it is no text");
        store->is_wrong = true;
        return;
    }
    struct reading reading = {.store = store, .path = arena_copy(&store->arena, path, strlen(path))};
    struct rule *open[RULE_DEPTH + 1] = {&store->top};
    size_t indents[RULE_DEPTH + 1] = {0}, depth = 0;
    if (source.invalid_count) {
        unsigned line, column;
        source_place(&source, source.invalid[0].from, &line, &column);
        report(REPORT_ERROR, (struct place){reading.path, line, column, NULL, 0}, "this is not UTF-8");
        store->is_wrong = true;
    }
    for (const char *at = source.text, *end = source.text + source.length; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop)
            stop = end;
        reading.line = at;
        reading.line_length = (size_t)(stop - at);
        reading.line_number++;
        line_read(&reading, open, indents, &depth);
        at = stop + 1;
    }
    source_release(&source);
}
