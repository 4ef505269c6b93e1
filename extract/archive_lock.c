#include "archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/report.h"

static char *lock_path(const char *archive)
{
    char *path;
    if (asprintf(&path, "%s-lock", archive) < 0)
        memory_exhausted();
    return path;
}

int archive_lock(const char *archive)
{
    char *path = lock_path(archive);
    int descriptor = -1;
    for (struct stat ours, there;;) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (descriptor < 0) {
            report(REPORT_ERROR, (struct place){.path = path}, "cannot make the lock file: %s", strerror(errno));
            break;
        }
        if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
            char owner[24] = "";
            ssize_t length = errno == EWOULDBLOCK ? pread(descriptor, owner, sizeof owner - 1, 0) : 0;
            owner[length > 0 ? length : 0] = '\0';
            owner[strcspn(owner, "\n")] = '\0';
            report(REPORT_ERROR, (struct place){.path = archive},
                   "another batch or merge (process %s) is filling this archive; wait for it, or fill another and "
                   "merge them", owner);
            close(descriptor);
            descriptor = -1;
            break;
        }
        /* The one before may have removed what was opened here. */
        if (fstat(descriptor, &ours) == 0 && stat(path, &there) == 0 && ours.st_ino == there.st_ino &&
            ours.st_dev == there.st_dev)
            break;
        close(descriptor);
    }
    if (descriptor >= 0 && (ftruncate(descriptor, 0) != 0 || dprintf(descriptor, "%ld\n", (long)getpid()) < 0))
        errno = 0; /* the number is only for a message */
    free(path);
    return descriptor;
}

void archive_unlock(const char *archive, int descriptor)
{
    char *path = lock_path(archive);
    unlink(path);
    close(descriptor);
    free(path);
}
