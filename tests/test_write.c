#include <criterion/criterion.h>

#include <jansson.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xmlschemas.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../extract/base/array.h"
#include "../extract/write/write.h"

static void be_silent(void *context, const char *message, ...)
{
    (void)context;
    (void)message;
}

static bool relaxng_accepts(xmlDocPtr document)
{
    static xmlRelaxNGPtr schema;
    if (!schema) {
        xmlRelaxNGParserCtxtPtr parser = xmlRelaxNGNewParserCtxt(SOURCE_FOLDER "/docs/shenbao.rng");
        schema = xmlRelaxNGParse(parser);
        xmlRelaxNGFreeParserCtxt(parser);
    }
    cr_assert_not_null(schema);
    xmlRelaxNGValidCtxtPtr context = xmlRelaxNGNewValidCtxt(schema);
    int result = xmlRelaxNGValidateDoc(context, document);
    xmlRelaxNGFreeValidCtxt(context);
    return result == 0;
}

static bool xsd_accepts(xmlDocPtr document)
{
    static xmlSchemaPtr schema;
    if (!schema) {
        xmlSchemaParserCtxtPtr parser = xmlSchemaNewParserCtxt(SOURCE_FOLDER "/docs/shenbao.xsd");
        schema = xmlSchemaParse(parser);
        xmlSchemaFreeParserCtxt(parser);
    }
    cr_assert_not_null(schema);
    xmlSchemaValidCtxtPtr context = xmlSchemaNewValidCtxt(schema);
    int result = xmlSchemaValidateDoc(context, document);
    xmlSchemaFreeValidCtxt(context);
    return result == 0;
}

