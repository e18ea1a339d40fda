/*
 * sharpen: unsharp masking, out = in + amount * (in - blurred). The blurred image is kept in floats, because
 * `amount` also multiplies its errors. Sigma and edges as in blur. Colour above premultiplied alpha
 * (overshoot) is clamped by unpremultiplying.
 */
#include "filter/filter.h"
#include "filter/gaussian.h"

struct params {
    double sigma; /* pixels */
    double amount;
};
_Static_assert(sizeof(struct params) <= FILTER_PARAMS_MAX, "params must fit a recipe's step");

static const struct param rows[] = {
    GAUSSIAN_SIGMA_ROW,
    {.name = "amount",
     .kind = PARAM_NUMBER,
     .offset = offsetof(struct params, amount),
     .min = 0,
     .max = 10,
     .standard = 1},
    {.name = NULL},
};

static uint64_t sharpen_scratch_bytes(const void *params, const struct shape *in, const struct shape *out)
{
    (void)in;
    const struct params *p = params;
    return gaussian_scratch_bytes(p->sigma, GAUSSIAN_SHARPEN, out);
}

static int sharpen_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                         struct pm_image *out, struct context *context)
{
    const struct params *p = params;
    return gaussian_image(p->sigma, GAUSSIAN_SHARPEN, (float)p->amount, in, planned, out, context);
}

const struct filter sharpen_filter = {
    .name = "sharpen",
    .argument = "SIGMA[,amount=1.0]",
    .help =
        "unsharp mask: adds amount (0 to 10) times the difference from a blur of sigma (0.3 to 500 pixels)",
    .example = "1.5,amount=0.8",
    .accepts = filter_accepts_premultiplied,
    .params = rows,
    .scratch_bytes = sharpen_scratch_bytes,
    .apply = sharpen_apply,
};
