/* Settings that depend on the machine: running jobs, kept results and the process itself must fit into its
 * memory. */
#include <criterion/criterion.h>

#include "batch/settings.h"

enum { MIB = 1 << 20, KEEPERS = 4 /* each up to keep_bytes: workers, malloc's heap, inputs, results */ };

static struct settings complete(uint64_t memory, unsigned workers, uint64_t available)
{
    struct settings settings;
    settings_init(&settings);
    settings.engine.memory = memory;
    settings_complete(&settings, workers, available);
    return settings;
}

Test(settings, the_largest_image_and_all_that_is_kept_fit_into_a_small_container)
{
    static const uint64_t budgets[] = {0, 1 * MIB, 8 * MIB, 32 * MIB, 1024 * MIB};
    for (uint64_t available = 8 * MIB; available <= 64 * MIB; available += 2 * MIB) {
        for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
            const struct settings settings = complete(budgets[i], 2, available);
            const uint64_t kept = KEEPERS * settings.engine.keep_bytes;
            cr_assert_leq(settings.backend.max_bytes + kept + 5 * MIB, available);
            cr_assert_leq(settings.engine.memory, settings.backend.max_bytes);
            cr_assert_leq(2 * settings.backend.keep_bytes, settings.engine.keep_bytes);
            cr_assert_gt(settings.backend.max_bytes, 0);
        }
    }
}

Test(settings, a_budget_that_fits_is_taken_as_it_is)
{
    cr_assert_eq(complete(256 * MIB, 2, (uint64_t)1024 * MIB).engine.memory, 256 * MIB);
    cr_assert_eq(complete(0, 2, (uint64_t)1024 * MIB).engine.memory, 256 * MIB);
}

Test(settings, with_less_than_the_process_needs_no_image_fits)
{
    const struct settings settings = complete(8 * MIB, 2, 2 * MIB);
    cr_assert_eq(settings.backend.max_bytes, 0);
    cr_assert_eq(settings.engine.memory, 0);
}

/* Memory that the workers use all the time is not available for anything else. */
Test(settings, reserved_memory_is_taken_from_the_budget_and_from_each_image)
{
    struct settings settings = complete(256 * MIB, 2, (uint64_t)1024 * MIB);
    const uint64_t max_bytes = settings.backend.max_bytes;
    settings_reserve(&settings, 6 * MIB);
    cr_expect_eq(settings.engine.memory, 250u * MIB);
    cr_expect_eq(settings.backend.max_bytes, max_bytes - 6 * MIB);
    settings_reserve(&settings, 251 * MIB); /* one image at a time is still possible */
    cr_expect_eq(settings.engine.memory, 1u);
    cr_expect_eq(settings.backend.max_bytes, max_bytes - 257 * MIB);
    settings_reserve(&settings, max_bytes);
    cr_expect_eq(settings.engine.memory, 0u);
    cr_expect_eq(settings.backend.max_bytes, 0u);
}
