/* Bicubic interpolation (Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981, a =
 * -1/2) along a line through the picture. */
#include "filter/rotate_kernels.h"
#include "base/simd.h"

#include <string.h>

#if defined(__SSE4_1__)
#include <immintrin.h>
#endif

/* The upper left of the 4 x 4 samples around a position that is rounded to a phase. */
static inline const uint8_t *corner_of(const struct rotate_span *span, int64_t x, int64_t y, size_t pixel)
{
    return span->in + (size_t)((y >> 32) - 1) * span->stride + (size_t)((x >> 32) - 1) * pixel;
}

static inline const int16_t *phase_of(const struct rotate_span *span, int64_t position)
{
    return span->weights[(position >> (32 - ROTATE_PHASE_BITS)) & (ROTATE_PHASES - 1)];
}

static void any_span_8(const struct rotate_span *span, uint8_t *out)
{
    int64_t x = span->x + ROTATE_HALF_PHASE, y = span->y + ROTATE_HALF_PHASE;
    const unsigned channels = span->channels;
    for (size_t i = 0; i < span->pixels; i++, x += span->step_x, y += span->step_y) {
        const uint8_t *in = corner_of(span, x, y, channels);
        const int16_t *across = phase_of(span, x), *down = phase_of(span, y);
        for (unsigned c = 0; c < channels; c++, in++) {
            int sum = 0;
            for (unsigned k = 0; k < ROTATE_TAPS; k++) {
                const uint8_t *column = in + k * channels;
                sum += across[k] *
                       rotate_mid_8(down[0] * column[0] + down[1] * column[span->stride] +
                                    down[2] * column[2 * span->stride] + down[3] * column[3 * span->stride]);
            }
            *out++ = rotate_round_8(sum);
        }
    }
}

#if defined(__SSE4_1__)

/* Two weights, for pairs of words. */
static inline __m128i weight_pair(const int16_t *weights)
{
    int32_t pair;
    memcpy(&pair, weights, sizeof pair);
    return _mm_set1_epi32(pair);
}

/* Four sums down, of samples whose first two rows and last two are interleaved. */
static inline __m128i sum_down(__m128i first, __m128i last, __m128i down_first, __m128i down_last)
{
    const __m128i sum = _mm_add_epi32(_mm_madd_epi16(first, down_first), _mm_madd_epi16(last, down_last));
    return _mm_srai_epi32(_mm_add_epi32(sum, _mm_set1_epi32(128)), ROTATE_WEIGHT_BITS - ROTATE_MID_BITS);
}

/* As any_span_8, of three channels. */
static void rgb_span_8(const struct rotate_span *span, uint8_t *out)
{
    /* words 0, 3, 1, 4, 2, 5: red, green and blue of two pixels in pairs */
    const __m128i pairs = _mm_setr_epi8(0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, -1, -1, -1, -1);
    const __m128i zero = _mm_setzero_si128();
    int64_t x = span->x + ROTATE_HALF_PHASE, y = span->y + ROTATE_HALF_PHASE;
    for (size_t i = 0; i < span->pixels; i++, x += span->step_x, y += span->step_y, out += 3) {
        const uint8_t *in = corner_of(span, x, y, 3);
        const int16_t *across = phase_of(span, x), *down = phase_of(span, y);
        const __m128i row0 = _mm_loadu_si128((const void *)in);
        const __m128i row1 = _mm_loadu_si128((const void *)(in + span->stride));
        const __m128i row2 = _mm_loadu_si128((const void *)(in + 2 * span->stride));
        const __m128i row3 = _mm_loadu_si128((const void *)(in + 3 * span->stride));
        const __m128i low01 = _mm_unpacklo_epi8(row0, row1), high01 = _mm_unpackhi_epi8(row0, row1);
        const __m128i low23 = _mm_unpacklo_epi8(row2, row3), high23 = _mm_unpackhi_epi8(row2, row3);
        const __m128i down01 = weight_pair(down), down23 = weight_pair(down + 2);
        const __m128i a =
            sum_down(_mm_unpacklo_epi8(low01, zero), _mm_unpacklo_epi8(low23, zero), down01, down23);
        const __m128i b =
            sum_down(_mm_unpackhi_epi8(low01, zero), _mm_unpackhi_epi8(low23, zero), down01, down23);
        const __m128i c =
            sum_down(_mm_unpacklo_epi8(high01, zero), _mm_unpacklo_epi8(high23, zero), down01, down23);
        const __m128i first = _mm_packs_epi32(a, b), last = _mm_alignr_epi8(_mm_packs_epi32(c, c), first, 12);
        __m128i sum = _mm_add_epi32(_mm_madd_epi16(_mm_shuffle_epi8(first, pairs), weight_pair(across)),
                                    _mm_madd_epi16(_mm_shuffle_epi8(last, pairs), weight_pair(across + 2)));
        sum = _mm_srai_epi32(
            _mm_add_epi32(sum, _mm_set1_epi32(1 << (ROTATE_WEIGHT_BITS + ROTATE_MID_BITS - 1))),
            ROTATE_WEIGHT_BITS + ROTATE_MID_BITS);
        sum = _mm_packs_epi32(sum, sum);
        const int32_t pixel = _mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
        memcpy(out, &pixel, 3);
    }
}

static void span_8(const struct rotate_span *span, uint8_t *out)
{
    if (span->channels == 3)
        rgb_span_8(span, out);
    else
        any_span_8(span, out);
}

#else

static void span_8(const struct rotate_span *span, uint8_t *out)
{
    any_span_8(span, out);
}

#endif

static inline __attribute__((always_inline)) void span_16_of(const struct rotate_span *span,
                                                             unsigned channels, uint16_t *out)
{
    int64_t x = span->x, y = span->y;
    const size_t stride = span->stride / sizeof(uint16_t);
    for (size_t i = 0; i < span->pixels; i++, x += span->step_x, y += span->step_y) {
        const uint16_t *in = (const void *)corner_of(span, x, y, channels * sizeof(uint16_t));
        float across[ROTATE_TAPS], down[ROTATE_TAPS];
        rotate_weights(rotate_fraction(x), across);
        rotate_weights(rotate_fraction(y), down);
        for (unsigned c = 0; c < channels; c++, in++) {
            float sum = 0;
            for (unsigned k = 0; k < ROTATE_TAPS; k++) {
                const uint16_t *column = in + k * channels;
                sum += across[k] * (down[0] * column[0] + down[1] * column[stride] +
                                    down[2] * column[2 * stride] + down[3] * column[3 * stride]);
            }
            *out++ = rotate_round_16(sum);
        }
    }
}

static void span_16(const struct rotate_span *span, uint16_t *out)
{
    switch (span->channels) {
    case 1:
        span_16_of(span, 1, out);
        return;
    case 2:
        span_16_of(span, 2, out);
        return;
    case 3:
        span_16_of(span, 3, out);
        return;
    default:
        span_16_of(span, 4, out);
    }
}

const struct rotate_kernels SIMD_NAME(rotate_kernels) = {.span_8 = span_8, .span_16 = span_16};
