/* What is used of libjpeg beyond its documentation: the trial finds it in the loaded library and nowhere
 * else, and without it files are as good. */
#include "codec/jpeg/fixture.h"
#include "codec/jpeg/library.h"
#include "codec/jpeg/options.h"
#include "codec/jpeg/trap.h"
#include "codec/jpeg/trial.h"

#include <criterion/criterion.h>
#include <jerror.h>
#include <stdlib.h>
#include <string.h>

static bool loaded_is_known(void)
{
    struct jpeg_error_mgr manager;
    jpeg_std_error(&manager);
    return jpeg_known_version(&manager);
}

Test(jpeg_library, all_of_it_works_with_the_versions_that_were_read)
{
    struct jpeg_library library;
    struct pm_error error = {0};
    if (!loaded_is_known())
        cr_skip_test("the loaded libjpeg is no libjpeg-turbo whose sources were read");
    cr_assert_eq(jpeg_library_get(&library, &error), 0, "%s", error.message);
    cr_assert_eq(library.uses, JPEG_ALL_USES);
    cr_assert(jpeg_is_method(library.encode_mcu));
    jpeg_library_restrict(JPEG_LEND_ARRAYS);
    cr_assert_eq(jpeg_library_uses(), JPEG_LEND_ARRAYS);
}

/* As in a library where another function is in the slot of encode_mcu. */
Test(jpeg_library, encode_mcu_is_found_in_its_slot_alone)
{
    for (unsigned slot = 0; slot < JPEG_ENTROPY_METHODS; slot++) {
        struct pm_error error = {0};
        jpeg_method found = NULL;
        cr_expect_eq(jpeg_trial_counting(slot, &found, &error), slot == JPEG_ENCODE_MCU, "slot %u", slot);
        cr_expect_eq(error.kind, PM_OK);
        cr_expect_eq(found != NULL, slot == JPEG_ENCODE_MCU, "slot %u", slot);
    }
}

static void no_method(void) {}

Test(jpeg_library, only_code_of_libjpeg_is_a_method_of_it)
{
    static int data;
    struct jpeg_error_mgr manager;
    jpeg_std_error(&manager);
    cr_expect(jpeg_is_method((jpeg_method)manager.emit_message));
    cr_expect(jpeg_is_method((jpeg_method)manager.format_message));
    cr_expect_not(jpeg_is_method(NULL));
    cr_expect_not(jpeg_is_method(no_method));
    cr_expect_not(jpeg_is_method((jpeg_method)malloc));
    cr_expect_not(jpeg_is_method((jpeg_method)(uintptr_t)&data));
    cr_expect_not(jpeg_is_method((jpeg_method)(uintptr_t)manager.jpeg_message_table),
                  "a table of libjpeg's is no code");
}

static bool is_known(const char *version, const char *copyright)
{
    struct jpeg_error_mgr manager;
    const char *table[JMSG_LASTMSGCODE];
    jpeg_std_error(&manager);
    memcpy(table, manager.jpeg_message_table, sizeof table);
    table[JMSG_VERSION] = version;
    table[JMSG_COPYRIGHT] = copyright;
    manager.jpeg_message_table = table;
    return jpeg_known_version(&manager);
}

Test(jpeg_library, a_library_is_known_by_the_texts_that_it_has_itself)
{
    static const char turbo[] = "Copyright (C) 1991-2026 The libjpeg-turbo Project and many others";
    cr_expect(is_known("6b  27-Mar-1998", turbo));
    cr_expect(is_known("7  27-Jun-2009", turbo));
    cr_expect(is_known("8d  15-Jan-2012", turbo));
    cr_expect_not(is_known("9e  16-Jan-2022", "Copyright (C) 2022, Thomas G. Lane, Guido Vollbeding"));
    cr_expect_not(is_known("10  01-Jan-2030", turbo));
    cr_expect_not(is_known(NULL, turbo));
    cr_expect_not(is_known("6b  27-Mar-1998", NULL));
    struct jpeg_error_mgr few;
    jpeg_std_error(&few);
    few.last_jpeg_message = JMSG_VERSION - 1;
    cr_expect_not(jpeg_known_version(&few));
    few.jpeg_message_table = NULL;
    cr_expect_not(jpeg_known_version(&few));
}

Test(jpeg_library, known_files_decode_rightly_with_and_without_each_use)
{
    for (unsigned uses = 0; uses <= JPEG_ALL_USES; uses++) {
        struct pm_error error = {0};
        cr_expect_eq(jpeg_trial_decoding(uses, &error), 1, "uses %u: %s", uses, error.message);
    }
}

