/* Checks of the header: names, years, dates and boxes. */
#include <stdlib.h>
#include <string.h>

#include "checking.h"

/* As strcmp() == 0; most names part at their first sign. */
static inline bool is(const char *a, const char *b) { return *a == *b && strcmp(a, b) == 0; }

static const char *label_of(const struct node *node)
{
    return node->provenance && node->provenance->label ? node->provenance->label : node->name;
}

/* ---- name-restated ---- */

/* Reading reports the project's name; a unit counts under one label, and its short form is no other. */
void check_name_restated(struct checking *checking)
{
    static const char *const names[] = {"competent-department", "implementing-unit", "reporting-unit"};
    enum { NAMES = sizeof names / sizeof *names };
    const struct node *first[NAMES] = {NULL};
    bool is_any = false, is_off = checking->is_found[CHECK_NAME_RESTATED];
    for (const struct node *node = checking->header ? checking->header->first : NULL; node; node = node->next) {
        is_any |= node->value && is(node->name, "project-name");
        for (size_t i = 0; i < NAMES; i++) {
            if (!node->value || !is(node->name, names[i]))
                continue;
            is_any = true;
            if (!first[i]) {
                first[i] = node;
                continue;
            }
            if (strcmp(label_of(first[i]), label_of(node)) != 0 || strcmp(first[i]->value, node->value) == 0)
                continue;
            struct side sides[] = {checking_side(checking, node), checking_side(checking, first[i])};
            if (strstr(first[i]->value, node->value) || strstr(node->value, first[i]->value)) {
                finding_add(checking->findings, CHECK_NAME_RESTATED, VERDICT_REFUSED, sides, 2,
                            "%s前为%s，此处为%s，是简称还是另一单位不明",
                            "%s is '%s' before and '%s' here: short for it or another one cannot be told",
                            label_of(node), first[i]->value, node->value);
                is_off = true;
                continue;
            }
            finding_add(checking->findings, CHECK_NAME_RESTATED, VERDICT_FAIL, sides, 2, "%s前后不一：前为%s，此处为%s",
                        "%s is restated differently: before '%s', here '%s'", label_of(node), first[i]->value, node->value);
            is_off = true;
        }
    }
    if (!is_off)
        finding_count(checking->findings, CHECK_NAME_RESTATED, is_any ? VERDICT_PASS : VERDICT_NOT_APPLICABLE);
}

/* ---- dates ---- */

/* A date of the vocabulary, 2020, 2020-09 or 2020-09-01; month and day are 0 where not stated. */
struct date {
    unsigned year, month, day;
};

static bool digits_read(const char *text, unsigned count, unsigned *number)
{
    *number = 0;
    for (unsigned i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *number = *number * 10 + (unsigned)(text[i] - '0');
    }
    return true;
}

static bool date_read(const struct node *node, struct date *date)
{
    *date = (struct date){0, 0, 0};
    const char *text = node ? node->value : NULL;
    size_t length = text ? strlen(text) : 0;
    return (length == 4 || length == 7 || length == 10) && digits_read(text, 4, &date->year) &&
           (length < 7 || (text[4] == '-' && digits_read(text + 5, 2, &date->month))) &&
           (length < 10 || (text[7] == '-' && digits_read(text + 8, 2, &date->day)));
}

/* -1, 0, 1 as far as both are stated. */
static int date_compare(struct date a, struct date b)
{
    if (a.year != b.year || !a.month || !b.month)
        return (a.year > b.year) - (a.year < b.year);
    if (a.month != b.month || !a.day || !b.day)
        return (a.month > b.month) - (a.month < b.month);
    return (a.day > b.day) - (a.day < b.day);
}

static const struct node *field(const struct checking *checking, const char *name)
{
    for (const struct node *node = checking->header ? checking->header->first : NULL; node; node = node->next)
        if (node->value && is(node->name, name))
            return node;
    return NULL;
}

/* ---- year-disagrees ---- */

