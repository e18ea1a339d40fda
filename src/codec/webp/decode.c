/*
 * Decodes one bitstream. A lossy one has 4:2:0 planes of limited range, which resize and the JPEG encoder
 * accept directly; otherwise libwebp upsamples it to RGB. Up to FULL_BYTES it is decoded at full size and
 * resized by pixmill, because libwebp's box scaling is 3 to 4 dB worse. Above that, libwebp scales it, to
 * limit memory.
 *
 * A large image is passed to the decoder in pieces, with a checkpoint between them.
 */
#include <string.h>
#include <webp/decode.h>

#include "codec/webp/decode.h"

/* FULL_BYTES: max full-size image before libwebp scales it. PIECE_PIXELS: pixels per piece, approximately. */
enum { FULL_BYTES = 32 * 1024 * 1024, PIECE_PIXELS = 1024 * 1024, PIECES_MAX = 64 };

static uint64_t planes_bytes(const struct webp_way *way)
{
    const struct pm_pixel_format luma = PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8),
                                 pixels = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8),
                                 with_alpha = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8);
    const struct shape whole = {.width = way->width,
                                .height = way->height,
                                .format = way->planes  ? luma
                                          : way->alpha ? with_alpha
                                                       : pixels},
                       half = {
                           .width = (way->width + 1) / 2, .height = (way->height + 1) / 2, .format = luma};
    if (!way->planes)
        return shape_bytes(&whole);
    return (way->alpha ? 2 : 1) * shape_bytes(&whole) + 2 * shape_bytes(&half);
}

/* The min side that a request allows, including 4:2:0 chroma. */
static uint32_t min_side(uint32_t side, uint32_t min, bool planes, unsigned sampling)
{
    const uint64_t wanted = (uint64_t)min * (planes && sampling < 2 ? 2 : 1);
    return wanted < side ? (uint32_t)wanted : side;
}

struct webp_way webp_choose_way(const struct pm_info *info, const struct decode_request *request)
{
    struct webp_way way = {.planes = info->pixels.color == PM_COLOR_YCC && request->planes,
                           .alpha = info->pixels.alpha != PM_ALPHA_NONE,
                           .width = info->width,
                           .height = info->height};
    const bool scaled = request->min_width > 0 && request->min_height > 0 && !info->animated;
    if (!scaled || planes_bytes(&way) <= FULL_BYTES)
        return way;
    const uint32_t width = min_side(way.width, request->min_width, way.planes, request->sampling_x);
    const uint32_t height = min_side(way.height, request->min_height, way.planes, request->sampling_y);
    if (width < way.width && height < way.height) {
        way.width = width;
        way.height = height;
    }
    return way;
}

/* Memory for files made by encoders. It includes libwebp's Huffman tables (0.5 MB for 1.4 megapixels), but a
 * crafted file may have 65536 groups of them: one of 295 kB took 370 MB. The header does not show this. The
 * backend procs enforces each worker's memory limit. */
uint64_t webp_way_bytes(const struct webp_way *way, const struct pm_info *info)
{
    enum { ROW_BYTES = 128, FIXED = 256 * 1024 };
    const uint64_t pixels = (uint64_t)info->width * info->height;
    uint64_t own = 0; /* libwebp's own memory */
    if (info->pixels.color != PM_COLOR_YCC)
        own = 5 * pixels; /* ARGB, for its matches; and the transforms' data */
    else if (info->pixels.alpha != PM_ALPHA_NONE)
        own = 6 * pixels; /* alpha, and the lossless image that it is decoded from */
    return planes_bytes(way) + own + (uint64_t)ROW_BYTES * ((uint64_t)info->width + way->width) + FIXED;
}

static int refuse(VP8StatusCode status, struct pm_error *error)
{
    switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY:
        return error_memory(error, 0);
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
        return error_set_hint(error, PM_ERROR_TRUNCATED, PM_HINT_ALLOW_TRUNCATED,
                              "ends before its picture is whole");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        return error_set(error, PM_ERROR_UNSUPPORTED, "has a feature that libwebp does not decode");
    default:
        return error_set(error, PM_ERROR_CORRUPT, "its picture is damaged (libwebp: status %d)", (int)status);
    }
}

