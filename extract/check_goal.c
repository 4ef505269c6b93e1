#include <string.h>

#include "check.h"
#include "pattern.h"
#include "survey.h"

enum { GOAL_NUMBERS_MOST = 32, GOAL_NUMBER_DIGITS = 15 };

/* A number as it is counted: 2.7万亩 is 27000 mu. */
struct counted {
    struct decimal amount;
    const char *kind; /* a word of the grammar, "" where the unit is unknown */
    size_t kind_length;
    unsigned long long digits; /* significant() */
    uint32_t from, unit, to;   /* where it stands, and its unit */
    uint32_t clause;
    bool is_stated;
};

/* The digits of a number without its point and the zeros at either end: what is the same in all units. */
static unsigned long long significant(const char *text, size_t length)
{
    unsigned long long digits = 0;
    unsigned zeros = 0;
    for (size_t i = 0; i < length && digits < 1000000000000000ull; i++) {
        if (text[i] == '0')
            zeros++;
        if (text[i] <= '0' || text[i] > '9')
            continue;
        for (; zeros; zeros--)
            digits *= 10;
        digits = digits * 10 + (unsigned)(text[i] - '0');
    }
    return digits;
}

static const char DIGITS[] = "0123456789";

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Of any width. */
static bool has_digit(const char *text)
{
    while ((text = strpbrk(text, "0123456789\xef"))) {
        if (is_digit(text[0]) ||
            ((unsigned char)text[1] == 0xbc && (unsigned char)text[2] >= 0x90 && (unsigned char)text[2] <= 0x99))
            return true;
        text++;
    }
    return false;
}

static size_t number_length(const char *text)
{
    size_t at = 0;
    for (;;) {
        if (is_digit(text[at]) || (text[at] == '.' && at && is_digit(text[at + 1])))
            at++;
        else if (text[at] == ',' && at && is_digit(text[at + 1]) && is_digit(text[at + 2]) &&
                 is_digit(text[at + 3]) && !is_digit(text[at + 4]))
            at += 4;
        else
            return at;
    }
}

/* Behind a number: no sign that ends it, and no %. */
static bool has_word(char next)
{
    return ((unsigned char)next >= 0xe3 && (unsigned char)next != 0xef) || (next | 0x20) >= 'a';
}

/* Reads what stands behind a number; *length is that of the unit. False if that is no unit of
 * something counted: the kind is "-" if it is known to be none, "" if it is unknown. */
static bool unit_counted(const struct checking *checking, const char *text, struct counted *counted,
                         size_t *length)
{
    *length = 0;
    counted->kind = "";
    counted->kind_length = 0;
    for (unsigned tries = 0; tries < 3; tries++) {
        const struct rule *rule = grammar_value(checking->grammar, VALUE_COUNTED, text + *length,
                                                strlen(text + *length));
        if (!rule || rule->name[0] == '-') {
            counted->kind = rule ? "-" : "";
            counted->kind_length = rule != NULL;
            return false;
        }
        *length += pattern_to(checking->grammar->values[VALUE_COUNTED]);
        size_t word = strcspn(rule->name, "/");
        struct decimal factor;
        if (!decimal_read(&factor, rule->name + word + 1, strlen(rule->name + word + 1)) ||
            !decimal_multiply(&counted->amount, counted->amount, factor))
            return false;
        if (word == 4 && memcmp(rule->name, "tens", 4) == 0)
            continue;
        counted->kind = rule->name;
        counted->kind_length = word;
        return true;
    }
    return false;
}

/* Where a number begins that is none of its own: 第3处, 2-5次, A4. */
static bool is_part(const struct checking *checking, const char *text, size_t at)
{
    if (at == 0)
        return false;
    size_t from = at - 1;
    while (from && ((unsigned char)text[from] & 0xc0) == 0x80)
        from--;
    return grammar_value(checking->grammar, VALUE_ATTACHED, text + from, at - from);
}

static bool is_at(const char *text, const char *word) { return strncmp(text, word, strlen(word)) == 0; }

