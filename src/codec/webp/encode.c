/*
 * Encodes a picture: a still, or a frame of an animation. 4:2:0 planes are passed directly; RGB is converted
 * by libwebp. Lossless encoding uses RGB. The file has the extended form (VP8X) only if it has metadata.
 */
#include "codec/webp/encode.h"

#include <inttypes.h>
#include <string.h>
#include <webp/encode.h>

#include "image/exif.h"

/* --- pictures -------------------------------------------------------------------------------------- */

/* An image being encoded by libwebp. */
struct webp_picture {
    WebPPicture picture;
    WebPConfig config;
    struct context *context;
};

static int picture_error(const struct webp_picture *webp, struct pm_error *error)
{
    switch (webp->picture.error_code) {
    case VP8_ENC_ERROR_OUT_OF_MEMORY:
    case VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY:
    case VP8_ENC_ERROR_BAD_WRITE: /* `out` could not grow */
        return error_memory(error, 0);
    case VP8_ENC_ERROR_USER_ABORT:
        return -1; /* a checkpoint has filled it */
    case VP8_ENC_ERROR_PARTITION0_OVERFLOW:
    case VP8_ENC_ERROR_PARTITION_OVERFLOW:
    case VP8_ENC_ERROR_FILE_TOO_BIG:
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "has more detail than a lossy WebP can hold (choose a lower quality, or lossless)");
    default:
        return error_set(error, PM_ERROR_INTERNAL,
                         "libwebp refuses the picture: error %d (please report this)",
                         (int)webp->picture.error_code);
    }
}

/* libwebp calls this regularly; it may cancel. */
static int on_progress(int percent, const WebPPicture *picture)
{
    struct webp_picture *webp = picture->user_data;
    (void)percent;
    return context_checkpoint(webp->context) == 0;
}

/* Planes are used directly. With alpha they are copied, because libwebp modifies transparent areas in
 * place. */
static int take_planes(struct webp_picture *webp, const struct pm_image *image, struct pm_error *error)
{
    WebPPicture *picture = &webp->picture;
    const struct pm_plane *plane = image->plane;
    picture->colorspace = image->nplanes == 4 ? WEBP_YUV420A : WEBP_YUV420;
    if (image->nplanes < 4) {
        picture->y = plane[0].data;
        picture->u = plane[1].data;
        picture->v = plane[2].data;
        picture->y_stride = (int)plane[0].stride;
        picture->uv_stride = (int)plane[1].stride;
        return 0;
    }
    if (!WebPPictureAlloc(picture))
        return picture_error(webp, error);
    uint8_t *const to[] = {picture->y, picture->u, picture->v, picture->a};
    const int strides[] = {picture->y_stride, picture->uv_stride, picture->uv_stride, picture->a_stride};
    for (unsigned i = 0; i < image->nplanes; i++) {
        for (uint32_t y = 0; y < plane[i].height; y++)
            memcpy(to[i] + y * (size_t)strides[i], plane_row(&plane[i], y), plane[i].width);
    }
    return 0;
}

static int take_rows(struct webp_picture *webp, const struct pm_image *image, struct pm_error *error)
{
    const struct pm_plane *plane = &image->plane[0];
    const bool alpha = image->format.alpha != PM_ALPHA_NONE;
    const int taken = (alpha ? WebPPictureImportRGBA : WebPPictureImportRGB)(&webp->picture, plane->data,
                                                                             (int)plane->stride);
    return taken ? 0 : picture_error(webp, error);
}

/* libwebp encodes alpha with the method of the whole picture. The slowest method took 5 s for 256 x 256
 * pixels of noisy lossless alpha, this one takes 0.03 s. */
enum { METHOD_ALPHA_MAX = 5 };

static int check_image(const struct pm_image *image, struct pm_error *error)
{
    const struct pm_pixel_format *format = &image->format;
    const bool planes = format->color == PM_COLOR_YCC && format->limited_range && format->sampling_x == 2 &&
                        format->sampling_y == 2 && image->plane[1].width == (image->width + 1) / 2 &&
                        image->plane[1].height == (image->height + 1) / 2;
    if (format->depth != 8 || format->alpha == PM_ALPHA_PREMULTIPLIED ||
        !(planes || format->color == PM_COLOR_RGB))
        return error_set(error, PM_ERROR_INTERNAL,
                         "the pixel format is not one of WebP (please report this)");
    if (image->width > WEBP_SIDE_MAX || image->height > WEBP_SIDE_MAX)
        return error_limit_hint(
            error, WEBP_SIDE_MAX, image->width > image->height ? image->width : image->height,
            PM_HINT_FORMAT_PNG, "a WebP of %" PRIu32 "x%" PRIu32 " can't be written: at most %d on a side",
            image->width, image->height, WEBP_SIDE_MAX);
    return 0;
}

