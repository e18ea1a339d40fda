/* Lines for the user about a run, besides those of its jobs: each calls config->note if there is something to
 * say. */
#ifndef BATCH_NOTES_H
#define BATCH_NOTES_H

#include "batch/batch.h"
#include "batch/walk.h"

/* Inputs were named more than once. */
void note_twice(const struct batch_config *config, const struct walk_list *list);

/* The output folder was found in the inputs, and contains files that could be inputs. */
void note_output_folder(const struct batch_config *config, const struct walk_list *list);

/* `old` lines of the journal are from an older version: these images are processed again. */
void note_old_lines(const struct batch_config *config, size_t old);

/* There are fewer workers than configured, unless the backend's own note says why. */
void note_fewer_workers(const struct batch_config *config, const struct workers *used, unsigned workers);

/* `folders` are watched from now on. */
void note_watching(const struct batch_config *config, size_t folders);

/* A named folder can't be watched any more. `config`: a struct batch_config. */
void note_lost_folder(const void *config, const char *path);

/* Which shard this is, if the index was found in the environment, and how many inputs others have. */
void note_shard(const struct batch_config *config, const struct walk_list *list);

#endif
