/*
 * Searches all memory of a worker process for given pieces of the previous image.
 */
#ifndef TESTS_HOSTILE_READING_H
#define TESTS_HOSTILE_READING_H

#include <stddef.h>
#include <stdint.h>

#include "base/context.h"

enum { PIECE_BYTES = 16 };

/* Records the process's mappings while /proc can still be read. */
void reading_note_mappings(void);

/* Looks for pieces[size], PIECE_BYTES each; every byte of them is inverted, so that they are not found where
 * they are named. `region` has `region_size` bytes. Says in `error` how many were found, and where the last.
 */
void reading_search(const uint8_t *pieces, size_t size, const uint8_t *region, size_t region_size,
                    const struct context *context, struct pm_error *error);

#endif
