/*
 * Records the order in which the files of a run become durable: one line each, appended to the file named by
 * $PIXMILL_ORDER, with the last components of paths. A call that makes something durable is recorded when it
 * has returned, a write to the journal before it starts.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "preload/real.h"

#define EXPORT __attribute__((visibility("default")))

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* The path that the descriptor refers to, into path[4096]. */
static const char *name_of(int fd, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, 4095);
    path[size > 0 ? size : 0] = '\0';
    return last_part(path);
}

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    const char *path = getenv("PIXMILL_ORDER");
    int fd = path != NULL ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd < 0 || REAL(write)(fd, line, (size_t)size) != size)
        abort();
    close(fd);
}

EXPORT ssize_t write(int fd, const void *bytes, size_t size)
{
    char path[4096];
    if (strcmp(name_of(fd, path), "journal") == 0) {
        unsigned lines = 0;
        for (size_t i = 0; i < size; i++)
            lines += ((const char *)bytes)[i] == '\n';
        tell("record %u\n", lines);
    }
    return REAL(write)(fd, bytes, size);
}

EXPORT int fsync(int fd)
{
    char path[4096];
    int status = REAL(fsync)(fd);
    if (status == 0)
        tell("sync %s\n", name_of(fd, path));
    return status;
}

EXPORT int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    int status = REAL(renameat)(from_folder, from, to_folder, to);
    if (status == 0)
        tell("rename %s %s\n", last_part(from), last_part(to));
    return status;
}
