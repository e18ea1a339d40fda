#include "io/source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static long read_at(int fd, uint64_t offset, void *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(fd, (uint8_t *)bytes + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (long)done;
}

static bool window_holds(const struct file_source *file, uint64_t offset, size_t size)
{
    return offset >= file->offset && offset - file->offset <= file->filled &&
           size <= file->filled - (offset - file->offset);
}

static long file_source_read_at(struct byte_source *source, uint64_t offset, void *bytes, size_t size)
{
    struct file_source *file = source->lender;
    if (offset >= file->size)
        return 0;
    if (size > file->size - offset)
        size = (size_t)(file->size - offset);
    if (size > file->capacity)
        return read_at(file->fd, offset, bytes, size);
    if (!window_holds(file, offset, size)) {
        long filled = read_at(file->fd, offset, file->window, file->capacity);
        file->offset = offset;
        file->filled = filled > 0 ? (size_t)filled : 0;
        if (filled < 0)
            return -1;
    }
    size_t left = file->filled - (size_t)(offset - file->offset);
    if (size > left)
        size = left; /* the file became shorter */
    memcpy(bytes, file->window + (offset - file->offset), size);
    return (long)size;
}

void file_source_init(struct file_source *file, int fd, uint64_t size, uint8_t *window, size_t capacity)
{
    *file = (struct file_source){.source = {.read_at = file_source_read_at, .lender = file},
                                 .fd = fd,
                                 .size = size,
                                 .window = window,
                                 .capacity = capacity};
}
