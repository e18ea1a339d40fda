/* Bad input gives a clear error and loses nothing: each case with the real command, checking message, exit
 * status and files on disk. */
#include <criterion/criterion.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "temp.h"

/* good.png is an input of every test, and must have a result. */
static void begin(void)
{
    run_begin();
    put_picture("good.png", 30, 20);
}

TestSuite(bad_input, .init = begin);

/* Runs the file `name` and the good one: only it fails, with `message`, and leaves no file. */
static void expect_refused(const char *name, const char *message)
{
    char line[512];
    struct run run = RUN("run", "good.png", name, "-o", "out");
    snprintf(line, sizeof line, "pixmill: %s: %s", name, message);
    expect(&run, 1, line);
    expect_summary(&run, "2 images: 1 ok, 0 skipped, 1 failed");
    expect_picture("out/good.png", "png", 30, 20);
    expect_files("out", 1);
}

Test(bad_input, missing_file)
{
    expect_refused("missing.png", "no such file (check the name)\n");
}

Test(bad_input, empty_file)
{
    temp_text("empty.png", "");
    expect_refused("empty.png", "is empty (0 bytes)\n");
}

Test(bad_input, no_image)
{
    temp_text("notes.jpg", "Dear diary,");
    expect_refused("notes.jpg",
                   "not a supported image (pixmill reads avif, bmp, gif, heic, jpeg, jxl, png, ");
}

/* Truncates at many lengths: each must be refused, without a result. The last one cuts off a few bytes of
 * pixels in addition to the file's end. */
static void expect_truncations_refused(const char *whole)
{
    enum { LAST = 32 };
    size_t size;
    char *bytes = content_of(whole, &size);
    cr_assert_not_null(bytes);
    for (size_t part = 1; part <= 8; part++) {
        char name[32];
        snprintf(name, sizeof name, "cut/%zu%s", part, strrchr(whole, '.'));
        temp_write(name, bytes, size * part / 8 - (part == 8 ? LAST : 0));
    }
    struct run run = RUN("run", "cut", "good.png", "-o", "out");
    expect(&run, 1, "9 images: 1 ok, 0 skipped, 8 failed");
    expect_files("out", 1);
}

Test(bad_input, truncated_png)
{
    put_picture("whole.png", 64, 64);
    expect_truncations_refused("whole.png");
}

Test(bad_input, truncated_jpeg)
{
    put_picture("whole.jpg", 64, 64);
    expect_truncations_refused("whole.jpg");
}

/* Truncated means that pixels are missing. */
Test(bad_input, jpeg_without_its_end_marker)
{
    size_t size;
    put_picture("whole.jpg", 64, 64);
    char *bytes = content_of("whole.jpg", &size);
    temp_write("cut.jpg", bytes, size - 2);
    struct run run = RUN("run", "cut.jpg", "-o", "out");
    expect(&run, 0, "pixmill: cut.jpg: warning: has no end marker (EOI), but all of its pixels\n");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("out/cut.jpg", "jpeg", 64, 64);
    struct run allowed = RUN("run", "cut.jpg", "-o", "out", "--allow-truncated");
    expect(&allowed, 0, "warning: has no end marker (EOI), but all of its pixels\n");
    cr_assert_null(strstr(allowed.err, "grey"), "%s", allowed.err);
}

Test(bad_input, truncated_is_taken_when_allowed)
{
    size_t size;
    put_picture("whole.jpg", 64, 64);
    char *bytes = content_of("whole.jpg", &size);
    temp_write("cut.jpg", bytes, size / 2);
    struct run run = RUN("run", "cut.jpg", "-o", "out", "--allow-truncated");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("out/cut.jpg", "jpeg", 64, 64);
}

Test(bad_input, wrong_suffix_is_no_error)
{
    put_picture("picture.png", 12, 10);
    cr_assert_eq(rename("picture.png", "picture.jpg"), 0);
    struct run run = RUN("run", "picture.jpg", "-o", "out");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("out/picture.jpg", "png", 12, 10);
}

