#include <string.h>

#include "check.h"
#include "pattern.h"
#include "survey.h"

static void applies(struct checking *checking, bool has_passed)
{
    finding_count(checking->findings, checking->check, has_passed ? VERDICT_PASS : VERDICT_NOT_APPLICABLE);
}

/* A finding or a refusal about an indicator, shown at `node` and its name. */
#define measured_tell(checking, verdict, measured, node, ...)                                                \
    finding_add((checking)->findings, (checking)->check, (verdict),                                          \
                (struct side[]){checking_side((checking), (node)),                                           \
                                checking_side((checking), measured_place(measured))},                        \
                measured_place(measured) == (node) ? 1 : 2, __VA_ARGS__)

/* ---- levels ---- */

/* What the indicators of one horizon speak of. */
struct dimensions {
    unsigned classes, dimensions;
    bool has_unclassed; /* neither level says what it is */
    bool has_benefit;
    bool has_open_output; /* an output whose level 2 says nothing */
    const struct measured *last, *last_output;
};

static bool is_benefit(const struct measured *m)
{
    bool is_effect = m->dimension >= DIMENSION_ECONOMIC && m->dimension <= DIMENSION_SUSTAINABILITY;
    bool is_open = m->dimension == DIMENSION_NONE || m->dimension == DIMENSION_OTHER;
    return (is_effect && m->class != CLASS_COST) || (is_open && m->class == CLASS_BENEFIT);
}

static struct dimensions dimensions_of(const struct survey *survey, unsigned horizon)
{
    struct dimensions found = {0};
    for (size_t i = 0; i < survey->count; i++) {
        const struct measured *m = &survey->items[i];
        if (m->horizon != horizon)
            continue;
        bool is_open = m->dimension == DIMENSION_NONE || m->dimension == DIMENSION_OTHER;
        found.classes |= 1u << m->class;
        found.dimensions |= 1u << m->dimension;
        found.has_unclassed |= m->class == CLASS_NONE && is_open;
        found.has_benefit |= is_benefit(m);
        found.last = m;
        if (m->class == CLASS_OUTPUT ||
            (m->dimension >= DIMENSION_QUANTITY && m->dimension <= DIMENSION_TIMELINESS)) {
            found.last_output = m;
            found.has_open_output |= is_open;
        }
    }
    return found;
}

/* Satisfaction may be asked for by an indicator of another level. */
static bool asks_for_satisfaction(struct checking *checking, const struct survey *survey, unsigned horizon)
{
    for (size_t i = 0; i < survey->count; i++) {
        const char *name = survey->items[i].folded;
        if (survey->items[i].horizon == horizon &&
            grammar_value(checking->grammar, VALUE_PLEASED, name, strlen(name)))
            return true;
    }
    return false;
}

