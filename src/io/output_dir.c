#include "io/output_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/text.h"
#include "io/folder.h"

enum { SHOWN = 96 }; /* bytes of a name in a message */

static int lock(const struct output_dir *dir, enum output_dir_use use, struct pm_error *error)
{
    char shown[SHOWN];
    /* With OUTPUT_DIR_SHARED a shared lock, so that a run that does not share is refused, and one that shares
     * is not. */
    if (flock(dir->fd, (use == OUTPUT_DIR_ALONE ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 ||
        errno != EWOULDBLOCK || use == OUTPUT_DIR_SHARED)
        return 0;
    return error_set_hint(error, PM_ERROR_USAGE, PM_HINT_LOCKED, "%s: another run is writing to this folder",
                          text_shown(dir->path, shown, sizeof shown));
}

/* The device of the folder if its file system is known to have no flush operation (linux/fs.h), else 0. NFS,
 * SMB, FUSE and file systems stacked on them have one. */
static dev_t plain_device(int fd)
{
    struct statfs system;
    struct stat status;
    if (fstatfs(fd, &system) != 0 || fstat(fd, &status) != 0)
        return 0;
    switch ((unsigned long)system.f_type) {
    case EXT4_SUPER_MAGIC: /* and that of ext2 and ext3 */
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case TMPFS_MAGIC:
        return status.st_dev;
    default:
        return 0;
    }
}

int output_dir_open(struct output_dir *dir, const char *path, enum output_dir_use use, struct pm_error *error)
{
    char shown[SHOWN];
    *dir = (struct output_dir){.path = path, .length = strlen(path)};
    while (dir->length > 0 && path[dir->length - 1] == '/')
        dir->length--;
    dir->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir->fd < 0 &&
        errno == EACCES) /* a folder may be writable but not readable; then it can't be locked */
        dir->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir->fd < 0)
        return error_set(error, PM_ERROR_IO, "%s: the folder can't be opened: %s",
                         text_shown(path, shown, sizeof shown), strerror(errno));
    dir->plain = plain_device(dir->fd);
    if (lock(dir, use, error) == 0)
        return 0;
    output_dir_close(dir);
    return -1;
}

void output_dir_close(struct output_dir *dir)
{
    if (dir->fd >= 0)
        close(dir->fd);
    dir->fd = -1;
}

/* `path` relative to the output folder; "." is the folder itself. */
static const char *below(const struct output_dir *dir, const char *path)
{
    path += dir->length;
    path += strspn(path, "/");
    return path[0] != '\0' ? path : ".";
}

/* Opens the folder `name`, relative to the output folder. -1 with errno set. */
static int open_below(const struct output_dir *dir, const char *name, int flags)
{
    struct open_how how = {.flags = (unsigned)(flags | O_DIRECTORY | O_CLOEXEC), .resolve = RESOLVE_BENEATH};
    long fd;
    if (!dir->follow) {
        do {
            fd = syscall(SYS_openat2, dir->fd, name, &how, sizeof how);
        } while (fd < 0 && errno == EAGAIN); /* a folder was renamed meanwhile: openat2(2) */
        /* Kernels before 5.6 have no openat2, and a container's seccomp filter may refuse it. */
        if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
            return (int)fd;
    }
    return openat(dir->fd, name, flags | O_DIRECTORY | O_CLOEXEC);
}

/* Opens the folder `name`, creating it and missing folders above it; `name` is modified meanwhile. Returns -1
 * with errno set on failure. */
static int make_below(const struct output_dir *dir, char *name)
{
    int fd = open_below(dir, name, O_PATH);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    char *slash = strrchr(name, '/');
    int parent = dir->fd;
    if (slash != NULL) {
        *slash = '\0';
        parent = make_below(dir, name);
        *slash = '/';
        if (parent < 0)
            return -1;
    }
    const bool made = mkdirat(parent, slash != NULL ? slash + 1 : name, 0777) == 0 || errno == EEXIST;
    output_dir_leave(dir, parent);
    return made ? open_below(dir, name, O_PATH) : -1;
}

int output_dir_enter(const struct output_dir *dir, const char *path, const char **last)
{
    *last = path;
    if (dir == NULL)
        return AT_FDCWD;
    const char *name = below(dir, path), *slash = strrchr(name, '/');
    *last = slash != NULL ? slash + 1 : name;
    if (slash == NULL)
        return dir->fd;
    char folder[PATH_MAX];
    const size_t length = (size_t)(slash - name);
    if (length >= sizeof folder) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(folder, name, length);
    folder[length] = '\0';
    return make_below(dir, folder);
}

