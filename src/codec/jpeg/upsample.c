/* Planes to interleaved pixels; see codec/jpeg/upsample.h. */
#include "codec/jpeg/upsample.h"

#include "base/round.h"
#include "image/image.h"

SIMD_TABLE(struct upsample_kernels, upsample_kernels)
SIMD_TABLE(struct color_rows, color_rows)

bool upsampler_takes(const struct jpeg_decompress_struct *cinfo)
{
    switch (cinfo->jpeg_color_space) {
    case JCS_RGB:
    case JCS_YCbCr:
    case JCS_CMYK:
    case JCS_YCCK:
        return jpeg_upsamples(cinfo);
    default:
        return false;
    }
}

static uint32_t divide_up(uint64_t a, uint32_t b)
{
    return (uint32_t)((a + b - 1) / b);
}

static void *take(struct jpeg_decoder *decoder, struct arena *arena, size_t count, size_t size)
{
    void *memory = arena_alloc_array(arena, count, size);
    if (memory == NULL)
        error_memory(decoder->trap.error, count * size);
    return memory;
}

/* Windows hold one row of MCUs more than are decoded at once: the last row of pixels of one row of MCUs needs
 * the first row of samples of the next. */
static int set_component(struct upsampler *upsampler, struct jpeg_decoder *decoder, unsigned i,
                         struct arena *arena)
{
    enum { ALIGNMENT = 64 };
    const struct jpeg_decompress_struct *cinfo = &decoder->cinfo;
    const struct fast_component *from = &decoder->picture->component[i];
    const uint32_t h_max = (uint32_t)cinfo->max_h_samp_factor, v_max = (uint32_t)cinfo->max_v_samp_factor;
    struct upsample_component *component = &upsampler->component[i];
    *component = (struct upsample_component){
        .stride = round_up((size_t)from->width * from->side, ALIGNMENT),
        .window = from->v * from->side * (decoder->picture->batch + 1),
        .width = divide_up((uint64_t)cinfo->image_width * from->h * from->side, h_max * DCTSIZE),
        .height = divide_up((uint64_t)cinfo->image_height * from->v * from->side, v_max * DCTSIZE),
        .h = h_max * decoder->scale / (from->h * from->side),
        .v = v_max * decoder->scale / (from->v * from->side),
    };
    const bool halves = component->h <= 2 && component->v <= 2 && component->h * component->v > 1;
    component->smooth = halves && decoder->scale > 1 && (component->h == 1 || component->width > 2);
    upsampler->waits |= component->smooth && component->v == 2;
    uint8_t *rows = take(decoder, arena, component->window, component->stride);
    component->full = take(decoder, arena, component->width, component->h);
    if (rows == NULL || component->full == NULL)
        return -1;
    component->rows = rows;
    fast_place(decoder->picture, i, rows, component->stride, component->window);
    return 0;
}

int upsampler_init(struct upsampler *upsampler, struct jpeg_decoder *decoder, struct arena *arena)
{
    const enum simd_level level = decoder->trap.context->simd;
    *upsampler = (struct upsampler){
        .kernels = upsample_kernels(level),
        .colors = color_rows(level),
        .space = decoder->cinfo.jpeg_color_space,
        .components = decoder->picture->components,
        .step = (uint32_t)decoder->cinfo.max_v_samp_factor * decoder->scale,
        .pixels = &decoder->image.plane[0],
    };
    for (unsigned i = 0; i < upsampler->components; i++) {
        if (set_component(upsampler, decoder, i, arena) != 0)
            return -1;
    }
    if (upsampler->space != JCS_YCCK)
        return 0;
    upsampler->light = take(decoder, arena, upsampler->pixels->width, 3);
    return upsampler->light != NULL ? 0 : -1;
}

static const uint8_t *row_of(const struct upsample_component *component, uint32_t y)
{
    return component->rows + y % component->window * component->stride;
}

/* Row y of one component, upsampled. */
static const uint8_t *upsample_row(const struct upsample_kernels *kernels,
                                   const struct upsample_component *component, uint32_t y)
{
    const uint32_t at = y / component->v, last = component->height - 1, width = component->width;
    const uint8_t *near = row_of(component, at);
    if (component->h == 1 && (component->v == 1 || !component->smooth))
        return near;
    if (!component->smooth) {
        kernels->repeat(near, width, component->h, component->full);
        return component->full;
    }
    if (component->v == 1) {
        kernels->smooth_columns(near, width, component->full);
        return component->full;
    }
    const bool upper = y % 2 == 0;
    const uint32_t beside = upper ? (at > 0 ? at - 1 : 0) : (at < last ? at + 1 : last);
    const uint8_t *far = row_of(component, beside);
    if (component->h == 1)
        kernels->smooth_rows(near, far, width, upper ? 1 : 2, component->full);
    else
        kernels->smooth_both(near, far, width, component->full);
    return component->full;
}

static void make_row(const struct upsampler *upsampler, uint32_t y)
{
    const uint8_t *in[FAST_COMPONENTS_MAX] = {NULL};
    const size_t width = upsampler->pixels->width;
    uint8_t *out = plane_row(upsampler->pixels, y);
    for (unsigned i = 0; i < upsampler->components; i++)
        in[i] = upsample_row(upsampler->kernels, &upsampler->component[i], y);
    switch (upsampler->space) {
    case JCS_RGB:
        upsampler->kernels->join_rgb(in, width, out);
        break;
    case JCS_YCbCr:
        upsampler->colors->ycc_to_rgb(in[0], in[1], in[2], out, width);
        break;
    case JCS_CMYK:
        upsampler->kernels->join_cmyk(in, width, out);
        break;
    default:
        upsampler->colors->ycc_to_rgb(in[0], in[1], in[2], upsampler->light, width);
        upsampler->kernels->join_ycck(upsampler->light, in[3], width, out);
    }
}

void upsampler_make(struct upsampler *upsampler, const struct fast_picture *picture)
{
    const uint32_t made = picture->row * upsampler->step - upsampler->waits;
    const uint32_t end = picture->row == picture->rows ? upsampler->pixels->height : made;
    for (; upsampler->done < end; upsampler->done++)
        make_row(upsampler, upsampler->done);
}
