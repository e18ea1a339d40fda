/* The tables of light (color/light.h), for the code that makes them and the kernels that read them. Tables of
 * light are indexed as those of a shaper. */
#ifndef COLOR_LIGHT_TABLES_H
#define COLOR_LIGHT_TABLES_H

#include "color/curve_tables.h"
#include "color/light.h"

struct light_8 {
    struct light light;
    struct light_segments segments;
    uint8_t sample_of[LIGHT_ONE + 1]; /* of light of 15 bits */
    float light_of[3][256];           /* of a sample of each channel */
    unsigned table[3];                /* of each channel, in sample[] */
    uint8_t sample[][(BYTES + 7) / 8 * 8];
};

struct light_16 {
    struct light light;
    unsigned curves;           /* different ones */
    unsigned from[3], to[3];   /* the tables of each channel, in value[] */
    float value[][POINTS + 1]; /* of samples, from 0 to 1: light; of light: samples from 0 to 65535 */
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
