#include "batch/batch.h"

#include <sys/resource.h>

#include "base/clock.h"
#include "batch/batch_open.h"
#include "batch/client.h"
#include "batch/notes.h"
#include "batch/prepare.h"

/*
 * The path of every file from the list of inputs to its result on disk:
 *
 *     client_next -> open -> client_examine -> admission -> read -> client_prepare
 *         -> take -> the worker: transform() -> give -> write -> client_finish
 *
 * The engine opens, reads and writes; its intake decides the order of the steps (io/intake.h).
 * 0, or -1 with the error filled: the engine can't start (*begun is then false), or the workers were lost.
 */
static int run_jobs(struct run *run, struct client *client, bool *begun)
{
    const struct backend *backend = run->settings->backend.kind;
    const struct engine *engine = run->settings->engine.kind;
    const unsigned workers = run->settings->backend.workers;
    const unsigned io_jobs = prepare_io_jobs(
        run->settings, run->list.urls > 0 || settings_to_store(run->settings), run->variants.count);
    struct engine_config engine_config = {
        .client =
            {
                .batch = client,
                .next = client_next,       /* returns the next input of the list */
                .examine = client_examine, /* reads its header: format, plan, required memory */
                .reserve = client_reserve, /* instead, for a URL with a long header: reserves all memory */
                .prepare = client_prepare, /* input is in memory: derives its keys */
                .write = client_write,     /* to standard output */
                /* results are in memory: names that depend on them */
                .place = run->config->naming != NULL ? client_place : NULL,
                .finish =
                    client_finish, /* result is written, or the job failed: journal, counts, log, progress */
                .stopping = client_stopping, /* ends the list, and cancels jobs that no worker has started */
            },
        .settings = run->settings->engine,
        .workers = workers,
        /* One job ahead for each worker; more only if all I/O jobs need it to read at once. */
        .depth = workers > io_jobs ? workers : io_jobs,
        .care = run->journal != NULL || run->settings->in_place ? FILE_DURABLE : FILE_FAST,
        .output = run->output.fd >= 0 ? &run->output : NULL,
        .remote = run->remote.part != NULL ? &run->remote : NULL,
        .uploads = settings_to_store(run->settings),
        .pumped = backend->pumps && engine->pump != NULL,
    };
    engine_config.settings.io_jobs = io_jobs;
    struct intake *intake = engine->open(&engine_config, run->error);
    *begun = intake != NULL;
    if (!*begun)
        return -1;
    if (run->archive != NULL)
        archive_set_intake(run->archive, intake);
    const struct job_source source = {
        .self = intake,
        .take = engine->take, /* a worker waits for a job with its input in memory, and runs the work given to
                                 open_workers */
        .pump = engine_config.pumped ? engine->pump : NULL,
    };
    const struct job_sink sink = {
        .self = intake,
        .give = engine->give, /* a worker has finished the job: the engine writes the result */
    };
    const unsigned deaths = run->report->backend.deaths; /* of earlier rounds */
    int status = backend->run(run->workers, &source, &sink, &run->report->backend, run->error);
    run->report->backend.deaths += deaths;
    engine->close(intake);
    note_fewer_workers(run->config, run->workers, run->report->backend.workers);
    return status;
}

static enum batch_end do_jobs(struct run *run)
{
    struct batch_report *report = run->report;
    struct client client = {
        .config = run->config,
        .variants = &run->variants,
        .list = &run->list,
        .guard = &run->guard,
        .keyring = run->keyring,
        .journal = run->journal,
        .manifest = run->manifest,
        .output = run->output.fd >= 0 ? &run->output : NULL,
        .store = settings_to_store(run->settings) ? &run->store : NULL,
        .stop_fd = run->remote.part != NULL ? batch_stop_fd(run) : -1,
        .archive = run->archive,
        .watches = report->began > 0 && run->watch != NULL,
        .counts = report->counts,
    };
    client_init(&client);
    if (run->config->begin != NULL && report->began == 0)
        run->config->begin(run->config->listener, run->list.count);
    const double began = clock_now();
    report->began = report->began > 0 ? report->began : began;
    bool begun = true;
    int status = 0;
    if (run->settings->dry_run)
        client_rehearse(&client);
    else
        status = run_jobs(run, &client, &begun);
    report->seconds += clock_now() - began;
    report->counts = client.counts;
    if (begun && run->config->ended != NULL)
        run->config->ended(run->config->listener, report);
    if (status == 0 && client.error.kind != PM_OK) {
        *run->error = client.error;
        status = -1;
    }
    client_free(&client);
    if (begun && run->output.fd >= 0 && status == 0 && output_dir_check(&run->output, run->error) != 0)
        status = -1;
    if (!begun)
        return BATCH_REFUSED;
    if (report->counts.left_out == report->counts.total && !run->settings->allow_empty &&
        run->watch == NULL && run->settings->shard.count == 0 && run->archives.count == 0) {
        batch_no_image(&report->counts, run->error);
        return BATCH_REFUSED;
    }
    const struct batch_counts *counts = &report->counts;
    const bool complete = counts->ok + counts->skipped + counts->failed + counts->left_out == counts->total;
    return status == 0 && complete ? BATCH_DONE : BATCH_STOPPED;
}

