/* Edits of tones and colours compared with ImageMagick and sharp, where they are installed. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "pictures.h"
#include "transform/peers.h"
#include "transform/transformed.h"

/* One edit of a picture without its alpha, or with. */
struct edit {
    const char *recipe, *theirs;
    double tolerance; /* of a sample, in steps of 8 bits */
};

typedef struct pm_image peer_function(struct lent *lent, const char *operations);

/* How pixels differ from noise. */
enum fill { NOISE, EQUAL_CHANNELS };

static void make_equal(const struct pm_image *image)
{
    const unsigned channels = image->plane[0].channels;
    for (size_t i = 0; i < (size_t)image->width * image->height; i++) {
        uint8_t *pixel =
            plane_row(&image->plane[0], (uint32_t)(i / image->width)) + i % image->width * channels;
        pixel[1] = pixel[2] = pixel[0];
    }
}

static void compare(const struct edit *edit, enum pm_color color, bool alpha, enum fill fill,
                    peer_function *peer)
{
    char text[96];
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 90, 70, color, alpha, 8);
    if (fill == EQUAL_CHANNELS)
        make_equal(&image);
    struct buffer file = encoded(&lent, "png", &image);
    put_file("in.png", &file);
    struct pm_image theirs = peer(&lent, edit->theirs);
    snprintf(text, sizeof text, "%s/format=png", edit->recipe);
    struct pm_image ours = result_of(&lent, text, &file);
    const double most = peer_distance(&ours, &theirs);
    cr_expect_leq(most, edit->tolerance, "%s, colour %d, alpha %d: %g", text, (int)color, alpha, most);
    buffer_free(&file);
    lent_free(&lent);
}

/* hue=90 and saturation=1.7 by the coefficients that CSS gives. */
Test(tones_peers, are_imagemagicks)
{
    static const struct edit edits[] = {
        {"brightness=1.3", "-channel RGB -evaluate multiply 1.3", 1},
        {"brightness=0.4", "-channel RGB -evaluate multiply 0.4", 1},
        {"contrast=1.5", "-channel RGB -function polynomial 1.5,-0.25", 1},
        {"gamma=1.8", "-gamma 1.8", 1},
        {"gamma=0.5", "-gamma 0.5", 1},
        {"negate", "-channel RGB -negate", 0},
        {"saturation=1.7",
         "-color-matrix '1.5509 -0.5005 -0.0504 -0.1491 1.1995 -0.0504 -0.1491 -0.5005 1.6496'", 1},
        {"hue=90", "-color-matrix '0 0 1 0.356 0.855 -0.211 -0.574 1.43 0.144'", 1},
    };
    need_convert();
    for (size_t i = 0; i < 2 * sizeof edits / sizeof *edits; i++)
        compare(&edits[i / 2], PM_COLOR_RGB, i & 1, NOISE, convert_peer);
}

/* Of grey, where their luma and ours are the same. Noise has every level: ImageMagick's percentiles may be
 * one off. */
Test(tones_peers, of_grey_are_imagemagicks)
{
    static const struct edit edits[] = {
        {"threshold=100", "-channel RGB -threshold 39%", 0}, /* above 99.45 */
        {"threshold", "-channel RGB -threshold 50%", 0},
        {"normalize=5,high=95", "-contrast-stretch 5%x5%", 3},
    };
    need_convert();
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
        compare(&edits[i], PM_COLOR_GRAY, false, NOISE, convert_peer);
}

/* Of RGB with equal channels: sharp's luma is another, and its tint leaves files of one channel grey. */
Test(tones_peers, are_sharps)
{
    static const struct edit edits[] = {
        {"tint=teal", ".tint(\"teal\")", 2},
        {"tint=ff8040", ".tint(\"#ff8040\")", 2},
        {"threshold=77", ".threshold(77)", 0},
        {"negate", ".negate({ alpha: false })", 0},
        {"brightness=1.25", ".removeAlpha().linear(1.25, 0)", 1},
    };
    need_sharp();
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
        compare(&edits[i], PM_COLOR_RGB, false, EQUAL_CHANNELS, sharp_peer);
}
