/* SARIF 2.1.0: one run, its results as they come, then the documents they are in. */
#include <ctype.h>
#include <jansson.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/array.h"
#include "../check.h"
#include "evidence.h"

#define SARIF_SCHEMA                                                                                         \
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

/* A document that results are in. */
struct artifact {
    char *uri, *sha256;
    enum encoding encoding;
    size_t index;
};

struct state {
    size_t results;
    void *tree; /* artifacts by their address */
    array_of(struct artifact *) artifacts;
};

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, findings_have(value));
}

static void put_text(json_t *object, const char *key, const char *text)
{
    if (text && *text)
        put(object, key, findings_string(text));
}

static void put_number(json_t *object, const char *key, size_t number)
{
    put(object, key, json_integer((json_int_t)number));
}

static json_t *text_object(const char *text)
{
    return findings_have(json_pack("{s:o}", "text", findings_string(text)));
}

/* A relative reference, or file:// for an absolute path; every byte that is not plain is %XX. */
static char *uri_of(const char *path)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *scheme = *path == '/' ? "file://" : "";
    char *uri = memory_resize(NULL, strlen(scheme) + 3 * strlen(path) + 1), *to = stpcpy(uri, scheme);
    for (const unsigned char *at = (const unsigned char *)path; *at; at++) {
        if (*at < 0x80 && (isalnum(*at) || strchr("-._~/", *at))) {
            *to++ = (char)*at;
        } else {
            *to++ = '%';
            *to++ = digits[*at >> 4];
            *to++ = digits[*at & 15];
        }
    }
    *to = '\0';
    return uri;
}

static int compare_artifacts(const void *a, const void *b)
{
    const struct artifact *one = a, *other = b;
    int order = strcmp(one->uri, other->uri);
    return order ? order : strcmp(one->sha256, other->sha256);
}

static char *copy_text(const char *text)
{
    char *copy = strdup(text ? text : "");
    if (!copy)
        memory_exhausted();
    return copy;
}

static const struct artifact *artifact_of(struct state *state, const struct origin *origin)
{
    struct artifact *mine = memory_resize(NULL, sizeof *mine);
    *mine = (struct artifact){
        .uri = uri_of(origin->path), .sha256 = copy_text(origin->sha256), .encoding = origin->encoding};
    struct artifact **found = tsearch(mine, &state->tree, compare_artifacts);
    if (!found)
        memory_exhausted();
    if (*found == mine) {
        mine->index = state->artifacts.count;
        *array_push(&state->artifacts) = mine;
        return mine;
    }
    free(mine->uri);
    free(mine->sha256);
    free(mine);
    return *found;
}

static json_t *artifact_location(const struct artifact *artifact)
{
    return findings_have(json_pack("{s:s, s:I}", "uri", artifact->uri, "index", (json_int_t)artifact->index));
}

static const char *const levels[SEVERITIES] = {
    [SEVERITY_ERROR] = "error", [SEVERITY_WARNING] = "warning", [SEVERITY_INFO] = "note"};

/* funding-sum: FundingSum */
static json_t *rule_name(const char *name)
{
    char camel[64];
    size_t length = 0;
    for (bool is_start = true; *name && length < sizeof camel - 1; name++) {
        if (*name != '-')
            camel[length++] = (char)(is_start ? toupper((unsigned char)*name) : *name);
        is_start = *name == '-';
    }
    camel[length] = '\0';
    return json_string(camel);
}

static json_t *rule_object(const struct findings_writer *writer, enum check check)
{
    const struct check_row *row = &checks[check];
    const char *title = writer->language == LANGUAGE_ZH ? row->zh : row->en;
    const char *description = writer->descriptions ? writer->descriptions[check] : NULL;
    json_t *rule = findings_have(json_object());
    put_text(rule, "id", row->name);
    put(rule, "name", rule_name(row->name));
    put(rule, "shortDescription", text_object(title));
    put(rule, "fullDescription", text_object(description ? description : title));
    put(rule, "defaultConfiguration", json_pack("{s:s}", "level", levels[row->severity]));
    return rule;
}

