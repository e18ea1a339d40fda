/* WebP files as pixmill writes and reads them; animations are in webp/test_frames.c. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codec/options.h"
#include "codec/peak.h"
#include "codec/reader.h"
#include "codec/webp/decode.h"
#include "image/exif.h"
#include "pictures.h"

extern const struct codec codec_webp;

static const struct webp_options lossy = {80, false, WEBP_NEAR_LOSSLESS_OFF, 100, 4};
static const struct webp_options lossless = {80, true, WEBP_NEAR_LOSSLESS_OFF, 100, 2};

static struct buffer file_of(struct lent *lent, const struct pm_image *image,
                             const struct webp_options *options)
{
    struct buffer file = {0};
    cr_assert_eq(codec_webp.encode(image, options, &file, &lent->context), 0, "%s", lent->error.message);
    return file;
}

static int decode(struct lent *lent, const struct buffer *file, const struct decode_request *request,
                  struct pm_image *image)
{
    lent->error = (struct pm_error){0};
    return reader_decode(&codec_webp, file->data, file->size, request, image, &lent->context);
}

static struct pm_image image_of(struct lent *lent, const struct buffer *file)
{
    struct pm_image image = {0};
    const struct decode_request request = {.keep = KEEP_ALL};
    cr_assert_eq(decode(lent, file, &request, &image), 0, "%s", lent->error.message);
    return image;
}

static struct pm_info info_of(const struct buffer *file)
{
    struct memory_source memory;
    struct pm_info info;
    struct pm_error error = {0};
    memory_source_init(&memory, file->data, file->size);
    cr_assert_eq(codec_probe(&memory.source, &info, &error), &codec_webp, "%s", error.message);
    return info;
}

static bool same_samples(const struct pm_image *a, const struct pm_image *b)
{
    const size_t row = (size_t)a->width * a->plane[0].channels;
    bool same =
        a->width == b->width && a->height == b->height && a->plane[0].channels == b->plane[0].channels;
    for (uint32_t y = 0; same && y < a->height; y++)
        same = memcmp(plane_row(&a->plane[0], y), plane_row(&b->plane[0], y), row) == 0;
    return same;
}

/* --- pixels ---------------------------------------------------------------------------------------- */

Test(webp, lossless_is_exact_under_transparent_pixels_too)
{
    struct lent lent;
    lent_init(&lent);
    for (int alpha = 0; alpha < 2; alpha++) {
        struct pm_image image = picture(&lent, 61, 37, PM_COLOR_RGB, alpha, 8);
        for (uint32_t x = 0; alpha && x < 20; x++)
            plane_row(&image.plane[0], 5)[4 * x + 3] = 0;
        struct buffer file = file_of(&lent, &image, &lossless);
        const struct pm_info info = info_of(&file);
        cr_expect_eq(info.width, 61);
        cr_expect_eq(info.height, 37);
        cr_expect_eq(info.pixels.alpha, alpha ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE);
        struct pm_image back = image_of(&lent, &file);
        cr_expect(same_samples(&image, &back), "alpha %d", alpha);
        buffer_free(&file);
    }
    lent_free(&lent);
}

/* Something smooth. */
static struct pm_image gradient(struct lent *lent, uint32_t width, uint32_t height, bool alpha)
{
    struct pm_image image = picture(lent, width, height, PM_COLOR_RGB, alpha, 8);
    const unsigned channels = image.plane[0].channels;
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            for (unsigned c = 0; c < channels; c++)
                plane_row(&image.plane[0], y)[x * channels + c] =
                    (uint8_t)(20 + (x * 100 / width) + (y * 100 / height) + 10 * c);
        }
    }
    return image;
}

