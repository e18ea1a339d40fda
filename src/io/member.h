/* A job's input that is a part of an open file, such as a member of an archive: job->size bytes at
 * job->offset. */
#ifndef IO_MEMBER_H
#define IO_MEMBER_H

#include "io/file.h"

struct member_source {
    struct byte_source source;
    struct file_source file;
    uint64_t offset;
};

/* As file_source_init; the window may already have the first `filled` bytes of the part. */
void member_source_init(struct member_source *member, const struct job *job, uint8_t *window, size_t capacity,
                        size_t filled);

/* As file_read. */
int member_read(const struct job *job, struct buffer *bytes, struct pm_error *error);

#endif
