#include "serve/access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/json.h"
#include "io/log_file.h"

/* Max bytes of lines that wait for a file system that does not answer; further lines are dropped. */
enum { WAITING_MAX = 1 << 20 };

struct access_log {
    struct blocking_task task; /* first: a pointer to it is one to this. It writes `batch`, and uses: */
    const char *path;
    int fd;
    bool failing; /* the last line could not be written */
    bool torn;    /* the last line was written in part */
    struct pm_error error;
    struct buffer batch; /* lines that are being written */
    int new_fd;          /* replaces fd before the batch is written; -1: none */

    /* Used by the loop only: */
    FILE *line; /* in memory: the line being formatted, */
    char *text; /* and its text */
    size_t size;
    struct buffer waiting;     /* lines for the next batch */
    int next_fd;               /* new_fd of the next batch */
    bool writing;              /* a thread is writing the batch */
    bool full;                 /* the last line was dropped */
    struct blocking *blocking; /* NULL: lines are written at once */
    void (*trouble)(void *listener, const struct pm_error *error);
    void *listener;
};

/* A pipe is opened and written without waiting for its reader.
 */
int access_log_open_again(const char *path, struct pm_error *error)
{
    bool output = strcmp(path, "-") == 0;
    if (!output && log_file_check(path, error) != 0)
        return -1;
    int fd = output ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
                    : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666);
    if (fd < 0 && errno == ENXIO)
        error_set(error, PM_ERROR_IO,
                  "the log is a pipe without a reader, or a socket (start the reader, or name a file)");
    else if (fd < 0)
        error_set(error, PM_ERROR_IO, "the log can't be opened: %s (name another file)", strerror(errno));
    return fd;
}

struct access_log *access_log_open(const char *path, struct pm_error *error)
{
    struct access_log *log = calloc(1, sizeof *log);
    FILE *line = log != NULL ? open_memstream(&log->text, &log->size) : NULL;
    int fd = line != NULL ? access_log_open_again(path, error) : error_memory(error, 0);
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
    log->new_fd = log->next_fd = -1;
    return log;
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

/* In a request line path and query are adjacent, with "?" between them. */
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

/* One system call, so that lines of several writers don't mix. 0, or an errno. */
static int put(struct access_log *log, const char *text, size_t size)
{
    ssize_t written;
    do
        written = write(log->fd, text, size);
    while (written < 0 && errno == EINTR);
    if (written == (ssize_t)size)
        return 0;
    log->torn |= written > 0;
    return written < 0 ? errno : ENOSPC;
}

/* Writes a line with its '\n'. 0, or -1 with `error` filled if it is the first that can't be written. */
static int write_out(struct access_log *log, const char *text, size_t size, struct pm_error *error)
{
    /* Ends a line that was cut off, so that the next one can be read. */
    int why = log->torn ? put(log, "\n", 1) : 0;
    log->torn = log->torn && why != 0;
    if (why == 0)
        why = put(log, text, size);
    const bool first = why != 0 && !log->failing;
    log->failing = why != 0;
    if (!first)
        return 0;
    return error_set(error, PM_ERROR_IO, "the access log can't be written: %s (requests go on without it)",
                     strerror(why));
}

/* Called in a thread, or in the loop when no thread uses the log. */
static void write_batch(struct blocking_task *task)
{
    struct access_log *log = (struct access_log *)(void *)task;
    if (log->new_fd >= 0) {
        close(log->fd);
        log->fd = log->new_fd;
        log->new_fd = -1;
    }
    for (size_t at = 0; at < log->batch.size;) {
        const char *line = (const char *)log->batch.data + at;
        const size_t size = (size_t)((const char *)memchr(line, '\n', log->batch.size - at) + 1 - line);
        write_out(log, line, size, &log->error);
        at += size;
    }
    log->batch.size = 0;
}

/* The previous batch is written: the waiting lines become the next one. */
static void next_batch(struct access_log *log)
{
    const struct buffer written = log->batch;
    log->batch = log->waiting;
    log->waiting = written;
    log->new_fd = log->next_fd;
    log->next_fd = -1;
}

static void begin_batch(struct access_log *log)
{
    next_batch(log);
    log->writing = true;
    blocking_submit(log->blocking, &log->task);
}

static void tell(struct access_log *log)
{
    if (log->error.kind != PM_OK)
        log->trouble(log->listener, &log->error);
    log->error = (struct pm_error){0};
}

static void end_batch(struct blocking_task *task)
{
    struct access_log *log = (struct access_log *)(void *)task;
    log->writing = false;
    tell(log);
    if (log->batch.size == 0 && (log->waiting.size > 0 || log->next_fd >= 0))
        begin_batch(log); /* else no thread has begun the task, and the server is ending */
}

void access_log_use(struct access_log *log, struct blocking *blocking,
                    void (*trouble)(void *listener, const struct pm_error *error), void *listener)
{
    log->task = (struct blocking_task){.work = write_batch, .ended = end_batch};
    log->blocking = blocking;
    log->trouble = trouble;
    log->listener = listener;
}

void access_log_replace(struct access_log *log, int fd)
{
    if (log->next_fd >= 0)
        close(log->next_fd);
    log->next_fd = fd;
    if (log->blocking == NULL) {
        next_batch(log);
        write_batch(&log->task);
    } else if (!log->writing) {
        begin_batch(log);
    }
}

/* Has a thread write the line after those that wait. */
static int queue_line(struct access_log *log, struct pm_error *error)
{
    const bool was_full = log->full;
    log->full = log->waiting.size + log->size > WAITING_MAX ||
                buffer_append(&log->waiting, log->text, log->size) != 0;
    if (log->full && !was_full)
        return error_set(error, PM_ERROR_IO,
                         "the access log can't be written: its file system does not answer (requests go on "
                         "without it)");
    if (!log->writing && log->waiting.size > 0)
        begin_batch(log);
    return 0;
}

int access_log_write(struct access_log *log, const struct access *access, struct pm_error *error)
{
    rewind(log->line);
    write_line(log->line, access);
    if (fflush(log->line) != 0)
        return error_memory(error, log->size);
    return log->blocking != NULL ? queue_line(log, error) : write_out(log, log->text, log->size, error);
}

void access_log_close(struct access_log *log)
{
    if (log == NULL)
        return;
    if (log->blocking != NULL) { /* a batch that no thread has begun, and the lines after it */
        write_batch(&log->task);
        next_batch(log);
        write_batch(&log->task);
        tell(log);
    }
    buffer_free(&log->batch);
    buffer_free(&log->waiting);
    fclose(log->line);
    free(log->text);
    close(log->fd);
    free(log);
}