/* Processes the images of an archive as a list of their own. */
static enum batch_end process_archive(void *self, const struct settings *settings, struct archive *archive,
                                      struct walk_list *list)
{
    struct run *run = self, before = *run;
    struct batch_config config = *run->config;
    enum batch_end end = BATCH_DONE;
    config.settings = settings;
    run->config = &config;
    run->settings = settings;
    run->list = *list;
    run->journal = NULL; /* the archive is recorded, not its images */
    run->archive = archive;
    if (list->count > 0)
        end = do_jobs(run);
    else
        archive_set_intake(archive, NULL);
    *list = run->list;
    *run = before;
    return end;
}

static enum batch_end do_archives(struct run *run)
{
    const struct archives_run archives = {.config = run->config,
                                          .journal = run->journal,
                                          .output = run->output.fd >= 0 ? &run->output : NULL,
                                          .report = run->report,
                                          .options = batch_walk_options(run),
                                          .process = process_archive,
                                          .self = run};
    if (run->report->began == 0 && run->config->begin != NULL)
        run->config->begin(run->config->listener, run->archives.count);
    run->report->began = run->report->began > 0 ? run->report->began : clock_now();
    return archives_process(&run->archives, &archives, run->error);
}

/* Processes what is written into the folders, in rounds: a round's changes are those that were made during
 * the round before. */
static enum batch_end watch_folders(struct run *run)
{
    struct changes changes = {0};
    enum batch_end end = BATCH_DONE;
    int status = 1;
    note_watching(run->config, watch_count(run->watch));
    while (end == BATCH_DONE && (status = watch_wait(run->watch, run->config->stop, batch_stop_fd(run),
                                                     &changes, run->error)) > 0) {
        const struct walk_options options = batch_walk_options(run);
        if (changes.changes[0].everything && run->config->note != NULL)
            run->config->note(run->config->listener,
                              "warning: too many changes at once, so the folders are read again");
        walk_free(&run->list);
        if (walk_changed(&changes, &options, &run->list, run->error) != 0 ||
            owners_take(run->owners, &run->list, &run->guard, run->error) != 0)
            status = -1;
        changes_free(&changes);
        if (status < 0)
            break;
        end = do_jobs(run);
    }
    changes_free(&changes);
    return status <= 0 ? BATCH_STOPPED : end;
}

enum batch_end batch_run(const struct batch_config *config, struct batch_report *report,
                         struct pm_error *error)
{
    struct run run = {.config = config,
                      .settings = config->settings,
                      .report = report,
                      .error = error,
                      .output = {.fd = -1},
                      .own_stop = -1};
    struct variant only;
    run.variants = (struct variants){.count = 1, .variant = &only};
    if (config->variants != NULL)
        run.variants = *config->variants;
    else
        only = (struct variant){.recipe = *config->recipe};
    *report = (struct batch_report){0};
    enum batch_end end = BATCH_REFUSED;
    if (batch_open(&run) == 0)
        end = run.list.count > 0 || run.archives.count == 0 ? do_jobs(&run) : BATCH_DONE;
    if (end == BATCH_DONE && run.archives.count > 0)
        end = do_archives(&run);
    if (run.watch != NULL && end == BATCH_DONE)
        end = watch_folders(&run);
    end = batch_close(&run, end);
    struct rusage own;
    report->peak_bytes = report->backend.worker_peak_bytes;
    if (getrusage(RUSAGE_SELF, &own) == 0)
        report->peak_bytes += (uint64_t)own.ru_maxrss * 1024;
    return end;
}
