#include "checking.h"

#include <stdlib.h>
#include <string.h>

const struct node *checking_unread(const struct checking *checking, const char *section, const char *name)
{
    const struct node *fields = node_child(checking->form->declaration, "fields");
    const size_t length = strlen(section);
    for (const struct node *node = fields ? fields->first : NULL; node; node = node->next) {
        const char *rule = node->value && node->provenance ? node->provenance->rule : NULL;
        if (rule && strncmp(rule, section, length) == 0 && rule[length] == '/' && strcmp(rule + length + 1, name) == 0)
            return node;
    }
    return NULL;
}

/* Reading says what it finds; without a finding the amounts have units. */
static void unit_undeclared(struct checking *checking)
{
    bool has_amount = false;
    const struct node *unread = NULL;
    for (const struct node *node = checking->funding ? checking->funding->first : NULL; node && !has_amount; node = node->next) {
        const char *kind = node->value ? node_get(node, "kind") : NULL;
        bool is_text = kind && strcmp(kind, "text") == 0;
        has_amount = node->value && !is_text;
        unread = unread || !is_text ? unread : node;
    }
    if (checking->is_found[CHECK_UNIT_UNDECLARED])
        return;
    if (has_amount || !unread || form_field(checking->form, "header", "currency-unit")) {
        finding_count(checking->findings, CHECK_UNIT_UNDECLARED, has_amount ? VERDICT_PASS : VERDICT_NOT_APPLICABLE);
        return;
    }
    const struct side side = checking_side(checking, unread);
    finding_add(checking->findings, CHECK_UNIT_UNDECLARED, VERDICT_REFUSED, &side, 1,
                "金额“%s”不能识读，其中有无单位不明", "'%s' cannot be read, so it is not known whether it has a unit",
                unread->value);
}

/* The finding stands with the document; here its forms are counted. */
static void encoding(struct checking *checking)
{
    const struct source *source = checking->form->origin->source;
    bool is_known = source && !checking->form->is_read_back;
    finding_count(checking->findings, CHECK_ENCODING,
                  !is_known ? VERDICT_NOT_APPLICABLE : source->invalid_count ? VERDICT_FAIL : VERDICT_PASS);
}

