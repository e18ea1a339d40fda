#include "codec/jxl/part/decode.h"

#include <string.h>

#include "codec/jxl/part/metadata.h"

/* --- the header ------------------------------------------------------------------------------------- */

static int check_size(const struct jxl_header *header, struct context *context)
{
    if (image_check_size(header->width, header->height, context->max_pixels, context->error) != 0)
        return -1;
    if (context->max_pixels == 0 || header->frame_pixels <= context->max_pixels)
        return 0;
    return error_limit_hint(context->error, context->max_pixels, header->frame_pixels, PM_HINT_MAX_PIXELS,
                            "has a frame of %llu pixels, more than the %llu allowed",
                            (unsigned long long)header->frame_pixels,
                            (unsigned long long)context->max_pixels);
}

static void warn_of_losses(const struct jxl_header *header, struct context *context)
{
    if (header->container.gain_map)
        context_warn(context, "its gain map is left out: the result is the picture for SDR displays");
    if (header->container.jumbf > 0)
        context_warn(context, "its JUMBF data are left out (Content Credentials and the like)");
    if (header->others > 0)
        context_warn(context, "%u further %s left out (depth, a mask or the like)", header->others,
                     header->others == 1 ? "channel is" : "channels are");
    if (header->black >= 0 && header->alpha >= 0)
        context_warn(context, "its alpha is left out: CMYK has none in pixmill");
    if (jxl_loses_profile(header) && header->color.space != JXL_SPACE_GRAY)
        context_warn(context, "its ICC profile is replaced by Display P3, to which libjxl can convert");
}

int jxl_open(struct reader *reader, struct context *context)
{
    struct jxl_reader *self = (struct jxl_reader *)reader;
    struct memory_source memory;
    memory_source_init(&memory, reader->data, reader->size);
    if (jxl_read_header(&memory.source, &self->header, context->error) != 0 ||
        check_size(&self->header, context) != 0)
        return -1;
    if (self->header.cut && !reader->request.allow_truncated)
        return error_set_hint(context->error, PM_ERROR_TRUNCATED, PM_HINT_ALLOW_TRUNCATED,
                              "ends too early (fetch or copy it again)");
    jxl_header_tell(&self->header, &reader->info);
    jxl_tell_colors(&self->header, &self->meta);
    warn_of_losses(&self->header, context);
    return jxl_read_metadata(&self->header.container, reader->data, reader->size, reader->request.keep,
                             &self->meta, context);
}

void jxl_close(struct reader *reader)
{
    JxlDecoderDestroy(((struct jxl_reader *)reader)->decoder);
}

/* --- libjxl ----------------------------------------------------------------------------------------- */

static int fail(const struct jxl_reader *self, struct context *context)
{
    if (self->library.full)
        return error_limit(context->error, self->library.limit, self->library.used,
                           "needs more memory than its header says");
    return error_set(context->error, PM_ERROR_CORRUPT, "is damaged: libjxl can't decode it");
}

static int begin(struct jxl_reader *self, struct context *context)
{
    const struct reader *reader = &self->reader;
    const uint64_t forecast = jxl_decode_bytes(&reader->info, &reader->request);
    jxl_library_init(&self->library, forecast > UINT64_MAX / 2 ? UINT64_MAX : 2 * forecast, context);
    self->decoder = JxlDecoderCreate(&self->library.memory);
    if (self->decoder == NULL)
        return error_memory(context->error, 0);
    const int events = JXL_DEC_BASIC_INFO | JXL_DEC_COLOR_ENCODING | JXL_DEC_FRAME | JXL_DEC_FULL_IMAGE;
    if (JxlDecoderSetParallelRunner(self->decoder, jxl_library_run, &self->library) != JXL_DEC_SUCCESS ||
        JxlDecoderSubscribeEvents(self->decoder, events) != JXL_DEC_SUCCESS ||
        JxlDecoderSetKeepOrientation(self->decoder, JXL_TRUE) != JXL_DEC_SUCCESS ||
        JxlDecoderSetUnpremultiplyAlpha(self->decoder, JXL_TRUE) != JXL_DEC_SUCCESS ||
        JxlDecoderSetInput(self->decoder, reader->data, reader->size) != JXL_DEC_SUCCESS)
        return fail(self, context);
    return 0;
}

/* Compares libjxl's header with the one that the plan is based on. */
static int check_header(const struct jxl_reader *self, struct pm_error *error)
{
    const struct jxl_header *header = &self->header;
    JxlBasicInfo info;
    if (JxlDecoderGetBasicInfo(self->decoder, &info) == JXL_DEC_SUCCESS && info.xsize == header->width &&
        info.ysize == header->height && info.bits_per_sample == header->bits &&
        info.num_extra_channels == header->extra &&
        info.num_color_channels == (header->color.space == JXL_SPACE_GRAY ? 1u : 3u))
        return 0;
    return error_set(error, PM_ERROR_CORRUPT, "has a damaged header");
}

