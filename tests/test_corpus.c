/* Runs corpus/: one folder a case.
 *
 *     input.*         the document
 *     *.grammar       read behind the default grammars
 *     expected.xml    what comes out; expected.json, .jsonl, .csv likewise
 *     expected.err    the messages, of the grammars or of the document
 *     known-bug       says that (and why) what comes out is not what is expected */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "batch.h"
#include "extract.h"
#include "properties.h"

/* corpus/checks/ has cases of another kind: see test_checks.c. */
static int is_case(const struct dirent *entry) { return entry->d_name[0] != '.' && strcmp(entry->d_name, "checks") != 0; }

static int count_cases(struct dirent ***entries)
{
    int count = scandir(SOURCE_FOLDER "/corpus", entries, is_case, alphasort);
    return count < 0 ? 0 : count;
}

static void release_cases(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

Test(corpus, has_cases)
{
    struct dirent **entries = NULL;
    int count = count_cases(&entries);
    release_cases(entries, count);
    cr_assert_gt(count, 0, "no case in corpus/");
}

ParameterizedTestParameters(corpus, case)
{
    static struct criterion_test_params params;
    struct dirent **entries = NULL;
    int count = count_cases(&entries);
    char(*names)[256] = cr_malloc(sizeof *names * (size_t)(count ? count : 1));
    for (int i = 0; i < count; i++)
        strcpy(names[i], entries[i]->d_name);
    release_cases(entries, count);
    params = cr_make_param_array(char[256], names, (size_t)count);
    return params;
}

/* The first name in the folder at hand that fits, or NULL. */
static char *find(const char *pattern)
{
    char *found = NULL;
    DIR *folder = opendir(".");
    for (struct dirent *entry; folder && !found && (entry = readdir(folder));)
        if (fnmatch(pattern, entry->d_name, 0) == 0)
            found = strdup(entry->d_name);
    closedir(folder);
    return found;
}

static bool read_file(FILE *file, struct buffer *content)
{
    if (!file)
        return false;
    rewind(file);
    content->length = 0;
    for (int c; (c = getc(file)) != EOF;)
        buffer_char(content, (char)c);
    fclose(file);
    return true;
}

static size_t line_end(const struct buffer *text, size_t at)
{
    const char *end = at < text->length ? memchr(text->bytes + at, '\n', text->length - at) : NULL;
    return end ? (size_t)(end - text->bytes) : text->length;
}

/* Compares with the expected file, if there is one; says where they part. */
static bool differs(const char *name, const struct buffer *got, bool *is_expected)
{
    struct buffer want = {0};
    if (!read_file(fopen(name, "r"), &want))
        return false;
    *is_expected = true;
    size_t line = 1, start = 0, shorter = want.length < got->length ? want.length : got->length, at = 0;
    for (; at < shorter && want.bytes[at] == got->bytes[at]; at++)
        if (want.bytes[at] == '\n') {
            line++;
            start = at + 1;
        }
    bool is_different = at < want.length || at < got->length;
    if (is_different)
        cr_log_warn("%s:%zu: differs\n  expected: %.*s\n  got:      %.*s", name, line,
                    (int)(line_end(&want, start) - start), want.bytes ? want.bytes + start : "",
                    (int)(line_end(got, start) - start), got->bytes ? got->bytes + start : "");
    buffer_release(&want);
    return is_different;
}

/* Every format twice, what must hold of it, and what is expected. */
static bool check_outputs(const struct source *source, const struct grammar *grammar, bool *is_expected)
{
    struct _xmlRelaxNG *schema = properties_schema();
    bool is_different = false;
    for (enum format format = 0; format < FORMATS; format++) {
        struct buffer outs[2] = {0};
        struct extract_summary summary;
        for (int i = 0; i < 2; i++) {
            struct writer writer = {.format = format, .source = source, .out = &outs[i]};
            summary = extract(source, grammar, &writer);
        }
        bool is_same = outs[0].length == outs[1].length;
        if (is_same && outs[0].length)
            is_same = memcmp(outs[0].bytes, outs[1].bytes, outs[0].length) == 0;
        cr_expect(is_same, "%s: two runs differ", format_names[format]);
        const char *broken =
            properties_broken(format, outs[0].bytes, outs[0].length, summary.declarations, source, schema);
        cr_expect(!broken, "%s: %s", format_names[format], broken);
        char name[32];
        snprintf(name, sizeof name, "expected.%s", format_names[format]);
        is_different |= differs(name, &outs[0], is_expected);
        buffer_release(&outs[0]);
        buffer_release(&outs[1]);
    }
    properties_release(schema);
    return is_different;
}

ParameterizedTest(char (*name)[256], corpus, case)
{
    cr_assert(chdir(SOURCE_FOLDER "/corpus") == 0 && chdir(*name) == 0, "%s: no folder", *name);
    char *input = find("input.*"), *own_grammar = find("*.grammar"), *bug = find("known-bug");
    cr_assert(input || own_grammar, "%s: neither input nor grammar", *name);

    FILE *messages = tmpfile();
    int standard_error = dup(STDERR_FILENO);
    dup2(fileno(messages), STDERR_FILENO);
    const char *paths[] = {SOURCE_FOLDER "/grammars", "."};
    struct grammar *grammar = grammar_load(paths, own_grammar ? 2 : 1);
    if (grammar && input) {
        const char *inputs[] = {input};
        batch_run(&(struct batch){
            .inputs = inputs, .count = 1, .file = "/dev/null", .encoding = ENCODINGS, .grammar = grammar});
    }
    dup2(standard_error, STDERR_FILENO);
    close(standard_error);

    struct buffer got = {0};
    read_file(messages, &got);
    bool is_expected = false;
    bool is_different = differs("expected.err", &got, &is_expected);
    cr_expect(grammar || is_expected, "%s: %.*s", *name, (int)got.length, got.bytes);
    struct source source;
    if (grammar && input && source_read(&source, input, ENCODINGS) == SOURCE_FINE) {
        is_different |= check_outputs(&source, grammar, &is_expected);
        source_release(&source);
    }
    cr_expect(is_expected, "%s: no expected file; make it with scripts/accept %s", *name, *name);
    if (bug)
        cr_expect(is_different, "%s: comes out as expected now; remove the file known-bug", *name);
    else
        cr_expect(!is_different, "%s: not as expected; see the difference with scripts/accept %s", *name,
                  *name);
    if (grammar)
        grammar_release(grammar);
    buffer_release(&got);
    free(input);
    free(own_grammar);
    free(bug);
}
