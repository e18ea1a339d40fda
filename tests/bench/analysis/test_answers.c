/* Which model answers a question, by how much it wins, and when noise decides nothing. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bench/analysis/analysis.h"
#include "bench/analysis/ranking.h"
#include "bench/analysis/scaling.h"
#include "bench/analysis/sweep.h"
#include "bench/analysis/verdict.h"
#include "bench/fixture.h"

Test(analysis, the_table_says_what_the_fixture_was_made_of)
{
    static const struct {
        size_t model;
        enum answer parallel, lock, overlap;
    } expected[] = {
        {FIXTURE_SERIAL, ANSWER_NO, ANSWER_NO, ANSWER_NO},
        {FIXTURE_THREADS, ANSWER_YES, ANSWER_NO, ANSWER_YES},
        {FIXTURE_GIL, ANSWER_NO, ANSWER_YES, ANSWER_YES},
        {FIXTURE_PROCS, ANSWER_YES, ANSWER_NO, ANSWER_YES},
        {FIXTURE_OMP, ANSWER_YES, ANSWER_NO, ANSWER_YES},
        {FIXTURE_ASYNC, ANSWER_NO, ANSWER_NO, ANSWER_YES},
    };
    cr_assert_eq(sweep_results.nverdicts, 6);
    for (size_t i = 0; i < 6; i++) {
        const struct verdict *verdict = &sweep_results.verdicts[i];
        const char *name = sweep_results.models[i].name;
        cr_expect_eq(verdict->parallel_cpu, expected[i].parallel, "%s: %s", name, verdict->why[0]);
        cr_expect_eq(verdict->held_by_lock, expected[i].lock, "%s: %s", name, verdict->why[1]);
        cr_expect_eq(verdict->overlaps_io, expected[i].overlap, "%s: %s", name, verdict->why[2]);
        for (size_t column = 0; column < COLUMNS; column++)
            cr_expect(verdict->why[column][0] != '\0', "%s gives no reason for column %zu", name, column);
    }
    const struct verdict *procs = &sweep_results.verdicts[FIXTURE_PROCS];
    cr_expect(fabs(procs->memory_bytes_per_worker / 11.8e6 - 1) < 0.01);
    cr_expect(fabs(procs->handover_s / 31e-6 - 1) < 0.1, "%g", procs->handover_s);
    cr_expect(fabs(procs->startup_s / 0.0248 - 1) < 0.1, "%g", procs->startup_s);
    cr_expect_str_eq(sweep_results.verdicts[FIXTURE_SERIAL].best_for, "a baseline");
    cr_expect_str_eq(sweep_results.verdicts[FIXTURE_GIL].best_for, "waiting, not computing");
    cr_expect_not_null(strstr(procs->best_for, "CPU-bound work"));
    cr_expect_eq(procs->ranks[WORKLOAD_CPU].standing, STANDING_FASTEST);
    cr_expect_eq(sweep_results.verdicts[FIXTURE_GIL].ranks[WORKLOAD_CPU].standing, STANDING_SLOWER);
}

/* Sets the rate of a point's trials, with little variation. */
static void set_rate(size_t model, enum workload workload, unsigned jobs, double images_per_s)
{
    for (size_t i = 0; i < sweep_results.ntrials; i++) {
        struct trial *trial = &sweep_results.trials[i];
        if (trial->model == model && trial->workload == workload && trial->jobs == jobs)
            trial->wall_s = (double)trial->images / images_per_s * (trial->number % 2 == 0 ? 0.999 : 1.001);
    }
}

static const struct verdict *judged(size_t model)
{
    struct pm_error error = {0};
    cr_assert_eq(analyse(&sweep_results, &error), 0, "%s", error.message);
    return &sweep_results.verdicts[model];
}

/* Each slightly below and slightly above the threshold that the column's rules state. */
Test(analysis, answers_turn_at_their_thresholds)
{
    static const struct {
        double speedup;
        enum answer parallel, lock;
    } speedups[] = {{1.18, ANSWER_NO, ANSWER_YES},
                    {1.22, ANSWER_NO, ANSWER_NO},
                    {1.28, ANSWER_NO, ANSWER_NO},
                    {1.32, ANSWER_YES, ANSWER_NO}};
    set_rate(FIXTURE_GIL, WORKLOAD_CPU, 1, 25);
    for (size_t i = 0; i < sizeof speedups / sizeof *speedups; i++) {
        set_rate(FIXTURE_GIL, WORKLOAD_CPU, 2, 25 * speedups[i].speedup);
        const struct verdict *gil = judged(FIXTURE_GIL);
        cr_expect_eq(gil->parallel_cpu, speedups[i].parallel, "%s", gil->why[COLUMN_PARALLEL]);
        cr_expect_eq(gil->held_by_lock, speedups[i].lock, "%s", gil->why[COLUMN_LOCK]);
    }
    const double delay = sweep_results.settings.io_delay_ms / 1e3;
    set_rate(FIXTURE_GIL, WORKLOAD_CPU, 32, 1 / delay);
    set_rate(FIXTURE_GIL, WORKLOAD_IO, 32, 1 / (delay + 0.68 * delay));
    cr_expect_eq(judged(FIXTURE_GIL)->overlaps_io, ANSWER_YES);
    set_rate(FIXTURE_GIL, WORKLOAD_IO, 32, 1 / (delay + 0.72 * delay));
    cr_expect_eq(judged(FIXTURE_GIL)->overlaps_io, ANSWER_NO);
}

