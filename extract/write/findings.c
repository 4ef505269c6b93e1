#include "evidence.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistr.h>

#include "../base/array.h"
#include "../base/report.h"
#include "../check.h"

const char *const findings_format_names[FINDINGS_FORMATS] = {
    [FINDINGS_TEXT] = "text", [FINDINGS_JSON] = "json", [FINDINGS_SARIF] = "sarif", [FINDINGS_CSV] = "csv"};

const char *const language_names[LANGUAGES] = {[LANGUAGE_EN] = "en", [LANGUAGE_ZH] = "zh"};

static const struct findings_functions *const formats[FINDINGS_FORMATS] = {
    [FINDINGS_TEXT] = &findings_text,
    [FINDINGS_JSON] = &findings_json,
    [FINDINGS_SARIF] = &findings_sarif,
    [FINDINGS_CSV] = &findings_csv,
};

json_t *findings_have(json_t *json)
{
    if (!json)
        memory_exhausted();
    return json;
}

json_t *findings_string(const char *text)
{
    json_t *json = json_string(text);
    if (json)
        return json;
    struct buffer clean = {0};
    for (const uint8_t *at = (const uint8_t *)text, *end = at + strlen(text); at < end;) {
        ucs4_t code;
        int size = u8_mbtouc(&code, at, (size_t)(end - at));
        if (code == 0xFFFD)
            buffer_text(&clean, "\xEF\xBF\xBD");
        else
            buffer_add(&clean, (const char *)at, (size_t)size);
        at += size > 0 ? size : 1;
    }
    json = json_stringn(clean.bytes, clean.length);
    buffer_release(&clean);
    return findings_have(json);
}

struct dump {
    struct buffer *out;
    size_t indent;
};

static int add_chunk(const char *chunk, size_t size, void *data)
{
    static const char blanks[] = "            ";
    struct dump *dump = data;
    for (const char *end = chunk + size; chunk < end;) {
        const char *feed = memchr(chunk, '\n', (size_t)(end - chunk));
        const char *to = feed ? feed + 1 : end;
        buffer_add(dump->out, chunk, (size_t)(to - chunk));
        if (feed)
            buffer_add(dump->out, blanks, dump->indent);
        chunk = to;
    }
    return 0;
}

void findings_dump(struct buffer *out, json_t *json, size_t indent)
{
    struct dump dump = {out, indent};
    json_dump_callback(findings_have(json), add_chunk, &dump, JSON_ENCODE_ANY | JSON_INDENT(2));
    json_decref(json);
}

/* ---- baselines ---- */

enum { FINGERPRINT = 32 };

/* A fingerprint, and how many findings have it. */
struct known {
    char fingerprint[FINGERPRINT];
    size_t count;
};

struct baseline {
    struct known *items; /* open addressing */
    size_t *left;        /* of the same place: how many may still be hidden */
    size_t room;
};

/* Its entry, or the free one where it belongs: there is always one. */
static struct known *baseline_find(const struct baseline *baseline, const char *fingerprint)
{
    uint64_t hash = 1469598103934665603u;
    for (size_t i = 0; i < FINGERPRINT; i++)
        hash = (hash ^ (unsigned char)fingerprint[i]) * 1099511628211u;
    size_t at = hash & (baseline->room - 1);
    while (baseline->items[at].count &&
           memcmp(baseline->items[at].fingerprint, fingerprint, FINGERPRINT) != 0)
        at = (at + 1) & (baseline->room - 1);
    return &baseline->items[at];
}

static bool is_fingerprint(const json_t *json)
{
    const char *text = json_string_value(json);
    return text && strlen(text) == FINGERPRINT && strspn(text, "0123456789abcdef") == FINGERPRINT;
}

