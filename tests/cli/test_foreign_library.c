/* A libjpeg with other internals than pixmill expects (tests/preload/jpeg.c): results are the same without
 * its private functions, and if it can't be trusted, no result is called ok. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/run.h"
#include "torture/torture.h"

enum { PICTURES = 3 };

static const char *const backends[] = {"--backend=threads", "--backend=procs"};

/* libjpeg encodes only CMYK. */
static void put_pictures(void)
{
    mkdir("in", 0777);
    put_picture("in/a.png", 300, 200);
    put_picture_of("in/b.jpg", 200, 300, PM_COLOR_CMYK, false, 8);
    put_picture_of("in/c.png", 90, 1700, PM_COLOR_GRAY, false, 8);
}

/* Processes the pictures; `mode` NULL: with the unchanged library. */
static struct run run_in(const char *mode, const char *backend, const char *out, const char *format)
{
    char variable[64];
    struct start start = {0};
    if (mode != NULL) {
        snprintf(variable, sizeof variable, "PIXMILL_JPEG=%s", mode);
        start = (struct start){.environment = {torture_preload("jpeg"), variable}};
    }
    return RUN_AS(&start, "run", "in", "-o", out, "--resize=64x", "--log=log", backend, format);
}

/* Small images, up to 64 x 1209, have their symbols counted in either way. */
static void expect_same_files(const char *mode)
{
    run_begin();
    put_pictures();
    struct run plain = run_in(NULL, backends[0], "plain", "--format=jpeg");
    expect_summary(&plain, "3 images: 3 ok, 0 skipped, 0 failed");
    for (int i = 0; i < 2; i++) {
        struct run run = run_in(mode, backends[i], "out", "--format=jpeg");
        cr_assert_eq(run.status, 0, "%s", run.err);
        cr_expect(same_bytes("plain/a.jpg", "out/a.jpg"), "%s", backends[i]);
        cr_expect(same_bytes("plain/b.jpg", "out/b.jpg"), "%s", backends[i]);
        cr_expect(same_bytes("plain/c.jpg", "out/c.jpg"), "%s", backends[i]);
        torture_remove("out");
    }
}

Test(foreign_library, a_method_that_is_not_libjpegs_is_left_alone)
{
    expect_same_files("moved");
}

Test(foreign_library, symbols_that_were_not_counted_are_counted_by_libjpeg)
{
    expect_same_files("deaf");
}

Test(foreign_library, a_method_that_would_not_be_restored_is_not_replaced)
{
    expect_same_files("keeping");
}

/* All must fail, with `line` in the log, and nothing is written. */
static void expect_refused(const char *mode, const char *format, const char *line)
{
    run_begin();
    put_pictures();
    for (int i = 0; i < 2; i++) {
        torture_remove("log");
        struct run run = run_in(mode, backends[i], "out", format);
        cr_assert_eq(run.status, 1, "%s: %s", backends[i], run.err);
        expect_summary(&run, "3 images: 0 ok, 0 skipped, 3 failed");
        expect_files("out", 0);
        const char *log = content_of("log", NULL);
        unsigned count = 0;
        for (const char *at = log; (at = strstr(at, line)) != NULL; at++)
            count++;
        cr_expect_eq(count, PICTURES, "%s: %s", backends[i], log);
    }
}

Test(foreign_library, files_that_it_spoils_are_not_written)
{
    expect_refused("spoiling", "--format=jpeg", "no jpeg is written");
}

Test(foreign_library, where_it_decodes_known_files_wrongly_none_is_written)
{
    expect_refused("blank", "--format=jpeg", "JPEG is unavailable");
}

static void expect_no_jpeg_read(const char *mode)
{
    run_begin();
    put_pictures();
    struct run run = run_in(mode, backends[0], "out", "--format=png");
    cr_assert_eq(run.status, 1, "%s", run.err);
    expect_summary(&run, "3 images: 2 ok, 0 skipped, 1 failed");
    cr_expect_not_null(strstr(run.err, "JPEG is unavailable"), "%s", run.err);
    expect_picture("out/a.png", "png", 64, 43);
}

Test(foreign_library, where_it_hides_damage_none_is_read_and_others_are)
{
    expect_no_jpeg_read("hushed");
}

Test(foreign_library, where_it_hides_that_a_scan_is_missing_none_is_read_and_others_are)
{
    expect_no_jpeg_read("boasting");
}
