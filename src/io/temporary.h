/*
 * Temporaries: a result grows in a file of the result's own folder, locked (flock) while in use, and is
 * renamed over the result when it is whole. A temporary that a killed run left behind has no lock and is
 * swept by the next run.
 */
#ifndef IO_TEMPORARY_H
#define IO_TEMPORARY_H

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>

/* A file in which a result grows, beside the result's place. */
struct temporary {
    int fd; /* open for writing and locked */
    bool folders_made;
    char name[PATH_MAX + 32];
};

enum { TEMPORARY_FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, TEMPORARY_MODE = 0600 };

/* Sets a fresh name beside `path`, to be opened with flags and mode as above. 0, or -1 with errno set. */
int temporary_name(struct temporary *temporary, const char *path);

enum temporary_state {
    TEMPORARY_READY,
    TEMPORARY_AGAIN,  /* take another name and open that */
    TEMPORARY_FAILED, /* errno is set */
};

/* Locks what was opened; `fd` is a descriptor or -errno. Makes missing folders, once. */
enum temporary_state temporary_opened(struct temporary *temporary, int fd);

/* Unlocks and closes a temporary that was renamed; or removes it, keeping errno. */
void temporary_close(struct temporary *temporary);
void temporary_discard(struct temporary *temporary);

/* Is `name` (a last part) a temporary's? */
bool temporary_has_name(const char *name);

/* Removes the temporary `path` unless somebody holds it. True when it was removed. */
bool temporary_sweep(const char *path);

/* Sweeps every temporary of the folder `path`, if there is such a folder. Returns how many are left. */
unsigned temporary_sweep_folder(const char *path);

#endif
