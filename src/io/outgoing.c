#include "io/outgoing.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/transfer.h"

static void end(struct outgoing *outgoing)
{
    outgoing->job->result.seconds[PM_STAGE_WRITE] = clock_now() - outgoing->began;
    outgoing->done(outgoing);
}

static struct temporary *current(struct outgoing *outgoing)
{
    return &outgoing->temporaries[outgoing->at];
}

/* Leaves no result. `why` is an errno. */
static void fail(struct outgoing *outgoing, int why)
{
    struct job *job = outgoing->job;
    const unsigned begun = outgoing->renaming ? job_files(job) : outgoing->at + 1;
    for (unsigned i = 0; i < begun; i++) {
        if (outgoing->renaming && i < outgoing->at)
            temporary_undo(&outgoing->temporaries[i]);
        else
            temporary_discard(&outgoing->temporaries[i]);
    }
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

static void rename_next(struct outgoing *outgoing);

static void renamed(struct ring_op *op)
{
    struct outgoing *outgoing = (struct outgoing *)op;
    if (op->result < 0) {
        temporary_restore_original(current(outgoing));
        fail(outgoing, (int)-op->result);
        return;
    }
    outgoing->at++;
    rename_next(outgoing);
}

static void rename_next(struct outgoing *outgoing)
{
    const unsigned files = job_files(outgoing->job);
    if (outgoing->at < files) {
        const struct temporary *temporary = current(outgoing);
        /* A few system calls on names, in place only: io_uring has no operation to rename without replacing
         * on every kernel. */
        if (temporary_keep_original(temporary, &outgoing->job->result.error) != 0) {
            fail(outgoing, errno);
            return;
        }
        next(outgoing, (struct ring_op){.kind = RING_RENAME,
                                        .folder = temporary->folder,
                                        .path = temporary->name,
                                        .to = temporary->result,
                                        .done = renamed});
        return;
    }
    for (unsigned i = 0; i < files; i++)
        temporary_close(&outgoing->temporaries[i]);
    end(outgoing);
}

static void begin_file(struct outgoing *outgoing);

/* A result is whole: writes the next one, or renames all. */
static void file_written(struct ring_op *op)
{
    struct outgoing *outgoing = (struct outgoing *)op;
    if (op->result < 0) {
        fail(outgoing, (int)-op->result);
    } else if (outgoing->at + 1 < job_files(outgoing->job)) {
        outgoing->at++;
        begin_file(outgoing);
    } else {
        outgoing->at = 0;
        outgoing->renaming = true;
        rename_next(outgoing);
    }
}

/* A network file system reports a full disk when a descriptor is closed. The lock must be held longer, so a
 * duplicate is closed. If there is no free descriptor, the file is synced, which reports it, too, but takes
 * longer. */
static void close_copy(struct ring_op *op)
{
    struct outgoing *outgoing = (struct outgoing *)op;
    if (op->result < 0 || !current(outgoing)->tells_at_close) {
        file_written(op);
        return;
    }
    int copy = fcntl(current(outgoing)->fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        next(outgoing,
             (struct ring_op){.kind = RING_SYNC, .fd = current(outgoing)->fd, .done = file_written});
    else
        next(outgoing, (struct ring_op){.kind = RING_CLOSE, .fd = copy, .done = file_written});
}

static void seal(struct outgoing *outgoing)
{
    int fd = current(outgoing)->fd;
    if (temporary_settle(current(outgoing)) != 0) {
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
    const struct job_file file = job_file(outgoing->job, outgoing->at);
    if (outgoing->written == file.size) {
        seal(outgoing);
        return;
    }
    next(outgoing, (struct ring_op){.kind = RING_WRITE,
                                    .fd = current(outgoing)->fd,
                                    .bytes = file.data + outgoing->written,
                                    .size = file_call_size(file.size - outgoing->written),
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
    if (temporary_name(current(outgoing)) != 0)
        fail(outgoing, errno);
    else
        next(outgoing, (struct ring_op){.kind = RING_OPEN,
                                        .folder = current(outgoing)->folder,
                                        .path = current(outgoing)->name,
                                        .flags = TEMPORARY_FLAGS,
                                        .mode = current(outgoing)->mode,
                                        .done = lock});
}

static void lock(struct ring_op *op)
{
    struct outgoing *outgoing = (struct outgoing *)op;
    switch (temporary_opened(current(outgoing), (int)op->result)) {
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

static void begin_file(struct outgoing *outgoing)
{
    const struct job *job = outgoing->job;
    const struct job_file file = job_file(job, outgoing->at);
    outgoing->written = 0;
    if (temporary_begin(current(outgoing), outgoing->config->output, file.path, job->mode) != 0) {
        fail(outgoing, errno);
        return;
    }
    current(outgoing)->modified = job->keeps_date ? &job->modified : NULL;
    current(outgoing)->original = job->original;
    open_temporary(outgoing);
}

/* Memory for the temporaries of all results. */
static bool make_room(struct outgoing *outgoing)
{
    const unsigned files = job_files(outgoing->job);
    if (files <= outgoing->room)
        return true;
    struct temporary *more = reallocarray(outgoing->temporaries, files, sizeof *more);
    if (more == NULL)
        return false;
    outgoing->temporaries = more;
    outgoing->room = files;
    return true;
}

static void uploaded(struct upload *upload)
{
    end(upload->owner);
}

void outgoing_write(struct outgoing *outgoing)
{
    struct job *job = outgoing->job;
    outgoing->began = clock_now();
    outgoing->at = 0;
    outgoing->renaming = false;
    if (!transfer_place(&outgoing->config->client, job)) {
        end(outgoing);
        return;
    }
    if (outgoing->config->uploads) {
        outgoing->upload = (struct upload){
            .config = outgoing->config, .loop = outgoing->loop, .done = uploaded, .owner = outgoing};
        upload_start(&outgoing->upload, job);
        return;
    }
    if (make_room(outgoing)) {
        begin_file(outgoing);
        return;
    }
    error_memory(&job->result.error, job_files(job) * sizeof *outgoing->temporaries);
    job_fail(job);
    end(outgoing);
}

void outgoing_free(struct outgoing *outgoing)
{
    free(outgoing->temporaries);
}
