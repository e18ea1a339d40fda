/* Every backend, engine and number of workers gives the same files, through the real command. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "backend/backend.h"
#include "cli/run.h"
#include "codec/codec.h"
#include "codec/part.h"
#include "forbid.h"
#include "io/engine.h"
#include "lent.h"
#include "pictures.h"
#include "temp.h"

TestSuite(same_bytes, .init = run_begin);

static const char *const names[] = {"a.png", "b.png", "c.jpg", "d.jpg", "deep/e.png", "f.png", "g.webp"};
enum { NAMES = sizeof names / sizeof *names };

static void put_pictures(void)
{
    put_picture("in/a.png", 300, 200);
    put_picture_of("in/b.png", 97, 61, PM_COLOR_RGB, true, 16);
    put_picture("in/c.jpg", 320, 240);
    put_picture_of("in/d.jpg", 65, 33, PM_COLOR_GRAY, false, 8);
    put_picture_of("in/deep/e.png", 34, 77, PM_COLOR_GRAY, true, 8);
    put_picture_of("in/f.png", 128, 128, PM_COLOR_GRAY, false, 16);
    put_picture_of("in/g.webp", 128, 65, PM_COLOR_RGB, true, 8);
}

static void expect_same_results(const char *folder)
{
    for (size_t i = 0; i < NAMES; i++) {
        char one[128], other[128];
        snprintf(one, sizeof one, "reference/%s", names[i]);
        snprintf(other, sizeof other, "%s/%s", folder, names[i]);
        cr_expect(same_bytes(one, other), "%s differs", other);
    }
}

/* Runs `filters` with all backends and engines, and compares each with the serial backend. */
static void expect_same_everywhere(const char *const filters[4])
{
    put_pictures();
    struct run reference = RUN("run", "in", "-o", "reference", "--backend=serial", "--io=sync", filters[0],
                               filters[1], filters[2], filters[3]);
    expect_summary(&reference, "7 images: 7 ok, 0 skipped, 0 failed");
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
            for (unsigned jobs = 1; jobs <= 3; jobs += 2) {
                char folder[64], by[64], io[64], count[16];
                if (((*backend)->one_worker && jobs > 1) || (*backend)->why_not() != NULL ||
                    (*engine)->why_not() != NULL)
                    continue;
                snprintf(folder, sizeof folder, "%s-%s-%u", (*backend)->name, (*engine)->name, jobs);
                snprintf(by, sizeof by, "--backend=%s", (*backend)->name);
                snprintf(io, sizeof io, "--io=%s", (*engine)->name);
                snprintf(count, sizeof count, "-j%u", jobs);
                struct run run = RUN("run", "in", "-o", folder, by, io, count, filters[0], filters[1],
                                     filters[2], filters[3]);
                expect_summary(&run, "7 images: 7 ok, 0 skipped, 0 failed");
                expect_same_results(folder);
            }
        }
    }
}

Test(same_bytes, of_resize_and_blur)
{
    expect_same_everywhere((const char *const[]){"--resize=80x60", "--blur=1.5", "--sharpen=1", "--flip"});
}

Test(same_bytes, of_converted_colors)
{
    expect_same_everywhere((const char *const[]){"--profile=p3", "--resize=90x", "--sharpen=1", "--flip"});
}

Test(same_bytes, of_turning_and_cropping)
{
    expect_same_everywhere(
        (const char *const[]){"--rotate=90", "--crop=33x33,gravity=center", "--flop", "--gray"});
}

Test(same_bytes, of_padding_and_trimming)
{
    expect_same_everywhere((const char *const[]){"--pad=90x60", "--pad=70x70,gravity=west,color=#ff880080",
                                                 "--trim=200", "--flop"});
}

Test(same_bytes, of_tones)
{
    expect_same_everywhere(
        (const char *const[]){"--normalize", "--gamma=1.7", "--hue=-100", "--saturation=1.6"});
    expect_same_everywhere(
        (const char *const[]){"--brightness=1.2", "--contrast=0.8", "--negate", "--tint=teal"});
}

Test(same_bytes, of_regions_and_places)
{
    expect_same_everywhere((const char *const[]){"--pixelate=9,region=20x20+5+5", "--blur=4,region=9x9+20+20",
                                                 "--crop=33x33,gravity=smart", "--crop=20x25,focus=30,80"});
}

