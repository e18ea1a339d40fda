/*
 * transform: decode, apply each step, encode; an animation frame by frame (animation.c). Conversions between
 * steps (applying the orientation, premultiplying alpha, merging planes) are chosen here, from the next
 * step's descriptor. An encrypted file is decrypted before the first step; encryption comes after the last.
 *
 * If the first step can, it reads rows directly from the decoder. Otherwise, and after that, the image is in
 * one of two arenas; the current step makes the next image in the other one, then the first is reset. If a
 * step returns its input's samples, nothing is swapped.
 */
#include "transform/transform.h"

#include <string.h>

#include "codec/sealed/sealed.h"
#include "filter/orient.h"
#include "image/convert.h"
#include "image/orientation.h"
#include "image/row_source.h"
#include "transform/gainmap.h"
#include "transform/metadata.h"
#include "transform/paint.h"
#include "transform/run.h"
#include "transform/transcode.h"

static bool shares_samples(const struct pm_image *a, const struct pm_image *b)
{
    for (unsigned i = 0; i < a->nplanes; i++) {
        const struct pm_plane *p = &a->plane[i];
        const uint8_t *end = p->data + p->stride * p->height;
        for (unsigned k = 0; k < b->nplanes; k++) {
            if (b->plane[k].data >= p->data && b->plane[k].data < end)
                return true;
        }
    }
    return false;
}

static void swap_arenas(struct run *run)
{
    struct context *context = run->context;
    struct arena *arena = context->arena;
    context->arena = context->spare;
    context->spare = arena;
    for (int i = 0; i < 2; i++) {
        const struct run_floor *floor = &run->floors[i];
        if (floor->arena == context->arena && floor->mark.used > 0) {
            arena_release(context->arena, floor->mark);
            return;
        }
    }
    arena_reset(context->arena);
}

/* Copies orientation and metadata to the next image. */
static void run_carry(const struct run *run, struct pm_image *next)
{
    next->orientation = run->image.orientation;
    next->meta = run->image.meta;
}

/* Makes `next`, allocated in context->arena, the current image. */
static void run_advance(struct run *run, struct pm_image *next)
{
    bool shared = shares_samples(&run->image, next);
    run->image = *next;
    if (!shared)
        swap_arenas(run);
    run->shape.format = next->format;
}

/* What the colours of sRGB become in the image as it is now; NULL: they stay. */
static int run_find_paint(struct run *run, const struct pipeline **paint)
{
    const bool converted = run->recolor.begun && !run->recolor.failed && run->recolor.target != COLOR_KEEP;
    const enum pm_exif_color exif = converted ? PM_EXIF_COLOR_NONE : run->plan.info.exif_color;
    return paint_find(&run->recolor, &run->image, exif, run->context, paint);
}

/* Converts the image to one of the formats accepts[]; alpha is flattened over the background in the image's
 * colours. */
static int run_convert(struct run *run, const struct pm_pixel_format *accepts)
{
    uint8_t background[3] = {run->recipe->background[0], run->recipe->background[1],
                             run->recipe->background[2]};
    const struct pm_pixel_format *want = convert_best(&run->image.format, accepts, background);
    const struct pipeline *paint = NULL;
    if (want != NULL && want->alpha == PM_ALPHA_NONE && pixels_have_alpha(&run->image.format) &&
        run_find_paint(run, &paint) != 0)
        return -1;
    if (paint != NULL)
        pipeline_color(paint, background);
    const struct conversion *step;
    struct convert_goal goal;
    if (want == NULL)
        return error_set(run->context->error, PM_ERROR_INTERNAL,
                         "is in a pixel format without a conversion (please report this)");
    while ((step = convert_next(&run->image.format, want, background, &goal)) != NULL) {
        struct pm_image next = {0};
        if (step->run(&run->image, &goal, &next, run->context) != 0)
            return -1;
        run_carry(run, &next);
        run_advance(run, &next);
    }
    return 0;
}

/* Turns the samples upright. */
static int run_orient(struct run *run)
{
    struct pm_image next = {0};
    if (orient_apply(&run->image, run->image.orientation, &next, run->context) != 0)
        return -1;
    run_advance(run, &next);
    run->image.orientation = 1;
    return 0;
}

/* Of a picture that is read as rows, only the shape: run_rows turns what the first step makes of them. */
static int run_upright(struct run *run)
{
    const unsigned orientation = run->image.orientation;
    if (!run->plan.upright || orientation <= 1)
        return 0;
    if (run->rows == NULL && run_orient(run) != 0)
        return -1;
    run->reframed = true;
    if (orientation_transposes(orientation)) {
        run->transposed = !run->transposed;
        run->shape = shape_transposed(run->shape);
    }
    return 0;
}

