#include "pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/buffer.h"
#include "text.h"

enum {
    MATCH_LIMIT = 200000,
    DEPTH_LIMIT = 2000,
    PATIENCE = 10000, /* matching steps before the compiler to machine code is asked */
    JIT_USES = 24,    /* … as well as after so many texts */
    SET_MOST = 2048,  /* characters of a set; beyond, it is taken to hold all */
    RANGE_MOST = 256,
    NESTING_MOST = 40,
    REPEAT_MOST = 400, /* repetitions that surely compile, … */
    SIZE_SURE = 10000, /* … and so a pattern of this size does */
    PARTS_MOST = 4000, /* alternatives that are told apart */
    PAIRS_MOST = 1 << 20,
    ROWS_MOST = 32000, /* times the words of a row */
    NEEDED_MOST = 15,
    NEEDED_PARTS = 3,  /* alternatives whose needed texts are looked for */
};

size_t pattern_limits_hit;

static const uint32_t OPTIONS =
    PCRE2_UTF | PCRE2_EXTENDED | PCRE2_NO_AUTO_CAPTURE | PCRE2_DUPNAMES | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;

/* Full-width signs become the narrow ones that label views have; those that mean
 * something to PCRE2 are escaped, so that （盖章） in a grammar is just that. */
static void add_folded(struct buffer *out, const char *text)
{
    for (const char *p = text; *p;) {
        unsigned length;
        uint32_t code = character_decode(p, &length), folded = character_fold(code);
        bool is_alphanumeric = (folded >= '0' && folded <= '9') || ((folded | 0x20) >= 'a' && (folded | 0x20) <= 'z');
        if (folded != code && folded < 0x80 && !is_alphanumeric)
            buffer_char(out, '\\');
        char bytes[4];
        buffer_add(out, bytes, character_encode(folded, bytes));
        p += length;
    }
}

/* The folded text; the text itself where nothing in it folds. */
static const char *folded(struct arena *arena, const char *text, size_t *length)
{
    bool is_plain = true;
    const char *at = text;
    for (; *at; at++)
        is_plain &= (unsigned char)*at != 0xef && (unsigned char)*at != 0xe2; /* what begins whatever folds */
    *length = (size_t)(at - text);
    if (is_plain)
        return text;
    struct buffer out = {0};
    add_folded(&out, text);
    const char *copy = arena_copy(arena, out.bytes, *length = out.length);
    buffer_release(&out);
    return copy;
}

/* ---- what a pattern can begin and end with ----
 *
 * A reading of the part of the language that grammars use. It may say more
 * characters than there are, never fewer; what it does not know it says so. */

struct set {
    uint32_t *items; /* unsorted, some twice */
    uint32_t count, room;
    bool is_all;
};

/* A text that every match contains, or part of it. */
struct needed {
    char bytes[NEEDED_MOST];
    uint8_t length;
    uint8_t rare; /* the byte to look for first */
};

struct shape {
    struct set first, last;
    struct needed needed;
    bool is_empty;     /* can match nothing */
    uint32_t literal;  /* it is this one character, or 0 */
    unsigned least, most; /* bytes */
    size_t size;       /* of what it compiles to, roughly */
};

struct reader {
    const char *at, *end;
    struct arena *arena; /* for the sets; NULL: they are not wanted */
    unsigned depth;
    bool is_strange; /* something that is not known here: no filtering */
    bool is_unsure;  /* known, but only PCRE2 can tell whether it is right */
};

static const unsigned LONG = 1u << 30;

static void set_grow(struct arena *arena, struct set *set, size_t more)
{
    size_t need = set->count + more;
    if (need <= set->room || set->is_all)
        return;
    if (!arena || need > SET_MOST) {
        set->is_all = true;
        return;
    }
    size_t room = need + set->count + 3;
    uint32_t *items = arena_array(arena, uint32_t, room);
    if (set->count)
        memcpy(items, set->items, set->count * sizeof *items);
    set->items = items;
    set->room = (uint32_t)room;
}

static void set_add(struct arena *arena, struct set *set, uint32_t code)
{
    set_grow(arena, set, 1);
    if (!set->is_all)
        set->items[set->count++] = code;
}

static void set_join(struct arena *arena, struct set *set, const struct set *more)
{
    set->is_all |= more->is_all;
    if (set->count == 0 && !set->is_all) {
        *set = *more;
        set->room = set->count; /* who adds next takes a copy */
        return;
    }
    set_grow(arena, set, more->count);
    if (set->is_all || more->count == 0)
        return;
    memcpy(set->items + set->count, more->items, more->count * sizeof *more->items);
    set->count += more->count;
}

static unsigned add_bounded(unsigned a, unsigned b) { return a + b > LONG ? LONG : a + b; }

static unsigned code_bytes(uint32_t code) { return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4; }

static bool is_pattern_blank(char c) { return c == ' ' || (c >= 9 && c <= 13); }

/* Extended patterns skip more than ASCII blanks; where such stand, they are not known here. */
static bool is_odd_blank(uint32_t code)
{
    return code == 0x85 || code == 0x200e || code == 0x200f || code == 0x2028 || code == 0x2029;
}

static void skip_blank(struct reader *reader)
{
    while (reader->at < reader->end && is_pattern_blank(*reader->at))
        reader->at++;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }

static uint32_t reader_code(struct reader *reader)
{
    unsigned length;
    uint32_t code = character_decode(reader->at, &length);
    reader->at += length;
    return code;
}

