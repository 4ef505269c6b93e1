/* Output files: written to a temporary file beside their place and renamed when
 * they are whole, so that nobody ever sees half of one. */
#ifndef SHENBAO_OUTPUT_H
#define SHENBAO_OUTPUT_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/buffer.h"

struct output {
    int folder;           /* descriptor of the folder that `name` lies in */
    const char *name;
    char temporary[40];   /* empty for what is written in place: a device, a pipe */
    struct buffer buffer; /* reused by the next output_begin() */
};

/* From here on, a signal that ends the program removes the temporary file. */
void output_guard(void);

/* Opens a new file that is to become `name` in `folder`, both of which must live
 * until output_finish(); `mode` is as for open(). Returns 0 or an errno. */
int output_begin(struct output *output, int folder, const char *name, mode_t mode);

/* The path that writing to `file` means: that of the file a link names, there or not.
 * To be freed; NULL with errno set if it cannot be told. */
char *output_path(const char *file);

/* Writes in place to a descriptor: standard output, a device, a pipe. */
void output_begin_in_place(struct output *output, int descriptor);

/* Writes the rest and gives the file its name. Returns 0 or the errno of the
 * first failure; then nothing is left of the file. */
int output_finish(struct output *output);

/* Forgets what was written. */
void output_abandon(struct output *output);

void output_release(struct output *output);

/* The names of the outputs of several inputs in one folder: `a.txt` gives `a.xml`.
 * Where that is taken, the whole name of the input is kept, `a.txt.xml`, and where
 * that is taken too, a number is added, `a.txt-2.xml`. The earlier of two inputs
 * has the shorter name. An input that lies in the output folder itself is never
 * overwritten: its name is taken from the beginning. */
struct output_name {
    char *text;
    bool is_changed; /* not the one that the input would have had alone */
};
struct output_name *output_names(const char *const *inputs, size_t count, const char *suffix,
                                 const struct stat *folder);
void output_names_release(struct output_name *names, size_t count);

#endif