/* The next year in running text that is no part of a title in 《》, of a span of years or behind 截至; 0 at the end. */
static unsigned year_next(const char **text)
{
    unsigned depth = 0;
    for (const char *p = *text; *p; p++) {
        unsigned year;
        if (*p < '0' || *p > '9') {
            if (*p == '\xe3') /* 《 and 》 */
                depth = strncmp(p, "《", 3) == 0 ? depth + 1 : depth && strncmp(p, "》", 3) == 0 ? depth - 1 : depth;
            continue;
        }
        const char *from = p;
        size_t length = strspn(p, "0123456789");
        p += length - 1;
        if (depth || length != 4 || strncmp(p + 1, "年", 3) != 0 || !digits_read(from, 4, &year) || year < 1900 || year > 2099)
            continue;
        bool is_span = from > *text && (from[-1] == '-' || from[-1] == '~');
        static const char *const before[] = {"至", "—", "～", "－", "截至", "截止"};
        for (size_t i = 0; i < sizeof before / sizeof *before; i++)
            is_span |= (size_t)(from - *text) >= strlen(before[i]) && strncmp(from - strlen(before[i]), before[i], strlen(before[i])) == 0;
        if (is_span)
            continue;
        *text = p + 1;
        return year;
    }
    return 0;
}

static void year_differs(struct checking *checking, const struct node *fiscal, const struct node *other, const char *what_zh, const char *what_en)
{
    struct side sides[] = {checking_side(checking, other), checking_side(checking, fiscal)};
    finding_add(checking->findings, CHECK_YEAR_DISAGREES, VERDICT_FAIL, sides, 2, "申报年度为%s，%.0s%s为%s",
                "the form is of %s, but %s%.0s is %s", fiscal->value, what_en, what_zh, other->value);
}

/* A year that is printed and cannot be read may be another one. */
static void year_is_unread(struct checking *checking, const struct node *fiscal)
{
    static const char *const names[] = {"fiscal-year", "start-date", "end-date", "prepared-on"};
    const struct node *unread = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !unread; i++)
        unread = checking_unread(checking, "header", names[i]);
    if (!unread)
        return;
    const struct side sides[] = {checking_side(checking, unread), checking_side(checking, fiscal)};
    finding_add(checking->findings, CHECK_YEAR_DISAGREES, VERDICT_REFUSED, sides, fiscal ? 2 : 1,
                "%s“%s”不能识读，是哪一年不明", "%s '%s' cannot be read, so its year is not known", label_of(unread),
                unread->value);
}

void check_year_disagrees(struct checking *checking)
{
    const struct node *fiscal = field(checking, "fiscal-year");
    struct date year, date;
    size_t before = checking->findings->items.count;
    year_is_unread(checking, fiscal);
    if (!date_read(fiscal, &year)) {
        if (checking->findings->items.count == before)
            finding_count(checking->findings, CHECK_YEAR_DISAGREES, VERDICT_NOT_APPLICABLE);
        return;
    }
    for (const struct node *node = fiscal->next; node; node = node->next)
        if (node->value && strcmp(node->name, "fiscal-year") == 0 && strcmp(node->value, fiscal->value) != 0)
            year_differs(checking, fiscal, node, "另一处", "another part");
    const struct node *parts = node_child(checking->form->declaration, "parts");
    for (const struct node *part = parts ? parts->first : NULL; part; part = part->next) {
        const struct node *title = node_child(part, "title");
        const char *text = title && title->value ? title->value : "";
        unsigned other, count = 0, last = 0;
        bool is_named = false;
        while ((other = year_next(&text))) {
            count++;
            last = other;
            is_named |= other == year.year;
        }
        if (count == 1 && !is_named && last)
            year_differs(checking, fiscal, title, "标题", "a title");
    }
    const struct node *start = field(checking, "start-date"), *end = field(checking, "end-date"), *prepared = field(checking, "prepared-on");
    if (date_read(start, &date) && date.year > year.year)
        year_differs(checking, fiscal, start, label_of(start), label_of(start));
    if (date_read(end, &date) && date.year < year.year)
        year_differs(checking, fiscal, end, label_of(end), label_of(end));
    /* prepared in the year before or in the year itself, an evaluation in the year behind */
    if (date_read(prepared, &date) && (date.year + 2 < year.year || date.year > year.year + 2))
        year_differs(checking, fiscal, prepared, label_of(prepared), label_of(prepared));
    if (checking->findings->items.count == before)
        finding_count(checking->findings, CHECK_YEAR_DISAGREES, VERDICT_PASS);
}

