#include "bench/analysis/analysis.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bench/analysis/ranking.h"
#include "bench/analysis/scaling.h"
#include "bench/analysis/stats.h"
#include "bench/analysis/verdict.h"
#include "bench/fixture.h"

static struct results results;

static void sweep(void)
{
    struct pm_error error = {0};
    results = fixture_sweep(16, 32);
    cr_assert_eq(analyse(&results, &error), 0, "%s", error.message);
}

static void forget(void)
{
    results_free(&results);
}

TestSuite(analysis, .init = sweep, .fini = forget);

static bool has_note(const char *part)
{
    for (size_t i = 0; i < results.nnotes; i++) {
        if (strstr(results.notes[i].text, part) != NULL)
            return true;
    }
    return false;
}

Test(analysis, every_point_is_summarised_once_in_order)
{
    cr_assert_eq(results.nsummaries, 4 * 3 * 6 + 2 * 3);
    for (size_t i = 0; i < results.nsummaries; i++) {
        const struct summary *point = &results.summaries[i];
        cr_expect_eq(point->trials, 7, "the cold one is not counted");
        cr_expect_eq(point->oversubscribed, point->jobs == 32);
        cr_expect_eq(results_point(&results, point->model, point->workload, point->jobs), point);
        cr_expect(point->ci95.low <= point->wall_s && point->wall_s <= point->ci95.high);
        cr_expect_gt(point->cold_wall_s, 1.2 * point->wall_s);
        cr_expect_lt(point->cold_images_per_s, point->images_per_s / 1.2);
    }
}

Test(analysis, times_of_stages_have_the_interval_of_their_trials)
{
    struct pm_error error = {0};
    double decode[7], sums[7];
    size_t n = 0;
    for (size_t i = 0; i < results.ntrials; i++) {
        struct trial *trial = &results.trials[i];
        if (trial->cold || trial->model != FIXTURE_OMP || trial->workload != WORKLOAD_CPU || trial->jobs != 4)
            continue;
        for (size_t stage = 0; stage < PM_STAGES; stage++)
            trial->stage_s[stage] = stage == PM_STAGE_WAIT ? 0 : 1;
        trial->stage_s[PM_STAGE_DECODE] = decode[n] = 2 + 0.1 * (double)n;
        sums[n] = decode[n] + PM_STAGES - 2;
        n++;
    }
    cr_assert_eq(n, 7);
    cr_assert_eq(summarise(&results, &error), 0);
    const struct summary *point = results_point(&results, FIXTURE_OMP, WORKLOAD_CPU, 4);
    const struct interval one = stats_median_interval(decode, n), all = stats_median_interval(sums, n);
    cr_expect_eq(point->stage_ci95[PM_STAGE_DECODE].low, one.low);
    cr_expect_eq(point->stage_ci95[PM_STAGE_DECODE].high, one.high);
    cr_expect_float_eq(point->stages_ci95.low, all.low, 1e-12);
    cr_expect_float_eq(point->stages_ci95.high, all.high, 1e-12);
    cr_expect_float_eq(point->stages_s, 2.3 + PM_STAGES - 2, 1e-12);
    cr_expect(!(point->stage_ci95[PM_STAGE_WAIT].low > 0), "no time has no interval");
}

Test(analysis, the_order_of_trials_does_not_matter)
{
    struct pm_error error = {0};
    double before = results_point(&results, FIXTURE_PROCS, WORKLOAD_IO, 8)->wall_s;
    for (size_t i = 0; i < results.ntrials / 2; i++) {
        struct trial swapped = results.trials[i];
        results.trials[i] = results.trials[results.ntrials - 1 - i];
        results.trials[results.ntrials - 1 - i] = swapped;
    }
    cr_assert_eq(summarise(&results, &error), 0);
    cr_expect_eq(results_point(&results, FIXTURE_PROCS, WORKLOAD_IO, 8)->wall_s, before);
}

