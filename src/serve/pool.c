#include "serve/pool.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "batch/budget.h"
#include "io/file.h"
#include "io/job_list.h"
#include "io/source.h"

struct pool {
    struct pool_config config;
    struct crew *crew;
    pthread_t thread;
    bool started;
    int fd; /* an eventfd */
    struct budget budget;

    pthread_mutex_t lock;  /* of what follows */
    pthread_cond_t queued; /* a job was, or the pool is closing */
    pthread_cond_t freed;  /* a charge was released, or a job called back that may wait for one */
    struct job_list queue, ended;
    struct pool_counts counts;
    bool paused, closing, lost;
    struct pm_error error; /* why the workers were lost */
};

static struct pool_job *own(struct job *job)
{
    return (struct pool_job *)(void *)job;
}

static void close_input(struct pool_job *job)
{
    if (job->fd >= 0)
        close(job->fd);
    job->fd = -1;
}

/* Puts a job among those that have ended, and wakes the loop. */
static void end_job(struct pool *pool, struct pool_job *job)
{
    job->ended_at = clock_now();
    close_input(job);
    buffer_free(&job->job.in);
    pthread_mutex_lock(&pool->lock);
    if (job->charged)
        budget_release(&pool->budget, job->job.charge);
    job->charged = false;
    job_list_push(&pool->ended, &job->job);
    pool->counts.running--;
    pthread_cond_broadcast(&pool->freed);
    pthread_mutex_unlock(&pool->lock);
    (void)!eventfd_write(pool->fd, 1);
}

/* The next job of the queue; waits for it. NULL when the pool is closing. */
static struct pool_job *next_job(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct job *job = NULL;
    while (((pool->paused && !pool->lost) || (job = job_list_pop(&pool->queue)) == NULL) && !pool->closing)
        pthread_cond_wait(&pool->queued, &pool->lock);
    if (job != NULL) {
        pool->counts.queued--;
        pool->counts.running++;
    }
    pthread_mutex_unlock(&pool->lock);
    return job != NULL ? own(job) : NULL;
}

/* Waits until the job's memory fits. Whoever holds what it waits for is at work. */
static int wait_for_memory(struct pool *pool, struct pool_job *job)
{
    pthread_mutex_lock(&pool->lock);
    while (!atomic_load(&job->recall.asked) &&
           !(job->charged = budget_charge(&pool->budget, job->job.charge)))
        pthread_cond_wait(&pool->freed, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    return job->charged ? 0 : recall_error(&job->job.result.error);
}

/* A file that somebody wrote into meanwhile must not be kept under the name that its old content had. */
static int check_unchanged(const struct pool_job *job, struct pm_error *error)
{
    struct stat now;
    if (fstat(job->fd, &now) == 0 && now.st_ctim.tv_sec == job->changed.tv_sec &&
        now.st_ctim.tv_nsec == job->changed.tv_nsec)
        return 0;
    return error_set(error, PM_ERROR_IO, "changed while it was read (try again when nobody writes to it)");
}

/* From an open file to its bytes in memory. 0, or -1 with the job's error filled. */
static int read_input(struct pool *pool, struct pool_job *job)
{
    struct pm_error *error = &job->job.result.error;
    struct file_source file;
    struct pm_info info;
    uint8_t window[4096];
    error->stage = PM_STAGE_READ;
    file_source_init(&file, job->fd, job->size, window, sizeof window);
    const struct codec *codec = codec_probe(&file.source, &info, error);
    if (codec == NULL ||
        work_plan(&job->recipe, codec, &info, job->size, pool->config.crew.max_pixels, pool->config.available,
                  &job->argument.plan, &job->job) != 0 ||
        wait_for_memory(pool, job) != 0 || file_read(job->fd, job->size, &job->job.in, error) != 0 ||
        check_unchanged(job, error) != 0)
        return -1;
    close_input(job);
    return 0;
}

static struct job *pool_take(void *self)
{
    struct pool *pool = self;
    struct pool_job *job;
    while ((job = next_job(pool)) != NULL) {
        job->taken_at = clock_now();
        if (read_input(pool, job) == 0) {
            job->job.ready_at = clock_now();
            job->job.result.seconds[PM_STAGE_READ] = job->job.ready_at - job->taken_at;
            return &job->job;
        }
        job->job.status = JOB_FAILED;
        end_job(pool, job);
    }
    return NULL;
}

static void pool_give(void *self, struct job *job)
{
    struct pool *pool = self;
    if (pool->config.done != NULL && job->status == JOB_OK)
        pool->config.done(pool->config.listener, own(job));
    end_job(pool, own(job));
}

/* All that is queued, when nobody is left to do it. */
static void fail_queue(struct pool *pool)
{
    struct pool_job *job;
    while ((job = next_job(pool)) != NULL) {
        error_set_hint(&job->job.result.error, PM_ERROR_WORKER, pool->error.hint, "%s", pool->error.message);
        job->job.status = JOB_FAILED;
        end_job(pool, job);
    }
}

static void *pool_main(void *argument)
{
    struct pool *pool = argument;
    const struct job_source source = {.take = pool_take, .self = pool};
    const struct job_sink sink = {.give = pool_give, .self = pool};
    struct backend_report report;
    struct pm_error error = {0};
    if (pool->config.backend->run(pool->crew, &source, &sink, &report, &error) == 0)
        return NULL;
    pthread_mutex_lock(&pool->lock);
    pool->lost = true;
    pool->error = error;
    pthread_mutex_unlock(&pool->lock);
    (void)!eventfd_write(pool->fd, 1);
    fail_queue(pool);
    return NULL;
}

struct pool *pool_open(const struct pool_config *config, struct pm_error *error)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (pool == NULL) {
        error_memory(error, sizeof *pool);
        return NULL;
    }
    pool->config = *config;
    pool->config.crew.work = work_for_any_recipe();
    pool->config.crew.max_bytes = config->available;
    pool->crew = config->backend->open(&pool->config.crew, error);
    pool->fd = pool->crew != NULL ? eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1;
    if (pool->crew != NULL && pool->fd < 0) {
        error_set(error, PM_ERROR_IO, "no event descriptor: %s (raise ulimit -n)", strerror(errno));
        config->backend->close(pool->crew);
    }
    if (pool->fd < 0) {
        free(pool);
        return NULL;
    }
    budget_init(&pool->budget, config->memory);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->queued, NULL);
    pthread_cond_init(&pool->freed, NULL);
    job_list_init(&pool->queue);
    job_list_init(&pool->ended);
    return pool;
}

