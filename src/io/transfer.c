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

bool transfer_open(const struct engine_client *client, struct job *job, struct transfer *transfer)
{
    double began = clock_now();
    *transfer = (struct transfer){.job = job, .fd = -1};
    int fd = file_open(job->input, &transfer->size, &job->mode, &job->result.error);
    if (fd < 0)
        return job_fail(job);
    uint8_t window[4096];
    struct file_source file;
    file_source_init(&file, fd, transfer->size, window, sizeof window);
    int status = client->examine(client->batch, job, &file.source, transfer->size);
    job->result.seconds[PM_STAGE_READ] = clock_now() - began;
    if (status != 0) {
        close(fd);
        return job_fail(job);
    }
    transfer->fd = fd;
    return true;
}

bool transfer_read(const struct engine_config *config, struct transfer *transfer, struct input_pool *pool)
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
    job->ready_at = clock_now();
    job->result.seconds[PM_STAGE_READ] += job->ready_at - began;
    return status == 0 || job_fail(job);
}

void job_cancel(struct job *job)
{
    job->result.error = (struct pm_error){0};
    error_set(&job->result.error, PM_ERROR_CANCELLED, "was not begun (the run ended before)");
    job_fail(job);
}

void transfer_cancel(struct transfer *transfer)
{
    close(transfer->fd);
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
