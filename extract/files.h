/* The files of a batch: folders are walked in the order of names (bytes), so that every run
 * meets the same files in the same order. Memory grows with the longest folder, not with the
 * number of files. */
#ifndef SHENBAO_FILES_H
#define SHENBAO_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct files_options {
    const char *const *roots; /* files and folders */
    size_t root_count;
    const char *list; /* a file of further roots, "-" for standard input, or NULL */
    char list_end;    /* what ends a name in it: '\n' or '\0' */
    const char *const *includes, *const *excludes; /* globs: of the name, or of the path where they have a '/' */
    size_t include_count, exclude_count;
    bool takes_hidden;       /* below a folder */
    const char *const *own;  /* files of ours that may lie in a folder, and what is named NAME-… beside them */
    size_t own_count;
};

/* One file; `path` lives until the next. With a `reason` it is none that can be read. */
struct file {
    const char *path;
    int64_t bytes, mtime_ns, inode;
    const char *reason;  /* unreadable, loop, special, or NULL */
    const char *message; /* for people */
};

struct files;

/* NULL after a message: the list cannot be read. The options must outlive it. */
struct files *files_open(const struct files_options *options);
bool files_next(struct files *files, struct file *file);
/* After the last: false, with a message, when the list could not be read to its end. */
bool files_fine(const struct files *files);
/* How many are left, by walking on; quicker than files_next(). */
uint64_t files_count(struct files *files);
void files_close(struct files *files);

#endif
