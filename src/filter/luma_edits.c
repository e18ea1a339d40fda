/*
 * threshold and tint: each pixel by its luma, BT.601 of the samples as gray makes it. For threshold, too,
 * colours of an ICC profile become sRGB first.
 *
 * tint is sharp's: a grey of lightness L (CIE L*a*b*, white point D65) gets the colour's a and b, weighted by
 * 1 - 4 (L - 1/2)^2, so that black and white stay and middle grey has most of it. Its colour is sRGB. In a
 * picture of other colours, greys are taken as sRGB's of the same light, and results are converted.
 */
#include <math.h>

#include "color/css_color.h"
#include "color/lab.h"
#include "color/pipeline.h"
#include "filter/tables.h"

struct threshold_params {
    double level; /* in steps of 8 bits */
};

static const struct param threshold_rows[] = {
    {.name = "level",
     .kind = PARAM_NUMBER,
     .offset = offsetof(struct threshold_params, level),
     .min = 0,
     .max = 255},
    {.name = NULL},
};

static int threshold_plan(const void *params, struct shape *shape, struct pm_error *error)
{
    (void)params, (void)error;
    shape->format.color = PM_COLOR_GRAY;
    return 0;
}

/* Compares numbers of steps: whole steps of 8 bits are exact. */
static double black_or_white(double sample, const void *params)
{
    const double level = ((const struct threshold_params *)params)->level, step = sample * UINT16_MAX;
    return floor(step + 0.5) >= level * 257;
}

static int threshold_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                           struct pm_image *out, struct context *context)
{
    (void)planned;
    const void *table = table_make(in->format.depth, black_or_white, params, context);
    return table != NULL ? table_map_luma((const void *const[3]){table, table, table}, true, in, out, context)
                         : -1;
}

const struct filter threshold_filter = {
    .name = "threshold",
    .argument = "LEVEL",
    .omitted = "128",
    .help =
        "black and white: pixels whose luma is LEVEL (0 to 255) or more become white, others black; alpha "
        "is kept",
    .example = "100",
    .accepts = tables_accept,
    .drops_color = true,
    .params = threshold_rows,
    .plan = threshold_plan,
    .apply = threshold_apply,
};

struct tint_params {
    struct css_color color;
    const struct pipeline *paint; /* completed for one image: from sRGB to its colours; NULL: it has those */
};

static int parse_color(const char *text, size_t length, void *field, struct pm_error *error)
{
    struct css_color *color = field;
    if (css_color_parse(text, length, "the color of tint", color, error) != 0)
        return -1;
    color->rgba[3] = UINT8_MAX; /* only the hue counts */
    return 0;
}

static void print_color(const void *field, char *text, size_t size)
{
    css_color_print(field, text, size);
}

static const struct param tint_rows[] = {
    {.name = "color",
     .kind = PARAM_OWN,
     .offset = offsetof(struct tint_params, color),
     .parse = parse_color,
     .print = print_color},
    {.name = NULL},
};

static int tint_plan(const void *params, struct shape *shape, struct pm_error *error)
{
    (void)params, (void)error;
    shape->format.color = PM_COLOR_RGB;
    return 0;
}

/* sRGB's light to X, Y and Z with white (1, 1, 1), by rows; and back. */
static const double to_xyz[3][3] = {{0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047},
                                    {0.2126729, 0.7151522, 0.0721750},
                                    {0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883}};
static const double to_rgb[3][3] = {{3.2404542 * 0.95047, -1.5371385, -0.4985314 * 1.08883},
                                    {-0.9692660 * 0.95047, 1.8760108, 0.0415560 * 1.08883},
                                    {0.0556434 * 0.95047, -0.2040259, 1.0572252 * 1.08883}};

static double times(const double row[3], const double v[3])
{
    return row[0] * v[0] + row[1] * v[1] + row[2] * v[2];
}

/* a / 500 and b / 200: differences of f. */
struct tint {
    double a, b;
    const uint16_t *painted; /* R, G and B for each luma of the picture; NULL: it is sRGB */
    unsigned samples;        /* number of lumas */
    unsigned channel;        /* of the table: 0 red, 1 green, 2 blue */
};

static struct tint tint_of(const struct css_color *color)
{
    double light[3], f[3];
    for (unsigned c = 0; c < 3; c++)
        light[c] = srgb_light(color->rgba[c] / 255.0);
    for (unsigned c = 0; c < 3; c++)
        f[c] = lab_f(times(to_xyz[c], light));
    return (struct tint){.a = f[0] - f[1], .b = f[1] - f[2]};
}

/* Of a grey of sRGB. */
static void tint_gray(const struct tint *tint, double sample, double rgb[3])
{
    const double f = lab_f(srgb_light(sample)), lightness = 1.16 * f - 0.16;
    const double weight = 1 - 4 * (lightness - 0.5) * (lightness - 0.5);
    const double xyz[3] = {lab_fraction(f + weight * tint->a), lab_fraction(f),
                           lab_fraction(f - weight * tint->b)};
    for (int c = 0; c < 3; c++)
        rgb[c] = srgb_sample(times(to_rgb[c], xyz));
}

