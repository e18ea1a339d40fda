/*
 * codec_encode, which writes every file, after a self-test of its codec. A library that was replaced by
 * another version may behave differently where pixmill relies on it, and still report success. So before a
 * process's first file of a format, known images are encoded, decoded and compared. If they differ, nothing
 * of that format is written.
 */
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "codec/options.h"
#include "codec/part.h"
#include "codec/reader.h"
#include "image/convert.h"

/* 2 x 2 JPEG MCUs, the last ones partly filled. */
enum { WIDTH = 29, HEIGHT = 20 };

/* For a codec that accepts YCC planes: planes, of full or limited range, and rows. */
static const struct shape planes = {.width = WIDTH, .height = HEIGHT, .format = PIXELS_YCC(2, 2)};
static const struct shape limited = {.width = WIDTH,
                                     .height = HEIGHT,
                                     .format = {.color = PM_COLOR_YCC,
                                                .depth = 8,
                                                .bits = 8,
                                                .sampling_x = 2,
                                                .sampling_y = 2,
                                                .matrix = PM_MATRIX_BT601,
                                                .limited_range = true}};
static const struct shape rows = {
    .width = WIDTH, .height = HEIGHT, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)};
/* The JPEG encoder's only pictures that libjpeg encodes. */
static const struct shape inks = {
    .width = WIDTH, .height = HEIGHT, .format = PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8)};
static const struct shape clear = {
    .width = WIDTH, .height = HEIGHT, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8)};
/* If 16 bits are supported: this tests all that a library does for 8 bits, too. */
static const struct shape deep = {
    .width = WIDTH, .height = HEIGHT, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 16)};

/* A gradient with some texture, different in each channel: 30 to 226. */
static unsigned level_at(uint32_t x, uint32_t y, unsigned channel)
{
    return 30 + 4 * x + 2 * y + 10 * channel + (7 * x + 5 * y) % 17;
}

/* A picture that a codec with few colours must reproduce exactly: 32 colours, and transparent black
 * pixels. */
static void fill_few(const struct pm_plane *plane)
{
    for (uint32_t y = 0; y < plane->height; y++) {
        uint8_t *pixel = plane_row(plane, y);
        for (uint32_t x = 0; x < plane->width; x++, pixel += plane->channels) {
            const bool visible = plane->channels < 4 || (x + y) % 5 != 0;
            for (unsigned c = 0; c < plane->channels; c++)
                pixel[c] = visible ? (uint8_t)(c == 3 ? 255 : 8 * ((x + 3 * y) % 32) + c) : 0;
        }
    }
}

static void fill_plane(const struct pm_plane *plane, unsigned depth, unsigned first_channel)
{
    for (uint32_t y = 0; y < plane->height; y++) {
        for (uint32_t i = 0; i < plane->width * plane->channels; i++) {
            const unsigned level = level_at(i / plane->channels, y, first_channel + i % plane->channels);
            if (depth == 8)
                plane_row(plane, y)[i] = (uint8_t)level;
            else
                ((uint16_t *)(void *)plane_row(plane, y))[i] = (uint16_t)(level << 8 | i);
        }
    }
}

static int make_image(const struct shape *shape, struct pm_image *image, struct context *context)
{
    *image = (struct pm_image){
        .width = shape->width,
        .height = shape->height,
        .format = shape->format,
        .orientation = 1,
        .nplanes = shape->format.color == PM_COLOR_YCC ? 3 : 1,
    };
    for (unsigned i = 0; i < image->nplanes; i++) {
        const unsigned channels = image->nplanes == 1 ? pm_channels(&shape->format) : 1;
        if (plane_alloc_planned(&image->plane[i], i, shape, channels, shape->format.depth, context) != 0)
            return -1;
        fill_plane(&image->plane[i], shape->format.depth, i);
    }
    return 0;
}

/* The max difference of two samples, in 8-bit levels, rounded up; 256 if the planes do not match in shape. */
static unsigned plane_difference(const struct pm_plane *a, const struct pm_plane *b, unsigned depth)
{
    unsigned max = 0;
    if (a->width != b->width || a->height != b->height || a->channels != b->channels)
        return 256;
    for (uint32_t y = 0; y < a->height; y++) {
        const uint8_t *one = plane_row(a, y), *other = plane_row(b, y);
        for (uint32_t i = 0; i < a->width * a->channels; i++) {
            const int x = depth == 8 ? one[i] * 256 : ((const uint16_t *)(const void *)one)[i];
            const int z = depth == 8 ? other[i] * 256 : ((const uint16_t *)(const void *)other)[i];
            const unsigned difference = (unsigned)(abs(x - z) + 255) / 256;
            max = difference > max ? difference : max;
        }
    }
    return max;
}

static bool is_same(const struct pm_image *a, const struct pm_image *b, unsigned tolerance)
{
    bool same = a->width == b->width && a->height == b->height && a->format.color == b->format.color &&
                a->format.alpha == b->format.alpha && a->format.depth == b->format.depth &&
                a->nplanes == b->nplanes;
    for (unsigned i = 0; same && i < a->nplanes; i++)
        same = plane_difference(&a->plane[i], &b->plane[i], a->format.depth) <= tolerance;
    return same;
}

