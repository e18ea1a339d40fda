/*
 * Malloc for a program that needs the same amounts again and again. By default it gives memory back and asks
 * for it with every image; fresh pages cost as much as the work done in them. One heap for all threads,
 * without mappings beside it, needs the fewest pages; a job allocates little and seldom, so they do not queue
 * for it.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdint.h>

/* For the whole process, from now on: the heap's end is given back when that is larger than `keep` bytes. */
void heap_keep(uint64_t keep);

/* Makes the heap larger by about so much, so that it need not grow for what takes less. */
void heap_grow(uint64_t bytes);

/* Gives back what is free now, so that processes that are forked from this one have less to copy. */
void heap_trim(void);

#endif
