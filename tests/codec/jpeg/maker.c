#include "codec/jpeg/maker.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const jpeg_scan_info jpeg_scans_apart[3] = {
    {.comps_in_scan = 1, .component_index = {0}, .Se = 63},
    {.comps_in_scan = 1, .component_index = {1}, .Se = 63},
    {.comps_in_scan = 1, .component_index = {2}, .Se = 63},
};

uint8_t *make_samples(uint32_t width, uint32_t height, unsigned channels)
{
    uint8_t *samples = malloc((size_t)width * height * channels);
    cr_assert_not_null(samples);
    uint32_t random = 12345;
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            for (unsigned c = 0; c < channels; c++) {
                random = random * 1664525 + 1013904223;
                double wave = sin(x * 0.11 * (c + 1) + y * 0.05) + cos(y * 0.13 + c) + (random >> 24) / 640.0;
                samples[((size_t)y * width + x) * channels + c] = (uint8_t)(128 + wave * 50);
            }
        }
    }
    return samples;
}

static void set_up(struct jpeg_compress_struct *cinfo, const struct jpeg_recipe *recipe, int channels)
{
    cinfo->image_width = recipe->width;
    cinfo->image_height = recipe->height;
    cinfo->input_components = channels;
    cinfo->in_color_space = recipe->in;
    jpeg_set_defaults(cinfo);
    jpeg_set_colorspace(cinfo, recipe->out);
    cinfo->optimize_coding = recipe->optimize;
    cinfo->arith_code = recipe->arithmetic;
    jpeg_set_quality(cinfo, recipe->quality > 0 ? recipe->quality : 90, TRUE);
    for (int i = 0; i < channels; i++) {
        bool luma = i == 0 || i == 3;
        cinfo->comp_info[i].h_samp_factor = luma && recipe->h > 0 ? recipe->h : 1;
        cinfo->comp_info[i].v_samp_factor = luma && recipe->v > 0 ? recipe->v : 1;
    }
    if (recipe->no_adobe)
        cinfo->write_Adobe_marker = FALSE;
    if (recipe->no_jfif)
        cinfo->write_JFIF_header = FALSE;
    cinfo->restart_in_rows = (int)recipe->restart_rows;
    if (recipe->progressive)
        jpeg_simple_progression(cinfo);
    if (recipe->scans != NULL) {
        cinfo->scan_info = recipe->scans;
        cinfo->num_scans = recipe->nscans;
    }
}

struct buffer make_jpeg(const struct jpeg_recipe *recipe)
{
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    unsigned char *file = NULL;
    unsigned long size = 0;
    int channels = recipe->in == JCS_GRAYSCALE ? 1 : recipe->in == JCS_CMYK || recipe->in == JCS_YCCK ? 4 : 3;
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &file, &size);
    set_up(&cinfo, recipe, channels);
    jpeg_start_compress(&cinfo, TRUE);
    if (recipe->icc != NULL)
        jpeg_write_icc_profile(&cinfo, recipe->icc, (unsigned)recipe->icc_size);
    uint8_t *made = make_samples(recipe->width, recipe->height, (unsigned)channels);
    const uint8_t *samples = recipe->samples != NULL ? recipe->samples : made;
    while (cinfo.next_scanline < cinfo.image_height) {
        JSAMPROW row = (JSAMPROW)samples + (size_t)cinfo.next_scanline * recipe->width * (unsigned)channels;
        jpeg_write_scanlines(&cinfo, &row, 1);
    }
    free(made);
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    return (struct buffer){.data = file, .size = size, .capacity = size};
}

