/* trim, pad and watermark compared with ImageMagick, an independent implementation, where it is installed. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "pictures.h"
#include "transform/peers.h"
#include "transform/transformed.h"

/* A picture with noise inside edges of one colour. */
static struct buffer framed(struct lent *lent, bool alpha)
{
    struct pm_image image = picture(lent, 90, 70, PM_COLOR_RGB, alpha, 8);
    const unsigned channels = image.plane[0].channels;
    for (uint32_t i = 0; i < 90 * 70; i++) {
        const uint32_t x = i % 90, y = i / 90;
        if (x < 7 || x >= 71 || y < 13 || y >= 50)
            memset(plane_row(&image.plane[0], y) + (size_t)x * channels, 200, channels);
    }
    return encoded(lent, "png", &image);
}

Test(edits_peers, trim_cuts_what_imagemagick_cuts)
{
    need_convert();
    for (int alpha = 0; alpha <= 1; alpha++) {
        struct lent lent;
        lent_init(&lent);
        struct buffer file = framed(&lent, alpha);
        put_file("in.png", &file);
        struct pm_image theirs = convert_peer(&lent, "-trim +repage");
        struct pm_image ours = result_of(&lent, "trim=0/format=png", &file);
        cr_expect_leq(peer_distance(&ours, &theirs), 0);
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* Without resizing: equal samples. Resized: ImageMagick's Lanczos kernel differs a little, mostly in noise; a
 * border in the wrong place would differ by 200 there. */
Test(edits_peers, pad_is_extent)
{
    static const struct {
        const char *recipe, *operations;
        double tolerance;
    } cases[] = {
        {"pad=120x90>,color=teal", "-background teal -gravity center -extent 120x90", 0},
        {"pad=121x91>,color=#12345678,gravity=southwest",
         "-background '#12345678' -gravity southwest -extent 121x91", 1},
        {"pad=200x90>,color=transparent,gravity=right", "-background none -gravity east -extent 200x90", 0},
        {"pad=60x61,color=rebeccapurple",
         "-filter Lanczos -resize 60x61 -background '#663399' -gravity center -extent 60x61", 20},
    };
    need_convert();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[160];
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture(&lent, 90, 70, PM_COLOR_RGB, false, 8);
        struct buffer file = encoded(&lent, "png", &image);
        put_file("in.png", &file);
        struct pm_image theirs = convert_peer(&lent, cases[i].operations);
        snprintf(text, sizeof text, "%s/format=png", cases[i].recipe);
        struct pm_image ours = result_of(&lent, text, &file);
        const double most = peer_distance(&ours, &theirs);
        cr_expect_leq(most, cases[i].tolerance, "%s: %g", text, most);
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* The logo is the one of give_logo, grey with alpha. */
Test(edits_peers, watermark_is_composite)
{
    static const struct {
        const char *recipe, *operations;
    } cases[] = {
        {"watermark=logo.png", "logo.png -gravity southeast -composite"},
        {"watermark=logo.png,gravity=topleft,margin=4",
         "logo.png -gravity northwest -geometry +4+4 -composite"},
        {"watermark=logo.png,gravity=center,opacity=0.5",
         "\\( logo.png -channel A -evaluate multiply 0.5 +channel \\) -gravity center -composite"},
    };
    need_convert();
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        char text[160];
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture(&lent, 45, 34, PM_COLOR_RGB, i & 1, 8);
        struct pm_image logo = picture(&lent, 5, 4, PM_COLOR_GRAY, true, 8);
        struct buffer file = encoded(&lent, "png", &image), mark = encoded(&lent, "png", &logo);
        put_file("in.png", &file);
        put_file("logo.png", &mark);
        struct pm_image theirs = convert_peer(&lent, cases[i / 2].operations);
        snprintf(text, sizeof text, "%s/format=png", cases[i / 2].recipe);
        struct pm_image ours = result_of(&lent, text, &file);
        const double most = peer_distance(&ours, &theirs);
        cr_expect_leq(most, 1.01, "%s: %g", text, most);
        buffer_free(&file);
        buffer_free(&mark);
        lent_free(&lent);
    }
}

/* A coloured disc on noise: sharp's place differs by its reduction of the picture and by using a* alone. */
Test(edits_peers, smart_crop_is_near_sharps_attention)
{
    enum { WIDTH = 400, HEIGHT = 300, TOLERANCE = 9 }; /* of 100 pixels */
    need_sharp();
    for (uint32_t i = 0; i < 3; i++) {
        const uint32_t at_x = 120 + 80 * i, at_y = 200 - 50 * i;
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture(&lent, WIDTH, HEIGHT, PM_COLOR_RGB, false, 8);
        for (uint32_t k = 0; k < WIDTH * HEIGHT; k++) {
            uint8_t *pixel = plane_row(&image.plane[0], k / WIDTH) + (size_t)(k % WIDTH) * 3;
            const int64_t x = (int64_t)(k % WIDTH) - at_x, y = (int64_t)(k / WIDTH) - at_y;
            const bool inside = x * x + y * y < 30 * 30;
            for (unsigned c = 0; c < 3; c++)
                pixel[c] = (uint8_t)(pixel[c] / 8 + (inside ? (c == 0 ? 220 : 30) : 100));
        }
        struct buffer file = encoded(&lent, "png", &image);
        put_file("in.png", &file);
        const struct pm_image theirs =
            sharp_peer(&lent, ".resize({width:100,height:100,fit:\"cover\",position:\"attention\","
                              "kernel:\"nearest\"})");
        const struct pm_image ours =
            result_of(&lent, "resize=133x100!,kernel=nearest/crop=100x100,gravity=smart/format=png", &file);
        double moved[2] = {0};
        for (unsigned side = 0; side < 2; side++) { /* the disc's centre of mass */
            const struct pm_image *result = side == 0 ? &ours : &theirs;
            double sum = 0, count = 0;
            for (uint32_t k = 0; k < 100 * 100; k++) {
                const bool red = sample_at(&result->plane[0], 8, k % 100, k / 100, 0) > 180;
                sum += red ? k % 100 : 0;
                count += red;
            }
            cr_assert(count > 0);
            moved[side] = sum / count;
        }
        cr_expect(moved[0] - moved[1] < TOLERANCE && moved[1] - moved[0] < TOLERANCE,
                  "disc at %g, sharp's at %g", moved[0], moved[1]);
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* A smooth picture. sharp's lies up to half a pixel beside the middle, which shows at the edges; turned the
 * other way, the mean would be 30. */
Test(edits_peers, rotate_is_near_sharps)
{
    static const double angles[] = {10, 33.5, 90.5, 200};
    need_sharp();
    for (size_t i = 0; i < sizeof angles / sizeof *angles; i++) {
        char recipe[96], calls[96];
        double mean;
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture(&lent, 90, 70, PM_COLOR_RGB, false, 8);
        for (size_t k = 0; k < 90 * 70 * 3; k++)
            plane_row(&image.plane[0], (uint32_t)(k / 270))[k % 270] =
                (uint8_t)(k % 270 / 3 + k / 270 * (1 + k % 3 / 2));
        struct buffer file = encoded(&lent, "png", &image);
        put_file("in.png", &file);
        snprintf(calls, sizeof calls, ".rotate(%g,{background:\"#808080\"})", angles[i]);
        snprintf(recipe, sizeof recipe, "rotate=%g,color=808080/format=png", angles[i]);
        const struct pm_image theirs = sharp_peer(&lent, calls), ours = result_of(&lent, recipe, &file);
        peer_distance_within(&ours, &theirs, 0, &mean);
        cr_expect_lt(mean, 4, "%s: %g", recipe, mean);
        buffer_free(&file);
        lent_free(&lent);
    }
}

/* Exactly, where no edge is near: sharp repeats its samples. */
Test(edits_peers, median_is_sharps)
{
    static const struct {
        const char *recipe, *calls;
        uint32_t border;
    } cases[] = {{"median=3/format=png", ".median(3)", 0},
                 {"median=5/format=png", ".median(5)", 2},
                 {"median=9/format=png", ".median(9)", 4}};
    need_sharp();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double mean;
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture(&lent, 90, 70, PM_COLOR_RGB, false, 8);
        struct buffer file = encoded(&lent, "png", &image);
        put_file("in.png", &file);
        const struct pm_image theirs = sharp_peer(&lent, cases[i].calls),
                              ours = result_of(&lent, cases[i].recipe, &file);
        cr_expect_eq(peer_distance_within(&ours, &theirs, cases[i].border, &mean), 0, "%s", cases[i].recipe);
        buffer_free(&file);
        lent_free(&lent);
    }
}
