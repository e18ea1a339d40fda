#include "batch/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "batch/archive_list.h"
#include "io/intake.h"

/* Copies [begin, end) of the input to the end of the output. Returns 0, or -1 with errno set. */
static int copy(struct archive *archive, uint64_t begin, uint64_t end)
{
    off_t from = (off_t)begin, to = (off_t)archive->written;
    while ((uint64_t)from < end) {
        uint8_t bytes[1 << 16];
        const uint64_t left = end - (uint64_t)from;
        const ssize_t got = pread(archive->in, bytes, left < sizeof bytes ? left : sizeof bytes, from);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? EIO : errno; /* it became shorter */
            return -1;
        }
        for (ssize_t done = 0; done < got;) {
            const ssize_t wrote = pwrite(archive->out.fd, bytes + done, (size_t)(got - done), to + done);
            if (wrote < 0 && errno != EINTR)
                return -1;
            done += wrote > 0 ? wrote : 0;
        }
        from += got;
        to += got;
    }
    archive->written = (uint64_t)to;
    return 0;
}

static int append(struct archive *archive, const void *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        const ssize_t wrote =
            pwrite(archive->out.fd, (const char *)bytes + done, size - done, (off_t)archive->written);
        if (wrote < 0 && errno != EINTR)
            return -1;
        done += wrote > 0 ? (size_t)wrote : 0;
        archive->written += wrote > 0 ? (uint64_t)wrote : 0;
    }
    return 0;
}

/* The first failure to write is that of the archive. */
static void fail(struct archive *archive)
{
    if (archive->error.kind == PM_OK)
        error_set(&archive->error, PM_ERROR_IO, "the archive can't be written: %s", strerror(errno));
}

/* Writes one result: its header, its bytes and the padding. Its name keeps the member's beginning, "./". */
static int write_result(struct archive *archive, const struct archive_item *item, const struct job_file *file)
{
    static const uint8_t zeros[TAR_BLOCK];
    struct tar_reader reader = {.fd = archive->in, .size = archive->size, .at = item->begin};
    struct tar_member member = {0};
    struct pm_error error = {0};
    struct buffer out = {0};
    char *name = NULL; /* names in archives may be longer than paths */
    const char *below = file->path + archive->output_length + 1;
    int status = -1;
    errno = EIO;
    if (tar_next(&reader, &member, &error) == 1) {
        const size_t prefix = archive_prefix((const char *)member.name.data);
        errno = ENOMEM;
        if (asprintf(&name, "%.*s%s", (int)prefix, (const char *)member.name.data, below) < 0)
            name = NULL;
        if (name != NULL && tar_append_header(&out, &member, name, file->size) == 0 &&
            buffer_append(&out, file->data, file->size) == 0 &&
            buffer_append(&out, zeros, tar_padding(file->size)) == 0)
            status = append(archive, out.data, out.size);
        free(name);
    }
    tar_member_free(&member);
    buffer_free(&out);
    return status;
}

/* Begins the next item: the first of a sample ends what is left out. */
static void enter_item(struct archive *archive)
{
    if (archive->next < archive->count && archive->items[archive->next].begins_sample) {
        archive->sample = archive->written;
        archive->sample_item = archive->next;
        archive->skipping = false;
    }
}

static void end_item(struct archive *archive)
{
    archive->next++;
    enter_item(archive);
}

static void copy_item(struct archive *archive, const struct archive_item *item)
{
    if (archive->error.kind == PM_OK && copy(archive, item->begin, item->end) != 0)
        fail(archive);
}

/* Leaves out the current sample: what was written of it, but for headers that describe later members, too. */
static void leave_out(struct archive *archive)
{
    if (archive->skipping)
        return;
    archive->skipping = true;
    archive->written = archive->sample;
    for (size_t i = archive->sample_item; i < archive->next; i++) {
        if (archive->items[i].state == ITEM_GLOBAL)
            copy_item(archive, &archive->items[i]);
    }
}

/* Does all that can be done now: copies what is no image, leaves out samples, and gives a job that waits back
 * to the engine, which writes it. */
static void advance(struct archive *archive)
{
    while (archive->next < archive->count) {
        struct archive_item *item = &archive->items[archive->next];
        if (item->state == ITEM_FAILED) {
            leave_out(archive);
        } else if (item->state == ITEM_GLOBAL || item->state == ITEM_COPY) {
            if (item->state == ITEM_GLOBAL || !archive->skipping)
                copy_item(archive, item);
        } else {
            struct job *job = item->waiting;
            item->waiting = NULL;
            if (job != NULL)
                intake_give(archive->intake, job);
            return;
        }
        end_item(archive);
    }
}

