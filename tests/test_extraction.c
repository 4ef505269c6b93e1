/* Extractions read back: what is kept, what is refused, and that a form comes out the
 * same whether it was read back or added as it was read. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "extract.h"
#include "grammar.h"
#include "years.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define ROOT(version)                                                                                        \
    "<extraction xmlns=\"urn:shenbao:1\" xmlns:p=\"urn:shenbao:provenance:1\" version=\"" version "\">"
#define SOURCE "<source href=\"塘报.txt\" sha256=\"00ff\" bytes=\"90\" encoding=\"GB18030\"/>"
#define NAME                                                                                                 \
    "<header><project-name p:bytes=\"6-18 20-22\" p:at=\"2:7\" p:label=\"项目名称\" p:raw=\"塘坝\n整修\">塘坝整修</project-name></header>"
#define FORM "<declaration id=\"d1\" kind=\"declaration\" coverage=\"0.9\">" NAME "</declaration>"

struct file {
    char path[64];
};

static struct file file_write(const void *bytes, size_t length)
{
    struct file file = {"/tmp/extraction-XXXXXX.xml"};
    int out = mkstemps(file.path, 4);
    cr_assert_geq(out, 0);
    cr_assert_eq(write(out, bytes, length), (ssize_t)length);
    close(out);
    return file;
}

static enum forms_trouble text_read(struct forms *forms, const char *text, char *detail, size_t room)
{
    struct file file = file_write(text, strlen(text));
    const char *said;
    enum forms_trouble trouble = forms_read(forms, file.path, &said);
    snprintf(detail, room, "%s", said);
    unlink(file.path);
    return trouble;
}

static void expect(const char *text, enum forms_trouble trouble, const char *detail)
{
    struct forms forms = {0};
    char said[400];
    cr_expect_eq(text_read(&forms, text, said, sizeof said), trouble, "%s", text);
    if (detail)
        cr_expect(strstr(said, detail), "'%s' does not say '%s'", said, detail);
    cr_expect(trouble == FORMS_FINE || forms.count == 0, "%zu forms are left of: %s", forms.count, text);
    forms_release(&forms);
}

Test(extraction, holds_what_was_written)
{
    struct forms forms = {0};
    char said[400];
    cr_assert_eq(text_read(&forms, HEAD ROOT("1") SOURCE FORM "</extraction>\n", said, sizeof said),
                 FORMS_FINE, "%s", said);
    cr_assert_eq(forms.count, 1);
    const struct form *form = &forms.items[0];
    cr_expect(form->is_read_back);
    cr_expect_str_eq(form->origin->path, "塘报.txt");
    cr_expect_str_eq(form->origin->sha256, "00ff");
    cr_expect_eq(form->origin->encoding, ENCODING_GB18030);
    cr_expect_not_null(form->origin->extraction);
    cr_expect_null(form->origin->source);
    cr_expect_str_eq(form_id(form), "d1");
    const struct node *name = form_field(form, "header", "project-name");
    cr_assert_not_null(name);
    cr_expect_str_eq(name->value, "塘坝整修");
    cr_expect_eq(name->provenance->bytes.count, 2);
    cr_expect_eq(name->provenance->bytes.items[1].from, 20);
    cr_expect_eq(name->provenance->bytes.items[1].to, 22);
    cr_expect_eq(name->provenance->line, 2);
    cr_expect_eq(name->provenance->column, 7);
    cr_expect_str_eq(name->provenance->label, "项目名称");
    forms_release(&forms);
}

Test(extraction, keeps_what_comparisons_look_at)
{
    static const char text[] = HEAD ROOT("1") SOURCE
        "<declaration id=\"d1\"><header><project-nature><option checked=\"true\">新增项目</option></project-nature></header>"
        "<indicators><indicator class=\"output\"><name>渠长</name><standard>行业</standard></indicator></indicators>"
        "<budget><line><name>水泥</name></line><total>3.00</total></budget>"
        "<fields><field label=\"备\">无</field></fields><residue><text>尾注</text></residue></declaration></extraction>";
    for (int whole = 0; whole < 2; whole++) {
        struct forms forms = {.is_whole = whole};
        char said[400];
        cr_assert_eq(text_read(&forms, text, said, sizeof said), FORMS_FINE, "%s", said);
        const struct node *form = forms.items[0].declaration;
        const struct node *indicator = node_child(node_child(form, "indicators"), "indicator");
        cr_expect_str_eq(node_child(indicator, "name")->value, "渠长");
        cr_expect_str_eq(node_get(indicator, "class"), "output");
        cr_expect_str_eq(node_get(node_child(node_child(form, "header"), "project-nature")->first, "checked"),
                         "true");
        cr_expect_str_eq(node_child(node_child(form, "budget"), "total")->value, "3.00");
        cr_expect_eq(node_child(indicator, "standard") != NULL, whole);
        cr_expect_eq(node_child(node_child(form, "budget"), "line") != NULL, whole);
        cr_expect_eq(node_child(form, "fields") != NULL, whole);
        cr_expect_eq(node_child(form, "residue") != NULL, whole);
        forms_release(&forms);
    }
}

Test(extraction, other_versions)
{
    expect(HEAD ROOT("2") FORM "</extraction>", FORMS_OTHER_VERSION, "version '2'");
    expect(HEAD "<extraction xmlns=\"urn:shenbao:1\"/>", FORMS_OTHER_VERSION, "version ''");
    expect(HEAD "<extraction xmlns=\"urn:shenbao:2\" version=\"2\"/>", FORMS_OTHER_VERSION, "urn:shenbao:2");
    expect(HEAD ROOT("1") "</extraction>", FORMS_FINE, NULL);
}

Test(extraction, what_is_no_extraction)
{
    expect("", FORMS_NO_EXTRACTION, NULL);
    expect("项目支出绩效目标申报表\n", FORMS_NO_EXTRACTION, NULL);
    expect("<html><body>extraction urn:shenbao:1</body></html>", FORMS_NO_EXTRACTION, NULL);
    expect("<extraction xmlns=\"urn:other\" version=\"1\"/>", FORMS_NO_EXTRACTION, NULL);
    expect("<!-- never closed", FORMS_NO_EXTRACTION, NULL);
    struct forms forms = {0};
    const char *detail;
    cr_expect_eq(forms_read(&forms, "/tmp/there/is/nothing.xml", &detail), FORMS_UNREADABLE);
    cr_expect_eq(forms_read(&forms, "/tmp", &detail), FORMS_UNREADABLE);
    cr_expect(*detail);
    cr_expect_not(forms_is_extraction("/tmp"));
    cr_expect_not(forms_is_extraction("-"));
    forms_release(&forms);
}

Test(extraction, is_told_by_its_first_tag)
{
    static const struct {
        const char *text;
        bool is_extraction;
    } cases[] = {
        {HEAD ROOT("1"), true},
        {"\xEF\xBB\xBF<?xml version=\"1.0\"?><!-- <a> -->\n<?note x?>\n<extraction\n xmlns='urn:shenbao:1'>",
         true},
        {"<s:extraction xmlns:s=\"urn:shenbao:1\">", true},
        {"<extraction xmlns=\"urn:shenbao:7\">", true},
        {"<extractions xmlns=\"urn:shenbao:1\">", false},
        {"<p><extraction xmlns=\"urn:shenbao:1\">", false},
        {"text <extraction xmlns=\"urn:shenbao:1\">", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file file = file_write(cases[i].text, strlen(cases[i].text));
        cr_expect_eq(forms_is_extraction(file.path), cases[i].is_extraction, "%s", cases[i].text);
        unlink(file.path);
    }
}

Test(extraction, a_prefix_for_our_names_is_fine)
{
    struct forms forms = {0};
    char said[400];
    cr_assert_eq(
        text_read(
            &forms,
            "<s:extraction xmlns:s=\"urn:shenbao:1\" version=\"1\"><s:declaration id=\"d1\"><s:header>"
            "<s:project-name>塘坝</s:project-name><project-name>外人</project-name></s:header></s:declaration></s:extraction>",
            said, sizeof said),
        FORMS_FINE, "%s", said);
    cr_assert_eq(forms.count, 1);
    cr_expect_str_eq(form_project(&forms.items[0]), "塘坝");
    forms_release(&forms);
}

Test(extraction, broken_ones_say_the_line)
{
    expect(HEAD ROOT("1") "\n" SOURCE "\n" FORM, FORMS_BROKEN, "5: the extraction ends early");
    expect(HEAD ROOT("1") "\n<declaration>\n</header></declaration></extraction>", FORMS_BROKEN, "4: ");
    expect(HEAD ROOT("1") FORM "</extraction><more/>", FORMS_BROKEN, "3: ");
    expect(HEAD ROOT("1") "\n<declaration id=\"d1\" id=\"d2\"/></extraction>", FORMS_BROKEN, "3: ");
    expect(HEAD ROOT("1") "\xff\xfe</extraction>", FORMS_BROKEN, NULL);
}

Test(extraction, has_no_document_type_and_no_entities)
{
    static const char bomb[] =
        HEAD "<!DOCTYPE extraction [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
             "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>" ROOT("1") "<declaration id=\"&c;\"/></extraction>";
    static const char outside[] =
        HEAD "<!DOCTYPE extraction SYSTEM \"file:///etc/hostname\">" ROOT("1") "</extraction>";
    expect(bomb, FORMS_BROKEN, "document type");
    expect(outside, FORMS_BROKEN, "document type");
    expect(HEAD ROOT("1") "<declaration>&unknown;</declaration></extraction>", FORMS_BROKEN, NULL);
    /* where another encoding would hide it */
    expect("<?xml version=\"1.0\" encoding=\"UTF-7\"?>" ROOT("1") "+ADwAIQ-DOCTYPE a+AD4-</extraction>",
           FORMS_BROKEN, NULL);
}

