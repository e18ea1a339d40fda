#include "io/temporary.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/folder.h"

/* A temporary's name: PREFIX, 16 hexadecimal digits, SUFFIX. */
static const char PREFIX[] = ".pixmill-", SUFFIX[] = ".tmp";
enum { DIGITS = 16, TEMPORARY_LENGTH = sizeof PREFIX - 1 + DIGITS + sizeof SUFFIX - 1 };
static_assert(sizeof((struct temporary *)NULL)->name >= PATH_MAX + TEMPORARY_LENGTH, "the name fits");

int temporary_name(struct temporary *temporary, const char *path)
{
    uint64_t random;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return -1;
    const char *last = strrchr(path, '/');
    int folder = last != NULL ? (int)(last + 1 - path) : 0;
    int length = snprintf(temporary->name, sizeof temporary->name, "%.*s%s%0*" PRIx64 "%s", folder, path,
                          PREFIX, DIGITS, random, SUFFIX);
    if ((size_t)length < sizeof temporary->name)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

/* A sweep may come between opening and locking and take the file for an abandoned one; then it has no name
 * any more and another is made. A file system without locks can't be swept either, so there the lock is not
 * missed. */
enum temporary_state temporary_opened(struct temporary *temporary, int fd)
{
    if (fd == -ENOENT && !temporary->folders_made) {
        temporary->folders_made = true;
        return folder_make_above(temporary->name) == 0 ? TEMPORARY_AGAIN : TEMPORARY_FAILED;
    }
    if (fd == -EEXIST)
        return TEMPORARY_AGAIN;
    if (fd < 0) {
        errno = -fd;
        return TEMPORARY_FAILED;
    }
    while (flock(fd, LOCK_EX) != 0 && errno == EINTR)
        ;
    struct stat status;
    temporary->fd = fd;
    if (fstat(fd, &status) != 0) {
        temporary_discard(temporary);
        return TEMPORARY_FAILED;
    }
    if (status.st_nlink > 0)
        return TEMPORARY_READY;
    temporary_close(temporary);
    return TEMPORARY_AGAIN;
}

void temporary_close(struct temporary *temporary)
{
    close(temporary->fd);
    temporary->fd = -1;
}

void temporary_discard(struct temporary *temporary)
{
    int why = errno;
    unlink(temporary->name);
    temporary_close(temporary);
    errno = why;
}

bool temporary_has_name(const char *name)
{
    if (strlen(name) != TEMPORARY_LENGTH || strncmp(name, PREFIX, sizeof PREFIX - 1) != 0)
        return false;
    name += sizeof PREFIX - 1;
    return strspn(name, "0123456789abcdef") == DIGITS && strcmp(name + DIGITS, SUFFIX) == 0;
}

bool temporary_sweep(const char *path)
{
    /* A network file system locks what may be written only; a result of mode 0444 may be read only. */
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == EACCES)
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool removed = false;
    struct stat held, named;
    /* Once we hold the lock, its writer is gone, or has renamed it: then the name is free or another's. */
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &held) == 0 && lstat(path, &named) == 0 &&
        held.st_dev == named.st_dev && held.st_ino == named.st_ino)
        removed = unlink(path) == 0;
    close(fd);
    return removed;
}

unsigned temporary_sweep_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return 0;
    unsigned left = 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char name[PATH_MAX + TEMPORARY_LENGTH];
        if (!temporary_has_name(entry->d_name))
            continue;
        if (snprintf(name, sizeof name, "%s/%s", path, entry->d_name) < (int)sizeof name)
            left += !temporary_sweep(name);
    }
    closedir(folder);
    return left;
}
