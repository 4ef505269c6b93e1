#include "explain.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "installed.h"

static const char *const documents[LANGUAGES] = {
    [LANGUAGE_EN] = "checks.md", [LANGUAGE_ZH] = "checks.zh-CN.md"};

/* The whole document, NUL-terminated; NULL if it cannot be read. */
static char *document_read(enum language language, struct arena *arena)
{
    const char *folder = installed_docs();
    char path[PATH_MAX + 32];
    if (!folder || (size_t)snprintf(path, sizeof path, "%s/%s", folder, documents[language]) >= sizeof path)
        return NULL;
    FILE *in = fopen(path, "re");
    if (!in)
        return NULL;
    struct buffer text = {0};
    char part[16 * 1024];
    for (size_t length; (length = fread(part, 1, sizeof part, in)) > 0;)
        buffer_add(&text, part, length);
    fclose(in);
    char *copy = arena_copy(arena, text.length ? text.bytes : "", text.length);
    buffer_release(&text);
    return copy;
}

/* Behind the heading `## name`, up to the next heading of that level or above. */
static char *section_find(const char *document, const char *name, struct arena *arena)
{
    size_t length = strlen(name);
    for (const char *at = document; (at = strstr(at, "## ")); at += 3) {
        if ((at > document && at[-1] != '\n') || strncmp(at + 3, name, length) != 0 || at[3 + length] != '\n')
            continue;
        const char *from = at + 3 + length, *to = from;
        do
            to = strchr(to + 1, '\n');
        while (to && strncmp(to, "\n## ", 4) != 0 && strncmp(to, "\n# ", 3) != 0);
        if (!to)
            to = from + strlen(from);
        while (from < to && *from == '\n')
            from++;
        while (to > from && to[-1] == '\n')
            to--;
        return arena_copy(arena, from, (size_t)(to - from));
    }
    return NULL;
}

const char *explain_rule(enum check check, enum language language, struct arena *arena)
{
    const char *document = document_read(language, arena);
    return document ? section_find(document, checks[check].name, arena) : NULL;
}

/* Lines of a paragraph become one; between Chinese characters without a blank. */
static const char *first_paragraph(char *section)
{
    char *end = strstr(section, "\n\n");
    if (end)
        *end = '\0';
    char *to = section;
    for (char *at = section; *at; at++) {
        if (*at == '`')
            continue;
        if (*at == '\n' && (at[-1] & 0x80) && (at[1] & 0x80))
            continue;
        *to++ = *at == '\n' ? ' ' : *at;
    }
    *to = '\0';
    return section;
}

void explain_descriptions(const char *descriptions[CHECKS], enum language language, struct arena *arena)
{
    const char *document = document_read(language, arena);
    for (enum check check = 0; check < CHECKS; check++) {
        char *section = document ? section_find(document, checks[check].name, arena) : NULL;
        descriptions[check] = section && *section ? first_paragraph(section) : NULL;
    }
}
