#include "base/constant.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* Writing beyond the file size limit would raise a signal. */
static int write_all(int fd, const uint8_t *bytes, size_t size)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || size > limit.rlim_cur)
        return -1;
    while (size > 0) {
        const ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        bytes += written;
        size -= (size_t)written;
    }
    return 0;
}

/* mprotect can't make a mapping writable if its file was opened read-only. */
static void *map_for_reading(int fd, size_t size)
{
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const int reading = open(path, O_RDONLY | O_CLOEXEC);
    if (reading < 0)
        return NULL;
    void *memory = mmap(NULL, size, PROT_READ, MAP_SHARED, reading, 0);
    close(reading);
    return memory != MAP_FAILED ? memory : NULL;
}

void *constant_copy(const void *bytes, size_t size)
{
    void *copy = NULL;
    const int fd = size > 0 ? memfd_create("pixmill-constant", MFD_CLOEXEC) : -1;
    if (fd >= 0 && write_all(fd, bytes, size) == 0)
        copy = map_for_reading(fd, size);
    if (fd >= 0)
        close(fd);
    return copy;
}

void constant_free(void *copy, size_t size)
{
    if (copy != NULL)
        munmap(copy, size);
}
