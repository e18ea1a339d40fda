/* Strips of RGB pictures as planes; codec/jpeg/encode_rgb.h states the purpose. */
#include "codec/jpeg/encode_rgb.h"

#include <string.h>

#include "base/round.h"
#include "codec/jpeg/encode_fast.h"

SIMD_TABLE(struct ycc_kernels, ycc_kernels)

enum { SIDE = DCTSIZE, PIXEL_BYTES = 3, FACTOR_MAX = 2 };

uint64_t rgb_strips_bytes(uint32_t width)
{
    /* 4:2:0: two rows of luma blocks, one row of Cb and Cr blocks at half the width each, and two rows of Cb
     * and Cr samples at full width. 4:4:4 needs less. */
    enum { LUMA = FACTOR_MAX * SIDE, CHROMA = SIDE, FULL = 4 };
    return (uint64_t)round_up(width, FACTOR_MAX * (size_t)YCC_UNIT) * (LUMA + CHROMA + FULL);
}

int rgb_strips_init(struct rgb_strips *strips, const struct pm_plane *rgb, unsigned h, unsigned v,
                    struct context *context)
{
    const size_t width = round_up(rgb->width, (size_t)YCC_UNIT * h);
    *strips = (struct rgb_strips){.kernels = ycc_kernels(context->simd), .rgb = rgb, .h = h, .v = v};
    for (unsigned i = 0; i < YCC_PLANES; i++) {
        const size_t stride = i == 0 ? width : width / h, rows = i == 0 ? v * SIDE : SIDE;
        const uint32_t samples = i == 0 || h == 1 ? rgb->width : (rgb->width + 1) / 2;
        struct pm_plane *plane = &strips->plane[i];
        *plane = (struct pm_plane){
            .stride = stride, .width = (uint32_t)round_up(samples, FDCT_GROUP_MAX * SIDE), .channels = 1};
        plane->data = context_alloc_array(context, rows, stride);
        if (plane->data == NULL)
            return -1;
    }
    for (unsigned i = 0; h > 1 && i < v * 2; i++) {
        uint8_t **row = &strips->full[i / 2][i % 2];
        *row = context_alloc(context, width);
        if (*row == NULL)
            return -1;
    }
    return 0;
}

/* Converts row y of the picture, up to the stride of the planes. Equal pixels have equal samples, so the
 * samples past the width are copied after the conversion. */
static void convert_row(const struct rgb_strips *strips, uint32_t y, uint8_t *luma, uint8_t *cb, uint8_t *cr)
{
    const uint8_t *row = plane_row(strips->rgb, y);
    const size_t width = strips->rgb->width, beyond = strips->plane[0].stride - width;
    const size_t whole = width / YCC_UNIT * YCC_UNIT;
    strips->kernels->to_ycc(row, whole, luma, cb, cr);
    if (whole < width) {
        uint8_t tail[YCC_UNIT * PIXEL_BYTES] = {0};
        memcpy(tail, row + whole * PIXEL_BYTES, (width - whole) * PIXEL_BYTES);
        strips->kernels->to_ycc(tail, YCC_UNIT, luma + whole, cb + whole, cr + whole);
    }
    memset(luma + width, luma[width - 1], beyond);
    memset(cb + width, cb[width - 1], beyond);
    memset(cr + width, cr[width - 1], beyond);
}

/* Converts row y of chroma, and the rows of luma it belongs to. If the picture's last row has no second row
 * to be averaged with, it is repeated. */
static void convert_halved(struct rgb_strips *strips, uint32_t first, uint32_t y)
{
    const unsigned v = strips->v;
    unsigned rows = 0;
    for (; rows < v && y * v + rows < strips->plane[0].height; rows++)
        convert_row(strips, first + y * v + rows, plane_row(&strips->plane[0], y * v + rows),
                    strips->full[rows][0], strips->full[rows][1]);
    for (unsigned i = 1; i < YCC_PLANES; i++) {
        const struct pm_plane *plane = &strips->plane[i];
        strips->kernels->halve(strips->full[0][i - 1], strips->full[rows - 1][i - 1], plane->stride,
                               plane_row(plane, y));
    }
}

void rgb_strips_convert(struct rgb_strips *strips, uint32_t strip)
{
    const unsigned v = strips->v;
    const uint32_t first = strip * v * SIDE, left = strips->rgb->height - first;
    struct pm_plane *planes = strips->plane;
    planes[0].height = left < v * SIDE ? left : v * SIDE;
    planes[1].height = planes[2].height = (planes[0].height + v - 1) / v;
    for (uint32_t y = 0; y < planes[1].height; y++) {
        if (strips->h > 1)
            convert_halved(strips, first, y);
        else
            convert_row(strips, first + y, plane_row(&planes[0], y), plane_row(&planes[1], y),
                        plane_row(&planes[2], y));
    }
}
