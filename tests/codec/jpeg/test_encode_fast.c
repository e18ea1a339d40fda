/* Pictures of planes and of RGB: to the byte the files that plain libjpeg writes of the same samples, with
 * its segments of tables joined. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/encode_rgb.h"
#include "codec/jpeg/fixture.h"
#include "codec/jpeg/options.h"
#include "codec/jpeg/reader.h"
#include "image/image.h"

SIMD_TABLE(struct ycc_kernels, ycc_kernels)

enum { BLOCK = 8, ROWS = 16, GAPS = 1024 /* between pieces of an arena */ };

struct picture {
    uint32_t width, height;
    enum pm_color color;
    unsigned h, v;
    int quality;
    unsigned noise; /* of 256 levels, this many at random */
    unsigned seed;
};

static void fill(struct pm_plane *plane, const struct picture *picture, unsigned *random)
{
    for (uint32_t y = 0; y < plane->height; y++) {
        for (uint32_t x = 0; x < plane->width * plane->channels; x++) {
            *random = *random * 1664525 + 1013904223;
            const unsigned level = (x * 3 + y * 2) % 256 * (256 - picture->noise) / 256;
            plane_row(plane, y)[x] = (uint8_t)(level + (*random >> 16) % (picture->noise + 1) % 256);
        }
    }
}

static struct pm_image make_image(const struct picture *picture, struct fixture *fixture)
{
    struct pm_image image = {.width = picture->width,
                             .height = picture->height,
                             .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8),
                             .nplanes = picture->color == PM_COLOR_YCC ? 3 : 1};
    const unsigned channels = picture->color == PM_COLOR_RGB ? 3 : 1;
    unsigned random = picture->seed;
    if (picture->color == PM_COLOR_YCC)
        image.format = (struct pm_pixel_format)PIXELS_YCC(picture->h, picture->v);
    else if (picture->color == PM_COLOR_RGB)
        image.format = (struct pm_pixel_format)PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8);
    for (unsigned i = 0; i < image.nplanes; i++) {
        const uint32_t h = i == 0 ? 1 : picture->h, v = i == 0 ? 1 : picture->v;
        cr_assert_eq(plane_alloc(&image.plane[i], (picture->width + h - 1) / h, (picture->height + v - 1) / v,
                                 channels, 8, &fixture->context),
                     0);
        fill(&image.plane[i], picture, &random);
    }
    return image;
}

/* Copies the rows of MCU row `strip` of a plane, filled up by its last row and column. */
static void copy_rows(const struct pm_plane *plane, uint32_t strip, unsigned rows, size_t padded, uint8_t *to)
{
    for (unsigned row = 0; row < rows; row++, to += padded) {
        const uint32_t y = strip * rows + row;
        const uint8_t *from = plane_row(plane, y < plane->height ? y : plane->height - 1);
        memcpy(to, from, plane->width);
        memset(to + plane->width, from[plane->width - 1], padded - plane->width);
    }
}

static void write_planes(struct jpeg_compress_struct *cinfo, const struct pm_image *image)
{
    JSAMPROW rows[3][ROWS];
    JSAMPARRAY planes[3] = {rows[0], rows[1], rows[2]};
    uint8_t *memory[3] = {NULL};
    size_t padded[3] = {0};
    for (int i = 0; i < cinfo->num_components; i++) {
        padded[i] = (size_t)cinfo->comp_info[i].width_in_blocks * BLOCK;
        memory[i] = malloc(padded[i] * ROWS);
        for (size_t row = 0; row < ROWS; row++)
            rows[i][row] = memory[i] + row * padded[i];
    }
    for (uint32_t strip = 0; cinfo->next_scanline < cinfo->image_height; strip++) {
        for (int i = 0; i < cinfo->num_components; i++)
            copy_rows(&image->plane[i], strip, (unsigned)cinfo->comp_info[i].v_samp_factor * BLOCK, padded[i],
                      memory[i]);
        jpeg_write_raw_data(cinfo, planes, (JDIMENSION)cinfo->max_v_samp_factor * BLOCK);
    }
    for (int i = 0; i < cinfo->num_components; i++)
        free(memory[i]);
}

static void write_rows(struct jpeg_compress_struct *cinfo, const struct pm_image *image)
{
    while (cinfo->next_scanline < cinfo->image_height) {
        JSAMPROW row = plane_row(&image->plane[0], cinfo->next_scanline);
        jpeg_write_scanlines(cinfo, &row, 1);
    }
}

/* The Huffman tables of a file, as the compressor's. */
static void take_tables(struct jpeg_compress_struct *cinfo, const struct buffer *file)
{
    struct jpeg_decompress_struct from;
    struct jpeg_error_mgr errors;
    from.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&from);
    jpeg_mem_src(&from, file->data, file->size);
    jpeg_read_header(&from, TRUE);
    for (int i = 0; i < NUM_HUFF_TBLS; i++) {
        if (from.dc_huff_tbl_ptrs[i] != NULL && cinfo->dc_huff_tbl_ptrs[i] != NULL) {
            *cinfo->dc_huff_tbl_ptrs[i] = *from.dc_huff_tbl_ptrs[i];
            *cinfo->ac_huff_tbl_ptrs[i] = *from.ac_huff_tbl_ptrs[i];
            cinfo->dc_huff_tbl_ptrs[i]->sent_table = cinfo->ac_huff_tbl_ptrs[i]->sent_table = FALSE;
        }
    }
    jpeg_destroy_decompress(&from);
}