static char *file_text(const char *path)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "cannot open %s", path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = calloc(1, (size_t)size + 1);
    cr_assert_eq(fread(text, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    return text;
}

/* A small form, and the tree that an engine would read from it. */

static const char form[] =
    "项目支出绩效目标申报表（2024年度）\n"
    "项目名称\t水稻\"育秧\", <二期> & 配套\n"
    "项目性质\t□新增项目 ☑经常性项目\n"
    "采购方式\t\n"
    "项目概况\t第一段\n第二段\n"
    "年度资金总额\t282.00万元\n"
    "产出指标\t数量指标\t培训人数\t≥300(人)\n"
    "\t质量指标\t合格率\t＝90%\n"
    "第1页\n";

struct sample {
    struct arena arena;
    struct source source;
    struct buffer out;
    struct writer writer;
    struct node *title, *declaration, *residue, *findings;
};

static struct span span_of(const struct source *source, const char *text)
{
    const char *at = strstr(source->text, text);
    cr_assert_not_null(at, "no '%s' in the source", text);
    uint32_t from = (uint32_t)(at - source->text);
    return (struct span){from, from + (uint32_t)strlen(text)};
}

static struct provenance *evidence(struct sample *sample, struct node *node)
{
    if (!node->provenance)
        node->provenance = arena_new(&sample->arena, struct provenance);
    return node->provenance;
}

static void cite(struct sample *sample, struct spans *spans, struct span span)
{
    struct span *items = arena_array(&sample->arena, struct span, spans->count + 1);
    if (spans->count)
        memcpy(items, spans->items, spans->count * sizeof *items);
    items[spans->count++] = span;
    spans->items = items;
}

/* An element whose value stands in the source as it is. */
static struct node *value(struct sample *sample, struct node *parent, const char *name, const char *text)
{
    struct node *node = node_append(&sample->arena, parent, name);
    node->value = text;
    cite(sample, &evidence(sample, node)->bytes, span_of(&sample->source, text));
    return node;
}

static struct node *blank(struct sample *sample, struct node *parent, const char *name, const char *label)
{
    struct node *node = node_append(&sample->arena, parent, name);
    evidence(sample, node)->label = label;
    return node;
}

static void sample_decode(struct sample *sample, const char *href, const void *bytes, size_t size)
{
    *sample = (struct sample){0};
    cr_assert_eq(source_decode(&sample->source, href, bytes, size, ENCODING_UTF8), SOURCE_FINE);
    sample->writer = (struct writer){.source = &sample->source, .out = &sample->out};
}

static void sample_build(struct sample *sample)
{
    struct arena *arena = &sample->arena;
    sample_decode(sample, "表,1.txt", form, sizeof form - 1);
    struct node *declaration = sample->declaration = node_new(arena, "declaration");
    node_set(arena, declaration, "id", "d1");
    node_set(arena, declaration, "kind", "declaration");
    node_set(arena, declaration, "coverage", "0.98");

    struct node *part = node_append(arena, node_append(arena, declaration, "parts"), "part");
    node_set(arena, part, "kind", "overview");
    value(sample, part, "title", "项目支出绩效目标申报表（2024年度）");

    struct node *header = node_append(arena, declaration, "header");
    struct node *name = value(sample, header, "project-name", "水稻\"育秧\", <二期> & 配套");
    name->provenance->label = "项目\t\"名\"\n称<&>";
    name->provenance->rule = "header.project-name";
    struct node *nature = blank(sample, header, "project-nature", "项目性质");
    struct node *option = value(sample, nature, "option", "经常性项目");
    node_set(arena, option, "checked", "true");
    option->provenance->mark = span_of(&sample->source, "☑");
    blank(sample, header, "procurement-method", "采购方式");

    struct node *overview = value(sample, node_append(arena, declaration, "narrative"), "overview", "第一段");
    overview->value = "第一段\n第二段";
    cite(sample, &overview->provenance->bytes, span_of(&sample->source, "\n第二"));
    cite(sample, &overview->provenance->bytes, span_of(&sample->source, "段\n年"));
    overview->provenance->bytes.items[2].to -= (uint32_t)strlen("\n年");

    struct node *funding = node_append(arena, declaration, "funding");
    struct node *amount = value(sample, funding, "amount", "282.00");
    amount->value = "2820000.00";
    amount->provenance->raw = "282.00";
    node_set(arena, amount, "scope", "annual");
    node_set(arena, amount, "source", "total");
    node_set(arena, amount, "unit", "万元");
    node_set(arena, amount, "unit-from", "inline");

    struct node *indicators = node_append(arena, declaration, "indicators");
    static const char *const rows[][3] = {
        {"数量指标", "培训人数", "≥300(人)"},
        {"质量指标", "合格率", "＝90%"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct node *indicator = node_append(arena, indicators, "indicator");
        node_set(arena, indicator, "horizon", "annual");
        node_set(arena, indicator, "class", "output");
        node_set(arena, indicator, "dimension", i ? "quality" : "quantity");
        struct node *level = value(sample, indicator, "level1", "产出指标");
        if (i)
            level->provenance->by = "filled";
        value(sample, indicator, "level2", rows[i][0]);
        value(sample, indicator, "name", rows[i][1]);
        struct node *target = value(sample, indicator, "target", rows[i][2]);
        node_set(arena, target, "kind", "number");
        node_set(arena, target, "op", i ? "eq" : "ge");
        node_set(arena, target, "value", i ? "90" : "300");
        node_set(arena, target, "unit", i ? "%" : "人");
    }

    sample->residue = node_new(arena, "residue");
    value(sample, sample->residue, "text", "第1页");
    sample->findings = node_new(arena, "findings");
    struct node *finding = node_append(arena, sample->findings, "finding");
    finding->value = "a < b";
    node_set(arena, finding, "rule", "sum");
    node_set(arena, finding, "severity", "warning");
}

static char *sample_write(struct sample *sample, enum format format, bool is_compact)
{
    sample->out.length = 0;
    sample->writer.format = format;
    sample->writer.is_compact = is_compact;
    write_begin(&sample->writer, sample->title);
    write_declaration(&sample->writer, sample->declaration);
    write_end(&sample->writer, sample->residue, sample->findings);
    buffer_char(&sample->out, '\0');
    return sample->out.bytes;
}

static void sample_release(struct sample *sample)
{
    buffer_release(&sample->out);
    source_release(&sample->source);
    arena_release(&sample->arena);
}

static xmlDocPtr parsed(const char *xml)
{
    xmlDocPtr document = xmlReadMemory(xml, (int)strlen(xml), "out.xml", NULL, XML_PARSE_NOERROR);
    cr_assert_not_null(document, "not well-formed: %s", xml);
    return document;
}

static void expect_string(xmlDocPtr document, const char *path, const char *expected)
{
    xmlXPathContextPtr context = xmlXPathNewContext(document);
    xmlXPathRegisterNs(context, BAD_CAST "s", BAD_CAST VOCABULARY_NAMESPACE);
    xmlXPathRegisterNs(context, BAD_CAST "p", BAD_CAST PROVENANCE_NAMESPACE);
    char *expression = NULL;
    cr_assert(asprintf(&expression, "string(%s)", path) > 0);
    xmlXPathObjectPtr object = xmlXPathEval(BAD_CAST expression, context);
    cr_assert_not_null(object, "%s", path);
    const char *got = (const char *)object->stringval;
    cr_expect_str_eq(got, expected, "%s is '%s', not '%s'", path, got, expected);
    xmlXPathFreeObject(object);
    xmlXPathFreeContext(context);
    free(expression);
}

static void expect_in(const char *text, const char *piece)
{
    cr_expect_not_null(strstr(text, piece), "no '%s' in:\n%s", piece, text);
}

static void expect_not_in(const char *text, const char *piece)
{
    cr_expect_null(strstr(text, piece), "'%s' in:\n%s", piece, text);
}

TestSuite(write, .timeout = 30);

Test(write, xml_says_what_the_tree_says)
{
    struct sample sample;
    sample_build(&sample);
    for (int is_compact = 0; is_compact < 2; is_compact++) {
        xmlDocPtr document = parsed(sample_write(&sample, FORMAT_XML, is_compact));
        cr_expect(relaxng_accepts(document));
        cr_expect(xsd_accepts(document));
        expect_string(document, "//s:source/@href", "表,1.txt");
        expect_string(document, "//s:source/@sha256", sample.source.sha256);
        expect_string(document, "//s:source/@bytes", "314");
        expect_string(document, "//s:project-name", "水稻\"育秧\", <二期> & 配套");
        expect_string(document, "//s:project-name/@p:label", "项目\t\"名\"\n称<&>");
        expect_string(document, "//s:project-name/@p:rule", "header.project-name");
        expect_string(document, "//s:project-name/@p:at", "2:6");
        expect_string(document, "//s:option/@p:mark", "126-129");
        expect_string(document, "//s:overview", "第一段\n第二段");
        expect_string(document, "//s:amount/@p:raw", "282.00");
        expect_string(document, "//s:indicator[2]/s:level1/@p:by", "filled");
        expect_string(document, "//s:indicator[2]/s:target/@value", "90");
        expect_string(document, "/s:extraction/s:residue/s:text", "第1页");
        expect_string(document, "/s:extraction/s:findings/s:finding", "a < b");
        xmlFreeDoc(document);
    }
    sample_release(&sample);
}

Test(write, xml_ranges_that_touch_are_one)
{
    struct sample sample;
    sample_build(&sample);
    struct span from = span_of(&sample.source, "第一段"), to = span_of(&sample.source, "第二段");
    char expected[64];
    snprintf(expected, sizeof expected, "<overview p:bytes=\"%u-%u\" p:at=\"5:6\">", from.from, to.to);
    expect_in(sample_write(&sample, FORMAT_XML, false), expected);
    sample_release(&sample);
}

Test(write, xml_indentation_leaves_text_alone)
{
    struct sample sample;
    sample_build(&sample);
    char *xml = sample_write(&sample, FORMAT_XML, false);
    expect_in(xml, "\n    <header>\n      <project-name ");
    expect_in(xml, ">第一段\n第二段</overview>\n    </narrative>\n");
    expect_in(xml, "\n      <procurement-method p:label=\"采购方式\"/>\n");
    expect_in(xml, "p:label=\"项目&#9;&quot;名&quot;&#10;称&lt;&amp;>\"");
    xml = sample_write(&sample, FORMAT_XML, true);
    expect_in(xml, "<header><project-name ");
    expect_in(xml, ">第一段\n第二段</overview></narrative><funding>");
    expect_not_in(xml, ">\n<");
    expect_not_in(xml, "> <");
    sample_release(&sample);
}

Test(write, xml_replaces_only_what_it_forbids)
{
    struct sample sample;
    sample_build(&sample);
    struct node *name = node_child(node_child(sample.declaration, "header"), "project-name");
    name->value = "a\x01\x1F" "b\r\tc\x7F，\xEF\xBF\xBD\xEF\xBF\xBE\xEF\xBF\xBF]]>\U0001F33E";
    name->provenance->raw = name->value;
    xmlDocPtr document = parsed(sample_write(&sample, FORMAT_XML, false));
    const char *expected = "a\uFFFD\uFFFDb\r\tc\x7F，\uFFFD\uFFFD\uFFFD]]>\U0001F33E";
    expect_string(document, "//s:project-name", expected);
    expect_string(document, "//s:project-name/@p:raw", expected);
    xmlFreeDoc(document);
    sample_release(&sample);
}

Test(write, xml_text_around_children_gets_no_white_space)
{
    struct sample sample;
    sample_build(&sample);
    struct node *overview = node_child(node_child(sample.declaration, "narrative"), "overview");
    node_append(&sample.arena, overview, "note")->value = "注";
    expect_in(sample_write(&sample, FORMAT_XML, false), ">第一段\n第二段<note>注</note></overview>\n");
    sample_release(&sample);
}

Test(write, xml_without_declarations)
{
    struct sample sample;
    sample_build(&sample);
    sample.title = node_new(&sample.arena, "title");
    sample.title->value = "项目支出绩效目标申报表";
    cite(&sample, &evidence(&sample, sample.title)->bytes, span_of(&sample.source, sample.title->value));
    write_begin(&sample.writer, sample.title);
    write_end(&sample.writer, NULL, NULL);
    buffer_char(&sample.out, '\0');
    xmlDocPtr document = parsed(sample.out.bytes);
    cr_expect(relaxng_accepts(document));
    expect_string(document, "/s:extraction/s:title[@p:bytes='0-33']", "项目支出绩效目标申报表");
    xmlFreeDoc(document);
    sample_release(&sample);
}

/* What could not be decoded belongs to no value. */
Test(write, ranges_leave_out_what_is_undecodable)
{
    static const char bytes[] = "项目名称\tab\xFF" "cd\nab\xFF" "cd\nabcd\nef\xFF\n";
    struct sample sample;
    sample_decode(&sample, "a.txt", bytes, sizeof bytes - 1);
    cr_assert_eq(sample.source.invalid_count, 3);
    sample.declaration = node_new(&sample.arena, "declaration");
    struct node *header = node_append(&sample.arena, sample.declaration, "header");
    struct node *name = value(&sample, header, "project-name", "ab\uFFFDcd");
    name->value = "abcd";
    struct span second = span_of(&sample.source, "\nab\uFFFDcd");
    cite(&sample, &name->provenance->also, (struct span){second.from + 1, second.to});
    cite(&sample, &name->provenance->also, span_of(&sample.source, "abcd"));
    struct node *contact = value(&sample, header, "contact", "ef\uFFFD");
    contact->value = "ef";
    struct node *phone = value(&sample, header, "phone", "\uFFFD");
    phone->provenance->label = "x";
    char *xml = sample_write(&sample, FORMAT_XML, false);
    expect_in(xml, "<project-name p:bytes=\"13-15 16-18\" p:at=\"1:6\" p:also=\"25-29\">abcd<");
    expect_in(xml, "<contact p:bytes=\"30-32\" p:at=\"4:1\">ef<");
    expect_in(xml, "<phone p:label=\"x\">");
    sample_release(&sample);
}

Test(write, an_empty_element_has_no_ranges)
{
    struct sample sample;
    sample_build(&sample);
    struct node *method = node_child(node_child(sample.declaration, "header"), "procurement-method");
    cite(&sample, &method->provenance->bytes, span_of(&sample.source, "采购方式"));
    cite(&sample, &method->provenance->also, span_of(&sample.source, "采购方式"));
    expect_in(sample_write(&sample, FORMAT_XML, false), "<procurement-method p:label=\"采购方式\"/>");
    expect_in(sample_write(&sample, FORMAT_CSV, false), ",header,header/procurement-method,,,,\r\n");
    method->value = "";
    expect_in(sample_write(&sample, FORMAT_XML, false), "<procurement-method p:label=\"采购方式\"/>");
    sample_release(&sample);
}

Test(write, a_file_name_need_not_be_utf8)
{
    static const char name[] = "\xB1\xED<\xE8\xA1\xA8>\xC0\xAF.txt";
    struct sample sample;
    sample_build(&sample);
    sample.source.href = name;
    xmlDocPtr document = parsed(sample_write(&sample, FORMAT_XML, false));
    expect_string(document, "//s:source/@href", "%B1%ED<表>%C0%AF.txt");
    xmlFreeDoc(document);
    expect_in(sample_write(&sample, FORMAT_JSON, true), "\"href\":\"%B1%ED<表>%C0%AF.txt\"");
    expect_in(sample_write(&sample, FORMAT_JSONL, true), "\"href\":\"%B1%ED<表>%C0%AF.txt\"");
    expect_in(sample_write(&sample, FORMAT_CSV, false), "\r\n%B1%ED<表>%C0%AF.txt,d1,");
    sample_release(&sample);
}

Test(write, a_stream_gets_all_of_it)
{
    struct sample sample;
    sample_build(&sample);
    FILE *file = tmpfile();
    cr_assert_not_null(file);
    char *expected = strdup(sample_write(&sample, FORMAT_XML, false));
    sample.out.length = 0;
    sample.out.is_stream = true;
    sample.out.descriptor = fileno(file);
    sample.writer.format = FORMAT_XML;
    size_t runs = 400;
    for (size_t i = 0; i < runs; i++) {
        write_begin(&sample.writer, NULL);
        write_declaration(&sample.writer, sample.declaration);
        write_end(&sample.writer, sample.residue, sample.findings);
    }
    cr_expect_eq(buffer_flush(&sample.out), 0);
    size_t length = strlen(expected);
    char *got = malloc(length);
    cr_expect_eq(lseek(fileno(file), 0, SEEK_END), (off_t)(runs * length));
    cr_assert_eq(pread(fileno(file), got, length, (off_t)((runs - 1) * length)), (ssize_t)length);
    cr_expect_arr_eq(got, expected, length);
    free(got);
    free(expected);
    fclose(file);
    sample_release(&sample);
}

static json_t *at(json_t *json, const char *keys)
{
    char copy[256];
    snprintf(copy, sizeof copy, "%s", keys);
    for (char *rest = copy, *key; json && (key = strsep(&rest, "."));)
        json = json_is_array(json) ? json_array_get(json, (size_t)atoi(key)) : json_object_get(json, key);
    return json;
}

static void expect_member(json_t *json, const char *keys, const char *expected)
{
    const char *got = json_string_value(at(json, keys));
    cr_assert_not_null(got, "no string %s", keys);
    cr_expect_str_eq(got, expected, "%s is '%s', not '%s'", keys, got, expected);
}

static json_t *loaded(const char *text)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    cr_assert_not_null(json, "%d:%d: %s\n%s", error.line, error.column, error.text, text);
    return json;
}

Test(write, json_parses_back)
{
    struct sample sample;
    sample_build(&sample);
    json_t *styles[2];
    for (int is_compact = 0; is_compact < 2; is_compact++) {
        json_t *json = styles[is_compact] = loaded(sample_write(&sample, FORMAT_JSON, is_compact));
        expect_member(json, "version", "1");
        expect_member(json, "source.href", "表,1.txt");
        cr_expect_eq(json_integer_value(at(json, "source.bytes")), (json_int_t)sample.source.size);
        cr_expect(json_is_null(at(json, "title")));
        expect_member(json, "declarations.0.id", "d1");
        expect_member(json, "declarations.0.parts.0.title.text", "项目支出绩效目标申报表（2024年度）");
        expect_member(json, "declarations.0.header.0.element", "project-name");
        expect_member(json, "declarations.0.header.0.text", "水稻\"育秧\", <二期> & 配套");
        expect_member(json, "declarations.0.header.0.provenance.label", "项目\t\"名\"\n称<&>");
        cr_expect_eq(json_integer_value(at(json, "declarations.0.header.0.provenance.line")), 2);
        cr_expect_eq(json_integer_value(at(json, "declarations.0.header.0.provenance.column")), 6);
        expect_member(json, "declarations.0.header.1.option.0.text", "经常性项目");
        expect_member(json, "declarations.0.header.1.option.0.checked", "true");
        cr_expect_eq(json_integer_value(at(json, "declarations.0.header.1.option.0.provenance.mark.1")), 129);
        cr_expect(json_is_null(at(json, "declarations.0.header.2.text")));
        cr_expect_null(at(json, "declarations.0.header.2.provenance.bytes"));
        expect_member(json, "declarations.0.narrative.0.text", "第一段\n第二段");
        cr_expect_eq(json_array_size(at(json, "declarations.0.narrative.0.provenance.bytes")), 1);
        expect_member(json, "declarations.0.indicators.1.target.value", "90");
        expect_member(json, "declarations.0.indicators.1.target.text", "＝90%");
        expect_member(json, "residue.0.text", "第1页");
        expect_member(json, "findings.0.severity", "warning");
    }
    cr_expect(json_equal(styles[0], styles[1]));
    json_decref(styles[0]);
    json_decref(styles[1]);
    expect_not_in(sample_write(&sample, FORMAT_JSON, true), "\n{");
    expect_in(sample_write(&sample, FORMAT_JSON, false), "\n      \"header\": [\n        {\n");
    sample_release(&sample);
}

Test(write, json_keeps_a_child_that_is_there_twice)
{
    struct sample sample;
    sample_build(&sample);
    struct node *indicator = node_child(sample.declaration, "indicators")->first;
    static const char *const notes[] = {"甲", "乙", "丙"};
    for (size_t i = 0; i < 3; i++)
        node_append(&sample.arena, indicator, "remark")->value = notes[i];
    node_append(&sample.arena, indicator, "class")->value = "child beside an attribute";
    json_t *json = loaded(sample_write(&sample, FORMAT_JSON, false));
    expect_member(json, "declarations.0.indicators.0.remark.0.text", "甲");
    expect_member(json, "declarations.0.indicators.0.remark.1.text", "乙");
    expect_member(json, "declarations.0.indicators.0.remark.2.text", "丙");
    expect_member(json, "declarations.0.indicators.0.class.0", "output");
    expect_member(json, "declarations.0.indicators.0.class.1.text", "child beside an attribute");
    json_decref(json);
    sample_release(&sample);
}

Test(write, json_of_several_and_of_no_declarations)
{
    struct sample sample;
    sample_build(&sample);
    for (int is_compact = 0; is_compact < 2; is_compact++)
        for (size_t count = 0; count < 4; count++) {
            sample.out.length = 0;
            sample.writer.format = FORMAT_JSON;
            sample.writer.is_compact = is_compact;
            write_begin(&sample.writer, NULL);
            for (size_t i = 0; i < count; i++)
                write_declaration(&sample.writer, sample.declaration);
            write_end(&sample.writer, NULL, NULL);
            buffer_char(&sample.out, '\0');
            json_t *json = loaded(sample.out.bytes);
            cr_expect_eq(json_array_size(at(json, "declarations")), count);
            cr_expect(json_is_array(at(json, "residue")) && json_array_size(at(json, "residue")) == 0);
            json_decref(json);
        }
    sample_release(&sample);
}

Test(write, jsonl_is_a_line_a_declaration)
{
    struct sample sample;
    sample_build(&sample);
    sample.writer.format = FORMAT_JSONL;
    write_begin(&sample.writer, NULL);
    write_declaration(&sample.writer, sample.declaration);
    write_declaration(&sample.writer, sample.declaration);
    write_end(&sample.writer, sample.residue, sample.findings);
    buffer_char(&sample.out, '\0');
    char *rest = sample.out.bytes;
    for (size_t i = 0; i < 2; i++) {
        char *line = strsep(&rest, "\n");
        cr_assert_not_null(rest);
        json_t *json = loaded(line);
        expect_member(json, "source.href", "表,1.txt");
        expect_member(json, "source.sha256", sample.source.sha256);
        expect_member(json, "id", "d1");
        expect_member(json, "funding.0.unit", "万元");
        json_decref(json);
    }
    cr_expect_str_eq(rest, "");
    sample_release(&sample);
}

/* Reads RFC 4180: the field behind *at, or NULL at a record's end. */
static char *csv_field(const char **at, bool *is_last)
{
    struct buffer field = {0};
    const char *c = *at;
    if (*c == '"') {
        for (c++; *c && (*c != '"' || c[1] == '"'); c++) {
            if (*c == '"')
                c++;
            buffer_char(&field, *c);
        }
        cr_assert_eq(*c, '"');
        c++;
    } else
        for (; *c && *c != ',' && *c != '\r'; c++) {
            cr_assert_neq(*c, '"');
            cr_assert_neq(*c, '\n');
            buffer_char(&field, *c);
        }
    *is_last = *c != ',';
    if (*is_last) {
        cr_assert(c[0] == '\r' && c[1] == '\n');
        c++;
    }
    *at = c + 1;
    buffer_char(&field, '\0');
    return field.bytes;
}

Test(write, csv_reads_back)
{
    /* The bytes as what they are in the form. */
    static const char *const expected[][7] = {
        {"d1", "", "@kind", "declaration", "", "", ""},
        {"d1", "", "@coverage", "0.98", "", "", ""},
        {"d1", "parts", "parts/part/@kind", "overview", "", "", ""},
        {"d1", "parts", "parts/part/title", "项目支出绩效目标申报表（2024年度）", "", "项目支出绩效目标申报表（2024年度）", "1"},
        {"d1", "header", "header/project-name", "水稻\"育秧\", <二期> & 配套", "", "水稻\"育秧\", <二期> & 配套", "2"},
        {"d1", "header", "header/project-nature/option", "经常性项目", "", "经常性项目", "3"},
        {"d1", "header", "header/project-nature/option/@checked", "true", "", "经常性项目", "3"},
        {"d1", "header", "header/procurement-method", "", "", "", ""},
        {"d1", "narrative", "narrative/overview", "第一段\n第二段", "", "第一段\n第二段", "5"},
        {"d1", "funding", "funding/amount", "2820000.00", "万元", "282.00", "7"},
        {"d1", "funding", "funding/amount/@scope", "annual", "万元", "282.00", "7"},
        {"d1", "funding", "funding/amount/@source", "total", "万元", "282.00", "7"},
        {"d1", "funding", "funding/amount/@unit-from", "inline", "万元", "282.00", "7"},
        {"d1", "indicators", "indicators/indicator[1]/@horizon", "annual", "", "", ""},
        {"d1", "indicators", "indicators/indicator[1]/@class", "output", "", "", ""},
        {"d1", "indicators", "indicators/indicator[1]/@dimension", "quantity", "", "", ""},
        {"d1", "indicators", "indicators/indicator[1]/level1", "产出指标", "", "产出指标", "8"},
        {"d1", "indicators", "indicators/indicator[1]/level2", "数量指标", "", "数量指标", "8"},
        {"d1", "indicators", "indicators/indicator[1]/name", "培训人数", "", "培训人数", "8"},
        {"d1", "indicators", "indicators/indicator[1]/target", "≥300(人)", "人", "≥300(人)", "8"},
        {"d1", "indicators", "indicators/indicator[1]/target/@kind", "number", "人", "≥300(人)", "8"},
        {"d1", "indicators", "indicators/indicator[1]/target/@op", "ge", "人", "≥300(人)", "8"},
        {"d1", "indicators", "indicators/indicator[1]/target/@value", "300", "人", "≥300(人)", "8"},
        {"d1", "indicators", "indicators/indicator[2]/@horizon", "annual", "", "", ""},
    };
    struct sample sample;
    sample_build(&sample);
    static const char header[] = "source,declaration,block,path,value,unit,bytes,line\r\n";
    const char *at = sample_write(&sample, FORMAT_CSV, false);
    cr_assert_eq(strncmp(at, header, sizeof header - 1), 0);
    at += sizeof header - 1;
    for (size_t row = 0; row < sizeof expected / sizeof *expected; row++) {
        bool is_last;
        char *source = csv_field(&at, &is_last);
        cr_expect_str_eq(source, "表,1.txt");
        free(source);
        for (size_t column = 0; column < 7; column++) {
            char *field = csv_field(&at, &is_last);
            unsigned from, to;
            if (column == 5 && sscanf(field, "%u-%u", &from, &to) == 2) {
                cr_assert(from < to && to < sizeof form);
                free(field);
                field = strndup(form + from, to - from);
            }
            cr_expect_str_eq(field, expected[row][column], "row %zu, column %zu: '%s', not '%s'", row, column,
                             field, expected[row][column]);
            cr_expect_eq(is_last, column == 6);
            free(field);
        }
    }
    expect_in(at, "\r\n\"表,1.txt\",,residue,residue/text,第1页,,");
    expect_in(at, "\r\n\"表,1.txt\",,findings,findings/finding/@rule,sum,,,\r\n");
    sample_release(&sample);
}

/* The schemas, tried on tests/data/extraction.xml with one piece of it replaced. */

struct change {
    const char *name, *from, *to;
    bool is_seen_by_xsd;
};

static xmlDocPtr changed_sample(const struct change *change)
{
    char *xml = file_text(SOURCE_FOLDER "/tests/data/extraction.xml");
    char *at = strstr(xml, change->from);
    cr_assert_not_null(at, "%s: no '%s' in the sample", change->name, change->from);
    char *changed = NULL;
    int before = (int)(at - xml);
    cr_assert(asprintf(&changed, "%.*s%s%s", before, xml, change->to, at + strlen(change->from)) > 0);
    xmlDocPtr document = parsed(changed);
    free(changed);
    free(xml);
    return document;
}

Test(schema, accepts_what_the_vocabulary_and_grammars_allow)
{
    static const struct change changes[] = {
        {"as it is", "<header>", "<header>", true},
        {"no title", "<part kind=\"targets\">", "<part kind=\"anything-else\">", true},
        {"a year for a date", ">2024-01</start-date>", ">2024</start-date>", true},
        {"no encoding", " encoding=\"GB18030\"", "", true},
        {"a block of a grammar", "<equipment total=\"3\">", "<equipment>", true},
        {"an attribute of a grammar", "<indicator horizon=\"annual\"",
         "<indicator horizon=\"annual\" region=\"x\"", true},
        {"a target without a sign", " op=\"ge\"", "", true},
        {"negative money", ">340000.00<", ">-340000.00<", true},
        {"a page in place of bytes", "p:bytes=\"4-26\" p:at=\"2:3\"",
         "p:page=\"2\" p:box=\"10 20.5 100 12\" p:confidence=\"0.93\"", true},
        {"a member of a container", "p:at=\"2:3\"",
         "p:at=\"2:3\" p:part=\"xl/worksheets/sheet1.xml\" p:cell=\"B3\"", true},
    };
    xmlSetGenericErrorFunc(NULL, be_silent);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        xmlDocPtr document = changed_sample(&changes[i]);
        cr_expect(relaxng_accepts(document), "RELAX NG refuses %s", changes[i].name);
        cr_expect(xsd_accepts(document), "XSD refuses %s", changes[i].name);
        xmlFreeDoc(document);
    }
}

