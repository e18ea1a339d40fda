/*
 * The program pixmill-trial: one run of one model, by the very code of `pixmill run`, in a process of its own
 * that is linked to nothing but what such a run needs. The sweep starts it (spawner.h) and tells it what to
 * do (order.h); it is of no use by itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "backend/message.h"
#include "base/affinity.h"
#include "base/clock.h"
#include "base/early_errors.h"
#include "base/text.h"
#include "batch/batch.h"
#include "bench/measure/handover.h"
#include "bench/measure/order.h"

struct trial_run {
    double spawned;
    struct account account;
    bool told;
};

/* Sends the account and holds still until it is answered, or the sweep is gone. */
static void tell_and_hold(struct trial_run *run)
{
    struct account *account = &run->account;
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        account->user_s = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec * 1e-6;
        account->system_s = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec * 1e-6;
        account->voluntary_switches = (uint64_t)usage.ru_nvcsw;
        account->involuntary_switches = (uint64_t)usage.ru_nivcsw;
        account->minor_faults = (uint64_t)usage.ru_minflt;
        account->major_faults = (uint64_t)usage.ru_majflt;
    }
    run->told = true;
    char release;
    if (message_send(ORDER_SOCKET, account, sizeof *account) == 0)
        message_receive(ORDER_SOCKET, &release, sizeof release);
}

/* A trial in which not every job went well measured something else than it was asked for. */
static void blame(struct account *account, const char *input, const struct pm_error *error)
{
    if (account->error.kind != PM_OK)
        return;
    account->error = *error;
    if (input != NULL)
        text_shown(input, account->culprit, sizeof account->culprit);
}

static void count_job(void *listener, const struct batch_event *event, const struct batch_counts *counts)
{
    (void)counts;
    struct account *account = &((struct trial_run *)listener)->account;
    if (event->outcome == OUTCOME_FAILED)
        blame(account, event->input, &event->result->error);
    if (event->outcome != OUTCOME_OK)
        return;
    for (enum pm_stage stage = 0; stage < PM_STAGES; stage++)
        account->stage_s[stage] += event->result->seconds[stage];
}

static void take_backend_report(struct account *account, const struct backend_report *report)
{
    account->workers = report->workers;
    account->blocked_s = report->blocked_s;
    if (report->deaths == 0)
        return;
    struct pm_error error = {0};
    error_set(&error, PM_ERROR_WORKER, "%u worker processes died", report->deaths);
    blame(account, NULL, &error);
}

static void batch_ended(void *listener, const struct batch_report *report)
{
    struct trial_run *run = listener;
    run->account.startup_s = report->began - run->spawned;
    run->account.wall_s = report->seconds;
    run->account.images = report->counts.ok;
    run->account.pixels = report->counts.pixels;
    take_backend_report(&run->account, &report->backend);
    tell_and_hold(run);
}

static struct backend_config backend_settings(const struct order *order)
{
    return (struct backend_config){
        .kind = backend_find(order->backend),
        .workers = order->jobs,
        .max_pixels = order->max_pixels,
        .keep_bytes = 1 << 20,
        .sandbox = SANDBOX_OFF,
        .gil = order->gil,
        .gil_interval = order->gil_interval,
        .cpus = order->ncpus > 0 ? order->cpus : NULL,
        .ncpus = order->ncpus,
    };
}

static int run_batch(struct trial_run *run, const struct order *order, const struct pm_recipe *recipe,
                     struct pm_error *error)
{
    static const char *const inputs[] = {"-"};
    struct batch_report report;
    struct settings settings = {
        .backend = backend_settings(order),
        .engine = {.kind = engine_find(order->engine),
                   .io_jobs = order->io_jobs,
                   .read_delay = order->read_delay},
        .remote = order->remote,
        .nul_separated = true,
        .base = "/",
        .output = order->output,
        .memory = order->memory,
        .key_file = order->key_file[0] != '\0' ? order->key_file : NULL,
        .passphrase_file = order->passphrase_file[0] != '\0' ? order->passphrase_file : NULL,
    };
    settings_complete(&settings, 1, order->available);
    const struct batch_config config = {
        .settings = &settings,
        .inputs = inputs,
        .ninputs = 1,
        .recipe = recipe,
        .rounds = order->rounds,
        .event = count_job,
        .ended = batch_ended,
        .listener = run,
    };
    batch_run(&config, &report, error);
    return error->kind == PM_OK ? 0 : -1;
}

static void handover_ended(void *listener, const struct handover_report *report)
{
    struct trial_run *run = listener;
    run->account.startup_s = report->began - run->spawned;
    run->account.wall_s = report->seconds;
    run->account.images = report->done;
    take_backend_report(&run->account, &report->backend);
    tell_and_hold(run);
}

static int run_handover(struct trial_run *run, const struct order *order, struct pm_error *error)
{
    const struct backend_config config = backend_settings(order);
    return handover_run(config.kind, &config, (size_t)order->rounds * TINY_JOBS, handover_ended, run, error);
}

static int perform(struct trial_run *run, const struct order *order, struct pm_error *error)
{
    if (backend_find(order->backend) == NULL || engine_find(order->engine) == NULL)
        return error_set(error, PM_ERROR_INTERNAL, "no such model (pixmill-trial is of another version)");
    if (order->workload == WORKLOAD_OVERHEAD)
        return run_handover(run, order, error);
    struct pm_recipe *recipe = pm_recipe_parse(order->recipe, error);
    if (recipe == NULL)
        return -1;
    int status = run_batch(run, order, recipe, error);
    pm_recipe_free(recipe);
    return status;
}

AFFINITY_NOTE_AT_START;
HOLD_EARLY_ERRORS_AT_START;

int main(int argc, char **argv)
{
    static struct order order;
    struct trial_run run = {0};
    struct pm_error error = {0};
    early_errors_release();
    affinity_restore();
    if (argc != 2 || message_receive(ORDER_SOCKET, &order, sizeof order) != 0) {
        fputs("pixmill-trial: is started by pixmill bench, and of no use by itself\n", stderr);
        return 2;
    }
    run.spawned = strtod(argv[1], NULL);
    if (perform(&run, &order, &error) == 0)
        return 0;
    if (!run.told) {
        blame(&run.account, NULL, &error);
        tell_and_hold(&run);
    }
    return 1;
}