/* The numbers of a goal, folded, that count something. */
static size_t goal_counted(const struct checking *checking, const char *text, struct counted *found)
{
    size_t count = 0;
    uint32_t clause = 0, quoted = 0;
    for (size_t at = 0; text[at] && count < GOAL_NUMBERS_MOST;) {
        unsigned char byte = (unsigned char)text[at];
        if (byte >= 0xe0) {
            if (byte == 0xe3) { /* what most signs do not begin with */
                clause += is_at(text + at, "。");
                quoted += is_at(text + at, "《");
                quoted -= quoted && is_at(text + at, "》");
            }
            at += byte >= 0xf0 ? 4 : 3;
            continue;
        }
        if (!is_digit(text[at])) {
            clause += text[at] == ';' || text[at] == ',' || text[at] == ':';
            at++;
            continue;
        }
        size_t digits = number_length(text + at), unit;
        struct counted counted = {.from = (uint32_t)at, .clause = clause};
        bool is_number = !quoted && has_word(text[at + digits]) && digits <= GOAL_NUMBER_DIGITS &&
                         decimal_read(&counted.amount, text + at, digits);
        if (is_number && !decimal_is_zero(counted.amount) &&
            unit_counted(checking, text + at + digits, &counted, &unit) && !is_part(checking, text, at)) {
            counted.digits = significant(text + at, digits);
            counted.unit = (uint32_t)(at + digits);
            counted.to = (uint32_t)(at + digits + unit);
            found[count++] = counted;
        }
        at += digits;
    }
    return count;
}

static bool is_kind(const struct counted *a, const struct counted *b)
{
    return !a->kind_length || !b->kind_length ||
           (a->kind_length == b->kind_length && memcmp(a->kind, b->kind, a->kind_length) == 0);
}

/* The common case, digit for digit: 36条 and the target =36(条). Returns how many. */
static size_t printed_cross_out(const char *goal, struct counted *found, size_t count,
                                const struct measured *m)
{
    if (m->kind != TARGET_NUMBER || !m->unit)
        return 0;
    size_t digits = strlen(m->value), unit = strlen(m->unit), crossed = 0;
    for (size_t i = 0; i < count; i++)
        if (!found[i].is_stated && found[i].to - found[i].from == digits + unit &&
            memcmp(goal + found[i].from, m->value, digits) == 0 &&
            memcmp(goal + found[i].from + digits, m->unit, unit) == 0) {
            found[i].is_stated = true;
            crossed++;
        }
    return crossed;
}

static void number_cross_out(struct counted *found, size_t count, const struct counted *stated)
{
    for (size_t i = 0; i < count; i++)
        if (!found[i].is_stated && is_kind(&found[i], stated) &&
            decimal_compare(found[i].amount, stated->amount) == 0)
            found[i].is_stated = true;
}

static bool may_state(const struct counted *found, size_t count, const char *text, size_t length)
{
    const unsigned long long digits = significant(text, length);
    for (size_t i = 0; i < count; i++)
        if (!found[i].is_stated && found[i].digits == digits)
            return true;
    return false;
}

/* Crosses out the numbers that a text states: with the same unit, or with none. Where things are
 * counted the very word counts: 10个街道 says nothing of 10块操场. */
static void text_cross_out(const struct checking *checking, const char *goal, struct counted *found,
                           size_t count, const struct node *node)
{
    const char *text = node_text(node);
    if (!has_digit(text))
        return;
    text = survey_folded(checking, text);
    for (size_t at = 0; text[at += strcspn(text + at, DIGITS)];) {
        size_t digits = number_length(text + at), unit = 0;
        const char *behind = text + at + digits;
        struct counted stated = {.kind = ""};
        if (digits <= GOAL_NUMBER_DIGITS && may_state(found, count, text + at, digits) &&
            decimal_read(&stated.amount, text + at, digits) &&
            (!has_word(*behind) || unit_counted(checking, behind, &stated, &unit)) && *behind != '%')
            for (size_t i = 0; i < count; i++) {
                const char *word = goal + found[i].unit;
                bool is_thing = stated.kind_length == 5 && memcmp(stated.kind, "count", 5) == 0;
                if (is_kind(&found[i], &stated) && decimal_compare(found[i].amount, stated.amount) == 0 &&
                    (!is_thing || (found[i].to - found[i].unit == unit && memcmp(word, behind, unit) == 0)))
                    found[i].is_stated = true;
            }
        at += digits;
    }
}

