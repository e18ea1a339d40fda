/* The precisions of resampling: which one a plane needs, and the kernels and weights of each. */
#include "image/resample.h"

SIMD_TABLE(struct resample_kernels, resample_kernels_8)
SIMD_TABLE(struct resample_kernels, resample_kernels_8_fine)
SIMD_TABLE(struct resample_kernels, resample_kernels_16)
SIMD_TABLE(struct resample_kernels, resample_kernels_float)
SIMD_TABLE(struct resample_kernels, resample_kernels_light)

const struct resample_kernels *resample_kernels(enum precision precision, enum simd_level level)
{
    switch (precision) {
    case PRECISION_8:
        return resample_kernels_8(level);
    case PRECISION_8_FINE:
        return resample_kernels_8_fine(level);
    case PRECISION_FLOAT:
        return resample_kernels_float(level);
    case PRECISION_LIGHT:
        return resample_kernels_light(level);
    case PRECISION_16:
    default:
        return resample_kernels_16(level);
    }
}

enum precision precision_read(const struct alpha_reading *reading, unsigned depth)
{
    if (reading == NULL || reading->light == NULL)
        return precision_of(depth);
    return reading->light->integers && reading->channels == reading->light->colors ? PRECISION_LIGHT
                                                                                   : PRECISION_FLOAT;
}

/* The horizontal sums of an 8-bit plane, and of light, multiply 15-bit intermediate samples, the vertical
 * ones 8-bit ones, or light of 15 bits; all must fit 31 bits with weights whose magnitudes add up to less
 * than 2. */
enum { BITS_X = 15, BITS_Y = 20, BITS_Y_LIGHT = 14 };

static bool sums_integers(enum precision precision)
{
    return precision == PRECISION_8 || precision == PRECISION_LIGHT;
}

int resample_weights_x(struct weights *weights, const struct axis *axis, const struct kernel *kernel,
                       enum edge edge, enum precision precision, struct context *context)
{
    /* Transposed samples are in pairs, each starting at an even index. */
    return sums_integers(precision) ? weights_integers(weights, axis, kernel, edge, BITS_X, 2, context)
                                    : weights_floats(weights, axis, kernel, edge, context);
}

int resample_weights_y(struct weights *weights, const struct axis *axis, const struct kernel *kernel,
                       enum edge edge, enum precision precision, struct context *context)
{
    if (precision == PRECISION_LIGHT) /* rows are in pairs, too */
        return weights_integers(weights, axis, kernel, edge, BITS_Y_LIGHT, 2, context);
    return precision == PRECISION_8 ? weights_integers(weights, axis, kernel, edge, BITS_Y, 1, context)
                                    : weights_floats(weights, axis, kernel, edge, context);
}