int run_settle(struct run *run)
{
    if (run->settled)
        return 0;
    run->settled = true;
    const bool converted = !run->recolor.failed;
    const enum color_target target = run->recolor.begun ? run->recolor.target : run->plan.color;
    const struct codec *format = run->plan.format;
    const struct picture_facts facts = {
        .mime = format->mime,
        .transposed = run->transposed,
        .reframed = run->reframed,
        .moved = run->reframed || run->image.width != run->plan.start.width ||
                 run->image.height != run->plan.start.height,
        .colors = metadata_color_facts(target, converted),
    };
    if (metadata_settle(&run->image, facts, run->recipe->keep, run->context) != 0)
        return -1;
    return metadata_settle_colors(&run->image, format, target, &run->recolor.profile, run->recipe->no_profile,
                                  converted, run->context);
}

/* Converts samples and metadata to what the encoder accepts. */
static int run_fit_codec(struct run *run)
{
    const struct codec *format = run->plan.format;
    return run_convert(run, format->accepts(recipe_options(run->recipe, format))) == 0 ? run_settle(run) : -1;
}

/* No more rows are needed. */
static void end_rows(struct run *run)
{
    if (run->rows != NULL)
        row_source_end(run->rows);
    run->rows = NULL;
}

static int run_recolor_to(struct run *run, struct recolor *recolor, enum color_target target)
{
    struct pm_image next;
    if (recolor_begin(recolor, run->recipe, target, &run->plan.info, &run->image, run->context) != 0 ||
        run_convert(run, recolor_formats(recolor)) != 0 ||
        recolor_apply(recolor, &run->image, &next, run->context) != 0)
        return -1;
    if (recolor_uses_intent(recolor, run->recipe))
        run->colors = COLORS_BY_INTENT;
    else if (recolor_converts(recolor) && run->colors == COLORS_KEPT)
        run->colors = COLORS_BY_CURVES;
    run_advance(run, &next);
    return 0;
}

int run_recolor(struct run *run, size_t step)
{
    struct recolor to_srgb = {.begun = false};
    if (step == run->plan.srgb_at) {
        if (run_recolor_to(run, &to_srgb, COLOR_SRGB) != 0)
            return -1;
        run->image.meta.has_srgb = true; /* whatever the EXIF says */
    }
    return step == run->plan.recolor_at ? run_recolor_to(run, &run->recolor, run->plan.color) : 0;
}

int run_step(struct run *run, size_t index)
{
    return run_step_from(run, run, index);
}

/* Completes the step's parameters, in the image's colours, and converts the image to what it accepts. */
static int run_prepare(struct run *run, size_t index, struct recipe_step *step)
{
    const bool converted = run->recolor.begun && !run->recolor.failed && run->recolor.target != COLOR_KEEP;
    const enum pm_exif_color exif = converted ? PM_EXIF_COLOR_NONE : run->plan.info.exif_color;
    if (plan_complete(run->recipe, index, exif, step, run->context->error) != 0)
        return -1;
    if (run_convert(run, filter_accepts(step->filter, step->params)) != 0)
        return -1;
    const struct pipeline *paint = NULL;
    if (step->filter->paint != NULL && filter_paints(step->filter, step->params) &&
        run_find_paint(run, &paint) != 0)
        return -1;
    if (paint != NULL)
        step->filter->paint(step->params, paint);
    return 0;
}

/* Finds the result's shape, and in the pixels what the step needs of them. */
static int run_measure(struct run *run, struct run_found *found, struct recipe_step *step,
                       struct shape *planned)
{
    if (found == NULL || step->filter->measure == NULL)
        return filter_measure(step->filter, step->params, &run->image, planned, run->context);
    if (found->known) {
        memcpy(step->params, found->params, sizeof found->params);
        planned->width = found->width;
        planned->height = found->height;
        return 0;
    }
    if (filter_measure(step->filter, step->params, &run->image, planned, run->context) != 0)
        return -1;
    *found = (struct run_found){.known = true, .width = planned->width, .height = planned->height};
    memcpy(found->params, step->params, sizeof found->params);
    return 0;
}

int run_look(struct run *run, size_t index)
{
    struct recipe_step step;
    struct run_found *found = &run->found[index];
    struct shape planned = run->shape;
    if (run_prepare(run, index, &step) != 0)
        return -1;
    if (found->width > 0)
        memcpy(step.params, found->params, sizeof found->params);
    found->known = false;
    return run_measure(run, found, &step, &planned);
}