static void money_cross_out(struct counted *found, size_t count, const struct checking *checking)
{
    const struct node *blocks[] = {checking->funding, checking->budget};
    for (size_t b = 0; b < 2; b++)
        for (const struct node *node = blocks[b] ? blocks[b]->first : NULL; node; node = node->next)
            for (const struct node *amount = node->first ? node->first : node; amount;
                 amount = node->first ? amount->next : NULL) {
                struct counted stated = {.kind = "money", .kind_length = 5};
                if (amount->value && decimal_read(&stated.amount, amount->value, strlen(amount->value)))
                    number_cross_out(found, count, &stated);
            }
}

static void indicator_cross_out(const struct checking *checking, const char *goal, struct counted *found,
                                size_t count, const struct measured *m)
{
    struct counted stated = {.kind = ""};
    size_t unit;
    if (m->kind == TARGET_MONEY) {
        stated.kind = "money", stated.kind_length = 5;
        if (decimal_read(&stated.amount, m->value, strlen(m->value)))
            number_cross_out(found, count, &stated);
    } else if (m->kind == TARGET_NUMBER && !(m->unit && m->unit[0] == '%')) {
        const size_t length = strlen(m->value);
        if (may_state(found, count, m->value, length) && decimal_read(&stated.amount, m->value, length)) {
            const struct decimal bare = stated.amount;
            if (m->unit && !unit_counted(checking, m->unit, &stated, &unit) && !unit)
                stated.amount = bare;
            number_cross_out(found, count, &stated);
        }
    } else if (m->kind == TARGET_TEXT) {
        text_cross_out(checking, goal, found, count, m->target);
    }
    text_cross_out(checking, goal, found, count, m->name);
    text_cross_out(checking, goal, found, count, m->description);
}

/* Where another number of its clause has its indicator, a number tells only where or for whom:
 * 改造6个小区的管网12.5公里. */
static bool is_beside_stated(const struct counted *found, size_t count, size_t at)
{
    for (size_t i = 0; i < count; i++)
        if (found[i].is_stated && found[i].clause == found[at].clause)
            return true;
    return false;
}

void check_goal_number(struct checking *checking)
{
    const struct survey *survey = survey_of(checking);
    const struct node *goal = checking->narrative ? checking->narrative->first : NULL;
    while (goal && (strcmp(goal->name, "annual-goal") != 0 || !goal->value))
        goal = goal->next;
    struct counted found[GOAL_NUMBERS_MOST];
    const char *text = goal && has_digit(goal->value) ? survey_folded(checking, goal->value) : "";
    size_t count = goal_counted(checking, text, found), told = 0;
    if (!count) {
        finding_count(checking->findings, checking->check, VERDICT_NOT_APPLICABLE);
        return;
    }
    const struct side side = checking_side(checking, goal);
    if (!survey->targeted) {
        finding_add(checking->findings, checking->check, VERDICT_REFUSED, &side, 1,
                    "没有可比的指标值，目标中的数字无法核对",
                    "no target can be read to compare the goal's numbers with");
        return;
    }
    size_t left = count;
    for (size_t i = 0; i < survey->count && left; i++)
        left -= printed_cross_out(text, found, count, &survey->items[i]);
    for (size_t i = 0; i < survey->count && left; i++)
        indicator_cross_out(checking, text, found, count, &survey->items[i]);
    bool has_money = false;
    for (size_t i = 0; i < count; i++)
        has_money |= !found[i].is_stated && found[i].kind_length == 5 &&
                     memcmp(found[i].kind, "money", 5) == 0;
    if (has_money)
        money_cross_out(found, count, checking);
    for (size_t i = 0; i < count; i++) {
        if (found[i].is_stated || is_beside_stated(found, count, i))
            continue;
        finding_add(checking->findings, checking->check, VERDICT_FAIL, &side, 1,
                    "目标中的“%.*s”没有对应的指标", "no indicator states the '%.*s' of the goal",
                    (int)(found[i].to - found[i].from), text + found[i].from);
        told++;
    }
    if (!told)
        finding_count(checking->findings, checking->check, VERDICT_PASS);
}
