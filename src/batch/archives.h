/*
 * The archives of a run, which are processed one after the other when all other inputs are done. The archive
 * is the unit of the journal, of --skip-existing and of shards; its images are jobs.
 */
#ifndef BATCH_ARCHIVES_H
#define BATCH_ARCHIVES_H

#include "batch/batch.h"
#include "batch/client.h"

struct archives {
    struct walk_entry *entries;
    size_t count;
};

/* Moves the archives out of the list. Returns 0, or -1 with `error` filled. */
int archives_take(struct archives *archives, struct walk_list *list, struct pm_error *error);
void archives_free(struct archives *archives);

/* The run, as far as archives need it. */
struct archives_run {
    const struct batch_config *config;
    struct journal *journal; /* NULL: none */
    const struct output_dir *output;
    struct batch_report *report;
    struct walk_options options;
    /* Processes the images in `list`, whose results the archive gets. */
    enum batch_end (*process)(void *self, const struct settings *settings, struct archive *archive,
                              struct walk_list *list);
    void *self;
};

/* Returns BATCH_DONE, or BATCH_STOPPED with `error` filled if it is not the user who stopped it. */
enum batch_end archives_process(const struct archives *archives, const struct archives_run *run,
                                struct pm_error *error);

#endif
