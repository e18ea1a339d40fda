/*
 * Whole files, in and out. Reading checks that the file is regular and did not change size on the way.
 * Writing is atomic: the result grows in a temporary file (temporary.h) and is renamed when it is whole.
 */
#ifndef IO_FILE_H
#define IO_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

/* Opens `path` for reading: its descriptor (close-on-exec), size and permission bits; -1 with `error` filled
 * when it is missing or unreadable (PM_ERROR_IO) or no regular file (PM_ERROR_UNSUPPORTED). */
int file_open(const char *path, uint64_t *size, mode_t *mode, struct pm_error *error);

/* Reads all `size` bytes of fd into `bytes` (emptied first). Refuses a file that became shorter or longer. */
int file_read(int fd, uint64_t size, struct buffer *bytes, struct pm_error *error);

/* Writes data[size] at fd's place. 0, or -1 with errno set. */
int file_write_all(int fd, const uint8_t *data, size_t size);

/* What a written file must outlive. Either way it is whole or not there, wherever this process is killed. */
enum file_care {
    FILE_FAST,    /* the end of this process */
    FILE_DURABLE, /* a power cut: synced before it is renamed. Its name is the folder's; see folder_sync
                   */
};

/* Makes `path` hold data[size], atomically, with permission bits `mode` & 0777; folders above it are made
 * when missing. Returns 0, or -1 with `error` filled, errno set and nothing left behind. */
int file_write(const char *path, const uint8_t *data, size_t size, mode_t mode, enum file_care care,
               struct pm_error *error);

/* Has the file at fd been removed since it was opened by this name, as a run does that is refused and leaves
 * no trace? A descriptor's name, /dev/fd/3, leads to one that has no other: it has not. */
bool file_was_taken_away(int fd, const char *path);

#endif
