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

void incoming_open(struct incoming *incoming)
{
    incoming->began = clock_now();
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
    job->in = input_pool_take(incoming->pool);
    if (file_read_begin(incoming->size, &job->in, &job->result.error) == 0)
        read_body(incoming, incoming->config->read_delay);
    else
        close_and_end(incoming, false);
}

void incoming_cancel(struct incoming *incoming)
{
    close(incoming->fd);
    incoming->fd = -1;
    job_cancel(incoming->job);
}
