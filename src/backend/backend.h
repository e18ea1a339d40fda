/*
 * Backends: who runs jobs. Each is one file that teaches its concurrency model, with the same functions in
 * the same order as its siblings, ending in one `const struct backend` that backend.c's table lists.
 *
 * A backend takes jobs from a source until it ends, does `work` on each, and gives each to the sink. It knows
 * nothing of images, files or budgets; what it lends to the work is a context (memory, bands, checkpoints;
 * base/context.h).
 *
 * - workers = backend->open(&config, &error), first of all: before any other thread, key or input exists;
 * - backend->run(workers, &source, &sink, &report, &error), until the source ends;
 * - backend->close(workers).
 */
#ifndef BACKEND_BACKEND_H
#define BACKEND_BACKEND_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/context.h"
#include "base/option.h"
#include "io/job.h"

/* What is done to a job's bytes. Pure, and the same in a thread or another process: it may use its arguments
 * and what existed before backend->open, nothing else. */
struct work {
    /* Fills out and result (result->error on failure; its seconds and warnings are the backend's affair). */
    void (*run)(const struct work *work, const struct job_input *input, struct buffer *out,
                struct job_result *result, struct context *context);
    /* Does once what libraries put off until they are first used (tables, files they open), so that worker
     * processes begin with it done and need no file later. Called by `procs` in the process that all its
     * workers are copies of, before any is. NULL: nothing. */
    void (*warm)(const struct work *work);
    /* Loads and warms what jobs with these bits in job->needs require in addition, each once. Called by
     * `procs` in the same process, before it forks a worker for such a job; other backends never call it:
     * there the work loads on demand. NULL: nothing. */
    void (*prepare)(const struct work *work, uint32_t needs);
    uint32_t needs; /* of every job: prepared before the first worker is made */
    /* Is the result in out[0..size) of a job that its worker process calls done what was planned? Called by
     * `procs` in its own process, for a worker may be under an image's control; it reads no more of the bytes
     * than a header. What *result says of sizes is made true. Returns 0, or -1. NULL: any bytes are. */
    int (*check)(const struct work *work, const struct job_input *input, const struct buffer *out,
                 struct job_result *result);
    const void *argument; /* the same for all jobs, unless a job has its own */
};

struct job_source {
    struct job *(*take)(void *self); /* waits; NULL when there are no more. Called by many threads at once */
    void *self;
    /* Continues reads and writes without waiting, for a source without a thread of its own; NULL: not needed.
     * Called by the one thread that takes and gives, of a backend that `pumps`. */
    void (*pump)(void *self);
};

struct job_sink {
    void (*give)(void *self, struct job *job); /* called by many threads at once */
    void *self;
};

/* As much as the kernel gives, with a word on the rest; nothing; all of it, or it does not start; and a fresh
 * process for every job. */
enum sandbox_mode { SANDBOX_ON, SANDBOX_OFF, SANDBOX_REQUIRE, SANDBOX_STRICT };

/* CPython's lock (gil.c) during native work, as decoders and kernels. */
enum gil_mode { GIL_HELD, GIL_RELEASED };

/* What the user chooses of a backend, and what follows from it. Options write into it (batch/settings.def,
 * and the backend's own); the workers read it. */
struct backend_config {
    const struct backend *kind;     /* the backend to use; read by the caller of open */
    unsigned workers;               /* at least 1 */
    struct work work;               /* copied */
    double timeout;                 /* seconds a job may take in a worker; 0: no limit */
    uint64_t max_pixels, max_bytes; /* for the context; 0: no limit */
    uint64_t keep_bytes;            /* memory that a worker keeps from job to job */
    enum sandbox_mode sandbox;      /* of worker processes */
    enum gil_mode gil;
    double gil_interval; /* of `gil`: seconds before a thread asks for the lock; 0: CPython's 5 ms */
    /* Worker i runs on processor cpus[i % ncpus] alone; not copied. NULL: where the system puts it. */
    const unsigned *cpus;
    unsigned ncpus;
};

struct backend_report {
    /* Threads or processes that worked: fewer than config.workers where no more were granted. */
    unsigned workers;
    /* Worker processes that died or broke their protocol. Not those stopped for being over their time. */
    unsigned deaths;
    /* Resident memory of worker processes at their peaks, summed; 0 for threads. */
    uint64_t worker_peak_bytes;
    double blocked_s; /* of an event loop: the longest time without a turn, seconds; else 0 */
};

enum { BACKEND_NOTE_MAX = 192 };

struct workers; /* the workers of one run */

struct backend {
    const char *name, *help;
    bool one_worker; /* has only ever one */
    bool processes;  /* its workers are processes, which config.sandbox may lock up */
    bool pumps;      /* is an event loop, which calls source->pump */
    /* For a runtime that reads its environment before main: sets what it must find there. True when something
     * was set, and the program must start again to have it read; what its user should know of that is then
     * written to note[BACKEND_NOTE_MAX], else "". NULL: nothing. */
    bool (*prepare)(char *note);
    const char *(*why_not)(void); /* NULL when it works here, else the reason */
    /* Options of this backend, which fill a struct backend_config; end with a NULL name. NULL: none. */
    const struct option *options;
    /* Which of them was given, as "--gil", or NULL: none. NULL where it has no options. */
    const char *(*option_given)(const struct backend_config *config);

    /* Starts the workers, copying `config`. NULL with `error` filled when it can't. The calling thread must
     * outlive the workers: worker processes end with it. */
    struct workers *(*open)(const struct backend_config *config, struct pm_error *error);
    /* Runs until the source ends and all jobs are given back. 0, or -1 with `error` filled when the workers
     * were lost and could not be replaced; every job taken is given to the sink even then. */
    int (*run)(struct workers *workers, const struct job_source *source, const struct job_sink *sink,
               struct backend_report *report, struct pm_error *error);
    void (*close)(struct workers *workers);
    /* What the workers do without that the user should know, as a line, or NULL. NULL when this is
     * never the case. */
    const char *(*note)(const struct workers *workers);
};

extern const struct backend *const backends[]; /* the default first, ending in NULL */
const struct backend *backend_find(const char *name);

#endif
