#include "batch/archives.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "batch/client_job.h"

int archives_take(struct archives *archives, struct walk_list *list, struct pm_error *error)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count && list->archives > 0; i++)
        archives->count += list->entries[i].archive && list->entries[i].problem == 0;
    if (archives->count == 0)
        return 0;
    archives->entries = calloc(archives->count, sizeof *archives->entries);
    if (archives->entries == NULL)
        return error_memory(error, archives->count * sizeof *archives->entries);
    archives->count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->entries[i].archive && list->entries[i].problem == 0)
            archives->entries[archives->count++] = list->entries[i];
        else
            list->entries[kept++] = list->entries[i];
    }
    list->count = kept;
    return 0;
}

void archives_free(struct archives *archives)
{
    free(archives->entries);
    *archives = (struct archives){0};
}

/* An archive that has no jobs: skipped, planned, or refused. */
static void report(const struct archives_run *run, const struct walk_entry *entry, enum outcome outcome,
                   const struct pm_error *error)
{
    struct batch_counts *counts = &run->report->counts;
    struct job_result result = {0};
    if (error != NULL)
        result.error = *error;
    counts->total++;
    counts->ok += outcome == OUTCOME_OK;
    counts->skipped += outcome == OUTCOME_SKIPPED;
    counts->failed += outcome == OUTCOME_FAILED;
    const struct batch_event event = {.outcome = outcome,
                                      .input = entry->input,
                                      .output = entry->output,
                                      .noutputs = 1,
                                      .result = error != NULL ? &result : NULL};
    if (run->config->event != NULL)
        run->config->event(run->config->listener, &event, counts);
}

static int record(const struct archives_run *run, const struct walk_entry *entry, const struct stat *status,
                  const struct pm_error *failure, struct pm_error *error)
{
    const struct journal_results results = {.output = entry->output, .count = failure == NULL};
    if (run->journal == NULL)
        return 0;
    return journal_add(run->journal, entry->input, status, &results, failure, error);
}

/* Does the journal, or the result that exists, say that it is done? */
static enum client_done find_done(const struct archives_run *run, const struct walk_entry *entry,
                                  struct stat *status)
{
    const struct walk_list list = {0};
    struct client client = {.config = run->config,
                            .list = &list,
                            .journal = run->journal,
                            .output = run->output,
                            .settings = run->config->settings};
    struct journal_answer answer;
    const enum client_done done = client_done(&client, entry, status, &answer);
    if (done == CLIENT_TO_DO && answer.why != NULL && run->config->again != NULL)
        run->config->again(run->config->listener, entry->input, answer.why);
    return done;
}

/* The settings of its images: their results are below the archive's name, as if it were a folder. */
static struct settings settings_within(const struct settings *settings, const struct walk_entry *entry)
{
    struct settings within = *settings;
    within.output = entry->output;
    within.base = NULL;
    within.shard = (struct shard){0};
    within.skip_existing = within.resume = false;
    return within;
}

/* Makes the archive of an entry. Returns 0, or -1 with `error` filled: the run can't go on. *end says whether
 * it was stopped. */
static int process(const struct archives_run *run, const struct walk_entry *entry, const struct stat *status,
                   enum batch_end *end, struct pm_error *error)
{
    const struct settings within = settings_within(run->config->settings, entry);
    struct walk_options options = run->options;
    struct pm_error why = {0};
    struct walk_list list;
    options.settings = &within;
    options.before = 0;
    struct archive *archive = archive_open(entry->input, &options, &list, &why);
    bool well =
        archive != NULL && archive_begin(archive, entry->output, run->output, within.keep_dates, &why) == 0;
    struct pm_error failure = {0};
    if (well)
        *end = run->process(run->self, &within, archive, &list);
    if (archive != NULL) {
        failure = *archive_failure(archive);
        const enum file_care care = run->journal != NULL ? FILE_DURABLE : FILE_FAST;
        well = archive_close(archive, care, &why) == 0 && well;
    }
    walk_free(&list);
    if (!well && why.kind == PM_ERROR_CANCELLED)
        return 0;
    if (!well) {
        report(run, entry, OUTCOME_FAILED, &why);
        failure = why;
    }
    return record(run, entry, status, failure.kind != PM_OK ? &failure : NULL, error);
}

enum batch_end archives_process(const struct archives *archives, const struct archives_run *run,
                                struct pm_error *error)
{
    const struct settings *settings = run->config->settings;
    enum batch_end end = BATCH_DONE;
    for (size_t i = 0; i < archives->count && end == BATCH_DONE; i++) {
        const struct walk_entry *entry = &archives->entries[i];
        struct stat status = {0};
        const bool stopped = run->config->stop != NULL && atomic_load(run->config->stop);
        const bool failed = settings->fail_fast && run->report->counts.failed > 0;
        if (stopped || failed)
            return BATCH_STOPPED;
        const enum client_done done = find_done(run, entry, &status);
        if (done == CLIENT_DONE) {
            report(run, entry, OUTCOME_SKIPPED, NULL);
        } else if (done == CLIENT_FAILED) {
            struct pm_error before = {0};
            error_set(&before, PM_ERROR_CORRUPT, "it failed in an earlier run, as the journal says");
            report(run, entry, OUTCOME_FAILED, &before);
        } else if (settings->dry_run) {
            report(run, entry, OUTCOME_OK, NULL);
        } else if (process(run, entry, &status, &end, error) != 0) {
            return BATCH_STOPPED;
        }
    }
    return end;
}
