/*
 * The steps of the intake (intake.h), done by blocking calls in the calling thread: open and examine, read
 * and prepare, write. Each fills the job's error, status and seconds.
 */
#ifndef IO_TRANSFER_H
#define IO_TRANSFER_H

#include "io/intake.h"

/* Buffers of finished inputs, kept for the next ones, because new pages are slow. Keeps a few, and no large
 * ones. They are not charged to jobs: their maximum is subtracted from the memory that one image may use
 * (settings_complete). */
struct input_pool {
    pthread_mutex_t lock;
    struct buffer buffers[4];
    unsigned count;
    uint64_t max_bytes, bytes; /* limit of kept bytes, and kept bytes */
};

void input_pool_init(struct input_pool *pool, uint64_t max_bytes);
void input_pool_free(struct input_pool *pool);
/* Returns the buffer that was returned last, because its pages are most likely in the cache; or an empty one.
 */
struct buffer input_pool_take(struct input_pool *pool);
void input_pool_put(struct input_pool *pool,
                    struct buffer *buffer); /* takes over the memory and empties *buffer */

/* Does a step of the intake that is not INTAKE_TAKE, and reports the result to it. */
void transfer_step(struct intake *intake, struct intake_step step, struct input_pool *pool);

/* Opens and examines the job of a slot, which need not be in an intake: *slot = {.job = job}. A small file is
 * read whole, into a buffer of `pool`; NULL: none is. */
enum intake_result transfer_open(const struct engine_config *config, struct intake_slot *slot,
                                 struct input_pool *pool);

/* Is an open file so small that it is read before it is examined? Was it read completely? */
bool transfer_reads_at_once(const struct engine_config *config, const struct job *job);
bool transfer_was_read(const struct job *job);

/* Was a job's file written to since it was opened, or since this was asked before? Asked when all of it was
 * read. 0: no; 1: yes, so the bytes may be of two contents and all must be read again; -1: `error` filled, as
 * it was written to once more. A program that sets a new file's time after closing it, as many that copy do,
 * thus costs a second read and fails no image. Inputs that the batch has opened are not checked. */
int transfer_check_written(struct job *job, struct pm_error *error);

/* For both ways of fetching. transfer_examine_fetch examines the bytes of a URL received so far: 0 or -1.
 * transfer_end_fetch frees a fetch that has ended; true if the job has its input and is prepared, else the
 * job has the error. */
int transfer_examine_fetch(const struct engine_client *client, struct job *job, const struct fetch *fetch);
bool transfer_end_fetch(const struct engine_config *config, struct job *job, struct fetch *fetch);

/* Sets the paths of results that are about to be written: false, with the job failed, if that is not
 * possible. */
bool transfer_place(const struct engine_client *client, struct job *job);

/* Closes the input of a job that no worker will get, which fails as cancelled. */
void transfer_cancel(const struct engine_config *config, struct intake_slot *slot, struct input_pool *pool);

#endif
