#include "codec/png/form.h"

#include <string.h>

#include "codec/png/chunks.h"

enum { CHECKPOINT_ROWS = 256, OPAQUE = UINT8_MAX };

struct png_form png_form_plain(const struct pm_image *image)
{
    const bool gray = image->format.color == PM_COLOR_GRAY, alpha = image->format.alpha != PM_ALPHA_NONE;
    return (struct png_form){.type = gray ? (alpha ? PNG_GRAY_ALPHA : PNG_GRAY)
                                          : (alpha ? PNG_RGB_ALPHA : PNG_RGB),
                             .depth = image->format.depth};
}

unsigned png_form_bits(const struct png_form *form)
{
    static const unsigned channels[] = {
        [PNG_GRAY] = 1, [PNG_RGB] = 3, [PNG_PALETTE] = 1, [PNG_GRAY_ALPHA] = 2, [PNG_RGB_ALPHA] = 4};
    return channels[form->type] * form->depth;
}

size_t png_form_chunk_bytes(const struct png_form *form)
{
    if (form->type != PNG_PALETTE)
        return 0;
    return PNG_CHUNK_FRAME + 3 * (size_t)form->palette.count +
           (form->translucent > 0 ? PNG_CHUNK_FRAME + form->translucent : 0);
}

/* --- packing --------------------------------------------------------------------------------------- */

/* Allocates the packed rows. */
static uint8_t *alloc_packed(const struct pm_image *image, struct png_form *form, struct context *context)
{
    form->packed_bytes = ((size_t)image->width * form->depth + 7) / 8;
    uint8_t *packed = context_alloc_array(context, image->height, form->packed_bytes);
    form->packed = packed;
    return packed;
}

/* Packs values of form->depth bits, 1 to 4; out[] may be in[]. */
static void pack_row(const uint8_t *in, uint32_t width, unsigned depth, uint8_t *out)
{
    const uint32_t values = 8 / depth;
    for (uint32_t x = 0; x < width; x += values) {
        unsigned byte = 0;
        for (uint32_t i = 0; i < values; i++)
            byte = byte << depth | (x + i < width ? in[x + i] : 0);
        *out++ = (uint8_t)byte;
    }
}

/* --- grey ------------------------------------------------------------------------------------------ */

/* The fewest bits in which all samples can be stored: those whose values are multiples of 255, 85 or 17. */
static unsigned find_gray_depth(const struct pm_image *image)
{
    bool seen[UINT8_MAX + 1] = {false};
    unsigned depth = 1;
    for (uint32_t y = 0; y < image->height && depth < 8; y++) {
        const uint8_t *row = plane_row(&image->plane[0], y);
        for (uint32_t x = 0; x < image->width; x++) {
            if (seen[row[x]])
                continue;
            seen[row[x]] = true;
            while (depth < 8 && row[x] % (UINT8_MAX / ((1u << depth) - 1)) != 0)
                depth *= 2;
        }
    }
    return depth;
}

static int choose_gray(const struct pm_image *image, struct context *context, struct png_form *form)
{
    const unsigned depth = find_gray_depth(image), step = UINT8_MAX / ((1u << depth) - 1);
    if (depth == 8)
        return 0;
    form->depth = depth;
    uint8_t *packed = alloc_packed(image, form, context), *values = context_alloc(context, image->width);
    if (packed == NULL || values == NULL)
        return -1;
    for (uint32_t y = 0; y < image->height; y++, packed += form->packed_bytes) {
        const uint8_t *row = plane_row(&image->plane[0], y);
        if (y % CHECKPOINT_ROWS == 0 && context_checkpoint(context) != 0)
            return -1;
        for (uint32_t x = 0; x < image->width; x++)
            values[x] = (uint8_t)(row[x] / step);
        pack_row(values, image->width, depth, packed);
    }
    return 0;
}

/* --- palettes -------------------------------------------------------------------------------------- */

/* Where a colour belongs: those that are not opaque first, so that tRNS is short; then dark ones, so that
 * similar indices are similar colours. */
static uint32_t rank_of(const uint8_t color[4])
{
    const uint32_t luma = 2126u * color[0] + 7152u * color[1] + 722u * color[2];
    return (uint32_t)(color[3] == OPAQUE) << 31 | luma;
}

static void order_palette(struct quantizer *quantizer, struct png_form *form)
{
    struct palette *palette = &form->palette;
    uint8_t sorted[PALETTE_MAX], order[PALETTE_MAX] = {0};
    form->translucent = 0;
    for (unsigned i = 0; i < palette->count; i++) {
        const uint32_t rank = rank_of(palette->rgba[i]);
        unsigned at = i;
        for (; at > 0 && rank_of(palette->rgba[sorted[at - 1]]) > rank; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = (uint8_t)i;
        form->translucent += palette->rgba[i][3] != OPAQUE;
    }
    for (unsigned i = 0; i < palette->count; i++)
        order[sorted[i]] = (uint8_t)i;
    quantizer_reorder(quantizer, palette, order);
}

static unsigned depth_of(unsigned colors)
{
    return colors <= 2 ? 1 : colors <= 4 ? 2 : colors <= 16 ? 4 : 8;
}

/* Stores the image as indices. Of less than 8 bits they are packed in place, each row where it belongs: that
 * is never behind the indices still to be packed. */
static int store_indices(struct quantizer *quantizer, const struct pm_image *image, enum dither dither,
                         struct context *context, struct png_form *form)
{
    uint8_t *indices = context_alloc_array(context, image->height, image->width);
    if (indices == NULL || context_checkpoint(context) != 0)
        return -1;
    memset(indices, QUANTIZER_DRAWN, (size_t)image->height * image->width);
    context_native_begin(context);
    quantizer_map(quantizer, image, indices, &form->palette, dither, 0);
    form->type = PNG_PALETTE;
    form->depth = depth_of(form->palette.count);
    form->packed = indices;
    form->packed_bytes = ((size_t)image->width * form->depth + 7) / 8;
    for (uint32_t y = 0; y < image->height && form->depth < 8; y++)
        pack_row(indices + (size_t)y * image->width, image->width, form->depth,
                 indices + y * form->packed_bytes);
    context_native_end(context);
    return 0;
}

static int choose_palette(const struct pm_image *image, const struct png_options *options,
                          struct context *context, struct png_form *form)
{
    const unsigned channels = image->format.alpha != PM_ALPHA_NONE ? 4 : 3;
    struct quantizer *quantizer = options->palette > 0 ? quantizer_new(image->width, channels, context)
                                                       : quantizer_new_list(channels, context);
    if (quantizer == NULL || context_checkpoint(context) != 0)
        return -1;
    context_native_begin(context);
    bool few = true;
    if (options->palette > 0)
        quantizer_choose(quantizer, image, NULL, (unsigned)options->palette, &form->palette);
    else
        few = quantizer_list(quantizer, image, NULL, PALETTE_MAX, &form->palette);
    if (few)
        order_palette(quantizer, form);
    if (few && channels == 4 && form->translucent == 0)
        form->translucent = 1;
    context_native_end(context);
    return few ? store_indices(quantizer, image, (enum dither)options->dither, context, form) : 0;
}

int png_form_choose(const struct pm_image *image, const struct png_options *options, struct context *context,
                    struct png_form *form)
{
    *form = png_form_plain(image);
    if (image->meta.sealed.data != NULL || image->format.depth != 8)
        return 0;
    if (image->format.color == PM_COLOR_RGB)
        return choose_palette(image, options, context, form);
    return image->format.alpha == PM_ALPHA_NONE ? choose_gray(image, context, form) : 0;
}
