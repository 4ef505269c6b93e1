/* Messages for people, to standard error:
 *
 *     path:line:col: error: what is wrong
 *
 * Line and column are 1-based, columns in characters; both are left out when
 * line is 0. */
#ifndef SHENBAO_REPORT_H
#define SHENBAO_REPORT_H

#include <stddef.h>

enum report_kind { REPORT_ERROR, REPORT_WARNING, REPORT_NOTE, REPORT_KINDS };

struct place {
    const char *path;
    unsigned line, column;
    const char *text; /* the line of source text for the caret, not NUL-terminated, or NULL */
    size_t length;
};

void report(enum report_kind kind, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
