#include "shenbao.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "extract.h"
#include "grammar.h"
#include "installed.h"

/* The opaque type is the grammar itself. */
static struct grammar *inner(const struct shenbao_grammar *grammar) { return (struct grammar *)grammar; }

struct shenbao_grammar *shenbao_grammar_load(const char *const *paths, size_t count)
{
    array_of(const char *) all = {0};
    const char *installed = installed_grammars();
    if (installed)
        *array_push(&all) = installed;
    for (size_t i = 0; i < count; i++)
        *array_push(&all) = paths[i];
    struct grammar *grammar = all.count ? grammar_load(all.items, all.count) : NULL;
    array_release(&all);
    return (struct shenbao_grammar *)grammar;
}

void shenbao_grammar_release(struct shenbao_grammar *grammar)
{
    if (grammar)
        grammar_release(inner(grammar));
}

enum shenbao_status shenbao_extract(const struct shenbao_grammar *grammar, const void *bytes, size_t size,
                                    const struct shenbao_options *options, struct shenbao_extraction **extraction)
{
    static const struct shenbao_options defaults;
    static const enum format formats[] = {
        [SHENBAO_XML] = FORMAT_XML, [SHENBAO_JSON] = FORMAT_JSON, [SHENBAO_JSONL] = FORMAT_JSONL, [SHENBAO_CSV] = FORMAT_CSV};
    *extraction = NULL;
    if (!options)
        options = &defaults;
    enum encoding encoding = options->encoding ? encoding_named(options->encoding, strlen(options->encoding)) : ENCODINGS;
    struct source source;
    enum source_trouble trouble = source_decode(&source, options->href ? options->href : "-", bytes, size, encoding);
    if (trouble != SOURCE_FINE)
        return trouble == SOURCE_TOO_LARGE ? SHENBAO_TOO_LARGE : SHENBAO_BINARY;
    struct buffer out = {0};
    struct writer writer = {
        .format = formats[options->format], .is_compact = options->is_compact, .source = &source, .out = &out};
    struct extract_summary summary = extract(&source, inner(grammar), &writer);
    source_release(&source);
    *buffer_room(&out, 1) = '\0';
    *extraction = memory_resize(NULL, sizeof **extraction);
    **extraction = (struct shenbao_extraction){out.bytes, out.length, summary.declarations};
    return SHENBAO_FINE;
}

void shenbao_extraction_release(struct shenbao_extraction *extraction)
{
    if (!extraction)
        return;
    free((char *)extraction->text);
    free(extraction);
}

const char *shenbao_version(void) { return SHENBAO_VERSION; }
