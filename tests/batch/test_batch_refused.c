/* Runs that can not be begun, or not with this memory, and settings that reach the engine. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch/batch.h"
#include "batch/setup.h"
#include "codec/codec.h"
#include "pictures.h"
#include "temp.h"

static void refuses(struct setup *setup, const char *words)
{
    setup_run(setup, BATCH_REFUSED);
    cr_assert_not_null(strstr(setup->error.message, words), "%s", setup->error.message);
    cr_assert_eq(setup->seen.events, 0);
}

Test(batch, what_can_not_be_begun_is_refused)
{
    struct setup setup;
    setup_init(&setup, "");
    setup_tree();
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
    setup_tree();
    cr_assert_eq(mkdir("out", 0555), 0);
    temp_drop_root();
    refuses(&setup, "out: the folder is not writable");
    setup_free(&setup);
}

Test(batch, an_unreadable_folder_fails_by_itself)
{
    struct setup setup;
    setup_init(&setup, "");
    setup_tree();
    cr_assert_eq(mkdir("in/locked", 0), 0);
    temp_drop_root();
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 4, 0, 1, 2);
    cr_assert_str_eq(setup.seen.last_failed, "in/locked");
    setup_free(&setup);
}

Test(batch, a_job_over_what_is_available_fails_with_both_numbers)
{
    struct setup setup;
    setup_init(&setup, "");
    setup_tree();
    setup.settings.backend.max_bytes = 1000;
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 0, 0, 4, 2);
    cr_assert_eq(setup.seen.limit, 1000);
    cr_assert_gt(setup.seen.value, 1000);
    setup_free(&setup);
}

Test(batch, one_over_max_pixels_fails_by_its_header)
{
    struct setup setup;
    setup_init(&setup, "");
    setup_tree();
    setup.settings.backend.max_pixels = 8 * 30;
    setup_run(&setup, BATCH_DONE);
    setup_counted(&setup, 2, 0, 2, 2);
    setup_free(&setup);
}

Test(batch, the_smallest_budget_takes_one_job_after_the_other)
{
    struct setup setup;
    setup_init(&setup, "resize=10x10");
    setup_tree();
    setup.settings.engine.memory = 1;
    for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
        setup.settings.engine.kind = *engine;
        setup_run(&setup, BATCH_DONE);
        setup_counted(&setup, 4, 0, 0, 2);
    }
    setup_free(&setup);
}

Test(batch, an_engine_has_the_settings_of_the_run)
{
    struct setup setup;
    setup_init(&setup, "resize=10x10");
    setup_tree();
    setup.settings.engine.read_delay = 0.05;
    for (const struct engine *const *engine = engines; *engine != NULL; engine++) {
        setup.settings.engine.kind = *engine;
        setup.seen.read_s = 0;
        setup_run(&setup, BATCH_DONE);
        setup_counted(&setup, 4, 0, 0, 2);
        cr_assert_geq(setup.seen.read_s, 4 * 0.05);
    }
    setup_free(&setup);
}

Test(batch, encrypting_without_a_key_is_refused)
{
    struct setup setup;
    setup_init(&setup, "encrypt");
    setup_tree();
    refuses(&setup, "one key is needed");
    setup.settings.key_file = "missing";
    refuses(&setup, "");
    cr_assert_not(setup_exists("out"));
    setup_free(&setup);
}
