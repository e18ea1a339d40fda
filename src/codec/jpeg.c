/* The JPEG codec's row; codec/jpeg.h says where the rest is. */
#include "codec/jpeg.h"

static bool jpeg_sniff(const uint8_t *head, size_t size)
{
    return size >= 3 && head[0] == 0xFF && head[1] == JPEG_SOI && head[2] == 0xFF;
}

static bool jpeg_holds(const struct shape *shape)
{
    if (shape->color == PM_COLOR_YCC && (shape->sampling_x > 2 || shape->sampling_y > shape->sampling_x))
        return false; /* 4:4:4, 4:2:2 and 4:2:0 are written */
    return shape->depth == 8 && !shape->alpha;
}

/*
 * At quality 100 a block's 64 coefficients are quantised by 1. By Parseval their mean square is that of the
 * samples, at most 128 squared, so their magnitudes take at most 64 * (log2(128.5) + 1) bits; the optimised
 * Huffman codes of at most 64 symbols out of 256 are no longer than 9 bits on average. That is 137 bytes a
 * block of 64 samples. A 0 goes behind each byte 0xFF, and as every code contains a zero bit at most every
 * second byte is one: 205 bytes. (Tables from a sample of a tall picture are no optimum for the rest of it;
 * a picture built for that may come near: 16 bits a code and 7 a coefficient are 184 bytes a block.)
 */
static uint64_t jpeg_encode_bound(const struct shape *shape)
{
    enum { BLOCK = 8, BLOCK_BYTES = 208, TABLES = 4096, MCU = 2 * BLOCK };
    uint64_t width = (shape->width + (uint64_t)MCU - 1) / MCU * MCU;
    uint64_t height = (shape->height + (uint64_t)MCU - 1) / MCU * MCU;
    uint64_t blocks = width / BLOCK * (height / BLOCK);
    uint64_t all = blocks * shape_channels(shape);
    if (shape->color == PM_COLOR_YCC)
        all = blocks + 2 * (blocks / (shape->sampling_x * shape->sampling_y));
    return all * BLOCK_BYTES + TABLES;
}

const struct codec codec_jpeg = {
    .name = "jpeg",
    .mime = "image/jpeg",
    .suffix = "jpg",
    .suffixes = (const char *const[]){"jpg", "jpeg", "jpe", "jfif", NULL},
    .help = "JPEG: baseline and progressive, grey, colour and CMYK, 8 bits; written as baseline. CMYK stays "
            "CMYK, "
            "unless --format=png makes it RGB",
    .sniff = jpeg_sniff,
    .probe = jpeg_probe,
    .decode_bytes = jpeg_decode_bytes,
    .decode = jpeg_decode,
    .holds = jpeg_holds,
    .side_max = JPEG_SIDE_MAX,
    .encode_bound = jpeg_encode_bound,
    .encode = jpeg_encode,
};
