#include "batch/place.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "io/url.h"

/* Reads the path of the current folder. */
static int find_here(struct buffer *here, struct pm_error *error)
{
    while (buffer_reserve(here, 4096) == 0) {
        if (getcwd((char *)here->data, here->capacity) != NULL) {
            here->size = strlen((char *)here->data);
            return 0;
        }
        if (errno != ERANGE)
            return error_set_hint(error, PM_ERROR_IO, PM_HINT_BASE,
                                  "the current folder can't be determined: %s", strerror(errno));
        here->size = here->capacity;
    }
    return error_memory(error, 0);
}

/* Appends the parts of `path`: without "." and empty parts; ".." removes the part before it. Links are not
 * resolved, because the user sees names. */
static int append_parts(struct buffer *absolute, const char *path)
{
    while (*path != '\0') {
        const size_t length = (size_t)(strchrnul(path, '/') - path);
        if (length == 2 && path[0] == '.' && path[1] == '.') {
            while (absolute->size > 0 && absolute->data[--absolute->size] != '/')
                ;
        } else if (length > 0 && !(length == 1 && path[0] == '.')) {
            if (buffer_append(absolute, "/", 1) != 0 || buffer_append(absolute, path, length) != 0)
                return -1;
        }
        path += length;
        while (*path == '/')
            path++;
    }
    return 0;
}

/* The absolute, NUL-terminated name of `path`: "" is the root, else it begins with a slash. */
static int make_absolute(const struct buffer *here, const char *path, struct buffer *absolute,
                         struct pm_error *error)
{
    absolute->size = 0;
    if ((path[0] != '/' && buffer_append(absolute, here->data, here->size) != 0) ||
        append_parts(absolute, path) != 0 || buffer_append(absolute, "", 1) != 0)
        return error_memory(error, 0);
    absolute->size--;
    return 0;
}

