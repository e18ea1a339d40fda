#include "batch/standard_image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/codec.h"
#include "io/file.h"

static int read_error(struct pm_error *error)
{
    return error_set(error, PM_ERROR_IO, "standard input can't be read: %s", strerror(errno));
}

/* Copies the rest of standard input to `fd`. */
static int copy_input(int fd, uint64_t max, uint64_t *size, struct pm_error *error)
{
    uint8_t bytes[65536];
    for (*size = 0;;) {
        const ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return read_error(error);
        if (got == 0)
            return 0;
        *size += (uint64_t)got;
        if (*size > max)
            return error_limit(error, max, *size,
                               "the image on standard input is larger than the available memory (%" PRIu64
                               " MiB)",
                               max >> 20);
        if (file_write_all(fd, bytes, (size_t)got) != 0)
            return error_memory(error, *size);
    }
}

static void name_image(int fd, char *name)
{
    uint8_t head[64];
    const ssize_t got = pread(fd, head, sizeof head, 0);
    const struct codec *codec = got > 0 ? codec_sniff(head, (size_t)got) : NULL;
    snprintf(name, STANDARD_IMAGE_NAME_MAX, "stdin%s%s", codec != NULL ? "." : "",
             codec != NULL ? codec->suffix : "");
}

int standard_image_open(uint64_t max, uint64_t *size, char *name, struct pm_error *error)
{
    struct stat status;
    if (fstat(STDIN_FILENO, &status) != 0) {
        read_error(error);
        return -1;
    }
    const bool in_place = S_ISREG(status.st_mode) && lseek(STDIN_FILENO, 0, SEEK_CUR) == 0;
    const int fd = in_place ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                            : memfd_create("pixmill-standard-input", MFD_CLOEXEC);
    if (fd < 0) {
        error_set(error, PM_ERROR_IO, "no descriptor for standard input: %s (raise ulimit -n)",
                  strerror(errno));
        return -1;
    }
    *size = (uint64_t)status.st_size;
    if (in_place || copy_input(fd, max, size, error) == 0) {
        name_image(fd, name);
        return fd;
    }
    close(fd);
    return -1;
}
