#include "io/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The length of the folder part of `path` without its last slash; 0 if it has none. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) : 0;
}

/* Creates the folder `path` and missing folders above it; `path` is modified meanwhile. Returns 0, or -1 with
 * errno set. */
static int make_folders(char *path)
{
    if (path[0] == '\0' || mkdir(path, 0777) == 0 || errno == EEXIST)
        return 0;
    size_t length = folder_length(path);
    if (errno != ENOENT || length == 0)
        return -1;
    path[length] = '\0';
    int status = make_folders(path);
    path[length] = '/';
    if (status != 0)
        return -1;
    return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : -1;
}

int folder_make(const char *path, struct pm_error *error)
{
    char *copy = strdup(path);
    if (copy == NULL)
        return error_memory(error, 0);
    size_t length = strlen(copy);
    while (length > 1 && copy[length - 1] == '/')
        copy[--length] = '\0';
    int status = make_folders(copy), why = errno;
    struct stat there;
    if (status == 0 && stat(copy, &there) == 0 && !S_ISDIR(there.st_mode)) {
        status = -1;
        why = ENOTDIR;
    }
    free(copy);
    if (status == 0)
        return 0;
    return error_set(error, PM_ERROR_IO, "the folder can't be created: %s (choose another)", strerror(why));
}

int folder_make_above(char *path)
{
    size_t length = folder_length(path);
    if (length == 0)
        return 0;
    path[length] = '\0';
    int status = make_folders(path);
    path[length] = '/';
    return status;
}

int folder_sync(int fd, struct pm_error *error)
{
    int status = fd >= 0 ? fsync(fd) : -1;
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (status == 0 || why == EINVAL) /* EINVAL: a file system whose folders need no syncing */
        return 0;
    return error_set(error, PM_ERROR_IO, "the folder can't be synced: %s", strerror(why));
}
