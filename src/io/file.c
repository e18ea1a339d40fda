#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* A temporary's name: PREFIX, 16 hexadecimal digits, SUFFIX. */
static const char PREFIX[] = ".pixmill-", SUFFIX[] = ".tmp";
enum { DIGITS = 16, TEMPORARY_LENGTH = sizeof PREFIX - 1 + DIGITS + sizeof SUFFIX - 1 };

/* The kernel moves at most this much in one call (2 GiB less a page). */
static const size_t CALL_MAX = 0x7ffff000;

static int open_error(const char *path, struct pm_error *error)
{
    int why = errno;
    struct stat status;
    if (why == ENOENT && lstat(path, &status) == 0)
        return error_set(error, PM_ERROR_IO, "its symbolic link leads nowhere (mend or remove the link)");
    switch (why) {
    case ENOENT:
    case ENOTDIR:
        return error_set(error, PM_ERROR_IO, "no such file (check the name)");
    case EACCES:
        return error_set(error, PM_ERROR_IO, "may not be read (check its permissions and its folders')");
    case ELOOP:
        return error_set(error, PM_ERROR_IO,
                         "its symbolic links lead round in a loop (name the file itself)");
    case EMFILE:
    case ENFILE:
        return error_set(error, PM_ERROR_IO, "too many open files (raise ulimit -n or lower --io-jobs)");
    default:
        return error_set(error, PM_ERROR_IO, "can't be opened: %s", strerror(why));
    }
}

int file_open(const char *path, uint64_t *size, mode_t *mode, struct pm_error *error)
{
    /* Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return open_error(path, error);
    struct stat status;
    if (fstat(fd, &status) != 0) {
        error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
    } else if (S_ISDIR(status.st_mode)) {
        error_set(error, PM_ERROR_UNSUPPORTED, "is a folder (name a file)");
    } else if (!S_ISREG(status.st_mode)) {
        error_set(error, PM_ERROR_UNSUPPORTED, "is no regular file (pipes and devices are not read)");
    } else {
        *size = (uint64_t)status.st_size;
        *mode = status.st_mode & 0777;
        return fd;
    }
    close(fd);
    return -1;
}

int file_read(int fd, uint64_t size, struct buffer *bytes, struct pm_error *error)
{
    bytes->size = 0;
    if (size >= SIZE_MAX / 2)
        return error_memory(error, size);
    /* One byte more than there should be, to notice a file that grew without asking again. Old content is of
     * no use, so a buffer that is too small is replaced, not extended. */
    size_t room = (size_t)size + 1;
    if (bytes->capacity < room)
        buffer_free(bytes);
    if (buffer_reserve(bytes, room) != 0)
        return error_memory(error, size);

    while (bytes->size < room) {
        size_t wanted = room - bytes->size < CALL_MAX ? room - bytes->size : CALL_MAX;
        ssize_t got = pread(fd, bytes->data + bytes->size, wanted, (off_t)bytes->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
        bytes->size += (size_t)got;
        /* A regular file gives less than asked for at its end only. */
        if (got == 0 || (bytes->size == size && (size_t)got < wanted))
            break;
    }
    if (bytes->size == size)
        return 0;
    return error_set(error, PM_ERROR_IO, "became %s while it was read (try again when nobody writes to it)",
                     bytes->size < size ? "shorter" : "longer");
}

/* The length of the folder part of `path` without its last slash; 0 when there is none. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) : 0;
}

/* Makes the folder path[0 .. length) after those above it. Returns 0, or -1 with errno set. */
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

int file_make_folder(const char *path, struct pm_error *error)
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
    return error_set(error, PM_ERROR_IO, "the folder can't be made: %s (choose another)", strerror(why));
}

int file_sync_folder(const char *path, struct pm_error *error)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = fd >= 0 ? fsync(fd) : -1;
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (status == 0 || why == EINVAL) /* EINVAL: a file system whose folders need no syncing */
        return 0;
    return error_set(error, PM_ERROR_IO, "the folder can't be synced: %s", strerror(why));
}

