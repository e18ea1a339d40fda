/*
 * Tunes malloc for a program that allocates the same amounts repeatedly. By default malloc returns memory to
 * the system and requests it again for every image, and page faults cost as much as the work itself. A single
 * heap for all threads, without separate mappings, needs the fewest pages; jobs allocate rarely, so lock
 * contention is low.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdint.h>

/* Sets, for the whole process, that free memory at the end of the heap is returned only above `keep`
 * bytes. */
void heap_keep(uint64_t keep);

/* Grows the heap by about `bytes` in advance. */
void heap_grow(uint64_t bytes);

/* Returns all free memory to the system: before processes are forked, which then have less to copy, and after
 * an allocation that is far larger than the others. */
void heap_trim(void);

#endif