static void add_member(struct buffer *out, const char *key, json_t *value)
{
    buffer_text(out, "\n      \"");
    buffer_text(out, key);
    buffer_text(out, "\": ");
    findings_dump(out, value, 6);
}

static void begin(struct findings_writer *writer)
{
    struct state *state = memory_resize(NULL, sizeof *state);
    *state = (struct state){0};
    writer->state = state;
    struct buffer *out = writer->out;
    json_t *driver = findings_have(json_object()), *rules = findings_have(json_array());
    put_text(driver, "name", "shenbao");
    put_text(driver, "version", SHENBAO_VERSION);
    put_text(driver, "semanticVersion", SHENBAO_VERSION);
    put_text(driver, "language", writer->language == LANGUAGE_ZH ? "zh-CN" : "en-US");
    for (enum check check = 0; check < CHECKS; check++)
        json_array_append_new(rules, rule_object(writer, check));
    put(driver, "rules", rules);
    buffer_text(out,
                "{\n  \"$schema\": \"" SARIF_SCHEMA "\",\n  \"version\": \"2.1.0\",\n  \"runs\": [\n    {");
    add_member(out, "tool", json_pack("{s:o}", "driver", driver));
    buffer_char(out, ',');
    add_member(out, "language", json_string(writer->language == LANGUAGE_ZH ? "zh-CN" : "en-US"));
    buffer_char(out, ',');
    add_member(out, "columnKind", json_string("unicodeCodePoints"));
    buffer_text(out, ",\n      \"results\": [");
}

static json_t *region_object(const struct evidence *side)
{
    json_t *region = findings_have(json_object());
    if (side->line) {
        put_number(region, "startLine", side->line);
        put_number(region, "startColumn", side->column);
    }
    if (side->source) {
        put_number(region, "endLine", side->end_line);
        put_number(region, "endColumn", side->end_column);
        put_number(region, "charOffset", side->character);
        put_number(region, "charLength", side->characters);
        put_number(region, "byteOffset", side->byte);
        put_number(region, "byteLength", side->bytes);
    } else if (side->range_count) {
        put_number(region, "byteOffset", side->ranges[0].from);
        put_number(region, "byteLength", side->ranges[0].to - side->ranges[0].from);
    }
    return region;
}

static json_t *physical_location(struct state *state, const struct evidence *side)
{
    json_t *location = findings_have(json_object());
    put(location, "artifactLocation", artifact_location(artifact_of(state, side->form->origin)));
    json_t *region = region_object(side);
    if (json_object_size(region))
        put(location, "region", region);
    else
        json_decref(region);
    return location;
}

/* Releases the buffer. */
static json_t *buffer_object(struct buffer *text)
{
    buffer_char(text, '\0');
    json_t *object = text_object(text->bytes);
    buffer_release(text);
    return object;
}

static json_t *side_message(const struct findings_writer *writer, const struct shown *shown,
                            const struct evidence *side)
{
    struct buffer text = {0};
    evidence_text(writer, shown, side, &text);
    return buffer_object(&text);
}

static json_t *message_object(const struct findings_writer *writer, const struct finding *found)
{
    bool is_zh = writer->language == LANGUAGE_ZH;
    struct buffer text = {0};
    const char *message = shown_message(writer, found);
    buffer_text(&text, *message ? message : checks[found->check].name);
    if (shown_difference(writer, found)) {
        buffer_text(&text, is_zh ? "（相差 " : " (difference: ");
        buffer_text(&text, found->difference);
        buffer_text(&text, is_zh ? "）" : ")");
    }
    return buffer_object(&text);
}

