/*
 * transform_variants: runs the recipes of all variants as a tree. The root is the decoded picture, or each
 * frame of an animation in turn, and each branch a step. A picture that several branches start from stays in
 * its arena until the last of them is done (run->floors); each branch works on a copy of the run's state.
 */
#include <string.h>

#include "codec/writer.h"
#include "transform/run.h"
#include "transform/variants.h"

/* One result of an animation, from frame to frame. */
struct film {
    struct writer *writer;
    struct buffer out;
    struct recolor recolor; /* of the branch that begins with this variant */
};

/* The frame of an animation that is in progress. */
struct frames {
    unsigned number; /* from 0 */
    struct film films[VARIANTS_MAX];
};

/* The job. */
struct making {
    const struct variants *variants;
    const struct variants_plan *plan;
    struct context *context;
    struct buffer *out;
    struct job_part *parts;
    struct frames *frames; /* NULL: a still picture */
};

static uint64_t bit(unsigned index)
{
    return (uint64_t)1 << index;
}

/* The lowest index in the set, which must not be empty. */
static unsigned lowest(uint64_t set)
{
    return (unsigned)__builtin_ctzll(set);
}

/* Copies the state to continue as variant `index`; images that are in the arenas now stay there. */
static struct run branch_off(const struct making *making, const struct run *at, unsigned index)
{
    struct context *context = making->context;
    struct run next = *at;
    next.recipe = &making->variants->variant[index].recipe;
    next.plan = making->plan->plans[index];
    next.floors[0] = (struct run_floor){context->arena, arena_mark(context->arena)};
    next.floors[1] = (struct run_floor){context->spare, arena_mark(context->spare)};
    return next;
}

/* Returns to the state before branch_off, but takes over `rows`, which can be read only once, and `stage`,
 * which error reports need. */
static void come_back(const struct making *making, struct run *at, const struct run *next)
{
    struct context *context = making->context;
    context->arena = next->floors[0].arena;
    context->spare = next->floors[1].arena;
    arena_release(context->arena, next->floors[0].mark);
    arena_release(context->spare, next->floors[1].mark);
    at->rows = next->rows;
    at->stage = next->stage;
}

/* Tables for an animation's colours are made with its first frame. */
static void recall_colors(const struct making *making, struct run *run, unsigned index)
{
    if (making->frames != NULL && !run->recolor.begun)
        run->recolor = making->frames->films[index].recolor;
}

static void keep_colors(const struct making *making, const struct run *run, unsigned index)
{
    if (making->frames != NULL)
        making->frames->films[index].recolor = run->recolor;
}

static void note_part(const struct making *making, const struct run *run, unsigned index, size_t offset,
                      size_t size)
{
    making->parts[index] = (struct job_part){
        .offset = offset, .size = size, .width = run->image.width, .height = run->image.height};
}

/* Adds the current frame to the result of one variant. */
static int add_frame(const struct making *making, struct run *run, unsigned index)
{
    struct film *film = &making->frames->films[index];
    struct context *context = run->context;
    const struct animation animation = {.frames = run->plan.frames, .loops = run->plan.info.loops};
    const struct frame frame = {.image = run->image, .time = run->time};
    if (making->frames->number == 0) {
        film->writer = writer_begin(run->plan.format, &run->image, &animation,
                                    recipe_options(run->recipe, run->plan.format), &film->out, context);
        note_part(making, run, index, 0, 0);
    }
    return film->writer != NULL ? writer_add(film->writer, &frame, context) : -1;
}

/* Encodes the result of one variant, or the current frame of it. */
static int finish(const struct making *making, struct run *at, unsigned index)
{
    struct run next = branch_off(making, at, index);
    struct buffer *out = making->out;
    const size_t before = out->size;
    run_enter(&next, PM_STAGE_FILTER);
    recall_colors(making, &next, index);
    next.settled = making->frames != NULL && making->frames->number > 0;
    int status = run_finish(&next);
    keep_colors(making, &next, index);
    if (status == 0) {
        run_enter(&next, PM_STAGE_ENCODE);
        status = making->frames != NULL ? add_frame(making, &next, index) : run_encode(&next, out);
    }
    if (status == 0 && making->frames == NULL)
        note_part(making, &next, index, before, out->size - before);
    come_back(making, at, &next);
    return status;
}

