#include <criterion/criterion.h>
#include <criterion/redirect.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../extract/base/array.h"
#include "../extract/base/buffer.h"
#include "../extract/base/memo.h"
#include "../extract/base/report.h"

Test(arena, memory_is_zeroed_and_aligned)
{
    struct arena arena = {0};
    for (size_t size = 1; size < 400; size++) {
        unsigned char *memory = arena_alloc(&arena, size);
        cr_assert_eq((uintptr_t)memory % 16, 0);
        for (size_t i = 0; i < size; i++)
            cr_assert_eq(memory[i], 0);
        memset(memory, 0xa5, size);
    }
    arena_release(&arena);
    cr_assert_null(arena.chunks);
}

Test(arena, nothing_needs_no_room)
{
    struct arena arena = {0};
    cr_assert_not_null(arena_alloc(&arena, 0));
    char *before = arena_alloc(&arena, 16);
    for (int i = 0; i < 1000; i++)
        cr_assert_not_null(arena_alloc(&arena, 0));
    char *after = arena_alloc(&arena, 16);
    cr_assert_eq(after - before, 16);
    arena_release(&arena);
}

Test(arena, pieces_do_not_overlap)
{
    struct arena arena = {0};
    unsigned char *pieces[500];
    for (int i = 0; i < 500; i++) {
        pieces[i] = arena_alloc(&arena, 1000);
        memset(pieces[i], i & 0xff, 1000);
    }
    for (int i = 0; i < 500; i++)
        for (int k = 0; k < 1000; k++)
            cr_assert_eq(pieces[i][k], i & 0xff);
    arena_release(&arena);
}

Test(arena, large_pieces)
{
    struct arena arena = {0};
    char *small = arena_copy(&arena, "small", 5);
    char *large = arena_alloc(&arena, 10 << 20);
    large[0] = large[(10 << 20) - 1] = 'x';
    char *behind = arena_copy(&arena, "behind", 6);
    cr_assert_str_eq(small, "small");
    cr_assert_str_eq(behind, "behind");
    arena_release(&arena);
}

Test(arena, copies_end_in_nul)
{
    struct arena arena = {0};
    cr_assert_str_eq(arena_copy(&arena, "项目支出", 6), "项目");
    cr_assert_str_eq(arena_copy(&arena, "x", 0), "");
    cr_assert_str_eq(arena_printf(&arena, "%s-%d%%", "甲", 95), "甲-95%");
    char *blank = arena_printf(&arena, "%*s", 200000, "");
    cr_assert_eq(strlen(blank), 200000);
    arena_release(&arena);
}

Test(arena, reset_keeps_one_chunk_and_zeroes_again)
{
    struct arena arena = {0};
    arena_reset(&arena); /* of an empty one */
    char *first = arena_alloc(&arena, 100);
    memset(first, 'x', 100);
    for (int i = 0; i < 100; i++)
        memset(arena_alloc(&arena, 5000), 'x', 5000);
    arena_reset(&arena);
    char *again = arena_alloc(&arena, 100);
    cr_assert_eq(again, first);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(again[i], 0);
    arena_release(&arena);
}

Test(arena, too_much_ends_the_program, .exit_code = 2, .init = cr_redirect_stderr)
{
    struct arena arena = {0};
    arena_room(&arena, SIZE_MAX - 3);
}

Test(array, grows_and_keeps)
{
    array_of(int) numbers = {0};
    for (int i = 0; i < 10000; i++)
        *array_push(&numbers) = i;
    cr_assert_eq(numbers.count, 10000);
    for (int i = 0; i < 10000; i++)
        cr_assert_eq(numbers.items[i], i);
    array_reserve(&numbers, 50000);
    cr_assert_geq(numbers.room, 50000);
    cr_assert_eq(numbers.items[9999], 9999);
    array_release(&numbers);
    cr_assert_null(numbers.items);
    cr_assert_eq(numbers.count, 0);
}

