#include "codec/jpeg/blocks.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define SCAN1(c, first, last, high, low)                                                                     \
    {                                                                                                        \
        .comps_in_scan = 1, .component_index = {c}, .Ss = first, .Se = last, .Ah = high, .Al = low           \
    }
#define SCAN3(high, low)                                                                                     \
    {                                                                                                        \
        .comps_in_scan = 3, .component_index = {0, 1, 2}, .Ah = high, .Al = low                              \
    }

static const jpeg_scan_info apart[] = {SCAN1(0, 0, 63, 0, 0), SCAN1(1, 0, 63, 0, 0), SCAN1(2, 0, 63, 0, 0)};
static const jpeg_scan_info two_and_one[] = {{.comps_in_scan = 2, .component_index = {0, 2}, .Se = 63},
                                             SCAN1(1, 0, 63, 0, 0)};
/* As libjpeg's jpeg_simple_progression. */
static const jpeg_scan_info libjpegs[] = {
    SCAN3(0, 1),           SCAN1(0, 1, 5, 0, 2),  SCAN1(2, 1, 63, 0, 1), SCAN1(1, 1, 63, 0, 1),
    SCAN1(0, 6, 63, 0, 2), SCAN1(0, 1, 63, 2, 1), SCAN3(1, 0),           SCAN1(2, 1, 63, 1, 0),
    SCAN1(1, 1, 63, 1, 0), SCAN1(0, 1, 63, 1, 0),
};
/* As mozjpeg's, which tries out where bands end. */
static const jpeg_scan_info mozjpegs[] = {
    SCAN3(0, 0),           SCAN1(0, 1, 2, 0, 1),  SCAN1(0, 3, 63, 0, 1),
    SCAN1(0, 1, 63, 1, 0), SCAN1(1, 1, 8, 0, 2),  SCAN1(1, 9, 63, 0, 2),
    SCAN1(1, 1, 63, 2, 1), SCAN1(1, 1, 63, 1, 0), SCAN1(2, 1, 63, 0, 0),
};
static const jpeg_scan_info bands[] = {SCAN1(2, 0, 0, 0, 0),  SCAN1(0, 0, 0, 0, 0),   SCAN1(1, 0, 0, 0, 0),
                                       SCAN1(0, 1, 1, 0, 0),  SCAN1(0, 2, 9, 0, 0),   SCAN1(0, 10, 63, 0, 0),
                                       SCAN1(1, 1, 62, 0, 0), SCAN1(1, 63, 63, 0, 0), SCAN1(2, 1, 63, 0, 0)};
static const jpeg_scan_info bits[] = {SCAN3(0, 3),           SCAN3(3, 2),           SCAN3(2, 1),
                                      SCAN1(0, 1, 63, 0, 4), SCAN1(0, 1, 63, 4, 3), SCAN1(0, 1, 63, 3, 2),
                                      SCAN1(0, 1, 63, 2, 1), SCAN1(0, 1, 63, 1, 0), SCAN3(1, 0),
                                      SCAN1(1, 1, 63, 0, 1), SCAN1(1, 1, 63, 1, 0), SCAN1(2, 1, 63, 0, 0)};
static const jpeg_scan_info grey_bits[] = {SCAN1(0, 0, 0, 0, 1), SCAN1(0, 1, 63, 0, 1), SCAN1(0, 0, 0, 1, 0),
                                           SCAN1(0, 1, 63, 1, 0)};
static const jpeg_scan_info grey_bands[] = {SCAN1(0, 0, 0, 0, 0), SCAN1(0, 1, 5, 0, 2), SCAN1(0, 6, 63, 0, 2),
                                            SCAN1(0, 1, 63, 2, 1), SCAN1(0, 1, 63, 1, 0)};

static const jpeg_scan_info inks_apart[] = {SCAN1(0, 0, 63, 0, 0), SCAN1(3, 0, 63, 0, 0),
                                            SCAN1(2, 0, 63, 0, 0), SCAN1(1, 0, 63, 0, 0)};
static const jpeg_scan_info three_and_one[] = {
    SCAN3(0, 0),           SCAN1(3, 0, 0, 0, 1),  SCAN1(3, 0, 0, 1, 0), SCAN1(0, 1, 63, 0, 0),
    SCAN1(1, 1, 63, 0, 0), SCAN1(2, 1, 63, 0, 0), SCAN1(3, 1, 63, 0, 0)};
#define SCAN4(high, low)                                                                                     \
    {                                                                                                        \
        .comps_in_scan = 4, .component_index = {0, 1, 2, 3}, .Ah = high, .Al = low                           \
    }
static const jpeg_scan_info ink_bits[] = {
    SCAN4(0, 1),           SCAN1(0, 1, 5, 0, 2),  SCAN1(1, 1, 63, 0, 1), SCAN1(2, 1, 63, 0, 1),
    SCAN1(3, 1, 63, 0, 1), SCAN1(0, 6, 63, 0, 2), SCAN1(0, 1, 63, 2, 1), SCAN4(1, 0),
    SCAN1(0, 1, 63, 1, 0), SCAN1(1, 1, 63, 1, 0), SCAN1(2, 1, 63, 1, 0), SCAN1(3, 1, 63, 1, 0)};

#define SCRIPT(name, scans)                                                                                  \
    {                                                                                                        \
        name, scans, sizeof(scans) / sizeof *(scans)                                                         \
    }
