/* Memory that is read soon, where the hardware prefetcher can't know: pieces too short for it, or too far
 * apart. */
#ifndef BASE_PREFETCH_H
#define BASE_PREFETCH_H

#include <stddef.h>
#include <stdint.h>

static inline void prefetch(const uint8_t *bytes, size_t size)
{
    enum { LINE = 64 };
    for (size_t i = 0; i < size; i += LINE)
        __builtin_prefetch(bytes + i);
}

#endif
