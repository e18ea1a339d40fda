/* Runs after runs: journals, rounds, encrypted results and their keys. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/batch.h"
#include "batch/setup.h"
#include "codec/codec.h"
#include "pictures.h"
#include "temp.h"

Test(batch, a_resumed_journal_does_only_what_is_not_done)
{
    struct setup setup;
    setup_init(&setup, "resize=10x10");
    setup_tree();
    temp_text("in/broken.png", "\x89PNG\r\n\x1a\n");
    setup.settings.journal = "journal";
    setup.settings.resume = true; /* without a journal, one is created */
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 4, 0, 1, 2);
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 0, 4, 1, 2); /* the failed one is tried again */

    cr_assert_eq(unlink("out/a.jpg"), 0);
    setup_picture("in/c.jpg", "jpeg", 44);
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 2, 2, 1, 2);

    setup.settings.dry_run = true;
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 0, 4, 1, 2);
    setup.settings.dry_run = false;

    setup_free(&setup);
    setup.config.recipe = pm_recipe_parse("resize=11x11", &setup.error);
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 4, 0, 1, 2);
    setup_free(&setup);
}

Test(batch, without_resume_a_journal_only_records)
{
    struct setup setup;
    setup_init(&setup, "");
    setup_tree();
    setup.settings.journal = "journal";
    setup_run(&setup, BATCH_DONE);
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 4, 0, 0, 2);
    setup.settings.resume = true;
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 0, 4, 0, 2);
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
    setup_tree();
    setup.config.rounds = 5;
    setup.config.ended = look;
    for (const struct backend *const *backend = backends; *backend != NULL; backend++) {
        setup.settings.backend.kind = *backend;
        setup.settings.backend.workers = (*backend)->one_worker ? 1 : 3;
        setup.seen.looks = 0;
        setup_run(&setup, BATCH_DONE);
        setup_counted(&setup, 20, 0, 0, 10);
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
    setup_run(setup, BATCH_DONE);
}

Test(batch, encrypted_and_decrypted_again_the_pixels_are_the_same)
{
    struct setup setup;
    setup_init(&setup, "");
    setup_picture("in/a.png", "png", 30);
    setup_picture("in/b.jpg", "jpeg", 30);
    run_recipe(&setup, "format=png", "in", "plain");
    temp_text("key", "0123456789abcdef0123456789abcdef");
    temp_text("other key", "1123456789abcdef0123456789abcdef");
    setup.settings.key_file = "key";
    run_recipe(&setup, "encrypt", "in", "secret");
    setup_counted(&setup, 2, 0, 0, 0);
    run_recipe(&setup, "decrypt", "secret", "back");
    setup_counted(&setup, 2, 0, 0, 0);
    setup_same_file("back/a.png", "plain/a.png");
    setup_same_file("back/b.png", "plain/b.png");
    setup.settings.key_file = "other key";
    run_recipe(&setup, "decrypt", "secret", "wrong");
    setup_counted(&setup, 0, 0, 2, 0);
    cr_assert_eq(temp_count("wrong"), 0);
    setup_free(&setup);
}

/* Results made with the old key can't be read with the new one. */
Test(batch, another_key_in_the_same_file_is_another_key_to_a_journal)
{
    struct setup setup;
    setup_init(&setup, "encrypt");
    setup_picture("in/a.png", "png", 30);
    temp_text("key", "0123456789abcdef0123456789abcdef");
    setup.settings.key_file = "key";
    setup.settings.journal = "journal";
    setup.settings.resume = true;
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 1, 0, 0, 0);
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 0, 1, 0, 0);
    temp_text("key", "1123456789abcdef0123456789abcdef");
    cr_assert_eq(utimensat(AT_FDCWD, "key", (struct timespec[2]){{.tv_sec = 1}, {.tv_sec = 1}}, 0), 0);
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 1, 0, 0, 0);
    setup_free(&setup);
}
