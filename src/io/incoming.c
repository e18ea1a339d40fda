#include "io/incoming.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/source.h"
#include "io/steps.h"

static void end(struct incoming *incoming, bool well)
{
    struct job *job = incoming->job;
    job->result.seconds[PM_STAGE_READ] += clock_now() - incoming->began;
    if (!well)
        job_fail(job);
    incoming->done(incoming, well);
}

static void close_and_end(struct incoming *incoming, bool well)
{
    if (incoming->fetch != NULL) {
        incoming->config->remote->part->free(incoming->fetch);
        incoming->fetch = NULL;
        end(incoming, well);
        return;
    }
    close(incoming->fd); /* of a file that was only read: nothing is left to wait for */
    incoming->fd = -1;
    end(incoming, well);
}

static void examine(struct ring_op *op)
{
    struct incoming *incoming = (struct incoming *)op;
    const struct engine_client *client = &incoming->config->client;
    struct job *job = incoming->job;
    if (op->result < 0) {
        error_set(&job->result.error, PM_ERROR_IO, "can't be read: %s", strerror((int)-op->result));
        close_and_end(incoming, false);
        return;
    }
    struct file_source file;
    file_source_init(&file, incoming->fd, incoming->size, incoming->head, INCOMING_HEAD);
    file.filled = (size_t)op->result;
    if (client->examine(client->batch, job, &file.source, incoming->size) == 0)
        end(incoming, true);
    else
        close_and_end(incoming, false);
}

static void read_head(struct ring_op *op)
{
    struct incoming *incoming = (struct incoming *)op;
    struct job *job = incoming->job;
    if (op->result < 0) {
        file_open_error(job->input, (int)-op->result, &job->result.error);
        end(incoming, false);
        return;
    }
    incoming->fd = (int)op->result;
    if (file_look(incoming->fd, &incoming->size, &job->mode, &job->result.error) != 0) {
        close_and_end(incoming, false);
        return;
    }
    /* Only opening had to be kept from waiting; where a file system can't read so, io_uring would give up. */
    fcntl(incoming->fd, F_SETFL, 0);
    incoming->op = (struct ring_op){
        .kind = RING_READ,
        .fd = incoming->fd,
        .bytes = incoming->head,
        .size = incoming->size < INCOMING_HEAD ? (size_t)incoming->size : INCOMING_HEAD,
        .done = examine,
    };
    ring_add(incoming->ring, &incoming->op);
}

/* The fetch's job is ready, or failed. */
static void end_fetch(struct incoming *incoming)
{
    struct job *job = incoming->job;
    bool well = transfer_end_fetch(incoming->config, job, incoming->fetch);
    incoming->fetch = NULL;
    job->ready_at = clock_now();
    end(incoming, well);
}

static void fetch_read(struct fetch *fetch)
{
    end_fetch(fetch->owner);
}

static void fetch_opened(struct fetch *fetch)
{
    struct incoming *incoming = fetch->owner;
    if (fetch->state == FETCH_FAILED)
        end_fetch(incoming);
    else if (transfer_examine_fetch(&incoming->config->client, incoming->job, fetch) == 0)
        end(incoming, true);
    else
        close_and_end(incoming, false);
}

static void open_url(struct incoming *incoming)
{
    struct remote *remote = incoming->config->remote;
    struct job *job = incoming->job;
    incoming->fetch = remote->part->begin(remote, job->url);
    if (incoming->fetch == NULL) {
        error_memory(&job->result.error, 0);
        end(incoming, false);
        return;
    }
    incoming->fetch->changed = fetch_opened;
    incoming->fetch->owner = incoming;
    remote->part->loop_add(incoming->loop, incoming->fetch);
}

static void read_url(struct incoming *incoming)
{
    struct fetch *fetch = incoming->fetch;
    if (fetch->state == FETCH_WHOLE) {
        end_fetch(incoming);
    } else if (fetch_rehouse(fetch, input_pool_take(incoming->pool), &incoming->job->result.error) != 0) {
        close_and_end(incoming, false);
    } else {
        fetch->changed = fetch_read;
        incoming->config->remote->part->go_on(fetch);
    }
}

void incoming_open(struct incoming *incoming)
{
    incoming->began = clock_now();
    if (incoming->job->url != NULL) {
        open_url(incoming);
        return;
    }
    incoming->op = (struct ring_op){
        .kind = RING_OPEN,
        .path = incoming->job->input,
        .flags = FILE_OPEN_FLAGS,
        .done = read_head,
    };
    ring_add(incoming->ring, &incoming->op);
}

static void prepare(struct incoming *incoming)
{
    const struct engine_client *client = &incoming->config->client;
    struct job *job = incoming->job;
    bool well = client->prepare(client->batch, job) == 0;
    job->ready_at = clock_now();
    close_and_end(incoming, well);
}

static void count_body(struct ring_op *op);

static void read_body(struct incoming *incoming, double delay)
{
    const struct job *job = incoming->job;
    incoming->op = (struct ring_op){
        .kind = RING_READ,
        .fd = incoming->fd,
        .bytes = job->in.data + job->in.size,
        .size = file_read_wanted(&job->in, incoming->size),
        .offset = job->in.size,
        .delay = delay,
        .done = count_body,
    };
    ring_add(incoming->ring, &incoming->op);
}

static void count_body(struct ring_op *op)
{
    struct incoming *incoming = (struct incoming *)op;
    struct job *job = incoming->job;
    int status = file_read_got(&job->in, incoming->size, op->size, op->result, &job->result.error);
    if (status > 0)
        read_body(incoming, 0);
    else if (status == 0)
        prepare(incoming);
    else
        close_and_end(incoming, false);
}

void incoming_read(struct incoming *incoming)
{
    struct job *job = incoming->job;
    incoming->began = clock_now();
    if (incoming->fetch != NULL) {
        read_url(incoming);
        return;
    }
    job->in = input_pool_take(incoming->pool);
    if (file_read_begin(incoming->size, &job->in, &job->result.error) == 0)
        read_body(incoming, incoming->config->read_delay);
    else
        close_and_end(incoming, false);
}

void incoming_cancel(struct incoming *incoming)
{
    if (incoming->fetch != NULL)
        incoming->config->remote->part->free(incoming->fetch);
    else
        close(incoming->fd);
    incoming->fetch = NULL;
    incoming->fd = -1;
    job_cancel(incoming->job);
}
