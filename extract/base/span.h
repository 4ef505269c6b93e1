/* A span is a half-open range of offsets into the decoded UTF-8 text of one
 * source (never into the bytes on disk; source_byte() maps to those). */
#ifndef SHENBAO_SPAN_H
#define SHENBAO_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    uint32_t from, to;
};

static inline bool span_is_empty(struct span s) { return s.from >= s.to; }

#endif
