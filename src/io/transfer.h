/*
 * The steps of the intake (intake.h), done by blocking calls in the calling thread: open and examine, read
 * and prepare, write. Each fills the job's error, status and seconds.
 */
#ifndef IO_TRANSFER_H
#define IO_TRANSFER_H

#include "io/intake.h"

/* Memory of inputs that were worked on, kept for the next ones, so that reading touches no fresh page. It
 * keeps few and forgets large ones. No job is charged for them: what they may take is subtracted from the
 * memory that one image may have (settings_complete). */
struct input_pool {
    pthread_mutex_t lock;
    struct buffer buffers[4];
    unsigned count;
    uint64_t max_bytes, bytes; /* kept at most, and now */
};

void input_pool_init(struct input_pool *pool, uint64_t max_bytes);
void input_pool_free(struct input_pool *pool);
/* The buffer that was put back last, because its pages are the warmest; an empty one if there is none. */
struct buffer input_pool_take(struct input_pool *pool);
void input_pool_put(struct input_pool *pool, struct buffer *buffer); /* takes the memory, empties *buffer */

/* Does a step of the intake that is not INTAKE_TAKE, and reports the result to it. */
void transfer_step(struct intake *intake, struct intake_step step, struct input_pool *pool);

/* Opens and examines job; the slot's, or of *slot = {.job = job} that is in no intake. A small file is read
 * whole, into job->in from `pool`; NULL: none is. */
enum intake_result transfer_open(const struct engine_config *config, struct intake_slot *slot,
                                 struct input_pool *pool);

/* Is an open file so small that it is read before it is examined? Was it, and nothing is left to read? */
bool transfer_reads_at_once(const struct engine_config *config, const struct job *job);
bool transfer_was_read(const struct job *job);

/* What both ways of fetching do: examines what has come of a URL, 0 or -1; and gives its end to the job,
 * which the fetch does not outlive: true, prepared, when it is whole, else with its error. */
int transfer_examine_fetch(const struct engine_client *client, struct job *job, const struct fetch *fetch);
bool transfer_end_fetch(const struct engine_config *config, struct job *job, struct fetch *fetch);

/* Sets the paths of results that are about to be written: false, with the job failed, if that is not
 * possible. */
bool transfer_place(const struct engine_client *client, struct job *job);

/* Closes the input of a job that will not be worked on, which fails as cancelled. */
void transfer_cancel(const struct engine_config *config, struct intake_slot *slot, struct input_pool *pool);

#endif
