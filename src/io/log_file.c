#include "io/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"

int log_file_check(const char *path, struct pm_error *error)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
        return 0;
    char first = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || read(fd, &first, 1) != 1)
        error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
    else if (first != '{')
        error_set(error, PM_ERROR_USAGE, "not a pixmill log (name another file, or remove it)");
    if (fd >= 0)
        close(fd);
    return error->kind != PM_OK ? -1 : 0;
}

bool file_was_taken_away(int fd, const char *path)
{
    struct stat held, named;
    return fstat(fd, &held) == 0 && held.st_nlink == 0 &&
           (stat(path, &named) != 0 || named.st_ino != held.st_ino || named.st_dev != held.st_dev);
}

void log_file_remove(const char *path)
{
    char target[PATH_MAX];
    unlink(realpath(path, target) != NULL ? target : path);
}

static int write_to(int fd, const uint8_t *data, size_t size, struct pm_error *error)
{
    if (file_write_all(fd, data, size) == 0)
        return 0;
    return error_set(error, PM_ERROR_IO, "could not be written to its end: %s", strerror(errno));
}

static int write_into(const char *path, const uint8_t *data, size_t size, struct pm_error *error)
{
    const int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return error_set(error, PM_ERROR_IO, "can't be written: %s", strerror(errno));
    const int status = write_to(fd, data, size, error);
    if (close(fd) == 0 || status != 0)
        return status;
    return error_set(error, PM_ERROR_IO, "could not be written to its end: %s", strerror(errno));
}

/* Standard output or error, if that is the file, or -1. */
static int find_stream(const struct stat *file)
{
    struct stat status;
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fstat(fd, &status) == 0 && status.st_dev == file->st_dev && status.st_ino == file->st_ino)
            return fd;
    }
    return -1;
}

/* Renaming a new file to /dev/stdout or /dev/null would replace these for all programs, and to the file that
 * standard output or error is in would lose what else is written there. */
int log_file_write(const char *path, const uint8_t *data, size_t size, struct pm_error *error)
{
    char target[PATH_MAX];
    struct stat status;
    const bool there = stat(path, &status) == 0;
    const int stream = there ? find_stream(&status) : -1;
    if (stream >= 0)
        return fflush(stdout) == 0 ? write_to(stream, data, size, error)
                                   : error_set(error, PM_ERROR_IO, "can't be written: %s", strerror(errno));
    const bool named = realpath(path, target) != NULL; /* else it is new, or a descriptor's without a name */
    if (there && (!named || !S_ISREG(status.st_mode)))
        return write_into(path, data, size, error);
    return file_write(named ? target : path, data, size, 0644, FILE_FAST, error);
}
