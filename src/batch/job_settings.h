/* The settings that a job's results depend on, as a text, for the journal. */
#ifndef BATCH_JOB_SETTINGS_H
#define BATCH_JOB_SETTINGS_H

#include <sys/stat.h>

#include "batch/batch.h"

/* The recipes, their pictures, the key file (`key` is its status; all zero: none) and the names. Returns the
 * text, to be freed, or NULL with `error` filled. */
char *job_settings_text(const struct batch_config *config, const struct variants *variants,
                        const struct stat *key, struct pm_error *error);

#endif
