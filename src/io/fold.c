#include "io/fold.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "io/file.h"

int fold_find(const struct output_dir *dir, bool *folds, struct pm_error *error)
{
    struct temporary temporary;
    struct stat status;
    char path[PATH_MAX];
    errno = ENAMETOOLONG;
    if ((size_t)snprintf(path, sizeof path, "%.*s/x", (int)dir->length, dir->path) >= sizeof path ||
        temporary_begin(&temporary, dir, path, 0600) != 0)
        return output_dir_write_error(dir, errno, error);
    if (temporary_open(&temporary) != 0) {
        const int why = errno;
        temporary_discard(&temporary);
        return output_dir_write_error(dir, why, error);
    }
    char upper[sizeof temporary.name];
    snprintf(upper, sizeof upper, "%s", temporary.name);
    for (char *c = upper; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    *folds = fstatat(temporary.folder, upper, &status, AT_SYMLINK_NOFOLLOW) == 0;
    const bool known = *folds || errno == ENOENT;
    const int why = errno;
    temporary_discard(&temporary);
    return known ? 0 : output_dir_write_error(dir, why, error);
}
