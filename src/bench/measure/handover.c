#include "bench/measure/handover.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { TINY_BYTES = 64, ROOM_BYTES = 4096 };

/* Source and sink in one: finished jobs are given out again, so that there are never more of them than a
 * backend holds at once, and they stay in the processor's cache. */
struct counter {
    pthread_mutex_t lock;
    size_t count, taken, done;
    struct job *idle;
    bool out_of_memory;
};

static void tiny_run(const struct work *work, const struct job_input *input, struct buffer *out,
                     struct job_result *result, struct context *context)
{
    (void)work, (void)context;
    if (buffer_append(out, input->data, input->size) != 0)
        error_memory(&result->error, input->size);
}

static struct job *new_job(void)
{
    static const uint8_t bytes[TINY_BYTES] = "tiny";
    struct job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return NULL;
    if (buffer_append(&job->in, bytes, sizeof bytes) == 0)
        return job;
    free(job);
    return NULL;
}

static struct job *counter_take(void *self)
{
    struct counter *counter = self;
    struct job *job = NULL;
    pthread_mutex_lock(&counter->lock);
    if (counter->taken < counter->count && !counter->out_of_memory) {
        job = counter->idle;
        if (job != NULL)
            counter->idle = job->next;
        else
            job = new_job();
        counter->out_of_memory = job == NULL;
        counter->taken += job != NULL;
    }
    pthread_mutex_unlock(&counter->lock);
    if (job != NULL) {
        job->next = NULL;
        job->status = JOB_PENDING;
        job->result.error.kind = PM_OK;
        job->charge = ROOM_BYTES;
        job->ready_at = clock_now();
    }
    return job;
}

static void counter_give(void *self, struct job *job)
{
    struct counter *counter = self;
    bool right = job->status == JOB_OK && job->out.size == job->in.size &&
                 memcmp(job->out.data, job->in.data, job->in.size) == 0;
    job->out.size = 0;
    pthread_mutex_lock(&counter->lock);
    counter->done += right;
    job->next = counter->idle;
    counter->idle = job;
    pthread_mutex_unlock(&counter->lock);
}

int handover_run(const struct backend_config *config, size_t count,
                 void (*ended)(void *listener, const struct handover_report *report), void *listener,
                 struct pm_error *error)
{
    const struct backend *backend = config->kind;
    struct backend_config own = *config;
    own.work = (struct work){.run = tiny_run};
    struct workers *workers = backend->open(&own, error);
    if (workers == NULL)
        return -1;
    struct counter counter = {.lock = PTHREAD_MUTEX_INITIALIZER, .count = count};
    const struct job_source source = {.take = counter_take, .self = &counter};
    const struct job_sink sink = {.give = counter_give, .self = &counter};
    struct handover_report report = {.began = clock_now()};
    int status = backend->run(workers, &source, &sink, &report.backend, error);
    report.seconds = clock_now() - report.began;
    report.done = counter.done;
    if (status == 0 && counter.out_of_memory)
        status = error_memory(error, sizeof(struct job));
    if (status == 0)
        ended(listener, &report);
    for (struct job *job = counter.idle, *next; job != NULL; job = next) {
        next = job->next;
        buffer_free(&job->in);
        buffer_free(&job->out);
        free(job);
    }
    pthread_mutex_destroy(&counter.lock);
    backend->close(workers);
    return status;
}
