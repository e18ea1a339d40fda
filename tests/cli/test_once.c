/* How often a job's header is read and its plan made, measured by a command that counts (tests/counting). */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "io/file.h"
#include "net/server.h"
#include "temp.h"
#include "torture/torture.h"

TestSuite(once, .init = run_begin);

static unsigned count_of(const char *counts, const char *name)
{
    unsigned count = 0;
    const size_t length = strlen(name);
    for (const char *line = counts; *line != '\0'; line += strcspn(line, "\n") + 1)
        count += strncmp(line, name, length) == 0 && line[length] == '\n';
    return count;
}

/* The counts of one run. Without a sandbox, so that workers can write them. With one I/O thread, because
 * several first ones would each run libjpeg's trial. */
static char *counts_of(const char *input, const char *backend)
{
    size_t size;
    const struct start start = {.program = "pixmill-counting", .environment = {"PIXMILL_COUNTS=counts"}};
    struct run run =
        RUN_AS(&start, "run", "-o", "out", "-j1", "--io=sync", "--resize=20x", "--allow-private", backend,
               strcmp(backend, "--backend=procs") == 0 ? "--sandbox=off" : "--progress=never", input);
    cr_assert_eq(run.status, 0, "%s", run.err);
    char *counts = content_of("counts", &size);
    cr_assert_eq(unlink("counts"), 0);
    return counts;
}

static const char *const names[] = {"codec_probe",     "plan_make",       "plan_make_for",
                                    "reader_open",     "png_read_header", "jpeg_read_header_of",
                                    "jpeg_read_header"};
enum { NAMES = sizeof names / sizeof *names };

/* The difference between four jobs and one, so that the process's own work (self-test, warm-up) cancels
 * out. */
static void check_each(const char *suffix, const char *backend, const unsigned expected[NAMES])
{
    char path[64], one[32], five[32];
    snprintf(one, sizeof one, "one-%s", suffix);
    snprintf(five, sizeof five, "five-%s", suffix);
    for (int i = 0; i < 6; i++) {
        snprintf(path, sizeof path, "%s/%d.%s", i == 5 ? one : five, i, suffix);
        put_picture(path, 90, 60);
    }
    const char *few = counts_of(one, backend), *many = counts_of(five, backend);
    for (int i = 0; i < NAMES; i++)
        cr_expect_eq(count_of(many, names[i]), count_of(few, names[i]) + 4 * expected[i],
                     "%s of %s, %s: %u and %u", names[i], suffix, backend, count_of(few, names[i]),
                     count_of(many, names[i]));
}

static const char *const ways[] = {"--backend=threads", "--backend=serial", "--backend=procs"};
enum { WAYS = sizeof ways / sizeof *ways };

/* The header is read by the probe before the file is read, and by the reader afterwards; libjpeg reads it
 * itself. Results of worker processes are probed, too. */
Test(once, a_job_is_probed_planned_and_opened_once)
{
    static const unsigned of_png[][NAMES] = {{1, 1, 0, 1, 2, 0, 0}, {2, 1, 0, 1, 3, 0, 0}};
    static const unsigned of_jpeg[][NAMES] = {{1, 1, 0, 1, 0, 1, 1}, {2, 1, 0, 1, 0, 1, 1}};
    for (int i = 0; i < WAYS; i++) {
        const bool process = strcmp(ways[i], "--backend=procs") == 0;
        check_each("png", ways[i], of_png[process]);
        check_each("jpg", ways[i], of_jpeg[process]);
    }
}

/* A URL's header arrives before the rest. (Not enough for a large PNG: an eXIf chunk may be at its end.) */
Test(once, a_url_is_probed_and_planned_once)
{
    put_picture("small.png", 40, 30);
    put_picture("large.jpg", 900, 700);
    server_start("small.png", "large.jpg");
    for (int large = 0; large < 2; large++) {
        const char *counts =
            counts_of(server_url(large ? "ok/large.jpg" : "ok/small.png"), "--backend=threads");
        cr_expect_eq(count_of(counts, "codec_probe"), 1);
        cr_expect_eq(count_of(counts, "plan_make"), 1);
        cr_expect_eq(count_of(counts, "plan_make_for"), 0);
    }
}

/* Data after IEND, which gives a warning, makes both files equally long, so that only the image differs, and
 * too long to be read completely when opened. */
static void put_padded(const char *path, uint32_t width, uint32_t height)
{
    enum { SIZE = FILE_SMALL + 4096 };
    size_t size;
    put_picture(path, width, height);
    char *padded = calloc(SIZE, 1);
    cr_assert_not_null(padded);
    const char *picture = content_of(path, &size);
    cr_assert_lt(size, SIZE);
    memcpy(padded, picture, size);
    temp_write(path, padded, SIZE);
    free(padded);
}

/* A file whose header has changed since the probe is refused, because the budget was charged by the old
 * one. */
