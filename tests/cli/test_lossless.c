/* JPEGs turned and stripped by the real command: the coefficients of jpegtran, on every backend. */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "cli/run.h"
#include "codec/jpeg/maker.h"
#include "conformance.h"
#include "temp.h"

static const char *conformance;

/* Found from the project's folder, which run_begin leaves. */
static void begin_with_suite(void)
{
    static char path[PATH_MAX];
    conformance = realpath(conformance_folder(), path);
    run_begin();
}

TestSuite(lossless, .init = run_begin);

static void put_jpeg(const char *name, const struct jpeg_recipe *recipe)
{
    struct buffer file = make_jpeg(recipe);
    temp_write(name, file.data, file.size);
    buffer_free(&file);
}

static const struct {
    const char *option, *jpegtran;
} turns[] = {
    {"--rotate=90", "-rotate 90"}, {"--rotate=180", "-rotate 180"}, {"--rotate=270", "-rotate 270"},
    {"--flip", "-flip vertical"},  {"--flop", "-flip horizontal"},  {"--keep=xmp", ""},
};
enum { TURNS = sizeof turns / sizeof *turns };

/* Plain libjpeg's samples of both files. */
static bool same_samples(const char *one, const char *other)
{
    uint8_t *rows[2];
    uint32_t width[2], height[2];
    for (int i = 0; i < 2; i++) {
        struct buffer file = {0};
        file.data = (uint8_t *)content_of(i == 0 ? one : other, &file.size);
        rows[i] = plain_rows(&file, 8, JCS_RGB, &width[i], &height[i]);
    }
    const bool same = width[0] == width[1] && height[0] == height[1] &&
                      memcmp(rows[0], rows[1], (size_t)3 * width[0] * height[0]) == 0;
    free(rows[0]);
    free(rows[1]);
    return same;
}

Test(lossless, turns_are_those_of_jpegtran)
{
    if (system("jpegtran -version >/dev/null 2>&1") != 0)
        cr_skip_test("jpegtran is not installed (apt-get install libjpeg-turbo-progs)");
    put_jpeg("in/a.jpg", &(struct jpeg_recipe){JPEG_YCC(160, 96, 2, 2)});
    put_jpeg("in/b.jpg", &(struct jpeg_recipe){JPEG_YCC(40, 24, 1, 1), .progressive = true});
    put_jpeg("in/c.jpg", &(struct jpeg_recipe){JPEG_YCC(64, 32, 2, 1), JPEG_APART});
    for (size_t t = 0; t < TURNS; t++) {
        struct run run = RUN("run", "in", "-o", "out", turns[t].option, "--log=log");
        expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
        for (const char *name = "abc"; *name != '\0'; name++) {
            char command[160], made[32];
            snprintf(made, sizeof made, "out/%c.jpg", *name);
            snprintf(command, sizeof command, "jpegtran -optimize %s -outfile expected.jpg in/%c.jpg",
                     turns[t].jpegtran, *name);
            cr_assert_eq(system(command), 0);
            cr_expect(same_samples(made, "expected.jpg"), "%s of %s", turns[t].option, made);
        }
    }
}

Test(lossless, the_log_says_so)
{
    size_t size;
    put_jpeg("in/a.jpg", &(struct jpeg_recipe){JPEG_YCC(160, 96, 2, 2)});
    put_jpeg("in/b.jpg", &(struct jpeg_recipe){JPEG_YCC(150, 96, 2, 2)});
    struct run run = RUN("run", "in/a.jpg", "-o", "out", "--flop", "--log=log", "-v");
    expect(&run, 0,
           "pixmill: in/a.jpg: lossless: the image was rotated or mirrored without encoding it again\n");
    cr_expect_not_null(strstr(content_of("log", &size), "\"notes\": [\"lossless: "));
    run = RUN("run", "in/a.jpg", "-o", "out", "--log=log");
    expect(&run, 0, "jpeg images are written without loss");
    cr_expect_not_null(
        strstr(content_of("log", &size), "\"notes\": [\"lossless: the image was not encoded again\"]"));
    run = RUN("run", "in/b.jpg", "-o", "out", "--flop", "--log=log");
    cr_expect_not_null(strstr(content_of("log", &size), "\"notes\": [\"decoded and encoded again: "));
    run = RUN("run", "in/a.jpg", "-o", "out", "--flop", "--quality=70", "--log=log");
    cr_expect_not_null(strstr(content_of("log", &size), "\"notes\": []"));
}