/* `frame`: one of an animation. */
static int begin(struct webp_picture *webp, const struct pm_image *image, const void *options, bool frame,
                 struct context *context)
{
    *webp = (struct webp_picture){.context = context};
    if (check_image(image, context->error) != 0)
        return -1;
    if (!WebPPictureInit(&webp->picture) || !webp_configure(options, frame, &webp->config))
        return error_set(context->error, PM_ERROR_INTERNAL,
                         "libwebp is of another version than pixmill was built for (reinstall it)");
    webp->picture.width = (int)image->width;
    webp->picture.height = (int)image->height;
    webp->picture.use_argb = webp_is_lossless(options);
    if (image->format.alpha != PM_ALPHA_NONE && !webp_is_lossless(options) &&
        webp->config.method > METHOD_ALPHA_MAX)
        webp->config.method = METHOD_ALPHA_MAX;
    webp->config.low_memory = (uint64_t)image->width * image->height > WEBP_TOKENS_PIXELS;
    webp->picture.progress_hook = on_progress;
    webp->picture.user_data = webp;
    const int status = image->format.color == PM_COLOR_YCC ? take_planes(webp, image, context->error)
                                                           : take_rows(webp, image, context->error);
    if (status != 0)
        WebPPictureFree(&webp->picture);
    return status;
}

static int append(const uint8_t *data, size_t size, const WebPPicture *picture)
{
    return buffer_append(picture->custom_ptr, data, size) == 0;
}

int webp_append_picture(const struct pm_image *image, const void *options, bool frame, struct buffer *out,
                        struct context *context)
{
    struct webp_picture webp;
    if (begin(&webp, image, options, frame, context) != 0)
        return -1;
    webp.picture.writer = append;
    webp.picture.custom_ptr = out;
    context_native_begin(context);
    const bool whole = WebPEncode(&webp.config, &webp.picture);
    context_native_end(context);
    const int status = whole ? 0 : picture_error(&webp, context->error);
    WebPPictureFree(&webp.picture);
    return status;
}

/* --- the file around it ---------------------------------------------------------------------------- */

/* Appends a chunk, padded to even. */
static int append_chunk(struct buffer *out, uint32_t tag, struct pm_blob data, struct pm_error *error)
{
    static const uint8_t padding = 0;
    uint8_t head[WEBP_CHUNK_HEAD];
    webp_put_le32(head, tag);
    webp_put_le32(head + 4, (uint32_t)data.size);
    if (buffer_append(out, head, sizeof head) != 0 || buffer_append(out, data.data, data.size) != 0 ||
        ((data.size & 1) != 0 && buffer_append(out, &padding, 1) != 0))
        return error_memory(error, data.size);
    return 0;
}

/* Inserts a gap of `size` bytes at `at`. */
static int open_gap(struct buffer *out, size_t at, size_t size, struct pm_error *error)
{
    if (buffer_reserve(out, size) != 0)
        return error_memory(error, size);
    memmove(out->data + at + size, out->data + at, out->size - at);
    out->size += size;
    return 0;
}

int webp_examine(const struct buffer *out, size_t at, struct webp_image *picture, struct pm_error *error)
{
    const uint8_t *head = out->data + at;
    struct webp_chunk chunk = {
        .tag = webp_get_le32(head), .at = at, .size = webp_get_le32(head + 4), .peeked = WEBP_PEEK};
    if (chunk.peeked > chunk.size)
        chunk.peeked = chunk.size;
    memcpy(chunk.head, head + WEBP_CHUNK_HEAD, chunk.peeked);
    *picture = (struct webp_image){0};
    return webp_image_add(picture, &chunk, error);
}

/* Adds a VP8X chunk, if the file has none. */
static int extend(struct buffer *out, size_t start, const struct pm_image *image, struct pm_error *error)
{
    const size_t at = start + WEBP_RIFF_HEAD;
    struct webp_image picture;
    if (webp_get_le32(out->data + at) == WEBP_VP8X)
        return 0;
    if (webp_examine(out, at, &picture, error) != 0 ||
        open_gap(out, at, WEBP_CHUNK_HEAD + WEBP_VP8X_SIZE, error) != 0)
        return -1;
    uint8_t *head = out->data + at;
    memset(head, 0, WEBP_CHUNK_HEAD + WEBP_VP8X_SIZE);
    webp_put_le32(head, WEBP_VP8X);
    webp_put_le32(head + 4, WEBP_VP8X_SIZE);
    head[WEBP_CHUNK_HEAD] = picture.alpha ? WEBP_FLAG_ALPHA : 0;
    webp_put_le24(head + WEBP_CHUNK_HEAD + 4, image->width - 1);
    webp_put_le24(head + WEBP_CHUNK_HEAD + 7, image->height - 1);
    return 0;
}

/* The profile must be before the images. */
static int insert_profile(struct buffer *out, size_t start, struct pm_blob icc, struct pm_error *error)
{
    const size_t at = start + WEBP_RIFF_HEAD + WEBP_CHUNK_HEAD + WEBP_VP8X_SIZE;
    const size_t size = WEBP_CHUNK_HEAD + icc.size + (icc.size & 1);
    if (open_gap(out, at, size, error) != 0)
        return -1;
    uint8_t *head = out->data + at;
    webp_put_le32(head, WEBP_ICCP);
    webp_put_le32(head + 4, (uint32_t)icc.size);
    memcpy(head + WEBP_CHUNK_HEAD, icc.data, icc.size);
    if ((icc.size & 1) != 0)
        head[size - 1] = 0;
    return 0;
}

