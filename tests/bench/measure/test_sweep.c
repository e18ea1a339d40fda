/* The sweep's order and results, with the real pixmill-trial; times are not checked precisely. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/measure/models.h"
#include "bench/measure/sweep.h"
#include "cli/run.h"
#include "temp.h"

struct seen {
    size_t steps, failures;
    size_t last_done, last_total;
    char message[512];
    int stop_after; /* steps; 0: never */
    int stop_pipe;
};

static const struct backend_config held = {0}, released = {.gil = GIL_RELEASED};
static const struct interpreters no_pythons;
static struct bench_settings settings;
static char output[4096];
static const char *const options[] = {output, "--available=1G", "--max-pixels=1048576", "--gray", NULL};
static struct inputs inputs;
static struct results results;
static struct sweep_config config;
static struct seen seen;
static struct pm_error error;
static char program[4096];

static void see_step(void *listener, const struct sweep_step *step)
{
    struct seen *own = listener;
    own->last_done = step->done;
    own->last_total = step->total;
    if (step->model == NULL)
        return;
    own->steps++;
    if (own->stop_after > 0 && own->steps == (size_t)own->stop_after)
        cr_assert_eq(write(own->stop_pipe, "", 1), 1);
}

static void see_failure(void *listener, const struct sweep_step *step, const char *culprit,
                        const struct pm_error *why)
{
    struct seen *own = listener;
    own->failures++;
    snprintf(own->message, sizeof own->message, "%s %s: %s", step->model, culprit, why->message);
}

static void begin(const char *models)
{
    static const char *const names[] = {"in"};
    char culprit[160];
    const char *pixmill = getenv("PIXMILL");
    cr_assert_not_null(pixmill, "PIXMILL names the command");
    snprintf(program, sizeof program, "%.*spixmill-trial", (int)(strrchr(pixmill, '/') + 1 - pixmill),
             pixmill);
    cr_assert_eq(chdir(temp_folder()), 0);
    put_picture("in/a.png", 40, 40);
    put_picture("in/b.jpg", 40, 40);
    temp_text("in/notes.txt", "no picture");
    settings = (struct bench_settings){
        .run = {.output = temp_path("out"), .base = "/"},
        .jobs = {1, 2},
        .njobs = 2,
        .workloads = {[WORKLOAD_CPU] = true},
        .sampling = {.repeat = 3, .seed = 5},
    };
    snprintf(output, sizeof output, "--output=%s", settings.run.output);
    const struct walk_options walk = {.settings = &settings.run};
    cr_assert_eq(inputs_open(names, 1, &walk, &inputs, culprit, &error), 0, "%s", error.message);
    cr_assert_eq(models_choose(models, &held, &no_pythons, &results, &error), 0, "%s", error.message);
    config = (struct sweep_config){
        .lab = {.program = program, .inputs = inputs.file, .stop = -1},
        .inputs = &inputs,
        .settings = &settings,
        .options = options,
        .step = see_step,
        .failed = see_failure,
        .listener = &seen,
    };
}

static void end(void)
{
    results_free(&results);
    inputs_close(&inputs);
}

static size_t count_trials(unsigned jobs, bool cold)
{
    size_t count = 0;
    for (size_t i = 0; i < results.ntrials; i++)
        count += results.trials[i].jobs == jobs && results.trials[i].cold == cold;
    return count;
}

Test(sweep, shuffling_keeps_all_items_and_follows_the_seed)
{
    unsigned first[50], second[50], sum = 0, moved = 0;
    uint64_t one = 7, same = 7;
    for (unsigned i = 0; i < 50; i++)
        first[i] = second[i] = i;
    sweep_shuffle(first, 50, &one);
    sweep_shuffle(second, 50, &same);
    cr_assert_arr_eq(first, second, sizeof first);
    for (unsigned i = 0; i < 50; i++) {
        sum += first[i];
        moved += first[i] != i;
    }
    cr_assert_eq(sum, 49 * 50 / 2);
    cr_assert_gt(moved, 30);
    sweep_shuffle(first, 50, &one);
    cr_assert_arr_neq(first, second, sizeof first);
}

Test(sweep, every_place_is_as_likely)
{
    unsigned hits[4][4] = {0};
    uint64_t state = 1;
    for (int i = 0; i < 4000; i++) {
        unsigned items[4] = {0, 1, 2, 3};
        sweep_shuffle(items, 4, &state);
        for (unsigned place = 0; place < 4; place++)
            hits[items[place]][place]++;
    }
    for (unsigned item = 0; item < 4; item++) {
        for (unsigned place = 0; place < 4; place++)
            cr_assert(hits[item][place] > 850 && hits[item][place] < 1150, "%u", hits[item][place]);
    }
}

