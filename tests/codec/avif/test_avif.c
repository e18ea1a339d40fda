/* AVIF files as pixmill writes and reads them; those of libavif's tools are in test_avif_peers.c. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/avif/avif.h"
#include "codec/avif/avifs.h"
#include "codec/avif/options.h"
#include "codec/jpeg/options.h"
#include "codec/options.h"
#include "codec/part.h"
#include "codec/peak.h"
#include "image/convert.h"
#include "pictures.h"

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(&codec_avif, &error) != 0)
        cr_skip_test("%s", error.message);
}

TestSuite(avif, .init = begin);

/* --- pixels ------------------------------------------------------------------------------------------ */

Test(avif, lossless_is_exact_under_transparent_pixels_too)
{
    static const enum pm_color colors[] = {PM_COLOR_GRAY, PM_COLOR_RGB};
    struct lent lent;
    lent_init(&lent);
    struct avif_options options = avif_defaults();
    options.lossless = true;
    for (int i = 0; i < 4; i++) {
        struct pm_image image = picture(&lent, 61, 37, colors[i % 2], i >= 2, 8);
        struct buffer file = avif_of(&lent, &image, &options);
        const struct pm_image back = avif_image_of(&lent, &file, false);
        cr_expect_eq(avif_info(&file).width, 61u);
        cr_expect_eq(avif_difference(&image, &back), 0, "%d", i);
        buffer_free(&file);
    }
    lent_free(&lent);
}

/* Each row of accepts[], at odd sizes. Planes come back in their own sampling, matrix and range. */
Test(avif, what_it_accepts_comes_back_near_and_in_its_own_format)
{
    struct lent lent;
    lent_init(&lent);
    for (int subsampling = SUBSAMPLING_420; subsampling <= SUBSAMPLING_444; subsampling++) {
        struct avif_options options = avif_defaults();
        options.quality = 90;
        options.subsampling = subsampling;
        for (const struct pm_pixel_format *f = avif_accepts(&options); f->depth != 0; f++) {
            const bool alpha = f->alpha != PM_ALPHA_NONE, planes = f->color == PM_COLOR_YCC;
            struct pm_image image = planes ? picture_ycc(&lent, 101, 67, f->sampling_x, f->sampling_y)
                                           : avif_gradient(&lent, 101, 67, f->color, alpha, f->depth);
            for (unsigned i = 0; planes && i < 3; i++)
                image.plane[i] = image.plane[i].width == 101 && image.plane[i].height == 67
                                     ? avif_gradient(&lent, 101, 67, PM_COLOR_GRAY, false, 8).plane[0]
                                     : (struct pm_plane){.frame = image.plane[i].frame,
                                                         .data = avif_gradient(&lent, image.plane[i].width,
                                                                               image.plane[i].height,
                                                                               PM_COLOR_GRAY, false, 8)
                                                                     .plane[0]
                                                                     .data,
                                                         .stride = image.plane[i].stride,
                                                         .width = image.plane[i].width,
                                                         .height = image.plane[i].height,
                                                         .channels = 1};
            if (planes && alpha)
                image.plane[image.nplanes++] =
                    avif_gradient(&lent, 101, 67, PM_COLOR_GRAY, false, 8).plane[0];
            image.format = *f;
            struct buffer file = avif_of(&lent, &image, &options);
            const struct pm_info info = avif_info(&file);
            cr_expect_eq(info.depth, f->depth == 16 ? 10u : 8u);
            if (planes)
                cr_expect(pixels_equal(&info.pixels, f));
            const struct pm_image back = avif_image_of(&lent, &file, true);
            if (planes || f->color == PM_COLOR_GRAY || (f->depth == 16)) {
                cr_expect_leq(avif_difference(&image, &back), 10, "matrix %d, %u bits", f->matrix, f->depth);
            } else {
                const struct pm_image rgb = avif_image_of(&lent, &file, false);
                cr_expect_leq(avif_difference(&image, &rgb), 10, "%u bits, alpha %d", f->depth, alpha);
            }
            buffer_free(&file);
            arena_reset(&lent.arena);
        }
    }
    lent_free(&lent);
}

