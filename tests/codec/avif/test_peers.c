/* AVIF against libavif's tools, where they are installed: their files are read sample by sample as avifdec
 * reads them, and pixmill's files are read by avifdec as by pixmill. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/reader.h"
#include "pictures.h"
#include "temp.h"

extern const struct codec codec_avif, codec_png;

/* Runs a command of the shell in the test's folder. */
static bool runs(const char *command)
{
    char line[1024];
    snprintf(line, sizeof line, "cd '%s' && { %s; } >log 2>&1", temp_folder(), command);
    return system(line) == 0;
}

static void need_tools(void)
{
    if (!runs("command -v avifenc && command -v avifdec"))
        cr_skip_test("libavif's avifenc and avifdec are not installed (Debian: libavif-bin)");
}

static struct pm_image read_image(struct lent *lent, const struct codec *codec, const char *name, bool planes)
{
    struct pm_image image = {0};
    size_t size;
    char *data = temp_read(temp_path("%s", name), &size);
    const struct decode_request request = {.planes = planes};
    cr_assert_not_null(data, "%s", name);
    lent->error = (struct pm_error){0};
    cr_assert_eq(reader_decode(codec, (const uint8_t *)data, size, &request, &image, &lent->context), 0,
                 "%s: %s", name, lent->error.message);
    free(data);
    return image;
}

static void put_png(struct lent *lent, const char *name, uint32_t width, uint32_t height, bool alpha)
{
    struct buffer file = {0};
    struct pm_image image = picture(lent, width, height, PM_COLOR_RGB, alpha, 8);
    for (uint32_t y = 0; y < height; y++) { /* not noise alone */
        uint8_t *row = plane_row(&image.plane[0], y);
        for (uint32_t i = 0; i < width * image.plane[0].channels; i++)
            row[i] = (uint8_t)(row[i] / 8 + (i * 3 + y * 2) % 200);
    }
    cr_assert_eq(codec_png.encode(&image, NULL, &file, &lent->context), 0);
    temp_write(name, file.data, file.size);
    buffer_free(&file);
}

/* The planes of a YUV4MPEG2 file of one frame are those of `image`, alpha apart. */
static void expect_planes(const struct pm_image *image, const char *name)
{
    size_t size;
    char *data = temp_read(temp_path("%s", name), &size);
    cr_assert_not_null(data);
    const char *frame = memmem(data, size, "FRAME\n", 6);
    cr_assert_not_null(frame);
    const uint8_t *at = (const uint8_t *)frame + 6;
    for (unsigned i = 0; i < 3; i++) {
        const struct pm_plane *plane = &image->plane[i];
        cr_assert_leq(at + (size_t)plane->width * plane->height, (const uint8_t *)data + size);
        for (uint32_t y = 0; y < plane->height; y++, at += plane->width)
            cr_assert_eq(memcmp(plane_row(plane, y), at, plane->width), 0, "%s: plane %u, row %u", name, i,
                         y);
    }
    free(data);
}

/* libavif computes in floats: of 16 bits, the last may differ. */
static void expect_same(const struct pm_image *a, const struct pm_image *b, const char *what)
{
    const struct pm_plane *plane = &a->plane[0];
    cr_assert_eq(a->nplanes, 1u);
    cr_assert_eq(a->format.depth, b->format.depth, "%s", what);
    cr_assert(a->width == b->width && a->height == b->height, "%s", what);
    const unsigned colors = b->plane[0].channels - (a->format.alpha != PM_ALPHA_NONE);
    for (uint32_t y = 0; y < plane->height; y++) {
        for (uint32_t x = 0; x < plane->width; x++) {
            for (unsigned c = 0; c < b->plane[0].channels; c++) { /* avifdec writes grey as RGB */
                const unsigned own = plane->channels >= 3 ? c : c < colors ? 0 : 1;
                const int apart = (int)sample_at(plane, a->format.depth, x, y, own) -
                                  (int)sample_at(&b->plane[0], b->format.depth, x, y, c);
                cr_assert_leq(abs(apart), a->format.depth == 16 ? 2 : 0, "%s: %u %u %u", what, x, y, c);
            }
        }
    }
}

