/* pm_decode, mainly where the codec alone can't produce RGB. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "pixmill/decode.h"

enum { WIDTH = 48, HEIGHT = 8, CHROMA_WIDTH = 32 };

/* A JPEG with three luma columns per two chroma columns, which libjpeg can't upsample: grey on the left, with
 * Cr rising to the right. Free with free(). */
static unsigned char *three_to_two(unsigned long *size)
{
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    unsigned char *file = NULL;
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &file, size);
    cinfo.image_width = WIDTH;
    cinfo.image_height = HEIGHT;
    cinfo.input_components = 3;
    cinfo.in_color_space = JCS_YCbCr;
    jpeg_set_defaults(&cinfo);
    jpeg_set_quality(&cinfo, 100, TRUE);
    cinfo.raw_data_in = TRUE;
    for (int i = 0; i < 3; i++) {
        cinfo.comp_info[i].h_samp_factor = i == 0 ? 3 : 2;
        cinfo.comp_info[i].v_samp_factor = 1;
    }
    jpeg_start_compress(&cinfo, TRUE);
    JSAMPLE luma[WIDTH], cb[CHROMA_WIDTH], cr[CHROMA_WIDTH];
    for (int x = 0; x < WIDTH; x++)
        luma[x] = 100;
    for (int x = 0; x < CHROMA_WIDTH; x++) {
        cb[x] = 128;
        cr[x] = (JSAMPLE)(128 + 2 * x);
    }
    JSAMPROW rows[3][HEIGHT];
    for (int y = 0; y < HEIGHT; y++) {
        rows[0][y] = luma;
        rows[1][y] = cb;
        rows[2][y] = cr;
    }
    JSAMPARRAY planes[3] = {rows[0], rows[1], rows[2]};
    jpeg_write_raw_data(&cinfo, planes, HEIGHT);
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    return file;
}

Test(decode, chroma_of_a_fractional_ratio_is_upsampled)
{
    unsigned long size = 0;
    unsigned char *file = three_to_two(&size);
    struct pm_error error = {0};
    struct pm_image *image;
    cr_assert_eq(pm_decode(file, size, NULL, &image, &error), 0, "%s", error.message);
    cr_assert_eq(image->format.color, PM_COLOR_RGB);
    for (int x = 2; x < WIDTH - 2; x++) {
        /* The centre of pixel x is at chroma column (x + 0.5) * 2 / 3 - 0.5; R = Y + 1.402 (Cr - 128). */
        double cr = 2 * ((x + 0.5) * CHROMA_WIDTH / WIDTH - 0.5);
        cr_expect_float_eq(image->plane[0].data[3 * x], 100 + 1.402 * cr, 3, "red of pixel %d", x);
    }
    pm_image_free(image);
    free(file);
}

Test(decode, a_file_cut_short_gives_no_image)
{
    unsigned long size = 0;
    unsigned char *file = three_to_two(&size);
    struct pm_error error = {0};
    struct pm_image *image;
    cr_assert_eq(pm_decode(file, size / 2, NULL, &image, &error), -1);
    cr_assert_null(image);
    cr_assert_eq(error.kind, PM_ERROR_TRUNCATED);
    free(file);
}

Test(decode, limits_hold)
{
    unsigned long size = 0;
    unsigned char *file = three_to_two(&size);
    struct pm_error error = {0};
    struct pm_limits limits = {.max_pixels = WIDTH * HEIGHT - 1};
    struct pm_image *image;
    cr_assert_eq(pm_decode(file, size, &limits, &image, &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_LIMIT);
    cr_assert_eq(error.value, WIDTH * HEIGHT);
    free(file);
}
