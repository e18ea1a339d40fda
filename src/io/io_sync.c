/*
 * sync: each worker reads and writes its own files, one after the other. Nothing overlaps within a worker:
 * while it waits for the disk it computes nothing. This is the plainest way there is, and what the others are
 * measured against.
 *
 * Jobs are admitted to the memory budget in the order of the list. A worker that holds a later one waits for
 * its turn and then until the budget has room; it holds nothing that anybody else may wait for. A URL gets
 * its turn when it was examined. What has to be waited for before another try, its worker waits for.
 */
#include <stdlib.h>

#include "io/transfer.h"

struct engine_run {
    struct engine_config config;
    struct input_pool pool;
    pthread_mutex_t lock;
    pthread_cond_t changed;  /* a job was admitted, or a charge released */
    uint64_t named, handled; /* jobs that got their turn; jobs admitted or failed before */
};

static const char *sync_why_not(void)
{
    return NULL;
}

static struct engine_run *sync_open(const struct engine_config *config, struct pm_error *error)
{
    struct engine_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        error_memory(error, sizeof *run);
        return NULL;
    }
    run->config = *config;
    input_pool_init(&run->pool);
    pthread_mutex_init(&run->lock, NULL);
    pthread_cond_init(&run->changed, NULL);
    return run;
}

/* The next job, with its turn if it is a file; or NULL. */
static struct job *sync_next(struct engine_run *run, uint64_t *turn)
{
    pthread_mutex_lock(&run->lock);
    struct job *job = run->config.client.next(run->config.client.batch);
    if (job != NULL && job->url == NULL)
        *turn = run->named++;
    pthread_mutex_unlock(&run->lock);
    return job;
}

/* Opens and examines; a URL gets its turn. False when the job failed. */
static bool sync_open_job(struct engine_run *run, struct transfer *transfer, uint64_t *turn)
{
    enum transfer_step step;
    do {
        step = transfer_open(&run->config, transfer);
    } while (step == TRANSFER_LATER);
    if (transfer->job->url == NULL)
        return step == TRANSFER_DONE;
    pthread_mutex_lock(&run->lock);
    *turn = run->named++;
    pthread_mutex_unlock(&run->lock);
    return step == TRANSFER_DONE;
}

/* False when the job failed. */
static bool sync_read(struct engine_run *run, struct transfer *transfer)
{
    enum transfer_step step;
    do {
        step = transfer_read(&run->config, transfer, &run->pool);
    } while (step == TRANSFER_LATER);
    pthread_mutex_lock(&run->lock);
    pthread_cond_broadcast(&run->changed); /* a URL may be charged less now */
    pthread_mutex_unlock(&run->lock);
    return step == TRANSFER_DONE;
}

/* Waits for the job's turn and, when it is to be read, for its place in the budget. */
static void sync_admit(struct engine_run *run, struct job *job, uint64_t turn, bool wanted)
{
    const struct engine_client *client = &run->config.client;
    pthread_mutex_lock(&run->lock);
    while (run->handled != turn || (wanted && !client->admit(client->batch, job)))
        pthread_cond_wait(&run->changed, &run->lock);
    run->handled++;
    pthread_cond_broadcast(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

static void sync_finish(struct engine_run *run, struct job *job)
{
    transfer_finish(&run->config, job, &run->pool);
    pthread_mutex_lock(&run->lock);
    pthread_cond_broadcast(&run->changed);
    pthread_mutex_unlock(&run->lock);
}

static struct job *sync_take(struct engine_run *run)
{
    struct job *job;
    uint64_t turn = 0;
    while ((job = sync_next(run, &turn)) != NULL) {
        struct transfer transfer = {.job = job};
        bool wanted = sync_open_job(run, &transfer, &turn);
        sync_admit(run, job, turn, wanted);
        if (wanted && sync_read(run, &transfer))
            return job;
        sync_finish(run, job);
    }
    return NULL;
}

static void sync_give(struct engine_run *run, struct job *job)
{
    sync_finish(run, job);
}

static void sync_close(struct engine_run *run)
{
    input_pool_free(&run->pool);
    pthread_cond_destroy(&run->changed);
    pthread_mutex_destroy(&run->lock);
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
