#include "bench/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

static bool open_in(struct scratch *scratch, const char *folder)
{
    struct statfs status;
    if (snprintf(scratch->path, sizeof scratch->path, "%s/pixmill-bench-XXXXXX", folder) >=
        (int)sizeof scratch->path) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (mkdtemp(scratch->path) == NULL)
        return false;
    scratch->in_memory = statfs(scratch->path, &status) == 0 && status.f_type == TMPFS_MAGIC;
    return true;
}

int scratch_open(struct scratch *scratch, struct pm_error *error)
{
    const char *wish = getenv("TMPDIR");
    bool wished = wish != NULL && wish[0] == '/';
    if (wished ? open_in(scratch, wish) : open_in(scratch, "/dev/shm") || open_in(scratch, "/tmp"))
        return 0;
    return error_set(error, PM_ERROR_IO, "no folder for the results of trials in %.100s: %s (set TMPDIR)",
                     wished ? wish : "/dev/shm or /tmp", strerror(errno));
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    remove(path);
    return 0;
}

void scratch_close(struct scratch *scratch)
{
    enum { DESCRIPTORS = 16 };
    nftw(scratch->path, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}
