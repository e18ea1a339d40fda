#include "cli/run_report.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "batch/content.h"
#include "cli/hints.h"
#include "cli/report.h"
#include "cli/signals.h"
#include "transform/transcode.h"
#include "transform/transform.h"

/* Prints a line about a file above the progress bar. */
static void say(struct run_report *run, const char *path, const char *message)
{
    progress_clear(&run->progress);
    report(path, message);
}

/* Prints warnings: each kind once, with -v all. */
static void say_warnings(struct run_report *run, const struct batch_event *event)
{
    const char *line = event->result->warnings;
    while (*line != '\0') {
        size_t length = strcspn(line, "\n");
        char warning[sizeof event->result->warnings + 16];
        snprintf(warning, sizeof warning, "warning: %.*s", (int)length, line);
        if (warnings_count(&run->warnings, line, length) == 1 || run->options->verbose)
            say(run, event->input, warning);
        line += length + (line[length] == '\n');
    }
}

/* Prints how the result was made. */
static void say_notes(struct run_report *run, const struct batch_event *event)
{
    const char *line = event->result->notes;
    while (*line != '\0') {
        size_t length = strcspn(line, "\n");
        char note[sizeof event->result->notes];
        snprintf(note, sizeof note, "%.*s", (int)length, line);
        say(run, event->input, note);
        line += length + (line[length] == '\n');
    }
}

static void print_planned(struct run_report *run, const struct batch_event *event)
{
    progress_clear(&run->progress);
    text_show(stdout, event->input);
    fputs(" -> ", stdout);
    text_show(stdout, event->outputs != NULL ? event->outputs[0] : event->output);
    for (size_t i = 1; event->outputs != NULL && i < event->noutputs; i++) {
        fputs(", ", stdout);
        text_show(stdout, event->outputs[i]);
    }
    fputc('\n', stdout);
}

/* The file that a failed job's error is about. */
static const char *culprit(const struct batch_event *event)
{
    assert(event->result != NULL); /* only skipped and planned jobs have none */
    const struct pm_error *error = &event->result->error;
    return error->kind == PM_ERROR_IO && error->stage == PM_STAGE_WRITE ? event->output : event->input;
}

/* Warns of a file with an image suffix that is not an image. */
static void say_left_out(struct run_report *run, const struct batch_event *event)
{
    char line[128];
    const char *kind = image_kind_name(event->kind);
    const bool misnamed = content_promised(event->input);
    if (run->options->quiet)
        return;
    snprintf(line, sizeof line, "%s%s (left out)", misnamed ? "named as an image, but it is " : "",
             kind == NULL ? "not an image" : kind);
    if (misnamed && (warnings_count(&run->warnings, line, strlen(line)) == 1 || run->options->verbose)) {
        char warning[sizeof line + 16];
        snprintf(warning, sizeof warning, "warning: %s", line);
        say(run, event->input, warning);
    } else if (!misnamed && run->options->verbose) {
        say(run, event->input, line);
    }
}

/* Max failures of one reason that are printed; the others are counted at the end. */
enum { FAILURES_PRINTED = 10 };

/* Prints what the event requires: for most images nothing. */
static void say_event(struct run_report *run, const struct batch_event *event)
{
    const struct run_options *options = run->options;
    char message[HINT_MESSAGE_MAX];
    bool talk = options->verbose && !options->quiet;
    switch (event->outcome) {
    case OUTCOME_OK:
        if (event->result == NULL && run->log.out != stdout)
            print_planned(run, event);
        else if (event->result != NULL && !options->quiet)
            say_warnings(run, event);
        if (event->result != NULL && talk)
            say_notes(run, event);
        break;
    case OUTCOME_SKIPPED:
        if (talk)
            say(run, event->input, "skipped (its result exists, or the journal has it)");
        break;
    case OUTCOME_FAILED:
        hint_message(&event->result->error, message, sizeof message);
        if (warnings_count(&run->failures, message, strlen(message)) <= FAILURES_PRINTED || options->verbose)
            say(run, culprit(event), message);
        break;
    case OUTCOME_UNSUPPORTED:
    case OUTCOME_OTHER:
        say_left_out(run, event);
        break;
    }
}

void run_report_note(void *listener, const char *line)
{
    struct run_report *run = listener;
    if (run->options->quiet)
        return;
    progress_clear(&run->progress);
    report_note("%s", line);
}

/* With -v each is printed; the summary has their numbers. */
void run_report_left_out(void *listener, const char *path, enum selected why)
{
    struct run_report *run = listener;
    static const char *const words[] = {
        [SELECT_HIDDEN] = "hidden (left out; --hidden includes it)",
        [SELECT_EXCLUDED] = "excluded (left out)",
        [SELECT_OUTPUT] = "the output folder, or part of it (left out)",
    };
    if (run->options->verbose && !run->options->quiet)
        say(run, path, words[why]);
}