Test(webp, lossy_is_near_and_its_alpha_exact)
{
    struct lent lent;
    lent_init(&lent);
    for (int alpha = 0; alpha < 2; alpha++) {
        struct pm_image image = gradient(&lent, 101, 67, alpha);
        struct buffer file = file_of(&lent, &image, &lossy);
        struct pm_image back = image_of(&lent, &file);
        cr_assert_eq(back.plane[0].channels, image.plane[0].channels);
        for (uint32_t y = 0; y < 67; y++) {
            for (uint32_t x = 0; x < 101; x++) {
                for (unsigned c = 0; c < image.plane[0].channels; c++) {
                    const int difference = (int)sample_at(&image.plane[0], 8, x, y, c) -
                                           (int)sample_at(&back.plane[0], 8, x, y, c);
                    cr_assert_leq(abs(difference), c == 3 ? 0 : 8, "alpha %d, %u, %u, %u", alpha, x, y, c);
                }
            }
        }
        buffer_free(&file);
    }
    lent_free(&lent);
}

Test(webp, options_change_the_file_as_they_say)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 64, 64, PM_COLOR_RGB, true, 8);
    size_t sizes[6];
    const struct webp_options options[] = {
        lossy,
        {20, false, WEBP_NEAR_LOSSLESS_OFF, 100, 4},
        {80, false, WEBP_NEAR_LOSSLESS_OFF, 10, 4},
        lossless,
        {80, false, 0, 100, 2}, /* near-lossless alone means a lossless bitstream */
        {80, false, WEBP_NEAR_LOSSLESS_OFF, 100, 0},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct buffer file = file_of(&lent, &image, &options[i]);
        sizes[i] = file.size;
        buffer_free(&file);
    }
    cr_expect_lt(sizes[1], sizes[0], "quality");
    cr_expect_lt(sizes[2], sizes[0], "alpha-quality");
    cr_expect_gt(sizes[3], sizes[0], "lossless");
    cr_expect_lt(sizes[4], sizes[3], "near-lossless");
    cr_expect_neq(sizes[5], sizes[0], "effort");
    lent_free(&lent);
}

/* libwebp's slowest method, of 8 and 9, takes seconds for a little noisy alpha. */
Test(webp, alpha_is_spared_the_slowest_method)
{
    struct lent lent;
    lent_init(&lent);
    for (int alpha = 0; alpha < 2; alpha++) {
        struct pm_image image = picture(&lent, 32, 32, PM_COLOR_RGB, alpha == 1, 8);
        struct webp_options fast = lossy, slow = lossy;
        fast.effort = 7;
        slow.effort = 9;
        struct buffer a = file_of(&lent, &image, &fast), b = file_of(&lent, &image, &slow);
        const bool same = a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
        cr_expect_eq(same, alpha == 1, "%d", alpha);
        buffer_free(&a);
        buffer_free(&b);
    }
    lent_free(&lent);
}

/* The planes of a lossy file, compared with libwebp's RGB. */
Test(webp, planes_come_as_they_are_stored)
{
    struct lent lent;
    lent_init(&lent);
    for (int alpha = 0; alpha < 2; alpha++) {
        struct pm_image image = gradient(&lent, 101, 67, alpha), planes, again;
        struct buffer file = file_of(&lent, &image, &lossy), rewritten = {0};
        const struct decode_request request = {.planes = true};
        cr_expect_eq(info_of(&file).pixels.color, PM_COLOR_YCC);
        cr_assert_eq(decode(&lent, &file, &request, &planes), 0, "%s", lent.error.message);
        cr_assert_eq(planes.format.color, PM_COLOR_YCC);
        cr_expect(planes.format.limited_range && !planes.format.unaligned);
        cr_expect_eq(planes.nplanes, alpha ? 4 : 3);
        cr_expect_eq(planes.plane[1].width, 51);
        cr_expect_eq(planes.plane[1].height, 34);
        cr_expect_eq(planes.plane[1].frame.extent_x, 50.5);
        /* Encoded directly, planes are nearly reproduced. */
        cr_assert_eq(codec_webp.encode(&planes, &lossy, &rewritten, &lent.context), 0);
        cr_assert_eq(decode(&lent, &rewritten, &request, &again), 0, "%s", lent.error.message);
        for (unsigned i = 0; i < planes.nplanes; i++) {
            for (uint32_t y = 0; y < planes.plane[i].height; y++) {
                for (uint32_t x = 0; x < planes.plane[i].width; x++) {
                    const int difference =
                        plane_row(&planes.plane[i], y)[x] - plane_row(&again.plane[i], y)[x];
                    cr_assert_leq(abs(difference), i == 3 ? 0 : 6, "plane %u, %u, %u", i, x, y);
                }
            }
        }
        buffer_free(&rewritten);
        buffer_free(&file);
    }
    lent_free(&lent);
}

