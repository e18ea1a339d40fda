/*
 * Mirrors and transposes for each pixel size: every loop is inlined once per size.
 *
 * A transpose works in tiles small enough that cache lines are fully used before eviction. Single-byte planes
 * (JPEG's) use 16 x 16 squares and vector interleaving.
 */
#include <string.h>

#include "base/simd.h"
#include "filter/orient_kernels.h"

#define INLINE static inline __attribute__((always_inline))

/* Calls `function` with `pixel_bytes` as a compile-time constant last argument. */
#define FOR_PIXEL_BYTES(function, ...)                                                                       \
    do {                                                                                                     \
        switch (pixel_bytes) {                                                                               \
        case 1:                                                                                              \
            function(__VA_ARGS__, 1);                                                                        \
            break;                                                                                           \
        case 2:                                                                                              \
            function(__VA_ARGS__, 2);                                                                        \
            break;                                                                                           \
        case 3:                                                                                              \
            function(__VA_ARGS__, 3);                                                                        \
            break;                                                                                           \
        case 4:                                                                                              \
            function(__VA_ARGS__, 4);                                                                        \
            break;                                                                                           \
        case 6:                                                                                              \
            function(__VA_ARGS__, 6);                                                                        \
            break;                                                                                           \
        default:                                                                                             \
            function(__VA_ARGS__, 8);                                                                        \
            break;                                                                                           \
        }                                                                                                    \
    } while (0)

INLINE void mirror_any(const uint8_t *restrict in, uint8_t *restrict out, size_t width, unsigned bytes)
{
    for (size_t x = 0; x < width; x++)
        memcpy(out + x * bytes, in + (width - 1 - x) * bytes, bytes);
}

static void mirror(const uint8_t *in, uint8_t *out, size_t width, unsigned pixel_bytes)
{
    FOR_PIXEL_BYTES(mirror_any, in, out, width);
}

INLINE void transpose_any(const uint8_t *in, ptrdiff_t in_stride, uint8_t *out, ptrdiff_t out_stride,
                          size_t width, size_t height, unsigned bytes)
{
    for (size_t y = 0; y < height; y++) {
        for (size_t x = 0; x < width; x++)
            memcpy(out + (ptrdiff_t)y * out_stride + x * bytes, in + (ptrdiff_t)x * in_stride + y * bytes,
                   bytes);
    }
}

typedef uint8_t bytes_16 __attribute__((vector_size(16)));

/* Four rounds of interleaving row i with row i + 8 transpose the square: each round moves one bit of the row
 * number to the column number. */
INLINE void transpose_square(const uint8_t *in, ptrdiff_t in_stride, uint8_t *out, ptrdiff_t out_stride)
{
    bytes_16 rows[16], mixed[16];
    for (int i = 0; i < 16; i++)
        memcpy(&rows[i], in + i * in_stride, 16);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 8; i++) {
            mixed[2 * i] = __builtin_shufflevector(rows[i], rows[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5,
                                                   21, 6, 22, 7, 23);
            mixed[2 * i + 1] = __builtin_shufflevector(rows[i], rows[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12,
                                                       28, 13, 29, 14, 30, 15, 31);
        }
        memcpy(rows, mixed, sizeof rows);
    }
    for (int i = 0; i < 16; i++)
        memcpy(out + i * out_stride, &rows[i], 16);
}

INLINE void transpose_tile(const uint8_t *in, ptrdiff_t in_stride, uint8_t *out, ptrdiff_t out_stride,
                           size_t width, size_t height, unsigned bytes)
{
    if (bytes != 1) {
        transpose_any(in, in_stride, out, out_stride, width, height, bytes);
        return;
    }
    size_t whole_width = width / 16 * 16, whole_height = height / 16 * 16;
    for (size_t x = 0; x < whole_width; x += 16) {
        for (size_t y = 0; y < whole_height; y += 16)
            transpose_square(in + (ptrdiff_t)x * in_stride + y, in_stride,
                             out + (ptrdiff_t)y * out_stride + x, out_stride);
    }
    transpose_any(in + (ptrdiff_t)whole_width * in_stride, in_stride, out + whole_width, out_stride,
                  width - whole_width, whole_height, 1);
    transpose_any(in + whole_height, in_stride, out + (ptrdiff_t)whole_height * out_stride, out_stride, width,
                  height - whole_height, 1);
}

INLINE void transpose_sized(const uint8_t *in, ptrdiff_t in_stride, uint8_t *out, ptrdiff_t out_stride,
                            size_t width, size_t height, unsigned bytes)
{
    size_t tile = bytes == 1 ? 64 : 16;
    for (size_t y = 0; y < height; y += tile) {
        size_t rows = height - y < tile ? height - y : tile;
        for (size_t x = 0; x < width; x += tile) {
            size_t columns = width - x < tile ? width - x : tile;
            transpose_tile(in + (ptrdiff_t)x * in_stride + y * bytes, in_stride,
                           out + (ptrdiff_t)y * out_stride + x * bytes, out_stride, columns, rows, bytes);
        }
    }
}

static void transpose(const uint8_t *in, ptrdiff_t in_stride, uint8_t *out, ptrdiff_t out_stride,
                      size_t width, size_t height, unsigned pixel_bytes)
{
    FOR_PIXEL_BYTES(transpose_sized, in, in_stride, out, out_stride, width, height);
}

const struct orient_kernels SIMD_NAME(orient_kernels) = {.mirror = mirror, .transpose = transpose};
