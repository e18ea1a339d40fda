/*
 * Filters: one step of a recipe each.
 *
 * A filter is one file that ends in one `const struct filter`, listed in filter.c's table; the command line's
 * options, --help, the recipe grammar, completion and the manual page come from that table. A step is used in
 * three moments:
 *
 * - parse: once, when the recipe is read: text to parameters by their rows (param.h), every range checked
 * here and only here;
 * - plan: before decoding, for each image: the shape that goes in becomes the shape that comes out, or a
 *   refusal (a crop outside the picture);
 * - apply: on the samples: makes the image of the planned shape.
 *
 * The picture that apply gets may be smaller than the planned input where a decoder shrank it on load (only a
 * filter with a margin is given such a picture); the shape to make is always the planned one.
 */
#ifndef FILTER_FILTER_H
#define FILTER_FILTER_H

#include "base/context.h"
#include "base/param.h"
#include "image/row_source.h"

enum { FILTER_PARAMS_MAX = 64 };

struct filter {
    const char *name;     /* the recipe's word and, with "--", the option */
    const char *argument; /* for --help: "GEOM[,kernel=NAME]"; NULL when it takes none */
    const char *help;     /* one line */
    const char *example;  /* an argument that parses to itself, for the tests and the manual; NULL when it
                             takes none */
    /* What it takes; transform converts other pictures before (image/convert.h). One that takes YCC works on
     * every plane by itself, whatever its frame. */
    const struct pm_pixel_format *accepts;
    bool resamples;   /* makes chroma of any size out of chroma of any other, of 8 bits or wide */
    bool drops_color; /* what comes out is grey */
    bool reframes; /* cuts, turns or mirrors: what metadata says of positions in the picture ends to hold */

    /* Does it exchange the picture's sides? NULL: it never does. */
    bool (*transposes)(const void *params);

    /* For a filter that maps its input by frames: how many times larger than `planned`, the picture that it
     * makes, its input must be for full quality, so that the decoder may shrink on load; 0 when it must not.
     * NULL: the filter needs every sample. */
    double (*margin)(const void *params, const struct shape *planned);

    /* The rows of its argument; its params are the struct that their fields are in, of at most
     * FILTER_PARAMS_MAX bytes. NULL when it takes none. */
    const struct param *params;
    /* What only the parameters together show. 0, or -1 with `error` filled (PM_ERROR_USAGE). NULL: nothing.
     */
    int (*check)(const void *params, struct pm_error *error);
    /* Changes *shape from what goes in to what comes out. NULL: unchanged. */
    int (*plan)(const void *params, struct shape *shape, struct pm_error *error);
    /* Bytes that apply takes meanwhile, beside its input and result, to make `out` from a picture of shape
     * `in`. NULL: next to none. */
    uint64_t (*scratch_bytes)(const void *params, const struct shape *in, const struct shape *out);
    /* For a filter that looks at its input from the top down: how many rows at a time, at most, to make `out`
     * from a picture of shape `in`; 0 when it wants the whole picture. NULL: it always does. */
    uint32_t (*window)(const void *params, const struct shape *in, const struct shape *out);
    /* As apply, from rows that are made as they are wanted; `in` is without planes. */
    int (*apply_rows)(const void *params, const struct pm_image *in, struct row_source *rows,
                      const struct shape *planned, struct pm_image *out, struct context *context,
                      struct pm_error *error);
    /* Makes *out, of shape `planned`, from `in`; samples from the context's arena. Metadata and orientation
     * are carried over by transform. *out may share samples with `in` (a crop does). */
    int (*apply)(const void *params, const struct pm_image *in, const struct shape *planned,
                 struct pm_image *out, struct context *context, struct pm_error *error);
};

/* Rows of accepts[]: grey and RGB of 8 and 16 bits with such alpha; the same premultiplied; YCC planes
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

/* All that moves samples and mixes none; all that mixes them, which premultiplied alpha is for; and both. */
extern const struct pm_pixel_format filter_accepts_straight[], filter_accepts_premultiplied[],
    filter_accepts_any[];

/* The filters in the order of --help, ending in NULL. */
extern const struct filter *const filters[];

/* Fills params[FILTER_PARAMS_MAX] from an argument, NULL for a filter that takes none, and checks them. 0, or
 * -1 with `error` filled (PM_ERROR_USAGE). */
int filter_parse(const struct filter *filter, const char *argument, void *params, struct pm_error *error);

/* The canonical argument, "" for a filter that takes none, into text[size]. */
void filter_print(const struct filter *filter, const void *params, char *text, size_t size);

/* The filter of that name, or NULL. */
const struct filter *filter_find(const char *name);

#endif
