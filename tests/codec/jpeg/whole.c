#include "codec/jpeg/whole.h"

size_t find_segment(const struct buffer *file, unsigned marker)
{
    size_t i = 2;
    while (file->data[i + 1] != marker)
        i += 2 + ((size_t)file->data[i + 2] << 8 | file->data[i + 3]);
    return i;
}

uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}