const struct check_row checks[CHECKS] = {
    [CHECK_REQUIRED_FIELD] = {"required-field", SEVERITY_ERROR, "必填项缺失", "a required field is missing", check_required_field},
    [CHECK_FUNDING_SUM] = {"funding-sum", SEVERITY_ERROR, "资金合计不符", "a total differs from its parts", check_funding_sum},
    [CHECK_ANNUAL_OVER_TOTAL] = {"annual-over-total", SEVERITY_ERROR, "年度资金超过项目总额", "annual money exceeds the project total", check_annual_over_total},
    [CHECK_BUDGET_SUM] = {"budget-sum", SEVERITY_ERROR, "明细合计不符", "detail lines do not add up", check_budget_sum},
    [CHECK_LINE_PRODUCT] = {"line-product", SEVERITY_ERROR, "单价乘数量不符", "unit price times quantity differs from the amount", check_line_product},
    [CHECK_UNIT_UNDECLARED] = {"unit-undeclared", SEVERITY_INFO, "金额单位未注明", "an amount has no unit", unit_undeclared},
    [CHECK_UNIT_CONFLICT] = {"unit-conflict", SEVERITY_WARNING, "金额单位矛盾", "two units for one amount", check_unit_conflict},
    [CHECK_TEN_THOUSANDFOLD] = {"ten-thousandfold", SEVERITY_ERROR, "金额相差万倍", "amounts differ by a power of ten", check_ten_thousandfold},
    [CHECK_COST_INDICATORS] = {"cost-indicators", SEVERITY_WARNING, "成本指标与资金不符", "cost indicators do not fit the funds", check_cost_indicators},
    [CHECK_NAME_RESTATED] = {"name-restated", SEVERITY_WARNING, "名称前后不一", "a name is restated differently", check_name_restated},
    [CHECK_YEAR_DISAGREES] = {"year-disagrees", SEVERITY_WARNING, "年度前后不一", "parts name different years", check_year_disagrees},
    [CHECK_PERIOD_ORDER] = {"period-order", SEVERITY_ERROR, "起止时间有误", "the period is out of order", check_period_order},
    [CHECK_CHOICE_COUNT] = {"choice-count", SEVERITY_WARNING, "单选项勾选有误", "none or several of a group are ticked", check_choice_count},
    [CHECK_NATURE_AGAINST_PERIOD] = {"nature-against-period", SEVERITY_WARNING, "项目性质与期限矛盾", "nature and period disagree", check_nature_against_period},
    [CHECK_DIMENSION_MISSING] = {"dimension-missing", SEVERITY_WARNING, "缺少指标维度", "a dimension has no indicator", check_dimension_missing},
    [CHECK_TAXONOMY] = {"taxonomy", SEVERITY_INFO, "指标层级有误", "levels do not belong together", check_taxonomy},
    [CHECK_DUPLICATE_INDICATOR] = {"duplicate-indicator", SEVERITY_ERROR, "指标重复", "an indicator stands twice", check_duplicate_indicator},
    [CHECK_PLACEHOLDER] = {"placeholder", SEVERITY_ERROR, "模板内容未填写", "a template was not filled in", check_placeholder},
    [CHECK_PERCENT_RANGE] = {"percent-range", SEVERITY_WARNING, "百分比超出范围", "a percentage is out of range", check_percent_range},
    [CHECK_SIGN_DIRECTION] = {"sign-direction", SEVERITY_WARNING, "符号方向可疑", "a sign points the wrong way", check_sign_direction},
    [CHECK_UNIT_OF_MEASURE] = {"unit-of-measure", SEVERITY_WARNING, "指标值缺计量单位", "a target has no unit", check_unit_of_measure},
    [CHECK_VAGUE_TARGET] = {"vague-target", SEVERITY_INFO, "指标值含糊", "a target cannot be measured", check_vague_target},
    [CHECK_WEIGHT_SUM] = {"weight-sum", SEVERITY_ERROR, "权重合计不符", "weights do not add up", check_weight_sum},
    [CHECK_SCORE] = {"score", SEVERITY_WARNING, "得分不符", "a score does not follow from its values", check_score},
    [CHECK_GOAL_NUMBER] = {"goal-number", SEVERITY_INFO, "目标数字无对应指标", "a number of the goal has no indicator", check_goal_number},
    [CHECK_UNREAD] = {"unread", SEVERITY_WARNING, "未能识读", "text could not be read", check_unread},
    [CHECK_ENCODING] = {"encoding", SEVERITY_WARNING, "编码有误", "bytes could not be decoded", encoding},
    [CHECK_AMBIGUOUS_MATCH] = {"ambiguous-match", SEVERITY_INFO, "项目对应不唯一", "several forms may be the same project", NULL},
    [CHECK_AMOUNT_JUMP] = {"amount-jump", SEVERITY_WARNING, "年度资金变动过大", "annual money changed without a reason", NULL},
    [CHECK_UNIT_SLIP] = {"unit-slip", SEVERITY_ERROR, "金额单位错位", "an amount slipped by a power of ten", NULL},
    [CHECK_DIGIT_SLIP] = {"digit-slip", SEVERITY_WARNING, "金额数字疑似错录", "digits of an amount slipped", NULL},
    [CHECK_TARGET_LOWERED] = {"target-lowered", SEVERITY_WARNING, "指标值降低", "a target got easier", NULL},
    [CHECK_TARGET_BELOW_ACTUAL] = {"target-below-actual", SEVERITY_WARNING, "指标值低于上年实际", "a target is below last year's result", NULL},
    [CHECK_INDICATOR_CHANGED] = {"indicator-changed", SEVERITY_INFO, "指标变动", "an indicator changed", NULL},
    [CHECK_MEASURE_CHANGED] = {"measure-changed", SEVERITY_WARNING, "计量单位变动", "the unit of a target changed", NULL},
    [CHECK_SIGN_FLIP] = {"sign-flip", SEVERITY_ERROR, "符号反转", "a sign was turned round", NULL},
    [CHECK_COPIED_FORM] = {"copied-form", SEVERITY_WARNING, "照抄上年", "a form is copied from last year", NULL},
    [CHECK_STALE_YEAR] = {"stale-year", SEVERITY_ERROR, "年份未更新", "last year's number is left", NULL},
    [CHECK_CONTINUITY] = {"continuity", SEVERITY_WARNING, "项目性质与历年不符", "nature disagrees with other years", NULL},
    [CHECK_CUMULATIVE] = {"cumulative", SEVERITY_ERROR, "历年累计与总额不符", "years do not fit the project total", NULL},
    [CHECK_CARRY_OVER] = {"carry-over", SEVERITY_ERROR, "结转超过上年结余", "more carried over than was left", NULL},
    [CHECK_OWNER_CHANGED] = {"owner-changed", SEVERITY_INFO, "责任主体变动", "the owner changed", NULL},
    [CHECK_EVALUATION_TARGET] = {"evaluation-target", SEVERITY_ERROR, "自评与申报指标不符", "the evaluation changed a target", NULL},
    [CHECK_RESTATED] = {"restated", SEVERITY_ERROR, "同年金额不一", "documents of one year disagree", NULL},
};

