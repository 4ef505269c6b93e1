/* One object, the findings one by one, so that memory stays flat; docs/findings.schema.json describes it. */
#include <jansson.h>
#include <stdlib.h>

#include "../check.h"
#include "evidence.h"

struct state {
    size_t count;
};

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, findings_have(value));
}

static void put_text(json_t *object, const char *key, const char *text)
{
    if (text)
        put(object, key, findings_string(text));
}

static void put_number(json_t *object, const char *key, size_t number)
{
    put(object, key, json_integer((json_int_t)number));
}

static void begin(struct findings_writer *writer)
{
    struct state *state = memory_resize(NULL, sizeof *state);
    *state = (struct state){0};
    writer->state = state;
    buffer_text(writer->out, "{\n  \"version\": \"" FINDINGS_VERSION "\",\n"
                             "  \"tool\": {\"name\": \"shenbao\", \"version\": \"" SHENBAO_VERSION "\"},\n"
                             "  \"findings\": [");
}

static json_t *declaration_object(const struct shown *shown)
{
    json_t *object = findings_have(json_object());
    const struct form *form = shown->form;
    const struct {
        const char *key, *text;
    } members[] = {
        {"id", form_id(form)},     {"project", form_project(form)}, {"code", form_code(form)},
        {"unit", form_unit(form)}, {"year", form_year(form)},       {"path", shown->path},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        put(object, members[i].key, *members[i].text ? findings_string(members[i].text) : json_null());
    return object;
}

static json_t *side_object(const struct evidence *side)
{
    json_t *object = findings_have(json_object());
    const struct form *form = side->form;
    put_text(object, "path", side->path);
    put_text(object, "sha256", form->origin->source ? form->origin->source->sha256 : form->origin->sha256);
    put_text(object, "declaration", *form_id(form) ? form_id(form) : NULL);
    put_text(object, "year", *form_year(form) ? form_year(form) : NULL);
    put(object, "stated", json_boolean(!side->is_missing));
    put_text(object, "rule", side->rule);
    put_text(object, "label", side->label);
    put_text(object, "item", side->item);
    put_text(object, "value", side->value);
    put_text(object, "unit", side->unit);
    put_text(object, "raw", side->raw);
    put_text(object, "by", side->is_reviewed ? "reviewed" : NULL);
    json_t *bytes = findings_have(json_array());
    for (size_t i = 0; i < side->range_count; i++)
        json_array_append_new(bytes, findings_have(json_pack("[II]", (json_int_t)side->ranges[i].from,
                                                             (json_int_t)side->ranges[i].to)));
    put(object, "bytes", bytes);
    if (side->line) {
        put_number(object, "line", side->line);
        put_number(object, "column", side->column);
    }
    if (side->source) {
        put_number(object, "endLine", side->end_line);
        put_number(object, "endColumn", side->end_column);
        put_number(object, "charOffset", side->character);
        put_number(object, "charLength", side->characters);
    }
    return object;
}

static void finding(struct findings_writer *writer, const struct shown *shown)
{
    struct state *state = writer->state;
    const struct finding *found = shown->finding;
    json_t *object = findings_have(json_object()), *message = findings_have(json_object()),
           *sides = findings_have(json_array());
    put_text(message, "zh", found->zh ? found->zh : "");
    put_text(message, "en", found->en ? found->en : "");
    put_text(object, "rule", checks[found->check].name);
    put_text(object, "severity", severity_names[found->severity]);
    put_text(object, "verdict", verdict_names[found->verdict]);
    put(object, "message", message);
    put(object, "difference", found->difference ? findings_string(found->difference) : json_null());
    put_text(object, "fingerprint", shown->fingerprint);
    put(object, "declaration", shown->form ? declaration_object(shown) : json_null());
    for (size_t i = 0; i < shown->count; i++)
        if (shown->sides[i].form)
            json_array_append_new(sides, side_object(&shown->sides[i]));
    put(object, "sides", sides);
    buffer_text(writer->out, state->count++ ? ",\n    " : "\n    ");
    findings_dump(writer->out, object, 4);
}

json_t *findings_summary(const struct findings_writer *writer, const struct findings *findings)
{
    json_t *summary = findings_have(json_object()), *rules = findings_have(json_object());
    put_number(summary, "forms", writer->forms);
    for (enum severity severity = 0; severity < SEVERITIES; severity++)
        put_number(summary, severity_names[severity], writer->shown[severity]);
    put_number(summary, "hidden", writer->hidden);
    put_number(summary, "failures", writer->failures);
    for (enum check check = 0; check < CHECKS; check++) {
        if (!findings_has_rule(writer, findings, check))
            continue;
        json_t *counts = findings_have(json_object());
        for (enum verdict verdict = 0; verdict < VERDICTS; verdict++)
            put_number(counts, verdict_names[verdict], findings->counts[check][verdict]);
        put(rules, checks[check].name, counts);
    }
    put(summary, "rules", rules);
    return summary;
}

static void end(struct findings_writer *writer, const struct findings *findings)
{
    struct state *state = writer->state;
    buffer_text(writer->out, state->count ? "\n  ],\n  \"summary\": " : "],\n  \"summary\": ");
    findings_dump(writer->out, findings_summary(writer, findings), 2);
    buffer_text(writer->out, "\n}\n");
    free(state);
    writer->state = NULL;
}

const struct findings_functions findings_json = {begin, finding, end};
