#include "io/original.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "io/file.h"
#include "io/folder.h"

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* The change time is not compared: it changes with the number of hard links. */
static bool is_unchanged(const struct stat *before, const struct stat *now)
{
    return before->st_dev == now->st_dev && before->st_ino == now->st_ino &&
           before->st_size == now->st_size && is_same_time(before->st_mtim, now->st_mtim);
}

static int make_folders(const char *path)
{
    char name[PATH_MAX];
    if ((size_t)snprintf(name, sizeof name, "%s", path) < sizeof name)
        return folder_make_above(name);
    errno = ENAMETOOLONG;
    return -1;
}

static int copy_bytes(int from, int to)
{
    uint8_t bytes[16 << 10];
    ssize_t size;
    while ((size = read(from, bytes, sizeof bytes)) != 0) {
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 || file_write_all(to, bytes, (size_t)size) != 0)
            return -1;
    }
    return 0;
}

/* A copy with the original's time. It is on the disk before the original is replaced. */
static int make_copy(const struct original *original, int from)
{
    struct temporary copy;
    if (temporary_begin(&copy, NULL, original->backup, original->status.st_mode) != 0)
        return -1;
    copy.modified = &original->status.st_mtim;
    if (temporary_open(&copy) != 0 || copy_bytes(from, copy.fd) != 0 || temporary_settle(&copy) != 0 ||
        fsync(copy.fd) != 0 ||
        renameat2(copy.folder, copy.name, copy.folder, copy.result, RENAME_NOREPLACE) != 0) {
        temporary_discard(&copy);
        return -1;
    }
    temporary_close(&copy);
    return 0;
}

/* Without hard links, as on FAT, it is copied. 0, or -1 with errno set. */
static int give_name(const struct original *original, const char *path)
{
    if (link(path, original->backup) == 0)
        return 0;
    if (errno != EPERM && errno != ENOSYS && errno != EOPNOTSUPP && errno != EMLINK)
        return -1;
    const int from = open(path, FILE_OPEN_FLAGS);
    if (from < 0)
        return -1;
    const int status = make_copy(original, from), why = errno;
    close(from);
    errno = why;
    return status;
}

static int give_name_in_folder(const struct original *original, const char *path)
{
    if (give_name(original, path) == 0)
        return 0;
    return errno == ENOENT && make_folders(original->backup) == 0 ? give_name(original, path) : -1;
}

static int refuse_existing(const struct original *original, struct pm_error *error)
{
    char shown[96];
    return error_set_hint(error, PM_ERROR_IO, PM_HINT_BACKUP, "its backup %s exists already",
                          text_shown(original->backup, shown, sizeof shown));
}

/* Has a killed run given the backup's name to this very file, or to a copy of it? */
static bool is_kept(const struct original *original)
{
    const struct stat *own = &original->status;
    struct stat status;
    if (original->backup == NULL || lstat(original->backup, &status) != 0)
        return false;
    return (status.st_dev == own->st_dev && status.st_ino == own->st_ino) ||
           (S_ISREG(status.st_mode) && status.st_size == own->st_size &&
            is_same_time(status.st_mtim, own->st_mtim));
}

bool original_is_replaced(const struct original *original)
{
    struct stat status;
    return original->backup != NULL && lstat(original->backup, &status) == 0 && !is_kept(original);
}

int original_check(const struct original *original, struct pm_error *error)
{
    return original_is_replaced(original) ? refuse_existing(original, error) : 0;
}

int original_keep(const struct original *original, const char *path, struct pm_error *error)
{
    struct stat now;
    char shown[96];
    if (stat(path, &now) != 0 || !is_unchanged(&original->status, &now))
        return error_set(error, PM_ERROR_IO,
                         "was changed while it was processed, and is left as it is (run again)");
    if (original->backup == NULL || is_kept(original) || give_name_in_folder(original, path) == 0)
        return 0;
    if (errno == EEXIST)
        return refuse_existing(original, error);
    if (errno == EXDEV)
        return error_set(error, PM_ERROR_IO,
                         "its backup would be on another file system: %s (choose a folder on the same one)",
                         text_shown(original->backup, shown, sizeof shown));
    return error_set(error, PM_ERROR_IO, "can't be kept as %s: %s",
                     text_shown(original->backup, shown, sizeof shown), strerror(errno));
}

void original_restore(const struct original *original)
{
    const int why = errno;
    if (original->backup != NULL)
        unlink(original->backup);
    errno = why;
}

void original_give_owner(const struct original *original, int fd)
{
    const struct stat *status = &original->status;
    if (fchown(fd, status->st_uid, status->st_gid) != 0)
        (void)!fchown(fd, (uid_t)-1, status->st_gid);
}
