#include <string.h>

#include "check.h"
#include "survey.h"

/* ---- points ---- */

/* 10, 10分, 10%; false for anything else. */
static bool points_read(struct decimal *points, const struct node *node)
{
    const char *text = node_text(node);
    size_t digits = strspn(text, "0123456789.");
    const char *rest = text + digits;
    return digits &&
           (!*rest || strcmp(rest, "%") == 0 || strcmp(rest, "％") == 0 || strcmp(rest, "分") == 0) &&
           decimal_read(points, text, digits);
}

/* One unit of the last place of the finer one. */
static struct decimal finer(struct decimal step, struct decimal points)
{
    return points.places > step.places ? (struct decimal){1, points.places} : step;
}

/* What an evaluation says besides its indicators. */
struct points {
    const struct node *totals[2]; /* of the weights and of the scores; the first two in their order */
    size_t total_count;
    const struct node *weight, *score, *rate; /* of the execution of the budget */
};

static const struct rule *points_rule(const struct checking *checking, const char *label)
{
    return grammar_value(checking->grammar, VALUE_POINTS, label, strlen(label));
}

static struct points points_of(struct checking *checking)
{
    struct points points = {0};
    const struct node *fields = node_child(checking->form->declaration, "fields");
    for (const struct node *field = fields ? fields->first : NULL; field; field = field->next) {
        const char *label = field->value ? node_get(field, "label") : NULL;
        const struct rule *rule = label ? points_rule(checking, survey_folded(checking, label)) : NULL;
        if (!rule)
            continue;
        if (strcmp(rule->name, "total") == 0) {
            if (points.total_count < 2)
                points.totals[points.total_count++] = field;
        } else {
            const struct node **place = strcmp(rule->name, "score") == 0  ? &points.score
                                        : strcmp(rule->name, "rate") == 0 ? &points.rate
                                                                          : &points.weight;
            if (!*place)
                *place = field;
        }
    }
    return points;
}

/* ---- weights ---- */

struct sum {
    struct decimal total, step;
    size_t count;
    const struct measured *first, *last;
};

static bool sum_add(struct sum *sum, struct decimal points, const struct measured *measured)
{
    if (!decimal_add(&sum->total, sum->total, points))
        return false;
    sum->step = finer(sum->count ? sum->step : (struct decimal){1, 0}, points);
    sum->first = sum->count++ ? sum->first : measured;
    sum->last = measured;
    return true;
}

/* Weights printed with places may have been rounded; whole ones are what they are. */
static bool sum_is(const struct sum *sum, struct decimal whole)
{
    return sum->step.places ? decimal_is_near(sum->total, whole, sum->step, sum->count)
                            : decimal_compare(sum->total, whole) == 0;
}

static void refuse_weights(struct checking *checking, const struct measured *without,
                           const struct measured *with)
{
    const struct side sides[] = {checking_side(checking, without->weight && without->weight->value
                                                             ? without->weight
                                                             : measured_place(without)),
                                 checking_side(checking, with ? with->weight : NULL)};
    finding_add(checking->findings, checking->check, VERDICT_REFUSED, sides, with ? 2 : 1,
                with ? "指标“%s”没有权重而其他指标有，合计无法核对" : "指标“%s”的权重无法识读，合计无法核对",
                with ? "'%s' has no weight although others have: the sum cannot be judged"
                     : "the weight of '%s' cannot be read: the sum cannot be judged",
                measured_title(without));
}

