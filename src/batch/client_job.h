/* A job of the batch, with the state that client.c and client_names.c keep for it. */
#ifndef BATCH_CLIENT_JOB_H
#define BATCH_CLIENT_JOB_H

#include "batch/client.h"
#include "batch/content.h"

struct client_job {
    struct job job; /* must be first: a pointer to it is cast to this struct */
    struct client_job *next_idle;
    struct stat status; /* of the input before it was opened; for the journal */
    bool examined;      /* the file was opened */
    bool planned;       /* `plan` is valid, and is the job's argument */
    struct plan_message plan;
    struct content content; /* valid if `examined` */
    uint64_t bytes_in;
    const char *outputs[VARIANTS_MAX]; /* with a naming: the paths of the results */
    char (*hashes)[RESULT_HASH_TEXT];  /* for the results, one each; NULL: not needed */
};

/* Is the suffix of a URL's result known only after it was fetched? */
bool client_is_named_late(const struct client *client, const struct walk_entry *entry);

/* Sets the result path of a URL, with the suffix of its format. Returns 0, or -1 with the job's error
 * filled. */
int client_name_result(struct client *client, struct job *job, const struct codec *codec);

#endif
