/*
 * A disk that keeps nothing in memory, and that hangs: no read succeeds without waiting, and where $HUNG_FIFO
 * names a pipe, reads of 64 KiB or more wait until somebody opens that for writing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "preload/real.h"

#define EXPORT __attribute__((visibility("default")))

enum { LARGE = 64 << 10 };

static void hang(size_t size)
{
    const char *pipe = getenv("HUNG_FIFO");
    const int fd = size >= LARGE && pipe != NULL ? open(pipe, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0)
        close(fd);
}

EXPORT ssize_t preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    (void)fd, (void)parts, (void)count, (void)offset, (void)flags;
    errno = EAGAIN;
    return -1;
}

EXPORT ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
    hang(size);
    return REAL(pread)(fd, bytes, size, offset);
}

/* What the compiler makes of it where it knows how large the buffer is. */
EXPORT ssize_t __pread_chk(int fd, void *bytes, size_t size, off_t offset, size_t room)
{
    if (size > room)
        abort();
    return pread(fd, bytes, size, offset);
}
