/*
 * --log: one JSON object a line for each job, in the order in which jobs end:
 *
 *   {"input": "a.jpg", "output": "out/a.jpg", "status": "ok", "error": null, "bytes_in": 1, "bytes_out": 1,
 *    "width": 1, "height": 1, "seconds": {"read": 0.1, "wait": 0.1, "decode": 0.1, "filter": 0.1,
 *    "encode": 0.1, "write": 0.1}, "notes": [], "warnings": []}
 *
 * status: "ok", "failed", "skipped", "unsupported" (found in a folder: an image of a kind that is not read,
 * or a file that is only named as an image), or "planned" with --dry-run. http_status (of a URL that was
 * answered): the number of the last answer. error: null, or {"kind", "stage", "message", "limit", "value",
 * "hint"} (hint: what to do, or null). width, height and seconds are null when no work was done. Bytes of a
 * file name that are not UTF-8 are written as the lone surrogates \udc80 to \udcff (Python's
 * surrogateescape). Other files that were left out are not jobs and have no line.
 *
 * "-" is standard output. An older log is replaced when the first line is written, so that a run that is
 * refused does not delete it. A log that is a file is locked (flock) while it is open.
 */
#ifndef CLI_JOBLOG_H
#define CLI_JOBLOG_H

#include <stdio.h>

#include "batch/batch.h"

struct joblog {
    FILE *out; /* NULL: none */
    const char *path;
    bool created; /* by this run */
    bool begun;   /* the old content was removed */
    int failure;  /* errno of the first write that failed */
};

/* Opens `path` ("-": standard output; NULL: no log). Refuses an existing file that is not a log, or that
 * another run is writing. Returns 0, or -1 with `error` filled. */
int joblog_open(struct joblog *log, const char *path, struct pm_error *error);

/* Is `path` the open log, perhaps under another name? */
bool joblog_is(const struct joblog *log, const char *path);

/* Writes a line; only if a log is open. */
void joblog_event(struct joblog *log, const struct batch_event *event);

/* Closes it. Returns 0, or -1 with `error` filled when not all could be written. */
int joblog_close(struct joblog *log, struct pm_error *error);

/* Closes it after a run that was refused: removes a file that this run created. */
void joblog_discard(struct joblog *log);

#endif
