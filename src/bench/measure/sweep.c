#include "bench/measure/sweep.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/progress.h"

enum { FAILURES_MAX = 2, ROUNDS_MAX = 1000000 };

/* One model at one number of jobs on one workload. */
struct point {
    size_t model;
    enum workload workload;
    unsigned jobs, rounds;
    unsigned failures, measured;
    double takes_s; /* of one trial, start-up and end included; 0: not known yet */
};

struct sweep {
    const struct sweep_config *config;
    struct results *results;
    struct pm_error *error;
    struct point *points;
    unsigned *turns; /* indices into points, in the order of a block */
    unsigned npoints;
    size_t done;
    long failures;
};

/* splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* Fisher and Yates. The remainder's bias is below count / 2^64. */
void sweep_shuffle(unsigned *items, size_t count, uint64_t *state)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = next_random(state) % i;
        unsigned item = items[i - 1];
        items[i - 1] = items[other];
        items[other] = item;
    }
}

static bool is_stopped(const struct sweep *sweep)
{
    struct pollfd stop = {.fd = sweep->config->lab.stop, .events = POLLIN};
    return sweep->results->interrupted || (poll(&stop, 1, 0) > 0 && stop.revents != 0);
}

/* Seconds left, from what each point took before. A point that never ran counts as an average one.
 */
static double time_left(const struct sweep *sweep)
{
    double known = 0, left = 0;
    unsigned nknown = 0;
    for (unsigned i = 0; i < sweep->npoints; i++) {
        known += sweep->points[i].takes_s;
        nknown += sweep->points[i].takes_s > 0;
    }
    for (unsigned i = 0; i < sweep->npoints; i++) {
        const struct point *point = &sweep->points[i];
        double takes = point->takes_s > 0 ? point->takes_s : nknown > 0 ? known / nknown : 0;
        if (point->failures < FAILURES_MAX)
            left += takes * (sweep->config->settings->sampling.repeat - point->measured);
    }
    return left;
}

static int keep(struct sweep *sweep, const struct trial *trial)
{
    struct results *results = sweep->results;
    if ((results->ntrials & (results->ntrials - 1)) == 0) { /* a power of two: double the room */
        size_t room = results->ntrials > 0 ? 2 * results->ntrials : 1;
        struct trial *trials = reallocarray(results->trials, room, sizeof *trials);
        if (trials == NULL)
            return error_memory(sweep->error, room * sizeof *trials);
        results->trials = trials;
    }
    results->trials[results->ntrials++] = *trial;
    return 0;
}

/* Runs a trial of the point. True when it was measured. */
static bool run_trial(struct sweep *sweep, struct point *point, struct trial *trial)
{
    const struct sweep_config *config = sweep->config;
    const struct model *model = &sweep->results->models[point->model];
    const struct sweep_step step = {
        .model = model->name,
        .workload = point->workload,
        .jobs = point->jobs,
        .done = sweep->done,
        .total = (size_t)sweep->npoints * (config->settings->sampling.repeat + 1),
        .left_s = time_left(sweep),
    };
    char backend[sizeof model->name]; /* of a Python model, its name without the version */
    snprintf(backend, sizeof backend, "%.*s", (int)strcspn(model->name, "@"), model->name);
    const struct trial_request request = {
        .backend = model->program != NULL ? backend : model->backend,
        .engine = model->engine,
        .python = model->program,
        .workload = point->workload,
        .jobs = point->jobs,
        .rounds = point->rounds,
        .read_delay = point->workload == WORKLOAD_IO ? config->settings->run.engine.read_delay : 0,
        .options = model->program != NULL ? config->python_options : config->options,
    };
    struct pm_error error = {0};
    char culprit[160];
    config->step(config->listener, &step);
    double began = clock_now();
    enum trial_end end = trial_run(&config->lab, &request, trial, culprit, &error);
    point->takes_s = clock_now() - began;
    trial->model = point->model;
    sweep->results->interrupted |= end == TRIAL_STOPPED;
    if (end == TRIAL_FAILED) {
        point->failures++;
        sweep->failures++;
        config->failed(config->listener, &step, culprit, &error);
    }
    return end == TRIAL_MEASURED;
}

/* Finds how often the inputs must be repeated for min_time. Starts from the cold trial, and repeats with warm
 * caches, because a cold trial takes longer. Uses the shortest time, because disturbances only make a trial
 * longer. These trials are not kept. */