/* The variants in `set` that have the same step as variant `index`. */
static uint64_t with_step(const struct making *making, uint64_t set, unsigned index, size_t step)
{
    uint64_t same = 0;
    for (; set != 0; set &= set - 1) {
        const unsigned other = lowest(set);
        if (other == index || variants_share_step(making->variants, making->plan, index, other, step))
            same |= bit(other);
    }
    return same;
}

static int go_on(const struct making *making, struct run *at, uint64_t set, size_t step);

/* A variant in `set` whose last step uses the result of one of `parents`; VARIANTS_MAX: none. */
static unsigned find_child(const struct making *making, uint64_t set, uint64_t parents)
{
    for (; set != 0; set &= set - 1) {
        const int parent = making->plan->parent[lowest(set)];
        if (parent >= 0 && (parents & bit((unsigned)parent)) != 0)
            return lowest(set);
    }
    return VARIANTS_MAX;
}

/* Continues with the variants `same`, whose step is done, and with the variants in *rest that are made from
 * its result. `before`: the state before the step. */
static int go_on_with_children(const struct making *making, const struct run *before, struct run *at,
                               uint64_t same, uint64_t *rest, size_t step)
{
    int status = go_on(making, at, same, step + 1);
    for (unsigned child; status == 0 && (child = find_child(making, *rest, same)) < VARIANTS_MAX;) {
        const uint64_t children = with_step(making, *rest, child, step);
        *rest &= ~children;
        struct run next = branch_off(making, at, child);
        run_enter(&next, PM_STAGE_FILTER);
        status = run_step_from(&next, before, step);
        if (status == 0)
            status = go_on_with_children(making, before, &next, children, rest, step);
        come_back(making, at, &next);
    }
    return status;
}

/* Is the variant made from another variant's result at this step? */
static bool has_parent(const struct making *making, unsigned index, size_t step)
{
    return making->plan->parent[index] >= 0 && making->variants->variant[index].recipe.nsteps == step + 1;
}

/* A variant in `rest` that is not made from another's result at this step. There is always one: the set also
 * contains the parents of its members, and parents are larger. */
static unsigned find_root(const struct making *making, uint64_t rest, size_t step)
{
    uint64_t left = rest;
    while (has_parent(making, lowest(left), step))
        left &= left - 1;
    return lowest(left);
}

/* Makes the results of the variants `set`. Their steps before `step` are done, and the current image is the
 * result of those. */
static int go_on(const struct making *making, struct run *at, uint64_t set, size_t step)
{
    uint64_t rest = set;
    for (uint64_t left = set; left != 0; left &= left - 1) {
        const unsigned index = lowest(left);
        if (making->variants->variant[index].recipe.nsteps > step)
            continue;
        rest &= ~bit(index);
        if (finish(making, at, index) != 0)
            return -1;
    }
    while (rest != 0) {
        const unsigned index = find_root(making, rest, step);
        const uint64_t same = with_step(making, rest, index, step);
        rest &= ~same;
        struct run next = branch_off(making, at, index);
        run_enter(&next, PM_STAGE_FILTER);
        recall_colors(making, &next, index);
        int status = run_recolor(&next, step);
        keep_colors(making, &next, index);
        const struct run before = next;
        if (status == 0)
            status = run_step(&next, step);
        if (status == 0)
            status = go_on_with_children(making, &before, &next, same, &rest, step);
        come_back(making, at, &next);
        if (status != 0)
            return -1;
    }
    return 0;
}

