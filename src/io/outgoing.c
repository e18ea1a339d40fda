#include "io/outgoing.h"

#include <errno.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/transfer.h"

static void end(struct outgoing *outgoing)
{
    outgoing->job->result.seconds[PM_STAGE_WRITE] = clock_now() - outgoing->began;
    outgoing->done(outgoing);
}

/* `why` is an errno. */
static void fail(struct outgoing *outgoing, int why)
{
    struct job *job = outgoing->job;
    temporary_discard(&outgoing->temporary);
    output_dir_write_error(outgoing->config->output, why, &job->result.error);
    job->result.error.stage = PM_STAGE_WRITE;
    job_fail(job);
    end(outgoing);
}

static void next(struct outgoing *outgoing, struct ring_op op)
{
    outgoing->op = op;
    ring_add(outgoing->ring, &outgoing->op);
}

static void finish(struct ring_op *op)
{
    struct outgoing *outgoing = (struct outgoing *)op;
    if (op->result < 0) {
        fail(outgoing, (int)-op->result);
        return;
    }
    temporary_close(&outgoing->temporary);
    end(outgoing);
}

static void rename_it(struct ring_op *op)
{
    struct outgoing *outgoing = (struct outgoing *)op;
    if (op->result < 0)
        fail(outgoing, (int)-op->result);
    else
        next(outgoing, (struct ring_op){.kind = RING_RENAME,
                                        .folder = outgoing->temporary.folder,
                                        .path = outgoing->temporary.name,
                                        .to = outgoing->temporary.result,
                                        .done = finish});
}

/* A network file system reports a full disk when a descriptor is closed. The lock must be held beyond that,
 * so a copy is closed. Syncing reports it as well, but takes longer: used if no descriptor is left. */
static void close_copy(struct ring_op *op)
{
    struct outgoing *outgoing = (struct outgoing *)op;
    if (op->result < 0 || !outgoing->temporary.tells_at_close) {
        rename_it(op);
        return;
    }
    int copy = fcntl(outgoing->temporary.fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        next(outgoing, (struct ring_op){.kind = RING_SYNC, .fd = outgoing->temporary.fd, .done = rename_it});
    else
        next(outgoing, (struct ring_op){.kind = RING_CLOSE, .fd = copy, .done = rename_it});
}

static void seal(struct outgoing *outgoing)
{
    int fd = outgoing->temporary.fd;
    if (temporary_set_mode(&outgoing->temporary) != 0) {
        fail(outgoing, errno);
    } else if (outgoing->config->care == FILE_DURABLE) {
        next(outgoing, (struct ring_op){.kind = RING_SYNC, .fd = fd, .done = close_copy});
    } else {
        outgoing->op.result = 0;
        close_copy(&outgoing->op);
    }
}

static void count_written(struct ring_op *op);

static void write_rest(struct outgoing *outgoing)
{
    const struct buffer *bytes = &outgoing->job->out;
    if (outgoing->written == bytes->size) {
        seal(outgoing);
        return;
    }
    next(outgoing, (struct ring_op){.kind = RING_WRITE,
                                    .fd = outgoing->temporary.fd,
                                    .bytes = bytes->data + outgoing->written,
                                    .size = file_call_size(bytes->size - outgoing->written),
                                    .offset = outgoing->written,
                                    .done = count_written});
}

static void count_written(struct ring_op *op)
{
    struct outgoing *outgoing = (struct outgoing *)op;
    if (op->result < 0) {
        fail(outgoing, (int)-op->result);
        return;
    }
    outgoing->written += (size_t)op->result;
    write_rest(outgoing);
}

static void lock(struct ring_op *op);

static void open_temporary(struct outgoing *outgoing)
{
    if (temporary_name(&outgoing->temporary) != 0)
        fail(outgoing, errno);
    else
        next(outgoing, (struct ring_op){.kind = RING_OPEN,
                                        .folder = outgoing->temporary.folder,
                                        .path = outgoing->temporary.name,
                                        .flags = TEMPORARY_FLAGS,
                                        .mode = outgoing->temporary.mode,
                                        .done = lock});
}

static void lock(struct ring_op *op)
{
    struct outgoing *outgoing = (struct outgoing *)op;
    switch (temporary_opened(&outgoing->temporary, (int)op->result)) {
    case TEMPORARY_READY:
        write_rest(outgoing);
        break;
    case TEMPORARY_AGAIN:
        open_temporary(outgoing);
        break;
    case TEMPORARY_FAILED:
        fail(outgoing, errno);
    }
}

void outgoing_write(struct outgoing *outgoing)
{
    outgoing->began = clock_now();
    outgoing->written = 0;
    const struct job *job = outgoing->job;
    if (temporary_begin(&outgoing->temporary, outgoing->config->output, job->output, job->mode) != 0)
        fail(outgoing, errno);
    else
        open_temporary(outgoing);
}
