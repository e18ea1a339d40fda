#include "transform/plan.h"

#include <inttypes.h>
#include <math.h>

#include "codec/sealed.h"
#include "image/image.h"

struct shape plan_input_shape(const struct pm_info *info)
{
    return (struct shape){
        .width = info->width,
        .height = info->height,
        .format = info->pixels,
    };
}

struct shape plan_fitted(const struct shape *shape, const struct codec *format, const uint8_t background[3])
{
    struct shape fitted = *shape;
    if (format->holds(&fitted))
        return fitted;
    struct shape bare = fitted;
    bare.format = pixels_with_depth(pixels_with_alpha(bare.format, PM_ALPHA_NONE), 8);
    if (!format->holds(&bare)) {
        fitted.format =
            (struct pm_pixel_format)PIXELS(PM_COLOR_RGB, fitted.format.alpha, fitted.format.depth);
    }
    if (fitted.format.alpha &&
        !format->holds(&(struct shape){.format = PIXELS(fitted.format.color, PM_ALPHA_STRAIGHT, 8)})) {
        bool gray = background[0] == background[1] && background[1] == background[2];
        fitted.format.color = gray ? fitted.format.color : PM_COLOR_RGB;
        fitted.format.alpha = PM_ALPHA_NONE;
    }
    if (!format->holds(&fitted))
        fitted.format = pixels_with_depth(fitted.format, 8);
    return fitted;
}

/* Noise must not be filtered, and what is no noise can't be decrypted. */
static int check_encryption(const struct pm_recipe *recipe, const struct pm_info *info,
                            const struct codec *format, struct pm_error *error)
{
    if (recipe->decrypts && !info->encrypted)
        return error_set_hint(error, PM_ERROR_UNSUPPORTED, PM_HINT_NO_DECRYPT, "is not encrypted by pixmill");
    const bool kept_sealed = recipe->nsteps == 0 && !recipe->encrypts && format == sealed_codec;
    if (info->encrypted && !recipe->decrypts && !kept_sealed)
        return error_set_hint(error, PM_ERROR_UNSUPPORTED, PM_HINT_DECRYPT, "is encrypted");
    /* Who encrypts may keep nothing else: better no result than one that has lost the rest for ever. */
    if (recipe->encrypts && info->frames > 1 && recipe->frame == 0)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "is an animation of %u pictures, of which an encrypted image holds only one (save "
                         "each as a file first)",
                         info->frames);
    return 0;
}

/* How long the planes of a YCbCr file stay apart while they are decoded and filtered. */
enum planes_end {
    PLANES_DECODED, /* the decoder merges them: its own upsampling gives the pixels that everybody expects */
    PLANES_MERGED,  /* after a resize, which makes chroma of any size at no cost */
    PLANES_DROPPED, /* all but luma */
    PLANES_ENCODED, /* nothing mixes channels all the way to a JPEG */
};

static enum planes_end planes_end(const struct pm_recipe *recipe, const struct codec *format)
{
    struct shape planes = {.width = 1, .height = 1, .format = PIXELS_YCC(1, 1)};
    bool encoded = format->holds(&planes), resized = false, dropped = false;
    for (size_t i = 0; i < recipe->nsteps; i++) {
        const struct filter *filter = recipe->steps[i].filter;
        if (!filter->each_plane) {
            encoded = false;
            break;
        }
        resized = resized || filter->resamples;
        dropped = dropped || filter->drops_color;
    }
    if (!encoded && !resized)
        return PLANES_DECODED;
    return dropped ? PLANES_DROPPED : encoded ? PLANES_ENCODED : PLANES_MERGED;
}

/* What the planes come to: of chroma that is dropped, little is enough. */
static void choose_planes(enum planes_end end, struct plan *plan)
{
    plan->sampling_x = plan->sampling_y = end == PLANES_DROPPED ? 2 : 1;
    if (end == PLANES_ENCODED) {
        plan->sampling_x = plan->result_sampling_x;
        plan->sampling_y = plan->result_sampling_y;
    }
    const bool full = plan->sampling_x == 1 && plan->sampling_y == 1;
    plan->plane_depth = full && end != PLANES_DECODED ? 16 : 8;
}

