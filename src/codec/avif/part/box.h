/* Appends boxes (ISO/IEC 14496-12, 4.2) to a buffer; numbers are big-endian. */
#ifndef CODEC_AVIF_PART_BOX_H
#define CODEC_AVIF_PART_BOX_H

#include <stdbool.h>

#include "base/buffer.h"

struct box_writer {
    struct buffer boxes;
    bool failed; /* memory: what follows is not appended */
};

void box_put(struct box_writer *writer, const void *bytes, size_t size);
void box_number(struct box_writer *writer, uint64_t value, unsigned bytes);
void box_numbers(struct box_writer *writer, uint64_t value, unsigned bytes,
                 unsigned count);                           /* the same again */
void box_text(struct box_writer *writer, const char *text); /* with its NUL */

/* Begins a box, or one with a version and flags; returns where, for box_end, which sets its size. */
size_t box_begin(struct box_writer *writer, const char type[5]);
size_t box_begin_full(struct box_writer *writer, const char type[5], unsigned version, uint32_t flags);
void box_end(struct box_writer *writer, size_t at);

#endif
