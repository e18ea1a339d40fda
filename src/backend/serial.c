/*
 * serial: one thread, the caller's own.
 *
 * Nothing is shared, nothing is handed over and nothing waits for a lock: jobs are done one after the other,
 * in the order in which they come. A crash ends the program. All other models are compared with this one:
 * they must give the same bytes, in less time.
 */
#include <stdlib.h>

#include "backend/worker.h"

struct workers {
    struct backend_config config;
    struct worker worker;
};

static void work_until_end(struct worker *worker, const struct job_source *source,
                           const struct job_sink *sink)
{
    struct job *job;
    worker_pin(worker->config, 0);
    while ((job = source->take(source->self)) != NULL) {
        worker_run(worker, job);
        sink->give(sink->self, job);
    }
}

static const char *serial_why_not(void)
{
    return NULL;
}

static struct workers *serial_open(const struct backend_config *config, struct pm_error *error)
{
    struct workers *workers = calloc(1, sizeof *workers);
    if (workers == NULL) {
        error_memory(error, sizeof *workers);
        return NULL;
    }
    workers->config = *config;
    worker_init(&workers->worker, &workers->config, &worker_ops, workers);
    return workers;
}

static int serial_run(struct workers *workers, const struct job_source *source, const struct job_sink *sink,
                      struct backend_report *report, struct pm_error *error)
{
    (void)error;
    *report = (struct backend_report){.workers = 1};
    work_until_end(&workers->worker, source, sink);
    return 0;
}

static void serial_close(struct workers *workers)
{
    worker_free(&workers->worker);
    free(workers);
}

const struct backend backend_serial = {
    .name = "serial",
    .help = "one thread, one image after the other",
    .one_worker = true,
    .why_not = serial_why_not,
    .open = serial_open,
    .run = serial_run,
    .close = serial_close,
};