/* One row of MCUs, as jpeg_write_raw_data wants it. */
static void write_mcu_row(struct jpeg_compress_struct *cinfo, uint32_t row)
{
    enum { ROWS_MOST = 4 * DCTSIZE };
    JSAMPLE *samples[3];
    JSAMPROW rows[3][ROWS_MOST];
    JSAMPARRAY planes[3] = {rows[0], rows[1], rows[2]};
    for (int i = 0; i < 3; i++) {
        const jpeg_component_info *component = &cinfo->comp_info[i];
        const size_t width = (size_t)component->width_in_blocks * DCTSIZE;
        const uint32_t count = (uint32_t)component->v_samp_factor * DCTSIZE;
        samples[i] = malloc(width * count);
        cr_assert_not_null(samples[i]);
        for (uint32_t y = 0; y < count; y++) {
            rows[i][y] = samples[i] + y * width;
            for (size_t x = 0; x < width; x++)
                rows[i][y][x] = (JSAMPLE)abs((int)((3 * x + 2 * (row * count + y)) % 256) - 128);
        }
    }
    jpeg_write_raw_data(cinfo, planes, (JDIMENSION)cinfo->max_v_samp_factor * DCTSIZE);
    for (int i = 0; i < 3; i++)
        free(samples[i]);
}

struct buffer make_jpeg_of_planes(uint32_t width, uint32_t height, const struct jpeg_factors factors[3])
{
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    unsigned char *file = NULL;
    unsigned long size = 0;
    const struct jpeg_recipe recipe = {.width = width, .height = height, .in = JCS_YCbCr, .out = JCS_YCbCr};
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &file, &size);
    set_up(&cinfo, &recipe, 3);
    for (int i = 0; i < 3; i++) {
        cinfo.comp_info[i].h_samp_factor = factors[i].h;
        cinfo.comp_info[i].v_samp_factor = factors[i].v;
    }
    cinfo.raw_data_in = TRUE;
    jpeg_start_compress(&cinfo, TRUE);
    for (uint32_t row = 0; cinfo.next_scanline < height; row++)
        write_mcu_row(&cinfo, row);
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    return (struct buffer){.data = file, .size = size, .capacity = size};
}

void insert_segment(struct buffer *file, unsigned marker, const void *payload, size_t size)
{
    uint8_t head[4] = {0xFF, (uint8_t)marker, (uint8_t)((size + 2) >> 8), (uint8_t)(size + 2)};
    struct buffer result = {0};
    cr_assert_eq(buffer_append(&result, file->data, 2), 0);
    cr_assert_eq(buffer_append(&result, head, sizeof head), 0);
    cr_assert_eq(buffer_append(&result, payload, size), 0);
    cr_assert_eq(buffer_append(&result, file->data + 2, file->size - 2), 0);
    buffer_free(file);
    *file = result;
}

uint8_t *plain_rows(const struct buffer *file, unsigned n, J_COLOR_SPACE out, uint32_t *width,
                    uint32_t *height)
{
    struct jpeg_decompress_struct cinfo;
    struct jpeg_error_mgr errors;
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&cinfo);
    jpeg_mem_src(&cinfo, file->data, file->size);
    jpeg_read_header(&cinfo, TRUE);
    cinfo.scale_num = n;
    cinfo.scale_denom = 8;
    cinfo.out_color_space = out;
    jpeg_start_decompress(&cinfo);
    size_t stride = (size_t)cinfo.output_width * (size_t)cinfo.output_components;
    uint8_t *samples = malloc(stride * cinfo.output_height);
    cr_assert_not_null(samples);
    while (cinfo.output_scanline < cinfo.output_height) {
        JSAMPROW row = samples + stride * cinfo.output_scanline;
        jpeg_read_scanlines(&cinfo, &row, 1);
    }
    *width = cinfo.output_width;
    *height = cinfo.output_height;
    jpeg_finish_decompress(&cinfo);
    jpeg_destroy_decompress(&cinfo);
    return samples;
}

