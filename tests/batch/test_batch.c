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
#include "codec/codec.h"
#include "codec/jpeg/options.h"
#include "pictures.h"
#include "temp.h"

/* Writes a picture of `width` x 8 pixels in the format's own encoding. */
static void write_picture(const char *path, const char *format, uint32_t width)
{
    struct lent lent;
    struct buffer file = {0};
    lent_init(&lent);
    struct pm_image image = picture(&lent, width, 8, PM_COLOR_RGB, false, 8);
    struct jpeg_options request = {.quality = 80, .subsampling = SUBSAMPLING_444};
    cr_assert_eq(codec_of_suffix(format)->encode(&image, &request, &file, &lent.context), 0);
    temp_write(path, file.data, file.size);
    buffer_free(&file);
    lent_free(&lent);
}

/* Calls that the listener got. */
struct seen {
    size_t events, planned, looks;
    char last_failed[256], last_message[256];
    uint64_t limit, value;
    atomic_bool stop;
    size_t stop_after; /* events; 0: never */
    double read_s;     /* seconds of reading, summed */
};

static void listen(void *listener, const struct batch_event *event, const struct batch_counts *counts)
{
    struct seen *seen = listener;
    cr_assert_leq(counts->ok + counts->skipped + counts->failed + counts->left_out, counts->total);
    seen->events++;
    seen->planned += event->outcome == OUTCOME_OK && event->result == NULL;
    seen->read_s += event->result != NULL ? event->result->seconds[PM_STAGE_READ] : 0;
    if (event->outcome == OUTCOME_FAILED) {
        snprintf(seen->last_failed, sizeof seen->last_failed, "%s", event->input);
        snprintf(seen->last_message, sizeof seen->last_message, "%s", event->result->error.message);
        seen->limit = event->result->error.limit;
        seen->value = event->result->error.value;
    }
    if (seen->stop_after > 0 && seen->events >= seen->stop_after)
        seen->stop = true;
}

/* A run with the simplest settings; tests change what they need. */
struct setup {
    struct settings settings;
    struct batch_config config;
    const char *inputs[4];
    struct batch_report report;
    struct pm_error error;
    struct seen seen;
};

static void setup_init(struct setup *setup, const char *recipe)
{
    cr_assert_eq(chdir(temp_folder()), 0);
    *setup = (struct setup){.inputs = {"in"}};
    setup->settings = (struct settings){
        .output = "out",
        .backend = {.kind = backend_find("threads"), .workers = 2, .max_pixels = 1 << 20},
        .engine = {.kind = engine_find("threads"), .io_jobs = 2, .memory = 64 << 20},
    };
    settings_complete(&setup->settings, 1, 1 << 30);
    setup->config = (struct batch_config){
        .settings = &setup->settings,
        .inputs = setup->inputs,
        .ninputs = 1,
        .recipe = pm_recipe_parse(recipe, &setup->error),
        .stop = &setup->seen.stop,
        .event = listen,
        .listener = &setup->seen,
    };
    cr_assert_not_null(setup->config.recipe, "%s", setup->error.message);
}

static void setup_free(struct setup *setup)
{
    pm_recipe_free((struct pm_recipe *)setup->config.recipe);
}

static void run_expecting(struct setup *setup, enum batch_end end)
{
    setup->error = (struct pm_error){0};
    setup->seen.events = setup->seen.planned = 0;
    enum batch_end ended = batch_run(&setup->config, &setup->report, &setup->error);
    cr_assert_eq(ended, end, "ended %d: %s%s", ended, setup->error.message, setup->seen.last_message);
}

static void counted(const struct setup *setup, size_t ok, size_t skipped, size_t failed, size_t left_out)
{
    const struct batch_counts *counts = &setup->report.counts;
    cr_assert_eq(counts->ok, ok, "%zu ok", counts->ok);
    cr_assert_eq(counts->skipped, skipped, "%zu skipped", counts->skipped);
    cr_assert_eq(counts->failed, failed, "%zu failed: %s", counts->failed, setup->seen.last_message);
    cr_assert_eq(counts->left_out, left_out, "%zu left out", counts->left_out);
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void make_tree(void)
{
    write_picture("in/a.jpg", "jpeg", 20);
    write_picture("in/deep/er/b.png", "png", 30);
    write_picture("in/c.jpg", "jpeg", 40);
    write_picture("in/d", "png", 50); /* identified by content, not by name */
    temp_text("in/notes.txt", "no picture");
    temp_text("in/empty", "");
}

Test(batch, a_folder_goes_through)
{
    struct setup setup;
    setup_init(&setup, "resize=10x10");
    make_tree();
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 4, 0, 0, 2);
    cr_assert_eq(setup.report.counts.total, 6);
    cr_assert_eq(setup.seen.events, 6);
    cr_assert_eq(setup.report.counts.pixels, 8 * (20 + 30 + 40 + 50));
    cr_assert_gt(setup.report.counts.bytes_in, 0);
    cr_assert_gt(setup.report.counts.bytes_out, 0);
    cr_assert_gt(setup.report.seconds, 0);
    cr_assert_gt(setup.report.peak_bytes, 1 << 20);
    cr_assert(exists("out/a.jpg") && exists("out/deep/er/b.png") && exists("out/c.jpg") && exists("out/d"));
    cr_assert_eq(temp_count("out"), 4);
    setup_free(&setup);
}