/* A picture of more than 32 MiB is decoded at the requested size; others at full size. */
Test(webp, only_a_large_picture_is_scaled_by_its_decoder)
{
    struct pm_info info = {.width = 4000, .height = 3000, .pixels = WEBP_PLANES(PM_ALPHA_NONE), .frames = 1};
    struct decode_request request = {
        .min_width = 400, .min_height = 300, .planes = true, .sampling_x = 2, .sampling_y = 2};
    struct webp_way way = webp_choose_way(&info, &request);
    cr_expect(way.planes && way.width == 4000 && way.height == 3000);
    info.width = info.height = 10000;
    way = webp_choose_way(&info, &request);
    cr_expect(way.width == 400 && way.height == 300);
    cr_expect_lt(codec_webp.decode_bytes(&info, &request), 4 << 20);
    request.sampling_x = request.sampling_y = 1; /* chroma as fine as luma */
    way = webp_choose_way(&info, &request);
    cr_expect(way.width == 800 && way.height == 600);
    request.planes = false;
    way = webp_choose_way(&info, &request);
    cr_expect(!way.planes && way.width == 400 && way.height == 300);
    request.min_width = 0;
    way = webp_choose_way(&info, &request);
    cr_expect(way.width == 10000 && way.height == 10000);
}

Test(webp, what_the_decoder_scales_is_the_picture)
{
    struct lent lent;
    lent_init(&lent);
    for (int planes = 0; planes < 2; planes++) {
        struct pm_image image = gradient(&lent, 203, 151, false), scaled = {.orientation = 1};
        struct buffer file = file_of(&lent, &image, &lossy);
        const struct webp_image picture = {.width = 203, .height = 151};
        const struct webp_way way = {.planes = planes, .width = 101, .height = 75};
        cr_assert_eq(webp_decode_image(file.data + WEBP_RIFF_HEAD, file.size - WEBP_RIFF_HEAD, &picture, &way,
                                       false, &scaled, &lent.context),
                     0, "%s", lent.error.message);
        cr_expect(scaled.width == 101 && scaled.height == 75);
        if (planes) {
            cr_expect_eq(scaled.nplanes, 3);
            cr_expect(scaled.format.unaligned, "of an odd width");
            cr_expect_float_eq(scaled.plane[1].frame.extent_x, 51 * 101.5 / 102, 1e-9);
        } else {
            for (uint32_t y = 0; y < 75; y++) {
                for (uint32_t x = 0; x < 101; x++) {
                    const int difference = (int)sample_at(&image.plane[0], 8, 2 * x, 2 * y, 1) -
                                           (int)sample_at(&scaled.plane[0], 8, x, y, 1);
                    cr_assert_leq(abs(difference), 8, "%u, %u", x, y);
                }
            }
        }
        buffer_free(&file);
    }
    lent_free(&lent);
}

/* --- metadata -------------------------------------------------------------------------------------- */

static void expect_blob(struct pm_blob blob, const char *text)
{
    cr_assert_eq(blob.size, strlen(text), "%zu", blob.size);
    cr_expect_eq(memcmp(blob.data, text, blob.size), 0);
}

