#include "io/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"

/* Removes a temporary that is not locked. True if it was removed. */
static bool temporary_sweep(int folder, const char *name)
{
    /* On a network file system only files open for writing can be locked, but a result of mode 0444 can be
     * opened only for reading. */
    int fd = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 && errno == EACCES)
        fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool removed = false;
    struct stat held, named;
    /* The lock means that the writer has ended, or has renamed its file: then the name is free or belongs to
     * another file. */
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &held) == 0 &&
        fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && held.st_dev == named.st_dev &&
        held.st_ino == named.st_ino)
        removed = unlinkat(folder, name, 0) == 0;
    close(fd);
    return removed;
}

unsigned temporary_sweep_folder(const struct output_dir *dir, const char *path)
{
    const int fd = output_dir_open_folder(dir, path);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (folder == NULL) {
        if (fd >= 0)
            close(fd);
        return 0;
    }
    unsigned left = 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (temporary_has_tag(entry->d_name, dir != NULL ? dir->tag : ""))
            left += !temporary_sweep(fd, entry->d_name);
    }
    closedir(folder);
    return left;
}
