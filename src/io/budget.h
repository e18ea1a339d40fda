/*
 * --memory: how many bytes may be in flight. A job is charged before it is read and releases its charge when
 * its result is written. A job larger than the whole budget runs alone. The intake asks for the oldest job
 * only, so that a large one is not passed for ever by small ones; its lock is this one's.
 */
#ifndef IO_BUDGET_H
#define IO_BUDGET_H

#include "io/job.h"

struct budget {
    uint64_t total, used; /* bytes */
    uint64_t jobs;        /* that hold a charge */
};

/* Charges job->charge: false, and nothing is charged, when there is no room now. */
bool budget_charge(struct budget *budget, struct job *job);

/* Charges what job->charge has become since. More than before is for a job that is alone. True when there is
 * more room now. */
bool budget_settle(struct budget *budget, struct job *job);

/* Releases what a job held: its job->charged. */
void budget_release(struct budget *budget, uint64_t charged);

#endif
