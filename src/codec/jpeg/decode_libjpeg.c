/* Decodes a file with libjpeg, to planes or pixels, optionally without the scans that do not change the
 * result. */
#include <string.h>

#include "codec/jpeg/decode.h"
#include "codec/jpeg/internals.h"

enum { STRIP_ROWS = 16, MAX_SAMPLING = 4 };

/* Decodes every component at its plane's scale. libjpeg chooses scales that avoid upsampling, but planes need
 * no upsampling and may have half the samples to transform and filter. start_pass, called here a second time,
 * chooses the transforms according to these fields. The width of a component in an MCU is used, and known,
 * only if all components share one scan. */
static void scale_planes(struct jpeg_decoder *decoder)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    const bool one_scan = !jpeg_has_multiple_scans(cinfo);
    if ((decoder->uses & JPEG_SCALE_PLANES) == 0)
        return;
    if ((decoder->uses & JPEG_TRIAL) != 0 && !jpeg_is_method((jpeg_method)cinfo->idct->start_pass))
        jpeg_trap_leave(&decoder->trap, PM_ERROR_INTERNAL, PM_HINT_NONE,
                        "start_pass is not where it is expected");
    for (int i = 0; i < cinfo->num_components; i++) {
        jpeg_component_info *component = &cinfo->comp_info[i];
        int n = (int)jpeg_plane_scale(decoder, i);
        JPEG_SET_BLOCK_SIDE(component, n);
        if (one_scan)
            component->MCU_sample_width = component->MCU_width * n;
    }
    cinfo->idct->start_pass(cinfo);
}

static int read_planes(struct jpeg_decoder *decoder)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    struct pm_image *image = &decoder->image;
    cinfo->raw_data_out = TRUE;
    jpeg_start_decompress(cinfo);
    scale_planes(decoder);
    JSAMPROW rows[PM_MAX_PLANES][MAX_SAMPLING * DCTSIZE];
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

static int read_pixels(struct jpeg_decoder *decoder)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    const struct pm_plane *plane = &decoder->image.plane[0];
    const bool cmyk = cinfo->out_color_space == JCS_CMYK;
    jpeg_start_decompress(cinfo);
    while (cinfo->output_scanline < plane->height) {
        JSAMPROW rows[STRIP_ROWS];
        uint32_t first = cinfo->output_scanline, count = plane->height - first;
        if (count > STRIP_ROWS)
            count = STRIP_ROWS;
        for (uint32_t i = 0; i < count; i++)
            rows[i] = plane_row(plane, first + i);
        count = jpeg_read_scanlines(cinfo, rows, count);
        /* CMYK in Adobe's files stores light, not ink; other writers do the same, with or without Adobe's
         * marker. */
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
    for (int i = 0; i < cinfo->num_components; i++) {
        const jpeg_component_info *component = &cinfo->comp_info[i];
        const bool dc_only = jpeg_plane_scale(decoder, i) == 1;
        flat[component->component_id & 255] = dc_only;
        decoder->memory.dc_only[i] = dc_only;
    }
    cinfo->do_block_smoothing = FALSE;
    jpeg_input_leave_out(&decoder->input, flat);
}

/* Finds the end of the picture in the file; returns false if it is not at an EOI. */
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

/* Is more than the EOI zeros? So ends a file whose last blocks were never written. Entropy-coded data end
 * with 1 bits (T.81, F.1.2.3), and zeros decode as pixels: only the absent EOI shows that they are none. */
static bool ends_in_zeros(const struct jpeg_input *input)
{
    enum { EOI_BYTES = 2 };
    const uint8_t *at = input->end;
    while (at > input->data && at[-1] == 0)
        at--;
    return input->end - at > EOI_BYTES;
}

/* Did a scan contain component i, and was its quantisation table defined? */
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

/* Is every coefficient present to its last bit? For a file with one scan, libjpeg itself reports what is
 * missing. */
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

/* After the last row: checks that the picture is complete and ends as it should. */
static void end_picture(struct jpeg_decoder *decoder)
{
    struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    struct jpeg_trap *trap = &decoder->trap;
    bool ended = find_end(decoder, &decoder->picture_end);
    if (!ended && cinfo->arith_code) /* this decoder continues with zeros after the last byte */
        jpeg_trap_cut_short(trap, "its last rows may be wrong");
    else if (!ended && !is_complete(cinfo))
        jpeg_trap_cut_short(trap, "what is missing is coarse or grey");
    else if (!ended && ends_in_zeros(&decoder->input))
        jpeg_trap_cut_short(trap, "its last bytes are zeros, and the pixels made of them wrong");
    warn_of_end(decoder);
    if (ended)
        jpeg_finish_decompress(cinfo);
    else
        jpeg_abort_decompress(cinfo);
}

int jpeg_decode_by_libjpeg(void *argument)
{
    struct jpeg_decoder *decoder = argument;
    if (decoder->leaves_out)
        leave_out_scans(decoder);
    if ((decoder->raw ? read_planes(decoder) : read_pixels(decoder)) != 0)
        return -1;
    end_picture(decoder);
    return 0;
}
