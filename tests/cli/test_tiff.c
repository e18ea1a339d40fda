/* TIFF and its part, with the real command. */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "codec/part.h"
#include "temp.h"

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(codec_of_suffix("tif"), &error) != 0)
        cr_skip_test("%s", error.message);
    run_begin();
}

TestSuite(tiff_run, .init = begin);

/* With --format=tiff the fork server loads the part at its start; in the run back, at the first TIFF file. */
Test(tiff_run, sandboxed_processes_write_and_read_what_threads_do)
{
    put_picture("in/a.png", 40, 30);
    put_picture("in/b.png", 7, 9);
    struct run run = RUN("run", "in", "-o", "threads", "--format=tiff");
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    struct run back = RUN("run", "threads", "-o", "back", "--format=png");
    expect(&back, 0, "warning: tiff files are decoded in this process");
    run = RUN("run", "in", "-o", "procs", "--format=tiff", "--backend=procs", STRICTEST);
    expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    cr_assert_null(strstr(run.err, "warning: tiff"), "%s", run.err);
    size_t size, other;
    const char *file = content_of("threads/a.tif", &size), *again = content_of("procs/a.tif", &other);
    cr_assert(size == other && memcmp(file, again, size) == 0);
    for (int strict = 0; strict < 2; strict++) {
        run = RUN("run", "threads", "-o", strict ? "strict" : "on", "--format=png", "--backend=procs",
                  strict ? STRICTEST : "--sandbox=on", "-j1");
        expect_summary(&run, "2 images: 2 ok, 0 skipped, 0 failed");
    }
}

/* Two pages of one grey pixel each, 50 and 200: the strips, then the directories. */
static void put_pages(const char *name)
{
    static const uint8_t entries[][8] = {
        {0, 1, 4, 0, 1, 0, 0, 0},    {1, 1, 4, 0, 1, 0, 0, 0},    {2, 1, 3, 0, 1, 0, 0, 0},
        {3, 1, 3, 0, 1, 0, 0, 0},    {6, 1, 3, 0, 1, 0, 0, 0},    {0x11, 1, 4, 0, 1, 0, 0, 0},
        {0x15, 1, 3, 0, 1, 0, 0, 0}, {0x16, 1, 4, 0, 1, 0, 0, 0}, {0x17, 1, 4, 0, 1, 0, 0, 0}};
    static const uint8_t values[] = {1, 1, 8, 1, 1, 8, 1, 1, 1};
    enum { ENTRIES = sizeof values, DIRECTORY = 2 + 12 * ENTRIES + 4 };
    uint8_t file[10 + 2 * DIRECTORY] = {'I', 'I', 42, 0, 10, 0, 0, 0, 50, 200};
    for (unsigned page = 0; page < 2; page++) {
        uint8_t *at = file + 10 + page * DIRECTORY;
        at[0] = ENTRIES;
        for (unsigned i = 0; i < ENTRIES; i++) {
            memcpy(at + 2 + 12 * i, entries[i], 8);
            at[2 + 12 * i + 8] = (uint8_t)(values[i] + (i == 5 ? page : 0));
        }
        at[DIRECTORY - 4] = page == 0 ? 10 + DIRECTORY : 0;
    }
    temp_write(name, file, sizeof file);
}

Test(tiff_run, a_page_is_chosen)
{
    put_pages("two.tif");
    struct run run = RUN("info", "two.tif");
    cr_assert_not_null(strstr(run.out, ", 2 pages,"), "%s", run.out);
    run = RUN("info", "--page=2", "two.tif");
    cr_assert_not_null(strstr(run.out, ", page 2 of 2,"), "%s", run.out);
    run = RUN("info", "--page=2", "--json", "two.tif");
    cr_assert_not_null(strstr(run.out, "\"page\": 2, \"pages\": 2, "), "%s", run.out);
    run = RUN("info", "--page=3", "two.tif");
    expect(&run, 1, "two.tif: has no page 3 (its last page is 2)");
    run = RUN("run", "two.tif", "-o", "first", "--format=png");
    expect(&run, 0, "two.tif: warning: page 1 of 2 is read; the other pages are left out");
    run = RUN("run", "two.tif", "-o", "second", "--format=png", "--page=2");
    expect(&run, 0, "two.tif: warning: page 2 of 2 is read; the other pages are left out");
    cr_expect_not(same_bytes("first/two.png", "second/two.png"));
    run = RUN("run", "two.tif", "-o", "procs", "--format=png", "--page=2", "--backend=procs", STRICTEST);
    expect_summary(&run, "1 images: 1 ok, 0 skipped, 0 failed");
    cr_expect(same_bytes("second/two.png", "procs/two.png"));
    run = RUN("run", "two.tif", "-o", "third", "--format=png", "--page=3");
    expect(&run, 1, "two.tif: has no page 3 (its last page is 2)");
    put_picture("a.png", 3, 2);
    run = RUN("run", "a.png", "-o", "other", "--page=2");
    expect(&run, 1, "a.png: has no page 2 (pixmill reads one of png)");
    run = RUN("run", "two.tif", "-o", "mixed", "--variant=a:page=2", "--variant=b:flip");
    expect(&run, 2, "all results are of one page");
}

/* Copies a file from the command's folder to the test's; `doctored`: with another version in it. */
static void copy_program(const char *name, bool doctored)
{
    char path[PATH_MAX];
    size_t size;
    const char *command = getenv("PIXMILL");
    snprintf(path, sizeof path, "%.*s%s", (int)(strrchr(command, '/') + 1 - command), command, name);
    char *bytes = content_of(path, &size), *at = bytes;
    const size_t length = strlen(PIXMILL_VERSION);
    while (doctored && (at = memmem(at, (size_t)(bytes + size - at), PIXMILL_VERSION, length)) != NULL)
        *at = 'x';
    cr_assert_eq(chmod(temp_write(name, bytes, size), 0755), 0);
}

Test(tiff_run, without_its_part_or_with_another_version_it_is_refused)
{
    put_picture("a.png", 8, 8);
    struct run made = RUN("run", "a.png", "-o", ".", "--format=tiff");
    expect(&made, 0, "1 ok");
    copy_program("pixmill", false);
    copy_program("pixmill-tiff.so", true);
    cr_assert_eq(setenv("PIXMILL", temp_path("pixmill"), 1), 0);
    struct run other = RUN("run", "a.tif", "-o", "out", "--format=png");
    expect(&other, 1, "pixmill: a.tif: pixmill-tiff.so is of another version (reinstall both)");
    temp_text("pixmill-tiff.so", "no library");
    other = RUN("run", "a.tif", "-o", "out", "--format=png");
    expect(&other, 1, "pixmill: a.tif: pixmill-tiff.so can't be loaded: ");
    cr_assert_eq(unlink(temp_path("pixmill-tiff.so")), 0);
    struct run to = RUN("run", "a.png", "-o", "out", "--format=tiff"),
               from = RUN("run", "a.tif", "-o", "out", "--format=png"),
               apart = RUN("run", "a.tif", "-o", "out", "--format=png", "--backend=procs"),
               info = RUN("info", "a.tif");
    expect(&to, 2, "pixmill: TIFF needs pixmill-tiff.so, which is missing (");
    expect(&from, 1, "pixmill: a.tif: TIFF needs pixmill-tiff.so, which is missing (");
    expect(&apart, 1, "pixmill: a.tif: TIFF needs pixmill-tiff.so, which is missing (");
    cr_expect_not_null(strstr(info.out, "a.tif: tiff 8x8"), "%s", info.out);
}
