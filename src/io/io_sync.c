/*
 * sync: each worker reads and writes files itself, one after the other. Nothing overlaps within a worker:
 * while it waits for the disk it computes nothing. This is the simplest engine; the others are compared with
 * it.
 *
 * A worker asks the intake for the next step, and does it, until the step is a job to work on. There are
 * never more jobs than workers, so that nothing is read ahead.
 */
#include <stdlib.h>

#include "io/transfer.h"

struct engine_run {
    struct intake intake; /* first: a pointer to it is one to this */
    struct engine_config config;
    struct input_pool pool;
};

static const char *sync_why_not(void)
{
    return NULL;
}

static struct intake *sync_open(const struct engine_config *config, struct pm_error *error)
{
    struct engine_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        error_memory(error, sizeof *run);
        return NULL;
    }
    run->config = *config;
    const struct intake_options options = {.slots = config->workers, .max_jobs = config->workers};
    if (intake_init(&run->intake, &run->config, &options, error) != 0) {
        free(run);
        return NULL;
    }
    input_pool_init(&run->pool, config->settings.keep_bytes);
    return &run->intake;
}

static struct job *sync_take(void *self)
{
    struct engine_run *run = self;
    struct intake_step step;
    do {
        step = intake_next(&run->intake, INTAKE_TAKES | INTAKE_WRITES | INTAKE_READS, INTAKE_WAIT);
        transfer_step(&run->intake, step, &run->pool);
    } while (step.kind != INTAKE_TAKE && step.kind != INTAKE_ENDED);
    return step.job;
}

static void sync_give(void *self, struct job *job)
{
    struct engine_run *run = self;
    intake_give(self, job);
    transfer_step(&run->intake, intake_next(&run->intake, INTAKE_WRITES, INTAKE_POLL), &run->pool);
}

static void sync_close(void *self)
{
    struct engine_run *run = self;
    struct intake_step step;
    intake_close(&run->intake);
    while ((step = intake_next(&run->intake, INTAKE_WRITES | INTAKE_READS, INTAKE_WAIT)).kind != INTAKE_ENDED)
        transfer_step(&run->intake, step, &run->pool);
    intake_free(&run->intake);
    input_pool_free(&run->pool);
    free(run);
}

const struct engine engine_sync = {
    .name = "sync",
    .help = "each worker reads and writes its own files",
    .why_not = sync_why_not,
    .open = sync_open,
    .take = sync_take,
    .give = sync_give,
    .close = sync_close,
};
