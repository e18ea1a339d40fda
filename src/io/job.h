/*
 * A job: one input on its way to its results, most often one. It has one owner at a time, the holder of the
 * pointer: the batch, then the engine that reads, a worker, the engine that writes, and the batch again.
 */
#ifndef IO_JOB_H
#define IO_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/buffer.h"
#include "base/error.h"
#include "io/original.h"
#include "pixmill/error.h"
#include "pixmill/secret.h"

enum job_status { JOB_PENDING, JOB_OK, JOB_FAILED };

enum { JOB_ARGUMENT_MAX = 5120, JOB_PARTS_MAX = 64 };

/* A job's input for its work. */
struct job_input {
    const uint8_t *data; /* the file's bytes */
    size_t size;
    /* What to do with this file: at most JOB_ARGUMENT_MAX bytes without pointers, valid in another process,
     * too. NULL: the workers' own argument applies. */
    const void *argument;
    size_t argument_size;
    const struct pm_secrets *secrets; /* NULL: none */
    const atomic_bool *recalled;      /* true: stop working on the job; NULL: it can't be cancelled */
};

/* One of several results: bytes [offset, offset + size) of the job's `out`. */
struct job_part {
    uint64_t offset, size;
    uint32_t width, height;
};

/* What a worker reports about a job: plain data that can be copied to another process. */
struct job_result {
    struct pm_error error;  /* PM_OK when all went well */
    uint32_t width, height; /* of the result; of several, the first */
    uint64_t pixels_in;
    unsigned colors; /* enum color_use of one result; of several, 0 */
    double seconds[PM_STAGES];
    unsigned nparts; /* 0: one result, which is all of `out` */
    struct job_part parts[JOB_PARTS_MAX];
    char warnings[2048]; /* distinct lines, each ended by '\n'; if not all fit, the last line says so */
    char notes[512];     /* how the result was made: distinct lines, each ended by '\n' */
};

/*
 * Cancels a job that is in progress: its worker notices at the next checkpoint, and the job fails with
 * PM_ERROR_CANCELLED. The recall is owned by the caller that waits for the job; it must live until the job is
 * finished.
 */
struct recall {
    atomic_bool asked;
    int fd; /* an eventfd, readable once the job was cancelled: for a backend that waits for another process
             */
};

struct job {
    struct job *next; /* in a list of its owner */
    size_t index;     /* in the batch's list, from 0 */
    /* Paths; owned by the batch. No input: the file is already open at fd. No output: client.write keeps the
     * result. */
    const char *input, *output;
    const char *const *outputs; /* of several results, as many as result.nparts; `output` is the first. NULL:
                                   there is one */
    const char *url; /* what to fetch; NULL: the input is a file. May contain a password; `input` is the form
                        to show */
    enum job_status status;
    struct buffer in, out; /* the file's bytes; the result's */
    const void *argument;  /* as in struct job_input; owned by the creator of the job */
    size_t argument_size;
    uint32_t needs;        /* what a worker process must have prepared for it: bits that the work defines */
    struct recall *recall; /* cancels the job; NULL: it can't be cancelled */
    struct pm_secrets secrets; /* when the recipe encrypts or decrypts */
    struct job_result result;
    uint64_t charge;  /* bytes of the memory budget that it needs from admission until it is finished */
    uint64_t charged; /* bytes that it holds; the intake's own, as is: */
    bool admitted;    /* it holds a charge */
    int fd;           /* of its open input; -1: none */
    uint64_t size;    /* of the open input, bytes */
    bool read_again;  /* it was written to while it was read, and is read a second time */
    uint64_t
        offset;  /* of the input in the file at fd, which has more than it (member.h); 0: it is the file */
    mode_t mode; /* permission bits of the input */
    struct timespec modified;  /* modification time of the input, if known, and of the results, */
    bool keeps_date;           /* or, if false, of these when they are written */
    struct original *original; /* the file that the only result replaces; owned by the batch; NULL: none */
    unsigned http_status;      /* of the last answer to a fetch; 0: there was none */
    double ready_at;           /* clock_now() when its input was in memory; for the wait stage */
};

/* Returns 0, or -1 with `error` filled. */
int recall_open(struct recall *recall, struct pm_error *error);

/* Thread-safe; may be called more than once. */
void recall_ask(struct recall *recall);

void recall_close(struct recall *recall);

/* Fills `error` for a job that was cancelled; returns -1. */
int recall_error(struct pm_error *error);

/* The number of results, and the path and bytes of one of them. */
struct job_file {
    const char *path;
    uint8_t *data;
    size_t size;
};

static inline unsigned job_files(const struct job *job)
{
    return job->outputs != NULL ? job->result.nparts : 1;
}

static inline struct job_file job_file(const struct job *job, unsigned index)
{
    const struct job_part *part = &job->result.parts[index];
    if (job->outputs == NULL)
        return (struct job_file){.path = job->output, .data = job->out.data, .size = job->out.size};
    return (struct job_file){
        .path = job->outputs[index], .data = job->out.data + part->offset, .size = part->size};
}

/* Bytes of all files of the result, also where several have the same bytes. */
static inline uint64_t job_bytes_out(const struct job *job)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < job_files(job); i++)
        bytes += job_file(job, i).size;
    return bytes;
}

bool job_was_recalled(const struct job *job);

bool job_fail(struct job *job); /* sets the job's status; returns false */

/* Fails a job that no worker will get, as cancelled. */
void job_cancel(struct job *job);

/* A list of jobs, first in, first out. */
struct job_list {
    struct job *first, **end; /* end: where the next job is linked */
};

static inline void job_list_init(struct job_list *list)
{
    *list = (struct job_list){.end = &list->first};
}

static inline void job_list_push(struct job_list *list, struct job *job)
{
    job->next = NULL;
    *list->end = job;
    list->end = &job->next;
}

/* NULL when it is empty. */
static inline struct job *job_list_pop(struct job_list *list)
{
    struct job *job = list->first;
    if (job == NULL)
        return NULL;
    list->first = job->next;
    if (list->first == NULL)
        list->end = &list->first;
    return job;
}

bool job_list_remove(struct job_list *list, struct job *job); /* false when it is not in the list */

#endif
