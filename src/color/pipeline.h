/*
 * Conversion of samples between any two ICC profiles for grey, RGB or CMYK, including profiles with tables:
 * a list of stages, each of which maps the channels of a pixel, as floats, to others. In the middle are XYZ
 * values of the profile connection space, relative to D50.
 *
 * The tables are the profiles' own, interpolated as in lcms2: for three channels tetrahedrally, or
 * trilinearly if they are L*a*b*; for four, linearly between two tetrahedral results. Nothing is resampled
 * to a coarser table, and floats are added and multiplied in a fixed order, without contraction: the same
 * bytes on every machine.
 *
 * Samples of 8 bits take two short cuts with the same results: the first curves are tables of 256 values,
 * and last curves that are those of a space are tables from light to the nearest sample.
 */
#ifndef COLOR_PIPELINE_H
#define COLOR_PIPELINE_H

#include "base/arena.h"
#include "base/simd.h"
#include "color/hdr.h"
#include "color/profile.h"
#include "color/space.h"

enum { PIPELINE_CHANNELS = 4 };

enum stage_kind {
    STAGE_CURVES,       /* for each channel, by linear interpolation between points; clamped to 0 to 1 */
    STAGE_MATRIX,       /* out = matrix in + offset */
    STAGE_TABLE,        /* interpolation in a grid of points; clamped to 0 to 1 */
    STAGE_CUBES,        /* of CIELAB: from f to the fraction of white, for each channel */
    STAGE_GAIN_OF_LUMA, /* out = in * curve[0] of the sum of matrix[0] in */
    STAGE_GAIN_OF_MAX,  /* out = in * curve[0] of the largest channel */
};

struct color_stage {
    enum stage_kind kind;
    unsigned in, out; /* channels */
    const float *curve[PIPELINE_CHANNELS];
    unsigned count[PIPELINE_CHANNELS]; /* number of equally spaced points, the last one repeated; 0: the
                                          points of color/curve_tables.h */
    bool precise; /* curves of equally spaced points are not rounded to 16 bits before and after */
    float matrix[PIPELINE_CHANNELS][PIPELINE_CHANNELS], offset[PIPELINE_CHANNELS];
    const uint8_t
        *sample[PIPELINE_CHANNELS];     /* tables from light to 8 bits (color/curve_tables.h), or NULL */
    unsigned points[PIPELINE_CHANNELS]; /* grid points per axis, at least 2; the last axis varies fastest */
    const float (
        *values)[PIPELINE_CHANNELS]; /* of the grid points, 0 to 65535, with zeros for absent channels */
    bool rounded;   /* what comes in is already rounded to 16 bits, by the stage before or as a sample */
    bool trilinear; /* instead of tetrahedral: three channels of L*a*b* */
};

struct pipeline {
    unsigned count;
    struct color_stage stage[24];
    unsigned begun;      /* number of stages, 0 or 1, that `first` replaces */
    float (*first)[256]; /* for each channel, from 8-bit samples */
};

enum color_intent { INTENT_PERCEPTUAL, INTENT_RELATIVE, INTENT_SATURATION, INTENT_ABSOLUTE };

/* One end of a conversion: a valid profile, a space, or HDR samples. To HDR, white becomes 203 cd/m2. */
struct color_side {
    struct profile profile; /* bytes NULL: none */
    const struct color_space *space;
    const struct color_hdr *hdr; /* instead of a space */
    unsigned channels;           /* 1: grey, 3: RGB, 4: CMYK */
};

enum pipeline_result {
    PIPELINE_MADE,
    PIPELINE_BROKEN,    /* a profile breaks the format's rules, or lacks this direction */
    PIPELINE_TOO_LARGE, /* a table has more points than any real use needs */
    PIPELINE_NO_MEMORY,
};

/* Makes the conversion; its tables are in `arena`, and it keeps no pointers to the profiles. `compensate`:
 * black point compensation (ISO 18619) for all intents except the absolute one. Perceptual and saturation
 * intents to profiles of version 4, and to spaces, always compensate, as in lcms2. */
enum pipeline_result pipeline_make(const struct color_side *from, const struct color_side *to,
                                   enum color_intent intent, bool compensate, struct arena *arena,
                                   struct pipeline *pipeline);

/* Converts `width` pixels of `depth` bits. `alpha`: both have one more channel, which is copied. CMYK: 0 is
 * no ink. `out` may be `in` if it has no more channels than `in`. */
void pipeline_row(const struct pipeline *pipeline, enum simd_level simd, unsigned depth, bool alpha,
                  const void *in, void *out, size_t width);

/* Converts one pixel with channels from 0 to 1. */
void pipeline_pixel(const struct pipeline *pipeline, const float *in, float *out);

/* Converts a colour of 8 bits from RGB to RGB, or from grey to grey: then others than grey stay as they are.
 */
void pipeline_color(const struct pipeline *pipeline, uint8_t rgb[3]);

/* For the code that reads tags: appends a stage to fill; NULL if there are too many. */
struct color_stage *pipeline_add(struct pipeline *pipeline, enum stage_kind kind, unsigned in, unsigned out);

/* Appends curves; `value` is the function that evaluates them, `one_curve`: the first is for all channels. */
enum pipeline_result pipeline_add_curves(struct pipeline *pipeline, const struct tone_curve *curve,
                                         bool one_curve, unsigned channels,
                                         double (*value)(const struct tone_curve *, double),
                                         struct arena *arena);

/* Appends a diagonal matrix of up to four factors. */
bool pipeline_add_scale(struct pipeline *pipeline, unsigned channels, const double factor[],
                        const double offset[]);

/* Appends HDR samples to XYZ of standard dynamic range (color/hdr.h). */
enum pipeline_result pipeline_add_hdr(struct pipeline *pipeline, const struct color_hdr *hdr,
                                      unsigned channels, struct arena *arena);

/* Appends the inverse, without tone mapping: XYZ's white becomes 203 cd/m2. */
enum pipeline_result pipeline_add_to_hdr(struct pipeline *pipeline, const struct color_hdr *hdr,
                                         unsigned channels, struct arena *arena);

/* Appends a matrix from linear RGB, or a grey's light, to XYZ. */
bool pipeline_add_xyz(struct pipeline *pipeline, const struct color_matrix *to_xyz, unsigned channels);

/* Appends the stages of a tag of type lut8, lut16, lutAToB or lutBToA (10.10 to 10.13): from samples to
 * XYZ, or from XYZ to samples. */
enum pipeline_result pipeline_add_tag(struct pipeline *pipeline, const struct profile *profile,
                                      const char *signature, bool to_xyz, unsigned channels,
                                      struct arena *arena);

/* Appends XYZ to L*, a*, b*, or back. */
enum pipeline_result pipeline_add_lab_of_xyz(struct pipeline *pipeline, struct arena *arena);
bool pipeline_add_xyz_of_lab(struct pipeline *pipeline);

#endif
