#include "codec/jxl/part/transcode.h"

#include <jxl/decode.h>

#include "codec/jxl/options.h"
#include "codec/jxl/part/encode.h"
#include "codec/jxl/part/library.h"

/* --- to JPEG XL -------------------------------------------------------------------------------------- */

static enum transcode_status wrap(JxlEncoder *encoder, const struct transcode_job *job, struct buffer *out,
                                  struct context *context)
{
    const size_t start = out->size;
    JxlEncoderFrameSettings *settings = JxlEncoderFrameSettingsCreate(encoder, NULL);
    if (settings == NULL)
        return TRANSCODE_FAILED;
    if (JxlEncoderFrameSettingsSetOption(settings, JXL_ENC_FRAME_SETTING_EFFORT, jxl_effort(job->options)) !=
            JXL_ENC_SUCCESS ||
        JxlEncoderUseContainer(encoder, JXL_TRUE) != JXL_ENC_SUCCESS ||
        JxlEncoderStoreJPEGMetadata(encoder, JXL_TRUE) != JXL_ENC_SUCCESS)
        return TRANSCODE_FAILED;
    if (JxlEncoderAddJPEGFrame(settings, job->data, job->size) != JXL_ENC_SUCCESS)
        return TRANSCODE_NO; /* CMYK, arithmetic coding, or damaged */
    context_enter(context, PM_STAGE_ENCODE);
    if (jxl_run_encoder(encoder, out, context) == 0)
        return TRANSCODE_DONE;
    out->size = start;
    return TRANSCODE_FAILED;
}

enum transcode_status jxl_wrap_jpeg(const struct transcode_job *job, struct buffer *out,
                                    struct context *context)
{
    struct jxl_library library;
    jxl_library_init(&library, UINT64_MAX, context);
    JxlEncoder *encoder = JxlEncoderCreate(&library.memory);
    enum transcode_status status = TRANSCODE_FAILED;
    if (encoder != NULL &&
        JxlEncoderSetParallelRunner(encoder, jxl_library_run_whole, &library) == JXL_ENC_SUCCESS)
        status = wrap(encoder, job, out, context);
    if (status == TRANSCODE_FAILED)
        error_memory(context->error, 0); /* unless a checkpoint has failed */
    JxlEncoderDestroy(encoder);
    return status;
}

/* --- back -------------------------------------------------------------------------------------------- */

/* Lends libjxl what is free in `out`, at least `room` bytes. */
static int lend(JxlDecoder *decoder, struct buffer *out, size_t room, struct context *context)
{
    if (buffer_reserve(out, room) != 0)
        return error_memory(context->error, room);
    return JxlDecoderSetJPEGBuffer(decoder, out->data + out->size, out->capacity - out->size) ==
                   JXL_DEC_SUCCESS
               ? 0
               : error_set(context->error, PM_ERROR_INTERNAL,
                           "libjxl takes no memory for a JPEG (please report this)");
}

static void take(JxlDecoder *decoder, struct buffer *out)
{
    out->size = out->capacity - JxlDecoderReleaseJPEGBuffer(decoder);
}

static enum transcode_status restore(JxlDecoder *decoder, struct buffer *out, struct context *context)
{
    enum { PIECE = 64 << 10 };
    size_t room = PIECE;
    bool lent = false;
    for (;;) {
        const size_t before = out->size;
        context_native_begin(context);
        const JxlDecoderStatus status = JxlDecoderProcessInput(decoder);
        context_native_end(context);
        if (context->error->kind != PM_OK) /* a checkpoint's */
            return TRANSCODE_FAILED;
        if (status == JXL_DEC_FULL_IMAGE && lent) {
            take(decoder, out);
            return TRANSCODE_DONE;
        }
        if (status != JXL_DEC_JPEG_RECONSTRUCTION && status != JXL_DEC_JPEG_NEED_MORE_OUTPUT)
            return TRANSCODE_NO; /* decoding finds what is wrong */
        if (lent)
            take(decoder, out);
        if (lent && out->size == before) /* it writes nothing if the room is too small for its next part */
            room *= 2;
        if (lend(decoder, out, room, context) != 0)
            return TRANSCODE_FAILED;
        lent = true;
    }
}

enum transcode_status jxl_restore_jpeg(const struct transcode_job *job, struct buffer *out,
                                       struct context *context)
{
    struct jxl_library library;
    const size_t start = out->size;
    enum transcode_status status = TRANSCODE_NO;
    jxl_library_init(&library, UINT64_MAX, context);
    JxlDecoder *decoder = JxlDecoderCreate(&library.memory);
    if (decoder == NULL) {
        error_memory(context->error, 0);
        return TRANSCODE_FAILED;
    }
    if (JxlDecoderSetParallelRunner(decoder, jxl_library_run, &library) == JXL_DEC_SUCCESS &&
        JxlDecoderSubscribeEvents(decoder, JXL_DEC_JPEG_RECONSTRUCTION | JXL_DEC_FULL_IMAGE) ==
            JXL_DEC_SUCCESS &&
        JxlDecoderSetInput(decoder, job->data, job->size) == JXL_DEC_SUCCESS)
        status = restore(decoder, out, context);
    JxlDecoderDestroy(decoder);
    if (status != TRANSCODE_DONE)
        out->size = start;
    return status;
}