static bool horizon_misses(struct checking *checking, const struct survey *survey, unsigned horizon)
{
    static const struct {
        const char *zh, *en;
    } of[HORIZONS] = {{"年度", "annual "}, {"中期", "mid-term "}, {"总体", "project "}};
    const struct dimensions found = dimensions_of(survey, horizon);
    const char *zh = survey->horizons > 1 ? of[horizon].zh : "绩效",
               *en = survey->horizons > 1 ? of[horizon].en : "";
    const bool has_output = found.last_output,
               has_satisfaction = found.classes >> CLASS_SATISFACTION & 1 ||
                                  found.dimensions >> DIMENSION_SATISFACTION & 1;
    const struct {
        bool is_missing, may_be;
        const char *zh, *en;
        const struct measured *at;
    } wanted[] = {
        {!has_output, found.has_unclassed, "产出", "output", found.last},
        {has_output && !(found.dimensions >> DIMENSION_QUANTITY & 1), found.has_open_output, "数量",
         "quantity", found.last_output},
        {has_output && !(found.dimensions >> DIMENSION_QUALITY & 1), found.has_open_output, "质量", "quality",
         found.last_output},
        {!found.has_benefit, found.has_unclassed, "效益", "benefit", found.last},
        {!has_satisfaction && !asks_for_satisfaction(checking, survey, horizon), found.has_unclassed,
         "满意度", "satisfaction", found.last},
    };
    bool is_missing = false, is_refused = false;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (!wanted[i].is_missing)
            continue;
        is_missing = true;
        const struct measured *at = wanted[i].at;
        const struct node *level = i == 1 || i == 2 ? at->level2 : at->level1;
        const struct node *place = level && level->provenance && level->provenance->bytes.count
                                       ? level
                                       : measured_place(at);
        const struct side side = checking_side(checking, place);
        if (!wanted[i].may_be) {
            finding_add(checking->findings, checking->check, VERDICT_FAIL, &side, 1,
                        "%s%.0s指标中没有%s%.0s指标", "no %.0s%s%.0s%s indicator", zh, en, wanted[i].zh,
                        wanted[i].en);
        } else if (!is_refused) {
            finding_add(checking->findings, checking->check, VERDICT_REFUSED, &side, 1,
                        "有指标未填层级，无法判断%s%.0s指标中是否缺少%s%.0s指标",
                        "levels are blank, so a missing %.0s%s%.0s%s indicator cannot be told", zh, en,
                        wanted[i].zh, wanted[i].en);
            is_refused = true;
        }
    }
    return is_missing;
}

void check_dimension_missing(struct checking *checking)
{
    const struct survey *survey = survey_of(checking);
    for (unsigned horizon = 0; horizon < HORIZONS; horizon++)
        if (survey->in_horizon[horizon] && !horizon_misses(checking, survey, horizon))
            applies(checking, true);
    if (!survey->count)
        applies(checking, false);
}

enum { STRANGE_MOST = 16 };

/* A level name that is not of the taxonomy, once for each. */
static void level_strange(struct checking *checking, const struct node *level, const struct node **seen,
                          size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(seen[i]->value, level->value) == 0)
            return;
    if (*count == STRANGE_MOST)
        return;
    seen[(*count)++] = level;
    const struct side side = checking_side(checking, level);
    finding_add(checking->findings, checking->check, VERDICT_FAIL, &side, 1, "“%s”不是规定的指标层级名称",
                "'%s' is no level of the taxonomy", level->value);
}

void check_taxonomy(struct checking *checking)
{
    const struct survey *survey = survey_of(checking);
    const struct node *strange[STRANGE_MOST];
    size_t count = 0, levels = 0;
    const struct measured *unjudged = NULL;
    for (size_t i = 0; i < survey->count; i++) {
        const struct measured *m = &survey->items[i];
        bool has_level1 = *node_text(m->level1), has_level2 = *node_text(m->level2);
        levels += has_level1 || has_level2;
        if (has_level1 && m->class == CLASS_NONE)
            level_strange(checking, m->level1, strange, &count);
        if (has_level2 && m->dimension == DIMENSION_NONE)
            level_strange(checking, m->level2, strange, &count);
        if (has_level2 && !has_level1 && !unjudged)
            unjudged = m;
    }
    if (unjudged)
        measured_tell(checking, VERDICT_REFUSED, unjudged, unjudged->level2,
                      "“%s”之上没有一级指标，无法判断是否相属",
                      "no level 1 is printed above '%s', so it cannot be judged", unjudged->level2->value);
    if (!count && !unjudged && !checking->is_found[CHECK_TAXONOMY])
        applies(checking, levels);
}

/* ---- the same indicator twice ---- */

static bool is_loosely_same(const struct checking *checking, const char *a, const char *b)
{
    return strcmp(a, b) == 0 || strcmp(survey_folded(checking, a), survey_folded(checking, b)) == 0;
}

static uint32_t measured_hash(const struct measured *m)
{
    uint64_t hash = m->horizon, word;
    size_t length = strlen(m->folded);
    for (const char *at = m->folded; length; at += sizeof word) {
        word = 0;
        memcpy(&word, at, length < sizeof word ? length : sizeof word);
        length -= length < sizeof word ? length : sizeof word;
        hash = (hash ^ word) * 0x9fb21c651e98df25u;
        hash ^= hash >> 31;
    }
    return (uint32_t)(hash >> 16);
}

