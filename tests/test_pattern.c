#include <criterion/criterion.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../extract/base/array.h"
#include "../extract/base/buffer.h"
#include "../extract/grammar.h"
#include "../extract/pattern.h"
#include "../extract/text.h"

/* What the header promises: one ordered alternation, compiled as it stands. */

static const uint32_t OPTIONS =
    PCRE2_UTF | PCRE2_EXTENDED | PCRE2_NO_AUTO_CAPTURE | PCRE2_DUPNAMES | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;

static void add_folded(struct buffer *out, const char *text)
{
    for (const char *p = text; *p;) {
        unsigned length;
        uint32_t code = character_decode(p, &length), folded = character_fold(code);
        if (folded != code && folded < 0x80 && strchr("\\^$.|?*+()[]{}-#!\"%&',/:;<=>@_`~", (int)folded))
            buffer_char(out, '\\');
        char bytes[4];
        buffer_add(out, bytes, character_encode(folded, bytes));
        p += length;
    }
}

struct plain {
    pcre2_code *code;
    pcre2_match_data *match;
};

static pcre2_code *compile(const struct buffer *text, uint32_t options)
{
    int number;
    PCRE2_SIZE offset;
    return pcre2_compile((PCRE2_SPTR)text->bytes, text->length, options, &number, &offset, NULL);
}

static bool is_pattern(const char *text)
{
    struct buffer folded = {0};
    buffer_room(&folded, 1);
    add_folded(&folded, text);
    pcre2_code *code = compile(&folded, OPTIONS);
    buffer_release(&folded);
    pcre2_code_free(code);
    return code;
}

static struct plain plain_build(const struct alternative *alternatives, size_t count, enum pattern_reach reach)
{
    struct buffer text = {0};
    for (size_t i = 0; i < count; i++) {
        buffer_text(&text, i ? "|(?:" : "(?:(?:");
        add_folded(&text, alternatives[i].text);
        buffer_text(&text, "\n)(*MARK:");
        buffer_number(&text, alternatives[i].id);
        buffer_char(&text, ')');
    }
    buffer_char(&text, ')');
    uint32_t options = OPTIONS | (reach != PATTERN_SEARCH ? PCRE2_ANCHORED : 0) | (reach == PATTERN_WHOLE ? PCRE2_ENDANCHORED : 0);
    struct plain plain = {compile(&text, options), NULL};
    buffer_release(&text);
    if (plain.code) {
        pcre2_jit_compile(plain.code, PCRE2_JIT_COMPLETE);
        plain.match = pcre2_match_data_create_from_pattern(plain.code, NULL);
    }
    return plain;
}

enum { LIMIT_HIT = 1 << 30 };

static unsigned plain_match(const struct plain *plain, const char *text, size_t length)
{
    int found = pcre2_match(plain->code, (PCRE2_SPTR)text, length, 0, PCRE2_NO_UTF_CHECK, plain->match, NULL);
    if (found < PCRE2_ERROR_NOMATCH)
        return LIMIT_HIT;
    return found < 0 ? 0 : (unsigned)strtoul((const char *)pcre2_get_mark(plain->match), NULL, 10);
}

static void plain_release(struct plain *plain)
{
    pcre2_match_data_free(plain->match);
    pcre2_code_free(plain->code);
}

/* Every group of that name, in the order in which it is asked for. */
static bool plain_group(const struct plain *plain, const char *name, size_t *from, size_t *to)
{
    PCRE2_SPTR first, last;
    int step = pcre2_substring_nametable_scan(plain->code, (PCRE2_SPTR)name, &first, &last);
    const PCRE2_SIZE *ovector = pcre2_get_ovector_pointer(plain->match);
    for (PCRE2_SPTR entry = first; step > 0 && entry <= last; entry += step) {
        unsigned group = (unsigned)entry[0] << 8 | entry[1];
        if (group < pcre2_get_ovector_count(plain->match) && ovector[2 * group] != PCRE2_UNSET) {
            *from = ovector[2 * group];
            *to = ovector[2 * group + 1];
            return true;
        }
    }
    return false;
}