/* Applies the first step to rows, and then the orientation. */
static int run_rows(struct run *run, const struct recipe_step *step, const struct shape *planned,
                    struct pm_image *next)
{
    const unsigned orientation = run->plan.upright ? run->image.orientation : 1;
    const struct shape stored = orientation_transposes(orientation) ? shape_transposed(*planned) : *planned;
    if (step->filter->apply_rows(step->params, &run->image, run->rows, &stored, next, run->context) != 0)
        return -1;
    end_rows(run);
    if (orientation <= 1)
        return 0;
    run_carry(run, next);
    run_advance(run, next);
    *next = (struct pm_image){0};
    if (orient_apply(&run->image, orientation, next, run->context) != 0)
        return -1;
    run->image.orientation = 1;
    return 0;
}

int run_step_from(struct run *run, const struct run *from, size_t index)
{
    struct recipe_step step;
    if (run_prepare(run, index, &step) != 0)
        return -1;
    const struct filter *filter = step.filter;
    struct shape planned = from->shape;
    planned.format = run->shape.format;
    if (run_measure(run, run->found != NULL ? &run->found[index] : NULL, &step, &planned) != 0)
        return -1;
    plan_settle_planes(&run->plan, &step, &planned);
    if (run->plan.measures && filter->measure != NULL &&
        plan_check_measured(run->recipe, &run->plan, index + 1, &planned, run->context->max_pixels,
                            run->context->error) != 0)
        return -1;
    struct pm_image next = {0};
    if ((run->rows != NULL ? run_rows(run, &step, &planned, &next)
                           : filter->apply(step.params, &run->image, &planned, &next, run->context)) != 0)
        return -1;
    run->shape = planned;
    run_carry(run, &next);
    run_advance(run, &next);
    if (filter->transposes != NULL && filter->transposes(step.params))
        run->transposed = !run->transposed;
    run->reframed =
        run->reframed || filter->reframes || (filter->conceals != NULL && filter->conceals(step.params));
    return 0;
}

/* Decrypts; the image's metadata and orientation are known only after this. */
static int run_decrypt(struct run *run)
{
    struct pm_image picture;
    if (!run->recipe->decrypts)
        return 0;
    const struct pm_secrets *secrets = run->secrets;
    const struct pm_secret *secret = secrets != NULL && secrets->has_decrypt ? &secrets->decrypt : NULL;
    if (sealed_decrypt(&run->image, secret, &picture, run->context) != 0)
        return -1;
    run_advance(run, &picture);
    return 0;
}

static int run_encrypt(struct run *run)
{
    struct pm_image noise;
    if (!run->recipe->encrypts)
        return 0;
    const struct pm_secrets *secrets = run->secrets;
    const struct pm_secret *secret = secrets != NULL && secrets->has_encrypt ? &secrets->encrypt : NULL;
    if (secret != NULL && run->recipe->decrypts && memcmp(secret->id, secrets->decrypt.id, PM_ID_BYTES) == 0)
        return error_set(run->context->error, PM_ERROR_USAGE, "encrypt needs a new id, not the input's");
    if (sealed_encrypt(&run->image, secret, &noise, run->context) != 0)
        return -1;
    run_advance(run, &noise);
    return 0;
}

int run_finish(struct run *run)
{
    if (run_recolor(run, run->recipe->nsteps) != 0)
        return -1;
    if (run->image.width != run->shape.width || run->image.height != run->shape.height)
        return error_set(run->context->error, PM_ERROR_INTERNAL,
                         "a step's result does not have the planned size (please report this)");
    return run_fit_codec(run) == 0 ? run_encrypt(run) : -1;
}

void run_enter(struct run *run, enum pm_stage stage)
{
    run->stage = stage;
    context_enter(run->context, stage);
}

int run_encode(struct run *run, struct buffer *out)
{
    const struct codec *format = run->plan.format;
    if (run->plan.keeps_gain)
        return gainmap_encode(run, run->data, run->size, out);
    const size_t start = out->size;
    const int status =
        run->recipe->target_size > 0
            ? target_encode(run->recipe, format, &run->image, out, run->context)
            : codec_encode(format, &run->image, recipe_options(run->recipe, format), out, run->context);
    return status == 0 && run->plan.copies ? run_keep_smaller(run, start, out) : status;
}

/* The decoded image and its gain map become an HDR picture. */
static int run_apply_gain(struct run *run)
{
    static const struct pm_pixel_format accepts[] = {
        PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8), PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8), {.depth = 0}};
    struct pm_image next = {0};
    if (!run->plan.applies_gain)
        return 0;
    if (run_convert(run, accepts) != 0 ||
        gainmap_apply(&run->image, run->data, run->size, run->plan.info.exif_color, &next, run->context) != 0)
        return -1;
    run_advance(run, &next);
    return 0;
}

