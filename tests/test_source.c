#include <criterion/criterion.h>
#include <criterion/redirect.h>

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../extract/read/source.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* What iconv knows the encodings as. */
static const char *const charsets[ENCODINGS] = {
    [ENCODING_UTF8] = "UTF-8",     [ENCODING_UTF16LE] = "UTF-16LE", [ENCODING_UTF16BE] = "UTF-16BE",
    [ENCODING_GB18030] = "GB18030", [ENCODING_BIG5] = "BIG5-HKSCS",
};

static const char simplified[] =
    "项目支出绩效目标申报表\n项目名称\t青石镇乡村道路养护\n主管部门：青石镇人民政府\n"
    "年度目标：完成道路养护12公里，群众满意度≥95%。\n";
static const char traditional[] =
    "項目支出績效目標申報表\n項目名稱\t青石鎮鄉村道路養護\n主管部門：青石鎮公所\n"
    "年度目標：完成道路養護12公里，群眾滿意度達95%。\n";

struct bytes {
    char *at;
    size_t size;
};

static struct bytes convert(const char *to, const char *from, const char *at, size_t size)
{
    iconv_t converter = iconv_open(to, from);
    cr_assert(converter != (iconv_t)-1);
    struct bytes result = {calloc(1, size * 4 + 16), 0};
    char *in = (char *)at, *out = result.at;
    size_t in_left = size, out_left = size * 4 + 16;
    size_t done = iconv(converter, &in, &in_left, &out, &out_left);
    cr_assert(done != (size_t)-1, "%s from %s: %s at %zu of %zu", to, from, strerror(errno), size - in_left,
              size);
    iconv(converter, NULL, NULL, &out, &out_left);
    iconv_close(converter);
    result.size = (size_t)(out - result.at);
    return result;
}

static struct bytes encoded(enum encoding encoding, const char *text)
{
    return convert(charsets[encoding], "UTF-8", text, strlen(text));
}

static struct source decoded(const void *bytes, size_t size, enum encoding encoding)
{
    struct source source;
    enum source_trouble trouble = source_decode(&source, "input", bytes, size, encoding);
    cr_assert_eq(trouble, SOURCE_FINE, "trouble %d", trouble);
    cr_assert_eq(source.text[source.length], 0);
    return source;
}

static enum source_trouble trouble_of(const void *bytes, size_t size)
{
    struct source source;
    enum source_trouble trouble = source_decode(&source, "input", bytes, size, ENCODINGS);
    if (trouble)
        cr_assert_null(source.text);
    source_release(&source);
    return trouble;
}

static uint32_t next_character(const struct source *source, uint32_t at)
{
    do
        at++;
    while (at < source->length && (source->text[at] & 0xc0) == 0x80);
    return at;
}

/* The bytes of each character must decode to that character, without gaps, and
 * places must be those of a plain count from the start. */
static void check_offsets(const struct source *source)
{
    unsigned line = 1, column = 1, got_line, got_column;
    size_t invalid = 0, last = 0;
    for (uint32_t at = 0, next; at < source->length; at = next) {
        next = next_character(source, at);
        size_t from = source_byte(source, at), to = source_byte(source, next);
        cr_assert_lt(from, to, "offset %u", at);
        cr_assert(at == 0 || from == last, "offset %u: %zu after %zu", at, from, last);
        last = to;
        bool is_invalid = invalid < source->invalid_count && source->invalid[invalid].from == at;
        if (is_invalid) {
            cr_assert_eq(source->invalid[invalid].to, next);
            cr_assert_eq(memcmp(source->text + at, REPLACEMENT, 3), 0);
            invalid++;
        } else {
            const char *piece = (const char *)source->bytes + from;
            struct bytes back = convert("UTF-8", charsets[source->encoding], piece, to - from);
            cr_assert_eq(back.size, next - at, "offset %u", at);
            cr_assert_eq(memcmp(back.at, source->text + at, back.size), 0, "offset %u", at);
            free(back.at);
        }
        source_place(source, at, &got_line, &got_column);
        cr_assert(got_line == line && got_column == column, "offset %u: %u:%u is not %u:%u", at, got_line,
                  got_column, line, column);
        char c = source->text[at];
        if (c == '\n' || (c == '\r' && source->text[next] != '\n')) {
            line++;
            column = 1;
        } else {
            column++;
        }
    }
    cr_assert_eq(invalid, source->invalid_count);
    cr_assert_eq(source_byte(source, source->length), source->size);
    source_place(source, source->length, &got_line, &got_column);
    cr_assert(got_line == line && got_column == column);
}

