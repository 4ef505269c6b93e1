/* Forms compared over the years: which are one project, and what is found. The rules'
 * own cases are in corpus/checks; here are those that need several of them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "comparing.h"
#include "extract.h"
#include "grammar.h"
#include "years.h"

#define PLANTED SOURCE_FOLDER "/../shared/forms/years"

static struct grammar *grammar;

static void setup(void)
{
    const char *path = SOURCE_FOLDER "/grammars";
    grammar = grammar_load(&path, 1);
    cr_assert_not_null(grammar);
}

static void teardown(void) { grammar_release(grammar); }

TestSuite(years, .init = setup, .fini = teardown);

static void add(void *forms, const struct form *form, const struct findings *findings)
{
    (void)findings;
    forms_add(forms, form);
}

static void source_add(struct forms *forms, struct source *source)
{
    const struct sink sink = {.context = forms, .declaration = add};
    extract_to(source, grammar, &sink, NULL);
    source_release(source);
}

static void text_add(struct forms *forms, const char *name, const char *text)
{
    struct source source;
    cr_assert_eq(source_decode(&source, name, text, strlen(text), ENCODING_UTF8), SOURCE_FINE);
    source_add(forms, &source);
}

static void file_add(struct forms *forms, const char *path)
{
    struct source source;
    cr_assert_eq(source_read(&source, path, ENCODINGS), SOURCE_FINE, "%s", path);
    source_add(forms, &source);
}

/* The same by way of an extraction. */
static void extraction_add(struct forms *forms, const char *path)
{
    struct source source;
    cr_assert_eq(source_read(&source, path, ENCODINGS), SOURCE_FINE, "%s", path);
    struct buffer out = {0};
    struct writer writer = {.format = FORMAT_XML, .source = &source, .out = &out};
    extract(&source, grammar, &writer);
    char file[] = "/tmp/years-XXXXXX.xml";
    int descriptor = mkstemps(file, 4);
    cr_assert_eq(write(descriptor, out.bytes, out.length), (ssize_t)out.length);
    close(descriptor);
    const char *detail;
    cr_expect(forms_is_extraction(file));
    cr_assert_eq(forms_read(forms, file, &detail), FORMS_FINE, "%s: %s", path, detail);
    unlink(file);
    buffer_release(&out);
    source_release(&source);
}

/* "2022 restated error fail" for each finding, a line each. */
static const char *told(const struct findings *findings)
{
    static char text[8192];
    size_t length = 0;
    text[0] = 0;
    for (size_t i = 0; i < findings->items.count && length < sizeof text - 200; i++) {
        const struct finding *finding = &findings->items.items[i];
        cr_expect(*finding->zh && *finding->en && finding->side_count, "a finding without words or sides");
        length += (size_t)snprintf(text + length, sizeof text - length, "%s %s %s %s\n",
                                   form_year(finding->sides[0].form), checks[finding->check].name,
                                   severity_names[finding->severity], verdict_names[finding->verdict]);
    }
    return text;
}

static struct years_summary compare(struct forms *forms, struct findings *findings)
{
    static const struct years_options options = {.threshold = {2, 1}};
    struct years_summary summary = years_compare(forms, grammar, &options, findings);
    return summary;
}

/* Documents made of a few fields, compared; what is found must be `expected`. */
static struct years_summary expect(const char *const *documents, size_t count, const char *expected)
{
    struct forms forms = {0};
    struct findings findings = {0};
    char name[32];
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%zu.txt", i + 1);
        text_add(&forms, name, documents[i]);
    }
    struct years_summary summary = compare(&forms, &findings);
    cr_expect_str_eq(told(&findings), expected, "found:\n%sexpected:\n%s", told(&findings), expected);
    findings_release(&findings);
    forms_release(&forms);
    return summary;
}

#define EXPECT(expected, ...)                                                                                \
    expect((const char *const[]){__VA_ARGS__},                                                               \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), (expected))

#define ROWS                                                                                                 \
    "一级指标\t二级指标\t三级指标\t指标值\n产出指标\t数量指标\t清淤渠段\t≥7段\n\t质量指标\t断面合格率\t≥92%\n满意度指标\t服务对象满意度指标\t用水户满意度\t≥86%\n"
#define FORM(year, name, unit, more, money)                                                                  \
    "项目支出绩效目标申报表\n（" year "年度）\n金额单位：万元\n项目名称\t" name "\n实施单位\t" unit          \
    "\n" more "项目资金\t年度资金总额\t" money "\n" ROWS

/* ---- the planted ones ---- */

static const char planted[] =
    "2022 unit-slip error fail\n2023 continuity warning fail\n2023 unit-slip error fail\n"
    "2023 measure-changed warning fail\n2022 digit-slip warning fail\n2022 cumulative warning fail\n"
    "2023 target-lowered warning fail\n2023 stale-year error fail\n";

static bool has_planted(void)
{
    if (access(PLANTED "/2021.txt", R_OK) == 0)
        return true;
    fprintf(stderr, "skipped: " PLANTED " is not here\n");
    return false;
}

