/*
 * An archive of tar as an input, and the archive that is made of it: its images are jobs, in a list of their
 * own; everything else is copied unchanged, in the same order. Members whose names differ only after
 * the first dot of their last part are one sample, as in WebDataset: if an image fails, its sample is left
 * out.
 *
 *     archive_open      finds the members, checks them and lists the images; a damaged archive is refused
 *     archive_begin     creates the output, under a temporary name
 *     archive_write     a result is there: writes it, or keeps its job until those before it are written
 *     archive_fail      there is no result
 *     archive_close     all are done: completes the archive, and renames it
 *
 * Results that wait for earlier ones keep their charge of the memory budget. Jobs are admitted in the order
 * of the archive, so the one that is waited for is always in progress.
 */
#ifndef BATCH_ARCHIVE_H
#define BATCH_ARCHIVE_H

#include <stdbool.h>

#include "batch/walk.h"
#include "io/engine.h"

struct archive;

/* Opens the archive `input`, and fills *list with its images, whose results are paths below `output` as if it
 * were a folder. `options` are those of the walk, of which the output is replaced. NULL with `error` filled.
 */
struct archive *archive_open(const char *input, const struct walk_options *options, struct walk_list *list,
                             struct pm_error *error);

/* Creates the archive `output` beside its name, in the output folder `dir`. Returns 0, or -1 with `error`
 * filled. */
int archive_begin(struct archive *archive, const char *output, const struct output_dir *dir, bool keeps_date,
                  struct pm_error *error);

/* The engine's, which gets jobs back that can be written now. */
void archive_set_intake(struct archive *archive, struct intake *intake);

/* Writes the results of a job; a failure is the job's. False: the job is kept, and given to the intake later.
 */
bool archive_write(struct archive *archive, struct job *job);

/* The entry at `index` has no result. */
void archive_fail(struct archive *archive, size_t index, const struct pm_error *error);

/* The first error of an image; PM_OK: all have results. */
const struct pm_error *archive_failure(const struct archive *archive);

/* Gives the archive its name if all its members are done and written; otherwise returns -1 with `error`
 * filled, which is PM_ERROR_CANCELLED if members are missing. In both cases nothing of it is left under
 * another name, and it is freed. */
int archive_close(struct archive *archive, enum file_care care, struct pm_error *error);

#endif