static int write_error(int why, struct pm_error *error)
{
    switch (why) {
    case ENOSPC:
        return error_set(error, PM_ERROR_IO,
                         "the disk is full (make room, then run again with --skip-existing)");
    case EDQUOT:
        return error_set(error, PM_ERROR_IO,
                         "the disk quota is used up (make room, then run again with --skip-existing)");
    case EACCES:
    case EPERM:
    case EROFS:
        return error_set(error, PM_ERROR_IO, "may not be written (%s; choose another output folder)",
                         strerror(why));
    case EISDIR:
        return error_set(error, PM_ERROR_IO,
                         "a folder stands in the result's place (choose another output folder)");
    case EFBIG:
        return error_set(error, PM_ERROR_IO, "is larger than files may be here (raise ulimit -f)");
    default:
        return error_set(error, PM_ERROR_IO, "can't be written: %s", strerror(why));
    }
}

/* Writes the name of a temporary beside `path` into name[size]. 0, or -1 with errno set. */
static int temporary_name(const char *path, char *name, size_t size)
{
    uint64_t random;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return -1;
    const char *last = strrchr(path, '/');
    int folder = last != NULL ? (int)(last + 1 - path) : 0;
    int length = snprintf(name, size, "%.*s%s%0*" PRIx64 "%s", folder, path, PREFIX, DIGITS, random, SUFFIX);
    if ((size_t)length < size)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

/* Makes the folders above a temporary. 0, or -1 with errno set. */
static int make_folders_above(char *name)
{
    size_t length = folder_length(name);
    if (length == 0)
        return 0;
    name[length] = '\0';
    int status = make_folders(name);
    name[length] = '/';
    return status;
}

/* Opens a new, locked temporary beside `path`; its name goes into name[size]. A sweep may come between
 * opening and locking and take the file for an abandoned one; then it has no name any more and another is
 * made. A file system without locks can't be swept either, so there the lock is not missed.
 * Returns the descriptor, or -1 with errno set. */
static int temporary_open(const char *path, char *name, size_t size)
{
    bool folders_made = false;
    for (;;) {
        if (temporary_name(path, name, size) != 0)
            return -1;
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0 && errno == ENOENT && !folders_made) {
            folders_made = true;
            if (make_folders_above(name) != 0)
                return -1;
            continue;
        }
        if (fd < 0 && errno == EEXIST)
            continue;
        if (fd < 0)
            return -1;
        while (flock(fd, LOCK_EX) != 0 && errno == EINTR)
            ;
        struct stat status;
        if (fstat(fd, &status) == 0 && status.st_nlink > 0)
            return fd;
        close(fd);
    }
}

/* 0, or -1 with errno set. */
static int write_all(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size < CALL_MAX ? size : CALL_MAX);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        data += written;
        size -= (size_t)written;
    }
    return 0;
}

/* A network file system tells of a full disk when a descriptor is closed. The lock must outlive that moment,
 * so a copy is closed. 0, or -1 with errno set. */
static int close_copy(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return copy >= 0 ? close(copy) : -1;
}

/* Permission bits as wished, but where the file system has none of its own (FAT), those it gives: it refuses
 * the change, and the file is then 0600 or whatever it was mounted with. */
static int set_mode(int fd, mode_t mode)
{
    return fchmod(fd, mode & 0777) == 0 || errno == EPERM || errno == ENOTSUP ? 0 : -1;
}

int file_write(const char *path, const uint8_t *data, size_t size, mode_t mode, enum file_care care,
               struct pm_error *error)
{
    char name[PATH_MAX + TEMPORARY_LENGTH];
    int fd = temporary_open(path, name, sizeof name);
    if (fd < 0)
        return write_error(errno, error);
    bool whole = write_all(fd, data, size) == 0 && set_mode(fd, mode) == 0 &&
                 (care == FILE_FAST || fsync(fd) == 0) && close_copy(fd) == 0 && rename(name, path) == 0;
    int why = errno;
    if (!whole)
        unlink(name);
    close(fd); /* unlocks */
    return whole ? 0 : write_error(why, error);
}

bool file_is_temporary(const char *name)
{
    if (strlen(name) != TEMPORARY_LENGTH || strncmp(name, PREFIX, sizeof PREFIX - 1) != 0)
        return false;
    name += sizeof PREFIX - 1;
    return strspn(name, "0123456789abcdef") == DIGITS && strcmp(name + DIGITS, SUFFIX) == 0;
}

bool file_sweep(const char *path)
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

unsigned file_sweep_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return 0;
    unsigned removed = 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        char name[PATH_MAX + TEMPORARY_LENGTH];
        if (!file_is_temporary(entry->d_name))
            continue;
        if (snprintf(name, sizeof name, "%s/%s", path, entry->d_name) < (int)sizeof name)
            removed += file_sweep(name);
    }
    closedir(folder);
    return removed;
}