Test(avif, twelve_bits_are_nearer_than_ten_and_ten_than_eight)
{
    struct lent lent;
    double apart[3];
    lent_init(&lent);
    struct pm_image image = picture(&lent, 64, 64, PM_COLOR_RGB, true, 16);
    for (int i = 0; i < 3; i++) {
        struct avif_options options = avif_defaults();
        options.lossless = true;
        options.depth = 8 + 2 * i;
        struct pm_image in = image;
        if (options.depth == 8) {
            const struct convert_goal goal = {.format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8)};
            cr_assert_eq(image_to_8bit(&image, &goal, &in, &lent.context), 0);
        }
        struct buffer file = avif_of(&lent, &in, &options);
        const struct pm_image back = avif_image_of(&lent, &file, false);
        cr_expect_eq(avif_info(&file).depth, (unsigned)options.depth);
        apart[i] = avif_difference(&in, &back);
        buffer_free(&file);
    }
    cr_expect_eq(apart[0], 0);
    cr_expect_leq(apart[1], 33.0 / 257);
    cr_expect_leq(apart[2], 9.0 / 257);
    lent_free(&lent);
}

Test(avif, options_change_the_file_as_they_say)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 96, 96, PM_COLOR_RGB, true, 8);
    struct avif_options all[6];
    size_t sizes[6];
    for (int i = 0; i < 6; i++)
        all[i] = avif_defaults();
    all[1].quality = 20;
    all[2].alpha_quality = 10;
    all[3].subsampling = SUBSAMPLING_444;
    all[4].lossless = true;
    all[5].effort = 5;
    for (int i = 0; i < 6; i++) {
        struct buffer file = avif_of(&lent, &image, &all[i]);
        sizes[i] = file.size;
        buffer_free(&file);
    }
    cr_expect_lt(sizes[1], sizes[0], "quality");
    cr_expect_lt(sizes[2], sizes[0], "alpha-quality");
    cr_expect_gt(sizes[3], sizes[0], "subsampling");
    cr_expect_gt(sizes[4], sizes[3], "lossless");
    cr_expect_neq(sizes[5], sizes[0], "effort");
    lent_free(&lent);
}

/* Without in-loop filters, for a reduction to half: the picture differs only slightly. */
Test(avif, filters_are_left_out_for_a_small_result_only)
{
    struct lent lent;
    lent_init(&lent);
    struct avif_options options = avif_defaults();
    options.quality = 30;
    struct pm_image image = avif_gradient(&lent, 256, 256, PM_COLOR_RGB, false, 8);
    struct buffer file = avif_of(&lent, &image, &options);
    const struct pm_image whole = avif_image_of(&lent, &file, true);
    struct pm_image same = {0}, small = {0};
    struct decode_request request = {.planes = true, .min_width = 200, .min_height = 200};
    cr_assert_eq(avif_decode(&lent, &file, &request, &same), 0);
    cr_expect_eq(avif_difference(&whole, &same), 0);
    request.min_width = request.min_height = 190;
    cr_assert_eq(avif_decode(&lent, &file, &request, &small), 0);
    cr_expect_gt(avif_difference(&whole, &small), 0);
    cr_expect_leq(avif_difference(&whole, &small), 24);
    buffer_free(&file);
    lent_free(&lent);
}

/* --- metadata ---------------------------------------------------------------------------------------- */

Test(avif, metadata_and_colours_come_back)
{
    static const uint8_t icc[] = "a profile", exif[] = "II*\0\x08\0\0\0\0\0\0\0\0\0", xmp[] = "<x:xmpmeta/>";
    static const uint8_t p3[4] = {12, 13, 0, 1};
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = avif_defaults();
    struct pm_image image = avif_gradient(&lent, 32, 24, PM_COLOR_RGB, true, 8);
    image.meta.exif = (struct pm_blob){exif, sizeof exif};
    image.meta.xmp = (struct pm_blob){xmp, sizeof xmp - 1};
    image.meta.has_cicp = true;
    memcpy(image.meta.cicp, p3, sizeof p3);
    struct buffer file = avif_of(&lent, &image, &options);
    struct pm_image back = avif_image_of(&lent, &file, false);
    cr_assert_eq(back.meta.exif.size, sizeof exif);
    cr_expect_arr_eq(back.meta.exif.data, exif, sizeof exif);
    cr_assert_eq(back.meta.xmp.size, sizeof xmp - 1);
    cr_expect_arr_eq(back.meta.xmp.data, xmp, sizeof xmp - 1);
    cr_expect(back.meta.has_cicp);
    cr_expect_arr_eq(back.meta.cicp, p3, sizeof p3);
    const struct decode_request without = {.keep = 0};
    cr_assert_eq(avif_decode(&lent, &file, &without, &back), 0);
    cr_expect_eq(back.meta.exif.size + back.meta.xmp.size, 0u);
    buffer_free(&file);
    image.meta.icc = (struct pm_blob){icc, sizeof icc};
    image.meta.has_cicp = false;
    file = avif_of(&lent, &image, &options);
    back = avif_image_of(&lent, &file, false);
    cr_assert_eq(back.meta.icc.size, sizeof icc);
    cr_expect_arr_eq(back.meta.icc.data, icc, sizeof icc);
    cr_expect_not(back.meta.has_cicp, "the profile counts");
    cr_expect_eq(avif_info(&file).icc_size, sizeof icc);
    buffer_free(&file);
    lent_free(&lent);
}

