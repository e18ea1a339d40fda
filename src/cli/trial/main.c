/*
 * The program pixmill-trial: one run of one model, with the code and options of `pixmill run`, in a process
 * of its own that is linked to no more than such a run needs. The lab starts it (trial.h) and receives its
 * report (trial_report.h).
 */
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "backend/message.h"
#include "base/clock.h"
#include "base/preinit.h"
#include "base/text.h"
#include "batch/batch.h"
#include "batch/load_pictures.h"
#include "bench/measure/handover.h"
#include "bench/measure/trial_report.h"
#include "bench/results.h"
#include "cli/run_options.h"
#include "transform/pictures.h"
#include "transform/recipe.h"

struct trial_options {
    struct run_options run; /* first: a trial has all options of `run` */
    enum workload workload;
    unsigned rounds;    /* through the inputs; of the overhead workload, through TINY_JOBS jobs */
    uint64_t available; /* bytes: the memory of the machine for us */
    double started;     /* clock_now() when the lab started this program */
    unsigned cpus[CPU_SETSIZE];
};

struct trial_run {
    struct trial_options options;
    struct trial_report report;
    bool reported;
};

/* Sends the report and pauses until it is answered, or the lab is gone. */
static void tell_and_hold(struct trial_run *run)
{
    struct trial_report *report = &run->report;
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        report->user_s = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec * 1e-6;
        report->system_s = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec * 1e-6;
        report->voluntary_switches = (uint64_t)usage.ru_nvcsw;
        report->involuntary_switches = (uint64_t)usage.ru_nivcsw;
        report->minor_faults = (uint64_t)usage.ru_minflt;
        report->major_faults = (uint64_t)usage.ru_majflt;
    }
    run->reported = true;
    char release;
    if (message_send(TRIAL_SOCKET, report, sizeof *report) == 0)
        message_receive(TRIAL_SOCKET, &release, sizeof release);
}

/* A trial with a failed job did not measure the requested work. */
static void blame(struct trial_report *report, const char *input, const struct pm_error *error)
{
    if (report->error.kind != PM_OK)
        return;
    report->error = *error;
    if (input != NULL)
        text_shown(input, report->culprit, sizeof report->culprit);
}

static void count_job(void *listener, const struct batch_event *event, const struct batch_counts *counts)
{
    (void)counts;
    struct trial_report *report = &((struct trial_run *)listener)->report;
    if (event->outcome == OUTCOME_FAILED)
        blame(report, event->input, &event->result->error);
    if (event->outcome != OUTCOME_OK)
        return;
    for (enum pm_stage stage = 0; stage < PM_STAGES; stage++)
        report->stage_s[stage] += event->result->seconds[stage];
}

static void take_backend_report(struct trial_report *report, const struct backend_report *backend)
{
    report->workers = backend->workers;
    report->blocked_s = backend->blocked_s;
    if (backend->deaths == 0)
        return;
    struct pm_error error = {0};
    error_set(&error, PM_ERROR_WORKER, "%u worker processes died", backend->deaths);
    blame(report, NULL, &error);
}

static void batch_ended(void *listener, const struct batch_report *report)
{
    struct trial_run *run = listener;
    run->report.startup_s = report->began - run->options.started;
    run->report.wall_s = report->seconds;
    run->report.images = report->counts.ok;
    run->report.pixels = report->counts.pixels;
    take_backend_report(&run->report, &report->backend);
    tell_and_hold(run);
}

static int run_batch(struct trial_run *run, const struct pm_recipe *recipe, struct pm_error *error)
{
    static const char *const inputs[] = {"-"};
    struct batch_report report;
    const struct batch_config config = {
        .settings = &run->options.run.settings,
        .inputs = inputs,
        .ninputs = 1,
        .recipe = recipe,
        .rounds = run->options.rounds,
        .event = count_job,
        .ended = batch_ended,
        .listener = run,
    };
    batch_run(&config, &report, error);
    return error->kind == PM_OK ? 0 : -1;
}

/* The pictures are decoded by this thread, for every model alike. */
static int load_and_run(struct trial_run *run, struct pm_recipe *recipe, struct pm_error *error)
{
    struct settings *settings = &run->options.run.settings;
    struct backend_config loader = settings->backend;
    struct pictures *pictures;
    loader.kind = backend_find("serial");
    int status = load_recipe_pictures(recipe, &loader, &pictures, error);
    settings_reserve(settings, pictures_bytes(pictures));
    if (status == 0)
        status = run_batch(run, recipe, error);
    pictures_free(pictures);
    return status;
}

