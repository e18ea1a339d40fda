/* Max memory and sizes, and the formats that the encoder accepts: apart from the row, which refers to other
 * codecs. */
#include "codec/jxl/jxl.h"
#include "codec/jxl/options.h"

/* --- max memory, measured ---------------------------------------------------------------------------- */

/* Colours of a frame that is decoded as a whole, a sample of other channels or kept frames, and the rest. */
uint64_t jxl_decode_bytes(const struct pm_info *info, const struct decode_request *request)
{
    enum { COLORS = 32, SAMPLE = 16, FIXED = 16 << 20 };
    const uint64_t pixels = (uint64_t)info->width * info->height;
    uint64_t other;
    (void)request; /* always decodes the whole image */
    if (__builtin_mul_overflow(info->other_samples, SAMPLE, &other))
        return UINT64_MAX;
    const uint64_t own =
        shape_bytes(&(struct shape){.width = info->width, .height = info->height, .format = info->pixels}) +
        pixels * COLORS + FIXED;
    return other > UINT64_MAX - own ? UINT64_MAX : own + other;
}

/* Lossless noise takes slightly more than its samples. */
uint64_t jxl_encode_bound(const struct shape *shape, const void *options)
{
    enum { FIXED = 128 << 10 };
    const uint64_t bytes = shape_bytes(shape);
    (void)options;
    return bytes + bytes / 2 + FIXED;
}

uint64_t jxl_encode_bytes(const struct shape *shape, const void *options)
{
    enum { SLOWER = 7, SLOWEST = 8, FIXED = 24 << 20 };
    const struct jxl_options *jxl = options;
    const int effort = jxl_effort(jxl);
    const unsigned samples = pm_channels(&shape->format) < 3 ? 3 : pm_channels(&shape->format);
    const unsigned lossy = effort >= SLOWEST  ? 100
                           : effort >= SLOWER ? 50
                                              : 24,
                   lossless = effort >= SLOWEST  ? 80
                              : effort >= SLOWER ? 50
                                                 : 32;
    return (uint64_t)shape->width * shape->height * samples * (jxl->lossless ? lossless : lossy) + FIXED +
           jxl_encode_bound(shape, options);
}

/* --- formats ---------------------------------------------------------------------------------------- */

const struct pm_pixel_format *jxl_accepts(const void *options)
{
    static const struct pm_pixel_format accepts[] = {
        PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8),
        PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 8),
        PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),
        PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8),
        PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 16),
        PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 16),
        PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 16),
        PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 16),
        {.depth = 0},
    };
    static const struct pm_pixel_format of_8_bits[] = {
        PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8),
        PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 8),
        PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),
        PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8),
        {.depth = 0},
    };
    const struct jxl_options *jxl = options;
    return jxl->depth == 8 ? of_8_bits : accepts;
}
