/* The sandbox with the real command: messages when a part is missing; and no image of any kind, with any
 * filter, needs a system call that the sandbox forbids. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/run.h"
#include "codec/codec.h"
#include "codec/jpeg/maker.h"
#include "codec/part.h"
#include "conformance.h"
#include "filter/filter.h"
#include "forbid.h"
#include "temp.h"

TestSuite(sandboxed, .init = run_begin);

#ifdef PIXMILL_SANITIZED

Test(sandboxed, builds_with_sanitizers_say_that_they_have_none)
{
    put_picture("in/a.png", 60, 40);
    struct run on = RUN("run", "in", "-o", "out", "--backend=procs");
    expect(&on, 0,
           "pixmill: the sandbox of the worker processes lacks everything: this build has sanitizers");
    struct run required = RUN("run", "in", "-o", "other", "--backend=procs", "--sandbox=require");
    expect(&required, 2, "pixmill: the sandbox lacks everything: this build has sanitizers");
}

#else

/* A call that a kernel may lack or a container may refuse, and the wall that is then missing. */
struct gap {
    int call, failure;
    struct scmp_arg_cmp when;
    const char *told;
};

/* `on` continues with a warning; the other modes refuse before anything is written. */
static void expect_missed(const struct gap *gap)
{
    char on_told[256], told[256];
    snprintf(on_told, sizeof on_told, "pixmill: the sandbox of the worker processes lacks %s\n", gap->told);
    snprintf(told, sizeof told, "pixmill: the sandbox lacks %s (use --sandbox=on)\n", gap->told);
    put_picture("in/a.png", 60, 40);
    struct run before = RUN("run", "in", "-o", "before", "--backend=procs", "--sandbox=strict");
    expect(&before, 0, "");
    cr_assert_null(strstr(before.err, "lacks"), "%s", before.err);

    cr_assert_eq(forbid_call(gap->call, gap->failure, gap->when), 0);
    struct run on = RUN("run", "in", "-o", "out", "--backend=procs");
    expect(&on, 0, on_told);
    expect_summary(&on, "1 images: 1 ok, 0 skipped, 0 failed");
    cr_assert(same_bytes("before/a.png", "out/a.png"));
    struct run quiet = RUN("run", "in", "-o", "out", "--backend=procs", "--quiet");
    cr_assert_str_eq(quiet.err, "");
    struct run required = RUN("run", "in", "-o", "none", "--backend=procs", "--sandbox=require");
    expect(&required, 2, told);
    struct run strict = RUN("run", "in", "-o", "none", "--backend=procs", "--sandbox=strict");
    expect(&strict, 2, told);
    cr_assert_neq(access("none", F_OK), 0);
}

Test(sandboxed, without_landlock)
{
    expect_missed(&(struct gap){SCMP_SYS(landlock_create_ruleset),
                                ENOSYS,
                                {.op = SCMP_CMP_GE},
                                "Landlock (Linux 5.13 or later, enabled)"});
}

Test(sandboxed, with_landlock_disabled_at_boot)
{
    expect_missed(&(struct gap){SCMP_SYS(landlock_restrict_self),
                                EOPNOTSUPP,
                                {.op = SCMP_CMP_GE},
                                "Landlock (Linux 5.13 or later, enabled)"});
}

/* Forbids loading filters, for which libseccomp has two calls. */
Test(sandboxed, without_seccomp)
{
    struct scmp_arg_cmp loads = {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = PR_SET_SECCOMP};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    cr_assert_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, loads), 0);
    put_picture("in/a.png", 60, 40);
    cr_assert_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(seccomp), 0), 0);
    cr_assert_eq(seccomp_load(filter), 0);
    seccomp_release(filter);
    struct run on = RUN("run", "in", "-o", "out", "--backend=procs");
    expect(&on, 0, "pixmill: the sandbox of the worker processes lacks seccomp filters\n");
    struct run required = RUN("run", "in", "-o", "none", "--backend=procs", "--sandbox=require");
    expect(&required, 2, "pixmill: the sandbox lacks seccomp filters (use --sandbox=on)\n");
}

Test(sandboxed, where_privileges_stay)
{
    expect_missed(&(struct gap){SCMP_SYS(capset), EPERM, {.op = SCMP_CMP_GE}, "dropped privileges"});
}

Test(sandboxed, where_memory_stays_open_to_others)
{
    expect_missed(&(struct gap){SCMP_SYS(prctl),
                                EINVAL,
                                {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = PR_SET_DUMPABLE},
                                "protection of memory from other processes"});
}

Test(sandboxed, where_a_process_may_not_limit_itself)
{
    expect_missed(&(struct gap){
        SCMP_SYS(prlimit64), EPERM, {.arg = 0, .op = SCMP_CMP_EQ, .datum_a = 0}, "resource limits"});
}

