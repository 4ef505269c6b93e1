#include "finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

const char *const severity_names[SEVERITIES] = {
    [SEVERITY_ERROR] = "error", [SEVERITY_WARNING] = "warning", [SEVERITY_INFO] = "info"};

const char *const verdict_names[VERDICTS] = {[VERDICT_PASS] = "pass",
                                             [VERDICT_FAIL] = "fail",
                                             [VERDICT_REFUSED] = "refused",
                                             [VERDICT_NOT_APPLICABLE] = "not-applicable"};

void finding_count(struct findings *findings, enum check check, enum verdict verdict)
{
    findings->counts[check][verdict]++;
}

static const char *message(struct arena *arena, const char *format, va_list list)
{
    va_list again;
    va_copy(again, list);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        return "";
    char *text = arena_room(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, list);
    return text;
}

struct finding *finding_add(struct findings *findings, enum check check, enum verdict verdict, const struct side *sides,
                            size_t count, const char *zh, const char *en, ...)
{
    struct arena *arena = &findings->arena;
    struct finding *finding = array_push(&findings->items);
    *finding = (struct finding){
        .check = check, .severity = checks[check].severity, .verdict = verdict, .side_count = count,
        .sides = arena_array(arena, struct side, count)};
    if (count)
        memcpy(finding->sides, sides, count * sizeof *sides);
    va_list list;
    va_start(list, en);
    finding->zh = message(arena, zh, list);
    va_end(list);
    va_start(list, en);
    finding->en = message(arena, en, list);
    va_end(list);
    finding_count(findings, check, verdict);
    return finding;
}

void findings_reset(struct findings *findings)
{
    findings->items.count = 0;
    arena_reset(&findings->arena);
}

void findings_release(struct findings *findings)
{
    array_release(&findings->items);
    arena_release(&findings->arena);
}
