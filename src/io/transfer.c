#include "io/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/member.h"
#include "io/upload.h"

enum { KEEP_BYTES_MAX = 8 << 20 }; /* max bytes of one buffer in the pool */

void input_pool_init(struct input_pool *pool, uint64_t max_bytes)
{
    *pool = (struct input_pool){.max_bytes = max_bytes};
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
        if (pool->count < sizeof pool->buffers / sizeof *pool->buffers &&
            buffer->capacity <= pool->max_bytes - pool->bytes) {
            pool->bytes += buffer->capacity;
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
    pool->bytes -= buffer.capacity;
    pthread_mutex_unlock(&pool->lock);
    return buffer;
}

int transfer_examine_fetch(const struct engine_client *client, struct job *job, const struct fetch *fetch)
{
    struct fetch_source source;
    fetch_source_init(&source, fetch);
    job->http_status = fetch->http_status;
    int status = client->examine(client->batch, job, &source.source, fetch->size);
    if (!source.missed)
        return status;
    job->result.error = (struct pm_error){0}; /* of a header that was incomplete */
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

/* Runs the fetch. INTAKE_DONE: it is HELD or WHOLE. */
static enum intake_result run_fetch(const struct engine_config *config, struct intake_slot *slot)
{
    struct fetch *fetch = slot->fetch;
    config->remote->part->run(fetch);
    if (fetch->state == FETCH_HELD || fetch->state == FETCH_WHOLE)
        return INTAKE_DONE;
    slot->again_at = fetch->again_at;
    if (fetch->state != FETCH_FAILED)
        return INTAKE_LATER;
    transfer_end_fetch(config, slot->job, fetch);
    slot->fetch = NULL;
    return INTAKE_FAILED;
}

static enum intake_result open_url(const struct engine_config *config, struct intake_slot *slot)
{
    struct job *job = slot->job;
    if (slot->fetch == NULL)
        slot->fetch = config->remote->part->begin(config->remote, job->url);
    if (slot->fetch == NULL) {
        error_memory(&job->result.error, 0);
        return INTAKE_FAILED;
    }
    enum intake_result result = run_fetch(config, slot);
    if (result != INTAKE_DONE || transfer_examine_fetch(&config->client, job, slot->fetch) == 0)
        return result;
    config->remote->part->free(slot->fetch);
    slot->fetch = NULL;
    return INTAKE_FAILED;
}

static void close_file(struct job *job)
{
    if (job->fd >= 0)
        close(job->fd);
    job->fd = -1;
}

bool transfer_reads_at_once(const struct engine_config *config, const struct job *job)
{
    return job->size > 0 && job->size <= FILE_SMALL && config->settings.read_delay == 0;
}

bool transfer_was_read(const struct job *job)
{
    return job->size > 0 && job->in.size == job->size;
}

/* The change time would tell no more of the content: names and permissions change it, too. The state that the
 * file system has cached is enough, so this never waits for a network. */
int transfer_check_written(struct job *job, struct pm_error *error)
{
    struct statx status;
    if (job->input == NULL)
        return 0;
    if (statx(job->fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MTIME, &status) != 0)
        return error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
    const struct timespec now = {(time_t)status.stx_mtime.tv_sec, (long)status.stx_mtime.tv_nsec};
    if (now.tv_sec == job->modified.tv_sec && now.tv_nsec == job->modified.tv_nsec)
        return 0;
    if (job->read_again)
        return error_changed(error);
    job->read_again = true;
    job->modified = now;
    return 1;
}

static int read_whole(struct job *job, struct buffer *bytes, struct pm_error *error)
{
    int status;
    if (job->offset > 0)
        return member_read(job, bytes, error);
    do {
        status = file_read(job->fd, job->size, bytes, error);
        if (status == 0)
            status = transfer_check_written(job, error);
    } while (status > 0);
    return status;
}

/* If it changes meanwhile, it is read again when it is admitted, and refused then. */
static void read_small(const struct engine_config *config, struct job *job, struct input_pool *pool)
{
    struct pm_error error = {0};
    if (pool == NULL || !transfer_reads_at_once(config, job))
        return;
    job->in = input_pool_take(pool);
    if (read_whole(job, &job->in, &error) != 0)
        input_pool_put(pool, &job->in);
}

static int examine_file(const struct engine_client *client, struct job *job)
{
    uint8_t window[4096];
    struct file_source file;
    struct memory_source memory;
    if (transfer_was_read(job)) {
        memory_source_init(&memory, job->in.data, job->in.size);
        return client->examine(client->batch, job, &memory.source, job->size);
    }
    if (job->offset > 0) {
        struct member_source member;
        member_source_init(&member, job, window, sizeof window, 0);
        return client->examine(client->batch, job, &member.source, job->size);
    }
    file_source_init(&file, job->fd, job->size, window, sizeof window);
    return client->examine(client->batch, job, &file.source, job->size);
}

static enum intake_result open_file(const struct engine_config *config, struct job *job,
                                    struct input_pool *pool)
{
    if (job->input != NULL)
        file_open_job(job);
    if (job->fd < 0)
        return INTAKE_FAILED;
    read_small(config, job, pool);
    if (examine_file(&config->client, job) == 0)
        return INTAKE_DONE;
    close_file(job);
    return INTAKE_FAILED;
}

/* Adds the time since `began` to the read stage, and sets the job's status. */
static enum intake_result end_step(struct job *job, double began, enum intake_result result)
{
    job->result.seconds[PM_STAGE_READ] += clock_now() - began;
    if (result == INTAKE_FAILED)
        job_fail(job);
    return result;
}

enum intake_result transfer_open(const struct engine_config *config, struct intake_slot *slot,
                                 struct input_pool *pool)
{
    struct job *job = slot->job;
    double began = clock_now();
    if (job->input != NULL)
        job->fd = -1;
    enum intake_result result =
        end_step(job, began, job->url != NULL ? open_url(config, slot) : open_file(config, job, pool));
    if (result == INTAKE_FAILED && pool != NULL)
        input_pool_put(pool, &job->in);
    return result;
}

static enum intake_result read_url(const struct engine_config *config, struct intake_slot *slot,
                                   struct input_pool *pool)
{
    struct job *job = slot->job;
    struct fetch *fetch = slot->fetch;
    if (fetch->state == FETCH_HELD) {
        if (fetch_rehouse(fetch, input_pool_take(pool), &job->result.error) != 0) {
            config->remote->part->free(fetch);
            slot->fetch = NULL;
            return INTAKE_FAILED;
        }
        config->remote->part->go_on(fetch);
    }
    enum intake_result result = fetch->state != FETCH_WHOLE ? run_fetch(config, slot) : INTAKE_DONE;
    if (result != INTAKE_DONE)
        return result;
    slot->fetch = NULL;
    return transfer_end_fetch(config, job, fetch) ? INTAKE_DONE : INTAKE_FAILED;
}

static enum intake_result read_file(const struct engine_config *config, struct job *job,
                                    struct input_pool *pool)
{
    const struct engine_client *client = &config->client;
    double began = clock_now();
    if (config->settings.read_delay > 0)
        clock_sleep_until(began + config->settings.read_delay);
    bool well = transfer_was_read(job);
    if (!well) {
        job->in = input_pool_take(pool);
        well = read_whole(job, &job->in, &job->result.error) == 0;
    }
    well = well && client->prepare(client->batch, job) == 0;
    close_file(job);
    return well ? INTAKE_DONE : INTAKE_FAILED;
}

/* Reads the file into a buffer of the pool, closes it and prepares the job. */
static enum intake_result read_input(const struct engine_config *config, struct intake_slot *slot,
                                     struct input_pool *pool)
{
    struct job *job = slot->job;
    double began = clock_now();
    enum intake_result result =
        end_step(job, began, job->url != NULL ? read_url(config, slot, pool) : read_file(config, job, pool));
    if (result == INTAKE_FAILED)
        input_pool_put(pool, &job->in);
    job->ready_at = clock_now();
    return result;
}

void transfer_cancel(const struct engine_config *config, struct intake_slot *slot, struct input_pool *pool)
{
    input_pool_put(pool, &slot->job->in);
    if (slot->fetch != NULL)
        config->remote->part->free(slot->fetch);
    slot->fetch = NULL;
    close_file(slot->job);
    job_cancel(slot->job);
}

bool transfer_place(const struct engine_client *client, struct job *job)
{
    if (client->place == NULL || client->place(client->batch, job) == 0)
        return true;
    job->result.error.stage = PM_STAGE_WRITE;
    return job_fail(job);
}

/* Returns the input's buffer to the pool, and writes the result unless the job failed. False: the client
 * keeps the job. */
static bool write_result(const struct engine_config *config, struct job *job, struct input_pool *pool)
{
    struct pm_error *error = &job->result.error;
    double began = clock_now();
    bool done = true;
    input_pool_put(pool, &job->in);
    if (job->status != JOB_OK)
        return true;
    if (job->output == NULL) {
        done = config->client.write(config->client.batch, job);
    } else if (!transfer_place(&config->client, job)) {
        return true;
    } else if (config->uploads) {
        upload_job(config, job);
    } else if (file_write_job(config->output, job, config->care, error) != 0) {
        error->stage = PM_STAGE_WRITE;
        job_fail(job);
    }
    if (done)
        job->result.seconds[PM_STAGE_WRITE] = clock_now() - began;
    return done;
}

void transfer_step(struct intake *intake, struct intake_step step, struct input_pool *pool)
{
    const struct engine_config *config = intake->config;
    switch (step.kind) {
    case INTAKE_OPEN:
        intake_opened(intake, step.slot, transfer_open(config, step.slot, pool));
        break;
    case INTAKE_READ:
        intake_read(intake, step.slot, read_input(config, step.slot, pool));
        break;
    case INTAKE_CLOSE:
        transfer_cancel(config, step.slot, pool);
        intake_closed(intake, step.slot);
        break;
    case INTAKE_WRITE:
        if (write_result(config, step.job, pool))
            intake_written(intake, step.job);
        else
            intake_kept(intake);
        break;
    case INTAKE_TAKE:
    case INTAKE_NOTHING:
    case INTAKE_ENDED:
        break;
    }
}