static const char *const group_names[] = {"number", "unit", "note", "year", "month", "day", "first", "second", "name", "amount", "x"};

static void agrees(const struct pattern *pattern, const struct plain *plain, const char *text, size_t length)
{
    unsigned expected = plain_match(plain, text, length), id = pattern_match(pattern, text, length);
    if (expected == LIMIT_HIT)
        return;
    cr_assert_eq(id, expected, "'%.*s': %u, not %u", (int)length, text, id, expected);
    if (!expected)
        return;
    cr_assert(pattern_may_match(pattern, text, length), "'%.*s' may not match, and does", (int)length, text);
    const PCRE2_SIZE *ovector = pcre2_get_ovector_pointer(plain->match);
    cr_assert(pattern_from(pattern) == ovector[0] && pattern_to(pattern) == ovector[1], "'%.*s'", (int)length, text);
    for (size_t i = 0; i < sizeof group_names / sizeof *group_names; i++) {
        size_t from = 0, to = 0, expected_from = 0, expected_to = 0;
        bool is_set = plain_group(plain, group_names[i], &expected_from, &expected_to);
        cr_assert(pattern_group(pattern, group_names[i], &from, &to) == is_set && from == expected_from && to == expected_to,
                  "group %s of '%.*s'", group_names[i], (int)length, text);
    }
}

/* ---- texts: what the patterns are made of, put together anew ---- */

static uint32_t seed = 1;

static uint32_t random_below(uint32_t most)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % most;
}

static array_of(struct alternative) rules;
static array_of(char *) pieces;

static void pieces_add(const char *text)
{
    while (*text) {
        size_t length = 0;
        while (text[length] && !strchr(" \\^$.|?*+()[]{}<>=!:,-#", text[length]))
            length++;
        if (length)
            *array_push(&pieces) = strndup(text, length);
        text += length + (text[length] != 0);
    }
}

static struct grammar *grammar;

static void grammars_read(void)
{
    const char *folder = SOURCE_FOLDER "/grammars";
    grammar = grammar_load(&folder, 1);
    cr_assert(grammar);
    for (size_t i = 1; i <= grammar->count; i++) {
        const struct rule *rule = grammar->rules[i];
        if (!rule->pattern || !is_pattern(rule->pattern))
            continue;
        *array_push(&rules) = (struct alternative){rule->pattern, rule->id};
        pieces_add(rule->pattern);
    }
    cr_assert_gt(rules.count, 200);
}

static void grammars_release(void)
{
    grammar_release(grammar);
    for (size_t i = 0; i < pieces.count; i++)
        free(pieces.items[i]);
    array_release(&pieces);
    array_release(&rules);
}

static size_t random_text(char *text, size_t room)
{
    static const char *const signs[] = {"(", ")", ":", "1", "2024", "年", "12", "月", "%", ".", "-", "—", "/", ",", "万元", "指标", "表", "ICP备", "意见", "a", "的", "√", " "};
    size_t length = 0;
    for (uint32_t count = random_below(5); count; count--) {
        const char *piece = random_below(3) ? pieces.items[random_below((uint32_t)pieces.count)]
                                            : signs[random_below(sizeof signs / sizeof *signs)];
        size_t size = strlen(piece);
        if (length + size >= room)
            break;
        memcpy(text + length, piece, size);
        length += size;
    }
    /* sometimes a character less at either end */
    if (length && random_below(4) == 0)
        do
            length--;
        while (length && ((unsigned char)text[length] & 0xc0) == 0x80);
    text[length] = 0;
    return length;
}

