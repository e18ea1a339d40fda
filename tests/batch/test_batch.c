/* Whole runs on small pictures: counts, files on disk, and the same bytes from every way of running a
 * batch. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "batch/batch.h"
#include "batch/setup.h"
#include "codec/codec.h"
#include "pictures.h"
#include "temp.h"

Test(batch, a_folder_goes_through)
{
    struct setup setup;
    setup_init(&setup, "resize=10x10");
    setup_tree();
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 4, 0, 0, 2);
    cr_assert_eq(setup.report.counts.total, 6);
    cr_assert_eq(setup.seen.events, 6);
    cr_assert_eq(setup.report.counts.pixels, 8 * (20 + 30 + 40 + 50));
    cr_assert_gt(setup.report.counts.bytes_in, 0);
    cr_assert_gt(setup.report.counts.bytes_out, 0);
    cr_assert_gt(setup.report.seconds, 0);
    cr_assert_gt(setup.report.peak_bytes, 1 << 20);
    cr_assert(setup_exists("out/a.jpg") && setup_exists("out/deep/er/b.png") && setup_exists("out/c.jpg") &&
              setup_exists("out/d"));
    cr_assert_eq(temp_count("out"), 4);
    setup_free(&setup);
}

Test(batch, every_backend_with_every_engine_gives_the_same_bytes)
{
    struct setup setup;
    setup_init(&setup, "resize=10x10/flip");
    setup_tree();
    setup_run(&setup, BATCH_DONE);
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
            char output[64];
            snprintf(output, sizeof output, "%s-%s", (*backend)->name, (*engine)->name);
            setup.settings.output = output;
            setup.settings.backend.kind = *backend;
            setup.settings.engine.kind = *engine;
            setup.settings.backend.workers = (*backend)->one_worker ? 1 : 2;
            setup_run(&setup, BATCH_DONE);
            setup_counted(&setup, 4, 0, 0, 2);
            static const char *const names[] = {"a.jpg", "deep/er/b.png", "c.jpg", "d"};
            for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                char path[128], expected[128];
                snprintf(path, sizeof path, "%s/%s", output, names[i]);
                snprintf(expected, sizeof expected, "out/%s", names[i]);
                setup_same_file(path, expected);
            }
        }
    }
    setup_free(&setup);
}

Test(batch, what_was_named_and_is_no_image_fails_and_the_rest_goes_on)
{
    struct setup setup;
    setup_init(&setup, "");
    setup_picture("good.png", "png", 8);
    temp_text("text.jpg", "no picture");
    temp_text("empty.jpg", "");
    setup.config.ninputs = 4;
    setup.inputs[0] = "missing.jpg";
    setup.inputs[1] = "text.jpg";
    setup.inputs[2] = "good.png";
    setup.inputs[3] = "empty.jpg";
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 1, 0, 3, 0);
    cr_assert_eq(temp_count("out"), 1);
    setup_free(&setup);
}

Test(batch, in_a_folder_a_broken_image_fails_and_an_empty_one_too)
{
    struct setup setup;
    setup_init(&setup, "");
    setup_picture("in/a.png", "png", 8);
    size_t size;
    char *data = temp_read("in/a.png", &size);
    temp_write("in/half.png", data, size / 2);
    free(data);
    temp_text("in/empty.JPG", "");
    cr_assert_eq(mkfifo("in/pipe.jpg", 0644), 0);
    cr_assert_eq(symlink("nowhere", "in/dangling.jpg"), 0);
    /* Opening and closing a pipe would lose what its writer is about to write. */
    int watch = inotify_init1(IN_NONBLOCK);
    cr_assert_geq(inotify_add_watch(watch, "in/pipe.jpg", IN_OPEN), 0);
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 1, 0, 3, 1);
    char event[sizeof(struct inotify_event) + NAME_MAX + 1];
    cr_assert_eq(read(watch, event, sizeof event), -1, "the pipe was opened");
    close(watch);
    cr_assert_eq(temp_count("out"), 1);
    setup_free(&setup);
}

Test(batch, the_format_changes_the_suffix)
{
    struct setup setup;
    setup_init(&setup, "format=png");
    setup_picture("in/a.JPG", "jpeg", 8);
    setup_run(&setup, BATCH_DONE);
    cr_assert(setup_exists("out/a.png"));
    setup_free(&setup);
}

Test(batch, existing_results_are_skipped_or_replaced)
{
    struct setup setup;
    setup_init(&setup, "");
    setup_tree();
    temp_text("out/a.jpg", "old");
    setup.settings.skip_existing = true;
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 3, 1, 0, 2);
    char *text = temp_read("out/a.jpg", NULL);
    cr_assert_str_eq(text, "old");
    free(text);
    setup.settings.skip_existing = false;
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 4, 0, 0, 2);
    text = temp_read("out/a.jpg", NULL);
    cr_assert_neq(memcmp(text, "old", 3), 0);
    free(text);
    setup_free(&setup);
}

