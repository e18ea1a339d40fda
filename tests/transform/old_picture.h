/* A file whose metadata describe the picture it once was. */
#ifndef TESTS_TRANSFORM_OLD_PICTURE_H
#define TESTS_TRANSFORM_OLD_PICTURE_H

#include "image/tiff_maker.h"

enum { WIDTH = 40, HEIGHT = 24 };

/* EXIF that states this orientation, the picture's size and two densities, with a thumbnail and a MakerNote
 * that holds a preview. */
void old_exif(struct tiff_maker *maker, unsigned orientation);

/* XMP that states the same; returns its length. */
int old_xmp(char *xmp, size_t size, unsigned orientation);

/* What keeps all of it. */
static const char *const formats[] = {"jpeg", "png"};

#endif