const char *pool_note(const struct pool *pool)
{
    const struct backend *backend = pool->config.backend;
    return backend->note != NULL ? backend->note(pool->crew) : NULL;
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
    pthread_mutex_lock(&pool->lock);
    bool room = pool->counts.queued < pool->config.queue;
    if (room) {
        job->queued_at = clock_now();
        job_list_push(&pool->queue, &job->job);
        pool->counts.queued++;
        pthread_cond_signal(&pool->queued);
    }
    pthread_mutex_unlock(&pool->lock);
    return room;
}

/* Takes the job out of the queue if it is still there. */
static bool unqueue(struct pool *pool, const struct pool_job *job)
{
    struct job_list rest;
    struct job *other;
    bool found = false;
    job_list_init(&rest);
    while ((other = job_list_pop(&pool->queue)) != NULL) {
        if (other == &job->job)
            found = true;
        else
            job_list_push(&rest, other);
    }
    for (job_list_init(&pool->queue); (other = job_list_pop(&rest)) != NULL;)
        job_list_push(&pool->queue, other);
    return found;
}

void pool_recall(struct pool *pool, struct pool_job *job)
{
    recall_ask(&job->recall);
    pthread_mutex_lock(&pool->lock);
    bool found = unqueue(pool, job);
    if (found) {
        pool->counts.queued--;
        pool->counts.running++; /* for a moment: end_job counts it off */
    }
    pthread_cond_broadcast(&pool->freed);
    pthread_mutex_unlock(&pool->lock);
    if (!found)
        return;
    recall_error(&job->job.result.error);
    job->job.status = JOB_FAILED;
    if (pool->config.close_input != NULL)
        pool->config.close_input(pool->config.listener, job);
    end_job(pool, job);
}

struct pool_job *pool_ended(struct pool *pool)
{
    eventfd_t events;
    (void)!eventfd_read(pool->fd, &events); /* first, so that one that ends now wakes again */
    pthread_mutex_lock(&pool->lock);
    struct job *job = job_list_pop(&pool->ended);
    pthread_mutex_unlock(&pool->lock);
    return job != NULL ? own(job) : NULL;
}

void pool_pause(struct pool *pool, bool paused)
{
    pthread_mutex_lock(&pool->lock);
    pool->paused = paused;
    if (!paused)
        pthread_cond_broadcast(&pool->queued);
    pthread_mutex_unlock(&pool->lock);
}

struct pool_counts pool_counts(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct pool_counts counts = pool->counts;
    pthread_mutex_unlock(&pool->lock);
    return counts;
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
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->queued);
    pthread_mutex_unlock(&pool->lock);
    if (pool->started)
        pthread_join(pool->thread, NULL);
    pool->config.backend->close(pool->crew);
    budget_free(&pool->budget);
    pthread_cond_destroy(&pool->queued);
    pthread_cond_destroy(&pool->freed);
    pthread_mutex_destroy(&pool->lock);
    close(pool->fd);
    free(pool);
}

int pool_job_init(struct pool_job *job, const struct pm_recipe *recipe, struct pm_error *error)
{
    *job = (struct pool_job){.recipe = *recipe, .fd = -1};
    job->job.argument = &job->argument;
    job->job.argument_size = work_set_recipe(&job->argument, recipe);
    job->job.recall = &job->recall;
    return recall_open(&job->recall, error);
}

void pool_job_free(struct pool_job *job)
{
    close_input(job);
    buffer_free(&job->job.in);
    buffer_free(&job->job.out);
    recall_close(&job->recall);
}