static void shape_all(struct shape *shape, unsigned least, unsigned most)
{
    shape->first.is_all = shape->last.is_all = true;
    shape->least = least;
    shape->most = most;
    shape->size = 8;
}

static void set_add_digits(struct reader *reader, struct set *set)
{
    for (uint32_t c = '0'; c <= '9'; c++)
        set_add(reader->arena, set, c);
}

static void set_add_blanks(struct reader *reader, struct set *set)
{
    for (uint32_t c = 9; c <= 13; c++)
        set_add(reader->arena, set, c);
    set_add(reader->arena, set, ' ');
}

/* \p{Han}; the name is PCRE2's to judge. */
static void read_property(struct reader *reader)
{
    if (reader->at >= reader->end || *reader->at != '{') {
        reader->is_strange = true;
        return;
    }
    while (reader->at < reader->end && *reader->at != '}')
        reader->at++;
    reader->at += reader->at < reader->end;
    reader->is_unsure = true;
}

/* Behind '\'. Adds to the set what the escape stands for. */
static void read_escape(struct reader *reader, struct set *set, uint32_t *literal)
{
    *literal = 0;
    if (reader->at >= reader->end) {
        reader->is_strange = true;
        return;
    }
    uint32_t code = reader_code(reader);
    if (code == 'd') {
        set_add_digits(reader, set);
    } else if (code == 's') {
        set_add_blanks(reader, set);
    } else if (code == 'p' || code == 'P') {
        read_property(reader);
        set->is_all = true;
    } else if (code < 0x80 && (is_letter((char)code) || is_digit((char)code))) {
        set->is_all = true;
        reader->is_strange |= code != 'D' && code != 'S' && code != 'w' && code != 'W';
    } else {
        reader->is_strange |= code >= 0x80 || code < 0x20;
        *literal = code;
        set_add(reader->arena, set, code);
    }
}

/* Behind '['. */
static void read_class(struct reader *reader, struct shape *shape)
{
    struct set set = {0};
    const char *first = reader->at;
    bool is_negated = reader->at < reader->end && *reader->at == '^';
    reader->at += is_negated;
    if (reader->at < reader->end && *reader->at == ']')
        reader->is_strange = true;
    while (!reader->is_strange && reader->at < reader->end && *reader->at != ']') {
        uint32_t from;
        if (*reader->at == '\\') {
            reader->at++;
            read_escape(reader, &set, &from);
        } else {
            reader->is_strange |= *reader->at == '[';
            set_add(reader->arena, &set, from = reader_code(reader));
        }
        if (reader->end - reader->at < 2 || reader->at[0] != '-' || reader->at[1] == ']')
            continue;
        reader->at++;
        uint32_t to;
        if (!from || *reader->at == '[') {
            reader->is_strange = true;
        } else if (*reader->at == '\\') {
            reader->at++;
            read_escape(reader, &set, &to);
        } else {
            to = reader_code(reader);
        }
        if (reader->is_strange || to < from)
            reader->is_strange = true;
        else if (to - from >= RANGE_MOST)
            set.is_all = true;
        else
            for (uint32_t code = from + 1; code <= to; code++)
                set_add(reader->arena, &set, code);
    }
    /* [: … :] might name a class */
    reader->is_strange |= reader->at < reader->end && memchr(":.=", *first, 3) && reader->at[-1] == *first;
    if (reader->at >= reader->end || reader->is_strange) {
        reader->is_strange = true;
        return;
    }
    reader->at++;
    if (is_negated || set.is_all) {
        shape_all(shape, 1, 4);
        return;
    }
    shape->least = 4;
    shape->most = 1;
    for (size_t i = 0; i < set.count; i++) {
        unsigned bytes = code_bytes(set.items[i]);
        shape->least = bytes < shape->least ? bytes : shape->least;
        shape->most = bytes > shape->most ? bytes : shape->most;
    }
    shape->first = set;
    set_join(reader->arena, &shape->last, &set);
    shape->size = 40;
}

static struct shape read_branches(struct reader *reader);

/* Behind '(': true if it takes no room (it looks around). */
static bool read_group_head(struct reader *reader)
{
    if (reader->at < reader->end && *reader->at == '*')
        reader->is_strange = true;
    if (reader->at >= reader->end || *reader->at != '?')
        return false;
    reader->at++;
    size_t left = (size_t)(reader->end - reader->at);
    if (left >= 1 && *reader->at == ':') {
        reader->at++;
        return false;
    }
    if (left >= 1 && (*reader->at == '=' || *reader->at == '!')) {
        reader->at++;
        return true;
    }
    if (left >= 2 && *reader->at == '<' && (reader->at[1] == '=' || reader->at[1] == '!')) {
        reader->at += 2;
        reader->is_unsure = true; /* must be of one length */
        return true;
    }
    if (left >= 2 && *reader->at == '<' && is_letter(reader->at[1])) {
        const char *from = ++reader->at;
        while (reader->at < reader->end && (is_letter(*reader->at) || is_digit(*reader->at) || *reader->at == '_'))
            reader->at++;
        reader->is_unsure |= reader->at - from > 30;
        if (reader->at < reader->end && *reader->at == '>') {
            reader->at++;
            return false;
        }
    }
    reader->is_strange = true;
    return false;
}