Test(webp, metadata_comes_back_whatever_the_bitstream)
{
    struct lent lent;
    lent_init(&lent);
    for (int i = 0; i < 4; i++) {
        struct pm_image image = picture(&lent, 20, 10, PM_COLOR_RGB, i & 1, 8);
        image.meta.icc = (struct pm_blob){(const uint8_t *)"odd", 3};
        image.meta.exif = (struct pm_blob){(const uint8_t *)"II*\0broken", 10};
        image.meta.xmp = (struct pm_blob){(const uint8_t *)"<x/>", 4};
        struct buffer file = file_of(&lent, &image, i & 2 ? &lossless : &lossy);
        const struct pm_info info = info_of(&file);
        cr_expect(info.icc_size == 3 && info.exif_size == 10 && info.xmp_size == 4);
        cr_expect_eq(webp_get_le32(file.data + 4) + 8, file.size);
        struct pm_image back = image_of(&lent, &file);
        expect_blob(back.meta.icc, "odd");
        expect_blob(back.meta.xmp, "<x/>");
        cr_expect_eq(back.meta.exif.size, 10);
        cr_expect_eq(back.plane[0].channels, image.plane[0].channels);
        const struct decode_request bare = {0};
        cr_assert_eq(decode(&lent, &file, &bare, &back), 0);
        cr_expect_null(back.meta.exif.data);
        cr_expect_null(back.meta.xmp.data);
        expect_blob(back.meta.icc, "odd");
        buffer_free(&file);
    }
    lent_free(&lent);
}

Test(webp, an_orientation_is_written_and_read)
{
    struct lent lent;
    lent_init(&lent);
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        struct pm_image image = picture(&lent, 20, 10, PM_COLOR_RGB, false, 8);
        image.orientation = orientation;
        struct buffer file = file_of(&lent, &image, &lossy);
        cr_expect_eq(info_of(&file).orientation, orientation);
        cr_expect_eq(image_of(&lent, &file).orientation, orientation);
        cr_expect_eq(info_of(&file).exif_size, orientation == 1 ? 0 : EXIF_MINIMAL_BYTES);
        buffer_free(&file);
    }
    lent_free(&lent);
}

/* --- what is no good file -------------------------------------------------------------------------- */

/* A truncated file fails as truncated or, if allowed, gives its available rows. */
Test(webp, a_cut_file_is_truncated_or_whole_but_never_something_else)
{
    struct lent lent;
    lent_init(&lent);
    for (int i = 0; i < 4; i++) {
        struct pm_image image = gradient(&lent, 90, 70, i & 1);
        image.meta.xmp = (struct pm_blob){(const uint8_t *)"<x/>", 4};
        struct buffer file = file_of(&lent, &image, i & 2 ? &lossless : &lossy);
        unsigned partly = 0;
        for (size_t size = 0; size < file.size; size++) {
            uint8_t *exact = malloc(size + 1);
            cr_assert_not_null(exact);
            memcpy(exact, file.data, size);
            const struct buffer cut = {.data = exact, .size = size};
            const struct decode_request strict = {.keep = KEEP_ALL};
            const struct decode_request lenient = {.keep = KEEP_ALL, .allow_truncated = true};
            struct pm_image back;
            if (decode(&lent, &cut, &strict, &back) != 0)
                cr_assert_eq(lent.error.kind, PM_ERROR_TRUNCATED, "%d, %zu: %s", i, size, lent.error.message);
            else
                cr_assert_geq(size, file.size - 13, "%d", i); /* all but padding and XMP */
            if (decode(&lent, &cut, &lenient, &back) != 0)
                cr_assert_eq(lent.error.kind, PM_ERROR_TRUNCATED, "%d, %zu: %s", i, size, lent.error.message);
            else
                partly++;
            free(exact);
        }
        cr_expect_gt(partly, 12, "%d: %u of %zu", i, partly, file.size); /* more than those that lack XMP */
        buffer_free(&file);
    }
    lent_free(&lent);
}

Test(webp, what_is_missing_is_grey)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = gradient(&lent, 256, 256, false), back;
    struct buffer file = file_of(&lent, &image, &lossless);
    const struct decode_request lenient = {.allow_truncated = true};
    file.size = file.size * 3 / 4;
    cr_assert_eq(decode(&lent, &file, &lenient, &back), 0, "%s", lent.error.message);
    cr_expect_eq(memcmp(plane_row(&back.plane[0], 0), plane_row(&image.plane[0], 0), 256 * 3), 0);
    for (uint32_t i = 0; i < 256 * 3; i++)
        cr_assert_eq(plane_row(&back.plane[0], 255)[i], 128);
    buffer_free(&file);
    lent_free(&lent);
}

