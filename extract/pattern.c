#include "pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "text.h"

enum { MATCH_LIMIT = 200000, DEPTH_LIMIT = 2000 };

struct pattern {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *context;
};

size_t pattern_limits_hit;

static const uint32_t OPTIONS =
    PCRE2_UTF | PCRE2_EXTENDED | PCRE2_NO_AUTO_CAPTURE | PCRE2_DUPNAMES | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;

/* Full-width signs become the narrow ones that label views have; those that mean
 * something to PCRE2 are escaped, so that （盖章） in a grammar is just that. */
static void add_folded(struct buffer *out, const char *text)
{
    for (const char *p = text; *p;) {
        unsigned length;
        uint32_t code = character_decode(p, &length), folded = character_fold(code);
        bool is_alphanumeric = (folded >= '0' && folded <= '9') || ((folded | 0x20) >= 'a' && (folded | 0x20) <= 'z');
        if (folded != code && folded < 0x80 && !is_alphanumeric)
            buffer_char(out, '\\');
        char bytes[4];
        buffer_add(out, bytes, character_encode(folded, bytes));
        p += length;
    }
}

bool pattern_check(const char *text, struct pattern_error *error)
{
    struct buffer folded = {0};
    add_folded(&folded, text);
    int number;
    PCRE2_SIZE offset;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)folded.bytes, folded.length, OPTIONS, &number, &offset, NULL);
    buffer_release(&folded);
    if (code) {
        pcre2_code_free(code);
        return true;
    }
    error->offset = offset;
    pcre2_get_error_message(number, (PCRE2_UCHAR *)error->message, sizeof error->message);
    return false;
}

struct pattern *pattern_build(const struct alternative *alternatives, size_t count, enum pattern_reach reach)
{
    if (count == 0)
        return NULL;
    struct buffer text = {0};
    buffer_text(&text, "(?:");
    for (size_t i = 0; i < count; i++) {
        if (i)
            buffer_char(&text, '|');
        buffer_text(&text, "(?:");
        add_folded(&text, alternatives[i].text);
        buffer_text(&text, "\n)(*MARK:");
        buffer_number(&text, alternatives[i].id);
        buffer_char(&text, ')');
    }
    buffer_char(&text, ')');
    uint32_t options = OPTIONS;
    if (reach != PATTERN_SEARCH)
        options |= PCRE2_ANCHORED;
    if (reach == PATTERN_WHOLE)
        options |= PCRE2_ENDANCHORED;
    int number;
    PCRE2_SIZE offset;
    struct pattern *pattern = memory_resize(NULL, sizeof *pattern);
    pattern->code = pcre2_compile((PCRE2_SPTR)text.bytes, text.length, options, &number, &offset, NULL);
    if (!pattern->code) {
        PCRE2_UCHAR message[160];
        pcre2_get_error_message(number, message, sizeof message);
        fprintf(stderr, "shenbao: error: %s in an alternation of %zu patterns\n", (char *)message, count);
        exit(2);
    }
    buffer_release(&text);
    pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
    pattern->match = pcre2_match_data_create_from_pattern(pattern->code, NULL);
    pattern->context = pcre2_match_context_create(NULL);
    if (!pattern->match || !pattern->context)
        memory_exhausted();
    pcre2_set_match_limit(pattern->context, MATCH_LIMIT);
    pcre2_set_depth_limit(pattern->context, DEPTH_LIMIT);
    return pattern;
}

void pattern_release(struct pattern *pattern)
{
    if (!pattern)
        return;
    pcre2_match_data_free(pattern->match);
    pcre2_match_context_free(pattern->context);
    pcre2_code_free(pattern->code);
    free(pattern);
}

unsigned pattern_match(const struct pattern *pattern, const char *text, size_t length)
{
    if (!pattern)
        return 0;
    int found = pcre2_match(pattern->code, (PCRE2_SPTR)text, length, 0, PCRE2_NO_UTF_CHECK, pattern->match, pattern->context);
    if (found < 0) {
        pattern_limits_hit += found != PCRE2_ERROR_NOMATCH;
        return 0;
    }
    PCRE2_SPTR mark = pcre2_get_mark(pattern->match);
    return mark ? (unsigned)strtoul((const char *)mark, NULL, 10) : 1;
}

size_t pattern_from(const struct pattern *pattern) { return pcre2_get_ovector_pointer(pattern->match)[0]; }
size_t pattern_to(const struct pattern *pattern) { return pcre2_get_ovector_pointer(pattern->match)[1]; }

bool pattern_group(const struct pattern *pattern, const char *name, size_t *from, size_t *to)
{
    PCRE2_SPTR first, last;
    int step = pcre2_substring_nametable_scan(pattern->code, (PCRE2_SPTR)name, &first, &last);
    if (step <= 0)
        return false;
    const PCRE2_SIZE *ovector = pcre2_get_ovector_pointer(pattern->match);
    uint32_t pairs = pcre2_get_ovector_count(pattern->match);
    for (PCRE2_SPTR entry = first; entry <= last; entry += step) {
        unsigned group = (unsigned)entry[0] << 8 | entry[1];
        if (group < pairs && ovector[2 * group] != PCRE2_UNSET) {
            *from = ovector[2 * group];
            *to = ovector[2 * group + 1];
            return true;
        }
    }
    return false;
}

const char *pattern_library_version(void)
{
    static char version[64];
    pcre2_config(PCRE2_CONFIG_VERSION, version);
    return version;
}