uint8_t *plain_plane(const struct buffer *file, int component, unsigned n, uint32_t *width, uint32_t *height)
{
    struct jpeg_decompress_struct in;
    struct jpeg_compress_struct out;
    struct jpeg_error_mgr errors;
    unsigned char *gray = NULL;
    unsigned long size = 0;
    in.err = out.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&in);
    jpeg_mem_src(&in, file->data, file->size);
    jpeg_read_header(&in, TRUE);
    jvirt_barray_ptr *coefficients = jpeg_read_coefficients(&in);

    jpeg_create_compress(&out);
    jpeg_mem_dest(&out, &gray, &size);
    out.image_width = in.comp_info[component].downsampled_width;
    out.image_height = in.comp_info[component].downsampled_height;
    out.input_components = 1;
    out.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&out);
    memcpy(out.quant_tbl_ptrs[0]->quantval, in.comp_info[component].quant_table->quantval,
           sizeof out.quant_tbl_ptrs[0]->quantval);
    out.optimize_coding = TRUE;
    jpeg_write_coefficients(&out, &coefficients[component]);
    jpeg_finish_compress(&out);
    jpeg_destroy_compress(&out);
    jpeg_finish_decompress(&in);
    jpeg_destroy_decompress(&in);

    struct buffer file_of_one = {.data = gray, .size = size, .capacity = size};
    uint8_t *samples = plain_rows(&file_of_one, n, JCS_GRAYSCALE, width, height);
    free(gray);
    return samples;
}

struct buffer make_jpeg_of_scans(unsigned scans)
{
    enum { WRITTEN = 64 };
    jpeg_scan_info script[WRITTEN] = {{.comps_in_scan = 1}};
    for (int i = 1; i < WRITTEN; i++) /* one coefficient each */
        script[i] = (jpeg_scan_info){.comps_in_scan = 1, .Ss = i, .Se = i};
    struct jpeg_recipe recipe = {.width = 16, .height = 16, .in = JCS_GRAYSCALE, .out = JCS_GRAYSCALE};
    recipe.scans = script;
    recipe.nscans = WRITTEN;
    struct buffer file = make_jpeg(&recipe);
    /* libjpeg writes each coefficient once; the last scan is repeated behind it. */
    size_t last = file.size - 2;
    while (file.data[last] != 0xFF || file.data[last + 1] != 0xDA)
        last--;
    size_t length = file.size - 2 - last;
    uint8_t *scan = malloc(length);
    memcpy(scan, file.data + last, length);
    file.size -= 2;
    for (unsigned i = WRITTEN; i < scans; i++)
        cr_assert_eq(buffer_append(&file, scan, length), 0);
    cr_assert_eq(buffer_append(&file, "\xFF\xD9", 2), 0);
    free(scan);
    return file;
}

void set_jpeg_size(struct buffer *file, unsigned width, unsigned height)
{
    size_t at = 2;
    while (file->data[at + 1] < 0xC0 || file->data[at + 1] > 0xC2)
        at += 2 + ((size_t)file->data[at + 2] << 8 | file->data[at + 3]);
    const uint8_t size[] = {(uint8_t)(height >> 8), (uint8_t)height, (uint8_t)(width >> 8), (uint8_t)width};
    memcpy(file->data + at + 5, size, sizeof size);
}

static bool is_tables(unsigned marker)
{
    return marker == 0xC4 || marker == 0xDB;
}

void join_tables(struct buffer *file)
{
    uint8_t *const bytes = file->data;
    size_t at = 2;
    while (bytes[at + 1] != 0xDA) {
        const size_t size = (size_t)bytes[at + 2] << 8 | bytes[at + 3], next = at + 2 + size;
        cr_assert(bytes[at] == 0xFF && next + 4 < file->size);
        if (!is_tables(bytes[at + 1]) || bytes[next + 1] != bytes[at + 1]) {
            at = next;
            continue;
        }
        const size_t both = size + ((size_t)bytes[next + 2] << 8 | bytes[next + 3]) - 2;
        bytes[at + 2] = (uint8_t)(both >> 8);
        bytes[at + 3] = (uint8_t)both;
        memmove(bytes + next, bytes + next + 4, file->size - next - 4);
        file->size -= 4;
    }
}
