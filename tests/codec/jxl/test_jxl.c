/* JPEG XL files as pixmill writes and reads them; those of libjxl's tools are in test_peers.c. */
#include "codec/jxl/jxls.h"
#include "color/matrix_profile.h"
#include "color/target.h"

TestSuite(jxl, .init = need_jxl);

/* --- pixels ------------------------------------------------------------------------------------------ */

Test(jxl, lossless_is_exact_under_transparent_pixels_too)
{
    static const enum pm_color colors[] = {PM_COLOR_GRAY, PM_COLOR_RGB};
    struct lent lent;
    lent_init(&lent);
    struct jxl_options options = jxl_defaults();
    options.lossless = true;
    for (int i = 0; i < 8; i++) {
        options.effort = i % 3 * 2;
        struct pm_image image = picture(&lent, 301, 37, colors[i % 2], i % 4 >= 2, i >= 4 ? 16 : 8);
        struct buffer file = jxl_of(&lent, &image, &options);
        const struct pm_image back = jxl_image_of(&lent, &file);
        const struct pm_info info = jxl_info_of(&file);
        cr_expect_eq(info.width, 301u);
        cr_expect_eq(info.height, 37u);
        cr_expect_eq(info.depth, i >= 4 ? 16u : 8u);
        cr_expect(pixels_equal(&info.pixels, &image.format));
        cr_expect_eq(jxl_difference(&image, &back), 0, "%d", i);
        buffer_free(&file);
    }
    lent_free(&lent);
}

/* Each row of accepts[], at odd sizes. */
Test(jxl, what_it_accepts_comes_back_near_and_in_its_own_format)
{
    struct lent lent;
    lent_init(&lent);
    struct jxl_options options = jxl_defaults();
    options.quality = 95;
    for (const struct pm_pixel_format *f = jxl_accepts(&options); f->depth != 0; f++) {
        const bool alpha = f->alpha != PM_ALPHA_NONE;
        struct pm_image image = jxl_gradient(&lent, 101, 67, f->color, alpha, f->depth);
        struct buffer file = jxl_of(&lent, &image, &options);
        const struct pm_image back = jxl_image_of(&lent, &file);
        cr_expect_leq(jxl_difference(&image, &back), 6, "%u bits, alpha %d", f->depth, alpha);
        buffer_free(&file);
    }
    lent_free(&lent);
}

/* Rows with gaps of another size than libjxl's are copied. */
Test(jxl, rows_may_have_any_stride)
{
    struct lent lent;
    lent_init(&lent);
    struct jxl_options options = jxl_defaults();
    options.lossless = true;
    struct pm_image image = picture(&lent, 100, 40, PM_COLOR_RGB, false, 8), part = image;
    part.width = part.plane[0].width = 31;
    part.plane[0].frame.extent_x = 31;
    struct buffer file = jxl_of(&lent, &part, &options);
    const struct pm_image back = jxl_image_of(&lent, &file);
    cr_expect_eq(jxl_difference(&part, &back), 0);
    buffer_free(&file);
    lent_free(&lent);
}

Test(jxl, bits_of_a_sample_are_those_asked_for)
{
    static const int depths[] = {10, 12, 16, CODEC_BITDEPTH_AUTO};
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 64, 64, PM_COLOR_RGB, true, 16);
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        struct jxl_options options = jxl_defaults();
        options.lossless = true;
        options.depth = depths[i];
        struct buffer file = jxl_of(&lent, &image, &options);
        const struct pm_image back = jxl_image_of(&lent, &file);
        const unsigned bits = depths[i] == CODEC_BITDEPTH_AUTO ? 16u : (unsigned)depths[i];
        cr_expect_eq(jxl_info_of(&file).depth, bits);
        cr_expect_leq(jxl_difference(&image, &back), bits == 16 ? 0 : 0.6 * 255 / ((1 << bits) - 1));
        buffer_free(&file);
    }
    struct jxl_options eight = jxl_defaults();
    eight.depth = 8;
    for (const struct pm_pixel_format *f = jxl_accepts(&eight); f->depth != 0; f++)
        cr_expect_eq(f->depth, 8u);
    lent_free(&lent);
}

Test(jxl, options_change_the_file_as_they_say)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 96, 96, PM_COLOR_RGB, false, 8);
    struct jxl_options all[4];
    size_t sizes[4];
    for (int i = 0; i < 4; i++)
        all[i] = jxl_defaults();
    all[1].quality = 20;
    all[2].lossless = true;
    all[3].effort = 6;
    for (int i = 0; i < 4; i++) {
        struct buffer file = jxl_of(&lent, &image, &all[i]);
        sizes[i] = file.size;
        buffer_free(&file);
    }
    cr_expect_lt(sizes[1], sizes[0], "quality");
    cr_expect_gt(sizes[2], sizes[0], "lossless");
    cr_expect_neq(sizes[3], sizes[0], "effort");
    lent_free(&lent);
}