static struct shape read_group(struct reader *reader)
{
    struct shape shape = {0};
    if (++reader->depth > NESTING_MOST)
        reader->is_strange = true;
    bool is_looking = !reader->is_strange && read_group_head(reader);
    if (!reader->is_strange)
        shape = read_branches(reader);
    reader->depth--;
    if (reader->at >= reader->end || *reader->at != ')')
        reader->is_strange = true;
    else
        reader->at++;
    if (is_looking) {
        shape = (struct shape){.is_empty = true, .size = shape.size};
    }
    shape.size += 16;
    return shape;
}

static unsigned read_number(struct reader *reader)
{
    unsigned number = 0;
    while (reader->at < reader->end && is_digit(*reader->at)) {
        number = number * 10 + (unsigned)(*reader->at++ - '0');
        if (number > REPEAT_MOST)
            reader->is_unsure = true, number = 100000;
    }
    return number;
}

static void read_quantifier(struct reader *reader, struct shape *shape)
{
    skip_blank(reader);
    if (reader->at >= reader->end)
        return;
    unsigned least = 1, most = 1;
    switch (*reader->at) {
    case '*': least = 0, most = LONG; break;
    case '+': most = LONG; break;
    case '?': least = 0; break;
    case '{':
        reader->at++;
        if (reader->at >= reader->end || !is_digit(*reader->at)) {
            reader->is_strange = true;
            return;
        }
        least = most = read_number(reader);
        if (reader->at < reader->end && *reader->at == ',') {
            reader->at++;
            most = reader->at < reader->end && is_digit(*reader->at) ? read_number(reader) : LONG;
        }
        if (reader->at >= reader->end || *reader->at != '}' || most < least) {
            reader->is_strange = true;
            return;
        }
        break;
    default: return;
    }
    shape->literal = 0;
    if (least == 0)
        shape->needed.length = 0;
    reader->at++;
    if (reader->at < reader->end && (*reader->at == '?' || *reader->at == '+'))
        reader->at++;
    skip_blank(reader);
    if (reader->at < reader->end && memchr("*+?{", *reader->at, 4))
        reader->is_strange = true;
    shape->is_empty |= least == 0;
    shape->size *= most < LONG ? most + 1 : least + 2;
    uint64_t bytes = (uint64_t)shape->least * least;
    shape->least = bytes > LONG ? LONG : (unsigned)bytes;
    bytes = (uint64_t)shape->most * most;
    shape->most = bytes > LONG ? LONG : (unsigned)bytes;
    if (most == 0)
        *shape = (struct shape){.is_empty = true, .size = shape->size};
}

static struct shape read_item(struct reader *reader)
{
    struct shape shape = {0};
    bool is_edge = false;
    char c = *reader->at;
    if (c == '(') {
        reader->at++;
        const char *looks = reader->at;
        shape = read_group(reader);
        is_edge = !reader->is_strange && looks[0] == '?' && (looks[1] == '=' || looks[1] == '!' || (looks[1] == '<' && !is_letter(looks[2])));
    } else if (c == '[') {
        reader->at++;
        read_class(reader, &shape);
    } else if (c == '.') {
        reader->at++;
        shape_all(&shape, 1, 4);
    } else if (c == '$' || c == '^') {
        reader->at++;
        shape.is_empty = is_edge = true;
        shape.size = 1;
    } else if (memchr("*+?{#", c, 5)) {
        reader->is_strange = true;
    } else {
        uint32_t literal = 0;
        if (c == '\\') {
            reader->at++;
            read_escape(reader, &shape.first, &literal);
        } else {
            literal = reader_code(reader);
            reader->is_strange |= literal < 0x20 || is_odd_blank(literal);
            set_add(reader->arena, &shape.first, literal);
        }
        set_join(reader->arena, &shape.last, &shape.first);
        shape.least = literal ? code_bytes(literal) : 1;
        shape.most = literal ? shape.least : shape.first.is_all ? 4 : 1;
        shape.size = 8;
        shape.literal = literal;
    }
    if (is_edge) {
        skip_blank(reader);
        reader->is_strange |= reader->at < reader->end && memchr("*+?{", *reader->at, 4);
    } else if (!reader->is_strange) {
        read_quantifier(reader, &shape);
    }
    return shape;
}

static void needed_longer(struct needed *needed, const struct needed *other)
{
    if (other->length > needed->length)
        *needed = *other;
}

static struct shape read_sequence(struct reader *reader)
{
    struct shape shape = {.is_empty = true};
    struct needed run = {.length = 0}; /* of literals */
    for (;;) {
        skip_blank(reader);
        if (reader->is_strange || reader->at >= reader->end || *reader->at == '|' || *reader->at == ')') {
            needed_longer(&shape.needed, &run);
            return shape;
        }
        struct shape item = read_item(reader);
        if (item.literal && run.length + 4 <= NEEDED_MOST) {
            run.length += (uint8_t)character_encode(item.literal, run.bytes + run.length);
        } else {
            needed_longer(&shape.needed, &run);
            needed_longer(&shape.needed, &item.needed);
            run.length = 0;
            if (item.literal)
                run.length = (uint8_t)character_encode(item.literal, run.bytes);
        }
        if (shape.is_empty)
            set_join(reader->arena, &shape.first, &item.first);
        if (item.is_empty) {
            set_join(reader->arena, &shape.last, &item.last);
        } else {
            shape.last = item.last;
        }
        shape.is_empty &= item.is_empty;
        shape.least = add_bounded(shape.least, item.is_empty ? 0 : item.least);
        shape.most = add_bounded(shape.most, item.most);
        shape.size += item.size;
    }
}

