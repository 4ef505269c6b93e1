#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "pattern.h"

enum { PIECES_MOST = 64 }; /* of a value, between comments and undecodable bytes */

struct node *build_block(struct build *build, unsigned section)
{
    if (!build->blocks[section])
        build->blocks[section] = node_new(build->arena, build->grammar->sections[section]->name);
    return build->blocks[section];
}

void build_claim(struct build *build, struct span span, enum claim_kind kind)
{
    if (!span_is_empty(span))
        *array_push(&build->claims) = (struct claim){span, kind};
}

enum { REPEATED_MOST = 100 }; /* findings that are looked through */

struct node *build_finding(struct build *build, const char *rule, const char *severity, const struct span *at,
                           const char *format, ...)
{
    char message[400];
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    size_t length = strlen(message);
    if (length == sizeof message - 1) { /* cut, but never inside a character */
        while (length && ((unsigned char)message[length - 1] & 0xc0) == 0x80)
            length--;
        length -= length && (unsigned char)message[length - 1] >= 0xc0;
    }
    if (!build->findings)
        build->findings = node_new(build->arena, "findings");
    /* A cell that says something of two nodes, as of both halves of a row, is told of once. */
    struct node *known = at ? build->findings->first : NULL;
    for (unsigned i = 0; known && i < REPEATED_MOST; i++, known = known->next)
        if (known->provenance && known->provenance->bytes.items[0].from == at->from &&
            known->provenance->bytes.items[0].to == at->to && strcmp(node_get(known, "rule"), rule) == 0 &&
            strncmp(known->value, message, length) == 0)
            return known;
    struct node *finding = node_append(build->arena, build->findings, "finding");
    node_set(build->arena, finding, "rule", rule);
    node_set(build->arena, finding, "severity", severity);
    finding->value = arena_copy(build->arena, message, length);
    if (at) {
        finding->provenance = arena_new(build->arena, struct provenance);
        finding->provenance->bytes.items = arena_new(build->arena, struct span);
        finding->provenance->bytes.items[0] = *at;
        finding->provenance->bytes.count = 1;
        finding->provenance->raw = build_raw(build, at, 1);
    }
    return finding;
}

/* The unit of money that a bracket of a label names: （万元）, （2026年度，单位：万元）. */
static void label_unit(struct build *build, struct label_text *label)
{
    const char *printed = build->document->text + label->span.from;
    size_t length = label->span.to - label->span.from;
    if (!memchr(printed, '(', length) && !memchr(printed, 0xef, length) && !memchr(printed, '&', length))
        return; /* no bracket of any width */
    struct view view;
    view_build(&view, build->document, label->span);
    if (!view.is_whole)
        return;
    for (const char *p = view.text; (p = strchr(p, '(')); p++) {
        const char *close = strchr(p, ')'), *to;
        for (const char *from = p + 1; close && from < close; from = to + (*to == ':' || to == close ? 1 : remark_sign(to))) {
            for (to = from; to < close && *to != ':' && !remark_sign(to); to++)
                ;
            if (!grammar_value(build->grammar, VALUE_UNIT, from, (size_t)(to - from)))
                continue;
            size_t unit, unit_to;
            pattern_group(build->grammar->values[VALUE_UNIT], "unit", &unit, &unit_to);
            label->unit = arena_copy(build->arena, from + unit, unit_to - unit);
            label->unit_at = (struct span){view.at[from + unit - view.text], view.to[from - view.text + (ptrdiff_t)unit_to - 1]};
        }
    }
}

struct label_text build_label(struct build *build, struct span span)
{
    struct label_text label = {.span = span};
    if (span_is_empty(span))
        return label;
    label.text = text_normal(build->document, build->arena, &span, 1);
    label_unit(build, &label);
    return label;
}

const char *build_rule_name(struct build *build, const struct rule *rule)
{
    if (rule->label)
        return rule->label;
    const struct rule *up = rule->parent;
    if (!up || !up->parent)
        return rule->name;
    if (up->parent->parent)
        return arena_printf(build->arena, "%s/%s/%s", up->parent->name, up->name, rule->name);
    return arena_printf(build->arena, "%s/%s", up->name, rule->name);
}

struct span *build_spans(struct build *build, const struct span *spans, size_t count)
{
    struct span *copy = arena_array(build->arena, struct span, count);
    if (count)
        memcpy(copy, spans, count * sizeof *spans);
    return copy;
}

static struct spans spans_copy(struct build *build, const struct span *spans, size_t count)
{
    return (struct spans){build_spans(build, spans, count), count};
}

struct spans build_readable(struct build *build, const struct span *spans, size_t count)
{
    const struct document_text *document = build->document;
    if (!document->holes.count && !document->invalid.count)
        return spans_copy(build, spans, count);
    struct document_text undecoded = {.text = document->text, .length = document->length, .holes = document->invalid};
    struct span pieces[PIECES_MOST], parts[PIECES_MOST];
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (n < PIECES_MOST && !span_is_empty(spans[i]) && text_is_whole(document, spans[i])) {
            parts[n++] = spans[i];
            continue;
        }
        size_t seen = text_pieces(document, spans[i], pieces, PIECES_MOST);
        for (size_t k = 0; k < seen; k++)
            n += text_pieces(&undecoded, pieces[k], parts + n, PIECES_MOST - n);
    }
    bool is_visible = false;
    for (size_t i = 0; i < n && !is_visible; i++)
        is_visible = text_has_characters(document, parts[i]);
    return spans_copy(build, parts, is_visible ? n : 0);
}

const char *build_raw(struct build *build, const struct span *spans, size_t count)
{
    struct spans pieces = build_readable(build, spans, count);
    const char *normal = text_normal(build->document, build->arena, pieces.items, pieces.count);
    if (!strchr(normal, '\n'))
        return normal;
    size_t length = 0;
    for (size_t i = 0; i < pieces.count; i++)
        length += pieces.items[i].to - pieces.items[i].from;
    char *raw = arena_alloc(build->arena, length + 1), *at = raw;
    for (size_t i = 0; i < pieces.count; i++) {
        memcpy(at, build->document->text + pieces.items[i].from, pieces.items[i].to - pieces.items[i].from);
        at += pieces.items[i].to - pieces.items[i].from;
    }
    *at = 0;
    return raw;
}

int build_year(const struct build *build)
{
    const struct rule *rule = NULL;
    for (size_t i = 1; i <= build->grammar->count && !rule; i++)
        if (grammar_rule(build->grammar, (unsigned)i)->word == WORD_YEAR)
            rule = grammar_rule(build->grammar, (unsigned)i);
    const struct node *block = rule ? build->blocks[rule->parent->index] : NULL;
    const struct node *node = block ? node_child(block, rule->element) : NULL;
    return node && node->value ? atoi(node->value) : 0;
}