static void horizon_weigh(struct checking *checking, const struct survey *survey, unsigned horizon,
                          const struct points *points)
{
    struct sum sum = {0};
    const struct measured *without = NULL, *unread = NULL;
    for (size_t i = 0; i < survey->count; i++) {
        const struct measured *m = &survey->items[i];
        if (m->horizon != horizon)
            continue;
        struct decimal weight;
        if (!m->weight || !m->weight->value)
            without = without ? without : m;
        else if (!points_read(&weight, m->weight) || !sum_add(&sum, weight, m))
            unread = unread ? unread : m;
    }
    if (!sum.count && !unread)
        return;
    if (unread || without) {
        refuse_weights(checking, unread ? unread : without, unread ? NULL : sum.first);
        return;
    }
    struct decimal rest;
    const struct decimal whole = {100, 0}, less = {90, 0}, one = {1, 0};
    bool is_whole = sum_is(&sum, whole) || sum_is(&sum, less) || (sum.step.places && sum_is(&sum, one)) ||
                    (points_read(&rest, points->weight) && decimal_subtract(&rest, whole, rest) &&
                     sum_is(&sum, rest));
    if (is_whole) {
        finding_count(checking->findings, checking->check, VERDICT_PASS);
        return;
    }
    const struct side sides[] = {checking_side(checking, sum.first->weight),
                                 checking_side(checking, sum.last->weight)};
    const char *total = decimal_text(checking->arena, sum.total);
    struct finding *finding = finding_add(
        checking->findings, checking->check, VERDICT_FAIL, sides, sum.count > 1 ? 2 : 1,
        "%zu项指标的权重合计%s，应为100（另计预算执行率的为90）",
        "the weights (of %zu indicators) sum to %s, not to 100 (or 90 beside the execution rate)", sum.count,
        total);
    struct decimal difference;
    if (decimal_subtract(&difference, sum.total, whole))
        finding->difference = decimal_text(checking->arena, difference);
}

void check_weight_sum(struct checking *checking)
{
    const struct survey *survey = survey_of(checking);
    if (!survey->weighed) {
        finding_count(checking->findings, checking->check, VERDICT_NOT_APPLICABLE);
        return;
    }
    const struct points points = points_of(checking);
    for (unsigned horizon = 0; horizon < HORIZONS; horizon++)
        if (survey->in_horizon[horizon])
            horizon_weigh(checking, survey, horizon, &points);
}

/* ---- scores ---- */

/* What was reached, in the unit of the target; false where the two cannot be compared. */
static bool actual_read(const struct checking *checking, const struct measured *m, struct decimal *actual)
{
    const char *text = node_text(m->actual);
    size_t digits = strspn(text, "0123456789.,");
    if (!digits || !decimal_read(actual, text, digits))
        return false;
    const char *unit = survey_folded(checking, text + digits);
    size_t length = strlen(unit);
    if (length > 2 && unit[0] == '(' && unit[length - 1] == ')')
        unit = arena_copy(checking->arena, unit + 1, length - 2);
    if (m->kind == TARGET_MONEY) {
        unsigned zeros;
        return grammar_scale(checking->grammar, unit, &zeros) && decimal_shift(actual, *actual, (int)zeros);
    }
    if (!*unit)
        return true;
    if (!m->unit)
        return false;
    const struct rule *form = grammar_value(checking->grammar, VALUE_MEASURE, unit, strlen(unit));
    return strcmp(form && form->name[0] != '-' ? form->name : unit, m->unit) == 0;
}

enum reach { REACH_UNKNOWN, REACH_UNREADABLE, REACH_MET, REACH_MISSED };

static enum reach reach_of(const struct checking *checking, const struct measured *m, struct decimal *target,
                           struct decimal *actual)
{
    if ((m->kind != TARGET_NUMBER && m->kind != TARGET_MONEY) || !m->actual || !m->actual->value)
        return REACH_UNKNOWN;
    if (!decimal_read(target, m->value, strlen(m->value)) || !actual_read(checking, m, actual))
        return REACH_UNREADABLE;
    int order = decimal_compare(*actual, *target);
    switch (m->sign) {
    case SIGN_LE: return order <= 0 ? REACH_MET : REACH_MISSED;
    case SIGN_LT: return order < 0 ? REACH_MET : REACH_MISSED;
    case SIGN_GT: return order > 0 ? REACH_MET : REACH_MISSED;
    case SIGN_NONE: return order == 0 ? REACH_MET : REACH_UNKNOWN; /* more may be better or worse */
    default: return order >= 0 ? REACH_MET : REACH_MISSED;
    }
}

