#include "properties.h"

#include <jansson.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <unistr.h>

static char message[1024];

__attribute__((format(printf, 1, 2))) static const char *broken(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    return message;
}

xmlRelaxNGPtr properties_schema(void)
{
    const char *path = SOURCE_FOLDER "/docs/shenbao.rng";
    if (access(path, R_OK) != 0)
        return NULL;
    xmlRelaxNGParserCtxtPtr parser = xmlRelaxNGNewParserCtxt(path);
    xmlRelaxNGPtr schema = xmlRelaxNGParse(parser);
    xmlRelaxNGFreeParserCtxt(parser);
    if (!schema) {
        fprintf(stderr, "%s: error: not a schema\n", path);
        exit(1);
    }
    return schema;
}

void properties_release(xmlRelaxNGPtr schema)
{
    if (schema)
        xmlRelaxNGFree(schema);
    xmlCleanupParser();
}

static void remember_first(void *context, const char *format, ...)
{
    (void)context;
    if (message[0])
        return;
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
}

static void say_nothing(void *context, const char *format, ...)
{
    (void)context;
    (void)format;
}

/* The white space that a normal form may drop or turn into a space. */
static bool is_blank(ucs4_t c)
{
    return c <= ' ' || (c >= 0x7F && c <= 0xA0) || c == 0x1680 || (c >= 0x2000 && c <= 0x200F) ||
           c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

/* Moves past one character that is no white space; false at the end. */
static bool next_visible(const uint8_t **at, const uint8_t *end, ucs4_t *c)
{
    while (*at < end) {
        *at += u8_mbtouc(c, *at, (size_t)(end - *at));
        if (!is_blank(*c))
            return true;
    }
    return false;
}

static bool has_markup(const char *text, size_t length)
{
    return memchr(text, '<', length) || memchr(text, '&', length);
}

/* Whether the source, white space aside, says `want` at the ranges. */
static bool reads_back(const struct source *source, const char *ranges, const char *want)
{
    const uint8_t *left = (const uint8_t *)want, *left_end = left + strlen(want);
    ucs4_t a, b;
    unsigned long from, to;
    for (int used; sscanf(ranges, "%lu-%lu%n", &from, &to, &used) == 2; ranges += used) {
        const uint8_t *right = source->bytes + from, *right_end = source->bytes + to;
        if (has_markup((const char *)right, to - from))
            return true; /* tools that know markup look at those */
        while (next_visible(&right, right_end, &b))
            if (!next_visible(&left, left_end, &a) || a != b)
                return false;
    }
    return !next_visible(&left, left_end, &a);
}

static const char *check_ranges(const char *ranges, const struct source *source, const char *element)
{
    const char *at = ranges;
    unsigned long from, to;
    int used = 0;
    if (!*at)
        return broken("%s: no range at all", element);
    while (sscanf(at, "%lu-%lu%n", &from, &to, &used) == 2) {
        if (from >= to || to > source->size)
            return broken("%s: range %lu-%lu of %zu bytes", element, from, to, source->size);
        at += used;
        if (!*at)
            return NULL;
        if (*at++ != ' ')
            break;
    }
    return broken("%s: '%s' is no list of ranges", element, ranges);
}

static const char *check_node(xmlNodePtr node, const struct source *source)
{
    const xmlChar *space = (const xmlChar *)PROVENANCE_NAMESPACE;
    static const char *const lists[] = {"bytes", "also", "mark"};
    const char *name = (const char *)node->name, *result = NULL;
    for (size_t i = 0; i < sizeof lists / sizeof *lists && !result; i++) {
        xmlChar *ranges = xmlGetNsProp(node, (const xmlChar *)lists[i], space);
        if (ranges)
            result = check_ranges((const char *)ranges, source, name);
        xmlFree(ranges);
    }
    xmlChar *ranges = xmlGetNsProp(node, (const xmlChar *)"bytes", space);
    if (!result && ranges && source->encoding == ENCODING_UTF8 && source->invalid_count == 0 &&
        strcmp(source->media_type, "text/html") != 0) {
        xmlChar *want = xmlGetNsProp(node, (const xmlChar *)"raw", space);
        if (!want)
            want = xmlNodeGetContent(node);
        if (!reads_back(source, (const char *)ranges, (const char *)want))
            result = broken("%s: bytes %s do not say '%s'", name, ranges, want);
        xmlFree(want);
    }
    xmlFree(ranges);
    return result;
}

static const char *check_tree(xmlNodePtr root, const struct source *source, size_t declarations)
{
    size_t found = 0;
    for (xmlNodePtr node = root; node;) {
        if (node->type == XML_ELEMENT_NODE) {
            const char *result = check_node(node, source);
            if (result)
                return result;
            found += node->parent == root && xmlStrEqual(node->name, (const xmlChar *)"declaration");
        }
        if (node->type == XML_ELEMENT_NODE && node->children) {
            node = node->children;
            continue;
        }
        while (node != root && !node->next)
            node = node->parent;
        node = node == root ? NULL : node->next;
    }
    return found == declarations ? NULL : broken("%zu declarations written, %zu found", declarations, found);
}

static const char *check_xml(const char *xml, size_t length, size_t declarations, const struct source *source,
                             xmlRelaxNGPtr schema)
{
    message[0] = '\0';
    xmlSetGenericErrorFunc(NULL, remember_first);
    xmlDocPtr document = xmlReadMemory(xml, (int)length, NULL, NULL, XML_PARSE_NONET | XML_PARSE_HUGE);
    xmlSetGenericErrorFunc(NULL, NULL);
    if (!document)
        return broken("not well formed: %s", message[0] ? strdupa(message) : "");
    const char *result = check_tree(xmlDocGetRootElement(document), source, declarations);
    if (!result && schema) {
        message[0] = '\0';
        xmlRelaxNGValidCtxtPtr context = xmlRelaxNGNewValidCtxt(schema);
        xmlRelaxNGSetValidErrors(context, remember_first, say_nothing, NULL);
        if (xmlRelaxNGValidateDoc(context, document) != 0)
            result = broken("not valid: %s", strdupa(message));
        xmlRelaxNGFreeValidCtxt(context);
    }
    xmlFreeDoc(document);
    return result;
}

static json_t *read_json(const char *json, size_t length)
{
    json_error_t error;
    json_t *value = json_loadb(json, length, JSON_REJECT_DUPLICATES, &error);
    if (!value)
        broken("JSON: %s", error.text);
    return value;
}

static const char *check_json(const char *json, size_t length, size_t declarations)
{
    json_t *value = read_json(json, length);
    if (!value)
        return message;
    size_t found = json_array_size(json_object_get(value, "declarations"));
    json_decref(value);
    if (found != declarations)
        return broken("JSON: %zu declarations written, %zu found", declarations, found);
    return NULL;
}

static const char *check_json_lines(const char *lines, size_t length, size_t declarations)
{
    size_t count = 0;
    for (const char *end, *stop = lines + length; lines < stop; lines = end + 1, count++) {
        end = memchr(lines, '\n', (size_t)(stop - lines));
        if (!end)
            return broken("JSONL: the last line has no end");
        json_t *value = read_json(lines, (size_t)(end - lines));
        if (!value)
            return message;
        json_decref(value);
    }
    return count == declarations ? NULL : broken("JSONL: %zu declarations, %zu lines", declarations, count);
}

/* Every row has as many cells as the first. */
static const char *check_csv(const char *csv, size_t length)
{
    size_t cells = 1, first = 0, row = 1;
    bool is_quoted = false;
    for (size_t i = 0; i < length; i++) {
        if (csv[i] == '"')
            is_quoted = !is_quoted;
        else if (is_quoted)
            continue;
        else if (csv[i] == ',')
            cells++;
        else if (csv[i] == '\n') {
            if (first && cells != first)
                return broken("CSV: row %zu has %zu cells, not %zu", row, cells, first);
            first = cells;
            cells = 1;
            row++;
        }
    }
    if (is_quoted || cells != 1 || !first)
        return broken("CSV: the last row has no end");
    return NULL;
}

const char *properties_broken(enum format format, const char *output, size_t length, size_t declarations,
                              const struct source *source, xmlRelaxNGPtr schema)
{
    if (length == 0)
        return format == FORMAT_JSONL && declarations == 0 ? NULL : broken("nothing was written");
    switch (format) {
    case FORMAT_XML:
        return check_xml(output, length, declarations, source, schema);
    case FORMAT_JSON:
        return check_json(output, length, declarations);
    case FORMAT_JSONL:
        return check_json_lines(output, length, declarations);
    case FORMAT_CSV:
        return check_csv(output, length);
    case FORMATS:
        break;
    }
    return NULL;
}