void run_report_again(void *listener, const char *path, const char *why)
{
    struct run_report *run = listener;
    char message[128];
    snprintf(message, sizeof message, "is processed again (%s)", why);
    if (run->options->verbose && !run->options->quiet)
        say(run, path, message);
}

/* " (webp at quality 80)", or "": of the formats whose files are encoded again. */
static const char *qualities(const struct pm_recipe *recipe, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (const struct codec *const *codec = codecs; *codec != NULL && used < size; codec++) {
        char value[16];
        const struct param *row = codec_option_row(*codec, "quality");
        if (row == NULL || transcode_keeps(recipe, *codec))
            continue;
        param_print(row, recipe_options(recipe, *codec), value, sizeof value);
        used += (size_t)snprintf(text + used, size - used, "%s%s at quality %s", used > 0 ? ", " : " (",
                                 (*codec)->name, value);
    }
    if (used > 0 && used < size)
        snprintf(text + used, size - used, ")");
    return text;
}

/* "jpeg images are written without loss, other ", or "". */
static const char *kept_formats(const struct pm_recipe *recipe, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (const struct codec *const *codec = codecs; *codec != NULL && used < size; codec++) {
        if (transcode_keeps(recipe, *codec))
            used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? ", " : "", (*codec)->name);
    }
    if (used > 0 && used < size)
        snprintf(text + used, size - used, " images are written without loss, other ");
    return text;
}

/* Users may expect a run without filters to copy files. */
static void report_no_filter(const struct pm_recipe *recipe)
{
    char kept[128], text[128];
    if (recipe->nsteps == 0 && !recipe_has_secret(recipe) && recipe->format == NULL)
        report_note("no filter and no --format: %simages are only decoded and encoded again%s",
                    kept_formats(recipe, kept, sizeof kept), qualities(recipe, text, sizeof text));
}

void run_report_begin(void *listener, size_t total)
{
    struct run_report *run = listener;
    signals_work_begins();
    if (!run->options->quiet && total > 0)
        report_no_filter(run->recipe);
    progress_draw(&run->progress, 0, 0, total);
}

void run_report_event(void *listener, const struct batch_event *event, const struct batch_counts *counts)
{
    struct run_report *run = listener;
    for (int stage = 0; event->result != NULL && stage < PM_STAGES; stage++)
        run->seconds[stage] += event->result->seconds[stage];
    if (run->log.out != NULL)
        joblog_event(&run->log, event);
    say_event(run, event);
    progress_draw(&run->progress, counts->ok + counts->skipped + counts->failed + counts->left_out,
                  counts->skipped, counts->total);
}

static void print_left_out(FILE *out, const struct batch_counts *counts)
{
    char text[LEFT_OUT_MAX];
    batch_left_out(counts, text, sizeof text);
    if (text[0] != '\0')
        fprintf(out, ", %s", text);
}

/* The summary of a dry run, without speeds. */
static void print_rehearsal(FILE *out, const struct batch_counts *counts)
{
    fprintf(out, "%zu images: %zu planned, %zu skipped, %zu failed", counts->total - counts->left_out,
            counts->ok, counts->skipped, counts->failed);
    print_left_out(out, counts);
    fputs(" (dry run: nothing was written)\n", out);
}

/* "999 B", "12.3 MB". */
static void print_bytes(FILE *out, uint64_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB"};
    double value = (double)bytes / 1000;
    size_t unit = 0;
    for (; value >= 999.95 && unit + 1 < sizeof units / sizeof *units; unit++)
        value /= 1000;
    if (bytes < 1000)
        fprintf(out, "%" PRIu64 " B", bytes);
    else
        fprintf(out, "%.1f %s", value, units[unit]);
}

/* What was saved, where each image has one result in its place. */
static void print_saved(FILE *out, const struct batch_counts *counts)
{
    if (counts->bytes_out == 0)
        return;
    fputs(", ", out);
    print_bytes(out, counts->bytes_in);
    fputs(" in, ", out);
    print_bytes(out, counts->bytes_out);
    fputs(" out", out);
    if (counts->results != counts->ok || counts->bytes_ok == 0)
        return;
    const double share = round(100 * (double)counts->bytes_out / (double)counts->bytes_ok);
    if (share < 100)
        fprintf(out, " (%.0f %% saved)", 100 - share);
    else if (share > 100)
        fprintf(out, " (%.0f %% larger)", share - 100);
}

