/*
 * The intake decides for all engines which input is opened next, which job the memory budget admits, how many
 * jobs are read ahead, what is tried again later, and what happens to jobs when the run is stopped or closed.
 * It moves no bytes itself: an engine asks intake_next for a step, does it, and reports the result.
 *
 * Each input has a slot until it is in memory or has failed. The states of a slot:
 *
 *     state      step or report              next state
 *     FREE       INTAKE_OPEN                 OPENING      the job is named; a file joins the line
 *     OPENING    intake_opened: done         EXAMINED     a URL joins the line
 *                               later        LATER
 *                               failed       FREE         the job is finished
 *     EXAMINED   INTAKE_READ                 READING      first in the line, charged; it leaves the line
 *                INTAKE_CLOSE                CLOSING      stopped, closed or cancelled
 *     READING    intake_read: done           FREE         the job is ready
 *                             later          LATER
 *                             failed         FREE         the job is finished
 *     LATER      INTAKE_OPEN, INTAKE_READ    OPENING, READING    at its time: the same step again
 *                INTAKE_CLOSE                CLOSING      stopped or closed
 *     CLOSING    intake_closed               FREE         the job is finished
 *
 * The lists that a job goes through:
 *
 *     ready --INTAKE_TAKE--> a worker --intake_give--> results --INTAKE_WRITE, intake_written--> finished
 *
 * - Admission: a job is charged to the budget before it is read, and its charge is released when it is
 *   finished. A job larger than the whole budget is admitted when no other job is.
 * - Order: jobs are admitted in the order of the line, so that small jobs can't delay a large one for ever. A
 * URL joins the line when it was examined, because servers respond in any order.
 * - Back-pressure: at most `depth` jobs are admitted and not yet taken, and none is admitted while results
 *   wait to be written.
 * - Later: a URL whose server asks to retry later keeps its slot, but no thread.
 * - End: when the run is stopped or closed, no further job is named, jobs that no worker has taken are
 * cancelled, and the others are finished.
 */
#ifndef IO_INTAKE_H
#define IO_INTAKE_H

#include <pthread.h>

#include "io/budget.h"
#include "io/engine.h"

enum slot_state { SLOT_FREE, SLOT_OPENING, SLOT_EXAMINED, SLOT_READING, SLOT_LATER, SLOT_CLOSING };

struct intake_slot {
    struct job *job;
    enum slot_state state;
    bool in_line;             /* it waits to be admitted */
    struct intake_slot *next; /* in the line, or among the free ones */
    double again_at;          /* with LATER: clock_now() of the next try; set by the engine */
    struct fetch *fetch;      /* of a URL; used by the engine; NULL: none */
};

/* What the caller of intake_next can do: bits. */
enum { INTAKE_TAKES = 1, INTAKE_WRITES = 2, INTAKE_READS = 4 /* opens, reads and closes */ };

enum intake_kind {
    INTAKE_WRITE,   /* write job's result if it went well, then intake_written */
    INTAKE_TAKE,    /* work on the job, then intake_give */
    INTAKE_CLOSE,   /* close slot's input, then intake_closed */
    INTAKE_READ,    /* read slot's input into memory, then intake_read */
    INTAKE_OPEN,    /* open and examine slot's input, then intake_opened */
    INTAKE_NOTHING, /* at present; only with INTAKE_POLL */
    INTAKE_ENDED,   /* there will be no further step */
};

struct intake_step {
    enum intake_kind kind;
    struct job *job;
    struct intake_slot *slot; /* of close, read and open */
};

/* How a step went. A failed job has its error filled. */
enum intake_result { INTAKE_DONE, INTAKE_LATER, INTAKE_FAILED };

enum intake_mode { INTAKE_POLL, INTAKE_WAIT };

struct intake_options {
    unsigned slots;    /* at least 1 */
    unsigned max_jobs; /* max jobs that are named and not finished; 0: as many as slots and depth allow */
    /* Called when there is a step for an engine that does not wait in intake_next. NULL: its threads wait
     * there. */
    void (*wake)(void *engine);
    void *engine;
};

struct intake {
    const struct engine_config *config; /* the engine's copy */
    struct intake_options options;
    int bell; /* an eventfd that wakes the thread that waits for a URL's next try; -1: there are no URLs */

    pthread_mutex_t lock;  /* of everything below, and around client.next */
    pthread_cond_t useful; /* for threads that read or write: there is a step, or the end */
    pthread_cond_t fed;    /* for threads that only take: a job is ready, or none will come */
    struct intake_slot *slots, *free;
    struct intake_slot *line, **line_end; /* slots not yet admitted, the oldest first */
    struct job_list queue, ready, results;
    unsigned queued, ready_count;
    unsigned opening, later; /* slots that are OPENING, LATER */
    unsigned reading;        /* admitted and not yet ready: READING, or LATER */
    unsigned jobs;           /* named and not yet finished */
    unsigned steps;          /* in progress, INTAKE_TAKE excluded */
    struct budget budget;
    bool refused;  /* the oldest job did not fit into the budget, and nothing was released since */
    bool recalled; /* a job in a slot may have been cancelled */
    bool paused, exhausted, closing;
    bool wakes;             /* wake the engine, or a thread, once the lock is released */
    bool watched, stopping; /* a thread is in remote_wait; remote_wait said that the run is being stopped */
};

/* `config` is borrowed. 0, or -1 with `error` filled. Every job must be finished before intake_free. */
int intake_init(struct intake *intake, const struct engine_config *config,
                const struct intake_options *options, struct pm_error *error);
void intake_free(struct intake *intake);

/* The most useful step that the caller can do (INTAKE_TAKES | ...): first a result is written, because that
 * frees memory; then a job is read, because workers need it; then the next input is opened. */
struct intake_step intake_next(struct intake *intake, unsigned can, enum intake_mode mode);

/* Report how a step went. A job that failed, was closed or was written is finished: client.finish is called.
 */
void intake_opened(struct intake *intake, struct intake_slot *slot, enum intake_result result);
void intake_read(struct intake *intake, struct intake_slot *slot, enum intake_result result);
void intake_closed(struct intake *intake, struct intake_slot *slot);
void intake_written(struct intake *intake, struct job *job);

/* The job of an INTAKE_WRITE step was kept by client.write. */
void intake_kept(struct intake *intake);

/* The engine's source and sink for workers that do nothing else. `self` is the intake. */
struct job *intake_take(void *self);
void intake_give(void *self, struct job *job);

/* Starts the end: no further input is opened, and jobs that no worker has are closed and finished. The engine
 * continues until INTAKE_ENDED. */
void intake_close(struct intake *intake);

/* For jobs that are submitted instead of named by client.next. They are opened in the order of submission. */

/* False, with nothing done, if config.queue jobs wait already. */
bool intake_submit(struct intake *intake, struct job *job);

/* For a job that was cancelled (job->recall): true if it was still in the queue; the caller then owns it
 * again. Otherwise the job ends soon. */
bool intake_withdraw(struct intake *intake, struct job *job);

/* Stops opening jobs from the queue, or continues. */
void intake_pause(struct intake *intake, bool paused);

struct intake_counts {
    unsigned queued, jobs; /* waiting in the queue; after the queue and not finished */
};
struct intake_counts intake_counts(struct intake *intake);

/* For the files of the intake. intake_wake: with the lock held, finds out whether a thread or the engine must
 * be woken for a step. intake_unlock releases the lock, and then wakes it: the woken thread needs the lock,
 * and a system call takes long. */
void intake_wake(struct intake *intake);
void intake_unlock(struct intake *intake);

#endif
