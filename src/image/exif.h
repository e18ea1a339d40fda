/*
 * EXIF (Exif 3.0, CIPA DC-008): reading the orientation (tag 0x0112 of IFD0), and correcting or removing what
 * is no longer true of a changed image.
 */
#ifndef IMAGE_EXIF_H
#define IMAGE_EXIF_H

#include "image/image.h"
#include "pixmill/transform.h"

/* The orientation, 1 to 8, in the TIFF structure exif[size]; 1 if missing or broken. Any integer type and
 * count is accepted, as writers differ; of several values the first is used. */
unsigned exif_orientation(const uint8_t *exif, size_t size);

/* Is a density lost in a format that stores it only in EXIF? False if it is 72 dots per inch, which writers
 * state that do not know the density (Exif 3.0, 4.6.5, XResolution). */
bool exif_lacks_density(const struct pm_metadata *meta);

/* What it says of the colours: ColorSpace, or InteroperabilityIndex "R03", by which cameras say Adobe RGB
 * (DCF 2.0, 5.4). */
enum pm_exif_color exif_color(const uint8_t *exif, size_t size);

/* A TIFF structure with only `orientation`: 26 bytes. */
enum { EXIF_MINIMAL_BYTES = 26 };
void exif_minimal(uint8_t exif[EXIF_MINIMAL_BYTES], unsigned orientation);

/* What exif_restate left out, for a warning; thumbnails and tags about the old file's sample storage are not
 * counted. */
struct exif_left_out {
    bool broken; /* everything left out: not a TIFF structure */
    bool full;   /* everything left out: no room to add the orientation */
    unsigned count;
    uint16_t tags[8]; /* the first of them, each once */
};

/* Max bytes of a structure to which the orientation is added: the limit of a JPEG segment and of a PNG probe
 * (PNG_EXIF_MAX). */
enum { EXIF_ADDED_MAX = 65527 };

/* Max bytes of the result for `size` bytes: a truncated IFD0 is completed, and IFD0 may be moved to the
 * end. */
static inline size_t exif_room(size_t size)
{
    return 2 * size + 16;
}

/*
 * Copies exif[size] to out[exif_room(size)], updated to `facts` (rules in exif_edit.c). An orientation other
 * than 1 is added if missing. Returns the size; 0 if nothing remains.
 */
size_t exif_restate(const uint8_t *exif, size_t size, const struct picture_facts *facts, uint8_t *out,
                    struct exif_left_out *left_out);

#endif
