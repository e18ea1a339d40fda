/* The pages for authors of formats, filters and backends (README.md in src/codec, src/filter, src/backend):
 * the code on them, built into the command pixmill-pages, does what they say. */
#include <criterion/criterion.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/backend.h"
#include "cli/run.h"
#include "image/image.h"
#include "io/engine.h"
#include "pictures.h"
#include "pixmill/decode.h"
#include "temp.h"

static const struct start pages = {.program = "pixmill-pages"};
#define RUN_PAGES(...) RUN_AS(&pages, "run", __VA_ARGS__)

TestSuite(pages, .init = run_begin);

/* --- the format ------------------------------------------------------------------------------------- */

static const char gray_file[] = "P5\n3 2\n255\n\x00\x40\x80\xa0\xc0\xff";
enum { HEAD = 11, GRAY_SIZE = sizeof gray_file - 1 };

static void expect_content(const char *path, const char *bytes, size_t size)
{
    size_t found;
    const char *content = content_of(path, &found);
    cr_assert_eq(found, size, "%s has %zu bytes", path, found);
    cr_assert_eq(memcmp(content, bytes, size), 0, "%s", path);
}

Test(pages, pnm_is_read_and_written)
{
    static const char by_hand[] = "P5 # by hand\n#\n3\t2 255\n\x00\x40\x80\xa0\xc0\xff";
    static const char named[] = "P5\n# pixmill\n3 2\n255\n\x00\x40\x80\xa0\xc0\xff";
    temp_write("in/a.pgm", by_hand, sizeof by_hand - 1);
    struct run same = RUN_PAGES("in", "-o", "out");
    expect_summary(&same, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_content("out/a.pgm", gray_file, GRAY_SIZE);
    struct run comment = RUN_PAGES("in", "-o", "named", "--comment");
    expect(&comment, 0, "1 ok");
    expect_content("named/a.pgm", named, sizeof named - 1);
    struct run png = RUN_PAGES("in", "-o", "png", "--format=png");
    expect(&png, 0, "1 ok");
    expect_picture("png/a.png", "png", 3, 2);
    struct run back = RUN_PAGES("png", "-o", "back", "--format=pnm");
    expect(&back, 0, "1 ok");
    expect_content("back/a.pnm", gray_file, GRAY_SIZE);
}

Test(pages, pnm_that_is_damaged)
{
    static const struct {
        const char *file, *told;
    } cases[] = {
        {"P5\n3 2\n", "ends within its header"},
        {"P5\n3 2\n255", "ends within its header"},
        {"P6\n3 0\n255\n", "has no width or no height"},
        {"P6\n3 2\n65535\n", "has samples up to 65535 (255 is read)"},
        {"P6\n999999999 2\n255\n", "are over the limit"},
        {"P4\n3 2\nxx", "not a supported image (this is Netpbm; pixmill reads avif, bmp, gif, heic, jpeg, "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        temp_text("a.pnm", cases[i].file);
        struct run run = RUN_PAGES("a.pnm", "-o", "out", "--format=png");
        expect(&run, 1, cases[i].told);
    }
}

Test(pages, pnm_that_is_cut)
{
    static const char filled[] = "P5\n3 2\n255\n\x00\x40\x80\x80\x80\x80";
    temp_write("cut.pgm", gray_file, HEAD + 4);
    struct run refused = RUN_PAGES("cut.pgm", "-o", "out");
    expect(&refused, 1, "ends too early");
    struct run allowed = RUN_PAGES("cut.pgm", "-o", "out", "--allow-truncated");
    expect(&allowed, 0, "warning: ends too early; the missing rows are grey");
    expect_content("out/cut.pgm", filled, GRAY_SIZE);
}

/* Pictures in pixel formats that pnm lacks, with every backend; worker processes have their sandbox. */
Test(pages, both_go_with_every_backend)
{
    put_picture_of("in/rgba16.png", 97, 61, PM_COLOR_RGB, true, 16);
    put_picture_of("in/graya.png", 34, 77, PM_COLOR_GRAY, true, 8);
    put_picture("in/planes.jpg", 320, 240);
    put_picture("in/lossy.webp", 61, 47);
    temp_write("in/by-hand.pgm", gray_file, GRAY_SIZE);
    static const char *const names[] = {"rgba16.pnm", "graya.pnm", "planes.pnm", "lossy.pnm", "by-hand.pgm"};
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        char by[64], one[128], other[128];
        if ((*backend)->why_not() != NULL)
            continue;
        snprintf(by, sizeof by, "--backend=%s", (*backend)->name);
        struct run run = RUN_PAGES("in", "-o", (*backend)->name, by, (*backend)->one_worker ? "-j1" : "-j3",
                                   "--invert=0.75,above=0.25", "--resize=50%", "--invert=1", "--format=pnm");
        expect_summary(&run, "5 images: 5 ok, 0 skipped, 0 failed");
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            snprintf(one, sizeof one, "%s/%s", backends[0]->name, names[i]);
            snprintf(other, sizeof other, "%s/%s", (*backend)->name, names[i]);
            cr_expect(same_bytes(one, other), "%s differs", other);
        }
    }
}

