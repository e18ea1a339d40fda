/* The AVIF codec's table row; codec/avif/avif.h lists the other files. */
#include "codec/avif/avif.h"

#include "codec/avif/options.h"
#include "codec/heif/reader.h"
#include "codec/jpeg/options.h"
#include "codec/part.h"
#include "codec/writer.h"

static bool avif_sniff(const uint8_t *head, size_t size)
{
    return bmff_has_brand(head, size, BMFF_TYPE('a', 'v', 'i', 'f')) ||
           bmff_has_brand(head, size, BMFF_TYPE('a', 'v', 'i', 's'));
}

/* --- formats ---------------------------------------------------------------------------------------- */

#define PLANES(x, y, coefficients, limited, transparency)                                                    \
    {                                                                                                        \
        .color = PM_COLOR_YCC, .alpha = (transparency), .depth = 8, .bits = 8, .sampling_x = (x),            \
        .sampling_y = (y), .matrix = (coefficients), .limited_range = (limited)                              \
    }
#define PLANES_OF(x, y, coefficients)                                                                        \
    PLANES(x, y, coefficients, false, PM_ALPHA_NONE), PLANES(x, y, coefficients, false, PM_ALPHA_STRAIGHT),  \
        PLANES(x, y, coefficients, true, PM_ALPHA_NONE), PLANES(x, y, coefficients, true, PM_ALPHA_STRAIGHT)
#define ROWS_OF(bits)                                                                                        \
    PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, bits), PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, bits),              \
        PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, bits), PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, bits)
/* Planes of 8 bits; rows of 8 bits, then of 16, then the end. */
#define ACCEPTS(x, y)                                                                                        \
    {                                                                                                        \
        PLANES_OF(x, y, PM_MATRIX_BT601), PLANES_OF(x, y, PM_MATRIX_BT709),                                  \
            PLANES_OF(x, y, PM_MATRIX_BT2020), ROWS_OF(8), ROWS_OF(16),                                      \
        {                                                                                                    \
            .depth = 0                                                                                       \
        }                                                                                                    \
    }

const struct pm_pixel_format *avif_accepts(const void *options)
{
    enum { PLANES_ROWS = 12, ROWS = PLANES_ROWS + 9 };
    static const struct pm_pixel_format all[3][ROWS] = {ACCEPTS(1, 1), ACCEPTS(2, 1), ACCEPTS(2, 2)};
    static const struct pm_pixel_format planes_and_8[3][PLANES_ROWS + 5] = {
        {PLANES_OF(1, 1, PM_MATRIX_BT601), PLANES_OF(1, 1, PM_MATRIX_BT709),
         PLANES_OF(1, 1, PM_MATRIX_BT2020), ROWS_OF(8)},
        {PLANES_OF(2, 1, PM_MATRIX_BT601), PLANES_OF(2, 1, PM_MATRIX_BT709),
         PLANES_OF(2, 1, PM_MATRIX_BT2020), ROWS_OF(8)},
        {PLANES_OF(2, 2, PM_MATRIX_BT601), PLANES_OF(2, 2, PM_MATRIX_BT709),
         PLANES_OF(2, 2, PM_MATRIX_BT2020), ROWS_OF(8)},
    };
    const struct avif_options *avif = options;
    unsigned x, y;
    subsampling_factors(avif->subsampling, avif->quality, &x, &y);
    const unsigned index = x + y - 2;
    if (avif->lossless && avif->depth == 8)
        return planes_and_8[index] + PLANES_ROWS;
    if (avif->depth > 8 || avif->lossless)
        return all[index] + PLANES_ROWS;
    return avif->depth == 8 ? planes_and_8[index] : all[index];
}

/* --- max sizes, measured with noise --------------------------------------------------------------- */

/* Half bytes per pixel of the coded samples. */
static uint64_t count_samples(const struct shape *shape, const struct avif_options *options, bool *full)
{
    unsigned x, y;
    subsampling_factors(options->subsampling, options->quality, &x, &y);
    const bool gray = shape->format.color == PM_COLOR_GRAY;
    *full = !gray && (options->lossless || x * y < 4);
    return gray ? 2 : *full ? 6 : 3;
}

uint64_t avif_encode_bound(const struct shape *shape, const void *options)
{
    enum { FIXED = 64 * 1024 };
    const struct avif_options *avif = options;
    bool full;
    const unsigned bytes = avif_bits(avif, shape->format.depth, NULL) > 8 ? 3 : 2; /* half bytes per sample */
    const uint64_t pixels = (uint64_t)shape->width * shape->height;
    const uint64_t halves = count_samples(shape, avif, &full) + (pixels_have_alpha(&shape->format) ? 2 : 0);
    return pixels * halves * bytes / 2 + FIXED;
}

uint64_t avif_encode_bytes(const struct shape *shape, const void *options)
{
    enum { SUBSAMPLED = 24, FULL = 40, FIXED = 16 * 1024 * 1024 };
    const struct avif_options *avif = options;
    bool full;
    count_samples(shape, avif, &full);
    const uint64_t pixels = (uint64_t)shape->width * shape->height;
    /* libaom's memory, its input's planes, and a second copy of the file */
    return pixels * (full ? FULL : SUBSAMPLED) + pixels * 6 + avif_encode_bound(shape, options) + FIXED;
}

/* All encoded frames; and, measured, what libaom keeps between two frames, of colours and alpha at a time. */
static uint64_t avif_writer_bytes(const struct shape *shape, unsigned frames, const void *options)
{
    enum { A_FRAME = 32 /* in tables */, PIXEL = 40, DEEP_PIXEL = 100 };
    const bool deep = avif_bits(options, shape->format.depth, NULL) > 8;
    const uint64_t pixels = (uint64_t)shape->width * shape->height;
    return frames * (avif_encode_bound(shape, options) + A_FRAME) + pixels * (deep ? DEEP_PIXEL : PIXEL);
}

const struct codec codec_avif = {
    .name = "avif",
    .mime = "image/avif",
    .suffix = "avif",
    .suffixes = (const char *const[]){"avif", NULL},
    .help =
        "AVIF: lossy and lossless, with alpha; 8, 10 and 12 bits, at most 65535 pixels on a side; animations. "
        "The scale of quality is that of avifenc and sharp. Equal bytes are promised "
        "for one version of libaom",
    .part = &(const struct codec_part){.file = "pixmill-avif.so",
                                       .title = "AVIF",
                                       .library = "libdav1d and libaom"},
    .sniff = avif_sniff,
    .probe = avif_probe,
    .probe_page = avif_probe_page,
    .decode_bytes = avif_decode_bytes,
    .has_rows = heif_has_rows,
    .animated = true,
    .accepts = avif_accepts,
    .side_max = AVIF_SIDE_MAX,
    .slow = true,
    .cicp = true,
    .light_levels = true,
    .encode_bound = avif_encode_bound,
    .encode_bytes = avif_encode_bytes,
    .options = avif_option_rows,
    .tolerance = 32,
    .writer = &(const struct codec_writer){.bytes = avif_writer_bytes},
};
