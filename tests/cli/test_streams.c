/* One image from standard input (--image), one result to standard output (-o -). */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/backend.h"
#include "cli/run.h"
#include "io/engine.h"
#include "temp.h"

/* Standard output holds what the file does. */
static void expect_bytes(const struct run *run, const char *path)
{
    size_t size;
    const char *bytes = content_of(path, &size);
    cr_assert_eq(run->out_size, size, "%zu bytes instead of %zu: %s", run->out_size, size, run->err);
    cr_expect_eq(memcmp(run->out, bytes, size), 0);
}

Test(streams, an_image_goes_through_every_backend_and_engine, .init = run_begin)
{
    size_t size;
    put_picture("in/a.jpg", 90, 60);
    struct run file = RUN("run", "in", "-o", "out", "--resize=40");
    expect_summary(&file, "1 images: 1 ok, 0 skipped, 0 failed");
    const struct start pipe = {.input = content_of("in/a.jpg", &size), .input_size = size};
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
            char by[32], io[32];
            if ((*backend)->why_not() != NULL || (*engine)->why_not() != NULL)
                continue;
            snprintf(by, sizeof by, "--backend=%s", (*backend)->name);
            snprintf(io, sizeof io, "--io=%s", (*engine)->name);
            struct run run = RUN_AS(&pipe, "run", "--image", "-", "-o", "-", "--resize=40", by, io);
            expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
            expect_bytes(&run, "out/a.jpg");
        }
    }
}

Test(streams, a_regular_file_is_read_in_place, .init = run_begin)
{
    put_picture("in/a.png", 90, 60);
    struct run file = RUN("run", "in", "-o", "out", "--flip");
    expect_summary(&file, "1 images: 1 ok, 0 skipped, 0 failed");
    const struct start start = {.input_fd = open("in/a.png", O_RDONLY)};
    cr_assert_gt(start.input_fd, 0);
    struct run run = RUN_AS(&start, "run", "--image", "-", "-o", "-", "--flip");
    expect_bytes(&run, "out/a.png");
}

Test(streams, a_result_in_a_folder_is_called_stdin, .init = run_begin)
{
    size_t size;
    put_picture("in/a.png", 90, 60);
    const struct start pipe = {.input = content_of("in/a.png", &size), .input_size = size};
    struct run run = RUN_AS(&pipe, "run", "--image", "-", "-o", "out", "--log=log");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("out/stdin.png", "png", 90, 60);
    cr_expect(strstr(content_of("log", &size),
                     "{\"input\": \"standard input\", \"output\": \"out/stdin.png\"") != NULL);
    run = RUN_AS(&pipe, "run", "--image", "-", "-o", "out", "--widths=20,40", "--format=webp");
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    expect_picture("out/stdin-40w.webp", "webp", 40, 27);
}

Test(streams, a_file_can_be_written_to_standard_output, .init = run_begin)
{
    put_picture("in/a.png", 90, 60);
    struct run file = RUN("run", "in", "-o", "out", "--format=webp");
    expect_summary(&file, "1 images: 1 ok, 0 skipped, 0 failed");
    struct run run = RUN("run", "in", "-o", "-", "--format=webp");
    expect_bytes(&run, "out/a.webp");
    cr_expect_neq(access("-", F_OK), 0);
}

Test(streams, failures_write_nothing, .init = run_begin)
{
    const struct start text = {.input = "not an image"}, nothing = {.input = NULL};
    struct run run = RUN_AS(&text, "run", "--image", "-", "-o", "-");
    expect(&run, 1, "pixmill: standard input: not a supported image");
    cr_expect_eq(run.out_size, 0);
    run = RUN_AS(&nothing, "run", "--image", "-", "-o", "-");
    expect(&run, 1, "pixmill: standard input: is empty");
    cr_expect_eq(run.out_size, 0);
}

Test(streams, a_full_disk_is_an_error, .init = run_begin)
{
    put_picture("in/a.png", 90, 60);
    if (access("/dev/full", W_OK) != 0)
        cr_skip_test("no /dev/full");
    cr_expect_eq(WEXITSTATUS(system("$PIXMILL run in/a.png -o - >/dev/full 2>err")), 1);
    size_t size;
    cr_expect(strstr(content_of("err", &size), "standard output can't be written: No space left") != NULL);
}

Test(streams, what_makes_no_sense_is_refused, .init = run_begin)
{
    static const struct {
        const char *options[5], *words;
    } refused[] = {
        {{"in/a.png", "in/b.png", "-o", "-"}, "only one result can be written to standard output, not 2"},
        {{"in/a.png", "-o", "-", "--widths=20,40"}, "-o -: takes one result"},
        {{"in/a.png", "-o", "-", "--manifest=m"}, "-o -: takes one result"},
        {{"in/a.png", "-o", "-", "--skip-existing"}, "-o -: can't be combined"},
        {{"in/a.png", "-o", "-", "--log=-"}, "-o -: can't be combined with --log=-"},
        {{"-", "-o", "out", "--image", "-0"}, "--image: can't be combined with --null"},
        {{"-", "-o", "out", "--image", "--journal=j"}, "--image: can't be combined with --journal"},
        {{"-", "-", "-o", "out", "--image"}, "standard input can be read only once"},
    };
    size_t size;
    put_picture("in/a.png", 9, 6);
    put_picture("in/b.png", 9, 6);
    const struct start pipe = {.input = content_of("in/a.png", &size), .input_size = size};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const char *arguments[8] = {"run"};
        memcpy(arguments + 1, refused[i].options, sizeof refused[i].options);
        struct run run = run_with(&pipe, arguments);
        expect(&run, 2, refused[i].words);
        cr_expect_eq(run.out_size, 0, "%s", refused[i].words);
    }
}