void run_summary(FILE *out, const struct batch_report *batch, bool dry_run)
{
    const struct batch_counts *counts = &batch->counts;
    if (dry_run) {
        print_rehearsal(out, counts);
        return;
    }
    double rate = batch->seconds > 0 ? 1 / batch->seconds : 0;
    double speed = (double)counts->pixels / 1e6 * rate;
    size_t images = counts->total - counts->left_out, done = counts->ok + counts->skipped + counts->failed;
    fprintf(out, "%zu images: %zu ok, %zu skipped, %zu failed in %.2f s", images, counts->ok, counts->skipped,
            counts->failed, batch->seconds);
    fprintf(out, ", %.1f images/s, %.*f MP/s, peak %" PRIu64 " MiB", (double)counts->ok * rate,
            speed < 10 ? 1 : 0, speed, batch->peak_bytes >> 20);
    print_saved(out, counts);
    if (done < images)
        fprintf(out, ", %zu not started", images - done);
    print_left_out(out, counts);
    if (counts->failed_before > 0)
        fprintf(out, ", %zu of the failed in earlier runs (not processed again)", counts->failed_before);
    if (counts->warned > 0)
        fprintf(out, ", %zu with warnings", counts->warned);
    if (batch->backend.deaths > 0)
        fprintf(out, ", %u %s died", batch->backend.deaths,
                batch->backend.deaths == 1 ? "worker" : "workers");
    fputc('\n', out);
}

static void print_stages(const struct run_report *run)
{
    char text[256] = "";
    size_t used = 0;
    for (int stage = 0; stage < PM_STAGES; stage++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %.2f s", stage > 0 ? ", " : "",
                                 pm_stage_name((enum pm_stage)stage), run->seconds[stage]);
    report_note("total of all jobs: %s", text);
}

/* How to continue a run that was stopped by a signal. */
static void print_rest(const struct settings *settings, const struct batch_counts *counts)
{
    size_t done = counts->ok + counts->skipped + counts->failed + counts->left_out;
    if (signals_status() == 0 || done == counts->total || settings->dry_run)
        return;
    if (settings->resume || settings->skip_existing)
        report_note("to continue, run the same command again");
    else if (settings->journal != NULL)
        report_note("to continue, run the same command again with --resume");
    else
        report_note("to continue, run the same command again with --skip-existing");
}

/* Prints the numbers of failures that were not printed one by one. */
static void report_more_failures(const struct run_report *run)
{
    for (size_t i = 0; i < run->failures.nkinds && !run->options->verbose; i++) {
        const struct warning_kind *kind = &run->failures.kinds[i];
        const size_t more = kind->count > FAILURES_PRINTED ? kind->count - FAILURES_PRINTED : 0;
        if (more > 0)
            report_note("%zu more %s failed: %s%s%s", more, more == 1 ? "image" : "images", kind->first,
                        warnings_others(kind), run->log.path == NULL ? " (--log=FILE or -v lists them)" : "");
    }
}

/* Warns of options that applied to no result. */
static void report_unused(const struct pm_recipe *recipe, const struct batch_counts *counts)
{
    char owners[128];
    const char *name;
    for (size_t i = 0;
         counts->formats != 0 && (name = recipe_next_unused(recipe, counts->formats, &i)) != NULL;)
        report_note("warning: --%s had no effect: no result has a format with this option (%s)", name,
                    codec_option_owners(name, owners, sizeof owners));
    const char *why = NULL;
    if (!counts->converts && counts->formats != 0)
        why = recipe->color == COLOR_KEEP ? "no colours were converted (--profile asks for a conversion)"
                                          : "no colours were converted";
    else if (counts->colors == COLORS_BY_CURVES)
        why = "no profile with tables was converted from or to";
    if (recipe->intent != INTENT_PERCEPTUAL && why != NULL)
        report_note("warning: --intent had no effect: %s", why);
    if (recipe->compensate && why != NULL)
        report_note("warning: --bpc had no effect: %s", why);
}

int run_report_end(struct run_report *run, const struct batch_report *batch, const struct pm_error *error)
{
    struct pm_error log_error = {0};
    progress_clear(&run->progress);
    if (error->kind != PM_OK)
        report_error(NULL, error);
    int status = joblog_close(&run->log, &log_error);
    if (status != 0)
        report_error(run->log.path, &log_error);
    report_more_failures(run);
    if (run->options->quiet)
        return status;
    if (run->options->verbose)
        print_stages(run);
    else
        warnings_sum_up(&run->warnings);
    if (run->options->verbose && batch->backend.blocked_s > 0)
        report_note("the event loop was blocked for %.1f ms at most", batch->backend.blocked_s * 1e3);
    report_unused(run->recipe, &batch->counts);
    print_rest(&run->options->settings, &batch->counts);
    run_summary(stderr, batch, run->options->settings.dry_run);
    return status;
}
