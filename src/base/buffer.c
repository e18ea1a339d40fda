#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

static int buffer_realloc(struct buffer *buffer, size_t capacity)
{
    uint8_t *data = realloc(buffer->data, capacity);
    if (data == NULL)
        return -1;
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

int buffer_reserve(struct buffer *buffer, size_t more)
{
    if (more <= buffer->capacity - buffer->size)
        return 0;
    if (more > SIZE_MAX / 2 - buffer->size)
        return -1;
    size_t needed = buffer->size + more;
    size_t capacity = buffer->capacity + buffer->capacity / 2;
    if (capacity < needed)
        capacity = needed;
    int (*grow)(struct buffer *, size_t) = buffer->grow != NULL ? buffer->grow : buffer_realloc;
    /* Grow by half, for speed; if that fails, try the exact size. */
    return grow(buffer, capacity) == 0 || (capacity > needed && grow(buffer, needed) == 0) ? 0 : -1;
}

int buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    if (buffer_reserve(buffer, size) != 0)
        return -1;
    if (size > 0)
        memcpy(buffer->data + buffer->size, bytes, size);
    buffer->size += size;
    return 0;
}

void buffer_free(struct buffer *buffer)
{
    if (buffer->grow == NULL) {
        free(buffer->data);
        buffer->data = NULL;
        buffer->capacity = 0;
    }
    buffer->size = 0;
}