/* The step that may have the decoder do a part of its work, or NULL: noise is decoded whole. */
static const struct recipe_step *first_step(const struct pm_recipe *recipe)
{
    return recipe->nsteps > 0 && !recipe->decrypts ? &recipe->steps[0] : NULL;
}

/* A first step that scales down, or leaves nothing of what is fine, lets the decoder shrink on load, as far
 * as the filter's margin allows. */
static void choose_least_size(const struct pm_recipe *recipe, const struct pm_info *info,
                              const struct shape *first, bool turned, struct plan *plan)
{
    struct decode_request *request = &plan->request;
    const struct recipe_step *step = first_step(recipe);
    const struct filter *filter = step != NULL ? step->filter : NULL;
    if (filter == NULL || filter->margin == NULL)
        return;
    double margin = filter->margin(step->params, first);
    double width = margin * (turned ? first->height : first->width);
    double height = margin * (turned ? first->width : first->height);
    if (margin <= 0 || width >= info->width || height >= info->height)
        return;
    /* Chroma that is coarser still than half would come out too coarse, unless it is all shrunk anyway. */
    if (!filter->resamples && (info->pixels.sampling_x > 2 || info->pixels.sampling_y > 2))
        return;
    request->least_width = (uint32_t)ceil(width);
    request->least_height = (uint32_t)ceil(height);
    request->sampling_x = turned ? plan->sampling_y : plan->sampling_x;
    request->sampling_y = turned ? plan->sampling_x : plan->sampling_y;
}

/* A first step that looks at its input from the top down lets the decoder make rows as they are wanted. */
static void choose_window(const struct pm_recipe *recipe, const struct codec *input,
                          const struct pm_info *info, const struct shape *first, bool turned,
                          struct plan *plan)
{
    const struct recipe_step *step = first_step(recipe);
    if (plan->frames > 1 || plan->first > 1 || step == NULL || step->filter->window == NULL ||
        input->rows == NULL || turned || info->interlaced)
        return;
    plan->request.window = step->filter->window(step->params, &plan->start, first);
}

/* Bytes that a picture takes while it is filtered: 16 bits a sample where alpha may have to be premultiplied,
 * or where samples are wide. */
static uint64_t working_bytes(const struct shape *shape, bool wide)
{
    uint64_t bytes = shape_bytes(shape);
    return (shape->format.alpha || wide) && shape->format.depth == 8 ? 2 * bytes : bytes;
}

/* Of metadata that is kept: read, joined of its parts, brought up to date, and parted for a JPEG's segments,
 * once in each part and once while they are made; and what the result holds of it. */
enum { METADATA_COPIES = 6 };

/* All that there are, where the file's codec reads them, the result's format holds them and the recipe makes
 * a picture of each. */
static unsigned count_frames(const struct codec *input, const struct pm_info *info,
                             const struct codec *format, const struct pm_recipe *recipe)
{
    const bool sealed = recipe_has_secret(recipe);
    return input->animated && format->writer != NULL && !sealed && recipe->frame == 0 ? info->frames : 1;
}

static int check_frame(const struct pm_recipe *recipe, const struct codec *input, const struct pm_info *info,
                       struct pm_error *error)
{
    const unsigned there = input->animated ? info->frames : 1;
    if (recipe->frame <= there)
        return 0;
    return error_set(error, PM_ERROR_UNSUPPORTED, "has no frame %u (pixmill reads %u of it)", recipe->frame,
                     there);
}

