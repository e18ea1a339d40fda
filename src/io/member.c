#include "io/member.h"

#include <errno.h>
#include <unistd.h>

static long member_read_at(struct byte_source *source, uint64_t offset, void *bytes, size_t size)
{
    struct member_source *member = source->lender;
    return member->file.source.read_at(&member->file.source, member->offset + offset, bytes, size);
}

void member_source_init(struct member_source *member, const struct job *job, uint8_t *window, size_t capacity,
                        size_t filled)
{
    *member = (struct member_source){.source = {.read_at = member_read_at, .lender = member},
                                     .offset = job->offset};
    file_source_init(&member->file, job->fd, job->offset + job->size, window, capacity);
    member->file.offset = job->offset;
    member->file.filled = filled;
}

int member_read(const struct job *job, struct buffer *bytes, struct pm_error *error)
{
    int status = file_read_begin(job->size, bytes, error) == 0 ? 1 : -1;
    while (status > 0) {
        const size_t wanted = file_call_size((size_t)(job->size - bytes->size));
        const ssize_t got =
            pread(job->fd, bytes->data + bytes->size, wanted, (off_t)(job->offset + bytes->size));
        status = file_read_got(bytes, job->size, wanted, got >= 0 ? got : -errno, error);
    }
    return status;
}
