/*
 * A file as a byte source (codec.h). A header is read in many small steps near one another; a window turns
 * them into one system call.
 */
#ifndef IO_SOURCE_H
#define IO_SOURCE_H

#include "codec/codec.h"

struct file_source {
    struct byte_source source;
    int fd;
    uint64_t size;   /* the file's, bytes */
    uint8_t *window; /* the caller's */
    size_t capacity, filled;
    uint64_t offset; /* of the window in the file */
};

/* Borrows fd and window[capacity]. Who has read the file's first bytes into it already sets `filled`. */
void file_source_init(struct file_source *file, int fd, uint64_t size, uint8_t *window, size_t capacity);

#endif
