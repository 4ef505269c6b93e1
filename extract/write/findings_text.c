/* Findings as compilers show them: place, severity, message, rule, the source line with a mark. */
#include <stdio.h>
#include <stdlib.h>

#include "../base/caret.h"
#include "../check.h"
#include "evidence.h"

enum { NOTES_MOST = 8 }; /* further sides of one finding */

struct words {
    const char *severities[SEVERITIES], *note, *refused, *colon, *difference, *more, *year, *no_project;
    const char *rule, *verdicts[VERDICTS];
};

static const struct words words[LANGUAGES] = {
    [LANGUAGE_EN] = {{"error", "warning", "info"},
                     "note",
                     "refused",
                     ": ",
                     "difference",
                     "%zu more",
                     "%s",
                     "(no project name)",
                     "rule",
                     {"pass", "fail", "refused", "n/a"}},
    [LANGUAGE_ZH] = {{"错误", "警告", "提示"},
                     "附注",
                     "未核",
                     "：",
                     "相差",
                     "另有%zu处",
                     "%s年度",
                     "（未写项目名称）",
                     "规则",
                     {"相符", "不符", "未核", "不适用"}},
};

static const char *const colours[SEVERITIES] = {"\033[1;31m", "\033[1;35m", "\033[1;36m"};
static const char bold[] = "\033[1m", green[] = "\033[32m", plain[] = "\033[0m";

/* Under which heading the report is. */
struct state {
    struct buffer heading;
    bool has_heading;
};

static void colour_add(const struct findings_writer *writer, const char *colour)
{
    if (writer->has_colour)
        buffer_text(writer->out, colour);
}

static void text_add(struct buffer *out, const char *text) { shown_add(out, text, strlen(text)); }

static void begin(struct findings_writer *writer)
{
    struct state *state = memory_resize(NULL, sizeof *state);
    *state = (struct state){0};
    writer->state = state;
}

static void part_add(struct buffer *out, const char *text)
{
    if (!*text)
        return;
    if (out->length)
        buffer_text(out, " · ");
    text_add(out, text);
}

/* 项目 · 单位 · 2024 — path (d1) */
static void heading_build(const struct findings_writer *writer, const struct shown *shown, struct buffer *out)
{
    const struct words *say = &words[writer->language];
    if (shown->form) {
        const char *project = form_project(shown->form), *year = form_year(shown->form),
                   *id = form_id(shown->form);
        char text[64];
        if (*id)
            part_add(out, *project ? project : say->no_project);
        part_add(out, form_unit(shown->form));
        if (*year) {
            snprintf(text, sizeof text, say->year, year);
            part_add(out, text);
        }
        if (out->length)
            buffer_text(out, " — ");
        text_add(out, shown->path);
        if (*id) {
            buffer_text(out, " (");
            text_add(out, id);
            buffer_char(out, ')');
        }
    }
}

static void heading_add(struct findings_writer *writer, const struct shown *shown)
{
    struct state *state = writer->state;
    struct buffer heading = {0};
    heading_build(writer, shown, &heading);
    if (heading.length != state->heading.length ||
        (heading.length && memcmp(heading.bytes, state->heading.bytes, heading.length) != 0)) {
        if (state->has_heading)
            buffer_char(writer->out, '\n');
        colour_add(writer, bold);
        buffer_add(writer->out, heading.bytes, heading.length);
        colour_add(writer, plain);
        buffer_char(writer->out, '\n');
        state->has_heading = true;
    }
    buffer_release(&state->heading);
    state->heading = heading;
}

static void place_add(const struct findings_writer *writer, const struct evidence *side, const char *path)
{
    struct buffer *out = writer->out;
    if (!*path)
        return;
    colour_add(writer, bold);
    text_add(out, path);
    if (side && side->line) {
        buffer_char(out, ':');
        buffer_number(out, side->line);
        buffer_char(out, ':');
        buffer_number(out, side->column);
    }
    colour_add(writer, plain);
    buffer_text(out, ": ");
}

/* Marks the first of `sides` in its line, and those behind it that stand in the same line.
 * Returns how many sides that were. */
