#include "installed.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* `room` holds the path where the program lies in an installed tree. */
static const char *installed_folder(char *room, const char *name, const char *of_source, const char *of_installation)
{
    ssize_t length = readlink("/proc/self/exe", room, PATH_MAX);
    char *slash = length > 0 && length < PATH_MAX ? memrchr(room, '/', (size_t)length) : NULL;
    if (slash) {
        *slash = '\0';
        /* A program in its build tree must not read what another version installed. */
        if (strcmp(room, BUILD_FOLDER) == 0)
            return is_folder(of_source) ? of_source : NULL;
        strcpy(stpcpy(slash, "/../share/shenbao/"), name);
        if (is_folder(room))
            return room;
    }
    return is_folder(of_installation) ? of_installation : NULL;
}

enum { FOLDER_ROOM = PATH_MAX + sizeof "/../share/shenbao/grammars" };

const char *installed_grammars(void)
{
    static char folder[FOLDER_ROOM];
    return installed_folder(folder, "grammars", SOURCE_GRAMMARS, INSTALLED_GRAMMARS);
}

const char *installed_docs(void)
{
    static char folder[FOLDER_ROOM];
    return installed_folder(folder, "docs", SOURCE_DOCS, INSTALLED_DOCS);
}
