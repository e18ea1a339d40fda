/* Kernel of color/ycc_shaper.h: vectors of chroma samples, each with four luma samples. */
#include "color/float_vector.h"
#include "color/ycc_shaper_tables.h"

#define INLINE static inline __attribute__((always_inline))

enum { CHROMA = VECTOR_DWORDS, LUMA = 2 * VECTOR_DWORDS };

typedef uint8_t chroma_bytes __attribute__((vector_size(CHROMA)));
typedef uint16_t luma_pairs __attribute__((vector_size(2 * CHROMA)));

struct colors {
    vf32 r, g, b;
};

INLINE vf32 light_of(const struct cubics *cubics, vf32 sample)
{
    const float segments = 7.9999995f; /* CUBICS, but 1 is in the last one */
    return cubic(cubics, whole_of(sample * segments), sample);
}

INLINE vf32 sample_of(const struct ycc_shaper *shaper, vf32 light)
{
    const float most = 0.99999994f, octaves = 1.0f / (1 << YCC_OCTAVES);
    const vf32 x = smaller(larger(light, broadcast_float(0)), broadcast_float(most));
    const vi32 exponent = (vi32)larger(x, broadcast_float(octaves)) >> 23;
    /* Octave -8 has the biased exponent 119, and is entry 0. */
    const vf32 curved = cubic(&shaper->sample, exponent + 1, x);
    return (vf32)if_below(x, broadcast_float(shaper->straight), (vi32)(x * shaper->slope), (vi32)curved);
}

INLINE struct colors convert(const struct ycc_shaper *shaper, struct colors in)
{
    const float(*m)[3] = shaper->matrix;
    const vf32 r = light_of(&shaper->light[0], clamp_1(in.r)), g = light_of(&shaper->light[1], clamp_1(in.g)),
               b = light_of(&shaper->light[2], clamp_1(in.b));
    return (struct colors){
        sample_of(shaper, r * m[0][0] + g * m[0][1] + b * m[0][2]),
        sample_of(shaper, r * m[1][0] + g * m[1][1] + b * m[1][2]),
        sample_of(shaper, r * m[2][0] + g * m[2][1] + b * m[2][2]),
    };
}

/* JFIF's luma of one pixel, 0 to 1, which joins *sum. */
INLINE vf32 luma_of(struct colors c, struct colors *sum)
{
    sum->r += c.r;
    sum->g += c.g;
    sum->b += c.b;
    return c.r * 0.299f + c.g * 0.587f + c.b * 0.114f;
}

INLINE vi32 level(vf32 sample)
{
    return whole_of(sample * 255 + 0.5f);
}

/* Two luma samples for each chroma sample, the left one's parts in *left. */
INLINE void load_luma(const uint8_t *from, vf32 *left, vf32 *right)
{
    luma_pairs pairs;
    memcpy(&pairs, from, sizeof pairs);
    const vi32 both = __builtin_convertvector(pairs, vi32);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    *left = float_of(both & 255) * (1.0f / 255);
    *right = float_of(both >> 8) * (1.0f / 255);
#else
    *left = float_of(both >> 8) * (1.0f / 255);
    *right = float_of(both & 255) * (1.0f / 255);
#endif
}

INLINE void store_luma(uint8_t *to, vi32 left, vi32 right)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    const luma_pairs pairs = __builtin_convertvector(left | right << 8, luma_pairs);
#else
    const luma_pairs pairs = __builtin_convertvector(right | left << 8, luma_pairs);
#endif
    memcpy(to, &pairs, sizeof pairs);
}

INLINE vf32 load_chroma(const uint8_t *from)
{
    chroma_bytes bytes;
    memcpy(&bytes, from, sizeof bytes);
    return float_of(__builtin_convertvector(bytes, vi32) - 128) * (1.0f / 255);
}

/* `difference` is four times that of JFIF's blue or red and luma. */
INLINE void store_chroma(uint8_t *to, vf32 difference, float factor)
{
    const vi32 sample = clamp_32(whole_of(difference * (factor * 255 / 4) + 128.5f), 0, 255);
    const chroma_bytes bytes = __builtin_convertvector(sample, chroma_bytes);
    memcpy(to, &bytes, sizeof bytes);
}

/* One vector of chroma samples. */
INLINE void block(const struct ycc_shaper *shaper, const struct ycc_rows *in, const struct ycc_rows *out,
                  size_t x)
{
    const vf32 cb = load_chroma(in->cb + x), cr = load_chroma(in->cr + x), red = cr * 1.402f,
               green = cb * -0.344136f - cr * 0.714136f, blue = cb * 1.772f;
    struct colors sum = {broadcast_float(0), broadcast_float(0), broadcast_float(0)};
    for (int row = 0; row < 2; row++) {
        vf32 y[2];
        vi32 result[2];
        load_luma(in->y[row] + 2 * x, &y[0], &y[1]);
        for (int i = 0; i < 2; i++) {
            const struct colors c = {y[i] + red, y[i] + green, y[i] + blue};
            result[i] = level(luma_of(convert(shaper, c), &sum));
        }
        store_luma(out->y[row] + 2 * x, result[0], result[1]);
    }
    const vf32 luma = sum.r * 0.299f + sum.g * 0.587f + sum.b * 0.114f;
    store_chroma(out->cb + x, sum.b - luma, 1 / 1.772f);
    store_chroma(out->cr + x, sum.r - luma, 1 / 1.402f);
}

/* The last samples of rows, in whole vectors; the last luma sample is repeated. */
static void rest(const struct ycc_shaper *shaper, const struct ycc_rows *in, const struct ycc_rows *out,
                 size_t x, size_t width)
{
    uint8_t y[2][LUMA], cb[CHROMA], cr[CHROMA];
    const struct ycc_rows all = {{y[0], y[1]}, cb, cr};
    const size_t chroma = (width + 1) / 2 - x, luma = width - 2 * x;
    for (size_t i = 0; i < CHROMA; i++) {
        cb[i] = in->cb[x + (i < chroma ? i : chroma - 1)];
        cr[i] = in->cr[x + (i < chroma ? i : chroma - 1)];
    }
    for (int row = 0; row < 2; row++) {
        for (size_t i = 0; i < LUMA; i++)
            y[row][i] = in->y[row][2 * x + (i < luma ? i : luma - 1)];
    }
    block(shaper, &all, &all, 0);
    memcpy(out->cb + x, cb, chroma);
    memcpy(out->cr + x, cr, chroma);
    memcpy(out->y[0] + 2 * x, y[0], luma);
    memcpy(out->y[1] + 2 * x, y[1], luma);
}

static void rows(const struct ycc_shaper *shaper, const struct ycc_rows *in, const struct ycc_rows *out,
                 size_t width)
{
    size_t x = 0;
    for (; 2 * x + LUMA <= width; x += CHROMA)
        block(shaper, in, out, x);
    if (2 * x < width)
        rest(shaper, in, out, x, width);
}

const struct ycc_shaper_kernels SIMD_NAME(ycc_shaper_kernels) = {.rows = rows};