static struct shape read_branches(struct reader *reader)
{
    struct shape shape = read_sequence(reader);
    while (!reader->is_strange && reader->at < reader->end && *reader->at == '|') {
        reader->at++;
        struct shape more = read_sequence(reader);
        set_join(reader->arena, &shape.first, &more.first);
        set_join(reader->arena, &shape.last, &more.last);
        shape.is_empty |= more.is_empty;
        shape.least = more.least < shape.least ? more.least : shape.least;
        shape.most = more.most > shape.most ? more.most : shape.most;
        shape.size += more.size + 4;
        shape.needed.length = 0;
    }
    return shape;
}

/* Whether a folded pattern is right for sure. */
static bool is_right(const char *text, size_t length)
{
    struct reader reader = {.at = text, .end = text + length};
    struct shape shape = read_branches(&reader);
    return !reader.is_strange && !reader.is_unsure && reader.at == reader.end && shape.size < SIZE_SURE;
}

bool pattern_check(const char *text, struct pattern_error *error)
{
    struct arena arena = {0};
    size_t length;
    const char *plain = folded(&arena, text, &length);
    bool is_good = is_right(plain, length);
    if (!is_good) {
        int number;
        PCRE2_SIZE offset;
        pcre2_code *code = pcre2_compile((PCRE2_SPTR)plain, length, OPTIONS, &number, &offset, NULL);
        is_good = code;
        if (!is_good) {
            error->offset = offset;
            pcre2_get_error_message(number, (PCRE2_UCHAR *)error->message, sizeof error->message);
        }
        pcre2_code_free(code);
    }
    arena_release(&arena);
    return is_good;
}

static pcre2_match_context *match_context, *patient_context;

static void contexts_create(void)
{
    match_context = pcre2_match_context_create(NULL);
    patient_context = pcre2_match_context_create(NULL);
    if (!match_context || !patient_context)
        memory_exhausted();
    pcre2_set_match_limit(match_context, MATCH_LIMIT);
    pcre2_set_depth_limit(match_context, DEPTH_LIMIT);
    pcre2_set_match_limit(patient_context, PATIENCE);
    pcre2_set_depth_limit(patient_context, DEPTH_LIMIT);
}

enum pattern_width pattern_width(const char *text)
{
    /* what no form says, short and long */
    static const char *const nonsense[] = {"龘靐", "qx龘7", "7龘:齉qx靐,9靁龖z8(灪麤)"};
    enum { SHORT = 6, LONGEST = 40 }; /* bytes that it must be able to match for that */
    struct arena arena = {0};
    size_t length;
    const char *plain = folded(&arena, text, &length);
    struct reader reader = {.at = plain, .end = plain + length};
    struct shape shape = read_branches(&reader);
    bool may_be_empty = reader.is_strange || shape.is_empty;
    bool may_be_any = reader.is_strange || (shape.least <= SHORT && shape.most >= LONGEST - 10);
    if (may_be_any && !may_be_empty && !reader.is_strange) {
        reader = (struct reader){.at = plain, .end = plain + length, .arena = &arena};
        shape = read_branches(&reader);
        may_be_any = shape.first.is_all && shape.last.is_all;
    }
    enum pattern_width width = PATTERN_NARROW;
    pcre2_code *code = NULL;
    if (may_be_empty || may_be_any) {
        int number;
        PCRE2_SIZE offset;
        code = pcre2_compile((PCRE2_SPTR)plain, length, OPTIONS | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &number, &offset, NULL);
    }
    if (code) {
        if (!match_context)
            contexts_create();
        pcre2_match_data *match = pcre2_match_data_create(1, NULL);
        if (!match)
            memory_exhausted();
        size_t taken = 0;
        for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++)
            taken += pcre2_match(code, (PCRE2_SPTR)nonsense[i], strlen(nonsense[i]), 0, 0, match, match_context) >= 0;
        if (pcre2_match(code, (PCRE2_SPTR)"", 0, 0, 0, match, match_context) >= 0)
            width = PATTERN_EMPTY;
        else if (taken == sizeof nonsense / sizeof *nonsense)
            width = PATTERN_BOUNDLESS;
        pcre2_match_data_free(match);
    }
    pcre2_code_free(code);
    arena_release(&arena);
    return width;
}

/* ---- alternations ---- */

/* An alternative, folded, or one that stands inside it: a | b is two. */
struct part {
    const char *text;
    size_t length;
    unsigned id;
    unsigned least, most;
    struct needed needed;
};

/* What a part begins and ends with; forgotten once the classes are made. */
struct ends {
    struct set first, last;
};

/* Some of the alternatives, in their order. */
struct branch {
    uint16_t *parts;
    size_t count;
    unsigned least, most; /* bytes of text */
    unsigned uses;
    unsigned id;          /* of all of them, or 0 */
    bool is_quick;        /* compiled to machine code … */
    bool is_settled;      /* … or cannot be */
    bool has_needed;      /* few parts, which all need some text */
    pcre2_code *code;
    struct branch *rest;  /* the second half of what is too large for one code, or NULL */
};

struct class_slot {
    uint32_t code; /* 0: free */
    uint16_t class;
};

/* Sets of alternatives by a character that they can begin (or end) with. A class
 * is one such set, as bits; class 0 is of the characters that no alternative names. */
