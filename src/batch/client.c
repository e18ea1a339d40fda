#include "batch/client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret_memory.h"
#include "batch/claims.h"
#include "batch/client_job.h"
#include "batch/content.h"
#include "batch/place.h"
#include "batch/work.h"
#include "io/file.h"
#include "io/transfer.h"

/* Bytes of a result's memory that are kept for reuse. */
enum { KEEP_RESULT_MAX = 8 << 20 };

void client_init(struct client *client)
{
    const struct batch_config *config = client->config;
    client->settings = config->settings;
    client->format = client->variants->count == 1 ? recipe_result_format(config->recipe) : NULL;
    client->jobs = client->list->count * (config->rounds > 1 ? config->rounds : 1);
    client->counts.total += client->jobs;
    client->counts.hidden += client->list->hidden;
    client->counts.excluded += client->list->excluded;
    pthread_mutex_init(&client->lock, NULL);
}

void client_free(struct client *client)
{
    while (client->idle != NULL) {
        struct client_job *next = client->idle->next_idle;
        buffer_free(&client->idle->job.out);
        free(client->idle->hashes);
        secret_free(client->idle, sizeof *client->idle);
        client->idle = next;
    }
    claims_free(client->claims);
    pthread_mutex_destroy(&client->lock);
}

bool client_stopping(void *batch)
{
    const struct client *client = batch;
    const atomic_bool *stop = client->config->stop;
    return atomic_load(&client->stopping) || (stop != NULL && atomic_load(stop));
}

static void stop(struct client *client)
{
    atomic_store(&client->stopping, true);
    if (client->stop_fd >= 0)
        eventfd_write(client->stop_fd, 1);
}

/* Counts the outcome of a job and notifies the listener. */
static void tell(struct client *client, const struct batch_event *event)
{
    pthread_mutex_lock(&client->lock);
    struct batch_counts *counts = &client->counts;
    switch (event->outcome) {
    case OUTCOME_OK:
        counts->ok++;
        counts->pixels += event->result != NULL ? event->result->pixels_in : 0;
        counts->bytes_ok += event->bytes_in;
        counts->results += event->result == NULL ? 0 : event->outputs != NULL ? event->noutputs : 1;
        if (event->result != NULL && event->result->colors > counts->colors)
            counts->colors = event->result->colors;
        counts->warned += event->result != NULL && event->result->warnings[0] != '\0';
        break;
    case OUTCOME_SKIPPED:
        counts->skipped++;
        break;
    case OUTCOME_FAILED:
        counts->failed++;
        counts->failed_before += event->failed_before;
        if (client->settings->fail_fast && !event->failed_before)
            stop(client);
        break;
    case OUTCOME_UNSUPPORTED:
        counts->kinds[event->kind]++;
        counts->left_out++;
        break;
    case OUTCOME_OTHER:
        counts->left_out++;
        break;
    }
    counts->bytes_in += event->bytes_in;
    counts->bytes_out += event->bytes_out;
    if (client->config->event != NULL)
        client->config->event(client->config->listener, event, counts);
    pthread_mutex_unlock(&client->lock);
}

static void report_entry(struct client *client, const struct walk_entry *entry, enum outcome outcome,
                         const struct job_result *result)
{
    tell(client, &(struct batch_event){.outcome = outcome,
                                       .input = entry->input,
                                       .output = entry->output,
                                       .outputs = entry->results,
                                       .noutputs = walk_results(client->list),
                                       .result = result});
}

/* The outcome of a file that was found in a folder and is not supported. An image, or a file with an image
 * suffix, is reported; with --strict it is a failure. */
static enum outcome outcome_of_found(const struct client *client, const char *path, struct content content)
{
    const bool picture = content.kind != KIND_NONE || content_promised(path);
    if (client->settings->strict && picture)
        return OUTCOME_FAILED;
    return picture ? OUTCOME_UNSUPPORTED : OUTCOME_OTHER;
}

/* Reports an entry with a problem, which never becomes a job. */
static void report_problem(struct client *client, const struct walk_entry *entry)
{
    struct job_result result = {0};
    struct content content = {0};
    enum outcome outcome = OUTCOME_FAILED;
    walk_tell_problem(entry, &result.error);
    if (entry->problem == WALK_NO_IMAGE)
        content = content_identify_file(entry->input);
    if (entry->from_folder && entry->problem != WALK_TAKEN)
        outcome = outcome_of_found(client, entry->input, content);
    tell(client, &(struct batch_event){.outcome = outcome,
                                       .input = entry->input,
                                       .output = entry->output,
                                       .result = &result,
                                       .kind = content.kind});
}

