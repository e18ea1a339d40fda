/* Which names found in a folder are used: --hidden, and the patterns of --include and --exclude. Names given
 * by the user are always used. */
#ifndef BATCH_SELECT_H
#define BATCH_SELECT_H

#include <stdbool.h>

enum { PATTERNS_MAX = 64 };

/* Shell patterns (fnmatch(3)), case-sensitive, in the order given. A pattern without a slash is compared with
 * a name, one with a slash with the path relative to the named folder. */
struct patterns {
    const char *glob[PATTERNS_MAX];
    unsigned count;
};

struct selection {
    bool hidden;             /* use names that begin with a dot, and folders of NAS and file systems */
    struct patterns exclude; /* files, and folders with their content */
    struct patterns include; /* files; none: all */
};

enum selected { SELECT_TAKEN, SELECT_HIDDEN, SELECT_EXCLUDED, SELECT_OUTPUT /* the folder for results */ };

/* Why `glob` is malformed or can't match any name; NULL: it is valid. */
const char *pattern_fault(const char *glob);

/* Do the patterns select `path`, which is relative to the named folder? */
bool patterns_select(const struct selection *selection, const char *path, bool folder);

#endif
