#include "input.h"

#include <stdio.h>
#include <string.h>

#include "base/report.h"

const char *const source_trouble_names[] = {
    [SOURCE_FINE] = "fine",           [SOURCE_UNREADABLE] = "unreadable", [SOURCE_DIRECTORY] = "directory",
    [SOURCE_TOO_LARGE] = "too-large", [SOURCE_BINARY] = "binary",
};

const char *input_path(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

const char *input_message(char *out, size_t room, enum source_trouble trouble, int error)
{
    static const char *const messages[] = {
        [SOURCE_FINE] = "",
        [SOURCE_UNREADABLE] = "cannot read: ",
        [SOURCE_DIRECTORY] = "is a folder; name the files in it",
        [SOURCE_TOO_LARGE] = "too large; split it into smaller files",
        [SOURCE_BINARY] = "binary file; save it as text, Markdown or HTML first",
    };
    snprintf(out, room, "%s%s", messages[trouble], trouble == SOURCE_UNREADABLE ? strerror(error) : "");
    return out;
}

void input_report(const char *path, enum source_trouble trouble, int error)
{
    char message[200];
    report(REPORT_ERROR, (struct place){.path = input_path(path)}, "%s", input_message(message, sizeof message, trouble, error));
}
