/* AVIF files as pixmill writes and reads them; those of libavif's tools are in test_avif_peers.c. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/avif/avif.h"
#include "codec/avif/options.h"
#include "codec/jpeg/options.h"
#include "codec/options.h"
#include "codec/part.h"
#include "codec/peak.h"
#include "image/convert.h"
#include "pictures.h"

extern const struct codec codec_avif;

static void begin(void)
{
    struct pm_error error = {0};
    if (codec_part_find(&codec_avif, &error) != 0)
        cr_skip_test("%s", error.message);
}

TestSuite(avif, .init = begin);

static struct avif_options defaults(void)
{
    struct avif_options options;
    unsigned char bytes[CODEC_OPTIONS_BYTES];
    codec_options_init(&codec_avif, bytes);
    memcpy(&options, bytes, sizeof options);
    options.effort = 0;
    return options;
}

static struct buffer file_of(struct lent *lent, const struct pm_image *image,
                             const struct avif_options *options)
{
    struct buffer file = {0};
    cr_assert_eq(codec_coder(&codec_avif, &lent->error)->encode(image, options, &file, &lent->context), 0,
                 "%s", lent->error.message);
    return file;
}

static int decode(struct lent *lent, const struct buffer *file, const struct decode_request *request,
                  struct pm_image *image)
{
    lent->error = (struct pm_error){0};
    return reader_decode(&codec_avif, file->data, file->size, request, image, &lent->context);
}

static struct pm_image image_of(struct lent *lent, const struct buffer *file, bool planes)
{
    struct pm_image image = {0};
    const struct decode_request request = {.keep = KEEP_ALL, .planes = planes};
    cr_assert_eq(decode(lent, file, &request, &image), 0, "%s", lent->error.message);
    return image;
}

static int probe(const void *data, size_t size, struct pm_info *info, struct pm_error *error)
{
    struct memory_source memory;
    *error = (struct pm_error){0};
    memory_source_init(&memory, data, size);
    return codec_probe(&memory.source, info, error) == &codec_avif ? 0 : -1;
}

static struct pm_info info_of(const struct buffer *file)
{
    struct pm_info info;
    struct pm_error error;
    cr_assert_eq(probe(file->data, file->size, &info, &error), 0, "%s", error.message);
    return info;
}

/* The greatest difference of two images, in levels of 8 bits. */
static double difference(const struct pm_image *a, const struct pm_image *b)
{
    unsigned max = 0;
    const unsigned depth = a->format.depth;
    cr_assert(pixels_equal(&a->format, &b->format));
    for (unsigned i = 0; i < a->nplanes; i++) {
        const struct pm_plane *plane = &a->plane[i];
        cr_assert(plane->width == b->plane[i].width && plane->height == b->plane[i].height);
        for (uint32_t y = 0; y < plane->height; y++) {
            for (uint32_t x = 0; x < plane->width; x++) {
                for (unsigned c = 0; c < plane->channels; c++) {
                    const unsigned one = sample_at(plane, depth, x, y, c),
                                   other = sample_at(&b->plane[i], depth, x, y, c);
                    const unsigned apart = one > other ? one - other : other - one;
                    max = apart > max ? apart : max;
                }
            }
        }
    }
    return depth == 8 ? max : max / 257.0;
}

/* Something smooth. */
static struct pm_image gradient(struct lent *lent, uint32_t width, uint32_t height, enum pm_color color,
                                bool alpha, unsigned depth)
{
    struct pm_image image = picture(lent, width, height, color, alpha, depth);
    const unsigned channels = image.plane[0].channels;
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t i = 0; i < width * channels; i++) {
            const uint32_t level = 20 + i / channels * 100 / width + y * 100 / height + 10 * (i % channels);
            if (depth == 8)
                plane_row(&image.plane[0], y)[i] = (uint8_t)level;
            else
                ((uint16_t *)(void *)plane_row(&image.plane[0], y))[i] = (uint16_t)(level * 257 + i % 200);
        }
    }
    return image;
}

/* --- pixels ------------------------------------------------------------------------------------------ */

