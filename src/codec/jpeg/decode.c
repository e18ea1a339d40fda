/*
 * Decoding. libjpeg-turbo scales in the DCT domain to n/8, of which 1, 2, 4 and 8 are fast: the smallest that
 * is large enough is taken. A YCbCr picture may stay in planes (raw data: no upsampling, no colour
 * conversion), each at its own n/8, which libjpeg writes straight into their place: planes are allocated to
 * whole blocks.
 */
#include <inttypes.h>

#include "codec/jpeg/decode.h"
#include "codec/jpeg/fast.h"
#include "codec/jpeg/meta.h"
#include "codec/jpeg/private.h"
#include "codec/jpeg/scale.h"
#include "codec/reader.h"

enum { STRIP_ROWS = 16, BLOCK = 8, MAX_SAMPLING = 4 };

static uint32_t divide_up(uint64_t a, uint32_t b)
{
    return (uint32_t)((a + b - 1) / b);
}

/* The size in samples, on a side, of a component's decoded blocks; the field's name depends on the ABI that
 * libjpeg-turbo was built for. */
#if JPEG_LIB_VERSION >= 70
#define BLOCK_SIDE(component) ((component)->DCT_h_scaled_size)
#define SET_BLOCK_SIDE(component, n) ((component)->DCT_h_scaled_size = (component)->DCT_v_scaled_size = (n))
#else
#define BLOCK_SIDE(component) ((component)->DCT_scaled_size)
#define SET_BLOCK_SIDE(component, n) ((component)->DCT_scaled_size = (n))
#endif

/* The scale n/8 that plane i needs: the least that the request allows. A header's whole ratios do not
 * describe every file (luma of 3 samples to 2 of chroma, chroma planes of different sizes); a plane of such a
 * file is held to the memory that was forecast for it. */
static unsigned needed_scale(const struct jpeg_decoder *decoder, int i)
{
    const struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    const jpeg_component_info *component = &cinfo->comp_info[i];
    struct jpeg_share share = {(unsigned)component->h_samp_factor, (unsigned)cinfo->max_h_samp_factor,
                               (unsigned)component->v_samp_factor, (unsigned)cinfo->max_v_samp_factor};
    if (i > 0)
        share = jpeg_chroma_share(share, &decoder->reader.request);
    unsigned n = jpeg_choose_scale(cinfo->image_width, cinfo->image_height, share, &decoder->reader.request);
    const uint64_t rows = (uint64_t)cinfo->total_iMCU_rows * (unsigned)component->v_samp_factor;
    const uint64_t forecast =
        jpeg_plane_bytes(decoder->uses, &decoder->reader.info, &decoder->reader.request, i > 0);
    while (n > 1 && rows * n * component->width_in_blocks * n > forecast)
        n /= 2;
    return n;
}

/* Known after jpeg_calc_output_dimensions or jpeg_start_decompress. */
unsigned jpeg_plane_scale(const struct jpeg_decoder *decoder, int i)
{
    return (decoder->uses & JPEG_SCALE_PLANES) != 0 ? needed_scale(decoder, i)
                                                    : (unsigned)BLOCK_SIDE(&decoder->cinfo.comp_info[i]);
}

/* Has libjpeg choose a larger scale where its choice would not do for a plane. Where planes are scaled
 * afterwards that is so when it chose 1/8: of such a component its Huffman decoder keeps no AC coefficient.
 */
static void raise_scale(struct jpeg_decoder *decoder)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    const bool scales = (decoder->uses & JPEG_SCALE_PLANES) != 0;
    const unsigned most = scales ? 2 : jpeg_common_scale(&decoder->reader.info, &decoder->reader.request);
    jpeg_calc_output_dimensions(cinfo);
    for (int i = 0; i < cinfo->num_components; i++) {
        const jpeg_component_info *component = &cinfo->comp_info[i];
        const unsigned needed = needed_scale(decoder, i), enough = scales && needed > 2 ? 2 : needed;
        while ((unsigned)BLOCK_SIDE(component) < enough && cinfo->scale_num < most) {
            cinfo->scale_num *= 2;
            jpeg_calc_output_dimensions(cinfo);
        }
    }
}

