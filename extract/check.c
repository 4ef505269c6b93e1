#include "check.h"

#include <string.h>

const struct check_row checks[CHECKS] = {
    [CHECK_REQUIRED_FIELD] = {"required-field", SEVERITY_ERROR, "必填项缺失", "a required field is missing", NULL},
    [CHECK_FUNDING_SUM] = {"funding-sum", SEVERITY_ERROR, "资金合计不符", "a total differs from its parts", NULL},
    [CHECK_ANNUAL_OVER_TOTAL] = {"annual-over-total", SEVERITY_ERROR, "年度资金超过项目总额", "annual money exceeds the project total", NULL},
    [CHECK_BUDGET_SUM] = {"budget-sum", SEVERITY_ERROR, "明细合计不符", "detail lines do not add up", NULL},
    [CHECK_LINE_PRODUCT] = {"line-product", SEVERITY_ERROR, "单价乘数量不符", "unit price times quantity differs from the amount", NULL},
    [CHECK_UNIT_UNDECLARED] = {"unit-undeclared", SEVERITY_INFO, "金额单位未注明", "an amount has no unit", NULL},
    [CHECK_UNIT_CONFLICT] = {"unit-conflict", SEVERITY_WARNING, "金额单位矛盾", "two units for one amount", NULL},
    [CHECK_TEN_THOUSANDFOLD] = {"ten-thousandfold", SEVERITY_ERROR, "金额相差万倍", "amounts differ by a power of ten", NULL},
    [CHECK_COST_INDICATORS] = {"cost-indicators", SEVERITY_WARNING, "成本指标与资金不符", "cost indicators do not fit the funds", NULL},
    [CHECK_NAME_RESTATED] = {"name-restated", SEVERITY_WARNING, "名称前后不一", "a name is restated differently", NULL},
    [CHECK_YEAR_DISAGREES] = {"year-disagrees", SEVERITY_WARNING, "年度前后不一", "parts name different years", NULL},
    [CHECK_PERIOD_ORDER] = {"period-order", SEVERITY_ERROR, "起止时间有误", "the period is out of order", NULL},
    [CHECK_CHOICE_COUNT] = {"choice-count", SEVERITY_WARNING, "单选项勾选有误", "none or several of a group are ticked", NULL},
    [CHECK_NATURE_AGAINST_PERIOD] = {"nature-against-period", SEVERITY_WARNING, "项目性质与期限矛盾", "nature and period disagree", NULL},
    [CHECK_DIMENSION_MISSING] = {"dimension-missing", SEVERITY_WARNING, "缺少指标维度", "a dimension has no indicator", NULL},
    [CHECK_TAXONOMY] = {"taxonomy", SEVERITY_INFO, "指标层级有误", "levels do not belong together", NULL},
    [CHECK_DUPLICATE_INDICATOR] = {"duplicate-indicator", SEVERITY_ERROR, "指标重复", "an indicator stands twice", NULL},
    [CHECK_PLACEHOLDER] = {"placeholder", SEVERITY_ERROR, "模板内容未填写", "a template was not filled in", NULL},
    [CHECK_PERCENT_RANGE] = {"percent-range", SEVERITY_WARNING, "百分比超出范围", "a percentage is out of range", NULL},
    [CHECK_SIGN_DIRECTION] = {"sign-direction", SEVERITY_WARNING, "符号方向可疑", "a sign points the wrong way", NULL},
    [CHECK_UNIT_OF_MEASURE] = {"unit-of-measure", SEVERITY_WARNING, "指标值缺计量单位", "a target has no unit", NULL},
    [CHECK_VAGUE_TARGET] = {"vague-target", SEVERITY_INFO, "指标值含糊", "a target cannot be measured", NULL},
    [CHECK_WEIGHT_SUM] = {"weight-sum", SEVERITY_ERROR, "权重合计不符", "weights do not add up", NULL},
    [CHECK_SCORE] = {"score", SEVERITY_WARNING, "得分不符", "a score does not follow from its values", NULL},
    [CHECK_GOAL_NUMBER] = {"goal-number", SEVERITY_INFO, "目标数字无对应指标", "a number of the goal has no indicator", NULL},
    [CHECK_UNREAD] = {"unread", SEVERITY_WARNING, "未能识读", "text could not be read", NULL},
    [CHECK_ENCODING] = {"encoding", SEVERITY_WARNING, "编码有误", "bytes could not be decoded", NULL},
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

void check_form(const struct grammar *grammar, const struct form *form, struct findings *findings)
{
    (void)grammar, (void)form, (void)findings;
}
