/* Colour conversion, row by row, compared with straightforward code for the equations. */
#include "base/simd.h"
#include "image/plain_color.h"
#include "image/rows.h"
#include "kernels/kernels.h"

SIMD_TABLE(struct color_rows, color_rows)

static size_t ycc_fast(struct stage *stage, const struct kernel_row *row)
{
    (void)row;
    const struct color_rows *kernels = color_rows(stage->lent.context.simd);
    for (uint32_t y = 0; y < KERNEL_HEIGHT; y++)
        kernels->ycc_to_rgb(plane_row(&stage->thirds[0], y), plane_row(&stage->thirds[1], y),
                            plane_row(&stage->thirds[2], y), plane_row(&stage->out, y), KERNEL_WIDTH);
    return (size_t)KERNEL_WIDTH * KERNEL_HEIGHT * CHANNELS;
}

static size_t ycc_plain(struct stage *stage, const struct kernel_row *row)
{
    (void)row;
    for (uint32_t y = 0; y < SMALL_HEIGHT; y++) {
        for (uint32_t x = 0; x < KERNEL_WIDTH; x++)
            plain_ycc_to_rgb(plane_row(&stage->thirds[0], y)[x], plane_row(&stage->thirds[1], y)[x],
                             plane_row(&stage->thirds[2], y)[x],
                             plane_row(&stage->out, y) + (size_t)x * CHANNELS);
    }
    return (size_t)KERNEL_WIDTH * SMALL_HEIGHT * CHANNELS;
}

static const uint16_t *wide_row(const struct stage *stage, unsigned plane, uint32_t y)
{
    return (const uint16_t *)(const void *)plane_row(&stage->thirds[plane], y);
}

static size_t wide_rgb_fast(struct stage *stage, const struct kernel_row *row)
{
    (void)row;
    const struct color_rows *kernels = color_rows(stage->lent.context.simd);
    for (uint32_t y = 0; y < KERNEL_HEIGHT; y++)
        kernels->wide_to_rgb(wide_row(stage, 0, y), wide_row(stage, 1, y), wide_row(stage, 2, y),
                             plane_row(&stage->out, y), KERNEL_WIDTH);
    return (size_t)KERNEL_WIDTH * KERNEL_HEIGHT * CHANNELS;
}

static size_t wide_ycc_fast(struct stage *stage, const struct kernel_row *row)
{
    (void)row;
    const struct color_rows *kernels = color_rows(stage->lent.context.simd);
    for (uint32_t y = 0; y < KERNEL_HEIGHT; y++) {
        uint8_t *out = plane_row(&stage->out, y);
        kernels->wide_to_ycc(wide_row(stage, 0, y), wide_row(stage, 1, y), wide_row(stage, 2, y), out,
                             out + KERNEL_WIDTH, out + 2 * KERNEL_WIDTH, KERNEL_WIDTH);
    }
    return (size_t)KERNEL_WIDTH * KERNEL_HEIGHT * CHANNELS;
}

static size_t wide_by(struct stage *stage, void (*plain)(const uint16_t ycc[3], uint8_t out[3]))
{
    for (uint32_t y = 0; y < SMALL_HEIGHT; y++) {
        for (uint32_t x = 0; x < KERNEL_WIDTH; x++) {
            const uint16_t ycc[3] = {wide_row(stage, 0, y)[x], wide_row(stage, 1, y)[x],
                                     wide_row(stage, 2, y)[x]};
            plain(ycc, plane_row(&stage->out, y) + (size_t)x * CHANNELS);
        }
    }
    return (size_t)KERNEL_WIDTH * SMALL_HEIGHT * CHANNELS;
}

static size_t wide_rgb_plain(struct stage *stage, const struct kernel_row *row)
{
    (void)row;
    return wide_by(stage, plain_wide_to_rgb);
}

static size_t wide_ycc_plain(struct stage *stage, const struct kernel_row *row)
{
    (void)row;
    return wide_by(stage, plain_wide_to_ycc);
}

static size_t narrow_fast(struct stage *stage, const struct kernel_row *row)
{
    (void)row;
    const struct color_rows *kernels = color_rows(stage->lent.context.simd);
    for (uint32_t y = 0; y < KERNEL_HEIGHT; y++)
        kernels->to_8bit((const uint16_t *)(const void *)plane_row(&stage->in, y), plane_row(&stage->out, y),
                         (size_t)KERNEL_WIDTH * CHANNELS);
    return (size_t)KERNEL_WIDTH * KERNEL_HEIGHT * CHANNELS;
}

static size_t narrow_plain(struct stage *stage, const struct kernel_row *row)
{
    (void)row;
    for (uint32_t y = 0; y < SMALL_HEIGHT; y++) {
        const uint16_t *in = (const uint16_t *)(const void *)plane_row(&stage->in, y);
        for (size_t i = 0; i < (size_t)KERNEL_WIDTH * CHANNELS; i++)
            plane_row(&stage->out, y)[i] = plain_to_8bit(in[i]);
    }
    return (size_t)KERNEL_WIDTH * SMALL_HEIGHT * CHANNELS;
}

const struct kernel_row color_kernel_rows[] = {
    {.name = "YCbCr to RGB", .depth = 8, .fast = ycc_fast, .plain = ycc_plain},
    {.name = "wide YCbCr to RGB", .depth = 16, .fast = wide_rgb_fast, .plain = wide_rgb_plain},
    {.name = "wide YCbCr to 8 bits", .depth = 16, .fast = wide_ycc_fast, .plain = wide_ycc_plain},
    {.name = "to 8 bits", .depth = 16, .fast = narrow_fast, .plain = narrow_plain},
    {.name = NULL},
};