/* Decodes every component at its plane's scale. libjpeg chooses scales that avoid upsampling; planes need
 * none, and may have half the samples to transform and filter. start_pass, called here a second time, chooses
 * the transforms by these fields. The width of a component in an MCU is used only if all components share one
 * scan, and is known only then. */
static void scale_planes(struct jpeg_decoder *decoder)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    const bool one_scan = !jpeg_has_multiple_scans(cinfo);
    if ((decoder->uses & JPEG_SCALE_PLANES) == 0)
        return;
    if ((decoder->uses & JPEG_TRIAL) != 0 && !jpeg_private_is_method((jpeg_method)cinfo->idct->start_pass))
        jpeg_trap_leave(&decoder->trap, PM_ERROR_INTERNAL, PM_HINT_NONE,
                        "start_pass is not where it is expected");
    for (int i = 0; i < cinfo->num_components; i++) {
        jpeg_component_info *component = &cinfo->comp_info[i];
        int n = (int)jpeg_plane_scale(decoder, i);
        SET_BLOCK_SIDE(component, n);
        if (one_scan)
            component->MCU_sample_width = component->MCU_width * n;
    }
    cinfo->idct->start_pass(cinfo);
}

/* Says what of plane i, whose memory is whole rows and columns of blocks, is picture. */
static void frame_plane(struct jpeg_decoder *decoder, int i)
{
    const struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    const jpeg_component_info *component = &cinfo->comp_info[i];
    struct pm_plane *plane = &decoder->image.plane[i];
    uint32_t n = jpeg_plane_scale(decoder, i);
    uint32_t h = (uint32_t)component->h_samp_factor, h_max = (uint32_t)cinfo->max_h_samp_factor;
    uint32_t v = (uint32_t)component->v_samp_factor, v_max = (uint32_t)cinfo->max_v_samp_factor;
    plane->channels = 1;
    plane->width = divide_up((uint64_t)cinfo->image_width * n * h, BLOCK * h_max);
    plane->height = divide_up((uint64_t)cinfo->image_height * n * v, BLOCK * v_max);
    plane->frame = (struct pm_frame){
        .extent_x = (double)cinfo->image_width * n * h / (BLOCK * h_max),
        .extent_y = (double)cinfo->image_height * n * v / (BLOCK * v_max),
    };
}

int jpeg_allot_plane(struct jpeg_decoder *decoder, int i, uint32_t window)
{
    const jpeg_component_info *component = &decoder->cinfo.comp_info[i];
    const uint32_t n = jpeg_plane_scale(decoder, i);
    const uint32_t rows = decoder->cinfo.total_iMCU_rows * (uint32_t)component->v_samp_factor * n;
    decoder->window[i] = window == 0 || window > rows ? rows : window;
    if (plane_alloc(&decoder->image.plane[i], component->width_in_blocks * n, decoder->window[i], 1, 8,
                    decoder->trap.context) != 0)
        return -1;
    frame_plane(decoder, i);
    return 0;
}

/* What the picture is, however it comes. */
static void set_picture(struct jpeg_decoder *decoder)
{
    const struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    struct pm_image *image = &decoder->image;
    image->width = divide_up((uint64_t)cinfo->image_width * decoder->scale, BLOCK);
    image->height = divide_up((uint64_t)cinfo->image_height * decoder->scale, BLOCK);
    image->orientation = decoder->reader.info.orientation;
}

/* All of a raw picture but its samples. */
static void set_planes(struct jpeg_decoder *decoder)
{
    struct pm_image *image = &decoder->image;
    image->nplanes = (unsigned)decoder->cinfo.num_components;
    for (unsigned i = 0; i < image->nplanes; i++)
        frame_plane(decoder, (int)i);
    image->format = image->nplanes == 1 ? (struct pm_pixel_format)PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8)
                                        : (struct pm_pixel_format)PIXELS_YCC(1, 1);
    image_set_sampling(image);
    set_picture(decoder);
}

