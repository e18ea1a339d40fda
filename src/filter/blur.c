/*
 * blur: Gaussian smoothing. Sigma is in pixels of the step's input; beyond the edges the image is mirrored (c
 * b a | a b c), so that flat areas stay flat and edges do not darken. With `linear` the sums are of light, by
 * the transfer curve that the image itself has when the step begins.
 */
#include "color/light.h"
#include "filter/filter.h"
#include "filter/gaussian.h"

struct params {
    double sigma; /* pixels */
    bool linear;
    enum pm_exif_color exif; /* lent */
};
_Static_assert(sizeof(struct params) <= FILTER_PARAMS_MAX, "params must fit a recipe's step");

static const struct param rows[] = {
    {.name = "sigma",
     .kind = PARAM_NUMBER,
     .offset = offsetof(struct params, sigma),
     .min = GAUSSIAN_SIGMA_MIN,
     .max = GAUSSIAN_SIGMA_MAX,
     .unit = "pixels"},
    {.name = "linear", .kind = PARAM_FLAG, .offset = offsetof(struct params, linear)},
    {.name = NULL},
};

static void blur_complete(void *params, const struct filter_lent *lent)
{
    ((struct params *)params)->exif = lent->exif;
}

static const struct pm_pixel_format *blur_accepts(const void *params)
{
    return ((const struct params *)params)->linear ? filter_accepts_light : filter_accepts_premultiplied;
}

/* A large blur removes the detail that shrink-on-load removes; but a decoder sums samples. */
static double blur_margin(const void *params, const struct shape *planned)
{
    const struct params *p = params;
    return p->linear ? 0 : gaussian_margin(p->sigma, planned);
}

static uint64_t blur_scratch_bytes(const void *params, const struct shape *in, const struct shape *out)
{
    (void)in;
    const struct params *p = params;
    const uint64_t light = p->linear ? gaussian_light_bytes(out) : 0;
    return light + gaussian_scratch_bytes(p->sigma, GAUSSIAN_BLUR, out);
}

static int blur_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                      struct pm_image *out, struct context *context)
{
    const struct params *p = params;
    if (!p->linear || in->format.color == PM_COLOR_CMYK)
        return gaussian_image(p->sigma, GAUSSIAN_BLUR, 0, in, planned, out, context);
    const struct light *light =
        light_find(&in->meta, p->exif, in->format.color == PM_COLOR_GRAY, in->format.depth, context);
    return light != NULL ? gaussian_light(p->sigma, light, in, out, context) : -1;
}

const struct filter blur_filter = {
    .name = "blur",
    .argument = "SIGMA[,linear]",
    .help =
        "Gaussian blur, sigma in pixels, 0.3 to 500; the picture is mirrored beyond its edges; linear: sums "
        "in linear light",
    .example = "1.5",
    .accepts = filter_accepts_premultiplied,
    .accepts_for = blur_accepts,
    .margin = blur_margin,
    .params = rows,
    .complete = blur_complete,
    .scratch_bytes = blur_scratch_bytes,
    .apply = blur_apply,
};
