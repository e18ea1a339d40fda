/* What a file's image will be, from its header: codec/jpeg/decode.h. */
#include "codec/jpeg/decode.h"

#include "codec/jpeg/internals.h"
#include "codec/jpeg/scale.h"

enum { BLOCK = DCTSIZE };

static uint32_t divide_up(uint64_t a, uint32_t b)
{
    return (uint32_t)((a + b - 1) / b);
}

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

unsigned jpeg_plane_scale(const struct jpeg_decoder *decoder, int i)
{
    return decoder->raw && (decoder->uses & JPEG_SCALE_PLANES) != 0
               ? needed_scale(decoder, i)
               : (unsigned)JPEG_BLOCK_SIDE(&decoder->cinfo.comp_info[i]);
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
        while ((unsigned)JPEG_BLOCK_SIDE(component) < enough && cinfo->scale_num < most) {
            cinfo->scale_num *= 2;
            jpeg_calc_output_dimensions(cinfo);
        }
    }
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

/* RGB, or CMYK. */
static int allot_pixels(struct jpeg_decoder *decoder)
{
    const struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    const bool cmyk = cinfo->out_color_space == JCS_CMYK;
    const struct shape shape = {
        .width = cinfo->output_width,
        .height = cinfo->output_height,
        .format = PIXELS(cmyk ? PM_COLOR_CMYK : PM_COLOR_RGB, PM_ALPHA_NONE, 8),
    };
    if (image_alloc(&decoder->image, &shape, decoder->trap.context) != 0)
        return -1;
    set_picture(decoder);
    struct pm_frame *frame = &decoder->image.plane[0].frame;
    frame->extent_x = (double)cinfo->image_width * decoder->scale / BLOCK;
    frame->extent_y = (double)cinfo->image_height * decoder->scale / BLOCK;
    return 0;
}

int jpeg_allot_image(struct jpeg_decoder *decoder)
{
    if (!decoder->raw)
        return allot_pixels(decoder);
    for (int i = 0; i < decoder->cinfo.num_components; i++) {
        if (jpeg_allot_plane(decoder, i, 0) != 0)
            return -1;
    }
    return 0;
}

bool jpeg_upsamples(const struct jpeg_decompress_struct *cinfo)
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

int jpeg_decoder_open(struct jpeg_decoder *decoder, unsigned uses, struct context *context)
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
    return 0;
}

void jpeg_set_trap(struct jpeg_decoder *decoder, struct context *context)
{
    decoder->memory.arena = context->spare;
    jpeg_trap_init(&decoder->trap, context);
    decoder->trap.allow_truncated = decoder->reader.request.allow_truncated;
    decoder->cinfo.err = &decoder->trap.manager;
}

void jpeg_create_and_read_header(struct jpeg_decoder *decoder)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    jpeg_create_decompress(cinfo);
    if ((decoder->uses & JPEG_LEND_ARRAYS) != 0)
        jpeg_memory_lend((j_common_ptr)cinfo, &decoder->memory);
    cinfo->progress = &decoder->trap.progress;
    cinfo->src = &decoder->input.manager;
    jpeg_read_header(cinfo, TRUE);
}

int jpeg_start(void *argument)
{
    struct jpeg_decoder *decoder = argument;
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    jpeg_create_and_read_header(decoder);

    const struct decode_request *request = &decoder->reader.request;
    decoder->raw = cinfo->jpeg_color_space == JCS_GRAYSCALE ||
                   (cinfo->jpeg_color_space == JCS_YCbCr && (request->planes || !jpeg_upsamples(cinfo)));
    decoder->scale = jpeg_choose_scale(cinfo->image_width, cinfo->image_height, jpeg_share_whole, request);
    cinfo->scale_num = decoder->scale;
    cinfo->scale_denom = BLOCK;
    cinfo->dct_method = JDCT_ISLOW;
    if (decoder->raw) {
        raise_scale(decoder);
        set_planes(decoder);
    } else {
        cinfo->out_color_space = cinfo->num_components == 4 ? JCS_CMYK : JCS_RGB;
        jpeg_calc_output_dimensions(cinfo);
    }
    decoder->leaves_out = decoder->scale <= 2 && cinfo->progressive_mode && decoder->input.scans.ended;
    return 0;
}
