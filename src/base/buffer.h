/*
 * A growing byte buffer with one owner. It carries an input from the engine to the worker and a result back.
 * `grow` sets where its memory comes from: malloc by default; a worker process uses its shared region.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *data;
    size_t size, capacity; /* bytes used, bytes allocated */
    /* Grows to `capacity` bytes, keeping the first `size`. Returns 0, or -1 when out of memory. NULL:
     * realloc. */
    int (*grow)(struct buffer *buffer, size_t capacity);
    void *lender;
};

/* Makes room for `more` bytes after `size`. Returns 0, or -1 when out of memory (nothing changed). */
int buffer_reserve(struct buffer *buffer, size_t more);

/* Appends bytes[size]. Returns 0 or -1 as buffer_reserve. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t size);

/* Empties the buffer; frees its memory if it came from malloc. */
void buffer_free(struct buffer *buffer);

#endif