Test(avif, lossless_is_exact_under_transparent_pixels_too)
{
    static const enum pm_color colors[] = {PM_COLOR_GRAY, PM_COLOR_RGB};
    struct lent lent;
    lent_init(&lent);
    struct avif_options options = defaults();
    options.lossless = true;
    for (int i = 0; i < 4; i++) {
        struct pm_image image = picture(&lent, 61, 37, colors[i % 2], i >= 2, 8);
        struct buffer file = file_of(&lent, &image, &options);
        const struct pm_image back = image_of(&lent, &file, false);
        cr_expect_eq(info_of(&file).width, 61u);
        cr_expect_eq(difference(&image, &back), 0, "%d", i);
        buffer_free(&file);
    }
    lent_free(&lent);
}

/* Each row of accepts[], at odd sizes. Planes come back in their own sampling, matrix and range. */
Test(avif, what_it_accepts_comes_back_near_and_in_its_own_format)
{
    struct lent lent;
    lent_init(&lent);
    for (int subsampling = SUBSAMPLING_420; subsampling <= SUBSAMPLING_444; subsampling++) {
        struct avif_options options = defaults();
        options.quality = 90;
        options.subsampling = subsampling;
        for (const struct pm_pixel_format *f = avif_accepts(&options); f->depth != 0; f++) {
            const bool alpha = f->alpha != PM_ALPHA_NONE, planes = f->color == PM_COLOR_YCC;
            struct pm_image image = planes ? picture_ycc(&lent, 101, 67, f->sampling_x, f->sampling_y)
                                           : gradient(&lent, 101, 67, f->color, alpha, f->depth);
            for (unsigned i = 0; planes && i < 3; i++)
                image.plane[i] =
                    image.plane[i].width == 101 && image.plane[i].height == 67
                        ? gradient(&lent, 101, 67, PM_COLOR_GRAY, false, 8).plane[0]
                        : (struct pm_plane){.frame = image.plane[i].frame,
                                            .data = gradient(&lent, image.plane[i].width,
                                                             image.plane[i].height, PM_COLOR_GRAY, false, 8)
                                                        .plane[0]
                                                        .data,
                                            .stride = image.plane[i].stride,
                                            .width = image.plane[i].width,
                                            .height = image.plane[i].height,
                                            .channels = 1};
            if (planes && alpha)
                image.plane[image.nplanes++] = gradient(&lent, 101, 67, PM_COLOR_GRAY, false, 8).plane[0];
            image.format = *f;
            struct buffer file = file_of(&lent, &image, &options);
            const struct pm_info info = info_of(&file);
            cr_expect_eq(info.depth, f->depth == 16 ? 10u : 8u);
            if (planes)
                cr_expect(pixels_equal(&info.pixels, f));
            const struct pm_image back = image_of(&lent, &file, true);
            if (planes || f->color == PM_COLOR_GRAY || (f->depth == 16)) {
                cr_expect_leq(difference(&image, &back), 10, "matrix %d, %u bits", f->matrix, f->depth);
            } else {
                const struct pm_image rgb = image_of(&lent, &file, false);
                cr_expect_leq(difference(&image, &rgb), 10, "%u bits, alpha %d", f->depth, alpha);
            }
            buffer_free(&file);
            arena_reset(&lent.arena);
        }
    }
    lent_free(&lent);
}

Test(avif, twelve_bits_are_nearer_than_ten_and_ten_than_eight)
{
    struct lent lent;
    double apart[3];
    lent_init(&lent);
    struct pm_image image = picture(&lent, 64, 64, PM_COLOR_RGB, true, 16);
    for (int i = 0; i < 3; i++) {
        struct avif_options options = defaults();
        options.lossless = true;
        options.depth = 8 + 2 * i;
        struct pm_image in = image;
        if (options.depth == 8) {
            const struct convert_goal goal = {.format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8)};
            cr_assert_eq(image_to_8bit(&image, &goal, &in, &lent.context), 0);
        }
        struct buffer file = file_of(&lent, &in, &options);
        const struct pm_image back = image_of(&lent, &file, false);
        cr_expect_eq(info_of(&file).depth, (unsigned)options.depth);
        apart[i] = difference(&in, &back);
        buffer_free(&file);
    }
    cr_expect_eq(apart[0], 0);
    cr_expect_leq(apart[1], 33.0 / 257);
    cr_expect_leq(apart[2], 9.0 / 257);
    lent_free(&lent);
}

