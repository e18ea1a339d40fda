#include "serve/access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "io/log_file.h"

struct access_log {
    const char *path;
    int fd;
    bool failing; /* the last line was not written, */
    bool torn;    /* or not to its end */
    FILE *line;   /* in memory, */
    char *text;   /* and what it holds */
    size_t size;
};

/* Neither opening nor writing waits, for every request would: not for a pipe's reader to come, nor for one
 * that has fallen behind. */
static int open_file(const char *path, struct pm_error *error)
{
    bool output = strcmp(path, "-") == 0;
    if (!output && log_file_check(path, error) != 0)
        return -1;
    int fd = output ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                    : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
    if (fd < 0 && errno == ENXIO)
        error_set(error, PM_ERROR_IO,
                  "the log is a pipe that nobody reads, or a socket (start the reader, or name a file)");
    else if (fd < 0)
        error_set(error, PM_ERROR_IO, "the log can't be opened: %s (name another file)", strerror(errno));
    return fd;
}

struct access_log *access_log_open(const char *path, struct pm_error *error)
{
    struct access_log *log = calloc(1, sizeof *log);
    FILE *line = log != NULL ? open_memstream(&log->text, &log->size) : NULL;
    int fd = line != NULL ? open_file(path, error) : error_memory(error, 0);
    if (fd < 0) {
        if (line != NULL) {
            fclose(line);
            free(log->text);
        }
        free(log);
        return NULL;
    }
    log->path = path;
    log->line = line;
    log->fd = fd;
    return log;
}

void access_log_close(struct access_log *log)
{
    if (log == NULL)
        return;
    fclose(log->line);
    free(log->text);
    close(log->fd);
    free(log);
}

int access_log_reopen(struct access_log *log, struct pm_error *error)
{
    int fd = open_file(log->path, error);
    if (fd < 0)
        return -1;
    close(log->fd);
    log->fd = fd;
    return 0;
}

static void optional_bytes(struct json *json, const char *key, struct span text)
{
    if (text.data != NULL)
        json_bytes(json, key, text.data, text.size);
    else
        json_null(json, key);
}

static void write_time(struct json *json, const struct timespec *time)
{
    char text[64];
    struct tm tm;
    gmtime_r(&time->tv_sec, &tm);
    size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + length, sizeof text - length, ".%03ldZ", time->tv_nsec / 1000000);
    json_string(json, "time", text);
}

/* A request line holds no white space within path and query, so the two lie side by side, "?" between. */
static struct span whole_path(const struct access *access)
{
    struct span path = access->path;
    if (path.data != NULL && access->query.data == path.data + path.size + 1)
        path.size += 1 + access->query.size;
    return path;
}

static void write_warnings(struct json *json, const char *line)
{
    json_array(json, "warnings");
    while (line != NULL && *line != '\0') {
        const size_t length = strcspn(line, "\n");
        json_bytes(json, NULL, line, length);
        line += length + (line[length] == '\n');
    }
    json_end_array(json);
}

static void write_line(FILE *out, const struct access *access)
{
    struct json json = {.out = out};
    json_object(&json, NULL);
    write_time(&json, &access->time);
    json_string(&json, "client", access->client);
    optional_bytes(&json, "method", access->method);
    optional_bytes(&json, "path", whole_path(access));
    json_integer(&json, "status", (uint64_t)access->status);
    json_integer(&json, "bytes", access->bytes);
    json_number(&json, "seconds", access->seconds);
    json_number(&json, "wait", access->wait_s >= 0 ? access->wait_s : NAN);
    json_number(&json, "service", access->service_s >= 0 ? access->service_s : NAN);
    if (access->cache != NULL)
        json_string(&json, "cache", access->cache);
    else
        json_null(&json, "cache");
    optional_bytes(&json, "referer", access->referer);
    optional_bytes(&json, "user_agent", access->user_agent);
    if (access->error != NULL)
        json_string(&json, "error", access->error);
    else
        json_null(&json, "error");
    write_warnings(&json, access->warnings);
    json_end_object(&json);
}

/* One call, so that lines of several writers don't mix. 0, or an errno. */
static int put(struct access_log *log)
{
    ssize_t written;
    do
        written = write(log->fd, log->text, log->size);
    while (written < 0 && errno == EINTR);
    if (written == (ssize_t)log->size)
        return 0;
    log->torn |= written > 0;
    return written < 0 ? errno : ENOSPC;
}

int access_log_write(struct access_log *log, const struct access *access, struct pm_error *error)
{
    rewind(log->line);
    if (log->torn)
        fputc('\n', log->line); /* what comes now shall not be lost with the line that was */
    write_line(log->line, access);
    int why = fflush(log->line) == 0 ? put(log) : ENOMEM;
    log->torn = log->torn && why != 0;
    bool first = why != 0 && !log->failing;
    log->failing = why != 0;
    if (!first)
        return 0;
    return error_set(error, PM_ERROR_IO, "the access log can't be written: %s (requests go on without it)",
                     strerror(why));
}