Test(extraction, does_not_nest_without_end)
{
    enum { DEPTH = 3000 };
    char *text = malloc(64 * 1024), *to = text;
    to = stpcpy(to, HEAD ROOT("1") "<declaration><header>");
    for (int i = 0; i < DEPTH; i++)
        to = stpcpy(to, "<option>");
    expect(text, FORMS_BROKEN, "deeper");
    free(text);
}

Test(extraction, huge_values_are_whole)
{
    enum { SIZE = 12 << 20 }; /* more than libxml2 takes of itself */
    char *text = malloc(SIZE + 1024), *to = text;
    to = stpcpy(to, HEAD ROOT("1") "<declaration id=\"d1\"><narrative><overview>");
    memset(to, 'x', SIZE);
    strcpy(to + SIZE, "</overview></narrative></declaration></extraction>");
    struct forms forms = {0};
    char said[400];
    cr_assert_eq(text_read(&forms, text, said, sizeof said), FORMS_FINE, "%s", said);
    cr_expect_eq(strlen(form_field(&forms.items[0], "narrative", "overview")->value), SIZE);
    forms_release(&forms);
    free(text);
}

Test(extraction, ranges_that_are_none)
{
    static const char *const ranges[] = {
        "", "5", "5-", "-5", "9-9", "9-2", "1-2,3-4", "1-2  3-4", "1-99999999999", "1-2 3", "x"};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        char text[600], said[400];
        snprintf(
            text, sizeof text,
            HEAD ROOT(
                "1") "<declaration><header><project-name p:bytes=\"%s\" p:at=\"9\">塘</project-name></header></declaration></extraction>",
            ranges[i]);
        struct forms forms = {0};
        cr_assert_eq(text_read(&forms, text, said, sizeof said), FORMS_FINE, "%s", said);
        const struct node *name = form_field(&forms.items[0], "header", "project-name");
        cr_expect_eq(name->provenance->bytes.count, 0, "'%s'", ranges[i]);
        cr_expect_eq(name->provenance->line, 0);
        forms_release(&forms);
    }
}

