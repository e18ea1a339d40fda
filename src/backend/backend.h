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

/* What is done to a job's bytes. A pure function, the same in a thread or another process: it may use only
 * its arguments and what existed before backend->open. */
struct work {
    /* Fills out and result (result->error on failure; the backend fills in its seconds and warnings). */
    void (*run)(const struct work *work, const struct job_input *input, struct buffer *out,
                struct job_result *result, struct context *context);
    /* Triggers what libraries do at first use (compute tables, open files), so that worker processes need no
     * file later. Called once by `procs`, in the process from which workers are forked, before the first
     * fork. NULL: nothing. */
    void (*warm)(const struct work *work);
    /* Loads and warms up, once each, what jobs with these bits in job->needs require in addition. Called by
     * `procs` in the same process before it forks a worker for such a job. Other backends never call it:
     * there, work loads on demand. NULL: nothing. */
    void (*prepare)(const struct work *work, uint32_t needs);
    uint32_t needs; /* of every job: prepared before the first worker is made */
    /* Checks that the result that a worker process reports is what was planned. Called by `procs` in the
     * parent process, because an image may control a worker; reads only the result's header, and corrects the
     * sizes in *result. Returns 0, or -1. NULL: accept any bytes. */
    int (*check)(const struct work *work, const struct job_input *input, const struct buffer *out,
                 struct job_result *result);
    const void *argument; /* the same for all jobs, unless a job has its own */
};

struct job_source {
    struct job *(*take)(void *self); /* waits; NULL when there are no more. Called by many threads at once */
    void *self;
    /* Continues reads and writes without waiting, for a source without its own thread; NULL: not needed.
     * Called by backends that `pumps`, from the one thread that takes and gives. */
    void (*pump)(void *self);
};

struct job_sink {
    void (*give)(void *self, struct job *job); /* called by many threads at once */
    void *self;
};

/* ON: what the kernel supports, with a warning about the rest. OFF: none. REQUIRE: everything, or workers do
 * not start. STRICT: like REQUIRE, and a new process for each job. */
enum sandbox_mode { SANDBOX_ON, SANDBOX_OFF, SANDBOX_REQUIRE, SANDBOX_STRICT };

/* Is CPython's lock (gil.c) held during native work (decoders, kernels)? */
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
    struct shared *shared;          /* tables for all workers (of one process); not owned; NULL: none */
    enum sandbox_mode sandbox;      /* of worker processes */
/* Fields that only the backend `name` reads. */
#define BACKEND(name, ...) __VA_ARGS__
#include "backend/backends.def"
#undef BACKEND
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
    double blocked_s; /* event loop: longest time that it was blocked, seconds; else 0 */
};

enum { BACKEND_NOTE_MAX = 192 };

struct workers; /* the workers of one run */

struct backend {
    const char *name, *help;
    bool one_worker; /* has only ever one */
    bool processes;  /* its workers are processes; config.sandbox applies */
    bool pumps;      /* is an event loop, which calls source->pump */
    /* For a runtime that reads its environment before main: sets the variables that it needs. Returns true if
     * something was set; then the program must be executed again. Writes a message for the user to
     * note[BACKEND_NOTE_MAX], or "". NULL: nothing to set. */
    bool (*prepare)(char *note);
    const char *(*why_not)(void); /* NULL when it works here, else the reason */
    /* Options of this backend, which fill a struct backend_config; end with a NULL name. NULL: none. */
    const struct option *options;
    /* Returns one of them that was given ("--gil"), or NULL. NULL if there are no options. */
    const char *(*option_given)(const struct backend_config *config);

    /* Starts the workers; copies `config`. NULL with `error` filled on failure. The calling thread must
     * outlive the workers: worker processes end with it. */
    struct workers *(*open)(const struct backend_config *config, struct pm_error *error);
    /* Runs until the source ends and all jobs are given back. 0, or -1 with `error` filled when the workers
     * were lost and could not be replaced; every job taken is given to the sink even then. */
    int (*run)(struct workers *workers, const struct job_source *source, const struct job_sink *sink,
               struct backend_report *report, struct pm_error *error);
    void (*close)(struct workers *workers);
    /* Returns a one-line warning about protection that the workers lack, or NULL. NULL if there is never
     * one. */
    const char *(*note)(const struct workers *workers);
};

extern const struct backend *const backends[]; /* the default first, ending in NULL */
const struct backend *backend_find(const char *name);

#endif
