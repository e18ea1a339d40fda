/*
 * `pixmill verify INPUT... -o DIR --journal=J/`: says what of a batch is done. Standard output has only the
 * shards that have something left to do, as engines take them: "3,17,40-44"; or with --json one object.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "batch/unit_plan.h"
#include "batch/verify.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/report.h"
#include "cli/run_options.h"
#include "cli/summaries.h"

enum { SUMMARIES_MAX = 64, PRINTED = 3 /* of each kind, without -v */ };

struct verify_options {
    struct settings settings; /* first: some options are those of `run` */
    unsigned shards;
    const char *summaries[SUMMARIES_MAX];
    unsigned nsummaries;
    bool json, verbose;
};

static int option_summary(const struct option *option, void *settings, const char *argument,
                          struct pm_error *error)
{
    struct verify_options *options = settings;
    (void)option;
    if (options->nsummaries == SUMMARIES_MAX)
        return error_set(error, PM_ERROR_USAGE, "at most %d can be given (name their folder)", SUMMARIES_MAX);
    options->summaries[options->nsummaries++] = argument;
    return 0;
}

#define FIELD(name) .offset = offsetof(struct verify_options, name)
static const struct option rows[] = {
    {.name = "output", .kind = OPTION_SAME},
    {.name = "journal", .kind = OPTION_SAME},
    {.name = "shards",
     .argument = "N",
     .help = "the N of the runs' --shard: print which shards have something left to do, such as 3,17,40-44",
     .parse = option_count,
     .min = 1,
     .max = SHARDS_MAX,
     FIELD(shards)},
    {.name = "summary",
     .argument = "FILE|FOLDER/",
     .help = "add up what --summary of the runs has written; all *.json files of FOLDER; may be repeated",
     .parse = option_summary},
    {.name = "shard", .kind = OPTION_SAME},
    {.name = "plan", .kind = OPTION_SAME},
    {.name = "max-failed", .kind = OPTION_SAME},
    {.name = "json", .help = "one JSON object on standard output", .parse = option_flag, FIELD(json)},
    {.name = "verbose",
     .letter = 'v',
     .help = "print each file that is not done and why, not only the first of each kind",
     .parse = option_flag,
     FIELD(verbose)},
    {.name = "base", .kind = OPTION_SAME},
    {.name = "null", .kind = OPTION_SAME},
    {.name = "exclude", .kind = OPTION_SAME},
    {.name = "include", .kind = OPTION_SAME},
    {.name = "hidden", .kind = OPTION_SAME},
    {.name = "allow-empty", .kind = OPTION_SAME},
    {.name = NULL},
};

const struct option_set verify_option_set = {.own = rows, .base = &run_option_set};

struct found {
    const struct verify_options *options;
    size_t printed[VERIFY_STATES];
};

static void print_found(void *listener, enum verified state, const char *path, const char *why)
{
    struct found *found = listener;
    char message[320];
    if (found->printed[state]++ >= PRINTED && !found->options->verbose)
        return;
    snprintf(message, sizeof message, "%s%s%s", verify_name(state), why != NULL ? ": " : "",
             why != NULL ? why : "");
    report(path, message);
}

/* Writes the shards that have something left to do, as ranges. */
static void write_shards(FILE *out, const struct verify_report *report, uint32_t count)
{
    const char *separator = "";
    for (uint32_t first = 0; first < count; first++) {
        uint32_t last = first;
        if (!verify_has_shard(report, first))
            continue;
        while (last + 1 < count && verify_has_shard(report, last + 1))
            last++;
        fprintf(out, last > first ? "%s%" PRIu32 "-%" PRIu32 : "%s%" PRIu32, separator, first, last);
        separator = ",";
        first = last;
    }
}

static void print_json(const struct verify_options *options, const struct verify_report *report,
                       const struct summaries *summaries, char *shards)
{
    struct json json = {.out = stdout, .lined = 1};
    json_object(&json, NULL);
    json_integer(&json, "images", report->images);
    for (int i = 0; i < VERIFY_STATES; i++)
        json_integer(&json, verify_name((enum verified)i), report->counts[i]);
    json_integer(&json, "left_out", report->left_out);
    json_integer(&json, "recipes", report->recipes);
    if (options->shards > 0) {
        json_integer(&json, "shards", options->shards);
        json_string(&json, "shards_to_do", shards);
    }
    if (summaries->files > 0)
        summaries_write(summaries, &json);
    json_end_object(&json);
    putchar('\n');
}

