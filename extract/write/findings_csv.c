/* RFC 4180, one row a finding. */
#include <string.h>

#include "../check.h"
#include "csv.h"
#include "evidence.h"

/* A spreadsheet takes what begins like a formula for one; this table is made to be opened in
 * one, so such text gets an apostrophe in front. Plain numbers are harmless. */
static bool is_formula(const char *text)
{
    if (!*text || !strchr("=+-@\t\r", *text))
        return false;
    return *text != '-' || !text[1] || text[strspn(text + 1, "0123456789.") + 1];
}

static void add(struct buffer *out, const char *text)
{
    if (!text)
        return;
    if (!is_formula(text)) {
        csv_field(out, text, strlen(text));
        return;
    }
    struct buffer guarded = {0};
    buffer_char(&guarded, '\'');
    buffer_text(&guarded, text);
    csv_field(out, guarded.bytes, guarded.length);
    buffer_release(&guarded);
}

static void next(struct buffer *out, const char *text)
{
    buffer_char(out, ',');
    add(out, text);
}

static void next_number(struct buffer *out, unsigned number)
{
    buffer_char(out, ',');
    if (number)
        buffer_number(out, number);
}

static void begin(struct findings_writer *writer)
{
    buffer_text(
        writer->out,
        "rule,severity,verdict,message,project,code,unit,year,path,declaration,line,column,bytes,value,"
        "other_path,other_line,other_column,other_bytes,other_value,difference,fingerprint\r\n");
}

/* line, column, bytes, value */
static void add_side(struct buffer *out, const struct evidence *side)
{
    next_number(out, side ? side->line : 0);
    next_number(out, side ? side->column : 0);
    buffer_char(out, ',');
    for (size_t i = 0; side && i < side->range_count; i++) {
        if (i)
            buffer_char(out, ' ');
        buffer_number(out, side->ranges[i].from);
        buffer_char(out, '-');
        buffer_number(out, side->ranges[i].to);
    }
    next(out, side ? side->value : NULL);
}

static void finding(struct findings_writer *writer, const struct shown *shown)
{
    struct buffer *out = writer->out;
    const struct finding *found = shown->finding;
    const struct form *form = shown->form;
    const struct evidence *first = shown->count ? &shown->sides[0] : NULL,
                          *other = shown->count > 1 ? &shown->sides[1] : NULL;
    add(out, checks[found->check].name);
    next(out, severity_names[found->severity]);
    next(out, verdict_names[found->verdict]);
    next(out, shown_message(writer, found));
    next(out, form ? form_project(form) : NULL);
    next(out, form ? form_code(form) : NULL);
    next(out, form ? form_unit(form) : NULL);
    next(out, form ? form_year(form) : NULL);
    next(out, shown->path);
    next(out, form ? form_id(form) : NULL);
    add_side(out, first);
    next(out, other ? other->path : NULL);
    add_side(out, other);
    next(out, found->difference);
    next(out, shown->fingerprint);
    buffer_text(out, "\r\n");
}

static void end(struct findings_writer *writer, const struct findings *findings)
{
    (void)writer;
    (void)findings;
}

const struct findings_functions findings_csv = {begin, finding, end};