/* Checks that the base folder exists; otherwise every input would fail. */
static int check_base(const char *base, struct pm_error *error)
{
    struct stat status;
    char shown[96];
    text_shown(base, shown, sizeof shown);
    if (stat(base, &status) != 0)
        return error_set(error, PM_ERROR_USAGE, "the base folder %s: %s (check --base)", shown,
                         errno == ENOENT ? "no such folder" : strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return error_set(error, PM_ERROR_USAGE, "the base %s is not a folder (check --base)", shown);
    return 0;
}

/* Of a folder's name, without trailing slashes. */
static size_t trimmed_length(const char *folder)
{
    size_t length = strlen(folder);
    while (length > 0 && folder[length - 1] == '/')
        length--;
    return length;
}

int place_init(struct place *place, const struct walk_options *options, struct pm_error *error)
{
    *place = (struct place){.options = options};
    if (options->settings->in_place)
        return 0;
    place->output_length = trimmed_length(options->settings->output);
    if (options->settings->output[0] == '\0')
        return error_set(error, PM_ERROR_USAGE, "the output folder has an empty name (-o DIR)");
    if (options->settings->base == NULL)
        return 0;
    if (url_is(options->settings->base)) {
        place->base_is_url = true;
        return url_show(options->settings->base, &place->base) == 0 ? 0 : error_memory(error, 0);
    }
    if (object_is(options->settings->base)) {
        const char *base = options->settings->base;
        place->base_is_object = true;
        return buffer_append(&place->base, base, strlen(base) + 1) == 0 ? 0 : error_memory(error, 0);
    }
    if (check_base(options->settings->base, error) == 0 && find_here(&place->here, error) == 0) {
        if (place->here.size == 1) /* "/" */
            place->here.size = 0;
        if (make_absolute(&place->here, options->settings->base, &place->base, error) == 0)
            return 0;
    }
    place_free(place);
    return -1;
}

void place_free(struct place *place)
{
    buffer_free(&place->here);
    buffer_free(&place->base);
    buffer_free(&place->scratch);
}

static const char *not_below_base(const struct place *place, const char *input, struct pm_error *error)
{
    char shown[96], base[96];
    const char *written = place->base_is_url || place->base_is_object ? (const char *)place->base.data
                                                                      : place->options->settings->base;
    error_set_hint(error, PM_ERROR_USAGE, PM_HINT_BASE, "%s: is not below the base folder %s",
                   text_shown(input, shown, sizeof shown), text_shown(written, base, sizeof base));
    return NULL;
}

/* The part of the input's absolute path below --base, or NULL with `error` filled. */
static const char *below_base(struct place *place, const char *input, struct pm_error *error)
{
    if (place->base_is_object) {
        const char *base = (const char *)place->base.data;
        const size_t trimmed = trimmed_length(base);
        return strncmp(input, base, trimmed) == 0 && input[trimmed] == '/'
                   ? input + trimmed + 1
                   : not_below_base(place, input, error);
    }
    if (place->base_is_url || object_is(input))
        return not_below_base(place, input, error);
    if (make_absolute(&place->here, input, &place->scratch, error) != 0)
        return NULL;
    const char *name = (const char *)place->scratch.data;
    size_t length = place->base.size;
    if (place->scratch.size > length && memcmp(name, place->base.data, length) == 0 && name[length] == '/')
        return name + length + 1;
    return not_below_base(place, input, error);
}

/* The length of `name` before the format's suffix; all of it, with *add false, if it already has a suffix of
 * the format. */
static size_t stem_length(const char *name, const struct codec *format, bool *add)
{
    const char *last = strrchr(name, '/');
    last = last != NULL ? last + 1 : name;
    const char *dot = strrchr(last, '.');
    *add = true;
    if (dot == NULL || dot == last)
        return strlen(name);
    const struct codec *said = codec_of_suffix(dot + 1);
    *add = said != format;
    return said != NULL && said != format ? (size_t)(dot - name) : strlen(name);
}

/* The results' format, as far as the name shows: a file whose suffix is of a format that is only read gets
 * another. NULL: the suffix stays. */
static const struct codec *format_of(const struct walk_options *options, const char *below)
{
    const char *dot = strrchr(below, '.');
    const struct codec *said = dot != NULL ? codec_of_suffix(dot + 1) : NULL;
    if (options->format != NULL || said == NULL || codec_writes(said))
        return options->format;
    return codec_written(said);
}

/* DIR/below, with the format's suffix. */
static const char *result_of(const struct place *place, const char *below, struct names *names,
                             struct pm_error *error)
{
    const struct walk_options *options = place->options;
    const struct codec *format = format_of(options, below);
    bool add = false;
    size_t stem = format != NULL ? stem_length(below, format, &add) : strlen(below);
    size_t suffix = add ? strlen(format->suffix) + 1 : 0;

    char *result = names_alloc(names, place->output_length + 1 + stem + suffix + 1);
    if (result == NULL) {
        error_memory(error, 0);
        return NULL;
    }
    char *end = mempcpy(result, options->settings->output, place->output_length);
    *end++ = '/';
    end = mempcpy(end, below, stem);
    if (add) {
        *end++ = '.';
        end = mempcpy(end, format->suffix, suffix - 1);
    }
    *end = '\0';
    return result;
}

/* The part of a result's path below the output folder that a URL as shown gives, valid until the next call.
 * NULL with `error` filled. */
static const char *name_of_url(struct place *place, const char *url, const char *addition,
                               struct pm_error *error)
{
    struct buffer *name = &place->scratch;
    name->size = 0;
    int status = place->base_is_url ? url_name_below(url, (const char *)place->base.data, addition, name)
                                    : url_name(url, addition, name);
    if (status > 0)
        return not_below_base(place, url, error);
    if (status == 0)
        return (const char *)name->data;
    error_memory(error, 0);
    return NULL;
}

int place_in_shard(struct place *place, const char *input, size_t skip, bool *yes, struct pm_error *error)
{
    const struct settings *settings = place->options->settings;
    *yes = true;
    if (settings->shard.count == 0)
        return 0;
    const char *below = settings->base != NULL ? below_base(place, input, error) : input + skip;
    if (below == NULL)
        return -1;
    *yes = shard_has(&settings->shard, below);
    return 0;
}

int place_url_in_shard(struct place *place, const char *url, const char *name, bool *yes,
                       struct pm_error *error)
{
    const struct settings *settings = place->options->settings;
    *yes = true;
    if (settings->shard.count == 0)
        return 0;
    if (name == NULL && (name = name_of_url(place, url, "", error)) == NULL)
        return -1;
    *yes = shard_has(&settings->shard, name);
    return 0;
}

const char *place_result(struct place *place, const char *input, size_t skip, struct names *names,
                         const char **name, struct pm_error *error)
{
    const bool based = place->options->settings->base != NULL;
    const char *below = based ? below_base(place, input, error) : input + skip;
    if (below == NULL)
        return NULL;
    *name = based ? names_add(names, below, strlen(below)) : below;
    if (*name == NULL) {
        error_memory(error, 0);
        return NULL;
    }
    return result_of(place, *name, names, error);
}

/* FILE and SUFFIX, or DIR/path; with a path that does not lead out of DIR. */
static const char *backup_of(const struct settings *settings, const char *file, const char *below,
                             struct names *names)
{
    const bool folder = settings_backup_is_folder(settings);
    const char *first = folder ? settings->backup : file, *last = folder ? below : settings->backup;
    const size_t length = folder ? trimmed_length(first) : strlen(first);
    char *backup = names_alloc(names, length + 1 + strlen(last) + 1);
    if (backup != NULL)
        sprintf(backup, "%.*s%s%s", (int)length, first, folder ? "/" : "", last);
    return backup;
}

int place_in_place(const struct place *place, struct walk_entry *entry, size_t skip, struct names *names,
                   struct pm_error *error)
{
    const struct settings *settings = place->options->settings;
    char real[PATH_MAX];
    entry->name = entry->input + skip;
    /* Opening a file that is missing reports the error. */
    entry->output =
        realpath(entry->input, real) != NULL ? names_add(names, real, strlen(real)) : entry->input;
    if (entry->output != NULL && settings->backup != NULL)
        entry->backup = backup_of(settings, entry->output, entry->name, names);
    if (entry->output == NULL || (settings->backup != NULL && entry->backup == NULL))
        return error_memory(error, 0);
    return 0;
}

const char *place_below_output(const char *output, const char *result)
{
    return result + trimmed_length(output) + 1;
}

const char *place_find_below_output(const char *output, const char *result)
{
    const size_t length = trimmed_length(output);
    return strncmp(result, output, length) == 0 && result[length] == '/' ? result + length + 1 : NULL;
}

const char *place_url_result(struct place *place, const char *url, const char *addition, struct names *names,
                             struct pm_error *error)
{
    const char *name = name_of_url(place, url, addition, error);
    return name != NULL ? result_of(place, name, names, error) : NULL;
}

const char *place_named_result(struct place *place, const char *name, struct names *names,
                               struct pm_error *error)
{
    return result_of(place, name, names, error);
}

int place_variants(const struct place *place, struct walk_entry *entry, size_t number, struct names *names,
                   struct pm_error *error)
{
    const struct naming *naming = place->options->naming;
    const char *output = place->options->settings->output;
    const size_t count = naming->variants->count;
    char path[PATH_MAX];
    const char **results = names_alloc(names, (count * sizeof *results + 15) / 16 * 16);
    if (results == NULL)
        return error_memory(error, 0);
    for (size_t i = 0; i < count; i++) {
        const struct name_facts facts = {.below = place_below_output(output, entry->output),
                                         .number = number,
                                         .format =
                                             recipe_result_format(&naming->variants->variant[i].recipe)};
        if (naming_path(naming, output, i, &facts, path, sizeof path, error) != 0)
            return -1;
        results[i] = names_add(names, path, strlen(path));
        if (results[i] == NULL)
            return error_memory(error, 0);
    }
    entry->results = results;
    return 0;
}

bool place_is_below(const char *name)
{
    for (;;) {
        const size_t length = strcspn(name, "/");
        if (length == 0 || (length == 1 && name[0] == '.') ||
            (length == 2 && name[0] == '.' && name[1] == '.'))
            return false;
        if (name[length] == '\0')
            return true;
        name += length + 1;
    }
}

bool place_of_format(const char *path, const struct codec *format, char *named, size_t size)
{
    bool add;
    size_t stem = stem_length(path, format, &add);
    return (size_t)snprintf(named, size, "%.*s%s%s", (int)stem, path, add ? "." : "",
                            add ? format->suffix : "") < size;
}

struct folder {
    const char *name;
    size_t length;
};

static uint64_t folder_hash(const void *item)
{
    const struct folder *folder = item;
    return set_hash(folder->name, folder->length);
}

static bool folder_equal(const void *a, const void *b)
{
    const struct folder *first = a, *second = b;
    return first->length == second->length && memcmp(first->name, second->name, first->length) == 0;
}

void folders_init(struct folders *folders)
{
    *folders = (struct folders){0};
    set_init(&folders->set, folder_hash, folder_equal);
}

void folders_free(struct folders *folders)
{
    set_free(&folders->set);
    names_free(&folders->memory);
}

int folders_add(struct folders *folders, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct folder folder = {.name = ".", .length = 1};
    if (slash != NULL)
        folder = (struct folder){.name = path, .length = slash > path ? (size_t)(slash - path) : 1};
    if (set_find(&folders->set, &folder) != NULL)
        return 0;
    struct folder *kept = names_alloc(&folders->memory, sizeof *kept);
    char *name = names_add(&folders->memory, folder.name, folder.length);
    if (kept == NULL || name == NULL)
        return -1;
    *kept = (struct folder){.name = name, .length = folder.length};
    return set_put(&folders->set, kept);
}

int folders_add_results(struct folders *folders, const struct walk_list *list)
{
    int status = 0;
    for (size_t i = 0; i < list->count && status == 0; i++) {
        const struct walk_entry *entry = &list->entries[i];
        if (entry->problem == 0)
            status = folders_add(folders, entry->output);
        for (size_t k = 0; k < walk_results(list) && entry->results != NULL && status == 0; k++)
            status = folders_add(folders, entry->results[k]);
    }
    return status;
}

const char *folders_next(const struct folders *folders, size_t *at)
{
    while (*at < folders->set.capacity) {
        const struct folder *folder = folders->set.slots[(*at)++];
        if (folder != NULL)
            return folder->name;
    }
    return NULL;
}
