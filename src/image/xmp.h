/*
 * XMP (ISO 16684-1): a packet of RDF/XML in UTF-8 that describes an image. Statements that are not true of
 * the result are corrected or removed in place; all other bytes are kept.
 */
#ifndef IMAGE_XMP_H
#define IMAGE_XMP_H

#include "image/image.h"

/* What xmp_restate removed, for a warning; or-ed. */
enum xmp_left_out {
    XMP_PICTURE = 1, /* an image within the packet: a depth map, an original; not thumbnails */
    XMP_REGIONS = 2, /* positions in the image: of faces, of a panorama's part */
};

/* Is the packet in UTF-16, of either byte order, with or without a byte order mark? */
bool xmp_is_utf16(const uint8_t *xmp, size_t size);

/* Converts a packet from UTF-16 to UTF-8 (required by JPEG and PNG), into out[3 * (size / 2)], without its
 * XML declaration, which would still name UTF-16. Returns the size; 0 if malformed. */
size_t xmp_from_utf16(const uint8_t *xmp, size_t size, char *out);

/* Extra bytes needed in `out`: corrected values may be longer. */
enum { XMP_GROWTH = 1024 };

/*
 * Copies xmp[size] to out[size + XMP_GROWTH], updated to `facts`: existing orientation and dimensions are
 * set, resolutions swapped; thumbnails, other images, and statements about the old file's sample storage or
 * about data no longer with the image are removed (list in xmp.c). A reference to extended XMP is removed
 * too; splitting a packet writes a new one. Returns the packet's size; 0 if it can't be edited safely (not
 * well-formed, a DOCTYPE, ...).
 */
size_t xmp_restate(const char *xmp, size_t size, const struct picture_facts *facts, char *out,
                   unsigned *left_out);

#endif
