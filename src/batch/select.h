/*
 * Which names found in a folder are taken: hidden ones only when asked for, and none that the user excludes.
 * What the user names is always taken.
 */
#ifndef BATCH_SELECT_H
#define BATCH_SELECT_H

#include <stdbool.h>

enum { PATTERNS_MAX = 64 };

/* Shell patterns (fnmatch(3)), case-sensitive, in the order given. One without a slash is held against a
 * name, one with a slash against the path below the folder that the user named. */
struct patterns {
    const char *glob[PATTERNS_MAX];
    unsigned count;
};

struct selection {
    bool hidden;             /* take names that begin with a dot, and a NAS's or file system's own folders */
    struct patterns exclude; /* files, and folders with all they hold */
    struct patterns include; /* files; none: all */
};

enum selected { SELECT_TAKEN, SELECT_HIDDEN, SELECT_EXCLUDED, SELECT_OUTPUT /* the folder for results */ };

/* Why `glob` is malformed or can match no name, or NULL. */
const char *pattern_fault(const char *glob);

/* What becomes of the name at the end of `path`, the path below the folder that was named. */
enum selected select_name(const struct selection *selection, const char *path, bool folder);

#endif
