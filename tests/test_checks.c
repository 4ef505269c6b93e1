/* Runs corpus/checks/: one folder a rule.
 *
 *     fails….txt, passes….txt, refused….txt    a form each, of a rule within one form
 *     fails…/, passes…/, refused…/             the forms of a comparison, of a rule across forms
 *     fails….expected, refused….expected       what is found there: verdict, severity and the sides
 *                                              with their places and values, a line each
 *     no-refusal                               says why there is nothing to refuse
 *
 * With ACCEPT=1 in the environment the expected files are written anew. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <criterion/redirect.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "check.h"
#include "extract.h"
#include "grammar.h"
#include "years.h"

#define FOLDER SOURCE_FOLDER "/corpus/checks"

static int is_rule(const struct dirent *entry) { return !strchr(entry->d_name, '.'); }

ParameterizedTestParameters(checks, rule)
{
    static struct criterion_test_params params;
    struct dirent **entries = NULL;
    int count = scandir(FOLDER, &entries, is_rule, alphasort);
    char(*names)[256] = cr_malloc(sizeof *names * (size_t)(count > 0 ? count : 1));
    for (int i = 0; i < count; i++) {
        strcpy(names[i], entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    params = cr_make_param_array(char[256], names, (size_t)(count > 0 ? count : 0));
    return params;
}

static struct grammar *grammar_default(void)
{
    const char *path = SOURCE_FOLDER "/grammars";
    struct grammar *grammar = grammar_load(&path, 1);
    cr_assert(grammar);
    return grammar;
}

/* What was found of one rule, and by others. */
struct seen {
    enum check check;
    const char *path;
    size_t fails, refused, errors_of_others;
    struct forms *forms;
    struct buffer told; /* as the expected files say it */
};

/* fail warning 12:20 ≤96.4(万元); 5:26 864,000.00 */
static void side_tell(struct buffer *told, const struct side *side)
{
    const struct node *node = side->node;
    const struct provenance *provenance = node ? node->provenance : NULL;
    unsigned line = 0, column = 0;
    if (provenance && side->form->is_read_back) {
        line = provenance->line;
        column = provenance->column;
    } else if (provenance && provenance->bytes.count) {
        source_place(side->form->origin->source, provenance->bytes.items[0].from, &line, &column);
    }
    const char *path = side->form->origin->path, *name = strrchr(path, '/');
    char place[300];
    if (side->form->is_read_back)
        snprintf(place, sizeof place, "%s:%u:%u", name ? name + 1 : path, line, column);
    else
        snprintf(place, sizeof place, "%u:%u", line, column);
    buffer_text(told, line ? place : "nowhere");
    const char *value = provenance && provenance->raw ? provenance->raw : node && node->value ? node->value : "";
    size_t length = strcspn(value, "\n");
    if (length)
        buffer_char(told, ' ');
    buffer_add(told, value, length);
}

static void finding_tell(struct buffer *told, const struct finding *finding)
{
    buffer_text(told, verdict_names[finding->verdict]);
    buffer_char(told, ' ');
    buffer_text(told, severity_names[finding->severity]);
    for (size_t k = 0; k < finding->side_count; k++) {
        buffer_text(told, k ? "; " : " ");
        side_tell(told, &finding->sides[k]);
    }
    buffer_char(told, '\n');
}

static void look(struct seen *seen, const struct findings *findings)
{
    for (size_t i = 0; i < findings->items.count; i++) {
        const struct finding *finding = &findings->items.items[i];
        cr_expect(*finding->zh && *finding->en, "%s: %s has no message", seen->path, checks[finding->check].name);
        if (finding->check != seen->check) {
            seen->errors_of_others += finding->verdict == VERDICT_FAIL && finding->severity == SEVERITY_ERROR;
            continue;
        }
        cr_expect_gt(finding->side_count, 0, "%s: no side", seen->path);
        for (size_t k = 0; k < finding->side_count; k++) {
            const struct side *side = &finding->sides[k];
            cr_expect(side->form, "%s: side %zu is of no form", seen->path, k + 1);
            /* a field that is missing has a label at most, a group of boxes stands for its options */
            cr_expect(!side->node || side->node->provenance || side->node->first, "%s: side %zu cannot be traced", seen->path, k + 1);
        }
        finding_tell(&seen->told, finding);
        seen->fails += finding->verdict == VERDICT_FAIL;
        seen->refused += finding->verdict == VERDICT_REFUSED;
    }
}

