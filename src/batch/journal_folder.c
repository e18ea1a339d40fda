#include "batch/journal_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/line_reader.h"
#include "base/text.h"
#include "batch/journal.h"

bool journal_is_folder(const char *path)
{
    struct stat status;
    const size_t length = strlen(path);
    return length > 0 && (path[length - 1] == '/' || (stat(path, &status) == 0 && S_ISDIR(status.st_mode)));
}

/* This start of the kernel, as 32 hexadecimal digits; the same process id may be another process after the
 * next. */
static void read_boot_id(char id[33])
{
    char text[64] = "";
    size_t used = 0;
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (file != NULL && fgets(text, sizeof text, file) == NULL)
        text[0] = '\0';
    if (file != NULL)
        fclose(file);
    for (const char *at = text; *at != '\0' && used < 32; at++) {
        if (text_hex_digit(*at) >= 0)
            id[used++] = *at;
    }
    id[used] = '\0';
}

static void read_host(char host[65])
{
    if (gethostname(host, 65) != 0)
        host[0] = '\0';
    host[64] = '\0';
    for (char *at = host; *at != '\0'; at++) {
        if (*at == '/' || *at <= ' ' || *at >= 0x7f)
            *at = '_';
    }
}

int segment_create(const char *folder, const struct shard *shard)
{
    char path[PATH_MAX], host[65], boot[33], tag[SHARD_TAG_MAX];
    int fd = -1;
    read_host(host);
    read_boot_id(boot);
    /* In containers, processes with the same number may have the same host name. */
    for (unsigned again = 0; again < 1000; again++) {
        const int length =
            snprintf(path, sizeof path, "%s/%s%s-%s-%ld-%u", folder,
                     shard->count > 0 ? shard_tag(shard, tag) : "all-", host, boot, (long)getpid(), again);
        if ((size_t)length >= sizeof path) {
            errno = ENAMETOOLONG;
            return -1;
        }
        fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return fd;
}

/* May the segment have lines of the shard? Shards are ranges of hashes, so if the number of shards has
 * changed, several may. */
static bool may_have(const char *name, const struct shard *shard)
{
    uint32_t index, count;
    /* Units of other plans may have any names. */
    if (shard->planned)
        return sscanf(name, "p%9" SCNu32 "of%9" SCNu32 "-", &index, &count) != 2 || count != shard->count ||
               index == shard->index;
    if (shard->count == 0 || sscanf(name, "%9" SCNu32 "of%9" SCNu32 "-", &index, &count) != 2 || count == 0)
        return true;
    return (uint64_t)index * shard->count < (uint64_t)(shard->index + 1) * count &&
           (uint64_t)shard->index * count < (uint64_t)(index + 1) * shard->count;
}

/* Has it the header, or as much of it as there are bytes? */
static bool begins_well(int fd)
{
    char header[JOURNAL_HEADER_LENGTH];
    const ssize_t length = pread(fd, header, sizeof header, 0);
    return length < 0 || memcmp(header, JOURNAL_HEADER, (size_t)length) == 0;
}

static int read_error(const char *shown, struct pm_error *error)
{
    if (errno == ENOMEM)
        return error_memory(error, 0);
    if (errno == EMSGSIZE)
        return error_set(error, PM_ERROR_USAGE,
                         "%s: a line of the journal has more than %d MiB (remove the file)", shown,
                         LINE_BYTES_MAX >> 20);
    return error_set(error, PM_ERROR_IO, "%s: the journal can't be read: %s", shown, strerror(errno));
}

static int read_lines(int fd, struct lines *lines, const char *shown, struct pm_error *error)
{
    struct line_reader reader;
    char *line;
    size_t length;
    bool ended;
    int got = 0, status = 0;
    if (!begins_well(fd))
        return error_set(error, PM_ERROR_USAGE,
                         "%s: not a pixmill journal (a journal's folder has no other files; remove it)",
                         shown);
    line_reader_init(&reader, fd, '\n');
    while (status == 0 && (got = line_reader_next(&reader, &line, &length, &ended)) > 0) {
        if (ended)
            status = lines_put(lines, line, length, error);
    }
    if (got < 0)
        status = read_error(shown, error);
    line_reader_free(&reader);
    return status;
}

static int read_segment(int folder, const char *name, struct lines *lines, const char *shown,
                        struct pm_error *error)
{
    struct stat status;
    const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT)
        return 0; /* it was removed meanwhile: merged */
    if (fd < 0)
        return read_error(shown, error);
    int end;
    if (fstat(fd, &status) != 0)
        end = read_error(shown, error);
    else if (!S_ISREG(status.st_mode))
        end = error_set(error, PM_ERROR_IO, "%s: the journal can't be read: not a regular file", shown);
    else
        end = read_lines(fd, lines, shown, error);
    close(fd);
    return end;
}

int segments_read(const char *folder, const struct shard *shard, struct lines *lines, struct pm_error *error)
{
    char shown[96], path[PATH_MAX];
    DIR *open = opendir(folder);
    if (open == NULL && errno == ENOENT)
        return 0;
    if (open == NULL)
        return error_set(error, PM_ERROR_IO, "%s: the journal can't be opened: %s (name another)",
                         text_shown(folder, shown, sizeof shown), strerror(errno));
    int status = 0;
    const struct dirent *entry;
    errno = 0;
    while (status == 0 && (entry = readdir(open)) != NULL) {
        if (entry->d_name[0] != '.' && may_have(entry->d_name, shard)) {
            snprintf(path, sizeof path, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/",
                     entry->d_name);
            status =
                read_segment(dirfd(open), entry->d_name, lines, text_shown(path, shown, sizeof shown), error);
        }
        errno = status == 0 ? 0 : errno;
    }
    if (status == 0 && errno != 0)
        status = error_set(error, PM_ERROR_IO, "%s: the journal can't be read: %s",
                           text_shown(folder, shown, sizeof shown), strerror(errno));
    closedir(open);
    return status;
}
