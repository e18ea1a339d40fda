#include "batch/batch_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/heap.h"
#include "base/text.h"
#include "batch/clash.h"
#include "batch/job_settings.h"
#include "batch/notes.h"
#include "batch/place.h"
#include "batch/prepare.h"
#include "batch/reserve.h"
#include "batch/work.h"
#include "codec/part.h"
#include "io/fold.h"
#include "io/folder.h"

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

int batch_stop_fd(const struct run *run)
{
    return run->own_stop >= 0 ? run->own_stop : run->config->stop_fd;
}

struct walk_options batch_walk_options(struct run *run)
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
    if (batch_stop_fd(run) <= 0)
        return error_set(run->error, PM_ERROR_IO, "too many open files (raise ulimit -n)");
    return remote_open(&run->remote, &run->settings->remote, batch_stop_fd(run), run->error);
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
    if (batch_stop_fd(run) <= 0)
        return error_set(run->error, PM_ERROR_IO, "too many open files (raise ulimit -n)");
    run->watch =
        watch_open((struct watch_listener){.self = run->config, .lost = note_lost_folder}, run->error);
    run->owners = run->watch != NULL ? owners_open(run->error) : NULL;
    return run->owners != NULL ? 0 : -1;
}

static int find_inputs(struct run *run)
{
    const struct batch_config *config = run->config;
    const struct walk_options options = batch_walk_options(run);
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
    bool folds = false;
    if (run->list.alike.count > 0 && fold_find(&run->output, &folds, run->error) != 0)
        return -1;
    return folds ? clash_refuse_alike(&run->list, run->error) : 0;
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

int batch_open(struct run *run)
{
    const struct backend_config *backend = &run->settings->backend;
    heap_keep(backend->keep_bytes * backend->workers);
    reserve_for_libcrypto();
    if (open_workers(run) != 0 || open_keys(run) != 0 || open_watch(run) != 0 ||
        open_remote_for_objects(run) != 0 || find_inputs(run) != 0 || open_remote(run) != 0 ||
        open_output(run) != 0 || open_journal(run) != 0 || open_manifest(run) != 0 ||
        (writes_files(run) && sweep_output(run) != 0))
        return -1;
    return archives_take(&run->archives, &run->list, run->error);
}

enum batch_end batch_close(struct run *run, enum batch_end end)
{
    /* The kernel releases the files of a killed run's io_uring operations shortly after it ended, so try
     * again now. */
    if (run->held > 0 && sweep_output(run) != 0 && end == BATCH_DONE)
        end = BATCH_STOPPED;
    if (end == BATCH_REFUSED)
        journal_discard(run->journal);
    else if (journal_close(run->journal, run->error) != 0 && end == BATCH_DONE)
        end = BATCH_STOPPED;
    if (end == BATCH_REFUSED)
        manifest_discard(run->manifest);
    else if (manifest_close(run->manifest, run->error) != 0 && end == BATCH_DONE)
        end = BATCH_STOPPED;
    close_output(run, end);
    store_close(&run->store);
    remote_close(&run->remote);
    if (run->own_stop >= 0)
        close(run->own_stop);
    archives_free(&run->archives);
    watch_close(run->watch);
    owners_close(run->owners);
    walk_free(&run->list);
    keyring_close(run->keyring);
    if (run->workers != NULL)
        run->settings->backend.kind->close(run->workers);
    shared_free(run->shared);
    return end;
}
