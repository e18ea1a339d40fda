/*
 * A journal that is a folder: each run appends to a segment of its own, so no lock is needed, on no file
 * system. A segment's name has the run's shard, host, boot and process: "3of8-node5-0f3a...-1234". It is a
 * journal file; several may be concatenated into one of any name.
 */
#ifndef BATCH_JOURNAL_FOLDER_H
#define BATCH_JOURNAL_FOLDER_H

#include <stdbool.h>

#include "batch/journal_line.h"

/* Is the journal `path` a folder, or named like one: with a slash at its end? */
bool journal_is_folder(const char *path);

/* Creates an empty segment for this run. Returns its descriptor, with O_APPEND, or -1 with errno set. */
int segment_create(const char *folder, const struct shard *shard);

/* Reads all segments that may have lines of the shard. A segment that another run is writing may end with an
 * incomplete line. A missing folder is empty. Returns 0, or -1 with `error` filled. */
int segments_read(const char *folder, const struct shard *shard, struct lines *lines, struct pm_error *error);

#endif
