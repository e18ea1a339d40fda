/*
 * blur: Gaussian smoothing. Sigma is in pixels of the step's input; beyond the edges the image is mirrored (c
 * b a | a b c), so that flat areas stay flat and edges do not darken.
 */
#include "filter/filter.h"
#include "filter/gaussian.h"

struct params {
    double sigma; /* pixels */
};
_Static_assert(sizeof(struct params) <= FILTER_PARAMS_MAX, "params must fit a recipe's step");

static const struct param rows[] = {
    {.name = "sigma",
     .kind = PARAM_NUMBER,
     .offset = offsetof(struct params, sigma),
     .min = GAUSSIAN_SIGMA_MIN,
     .max = GAUSSIAN_SIGMA_MAX,
     .unit = "pixels"},
    {.name = NULL},
};

/* A large blur removes the detail that shrink-on-load removes. */
static double blur_margin(const void *params, const struct shape *planned)
{
    const struct params *p = params;
    return gaussian_margin(p->sigma, planned);
}

static uint64_t blur_scratch_bytes(const void *params, const struct shape *in, const struct shape *out)
{
    (void)in;
    const struct params *p = params;
    return gaussian_scratch_bytes(p->sigma, GAUSSIAN_BLUR, out);
}

static int blur_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                      struct pm_image *out, struct context *context)
{
    const struct params *p = params;
    return gaussian_image(p->sigma, GAUSSIAN_BLUR, 0, in, planned, out, context);
}

const struct filter blur_filter = {
    .name = "blur",
    .argument = "SIGMA",
    .help = "Gaussian blur, sigma in pixels, 0.3 to 500; the picture is mirrored beyond its edges",
    .example = "1.5",
    .accepts = filter_accepts_premultiplied,
    .margin = blur_margin,
    .params = rows,
    .scratch_bytes = blur_scratch_bytes,
    .apply = blur_apply,
};
