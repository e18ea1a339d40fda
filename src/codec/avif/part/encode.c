/*
 * Encodes with libaom: an intra frame for the colours, and a monochrome one for alpha. With one thread, so
 * that the result is the same on every machine.
 */
#include "codec/avif/part/encode.h"

#include <aom/aomcx.h>
#include <inttypes.h>
#include <string.h>

#include "codec/avif/part/boxes.h"

/* --- libaom ------------------------------------------------------------------------------------------ */

enum { SPEED_REALTIME = 5 /* the slowest */ };
enum { PROFILE_MAIN, PROFILE_HIGH, PROFILE_PROFESSIONAL };

static unsigned profile_of(const struct avif_input *input)
{
    if (input->bits == 12 || (input->nplanes == 3 && input->sampling_x == 2 && input->sampling_y == 1))
        return PROFILE_PROFESSIONAL;
    return input->nplanes == 3 && input->sampling_x == 1 ? PROFILE_HIGH : PROFILE_MAIN;
}

static aom_img_fmt_t format_of(const struct avif_input *input)
{
    const unsigned deep = input->bits > 8 ? AOM_IMG_FMT_HIGHBITDEPTH : 0;
    const aom_img_fmt_t format = input->sampling_y > 1   ? AOM_IMG_FMT_I420
                                 : input->sampling_x > 1 ? AOM_IMG_FMT_I422
                                                         : AOM_IMG_FMT_I444;
    return (aom_img_fmt_t)(format | deep);
}

enum { UNSPECIFIED = 2 }; /* H.273: unspecified colour code */

/* What is encoded as a layer. */
struct layer_settings {
    int speed, quantizer;
    bool lossless, alpha;
    bool still; /* the only frame, with the short header */
    struct heif_nclx nclx;
};

/* libaom refuses reserved codes. The box, which takes precedence over the bitstream, has the actual ones. */
static int known_code(unsigned code, unsigned last)
{
    return code >= 1 && code <= last ? (int)code : UNSPECIFIED;
}

/* libaom gives still pictures finer quantizers than those asked for. Those of frames are fixed, to about the
 * same error of samples: measured with qualities of 30, 60 and 80. */
static unsigned quantizer_of_frames(int quantizer)
{
    enum { MIDDLE = 25, MIDDLE_FRAMES = 11, FRAMES_MAX = 52, QUANTIZER_MAX = 63 };
    if (quantizer <= MIDDLE)
        return (unsigned)(quantizer * MIDDLE_FRAMES / MIDDLE);
    return (unsigned)(MIDDLE_FRAMES +
                      (quantizer - MIDDLE) * (FRAMES_MAX - MIDDLE_FRAMES) / (QUANTIZER_MAX - MIDDLE));
}

static void configure_rate(aom_codec_enc_cfg_t *config, const struct layer_settings *settings)
{
    config->rc_end_usage = AOM_Q;
    config->rc_min_quantizer = settings->still ? 0 : quantizer_of_frames(settings->quantizer);
    config->rc_max_quantizer = settings->still ? 63 : config->rc_min_quantizer;
    config->kf_mode = AOM_KF_DISABLED; /* but for the first frame */
}

/* Real time: frames are encoded as they come. */
static unsigned usage_of(const struct layer_settings *settings)
{
    return settings->still ? AOM_USAGE_ALL_INTRA : AOM_USAGE_REALTIME;
}

static int configure(aom_codec_ctx_t *encoder, const struct avif_input *input,
                     const struct layer_settings *settings)
{
    aom_codec_enc_cfg_t config;
    aom_codec_iface_t *const av1 = aom_codec_av1_cx();
    if (aom_codec_enc_config_default(av1, &config, usage_of(settings)) != AOM_CODEC_OK)
        return -1;
    config.g_profile = profile_of(input);
    config.g_bit_depth = (aom_bit_depth_t)input->bits;
    config.g_input_bit_depth = input->bits;
    config.g_w = input->plane[0].width;
    config.g_h = input->plane[0].height;
    config.g_threads = 1;
    config.g_limit = settings->still;
    config.g_lag_in_frames = 0;
    config.g_pass = AOM_RC_ONE_PASS;
    config.monochrome = input->nplanes == 1;
    configure_rate(&config, settings);
    if (aom_codec_enc_init(encoder, av1, &config, input->bits > 8 ? AOM_CODEC_USE_HIGHBITDEPTH : 0) !=
        AOM_CODEC_OK)
        return -1;
    const struct heif_nclx *nclx = &settings->nclx;
    const int speed = settings->still || settings->speed > SPEED_REALTIME ? settings->speed : SPEED_REALTIME;
    /* Intra block copy would need 110 bytes per pixel, also for smooth photographs that libaom classifies as
     * screen content. */
    bool set = aom_codec_control(encoder, AV1E_SET_ENABLE_INTRABC, 0) == AOM_CODEC_OK &&
               aom_codec_control(encoder, AOME_SET_CPUUSED, speed) == AOM_CODEC_OK &&
               aom_codec_control(encoder, AV1E_SET_ROW_MT, 0) == AOM_CODEC_OK &&
               aom_codec_control(encoder, AOME_SET_CQ_LEVEL, settings->quantizer) == AOM_CODEC_OK &&
               aom_codec_control(encoder, AV1E_SET_COLOR_PRIMARIES,
                                 known_code(nclx->primaries, AOM_CICP_CP_EBU_3213)) == AOM_CODEC_OK &&
               aom_codec_control(encoder, AV1E_SET_TRANSFER_CHARACTERISTICS,
                                 known_code(nclx->transfer, AOM_CICP_TC_HLG)) == AOM_CODEC_OK &&
               aom_codec_control(encoder, AV1E_SET_MATRIX_COEFFICIENTS, (int)nclx->matrix) == AOM_CODEC_OK &&
               aom_codec_control(encoder, AV1E_SET_COLOR_RANGE, nclx->full_range ? 1 : 0) == AOM_CODEC_OK;
    if (settings->lossless)
        return set && aom_codec_control(encoder, AV1E_SET_LOSSLESS, 1) == AOM_CODEC_OK ? 0 : -1;
    if (settings->alpha || !settings->still)
        return set ? 0 : -1;
    /* libaom 3.12 and later can tune for still pictures, which also chooses other modes. */
    if (set && aom_codec_set_option(encoder, "tune", "iq") != AOM_CODEC_OK)
        set = aom_codec_control(encoder, AOME_SET_TUNING, AOM_TUNE_SSIM) == AOM_CODEC_OK &&
              aom_codec_control(encoder, AV1E_SET_DELTAQ_MODE, 2) == AOM_CODEC_OK;
    return set ? 0 : -1;
}

