#include "serve/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FORBIDDEN = 403, NOT_FOUND = 404, UNAVAILABLE = 503, TRIES = 8 };

#ifndef RESOLVE_CACHED /* headers before Linux 5.12 */
#define RESOLVE_CACHED 0x20
#endif

/* Opening a pipe does not wait for its other end. */
static const int file_flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

int root_open(const char *path, struct pm_error *error)
{
    int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root >= 0)
        return root;
    return error_set(error, PM_ERROR_IO, "the root folder can't be opened: %s (name a folder)",
                     strerror(errno));
}

/* Opens path[length], one part of a path, in its folder; follows no link. As open: -1 with errno set. */
static int open_part(int folder, const char *path, size_t length, int flags)
{
    char name[NAME_MAX + 1];
    if (length > NAME_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(name, path, length);
    name[length] = '\0';
    if (length == 0 || strcmp(name, "..") == 0) {
        errno = EXDEV;
        return -1;
    }
    return openat(folder, name, O_NOFOLLOW | flags);
}

int root_walk(int root, const char *path)
{
    int folder = root;
    for (;;) {
        size_t length = strcspn(path, "/");
        bool last = path[length] == '\0';
        int opened = open_part(folder, path, length, last ? file_flags : O_PATH | O_DIRECTORY | O_CLOEXEC);
        int why = errno;
        if (folder != root)
            close(folder);
        errno = why;
        if (opened < 0 || last)
            return opened;
        folder = opened;
        path += length + 1;
    }
}

/* EAGAIN: a folder was renamed while the path was looked up (openat2(2)). */
static int open_beneath(int root, const char *path)
{
    const struct open_how how = {
        .flags = (uint64_t)file_flags,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    for (int i = 0; i < TRIES; i++) {
        long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN)
            return (int)fd;
    }
    return -1;
}

int root_open_cached(int folder, const char *path, int flags)
{
    const struct open_how how = {
        .flags = (uint64_t)(file_flags | flags),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV | RESOLVE_CACHED,
    };
    return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}

static int refuse(int status, enum pm_error_kind kind, struct pm_error *error, const char *message)
{
    error_set(error, kind, "%s", message);
    return -status;
}

static int open_error(int why, struct pm_error *error)
{
    switch (why) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
        return refuse(NOT_FOUND, PM_ERROR_IO, error, "no such file (check the name)");
    case ENXIO: /* a socket */
    case EACCES:
        return refuse(FORBIDDEN, PM_ERROR_IO, error, "the file may not be read");
    case EXDEV:
    case ELOOP:
        return refuse(FORBIDDEN, PM_ERROR_IO, error, "a link leads out of the served folder");
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
        return refuse(UNAVAILABLE, PM_ERROR_IO, error, "the file can't be opened now (try again)");
    default:
        return refuse(FORBIDDEN, PM_ERROR_IO, error, "the file can't be opened");
    }
}

int root_file(int root, const char *path, struct stat *status, struct pm_error *error)
{
    int fd = open_beneath(root, path);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = root_walk(root, path);
    if (fd < 0)
        return open_error(errno, error);
    if (fstat(fd, status) != 0) {
        int why = errno;
        close(fd);
        return open_error(why, error);
    }
    if (S_ISREG(status->st_mode))
        return fd;
    bool folder = S_ISDIR(status->st_mode);
    close(fd);
    return folder ? refuse(NOT_FOUND, PM_ERROR_UNSUPPORTED, error, "is a folder (name a file in it)")
                  : refuse(FORBIDDEN, PM_ERROR_UNSUPPORTED, error, "is not a regular file");
}

static bool is_same(int a, const struct stat *b)
{
    struct stat status;
    return fstat(a, &status) == 0 && status.st_ino == b->st_ino && status.st_dev == b->st_dev;
}

/* Opens the nearest existing folder above `path`, or -1. */
static int open_nearest(const char *path)
{
    char name[PATH_MAX];
    if (snprintf(name, sizeof name, "%s", path) >= (int)sizeof name)
        return -1;
    for (;;) {
        const int fd = open(name[0] != '\0' ? name : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0)
            return fd;
        char *slash = strrchr(name, '/');
        if (slash == NULL && name[0] == '\0')
            return -1;
        if (slash == name && name[1] != '\0')
            slash++; /* "/x": the root stays */
        else if (slash == name)
            return -1;
        *(slash != NULL ? slash : name) = '\0';
    }
}

bool root_holds(int root, const char *folder)
{
    struct stat top;
    bool holds = false;
    int fd = open_nearest(folder);
    if (fstat(root, &top) != 0)
        holds = true; /* unknown: refused */
    while (fd >= 0 && !holds) {
        struct stat here;
        holds = is_same(fd, &top);
        const int above = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
        const bool end = above < 0 || fstat(fd, &here) != 0 || is_same(above, &here);
        close(fd);
        fd = above;
        if (end)
            break;
    }
    if (fd >= 0)
        close(fd);
    return holds;
}