static size_t line_add(const struct findings_writer *writer, const struct evidence *sides, size_t count)
{
    const struct evidence *first = &sides[0];
    if (!first->source)
        return 1;
    size_t length;
    unsigned column;
    const char *line = evidence_line(first, &length, &column);
    struct mark marks[NOTES_MOST];
    size_t used = 0;
    for (; used < count && used < NOTES_MOST; used++) {
        const struct evidence *side = &sides[used];
        if (used && (side->source != first->source || side->line != first->line || side->is_missing ||
                     side->column + column <= first->column))
            break;
        size_t many = side->is_missing || !side->characters ? 1
                      : side->characters < 1000             ? side->characters
                                                            : 1000;
        marks[used] = (struct mark){side->column + column - first->column, (unsigned)many};
    }
    return caret_add(writer->out, line, length, marks, used, writer->has_colour ? green : NULL);
}

static void note_add(const struct findings_writer *writer, const struct shown *shown, const struct evidence *side)
{
    struct buffer *out = writer->out, text = {0};
    place_add(writer, side->is_missing ? NULL : side, side->path);
    colour_add(writer, colours[SEVERITY_INFO]);
    buffer_text(out, words[writer->language].note);
    buffer_text(out, words[writer->language].colon);
    colour_add(writer, plain);
    evidence_text(writer, shown, side, &text);
    shown_add(out, text.bytes, text.length);
    buffer_release(&text);
    buffer_char(out, '\n');
}

static void finding(struct findings_writer *writer, const struct shown *shown)
{
    if (writer->is_summary)
        return;
    const struct words *say = &words[writer->language];
    const struct finding *found = shown->finding;
    struct buffer *out = writer->out;
    heading_add(writer, shown);
    place_add(writer, shown->count ? &shown->sides[0] : NULL,
              shown->count ? shown->sides[0].path : shown->path);
    colour_add(writer, colours[found->verdict == VERDICT_FAIL ? found->severity : SEVERITY_INFO]);
    buffer_text(out, found->verdict == VERDICT_FAIL ? say->severities[found->severity] : say->refused);
    buffer_text(out, say->colon);
    colour_add(writer, plain);
    text_add(out, shown_message(writer, found));
    if (shown_difference(writer, found)) {
        buffer_text(out, writer->language == LANGUAGE_ZH ? "（" : " (");
        buffer_text(out, say->difference);
        buffer_char(out, ' ');
        text_add(out, found->difference);
        buffer_text(out, writer->language == LANGUAGE_ZH ? "）" : ")");
    }
    buffer_text(out, " [");
    buffer_text(out, checks[found->check].name);
    buffer_text(out, "]\n");
    size_t done = shown->count ? line_add(writer, shown->sides, shown->count) : 0;
    /* the line shows what is printed, not what a person put in its place */
    for (size_t i = 0; i < done; i++)
        if (shown->sides[i].is_reviewed)
            note_add(writer, shown, &shown->sides[i]);
    for (unsigned notes = 0; done < shown->count && notes < NOTES_MOST; notes++) {
        const struct evidence *side = &shown->sides[done];
        note_add(writer, shown, side);
        if (!side->is_missing)
            line_add(writer, side, 1);
        done++;
    }
    if (done < shown->count) {
        char text[64];
        snprintf(text, sizeof text, say->more, shown->count - done);
        buffer_text(out, say->note);
        buffer_text(out, say->colon);
        buffer_text(out, text);
        buffer_char(out, '\n');
    }
}

/* ---- the summary ---- */

static void blanks_add(struct buffer *out, size_t count)
{
    while (count--)
        buffer_char(out, ' ');
}

static void column_add(struct buffer *out, const char *text, unsigned width)
{
    unsigned own = shown_width(text, strlen(text));
    blanks_add(out, width > own ? width - own : 0);
    buffer_text(out, text);
}

static void count_add(struct buffer *out, bool *is_later, size_t count, const char *one, const char *many,
                      const char *between)
{
    if (*is_later)
        buffer_text(out, between);
    *is_later = true;
    buffer_number(out, count);
    buffer_text(out, count == 1 ? one : many);
}