/* How many of the texts matched. */
static unsigned compare(const struct alternative *alternatives, size_t count, enum pattern_reach reach, int rounds)
{
    struct plain plain = plain_build(alternatives, count, reach);
    if (!plain.code)
        return 0; /* each by itself is right, not so together */
    struct pattern *pattern = pattern_build(alternatives, count, reach);
    unsigned matched = 0;
    for (int i = 0; i < rounds; i++) {
        char text[400];
        size_t length = random_text(text, sizeof text);
        agrees(pattern, &plain, text, length);
        matched += pattern_match(pattern, text, length) != 0;
    }
    pattern_release(pattern);
    plain_release(&plain);
    return matched;
}

Test(pattern, is_one_ordered_alternation)
{
    grammars_read();
    for (enum pattern_reach reach = PATTERN_WHOLE; reach <= PATTERN_SEARCH; reach++) {
        unsigned matched = compare(rules.items, rules.count, reach, 20000);
        cr_assert_gt(matched, 2000, "%u", matched);
        matched = 0;
        for (size_t i = 0; i + 7 < rules.count; i += 5)
            matched += compare(rules.items + i, 7, reach, 300);
        cr_assert_gt(matched, 100, "%u", matched);
        for (size_t i = 0; i < rules.count; i++)
            compare(rules.items + i, 1, reach, 40);
    }
    grammars_release();
}

/* Each value as the engine asks for it: its name and its reach. */
Test(pattern, every_text_of_a_rule_is_found)
{
    grammars_read();
    struct pattern *pattern = pattern_build(rules.items, rules.count, PATTERN_WHOLE);
    struct plain plain = plain_build(rules.items, rules.count, PATTERN_WHOLE);
    unsigned matched = 0;
    for (size_t i = 0; i < pieces.count; i++) {
        agrees(pattern, &plain, pieces.items[i], strlen(pieces.items[i]));
        matched += pattern_match(pattern, pieces.items[i], strlen(pieces.items[i])) != 0;
    }
    cr_assert_gt(matched, pieces.count / 4);
    pattern_release(pattern);
    plain_release(&plain);
    grammars_release();
}

/* ---- patterns that somebody might write ---- */

static size_t random_change(char *text, const char *from, size_t room)
{
    static const char *const signs[] = {"(", ")", "(?:", "(?=", "(?!", "(?<x>", "(?<=", "(?i)", "(?>", "(?#", "(*", "[", "]", "[^", "{", "}", "{2}", "{0,3}", "{3,1}", "{,2}",
                                        "|", "?", "*", "+", "^", "$", ".", "\\", "\\d", "\\s", "\\b", "\\p{Han}", "\\p{", "\\Q", "\\K", "\\1", "-", ",", "#", " ", "项", "，",
                                        "（", "）", "［", "＊", "a", "0", "\xe2\x80\x8e"};
    strcpy(text, from);
    for (uint32_t changes = 1 + random_below(3); changes; changes--) {
        size_t length = strlen(text), at = random_below((uint32_t)length + 1);
        while (at && ((unsigned char)text[at] & 0xc0) == 0x80)
            at--;
        size_t to = at;
        for (uint32_t cut = random_below(3); cut && text[to]; cut--)
            do
                to++;
            while (((unsigned char)text[to] & 0xc0) == 0x80);
        const char *sign = signs[random_below(sizeof signs / sizeof *signs)];
        size_t size = random_below(4) ? strlen(sign) : 0;
        if (length + size + 1 > room)
            break;
        memmove(text + at + size, text + to, length - to + 1);
        memcpy(text + at, sign, size);
    }
    return strlen(text);
}

Test(pattern, is_right_exactly_where_pcre2_says_so)
{
    grammars_read();
    unsigned right = 0, wrong = 0;
    for (int round = 0; round < 40; round++)
        for (size_t i = 0; i < rules.count; i++) {
            char text[2000];
            if (strlen(rules.items[i].text) > sizeof text - 100)
                continue;
            random_change(text, rules.items[i].text, sizeof text);
            bool expected = is_pattern(text);
            struct pattern_error error = {0};
            cr_assert_eq(pattern_check(text, &error), expected, "'%s'", text);
            cr_assert(expected || error.message[0]);
            *(expected ? &right : &wrong) += 1;
        }
    cr_assert(right > 1000 && wrong > 1000, "%u right, %u wrong", right, wrong);
    grammars_release();
}

