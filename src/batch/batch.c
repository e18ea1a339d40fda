#include "batch/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/heap.h"
#include "base/text.h"
#include "batch/archives.h"
#include "batch/client.h"
#include "batch/content.h"
#include "batch/guard.h"
#include "batch/job_settings.h"
#include "batch/notes.h"
#include "batch/owners.h"
#include "batch/place.h"
#include "batch/prepare.h"
#include "batch/reserve.h"
#include "batch/store.h"
#include "batch/watch.h"
#include "batch/work.h"
#include "codec/part.h"
#include "io/file.h"
#include "io/folder.h"

/* What batch_run opens, in this order, and closes in reverse order. */
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

static int open_workers(struct run *run)
{
    const struct batch_config *config = run->config;
    for (size_t i = 0; i < run->variants.count; i++) {
        const struct codec *format = recipe_result_format(&run->variants.variant[i].recipe);
        if (format != NULL && codec_part_find(format, run->error) != 0)
            return -1;
    }
    if (run->settings->dry_run)
        return 0; /* no work is done */
    struct backend_config backend = run->settings->backend;
    backend.work = work_for_variants(&run->variants);
    backend.shared = run->shared = shared_new(SHARED_BYTES); /* NULL: each job makes its own */
    run->workers = backend.kind->open(&backend, run->error);
    if (run->workers == NULL)
        return -1;
    const char *line = backend.kind->note != NULL ? backend.kind->note(run->workers) : NULL;
    if (line != NULL && config->note != NULL)
        config->note(config->listener, line);
    return 0;
}

static int open_keys(struct run *run)
{
    const struct batch_config *config = run->config;
    if (!recipe_has_secret(config->recipe))
        return 0;
    const char *path = settings_key(run->settings);
    if (path != NULL && (stat(path, &run->key) != 0 || !S_ISREG(run->key.st_mode)))
        run->key = (struct stat){0};
    run->keyring = keyring_open(run->settings->key_file, run->settings->passphrase_file, run->error);
    if (run->keyring == NULL)
        return -1;
    keyring_set_wrong_max(run->keyring, run->settings->max_wrong_salts);
    return 0;
}

static int stop_fd(const struct run *run)
{
    return run->own_stop >= 0 ? run->own_stop : run->config->stop_fd;
}

static struct walk_options walk_options(struct run *run)
{
    const struct batch_config *config = run->config;
    return (struct walk_options){
        .settings = run->settings,
        .format = config->naming == NULL ? recipe_result_format(config->recipe) : NULL,
        .naming = config->naming,
        .before = run->report->counts.total,
        .watch = run->watch,
        .left_out = config->left_out,
        .listener = config->listener,
        .remote = run->remote.part != NULL ? &run->remote : NULL,
    };
}

/* Loads the module that transfers URLs and objects, once. */
static int load_remote(struct run *run)
{
    if (run->remote.part != NULL)
        return 0;
    if (run->config->stop_fd == 0)
        run->own_stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stop_fd(run) <= 0)
        return error_set(run->error, PM_ERROR_IO, "too many open files (raise ulimit -n)");
    return remote_open(&run->remote, &run->settings->remote, stop_fd(run), run->error);
}

/* Objects are listed with the other inputs. */
static int open_remote_for_objects(struct run *run)
{
    bool needed = settings_to_store(run->settings);
    for (size_t i = 0; i < run->config->ninputs; i++)
        needed |= object_is(run->config->inputs[i]);
    return needed ? load_remote(run) : 0;
}

/* With --watch. */
static int open_watch(struct run *run)
{
    if (!run->settings->watch)
        return 0;
    if (stop_fd(run) <= 0)
        return error_set(run->error, PM_ERROR_IO, "too many open files (raise ulimit -n)");
    run->watch =
        watch_open((struct watch_listener){.self = run->config, .lost = note_lost_folder}, run->error);
    run->owners = run->watch != NULL ? owners_open(run->error) : NULL;
    return run->owners != NULL ? 0 : -1;
}

