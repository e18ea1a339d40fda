/* A camera's EXIF block, and its edit. */
#ifndef TESTS_IMAGE_EXIF_CAMERA_H
#define TESTS_IMAGE_EXIF_CAMERA_H

#include "image/exif.h"
#include "image/tiff_maker.h"

static const struct picture_facts turned = {.width = 48,
                                            .height = 64,
                                            .orientation = 1,
                                            .mime = "image/jpeg",
                                            .transposed = true,
                                            .moved = true,
                                            .reframed = true};
static const struct picture_facts same = {.width = 64, .height = 48, .orientation = 1, .mime = "image/jpeg"};

static const char thumbnail[] = "\xff\xd8\xff\xdb THE OLD PICTURE \xff\xd9";

struct edited {
    struct tiff tiff; /* of `bytes` */
    uint8_t *bytes;
    struct exif_left_out left_out;
    size_t ifd0, exif;
};

/* Edits in exact allocations, for the address sanitizer. */
struct edited camera_edit_bytes(const uint8_t *bytes, size_t size, const struct picture_facts *facts);

/* The same of a block that was made. */
struct edited camera_edit(const struct tiff_maker *maker, const struct picture_facts *facts);

/* Was the tag named as left out? */
bool camera_told(const struct edited *edited, unsigned tag);

/* A block as cameras write it, with IFD1, GPS and interoperability, and bytes that nothing refers to. */
void make_camera(struct tiff_maker *maker, bool big);

#endif
