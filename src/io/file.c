#include "io/file.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/folder.h"

int file_open_error(const char *path, int why, struct pm_error *error)
{
    struct stat status;
    if (why == ENOENT && lstat(path, &status) == 0)
        return error_set(error, PM_ERROR_IO, "broken symbolic link (repair or remove the link)");
    switch (why) {
    case ENOENT:
    case ENOTDIR:
        return error_set(error, PM_ERROR_IO, "no such file (check the name)");
    case EACCES:
        return error_set(error, PM_ERROR_IO,
                         "permission denied (check the permissions of the file and its folders)");
    case ELOOP:
        return error_set(error, PM_ERROR_IO, "its symbolic links form a loop (name the file itself)");
    case EMFILE:
    case ENFILE:
        return error_set_hint(error, PM_ERROR_IO, PM_HINT_FILES, "too many open files");
    default:
        return error_set(error, PM_ERROR_IO, "can't be opened: %s", strerror(why));
    }
}

static int look(int fd, struct stat *status, struct pm_error *error)
{
    if (fstat(fd, status) != 0)
        return error_set(error, PM_ERROR_IO, "can't be read: %s", strerror(errno));
    if (S_ISDIR(status->st_mode))
        return error_set(error, PM_ERROR_UNSUPPORTED, "is a folder (name a file)");
    if (!S_ISREG(status->st_mode))
        return error_set(error, PM_ERROR_UNSUPPORTED, "not a regular file (pipes and devices are not read)");
    return 0;
}

int file_open(const char *path, uint64_t *size, mode_t *mode, struct pm_error *error)
{
    struct stat status;
    int fd = open(path, FILE_OPEN_FLAGS);
    if (fd < 0)
        return file_open_error(path, errno, error);
    if (look(fd, &status, error) != 0) {
        close(fd);
        return -1;
    }
    *size = (uint64_t)status.st_size;
    *mode = status.st_mode & 0777;
    return fd;
}

int file_look_job(struct job *job)
{
    struct stat status;
    if (look(job->fd, &status, &job->result.error) != 0)
        return -1;
    job->size = (uint64_t)status.st_size;
    job->mode = status.st_mode & 0777;
    job->modified = status.st_mtim;
    return 0;
}

int file_open_job(struct job *job)
{
    job->fd = open(job->input, FILE_OPEN_FLAGS);
    if (job->fd < 0)
        return file_open_error(job->input, errno, &job->result.error);
    if (file_look_job(job) == 0)
        return 0;
    close(job->fd);
    job->fd = -1;
    return -1;
}

/* The kernel moves at most this much in one call (2 GiB less a page). */
size_t file_call_size(size_t left)
{
    static const size_t max = 0x7ffff000;
    return left < max ? left : max;
}

/* Reserves one byte more than the size, so that growth of the file is noticed without a further read. A
 * buffer that is too small is replaced, not extended, because its content is not needed. */
int file_read_begin(uint64_t size, struct buffer *bytes, struct pm_error *error)
{
    bytes->size = 0;
    if (size >= SIZE_MAX / 2)
        return error_memory(error, size);
    size_t room = (size_t)size + 1;
    if (bytes->capacity < room)
        buffer_free(bytes);
    return buffer_reserve(bytes, room) == 0 ? 0 : error_memory(error, size);
}

size_t file_read_wanted(const struct buffer *bytes, uint64_t size)
{
    return file_call_size((size_t)size + 1 - bytes->size);
}

int file_read_got(struct buffer *bytes, uint64_t size, size_t wanted, long got, struct pm_error *error)
{
    if (got == -EINTR)
        return 1;
    if (got < 0)
        return error_set(error, PM_ERROR_IO, "can't be read: %s", strerror((int)-got));
    bytes->size += (size_t)got;
    /* A short read of a regular file means its end, or a signal. */
    bool ended = got == 0 || bytes->size > size || (bytes->size == size && (size_t)got < wanted);
    if (!ended)
        return 1;
    if (bytes->size == size)
        return 0;
    return error_set(error, PM_ERROR_IO,
                     "became %s while it was read (try again when no other program writes to it)",
                     bytes->size < size ? "shorter" : "longer");
}

