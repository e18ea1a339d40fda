/*
 * A growing run of bytes with one owner. It carries an input from the engine to the worker and a result back.
 * Who lends the memory decides how it grows: malloc by default; a worker process lends a buffer in its shared
 * region.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *data;
    size_t size, capacity; /* bytes used, bytes there */
    /* Makes room for `capacity` bytes, keeping the first `size`; 0, or -1 when there is no more. NULL:
     * realloc. */
    int (*grow)(struct buffer *buffer, size_t capacity);
    void *lender;
};

/* Makes room for `more` bytes behind `size`. Returns 0, or -1 when there is no more memory (nothing changed).
 */
int buffer_reserve(struct buffer *buffer, size_t more);

/* Appends bytes[size]. Returns 0 or -1 as buffer_reserve. */
int buffer_append(struct buffer *buffer, const void *bytes, size_t size);

/* Frees a malloc'ed buffer and empties it; of a lent one only the size is forgotten. */
void buffer_free(struct buffer *buffer);

#endif