/* Number of rows decoded so far. */
static uint32_t rows_there(const WebPIDecoder *decoder, const WebPDecBuffer *output)
{
    int rows = 0;
    const bool any =
        output->colorspace >= MODE_YUV
            ? WebPIDecGetYUVA(decoder, &rows, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) != NULL
            : WebPIDecGetRGB(decoder, &rows, NULL, NULL, NULL) != NULL;
    return any && rows > 0 ? (uint32_t)rows : 0;
}

/* Feeds the decoder. *rows: number of rows decoded if the data ended too early. */
static int feed(WebPIDecoder *decoder, const uint8_t *data, size_t size, uint32_t pieces,
                const WebPDecBuffer *output, uint32_t *rows, struct context *context)
{
    VP8StatusCode status = VP8_STATUS_SUSPENDED;
    for (uint32_t i = 1; i <= pieces && status == VP8_STATUS_SUSPENDED; i++) {
        if (context_checkpoint(context) != 0)
            return -1;
        context_native_begin(context);
        status = WebPIUpdate(decoder, data, i == pieces ? size : size / pieces * i);
        context_native_end(context);
    }
    *rows = (uint32_t)output->height;
    if (status == VP8_STATUS_OK)
        return 0;
    *rows = rows_there(decoder, output);
    return refuse(status, context->error);
}

/* Decodes into the buffers of config->output. */
static int decode(const uint8_t *data, size_t size, const struct webp_image *picture, bool allow_truncated,
                  WebPDecoderConfig *config, uint32_t *rows, struct context *context)
{
    struct pm_error why = {0};
    const uint64_t wanted = (uint64_t)picture->width * picture->height / PIECE_PIXELS + 1;
    const uint32_t pieces = wanted < PIECES_MAX ? (uint32_t)wanted : PIECES_MAX;
    *rows = (uint32_t)config->output.height;
    if (pieces == 1 && !allow_truncated) {
        context_native_begin(context);
        const VP8StatusCode status = WebPDecode(data, size, config);
        context_native_end(context);
        return status == VP8_STATUS_OK ? 0 : refuse(status, context->error);
    }
    WebPIDecoder *decoder = WebPIDecode(NULL, 0, config);
    if (decoder == NULL)
        return error_memory(context->error, 0);
    struct pm_error *const error = context->error;
    context->error = &why; /* a truncated file may have none */
    int status = feed(decoder, data, size, pieces, &config->output, rows, context);
    context->error = error;
    WebPIDelete(decoder);
    if (status != 0 && allow_truncated && why.kind == PM_ERROR_TRUNCATED)
        return 0;
    return status == 0 ? 0 : error_copy(context->error, &why);
}

static int start(WebPDecoderConfig *config, WEBP_CSP_MODE mode, uint32_t width, uint32_t height,
                 struct pm_error *error)
{
    if (!WebPInitDecoderConfig(config))
        return error_set(error, PM_ERROR_INTERNAL,
                         "libwebp is of another version than pixmill was built for");
    config->output.colorspace = mode;
    config->output.is_external_memory = 1;
    config->output.width = (int)width;
    config->output.height = (int)height;
    return 0;
}

/* Sets up the image's planes. A chroma plane's extent is the file's, scaled like its columns. */
static int make_planes(const struct webp_image *picture, const struct webp_way *way, struct pm_image *image,
                       struct context *context)
{
    image->nplanes = way->alpha ? 4 : 3;
    for (unsigned i = 0; i < image->nplanes; i++) {
        const bool chroma = i == 1 || i == 2;
        const uint32_t width = chroma ? (way->width + 1) / 2 : way->width;
        const uint32_t height = chroma ? (way->height + 1) / 2 : way->height;
        struct pm_plane *plane = &image->plane[i];
        if (plane_alloc(plane, width, height, 1, 8, context) != 0)
            return -1;
        if (chroma) {
            const uint32_t columns = (picture->width + 1) / 2, rows = (picture->height + 1) / 2;
            plane->frame.extent_x = width * (picture->width / 2.0) / columns;
            plane->frame.extent_y = height * (picture->height / 2.0) / rows;
        }
    }
    return 0;
}

