#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/png/pngs.h"
#include "codec/reader.h"
#include "image/convert.h"

static int decode_bytes(struct lent *lent, const struct buffer *bytes, const struct decode_request *request,
                        struct pm_info *info, struct pm_image *image)
{
    struct memory_source memory;
    memory_source_init(&memory, bytes->data, bytes->size);
    const struct codec *codec = codec_probe(&memory.source, info, &lent->error);
    if (codec == NULL)
        return -1;
    cr_assert_str_eq(codec->name, "png");
    return reader_decode(codec, bytes->data, bytes->size, request, image, &lent->context);
}

static void assert_decodes_as_libpng_does(const char *path)
{
    struct lent lent;
    struct pm_info info;
    struct pm_image image;
    const struct decode_request request = {0};
    lent_init(&lent);
    struct buffer bytes = file_bytes(path);
    struct plain_picture expected = plain_decode(bytes.data, bytes.size);
    cr_assert_eq(decode_bytes(&lent, &bytes, &request, &info, &image), 0, "%s: %s", path, lent.error.message);
    assert_same_pixels(&image, &expected, path);
    cr_assert_eq(info.width, image.width, "%s", path);
    cr_assert_eq(info.height, image.height, "%s", path);
    cr_assert_eq(pm_channels(&info.pixels), pm_channels(&image.format), "%s", path);
    cr_assert_eq(info.pixels.alpha, image.format.alpha, "%s", path);
    cr_assert_eq(info.orientation, image.orientation, "%s", path);
    cr_assert_leq(lent.arena.peak + lent.job_arena.peak, codec_png.decode_bytes(&info, &request), "%s", path);
    free(expected.pixels);
    buffer_free(&bytes);
    lent_free(&lent);
}

static void assert_refuses(const char *path)
{
    struct lent lent;
    struct pm_info info;
    struct pm_image image;
    lent_init(&lent);
    struct buffer bytes = file_bytes(path);
    cr_assert_eq(decode_bytes(&lent, &bytes, &(struct decode_request){0}, &info, &image), -1, "%s", path);
    cr_assert_neq(lent.error.kind, PM_OK);
    cr_assert_neq(lent.error.kind, PM_ERROR_INTERNAL);
    cr_assert_gt(strlen(lent.error.message), 10, "%s", path);
    cr_assert_null(strchr(lent.error.message, '\n'), "%s", path);
    buffer_free(&bytes);
    lent_free(&lent);
}

Test(png, decodes_every_good_file_of_pngsuite_and_refuses_the_broken)
{
    const char *folder = conformance_folder();
    char path[4096];
    snprintf(path, sizeof path, "%s/pngsuite", folder);
    DIR *files = opendir(path);
    cr_assert_not_null(files);
    int good = 0, broken = 0;
    for (const struct dirent *entry; (entry = readdir(files)) != NULL;) {
        const char *suffix = strrchr(entry->d_name, '.');
        if (suffix == NULL || strcmp(suffix, ".png") != 0)
            continue;
        snprintf(path, sizeof path, "%s/pngsuite/%s", folder, entry->d_name);
        if (entry->d_name[0] == 'x') {
            assert_refuses(path);
            broken++;
        } else {
            assert_decodes_as_libpng_does(path);
            good++;
        }
    }
    closedir(files);
    cr_assert_eq(good, 161);
    cr_assert_eq(broken, 14);
}

/* --- what comes out goes in again --- */

static struct pm_image made_image(struct lent *lent, const struct shape *shape, uint64_t seed)
{
    struct pm_image image;
    cr_assert_eq(image_alloc(&image, shape, &lent->context), 0);
    for (uint32_t y = 0; y < shape->height; y++) {
        uint8_t *row = plane_row(&image.plane[0], y);
        for (size_t i = 0; i < (size_t)shape->width * pm_channels(&shape->format) * (shape->format.depth / 8);
             i++)
            row[i] = (uint8_t)(i * 3 + y * 5 + random_next(&seed) % 4);
    }
    return image;
}

static void assert_equal_images(const struct pm_image *a, const struct pm_image *b)
{
    cr_assert_eq(a->width, b->width);
    cr_assert_eq(a->height, b->height);
    cr_assert_eq(a->format.color, b->format.color);
    cr_assert_eq(a->format.alpha, b->format.alpha);
    cr_assert_eq(a->format.depth, b->format.depth);
    for (uint32_t y = 0; y < a->height; y++) {
        cr_assert_arr_eq(plane_row(&a->plane[0], y), plane_row(&b->plane[0], y),
                         (size_t)a->width * pm_channels(&a->format) * (a->format.depth / 8));
    }
}

static void encode(struct lent *lent, const struct pm_image *image, struct buffer *out)
{
    cr_assert_eq(codec_png.encode(image, NULL, out, &lent->context), 0, "%s", lent->error.message);
}

