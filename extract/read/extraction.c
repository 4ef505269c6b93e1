/* Reads extractions back: a stream of elements, of which the wanted ones become nodes.
 * A document type is refused before the parser sees it, so there are no entities to
 * expand; nothing is fetched. */
#include <errno.h>
#include <fcntl.h>
#include <libxml/xmlreader.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/buffer.h"
#include "../forms.h"
#include "../write/write.h"

enum {
    PROLOG_MOST = 1 << 16, /* bytes before the end of the first tag */
    DEPTH_MOST = 12,       /* of elements; ours nest half as deep */
    SIZE_MOST = (1 << 30) - 1,
    NUMBER_DIGITS_MOST = 9,
};

#define NAMESPACE_STEM "urn:shenbao:"

/* ---- the first tag ---- */

enum prolog { PROLOG_OURS, PROLOG_TYPED, PROLOG_FOREIGN };

static bool begins(const char *at, const char *end, const char *word)
{
    return (size_t)(end - at) >= strlen(word) && memcmp(at, word, strlen(word)) == 0;
}

static const char *behind(const char *at, const char *end, const char *word)
{
    const char *found = memmem(at, (size_t)(end - at), word, strlen(word));
    return found ? found + strlen(word) : NULL;
}

/* What the first element is, found without a parser. */
static enum prolog prolog_look(const char *at, const char *end)
{
    if (begins(at, end, "\xEF\xBB\xBF"))
        at += 3;
    for (;;) {
        while (at < end && (*at == ' ' || (*at >= '\t' && *at <= '\r')))
            at++;
        if (begins(at, end, "<?"))
            at = behind(at, end, "?>");
        else if (begins(at, end, "<!--"))
            at = behind(at + 4, end, "-->");
        else
            break;
        if (!at)
            return PROLOG_FOREIGN;
    }
    bool is_typed = begins(at, end, "<!DOCTYPE");
    if (is_typed) { /* ours all the same if that is what it says it is */
        const char *name = at + strlen("<!DOCTYPE");
        while (name < end && (*name == ' ' || (*name >= '\t' && *name <= '\r')))
            name++;
        return begins(name, end, "extraction") ? PROLOG_TYPED : PROLOG_FOREIGN;
    }
    if (at >= end || *at != '<')
        return PROLOG_FOREIGN;
    const char *close = memchr(at, '>', (size_t)(end - at));
    const char *tag_end = close ? close : end;
    const char *name = at + 1;
    size_t length = 0;
    while (name + length < tag_end && !strchr(" \t\r\n/>", name[length]))
        length++;
    const char *colon = memchr(name, ':', length);
    if (colon) {
        length -= (size_t)(colon + 1 - name);
        name = colon + 1;
    }
    if (length != strlen("extraction") || memcmp(name, "extraction", length) != 0)
        return PROLOG_FOREIGN;
    const char *space = memmem(at, (size_t)(tag_end - at), NAMESPACE_STEM, strlen(NAMESPACE_STEM));
    return space ? PROLOG_OURS : PROLOG_FOREIGN;
}

static enum prolog prolog_of(int file)
{
    char bytes[4096];
    ssize_t length = pread(file, bytes, sizeof bytes, 0);
    if (length <= 0)
        return PROLOG_FOREIGN;
    enum prolog prolog = prolog_look(bytes, bytes + length);
    if (prolog != PROLOG_FOREIGN || length < (ssize_t)sizeof bytes || !memchr(bytes, '<', sizeof bytes))
        return prolog;
    char *more = memory_resize(NULL, PROLOG_MOST);
    length = pread(file, more, PROLOG_MOST, 0);
    prolog = length > 0 ? prolog_look(more, more + length) : PROLOG_FOREIGN;
    free(more);
    return prolog;
}