static void lend_planes(const struct pm_image *image, WebPYUVABuffer *buffer)
{
    const struct pm_plane *plane = image->plane;
    buffer->y = plane[0].data;
    buffer->y_stride = (int)plane[0].stride;
    buffer->y_size = plane[0].stride * plane[0].height;
    buffer->u = plane[1].data;
    buffer->v = plane[2].data;
    buffer->u_stride = (int)plane[1].stride;
    buffer->v_stride = (int)plane[2].stride;
    buffer->u_size = plane[1].stride * plane[1].height;
    buffer->v_size = plane[2].stride * plane[2].height;
    if (image->nplanes < 4)
        return;
    buffer->a = plane[3].data;
    buffer->a_stride = (int)plane[3].stride;
    buffer->a_size = plane[3].stride * plane[3].height;
}

/* Fills with opaque grey from luma row `rows` on. */
static void fill_rest(struct pm_image *image, uint32_t rows)
{
    enum { GRAY = 128, GRAY_LIMITED = 126, OPAQUE = 255 };
    for (unsigned i = 0; i < image->nplanes; i++) {
        const struct pm_plane *plane = &image->plane[i];
        const bool luma = image->nplanes > 1 && i == 0;
        const int level = i == 3 ? OPAQUE : luma ? GRAY_LIMITED : GRAY;
        const uint32_t first = i == 1 || i == 2 ? (rows + 1) / 2 : rows;
        for (uint32_t y = first; y < plane->height; y++) {
            uint8_t *row = plane_row(plane, y);
            memset(row, level, (size_t)plane->width * plane->channels);
            for (uint32_t x = 0; plane->channels == 4 && x < plane->width; x++)
                row[4 * x + 3] = OPAQUE;
        }
    }
}

int webp_decode_image(const uint8_t *data, size_t size, const struct webp_image *picture,
                      const struct webp_way *way, bool allow_truncated, struct pm_image *image,
                      struct context *context)
{
    WebPDecoderConfig config;
    uint32_t rows;
    image->width = way->width;
    image->height = way->height;
    image->format = way->planes ? (struct pm_pixel_format)WEBP_PLANES(PM_ALPHA_NONE)
                                : (struct pm_pixel_format)PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8);
    image->format.alpha = way->alpha ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE;
    const WEBP_CSP_MODE mode =
        way->planes ? (way->alpha ? MODE_YUVA : MODE_YUV) : (way->alpha ? MODE_RGBA : MODE_RGB);
    if (start(&config, mode, way->width, way->height, context->error) != 0)
        return -1;
    if (way->width != picture->width || way->height != picture->height) {
        config.options.use_scaling = 1;
        config.options.scaled_width = (int)way->width;
        config.options.scaled_height = (int)way->height;
    }
    struct pm_plane *plane = &image->plane[0];
    if (way->planes) {
        if (make_planes(picture, way, image, context) != 0)
            return -1;
        lend_planes(image, &config.output.u.YUVA);
    } else {
        image->nplanes = 1;
        if (plane_alloc(plane, way->width, way->height, way->alpha ? 4 : 3, 8, context) != 0)
            return -1;
        config.output.u.RGBA =
            (WebPRGBABuffer){plane->data, (int)plane->stride, plane->stride * plane->height};
    }
    if (decode(data, size, picture, allow_truncated, &config, &rows, context) != 0)
        return -1;
    fill_rest(image, rows);
    image_set_sampling(image);
    return 0;
}

int webp_decode_rgba(const uint8_t *data, size_t size, const struct webp_image *picture, bool allow_truncated,
                     uint8_t *pixels, size_t stride, struct context *context)
{
    WebPDecoderConfig config;
    uint32_t rows;
    if (start(&config, MODE_RGBA, picture->width, picture->height, context->error) != 0)
        return -1;
    config.output.u.RGBA =
        (WebPRGBABuffer){pixels, (int)stride, stride * (picture->height - 1) + (size_t)4 * picture->width};
    return decode(data, size, picture, allow_truncated, &config, &rows, context);
}