static bool is_same_name(const struct measured *a, const struct measured *b)
{
    return a->horizon == b->horizon && strcmp(a->folded, b->folded) == 0;
}

static bool is_same_level(const struct measured *a, const struct measured *b)
{
    return a->class == b->class && a->dimension == b->dimension;
}

/* Under another level 2 a name may speak of something else, unless it is measured in the same way. */
static bool is_same_measure(const struct measured *a, const struct measured *b)
{
    return a->class == b->class && a->value && b->value && a->kind == b->kind && (a->unit || b->unit) &&
           strcmp(a->unit ? a->unit : "", b->unit ? b->unit : "") == 0;
}

static bool is_same_target(const struct checking *checking, const struct measured *a,
                           const struct measured *b)
{
    if (a->value && b->value && a->kind == b->kind)
        return strcmp(a->value, b->value) == 0 &&
               strcmp(a->unit ? a->unit : "", b->unit ? b->unit : "") == 0 &&
               (a->sign == b->sign || (a->sign <= SIGN_EQ && b->sign <= SIGN_EQ));
    return is_loosely_same(checking, node_text(a->target), node_text(b->target));
}

static void duplicate_tell(struct checking *checking, const struct measured *first,
                           const struct measured *again)
{
    const struct side names[] = {checking_side(checking, again->name), checking_side(checking, first->name)};
    bool is_blank = first->kind == TARGET_BLANK || again->kind == TARGET_BLANK;
    if (is_blank && first->kind != again->kind) {
        finding_add(checking->findings, checking->check, VERDICT_REFUSED, names, 2,
                    "指标“%s”出现两次，其一未填指标值，无法比较",
                    "'%s' stands twice, once without a target to compare", again->name->value);
        return;
    }
    if (is_same_target(checking, first, again)) {
        finding_add(checking->findings, checking->check, VERDICT_FAIL, names, 2,
                    "指标“%s”重复出现，指标值相同", "'%s' stands twice with the same target",
                    again->name->value)
            ->severity = SEVERITY_INFO;
        return;
    }
    const struct side targets[] = {checking_side(checking, again->target),
                                   checking_side(checking, first->target), names[0], names[1]};
    finding_add(checking->findings, checking->check, VERDICT_FAIL, targets, 4,
                "指标“%s”重复出现而指标值不同：前为“%s”，此处为“%s”",
                "'%s' stands twice with different targets: before '%s', here '%s'", again->name->value,
                node_text(first->target), node_text(again->target));
}

void check_duplicate_indicator(struct checking *checking)
{
    const struct survey *survey = survey_of(checking);
    size_t room = 64, told = 0;
    while (room < survey->named * 2)
        room *= 2;
    uint32_t few[64] = {0},
             *slots = room > 64 ? arena_array(checking->arena, uint32_t, room) : few; /* 1 + place */
    for (size_t i = 0; i < survey->count; i++) {
        const struct measured *m = &survey->items[i];
        if (!*m->folded)
            continue;
        size_t slot = measured_hash(m) & (room - 1);
        const struct measured *first = NULL; /* under the same level, or else measured in the same way */
        bool is_kept = false;
        for (; slots[slot] && !is_kept; slot = (slot + 1) & (room - 1)) {
            const struct measured *other = &survey->items[slots[slot] - 1];
            if (!is_same_name(other, m))
                continue;
            is_kept = is_same_level(other, m);
            if (is_kept || (!first && is_same_measure(other, m)))
                first = other;
        }
        if (!is_kept)
            slots[slot] = (uint32_t)i + 1;
        if (first) {
            duplicate_tell(checking, first, m);
            told++;
        }
    }
    if (!told)
        applies(checking, survey->named);
}

/* ---- what a template left ---- */

/* Texts to be searched in one go, a line each. */
struct lines {
    size_t length;
    bool has_mask;
    char text[4096];
};