Test(years, planted_inconsistencies_and_nothing_else)
{
    if (!has_planted())
        cr_skip_test("no sample documents");
    struct forms forms = {0};
    struct findings findings = {0};
    file_add(&forms, PLANTED "/2021.txt");
    file_add(&forms, PLANTED "/2022.txt");
    file_add(&forms, PLANTED "/2023.txt");
    struct years_summary summary = compare(&forms, &findings);
    cr_expect_str_eq(told(&findings), planted, "%s", told(&findings));
    cr_expect(summary.forms == 6 && summary.projects == 2 && summary.pairs == 4 && !summary.unmatched &&
              !summary.duplicates);
    findings_release(&findings);
    forms_release(&forms);
}

static void expect_same(const struct findings *a, const struct findings *b)
{
    cr_assert_eq(a->items.count, b->items.count);
    for (size_t i = 0; i < a->items.count; i++) {
        const struct finding *x = &a->items.items[i], *y = &b->items.items[i];
        cr_expect_str_eq(x->zh, y->zh);
        cr_expect_str_eq(x->en, y->en);
        cr_expect(x->severity == y->severity && x->verdict == y->verdict && x->side_count == y->side_count);
        for (size_t k = 0; k < x->side_count && k < y->side_count; k++) {
            const struct node *p = x->sides[k].node, *q = y->sides[k].node;
            cr_expect_str_eq(x->sides[k].form->origin->path, y->sides[k].form->origin->path);
            cr_expect_eq(!p, !q);
            cr_expect(!p || !q ||
                      (p->order == q->order && p->provenance->line == q->provenance->line &&
                       p->provenance->column == q->provenance->column));
        }
    }
    cr_expect_arr_eq(a->counts, b->counts, sizeof a->counts);
}

Test(years, extractions_and_any_order_say_the_same)
{
    if (!has_planted())
        cr_skip_test("no sample documents");
    struct forms straight = {0}, mixed = {0};
    struct findings first = {0}, second = {0};
    file_add(&straight, PLANTED "/2021.txt");
    file_add(&straight, PLANTED "/2022.txt");
    file_add(&straight, PLANTED "/2023.txt");
    extraction_add(&mixed, PLANTED "/2023.txt");
    file_add(&mixed, PLANTED "/2021.txt");
    extraction_add(&mixed, PLANTED "/2022.txt");
    compare(&straight, &first);
    compare(&mixed, &second);
    expect_same(&first, &second);
    findings_release(&first);
    findings_release(&second);
    forms_release(&straight);
    forms_release(&mixed);
}

/* ---- which forms are one project ---- */

Test(years, width_blanks_and_years_in_a_name)
{
    struct years_summary summary =
        EXPECT("", FORM("2021", "砚溪灌区2021年度清淤（含管护）", "砚溪灌区管理所", "", "12.00"),
               FORM("2022", "砚溪灌区 2022年度清淤(含管护)", "砚溪灌区 管理所", "", "12.60"));
    cr_expect_eq(summary.pairs, 1);
    cr_expect_eq(summary.projects, 1);
}

Test(years, a_code_before_the_unit)
{
    struct years_summary summary =
        EXPECT("", FORM("2021", "砚溪灌区清淤", "砚溪灌区管理所", "", "12.00"),
               FORM("2022", "砚溪灌区清淤", "[307011]砚溪灌区管理所", "", "12.60"));
    cr_expect_eq(summary.pairs, 1);
}

Test(years, phases_are_projects_of_their_own)
{
    struct years_summary summary =
        EXPECT("", FORM("2021", "砚溪灌区干渠清淤（一期）", "砚溪灌区管理所", "", "12.00"),
               FORM("2022", "砚溪灌区干渠清淤（二期）", "砚溪灌区管理所", "", "34.00"));
    cr_expect_eq(summary.pairs, 0);
    cr_expect_eq(summary.unmatched, 2);
}

Test(years, one_name_of_two_units)
{
    struct years_summary summary = EXPECT("", FORM("2021", "校舍维修", "东浦小学", "", "12.00"),
                                          FORM("2021", "校舍维修", "西浦小学", "", "90.00"),
                                          FORM("2022", "校舍维修", "西浦小学", "", "91.00"),
                                          FORM("2022", "校舍维修", "东浦小学", "", "12.10"));
    cr_expect_eq(summary.projects, 2);
    cr_expect_eq(summary.pairs, 2);
}

Test(years, neighbours_of_alike_names_are_not_guessed)
{
    struct years_summary summary = EXPECT("2021 ambiguous-match info refused\n",
                                          FORM("2021", "东街小学校舍维修工程", "苇塘镇教办", "", "12.00"),
                                          FORM("2022", "西街小学校舍维修工程", "苇塘镇教办", "", "90.00"));
    cr_expect_eq(summary.pairs, 0);
    EXPECT(
        "2021 ambiguous-match info refused\n",
        FORM("2021", "桂园小区加装电梯补助", "苇塘镇城建办", "项目负责人\t沈听澜\n", "12.00"),
        "项目支出绩效目标申报表\n（2022年度）\n金额单位：万元\n项目名称\t松园小区加装电梯补助\n实施单位\t苇塘镇城建办\n项目资金\t年度资金总额\t90.00\n");
}