/* Primaries of P3, white D65, 1000 and 0.0001 cd/m2; the box has green, blue and red in this order. Levels
 * are whole cd/m2, but not 0, which means unknown. */
Test(avif, light_levels_come_back)
{
    static const uint8_t red[4] = {0x84, 0xd0, 0x3e, 0x80}, green[4] = {0x33, 0xc2, 0x86, 0xc4},
                         rest[16] = {0x1d, 0x4c, 0x0b, 0xb8, 0x3d, 0x13, 0x40, 0x42,
                                     0,    0x98, 0x96, 0x80, 0,    0,    0,    1};
    static const uint32_t levels[][2] = {
        {8009999, 801}, {10004999, 1000}, {3999999999, 655349999}, {0, 4999}};
    static const uint16_t written[][2] = {{801, 1}, {1000, 1}, {65535, 65535}, {0, 1}};
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = avif_defaults();
    struct pm_image image = avif_gradient(&lent, 32, 24, PM_COLOR_RGB, true, 8);
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        image.meta.has_mastering = image.meta.has_light = true;
        memcpy(image.meta.mastering, red, sizeof red);
        memcpy(image.meta.mastering + 4, green, sizeof green);
        memcpy(image.meta.mastering + 8, rest, sizeof rest);
        for (int k = 0; k < 2; k++)
            put_be32(image.meta.light + 4 * k, levels[i][k]);
        struct buffer file = avif_of(&lent, &image, &options);
        const uint8_t *box = memmem(file.data, file.size, "mdcv", 4);
        cr_assert_not_null(box);
        cr_expect_eq(get_be32(box - 4), 32u);
        cr_expect_arr_eq(box + 4, green, sizeof green);
        cr_expect_arr_eq(box + 12, red, sizeof red);
        cr_expect(avif_info(&file).has_mastering && avif_info(&file).has_light);
        const struct pm_metadata back = avif_image_of(&lent, &file, false).meta;
        cr_expect(back.has_mastering && back.has_light);
        cr_expect_arr_eq(back.mastering, image.meta.mastering, sizeof back.mastering);
        for (int k = 0; k < 2; k++)
            cr_expect_eq(get_be32(back.light + 4 * k), 10000u * written[i][k], "%zu", i);
        buffer_free(&file);
    }
    image.meta.has_mastering = image.meta.has_light = false;
    struct buffer file = avif_of(&lent, &image, &options);
    cr_expect(memmem(file.data, file.size, "mdcv", 4) == NULL &&
              memmem(file.data, file.size, "clli", 4) == NULL);
    buffer_free(&file);
    lent_free(&lent);
}

/* libaom 3.6 refuses them in the bitstream. */
Test(avif, colour_codes_that_are_reserved_come_back)
{
    static const uint8_t reserved[][4] = {{33, 13, 0, 1}, {1, 200, 0, 1}, {0, 3, 0, 1}};
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = avif_defaults();
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        struct pm_image image = avif_gradient(&lent, 32, 24, PM_COLOR_RGB, true, 8);
        image.meta.has_cicp = true;
        memcpy(image.meta.cicp, reserved[i], sizeof reserved[i]);
        struct buffer file = avif_of(&lent, &image, &options);
        const struct pm_image back = avif_image_of(&lent, &file, false);
        cr_expect(back.meta.has_cicp);
        cr_expect_arr_eq(back.meta.cicp, reserved[i], sizeof reserved[i]);
        buffer_free(&file);
    }
    lent_free(&lent);
}

Test(avif, an_orientation_that_is_kept_comes_back)
{
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = avif_defaults();
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        struct pm_image image = avif_gradient(&lent, 24, 16, PM_COLOR_RGB, true, 8);
        image.orientation = orientation;
        struct buffer file = avif_of(&lent, &image, &options);
        cr_expect_eq(avif_info(&file).orientation, orientation);
        cr_expect_eq(avif_image_of(&lent, &file, false).orientation, orientation);
        buffer_free(&file);
    }
    lent_free(&lent);
}