struct baseline *baseline_read(const char *path)
{
    json_error_t error;
    errno = 0;
    json_t *report_read = json_load_file(path, 0, &error);
    struct place place = {.path = path};
    if (!report_read) {
        if (error.line > 0) {
            place.line = (unsigned)error.line;
            place.column = error.column > 0 ? (unsigned)error.column : 1;
            report(REPORT_ERROR, place, "no report in JSON: %s", error.text);
        } else {
            report(REPORT_ERROR, place, "cannot read: %s", errno ? strerror(errno) : error.text);
        }
        return NULL;
    }
    const json_t *version = json_object_get(report_read, "version"),
                 *findings = json_object_get(report_read, "findings");
    struct baseline *baseline = NULL;
    if (!json_is_array(findings) || !json_is_string(version)) {
        report(REPORT_ERROR, place, "no report of findings; 'shenbao check --write-baseline FILE' makes one");
    } else if (strcmp(json_string_value(version), FINDINGS_VERSION) != 0) {
        report(REPORT_ERROR, place, "a report of version '%s'; this program reads version " FINDINGS_VERSION,
               json_string_value(version));
    } else {
        baseline = memory_resize(NULL, sizeof *baseline);
        baseline->room = 16;
        while (baseline->room < 2 * json_array_size(findings) + 2)
            baseline->room *= 2;
        baseline->items = memory_resize(NULL, baseline->room * sizeof *baseline->items);
        memset(baseline->items, 0, baseline->room * sizeof *baseline->items);
        baseline->left = memory_resize(NULL, baseline->room * sizeof *baseline->left);
        size_t i;
        const json_t *finding;
        json_array_foreach(findings, i, finding)
        {
            const json_t *fingerprint = json_object_get(finding, "fingerprint");
            if (!is_fingerprint(fingerprint))
                continue;
            struct known *known = baseline_find(baseline, json_string_value(fingerprint));
            memcpy(known->fingerprint, json_string_value(fingerprint), FINGERPRINT);
            baseline->left[known - baseline->items] = ++known->count;
        }
    }
    json_decref(report_read);
    return baseline;
}

void baseline_release(struct baseline *baseline)
{
    if (!baseline)
        return;
    free(baseline->items);
    free(baseline->left);
    free(baseline);
}

/* Each known finding hides one: the same mistake made a second time is new. */
static bool baseline_hides(struct baseline *baseline, const char *fingerprint)
{
    const struct known *known = baseline_find(baseline, fingerprint);
    size_t *left = &baseline->left[known - baseline->items];
    return known->count && *left && (*left)--;
}

/* ---- sources ---- */

enum { SOURCES_OPEN = 8, CHARACTER_STEP = 4096 };

struct open_source {
    struct source own;    /* of a form that was read back */
    bool is_own, is_gone; /* gone: cannot be read, or is no longer what was extracted */
    const struct source *source;
    char path[PATH_MAX], sha256[65];
    uint32_t *characters; /* before every CHARACTER_STEP bytes of the text */
    size_t used;          /* when */
};

struct sources {
    struct open_source open[SOURCES_OPEN];
    size_t now;
    struct arena arena; /* of the finding at hand */
};

static void source_close(struct open_source *open)
{
    if (open->is_own)
        source_release(&open->own);
    free(open->characters);
    *open = (struct open_source){0};
}

/* What an extraction names is only opened where it can do no harm, and only shown where it is
 * the document that was extracted. */
static bool open_as(struct open_source *open, const char *path, const struct origin *origin)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) ||
        source_read(&open->own, path, origin->encoding) != SOURCE_FINE)
        return false;
    if (origin->sha256 && strcmp(open->own.sha256, origin->sha256) == 0) {
        open->is_own = true;
        open->source = &open->own;
        return true;
    }
    source_release(&open->own);
    return false;
}

/* The document of a form that was read back: where it was, else beside its extraction. */
static void source_reopen(struct open_source *open, const struct origin *origin)
{
    if (open_as(open, origin->path, origin))
        return;
    const char *slash = origin->extraction ? strrchr(origin->extraction, '/') : NULL;
    const char *base = strrchr(origin->path, '/');
    if (origin->extraction && origin->path[0] != '/') {
        char path[2 * PATH_MAX];
        size_t folder = slash ? (size_t)(slash + 1 - origin->extraction) : 0;
        if (folder + strlen(origin->path) < sizeof path) {
            memcpy(path, origin->extraction, folder);
            strcpy(path + folder, origin->path);
            if (open_as(open, path, origin))
                return;
            if (base) {
                strcpy(path + folder, base + 1);
                if (open_as(open, path, origin))
                    return;
            }
        }
    }
    open->is_gone = true;
}

static struct open_source *source_at_hand(struct sources *sources, const struct origin *origin)
{
    const char *sha256 = origin->source ? origin->source->sha256 : origin->sha256 ? origin->sha256 : "";
    struct open_source *oldest = &sources->open[0];
    sources->now++;
    for (size_t i = 0; i < SOURCES_OPEN; i++) {
        struct open_source *open = &sources->open[i];
        if (open->used && strcmp(open->sha256, sha256) == 0 && strcmp(open->path, origin->path) == 0 &&
            (open->is_own || open->is_gone ? !origin->source : open->source == origin->source)) {
            open->used = sources->now;
            return open;
        }
        if (open->used < oldest->used)
            oldest = open;
    }
    source_close(oldest);
    oldest->used = sources->now;
    snprintf(oldest->sha256, sizeof oldest->sha256, "%s", sha256);
    snprintf(oldest->path, sizeof oldest->path, "%s", origin->path);
    if (origin->source)
        oldest->source = origin->source;
    else
        source_reopen(oldest, origin);
    return oldest;
}

