/* trim, pad and watermark compared with ImageMagick, an independent implementation, where it is installed. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pictures.h"
#include "temp.h"
#include "transform/transformed.h"

static bool runs(const char *command)
{
    char line[1024];
    snprintf(line, sizeof line, "cd '%s' && { %s; } >log 2>&1", temp_folder(), command);
    return system(line) == 0;
}

static void need_convert(void)
{
    if (!runs("convert -version | grep -q ImageMagick"))
        cr_skip_test("ImageMagick's convert is not installed (Debian: imagemagick)");
}

/* ImageMagick's result of in.png, as 8-bit PNG; `logo.png` is available, too. */
static struct pm_image peer(struct lent *lent, const char *operations)
{
    char line[512];
    snprintf(line, sizeof line, "convert in.png %s PNG%s:out.png", operations, "32");
    cr_assert(runs(line), "%s", line);
    size_t size;
    char *bytes = temp_read(temp_path("out.png"), &size);
    struct buffer file = {0};
    cr_assert_eq(buffer_append(&file, bytes, size), 0);
    free(bytes);
    struct pm_image image = decoded(lent, &file);
    buffer_free(&file);
    return image;
}

static void put(const char *name, const struct buffer *file)
{
    temp_write(name, file->data, file->size);
}

/* The max difference of samples. `theirs` has alpha, and colour differences are weighted by it. */
static double distance(const struct pm_image *ours, const struct pm_image *theirs)
{
    double most = 0;
    cr_assert(ours->width == theirs->width && ours->height == theirs->height, "%ux%u, theirs %ux%u",
              ours->width, ours->height, theirs->width, theirs->height);
    const bool has_alpha = pixels_have_alpha(&ours->format), gray = ours->format.color == PM_COLOR_GRAY;
    for (uint32_t y = 0; y < ours->height; y++) {
        for (uint32_t x = 0; x < ours->width; x++) {
            const double a = has_alpha ? sample_at(&ours->plane[0], 8, x, y, gray ? 1 : 3) : 255;
            const double b = sample_at(&theirs->plane[0], 8, x, y, 3);
            most = a - b > most ? a - b : b - a > most ? b - a : most;
            for (unsigned c = 0; c < 3; c++) {
                const double off = (sample_at(&ours->plane[0], 8, x, y, gray ? 0 : c) * a -
                                    sample_at(&theirs->plane[0], 8, x, y, c) * b) /
                                   255;
                most = off > most ? off : -off > most ? -off : most;
            }
        }
    }
    return most;
}

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
        put("in.png", &file);
        struct pm_image theirs = peer(&lent, "-trim +repage");
        struct pm_image ours = result_of(&lent, "trim=0/format=png", &file);
        cr_expect_leq(distance(&ours, &theirs), 0);
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
        put("in.png", &file);
        struct pm_image theirs = peer(&lent, cases[i].operations);
        snprintf(text, sizeof text, "%s/format=png", cases[i].recipe);
        struct pm_image ours = result_of(&lent, text, &file);
        const double most = distance(&ours, &theirs);
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
        put("in.png", &file);
        put("logo.png", &mark);
        struct pm_image theirs = peer(&lent, cases[i / 2].operations);
        snprintf(text, sizeof text, "%s/format=png", cases[i / 2].recipe);
        struct pm_image ours = result_of(&lent, text, &file);
        const double most = distance(&ours, &theirs);
        cr_expect_leq(most, 1.01, "%s: %g", text, most);
        buffer_free(&file);
        buffer_free(&mark);
        lent_free(&lent);
    }
}
