/* Animations through transform, frame by frame, in a format made for this test. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "codec/writer.h"
#include "lent.h"
#include "transform/reel.h"
#include "transform/transform.h"
#include "transform/transformed.h"
#include "transform/variants.h"

/* Writes stills as PNG, which the self-test decodes, and animations as above. */
static struct codec written(void)
{
    struct codec codec = codec_png;
    codec.writer = &reel_functions;
    return codec;
}

static int check(struct context *context)
{
    (void)context;
    return ++reel_seen.checkpoints == reel_seen.stops_at
               ? error_set(context->error, PM_ERROR_CANCELLED, "stopped")
               : 0;
}

static void warn(struct context *context, const char *message)
{
    (void)context;
    strncat(reel_seen.warnings, message, sizeof reel_seen.warnings - strlen(reel_seen.warnings) - 1);
}

/* Runs `text` on a reel of `frames` frames in `room` bytes of memory; the result is appended to *out. */
static enum pm_error_kind run_in(size_t room, const char *text, const struct codec *format, unsigned frames,
                                 struct buffer *out)
{
    static const struct context_ops ops = {.checkpoint = check, .warn = warn};
    static _Alignas(64) uint8_t memory[3][ROOM];
    struct arena arenas[3];
    struct pm_error error = {0};
    struct plan plan;
    struct transform_result result;
    const struct pm_info info = reel_info(frames);
    const uint8_t file = (uint8_t)frames;
    for (int i = 0; i < 3; i++)
        arena_init_in(&arenas[i], memory[i], room);
    struct context context = {.ops = &ops,
                              .arena = &arenas[0],
                              .spare = &arenas[1],
                              .job_arena = &arenas[2],
                              .simd = simd_detect(),
                              .lanes = 1,
                              .error = &error};
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    cr_assert_not_null(recipe, "%s", error.message);
    recipe->format = format;
    cr_assert_eq(plan_make(recipe, &reel, &info, 0, &plan, &error), 0, "%s", error.message);
    int status = transform(recipe, &plan, &file, 1, NULL, &context, out, &result);
    cr_assert_eq(status == 0, error.kind == PM_OK);
    if (status == 0)
        cr_assert_eq(result.pixels_in, (uint64_t)WIDTH * HEIGHT * plan.frames);
    pm_recipe_free(recipe);
    return error.kind;
}

static enum pm_error_kind run(const char *text, const struct codec *format, unsigned frames,
                              struct buffer *out)
{
    return run_in(ROOM, text, format, frames, out);
}

Test(frames, each_goes_through_the_recipe_in_its_order)
{
    const struct codec format = written();
    struct buffer out = {0};
    cr_assert_eq(run("crop=8x2+0+1/flip/keep=all", &format, FRAMES_MAX, &out), PM_OK);
    cr_assert_eq(out.size, 3 * FRAMES_MAX);
    for (unsigned i = 0; i < FRAMES_MAX; i++) {
        cr_assert_eq(out.data[3 * i], 10 * (i % 20) + 2);
        cr_assert_eq(out.data[3 * i + 1], 10 * (i % 20) + 1);
        cr_assert_eq(out.data[3 * i + 2], (uint8_t)(i + 1));
    }
    cr_expect_eq(reel_seen.reader_closed, 1);
    cr_expect_eq(reel_seen.writer_closed, 1);
    cr_expect_str_empty(reel_seen.warnings);
    buffer_free(&out);
}

/* Each call of the codec fails in turn: everything that was opened is closed, exactly once. */
Test(frames, all_is_closed_whatever_fails)
{
    enum { FRAMES = 3, CALLS = 1 + FRAMES + 1 + FRAMES + 1 };
    const struct codec format = written();
    for (unsigned fails_at = 1; fails_at <= CALLS + 1; fails_at++) {
        struct buffer out = {0};
        memset(&reel_seen, 0, sizeof reel_seen);
        reel_seen.fails_at = fails_at;
        enum pm_error_kind kind = run("keep=all", &format, FRAMES, &out);
        cr_expect_eq(kind == PM_OK, fails_at > CALLS, "call %u", fails_at);
        cr_expect_eq(reel_seen.opened, 1);
        cr_expect_eq(reel_seen.reader_closed, 1, "call %u", fails_at);
        cr_expect_eq(reel_seen.writer_closed, reel_seen.begun, "call %u", fails_at);
        cr_expect_leq(reel_seen.calls, fails_at, "nothing is called after an error");
        buffer_free(&out);
    }
}