static void handover_ended(void *listener, const struct handover_report *report)
{
    struct trial_run *run = listener;
    run->report.startup_s = report->began - run->options.started;
    run->report.wall_s = report->seconds;
    run->report.images = report->done;
    take_backend_report(&run->report, &report->backend);
    tell_and_hold(run);
}

static int perform(struct trial_run *run, struct pm_recipe *recipe, struct pm_error *error)
{
    struct settings *settings = &run->options.run.settings;
    settings->nul_separated = true;
    settings->base = "/";
    settings->shared_output = true; /* the lab has its folder locked */
    settings->backend.sandbox = SANDBOX_OFF;
    settings_complete(settings, 1, run->options.available);
    if (run->options.workload != WORKLOAD_OVERHEAD)
        return load_and_run(run, recipe, error);
    return handover_run(&settings->backend, (size_t)run->options.rounds * TINY_JOBS, handover_ended, run,
                        error);
}

static int option_started(const struct option *option, void *settings, const char *argument,
                          struct pm_error *error)
{
    (void)option, (void)error;
    ((struct trial_options *)settings)->started = strtod(argument, NULL);
    return 0;
}

/* "0,2,4": worker i is bound to the i-th of them. */
static int option_cpus(const struct option *option, void *settings, const char *argument,
                       struct pm_error *error)
{
    (void)option;
    struct trial_options *options = settings;
    struct backend_config *backend = &options->run.settings.backend;
    backend->cpus = options->cpus;
    const char *rest = argument;
    do {
        char *end;
        unsigned long cpu = strtoul(rest, &end, 10);
        if (end == rest || backend->ncpus == CPU_SETSIZE)
            return error_set(error, PM_ERROR_USAGE, "is not a list of processors (0,2,4)");
        options->cpus[backend->ncpus++] = (unsigned)cpu;
        rest = end + (*end == ',');
    } while (*rest != '\0');
    return 0;
}

#define FIELD(name) .offset = offsetof(struct trial_options, name)

static const struct option rows[] = {
    {.name = "run", .kind = OPTION_BASE},
    {.name = "workload", .argument = "cpu|io|overhead", .parse = option_enum, FIELD(workload)},
    {.name = "rounds", .argument = "N", .parse = option_count, .min = 1, .max = UINT_MAX, FIELD(rounds)},
    {.name = "read-delay",
     .argument = "MS",
     .parse = option_milliseconds,
     FIELD(run.settings.engine.read_delay)},
    {.name = "available", .argument = "SIZE", .parse = option_size, FIELD(available)},
    {.name = "started", .argument = "SECONDS", .parse = option_started},
    {.name = "cpus", .argument = "LIST", .parse = option_cpus},
    {.name = NULL},
};

static const struct option_set trial_option_set = {.own = rows, .base = &run_option_set, .recipe = true};

PREINIT_AT_START;

int main(int argc, char **argv)
{
    struct trial_run run = {.options = {.rounds = 1}};
    struct pm_recipe recipe;
    struct pm_error error = {0};
    preinit_restore();
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* if the lab has already ended, its socket is closed */
    if (message_peek(TRIAL_SOCKET) == MESSAGE_END) {
        fputs("pixmill-trial: is started by pixmill bench; it can't be used alone\n", stderr);
        return 2;
    }
    run_options_init(&run.options.run);
    recipe_init(&recipe);
    const char **operands = calloc((size_t)argc, sizeof *operands);
    struct command_line line = {.settings = &run.options, .recipe = &recipe, .operands = operands};
    const char *culprit = NULL;
    int status = -1;
    if (operands == NULL)
        error_memory(&error, 0);
    else if (options_parse(&trial_option_set, argc - 1, argv + 1, &line, &error) != PARSE_OK)
        culprit = line.culprit;
    else
        status = perform(&run, &recipe, &error);
    if (status != 0 && !run.reported) {
        blame(&run.report, culprit, &error);
        tell_and_hold(&run);
    }
    free(operands);
    return status == 0 ? 0 : 1;
}
