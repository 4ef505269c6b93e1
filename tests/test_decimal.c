#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "../extract/base/decimal.h"

static struct arena arena;
static void release(void) { arena_release(&arena); }
TestSuite(decimal, .fini = release);

static struct decimal number(const char *text)
{
    struct decimal d;
    cr_assert(decimal_read(&d, text, strlen(text)), "'%s' is not read", text);
    return d;
}

static void expect_text(struct decimal d, const char *text) { cr_expect_str_eq(decimal_text(&arena, d), text); }

Test(decimal, is_read_and_written)
{
    static const char *const pairs[][2] = {
        {"0", "0"}, {"-0", "0"}, {"0.00", "0"}, {"2820000.00", "2820000"}, {"-3", "-3"}, {"+3", "3"},
        {"1,560,000.50", "1560000.5"}, {"007", "7"}, {"0.5", "0.5"}, {".5", "0.5"}, {"5.", "5"}, {"-0.05", "-0.05"},
        {"0.000000001", "0.000000001"}, {"10.010", "10.01"}, {"1.0000000000000000000000000", "1"},
        {"999999999999999999999999999", "999999999999999999999999999"},
        {"999999999999999999.999999999", "999999999999999999.999999999"},
        {"000000000000000000000000000000000000001", "1"}, {"100", "100"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        expect_text(number(pairs[i][0]), pairs[i][1]);
}

Test(decimal, keeps_the_printed_places)
{
    cr_expect_eq(number("85.60").places, 2);
    cr_expect_eq(number("85").places, 0);
    cr_expect_eq(number("0.00").places, 2);
    cr_expect_eq(number("1.2000").places, 4);
}

Test(decimal, refuses_what_is_none)
{
    static const char *const wrong[] = {"", "-", "+", ".", "-.", "1.2.3", "1 2", "12a", "a", "１", "--1", "1,", ",1",
                                        "1.0,0", "1e5", "0x1", "0.0000000001", "1000000000000000000000000000",
                                        "1000000000000000000.0000000001", "99999999999999999999999999999999999999999999"};
    struct decimal d;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(decimal_read(&d, wrong[i], strlen(wrong[i])), "'%s'", wrong[i]);
    cr_expect(decimal_read(&d, "12345", 2) && d.units == 12, "length bounds it");
}

Test(decimal, adds_and_subtracts)
{
    struct decimal d;
    cr_expect(decimal_add(&d, number("0.1"), number("0.2")) && decimal_compare(d, number("0.3")) == 0);
    cr_expect(decimal_subtract(&d, number("1"), number("0.999999999")));
    expect_text(d, "0.000000001");
    cr_expect(decimal_subtract(&d, number("1.50"), number("4")));
    expect_text(d, "-2.5");
    cr_expect_not(decimal_add(&d, number("999999999999999999999999999"), number("1")), "27 digits are the most");
    cr_expect_not(decimal_add(&d, number("999999999999999999999999999"), number("0.1")), "nor is the sum rounded");
    cr_expect(decimal_subtract(&d, number("999999999999999999999999999"), number("0.0")));
    expect_text(d, "999999999999999999999999999");
    cr_expect_not(decimal_subtract(&d, number("-999999999999999999999999999"), number("1")));
}

Test(decimal, multiplies)
{
    struct decimal d;
    cr_expect(decimal_multiply(&d, number("1.60"), number("58.2")));
    expect_text(d, "93.12");
    cr_expect(decimal_multiply(&d, number("-0.5"), number("0.00002")));
    expect_text(d, "-0.00001");
    cr_expect(decimal_multiply(&d, number("0"), number("999999999999999999999999999")));
    expect_text(d, "0");
    cr_expect(decimal_multiply(&d, number("0.500000000"), number("2.000000000")), "needless zeros are no loss");
    expect_text(d, "1");
    cr_expect(decimal_multiply(&d, number("999999999999999999.000000000"), number("1.000000000")));
    expect_text(d, "999999999999999999");
    cr_expect_not(decimal_multiply(&d, number("0.00001"), number("0.00001")), "ten places are too many");
    cr_expect_not(decimal_multiply(&d, number("100000000000000"), number("10000000000000")));
    cr_expect_not(decimal_multiply(&d, number("999999999999999999999999999"), number("999999999999999999999999999")));
}

Test(decimal, shifts)
{
    struct decimal d;
    cr_expect(decimal_shift(&d, number("85.6"), 4));
    expect_text(d, "856000");
    cr_expect(decimal_shift(&d, number("856000"), -4));
    expect_text(d, "85.6");
    cr_expect(decimal_shift(&d, number("100"), -11));
    expect_text(d, "0.000000001");
    cr_expect_not(decimal_shift(&d, number("1"), -10));
    cr_expect_not(decimal_shift(&d, number("1"), 27));
    cr_expect(decimal_shift(&d, number("1"), 26));
    cr_expect_not(decimal_shift(&d, number("1"), 2000000000));
    cr_expect_not(decimal_shift(&d, number("1"), -2000000000));
    cr_expect(decimal_shift(&d, number("0.00"), 2000000000) && decimal_is_zero(d));
}

Test(decimal, compares)
{
    cr_expect_eq(decimal_compare(number("1.0"), number("1")), 0);
    cr_expect_eq(decimal_compare(number("-1"), number("0.1")), -1);
    cr_expect_eq(decimal_compare(number("0.000000002"), number("0.000000001")), 1);
    cr_expect_eq(decimal_compare(number("999999999999999999999999999"), number("0.000000001")), 1);
    cr_expect_eq(decimal_compare(number("-999999999999999999999999999"), number("999999999999999999999999999")), -1);
    cr_expect(decimal_is_zero(number("-0.00")));
    cr_expect_not(decimal_is_zero(number("0.01")));
    expect_text(decimal_absolute(number("-2.50")), "2.5");
    expect_text(decimal_absolute(number("2.50")), "2.5");
}

Test(decimal, is_near_within_the_rounding_of_the_terms)
{
    struct decimal cent = number("0.01");
    cr_expect(decimal_is_near(number("1.00"), number("1.01"), cent, 1), "a number and its one term: one cent");
    cr_expect_not(decimal_is_near(number("1.00"), number("1.011"), cent, 1));
    cr_expect(decimal_is_near(number("100"), number("99.97"), cent, 5), "six halves");
    cr_expect_not(decimal_is_near(number("100"), number("99.969"), cent, 5));
    cr_expect(decimal_is_near(number("1"), number("1.005"), cent, 0), "half a unit");
    cr_expect_not(decimal_is_near(number("1"), number("1.0051"), cent, 0));
    cr_expect(decimal_is_near(number("2820000"), number("2819900"), number("100"), 1), "万元 with two places");
    cr_expect(decimal_is_near(number("5"), number("5"), number("0"), 3));
    cr_expect_not(decimal_is_near(number("5"), number("5.000000001"), number("0"), 3));
    cr_expect(decimal_is_near(number("999999999999999999999999999"), number("-999999999999999999999999999"),
                              number("999999999999999999999999999"), 1000000000000),
              "what would not fit is surely more");
    cr_expect_not(decimal_is_near(number("999999999999999999999999999"), number("-999999999999999999999999999"),
                                  number("0.000000001"), 1));
}

/* Against whole numbers of 64 bits, where those are enough. */
Test(decimal, agrees_with_whole_numbers)
{
    srand(7);
    for (int i = 0; i < 20000; i++) {
        long a = rand() % 2000001 - 1000000, b = rand() % 2000001 - 1000000;
        unsigned a_places = (unsigned)rand() % 5, b_places = (unsigned)rand() % 5;
        long factors[] = {1, 10, 100, 1000, 10000};
        struct decimal x = {a, a_places}, y = {b, b_places}, sum, product, back;
        long x4 = a * factors[4 - a_places], y4 = b * factors[4 - b_places];
        cr_assert(decimal_add(&sum, x, y) && decimal_multiply(&product, x, y));
        cr_assert_eq(decimal_compare(sum, (struct decimal){x4 + y4, 4}), 0);
        cr_assert_eq(decimal_compare(product, (struct decimal){(__int128)x4 * y4, 8}), 0);
        cr_assert_eq(decimal_compare(x, y), (x4 > y4) - (x4 < y4));
        const char *text = decimal_text(&arena, x);
        cr_assert(decimal_read(&back, text, strlen(text)) && decimal_compare(back, x) == 0, "%s", text);
    }
}