int plan_make(const struct pm_recipe *recipe, const struct codec *input, const struct pm_info *info,
              uint64_t max_pixels, struct plan *plan, struct pm_error *error)
{
    const struct codec *fixed = recipe_result_format(recipe), *format = fixed != NULL ? fixed : input;
    const void *options = recipe_options(recipe, format);
    const bool only_encrypts = recipe->nsteps == 0 && recipe->encrypts && !recipe->decrypts;
    *plan = (struct plan){
        .input = input,
        .info = *info,
        .format = format,
        .result_sampling_x = 1,
        .result_sampling_y = 1,
        .first = recipe->frame > 0 ? recipe->frame : 1,
        .frames = count_frames(input, info, format, recipe),
        .upright = !recipe->no_autorotate && !only_encrypts,
        .request = {.allow_truncated = recipe->allow_truncated, .keep = recipe->keep},
        .start = plan_input_shape(info),
    };
    if (check_encryption(recipe, info, format, error) != 0 || check_frame(recipe, input, info, error) != 0 ||
        image_check_size(plan->start.width, plan->start.height, max_pixels, error) != 0)
        return -1;

    if (format->sampling != NULL)
        format->sampling(options, &plan->result_sampling_x, &plan->result_sampling_y);
    const enum planes_end end =
        info->pixels.color == PM_COLOR_YCC ? planes_end(recipe, format) : PLANES_DECODED;
    plan->request.planes = end != PLANES_DECODED;
    choose_planes(end, plan);

    bool turned = plan->upright && info->orientation >= 5;
    if (turned) {
        plan->start.width = info->height;
        plan->start.height = info->width;
    }
    struct shape shape = plan->start;
    uint64_t largest = recipe->decrypts ? working_bytes(&shape, false) : 0, scratch = 0;
    bool wide = false;
    for (size_t i = 0; i < recipe->nsteps; i++) {
        const struct recipe_step *step = &recipe->steps[i];
        const struct shape in = shape;
        if (step->filter->plan != NULL && step->filter->plan(step->params, &shape, error) != 0)
            return -1;
        if (image_check_size(shape.width, shape.height, max_pixels, error) != 0)
            return -1;
        if (i == 0) {
            choose_least_size(recipe, info, &shape, turned, plan);
            choose_window(recipe, input, info, &shape, plan->upright && info->orientation > 1, plan);
        }
        wide = wide || (step->filter->resamples && plan->plane_depth == 16);
        if (working_bytes(&shape, wide) > largest)
            largest = working_bytes(&shape, wide);
        if (step->filter->scratch_bytes != NULL &&
            step->filter->scratch_bytes(step->params, &in, &shape) > scratch)
            scratch = step->filter->scratch_bytes(step->params, &in, &shape);
    }
    if (recipe->encrypts && working_bytes(&shape, wide) > largest)
        largest = working_bytes(&shape, wide);
    if (shape.width > format->side_max || shape.height > format->side_max)
        return error_limit(error, format->side_max, shape.width > shape.height ? shape.width : shape.height,
                           "%" PRIu32 " x %" PRIu32 " pixels do not fit a %s file (at most %" PRIu32
                           " on a side)",
                           shape.width, shape.height, format->name, format->side_max);
    if (shape.format.color == PM_COLOR_YCC) {
        shape.format.sampling_x = plan->result_sampling_x;
        shape.format.sampling_y = plan->result_sampling_y;
    }
    plan->result = plan_fitted(&shape, format, recipe->background);
    struct shape flattened = plan->result; /* before its alpha is gone */
    flattened.format.alpha = shape.format.alpha;
    flattened.format.depth = shape.format.depth; /* of the format, only what counts bytes */
    if (shape_bytes(&flattened) > largest)
        largest = shape_bytes(&flattened);

    /* Two arenas, each as large as the largest picture in it: the decoded one (turned or premultiplied it may
     * be copied once), or a step's result; and what a step takes meanwhile. */
    uint64_t decode = input->decode_bytes(info, &plan->request);
    uint64_t start = working_bytes(&plan->start, false), decoded = start < decode ? start : decode;
    uint64_t encode = format->encode_bytes != NULL ? format->encode_bytes(&shape, options) : 0;
    uint64_t other = decoded > largest ? decoded : largest; /* than the decoder's and the last step's */
    plan->work_bytes = decode + (other > encode ? other : encode) + largest + scratch;
    if (recipe->keep != 0)
        plan->work_bytes += METADATA_COPIES * ((uint64_t)info->exif_size + info->xmp_size + info->iptc_size);
    if (__builtin_mul_overflow(format->encode_bound(&plan->result, options), plan->frames,
                               &plan->result_bytes))
        plan->result_bytes = UINT64_MAX;
    return 0;
}

int plan_make_for(const struct pm_recipe *recipe, const uint8_t *data, size_t size, uint64_t max_pixels,
                  struct plan *plan, struct pm_error *error)
{
    struct memory_source memory;
    struct pm_info info;
    memory_source_init(&memory, data, size);
    const struct codec *codec = codec_probe(&memory.source, &info, error);
    return codec != NULL ? plan_make(recipe, codec, &info, max_pixels, plan, error) : -1;
}