Test(sandboxed, where_a_process_may_not_limit_another)
{
    expect_missed(&(struct gap){SCMP_SYS(prlimit64),
                                EPERM,
                                {.arg = 0, .op = SCMP_CMP_NE, .datum_a = 0},
                                "limits for each job (prlimit)"});
}

/* Every kind of file and pixel: the repository's samples, and pictures of each shape. */
static void put_every_kind(void)
{
    static const enum pm_color colors[] = {PM_COLOR_GRAY, PM_COLOR_RGB};
    char path[64], samples[512];
    for (size_t i = 0; i < 8; i++) {
        snprintf(path, sizeof path, "in/kind-%zu.png", i);
        put_picture_of(path, 61, 47, colors[i & 1], (i & 2) != 0, (i & 4) != 0 ? 16 : 8);
    }
    put_picture("in/rgb.jpg", 61, 47);
    put_picture_of("in/grey.jpg", 61, 47, PM_COLOR_GRAY, false, 8);
    put_picture("in/lossy.webp", 61, 47);
    put_picture_of("in/alpha.webp", 61, 47, PM_COLOR_RGB, true, 8);
    if (codec_part_find(codec_of_suffix("avif"), &(struct pm_error){0}) == 0) {
        put_picture("in/av1.avif", 61, 47);
        put_picture_of("in/av1-alpha.avif", 61, 47, PM_COLOR_GRAY, true, 16);
    }
    if (codec_part_find(codec_of_suffix("jxl"), &(struct pm_error){0}) == 0) {
        put_picture("in/jxl.jxl", 61, 47);
        put_picture_of("in/jxl-alpha.jxl", 61, 47, PM_COLOR_GRAY, true, 16);
    }
    const struct codec *heic = codec_of_suffix("heic");
    for (unsigned i = 0; codec_part_find(heic, &(struct pm_error){0}) == 0 && heic->samples[i].size > 0;
         i++) {
        snprintf(path, sizeof path, "in/hevc-%u.heic", i);
        temp_write(path, heic->samples[i].data, heic->samples[i].size);
    }
    for (unsigned i = 0; i < 4; i++) {
        struct buffer file = make_jpeg(&(struct jpeg_recipe){.width = 61,
                                                             .height = 47,
                                                             .in = JCS_RGB,
                                                             .out = JCS_YCbCr,
                                                             .h = 2,
                                                             .v = 2,
                                                             .progressive = (i & 1) != 0,
                                                             .arithmetic = (i & 2) != 0});
        snprintf(path, sizeof path, "in/coding-%u.jpg", i);
        temp_write(path, file.data, file.size);
        buffer_free(&file);
    }
    const char *command = getenv("PIXMILL"), *slash = strrchr(command, '/');
    snprintf(samples, sizeof samples, "%.*s/../samples", (int)(slash - command), command);
    cr_assert_eq(symlink(samples, "in/samples"), 0);
}

/* Runs the recipe on each one in its own process, so that every library's first use happens there. */
static void expect_undisturbed(const char *in, const char *const filters[4])
{
    struct run run = RUN("run", in, "-o", "out", "--backend=procs", "--sandbox=strict", "--log=log",
                         filters[0], filters[1], filters[2], filters[3]);
    cr_assert_eq(run.status, 0, "%s %s:\n%s", filters[0], filters[1] != NULL ? filters[1] : "", run.err);
}

Test(sandboxed, no_filter_on_no_kind_of_image_asks_for_more, .timeout = 600)
{
    put_every_kind();
    put_picture_of("logo.png", 9, 7, PM_COLOR_RGB, true, 8); /* of watermark's example */
    for (const struct filter *const *filter = filters; *filter != NULL; filter++) {
        char option[128];
        snprintf(option, sizeof option, "--%s%s%s", (*filter)->name, (*filter)->example != NULL ? "=" : "",
                 (*filter)->example != NULL ? (*filter)->example : "");
        if (strcmp((*filter)->name, "crop") == 0)
            snprintf(option, sizeof option, "--crop=10x10,gravity=center"); /* of the smallest, too */
        expect_undisturbed("in", (const char *const[]){option, "--format=jpeg", "--quality=95", NULL});
        expect_undisturbed("in", (const char *const[]){option, "--format=png", "--keep=all", NULL});
    }
}