/* Appends libaom's packets, without the temporal delimiter of a video. *key: no frame needs another. */
static int append_packets(aom_codec_ctx_t *encoder, struct buffer *bits, bool *key)
{
    static const uint8_t delimiter[] = {0x12, 0};
    aom_codec_iter_t iter = NULL;
    const aom_codec_cx_pkt_t *packet;
    while ((packet = aom_codec_get_cx_data(encoder, &iter)) != NULL) {
        const uint8_t *data = packet->data.frame.buf;
        size_t size = packet->data.frame.sz;
        if (packet->kind != AOM_CODEC_CX_FRAME_PKT)
            continue;
        if (size >= sizeof delimiter && memcmp(data, delimiter, sizeof delimiter) == 0) {
            data += sizeof delimiter;
            size -= sizeof delimiter;
        }
        if (buffer_append(bits, data, size) != 0)
            return -1;
        *key = *key && (packet->data.frame.flags & AOM_FRAME_IS_KEY) != 0;
    }
    return 0;
}

static void lend_planes(const struct avif_input *input, uint8_t *gray, aom_image_t *image)
{
    static const int order[] = {AOM_PLANE_Y, AOM_PLANE_U, AOM_PLANE_V};
    image->monochrome = input->nplanes == 1;
    for (unsigned i = 0; i < 3; i++) {
        const bool there = i < input->nplanes;
        image->planes[order[i]] = there ? input->plane[i].data : gray;
        image->stride[order[i]] = there ? (int)input->plane[i].stride : 0; /* the same row repeated */
    }
    image->bit_depth = input->bits;
    image->range = input->nclx.full_range ? AOM_CR_FULL_RANGE : AOM_CR_STUDIO_RANGE;
    image->mc = (aom_matrix_coefficients_t)input->nclx.matrix;
}

/* A row of chroma for a monochrome picture, which libaom may read. */
static uint8_t *gray_row(const struct avif_input *input, struct context *context)
{
    const size_t width = (input->plane[0].width + (size_t)1) / 2;
    uint8_t *row = context_alloc_array(context, width, 2);
    for (size_t x = 0; row != NULL && x < width; x++) {
        if (input->bits > 8)
            ((uint16_t *)(void *)row)[x] = (uint16_t)(1u << (input->bits - 1));
        else
            row[x] = 128;
    }
    return row;
}

static int refuse(const aom_codec_ctx_t *encoder, struct pm_error *error)
{
    if (encoder->err == AOM_CODEC_MEM_ERROR)
        return error_memory(error, 0);
    return error_set(error, PM_ERROR_INTERNAL, "libaom can't encode it: %.120s (please report this)",
                     aom_codec_err_to_string(encoder->err));
}

static void close_encoder(struct avif_layer *layer)
{
    if (layer->encoder.iface != NULL)
        aom_codec_destroy(&layer->encoder);
    layer->encoder = (aom_codec_ctx_t){0};
}

