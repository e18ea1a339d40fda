/*
 * The file that a result replaces, with --in-place. It is kept under another name before the result takes its
 * name: as a hard link, so that there is a whole file under both names at any time, whenever the process is
 * killed. Without hard links (FAT) it is copied. A file that was changed since it was opened is not replaced.
 */
#ifndef IO_ORIGINAL_H
#define IO_ORIGINAL_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"

struct original {
    struct stat status; /* before it was opened */
    const char *backup; /* the name that it gets; borrowed. NULL: it is not kept */
};

/* Is there a backup, which another file has replaced already? */
bool original_is_replaced(const struct original *original);

/* Refuses an original that is replaced already. Returns 0, or -1 with `error` filled. */
int original_check(const struct original *original, struct pm_error *error);

/* Gives the file `path` its backup's name as well, creating missing folders above it; never replaces a file.
 * Returns 0, or -1 with `error` filled and nothing changed. */
int original_keep(const struct original *original, const char *path, struct pm_error *error);

/* Undoes original_keep, when the result could not be renamed. Keeps errno. */
void original_restore(const struct original *original);

/* Gives the file at fd the original's owner and group, as far as this process may. */
void original_give_owner(const struct original *original, int fd);

#endif
