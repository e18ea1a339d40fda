/*
 * Folders that are watched for new and changed files (inotify(7)): a file counts once it was closed after
 * being written, moved in, or linked. The walk adds each folder before it reads it, so that no file is
 * missed. inotify does not see what other machines write to a network file system.
 */
#ifndef BATCH_WATCH_H
#define BATCH_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/error.h"
#include "base/names.h"

struct watch;

struct watch_listener {
    const void *self;
    /* A folder that the user named was removed or renamed, and is not watched any more. NULL: not reported.
     */
    void (*lost)(const void *self, const char *path);
};

/* Returns NULL with `error` filled. */
struct watch *watch_open(struct watch_listener listener, struct pm_error *error);
void watch_close(struct watch *watch); /* NULL is allowed */

/* Watches a folder; again is allowed, also under its new name. path + skip is its name below the folder that
 * the user named, and `named`: it is that folder. Returns 0, or -1 with `error` filled. */
int watch_add(struct watch *watch, const char *path, size_t skip, bool named, struct pm_error *error);

/* The number of folders that are watched. */
size_t watch_count(const struct watch *watch);

/* A file or a new folder in a watched folder. */
struct change {
    const char *path;
    size_t skip;     /* path + skip is its name below the folder that the user named */
    bool everything; /* `path` is a folder that the user named, to be read again: changes were lost */
};

struct changes {
    struct change *changes; /* each path once, in the order of the paths */
    size_t count, room;
    struct names names;    /* owns the strings */
    struct timespec since; /* with `everything`: files with an earlier change time were reported before */
};

/* Waits for changes and adds them to *changes, which is empty. 1; 0 if *stop was set, with `stop_fd`
 * readable; -1 with `error` filled. */
int watch_wait(struct watch *watch, const atomic_bool *stop, int stop_fd, struct changes *changes,
               struct pm_error *error);
void changes_free(struct changes *changes);

#endif