static JxlDecoderStatus profile_size(const JxlDecoder *decoder, size_t *size)
{
#if JXL_SINCE(9)
    return JxlDecoderGetICCProfileSize(decoder, JXL_COLOR_PROFILE_TARGET_DATA, size);
#else
    const JxlPixelFormat unused = {.num_channels = 3, .data_type = JXL_TYPE_UINT8};
    return JxlDecoderGetICCProfileSize(decoder, &unused, JXL_COLOR_PROFILE_TARGET_DATA, size);
#endif
}

static JxlDecoderStatus copy_profile(const JxlDecoder *decoder, uint8_t *profile, size_t size)
{
#if JXL_SINCE(9)
    return JxlDecoderGetColorAsICCProfile(decoder, JXL_COLOR_PROFILE_TARGET_DATA, profile, size);
#else
    const JxlPixelFormat unused = {.num_channels = 3, .data_type = JXL_TYPE_UINT8};
    return JxlDecoderGetColorAsICCProfile(decoder, &unused, JXL_COLOR_PROFILE_TARGET_DATA, profile, size);
#endif
}

/* The profile of what is decoded, or, where that is not possible, the choice of other colours. */
static int settle_colors(struct jxl_reader *self, struct context *context)
{
    const struct jxl_header *header = &self->header;
    size_t size;
    if (jxl_loses_profile(header) && header->color.space != JXL_SPACE_GRAY) {
        const JxlColorEncoding p3 = {.color_space = JXL_COLOR_SPACE_RGB,
                                     .white_point = JXL_WHITE_POINT_D65,
                                     .primaries = JXL_PRIMARIES_P3,
                                     .transfer_function = JXL_TRANSFER_FUNCTION_SRGB,
                                     .rendering_intent = JXL_RENDERING_INTENT_RELATIVE};
        return JxlDecoderSetPreferredColorProfile(self->decoder, &p3) == JXL_DEC_SUCCESS
                   ? 0
                   : fail(self, context);
    }
    if (!header->profile || header->xyb)
        return 0;
    if (profile_size(self->decoder, &size) != JXL_DEC_SUCCESS || size != header->profile_size)
        return error_set(context->error, PM_ERROR_CORRUPT, "has a damaged ICC profile");
    uint8_t *profile = arena_alloc(context->job_arena, size);
    if (profile == NULL)
        return error_memory(context->error, size);
    if (copy_profile(self->decoder, profile, size) != JXL_DEC_SUCCESS)
        return error_set(context->error, PM_ERROR_CORRUPT, "has a damaged ICC profile");
    self->meta.icc = (struct pm_blob){profile, size};
    return 0;
}

/* --- a picture -------------------------------------------------------------------------------------- */

enum { ROW_ALIGNMENT = 64, GREY = 0x80 };

/* What libjxl writes to: the picture's own plane, or for CMYK its first three inks and black apart. */
struct target {
    struct pm_image *image;
    uint8_t *inks, *black; /* of CMYK, tight rows */
    bool lent;             /* libjxl has it */
};

static int lend_inks(struct jxl_reader *self, struct target *target, struct context *context)
{
    const struct reader *reader = &self->reader;
    const size_t pixels = (size_t)reader->info.width * reader->info.height;
    const JxlPixelFormat inks = {.num_channels = 3, .data_type = JXL_TYPE_UINT8},
                         black = {.num_channels = 1, .data_type = JXL_TYPE_UINT8};
    target->inks = context_alloc_array(context, pixels, 3);
    target->black = context_alloc(context, pixels);
    if (target->inks == NULL || target->black == NULL)
        return -1;
    memset(target->inks, GREY, pixels * 3);
    memset(target->black, UINT8_MAX, pixels);
    if (JxlDecoderSetImageOutBuffer(self->decoder, &inks, target->inks, pixels * 3) != JXL_DEC_SUCCESS ||
        JxlDecoderSetExtraChannelBuffer(self->decoder, &black, target->black, pixels,
                                        (uint32_t)self->header.black) != JXL_DEC_SUCCESS)
        return fail(self, context);
    return 0;
}

/* JPEG XL's CMYK is 0 for full ink, pixmill's for none. */
static void join_inks(const struct target *target)
{
    enum { INKS = 4 };
    const struct pm_plane *plane = &target->image->plane[0];
    const uint8_t *inks = target->inks, *black = target->black;
    for (uint32_t y = 0; y < plane->height; y++) {
        uint8_t *row = plane_row(plane, y);
        for (uint32_t x = 0; x < plane->width; x++, row += INKS) {
            for (unsigned c = 0; c < INKS - 1; c++)
                row[c] = (uint8_t)(UINT8_MAX - *inks++);
            row[INKS - 1] = (uint8_t)(UINT8_MAX - *black++);
        }
    }
}

