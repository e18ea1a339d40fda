#include "batch/problem.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "batch/content.h"
#include "filter/filter.h"
#include "transform/recipe.h"

/* "ftp://host/x", "s3:/x": letters and digits before ":/", more than one, because "C:/x" is a Windows path.
 */
static bool looks_like_url(const char *name)
{
    size_t letters = 0;
    while (isalnum((unsigned char)name[letters]))
        letters++;
    return isalpha((unsigned char)name[0]) && letters > 1 && strncmp(name + letters, ":/", 2) == 0;
}

/* "resize=100": an option without its dashes. */
static bool looks_like_step(const char *name)
{
    char word[32];
    size_t length = strcspn(name, "=");
    if (name[length] != '=' || length >= sizeof word)
        return false;
    memcpy(word, name, length);
    word[length] = '\0';
    struct recipe_setting setting;
    return filter_find(word) != NULL || recipe_setting_find(word, &setting);
}

int problem_of_missing(const char *name, enum namer namer)
{
    size_t length = strlen(name);
    if (length == 0)
        return WALK_EMPTY_NAME;
    if (looks_like_url(name))
        return WALK_NO_SCHEME;
    if (namer == BY_UNPARTED_LIST && strchr(name, '\n') != NULL)
        return WALK_LINES;
    if (namer == BY_USER && looks_like_step(name))
        return WALK_STEP;
    if (namer == BY_USER && length <= 3 && strspn(name, "0123456789") == length)
        return WALK_QUALITY;
    if (namer == BY_USER && strpbrk(name, "*?[") != NULL)
        return WALK_PATTERN;
    return 0;
}

void walk_tell_problem(const struct walk_entry *entry, struct pm_error *error)
{
    static const struct {
        int problem;
        enum pm_error_kind kind;
        const char *message;
    } known[] = {
        {WALK_NO_FILE, PM_ERROR_UNSUPPORTED, "not a regular file (pipes and devices are not read)"},
        {WALK_NO_IMAGE, PM_ERROR_UNSUPPORTED, "not a supported image"},
        {WALK_EMPTY_NAME, PM_ERROR_IO, "an input's name is empty (an unset variable?)"},
        {WALK_NO_SCHEME, PM_ERROR_UNSUPPORTED,
         "not supported (only http://, https:// and s3:// are fetched)"},
        {WALK_LINES, PM_ERROR_IO, "no such file (the list has lines and no NUL bytes; omit -0)"},
        {WALK_STEP, PM_ERROR_IO, "no such file (a filter is an option; put -- in front)"},
        {WALK_QUALITY, PM_ERROR_IO,
         "no such file (check the name; a JPEG's quality is -Q, with a capital Q)"},
        {WALK_PATTERN, PM_ERROR_IO,
         "no such file (a pattern in quotes, or that matches nothing, is not expanded; --include takes one, for "
         "a folder)"},
        {WALK_BAD_RESULT, PM_ERROR_USAGE,
         "the name after the tab is not a path below the output folder (such as cats/one.jpg)"},
        {WALK_BAD_KEY, PM_ERROR_USAGE, "its key is not a path below a folder (rename the object)"},
        {WALK_URL_IN_PLACE, PM_ERROR_USAGE, "a URL can't be replaced by its result (give an output folder)"},
        {WALK_ARCHIVE_IN_PLACE, PM_ERROR_USAGE,
         "an archive can't be replaced by its result (give an output folder)"},
        {WALK_TAKEN, PM_ERROR_USAGE,
         "its result would replace another file of this run (rename it, or process it in a separate run)"},
        {ENOENT, PM_ERROR_IO, "no such folder (check the name)"},
        {ENOTDIR, PM_ERROR_IO, "not a folder (check the name)"},
        {EISDIR, PM_ERROR_UNSUPPORTED, "is a folder (name it on the command line to process it)"},
        {EACCES, PM_ERROR_IO, "the folder is not readable (check its permissions)"},
    };
    if (entry->problem == WALK_NOT_LISTED) {
        error_set(error, PM_ERROR_IO, "%s", entry->name);
        return;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].problem == entry->problem) {
            error_set(error, known[i].kind, "%s", known[i].message);
            return;
        }
    }
    error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(entry->problem));
}

bool problem_no_image(struct walk_entry *entry)
{
    if (!entry->from_folder || entry->url != NULL || content_identify_file(entry->input).readable)
        return false;
    entry->problem = WALK_NO_IMAGE;
    return true;
}

int problem_nothing_found(const struct walk_list *list, struct pm_error *error)
{
    if (list->excluded > 0)
        return error_set_hint(error, PM_ERROR_USAGE, PM_HINT_ALLOW_EMPTY,
                              "there is nothing to do: no input file, %zu excluded", list->excluded);
    if (list->hidden > 0)
        return error_set_hint(error, PM_ERROR_USAGE, PM_HINT_HIDDEN,
                              "there is nothing to do: no input file, %zu hidden", list->hidden);
    if (list->output != NULL)
        return error_set_hint(error, PM_ERROR_USAGE, PM_HINT_ALLOW_EMPTY,
                              "there is nothing to do: no input file outside the output folder");
    return error_set_hint(error, PM_ERROR_USAGE, PM_HINT_ALLOW_EMPTY,
                          "there is nothing to do: no input file, the folder or list is empty");
}