void output_dir_leave(const struct output_dir *dir, int folder)
{
    const int why = errno;
    if (folder >= 0 && (dir == NULL || folder != dir->fd))
        close(folder);
    errno = why;
}

int output_dir_stat(const struct output_dir *dir, const char *path, struct stat *status)
{
    return dir != NULL ? fstatat(dir->fd, below(dir, path), status, 0) : stat(path, status);
}

bool output_dir_is_plain(const struct output_dir *dir, dev_t device)
{
    return dir->plain != 0 && device == dir->plain;
}

int output_dir_open_folder(const struct output_dir *dir, const char *path)
{
    return dir != NULL ? open_below(dir, below(dir, path), O_RDONLY)
                       : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void output_dir_allow_link(struct output_dir *dir, const char *path)
{
    if (dir->follow)
        return;
    const int fd = open_below(dir, below(dir, path), O_PATH);
    dir->follow = fd < 0 && errno == EXDEV;
    if (fd >= 0)
        close(fd);
}

/* Writes the open folder's present path into path[size]. False: it was removed. */
static bool find_again(const struct output_dir *dir, char *path, size_t size)
{
    char link[32];
    struct stat held, there;
    snprintf(link, sizeof link, "/proc/self/fd/%d", dir->fd);
    const ssize_t length = readlink(link, path, size - 1);
    if (length < 0 || fstat(dir->fd, &held) != 0)
        return false;
    path[length] = '\0';
    return stat(path, &there) == 0 && there.st_dev == held.st_dev && there.st_ino == held.st_ino;
}

int output_dir_check(const struct output_dir *dir, struct pm_error *error)
{
    struct stat held, there;
    char shown[SHOWN], now[PATH_MAX], shown_now[2 * SHOWN];
    const bool found = stat(dir->path, &there) == 0;
    text_shown(dir->path, shown, sizeof shown);
    if ((!found && errno != ENOENT && errno != ENOTDIR) || fstat(dir->fd, &held) != 0)
        return error_set(error, PM_ERROR_IO, "%s: the output folder can't be found again: %s", shown,
                         strerror(errno));
    if (found && held.st_dev == there.st_dev && held.st_ino == there.st_ino)
        return 0;
    if (find_again(dir, now, sizeof now))
        return error_set(
            error, PM_ERROR_IO, "%s: the output folder was renamed during the run%s; the results are in %s",
            shown, found ? " and another took its place" : "", text_shown(now, shown_now, sizeof shown_now));
    return error_set(
        error, PM_ERROR_IO,
        "%s: the output folder was removed or unmounted during the run%s; the results written to "
        "it are not at that path",
        shown, found ? " and another took its place" : "");
}

static int write_error(int why, struct pm_error *error)
{
    switch (why) {
    case ENOSPC:
        return error_set(error, PM_ERROR_IO, "the disk is full (make room, then run again)");
    case EDQUOT:
        return error_set(error, PM_ERROR_IO, "the disk quota is exceeded (make room, then run again)");
    case EACCES:
    case EPERM:
    case EROFS:
        return error_set(error, PM_ERROR_IO, "can't be written (%s; choose another output folder)",
                         strerror(why));
    case EISDIR:
        return error_set(error, PM_ERROR_IO, "a folder has the result's name (choose another output folder)");
    case EMFILE:
    case ENFILE:
        return error_set_hint(error, PM_ERROR_IO, PM_HINT_FILES, "can't be written: too many open files");
    case EFBIG:
        return error_set(error, PM_ERROR_IO, "exceeds the file size limit (raise ulimit -f)");
    default:
        return error_set(error, PM_ERROR_IO, "can't be written: %s", strerror(why));
    }
}

int output_dir_write_error(const struct output_dir *dir, int why, struct pm_error *error)
{
    if (dir != NULL && output_dir_check(dir, error) != 0)
        return -1;
    if (dir != NULL && why == EXDEV)
        return error_set(
            error, PM_ERROR_IO,
            "a folder of the result's path became a link that leads out of the output folder (remove "
            "the link)");
    return write_error(why, error);
}
