#include "batch/walk.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/text.h"
#include "batch/clash.h"
#include "batch/input_list.h"
#include "batch/problem.h"
#include "batch/standard_image.h"
#include "batch/store.h"
#include "batch/unit_plan.h"
#include "batch/url_names.h"
#include "batch/walk_list.h"
#include "io/url.h"

/* Adds a list that was read as one name; only its beginning is kept. */
static int add_unparted_list(struct walk *walk, const char *list, struct pm_error *error)
{
    enum { SHOWN = 64 };
    char begin[SHOWN + sizeof "\n..."];
    size_t line = strcspn(list, "\n");
    snprintf(begin, sizeof begin, "%.*s\n...", (int)(line < SHOWN ? line : SHOWN), list);
    return walk_add_problem(walk, begin, WALK_LINES, error);
}

/* Adds a URL; whether it exists is known only when it is fetched. `result` is its result's name below DIR,
 * given in a list, or NULL. */
static int add_url(struct walk *walk, const char *url, const char *result, struct pm_error *error)
{
    const bool in_place = walk->options->settings->in_place;
    struct buffer shown = {0};
    struct walk_entry entry = {.named_result = result != NULL};
    bool mine = true;
    int status = url_show(url, &shown) == 0 ? 0 : error_memory(error, 0);
    if (status == 0)
        status = place_url_in_shard(&walk->place, (const char *)shown.data, result, &mine, error);
    if (status != 0 || !mine) {
        walk->list->others += !mine;
        buffer_free(&shown);
        return status;
    }
    entry.url = names_add(walk->names, url, strlen(url));
    if (entry.url != NULL)
        entry.input = names_add(walk->names, (const char *)shown.data, shown.size);
    buffer_free(&shown);
    if (entry.url == NULL || entry.input == NULL)
        return error_memory(error, 0);
    if (in_place || (result != NULL && !place_is_below(result)))
        return walk_add_problem(walk, entry.input, in_place ? WALK_URL_IN_PLACE : WALK_BAD_RESULT, error);
    entry.output = result != NULL ? place_named_result(&walk->place, result, walk->names, error)
                                  : place_url_result(&walk->place, entry.input, "", walk->names, error);
    if (result == NULL && entry.output != NULL)
        result = (const char *)walk->place.scratch.data; /* which has the name of the URL */
    if (result != NULL && (entry.name = names_add(walk->names, result, strlen(result))) == NULL)
        return error_memory(error, 0);
    walk->list->urls++;
    return entry.output != NULL ? walk_add(walk, &entry, error) : -1;
}

bool walk_is_archive(const char *name)
{
    const size_t length = strlen(name);
    return length > 4 && strcasecmp(name + length - 4, ".tar") == 0;
}

/* Adds an archive; its result keeps its name, whatever the format of the images. */
static int add_archive(struct walk *walk, const char *name, size_t skip, struct pm_error *error)
{
    struct walk_options unchanged = *walk->options;
    struct walk_list *list = walk->list;
    const size_t before = list->count;
    if (walk->options->settings->in_place)
        return walk_add_problem(walk, name, WALK_ARCHIVE_IN_PLACE, error);
    const struct settings *settings = walk->options->settings;
    char shown[96];
    if (settings_to_stdout(settings) || settings_to_store(settings) || settings->manifest != NULL)
        return error_set(
            error, PM_ERROR_USAGE,
            "%s: the result of an archive is an archive in a folder (give -o DIR, without --manifest)",
            text_shown(name, shown, sizeof shown));
    unchanged.format = NULL;
    walk->place.options = &unchanged;
    const int status = walk_add_file(walk, name, skip, false, error);
    walk->place.options = walk->options;
    if (status == 0 && list->count > before) {
        list->entries[before].archive = true;
        list->archives++;
    }
    return status;
}

