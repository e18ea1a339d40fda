#include "batch/load_pictures.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "batch/guard.h"
#include "batch/work.h"
#include "codec/part.h"
#include "io/file.h"
#include "transform/pictures.h"

/* Files to load: the source and the sink of a backend with one worker. */
struct loading {
    struct pictures *pictures;
    const struct backend_config *backend;
    struct picture_file {
        char *path;
        const char *name; /* of the picture; part of `path`, or all of it */
    } * files;
    size_t count, next;
    bool skip_others; /* files that are not pictures are no error */
    struct job job;   /* of the current file, the one before `next` */
    struct pm_error *error;
};

/* Adds a file, unless there is one of that name. `name`: a part of `path`. */
static int add_file(struct loading *loading, const char *path, const char *name)
{
    for (size_t i = 0; i < loading->count; i++) {
        if (strcmp(loading->files[i].name, name) == 0)
            return 0;
    }
    char *copy = strdup(path);
    struct picture_file *files = realloc(loading->files, (loading->count + 1) * sizeof *files);
    if (files != NULL)
        loading->files = files;
    if (copy == NULL || files == NULL) {
        free(copy);
        return error_memory(loading->error, 0);
    }
    files[loading->count++] = (struct picture_file){.path = copy, .name = copy + (name - path)};
    return 0;
}

/* Adds the file's name to the error. */
static int blame(struct loading *loading, const char *path, const struct pm_error *why)
{
    char shown[96];
    return error_set_hint(loading->error, why->kind, why->hint, "%s: %s",
                          text_shown(path, shown, sizeof shown), why->message);
}

/* Charges the job with the memory that decoding takes. */
static int charge(const struct loading *loading, struct job *job, struct pm_error *error)
{
    const uint64_t limit = loading->backend->max_bytes / 2, kept = pictures_bytes(loading->pictures);
    if (pictures_forecast(job->in.data, job->in.size, loading->backend->max_pixels, &job->charge, error) != 0)
        return -1;
    if (job->charge <= limit && kept <= limit - job->charge)
        return 0;
    return error_limit(error, limit, kept + job->charge,
                       "watermarks would need %" PRIu64 " MiB of memory with this one, but only %" PRIu64
                       " MiB are available for them (use smaller pictures)",
                       ((kept + job->charge) >> 20) + 1, limit >> 20);
}

static struct job *loading_take(void *self)
{
    struct loading *loading = self;
    while (loading->next < loading->count && loading->error->kind == PM_OK) {
        const char *path = loading->files[loading->next++].path;
        struct job *job = &loading->job;
        struct pm_error why = {0};
        *job = (struct job){.fd = -1, .input = path};
        int status = file_load(path, LOAD_PICTURE_BYTES, &job->in, &why);
        const struct codec *codec = status == 0 ? codec_sniff(job->in.data, job->in.size) : NULL;
        const bool profile = status == 0 && pictures_is_profile(job->in.data, job->in.size);
        const bool skipped = status == 0 && codec == NULL && !profile && loading->skip_others;
        if (status == 0 && !skipped)
            status = charge(loading, job, &why);
        if (status == 0 && !skipped) {
            job->needs = codec != NULL ? codec_part_bit(codec) : 0;
            job->ready_at = clock_now();
            return job;
        }
        buffer_free(&job->in);
        if (status != 0)
            blame(loading, path, &why);
    }
    return NULL;
}

static void loading_give(void *self, struct job *job)
{
    struct loading *loading = self;
    const struct picture_file *file = &loading->files[loading->next - 1];
    struct pm_error why = job->result.error;
    if (why.kind != PM_OK ||
        pictures_take(loading->pictures, file->name, job->in.data, job->in.size, &job->out, &why) != 0)
        blame(loading, file->path, &why);
    buffer_free(&job->in);
    buffer_free(&job->out);
}

/* Loads the files on a backend of its own, and frees their list. */
static int load_all(struct loading *loading)
{
    struct backend_config config = *loading->backend;
    struct backend_report report;
    const struct job_source source = {.take = loading_take, .self = loading};
    const struct job_sink sink = {.give = loading_give, .self = loading};
    if (!config.kind->processes)
        config.kind = backend_find("serial");
    config.workers = 1;
    config.work = work_for_pictures();
    config.cpus = NULL;
    struct workers *workers = loading->count > 0 && loading->error->kind == PM_OK
                                  ? config.kind->open(&config, loading->error)
                                  : NULL;
    if (workers != NULL) {
        config.kind->run(workers, &source, &sink, &report, loading->error);
        config.kind->close(workers);
    }
    for (size_t i = 0; i < loading->count; i++)
        free(loading->files[i].path);
    free(loading->files);
    return loading->error->kind == PM_OK ? 0 : -1;
}