Test(sandboxed, no_format_and_no_metadata_asks_for_more, .timeout = 600)
{
    static const char *const recipes[][4] = {
        {"--keep=all"},
        {"--format=png", "--keep=exif,xmp"},
        {"--format=jpeg", "--keep=all", "--subsampling=444"},
        {"--format=jpeg", "--subsampling=422", "--background=#336699"},
        {"--no-autorotate", "--format=jpeg", "--quality=1"},
        {"--resize=30x30!", "--rotate=90", "--gray", "--allow-truncated"},
        {"--resize=200%,kernel=mitchell", "--blur=40", "--format=jpeg"},
        {"--format=webp", "--keep=all"},
        {"--format=webp", "--lossless", "--resize=60x60"},
        {"--format=webp", "--near-lossless=40", "--effort=9", "--resize=40x40"},
        {"--format=webp", "--alpha-quality=30", "--effort=0", "--blur=2"},
        {"--format=avif", "--keep=all", "--resize=60x60"},
        {"--format=avif", "--lossless", "--bitdepth=12", "--resize=40x40"},
        {"--format=avif", "--subsampling=422", "--effort=9", "--resize=20x20"},
        {"--format=jxl", "--keep=all", "--resize=60x60"},
        {"--format=jxl", "--lossless", "--bitdepth=12", "--resize=40x40"},
        {"--format=jxl", "--quality=30", "--effort=8", "--resize=20x20"},
        {"--format=jxl", "--lossless", "--effort=6", "--resize=20x20"},
    };
    put_every_kind();
    const struct pm_blob *animation = codec_of_suffix("webp")->samples;
    temp_write("in/animation.webp", animation->data, animation->size);
    const bool avif = codec_part_find(codec_of_suffix("avif"), &(struct pm_error){0}) == 0,
               jxl = codec_part_find(codec_of_suffix("jxl"), &(struct pm_error){0}) == 0;
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        if ((avif || strcmp(recipes[i][0], "--format=avif") != 0) &&
            (jxl || strcmp(recipes[i][0], "--format=jxl") != 0))
            expect_undisturbed("in", recipes[i]);
    }
}

Test(sandboxed, no_cipher_asks_for_more, .timeout = 600)
{
    static const char key[] = "0123456789abcdef0123456789abcdef";
    put_every_kind();
    temp_write("key", key, 32);
    temp_text("passphrase", "correct horse battery staple");
    /* A passphrase is stretched outside the sandbox, once per image, so use only a few. */
    static const char *const ways[][3] = {{"--key-file=key", "in", "safe"},
                                          {"--passphrase-file=passphrase", "in/kind-7.png", "safe-too"}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const char *key = ways[i][0], *in = ways[i][1], *safe = ways[i][2];
        struct run run = RUN("run", in, "-o", safe, "--backend=procs", "--sandbox=strict", "--resize=50%",
                             "--keep=all", "--encrypt", key);
        expect(&run, 0, " ok, 0 skipped, 0 failed");
        expect_undisturbed(safe, (const char *const[]){"--decrypt", key, "--blur=2", "--format=jpeg"});
        expect_undisturbed(safe, (const char *const[]){"--decrypt", key, "--keep=all", NULL});
    }
}

/* Damaged files use other code of the libraries; they may fail, but not because of a forbidden call. */
Test(sandboxed, no_damage_asks_for_more, .timeout = 600)
{
    put_every_kind();
    for (unsigned kind = 0; kind < 10; kind++) {
        char path[64];
        size_t size;
        if (kind < 8)
            snprintf(path, sizeof path, "in/kind-%u.png", kind);
        else
            snprintf(path, sizeof path, "in/%s.jpg", kind == 8 ? "rgb" : "grey");
        char *file = temp_read(path, &size);
        cr_assert_not_null(file);
        const char *suffix = strrchr(path, '.');
        for (unsigned cut = 1; cut < 8; cut++) {
            char damaged[64];
            snprintf(damaged, sizeof damaged, "damaged/%u-cut-%u%s", kind, cut, suffix);
            temp_write(damaged, file, size * cut / 8);
            file[size * cut / 8] ^= 0x55;
            snprintf(damaged, sizeof damaged, "damaged/%u-bit-%u%s", kind, cut, suffix);
            temp_write(damaged, file, size);
            file[size * cut / 8] ^= 0x55;
        }
        free(file);
    }
    static const char *const ways[] = {"--keep=all", "--allow-truncated"};
    for (size_t i = 0; i < 2; i++) {
        struct run run = RUN("run", "damaged", "-o", "out", "--backend=procs", "--sandbox=strict", ways[i],
                             "--resize=20x20");
        expect(&run, 1, " failed");
        cr_assert_null(strstr(run.err, "the worker process"), "%s", run.err);
        cr_assert_null(strstr(run.err, "died"), "%s", run.err);
    }
}

Test(sandboxed, no_conformance_image_asks_for_more, .timeout = 600)
{
    const char *folder = conformance_folder();
    struct run run = RUN("run", folder, "-o", "out", "--backend=procs", "--sandbox=strict", "--keep=all",
                         "--resize=50%", "--quiet");
    cr_assert_null(strstr(run.err, "the worker process"), "%s", run.err);
}

/* Checks that the tests above can fail. */
Test(sandboxed, a_call_for_more_is_seen)
{
    temp_text("in/a.png", "HOSTILE access");
    const struct start hostile = {.program = "pixmill-hostile"};
    struct run run = RUN_AS(&hostile, "run", "in", "-o", "out", "--backend=procs", "--sandbox=strict");
    expect(&run, 1, "the worker process was stopped at ");
}

#endif
