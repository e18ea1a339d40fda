/* JPEG XL compared with libjxl's tools, if installed: their files are decoded to the same samples as by djxl,
 * and pixmill's files by djxl to the same as by pixmill. */
#include "codec/heif/peers.h"
#include "codec/jxl/jxls.h"

static void need_tools(void)
{
    need_jxl();
    if (!runs("command -v cjxl && command -v djxl"))
        cr_skip_test("libjxl's cjxl and djxl are not installed (Debian: libjxl-tools)");
}

TestSuite(jxl_peers, .init = need_tools);

/* Bare and boxed, VarDCT and modular, progressive, patches, upsampling, noise, alpha, and orders of sections,
 * which are stored as a permutation. */
Test(jxl_peers, what_cjxl_writes_is_decoded_as_by_djxl, .timeout = 300)
{
    static const char *const ways[] = {
        "-d 1",
        "-d 0",
        "-d 1 --container=1",
        "-d 0 -e 3 --modular=1",
        "-d 1 --progressive",
        "-d 1 -e 3 --group_order=1 --center_x=300 --center_y=20",
        "-d 8 --epf=3",
        "-d 2 --photon_noise=ISO3200",
        "-d 1 --progressive_dc=1",
        "-d 0 -e 2 -g 0",
    };
    struct lent lent;
    lent_init(&lent);
    put_png(&lent, "opaque.png", 601, 267, false);
    put_png(&lent, "clear.png", 601, 267, true);
    for (size_t i = 0; i < 2 * sizeof ways / sizeof *ways; i++) {
        char command[256];
        snprintf(command, sizeof command, "cjxl %s.png a.jxl %s && djxl a.jxl b.png",
                 i % 2 == 0 ? "opaque" : "clear", ways[i / 2]);
        cr_assert(runs(command), "%s", command);
        const struct pm_image image = read_image(&lent, &codec_jxl, "a.jxl", false),
                              other = read_image(&lent, &codec_png, "b.png", false);
        expect_same(&image, &other, 0, command);
        arena_reset(&lent.arena);
        arena_reset(&lent.job_arena);
    }
    lent_free(&lent);
}

Test(jxl_peers, djxl_decodes_what_pixmill_writes, .timeout = 120)
{
    struct lent lent;
    lent_init(&lent);
    for (unsigned i = 0; i < 16; i++) {
        struct jxl_options options = jxl_defaults();
        options.lossless = i % 2 == 0;
        options.effort = i % 4 == 0 ? 4 : 0;
        struct pm_image image = jxl_gradient(&lent, 301, 67, (i & 2) != 0 ? PM_COLOR_RGB : PM_COLOR_GRAY,
                                             (i & 4) != 0, (i & 8) != 0 ? 16 : 8);
        struct buffer file = jxl_of(&lent, &image, &options);
        temp_write("a.jxl", file.data, file.size);
        cr_assert(runs("djxl a.jxl b.png"), "%u", i);
        const struct pm_image own = jxl_image_of(&lent, &file),
                              other = read_image(&lent, &codec_png, "b.png", false);
        expect_same(&own, &other, 0, "pixmill's");
        buffer_free(&file);
        arena_reset(&lent.arena);
        arena_reset(&lent.job_arena);
    }
    lent_free(&lent);
}

/* Compressed metadata, as cjxl writes it for a JPEG. */
Test(jxl_peers, compressed_metadata_is_read)
{
    static const char xmp[] = "<x:xmpmeta xmlns:x='adobe:ns:meta/'></x:xmpmeta>";
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = jxl_gradient(&lent, 40, 30, PM_COLOR_RGB, false, 8);
    struct buffer file = {0};
    image.meta.xmp = (struct pm_blob){(const uint8_t *)xmp, sizeof xmp - 1};
    cr_assert_eq(codec_png.encode(&image, NULL, &file, &lent.context), 0);
    temp_write("in.png", file.data, file.size);
    buffer_free(&file);
    if (!runs("cjxl in.png a.jxl --container=1 --compress_boxes=1 && grep -q brob a.jxl"))
        cr_skip_test("this cjxl does not compress metadata");
    char *data = temp_read(temp_path("a.jxl"), &file.size);
    file.data = (uint8_t *)data;
    const struct pm_image back = jxl_image_of(&lent, &file);
    cr_assert_eq(back.meta.xmp.size, sizeof xmp - 1);
    cr_expect_arr_eq(back.meta.xmp.data, xmp, sizeof xmp - 1);
    free(data);
    lent_free(&lent);
}
