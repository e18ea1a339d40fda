/*
 * The access log: one JSON object a line for each request, in the order in which they end:
 *
 *   {"time": "2026-11-25T08:15:00.123Z", "client": "127.0.0.1", "method": "GET", "path":
 * "/resize=8x8/one.jpg", "status": 200, "bytes": 512, "seconds": 0.004, "wait": 0.001, "service": 0.003,
 * "cache": "miss", "referer": null, "user_agent": "curl/8", "error": null, "warnings": []}
 *
 * path is as the client sent it, with its query. bytes: of the content that was sent. wait and
 * service: null if there was no transform. cache: "hit", "miss", "joined" (it waited for another
 * request's transform), or null. error: why it was refused, null if it was not; for the operator, in more
 * detail than the client sees. warnings: of the transform that made the picture; they are not repeated for
 * results from the cache.
 *
 * A line is appended by one system call: a kill loses at most the lines that wait for a thread, and several
 * servers may share a log. Lines that can't be written, for example to a full named pipe, are dropped; this
 * is reported once, and the server goes on.
 */
#ifndef SERVE_ACCESS_LOG_H
#define SERVE_ACCESS_LOG_H

#include <time.h>

#include "base/error.h"
#include "http/blocking.h"
#include "http/request_head.h"

struct access {
    struct timespec time; /* CLOCK_REALTIME when the request's head had arrived */
    const char *client;   /* its address */
    struct span method, path, query, referer, user_agent;
    int status;
    uint64_t bytes;
    double seconds;
    double wait_s, service_s; /* negative: none */
    const char *cache;        /* NULL: none */
    const char *error;        /* why it was refused; NULL: it was not */
    const char *warnings;     /* lines; NULL: none */
};

struct access_log;

/* Opens the file for appending, and creates it if it is missing; "-" is standard output. NULL with `error`
 * filled, also for a non-empty file that is not a log, and for a named pipe without a reader. */
struct access_log *access_log_open(const char *path, struct pm_error *error);

/* From now on threads write the lines, one batch after the other, so that a file system that does not answer
 * delays no request; `trouble` is called by blocking_deliver at the first line that can't be written since
 * the last that could. */
void access_log_use(struct access_log *log, struct blocking *blocking,
                    void (*trouble)(void *listener, const struct pm_error *error), void *listener);

/* Writes a line, or has a thread write it. 0; or -1 with `error` filled when there is no memory, or when this
 * is the first line in a row that can't be written, so that a full disk is reported once. */
int access_log_write(struct access_log *log, const struct access *access, struct pm_error *error);

/* For rotation: access_log_reopen opens the file of that name again, which may block, and returns a
 * descriptor, or -1 with `error` filled; access_log_replace continues the log there. */
int access_log_open_again(const char *path, struct pm_error *error);
void access_log_replace(struct access_log *log, int fd);

/* Writes what is left. Call it after `blocking` was closed. NULL is allowed. */
void access_log_close(struct access_log *log);

#endif
