#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch/shard.h"

static const char *const variables[] = {"SLURM_ARRAY_TASK_ID",  "AWS_BATCH_JOB_ARRAY_INDEX",
                                        "JOB_COMPLETION_INDEX", "SGE_TASK_ID",
                                        "PBS_ARRAY_INDEX",      "OMPI_COMM_WORLD_RANK"};

static void clear(void)
{
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
}

TestSuite(shard, .init = clear);

static unsigned only_shard_of(const char *path, unsigned count)
{
    unsigned found = count;
    for (unsigned i = 0; i < count; i++) {
        if (!shard_has(&(struct shard){.index = i, .count = count}, path))
            continue;
        cr_assert_eq(found, count, "%s is in two shards", path);
        found = i;
    }
    cr_assert_lt(found, count, "%s is in no shard", path);
    return found;
}

Test(shard, each_path_is_in_one_and_all_are_about_as_large)
{
    enum { COUNT = 7, PATHS = 7000 };
    unsigned sizes[COUNT] = {0};
    for (int i = 0; i < PATHS; i++) {
        char path[64];
        snprintf(path, sizeof path, "2024/%02d/IMG_%04d.jpg", i % 12, i);
        sizes[only_shard_of(path, COUNT)]++;
    }
    for (unsigned i = 0; i < COUNT; i++)
        cr_expect(sizes[i] > 850 && sizes[i] < 1150, "%u: %u", i, sizes[i]);
}

/* Inputs with one result, a.jpg and a.png with --format=webp, meet. */
Test(shard, suffixes_make_no_difference)
{
    for (int i = 0; i < 200; i++) {
        char jpeg[64], png[64], none[64];
        snprintf(jpeg, sizeof jpeg, "b.c/%d.jpg", i);
        snprintf(png, sizeof png, "b.c/%d.PNG", i);
        snprintf(none, sizeof none, "b.c/%d", i);
        cr_assert_eq(only_shard_of(jpeg, 1000), only_shard_of(png, 1000));
        cr_assert_eq(only_shard_of(jpeg, 1000), only_shard_of(none, 1000));
    }
    cr_assert_neq(only_shard_of(".a", 1000), only_shard_of(".b", 1000));
}

/* The input photo.v2 has the result photo.v2.webp, as the input photo.v2.jpg has. */
Test(shard, a_suffix_that_is_no_image_s_is_kept)
{
    for (int i = 0; i < 200; i++) {
        char input[64], result[64], other[64];
        snprintf(input, sizeof input, "photo%d.v2", i);
        snprintf(result, sizeof result, "photo%d.v2.webp", i);
        snprintf(other, sizeof other, "photo%d.v2.jpg", i);
        cr_assert_eq(only_shard_of(input, 1000), only_shard_of(result, 1000));
        cr_assert_eq(only_shard_of(input, 1000), only_shard_of(other, 1000));
    }
}

/* Other versions and machines must find the same shards: these are of FNV-1a and splitmix64, computed with
 * Python's integers. */
Test(shard, is_the_same_everywhere)
{
    cr_expect_eq(only_shard_of("a.jpg", 1000), 10);
    cr_expect_eq(only_shard_of("2024/07/IMG_0001.jpg", 1000000), 559698);
    cr_expect_eq(only_shard_of("a.jpg", 1), 0);
}

Test(shard, reads_its_argument)
{
    static const char *const wrong[] = {"",     "1",         "/",    "1/",   "/3",     "3/3", "0/0",
                                        "-1/3", "0/1000001", "1/3x", "auto", "auto/0", "x/3", "1 /3"};
    struct pm_error error = {0};
    struct shard shard;
    cr_assert_eq(shard_parse("2/3", &shard, &error), 0);
    cr_assert(shard.index == 2 && shard.count == 3 && shard.source == NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        error = (struct pm_error){0};
        cr_expect_eq(shard_parse(wrong[i], &shard, &error), -1, "%s", wrong[i]);
        cr_expect_neq(error.message[0], '\0', "%s", wrong[i]);
    }
}

Test(shard, finds_its_index_in_the_environment)
{
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        struct pm_error error = {0};
        struct shard shard;
        cr_assert_eq(shard_parse("auto/9", &shard, &error), -1, "nothing is set");
        error = (struct pm_error){0};
        setenv(variables[i], "5", 1);
        cr_assert_eq(shard_parse("auto/9", &shard, &error), 0, "%s", error.message);
        cr_assert_eq(shard.index, strcmp(variables[i], "SGE_TASK_ID") == 0 ? 4 : 5);
        cr_assert_str_eq(shard.source, variables[i]);
        cr_assert_eq(shard_parse("auto/4", &shard, &error), -1, "there is no shard 4");
        error = (struct pm_error){0};
        setenv(variables[i], "many", 1);
        cr_assert_eq(shard_parse("auto/9", &shard, &error), -1);
        unsetenv(variables[i]);
    }
}

Test(shard, variables_that_differ_are_refused)
{
    struct pm_error error = {0};
    struct shard shard;
    setenv("SLURM_ARRAY_TASK_ID", "2", 1);
    setenv("SGE_TASK_ID", "3", 1); /* the same, counted from 1 */
    setenv("PBS_ARRAY_INDEX", "", 1);
    cr_assert_eq(shard_parse("auto/9", &shard, &error), 0, "%s", error.message);
    setenv("SGE_TASK_ID", "undefined", 1);
    cr_assert_eq(shard_parse("auto/9", &shard, &error), 0, "%s", error.message);
    setenv("OMPI_COMM_WORLD_RANK", "0", 1);
    cr_assert_eq(shard_parse("auto/9", &shard, &error), -1);
    cr_assert_neq(strstr(error.message, "SLURM_ARRAY_TASK_ID says shard 2, OMPI_COMM_WORLD_RANK says 0"),
                  NULL, "%s", error.message);
}
