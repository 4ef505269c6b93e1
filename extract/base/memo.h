/* What short texts were found to be, so that most are asked about once: a table of
 * bounded size in which a new text may take the place of an old one. */
#ifndef SHENBAO_MEMO_H
#define SHENBAO_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memo;

struct memo *memo_new(void); /* released with free() */

/* True if the text is known as asked in that `way`; then its value is in *value. */
bool memo_find(const struct memo *memo, unsigned way, const char *text, size_t length, uint64_t *value);
/* Texts that are too long are not kept. */
void memo_keep(struct memo *memo, unsigned way, const char *text, size_t length, uint64_t value);

#endif
