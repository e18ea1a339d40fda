/*
 * Filters. Each is a kind of recipe step.
 *
 * A filter is one file that ends in one `const struct filter`, listed in filter.c's table; the command line's
 * options, --help, the recipe grammar, completion and the manual page come from that table. A step has three
 * phases:
 *
 * - parse: once, when the recipe is read: text to parameters by their rows (param.h); all ranges are checked
 *   here and only here;
 * - plan: for each image, before decoding: computes the output shape from the input shape, or fails (a crop
 *   outside the image);
 * - apply: computes the image of the planned shape.
 *
 * A filter whose result's size depends on the pixels (trim) plans an upper bound, and measures before apply.
 *
 * apply's input may be smaller than planned if the decoder shrank it on load (only for filters with a
 * margin); the output shape is always the planned one.
 */
#ifndef FILTER_FILTER_H
#define FILTER_FILTER_H

#include "base/context.h"
#include "base/param.h"
#include "image/row_source.h"
#include "pixmill/transform.h"

enum { FILTER_PARAMS_MAX = 64, FILTER_DIGEST_BYTES = 16 };

/* A second picture: grey or RGB of 8 or 16 bits, without alpha or with straight alpha, one full plane. Or an
 * ICC profile that a recipe names. */
struct filter_picture {
    const struct pm_image *image; /* NULL: a profile */
    struct pm_blob profile;
    uint8_t digest[FILTER_DIGEST_BYTES]; /* of its file */
};

/* What a step can use of its recipe, in addition to its parameters. */
struct filter_lent {
    const uint8_t *background;            /* the recipe's: R, G, B */
    const struct filter_picture *picture; /* which the step names; NULL: it names none */
    enum pm_exif_color exif;              /* what the file's EXIF says of the samples' colours */
};

struct pipeline;

struct filter {
    const char *name;     /* the recipe's word and, with "--", the option */
    const char *argument; /* for --help: "GEOM[,kernel=NAME]"; NULL if it takes none */
    const char *omitted;  /* the argument that "name" alone means; NULL: it must be given */
    const char *help;     /* one line */
    const char *example;  /* a canonical argument, for tests and manual; NULL if it takes none */
    /* Accepted formats; transform converts other images first (image/convert.h). A filter that accepts YCC
     * processes each plane separately, with any frame. */
    const struct pm_pixel_format *accepts;
    /* In place of `accepts`, for a filter whose parameters decide. NULL: accepts. */
    const struct pm_pixel_format *(*accepts_for)(const void *params);
    bool picture;     /* its argument begins with the name of a second picture, which the recipe keeps: its
                         first row prints "" */
    bool resamples;   /* can change chroma sampling, for 8 bits or wide samples */
    bool drops_color; /* the result is grey; colours of an ICC profile become sRGB before the step */
    bool paints;      /* draws its own colours, in sRGB: colours must be converted before it */
    bool reframes;    /* crops, rotates or mirrors: positions in the metadata become invalid */

    /* Does it make a part of the picture unrecognisable, of which nothing may be left in the result's
     * metadata? NULL: never. */
    bool (*conceals)(const void *params);

    /* Do the pixels decide which part of the picture the result is, so that another picture of the same scene
     * would get another? NULL: never. */
    bool (*follows_pixels)(const void *params);

    /* Does it swap width and height? NULL: never. */
    bool (*transposes)(const void *params);
    /* For a filter that only rotates by multiples of 90 degrees or mirrors: the EXIF orientation that needs
     * this turn (image/orientation.h); 0: with these parameters it does more. NULL: it does more. */
    unsigned (*turn)(const void *params);

    /* For a filter that maps its input by frames: min size of its input relative to its result `planned` for
     * full quality, so that the decoder may shrink on load; 0: it must not shrink. NULL: the filter needs
     * every sample. */
    double (*margin)(const void *params, const struct shape *planned);