static void note_warning(struct context *context, const char *message)
{
    struct pm_error *error = context->lender;
    error_set(error, PM_ERROR_CORRUPT, "is damaged: %s", message);
}

static int test_shape(const struct codec *codec, const struct shape *shape, bool lossless,
                      struct context *context)
{
    alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
    codec_options_init(codec, options);
    if (codec_option_set(codec, options, "quality", "95", context->error) != 0 ||
        codec_option_set(codec, options, "subsampling", shape->format.sampling_x == 2 ? "420" : "444",
                         context->error) != 0 ||
        (lossless && codec_option_set(codec, options, "lossless", NULL, context->error) != 0))
        return -1;
    const struct decode_request decoding = {.planes = shape->format.color == PM_COLOR_YCC};
    struct buffer file = {0};
    struct pm_image image, again;
    int status = -1;
    const bool made = make_image(shape, &image, context) == 0;
    if (made && codec->few_colors)
        fill_few(&image.plane[0]);
    if (made && codec_coder(codec, context->error)->encode(&image, options, &file, context) == 0 &&
        reader_decode(codec, file.data, file.size, &decoding, &again, context) == 0)
        status =
            is_same(&image, &again, lossless ? 0 : codec->tolerance)
                ? 0
                : error_set(context->error, PM_ERROR_CORRUPT, "has pixels that differ from those written");
    buffer_free(&file);
    return status == 0 && context->error->kind == PM_OK ? 0 : -1; /* a warning counts as a failure */
}

static bool takes(const struct codec *codec, const struct shape *shape)
{
    alignas(8) unsigned char options[CODEC_OPTIONS_BYTES];
    codec_options_init(codec, options);
    return convert_accepted(&shape->format, codec->accepts(options));
}

/* Tests everything that the codec's library is used for. */
static int test_shapes(const struct codec *codec, struct context *context)
{
    if (takes(codec, &deep))
        return test_shape(codec, &deep, false, context);
    if (takes(codec, &planes) && test_shape(codec, &planes, false, context) != 0)
        return -1;
    if (takes(codec, &limited) && test_shape(codec, &limited, false, context) != 0)
        return -1;
    if (test_shape(codec, &rows, false, context) != 0)
        return -1;
    if (takes(codec, &inks) && test_shape(codec, &inks, false, context) != 0)
        return -1;
    if (takes(codec, &clear) && test_shape(codec, &clear, false, context) != 0)
        return -1;
    const bool lossless = codec_option_row(codec, "lossless") != NULL;
    return lossless ? test_shape(codec, &clear, true, context) : 0;
}

/* Uses the caller's arenas, but not its checkpoints, because a cancellation would look like a failure of the
 * codec. */
static int self_test(const struct codec *codec, const struct context *lender, struct pm_error *error)
{
    static const struct context_ops ops = {.warn = note_warning};
    struct context context = {
        .ops = &ops,
        .arena = lender->arena,
        .spare = lender->spare,
        .job_arena = lender->job_arena,
        .simd = lender->simd,
        .lanes = 1,
        .error = error,
        .lender = error,
    };
    const struct arena_mark arena = arena_mark(context.arena), spare = arena_mark(context.spare),
                            job_arena = arena_mark(context.job_arena);
    const int status = test_shapes(codec, &context);
    arena_release(context.arena, arena);
    arena_release(context.spare, spare);
    arena_release(context.job_arena, job_arena);
    return status;
}

/* Bit i: codecs[i] has passed. A failure is not stored: it may be lack of memory. */
static atomic_uint passed;

/* 0 for a codec that is not in the table: tested each time. */
static unsigned bit_of(const struct codec *codec)
{
    const int index = codec_index(codec);
    return index >= 0 ? 1u << index : 0;
}

int codec_check(const struct codec *codec, struct context *context)
{
    const unsigned bit = bit_of(codec);
    if ((atomic_load_explicit(&passed, memory_order_relaxed) & bit) != 0)
        return 0;
    if (codec_coder(codec, context->error) == NULL)
        return -1;
    struct pm_error failure = {0};
    if (self_test(codec, context, &failure) != 0) {
        if (failure.kind == PM_ERROR_MEMORY || failure.kind == PM_ERROR_INTERNAL)
            return error_copy(context->error, &failure);
        return error_set(
            context->error, PM_ERROR_INTERNAL,
            "no %s is written: a test image can't be read back, it %.120s (reinstall the libraries that 'ldd pixmill' lists)",
            codec->name, failure.message);
    }
    atomic_fetch_or_explicit(&passed, bit, memory_order_relaxed);
    return 0;
}

int codec_encode(const struct codec *codec, const struct pm_image *image, const void *options,
                 struct buffer *out, struct context *context)
{
    if (codec_check(codec, context) != 0)
        return -1;
    return codec_coder(codec, context->error)->encode(image, options, out, context);
}
