#include "bench/measure/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char prefix[] = "pixmill-bench-";

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    remove(path);
    return 0;
}

static void remove_tree(const char *path)
{
    enum { DESCRIPTORS = 16 };
    nftw(path, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

/* Locks the folder of this user for as long as the descriptor is open. -1 when that can't be done, with errno
 * EWOULDBLOCK when another process has locked it. */
static int hold(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &status) == 0 && status.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    const int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return -1;
}

/* Removes what killed labs left in `folder`: their locks ended with them. */
static void sweep_folder(const char *folder)
{
    DIR *entries = opendir(folder);
    if (entries == NULL)
        return;
    const struct dirent *entry;
    while ((entry = readdir(entries)) != NULL) {
        char path[PATH_MAX];
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path)
            continue;
        int lock = hold(path);
        if (lock < 0)
            continue;
        remove_tree(path);
        close(lock);
    }
    closedir(entries);
}

/* Makes the folder and locks it. In between, another lab may remove it as left behind. */
static bool make_held(struct scratch *scratch, const char *folder)
{
    for (;;) {
        if (snprintf(scratch->path, sizeof scratch->path, "%s/%sXXXXXX", folder, prefix) >=
            (int)sizeof scratch->path) {
            errno = ENAMETOOLONG;
            return false;
        }
        if (mkdtemp(scratch->path) == NULL)
            return false;
        struct stat status;
        scratch->lock = hold(scratch->path);
        const bool taken = scratch->lock < 0 && errno == EWOULDBLOCK;
        if (!taken && stat(scratch->path, &status) == 0)
            return true;
        if (scratch->lock >= 0)
            close(scratch->lock);
    }
}

static bool open_in(struct scratch *scratch, const char *folder)
{
    struct statfs status;
    sweep_folder(folder);
    if (!make_held(scratch, folder))
        return false;
    scratch->in_memory = statfs(scratch->path, &status) == 0 && status.f_type == TMPFS_MAGIC;
    return true;
}

int scratch_open(struct scratch *scratch, struct pm_error *error)
{
    const char *folder = getenv("TMPDIR");
    bool chosen = folder != NULL && folder[0] == '/';
    if (chosen ? open_in(scratch, folder) : open_in(scratch, "/dev/shm") || open_in(scratch, "/tmp"))
        return 0;
    return error_set(error, PM_ERROR_IO, "no folder for the results of trials in %.100s: %s (set TMPDIR)",
                     chosen ? folder : "/dev/shm or /tmp", strerror(errno));
}

void scratch_close(struct scratch *scratch)
{
    remove_tree(scratch->path);
    if (scratch->lock >= 0)
        close(scratch->lock);
}