Test(lossless, is_the_same_on_every_backend)
{
    put_jpeg("in/a.jpg", &(struct jpeg_recipe){JPEG_YCC(160, 96, 2, 2)});
    put_jpeg("in/b.jpg", &(struct jpeg_recipe){JPEG_YCC(150, 96, 2, 2), .progressive = true});
    put_jpeg("in/c.jpg", &(struct jpeg_recipe){JPEG_GREY(80, 72)});
    struct run run = RUN("run", "in", "-o", "serial", "--rotate=90", "--flop", "--backend=serial");
    expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        char by[64], one[64], other[64];
        if ((*backend)->why_not() != NULL)
            continue;
        snprintf(by, sizeof by, "--backend=%s", (*backend)->name);
        run = RUN("run", "in", "-o", "out", "--rotate=90", "--flop", by,
                  strcmp((*backend)->name, "procs") == 0 ? STRICTEST : "--progress=never");
        expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
        for (const char *name = "abc"; *name != '\0'; name++) {
            snprintf(one, sizeof one, "serial/%c.jpg", *name);
            snprintf(other, sizeof other, "out/%c.jpg", *name);
            cr_expect(same_bytes(one, other), "%s by %s", other, (*backend)->name);
        }
    }
}

/* --- smaller or the original ------------------------------------------------------------------------ */

Test(lossless, keep_smaller_keeps_the_coded_data)
{
    size_t before, after;
    put_jpeg("in/a.jpg", &(struct jpeg_recipe){JPEG_YCC(160, 96, 2, 2), .quality = 50, .optimize = true});
    put_picture("in/b.png", 90, 60);
    content_of("in/a.jpg", &before);
    struct run run = RUN("run", "in", "-o", "large", "--quality=99");
    content_of("large/a.jpg", &after);
    cr_expect_gt(after, before);
    run = RUN("run", "in", "-o", "kept", "--quality=99", "--keep-smaller", "--log=log", "-v");
    expect(&run, 0, "pixmill: in/a.jpg: lossless: the input's image data is kept, because it is smaller\n");
    content_of("kept/a.jpg", &after);
    cr_expect_leq(after, before);
    cr_expect(same_samples("in/a.jpg", "kept/a.jpg"));
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        char by[64];
        if ((*backend)->why_not() != NULL)
            continue;
        snprintf(by, sizeof by, "--backend=%s", (*backend)->name);
        run = RUN("run", "in", "-o", "other", "--quality=99", "--keep-smaller", by);
        expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
        cr_expect(same_bytes("kept/a.jpg", "other/a.jpg") && same_bytes("kept/b.png", "other/b.png"));
    }
}

/* PngSuite: no result is larger. */
Test(lossless_suite, no_png_becomes_larger, .init = begin_with_suite)
{
    char suite[PATH_MAX];
    snprintf(suite, sizeof suite, "%s/pngsuite", conformance);
    struct run run = RUN("run", suite, "-o", "out", "--log=log", "-q");
    cr_assert_eq(run.status, 1, "some of its files are damaged");
    size_t size;
    unsigned count = 0;
    for (const char *line = content_of("log", &size); (line = strstr(line, "\"status\": \"ok\"")) != NULL;
         line++) {
        unsigned long in, out;
        cr_assert_eq(sscanf(strstr(line, "\"bytes_in\""), "\"bytes_in\": %lu, \"bytes_out\": %lu", &in, &out),
                     2);
        cr_expect_leq(out, in, "%.*s", (int)strcspn(line, "\n"), line);
        count++;
    }
    cr_expect_gt(count, 100);
}
