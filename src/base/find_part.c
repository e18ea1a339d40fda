#include "base/find_part.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The folder of the file that holds this code, with a '/' at its end: the command, or a shared library that
 * another program (an interpreter) has loaded. Returns 0, or -1 with `error` filled. */
static int own_folder(char folder[PATH_MAX], struct pm_error *error)
{
    static const char here;
    Dl_info info;
    struct link_map *map = NULL;
    const char *file = "/proc/self/exe"; /* the main program's name in its map is empty */
    if (dladdr1(&here, &info, (void **)&map, RTLD_DL_LINKMAP) != 0 && map->l_name[0] != '\0')
        file = map->l_name;
    if (realpath(file, folder) == NULL)
        return error_set(error, PM_ERROR_IO, "the program's own path is unknown (mount /proc)");
    strrchr(folder, '/')[1] = '\0';
    return 0;
}

/* The file `name` in one of the places, relative to the own folder. Returns 0; 1 if it is missing; -1 with
 * `error` filled. */
static int find_file(const char *const places[], size_t count, const char *name, char path[PATH_MAX],
                     struct pm_error *error)
{
    char folder[PATH_MAX];
    if (own_folder(folder, error) != 0)
        return -1;
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
