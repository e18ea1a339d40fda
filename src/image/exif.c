#include "image/exif.h"

#include "image/tiff.h"

enum { TAG_ORIENTATION = 0x0112, TAG_X_RESOLUTION = 0x011A };

unsigned exif_orientation(const uint8_t *exif, size_t size)
{
    struct tiff tiff;
    if (!tiff_open(&tiff, exif, size))
        return 1;
    size_t ifd = tiff_get_32(&tiff, 4), entries = tiff_entries(&tiff, ifd);
    for (size_t i = 0; i < entries; i++) {
        struct tiff_entry entry = tiff_entry(&tiff, ifd, i);
        if (entry.tag != TAG_ORIENTATION)
            continue;
        uint32_t orientation = tiff_number(&tiff, &entry);
        if (orientation >= 1 && orientation <= 8)
            return orientation;
    }
    return 1;
}

bool exif_has_density(const uint8_t *exif, size_t size)
{
    struct tiff tiff;
    if (!tiff_open(&tiff, exif, size))
        return false;
    const size_t ifd = tiff_get_32(&tiff, 4), entries = tiff_entries(&tiff, ifd);
    for (size_t i = 0; i < entries; i++) {
        if (tiff_entry(&tiff, ifd, i).tag == TAG_X_RESOLUTION)
            return true;
    }
    return false;
}

void exif_minimal(uint8_t exif[EXIF_MINIMAL_BYTES], unsigned orientation)
{
    static const uint8_t frame[EXIF_MINIMAL_BYTES] = {
        'I',  'I',  '*',        0, 8, 0, 0, 0, /* little endian; IFD0 at 8 */
        1,    0,                               /* one entry */
        0x12, 0x01, TIFF_SHORT, 0, 1, 0, 0, 0, /* one orientation; its value at 18 */
    };
    memcpy(exif, frame, sizeof frame);
    exif[18] = (uint8_t)orientation;
}
