/* The tables of light (color/light.h), for the code that makes them and the kernels that read them. They are
 * indexed by light like those of a shaper. */
#ifndef COLOR_LIGHT_TABLES_H
#define COLOR_LIGHT_TABLES_H

#include "color/curve_tables.h"
#include "color/light.h"

struct light_8 {
    struct light light;
    struct light_segments segments;
    uint8_t sample_of[LIGHT_ONE + 1]; /* for 15-bit light */
    float light_of[3][256];           /* for a sample of each channel */
    unsigned table[3];                /* index in sample[] for each channel */
    uint8_t sample[][(BYTES + 7) / 8 * 8];
};

struct light_16 {
    struct light light;
    unsigned curves;           /* number of different curves */
    unsigned from[3], to[3];   /* index in value[] for each channel */
    float value[][POINTS + 1]; /* from samples, 0 to 1, to light; from light to samples, 0 to 65535 */
};

struct light_rows {
    void (*read_8)(const struct light *light, const uint8_t *in, float *out, size_t width, unsigned channels,
                   bool drop);
    void (*read_16)(const struct light *light, const uint16_t *in, float *out, size_t width,
                    unsigned channels, bool drop);
    void (*write_8)(const struct light *light, const float *in, uint8_t *out, size_t width,
                    unsigned channels);
    void (*write_16)(const struct light *light, const float *in, uint16_t *out, size_t width,
                     unsigned channels);
};

#endif