static size_t characters_in(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += (text[i] & 0xC0) != 0x80;
    return count;
}

static size_t characters_before(struct open_source *open, uint32_t offset)
{
    const struct source *source = open->source;
    if (!open->characters) {
        size_t steps = source->length / CHARACTER_STEP + 1;
        open->characters = memory_resize(NULL, steps * sizeof *open->characters);
        open->characters[0] = 0;
        for (size_t i = 1; i < steps; i++)
            open->characters[i] = open->characters[i - 1] +
                                  (uint32_t)characters_in(source->text + (i - 1) * CHARACTER_STEP,
                                                          CHARACTER_STEP);
    }
    size_t step = offset / CHARACTER_STEP;
    return open->characters[step] +
           characters_in(source->text + step * CHARACTER_STEP, offset - step * CHARACTER_STEP);
}

/* ---- evidence ---- */

/* Stated in another row, above. */
static bool is_carried(const struct node *node)
{
    return node->provenance && node->provenance->by && strcmp(node->provenance->by, "filled") == 0;
}

/* The bytes on disk of a node, or of what is in it. */
static void collect_ranges(const struct form *form, const struct node *node, struct arena *arena,
                           struct evidence *out, unsigned depth)
{
    enum { RANGES_MOST = 1000, DEPTH_MOST = 16 };
    if (out->range_count >= RANGES_MOST || depth > DEPTH_MOST)
        return;
    if (!node->provenance) {
        for (const struct node *child = node->first; child; child = child->next)
            if (!is_carried(child))
                collect_ranges(form, child, arena, out, depth + 1);
        return;
    }
    const struct spans *spans = &node->provenance->bytes;
    struct byte_range *ranges = arena_array(arena, struct byte_range, out->range_count + spans->count + 1);
    if (out->range_count)
        memcpy(ranges, out->ranges, out->range_count * sizeof *ranges);
    out->ranges = ranges;
    if (!form->is_read_back && form->origin->source) {
        struct byte_ranges all = byte_ranges(form->origin->source, spans);
        for (struct byte_range range; byte_ranges_next(&all, &range);)
            ranges[out->range_count++] = range;
    } else if (form->is_read_back) {
        for (size_t i = 0; i < spans->count; i++)
            ranges[out->range_count++] = (struct byte_range){.from = spans->items[i].from,
                                                             .to = spans->items[i].to};
    }
    if (!out->line && node->provenance->line) {
        out->line = node->provenance->line;
        out->column = node->provenance->column;
    }
}

/* Where to point when nothing is stated: the first statement of the form, its title as a rule. */
static const struct node *first_statement(const struct node *node, unsigned depth)
{
    if (node->provenance && node->provenance->bytes.count)
        return node;
    for (const struct node *child = depth < 8 ? node->first : NULL; child; child = child->next) {
        const struct node *found = first_statement(child, depth + 1);
        if (found)
            return found;
    }
    return NULL;
}

/* The text region: from the first piece as far as the next ones follow closely. */
static void find_region(struct open_source *open, struct evidence *side)
{
    enum { NEAR = 64 }; /* bytes between the pieces of one cell */
    const struct source *source = open->source;
    struct byte_range whole = side->ranges[0];
    for (size_t i = 1;
         i < side->range_count && side->ranges[i].from >= whole.to && side->ranges[i].from - whole.to <= NEAR;
         i++)
        whole.to = side->ranges[i].to;
    if (whole.to > source->size || whole.from > whole.to)
        return; /* an extraction that lies about its document */
    side->source = source;
    side->byte = whole.from;
    side->bytes = whole.to - whole.from;
    side->region = (struct span){source_offset(source, whole.from), source_offset(source, whole.to)};
    source_place(source, side->region.from, &side->line, &side->column);
    source_place(source, side->region.to, &side->end_line, &side->end_column);
    side->character = characters_before(open, side->region.from);
    side->characters = characters_before(open, side->region.to) - side->character;
}

/* The value of a container: what is in it. */
static const char *text_within(struct arena *arena, const struct node *node)
{
    struct buffer text = {0};
    const struct node *child = node->first;
    for (unsigned i = 0; child && i < 20; i++, child = child->next) {
        const char *checked = node_get(child, "checked");
        if (!child->value || (checked && strcmp(checked, "true") != 0))
            continue;
        if (text.length)
            buffer_char(&text, ' ');
        buffer_text(&text, child->value);
    }
    const char *copy = text.length ? arena_copy(arena, text.bytes, text.length) : NULL;
    buffer_release(&text);
    return copy;
}