/* Larger pictures are handed to the decoder in pieces. */
Test(webp, a_large_picture_is_decoded_alike)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = gradient(&lent, 2000, 1200, true);
    struct buffer file = file_of(&lent, &image, &lossless);
    struct pm_image back = image_of(&lent, &file);
    cr_expect(same_samples(&image, &back));
    buffer_free(&file);
    lent_free(&lent);
}

#ifndef PIXMILL_SANITIZED
/* libwebp uses malloc, so this measures the process. Noise needs the most memory. */
Test(webp, memory_is_no_more_than_was_forecast)
{
    enum { WIDTH = 900, HEIGHT = 700, SLACK = 1 << 20 };
    static const struct webp_options options[] = {{100, false, WEBP_NEAR_LOSSLESS_OFF, 100, 4},
                                                  {80, true, WEBP_NEAR_LOSSLESS_OFF, 100, 4}};
    for (int i = 0; i < 4; i++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture(&lent, WIDTH, HEIGHT, PM_COLOR_RGB, i & 1, 8), back;
        const struct shape shape = image_shape(&image);
        const struct webp_options *asked = &options[i / 2];
        struct buffer file = {0};
        const uint64_t bound = codec_webp.encode_bound(&shape, asked);
        cr_assert_eq(buffer_reserve(&file, bound), 0);
        memset(file.data, 1, bound);
        long long before = reset_peak();
        cr_assert_eq(codec_webp.encode(&image, asked, &file, &lent.context), 0);
        long long taken = resident("VmHWM:") - before;
        cr_expect_leq(taken, (long long)codec_webp.encode_bytes(&shape, asked) + SLACK, "encode %d: %lld", i,
                      taken);
        cr_expect_geq(8 * taken, (long long)codec_webp.encode_bytes(&shape, asked), "encode %d: %lld", i,
                      taken);
        cr_expect_leq(file.size, bound, "%d: %zu", i, file.size);
        const struct decode_request request = {0};
        const struct pm_info info = info_of(&file);
        before = reset_peak();
        cr_assert_eq(decode(&lent, &file, &request, &back), 0);
        taken = resident("VmHWM:") - before;
        cr_expect_leq(taken, (long long)codec_webp.decode_bytes(&info, &request) + SLACK, "decode %d: %lld",
                      i, taken);
        buffer_free(&file);
        lent_free(&lent);
    }
}
#endif

/* Rows are aligned, which is most of a narrow picture. */
Test(webp, a_narrow_picture_takes_no_more_than_was_forecast)
{
    for (int planes = 0; planes < 2; planes++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image image = picture(&lent, 3, 16000, PM_COLOR_RGB, false, 8), back;
        struct buffer file = file_of(&lent, &image, &lossy);
        const struct decode_request request = {.planes = planes != 0};
        const struct pm_info info = info_of(&file);
        struct lent fresh;
        lent_init(&fresh);
        cr_assert_eq(decode(&fresh, &file, &request, &back), 0);
        cr_expect_leq(fresh.arena.peak, codec_webp.decode_bytes(&info, &request), "%d", planes);
        buffer_free(&file);
        lent_free(&fresh);
        lent_free(&lent);
    }
}

Test(webp, a_side_beyond_the_formats_limit_is_refused)
{
    struct lent lent;
    struct buffer file = {0};
    lent_init(&lent);
    struct pm_image image = picture(&lent, WEBP_SIDE_MAX + 1, 1, PM_COLOR_RGB, false, 8);
    cr_expect_eq(codec_webp.encode(&image, &lossy, &file, &lent.context), -1);
    cr_expect_eq(lent.error.kind, PM_ERROR_LIMIT);
    cr_expect_eq(file.size, 0);
    lent_free(&lent);
}