static void lines_search(const struct checking *checking, struct lines *lines)
{
    lines->has_mask = lines->has_mask ||
                      grammar_value(checking->grammar, VALUE_MASK, lines->text, lines->length);
    lines->length = 0;
}

static void lines_add(const struct checking *checking, struct lines *lines, const char *text)
{
    size_t length = strlen(text);
    if (lines->length + length >= sizeof lines->text)
        lines_search(checking, lines);
    if (length >= sizeof lines->text) {
        lines->has_mask = lines->has_mask || grammar_value(checking->grammar, VALUE_MASK, text, length);
        return;
    }
    memcpy(lines->text + lines->length, text, length);
    lines->length += length;
    lines->text[lines->length++] = '\n';
}

/* Whether any name or target is masked in part: one search instead of one for each. */
static bool has_masks(const struct checking *checking, const struct survey *survey)
{
    struct lines lines;
    lines.length = 0;
    lines.has_mask = false;
    for (size_t i = 0; i < survey->count && !lines.has_mask; i++) {
        const struct measured *m = &survey->items[i];
        lines_add(checking, &lines, m->folded);
        if (m->kind == TARGET_TEXT)
            lines_add(checking, &lines, survey_folded(checking, m->target->value));
    }
    lines_search(checking, &lines);
    return lines.has_mask;
}

static bool is_unfilled(const struct checking *checking, const char *text, bool has_mask)
{
    size_t length = strlen(text);
    if (grammar_value(checking->grammar, VALUE_TEMPLATE, text, length))
        return true;
    const struct rule *mask = has_mask ? grammar_value(checking->grammar, VALUE_MASK, text, length) : NULL;
    return mask && mask->name[0] != '-';
}

/* A cell that reading moved from one column to another says nothing about blanks with certainty. */
static bool is_moved(const struct measured *m)
{
    const struct node *nodes[] = {m->name, m->target};
    for (size_t i = 0; i < 2; i++)
        if (nodes[i] && nodes[i]->provenance && nodes[i]->provenance->by &&
            strcmp(nodes[i]->provenance->by, "shifted") == 0)
            return true;
    return false;
}

static enum verdict blank_verdict(const struct measured *m)
{
    return is_moved(m) ? VERDICT_REFUSED : VERDICT_FAIL;
}

void check_placeholder(struct checking *checking)
{
    const struct survey *survey = survey_of(checking);
    const bool has_mask = has_masks(checking, survey);
    size_t told = 0, seen = 0;
    for (size_t i = 0; i < survey->count; i++) {
        const struct measured *m = &survey->items[i];
        if (*m->folded) {
            seen++;
            if (is_unfilled(checking, m->folded, has_mask)) {
                measured_tell(checking, VERDICT_FAIL, m, m->name, "指标名称“%s”是模板内容，未填写",
                              "the name '%s' is the template's", m->name->value);
                told++;
            }
        } else if (m->name && survey->named && m->kind > TARGET_BLANK) {
            measured_tell(checking, blank_verdict(m), m, m->target, "指标值“%s”没有指标名称",
                          "the target '%s' has no name", m->target->value);
            told++;
        }
        if (m->kind == TARGET_BLANK) {
            measured_tell(checking, blank_verdict(m), m, measured_place(m), "指标“%s”未填指标值",
                          "'%s' has no target", measured_title(m));
            told++;
        } else if (m->kind == TARGET_TEXT) {
            seen++;
            if (is_unfilled(checking, survey_folded(checking, m->target->value), has_mask)) {
                measured_tell(checking, VERDICT_FAIL, m, m->target, "指标“%s”的指标值“%s”是模板内容，未填写",
                              "the target of '%s', '%s', is the template's", measured_title(m),
                              m->target->value);
                told++;
            }
        } else if (m->kind != TARGET_NONE) {
            seen++;
        }
    }
    if (!told)
        applies(checking, seen);
}

/* ---- numbers ---- */

