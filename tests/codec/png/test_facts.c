/* The small chunks: values survive reading and writing, and invalid ones change nothing. */
#include <criterion/criterion.h>
#include <string.h>

#include "codec/png/facts.h"

static const struct {
    uint32_t type;
    uint8_t data[PNG_FACT_MAX];
    size_t size;
} cases[] = {
    {TYPE_GAMA, {0, 0, 0xb1, 0x8f}, 4},
    {TYPE_CHRM, {0, 0, 1, 2, [15] = 7, [31] = 9}, 32},
    {TYPE_SRGB, {3}, 1},
    {TYPE_PHYS, {0, 0, 1, 2, 0, 0, 3, 4, 1}, 9},
    {TYPE_CICP, {9, 16, 0, 1}, 4},
    {TYPE_MDCV, {1, 2, 3, [23] = 4}, 24},
    {TYPE_CLLI, {5, [7] = 6}, 8},
};

Test(png_facts, are_written_as_they_were_read)
{
    struct pm_metadata meta = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct png_fact *fact = png_fact_find(cases[i].type);
        uint8_t data[PNG_FACT_MAX];
        cr_assert_eq(png_fact_write(fact, &meta, data), 0, "%zu", i);
        cr_assert(png_fact_read(fact, cases[i].data, cases[i].size, &meta), "%zu", i);
        cr_assert(png_fact_known(fact, &meta));
        cr_assert_eq(png_fact_write(fact, &meta, data), cases[i].size);
        cr_assert_arr_eq(data, cases[i].data, cases[i].size, "%zu", i);
    }
    cr_assert(meta.gamma == 0.45455 && meta.chromaticities[0] == 0x102 / 1e5 &&
              meta.chromaticities[7] == 9 / 1e5);
    cr_assert(meta.density_x == 0x102 && meta.density_y == 0x304 && meta.density_unit == 1);
    cr_assert(meta.srgb_intent == 3 && meta.cicp[1] == 16 && meta.mastering[23] == 4 && meta.light[7] == 6);
    cr_assert_null(png_fact_find(TYPE_ICCP));
}

Test(png_facts, impossible_ones_change_nothing)
{
    static const struct {
        uint32_t type;
        uint8_t data[PNG_FACT_MAX];
        size_t size;
    } wrong[] = {
        {TYPE_GAMA, {0}, 4},       {TYPE_GAMA, {0x80}, 4},    {TYPE_SRGB, {4}, 1},
        {TYPE_PHYS, {[8] = 2}, 9}, {TYPE_CICP, {[3] = 2}, 4},
    };
    const struct pm_metadata none = {0};
    struct pm_metadata meta = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect_not(png_fact_read(png_fact_find(wrong[i].type), wrong[i].data, wrong[i].size, &meta), "%zu",
                      i);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t size = 0; size <= PNG_FACT_MAX; size++) {
            if (size != cases[i].size)
                cr_expect_not(png_fact_read(png_fact_find(cases[i].type), cases[i].data, size, &meta));
        }
    }
    cr_assert_eq(memcmp(&meta, &none, sizeof meta), 0);
}

/* The metadata stores them as doubles, but every number of a file survives. */
Test(png_facts, every_number_of_a_colour_comes_back)
{
    const struct png_fact *chromaticities = png_fact_find(TYPE_CHRM);
    for (uint64_t number = 0; number <= UINT32_MAX; number += 8 * 4093) {
        struct pm_metadata meta = {0};
        uint8_t data[PNG_FACT_MAX], again[PNG_FACT_MAX];
        for (unsigned i = 0; i < 8; i++)
            png_put_be32(data + 4 * i, (uint32_t)(number + i * 4093));
        cr_assert(png_fact_read(chromaticities, data, sizeof data, &meta));
        cr_assert_eq(png_fact_write(chromaticities, &meta, again), sizeof again);
        cr_assert_arr_eq(data, again, sizeof data, "%llu", (unsigned long long)number);
    }
}
