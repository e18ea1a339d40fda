/*
 * I/O engines: who moves bytes between files and memory. A backend's workers take jobs from the engine's
 * source and give them to its sink; the engine decides
 * whether a thread of a pool, an event loop or the calling worker itself reads and writes. Each engine is one
 * file that ends in one `const struct engine`; all have their functions in the same order.
 *
 * The life of a job inside an engine; the intake (intake.h) decides when each step is done:
 *
 *     client.next      the batch names the next input                           (in order)
 *     client.examine   the file is open: its header is probed, its charge set   (any order, several at once)
 *     admission        the charge is taken from the budget, or not yet          (in order, the oldest first)
 *     read             the whole file goes into job->in
 *     client.prepare   keys for encrypt and decrypt
 *     take             a worker gets it           } or straight to finish,
 *     give             the worker hands it back   } when it failed before
 *     write            the result goes to a temporary file and is renamed
 *     client.finish    the charge is released, the batch gets the job back
 *
 * A URL has the same life (remote.h): it is examined when its first bytes have arrived, its connection is
 * then held until it is admitted, and `read` receives the rest.
 */
#ifndef IO_ENGINE_H
#define IO_ENGINE_H

#include "codec/codec.h"
#include "io/file.h"
#include "io/job.h"
#include "io/remote.h"

/* Functions of the batch, or the server, that an engine calls. Several threads may call them at once, except
 * `next`, which is called under the intake's lock. */
struct engine_client {
    void *batch;
    /* Returns the next job; NULL when there are no more or the run is being stopped. The member is NULL if
     * jobs are submitted (intake_submit). */
    struct job *(*next)(void *batch);
    /* Is the run being stopped? NULL: never. */
    bool (*stopping)(void *batch);
    /* Sets job->charge from the header; `size` is the file's. 0, or -1 with job->result.error filled. */
    int (*examine)(void *batch, struct job *job, struct byte_source *source, uint64_t size);
    /* Instead of `examine`, for a URL whose header is longer than its first bytes: sets job->charge to the
     * whole budget, so that the job is read alone; `prepare` sets the real charge. 0 or -1 as examine. */
    int (*reserve)(void *batch, struct job *job, uint64_t size);
    /* Adds what a worker needs besides the bytes (keys), and sets the real charge of a URL. A file is still
     * open, at job->fd. 0, or -1 with job->result.error filled. */
    int (*prepare)(void *batch, struct job *job);
    /* The results are there and about to be written: sets the paths that depend on them (on their size or
     * content). 0, or -1 with job->result.error filled. NULL: all paths are set. */
    int (*place)(void *batch, struct job *job);
    /* Keeps the result of a job that has no output. NULL: every job has one. False: the client keeps the job,
     * and gives it back later (intake_give), to be written again. */
    bool (*write)(void *batch, struct job *job);
    /* The job was written or has failed: status and result are final. The batch owns the job again, with the
     * memory of job->out. job->in is the engine's and already empty. */
    void (*finish)(void *batch, struct job *job);
};

/* What the user chooses of an engine. */
struct engine_settings {
    const struct engine *kind;
    unsigned io_jobs;    /* threads or transfers at once; 0: the engine's default */
    uint64_t memory;     /* the budget of the jobs in flight, bytes */
    uint64_t keep_bytes; /* memory of inputs, and as much of results, that is kept for the next ones */
    double read_delay;   /* seconds that each read waits first, like a remote disk; 0: none */
};

struct engine_config {
    struct engine_client client;
    struct engine_settings settings; /* with io_jobs at least 1 */
    unsigned workers;                /* number of workers, at least 1 */
    unsigned depth;                  /* max jobs read ahead and not yet taken; at least 1 */
    unsigned queue;                  /* max submitted jobs that wait to be opened */
    enum file_care care;             /* of results */
    const struct output_dir *output; /* for results; NULL: their paths are used unchanged */
    struct remote *remote;           /* fetches URLs and objects; NULL: there are none */
    bool uploads;                    /* results are objects: `remote` stores them (upload.h) */
    bool pumped;                     /* the only worker's thread also does the I/O; see `pump` */
};

struct intake;

struct engine {
    const char *name, *help;
    unsigned io_jobs;             /* the default of settings.io_jobs; 0: workers read and write themselves */
    const char *(*why_not)(void); /* NULL if it works here, else the reason why not */
    const char *(*note)(void);    /* how it works here, for the user; NULL: no note */

    /* Starts; config is copied. Returns the run's intake, or NULL with `error` filled. */
    struct intake *(*open)(const struct engine_config *config, struct pm_error *error);
    /* The source: waits for the next job with its input in memory. NULL when there are no more. */
    struct job *(*take)(void *run);
    /* The sink: receives a job that was taken, with its result in job->out or its error in job->result.error.
     */
    void (*give)(void *run, struct job *job);
    /* Continues reads and writes as far as possible without waiting. Only for runs with config.pumped, which
     * start no thread: all I/O happens in take, give and pump. NULL: the engine can't be pumped. */
    void (*pump)(void *run);
    /* Waits until every job that was given is finished, and ends. Jobs that no worker took (all were lost)
     * fail with PM_ERROR_CANCELLED. */
    void (*close)(void *run);
};

extern const struct engine *const engines[]; /* the default first, ending in NULL */
const struct engine *engine_find(const char *name);

#endif