static double tinted(double sample, const void *argument)
{
    const struct tint *tint = argument;
    double rgb[3];
    if (tint->painted != NULL)
        return tint->painted[3 * (size_t)(sample * (tint->samples - 1) + 0.5) + tint->channel] /
               (double)UINT16_MAX;
    tint_gray(tint, sample, rgb);
    return rgb[tint->channel];
}

enum { GRAYS = UINT16_MAX + 1 };

static uint16_t word_of(double sample)
{
    return (uint16_t)((sample > 0 ? sample < 1 ? sample : 1 : 0) * UINT16_MAX + 0.5);
}

/* Sets srgb[v] to the grey of sRGB whose luma in the picture's colours is the sample v: the inverse of
 * `luma`, which has that luma for every grey of sRGB. */
static void invert(const uint16_t luma[GRAYS], uint16_t *srgb, unsigned samples)
{
    unsigned gray = 0;
    for (unsigned v = 0; v < samples; v++) {
        const unsigned want = samples == GRAYS ? v : v * 257;
        while (gray < GRAYS - 1 && luma[gray] < want)
            gray++;
        srgb[v] = (uint16_t)gray;
    }
}

/* Fills tint->painted. Greys brighter than white (HDR) have no colour. Returns 0, or -1 with `error` filled.
 */
static int paint_tints(struct tint *tint, const struct pipeline *paint, const struct pm_image *in,
                       struct context *context)
{
    const unsigned channels = in->format.color == PM_COLOR_GRAY ? 1 : 3;
    const unsigned samples = in->format.depth == 8 ? 256 : GRAYS;
    uint16_t *grays = context_alloc(context, (size_t)GRAYS * channels * sizeof *grays),
             *srgb = context_alloc(context, samples * sizeof *srgb),
             *painted = context_alloc(context, (size_t)samples * 3 * sizeof *painted);
    if (grays == NULL || srgb == NULL || painted == NULL)
        return -1;
    for (size_t i = 0; i < (size_t)GRAYS * channels; i++)
        grays[i] = (uint16_t)(i / channels);
    pipeline_row(paint, context->simd, 16, false, grays, grays, GRAYS);
    for (size_t i = 0; channels == 3 && i < GRAYS; i++) /* greys of one space are nearly those of another */
        grays[i] = grays[3 * i + 1];
    const unsigned white = grays[GRAYS - 1], step = samples == GRAYS ? 1 : 257;
    invert(grays, srgb, samples);
    for (unsigned v = 0; v < samples; v++) {
        double rgb[3];
        tint_gray(tint, srgb[v] / (double)UINT16_MAX, rgb);
        for (int c = 0; c < 3; c++)
            painted[3 * v + c] = word_of(rgb[c]);
    }
    /* A grey's profile does not fit the result, which is sRGB without it; another curve stays, for each of
     * the result's channels. */
    if (channels == 3)
        pipeline_row(paint, context->simd, 16, false, painted, painted, samples);
    else if (in->meta.icc.data == NULL)
        pipeline_row(paint, context->simd, 16, false, painted, painted, (size_t)3 * samples);
    for (unsigned v = white / step + 1; v < samples; v++) {
        for (int c = 0; c < 3; c++)
            painted[3 * v + c] = (uint16_t)(v * step);
    }
    tint->painted = painted;
    tint->samples = samples;
    return 0;
}

static void tint_paint(void *params, const struct pipeline *paint)
{
    ((struct tint_params *)params)->paint = paint;
}

static void tint_complete(void *params, const struct filter_lent *lent)
{
    (void)lent;
    ((struct tint_params *)params)->paint = NULL;
}

static int tint_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                      struct pm_image *out, struct context *context)
{
    const struct tint_params *p = params;
    struct tint tint = tint_of(&p->color);
    const void *tables[3];
    (void)planned;
    if (p->paint != NULL && paint_tints(&tint, p->paint, in, context) != 0)
        return -1;
    for (tint.channel = 0; tint.channel < 3; tint.channel++) {
        tables[tint.channel] = table_make(in->format.depth, tinted, &tint, context);
        if (tables[tint.channel] == NULL)
            return -1;
    }
    return table_map_luma(tables, false, in, out, context);
}

const struct filter tint_filter = {
    .name = "tint",
    .argument = "COLOR",
    .help = "grey with the hue of COLOR (#rrggbb or a CSS name), strongest in middle tones; black and white "
            "stay, lightness too; as sharp's tint",
    .example = "704214",
    .accepts = tables_accept,
    .paints = true,
    .params = tint_rows,
    .complete = tint_complete,
    .paint = tint_paint,
    .plan = tint_plan,
    .apply = tint_apply,
};