struct classes {
    uint16_t ascii[128];
    struct class_slot *slots; /* of other characters, hashed */
    size_t mask;
    uint64_t *bits;
    size_t count;
};

struct pattern {
    struct sieve sieve;
    enum pattern_reach reach;
    struct alternative *alternatives;
    size_t alternative_count;
    /* from here on: once the first text has come */
    struct arena arena; /* for folded texts */
    struct part *parts;
    size_t count, room;
    size_t words; /* of the bits of a class */
    bool is_read, is_whole; /* is_whole: never divided */
    struct sieve last_sieve; /* of last characters, for alternatives that can begin with any … */
    struct branch leak;      /* … and those that can end with any as well */
    struct classes first, last;
    uint16_t *chosen; /* the branch by first and last class; UNKNOWN until looked for */
    array_of(struct branch) branches; /* [0]: all of them */
    pcre2_match_data *match;
    const struct branch *matched;
};

enum { UNKNOWN = 0, NO_BRANCH = UINT16_MAX };

struct pattern *pattern_build(const struct alternative *alternatives, size_t count, enum pattern_reach reach)
{
    if (count == 0)
        return NULL;
    struct pattern *pattern = memory_resize(NULL, sizeof *pattern);
    *pattern = (struct pattern){.reach = reach, .alternative_count = count};
    memset(pattern->sieve.bits, 0xff, sizeof pattern->sieve.bits);
    pattern->alternatives = memory_resize(NULL, count * sizeof *alternatives);
    memcpy(pattern->alternatives, alternatives, count * sizeof *alternatives);
    return pattern;
}

static void classes_release(struct classes *classes)
{
    free(classes->slots);
    free(classes->bits);
}

static void branch_release(struct branch *branch)
{
    pcre2_code_free(branch->code);
    if (branch->rest)
        branch_release(branch->rest);
    free(branch->rest);
}

void pattern_release(struct pattern *pattern)
{
    if (!pattern)
        return;
    for (size_t i = 0; i < pattern->branches.count; i++) {
        free(pattern->branches.items[i].parts);
        branch_release(&pattern->branches.items[i]);
    }
    array_release(&pattern->branches);
    classes_release(&pattern->first);
    classes_release(&pattern->last);
    free(pattern->chosen);
    free(pattern->alternatives);
    free(pattern->parts);
    pcre2_match_data_free(pattern->match);
    arena_release(&pattern->arena);
    free(pattern);
}

static struct class_slot *code_slot(const struct classes *classes, uint32_t code)
{
    size_t slot = (code * 0x9e3779b1u >> 12) & classes->mask;
    while (classes->slots[slot].code && classes->slots[slot].code != code)
        slot = (slot + 1) & classes->mask;
    return &classes->slots[slot];
}

static uint64_t bits_hash(const uint64_t *bits, size_t words)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < words; i++) {
        hash = (hash ^ bits[i]) * 0x9fb21c651e98df25u;
        hash ^= hash >> 32;
    }
    return hash;
}

/* Rows of bits become classes: equal ones are one. */
static void classes_join(struct classes *classes, size_t rows, size_t words, struct arena *scratch)
{
    size_t slots = 16;
    while (slots < rows * 2)
        slots *= 2;
    uint16_t *table = arena_array(scratch, uint16_t, slots), *class_of = arena_array(scratch, uint16_t, rows);
    classes->count = 0;
    for (size_t r = 0; r < rows; r++) {
        uint64_t *row = classes->bits + r * words;
        size_t slot = bits_hash(row, words) & (slots - 1);
        while (table[slot] && memcmp(classes->bits + (table[slot] - 1u) * words, row, words * sizeof *row) != 0)
            slot = (slot + 1) & (slots - 1);
        if (!table[slot]) {
            memmove(classes->bits + classes->count * words, row, words * sizeof *row);
            table[slot] = (uint16_t)++classes->count;
        }
        class_of[r] = (uint16_t)(table[slot] - 1);
    }
    for (size_t i = 0; i < 128; i++)
        classes->ascii[i] = class_of[classes->ascii[i]];
    for (size_t i = 0; i <= classes->mask; i++)
        classes->slots[i].class = class_of[classes->slots[i].class];
}

/* False if there are too many characters to tell apart. */
static bool classes_build(struct classes *classes, const struct ends *ends, size_t count, size_t words, bool is_last, struct arena *scratch)
{
    size_t mentions = 0, rows = 1, room = 64, slots = 16;
    for (size_t i = 0; i < count; i++)
        mentions += is_last ? ends[i].last.count : ends[i].first.count;
    while (slots < mentions * 2)
        slots *= 2;
    classes->mask = slots - 1;
    classes->slots = calloc(slots, sizeof *classes->slots);
    if (!classes->slots)
        memory_exhausted();
    /* a row of bits for each character; row 0 for those that no alternative names */
    uint64_t *bits = memory_resize(NULL, room * words * sizeof *bits);
    memset(bits, 0, words * sizeof *bits);
    for (size_t i = 0; i < count; i++)
        if (is_last ? ends[i].last.is_all : ends[i].first.is_all)
            bits[i / 64] |= (uint64_t)1 << i % 64;
    for (size_t i = 0; i < count && rows * words <= ROWS_MOST; i++) {
        const struct set *set = is_last ? &ends[i].last : &ends[i].first;
        for (size_t k = 0; k < set->count && !set->is_all; k++) {
            uint32_t code = set->items[k];
            struct class_slot *slot = code < 128 ? NULL : code_slot(classes, code);
            uint16_t *row = slot ? &slot->class : &classes->ascii[code];
            if (!*row) {
                if (rows == room)
                    bits = memory_resize(bits, (room *= 2) * words * sizeof *bits);
                memcpy(bits + rows * words, bits, words * sizeof *bits);
                if (slot)
                    slot->code = code;
                *row = (uint16_t)rows++;
            }
            bits[*row * words + i / 64] |= (uint64_t)1 << i % 64;
        }
    }
    classes->bits = bits;
    if (rows * words > ROWS_MOST)
        return false;
    classes_join(classes, rows, words, scratch);
    return true;
}