/* Sets the rates of one model on the cpu workload, with all others much slower. */
static void set_two(double first, double second)
{
    for (size_t model = 0; model < sweep_results.nmodels; model++) {
        for (unsigned jobs = 1; jobs <= 32; jobs *= 2)
            set_rate(model, WORKLOAD_CPU, jobs, 1);
    }
    set_rate(FIXTURE_PROCS, WORKLOAD_CPU, 16, first);
    set_rate(FIXTURE_OMP, WORKLOAD_CPU, 16, second);
}

/* Slows the trials of one model down by a factor that differs from round to round. */
static void disturb(size_t model, double spread)
{
    static const double rounds[7] = {0, 1, 0.1, 0.9, 0.5, 0.2, 0.8};
    for (size_t i = 0; i < sweep_results.ntrials; i++) {
        struct trial *trial = &sweep_results.trials[i];
        if (trial->model == model && !trial->cold)
            trial->wall_s *= exp(spread * (rounds[trial->number] - 0.5));
    }
}

static const char *answer(enum workload workload)
{
    static char text[1024];
    return ranking_text(&sweep_results, workload, ", ", text, sizeof text);
}

/* Each slightly below and slightly above its threshold. */
Test(analysis, a_model_close_to_the_fastest_is_nearly_equal)
{
    static const struct {
        double ratio, spread;
        enum standing standing;
    } cases[] = {{1.04, 0, STANDING_NEAR},   {1.06, 0, STANDING_SLOWER},    {1.04, 0.3, STANDING_NEAR},
                 {1.06, 0.3, STANDING_NEAR}, {1.04, 0.6, STANDING_UNCLEAR}, {1.3, 0.3, STANDING_SLOWER}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_two(100, 100 / cases[i].ratio);
        disturb(FIXTURE_OMP, cases[i].spread);
        const struct rank *rank = &judged(FIXTURE_OMP)->ranks[WORKLOAD_CPU];
        cr_expect_eq(rank->standing, cases[i].standing, "%g, %g: %d, %g (%g to %g)", cases[i].ratio,
                     cases[i].spread, rank->standing, rank->ratio, rank->ratio_ci95.low,
                     rank->ratio_ci95.high);
        cr_expect_eq(sweep_results.verdicts[FIXTURE_PROCS].ranks[WORKLOAD_CPU].standing, STANDING_FASTEST);
    }
}

Test(analysis, an_answer_names_winner_and_runner_up_with_their_ratio)
{
    set_two(100, 50);
    judged(FIXTURE_OMP);
    cr_expect_eq(strncmp(answer(WORKLOAD_CPU), "procs, 100 images/s at 16 jobs (", 32), 0, "%s",
                 answer(WORKLOAD_CPU));
    cr_expect_not_null(strstr(answer(WORKLOAD_CPU), ", 2.00 times as fast as omp, the next (2.00 to 2.00)"),
                       "%s", answer(WORKLOAD_CPU));
    cr_expect_not_null(strstr(answer(WORKLOAD_CPU), " (2.00 to 2.00), 100 as serial ("), "%s",
                       answer(WORKLOAD_CPU));
    set_two(100, 98);
    const struct verdict *omp = judged(FIXTURE_OMP);
    cr_expect_eq(strncmp(answer(WORKLOAD_CPU), "nearly equal; fastest: procs, ", 30), 0, "%s",
                 answer(WORKLOAD_CPU));
    cr_expect_not_null(strstr(answer(WORKLOAD_CPU), ", 1.02 times as fast as omp (1.02 to 1.02)"), "%s",
                       answer(WORKLOAD_CPU));
    cr_expect_not_null(strstr(omp->why[COLUMN_BEST], "(procs is 1.02 times as fast, 1.02 to 1.02)"), "%s",
                       omp->why[COLUMN_BEST]);
    disturb(FIXTURE_OMP, 1);
    omp = judged(FIXTURE_OMP);
    cr_expect_eq(strncmp(answer(WORKLOAD_CPU), "no clear winner; fastest: procs, ", 33), 0, "%s",
                 answer(WORKLOAD_CPU));
    cr_expect_not_null(strstr(omp->best_for, "perhaps CPU-bound work"), "%s", omp->best_for);
    cr_expect_not_null(strstr(sweep_results.verdicts[FIXTURE_PROCS].best_for, "perhaps CPU-bound work"));
}