Test(schema, refuses_what_the_vocabulary_excludes)
{
    static const struct change changes[] = {
        {"another version", "version=\"1\" gen", "version=\"2\" gen", true},
        {"no source", "<source ", "<sauce ", true},
        {"a short digest", "sha256=\"9f2b", "sha256=\"", true},
        {"an unknown kind", "kind=\"evaluation\"", "kind=\"report\"", true},
        {"a number for an id", "id=\"d2\"", "id=\"2\"", true},
        {"coverage above one", "coverage=\"0.998\"", "coverage=\"99.8\"", true},
        {"no coverage", " coverage=\"0.998\"", "", true},
        {"text in a block", "<header>", "<header>text", true},
        {"a value without bytes", " p:bytes=\"4-26\"", "", false},
        {"bytes of nothing", "<procurement-method ",
         "<procurement-method p:bytes=\"1-2\" p:at=\"1:1\" ", false},
        {"bytes that are no ranges", "p:bytes=\"4-26\"", "p:bytes=\"4..26\"", true},
        {"a place without a column", "p:at=\"2:3\"", "p:at=\"2\"", true},
        {"unknown provenance", "p:by=\"filled\"", "p:buy=\"filled\"", true},
        {"a year of two digits", ">2024</fiscal-year>", ">24</fiscal-year>", true},
        {"a day that is none", ">2024-12-31<", ">2024-11-31<", true},
        {"a date as printed", ">2024-01</start-date>", ">2024年1月</start-date>", true},
        {"yes for true", ">false</government-procurement>", ">no</government-procurement>", true},
        {"an option half checked", "<option checked=\"true\"", "<option checked=\"half\"", true},
        {"an option without a mark's state", "<option checked=\"false\"", "<option", true},
        {"an unknown scope", "scope=\"annual\"", "scope=\"monthly\"", true},
        {"a source that is no name", "source=\"carry-over\"", "source=\"carry over\"", true},
        {"no source of an amount", " source=\"total\"", "", false},
        {"an unknown stage", "stage=\"executed\"", "stage=\"spent\"", true},
        {"an unknown unit-from", "unit-from=\"declared\"", "unit-from=\"guessed\"", true},
        {"money with a separator", ">2820000.00<", ">2,820,000.00<", false},
        {"money without decimals", ">2820000.00<", ">2820000<", false},
        {"no horizon", "<indicator horizon=\"midterm\"", "<indicator", true},
        {"an unknown horizon", "horizon=\"midterm\"", "horizon=\"weekly\"", true},
        {"an unknown class", "class=\"benefit\"", "class=\"efficiency\"", true},
        {"an unknown dimension", "dimension=\"quantity\"", "dimension=\"amount\"", true},
        {"an unknown target", "kind=\"time\"", "kind=\"date\"", true},
        {"a number without a value", " value=\"300\"", "", false},
        {"a target's value with zeros", "value=\"300\"", "value=\"300.00\"", false},
        {"a target's value as text", "value=\"300\"", "value=\"many\"", true},
        {"a sign as printed", "op=\"ge\"", "op=\"≥\"", true},
        {"a target's money in another unit", "value=\"856000.00\" unit=\"元\"",
         "value=\"856000.00\" unit=\"万元\"", false},
        {"a quantity with a unit inside", ">58.2<", ">58.2亩<", false},
        {"text where money is", " kind=\"text\"", "", false},
        {"a field without a label", "<field label=\"代为概况\"", "<field", true},
        {"blocks out of order", "<narrative>", "<fields><field label=\"x\"/></fields><narrative>", false},
        {"a finding without a severity", " severity=\"info\"", "", true},
        {"an unknown severity", "severity=\"info\"", "severity=\"fatal\"", true},
        {"a finding without words", ">no level 1<", "><", true},
        {"an empty piece of residue", ">第1页<", "><", false},
        {"residue before a declaration", "<declaration id=\"d2\"", "<residue/><declaration id=\"d2\"", true},
    };
    xmlSetGenericErrorFunc(NULL, be_silent);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        xmlDocPtr document = changed_sample(&changes[i]);
        cr_expect_not(relaxng_accepts(document), "RELAX NG accepts %s", changes[i].name);
        if (changes[i].is_seen_by_xsd)
            cr_expect_not(xsd_accepts(document), "XSD accepts %s", changes[i].name);
        xmlFreeDoc(document);
    }
}
