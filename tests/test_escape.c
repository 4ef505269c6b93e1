#include <criterion/criterion.h>

#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "../extract/write/write.h"

/* The XML of a document whose only declaration has this value and attribute. */
static struct buffer written(const char *text)
{
    struct source source;
    cr_assert_eq(source_decode(&source, "a.txt", "项目\n", 7, ENCODINGS), SOURCE_FINE);
    struct arena arena = {0};
    struct buffer out = {0};
    struct writer writer = {.format = FORMAT_XML, .source = &source, .out = &out};
    struct node *declaration = node_new(&arena, "declaration");
    node_set(&arena, declaration, "kind", text);
    node_append(&arena, declaration, "title")->value = text;
    write_begin(&writer, NULL);
    write_declaration(&writer, declaration);
    write_end(&writer, NULL, NULL);
    arena_release(&arena);
    source_release(&source);
    return out;
}

static xmlNode *child_named(xmlNode *node, const char *name)
{
    for (xmlNode *child = node->children; child; child = child->next)
        if (child->type == XML_ELEMENT_NODE && strcmp((const char *)child->name, name) == 0)
            return child;
    return NULL;
}

static void reads_back(const char *text)
{
    /* in memory of its own length, so that nothing behind it is looked at */
    char *copy = strdup(text);
    struct buffer out = written(copy);
    free(copy);
    xmlDoc *document = xmlReadMemory(out.bytes, (int)out.length, NULL, NULL, XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    cr_assert(document, "not well formed with '%s'", text);
    xmlNode *declaration = child_named(xmlDocGetRootElement(document), "declaration");
    xmlChar *kind = xmlGetNoNsProp(declaration, (const xmlChar *)"kind"), *value = NULL;
    cr_assert_str_eq((char *)kind, text);
    xmlNode *title = child_named(declaration, "title");
    if (title)
        value = xmlNodeGetContent(title);
    cr_assert_str_eq(value ? (char *)value : "", text);
    xmlFree(kind);
    xmlFree(value);
    xmlFreeDoc(document);
    buffer_release(&out);
}

/* Texts of every length, with each special character at every place. */
Test(escape, texts_of_every_length_read_back)
{
    static const char *const specials[] = {"", "&", "<", ">", "\"", "'", "\t", "\n", "\r", "）", "\xef\xbf\xbd", "项", "\xf0\xa0\x80\x80", "]]>", "&amp;"};
    for (size_t s = 0; s < sizeof specials / sizeof *specials; s++)
        for (size_t length = 0; length < 40; length++)
            for (size_t at = 0; at <= length; at += length > 20 ? 3 : 1) {
                char text[80] = "";
                memset(text, 'a', at);
                strcpy(text + at, specials[s]);
                memset(text + strlen(text), 'b', length - at);
                reads_back(text);
            }
    xmlCleanupParser();
}

Test(escape, long_texts_read_back)
{
    static const char *const pieces[] = {"项目", "（一）", "a", "&", "<b>", "≥95%，", "\"", "\r\n", "\xef\xbf\xbd", "0123456789abcdef"};
    unsigned seed = 1;
    for (int round = 0; round < 30; round++) {
        char *text = calloc(1, 40000);
        size_t length = 0;
        while (length < 39000 && length < (size_t)(round + 1) * 1500) {
            seed = seed * 1664525u + 1013904223u;
            const char *piece = pieces[(seed >> 16) % (sizeof pieces / sizeof *pieces)];
            strcpy(text + length, piece);
            length += strlen(piece);
        }
        reads_back(text);
        free(text);
    }
    xmlCleanupParser();
}

/* What no XML can hold becomes U+FFFD, wherever it stands. */
Test(escape, forbidden_characters_are_replaced)
{
    static const char *const forbidden[] = {"\x01", "\x0b", "\x1f", "\xef\xbf\xbe", "\xef\xbf\xbf"};
    for (size_t f = 0; f < sizeof forbidden / sizeof *forbidden; f++)
        for (size_t at = 0; at < 36; at++) {
            char text[80] = "", expected[80] = "";
            memset(text, 'a', at);
            strcpy(text + at, forbidden[f]);
            strcat(text, "项");
            memset(expected, 'a', at);
            strcpy(expected + at, "\xef\xbf\xbd项");
            struct buffer out = written(text);
            buffer_char(&out, 0);
            cr_assert(strstr(out.bytes, expected), "at %zu", at);
            cr_assert_not(strstr(out.bytes, forbidden[f]));
            buffer_release(&out);
        }
}
