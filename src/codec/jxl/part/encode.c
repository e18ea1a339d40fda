#include "codec/jxl/part/encode.h"

#include <string.h>

#include "codec/jxl/options.h"
#include "codec/jxl/part/library.h"
#include "color/description.h"
#include "color/pipeline.h"
#include "color/target.h"
#include "image/exif.h"

enum { ROW_ALIGNMENT = 64 };

int jxl_refuse(const struct jxl_encoding *encoding, struct pm_error *error)
{
    if (encoding->library.full || JxlEncoderGetError(encoding->encoder) == JXL_ENC_ERR_OOM)
        return error_memory(error, 0);
    return error_set(error, PM_ERROR_INTERNAL, "libjxl can't encode it: error %d (please report this)",
                     (int)JxlEncoderGetError(encoding->encoder));
}

/* --- colours ---------------------------------------------------------------------------------------- */

/* Describes colours as numbers of H.273 do. Returns whether JPEG XL has them. */
static bool color_of_cicp(const uint8_t cicp[4], JxlColorEncoding *color)
{
    enum { TRANSFER_709 = 1, TRANSFER_PQ = 16, TRANSFER_DCI = 17, TRANSFER_HLG = 18 };
    struct color_description description;
    const bool curve = cicp[1] != TRANSFER_PQ && cicp[1] != TRANSFER_DCI && cicp[1] != TRANSFER_HLG;
    const uint8_t known[4] = {cicp[0], curve ? cicp[1] : 13, cicp[2], cicp[3]};
    if (!color_from_cicp(known, &description))
        return false;
    const struct color_curve *tone = &description.curve;
    const bool power = tone->a == 1 && tone->b == 0 && tone->c == 0 && tone->d == 0;
    color->white_point = JXL_WHITE_POINT_CUSTOM;
    color->white_point_xy[0] = description.white.x;
    color->white_point_xy[1] = description.white.y;
    color->primaries = JXL_PRIMARIES_CUSTOM;
    color->primaries_red_xy[0] = description.red.x;
    color->primaries_red_xy[1] = description.red.y;
    color->primaries_green_xy[0] = description.green.x;
    color->primaries_green_xy[1] = description.green.y;
    color->primaries_blue_xy[0] = description.blue.x;
    color->primaries_blue_xy[1] = description.blue.y;
    if (!curve || cicp[1] == TRANSFER_709 || cicp[1] == JXL_TRANSFER_FUNCTION_SRGB ||
        cicp[1] == JXL_TRANSFER_FUNCTION_LINEAR) {
        color->transfer_function = (JxlTransferFunction)cicp[1];
        return true;
    }
    color->transfer_function = JXL_TRANSFER_FUNCTION_GAMMA;
    color->gamma = 1 / tone->g;
    return power;
}

/* Lossy pictures are converted by their profile, and libjxl ends the process where lcms2 can't. */
static bool is_convertible(const struct jxl_encoding *encoding, struct context *context)
{
    const struct pm_image *image = encoding->image;
    struct color_space space, srgb;
    const struct color_side from = {.profile = {image->meta.icc.data, image->meta.icc.size},
                                    .channels = image->format.color == PM_COLOR_GRAY ? 1 : 3};
    const struct color_side to = {.space = &srgb, .channels = 3};
    struct pipeline pipeline;
    switch (color_space_read(image->meta.icc.data, image->meta.icc.size, &space)) {
    case COLOR_SPACE_READ:
        return space.gray == (image->format.color == PM_COLOR_GRAY);
    case COLOR_SPACE_BROKEN:
        return false;
    case COLOR_SPACE_OTHER:
        break;
    }
    color_target_space(COLOR_SRGB, false, &srgb);
    const struct arena_mark mark = arena_mark(context->arena);
    const enum pipeline_result result =
        pipeline_make(&from, &to, INTENT_PERCEPTUAL, false, context->arena, &pipeline);
    arena_release(context->arena, mark);
    return result == PIPELINE_MADE;
}

static int set_colors(const struct jxl_encoding *encoding, struct context *context)
{
    const struct pm_image *image = encoding->image;
    const struct pm_metadata *meta = &image->meta;
    const bool gray = image->format.color == PM_COLOR_GRAY;
    JxlColorEncoding color;
    if (!meta->has_cicp && meta->icc.size > 0) {
        if ((encoding->options->lossless || is_convertible(encoding, context)) &&
            JxlEncoderSetICCProfile(encoding->encoder, meta->icc.data, meta->icc.size) == JXL_ENC_SUCCESS)
            return 0;
        context_warn(context, "the ICC profile is left out, and colours may change: libjxl can't use it");
    }
    JxlColorEncodingSetToSRGB(&color, gray);
    if (meta->has_srgb)
        color.rendering_intent = (JxlRenderingIntent)(meta->srgb_intent & 3);
    if (meta->has_cicp && !color_of_cicp(meta->cicp, &color)) {
        context_warn(context, "its colours change: JPEG XL can't store cICP %u/%u", meta->cicp[0],
                     meta->cicp[1]);
        JxlColorEncodingSetToSRGB(&color, gray);
    }
    return JxlEncoderSetColorEncoding(encoding->encoder, &color) == JXL_ENC_SUCCESS
               ? 0
               : jxl_refuse(encoding, context->error);
}

