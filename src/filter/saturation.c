/*
 * saturation and hue: the filter functions saturate() and hue-rotate() of CSS, by the matrices of Filter
 * Effects Module Level 1, 9.6 (feColorMatrix). They work on the samples as the file holds them, not on light;
 * both keep grey as it is.
 */
#include "base/sine.h"
#include "filter/tables.h"

struct params {
    double amount; /* a factor, or degrees */
};

static const struct param saturation_rows[] = {
    {.name = "factor", .kind = PARAM_NUMBER, .offset = offsetof(struct params, amount), .min = 0, .max = 100},
    {.name = NULL},
};

static const struct param hue_rows[] = {
    {.name = "angle",
     .kind = PARAM_NUMBER,
     .offset = offsetof(struct params, amount),
     .min = -360,
     .max = 360,
     .unit = "degrees"},
    {.name = NULL},
};

/* The luma of the standard's matrices; what a pixel's colour adds to it; and that, turned by 90 degrees. */
static const double luma[3] = {0.213, 0.715, 0.072};
static const double chroma[3][3] = {
    {0.787, -0.715, -0.072}, {-0.213, 0.285, -0.072}, {-0.213, -0.715, 0.928}};
static const double turned[3][3] = {{-0.213, -0.715, 0.928}, {0.143, 0.140, -0.283}, {-0.787, 0.715, 0.072}};

/* Makes *out with the chroma times x, plus the turned one times y. */
static int map_chroma(double x, double y, const struct pm_image *in, struct pm_image *out,
                      struct context *context)
{
    double matrix[3][3];
    if (in->format.color == PM_COLOR_GRAY) {
        *out = *in;
        return 0;
    }
    for (unsigned i = 0; i < 9; i++)
        matrix[i / 3][i % 3] = luma[i % 3] + x * chroma[i / 3][i % 3] + y * turned[i / 3][i % 3];
    return matrix_map(matrix, in, out, context);
}

static int saturation_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                            struct pm_image *out, struct context *context)
{
    (void)planned;
    return map_chroma(((const struct params *)params)->amount, 0, in, out, context);
}

static int hue_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                     struct pm_image *out, struct context *context)
{
    const double angle = ((const struct params *)params)->amount;
    (void)planned;
    return map_chroma(cosine_degrees(angle), sine_degrees(angle), in, out, context);
}

const struct filter saturation_filter = {
    .name = "saturation",
    .argument = "FACTOR",
    .help =
        "multiply the distance of colours from grey, as CSS's saturate(): 0 is grey, 1 changes nothing, up "
        "to 100",
    .example = "1.3",
    .accepts = tables_accept,
    .params = saturation_rows,
    .apply = saturation_apply,
};

const struct filter hue_filter = {
    .name = "hue",
    .argument = "DEGREES",
    .help = "turn all hues by DEGREES (-360 to 360; 120 makes red green), as CSS's hue-rotate()",
    .example = "90",
    .accepts = tables_accept,
    .params = hue_rows,
    .apply = hue_apply,
};