/* Every prefix of an extraction and every one of its bytes changed. */
Test(extraction, survives_what_is_cut_or_bent)
{
    static const char whole[] = HEAD ROOT("1") SOURCE FORM "</extraction>";
    struct forms forms = {0};
    char said[400], *text = strdup(whole);
    for (size_t i = 0; i < sizeof whole - 1; i++) {
        char kept = text[i];
        text[i] = 0;
        cr_expect_neq(text_read(&forms, text, said, sizeof said), FORMS_FINE, "cut at %zu", i);
        for (const char *other = "<&\"\x80 "; *other; other++) {
            text[i] = *other;
            text_read(&forms, text, said, sizeof said);
        }
        text[i] = kept;
    }
    free(text);
    forms_release(&forms);
}

/* ---- added and read back ---- */

static void add(void *forms, const struct form *form, const struct findings *findings)
{
    (void)findings;
    forms_add(forms, form);
}

static void expect_same_text(const char *a, const char *b, const char *name, const char *path)
{
    cr_expect(a == b || (a && b && strcmp(a, b) == 0), "%s: %s: '%s' and '%s'", path, name, a ? a : "",
              b ? b : "");
}

static void expect_same(const struct node *a, const struct node *b, const char *path)
{
    expect_same_text(a->name, b->name, "name", path);
    expect_same_text(a->value, b->value, a->name, path);
    const struct attribute *x = a->attributes, *y = b->attributes;
    for (; x && y; x = x->next, y = y->next) {
        expect_same_text(x->name, y->name, a->name, path);
        expect_same_text(x->value, y->value, x->name, path);
    }
    cr_expect(!x && !y, "%s: %s: attributes", path, a->name);
    cr_expect_eq(a->order, b->order, "%s: %s: %u and %u", path, a->name, a->order, b->order);
    const struct provenance *p = a->provenance, *q = b->provenance;
    cr_expect_eq(!p, !q, "%s: %s: provenance", path, a->name);
    if (p && q) {
        cr_expect_eq(p->bytes.count, q->bytes.count, "%s: %s: ranges", path, a->name);
        for (size_t i = 0; i < p->bytes.count && i < q->bytes.count; i++)
            cr_expect(p->bytes.items[i].from == q->bytes.items[i].from &&
                          p->bytes.items[i].to == q->bytes.items[i].to,
                      "%s: %s", path, a->name);
        cr_expect(p->line == q->line && p->column == q->column, "%s: %s: %u:%u and %u:%u", path, a->name,
                  p->line, p->column, q->line, q->column);
        expect_same_text(p->label, q->label, "label", path);
        expect_same_text(p->raw, q->raw, "raw", path);
        expect_same_text(p->rule, q->rule, "rule", path);
    }
    const struct node *m = a->first, *n = b->first;
    for (; m && n; m = m->next, n = n->next)
        expect_same(m, n, path);
    cr_expect(!m && !n, "%s: %s: children", path, a->name);
}