static int read_planes(struct jpeg_decoder *decoder)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    struct pm_image *image = &decoder->image;
    cinfo->raw_data_out = TRUE;
    jpeg_start_decompress(cinfo);
    scale_planes(decoder);
    JSAMPROW rows[PM_MAX_PLANES][MAX_SAMPLING * BLOCK];
    JSAMPARRAY planes[PM_MAX_PLANES] = {rows[0], rows[1], rows[2]};
    JDIMENSION strip = (JDIMENSION)cinfo->max_v_samp_factor * cinfo->scale_num;
    for (uint32_t strips = 0; cinfo->output_scanline < cinfo->output_height; strips++) {
        for (int i = 0; i < cinfo->num_components; i++) {
            uint32_t count = (uint32_t)cinfo->comp_info[i].v_samp_factor * jpeg_plane_scale(decoder, i);
            for (uint32_t row = 0; row < count; row++)
                rows[i][row] = plane_row(&image->plane[i], strips * count + row);
        }
        jpeg_read_raw_data(cinfo, planes, strip);
    }
    return 0;
}

static int read_rows(struct jpeg_decoder *decoder)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    bool cmyk = cinfo->num_components == 4;
    cinfo->out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(cinfo);
    struct shape shape = {
        .width = cinfo->output_width,
        .height = cinfo->output_height,
        .format = PIXELS(cmyk ? PM_COLOR_CMYK : PM_COLOR_RGB, PM_ALPHA_NONE, 8),
    };
    if (image_alloc(&decoder->image, &shape, decoder->trap.context) != 0)
        return -1;
    set_picture(decoder);
    struct pm_plane *plane = &decoder->image.plane[0];
    plane->frame.extent_x = (double)cinfo->image_width * cinfo->scale_num / cinfo->scale_denom;
    plane->frame.extent_y = (double)cinfo->image_height * cinfo->scale_num / cinfo->scale_denom;
    while (cinfo->output_scanline < plane->height) {
        JSAMPROW rows[STRIP_ROWS];
        uint32_t first = cinfo->output_scanline, count = plane->height - first;
        if (count > STRIP_ROWS)
            count = STRIP_ROWS;
        for (uint32_t i = 0; i < count; i++)
            rows[i] = plane_row(plane, first + i);
        count = jpeg_read_scanlines(cinfo, rows, count);
        /* Adobe's CMYK counts light, not ink, and everybody's is Adobe's, with its marker or without. */
        for (uint32_t i = 0; cmyk && i < count; i++) {
            for (size_t x = 0; x < (size_t)plane->width * 4; x++)
                rows[i][x] = (JSAMPLE)(255 - rows[i][x]);
        }
    }
    return 0;
}

/* At 1/8 a decoded block is its DC coefficient, so the other scans of such a component in a progressive file
 * are not read. libjpeg must then not estimate the missing coefficients. */
static void leave_out_scans(struct jpeg_decoder *decoder)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    bool flat[256] = {false};
    jpeg_calc_output_dimensions(cinfo);
    for (int i = 0; i < cinfo->num_components; i++) {
        const jpeg_component_info *component = &cinfo->comp_info[i];
        bool dc_only = decoder->raw ? jpeg_plane_scale(decoder, i) == 1 : BLOCK_SIDE(component) == 1;
        flat[component->component_id & 255] = dc_only;
        decoder->memory.dc_only[i] = dc_only;
    }
    cinfo->do_block_smoothing = FALSE;
    jpeg_input_leave_out(&decoder->input, flat);
}

/* Can libjpeg bring every component to full size? It enlarges by whole factors only. */
static bool upsamples(const struct jpeg_decompress_struct *cinfo)
{
    int h_max = 1, v_max = 1;
    for (int i = 0; i < cinfo->num_components; i++) {
        const jpeg_component_info *component = &cinfo->comp_info[i];
        h_max = component->h_samp_factor > h_max ? component->h_samp_factor : h_max;
        v_max = component->v_samp_factor > v_max ? component->v_samp_factor : v_max;
    }
    for (int i = 0; i < cinfo->num_components; i++) {
        const jpeg_component_info *component = &cinfo->comp_info[i];
        if (h_max % component->h_samp_factor != 0 || v_max % component->v_samp_factor != 0)
            return false;
    }
    return true;
}