/* Makes all results of the animation's frames. */
static int make_frames(const struct making *making, struct run *run, uint64_t group)
{
    struct context *context = making->context;
    struct frames *frames = making->frames;
    for (frames->number = 0; frames->number < run->plan.frames; frames->number++) {
        const struct arena_mark mark = arena_mark(context->job_arena);
        if (context_checkpoint(context) != 0 || run_load(run) != 0 || go_on(making, run, group, 0) != 0)
            return -1;
        run_forget_frame(run, frames->number, mark);
    }
    run_enter(run, PM_STAGE_ENCODE);
    for (uint64_t left = group; left != 0; left &= left - 1) {
        const unsigned index = lowest(left);
        struct film *film = &frames->films[index];
        struct job_part *part = &making->parts[index];
        if (writer_end(film->writer, context) != 0)
            return -1;
        part->offset = making->out->size;
        part->size = film->out.size;
        if (buffer_append(making->out, film->out.data, film->out.size) != 0)
            return error_memory(context->error, film->out.size);
        buffer_free(&film->out);
    }
    return 0;
}

static int make_animation(const struct making *making, struct run *run, uint64_t group)
{
    struct making animated = *making;
    struct context *context = making->context;
    animated.frames = arena_alloc(context->job_arena, sizeof *animated.frames);
    if (animated.frames == NULL)
        return error_memory(context->error, sizeof *animated.frames);
    memset(animated.frames, 0, sizeof *animated.frames);
    const int status = make_frames(&animated, run, group);
    for (unsigned i = 0; i < VARIANTS_MAX; i++) {
        writer_close(animated.frames->films[i].writer);
        buffer_free(&animated.frames->films[i].out);
    }
    return status;
}

static int make_still(const struct making *making, struct run *run, uint64_t group)
{
    return run_load(run) == 0 ? go_on(making, run, group, 0) : -1;
}

/* Decodes once for all variants of a group. */
static int make_group(const struct making *making, const uint8_t *data, size_t size,
                      const struct pm_secrets *secrets, uint64_t group)
{
    struct context *context = making->context;
    struct arena *arena = context->arena, *spare = context->spare;
    const unsigned first = lowest(group);
    struct run run = {.recipe = &making->variants->variant[first].recipe,
                      .secrets = secrets,
                      .plan = making->plan->plans[first],
                      .context = context};
    int status = run_open(&run, data, size);
    if (status == 0)
        status = (run.plan.frames > 1 ? make_animation : make_still)(making, &run, group);
    if (status != 0)
        context->error->stage = run.rows != NULL && run.rows->failed ? PM_STAGE_DECODE : run.stage;
    run_close(&run);
    context->arena = arena;
    context->spare = spare;
    arena_reset(arena);
    arena_reset(spare);
    return status;
}

/* Runs a variant that shares its decode with no other. */
static int make_alone(const struct making *making, const uint8_t *data, size_t size,
                      const struct pm_secrets *secrets, unsigned index)
{
    struct buffer *out = making->out;
    const size_t before = out->size;
    struct transform_result result;
    const int status = transform(&making->variants->variant[index].recipe, &making->plan->plans[index], data,
                                 size, secrets, making->context, out, &result);
    making->parts[index] = (struct job_part){
        .offset = before, .size = out->size - before, .width = result.width, .height = result.height};
    arena_reset(making->context->arena);
    arena_reset(making->context->spare);
    return status;
}

int transform_variants(const struct variants *variants, const struct variants_plan *plan, const uint8_t *data,
                       size_t size, const struct pm_secrets *secrets, struct context *context,
                       struct buffer *out, struct job_part *parts, struct transform_result *result)
{
    const struct making making = {
        .variants = variants, .plan = plan, .context = context, .out = out, .parts = parts};
    uint64_t done = 0;
    *result = (struct transform_result){0};
    for (unsigned i = 0; i < variants->count; i++) {
        const uint64_t group = plan->group[i];
        int status = 0;
        if ((done & bit(i)) != 0)
            continue;
        if (plan->twin[i] >= 0)
            parts[i] = parts[plan->twin[i]];
        else if (group == bit(i))
            status = make_alone(&making, data, size, secrets, i);
        else
            status = make_group(&making, data, size, secrets, group);
        if (status != 0)
            return -1;
        done |= group;
    }
    const struct plan *first = &plan->plans[0];
    *result = (struct transform_result){
        .width = parts[0].width,
        .height = parts[0].height,
        .pixels_in = (uint64_t)first->info.width * first->info.height * first->frames,
    };
    return 0;
}