/* As on a busy machine: each rate is uncertain, but the winner is known. */
Test(analysis, a_winner_by_far_is_known_however_noisy_its_own_rate_is)
{
    static const struct {
        size_t model;
        double rate;
    } rates[] = {{FIXTURE_SERIAL, 43}, {FIXTURE_THREADS, 78}, {FIXTURE_ASYNC, 292}};
    for (size_t model = 0; model < sweep_results.nmodels; model++) {
        for (unsigned jobs = 1; jobs <= 32; jobs *= 2)
            set_rate(model, WORKLOAD_IO, jobs, 20);
    }
    for (size_t i = 0; i < 3; i++) {
        set_rate(rates[i].model, WORKLOAD_IO, 1, rates[i].rate);
        disturb(rates[i].model, 0.7 + 0.1 * (double)i);
    }
    for (size_t i = 0; i < sweep_results.ntrials; i++)
        sweep_results.trials[i].others_s =
            0.2 * (sweep_results.trials[i].wall_s + sweep_results.trials[i].startup_s) * 16;
    const struct verdict *async = judged(FIXTURE_ASYNC);
    const struct summary *best = results_best(&sweep_results, FIXTURE_ASYNC, WORKLOAD_IO);
    cr_expect_lt(best->images_per_s_ci95.low, 0.75 * best->images_per_s, "it is not noisy at all");
    cr_expect_not_null(strstr(async->best_for, "I/O-bound work"), "%s", async->best_for);
    cr_expect_null(strstr(async->best_for, "perhaps I/O"), "%s", async->best_for);
    cr_expect_eq(sweep_results.verdicts[FIXTURE_THREADS].ranks[WORKLOAD_IO].standing, STANDING_SLOWER);
    cr_expect_not_null(strstr(answer(WORKLOAD_IO), " times as fast as threads, the next ("), "%s",
                       answer(WORKLOAD_IO));
    cr_expect_gt(ranking_disturbance(&sweep_results, WORKLOAD_IO), 0.19);
}

/* What slows down a whole round affects both trials of a pair and cancels out of their ratio. */
Test(analysis, noise_that_all_models_share_cancels_out)
{
    struct pm_error error = {0};
    struct rank before = sweep_results.verdicts[FIXTURE_OMP].ranks[WORKLOAD_CPU];
    for (size_t i = 0; i < sweep_results.ntrials; i++)
        sweep_results.trials[i].wall_s *= sweep_results.trials[i].number % 2 == 0 ? 1 : 4;
    cr_assert_eq(analyse(&sweep_results, &error), 0);
    struct rank after = sweep_results.verdicts[FIXTURE_OMP].ranks[WORKLOAD_CPU];
    cr_expect(fabs(after.ratio / before.ratio - 1) < 1e-9);
    cr_expect(fabs(after.ratio_ci95.low / before.ratio_ci95.low - 1) < 1e-9);
    cr_expect(fabs(after.ratio_ci95.high / before.ratio_ci95.high - 1) < 1e-9);
}

/* The scaled MAD relative to the median of seven trials, four of which differ by `more` from it. */
static void set_spread(size_t model, enum workload workload, unsigned jobs, double spread)
{
    static const double mad_scale = 1.4826;
    for (size_t i = 0; i < sweep_results.ntrials; i++) {
        struct trial *trial = &sweep_results.trials[i];
        if (trial->model == model && trial->workload == workload && trial->jobs == jobs)
            trial->wall_s = 1 + (trial->number < 2 ? -1 : trial->number < 4 ? 1 : 0) * spread / mad_scale;
    }
}

Test(analysis, a_spread_is_noise_above_five_percent)
{
    for (size_t model = 0; model < sweep_results.nmodels; model++) {
        for (unsigned jobs = 1; jobs <= 32; jobs *= 2) {
            set_rate(model, WORKLOAD_CPU, jobs, 50);
            set_rate(model, WORKLOAD_IO, jobs, 50);
            set_rate(model, WORKLOAD_OVERHEAD, jobs, 5000);
        }
    }
    set_spread(FIXTURE_OMP, WORKLOAD_CPU, 4, 0.045);
    judged(FIXTURE_OMP);
    cr_expect(!sweep_has_note("spread"));
    set_spread(FIXTURE_OMP, WORKLOAD_CPU, 4, 0.055);
    judged(FIXTURE_OMP);
    cr_expect(sweep_has_note("spreads by more than 5 % (most: omp at 4 jobs on cpu"));
}