/* Where the picture ends in the file; false when that is at no EOI. */
static bool find_end(struct jpeg_decoder *decoder, size_t *end)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    struct jpeg_input *input = &decoder->input;
    struct jpeg_scans *scans = &input->scans;
    *end = jpeg_input_offset(input, &decoder->trap);
    if (!decoder->several_scans) {
        struct jpeg_walk walk;
        struct pm_error none = {0};
        size_t marker = cinfo->unread_marker != 0 && !decoder->trap.end_made_up ? 2 : 0;
        jpeg_walk_start_memory(&walk, input->data, (size_t)(input->end - input->data), *end - marker);
        scans->ended = jpeg_walk_scans(&walk, scans, &none) == 0 && scans->ended && scans->count == 0;
    }
    if (scans->ended || scans->end < (size_t)(input->end - input->data))
        *end = scans->end;
    return scans->ended;
}

/* Did a scan bring component i, and its quantisation table with it? */
static bool component_came(const struct jpeg_decompress_struct *cinfo, int i)
{
    return cinfo->comp_info[i].quant_table != NULL &&
           (!cinfo->progressive_mode || cinfo->coef_bits[i][0] >= 0);
}

static bool all_components_came(const struct jpeg_decompress_struct *cinfo)
{
    int i = 0;
    while (i < cinfo->num_components && component_came(cinfo, i))
        i++;
    return i == cinfo->num_components;
}

/* Has every coefficient come to its last bit? Of a file of one scan libjpeg says itself what is missing. */
static bool is_complete(const struct jpeg_decompress_struct *cinfo)
{
    for (int i = 0; cinfo->progressive_mode && i < cinfo->num_components; i++) {
        for (int k = 0; k < DCTSIZE2; k++) {
            if (cinfo->coef_bits[i][k] != 0)
                return false;
        }
    }
    return all_components_came(cinfo);
}

static void warn_of_end(const struct jpeg_decoder *decoder)
{
    struct context *context = decoder->trap.context;
    const struct jpeg_scans *scans = &decoder->input.scans;
    if (scans->ended && scans->late)
        context_warn(context, "has metadata after a scan, which is ignored");
    if (scans->ended && !all_components_came(&decoder->cinfo))
        context_warn(context, "has no data for some of its colour components; they are grey");
    if (!scans->ended && !decoder->several_scans && scans->count > 0)
        context_warn(context, "has further scans after its image, which are ignored");
    else if (!scans->ended && !decoder->trap.cut_short)
        context_warn(context, "has no end marker (EOI), but all of its pixels");
}

/* All rows are out: are they all of the picture, and does it end as it should? */
static void end_picture(struct jpeg_decoder *decoder)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    struct jpeg_trap *trap = &decoder->trap;
    bool ended = find_end(decoder, &decoder->picture_end);
    if (!ended && cinfo->arith_code) /* such a decoder continues with zeros after the last byte */
        jpeg_trap_cut_short(trap, "its last rows may be wrong");
    else if (!ended && !is_complete(cinfo))
        jpeg_trap_cut_short(trap, "what is missing is coarse or grey");
    warn_of_end(decoder);
    if (ended)
        jpeg_finish_decompress(cinfo);
    else
        jpeg_abort_decompress(cinfo);
}

int jpeg_start(void *argument)
{
    struct jpeg_decoder *decoder = argument;
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    jpeg_create_decompress(cinfo);
    if ((decoder->uses & JPEG_LEND_ARRAYS) != 0)
        jpeg_memory_lend((j_common_ptr)cinfo, &decoder->memory);
    cinfo->progress = &decoder->trap.progress;
    cinfo->src = &decoder->input.manager;
    jpeg_read_header(cinfo, TRUE);

    const struct decode_request *request = &decoder->reader.request;
    decoder->raw = cinfo->jpeg_color_space == JCS_GRAYSCALE ||
                   (cinfo->jpeg_color_space == JCS_YCbCr && (request->planes || !upsamples(cinfo)));
    decoder->scale = jpeg_choose_scale(cinfo->image_width, cinfo->image_height, jpeg_share_whole, request);
    cinfo->scale_num = decoder->scale;
    cinfo->scale_denom = BLOCK;
    cinfo->dct_method = JDCT_ISLOW;
    if (decoder->raw) {
        raise_scale(decoder);
        set_planes(decoder);
    }
    decoder->leaves_out = decoder->scale <= 2 && cinfo->progressive_mode && decoder->input.scans.ended;
    return 0;
}