Test(jxl, quality_is_libjxls_distance)
{
    cr_expect_float_eq(jxl_distance(100), 0.1, 1e-6);
    cr_expect_float_eq(jxl_distance(90), 1, 1e-6);
    cr_expect_float_eq(jxl_distance(30), 6.4, 1e-6);
    for (int quality = 2; quality <= 100; quality++)
        cr_expect_lt(jxl_distance(quality), jxl_distance(quality - 1));
    cr_expect_leq(jxl_distance(1), 25);
}

/* --- metadata ---------------------------------------------------------------------------------------- */

Test(jxl, metadata_comes_back)
{
    static const uint8_t exif[] = "II*\0\x08\0\0\0\0\0\0\0\0\0", xmp[] = "<x:xmpmeta/>";
    struct lent lent;
    lent_init(&lent);
    const struct jxl_options options = jxl_defaults();
    struct pm_image image = jxl_gradient(&lent, 32, 24, PM_COLOR_RGB, true, 8);
    struct buffer bare = jxl_of(&lent, &image, &options);
    cr_expect_eq(bare.data[0], 0xFF, "no boxes without metadata");
    buffer_free(&bare);
    image.meta.exif = (struct pm_blob){exif, sizeof exif};
    image.meta.xmp = (struct pm_blob){xmp, sizeof xmp - 1};
    struct buffer file = jxl_of(&lent, &image, &options);
    struct pm_image back = jxl_image_of(&lent, &file);
    cr_assert_eq(back.meta.exif.size, sizeof exif);
    cr_expect_arr_eq(back.meta.exif.data, exif, sizeof exif);
    cr_assert_eq(back.meta.xmp.size, sizeof xmp - 1);
    cr_expect_arr_eq(back.meta.xmp.data, xmp, sizeof xmp - 1);
    cr_expect_eq(jxl_info_of(&file).xmp_size, sizeof xmp - 1);
    const struct decode_request without = {.keep = 0};
    cr_assert_eq(jxl_decode(&lent, file.data, file.size, &without, &back), 0);
    cr_expect_eq(back.meta.exif.size + back.meta.xmp.size, 0u);
    buffer_free(&file);
    lent_free(&lent);
}

Test(jxl, colours_by_numbers_come_back)
{
    static const uint8_t all[][4] = {
        {12, 13, 0, 1}, {9, 16, 0, 1}, {9, 18, 0, 1}, {1, 8, 0, 1}, {1, 1, 0, 1}};
    struct lent lent;
    lent_init(&lent);
    struct jxl_options options = jxl_defaults();
    for (size_t i = 0; i < 2 * sizeof all / sizeof *all; i++) {
        struct pm_image image = jxl_gradient(&lent, 32, 24, PM_COLOR_RGB, false, 16);
        options.lossless = i % 2 == 0;
        image.meta.has_cicp = true;
        memcpy(image.meta.cicp, all[i / 2], sizeof all[i / 2]);
        struct buffer file = jxl_of(&lent, &image, &options);
        const struct pm_image back = jxl_image_of(&lent, &file);
        double xy[8];
        memcpy(xy, back.meta.chromaticities, sizeof xy);
        cr_expect(back.meta.has_cicp, "%u/%u", all[i / 2][0], all[i / 2][1]);
        cr_expect_arr_eq(back.meta.cicp, all[i / 2], sizeof all[i / 2], "%u/%u became %u/%u", all[i / 2][0],
                         all[i / 2][1], back.meta.cicp[0], back.meta.cicp[1]);
        buffer_free(&file);
    }
    lent_free(&lent);
}

/* Gamma 2.2 with the primaries of BT.470 has no number in JPEG XL, but it can describe it. */
Test(jxl, colours_without_a_number_come_back_as_gamma_and_chromaticities)
{
    static const uint8_t cicp[4] = {4, 4, 0, 1};
    static const double white_and_red[4] = {0.310, 0.316, 0.67, 0.33};
    struct lent lent;
    lent_init(&lent);
    struct jxl_options options = jxl_defaults();
    options.lossless = true;
    struct pm_image image = jxl_gradient(&lent, 32, 24, PM_COLOR_RGB, false, 8);
    image.meta.has_cicp = true;
    memcpy(image.meta.cicp, cicp, sizeof cicp);
    struct buffer file = jxl_of(&lent, &image, &options);
    const struct pm_image back = jxl_image_of(&lent, &file);
    cr_expect(back.meta.has_gamma && back.meta.has_chromaticities && !back.meta.has_cicp);
    cr_expect_float_eq(back.meta.gamma, 1 / 2.2, 1e-6);
    for (size_t i = 0; i < 4; i++)
        cr_expect_float_eq(back.meta.chromaticities[i], white_and_red[i], 1e-5);
    buffer_free(&file);
    lent_free(&lent);
}

Test(jxl, srgb_is_said)
{
    struct lent lent;
    lent_init(&lent);
    const struct jxl_options options = jxl_defaults();
    struct pm_image image = jxl_gradient(&lent, 32, 24, PM_COLOR_GRAY, false, 8);
    struct buffer file = jxl_of(&lent, &image, &options);
    cr_expect(jxl_info_of(&file).has_srgb);
    cr_expect(jxl_image_of(&lent, &file).meta.has_srgb);
    buffer_free(&file);
    lent_free(&lent);
}