static void rehearse(struct sweep *sweep, struct point *point, double round_s)
{
    const double min = sweep->config->settings->sampling.min_time_s;
    static const double near_enough = 2, some_more = 1.05;
    while (point->rounds < ROUNDS_MAX && !is_stopped(sweep)) {
        struct trial trial;
        if (!run_trial(sweep, point, &trial))
            return;
        round_s = fmin(round_s, trial.wall_s / point->rounds);
        double lasted = round_s * point->rounds;
        if (lasted >= min)
            return;
        double rounds = ceil(min / round_s * some_more);
        point->rounds = rounds < ROUNDS_MAX ? (unsigned)rounds : ROUNDS_MAX;
        point->takes_s += min - lasted;
        if (lasted * near_enough >= min)
            return;
    }
}

static int meet(struct sweep *sweep, struct point *point)
{
    struct trial trial;
    double cold_s = INFINITY;
    if (point->workload != WORKLOAD_OVERHEAD)
        inputs_evict(sweep->config->inputs);
    if (run_trial(sweep, point, &trial)) {
        trial.cold = true;
        cold_s = trial.wall_s;
        if (keep(sweep, &trial) != 0)
            return -1;
    }
    if (sweep->config->settings->sampling.min_time_s > 0)
        rehearse(sweep, point, cold_s);
    return 0;
}

static int measure(struct sweep *sweep, struct point *point)
{
    struct trial trial;
    if (!run_trial(sweep, point, &trial))
        return 0;
    trial.number = point->measured++;
    return keep(sweep, &trial);
}

static int run_block(struct sweep *sweep, unsigned block)
{
    uint64_t state = sweep->config->settings->sampling.seed + block;
    sweep_shuffle(sweep->turns, sweep->npoints, &state);
    for (unsigned i = 0; i < sweep->npoints && !is_stopped(sweep); i++) {
        struct point *point = &sweep->points[sweep->turns[i]];
        if (point->failures < FAILURES_MAX && (block == 0 ? meet(sweep, point) : measure(sweep, point)) != 0)
            return -1;
        sweep->done += !sweep->results->interrupted;
    }
    return 0;
}

static unsigned jobs_of_model(const struct sweep_config *config, const struct model *model, size_t i)
{
    if (model->one_worker)
        return i == 0 ? 1 : 0;
    return i < config->settings->njobs ? config->settings->jobs[i] : 0;
}

static int make_points(struct sweep *sweep)
{
    const struct sweep_config *config = sweep->config;
    size_t max = sweep->results->nmodels * (config->settings->njobs + 1) * WORKLOADS;
    sweep->points = calloc(max, sizeof *sweep->points);
    sweep->turns = calloc(max, sizeof *sweep->turns);
    if (sweep->points == NULL || sweep->turns == NULL)
        return error_memory(sweep->error, max * sizeof *sweep->points);
    for (size_t model = 0; model < sweep->results->nmodels; model++) {
        for (enum workload workload = 0; workload < WORKLOADS; workload++) {
            unsigned jobs;
            for (size_t i = 0; config->settings->workloads[workload] &&
                               (jobs = jobs_of_model(config, &sweep->results->models[model], i)) > 0;
                 i++) {
                sweep->turns[sweep->npoints] = sweep->npoints;
                sweep->points[sweep->npoints++] =
                    (struct point){.model = model, .workload = workload, .jobs = jobs, .rounds = 1};
            }
        }
    }
    return 0;
}

long sweep_run(const struct sweep_config *config, struct results *results, struct pm_error *error)
{
    struct sweep sweep = {.config = config, .results = results, .error = error};
    int status = make_points(&sweep);
    for (unsigned block = 0; status == 0 && block <= config->settings->sampling.repeat && !is_stopped(&sweep);
         block++)
        status = run_block(&sweep, block);
    results->interrupted |= is_stopped(&sweep);
    config->step(config->listener, &(struct sweep_step){.done = sweep.done, .total = sweep.done});
    free(sweep.points);
    free(sweep.turns);
    return status == 0 ? sweep.failures : -1;
}

void sweep_step_text(char *line, size_t width, const struct sweep_step *step)
{
    enum { BAR = 30 };
    char bar[BAR + 1], left[24] = "", time[24];
    double share = step->total > 0 ? (double)step->done / (double)step->total : 1;
    size_t filled = (size_t)(share * BAR);
    memset(bar, '#', filled);
    memset(bar + filled, '.', BAR - filled);
    bar[BAR] = '\0';
    if (step->left_s > 0) {
        progress_time(time, step->left_s);
        snprintf(left, sizeof left, "  %.12s left", time);
    }
    snprintf(line, width + 1, "[%s] %3.0f%%%s  %s, %u job%s, %s", bar, 100 * share, left, step->model,
             step->jobs, step->jobs == 1 ? "" : "s", workload_name(step->workload));
}