Test(avif, options_change_the_file_as_they_say)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 96, 96, PM_COLOR_RGB, true, 8);
    struct avif_options all[6];
    size_t sizes[6];
    for (int i = 0; i < 6; i++)
        all[i] = defaults();
    all[1].quality = 20;
    all[2].alpha_quality = 10;
    all[3].subsampling = SUBSAMPLING_444;
    all[4].lossless = true;
    all[5].effort = 5;
    for (int i = 0; i < 6; i++) {
        struct buffer file = file_of(&lent, &image, &all[i]);
        sizes[i] = file.size;
        buffer_free(&file);
    }
    cr_expect_lt(sizes[1], sizes[0], "quality");
    cr_expect_lt(sizes[2], sizes[0], "alpha-quality");
    cr_expect_gt(sizes[3], sizes[0], "subsampling");
    cr_expect_gt(sizes[4], sizes[3], "lossless");
    cr_expect_neq(sizes[5], sizes[0], "effort");
    lent_free(&lent);
}

/* Without in-loop filters, for a reduction to half: the picture differs only slightly. */
Test(avif, filters_are_left_out_for_a_small_result_only)
{
    struct lent lent;
    lent_init(&lent);
    struct avif_options options = defaults();
    options.quality = 30;
    struct pm_image image = gradient(&lent, 256, 256, PM_COLOR_RGB, false, 8);
    struct buffer file = file_of(&lent, &image, &options);
    const struct pm_image whole = image_of(&lent, &file, true);
    struct pm_image same = {0}, small = {0};
    struct decode_request request = {.planes = true, .min_width = 200, .min_height = 200};
    cr_assert_eq(decode(&lent, &file, &request, &same), 0);
    cr_expect_eq(difference(&whole, &same), 0);
    request.min_width = request.min_height = 190;
    cr_assert_eq(decode(&lent, &file, &request, &small), 0);
    cr_expect_gt(difference(&whole, &small), 0);
    cr_expect_leq(difference(&whole, &small), 24);
    buffer_free(&file);
    lent_free(&lent);
}

/* --- metadata ---------------------------------------------------------------------------------------- */

Test(avif, metadata_and_colours_come_back)
{
    static const uint8_t icc[] = "a profile", exif[] = "II*\0\x08\0\0\0\0\0\0\0\0\0", xmp[] = "<x:xmpmeta/>";
    static const uint8_t p3[4] = {12, 13, 0, 1};
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = defaults();
    struct pm_image image = gradient(&lent, 32, 24, PM_COLOR_RGB, true, 8);
    image.meta.exif = (struct pm_blob){exif, sizeof exif};
    image.meta.xmp = (struct pm_blob){xmp, sizeof xmp - 1};
    image.meta.has_cicp = true;
    memcpy(image.meta.cicp, p3, sizeof p3);
    struct buffer file = file_of(&lent, &image, &options);
    struct pm_image back = image_of(&lent, &file, false);
    cr_assert_eq(back.meta.exif.size, sizeof exif);
    cr_expect_arr_eq(back.meta.exif.data, exif, sizeof exif);
    cr_assert_eq(back.meta.xmp.size, sizeof xmp - 1);
    cr_expect_arr_eq(back.meta.xmp.data, xmp, sizeof xmp - 1);
    cr_expect(back.meta.has_cicp);
    cr_expect_arr_eq(back.meta.cicp, p3, sizeof p3);
    const struct decode_request without = {.keep = 0};
    cr_assert_eq(decode(&lent, &file, &without, &back), 0);
    cr_expect_eq(back.meta.exif.size + back.meta.xmp.size, 0u);
    buffer_free(&file);
    image.meta.icc = (struct pm_blob){icc, sizeof icc};
    image.meta.has_cicp = false;
    file = file_of(&lent, &image, &options);
    back = image_of(&lent, &file, false);
    cr_assert_eq(back.meta.icc.size, sizeof icc);
    cr_expect_arr_eq(back.meta.icc.data, icc, sizeof icc);
    cr_expect_not(back.meta.has_cicp, "the profile counts");
    cr_expect_eq(info_of(&file).icc_size, sizeof icc);
    buffer_free(&file);
    lent_free(&lent);
}