Test(extraction, added_forms_are_like_read_back_ones)
{
    static const char *const cases[] = {"ten-projects-in-one-table/input.txt",
                                        "evaluation-with-three-stages-of-money/input.html",
                                        "gb18030-with-four-byte-characters/input.txt",
                                        "check-marks-after-their-text/input.txt",
                                        "invalid-bytes-become-replacement-characters/input.txt",
                                        "utf16-big-endian/input.txt"};
    const char *grammars = SOURCE_FOLDER "/grammars";
    struct grammar *grammar = grammar_load(&grammars, 1);
    cr_assert_not_null(grammar);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[512], said[400];
        snprintf(path, sizeof path, SOURCE_FOLDER "/corpus/%s", cases[i]);
        struct source source;
        cr_assert_eq(source_read(&source, path, ENCODINGS), SOURCE_FINE, "%s", path);
        struct forms added = {0}, back = {0};
        const struct sink sink = {.context = &added, .declaration = add};
        extract_to(&source, grammar, &sink, NULL);
        struct buffer out = {0};
        struct writer writer = {.format = FORMAT_XML, .source = &source, .out = &out};
        extract(&source, grammar, &writer);
        buffer_char(&out, '\0');
        cr_assert_eq(text_read(&back, out.bytes, said, sizeof said), FORMS_FINE, "%s: %s", path, said);
        cr_assert_eq(added.count, back.count, "%s", path);
        cr_assert_gt(added.count, 0, "%s", path);
        for (size_t k = 0; k < added.count; k++) {
            expect_same(added.items[k].declaration, back.items[k].declaration, cases[i]);
            cr_expect(added.items[k].is_read_back);
            cr_expect_str_eq(added.items[k].origin->path, back.items[k].origin->path);
            cr_expect_str_eq(added.items[k].origin->sha256, back.items[k].origin->sha256);
            cr_expect_eq(added.items[k].origin->encoding, back.items[k].origin->encoding);
        }
        buffer_release(&out);
        forms_release(&added);
        forms_release(&back);
        source_release(&source);
    }
    grammar_release(grammar);
}
