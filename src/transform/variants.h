/*
 * Variants: several results of one job, each with its own recipe. Steps that recipes have in common at their
 * start are shared: the file is read and decoded once, and a common step is done once.
 *
 * If variants differ only in the size of their last step, a resize to a width, a smaller one is made from
 * the smallest result that is at least VARIANT_RATIO times as large on both sides: the loss from the larger
 * one's kernel and rounding is then far below that of an encoder.
 */
#ifndef TRANSFORM_VARIANTS_H
#define TRANSFORM_VARIANTS_H

#include "io/job.h"
#include "transform/transform.h"

enum { VARIANTS_MAX = JOB_PARTS_MAX, VARIANT_NAME_MAX = 32, VARIANT_RATIO = 2 };

struct variant {
    char name[VARIANT_NAME_MAX]; /* from --variant; "": none */
    uint32_t width;              /* from --widths: the last step resizes to it; 0: none */
    struct pm_recipe recipe;
};

struct variants {
    size_t count; /* at least 1 */
    struct variant *variant;
};

/* The plan for all variants of one file. */
struct variants_plan {
    struct plan plans[VARIANTS_MAX];
    uint64_t group[VARIANTS_MAX]; /* a bit for each variant that is made from the same decode */
    int8_t parent[VARIANTS_MAX];  /* index of the variant whose result this one is made from in its last step;
                                     -1: none */
    int8_t twin[VARIANTS_MAX]; /* index of an earlier variant whose result is the same, because neither width
                                  can be reached; it is used for both; -1: none */
    uint64_t work_bytes;       /* for all variants together, as in struct plan */
    uint64_t result_bytes;
};

/* Plans every variant, as plan_make. Returns 0, or -1 with `error` filled. */
int variants_plan_make(const struct variants *variants, const struct codec *input, const struct pm_info *info,
                       uint64_t max_pixels, struct variants_plan *plan, struct pm_error *error);

/* Do both variants have the same step at `index`, on equal images? */
bool variants_share_step(const struct variants *variants, const struct variants_plan *plan, unsigned a,
                         unsigned b, size_t index);

/* Appends the results to `out`, and sets parts[], one per variant; twins have the same part. `plan` must be
 * for this file. Returns 0, or -1 with the context's error and its stage filled. *result describes the first
 * result. */
int transform_variants(const struct variants *variants, const struct variants_plan *plan, const uint8_t *data,
                       size_t size, const struct pm_secrets *secrets, struct context *context,
                       struct buffer *out, struct job_part *parts, struct transform_result *result);

#endif
