#include "transform/variants.h"

#include <stddef.h>
#include <string.h>

#include "codec/writer.h"

static uint64_t bit(unsigned index)
{
    return (uint64_t)1 << index;
}

static uint64_t sum(uint64_t a, uint64_t b)
{
    uint64_t both;
    return __builtin_add_overflow(a, b, &both) ? UINT64_MAX : both;
}

/* Does a step find something in the pixels for all frames of an animation? */
static bool looks_at_frames(const struct pm_recipe *recipe)
{
    for (size_t i = 0; i < recipe->nsteps; i++) {
        const struct recipe_step *step = &recipe->steps[i];
        const struct filter *filter = step->filter;
        if (filter->joins || (filter->follows_pixels != NULL && filter->follows_pixels(step->params)))
            return true;
    }
    return false;
}

static bool share_frames(const struct variants *variants, const struct variants_plan *plan, unsigned a,
                         unsigned b)
{
    return plan->plans[a].frames == plan->plans[b].frames &&
           (plan->plans[a].frames == 1 || (!looks_at_frames(&variants->variant[a].recipe) &&
                                           !looks_at_frames(&variants->variant[b].recipe)));
}

/* Can both be made from the same decoded picture, or frames? What is transcoded is not decoded. */
static bool share_decoding(const struct variants *variants, const struct variants_plan *plan, unsigned a,
                           unsigned b)
{
    const struct pm_recipe *first = &variants->variant[a].recipe, *second = &variants->variant[b].recipe;
    return !plan->plans[a].transcodes && !plan->plans[b].transcodes && share_frames(variants, plan, a, b) &&
           first->frame == second->frame && first->decrypts == second->decrypts &&
           first->no_autorotate == second->no_autorotate && first->keep == second->keep &&
           first->allow_truncated == second->allow_truncated && first->libjpeg == second->libjpeg &&
           plan->plans[a].applies_gain == plan->plans[b].applies_gain &&
           plan->plans[a].request.quiet_gain_map == plan->plans[b].request.quiet_gain_map &&
           plan->plans[a].request.animation == plan->plans[b].request.animation &&
           plan->plans[a].request.planes == plan->plans[b].request.planes;
}

/* Do both variants process equal steps in the same way? */
static bool share_ways(const struct variants *variants, const struct variants_plan *plan, unsigned a,
                       unsigned b)
{
    const struct pm_recipe *first = &variants->variant[a].recipe, *second = &variants->variant[b].recipe;
    return plan->plans[a].recolor_at == plan->plans[b].recolor_at &&
           memcmp(&plan->plans[a].planes, &plan->plans[b].planes, sizeof plan->plans[a].planes) == 0 &&
           memcmp(first->background, second->background, sizeof first->background) == 0 &&
           plan->plans[a].color == plan->plans[b].color &&
           (first->color != COLOR_FILE || strcmp(recipe_picture_name(first, first->nsteps),
                                                 recipe_picture_name(second, second->nsteps)) == 0) &&
           first->intent == second->intent && first->compensate == second->compensate;
}

bool variants_share_step(const struct variants *variants, const struct variants_plan *plan, unsigned a,
                         unsigned b, size_t index)
{
    const struct pm_recipe *first = &variants->variant[a].recipe, *second = &variants->variant[b].recipe;
    if (index >= first->nsteps || index >= second->nsteps || (plan->group[a] & bit(b)) == 0 ||
        !share_ways(variants, plan, a, b))
        return false;
    const struct recipe_step *one = &first->steps[index], *other = &second->steps[index];
    const char *name = recipe_picture_name(first, index), *name2 = recipe_picture_name(second, index);
    return one->filter == other->filter && memcmp(one->params, other->params, sizeof one->params) == 0 &&
           (name == NULL || strcmp(name, name2) == 0);
}

static bool share_steps_before(const struct variants *variants, const struct variants_plan *plan, unsigned a,
                               unsigned b, size_t end)
{
    for (size_t i = 0; i < end; i++) {
        if (!variants_share_step(variants, plan, a, b, i))
            return false;
    }
    return true;
}

/* Rounding is tolerated: the larger side may have been rounded down and the smaller one up. */
static bool is_large_enough(uint32_t large, uint32_t small)
{
    return large + VARIANT_RATIO / 2 >= (uint64_t)VARIANT_RATIO * small;
}

/* Can the last step of `small` use the result of `large`'s last step? */
static bool is_parent(const struct variants *variants, const struct variants_plan *plan, unsigned large,
                      unsigned small)
{
    const struct variant *first = &variants->variant[large], *second = &variants->variant[small];
    const struct shape *big = &plan->plans[large].result, *little = &plan->plans[small].result;
    if (large == small || first->width == 0 || second->width == 0 ||
        first->recipe.nsteps != second->recipe.nsteps || (plan->group[large] & bit(small)) == 0 ||
        !share_ways(variants, plan, large, small) ||
        !share_steps_before(variants, plan, large, small, first->recipe.nsteps - 1) ||
        variants_share_step(variants, plan, large, small, first->recipe.nsteps - 1))
        return false;
    return is_large_enough(big->width, little->width) && is_large_enough(big->height, little->height);
}

static uint64_t pixels(const struct shape *shape)
{
    return (uint64_t)shape->width * shape->height;
}

/* The smallest result that is large enough. */
static int8_t find_parent(const struct variants *variants, const struct variants_plan *plan, unsigned index)
{
    int best = -1;
    for (unsigned i = 0; i < variants->count; i++) {
        if (is_parent(variants, plan, i, index) &&
            (best < 0 || pixels(&plan->plans[i].result) < pixels(&plan->plans[best].result)))
            best = (int)i;
    }
    return (int8_t)best;
}

