/*
 * The inputs of a sweep: walked and looked at once, before the first trial, and handed to every trial as one
 * list, so that all of them do the same. What is found in a folder and is no image is left out of it.
 */
#ifndef BENCH_MEASURE_INPUTS_H
#define BENCH_MEASURE_INPUTS_H

#include "batch/walk.h"

struct inputs {
    struct walk_list list;
    int file;       /* the names, NUL-separated */
    uint64_t bytes; /* of all files; of URLs nobody knows before */
};

/* Fills *inputs from what the user named, as walk_inputs does. 0, or -1 with `error` filled: nothing to do,
 * or a named file that is missing or no image; culprit then says which ("": none). */
int inputs_open(const char *const *names, size_t nnames, const struct walk_options *options,
                struct inputs *inputs, char culprit[160], struct pm_error *error);
void inputs_close(struct inputs *inputs);

/* Drops the entries of the list that are marked. 0, or -1 with `error` filled. */
int inputs_leave_out(struct inputs *inputs, const bool *marked, struct pm_error *error);

/* Asks the kernel to forget what it keeps of the files, so that the next trial reads from the disk. What
 * others use or has not been written yet stays. */
void inputs_evict(const struct inputs *inputs);

#endif
