#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/buffer.h"
#include "base/report.h"

/* A folder on the way down: the names in it that are still to come. */
struct level {
    size_t path_length; /* of the folder, with the slash */
    dev_t device;
    ino_t inode;
    char *names;       /* each with its type before and a NUL behind */
    uint32_t *offsets; /* of the names, in order */
    size_t count, next;
};

struct place_of_ours {
    dev_t device;
    ino_t inode;
    const char *name;
};

struct visited {
    dev_t device;
    ino_t inode;
};

struct files {
    const struct files_options *options;
    size_t root;
    FILE *list;
    int trouble; /* errno of reading the list */
    array_of(struct level) levels;
    struct buffer path; /* of the file at hand, NUL-terminated */
    char message[100]; /* about the file at hand */
    char *line;
    size_t line_room;
    struct visited *visited; /* folders: open addressing, inode 0 is free */
    size_t visited_count, visited_room;
    array_of(struct place_of_ours) ours;
    locale_t characters; /* in globs a character is one of UTF-8, whatever the environment says */
};

enum kind { KIND_FILE, KIND_FOLDER, KIND_NOTHING };

/* ---- folders that were seen ---- */

static struct visited *visited_slot(struct visited *slots, size_t room, dev_t device, ino_t inode)
{
    size_t at = (size_t)((inode * 0x9E3779B97F4A7C15u) ^ device) & (room - 1);
    while (slots[at].inode && !(slots[at].inode == inode && slots[at].device == device))
        at = (at + 1) & (room - 1);
    return &slots[at];
}

/* False if it was visited before. */
static bool visit(struct files *files, dev_t device, ino_t inode)
{
    if (files->visited_count * 2 >= files->visited_room) {
        size_t room = files->visited_room ? files->visited_room * 2 : 64;
        struct visited *slots = calloc(room, sizeof *slots);
        if (!slots)
            memory_exhausted();
        for (size_t i = 0; i < files->visited_room; i++)
            if (files->visited[i].inode)
                *visited_slot(slots, room, files->visited[i].device, files->visited[i].inode) = files->visited[i];
        free(files->visited);
        files->visited = slots;
        files->visited_room = room;
    }
    struct visited *slot = visited_slot(files->visited, files->visited_room, device, inode);
    if (slot->inode)
        return false;
    *slot = (struct visited){device, inode};
    files->visited_count++;
    return true;
}

/* ---- what is wanted ---- */

static bool matches(const char *const *globs, size_t count, const char *path, locale_t characters)
{
    const char *slash = strrchr(path, '/');
    bool is_match = false;
    locale_t before = uselocale(characters);
    for (size_t i = 0; i < count && !is_match; i++)
        is_match = fnmatch(globs[i], strchr(globs[i], '/') || !slash ? path : slash + 1, 0) == 0;
    uselocale(before);
    return is_match;
}

static bool is_ours(const struct files *files, const struct level *level, const char *name)
{
    for (size_t i = 0; i < files->ours.count; i++) {
        const struct place_of_ours *own = &files->ours.items[i];
        size_t length = strlen(own->name);
        if (own->device == level->device && own->inode == level->inode && strncmp(own->name, name, length) == 0 &&
            (!name[length] || name[length] == '-'))
            return true;
    }
    return false;
}

static void set_path(struct files *files, size_t length, const char *name)
{
    files->path.length = length;
    buffer_add(&files->path, name, strlen(name) + 1);
    files->path.length--;
}

/* ---- one folder ---- */

static int compare_names(const void *a, const void *b, void *names)
{
    return strcmp((char *)names + *(const uint32_t *)a, (char *)names + *(const uint32_t *)b);
}

static bool read_folder(struct files *files, struct level *level)
{
    DIR *folder = opendir(files->path.bytes);
    if (!folder)
        return false;
    struct buffer names = {0};
    array_of(uint32_t) offsets = {0};
    for (const struct dirent *entry; (entry = readdir(folder));) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || (*name == '.' && !files->options->takes_hidden) ||
            is_ours(files, level, name) || names.length > UINT32_MAX - 2 * sizeof entry->d_name)
            continue;
        buffer_char(&names, (char)entry->d_type);
        *array_push(&offsets) = (uint32_t)names.length;
        buffer_add(&names, name, strlen(name) + 1);
    }
    closedir(folder);
    if (offsets.count)
        qsort_r(offsets.items, offsets.count, sizeof *offsets.items, compare_names, names.bytes);
    level->names = names.bytes;
    level->offsets = offsets.items;
    level->count = offsets.count;
    return true;
}

static void fail(struct file *file, const char *reason, const char *message)
{
    file->reason = reason;
    file->message = message;
}

static void fail_reading(struct files *files, struct file *file, int error)
{
    snprintf(files->message, sizeof files->message, "cannot read: %s", strerror(error));
    fail(file, "unreadable", files->message);
}

