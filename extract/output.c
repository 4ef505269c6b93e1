#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <search.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

/* The one file that is being written, for the signal handler. */
static const struct output *volatile unfinished;

static void remove_unfinished(int number)
{
    const struct output *output = unfinished;
    if (output)
        unlinkat(output->folder, output->temporary, 0);
    raise(number); /* SA_RESETHAND: now it ends the program */
}

void output_guard(void)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGTERM, SIGXCPU};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action;
        if (sigaction(signals[i], NULL, &action) != 0 || action.sa_handler != SIG_DFL)
            continue; /* nohup stays nohup */
        action = (struct sigaction){.sa_handler = remove_unfinished, .sa_flags = SA_RESETHAND};
        sigaction(signals[i], &action, NULL);
    }
}

static void buffer_start(struct buffer *buffer, int descriptor)
{
    buffer->length = 0;
    buffer->failure = 0;
    buffer->is_stream = true;
    buffer->descriptor = descriptor;
}

int output_begin(struct output *output, int folder, const char *name, mode_t mode)
{
    static unsigned number;
    output->folder = folder;
    output->name = name;
    int descriptor;
    do {
        snprintf(output->temporary, sizeof output->temporary, ".shenbao-%ld-%u", (long)getpid(), number);
        unfinished = output; /* before the file is there: a signal comes right behind the call */
        descriptor = openat(folder, output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    } while (descriptor < 0 && errno == EEXIST && ++number);
    if (descriptor < 0) {
        unfinished = NULL;
        output->temporary[0] = '\0';
        return errno;
    }
    buffer_start(&output->buffer, descriptor);
    return 0;
}

void output_begin_in_place(struct output *output, int descriptor)
{
    output->temporary[0] = '\0';
    buffer_start(&output->buffer, descriptor);
}

/* The path that writing to `file` means: that of the file a link names, there or not. To be
 * freed; NULL with errno set if it cannot be told. */
static char *path_meant(const char *file)
{
    enum { LINKS_MOST = 40 };
    char *path = realpath(file, NULL);
    if (path || errno != ENOENT)
        return path;
    path = strdup(file);
    for (unsigned i = 0; path && i <= LINKS_MOST; i++) { /* a link to what is not there yet */
        char link[4096];
        ssize_t length = readlink(path, link, sizeof link);
        if (length < 0 || length == sizeof link)
            return path;
        const char *slash = link[0] == '/' ? NULL : strrchr(path, '/');
        size_t folder = slash ? (size_t)(slash + 1 - path) : 0;
        path = memory_resize(path, folder + (size_t)length + 1);
        memcpy(path + folder, link, (size_t)length);
        path[folder + (size_t)length] = '\0';
    }
    free(path);
    errno = ELOOP;
    return NULL;
}

int output_target_find(struct output_target *target, const char *file)
{
    *target = (struct output_target){.folder = -1, .mode = 0666};
    struct stat status;
    bool exists = stat(file, &status) == 0;
    if (exists && S_ISDIR(status.st_mode))
        return EISDIR;
    target->is_in_place = exists && !S_ISREG(status.st_mode);
    if (exists)
        target->mode = status.st_mode & 0666;
    target->path = target->is_in_place ? strdup(file) : path_meant(file);
    char *copy = target->path ? strdup(target->path) : NULL;
    if (copy && !target->is_in_place)
        target->folder = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
    int failure = copy && (target->is_in_place || target->folder >= 0) ? 0 : errno;
    free(copy);
    if (failure) {
        output_target_release(target);
        return failure;
    }
    const char *slash = strrchr(target->path, '/');
    target->name = slash ? slash + 1 : target->path;
    return 0;
}

int output_target_open(struct output_target *target, struct output *output)
{
    if (!target->is_in_place)
        return output_begin(output, target->folder, target->name, target->mode);
    target->folder = open(target->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (target->folder < 0)
        return errno;
    output_begin_in_place(output, target->folder);
    return 0;
}

void output_target_release(struct output_target *target)
{
    if (target->folder >= 0)
        close(target->folder);
    free(target->path);
    *target = (struct output_target){.folder = -1};
}

bool output_is_input(const char *file, const char *const *inputs, size_t count)
{
    struct stat output, input;
    if (stat(file, &output) != 0 || !S_ISREG(output.st_mode))
        return false;
    for (size_t i = 0; i < count; i++)
        if (stat(inputs[i], &input) == 0 && input.st_dev == output.st_dev && input.st_ino == output.st_ino)
            return true;
    return false;
}

static void forget(struct output *output)
{
    unlinkat(output->folder, output->temporary, 0);
    unfinished = NULL;
    output->temporary[0] = '\0';
}

int output_finish(struct output *output)
{
    int failure = buffer_flush(&output->buffer);
    if (!output->temporary[0])
        return failure;
    if (close(output->buffer.descriptor) != 0 && !failure)
        failure = errno;
    if (!failure && renameat(output->folder, output->temporary, output->folder, output->name) != 0)
        failure = errno;
    if (failure) {
        forget(output);
    } else {
        unfinished = NULL;
        output->temporary[0] = '\0';
    }
    return failure;
}

void output_abandon(struct output *output)
{
    output->buffer.length = 0;
    if (!output->temporary[0])
        return;
    close(output->buffer.descriptor);
    forget(output);
}

void output_release(struct output *output)
{
    buffer_release(&output->buffer);
}

static const char *base_name(const char *path)
{
    if (strcmp(path, "-") == 0)
        return "stdin";
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static char *format_name(const char *base, size_t length, unsigned number, const char *suffix)
{
    char *name;
    int done = number ? asprintf(&name, "%.*s-%u.%s", (int)length, base, number, suffix)
                      : asprintf(&name, "%.*s.%s", (int)length, base, suffix);
    if (done < 0)
        memory_exhausted();
    return name;
}

/* A name that is taken, and how many numbered ones were derived from it. */
struct taken {
    const char *name;
    unsigned numbers;
};

static int compare_taken(const void *a, const void *b)
{
    return strcmp(((const struct taken *)a)->name, ((const struct taken *)b)->name);
}

/* Takes `name`, which must outlive the tree, if it is free. */
static struct taken *take(void **tree, const char *name, bool *is_free)
{
    struct taken *mine = memory_resize(NULL, sizeof *mine);
    *mine = (struct taken){.name = name};
    struct taken **node = tsearch(mine, tree, compare_taken);
    if (!node)
        memory_exhausted();
    *is_free = *node == mine;
    if (!*is_free)
        free(mine);
    return *node;
}

static bool lies_in(const char *path, const struct stat *folder)
{
    const char *slash = strrchr(path, '/');
    char *parent = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    if (!parent)
        memory_exhausted();
    struct stat status;
    bool found = stat(parent, &status) == 0 && status.st_dev == folder->st_dev &&
                 status.st_ino == folder->st_ino;
    free(parent);
    return found;
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t length = strlen(name), end = strlen(suffix);
    return length > end && name[length - end - 1] == '.' && strcmp(name + length - end, suffix) == 0;
}

static char *choose_name(void **taken, const char *base, const char *suffix, bool *is_changed)
{
    size_t length = strlen(base);
    const char *dot = strrchr(base, '.');
    char *name = format_name(base, dot && dot > base ? (size_t)(dot - base) : length, 0, suffix);
    bool is_free;
    take(taken, name, &is_free);
    *is_changed = !is_free;
    if (is_free)
        return name;
    free(name);
    name = format_name(base, length, 0, suffix);
    struct taken *whole = take(taken, name, &is_free);
    while (!is_free) {
        free(name);
        name = format_name(base, length, whole->numbers++ + 2, suffix);
        take(taken, name, &is_free);
    }
    return name;
}

struct output_name *output_names(const char *const *inputs, size_t count, const char *suffix,
                                 const struct stat *folder)
{
    void *taken = NULL;
    bool is_free;
    for (size_t i = 0; i < count; i++)
        if (ends_with(inputs[i], suffix) && lies_in(inputs[i], folder))
            take(&taken, base_name(inputs[i]), &is_free);
    struct output_name *names = memory_resize(NULL, count * sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i].text = choose_name(&taken, base_name(inputs[i]), suffix, &names[i].is_changed);
    tdestroy(taken, free);
    return names;
}

void output_names_release(struct output_name *names, size_t count)
{
    if (!names)
        return;
    for (size_t i = 0; i < count; i++)
        free(names[i].text);
    free(names);
}
