/* RGB to YCbCr as in libjpeg's jccolor.c, and chroma at half size as in its jcsample.c, bit-identical. */
#include "codec/jpeg/encode_rgb.h"
#include "image/vector.h"

enum {
    FIX_HALF = 1 << 15,
    CBCR_CENTER = (128 << 16) + FIX_HALF - 1,
    PIXEL_BYTES = 3,
    LANE_PIXELS = LANE_BYTES,                /* pixels whose samples of one component fill a lane */
    QUARTER = LANE_PIXELS / 4 * PIXEL_BYTES, /* bytes of four pixels, a lane's 32-bit elements */
};

/* Each pixel as R G B G: even bytes are R and B, odd ones G twice, because G's factor does not always fit
 * into 16 bits. The last four pixels of sixteen are loaded from 4 bytes before them, so that no byte after
 * the sixteen is read. */
static const uint8_t first_order[LANE_BYTES] = {0, 1, 2, 1, 3, 4, 5, 4, 6, 7, 8, 7, 9, 10, 11, 10};
static const uint8_t last_order[LANE_BYTES] = {4, 5, 6, 5, 7, 8, 9, 8, 10, 11, 12, 11, 13, 14, 15, 14};

/* Factors of the sums: for R and B, and for G twice. */
struct factors {
    vi32 red_blue, green;
};

static inline struct factors factors_of(int red, int green, int blue)
{
    const int half = green / 2;
    return (struct factors){join_halves(broadcast_32(red), broadcast_32(blue)),
                            join_halves(broadcast_32(half), broadcast_32(green - half))};
}

static inline vi32 sum_of(const vi32 pixels, struct factors factors)
{
    return add_pairs(multiply_pairs(even_bytes(pixels), factors.red_blue), odd_bytes(pixels), factors.green);
}

/* Words to bytes, in memory order, because each lane has 16 adjacent pixels. */
static inline void store_bytes(uint8_t *to, const vi32 v[4])
{
    store(to, pack_lanes(pack_words(v[0], v[1]), pack_words(v[2], v[3])));
}

static void to_ycc(const uint8_t *rgb, size_t pixels, uint8_t *y, uint8_t *cb, uint8_t *cr)
{
    /* 32768 does not fit into 16 bits, but -32768 does: the sums for Cb and Cr are negated. */
    const struct factors luma = factors_of(19595, 38470, 7471), blue = factors_of(11059, 21709, -32768),
                         red = factors_of(-32768, 27439, 5329);
    for (size_t x = 0; x < pixels; x += VECTOR_BYTES) {
        const uint8_t *from = rgb + x * PIXEL_BYTES;
        vi32 sums[3][4];
        for (int i = 0; i < 4; i++) {
            const size_t at = i < 3 ? (size_t)i * QUARTER : LANE_PIXELS * PIXEL_BYTES - LANE_BYTES;
            const vi32 pixel = shuffle_bytes(load_lanes(from + at, (size_t)LANE_PIXELS * PIXEL_BYTES),
                                             i < 3 ? first_order : last_order);
            sums[0][i] = (sum_of(pixel, luma) + FIX_HALF) >> 16;
            sums[1][i] = (CBCR_CENTER - sum_of(pixel, blue)) >> 16;
            sums[2][i] = (CBCR_CENTER - sum_of(pixel, red)) >> 16;
        }
        store_bytes(y + x, sums[0]);
        store_bytes(cb + x, sums[1]);
        store_bytes(cr + x, sums[2]);
    }
}

static void halve(const uint8_t *first, const uint8_t *second, size_t samples, uint8_t *out)
{
    const vi16 bias = (vi16)join_halves(broadcast_32(1), broadcast_32(2));
    const vi32 ones = (vi32)((vu8){0} + 1);
    for (size_t x = 0; x < samples; x += VECTOR_BYTES) {
        vi16 sum[2];
        for (int i = 0; i < 2; i++) {
            const size_t at = 2 * x + (size_t)i * VECTOR_BYTES;
            sum[i] =
                (multiply_bytes(load(first + at), ones) + multiply_bytes(load(second + at), ones) + bias) >>
                2;
        }
        store(out + x, pack_bytes(sum[0], sum[1]));
    }
}

const struct ycc_kernels SIMD_NAME(ycc_kernels) = {.to_ycc = to_ycc, .halve = halve};
