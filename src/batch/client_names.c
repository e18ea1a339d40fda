/* Paths of results that are not simply the path in the list: names that are known late (of URLs, or with the
 * size or content), and standard output. */
#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "batch/claims.h"
#include "batch/client_job.h"
#include "batch/place.h"

/* Reserves a path that was not known before. Returns it, or NULL with the job's error filled. */
static const char *claim(struct client *client, struct job *job, const char *path)
{
    pthread_mutex_lock(&client->lock);
    if (client->claims == NULL)
        client->claims = claims_open(client->list, client->guard, client->output);
    const char *output = claims_take(client->claims, path, job->index, &job->result.error);
    pthread_mutex_unlock(&client->lock);
    return output;
}

int client_name_result(struct client *client, struct job *job, const struct codec *codec)
{
    char named[PATH_MAX];
    const struct walk_entry *entry = &client->list->entries[job->index];
    if (job->output == NULL)
        return 0;
    if (!place_of_format(entry->output, codec, named, sizeof named))
        return error_set(&job->result.error, PM_ERROR_IO,
                         "the result's name is too long (choose another output folder)");
    if (strcmp(named, entry->output) == 0)
        return 0;
    const char *output = claim(client, job, named);
    if (output == NULL)
        return -1;
    job->output = output;
    return 0;
}

/* Computes the SHA-256 of every result, if names or the manifest contain it. */
static int hash_results(const struct client *client, struct client_job *own)
{
    struct job *job = &own->job;
    struct pm_error *error = &job->result.error;
    if (client->manifest == NULL && !naming_by_content(client->config->naming))
        return 0;
    if (own->hashes == NULL)
        own->hashes = calloc(client->variants->count, sizeof *own->hashes);
    if (own->hashes == NULL)
        return error_memory(error, client->variants->count * sizeof *own->hashes);
    for (unsigned i = 0; i < job_files(job); i++) {
        const struct job_file file = job_file(job, i);
        uint8_t digest[EVP_MAX_MD_SIZE];
        if (EVP_Q_digest(NULL, "SHA256", NULL, file.data, file.size, digest, NULL) != 1)
            return error_set(error, PM_ERROR_INTERNAL, "libcrypto has no SHA-256 (check its installation)");
        text_hex(digest, (RESULT_HASH_TEXT - 1) / 2, own->hashes[i]);
    }
    return 0;
}

/* Sets the path of a result whose name contains its size, its content's hash or its format. */
static int name_late(struct client *client, struct client_job *own, unsigned index)
{
    char path[PATH_MAX];
    struct job *job = &own->job;
    const struct job_part *part = &job->result.parts[index];
    const struct walk_entry *entry = &client->list->entries[job->index];
    const struct codec *format = recipe_result_format(&client->variants->variant[index].recipe);
    /* A file keeps its suffix if the result has the same format; a URL's suffix can't be relied on. */
    if (format == NULL && walk_is_web(entry))
        format = codec_written(codec_at(own->plan.input));
    const struct name_facts facts = {
        .below = place_below_output(client->settings->output, entry->output),
        .number = job->index + 1,
        .format = format,
        .width = part->width,
        .height = part->height,
        .hash = own->hashes != NULL ? own->hashes[index] : NULL,
    };
    if (naming_path(client->config->naming, client->settings->output, index, &facts, path, sizeof path,
                    &job->result.error) != 0)
        return -1;
    own->outputs[index] = claim(client, job, path);
    return own->outputs[index] != NULL ? 0 : -1;
}

int client_place(void *batch, struct job *job)
{
    struct client *client = batch;
    struct client_job *own = (struct client_job *)job;
    const struct naming *naming = client->config->naming;
    if (job->result.nparts == 0) { /* the only one */
        job->result.nparts = 1;
        job->result.parts[0] = (struct job_part){
            .size = job->out.size, .width = job->result.width, .height = job->result.height};
    }
    if (hash_results(client, own) != 0)
        return -1;
    const bool web = walk_is_web(&client->list->entries[job->index]);
    for (unsigned i = 0; i < job->result.nparts; i++) {
        if (naming_is_late(naming, i, web) && name_late(client, own, i) != 0)
            return -1;
    }
    job->output = own->outputs[0];
    return 0;
}

int client_check_in_place(const struct client *client, const struct job *job, const struct codec *input,
                          struct pm_error *error)
{
    const char *dot = strrchr(job->output, '.');
    const struct codec *result = client->format != NULL ? client->format : codec_written(input);
    if (result == input || (dot != NULL && codec_of_suffix(dot + 1) == result))
        return job->original != NULL ? original_check(job->original, error) : -1;
    return error_set(error, PM_ERROR_UNSUPPORTED,
                     "its result is of another format, %s, and can't replace it (give an output folder)",
                     result->name);
}

int client_bind_name(const struct settings *settings, const struct job *job, char name[PM_NAME_BYTES],
                     struct pm_error *error)
{
    const char *below = place_below_output(settings->output, job->output);
    const size_t length = strlen(below);
    if (length >= PM_NAME_BYTES)
        return error_limit(error, PM_NAME_BYTES - 1, length,
                           "its path below the output folder is too long to be bound (%zu bytes, at most %d; "
                           "choose shorter names)",
                           length, PM_NAME_BYTES - 1);
    memcpy(name, below, length + 1);
    return 0;
}

/* Writes a result to the archive, or keeps it; each time it is tried, its names are the same. */
static bool write_to_archive(struct client *client, struct job *job)
{
    if (client->config->naming != NULL && client_place(client, job) != 0) {
        job->result.error.stage = PM_STAGE_WRITE;
        job_fail(job);
        return true;
    }
    job->output = NULL;
    return archive_write(client->archive, job);
}

bool client_write(void *batch, struct job *job)
{
    struct client *client = batch;
    if (client->archive != NULL)
        return write_to_archive(client, job);
    if (file_write_all(STDOUT_FILENO, job->out.data, job->out.size) == 0)
        return true;
    error_set(&job->result.error, PM_ERROR_IO, "standard output can't be written: %s", strerror(errno));
    job->result.error.stage = PM_STAGE_WRITE;
    job_fail(job);
    return true;
}