/* Reports an entry that the journal records as failed. */
static void report_failed_before(struct client *client, const struct walk_entry *entry,
                                 const struct journal_answer *answer)
{
    struct job_result result = {0};
    error_set_hint(&result.error, answer->kind, PM_HINT_RETRY, "failed in an earlier run: %s, in %s",
                   pm_error_kind_name(answer->kind), pm_stage_name(answer->stage));
    result.error.stage = answer->stage;
    tell(client, &(struct batch_event){.outcome = OUTCOME_FAILED,
                                       .failed_before = true,
                                       .input = entry->input,
                                       .output = entry->output,
                                       .result = &result});
}

/* A job to reuse, or a new one; NULL if there is no memory. */
static struct client_job *idle_job(struct client *client)
{
    pthread_mutex_lock(&client->lock);
    struct client_job *job = client->idle;
    if (job != NULL) {
        client->idle = job->next_idle;
        client->kept -= job->job.out.capacity;
    }
    pthread_mutex_unlock(&client->lock);
    if (job == NULL)
        return secret_alloc(sizeof *job); /* it contains an image's keys */
    struct buffer out = job->job.out;
    *job = (struct client_job){.job = {.out = out, .fd = -1}, .hashes = job->hashes};
    return job;
}

static void retire_job(struct client *client, struct client_job *job)
{
    job->job.out.size = 0;
    if (job->job.secrets.has_decrypt || job->job.secrets.has_encrypt)
        explicit_bzero(&job->job.secrets, sizeof job->job.secrets);
    pthread_mutex_lock(&client->lock);
    const uint64_t max = client->settings->engine.keep_bytes;
    if (job->job.out.capacity > KEEP_RESULT_MAX || client->kept + job->job.out.capacity > max)
        buffer_free(&job->job.out);
    client->kept += job->job.out.capacity;
    job->next_idle = client->idle;
    client->idle = job;
    pthread_mutex_unlock(&client->lock);
}

static void report_again(struct client *client, const struct walk_entry *entry, const char *why)
{
    if (why == NULL || client->config->again == NULL)
        return;
    pthread_mutex_lock(&client->lock);
    client->config->again(client->config->listener, entry->input, why);
    pthread_mutex_unlock(&client->lock);
}

/* The image on standard input is open already. */
static void set_input(struct job *job, const struct walk_entry *entry)
{
    job->input = entry->fd > 0 ? NULL : entry->input;
    if (entry->fd <= 0)
        return;
    job->fd = fcntl(entry->fd, F_DUPFD_CLOEXEC, 0);
    job->size = entry->size;
    job->offset = entry->offset;
    job->mode = 0644;
    if (job->fd < 0)
        error_set(&job->result.error, PM_ERROR_IO, "no descriptor for it: %s (raise ulimit -n)",
                  strerror(errno));
}

/* --keep-dates: an object's date; a file's is set when it is opened. */
static void set_date(const struct client *client, struct job *job, const struct walk_entry *entry)
{
    const bool file = entry->url == NULL && entry->fd <= 0;
    job->keeps_date = client->settings->keep_dates && (file || entry->object != NULL);
    if (entry->object != NULL)
        job->modified = (struct timespec){.tv_sec = (time_t)(entry->object->modified / 1000000000)};
}

/* In place. Without an original the job will fail with this error (client_check_in_place). */
static void set_original(struct client_job *job, const struct walk_entry *entry)
{
    job->original = (struct original){.backup = entry->backup};
    if (stat(entry->input, &job->original.status) == 0)
        job->job.original = &job->original;
    else
        file_open_error(entry->input, errno, &job->job.result.error);
}

/* As far as they are known. */
static void set_outputs(const struct client *client, struct client_job *job, const struct walk_entry *entry)
{
    const bool file = client->archive == NULL && !settings_to_stdout(client->settings);
    job->job.output = file ? entry->output : NULL;
    if (entry->results == NULL)
        return;
    memcpy(job->outputs, entry->results, walk_results(client->list) * sizeof *job->outputs);
    job->job.outputs = job->outputs;
    job->job.output = file ? job->outputs[0] : NULL;
}

