/*
 * A disk that caches nothing and hangs: no read succeeds without waiting, and if $HUNG_FIFO names a pipe,
 * reads of 64 KiB or more wait until the pipe is opened for writing.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "preload/real.h"

#define EXPORT __attribute__((visibility("default")))

enum { LARGE = 64 << 10 };

static void hang(size_t size)
{
    const char *pipe = getenv("HUNG_FIFO");
    const int fd = size >= LARGE && pipe != NULL ? open(pipe, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0)
        REAL(close)(fd);
}

/* If $HUNG_CLOSE names a pipe, closing a file of 64 KiB or more waits in the same way. */
EXPORT int close(int fd)
{
    struct stat status;
    const char *pipe = getenv("HUNG_CLOSE");
    if (pipe != NULL && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size >= LARGE) {
        const int end = open(pipe, O_RDONLY | O_CLOEXEC);
        if (end >= 0)
            REAL(close)(end);
    }
    return REAL(close)(fd);
}

/* If $HUNG_WRITE names a pipe, writing to a file other than a standard stream waits in the same way. */
static void await_writer(int fd)
{
    struct stat status;
    const char *pipe = fd > STDERR_FILENO ? getenv("HUNG_WRITE") : NULL;
    if (pipe != NULL && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        const int end = open(pipe, O_RDONLY | O_CLOEXEC);
        if (end >= 0)
            REAL(close)(end);
    }
}

EXPORT ssize_t write(int fd, const void *bytes, size_t size)
{
    await_writer(fd);
    return REAL(write)(fd, bytes, size);
}

/* The same for an archive's result. */
EXPORT ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    await_writer(fd);
    return REAL(pwrite)(fd, bytes, size, offset);
}

EXPORT int fstatfs(int fd, struct statfs *status)
{
    const int result = REAL(fstatfs)(fd, status);
    status->f_type = FUSE_SUPER_MAGIC;
    return result;
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

/* The compiler calls this instead if it knows the size of the buffer. */
EXPORT ssize_t __pread_chk(int fd, void *bytes, size_t size, off_t offset, size_t room)
{
    if (size > room)
        abort();
    return pread(fd, bytes, size, offset);
}