/* Encodes a frame. Only a layer of several keeps its encoder, and with it the memory. */
static int encode_frame(struct avif_layer *layer, const struct avif_input *input,
                        const struct layer_settings *settings, struct context *context)
{
    aom_codec_ctx_t *encoder = &layer->encoder;
    aom_image_t image;
    uint8_t *gray = gray_row(input, context);
    if (gray == NULL || context_checkpoint(context) != 0)
        return -1;
    if (aom_img_wrap(&image, format_of(input), input->plane[0].width, input->plane[0].height, 1,
                     input->plane[0].data) == NULL)
        return error_memory(context->error, 0);
    lend_planes(input, gray, &image);
    layer->key = true;
    context_native_begin(context);
    int status = encoder->iface != NULL ? 0 : configure(encoder, input, settings);
    if (status == 0 && (aom_codec_encode(encoder, &image, layer->frames++, 1, 0) != AOM_CODEC_OK ||
                        append_packets(encoder, &layer->bits, &layer->key) != 0))
        status = -1;
    if (status == 0 && settings->still &&
        (aom_codec_encode(encoder, NULL, 0, 1, 0) != AOM_CODEC_OK ||
         append_packets(encoder, &layer->bits, &layer->key) != 0))
        status = -1;
    context_native_end(context);
    if (status != 0)
        return refuse(encoder, context->error);
    if (settings->still)
        close_encoder(layer);
    return context_checkpoint(context);
}

void avif_layer_free(struct avif_layer *layer)
{
    close_encoder(layer);
    buffer_free(&layer->bits);
}

/* --- a picture --------------------------------------------------------------------------------------- */

int avif_check_image(const struct pm_image *image, const void *options, struct pm_error *error)
{
    if (image->width > AVIF_SIDE_MAX || image->height > AVIF_SIDE_MAX)
        return error_limit_hint(
            error, AVIF_SIDE_MAX, image->width > image->height ? image->width : image->height,
            PM_HINT_FORMAT_PNG, "an AVIF of %" PRIu32 "x%" PRIu32 " can't be written: at most %d on a side",
            image->width, image->height, AVIF_SIDE_MAX);
    for (const struct pm_pixel_format *format = avif_accepts(options); format->depth != 0; format++) {
        if (pixels_equal(format, &image->format))
            return 0;
    }
    return error_set(error, PM_ERROR_INTERNAL, "the pixel format is not one of AVIF (please report this)");
}

/* sRGB unless the picture has others. A profile takes precedence over these numbers. */
static void describe_colors(const struct pm_metadata *meta, struct heif_nclx *nclx)
{
    enum { BT709 = 1, SRGB = 13 };
    nclx->primaries = meta->has_cicp ? meta->cicp[0] : meta->icc.size > 0 ? UNSPECIFIED : BT709;
    nclx->transfer = meta->has_cicp ? meta->cicp[1] : meta->icc.size > 0 ? UNSPECIFIED : SRGB;
}

static int encode_color(struct avif_layer *layer, const struct pm_image *image,
                        const struct avif_options *options, bool still, struct heif_nclx *nclx,
                        struct context *context)
{
    struct avif_input input;
    if (avif_make_input(image, options, &input, context) != 0)
        return -1;
    describe_colors(&image->meta, &input.nclx);
    *nclx = input.nclx;
    const struct layer_settings settings = {.speed = avif_speed(options->effort),
                                            .quantizer =
                                                options->lossless ? 0 : avif_quantizer(options->quality),
                                            .lossless = options->lossless,
                                            .still = still,
                                            .nclx = input.nclx};
    return encode_frame(layer, &input, &settings, context);
}

static int encode_alpha(struct avif_layer *layer, const struct pm_image *image,
                        const struct avif_options *options, bool still, struct context *context)
{
    enum { LOSSLESS = 100 };
    struct avif_input input;
    if (avif_make_alpha_input(image, options, &input, context) != 0)
        return -1;
    const bool lossless = options->lossless || options->alpha_quality == LOSSLESS;
    const struct layer_settings settings = {
        .speed = avif_speed(options->effort),
        .quantizer = lossless ? 0 : avif_quantizer(options->alpha_quality),
        .lossless = lossless,
        .alpha = true,
        .still = still,
        .nclx = {UNSPECIFIED, UNSPECIFIED, UNSPECIFIED, true},
    };
    return encode_frame(layer, &input, &settings, context);
}

int avif_encode_frame(struct avif_layer layers[2], const struct pm_image *image,
                      const struct avif_options *options, bool still, struct heif_nclx *nclx,
                      struct context *context)
{
    const struct arena_mark mark = arena_mark(context->arena);
    int status = encode_color(&layers[0], image, options, still, nclx, context);
    arena_release(context->arena, mark);
    if (status == 0 && pixels_have_alpha(&image->format))
        status = encode_alpha(&layers[1], image, options, still, context);
    arena_release(context->arena, mark);
    return status;
}

int avif_encode(const struct pm_image *image, const void *options, struct buffer *out,
                struct context *context)
{
    struct avif_layer layers[2] = {0};
    struct heif_nclx nclx;
    if (avif_check_image(image, options, context->error) != 0)
        return -1;
    int status = avif_encode_frame(layers, image, options, true, &nclx, context);
    if (status == 0) {
        const struct avif_bitstreams bits = {{layers[0].bits.data, layers[0].bits.size},
                                             {layers[1].bits.data, layers[1].bits.size}};
        status = avif_write_file(image, &bits, &nclx, NULL, out, context);
    }
    avif_layer_free(&layers[0]);
    avif_layer_free(&layers[1]);
    return status;
}
