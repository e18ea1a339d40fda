/* The JPEG codec's row; codec/jpeg/jpeg.h says where the rest is. */
#include "codec/jpeg/encode_fast.h"
#include "codec/jpeg/library.h"
#include "codec/jpeg/options.h"
#include "codec/jpeg/reader.h"
#include "codec/jpeg/transcode.h"

static bool jpeg_sniff(const uint8_t *head, size_t size)
{
    return size >= 3 && head[0] == 0xFF && head[1] == JPEG_SOI && head[2] == 0xFF;
}

static const struct pm_pixel_format *jpeg_accepts(const void *options)
{
    enum { WIDEST = 2, TALLEST = 2, ROWS = 5 };
#define ACCEPTS(x, y)                                                                                        \
    {                                                                                                        \
        PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8), PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), PIXELS_YCC(x, y),   \
            PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),                                                         \
        {                                                                                                    \
            .depth = 0                                                                                       \
        }                                                                                                    \
    }
    static const struct pm_pixel_format accepts[WIDEST][TALLEST][ROWS] = {
        {ACCEPTS(1, 1), ACCEPTS(1, 2)},
        {ACCEPTS(2, 1), ACCEPTS(2, 2)},
    };
#undef ACCEPTS
    unsigned x, y;
    jpeg_sampling(options, &x, &y);
    return accepts[x - 1][y - 1];
}

/* Of all planes, up to whole MCUs. */
static uint64_t count_blocks(const struct shape *shape)
{
    enum { BLOCK = 8, MCU = 2 * BLOCK };
    uint64_t width = (shape->width + (uint64_t)MCU - 1) / MCU * MCU;
    uint64_t height = (shape->height + (uint64_t)MCU - 1) / MCU * MCU;
    uint64_t blocks = width / BLOCK * (height / BLOCK);
    if (shape->format.color == PM_COLOR_YCC)
        return blocks + 2 * (blocks / (shape->format.sampling_x * shape->format.sampling_y));
    return blocks * pm_channels(&shape->format);
}

/*
 * At quality 100 a block's 64 coefficients are quantised by 1. By Parseval their mean square is that of the
 * samples, at most 128 squared, so their magnitudes take at most 64 * (log2(128.5) + 1) bits; the optimised
 * Huffman codes of at most 64 symbols out of 256 are no longer than 9 bits on average. That is 137 bytes a
 * block of 64 samples. A 0 goes behind each byte 0xFF, and as every code contains a zero bit at most every
 * second byte is one: 205 bytes. (Tables from a sample of a tall picture are no optimum for the rest of it;
 * a picture built for that may come near: 16 bits a code and 7 a coefficient are 184 bytes a block.)
 */
static uint64_t jpeg_encode_bound(const struct shape *shape, const void *options)
{
    (void)options;
    enum { BLOCK_BYTES = 208, TABLES = 4096 };
    return count_blocks(shape) * BLOCK_BYTES + TABLES;
}

/* What a strip takes; all coefficients of a progressive file, and of CMYK where libjpeg itself must find the
 * tables. */
static uint64_t jpeg_encode_bytes(const struct shape *shape, const void *options)
{
    const struct jpeg_options *asked = options;
    const bool own = shape->format.color != PM_COLOR_CMYK;
    const bool all = asked->progressive || (!own && (jpeg_library_uses() & JPEG_COUNT_MCUS) == 0);
    return (own ? fast_encoder_bytes(shape->width, shape->format.color) : 0) +
           (all ? count_blocks(shape) * sizeof(JBLOCK) + (uint64_t)shape->height * sizeof(JBLOCKROW) : 0);
}