/* -1, 0, 1: the score is less than, about, more than what is due. */
static int score_against(struct decimal score, struct decimal due)
{
    const struct decimal half = {5, 1};
    struct decimal difference;
    if (!decimal_subtract(&difference, score, due) ||
        decimal_compare(decimal_absolute(difference), half) <= 0)
        return 0;
    return difference.units < 0 ? -1 : 1;
}

/* The same, where the weight times actual / target is due. */
static int score_against_share(struct decimal score, struct decimal weight, struct decimal actual,
                               struct decimal target)
{
    const struct decimal half = {5, 1};
    struct decimal earned, due, tolerance, difference;
    if (!decimal_multiply(&earned, score, target) || !decimal_multiply(&due, weight, actual) ||
        !decimal_multiply(&tolerance, half, target) || !decimal_subtract(&difference, earned, due) ||
        decimal_compare(decimal_absolute(difference), tolerance) <= 0)
        return 0;
    return difference.units < 0 ? -1 : 1;
}

/* The weight times actual / target, to two places; NULL where that is too large. */
static const char *share_of(struct checking *checking, struct decimal weight, struct decimal actual, struct decimal target)
{
    const __int128 most = (__int128)1 << 60;
    struct decimal due;
    if (!decimal_multiply(&due, weight, actual) || due.units < 0 || due.units > most || target.units <= 0 ||
        target.units > most)
        return NULL;
    __int128 of = target.units, whole = due.units * 100;
    for (unsigned i = 0; i < due.places; i++)
        of *= 10;
    for (unsigned i = 0; i < target.places; i++)
        whole *= 10;
    return decimal_text(checking->arena, (struct decimal){(whole + of / 2) / of, 2});
}

/* Both formats may take the title, target, actual, weight, score and `share`, in this order. */
static void score_tell_share(struct checking *checking, enum verdict verdict, const struct measured *m,
                             const char *zh, const char *en, const char *share)
{
    const struct node *nodes[] = {m->score, m->target, m->actual, m->weight};
    struct side sides[4];
    size_t count = 0;
    for (size_t i = 0; i < 4; i++)
        if (nodes[i] && nodes[i]->value)
            sides[count++] = checking_side(checking, nodes[i]);
    finding_add(checking->findings, checking->check, verdict, sides, count, zh, en, measured_title(m),
                node_text(m->target), node_text(m->actual), node_text(m->weight), node_text(m->score), share);
}

static void score_tell(struct checking *checking, enum verdict verdict, const struct measured *m,
                       const char *zh, const char *en)
{
    score_tell_share(checking, verdict, m, zh, en, "");
}

#define SCORE_ZH "“%s”（指标值“%s”，实际“%s”，分值%s，得分%s）"
#define SCORE_EN "'%s' (target '%s', actual '%s', weight %s, score %s): "