/* --- encoding without it --------------------------------------------------------------------------- */

enum { WIDTH = 61, SMALL = 333, TALL = 1601 };

static const struct kind {
    J_COLOR_SPACE in, out;
    enum pm_color color;
    enum subsampling subsampling;
    int h, v;
    unsigned channels;
} kinds[] = {
    {JCS_CMYK, JCS_YCCK, PM_COLOR_CMYK, SUBSAMPLING_420, 2, 2, 4},
    {JCS_CMYK, JCS_YCCK, PM_COLOR_CMYK, SUBSAMPLING_444, 1, 1, 4},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static struct buffer encoded(const struct kind *kind, uint8_t *samples, uint32_t height)
{
    struct fixture fixture;
    struct buffer file = {0};
    fixture_open(&fixture);
    struct pm_image image = wrap_samples(samples, WIDTH, height, kind->color);
    const struct jpeg_options request = {.quality = 90, .subsampling = kind->subsampling};
    cr_assert_eq(codec_jpeg.encode(&image, &request, &file, &fixture.context), 0, "%s",
                 fixture.error.message);
    fixture_close(&fixture);
    return file;
}

static bool same_file(const struct buffer *a, const struct buffer *b)
{
    return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* A small image has all its symbols counted either way. */
Test(jpeg_library, without_counting_libjpeg_makes_the_same_small_files_and_no_larger_tall_ones)
{
    for (size_t i = 0; i < 2 * KINDS; i++) {
        const struct kind *kind = &kinds[i / 2];
        const uint32_t height = i % 2 == 0 ? SMALL : TALL;
        uint8_t *samples = make_samples(WIDTH, height, kind->channels);
        const struct jpeg_recipe recipe = {.width = WIDTH,
                                           .height = height,
                                           .in = kind->in,
                                           .out = kind->out,
                                           .h = kind->h,
                                           .v = kind->v,
                                           .optimize = true,
                                           .samples = samples};
        struct buffer plain = make_jpeg(&recipe);
        jpeg_library_restrict(JPEG_ALL_USES);
        for (size_t k = 0; k < (size_t)WIDTH * height * kind->channels; k++) /* the encoder inverts CMYK */
            samples[k] = (uint8_t)(255 - samples[k]);
        struct buffer counted = encoded(kind, samples, height);
        for (unsigned uses = 0; uses <= JPEG_LEND_ARRAYS; uses += JPEG_LEND_ARRAYS) {
            jpeg_library_restrict(uses);
            struct buffer file = encoded(kind, samples, height);
            cr_expect(same_file(&file, &plain), "kind %zu: not libjpeg's own", i);
            if (height == SMALL)
                cr_expect(same_file(&file, &counted), "kind %zu: not the same as with counting", i);
            else
                cr_expect_leq(file.size, counted.size, "kind %zu", i);
            buffer_free(&file);
        }
        buffer_free(&counted);
        buffer_free(&plain);
        free(samples);
    }
}

Test(jpeg_library, without_counting_the_memory_for_coefficients_is_planned)
{
    const struct shape shape = {
        .width = WIDTH, .height = TALL, .format = PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8)};
    uint8_t *samples = make_samples(WIDTH, TALL, 4);
    struct fixture fixture;
    struct buffer file = {0};
    fixture_open(&fixture);
    struct pm_image image = wrap_samples(samples, WIDTH, TALL, PM_COLOR_CMYK);
    const struct jpeg_options request = {.quality = 90, .subsampling = SUBSAMPLING_444};
    for (int i = 0; i < 2; i++) {
        jpeg_library_restrict(i == 0 ? JPEG_ALL_USES : JPEG_LEND_ARRAYS);
        file.size = 0;
        arena_reset(&fixture.arena);
        cr_assert_eq(codec_jpeg.encode(&image, &request, &file, &fixture.context), 0);
        const uint64_t said = codec_jpeg.encode_bytes(&shape, &request);
        cr_expect_leq(fixture.arena.peak, said + (1 << 16), "%zu bytes, not %lu", fixture.arena.peak,
                      (unsigned long)said);
        cr_expect_eq(said > 0, i == 1);
    }
    fixture_close(&fixture);
    buffer_free(&file);
    free(samples);
}

/* --- decoding without it --------------------------------------------------------------------------- */

/* At which n/8 component i came out: the plane's size tells. */
static unsigned scale_of(const struct pm_image *image, int i, const struct jpeg_recipe *recipe)
{
    const uint32_t divisor = i == 0 ? 1 : (uint32_t)recipe->h;
    for (unsigned n = 1; n <= 8; n *= 2) {
        if (image->plane[i].width == (recipe->width * n + 8 * divisor - 1) / (8 * divisor))
            return n;
    }
    cr_assert_fail("plane %d is %u wide", i, image->plane[i].width);
    return 0;
}

static void expect_planes(const struct fixture *fixture, const struct buffer *file,
                          const struct jpeg_recipe *recipe, unsigned uses, unsigned n)
{
    for (int i = 0; i < 3; i++) {
        const struct pm_plane *plane = &fixture->image.plane[i];
        const unsigned scale = scale_of(&fixture->image, i, recipe);
        uint32_t width, height;
        uint8_t *expected = plain_plane(file, i, scale, &width, &height);
        bool same = plane->width <= width && plane->height <= height;
        for (uint32_t y = 0; same && y < plane->height; y++)
            same = memcmp(plane_row(plane, y), expected + (size_t)y * width, plane->width) == 0;
        const bool enough = scale == 8 || plane->frame.extent_x >= recipe->width * n / 8;
        cr_expect(same && enough, "uses %u, %dx%d at %u/8: plane %d at %u/8", uses, recipe->h, recipe->v, n,
                  i, scale);
        free(expected);
    }
}

Test(jpeg_library, without_each_use_planes_are_libjpegs_at_a_scale_that_is_large_enough)
{
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned k = 0; k < 6; k++) {
        const struct jpeg_recipe recipe = {.width = 101,
                                           .height = 67,
                                           .in = JCS_RGB,
                                           .out = JCS_YCbCr,
                                           .h = k / 2 == 0 ? 1 : 2,
                                           .v = k / 2 == 2 ? 2 : 1,
                                           .progressive = k % 2 == 1};
        struct buffer file = make_jpeg(&recipe);
        for (unsigned i = 0; i < 4 * 4; i++) {
            const unsigned uses = i / 4 << 1, n = 1u << i % 4;
            const struct decode_request request = {
                .min_width = recipe.width * n / 8, .min_height = recipe.height * n / 8, .planes = true};
            jpeg_library_restrict(uses);
            cr_assert_eq(fixture_decode(&fixture, &file, &request), 0, "%s", fixture.error.message);
            expect_planes(&fixture, &file, &recipe, uses, n);
        }
        buffer_free(&file);
    }
    fixture_close(&fixture);
}

