/* --profile=FILE.icc from the command line and in URLs: every backend, faults, the journal. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/backend.h"
#include "cli/run.h"
#include "color/plain_space.h"
#include "color/target.h"
#include "serve/live.h"
#include "temp.h"

static void write_profile(const char *path, enum color_target target)
{
    uint8_t profile[MATRIX_PROFILE_MAX];
    temp_write(path, profile, color_target_profile(target, false, profile));
}

/* inks.icc is Ghostscript's profile, or absent. */
static bool begin(void)
{
    static struct plain_profile profile;
    run_begin();
    put_picture("in/a.png", 90, 60);
    put_picture("in/b.jpg", 120, 80);
    put_picture_of("in/c.png", 40, 70, PM_COLOR_GRAY, true, 16);
    write_profile("p3.icc", COLOR_P3);
    plain_profile_read(&profile, "/usr/share/color/icc/ghostscript/default_cmyk.icc");
    if (profile.size > 0)
        temp_write("inks.icc", profile.bytes, profile.size);
    return profile.size > 0;
}

static void need_inks(bool there)
{
    if (!there)
        cr_skip_test("Ghostscript's profile of inks is not installed (Debian: libgs9-common)");
}

Test(profile_file, every_backend_writes_the_same_inks)
{
    need_inks(begin());
    struct run best = RUN("run", "in", "-o", "serial", "--backend=serial", "--resize=50x50",
                          "--profile=inks.icc", "--format=jpeg");
    expect_summary(&best, "3 images: 3 ok, 0 skipped, 0 failed");
    struct run info = RUN("info", "serial/b.jpg");
    cr_expect_not_null(strstr(info.out, "cmyk"), "%s", info.out);
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        char by[32];
        if ((*backend)->why_not() != NULL)
            continue;
        snprintf(by, sizeof by, "--backend=%s", (*backend)->name);
        struct run run = RUN("run", "in", "-o", (*backend)->name, by, (*backend)->one_worker ? "-j1" : "-j3",
                             "--resize=50x50", "--profile=inks.icc", "--format=jpeg");
        expect_summary(&run, "3 images: 3 ok, 0 skipped, 0 failed");
        static const char *const names[] = {"a.jpg", "b.jpg", "c.jpg"};
        for (int i = 0; i < 3; i++) {
            char one[80], other[80];
            snprintf(one, sizeof one, "serial/%s", names[i]);
            snprintf(other, sizeof other, "%s/%s", (*backend)->name, names[i]);
            cr_expect(same_bytes(one, other), "%s", other);
        }
    }
}

/* Tables have one for each intent; a profile of curves has none, except that the absolute one looks at white.
 */
Test(profile_file, an_intent_has_an_effect_on_tables)
{
    static const char without[] = "warning: --intent had no effect: no profile with tables was converted";
    need_inks(begin());
    struct run inks =
                   RUN("run", "in", "-o", "inks", "--profile=inks.icc", "--format=jpeg", "--intent=relative"),
               back = RUN("run", "inks", "-o", "back", "--profile=srgb", "--intent=relative"),
               p3 = RUN("run", "in", "-o", "p3", "--profile=p3.icc", "--intent=relative"),
               absolute = RUN("run", "in", "-o", "absolute", "--profile=p3.icc", "--intent=absolute");
    expect(&inks, 0, "");
    cr_expect_null(strstr(inks.err, without), "%s", inks.err);
    expect(&back, 0, "");
    cr_expect_null(strstr(back.err, without), "%s", back.err);
    expect(&p3, 0, without);
    expect(&absolute, 0, "");
    cr_expect_null(strstr(absolute.err, without), "%s", absolute.err);
}