Test(years, a_close_name_that_more_bears_out)
{
    struct years_summary summary =
        EXPECT("", FORM("2021", "砚溪灌区干渠清淤管护补贴", "砚溪灌区管理所", "", "12.00"),
               FORM("2022", "砚溪灌区干渠清淤管护补贴项目", "砚溪灌区管理所", "", "12.60"));
    cr_expect_eq(summary.pairs, 1);
}

static const char *named(char *text, size_t room, const char *year, const char *name, const char *money)
{
    snprintf(text, room,
             "项目支出绩效目标申报表\n（%s年度）\n金额单位：万元\n项目名称\t%s\n实施单位\t砚溪灌区管理所\n"
             "项目负责人\t沈听澜\n项目资金\t年度资金总额\t%s\n%s",
             year, name, money, ROWS);
    return text;
}

/* A word in the place of another, or one that tells siblings apart, may make two projects of
 * one: the same person, total and indicators then say nothing. */
Test(years, names_that_differ_by_a_word_are_refused)
{
    static const char *const twins[][2] = {
        {"城市居民最低生活保障金", "农村居民最低生活保障金"},
        {"春季动物防疫经费", "秋季动物防疫经费"},
        {"男职工健康体检经费", "女职工健康体检经费"},
        {"镇级河道保洁养护经费", "村级河道保洁养护经费"},
        {"老旧小区加装电梯一期工程", "老旧小区加装电梯二期工程"},
        {"砚溪灌区东岸绿地养护经费", "砚溪灌区西岸绿地养护经费"},
        {"居民最低生活保障金发放", "农村居民最低生活保障金发放"},
        {"砚溪镇中心卫生院医疗设备购置更新项目", "砚溪镇中心卫生院办公设备购置更新项目"},
    };
    for (size_t i = 0; i < sizeof twins / sizeof *twins; i++) {
        char old[2048], new[2048];
        struct years_summary summary =
            EXPECT("2021 ambiguous-match info refused\n",
                   named(old, sizeof old, "2021", twins[i][0], "12.00"),
                   named(new, sizeof new, "2022", twins[i][1], "90.00"));
        cr_expect_eq(summary.pairs, 0, "%s", twins[i][0]);
    }
    static const char *const same[][2] = {
        {"砚溪灌区干渠清淤管护补贴", "砚溪灌区干渠清淤管护经费"},
        {"砚溪灌区干渠清淤管护补贴", "砚溪灌区干渠清淤日常管护补贴"},
        {"砚溪镇河道保洁养护", "砚溪镇河道保洁养护项目经费"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char old[2048], new[2048];
        struct years_summary summary = EXPECT("", named(old, sizeof old, "2021", same[i][0], "12.00"),
                                              named(new, sizeof new, "2022", same[i][1], "12.60"));
        cr_expect_eq(summary.pairs, 1, "%s", same[i][1]);
    }
    /* numbers say plainly that they are two */
    struct years_summary summary =
        EXPECT("", FORM("2021", "砚溪灌区3号干渠清淤管护", "砚溪灌区管理所", "", "12.00"),
               FORM("2022", "砚溪灌区4号干渠清淤管护", "砚溪灌区管理所", "", "90.00"));
    cr_expect_eq(summary.pairs, 0);
}

/* How close two names are: twice the shared pairs of neighbours over all of them. */
Test(years, similarity_of_names)
{
    cr_expect_float_eq(key_similarity("动物防疫", "动物防疫"), 1, 1e-9);
    cr_expect_float_eq(key_similarity("动物防疫经费", "动物防疫"), 2.0 * 3 / (5 + 3), 1e-9);
    cr_expect_float_eq(key_similarity("城市居民最低生活保障金", "农村居民最低生活保障金"), 2.0 * 8 / 20, 1e-9);
    cr_expect_float_eq(key_similarity("甲乙", "丙丁"), 0, 1e-9);
    cr_expect_eq(key_kinship(grammar, "动物防疫", "动物防疫经费"), KINSHIP_SAME);
    cr_expect_eq(key_kinship(grammar, "动物防疫补贴", "动物防疫经费"), KINSHIP_SAME);
    cr_expect_eq(key_kinship(grammar, "动物防疫", "春季动物防疫"), KINSHIP_TWIN);
    cr_expect_eq(key_kinship(grammar, "植物防疫", "动物防疫"), KINSHIP_TWIN);
    cr_expect_eq(key_kinship(grammar, "1号渠清淤", "2号渠清淤"), KINSHIP_OTHER);
    cr_expect_eq(key_kinship(grammar, "", "动物"), KINSHIP_SAME);
}

Test(years, two_close_names_are_refused)
{
    struct years_summary summary =
        EXPECT("2021 ambiguous-match info refused\n2021 ambiguous-match info refused\n",
               FORM("2021", "砚溪灌区干渠清淤管护", "砚溪灌区管理所", "", "12.00"),
               FORM("2022", "砚溪灌区干渠清淤管护费", "砚溪灌区管理所", "", "90.00"),
               FORM("2022", "砚溪灌区干渠清淤管护款", "砚溪灌区管理所", "", "80.00"));
    cr_expect_eq(summary.pairs, 0);
}

Test(years, a_code_goes_before_the_name)
{
    struct years_summary summary =
        EXPECT("2022 owner-changed info fail\n",
               FORM("2021", "干渠清淤", "砚溪灌区管理所", "项目编码\tSX2100731\n", "12.00"),
               FORM("2022", "干渠清淤", "汀岸镇水利站", "项目编码\tSX2100731\n", "12.60"));
    cr_expect_eq(summary.pairs, 1);
    summary = EXPECT("2021 ambiguous-match info refused\n",
                     FORM("2021", "干渠清淤", "砚溪灌区管理所", "项目编码\tSX7700731\n", "12.00"),
                     FORM("2022", "干渠清淤", "砚溪灌区管理所", "项目编码\tSX8800952\n", "90.00"));
    cr_expect_eq(summary.pairs, 0);
    /* codes that are given anew each year */
    summary = EXPECT("", FORM("2021", "干渠清淤", "砚溪灌区管理所", "项目编码\tSX2021004\n", "12.00"),
                     FORM("2022", "干渠清淤", "砚溪灌区管理所", "项目编码\tSX2022117\n", "12.60"));
    cr_expect_eq(summary.pairs, 1);
}

Test(years, the_same_name_of_an_unrelated_unit)
{
    EXPECT("2021 ambiguous-match info refused\n",
           FORM("2021", "老年助餐服务补贴", "砚溪镇社区中心", "", "12.00"),
           FORM("2022", "老年助餐服务补贴", "汀岸镇社区中心", "", "90.00"));
}

Test(years, several_of_one_name_in_one_document)
{
    EXPECT("2022 ambiguous-match info refused\n", FORM("2021", "设备购置", "砚溪灌区管理所", "", "12.00"),
           FORM("2022", "设备购置", "砚溪灌区管理所", "", "30.00") "\n" FORM("2022", "设备购置",
                                                                             "砚溪灌区管理所", "", "90.00"));
}

/* ---- what is left out ---- */

Test(years, the_same_document_twice)
{
    static const char text[] = FORM("2021", "干渠清淤", "砚溪灌区管理所", "", "12.00");
    struct years_summary summary =
        EXPECT("", text, text, FORM("2022", "干渠清淤", "砚溪灌区管理所", "", "12.60"));
    cr_expect_eq(summary.forms, 3);
    cr_expect_eq(summary.duplicates, 1);
    cr_expect_eq(summary.pairs, 1);
}

Test(years, no_year_at_all)
{
    struct years_summary summary = EXPECT(
        " ambiguous-match info refused\n",
        "项目支出绩效目标申报表\n项目名称\t干渠清淤\n实施单位\t砚溪灌区管理所\n项目资金\t年度资金总额\t12.00\n" ROWS,
        FORM("2022", "干渠清淤", "砚溪灌区管理所", "", "90.00"));
    cr_expect_eq(summary.without_year, 1);
    cr_expect_eq(summary.pairs, 0);
}

Test(years, a_year_is_missing)
{
    struct years_summary summary = EXPECT(
        "2023 stale-year info refused\n2023 amount-jump info refused\n2023 sign-flip error fail\n",
        FORM("2021", "干渠清淤", "砚溪灌区管理所", "", "12.00"),
        "项目支出绩效目标申报表\n（2023年度）\n金额单位：万元\n项目名称\t干渠清淤\n实施单位\t砚溪灌区管理所\n项目资金\t年度资金总额\t90.00\n"
        "一级指标\t二级指标\t三级指标\t指标值\n产出指标\t数量指标\t清淤渠段\t≤7段\n\t质量指标\t断面合格率\t≥92%\n满意度指标\t服务对象满意度指标\t用水户满意度\t≥86%\n");
    cr_expect_eq(summary.pairs, 1);
}

Test(years, no_common_project)
{
    struct years_summary summary = EXPECT("", FORM("2021", "干渠清淤", "砚溪灌区管理所", "", "12.00"),
                                          FORM("2022", "图书采购", "汀岸镇文化站", "", "90.00"));
    cr_expect(summary.pairs == 0 && summary.projects == 2 && summary.unmatched == 2);
    cr_expect_eq(expect(NULL, 0, "").forms, 0);
}

Test(years, only_some_units_and_years)
{
    struct forms forms = {0};
    text_add(&forms, "1.txt", FORM("2021", "干渠清淤", "砚溪灌区管理所", "", "12.00"));
    text_add(&forms, "2.txt", FORM("2022", "干渠清淤", "砚溪灌区管理所", "", "90.00"));
    text_add(&forms, "3.txt", FORM("2023", "干渠清淤", "砚溪灌区管理所", "", "12.00"));
    text_add(&forms, "4.txt", FORM("2022", "图书采购", "汀岸镇文化站", "", "5.00"));
    static const struct {
        struct years_options options;
        size_t forms, pairs, jumps;
    } cases[] = {
        {{.threshold = {2, 1}}, 4, 2, 2},
        {{.threshold = {10, 0}}, 4, 2, 0},
        {{.threshold = {2, 1}, .unit = "砚溪灌区 管理所"}, 3, 2, 2},
        {{.threshold = {2, 1}, .unit = "汀岸镇文化站"}, 1, 0, 0},
        {{.threshold = {2, 1}, .first_year = 2022}, 3, 1, 1},
        {{.threshold = {2, 1}, .first_year = 2021, .last_year = 2021}, 1, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct findings findings = {0};
        struct years_summary summary = years_compare(&forms, grammar, &cases[i].options, &findings);
        cr_expect_eq(summary.forms, cases[i].forms, "case %zu: %zu forms", i, summary.forms);
        cr_expect_eq(summary.pairs, cases[i].pairs, "case %zu: %zu pairs", i, summary.pairs);
        cr_expect_eq(findings.counts[CHECK_AMOUNT_JUMP][VERDICT_FAIL], cases[i].jumps, "case %zu", i);
        findings_release(&findings);
    }
    forms_release(&forms);
}

/* ---- what is found ---- */

Test(years, a_reason_makes_a_jump_information)
{
    struct forms forms = {0};
    struct findings findings = {0};
    text_add(&forms, "1.txt", FORM("2021", "干渠清淤", "砚溪灌区管理所", "", "12.00"));
    text_add(&forms, "2.txt",
             FORM("2022", "干渠清淤", "砚溪灌区管理所",
                  "项目概况\t灌区承担五个村的供水。因新增支渠三条，清淤经费较上年增加，已经论证。\n",
                  "23.70"));
    compare(&forms, &findings);
    cr_assert_eq(findings.items.count, 1, "%s", told(&findings));
    const struct finding *finding = &findings.items.items[0];
    cr_expect_eq(finding->check, CHECK_AMOUNT_JUMP);
    cr_expect_eq(finding->severity, SEVERITY_INFO);
    cr_expect(strstr(finding->zh, "因新增支渠三条，清淤经费较上年增加，已经论证") &&
                  !strstr(finding->zh, "五个村"),
              "%s", finding->zh);
    cr_expect(strstr(finding->zh, "12.00 万元") && strstr(finding->zh, "23.70 万元") &&
                  strstr(finding->zh, "2021年"),
              "%s", finding->zh);
    cr_expect_str_eq(finding->sides[2].node->name, "overview");
    findings_release(&findings);
    forms_release(&forms);
    /* not every 因 is one */
    EXPECT("2022 amount-jump warning fail\n", FORM("2021", "干渠清淤", "砚溪灌区管理所", "", "12.00"),
           FORM("2022", "干渠清淤", "砚溪灌区管理所",
                "项目概况\t因地制宜安排经费，增加轮灌次数。投诉件数较上年下降。\n", "23.70"));
}

Test(years, both_quote_what_is_printed)
{
    struct forms forms = {0};
    struct findings findings = {0};
    text_add(&forms, "1.txt", FORM("2021", "干渠清淤", "砚溪灌区管理所", "", "1,204.50"));
    text_add(&forms, "2.txt", FORM("2022", "干渠清淤", "砚溪灌区管理所", "", "2,204.50元"));
    compare(&forms, &findings);
    cr_assert_eq(findings.items.count, 1, "%s", told(&findings));
    cr_expect(strstr(findings.items.items[0].zh, "1,204.50 万元") &&
                  strstr(findings.items.items[0].zh, "2,204.50元"),
              "%s", findings.items.items[0].zh);
    cr_expect_eq(findings.items.items[0].sides[0].node->provenance->line, 6);
    findings_release(&findings);
    forms_release(&forms);
}

Test(years, digits_that_slip)
{
#define AMOUNTS(a, b)                                                                                        \
    FORM("2021", "干渠清淤", "砚溪灌区管理所", "", a), FORM("2022", "干渠清淤", "砚溪灌区管理所", "", b)
    EXPECT("2022 digit-slip warning fail\n", AMOUNTS("136.40", "316.40"));  /* swapped */
    EXPECT("2022 digit-slip warning fail\n", AMOUNTS("136.40", "13.64"));   /* a nought dropped */
    EXPECT("2022 digit-slip warning fail\n", AMOUNTS("136.40", "1336.40")); /* doubled */
    EXPECT("2022 digit-slip info fail\n", AMOUNTS("136.40", "134.60"));     /* may well be meant */
    EXPECT("2022 amount-jump warning fail\n", AMOUNTS("20", "120"));        /* by chance */
    EXPECT("2022 amount-jump warning fail\n", AMOUNTS("136.40", "413.60"));
    EXPECT("2022 unit-slip error fail\n", AMOUNTS("136.40", "0.01364"));
    EXPECT("2022 unit-slip error fail\n", AMOUNTS("136.40", "1391000")); /* and changed a little */
    EXPECT("", AMOUNTS("136.40", "136.4"));
    EXPECT("", AMOUNTS("0.00", "136.4"));
#undef AMOUNTS
}

#define TARGETS(year, a, b)                                                                                                                        \
    "项目支出绩效目标申报表\n（" year                                                                                                              \
    "年度）\n金额单位：万元\n项目名称\t干渠清淤\n实施单位\t砚溪灌区管理所\n项目资金\t年度资金总额\t12.00\n" \
    "一级指标\t二级指标\t三级指标\t指标值\n产出指标\t数量指标\t清淤渠段\t≥7段\n\t质量指标\t" a                                                     \
    "\n效益指标\t社会效益指标\t" b "\n"

Test(years, targets_that_are_easier_or_only_printed_otherwise)
{
    static const struct {
        const char *old, *new, *expected;
    } cases[] = {
        {"断面合格率\t≥92%", "断面合格率\t≥90%", "2022 target-lowered warning fail\n"},
        {"断面合格率\t≥92%", "断面合格率\t≥95%", ""},
        {"断面合格率\t92%", "断面合格率\t=92.00(%)", ""},
        {"断面合格率\t≥92%", "断面合格率\t大于等于92%", ""},
        {"断面合格率\t=92%", "断面合格率\t90%", "2022 target-lowered warning fail\n"},
        {"断面合格率\t≥92%", "断面合格率\t≤92%", "2022 sign-flip error fail\n"},
        {"断面合格率\t≥92%", "断面合格率\t≥92", "2022 measure-changed warning fail\n"},
        {"断面合格率\t≥92", "断面合格率\t≥92%", ""},
        {"断面合格率\t≥92%", "断面合格率\t明显提高", "2022 measure-changed info fail\n"},
        {"断面合格率\t≥92%", "断面 合格率（%）\t≥92%", ""},
        {"质量事故起数\t0起", "质量事故起数\t2起", "2022 target-lowered warning fail\n"},
        {"质量事故起数\t≤3起", "质量事故起数\t≤2起", ""},
        {"断面验收合格率\t≥92%", "断面验收通过率\t≥92%", "2022 indicator-changed info fail\n"},
        {"培训人次\t≥2.5万人次", "培训人次\t≥25000人次", ""},
        {"培训人数\t≥250名", "培训人数\t≥250人", ""},
        {"养护总成本\t≤11.2万元", "养护总成本\t≤112000元", ""},
        {"养护总成本\t≤11.2万元", "养护总成本\t≤11.2元", "2022 measure-changed warning fail\n"},
        /* without a sign the name has to say which is better */
        {"平均响应时间\t24小时", "平均响应时间\t12小时", ""},
        {"平均响应时间\t12小时", "平均响应时间\t24小时", "2022 target-lowered warning fail\n"},
        {"单位能耗\t24千克", "单位能耗\t20千克", ""},
        {"病害发生率\t=3%", "病害发生率\t=1%", ""},
        {"病害发生率\t=1%", "病害发生率\t=3%", "2022 target-lowered warning fail\n"},
        {"病害减排量\t20吨", "病害减排量\t10吨", "2022 target-lowered warning fail\n"},
        {"渠道隐患数\t10处", "渠道隐患数\t8处", ""},
        {"消除渠道隐患数\t10处", "消除渠道隐患数\t8处", "2022 target-lowered warning fail\n"},
        {"渠道水位\t=3米", "渠道水位\t=2米", "2022 target-lowered info refused\n"},
        {"渠道水位\t=2米", "渠道水位\t=3米", "2022 target-lowered info refused\n"},
        {"渠道水位\t≥2米", "渠道水位\t≥3米", ""},
        /* deadlines */
        {"清淤完成时间\t6月底前", "清淤完成时间\t11月底前", "2022 target-lowered warning fail\n"},
        {"清淤完成时间\t11月底前", "清淤完成时间\t第二季度末前", ""},
        {"清淤完成时间\t2021年11月底前", "清淤完成时间\t2022年11月底前", ""},
        {"清淤完成时间\t2021年11月20日前", "清淤完成时间\t2022年11月25日前",
         "2022 target-lowered warning fail\n"},
        {"清淤完成时间\t2021年11月底前", "清淤完成时间\t2023年3月底前",
         "2022 target-lowered warning fail\n"},
        {"清淤完成时间\t2020年11月底前", "清淤完成时间\t2022年11月底前", ""}, /* misdated */
        {"清淤完成时间\t上半年", "清淤完成时间\t全年", ""},
        /* one measure in two sizes */
        {"管护期\t≥12个月", "管护期\t≥1年", ""},
        {"管护期\t≥18个月", "管护期\t≥1.5年", ""},
        {"管护期\t≥18个月", "管护期\t≥1年", "2022 target-lowered warning fail\n"},
        {"清淤长度\t≥3公里", "清淤长度\t≥3000米", ""},
        {"清淤长度\t≥3公里", "清淤长度\t≥3吨", "2022 measure-changed warning fail\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char old[2048], new[2048];
        snprintf(old, sizeof old, TARGETS("2021", "%s", "%s"), cases[i].old, "水费投诉件数\t≤6件");
        snprintf(new, sizeof new, TARGETS("2022", "%s", "%s"), cases[i].new, "水费投诉件数\t≤6件");
        EXPECT(cases[i].expected, old, new);
    }
}

Test(years, a_target_may_fall_with_the_money)
{
    EXPECT(
        "", FORM("2021", "干渠清淤", "砚溪灌区管理所", "", "12.00"),
        "项目支出绩效目标申报表\n（2022年度）\n金额单位：万元\n项目名称\t干渠清淤\n实施单位\t砚溪灌区管理所\n项目资金\t年度资金总额\t10.50\n"
        "一级指标\t二级指标\t三级指标\t指标值\n产出指标\t数量指标\t清淤渠段\t≥5段\n\t质量指标\t断面合格率\t≥92%\n满意度指标\t服务对象满意度指标\t用水户满意度\t≥86%\n");
}

Test(years, years_that_are_not_left_behind)
{
#define GOAL(year, goal) FORM(year, "干渠清淤", "砚溪灌区管理所", "年度绩效目标\t" goal "\n", "12.00")
    EXPECT("2022 stale-year error fail\n", GOAL("2021", "2021年清淤七段，断面合格。"),
           GOAL("2022", "2021年清淤七段，用水户满意。"));
    EXPECT("2022 stale-year error fail\n", GOAL("2021", "清淤七段，断面合格。"),
           GOAL("2022", "2021年10月底前清淤七段。"));
    EXPECT("", GOAL("2021", "2021年清淤七段，断面合格。"),
           GOAL("2022", "2022年清淤七段，用水户较2021年更为满意。"));
    EXPECT("", GOAL("2021", "2021年清淤七段，断面合格。"),
           GOAL("2022", "按《灌区管护规划（2021年版）》清淤七段。"));
    EXPECT("", GOAL("2021", "2021年清淤七段，断面合格。"), GOAL("2022", "完成2021年结转的清淤七段。"));
    EXPECT("", GOAL("2021", "2021—2023年清淤二十段。"), GOAL("2022", "2021—2023年清淤二十段，今年七段。"));
#undef GOAL
}

#define EVALUATION(year, budgeted)                                                                           \
    "项目支出绩效自评表\n（" year "年度）\n项目名称\t干渠清淤\n主管部门\t砚溪县水利局\t实施单位\t砚溪灌区管理所\n"        \
    "项目资金（万元）\t\t年初预算数\t全年预算数\t全年执行数\t分值\t执行率\t得分\n"                                 \
    "\t年度资金总额\t" budgeted "\t30\t30\t10\t100%\t10\n"                                                \
    "绩效指标\t一级指标\t二级指标\t三级指标\t年度指标值\t实际完成值\t分值\t得分\n"                                 \
    "\t产出指标\t数量指标\t清淤渠段\t≥7段\t9段\t50\t50\n\t\t质量指标\t断面合格率\t≥92%\t92%\t20\t20\n"        \
    "\t满意度指标\t服务对象满意度指标\t用水户满意度\t≥86%\t86%\t20\t20\n总分\t\t\t\t\t\t100\t100\n"

/* What was budgeted at the start is what was declared; what changed later is not. */
Test(years, an_evaluation_of_other_money)
{
    struct years_summary summary =
        EXPECT("2021 restated error fail\n", FORM("2021", "干渠清淤", "砚溪灌区管理所", "", "12.00"),
               EVALUATION("2021", "11.20"));
    cr_expect_eq(summary.pairs, 1);
    EXPECT("", FORM("2021", "干渠清淤", "砚溪灌区管理所", "", "12.00"), EVALUATION("2021", "12"));
    /* two evaluations */
    EXPECT("2021 restated error fail\n", EVALUATION("2021", "12"), EVALUATION("2021", "11.2"));
}

/* An evaluation and the declaration of the year behind it are a pair as well. */
Test(years, an_evaluation_and_the_next_declaration)
{
    struct years_summary summary =
        EXPECT("2022 target-below-actual warning fail\n", EVALUATION("2021", "12"),
               FORM("2022", "干渠清淤", "砚溪灌区管理所", "", "12.00"));
    cr_expect(summary.pairs == 1 && !summary.unmatched);
}

/* A second heading or a period of several years does not move a form to another year. */
Test(years, the_year_that_a_form_states)
{
    struct years_summary summary = EXPECT(
        "", FORM("2021", "干渠清淤", "砚溪灌区管理所", "项目起止时间\t2021年1月至2023年12月\n", "12.00"),
        FORM("2022", "干渠清淤", "砚溪灌区管理所", "项目起止时间\t2021年1月至2023年12月\n", "12.60"));
    cr_expect_eq(summary.pairs, 1);
    summary = EXPECT(
        "2022 stale-year error fail\n",
        FORM("2021", "干渠清淤", "砚溪灌区管理所", "项目起止时间\t2021年1月至2023年12月\n", "12.00"),
        FORM("2022", "干渠清淤", "砚溪灌区管理所",
             "项目起止时间\t2021年1月至2023年12月\n项目支出绩效目标申报表\n（2021年度）\n", "12.60"));
    cr_expect_eq(summary.pairs, 1);
}

/* Each rule says something about each pair of years, whatever others found before it. */
static void verdicts_of(const char *second, struct findings *findings)
{
    struct forms forms = {0};
    text_add(&forms, "1.txt", FORM("2021", "干渠清淤", "砚溪灌区管理所", "", "12.30"));
    text_add(&forms, "2.txt", second);
    text_add(&forms, "3.txt", FORM("2023", "干渠清淤", "砚溪灌区管理所", "", "91.00"));
    compare(&forms, findings);
    static const enum check by_pair[] = {
        CHECK_AMOUNT_JUMP,         CHECK_UNIT_SLIP,         CHECK_DIGIT_SLIP,      CHECK_TARGET_LOWERED,
        CHECK_TARGET_BELOW_ACTUAL, CHECK_INDICATOR_CHANGED, CHECK_MEASURE_CHANGED, CHECK_SIGN_FLIP,
        CHECK_COPIED_FORM,         CHECK_STALE_YEAR,        CHECK_CARRY_OVER,      CHECK_OWNER_CHANGED};
    for (size_t i = 0; i < sizeof by_pair / sizeof *by_pair; i++) {
        size_t total = 0;
        for (enum verdict verdict = 0; verdict < VERDICTS; verdict++)
            total += findings->counts[by_pair[i]][verdict];
        cr_expect_eq(total, 2, "%s: %zu verdicts of two comparisons", checks[by_pair[i]].name, total);
    }
    forms_release(&forms);
}

Test(years, verdicts_add_up)
{
    struct findings jump = {0}, slip = {0}, digit = {0};
    verdicts_of(FORM("2022", "干渠清淤", "砚溪灌区管理所", "", "90.00"), &jump);
    cr_expect_eq(jump.counts[CHECK_AMOUNT_JUMP][VERDICT_FAIL], 1);
    cr_expect_eq(jump.counts[CHECK_AMOUNT_JUMP][VERDICT_PASS], 1);
    verdicts_of(FORM("2022", "干渠清淤", "砚溪灌区管理所", "", "123000.00"), &slip);
    cr_expect_eq(slip.counts[CHECK_UNIT_SLIP][VERDICT_FAIL], 1);
    cr_expect_geq(slip.counts[CHECK_AMOUNT_JUMP][VERDICT_NOT_APPLICABLE], 1);
    verdicts_of(FORM("2022", "干渠清淤", "砚溪灌区管理所", "", "123.30"), &digit);
    findings_release(&jump);
    findings_release(&slip);
    findings_release(&digit);
}

/* ---- many ---- */

static void many_add(struct forms *forms, const char *pattern, unsigned year, size_t count, size_t from)
{
    char path[] = "/tmp/years-XXXXXX.xml";
    FILE *out = fdopen(mkstemps(path, 4), "w");
    fprintf(out,
            "<extraction xmlns=\"urn:shenbao:1\" version=\"1\"><source href=\"%s-%u.txt\" sha256=\"%s-%u\"/>",
            pattern, year, pattern, year);
    for (size_t i = from; i < from + count; i++) {
        fprintf(out, "<declaration id=\"d%zu\"><header><fiscal-year>%u</fiscal-year><project-name>", i, year);
        fprintf(out, pattern, i, i * 7919 % 10007);
        fprintf(
            out,
            "</project-name><implementing-unit>砚溪灌区管理所</implementing-unit></header><funding>"
            "<amount scope=\"annual\" source=\"total\" unit=\"元\" unit-from=\"label\">%zu.00</amount></funding></declaration>",
            1000 + i);
    }
    fputs("</extraction>", out);
    fclose(out);
    const char *detail;
    cr_assert_eq(forms_read(forms, path, &detail), FORMS_FINE, "%s", detail);
    unlink(path);
}

/* Nothing is compared with everything, whatever the names are like. */
Test(years, time_grows_with_the_number, .timeout = 120)
{
    static const char *const patterns[][2] = {
        {"砚溪灌区%zu号渠清淤%zu", "砚溪灌区%zu号渠清淤%zu"},
        {"砚溪灌区第%zu号渠清淤项目甲", "砚溪灌区第%zu号渠清淤项目乙"},
        {"公用经费", "公用经费"},
        {"砚溪灌区干渠清淤管护补贴%zu甲", "砚溪灌区干渠清淤管护补贴%zu乙"},
    };
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        double seconds[2];
        for (size_t large = 0; large < 2; large++) {
            struct forms forms = {0};
            struct findings findings = {0};
            size_t count = large ? 6000 : 1500;
            many_add(&forms, patterns[i][0], 2021, count, 0);
            many_add(&forms, patterns[i][1], 2022, count, 0);
            clock_t start = clock();
            struct years_summary summary = compare(&forms, &findings);
            seconds[large] = (double)(clock() - start) / CLOCKS_PER_SEC;
            cr_expect_eq(summary.forms, 2 * count);
            findings_release(&findings);
            forms_release(&forms);
        }
        /* four times as many: all pairs would take sixteen times as long */
        cr_expect(seconds[1] < 10 * seconds[0] + 0.1, "%s: %.3f s and %.3f s", patterns[i][0], seconds[0],
                  seconds[1]);
    }
}
