/*
 * sharpen: unsharp masking, out = in + amount * (in - blurred). The blurred picture is kept in floats until
 * then, for `amount` multiplies its errors, too. Sigma and edges are those of blur. Where colour overshoots
 * premultiplied alpha, unpremultiplying clamps it.
 */
#include <stdio.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/gaussian.h"
#include "filter/number.h"

#define AMOUNT_MAX 10.0

struct params {
    double sigma; /* pixels */
    double amount;
};
_Static_assert(sizeof(struct params) <= FILTER_PARAMS_MAX, "params must fit a recipe's step");

static int sharpen_parse(const char *text, void *params, struct pm_error *error)
{
    static const char key[] = ",amount=";
    struct params p = {.amount = 1};
    const char *rest = text;
    if (!number_read(&rest, &p.sigma))
        return error_set(error, PM_ERROR_USAGE,
                         "sharpen=%.40s is no sigma with an amount (pixels from %g to %g, perhaps with "
                         ",amount= and 0 to %g)",
                         text, GAUSSIAN_SIGMA_MIN, GAUSSIAN_SIGMA_MAX, AMOUNT_MAX);
    const char *behind = rest;
    bool good = true;
    if (strncmp(rest, key, sizeof key - 1) == 0) {
        rest += sizeof key - 1;
        good = number_read(&rest, &p.amount);
    }
    if (!good || *rest != '\0')
        return error_set(error, PM_ERROR_USAGE,
                         "'%.40s' of sharpen=%.40s is no amount (,amount= and 0 to %g may follow the sigma)",
                         behind, text, AMOUNT_MAX);
    if (p.sigma < GAUSSIAN_SIGMA_MIN || p.sigma > GAUSSIAN_SIGMA_MAX)
        return error_set(error, PM_ERROR_USAGE,
                         "the sigma of sharpen=%.40s is out of range (%g to %g pixels)", text,
                         GAUSSIAN_SIGMA_MIN, GAUSSIAN_SIGMA_MAX);
    if (p.amount > AMOUNT_MAX || (p.amount > 0 && p.amount < 1e-4))
        return error_set(error, PM_ERROR_USAGE,
                         "the amount of sharpen=%.40s is out of range (0, or 0.0001 to %g)", text,
                         AMOUNT_MAX);
    *(struct params *)params = p;
    return 0;
}

static void sharpen_print(const void *params, char *text, size_t size)
{
    const struct params *p = params;
    char sigma[32], amount[32];
    number_write(p->sigma, sigma, sizeof sigma);
    number_write(p->amount, amount, sizeof amount);
    if (p->amount == 1)
        snprintf(text, size, "%s", sigma);
    else
        snprintf(text, size, "%s,amount=%s", sigma, amount);
}

static uint64_t sharpen_scratch_bytes(const void *params, const struct shape *in, const struct shape *out)
{
    (void)in;
    const struct params *p = params;
    return gaussian_scratch_bytes(p->sigma, GAUSSIAN_SHARPEN, out);
}

static int sharpen_apply(const void *params, const struct pm_image *in, const struct shape *planned,
                         const struct pm_secret *secret, struct pm_image *out, struct context *context,
                         struct pm_error *error)
{
    (void)secret;
    const struct params *p = params;
    return gaussian_image(p->sigma, GAUSSIAN_SHARPEN, (float)p->amount, in, planned, out, context, error);
}

const struct filter sharpen_filter = {
    .name = "sharpen",
    .argument = "SIGMA[,amount=1.0]",
    .help = "unsharp mask: adds amount (0 to 10) times what a blur of sigma (0.3 to 500 pixels) takes away",
    .example = "1.5,amount=0.8",
    .place = FILTER_ANYWHERE,
    .weighs_alpha = true,
    .each_plane = true,
    .parse = sharpen_parse,
    .print = sharpen_print,
    .scratch_bytes = sharpen_scratch_bytes,
    .apply = sharpen_apply,
};