/* Primaries of P3, white D65, 1000 and 0.0001 cd/m2; the box has green, blue and red in this order. Levels
 * are whole cd/m2, but not 0, which means unknown. */
Test(avif, light_levels_come_back)
{
    static const uint8_t red[4] = {0x84, 0xd0, 0x3e, 0x80}, green[4] = {0x33, 0xc2, 0x86, 0xc4},
                         rest[16] = {0x1d, 0x4c, 0x0b, 0xb8, 0x3d, 0x13, 0x40, 0x42,
                                     0,    0x98, 0x96, 0x80, 0,    0,    0,    1};
    static const uint32_t levels[][2] = {
        {8009999, 801}, {10004999, 1000}, {3999999999, 655349999}, {0, 4999}};
    static const uint16_t written[][2] = {{801, 1}, {1000, 1}, {65535, 65535}, {0, 1}};
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = defaults();
    struct pm_image image = gradient(&lent, 32, 24, PM_COLOR_RGB, true, 8);
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        image.meta.has_mastering = image.meta.has_light = true;
        memcpy(image.meta.mastering, red, sizeof red);
        memcpy(image.meta.mastering + 4, green, sizeof green);
        memcpy(image.meta.mastering + 8, rest, sizeof rest);
        for (int k = 0; k < 2; k++)
            put_be32(image.meta.light + 4 * k, levels[i][k]);
        struct buffer file = file_of(&lent, &image, &options);
        const uint8_t *box = memmem(file.data, file.size, "mdcv", 4);
        cr_assert_not_null(box);
        cr_expect_eq(get_be32(box - 4), 32u);
        cr_expect_arr_eq(box + 4, green, sizeof green);
        cr_expect_arr_eq(box + 12, red, sizeof red);
        cr_expect(info_of(&file).has_mastering && info_of(&file).has_light);
        const struct pm_metadata back = image_of(&lent, &file, false).meta;
        cr_expect(back.has_mastering && back.has_light);
        cr_expect_arr_eq(back.mastering, image.meta.mastering, sizeof back.mastering);
        for (int k = 0; k < 2; k++)
            cr_expect_eq(get_be32(back.light + 4 * k), 10000u * written[i][k], "%zu", i);
        buffer_free(&file);
    }
    image.meta.has_mastering = image.meta.has_light = false;
    struct buffer file = file_of(&lent, &image, &options);
    cr_expect(memmem(file.data, file.size, "mdcv", 4) == NULL &&
              memmem(file.data, file.size, "clli", 4) == NULL);
    buffer_free(&file);
    lent_free(&lent);
}

/* libaom 3.6 refuses them in the bitstream. */
Test(avif, colour_codes_that_are_reserved_come_back)
{
    static const uint8_t reserved[][4] = {{33, 13, 0, 1}, {1, 200, 0, 1}, {0, 3, 0, 1}};
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = defaults();
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        struct pm_image image = gradient(&lent, 32, 24, PM_COLOR_RGB, true, 8);
        image.meta.has_cicp = true;
        memcpy(image.meta.cicp, reserved[i], sizeof reserved[i]);
        struct buffer file = file_of(&lent, &image, &options);
        const struct pm_image back = image_of(&lent, &file, false);
        cr_expect(back.meta.has_cicp);
        cr_expect_arr_eq(back.meta.cicp, reserved[i], sizeof reserved[i]);
        buffer_free(&file);
    }
    lent_free(&lent);
}

Test(avif, an_orientation_that_is_kept_comes_back)
{
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = defaults();
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        struct pm_image image = gradient(&lent, 24, 16, PM_COLOR_RGB, true, 8);
        image.orientation = orientation;
        struct buffer file = file_of(&lent, &image, &options);
        cr_expect_eq(info_of(&file).orientation, orientation);
        cr_expect_eq(image_of(&lent, &file, false).orientation, orientation);
        buffer_free(&file);
    }
    lent_free(&lent);
}

/* --- damage and limits ------------------------------------------------------------------------------- */