struct job *client_next(void *batch)
{
    struct client *client = batch;
    const bool may_skip = client->settings->skip_existing || client->journal != NULL;
    while (client->next < client->jobs && !client_stopping(client)) {
        struct stat status = {0};
        struct journal_answer answer = {0};
        size_t index = client->next++ % client->list->count;
        const struct walk_entry *entry = &client->list->entries[index];
        enum client_done done = CLIENT_TO_DO;
        if (may_skip && entry->problem == 0)
            done = client_done(client, entry, &status, &answer);
        if (entry->problem != 0) {
            report_problem(client, entry);
        } else if (done == CLIENT_FAILED) {
            report_failed_before(client, entry, &answer);
        } else if (done == CLIENT_DONE) {
            manifest_keep(client->manifest, index, entry->input);
            report_entry(client, entry, OUTCOME_SKIPPED, NULL);
        } else {
            struct client_job *job = idle_job(client);
            report_again(client, entry, answer.why);
            if (job == NULL) {
                struct job_result result = {0};
                error_memory(&result.error, sizeof *job);
                report_entry(client, entry, OUTCOME_FAILED, &result);
                if (client->archive != NULL)
                    archive_fail(client->archive, index, &result.error);
            } else {
                job->status = status;
                job->job.index = index;
                set_input(&job->job, entry);
                set_outputs(client, job, entry);
                set_date(client, &job->job, entry);
                if (client->settings->in_place)
                    set_original(job, entry);
                job->job.url = entry->url;
                return &job->job;
            }
        }
    }
    return NULL;
}

static int refuse_stopped(struct pm_error *error)
{
    return error_set(error, PM_ERROR_CANCELLED, "was not started (the run is being stopped)");
}

/* Records the formats of results, and whether colours are converted, to warn about options without effect. */
static void note_use(struct client *client, const struct codec *input, const struct client_job *own)
{
    const struct pm_recipe *recipe = client->config->recipe;
    uint32_t formats = 0;
    const bool asks = recipe->intent != INTENT_PERCEPTUAL || recipe->compensate;
    const bool converts = asks && work_may_convert(client->variants, &own->plan);
    for (size_t i = 0; i < client->variants->count; i++) {
        const struct codec *format = recipe_result_format(&client->variants->variant[i].recipe);
        const int index = codec_index(format != NULL ? format : codec_written(input));
        formats |= index >= 0 ? (uint32_t)1 << index : 0;
    }
    pthread_mutex_lock(&client->lock);
    client->counts.formats |= formats;
    client->counts.converts |= converts;
    pthread_mutex_unlock(&client->lock);
}

/* Warns, once per format, that it should be decoded in a worker process. */
static void report_isolated(struct client *client, const struct codec *codec)
{
    char line[192];
    const uint32_t bit = (uint32_t)1 << codec_index(codec);
    if (!codec->isolated || client->settings->backend.kind->processes || client->config->note == NULL)
        return;
    snprintf(
        line, sizeof line,
        "warning: %s files are decoded in this process (for files from strangers, --backend=procs does it in "
        "sandboxed processes)",
        codec->name);
    pthread_mutex_lock(&client->lock);
    if ((client->reported_isolated & bit) == 0)
        client->config->note(client->config->listener, line);
    client->reported_isolated |= bit;
    pthread_mutex_unlock(&client->lock);
}

int client_examine(void *batch, struct job *job, struct byte_source *source, uint64_t size)
{
    struct client *client = batch;
    const struct backend_config *backend = &client->settings->backend;
    struct client_job *own = (struct client_job *)job;
    struct pm_error *error = &job->result.error;
    struct pm_info info;
    own->examined = true;
    if (client_stopping(client))
        return refuse_stopped(error);
    const struct codec *codec =
        codec_probe_page(source, client->variants->variant[0].recipe.page, &info, error);
    own->content = (struct content){.readable = true};
    if (codec == NULL)
        own->content = content_identify(source, client->list->entries[job->index].input);
    if (codec != NULL && work_plan_variants(client->variants, codec, &info, size, backend->max_pixels,
                                            backend->max_bytes, &own->plan, job) == 0) {
        own->planned = true;
        job->argument = &own->plan;
        job->argument_size = sizeof own->plan;
        note_use(client, codec, own);
        report_isolated(client, codec);
        if (client->settings->in_place && client_check_in_place(client, job, codec, error) != 0)
            return -1;
        return client_is_named_late(client, &client->list->entries[job->index])
                   ? client_name_result(client, job, codec_written(codec))
                   : 0;
    }
    if (error->kind != PM_ERROR_IO)
        error->stage = PM_STAGE_DECODE;
    return -1;
}

int client_reserve(void *batch, struct job *job, uint64_t size)
{
    const struct settings *settings = ((const struct client *)batch)->settings;
    const uint64_t available = settings->backend.max_bytes;
    struct client_job *own = (struct client_job *)job;
    own->planned = false; /* the header was incomplete */
    job->argument = NULL;
    job->argument_size = 0;
    uint64_t all = settings->engine.memory < available ? settings->engine.memory : available;
    return work_set_charge(size > all ? size : all, available, job);
}

/* Sets the final charge of a URL's job from its plan, or examines it if that was not possible before. */
static int charge_whole(struct client *client, struct client_job *own)
{
    struct job *job = &own->job;
    struct memory_source memory;
    struct plan plan;
    if (own->planned) {
        if (plan_unpack(&own->plan, &plan, &job->result.error) == 0 &&
            work_charge(&plan, job->in.size, client->settings->backend.max_bytes, job) == 0)
            return 0;
        job->result.error.stage = PM_STAGE_DECODE;
        return -1;
    }
    memory_source_init(&memory, job->in.data, job->in.size);
    return client_examine(client, job, &memory.source, job->in.size);
}