int file_read(int fd, uint64_t size, struct buffer *bytes, struct pm_error *error)
{
    int status = file_read_begin(size, bytes, error) == 0 ? 1 : -1;
    while (status > 0) {
        size_t wanted = file_read_wanted(bytes, size);
        ssize_t got = pread(fd, bytes->data + bytes->size, wanted, (off_t)bytes->size);
        status = file_read_got(bytes, size, wanted, got >= 0 ? got : -errno, error);
    }
    return status;
}

int file_load(const char *path, uint64_t max, struct buffer *bytes, struct pm_error *error)
{
    uint64_t size;
    mode_t mode;
    const int fd = file_open(path, &size, &mode, error);
    if (fd < 0)
        return -1;
    int status = 0;
    if (size > max)
        status = error_limit(error, max, size, "is too large (at most %" PRIu64 " KiB)", max >> 10);
    if (status == 0)
        status = file_read(fd, size, bytes, error);
    close(fd);
    return status;
}

/* A temporary's name: PREFIX, the tag of its output folder, 16 hexadecimal digits, SUFFIX. */
static const char PREFIX[] = ".pixmill-", SUFFIX[] = ".tmp";
enum { DIGITS = 16, TEMPORARY_LENGTH = sizeof PREFIX - 1 + OUTPUT_DIR_TAG_MAX + DIGITS + sizeof SUFFIX - 1 };
static_assert(sizeof((struct temporary *)NULL)->name >= PATH_MAX + TEMPORARY_LENGTH, "the name fits");

int temporary_begin(struct temporary *temporary, const struct output_dir *dir, const char *path, mode_t mode)
{
    temporary->dir = dir;
    temporary->mode = mode & 0777;
    temporary->fd = -1;
    temporary->folders_made = false;
    temporary->modified = NULL;
    temporary->original = NULL;
    temporary->folder = output_dir_enter(dir, path, &temporary->result);
    return temporary->folder == -1 ? -1 : 0;
}

/* A suffix that differs between calls and processes. A collision is harmless (O_EXCL), so no system call is
 * needed: splitmix64 mixes the random bytes that the kernel gave this process (getauxval(3)), the time, and
 * the number of this temporary among those written at the same time. */
static uint64_t unlikely_number(const struct temporary *temporary)
{
    uint64_t number[2];
    memcpy(number, (const void *)getauxval(AT_RANDOM), sizeof number);
    const double now = clock_now();
    uint64_t mixed;
    memcpy(&mixed, &now, sizeof mixed);
    mixed = number[0] ^ (mixed + number[1] * (uintptr_t)temporary);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

int temporary_name(struct temporary *temporary)
{
    const char *result = temporary->result, *last = strrchr(result, '/');
    int folder = last != NULL ? (int)(last + 1 - result) : 0;
    int length = snprintf(temporary->name, sizeof temporary->name, "%.*s%s%s%0*" PRIx64 "%s", folder, result,
                          PREFIX, temporary->dir != NULL ? temporary->dir->tag : "", DIGITS,
                          unlikely_number(temporary), SUFFIX);
    if ((size_t)length < sizeof temporary->name)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

/* Between opening and locking, another run may remove the file as abandoned; then another file is created. A
 * file system without locks is never swept, so no lock is needed there. */
enum temporary_state temporary_opened(struct temporary *temporary, int fd)
{
    if (fd == -ENOENT && temporary->folder == AT_FDCWD && !temporary->folders_made) {
        temporary->folders_made = true;
        return folder_make_above(temporary->name) == 0 ? TEMPORARY_AGAIN : TEMPORARY_FAILED;
    }
    if (fd == -EEXIST)
        return TEMPORARY_AGAIN;
    if (fd < 0) {
        errno = -fd;
        return TEMPORARY_FAILED;
    }
    while (flock(fd, LOCK_EX) != 0 && errno == EINTR)
        ;
    struct stat status;
    temporary->fd = fd;
    if (fstat(fd, &status) != 0)
        return TEMPORARY_FAILED;
    temporary->has_mode = (status.st_mode & 07777) == temporary->mode;
    temporary->tells_at_close = temporary->dir == NULL || !output_dir_is_plain(temporary->dir, status.st_dev);
    if (status.st_nlink > 0)
        return TEMPORARY_READY;
    close(fd);
    temporary->fd = -1;
    return TEMPORARY_AGAIN;
}

void temporary_close(struct temporary *temporary)
{
    close(temporary->fd);
    temporary->fd = -1;
    output_dir_leave(temporary->dir, temporary->folder);
    temporary->folder = AT_FDCWD;
}

void temporary_undo(struct temporary *temporary)
{
    int why = errno;
    unlinkat(temporary->folder, temporary->result, 0);
    temporary_close(temporary);
    errno = why;
}

void temporary_discard(struct temporary *temporary)
{
    int why = errno;
    if (temporary->fd >= 0) {
        unlinkat(temporary->folder, temporary->name, 0);
        temporary_close(temporary);
    }
    output_dir_leave(temporary->dir, temporary->folder);
    temporary->folder = AT_FDCWD;
    errno = why;
}

/* Is the rest of a temporary's name after its tag? */
static bool is_number(const char *rest)
{
    return strspn(rest, "0123456789abcdef") == DIGITS && strcmp(rest + DIGITS, SUFFIX) == 0;
}

bool temporary_has_name(const char *name)
{
    if (strncmp(name, PREFIX, sizeof PREFIX - 1) != 0)
        return false;
    const char *rest = name + sizeof PREFIX - 1, *tag = strrchr(rest, '-');
    return is_number(tag != NULL ? tag + 1 : rest);
}

bool temporary_has_tag(const char *name, const char *tag)
{
    const size_t prefix = sizeof PREFIX - 1, length = strlen(tag);
    return strncmp(name, PREFIX, prefix) == 0 && strncmp(name + prefix, tag, length) == 0 &&
           is_number(name + prefix + length);
}

int temporary_open(struct temporary *temporary)
{
    enum temporary_state state;
    do {
        int fd = temporary_name(temporary);
        if (fd == 0)
            fd = openat(temporary->folder, temporary->name, TEMPORARY_FLAGS, temporary->mode);
        state = temporary_opened(temporary, fd >= 0 ? fd : -errno);
    } while (state == TEMPORARY_AGAIN);
    return state == TEMPORARY_READY ? 0 : -1;
}

int file_write_all(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, file_call_size(size));
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        data += written;
        size -= (size_t)written;
    }
    return 0;
}