static void decode(struct lent *lent, const struct buffer *bytes, unsigned keep, struct pm_image *image)
{
    struct pm_info info;
    const struct decode_request request = {.keep = keep};
    cr_assert_eq(decode_bytes(lent, bytes, &request, &info, image), 0, "%s", lent->error.message);
}

Test(png, every_shape_survives_encode_and_decode_within_the_bound)
{
    static const uint32_t sizes[][2] = {{1, 1}, {1, 7}, {7, 1}, {67, 41}, {300, 129}};
    for (unsigned kind = 0; kind < 8; kind++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            struct lent lent;
            struct pm_image back;
            struct buffer out = {0};
            lent_init(&lent);
            const struct shape shape = {.width = sizes[i][0],
                                        .height = sizes[i][1],
                                        .format = PIXELS(kind & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY,
                                                         kind & 2 ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE,
                                                         kind & 4 ? 16 : 8)};
            cr_assert(convert_accepted(&shape.format, codec_png.accepts(NULL)));
            struct pm_image image = made_image(&lent, &shape, 1 + kind);
            encode(&lent, &image, &out);
            cr_assert_leq(out.size, codec_png.encode_bound(&shape, NULL));
            decode(&lent, &out, 0, &back);
            assert_equal_images(&image, &back);
            struct plain_picture plain = plain_decode(out.data, out.size);
            assert_same_pixels(&image, &plain, "encoded");
            free(plain.pixels);
            buffer_free(&out);
            lent_free(&lent);
        }
    }
}

Test(png, holds_neither_ycc_nor_cmyk) {}

Test(png, an_encrypted_image_is_stored_not_deflated)
{
    /* Rows that straddle the stored blocks of 65535 bytes. */
    static const struct shape shape = {
        .width = 401, .height = 333, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)};
    struct lent lent;
    struct pm_image back;
    struct pm_info info;
    struct buffer out = {0};
    lent_init(&lent);
    struct pm_image image = made_image(&lent, &shape, 5);
    image.meta.sealed = (struct pm_blob){(const uint8_t *)"header and tags", 15};
    encode(&lent, &image, &out);
    cr_assert_gt(out.size, (size_t)shape.width * shape.height * 3);
    cr_assert_leq(out.size, codec_png.encode_bound(&shape, NULL) + 15 + PNG_CHUNK_FRAME);
    decode(&lent, &out, 0, &back);
    assert_equal_images(&image, &back);
    cr_assert_eq(back.meta.sealed.size, 15);
    cr_assert_arr_eq(back.meta.sealed.data, "header and tags", 15);
    struct memory_source memory;
    memory_source_init(&memory, out.data, out.size);
    cr_assert_not_null(codec_probe(&memory.source, &info, &lent.error));
    cr_assert(info.encrypted);
    struct plain_picture plain = plain_decode(out.data, out.size);
    assert_same_pixels(&image, &plain, "encoded");
    free(plain.pixels);
    buffer_free(&out);
    lent_free(&lent);
}

/* A picture with `before` encryption headers before its pixels and `behind` behind them, the last with a
 * wrong checksum if that is asked for. */
static struct buffer with_headers(unsigned before, unsigned behind, bool broken)
{
    static const uint8_t rows[] = {0, 1, 0, 2};
    struct buffer out = {0};
    made_begin(&out, &(struct png_header){.width = 1, .height = 2, .depth = 8});
    for (unsigned i = 0; i < before; i++)
        made_chunk(&out, "pmEN", "header", 6);
    made_pixels(&out, rows, sizeof rows, 1000);
    for (unsigned i = 0; i < behind; i++)
        made_chunk(&out, "pmEN", "header", 6);
    if (broken)
        out.data[out.size - 1] ^= 1;
    made_chunk(&out, "IEND", "", 0);
    return out;
}

