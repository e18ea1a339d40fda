/* What batch_run opens before the first job, and closes after the last. */
#ifndef BATCH_BATCH_OPEN_H
#define BATCH_BATCH_OPEN_H

#include <sys/stat.h>

#include "batch/archives.h"
#include "batch/batch.h"
#include "batch/guard.h"
#include "batch/owners.h"
#include "batch/store.h"
#include "batch/watch.h"

/* Opened in this order, and closed in reverse order. batch_run fills the first five and sets output.fd and
 * own_stop to -1. */
struct run {
    const struct batch_config *config;
    const struct settings *settings; /* the config's */
    struct variants variants;        /* the config's, or its recipe as the only one */
    struct batch_report *report;
    struct pm_error *error;
    struct workers *workers;
    struct keyring *keyring;
    struct stat key; /* of the key file, before it was read; all zero: none, or a pipe */
    struct walk_list list;
    struct archives archives; /* that were in the list */
    struct archive *archive;  /* the one that is being processed; NULL: none */
    struct watch *watch;      /* with --watch */
    struct owners *owners;    /* with --watch: whose result has which path */
    struct guard guard;
    bool journal_guarded, manifest_guarded; /* they existed before this run */
    struct remote remote;                   /* when there are URLs or objects */
    struct store store;                     /* when results are objects */
    int own_stop;                           /* -1: config->stop_fd does */
    bool made_output;                       /* the output folder was created by this run */
    struct output_dir output;
    struct shared *shared; /* tables of the workers */
    struct journal *journal;
    struct manifest *manifest;
    unsigned held; /* locked temporaries of other runs that could not be removed */
};

/* Opens everything, and finds the inputs. Returns 0, or -1 with run->error filled: the run is refused. Either
 * way it ends with batch_close. */
int batch_open(struct run *run);

/* Completes the journal and the manifest of a run that ended as `end` says, or removes them if it was
 * refused, and closes everything. Returns `end`, or BATCH_STOPPED with run->error filled if it could not. */
enum batch_end batch_close(struct run *run, enum batch_end end);

/* The options to find this run's inputs by, also those that come later. */
struct walk_options batch_walk_options(struct run *run);

/* The descriptor that is readable once the run is being stopped; 0: none. */
int batch_stop_fd(const struct run *run);

#endif
