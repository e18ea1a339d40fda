#include "io/upload.h"

/* The request for the result at `index`: to store it, or to remove it. NULL: no memory. */
static struct fetch *begin(const struct engine_config *config, const struct job *job, unsigned index,
                           bool removing)
{
    const struct job_file file = job_file(job, index);
    const struct codec *codec = codec_sniff(file.data, file.size);
    if (removing)
        return config->remote->part->remove(config->remote, file.path);
    return config->remote->part->put(config->remote, file.path, file.data, file.size,
                                     codec != NULL ? codec->mime : "application/octet-stream");
}

/* The first failure is the job's. */
static void fail(struct job *job, const struct fetch *fetch)
{
    if (job->status == JOB_FAILED)
        return;
    if (fetch != NULL)
        job->result.error = fetch->error;
    else
        error_memory(&job->result.error, sizeof *fetch);
    job->result.error.stage = PM_STAGE_WRITE;
    job_fail(job);
}

static bool run(const struct engine_config *config, struct job *job, unsigned index, bool removing)
{
    struct fetch *fetch = begin(config, job, index, removing);
    const bool well = fetch != NULL && remote_run(config->remote, fetch);
    if (!well)
        fail(job, fetch);
    if (fetch != NULL)
        config->remote->part->free(fetch);
    return well;
}

void upload_job(const struct engine_config *config, struct job *job)
{
    unsigned stored = 0;
    while (stored < job_files(job) && run(config, job, stored, false))
        stored++;
    while (stored < job_files(job) && stored > 0)
        run(config, job, --stored, true);
}

static void start(struct upload *upload);

static void next(struct upload *upload, bool well)
{
    upload->removing |= !well;
    if (!upload->removing && ++upload->at < job_files(upload->job)) {
        start(upload);
    } else if (upload->removing && upload->at > 0) {
        upload->at--;
        start(upload);
    } else {
        upload->done(upload);
    }
}

static void ended(struct fetch *fetch)
{
    struct upload *upload = fetch->owner;
    const bool well = fetch->state == FETCH_WHOLE;
    if (!well)
        fail(upload->job, fetch);
    upload->config->remote->part->free(fetch);
    next(upload, well);
}

static void start(struct upload *upload)
{
    struct fetch *fetch = begin(upload->config, upload->job, upload->at, upload->removing);
    if (fetch == NULL) {
        fail(upload->job, NULL);
        next(upload, false);
        return;
    }
    fetch->changed = ended;
    fetch->owner = upload;
    upload->config->remote->part->loop_add(upload->loop, fetch);
}

void upload_start(struct upload *upload, struct job *job)
{
    upload->job = job;
    upload->at = 0;
    upload->removing = false;
    start(upload);
}