static void look_at_form(void *context, const struct form *form, const struct findings *findings)
{
    struct seen *seen = context;
    if (seen->forms)
        forms_add(seen->forms, form);
    else
        look(seen, findings);
}

static void read_file(struct seen *seen, const char *path, const struct grammar *grammar, struct findings *findings)
{
    struct source source;
    cr_assert_eq(source_read(&source, path, ENCODINGS), SOURCE_FINE, "%s", path);
    struct sink sink = {.context = seen, .declaration = look_at_form};
    struct extract_summary summary = extract_to(&source, grammar, &sink, findings);
    cr_assert_gt(summary.declarations, 0, "%s: no form", path);
    source_release(&source);
}

static int is_document(const struct dirent *entry) { return strchr(entry->d_name, '.') > entry->d_name; }

/* All documents of a folder, compared with each other. */
static void read_folder(struct seen *seen, const char *path, const struct grammar *grammar, struct findings *findings)
{
    struct forms forms = {0};
    struct findings within = {0};
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, is_document, alphasort);
    cr_assert_gt(count, 0, "%s: no document", path);
    struct seen adding = {.check = seen->check, .path = path, .forms = &forms};
    for (int i = 0; i < count; i++) {
        char file[2048];
        snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        read_file(&adding, file, grammar, &within);
        free(entries[i]);
    }
    free(entries);
    struct years_options options = {.threshold = {2, 1}};
    years_compare(&forms, grammar, &options, findings);
    look(seen, findings);
    findings_release(&within);
    forms_release(&forms);
}

static bool exists(const char *rule, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, FOLDER "/%s/%s", rule, name);
    return access(path, F_OK) == 0;
}

/* What the rule finds in a case, a document or a folder of such. */
static void run(const char *rule, const char *name, const struct grammar *grammar, struct seen *seen, size_t counts[VERDICTS])
{
    char path[1024];
    snprintf(path, sizeof path, FOLDER "/%s/%s", rule, name);
    struct stat status;
    cr_assert_eq(stat(path, &status), 0);
    *seen = (struct seen){.check = check_named(rule, strlen(rule)), .path = path};
    struct findings findings = {0};
    if (S_ISDIR(status.st_mode))
        read_folder(seen, path, grammar, &findings);
    else
        read_file(seen, path, grammar, &findings);
    memcpy(counts, findings.counts[seen->check], VERDICTS * sizeof *counts);
    findings_release(&findings);
    seen->path = NULL;
}

/* The findings stand where the expected file of the case says. Those of documents that
 * are compared may have none. */
static void expect_told(const char *rule, const char *name, struct buffer *told, bool is_required)
{
    char path[1024];
    const char *end = strrchr(name, '.');
    snprintf(path, sizeof path, FOLDER "/%s/%.*s.expected", rule, end ? (int)(end - name) : 255, name);
    buffer_char(told, 0);
    bool accepts = getenv("ACCEPT");
    FILE *file = fopen(path, accepts ? "w" : "r");
    if (accepts) {
        cr_assert(file);
        fputs(told->bytes, file);
    } else if (file) {
        char expected[8192] = "";
        expected[fread(expected, 1, sizeof expected - 1, file)] = 0;
        cr_expect_str_eq(told->bytes, expected, "%s/%s: found is\n%sand expected\n%s", rule, name, told->bytes, expected);
    } else {
        cr_expect(!is_required, "%s is missing; found is\n%s", path, told->bytes);
    }
    if (file)
        fclose(file);
}

static int is_case(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && strcmp(entry->d_name, "no-refusal") != 0 && (!end || strcmp(end, ".expected") != 0);
}

