/*
 * Medians of large windows of 8-bit samples, in a time that does not depend on the window (Perreault and
 * Hebert, "Median Filtering in Constant Time", 2007): each column has a histogram of its samples in the
 * window's rows, to which a row is added and one removed for the next row of the result; the window's
 * histogram is a sum of these, to which a column is added and one removed for the next sample. Of its 256
 * counts only the sums of 16 are kept up to date; the others are, 16 at a time, where the median is.
 */
#ifndef FILTER_MEDIAN_COLUMNS_H
#define FILTER_MEDIAN_COLUMNS_H

#include "image/image.h"

enum { MEDIAN_SIDE_MAX = 63 };

/* Of pixel i beyond the edges: c b a | a b c | c b a. */
static inline uint32_t median_mirrored(int64_t i, uint32_t size)
{
    const int64_t period = 2 * (int64_t)size, at = (i % period + period) % period;
    return (uint32_t)(at < size ? at : period - 1 - at);
}

/* Rows [first, end) of one channel. */
struct median_rows {
    const struct pm_plane *in, *out;
    unsigned channel;
    uint32_t size; /* of the window, odd, at most MEDIAN_SIDE_MAX */
    uint32_t first, end;
};

/* Bytes of memory that it needs. */
size_t median_columns_bytes(void);

void median_columns(const struct median_rows *job, void *memory);

#endif
