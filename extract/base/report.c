#include "report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "caret.h"

static const char *const report_names[REPORT_KINDS] = {
    [REPORT_ERROR] = "error",
    [REPORT_WARNING] = "warning",
    [REPORT_NOTE] = "note",
};

void report(enum report_kind kind, struct place place, const char *format, ...)
{
    int failure = errno;
    va_list list;
    va_start(list, format);
    int length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    size_t room = length > 0 ? (size_t)length + 1 : 1;
    char *message = memory_resize(NULL, room);
    message[0] = 0;
    errno = failure; /* for %m */
    va_start(list, format);
    vsnprintf(message, room, format, list);
    va_end(list);

    struct buffer out = {0};
    const char *path = place.path ? place.path : "shenbao";
    shown_add(&out, path, strlen(path));
    if (place.path && place.line) {
        buffer_char(&out, ':');
        buffer_number(&out, place.line);
        buffer_char(&out, ':');
        buffer_number(&out, place.column);
    }
    buffer_text(&out, ": ");
    buffer_text(&out, report_names[kind]);
    buffer_text(&out, ": ");
    shown_add(&out, message, strlen(message));
    buffer_char(&out, '\n');
    if (place.text && place.line)
        caret_add(&out, place.text, place.length, &(struct mark){place.column, 1}, 1, NULL);
    fwrite(out.bytes, 1, out.length, stderr);
    buffer_release(&out);
    free(message);
    errno = failure;
}