/* ---- period-order ---- */

/* A month counted from year 0; of a date without month, its first or last. */
static unsigned month_of(struct date date, bool is_end) { return date.year * 12 + (date.month ? date.month : is_end ? 12 : 1); }

struct months {
    unsigned from, to;
};

/* Whether what goes on here is the rest of 1-12月. */
static bool is_range(const char *text)
{
    static const char *const signs[] = {"-", "~", "至", "到", "—", "–", "～"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t length = strlen(signs[i]);
        if (strncmp(text, signs[i], length) == 0) {
            size_t digits = strspn(text + length, "0123456789");
            return digits >= 1 && digits <= 2 && strncmp(text + length + digits, "月", 3) == 0;
        }
    }
    return false;
}

/* The points of the calendar that a target names: 2022年1月底前, 4季度, 1-12月. `year` is that of
 * the form where the target names none, 0 for no such. False where nothing is said for sure. */
static bool time_read(const char *text, unsigned year, struct months *months)
{
    static const char *const vague[] = {"每", "次年", "下年", "翌年", "上年"};
    for (size_t i = 0; i < sizeof vague / sizeof *vague; i++)
        if (strstr(text, vague[i]))
            return false;
    bool is_any = false;
    *months = (struct months){0, 0};
    for (const char *p = text; *p;) {
        if (*p < '0' || *p > '9') {
            p++;
            continue;
        }
        size_t length = strspn(p, "0123456789");
        unsigned number;
        if (length > 4 || !digits_read(p, (unsigned)length, &number))
            return false;
        p += length;
        struct months here = {0, 0};
        if (length == 4 && number >= 1900 && number < 2100) {
            year = number;
            unsigned month;
            size_t parted = *p == '.' || *p == '-' || *p == '/' ? strspn(p + 1, "0123456789") : 0;
            bool is_month = (parted == 1 || parted == 2) && digits_read(p + 1, (unsigned)parted, &month) && month >= 1 && month <= 12;
            if (is_month) {
                here = (struct months){year * 12 + month, year * 12 + month};
                p += 1 + parted;
                if (*p == '.' || *p == '-' || *p == '/') { /* its day */
                    size_t day = strspn(p + 1, "0123456789");
                    p += day == 1 || day == 2 ? 1 + day : 0;
                }
            } else if (strncmp(p, "年", 3) == 0) {
                const char *behind = p + 3;
                behind += strspn(behind, " ");
                if (*behind >= '0' && *behind <= '9')
                    continue; /* its month follows */
                here = (struct months){year * 12 + 1, year * 12 + 12};
            } else {
                return false;
            }
        } else if (year && length <= 2 && number >= 1 && number <= 12 && (strncmp(p, "月", 3) == 0 || is_range(p))) {
            here = (struct months){year * 12 + number, year * 12 + number};
        } else if (year && length == 1 && number >= 1 && number <= 4 && (strncmp(p, "季度", 6) == 0 || strncmp(p, "个季度", 9) == 0)) {
            here = (struct months){year * 12 + number * 3 - 2, year * 12 + number * 3};
        } else {
            continue;
        }
        if (!is_any || here.from < months->from)
            months->from = here.from;
        if (!is_any || here.to > months->to)
            months->to = here.to;
        is_any = true;
    }
    return is_any;
}

