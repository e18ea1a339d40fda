/*
 * Counters for `GET /metrics`, in Prometheus's text format, version 0.0.4. Only the event loop's thread
 * counts, so no lock is needed. The current state of other parts (queue, connections, cache) is passed in
 * when the text is written.
 */
#ifndef SERVE_METRICS_H
#define SERVE_METRICS_H

#include <stdint.h>
#include <stdio.h>

/* A histogram of seconds. Bucket i counts times up to the i-th bound in metrics.c that exceed the bound
 * before it; the last bucket counts longer ones. */
enum { METRICS_BOUNDS = 14 };

struct metrics_histogram {
    uint64_t buckets[METRICS_BOUNDS + 1];
    double sum;
};

/* LOST: the worker process died. */
enum metrics_outcome { METRICS_OK, METRICS_FAILED, METRICS_CANCELLED, METRICS_LOST, METRICS_OUTCOMES };

enum { METRICS_STATUS_MIN = 100, METRICS_STATUS_MAX = 599 };

struct metrics {
    uint64_t requests[METRICS_STATUS_MAX - METRICS_STATUS_MIN + 1]; /* by status */
    uint64_t sent_bytes;                                            /* of contents */
    uint64_t cache_hits, cache_misses;
    uint64_t coalesced; /* requests that joined another's transform */
    uint64_t transforms[METRICS_OUTCOMES];
    uint64_t warned;                  /* successful ones with warnings */
    struct metrics_histogram wait;    /* in the queue */
    struct metrics_histogram service; /* with a worker */
    struct metrics_histogram request; /* from a request's head to the end of its response */
};

/* The current state. */
struct metrics_now {
    unsigned queued, running; /* transforms */
    size_t connections;
    uint64_t refused;  /* connections beyond the limit for one client, since the start */
    uint64_t given_up; /* responses whose clients were too slow, since the start */
    size_t held_bytes; /* of results in memory that clients have not read yet */
    uint64_t cache_bytes, cache_files;
    uint64_t cache_evictions; /* since the start */
    double start_time;        /* of the server: seconds of CLOCK_REALTIME */
};

/* Counts a request that ended: its status, the bytes of content that were sent, and its seconds. */
void metrics_request(struct metrics *metrics, int status, uint64_t bytes, double seconds);

/* Counts a transform that ended; service_s < 0: no worker had started it. */
void metrics_transform(struct metrics *metrics, enum metrics_outcome outcome, double wait_s,
                       double service_s);

void metrics_write(const struct metrics *metrics, const struct metrics_now *now, FILE *out);

/* The Content-Type of that text. */
extern const char metrics_type[];

#endif