static void check_detected(const void *bytes, size_t size, enum encoding expected, const char *text)
{
    struct source source = decoded(bytes, size, ENCODINGS);
    cr_assert_eq(source.encoding, expected, "read as %s", encoding_names[source.encoding]);
    if (text)
        cr_assert_str_eq(source.text, text);
    cr_assert_eq(source.invalid_count, 0);
    check_offsets(&source);
    source_release(&source);
}

static void check_text(enum encoding encoding, const char *text)
{
    struct bytes bytes = encoded(encoding, text);
    check_detected(bytes.at, bytes.size, encoding, text);
    free(bytes.at);
}

Test(source, names_of_encodings)
{
    static const struct {
        const char *name;
        enum encoding encoding;
    } names[] = {
        {"utf8", ENCODING_UTF8},         {"UTF-8", ENCODING_UTF8},        {"Utf_8", ENCODING_UTF8},
        {"us-ascii", ENCODING_UTF8},     {"utf-16", ENCODING_UTF16LE},    {"UTF-16LE", ENCODING_UTF16LE},
        {"utf16be", ENCODING_UTF16BE},   {"gbk", ENCODING_GB18030},       {"GB2312", ENCODING_GB18030},
        {"gb_2312-80", ENCODING_GB18030}, {"x-gbk", ENCODING_GB18030},    {"cp936", ENCODING_GB18030},
        {"GB18030", ENCODING_GB18030},   {"EUC-CN", ENCODING_GB18030},    {" gbk ", ENCODING_GB18030},
        {"big5", ENCODING_BIG5},         {"Big5-HKSCS", ENCODING_BIG5},   {"cp950", ENCODING_BIG5},
        {"", ENCODINGS},                 {"latin1", ENCODINGS},           {"gbkk", ENCODINGS},
        {"utf-8; x", ENCODINGS},         {"a-very-long-name-that-nobody-ever-gave", ENCODINGS},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cr_expect_eq(encoding_named(names[i].name, strlen(names[i].name)), names[i].encoding, "'%s'",
                     names[i].name);
    cr_expect_eq(encoding_named("gbk2", 3), ENCODING_GB18030);
    cr_expect_eq(encoding_named("gbk\0", 4), ENCODINGS);
    for (int i = 0; i < ENCODINGS; i++)
        cr_expect_eq(encoding_named(encoding_names[i], strlen(encoding_names[i])), (enum encoding)i);
}

Test(source, every_encoding_is_detected)
{
    check_text(ENCODING_UTF8, simplified);
    check_text(ENCODING_UTF8, traditional);
    check_text(ENCODING_GB18030, simplified);
    check_text(ENCODING_BIG5, traditional);
    check_text(ENCODING_UTF16LE, simplified);
    check_text(ENCODING_UTF16BE, simplified);
    check_text(ENCODING_UTF16LE, traditional);
    check_text(ENCODING_UTF16BE, traditional);
    check_text(ENCODING_UTF16BE, "plain ASCII in two bytes\n");
    check_text(ENCODING_UTF16LE, "项目支出绩效目标"); /* no NUL byte anywhere */
    check_text(ENCODING_GB18030, "项目");
    check_text(ENCODING_GB18030, "总额："); /* nearly UTF-8 */
    check_text(ENCODING_BIG5, "項目名稱");
}

Test(source, byte_order_marks)
{
    static const struct {
        enum encoding encoding;
        const char *mark;
        size_t size;
    } marks[] = {
        {ENCODING_UTF8, "\xef\xbb\xbf", 3},
        {ENCODING_UTF16LE, "\xff\xfe", 2},
        {ENCODING_UTF16BE, "\xfe\xff", 2},
        {ENCODING_GB18030, "\x84\x31\x95\x33", 4},
    };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        struct bytes body = encoded(marks[i].encoding, simplified);
        char *whole = malloc(marks[i].size + body.size);
        memcpy(whole, marks[i].mark, marks[i].size);
        memcpy(whole + marks[i].size, body.at, body.size);
        check_detected(whole, marks[i].size + body.size, marks[i].encoding, simplified);
        struct source source = decoded(whole, marks[i].size + body.size, marks[i].encoding);
        cr_assert_str_eq(source.text, simplified);
        cr_assert_eq(source_byte(&source, 0), marks[i].size);
        source_release(&source);

        source = decoded(marks[i].mark, marks[i].size, ENCODINGS);
        cr_assert_eq(source.length, 0);
        cr_assert_eq(source_byte(&source, 0), marks[i].size);
        source_release(&source);
        free(whole);
        free(body.at);
    }
}

