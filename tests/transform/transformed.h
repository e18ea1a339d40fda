/* Files made by the codecs themselves, and the results of recipes on them. */
#ifndef TESTS_TRANSFORM_TRANSFORMED_H
#define TESTS_TRANSFORM_TRANSFORMED_H

#include "base/buffer.h"
#include "image/image.h"
#include "lent.h"

/* A file of `format`: JPEGs have quality 95 and 4:2:0. */
struct buffer encoded(struct lent *lent, const char *format, const struct pm_image *image);

/* Decodes with all metadata, which may point into `file`. */
struct pm_image decoded(struct lent *lent, const struct buffer *file);

/* Gives the recipe the picture that its steps name logo.png: small, half transparent, grey. */
struct pm_recipe;
void give_logo(struct pm_recipe *recipe);

/* Runs the recipe in `text`, with the logo; an empty buffer and *error when it fails. */
struct buffer transformed(const char *text, const struct buffer *file, struct pm_error *error);

/* Runs the recipe and asserts that it succeeds. */
struct buffer transformed_well(const char *text, const struct buffer *file);

/* The decoded result; asserts that there is one. Metadata that would point into its file must not be read. */
struct pm_image result_of(struct lent *lent, const char *text, const struct buffer *file);

/* Asserts that two recipes give the same pixels. */
void expect_same_result(struct lent *lent, const char *one, const struct buffer *one_file, const char *other,
                        const struct buffer *other_file);

#endif
