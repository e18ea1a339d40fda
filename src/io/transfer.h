/*
 * The steps that every engine does for a job, whoever calls them and when: open and examine, read and
 * prepare, write. Each fills the job's error, status and seconds. What an engine adds is order and
 * concurrency.
 */
#ifndef IO_TRANSFER_H
#define IO_TRANSFER_H

#include <pthread.h>

#include "io/engine.h"

/* A job whose file is open, or whose URL is being fetched. */
struct transfer {
    struct job *job;
    int fd; /* of a file; -1: there is none, or the job failed */
    uint64_t size;
    struct fetch *fetch; /* of a URL; NULL: there is none, or the job failed */
};

/* How far a step got. A URL may have to be left alone for a while; the same step is then called again, at
 * transfer->fetch->again_at or before, when it waits itself. */
enum transfer_step { TRANSFER_DONE, TRANSFER_LATER, TRANSFER_FAILED };

/* Memory of inputs that were worked on, kept for the next ones, so that reading touches no fresh page. It
 * keeps few and forgets large ones: what lies here is charged to nobody. */
struct input_pool {
    pthread_mutex_t lock;
    struct buffer buffers[4];
    unsigned count;
};

void input_pool_init(struct input_pool *pool);
void input_pool_free(struct input_pool *pool);
/* The buffer put back last, for its pages are the warmest; an empty one when there is none. */
struct buffer input_pool_take(struct input_pool *pool);
void input_pool_put(struct input_pool *pool, struct buffer *buffer); /* takes the memory, empties *buffer */

/* Opens and examines; *transfer is {.job = job} before the first call. */
enum transfer_step transfer_open(const struct engine_config *config, struct transfer *transfer);

/* Reads into memory of the pool, closes the file and prepares the job. */
enum transfer_step transfer_read(const struct engine_config *config, struct transfer *transfer,
                                 struct input_pool *pool);

/* What both ways of fetching do: examines what has come of a URL, 0 or -1; and gives its end to the job,
 * which the fetch does not outlive: true, prepared, when it is whole, else with its error. */
int transfer_examine_fetch(const struct engine_client *client, struct job *job, const struct fetch *fetch);
bool transfer_end_fetch(const struct engine_config *config, struct job *job, struct fetch *fetch);

/* Closes the file of a job that will not be read, which fails as cancelled. */
void transfer_cancel(const struct engine_config *config, struct transfer *transfer);
void job_cancel(struct job *job);
bool job_fail(struct job *job); /* sets its status; false, to be returned */

/* Gives the input's memory back, writes the result unless the job failed, and hands it to client.finish. */
void transfer_finish(const struct engine_config *config, struct job *job, struct input_pool *pool);

#endif