/* libjpeg's file; `tables`: with those of that file, NULL: the best. */
static struct buffer write_plainly(const struct pm_image *image, const struct picture *picture,
                                   const struct buffer *tables)
{
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    unsigned char *data = NULL;
    unsigned long size = 0;
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &data, &size);
    cinfo.image_width = picture->width;
    cinfo.image_height = picture->height;
    cinfo.input_components = picture->color == PM_COLOR_GRAY ? 1 : 3;
    cinfo.in_color_space = picture->color == PM_COLOR_GRAY  ? JCS_GRAYSCALE
                           : picture->color == PM_COLOR_RGB ? JCS_RGB
                                                            : JCS_YCbCr;
    jpeg_set_defaults(&cinfo);
    jpeg_set_quality(&cinfo, picture->quality, TRUE);
    cinfo.dct_method = JDCT_ISLOW;
    cinfo.raw_data_in = picture->color != PM_COLOR_RGB;
    cinfo.optimize_coding = tables == NULL;
    cinfo.comp_info[0].h_samp_factor = (int)picture->h;
    cinfo.comp_info[0].v_samp_factor = (int)picture->v;
    if (tables != NULL)
        take_tables(&cinfo, tables);
    jpeg_start_compress(&cinfo, TRUE);
    if (cinfo.raw_data_in)
        write_planes(&cinfo, image);
    else
        write_rows(&cinfo, image);
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    return (struct buffer){.data = data, .size = size, .capacity = size};
}

/* At every instruction set. */
static void check(const struct picture *picture, bool sampled)
{
    struct fixture fixture;
    fixture_open(&fixture);
    const struct pm_image image = make_image(picture, &fixture);
    const struct jpeg_options options = {.quality = picture->quality,
                                         .subsampling = picture->h == 1   ? SUBSAMPLING_444
                                                        : picture->v == 1 ? SUBSAMPLING_422
                                                                          : SUBSAMPLING_420};
    for (enum simd_level level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available(level))
            continue;
        struct buffer file = {0};
        fixture.context.simd = level;
        const size_t before = fixture.arena.used;
        fixture.arena.peak = before;
        cr_assert_eq(codec_jpeg.encode(&image, &options, &file, &fixture.context), 0, "%s",
                     fixture.error.message);
        const struct shape shape = {.width = image.width, .height = image.height, .format = image.format};
        cr_assert_leq(fixture.arena.peak - before, codec_jpeg.encode_bytes(&shape, &options) + GAPS);
        struct buffer expected = write_plainly(&image, picture, sampled ? &file : NULL);
        join_tables(&expected);
        if (file.size != expected.size || memcmp(file.data, expected.data, file.size) != 0)
            cr_assert_fail("%s: %u x %u, colour %d, %ux%u, quality %d, noise %u, seed %u: not libjpeg's file",
                           simd_name(level), picture->width, picture->height, (int)picture->color, picture->h,
                           picture->v, picture->quality, picture->noise, picture->seed);
        buffer_free(&file);
        buffer_free(&expected);
    }
    fixture_close(&fixture);
}

static const struct {
    enum pm_color color;
    unsigned h, v;
} samplings[] = {{PM_COLOR_GRAY, 1, 1}, {PM_COLOR_YCC, 2, 2}, {PM_COLOR_YCC, 2, 1}, {PM_COLOR_YCC, 1, 1},
                 {PM_COLOR_RGB, 2, 2},  {PM_COLOR_RGB, 2, 1}, {PM_COLOR_RGB, 1, 1}};
enum { SAMPLINGS = sizeof samplings / sizeof *samplings };

Test(jpeg_encode_fast, files_of_every_quality_are_libjpegs)
{
    static const unsigned noises[] = {0, 40, 255};
    for (int quality = 1; quality <= 100; quality++) {
        for (unsigned i = 0; i < SAMPLINGS * 3; i++) {
            const struct picture picture = {71,
                                            43,
                                            samplings[i / 3].color,
                                            samplings[i / 3].h,
                                            samplings[i / 3].v,
                                            quality,
                                            noises[i % 3],
                                            i};
            check(&picture, false);
        }
    }
}

Test(jpeg_encode_fast, files_of_every_small_size_are_libjpegs)
{
    for (uint32_t width = 1; width <= 70; width++) {
        for (unsigned i = 0; i < SAMPLINGS; i++) {
            const struct picture picture = {width,
                                            1 + width * 7 % 35,
                                            samplings[i].color,
                                            samplings[i].h,
                                            samplings[i].v,
                                            60 + (int)width % 41,
                                            100,
                                            width};
            check(&picture, false);
        }
    }
}

