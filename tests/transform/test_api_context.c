/* The library's reusable context: the bytes of pm_transform, without its page faults; time limits and
 * stopping. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "pictures.h"
#include "pixmill/pixmill.h"
#include "secrets.h"
#include "transform/transformed.h"

/* A context, a recipe and a file for a test. */
struct bench {
    struct lent lent;
    struct pm_context *context;
    struct pm_recipe *recipe;
    struct buffer file;
    struct pm_error error;
};

static struct bench bench_open(const char *text, uint32_t width, uint32_t height)
{
    struct bench bench = {0};
    lent_init(&bench.lent);
    struct pm_image image = picture(&bench.lent, width, height, PM_COLOR_RGB, false, 8);
    bench.file = encoded(&bench.lent, "png", &image);
    bench.context = pm_context_new(64 << 20, &bench.error);
    bench.recipe = pm_recipe_parse(text, &bench.error);
    cr_assert(bench.context != NULL && bench.recipe != NULL, "%s", bench.error.message);
    return bench;
}

static void bench_close(struct bench *bench)
{
    pm_context_free(bench->context);
    pm_recipe_free(bench->recipe);
    buffer_free(&bench->file);
    lent_free(&bench->lent);
}

/* A call with the file's first `size` bytes. */
static int call_with(struct bench *bench, size_t size, const struct pm_call *call, struct pm_blob *result)
{
    bench->error = (struct pm_error){0};
    return pm_context_transform(bench->context, bench->recipe, bench->file.data, size, call, &result->data,
                                &result->size, &bench->error);
}

/* A call of the same context gives what pm_transform gives. */
static void expect_same(struct bench *bench, const struct pm_call *call)
{
    struct pm_blob result;
    uint8_t *other;
    size_t size;
    cr_assert_eq(call_with(bench, bench->file.size, call, &result), 0, "%s", bench->error.message);
    cr_assert_eq(pm_transform(bench->recipe, bench->file.data, bench->file.size, NULL,
                              call != NULL ? call->secrets : NULL, &other, &size, &bench->error),
                 0);
    cr_assert_eq(result.size, size);
    cr_assert_arr_eq(result.data, other, size);
    free(other);
}

Test(api_context, has_the_same_results_in_every_call_and_after_a_failure)
{
    static const char *const recipes[] = {"resize=70x50/format=jpeg", "rotate=90/blur=2", "resize=300x",
                                          "format=webp/quality=60"};
    struct bench bench = bench_open("flip", 200, 150);
    for (size_t i = 0; i < 3 * sizeof recipes / sizeof *recipes; i++) {
        struct pm_blob none;
        pm_recipe_free(bench.recipe);
        bench.recipe = pm_recipe_parse(recipes[i % 4], &bench.error);
        expect_same(&bench, NULL);
        cr_expect_eq(call_with(&bench, bench.file.size / 2, NULL, &none), -1);
        cr_expect_eq(bench.error.kind, PM_ERROR_TRUNCATED);
        cr_expect(none.data == NULL && none.size == 0);
    }
    bench_close(&bench);
}

Test(api_context, with_secrets_has_the_same_results_and_plain_calls_follow)
{
    const struct pm_secrets secrets = {.has_encrypt = true, .encrypt = secret_for(1, 2, NULL)};
    const struct pm_call sealed = {.secrets = &secrets};
    struct bench bench = bench_open("resize=70x/encrypt", 200, 150);
    expect_same(&bench, &sealed);
    expect_same(&bench, &sealed);
    pm_recipe_free(bench.recipe);
    bench.recipe = pm_recipe_parse("resize=70x", &bench.error);
    expect_same(&bench, NULL);
    bench_close(&bench);
}

Test(api_context, has_the_call_s_limits)
{
    const struct pm_call small = {.limits = {.max_pixels = 100}}, less = {.limits = {.max_bytes = 500}};
    struct bench bench = bench_open("flip", 20, 15);
    struct pm_blob none;
    cr_expect_eq(call_with(&bench, bench.file.size, &small, &none), -1);
    cr_expect(bench.error.kind == PM_ERROR_LIMIT && bench.error.limit == 100 && bench.error.value == 300);
    cr_expect_eq(call_with(&bench, bench.file.size, &less, &none), -1);
    cr_expect_eq(bench.error.kind, PM_ERROR_LIMIT);
    expect_same(&bench, NULL);
    bench_close(&bench);
}

#ifndef PIXMILL_SANITIZED /* whose memory is their own */
static long faults_of_calls(struct bench *bench, unsigned calls)
{
    struct rusage before, after;
    struct pm_blob result;
    getrusage(RUSAGE_THREAD, &before);
    for (unsigned i = 0; i < calls; i++)
        cr_assert_eq(call_with(bench, bench->file.size, NULL, &result), 0, "%s", bench->error.message);
    getrusage(RUSAGE_THREAD, &after);
    return after.ru_minflt - before.ru_minflt;
}

