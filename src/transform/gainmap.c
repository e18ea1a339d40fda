/* Keeping a gain map. */
#include "transform/gainmap.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "codec/jpeg/gain_map.h"
#include "transform/transform.h"

static bool holds_hdr(const struct codec *format)
{
    return format->cicp || format->color_chunks;
}

static int plan_applying(const struct pm_recipe *recipe, struct plan *plan, struct pm_error *error)
{
    if (!plan->input->gain_maps || plan->info.pixels.color == PM_COLOR_CMYK)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "its gain map can't be applied: only that of a grey or colour JPEG can");
    if (!holds_hdr(plan->format) && recipe->color == COLOR_KEEP)
        return error_set(
            error, PM_ERROR_UNSUPPORTED,
            "%s can't store the HDR picture that its gain map makes (use format=png or format=avif)",
            plan->format->name);
    plan->applies_gain = plan->request.quiet_gain_map = true;
    return 0;
}

int gainmap_plan(const struct pm_recipe *recipe, struct plan *plan, struct pm_error *error)
{
    if (recipe->gain_map == GAIN_MAP_APPLY)
        return plan_applying(recipe, plan, error);
    /* The encrypted file may be the user's only copy, as for animations. */
    if (recipe->encrypts && recipe->gain_map != GAIN_MAP_DROP)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "has a gain map, which an encrypted image can't hold (gainmap=drop leaves it out)");
    if (recipe->gain_map == GAIN_MAP_KEEP && plan->input->gain_maps && plan->format->gain_maps) {
        if (recipe->target_size > 0)
            return error_set(error, PM_ERROR_UNSUPPORTED,
                             "a result with a gain map has no target-size (omit one of them)");
        plan->keeps_gain = true;
    }
    plan->request.quiet_gain_map = plan->keeps_gain || recipe->gain_map == GAIN_MAP_DROP;
    return 0;
}

void gainmap_plan_memory(struct plan *plan)
{
    enum { HEADERS = 64 * 1024, COPIES = 2 };
    const uint64_t result = plan->result_bytes;
    if (result > (UINT64_MAX - HEADERS) / (2 + COPIES))
        return;
    plan->work_bytes += plan->work_bytes + COPIES * result;
    plan->result_bytes = 2 * result + HEADERS;
}

/* --- the map's recipe ---------------------------------------------------------------------------------- */

enum step_kind {
    STEP_TURNS,    /* moves whole pixels, at any size */
    STEP_SCALES,   /* needed for the steps after it, if these are at the image's size */
    STEP_MEASURES, /* is at the image's size */
    STEP_COLORS,   /* not for the map */
    STEP_OTHER,    /* can't be applied to a map */
};

static enum step_kind kind_of(const struct recipe_step *step)
{
    const struct filter *filter = step->filter;
    static const struct {
        const char *name;
        enum step_kind kind;
    } others[] = {{"resize", STEP_SCALES}, {"crop", STEP_MEASURES}, {"blur", STEP_MEASURES},
                  {"pad", STEP_OTHER},     {"trim", STEP_OTHER},    {"watermark", STEP_OTHER}};
    if ((filter->conceals != NULL && filter->conceals(step->params)) ||
        (filter->follows_pixels != NULL && filter->follows_pixels(step->params)))
        return STEP_OTHER;
    if (filter->turn != NULL)
        return filter->turn(step->params) != 0 ? STEP_TURNS : STEP_OTHER;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strcmp(others[i].name, filter->name) == 0)
            return others[i].kind;
    }
    return filter->plan == NULL ? STEP_COLORS : STEP_OTHER;
}

static int add_resize(struct pm_recipe *recipe, uint32_t width, uint32_t height, struct pm_error *error)
{
    char text[64];
    snprintf(text, sizeof text, "%ux%u!,kernel=linear", (unsigned)width, (unsigned)height);
    return recipe_add(recipe, "resize", text, error);
}

/* The steps that make an image upright. */
static int add_turn(struct pm_recipe *recipe, unsigned orientation, struct pm_error *error)
{
    static const struct {
        const char *rotate, *mirror;
    } turns[9] = {[2] = {NULL, "flop"}, [3] = {"180", NULL},   [4] = {NULL, "flip"}, [5] = {"90", "flop"},
                  [6] = {"90", NULL},   [7] = {"270", "flop"}, [8] = {"270", NULL}};
    if (turns[orientation].rotate != NULL &&
        recipe_add(recipe, "rotate", turns[orientation].rotate, error) != 0)
        return -1;
    return turns[orientation].mirror == NULL ? 0 : recipe_add(recipe, turns[orientation].mirror, NULL, error);
}

/* The size of the map of an image of width x height, upright. */
static void result_size(const struct run *run, const struct pm_info *map, uint32_t *width, uint32_t *height)
{
    const struct pm_info *info = &run->plan.info;
    const double x = (double)map->width / info->width, y = (double)map->height / info->height;
    const double scale = x < y ? x : y, share = scale < 1 ? scale : 1;
    *width = (uint32_t)fmax(1, floor(run->image.width * share + 0.5));
    *height = (uint32_t)fmax(1, floor(run->image.height * share + 0.5));
}

