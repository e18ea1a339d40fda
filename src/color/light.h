/*
 * Converts samples to linear light and back, for filters that sum in it: an average of light is what the eye
 * sees at a distance, while an average of samples is too dark.
 *
 * There are two forms. Light as float, 0 to 1, premultiplied by alpha, supports samples of any depth and
 * curve. Light as 15-bit integers is for 8-bit samples without alpha whose curve is as flat near black as
 * sRGB's: their 256 levels come back unchanged. Its 256 values are a quadratic polynomial per 16 samples, in
 * integers, which SIMD computes faster than a table lookup.
 */
#ifndef COLOR_LIGHT_H
#define COLOR_LIGHT_H

#include "base/context.h"
#include "color/space.h"
#include "pixmill/image.h"
#include "pixmill/transform.h"

enum { LIGHT_BITS = 15, LIGHT_ONE = (1 << LIGHT_BITS) - 1, LIGHT_SEGMENTS = 16 };

/* The light of sample v, on a scale to LIGHT_ONE, with s = v / 16 and t = v % 16: base[s] + round(t / 16 *
 * (slope[s] + round(t / 16 * bend[s]))). Stored as bytes for SIMD table lookups. */
struct light_segments {
    uint8_t base_low[LIGHT_SEGMENTS], base_high[LIGHT_SEGMENTS];
    uint8_t slope_low[LIGHT_SEGMENTS], slope_high[LIGHT_SEGMENTS];
    uint8_t bend[LIGHT_SEGMENTS];
};

/* Contains no pointers: can be copied as `bytes` bytes, which include the tables for its depth
 * (color/light_tables.h). */
struct light {
    size_t bytes;
    unsigned colors; /* 1: grey, 3: RGB */
    unsigned depth;  /* of samples: 8 or 16 bits */
    bool integers;   /* the integer form is available */
};

/* Makes the tables of an invertible space. NULL: no memory in `arena`. */
struct light *light_make(const struct color_space *space, unsigned depth, struct arena *arena);

/* The tables for pictures with this metadata, in the context's memo or job_arena: for their own curves, or
 * for sRGB's, with a warning, if theirs are unknown. NULL with `error` filled if out of memory. */
const struct light *light_find(const struct pm_metadata *meta, enum pm_exif_color exif, bool gray,
                               unsigned depth, struct context *context);

/* Reads `width` pixels as float. `channels`: colors, or one more for alpha, which is omitted if `drop` is
 * set. */
void light_read_row(const struct light *light, enum simd_level simd, const void *in, float *out, size_t width,
                    unsigned channels, bool drop);

/* Writes `width` pixels of premultiplied light, with or without alpha; colour is 0 where alpha is 0. */
void light_write_row(const struct light *light, enum simd_level simd, const float *in, void *out,
                     size_t width, unsigned channels);

/* The integer form: its polynomials, and the conversion from 15-bit light to samples. */
const struct light_segments *light_segments(const struct light *light);
void light_write_integers(const struct light *light, const uint16_t *in, uint8_t *out, size_t samples);

#endif
