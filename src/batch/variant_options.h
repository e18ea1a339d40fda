/* The options that ask for several results of each input, and the recipes that follow from them. */
#ifndef BATCH_VARIANT_OPTIONS_H
#define BATCH_VARIANT_OPTIONS_H

#include <stdbool.h>

#include "transform/variants.h"

enum { WIDTHS_MAX = 32 };

struct variant_options {
    uint32_t widths[WIDTHS_MAX]; /* of --widths, in pixels */
    unsigned nwidths;
    const char *variants[VARIANTS_MAX]; /* of --variant: "NAME:RECIPE" */
    unsigned nvariants;
};

/* Parses "320,640,1280". Returns 0, or -1 with `error` filled. */
int widths_parse(const char *text, struct variant_options *options, struct pm_error *error);

/* Makes the variants of `base`, the recipe of the command line: each width in each format; then each
 * --variant, with its recipe after the base's steps, in its own format or else in each format. Without these
 * options it is one, the base itself. Returns 0, or -1 with `error` filled and in *about the option that is
 * wrong. The variants borrow base's second pictures. */
int variants_make(const struct pm_recipe *base, const struct variant_options *options,
                  struct variants *variants, const char **about, struct pm_error *error);
void variants_free(struct variants *variants);

#endif