/* Sets the job's keys, with new ids, and the bound names. */
static int add_secrets(struct client *client, struct job *job, struct pm_error *error)
{
    const struct pm_recipe *recipe = client->config->recipe;
    struct pm_secrets *secrets = &job->secrets;
    if (recipe->decrypts &&
        keyring_decrypt(client->keyring, job->in.data, job->in.size, &secrets->decrypt, error) != 0)
        return -1;
    secrets->has_decrypt = recipe->decrypts;
    /* A longer name is bound to no file. */
    const char *name = client->list->entries[job->index].name;
    if (recipe->decrypts && name != NULL && strlen(name) < PM_NAME_BYTES)
        snprintf(secrets->decrypt.name, sizeof secrets->decrypt.name, "%s", name);
    if (recipe->encrypts && keyring_encrypt(client->keyring, &secrets->encrypt, error) != 0)
        return -1;
    secrets->has_encrypt = recipe->encrypts;
    if (recipe->encrypts && client->settings->bind_names)
        return client_bind_name(client->settings, job, secrets->encrypt.name, error);
    return 0;
}

int client_prepare(void *batch, struct job *job)
{
    struct client *client = batch;
    struct pm_error *error = &job->result.error;
    ((struct client_job *)job)->bytes_in = job->in.size;
    if (client_stopping(client))
        return refuse_stopped(error);
    /* A URL was charged the maximum that it may need. */
    if (job->url != NULL && charge_whole(client, (struct client_job *)job) != 0)
        return -1;
    return add_secrets(client, job, error);
}

/* A file found in a folder that is not an image, or not a regular file, is not a failure. */
static enum outcome outcome_of(const struct client *client, const struct client_job *job)
{
    if (job->job.status == JOB_OK)
        return OUTCOME_OK;
    /* While folders are watched, a file may be renamed as soon as it is written. */
    if (client->watches && !job->examined && access(job->job.input, F_OK) != 0)
        return OUTCOME_OTHER;
    const bool no_file = !job->examined && job->job.result.error.kind == PM_ERROR_UNSUPPORTED;
    const bool not_read = job->examined && !job->content.readable;
    return client->list->entries[job->job.index].from_folder && (not_read || no_file)
               ? outcome_of_found(client, job->job.input, job->content)
               : OUTCOME_FAILED;
}

/* Stops the batch because of an error of its own: without the journal, a resumed run would repeat work. */
static void give_up(struct client *client, const struct pm_error *error)
{
    pthread_mutex_lock(&client->lock);
    if (client->error.kind == PM_OK)
        client->error = *error;
    pthread_mutex_unlock(&client->lock);
    stop(client);
}

void client_finish(void *batch, struct job *job)
{
    struct client *client = batch;
    struct client_job *own = (struct client_job *)job;
    struct pm_error error = {0};
    const enum outcome outcome = outcome_of(client, own);
    if ((client->journal != NULL || client->manifest != NULL) &&
        client_record(client, own, outcome, &error) != 0)
        give_up(client, &error);
    /* A cancelled job is not counted. */
    if (job->result.error.kind != PM_ERROR_CANCELLED) {
        const struct walk_entry *entry = &client->list->entries[job->index];
        struct batch_event event = {
            .outcome = outcome,
            .input = entry->input,
            .output = job->output != NULL ? job->output : entry->output,
            .outputs = job->outputs,
            .noutputs = walk_results(client->list),
            .result = &job->result,
            .bytes_in = own->bytes_in,
            .http_status = job->http_status,
            .bytes_out = job->status == JOB_OK ? job_bytes_out(job) : 0,
            .kind = own->content.kind,
        };
        tell(client, &event);
    }
    if (client->archive != NULL && job->status != JOB_OK)
        archive_fail(client->archive, job->index, &job->result.error);
    retire_job(client, own);
}

void client_rehearse(struct client *client)
{
    const struct engine_config rehearsed = {.client = {.batch = client, .examine = client_examine}};
    struct job *job;
    while ((job = client_next(client)) != NULL) {
        struct intake_slot slot = {.job = job};
        if (job->url == NULL && transfer_open(&rehearsed, &slot, NULL) != INTAKE_DONE) {
            client_finish(client, job);
            continue;
        }
        if (job->fd >= 0)
            close(job->fd);
        report_entry(client, &client->list->entries[job->index], OUTCOME_OK, NULL);
        retire_job(client, (struct client_job *)job);
    }
}