Test(source, a_mark_settles_the_order_of_utf16)
{
    struct source source = decoded("\xfe\xff\x98\x79", 4, ENCODING_UTF16LE);
    cr_assert_eq(source.encoding, ENCODING_UTF16BE);
    cr_assert_str_eq(source.text, "项");
    source_release(&source);
}

Test(source, line_ends)
{
    static const char *const texts[] = {"甲\n乙\n", "甲\r\n乙\r\n丙", "甲\r乙\r",
                                         "\r\n\r\r\n\n甲\n\r乙", "\n", "\r", "甲"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (enum encoding encoding = 0; encoding < ENCODINGS; encoding++) {
            struct bytes bytes = encoded(encoding, texts[i]);
            struct source source = decoded(bytes.at, bytes.size, encoding);
            cr_assert_str_eq(source.text, texts[i]);
            check_offsets(&source);
            source_release(&source);
            free(bytes.at);
        }
    struct source source = decoded("a\r\nb\rc\nd", 8, ENCODINGS);
    unsigned line, column;
    source_place(&source, 7, &line, &column);
    cr_assert(line == 4 && column == 1);
    source_place(&source, 2, &line, &column);
    cr_assert(line == 1 && column == 3);
    source_release(&source);
}

Test(source, a_line_end_may_lie_on_a_checkpoint)
{
    for (size_t before = 1010; before < 1035; before++) {
        char text[4096];
        memset(text, 'x', sizeof text);
        memcpy(text + before, "\r\n\r\n\r\r\n", 7);
        memcpy(text + before + 1024, "\r\r\n\r\n", 5);
        struct source source = decoded(text, sizeof text, ENCODINGS);
        check_offsets(&source);
        source_release(&source);
    }
}

Test(source, checkpoints_in_runs_of_ascii)
{
    for (size_t before = 0; before < 9; before++) {
        char text[5000];
        memset(text, 'x', sizeof text);
        memcpy(text + before, "\xcf\xee", 2);
        struct source source = decoded(text, sizeof text, ENCODING_GB18030);
        check_offsets(&source);
        source_release(&source);
    }
}

Test(source, characters_of_every_size)
{
    /* With four-byte GB18030, surrogate pairs, and a repeat so that checkpoints
     * fall on each place of the pattern. */
    static const char pattern[] = "项a㐀𠀀é😀镕€\n";
    char *text = calloc(400, sizeof pattern);
    for (int i = 0; i < 400; i++)
        memcpy(text + i * (sizeof pattern - 1), pattern, sizeof pattern - 1);
    for (enum encoding encoding = 0; encoding < ENCODING_BIG5; encoding++) {
        struct bytes bytes = encoded(encoding, text);
        struct source source = decoded(bytes.at, bytes.size, encoding);
        cr_assert_str_eq(source.text, text);
        check_offsets(&source);
        source_release(&source);
        free(bytes.at);
    }
    free(text);
}

Test(source, offsets_inside_a_character_mean_its_start)
{
    struct bytes bytes = encoded(ENCODING_GB18030, "a项b");
    struct source source = decoded(bytes.at, bytes.size, ENCODING_GB18030);
    static const size_t expected[] = {0, 1, 1, 1, 3, 4};
    for (uint32_t i = 0; i < 6; i++)
        cr_expect_eq(source_byte(&source, i), expected[i], "offset %u", i);
    unsigned line, column;
    source_place(&source, 3, &line, &column);
    cr_expect_eq(column, 2);
    source_release(&source);
    free(bytes.at);
}

Test(source, big5_with_extensions)
{
    check_text(ENCODING_BIG5, "項目裏的經費由鎮公所負責，恒久使用，功能①完備。\n");
    /* One pair that stands for a letter and its accent. */
    struct source source = decoded("a\x88\x62" "b", 4, ENCODING_BIG5);
    cr_assert_str_eq(source.text, "a\xc3\x8a\xcc\x84" "b");
    cr_assert_eq(source_byte(&source, 1), 1);
    cr_assert_eq(source_byte(&source, 3), 3);
    cr_assert_eq(source_byte(&source, 5), 3);
    cr_assert_eq(source_byte(&source, 6), 4);
    source_release(&source);
}

/* These differ between editions and libraries; ours are those of the decoders
 * that other programs read our byte ranges with. */
Test(source, settled_characters)
{
    static const char bytes[] = "\xa6\xd9\xa8\xbc\xfe\x51\x84\x31\x82\x36\x81\x35\xf4\x37";
    struct source source = decoded(bytes, 14, ENCODING_GB18030);
    cr_assert_str_eq(source.text, "\xee\x9e\x8d\xee\x9f\x87\xee\xa0\x96\xef\xb8\x90\xe1\xb8\xbf");
    source_release(&source);
    source = decoded("\xa2\xcc\xa1\xc3", 4, ENCODING_BIG5);
    cr_assert_str_eq(source.text, "十￣");
    source_release(&source);
}

static void check_page(const char *head, enum encoding written, const char *body, enum encoding expected)
{
    char text[2048];
    snprintf(text, sizeof text, "%s%s", head, body);
    struct bytes bytes = encoded(written, text);
    check_detected(bytes.at, bytes.size, expected, written == expected ? text : NULL);
    free(bytes.at);
}

Test(source, declared_charsets)
{
    static const char gb2312[] = "<html><head><meta charset=\"gb2312\"></head>";
    /* Characters that GB 2312 does not have but GBK does. */
    check_page(gb2312, ENCODING_GB18030, "<p>负责人：朱镕、陶喆</p>", ENCODING_GB18030);
    check_page(gb2312, ENCODING_GB18030, "<p>plain</p>", ENCODING_GB18030);
    check_page("<META HTTP-EQUIV='Content-Type' CONTENT='text/html; charset=Big5'>", ENCODING_BIG5, "項目",
               ENCODING_BIG5);
    check_page("<meta charset = big5 >", ENCODING_BIG5, "abc", ENCODING_BIG5);
    check_page("<?xml version=\"1.0\" encoding='GBK'?><p>", ENCODING_GB18030, "plain</p>", ENCODING_GB18030);
    check_page("<meta charset=utf-16>", ENCODING_UTF8, "plain", ENCODING_UTF8);
    check_page("<meta charset=utf-16>", ENCODING_GB18030, simplified, ENCODING_GB18030);
    check_page("<meta charset=utf-16>", ENCODING_GB18030, "项目。\n", ENCODING_GB18030); /* valid as both */
    check_page("<meta charset=unheard-of>", ENCODING_GB18030, simplified, ENCODING_GB18030);
    /* Too short to tell without the declaration. */
    struct bytes bytes = encoded(ENCODING_BIG5, "<meta charset=big5>一");
    check_detected(bytes.at, bytes.size, ENCODING_BIG5, "<meta charset=big5>一");
    free(bytes.at);
    /* Good as both, and looks more like the other. */
    check_detected("<meta charset=big5>\xc9\xa2\xd0\xc4", 23, ENCODING_BIG5, NULL);
    check_detected("\xc9\xa2\xd0\xc4", 4, ENCODING_GB18030, "散心");
    /* No tag, no declaration. */
    check_page("charset=big5 ", ENCODING_UTF8, "plain", ENCODING_UTF8);
}

Test(source, declarations_that_the_bytes_contradict)
{
    check_page("<meta charset=gb2312>", ENCODING_UTF8, "<p>乡村道路</p>", ENCODING_UTF8);
    check_page("<meta charset=gbk>", ENCODING_UTF8, simplified, ENCODING_UTF8);
    check_page("<meta charset=gbk>", ENCODING_UTF8, "项目", ENCODING_UTF8); /* valid as both */
    check_page("<meta charset=utf-8>", ENCODING_GB18030, simplified, ENCODING_GB18030);
    check_page("<meta charset=utf-8>", ENCODING_BIG5, traditional, ENCODING_BIG5);
    check_page("<meta charset=gbk>", ENCODING_UTF16LE, simplified, ENCODING_UTF16LE);
    check_page("<meta charset=gbk>", ENCODING_UTF8, "éééééééé “ x", ENCODING_UTF8);
    /* Behind the head nobody looks; blanks are not counted. */
    char late[6000];
    memset(late, 'x', sizeof late);
    strcpy(late + 5000, "<meta charset=gbk>");
    check_detected(late, strlen(late), ENCODING_UTF8, late);
    char blanks[5000] = "";
    memset(blanks, ' ', sizeof blanks - 1);
    strcpy(late, blanks);
    strcat(late, "<meta charset=gbk>\xcf\xee\xc4\xbf");
    check_detected(late, strlen(late), ENCODING_GB18030, NULL);
    check_detected(late + 4019, strlen(late + 4019), ENCODING_GB18030, NULL);
    strcpy(late, blanks + 1);
    strcat(late, "\xcf\xee\xc4\xbf\n");
    check_detected(late, strlen(late), ENCODING_GB18030, NULL);
}

Test(source, what_the_user_says_wins)
{
    struct bytes bytes = encoded(ENCODING_UTF8, "<meta charset=big5>项目");
    struct source source = decoded(bytes.at, bytes.size, ENCODING_GB18030);
    cr_assert_eq(source.encoding, ENCODING_GB18030);
    cr_assert_str_eq(source.text, "<meta charset=big5>椤圭洰");
    source_release(&source);
    free(bytes.at);
}

static void check_broken(enum encoding encoding, const void *bytes, size_t size, const char *text,
                         size_t invalid)
{
    struct source source = decoded(bytes, size, encoding);
    cr_expect_str_eq(source.text, text);
    cr_expect_eq(source.invalid_count, invalid, "%zu for '%s'", source.invalid_count, text);
    check_offsets(&source);
    source_release(&source);
}

#define BROKEN(encoding, bytes, text, invalid) check_broken(encoding, bytes, sizeof(bytes) - 1, text, invalid)
#define R REPLACEMENT

Test(source, broken_utf8)
{
    BROKEN(ENCODING_UTF8, "a\x80z", "a" R "z", 1);
    BROKEN(ENCODING_UTF8, "a\xffz", "a" R "z", 1);
    BROKEN(ENCODING_UTF8, "a\xc0\xafz", "a" R R "z", 2);         /* overlong */
    BROKEN(ENCODING_UTF8, "a\xe0\x9f\xbfz", "a" R R R "z", 3);   /* overlong */
    BROKEN(ENCODING_UTF8, "a\xf0\x8f\xbf\xbfz", "a" R R R R "z", 4);
    BROKEN(ENCODING_UTF8, "a\xed\xa0\x80z", "a" R R R "z", 3);   /* surrogate */
    BROKEN(ENCODING_UTF8, "a\xf4\x90\x80\x80z", "a" R R R R "z", 4); /* behind the last */
    BROKEN(ENCODING_UTF8, "a\xf4\x8f\xbf\xbfz", "a\xf4\x8f\xbf\xbfz", 0);
    BROKEN(ENCODING_UTF8, "a\xed\x9f\xbf\xee\x80\x80z", "a\xed\x9f\xbf\xee\x80\x80z", 0);
    BROKEN(ENCODING_UTF8, "项\xe9\xa1", "项" R R, 2);            /* cut off */
    BROKEN(ENCODING_UTF8, "项\xe9\xa1项", "项" R R "项", 2);
    BROKEN(ENCODING_UTF8, "项\xf0\xa0\x80", "项" R R R, 3);
    BROKEN(ENCODING_UTF8, "a" R "b\xff", "a" R "b" R, 1);       /* a printed U+FFFD is not broken */
    struct source source = decoded("a" R "b\xff", 6, ENCODING_UTF8);
    cr_assert(source.invalid[0].from == 5 && source.invalid[0].to == 8);
    source_release(&source);
}

/* One byte of a text is another: wrong UTF-8 or not, as iconv says. */
Test(source, every_byte_of_utf8_is_looked_at)
{
    static const char text[] = "1.项目é支出\t绩效目标申报表，𠮷林࠰省퟿\uE000 aé项a目标完成道路养护12公里项目";
    static const unsigned char others[] = {'a', 0x80, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xe4, 0xed, 0xef, 0xf0, 0xf4, 0xf5};
    iconv_t converter = iconv_open("UTF-16LE", "UTF-8");
    cr_assert(converter != (iconv_t)-1);
    for (size_t i = 0; i < sizeof text - 1; i++)
        for (size_t k = 0; k < sizeof others; k++) {
            char bytes[sizeof text], wide[4 * sizeof text];
            memcpy(bytes, text, sizeof text);
            bytes[i] = (char)others[k];
            char *in = bytes, *out = wide;
            size_t in_left = sizeof text - 1, out_left = sizeof wide;
            iconv(converter, NULL, NULL, NULL, NULL);
            bool is_right = iconv(converter, &in, &in_left, &out, &out_left) != (size_t)-1;
            struct source source = decoded(bytes, sizeof text - 1, ENCODING_UTF8);
            cr_expect_eq(source.invalid_count == 0, is_right, "%02x at %zu", others[k], i);
            cr_expect(!is_right || strcmp(source.text, bytes) == 0);
            source_release(&source);
        }
    iconv_close(converter);
}

Test(source, broken_gb18030)
{
    BROKEN(ENCODING_GB18030, "a\x80z", "a" R "z", 1);
    BROKEN(ENCODING_GB18030, "a\xffz", "a" R "z", 1);
    BROKEN(ENCODING_GB18030, "a\xcf ", "a" R " ", 1);
    BROKEN(ENCODING_GB18030, "\xcf\xee\xc4", "项" R, 1);
    BROKEN(ENCODING_GB18030, "\xcf\xee\x81\x30\x81", "项" R "0" R, 2);
    BROKEN(ENCODING_GB18030, "\x81\x30\x81z", R "0" "亃", 1); /* 81 7a is a character */
    BROKEN(ENCODING_GB18030, "\xfe\x39\xfe\x39", R "9" R "9", 2);
    BROKEN(ENCODING_GB18030, "\xe3\x32\x9a\x35", "\xf4\x8f\xbf\xbf", 0);
    BROKEN(ENCODING_GB18030, "\xe3\x32\x9a\x36", R "2" R "6", 2);
}

Test(source, broken_big5)
{
    BROKEN(ENCODING_BIG5, "a\x80z", "a" R "z", 1);
    BROKEN(ENCODING_BIG5, "\xb6\xb5\xa5", "項" R, 1);
    BROKEN(ENCODING_BIG5, "\xb6 \xb6\xb5", R " 項", 1);
    BROKEN(ENCODING_BIG5, "\xb6\xb5\x81\xa1\xb6\xb5", "項" R "項", 1); /* a free pair */
}

Test(source, broken_utf16)
{
    BROKEN(ENCODING_UTF16LE, "a\0\x00\xd8z\0", "a" R "z", 1);
    BROKEN(ENCODING_UTF16LE, "a\0\x00\xdcz\0", "a" R "z", 1);
    BROKEN(ENCODING_UTF16LE, "\x00\xd8\x40\xd8\x00\xdc", R "𠀀", 1);
    BROKEN(ENCODING_UTF16BE, "\xd8\x40", R, 1);
    BROKEN(ENCODING_UTF16BE, "\xd8\x40\xdc\x00\xdc\x00", "𠀀" R, 1);
    BROKEN(ENCODING_UTF16BE, "\0a\0", "a" R, 1);
    BROKEN(ENCODING_UTF16LE, "a\0\0\0b\0", "a" R "b", 1);
}

Test(source, broken_bytes_leave_the_detection_alone)
{
    static const struct {
        enum encoding encoding;
        const char *text, *damage;
    } cases[] = {
        {ENCODING_UTF8, simplified, "\xff"},    {ENCODING_UTF8, simplified, "\xe9\xa1"},
        {ENCODING_GB18030, simplified, "\xff"}, {ENCODING_GB18030, simplified, "\xc4"},
        {ENCODING_BIG5, traditional, "\xff"},   {ENCODING_BIG5, traditional, "\xa5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes bytes = encoded(cases[i].encoding, cases[i].text);
        size_t damage = strlen(cases[i].damage);
        memcpy(bytes.at + bytes.size, cases[i].damage, damage);
        struct source source = decoded(bytes.at, bytes.size + damage, ENCODINGS);
        cr_expect_eq(source.encoding, cases[i].encoding, "case %zu", i);
        cr_expect_eq(source.invalid_count, damage);
        cr_expect_eq(strncmp(source.text, cases[i].text, strlen(cases[i].text)), 0);
        source_release(&source);
        free(bytes.at);
    }
}

Test(source, broken_bytes_on_every_checkpoint)
{
    char text[9000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 7 == 3 ? '\xff' : i % 31 == 0 ? '\n' : 'x';
    for (enum encoding encoding = 0; encoding < ENCODINGS; encoding++) {
        struct source source = decoded(text, sizeof text, encoding);
        check_offsets(&source);
        if (encoding == ENCODING_UTF8 || encoding == ENCODING_GB18030)
            cr_assert_eq(source.invalid_count, (sizeof text + 3) / 7);
        source_release(&source);
    }
}

Test(source, a_few_nul_bytes_are_no_binary)
{
    char text[sizeof simplified + 2];
    memcpy(text, simplified, sizeof simplified); /* its NUL with it */
    text[sizeof simplified] = 'z';
    struct source source = decoded(text, sizeof simplified + 1, ENCODINGS);
    cr_assert_eq(source.encoding, ENCODING_UTF8);
    cr_assert_eq(source.invalid_count, 1);
    cr_assert_eq(source.invalid[0].from, sizeof simplified - 1);
    cr_assert_str_eq(source.text + sizeof simplified - 1, R "z");
    check_offsets(&source);
    source_release(&source);
    BROKEN(ENCODINGS, "abcd\0efgh", "abcd" R "efgh", 1);
}

Test(source, binary_content)
{
    static const struct {
        const char *bytes;
        size_t size;
    } magics[] = {
        {"PK\3\4 and so on", 14},   {"%PDF-1.7\n", 9},          {"\x89PNG\r\n\x1a\n", 8}, {"GIF89a", 6},
        {"\xff\xd8\xff\xe0", 4},    {"\x1f\x8b\x08 text", 8},   {"\x7f" "ELF", 4},
        {"SQLite format 3\0", 16},  {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8},
    };
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        cr_expect_eq(trouble_of(magics[i].bytes, magics[i].size), SOURCE_BINARY, "magic %zu", i);
    char noise[5000] = {0};
    cr_expect_eq(trouble_of(noise, sizeof noise), SOURCE_BINARY);
    cr_expect_eq(trouble_of(noise, 8), SOURCE_BINARY);
    unsigned state = 1;
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)((state = state * 1103515245 + 12345) >> 16);
    cr_expect_eq(trouble_of(noise, sizeof noise), SOURCE_BINARY);
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = i % 4 ? 0 : 'a'; /* UTF-32 */
    cr_expect_eq(trouble_of(noise, sizeof noise), SOURCE_BINARY);
    memset(noise, 0xff, sizeof noise);
    cr_expect_eq(trouble_of(noise, sizeof noise), SOURCE_BINARY);
    cr_expect_eq(trouble_of("PK is no magic", 14), SOURCE_FINE);
    cr_expect_eq(trouble_of("%PDF", 4), SOURCE_FINE);
}

Test(source, nothing_at_all)
{
    struct source source = decoded(NULL, 0, ENCODINGS);
    unsigned line, column;
    cr_assert_eq(source.length, 0);
    cr_assert_str_eq(source.text, "");
    cr_assert_eq(source.encoding, ENCODING_UTF8);
    cr_assert_eq(source_byte(&source, 0), 0);
    source_place(&source, 0, &line, &column);
    cr_assert(line == 1 && column == 1);
    cr_assert_str_eq(source.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    source_release(&source);
    for (enum encoding encoding = 0; encoding < ENCODINGS; encoding++) {
        source = decoded("", 0, encoding);
        cr_assert_eq(source.encoding, encoding);
        cr_assert_eq(source.length, 0);
        source_release(&source);
    }
}

Test(source, digest)
{
    struct source source = decoded("abc", 3, ENCODINGS);
    cr_assert_str_eq(source.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    source_release(&source);
}

Test(source, media_types)
{
    static const struct {
        const char *href, *text, *media_type;
    } cases[] = {
        {"a.html", "x", "text/html"},
        {"a.HTM", "x", "text/html"},
        {"a.xhtml", "x", "text/html"},
        {"a.md", "<html>", "text/markdown"},
        {"dir.html/a.markdown", "x", "text/markdown"},
        {"a.txt", "<html>", "text/plain"},
        {"-", "\n  <!DOCTYPE html><p>", "text/html"},
        {"a", "<HTML lang=zh>", "text/html"},
        {"a", "<?xml version='1.0'?><!-- note --><html>", "text/html"},
        {"a", "<htmlx>", "text/plain"},
        {"a", "text with <html> inside", "text/plain"},
        {"a", "<!-- never closed <html>", "text/plain"},
        {"a", "", "text/plain"},
        {"html", "x", "text/plain"},
        {".md", "x", "text/plain"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct source source;
        size_t size = strlen(cases[i].text);
        cr_assert_eq(source_decode(&source, cases[i].href, cases[i].text, size, ENCODINGS), SOURCE_FINE);
        cr_expect_str_eq(source.media_type, cases[i].media_type, "case %zu", i);
        source_release(&source);
    }
}

/* A file for one test, gone with file_remove(). */
static char file_path[64];

static void file_write(const void *bytes, size_t size)
{
    strcpy(file_path, "/tmp/source-XXXXXX");
    int descriptor = mkstemp(file_path);
    cr_assert_geq(descriptor, 0);
    for (size_t done = 0; done < size;) {
        ssize_t count = write(descriptor, (const char *)bytes + done, size - done);
        cr_assert_gt(count, 0);
        done += (size_t)count;
    }
    close(descriptor);
}

static void file_remove(void) { unlink(file_path); }

Test(source, files, .fini = file_remove)
{
    static const size_t sizes[] = {0, 1, 4096, 262143, 262144, 262145, 270336, 1000003};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *bytes = malloc(sizes[i] + 1);
        memset(bytes, 'x', sizes[i]);
        for (size_t at = 0; at + 3 < sizes[i]; at += 100)
            memcpy(bytes + at, "项\n", 4);
        file_write(bytes, sizes[i]);
        struct source source;
        cr_assert_eq(source_read(&source, file_path, ENCODINGS), SOURCE_FINE);
        cr_assert_eq(source.size, sizes[i]);
        cr_assert_eq(source.length, sizes[i]);
        cr_assert_eq(source.text[source.length], 0);
        cr_assert_eq(memcmp(source.text, bytes, sizes[i]), 0);
        cr_assert_str_eq(source.href, file_path);
        cr_assert_eq(source.is_mapped, sizes[i] >= 262144);
        /* Behind a file that fills its pages there is no NUL. */
        cr_assert_eq(source.text_is_owned, source.is_mapped && sizes[i] % (size_t)sysconf(_SC_PAGESIZE) == 0);
        source_release(&source);
        cr_assert_null(source.bytes);
        file_remove();
        free(bytes);
    }
}

Test(source, troubles_with_files, .fini = file_remove)
{
    struct source source;
    cr_expect_eq(source_read(&source, "/tmp", ENCODINGS), SOURCE_DIRECTORY);
    errno = 0;
    cr_expect_eq(source_read(&source, "/nonexistent/form.txt", ENCODINGS), SOURCE_UNREADABLE);
    cr_expect_eq(errno, ENOENT);
    cr_expect_null(source.text);
    errno = 0;
    cr_expect_eq(source_read(&source, "", ENCODINGS), SOURCE_UNREADABLE);
    cr_expect_eq(errno, ENOENT);

    file_write("PK\3\4", 4);
    cr_expect_eq(source_read(&source, file_path, ENCODINGS), SOURCE_BINARY);
    cr_expect_null(source.bytes);
    cr_expect_eq(truncate(file_path, 1 << 30), 0); /* sparse */
    cr_expect_eq(source_read(&source, file_path, ENCODINGS), SOURCE_TOO_LARGE);
    cr_expect_null(source.bytes);
}

Test(source, pipes)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    struct bytes bytes = encoded(ENCODING_GB18030, simplified);
    pid_t child = fork();
    if (!child) {
        for (size_t i = 0; i < bytes.size; i += 7) /* in small pieces */
            if (write(ends[1], bytes.at + i, bytes.size - i < 7 ? bytes.size - i : 7) < 0)
                _exit(1);
        _exit(0);
    }
    close(ends[1]);
    cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    struct source source;
    cr_assert_eq(source_read(&source, "-", ENCODINGS), SOURCE_FINE);
    cr_assert_str_eq(source.text, simplified);
    cr_assert_str_eq(source.href, "-");
    cr_assert_eq(source.size, bytes.size);
    check_offsets(&source);
    source_release(&source);
    waitpid(child, NULL, 0);
    free(bytes.at);
}

static void check_long_line(enum encoding encoding)
{
    /* 3 million characters: a digit and two ideographs, again and again. */
    enum { ROUNDS = 1000000, LOOKUPS = 100000 };
    struct bytes unit = encoded(encoding, "1项目");
    char *bytes = malloc(unit.size * ROUNDS);
    for (size_t i = 0; i < ROUNDS; i++)
        memcpy(bytes + i * unit.size, unit.at, unit.size);
    struct source source = decoded(bytes, unit.size * ROUNDS, encoding);
    cr_assert_eq(source.length, 7u * ROUNDS);
    clock_t start = clock();
    for (unsigned i = 0; i < LOOKUPS; i++) {
        uint32_t round = i * 2654435761u % ROUNDS;
        unsigned line, column;
        source_place(&source, round * 7 + 4, &line, &column);
        cr_assert(line == 1 && column == round * 3 + 3);
        size_t byte = source_byte(&source, (round + 1) * 7);
        cr_assert_eq(byte, (round + 1) * unit.size);
    }
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    cr_assert_lt(seconds, 10, "%d lookups took %.1f s", LOOKUPS, seconds);
    source_release(&source);
    free(bytes);
    free(unit.at);
}

Test(source, long_line_of_utf8, .timeout = 120) { check_long_line(ENCODING_UTF8); }
Test(source, long_line_of_gb18030, .timeout = 120) { check_long_line(ENCODING_GB18030); }
Test(source, long_line_of_utf16, .timeout = 120) { check_long_line(ENCODING_UTF16BE); }