/* The first bytes of characters say little: take the last of the first one. */
static struct needed needed_picked(struct needed needed)
{
    while (needed.rare + 1 < needed.length && ((unsigned char)needed.bytes[needed.rare + 1] & 0xc0) == 0x80)
        needed.rare++;
    return needed;
}

struct ends_list {
    struct ends *items;
    size_t count, room;
};

static void part_add(struct pattern *pattern, struct ends_list *ends, struct part part, struct ends end)
{
    if (pattern->count == pattern->room) {
        pattern->room = pattern->room * 2 + 16;
        pattern->parts = memory_resize(pattern->parts, pattern->room * sizeof *pattern->parts);
    }
    pattern->parts[pattern->count++] = part;
    *array_push(ends) = end;
}

/* The parts of one alternative; false if it is not known, and then it is one part. */
static bool parts_of(struct pattern *pattern, struct ends_list *ends, struct arena *scratch, const char *text, size_t length, unsigned id)
{
    size_t first = pattern->count;
    struct reader reader = {.at = text, .end = text + length, .arena = scratch};
    for (;;) {
        const char *from = reader.at;
        struct shape shape = read_sequence(&reader);
        if (pattern->reach != PATTERN_WHOLE) {
            shape.first.is_all |= shape.is_empty;
            shape.last.is_all = true;
            shape.most = LONG;
        }
        struct part part = {
            .text = from,
            .length = (size_t)(reader.at - from),
            .id = id,
            .least = shape.is_empty ? 0 : shape.least,
            .most = shape.most,
            .needed = needed_picked(shape.needed),
        };
        part_add(pattern, ends, part, (struct ends){shape.first, shape.last});
        if (reader.is_strange || reader.at == reader.end || *reader.at != '|')
            break;
        reader.at++;
    }
    if (!reader.is_strange && reader.at == reader.end)
        return true;
    pattern->count = ends->count = first;
    part_add(pattern, ends, (struct part){.text = text, .length = length, .id = id}, (struct ends){.first.is_all = true});
    return false;
}

static void sieve_add(struct sieve *sieve, const struct set *set)
{
    for (uint32_t k = 0; k < set->count; k++) {
        unsigned bit = sieve_bit(set->items[k]);
        sieve->bits[bit / 64] |= (uint64_t)1 << bit % 64;
    }
}

/* By its first character, else by its last, else by what it needs: left full where an
 * alternative has none of them. */
static void sieves_fill(struct pattern *pattern, const struct ends *ends)
{
    struct sieve sieve = {0}, last = {0};
    struct branch leak = {.parts = arena_array(&pattern->arena, uint16_t, NEEDED_PARTS)};
    for (size_t i = 0; i < pattern->count; i++) {
        sieve.is_leaky |= ends[i].first.is_all;
        if (!ends[i].first.is_all)
            sieve_add(&sieve, &ends[i].first);
        else if (!ends[i].last.is_all)
            sieve_add(&last, &ends[i].last);
        else if (pattern->parts[i].needed.length && leak.count < NEEDED_PARTS)
            leak.parts[leak.count++] = (uint16_t)i;
        else
            return;
    }
    pattern->sieve = sieve;
    pattern->last_sieve = last;
    pattern->leak = leak;
}

/* Fills the tables by which branch_of() finds its way; false if there is no way. */
static bool classes_fill(struct pattern *pattern, const struct ends *ends, struct arena *scratch)
{
    if (pattern->count > PARTS_MOST)
        return false;
    pattern->words = (pattern->count + 63) / 64;
    if (!classes_build(&pattern->first, ends, pattern->count, pattern->words, false, scratch) ||
        !classes_build(&pattern->last, ends, pattern->count, pattern->words, true, scratch))
        return false;
    size_t pairs = pattern->first.count * pattern->last.count;
    if (pairs > PAIRS_MOST)
        return false;
    pattern->chosen = calloc(pairs, sizeof *pattern->chosen);
    if (!pattern->chosen)
        memory_exhausted();
    sieves_fill(pattern, ends);
    return true;
}