    /* The rows of its argument; they describe its params struct, of at most FILTER_PARAMS_MAX bytes. NULL if
     * it takes none. */
    const struct param *params;
    /* Checks combinations of parameters. Returns 0, or -1 with `error` filled (PM_ERROR_USAGE). NULL:
     * none. */
    int (*check)(const void *params, struct pm_error *error);
    /* Completes `params`, a copy for one image, from the recipe. It runs before all functions below, which
     * get the copy. NULL: nothing to complete. */
    void (*complete)(void *params, const struct filter_lent *lent);
    /* Converts the colours in completed params from sRGB to those of the picture, by a pipeline that stays
     * valid until the step is done; only for pictures that have others than sRGB's, grey or RGB as the
     * pipeline's channels. NULL: it has no colours, or `paints` only to be in sRGB. */
    void (*paint)(void *params, const struct pipeline *paint);
    /* Changes *shape from the input's to the output's. NULL: unchanged. If the size depends on the pixels,
     * sets upper bounds and `at_most`. If the input's size is an upper bound, so is the output's, unless it
     * does not depend on the input's: then clears `at_most`. */
    int (*plan)(const void *params, struct shape *shape, struct pm_error *error);
    /* Replaces plan once the pixels are available: `in` may have been shrunk by its decoder; *shape is its
     * full size. May store results for apply in `params`. All frames of an animation get what it finds in the
     * first, or, if it `joins`, in all of them: then it adds to what `params` have of earlier frames. NULL:
     * use plan. */
    int (*measure)(void *params, const struct pm_image *in, struct shape *shape, struct context *context);
    bool joins;
    /* Temporary memory, in bytes, that apply needs in addition to input and result, to make `out` from shape
     * `in`. NULL: negligible. */
    uint64_t (*scratch_bytes)(const void *params, const struct shape *in, const struct shape *out);
    /* For a filter that reads its input from the top down: max rows it needs at once to make `out` from shape
     * `in`; 0: the whole image. NULL: always the whole image. */
    uint32_t (*window)(const void *params, const struct shape *in, const struct shape *out);
    /* As apply, from rows made on demand; `in` has no planes. */
    int (*apply_rows)(const void *params, const struct pm_image *in, struct row_source *rows,
                      const struct shape *planned, struct pm_image *out, struct context *context);
    /* Does apply_rows of a mirrored or transposed picture give the mirrored or transposed result, but for
     * rounding? Then the EXIF orientation may be applied after it, to fewer pixels. NULL: no. */
    bool (*commutes)(const void *params);
    /* Makes *out, of shape `planned`, from `in`; samples from the context's arena. Metadata and orientation
     * are carried over by transform. *out may share samples with `in` (a crop does). */
    int (*apply)(const void *params, const struct pm_image *in, const struct shape *planned,
                 struct pm_image *out, struct context *context);
};

/* Rows for accepts[]: grey and RGB of 8 and 16 bits with the given alpha; the same premultiplied; YCC planes
 * without alpha, of 8 bits and wide. */
#define FILTER_INTERLEAVED(transparency)                                                                     \
    PIXELS(PM_COLOR_GRAY, transparency, 8), PIXELS(PM_COLOR_GRAY, transparency, 16),                         \
        PIXELS(PM_COLOR_RGB, transparency, 8), PIXELS(PM_COLOR_RGB, transparency, 16)
#define FILTER_PREMULTIPLIED                                                                                 \
    {.color = PM_COLOR_GRAY, .alpha = PM_ALPHA_PREMULTIPLIED, .depth = 16, .bits = 8},                       \
        {.color = PM_COLOR_GRAY, .alpha = PM_ALPHA_PREMULTIPLIED, .depth = 16, .bits = 16},                  \
        {.color = PM_COLOR_RGB, .alpha = PM_ALPHA_PREMULTIPLIED, .depth = 16, .bits = 8},                    \
    {                                                                                                        \
        .color = PM_COLOR_RGB, .alpha = PM_ALPHA_PREMULTIPLIED, .depth = 16, .bits = 16                      \
    }
#define FILTER_PLANES(limited)                                                                               \
    {.color = PM_COLOR_YCC, .depth = 8, .bits = 8, .limited_range = (limited)},                              \
    {                                                                                                        \
        .color = PM_COLOR_YCC, .depth = 16, .bits = 8, .limited_range = (limited)                            \
    }

/* For filters that move samples without mixing them; for those that mix them (premultiplied alpha); for both;
 * and for sums of light: no planes of YCC. (Amounts of ink are nearly linear in light: CMYK is summed as it
 * is.) */
extern const struct pm_pixel_format filter_accepts_straight[], filter_accepts_premultiplied[],
    filter_accepts_any[], filter_accepts_light[];

/* The formats that a step accepts; `params` need not be completed. */
const struct pm_pixel_format *filter_accepts(const struct filter *filter, const void *params);

/* Does the step draw colours of its own? A mere turn draws none. */
bool filter_paints(const struct filter *filter, const void *params);

/* The filters in the order of --help, ending in NULL. */
extern const struct filter *const filters[];

/* Parses and checks an argument (NULL for a filter that takes none) into params[FILTER_PARAMS_MAX]. Returns
 * 0, or -1 with `error` filled (PM_ERROR_USAGE). */
int filter_parse(const struct filter *filter, const char *argument, void *params, struct pm_error *error);

/* Prints the canonical argument, "" for a filter that takes none, into text[size]. */
void filter_print(const struct filter *filter, const void *params, char *text, size_t size);

/* Makes the copy of parsed params[FILTER_PARAMS_MAX] for one image: completed[FILTER_PARAMS_MAX]. */
void filter_complete(const struct filter *filter, const void *params, const struct filter_lent *lent,
                     void *completed);

/* Changes *shape from that of the image `in` (its full size) to the result's, with completed params. Returns
 * 0, or -1 with `error` filled. */
int filter_measure(const struct filter *filter, void *completed, const struct pm_image *in,
                   struct shape *shape, struct context *context);

/* The filter of that name, or NULL. */
const struct filter *filter_find(const char *name);

#endif