/* A network file system reports a full disk when a descriptor is closed. The lock must be held longer, so a
 * duplicate is closed. If there is no free descriptor, the file is synced, which reports it, too, but takes
 * longer. Returns 0, or -1 with errno set. */
static int close_copy(const struct temporary *temporary)
{
    if (!temporary->tells_at_close)
        return 0;
    int copy = fcntl(temporary->fd, F_DUPFD_CLOEXEC, 0);
    return copy >= 0 ? close(copy) : fsync(temporary->fd);
}

/* The umask or a default ACL of the folder may have removed permission bits at opening. A file system without
 * permissions (FAT) refuses the change; its files have the permissions of the mount. */
static int set_mode(const struct temporary *temporary)
{
    return temporary->has_mode || fchmod(temporary->fd, temporary->mode) == 0 || errno == EPERM ||
                   errno == ENOTSUP
               ? 0
               : -1;
}

int temporary_settle(const struct temporary *temporary)
{
    if (temporary->original != NULL)
        original_give_owner(temporary->original, temporary->fd);
    if (set_mode(temporary) != 0)
        return -1;
    if (temporary->modified == NULL)
        return 0;
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, *temporary->modified};
    return futimens(temporary->fd, times);
}

/* Writes all but the name. 0, or -1 with errno set; the temporary is then to be discarded. */
static int temporary_fill(struct temporary *temporary, const uint8_t *data, size_t size, enum file_care care)
{
    const bool whole = temporary_open(temporary) == 0 && file_write_all(temporary->fd, data, size) == 0 &&
                       temporary_settle(temporary) == 0 && (care == FILE_FAST || fsync(temporary->fd) == 0) &&
                       close_copy(temporary) == 0;
    return whole ? 0 : -1;
}

int temporary_keep_original(const struct temporary *temporary, struct pm_error *error)
{
    return temporary->original == NULL ? 0 : original_keep(temporary->original, temporary->result, error);
}

void temporary_restore_original(const struct temporary *temporary)
{
    if (temporary->original != NULL)
        original_restore(temporary->original);
}

/* 0, or -1 with errno set, and `error` filled if the original can't be kept. */
static int temporary_rename(const struct temporary *temporary, struct pm_error *error)
{
    if (temporary_keep_original(temporary, error) != 0)
        return -1;
    if (renameat(temporary->folder, temporary->name, temporary->folder, temporary->result) == 0)
        return 0;
    temporary_restore_original(temporary);
    return -1;
}