Test(pattern, changed_patterns_are_one_ordered_alternation)
{
    grammars_read();
    unsigned matched = 0;
    for (int round = 0; round < 1500; round++) {
        struct alternative some[4];
        char texts[4][700];
        size_t count = 0;
        for (int tries = 0; count < 4 && tries < 60; tries++) {
            const char *text = rules.items[random_below((uint32_t)rules.count)].text;
            if (strlen(text) > 500)
                continue;
            random_change(texts[count], text, sizeof texts[count]);
            /* groups are called and numbered by their place among all */
            if (strstr(texts[count], "\\1") || !is_pattern(texts[count]))
                continue;
            some[count] = (struct alternative){texts[count], (unsigned)count + 5};
            count++;
        }
        matched += compare(some, count, round % 3 == 0 ? PATTERN_PREFIX : round % 3 == 1 ? PATTERN_WHOLE : PATTERN_SEARCH, 60);
    }
    cr_assert_gt(matched, 1000, "%u", matched);
    grammars_release();
}

/* ---- one thing at a time ---- */

static struct pattern *built(const char *const *texts, size_t count, enum pattern_reach reach)
{
    static struct alternative alternatives[16];
    for (size_t i = 0; i < count; i++)
        alternatives[i] = (struct alternative){texts[i], (unsigned)i + 1};
    return pattern_build(alternatives, count, reach);
}

#define BUILT(reach, ...) \
    built((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), (reach))

static unsigned match(const struct pattern *pattern, const char *text) { return pattern_match(pattern, text, strlen(text)); }

Test(pattern, the_first_alternative_wins)
{
    struct pattern *pattern = BUILT(PATTERN_WHOLE, "项目", "项目(?:名称)?", ".*", "名称");
    cr_assert_eq(match(pattern, "项目"), 1);
    cr_assert_eq(match(pattern, "项目名称"), 2);
    cr_assert_eq(match(pattern, "名称"), 3);
    cr_assert_eq(match(pattern, ""), 3);
    pattern_release(pattern);
    cr_assert_null(pattern_build(NULL, 0, PATTERN_WHOLE));
    cr_assert_eq(pattern_match(NULL, "a", 1), 0);
    cr_assert_not(pattern_may_match(NULL, "a", 1));
    cr_assert_not(pattern_may_begin(NULL, 'a'));
}

Test(pattern, reaches_as_far_as_it_is_told)
{
    struct pattern *whole = BUILT(PATTERN_WHOLE, "\\d+"), *prefix = BUILT(PATTERN_PREFIX, "\\d+"), *search = BUILT(PATTERN_SEARCH, "\\d+");
    cr_assert_eq(match(whole, "12"), 1);
    cr_assert_eq(match(whole, "12a"), 0);
    cr_assert_eq(match(whole, "a12"), 0);
    cr_assert(match(prefix, "12a") == 1 && pattern_to(prefix) == 2);
    cr_assert_eq(match(prefix, "a12"), 0);
    cr_assert(match(search, "ab12c") == 1 && pattern_from(search) == 2 && pattern_to(search) == 4);
    cr_assert_eq(match(search, "ab"), 0);
    pattern_release(whole);
    pattern_release(prefix);
    pattern_release(search);
}

Test(pattern, signs_of_full_width_are_folded_and_mean_nothing_else)
{
    struct pattern *pattern = BUILT(PATTERN_WHOLE, "单位（盖章）", "［＊］＋", "Ａ１？", "甲：乙");
    cr_assert_eq(match(pattern, "单位(盖章)"), 1);
    cr_assert_eq(match(pattern, "单位盖章"), 0);
    cr_assert_eq(match(pattern, "[*]+"), 2);
    cr_assert_eq(match(pattern, "A1?"), 3);
    cr_assert_eq(match(pattern, "A"), 0);
    cr_assert_eq(match(pattern, "甲:乙"), 4);
    pattern_release(pattern);
}