Test(batch, a_dry_run_reports_all_and_writes_nothing)
{
    struct setup setup;
    setup_init(&setup, "resize=10x");
    setup_tree();
    temp_text("in/broken.png", "\x89PNG\r\n\x1a\n");
    setup.settings.dry_run = true;
    setup.settings.journal = "journal";
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 4, 0, 1, 2);
    cr_assert_eq(setup.seen.planned, 4);
    cr_assert_not(setup_exists("out") || setup_exists("journal"));
    setup_free(&setup);
}

Test(batch, fail_fast_stops_after_the_first_failure)
{
    struct setup setup;
    setup_init(&setup, "");
    char name[32];
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "in/%02d.png", i);
        temp_text(name, "");
    }
    setup.settings.fail_fast = true;
    setup.settings.backend.workers = 1;
    setup.settings.engine.kind = engine_find("sync");
    setup_run(&setup, BATCH_STOPPED);
    setup_counted(&setup, 0, 0, 1, 0);
    cr_assert_eq(setup.error.kind, PM_OK);
    setup_free(&setup);
}

Test(batch, a_stop_finishes_what_is_in_hand_and_begins_nothing)
{
    struct setup setup;
    setup_init(&setup, "");
    char name[32];
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "in/%02d.png", i);
        setup_picture(name, "png", 8);
    }
    setup.seen.stop_after = 3;
    setup_run(&setup, BATCH_STOPPED);
    const struct batch_counts *counts = &setup.report.counts;
    cr_assert_geq(counts->ok, 3);
    /* In progress in two workers, or with a result that waits to be written. */
    cr_assert_leq(counts->ok, 3 + 2 + 2 + 2);
    cr_assert_eq(counts->failed, 0);
    cr_assert_eq((size_t)temp_count("out"), counts->ok);
    setup_free(&setup);
}

Test(batch, a_stop_before_the_start_begins_nothing)
{
    struct setup setup;
    setup_init(&setup, "");
    setup_tree();
    setup.seen.stop = true;
    setup_run(&setup, BATCH_STOPPED);
    setup_counted(&setup, 0, 0, 0, 0);
    setup_free(&setup);
}

Test(batch, stale_temporaries_are_swept_where_results_go)
{
    struct setup setup;
    setup_init(&setup, "");
    setup_tree();
    temp_text("out/.pixmill-0123456789abcdef.tmp", "half");
    temp_text("out/deep/er/.pixmill-0123456789abcdef.tmp", "half");
    int held = open(temp_text("out/.pixmill-fedcba9876543210.tmp", "in use"), O_RDWR);
    cr_assert_eq(flock(held, LOCK_EX), 0);
    setup_run(&setup, BATCH_DONE);
    cr_assert_eq(temp_count("out"), 4 + 1);
    cr_assert_eq(temp_count("out/deep/er"), 1);
    close(held);
    setup_free(&setup);
}

/* Runs every backend and engine; returns the number of failed runs. For a process without a free descriptor
 * for Criterion. */
static int count_bad_runs(struct setup *setup, size_t expected)
{
    int bad = 0;
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
            setup->settings.backend.kind = *backend;
            setup->settings.engine.kind = *engine;
            setup->settings.backend.workers = (*backend)->one_worker ? 1 : 2;
            bad += batch_run(&setup->config, &setup->report, &setup->error) != BATCH_DONE ||
                   setup->report.counts.ok != expected;
        }
    }
    return bad;
}

Test(batch, nineteen_descriptors_are_enough)
{
    struct setup setup;
    setup_init(&setup, "");
    setup_tree();
    char name[32];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "in/%04d.png", i);
        cr_assert_eq(link("in/d", name), 0);
    }
    setup.settings.engine.io_jobs = 8;
    setup.settings.journal = "journal";
    pid_t child = fork();
    if (child == 0) {
        for (int fd = 3; fd < 1024; fd++)
            close(fd);
        if (setrlimit(RLIMIT_NOFILE, &(struct rlimit){19, 19}) != 0)
            _exit(100);
        /* The command also has a log, an eventfd for signals, and perhaps one inherited descriptor. */
        if (dup(STDIN_FILENO) < 0 || dup(STDIN_FILENO) < 0 || dup(STDIN_FILENO) < 0)
            _exit(100);
        _exit(count_bad_runs(&setup, 104));
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    cr_assert_eq(WEXITSTATUS(status), 0, "%d runs failed", WEXITSTATUS(status));
    setup_free(&setup);
}

Test(batch, many_small_files)
{
    struct setup setup;
    setup_init(&setup, "");
    char name[32];
    setup_picture("one.png", "png", 8);
    cr_assert_eq(mkdir("in", 0755), 0);
    for (int i = 0; i < 600; i++) {
        snprintf(name, sizeof name, "in/%04d.png", i);
        cr_assert_eq(link("one.png", name), 0);
    }
    for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
        setup.settings.engine.kind = *engine;
        setup_run(&setup, BATCH_DONE);
        setup_counted(&setup, 600, 0, 0, 0);
        cr_assert_eq(temp_count("out"), 600);
    }
    setup_free(&setup);
}
