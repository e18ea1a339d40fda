/*
 * Where trials write their results: a folder of its own in a memory file system, so that opening, writing and
 * renaming are measured as in every run, but not this machine's disk. Each trial replaces the results of the
 * one before; all are removed with the folder. It is locked (flock) while in use: a folder that a killed lab
 * left behind has no lock, and the next lab removes it.
 */
#ifndef BENCH_MEASURE_SCRATCH_H
#define BENCH_MEASURE_SCRATCH_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"

struct scratch {
    char path[PATH_MAX];
    int lock;       /* the folder, open and locked; -1 where locks are refused */
    bool in_memory; /* a tmpfs; else a disk's speed is in the figures */
};

/* Removes what killed labs left behind, and makes the folder in $TMPDIR if that is set, else in /dev/shm,
 * else in /tmp. 0, or -1 with `error` filled.
 */
int scratch_open(struct scratch *scratch, struct pm_error *error);

/* Removes it with all that is in it. */
void scratch_close(struct scratch *scratch);

#endif