static bool is_percent(const char *unit) { return unit && unit[0] == '%' && !unit[1]; }

/* Of plain decimals as targets have them. */
static bool is_over_hundred(const char *value)
{
    size_t whole = strcspn(value, ".");
    return whole > 3 || (whole == 3 && strcmp(value, "100") > 0);
}

static const char *title_folded(const struct checking *checking, const struct measured *m)
{
    return *m->folded ? m->folded : survey_folded(checking, measured_title(m));
}

static bool is_named(struct checking *checking, enum value_name value, const struct measured *m)
{
    const char *name = title_folded(checking, m);
    return grammar_value(checking->grammar, value, name, strlen(name));
}

/* What a percentage out of range is: a mistake where the name is that of a share, nothing where it
 * may well be so; of other rates it cannot be told. */
static enum verdict range_verdict(struct checking *checking, const struct measured *m)
{
    return is_named(checking, VALUE_BOUNDED, m)                                               ? VERDICT_FAIL
           : is_named(checking, VALUE_SHARE, m) && !is_named(checking, VALUE_GROWTH, m) ? VERDICT_REFUSED
                                                                                              : VERDICT_PASS;
}

/* Tells that `node` is out of range; false where that is no finding. */
static bool range_tell(struct checking *checking, const struct measured *m, const struct node *node, bool is_over)
{
    const enum verdict verdict = range_verdict(checking, m);
    if (verdict == VERDICT_PASS)
        return false;
    const char *zh = is_over ? "超过100%" : "小于0", *en = is_over ? "exceed 100%" : "be negative";
    if (verdict == VERDICT_FAIL)
        measured_tell(checking, verdict, m, node, "“%s”不应%s%.0s，%s%.0s为“%s”", "'%s' cannot %.0s%s, %.0s%s is '%s'",
                      measured_title(m), zh, en, node == m->actual ? "实际完成值" : "指标值",
                      node == m->actual ? "reached" : "the target", node->value);
    else
        measured_tell(checking, verdict, m, node, "“%s”为“%s”，该比率能否%s%.0s不明，不作判断",
                      "'%s' is '%s': whether this rate can %.0s%s cannot be told", measured_title(m), node->value, zh, en);
    return true;
}

/* -5%, ≥-5% */
static bool is_below_zero(const struct measured *m)
{
    if (m->kind != TARGET_TEXT)
        return false;
    const char *text = m->target->value;
    while (*text && *text != '-' && !(*text >= '0' && *text <= '9'))
        text++;
    if (*text != '-' || (size_t)(text - m->target->value) > 9)
        return false;
    const char *digits = text + 1 + strspn(text + 1, "0123456789.");
    return digits > text + 1 &&
           (*digits == '%' || strncmp(digits, "(%)", 3) == 0 || strncmp(digits, "％", 3) == 0);
}

/* 105.2% in what was reached. */
static bool is_actual_over(const struct measured *m)
{
    const char *text = m->actual ? node_text(m->actual) : "";
    size_t digits = strspn(text, "0123456789.");
    if (digits < 3 || strcmp(text + digits, "%") != 0)
        return false;
    char value[24];
    if (digits >= sizeof value)
        return true;
    memcpy(value, text, digits);
    value[digits] = 0;
    struct decimal decimal, hundred = {100, 0};
    return decimal_read(&decimal, value, digits) && decimal_compare(decimal, hundred) > 0;
}

