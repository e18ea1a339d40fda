/*
 * Writes an animation frame by frame (writer.h). libwebp's animation encoder finds what differs from the
 * previous frame and whether blending or replacing is smaller.
 */
#include <string.h>
#include <webp/mux.h>

#include "codec/webp/encode.h"
#include "codec/webp/writer.h"

struct webp_writer {
    struct writer writer;
    WebPAnimEncoder *encoder;
    struct pm_image first; /* for the file's metadata; its samples are freed */
    struct writer_clock clock;
    int shown_ms; /* start of the next frame, in ms */
    /* The last frame added, without its samples: libwebp keeps a copy of its hook and calls it again if it
     * re-encodes a single frame while assembling the file. */
    struct webp_picture picture;
};

/* Four canvases, including the frame's own; the candidate encodings of a frame; and all encoded frames, kept
 * until the file is assembled. */
static uint64_t bytes(const struct shape *shape, unsigned frames, const void *options)
{
    enum { CANVASES = 4, PIXEL = 4, TRIED = 3 };
    const uint64_t canvas = (uint64_t)shape->width * shape->height * PIXEL;
    return CANVASES * canvas + ((uint64_t)frames + TRIED) * webp_encode_bound(shape, options);
}

static int begin(struct writer *writer, const struct pm_image *first, struct context *context)
{
    struct webp_writer *webp = (struct webp_writer *)writer;
    WebPAnimEncoderOptions options;
    (void)context;
    if (!WebPAnimEncoderOptionsInit(&options))
        return error_set(context->error, PM_ERROR_INTERNAL,
                         "libwebp is of another version than pixmill was built for");
    options.anim_params.loop_count = writer->animation.loops <= UINT16_MAX ? (int)writer->animation.loops : 0;
    options.anim_params.bgcolor = 0;
    webp->first = *first;
    webp->encoder = WebPAnimEncoderNew((int)first->width, (int)first->height, &options);
    return webp->encoder != NULL ? 0 : error_memory(context->error, 0);
}

static int advance(struct webp_writer *webp, struct frame_time time, struct pm_error *error)
{
    writer_clock_add(&webp->clock, time, 1000);
    if (webp->clock.shown > INT32_MAX)
        return error_set(error, PM_ERROR_UNSUPPORTED, "lasts longer than a WebP can (24 days)");
    webp->shown_ms = (int)webp->clock.shown;
    return 0;
}

static int add(struct writer *writer, const struct frame *frame, struct context *context)
{
    struct webp_writer *webp = (struct webp_writer *)writer;
    struct webp_picture *picture = &webp->picture;
    if (webp_picture_init(picture, &frame->image, writer->options, true, context) != 0)
        return -1;
    context_native_begin(context);
    int status =
        WebPAnimEncoderAdd(webp->encoder, &picture->picture, webp->shown_ms, &picture->config) ? 0 : -1;
    context_native_end(context);
    if (status != 0)
        webp_picture_error(picture, context->error);
    webp_picture_free(picture);
    return status == 0 ? advance(webp, frame->time, context->error) : -1;
}

/* Assembles the file, allocated by libwebp; frees the frames. */
static int assemble(struct webp_writer *webp, WebPData *file, struct context *context)
{
    context_native_begin(context);
    const bool whole = WebPAnimEncoderAdd(webp->encoder, NULL, webp->shown_ms, NULL) &&
                       WebPAnimEncoderAssemble(webp->encoder, file);
    context_native_end(context);
    if (whole) {
        WebPAnimEncoderDelete(webp->encoder);
        webp->encoder = NULL;
        return 0;
    }
    if (context->error->kind != PM_OK) /* set by a checkpoint */
        return -1;
    return error_set(context->error, PM_ERROR_INTERNAL,
                     "libwebp can't assemble the animation: %.120s (please report this)",
                     WebPAnimEncoderGetError(webp->encoder));
}

static int end(struct writer *writer, struct context *context)
{
    struct webp_writer *webp = (struct webp_writer *)writer;
    const size_t start = writer->out->size;
    WebPData file;
    WebPDataInit(&file);
    int status = assemble(webp, &file, context);
    if (status == 0 && buffer_append(writer->out, file.bytes, file.size) != 0)
        status = error_memory(context->error, file.size);
    if (status == 0)
        status = webp_add_metadata(writer->out, start, &webp->first, context);
    WebPDataClear(&file);
    return status;
}

static void close(struct writer *writer)
{
    WebPAnimEncoderDelete(((struct webp_writer *)writer)->encoder);
}

const struct codec_writer webp_writer = {.size = sizeof(struct webp_writer),
                                         .bytes = bytes,
                                         .begin = begin,
                                         .add = add,
                                         .end = end,
                                         .close = close};
