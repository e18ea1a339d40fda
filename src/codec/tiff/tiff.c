/* The TIFF codec's table row; codec/tiff/tiff.h lists the other files. */
#include "codec/tiff/tiff.h"

#include <string.h>

#include "codec/part.h"
#include "image/image.h"

/* TIFF and BigTIFF, in both byte orders. Canon's CR2 starts like a TIFF, followed by its own mark. */
static bool tiff_sniff(const uint8_t *head, size_t size)
{
    static const char marks[][5] = {"II*\0", "MM\0*", "II+\0", "MM\0+"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (size >= 8 && memcmp(head, marks[i], 4) == 0)
            return size < 10 || memcmp(head + 8, "CR", 2) != 0;
    }
    return false;
}

/* The picture, a tile or a row, and memory of libtiff and its compression libraries: all coefficients of a
 * progressive JPEG in one strip. */
static uint64_t tiff_decode_bytes(const struct pm_info *info, const struct decode_request *request)
{
    enum { A_ROW = 64 + TIFF_SAMPLES_MAX * 8, COEFFICIENTS = 8, FIXED = TIFF_TILE_BYTES_MAX * 2 + (4 << 20) };
    const uint64_t pixels = (uint64_t)info->width * info->height;
    const uint64_t jpeg = info->depth == 8 && !info->by_rows ? pixels * COEFFICIENTS : 0;
    const bool window = request->window > 0 && request->window < info->height;
    const struct shape rows = {.width = info->width,
                               .height = window ? request->window : info->height,
                               .format = info->pixels}; /* a smaller version of the page needs less */
    return shape_bytes(&rows) + (uint64_t)A_ROW * info->width + jpeg + FIXED;
}

static bool tiff_rows_suit(const struct pm_info *info, const struct decode_request *request)
{
    (void)request;
    return info->by_rows;
}

static const struct pm_pixel_format *tiff_accepts(const void *options)
{
    static const struct pm_pixel_format accepts[] = {
        PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8),  PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 8),
        PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),   PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8),
        PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 16), PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 16),
        PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 16),  PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 16),
        PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8),  {.depth = 0},
    };
    (void)options; /* the same for all option values */
    return accepts;
}

uint32_t tiff_strip_rows(size_t row_bytes)
{
    enum { STRIP_BYTES = 256 << 10 };
    return row_bytes >= STRIP_BYTES ? 1 : (uint32_t)(STRIP_BYTES / row_bytes);
}

/* LZW's codes of up to 12 bits may each stand for one byte. */
uint64_t tiff_encode_bound(const struct shape *shape, const void *options)
{
    enum { DIRECTORY = 4096, A_STRIP = 64 };
    const uint64_t row = (uint64_t)shape->width * pm_channels(&shape->format) * (shape->format.depth / 8);
    const uint64_t strips = shape->height / tiff_strip_rows((size_t)row) + 1, bytes = row * shape->height;
    (void)options; /* the same for all option values */
    return bytes + bytes / 2 + bytes / 16 + strips * A_STRIP + DIRECTORY;
}

/* A strip, libtiff's copies of it, and zlib. */
static uint64_t tiff_encode_bytes(const struct shape *shape, const void *options)
{
    enum { FIXED = 3 << 20, COPIES = 4 };
    (void)options;
    return FIXED + (uint64_t)shape->width * pm_channels(&shape->format) * (shape->format.depth / 8) * COPIES;
}

static const struct param_word compressions[] = {
    {"deflate", TIFF_OPTION_DEFLATE}, {"lzw", TIFF_OPTION_LZW}, {"none", TIFF_OPTION_NONE}, {NULL, 0}};

static const struct param option_rows[] = {
    {.name = "compression",
     .kind = PARAM_WORD,
     .offset = offsetof(struct tiff_options, compression),
     .words = compressions,
     .standard = TIFF_OPTION_DEFLATE,
     .argument = "deflate|lzw|none",
     .help = "how samples are stored, always exactly; lzw is read by old programs",
     .example = "lzw"},
    {.name = NULL},
};

const struct codec codec_tiff = {
    .name = "tiff",
    .mime = "image/tiff",
    .suffix = "tif",
    .suffixes = (const char *const[]){"tif", "tiff", NULL},
    .help =
        "TIFF: grey, RGB with and without alpha, of 8 or 16 bits, and CMYK; one page is read (--page), of 1 to 16, "
        "24 or 32 bits or float, YCbCr, CIELAB and LogLuv too. Signed integers are moved up so that the least one is black "
        "(--normalize spreads what is used). Equal bytes are promised for one version of libtiff",
    .part = &(const struct codec_part){.file = "pixmill-tiff.so", .title = "TIFF", .library = "libtiff"},
    .isolated = true,
    .sniff = tiff_sniff,
    .probe = tiff_probe,
    .probe_page = tiff_probe_page,
    .decode_bytes = tiff_decode_bytes,
    .has_rows = tiff_rows_suit,
    .accepts = tiff_accepts,
    .side_max = IMAGE_SIDE_MAX,
    .encode_bound = tiff_encode_bound,
    .encode_bytes = tiff_encode_bytes,
    .options = option_rows,
};