/* Fills the picture with opaque grey, of which a file that ends too early leaves a part. */
static void fill_grey(const struct pm_image *image)
{
    const struct pm_plane *plane = &image->plane[0];
    const size_t sample = image->format.depth / 8;
    memset(plane->data, GREY, plane->stride * plane->height);
    for (uint32_t y = 0; pixels_have_alpha(&image->format) && y < plane->height; y++) {
        uint8_t *alpha = plane_row(plane, y) + (plane->channels - 1) * sample;
        for (uint32_t x = 0; x < plane->width; x++, alpha += plane->channels * sample)
            memset(alpha, UINT8_MAX, sample);
    }
}

static int lend_image(struct jxl_reader *self, struct target *target, struct context *context)
{
    const struct pm_image *image = target->image;
    const struct pm_plane *plane = &image->plane[0];
    const JxlPixelFormat format = {.num_channels = plane->channels,
                                   .data_type = image->format.depth == 8 ? JXL_TYPE_UINT8 : JXL_TYPE_UINT16,
                                   .endianness = JXL_NATIVE_ENDIAN,
                                   .align = ROW_ALIGNMENT};
    size_t size;
    target->lent = true;
    if (image->format.color == PM_COLOR_CMYK)
        return lend_inks(self, target, context);
    if (JxlDecoderImageOutBufferSize(self->decoder, &format, &size) != JXL_DEC_SUCCESS ||
        size > plane->stride * plane->height ||
        JxlDecoderSetImageOutBuffer(self->decoder, &format, plane->data, plane->stride * plane->height) !=
            JXL_DEC_SUCCESS)
        return fail(self, context);
    return 0;
}

/* The rest of a file that ends too early: libjxl draws what it has. */
static int end_early(struct jxl_reader *self, const struct target *target, struct context *context)
{
    if (!self->reader.request.allow_truncated)
        return error_set_hint(context->error, PM_ERROR_TRUNCATED, PM_HINT_ALLOW_TRUNCATED,
                              "ends too early (fetch or copy it again)");
    if (target->lent)
        JxlDecoderFlushImage(self->decoder); /* it may have too little to draw anything: all stays grey */
    context_warn(context, "ends too early; the missing parts are grey or blurred");
    return 1;
}

static void tell_time(const struct jxl_reader *self, struct frame_time *time)
{
    const struct jxl_header *header = &self->header;
    JxlFrameHeader frame;
    if (!header->animated || JxlDecoderGetFrameHeader(self->decoder, &frame) != JXL_DEC_SUCCESS)
        return;
    const uint64_t ticks = (uint64_t)frame.duration * header->ticks_denominator;
    *time = (struct frame_time){ticks > UINT32_MAX ? UINT32_MAX : (uint32_t)ticks, header->ticks_numerator};
}

/* Runs libjxl to its next event, and does what it asks for. Returns 1 when the frame is complete, 0 to go on,
 * or -1 with `error` filled. */
static int step(struct jxl_reader *self, struct target *target, struct frame_time *time,
                struct context *context)
{
    context_native_begin(context);
    const JxlDecoderStatus status = JxlDecoderProcessInput(self->decoder);
    context_native_end(context);
    switch (status) {
    case JXL_DEC_BASIC_INFO:
        return check_header(self, context->error);
    case JXL_DEC_COLOR_ENCODING:
        return settle_colors(self, context);
    case JXL_DEC_FRAME:
        tell_time(self, time);
        return 0;
    case JXL_DEC_NEED_IMAGE_OUT_BUFFER:
        return lend_image(self, target, context);
    case JXL_DEC_FULL_IMAGE:
        return 1;
    case JXL_DEC_NEED_MORE_INPUT:
        return end_early(self, target, context);
    default:
        return fail(self, context); /* if a checkpoint has failed, its error stays */
    }
}

int jxl_frame(struct reader *reader, struct frame *frame, struct context *context)
{
    struct jxl_reader *self = (struct jxl_reader *)reader;
    const struct shape shape = {
        .width = reader->info.width, .height = reader->info.height, .format = reader->info.pixels};
    struct target target = {.image = &frame->image};
    int status = 0;
    if ((self->decoder == NULL && begin(self, context) != 0) ||
        image_alloc(&frame->image, &shape, context) != 0)
        return -1;
    self->library.context = context;
    fill_grey(&frame->image);
    const struct arena_mark mark = arena_mark(context->arena);
    while (status == 0)
        status = step(self, &target, &frame->time, context);
    if (status > 0 && target.inks != NULL)
        join_inks(&target);
    arena_release(context->arena, mark);
    frame->image.orientation = reader->info.orientation;
    frame->image.meta = self->meta;
    return status > 0 ? 0 : -1;
}
