#include "batch/guard.h"

#include "base/text.h"
#include "batch/problem.h"

enum { SHOWN = 64 }; /* bytes of a name in a message */

bool guard_add(struct guard *guard, const char *path, const char *what)
{
    struct stat status;
    if (path == NULL || stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    guard->files[guard->count++] =
        (struct guard_file){.path = path, .what = what, .device = status.st_dev, .inode = status.st_ino};
    return true;
}

void guard_add_pictures(struct guard *guard, const struct pm_recipe *recipe)
{
    for (size_t i = 0; i <= recipe->nsteps; i++) {
        const char *name = recipe_picture_name(recipe, i);
        if (name != NULL && guard_find(guard, name) == NULL &&
            guard_add(guard, name, i < recipe->nsteps ? "the watermark" : "the profile"))
            guard->files[guard->count - 1].is_picture = true;
    }
}

const struct guard_file *guard_find_file(const struct guard *guard, const struct stat *status)
{
    for (size_t i = 0; i < guard->count; i++) {
        const struct guard_file *file = &guard->files[i];
        if (file->device == status->st_dev && file->inode == status->st_ino)
            return file;
    }
    return NULL;
}

const struct guard_file *guard_find(const struct guard *guard, const char *path)
{
    struct stat status;
    return guard->count > 0 && stat(path, &status) == 0 ? guard_find_file(guard, &status) : NULL;
}

/* The protected file that a result of the entry would replace, and in *output that result; NULL: none. */
static const struct guard_file *find_result(const struct guard *guard, const struct walk_list *list,
                                            const struct walk_entry *entry, const char **output)
{
    const struct guard_file *found = NULL;
    for (size_t i = 0; i < walk_results(list) && found == NULL; i++) {
        const char *result = walk_result(list, entry, i);
        found = result != NULL ? guard_find(guard, result) : NULL;
        *output = found != NULL ? result : *output;
    }
    return found;
}

static int check_entry(const struct guard *guard, const struct walk_list *list, struct walk_entry *entry,
                       struct pm_error *error)
{
    char name[SHOWN], other[SHOWN];
    const struct guard_file *input = entry->url == NULL ? guard_find(guard, entry->input) : NULL;
    const char *output = entry->output;
    const struct guard_file *result = find_result(guard, list, entry, &output);
    if (input != NULL && input->is_picture)
        input = NULL;
    if ((input == NULL && result == NULL) || problem_no_image(entry))
        return 0;
    if (input != NULL)
        return error_set(error, PM_ERROR_USAGE,
                         "%s: is an input and also %s %s (leave it out, or name another file)",
                         text_shown(entry->input, name, sizeof name), input->what,
                         text_shown(input->path, other, sizeof other));
    return error_set(error, PM_ERROR_USAGE,
                     "%s: would overwrite %s %s (give another output folder, or keep that file elsewhere)",
                     text_shown(output, name, sizeof name), result->what,
                     text_shown(result->path, other, sizeof other));
}

int guard_check(const struct guard *guard, struct walk_list *list, struct pm_error *error)
{
    for (size_t i = 0; i < list->count && guard->count > 0; i++) {
        struct walk_entry *entry = &list->entries[i];
        if (entry->problem == 0 && check_entry(guard, list, entry, error) != 0)
            return -1;
    }
    return 0;
}