static void pattern_read(struct pattern *pattern)
{
    pattern->is_read = true;
    bool is_known = pattern->reach != PATTERN_SEARCH;
    size_t groups = 1;
    struct arena scratch = {0};
    struct ends_list ends = {0};
    for (size_t i = 0; i < pattern->alternative_count; i++) {
        size_t length;
        const char *text = folded(&pattern->arena, pattern->alternatives[i].text, &length);
        is_known &= parts_of(pattern, &ends, &scratch, text, length, pattern->alternatives[i].id);
        for (const char *p = text; (p = strstr(p, "(?")); p++)
            groups += p[2] != ':';
    }
    uint16_t *all = memory_resize(NULL, pattern->count * sizeof *all);
    for (size_t i = 0; i < pattern->count; i++)
        all[i] = (uint16_t)i;
    *array_push(&pattern->branches) = (struct branch){.parts = all, .count = pattern->count, .most = LONG};
    pattern->is_whole = !is_known || !classes_fill(pattern, ends.items, &scratch);
    array_release(&ends);
    arena_release(&scratch);
    pattern->match = pcre2_match_data_create((uint32_t)(groups < 60000 ? groups : 60000), NULL);
    if (!pattern->match)
        memory_exhausted();
    if (!match_context)
        contexts_create();
}

static size_t class_at(const struct classes *classes, uint32_t code)
{
    return code < 128 ? classes->ascii[code] : code_slot(classes, code)->class;
}

/* The branch of the alternatives that are in both classes, or NO_BRANCH. */
static uint16_t branch_find(struct pattern *pattern, size_t first, size_t last)
{
    struct branch branch = {.least = LONG};
    uint16_t *parts = memory_resize(NULL, pattern->count * sizeof *parts);
    for (size_t i = 0; i < pattern->count; i++) {
        uint64_t bits = pattern->first.bits[first * pattern->words + i / 64] & pattern->last.bits[last * pattern->words + i / 64];
        if (!(bits >> i % 64 & 1))
            continue;
        parts[branch.count++] = (uint16_t)i;
        branch.least = pattern->parts[i].least < branch.least ? pattern->parts[i].least : branch.least;
        branch.most = pattern->parts[i].most > branch.most ? pattern->parts[i].most : branch.most;
    }
    branch.has_needed = branch.count <= NEEDED_PARTS;
    for (size_t i = 0; i < branch.count && branch.has_needed; i++)
        branch.has_needed = pattern->parts[parts[i]].needed.length > 0;
    size_t number = NO_BRANCH;
    if (branch.count) {
        for (number = 1; number < pattern->branches.count; number++) {
            const struct branch *other = &pattern->branches.items[number];
            if (other->count == branch.count && memcmp(other->parts, parts, branch.count * sizeof *parts) == 0)
                break;
        }
        if (number == NO_BRANCH) {
            pattern->is_whole = true; /* too many to tell apart */
            number = 0;
        } else if (number == pattern->branches.count) {
            branch.parts = memory_resize(NULL, branch.count * sizeof *parts);
            memcpy(branch.parts, parts, branch.count * sizeof *parts);
            *array_push(&pattern->branches) = branch;
        }
    }
    free(parts);
    return (uint16_t)number;
}

static void branch_compile(const struct pattern *pattern, struct branch *branch)
{
    struct buffer text = {0};
    bool is_single = true;
    for (size_t i = 1; i < branch->count && is_single; i++)
        is_single = pattern->parts[branch->parts[i]].id == pattern->parts[branch->parts[0]].id;
    buffer_text(&text, "(?:");
    for (size_t i = 0; i < branch->count; i++) {
        const struct part *part = &pattern->parts[branch->parts[i]];
        if (i)
            buffer_char(&text, '|');
        buffer_text(&text, "(?:");
        buffer_add(&text, part->text, part->length);
        buffer_text(&text, "\n)");
        if (!is_single) {
            buffer_text(&text, "(*MARK:");
            buffer_number(&text, part->id);
            buffer_char(&text, ')');
        }
    }
    buffer_char(&text, ')');
    uint32_t options = OPTIONS;
    if (pattern->reach != PATTERN_SEARCH)
        options |= PCRE2_ANCHORED;
    if (pattern->reach == PATTERN_WHOLE)
        options |= PCRE2_ENDANCHORED;
    int number;
    PCRE2_SIZE offset;
    branch->code = pcre2_compile((PCRE2_SPTR)text.bytes, text.length, options, &number, &offset, NULL);
    if (!branch->code && number == PCRE2_ERROR_PATTERN_TOO_LARGE && branch->count > 1) {
        branch->rest = memory_resize(NULL, sizeof *branch->rest);
        *branch->rest = (struct branch){.parts = branch->parts + branch->count / 2, .count = branch->count - branch->count / 2};
        branch->count /= 2;
        buffer_release(&text);
        branch_compile(pattern, branch);
        return;
    }
    if (!branch->code) {
        PCRE2_UCHAR message[160];
        pcre2_get_error_message(number, message, sizeof message);
        fprintf(stderr, "shenbao: error: %s in an alternation of %zu patterns\n", (char *)message, branch->count);
        exit(2);
    }
    buffer_release(&text);
    if (is_single)
        branch->id = pattern->parts[branch->parts[0]].id;
}

static int branch_match(struct branch *branch, pcre2_match_data *match, PCRE2_SPTR text, size_t length)
{
    if (branch->is_quick)
        return pcre2_jit_match(branch->code, text, length, 0, 0, match, match_context);
    if (!branch->is_settled) {
        if (++branch->uses < JIT_USES) {
            int found = pcre2_match(branch->code, text, length, 0, PCRE2_NO_UTF_CHECK, match, patient_context);
            if (found >= PCRE2_ERROR_NOMATCH)
                return found;
        }
        branch->is_settled = true;
        branch->is_quick = pcre2_jit_compile(branch->code, PCRE2_JIT_COMPLETE) == 0;
    }
    return pcre2_match(branch->code, text, length, 0, PCRE2_NO_UTF_CHECK, match, match_context);
}

