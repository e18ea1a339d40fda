/* The tables of a shaper (color/shaper.h), for the code that makes them and the kernels that read them. */
#ifndef COLOR_SHAPER_TABLES_H
#define COLOR_SHAPER_TABLES_H

#include <stdalign.h>

#include "color/curve_tables.h"
#include "color/shaper.h"

struct gray_shaper_8 {
    struct shaper shaper;
    uint8_t sample[256];
};

struct rgb_shaper_8 {
    struct shaper shaper;
    alignas(64) float light[3][256][4]; /* contribution of each channel's sample to linear R, G, B */
    unsigned table[3];                  /* index in sample[] for each channel */
    uint8_t sample[][(BYTES + 7) / 8 * 8];
};

struct shaper_16 {
    struct shaper shaper;
    float matrix[3][3];
    unsigned from[3], to[3];   /* index in value[] for each channel */
    float value[][POINTS + 1]; /* from samples, 0 to 1, to light; from light to samples, 0 to 65535 */
};

struct shaper_rows {
    void (*gray_8)(const struct shaper *shaper, const uint8_t *in, uint8_t *out, size_t width,
                   unsigned channels);
    void (*rgb_8)(const struct shaper *shaper, const uint8_t *in, uint8_t *out, size_t width,
                  unsigned channels);
    void (*gray_16)(const struct shaper *shaper, const uint16_t *in, uint16_t *out, size_t width,
                    unsigned channels);
    void (*rgb_16)(const struct shaper *shaper, const uint16_t *in, uint16_t *out, size_t width,
                   unsigned channels);
};

#endif
