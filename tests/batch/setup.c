#include "batch/setup.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "batch/batch.h"
#include "codec/codec.h"
#include "codec/jpeg/options.h"
#include "pictures.h"
#include "temp.h"

void setup_picture(const char *path, const char *format, uint32_t width)
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

void setup_init(struct setup *setup, const char *recipe)
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

void setup_free(struct setup *setup)
{
    pm_recipe_free((struct pm_recipe *)setup->config.recipe);
}

void setup_run(struct setup *setup, enum batch_end end)
{
    setup->error = (struct pm_error){0};
    setup->seen.events = setup->seen.planned = 0;
    enum batch_end ended = batch_run(&setup->config, &setup->report, &setup->error);
    cr_assert_eq(ended, end, "ended %d: %s%s", ended, setup->error.message, setup->seen.last_message);
}

void setup_counted(const struct setup *setup, size_t ok, size_t skipped, size_t failed, size_t left_out)
{
    const struct batch_counts *counts = &setup->report.counts;
    cr_assert_eq(counts->ok, ok, "%zu ok", counts->ok);
    cr_assert_eq(counts->skipped, skipped, "%zu skipped", counts->skipped);
    cr_assert_eq(counts->failed, failed, "%zu failed: %s", counts->failed, setup->seen.last_message);
    cr_assert_eq(counts->left_out, left_out, "%zu left out", counts->left_out);
}

bool setup_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

void setup_tree(void)
{
    setup_picture("in/a.jpg", "jpeg", 20);
    setup_picture("in/deep/er/b.png", "png", 30);
    setup_picture("in/c.jpg", "jpeg", 40);
    setup_picture("in/d", "png", 50); /* identified by content, not by name */
    temp_text("in/notes.txt", "no picture");
    temp_text("in/empty", "");
}

void setup_same_file(const char *a, const char *b)
{
    size_t size, other_size;
    char *data = temp_read(a, &size), *other = temp_read(b, &other_size);
    cr_assert(data != NULL && other != NULL);
    cr_assert_eq(size, other_size);
    cr_assert_eq(memcmp(data, other, size), 0);
    free(data);
    free(other);
}
