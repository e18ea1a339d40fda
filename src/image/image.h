/*
 * Making and measuring images; pixmill/image.h says what an image is.
 *
 * A `shape` is an image without its samples: what a recipe's steps need to know to say what they will make.
 * Plans work on shapes before anything is decoded; filters then make images to the shape they were given.
 */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include "base/context.h"
#include "pixmill/image.h"

struct shape {
    uint32_t width, height; /* of the picture, in pixels, at least 1 */
    struct pm_pixel_format format;
};

/* Pixel formats, as initializers: one plane of interleaved samples, and planes of a JPEG's YCbCr. */
#define PIXELS(model, transparency, bits_a_sample)                                                           \
    {                                                                                                        \
        .color = (model), .alpha = (transparency), .depth = (bits_a_sample), .bits = (bits_a_sample),        \
        .sampling_x = 1, .sampling_y = 1                                                                     \
    }
#define PIXELS_YCC(pixels_x, pixels_y)                                                                       \
    {                                                                                                        \
        .color = PM_COLOR_YCC, .depth = 8, .bits = 8, .sampling_x = (pixels_x), .sampling_y = (pixels_y),    \
        .matrix = PM_MATRIX_BT601                                                                            \
    }

/* Are they the same in everything? */
bool pixels_equal(const struct pm_pixel_format *a, const struct pm_pixel_format *b);

/* The same format but for one thing. */
struct pm_pixel_format pixels_with_alpha(struct pm_pixel_format format, enum pm_alpha alpha);
struct pm_pixel_format pixels_with_depth(struct pm_pixel_format format, unsigned depth);

/* Has it YCC's wide samples? */
bool pixels_wide(const struct pm_pixel_format *format);

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

/* Works out one row: `width` pixels from `in` to `out`. */
typedef void row_function(const void *in, void *out, uint32_t width, const void *argument);

/* Calls `row` for every row of two planes of equal size, in bands. Returns 0, or -1 with `error` filled. */
int plane_map_rows(const struct pm_plane *in, const struct pm_plane *out, row_function *row,
                   const void *argument, struct context *context, struct pm_error *error);

/*
 * Conversions. Each takes its picture from `in`, carries orientation and metadata over, and makes *out, which
 * may be *in itself; samples come from the context's arena. All are exact integer arithmetic, rounded to the
 * nearest. They return 0, or -1 with `error` filled.
 */

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

/* The whole picture read so. Images without straight alpha pass through unchanged. *out may share samples
 * with `in`. */
int image_premultiply(const struct pm_image *in, struct pm_image *out, struct context *context,
                      struct pm_error *error);

/* The way back, to `depth` bits. Colour under an alpha of 0 in the result becomes 0; colour above alpha,
 * which a filter's overshoot leaves, becomes the brightest. An image that is not premultiplied is only
 * brought to `depth`, which must not be more than its own. */
int image_unpremultiply(const struct pm_image *in, unsigned depth, struct pm_image *out,
                        struct context *context, struct pm_error *error);

/* Wide samples: a YCC plane of 16 bits holds (v + 256) * 64, rounded, for the value v of an 8-bit sample.
 * RGB that is made of them is rounded once; and what a kernel's overshoot leaves below 0 or above 255 is kept
 * for it, since Cb of more than 255 may still belong to a colour within RGB. A filter need not know: its
 * weights add up to 1, so it makes wide samples of wide ones. */
enum { WIDE_BITS = 6, WIDE_ZERO = 256 << WIDE_BITS };

/* Three YCC planes of equal, full size, 8 bits or wide, to one 8-bit RGB plane (JFIF equations in integers;
 * from 8 bits they are libjpeg's). */
int image_ycc_to_rgb(const struct pm_image *in, struct pm_image *out, struct context *context,
                     struct pm_error *error);

/* Three wide YCC planes of equal, full size to 8 bits. A colour outside RGB becomes what clamped RGB is; each
 * plane clamped by itself would be further off. */
int image_ycc_to_8bit(const struct pm_image *in, struct pm_image *out, struct context *context,
                      struct pm_error *error);

/* 8-bit CMYK to RGB without a profile: r = (255 - c) * (255 - k) / 255, rounded. */
int image_cmyk_to_rgb(const struct pm_image *in, struct pm_image *out, struct context *context,
                      struct pm_error *error);

/* Grey or RGB to grey, by BT.601 luma; alpha is kept. */
int image_to_gray(const struct pm_image *in, struct pm_image *out, struct context *context,
                  struct pm_error *error);

/* Grey to RGB; alpha is kept. */
int image_gray_to_rgb(const struct pm_image *in, struct pm_image *out, struct context *context,
                      struct pm_error *error);

/* An opaque alpha for a grey or RGB picture that has none. */
int image_add_alpha(const struct pm_image *in, struct pm_image *out, struct context *context,
                    struct pm_error *error);

/* Lays a picture with straight alpha over a background of 8-bit r, g, b and drops the alpha (grey uses the
 * background's BT.601 luma). */
int image_flatten(const struct pm_image *in, const uint8_t background[3], struct pm_image *out,
                  struct context *context, struct pm_error *error);

/* 16-bit samples to 8 bits: (v * 255 + 32895) >> 16, the rounded v / 257. An 8-bit image passes through. */
int image_to_8bit(const struct pm_image *in, struct pm_image *out, struct context *context,
                  struct pm_error *error);

#endif
