/* What is done already, by the results that exist and by the journal, and recording what was done in the
 * journal and in the manifest. */
#include <limits.h>

#include "batch/client_job.h"
#include "batch/place.h"

static bool result_exists(const struct client *client, const char *output)
{
    struct stat status;
    if (client->store != NULL)
        return store_has(client->store, output);
    return output_dir_stat(client->output, output, &status) == 0;
}

/* Do all results of the entry exist? Without a naming it has one, `output`; in place, its backup tells. */
static bool results_exist(const struct client *client, const struct walk_entry *entry, const char *output)
{
    if (client->settings->in_place) {
        struct original original = {.backup = entry->backup};
        return stat(entry->input, &original.status) == 0 && original_is_replaced(&original);
    }
    if (entry->results == NULL)
        return result_exists(client, output);
    bool all = true;
    for (size_t i = 0; i < walk_results(client->list) && all; i++) {
        const char *result = walk_result(client->list, entry, i);
        all = result != NULL && result_exists(client, result);
    }
    return all;
}

/* What is known of the entry if its result, or what it is called without a naming, is `output`? */
static enum client_done done_as(const struct client *client, const struct walk_entry *entry,
                                const struct stat *status, const char *output, struct journal_answer *answer)
{
    const struct journal_results results = {.output = output, .outputs = entry->results};
    if (client->settings->skip_existing && results_exist(client, entry, output))
        return CLIENT_DONE;
    if (!client->settings->resume || client->journal == NULL)
        return CLIENT_TO_DO;
    struct journal_answer found;
    const enum journal_state state = journal_find(client->journal, entry->input, status, &results, &found);
    if (found.why != NULL || state != JOURNAL_UNKNOWN)
        *answer = found;
    if (state != JOURNAL_FAILED)
        return state == JOURNAL_DONE ? CLIENT_DONE : CLIENT_TO_DO;
    answer->why = "it failed in an earlier run";
    return journal_is_permanent(found.kind) && !client->settings->retry_failed ? CLIENT_FAILED : CLIENT_TO_DO;
}

/* The journal compares an object's size, date and entity tag like a file's size, time and inode. */
static void set_status(const struct object_status *object, struct stat *status)
{
    status->st_size = (off_t)object->size;
    status->st_ino = (ino_t)object->tag;
    status->st_mtim.tv_sec = (time_t)(object->modified / 1000000000);
}

enum client_done client_done(const struct client *client, const struct walk_entry *entry, struct stat *status,
                             struct journal_answer *answer)
{
    *answer = (struct journal_answer){0};
    if (client->journal != NULL && entry->url == NULL && stat(entry->input, status) != 0) /* reading tells */
        return client->settings->skip_existing && results_exist(client, entry, entry->output) ? CLIENT_DONE
                                                                                              : CLIENT_TO_DO;
    if (entry->object != NULL)
        set_status(entry->object, status);
    enum client_done done = done_as(client, entry, status, entry->output, answer);
    for (const struct codec *const *codec = codecs;
         client_is_named_late(client, entry) && *codec != NULL && done == CLIENT_TO_DO; codec++) {
        char output[PATH_MAX];
        if (codec_writes(*codec) && place_of_format(entry->output, *codec, output, sizeof output))
            done = done_as(client, entry, status, output, answer);
    }
    return done;
}

static int add_to_journal(const struct client *client, const struct client_job *own,
                          const struct pm_error *failure, struct pm_error *error)
{
    const struct walk_entry *entry = &client->list->entries[own->job.index];
    const bool named = own->job.outputs != NULL;
    const struct journal_results results = {
        .output = named || own->job.output == NULL ? entry->output : own->job.output,
        .outputs = own->job.outputs,
        .count = failure == NULL ? job_files(&own->job) : 0,
    };
    return journal_add(client->journal, entry->input, &own->status, &results, failure, error);
}

static int add_to_manifest(const struct client *client, const struct client_job *own, struct pm_error *error)
{
    const struct walk_entry *entry = &client->list->entries[own->job.index];
    const struct manifest_source source = {
        .index = own->job.index,
        .name = entry->input,
        .bytes = own->bytes_in,
        .width = own->plan.plan.start.width,
        .height = own->plan.plan.start.height,
        .input = codec_at(own->plan.input),
    };
    return manifest_add(client->manifest, &source, &own->job, own->hashes, error);
}

int client_record(const struct client *client, const struct client_job *own, enum outcome outcome,
                  struct pm_error *error)
{
    const bool failed = outcome == OUTCOME_FAILED && own->job.result.error.kind != PM_ERROR_CANCELLED;
    if (client->journal != NULL && (outcome == OUTCOME_OK || failed) &&
        add_to_journal(client, own, failed ? &own->job.result.error : NULL, error) != 0)
        return -1;
    return client->manifest != NULL && outcome == OUTCOME_OK ? add_to_manifest(client, own, error) : 0;
}
