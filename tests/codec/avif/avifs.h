/* For tests of AVIF: encodes, decodes and compares. */
#ifndef TESTS_CODEC_AVIF_AVIFS_H
#define TESTS_CODEC_AVIF_AVIFS_H

#include "codec/avif/options.h"
#include "codec/codec.h"
#include "pictures.h"

extern const struct codec codec_avif;

struct avif_options avif_defaults(void);

struct buffer avif_of(struct lent *lent, const struct pm_image *image, const struct avif_options *options);

int avif_decode(struct lent *lent, const struct buffer *file, const struct decode_request *request,
                struct pm_image *image);

struct pm_image avif_image_of(struct lent *lent, const struct buffer *file, bool planes);

int avif_probe_bytes(const void *data, size_t size, struct pm_info *info, struct pm_error *error);

struct pm_info avif_info(const struct buffer *file);

/* The greatest difference of two images, in levels of 8 bits. */
double avif_difference(const struct pm_image *a, const struct pm_image *b);

/* Something smooth. */
struct pm_image avif_gradient(struct lent *lent, uint32_t width, uint32_t height, enum pm_color color,
                              bool alpha, unsigned depth);

#endif