/* Judges one indicator; false if there was something to say. */
static bool score_judge(struct checking *checking, const struct measured *m)
{
    struct decimal score, weight, target, actual;
    if (!points_read(&score, m->score) || !points_read(&weight, m->weight)) {
        score_tell(checking, VERDICT_REFUSED, m, SCORE_ZH "分值或得分无法识读",
                   SCORE_EN "weight or score cannot be read");
        return false;
    }
    int order = decimal_compare(score, weight);
    if (order > 0) {
        score_tell(checking, VERDICT_FAIL, m, SCORE_ZH "得分超过分值", SCORE_EN "more than the weight");
        return false;
    }
    const bool has_reason = *node_text(m->deviation);
    const bool is_share = m->sign == SIGN_GE || m->sign == SIGN_GT || m->sign == SIGN_EQ;
    const enum reach reach = reach_of(checking, m, &target, &actual);
    int against = 0;
    if (reach == REACH_MET)
        against = score_against(score, weight);
    else if (reach == REACH_MISSED && is_share)
        against = score_against_share(score, weight, actual, target);
    else if (reach == REACH_MISSED) /* how much an excess costs is not said, but it costs something */
        against = order == 0 && !decimal_is_zero(weight);
    if (against) {
        const char *share = reach == REACH_MISSED && is_share ? share_of(checking, weight, actual, target) : NULL;
        if (share)
            score_tell_share(checking, VERDICT_FAIL, m, SCORE_ZH "未完成指标值，按完成比例应为%s",
                             SCORE_EN "missed, and its share of the weight is %s", share);
        else if (reach == REACH_MET)
            score_tell(checking, VERDICT_FAIL, m, SCORE_ZH "已完成指标值，应得满分",
                       SCORE_EN "reached, so the full weight is due");
        else if (against > 0)
            score_tell(checking, VERDICT_FAIL, m, SCORE_ZH "未完成指标值，得分偏高",
                       SCORE_EN "missed, yet scored too high");
        else
            score_tell(checking, VERDICT_FAIL, m, SCORE_ZH "得分低于按完成比例计算的分数",
                       SCORE_EN "less than its share of the weight");
        return false;
    }
    if (!has_reason && (reach == REACH_MISSED || order < 0)) {
        if (reach == REACH_MISSED)
            score_tell(checking, VERDICT_FAIL, m, SCORE_ZH "未完成指标值，没有说明原因",
                       SCORE_EN "missed without a reason");
        else
            score_tell(checking, VERDICT_FAIL, m, SCORE_ZH "扣分没有说明原因",
                       SCORE_EN "points lost without a reason");
        return false;
    }
    if (reach == REACH_UNREADABLE) {
        score_tell(checking, VERDICT_REFUSED, m, SCORE_ZH "实际值与指标值无法比较",
                   SCORE_EN "actual and target cannot be compared");
        return false;
    }
    return true;
}

/* The printed total against the scores and that of the execution rate. */
static bool total_judge(struct checking *checking, const struct survey *survey, const struct points *points)
{
    const struct node *printed = points->total_count ? points->totals[points->total_count - 1] : NULL;
    struct decimal total, score;
    if (!printed || !points_read(&total, printed))
        return true;
    struct sum sum = {0};
    const struct measured *without = NULL;
    for (size_t i = 0; i < survey->count; i++) {
        const struct measured *m = &survey->items[i];
        if (!points_read(&score, m->score) || !sum_add(&sum, score, m))
            without = without ? without : m;
    }
    bool has_execution = points_read(&score, points->score) && sum_add(&sum, score, NULL);
    const struct side sides[] = {checking_side(checking, printed), checking_side(checking, points->score)};
    if (without) {
        finding_add(checking->findings, checking->check, VERDICT_REFUSED, sides, 1,
                    "指标“%s”的得分未填或无法识读，总分%s无法核对",
                    "the score of '%s' is blank or cannot be read: the total %s cannot be judged",
                    measured_title(without), printed->value);
        return false;
    }
    const struct decimal half = {5, 1}, ten = {10, 0}, whole = {100, 0};
    struct decimal difference;
    if (!decimal_subtract(&difference, total, sum.total))
        return true;
    struct decimal envelope = {(__int128)(sum.count + 1) * 5, finer(sum.step, total).places + 1};
    if (!finer(sum.step, total).places)
        envelope = (struct decimal){0, 0};
    if (decimal_compare(envelope, half) > 0)
        envelope = half;
    if (decimal_compare(decimal_absolute(difference), envelope) <= 0)
        return true;
    if (points->total_count == 1 && decimal_compare(total, whole) == 0)
        return true; /* of the weights */
    const char *scores = decimal_text(checking->arena, sum.total);
    if (!has_execution && difference.units > 0 && decimal_compare(difference, ten) <= 0) {
        finding_add(
            checking->findings, checking->check, VERDICT_REFUSED, sides, 1,
            "总分%s与各项得分合计%s之差可能是预算执行率得分，表中没有，无法核对",
            "the total %s and the sum of scores %s may differ by an execution score that is not printed",
            printed->value, scores);
        return false;
    }
    struct finding *finding = finding_add(checking->findings, checking->check, VERDICT_FAIL, sides,
                                          has_execution ? 2 : 1, "总分%s与各项得分合计%s不符",
                                          "the total %s differs from the sum of the scores %s",
                                          printed->value, scores);
    finding->difference = decimal_text(checking->arena, difference);
    return false;
}