/* Goes down into the folder that `path` names. KIND_FILE when it is to be named with a reason. */
static enum kind enter(struct files *files, const struct stat *status, struct file *file)
{
    for (size_t i = 0; i < files->levels.count; i++)
        if (files->levels.items[i].device == status->st_dev && files->levels.items[i].inode == status->st_ino) {
            fail(file, "loop", "the link leads back to a folder that it lies in");
            return KIND_FILE;
        }
    if (!visit(files, status->st_dev, status->st_ino))
        return KIND_NOTHING;
    size_t length = files->path.length;
    while (length > 1 && files->path.bytes[length - 1] == '/')
        length--;
    set_path(files, length, files->path.bytes[length - 1] == '/' ? "" : "/");
    struct level level = {.path_length = files->path.length, .device = status->st_dev, .inode = status->st_ino};
    if (!read_folder(files, &level)) {
        int error = errno;
        set_path(files, length, "");
        fail_reading(files, file, error);
        return KIND_FILE;
    }
    *array_push(&files->levels) = level;
    return KIND_FOLDER;
}

static void leave(struct files *files)
{
    struct level *level = &files->levels.items[--files->levels.count];
    free(level->names);
    free(level->offsets);
}

/* What `path` is; a folder is entered. */
static enum kind look(struct files *files, struct file *file, bool is_root)
{
    const struct files_options *options = files->options;
    struct stat status;
    const char *path = files->path.bytes;
    *file = (struct file){.path = path};
    if (stat(path, &status) != 0) {
        fail_reading(files, file, errno);
    } else if (S_ISDIR(status.st_mode)) {
        if (!is_root && matches(options->excludes, options->exclude_count, path, files->characters))
            return KIND_NOTHING;
        enum kind kind = enter(files, &status, file);
        file->path = files->path.bytes;
        return kind;
    } else if (!S_ISREG(status.st_mode)) {
        fail(file, "special", "no regular file");
    }
    if (!is_root && (matches(options->excludes, options->exclude_count, path, files->characters) ||
                     (options->include_count && !matches(options->includes, options->include_count, path, files->characters))))
        return KIND_NOTHING;
    if (!file->reason) {
        file->bytes = status.st_size;
        file->mtime_ns = status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
        file->inode = (int64_t)status.st_ino;
    }
    return KIND_FILE;
}

/* ---- all of them ---- */

/* The next root in `path`. */
static bool next_root(struct files *files)
{
    if (files->root < files->options->root_count) {
        set_path(files, 0, files->options->roots[files->root++]);
        return true;
    }
    while (files->list) {
        ssize_t length = getdelim(&files->line, &files->line_room, files->options->list_end, files->list);
        if (length < 0) {
            files->trouble = ferror(files->list) && errno != EINTR ? errno : 0; /* whoever interrupts knows */
            return false;
        }
        if (length && files->line[length - 1] == files->options->list_end)
            files->line[--length] = '\0';
        if (length && files->options->list_end == '\n' && files->line[length - 1] == '\r')
            files->line[--length] = '\0';
        if (*files->line) {
            set_path(files, 0, files->line);
            return true;
        }
    }
    return false;
}

bool files_next(struct files *files, struct file *file)
{
    for (;;) {
        bool is_root = files->levels.count == 0;
        if (is_root) {
            if (!next_root(files))
                return false;
        } else {
            struct level *level = &files->levels.items[files->levels.count - 1];
            if (level->next == level->count) {
                leave(files);
                continue;
            }
            set_path(files, level->path_length, level->names + level->offsets[level->next++]);
        }
        if (look(files, file, is_root) == KIND_FILE)
            return true;
    }
}

uint64_t files_count(struct files *files)
{
    uint64_t count = 0;
    for (struct file file;;) {
        struct level *level = files->levels.count ? &files->levels.items[files->levels.count - 1] : NULL;
        /* What readdir() calls a regular file needs no look. */
        bool is_plain = level && level->next < level->count && level->names[level->offsets[level->next] - 1] == DT_REG &&
                        !files->options->include_count && !files->options->exclude_count;
        if (is_plain)
            level->next++;
        else if (!files_next(files, &file))
            return count;
        count++;
    }
}

bool files_fine(const struct files *files)
{
    if (!files->trouble)
        return true;
    const char *list = files->options->list;
    report(REPORT_ERROR, (struct place){.path = strcmp(list, "-") == 0 ? "standard input" : list}, "cannot read the list: %s",
           strerror(files->trouble));
    return false;
}

static void note_own(struct files *files, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    struct stat status;
    if (!folder)
        memory_exhausted();
    if (stat(folder, &status) == 0)
        *array_push(&files->ours) = (struct place_of_ours){status.st_dev, status.st_ino, slash ? slash + 1 : path};
    free(folder);
}

struct files *files_open(const struct files_options *options)
{
    FILE *list = NULL;
    if (options->list) {
        list = strcmp(options->list, "-") == 0 ? stdin : fopen(options->list, "re");
        if (!list) {
            report(REPORT_ERROR, (struct place){.path = options->list}, "cannot read the list: %s", strerror(errno));
            return NULL;
        }
    }
    struct files *files = memory_resize(NULL, sizeof *files);
    *files = (struct files){.options = options, .list = list, .characters = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL)};
    for (size_t i = 0; i < options->own_count; i++)
        if (options->own[i])
            note_own(files, options->own[i]);
    return files;
}

void files_close(struct files *files)
{
    if (!files)
        return;
    while (files->levels.count)
        leave(files);
    if (files->list && files->list != stdin)
        fclose(files->list);
    array_release(&files->levels);
    array_release(&files->ours);
    if (files->characters)
        freelocale(files->characters);
    buffer_release(&files->path);
    free(files->line);
    free(files->visited);
    free(files);
}
