/*
 * Making and measuring images; pixmill/image.h says what an image is.
 *
 * A `shape` is an image without its samples: what a recipe's steps need to know to say what they will make.
 * Plans work on shapes before anything is decoded; filters then make images to the shape they were given.
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include "base/context.h"
#include "image/pixels.h"

struct shape {
    uint32_t width, height; /* of the picture, in pixels, at least 1 */
    struct pm_pixel_format format;
};

/* What the metadata of a result must say of it, whatever it said of the file's picture. */
struct picture_facts {
    uint32_t width, height;
    unsigned orientation; /* EXIF, 1 to 8 */
    const char *mime;     /* of the result's format */
    bool transposed;      /* the two sides changed places: so do resolutions along them */
    bool moved;           /* pixels are elsewhere than in the file: positions in pixels hold no longer */
    bool reframed;        /* cut, turned or mirrored: nor do positions in parts of the whole */
};

/* Bytes that the samples of one picture of this shape take, all planes at full size. */
uint64_t shape_bytes(const struct shape *shape);

struct shape image_shape(const struct pm_image *image);

/* The plane, but for its memory, that a picture of this size has as plane i, where YCC is sampled so. */
struct pm_plane plane_planned(const struct shape *planned, unsigned i);

/* Brings the sampling that the picture's format states up to date with the frames of its planes. */
void image_set_sampling(struct pm_image *image);

/* Sets up `plane` (memory from the context's arena, rows 64-byte aligned, not cleared) with a full frame.
 * Returns 0, or -1 with `error` filled (memory). */
int plane_alloc(struct pm_plane *plane, uint32_t width, uint32_t height, unsigned channels, unsigned depth,
                struct context *context, struct pm_error *error);

/* Sets up plane i of a picture of shape `planned`, YCC planes and their sampling included, with samples of
 * `depth` bits. */
int plane_alloc_planned(struct pm_plane *plane, unsigned i, const struct shape *planned, unsigned channels,
                        unsigned depth, struct context *context, struct pm_error *error);

/* Sets up *image as an interleaved image of `shape` (never YCC): one plane from the context's arena,
 * orientation 1, no metadata. Returns 0, or -1 with `error` filled (memory, or over the context's max_pixels
 * or max_bytes). */
int image_alloc(struct pm_image *image, const struct shape *shape, struct context *context,
                struct pm_error *error);

/* Sets up *out as an interleaved image (never YCC) whose plane has the size and frame of in's first, with
 * in's orientation and metadata, but of the given format; samples are not cleared. *out may be *in. Returns
 * 0, or -1 with `error` filled. */
int image_alloc_like(struct pm_image *out, const struct pm_image *in, struct pm_pixel_format format,
                     struct context *context, struct pm_error *error);

/* What a filter keeps for every row or column, its weights, stays small beside a picture of ordinary shape;
 * of one pixel's width and a quarter of a milliard's height it would take gigabytes. libpng's own limit. */
enum { IMAGE_SIDE_MAX = 1000000 };

/* Refuses a picture of a side over IMAGE_SIDE_MAX or of more than max_pixels (0: any number). Returns 0, or
 * -1 with `error` filled (PM_ERROR_LIMIT). */
int image_check_size(uint32_t width, uint32_t height, uint64_t max_pixels, struct pm_error *error);

/* Row y of a plane. */
static inline uint8_t *plane_row(const struct pm_plane *plane, uint32_t y)
{
    return plane->data + (size_t)y * plane->stride;
}

/* Does the picture fill the plane exactly? */
bool plane_is_full(const struct pm_plane *plane);

/* Have they the same size and the same frame? */
bool plane_same_frame(const struct pm_plane *a, const struct pm_plane *b);

/* Works out one row: `width` pixels from `in` to `out`. */
typedef void row_function(const void *in, void *out, uint32_t width, const void *argument);

/* Calls `row` for every row of two planes of equal size, in bands. Returns 0, or -1 with `error` filled. */
int plane_map_rows(const struct pm_plane *in, const struct pm_plane *out, row_function *row,
                   const void *argument, struct context *context, struct pm_error *error);

/* How a picture with straight alpha is read by sums of its samples: colour multiplied by alpha, in 16 bits so
 * that none is lost (v * a * 257 / 255, rounded, from 8 bits); or, where alpha is opaque everywhere, without
 * the alpha channel, for it says nothing, and in as many bits as it has. */
struct alpha_reading {
    const struct alpha_rows *rows; /* image/rows.h */
    unsigned channels, depth;      /* of the picture with straight alpha */
    bool opaque;
};

/* Sets up *reading for `in`, which has straight alpha, by looking at all of it. 0, or -1 with `error` filled.
 */
int alpha_reading_init(struct alpha_reading *reading, const struct pm_image *in, struct context *context,
                       struct pm_error *error);

/* The same for a picture that nobody has looked at yet, of `channels` and `depth`: opaque as is supposed. */
void alpha_reading_suppose(struct alpha_reading *reading, unsigned channels, unsigned depth, bool opaque,
                           const struct context *context);

/* False when the reading takes these `width` pixels for opaque and they are not. */
bool alpha_reading_holds(const struct alpha_reading *reading, const void *row, uint32_t width);

/* Reads `width` pixels; `out` gets the format that the reading makes of `straight`, the picture's. */
void alpha_read_row(const struct alpha_reading *reading, const void *in, void *out, uint32_t width);
struct pm_pixel_format alpha_reading_format(const struct alpha_reading *reading,
                                            struct pm_pixel_format straight);

#endif
