/*
 * The budget of --memory: max bytes in flight. A job is charged before it is read (small files are read
 * earlier) and its charge is released when its result is written. A job larger than the whole budget runs
 * alone. The intake charges only the oldest job, so that small jobs can't delay a large one for ever.
 * Protected by the intake's lock.
 */
#ifndef IO_BUDGET_H
#define IO_BUDGET_H

#include <assert.h>

#include "io/job.h"

struct budget {
    uint64_t total, used; /* bytes */
    uint64_t jobs;        /* number of jobs that hold a charge */
};

/* Charges job->charge. False, with nothing charged, if there is no room at present. */
static inline bool budget_charge(struct budget *budget, struct job *job)
{
    bool fits = budget->used <= budget->total && job->charge <= budget->total - budget->used;
    if (!fits && budget->jobs > 0)
        return false;
    budget->used += job->charge;
    budget->jobs++;
    job->charged = job->charge;
    job->admitted = true;
    return true;
}

/* Replaces the charge by the present job->charge, which may be larger only for a job that is alone. True if
 * room was freed. */
static inline bool budget_settle(struct budget *budget, struct job *job)
{
    bool less = job->charge < job->charged;
    assert(job->admitted && (job->charge <= job->charged || budget->jobs == 1));
    budget->used += job->charge - job->charged;
    job->charged = job->charge;
    return less;
}

/* Releases what a job held: its job->charged. */
static inline void budget_release(struct budget *budget, uint64_t charged)
{
    assert(budget->jobs > 0 && budget->used >= charged);
    budget->used -= charged;
    budget->jobs--;
}

#endif
