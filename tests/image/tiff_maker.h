/* Makes EXIF blocks for tests: values and IFDs are appended, children before the IFDs that point to them. */
#ifndef TESTS_IMAGE_TIFF_MAKER_H
#define TESTS_IMAGE_TIFF_MAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/tiff.h"

struct tiff_maker {
    uint8_t bytes[8192];
    size_t size;
    bool big;
};

struct made_entry {
    uint16_t tag, type;
    uint32_t count;
    const void *bytes;   /* for one-byte types */
    uint32_t numbers[8]; /* for other types; a RATIONAL takes two */
};

/* Writes a header whose IFD0 is set later. */
void tiff_maker_begin(struct tiff_maker *maker, bool big);

/* Appends bytes[size]; returns their offset. */
size_t tiff_maker_bytes(struct tiff_maker *maker, const void *bytes, size_t size);

/* Appends an IFD and then its long values; `next` is the offset of the next IFD. Returns the IFD's offset. */
size_t tiff_maker_ifd(struct tiff_maker *maker, const struct made_entry *entries, size_t count, size_t next);

/* Makes the IFD at `ifd` IFD0. */
void tiff_maker_end(struct tiff_maker *maker, size_t ifd);

/* The entry of `tag` in the IFD at `ifd`; its value_size is 0 if there is none. */
struct tiff_entry tiff_find(const struct tiff *tiff, size_t ifd, unsigned tag);

#endif
