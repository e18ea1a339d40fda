#include "base/find_part.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The file `name` in one of the places, relative to the command's folder. Returns 0; 1 if it is missing; -1
 * with `error` filled. */
static int find_file(const char *const places[], size_t count, const char *name, char path[PATH_MAX],
                     struct pm_error *error)
{
    char folder[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    if (length < 0)
        return error_set(error, PM_ERROR_IO, "the program's own path is unknown (mount /proc)");
    folder[length] = '\0';
    strrchr(folder, '/')[1] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (snprintf(path, PATH_MAX, "%s%s%s", folder, places[i], name) < PATH_MAX && access(path, F_OK) == 0)
            return 0;
    }
    return 1;
}

int find_part(const char *name, char path[PATH_MAX], struct pm_error *error)
{
    static const char *const places[] = {"", "../libexec/pixmill/"};
    const int found = find_file(places, sizeof places / sizeof *places, name, path, error);
    if (found <= 0)
        return found;
    return error_set(error, PM_ERROR_IO, "%s is missing (install it in pixmill's folder or in libexec)",
                     name);
}

int find_shared(const char *name, char path[PATH_MAX], struct pm_error *error)
{
    static const char *const places[] = {"../share/pixmill/recipes/", "../samples/recipes/"};
    const int found = find_file(places, sizeof places / sizeof *places, name, path, error);
    if (found <= 0)
        return found;
    return error_set(error, PM_ERROR_IO, "%s is missing (install it in share/pixmill/recipes)", name);
}
