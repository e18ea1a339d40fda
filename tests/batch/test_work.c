/* Work with a recipe per job: the bytes must be those of transform itself. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "batch/work.h"
#include "cli/run.h"
#include "codec/peak.h"

static const char *const recipes[] = {
    "", "resize=20x20", "blur=1.5/gray", "rotate=90/format=jpeg/quality=60", "resize=9x9!/flip/format=png",
};
enum { RECIPES = sizeof recipes / sizeof *recipes };

struct jobs {
    struct job job[RECIPES];
    struct work_argument argument[RECIPES];
    atomic_size_t next;
};

/* The argument that is composed for the worker at admission. */
static void put_argument(struct work_argument *argument, const char *text, struct job *job)
{
    struct pm_error error = {0};
    struct pm_info info;
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    cr_assert_eq(pm_probe(job->in.data, job->in.size, &info, &error), 0, "%s", error.message);
    cr_assert_eq(work_plan(recipe, codec_of_suffix(info.format), &info, job->in.size, 0, UINT64_MAX,
                           &argument->plan, job),
                 0);
    job->argument = argument;
    job->argument_size = work_set_recipe(argument, recipe);
    pm_recipe_free(recipe);
}

static struct job *take(void *self)
{
    struct jobs *jobs = self;
    size_t index = atomic_fetch_add(&jobs->next, 1);
    if (index >= RECIPES)
        return NULL;
    jobs->job[index].ready_at = clock_now();
    return &jobs->job[index];
}

static void give(void *self, struct job *job)
{
    (void)self, (void)job;
}

static void check_backend(const struct backend *backend, char *file, size_t size)
{
    struct jobs jobs = {0};
    struct pm_error error = {0};
    struct backend_report report;
    for (size_t i = 0; i < RECIPES; i++) {
        jobs.job[i].in = (struct buffer){.data = (uint8_t *)file, .size = size, .capacity = size};
        put_argument(&jobs.argument[i], recipes[i], &jobs.job[i]);
    }
    const struct backend_config config = {.workers = backend->one_worker ? 1 : 2,
                                          .work = work_for_any_recipe(NULL)};
    struct workers *workers = backend->open(&config, &error);
    cr_assert_not_null(workers, "%s", error.message);
    const struct job_source source = {.take = take, .self = &jobs};
    const struct job_sink sink = {.give = give, .self = &jobs};
    cr_assert_eq(backend->run(workers, &source, &sink, &report, &error), 0);
    backend->close(workers);
    for (size_t i = 0; i < RECIPES; i++) {
        uint8_t *expected;
        size_t expected_size;
        struct pm_recipe *recipe = pm_recipe_parse(recipes[i], &error);
        cr_assert_eq(
            pm_transform(recipe, (uint8_t *)file, size, NULL, NULL, &expected, &expected_size, &error), 0);
        cr_assert_eq(jobs.job[i].status, JOB_OK, "%s: %s", backend->name, jobs.job[i].result.error.message);
        cr_assert_eq(jobs.job[i].out.size, expected_size);
        cr_assert_arr_eq(jobs.job[i].out.data, expected, expected_size);
        free(expected);
        pm_recipe_free(recipe);
        buffer_free(&jobs.job[i].out);
    }
}

Test(work, each_job_by_its_own_recipe, .init = run_begin)
{
    size_t size;
    put_picture("picture.png", 40, 30);
    char *file = content_of("picture.png", &size);
    for (const struct backend *const *backend = backends; *backend != NULL; backend++)
        check_backend(*backend, file, size);
}

static enum pm_error_kind outcome_of(const struct work_argument *argument, size_t argument_size)
{
    size_t size;
    struct work work = work_for_any_recipe(NULL);
    const struct job_input input = {.data = (uint8_t *)content_of("picture.png", &size),
                                    .size = size,
                                    .argument = argument,
                                    .argument_size = argument_size};
    struct job_result result = {0};
    struct buffer out = {0};
    struct context context = {.lanes = 1, .error = &result.error};
    work.run(&work, &input, &out, &result, &context);
    cr_assert_eq(out.size, 0);
    return result.error.kind;
}

/* The worker checks its argument: an invalid one makes the job fail, and nothing is read past its end. */
Test(work, an_argument_that_is_none_fails_its_job, .init = run_begin)
{
    size_t size;
    put_picture("picture.png", 40, 30);
    struct job job = {.in = {.data = (uint8_t *)content_of("picture.png", &size)}};
    struct work_argument argument = {0};
    job.in.size = size;
    put_argument(&argument, "resize=9x9", &job);
    cr_assert_eq(outcome_of(&argument, job.argument_size - 1), PM_ERROR_INTERNAL, "half a recipe");
    cr_assert_eq(outcome_of(&argument, sizeof argument + 1), PM_ERROR_INTERNAL, "more than a recipe");
    cr_assert_eq(outcome_of(&argument, sizeof argument.plan), PM_ERROR_INTERNAL, "no recipe");
    cr_assert_eq(outcome_of(&argument, sizeof argument.plan - 1), PM_ERROR_INTERNAL, "half a plan");
    cr_assert_eq(outcome_of(&argument, 0), PM_ERROR_INTERNAL);
    argument.plan.format = UINT8_MAX;
    cr_assert_eq(outcome_of(&argument, job.argument_size), PM_ERROR_INTERNAL, "of no codec");
}

#ifndef PIXMILL_SANITIZED /* whose own memory is counted, too */
/* A worker's warming is no job: it takes as much for large results as for small ones. */
Test(work, warming_makes_no_large_image)
{
    static const char *const large[] = {"resize=4000x4000", "resize=20000%/blur=2", "pad=6000x6000/flip",
                                        "trim/resize=4000x4000!/format=webp"};
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        struct pm_error error = {0};
        struct pm_recipe *recipe = pm_recipe_parse(large[i], &error);
        cr_assert_not_null(recipe, "%s", error.message);
        const struct work work = work_for_recipe(recipe);
        const long long before = reset_peak();
        work.warm(&work);
        const long long peak = resident("VmHWM:");
        cr_expect_lt(peak - before, 24 << 20, "%s: %lld", large[i], peak - before);
        pm_recipe_free(recipe);
    }
}
#endif
