/*
 * The batch as engines and backends see it: it names jobs, charges them to the budget, gives them their keys,
 * and keeps account of how they end.
 *
 * Jobs are made when they are named and used again when they are done, with the memory of their results, so
 * that a batch of any length needs as many as are in flight.
 */
#ifndef BATCH_CLIENT_H
#define BATCH_CLIENT_H

#include "batch/batch.h"
#include "batch/budget.h"
#include "batch/guard.h"
#include "batch/journal.h"
#include "batch/keyring.h"
#include "batch/walk.h"

struct client_job;

struct client {
    const struct batch_config *config;
    const struct settings *settings; /* the config's */
    const struct walk_list *list;
    const struct guard *guard;
    struct keyring *keyring; /* NULL: no keys needed */
    struct journal *journal; /* NULL: none */
    int stop_fd;             /* an eventfd: the run is being stopped; -1: nobody waits for it */
    struct budget budget;
    size_t next; /* of all rounds through the list; the engine's lock is its lock */
    atomic_bool stopping;

    pthread_mutex_t lock; /* of what follows, and around config->event */
    struct batch_counts counts;
    struct client_job *idle;
    struct claims *claims; /* results whose names were found on the way; NULL: none yet */
    struct pm_error error; /* why the batch can't go on; PM_OK */
};

void client_init(struct client *client, const struct batch_config *config, const struct walk_list *list,
                 const struct guard *guard, struct keyring *keyring, struct journal *journal, int stop_fd);
void client_free(struct client *client);

/* The functions that an engine is given. */
struct engine_client client_for_engine(struct client *client);

/* Is the run being stopped (a signal, --fail-fast, a journal that can't be written)? */
bool client_stopping(const struct client *client);

/* --dry-run: tells of every input what would be done with it. */
void client_rehearse(struct client *client);

#endif
