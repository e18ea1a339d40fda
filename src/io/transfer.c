#include "io/transfer.h"

#include <unistd.h>

#include "base/clock.h"
#include "io/source.h"

enum { KEEP_BYTES_MAX = 8 << 20 }; /* of one buffer in the pool */

void input_pool_init(struct input_pool *pool)
{
    *pool = (struct input_pool){0};
    pthread_mutex_init(&pool->lock, NULL);
}

void input_pool_free(struct input_pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++)
        buffer_free(&pool->buffers[i]);
    pthread_mutex_destroy(&pool->lock);
}

void input_pool_put(struct input_pool *pool, struct buffer *buffer)
{
    buffer->size = 0;
    if (buffer->data != NULL && buffer->capacity <= KEEP_BYTES_MAX) {
        pthread_mutex_lock(&pool->lock);
        if (pool->count < sizeof pool->buffers / sizeof *pool->buffers) {
            pool->buffers[pool->count++] = *buffer;
            *buffer = (struct buffer){0};
        }
        pthread_mutex_unlock(&pool->lock);
    }
    buffer_free(buffer);
}

struct buffer input_pool_take(struct input_pool *pool)
{
    struct buffer buffer = {0};
    pthread_mutex_lock(&pool->lock);
    if (pool->count > 0)
        buffer = pool->buffers[--pool->count];
    pthread_mutex_unlock(&pool->lock);
    return buffer;
}

bool job_fail(struct job *job)
{
    job->status = JOB_FAILED;
    return false;
}

int transfer_examine_fetch(const struct engine_client *client, struct job *job, const struct fetch *fetch)
{
    struct fetch_source source;
    fetch_source_init(&source, fetch);
    job->http_status = fetch->http_status;
    int status = client->examine(client->batch, job, &source.source, fetch->size);
    if (!source.missed)
        return status;
    job->result.error = (struct pm_error){0}; /* of a header that had not come to its end */
    return client->reserve(client->batch, job, fetch->size);
}

bool transfer_end_fetch(const struct engine_config *config, struct job *job, struct fetch *fetch)
{
    const struct engine_client *client = &config->client;
    struct remote *remote = config->remote;
    job->http_status = fetch->http_status;
    job->mode = remote->mode;
    int status = -1;
    if (fetch->state == FETCH_WHOLE) {
        job->in = fetch->bytes;
        fetch->bytes = (struct buffer){0};
        status = client->prepare(client->batch, job);
    } else {
        job->result.error = fetch->error;
    }
    remote->part->free(fetch);
    return status == 0 || job_fail(job);
}

/* Runs the fetch. True once it is held or whole; else *step says what now. */
static bool run_fetch(const struct engine_config *config, struct transfer *transfer, enum transfer_step *step)
{
    struct fetch *fetch = transfer->fetch;
    config->remote->part->run(fetch);
    if (fetch->state == FETCH_HELD || fetch->state == FETCH_WHOLE)
        return true;
    *step = TRANSFER_LATER;
    if (fetch->state == FETCH_FAILED) {
        transfer_end_fetch(config, transfer->job, fetch);
        transfer->fetch = NULL;
        *step = TRANSFER_FAILED;
    }
    return false;
}

static enum transfer_step open_url(const struct engine_config *config, struct transfer *transfer)
{
    struct job *job = transfer->job;
    enum transfer_step step;
    if (transfer->fetch == NULL)
        transfer->fetch = config->remote->part->begin(config->remote, job->url);
    if (transfer->fetch == NULL) {
        error_memory(&job->result.error, 0);
        return TRANSFER_FAILED;
    }
    if (!run_fetch(config, transfer, &step))
        return step;
    if (transfer_examine_fetch(&config->client, job, transfer->fetch) == 0)
        return TRANSFER_DONE;
    config->remote->part->free(transfer->fetch);
    transfer->fetch = NULL;
    return TRANSFER_FAILED;
}

