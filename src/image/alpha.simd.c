/*
 * Rows with alpha. Each loop is written once for any number of channels, inlined into a version for grey and
 * one for RGB so that the compiler knows the distance between pixels.
 */
#include "base/simd.h"
#include "image/rows.h"
#include "image/vector.h"

#define INLINE static inline __attribute__((always_inline))

/* One of two calls that differ in the number of channels, which is then a constant. */
#define FOR_CHANNELS(call2, call4)                                                                           \
    do {                                                                                                     \
        if (channels == 2)                                                                                   \
            call2;                                                                                           \
        else                                                                                                 \
            call4;                                                                                           \
    } while (0)

INLINE uint8_t and_8(const uint8_t *in, size_t width, unsigned channels)
{
    uint8_t all = UINT8_MAX;
    for (size_t x = 0; x < width; x++)
        all &= in[x * channels + channels - 1];
    return all;
}

/* Of RGBA, whole vectors; the rest is and_8's. */
static inline uint8_t and_rgba(const uint8_t *in, size_t width)
{
    enum { PIXELS_AT_ONCE = VECTOR_BYTES / 4 };
    uint8_t bytes[VECTOR_BYTES];
    vi32 all = broadcast_32(-1);
    size_t x = 0;
    for (; x + PIXELS_AT_ONCE <= width; x += PIXELS_AT_ONCE)
        all &= load(in + x * 4);
    store(bytes, all);
    return and_8(bytes, PIXELS_AT_ONCE, 4) & and_8(in + x * 4, width - x, 4);
}

static bool opaque_8(const uint8_t *in, size_t width, unsigned channels)
{
    return (channels == 2 ? and_8(in, width, 2) : and_rgba(in, width)) == UINT8_MAX;
}

INLINE uint16_t and_16(const uint16_t *in, size_t width, unsigned channels)
{
    uint16_t all = UINT16_MAX;
    for (size_t x = 0; x < width; x++)
        all &= in[x * channels + channels - 1];
    return all;
}

static bool opaque_16(const uint16_t *in, size_t width, unsigned channels)
{
    return (channels == 2 ? and_16(in, width, 2) : and_16(in, width, 4)) == UINT16_MAX;
}

INLINE void drop_any_8(const uint8_t *restrict in, uint8_t *restrict out, size_t width, unsigned channels)
{
    for (size_t x = 0; x < width; x++) {
        for (unsigned c = 0; c < channels - 1; c++)
            out[x * (channels - 1) + c] = in[x * channels + c];
    }
}

/* RGBA to RGB. A lane's four pixels are stored as 16 bytes, the last 4 of which the next store overwrites. */
static inline void drop_rgba(const uint8_t *restrict in, uint8_t *restrict out, size_t width)
{
    enum { PIXELS_AT_ONCE = VECTOR_BYTES / 4, LANE_PIXELS = LANE_BYTES / 4, LANE_OUT = LANE_PIXELS * 3 };
    static const uint8_t order[LANE_BYTES] = {0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14};
    size_t x = 0;
    for (; x + PIXELS_AT_ONCE + LANE_PIXELS <= width; x += PIXELS_AT_ONCE) {
        uint8_t *to[VECTOR_LANES];
        for (unsigned i = 0; i < VECTOR_LANES; i++)
            to[i] = out + x * 3 + (size_t)i * LANE_OUT;
        store_lanes(to, shuffle_bytes(load(in + x * 4), order));
    }
    drop_any_8(in + x * 4, out + x * 3, width - x, 4);
}

static void drop_8(const uint8_t *in, uint8_t *out, size_t width, unsigned channels)
{
    FOR_CHANNELS(drop_any_8(in, out, width, 2), drop_rgba(in, out, width));
}

INLINE void drop_any_16(const uint16_t *restrict in, uint16_t *restrict out, size_t width, unsigned channels)
{
    for (size_t x = 0; x < width; x++) {
        for (unsigned c = 0; c < channels - 1; c++)
            out[x * (channels - 1) + c] = in[x * channels + c];
    }
}

static void drop_16(const uint16_t *in, uint16_t *out, size_t width, unsigned channels)
{
    FOR_CHANNELS(drop_any_16(in, out, width, 2), drop_any_16(in, out, width, 4));
}

INLINE void add_any_8(const uint8_t *restrict in, uint8_t *restrict out, size_t width, unsigned channels)
{
    for (size_t x = 0; x < width; x++) {
        for (unsigned c = 0; c < channels - 1; c++)
            out[x * channels + c] = in[x * (channels - 1) + c];
        out[x * channels + channels - 1] = UINT8_MAX;
    }
}