Test(same_bytes, of_any_angle_and_medians)
{
    expect_same_everywhere(
        (const char *const[]){"--rotate=10", "--median=5", "--rotate=-33.3,color=teal", "--median=7"});
}

/* To a format in a separate part, with a WebP animation among the inputs. */
static void expect_same_files(const char *format, const char *suffix, const char *const ways[2])
{
    static const char *const made[] = {"a", "b", "c", "d", "f", "g", "h"};
    const struct pm_blob *animation = codec_of_suffix("webp")->samples;
    put_pictures();
    temp_write("in/h.webp", animation->data, animation->size);
    for (size_t way = 0; way < 2; way++) {
        for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
            char by[64], folder[64], one[128], other[128];
            if ((*backend)->why_not() != NULL)
                continue;
            snprintf(by, sizeof by, "--backend=%s", (*backend)->name);
            snprintf(folder, sizeof folder, "%s%zu", (*backend)->name, way);
            struct run run = RUN("run", "in", "-o", folder, by, (*backend)->one_worker ? "-j1" : "-j3",
                                 format, "--resize=60x", ways[way]);
            expect_summary(&run, "8 images: 8 ok, 0 skipped, 0 failed");
            for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
                snprintf(one, sizeof one, "%s%zu/%s.%s", backends[0]->name, way, made[i], suffix);
                snprintf(other, sizeof other, "%s/%s.%s", folder, made[i], suffix);
                cr_expect(same_bytes(one, other), "%s differs", other);
            }
        }
    }
}

Test(same_bytes, of_webp)
{
    expect_same_files("--format=webp", "webp", (const char *const[]){"--quality=60", "--lossless"});
}

Test(same_bytes, of_avif)
{
    struct pm_error missing = {0};
    if (codec_part_find(codec_of_suffix("avif"), &missing) != 0)
        cr_skip_test("%s", missing.message);
    expect_same_files("--format=avif", "avif", (const char *const[]){"--quality=60", "--lossless"});
}

Test(same_bytes, of_jxl)
{
    struct pm_error missing = {0};
    if (codec_part_find(codec_of_suffix("jxl"), &missing) != 0)
        cr_skip_test("%s", missing.message);
    expect_same_files("--format=jxl", "jxl", (const char *const[]){"--quality=60", "--lossless"});
}

/* One image on three workers: threads and omp work on its bands together. */
Test(same_bytes, of_one_image_cut_into_bands)
{
    static const char *const arms[] = {"--backend=serial", "--backend=threads", "--backend=omp",
                                       "--backend=procs"};
    put_picture("large.png", 900, 700);
    for (size_t i = 0; i < sizeof arms / sizeof *arms; i++) {
        char jobs[] = "-j3";
        jobs[2] = i == 0 ? '1' : '3';
        struct run run =
            RUN("run", "large.png", "-o", arms[i] + 2, arms[i], jobs, "--resize=50%", "--blur=20");
        expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
        char path[64];
        snprintf(path, sizeof path, "%s/large.png", arms[i] + 2);
        cr_assert(same_bytes("backend=serial/large.png", path), "%s", path);
    }
}

/* An alpha that is opaque everywhere, which filters compute without, is in the result of each backend. */
Test(same_bytes, of_both_decoders_of_jpeg)
{
    static const char *const steps[] = {"--resize=80x60", "--blur=1.5", "--flip"};
    put_picture("in/a.jpg", 320, 240);
    put_picture_of("in/b.jpg", 65, 33, PM_COLOR_GRAY, false, 8);
    for (unsigned i = 0; i < 3; i++) {
        struct run fast = RUN("run", "in", "-o", "fast", steps[i], "--jpeg=fast");
        struct run libjpeg = RUN("run", "in", "-o", "libjpeg", steps[i], "--jpeg=libjpeg");
        expect_summary(&fast, "2 images: 2 ok, 0 skipped, 0 failed");
        expect_summary(&libjpeg, "2 images: 2 ok, 0 skipped, 0 failed");
        cr_expect(same_bytes("fast/a.jpg", "libjpeg/a.jpg"), "%s", steps[i]);
        cr_expect(same_bytes("fast/b.jpg", "libjpeg/b.jpg"), "%s", steps[i]);
    }
    cr_expect_eq(RUN("run", "in", "-o", "out", "--jpeg=turbo").status, 2);
}