/* The same when memory runs out, a little later each time. */
Test(frames, all_is_closed_wherever_memory_ends)
{
    const struct codec format = written();
    enum pm_error_kind kind = PM_ERROR_MEMORY;
    unsigned begun = 0;
    for (size_t room = 64; room <= ROOM && kind != PM_OK; room += room < ROOM / 8 ? 64 : 8192) {
        struct buffer out = {0};
        memset(&reel_seen, 0, sizeof reel_seen);
        kind = run_in(room, "resize=4x4!/keep=all", &format, 3, &out);
        cr_assert(kind == PM_OK || kind == PM_ERROR_MEMORY || kind == PM_ERROR_INTERNAL, "%zu bytes: %d",
                  room, kind);
        cr_assert_eq(reel_seen.reader_closed, reel_seen.opened, "%zu bytes", room);
        cr_assert_eq(reel_seen.writer_closed, reel_seen.begun, "%zu bytes", room);
        begun += reel_seen.begun;
        buffer_free(&out);
    }
    cr_expect_eq(kind, PM_OK, "in the end there is enough");
    cr_expect_gt(begun, 1, "it also ended behind the beginning of the file");
}

Test(frames, a_job_is_cancelled_between_two_of_them)
{
    const struct codec format = written();
    struct buffer out = {0};
    reel_seen.stops_at = 100;
    cr_assert_eq(run("keep=all", &format, FRAMES_MAX, &out), PM_ERROR_CANCELLED);
    cr_expect_lt(out.size, FRAMES_MAX * (HEIGHT + 1));
    cr_expect_eq(reel_seen.ended, 0);
    cr_expect_eq(reel_seen.reader_closed, 1);
    cr_expect_eq(reel_seen.writer_closed, 1);
    buffer_free(&out);
}

Test(frames, of_a_format_that_holds_one_it_is_the_first_with_a_warning)
{
    struct buffer out = {0};
    struct pm_info info;
    struct pm_error error = {0};
    cr_assert_eq(run("keep=all", &codec_jpeg, 3, &out), PM_OK);
    cr_expect_str_eq(reel_seen.warnings,
                     "only the first of 3 frames is in the result (its format has no animations)");
    cr_assert_eq(pm_probe(out.data, out.size, &info, &error), 0, "%s", error.message);
    cr_expect_eq(info.frames, 1);
    cr_expect_eq(reel_seen.reader_closed, 1);
    buffer_free(&out);
}

Test(frames, one_of_them_is_taken_alone)
{
    for (unsigned number = 1; number <= 3; number++) {
        struct lent lent;
        struct buffer out = {0};
        char text[32];
        lent_init(&lent);
        snprintf(text, sizeof text, "keep=all/frames=%u", number);
        cr_assert_eq(run(text, &codec_png, 3, &out), PM_OK);
        cr_expect_str_empty(reel_seen.warnings);
        const struct pm_image image = decoded(&lent, &out);
        cr_expect_eq(plane_row(&image.plane[0], 0)[0], 10 * (number - 1));
        cr_expect_eq(image.meta.ntexts, 1, "the file's metadata");
        buffer_free(&out);
        lent_free(&lent);
    }
}

/* Each frame takes an eighth of the memory, so nothing of earlier frames may be kept except the first one's
 * metadata. */
Test(frames, one_behind_many_takes_no_more_memory)
{
    struct buffer out = {0};
    cr_expect_eq(run("frames=60", &codec_png, 60, &out), PM_OK);
    buffer_free(&out);
}

Test(frames, a_frame_that_there_is_not_is_no_plan)
{
    struct pm_error error = {0};
    struct plan plan;
    const struct pm_info info = reel_info(3);
    struct pm_recipe *recipe = pm_recipe_parse("frames=4", &error);
    cr_assert_not_null(recipe);
    cr_expect_eq(plan_make(recipe, &reel, &info, 0, &plan, &error), -1);
    cr_expect_str_eq(error.message, "has no frame 4 (pixmill reads 3 of it)");
    pm_recipe_free(recipe);
}

Test(frames, what_their_writer_takes_is_in_the_forecast)
{
    static const unsigned counts[] = {1, 3};
    const struct codec format = written();
    for (int i = 0; i < 2; i++) {
        struct pm_error error = {0};
        struct plan plan;
        const struct pm_info info = reel_info(counts[i]);
        struct pm_recipe *recipe = pm_recipe_parse("", &error);
        cr_assert_not_null(recipe);
        recipe->format = &format;
        cr_assert_eq(plan_make(recipe, &reel, &info, 0, &plan, &error), 0, "%s", error.message);
        const uint64_t taken = counts[i] > 1 ? (uint64_t)counts[i] * FRAME_ROOM : 0;
        cr_expect_geq(plan.work_bytes, taken, "%u", counts[i]);
        cr_expect_lt(plan.work_bytes, taken + FRAME_ROOM, "%u", counts[i]);
        pm_recipe_free(recipe);
    }
}

