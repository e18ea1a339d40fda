/* pm_map: a source and a sink over the caller's two functions, and a backend between them. */
#include "pixmill/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/backend.h"
#include "base/clock.h"
#include "base/cpus.h"
#include "base/secret_memory.h"
#include "batch/work.h"

struct map {
    const struct pm_recipe *recipe;
    int (*next)(void *user, struct pm_map_item *item);
    void (*done)(void *user, struct pm_map_item *item);
    void *user;
    pthread_mutex_t lock; /* held around calls of both */
    pthread_mutex_t
        separate_lock; /* around those of `done`, if they may be at the same time as those of `next` */
    pthread_mutex_t *done_lock; /* one of the two */
    bool failed;                /* no memory for another job */
};

struct map_job {
    struct job job; /* first: the backend knows only this */
    struct pm_map_item item;
};

static struct job *map_take(void *self)
{
    struct map *map = self;
    struct map_job *taken = secret_alloc(sizeof *taken); /* it may contain an image's keys */
    pthread_mutex_lock(&map->lock);
    map->failed = map->failed || taken == NULL;
    bool more = !map->failed && map->next(map->user, &taken->item) != 0;
    pthread_mutex_unlock(&map->lock);
    if (!more) {
        secret_free(taken, sizeof *taken);
        return NULL;
    }
    struct pm_map_item *item = &taken->item;
    /* The bytes are only read; the buffer that borrows them is never freed or grown. */
    taken->job.in =
        (struct buffer){.data = (uint8_t *)(uintptr_t)item->data, .size = item->size, .capacity = item->size};
    taken->job.needs = work_needs(map->recipe, item->data, item->size);
    if (item->secrets != NULL)
        taken->job.secrets = *item->secrets;
    taken->job.ready_at = clock_now();
    return &taken->job;
}

static void map_give(void *self, struct job *job)
{
    struct map *map = self;
    struct map_job *given = (struct map_job *)(void *)job;
    given->item.error = job->result.error;
    given->item.result = job->out.data;
    given->item.result_size = job->out.size;
    given->item.warnings = job->result.warnings;
    pthread_mutex_lock(map->done_lock);
    map->done(map->user, &given->item);
    pthread_mutex_unlock(map->done_lock);
    secret_free(given, sizeof *given);
}

const char *pm_backend_name(size_t index)
{
    for (size_t i = 0; backends[i] != NULL; i++) {
        if (i == index)
            return backends[i]->name;
    }
    return NULL;
}

const char *pm_backend_why_not(const char *name)
{
    const struct backend *backend = backend_find(name);
    return backend != NULL ? backend->why_not() : "no such backend";
}

/* /proc/self/task has a folder for each thread, so its links are these and two more. */
static bool has_threads(void)
{
    struct stat threads;
    return stat("/proc/self/task", &threads) == 0 && threads.st_nlink > 3;
}

int pm_map(const struct pm_recipe *recipe, const struct pm_map_options *options,
           int (*next)(void *user, struct pm_map_item *item),
           void (*done)(void *user, struct pm_map_item *item), void *user, struct pm_error *error)
{
    const char *name = options->backend != NULL ? options->backend : backends[0]->name;
    const struct backend *backend = backend_find(name);
    const char *why_not = pm_backend_why_not(name);
    if (why_not != NULL)
        return error_set(error, PM_ERROR_USAGE,
                         "backend %.40s can't be used: %s (pm_backend_name lists the backends)", name,
                         why_not);
    if (backend->processes && has_threads())
        return error_set_hint(error, PM_ERROR_USAGE, PM_HINT_THREADS,
                              "backend %s can't be used: it forks, and this process has other threads, "
                              "whose locks would stay held (use it before they start, or another backend)",
                              name);
    enum { KEEP_BYTES = 256 << 20 };
    struct backend_config config = {
        .workers = backend->one_worker     ? 1
                   : options->workers != 0 ? options->workers
                                           : cpus_usable().count,
        .work = work_for_recipe(recipe),
        .timeout = options->timeout,
        .max_pixels = options->limits.max_pixels,
        .max_bytes = options->limits.max_bytes,
        .keep_bytes = KEEP_BYTES,
        .shared = shared_new(SHARED_BYTES), /* NULL: each job makes its own */
    };
    struct workers *workers = backend->open(&config, error);
    if (workers == NULL) {
        shared_free(config.shared);
        return -1;
    }
    struct map map = {.recipe = recipe,
                      .next = next,
                      .done = done,
                      .user = user,
                      .lock = PTHREAD_MUTEX_INITIALIZER,
                      .separate_lock = PTHREAD_MUTEX_INITIALIZER};
    map.done_lock = options->separate ? &map.separate_lock : &map.lock;
    struct job_source source = {.take = map_take, .self = &map};
    struct job_sink sink = {.give = map_give, .self = &map};
    struct backend_report report;
    int status = backend->run(workers, &source, &sink, &report, error);
    backend->close(workers);
    shared_free(config.shared);
    pthread_mutex_destroy(&map.lock);
    pthread_mutex_destroy(&map.separate_lock);
    return status == 0 && map.failed ? error_memory(error, sizeof(struct map_job)) : status;
}
