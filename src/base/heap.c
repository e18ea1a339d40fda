#include "base/heap.h"

#include <limits.h>
#include <malloc.h>
#include <stdlib.h>

void heap_keep(uint64_t keep)
{
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, keep < INT_MAX ? (int)keep : INT_MAX);
}

void heap_trim(void)
{
    malloc_trim(0);
}

void heap_grow(uint64_t bytes)
{
    void *volatile block = malloc(bytes); /* volatile: else the compiler may remove the allocation */
    free(block);
}
