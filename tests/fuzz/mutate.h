/* A custom mutator for targets with whole files: changes data behind checksums, lengths and compression,
 * which random changes would only break. */
#ifndef TESTS_FUZZ_MUTATE_H
#define TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* Changes data[size], of which the last `tail` bytes are no part of the file; at most `most` bytes. Returns
 * the new size. */
size_t fuzz_mutate_image(uint8_t *data, size_t size, size_t most, size_t tail, unsigned seed);

#endif