/* 8 x 8 grey pixels, arithmetic-coded and progressive. */
static const uint8_t arithmetic_sample[] = {
    0xFF, 0xD8, 0xFF, 0xDB, 0x00, 0x43, 0x00, 0x1B, 0x12, 0x14, 0x17, 0x14, 0x11, 0x1B, 0x17, 0x16, 0x17,
    0x1E, 0x1C, 0x1B, 0x20, 0x28, 0x42, 0x2B, 0x28, 0x25, 0x25, 0x28, 0x51, 0x3A, 0x3D, 0x30, 0x42, 0x60,
    0x55, 0x65, 0x64, 0x5F, 0x55, 0x5D, 0x5B, 0x6A, 0x78, 0x99, 0x81, 0x6A, 0x71, 0x90, 0x73, 0x5B, 0x5D,
    0x85, 0xB5, 0x86, 0x90, 0x9E, 0xA3, 0xAB, 0xAD, 0xAB, 0x67, 0x80, 0xBC, 0xC9, 0xBA, 0xA6, 0xC7, 0x99,
    0xA8, 0xAB, 0xA4, 0xFF, 0xCA, 0x00, 0x0B, 0x08, 0x00, 0x08, 0x00, 0x08, 0x01, 0x01, 0x11, 0x00, 0xFF,
    0xCC, 0x00, 0x04, 0x00, 0x10, 0xFF, 0xDA, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x00, 0x01, 0xFD, 0x80,
    0xFF, 0xCC, 0x00, 0x04, 0x10, 0x05, 0xFF, 0xDA, 0x00, 0x08, 0x01, 0x01, 0x00, 0x01, 0x05, 0x02, 0x17,
    0xF0, 0xFF, 0xCC, 0x00, 0x04, 0x10, 0x05, 0xFF, 0xDA, 0x00, 0x08, 0x01, 0x01, 0x00, 0x06, 0x3F, 0x02,
    0xC0, 0xFF, 0xCC, 0x00, 0x04, 0x10, 0x05, 0xFF, 0xDA, 0x00, 0x08, 0x01, 0x01, 0x00, 0x01, 0x3F, 0x21,
    0xFF, 0xDA, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x00, 0x10, 0xC0, 0xFF, 0xCC, 0x00, 0x04, 0x10, 0x05,
    0xFF, 0xDA, 0x00, 0x08, 0x01, 0x01, 0x00, 0x01, 0x3F, 0x10, 0xA8, 0x14, 0xFF, 0xD9,
};

static const struct pm_blob samples[] = {{arithmetic_sample, sizeof arithmetic_sample}, {0}};

static const struct transcoder transcoders[] = {
    {.from = &codec_jpeg,
     .to = &codec_jpeg,
     .copy = jpeg_copy,
     .suits = jpeg_transcode_suits,
     .work_bytes = jpeg_transcode_bytes,
     .result_bytes = jpeg_transcode_result_bytes,
     .run = jpeg_transcode,
     .is_plain = jpeg_is_plain},
    {.from = NULL},
};

const struct codec codec_jpeg = {
    .gain_maps = true,
    .name = "jpeg",
    .mime = "image/jpeg",
    .suffix = "jpg",
    .suffixes = (const char *const[]){"jpg", "jpeg", "jpe", "jfif", NULL},
    .help = "JPEG: baseline and progressive, Huffman or arithmetic coding, grey, colour and CMYK, 8 bits; "
            "written as baseline, or progressive. CMYK stays CMYK, unless the result is a PNG, which is RGB",
    .samples = samples,
    .sniff = jpeg_sniff,
    .probe = jpeg_probe,
    .inspect = jpeg_inspect,
    .decode_bytes = jpeg_decode_bytes,
    .reader_size = sizeof(struct jpeg_decoder),
    .open = jpeg_open,
    .frame = jpeg_frame,
    .rows = jpeg_rows,
    .has_rows = jpeg_has_rows,
    .close = jpeg_close,
    .accepts = jpeg_accepts,
    .side_max = JPEG_SIDE_MAX,
    .encode_bound = jpeg_encode_bound,
    .encode_bytes = jpeg_encode_bytes,
    .options = jpeg_option_rows,
    .tolerance = 32,
    .encode = jpeg_encode,
    .transcoders = transcoders,
};
