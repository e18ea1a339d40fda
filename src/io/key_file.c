#include "io/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

enum { SHOWN = 96 }; /* bytes of a file's name in a message */

ssize_t key_file_read(const char *path, uint8_t bytes[KEY_FILE_MAX], struct pm_error *error)
{
    char shown[SHOWN];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(error, PM_ERROR_IO, "%s: the key file can't be opened: %s (check its name)",
                         text_shown(path, shown, sizeof shown), strerror(errno));
    ssize_t size = 0, got;
    do {
        got = read(fd, bytes + size, (size_t)(KEY_FILE_MAX - size));
        size += got > 0 ? got : 0;
    } while ((got > 0 && size < KEY_FILE_MAX) || (got < 0 && errno == EINTR));
    int reason = errno;
    close(fd);
    if (got < 0)
        return error_set(error, PM_ERROR_IO, "%s: the key file can't be read: %s (name another)",
                         text_shown(path, shown, sizeof shown), strerror(reason));
    if (size == KEY_FILE_MAX)
        return error_set(error, PM_ERROR_KEY, "%s: is too long for a key or passphrase (at most %d bytes)",
                         text_shown(path, shown, sizeof shown), KEY_FILE_MAX - 1);
    return size;
}

const char key_file_exposed[] = "warning: other users can read this key (run chmod 600 on it)";

bool key_file_is_exposed(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

bool key_file_hex(const uint8_t *text, uint8_t key[PM_KEY_BYTES])
{
    for (int i = 0; i < PM_KEY_BYTES; i++) {
        int high = text_hex_digit((char)text[2 * i]), low = text_hex_digit((char)text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
