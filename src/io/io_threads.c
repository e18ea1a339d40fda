/*
 * threads: a pool of I/O threads next to the workers. They make plain blocking reads and writes; while one
 * waits for the disk, workers compute and other I/O threads continue.
 *
 * Threads have no fixed roles. Each repeatedly asks the intake for the most useful step, does it and reports
 * the result. No thread waits for the budget while there is useful work, so one thread is enough and there
 * can be no deadlock.
 *
 * A thread that fetches a URL waits for its server. If the server asks to retry later, the thread does
 * something else meanwhile; the URL keeps its slot.
 */
#include <stdlib.h>

#include "io/transfer.h"

struct engine_run {
    struct intake intake; /* first: a pointer to it is one to this */
    struct engine_config config;
    struct input_pool pool;
    pthread_t *threads;
    unsigned nthreads;
};

static void *io_thread(void *argument)
{
    struct engine_run *run = argument;
    struct intake_step step;
    while ((step = intake_next(&run->intake, INTAKE_WRITES | INTAKE_READS, INTAKE_WAIT)).kind != INTAKE_ENDED)
        transfer_step(&run->intake, step, &run->pool);
    return NULL;
}

static const char *threads_why_not(void)
{
    return NULL;
}

static void threads_free(struct engine_run *run)
{
    intake_free(&run->intake);
    input_pool_free(&run->pool);
    free(run->threads);
    free(run);
}

/* If a thread can't be started, continue with fewer, as long as there is one. */
static struct intake *threads_open(const struct engine_config *config, struct pm_error *error)
{
    struct engine_run *run = calloc(1, sizeof *run);
    pthread_t *threads = calloc(config->settings.io_jobs, sizeof *threads);
    if (run == NULL || threads == NULL) {
        error_memory(error, config->settings.io_jobs * sizeof *threads);
        goto failed;
    }
    run->config = *config;
    run->threads = threads;
    const struct intake_options options = {.slots = config->settings.io_jobs};
    if (intake_init(&run->intake, &run->config, &options, error) != 0)
        goto failed;
    input_pool_init(&run->pool, config->settings.keep_bytes);
    while (run->nthreads < config->settings.io_jobs &&
           pthread_create(&threads[run->nthreads], NULL, io_thread, run) == 0)
        run->nthreads++;
    if (run->nthreads > 0)
        return &run->intake;
    error_set_hint(error, PM_ERROR_INTERNAL, PM_HINT_IO_SYNC, "no I/O thread can be started");
    threads_free(run);
    return NULL;
failed:
    free(threads);
    free(run);
    return NULL;
}

static void threads_close(void *self)
{
    struct engine_run *run = self;
    intake_close(&run->intake);
    for (unsigned i = 0; i < run->nthreads; i++)
        pthread_join(run->threads[i], NULL);
    threads_free(run);
}

const struct engine engine_threads = {
    .name = "threads",
    .help = "a pool of I/O threads next to the workers",
    .io_jobs = 4,
    .why_not = threads_why_not,
    .open = threads_open,
    .take = intake_take,
    .give = intake_give,
    .close = threads_close,
};
