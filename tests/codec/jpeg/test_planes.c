/*
 * A JPEG decoded to planes: each component comes at the scale that its own plane needs, and no scan is read
 * that changes none of them.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/fixture.h"

/* The least n for which 1/h x 1/v of the picture at n/8 is what the request wants of chroma. */
static unsigned chroma_scale(const struct decode_request *request, int h, int v)
{
    const double least_x = (double)request->min_width / request->sampling_x,
                 least_y = (double)request->min_height / request->sampling_y;
    unsigned n = 1;
    while (n < 8 && (157 * n / 8.0 / h < least_x || 121 * n / 8.0 / v < least_y))
        n *= 2;
    return n;
}

/* Each at the scale that its own plane needs, be it larger or smaller than luma's. */
Test(jpeg_planes, planes_are_each_component_as_the_file_holds_it)
{
    static const struct {
        int h, v;
    } samplings[] = {{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}, {4, 2}, {3, 1}};
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned s = 0; s < 3 * sizeof samplings / sizeof *samplings; s++) {
        int h = samplings[s / 3].h, v = samplings[s / 3].v;
        struct jpeg_recipe recipe = {.width = 157,
                                     .height = 121,
                                     .in = JCS_RGB,
                                     .out = JCS_YCbCr,
                                     .h = h,
                                     .v = v,
                                     .progressive = s % 3 == 1,
                                     .scans = s % 3 == 2 ? jpeg_scans_apart : NULL,
                                     .nscans = s % 3 == 2 ? 3 : 0};
        struct buffer file = make_jpeg(&recipe);
        for (unsigned k = 0; k < 16; k++) {
            const unsigned n = 1u << k / 4, want_x = 1 + k % 2, want_y = 1 + k / 2 % 2;
            struct decode_request request = {157 * n / 8, 121 * n / 8, want_x, want_y, .planes = true};
            cr_assert_eq(fixture_decode(&fixture, &file, &request), 0, "%s", fixture.error.message);
            const struct pm_image *image = &fixture.image;
            cr_assert_eq(image->format.color, PM_COLOR_YCC);
            cr_assert_eq(image->nplanes, 3);
            cr_assert_eq(image->width, (157 * n + 7) / 8);
            cr_assert_eq(image->height, (121 * n + 7) / 8);
            for (int i = 0; i < 3; i++) {
                const struct pm_plane *plane = &image->plane[i];
                const unsigned scale = i > 0 ? chroma_scale(&request, h, v) : n;
                double extent_x = 157 * scale / 8.0 / (i > 0 ? h : 1);
                double extent_y = 121 * scale / 8.0 / (i > 0 ? v : 1);
                cr_assert_float_eq(plane->frame.extent_x, extent_x, 1e-9);
                cr_assert_float_eq(plane->frame.extent_y, extent_y, 1e-9);
                cr_assert_eq(plane->width, (uint32_t)ceil(extent_x));
                cr_assert_eq(plane->height, (uint32_t)ceil(extent_y));
                uint32_t width, height;
                uint8_t *expected = plain_plane(&file, i, scale, &width, &height);
                cr_assert_geq(width, plane->width);
                cr_assert_geq(height, plane->height);
                fixture_assert_rows(plane, expected, width, "plane");
                free(expected);
            }
        }
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* What of a plane is picture when it is decoded in full. */
static struct pm_frame full_extent(uint32_t width, uint32_t height, const struct jpeg_factors factors[3],
                                   unsigned i)
{
    int h = 1, v = 1;
    for (unsigned k = 0; k < 3; k++) {
        h = factors[k].h > h ? factors[k].h : h;
        v = factors[k].v > v ? factors[k].v : v;
    }
    return (struct pm_frame){.extent_x = (double)width * factors[i].h / h,
                             .extent_y = (double)height * factors[i].v / v};
}

static void expect_fine_enough(const struct pm_plane *plane, const struct decode_request *request,
                               struct pm_frame full)
{
    const double coarsest = 2; /* a quarter of the rows but all columns: twice the scale is what fits */
    const bool whole = fabs(plane->frame.extent_x - full.extent_x) < 1e-9;
    cr_expect(whole || (plane->frame.extent_x * coarsest >= request->min_width &&
                        plane->frame.extent_y * coarsest >= request->min_height),
              "%g x %g of %g x %g for %u x %u", plane->frame.extent_x, plane->frame.extent_y, full.extent_x,
              full.extent_y, request->min_width, request->min_height);
}

/* Sampling factors that a header's whole ratios do not describe: a plane may be as fine as its forecast
 * allows, and is never coarser than what its share rounded down would need. */
Test(jpeg_planes, odd_factors_are_scaled_within_the_forecast)
{
    static const struct jpeg_factors odd[][3] = {
        {{3, 1}, {2, 1}, {2, 1}}, {{1, 3}, {1, 2}, {1, 2}}, {{3, 2}, {2, 1}, {1, 1}},
        {{2, 2}, {1, 1}, {2, 2}}, {{4, 1}, {4, 1}, {1, 1}}, {{1, 4}, {1, 4}, {1, 1}},
        {{1, 1}, {2, 2}, {2, 2}}, {{1, 1}, {1, 2}, {4, 1}},
    };
    static const struct {
        uint32_t width, height;
    } sizes[] = {{157, 121}, {3001, 9}, {9, 3001}};
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned k = 0; k < sizeof odd / sizeof *odd * 3 * 8; k++) {
        const struct jpeg_factors *factors = odd[k / 24];
        const uint32_t width = sizes[k / 8 % 3].width, height = sizes[k / 8 % 3].height, n = 1u << k % 4;
        struct buffer file = make_jpeg_of_planes(width, height, factors);
        struct decode_request request = {
            .min_width = (width * n + 7) / 8, .min_height = (height * n + 7) / 8, .planes = k & 4};
        struct pm_info info;
        cr_assert_eq(fixture_probe(&fixture, &file, &info), 0, "%s", fixture.error.message);
        arena_free(&fixture.arena);
        cr_assert_eq(fixture_decode(&fixture, &file, &request), 0, "%s", fixture.error.message);
        cr_expect_leq(fixture.arena.peak, codec_jpeg.decode_bytes(&info, &request), "case %u", k);
        for (unsigned i = 0; i < 3 && request.planes; i++)
            expect_fine_enough(&fixture.image.plane[i], &request, full_extent(width, height, factors, i));
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* Chroma planes of different sizes: the coarser one, at four times the scale, would take four times what was
 * forecast for it. */
Test(jpeg_planes, odd_factors_take_no_more_memory_than_was_forecast)
{
    static const struct jpeg_factors odd[][3] = {{{4, 1}, {4, 1}, {1, 1}}, {{1, 4}, {1, 4}, {1, 1}}};
    enum { WIDTH = 2400, HEIGHT = 1600 };
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned k = 0; k < sizeof odd / sizeof *odd; k++) {
        struct buffer file = make_jpeg_of_planes(WIDTH, HEIGHT, odd[k]);
        struct decode_request request = {WIDTH / 4, HEIGHT / 4, .planes = true};
        struct pm_info info;
        cr_assert_eq(fixture_probe(&fixture, &file, &info), 0, "%s", fixture.error.message);
        arena_free(&fixture.arena);
        cr_assert_eq(fixture_decode(&fixture, &file, &request), 0, "%s", fixture.error.message);
        cr_expect_leq(fixture.arena.peak, codec_jpeg.decode_bytes(&info, &request), "case %u", k);
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

static const struct jpeg_recipe progressive = {
    .width = 49, .height = 40, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 1, .progressive = true};

/* Overwrites the progressive file's AC scans, those of one component (or, with 0, of all), with bytes that
 * are no codes. */
static void spoil_ac_scans(struct buffer *file, unsigned component)
{
    unsigned spoilt = 0;
    for (size_t i = 2; i + 10 < file->size; i++) {
        if (file->data[i] != 0xFF || file->data[i + 1] != 0xDA || file->data[i + 4] != 1 ||
            file->data[i + 7] == 0 || (component != 0 && file->data[i + 5] != component))
            continue;
        spoilt++;
        for (i += 10; i + 1 < file->size && (file->data[i] != 0xFF || file->data[i + 1] == 0); i++)
            file->data[i] = file->data[i] == 0xFF ? 0xFE : 0xAA;
        i--;
    }
    cr_assert_geq(spoilt, component != 0 ? 1 : 3);
}

Test(jpeg_planes, at_one_eighth_the_ac_scans_are_not_even_read)
{
    struct fixture fixture;
    fixture_open(&fixture);
    struct decode_request eighth = {6, 5, .sampling_x = 2, .sampling_y = 2, .planes = true};
    struct buffer file = make_jpeg(&progressive);
    uint32_t width, height;
    uint8_t *expected = plain_plane(&file, 0, 1, &width, &height);
    spoil_ac_scans(&file, 0);
    cr_assert_eq(fixture_decode(&fixture, &file, &eighth), 0, "%s", fixture.error.message);
    cr_assert_eq(fixture.warnings, 0);
    for (uint32_t y = 0; y < height; y++)
        cr_assert_arr_eq(plane_row(&fixture.image.plane[0], y), expected + (size_t)y * width, width);
    fixture_decode(&fixture, &file, &(struct decode_request){.planes = true});
    cr_assert(fixture.warnings > 0 || fixture.error.kind != PM_OK, "at full size the damage shows");
    free(expected);
    buffer_free(&file);
    fixture_close(&fixture);
}

/* Chroma that is to be as large as luma comes at 2/8 of its own size, for which it needs its AC scans. */
Test(jpeg_planes, at_one_eighth_the_ac_scans_of_luma_alone_are_not_read)
{
    enum { LUMA = 1, CB = 2 };
    struct fixture fixture;
    fixture_open(&fixture);
    struct decode_request request = {.min_width = 6, .min_height = 5, .planes = true};
    struct buffer file = make_jpeg(&progressive);
    uint32_t width, height;
    uint8_t *luma = plain_plane(&file, 0, 1, &width, &height);
    spoil_ac_scans(&file, LUMA);
    cr_assert_eq(fixture_decode(&fixture, &file, &request), 0, "%s", fixture.error.message);
    cr_assert_eq(fixture.warnings, 0);
    for (uint32_t y = 0; y < height; y++)
        cr_assert_arr_eq(plane_row(&fixture.image.plane[0], y), luma + (size_t)y * width, width);
    free(luma);
    buffer_free(&file);

    file = make_jpeg(&progressive);
    uint8_t *chroma = plain_plane(&file, 1, 2, &width, &height);
    cr_assert_eq(fixture_decode(&fixture, &file, &request), 0, "%s", fixture.error.message);
    for (uint32_t y = 0; y < height; y++)
        cr_assert_arr_eq(plane_row(&fixture.image.plane[1], y), chroma + (size_t)y * width, width);
    spoil_ac_scans(&file, CB);
    fixture_decode(&fixture, &file, &request);
    cr_assert(fixture.warnings > 0 || fixture.error.kind != PM_OK, "the damage to chroma shows");
    free(chroma);
    buffer_free(&file);
    fixture_close(&fixture);
}