/* Returns 0, or -1 with `error` filled: a step can't be applied to a map. */
static int make_recipe(const struct run *run, const struct pm_info *map, struct pm_recipe *recipe,
                       struct pm_error *error)
{
    const struct pm_recipe *own = run->recipe;
    const struct pm_info *info = &run->plan.info;
    uint32_t width, height;
    bool at_full_size = false;
    recipe_init(recipe);
    recipe->format = run->plan.format;
    memcpy(recipe->options, own->options, sizeof recipe->options);
    recipe->no_autorotate = recipe->allow_truncated = true;
    recipe->gain_map = GAIN_MAP_DROP;
    for (size_t i = 0; i < own->nsteps; i++) {
        const enum step_kind kind = kind_of(&own->steps[i]);
        if (kind == STEP_OTHER)
            return error_set(error, PM_ERROR_UNSUPPORTED, "the step %s can't be applied to it",
                             own->steps[i].filter->name);
        at_full_size = at_full_size || kind == STEP_MEASURES;
    }
    if (at_full_size && add_resize(recipe, info->width, info->height, error) != 0)
        return -1;
    if (run->plan.upright && add_turn(recipe, info->orientation, error) != 0)
        return -1;
    for (size_t i = 0; i < own->nsteps; i++) {
        const enum step_kind kind = kind_of(&own->steps[i]);
        if (kind == STEP_COLORS || (kind == STEP_SCALES && !at_full_size))
            continue;
        if (recipe->nsteps == RECIPE_STEPS_MAX)
            return error_set(error, PM_ERROR_LIMIT, "the recipe has too many steps for it");
        recipe->steps[recipe->nsteps++] = own->steps[i];
    }
    result_size(run, map, &width, &height);
    return add_resize(recipe, width, height, error);
}

/* --- the result ---------------------------------------------------------------------------------------- */

static void be_silent(struct context *context, const char *message)
{
    (void)context, (void)message;
}

/* The image's context with other memory, without warnings or times of stages, and with its own error. */
struct side_context {
    struct arena arenas[3];
    struct context_ops ops;
    struct context context;
    struct pm_error error;
};

static void side_begin(struct side_context *side, const struct context *context)
{
    enum { FIRST_BYTES = 1 << 20 };
    for (int i = 0; i < 3; i++)
        arena_init(&side->arenas[i], FIRST_BYTES);
    side->ops = context->ops != NULL ? *context->ops : (struct context_ops){.warn = NULL};
    side->ops.warn = be_silent;
    side->ops.enter = NULL;
    side->error = (struct pm_error){.kind = PM_OK};
    side->context = *context;
    side->context.ops = &side->ops;
    side->context.arena = &side->arenas[0];
    side->context.spare = &side->arenas[1];
    side->context.job_arena = &side->arenas[2];
    side->context.memo = NULL;
    side->context.error = &side->error;
}

static void side_end(struct side_context *side)
{
    for (int i = 0; i < 3; i++)
        arena_free(&side->arenas[i]);
}

/* Makes the map's file for the result. */
static int make_map(const struct run *run, const uint8_t *data, size_t size, struct buffer *out,
                    struct context *context)
{
    struct memory_source memory;
    struct pm_info info;
    struct pm_blob jpeg;
    struct gain_map map;
    struct buffer plain = {0};
    struct transform_result ignored;
    if (gain_map_find(data, size, &jpeg, &map, context->error) != 0)
        return -1;
    memory_source_init(&memory, jpeg.data, jpeg.size);
    const struct codec *codec = codec_probe(&memory.source, &info, context->error);
    struct pm_recipe *recipe = arena_alloc(context->job_arena, sizeof *recipe);
    if (recipe == NULL)
        return error_memory(context->error, sizeof *recipe);
    if (codec == NULL || make_recipe(run, &info, recipe, context->error) != 0)
        return -1;
    if ((uint64_t)info.width * info.height > (uint64_t)run->plan.info.width * run->plan.info.height)
        return error_set(context->error, PM_ERROR_LIMIT, "it is larger than the image");
    int status = transform(recipe, NULL, jpeg.data, jpeg.size, NULL, context, &plain, &ignored);
    if (status == 0 && gain_map_append(&map, &plain, out) != 0)
        status = error_memory(context->error, plain.size);
    buffer_free(&plain);
    return status;
}

static int encode_image(struct run *run, struct buffer *out)
{
    return codec_encode(run->plan.format, &run->image, recipe_options(run->recipe, run->plan.format), out,
                        run->context);
}

static int encode_both(struct run *run, const struct buffer *map, struct buffer *out)
{
    struct context *context = run->context;
    struct pm_blob *xmp = &run->image.meta.xmp;
    const size_t at = out->size;
    char *packet = arena_alloc(context->job_arena, xmp->size + GAIN_MAP_XMP);
    if (packet == NULL)
        return error_memory(context->error, xmp->size + GAIN_MAP_XMP);
    size_t size = gain_map_announce(*xmp, map->size, packet);
    if (size == 0) {
        context_warn(context, "XMP is left out: the announcement of the gain map can't be added to it");
        size = gain_map_announce((struct pm_blob){.data = NULL}, map->size, packet);
    }
    *xmp = (struct pm_blob){(const uint8_t *)packet, size};
    if (encode_image(run, out) != 0)
        return -1;
    return gain_map_join(out, at, map) == 0 ? 0 : error_memory(context->error, map->size);
}

int gainmap_encode(struct run *run, const uint8_t *data, size_t size, struct buffer *out)
{
    struct side_context side;
    struct buffer map = {0};
    side_begin(&side, run->context);
    const int made = make_map(run, data, size, &map, &side.context);
    int status;
    if (made == 0) {
        status = encode_both(run, &map, out);
    } else if (context_checkpoint(run->context) != 0) {
        status = -1; /* the job was stopped */
    } else {
        context_warn(run->context, "its gain map is left out: %s", side.error.message);
        status = encode_image(run, out);
    }
    buffer_free(&map);
    side_end(&side);
    return status;
}
