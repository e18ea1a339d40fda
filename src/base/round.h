/* Sizes in whole units. */
#ifndef BASE_ROUND_H
#define BASE_ROUND_H

#include <stddef.h>

/* The least multiple of `unit` that is not below `size`; their sum must fit. */
static inline size_t round_up(size_t size, size_t unit)
{
    return (size + unit - 1) / unit * unit;
}

#endif