#ifndef PIXMILL_SANITIZED
Test(pages, both_work_in_a_strict_sandbox)
{
    put_picture_of("in/a.png", 97, 61, PM_COLOR_RGB, true, 16);
    temp_write("in/b.pgm", gray_file, GRAY_SIZE);
    struct run run = RUN_PAGES("in", "-o", "out", "--backend=procs", "--sandbox=strict", "--invert=1",
                               "--format=pnm", "--comment");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    struct run back = RUN_PAGES("out", "-o", "back", "--backend=procs", "--sandbox=strict", "--format=jpeg");
    expect_summary(&back, "2 images: 2 ok, 0 skipped, 0 failed");
}
#endif

/* --- the backend ------------------------------------------------------------------------------------ */

Test(pages, turns_goes_with_every_engine)
{
    char name[64], by[64];
    for (int i = 0; i < 23; i++) {
        snprintf(name, sizeof name, "in/%d.png", i);
        put_picture(name, 20 + 9 * (uint32_t)i, 31);
    }
    temp_text("in/broken.png", "\x89PNG\r\n\x1a\nno more");
    struct run plain = RUN_PAGES("in", "-o", "plain", "--resize=50%", "--backend=serial");
    expect_summary(&plain, "24 images: 23 ok, 0 skipped, 1 failed");
    for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
        for (int jobs = 1; jobs <= 5; jobs += 2) {
            char count[16], out[64], same[128], other[128];
            snprintf(by, sizeof by, "--io=%s", (*engine)->name);
            snprintf(count, sizeof count, "-j%d", jobs);
            snprintf(out, sizeof out, "%s%d", (*engine)->name, jobs);
            struct run run = RUN_PAGES("in", "-o", out, "--resize=50%", "--backend=turns", by, count);
            expect_summary(&run, "24 images: 23 ok, 0 skipped, 1 failed");
            for (int i = 0; i < 23; i++) {
                snprintf(same, sizeof same, "plain/%d.png", i);
                snprintf(other, sizeof other, "%s/%d.png", out, i);
                cr_expect(same_bytes(same, other), "%s", other);
            }
        }
    }
}

/* --- the filter ------------------------------------------------------------------------------------- */

static struct pm_image *decode(const char *path)
{
    size_t size;
    struct pm_image *image;
    struct pm_error error = {0};
    const char *file = content_of(path, &size);
    cr_assert_eq(pm_decode((const uint8_t *)file, size, NULL, &image, &error), 0, "%s", error.message);
    return image;
}

/* The distance of every sample from what it should be, in double precision. */
static void expect_inverted(const char *before, const char *after, double strength, double above)
{
    struct pm_image *in = decode(before), *out = decode(after);
    const unsigned channels = pm_channels(&in->format), depth = in->format.depth;
    const unsigned colors = channels - (in->format.alpha != PM_ALPHA_NONE);
    const double white = depth == 8 ? 255 : 65535;
    cr_assert(pixels_equal(&in->format, &out->format) && in->width == out->width &&
              in->height == out->height);
    for (uint32_t y = 0; y < in->height; y++) {
        for (uint32_t i = 0; i < in->width * channels; i++) {
            const double value = sample_at(&in->plane[0], depth, i / channels, y, i % channels);
            const bool changes = i % channels < colors && value >= floor(above * white + 0.5);
            const double wanted = changes ? value + strength * (white - 2 * value) : value;
            const double found = sample_at(&out->plane[0], depth, i / channels, y, i % channels);
            cr_assert_leq(fabs(found - wanted), depth == 8 ? 0.51 : 1.0, "%s: %g becomes %g, not %g", before,
                          value, found, wanted);
        }
    }
    pm_image_free(in);
    pm_image_free(out);
}