int run_open(struct run *run, const uint8_t *data, size_t size)
{
    struct context *context = run->context;
    const struct plan *plan = &run->plan;
    run_enter(run, PM_STAGE_DECODE);
    run->data = data;
    run->size = size;
    run->reader = reader_open(plan->input, &plan->info, data, size, &plan->request, context);
    if (run->reader == NULL)
        return -1;
    const bool used =
        plan->request.animation || !plan_has_still(plan->input, &plan->info); /* else the reader warns */
    if (plan->input->animated && used && plan->frames < plan->info.frames && run->recipe->frame == 0)
        context_warn(context, "only the first of %u frames is in the result (its format has no animations)",
                     plan->info.frames);
    return 0;
}

/* Skips the frames before the plan's first. *meta: metadata of the file's first frame. */
static int run_skip(struct run *run, struct pm_metadata *meta)
{
    struct context *context = run->context;
    for (unsigned i = 1; i < run->plan.first; i++) {
        const struct arena_mark mark = arena_mark(context->job_arena);
        struct frame frame;
        if (context_checkpoint(context) != 0 || reader_frame(run->reader, &frame, context) != 0)
            return -1;
        if (i == 1)
            *meta = frame.image.meta;
        else
            arena_release(context->job_arena, mark);
        arena_reset(context->arena);
    }
    return 0;
}

/* Decodes the image, or sets up its row source. */
static int run_decode(struct run *run)
{
    if (run->plan.request.window > 0)
        return reader_rows(run->reader, &run->image, &run->rows, run->context);
    struct frame frame;
    struct pm_metadata meta;
    if (run_skip(run, &meta) != 0 || reader_frame(run->reader, &frame, run->context) != 0)
        return -1;
    if (run->plan.first > 1)
        frame.image.meta = meta;
    run->image = frame.image;
    run->time = frame.time;
    return 0;
}

int run_load(struct run *run)
{
    run_enter(run, PM_STAGE_DECODE);
    if (run_decode(run) != 0)
        return -1;
    swap_arenas(run);
    run->image.meta.bits = run->recipe->decrypts ? 0 : run->plan.info.depth;
    run->shape = image_shape(&run->image);
    run->shape.width = run->plan.info.width;
    run->shape.height = run->plan.info.height;
    run->transposed = run->reframed = false;
    run_enter(run, PM_STAGE_FILTER);
    return run_decrypt(run) == 0 && run_apply_gain(run) == 0 ? run_upright(run) : -1;
}

int run_frame(struct run *run)
{
    if (run_load(run) != 0)
        return -1;
    for (size_t i = 0; i < run->recipe->nsteps; i++) {
        if (run_recolor(run, i) != 0 || run_step(run, i) != 0)
            return -1;
    }
    if (run_finish(run) != 0)
        return -1;
    run_enter(run, PM_STAGE_ENCODE);
    return 0;
}

void run_close(struct run *run)
{
    end_rows(run);
    reader_close(run->reader);
    run->reader = NULL;
}

static int run_all(struct run *run, const struct plan *plan, const uint8_t *data, size_t size,
                   struct buffer *out)
{
    struct context *context = run->context;
    run_enter(run, PM_STAGE_DECODE);
    if (plan != NULL)
        run->plan = *plan;
    else if (plan_make_for(run->recipe, data, size, context->max_pixels, &run->plan, context->error) != 0)
        return -1;
    const enum transcode_status transcoded =
        run->plan.transcodes ? transcode_run(run, data, size, out) : TRANSCODE_NO;
    if (transcoded != TRANSCODE_NO)
        return transcoded == TRANSCODE_DONE ? 0 : -1;
    if (run_open(run, data, size) != 0)
        return -1;
    if (run->plan.frames > 1)
        return run_animation(run, out);
    return run_frame(run) == 0 ? run_encode(run, out) : -1;
}

int transform(const struct pm_recipe *recipe, const struct plan *plan, const uint8_t *data, size_t size,
              const struct pm_secrets *secrets, struct context *context, struct buffer *out,
              struct transform_result *result)
{
    struct run run = {.recipe = recipe, .secrets = secrets, .context = context};
    struct arena *arena = context->arena, *spare = context->spare;
    *result = (struct transform_result){0};
    const int status = run_all(&run, plan, data, size, out);
    if (status == 0)
        *result = (struct transform_result){
            .width = run.image.width,
            .height = run.image.height,
            .colors = run.colors,
            .pixels_in = (uint64_t)run.plan.info.width * run.plan.info.height * run.plan.frames,
        };
    else
        context->error->stage = run.rows != NULL && run.rows->failed ? PM_STAGE_DECODE : run.stage;
    run_close(&run);
    /* Restore each arena's role, so that its size is stable over jobs. */
    context->arena = arena;
    context->spare = spare;
    return status;
}