static void add_8(const uint8_t *in, uint8_t *out, size_t width, unsigned channels)
{
    FOR_CHANNELS(add_any_8(in, out, width, 2), add_any_8(in, out, width, 4));
}

INLINE void add_any_16(const uint16_t *restrict in, uint16_t *restrict out, size_t width, unsigned channels)
{
    for (size_t x = 0; x < width; x++) {
        for (unsigned c = 0; c < channels - 1; c++)
            out[x * channels + c] = in[x * (channels - 1) + c];
        out[x * channels + channels - 1] = UINT16_MAX;
    }
}

static void add_16(const uint16_t *in, uint16_t *out, size_t width, unsigned channels)
{
    FOR_CHANNELS(add_any_16(in, out, width, 2), add_any_16(in, out, width, 4));
}

/* round(v * a * 257 / 255) = v * a + round(2 * v * a / 255). */
INLINE void premultiply_any_8(const uint8_t *restrict in, uint16_t *restrict out, size_t width,
                              unsigned channels)
{
    for (size_t x = 0; x < width; x++) {
        const uint8_t *pixel = in + x * channels;
        uint32_t alpha = pixel[channels - 1];
        for (unsigned c = 0; c < channels - 1; c++) {
            uint32_t product = pixel[c] * alpha;
            out[x * channels + c] = (uint16_t)(product + (2 * product + 127) / 255);
        }
        out[x * channels + channels - 1] = (uint16_t)(alpha * 257);
    }
}

/* Two pixels of RGBA in each lane, as words. Alpha itself is 255 under alpha. With p = v * a and h = p / 255
 * rounded down, round(2 * p / 255) is 2 * h and, for the remainder of 0 to 254, 0 below 64, 1 below 192, or
 * 2. */
static inline vi32 premultiply_words(vi32 pixels)
{
    static const uint8_t alphas[LANE_BYTES] = {6, 7, 6, 7, 6, 7, 6, 7, 14, 15, 14, 15, 14, 15, 14, 15};
    static const uint16_t opaque[LANE_BYTES / 2] = {0, 0, 0, UINT8_MAX, 0, 0, 0, UINT8_MAX};
    const vu16 colors = (vu16)(pixels | load_lanes((const uint8_t *)opaque, 0));
    const vu16 product = colors * (vu16)shuffle_bytes(pixels, alphas);
    const vu16 whole = multiply_high(product, (vu16){0} + 0x8081) >> 7;
    const vu16 remainder = product - (whole << 8) + whole;
    return (vi32)(product + whole + whole + ((remainder + 64) >> 7));
}

static inline void premultiply_rgba(const uint8_t *restrict in, uint16_t *restrict out, size_t width)
{
    enum { PIXELS_AT_ONCE = VECTOR_BYTES / 4 };
    size_t x = 0;
    for (; x + PIXELS_AT_ONCE <= width; x += PIXELS_AT_ONCE) {
        const vi32 pixels = load(in + x * 4);
        vi32 first, second;
        interleave_lanes(premultiply_words(join_low_bytes(pixels, broadcast_32(0))),
                         premultiply_words(join_high_bytes(pixels, broadcast_32(0))), &first, &second);
        store(out + x * 4, first);
        store(out + x * 4 + VECTOR_WORDS, second);
    }
    premultiply_any_8(in + x * 4, out + x * 4, width - x, 4);
}

static void premultiply_8(const uint8_t *in, uint16_t *out, size_t width, unsigned channels)
{
    FOR_CHANNELS(premultiply_any_8(in, out, width, 2), premultiply_rgba(in, out, width));
}

INLINE void premultiply_any_16(const uint16_t *restrict in, uint16_t *restrict out, size_t width,
                               unsigned channels)
{
    for (size_t x = 0; x < width; x++) {
        const uint16_t *pixel = in + x * channels;
        uint32_t alpha = pixel[channels - 1];
        for (unsigned c = 0; c < channels - 1; c++)
            out[x * channels + c] = (uint16_t)scale_65535(pixel[c] * alpha);
        out[x * channels + channels - 1] = (uint16_t)alpha;
    }
}

static void premultiply_16(const uint16_t *in, uint16_t *out, size_t width, unsigned channels)
{
    FOR_CHANNELS(premultiply_any_16(in, out, width, 2), premultiply_any_16(in, out, width, 4));
}

/*
 * round(v * 255 / a), as floor((v * 255 + a / 2) / a) with a float division, as SIMD has no integer division.
 * The result is exact: the dividend is below 2^24, and a non-integer quotient is at least 1 / 65535 below the
 * next integer, while floats below 256 are at most 2^-16 apart.
 */
