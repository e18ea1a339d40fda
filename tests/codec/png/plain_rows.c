#include "codec/png/plain_rows.h"

#include <stdlib.h>

static uint8_t predicted(enum png_filter filter, int left, int above, int corner)
{
    int p = left + above - corner;
    int to_left = abs(p - left), to_above = abs(p - above), to_corner = abs(p - corner);
    switch (filter) {
    case FILTER_SUB:
        return (uint8_t)left;
    case FILTER_UP:
        return (uint8_t)above;
    case FILTER_AVERAGE:
        return (uint8_t)((left + above) / 2);
    case FILTER_PAETH:
        if (to_left <= to_above && to_left <= to_corner)
            return (uint8_t)left;
        return (uint8_t)(to_above <= to_corner ? above : corner);
    default:
        return 0;
    }
}

void plain_filter(enum png_filter filter, const uint8_t *in, const uint8_t *above, uint8_t *out, size_t bytes,
                  unsigned pixel)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(in[i] - predicted(filter, i < pixel ? 0 : in[i - pixel], above[i],
                                             i < pixel ? 0 : above[i - pixel]));
}

void plain_unfilter(enum png_filter filter, uint8_t *row, const uint8_t *above, size_t bytes, unsigned pixel)
{
    for (size_t i = 0; i < bytes; i++)
        row[i] = (uint8_t)(row[i] + predicted(filter, i < pixel ? 0 : row[i - pixel], above[i],
                                              i < pixel ? 0 : above[i - pixel]));
}