int file_write_in(const struct output_dir *dir, const char *path, const uint8_t *data, size_t size,
                  mode_t mode, enum file_care care, struct pm_error *error)
{
    struct temporary temporary;
    if (temporary_begin(&temporary, dir, path, mode) != 0)
        return output_dir_write_error(dir, errno, error);
    if (temporary_fill(&temporary, data, size, care) != 0 || temporary_rename(&temporary, error) != 0) {
        const int why = errno;
        temporary_discard(&temporary);
        output_dir_write_error(dir, why, error);
        errno = why;
        return -1;
    }
    temporary_close(&temporary);
    return 0;
}

int file_write(const char *path, const uint8_t *data, size_t size, mode_t mode, enum file_care care,
               struct pm_error *error)
{
    return file_write_in(NULL, path, data, size, mode, care, error);
}

/* Fills the temporaries and renames them. Returns 0, or -1 with errno set, and none is left. */
static int write_temporaries(struct temporary *temporaries, const struct output_dir *dir,
                             const struct job *job, enum file_care care, struct pm_error *error)
{
    const unsigned count = job_files(job);
    unsigned begun = 0, renamed = 0;
    bool well = true;
    while (begun < count && well) {
        const struct job_file file = job_file(job, begun);
        well = temporary_begin(&temporaries[begun], dir, file.path, job->mode) == 0;
        temporaries[begun].modified = job->keeps_date ? &job->modified : NULL;
        temporaries[begun].original = job->original;
        well = well && temporary_fill(&temporaries[begun++], file.data, file.size, care) == 0;
    }
    while (renamed < count && well) {
        well = temporary_rename(&temporaries[renamed], error) == 0;
        renamed += well;
    }
    for (unsigned i = 0; i < begun; i++) {
        if (well)
            temporary_close(&temporaries[i]);
        else if (i < renamed)
            temporary_undo(&temporaries[i]);
        else
            temporary_discard(&temporaries[i]);
    }
    return well ? 0 : -1;
}

int file_write_job(const struct output_dir *dir, const struct job *job, enum file_care care,
                   struct pm_error *error)
{
    const unsigned count = job_files(job);
    const struct job_file only = job_file(job, 0);
    if (count == 1 && !job->keeps_date && job->original == NULL)
        return file_write_in(dir, only.path, only.data, only.size, job->mode, care, error);
    struct temporary *temporaries = calloc(count, sizeof *temporaries);
    if (temporaries == NULL)
        return error_memory(error, count * sizeof *temporaries);
    const int status = write_temporaries(temporaries, dir, job, care, error);
    const int why = errno;
    free(temporaries);
    return status == 0 ? 0 : output_dir_write_error(dir, why, error);
}

static long read_at(int fd, uint64_t offset, void *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(fd, (uint8_t *)bytes + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (long)done;
}

static bool window_holds(const struct file_source *file, uint64_t offset, size_t size)
{
    return offset >= file->offset && offset - file->offset <= file->filled &&
           size <= file->filled - (offset - file->offset);
}

static long file_source_read_at(struct byte_source *source, uint64_t offset, void *bytes, size_t size)
{
    struct file_source *file = source->lender;
    if (offset >= file->size)
        return 0;
    if (size > file->size - offset)
        size = (size_t)(file->size - offset);
    if (size > file->capacity)
        return read_at(file->fd, offset, bytes, size);
    if (!window_holds(file, offset, size)) {
        long filled = read_at(file->fd, offset, file->window, file->capacity);
        file->offset = offset;
        file->filled = filled > 0 ? (size_t)filled : 0;
        if (filled < 0)
            return -1;
    }
    size_t left = file->filled - (size_t)(offset - file->offset);
    if (size > left)
        size = left; /* the file became shorter */
    memcpy(bytes, file->window + (offset - file->offset), size);
    return (long)size;
}

void file_source_init(struct file_source *file, int fd, uint64_t size, uint8_t *window, size_t capacity)
{
    *file = (struct file_source){.source = {.read_at = file_source_read_at, .lender = file},
                                 .fd = fd,
                                 .size = size,
                                 .window = window,
                                 .capacity = capacity};
}
