/* The same files and pixels by every instruction set that the codecs' libraries have code for. */
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/run.h"
#include "codec/codec.h"
#include "codec/part.h"
#include "temp.h"

TestSuite(library_simd, .init = run_begin);

static bool has(const char *library, const char *symbol)
{
    void *handle = dlopen(library, RTLD_NOW);
    return handle != NULL && (symbol == NULL || dlsym(handle, symbol) != NULL);
}

/* `newer`: the library's name in newer distributions, or NULL. */
static void need(const char *suffix, const char *library, const char *newer, const char *symbol)
{
    struct pm_error missing = {0};
    if (codec_part_find(codec_of_suffix(suffix), &missing) != 0)
        cr_skip_test("%s", missing.message);
    if (!has(library, symbol) && (newer == NULL || !has(newer, symbol)))
        cr_skip_test("no %s with %s", library, symbol != NULL ? symbol : "its name");
}

/* Runs the command with tests/preload/library_simd.c, and a variable that it or the library reads. */
static void run_limited(const char *variable, const char *value, const char *in, const char *out,
                        const char *format, const char *option)
{
    char library[PATH_MAX];
    const char *pixmill = getenv("PIXMILL");
    snprintf(library, sizeof library, "%.*s/library_simd.so", (int)(strrchr(pixmill, '/') - pixmill),
             pixmill);
    cr_assert_eq(access(library, R_OK), 0, "%s", library);
    cr_assert_eq(setenv("LD_PRELOAD", library, 1) + setenv(variable, value, 1), 0);
    struct run run = RUN("run", in, "-o", out, format, option);
    unsetenv("LD_PRELOAD");
    unsetenv(variable);
    cr_assert_eq(run.status, 0, "%s=%s: %s", variable, value, run.err);
}

/* Each value gives the same three results as the first. */
static void expect_same(const char *variable, const char *const *values, const char *in, const char *format,
                        const char *suffix, const char *option)
{
    static const char *const names[] = {"a", "b", "c"};
    char folder[64], one[128], other[128];
    for (size_t i = 0; values[i] != NULL; i++) {
        snprintf(folder, sizeof folder, "by-%s%s", values[i], option);
        run_limited(variable, values[i], in, folder, format, option);
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            snprintf(one, sizeof one, "by-%s%s/%s.%s", values[0], option, names[k], suffix);
            snprintf(other, sizeof other, "%s/%s.%s", folder, names[k], suffix);
            cr_expect(same_bytes(one, other), "%s differs from %s", other, one);
        }
    }
}

/* Colours, grey of 16 bits with alpha, and an animation. */
static void put_inputs(void)
{
    const struct pm_blob *animation = codec_of_suffix("gif")->samples;
    put_picture("in/a.png", 97, 61);
    put_picture_of("in/b.png", 50, 40, PM_COLOR_GRAY, true, 16);
    temp_write("in/c.gif", animation->data, animation->size);
}

/* None disabled; AVX-512; AVX2, too; SSE4; SSSE3. Lossy files are promised for one instruction set alone. */
Test(library_simd, lossless_jpeg_xl)
{
    static const char *const disabled[] = {"0", "0x1ff", "0x3ff", "0xfff", "0x1fff", NULL};
    need("jxl", "libhwy.so.1", NULL, "_ZN3hwy14DisableTargetsEl");
    put_inputs();
    expect_same("HIGHWAY_DISABLED", disabled, "in", "--format=jxl", "jxl", "--lossless");
}

/* Plain C; up to SSE2, SSSE3, SSE4.1, AVX2. */
Test(library_simd, avif, .timeout = 300)
{
    static const char *const allowed[] = {"0x1ff", "0", "0x7", "0xf", "0x1f", "0x7f", NULL};
    need("avif", "libaom.so.3", NULL, NULL);
    put_inputs();
    expect_same("AOM_SIMD_CAPS", allowed, "in", "--format=avif", "avif", "--quality=70");
    expect_same("AOM_SIMD_CAPS", allowed, "in", "--format=avif", "avif", "--effort=9");
    expect_same("AOM_SIMD_CAPS", allowed, "in", "--format=avif", "avif", "--lossless");
}

Test(library_simd, avif_read, .timeout = 300)
{
    static const char *const allowed[] = {"0xffff", "0", "1", "3", "7", "15", NULL};
    need("avif", "libdav1d.so.6", "libdav1d.so.7", "dav1d_set_cpu_flags_mask");
    put_inputs();
    struct run run = RUN("run", "in", "-o", "avif", "--format=avif", "--quality=50");
    expect(&run, 0, "3 ok");
    expect_same("DAV1D_ALLOWED", allowed, "avif", "--format=png", "png", "--no-autorotate");
}

Test(library_simd, webp)
{
    static const char *const values[] = {"1", NULL};
    need("webp", "libwebp.so.7", NULL, "VP8GetCPUInfo");
    put_inputs();
    for (int lossless = 0; lossless < 2; lossless++) {
        const char *option = lossless != 0 ? "--lossless" : "--quality=70";
        struct run run = RUN("run", "in", "-o", "all", "--format=webp", option);
        expect(&run, 0, "3 ok");
        expect_same("WEBP_PLAIN", values, "in", "--format=webp", "webp", option);
        cr_expect(
            same_bytes("all/a.webp", lossless != 0 ? "by-1--lossless/a.webp" : "by-1--quality=70/a.webp"));
        cr_expect(
            same_bytes("all/c.webp", lossless != 0 ? "by-1--lossless/c.webp" : "by-1--quality=70/c.webp"));
    }
}
