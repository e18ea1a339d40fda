/* The inner loops of rotate.c, compiled for each instruction set (rotate_kernels.simd.c). */
#ifndef FILTER_ROTATE_KERNELS_H
#define FILTER_ROTATE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/* Positions are in units of 2^-32 samples. Weights of 8-bit samples are taken at multiples of 1 / 1024. */
enum { ROTATE_PHASE_BITS = 10, ROTATE_PHASES = 1 << ROTATE_PHASE_BITS, ROTATE_TAPS = 4 };
#define ROTATE_ONE ((int64_t)1 << 32)
#define ROTATE_HALF_PHASE ((int64_t)1 << (31 - ROTATE_PHASE_BITS))

/* Samples that a span may read right of a position's own: loads are wider than four RGB pixels. */
enum { ROTATE_READS_RIGHT = 5 };

/* A run of output pixels, and where they are in the input: the first at (x, y), each next one by the steps.
 * All positions have 1 sample at their left and above, ROTATE_READS_RIGHT at their right and 2 below. */
struct rotate_span {
    const uint8_t *in;
    size_t stride;
    int64_t x, y, step_x, step_y;
    size_t pixels;
    unsigned channels;
    const int16_t (*weights)[ROTATE_TAPS]; /* of ROTATE_PHASES phases; they sum to 1 << 14 */
};

struct rotate_kernels {
    void (*span_8)(const struct rotate_span *span, uint8_t *out);
    void (*span_16)(const struct rotate_span *span, uint16_t *out);
};

/* The weights of Catmull and Rom at a fraction t of the way from the second sample to the third. */
static inline void rotate_weights(float t, float weights[ROTATE_TAPS])
{
    weights[0] = ((-0.5f * t + 1) * t - 0.5f) * t;
    weights[1] = (1.5f * t - 2.5f) * t * t + 1;
    weights[2] = ((-1.5f * t + 2) * t + 0.5f) * t;
    weights[3] = (0.5f * t - 0.5f) * t * t;
}

/* The fraction of a position. */
static inline float rotate_fraction(int64_t position)
{
    return (float)((position >> 8) & 0xffffff) * (1.0f / (1 << 24));
}

/* A 16-bit sample of a sum. */
static inline uint16_t rotate_round_16(float sum)
{
    return (uint16_t)(sum < 0 ? 0 : sum > 65535 ? 65535 : (int32_t)(sum + 0.5f));
}

/* Sums of 8-bit samples: four down, kept with 6 fraction bits, then four across. */
enum { ROTATE_WEIGHT_BITS = 14, ROTATE_MID_BITS = 6 };
static inline int rotate_mid_8(int sum)
{
    enum { SHIFT = ROTATE_WEIGHT_BITS - ROTATE_MID_BITS };
    return (sum + (1 << (SHIFT - 1))) >> SHIFT;
}

static inline uint8_t rotate_round_8(int sum)
{
    enum { SHIFT = ROTATE_WEIGHT_BITS + ROTATE_MID_BITS };
    const int sample = (sum + (1 << (SHIFT - 1))) >> SHIFT;
    return (uint8_t)(sample < 0 ? 0 : sample > 255 ? 255 : sample);
}

#endif