void check_period_order(struct checking *checking)
{
    const struct node *start_node = field(checking, "start-date"), *end_node = field(checking, "end-date");
    struct side sides[] = {checking_side(checking, start_node), checking_side(checking, end_node)};
    struct date start, end;
    bool has_start = date_read(start_node, &start), has_end = date_read(end_node, &end);
    if (!start_node && !end_node) {
        finding_count(checking->findings, CHECK_PERIOD_ORDER, VERDICT_NOT_APPLICABLE);
        return;
    }
    if (!has_start || !has_end) {
        struct side side = checking_side(checking, start_node ? start_node : end_node);
        if (start_node && end_node)
            finding_add(checking->findings, CHECK_PERIOD_ORDER, VERDICT_REFUSED, sides, 2, "起止时间%s、%s无法识读，无法比较",
                        "the period %s to %s cannot be read", start_node->value, end_node->value);
        else
            finding_add(checking->findings, CHECK_PERIOD_ORDER, VERDICT_REFUSED, &side, 1, "只填写了“%s”，起止时间不全，无法比较",
                        "only '%s' is stated of the period", label_of(side.node));
        return;
    }
    if (date_compare(end, start) < 0) {
        finding_add(checking->findings, CHECK_PERIOD_ORDER, VERDICT_FAIL, sides, 2, "结束时间%2$s早于开始时间%1$s",
                    "the period begins %1$s and ends before, %2$s", start_node->value, end_node->value);
        return;
    }
    finding_count(checking->findings, CHECK_PERIOD_ORDER, VERDICT_PASS);
    struct months period = {month_of(start, false), month_of(end, true)};
    unsigned year = start.year == end.year ? start.year : 0;
    for (const struct node *indicator = checking->indicators ? checking->indicators->first : NULL; indicator; indicator = indicator->next) {
        const struct node *target = node_child(indicator, "target");
        const char *kind = target && target->value ? node_get(target, "kind") : NULL;
        struct months time;
        if (!kind || strcmp(kind, "time") != 0 || !time_read(target->value, year, &time))
            continue;
        if (time.to >= period.from && time.from <= period.to) {
            finding_count(checking->findings, CHECK_PERIOD_ORDER, VERDICT_PASS);
            continue;
        }
        struct side three[] = {checking_side(checking, target), sides[0], sides[1]};
        finding_add(checking->findings, CHECK_PERIOD_ORDER, VERDICT_FAIL, three, 3, "指标值%s不在项目期%s至%s之内",
                    "the target %s lies outside the period %s to %s", target->value, start_node->value, end_node->value)
            ->severity = SEVERITY_WARNING;
    }
}

/* ---- choice-count ---- */

enum nature { NATURE_NONE, NATURE_ONE_TIME, NATURE_RECURRING, NATURE_STAGED, NATURE_NEW, NATURE_CONTINUED };

static enum nature nature_of(const struct checking *checking, const char *text)
{
    const struct rule *form = grammar_value(checking->grammar, VALUE_NATURE, text, strlen(text));
    static const char *const names[] = {"", "one-time", "recurring", "staged", "new", "continued"};
    for (enum nature nature = NATURE_ONE_TIME; form && nature <= NATURE_CONTINUED; nature++)
        if (strcmp(form->name, names[nature]) == 0)
            return nature;
    return NATURE_NONE;
}

static bool is_ticked(const struct node *option)
{
    const char *checked = node_get(option, "checked");
    return checked && strcmp(checked, "true") == 0;
}

enum { SIDES_MOST = 64 };