Test(bad_input, zero_dimensions)
{
    size_t size;
    char *png = content_of("good.png", &size);
    memset(png + 16, 0, 4); /* IHDR's width */
    temp_write("zero.png", png, size);
    put_picture("whole.jpg", 64, 64);
    char *jpeg = content_of("whole.jpg", &size);
    for (size_t i = 0; i + 9 < size; i++) {
        if ((unsigned char)jpeg[i] == 0xff && (unsigned char)jpeg[i + 1] == 0xc0)
            memset(jpeg + i + 7, 0, 2); /* SOF0's width */
    }
    temp_write("zero.jpg", jpeg, size);
    struct run run = RUN("run", "zero.png", "zero.jpg", "good.png", "-o", "out");
    expect(&run, 1, "pixmill: zero.png: ");
    expect(&run, 1, "pixmill: zero.jpg: ");
    expect_summary(&run, "3 images: 1 ok, 0 skipped, 2 failed");
    expect_files("out", 1);
}

Test(bad_input, too_many_pixels)
{
    put_picture("large.png", 31, 20);
    struct run run = RUN("run", "good.png", "large.png", "-o", "out", "--max-pixels=600", "--log=log");
    expect(&run, 1, "pixmill: large.png: ");
    expect(&run, 1, "--max-pixels");
    expect_summary(&run, "2 images: 1 ok, 0 skipped, 1 failed");
    expect_files("out", 1);
    char *log = content_of("log", NULL);
    cr_assert_not_null(strstr(log, "\"kind\": \"limit\""), "%s", log);
    cr_assert_not_null(strstr(log, "\"limit\": 600, \"value\": 620"), "%s", log);
}

Test(bad_input, too_many_pixels_on_the_way)
{
    struct run run = RUN("run", "good.png", "-o", "out", "--max-pixels=600", "--resize=60x40!");
    expect(&run, 1, "pixmill: good.png: ");
    expect_files("out", 0);
}

Test(bad_input, unreadable_folder_and_file)
{
    put_picture("in/a.png", 8, 8);
    put_picture("in/locked/b.png", 8, 8);
    put_picture("in/secret.png", 8, 8);
    cr_assert_eq(chmod("in/locked", 0), 0);
    cr_assert_eq(chmod("in/secret.png", 0), 0);
    struct run run = RUN_AS(&(struct start){.nobody = true}, "run", "in", "-o", "out");
    expect(&run, 1, "pixmill: in/locked: ");
    expect(&run, 1, "pixmill: in/secret.png: permission denied (");
    expect_summary(&run, "3 images: 1 ok, 0 skipped, 2 failed");
    expect_files("out", 1);
}

Test(bad_input, unwritable_folder)
{
    cr_assert_eq(mkdir("out", 0555), 0);
    cr_assert_eq(chmod("out", 0555), 0);
    struct run run = RUN_AS(&(struct start){.nobody = true}, "run", "good.png", "-o", "out");
    cr_assert_neq(run.status, 0);
    cr_assert_not_null(strstr(run.err, "is not writable"), "%s", run.err);
    expect_files("out", 0);
    struct run below = RUN_AS(&(struct start){.nobody = true}, "run", "good.png", "-o", "out/below");
    cr_assert_neq(below.status, 0);
    cr_assert_not_null(strstr(below.err, "out/below"), "%s", below.err);
    expect_files("out", 0);
}

Test(bad_input, full_disk)
{
    cr_assert_eq(mkdir("out", 0755), 0);
    /* A private mount, which ends with the test's process. */
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", "out", "tmpfs", 0, "size=64k") != 0)
        cr_skip_test("no permission to mount a small disk");
    put_picture("large.png", 200, 200); /* 120000 bytes of noise */
    /* One worker: otherwise the large one's temporary file may leave no space for the good one. */
    struct run run = RUN("run", "good.png", "large.png", "-o", "out", "--backend=serial", "--io=sync");
    expect(&run, 1, "pixmill: out/large.png: the disk is full (make room");
    expect_summary(&run, "2 images: 1 ok, 0 skipped, 1 failed");
    expect_picture("out/good.png", "png", 30, 20);
    expect_files("out", 1);
    cr_assert_eq(umount("out"), 0);
}

/* Which number of files leaves none for the result depends on the build: each is tried until all goes well.
 */