/* Every edge of blocks, MCUs and vectors that narrow RGB pictures have; wide ones are above. */
Test(jpeg_encode_fast, rgb_files_of_every_size_to_40_are_libjpegs)
{
    static const int qualities[] = {40, 85, 100};
    for (uint32_t width = 1; width <= 40; width++) {
        for (uint32_t i = 0; i < 40 * SAMPLINGS; i++) {
            const struct picture picture = {width,
                                            1 + i / SAMPLINGS,
                                            samplings[i % SAMPLINGS].color,
                                            samplings[i % SAMPLINGS].h,
                                            samplings[i % SAMPLINGS].v,
                                            qualities[(width + i) % 3],
                                            200,
                                            i};
            if (picture.color == PM_COLOR_RGB)
                check(&picture, false);
        }
    }
}

/* Rows of several units of the conversion. */
Test(jpeg_encode_fast, rgb_files_of_every_width_to_300_are_libjpegs)
{
    for (uint32_t width = 41; width <= 300; width++) {
        for (unsigned i = 0; i < SAMPLINGS; i++) {
            const struct picture picture = {
                width, 5 + width % 14, samplings[i].color, samplings[i].h, samplings[i].v, 95, 255, width};
            if (picture.color == PM_COLOR_RGB)
                check(&picture, false);
        }
    }
}

/* By the sums of jccolor.c. */
static void convert_plainly(const uint8_t *rgb, uint8_t ycc[3])
{
    const int r = rgb[0], g = rgb[1], b = rgb[2], half = 32768, center = (128 << 16) + half - 1;
    ycc[0] = (uint8_t)((19595 * r + 38470 * g + 7471 * b + half) >> 16);
    ycc[1] = (uint8_t)((-11059 * r - 21709 * g + 32768 * b + center) >> 16);
    ycc[2] = (uint8_t)((32768 * r - 27439 * g - 5329 * b + center) >> 16);
}

Test(jpeg_encode_fast, every_colour_is_converted_as_libjpeg_does)
{
    enum { LEVELS = 256 };
    uint8_t rgb[3 * LEVELS], y[LEVELS], cb[LEVELS], cr[LEVELS], ycc[3];
    for (unsigned i = 0; i < LEVELS * LEVELS; i++) {
        for (unsigned b = 0; b < LEVELS; b++) {
            rgb[3 * b] = (uint8_t)(i / LEVELS);
            rgb[3 * b + 1] = (uint8_t)i;
            rgb[3 * b + 2] = (uint8_t)b;
        }
        for (enum simd_level level = SIMD_BASE; level < SIMD_LEVELS; level++) {
            if (!simd_available(level))
                continue;
            ycc_kernels(level)->to_ycc(rgb, LEVELS, y, cb, cr);
            for (unsigned b = 0; b < LEVELS; b++) {
                convert_plainly(rgb + (size_t)3 * b, ycc);
                if (y[b] != ycc[0] || cb[b] != ycc[1] || cr[b] != ycc[2])
                    cr_assert_fail("%s: colour %u, %u, %u", simd_name(level), i / LEVELS, i % LEVELS, b);
            }
        }
    }
}

/* Their tables come from some of their rows, for whose choice there is no second opinion. */
Test(jpeg_encode_fast, tall_files_are_libjpegs_with_the_same_tables)
{
    static const uint32_t heights[] = {1536, 1601, 2319, 3100};
    for (unsigned i = 0; i < SAMPLINGS * 4; i++) {
        const struct picture picture = {
            21 + i, heights[i % 4], samplings[i / 4].color, samplings[i / 4].h, samplings[i / 4].v, 85, 60,
            i};
        check(&picture, true);
    }
}

/* Black and white, one after the other: the largest coefficients that samples make. */
Test(jpeg_encode_fast, the_largest_coefficients_are_written)
{
    enum { SIDE = 64 };
    struct fixture fixture;
    fixture_open(&fixture);
    for (unsigned pattern = 0; pattern < 64; pattern++) {
        const struct picture picture = {SIDE, SIDE, PM_COLOR_GRAY, 1, 1, 100, 0, 0};
        const struct jpeg_options options = {.quality = 100};
        const struct pm_image image = make_image(&picture, &fixture);
        for (uint32_t y = 0; y < SIDE; y++) {
            for (uint32_t x = 0; x < SIDE; x++) {
                const bool across = pattern >> (x % 8) % 3 & 1, down = pattern >> (3 + y % 8 % 3) & 1;
                plane_row(&image.plane[0], y)[x] = across != (down != ((x / 8 + y / 8) % 2)) ? 255 : 0;
            }
        }
        struct buffer file = {0};
        cr_assert_eq(codec_jpeg.encode(&image, &options, &file, &fixture.context), 0);
        struct buffer expected = write_plainly(&image, &picture, NULL);
        join_tables(&expected);
        cr_assert(file.size == expected.size && memcmp(file.data, expected.data, file.size) == 0);
        buffer_free(&file);
        buffer_free(&expected);
    }
    fixture_close(&fixture);
}
