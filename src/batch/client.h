/*
 * The batch as an engine sees it: creates jobs, plans them, derives their keys, and counts their outcomes.
 *
 * Jobs and the memory of their results are reused, so a batch of any length needs only as many as are in
 * flight.
 */
#ifndef BATCH_CLIENT_H
#define BATCH_CLIENT_H

#include "batch/archive.h"
#include "batch/batch.h"
#include "batch/guard.h"
#include "batch/journal.h"
#include "batch/keyring.h"
#include "batch/manifest.h"
#include "batch/store.h"
#include "batch/walk.h"

struct client_job;

struct client {
    /* Set by the caller before client_init: */
    const struct batch_config *config;
    const struct variants *variants; /* as in the config, but never NULL */
    const struct walk_list *list;
    const struct guard *guard;
    struct keyring *keyring;         /* NULL: no keys needed */
    struct journal *journal;         /* NULL: none */
    struct manifest *manifest;       /* NULL: none */
    const struct output_dir *output; /* NULL: --dry-run, which does not open it, in place, and a store */
    const struct store *store;       /* NULL: results are files */
    int stop_fd;                     /* an eventfd: the run is being stopped; -1: not needed */
    struct archive *archive;         /* of which the list has the images; NULL: results are files */
    bool watches;                    /* the list was made of changes in watched folders */
    struct batch_counts counts;      /* of earlier lists; afterwards with this one's; protected by `lock` */

    const struct settings *settings; /* the config's */
    const struct codec *format; /* of all results; NULL: each has its input's format, or there are several
                                   for each input */
    size_t jobs;                /* in all rounds */
    size_t next;                /* counts through all rounds; protected by the intake's lock */
    atomic_bool stopping;

    pthread_mutex_t lock; /* protects the fields below and is held around config->event */
    struct client_job *idle;
    uint32_t reported_isolated; /* mask of codecs for which a worker process was recommended */
    uint64_t kept;              /* bytes of results' memory in idle jobs */
    struct claims *claims;      /* outputs of URLs; NULL: none yet */
    struct pm_error error;      /* why the batch can't continue; PM_OK: it can */
};

void client_init(struct client *client);
void client_free(struct client *client);

/* The functions of struct engine_client; `batch` is the client. */
struct job *client_next(void *batch);
bool client_stopping(void *batch); /* by a signal, --fail-fast, or a journal that can't be written */
int client_examine(void *batch, struct job *job, struct byte_source *source, uint64_t size);
int client_reserve(void *batch, struct job *job, uint64_t size);
int client_prepare(void *batch, struct job *job);
int client_place(void *batch, struct job *job);
bool client_write(void *batch, struct job *job); /* to standard output, or to the archive */
void client_finish(void *batch, struct job *job);

/* --dry-run: reports for every input what would be done with it. */
void client_rehearse(struct client *client);

#endif