enum check check_named(const char *name, size_t length)
{
    enum check check = 0;
    while (check < CHECKS && (strncmp(checks[check].name, name, length) != 0 || checks[check].name[length]))
        check++;
    return check;
}

/* ---- what reading found ---- */

/* Reading says both languages in one: 金额未注明单位 (no unit is printed). */
static void message_split(struct arena *arena, const char *text, const char **zh, const char **en)
{
    size_t length = strlen(text), depth = 0;
    *zh = *en = text;
    for (size_t at = length; length && text[length - 1] == ')' && at--;) {
        depth += text[at] == ')';
        depth -= text[at] == '(';
        if (depth == 0 && text[at] == '(') {
            if (at > 1 && text[at - 1] == ' ') {
                *zh = arena_copy(arena, text, at - 1);
                *en = arena_copy(arena, text + at + 1, length - at - 2);
            }
            return;
        }
    }
}

/* The messages of the checks, sorted, to know again what an extraction says already. */
struct messages {
    const char **items;
    size_t count;
};

static int message_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static struct messages messages_of(struct checking *checking)
{
    const struct findings *findings = checking->findings;
    struct messages messages = {arena_array(checking->arena, const char *, findings->items.count), 0};
    for (size_t i = 0; i < findings->items.count; i++)
        messages.items[messages.count++] = findings->items.items[i].zh;
    if (messages.count)
        qsort(messages.items, messages.count, sizeof *messages.items, message_compare);
    return messages;
}

static void finding_take(struct checking *checking, const struct messages *known, const struct node *node, enum check check)
{
    struct findings *findings = checking->findings;
    const char *zh, *en, *severity = node_get(node, "severity");
    message_split(checking->arena, node->value, &zh, &en);
    if (known->count && bsearch(&zh, known->items, known->count, sizeof *known->items, message_compare))
        return;
    struct side sides[2] = {checking_side(checking, node)};
    size_t count = 1;
    if (check == CHECK_NAME_RESTATED) {
        sides[1] = checking_side(checking, form_field(checking->form, "header", "project-name"));
        count += sides[1].node && strstr(node->value, sides[1].node->value);
    }
    struct finding *finding = finding_add(findings, check, VERDICT_FAIL, sides, count, "%s%.0s", "%.0s%s", zh, en);
    for (enum severity s = 0; severity && s < SEVERITIES; s++)
        if (strcmp(severity, severity_names[s]) == 0)
            finding->severity = s;
}

/* Of an extraction, which holds the findings of the checks as well, only the rules that
 * reading knows count. NULL for `known`: they are only marked. */
static void findings_of_reading(struct checking *checking, const struct messages *known)
{
    const struct node *found = node_child(checking->form->declaration, "findings");
    for (const struct node *node = found ? found->first : NULL; node; node = node->next) {
        const char *rule = node_get(node, "rule");
        enum check check = rule && node->value ? check_named(rule, strlen(rule)) : CHECKS;
        bool is_of_reading = check == CHECK_UNREAD || check == CHECK_TAXONOMY || check == CHECK_UNIT_UNDECLARED ||
                             check == CHECK_NAME_RESTATED || check == CHECK_ENCODING;
        if (check == CHECKS || (!is_of_reading && checking->form->is_read_back))
            continue;
        checking->is_found[check] = true;
        if (known)
            finding_take(checking, known, node, check);
    }
}

void check_form(const struct grammar *grammar, const struct form *form, struct findings *findings)
{
    struct checking checking = {.grammar = grammar, .form = form, .findings = findings, .arena = &findings->arena};
    for (const struct node *block = form->declaration->first; block; block = block->next)
        switch (block->name[0]) {
        case 'h': checking.header = strcmp(block->name, "header") == 0 ? block : checking.header; break;
        case 'n': checking.narrative = strcmp(block->name, "narrative") == 0 ? block : checking.narrative; break;
        case 'f': checking.funding = strcmp(block->name, "funding") == 0 ? block : checking.funding; break;
        case 'i': checking.indicators = strcmp(block->name, "indicators") == 0 ? block : checking.indicators; break;
        case 'b': checking.budget = strcmp(block->name, "budget") == 0 ? block : checking.budget; break;
        default: break;
        }
    struct messages none = {0};
    findings_of_reading(&checking, form->is_read_back ? NULL : &none);
    for (enum check check = 0; check < CHECKS; check++)
        if (checks[check].run) {
            checking.check = check;
            checks[check].run(&checking);
        }
    if (form->is_read_back) {
        struct messages known = messages_of(&checking);
        findings_of_reading(&checking, &known);
    }
}