Test(memo, what_is_found_was_kept)
{
    struct memo *memo = memo_new();
    uint64_t value;
    cr_expect_not(memo_find(memo, 0, "数量指标", strlen("数量指标"), &value));
    memo_keep(memo, 0, "数量指标", strlen("数量指标"), 7);
    cr_assert(memo_find(memo, 0, "数量指标", strlen("数量指标"), &value));
    cr_expect_eq(value, 7);
    cr_expect_not(memo_find(memo, 1, "数量指标", strlen("数量指标"), &value));
    cr_expect_not(memo_find(memo, 0, "数量指标", strlen("数量"), &value));
    size_t found = 0;
    for (unsigned i = 0; i < 100000; i++) { /* far more than it holds */
        char text[16];
        size_t length = (size_t)snprintf(text, sizeof text, "%u", i);
        memo_keep(memo, i % 3, text, length, i);
        cr_assert(memo_find(memo, i % 3, text, length, &value) && value == i);
    }
    for (unsigned i = 0; i < 100000; i++) {
        char text[16];
        size_t length = (size_t)snprintf(text, sizeof text, "%u", i);
        if (memo_find(memo, i % 3, text, length, &value)) {
            cr_assert_eq(value, i);
            found++;
        }
    }
    cr_expect_gt(found, 1000);
    free(memo);
}

Test(memo, too_long_and_empty)
{
    struct memo *memo = memo_new();
    uint64_t value;
    char text[300];
    memset(text, 'x', sizeof text);
    for (size_t length = 0; length <= sizeof text; length++) {
        memo_keep(memo, 0, text, length, length);
        bool is_found = memo_find(memo, 0, text, length, &value);
        cr_assert_eq(is_found, length >= 1 && length <= 54, "%zu", length);
        cr_assert(!is_found || value == length);
    }
    free(memo);
}

Test(buffer, grows_without_a_stream)
{
    struct buffer buffer = {0};
    for (int i = 0; i < 100000; i++) {
        buffer_text(&buffer, "项");
        buffer_char(&buffer, '|');
    }
    cr_assert_eq(buffer.length, 400000);
    for (int i = 0; i < 100000; i++)
        cr_assert_eq(memcmp(buffer.bytes + 4 * i, "项|", 4), 0);
    cr_assert_eq(buffer_flush(&buffer), 0);
    cr_assert_eq(buffer.length, 400000, "nothing to flush to, so all is kept");
    buffer_release(&buffer);
    cr_assert_null(buffer.bytes);
}

Test(buffer, numbers)
{
    static const unsigned long numbers[] = {0, 7, 10, 99, 100, 4294967296, ULONG_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct buffer buffer = {0};
        char expected[32];
        snprintf(expected, sizeof expected, "%lu", numbers[i]);
        buffer_number(&buffer, numbers[i]);
        buffer_char(&buffer, 0);
        cr_assert_str_eq(buffer.bytes, expected);
        buffer_release(&buffer);
    }
}

Test(buffer, a_stream_gets_everything_in_order)
{
    char path[] = "/tmp/buffer-XXXXXX";
    struct buffer buffer = {.descriptor = mkstemp(path), .is_stream = true};
    cr_assert_geq(buffer.descriptor, 0);
    for (unsigned i = 0; i < 300000; i++) {
        char line[16];
        snprintf(line, sizeof line, "%09u\n", i);
        buffer_add(&buffer, line, 10);
    }
    char *large = malloc(1 << 20);
    memset(large, 'x', 1 << 20);
    buffer_add(&buffer, large, 1 << 20);
    cr_assert_leq(buffer.room, 4u << 20, "a stream is not gathered in memory");
    cr_assert_eq(buffer_flush(&buffer), 0);
    cr_assert_eq(buffer.length, 0);
    cr_assert_eq(lseek(buffer.descriptor, 0, SEEK_END), 3000000 + (1 << 20));
    for (unsigned i = 0; i < 300000; i += 999) {
        char line[16], expected[16];
        cr_assert_eq(pread(buffer.descriptor, line, 10, i * 10), 10);
        snprintf(expected, sizeof expected, "%09u\n", i);
        cr_assert_eq(memcmp(line, expected, 10), 0);
    }
    close(buffer.descriptor);
    unlink(path);
    buffer_release(&buffer);
    free(large);
}

Test(buffer, a_failed_write_is_remembered)
{
    int full = open("/dev/full", O_WRONLY);
    cr_assert_geq(full, 0);
    struct buffer buffer = {.descriptor = full, .is_stream = true};
    buffer_text(&buffer, "lost");
    cr_assert_eq(buffer_flush(&buffer), ENOSPC);
    buffer.descriptor = open("/dev/null", O_WRONLY);
    for (int i = 0; i < 1000000; i++)
        buffer_text(&buffer, "dropped");
    cr_assert_leq(buffer.room, 1u << 20);
    cr_assert_eq(buffer_flush(&buffer), ENOSPC, "the first failure stays");
    close(full);
    close(buffer.descriptor);
    buffer_release(&buffer);
}

#define LINE(line) .text = (line), .length = strlen(line)

