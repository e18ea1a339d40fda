/* The options that request several results per input, and the resulting recipes. */
#ifndef BATCH_VARIANT_OPTIONS_H
#define BATCH_VARIANT_OPTIONS_H

#include <stdbool.h>

#include "transform/variants.h"

enum { WIDTHS_MAX = 32 };

struct variant_options {
    uint32_t widths[WIDTHS_MAX]; /* from --widths, in pixels */
    unsigned nwidths;
    const char *variants[VARIANTS_MAX]; /* from --variant: "NAME:RECIPE" */
    unsigned nvariants;
};

/* Parses "320,640,1280". Returns 0, or -1 with `error` filled. */
int widths_parse(const char *text, struct variant_options *options, struct pm_error *error);

/* Makes the variants of `base`, the recipe of the command line: each width in each format; then each
 * --variant, whose recipe follows the base's steps, in its own format if it has one, else in each format.
 * Without these options there is one variant, the base itself. Returns 0, or -1 with `error` filled and
 * *about set to the wrong option. The variants borrow base's additional pictures. */
int variants_make(const struct pm_recipe *base, const struct variant_options *options,
                  struct variants *variants, const char **about, struct pm_error *error);
void variants_free(struct variants *variants);

#endif