Test(bad_input, a_result_without_a_free_descriptor)
{
    bool seen = false;
    int status = 1;
    put_picture("in/deep/er/a.png", 8, 8);
    for (int files = 4; files < 64 && status != 0; files++) {
        char line[512];
        snprintf(line, sizeof line,
                 "exec 2>messages; ulimit -n %d; exec '%s' run in -o out --backend=serial --io=sync", files,
                 getenv("PIXMILL"));
        status = system(line);
        char *messages = temp_read("messages", NULL);
        cr_assert_not_null(messages);
        seen |=
            strstr(messages, "out/deep/er/a.png: can't be written: too many open files (raise ulimit -n, or "
                             "lower --jobs or --io-jobs)\n") != NULL;
        free(messages);
    }
    cr_assert_eq(status, 0);
    cr_assert(seen);
}

Test(bad_input, a_result_over_the_file_size_limit)
{
    struct rlimit before;
    put_picture("large.png", 200, 200);
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){64 << 10, before.rlim_max}), 0);
    struct run run = RUN("run", "good.png", "large.png", "-o", "out");
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    expect(&run, 1, "pixmill: out/large.png: exceeds the file size limit (raise ulimit -f)");
    expect_summary(&run, "2 images: 1 ok, 0 skipped, 1 failed");
    expect_files("out", 1);
}

Test(bad_input, a_worker_region_over_the_file_size_limit)
{
    put_picture("large.png", 800, 500); /* 1.2 MB of noise */
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, RLIM_INFINITY}), 0);
    struct run run = RUN("run", "good.png", "large.png", "-o", "out", "--backend=procs");
    expect(
        &run, 1,
        "pixmill: large.png: the worker process's shared memory exceeds the file size limit (raise ulimit -f");
    expect_summary(&run, "2 images: 1 ok, 0 skipped, 1 failed");
    expect_files("out", 1);
}

Test(bad_input, symbolic_link_loops)
{
    put_picture("in/a.png", 8, 8);
    cr_assert_eq(symlink("../in", "in/again"), 0);
    cr_assert_eq(symlink("loop.png", "in/loop.png"), 0);
    cr_assert_eq(symlink("nowhere.png", "in/dangling.png"), 0);
    struct run run = RUN("run", "in", "-o", "out");
    expect_picture("out/a.png", "png", 8, 8);
    expect_files("out", 1);
    struct run named = RUN("run", "in/loop.png", "good.png", "-o", "out2");
    expect(&named, 1, "pixmill: in/loop.png: its symbolic links form a loop (");
    expect_files("out2", 1);
    cr_assert_neq(run.status, 2, "%s", run.err);
}

Test(bad_input, odd_file_names)
{
    put_picture("in/new\nline.png", 8, 8);
    put_picture("in/\xff\xfe.png", 8, 8);
    put_picture("in/-o.png", 8, 8);
    put_picture("in/ blank .png", 8, 8);
    temp_text("in/bad\n\xff\x1b[31m.png", "\x89PNG\r\n\x1a\n");
    struct run run = RUN("run", "in", "-o", "out");
    expect(&run, 1, "pixmill: in/bad\\x0a\\xff\\x1b[31m.png: ");
    expect_summary(&run, "5 images: 4 ok, 0 skipped, 1 failed");
    expect_picture("out/new\nline.png", "png", 8, 8);
    expect_picture("out/\xff\xfe.png", "png", 8, 8);
    expect_picture("out/-o.png", "png", 8, 8);
    expect_picture("out/ blank .png", "png", 8, 8);
    cr_assert_eq(chdir("in"), 0);
    struct run dash = RUN("run", "-o", "../out2", "--", "-o.png");
    expect_summary(&dash, "1 images: 1 ok, 0 skipped, 0 failed");
}

Test(bad_input, no_input_at_all)
{
    cr_assert_eq(mkdir("empty", 0755), 0);
    struct run none = RUN("run", "-o", "out"), folder = RUN("run", "empty", "-o", "out"),
               list = RUN("run", "-", "-o", "out");
    expect(&none, 2, "pixmill: no input (");
    expect(&folder, 2, "pixmill: there is nothing to do: ");
    expect(&list, 2, "pixmill: there is nothing to do: ");
    cr_assert_eq(access("out", F_OK), -1);
}