/* --- settings --------------------------------------------------------------------------------------- */

static int set_info(const struct jxl_encoding *encoding, const struct animation *animation,
                    struct pm_error *error)
{
    const struct pm_image *image = encoding->image;
    const unsigned bits = jxl_bits_to_write(encoding->options, image->format.depth);
    const bool alpha = pixels_have_alpha(&image->format);
    JxlBasicInfo info;
    JxlExtraChannelInfo channel;
    JxlEncoderInitBasicInfo(&info);
    info.xsize = image->width;
    info.ysize = image->height;
    info.bits_per_sample = bits;
    info.num_color_channels = image->format.color == PM_COLOR_GRAY ? 1 : 3;
    info.num_extra_channels = alpha;
    info.alpha_bits = alpha ? bits : 0;
    info.orientation = (JxlOrientation)image->orientation;
    info.uses_original_profile = encoding->options->lossless;
    if (animation != NULL) {
        info.have_animation = JXL_TRUE;
        info.animation.tps_numerator = JXL_TICKS_PER_SECOND;
        info.animation.tps_denominator = 1;
        info.animation.num_loops = animation->loops;
    }
    JxlEncoderInitExtraChannelInfo(JXL_CHANNEL_ALPHA, &channel);
    channel.bits_per_sample = bits;
    if (JxlEncoderSetBasicInfo(encoding->encoder, &info) != JXL_ENC_SUCCESS ||
        (alpha && JxlEncoderSetExtraChannelInfo(encoding->encoder, 0, &channel) != JXL_ENC_SUCCESS))
        return jxl_refuse(encoding, error);
    const int level = JxlEncoderGetRequiredCodestreamLevel(encoding->encoder);
    if (level < 0 || JxlEncoderSetCodestreamLevel(encoding->encoder, level) != JXL_ENC_SUCCESS)
        return jxl_refuse(encoding, error);
    return 0;
}

static JxlEncoderFrameSettings *make_settings(const struct jxl_encoding *encoding)
{
    const struct jxl_options *options = encoding->options;
    JxlEncoderFrameSettings *settings = JxlEncoderFrameSettingsCreate(encoding->encoder, NULL);
    if (settings == NULL || JxlEncoderFrameSettingsSetOption(settings, JXL_ENC_FRAME_SETTING_EFFORT,
                                                             jxl_effort(options)) != JXL_ENC_SUCCESS)
        return NULL;
    const JxlEncoderStatus status =
        options->lossless ? JxlEncoderSetFrameLossless(settings, JXL_TRUE)
                          : JxlEncoderSetFrameDistance(settings, jxl_distance(options->quality));
    return status == JXL_ENC_SUCCESS ? settings : NULL;
}

/* --- metadata --------------------------------------------------------------------------------------- */

static void warn_of_losses(const struct pm_metadata *meta, struct context *context)
{
    if (meta->iptc.size > 0)
        context_warn(context, "IPTC is left out: JPEG XL can't store it");
    if (meta->ntexts > 0)
        context_warn(context, "text is left out: JPEG XL can't store it");
    if (exif_lacks_density(meta))
        context_warn(context, "the density is left out: JPEG XL stores it only in EXIF");
}

/* EXIF's box begins with the offset of its TIFF structure. */
static int add_exif(const struct jxl_encoding *encoding, struct pm_blob exif, struct context *context)
{
    enum { OFFSET = 4 };
    uint8_t *box = context_alloc(context, exif.size + OFFSET);
    if (box == NULL)
        return -1;
    memset(box, 0, OFFSET);
    memcpy(box + OFFSET, exif.data, exif.size);
    return JxlEncoderAddBox(encoding->encoder, "Exif", box, exif.size + OFFSET, JXL_FALSE) == JXL_ENC_SUCCESS
               ? 0
               : jxl_refuse(encoding, context->error);
}

/* Not compressed, because few programs read them otherwise. A file without metadata has no boxes. */
static int add_metadata(const struct jxl_encoding *encoding, struct context *context)
{
    const struct pm_metadata *meta = &encoding->image->meta;
    warn_of_losses(meta, context);
    if (meta->exif.size == 0 && meta->xmp.size == 0)
        return 0;
    if (JxlEncoderUseBoxes(encoding->encoder) != JXL_ENC_SUCCESS ||
        (meta->xmp.size > 0 && JxlEncoderAddBox(encoding->encoder, "xml ", meta->xmp.data, meta->xmp.size,
                                                JXL_FALSE) != JXL_ENC_SUCCESS))
        return jxl_refuse(encoding, context->error);
    return meta->exif.size > 0 ? add_exif(encoding, meta->exif, context) : 0;
}