void check_score(struct checking *checking)
{
    const struct survey *survey = survey_of(checking);
    if (!survey->scored) {
        finding_count(checking->findings, checking->check, VERDICT_NOT_APPLICABLE);
        return;
    }
    bool has_passed = true;
    for (size_t i = 0; i < survey->count; i++)
        if (*node_text(survey->items[i].score))
            has_passed &= score_judge(checking, &survey->items[i]);
    const struct points points = points_of(checking);
    has_passed &= total_judge(checking, survey, &points);
    if (has_passed)
        finding_count(checking->findings, checking->check, VERDICT_PASS);
}

/* ---- what was not read ---- */

enum { RESIDUE_WORTH = 30 /* characters */, SHOWN_MOST = 60 /* bytes */ };

static void last_statement(const struct node *node, uint32_t *end)
{
    for (const struct node *child = node->first; child; child = child->next) {
        if (child->provenance && strcmp(child->name, "finding") != 0)
            for (size_t i = 0; i < child->provenance->bytes.count; i++)
                if (child->provenance->bytes.items[i].to > *end)
                    *end = child->provenance->bytes.items[i].to;
        if (strcmp(child->name, "residue") != 0 && strcmp(child->name, "findings") != 0)
            last_statement(child, end);
    }
}

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += (unsigned char)*text > ' ' && ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

void check_unread(struct checking *checking)
{
    const struct node *declaration = checking->form->declaration;
    const char *coverage = node_get(declaration, "coverage");
    const bool was_found = checking->is_found[CHECK_UNREAD];
    if (!coverage || strcmp(coverage, "0.980") >= 0) {
        if (!was_found)
            finding_count(checking->findings, checking->check,
                          coverage ? VERDICT_PASS : VERDICT_NOT_APPLICABLE);
        return;
    }
    /* what stands behind the form's last statement is footnotes and the page's, not the form's */
    uint32_t end = 0;
    last_statement(declaration, &end);
    const struct node *residue = node_child(declaration, "residue"), *longest = NULL;
    size_t inside = 0, all = 0, most = 0;
    for (const struct node *text = residue ? residue->first : NULL; text; text = text->next) {
        size_t length = characters(node_text(text));
        all += length;
        if (text->provenance && text->provenance->bytes.count && text->provenance->bytes.items[0].from >= end)
            continue;
        inside += length;
        if (length > most) {
            longest = text;
            most = length;
        }
    }
    struct decimal share, one = {1, 0};
    double unread = 0;
    if (decimal_read(&share, coverage, strlen(coverage)) && decimal_subtract(&share, one, share) && all)
        for (unread = (double)share.units; share.places; share.places--)
            unread /= 10;
    unread = all ? unread * (double)inside / (double)all : 0;
    if (!longest || inside < RESIDUE_WORTH || unread <= 0.02) {
        if (!was_found)
            finding_count(checking->findings, checking->check, VERDICT_PASS);
        return;
    }
    const struct side side = checking_side(checking, longest);
    size_t shown = strlen(longest->value);
    const char *more = shown > SHOWN_MOST ? "…" : "";
    for (shown = shown > SHOWN_MOST ? SHOWN_MOST : shown;
         ((unsigned char)longest->value[shown] & 0xc0) == 0x80;)
        shown--;
    finding_add(checking->findings, checking->check, VERDICT_FAIL, &side, 1,
                "表内约%.1f%%的文字（%zu字）未能识读，其中“%.*s%s”",
                "about %.1f%% of the form's text (%zu characters) could not be read, such as '%.*s%s'",
                unread * 100, inside, (int)shown, longest->value, more);
}
