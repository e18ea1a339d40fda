/*
 * What every backend's workers share: the memory that a job borrows, the clock of its stages, its time limit
 * and its warnings. A backend adds only who calls worker_run, and when.
 *
 * A worker belongs to one thread at a time. Its memory is reset and reused from job to job.
 */
#ifndef BACKEND_WORKER_H
#define BACKEND_WORKER_H

#include "backend/backend.h"

struct worker {
    struct context context;              /* what the work is handed; its lender is this worker */
    struct arena steps[2], job_arena;    /* used by context.arena, context.spare and context.job_arena */
    struct memo memo;                    /* used by context.memo */
    const struct backend_config *config; /* that of all workers */
    struct workers *workers;             /* all of them; only their backend knows what is in it */
    double deadline;             /* of the job in progress, by clock_now(); infinite without a limit */
    const atomic_bool *recalled; /* as in struct job_input */
    struct job_result *result;   /* of the job in progress */
    bool wipes;                  /* a job's memory is overwritten after it */
    enum pm_stage stage;         /* current stage, */
    double stage_began;          /* and since when */
};

/* Sets up a worker that borrows `config` and `ops` for its whole life. Allocates nothing yet. */
void worker_init(struct worker *worker, const struct backend_config *config, const struct context_ops *ops,
                 struct workers *workers);
void worker_free(struct worker *worker);

/* From now on no data of a job is left for the next one: memory is wiped, no tables are kept. */
void worker_forget(struct worker *worker);

/* Binds the calling thread, which is worker `index` from now on, to its processor, if it is to have one. */
void worker_pin(const struct backend_config *config, unsigned index);

/* Does the whole of a job in the calling thread: its result, seconds and status are final afterwards. */
void worker_run(struct worker *worker, struct job *job);

/* The three parts of worker_run, for a backend whose worker sees the job's bytes but not the job: stop the
 * waiting clock; do the work within the time limit; set the status from the error, and free a failed job's
 * partial result. */
void worker_begin(struct job *job);
void worker_compute(struct worker *worker, const struct job_input *input, struct buffer *out,
                    struct job_result *result);
void worker_end(struct job *job);

/* Fills `error` for a job over its time; returns -1. */
int worker_over_time(const struct backend_config *config, struct pm_error *error);

/* The context's operations as every backend has them; bands stay serial. */
extern const struct context_ops worker_ops;
int worker_checkpoint(struct context *context);
void worker_enter(struct context *context, enum pm_stage stage);
void worker_warn(struct context *context, const char *message);

#endif