static bool has_needed(const struct pattern *pattern, const struct branch *branch, const char *text, size_t length)
{
    for (size_t i = 0; i < branch->count; i++) {
        const struct needed *needed = &pattern->parts[branch->parts[i]].needed;
        if (length < needed->length)
            continue;
        const char *end = text + length - needed->length + needed->rare + 1;
        for (const char *at = text + needed->rare; (at = memchr(at, needed->bytes[needed->rare], (size_t)(end - at))); at++)
            if (memcmp(at - needed->rare, needed->bytes, needed->length) == 0)
                return true;
    }
    return false;
}

static uint32_t last_code(const char *text, size_t length)
{
    const char *at = text + length - 1;
    while (at > text && ((unsigned char)*at & 0xc0) == 0x80)
        at--;
    unsigned bytes;
    return character_decode(at, &bytes);
}

/* The alternatives that the text may match, or NULL. What is made on the way is not seen outside. */
static struct branch *branch_of(struct pattern *pattern, const char *text, size_t length)
{
    if (!pattern)
        return NULL;
    if (!pattern->is_read)
        pattern_read(pattern);
    size_t number = 0;
    if (length && !pattern->is_whole) {
        unsigned bytes;
        uint32_t code = character_decode(text, &bytes);
        bool is_sieved = !sieve_holds(&pattern->sieve, code);
        if (is_sieved && !pattern->sieve.is_leaky)
            return NULL;
        bool is_bound = pattern->reach == PATTERN_WHOLE;
        uint32_t end = is_bound ? last_code(text, length) : 0;
        if (is_sieved && !sieve_holds(&pattern->last_sieve, end) && !has_needed(pattern, &pattern->leak, text, length))
            return NULL;
        size_t first = class_at(&pattern->first, code), last = is_bound ? class_at(&pattern->last, end) : 0;
        uint16_t *chosen = &pattern->chosen[first * pattern->last.count + last];
        if (*chosen == UNKNOWN)
            *chosen = branch_find(pattern, first, last);
        if (*chosen == NO_BRANCH)
            return NULL;
        number = *chosen;
    }
    struct branch *branch = &pattern->branches.items[number];
    if (length < branch->least || length > branch->most)
        return NULL;
    return branch->has_needed && !has_needed(pattern, branch, text, length) ? NULL : branch;
}

bool pattern_may_match(const struct pattern *pattern, const char *text, size_t length)
{
    return branch_of((struct pattern *)pattern, text, length);
}

bool pattern_finds_first(const struct pattern *const_pattern, uint32_t code)
{
    struct pattern *pattern = (struct pattern *)const_pattern;
    if (!pattern->is_read)
        pattern_read(pattern);
    if (pattern->is_whole)
        return true;
    const uint64_t *bits = pattern->first.bits + class_at(&pattern->first, code) * pattern->words;
    for (size_t i = 0; i < pattern->words; i++)
        if (bits[i])
            return true;
    return false;
}

unsigned pattern_find(const struct pattern *const_pattern, const char *text, size_t length)
{
    struct pattern *pattern = (struct pattern *)const_pattern;
    struct branch *branch = branch_of(pattern, text, length);
    struct branch *best = NULL, *last = NULL;
    for (size_t from = SIZE_MAX; branch; branch = branch->rest) {
        if (!branch->code)
            branch_compile(pattern, branch);
        int found = branch_match(last = branch, pattern->match, (PCRE2_SPTR)text, length);
        pattern_limits_hit += found < PCRE2_ERROR_NOMATCH;
        if (found < 0 || pattern_from(pattern) >= from)
            continue;
        from = pattern_from(pattern);
        best = branch;
        if (from == 0)
            break;
    }
    if (!best)
        return 0;
    if (best != last) /* a later half looked at the text, too */
        branch_match(best, pattern->match, (PCRE2_SPTR)text, length);
    pattern->matched = branch = best;
    if (branch->id)
        return branch->id;
    unsigned id = 0;
    for (PCRE2_SPTR mark = pcre2_get_mark(pattern->match); mark && *mark; mark++)
        id = id * 10 + (*mark - '0');
    return id;
}

size_t pattern_from(const struct pattern *pattern) { return pcre2_get_ovector_pointer(pattern->match)[0]; }
size_t pattern_to(const struct pattern *pattern) { return pcre2_get_ovector_pointer(pattern->match)[1]; }

bool pattern_group(const struct pattern *pattern, const char *name, size_t *from, size_t *to)
{
    PCRE2_SPTR first, last;
    if (!pattern->matched)
        return false;
    int step = pcre2_substring_nametable_scan(pattern->matched->code, (PCRE2_SPTR)name, &first, &last);
    if (step <= 0)
        return false;
    const PCRE2_SIZE *ovector = pcre2_get_ovector_pointer(pattern->match);
    uint32_t pairs = pcre2_get_ovector_count(pattern->match);
    for (PCRE2_SPTR entry = first; entry <= last; entry += step) {
        unsigned group = (unsigned)entry[0] << 8 | entry[1];
        if (group < pairs && ovector[2 * group] != PCRE2_UNSET) {
            *from = ovector[2 * group];
            *to = ovector[2 * group + 1];
            return true;
        }
    }
    return false;
}

const char *pattern_library_version(void)
{
    static char version[64];
    pcre2_config(PCRE2_CONFIG_VERSION, version);
    return version;
}