static int find_inputs(struct run *run)
{
    const struct batch_config *config = run->config;
    const struct walk_options options = walk_options(run);
    if (walk_inputs(config->inputs, config->ninputs, &options, &run->list, run->error) != 0)
        return -1;
    if (settings_to_stdout(run->settings) && run->list.count != 1)
        return error_set(run->error, PM_ERROR_USAGE,
                         "only one result can be written to standard output, not %zu (give -o DIR)",
                         run->list.count);
    if (settings_to_stdout(run->settings))
        run->list.entries[0].output = "-";
    note_twice(config, &run->list);
    note_output_folder(config, &run->list);
    guard_add(&run->guard, run->settings->key_file, "the key file");
    guard_add(&run->guard, run->settings->passphrase_file, "the passphrase file");
    guard_add(&run->guard, settings_log_file(run->settings), "the log");
    guard_add(&run->guard, run->settings->summary, "the summary");
    run->manifest_guarded = guard_add(&run->guard, run->settings->manifest, "the manifest");
    for (size_t i = 0; i < run->variants.count; i++)
        guard_add_pictures(&run->guard, &run->variants.variant[i].recipe);
    run->journal_guarded = guard_add(&run->guard, run->settings->journal, "the journal");
    note_shard(config, &run->list);
    if (run->watch != NULL && watch_count(run->watch) == 0)
        return error_set(run->error, PM_ERROR_USAGE,
                         "there is no folder to be watched (name an input folder)");
    if (run->watch != NULL && owners_take(run->owners, &run->list, &run->guard, run->error) != 0)
        return -1;
    return guard_check(&run->guard, &run->list, run->error);
}

static int open_remote(struct run *run)
{
    return run->list.urls == 0 || run->settings->dry_run ? 0 : load_remote(run);
}

/* Creates DIR and opens it, and checks once, before the first image, that it is writable. */
static int open_output(struct run *run)
{
    const char *output = run->settings->output;
    char shown[96];
    struct pm_error why = {0};
    if (settings_to_store(run->settings))
        return store_open(&run->store, &run->remote, run->settings, run->error);
    if (run->settings->dry_run || run->settings->in_place || settings_to_stdout(run->settings))
        return 0;
    text_shown(output, shown, sizeof shown);
    run->made_output = access(output, F_OK) != 0;
    if (folder_make(output, &why) != 0)
        return error_set(run->error, why.kind, "%s: %s", shown, why.message);
    if (faccessat(AT_FDCWD, output, W_OK | X_OK, AT_EACCESS) != 0)
        return error_set(run->error, PM_ERROR_IO,
                         "%s: the folder is not writable: %s (choose another output folder)", shown,
                         strerror(errno));
    const bool shared = run->settings->shared_output || run->settings->shard.count > 0;
    if (output_dir_open(&run->output, output, shared ? OUTPUT_DIR_SHARED : OUTPUT_DIR_ALONE, run->error) != 0)
        return -1;
    shard_tag(&run->settings->shard, run->output.tag);
    return 0;
}

/* Removes DIR if this run made it for nothing; what others have put there meanwhile keeps it. */
static void close_output(struct run *run, enum batch_end end)
{
    struct pm_error error = {0};
    if (run->made_output && (end == BATCH_REFUSED || run->report->counts.bytes_in == 0) &&
        (run->output.fd < 0 || output_dir_check(&run->output, &error) == 0))
        rmdir(run->settings->output);
    output_dir_close(&run->output);
}