/* A profile is kept as it is where the picture is lossless. In a lossy file libjxl recognises its colours. */
Test(jxl, profiles_come_back)
{
    uint8_t profile[MATRIX_PROFILE_MAX];
    struct lent lent;
    lent_init(&lent);
    struct jxl_options options = jxl_defaults();
    struct pm_image image = jxl_gradient(&lent, 32, 24, PM_COLOR_RGB, false, 8);
    image.meta.icc = (struct pm_blob){profile, color_target_profile(COLOR_P3, false, profile)};
    options.lossless = true;
    struct buffer file = jxl_of(&lent, &image, &options);
    const struct pm_info info = jxl_info_of(&file);
    struct pm_image back = jxl_image_of(&lent, &file);
    if (info.icc_size > 0) {
        cr_assert_eq(back.meta.icc.size, image.meta.icc.size);
        cr_expect_eq(info.icc_size, image.meta.icc.size);
        cr_expect_arr_eq(back.meta.icc.data, image.meta.icc.data, image.meta.icc.size);
    } else {
        cr_expect(back.meta.has_cicp && back.meta.cicp[0] == 12 && back.meta.cicp[1] == 13);
    }
    buffer_free(&file);
    options.lossless = false;
    file = jxl_of(&lent, &image, &options);
    back = jxl_image_of(&lent, &file);
    cr_expect(back.meta.has_cicp && back.meta.cicp[0] == 12 && back.meta.cicp[1] == 13);
    cr_expect_leq(jxl_difference(&image, &back), 8);
    buffer_free(&file);
    lent_free(&lent);
}

static unsigned warnings;

static void count_warning(struct context *context, const char *message)
{
    (void)context, (void)message;
    warnings++;
}

Test(jxl, what_is_lost_is_said)
{
    static const struct context_ops ops = {.warn = count_warning};
    static const struct pm_text text = {"Title", "A title"};
    static const uint8_t iptc[] = "iptc", broken[] = "not a profile";
    struct lent lent;
    lent_init(&lent);
    lent.context.ops = &ops;
    const struct jxl_options options = jxl_defaults();
    struct pm_image image = jxl_gradient(&lent, 32, 24, PM_COLOR_RGB, false, 8);
    image.meta.iptc = (struct pm_blob){iptc, sizeof iptc};
    image.meta.icc = (struct pm_blob){broken, sizeof broken};
    image.meta.texts = &text;
    image.meta.ntexts = 1;
    image.meta.has_density = true;
    image.meta.density_x = image.meta.density_y = 11811;
    image.meta.density_unit = 1;
    struct buffer file = jxl_of(&lent, &image, &options);
    cr_expect_eq(warnings, 4u);
    buffer_free(&file);
    lent_free(&lent);
}

/* libjxl 0.7 ends the process where lcms2 can't convert a picture's colours by its profile. */
Test(jxl, a_profile_without_curves_is_left_out_of_a_lossy_file)
{
    static const struct context_ops ops = {.warn = count_warning};
    enum { TAG_TABLE = 132, A_TAG = 12 };
    uint8_t profile[MATRIX_PROFILE_MAX];
    struct lent lent;
    lent_init(&lent);
    lent.context.ops = &ops;
    struct jxl_options options = jxl_defaults();
    struct pm_image image = jxl_gradient(&lent, 32, 24, PM_COLOR_RGB, false, 8);
    image.meta.icc = (struct pm_blob){profile, color_target_profile(COLOR_P3, false, profile)};
    uint8_t *tag = profile + TAG_TABLE;
    while (memcmp(tag, "rTRC", 4) != 0)
        tag += A_TAG;
    const uint8_t last = profile[3];
    for (int i = 0; i < 4; i++) {
        const bool lossless = i % 2 != 0;
        profile[3] = last;
        if (i < 2) /* the stated size ends within its last curve */
            profile[3]--;
        else
            memset(profile + (tag[6] << 8 | tag[7]), 0x20, 4); /* its type */
        warnings = 0;
        options.lossless = lossless;
        struct buffer file = jxl_of(&lent, &image, &options);
        cr_expect_eq(warnings, lossless ? 0u : 1u);
        cr_expect_eq(jxl_info_of(&file).has_srgb, !lossless);
        buffer_free(&file);
    }
    lent_free(&lent);
}

Test(jxl, an_orientation_that_is_kept_comes_back)
{
    struct lent lent;
    lent_init(&lent);
    const struct jxl_options options = jxl_defaults();
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        struct pm_image image = jxl_gradient(&lent, 24, 16, PM_COLOR_RGB, true, 8);
        image.orientation = orientation;
        struct buffer file = jxl_of(&lent, &image, &options);
        const struct pm_image back = jxl_image_of(&lent, &file);
        cr_expect_eq(jxl_info_of(&file).orientation, orientation);
        cr_expect_eq(back.orientation, orientation);
        cr_expect_eq(back.width, 24u);
        buffer_free(&file);
    }
    lent_free(&lent);
}
