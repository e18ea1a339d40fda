#include "io/recorder.h"

#include <assert.h>
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "forbid.h"
#include "io/intake.h"
#include "io/ring.h"
#include "temp.h"

static struct job *recorder_next(void *batch)
{
    struct recorder *recorder = batch;
    return recorder->named < recorder->count ? &recorder->jobs[recorder->named++] : NULL;
}

static int recorder_examine(void *batch, struct job *job, struct byte_source *source, uint64_t size)
{
    struct recorder *recorder = batch;
    char first[16], again[2] = "";
    long got = source->read_at(source, 0, first, sizeof first);
    cr_assert_eq((uint64_t)got, size < sizeof first ? size : sizeof first);
    cr_assert_eq(source->read_at(source, 1, again, 1), size > 1 ? 1 : 0);
    cr_assert(size < 2 || again[0] == first[1]);
    cr_assert_eq(source->read_at(source, size, again, 2), 0);
    job->charge = recorder->charge;
    if (recorder->shorten_odd && job->index % 2 == 1)
        cr_assert_eq(truncate(job->input, 3), 0);
    if (recorder->refuse_examine_odd && job->index % 2 == 1)
        return error_set(&job->result.error, PM_ERROR_UNSUPPORTED, "odd");
    return 0;
}

/* Records that a job was admitted; from here until the job is finished the budget is checked. */
static void note_admission(struct recorder *recorder, struct job *job)
{
    pthread_mutex_lock(&recorder->lock);
    cr_assert(job->admitted);
    recorder->used += job->charge;
    recorder->used_most = recorder->used > recorder->used_most ? recorder->used : recorder->used_most;
    recorder->in_memory++;
    if (recorder->in_memory > recorder->in_memory_most)
        recorder->in_memory_most = recorder->in_memory;
    recorder->admitted[recorder->admitted_next++] = job->index;
    job->secrets.has_encrypt = true; /* marks that it is counted */
    pthread_mutex_unlock(&recorder->lock);
}

static int recorder_prepare(void *batch, struct job *job)
{
    struct recorder *recorder = batch;
    note_admission(recorder, job);
    if (recorder->refuse_prepare_odd && job->index % 2 == 1)
        return error_set(&job->result.error, PM_ERROR_KEY, "odd");
    return 0;
}

static void recorder_finish(void *batch, struct job *job)
{
    struct recorder *recorder = batch;
    pthread_mutex_lock(&recorder->lock);
    cr_assert_neq(job->status, JOB_PENDING);
    cr_assert_eq(job->in.size, 0);
    cr_assert_null(job->in.data);
    recorder->finished++;
    recorder->failed += job->status == JOB_FAILED;
    if (job->secrets.has_encrypt) {
        recorder->used -= job->charge;
        recorder->in_memory--;
    }
    buffer_free(&job->out);
    pthread_mutex_unlock(&recorder->lock);
}

void recorder_init(struct recorder *recorder, size_t count)
{
    *recorder = (struct recorder){.count = count, .budget = UINT64_MAX, .charge = 1};
    pthread_mutex_init(&recorder->lock, NULL);
    recorder->jobs = calloc(count, sizeof *recorder->jobs);
    recorder->inputs = calloc(count, sizeof *recorder->inputs);
    recorder->outputs = calloc(count, sizeof *recorder->outputs);
    recorder->admitted = calloc(count, sizeof *recorder->admitted);
    cr_assert_eq(mkdir(temp_path("in"), 0755), 0);
    for (size_t i = 0; i < count; i++) {
        char text[32], name[32];
        snprintf(name, sizeof name, "in/%zu", i);
        snprintf(text, sizeof text, "input %zu", i);
        snprintf(recorder->inputs[i], 64, "%s", temp_text(name, text));
        snprintf(recorder->outputs[i], 64, "%s/out/%zu", temp_folder(), i);
        recorder->jobs[i] =
            (struct job){.index = i, .input = recorder->inputs[i], .output = recorder->outputs[i]};
    }
}

