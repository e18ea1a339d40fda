/*
 * blur: Gaussian smoothing. Sigma is in pixels of the step's input; beyond the edges the image is mirrored (c
 * b a | a b c), so that flat areas stay flat and edges do not darken. With `linear` the sums are of light, by
 * the transfer curve that the image itself has when the step begins. A region is blurred as if it were a
 * picture of its own, so that its edges depend on nothing outside.
 */
#include "color/light.h"
#include "filter/filter.h"
#include "filter/gaussian.h"
#include "filter/region.h"

struct params {
    double sigma; /* pixels */
    bool linear;
    enum pm_exif_color exif; /* lent */
    struct rectangle region;
};
_Static_assert(sizeof(struct params) <= FILTER_PARAMS_MAX, "params must fit a recipe's step");

static const struct param rows[] = {
    GAUSSIAN_SIGMA_ROW,
    {.name = "linear", .kind = PARAM_FLAG, .offset = offsetof(struct params, linear)},
    REGION_ROW,
    {.name = NULL},
};

static void blur_complete(void *params, const struct filter_lent *lent)
{
    ((struct params *)params)->exif = lent->exif;
}

static const struct pm_pixel_format *blur_accepts(const void *params)
{
    const struct params *p = params;
    if (p->linear)
        return filter_accepts_light;
    return p->region.width > 0 ? region_accepts : filter_accepts_premultiplied;
}

/* A large blur removes the detail that shrink-on-load removes; but a decoder sums samples. */
static double blur_margin(const void *params, const struct shape *planned)
{
    const struct params *p = params;
    return p->linear || p->region.width > 0 ? 0 : gaussian_margin(p->sigma, planned);
}

static uint64_t blur_scratch_bytes(const void *params, const struct shape *in, const struct shape *out)
{
    (void)in;
    const struct params *p = params;
    const uint64_t light = p->linear ? gaussian_light_bytes(out) : 0;
    const uint64_t part = p->region.width > 0 ? shape_bytes(out) : 0;
    return light + part + gaussian_scratch_bytes(p->sigma, GAUSSIAN_BLUR, out);
}

static int blur_plan(const void *params, struct shape *shape, struct pm_error *error)
{
    const struct params *p = params;
    return p->region.width > 0 ? region_check(&p->region, shape, "blur", error) : 0;
}

static bool blur_conceals(const void *params)
{
    return ((const struct params *)params)->region.width > 0;
}

static int blur_image(const struct params *p, const struct pm_image *in, const struct shape *planned,
                      struct pm_image *out, struct context *context)
{
    if (!p->linear || in->format.color == PM_COLOR_CMYK)
        return gaussian_image(p->sigma, GAUSSIAN_BLUR, 0, in, planned, out, context);
    const struct light *light =
        light_find(&in->meta, p->exif, in->format.color == PM_COLOR_GRAY, in->format.depth, context);
    return light != NULL ? gaussian_light(p->sigma, light, in, out, context) : -1;
}

static int blur_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                      struct pm_image *out, struct context *context)
{
    const struct params *p = params;
    if (p->region.width == 0)
        return blur_image(p, in, planned, out, context);
    struct pm_image made;
    const struct pm_image part = region_of(in, &p->region);
    const struct shape shape = image_shape(&part);
    if (blur_image(p, &part, &shape, &made, context) != 0)
        return -1;
    return region_replace(in, &p->region, &made, out, context);
}

const struct filter blur_filter = {
    .name = "blur",
    .argument = "SIGMA[,linear][,region=WxH+X+Y]",
    .help =
        "Gaussian blur, sigma in pixels, 0.3 to 500; the picture is mirrored beyond its edges; linear: sums "
        "in linear light; region: blurs only that rectangle, to hide what it shows (sigma of at least a tenth of "
        "its side)",
    .example = "1.5",
    .accepts = filter_accepts_premultiplied,
    .accepts_for = blur_accepts,
    .margin = blur_margin,
    .params = rows,
    .conceals = blur_conceals,
    .complete = blur_complete,
    .plan = blur_plan,
    .scratch_bytes = blur_scratch_bytes,
    .apply = blur_apply,
};