Test(png, an_encrypted_image_has_one_header_and_before_its_pixels)
{
    static const struct {
        unsigned before, behind;
        bool broken;
        const char *error;
    } cases[] = {
        {0, 0, false, NULL},    {1, 0, false, NULL},    {2, 0, false, "two"},     {1, 1, false, "two"},
        {0, 1, false, "after"}, {0, 2, false, "after"}, {1, 1, true, "checksum"}, {0, 1, true, "checksum"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lent lent;
        struct pm_info info;
        struct pm_image image;
        struct buffer out = with_headers(cases[i].before, cases[i].behind, cases[i].broken);
        lent_init(&lent);
        const int status = decode_bytes(&lent, &out, &(struct decode_request){0}, &info, &image);
        cr_assert_eq(status, cases[i].error == NULL ? 0 : -1, "case %zu", i);
        cr_assert_eq(lent.error.kind, cases[i].error == NULL ? PM_OK : PM_ERROR_CORRUPT);
        if (cases[i].error != NULL)
            cr_assert_not_null(strstr(lent.error.message, cases[i].error), "%s", lent.error.message);
        buffer_free(&out);
        lent_free(&lent);
    }
}

/* --- files that end early; png/test_end.c has the rest --- */

Test(png, what_a_cut_file_holds_is_given_when_that_is_allowed)
{
    struct lent lent;
    struct buffer out = {0};
    struct pm_info info;
    struct pm_image back;
    lent_init(&lent);
    const struct shape shape = {
        .width = 200, .height = 300, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)};
    struct pm_image image = made_image(&lent, &shape, 3);
    encode(&lent, &image, &out);
    struct buffer cut = {.data = out.data, .size = out.size / 2};
    const struct decode_request request = {.allow_truncated = true};
    cr_assert_eq(decode_bytes(&lent, &cut, &request, &info, &back), 0, "%s", lent.error.message);
    uint32_t same = 0;
    while (same < 300 && memcmp(plane_row(&image.plane[0], same), plane_row(&back.plane[0], same), 600) == 0)
        same++;
    cr_assert_gt(same, 100);
    cr_assert_lt(same, 200);
    for (uint32_t y = same + 1; y < 300; y++) {
        for (size_t i = 0; i < 600; i++)
            cr_assert_eq(plane_row(&back.plane[0], y)[i], 0x80, "row %u", y);
    }
    buffer_free(&out);
    lent_free(&lent);
}

Test(png, more_pixels_than_allowed_are_refused_before_memory_is_taken)
{
    struct lent lent;
    struct pm_info info;
    struct pm_image back;
    struct buffer out = {0};
    lent_init(&lent);
    made_begin(&out, &(struct png_header){.width = 1u << 19, .height = 1u << 19, .depth = 8});
    made_chunk(&out, "IDAT", "", 0);
    made_chunk(&out, "IEND", "", 0);
    lent.context.max_pixels = 1000000;
    cr_assert_eq(decode_bytes(&lent, &out, &(struct decode_request){0}, &info, &back), -1);
    cr_assert_eq(lent.error.kind, PM_ERROR_LIMIT);
    cr_assert_eq(lent.error.limit, 1000000);
    cr_assert_eq(lent.error.value, 1ull << 38);
    cr_assert_lt(lent.arena.peak, 1 << 20);
    buffer_free(&out);
    lent_free(&lent);
}

Test(png, surplus_pixels_are_a_warning_and_missing_ones_an_error)
{
    static const uint8_t rows[3][4] = {{0, 1, 2, 3}, {0, 4, 5, 6}, {0, 7, 8, 9}};
    for (size_t size = 7; size <= 12; size++) { /* 8 is right */
        struct lent lent;
        struct pm_info info;
        struct pm_image image;
        struct buffer bytes = {0};
        struct warnings warnings;
        lent_init(&lent);
        collect_warnings(&lent, &warnings);
        made_begin(&bytes, &(struct png_header){.width = 3, .height = 2, .depth = 8});
        made_pixels(&bytes, rows[0], size, 1000);
        made_chunk(&bytes, "IEND", "", 0);
        int status = decode_bytes(&lent, &bytes, &(struct decode_request){0}, &info, &image);
        if (size < 8) {
            cr_assert_eq(status, -1);
            cr_assert_eq(lent.error.kind, PM_ERROR_TRUNCATED, "%s", lent.error.message);
        } else {
            cr_assert_eq(status, 0, "%zu: %s", size, lent.error.message);
            cr_assert_arr_eq(plane_row(&image.plane[0], 1), rows[1] + 1, 3);
            cr_assert_eq(warnings.count, size > 8, "%zu", size);
        }
        buffer_free(&bytes);
        lent_free(&lent);
    }
}

/* A hundred kilobytes that inflate to a hundred megabytes behind a single pixel: they are not inflated. */
Test(png, pixel_data_without_end_is_left_out)
{
    enum { SIZE = 100 << 20 };
    uint8_t *zeros = calloc(1, SIZE);
    for (int interlaced = 0; interlaced < 2; interlaced++) {
        struct lent lent;
        struct pm_info info;
        struct pm_image image;
        struct buffer bytes = {0};
        struct warnings warnings;
        lent_init(&lent);
        collect_warnings(&lent, &warnings);
        made_begin(&bytes,
                   &(struct png_header){.width = 1, .height = 1, .depth = 8, .interlaced = interlaced});
        made_pixels(&bytes, zeros, SIZE, 8192);
        made_chunk(&bytes, "IEND", "", 0);
        cr_assert_eq(decode_bytes(&lent, &bytes, &(struct decode_request){0}, &info, &image), 0, "%s",
                     lent.error.message);
        cr_assert_eq(image.plane[0].data[0], 0);
        cr_assert_eq(warnings.count, 1, "%s", warnings.text);
        cr_assert_not_null(strstr(warnings.text, "pixel data after the last pixel is left out"), "%s",
                           warnings.text);
        buffer_free(&bytes);
        lent_free(&lent);
    }
    free(zeros);
}