/* An indicator or a line of the budget has a name of its own. */
static const char *item_of(const struct node *node)
{
    const struct node *name = node->parent ? node_child(node->parent, "name") : NULL;
    return name && name != node ? name->value : NULL;
}

static char *path_in_utf8(struct arena *arena, const char *path)
{
    const struct source source = {.href = path};
    const struct writer writer = {.source = &source};
    char *href = writer_href(&writer), *copy = arena_copy(arena, href, strlen(href));
    free(href);
    return copy;
}

static void evidence_build(struct sources *sources, const struct side *from, struct evidence *side)
{
    struct arena *arena = &sources->arena;
    *side = (struct evidence){.form = from->form, .path = "", .is_missing = !from->node};
    const struct node *node = from->node;
    if (!from->form)
        return;
    side->path = path_in_utf8(arena, from->form->origin->path);
    if (node) {
        bool is_finding = strcmp(node->name, "finding") == 0;
        side->value = is_finding ? NULL : node->value ? node->value : text_within(arena, node);
        side->unit = node_get(node, "unit");
        side->unit_from = node_get(node, "unit-from");
        side->item = item_of(node);
        if (node->provenance) {
            side->rule = node->provenance->rule;
            side->label = node->provenance->label;
            side->raw = node->provenance->raw;
            side->is_reviewed = node_is_reviewed(node);
        }
        if (is_finding)
            side->value = side->raw;
        collect_ranges(from->form, node, arena, side, 0);
    }
    if (!side->range_count) {
        side->is_missing = true;
        node = first_statement(from->form->declaration, 0);
        if (node)
            collect_ranges(from->form, node, arena, side, 0);
    }
    if (!side->range_count)
        return;
    struct open_source *open = source_at_hand(sources, from->form->origin);
    if (open->source)
        find_region(open, side);
}

static void hash_text(struct sha256_ctx *context, const char *text)
{
    sha256_update(context, strlen(text) + 1, (const uint8_t *)text);
}

static void hash_maybe(struct sha256_ctx *context, const char *text) { hash_text(context, text ? text : ""); }

/* What is found stays the same finding wherever it moves: no path, line or byte goes in. */
static void fingerprint(struct shown *shown)
{
    struct sha256_ctx context;
    sha256_init(&context);
    hash_text(&context, checks[shown->finding->check].name);
    hash_text(&context, verdict_names[shown->finding->verdict]);
    if (shown->form) {
        const char *code = form_code(shown->form);
        hash_text(&context, *code ? code : form_project(shown->form));
        hash_text(&context, form_unit(shown->form));
        hash_text(&context, form_year(shown->form));
    }
    for (size_t i = 0; i < shown->count; i++) {
        const struct evidence *side = &shown->sides[i];
        hash_text(&context, side->form ? form_year(side->form) : "");
        hash_maybe(&context, side->item);
        hash_maybe(&context, side->label);
        hash_maybe(&context, side->value);
        hash_maybe(&context, side->unit);
    }
    /* Without a value on any side, only the words say what is meant. */
    bool has_value = false;
    for (size_t i = 0; i < shown->count; i++)
        has_value = has_value || shown->sides[i].value;
    if (!has_value)
        hash_maybe(&context, shown->finding->en);
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(&context, sizeof digest, digest);
    for (size_t i = 0; i < FINGERPRINT / 2; i++)
        snprintf(shown->fingerprint + 2 * i, 3, "%02x", digest[i]);
}

const char *shown_message(const struct findings_writer *writer, const struct finding *finding)
{
    const char *message = writer->language == LANGUAGE_ZH ? finding->zh : finding->en;
    return message ? message : "";
}

const char *shown_difference(const struct findings_writer *writer, const struct finding *finding)
{
    const char *difference = finding->difference;
    return difference && *difference && !strstr(shown_message(writer, finding), difference) ? difference
                                                                                            : NULL;
}