/* Are the results the same, though the widths asked for differ? That is so if the image is smaller than both.
 * Equal recipes that were copied from one compare as equal bytes; for others, both results are made. */
static bool are_twins(const struct variants *variants, const struct variants_plan *plan, unsigned a,
                      unsigned b)
{
    const struct variant *first = &variants->variant[a], *second = &variants->variant[b];
    const struct shape *one = &plan->plans[a].result, *other = &plan->plans[b].result;
    const size_t nsteps = first->recipe.nsteps;
    return first->width != 0 && second->width != 0 && one->width == other->width &&
           one->height == other->height &&
           memcmp(&first->recipe, &second->recipe, offsetof(struct pm_recipe, steps)) == 0 &&
           memcmp(first->recipe.steps, second->recipe.steps, (nsteps - 1) * sizeof(struct recipe_step)) == 0;
}

static void find_twins(const struct variants *variants, struct variants_plan *plan)
{
    for (unsigned i = 0; i < variants->count; i++) {
        plan->twin[i] = -1;
        for (unsigned k = 0; k < i && plan->twin[i] < 0; k++)
            plan->twin[i] = are_twins(variants, plan, k, i) ? (int8_t)k : -1;
    }
}

static void find_groups(const struct variants *variants, struct variants_plan *plan)
{
    find_twins(variants, plan);
    for (unsigned i = 0; i < variants->count; i++) {
        plan->group[i] = bit(i);
        for (unsigned k = 0; k < variants->count && plan->twin[i] < 0; k++)
            plan->group[i] |= plan->twin[k] < 0 && share_decoding(variants, plan, i, k) ? bit(k) : 0;
    }
    for (unsigned i = 0; i < variants->count; i++)
        plan->parent[i] = find_parent(variants, plan, i);
}

/* The size that is large enough for both; 0: full size. */
static uint32_t enough(uint32_t a, uint32_t b)
{
    if (a == 0 || b == 0)
        return 0;
    return a > b ? a : b;
}

static unsigned finer(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The request that is sufficient for the first step of every variant in the group, except those with a
 * parent, which get its result instead. */
static struct decode_request joint_request(const struct variants *variants, const struct variants_plan *plan,
                                           unsigned member)
{
    struct decode_request joint = plan->plans[member].request;
    unsigned first = VARIANTS_MAX;
    for (unsigned i = 0; i < variants->count; i++) {
        const struct decode_request *request = &plan->plans[i].request;
        if ((plan->group[member] & bit(i)) == 0 || plan->parent[i] >= 0)
            continue;
        if (first == VARIANTS_MAX) {
            joint = *request;
            first = i;
            continue;
        }
        joint.min_width = enough(joint.min_width, request->min_width);
        joint.min_height = enough(joint.min_height, request->min_height);
        joint.sampling_x = finer(joint.sampling_x, request->sampling_x);
        joint.sampling_y = finer(joint.sampling_y, request->sampling_y);
        if (!variants_share_step(variants, plan, first, i, 0))
            joint.window = 0;
    }
    return joint;
}

/* All results of an animation are written at the same time, each to memory of its own. */
static uint64_t writers_bytes(const struct variants *variants, const struct variants_plan *plan,
                              unsigned index)
{
    const struct plan *one = &plan->plans[index];
    if (one->frames == 1 || plan->twin[index] >= 0 || plan->group[index] == bit(index))
        return 0;
    const void *options = recipe_options(&variants->variant[index].recipe, one->format);
    const uint64_t writer = one->format->writer->bytes != NULL
                                ? one->format->writer->bytes(&one->result, one->frames, options)
                                : 0;
    return sum(writer, one->result_bytes);
}

/* The sum of: the work of one variant at a time, the writers of animations, the decoded picture, and the
 * results that others are made from, each at most a quarter of the one before. */
static void sum_memory(const struct variants *variants, struct variants_plan *plan)
{
    uint64_t work = 0, kept = 0, start = 0, writers = 0;
    plan->result_bytes = 0;
    for (unsigned i = 0; i < variants->count; i++) {
        const struct plan *one = &plan->plans[i];
        const uint64_t picture = one->memory.picture, first = shape_bytes(&one->start);
        work = one->work_bytes > work ? one->work_bytes : work;
        kept = picture > kept ? picture : kept;
        start = first > start ? first : start;
        writers = sum(writers, writers_bytes(variants, plan, i));
        if (plan->twin[i] < 0)
            plan->result_bytes = sum(plan->result_bytes, one->result_bytes);
    }
    plan->work_bytes = sum(sum(work, writers), sum(start, sum(kept, kept / 2)));
}

int variants_plan_make(const struct variants *variants, const struct codec *input, const struct pm_info *info,
                       uint64_t max_pixels, struct variants_plan *plan, struct pm_error *error)
{
    struct decode_request joint[VARIANTS_MAX];
    for (unsigned i = 0; i < variants->count; i++) {
        if (plan_make(&variants->variant[i].recipe, input, info, max_pixels, &plan->plans[i], error) != 0)
            return -1;
    }
    find_groups(variants, plan);
    for (unsigned i = 0; i < variants->count; i++)
        joint[i] = joint_request(variants, plan, i);
    for (unsigned i = 0; i < variants->count; i++)
        plan_set_request(&variants->variant[i].recipe, &joint[i], &plan->plans[i]);
    sum_memory(variants, plan);
    return 0;
}
