/* The one EXIF tag that changes pixels: orientation (tag 0x0112 of IFD0; Exif 2.32, 4.6.4). */
#ifndef IMAGE_EXIF_H
#define IMAGE_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* The orientation, 1 to 8, that the TIFF structure exif[size] states; 1 when it states none or is broken. */
unsigned exif_orientation(const uint8_t *exif, size_t size);

/* Writes `orientation` over the one that stands in exif[size]; does nothing when none does. */
void exif_set_orientation(uint8_t *exif, size_t size, unsigned orientation);

/* A TIFF structure that says nothing but `orientation`: 26 bytes. */
enum { EXIF_MINIMAL_BYTES = 26 };
void exif_minimal(uint8_t exif[EXIF_MINIMAL_BYTES], unsigned orientation);

#endif