Test(avif, a_file_cut_anywhere_is_truncated)
{
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = defaults();
    struct pm_image image = gradient(&lent, 64, 64, PM_COLOR_RGB, true, 8), back;
    struct buffer file = file_of(&lent, &image, &options);
    for (size_t size = 28; size < file.size; size++) {
        uint8_t *exact = malloc(size);
        cr_assert_not_null(exact);
        memcpy(exact, file.data, size);
        for (int allow = 0; allow < 2; allow++) {
            const struct decode_request request = {.allow_truncated = allow};
            const struct buffer cut = {.data = exact, .size = size};
            cr_expect_eq(decode(&lent, &cut, &request, &back), -1);
            cr_expect_eq(lent.error.kind, PM_ERROR_TRUNCATED, "%zu of %zu: %s", size, file.size,
                         lent.error.message);
        }
        free(exact);
    }
    buffer_free(&file);
    lent_free(&lent);
}

/* Finds a box type or the like in the file; `nth` from 0. */
static uint8_t *find(const struct buffer *file, const char *type, int nth)
{
    for (size_t at = 0; at + 4 <= file->size; at++) {
        if (memcmp(file->data + at, type, 4) == 0 && nth-- == 0)
            return file->data + at + 4;
    }
    cr_assert_fail("no %s", type);
    return NULL;
}

Test(avif, sizes_and_kinds_that_disagree_are_refused)
{
    static const struct {
        const char *box;
        int nth;
        unsigned offset;
        uint8_t value;
    } all[] = {
        {"ispe", 0, 7, 65},   /* width */
        {"ispe", 0, 11, 63},  /* height */
        {"av1C", 0, 2, 0x4C}, /* 10 bits */
        {"av1C", 0, 2, 0x10}, /* monochrome */
        {"av1C", 0, 0, 0x82}, /* another version */
        {"ispe", 1, 7, 65},   /* alpha's width */
        {"av1C", 1, 1, 0x20}, /* alpha's profile */
    };
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = defaults();
    struct pm_image image = gradient(&lent, 64, 64, PM_COLOR_RGB, true, 8);
    struct buffer file = file_of(&lent, &image, &options);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct pm_info info;
        struct pm_error error;
        uint8_t *byte = find(&file, all[i].box, all[i].nth) + all[i].offset, before = *byte;
        *byte = all[i].value;
        cr_expect_eq(probe(file.data, file.size, &info, &error), -1, "%zu", i);
        cr_expect(error.kind == PM_ERROR_CORRUPT || error.kind == PM_ERROR_UNSUPPORTED, "%zu: %s", i,
                  error.message);
        *byte = before;
    }
    buffer_free(&file);
    lent_free(&lent);
}

/* As in the files of an encoder of 2019, which other readers show. */
Test(avif, another_subsampling_in_av1c_is_ignored)
{
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = defaults();
    struct pm_image image = gradient(&lent, 64, 64, PM_COLOR_RGB, false, 8);
    struct buffer file = file_of(&lent, &image, &options);
    const struct pm_image before = image_of(&lent, &file, false);
    uint8_t *byte = find(&file, "av1C", 0) + 2;
    cr_expect_eq(*byte & 0x0C, 0x0C);
    *byte = (uint8_t)(*byte & ~0x0Cu); /* 4:4:4 */
    const struct pm_image after = image_of(&lent, &file, false);
    cr_expect_eq(difference(&before, &after), 0.0);
    buffer_free(&file);
    lent_free(&lent);
}

