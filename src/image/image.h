/*
 * Allocating and measuring images; pixmill/image.h defines an image.
 *
 * A `shape` is an image without samples: what a recipe step needs to compute the shape of its result. Plans
 * work on shapes before anything is decoded; filters then make images of the planned shape.
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include "base/context.h"
#include "image/pixels.h"

struct shape {
    uint32_t width, height; /* of the image, in pixels, at least 1 */
    struct pm_pixel_format format;
    bool at_most; /* of a plan: pixels decide the size (after trim); width and height are upper bounds */
};

/* With width and height exchanged. */
static inline struct shape shape_transposed(struct shape shape)
{
    const uint32_t width = shape.width;
    shape.width = shape.height;
    shape.height = width;
    return shape;
}

/* What the result's colours are, as far as metadata can say it. */
enum facts_colors { FACTS_COLORS_KEPT, FACTS_COLORS_SRGB, FACTS_COLORS_OTHER };

/* Properties of the result to which its metadata is updated. */
struct picture_facts {
    uint32_t width, height;
    unsigned orientation; /* EXIF, 1 to 8 */
    const char *mime;     /* of the result's format */
    bool transposed;      /* width and height were swapped, and with them the resolutions */
    bool moved;           /* pixels moved: pixel positions in the metadata are no longer valid */
    bool reframed; /* cropped, rotated or mirrored: relative positions are no longer valid either; or a part
                      was hidden: they may say what it showed */
    enum facts_colors colors;
};

/* Bytes of the samples of an image of this shape, all planes at full size, rows as plane_alloc aligns them.
 */
uint64_t shape_bytes(const struct shape *shape);

struct shape image_shape(const struct pm_image *image);

/* Plane i of an image of this shape (with its YCC sampling), without memory. */
struct pm_plane plane_planned(const struct shape *planned, unsigned i);

/* Updates the sampling in the image's format from the frames of its planes. */
void image_set_sampling(struct pm_image *image);

/* Sets up `plane` (memory from the context's arena, rows 64-byte aligned, not cleared) with a full frame.
 * Returns 0, or -1 with `error` filled (memory). */
int plane_alloc(struct pm_plane *plane, uint32_t width, uint32_t height, unsigned channels, unsigned depth,
                struct context *context);

/* Sets up plane i of a picture of shape `planned`, YCC planes and their sampling included, with samples of
 * `depth` bits. */
int plane_alloc_planned(struct pm_plane *plane, unsigned i, const struct shape *planned, unsigned channels,
                        unsigned depth, struct context *context);

/* Sets up *image as an interleaved image of `shape` (never YCC): one plane from the context's arena,
 * orientation 1, no metadata. Returns 0, or -1 with `error` filled (memory, or over the context's max_pixels
 * or max_bytes). */
int image_alloc(struct pm_image *image, const struct shape *shape, struct context *context);

/* Sets up *out as an interleaved image (never YCC) whose plane has the size and frame of in's first, with
 * in's orientation and metadata, but of the given format; samples are not cleared. *out may be *in. Returns
 * 0, or -1 with `error` filled. */
int image_alloc_like(struct pm_image *out, const struct pm_image *in, struct pm_pixel_format format,
                     struct context *context);

/* A filter's weights take memory per row and column: a 1 x 250 000 000 image would need gigabytes of weights.
 * Same limit as libpng's. */
enum { IMAGE_SIDE_MAX = 1000000 };

/* Checks that no side is over IMAGE_SIDE_MAX and that there are at most max_pixels pixels (0: no limit).
 * Returns 0, or -1 with `error` filled (PM_ERROR_LIMIT). */
int image_check_size(uint32_t width, uint32_t height, uint64_t max_pixels, struct pm_error *error);

/* Row y of a plane. */
static inline uint8_t *plane_row(const struct pm_plane *plane, uint32_t y)
{
    return plane->data + (size_t)y * plane->stride;
}

/* Does the image fill the plane exactly? */
bool plane_is_full(const struct pm_plane *plane);

/* Do they have the same size and frame? */
bool plane_same_frame(const struct pm_plane *a, const struct pm_plane *b);

/* Computes one row: `width` pixels from `in` to `out`. */
typedef void row_function(const void *in, void *out, uint32_t width, const void *argument);

/* Calls `row` for every row of two planes of equal size, in bands. Returns 0, or -1 with `error` filled. */
int plane_map_rows(const struct pm_plane *in, const struct pm_plane *out, row_function *row,
                   const void *argument, struct context *context);

/* How a filter reads an image with straight alpha: premultiplied, in 16 bits to lose no precision (v * a *
 * 257 / 255, rounded, from 8 bits); or, if it is opaque everywhere, without the alpha channel and at its own
 * depth. With `light`, of any image: as light, premultiplied, in floats (color/light.h). */
struct alpha_reading {
    const struct alpha_rows *rows; /* image/rows.h */
    const struct light *light;     /* NULL: samples are read as they are */
    enum simd_level simd;
    unsigned channels, depth; /* of the image with straight alpha */
    bool opaque;              /* alpha is left out; false where there is none */
};

/* Sets up *reading for `in` (straight alpha) by scanning all of it. Returns 0, or -1 with `error` filled. */
int alpha_reading_init(struct alpha_reading *reading, const struct pm_image *in, struct context *context);

/* The same for an image not scanned yet, with the assumption `opaque`; check it with alpha_reading_holds. */
void alpha_reading_suppose(struct alpha_reading *reading, unsigned channels, unsigned depth, bool opaque,
                           const struct context *context);

/* False if the reading assumes opaque and these `width` pixels are not. */
bool alpha_reading_holds(const struct alpha_reading *reading, const void *row, uint32_t width);

/* Reads `width` pixels from `in` to `out`, in the reading's format. */
void alpha_read_row(const struct alpha_reading *reading, const void *in, void *out, uint32_t width);

/* Of the image read; light ends as samples like those it came from. */
struct pm_pixel_format alpha_reading_format(const struct alpha_reading *reading,
                                            struct pm_pixel_format straight);

#endif
