/* PNG's row filters in both directions, compared with a literal implementation of the specification. */
#include "base/simd.h"
#include "codec/png/plain_rows.h"
#include "kernels/kernels.h"

SIMD_TABLE(struct png_filter_kernels, png_filter_kernels)
SIMD_TABLE(struct png_unfilter_kernels, png_unfilter_kernels)
SIMD_TABLE(struct png_wave_kernels, png_wave_kernels)

static size_t row_bytes(const struct stage *stage)
{
    return (size_t)KERNEL_WIDTH * CHANNELS * (stage->depth / 8);
}

static unsigned pixel_bytes(const struct stage *stage)
{
    return CHANNELS * stage->depth / 8;
}

static const uint8_t *row_above(const struct stage *stage, uint32_t y)
{
    return y == 0 ? stage->above : plane_row(&stage->in, y - 1);
}

static size_t filter_fast(struct stage *stage, const struct kernel_row *row)
{
    const struct png_filter_kernels *kernels = png_filter_kernels(stage->lent.context.simd);
    for (uint32_t y = 0; y < KERNEL_HEIGHT; y++)
        kernels->filter[row->choice](plane_row(&stage->in, y), row_above(stage, y), plane_row(&stage->out, y),
                                     row_bytes(stage), pixel_bytes(stage));
    return (size_t)KERNEL_WIDTH * KERNEL_HEIGHT * CHANNELS;
}

static size_t filter_plain(struct stage *stage, const struct kernel_row *row)
{
    for (uint32_t y = 0; y < SMALL_HEIGHT; y++)
        plain_filter((enum png_filter)row->choice, plane_row(&stage->in, y), row_above(stage, y),
                     plane_row(&stage->out, y), row_bytes(stage), pixel_bytes(stage));
    return (size_t)KERNEL_WIDTH * SMALL_HEIGHT * CHANNELS;
}

static const uint8_t *rows_above(const struct stage *stage, uint32_t y)
{
    return y == 0 ? stage->above : stage->rows + (y - 1) * (row_bytes(stage) + 1) + 1;
}

/* As in the decoder: Paeth rows together if pixels are narrow enough. */
static size_t unfilter_fast(struct stage *stage, const struct kernel_row *row)
{
    const struct png_unfilter_kernels *kernels = png_unfilter_kernels(stage->lent.context.simd);
    const struct png_wave_kernels *wave = png_wave_kernels(stage->lent.context.simd);
    const size_t size = row_bytes(stage), stride = size + 1;
    const unsigned pixel = pixel_bytes(stage);
    if (row->choice == FILTER_PAETH && pixel <= WAVE_PIXEL_MAX) {
        for (uint32_t y = 0; y < KERNEL_HEIGHT; y += WAVE_ROWS) {
            for (uint32_t r = y; r < y + WAVE_ROWS; r++)
                stage->rows[r * stride] = FILTER_PAETH;
            wave->unfilter(stage->rows + y * stride, rows_above(stage, y), size, pixel, WAVE_ROWS);
        }
    } else {
        for (uint32_t y = 0; y < KERNEL_HEIGHT; y++)
            kernels->unfilter(stage->rows + y * stride + 1, rows_above(stage, y), size,
                              (enum png_filter)row->choice, pixel);
    }
    return (size_t)KERNEL_WIDTH * KERNEL_HEIGHT * CHANNELS;
}

static size_t unfilter_plain(struct stage *stage, const struct kernel_row *row)
{
    const size_t size = row_bytes(stage);
    for (uint32_t y = 0; y < SMALL_HEIGHT; y++)
        plain_unfilter((enum png_filter)row->choice, stage->rows + y * (size + 1) + 1, rows_above(stage, y),
                       size, pixel_bytes(stage));
    return (size_t)KERNEL_WIDTH * SMALL_HEIGHT * CHANNELS;
}

#define FILTER(bits, title, which)                                                                           \
    {.name = "PNG filter " title,                                                                            \
     .depth = (bits),                                                                                        \
     .choice = (which),                                                                                      \
     .fast = filter_fast,                                                                                    \
     .plain = filter_plain},                                                                                 \
    {                                                                                                        \
        .name = "PNG unfilter " title, .depth = (bits), .choice = (which), .fast = unfilter_fast,            \
        .plain = unfilter_plain                                                                              \
    }

const struct kernel_row png_rows[] = {
    FILTER(8, "Sub", FILTER_SUB),
    FILTER(8, "Up", FILTER_UP),
    FILTER(8, "Average", FILTER_AVERAGE),
    FILTER(8, "Paeth", FILTER_PAETH),
    FILTER(16, "Sub", FILTER_SUB),
    FILTER(16, "Up", FILTER_UP),
    FILTER(16, "Average", FILTER_AVERAGE),
    FILTER(16, "Paeth", FILTER_PAETH),
    {.name = NULL},
};