static void check_reported(const char *expected)
{
    fflush(stderr);
    cr_assert_stderr_eq_str(expected);
}

Test(report, without_a_path, .init = cr_redirect_stderr)
{
    report(REPORT_ERROR, (struct place){0}, "no such file '%s'", "a.txt");
    check_reported("shenbao: error: no such file 'a.txt'\n");
}

Test(report, without_a_line, .init = cr_redirect_stderr)
{
    report(REPORT_WARNING, (struct place){.path = "a.txt", LINE("not shown")}, "empty");
    check_reported("a.txt: warning: empty\n");
}

Test(report, a_place_without_text, .init = cr_redirect_stderr)
{
    report(REPORT_NOTE, (struct place){.path = "a.txt", .line = 12, .column = 3}, "seen %d times", 2);
    check_reported("a.txt:12:3: note: seen 2 times\n");
}

Test(report, the_caret_stands_under_its_column, .init = cr_redirect_stderr)
{
    report(REPORT_ERROR, (struct place){.path = "g", .line = 1, .column = 7, LINE("money total")}, "m");
    check_reported("g:1:7: error: m\nmoney total\n      ^\n");
}

Test(report, wide_characters_take_two_columns, .init = cr_redirect_stderr)
{
    report(REPORT_ERROR, (struct place){.path = "g", .line = 2, .column = 6, LINE("a项目（x）")}, "m");
    check_reported("g:2:6: error: m\na项目（x）\n        ^\n");
}

Test(report, narrow_and_combining_characters, .init = cr_redirect_stderr)
{
    report(REPORT_ERROR, (struct place){.path = "g", .line = 1, .column = 4, LINE("e\xcc\x81é|")}, "m");
    check_reported("g:1:4: error: m\ne\xcc\x81é|\n  ^\n");
}

Test(report, control_characters_are_replaced, .init = cr_redirect_stderr)
{
    static const char line[] = "\ta\x1b[1m\xe2\x80\xae" "b";
    report(REPORT_ERROR, (struct place){.path = "a\nb", .line = 1, .column = 4, LINE(line)}, "odd '%s'",
           "\x1b[31m\r");
    check_reported("a\xef\xbf\xbd" "b:1:4: error: odd '\xef\xbf\xbd[31m\xef\xbf\xbd'\n"
                   " a\xef\xbf\xbd[1m\xef\xbf\xbd" "b\n   ^\n");
}

Test(report, broken_utf8_is_replaced, .init = cr_redirect_stderr)
{
    report(REPORT_ERROR, (struct place){.path = "g", .line = 1, .column = 3, LINE("a\xff" "b")}, "m");
    check_reported("g:1:3: error: m\na\xef\xbf\xbd" "b\n  ^\n");
}

Test(report, only_one_line_is_shown, .init = cr_redirect_stderr)
{
    report(REPORT_ERROR, (struct place){.path = "g", .line = 1, .column = 9, LINE("abc\r\ndef")}, "m");
    check_reported("g:1:9: error: m\nabc\n   ^\n");
}

Test(report, a_long_line_is_cut_around_the_caret, .init = cr_redirect_stderr)
{
    static char line[5000001], expected[1024];
    memset(line, 'x', sizeof line - 1);
    line[2000000] = 'C';
    report(REPORT_ERROR, (struct place){.path = "g", .line = 1, .column = 2000001, LINE(line)}, "m");
    int at = sprintf(expected, "g:1:2000001: error: m\n…");
    memset(expected + at, 'x', 60);
    at += 60;
    expected[at++] = 'C';
    memset(expected + at, 'x', 38);
    at += 38;
    sprintf(expected + at, "…\n%61s^\n", "");
    check_reported(expected);
}

Test(report, a_long_tail_is_cut, .init = cr_redirect_stderr)
{
    static const char head[] = "g:1:1: error: m\n";
    char line[301] = "", expected[1024] = "";
    for (int i = 0; i < 100; i++)
        strcat(line, "项");
    report(REPORT_ERROR, (struct place){.path = "g", .line = 1, .column = 1, LINE(line)}, "m");
    snprintf(expected, sizeof expected, "%s%.150s…\n^\n", head, line);
    check_reported(expected);
}

Test(report, errno_is_left_alone, .init = cr_redirect_stderr)
{
    errno = ENOENT;
    report(REPORT_ERROR, (struct place){0}, "%m");
    cr_assert_eq(errno, ENOENT);
    check_reported("shenbao: error: No such file or directory\n");
}
