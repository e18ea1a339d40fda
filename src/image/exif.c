#include "image/exif.h"

#include "image/tiff.h"

enum {
    TAG_INTEROP_INDEX = 0x0001,
    TAG_ORIENTATION = 0x0112,
    TAG_X_RESOLUTION = 0x011A,
    TAG_EXIF_IFD = 0x8769,
    TAG_COLOR_SPACE = 0xA001,
    TAG_INTEROP_IFD = 0xA005,
};

/* The first entry of `tag`; false: none. */
static bool find_entry(const struct tiff *tiff, size_t ifd, unsigned tag, struct tiff_entry *entry)
{
    const size_t entries = tiff_entries(tiff, ifd);
    for (size_t i = 0; i < entries; i++) {
        *entry = tiff_entry(tiff, ifd, i);
        if (entry->tag == tag)
            return true;
    }
    return false;
}

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

bool exif_lacks_density(const struct pm_metadata *meta)
{
    enum { UNKNOWN = 2835 }; /* pixels per metre */
    struct tiff tiff;
    struct tiff_entry entry;
    if (!meta->has_density ||
        (meta->density_x == meta->density_y && (meta->density_unit != 1 || meta->density_x == UNKNOWN)))
        return false;
    return !tiff_open(&tiff, meta->exif.data, meta->exif.size) ||
           !find_entry(&tiff, tiff_get_32(&tiff, 4), TAG_X_RESOLUTION, &entry);
}

enum pm_exif_color exif_color(const uint8_t *exif, size_t size)
{
    enum { SRGB = 1, ADOBE_RGB = 2 };
    static const char adobe[] = "R03";
    struct tiff tiff;
    struct tiff_entry entry;
    if (!tiff_open(&tiff, exif, size) || !find_entry(&tiff, tiff_get_32(&tiff, 4), TAG_EXIF_IFD, &entry))
        return PM_EXIF_COLOR_NONE;
    const size_t ifd = tiff_number(&tiff, &entry);
    const uint32_t space = find_entry(&tiff, ifd, TAG_COLOR_SPACE, &entry) ? tiff_number(&tiff, &entry) : 0;
    if (space == SRGB || space == ADOBE_RGB)
        return space == SRGB ? PM_EXIF_COLOR_SRGB : PM_EXIF_COLOR_ADOBE_RGB;
    if (find_entry(&tiff, ifd, TAG_INTEROP_IFD, &entry) &&
        find_entry(&tiff, tiff_number(&tiff, &entry), TAG_INTEROP_INDEX, &entry) &&
        entry.value_size >= sizeof adobe - 1 && memcmp(exif + entry.value_at, adobe, sizeof adobe - 1) == 0)
        return PM_EXIF_COLOR_ADOBE_RGB;
    return PM_EXIF_COLOR_NONE;
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