/* libjpeg makes chroma as large as luma where that spares it upsampling. */
Test(jpeg_library, without_scaling_the_memory_of_larger_chroma_is_planned)
{
    const struct jpeg_recipe recipe = {
        .width = 2000, .height = 1500, .in = JCS_RGB, .out = JCS_YCbCr, .h = 2, .v = 2};
    const struct decode_request request = {.min_width = 1000, .min_height = 750, .planes = true};
    struct fixture fixture;
    struct pm_info info;
    fixture_open(&fixture);
    struct buffer file = make_jpeg(&recipe);
    cr_assert_eq(fixture_probe(&fixture, &file, &info), 0);
    jpeg_library_restrict(JPEG_LEND_ARRAYS);
    cr_assert_eq(fixture_decode(&fixture, &file, &request), 0);
    cr_assert_eq(fixture.image.plane[1].width, 1000);
    cr_expect_leq(fixture.arena.peak, codec_jpeg.decode_bytes(&info, &request));
    buffer_free(&file);
    fixture_close(&fixture);
}

/* --- messages -------------------------------------------------------------------------------------- */

Test(jpeg_library, a_message_that_the_headers_do_not_know_is_one_warning)
{
    struct fixture fixture;
    struct jpeg_trap trap;
    struct jpeg_decompress_struct cinfo = {0};
    fixture_open(&fixture);
    jpeg_trap_init(&trap, &fixture.context);
    cinfo.err = &trap.manager;
    static const int codes[] = {JPEG_MESSAGES_MAX - 1, JPEG_MESSAGES_MAX, 1000000, -1};
    for (int i = 0; i < 8; i++) {
        trap.manager.msg_code = codes[i % 4];
        trap.manager.emit_message((j_common_ptr)&cinfo, -1);
    }
    cr_assert_eq(fixture.warnings, 1);
    fixture_close(&fixture);
}