ParameterizedTest(char (*name)[256], checks, rule)
{
    enum check check = check_named(*name, strlen(*name));
    cr_assert_lt(check, CHECKS, "%s: no such rule", *name);
    struct grammar *grammar = grammar_default();
    char folder[512];
    snprintf(folder, sizeof folder, FOLDER "/%s", *name);
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_case, alphasort);
    size_t fails = 0, passes = 0, refusals = 0;
    for (int i = 0; i < count; i++) {
        const char *entry = entries[i]->d_name;
        struct seen seen;
        size_t counts[VERDICTS];
        run(*name, entry, grammar, &seen, counts);
        if (strncmp(entry, "fails", 5) == 0) {
            fails++;
            cr_expect_gt(counts[VERDICT_FAIL], 0, "%s/%s: does not fail", *name, entry);
            /* what cannot be decoded is said once for the document, not for its forms */
            cr_expect(seen.fails || check == CHECK_ENCODING, "%s/%s: fails without a finding", *name, entry);
            expect_told(*name, entry, &seen.told, checks[check].run);
        } else if (strncmp(entry, "passes", 6) == 0) {
            passes++;
            cr_expect_eq(counts[VERDICT_FAIL] + seen.fails, 0, "%s/%s: fails where it should pass", *name, entry);
            cr_expect_eq(seen.refused, 0, "%s/%s: is refused where it should pass", *name, entry);
            cr_expect_gt(counts[VERDICT_PASS], 0, "%s/%s: does not pass", *name, entry);
            cr_expect_eq(seen.errors_of_others, 0, "%s/%s: what should pass is wrong otherwise", *name, entry);
        } else if (strncmp(entry, "refused", 7) == 0) {
            refusals++;
            cr_expect_eq(counts[VERDICT_FAIL] + seen.fails, 0, "%s/%s: fails where it should be refused", *name, entry);
            cr_expect(counts[VERDICT_REFUSED] > 0 && seen.refused > 0, "%s/%s: is not refused", *name, entry);
            expect_told(*name, entry, &seen.told, checks[check].run);
        } else {
            cr_expect_fail("%s/%s: is no case", *name, entry);
        }
        buffer_release(&seen.told);
        free(entries[i]);
    }
    free(entries);
    cr_expect(fails, "%s: nothing that fails", *name);
    cr_expect(passes, "%s: nothing that passes", *name);
    cr_expect(refusals || exists(*name, "no-refusal"), "%s: no refusal, and nothing says why", *name);
    cr_expect(!refusals || !exists(*name, "no-refusal"), "%s: a refusal and the word that there is none", *name);
    grammar_release(grammar);
}

Test(checks, every_rule_within_a_form_has_its_cases)
{
    for (enum check check = 0; check < CHECKS; check++)
        cr_expect(!checks[check].run || exists(checks[check].name, "fails.txt"), "%s: no case in corpus/checks", checks[check].name);
}

/* ---- grammars with lines of their own ---- */

struct local {
    struct grammar *grammar;
    char path[64];
};

static bool local_load(struct local *local, const char *text)
{
    strcpy(local->path, "/tmp/checks-XXXXXX.grammar");
    int file = mkstemps(local->path, strlen(".grammar"));
    cr_assert_geq(file, 0);
    cr_assert_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    const char *paths[] = {SOURCE_FOLDER "/grammars", local->path};
    local->grammar = grammar_load(paths, 2);
    unlink(local->path);
    return local->grammar;
}

static void local_check(struct local *local, const char *form, struct findings *findings)
{
    char path[] = "/tmp/checks-XXXXXX.txt";
    int file = mkstemps(path, strlen(".txt"));
    cr_assert_geq(file, 0);
    cr_assert_eq(write(file, form, strlen(form)), (ssize_t)strlen(form));
    close(file);
    struct source source;
    cr_assert_eq(source_read(&source, path, ENCODINGS), SOURCE_FINE);
    unlink(path);
    struct sink sink = {0};
    struct extract_summary summary = extract_to(&source, local->grammar, &sink, findings);
    cr_assert_eq(summary.declarations, 1);
    source_release(&source);
}

#define FORM(more) "项目支出绩效目标申报表\n（2024年度）\n金额单位：万元\n项目名称\t渔火码头护栏\n" more "年度绩效目标\t更换护栏90米。\n" \
                   "一级指标\t二级指标\t三级指标\t指标值\n产出指标\t数量指标\t更换护栏\t≥90米\n"

