/*
 * Changes a file between its probe and the read of its content, as another program might: when a read of the
 * file called $PIXMILL_SWAPPED asks for more than the few bytes of a probe, the bytes of $PIXMILL_SWAP,
 * which must be as many, are first written to it.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "preload/real.h"

enum { PROBE_MAX = 4096 };

static int is_swapped(const char *link)
{
    char path[4096];
    const char *name = getenv("PIXMILL_SWAPPED");
    const ssize_t size = readlink(link, path, sizeof path - 1);
    if (name == NULL || size <= 0)
        return 0;
    path[size] = '\0';
    const char *slash = strrchr(path, '/');
    return strcmp(slash != NULL ? slash + 1 : path, name) == 0;
}

static void swap(const char *link)
{
    static char bytes[1 << 20];
    const int from = open(getenv("PIXMILL_SWAP"), O_RDONLY | O_CLOEXEC);
    const int to = open(link, O_WRONLY | O_CLOEXEC);
    const ssize_t size = from >= 0 ? read(from, bytes, sizeof bytes) : -1;
    if (to < 0 || size <= 0 || write(to, bytes, (size_t)size) != size)
        abort();
    close(from);
    close(to);
}

__attribute__((visibility("default"))) ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (size > PROBE_MAX && is_swapped(link))
        swap(link);
    return REAL(pread)(fd, bytes, size, offset);
}
