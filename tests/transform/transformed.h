/* Files made by the codecs themselves, and what a recipe makes of them. */
#ifndef TESTS_TRANSFORM_TRANSFORMED_H
#define TESTS_TRANSFORM_TRANSFORMED_H

#include "base/buffer.h"
#include "image/image.h"
#include "lent.h"

/* A file of `format`: JPEGs of quality 95 and 4:2:0. */
struct buffer encoded(struct lent *lent, const char *format, const struct pm_image *image);

/* With all of its metadata, which may point into `file`. */
struct pm_image decoded(struct lent *lent, const struct buffer *file);

/* Runs the recipe in `text`; an empty buffer and *error when it fails. */
struct buffer transformed(const char *text, const struct buffer *file, struct pm_error *error);

/* The decoded result; asserts that there is one. Its PNG metadata points nowhere. */
struct pm_image result_of(struct lent *lent, const char *text, const struct buffer *file);

#endif