/* The boxes of one label: [first, behind). */
static void group_check(struct checking *checking, const struct node *first, const struct node *behind)
{
    struct side sides[SIDES_MOST];
    size_t all = 0, ticked = 0, shown = 0;
    const struct node *kinds[NATURE_CONTINUED + 1] = {NULL};
    bool is_unknown = false;
    for (const struct node *option = first; option != behind; option = option->next) {
        all++;
        if (!is_ticked(option))
            continue;
        ticked++;
        enum nature nature = option->value ? nature_of(checking, option->value) : NATURE_NONE;
        is_unknown |= nature == NATURE_NONE;
        if (!kinds[nature])
            kinds[nature] = option;
        if (shown < SIDES_MOST)
            sides[shown++] = checking_side(checking, option);
    }
    if (all < 2 || ticked == 1) {
        finding_count(checking->findings, CHECK_CHOICE_COUNT, all < 2 ? VERDICT_NOT_APPLICABLE : VERDICT_PASS);
        return;
    }
    if (!ticked) {
        for (const struct node *option = first; option != behind && shown < SIDES_MOST; option = option->next)
            sides[shown++] = checking_side(checking, option);
        finding_add(checking->findings, CHECK_CHOICE_COUNT, VERDICT_FAIL, sides, shown, "“%s”的%zu个选项均未勾选", "none of '%s' is ticked, of %zu boxes",
                    label_of(first), all);
        return;
    }
    const struct node *lasting[2] = {NULL}, *newness[2] = {kinds[NATURE_NEW], kinds[NATURE_CONTINUED]};
    for (enum nature nature = NATURE_ONE_TIME; nature <= NATURE_STAGED; nature++)
        if (kinds[nature] && !lasting[1])
            lasting[lasting[0] != NULL] = kinds[nature];
    const struct node **both = lasting[1] ? lasting : newness[0] && newness[1] ? newness : NULL;
    if (both) {
        struct side two[] = {checking_side(checking, both[0]), checking_side(checking, both[1])};
        finding_add(checking->findings, CHECK_CHOICE_COUNT, VERDICT_FAIL, two, 2, "“%s”同时勾选了%s和%s", "%s has both %s and %s ticked",
                    label_of(first), both[0]->value, both[1]->value);
    } else if (is_unknown) {
        finding_add(checking->findings, CHECK_CHOICE_COUNT, VERDICT_REFUSED, sides, shown, "“%s”勾选了%zu项，是否单选不明",
                    "%s has %zu boxes ticked, and whether it allows several is not known", label_of(first), ticked);
    } else {
        finding_count(checking->findings, CHECK_CHOICE_COUNT, VERDICT_PASS);
    }
}

void check_choice_count(struct checking *checking)
{
    bool is_any = false;
    for (const struct node *node = checking->header ? checking->header->first : NULL; node; node = node->next) {
        /* two groups of one element (项目属性, 项目类型) are told apart by their labels */
        for (const struct node *option = node->first, *behind; option; option = behind) {
            for (behind = option->next; behind && strcmp(label_of(behind), label_of(option)) == 0;)
                behind = behind->next;
            is_any = true;
            group_check(checking, option, behind);
        }
    }
    if (!is_any)
        finding_count(checking->findings, CHECK_CHOICE_COUNT, VERDICT_NOT_APPLICABLE);
}

/* ---- nature-against-period ---- */

/* The statement that the project is one of a kind, or NULL. */
static const struct node *one_time(const struct checking *checking)
{
    for (const struct node *node = checking->header ? checking->header->first : NULL; node; node = node->next) {
        if (!is(node->name, "project-nature"))
            continue;
        if (node->value && nature_of(checking, node->value) == NATURE_ONE_TIME)
            return node;
        for (const struct node *option = node->first; option; option = option->next)
            if (option->value && is_ticked(option) && nature_of(checking, option->value) == NATURE_ONE_TIME)
                return option;
    }
    return NULL;
}

void check_nature_against_period(struct checking *checking)
{
    const struct node *start_node = field(checking, "start-date"), *end_node = field(checking, "end-date");
    const struct node *nature = start_node || end_node ? one_time(checking) : NULL;
    if (!nature) {
        finding_count(checking->findings, CHECK_NATURE_AGAINST_PERIOD, VERDICT_NOT_APPLICABLE);
        return;
    }
    struct date start, end;
    struct side sides[] = {checking_side(checking, nature), checking_side(checking, start_node ? start_node : end_node),
                           checking_side(checking, end_node)};
    if (!date_read(start_node, &start) || !date_read(end_node, &end)) {
        finding_add(checking->findings, CHECK_NATURE_AGAINST_PERIOD, VERDICT_REFUSED, sides, 2, "%s，但起止时间不全或无法识读，无法比较",
                    "%s, but the period is not fully stated or cannot be read", nature->value);
        return;
    }
    bool is_long = end.year > start.year && month_of(end, true) >= month_of(start, false) + 12;
    if (is_long)
        finding_add(checking->findings, CHECK_NATURE_AGAINST_PERIOD, VERDICT_FAIL, sides, 3, "%s的项目期为%s至%s，跨多个年度",
                    "%s, but the period %s to %s spans several years", nature->value, start_node->value, end_node->value);
    else
        finding_count(checking->findings, CHECK_NATURE_AGAINST_PERIOD, VERDICT_PASS);
}
