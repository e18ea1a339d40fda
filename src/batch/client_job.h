/* A job of the batch, with the state that the files of the client keep for it. */
#ifndef BATCH_CLIENT_JOB_H
#define BATCH_CLIENT_JOB_H

#include "batch/client.h"
#include "batch/content.h"

struct client_job {
    struct job job; /* must be first: a pointer to it is cast to this struct */
    struct client_job *next_idle;
    struct stat status;       /* of the input before it was opened; for the journal */
    struct original original; /* in place: the input */
    bool examined;            /* the file was opened */
    bool planned;             /* `plan` is valid, and is the job's argument */
    struct plan_message plan;
    struct content content; /* valid if `examined` */
    uint64_t bytes_in;
    const char *outputs[VARIANTS_MAX]; /* with a naming: the paths of the results */
    char (*hashes)[RESULT_HASH_TEXT];  /* for the results, one each; NULL: not needed */
};

/* Is the suffix of a URL's result known only after it was fetched? */
static inline bool client_is_named_late(const struct client *client, const struct walk_entry *entry)
{
    return walk_is_web(entry) && entry->results == NULL && client->format == NULL;
}

/* In place: has the result the format that the file has, by content or by name, and is the backup's name
 * free? */
int client_check_in_place(const struct client *client, const struct job *job, const struct codec *input,
                          struct pm_error *error);

/* Binds what is encrypted to the path of its result below DIR. */
int client_bind_name(const struct settings *settings, const struct job *job, char name[PM_NAME_BYTES],
                     struct pm_error *error);

/* Sets the result path of a URL whose name is known late, with the suffix of its format. Returns 0, or -1
 * with the job's error filled. */
int client_name_result(struct client *client, struct job *job, const struct codec *codec);

enum client_done {
    CLIENT_TO_DO,
    CLIENT_DONE,   /* by --skip-existing or --resume */
    CLIENT_FAILED, /* in an earlier run, and would again */
};

/* What is known of the entry. Fills *status for the journal; for a URL it is all zero, because a recorded URL
 * is not requested again. answer->why becomes the reason if the entry is in the journal but is processed
 * again; kind and stage become those of a failure. */
enum client_done client_done(const struct client *client, const struct walk_entry *entry, struct stat *status,
                             struct journal_answer *answer);

/* Records a job's outcome in the journal, and in the manifest if it went well, as far as there are any.
 * Returns 0, or -1 with `error` filled. */
int client_record(const struct client *client, const struct client_job *own, enum outcome outcome,
                  struct pm_error *error);

#endif
