/* --summary: the numbers of a run as a JSON file. */
#ifndef CLI_SUMMARY_FILE_H
#define CLI_SUMMARY_FILE_H

#include "batch/batch.h"
#include "cli/warnings.h"

/* Checks, before any work, that `path` (NULL: none) can be written, and creates the file, so that it can be
 * compared with results. *made: the file did not exist. Returns 0, or -1 with `error` filled. */
int summary_file_begin(const char *path, bool *made, struct pm_error *error);

/* Replaces the file. Returns 0, or -1 with `error` filled. */
int summary_file_write(const char *path, const struct batch_report *batch, const struct warnings *failures,
                       struct pm_error *error);

#endif
