/* What is done already, by the results that exist and by the journal, and recording what was done in the
 * journal and in the manifest. */
#include <limits.h>

#include "batch/client_job.h"
#include "batch/place.h"

static bool result_exists(const struct client *client, const char *output)
{
    struct stat status;
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

/* Is the entry skipped if its result, or what it is called without a naming, is `output`? */
static bool skips_as(const struct client *client, const struct walk_entry *entry, const struct stat *status,
                     const char *output, const char **why)
{
    const struct journal_results results = {.output = output, .outputs = entry->results};
    return (client->settings->skip_existing && results_exist(client, entry, output)) ||
           (client->settings->resume && client->journal != NULL &&
            journal_done(client->journal, entry->input, status, &results, why));
}

bool client_skips(const struct client *client, const struct walk_entry *entry, struct stat *status,
                  const char **why)
{
    if (client->journal != NULL && entry->url == NULL && stat(entry->input, status) != 0)
        return client->settings->skip_existing &&
               results_exist(client, entry, entry->output); /* reading reports the error */
    bool skip = skips_as(client, entry, status, entry->output, why);
    for (const struct codec *const *codec = codecs;
         client_is_named_late(client, entry) && *codec != NULL && !skip; codec++) {
        char output[PATH_MAX];
        skip = codec_writes(*codec) && place_of_format(entry->output, *codec, output, sizeof output) &&
               skips_as(client, entry, status, output, why);
    }
    return skip;
}

static int add_to_journal(const struct client *client, const struct client_job *own, struct pm_error *error)
{
    const struct walk_entry *entry = &client->list->entries[own->job.index];
    const struct journal_results results = {
        .output = own->job.outputs != NULL ? entry->output : own->job.output,
        .outputs = own->job.outputs,
        .count = job_files(&own->job),
    };
    return journal_add(client->journal, own->job.input, &own->status, &results, error);
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

int client_record(const struct client *client, const struct client_job *own, struct pm_error *error)
{
    if (client->journal != NULL && add_to_journal(client, own, error) != 0)
        return -1;
    return client->manifest != NULL ? add_to_manifest(client, own, error) : 0;
}
