/* The whole line under libFuzzer: bytes, text, records, every output. */
#include <stdio.h>
#include <stdlib.h>

#include "grammar.h"
#include "properties.h"

static struct grammar *grammar;
static struct _xmlRelaxNG *schema;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    const char *path = getenv("SHENBAO_GRAMMARS");
    if (!path)
        path = SOURCE_FOLDER "/grammars";
    grammar = grammar_load(&path, 1);
    if (!grammar)
        exit(1);
    schema = properties_schema();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source source;
    if (source_decode(&source, "-", data, size, ENCODINGS) != SOURCE_FINE)
        return 0;
    struct buffer out = {0};
    for (enum format format = 0; format < FORMATS; format++) {
        struct writer writer = {.format = format, .is_compact = size % 2, .source = &source, .out = &out};
        out.length = 0;
        struct extract_summary summary = extract(&source, grammar, &writer);
        const char *broken =
            properties_broken(format, out.bytes, out.length, summary.declarations, &source, schema);
        if (broken) {
            fprintf(stderr, "%s: %s\n", format_names[format], broken);
            abort();
        }
    }
    buffer_release(&out);
    source_release(&source);
    return 0;
}