void archive_set_intake(struct archive *archive, struct intake *intake)
{
    pthread_mutex_lock(&archive->lock);
    archive->intake = intake;
    enter_item(archive);
    advance(archive);
    pthread_mutex_unlock(&archive->lock);
}

bool archive_write(struct archive *archive, struct job *job)
{
    pthread_mutex_lock(&archive->lock);
    const size_t index = archive->of_entry[job->index];
    struct archive_item *item = &archive->items[index];
    const bool turn = index == archive->next;
    if (!turn) {
        item->waiting = job;
    } else {
        for (unsigned i = 0; i < job_files(job) && !archive->skipping && archive->error.kind == PM_OK; i++) {
            struct job_file file = job_file(job, i);
            file.path = file.path != NULL ? file.path : archive->outputs[job->index];
            if (write_result(archive, item, &file) != 0)
                fail(archive);
        }
        if (archive->error.kind != PM_OK) {
            job->result.error = archive->error;
            job->result.error.stage = PM_STAGE_WRITE;
            job_fail(job);
        }
        end_item(archive);
        advance(archive);
    }
    pthread_mutex_unlock(&archive->lock);
    return turn;
}

const struct pm_error *archive_failure(const struct archive *archive)
{
    return &archive->failure;
}

void archive_fail(struct archive *archive, size_t index, const struct pm_error *error)
{
    pthread_mutex_lock(&archive->lock);
    const size_t at = archive->of_entry[index];
    if (error->kind == PM_ERROR_CANCELLED)
        error_set(&archive->error, PM_ERROR_CANCELLED, "the archive was not written (the run ended first)");
    error_copy(&archive->failure, error);
    if (at >= archive->next) { /* else it failed when it was written */
        archive->items[at].state = ITEM_FAILED;
        advance(archive);
    }
    pthread_mutex_unlock(&archive->lock);
}

/* Two blocks of zeros end an archive. */
static int complete(struct archive *archive, enum file_care care)
{
    static const uint8_t zeros[2 * TAR_BLOCK];
    struct temporary *out = &archive->out;
    if (append(archive, zeros, sizeof zeros) != 0 || ftruncate(out->fd, (off_t)archive->written) != 0 ||
        temporary_settle(out) != 0 || (care == FILE_DURABLE && fsync(out->fd) != 0))
        return -1;
    if (out->tells_at_close && care != FILE_DURABLE && fsync(out->fd) != 0)
        return -1;
    return renameat(out->folder, out->name, out->folder, out->result);
}

/* Members were listed when it was opened, and read when it was their turn. */
static int check_unchanged(const struct archive *archive, struct pm_error *error)
{
    struct statx now;
    if (statx(archive->in, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MTIME, &now) != 0)
        return error_set(error, PM_ERROR_IO, "the archive can't be read: %s", strerror(errno));
    if (now.stx_mtime.tv_sec == archive->modified.tv_sec &&
        now.stx_mtime.tv_nsec == (uint32_t)archive->modified.tv_nsec)
        return 0;
    return error_changed(error);
}

int archive_close(struct archive *archive, enum file_care care, struct pm_error *error)
{
    if (archive->begun && archive->error.kind == PM_OK && archive->next < archive->count)
        error_set(&archive->error, PM_ERROR_CANCELLED, "the archive was not written (the run ended first)");
    if (archive->begun && archive->error.kind == PM_OK)
        check_unchanged(archive, &archive->error);
    if (archive->begun && archive->error.kind == PM_OK && complete(archive, care) != 0)
        fail(archive);
    const int status = archive->error.kind == PM_OK ? 0 : -1;
    if (status != 0)
        *error = archive->error;
    if (archive->begun && status == 0)
        temporary_close(&archive->out);
    else if (archive->begun)
        temporary_discard(&archive->out);
    archive_free(archive);
    return status;
}

int archive_begin(struct archive *archive, const char *output, const struct output_dir *dir, bool keeps_date,
                  struct pm_error *error)
{
    struct stat status;
    if (fstat(archive->in, &status) != 0)
        return error_set(error, PM_ERROR_IO, "the archive can't be read: %s", strerror(errno));
    archive->output_length = strlen(output);
    if (temporary_begin(&archive->out, dir, output, status.st_mode) != 0)
        return output_dir_write_error(dir, errno, error);
    if (temporary_open(&archive->out) != 0) {
        const int why = errno;
        temporary_discard(&archive->out);
        return output_dir_write_error(dir, why, error);
    }
    archive->out.modified = keeps_date ? &archive->modified : NULL;
    archive->begun = true;
    return 0;
}
