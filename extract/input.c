#include "input.h"

#include <string.h>

#include "base/report.h"

const char *input_path(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

void input_report(const char *path, enum source_trouble trouble, int error)
{
    struct place place = {.path = input_path(path)};
    switch (trouble) {
    case SOURCE_FINE:
        break;
    case SOURCE_UNREADABLE:
        report(REPORT_ERROR, place, "cannot read: %s", strerror(error));
        break;
    case SOURCE_DIRECTORY:
        report(REPORT_ERROR, place, "is a folder; name the files in it");
        break;
    case SOURCE_TOO_LARGE:
        report(REPORT_ERROR, place, "too large; split it into smaller files");
        break;
    case SOURCE_BINARY:
        report(REPORT_ERROR, place, "binary file; save it as text, Markdown or HTML first");
        break;
    }
}
