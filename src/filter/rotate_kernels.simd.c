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

/* As any_span_8, of three channels; the pixels from `first` on. */
static void rgb_span_8_from(const struct rotate_span *span, size_t first, uint8_t *out)
{
    /* words 0, 3, 1, 4, 2, 5: red, green and blue of two pixels in pairs */
    const __m128i pairs = _mm_setr_epi8(0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, -1, -1, -1, -1);
    const __m128i zero = _mm_setzero_si128();
    int64_t x = span->x + ROTATE_HALF_PHASE + (int64_t)first * span->step_x;
    int64_t y = span->y + ROTATE_HALF_PHASE + (int64_t)first * span->step_y;
    out += 3 * first;
    for (size_t i = first; i < span->pixels; i++, x += span->step_x, y += span->step_y, out += 3) {
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
        const __m128i left = _mm_packs_epi32(a, b), right = _mm_alignr_epi8(_mm_packs_epi32(c, c), left, 12);
        __m128i sum = _mm_add_epi32(_mm_madd_epi16(_mm_shuffle_epi8(left, pairs), weight_pair(across)),
                                    _mm_madd_epi16(_mm_shuffle_epi8(right, pairs), weight_pair(across + 2)));
        sum = _mm_srai_epi32(
            _mm_add_epi32(sum, _mm_set1_epi32(1 << (ROTATE_WEIGHT_BITS + ROTATE_MID_BITS - 1))),
            ROTATE_WEIGHT_BITS + ROTATE_MID_BITS);
        sum = _mm_packs_epi32(sum, sum);
        const int32_t pixel = _mm_cvtsi128_si32(_mm_packus_epi16(sum, sum));
        memcpy(out, &pixel, 3);
    }
}

#if defined(__AVX2__)

/* Two pixels side by side: each function is that of 128 bits above, in each half. */

static inline __m256i two_rows(const uint8_t *one, const uint8_t *other)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const void *)one)),
                                   _mm_loadu_si128((const void *)other), 1);
}

/* The four weights of each, in each half's first 64 bits. */
static inline __m256i two_weights(const int16_t *one, const int16_t *other)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadl_epi64((const void *)one)),
                                   _mm_loadl_epi64((const void *)other), 1);
}

static inline __m256i two_sums_down(__m256i first, __m256i last, __m256i down_first, __m256i down_last)
{
    const __m256i sum =
        _mm256_add_epi32(_mm256_madd_epi16(first, down_first), _mm256_madd_epi16(last, down_last));
    return _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(128)),
                             ROTATE_WEIGHT_BITS - ROTATE_MID_BITS);
}

/* The two pixels, each in the first bytes of its half. `in`: their corners. */
static inline __m256i two_pixels(const uint8_t *const in[2], size_t stride, __m256i across, __m256i down)
{
    const __m256i pairs =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, -1, -1, -1, -1));
    const __m256i zero = _mm256_setzero_si256();
    const __m256i row0 = two_rows(in[0], in[1]), row1 = two_rows(in[0] + stride, in[1] + stride);
    const __m256i row2 = two_rows(in[0] + 2 * stride, in[1] + 2 * stride);
    const __m256i row3 = two_rows(in[0] + 3 * stride, in[1] + 3 * stride);
    const __m256i low01 = _mm256_unpacklo_epi8(row0, row1), high01 = _mm256_unpackhi_epi8(row0, row1);
    const __m256i low23 = _mm256_unpacklo_epi8(row2, row3), high23 = _mm256_unpackhi_epi8(row2, row3);
    const __m256i down01 = _mm256_shuffle_epi32(down, 0x00), down23 = _mm256_shuffle_epi32(down, 0x55);
    const __m256i a =
        two_sums_down(_mm256_unpacklo_epi8(low01, zero), _mm256_unpacklo_epi8(low23, zero), down01, down23);
    const __m256i b =
        two_sums_down(_mm256_unpackhi_epi8(low01, zero), _mm256_unpackhi_epi8(low23, zero), down01, down23);
    const __m256i c =
        two_sums_down(_mm256_unpacklo_epi8(high01, zero), _mm256_unpacklo_epi8(high23, zero), down01, down23);
    const __m256i left = _mm256_packs_epi32(a, b);
    const __m256i right = _mm256_alignr_epi8(_mm256_packs_epi32(c, c), left, 12);
    __m256i sum = _mm256_add_epi32(
        _mm256_madd_epi16(_mm256_shuffle_epi8(left, pairs), _mm256_shuffle_epi32(across, 0x00)),
        _mm256_madd_epi16(_mm256_shuffle_epi8(right, pairs), _mm256_shuffle_epi32(across, 0x55)));
    sum = _mm256_srai_epi32(
        _mm256_add_epi32(sum, _mm256_set1_epi32(1 << (ROTATE_WEIGHT_BITS + ROTATE_MID_BITS - 1))),
        ROTATE_WEIGHT_BITS + ROTATE_MID_BITS);
    sum = _mm256_packs_epi32(sum, sum);
    return _mm256_packus_epi16(sum, sum);
}