static json_t *logical_locations(const struct form *form)
{
    json_t *location = findings_have(json_object()), *all = findings_have(json_array());
    put_text(location, "name", *form_project(form) ? form_project(form) : form_id(form));
    put_text(location, "fullyQualifiedName", form_id(form));
    put_text(location, "kind", "declaration");
    json_array_append_new(all, location);
    return all;
}

static void finding(struct findings_writer *writer, const struct shown *shown)
{
    struct state *state = writer->state;
    const struct finding *found = shown->finding;
    bool is_failed = found->verdict == VERDICT_FAIL;
    json_t *result = findings_have(json_object()), *locations = findings_have(json_array()),
           *related = findings_have(json_array());
    put_text(result, "ruleId", checks[found->check].name);
    put_number(result, "ruleIndex", found->check);
    put_text(result, "kind", is_failed ? "fail" : "open");
    put_text(result, "level", is_failed ? levels[found->severity] : "none");
    put(result, "message", message_object(writer, found));
    for (size_t i = 0; i < shown->count; i++) {
        const struct evidence *side = &shown->sides[i];
        if (!side->form)
            continue;
        json_t *location = findings_have(json_object());
        if (i)
            put_number(location, "id", i);
        put(location, "physicalLocation", physical_location(state, side));
        if (*form_id(side->form))
            put(location, "logicalLocations", logical_locations(side->form));
        if (i)
            put(location, "message", side_message(writer, shown, side));
        json_array_append_new(i ? related : locations, location);
    }
    if (!shown->count && shown->form)
        json_array_append_new(
            locations, findings_have(json_pack("{s:{s:o}}", "physicalLocation", "artifactLocation",
                                               artifact_location(artifact_of(state, shown->form->origin)))));
    put(result, "locations", locations);
    if (json_array_size(related))
        put(result, "relatedLocations", related);
    else
        json_decref(related);
    put(result, "partialFingerprints", json_pack("{s:s}", "shenbaoFinding/v1", shown->fingerprint));
    if (shown->form) {
        json_t *properties = findings_have(json_object());
        put_text(properties, "project", form_project(shown->form));
        put_text(properties, "code", form_code(shown->form));
        put_text(properties, "unit", form_unit(shown->form));
        put_text(properties, "year", form_year(shown->form));
        put(result, "properties", properties);
    }
    buffer_text(writer->out, state->results++ ? ",\n        " : "\n        ");
    findings_dump(writer->out, result, 8);
}

static json_t *artifacts_array(const struct state *state)
{
    json_t *all = findings_have(json_array());
    for (size_t i = 0; i < state->artifacts.count; i++) {
        const struct artifact *artifact = state->artifacts.items[i];
        json_t *object = findings_have(json_object());
        put(object, "location", json_pack("{s:s}", "uri", artifact->uri));
        put(object, "roles", json_pack("[s]", "analysisTarget"));
        put_text(object, "encoding", encoding_names[artifact->encoding]);
        if (*artifact->sha256)
            put(object, "hashes", json_pack("{s:s}", "sha-256", artifact->sha256));
        json_array_append_new(all, object);
    }
    return all;
}

static void artifact_free(void *artifact)
{
    struct artifact *mine = artifact;
    free(mine->uri);
    free(mine->sha256);
    free(mine);
}

static void end(struct findings_writer *writer, const struct findings *findings)
{
    struct state *state = writer->state;
    struct buffer *out = writer->out;
    buffer_text(out, state->results ? "\n      ]," : "],");
    add_member(out, "artifacts", artifacts_array(state));
    buffer_char(out, ',');
    add_member(out, "invocations", json_pack("[{s:b}]", "executionSuccessful", writer->failures == 0));
    buffer_char(out, ',');
    add_member(out, "properties", json_pack("{s:o}", "summary", findings_summary(writer, findings)));
    buffer_text(out, "\n    }\n  ]\n}\n");
    tdestroy(state->tree, artifact_free);
    array_release(&state->artifacts);
    free(state);
    writer->state = NULL;
}

const struct findings_functions findings_sarif = {begin, finding, end};