Test(analysis, speedup_is_against_the_same_model_and_serial_apart)
{
    const struct summary *one = results_point(&results, FIXTURE_THREADS, WORKLOAD_CPU, 1);
    const struct summary *eight = results_point(&results, FIXTURE_THREADS, WORKLOAD_CPU, 8);
    const struct summary *serial = results_point(&results, FIXTURE_SERIAL, WORKLOAD_CPU, 1);
    cr_expect_eq(one->speedup, 1);
    cr_expect(one->speedup_ci95.low == 1 && one->speedup_ci95.high == 1);
    cr_expect(isnan(one->karp_flatt));
    cr_expect_eq(eight->speedup, eight->images_per_s / one->images_per_s);
    cr_expect(fabs(eight->speedup_vs_serial / (eight->images_per_s / serial->images_per_s) - 1) < 0.02);
    cr_expect(eight->vs_serial_ci95.low < eight->speedup_vs_serial &&
              eight->speedup_vs_serial < eight->vs_serial_ci95.high);
    cr_expect(serial->vs_serial_ci95.low == 1 && serial->vs_serial_ci95.high == 1);
    cr_expect_eq(eight->efficiency, eight->speedup / 8);
    cr_expect_eq(eight->efficiency_ci95.low, eight->speedup_ci95.low / 8);
    cr_expect_eq(eight->efficiency_ci95.high, eight->speedup_ci95.high / 8);
    cr_expect(fabs(eight->karp_flatt - (1 / eight->speedup - 0.125) / 0.875) < 1e-12);
    cr_expect(eight->speedup_ci95.low < eight->speedup && eight->speedup < eight->speedup_ci95.high);
}

Test(analysis, points_of_unequal_work_are_compared_by_throughput)
{
    struct pm_error error = {0};
    const struct summary before = *results_point(&results, FIXTURE_OMP, WORKLOAD_CPU, 4);
    for (size_t i = 0; i < results.ntrials; i++) {
        struct trial *trial = &results.trials[i];
        if (trial->model == FIXTURE_OMP && trial->jobs == 4) {
            trial->images *= trial->cold ? 1 : 3;
            trial->wall_s *= trial->cold ? 1 : 3;
            trial->user_s *= trial->cold ? 1 : 3;
            trial->system_s *= trial->cold ? 1 : 3;
        }
    }
    cr_assert_eq(summarise(&results, &error), 0);
    const struct summary *tripled = results_point(&results, FIXTURE_OMP, WORKLOAD_CPU, 4);
    cr_expect(fabs(tripled->speedup - before.speedup) < 1e-9);
    cr_expect(fabs(tripled->cpu_per_image_s / before.cpu_per_image_s - 1) < 1e-9);
    /* The cold trial processes its inputs only once, so only its rate can be compared with the others. */
    cr_expect_eq(tripled->cold_images_per_s, before.cold_images_per_s);
    cr_expect_lt(tripled->cold_wall_s, tripled->wall_s);
}

Test(analysis, laws_are_fitted_to_points_within_the_processors)
{
    const struct fit *fit = results_fit(&results, FIXTURE_PROCS, WORKLOAD_CPU);
    cr_assert_not_null(fit);
    cr_expect_eq(fit->points, 5, "32 jobs are more than 16 processors");
    cr_expect(fit->has_usl && fit->has_amdahl && fit->why_not[0] == '\0');
    cr_expect_eq(fit_law(fit), &fit->usl);
    cr_expect(fabs(fit->amdahl.sigma - 0.006) < 0.003, "serial fraction %g", fit->amdahl.sigma);
    cr_expect_null(results_fit(&results, FIXTURE_SERIAL, WORKLOAD_CPU));
}

Test(analysis, a_model_that_slows_down_is_not_under_amdahls_law)
{
    cr_expect(fit_amdahl_holds(results_fit(&results, FIXTURE_PROCS, WORKLOAD_CPU)));
    cr_expect(!fit_amdahl_holds(results_fit(&results, FIXTURE_GIL, WORKLOAD_CPU)));
    cr_expect_null(results_no_law(&results));
}