static void rgb_span_8(const struct rotate_span *span, uint8_t *out)
{
    const size_t even = span->pixels & ~(size_t)1;
    int64_t x = span->x + ROTATE_HALF_PHASE, y = span->y + ROTATE_HALF_PHASE;
    uint8_t *to = out;
    for (size_t i = 0; i < even; i += 2, to += 6) {
        const int64_t next_x = x + span->step_x, next_y = y + span->step_y;
        const uint8_t *const in[2] = {corner_of(span, x, y, 3), corner_of(span, next_x, next_y, 3)};
        const __m256i two =
            two_pixels(in, span->stride, two_weights(phase_of(span, x), phase_of(span, next_x)),
                       two_weights(phase_of(span, y), phase_of(span, next_y)));
        const int32_t pixels[2] = {_mm256_extract_epi32(two, 0), _mm256_extract_epi32(two, 4)};
        memcpy(to, &pixels[0], 3);
        memcpy(to + 3, &pixels[1], 3);
        x = next_x + span->step_x;
        y = next_y + span->step_y;
    }
    rgb_span_8_from(span, even, out);
}

#else

static void rgb_span_8(const struct rotate_span *span, uint8_t *out)
{
    rgb_span_8_from(span, 0, out);
}

#endif

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

#if defined(__SSE4_1__)

/* Sums down of the four samples from `column` on, in span_16_of's order. */
static inline __m128 four_down(const uint16_t *column, size_t stride, const __m128 down[ROTATE_TAPS])
{
    __m128 sum = _mm_setzero_ps();
    for (unsigned k = 0; k < ROTATE_TAPS; k++, column += stride) {
        const __m128i words = _mm_cvtepu16_epi32(_mm_loadl_epi64((const void *)column));
        const __m128 product = _mm_mul_ps(down[k], _mm_cvtepi32_ps(words));
        sum = k == 0 ? product : _mm_add_ps(sum, product);
    }
    return sum;
}

/* As rotate_round_16, of four sums. */
static inline __m128i four_rounded(__m128 sum)
{
    const __m128 white = _mm_set1_ps(65535);
    const __m128 inside = _mm_min_ps(_mm_max_ps(sum, _mm_setzero_ps()), white);
    const __m128i words = _mm_cvttps_epi32(_mm_min_ps(_mm_add_ps(inside, _mm_set1_ps(0.5f)), white));
    return _mm_packus_epi32(words, words);
}

/* The columns' sums of three channels are twelve, each pixel's begin at a multiple of three. */
static inline void four_pixels_of_rgb(__m128 pixels[ROTATE_TAPS], const uint16_t *in, size_t stride,
                                      const __m128 down[ROTATE_TAPS])
{
    const __m128 a = four_down(in, stride, down), b = four_down(in + 4, stride, down);
    const __m128 c = four_down(in + 8, stride, down);
    pixels[0] = a;
    pixels[1] = _mm_castsi128_ps(_mm_alignr_epi8(_mm_castps_si128(b), _mm_castps_si128(a), 12));
    pixels[2] = _mm_castsi128_ps(_mm_alignr_epi8(_mm_castps_si128(c), _mm_castps_si128(b), 8));
    pixels[3] = _mm_castsi128_ps(_mm_srli_si128(_mm_castps_si128(c), 4));
}

/* As span_16_of, of three or four channels. */
static inline __attribute__((always_inline)) void wide_span_16(const struct rotate_span *span,
                                                               unsigned channels, uint16_t *out)
{
    int64_t x = span->x, y = span->y;
    const size_t stride = span->stride / sizeof(uint16_t);
    for (size_t i = 0; i < span->pixels; i++, x += span->step_x, y += span->step_y, out += channels) {
        const uint16_t *in = (const void *)corner_of(span, x, y, channels * sizeof(uint16_t));
        float across[ROTATE_TAPS], weights[ROTATE_TAPS];
        __m128 down[ROTATE_TAPS], pixels[ROTATE_TAPS];
        rotate_weights(rotate_fraction(x), across);
        rotate_weights(rotate_fraction(y), weights);
        for (unsigned k = 0; k < ROTATE_TAPS; k++)
            down[k] = _mm_set1_ps(weights[k]);
        if (channels == 3)
            four_pixels_of_rgb(pixels, in, stride, down);
        for (unsigned k = 0; k < ROTATE_TAPS && channels == 4; k++)
            pixels[k] = four_down(in + 4 * k, stride, down);
        __m128 sum = _mm_mul_ps(_mm_set1_ps(across[0]), pixels[0]);
        for (unsigned k = 1; k < ROTATE_TAPS; k++)
            sum = _mm_add_ps(sum, _mm_mul_ps(_mm_set1_ps(across[k]), pixels[k]));
        const int64_t pixel = _mm_cvtsi128_si64(four_rounded(sum));
        memcpy(out, &pixel, channels * sizeof *out);
    }
}

static void rgb_span_16(const struct rotate_span *span, uint16_t *out)
{
    wide_span_16(span, 3, out);
}

static void rgba_span_16(const struct rotate_span *span, uint16_t *out)
{
    wide_span_16(span, 4, out);
}

#else

static void rgb_span_16(const struct rotate_span *span, uint16_t *out)
{
    span_16_of(span, 3, out);
}

static void rgba_span_16(const struct rotate_span *span, uint16_t *out)
{
    span_16_of(span, 4, out);
}

#endif

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
        rgb_span_16(span, out);
        return;
    default:
        rgba_span_16(span, out);
    }
}

const struct rotate_kernels SIMD_NAME(rotate_kernels) = {.span_8 = span_8, .span_16 = span_16};
