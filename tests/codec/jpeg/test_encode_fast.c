/* Pictures of planes: to the byte the files that plain libjpeg writes of the same planes. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "codec/jpeg/decode.h"
#include "codec/jpeg/fixture.h"
#include "codec/jpeg/options.h"
#include "image/image.h"

enum { BLOCK = 8, ROWS = 16, GAPS = 1024 /* between pieces of an arena */ };

struct picture {
    uint32_t width, height;
    unsigned planes, h, v;
    int quality;
    unsigned noise; /* of 256 levels, this many at random */
    unsigned seed;
};

static void fill(struct pm_plane *plane, const struct picture *picture, unsigned *random)
{
    for (uint32_t y = 0; y < plane->height; y++) {
        for (uint32_t x = 0; x < plane->width; x++) {
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
                             .nplanes = picture->planes};
    unsigned random = picture->seed;
    if (picture->planes == 3)
        image.format = (struct pm_pixel_format)PIXELS_YCC(picture->h, picture->v);
    for (unsigned i = 0; i < image.nplanes; i++) {
        const uint32_t h = i == 0 ? 1 : picture->h, v = i == 0 ? 1 : picture->v;
        cr_assert_eq(plane_alloc(&image.plane[i], (picture->width + h - 1) / h, (picture->height + v - 1) / v,
                                 1, 8, &fixture->context),
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
    cinfo.input_components = (int)picture->planes;
    cinfo.in_color_space = picture->planes == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
    jpeg_set_defaults(&cinfo);
    jpeg_set_quality(&cinfo, picture->quality, TRUE);
    cinfo.dct_method = JDCT_ISLOW;
    cinfo.raw_data_in = TRUE;
    cinfo.optimize_coding = tables == NULL;
    cinfo.comp_info[0].h_samp_factor = picture->planes == 1 ? 1 : (int)picture->h;
    cinfo.comp_info[0].v_samp_factor = picture->planes == 1 ? 1 : (int)picture->v;
    if (tables != NULL)
        take_tables(&cinfo, tables);
    jpeg_start_compress(&cinfo, TRUE);
    write_planes(&cinfo, image);
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
        if (file.size != expected.size || memcmp(file.data, expected.data, file.size) != 0)
            cr_assert_fail("%s: %u x %u, %u planes, %ux%u, quality %d, noise %u, seed %u: not libjpeg's file",
                           simd_name(level), picture->width, picture->height, picture->planes, picture->h,
                           picture->v, picture->quality, picture->noise, picture->seed);
        buffer_free(&file);
        buffer_free(&expected);
    }
    fixture_close(&fixture);
}

static const struct {
    unsigned planes, h, v;
} samplings[] = {{1, 1, 1}, {3, 2, 2}, {3, 2, 1}, {3, 1, 1}};
enum { SAMPLINGS = sizeof samplings / sizeof *samplings };

Test(jpeg_encode_fast, files_of_every_quality_are_libjpegs)
{
    static const unsigned noises[] = {0, 40, 255};
    for (int quality = 1; quality <= 100; quality++) {
        for (unsigned i = 0; i < SAMPLINGS * 3; i++) {
            const struct picture picture = {71,
                                            43,
                                            samplings[i / 3].planes,
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
                                            samplings[i].planes,
                                            samplings[i].h,
                                            samplings[i].v,
                                            60 + (int)width % 41,
                                            100,
                                            width};
            check(&picture, false);
        }
    }
}

/* Their tables come from some of their rows, for whose choice there is no second opinion. */
Test(jpeg_encode_fast, tall_files_are_libjpegs_with_the_same_tables)
{
    static const uint32_t heights[] = {1536, 1601, 2319, 3100};
    for (unsigned i = 0; i < SAMPLINGS * 4; i++) {
        const struct picture picture = {
            21 + i, heights[i % 4], samplings[i / 4].planes, samplings[i / 4].h, samplings[i / 4].v, 85, 60,
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
        const struct picture picture = {SIDE, SIDE, 1, 1, 1, 100, 0, 0};
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
        cr_assert(file.size == expected.size && memcmp(file.data, expected.data, file.size) == 0);
        buffer_free(&file);
        buffer_free(&expected);
    }
    fixture_close(&fixture);
}
