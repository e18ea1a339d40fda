#include "batch/select.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

/* Synology's thumbnails, QNAP's and Synology's waste bin, and what fsck has found. */
static bool is_hidden(const char *name)
{
    static const char *const own[] = {"@eaDir", "#recycle", "lost+found"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (strcmp(name, own[i]) == 0)
            return true;
    }
    return name[0] == '.';
}

static bool matches(const struct patterns *patterns, const char *path, const char *name)
{
    for (unsigned i = 0; i < patterns->count; i++) {
        const char *glob = patterns->glob[i];
        const bool anchored = strchr(glob, '/') != NULL;
        if (fnmatch(glob, anchored ? path : name, anchored ? FNM_PATHNAME : 0) == 0)
            return true;
    }
    return false;
}

enum selected select_name(const struct selection *selection, const char *path, bool folder)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    if (!selection->hidden && is_hidden(name))
        return SELECT_HIDDEN;
    if (matches(&selection->exclude, path, name))
        return SELECT_EXCLUDED;
    if (!folder && selection->include.count > 0 && !matches(&selection->include, path, name))
        return SELECT_EXCLUDED;
    return SELECT_TAKEN;
}