static enum transfer_step open_file(const struct engine_client *client, struct transfer *transfer)
{
    struct job *job = transfer->job;
    int fd = file_open(job->input, &transfer->size, &job->mode, &job->result.error);
    if (fd < 0)
        return TRANSFER_FAILED;
    uint8_t window[4096];
    struct file_source file;
    file_source_init(&file, fd, transfer->size, window, sizeof window);
    if (client->examine(client->batch, job, &file.source, transfer->size) != 0) {
        close(fd);
        return TRANSFER_FAILED;
    }
    transfer->fd = fd;
    return TRANSFER_DONE;
}

/* Books the time since `began` as reading, and what became of the job. */
static enum transfer_step end_step(struct job *job, double began, enum transfer_step step)
{
    job->result.seconds[PM_STAGE_READ] += clock_now() - began;
    if (step == TRANSFER_FAILED)
        job_fail(job);
    return step;
}

enum transfer_step transfer_open(const struct engine_config *config, struct transfer *transfer)
{
    double began = clock_now();
    transfer->fd = -1;
    return end_step(transfer->job, began,
                    transfer->job->url != NULL ? open_url(config, transfer)
                                               : open_file(&config->client, transfer));
}

static enum transfer_step read_url(const struct engine_config *config, struct transfer *transfer,
                                   struct input_pool *pool)
{
    struct job *job = transfer->job;
    struct fetch *fetch = transfer->fetch;
    enum transfer_step step;
    if (fetch->state == FETCH_HELD) {
        if (fetch_rehouse(fetch, input_pool_take(pool), &job->result.error) != 0) {
            config->remote->part->free(fetch);
            transfer->fetch = NULL;
            return TRANSFER_FAILED;
        }
        config->remote->part->go_on(fetch);
    }
    if (fetch->state != FETCH_WHOLE && !run_fetch(config, transfer, &step))
        return step;
    transfer->fetch = NULL;
    return transfer_end_fetch(config, job, fetch) ? TRANSFER_DONE : TRANSFER_FAILED;
}

static enum transfer_step read_file(const struct engine_config *config, struct transfer *transfer,
                                    struct input_pool *pool)
{
    const struct engine_client *client = &config->client;
    struct job *job = transfer->job;
    double began = clock_now();
    if (config->read_delay > 0)
        clock_sleep_until(began + config->read_delay);
    job->in = input_pool_take(pool);
    int status = file_read(transfer->fd, transfer->size, &job->in, &job->result.error);
    close(transfer->fd);
    transfer->fd = -1;
    if (status == 0)
        status = client->prepare(client->batch, job);
    return status == 0 ? TRANSFER_DONE : TRANSFER_FAILED;
}

enum transfer_step transfer_read(const struct engine_config *config, struct transfer *transfer,
                                 struct input_pool *pool)
{
    struct job *job = transfer->job;
    double began = clock_now();
    enum transfer_step step = end_step(
        job, began, job->url != NULL ? read_url(config, transfer, pool) : read_file(config, transfer, pool));
    job->ready_at = clock_now();
    return step;
}

void job_cancel(struct job *job)
{
    job->result.error = (struct pm_error){0};
    error_set(&job->result.error, PM_ERROR_CANCELLED, "was not begun (the run ended before)");
    job_fail(job);
}

void transfer_cancel(const struct engine_config *config, struct transfer *transfer)
{
    if (transfer->fetch != NULL)
        config->remote->part->free(transfer->fetch);
    else
        close(transfer->fd);
    transfer->fetch = NULL;
    transfer->fd = -1;
    job_cancel(transfer->job);
}

void transfer_finish(const struct engine_config *config, struct job *job, struct input_pool *pool)
{
    input_pool_put(pool, &job->in);
    if (job->status == JOB_OK) {
        double began = clock_now();
        struct pm_error *error = &job->result.error;
        if (file_write(job->output, job->out.data, job->out.size, job->mode, config->care, error) != 0) {
            error->stage = PM_STAGE_WRITE;
            job_fail(job);
        }
        job->result.seconds[PM_STAGE_WRITE] = clock_now() - began;
    }
    config->client.finish(config->client.batch, job);
}