Test(frames, one_frame_is_a_still_picture)
{
    const struct codec format = written();
    struct buffer out = {0};
    cr_assert_eq(run("keep=all", &format, 1, &out), PM_OK);
    cr_expect_eq(reel_seen.begun, 0);
    cr_expect_str_empty(reel_seen.warnings);
    cr_expect_eq(codec_sniff(out.data, out.size), &codec_png);
    buffer_free(&out);
}

/* Frames that were each cut for itself would differ in size. */
Test(frames, are_trimmed_to_what_any_of_them_shows)
{
    /* Columns 2 to 5 and rows 1 to 4. Of each frame: column 2, and the time. */
    static const uint8_t expected[] = {200, 200, 50, 50, 1, 50, 50, 50, 50, 2, 50, 50, 50, 50, 3};
    const struct codec format = written();
    struct buffer out = {0};
    moving_dot = true;
    cr_assert_eq(run("trim=0/keep=all", &format, 3, &out), PM_OK);
    cr_assert_eq(out.size, sizeof expected);
    cr_expect_arr_eq(out.data, expected, sizeof expected);
    cr_expect_eq(reel_seen.opened, 2, "they are looked at before");
    cr_expect_eq(reel_seen.reader_closed, 2);
    buffer_free(&out);
    /* A second step is measured on the result of the first: nothing is left to be cut off. */
    reel_seen.opened = reel_seen.reader_closed = 0;
    cr_assert_eq(run("trim=0/trim=0/crop=4x4+0+0/keep=all", &format, 3, &out), PM_OK);
    cr_assert_eq(out.size, sizeof expected);
    cr_expect_arr_eq(out.data, expected, sizeof expected);
    cr_expect_eq(reel_seen.opened, 3);
    cr_expect_eq(reel_seen.reader_closed, 3);
    cr_expect_str_empty(reel_seen.warnings);
    buffer_free(&out);
}

Test(frames, of_one_colour_are_kept_by_trim_with_a_warning)
{
    const struct codec format = written();
    struct buffer out = {0};
    cr_assert_eq(run("crop=8x1+0+0/trim/keep=all", &format, 2, &out), PM_OK);
    cr_assert_eq(out.size, 4);
    cr_expect_not_null(strstr(reel_seen.warnings, "trim: nothing is cut off"));
    buffer_free(&out);
}

/* Each call fails in turn, also while the frames are looked at. */
Test(frames, all_is_closed_whatever_fails_before_they_are_trimmed)
{
    enum { FRAMES = 3, CALLS = 2 * (1 + FRAMES) + 1 + FRAMES + 1 };
    const struct codec format = written();
    moving_dot = true;
    for (unsigned fails_at = 1; fails_at <= CALLS + 1; fails_at++) {
        struct buffer out = {0};
        memset(&reel_seen, 0, sizeof reel_seen);
        reel_seen.fails_at = fails_at;
        cr_expect_eq(run("trim/keep=all", &format, FRAMES, &out) == PM_OK, fails_at > CALLS, "%u", fails_at);
        cr_expect_eq(reel_seen.reader_closed, reel_seen.opened, "call %u", fails_at);
        cr_expect_eq(reel_seen.writer_closed, reel_seen.begun, "call %u", fails_at);
        buffer_free(&out);
    }
}

/* Nothing is kept of the frames that were looked at. */
Test(frames, looking_at_many_takes_no_more_memory)
{
    const struct codec format = written();
    struct buffer out = {0};
    cr_expect_eq(run("trim=0/keep=all", &format, 60, &out), PM_OK);
    buffer_free(&out);
}

Test(frames, are_normalized_alike)
{
    /* Their samples are 0 to 5, 10 to 15 and 20 to 25. */
    const struct codec format = written();
    struct buffer out = {0};
    cr_assert_eq(run("normalize=0,high=100/keep=all", &format, 3, &out), PM_OK);
    cr_assert_eq(out.size, 3 * (HEIGHT + 1));
    for (unsigned i = 0; i < 3 * (HEIGHT + 1); i++) {
        const unsigned frame = i / (HEIGHT + 1), y = i % (HEIGHT + 1);
        if (y < HEIGHT)
            cr_expect_eq(out.data[i], (255 * (10 * frame + y) + 12) / 25, "frame %u, row %u: %u", frame, y,
                         out.data[i]);
    }
    buffer_free(&out);
}

