#include "serve/pool.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "codec/part.h"

struct pool {
    struct pool_config config;
    struct workers *workers;
    struct shared *shared; /* tables of the workers */
    const struct engine *engine;
    struct intake *intake; /* the engine's run */
    pthread_t thread;
    bool started;
    int fd; /* an eventfd */

    pthread_mutex_t lock; /* of everything below */
    struct job_list ended;
    bool lost;
    struct pm_error error; /* why the workers were lost */
};

static struct pool_job *own(struct job *job)
{
    return (struct pool_job *)(void *)job;
}

/* Fails a job because there are no workers any more. */
static int refuse_lost(const struct pool *pool, struct job *job)
{
    return error_set_hint(&job->result.error, PM_ERROR_WORKER, pool->error.hint, "%s", pool->error.message);
}

static int pool_examine(void *self, struct job *job, struct byte_source *source, uint64_t size)
{
    struct pool *pool = self;
    struct pool_job *of = own(job);
    struct pm_info info;
    struct pm_error why;
    of->taken_at = clock_now();
    if (pool_lost(pool, &why))
        return refuse_lost(pool, job);
    const struct codec *codec = codec_probe_page(source, of->recipe.page, &info, &job->result.error);
    const struct backend_config *backend = &pool->config.settings->backend;
    if (codec != NULL && codec->isolated && !backend->kind->processes)
        return error_set(&job->result.error, PM_ERROR_UNSUPPORTED,
                         "%s is decoded only in worker processes (start the server with --backend=procs)",
                         codec->name);
    return codec != NULL ? work_plan(&of->recipe, codec, &info, size, backend->max_pixels, backend->max_bytes,
                                     &of->argument.plan, job)
                         : -1;
}

/* If another program has written into the file meanwhile, the result must not be kept under the key of the
 * old content. */
static int pool_prepare(void *self, struct job *job)
{
    const struct timespec *changed = &own(job)->changed;
    struct stat now;
    (void)self;
    if (fstat(job->fd, &now) == 0 && now.st_ctim.tv_sec == changed->tv_sec &&
        now.st_ctim.tv_nsec == changed->tv_nsec)
        return 0;
    return error_changed(&job->result.error);
}

static bool pool_write(void *self, struct job *job)
{
    const struct pool *pool = self;
    if (pool->config.done != NULL)
        pool->config.done(pool->config.listener, own(job));
    return true;
}

/* Adds a job to those that have ended, and wakes the loop. */
static void pool_finish(void *self, struct job *job)
{
    struct pool *pool = self;
    own(job)->ended_at = clock_now();
    pthread_mutex_lock(&pool->lock);
    job_list_push(&pool->ended, job);
    pthread_mutex_unlock(&pool->lock);
    (void)!eventfd_write(pool->fd, 1);
}

/* Fails all queued jobs, and those submitted later, when there are no workers any more. */
static void fail_queue(struct pool *pool)
{
    struct job *job;
    intake_pause(pool->intake, false);
    while ((job = pool->engine->take(pool->intake)) != NULL) {
        refuse_lost(pool, job);
        job_fail(job);
        pool->engine->give(pool->intake, job);
    }
}

static void *pool_main(void *argument)
{
    struct pool *pool = argument;
    const struct job_source source = {.take = pool->engine->take, .self = pool->intake};
    const struct job_sink sink = {.give = pool->engine->give, .self = pool->intake};
    struct backend_report report;
    struct pm_error error = {0};
    if (pool->config.settings->backend.kind->run(pool->workers, &source, &sink, &report, &error) == 0)
        return NULL;
    pthread_mutex_lock(&pool->lock);
    pool->lost = true;
    pool->error = error;
    pthread_mutex_unlock(&pool->lock);
    (void)!eventfd_write(pool->fd, 1);
    fail_queue(pool);
    return NULL;
}

static int open_engine(struct pool *pool, struct pm_error *error)
{
    const struct settings *settings = pool->config.settings;
    const struct engine_config config = {
        .settings = settings->engine,
        .client =
            {
                .batch = pool,
                .examine = pool_examine,
                .prepare = pool_prepare,
                .write = pool_write,
                .finish = pool_finish,
            },
        .workers = settings->backend.workers,
        .depth = settings->backend.workers,
        .queue = pool->config.queue,
    };
    pool->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool->fd < 0)
        return error_set(error, PM_ERROR_IO, "no event descriptor: %s (raise ulimit -n)", strerror(errno));
    pool->engine = engine_find("sync");
    pool->intake = pool->engine->open(&config, error);
    return pool->intake != NULL ? 0 : -1;
}

