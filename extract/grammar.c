#include "grammar.h"

#include <dirent.h>
#include <errno.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/buffer.h"
#include "base/report.h"
#include "pattern.h"
#include "read/source.h"
#include "text.h"

enum { RULES_MOST = 20000, MEANINGS_MOST = 16000, LEXICON_SLOTS = 4096, LEXICON_KEYS = 64 * 1024, LEXICON_KEY = 96, RULE_DEPTH = 6 };

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

static const struct value_entry {
    const char *name;
    enum pattern_reach reach;
} values[VALUES] = {
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
    [VALUE_CAPTION] = {"caption", PATTERN_WHOLE},
    [VALUE_WITHIN] = {"within", PATTERN_SEARCH},
    [VALUE_CAUSE] = {"cause", PATTERN_SEARCH},        [VALUE_REASON] = {"reason", PATTERN_SEARCH},
    [VALUE_CITED] = {"cited", PATTERN_SEARCH},        [VALUE_CONTINUING] = {"continuing", PATTERN_SEARCH},
    [VALUE_FRESH] = {"fresh", PATTERN_SEARCH},        [VALUE_ONCE] = {"once", PATTERN_SEARCH},
    [VALUE_SYNONYM] = {"synonym", PATTERN_WHOLE},     [VALUE_DUE] = {"due", PATTERN_SEARCH},
    [VALUE_NATURE] = {"nature", PATTERN_SEARCH},
    [VALUE_WHOLE_COST] = {"whole-cost", PATTERN_SEARCH},
    [VALUE_UNIT_COST] = {"unit-cost", PATTERN_SEARCH},
    [VALUE_TEMPLATE] = {"template", PATTERN_WHOLE},   [VALUE_MASK] = {"mask", PATTERN_SEARCH},
    [VALUE_WISH] = {"wish", PATTERN_WHOLE},           [VALUE_HARM] = {"harm", PATTERN_PREFIX},
    [VALUE_REMEDY] = {"remedy", PATTERN_SEARCH},      [VALUE_SAVING] = {"saving", PATTERN_SEARCH},
    [VALUE_GROWTH] = {"growth", PATTERN_SEARCH},      [VALUE_RATED] = {"rated", PATTERN_SEARCH},
    [VALUE_PLEASED] = {"pleased", PATTERN_SEARCH},    [VALUE_UNITLESS] = {"unitless", PATTERN_SEARCH},
    [VALUE_COUNTED] = {"counted", PATTERN_PREFIX},    [VALUE_POINTS] = {"points", PATTERN_WHOLE},
    [VALUE_ATTACHED] = {"attached", PATTERN_WHOLE},
};

const char *const word_names[WORDS] = {
    "title", "notice", "section", "value", "text", "prose", "date", "period", "year", "money", "unit", "boolean", "choice",
    "department", "person", "field", "group", "name", "target", "quantity", "sign", "measure", "amount", "table", "list", "check", "require",
    "default", "part", "form", "scale", "key", "optional", "likely", "closing", "means", "beside", "after", "implied", "sets", "term", "suffix",
    "under", "total", "sum", "halves", "mark", "unless",
};

struct grammar_store {
    struct arena arena;
    struct { struct rule **items; size_t count, room; } rules;
    struct rule top;
    char fingerprint[65];
    bool is_wrong;
};

struct lexicon_slot {
    uint32_t hash, key; /* where the key lies */
    uint16_t meaning;
    uint8_t length;     /* 0: free */
};
struct lexicon {
    size_t used, keys_used;
    struct lexicon_slot slots[LEXICON_SLOTS];
    char keys[LEXICON_KEYS];
};

struct scale {
    const char *unit;
    size_t length;
    unsigned zeros;
    const struct rule *rule;
};

/* ---- reading a file ---- */

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
        if (strcmp(values[v].name, name) == 0)
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

