/*
 * XMP (ISO 16684-1): a packet of RDF/XML, UTF-8, that says things about a picture. Some of them hold no
 * longer for a result; they are corrected or taken out where they stand, and all other bytes stay.
 */
#ifndef IMAGE_XMP_H
#define IMAGE_XMP_H

#include "image/image.h"

/* What xmp_restate took out and a user may miss, or-ed. */
enum xmp_left_out {
    XMP_PICTURE = 1, /* a picture within the packet: a depth map, an original; not thumbnails */
    XMP_REGIONS = 2, /* positions in the picture: of faces, of a panorama's part */
};

/* Is the packet in UTF-16, of either byte order, with or without a byte order mark? */
bool xmp_is_utf16(const uint8_t *xmp, size_t size);

/* A packet in UTF-16 to UTF-8, which is what JPEG and PNG demand, into out[3 * (size / 2)], without an XML
 * declaration, which would still name UTF-16. Returns its size, 0 when it is malformed. */
size_t xmp_from_utf16(const uint8_t *xmp, size_t size, char *out);

/* Bytes of `out` beyond the packet's own: corrected values may be longer than old ones. */
enum { XMP_GROWTH = 1024 };

/*
 * Copies xmp[size] to out[size + XMP_GROWTH], brought up to date with `facts`: orientation and dimensions are
 * set where they are stated, resolutions exchanged, thumbnails and other pictures taken out, and so are
 * statements about how the old file stored its samples or about what is no longer beside the picture; xmp.c
 * has the list. An announcement of extended XMP is taken out too: whoever splits a packet writes a new one.
 * Returns the packet's size, 0 when it can't be edited with certainty (not well-formed, a DOCTYPE, ...).
 */
size_t xmp_restate(const char *xmp, size_t size, const struct picture_facts *facts, char *out,
                   unsigned *left_out);

#endif