Test(checks, own_sums_and_required_fields)
{
    struct local local;
    cr_assert(local_load(&local, "section funding\n    money .lottery    福彩公益金\n    check  total = fiscal + lottery\n"
                                 "section header\n    require  project-leader | contact\n"));
    struct findings findings = {0};
    local_check(&local, FORM("项目负责人\t连星阑\n项目资金\t资金总额\t9\n\t财政拨款\t6\n\t福彩公益金\t3\n"), &findings);
    cr_expect_eq(findings.counts[CHECK_FUNDING_SUM][VERDICT_PASS], 1);
    cr_expect_eq(findings.counts[CHECK_REQUIRED_FIELD][VERDICT_FAIL], 0);
    local_check(&local, FORM("联系人\t\n项目资金\t资金总额\t99\n\t财政拨款\t6\n\t福彩公益金\t3\n"), &findings);
    cr_expect_eq(findings.counts[CHECK_FUNDING_SUM][VERDICT_FAIL], 1);
    cr_expect_eq(findings.counts[CHECK_REQUIRED_FIELD][VERDICT_FAIL], 1);
    findings_release(&findings);
    grammar_release(local.grammar);
}

static void expect_mistake(const char *text, const char *message)
{
    struct local local;
    cr_assert_not(local_load(&local, text), "%s", text);
    fflush(stderr);
    char expected[1024];
    snprintf(expected, sizeof expected, "%s:%s", local.path, message);
    cr_expect_stderr_eq_str(expected);
}

Test(checks, a_check_of_an_unknown_source, .init = cr_redirect_stderr)
{
    expect_mistake("section funding\n    check  total = fiscal + lotery\n",
                   "2:29: error: no source of money is called 'lotery'\n    check  total = fiscal + lotery\n                            ^\n");
}

Test(checks, a_check_without_a_sign, .init = cr_redirect_stderr)
{
    expect_mistake("section funding\n    check  total fiscal\n",
                   "2:18: error: '=' or '<=' is expected\n    check  total fiscal\n                 ^\n");
}

Test(checks, a_check_with_a_part_missing, .init = cr_redirect_stderr)
{
    expect_mistake("section funding\n    check  total = fiscal +\n",
                   "2:28: error: a name is missing\n    check  total = fiscal +\n                           ^\n");
}

Test(checks, a_check_of_an_unknown_column, .init = cr_redirect_stderr)
{
    expect_mistake("section budget\n    table line\n        check  amount = price * quantity\n",
                   "3:25: error: the table has no column 'price'\n        check  amount = price * quantity\n                        ^\n");
}

Test(checks, a_requirement_without_its_title, .init = cr_redirect_stderr)
{
    expect_mistake("section header\n    require  project-name:\n",
                   "2:27: error: a title is missing behind ':'\n    require  project-name:\n                          ^\n");
}

Test(checks, a_requirement_of_an_unknown_field, .init = cr_redirect_stderr)
{
    expect_mistake("section header\n    require  project-name | projectcode\n",
                   "2:29: error: the section has no field 'projectcode'\n    require  project-name | projectcode\n                            ^\n");
}

/* ---- sizes ---- */

/* Many amounts, lines and indicators take time in proportion. */
Test(checks, large_forms_are_quick, .timeout = 20)
{
    struct buffer form = {0};
    buffer_text(&form, "项目支出绩效目标申报表\n（2024年度）\n金额单位：万元\n项目名称\t渔火码头护栏\n项目资金\t资金总额\t9\n");
    buffer_text(&form, "一级指标\t二级指标\t三级指标\t指标值\n");
    for (unsigned i = 0; i < 5000; i++) {
        char line[160];
        snprintf(line, sizeof line, "产出指标\t成本指标\t护栏单位成本%u\t≤%u万元\n\t时效指标\t完成时间%u\t2024年%u月底前\n", i, i % 9 + 1, i, i % 12 + 1);
        buffer_text(&form, line);
    }
    buffer_text(&form, "项目构成分解\t项目名称\t项目内容\t项目明细\t明细金额\t单价\t依据\t数量\t依据\t备注\n");
    for (unsigned i = 0; i < 5000; i++) {
        char line[160];
        snprintf(line, sizeof line, "\t甲\t乙%u\t丙%u\t6\t3\t询价\t2\t二\t\n", i, i);
        buffer_text(&form, line);
    }
    buffer_char(&form, 0);
    struct local local;
    cr_assert(local_load(&local, "section header\n    require  project-name\n"));
    struct findings findings = {0};
    local_check(&local, form.bytes, &findings);
    cr_expect_eq(findings.counts[CHECK_LINE_PRODUCT][VERDICT_PASS], 5000);
    findings_release(&findings);
    grammar_release(local.grammar);
    buffer_release(&form);
}