Test(pattern, blanks_and_bars_inside_a_rule_are_pcre2s)
{
    struct pattern *pattern = BUILT(PATTERN_WHOLE, "甲 | 乙 丙 | 丁?", "戊 # behind a sign of number: nothing", "己");
    cr_assert_eq(match(pattern, "甲"), 1);
    cr_assert_eq(match(pattern, "乙丙"), 1);
    cr_assert_eq(match(pattern, "乙 丙"), 0);
    cr_assert_eq(match(pattern, ""), 1);
    cr_assert_eq(match(pattern, "戊"), 2);
    cr_assert_eq(match(pattern, "己"), 3);
    pattern_release(pattern);
}

Test(pattern, names_are_asked_of_the_alternative_that_matched)
{
    struct pattern *pattern = BUILT(PATTERN_WHOLE, "(?<first>\\d+)-(?<second>甲)", "(?<second>乙)(?<first>\\d*)", "丙");
    size_t from, to;
    cr_assert_not(pattern_group(pattern, "first", &from, &to));
    cr_assert_eq(match(pattern, "12-甲"), 1);
    cr_assert(pattern_group(pattern, "first", &from, &to) && from == 0 && to == 2);
    cr_assert(pattern_group(pattern, "second", &from, &to) && from == 3 && to == 6);
    cr_assert_eq(match(pattern, "乙34"), 2);
    cr_assert(pattern_group(pattern, "first", &from, &to) && from == 3 && to == 5);
    cr_assert_not(pattern_group(pattern, "third", &from, &to));
    cr_assert_eq(match(pattern, "丙"), 3);
    cr_assert_not(pattern_group(pattern, "first", &from, &to));
    pattern_release(pattern);
}

Test(pattern, says_cheaply_what_cannot_match)
{
    struct pattern *pattern = BUILT(PATTERN_WHOLE, "项目(?:名称)?", ".*意见", "[①-③]\\d{2}");
    cr_assert_not(pattern_may_match(pattern, "名称", 6));
    cr_assert_not(pattern_may_match(pattern, "项目名", 9));
    cr_assert_not(pattern_may_match(pattern, "①1", 4));
    cr_assert_not(pattern_may_match(pattern, "看见", 6));
    cr_assert(pattern_may_match(pattern, "项目", 6));
    cr_assert(pattern_may_match(pattern, "有意见", 9));
    cr_assert(pattern_may_match(pattern, "②12", 5));
    cr_assert(pattern_may_begin(pattern, 'x'));
    pattern_release(pattern);
    pattern = BUILT(PATTERN_PREFIX, "☑|☒", "\\[[xX]?\\]", "□");
    cr_assert(pattern_may_begin(pattern, 0x2611) && pattern_may_begin(pattern, '[') && pattern_may_begin(pattern, 0x25a1));
    cr_assert_not(pattern_may_begin(pattern, 'x') || pattern_may_begin(pattern, ']') || pattern_may_begin(pattern, 0x9879));
    cr_assert(match(pattern, "[x]甲") == 2 && pattern_to(pattern) == 3);
    pattern_release(pattern);
}

/* The first texts are matched by the interpreter, later ones by machine code. */
Test(pattern, answers_the_same_again_and_again)
{
    struct pattern *pattern = BUILT(PATTERN_WHOLE, "(?<first>a+)(?<second>b+)", "(?<first>a.*)c");
    for (int i = 0; i < 100; i++) {
        size_t from, to;
        cr_assert(match(pattern, "aabb") == 1 && pattern_group(pattern, "second", &from, &to) && from == 2 && to == 4);
        cr_assert(match(pattern, "aabbc") == 2 && pattern_group(pattern, "first", &from, &to) && from == 0 && to == 4);
        cr_assert_eq(match(pattern, "aabbd"), 0);
    }
    pattern_release(pattern);
}

