#include <string.h>

#include "pattern.h"
#include "value_types.h"

/* -07 */
static char *put_part(char *to, int number)
{
    *to++ = '-';
    *to++ = (char)('0' + number / 10);
    *to++ = (char)('0' + number % 10);
    return to;
}

const char *value_date(struct build *build, const char *text, size_t length)
{
    const struct pattern *pattern = build->grammar->values[VALUE_DATE];
    if (!grammar_value(build->grammar, VALUE_DATE, text, length))
        return NULL;
    size_t from, to, month_from, month_to, day_from, day_to;
    if (!pattern_group(pattern, "year", &from, &to))
        return NULL;
    char year[sizeof "2026-01-01"] = "";
    size_t year_length = strnlen(text + from, 4);
    memcpy(year, text + from, year_length);
    if (!pattern_group(pattern, "month", &month_from, &month_to))
        return arena_copy(build->arena, year, 4);
    int month = 0, day = 0;
    for (size_t i = month_from; i < month_to; i++)
        month = month * 10 + (text[i] - '0');
    if (month < 1 || month > 12)
        return NULL;
    if (!pattern_group(pattern, "day", &day_from, &day_to))
        return arena_copy(build->arena, year, (size_t)(put_part(year + year_length, month) - year));
    for (size_t i = day_from; i < day_to; i++)
        day = day * 10 + (text[i] - '0');
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (day < 1 || day > days[month - 1])
        return NULL;
    return arena_copy(build->arena, year, (size_t)(put_part(put_part(year + year_length, month), day) - year));
}

static const char *date_with_year(struct build *build, const char *other, const char *text, size_t length)
{
    if (length > 24)
        return NULL;
    bool is_month = length && text[length - 1] >= '0' && text[length - 1] <= '9';
    const char *whole = arena_printf(build->arena, "%.4s年%.*s%s", other, (int)length, text, is_month ? "月" : "");
    return value_date(build, whole, strlen(whole));
}

bool value_add_period(struct build *build, struct node *parent, const struct statement *statement,
                      const struct view *view)
{
    const struct rule *rule = statement->rule;
    const struct pattern *pattern = build->grammar->values[VALUE_PERIOD];
    if (!grammar_value(build->grammar, VALUE_PERIOD, view->text, view->length))
        return false;
    size_t from, to, second_from, second_to;
    if (!pattern_group(pattern, "first", &from, &to) || !pattern_group(pattern, "second", &second_from, &second_to))
        return false;
    const char *start = value_date(build, view->text + from, to - from);
    const char *end = value_date(build, view->text + second_from, second_to - second_from);
    if (start && !end) /* the second date leaves out the year: 2024年1月1日至12月31日 */
        end = date_with_year(build, start, view->text + second_from, second_to - second_from);
    if (!start && end) /* 2024年1-12月 */
        start = date_with_year(build, end, view->text + from, to - from);
    if (!start || !end)
        return false;
    struct statement first = statement_part(build, statement, view, from, to);
    struct statement second = statement_part(build, statement, view, second_from, second_to);
    for (size_t i = 0; i < statement->count; i++)
        build_claim(build, statement->spans[i], CLAIM_LABEL);
    value_node(build, parent, rule->element, &first, start, true);
    value_node(build, parent, rule->second ? rule->second : rule->element, &second, end, true);
    return true;
}