Test(analysis, two_processors_are_too_few_for_a_law)
{
    struct pm_error error = {0};
    results_free(&results);
    results = fixture_sweep(2, 2);
    cr_assert_eq(analyse(&results, &error), 0);
    const struct fit *fit = results_fit(&results, FIXTURE_THREADS, WORKLOAD_CPU);
    cr_expect(!fit->has_amdahl && !fit->has_usl);
    cr_expect_null(fit_law(fit));
    cr_expect_str_eq(results_no_law(&results), fit->why_not);
    cr_expect_not_null(strstr(fit->why_not, "at least 4 job counts"));
    cr_expect(isnan(fit->peak_jobs));
}

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
    cr_assert_eq(results.nverdicts, 6);
    for (size_t i = 0; i < 6; i++) {
        const struct verdict *verdict = &results.verdicts[i];
        const char *name = results.models[i].name;
        cr_expect_eq(verdict->parallel_cpu, expected[i].parallel, "%s: %s", name, verdict->why[0]);
        cr_expect_eq(verdict->held_by_lock, expected[i].lock, "%s: %s", name, verdict->why[1]);
        cr_expect_eq(verdict->overlaps_io, expected[i].overlap, "%s: %s", name, verdict->why[2]);
        for (size_t column = 0; column < COLUMNS; column++)
            cr_expect(verdict->why[column][0] != '\0', "%s gives no reason for column %zu", name, column);
    }
    const struct verdict *procs = &results.verdicts[FIXTURE_PROCS];
    cr_expect(fabs(procs->memory_bytes_per_worker / 11.8e6 - 1) < 0.01);
    cr_expect(fabs(procs->handover_s / 31e-6 - 1) < 0.1, "%g", procs->handover_s);
    cr_expect(fabs(procs->startup_s / 0.0248 - 1) < 0.1, "%g", procs->startup_s);
    cr_expect_str_eq(results.verdicts[FIXTURE_SERIAL].best_for, "a baseline");
    cr_expect_str_eq(results.verdicts[FIXTURE_GIL].best_for, "waiting, not computing");
    cr_expect_not_null(strstr(procs->best_for, "CPU-bound work"));
    cr_expect_eq(procs->ranks[WORKLOAD_CPU].standing, STANDING_FASTEST);
    cr_expect_eq(results.verdicts[FIXTURE_GIL].ranks[WORKLOAD_CPU].standing, STANDING_SLOWER);
}

/* Sets the rate of a point's trials, with little variation. */
static void set_rate(size_t model, enum workload workload, unsigned jobs, double images_per_s)
{
    for (size_t i = 0; i < results.ntrials; i++) {
        struct trial *trial = &results.trials[i];
        if (trial->model == model && trial->workload == workload && trial->jobs == jobs)
            trial->wall_s = (double)trial->images / images_per_s * (trial->number % 2 == 0 ? 0.999 : 1.001);
    }
}

static const struct verdict *judged(size_t model)
{
    struct pm_error error = {0};
    cr_assert_eq(analyse(&results, &error), 0, "%s", error.message);
    return &results.verdicts[model];
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
    const double delay = results.settings.io_delay_ms / 1e3;
    set_rate(FIXTURE_GIL, WORKLOAD_CPU, 32, 1 / delay);
    set_rate(FIXTURE_GIL, WORKLOAD_IO, 32, 1 / (delay + 0.68 * delay));
    cr_expect_eq(judged(FIXTURE_GIL)->overlaps_io, ANSWER_YES);
    set_rate(FIXTURE_GIL, WORKLOAD_IO, 32, 1 / (delay + 0.72 * delay));
    cr_expect_eq(judged(FIXTURE_GIL)->overlaps_io, ANSWER_NO);
}

