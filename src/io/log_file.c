#include "io/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int log_file_check(const char *path, struct pm_error *error)
{
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
        return 0;
    char first = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || read(fd, &first, 1) != 1)
        error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
    else if (first != '{')
        error_set(error, PM_ERROR_USAGE, "not a pixmill log (name another file, or remove it)");
    if (fd >= 0)
        close(fd);
    return error->kind != PM_OK ? -1 : 0;
}

bool file_was_taken_away(int fd, const char *path)
{
    struct stat held, named;
    return fstat(fd, &held) == 0 && held.st_nlink == 0 &&
           (stat(path, &named) != 0 || named.st_ino != held.st_ino || named.st_dev != held.st_dev);
}
