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

const char *installed_grammars(void)
{
    static char folder[PATH_MAX + sizeof "/../share/shenbao/grammars"];
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX);
    char *slash = length > 0 && length < PATH_MAX ? memrchr(folder, '/', (size_t)length) : NULL;
    if (slash) {
        *slash = '\0';
        /* A program in its build tree must not read what another version installed. */
        if (strcmp(folder, BUILD_FOLDER) == 0)
            return is_folder(SOURCE_GRAMMARS) ? SOURCE_GRAMMARS : NULL;
        strcpy(slash, "/../share/shenbao/grammars");
        if (is_folder(folder))
            return folder;
    }
    return is_folder(INSTALLED_GRAMMARS) ? INSTALLED_GRAMMARS : NULL;
}