/* Warns of metadata that a WebP can't store. */
static void warn_of_losses(const struct pm_metadata *meta, struct context *context)
{
    if (meta->iptc.size > 0)
        context_warn(context, "IPTC is left out: WebP can't store it");
    if (meta->ntexts > 0)
        context_warn(context, "text is left out: WebP can't store it");
    if (exif_lacks_density(meta))
        context_warn(context, "the density is left out: WebP stores it only in EXIF");
}

int webp_close_file(const struct buffer *out, size_t start, struct pm_error *error)
{
    const uint64_t size = out->size - start - WEBP_CHUNK_HEAD;
    if (size > UINT32_MAX)
        return error_limit(error, UINT32_MAX, size, "would be a WebP of more than 4 GiB");
    webp_put_le32(out->data + start + 4, (uint32_t)size);
    return 0;
}

int webp_add_metadata(struct buffer *out, size_t start, const struct pm_image *image, struct context *context)
{
    const struct pm_metadata *meta = &image->meta;
    uint8_t minimal[EXIF_MINIMAL_BYTES];
    struct pm_blob exif = meta->exif;
    warn_of_losses(meta, context);
    if (exif.size == 0 && image->orientation > 1) {
        exif_minimal(minimal, image->orientation);
        exif = (struct pm_blob){minimal, sizeof minimal};
    }
    if (meta->icc.size == 0 && exif.size == 0 && meta->xmp.size == 0)
        return 0;
    if (extend(out, start, image, context->error) != 0 ||
        (meta->icc.size > 0 && insert_profile(out, start, meta->icc, context->error) != 0) ||
        (exif.size > 0 && append_chunk(out, WEBP_EXIF, exif, context->error) != 0) ||
        (meta->xmp.size > 0 && append_chunk(out, WEBP_XMP, meta->xmp, context->error) != 0))
        return -1;
    uint8_t *flags = out->data + start + WEBP_RIFF_HEAD + WEBP_CHUNK_HEAD;
    *flags |= (uint8_t)((meta->icc.size > 0 ? WEBP_FLAG_ICC : 0) | (exif.size > 0 ? WEBP_FLAG_EXIF : 0) |
                        (meta->xmp.size > 0 ? WEBP_FLAG_XMP : 0));
    return webp_close_file(out, start, context->error);
}

/* --- a still picture ------------------------------------------------------------------------------- */

int webp_encode(const struct pm_image *image, const void *options, struct buffer *out,
                struct context *context)
{
    const size_t start = out->size;
    int status = webp_append_picture(image, options, false, out, context);
    if (status == 0)
        status = webp_add_metadata(out, start, image, context);
    if (status != 0)
        out->size = start;
    return status;
}

/* --- max sizes, measured with noise ------------------------------------------------------------- */

/* Measured bytes per pixel: 1.2 at quality 100; 4 lossless (uncompressed size); 1 for alpha. */
uint64_t webp_encode_bound(const struct shape *shape, const void *options)
{
    enum { HALVES_LOSSY = 3, HALVES_ALPHA = 3, HALVES_LOSSLESS = 9, FIXED = 64 * 1024 };
    const unsigned lossy = HALVES_LOSSY + (shape->format.alpha != PM_ALPHA_NONE ? HALVES_ALPHA : 0);
    const unsigned halves = webp_is_lossless(options) ? HALVES_LOSSLESS : lossy;
    return (uint64_t)shape->width * shape->height * halves / 2 + FIXED;
}

/* For a lossless bitstream (also used for alpha): matches and tokens per pixel, and two histograms for each
 * of at most 2600 tiles. */
static uint64_t lossless_bytes(uint64_t pixels)
{
    enum { PIXEL = 26, TILES_MAX = 2600, TILE_PIXELS = 16, TILE = 20 * 1024 };
    const uint64_t tiles = pixels / TILE_PIXELS + 1;
    return pixels * PIXEL + (tiles < TILES_MAX ? tiles : TILES_MAX) * TILE;
}

/* For a lossy bitstream, measured: 2 bytes per pixel for planes and 25 for tokens, which large images are
 * encoded without. */
uint64_t webp_encode_bytes(const struct shape *shape, const void *options)
{
    enum { PLANES = 4, TOKENS = 26, FIXED = 2 * 1024 * 1024 };
    const uint64_t pixels = (uint64_t)shape->width * shape->height;
    const bool lossless = webp_is_lossless(options);
    uint64_t bytes = FIXED;
    if (!lossless)
        bytes += pixels * (PLANES + (pixels > WEBP_TOKENS_PIXELS ? 0 : TOKENS));
    if (lossless || shape->format.alpha != PM_ALPHA_NONE)
        bytes += lossless_bytes(pixels);
    return bytes;
}
