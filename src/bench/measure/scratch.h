/*
 * Where trials write their results: a folder of its own on a file system in memory, so that what is measured
 * is opening, writing and renaming as every run does it, and not this machine's disk. The results of one
 * trial are replaced by the next; all are removed with the folder. It is locked (flock) while in use: one
 * that a killed lab left behind has no lock and is removed by the next.
 */
#ifndef BENCH_MEASURE_SCRATCH_H
#define BENCH_MEASURE_SCRATCH_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"

struct scratch {
    char path[PATH_MAX];
    int lock;       /* the folder, open and locked; -1 where locks are refused */
    bool in_memory; /* a tmpfs; else a disk's speed is part of what is measured */
};

/* Sweeps what was left behind there, and makes the folder in $TMPDIR if that is set, else in /dev/shm, else
 * in /tmp. 0, or -1 with `error` filled.
 */
int scratch_open(struct scratch *scratch, struct pm_error *error);

/* Removes it with all that is in it. */
void scratch_close(struct scratch *scratch);

#endif