static void same_file(const char *a, const char *b)
{
    size_t size, other_size;
    char *data = temp_read(a, &size), *other = temp_read(b, &other_size);
    cr_assert(data != NULL && other != NULL);
    cr_assert_eq(size, other_size);
    cr_assert_eq(memcmp(data, other, size), 0);
    free(data);
    free(other);
}

Test(batch, every_backend_with_every_engine_gives_the_same_bytes)
{
    struct setup setup;
    setup_init(&setup, "resize=10x10/flip");
    make_tree();
    run_expecting(&setup, BATCH_DONE);
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
            char output[64];
            snprintf(output, sizeof output, "%s-%s", (*backend)->name, (*engine)->name);
            setup.settings.output = output;
            setup.settings.backend.kind = *backend;
            setup.settings.engine.kind = *engine;
            setup.settings.backend.workers = (*backend)->one_worker ? 1 : 2;
            run_expecting(&setup, BATCH_DONE);
            counted(&setup, 4, 0, 0, 2);
            static const char *const names[] = {"a.jpg", "deep/er/b.png", "c.jpg", "d"};
            for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
                char path[128], expected[128];
                snprintf(path, sizeof path, "%s/%s", output, names[i]);
                snprintf(expected, sizeof expected, "out/%s", names[i]);
                same_file(path, expected);
            }
        }
    }
    setup_free(&setup);
}

Test(batch, what_was_named_and_is_no_image_fails_and_the_rest_goes_on)
{
    struct setup setup;
    setup_init(&setup, "");
    write_picture("good.png", "png", 8);
    temp_text("text.jpg", "no picture");
    temp_text("empty.jpg", "");
    setup.config.ninputs = 4;
    setup.inputs[0] = "missing.jpg";
    setup.inputs[1] = "text.jpg";
    setup.inputs[2] = "good.png";
    setup.inputs[3] = "empty.jpg";
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 1, 0, 3, 0);
    cr_assert_eq(temp_count("out"), 1);
    setup_free(&setup);
}

Test(batch, in_a_folder_a_broken_image_fails_and_an_empty_one_too)
{
    struct setup setup;
    setup_init(&setup, "");
    write_picture("in/a.png", "png", 8);
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
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 1, 0, 3, 1);
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
    write_picture("in/a.JPG", "jpeg", 8);
    run_expecting(&setup, BATCH_DONE);
    cr_assert(exists("out/a.png"));
    setup_free(&setup);
}

Test(batch, existing_results_are_skipped_or_replaced)
{
    struct setup setup;
    setup_init(&setup, "");
    make_tree();
    temp_text("out/a.jpg", "old");
    setup.settings.skip_existing = true;
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 3, 1, 0, 2);
    char *text = temp_read("out/a.jpg", NULL);
    cr_assert_str_eq(text, "old");
    free(text);
    setup.settings.skip_existing = false;
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 4, 0, 0, 2);
    text = temp_read("out/a.jpg", NULL);
    cr_assert_neq(memcmp(text, "old", 3), 0);
    free(text);
    setup_free(&setup);
}

Test(batch, a_dry_run_reports_all_and_writes_nothing)
{
    struct setup setup;
    setup_init(&setup, "resize=10x");
    make_tree();
    temp_text("in/broken.png", "\x89PNG\r\n\x1a\n");
    setup.settings.dry_run = true;
    setup.settings.journal = "journal";
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 4, 0, 1, 2);
    cr_assert_eq(setup.seen.planned, 4);
    cr_assert_not(exists("out") || exists("journal"));
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
    run_expecting(&setup, BATCH_STOPPED);
    counted(&setup, 0, 0, 1, 0);
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
        write_picture(name, "png", 8);
    }
    setup.seen.stop_after = 3;
    run_expecting(&setup, BATCH_STOPPED);
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
    make_tree();
    setup.seen.stop = true;
    run_expecting(&setup, BATCH_STOPPED);
    counted(&setup, 0, 0, 0, 0);
    setup_free(&setup);
}

