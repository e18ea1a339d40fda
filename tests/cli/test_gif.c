/* GIF with the real command. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/run.h"
#include "codec/codec.h"
#include "codec/part.h"
#include "pixmill/transform.h"
#include "temp.h"

TestSuite(gif_run, .init = run_begin);

/* Two frames of 4 x 4 pixels. */
static void put_animation(const char *path)
{
    const struct pm_blob *animation = codec_of_suffix("gif")->samples;
    temp_write(path, animation->data, animation->size);
}

static unsigned frames_of(const char *path)
{
    size_t size;
    struct pm_info info;
    struct pm_error error = {0};
    const char *bytes = content_of(path, &size);
    cr_assert_eq(pm_probe((const uint8_t *)bytes, size, &info, &error), 0, "%s: %s", path, error.message);
    return info.frames;
}

Test(gif_run, an_animation_stays_one_in_gif_and_webp_and_back)
{
    put_animation("in/a.gif");
    struct run run = RUN("run", "in", "-o", "out", "--resize=9x");
    expect(&run, 0, "1 ok");
    expect_picture("out/a.gif", "gif", 9, 9);
    cr_expect_eq(frames_of("out/a.gif"), 2);
    run = RUN("run", "in", "-o", "webp", "--format=webp", "--lossless");
    expect(&run, 0, "1 ok");
    cr_expect_eq(frames_of("webp/a.webp"), 2);
    run = RUN("run", "webp", "-o", "back", "--format=gif");
    expect(&run, 0, "1 ok");
    cr_expect_eq(frames_of("back/a.gif"), 2);
}

Test(gif_run, an_animation_stays_one_in_png_too)
{
    put_animation("in/a.gif");
    struct run run = RUN("run", "in", "-o", "png", "--format=png", "--resize=9x");
    expect(&run, 0, "1 ok");
    expect_picture("png/a.png", "png", 9, 9);
    cr_expect_eq(frames_of("png/a.png"), 2);
    run = RUN("run", "in", "-o", "direct", "--format=webp", "--lossless", "--resize=9x");
    expect(&run, 0, "1 ok");
    run = RUN("run", "png", "-o", "webp", "--format=webp", "--lossless");
    expect(&run, 0, "1 ok");
    cr_expect(same_bytes("direct/a.webp", "webp/a.webp"));
    run = RUN("run", "webp", "-o", "back", "--format=png");
    expect(&run, 0, "1 ok");
    cr_expect(same_bytes("png/a.png", "back/a.png"));
    run = RUN("run", "png", "-o", "gif", "--format=gif");
    expect(&run, 0, "1 ok");
    cr_expect_eq(frames_of("gif/a.gif"), 2);
    run = RUN("run", "png", "-o", "procs", "--format=gif", "--backend=procs", STRICTEST);
    expect(&run, 0, "1 ok");
    cr_expect(same_bytes("gif/a.gif", "procs/a.gif"));
}

Test(gif_run, an_animation_stays_one_in_avif_too)
{
    struct pm_error missing = {0};
    if (codec_part_find(codec_of_suffix("avif"), &missing) != 0)
        cr_skip_test("%s", missing.message);
    put_animation("in/a.gif");
    struct run run = RUN("run", "in", "-o", "avif", "--format=avif", "--lossless");
    expect(&run, 0, "1 ok");
    cr_expect_eq(frames_of("avif/a.avif"), 2);
    run = RUN("run", "in", "-o", "procs", "--format=avif", "--lossless", "--backend=procs", STRICTEST);
    expect(&run, 0, "1 ok");
    cr_expect(same_bytes("avif/a.avif", "procs/a.avif"));
    run = RUN("run", "avif", "-o", "back", "--format=gif");
    expect(&run, 0, "1 ok");
    cr_expect_eq(frames_of("back/a.gif"), 2);
}

Test(gif_run, one_frame_on_request_and_where_the_format_holds_one)
{
    put_animation("in/a.gif");
    struct run run = RUN("run", "in", "-o", "out", "--format=jpeg");
    expect(&run, 0, "warning: only the first of 2 frames is in the result (its format has no animations)");
    put_animation("in/b.gif");
    run = RUN("run", "in", "-o", "out", "--format=jpeg");
    expect(&run, 0,
           "pixmill: 2 images in all: warning: only the first of 2 frames is in the result (its format "
           "has no animations)\n");
    cr_assert_eq(unlink("in/b.gif"), 0);
    run = RUN("run", "in", "-o", "first", "--frames=first");
    expect(&run, 0, "1 ok");
    cr_expect_eq(frames_of("first/a.gif"), 1);
    run = RUN("run", "in", "-o", "second", "--frames=2");
    expect(&run, 0, "1 ok");
    cr_expect_not(same_bytes("first/a.gif", "second/a.gif"));
}

Test(gif_run, is_the_same_on_every_backend_in_the_strictest_sandbox)
{
    static const char *const backends[] = {"--backend=threads", "--backend=procs", "--backend=omp"};
    put_animation("in/a.gif");
    put_picture("in/b.png", 90, 70); /* more than 256 colours */
    struct run run = RUN("run", "in", "-o", "serial", "--backend=serial", "--resize=50x", "--format=gif");
    expect(&run, 0, "2 ok");
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        const bool procs = strcmp(backends[i], "--backend=procs") == 0;
        run = RUN("run", "in", "-o", "other", backends[i], "--resize=50x", "--format=gif",
                  procs ? STRICTEST : "--no-autorotate");
        expect(&run, 0, "2 ok");
        cr_expect(same_bytes("serial/a.gif", "other/a.gif"), "%s", backends[i]);
        cr_expect(same_bytes("serial/b.gif", "other/b.gif"), "%s", backends[i]);
    }
}

Test(gif_run, dither_changes_a_picture_of_many_colours)
{
    put_picture("in/a.png", 64, 64);
    static const char *const dithers[] = {"--dither=none", "--dither=ordered", "--dither=diffusion"};
    static const char *const folders[] = {"none", "ordered", "diffusion"};
    for (int i = 0; i < 3; i++) {
        struct run run = RUN("run", "in", "-o", folders[i], "--format=gif", dithers[i]);
        expect(&run, 0, "1 ok");
    }
    cr_expect_not(same_bytes("none/a.gif", "ordered/a.gif"));
    cr_expect_not(same_bytes("none/a.gif", "diffusion/a.gif"));
}