static bool is_name_start(char c) { return (c | 0x20) >= 'a' ? (c | 0x20) <= 'z' : c == '_'; }

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
        wrong(reading, at + (size_t)((verb ? verb : quote) - pattern), "no verbs (*…) and no \\Q in patterns%s; they reach beyond their line", "");
        return false;
    }
    const char *blank = strstr(pattern, "\u3000");
    if (blank) {
        wrong(reading, at + (size_t)(blank - pattern), "a wide blank (U+3000) in a pattern%s; labels are matched without blanks, delete it", "");
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
              nearest ? arena_printf(&store->arena, "unknown word '%%s'; did you mean '%s'?", nearest) : "unknown word '%s'", shown);
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
    at = skip_blanks(line, word_to, end);
    if (words[word].has_name != NONE) {
        size_t name_to = skip_token(line, at, end);
        if (name_to == at) {
            wrong(reading, end, "'%s' needs a name", shown);
            return;
        }
        rule->name = arena_copy(&store->arena, line + at, name_to - at);
        if (!name_is_right(word, rule->name)) {
            wrong(reading, at, word == WORD_TITLE ? "a title is of a declaration or an evaluation, not '%s'" : "'%s' is no name of an element",
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
        if (word == WORD_CHECK || word == WORD_REQUIRE)
            rule->text = arena_copy(&store->arena, line, end);
        else if (word != WORD_DEFAULT && word != WORD_AMOUNT && !pattern_is_right(reading, at, rule->pattern))
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

static void file_read(struct grammar_store *store, const char *path)
{
    struct source source;
    enum source_trouble trouble = source_read(&source, path, ENCODING_UTF8);
    if (trouble != SOURCE_FINE) {
        report(REPORT_ERROR, (struct place){.path = path}, "cannot read this grammar: %s",
               trouble == SOURCE_UNREADABLE ? strerror(errno) : trouble == SOURCE_DIRECTORY ? "it is a folder" : "it is no text");
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

/* ---- which files ---- */

struct file {
    char *path, *name;
};

static int file_compare(const void *a, const void *b)
{
    return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

struct files {
    struct file *items;
    size_t count, room;
};

static void files_add(struct files *files, struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct file file = {arena_copy(arena, path, strlen(path)), NULL};
    file.name = slash ? file.path + (slash + 1 - path) : file.path;
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i].name, file.name) == 0) {
            files->items[i] = file;
            return;
        }
    *array_push(files) = file;
}

static bool files_of(struct files *files, struct arena *arena, const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        report(REPORT_ERROR, (struct place){.path = path}, "cannot read this grammar: %s", strerror(errno));
        return false;
    }
    if (!S_ISDIR(status.st_mode)) {
        files_add(files, arena, path);
        return true;
    }
    DIR *folder = opendir(path);
    if (!folder) {
        report(REPORT_ERROR, (struct place){.path = path}, "cannot read this folder: %s", strerror(errno));
        return false;
    }
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        size_t length = strlen(entry->d_name);
        if (entry->d_name[0] != '.' && length > 8 && strcmp(entry->d_name + length - 8, ".grammar") == 0) {
            files_add(files, arena, arena_printf(arena, "%s/%s", path, entry->d_name));
            count++;
        }
    }
    closedir(folder);
    if (!count)
        report(REPORT_ERROR, (struct place){.path = path}, "no *.grammar file in this folder");
    return count > 0;
}

/* ---- from rules to tables ---- */

struct alternatives {
    struct alternative *items;
    size_t count, room;
};

static void alternatives_add(struct alternatives *list, const char *text, unsigned id)
{
    if (text)
        *array_push(list) = (struct alternative){text, id};
}

static struct pattern *alternatives_build(struct alternatives *list, enum pattern_reach reach, struct alternatives *any)
{
    struct pattern *pattern = pattern_build(list->items, list->count, reach);
    for (size_t i = 0; any && i < list->count; i++)
        *array_push(any) = list->items[i];
    array_release(list);
    return pattern;
}

bool rule_is_field(const struct rule *rule) { return rule->word >= WORD_TEXT && rule->word <= WORD_MEASURE; }

_Static_assert(WORDS <= 64, "rule.holds has a bit for each word");

const struct rule *rule_child_find(const struct rule *rule, enum word word)
{
    for (const struct rule *child = rule->first; child; child = child->next)
        if (child->word == word)
            return child;
    return NULL;
}

static void index_wrong(struct grammar_store *store, const struct rule *rule, const char *what)
{
    report(REPORT_ERROR, (struct place){rule->path, rule->line, 1, NULL, 0}, "%s", what);
    store->is_wrong = true;
}

static void children_move(struct rule *from, struct rule *to)
{
    for (struct rule *child = from->first, *next; child; child = next) {
        next = child->next;
        child->next = NULL;
        child->parent = to;
        if (to->last)
            to->last->next = child;
        else
            to->first = child;
        to->last = child;
    }
    to->holds |= from->holds;
    from->first = from->last = NULL;
}

/* A field named again, in this file or another, is the same field: it adds its
 * pattern, and what stands under it holds for both. */
static void fields_merge(struct rule *top)
{
    for (struct rule *section = top->first; section; section = section->next)
        for (struct rule *field = section->word == WORD_SECTION ? section->first : NULL; field; field = field->next) {
            if (!rule_is_field(field) || field->name[0] == '-' || field->name[0] == '.')
                continue;
            for (struct rule *before = top->first; before != section->next && !field->same; before = before->next)
                for (struct rule *other = before->word == WORD_SECTION && before->index == section->index ? before->first : NULL;
                     other && other != field; other = other->next)
                    if (other->word == field->word && strcmp(other->name, field->name) == 0 && !other->same) {
                        field->same = other;
                        children_move(field, other);
                        break;
                    }
        }
}

/* A column named again, in this file or another, is the same column: it adds its
 * pattern and what stands under it. */
static void columns_merge(struct rule *table)
{
    for (struct rule *first = table->first; first; first = first->next) {
        if (!rule_is_field(first))
            continue;
        for (struct rule *before = first, *again; (again = before->next);) {
            if (again->word != first->word || strcmp(again->name, first->name) != 0 || again->name[0] == '-') {
                before = again;
                continue;
            }
            before->next = again->next;
            if (table->last == again)
                table->last = before;
            children_move(again, first);
            again->alias = first->alias;
            first->alias = again;
        }
    }
}

/* What holds for all of a section is asked of the first of its name, which a file of a
 * user may be. */
static void shapes_move(struct rule *from, struct rule *to)
{
    struct rule *child = from->first;
    from->first = from->last = NULL;
    for (struct rule *next; child; child = next) {
        next = child->next;
        struct rule *parent = child->word == WORD_AMOUNT || child->word == WORD_DEFAULT ? to : from;
        child->next = NULL;
        child->parent = parent;
        if (parent->last)
            parent->last->next = child;
        else
            parent->first = child;
        parent->last = child;
        parent->holds |= (uint64_t)1 << child->word;
    }
}

/* Sections of one name are one: a later file adds to what an earlier one says. */
static void sections_index(struct grammar *grammar, struct grammar_store *store)
{
    for (struct rule *rule = store->top.first; rule; rule = rule->next) {
        if (rule->word != WORD_SECTION)
            continue;
        size_t i = 0;
        while (i < grammar->section_count && strcmp(grammar->sections[i]->name, rule->name) != 0)
            i++;
        if (i == grammar->section_count) {
            if (i == SECTIONS_MOST) {
                index_wrong(store, rule, "too many sections");
                return;
            }
            grammar->sections[grammar->section_count++] = rule;
        }
        rule->index = (unsigned)i;
        if (grammar->sections[i] != rule)
            shapes_move(rule, grammar->sections[i]);
        for (struct rule *child = rule->first; child; child = child->next) {
            if (child->word != WORD_TABLE && child->word != WORD_LIST)
                continue;
            size_t t = 0;
            while (t < grammar->table_count && (strcmp(grammar->tables[t]->name, child->name) != 0 || grammar->tables[t]->word != child->word))
                t++;
            if (t == grammar->table_count) {
                if (t == TABLES_MOST) {
                    index_wrong(store, child, "too many tables");
                    return;
                }
                grammar->tables[grammar->table_count++] = child;
            } else if (grammar->tables[t] != child) {
                /* the table is continued in another file: its columns join the first */
                struct rule *first = grammar->tables[t];
                children_move(child, first);
            }
            child->index = (unsigned)t;
        }
    }
    fields_merge(&store->top);
    for (size_t t = 0; t < grammar->table_count; t++)
        columns_merge(grammar->tables[t]);
    for (size_t t = 0; t < grammar->table_count; t++)
        for (struct rule *column = grammar->tables[t]->first; column; column = column->next)
            if (column->word == WORD_GROUP) {
                size_t g = 0;
                while (g < grammar->group_count && strcmp(grammar->groups[g]->name, column->name) != 0)
                    g++;
                if (g == GROUPS_MOST) {
                    index_wrong(store, column, "too many groups");
                    return;
                }
                if (g == grammar->group_count)
                    grammar->groups[grammar->group_count++] = column;
                column->index = (unsigned)g;
            }
}

static void patterns_build(struct grammar *grammar, struct grammar_store *store)
{
    struct alternatives any = {0}, list = {0};
    for (struct rule *rule = store->top.first; rule; rule = rule->next)
        if (rule->word == WORD_TITLE)
            alternatives_add(&list, rule->pattern, rule->id);
    grammar->titles = alternatives_build(&list, PATTERN_WHOLE, &any);
    for (struct rule *rule = store->top.first; rule; rule = rule->next)
        if (rule->word == WORD_NOTICE)
            alternatives_add(&list, rule->pattern, rule->id);
    grammar->notices = alternatives_build(&list, PATTERN_WHOLE, &any);
    for (struct rule *rule = store->top.first; rule; rule = rule->next)
        if (rule->word == WORD_SECTION)
            alternatives_add(&list, rule->pattern, rule->id);
    grammar->headings = alternatives_build(&list, PATTERN_WHOLE, &any);
    for (size_t s = 0; s < grammar->section_count; s++) {
        for (struct rule *rule = store->top.first; rule; rule = rule->next)
            if (rule->word == WORD_SECTION && rule->index == s)
                for (struct rule *field = rule->first; field; field = field->next)
                    if (rule_is_field(field))
                        alternatives_add(&list, field->pattern, field->same ? field->same->id : field->id);
        grammar->fields[s] = alternatives_build(&list, PATTERN_WHOLE, &any);
    }
    for (size_t t = 0; t < grammar->table_count; t++) {
        for (struct rule *column = grammar->tables[t]->first; column; column = column->next)
            for (const struct rule *alias = rule_is_field(column) ? column : NULL; alias; alias = alias->alias)
                alternatives_add(&list, alias->pattern, column->id);
        grammar->columns[t] = alternatives_build(&list, PATTERN_WHOLE, &any);
    }
    for (size_t t = 0; t < grammar->table_count; t++)
        for (struct rule *total = grammar->tables[t]->first; total; total = total->next)
            if (total->word == WORD_TOTAL)
                alternatives_add(&list, total->pattern, total->id);
    grammar->totals = alternatives_build(&list, PATTERN_WHOLE, &any);
    for (size_t g = 0; g < grammar->group_count; g++) {
        const char *suffix = NULL;
        for (const struct rule *rule = grammar->groups[g]->first; rule; rule = rule->next)
            if (rule->word == WORD_SUFFIX)
                suffix = suffix ? arena_printf(&store->arena, "%s\n|%s", suffix, rule->pattern) : rule->pattern;
        for (struct rule *term = grammar->groups[g]->first; term; term = term->next)
            if (term->word == WORD_TERM)
                alternatives_add(&list,
                                 suffix ? arena_printf(&store->arena, "(?:%s\n)(?:%s\n)?", term->pattern, suffix) : term->pattern,
                                 term->id);
        grammar->terms[g] = alternatives_build(&list, PATTERN_WHOLE, &any);
    }
    grammar->any = alternatives_build(&any, PATTERN_WHOLE, NULL);
    for (size_t i = 0; i < store->rules.count; i++) {
        struct rule *rule = store->rules.items[i];
        if (rule->word == WORD_MEANS || rule->word == WORD_PART || rule->word == WORD_MARK || rule->word == WORD_SUFFIX) {
            alternatives_add(&list, rule->word == WORD_SUFFIX ? arena_printf(&store->arena, "(?:%s\n)$", rule->pattern) : rule->pattern,
                             rule->id);
            rule->own = alternatives_build(&list, rule->word == WORD_MEANS ? PATTERN_WHOLE : PATTERN_SEARCH, NULL);
        }
    }
    for (enum value_name v = 0; v < VALUES; v++) {
        for (struct rule *rule = store->top.first; rule; rule = rule->next)
            if (rule->word == WORD_VALUE && strcmp(rule->name, values[v].name) == 0)
                for (struct rule *form = rule->first; form; form = form->next)
                    alternatives_add(&list, form->pattern, form->id);
        if (list.count == 0) {
            report(REPORT_ERROR, (struct place){0}, "no grammar says what 'value %s' is", values[v].name);
            store->is_wrong = true;
        }
        grammar->values[v] = alternatives_build(&list, values[v].reach, NULL);
    }
}

static const char *label_of(struct arena *arena, const struct rule *rule)
{
    const struct rule *up = rule->parent;
    if (!up->parent)
        return rule->name;
    if (up->parent->parent)
        return arena_printf(arena, "%s/%s/%s", up->parent->name, up->name, rule->name);
    return arena_printf(arena, "%s/%s", up->name, rule->name);
}

/* scale 万元/10000  万元 | 万: each unit, in the order of the files. */
static void scales_index(struct grammar *grammar, struct grammar_store *store)
{
    struct { struct scale *items; size_t count, room; } scales = {0};
    for (size_t i = 0; i < store->rules.count; i++) {
        const struct rule *rule = store->rules.items[i];
        if (rule->word != WORD_SCALE)
            continue;
        const char *slash = strchr(rule->name, '/');
        unsigned zeros = slash && slash[1] ? (unsigned)strlen(slash + 2) : 0;
        for (const char *p = rule->pattern; *(p += strspn(p, " |"));) {
            size_t length = strcspn(p, " |");
            *array_push(&scales) = (struct scale){p, length, zeros, rule};
            p += length;
        }
    }
    grammar->scales = scales.items;
    grammar->scale_count = scales.count;
}

/* ---- what the lines check and require say ---- */

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
        if ((rule_is_field(field) && (strcmp(field->element, name) == 0 || (field->second && strcmp(field->second, name) == 0))) ||
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
        if (section->word == WORD_SECTION && section->index == relation->section->index && element_is_known(section, operand->name))
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
        return relation_wrong(relating, from - 1, "only parts of a sum and what is required can stand in brackets%s", "");
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
        relation->kind = RELATION_REQUIRE;
        while (operand_read(relating)) {
            if (!*relating->at)
                return true;
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

static void relations_build(struct grammar *grammar, struct grammar_store *store)
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

static void fingerprint(struct grammar_store *store)
{
    struct sha256_ctx hash;
    sha256_init(&hash);
    for (size_t i = 0; i < store->rules.count; i++) {
        const struct rule *rule = store->rules.items[i];
        unsigned char head[2] = {(unsigned char)rule->word, (unsigned char)(rule->parent->id & 0xff)};
        sha256_update(&hash, sizeof head, head);
        sha256_update(&hash, strlen(rule->name) + 1, (const uint8_t *)rule->name);
        if (rule->pattern)
            sha256_update(&hash, strlen(rule->pattern) + 1, (const uint8_t *)rule->pattern);
    }
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(&hash, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(store->fingerprint + 2 * i, 3, "%02x", digest[i]);
}

const char *grammar_fingerprint(const struct grammar *grammar) { return grammar->store->fingerprint; }

struct grammar *grammar_load(const char *const *paths, size_t count)
{
    struct grammar *grammar = memory_resize(NULL, sizeof *grammar);
    *grammar = (struct grammar){0};
    struct grammar_store *store = memory_resize(NULL, sizeof *store);
    *store = (struct grammar_store){0};
    grammar->store = store;
    struct files files = {0};
    for (size_t i = 0; i < count; i++)
        if (!files_of(&files, &store->arena, paths[i]))
            store->is_wrong = true;
    if (files.count)
        qsort(files.items, files.count, sizeof *files.items, file_compare);
    for (size_t i = 0; i < files.count; i++)
        file_read(store, files.items[i].path);
    array_release(&files);
    if (!store->is_wrong) {
        sections_index(grammar, store);
        patterns_build(grammar, store);
        scales_index(grammar, store);
        relations_build(grammar, store);
        for (size_t i = 0; i < store->rules.count; i++)
            store->rules.items[i]->label = label_of(&store->arena, store->rules.items[i]);
        fingerprint(store);
    }
    grammar->count = store->rules.count;
    grammar->rules = memory_resize(NULL, (store->rules.count + 1) * sizeof *grammar->rules);
    grammar->rules[0] = NULL;
    if (store->rules.count)
        memcpy(grammar->rules + 1, store->rules.items, store->rules.count * sizeof *grammar->rules);
    grammar->meaning_room = 256;
    grammar->meanings = memory_resize(NULL, grammar->meaning_room * sizeof *grammar->meanings);
    grammar->meanings[0] = (struct meaning){0};
    grammar->meaning_count = 1;
    grammar->lexicon = calloc(1, sizeof *grammar->lexicon);
    if (!grammar->lexicon)
        memory_exhausted();
    if (store->is_wrong) {
        grammar_release(grammar);
        return NULL;
    }
    return grammar;
}

void grammar_release(struct grammar *grammar)
{
    if (!grammar)
        return;
    pattern_release(grammar->any);
    pattern_release(grammar->titles);
    pattern_release(grammar->notices);
    pattern_release(grammar->headings);
    pattern_release(grammar->totals);
    for (size_t i = 0; i < SECTIONS_MOST; i++)
        pattern_release(grammar->fields[i]);
    for (size_t i = 0; i < TABLES_MOST; i++)
        pattern_release(grammar->columns[i]);
    for (size_t i = 0; i < GROUPS_MOST; i++)
        pattern_release(grammar->terms[i]);
    for (size_t i = 0; i < VALUES; i++)
        pattern_release(grammar->values[i]);
    for (size_t i = 0; i < grammar->store->rules.count; i++)
        pattern_release(grammar->store->rules.items[i]->own);
    array_release(&grammar->store->rules);
    arena_release(&grammar->store->arena);
    free(grammar->store);
    free(grammar->rules);
    free(grammar->meanings);
    free(grammar->lexicon);
    free(grammar->scales);
    free(grammar->relations);
    free(grammar->tallies);
    free(grammar);
}

void grammar_list(const struct grammar *grammar, FILE *out)
{
    for (size_t i = 1; i <= grammar->count; i++) {
        const struct rule *rule = grammar->rules[i];
        int depth = 0;
        for (const struct rule *up = rule->parent; up->parent; up = up->parent)
            depth++;
        const char *slash = strrchr(rule->path, '/');
        fprintf(out, "%s:%u:\t%*s%s", slash ? slash + 1 : rule->path, rule->line, depth * 4, "", words[rule->word].name);
        if (*rule->name)
            fprintf(out, " %s", rule->name);
        fprintf(out, rule->pattern ? "  %s\n" : "\n", rule->pattern);
    }
}

/* ---- looking labels up ---- */

static unsigned meaning_intern(struct grammar *grammar, const struct meaning *meaning)
{
    for (size_t i = 1; i < grammar->meaning_count; i++)
        if (memcmp(&grammar->meanings[i], meaning, sizeof *meaning) == 0)
            return (unsigned)i;
    if (grammar->meaning_count >= MEANINGS_MOST)
        return 0;
    if (grammar->meaning_count == grammar->meaning_room) {
        grammar->meaning_room *= 2;
        grammar->meanings = memory_resize(grammar->meanings, grammar->meaning_room * sizeof *grammar->meanings);
    }
    grammar->meanings[grammar->meaning_count] = *meaning;
    return (unsigned)grammar->meaning_count++;
}

static unsigned meaning_find(struct grammar *grammar, const char *text, size_t length)
{
    if (!pattern_match(grammar->any, text, length))
        return 0;
    struct meaning meaning;
    memset(&meaning, 0, sizeof meaning);
    meaning.title = (uint16_t)pattern_match(grammar->titles, text, length);
    meaning.notice = (uint16_t)pattern_match(grammar->notices, text, length);
    meaning.section = (uint16_t)pattern_match(grammar->headings, text, length);
    meaning.list_total = (uint16_t)pattern_match(grammar->totals, text, length);
    for (size_t s = 0; s < grammar->section_count; s++)
        if ((meaning.fields[s] = (uint16_t)pattern_match(grammar->fields[s], text, length)))
            meaning.is_field = true;
    for (size_t t = 0; t < grammar->table_count; t++)
        if ((meaning.columns[t] = (uint16_t)pattern_match(grammar->columns[t], text, length)))
            meaning.is_column = true;
    for (size_t g = 0; g < grammar->group_count; g++)
        if ((meaning.terms[g] = (uint16_t)pattern_match(grammar->terms[g], text, length)))
            meaning.is_term = true;
    return meaning_intern(grammar, &meaning);
}

static uint32_t key_hash(const char *text, size_t length)
{
    uint64_t hash = length * 0x9e3779b97f4a7c15u, word;
    for (; length >= sizeof word; text += sizeof word, length -= sizeof word) {
        memcpy(&word, text, sizeof word);
        hash = (hash ^ word) * 0x9fb21c651e98df25u;
        hash ^= hash >> 29;
    }
    for (; length; length--)
        hash = (hash ^ (unsigned char)*text++) * 0x9fb21c651e98df25u;
    return (uint32_t)(hash >> 32);
}

unsigned grammar_meaning(const struct grammar *const_grammar, const char *text, size_t length)
{
    struct grammar *grammar = (struct grammar *)const_grammar; /* the lexicon only remembers */
    if (length == 0 || !pattern_may_match(grammar->any, text, length))
        return 0;
    if (length > LEXICON_KEY)
        return meaning_find(grammar, text, length);
    struct lexicon *lexicon = grammar->lexicon;
    uint32_t hash = key_hash(text, length);
    struct lexicon_slot *slot;
    for (size_t i = hash % LEXICON_SLOTS;; i = (i + 1) % LEXICON_SLOTS) {
        slot = &lexicon->slots[i];
        if (slot->length == 0)
            break;
        if (slot->hash == hash && slot->length == length && memcmp(lexicon->keys + slot->key, text, length) == 0)
            return slot->meaning;
    }
    unsigned meaning = meaning_find(grammar, text, length);
    if (lexicon->used >= LEXICON_SLOTS / 2 || lexicon->keys_used + length > LEXICON_KEYS) {
        memset(lexicon->slots, 0, sizeof lexicon->slots);
        lexicon->used = lexicon->keys_used = 0;
        slot = &lexicon->slots[hash % LEXICON_SLOTS];
    }
    *slot = (struct lexicon_slot){hash, (uint32_t)lexicon->keys_used, (uint16_t)meaning, (uint8_t)length};
    memcpy(lexicon->keys + lexicon->keys_used, text, length);
    lexicon->keys_used += length;
    lexicon->used++;
    return meaning;
}

const struct rule *grammar_scale(const struct grammar *grammar, const char *unit, unsigned *zeros)
{
    size_t length = strlen(unit);
    for (size_t i = 0; i < grammar->scale_count; i++) {
        const struct scale *scale = &grammar->scales[i];
        if (scale->length == length && memcmp(scale->unit, unit, length) == 0) {
            *zeros = scale->zeros;
            return scale->rule;
        }
    }
    return NULL;
}

const struct rule *grammar_value(const struct grammar *grammar, enum value_name name, const char *text, size_t length)
{
    unsigned id = pattern_match(grammar->values[name], text, length);
    return id ? grammar->rules[id] : NULL;
}
