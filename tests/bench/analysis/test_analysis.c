#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "bench/analysis/analysis.h"
#include "bench/analysis/ranking.h"
#include "bench/analysis/scaling.h"
#include "bench/analysis/stats.h"
#include "bench/analysis/sweep.h"
#include "bench/analysis/verdict.h"
#include "bench/fixture.h"

static void sweep(void)
{
    struct pm_error error = {0};
    sweep_results = fixture_sweep(16, 32);
    cr_assert_eq(analyse(&sweep_results, &error), 0, "%s", error.message);
}

static void forget(void)
{
    results_free(&sweep_results);
}

TestSuite(analysis, .init = sweep, .fini = forget);

Test(analysis, every_point_is_summarised_once_in_order)
{
    cr_assert_eq(sweep_results.nsummaries, 4 * 3 * 6 + 2 * 3);
    for (size_t i = 0; i < sweep_results.nsummaries; i++) {
        const struct summary *point = &sweep_results.summaries[i];
        cr_expect_eq(point->trials, 7, "the cold one is not counted");
        cr_expect_eq(point->oversubscribed, point->jobs == 32);
        cr_expect_eq(results_point(&sweep_results, point->model, point->workload, point->jobs), point);
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
    for (size_t i = 0; i < sweep_results.ntrials; i++) {
        struct trial *trial = &sweep_results.trials[i];
        if (trial->cold || trial->model != FIXTURE_OMP || trial->workload != WORKLOAD_CPU || trial->jobs != 4)
            continue;
        for (size_t stage = 0; stage < PM_STAGES; stage++)
            trial->stage_s[stage] = stage == PM_STAGE_WAIT ? 0 : 1;
        trial->stage_s[PM_STAGE_DECODE] = decode[n] = 2 + 0.1 * (double)n;
        sums[n] = decode[n] + PM_STAGES - 2;
        n++;
    }
    cr_assert_eq(n, 7);
    cr_assert_eq(summarise(&sweep_results, &error), 0);
    const struct summary *point = results_point(&sweep_results, FIXTURE_OMP, WORKLOAD_CPU, 4);
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
    double before = results_point(&sweep_results, FIXTURE_PROCS, WORKLOAD_IO, 8)->wall_s;
    for (size_t i = 0; i < sweep_results.ntrials / 2; i++) {
        struct trial swapped = sweep_results.trials[i];
        sweep_results.trials[i] = sweep_results.trials[sweep_results.ntrials - 1 - i];
        sweep_results.trials[sweep_results.ntrials - 1 - i] = swapped;
    }
    cr_assert_eq(summarise(&sweep_results, &error), 0);
    cr_expect_eq(results_point(&sweep_results, FIXTURE_PROCS, WORKLOAD_IO, 8)->wall_s, before);
}

Test(analysis, speedup_is_against_the_same_model_and_serial_apart)
{
    const struct summary *one = results_point(&sweep_results, FIXTURE_THREADS, WORKLOAD_CPU, 1);
    const struct summary *eight = results_point(&sweep_results, FIXTURE_THREADS, WORKLOAD_CPU, 8);
    const struct summary *serial = results_point(&sweep_results, FIXTURE_SERIAL, WORKLOAD_CPU, 1);
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
    const struct summary before = *results_point(&sweep_results, FIXTURE_OMP, WORKLOAD_CPU, 4);
    for (size_t i = 0; i < sweep_results.ntrials; i++) {
        struct trial *trial = &sweep_results.trials[i];
        if (trial->model == FIXTURE_OMP && trial->jobs == 4) {
            trial->images *= trial->cold ? 1 : 3;
            trial->wall_s *= trial->cold ? 1 : 3;
            trial->user_s *= trial->cold ? 1 : 3;
            trial->system_s *= trial->cold ? 1 : 3;
        }
    }
    cr_assert_eq(summarise(&sweep_results, &error), 0);
    const struct summary *tripled = results_point(&sweep_results, FIXTURE_OMP, WORKLOAD_CPU, 4);
    cr_expect(fabs(tripled->speedup - before.speedup) < 1e-9);
    cr_expect(fabs(tripled->cpu_per_image_s / before.cpu_per_image_s - 1) < 1e-9);
    /* The cold trial processes its inputs only once, so only its rate can be compared with the others. */
    cr_expect_eq(tripled->cold_images_per_s, before.cold_images_per_s);
    cr_expect_lt(tripled->cold_wall_s, tripled->wall_s);
}

Test(analysis, laws_are_fitted_to_points_within_the_processors)
{
    const struct fit *fit = results_fit(&sweep_results, FIXTURE_PROCS, WORKLOAD_CPU);
    cr_assert_not_null(fit);
    cr_expect_eq(fit->points, 5, "32 jobs are more than 16 processors");
    cr_expect(fit->has_usl && fit->has_amdahl && fit->why_not[0] == '\0');
    cr_expect_eq(fit_law(fit), &fit->usl);
    cr_expect(fabs(fit->amdahl.sigma - 0.006) < 0.003, "serial fraction %g", fit->amdahl.sigma);
    cr_expect_null(results_fit(&sweep_results, FIXTURE_SERIAL, WORKLOAD_CPU));
}

Test(analysis, a_model_that_slows_down_is_not_under_amdahls_law)
{
    cr_expect(fit_amdahl_holds(results_fit(&sweep_results, FIXTURE_PROCS, WORKLOAD_CPU)));
    cr_expect(!fit_amdahl_holds(results_fit(&sweep_results, FIXTURE_GIL, WORKLOAD_CPU)));
    cr_expect_null(results_no_law(&sweep_results));
}

Test(analysis, two_processors_are_too_few_for_a_law)
{
    struct pm_error error = {0};
    results_free(&sweep_results);
    sweep_results = fixture_sweep(2, 2);
    cr_assert_eq(analyse(&sweep_results, &error), 0);
    const struct fit *fit = results_fit(&sweep_results, FIXTURE_THREADS, WORKLOAD_CPU);
    cr_expect(!fit->has_amdahl && !fit->has_usl);
    cr_expect_null(fit_law(fit));
    cr_expect_str_eq(results_no_law(&sweep_results), fit->why_not);
    cr_expect_not_null(strstr(fit->why_not, "at least 4 job counts"));
    cr_expect(isnan(fit->peak_jobs));
}

Test(analysis, no_model_is_called_serial_while_other_programs_have_the_processors)
{
    struct pm_error error = {0};
    cr_assert(!sweep_has_note("other programs had"));
    for (size_t i = 0; i < sweep_results.ntrials; i++) {
        struct trial *trial = &sweep_results.trials[i];
        if (trial->model == FIXTURE_GIL && trial->workload == WORKLOAD_CPU && trial->jobs == 2)
            trial->others_s = 0.2 * (trial->wall_s + trial->startup_s) * sweep_results.machine.processors;
    }
    cr_assert_eq(analyse(&sweep_results, &error), 0);
    const struct verdict *gil = &sweep_results.verdicts[FIXTURE_GIL];
    cr_expect_eq(gil->parallel_cpu, ANSWER_UNKNOWN);
    cr_expect_eq(gil->held_by_lock, ANSWER_UNKNOWN);
    cr_expect_not_null(strstr(gil->why[COLUMN_PARALLEL], "other programs took"));
    cr_expect_eq(sweep_results.verdicts[FIXTURE_THREADS].parallel_cpu, ANSWER_YES);
    cr_expect(sweep_has_note("other programs had more than 5 %"));
    cr_expect(gil->disturbed && !sweep_results.verdicts[FIXTURE_THREADS].disturbed);
    cr_expect_not_null(strstr(sweep_results.verdicts[FIXTURE_PROCS].best_for, "CPU-bound work"));
    for (size_t i = 0; i < sweep_results.nnotes; i++)
        cr_expect_eq(sweep_results.notes[i].busy,
                     strstr(sweep_results.notes[i].text, "other programs had") != NULL, "%s",
                     sweep_results.notes[i].text);
}

Test(analysis, a_speedup_beyond_the_number_of_jobs_is_explained)
{
    struct pm_error error = {0};
    cr_assert_eq(analyse(&sweep_results, &error), 0);
    cr_assert(!sweep_has_note("above linear"));
    for (size_t i = 0; i < sweep_results.ntrials; i++) {
        struct trial *trial = &sweep_results.trials[i];
        if (trial->model == FIXTURE_PROCS && trial->workload == WORKLOAD_OVERHEAD && trial->jobs == 1)
            trial->wall_s *= 20;
    }
    cr_assert_eq(analyse(&sweep_results, &error), 0);
    cr_expect(sweep_has_note("procs at 2 jobs on overhead"));
    cr_expect(results_point(&sweep_results, FIXTURE_PROCS, WORKLOAD_OVERHEAD, 2)->superlinear);
    cr_expect(!results_point(&sweep_results, FIXTURE_PROCS, WORKLOAD_CPU, 2)->superlinear);
    cr_expect(sweep_has_note("above linear"));
}

Test(analysis, the_memory_of_a_single_worker_is_reported_as_that_of_all)
{
    char cell[96];
    const struct verdict *async = &sweep_results.verdicts[FIXTURE_ASYNC],
                         *procs = &sweep_results.verdicts[FIXTURE_PROCS];
    cr_expect_not_null(strstr(verdict_cell(async, COLUMN_MEMORY, cell, sizeof cell), " in all"), "%s", cell);
    cr_expect_null(strstr(verdict_cell(procs, COLUMN_MEMORY, cell, sizeof cell), " in all"), "%s", cell);
}

Test(analysis, a_hand_over_that_costs_less_than_nothing_is_reported_in_words)
{
    struct pm_error error = {0};
    const struct verdict *async = &sweep_results.verdicts[FIXTURE_ASYNC];
    cr_expect_not_null(strstr(async->why[COLUMN_HANDOVER], " more ("), "%s", async->why[COLUMN_HANDOVER]);
    for (size_t i = 0; i < sweep_results.ntrials; i++) {
        struct trial *trial = &sweep_results.trials[i];
        if (trial->model == FIXTURE_ASYNC && trial->workload == WORKLOAD_OVERHEAD)
            trial->user_s /= 2;
    }
    cr_assert_eq(analyse(&sweep_results, &error), 0);
    async = &sweep_results.verdicts[FIXTURE_ASYNC];
    cr_expect_not_null(strstr(async->why[COLUMN_HANDOVER], " less ("), "%s", async->why[COLUMN_HANDOVER]);
    cr_expect_null(strstr(async->why[COLUMN_HANDOVER], "-"), "%s", async->why[COLUMN_HANDOVER]);
}

Test(analysis, tiny_jobs_are_jobs_and_the_fastest_is_not_measured_against_itself)
{
    const char *why = sweep_results.verdicts[FIXTURE_OMP].why[COLUMN_BEST];
    cr_expect_not_null(strstr(why, " jobs/s at 32 (the fastest)"), "%s", why);
    cr_expect_null(strstr(why, "100 %"), "%s", why);
}

Test(analysis, a_machine_that_got_faster_need_not_cool_down)
{
    struct pm_error error = {0};
    for (size_t i = 0; i < sweep_results.ntrials; i++)
        sweep_results.trials[i].wall_s *= sweep_results.trials[i].number >= 4 ? 1 : 1.2;
    cr_assert_eq(analyse(&sweep_results, &error), 0);
    cr_assert(sweep_has_note("faster during the sweep"));
    for (size_t i = 0; i < sweep_results.nnotes; i++)
        cr_expect_null(strstr(sweep_results.notes[i].remedy, "cool down"));
}

Test(analysis, a_difference_that_is_noise_is_reported_as_a_bound)
{
    struct verdict verdict = {.handover_s = -4e-8, .handover_ci95 = {-9e-8, 1.2e-7}};
    char cell[96];
    cr_expect_str_eq(verdict_cell(&verdict, COLUMN_HANDOVER, cell, sizeof cell), "≤ 120 ns");
    verdict = (struct verdict){.handover_s = -4e-9, .handover_ci95 = {-6e-9, -2e-9}};
    cr_expect_str_eq(verdict_cell(&verdict, COLUMN_HANDOVER, cell, sizeof cell), "none seen");
    cr_expect_str_eq(
        verdict_cell(&sweep_results.verdicts[FIXTURE_SERIAL], COLUMN_HANDOVER, cell, sizeof cell), "–");
    verdict = (struct verdict){.handover_s = 4.2e-6, .handover_ci95 = {4e-6, 4.4e-6}};
    cr_expect_str_eq(verdict_cell(&verdict, COLUMN_HANDOVER, cell, sizeof cell), "4.20 µs");
}

/* A single worker has no hand-overs, so a disturbance must not be reported as their cost. */
Test(analysis, a_hand_over_is_priced_where_there_is_somebody_to_hand_over_to)
{
    struct pm_error error = {0};
    double before = sweep_results.verdicts[FIXTURE_PROCS].handover_s;
    cr_expect_not_null(strstr(sweep_results.verdicts[FIXTURE_PROCS].why[COLUMN_HANDOVER], " at 2 jobs, "));
    cr_expect_not_null(strstr(sweep_results.verdicts[FIXTURE_ASYNC].why[COLUMN_HANDOVER], " at 1 job, "));
    size_t kept = 0;
    for (size_t i = 0; i < sweep_results.ntrials; i++) {
        struct trial *trial = &sweep_results.trials[i];
        if (trial->model == FIXTURE_PROCS && trial->workload == WORKLOAD_OVERHEAD && trial->jobs == 1)
            trial->user_s *= 20;
    }
    cr_assert_eq(analyse(&sweep_results, &error), 0);
    cr_expect_eq(sweep_results.verdicts[FIXTURE_PROCS].handover_s, before);
    for (size_t i = 0; i < sweep_results.ntrials; i++) {
        if (sweep_results.trials[i].workload != WORKLOAD_OVERHEAD || sweep_results.trials[i].jobs == 1)
            sweep_results.trials[kept++] = sweep_results.trials[i];
    }
    sweep_results.ntrials = kept;
    cr_assert_eq(analyse(&sweep_results, &error), 0);
    cr_expect(isnan(sweep_results.verdicts[FIXTURE_PROCS].handover_s));
    cr_expect(!isnan(sweep_results.verdicts[FIXTURE_ASYNC].handover_s));
}

/* Missing measurements must not lead to an answer. */
Test(analysis, what_was_not_measured_stays_unknown)
{
    struct pm_error error = {0};
    size_t kept = 0;
    for (size_t i = 0; i < sweep_results.ntrials; i++) {
        if (sweep_results.trials[i].workload == WORKLOAD_CPU &&
            sweep_results.trials[i].model != FIXTURE_SERIAL)
            sweep_results.trials[kept++] = sweep_results.trials[i];
    }
    sweep_results.ntrials = kept;
    cr_assert_eq(analyse(&sweep_results, &error), 0);
    const struct verdict *gil = &sweep_results.verdicts[FIXTURE_GIL];
    char cell[96];
    cr_expect_eq(gil->parallel_cpu, ANSWER_NO);
    cr_expect_eq(gil->held_by_lock, ANSWER_UNKNOWN);
    cr_expect_eq(gil->overlaps_io, ANSWER_UNKNOWN);
    cr_expect(isnan(gil->handover_s));
    cr_expect_str_eq(verdict_cell(gil, COLUMN_OVERLAP, cell, sizeof cell), "unclear");
    cr_expect_str_eq(verdict_cell(gil, COLUMN_HANDOVER, cell, sizeof cell), "–");
    cr_expect(isnan(results_point(&sweep_results, FIXTURE_GIL, WORKLOAD_CPU, 2)->speedup_vs_serial));
    cr_expect_eq(sweep_results.verdicts[FIXTURE_SERIAL].parallel_cpu, ANSWER_UNKNOWN);
}

Test(analysis, a_lock_is_not_judged_by_a_speedup_on_both_sides_of_the_threshold)
{
    struct pm_error error = {0};
    double one = results_point(&sweep_results, FIXTURE_GIL, WORKLOAD_CPU, 1)->images_per_s;
    for (size_t i = 0; i < sweep_results.ntrials; i++) {
        struct trial *trial = &sweep_results.trials[i];
        if (trial->model == FIXTURE_GIL && trial->workload == WORKLOAD_CPU && trial->jobs == 2)
            trial->wall_s = (double)trial->images / one / (trial->number % 2 == 0 ? 1.1 : 1.24);
    }
    cr_assert_eq(analyse(&sweep_results, &error), 0);
    const struct verdict *gil = &sweep_results.verdicts[FIXTURE_GIL];
    cr_expect_eq(gil->parallel_cpu, ANSWER_NO, "%s", gil->why[COLUMN_PARALLEL]);
    cr_expect_eq(gil->held_by_lock, ANSWER_UNKNOWN, "%s", gil->why[COLUMN_LOCK]);
}

/* If no model is parallel, the machine may be the reason, so the lock is not blamed. */
Test(analysis, a_lock_is_only_blamed_when_another_model_scales)
{
    struct pm_error error = {0};
    size_t kept = 0;
    for (size_t i = 0; i < sweep_results.ntrials; i++) {
        if (sweep_results.trials[i].model == FIXTURE_GIL)
            sweep_results.trials[kept++] = sweep_results.trials[i];
    }
    sweep_results.ntrials = kept;
    cr_assert_eq(analyse(&sweep_results, &error), 0);
    cr_expect_eq(sweep_results.verdicts[FIXTURE_GIL].parallel_cpu, ANSWER_NO);
    cr_expect_eq(sweep_results.verdicts[FIXTURE_GIL].held_by_lock, ANSWER_UNKNOWN);
}

Test(analysis, single_trials_decide_nothing)
{
    struct pm_error error = {0};
    size_t kept = 0;
    for (size_t i = 0; i < sweep_results.ntrials; i++) {
        if (!sweep_results.trials[i].cold && sweep_results.trials[i].number == 0)
            sweep_results.trials[kept++] = sweep_results.trials[i];
    }
    sweep_results.ntrials = kept;
    sweep_results.settings.sampling.repeat = 1;
    cr_assert_eq(analyse(&sweep_results, &error), 0);
    cr_expect(isnan(sweep_results.summaries[0].ci95.low) && isnan(sweep_results.summaries[0].cold_wall_s));
    cr_expect_eq(sweep_results.verdicts[FIXTURE_THREADS].parallel_cpu, ANSWER_UNKNOWN);
    cr_expect(sweep_has_note("a single one has none"));
}

Test(analysis, an_empty_sweep_is_no_error)
{
    struct pm_error error = {0};
    sweep_results.ntrials = 0;
    sweep_results.interrupted = true;
    cr_assert_eq(analyse(&sweep_results, &error), 0);
    cr_expect_eq(sweep_results.nsummaries, 0);
    cr_expect_eq(sweep_results.nfits, 0);
    cr_expect_eq(sweep_results.verdicts[FIXTURE_PROCS].parallel_cpu, ANSWER_UNKNOWN);
    for (size_t model = 0; model < sweep_results.nverdicts; model++) {
        cr_expect_str_eq(sweep_results.verdicts[model].best_for, "nothing measured here");
        for (size_t column = 0; column < COLUMNS; column++)
            cr_expect(sweep_results.verdicts[model].why[column][0] != '\0', "column %zu gives no reason",
                      column);
    }
    cr_expect(sweep_has_note("interrupted"));
}

Test(analysis, noise_is_named)
{
    struct pm_error error = {0};
    cr_expect(sweep_has_note("change their frequency"));
    cr_expect(sweep_has_note("12 points have more jobs than the 16 processors"));
    cr_expect(!sweep_has_note("Other guests") && !sweep_has_note("busy before") &&
              !sweep_has_note("during the sweep"));
    for (size_t i = 0; i < sweep_results.ntrials; i++) {
        struct trial *trial = &sweep_results.trials[i];
        trial->steal_s = trial->wall_s;
        trial->wall_s *= trial->number >= 4 ? 1.2 : 1;
    }
    sweep_results.machine.load = 9;
    sweep_results.nnotes = 0;
    cr_assert_eq(analyse(&sweep_results, &error), 0);
    cr_expect(sweep_has_note("Other guests of this host took"));
    cr_expect(sweep_has_note("busy before the sweep began: load 9.00"));
    for (size_t i = 0; i < sweep_results.nnotes; i++) {
        const char *text = sweep_results.notes[i].text;
        cr_expect_eq(sweep_results.notes[i].busy,
                     strstr(text, "Other guests") != NULL || strstr(text, "busy before") != NULL, "%s", text);
    }
    cr_expect(sweep_has_note("slower during the sweep"));
    cr_expect(sweep_has_note("spread by more than 5 %"));
    for (size_t i = 0; i < sweep_results.nnotes; i++)
        cr_expect(strlen(sweep_results.notes[i].text) + 1 < sizeof sweep_results.notes[i].text,
                  "a note is cut short");
}