int jpeg_decode_by_libjpeg(void *argument)
{
    struct jpeg_decoder *decoder = argument;
    if (decoder->leaves_out)
        leave_out_scans(decoder);
    if ((decoder->raw ? read_planes(decoder) : read_rows(decoder)) != 0)
        return -1;
    end_picture(decoder);
    return 0;
}

/* Reads the header and holds its promises against the context's limits, before anything is allocated. */
static int open_with(struct jpeg_decoder *decoder, unsigned uses, struct context *context)
{
    struct reader *reader = &decoder->reader;
    struct pm_info *info = &reader->info;
    struct jpeg_walk walk;
    decoder->uses = uses;
    jpeg_input_init(&decoder->input, reader->data, reader->size);
    jpeg_walk_start_memory(&walk, reader->data, reader->size, JPEG_FIRST_SEGMENT);
    if (jpeg_read_header_of(&walk, &decoder->header, context->error) != 0)
        return -1;
    jpeg_header_tell(&decoder->header, info);
    if (image_check_size(info->width, info->height, context->max_pixels, context->error) != 0)
        return -1;
    decoder->several_scans = info->interlaced;
    if (info->interlaced &&
        jpeg_input_find_scans(&decoder->input, &walk, &decoder->header, context->error) != 0)
        return -1;
    uint64_t needed = jpeg_decode_bytes_with(decoder->uses, info, &reader->request);
    if (context->max_bytes > 0 && needed > context->max_bytes)
        return error_limit_hint(context->error, context->max_bytes, needed, PM_HINT_MAX_MEMORY,
                                "takes %" PRIu64 " bytes to decode, more than the %" PRIu64 " allowed",
                                needed, context->max_bytes);
    return 0;
}

int jpeg_open(struct reader *reader, struct context *context)
{
    struct jpeg_private private;
    if (jpeg_private_get(&private, context->error) != 0)
        return -1;
    return open_with((struct jpeg_decoder *)reader, private.uses, context);
}

int jpeg_finish(struct jpeg_decoder *decoder, struct pm_metadata *meta, struct context *context)
{
    const struct reader *reader = &decoder->reader;
    struct jpeg_trailer trailer;
    jpeg_read_trailer(reader->data, reader->size, decoder->picture_end, &trailer);
    jpeg_warn_of_losses(&decoder->header.besides, &trailer, reader->request.keep, context);
    return jpeg_read_metadata(reader->data, reader->size, &decoder->header.besides, reader->request.keep,
                              meta, context);
}

void jpeg_set_trap(struct jpeg_decoder *decoder, struct context *context)
{
    decoder->memory.arena = context->spare;
    jpeg_trap_init(&decoder->trap, context);
    decoder->trap.allow_truncated = decoder->reader.request.allow_truncated;
    decoder->cinfo.err = &decoder->trap.manager;
}

int jpeg_frame(struct reader *reader, struct frame *frame, struct context *context)
{
    struct jpeg_decoder *decoder = (struct jpeg_decoder *)reader;
    struct pm_image *image = &decoder->image;
    struct arena_mark mark = arena_mark(context->spare);
    jpeg_set_trap(decoder, context);
    context_native_begin(context);
    int status = jpeg_try(&decoder->trap, jpeg_start, decoder);
    if (status == 0)
        status = decoder->raw ? jpeg_decode_planes(decoder)
                              : jpeg_try(&decoder->trap, jpeg_decode_by_libjpeg, decoder);
    if (status == 0)
        jpeg_read_density(&decoder->cinfo, &image->meta);
    jpeg_destroy_decompress(&decoder->cinfo);
    context_native_end(context);
    arena_release(context->spare, mark);
    if (status != 0 || jpeg_finish(decoder, &image->meta, context) != 0)
        return -1;
    frame->image = *image;
    return 0;
}

int jpeg_decode_with(unsigned uses, const uint8_t *data, size_t size, const struct decode_request *request,
                     struct pm_image *image, struct context *context)
{
    struct jpeg_decoder decoder = {
        .reader = {.data = data, .size = size, .request = *request, .info = codec_blank_info("jpeg")}};
    struct frame frame;
    if (open_with(&decoder, uses, context) != 0 || jpeg_frame(&decoder.reader, &frame, context) != 0)
        return -1;
    *image = frame.image;
    return 0;
}
