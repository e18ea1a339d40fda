#include "io/incoming.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static void end(struct incoming *incoming, bool well)
{
    struct job *job = incoming->slot->job;
    job->result.seconds[PM_STAGE_READ] += clock_now() - incoming->began;
    if (!well) {
        input_pool_put(incoming->pool, &job->in);
        job_fail(job);
    }
    incoming->done(incoming, well ? INTAKE_DONE : INTAKE_FAILED);
}

static void close_and_end(struct incoming *incoming, bool well)
{
    struct intake_slot *slot = incoming->slot;
    if (slot->fetch != NULL) {
        incoming->config->remote->part->free(slot->fetch);
        slot->fetch = NULL;
    } else {
        close(slot->job->fd); /* of a file that was only read: nothing is left to wait for */
        slot->job->fd = -1;
    }
    end(incoming, well);
}

static void examine(struct ring_op *op)
{
    struct incoming *incoming = (struct incoming *)op;
    const struct engine_client *client = &incoming->config->client;
    struct job *job = incoming->slot->job;
    if (op->result < 0) {
        error_set(&job->result.error, PM_ERROR_IO, "can't be read: %s", strerror((int)-op->result));
        close_and_end(incoming, false);
        return;
    }
    struct file_source file;
    file_source_init(&file, job->fd, job->size, incoming->head, INCOMING_HEAD);
    file.filled = (size_t)op->result;
    if (client->examine(client->batch, job, &file.source, job->size) == 0)
        end(incoming, true);
    else
        close_and_end(incoming, false);
}

static void read_head(struct incoming *incoming)
{
    const struct job *job = incoming->slot->job;
    incoming->op = (struct ring_op){
        .kind = RING_READ,
        .fd = job->fd,
        .bytes = incoming->head,
        .size = job->size < INCOMING_HEAD ? (size_t)job->size : INCOMING_HEAD,
        .done = examine,
    };
    ring_add(incoming->ring, &incoming->op);
}

static void opened(struct ring_op *op)
{
    struct incoming *incoming = (struct incoming *)op;
    struct job *job = incoming->slot->job;
    if (op->result < 0) {
        file_open_error(job->input, (int)-op->result, &job->result.error);
        end(incoming, false);
        return;
    }
    job->fd = (int)op->result;
    if (file_look(job->fd, &job->size, &job->mode, &job->result.error) != 0) {
        close_and_end(incoming, false);
        return;
    }
    /* Only opening had to be kept from waiting; where a file system can't read so, io_uring would give up. */
    fcntl(job->fd, F_SETFL, 0);
    read_head(incoming);
}

/* The fetch's job is ready, or failed. */
static void end_fetch(struct incoming *incoming)
{
    struct job *job = incoming->slot->job;
    bool well = transfer_end_fetch(incoming->config, job, incoming->slot->fetch);
    incoming->slot->fetch = NULL;
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
    else if (transfer_examine_fetch(&incoming->config->client, incoming->slot->job, fetch) == 0)
        end(incoming, true);
    else
        close_and_end(incoming, false);
}

static void open_url(struct incoming *incoming)
{
    struct remote *remote = incoming->config->remote;
    struct job *job = incoming->slot->job;
    incoming->slot->fetch = remote->part->begin(remote, job->url);
    if (incoming->slot->fetch == NULL) {
        error_memory(&job->result.error, 0);
        end(incoming, false);
        return;
    }
    incoming->slot->fetch->changed = fetch_opened;
    incoming->slot->fetch->owner = incoming;
    remote->part->loop_add(incoming->loop, incoming->slot->fetch);
}

static void read_url(struct incoming *incoming)
{
    struct fetch *fetch = incoming->slot->fetch;
    if (fetch->state == FETCH_WHOLE) {
        end_fetch(incoming);
    } else if (fetch_rehouse(fetch, input_pool_take(incoming->pool), &incoming->slot->job->result.error) !=
               0) {
        close_and_end(incoming, false);
    } else {
        fetch->changed = fetch_read;
        incoming->config->remote->part->go_on(fetch);
    }
}

void incoming_open(struct incoming *incoming)
{
    struct job *job = incoming->slot->job;
    incoming->began = clock_now();
    if (job->input == NULL) {
        read_head(incoming);
        return;
    }
    job->fd = -1;
    if (job->url != NULL) {
        open_url(incoming);
        return;
    }
    incoming->op = (struct ring_op){
        .kind = RING_OPEN,
        .folder = AT_FDCWD,
        .path = job->input,
        .flags = FILE_OPEN_FLAGS,
        .done = opened,
    };
    ring_add(incoming->ring, &incoming->op);
}

static void prepare(struct incoming *incoming)
{
    const struct engine_client *client = &incoming->config->client;
    struct job *job = incoming->slot->job;
    bool well = client->prepare(client->batch, job) == 0;
    job->ready_at = clock_now();
    close_and_end(incoming, well);
}

static void count_body(struct ring_op *op);

static void read_body(struct incoming *incoming, double delay)
{
    const struct job *job = incoming->slot->job;
    incoming->op = (struct ring_op){
        .kind = RING_READ,
        .fd = job->fd,
        .bytes = job->in.data + job->in.size,
        .size = file_read_wanted(&job->in, job->size),
        .offset = job->in.size,
        .delay = delay,
        .done = count_body,
    };
    ring_add(incoming->ring, &incoming->op);
}

static void count_body(struct ring_op *op)
{
    struct incoming *incoming = (struct incoming *)op;
    struct job *job = incoming->slot->job;
    int status = file_read_got(&job->in, job->size, op->size, op->result, &job->result.error);
    if (status > 0)
        read_body(incoming, 0);
    else if (status == 0)
        prepare(incoming);
    else
        close_and_end(incoming, false);
}

void incoming_read(struct incoming *incoming)
{
    struct job *job = incoming->slot->job;
    incoming->began = clock_now();
    if (incoming->slot->fetch != NULL) {
        read_url(incoming);
        return;
    }
    job->in = input_pool_take(incoming->pool);
    if (file_read_begin(job->size, &job->in, &job->result.error) == 0)
        read_body(incoming, incoming->config->settings.read_delay);
    else
        close_and_end(incoming, false);
}