static void print_summary(const struct verify_report *report)
{
    const size_t *counts = report->counts;
    if (report->recipes > 1)
        report_note("warning: the results were made by %zu different recipes", report->recipes);
    fprintf(stderr, "%zu images: %zu done", report->images, counts[VERIFY_DONE]);
    for (int i = VERIFY_DAMAGED; i < VERIFY_STATES; i++) {
        if (i <= VERIFY_VANISHED || counts[i] > 0)
            fprintf(stderr, ", %zu %s", counts[i], verify_name((enum verified)i));
    }
    if (report->left_out > 0)
        fprintf(stderr, ", %zu other file%s left out", report->left_out, report->left_out == 1 ? "" : "s");
    fputc('\n', stderr);
}

/* 0 if nothing is left to do and no more have failed than --max-failed allows. */
static int exit_status(const struct verify_options *options, const struct verify_report *report)
{
    const struct failures *allowed = &options->settings.max_failed;
    const size_t *counts = report->counts;
    const double failed = (double)(counts[VERIFY_FAILED] + counts[VERIFY_DAMAGED]);
    const double max = allowed->percent ? allowed->max * (double)report->images / 100 : allowed->max;
    return counts[VERIFY_MISSING] + counts[VERIFY_CHANGED] == 0 && failed <= max ? EXIT_WELL
                                                                                 : EXIT_JOBS_FAILED;
}

static int verify(const struct verify_options *options, const char *const *inputs, size_t ninputs)
{
    struct found found = {.options = options};
    struct summaries summaries = {0};
    struct verify_report report;
    struct pm_error error = {0};
    const struct verify_config config = {.settings = &options->settings,
                                         .inputs = inputs,
                                         .ninputs = ninputs,
                                         .shards = options->shards,
                                         .found = print_found,
                                         .listener = &found};
    for (unsigned i = 0; i < options->nsummaries; i++) {
        if (summaries_add(&summaries, options->summaries[i], &error) != 0)
            return report_refusal("--summary", &error);
    }
    if (verify_run(&config, &report, &error) != 0) {
        free(report.shards);
        return report_refusal(NULL, &error);
    }
    char *shards = NULL;
    size_t size;
    FILE *out = open_memstream(&shards, &size);
    if (out != NULL && options->shards > 0)
        write_shards(out, &report, options->shards);
    if (out == NULL || fclose(out) != 0) {
        error_memory(&error, 0);
        free(report.shards);
        return report_refusal(NULL, &error);
    }
    if (options->json)
        print_json(options, &report, &summaries, shards);
    else if (size > 0)
        puts(shards);
    summaries_print(&summaries);
    print_summary(&report);
    free(shards);
    free(report.shards);
    return exit_status(options, &report);
}

/* With a plan, its number of units is that of the shards. */
static int check_plan(struct verify_options *options, size_t ninputs, struct pm_error *error)
{
    const struct shard *shard = &options->settings.shard;
    const uint32_t units = unit_plan_count(options->settings.plan, error);
    if (units == 0)
        return -1;
    if (ninputs > 0)
        return error_set(error, PM_ERROR_USAGE, "has the inputs (omit INPUT)");
    if ((options->shards > 0 && options->shards != units) || (shard->count > 0 && shard->count != units))
        return error_set(error, PM_ERROR_USAGE, "the plan has %" PRIu32 " units", units);
    options->shards = units;
    options->settings.shard.planned = true;
    return 0;
}

static int check(struct verify_options *options, size_t ninputs, const char **about, struct pm_error *error)
{
    const struct settings *settings = &options->settings;
    *about = "--plan";
    if (settings->plan != NULL && check_plan(options, ninputs, error) != 0)
        return -1;
    *about = NULL;
    if (ninputs == 0 && settings->plan == NULL)
        return error_set(error, PM_ERROR_USAGE, "no input (name the files, folders or - that the runs have)");
    if (settings->output == NULL)
        return error_set(error, PM_ERROR_USAGE, "no folder of the results (give -o DIR)");
    if (settings->journal == NULL)
        return error_set(error, PM_ERROR_USAGE, "no journal (give --journal=FILE or --journal=FOLDER/)");
    return 0;
}

int cmd_verify(int argc, char **argv)
{
    struct verify_options options = {0};
    struct pm_error error = {0};
    const char *about;
    settings_init(&options.settings);
    struct command_line line = {.settings = &options};
    int status;
    if (arguments_parse(&line, "verify", &verify_option_set, argc - 2, argv + 2, &status))
        status = check(&options, line.noperands, &about, &error) == 0
                     ? verify(&options, line.operands, line.noperands)
                     : report_refusal(about, &error);
    free(line.operands);
    return report_output(status);
}