/* --- a picture -------------------------------------------------------------------------------------- */

int jxl_encoding_add(const struct jxl_encoding *encoding, const struct pm_image *image,
                     struct context *context)
{
    const struct pm_plane *plane = &image->plane[0];
    const size_t row = (size_t)plane->width * plane->channels * (image->format.depth / 8);
    const bool aligned = plane->stride == (row + ROW_ALIGNMENT - 1) / ROW_ALIGNMENT * ROW_ALIGNMENT;
    const uint8_t *samples = plane->data;
    if (!aligned) {
        uint8_t *copy = context_alloc_array(context, plane->height, row);
        for (uint32_t y = 0; copy != NULL && y < plane->height; y++)
            memcpy(copy + y * row, plane_row(plane, y), row);
        samples = copy;
    }
    const JxlPixelFormat format = {.num_channels = plane->channels,
                                   .data_type = image->format.depth == 8 ? JXL_TYPE_UINT8 : JXL_TYPE_UINT16,
                                   .endianness = JXL_NATIVE_ENDIAN,
                                   .align = aligned ? ROW_ALIGNMENT : 0};
    const size_t stride = aligned ? plane->stride : row;
    if (samples == NULL)
        return -1;
    return JxlEncoderAddImageFrame(encoding->settings, &format, samples, stride * plane->height) ==
                   JXL_ENC_SUCCESS
               ? 0
               : jxl_refuse(encoding, context->error);
}

int jxl_append_output(JxlEncoder *encoder, struct buffer *out, struct context *context)
{
    enum { PIECE = 32 << 10 };
    JxlEncoderStatus status = JXL_ENC_NEED_MORE_OUTPUT;
    while (status == JXL_ENC_NEED_MORE_OUTPUT) {
        if (context_checkpoint(context) != 0)
            return -1;
        if (buffer_reserve(out, PIECE) != 0)
            return error_memory(context->error, PIECE);
        uint8_t *next = out->data + out->size;
        size_t left = out->capacity - out->size;
        context_native_begin(context);
        status = JxlEncoderProcessOutput(encoder, &next, &left);
        context_native_end(context);
        out->size = out->capacity - left;
    }
    return status == JXL_ENC_SUCCESS ? 0
                                     : error_set(context->error, PM_ERROR_INTERNAL,
                                                 "libjxl can't encode it: error %d (please report this)",
                                                 (int)JxlEncoderGetError(encoder));
}

int jxl_run_encoder(JxlEncoder *encoder, struct buffer *out, struct context *context)
{
    JxlEncoderCloseInput(encoder);
    return jxl_append_output(encoder, out, context);
}

static int check_image(const struct pm_image *image, const void *options, struct pm_error *error)
{
    for (const struct pm_pixel_format *format = jxl_accepts(options); format->depth != 0; format++) {
        if (pixels_equal(format, &image->format))
            return 0;
    }
    return error_set(error, PM_ERROR_INTERNAL, "the pixel format is not one of JPEG XL (please report this)");
}

static int set_up(struct jxl_encoding *encoding, const struct animation *animation, struct context *context)
{
    if (JxlEncoderSetParallelRunner(encoding->encoder, jxl_library_run_whole, &encoding->library) !=
        JXL_ENC_SUCCESS)
        return jxl_refuse(encoding, context->error);
    if (set_info(encoding, animation, context->error) != 0 || set_colors(encoding, context) != 0 ||
        add_metadata(encoding, context) != 0)
        return -1;
    encoding->settings = make_settings(encoding);
    return encoding->settings != NULL ? 0 : jxl_refuse(encoding, context->error);
}

int jxl_encoding_begin(struct jxl_encoding *encoding, const struct pm_image *image, const void *options,
                       const struct animation *animation, struct context *context)
{
    const struct shape shape = image_shape(image);
    *encoding = (struct jxl_encoding){.image = image, .options = options};
    if (check_image(image, options, context->error) != 0)
        return -1;
    jxl_library_init(&encoding->library, 2 * jxl_encode_bytes(&shape, options), context);
    encoding->encoder = JxlEncoderCreate(&encoding->library.memory);
    if (encoding->encoder == NULL)
        return error_memory(context->error, 0);
    const struct arena_mark mark = arena_mark(context->arena);
    const int status = set_up(encoding, animation, context);
    arena_release(context->arena, mark);
    return status;
}

int jxl_encode(const struct pm_image *image, const void *options, struct buffer *out, struct context *context)
{
    struct jxl_encoding encoding;
    const size_t start = out->size;
    const struct arena_mark mark = arena_mark(context->arena);
    int status = jxl_encoding_begin(&encoding, image, options, NULL, context);
    if (status == 0)
        status = jxl_encoding_add(&encoding, image, context);
    if (status == 0)
        status = jxl_run_encoder(encoding.encoder, out, context);
    arena_release(context->arena, mark);
    JxlEncoderDestroy(encoding.encoder);
    if (status != 0)
        out->size = start;
    return status;
}