void evidence_text(const struct findings_writer *writer, const struct shown *shown,
                   const struct evidence *side, struct buffer *out)
{
    bool is_zh = writer->language == LANGUAGE_ZH;
    const char *year = side->form && side->form != shown->form ? form_year(side->form) : "";
    if (*year) {
        buffer_text(out, year);
        buffer_text(out, is_zh ? "年度，" : ", ");
    }
    const char *subject = side->item ? side->item : side->label;
    if (subject) {
        buffer_text(out, subject);
        buffer_text(out, is_zh ? "：" : ": ");
    }
    if (!side->value) {
        buffer_text(out, is_zh ? "未填写" : "not stated");
        return;
    }
    /* An amount is in 元, whatever it was printed in. */
    bool is_money = side->unit && side->unit_from;
    buffer_text(out, is_money && side->raw && !side->is_reviewed ? side->raw : side->value);
    if (is_money && (side->is_reviewed || strcmp(side->unit_from, "inline") != 0)) {
        buffer_char(out, ' ');
        buffer_text(out, side->is_reviewed ? "元" : side->unit);
    }
    if (side->is_reviewed) {
        buffer_text(out, is_zh ? "（已更正" : " (corrected");
        if (side->raw) {
            buffer_text(out, is_zh ? "，原文为“" : ", printed is '");
            buffer_text(out, side->raw);
            buffer_text(out, is_zh ? "”" : "'");
        }
        buffer_text(out, is_zh ? "）" : ")");
    }
}

const char *evidence_line(const struct evidence *side, size_t *length, unsigned *column)
{
    const char *text = side->source->text, *at = text + side->region.from, *from = at;
    while (from > text && at - from < EVIDENCE_LINE_MOST && from[-1] != '\n' && from[-1] != '\r')
        from--;
    while (from < at && (*from & 0xC0) == 0x80)
        from++;
    *length = side->source->length - (size_t)(from - text);
    if (*length > (size_t)(at - from) + EVIDENCE_LINE_MOST)
        *length = (size_t)(at - from) + EVIDENCE_LINE_MOST;
    *column = 1 + (unsigned)characters_in(from, (size_t)(at - from));
    return from;
}

bool findings_has_rule(const struct findings_writer *writer, const struct findings *findings,
                       enum check check)
{
    const size_t *counts = findings->counts[check];
    return !writer->filter->is_off[check] && counts[VERDICT_PASS] + counts[VERDICT_FAIL] +
                                                 counts[VERDICT_REFUSED] + counts[VERDICT_NOT_APPLICABLE];
}

/* ---- the report ---- */

void findings_write_begin(struct findings_writer *writer)
{
    writer->sources = memory_resize(NULL, sizeof *writer->sources);
    *writer->sources = (struct sources){0};
    formats[writer->format]->begin(writer);
}

static bool is_data(enum findings_format format) { return format == FINDINGS_JSON || format == FINDINGS_CSV; }

/* Filtered by what needs no evidence. */
static bool is_wanted(const struct findings_writer *writer, const struct finding *finding)
{
    const struct findings_filter *filter = writer->filter;
    if (filter->is_off[finding->check] || (filter->has_least && finding->severity > filter->least))
        return false;
    return finding->verdict == VERDICT_FAIL ||
           (finding->verdict == VERDICT_REFUSED && (is_data(writer->format) || filter->shows_refused));
}

static void write_one(struct findings_writer *writer, const struct finding *finding)
{
    struct sources *sources = writer->sources;
    struct shown shown = {.finding = finding, .form = writer->form, .path = "", .count = finding->side_count};
    if (finding->side_count && finding->sides[0].form)
        shown.form = finding->sides[0].form;
    shown.sides = arena_array(&sources->arena, struct evidence, shown.count);
    for (size_t i = 0; i < shown.count; i++)
        evidence_build(sources, &finding->sides[i], &shown.sides[i]);
    if (shown.form)
        shown.path = path_in_utf8(&sources->arena, shown.form->origin->path);
    fingerprint(&shown);
    if (writer->filter->baseline && baseline_hides(writer->filter->baseline, shown.fingerprint)) {
        writer->hidden++;
    } else {
        if (finding->verdict == VERDICT_FAIL)
            writer->shown[finding->severity]++;
        else
            writer->refused++;
        formats[writer->format]->finding(writer, &shown);
    }
    arena_reset(&sources->arena);
}

void findings_write(struct findings_writer *writer, const struct findings *findings)
{
    for (size_t i = 0; i < findings->items.count; i++)
        if (is_wanted(writer, &findings->items.items[i]))
            write_one(writer, &findings->items.items[i]);
}

void findings_write_end(struct findings_writer *writer, const struct findings *findings)
{
    formats[writer->format]->end(writer, findings);
    for (size_t i = 0; i < SOURCES_OPEN; i++)
        source_close(&writer->sources->open[i]);
    arena_release(&writer->sources->arena);
    free(writer->sources);
    writer->sources = NULL;
}