/* Adds a named URL, file or folder. A missing file is not refused here: its job fails. */
static int walk_named(struct walk *walk, const char *name, enum namer namer, struct pm_error *error)
{
    struct stat status;
    if (url_is(name))
        return add_url(walk, name, NULL, error);
    if (object_is(name))
        return walk_named_object(walk, name, namer, error);
    const char *slash = strrchr(name, '/');
    const char *last = slash != NULL ? slash + 1 : name;
    bool mine = true;
    /* Of millions of listed names, those of other shards cost no system call. */
    if (namer != BY_USER && place_in_shard(&walk->place, name, (size_t)(last - name), &mine, error) != 0)
        return -1;
    if (!mine) {
        walk->list->others++;
        return 0;
    }
    int problem = stat(name, &status) == 0 ? 0 : errno;
    int guess = problem == ENOENT || problem == ENAMETOOLONG ? problem_of_missing(name, namer) : 0;
    if (guess == WALK_LINES)
        return add_unparted_list(walk, name, error);
    if (guess != 0)
        return walk_add_problem(walk, name, guess, error);
    if (problem == 0 && S_ISDIR(status.st_mode))
        return namer == BY_USER ? walk_named_folder(walk, name, &status, error)
                                : walk_add_problem(walk, name, EISDIR, error);
    if (last[0] == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
        return walk_add_problem(walk, name, problem != 0 ? problem : ENOTDIR, error);
    if (problem == 0 && !S_ISREG(status.st_mode))
        return walk_add_no_file(walk, name, false, error);
    if (problem == 0 && walk_is_archive(name))
        return add_archive(walk, name, (size_t)(last - name), error);
    return walk_add_file(walk, name, (size_t)(last - name), false, error);
}

/* Adds a line of a list: a name, or a URL followed by a tab and the name of its result. */
static int walk_listed(void *self, char *line, bool parted, struct pm_error *error)
{
    struct walk *walk = self;
    char *tab = url_is(line) ? strchr(line, '\t') : NULL;
    if (tab == NULL)
        return walk_named(walk, line, parted ? BY_LIST : BY_UNPARTED_LIST, error);
    *tab = '\0';
    return add_url(walk, line, tab + 1, error);
}

/* Adds the image on standard input, which is called by its format: stdin.jpg. */
static int add_standard_image(struct walk *walk, struct pm_error *error)
{
    const struct settings *settings = walk->options->settings;
    struct walk_entry entry = {.input = "standard input", .name = "stdin"};
    char name[STANDARD_IMAGE_NAME_MAX];
    if (walk->list->images > 0)
        return error_set(error, PM_ERROR_USAGE, "standard input can be read only once (give one -)");
    entry.fd = standard_image_open(settings->backend.max_bytes, &entry.size, name, error);
    if (entry.fd < 0)
        return -1;
    entry.output = place_named_result(&walk->place, name, walk->names, error);
    if (entry.output != NULL && walk_add(walk, &entry, error) == 0) {
        walk->list->images++;
        return 0;
    }
    close(entry.fd);
    return -1;
}

static int walk_standard_input(struct walk *walk, struct pm_error *error)
{
    const struct settings *settings = walk->options->settings;
    return settings->image ? add_standard_image(walk, error)
                           : input_list_read(settings->nul_separated, walk_listed, walk, error);
}

/* Prepares the walk before the first input: finds the output folder, or the one for originals. */
static int walk_begin(struct walk *walk, struct pm_error *error)
{
    struct stat status;
    const struct settings *settings = walk->options->settings;
    const char *output = settings->in_place ? settings->backup : settings->output;
    if (output != NULL && !object_is(output) && stat(output, &status) == 0 && S_ISDIR(status.st_mode)) {
        walk->output_exists = true;
        walk->output = (struct folder_id){.device = status.st_dev, .inode = status.st_ino};
        walk->output_path = realpath(output, NULL);
    }
    set_init(&walk->folders, walk_folder_hash, walk_folder_equal);
    walk->list->names = walk->names = calloc(1, sizeof *walk->names);
    if (walk->names == NULL)
        return error_memory(error, sizeof *walk->names);
    return place_init(&walk->place, walk->options, error);
}

/* With a naming: names the results of all entries. */
static int name_variants(struct walk *walk, struct pm_error *error)
{
    int status = 0;
    for (size_t i = 0; i < walk->list->count && walk->list->naming != NULL && status == 0; i++) {
        struct walk_entry *entry = &walk->list->entries[i];
        if (entry->problem == 0 && !entry->archive)
            status = place_variants(&walk->place, entry, walk->options->before + i + 1, walk->names, error);
    }
    return status;
}

/* --plan: the names of the shard's unit. */
static int walk_unit(struct walk *walk, struct pm_error *error)
{
    const struct settings *settings = walk->options->settings;
    char path[PATH_MAX], shown[96];
    struct pm_error why = {0};
    unit_plan_list(settings->plan, settings->shard.index, path, sizeof path);
    return input_list_read_file(path, walk_listed, walk, &why) == 0
               ? 0
               : error_set(error, why.kind, "%s: %s", text_shown(path, shown, sizeof shown), why.message);
}

static int walk_all(struct walk *walk, const char *const *inputs, size_t ninputs, struct pm_error *error)
{
    if (walk->options->settings->plan != NULL && walk_unit(walk, error) != 0)
        return -1;
    for (size_t i = 0; i < ninputs; i++) {
        int status = strcmp(inputs[i], "-") == 0 ? walk_standard_input(walk, error)
                                                 : walk_named(walk, inputs[i], BY_USER, error);
        if (status != 0)
            return -1;
    }
    if (walk->list->count > 0) {
        int status = url_names_settle(walk->list, &walk->place, walk->names, error);
        if (status == 0)
            status = name_variants(walk, error);
        if (status == 0 && !walk->options->unchecked)
            status = clash_check(walk->list, walk->options->settings->in_place, error);
        return status;
    }
    if (walk->output_named)
        return error_set(error, PM_ERROR_USAGE, "the %s folder is the input folder (give another one)",
                         walk->options->settings->in_place ? "backup" : "output");
    return walk->options->settings->allow_empty || walk->options->settings->plan != NULL ||
                   walk->list->others > 0 || walk->options->settings->watch
               ? 0
               : problem_nothing_found(walk->list, error);
}

static void walk_end(struct walk *walk)
{
    place_free(&walk->place);
    free(walk->output_path);
    set_free(&walk->folders);
    names_free(&walk->memory);
    buffer_free(&walk->path);
}

int walk_inputs(const char *const *inputs, size_t ninputs, const struct walk_options *options,
                struct walk_list *list, struct pm_error *error)
{
    *list = (struct walk_list){.naming = options->naming};
    struct walk walk = {.options = options, .list = list};
    int status = walk_begin(&walk, error);
    if (status == 0)
        status = walk_all(&walk, inputs, ninputs, error);
    walk_end(&walk);
    if (status != 0)
        walk_free(list);
    return status;
}

int walk_changed(const struct changes *changes, const struct walk_options *options, struct walk_list *list,
                 struct pm_error *error)
{
    *list = (struct walk_list){.naming = options->naming};
    struct walk walk = {.options = options, .list = list, .named = "", .since = changes->since};
    int status = walk_begin(&walk, error);
    for (size_t i = 0; i < changes->count && status == 0; i++)
        status = walk_change(&walk, &changes->changes[i], error);
    if (status == 0)
        status = name_variants(&walk, error);
    walk_end(&walk);
    if (status != 0)
        walk_free(list);
    return status;
}

void walk_free(struct walk_list *list)
{
    for (size_t i = 0; i < list->count && list->images > 0; i++) {
        if (list->entries[i].fd > 0)
            close(list->entries[i].fd);
    }
    if (list->names != NULL)
        names_free(list->names);
    free(list->names);
    free(list->entries);
    *list = (struct walk_list){0};
}