/* The pictures of one call have 450 pages, which pm_transform faults in each time. */
Test(api_context, touches_no_new_pages_after_the_first_calls)
{
    struct bench bench = bench_open("rotate=90/blur=2/format=png", 700, 600);
    enum { CALLS = 10 };
    cr_expect_gt(faults_of_calls(&bench, 1), 300);
    faults_of_calls(&bench, 3);
    cr_expect_lt(faults_of_calls(&bench, CALLS), CALLS * 30);
    bench_close(&bench);
}
#endif

Test(api_context, stops_at_its_time_limit)
{
    const struct pm_call brief = {.timeout = 1e-9}, long_enough = {.timeout = 1e6};
    struct bench bench = bench_open("blur=3", 300, 200);
    struct pm_blob none;
    cr_expect_eq(call_with(&bench, bench.file.size, &brief, &none), -1);
    cr_expect_eq(bench.error.kind, PM_ERROR_TIMEOUT);
    cr_expect_eq(bench.error.hint, PM_HINT_MAX_TIME);
    expect_same(&bench, &long_enough);
    bench_close(&bench);
}

Test(api_context, does_not_begin_when_it_is_stopped_already)
{
    const atomic_bool stop = true;
    const struct pm_call call = {.stop = &stop};
    struct bench bench = bench_open("flip", 8, 8);
    struct pm_blob none;
    cr_expect_eq(call_with(&bench, bench.file.size, &call, &none), -1);
    cr_expect_eq(bench.error.kind, PM_ERROR_CANCELLED);
    bench_close(&bench);
}

static void set_stop(void *stop, const char *message)
{
    (void)message;
    atomic_store((atomic_bool *)stop, true);
}

/* The decoder warns that the file is cut; only then is the flag set, and the blur's first checkpoint sees it.
 */
Test(api_context, stops_half_way)
{
    atomic_bool stop = false;
    const struct pm_listener listener = {.warning = set_stop, .user = &stop};
    const struct pm_call call = {.listener = &listener, .stop = &stop};
    struct bench bench = bench_open("allow-truncated/blur=3", 300, 200);
    struct pm_blob none;
    cr_expect_eq(call_with(&bench, bench.file.size / 2, &call, &none), -1);
    cr_expect_eq(bench.error.kind, PM_ERROR_CANCELLED, "%s", bench.error.message);
    cr_expect(stop);
    expect_same(&bench, NULL);
    bench_close(&bench);
}

#ifndef PIXMILL_SANITIZED /* whose memory is not to be read */
/* How often bytes[size] is in this process's memory. */
static unsigned occurrences(const uint8_t *bytes, size_t size)
{
    unsigned count = 0;
    char line[512];
    unsigned long begin, end;
    FILE *maps = fopen("/proc/self/maps", "r");
    cr_assert_not_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        if (sscanf(line, "%lx-%lx rw", &begin, &end) != 2 || strstr(line, " rw") == NULL)
            continue;
        const uint8_t *at = (const uint8_t *)begin, *found;
        for (; (found = memmem(at, end - (unsigned long)at, bytes, size)) != NULL; at = found + 1)
            count++;
    }
    fclose(maps);
    return count;
}

/* A row of the picture is in the memory of a plain call, which shows that it would be found. */
Test(api_context, keeps_nothing_of_a_picture_that_it_encrypts)
{
    enum { SIZE = 60, ROW = 5 };
    const struct pm_secrets secrets = {.has_encrypt = true, .encrypt = secret_for(1, 2, NULL)};
    const struct pm_call sealed = {.secrets = &secrets};
    struct bench bench = bench_open("encrypt", 200, 150);
    struct pm_image image = picture(&bench.lent, 200, 150, PM_COLOR_RGB, false, 8);
    const uint8_t *row = plane_row(&image.plane[0], ROW);
    struct pm_blob result;
    const unsigned before = occurrences(row, SIZE);
    cr_assert_eq(call_with(&bench, bench.file.size, &sealed, &result), 0, "%s", bench.error.message);
    cr_expect_eq(occurrences(row, SIZE), before);
    pm_recipe_free(bench.recipe);
    bench.recipe = pm_recipe_parse("flip", &bench.error);
    cr_assert_eq(call_with(&bench, bench.file.size, NULL, &result), 0, "%s", bench.error.message);
    cr_expect_gt(occurrences(row, SIZE), before);
    bench_close(&bench);
}
#endif

static void *call_until_stopped(void *argument)
{
    struct bench *bench = argument;
    const struct pm_call call = {.stop = bench->lent.context.lender};
    struct pm_blob result;
    while (call_with(bench, bench->file.size, &call, &result) == 0)
        ;
    return NULL;
}

Test(api_context, of_each_thread_are_independent_and_another_thread_stops_both)
{
    atomic_bool stop = false;
    struct bench benches[2];
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        benches[i] = bench_open("resize=50x", 120, 90);
        benches[i].lent.context.lender = &stop;
        cr_assert_eq(pthread_create(&threads[i], NULL, call_until_stopped, &benches[i]), 0);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        cr_expect_eq(benches[i].error.kind, PM_ERROR_CANCELLED);
        bench_close(&benches[i]);
    }
}
