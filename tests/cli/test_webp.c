/* WebP with the real command. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "cli/run.h"
#include "codec/codec.h"
#include "pictures.h"
#include "pixmill/transform.h"
#include "temp.h"

TestSuite(webp_run, .init = run_begin);

static struct pm_info info_of(const char *path)
{
    size_t size;
    struct pm_info info;
    struct pm_error error = {0};
    const char *bytes = content_of(path, &size);
    cr_assert_eq(pm_probe((const uint8_t *)bytes, size, &info, &error), 0, "%s: %s", path, error.message);
    return info;
}

/* Two frames of 8 x 8 pixels. */
static void put_animation(const char *path)
{
    const struct pm_blob *animation = codec_of_suffix("webp")->samples;
    temp_write(path, animation->data, animation->size);
}

/* Browsers ignore EXIF's orientation in a WebP. */
Test(webp_run, what_exif_turns_is_upright_in_a_webp)
{
    struct buffer file = {0};
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 40, 20, PM_COLOR_RGB, false, 8);
    image.orientation = 6;
    cr_assert_eq(codec_of_suffix("png")->encode(&image, NULL, &file, &lent.context), 0);
    temp_write("in/a.png", file.data, file.size);
    buffer_free(&file);
    lent_free(&lent);
    struct run run = RUN("run", "in", "-o", "out", "--format=webp", "--keep=all");
    expect(&run, 0, "1 ok");
    expect_picture("out/a.webp", "webp", 20, 40);
    cr_expect_eq(info_of("out/a.webp").orientation, 1);
    run = RUN("run", "in", "-o", "as-is", "--format=webp", "--no-autorotate");
    expect(&run, 0, "1 ok");
    expect_picture("as-is/a.webp", "webp", 40, 20);
    cr_expect_eq(info_of("as-is/a.webp").orientation, 6);
    run = RUN("run", "as-is", "-o", "turned");
    expect(&run, 0, "1 ok");
    expect_picture("turned/a.webp", "webp", 20, 40);
}

static void put_png(const char *path, uint32_t density, bool with_exif)
{
    /* An XResolution of 300/1. */
    static const uint8_t exif[] = {'I', 'I', '*', 0, 8, 0, 0, 0, 1, 0,    0x1A, 1, 5, 0, 1, 0, 0,
                                   0,   26,  0,   0, 0, 0, 0, 0, 0, 0x2C, 1,    0, 0, 1, 0, 0, 0};
    struct buffer file = {0};
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 40, 20, PM_COLOR_RGB, false, 8);
    image.meta.has_density = density > 0;
    image.meta.density_unit = 1;
    image.meta.density_x = image.meta.density_y = density;
    if (with_exif)
        image.meta.exif = (struct pm_blob){exif, sizeof exif};
    cr_assert_eq(codec_of_suffix("png")->encode(&image, NULL, &file, &lent.context), 0);
    temp_write(path, file.data, file.size);
    buffer_free(&file);
    lent_free(&lent);
}

Test(webp_run, a_density_that_is_lost_is_reported)
{
    enum { DPI_72 = 2835, DPI_300 = 11811 };
    static const struct {
        uint32_t density;
        bool exif;
        const char *keep;
        bool told;
    } cases[] = {
        {DPI_300, false, "--keep=all", true}, {DPI_300, true, "--keep=all", false},
        {DPI_300, true, "--keep=xmp", true},  {DPI_72, false, "--keep=all", false},
        {0, false, "--keep=all", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_png("in/a.png", cases[i].density, cases[i].exif);
        struct run run = RUN("run", "in", "-o", "out", "--format=webp", cases[i].keep);
        expect(&run, 0, "1 ok");
        cr_expect_eq(strstr(run.err, "density is left out") != NULL, cases[i].told, "%zu: %s", i, run.err);
    }
}

Test(webp_run, every_frame_goes_through_the_recipe)
{
    put_animation("in/a.webp");
    struct run run = RUN("run", "in", "-o", "out", "--resize=20x", "--flip");
    expect(&run, 0, "1 ok");
    cr_expect_eq(info_of("out/a.webp").frames, 2);
    expect_picture("out/a.webp", "webp", 20, 20);
}

Test(webp_run, into_a_format_that_holds_one_goes_the_first_with_a_warning)
{
    put_animation("in/a.webp");
    struct run run = RUN("run", "in", "-o", "out", "--format=jpeg");
    expect(&run, 0, "warning: only the first of 2 frames is in the result (its format has no animations)");
    expect_picture("out/a.jpg", "jpeg", 8, 8);
    run = RUN("run", "in", "-o", "first", "--format=jpeg", "--frames=first");
    expect(&run, 0, "1 ok");
    cr_expect_null(strstr(run.err, "warning"), "%s", run.err);
    cr_expect(same_bytes("out/a.jpg", "first/a.jpg"));
    run = RUN("run", "in", "-o", "second", "--format=jpeg", "--frames=2");
    expect(&run, 0, "1 ok");
    cr_expect_not(same_bytes("second/a.jpg", "first/a.jpg"));
    run = RUN("run", "in", "-o", "third", "--frames=3");
    expect(&run, 1, "has no frame 3");
}

Test(webp_run, lossless_is_refused_where_the_format_is_lossy)
{
    put_picture("in/a.png", 8, 8);
    struct run run = RUN("run", "in", "-o", "out", "--format=jpeg", "--lossless");
    expect(&run, 2, "lossless is not an option of jpeg (only of: avif, jxl, webp)");
    run = RUN("run", "in", "-o", "out", "--lossless");
    expect(&run, 0,
           "warning: --lossless had no effect: no result has a format with this option (avif, jxl, webp)");
}

Test(webp_run, help_shows_the_options_of_each_format)
{
    struct run run = RUN("help", "recipe");
    cr_assert_not_null(strstr(run.out, "(avif: 60,"), "%s", run.out);
    cr_assert_not_null(strstr(run.out, "near-lossless=0..99"), "%s", run.out);
    cr_assert_not_null(strstr(run.out, "lossless"), "%s", run.out);
}