Test(pattern, a_limit_is_no_match_and_counted)
{
    struct pattern *pattern = BUILT(PATTERN_WHOLE, "(?:a+)+b?c", "a.*d");
    char text[64];
    memset(text, 'a', 60);
    memcpy(text + 60, "xc", 3);
    pattern_limits_hit = 0;
    for (size_t i = 1; i <= 40; i++) {
        cr_assert_eq(match(pattern, text), 0);
        cr_assert_eq(pattern_limits_hit, i);
    }
    cr_assert_eq(match(pattern, "aaac"), 1);
    cr_assert_eq(match(pattern, "aaad"), 2);
    cr_assert_eq(pattern_limits_hit, 40);
    pattern_release(pattern);
}

Test(pattern, mistakes_are_said_with_their_place)
{
    static const struct {
        const char *text;
        size_t offset;
    } cases[] = {{"项目(名称", 13}, {"*", 0}, {"a{3,1}", 6}, {"[z-a]", 3}, {"甲)", 3}, {"\\p{Nothing}", 11}, {"(?<1>a)", 3}, {"(?<=a+)b", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pattern_error error = {.offset = 999};
        cr_assert_not(pattern_check(cases[i].text, &error), "'%s'", cases[i].text);
        cr_assert_gt(strlen(error.message), 5);
        cr_assert_leq(error.offset, strlen(cases[i].text));
    }
    struct pattern_error error;
    cr_assert(pattern_check("", &error));
    cr_assert(pattern_check("(?<unit>元|万元)?[。;]?", &error));
}

/* ---- scales and labels of the grammars ---- */

Test(grammar, units_of_money_are_looked_up)
{
    grammars_read();
    unsigned zeros = 99;
    const struct rule *rule = grammar_scale(grammar, "万元", &zeros);
    cr_assert(rule && zeros == 4 && strncmp(rule->name, "万元/", 7) == 0);
    cr_assert_eq(grammar_scale(grammar, "万", &zeros), rule);
    cr_assert(grammar_scale(grammar, "元", &zeros) && zeros == 0);
    cr_assert(grammar_scale(grammar, "亿元", &zeros) && zeros == 8);
    cr_assert_null(grammar_scale(grammar, "", &zeros));
    cr_assert_null(grammar_scale(grammar, "万元整", &zeros));
    grammars_release();
}

Test(grammar, labels_name_section_and_table)
{
    grammars_read();
    unsigned seen = 0;
    for (size_t i = 1; i <= grammar->count; i++) {
        const struct rule *rule = grammar->rules[i];
        if (strcmp(rule->name, "target") == 0 && rule->word == WORD_TARGET) {
            cr_assert_str_eq(rule->label, "indicators/indicator/target");
            seen++;
        }
        if (strcmp(rule->name, "project-name") == 0 && rule->word == WORD_TEXT) {
            cr_assert_str_eq(rule->label, "header/project-name");
            seen++;
        }
    }
    cr_assert_geq(seen, 2);
    grammars_release();
}

/* The lexicon forgets when it is full, and says the same afterwards. */
Test(grammar, meanings_do_not_depend_on_what_was_asked_before)
{
    grammars_read();
    static const char *const labels[] = {"项目名称", "一级指标", "数量指标", "财政拨款", "合计", "第3页", "无人知道"};
    unsigned before[7];
    for (size_t i = 0; i < 7; i++)
        before[i] = grammar_meaning(grammar, labels[i], strlen(labels[i]));
    cr_assert(before[0] && before[1] && before[2] && before[3] && before[4] && !before[6]);
    for (int i = 0; i < 30000; i++) {
        char text[64];
        int length = snprintf(text, sizeof text, "项目%d名称", i);
        cr_assert_eq(grammar_meaning(grammar, text, (size_t)length), 0);
    }
    for (size_t i = 0; i < 7; i++)
        cr_assert_eq(grammar_meaning(grammar, labels[i], strlen(labels[i])), before[i], "%s", labels[i]);
    grammars_release();
}