/* A place that followed each frame would shake the picture. */
Test(frames, are_cropped_where_the_first_one_draws_the_eye)
{
    const struct codec format = written();
    struct buffer smart = {0};
    unsigned places = 0;
    moving_dot = true;
    cr_assert_eq(run("crop=4x4,gravity=smart/keep=all", &format, 3, &smart), PM_OK);
    for (unsigned place = 0; place < (WIDTH - 3) * (HEIGHT - 3); place++) {
        char text[64];
        struct buffer out = {0};
        snprintf(text, sizeof text, "crop=4x4+%u+%u/keep=all", place % (WIDTH - 3), place / (WIDTH - 3));
        cr_assert_eq(run(text, &format, 3, &out), PM_OK);
        places += out.size == smart.size && memcmp(out.data, smart.data, out.size) == 0;
        buffer_free(&out);
    }
    cr_expect_geq(places, 1, "every frame is cut at one place");
    buffer_free(&smart);
}

/* Makes the results of two recipes at once; their files are parts[] of *out. */
static enum pm_error_kind run_two(const char *const *texts, unsigned frames, struct buffer *out,
                                  struct job_part parts[2])
{
    static const struct context_ops ops = {.checkpoint = check, .warn = warn};
    static struct variants_plan plan;
    const struct codec format = written();
    struct lent lent;
    struct transform_result result;
    struct variant both[2] = {0};
    const struct variants variants = {.count = 2, .variant = both};
    const struct pm_info info = reel_info(frames);
    const uint8_t file = (uint8_t)frames;
    struct pm_recipe *recipes[2];
    struct pm_error error = {0};
    lent_init(&lent);
    lent.context.ops = &ops;
    for (int i = 0; i < 2; i++) {
        recipes[i] = pm_recipe_parse(texts[i], &error);
        cr_assert_not_null(recipes[i], "%s", error.message);
        both[i].recipe = *recipes[i];
        both[i].recipe.format = &format;
    }
    cr_assert_eq(variants_plan_make(&variants, &reel, &info, 0, &plan, &error), 0, "%s", error.message);
    cr_expect_geq(plan.work_bytes, 2 * (uint64_t)frames * FRAME_ROOM, "both writers are in the forecast");
    transform_variants(&variants, &plan, &file, 1, NULL, &lent.context, out, parts, &result);
    const enum pm_error_kind kind = lent.error.kind;
    for (int i = 0; i < 2; i++)
        pm_recipe_free(recipes[i]);
    lent_free(&lent);
    return kind;
}

Test(frames, are_decoded_once_for_several_results)
{
    static const char *const texts[] = {"crop=8x2+0+1/flip/keep=all", "keep=all/crop=8x1+0+3"};
    struct buffer out = {0};
    struct job_part parts[2];
    cr_assert_eq(run_two(texts, 3, &out, parts), PM_OK);
    static const uint8_t expected[] = {2, 1, 1, 12, 11, 2, 22, 21, 3, 3, 1, 13, 2, 23, 3};
    cr_assert_eq(out.size, sizeof expected);
    cr_expect_arr_eq(out.data, expected, sizeof expected);
    cr_expect(parts[0].offset == 0 && parts[0].size == 9 && parts[0].width == 8 && parts[0].height == 2);
    cr_expect(parts[1].offset == 9 && parts[1].size == 6 && parts[1].width == 8 && parts[1].height == 1);
    cr_expect_eq(reel_seen.opened, 1);
    cr_expect_eq(reel_seen.begun, 2);
    buffer_free(&out);
}

Test(frames, all_is_closed_whatever_fails_of_several_results)
{
    static const char *const texts[] = {"flip/keep=all", "keep=all"};
    enum { FRAMES = 3, CALLS = 1 + FRAMES + 2 * (1 + FRAMES + 1) };
    for (unsigned fails_at = 1; fails_at <= CALLS + 1; fails_at++) {
        struct buffer out = {0};
        struct job_part parts[2];
        memset(&reel_seen, 0, sizeof reel_seen);
        reel_seen.fails_at = fails_at;
        cr_expect_eq(run_two(texts, FRAMES, &out, parts) == PM_OK, fails_at > CALLS, "call %u", fails_at);
        cr_expect_eq(reel_seen.opened, 1);
        cr_expect_eq(reel_seen.reader_closed, 1, "call %u", fails_at);
        cr_expect_eq(reel_seen.writer_closed, reel_seen.begun, "call %u", fails_at);
        buffer_free(&out);
    }
}
