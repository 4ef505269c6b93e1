/* The public interface of libshenbao: a document in, its extraction out.
 *
 *     struct shenbao_grammar *grammar = shenbao_grammar_load(NULL, 0);
 *     struct shenbao_extraction *extraction;
 *     if (shenbao_extract(grammar, bytes, size, NULL, &extraction) == SHENBAO_FINE)
 *         fwrite(extraction->text, 1, extraction->length, stdout);
 *     shenbao_extraction_release(extraction);
 *     shenbao_grammar_release(grammar);
 *
 * The library reads no file but the grammars, opens no connection and keeps no
 * state between calls. A grammar may be used by one thread at a time; several
 * threads load one each. When memory runs out the process ends with a message. */
#ifndef SHENBAO_H
#define SHENBAO_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHENBAO_PUBLIC __attribute__((visibility("default")))

enum shenbao_status {
    SHENBAO_FINE,
    SHENBAO_TOO_LARGE, /* more than 1 GiB less a byte */
    SHENBAO_BINARY     /* no text in any encoding that is known */
};

enum shenbao_format { SHENBAO_XML, SHENBAO_JSON, SHENBAO_JSONL, SHENBAO_CSV };

struct shenbao_grammar; /* opaque */

/* The default grammars and behind them those in `paths` (folders or files). NULL when
 * there is a mistake in them: each is said on standard error. */
SHENBAO_PUBLIC struct shenbao_grammar *shenbao_grammar_load(const char *const *paths, size_t count);
SHENBAO_PUBLIC void shenbao_grammar_release(struct shenbao_grammar *grammar); /* NULL is fine */

/* Zeros are the defaults. */
struct shenbao_options {
    enum shenbao_format format;
    int is_compact;       /* do not indent XML and JSON */
    const char *href;     /* what <source href=""> says; its suffix tells the kind of document */
    const char *encoding; /* "gb18030"; NULL or unknown: detected */
};

/* Text in UTF-8, NUL-terminated. Read only. */
struct shenbao_extraction {
    const char *text;
    size_t length;       /* bytes */
    size_t declarations; /* forms found; 0 is no error */
};

/* Extracts the declarations of a document of `size` bytes. `options` may be NULL.
 * *extraction is set on SHENBAO_FINE only (NULL otherwise) and belongs to the caller. */
SHENBAO_PUBLIC enum shenbao_status shenbao_extract(const struct shenbao_grammar *grammar, const void *bytes, size_t size,
                                                   const struct shenbao_options *options,
                                                   struct shenbao_extraction **extraction);
SHENBAO_PUBLIC void shenbao_extraction_release(struct shenbao_extraction *extraction); /* NULL is fine */

SHENBAO_PUBLIC const char *shenbao_version(void); /* "0.1.0" */

#ifdef __cplusplus
}
#endif
#endif