void recorder_free(struct recorder *recorder)
{
    free(recorder->jobs);
    free(recorder->inputs);
    free(recorder->outputs);
    free(recorder->admitted);
}

bool pumped;

struct engine_config recorder_config(struct recorder *recorder, unsigned io_jobs, unsigned depth)
{
    return (struct engine_config){
        .client = {.batch = recorder,
                   .next = recorder_next,
                   .examine = recorder_examine,
                   .prepare = recorder_prepare,
                   .finish = recorder_finish},
        .workers = 4,
        .settings = {.io_jobs = io_jobs, .memory = recorder->budget},
        .depth = depth,
        .pumped = pumped,
    };
}

struct workers {
    const struct engine *engine;
    struct intake *run;
    struct recorder *recorder;
    int fail_index; /* fails in the worker; -1: none */
};

/* Waits until the engine has admitted more jobs than the workers hold; the scheduler may delay it. */
static void await_use(const struct workers *all)
{
    struct recorder *recorder = all->recorder;
    for (double until = clock_now() + 30; clock_now() < until; clock_sleep_until(clock_now() + 0.001)) {
        pthread_mutex_lock(&recorder->lock);
        bool enough = recorder->used_most >= recorder->awaited;
        pthread_mutex_unlock(&recorder->lock);
        if (enough)
            return;
        if (pumped)
            all->engine->pump(all->run);
    }
}

static void *worker(void *argument)
{
    struct workers *all = argument;
    struct job *job;
    while ((job = all->engine->take(all->run)) != NULL) {
        char expected[32];
        int length = snprintf(expected, sizeof expected, "input %zu", job->index);
        cr_assert_eq(job->in.size, (size_t)length);
        cr_assert_eq(memcmp(job->in.data, expected, job->in.size), 0);
        cr_assert_gt(job->ready_at, 0);
        await_use(all);
        buffer_append(&job->out, "done ", 5);
        buffer_append(&job->out, job->in.data, job->in.size);
        if (pumped)
            all->engine->pump(all->run);
        job->status = JOB_OK;
        if ((int)job->index == all->fail_index) {
            error_set(&job->result.error, PM_ERROR_CORRUPT, "broken");
            job->status = JOB_FAILED;
        }
        all->engine->give(all->run, job);
    }
    return NULL;
}

static void run_workers(struct workers *all, unsigned workers)
{
    pthread_t threads[8];
    if (pumped)
        workers = 1;
    for (unsigned i = 0; i < workers; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, worker, all), 0);
    for (unsigned i = 0; i < workers; i++)
        pthread_join(threads[i], NULL);
}

void recorder_run(const struct engine *engine, const struct engine_config *config, unsigned workers,
                  int fail_index)
{
    struct pm_error error = {0};
    struct workers all = {.engine = engine,
                          .run = engine->open(config, &error),
                          .recorder = config->client.batch,
                          .fail_index = fail_index};
    cr_assert_not_null(all.run, "%s", error.message);
    run_workers(&all, workers);
    engine->close(all.run);
}

void recorder_assert_written(struct recorder *recorder, size_t index)
{
    char expected[48];
    snprintf(expected, sizeof expected, "done input %zu", index);
    char *text = temp_read(recorder->outputs[index], NULL);
    cr_assert_not_null(text, "result %zu is missing", index);
    cr_assert_str_eq(text, expected);
    free(text);
}

struct criterion_test_params engine_each_variant(void)
{
    static size_t indices[] = {0, 1, 2, 3, 4, 5};
    static_assert(sizeof indices / sizeof *indices == sizeof variants / sizeof *variants, "an index each");
    return cr_make_param_array(size_t, indices, sizeof indices / sizeof *indices);
}

const struct engine *engine_begin(size_t index)
{
    const struct variant *variant = &variants[index];
    pumped = variant->pumped;
    if (variant->forbid_uring)
        cr_assert_eq(forbid_uring(), 0);
    return engine_find(variant->engine);
}