Test(bad_input, two_inputs_with_one_result)
{
    put_picture("one/a.png", 8, 8);
    put_picture("two/a.png", 9, 9);
    struct run run = RUN("run", "one", "two", "-o", "out", "--log=log");
    expect(&run, 2, "one/a.png and two/a.png would both be written to out/a.png (");
    cr_assert_eq(access("out", F_OK), -1);
    cr_assert_eq(access("log", F_OK), -1);
    put_picture("three/a.jpg", 8, 8);
    struct run suffix = RUN("run", "one", "three", "-o", "out", "--format=png");
    expect(&suffix, 2, "would both be written to out/a.png");
    cr_assert_eq(access("out", F_OK), -1);
    struct run escaped = RUN("run", "one/b\n.png", "two/b\n.png", "-o", "out");
    expect(&escaped, 2, "one/b\\x0a.png and two/b\\x0a.png would both be written to out/b\\x0a.png (");
}

Test(bad_input, results_inside_the_input_are_not_walked)
{
    put_picture("in/a.png", 8, 8);
    struct run first = RUN("run", "in", "-o", "in/out"), second = RUN("run", "in", "-o", "in/out");
    expect_summary(&first, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_summary(&second, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_files("in/out", 1);
}

Test(bad_input, an_input_is_never_overwritten)
{
    struct stat before, after;
    cr_assert_eq(stat("good.png", &before), 0);
    struct run same = RUN("run", "good.png", "-o", ".", "--flip");
    expect(&same, 2, "good.png");
    put_picture("other/a.png", 8, 8);
    cr_assert_eq(mkdir("out", 0755), 0);
    cr_assert_eq(link("other/a.png", "out/a.png"), 0);
    struct run hard = RUN("run", "other/a.png", "-o", "out", "--flip");
    expect(&hard, 2, "out/a.png: would overwrite the input other/a.png (");
    cr_assert_eq(symlink("../good.png", "out/good.png"), 0);
    struct run soft = RUN("run", "good.png", "-o", "out", "--flip");
    cr_assert_eq(stat("good.png", &after), 0);
    cr_assert_eq(before.st_ino, after.st_ino);
    cr_assert_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec, "%s", soft.err);
}

Test(bad_input, filter_arguments_out_of_range)
{
    static const char *const wrong[] = {
        "--resize=0x0",      "--resize=",    "--resize=99999999x1", "--resize=8x8,kernel=none",
        "--blur=0.2",        "--blur=501",   "--blur=nan",          "--sharpen=0",
        "--crop=0x5+0+0",    "--rotate=450", "--quality=0",         "--subsampling=411",
        "--background=rot",  "--keep=none",  "--timeout=-1",        "--io-jobs=9999",
        "--max-pixels=lots",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char line[64];
        struct run run = RUN("run", "good.png", "-o", "out", wrong[i]);
        snprintf(line, sizeof line, "pixmill: %s: ", wrong[i]);
        expect(&run, 2, line);
        /* The message says in brackets what to write instead, or consists of that. */
        cr_assert(strchr(run.err, '(') != NULL || strstr(run.err, ": must be ") != NULL, "no remedy: %s",
                  run.err);
        cr_assert_eq(access("out", F_OK), -1);
    }
}

Test(bad_input, a_crop_outside_the_picture)
{
    struct run run = RUN("run", "good.png", "-o", "out", "--crop=10x10+25+0");
    expect(&run, 1, "pixmill: good.png: ");
    expect_files("out", 0);
}

Test(bad_input, more_workers_than_serial_has)
{
    struct run run = RUN("run", "good.png", "-o", "out", "--backend=serial", "-j", "4");
    expect(&run, 2, "pixmill: --jobs: serial has one worker (omit --jobs or choose another --backend)\n");
    cr_assert_eq(access("out", F_OK), -1);
}

Test(bad_input, over_the_time_limit)
{
    /* Less than any machine needs. That the others go on is tested in backend/test_backend.c. */
    put_picture("large.png", 2500, 2500);
    struct run run =
        RUN("run", "large.png", "-o", "out", "--timeout=0.001", "--log=log", "--sharpen=5", "--sharpen=5");
    expect(&run, 1, "pixmill: large.png: took longer than 0.001 s");
    expect_files("out", 0);
    cr_assert_not_null(strstr(content_of("log", NULL), "\"kind\": \"timeout\""));
}

Test(bad_input, over_the_memory_that_is_there)
{
    struct run run = RUN("run", "good.png", "-o", "out", "--memory=1");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed"); /* a large one runs alone */
}