Test(sweep, every_point_has_a_cold_trial_and_its_repeats)
{
    begin("serial,threads");
    cr_assert_eq(inputs.list.count, 2);
    cr_assert_eq(sweep_run(&config, &results, &error), 0, "%s", seen.message);
    cr_assert_not(results.interrupted);
    cr_assert_eq(results.ntrials, 3 * 4); /* serial at 1; threads at 1 and 2 */
    cr_assert_eq(count_trials(1, true), 2);
    cr_assert_eq(count_trials(2, true), 1);
    cr_assert_eq(count_trials(1, false), 6);
    cr_assert_eq(count_trials(2, false), 3);
    for (size_t i = 0; i < results.ntrials; i++) {
        cr_assert_eq(results.trials[i].cold, i < 3, "the first block is the cold one");
        cr_assert_eq(results.trials[i].number, i < 3 ? 0 : i / 3 - 1);
        cr_assert_eq(results.trials[i].images, 2);
    }
    cr_assert_eq(seen.last_done, seen.last_total);
    end();
}

Test(sweep, short_inputs_are_repeated_until_a_trial_lasts_long_enough)
{
    begin("serial");
    settings.sampling.repeat = 2;
    settings.sampling.min_time_s = 0.3; /* far more than two small images take on a busy machine */
    cr_assert_eq(sweep_run(&config, &results, &error), 0);
    cr_assert_eq(results.ntrials, 3);
    for (size_t i = 1; i < 3; i++) {
        cr_assert_gt(results.trials[i].images, 2);
        cr_assert_eq(results.trials[i].images % 2, 0);
        cr_assert_eq(results.trials[i].images, results.trials[1].images);
    }
    end();
}

Test(sweep, stopped_on_the_way_it_keeps_what_it_has)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    begin("serial,threads");
    config.lab.stop = ends[0];
    seen.stop_after = 6;
    seen.stop_pipe = ends[1];
    cr_assert_eq(sweep_run(&config, &results, &error), 0);
    cr_assert(results.interrupted);
    cr_assert_eq(results.ntrials, 5);
    cr_assert_eq(seen.steps, 6);
    end();
}

Test(sweep, a_point_that_fails_twice_is_given_up_and_the_others_go_on)
{
    begin("serial,threads");
    settings.workloads[WORKLOAD_OVERHEAD] = true;
    temp_text("in/b.jpg", "no picture"); /* only noticed in the trials */
    cr_assert_eq(sweep_run(&config, &results, &error), 6);
    cr_assert_eq(seen.failures, 6); /* three points of cpu, twice each */
    cr_assert(strstr(seen.message, "b.jpg") != NULL, "%s", seen.message);
    cr_assert_eq(results.ntrials, 12); /* of overhead, all */
    end();
}

Test(models, are_found_by_backend_and_engine_and_kept_once)
{
    cr_assert_eq(models_choose("threads+threads,procs,gil,procs", &held, &no_pythons, &results, &error), 0);
    cr_assert_eq(results.nmodels, 3);
    cr_assert_str_eq(results.models[0].name, "threads+threads");
    cr_assert_str_eq(results.models[0].engine, "threads");
    cr_assert_str_eq(results.models[1].title, "Multiprocessing");
    cr_assert_str_eq(results.models[1].engine, "sync");
    cr_assert_str_eq(results.models[2].title, "GIL");
    results_free(&results);
    cr_assert_eq(models_choose(NULL, &released, &no_pythons, &results, &error), 0);
    cr_assert_geq(results.nmodels, 5);
    cr_assert_str_eq(results.models[0].name, "serial");
    cr_assert(results.models[0].one_worker);
    results_free(&results);
}

Test(models, unknown_ones_are_refused)
{
    static const char *const wrong[] = {"fibers", "threads+carrier", "threads,,procs", "+sync"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        error = (struct pm_error){0};
        cr_assert_eq(models_choose(wrong[i], &held, &no_pythons, &results, &error), -1);
        cr_assert(strstr(error.message, "unknown model") != NULL, "%s", error.message);
        results_free(&results);
    }
}

Test(sweep, a_step_is_reported_as_a_line)
{
    char line[101];
    const struct sweep_step step = {
        .model = "threads", .workload = WORKLOAD_IO, .jobs = 2, .done = 30, .total = 60, .left_s = 31};
    sweep_step_text(line, 100, &step);
    cr_assert_str_eq(line, "[###############...............]  50%  0:31 left  threads, 2 jobs, io");
    sweep_step_text(line, 20, &step);
    cr_assert_eq(strlen(line), 20);
}