static int add_recipe(struct loading *loading, const struct pm_recipe *recipe)
{
    for (size_t i = 0; i <= recipe->nsteps; i++) {
        const char *name = recipe_picture_name(recipe, i);
        if (name != NULL && add_file(loading, name, name) != 0)
            return -1;
        if (loading->count > GUARD_PICTURES)
            return error_set(loading->error, PM_ERROR_USAGE, "more than %d watermarks", GUARD_PICTURES);
    }
    return 0;
}

/* The last name, after those of the steps, is the profile's. */
static int check_kinds(const struct pm_recipe *recipe, struct pm_error *error)
{
    char shown[96];
    for (size_t i = 0; i <= recipe->nsteps; i++) {
        const char *name = recipe_picture_name(recipe, i);
        const struct filter_picture *file = name != NULL ? pictures_find(recipe->pictures, name) : NULL;
        const bool profile = i == recipe->nsteps;
        if (file != NULL && (file->profile.data != NULL) != profile)
            return error_set(error, PM_ERROR_USAGE, "%s: is %s", text_shown(name, shown, sizeof shown),
                             profile ? "a picture, not an ICC profile" : "an ICC profile, not a picture");
    }
    return 0;
}

static int load_added(struct loading *loading, struct pictures **pictures)
{
    if (loading->count > 0 && (loading->pictures = pictures_new()) == NULL)
        error_memory(loading->error, 0);
    *pictures = loading->pictures;
    return load_all(loading);
}

int load_variant_pictures(struct variants *variants, const struct backend_config *backend,
                          struct pictures **pictures, struct pm_error *error)
{
    struct loading loading = {.backend = backend, .error = error};
    for (size_t i = 0; i < variants->count && error->kind == PM_OK; i++)
        add_recipe(&loading, &variants->variant[i].recipe);
    const int status = load_added(&loading, pictures);
    for (size_t i = 0; i < variants->count; i++)
        variants->variant[i].recipe.pictures = *pictures;
    for (size_t i = 0; i < variants->count && status == 0; i++) {
        if (check_kinds(&variants->variant[i].recipe, error) != 0)
            return -1;
    }
    return status;
}

int load_recipe_pictures(struct pm_recipe *recipe, const struct backend_config *backend,
                         struct pictures **pictures, struct pm_error *error)
{
    struct loading loading = {.backend = backend, .error = error};
    add_recipe(&loading, recipe);
    const int status = load_added(&loading, pictures);
    recipe->pictures = *pictures;
    return status == 0 ? check_kinds(recipe, error) : status;
}

static int add_entries(struct loading *loading, DIR *folder, const char *path)
{
    struct stat status;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char file[PATH_MAX];
        const int length = snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] == '.' || length >= (int)sizeof file ||
            fstatat(dirfd(folder), entry->d_name, &status, 0) != 0 || !S_ISREG(status.st_mode))
            continue;
        if (loading->count == LOAD_PICTURES_MAX)
            return error_limit(loading->error, LOAD_PICTURES_MAX, LOAD_PICTURES_MAX + 1,
                               "%s: too many files (at most %d)", path, LOAD_PICTURES_MAX);
        if (add_file(loading, file, file + length - strlen(entry->d_name)) != 0)
            return -1;
    }
    return 0;
}

struct pictures *load_picture_folder(const char *path, const struct backend_config *backend,
                                     struct pm_error *error)
{
    struct loading loading = {
        .backend = backend, .skip_others = true, .error = error, .pictures = pictures_new()};
    DIR *folder = opendir(path);
    if (folder == NULL)
        error_set(error, PM_ERROR_IO, "%s: the folder can't be opened: %s", path, strerror(errno));
    else if (loading.pictures == NULL)
        error_memory(error, 0);
    else
        add_entries(&loading, folder, path);
    if (folder != NULL)
        closedir(folder);
    if (load_all(&loading) == 0)
        return loading.pictures;
    pictures_free(loading.pictures);
    return NULL;
}
