/* AVIF compared with libavif's tools, if installed: their files are decoded to the same samples as by
 * avifdec, and so are pixmill's. */
#include "codec/heif/peers.h"
#include "codec/part.h"

extern const struct codec codec_avif;

static void need_tools(void)
{
    struct pm_error missing = {0};
    if (codec_part_find(&codec_avif, &missing) != 0)
        cr_skip_test("%s", missing.message);
    if (!runs("command -v avifenc && command -v avifdec"))
        cr_skip_test("libavif's avifenc and avifdec are not installed (Debian: libavif-bin)");
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

/* Layers of rising quality, or of rising size: only the last is shown, and all fit the forecast. */
Test(avif_peers, a_progressive_file_is_exact, .timeout = 120)
{
    static const char *const ways[] = {
        "--progressive -q 50", "--layered -q 20 --scaling-mode 1/2 in.png -q:u 60 --scaling-mode:u 1"};
    struct lent lent;
    lent_init(&lent);
    need_tools();
    if (!runs("avifenc --help | grep -q progressive"))
        cr_skip_test("this avifenc writes no progressive files (libavif 1.0 does)");
    put_png(&lent, "in.png", 201, 167, false);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char command[256];
        struct pm_info info;
        struct memory_source memory;
        size_t size;
        snprintf(command, sizeof command, "avifenc -s 9 -y 420 %s in.png a.avif && avifdec a.avif a.y4m",
                 ways[i]);
        cr_assert(runs(command), "%s", command);
        char *data = temp_read(temp_path("a.avif"), &size);
        memory_source_init(&memory, data, size);
        cr_assert_eq(codec_probe(&memory.source, &info, &lent.error), &codec_avif);
        cr_expect_eq(info.layers_below, 1u, "%s", command);
        const struct pm_image image = read_image(&lent, &codec_avif, "a.avif", true);
        expect_planes(&image, "a.y4m");
        free(data);
    }
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
            /* libavif computes in floats: of 16 bits, the last may differ. */
            expect_same(&image, &reference, image.format.depth == 16 ? 2 : 0, command);
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
        expect_same(&image, &back, 0, "written");
    }
    lent_free(&lent);
}
