/*
 * EXIF in a TIFF is the page's own directory and those that it points to. Elsewhere it is a structure of its
 * own (image/exif.h). Both ways, the directories' fields are copied value by value, as a writer of TIFF may
 * have laid them out anywhere in the file.
 */
#ifndef CODEC_TIFF_EXIF_H
#define CODEC_TIFF_EXIF_H

#include "base/buffer.h"
#include "codec/tiff/directory.h"

/* Is such a field of a page EXIF (Exif 3.0, 4.6.5), not how the page is stored? Some writers put fields of
 * the Exif directory there. */
bool tiff_is_exif_tag(unsigned tag);

/* Max bytes of the EXIF of the page whose directory is at `ifd`, as a structure of its own; 0: none. */
size_t tiff_exif_size(const struct tiff_file *file, uint64_t ifd);

/* Copies it to out[size], of tiff_exif_size bytes. Returns its size; 0: it can't be read. */
size_t tiff_exif_gather(const struct tiff_file *file, uint64_t ifd, uint8_t *out, size_t size);

/* Directories for a TIFF file in little-endian byte order, made from a structure exif[size]: those of the
 * Exif and GPS directories, with what they point to, for offset `base` of the file. */
struct tiff_exif_parts {
    struct buffer bytes;
    uint32_t exif, gps; /* offsets in the file of the directories; 0: none */
};

/* Returns 0, or -1 with `error` filled (memory). */
int tiff_exif_split(struct pm_blob exif, uint32_t base, struct tiff_exif_parts *parts,
                    struct pm_error *error);

/* Calls `take` for each text of the structure's own directory (Make, Artist, ...), and counts other fields of
 * it that a TIFF file would not have by itself. */
unsigned tiff_exif_texts(struct pm_blob exif,
                         void (*take)(void *user, unsigned tag, const char *text, size_t size), void *user);

#endif