static void refuses(struct setup *setup, const char *words)
{
    run_expecting(setup, BATCH_REFUSED);
    cr_assert_not_null(strstr(setup->error.message, words), "%s", setup->error.message);
    cr_assert_eq(setup->seen.events, 0);
}

Test(batch, what_can_not_be_begun_is_refused)
{
    struct setup setup;
    setup_init(&setup, "");
    make_tree();
    temp_text("file", "x");
    setup.settings.output = "file";
    refuses(&setup, "file: the folder can't be created");
    setup.settings.output = "file/deeper";
    refuses(&setup, "file/deeper: the folder can't be created");
    setup.settings.output = "in";
    refuses(&setup, "the output folder is the input folder");
    setup.settings.output = "out";
    setup.settings.journal = "file";
    refuses(&setup, "file: not a pixmill journal");
    setup.settings.journal = NULL;
    cr_assert_eq(access("out", F_OK), -1, "a run that was refused left its folder");
    cr_assert_eq(mkdir("out", 0777), 0);
    setup.inputs[0] = "out";
    refuses(&setup, "the output folder is the input folder");
    setup_free(&setup);
}

Test(batch, an_unwritable_output_folder_is_refused)
{
    struct setup setup;
    setup_init(&setup, "");
    make_tree();
    cr_assert_eq(mkdir("out", 0555), 0);
    temp_drop_root();
    refuses(&setup, "out: the folder is not writable");
    setup_free(&setup);
}

Test(batch, an_unreadable_folder_fails_by_itself)
{
    struct setup setup;
    setup_init(&setup, "");
    make_tree();
    cr_assert_eq(mkdir("in/locked", 0), 0);
    temp_drop_root();
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 4, 0, 1, 2);
    cr_assert_str_eq(setup.seen.last_failed, "in/locked");
    setup_free(&setup);
}

Test(batch, stale_temporaries_are_swept_where_results_go)
{
    struct setup setup;
    setup_init(&setup, "");
    make_tree();
    temp_text("out/.pixmill-0123456789abcdef.tmp", "half");
    temp_text("out/deep/er/.pixmill-0123456789abcdef.tmp", "half");
    int held = open(temp_text("out/.pixmill-fedcba9876543210.tmp", "in use"), O_RDWR);
    cr_assert_eq(flock(held, LOCK_EX), 0);
    run_expecting(&setup, BATCH_DONE);
    cr_assert_eq(temp_count("out"), 4 + 1);
    cr_assert_eq(temp_count("out/deep/er"), 1);
    close(held);
    setup_free(&setup);
}

Test(batch, a_job_over_what_is_available_fails_with_both_numbers)
{
    struct setup setup;
    setup_init(&setup, "");
    make_tree();
    setup.settings.backend.max_bytes = 1000;
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 0, 0, 4, 2);
    cr_assert_eq(setup.seen.limit, 1000);
    cr_assert_gt(setup.seen.value, 1000);
    setup_free(&setup);
}

Test(batch, one_over_max_pixels_fails_by_its_header)
{
    struct setup setup;
    setup_init(&setup, "");
    make_tree();
    setup.settings.backend.max_pixels = 8 * 30;
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 2, 0, 2, 2);
    setup_free(&setup);
}

Test(batch, the_smallest_budget_takes_one_job_after_the_other)
{
    struct setup setup;
    setup_init(&setup, "resize=10x10");
    make_tree();
    setup.settings.engine.memory = 1;
    for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
        setup.settings.engine.kind = *engine;
        run_expecting(&setup, BATCH_DONE);
        counted(&setup, 4, 0, 0, 2);
    }
    setup_free(&setup);
}

Test(batch, an_engine_has_the_settings_of_the_run)
{
    struct setup setup;
    setup_init(&setup, "resize=10x10");
    make_tree();
    setup.settings.engine.read_delay = 0.05;
    for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
        setup.settings.engine.kind = *engine;
        setup.seen.read_s = 0;
        run_expecting(&setup, BATCH_DONE);
        counted(&setup, 4, 0, 0, 2);
        cr_assert_geq(setup.seen.read_s, 4 * 0.05);
    }
    setup_free(&setup);
}

Test(batch, a_resumed_journal_does_only_what_is_not_done)
{
    struct setup setup;
    setup_init(&setup, "resize=10x10");
    make_tree();
    temp_text("in/broken.png", "\x89PNG\r\n\x1a\n");
    setup.settings.journal = "journal";
    setup.settings.resume = true; /* without a journal, one is created */
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 4, 0, 1, 2);
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 0, 4, 1, 2); /* the failed one is tried again */

    cr_assert_eq(unlink("out/a.jpg"), 0);
    write_picture("in/c.jpg", "jpeg", 44);
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 2, 2, 1, 2);

    setup.settings.dry_run = true;
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 0, 4, 1, 2);
    setup.settings.dry_run = false;

    setup_free(&setup);
    setup.config.recipe = pm_recipe_parse("resize=11x11", &setup.error);
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 4, 0, 1, 2);
    setup_free(&setup);
}