const struct jpeg_script jpeg_scripts[JPEG_SCRIPTS] = {
    SCRIPT("apart", apart),        SCRIPT("two and one", two_and_one),
    SCRIPT("libjpeg's", libjpegs), SCRIPT("mozjpeg's", mozjpegs),
    SCRIPT("bands", bands),        SCRIPT("bits", bits),
};
const struct jpeg_script jpeg_grey_scripts[JPEG_GREY_SCRIPTS] = {
    {"one", NULL, 0}, SCRIPT("bits", grey_bits), SCRIPT("bands", grey_bands)};
const struct jpeg_script jpeg_ink_scripts[JPEG_INK_SCRIPTS] = {{"one", NULL, 0},
                                                               SCRIPT("apart", inks_apart),
                                                               SCRIPT("three and one", three_and_one),
                                                               SCRIPT("bits", ink_bits)};

static uint32_t next_random(unsigned *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

/* Small values are frequent, large ones not. */
static JCOEF random_coefficient(const struct jpeg_blocks *blocks, unsigned *state)
{
    const int most = blocks->largest >> next_random(state) % 11;
    const int value = (int)(next_random(state) % (unsigned)(most + 1));
    return (JCOEF)(next_random(state) & 1 ? value : -value);
}

static void fill(JBLOCKROW row, JDIMENSION count, const struct jpeg_blocks *blocks, unsigned *state)
{
    for (JDIMENSION x = 0; x < count; x++) {
        /* Some blocks are full, some flat. */
        const unsigned filled = next_random(state) % 4 == 0 ? 0 : blocks->filled * (next_random(state) % 3);
        memset(row[x], 0, sizeof row[x]);
        row[x][0] = random_coefficient(blocks, state);
        for (int k = 1; k < DCTSIZE2; k++) {
            const bool wanted = blocks->side == 0 || (k % 8u < blocks->side && k / 8u < blocks->side);
            if (next_random(state) % 256 < filled && wanted)
                row[x][k] = random_coefficient(blocks, state);
        }
    }
}

static void set_up(j_compress_ptr cinfo, const struct jpeg_blocks *blocks)
{
    static const J_COLOR_SPACE spaces[] = {
        [1] = JCS_GRAYSCALE, [2] = JCS_UNKNOWN, [3] = JCS_YCbCr, [4] = JCS_CMYK};
    cinfo->image_width = blocks->width;
    cinfo->image_height = blocks->height;
    cinfo->input_components = blocks->components;
    cinfo->in_color_space = spaces[blocks->components];
    jpeg_set_defaults(cinfo);
    jpeg_set_colorspace(cinfo, blocks->space > 0 ? blocks->space : spaces[blocks->components]);
    cinfo->write_Adobe_marker &= !blocks->no_adobe;
    for (int i = 0; i < blocks->components; i++) {
        cinfo->comp_info[i].h_samp_factor = blocks->factors[i].h;
        cinfo->comp_info[i].v_samp_factor = blocks->factors[i].v;
    }
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < DCTSIZE2; k++)
            cinfo->quant_tbl_ptrs[i]->quantval[k] = (UINT16)(1 + blocks->quantizer * (1 + k % 7) / 4);
    }
    cinfo->optimize_coding = !blocks->standard;
    cinfo->restart_interval = blocks->restart;
    cinfo->scan_info = blocks->scans;
    cinfo->num_scans = blocks->nscans;
}

static JDIMENSION count_blocks(uint32_t side, int factor, int largest_factor)
{
    const uint32_t blocks =
        (side * (uint32_t)factor + 8 * (uint32_t)largest_factor - 1) / (8 * (uint32_t)largest_factor);
    return (blocks + (uint32_t)factor - 1) / (uint32_t)factor * (uint32_t)factor;
}

struct buffer make_jpeg_of_blocks(const struct jpeg_blocks *blocks)
{
    struct jpeg_compress_struct cinfo;
    struct jpeg_error_mgr errors;
    unsigned char *file = NULL;
    unsigned long size = 0;
    unsigned state = blocks->seed;
    int h = 1, v = 1;
    jvirt_barray_ptr arrays[BLOCKS_COMPONENTS];
    cinfo.err = jpeg_std_error(&errors);
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &file, &size);
    set_up(&cinfo, blocks);
    for (int i = 0; i < blocks->components; i++) {
        h = blocks->factors[i].h > h ? blocks->factors[i].h : h;
        v = blocks->factors[i].v > v ? blocks->factors[i].v : v;
    }
    JDIMENSION rows[BLOCKS_COMPONENTS], columns[BLOCKS_COMPONENTS];
    for (int i = 0; i < blocks->components; i++) {
        columns[i] = count_blocks(blocks->width, blocks->factors[i].h, h);
        rows[i] = count_blocks(blocks->height, blocks->factors[i].v, v);
        arrays[i] = cinfo.mem->request_virt_barray((j_common_ptr)&cinfo, JPOOL_IMAGE, FALSE, columns[i],
                                                   rows[i], (JDIMENSION)blocks->factors[i].v);
    }
    jpeg_write_coefficients(&cinfo, arrays);
    for (int i = 0; i < blocks->components; i++) {
        for (JDIMENSION y = 0; y < rows[i]; y++)
            fill(*cinfo.mem->access_virt_barray((j_common_ptr)&cinfo, arrays[i], y, 1, TRUE), columns[i],
                 blocks, &state);
    }
    jpeg_finish_compress(&cinfo);
    jpeg_destroy_compress(&cinfo);
    return (struct buffer){.data = file, .size = size, .capacity = size};
}