/* A new process for each image, which opens no file. */
Test(profile_file, the_strict_sandbox_does_too)
{
    begin();
    struct run threads = RUN("run", "in", "-o", "out", "--profile=p3.icc");
    struct run strict = RUN("run", "in", "-o", "strict", "--profile=p3.icc", "--backend=procs", STRICTEST);
    expect_summary(&threads, "3 images: 3 ok, 0 skipped, 0 failed");
    if (strict.status == 2)
        cr_skip_test("no strict sandbox here: %s", strict.err);
    expect_summary(&strict, "3 images: 3 ok, 0 skipped, 0 failed");
    cr_expect(same_bytes("out/a.png", "strict/a.png") && same_bytes("out/b.jpg", "strict/b.jpg"));
}

Test(profile_file, what_is_no_profile_is_refused_before_any_work)
{
    begin();
    size_t size;
    char *profile = content_of("p3.icc", &size);
    profile[132 + 12 * 4] = '?'; /* was a primary */
    temp_write("broken.icc", profile, size);
    memcpy(profile + 16, "Lab ", 4);
    temp_write("lab.icc", profile, size);
    temp_text("words.icc", "no profile at all");
    static const struct {
        const char *option, *words;
    } cases[] = {
        {"--profile=none.icc", "none.icc: "},
        {"--profile=words.icc", "words.icc: "},
        {"--profile=broken.icc", "broken.icc: is no ICC profile to which"},
        {"--profile=lab.icc", "lab.icc: is no ICC profile to which"},
        {"--profile=in/a.png", "in/a.png: is a picture, not an ICC profile"},
        {"--watermark=p3.icc", "p3.icc: is an ICC profile, not a picture"},
        {"--profile=adobe", "profile 'adobe' is unknown"},
        {"--profile=p3.icc,all", "after the comma, use none"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run run = RUN("run", "in", "-o", "out", cases[i].option);
        expect(&run, 2, cases[i].words);
        cr_expect_neq(access("out", F_OK), 0, "%s", cases[i].option);
        struct run procs = RUN("run", "in", "-o", "out", cases[i].option, "--backend=procs");
        expect(&procs, 2, cases[i].words);
    }
}

Test(profile_file, inks_need_a_format_that_has_them)
{
    need_inks(begin());
    struct run png = RUN("run", "in/a.png", "-o", "out", "--profile=inks.icc");
    expect(&png, 1, "png can't store CMYK");
    struct run jpeg = RUN("run", "in/a.png", "-o", "out", "--profile=inks.icc,none", "--format=jpeg");
    expect(&jpeg, 0, "1 ok");
}

/* The journal knows a profile by its bytes. */
Test(profile_file, a_changed_profile_makes_the_results_again)
{
    begin();
    struct run first = RUN("run", "in", "-o", "out", "--profile=p3.icc", "--journal=j");
    expect_summary(&first, "3 images: 3 ok, 0 skipped, 0 failed");
    struct run again = RUN("run", "in", "-o", "out", "--profile=p3.icc", "--journal=j", "--resume");
    expect_summary(&again, "3 images: 0 ok, 3 skipped, 0 failed");
    write_profile("p3.icc", COLOR_SRGB);
    struct run other = RUN("run", "in", "-o", "out", "--profile=p3.icc", "--journal=j", "--resume");
    cr_expect_null(strstr(other.err, "3 skipped"), "%s", other.err);
}

Test(profile_file, urls_name_those_of_the_folder)
{
    begin();
    char *p3;
    size_t size;
    cr_assert_eq(system("mkdir -p root marks && cp in/a.png root/ && cp p3.icc marks/"), 0);
    struct live live = LIVE("--watermarks=marks");
    struct reply reply = GET(&live, "/profile=p3.icc/a.png");
    expect_status(&reply, 200);
    struct run run = RUN("run", "root/a.png", "-o", "out", "--profile=marks/p3.icc");
    expect(&run, 0, "1 ok");
    p3 = content_of("out/a.png", &size);
    cr_expect(reply.size == size && memcmp(reply.body, p3, size) == 0);
    struct reply none = GET(&live, "/profile=other.icc/a.png");
    expect_status(&none, 400);
    cr_expect_not_null(strstr(none.body, "this server has no profile"), "%s", none.body);
    live_stop(&live);
}