void check_percent_range(struct checking *checking)
{
    const struct survey *survey = survey_of(checking);
    const struct measured *sibling = NULL;
    size_t told = 0, seen = 0, bare = 0;
    for (size_t i = 0; i < survey->count; i++) {
        const struct measured *m = &survey->items[i];
        bool is_share_number = m->kind == TARGET_NUMBER && is_percent(m->unit);
        if (is_share_number && !sibling)
            sibling = m;
        seen += is_share_number;
        bare += m->kind == TARGET_NUMBER && !m->unit;
        if (is_share_number && is_over_hundred(m->value)) {
            told += range_tell(checking, m, m->target, true);
        } else if (is_below_zero(m)) {
            told += range_tell(checking, m, m->target, false);
        } else if (measured_is_misread(m)) {
            measured_tell(checking, VERDICT_REFUSED, m, m->target,
                          "“%s”的指标值“%s”首位疑为误识的符号，不作判断",
                          "the target of '%s', '%s', may begin with a misread sign", measured_title(m),
                          m->target->value);
            told++;
        }
        if (m->actual && is_actual_over(m))
            told += range_tell(checking, m, m->actual, true);
    }
    for (size_t i = 0; sibling && bare && i < survey->count; i++) {
        const struct measured *m = &survey->items[i];
        bool is_bare = m->kind == TARGET_NUMBER && !m->unit && m->value[0] != '0' &&
                       strcmp(m->value, "1") != 0; /* 0.95 is a share as it stands */
        if (!is_bare || !is_named(checking, VALUE_RATED, m))
            continue;
        const struct side sides[] = {checking_side(checking, m->target),
                                     checking_side(checking, sibling->target)};
        finding_add(checking->findings, checking->check, VERDICT_FAIL, sides, 2,
                    "“%s”的指标值“%s”缺少百分号，同表其他比率为“%s”",
                    "the target of '%s', '%s', lacks the %% that others have: '%s'", measured_title(m),
                    m->target->value, sibling->target->value);
        told++;
    }
    if (!told)
        applies(checking, seen);
}

/* ≥30…: a sign and a number, and behind it what is no unit. */
static bool is_unread_number(const struct checking *checking, const struct measured *m)
{
    const char *text = survey_folded(checking, m->target->value);
    if (!grammar_value(checking->grammar, VALUE_SIGN, text, strlen(text)))
        return false;
    text += pattern_to(checking->grammar->values[VALUE_SIGN]);
    return *text >= '0' && *text <= '9';
}

/* 培训人数（人）: the name says the unit. */
static bool has_unit_in_name(const struct checking *checking, const struct measured *m)
{
    const char *name = title_folded(checking, m), *open = strrchr(name, '(');
    size_t length = open ? strlen(open) : 0;
    return length > 2 && open[length - 1] == ')' &&
           grammar_value(checking->grammar, VALUE_MEASURE, open + 1, length - 2);
}

void check_unit_of_measure(struct checking *checking)
{
    const struct survey *survey = survey_of(checking);
    size_t told = 0, seen = 0;
    bool has_percent = false;
    for (size_t i = 0; i < survey->count && !has_percent; i++)
        has_percent = survey->items[i].kind == TARGET_NUMBER && is_percent(survey->items[i].unit);
    for (size_t i = 0; i < survey->count; i++) {
        const struct measured *m = &survey->items[i];
        if (m->kind == TARGET_TEXT && is_unread_number(checking, m)) {
            measured_tell(checking, VERDICT_REFUSED, m, m->target,
                          "指标“%s”的指标值“%s”数字之后不能识读，无法判断有无计量单位",
                          "what follows the number in the target of '%s', '%s', cannot be read",
                          measured_title(m), m->target->value);
            told++;
        }
        if (m->kind != TARGET_NUMBER || !m->sign)
            continue;
        seen++;
        if (m->unit || strcmp(m->value, "0") == 0 || is_named(checking, VALUE_UNITLESS, m) ||
            has_unit_in_name(checking, m))
            continue;
        if (has_percent && is_named(checking, VALUE_RATED, m)) /* percent-range says so */
            continue;
        measured_tell(checking, VERDICT_FAIL, m, m->target, "指标“%s”的指标值“%s”没有计量单位",
                      "the target of '%s', '%s', has no unit", measured_title(m), m->target->value);
        told++;
    }
    if (!told)
        applies(checking, seen);
}

/* Money, or a price such as 元/平方米. */
static bool is_money(const struct measured *m)
{
    return m->kind == TARGET_MONEY || (m->kind == TARGET_NUMBER && m->unit && strstr(m->unit, "元"));
}

