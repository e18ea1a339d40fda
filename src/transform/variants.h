/*
 * Variants: several results of one job, each with a recipe of its own. Recipes that begin with the same steps
 * share them: the file is read and decoded once, and a step that several variants have in common is done
 * once.
 *
 * Of variants that differ only in the size of their last step, a resize to a width, a smaller one is made
 * from the nearest larger one that is at least VARIANT_RATIO times as large on both sides: what the larger
 * one's kernel took away, and its rounding, is then far below what an encoder takes away.
 */
#ifndef TRANSFORM_VARIANTS_H
#define TRANSFORM_VARIANTS_H

#include "io/job.h"
#include "transform/transform.h"

enum { VARIANTS_MAX = JOB_PARTS_MAX, VARIANT_NAME_MAX = 32, VARIANT_RATIO = 2 };

struct variant {
    char name[VARIANT_NAME_MAX]; /* of --variant; "": none */
    uint32_t width;              /* of --widths: the last step resizes to it; 0: none */
    struct pm_recipe recipe;
};

struct variants {
    size_t count; /* at least 1 */
    struct variant *variant;
};

/* What all variants do with one file. */
struct variants_plan {
    struct plan plans[VARIANTS_MAX];
    uint64_t group[VARIANTS_MAX]; /* a bit for each variant that is made from the same decoding */
    int8_t parent[VARIANTS_MAX];  /* the variant whose last step's result this one's is made from; -1: none */
    uint64_t work_bytes;          /* of all, as in struct plan */
    uint64_t result_bytes;
};

/* Plans every variant, as plan_make. Returns 0, or -1 with `error` filled. */
int variants_plan_make(const struct variants *variants, const struct codec *input, const struct pm_info *info,
                       uint64_t max_pixels, struct variants_plan *plan, struct pm_error *error);

/* Have the variants the same step at `index`, done on equal images? */
bool variants_share_step(const struct variants *variants, const struct variants_plan *plan, unsigned a,
                         unsigned b, size_t index);

/* Appends the results to `out`, and sets parts[] of as many variants. `plan` was made for this file. Returns
 * 0, or -1 with the context's error and its stage filled. *result describes the first result. */
int transform_variants(const struct variants *variants, const struct variants_plan *plan, const uint8_t *data,
                       size_t size, const struct pm_secrets *secrets, struct context *context,
                       struct buffer *out, struct job_part *parts, struct transform_result *result);

#endif