/* Sets the rates of one model on the cpu workload, with all others much slower. */
static void set_two(double first, double second)
{
    for (size_t model = 0; model < results.nmodels; model++) {
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
    for (size_t i = 0; i < results.ntrials; i++) {
        struct trial *trial = &results.trials[i];
        if (trial->model == model && !trial->cold)
            trial->wall_s *= exp(spread * (rounds[trial->number] - 0.5));
    }
}

static const char *answer(enum workload workload)
{
    static char text[1024];
    return ranking_text(&results, workload, ", ", text, sizeof text);
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
        cr_expect_eq(results.verdicts[FIXTURE_PROCS].ranks[WORKLOAD_CPU].standing, STANDING_FASTEST);
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
    cr_expect_not_null(strstr(answer(WORKLOAD_CPU), " times as fast as serial ("), "%s",
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
    cr_expect_not_null(strstr(results.verdicts[FIXTURE_PROCS].best_for, "perhaps CPU-bound work"));
}

/* As on a busy machine: each rate is uncertain, but the winner is known. */
Test(analysis, a_winner_by_far_is_known_however_noisy_its_own_rate_is)
{
    static const struct {
        size_t model;
        double rate;
    } rates[] = {{FIXTURE_SERIAL, 43}, {FIXTURE_THREADS, 78}, {FIXTURE_ASYNC, 292}};
    for (size_t model = 0; model < results.nmodels; model++) {
        for (unsigned jobs = 1; jobs <= 32; jobs *= 2)
            set_rate(model, WORKLOAD_IO, jobs, 20);
    }
    for (size_t i = 0; i < 3; i++) {
        set_rate(rates[i].model, WORKLOAD_IO, 1, rates[i].rate);
        disturb(rates[i].model, 0.7 + 0.1 * (double)i);
    }
    for (size_t i = 0; i < results.ntrials; i++)
        results.trials[i].others_s = 0.2 * (results.trials[i].wall_s + results.trials[i].startup_s) * 16;
    const struct verdict *async = judged(FIXTURE_ASYNC);
    const struct summary *best = results_best(&results, FIXTURE_ASYNC, WORKLOAD_IO);
    cr_expect_lt(best->images_per_s_ci95.low, 0.75 * best->images_per_s, "it is not noisy at all");
    cr_expect_not_null(strstr(async->best_for, "I/O-bound work"), "%s", async->best_for);
    cr_expect_null(strstr(async->best_for, "perhaps I/O"), "%s", async->best_for);
    cr_expect_eq(results.verdicts[FIXTURE_THREADS].ranks[WORKLOAD_IO].standing, STANDING_SLOWER);
    cr_expect_not_null(strstr(answer(WORKLOAD_IO), " times as fast as threads, the next ("), "%s",
                       answer(WORKLOAD_IO));
    cr_expect_gt(ranking_disturbance(&results, WORKLOAD_IO), 0.19);
}

/* What slows down a whole round affects both trials of a pair and cancels out of their ratio. */
Test(analysis, noise_that_all_models_share_cancels_out)
{
    struct pm_error error = {0};
    struct rank before = results.verdicts[FIXTURE_OMP].ranks[WORKLOAD_CPU];
    for (size_t i = 0; i < results.ntrials; i++)
        results.trials[i].wall_s *= results.trials[i].number % 2 == 0 ? 1 : 4;
    cr_assert_eq(analyse(&results, &error), 0);
    struct rank after = results.verdicts[FIXTURE_OMP].ranks[WORKLOAD_CPU];
    cr_expect(fabs(after.ratio / before.ratio - 1) < 1e-9);
    cr_expect(fabs(after.ratio_ci95.low / before.ratio_ci95.low - 1) < 1e-9);
    cr_expect(fabs(after.ratio_ci95.high / before.ratio_ci95.high - 1) < 1e-9);
}

Test(analysis, no_model_is_called_serial_while_other_programs_have_the_processors)
{
    struct pm_error error = {0};
    cr_assert(!has_note("other programs had"));
    for (size_t i = 0; i < results.ntrials; i++) {
        struct trial *trial = &results.trials[i];
        if (trial->model == FIXTURE_GIL && trial->workload == WORKLOAD_CPU && trial->jobs == 2)
            trial->others_s = 0.2 * (trial->wall_s + trial->startup_s) * results.machine.processors;
    }
    cr_assert_eq(analyse(&results, &error), 0);
    const struct verdict *gil = &results.verdicts[FIXTURE_GIL];
    cr_expect_eq(gil->parallel_cpu, ANSWER_UNKNOWN);
    cr_expect_eq(gil->held_by_lock, ANSWER_UNKNOWN);
    cr_expect_not_null(strstr(gil->why[COLUMN_PARALLEL], "other programs took"));
    cr_expect_eq(results.verdicts[FIXTURE_THREADS].parallel_cpu, ANSWER_YES);
    cr_expect(has_note("other programs had more than 5 %"));
    cr_expect(gil->disturbed && !results.verdicts[FIXTURE_THREADS].disturbed);
    cr_expect_not_null(strstr(results.verdicts[FIXTURE_PROCS].best_for, "CPU-bound work"));
    for (size_t i = 0; i < results.nnotes; i++)
        cr_expect_eq(results.notes[i].busy, strstr(results.notes[i].text, "other programs had") != NULL, "%s",
                     results.notes[i].text);
}

Test(analysis, a_speedup_beyond_the_number_of_jobs_is_explained)
{
    struct pm_error error = {0};
    cr_assert_eq(analyse(&results, &error), 0);
    cr_assert(!has_note("above linear"));
    for (size_t i = 0; i < results.ntrials; i++) {
        struct trial *trial = &results.trials[i];
        if (trial->model == FIXTURE_PROCS && trial->workload == WORKLOAD_OVERHEAD && trial->jobs == 1)
            trial->wall_s *= 20;
    }
    cr_assert_eq(analyse(&results, &error), 0);
    cr_expect(has_note("procs at 2 jobs on overhead"));
    cr_expect(results_point(&results, FIXTURE_PROCS, WORKLOAD_OVERHEAD, 2)->superlinear);
    cr_expect(!results_point(&results, FIXTURE_PROCS, WORKLOAD_CPU, 2)->superlinear);
    cr_expect(has_note("above linear"));
}

Test(analysis, the_memory_of_a_single_worker_is_reported_as_that_of_all)
{
    char cell[96];
    const struct verdict *async = &results.verdicts[FIXTURE_ASYNC], *procs = &results.verdicts[FIXTURE_PROCS];
    cr_expect_not_null(strstr(verdict_cell(async, COLUMN_MEMORY, cell, sizeof cell), " in all"), "%s", cell);
    cr_expect_null(strstr(verdict_cell(procs, COLUMN_MEMORY, cell, sizeof cell), " in all"), "%s", cell);
}

Test(analysis, a_hand_over_that_costs_less_than_nothing_is_reported_in_words)
{
    struct pm_error error = {0};
    const struct verdict *async = &results.verdicts[FIXTURE_ASYNC];
    cr_expect_not_null(strstr(async->why[COLUMN_HANDOVER], " more ("), "%s", async->why[COLUMN_HANDOVER]);
    for (size_t i = 0; i < results.ntrials; i++) {
        struct trial *trial = &results.trials[i];
        if (trial->model == FIXTURE_ASYNC && trial->workload == WORKLOAD_OVERHEAD)
            trial->user_s /= 2;
    }
    cr_assert_eq(analyse(&results, &error), 0);
    async = &results.verdicts[FIXTURE_ASYNC];
    cr_expect_not_null(strstr(async->why[COLUMN_HANDOVER], " less ("), "%s", async->why[COLUMN_HANDOVER]);
    cr_expect_null(strstr(async->why[COLUMN_HANDOVER], "-"), "%s", async->why[COLUMN_HANDOVER]);
}

Test(analysis, tiny_jobs_are_jobs_and_the_fastest_is_not_measured_against_itself)
{
    const char *why = results.verdicts[FIXTURE_OMP].why[COLUMN_BEST];
    cr_expect_not_null(strstr(why, " jobs/s at 32 (the fastest)"), "%s", why);
    cr_expect_null(strstr(why, "100 %"), "%s", why);
}

Test(analysis, a_machine_that_got_faster_need_not_cool_down)
{
    struct pm_error error = {0};
    for (size_t i = 0; i < results.ntrials; i++)
        results.trials[i].wall_s *= results.trials[i].number >= 4 ? 1 : 1.2;
    cr_assert_eq(analyse(&results, &error), 0);
    cr_assert(has_note("faster during the sweep"));
    for (size_t i = 0; i < results.nnotes; i++)
        cr_expect_null(strstr(results.notes[i].remedy, "cool down"));
}

Test(analysis, a_difference_that_is_noise_is_reported_as_a_bound)
{
    struct verdict verdict = {.handover_s = -4e-8, .handover_ci95 = {-9e-8, 1.2e-7}};
    char cell[96];
    cr_expect_str_eq(verdict_cell(&verdict, COLUMN_HANDOVER, cell, sizeof cell), "≤ 120 ns");
    verdict = (struct verdict){.handover_s = -4e-9, .handover_ci95 = {-6e-9, -2e-9}};
    cr_expect_str_eq(verdict_cell(&verdict, COLUMN_HANDOVER, cell, sizeof cell), "none seen");
    cr_expect_str_eq(verdict_cell(&results.verdicts[FIXTURE_SERIAL], COLUMN_HANDOVER, cell, sizeof cell),
                     "–");
    verdict = (struct verdict){.handover_s = 4.2e-6, .handover_ci95 = {4e-6, 4.4e-6}};
    cr_expect_str_eq(verdict_cell(&verdict, COLUMN_HANDOVER, cell, sizeof cell), "4.20 µs");
}

/* A single worker has no hand-overs, so a disturbance must not be reported as their cost. */
Test(analysis, a_hand_over_is_priced_where_there_is_somebody_to_hand_over_to)
{
    struct pm_error error = {0};
    double before = results.verdicts[FIXTURE_PROCS].handover_s;
    cr_expect_not_null(strstr(results.verdicts[FIXTURE_PROCS].why[COLUMN_HANDOVER], " at 2 jobs, "));
    cr_expect_not_null(strstr(results.verdicts[FIXTURE_ASYNC].why[COLUMN_HANDOVER], " at 1 job, "));
    size_t kept = 0;
    for (size_t i = 0; i < results.ntrials; i++) {
        struct trial *trial = &results.trials[i];
        if (trial->model == FIXTURE_PROCS && trial->workload == WORKLOAD_OVERHEAD && trial->jobs == 1)
            trial->user_s *= 20;
    }
    cr_assert_eq(analyse(&results, &error), 0);
    cr_expect_eq(results.verdicts[FIXTURE_PROCS].handover_s, before);
    for (size_t i = 0; i < results.ntrials; i++) {
        if (results.trials[i].workload != WORKLOAD_OVERHEAD || results.trials[i].jobs == 1)
            results.trials[kept++] = results.trials[i];
    }
    results.ntrials = kept;
    cr_assert_eq(analyse(&results, &error), 0);
    cr_expect(isnan(results.verdicts[FIXTURE_PROCS].handover_s));
    cr_expect(!isnan(results.verdicts[FIXTURE_ASYNC].handover_s));
}

/* Missing measurements must not lead to an answer. */
Test(analysis, what_was_not_measured_stays_unknown)
{
    struct pm_error error = {0};
    size_t kept = 0;
    for (size_t i = 0; i < results.ntrials; i++) {
        if (results.trials[i].workload == WORKLOAD_CPU && results.trials[i].model != FIXTURE_SERIAL)
            results.trials[kept++] = results.trials[i];
    }
    results.ntrials = kept;
    cr_assert_eq(analyse(&results, &error), 0);
    const struct verdict *gil = &results.verdicts[FIXTURE_GIL];
    char cell[96];
    cr_expect_eq(gil->parallel_cpu, ANSWER_NO);
    cr_expect_eq(gil->held_by_lock, ANSWER_UNKNOWN);
    cr_expect_eq(gil->overlaps_io, ANSWER_UNKNOWN);
    cr_expect(isnan(gil->handover_s));
    cr_expect_str_eq(verdict_cell(gil, COLUMN_OVERLAP, cell, sizeof cell), "unclear");
    cr_expect_str_eq(verdict_cell(gil, COLUMN_HANDOVER, cell, sizeof cell), "–");
    cr_expect(isnan(results_point(&results, FIXTURE_GIL, WORKLOAD_CPU, 2)->speedup_vs_serial));
    cr_expect_eq(results.verdicts[FIXTURE_SERIAL].parallel_cpu, ANSWER_UNKNOWN);
}

Test(analysis, a_lock_is_not_judged_by_a_speedup_on_both_sides_of_the_threshold)
{
    struct pm_error error = {0};
    double one = results_point(&results, FIXTURE_GIL, WORKLOAD_CPU, 1)->images_per_s;
    for (size_t i = 0; i < results.ntrials; i++) {
        struct trial *trial = &results.trials[i];
        if (trial->model == FIXTURE_GIL && trial->workload == WORKLOAD_CPU && trial->jobs == 2)
            trial->wall_s = (double)trial->images / one / (trial->number % 2 == 0 ? 1.1 : 1.24);
    }
    cr_assert_eq(analyse(&results, &error), 0);
    const struct verdict *gil = &results.verdicts[FIXTURE_GIL];
    cr_expect_eq(gil->parallel_cpu, ANSWER_NO, "%s", gil->why[COLUMN_PARALLEL]);
    cr_expect_eq(gil->held_by_lock, ANSWER_UNKNOWN, "%s", gil->why[COLUMN_LOCK]);
}

/* If no model is parallel, the machine may be the reason, so the lock is not blamed. */
Test(analysis, a_lock_is_only_blamed_when_another_model_scales)
{
    struct pm_error error = {0};
    size_t kept = 0;
    for (size_t i = 0; i < results.ntrials; i++) {
        if (results.trials[i].model == FIXTURE_GIL)
            results.trials[kept++] = results.trials[i];
    }
    results.ntrials = kept;
    cr_assert_eq(analyse(&results, &error), 0);
    cr_expect_eq(results.verdicts[FIXTURE_GIL].parallel_cpu, ANSWER_NO);
    cr_expect_eq(results.verdicts[FIXTURE_GIL].held_by_lock, ANSWER_UNKNOWN);
}

Test(analysis, single_trials_decide_nothing)
{
    struct pm_error error = {0};
    size_t kept = 0;
    for (size_t i = 0; i < results.ntrials; i++) {
        if (!results.trials[i].cold && results.trials[i].number == 0)
            results.trials[kept++] = results.trials[i];
    }
    results.ntrials = kept;
    results.settings.sampling.repeat = 1;
    cr_assert_eq(analyse(&results, &error), 0);
    cr_expect(isnan(results.summaries[0].ci95.low) && isnan(results.summaries[0].cold_wall_s));
    cr_expect_eq(results.verdicts[FIXTURE_THREADS].parallel_cpu, ANSWER_UNKNOWN);
    cr_expect(has_note("a single one has none"));
}

Test(analysis, an_empty_sweep_is_no_error)
{
    struct pm_error error = {0};
    results.ntrials = 0;
    results.interrupted = true;
    cr_assert_eq(analyse(&results, &error), 0);
    cr_expect_eq(results.nsummaries, 0);
    cr_expect_eq(results.nfits, 0);
    cr_expect_eq(results.verdicts[FIXTURE_PROCS].parallel_cpu, ANSWER_UNKNOWN);
    for (size_t model = 0; model < results.nverdicts; model++) {
        cr_expect_str_eq(results.verdicts[model].best_for, "nothing measured here");
        for (size_t column = 0; column < COLUMNS; column++)
            cr_expect(results.verdicts[model].why[column][0] != '\0', "column %zu gives no reason", column);
    }
    cr_expect(has_note("interrupted"));
}

/* The scaled MAD relative to the median of seven trials, four of which differ by `more` from it. */
static void set_spread(size_t model, enum workload workload, unsigned jobs, double spread)
{
    static const double mad_scale = 1.4826;
    for (size_t i = 0; i < results.ntrials; i++) {
        struct trial *trial = &results.trials[i];
        if (trial->model == model && trial->workload == workload && trial->jobs == jobs)
            trial->wall_s = 1 + (trial->number < 2 ? -1 : trial->number < 4 ? 1 : 0) * spread / mad_scale;
    }
}

Test(analysis, a_spread_is_noise_above_five_percent)
{
    for (size_t model = 0; model < results.nmodels; model++) {
        for (unsigned jobs = 1; jobs <= 32; jobs *= 2) {
            set_rate(model, WORKLOAD_CPU, jobs, 50);
            set_rate(model, WORKLOAD_IO, jobs, 50);
            set_rate(model, WORKLOAD_OVERHEAD, jobs, 5000);
        }
    }
    set_spread(FIXTURE_OMP, WORKLOAD_CPU, 4, 0.045);
    judged(FIXTURE_OMP);
    cr_expect(!has_note("spread"));
    set_spread(FIXTURE_OMP, WORKLOAD_CPU, 4, 0.055);
    judged(FIXTURE_OMP);
    cr_expect(has_note("spreads by more than 5 % (most: omp at 4 jobs on cpu"));
}

Test(analysis, noise_is_named)
{
    struct pm_error error = {0};
    cr_expect(has_note("change their frequency"));
    cr_expect(has_note("12 points have more jobs than the 16 processors"));
    cr_expect(!has_note("Other guests") && !has_note("busy before") && !has_note("during the sweep"));
    for (size_t i = 0; i < results.ntrials; i++) {
        struct trial *trial = &results.trials[i];
        trial->steal_s = trial->wall_s;
        trial->wall_s *= trial->number >= 4 ? 1.2 : 1;
    }
    results.machine.load = 9;
    results.nnotes = 0;
    cr_assert_eq(analyse(&results, &error), 0);
    cr_expect(has_note("Other guests of this host took"));
    cr_expect(has_note("busy before the sweep began: load 9.00"));
    for (size_t i = 0; i < results.nnotes; i++) {
        const char *text = results.notes[i].text;
        cr_expect_eq(results.notes[i].busy,
                     strstr(text, "Other guests") != NULL || strstr(text, "busy before") != NULL, "%s", text);
    }
    cr_expect(has_note("slower during the sweep"));
    cr_expect(has_note("spread by more than 5 %"));
    for (size_t i = 0; i < results.nnotes; i++)
        cr_expect(strlen(results.notes[i].text) + 1 < sizeof results.notes[i].text, "a note is cut short");
}
