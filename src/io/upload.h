/*
 * Stores a job's results as objects in S3 storage (remote.h), instead of writing files: one after the other,
 * each of them whole or not at all. If one fails, those before it are removed.
 */
#ifndef IO_UPLOAD_H
#define IO_UPLOAD_H

#include "io/engine.h"

/* Blocks until the job's status is final. Waits for retries, too. */
void upload_job(const struct engine_config *config, struct job *job);

/* The same without blocking: `done` is called by the loop when the job's status is final, or before
 * upload_start returns. The owner fills the first fields. */
struct upload {
    const struct engine_config *config;
    struct fetch_loop *loop;
    void (*done)(struct upload *upload);
    void *owner;

    struct job *job;
    unsigned at;   /* the result that is being stored, or removed */
    bool removing; /* one failed: those before it are removed */
};

void upload_start(struct upload *upload, struct job *job);

#endif