/* Replaces pixi, which is not needed, by a property of layered files. The bitstream has one layer. */
Test(avif, layers_and_operating_points_must_be_there)
{
    static const struct {
        const char *box;
        uint8_t body[2];
        const char *error; /* NULL: it is the picture */
    } all[] = {{"a1op", {0, 0}, NULL},
               {"a1op", {5, 0}, "has no operating point 5"},
               {"lsel", {0, 0}, NULL},
               {"lsel", {255, 255}, NULL},
               {"lsel", {0, 1}, "has no layer 1"},
               {"lsel", {0, 9}, "has no layer 9"}};
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = defaults();
    struct pm_image image = gradient(&lent, 64, 64, PM_COLOR_RGB, false, 8), back;
    struct buffer file = file_of(&lent, &image, &options);
    const struct pm_image before = image_of(&lent, &file, false);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct buffer other = {0};
        cr_assert_eq(buffer_append(&other, file.data, file.size), 0);
        uint8_t *body = find(&other, "pixi", 0);
        memcpy(body - 4, all[i].box, 4);
        memcpy(body, all[i].body, 2);
        lent.error = (struct pm_error){0};
        const int status = decode(&lent, &other, &(struct decode_request){0}, &back);
        cr_expect_eq(status, all[i].error == NULL ? 0 : -1, "%zu: %s", i, lent.error.message);
        if (all[i].error == NULL && status == 0)
            cr_expect_eq(difference(&before, &back), 0.0, "%zu", i);
        else if (status != 0)
            cr_expect_not_null(strstr(lent.error.message, all[i].error), "%zu: %s", i, lent.error.message);
        buffer_free(&other);
    }
    buffer_free(&file);
    lent_free(&lent);
}

Test(avif, too_many_pixels_are_refused_before_they_are_decoded)
{
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = defaults();
    struct pm_image image = gradient(&lent, 64, 64, PM_COLOR_RGB, false, 8), back;
    struct buffer file = file_of(&lent, &image, &options);
    lent.context.max_pixels = 64 * 64 - 1;
    cr_expect_eq(decode(&lent, &file, &(struct decode_request){0}, &back), -1);
    cr_expect_eq(lent.error.kind, PM_ERROR_LIMIT);
    buffer_free(&file);
    lent_free(&lent);
}

Test(avif, damage_is_an_error_or_other_pixels_and_never_more_memory)
{
    struct lent lent;
    lent_init(&lent);
    const struct avif_options options = defaults();
    struct pm_image image = gradient(&lent, 64, 48, PM_COLOR_RGB, true, 8), back;
    struct buffer file = file_of(&lent, &image, &options);
    for (size_t at = 0; at < file.size; at += 3) {
        struct pm_info info;
        struct pm_error error;
        file.data[at] ^= 0x15;
        arena_reset(&lent.arena);
        arena_reset(&lent.job_arena);
        if (probe(file.data, file.size, &info, &error) == 0 && info.width < 4096 && info.height < 4096) {
            const struct decode_request request = {0};
            const uint64_t bytes = codec_avif.decode_bytes(&info, &request);
            if (decode(&lent, &file, &request, &back) != 0)
                cr_expect_neq(lent.error.kind, PM_OK);
            cr_expect_leq(lent.arena.peak, bytes, "%zu", at);
        }
        file.data[at] ^= 0x15;
    }
    buffer_free(&file);
    lent_free(&lent);
}

/* --- memory ------------------------------------------------------------------------------------------ */

/* The forecasts include what libaom and dav1d allocate with malloc. */
Test(avif, memory_is_as_forecast)
{
    struct lent lent;
    lent_init(&lent);
    for (int i = 0; i < 4; i++) {
        struct avif_options options = defaults();
        options.effort = 4;
        options.subsampling = i % 2 == 0 ? SUBSAMPLING_420 : SUBSAMPLING_444;
        struct pm_image image = gradient(&lent, 1024, 1024, PM_COLOR_RGB, true, i < 2 ? 8 : 16), back;
        const struct shape shape = image_shape(&image);
        long long before = reset_peak();
        struct buffer file = file_of(&lent, &image, &options);
        const long long encode = resident("VmHWM:") - before;
        cr_expect_leq(encode, (long long)codec_avif.encode_bytes(&shape, &options), "%d", i);
        const struct pm_info info = info_of(&file);
        const struct decode_request request = {.planes = i == 0};
        arena_free(&lent.arena);
        before = reset_peak();
        cr_assert_eq(decode(&lent, &file, &request, &back), 0);
        const long long decoding = resident("VmHWM:") - before;
        const long long forecast = (long long)codec_avif.decode_bytes(&info, &request);
        cr_expect_leq(decoding, forecast, "%d", i);
        cr_expect_geq(decoding, forecast / 3, "%d: the forecast of %lld is far from %lld", i, forecast,
                      decoding);
        buffer_free(&file);
        arena_free(&lent.arena);
    }
    lent_free(&lent);
}