static void totals_add(const struct findings_writer *writer, size_t refused)
{
    struct buffer *out = writer->out;
    bool is_later = false;
    if (writer->language == LANGUAGE_ZH) {
        if (writer->forms)
            count_add(out, &is_later, writer->forms, "张表", "张表", "，");
        count_add(out, &is_later, writer->shown[SEVERITY_ERROR], "处错误", "处错误", "，");
        count_add(out, &is_later, writer->shown[SEVERITY_WARNING], "处警告", "处警告", "，");
        count_add(out, &is_later, writer->shown[SEVERITY_INFO], "处提示", "处提示", "，");
        if (refused)
            count_add(out, &is_later, refused, "处资料不足未核", "处资料不足未核", "，");
        if (writer->hidden)
            count_add(out, &is_later, writer->hidden, "处已在基线中", "处已在基线中", "，");
        if (writer->failures)
            count_add(out, &is_later, writer->failures, "个文件未能处理", "个文件未能处理", "，");
    } else {
        if (writer->forms)
            count_add(out, &is_later, writer->forms, " form", " forms", ", ");
        count_add(out, &is_later, writer->shown[SEVERITY_ERROR], " error", " errors", ", ");
        count_add(out, &is_later, writer->shown[SEVERITY_WARNING], " warning", " warnings", ", ");
        count_add(out, &is_later, writer->shown[SEVERITY_INFO], " info", " infos", ", ");
        if (refused)
            count_add(out, &is_later, refused, " refused", " refused", ", ");
        if (writer->hidden)
            count_add(out, &is_later, writer->hidden, " hidden by the baseline", " hidden by the baseline",
                      ", ");
        if (writer->failures)
            count_add(out, &is_later, writer->failures, " input not done", " inputs not done", ", ");
    }
    buffer_char(out, '\n');
}

static void table_add(const struct findings_writer *writer, const struct findings *findings)
{
    enum { NUMBER = 8 };
    const struct words *say = &words[writer->language];
    struct buffer *out = writer->out;
    unsigned name_width = shown_width(say->rule, strlen(say->rule));
    bool is_empty = true;
    for (enum check check = 0; check < CHECKS; check++)
        if (findings_has_rule(writer, findings, check)) {
            unsigned width = (unsigned)strlen(checks[check].name);
            name_width = width > name_width ? width : name_width;
            is_empty = false;
        }
    if (is_empty)
        return;
    colour_add(writer, bold);
    buffer_text(out, say->rule);
    blanks_add(out, name_width - shown_width(say->rule, strlen(say->rule)));
    for (enum verdict verdict = 0; verdict < VERDICTS; verdict++)
        column_add(out, say->verdicts[verdict], NUMBER);
    colour_add(writer, plain);
    buffer_char(out, '\n');
    for (enum check check = 0; check < CHECKS; check++) {
        if (!findings_has_rule(writer, findings, check))
            continue;
        buffer_text(out, checks[check].name);
        blanks_add(out, name_width - strlen(checks[check].name));
        for (enum verdict verdict = 0; verdict < VERDICTS; verdict++) {
            char number[24];
            snprintf(number, sizeof number, "%zu", findings->counts[check][verdict]);
            column_add(out, number, NUMBER);
        }
        buffer_text(out, "  ");
        buffer_text(out, writer->language == LANGUAGE_ZH ? checks[check].zh : checks[check].en);
        buffer_char(out, '\n');
    }
}

static void end(struct findings_writer *writer, const struct findings *findings)
{
    struct state *state = writer->state;
    if (!writer->is_quiet) {
        if (state->has_heading)
            buffer_char(writer->out, '\n');
        table_add(writer, findings);
        size_t refused = 0;
        for (enum check check = 0; check < CHECKS; check++)
            if (!writer->filter->is_off[check])
                refused += findings->counts[check][VERDICT_REFUSED];
        totals_add(writer, refused);
    }
    buffer_release(&state->heading);
    free(state);
    writer->state = NULL;
}

const struct findings_functions findings_text = {begin, finding, end};