Test(batch, without_resume_a_journal_only_records)
{
    struct setup setup;
    setup_init(&setup, "");
    make_tree();
    setup.settings.journal = "journal";
    run_expecting(&setup, BATCH_DONE);
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 4, 0, 0, 2);
    setup.settings.resume = true;
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 0, 4, 0, 2);
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
    make_tree();
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
    write_picture("one.png", "png", 8);
    cr_assert_eq(mkdir("in", 0755), 0);
    for (int i = 0; i < 600; i++) {
        snprintf(name, sizeof name, "in/%04d.png", i);
        cr_assert_eq(link("one.png", name), 0);
    }
    for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
        setup.settings.engine.kind = *engine;
        run_expecting(&setup, BATCH_DONE);
        counted(&setup, 600, 0, 0, 0);
        cr_assert_eq(temp_count("out"), 600);
    }
    setup_free(&setup);
}

static void look(void *listener, const struct batch_report *report)
{
    struct seen *seen = listener;
    cr_assert_eq(report->counts.total, seen->events);
    cr_assert_gt(report->seconds, 0);
    seen->looks++;
}

Test(batch, rounds_go_through_the_list_again_and_their_end_is_reported)
{
    struct setup setup;
    setup_init(&setup, "");
    make_tree();
    setup.config.rounds = 5;
    setup.config.ended = look;
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        setup.settings.backend.kind = *backend;
        setup.settings.backend.workers = (*backend)->one_worker ? 1 : 3;
        setup.seen.looks = 0;
        run_expecting(&setup, BATCH_DONE);
        counted(&setup, 20, 0, 0, 10);
        cr_assert_eq(setup.report.counts.total, 30);
        cr_assert_eq(setup.seen.looks, 1);
    }
    setup_free(&setup);
}

static void run_recipe(struct setup *setup, const char *recipe, const char *input, const char *output)
{
    pm_recipe_free((struct pm_recipe *)setup->config.recipe);
    setup->config.recipe = pm_recipe_parse(recipe, &setup->error);
    cr_assert_not_null(setup->config.recipe, "%s", setup->error.message);
    setup->inputs[0] = input;
    setup->settings.output = output;
    run_expecting(setup, BATCH_DONE);
}

Test(batch, encrypted_and_decrypted_again_the_pixels_are_the_same)
{
    struct setup setup;
    setup_init(&setup, "");
    write_picture("in/a.png", "png", 30);
    write_picture("in/b.jpg", "jpeg", 30);
    run_recipe(&setup, "format=png", "in", "plain");
    temp_text("key", "0123456789abcdef0123456789abcdef");
    temp_text("other key", "1123456789abcdef0123456789abcdef");
    setup.settings.key_file = "key";
    run_recipe(&setup, "encrypt", "in", "secret");
    counted(&setup, 2, 0, 0, 0);
    run_recipe(&setup, "decrypt", "secret", "back");
    counted(&setup, 2, 0, 0, 0);
    same_file("back/a.png", "plain/a.png");
    same_file("back/b.png", "plain/b.png");
    setup.settings.key_file = "other key";
    run_recipe(&setup, "decrypt", "secret", "wrong");
    counted(&setup, 0, 0, 2, 0);
    cr_assert_eq(temp_count("wrong"), 0);
    setup_free(&setup);
}

/* Results made with the old key can't be read with the new one. */
Test(batch, another_key_in_the_same_file_is_another_key_to_a_journal)
{
    struct setup setup;
    setup_init(&setup, "encrypt");
    write_picture("in/a.png", "png", 30);
    temp_text("key", "0123456789abcdef0123456789abcdef");
    setup.settings.key_file = "key";
    setup.settings.journal = "journal";
    setup.settings.resume = true;
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 1, 0, 0, 0);
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 0, 1, 0, 0);
    temp_text("key", "1123456789abcdef0123456789abcdef");
    cr_assert_eq(utimensat(AT_FDCWD, "key", (struct timespec[2]){{.tv_sec = 1}, {.tv_sec = 1}}, 0), 0);
    run_expecting(&setup, BATCH_DONE);
    counted(&setup, 1, 0, 0, 0);
    setup_free(&setup);
}

Test(batch, encrypting_without_a_key_is_refused)
{
    struct setup setup;
    setup_init(&setup, "encrypt");
    make_tree();
    refuses(&setup, "one key is needed");
    setup.settings.key_file = "missing";
    refuses(&setup, "");
    cr_assert_not(exists("out"));
    setup_free(&setup);
}
