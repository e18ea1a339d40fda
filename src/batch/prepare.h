/* What a run prepares once, besides what it opens. */
#ifndef BATCH_PREPARE_H
#define BATCH_PREPARE_H

#include "batch/settings.h"
#include "batch/walk.h"
#include "io/output_dir.h"

/* Removes temporaries of killed runs from the folders of the results. Counts those that can't be removed
 * because they are locked in *held. Returns 0, or -1 with `error` filled. */
int prepare_folders(const struct walk_list *list, struct output_dir *output, unsigned *held,
                    struct pm_error *error);

/* The number of I/O jobs: as configured, limited by the free descriptors. `remote`: inputs or results are not
 * files. `results`: of each input. */
unsigned prepare_io_jobs(const struct settings *settings, bool remote, size_t results);

#endif
