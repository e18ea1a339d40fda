/*
 * What the workers of all backends have in common: memory for a job, timing of its stages, its time limit and
 * its warnings. A backend only decides who calls worker_run, and when.
 *
 * A worker belongs to one thread at a time. Its memory is reset and reused from job to job.
 */
#ifndef BACKEND_WORKER_H
#define BACKEND_WORKER_H

#include "backend/backend.h"

struct worker {
    struct context context;              /* passed to the work; its `lender` is this worker */
    struct arena steps[2], job_arena;    /* used by context.arena, context.spare and context.job_arena */
    struct memo memo;                    /* used by context.memo */
    const struct backend_config *config; /* common to all workers */
    struct workers *workers;             /* the backend's own struct */
    double deadline;                     /* of the job in progress, a clock_now() value; infinite: no limit */
    const atomic_bool *recalled;         /* as in struct job_input */
    struct job_result *result;           /* of the job in progress */
    bool wipes;                          /* overwrite a job's memory after it */
    enum pm_stage stage;                 /* current stage */
    double stage_began;                  /* when it began */
};

/* Sets up a worker that borrows `config` and `ops` for its whole life. Allocates nothing yet. */
void worker_init(struct worker *worker, const struct backend_config *config, const struct context_ops *ops,
                 struct workers *workers);
void worker_free(struct worker *worker);

/* From now on, erase all data of a job after it: wipe memory, keep no tables. */
void worker_forget(struct worker *worker);

/* Binds the calling thread, worker `index`, to its processor, if config has one for it. */
void worker_pin(const struct backend_config *config, unsigned index);

/* Does a job in the calling thread: afterwards its result, seconds and status are final. */
void worker_run(struct worker *worker, struct job *job);

/* The three parts of worker_run, for a backend whose worker gets the job's bytes but not the job: stop the
 * waiting clock; do the work within the time limit; set the status from the error, and free a failed job's
 * partial result. */
void worker_begin(struct job *job);
void worker_compute(struct worker *worker, const struct job_input *input, struct buffer *out,
                    struct job_result *result);
void worker_end(struct job *job);

/* Fills `error` for a job that exceeded its time limit; returns -1. */
int worker_over_time(const struct backend_config *config, struct pm_error *error);

/* The context's operations common to all backends; bands are processed serially. */
extern const struct context_ops worker_ops;
int worker_checkpoint(struct context *context);
void worker_enter(struct context *context, enum pm_stage stage);
void worker_warn(struct context *context, const char *message);
void worker_note(struct context *context, const char *message);

#endif
