/* What encodings are called, and what a document says about its own. */
#include <string.h>

#include "decode.h"

enum { DECLARATION_MOST = 4096 }; /* bytes at the head in which a declaration may stand */

/* Big5 as read here has the Hong Kong extensions, and says so: decoders of plain
 * Big5 disagree about the extensions and lack everyday characters. */
const char *const encoding_names[ENCODINGS] = {
    [ENCODING_UTF8] = "UTF-8",       [ENCODING_UTF16LE] = "UTF-16LE", [ENCODING_UTF16BE] = "UTF-16BE",
    [ENCODING_GB18030] = "GB18030", [ENCODING_BIG5] = "Big5-HKSCS",
};

static const struct {
    const char *name; /* lower case, letters and digits only */
    enum encoding encoding;
} encoding_spellings[] = {
    {"utf8", ENCODING_UTF8},
    {"utf8bom", ENCODING_UTF8},
    {"utf8sig", ENCODING_UTF8},
    {"cp65001", ENCODING_UTF8},
    {"65001", ENCODING_UTF8},
    {"unicode11utf8", ENCODING_UTF8},
    {"ascii", ENCODING_UTF8},
    {"usascii", ENCODING_UTF8},
    {"utf16", ENCODING_UTF16LE},
    {"utf16le", ENCODING_UTF16LE},
    {"ucs2", ENCODING_UTF16LE},
    {"ucs2le", ENCODING_UTF16LE},
    {"unicode", ENCODING_UTF16LE},
    {"iso10646ucs2", ENCODING_UTF16LE},
    {"cp1200", ENCODING_UTF16LE},
    {"utf16be", ENCODING_UTF16BE},
    {"ucs2be", ENCODING_UTF16BE},
    {"cp1201", ENCODING_UTF16BE},
    {"gb18030", ENCODING_GB18030},
    {"gb180302000", ENCODING_GB18030},
    {"gb180302005", ENCODING_GB18030},
    {"gb180302022", ENCODING_GB18030},
    {"gbk", ENCODING_GB18030},
    {"xgbk", ENCODING_GB18030},
    {"csgbk", ENCODING_GB18030},
    {"gb2312", ENCODING_GB18030},
    {"xgb2312", ENCODING_GB18030},
    {"csgb2312", ENCODING_GB18030},
    {"gb23121980", ENCODING_GB18030},
    {"gb231280", ENCODING_GB18030},
    {"csiso58gb231280", ENCODING_GB18030},
    {"isoir58", ENCODING_GB18030},
    {"gb", ENCODING_GB18030},
    {"chinese", ENCODING_GB18030},
    {"euccn", ENCODING_GB18030},
    {"xeuccn", ENCODING_GB18030},
    {"cp936", ENCODING_GB18030},
    {"ms936", ENCODING_GB18030},
    {"windows936", ENCODING_GB18030},
    {"936", ENCODING_GB18030},
    {"cp54936", ENCODING_GB18030},
    {"big5", ENCODING_BIG5},
    {"big5hkscs", ENCODING_BIG5},
    {"big5hk", ENCODING_BIG5},
    {"big5tw", ENCODING_BIG5},
    {"big5eten", ENCODING_BIG5},
    {"bigfive", ENCODING_BIG5},
    {"xbig5", ENCODING_BIG5},
    {"xxbig5", ENCODING_BIG5},
    {"cnbig5", ENCODING_BIG5},
    {"csbig5", ENCODING_BIG5},
    {"cp950", ENCODING_BIG5},
    {"ms950", ENCODING_BIG5},
    {"windows950", ENCODING_BIG5},
    {"950", ENCODING_BIG5},
};

static unsigned char lower(unsigned char c) { return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c; }

enum encoding encoding_named(const char *name, size_t length)
{
    char plain[24];
    size_t count = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = lower((unsigned char)name[i]);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            if (count == sizeof plain - 1)
                return ENCODINGS;
            plain[count++] = (char)c;
        } else if (!is_blank(c) && (!c || !strchr("-_.:\"'", c))) {
            return ENCODINGS;
        }
    }
    plain[count] = 0;
    for (size_t i = 0; i < sizeof encoding_spellings / sizeof *encoding_spellings; i++)
        if (!strcmp(plain, encoding_spellings[i].name))
            return encoding_spellings[i].encoding;
    return ENCODINGS;
}

/* The value of `key="…"` within a tag, as an encoding. */
static enum encoding tag_encoding(const unsigned char *at, const unsigned char *end, const char *key)
{
    for (; at < end && *at != '>'; at++) {
        if (!begins_with(at, end, key))
            continue;
        const unsigned char *from = at + strlen(key);
        while (from < end && is_blank(*from))
            from++;
        if (from == end || *from != '=')
            continue;
        do
            from++;
        while (from < end && (is_blank(*from) || *from == '"' || *from == '\''));
        const unsigned char *to = from;
        while (to < end && !is_blank(*to) && !strchr("\"';>/?", *to))
            to++;
        return encoding_named((const char *)from, (size_t)(to - from));
    }
    return ENCODINGS;
}

static bool declares(const unsigned char *at, const unsigned char *end)
{
    for (; (at = memchr(at, '<', (size_t)(end - at))); at++)
        if (begins_with(at, end, "<meta") || begins_with(at, end, "<?xml"))
            return true;
    return false;
}

enum encoding encoding_declared(const unsigned char *at, const unsigned char *end)
{
    if (!declares(at, end))
        return ENCODINGS; /* as most texts: where their head ends need not be known */
    size_t said = 0; /* blanks do not count */
    for (const unsigned char *head = at; head < end; head++)
        if (!is_blank(*head) && ++said > DECLARATION_MOST)
            end = head;
    enum encoding found = ENCODINGS;
    for (; found == ENCODINGS && (at = memchr(at, '<', (size_t)(end - at))); at++) {
        if (begins_with(at, end, "<meta"))
            found = tag_encoding(at, end, "charset");
        else if (begins_with(at, end, "<?xml"))
            found = tag_encoding(at, end, "encoding");
    }
    /* A declaration that can be read byte by byte is not in UTF-16. */
    return encoding_is_utf16(found) ? ENCODING_UTF8 : found;
}

enum encoding encoding_marked(const unsigned char *bytes, size_t size, size_t *mark)
{
    static const struct {
        const char *bytes;
        unsigned size;
        enum encoding encoding;
    } marks[] = {
        {"\xef\xbb\xbf", 3, ENCODING_UTF8},
        {"\xff\xfe", 2, ENCODING_UTF16LE},
        {"\xfe\xff", 2, ENCODING_UTF16BE},
        {"\x84\x31\x95\x33", 4, ENCODING_GB18030},
    };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (size >= marks[i].size && !memcmp(bytes, marks[i].bytes, marks[i].size)) {
            *mark = marks[i].size;
            return marks[i].encoding;
        }
    *mark = 0;
    return ENCODINGS;
}
