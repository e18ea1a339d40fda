/*
 * Reads and writes whole files. Reading checks that the file is regular and that its size does not change
 * meanwhile. Writing is atomic: the result is written to a temporary file (below) and renamed when it is
 * complete.
 */
#ifndef IO_FILE_H
#define IO_FILE_H

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"
#include "codec/codec.h"
#include "io/job.h"
#include "io/output_dir.h"

/* Opens `path` for reading. Returns its descriptor (close-on-exec), with its size and permission bits; -1
 * with `error` filled if it is missing or unreadable (PM_ERROR_IO) or not a regular file
 * (PM_ERROR_UNSUPPORTED). */
int file_open(const char *path, uint64_t *size, mode_t *mode, struct pm_error *error);

/* The same for a job's input: sets its descriptor, size, permission bits and time. 0, or -1 with its error
 * filled. */
int file_open_job(struct job *job);

/* Max bytes of a file that is read whole as soon as it is open, instead of only its beginning: this saves a
 * system call. */
enum { FILE_SMALL = 64 << 10 };

/* Reads all `size` bytes of fd into `bytes` (emptied first). Refuses a file that became shorter or longer. */
int file_read(int fd, uint64_t size, struct buffer *bytes, struct pm_error *error);

/* Reads all of the file `path`, at most `max` bytes, into `bytes` (emptied first). Returns 0, or -1 with
 * `error` filled. */
int file_load(const char *path, uint64_t max, struct buffer *bytes, struct pm_error *error);

/* Writes data[size] at fd's position. 0, or -1 with errno set. */
int file_write_all(int fd, const uint8_t *data, size_t size);

/* What a written file must survive. In both cases it is complete or absent, whenever this process is killed.
 */
enum file_care {
    FILE_FAST,    /* the end of this process */
    FILE_DURABLE, /* a power cut: synced before it is renamed. The folder must be synced as well: folder_sync
                   */
};

/* Writes data[size] to `path`, atomically, with permission bits `mode` & 0777; creates missing folders above
 * it. Returns 0, or -1 with `error` filled, errno set and no file left over. */
int file_write(const char *path, const uint8_t *data, size_t size, mode_t mode, enum file_care care,
               struct pm_error *error);

/* The same for a result in the output folder `dir`; NULL: as file_write. */
int file_write_in(const struct output_dir *dir, const char *path, const uint8_t *data, size_t size,
                  mode_t mode, enum file_care care, struct pm_error *error);

/* Writes all results of a job, `mode` and `care` as above: all of them, or none. Every one is whole in a
 * temporary before the first is renamed; if a rename fails, those before it are removed. Returns 0, or -1
 * with `error` filled. */
int file_write_job(const struct output_dir *dir, const struct job *job, enum file_care care,
                   struct pm_error *error);

/*
 * A file as a byte source (codec.h). A header is read in many small steps that are close together; reading a
 * window turns them into one system call.
 */
struct file_source {
    struct byte_source source;
    int fd;
    uint64_t size;   /* bytes of the file */
    uint8_t *window; /* the caller's */
    size_t capacity, filled;
    uint64_t offset; /* of the window in the file */
};

/* Borrows fd and window[capacity]. If the window already has the file's first bytes, the caller sets
 * `filled`. */
void file_source_init(struct file_source *file, int fd, uint64_t size, uint8_t *window, size_t capacity);

/*
 * Temporaries: a result is written to a file in its own folder, which is locked (flock) meanwhile, and
 * renamed when it is complete. A temporary of a killed run is not locked and is removed by the next run.
 */

/* A temporary file, in the result's folder. */
struct temporary {
    const struct output_dir *dir;    /* NULL: the paths are used unchanged */
    int folder;                      /* that both names are relative to, or AT_FDCWD */
    const char *result;              /* what it will be renamed to */
    int fd;                          /* open for writing and locked; -1: not open */
    mode_t mode;                     /* permission bits of the result */
    bool has_mode;                   /* it was opened with them already */
    const struct timespec *modified; /* its modification time, borrowed; NULL: now */
    struct original *original;       /* what it replaces, borrowed; NULL: whatever has the name */
    bool tells_at_close;             /* the file system may report a full disk when it is closed */
    bool folders_made;
    char name[PATH_MAX + 64];
};

enum { TEMPORARY_FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW };

/* Opens the folder of the result `path` (borrowed), which will have the permission bits `mode` & 0777. Ended
 * by temporary_close or temporary_discard. 0, or -1 with errno set. */
int temporary_begin(struct temporary *temporary, const struct output_dir *dir, const char *path, mode_t mode);

/* Sets a new name in the folder; the caller opens it there with the flags above and temporary->mode. 0, or -1
 * with errno set. */
int temporary_name(struct temporary *temporary);

enum temporary_state {
    TEMPORARY_READY,
    TEMPORARY_AGAIN,  /* choose another name and open that */
    TEMPORARY_FAILED, /* errno is set */
};

/* Locks what was opened; `fd` is a descriptor or -errno. Creates missing folders, once. */
enum temporary_state temporary_opened(struct temporary *temporary, int fd);

/* All of this at once. 0, or -1 with errno set. */
int temporary_open(struct temporary *temporary);

/* Removes what a temporary was renamed to, and closes it, preserving errno. */
void temporary_undo(struct temporary *temporary);

/* Unlocks and closes a temporary that was renamed, or removes it if it was created, preserving errno. */
void temporary_close(struct temporary *temporary);
void temporary_discard(struct temporary *temporary);

/* Is `name`, without folders, that of a temporary? Of an output folder with that tag? */
bool temporary_has_name(const char *name);
bool temporary_has_tag(const char *name, const char *tag);

/*
 * The steps of these functions, for an engine that waits for many files at once (incoming.c, outgoing.c):
 * between the steps it waits for the system. Nothing here reads or writes the bytes of a file.
 */

/* Without O_NONBLOCK, opening a pipe that has no writer would block. */
enum { FILE_OPEN_FLAGS = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

/* Fills `error` for a path that could not be opened; `why` is an errno. Returns -1. */
int file_open_error(const char *path, int why, struct pm_error *error);

/* The checks of file_open on a job's open file, and its state as by file_open_job. 0, or -1 with the job's
 * error filled; the descriptor stays open. */
int file_look_job(struct job *job);

/* Reading `size` bytes: file_read_begin, then as long as file_read_got returns 1, read file_read_wanted bytes
 * at bytes->size into bytes->data + bytes->size. */
int file_read_begin(uint64_t size, struct buffer *bytes, struct pm_error *error);
size_t file_read_wanted(const struct buffer *bytes, uint64_t size);

/* `got` of `wanted` bytes were read, or `got` is -errno. 1: read more; 0: the file is complete; -1: `error`
 * filled. */
int file_read_got(struct buffer *bytes, uint64_t size, size_t wanted, long got, struct pm_error *error);

/* Max bytes of one call of read or write. */
size_t file_call_size(size_t left);

/* Gives a written temporary its permission bits, owner and modification time. 0, or -1 with errno set. */
int temporary_settle(const struct temporary *temporary);

/* Before it is renamed: keeps the original that it replaces, if there is one. 0, or -1 with `error` filled.
 * The other undoes it, when the renaming failed; keeps errno. */
int temporary_keep_original(const struct temporary *temporary, struct pm_error *error);
void temporary_restore_original(const struct temporary *temporary);

#endif