Test(avif_peers, eight_bits_are_exact_as_planes, .timeout = 120)
{
    static const char *const ways[] = {"-y 420",
                                       "-y 422",
                                       "-y 444",
                                       "-y 420 -r limited",
                                       "-y 444 --cicp 1/13/1",
                                       "-y 420 --cicp 9/16/9 -r limited"};
    struct lent lent;
    lent_init(&lent);
    need_tools();
    put_png(&lent, "in.png", 101, 67, false);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char command[256];
        snprintf(command, sizeof command, "avifenc -s 9 %s in.png a.avif && avifdec a.avif a.y4m", ways[i]);
        cr_assert(runs(command), "%s", command);
        const struct pm_image image = read_image(&lent, &codec_avif, "a.avif", true);
        cr_assert_eq(image.nplanes, 3u, "%s", ways[i]);
        expect_planes(&image, "a.y4m");
    }
    lent_free(&lent);
}

Test(avif_peers, a_grid_is_exact, .timeout = 120)
{
    struct lent lent;
    lent_init(&lent);
    need_tools();
    put_png(&lent, "in.png", 256, 192, false);
    cr_assert(runs("avifenc -s 9 -y 420 --grid 2x2 in.png a.avif && avifdec a.avif a.y4m"));
    const struct pm_image image = read_image(&lent, &codec_avif, "a.avif", true);
    cr_expect_eq(image.width, 256u);
    expect_planes(&image, "a.y4m");
    lent_free(&lent);
}

/* As 16-bit RGB; grey, RGB as planes, YCgCo, and alpha, too. */
Test(avif_peers, more_bits_and_rare_matrices_are_exact, .timeout = 300)
{
    static const char *const ways[] = {
        "16 -d 10 -y 420",        "16 -d 10 -y 422 -r limited", "16 -d 12 -y 444 -r limited",
        "16 -d 12 -y 400",        "16 -d 10 -y 400 -r limited", "8 -y 444 --cicp 1/13/0",
        "8 -y 444 --cicp 1/13/8", "8 -y 444 --cicp 1/13/7",     "8 -y 400",
    };
    struct lent lent;
    lent_init(&lent);
    need_tools();
    for (int alpha = 0; alpha < 2; alpha++) {
        put_png(&lent, "in.png", 101, 67, alpha);
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
            char command[256];
            const char *options = strchr(ways[i], ' ');
            snprintf(command, sizeof command, "avifenc -s 9 %s in.png a.avif && avifdec -d %.*s a.avif a.png",
                     options, (int)(options - ways[i]), ways[i]);
            cr_assert(runs(command), "%s", command);
            const struct pm_image image = read_image(&lent, &codec_avif, "a.avif", false);
            const struct pm_image reference = read_image(&lent, &codec_png, "a.png", false);
            expect_same(&image, &reference, command);
        }
    }
    lent_free(&lent);
}

Test(avif_peers, avifdec_reads_what_pixmill_writes, .timeout = 120)
{
    struct lent lent;
    lent_init(&lent);
    need_tools();
    for (int alpha = 0; alpha < 2; alpha++) {
        struct buffer file = {0};
        unsigned char options[64] = {0};
        struct pm_image image = picture(&lent, 101, 67, PM_COLOR_RGB, alpha, 8);
        for (const struct param *row = codec_avif.options; row->name != NULL; row++)
            cr_assert_eq(
                param_parse(row, row->kind == PARAM_FLAG ? NULL : row->example, options, &lent.error), 0);
        cr_assert_eq(param_parse(param_find(codec_avif.options, "bitdepth"), "8", options, &lent.error), 0);
        cr_assert_eq(codec_encode(&codec_avif, &image, options, &file, &lent.context),
                     0); /* lossless is one of them */
        temp_write("b.avif", file.data, file.size);
        buffer_free(&file);
        cr_assert(runs("avifdec b.avif b.png"));
        const struct pm_image back = read_image(&lent, &codec_png, "b.png", false);
        expect_same(&image, &back, "written");
    }
    lent_free(&lent);
}
