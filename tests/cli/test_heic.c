/* HEIC and its part, with the real command. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "backend/backend.h"
#include "cli/run.h"
#include "codec/part.h"
#include "temp.h"

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(codec_of_suffix("heic"), &error) != 0)
        cr_skip_test("%s", error.message);
    run_begin();
}

TestSuite(heic_run, .init = begin);

/* The codec's samples: colour with alpha, and grey of 10 bits. */
static void put_samples(void)
{
    const struct pm_blob *samples = codec_of_suffix("heic")->samples;
    for (unsigned i = 0; samples[i].size > 0; i++) {
        char name[32];
        snprintf(name, sizeof name, "in/%c.heic", 'a' + (char)i);
        temp_write(name, samples[i].data, samples[i].size);
    }
}

Test(heic_run, every_backend_makes_the_same_files)
{
    put_samples();
    struct run first = RUN("run", "in", "-o", "serial", "--format=png", "--resize=40x", "--backend=serial");
    expect_summary(&first, "2 images: 2 ok, 0 skipped, 0 failed");
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        char by[64];
        if ((*backend)->why_not() != NULL)
            continue;
        snprintf(by, sizeof by, "--backend=%s", (*backend)->name);
        struct run run = RUN("run", "in", "-o", (*backend)->name, "--format=png", "--resize=40x", by);
        expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
        for (int i = 0; i < 2; i++) {
            char other[64];
            snprintf(other, sizeof other, "%s/%c.png", (*backend)->name, 'a' + i);
            cr_expect(same_bytes(i == 0 ? "serial/a.png" : "serial/b.png", other), "%s differs", other);
        }
    }
}

Test(heic_run, only_read_it_becomes_jpeg)
{
    put_samples();
    struct run run = RUN("run", "in", "-o", "out"), to = RUN("run", "in", "-o", "out", "--format=heic");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    expect_picture("out/a.jpg", "jpeg", 16, 16);
    expect(&to, 2, "heic");
}

/* Formats whose libraries have many security bugs (libde265, libtiff) need worker processes: one warning for
 * each format. */
Test(heic_run, decoding_in_the_command_s_own_process_draws_a_warning)
{
    const bool tiff = codec_part_find(codec_of_suffix("tif"), &(struct pm_error){0}) == 0;
    put_samples();
    if (tiff)
        put_picture("in/c.tif", 8, 8);
    struct run threads = RUN("run", "in", "-o", "out", "--format=png"),
               procs = RUN("run", "in", "-o", "out", "--format=png", "--backend=procs");
    expect(&threads, 0,
           "warning: heic files are decoded in this process (for files from strangers, --backend=procs");
    const char *warning = strstr(threads.err, "warning: heic");
    cr_expect_null(strstr(warning + 1, "warning: heic"), "%s", threads.err);
    if (tiff)
        expect(&threads, 0, "warning: tiff files are decoded in this process");
    expect(&procs, 0, tiff ? "3 images: 3 ok" : "2 images: 2 ok");
    cr_expect_null(strstr(procs.err, "in this process"), "%s", procs.err);
}

/* A format that is new to the workers: its part is loaded, and a sandboxed worker is replaced by one that has
 * it. */
Test(heic_run, a_part_that_is_needed_late_is_loaded_and_the_worker_replaced)
{
    static const char *const others[] = {"av1.avif", "t.tif"};
    const char *arguments[16] = {"run",     "-o",  "out",   "--format=jpeg", "--backend=procs",
                                 STRICTEST, "-j1", "1.png", "in/a.heic"};
    int count = 9;
    put_samples();
    put_picture("1.png", 20, 10);
    put_picture("2.png", 20, 10);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (codec_part_find(codec_of_suffix(strchr(others[i], '.') + 1), &(struct pm_error){0}) == 0) {
            put_picture(others[i], 20, 10);
            arguments[count++] = others[i];
        }
    }
    arguments[count++] = "2.png";
    struct run run = run_with(&(struct start){0}, arguments);
    cr_assert_eq(run.status, 0, "%s", run.err);
    expect_files("out", count - 7);
}

/* A damaged file's parameter sets are refused before libde265 reports them on standard error. */
Test(heic_run, damage_is_reported_by_pixmill_alone, .timeout = 120)
{
    const struct pm_blob *samples = codec_of_suffix("heic")->samples;
    uint8_t bytes[2048];
    char name[32];
    for (unsigned k = 0; samples[k].size > 0; k++) {
        for (size_t i = 12; i < samples[k].size; i++) {
            memcpy(bytes, samples[k].data, samples[k].size);
            bytes[i] ^= 0x55;
            snprintf(name, sizeof name, "in/%u-%zu.heic", k, i);
            temp_write(name, bytes, samples[k].size);
        }
    }
    struct run here = RUN("run", "in", "-o", "out", "--format=png"),
               apart = RUN("run", "in", "-o", "out", "--format=png", "--backend=procs", STRICTEST);
    cr_assert_eq(here.status, 1, "%s", here.err);
    cr_assert_eq(apart.status, 1, "%s", apart.err);
    cr_assert_null(strstr(here.err, "SPS error"), "%s", here.err);
    cr_assert_null(strstr(apart.err, "SPS error"), "%s", apart.err);
    cr_assert_null(strstr(apart.err, "was stopped"), "%s", apart.err);
}
