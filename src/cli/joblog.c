#include "cli/joblog.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/hints.h"
#include "io/log_file.h"

/* Opens the file, and locks it if it is regular, because two runs would overwrite each other's lines. Tries
 * again if another run, which was refused, has removed the file meanwhile. -1 with `error` filled. */
static int open_locked(struct joblog *log, struct pm_error *error)
{
    struct stat status;
    for (;;) {
        log->created = stat(log->path, &status) != 0;
        if (!log->created && log_file_check(log->path, error) != 0)
            return -1;
        int fd = open(log->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0)
            return error_set(error, PM_ERROR_IO, "can't be written: %s%s", strerror(errno),
                             errno == ENOENT ? " (create its folder first)" : "");
        if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
            return fd;
        if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
            close(fd);
            return error_set_hint(error, PM_ERROR_USAGE, PM_HINT_LOCKED, "another run is writing this log");
        }
        if (!file_was_taken_away(fd, log->path))
            return fd;
        close(fd);
    }
}

int joblog_open(struct joblog *log, const char *path, struct pm_error *error)
{
    *log = (struct joblog){.path = path};
    if (path == NULL)
        return 0;
    if (strcmp(path, "-") == 0) {
        log->out = stdout;
        log->begun = true; /* it has no old content */
        return 0;
    }
    int fd = open_locked(log, error);
    if (fd < 0)
        return -1;
    log->out = fdopen(fd, "w");
    if (log->out == NULL) {
        close(fd);
        return error_memory(error, 0);
    }
    return 0;
}

bool joblog_is(const struct joblog *log, const char *path)
{
    struct stat own, other;
    return log->out != NULL && fstat(fileno(log->out), &own) == 0 && stat(path, &other) == 0 &&
           own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

static void begin(struct joblog *log)
{
    if (log->begun)
        return;
    /* EINVAL: a pipe or a terminal, which has no old content. */
    if (ftruncate(fileno(log->out), 0) != 0 && errno != EINVAL)
        log->failure = errno;
    log->begun = true;
}

static const char *status_word(const struct batch_event *event)
{
    switch (event->outcome) {
    case OUTCOME_OK:
        return event->result != NULL ? "ok" : "planned";
    case OUTCOME_SKIPPED:
        return "skipped";
    case OUTCOME_UNSUPPORTED:
        return "unsupported";
    default:
        return "failed";
    }
}

static void write_error(FILE *out, const struct job_result *result)
{
    fputs(", \"error\": ", out);
    if (result == NULL || result->error.kind == PM_OK) {
        fputs("null", out);
        return;
    }
    const struct pm_error *error = &result->error;
    fprintf(out, "{\"kind\": \"%s\", \"stage\": \"%s\", \"message\": ", pm_error_kind_name(error->kind),
            pm_stage_name(error->stage));
    text_json(out, error->message);
    fprintf(out, ", \"limit\": %" PRIu64 ", \"value\": %" PRIu64 ", \"hint\": ", error->limit, error->value);
    if (hint_words(error->hint) != NULL)
        text_json(out, hint_words(error->hint));
    else
        fputs("null", out);
    fputc('}', out);
}

static void write_measures(FILE *out, const struct job_result *result)
{
    if (result == NULL) {
        fputs(", \"width\": null, \"height\": null, \"seconds\": null", out);
        return;
    }
    fprintf(out, ", \"width\": %" PRIu32 ", \"height\": %" PRIu32 ", \"seconds\": {", result->width,
            result->height);
    for (int stage = 0; stage < PM_STAGES; stage++)
        fprintf(out, "%s\"%s\": %.6f", stage > 0 ? ", " : "", pm_stage_name((enum pm_stage)stage),
                result->seconds[stage]);
    fputc('}', out);
}

/* Of an input with several results, or with names by --name. */
static void write_results(FILE *out, const struct batch_event *event)
{
    const bool made = event->outcome == OUTCOME_OK && event->result != NULL;
    if (event->outputs == NULL || (event->outcome != OUTCOME_OK && event->outcome != OUTCOME_SKIPPED))
        return;
    fputs(", \"results\": [", out);
    for (size_t i = 0; i < event->noutputs; i++) {
        fputs(i > 0 ? ", {\"output\": " : "{\"output\": ", out);
        text_json(out, event->outputs[i]);
        if (made && i < event->result->nparts) {
            const struct job_part *part = &event->result->parts[i];
            fprintf(out, ", \"bytes\": %" PRIu64 ", \"width\": %" PRIu32 ", \"height\": %" PRIu32, part->size,
                    part->width, part->height);
        }
        fputc('}', out);
    }
    fputc(']', out);
}

/* Lines, each ended by '\n', as an array. */
static void write_lines(FILE *out, const char *name, const char *line)
{
    const char *separator = "";
    fprintf(out, ", \"%s\": [", name);
    while (*line != '\0') {
        char text[sizeof(struct job_result)];
        size_t length = strcspn(line, "\n");
        memcpy(text, line, length);
        text[length] = '\0';
        fputs(separator, out);
        text_json(out, text);
        separator = ", ";
        line += length + (line[length] == '\n');
    }
    fputc(']', out);
}

void joblog_event(struct joblog *log, const struct batch_event *event)
{
    if (event->outcome == OUTCOME_OTHER)
        return;
    begin(log);
    FILE *out = log->out;
    fputs("{\"input\": ", out);
    text_json(out, event->input);
    fputs(", \"output\": ", out);
    text_json(out, event->output);
    fprintf(out, ", \"status\": \"%s\"", status_word(event));
    if (event->http_status != 0)
        fprintf(out, ", \"http_status\": %u", event->http_status);
    write_error(out, event->result);
    fprintf(out, ", \"bytes_in\": %" PRIu64 ", \"bytes_out\": %" PRIu64, event->bytes_in, event->bytes_out);
    write_measures(out, event->result);
    write_results(out, event);
    write_lines(out, "notes", event->result != NULL ? event->result->notes : "");
    write_lines(out, "warnings", event->result != NULL ? event->result->warnings : "");
    fputs("}\n", out);
    /* Flushes each line, so that the log can be followed, and is complete when the run is killed. */
    if (fflush(out) != 0 && log->failure == 0)
        log->failure = errno;
}

int joblog_close(struct joblog *log, struct pm_error *error)
{
    if (log->out == NULL)
        return 0;
    begin(log);
    int end = log->out == stdout ? fflush(stdout) : fclose(log->out);
    if (end != 0 && log->failure == 0)
        log->failure = errno;
    log->out = NULL;
    if (log->failure != 0)
        return error_set(error, PM_ERROR_IO, "could not be written to its end: %s", strerror(log->failure));
    return 0;
}

void joblog_discard(struct joblog *log)
{
    if (log->out == NULL || log->out == stdout)
        return;
    if (log->created)
        log_file_remove(log->path); /* while it is locked */
    fclose(log->out);
    log->out = NULL;
}