Test(pages, invert_is_its_reference)
{
    static const struct {
        const char *argument;
        double strength, above;
    } cases[] = {{"--invert=1", 1, 0}, {"--invert=0", 0, 0}, {"--invert=0.3,above=0.6", 0.3, 0.6}};
    char path[64], result[64];
    for (unsigned kind = 0; kind < 8; kind++) {
        snprintf(path, sizeof path, "in/%u.png", kind);
        put_picture_of(path, 51, 37, (kind & 1) != 0 ? PM_COLOR_RGB : PM_COLOR_GRAY, (kind & 2) != 0,
                       (kind & 4) != 0 ? 16 : 8);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run run = RUN_PAGES("in", "-o", "out", cases[i].argument);
        expect_summary(&run, "8 images: 8 ok, 0 skipped, 0 failed");
        for (unsigned kind = 0; kind < 8; kind++) {
            snprintf(path, sizeof path, "in/%u.png", kind);
            snprintf(result, sizeof result, "out/%u.png", kind);
            expect_inverted(path, result, cases[i].strength, cases[i].above);
        }
    }
}

Test(pages, what_follows_from_the_tables)
{
    put_picture("a.png", 20, 10);
    struct run wrong = RUN_PAGES("a.png", "-o", "out", "--invert=2");
    expect(&wrong, 2, "--invert=2: the strength of invert=2 is out of range (0 to 1)");
    struct run unknown = RUN_PAGES("a.png", "-o", "out", "--invert=1,below=1");
    expect(&unknown, 2, "below");
    static const struct {
        const char *topic, *told;
    } cases[] = {{"invert", "--invert=STRENGTH[,above=0]"},
                 {"filters", "--invert=STRENGTH[,above=0]"},
                 {"formats", "PGM and PPM: grey or RGB of 8 bits"},
                 {"--man", "invert"},
                 {"--completion=bash", "--comment"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run help = RUN_AS(&pages, "help", cases[i].topic);
        cr_assert_eq(help.status, 0, "%s", cases[i].topic);
        cr_expect_not_null(strstr(help.out, cases[i].told), "%s", cases[i].topic);
    }
}

/* --- the pages -------------------------------------------------------------------------------------- */

static void begin(void)
{
    if (access("src/codec/README.md", R_OK) != 0)
        cr_skip_test("not started in the project's folder");
}

TestSuite(page_text, .init = begin);

/* Is every member of a struct of the header on the page, as `.member`? */
static void expect_members(const char *header, const char *opening, const char *page_path, unsigned least)
{
    char *page = temp_read(page_path, NULL), *text = temp_read(header, NULL), word[64];
    regex_t member, mention;
    regmatch_t match[3];
    unsigned members = 0;
    cr_assert(page != NULL && text != NULL);
    char *at = strstr(text, opening), *end = at != NULL ? strstr(at, "\n};") : NULL;
    cr_assert_not_null(end, "%s", header);
    *end = '\0';
    cr_assert_eq(regcomp(&member, "^    [a-z][^;(]*[ *](\\(\\*)?([a-z_]+)[;)]", REG_EXTENDED | REG_NEWLINE),
                 0);
    for (; regexec(&member, at, 3, match, 0) == 0; at += match[2].rm_eo, members++) {
        snprintf(word, sizeof word, "\\.%.*s([^a-z_]|$)", (int)(match[2].rm_eo - match[2].rm_so),
                 at + match[2].rm_so);
        cr_assert_eq(regcomp(&mention, word, REG_EXTENDED), 0);
        cr_expect_eq(regexec(&mention, page, 0, NULL, 0), 0, "%s says nothing of %s", page_path, word);
        regfree(&mention);
    }
    cr_expect_geq(members, least, "%u members", members);
    regfree(&member);
    free(page);
    free(text);
}

Test(page_text, names_every_field_of_a_codec)
{
    expect_members("src/codec/codec.h", "\nstruct codec {", "src/codec/README.md", 22);
}

Test(page_text, names_every_field_of_a_filter)
{
    expect_members("src/filter/filter.h", "\nstruct filter {", "src/filter/README.md", 17);
}