bool forms_is_extraction(const char *path)
{
    struct stat status;
    if (strcmp(path, "-") == 0 || stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    bool is_ours = prolog_of(file) != PROLOG_FOREIGN;
    close(file);
    return is_ours;
}

/* ---- elements ---- */

struct reading_back {
    struct forms *forms;
    xmlTextReaderPtr reader;
    struct origin *origin;
    struct node *open[DEPTH_MOST]; /* by depth; [1] is the declaration */
    const char *block;             /* the child of the declaration that is open */
    struct buffer text;            /* of the innermost open node */
    bool has_text, is_closed;
    char trouble[400]; /* the first, empty if there was none */
};

__attribute__((format(printf, 3, 4))) static void say(struct reading_back *back, int line, const char *format,
                                                      ...)
{
    if (back->trouble[0])
        return;
    int used = snprintf(back->trouble, sizeof back->trouble, "%d: ", line > 0 ? line : 1);
    va_list list;
    va_start(list, format);
    vsnprintf(back->trouble + used, sizeof back->trouble - (size_t)used, format, list);
    va_end(list);
}

static void remember(void *context, xmlErrorPtr error)
{
    struct reading_back *back = context;
    if (error->level < XML_ERR_ERROR)
        return;
    const char *message = error->message ? error->message : "not well formed";
    if (error->code == XML_ERR_DOCUMENT_END && !back->is_closed)
        message = "the extraction ends early";
    say(back, error->line, "%.*s", (int)strcspn(message, "\n"), message);
}

static const char *attribute_text(const xmlAttr *attribute)
{
    const xmlNode *text = attribute->children;
    return text && text->type == XML_TEXT_NODE && !text->next && text->content ? (const char *)text->content
                                                                               : "";
}

static bool number_take(const char **at, uint32_t *number)
{
    unsigned digits = 0;
    *number = 0;
    for (; **at >= '0' && **at <= '9' && digits < NUMBER_DIGITS_MOST + 1; (*at)++, digits++) {
        if (digits == NUMBER_DIGITS_MOST && *number > UINT32_MAX / 10 - 1)
            return false;
        *number = *number * 10 + (uint32_t)(**at - '0');
    }
    return digits > 0;
}

/* "10-20 25-30"; what is no list of ranges gives none. */
static struct spans spans_of(struct reading_back *back, const char *text)
{
    struct spans spans = {0};
    size_t count = 0;
    for (const char *at = text; *at; at++)
        count += *at == '-';
    if (!count)
        return spans;
    spans.items = arena_array(&back->forms->arena, struct span, count);
    const char *at = text;
    for (;;) {
        struct span span;
        if (!number_take(&at, &span.from) || *at++ != '-' || !number_take(&at, &span.to) ||
            span_is_empty(span) || span.to > SIZE_MOST)
            return (struct spans){0};
        spans.items[spans.count++] = span;
        if (!*at)
            return spans;
        if (*at++ != ' ' || spans.count == count)
            return (struct spans){0};
    }
}

static void provenance_take(struct reading_back *back, struct node *node, const char *name, const char *value)
{
    struct forms *forms = back->forms;
    if (!node->provenance)
        node->provenance = arena_new(&forms->arena, struct provenance);
    struct provenance *provenance = node->provenance;
    if (strcmp(name, "bytes") == 0) {
        provenance->bytes = spans_of(back, value);
        node->order = provenance->bytes.count ? provenance->bytes.items[0].from + 1 : 0;
    } else if (strcmp(name, "at") == 0) {
        uint32_t line, column;
        if (number_take(&value, &line) && *value++ == ':' && number_take(&value, &column)) {
            provenance->line = line;
            provenance->column = column;
        }
    } else if (strcmp(name, "rule") == 0) {
        provenance->rule = forms_text(forms, value, strlen(value));
    } else if (strcmp(name, "label") == 0) {
        provenance->label = forms_text(forms, value, strlen(value));
    } else if (strcmp(name, "raw") == 0) {
        provenance->raw = forms_text(forms, value, strlen(value));
    } else if (strcmp(name, "by") == 0) {
        provenance->by = forms_text(forms, value, strlen(value));
    }
}

static void attributes_take(struct reading_back *back, struct node *node, const xmlNode *element)
{
    struct forms *forms = back->forms;
    struct attribute **next = &node->attributes, *own = NULL;
    size_t count = 0;
    for (const xmlAttr *attribute = element->properties; attribute; attribute = attribute->next)
        count += !attribute->ns;
    own = forms_attributes(forms, count);
    for (const xmlAttr *attribute = element->properties; attribute; attribute = attribute->next) {
        const char *name = (const char *)attribute->name, *value = attribute_text(attribute);
        if (attribute->ns) {
            if (strcmp((const char *)attribute->ns->href, PROVENANCE_NAMESPACE) == 0)
                provenance_take(back, node, name, value);
            continue;
        }
        *own = (struct attribute){forms_text(forms, name, strlen(name)),
                                  forms_text(forms, value, strlen(value)), NULL};
        *next = own++;
        next = &(*next)->next;
    }
}

static bool is_ours(const xmlNode *element)
{
    return element->ns && strcmp((const char *)element->ns->href, VOCABULARY_NAMESPACE) == 0;
}

static const char *plain_attribute(const xmlNode *element, const char *name)
{
    for (const xmlAttr *attribute = element->properties; attribute; attribute = attribute->next)
        if (!attribute->ns && strcmp((const char *)attribute->name, name) == 0)
            return attribute_text(attribute);
    return NULL;
}

/* The root; false where it is of another version. */
static bool root_take(struct reading_back *back, const xmlNode *element)
{
    const char *version = plain_attribute(element, "version");
    const char *space = element->ns ? (const char *)element->ns->href : "";
    if (is_ours(element) && version && strcmp(version, VOCABULARY_VERSION) == 0)
        return true;
    say(back, xmlTextReaderGetParserLineNumber(back->reader),
        "version '%s' of '%s', not '" VOCABULARY_VERSION "' of '" VOCABULARY_NAMESPACE "'",
        version ? version : "", space);
    return false;
}

static void source_take(struct reading_back *back, const xmlNode *element)
{
    const char *href = plain_attribute(element, "href"), *sha256 = plain_attribute(element, "sha256");
    back->origin->path = href ? arena_copy(&back->forms->arena, href, strlen(href)) : back->origin->path;
    back->origin->sha256 = sha256 ? arena_copy(&back->forms->arena, sha256, strlen(sha256)) : "";
    back->origin->encoding = forms_encoding(plain_attribute(element, "encoding"));
}

static void text_settle(struct reading_back *back, struct node *node)
{
    if (node && back->has_text && !node->first && back->text.length) {
        bool is_blank = true;
        for (size_t i = 0; i < back->text.length && is_blank; i++)
            is_blank =
                back->text.bytes[i] == ' ' || (back->text.bytes[i] >= '\t' && back->text.bytes[i] <= '\r');
        if (!is_blank)
            node->value = forms_text(back->forms, back->text.bytes, back->text.length);
    }
    back->has_text = false;
    back->text.length = 0;
}

/* An element that begins; `depth` is 1 for children of the root. */
static void element_open(struct reading_back *back, const xmlNode *element, int depth)
{
    struct forms *forms = back->forms;
    const char *name = (const char *)element->name;
    text_settle(back, NULL);
    back->open[depth] = NULL;
    if (!is_ours(element))
        return;
    if (depth == 1) {
        if (strcmp(name, "source") == 0)
            source_take(back, element);
        else if (strcmp(name, "declaration") == 0)
            attributes_take(back, back->open[1] = forms_push(forms, back->origin)->declaration, element);
        else if (strcmp(name, "findings") == 0 && forms->is_whole)
            forms->found = back->open[1] = node_new(&forms->arena, "findings");
        return;
    }
    struct node *parent = back->open[depth - 1];
    if (!parent)
        return;
    if (depth == 2)
        back->block = name;
    if (!forms_keep(forms, back->block, parent->name, name))
        return;
    struct node *node = node_append(&forms->arena, parent, forms_text(forms, name, strlen(name)));
    if (depth == 2)
        back->block = node->name;
    attributes_take(back, node, element);
    back->open[depth] = node;
}

static enum forms_trouble elements_read(struct reading_back *back)
{
    xmlTextReaderPtr reader = back->reader;
    int more;
    while ((more = xmlTextReaderRead(reader)) == 1) {
        int depth = xmlTextReaderDepth(reader);
        const xmlNode *element;
        switch (xmlTextReaderNodeType(reader)) {
        case XML_READER_TYPE_ELEMENT:
            element = xmlTextReaderCurrentNode(reader);
            if (depth >= DEPTH_MOST) {
                say(back, xmlTextReaderGetParserLineNumber(reader), "elements nest deeper than %d",
                    DEPTH_MOST);
                return FORMS_BROKEN;
            }
            if (depth == 0) {
                if (!root_take(back, element))
                    return FORMS_OTHER_VERSION;
                back->is_closed = xmlTextReaderIsEmptyElement(reader);
            } else {
                element_open(back, element, depth);
                if (xmlTextReaderIsEmptyElement(reader))
                    back->open[depth] = NULL;
            }
            break;
        case XML_READER_TYPE_END_ELEMENT:
            if (depth > 0 && depth < DEPTH_MOST) {
                text_settle(back, back->open[depth]);
                back->open[depth] = NULL;
            }
            back->is_closed = depth == 0;
            break;
        case XML_READER_TYPE_TEXT:
        case XML_READER_TYPE_CDATA:
        case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
            if (depth > 2 && depth <= DEPTH_MOST && back->open[depth - 1]) {
                buffer_text(&back->text, (const char *)xmlTextReaderConstValue(reader));
                back->has_text = true;
            }
            break;
        case XML_READER_TYPE_DOCUMENT_TYPE:
        case XML_READER_TYPE_ENTITY:
        case XML_READER_TYPE_ENTITY_REFERENCE:
            say(back, xmlTextReaderGetParserLineNumber(reader),
                "a document type or an entity is not allowed");
            return FORMS_BROKEN;
        default:
            break;
        }
    }
    if (more < 0 || back->trouble[0] || !back->is_closed) {
        say(back, xmlTextReaderGetParserLineNumber(reader), "the extraction ends early");
        return FORMS_BROKEN;
    }
    return FORMS_FINE;
}

/* Of a file, or of `length` bytes where there is none (-1); `path` is whose they are. */
static enum forms_trouble extraction_read(struct forms *forms, const char *path, int file, const char *bytes,
                                          size_t length, const char **detail)
{
    enum { OPTIONS = XML_PARSE_NONET | XML_PARSE_HUGE | XML_PARSE_COMPACT };
    switch (file >= 0 ? prolog_of(file) : prolog_look(bytes, bytes + length)) {
    case PROLOG_FOREIGN:
        *detail = "no extraction";
        return FORMS_NO_EXTRACTION;
    case PROLOG_TYPED:
        *detail = "1: a document type or an entity is not allowed";
        return FORMS_BROKEN;
    default:
        break;
    }
    struct reading_back back = {.forms = forms};
    int failure = 0;
    if (!forms->reader)
        forms->reader = file >= 0 ? xmlReaderForFd(file, NULL, "UTF-8", OPTIONS)
                                  : xmlReaderForMemory(bytes, (int)length, NULL, "UTF-8", OPTIONS);
    else
        failure = file >= 0 ? xmlReaderNewFd(forms->reader, file, NULL, "UTF-8", OPTIONS)
                            : xmlReaderNewMemory(forms->reader, bytes, (int)length, NULL, "UTF-8", OPTIONS);
    if (!forms->reader || failure)
        memory_exhausted();
    back.reader = forms->reader;
    xmlTextReaderSetStructuredErrorHandler(back.reader, remember, &back);
    back.origin = arena_new(&forms->arena, struct origin);
    back.origin->path = back.origin->extraction = arena_copy(&forms->arena, path, strlen(path));
    back.origin->sha256 = "";
    size_t count = forms->count;
    forms->found = NULL;
    forms->found_in = back.origin;
    enum forms_trouble trouble = elements_read(&back);
    if (trouble != FORMS_FINE) {
        forms->count = count;
        *detail = arena_copy(&forms->arena, back.trouble, strlen(back.trouble));
    }
    xmlTextReaderSetStructuredErrorHandler(back.reader, NULL, NULL);
    xmlTextReaderClose(back.reader);
    buffer_release(&back.text);
    return trouble;
}

enum forms_trouble forms_read(struct forms *forms, const char *path, const char **detail)
{
    struct stat status;
    *detail = "";
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        *detail = file < 0                  ? strerror(errno)
                  : S_ISDIR(status.st_mode) ? strerror(EISDIR)
                                            : "not a regular file";
        if (file >= 0)
            close(file);
        return FORMS_UNREADABLE;
    }
    enum forms_trouble trouble = FORMS_BROKEN;
    if (status.st_size > SIZE_MOST)
        *detail = "larger than a gigabyte";
    else
        trouble = extraction_read(forms, path, file, NULL, 0, detail);
    close(file);
    return trouble;
}

enum forms_trouble forms_read_memory(struct forms *forms, const char *path, const char *bytes, size_t length,
                                     const char **detail)
{
    *detail = "larger than a gigabyte";
    return length > SIZE_MOST ? FORMS_BROKEN : extraction_read(forms, path, -1, bytes, length, detail);
}

void forms_reader_release(struct forms *forms)
{
    if (forms->reader)
        xmlFreeTextReader(forms->reader);
    forms->reader = NULL;
}