Test(once, a_file_that_changes_behind_its_probe_is_refused)
{
    static const char *const blocking[] = {"--io=sync", "--io=threads"};
    for (int i = 0; i < WAYS * 2; i++) {
        put_padded("picture.png", 40, 30);
        put_padded("other.png", 90, 70);
        const struct start start = {.environment = {torture_preload("swap"), "PIXMILL_SWAPPED=picture.png",
                                                    "PIXMILL_SWAP=other.png"}};
        struct run run =
            RUN_AS(&start, "run", "-o", "out", "-j1", blocking[i / WAYS], ways[i % WAYS], "picture.png");
        expect(&run, 1,
               "picture.png: changed while it was read (try again when no other program writes to it)");
        expect_files("out", 0);
        cr_assert(same_bytes("picture.png", "other.png"), "it was changed meanwhile");
    }
}

/* An uncompressed picture, a BMP of one shade. */
static void put_shade(const char *path, uint32_t side, uint8_t shade)
{
    enum { HEADER = 54 };
    const size_t row = ((size_t)side * 3 + 3) / 4 * 4, size = HEADER + row * side;
    uint8_t *bytes = calloc(size, 1);
    cr_assert_not_null(bytes);
    const uint32_t head[] = {(uint32_t)size, 0, HEADER, HEADER - 14, side, side, 24 << 16 | 1};
    memcpy(bytes, "BM", 2);
    for (size_t i = 0; i < 4 * (sizeof head / sizeof *head); i++)
        bytes[2 + i] = (uint8_t)(head[i / 4] >> 8 * (i % 4));
    memset(bytes + HEADER, shade, size - HEADER);
    temp_write(path, bytes, size);
    free(bytes);
}

static const char *const engines[] = {"--io=sync", "--io=threads", "--io=async"};
enum { ENGINES = sizeof engines / sizeof *engines, SMALL = 40, LARGE = 300 };

static struct run run_swapped(const char *swaps, const char *engine)
{
    const struct start start = {.environment = {torture_preload("swap"), "PIXMILL_SWAPPED=picture.bmp",
                                                "PIXMILL_SWAP=other.bmp", swaps,
                                                "ASAN_OPTIONS=verify_asan_link_order=0"}};
    return RUN_AS(&start, "run", "-o", "out", "--keep-dates", engine, "picture.bmp");
}

/* Its length and header stay, so only its time tells. */
Test(once, a_file_that_is_written_to_again_and_again_is_refused)
{
    cr_assert_gt((size_t)LARGE * LARGE * 3, (size_t)FILE_SMALL);
    for (int i = 0; i < 2 * ENGINES; i++) {
        put_shade("picture.bmp", i < ENGINES ? SMALL : LARGE, 50);
        put_shade("other.bmp", i < ENGINES ? SMALL : LARGE, 200);
        struct run run = run_swapped("PIXMILL_SWAPS=1000", engines[i % ENGINES]);
        expect(&run, 1,
               "picture.bmp: changed while it was read (try again when no other program writes to it)");
        expect_files("out", 0);
        cr_assert(same_bytes("picture.bmp", "other.bmp"), "it was changed meanwhile");
    }
}

/* An archive's members were found when it was opened. */
Test(once, an_archive_that_is_written_to_is_refused)
{
    put_shade("picture.bmp", SMALL, 50);
    cr_assert_eq(system("tar -cf a.tar picture.bmp && cp a.tar other.tar"), 0);
    const struct start start = {.environment = {torture_preload("swap"), "PIXMILL_SWAPPED=a.tar",
                                                "PIXMILL_SWAP=other.tar", "PIXMILL_SWAPS=1",
                                                "ASAN_OPTIONS=verify_asan_link_order=0"}};
    struct run run = RUN_AS(&start, "run", "-o", "out", "a.tar");
    expect(&run, 1,
           "a.tar: changed while it was read (try again when no other program writes to it)");
    expect_files("out", 0);
}

/* The result is that of the new content, with its date. */
Test(once, a_file_that_is_written_to_once_is_read_again)
{
    for (int i = 0; i < 2 * ENGINES; i++) {
        struct stat input, output;
        put_shade("picture.bmp", i < ENGINES ? SMALL : LARGE, 50);
        put_shade("other.bmp", i < ENGINES ? SMALL : LARGE, 200);
        struct run run = run_swapped("PIXMILL_SWAPS=1", engines[i % ENGINES]);
        expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
        run = RUN("run", "-o", "expected", "other.bmp");
        cr_assert(same_bytes("out/picture.png", "expected/other.png"), "%s", engines[i % ENGINES]);
        cr_assert(stat("picture.bmp", &input) == 0 && stat("out/picture.png", &output) == 0);
        cr_expect_eq(input.st_mtim.tv_sec, output.st_mtim.tv_sec, "%s", engines[i % ENGINES]);
    }
}
