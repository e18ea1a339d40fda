/*
 * The inputs of a sweep: found and checked once, before the first trial, and passed to every trial as the
 * same list. Files in a folder that are not images are skipped.
 */
#ifndef BENCH_MEASURE_INPUTS_H
#define BENCH_MEASURE_INPUTS_H

#include "batch/walk.h"

struct inputs {
    struct walk_list list;
    int file;       /* the names, NUL-separated */
    uint64_t bytes; /* of all files; not known of URLs */
};

/* Fills *inputs from what the user named, as walk_inputs does. 0, or -1 with `error` filled: nothing to do,
 * or a named file that is missing or not an image, which culprit then names ("": none). */
int inputs_open(const char *const *names, size_t nnames, const struct walk_options *options,
                struct inputs *inputs, char culprit[160], struct pm_error *error);
void inputs_close(struct inputs *inputs);

/* Drops the entries of the list that are marked. 0, or -1 with `error` filled. */
int inputs_leave_out(struct inputs *inputs, const bool *marked, struct pm_error *error);

/* Asks the kernel to drop the files from its page cache, so that the next trial reads from the disk. Pages
 * that other programs use or that are not written yet stay. */
void inputs_evict(const struct inputs *inputs);

#endif
