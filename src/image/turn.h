/* Transposing groups of rows and back, for the inner loops of resampling (image/resample.h). */
#ifndef IMAGE_TURN_H
#define IMAGE_TURN_H

#include "image/vector.h"

enum { BLOCK = VECTOR_BYTES }; /* samples per step of a vertical sum */

/* A column holds the sums of one channel of one output pixel, one row per element; columns are in the order
 * of a row's samples. CHUNK pixels are computed before transposing back: with any number of channels they
 * fill whole lanes. */
enum { CHUNK = 16, CHANNELS_MAX = 4, COLUMNS = CHUNK * CHANNELS_MAX };

/* 16 bytes of each row to one vector for every 4 of them. */
static inline void turn_16_bytes(const uint8_t *mid, size_t stride, vi32 v[4])
{
    for (size_t q = 0; q < 4; q++)
        v[q] = load_lanes(mid + q * stride, 4 * stride);
}

/* Transposes v[4] back to 16 bytes per row and stores the first `bytes` of them in each row at `at`. */
static inline void turn_back(vi32 v[4], uint8_t *const *rows, size_t at, size_t bytes)
{
    transpose_lanes(v);
    for (size_t q = 0; q < 4; q++) {
        uint8_t rest[VECTOR_LANES][LANE_BYTES], *to[VECTOR_LANES];
        for (size_t lane = 0; lane < VECTOR_LANES; lane++)
            to[lane] = bytes >= LANE_BYTES ? rows[4 * lane + q] + at : rest[lane];
        store_lanes(to, v[q]);
        for (size_t lane = 0; bytes < LANE_BYTES && lane < VECTOR_LANES; lane++)
            memcpy(rows[4 * lane + q] + at, rest[lane], bytes);
    }
}

#endif
