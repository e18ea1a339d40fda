/*
 * A TIFF structure begins with its byte order ("II" or "MM"), 42, and the offset of IFD0: a count and 12-byte
 * entries of tag, type, count and value (TIFF 6.0, section 2). Every offset is checked against the size, for
 * the bytes are a stranger's.
 */
#include "image/exif.h"

#include <stdbool.h>
#include <string.h>

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, ENTRY_BYTES = 12 };

static unsigned read16(const uint8_t *p, bool big)
{
    return big ? (unsigned)p[0] << 8 | p[1] : (unsigned)p[1] << 8 | p[0];
}

static uint32_t read32(const uint8_t *p, bool big)
{
    return big ? read16(p, big) << 16 | read16(p + 2, big) : read16(p + 2, big) << 16 | read16(p, big);
}

/* Where the orientation's 16-bit value stands, or 0 when there is none. *big becomes the byte order. */
static size_t find_orientation(const uint8_t *exif, size_t size, bool *big)
{
    if (size < 8 || (memcmp(exif, "II*\0", 4) != 0 && memcmp(exif, "MM\0*", 4) != 0))
        return 0;
    *big = exif[0] == 'M';
    size_t ifd = read32(exif + 4, *big);
    if (ifd > size - 2)
        return 0;
    size_t entries = read16(exif + ifd, *big), fit = (size - ifd - 2) / ENTRY_BYTES;
    if (entries > fit)
        entries = fit;
    for (size_t i = 0; i < entries; i++) {
        size_t entry = ifd + 2 + i * ENTRY_BYTES;
        if (read16(exif + entry, *big) == TAG_ORIENTATION && read16(exif + entry + 2, *big) == TYPE_SHORT &&
            read32(exif + entry + 4, *big) == 1)
            return entry + 8;
    }
    return 0;
}

unsigned exif_orientation(const uint8_t *exif, size_t size)
{
    bool big;
    size_t place = find_orientation(exif, size, &big);
    unsigned orientation = place != 0 ? read16(exif + place, big) : 1;
    return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

void exif_set_orientation(uint8_t *exif, size_t size, unsigned orientation)
{
    bool big;
    size_t place = find_orientation(exif, size, &big);
    if (place == 0)
        return;
    exif[place + (big ? 0 : 1)] = 0;
    exif[place + (big ? 1 : 0)] = (uint8_t)orientation;
}

void exif_minimal(uint8_t exif[EXIF_MINIMAL_BYTES], unsigned orientation)
{
    static const uint8_t frame[EXIF_MINIMAL_BYTES] = {
        'I',  'I',  '*',        0, 8, 0, 0, 0, /* little endian; IFD0 at 8 */
        1,    0,                               /* one entry */
        0x12, 0x01, TYPE_SHORT, 0, 1, 0, 0, 0, /* one orientation; its value at 18 */
    };
    memcpy(exif, frame, sizeof frame);
    exif[18] = (uint8_t)orientation;
}
