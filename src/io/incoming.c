#include "io/incoming.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/member.h"

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
        close(slot->job->fd); /* never blocks: the file was only read */
        slot->job->fd = -1;
    }
    end(incoming, well);
}

/* O_NONBLOCK was needed only for opening. On some file systems io_uring then fails to read (EAGAIN); the read
 * is repeated without it, and may block. */
static bool begins_again(struct ring_op *op)
{
    struct incoming *incoming = (struct incoming *)op;
    if (op->result != -EAGAIN || fcntl(op->fd, F_SETFL, 0) != 0)
        return false;
    op->delay = 0;
    ring_add(incoming->ring, op);
    return true;
}

static void examine_with(struct incoming *incoming, struct byte_source *source)
{
    const struct engine_client *client = &incoming->config->client;
    struct job *job = incoming->slot->job;
    if (client->examine(client->batch, job, source, job->size) == 0)
        end(incoming, true);
    else
        close_and_end(incoming, false);
}

static void examine(struct ring_op *op)
{
    struct incoming *incoming = (struct incoming *)op;
    struct job *job = incoming->slot->job;
    if (begins_again(op))
        return;
    if (op->result < 0) {
        error_set(&job->result.error, PM_ERROR_IO, "can't be read: %s", strerror((int)-op->result));
        close_and_end(incoming, false);
        return;
    }
    struct file_source file;
    struct member_source member;
    if (job->offset > 0) {
        member_source_init(&member, job, incoming->head, INCOMING_HEAD, (size_t)op->result);
        examine_with(incoming, &member.source);
        return;
    }
    file_source_init(&file, job->fd, job->size, incoming->head, INCOMING_HEAD);
    file.filled = (size_t)op->result;
    examine_with(incoming, &file.source);
}

static void read_head(struct incoming *incoming)
{
    const struct job *job = incoming->slot->job;
    incoming->op = (struct ring_op){
        .kind = RING_READ,
        .fd = job->fd,
        .bytes = incoming->head,
        .size = job->size < INCOMING_HEAD ? (size_t)job->size : INCOMING_HEAD,
        .offset = job->offset,
        .done = examine,
    };
    ring_add(incoming->ring, &incoming->op);
}

/* If it changes meanwhile, only its beginning is examined, and it is read again when it is admitted. */
static void examine_small(struct ring_op *op)
{
    struct incoming *incoming = (struct incoming *)op;
    struct job *job = incoming->slot->job;
    struct memory_source memory;
    struct pm_error error = {0};
    if (begins_again(op))
        return;
    if (file_read_got(&job->in, job->size, op->size, op->result, &error) != 0 ||
        transfer_check_written(job, &error) != 0) {
        input_pool_put(incoming->pool, &job->in);
        read_head(incoming);
        return;
    }
    memory_source_init(&memory, job->in.data, job->in.size);
    examine_with(incoming, &memory.source);
}

static void read_file(struct incoming *incoming, double delay, void (*done)(struct ring_op *op))
{
    const struct job *job = incoming->slot->job;
    incoming->op = (struct ring_op){
        .kind = RING_READ,
        .fd = job->fd,
        .bytes = job->in.data + job->in.size,
        /* What follows a member of an archive is not its growth. */
        .size = job->offset > 0 ? file_call_size((size_t)(job->size - job->in.size))
                                : file_read_wanted(&job->in, job->size),
        .offset = job->offset + job->in.size,
        .delay = delay,
        .done = done,
    };
    ring_add(incoming->ring, &incoming->op);
}

static void read_first(struct incoming *incoming)
{
    struct job *job = incoming->slot->job;
    struct pm_error error = {0};
    if (!transfer_reads_at_once(incoming->config, job)) {
        read_head(incoming);
        return;
    }
    job->in = input_pool_take(incoming->pool);
    if (file_read_begin(job->size, &job->in, &error) == 0)
        read_file(incoming, 0, examine_small);
    else
        read_head(incoming);
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
    if (file_look_job(job) != 0) {
        close_and_end(incoming, false);
        return;
    }
    read_first(incoming);
}

/* The job of the fetch is ready or has failed. */
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
        read_first(incoming);
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

static void begin_body(struct incoming *incoming, double delay)
{
    struct job *job = incoming->slot->job;
    if (file_read_begin(job->size, &job->in, &job->result.error) == 0)
        read_file(incoming, delay, count_body);
    else
        close_and_end(incoming, false);
}

static void count_body(struct ring_op *op)
{
    struct incoming *incoming = (struct incoming *)op;
    struct job *job = incoming->slot->job;
    if (begins_again(op))
        return;
    int status = file_read_got(&job->in, job->size, op->size, op->result, &job->result.error);
    if (status > 0) {
        read_file(incoming, 0, count_body);
        return;
    }
    if (status == 0)
        status = transfer_check_written(job, &job->result.error);
    if (status > 0)
        begin_body(incoming, 0);
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
    if (transfer_was_read(job)) {
        prepare(incoming);
        return;
    }
    job->in = input_pool_take(incoming->pool);
    begin_body(incoming, incoming->config->settings.read_delay);
}