Test(same_bytes, of_opaque_alpha)
{
    static const char opaque[] = "8-bit, 4 channels (rgb + alpha)";
    struct lent lent;
    struct buffer file = {0};
    lent_init(&lent);
    struct pm_image image = picture(&lent, 300, 200, PM_COLOR_RGB, true, 8);
    for (uint32_t i = 0; i < 300 * 200; i++)
        plane_row(&image.plane[0], i / 300)[i % 300 * 4 + 3] = 255;
    cr_assert_eq(codec_of_suffix("png")->encode(&image, NULL, &file, &lent.context), 0);
    temp_write("in.png", file.data, file.size);
    buffer_free(&file);
    lent_free(&lent);
    struct run reference =
        RUN("run", "in.png", "-o", "reference", "--backend=serial", "--resize=50%", "--blur=2");
    expect_summary(&reference, "1 images: 1 ok, 0 skipped, 0 failed");
    struct run info = RUN("info", "reference/in.png");
    cr_assert_not_null(strstr(info.out, opaque), "%s", info.out);
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        char by[64], path[64];
        if ((*backend)->why_not() != NULL)
            continue;
        snprintf(by, sizeof by, "--backend=%s", (*backend)->name);
        snprintf(path, sizeof path, "%s/in.png", (*backend)->name);
        struct run run = RUN("run", "in.png", "-o", (*backend)->name, by,
                             (*backend)->one_worker ? "-j1" : "-j3", "--resize=50%", "--blur=2");
        expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
        cr_expect(same_bytes("reference/in.png", path), "%s", path);
    }
}

Test(same_bytes, at_every_simd_level)
{
    static const char *const levels[] = {"PIXMILL_SIMD=base", "PIXMILL_SIMD=avx2", "PIXMILL_SIMD=avx512"};
    put_pictures();
    struct run best = RUN("run", "in", "-o", "reference", "--resize=80x60", "--blur=4", "--sharpen=2");
    expect_summary(&best, "7 images: 7 ok, 0 skipped, 0 failed");
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        struct run run = RUN_AS(&(struct start){.environment = {levels[i]}}, "run", "in", "-o", levels[i],
                                "--resize=80x60", "--blur=4", "--sharpen=2");
        expect_summary(&run, "7 images: 7 ok, 0 skipped, 0 failed");
        expect_same_results(levels[i]);
    }
}

/* Native work without the lock, with as many switches as possible. */
Test(same_bytes, of_a_released_lock)
{
    put_pictures();
    struct run reference = RUN("run", "in", "-o", "reference", "--backend=serial", "--blur=4", "--sharpen=2");
    expect_summary(&reference, "7 images: 7 ok, 0 skipped, 0 failed");
    struct run run = RUN("run", "in", "-o", "released", "--backend=gil", "-j3", "--gil=released",
                         "--gil-interval=0.1", "--blur=4", "--sharpen=2");
    expect_summary(&run, "7 images: 7 ok, 0 skipped, 0 failed");
    expect_same_results("released");
}

/* If the system forbids io_uring, helper threads replace it, and -v reports it. */
Test(same_bytes, of_an_event_loop_without_io_uring)
{
    static const char *const arms[] = {"--backend=async", "--backend=threads"};
    put_pictures();
    struct run reference = RUN("run", "in", "-o", "reference", "--backend=serial", "--resize=80x60");
    expect_summary(&reference, "7 images: 7 ok, 0 skipped, 0 failed");
    cr_assert_eq(forbid_uring(), 0); /* also to the command, which inherits it */
    for (size_t i = 0; i < sizeof arms / sizeof *arms; i++) {
        struct run run = RUN("run", "in", "-o", arms[i] + 2, arms[i], "--io=async", "-v", "--resize=80x60");
        expect_summary(&run, "7 images: 7 ok, 0 skipped, 0 failed");
        expect(&run, 0, "helper threads replace it");
        expect_same_results(arms[i] + 2);
    }
}
