/* Rounding of sizes. */
#ifndef BASE_ROUND_H
#define BASE_ROUND_H

#include <stddef.h>

/* The smallest multiple of `unit` that is >= `size`; size + unit must not overflow. */
static inline size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

#endif
