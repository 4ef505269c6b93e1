/* export and merge: archives out, archives together. */
#include "../export.h"

#include <string.h>

#include "../archive_merge.h"
#include "../base/report.h"
#include "../output.h"
#include "command.h"

struct options {
    struct arguments arguments;
    enum export_format format;
    bool has_format;
    const char *folder;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case 'f':
        if (strcmp(argument, "parquet") == 0)
            argp_error(state, "Parquet is not written: there is no library for it in Debian 12; the CSV export "
                              "says the types of its columns");
        for (options->format = 0; options->format < EXPORT_FORMATS; options->format++)
            if (strcmp(argument, export_format_names[options->format]) == 0)
                break;
        options->has_format = true;
        if (options->format == EXPORT_FORMATS)
            argp_error(state, "unknown format '%s'; xml, jsonl and csv are known", argument);
        break;
    case 'd':
        options->folder = argument;
        break;
    case ARGP_KEY_ARG:
        arguments_add(&options->arguments, argument, state);
        break;
    case ARGP_KEY_END:
        arguments_check(&options->arguments, state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static error_t parse_export(int key, char *argument, struct argp_state *state)
{
    const struct options *options = state->input;
    error_t result = parse(key, argument, state);
    if (key == ARGP_KEY_END && (!options->folder || !options->has_format))
        argp_error(state, "say what to write (-f xml, jsonl or csv) and where (-d DIR)");
    return result;
}

int command_export(int argc, char **argv)
{
    static const struct argp_option table[] = {
        {"format", 'f', "FORMAT", 0,
         "Write xml (one file a document), jsonl (a line a declaration) or csv (a file a table)", 1},
        {"directory", 'd', "DIR", 0, "Write into DIR", 1},
        {0}};
    static const struct argp argp = {
        table, parse_export, "ARCHIVE",
        "Write what an archive holds as files.\v"
        "Two exports of the same content are the same bytes. The CSV tables are described by "
        "datapackage.json (Frictionless); docs/archive.md explains their columns.", NULL, NULL, NULL};
    struct options options = {.arguments = {.least = 1, .most = 1, .missing = "no ARCHIVE given"}};
    int status = STATUS_FAILED;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) == 0) {
        const char *path = options.arguments.paths.items[0];
        struct archive *archive = archive_open(path, ARCHIVE_READ);
        size_t count;
        output_guard();
        if (archive && export_run(archive, path, options.format, options.folder, &count)) {
            fprintf(stderr, "%s: %zu %s%s written to '%s'\n", path, count,
                    options.format == EXPORT_XML ? "document" : "declaration", count == 1 ? "" : "s", options.folder);
            status = STATUS_FINE;
        }
        archive_close(archive);
    }
    array_release(&options.arguments.paths);
    return status;
}

int command_merge(int argc, char **argv)
{
    static const struct argp argp = {
        NULL, parse, "OUT IN...",
        "Write to OUT what the archives IN hold together, each document once.\v"
        "Where OUT is there already, it is one of them. The same archives give the same bytes, whatever their "
        "order; merging again changes nothing.", NULL, NULL, NULL};
    struct options options = {
        .arguments = {.least = 2, .most = SIZE_MAX, .missing = "name OUT and at least one archive IN"}};
    int status = STATUS_FAILED;
    struct merge_summary summary;
    if (argp_parse(&argp, argc, argv, 0, NULL, &options) == 0) {
        const char *const *paths = options.arguments.paths.items;
        if (archive_merge(paths[0], paths + 1, options.arguments.paths.count - 1, &summary)) {
            fprintf(stderr, "%s: %zu documents in %zu files, %zu declarations\n", paths[0], summary.documents,
                    summary.files, summary.declarations);
            status = STATUS_FINE;
        }
    }
    array_release(&options.arguments.paths);
    return status;
}