/* Half of all and more: nobody states that of a harm. */
static bool is_most(const struct measured *m)
{
    return is_percent(m->unit) && (m->value[0] >= '5' || strcspn(m->value, ".") > 2) &&
           strcspn(m->value, ".") > 1;
}

void check_sign_direction(struct checking *checking)
{
    const struct survey *survey = survey_of(checking);
    size_t told = 0, seen = 0;
    for (size_t i = 0; i < survey->count; i++) {
        const struct measured *m = &survey->items[i];
        if (measured_is_misread(m)) {
            measured_tell(checking, VERDICT_REFUSED, m, m->target,
                          "“%s”的指标值“%s”首位疑为误识的符号，不作判断",
                          "the target of '%s', '%s', may begin with a misread sign", measured_title(m),
                          m->target->value);
            told++;
        }
        if (m->sign <= SIGN_EQ)
            continue;
        seen++;
        const char *zh = NULL, *en = NULL;
        bool is_cost = m->dimension == DIMENSION_COST || m->class == CLASS_COST;
        if (measured_rises(m) && is_cost && is_money(m) && !is_named(checking, VALUE_SAVING, m)) {
            zh = "成本指标“%s”的指标值“%s”应为上限，符号方向可疑";
            en = "the cost '%s' has '%s' where a cap is expected";
        } else if (measured_rises(m) && !is_most(m) &&
                   survey_finds(checking, VALUE_HARM, title_folded(checking, m)) &&
                   !is_named(checking, VALUE_REMEDY, m)) {
            zh = "“%s”越少越好，指标值“%s”的符号方向可疑";
            en = "'%s' should be small, yet the target is '%s'";
        } else if (measured_falls(m) && is_percent(m->unit) && is_named(checking, VALUE_PLEASED, m) &&
                   !survey_finds(checking, VALUE_HARM, title_folded(checking, m))) {
            zh = "满意度“%s”的指标值“%s”应为下限，符号方向可疑";
            en = "the satisfaction '%s' has '%s' where a floor is expected";
        }
        if (!zh)
            continue;
        const struct side sides[] = {checking_side(checking, m->target),
                                     checking_side(checking, measured_place(m))};
        finding_add(checking->findings, checking->check, VERDICT_FAIL, sides, 2, zh, en, measured_title(m),
                    m->target->value);
        told++;
    }
    if (!told)
        applies(checking, seen);
}

enum { WISH_MOST = 48 }; /* bytes */

/* 生活质量明显改善: a wish at the end of words that name no number. */
static bool is_partly_wish(const struct checking *checking, const char *text)
{
    return !strpbrk(text, "0123456789") && !survey_finds(checking, VALUE_TALLY, text) &&
           survey_finds(checking, VALUE_WISH, text);
}

void check_vague_target(struct checking *checking)
{
    const struct survey *survey = survey_of(checking);
    size_t told = 0, seen = 0;
    for (size_t i = 0; i < survey->count; i++) {
        const struct measured *m = &survey->items[i];
        if (m->kind <= TARGET_BLANK)
            continue;
        seen++;
        size_t length = m->kind == TARGET_TEXT ? strlen(m->target->value) : WISH_MOST;
        if (length >= WISH_MOST)
            continue;
        const char *text = survey_folded(checking, m->target->value);
        if (!grammar_value(checking->grammar, VALUE_WISH, text, strlen(text))) {
            if (m->kind == TARGET_TEXT && is_partly_wish(checking, text)) {
                measured_tell(checking, VERDICT_REFUSED, m, m->target, "指标“%s”的指标值“%s”能否衡量不明",
                              "whether the target of '%s', '%s', can be measured cannot be told", measured_title(m),
                              m->target->value);
                told++;
            }
            continue;
        }
        measured_tell(checking, VERDICT_FAIL, m, m->target, "指标“%s”的指标值“%s”无法衡量",
                      "the target of '%s', '%s', cannot be measured", measured_title(m), m->target->value);
        told++;
    }
    if (!told)
        applies(checking, seen);
}