struct pool *pool_open(const struct pool_config *config, struct pm_error *error)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL) {
        error_memory(error, sizeof *pool);
        return NULL;
    }
    pool->config = *config;
    struct backend_config backend = config->settings->backend;
    backend.work = work_for_any_recipe(config->pictures);
    backend.shared = pool->shared = shared_new(SHARED_BYTES); /* NULL: each job makes its own */
    pool->fd = -1;
    pthread_mutex_init(&pool->lock, NULL);
    job_list_init(&pool->ended);
    if (!backend.kind->processes) /* worker processes are started with all parts */
        codec_parts_load(codec_parts());
    pool->workers = backend.kind->open(&backend, error);
    if (pool->workers != NULL && open_engine(pool, error) == 0)
        return pool;
    pool_close(pool);
    return NULL;
}

const char *pool_note(const struct pool *pool)
{
    const struct backend *backend = pool->config.settings->backend.kind;
    return backend->note != NULL ? backend->note(pool->workers) : NULL;
}

int pool_start(struct pool *pool, struct pm_error *error)
{
    int why = pthread_create(&pool->thread, NULL, pool_main, pool);
    pool->started = why == 0;
    if (pool->started)
        return 0;
    return error_set(error, PM_ERROR_WORKER, "no thread can be started: %s (raise ulimit -u)", strerror(why));
}

int pool_fd(const struct pool *pool)
{
    return pool->fd;
}

bool pool_submit(struct pool *pool, struct pool_job *job)
{
    job->queued_at = clock_now();
    return intake_submit(pool->intake, &job->job);
}

void pool_recall(struct pool *pool, struct pool_job *job)
{
    recall_ask(&job->recall);
    if (!intake_withdraw(pool->intake, &job->job))
        return;
    job_cancel(&job->job);
    if (pool->config.close_input != NULL)
        pool->config.close_input(pool->config.listener, job);
    pool_finish(pool, &job->job);
}

struct pool_job *pool_ended(struct pool *pool)
{
    eventfd_t events;
    (void)!eventfd_read(pool->fd,
                        &events); /* first, so that a job that ends from now on wakes the loop again */
    pthread_mutex_lock(&pool->lock);
    struct job *job = job_list_pop(&pool->ended);
    pthread_mutex_unlock(&pool->lock);
    return job != NULL ? own(job) : NULL;
}

void pool_pause(struct pool *pool, bool paused)
{
    pthread_mutex_lock(&pool->lock);
    if (!pool->lost) /* if they are lost, the queue must become empty */
        intake_pause(pool->intake, paused);
    pthread_mutex_unlock(&pool->lock);
}

struct intake_counts pool_counts(struct pool *pool)
{
    return intake_counts(pool->intake);
}

bool pool_lost(struct pool *pool, struct pm_error *error)
{
    pthread_mutex_lock(&pool->lock);
    bool lost = pool->lost;
    if (lost)
        *error = pool->error;
    pthread_mutex_unlock(&pool->lock);
    return lost;
}

void pool_close(struct pool *pool)
{
    if (pool == NULL)
        return;
    if (pool->intake != NULL)
        intake_close(pool->intake);
    if (pool->started)
        pthread_join(pool->thread, NULL);
    if (pool->intake != NULL)
        pool->engine->close(pool->intake);
    if (pool->workers != NULL)
        pool->config.settings->backend.kind->close(pool->workers);
    shared_free(pool->shared);
    pthread_mutex_destroy(&pool->lock);
    if (pool->fd >= 0)
        close(pool->fd);
    free(pool);
}

int pool_job_init(struct pool_job *job, const struct pm_recipe *recipe, struct pm_error *error)
{
    *job = (struct pool_job){.recipe = *recipe, .job.fd = -1};
    job->job.argument = &job->argument;
    job->job.argument_size = work_set_recipe(&job->argument, recipe);
    job->job.recall = &job->recall;
    return recall_open(&job->recall, error);
}

void pool_job_free(struct pool_job *job)
{
    if (job->job.fd >= 0)
        close(job->job.fd);
    buffer_free(&job->job.out);
    recall_close(&job->recall);
}