INLINE void unpremultiply_any_8(const uint16_t *restrict in, uint8_t *restrict out, size_t width,
                                unsigned channels)
{
    for (size_t x = 0; x < width; x++) {
        const uint16_t *pixel = in + x * channels;
        int32_t alpha = pixel[channels - 1];
        int32_t alpha_8 = sample_to_8bit((uint32_t)alpha);
        int32_t visible = alpha_8 > 0 ? -1 : 0, divisor = alpha > 0 ? alpha : 1;
        for (unsigned c = 0; c < channels - 1; c++) {
            int32_t value = pixel[c] < alpha ? pixel[c] : alpha;
            int32_t quotient = (int32_t)((float)(value * 255 + alpha / 2) / (float)divisor);
            out[x * channels + c] = (uint8_t)(quotient & visible);
        }
        out[x * channels + channels - 1] = (uint8_t)alpha_8;
    }
}

static void unpremultiply_8(const uint16_t *in, uint8_t *out, size_t width, unsigned channels)
{
    FOR_CHANNELS(unpremultiply_any_8(in, out, width, 2), unpremultiply_any_8(in, out, width, 4));
}

/* round(v * 65535 / a) by a double division: dividends below 2^32, quotients of integers at least 2^-48 apart
 * in proportion, so it is exact too. */
INLINE void unpremultiply_any_16(const uint16_t *restrict in, uint16_t *restrict out, size_t width,
                                 unsigned channels)
{
    for (size_t x = 0; x < width; x++) {
        const uint16_t *pixel = in + x * channels;
        uint32_t alpha = pixel[channels - 1];
        uint32_t divisor = alpha > 0 ? alpha : 1;
        for (unsigned c = 0; c < channels - 1; c++) {
            uint32_t value = pixel[c] < alpha ? pixel[c] : alpha;
            double quotient = (double)(value * 65535 + alpha / 2) / (double)divisor;
            out[x * channels + c] = (uint16_t)(int32_t)quotient;
        }
        out[x * channels + channels - 1] = (uint16_t)alpha;
    }
}

static void unpremultiply_16(const uint16_t *in, uint16_t *out, size_t width, unsigned channels)
{
    FOR_CHANNELS(unpremultiply_any_16(in, out, width, 2), unpremultiply_any_16(in, out, width, 4));
}

INLINE void flatten_any_8(const uint8_t *restrict in, uint8_t *restrict out, size_t width, unsigned channels,
                          const uint16_t background[3])
{
    for (size_t x = 0; x < width; x++) {
        const uint8_t *pixel = in + x * channels;
        uint32_t alpha = pixel[channels - 1];
        for (unsigned c = 0; c < channels - 1; c++)
            out[x * (channels - 1) + c] =
                (uint8_t)scale_255(pixel[c] * alpha + background[c] * (UINT8_MAX - alpha));
    }
}

static void flatten_8(const uint8_t *in, uint8_t *out, size_t width, unsigned channels,
                      const uint16_t background[3])
{
    FOR_CHANNELS(flatten_any_8(in, out, width, 2, background), flatten_any_8(in, out, width, 4, background));
}

INLINE void flatten_any_16(const uint16_t *restrict in, uint16_t *restrict out, size_t width,
                           unsigned channels, const uint16_t background[3])
{
    for (size_t x = 0; x < width; x++) {
        const uint16_t *pixel = in + x * channels;
        uint32_t alpha = pixel[channels - 1];
        for (unsigned c = 0; c < channels - 1; c++)
            out[x * (channels - 1) + c] =
                (uint16_t)scale_65535(pixel[c] * alpha + background[c] * (UINT16_MAX - alpha));
    }
}

static void flatten_16(const uint16_t *in, uint16_t *out, size_t width, unsigned channels,
                       const uint16_t background[3])
{
    FOR_CHANNELS(flatten_any_16(in, out, width, 2, background),
                 flatten_any_16(in, out, width, 4, background));
}

const struct alpha_rows SIMD_NAME(alpha_rows) = {
    .opaque_8 = opaque_8,
    .opaque_16 = opaque_16,
    .drop_8 = drop_8,
    .drop_16 = drop_16,
    .add_8 = add_8,
    .add_16 = add_16,
    .premultiply_8 = premultiply_8,
    .premultiply_16 = premultiply_16,
    .unpremultiply_8 = unpremultiply_8,
    .unpremultiply_16 = unpremultiply_16,
    .flatten_8 = flatten_8,
    .flatten_16 = flatten_16,
};
