/* The JPEG XL codec's table row; codec/jxl/jxl.h lists the other files. */
#include "codec/jxl/jxl.h"

#include <string.h>

#include "codec/jxl/options.h"
#include "codec/options.h"
#include "codec/part.h"

static bool jxl_sniff(const uint8_t *head, size_t size)
{
    static const char box[12] = "\0\0\0\x0cJXL \r\n\x87\n", codestream[2] = "\xff\x0a";
    return (size >= sizeof codestream && memcmp(head, codestream, sizeof codestream) == 0) ||
           (size >= sizeof box && memcmp(head, box, sizeof box) == 0);
}

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
        (uint64_t)64 * info->height + pixels * COLORS + FIXED;
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

const struct codec codec_jxl = {
    .name = "jxl",
    .mime = "image/jxl",
    .suffix = "jxl",
    .suffixes = (const char *const[]){"jxl", NULL},
    .help =
        "JPEG XL: lossy and lossless, with alpha, 8 to 16 bits, and float read as 16 bits; animations are "
        "read. The scale of quality is that of cjxl and sharp. Equal bytes are promised for one version of "
        "libjxl: lossless on every machine, lossy on machines of one instruction set",
    .part = &(const struct codec_part){.file = "pixmill-jxl.so", .title = "JPEG XL", .library = "libjxl"},
    .sniff = jxl_sniff,
    .probe = jxl_probe,
    .decode_bytes = jxl_decode_bytes,
    .animated = true,
    .accepts = jxl_accepts,
    .side_max = JXL_SIDE_MAX,
    .slow = true,
    .cicp = true,
    .encode_bound = jxl_encode_bound,
    .encode_bytes = jxl_encode_bytes,
    .options = jxl_option_rows,
    .tolerance = 32,
};
