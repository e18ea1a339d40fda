/*
 * EXIF (Exif 3.0, CIPA DC-008): the one tag that changes pixels, orientation (0x0112 of IFD0), and all that
 * states something of the picture that is no longer so in a result.
 */
#ifndef IMAGE_EXIF_H
#define IMAGE_EXIF_H

#include "image/image.h"

/* The orientation, 1 to 8, that the TIFF structure exif[size] states; 1 when it states none or is broken.
 * Writers differ in its type and count: any whole number counts, the first where there are several. */
unsigned exif_orientation(const uint8_t *exif, size_t size);

/* Does it state a resolution across, which is a picture's density? */
bool exif_has_density(const uint8_t *exif, size_t size);

/* A TIFF structure that says nothing but `orientation`: 26 bytes. */
enum { EXIF_MINIMAL_BYTES = 26 };
void exif_minimal(uint8_t exif[EXIF_MINIMAL_BYTES], unsigned orientation);

/* What exif_restate left out and a user may miss; thumbnails, and tags that say how the old file stored its
 * samples, are not counted. */
struct exif_left_out {
    bool broken; /* everything: it is no TIFF structure, */
    bool full;   /* or has no room for the orientation, which has to be added */
    unsigned count;
    uint16_t tags[8]; /* the first of them, each once */
};

/* Max bytes of a structure to which the orientation is added: a JPEG's segment holds no more, and in a PNG a
 * probe searches no more for it (PNG_EXIF_MAX). */
enum { EXIF_ADDED_MAX = 65527 };

/* Max bytes of the result for `size` bytes: what is missing of IFD0's end is added, and IFD0 may move. */
static inline size_t exif_room(size_t size)
{
    return 2 * size + 16;
}

/*
 * Copies exif[size] to out[exif_room(size)], brought up to date with `facts`; exif_edit.c says how. Another
 * orientation than 1 is added where there is none. Returns its size, 0 when nothing remains.
 */
size_t exif_restate(const uint8_t *exif, size_t size, const struct picture_facts *facts, uint8_t *out,
                    struct exif_left_out *left_out);

#endif