static int open_journal(struct run *run)
{
    if (run->settings->journal == NULL || (run->settings->dry_run && !run->settings->resume))
        return 0;
    char *settings = job_settings_text(run->config, &run->variants, &run->key, run->error);
    if (settings == NULL)
        return -1;
    const enum journal_use use = run->settings->resume ? JOURNAL_RESUME : JOURNAL_RECORD;
    const struct journal_options options = {
        .path = run->settings->journal,
        .use = run->settings->dry_run ? JOURNAL_LOOK : use,
        .settings = settings,
        .output = run->settings->output,
        .shard = &run->settings->shard,
    };
    run->journal = journal_open(&options, run->error);
    free(settings);
    if (run->journal == NULL)
        return -1;
    if (run->output.fd >= 0)
        journal_set_output(run->journal, &run->output);
    if (settings_to_store(run->settings))
        journal_set_store(run->journal, &run->store);
    note_old_lines(run->config, journal_old_lines(run->journal));
    if (run->journal_guarded || !guard_add(&run->guard, run->settings->journal, "the journal"))
        return 0;
    return guard_check(&run->guard, &run->list, run->error);
}

static int open_manifest(struct run *run)
{
    const char *path = run->settings->manifest;
    if (path == NULL || run->settings->dry_run)
        return 0;
    run->manifest = manifest_open(path, run->settings->output, &run->variants, run->error);
    if (run->manifest == NULL)
        return -1;
    if (run->manifest_guarded || !guard_add(&run->guard, path, "the manifest"))
        return 0;
    return guard_check(&run->guard, &run->list, run->error);
}

static bool writes_files(const struct run *run)
{
    return run->output.fd >= 0 || (run->settings->in_place && !run->settings->dry_run);
}

static int sweep_output(struct run *run)
{
    return prepare_folders(&run->list, run->output.fd >= 0 ? &run->output : NULL, &run->held, run->error);
}

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
        .stop_fd = run->remote.part != NULL ? stop_fd(run) : -1,
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
                                          .options = walk_options(run),
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
    while (end == BATCH_DONE &&
           (status = watch_wait(run->watch, run->config->stop, stop_fd(run), &changes, run->error)) > 0) {
        const struct walk_options options = walk_options(run);
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
    heap_keep(run.settings->backend.keep_bytes * run.settings->backend.workers);
    reserve_for_libcrypto();
    if (open_workers(&run) == 0 && open_keys(&run) == 0 && open_watch(&run) == 0 &&
        open_remote_for_objects(&run) == 0 && find_inputs(&run) == 0 && open_remote(&run) == 0 &&
        open_output(&run) == 0 && open_journal(&run) == 0 && open_manifest(&run) == 0 &&
        (!writes_files(&run) || sweep_output(&run) == 0) &&
        archives_take(&run.archives, &run.list, error) == 0)
        end = run.list.count > 0 || run.archives.count == 0 ? do_jobs(&run) : BATCH_DONE;
    if (end == BATCH_DONE && run.archives.count > 0)
        end = do_archives(&run);
    if (run.watch != NULL && end == BATCH_DONE)
        end = watch_folders(&run);
    /* The kernel releases the files of a killed run's io_uring operations shortly after it ended, so try
     * again now. */
    if (run.held > 0 && sweep_output(&run) != 0 && end == BATCH_DONE)
        end = BATCH_STOPPED;
    if (end == BATCH_REFUSED)
        journal_discard(run.journal);
    else if (journal_close(run.journal, error) != 0 && end == BATCH_DONE)
        end = BATCH_STOPPED;
    if (end == BATCH_REFUSED)
        manifest_discard(run.manifest);
    else if (manifest_close(run.manifest, error) != 0 && end == BATCH_DONE)
        end = BATCH_STOPPED;
    close_output(&run, end);
    store_close(&run.store);
    remote_close(&run.remote);
    if (run.own_stop >= 0)
        close(run.own_stop);
    archives_free(&run.archives);
    watch_close(run.watch);
    owners_close(run.owners);
    walk_free(&run.list);
    keyring_close(run.keyring);
    if (run.workers != NULL)
        run.settings->backend.kind->close(run.workers);
    shared_free(run.shared);
    struct rusage own;
    report->peak_bytes = report->backend.worker_peak_bytes;
    if (getrusage(RUSAGE_SELF, &own) == 0)
        report->peak_bytes += (uint64_t)own.ru_maxrss * 1024;
    return end;
}
