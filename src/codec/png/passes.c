#include "codec/png/passes.h"

#include <string.h>

static const struct {
    uint8_t x, y, dx, dy;
} adam7[PNG_PASSES] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                       {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};

static struct png_pass make_pass(uint32_t width, uint32_t height, uint32_t x, uint32_t y, uint32_t dx,
                                 uint32_t dy, unsigned bits)
{
    struct png_pass pass = {.x = x, .y = y, .dx = dx, .dy = dy};
    pass.width = width > x ? (width - x - 1) / dx + 1 : 0;
    pass.height = height > y && pass.width > 0 ? (height - y - 1) / dy + 1 : 0;
    pass.row_bytes = ((size_t)pass.width * bits + 7) / 8;
    return pass;
}

unsigned png_passes(uint32_t width, uint32_t height, unsigned bits, bool interlaced,
                    struct png_pass passes[PNG_PASSES])
{
    if (!interlaced) {
        passes[0] = make_pass(width, height, 0, 0, 1, 1, bits);
        return 1;
    }
    for (unsigned i = 0; i < PNG_PASSES; i++)
        passes[i] = make_pass(width, height, adam7[i].x, adam7[i].y, adam7[i].dx, adam7[i].dy, bits);
    return PNG_PASSES;
}

uint64_t png_passes_bytes(const struct png_pass *passes, unsigned count)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += ((uint64_t)passes[i].row_bytes + 1) * passes[i].height;
    return bytes;
}

/* Pixels of less than a byte are packed from the highest bit on. */
static void gather_bits(const struct png_pass *pass, const uint8_t *row, unsigned bits, uint8_t *out)
{
    const unsigned mask = (1u << bits) - 1;
    memset(out, 0, pass->row_bytes);
    for (size_t i = 0; i < pass->width; i++) {
        const size_t from = (pass->x + i * pass->dx) * bits, to = i * bits;
        const unsigned value = row[from / 8] >> (8 - bits - from % 8) & mask;
        out[to / 8] |= (uint8_t)(value << (8 - bits - to % 8));
    }
}

void png_pass_gather(const struct png_pass *pass, const uint8_t *row, unsigned bits, uint8_t *out)
{
    const size_t bytes = bits / 8;
    if (bytes == 0) {
        gather_bits(pass, row, bits, out);
        return;
    }
    row += pass->x * bytes;
    for (size_t i = 0; i < pass->width; i++, out += bytes, row += pass->dx * bytes)
        memcpy(out, row, bytes);
}
