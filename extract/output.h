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

/* Writes in place to a descriptor: standard output, a device, a pipe. */
void output_begin_in_place(struct output *output, int descriptor);

/* Writes the rest and gives the file its name. Returns 0 or the errno of the
 * first failure; then nothing is left of the file. */
int output_finish(struct output *output);

/* Where writing to a path leads: through links to a file that is made or replaced, or to
 * what is there and no file, a device or a pipe. It must live until output_finish(). */
struct output_target {
    int folder;       /* descriptor; in place that of the thing itself */
    char *path;
    const char *name; /* the end of the path */
    mode_t mode;
    bool is_in_place;
};

/* Both return 0 or an errno. */
int output_target_find(struct output_target *target, const char *file);
int output_target_open(struct output_target *target, struct output *output);
void output_target_release(struct output_target *target);

/* Whether writing to `file` would overwrite one of the inputs. */
bool output_is_input(const char *file, const char *const *inputs, size_t count);

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
