#include "transform/plan.h"

#include <inttypes.h>
#include <math.h>

#include "codec/sealed/sealed.h"
#include "codec/writer.h"
#include "color/source.h"
#include "image/convert.h"
#include "image/orientation.h"
#include "transform/gainmap.h"
#include "transform/pictures.h"
#include "transform/plan_color.h"
#include "transform/target.h"
#include "transform/transcode.h"

bool plan_has_still(const struct codec *input, const struct pm_info *info)
{
    return input->animated && info->still_apart;
}

/* An encrypted image must be decrypted before filtering; others can't be decrypted. */
static int check_encryption(const struct pm_recipe *recipe, const struct codec *input,
                            const struct pm_info *info, const struct codec *format, struct pm_error *error)
{
    if (recipe->decrypts && !info->encrypted)
        return error_set_hint(error, PM_ERROR_UNSUPPORTED, PM_HINT_NO_DECRYPT, "is not encrypted by pixmill");
    const bool kept_sealed = recipe->nsteps == 0 && !recipe->encrypts && format == sealed_codec;
    if (info->encrypted && !recipe->decrypts && !kept_sealed)
        return error_set_hint(error, PM_ERROR_UNSUPPORTED, PM_HINT_DECRYPT, "is encrypted");
    /* The encrypted file may be the user's only copy: fail rather than lose the other frames for ever. */
    const unsigned pictures = info->frames + (plan_has_still(input, info) ? info->extra_pictures : 0);
    if (recipe->encrypts && pictures > 1 && recipe->frame == 0)
        return error_set(
            error, PM_ERROR_UNSUPPORTED,
            "is an animation of %u pictures, of which an encrypted image holds only one (save each as a file first)",
            pictures);
    return 0;
}

/* The step before which the planes of a YCbCr file are merged. */
enum planes_end {
    PLANES_DECODED, /* by the decoder, whose upsampling gives the same pixels as other programs */
    PLANES_MERGED,  /* after a resize, which resamples chroma at no extra cost */
    PLANES_DROPPED, /* all planes except luma are dropped */
    PLANES_ENCODED, /* never: no step up to the JPEG encoder mixes channels */
};

static bool takes_planes(const struct recipe_step *step, const struct pm_pixel_format *planes)
{
    return convert_planes_row(filter_accepts(step->filter, step->params), planes) != NULL;
}

/* Can planes go through all steps to the encoder, and be converted to other colours on the way? */
static bool reach_encoder(const struct pm_recipe *recipe, const struct plan *plan,
                          const struct pm_pixel_format *accepts)
{
    const struct pm_pixel_format *planes = &plan->info.pixels, *row = convert_planes_row(accepts, planes);
    if (row == NULL || (plan->recolor_at != PLAN_NEVER && !plan_recolors_planes(plan, row)))
        return false;
    for (size_t i = 0; i < recipe->nsteps; i++) {
        if (!takes_planes(&recipe->steps[i], planes))
            return false;
    }
    return true;
}

static enum planes_end planes_end(const struct pm_recipe *recipe, const struct plan *plan,
                                  const struct pm_pixel_format *accepts)
{
    const bool encoded = reach_encoder(recipe, plan, accepts);
    bool resized = false, dropped = false;
    for (size_t i = 0; i < recipe->nsteps && (encoded || i != plan->recolor_at) && i != plan->srgb_at; i++) {
        const struct filter *filter = recipe->steps[i].filter;
        if (!takes_planes(&recipe->steps[i], &plan->info.pixels))
            break;
        resized = resized || filter->resamples;
        dropped = dropped || filter->drops_color;
    }
    if (!encoded && !resized)
        return PLANES_DECODED;
    return dropped ? PLANES_DROPPED : encoded ? PLANES_ENCODED : PLANES_MERGED;
}

/* Chooses the format of the planes: dropped chroma may be coarse. If all planes end at full size, use wide
 * samples, so that the result can be clamped in RGB. */
static void choose_planes(enum planes_end end, const struct pm_pixel_format *accepts, struct plan *plan)
{
    struct pm_pixel_format *planes = &plan->planes;
    *planes = plan->info.pixels;
    planes->sampling_x = planes->sampling_y = end == PLANES_DROPPED ? 2 : 1;
    if (end == PLANES_ENCODED) {
        const struct pm_pixel_format *row = convert_planes_row(accepts, planes);
        planes->sampling_x = row->sampling_x;
        planes->sampling_y = row->sampling_y;
    }
    if (planes->sampling_x == 1 && planes->sampling_y == 1)
        planes->depth = 16;
}

/* The first step, which may let the decoder do part of its work; NULL: none, or the image is decoded whole:
 * because it is encrypted, or its colours are converted first. */
static const struct recipe_step *first_step(const struct pm_recipe *recipe, const struct plan *plan)
{
    return recipe->nsteps > 0 && !recipe->decrypts && !plan->applies_gain && plan->recolor_at > 0 &&
                   plan->srgb_at > 0
               ? &recipe->steps[0]
               : NULL;
}

/* If the first step reduces or removes fine detail, let the decoder shrink on load, as far as the filter's
 * margin allows. */
static void choose_min_size(const struct pm_recipe *recipe, const struct shape *first, bool turned,
                            struct plan *plan)
{
    const struct pm_info *info = &plan->info;
    struct decode_request *request = &plan->request;
    const struct recipe_step *step = first_step(recipe, plan);
    const struct filter *filter = step != NULL ? step->filter : NULL;
    if (filter == NULL || filter->margin == NULL)
        return;
    double margin = filter->margin(step->params, first);
    double width = margin * (turned ? first->height : first->width);
    double height = margin * (turned ? first->width : first->height);
    if (margin <= 0 || width >= info->width || height >= info->height)
        return;
    /* Chroma coarser than half of luma would become too coarse, unless the filter resamples it. */
    if (!filter->resamples && (info->pixels.sampling_x > 2 || info->pixels.sampling_y > 2))
        return;
    request->min_width = (uint32_t)ceil(width);
    request->min_height = (uint32_t)ceil(height);
    request->sampling_x = turned ? plan->planes.sampling_y : plan->planes.sampling_x;
    request->sampling_y = turned ? plan->planes.sampling_x : plan->planes.sampling_y;
}

/* Can the picture be oriented after its first step? Pictures of tiles, as telephones write them, are: they
 * are never whole in memory then. Others are not large when their decoder has shrunk them. */
static bool turns_late(const struct plan *plan, const struct recipe_step *first)
{
    const struct pm_pixel_format *in = &plan->info.pixels, *out = &plan->planes;
    return first->filter->commutes != NULL && first->filter->commutes(first->params) &&
           plan->info.tile_height > 0 && in->sampling_x == in->sampling_y &&
           out->sampling_x == out->sampling_y;
}

/* If the first step reads its input from the top down, let the decoder make rows on demand. */
static void choose_window(const struct pm_recipe *recipe, const struct shape *first, unsigned orientation,
                          struct plan *plan)
{
    const struct recipe_step *step = first_step(recipe, plan);
    if (plan->frames > 1 || plan->first > 1 || step == NULL || step->filter->window == NULL ||
        (orientation > 1 && !turns_late(plan, step)) ||
        !codec_has_rows(plan->input, &plan->info, &plan->request))
        return;
    const struct shape in = shape_transposed(plan->start), out = shape_transposed(*first);
    plan->request.window = orientation_transposes(orientation)
                               ? step->filter->window(step->params, &in, &out)
                               : step->filter->window(step->params, &plan->start, first);
}

int plan_complete(const struct pm_recipe *recipe, size_t index, enum pm_exif_color exif,
                  struct recipe_step *complete, struct pm_error *error)
{
    const struct recipe_step *step = &recipe->steps[index];
    const char *name = recipe_picture_name(recipe, index);
    const struct filter_lent lent = {.background = recipe->background,
                                     .picture = name != NULL ? pictures_find(recipe->pictures, name) : NULL,
                                     .exif = exif};
    if (name != NULL && (lent.picture == NULL || lent.picture->image == NULL))
        return error_set(error, PM_ERROR_USAGE, "the picture '%.64s' of %s was not given", name,
                         step->filter->name);
    *complete = (struct recipe_step){.filter = step->filter};
    filter_complete(step->filter, step->params, &lent, complete->params);
    return 0;
}

void plan_settle_planes(const struct plan *plan, const struct recipe_step *step, struct shape *shape)
{
    const struct filter *filter = step->filter;
    if (shape->format.color != PM_COLOR_YCC)
        return;
    if (filter->resamples) {
        shape->format = plan->planes;
    } else if (filter->margin != NULL && plan->request.min_width > 0) {
        shape->format.sampling_x = plan->planes.sampling_x;
        shape->format.sampling_y = plan->planes.sampling_y;
    }
}

/* Copies of kept metadata: read, joined, updated, split into JPEG segments (the parts and a temporary copy),
 * and in the result. */
enum { METADATA_COPIES = 6 };

/* All frames, if the input's codec reads them, the result's format holds them and the recipe does not select
 * one. */
static unsigned count_frames(const struct codec *input, const struct pm_info *info,
                             const struct codec *format, const struct pm_recipe *recipe)
{
    const bool sealed = recipe_has_secret(recipe);
    return input->animated && format->writer != NULL && !sealed && recipe->frame == 0 ? info->frames : 1;
}

/* Are frames used, not the still picture that an animation may have beside them? */
static bool uses_animation(const struct codec *input, const struct pm_info *info, const struct codec *format,
                           const struct pm_recipe *recipe)
{
    const bool kept = info->animated && format->writer != NULL && !recipe_has_secret(recipe);
    const bool frames = input->animated && (info->animated || plan_has_still(input, info));
    return frames && (recipe->frame > 0 || kept);
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

/* Can the colours need a conversion? What the file says of them is read only with its pixels. */
static bool may_recolor(const struct pm_recipe *recipe, const struct plan *plan)
{
    const enum color_target target = plan->color;
    const struct pm_info *info = &plan->info;
    if (target == COLOR_KEEP)
        return plan->maps_hdr;
    return target != COLOR_SRGB || recipe->decrypts || info->pixels.color == PM_COLOR_CMYK ||
           plan->applies_gain || color_may_differ_from_srgb(info);
}

/* CMYK with a profile that the result can't have, and what a step needs so, becomes sRGB by the profile. */
static enum color_target choose_target(const struct pm_recipe *recipe, const struct plan *plan,
                                       const struct pm_pixel_format *accepts)
{
    static const uint8_t black[3];
    const struct pm_info *info = &plan->info;
    if (recipe->color != COLOR_KEEP || info->icc_size == 0)
        return recipe->color;
    if (plan_first_of_srgb(recipe, plan) < recipe->nsteps)
        return COLOR_SRGB;
    if (info->pixels.color != PM_COLOR_CMYK)
        return COLOR_KEEP;
    const struct pm_pixel_format *want = convert_best(&info->pixels, accepts, black);
    return want != NULL && want->color == PM_COLOR_CMYK ? COLOR_KEEP : COLOR_SRGB;
}

/* Sets the first step's input, and where planes are merged. */
static void plan_start(const struct pm_recipe *recipe, const struct pm_pixel_format *accepts,
                       struct plan *plan)
{
    const struct pm_info *info = &plan->info;
    const bool only_encrypts = recipe->nsteps == 0 && recipe->encrypts && !recipe->decrypts;
    const bool ycc = info->pixels.color == PM_COLOR_YCC;
    plan->upright = !recipe->no_autorotate && !only_encrypts;
    if (plan->upright && info->orientation >= 5) {
        plan->start.width = info->height;
        plan->start.height = info->width;
    }
    plan->color = choose_target(recipe, plan, accepts);
    plan->maps_hdr = !plan->format->cicp && !plan->format->color_chunks &&
                     (recipe->decrypts || plan->applies_gain || color_is_hdr(info));
    plan->srgb_at = plan->color == COLOR_FILE ? plan_first_of_srgb(recipe, plan) : PLAN_NEVER;
    if (plan->srgb_at == recipe->nsteps)
        plan->srgb_at = PLAN_NEVER;
    plan->recolor_at = may_recolor(recipe, plan) ? plan_choose_recolor(recipe, plan) : PLAN_NEVER;
    /* What writes animations takes no planes: it compares frames pixel by pixel. */
    const enum planes_end end =
        ycc && plan->frames == 1 && !plan->applies_gain ? planes_end(recipe, plan, accepts) : PLANES_DECODED;
    plan->request.planes = end != PLANES_DECODED;
    choose_planes(end, accepts, plan);
    if (ycc && end == PLANES_DECODED)
        plan->start.format = (struct pm_pixel_format)PIXELS(PM_COLOR_RGB, info->pixels.alpha, 8);
    if (plan->applies_gain) {
        plan->start.format = (struct pm_pixel_format)PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 16);
        plan->memory.picture = shape_bytes(&plan->start);
        plan->memory.scratch = shape_bytes(&plan->start) + plan->input->decode_bytes(info, &plan->request);
    }
}

static void note_picture(struct step_memory *memory, const struct shape *shape)
{
    const uint64_t bytes = shape_bytes(shape);
    memory->picture = bytes > memory->picture ? bytes : memory->picture;
}

/* Converts the format of *shape to one of accepts[]. */
static void convert_shape(struct shape *shape, const struct pm_pixel_format *accepts,
                          const uint8_t background[3], struct step_memory *memory)
{
    const struct pm_pixel_format *want = convert_best(&shape->format, accepts, background);
    struct convert_goal goal;
    while (want != NULL && convert_next(&shape->format, want, background, &goal) != NULL) {
        shape->format = goal.format;
        note_picture(memory, shape);
    }
}

/* Plans one step; an upper bound may exceed the limits, as the real size is checked when it is known. */
static int plan_one_step(const struct recipe_step *step, uint64_t max_pixels, struct plan *plan,
                         struct shape *shape, struct step_memory *memory, struct pm_error *error)
{
    const struct filter *filter = step->filter;
    const struct shape in = *shape;
    if (filter->plan != NULL && filter->plan(step->params, shape, error) != 0)
        return -1;
    if (!shape->at_most && image_check_size(shape->width, shape->height, max_pixels, error) != 0)
        return -1;
    plan_settle_planes(plan, step, shape);
    plan->measures = plan->measures || shape->at_most;
    note_picture(memory, shape);
    const uint64_t scratch =
        filter->scratch_bytes != NULL ? filter->scratch_bytes(step->params, &in, shape) : 0;
    memory->scratch = scratch > memory->scratch ? scratch : memory->scratch;
    return 0;
}

static int check_side(const struct codec *format, const struct shape *shape, struct pm_error *error)
{
    const uint32_t longest = shape->width > shape->height ? shape->width : shape->height;
    if (longest <= format->side_max || shape->at_most)
        return 0;
    return error_limit(error, format->side_max, longest,
                       "%" PRIu32 " x %" PRIu32 " pixels do not fit a %s file (at most %" PRIu32
                       " on a side)",
                       shape->width, shape->height, format->name, format->side_max);
}

/* Plans the steps from `next` on, whose input is `shape`, to plan->result. The first of all may reduce the
 * decoder's work. */
static int plan_steps(const struct pm_recipe *recipe, size_t next, struct shape shape, uint64_t max_pixels,
                      struct plan *plan, struct pm_error *error)
{
    const struct codec *format = plan->format;
    struct step_memory *memory = &plan->memory;
    const unsigned orientation = plan->upright ? plan->info.orientation : 1;
    for (size_t i = next; i < recipe->nsteps; i++) {
        struct recipe_step step;
        if (plan_complete(recipe, i, PM_EXIF_COLOR_NONE, &step, error) != 0)
            return -1;
        if (i == plan->recolor_at)
            convert_shape(&shape, recolor_accepts, recipe->background, memory);
        convert_shape(&shape, filter_accepts(step.filter, step.params), recipe->background, memory);
        if (plan_one_step(&step, max_pixels, plan, &shape, memory, error) != 0)
            return -1;
        if (i == 0) {
            choose_min_size(recipe, &shape, orientation >= 5, plan);
            choose_window(recipe, &shape, orientation, plan);
        }
    }
    if (check_side(format, &shape, error) != 0)
        return -1;
    if (plan->recolor_at == recipe->nsteps) {
        convert_shape(&shape, recolor_accepts_for(plan->channels), recipe->background, memory);
        if (plan->color == COLOR_FILE)
            shape.format = recolor_format(plan->channels, shape.format);
        note_picture(memory, &shape);
    }
    convert_shape(&shape, format->accepts(recipe_options(recipe, format)), recipe->background, memory);
    if (recipe->encrypts)
        note_picture(memory, &shape);
    plan->result = shape;
    return 0;
}

/* Two arenas, each as large as the largest image in it (the decoded one, which is copied once if it is
 * rotated, or a step's result), plus the temporary memory of a step or the encoder. */
static void plan_memory(const struct pm_recipe *recipe, struct plan *plan)
{
    const struct codec *format = plan->format;
    const void *options = recipe_options(recipe, format);
    const struct step_memory *memory = &plan->memory;
    const struct pm_info *info = &plan->info;
    const uint64_t decode = plan->input->decode_bytes(info, &plan->request);
    const uint64_t start = shape_bytes(&plan->start), decoded = start < decode ? start : decode;
    uint64_t encode = format->encode_bytes != NULL ? format->encode_bytes(&plan->result, options) : 0;
    if (plan->frames > 1 && format->writer->bytes != NULL)
        encode += format->writer->bytes(&plan->result, plan->frames, options);
    const uint64_t other = decoded > memory->picture ? decoded : memory->picture;
    plan->work_bytes = decode + (other > encode ? other : encode) + memory->picture + memory->scratch;
    if (plan->recolor_at != PLAN_NEVER || recipe->decrypts || plan_describes_colors(info))
        plan->work_bytes += plan_recolor_bytes(recipe, plan);
    plan->work_bytes += recipe->target_size; /* a copy of the best file so far */
    if (recipe->keep != 0)
        plan->work_bytes += METADATA_COPIES * ((uint64_t)info->exif_size + info->xmp_size + info->iptc_size);
    if (__builtin_mul_overflow(format->encode_bound(&plan->result, options), plan->frames,
                               &plan->result_bytes))
        plan->result_bytes = UINT64_MAX;
    if (plan->keeps_gain)
        gainmap_plan_memory(plan);
    if (plan->transcodes || plan->copies)
        transcode_plan_memory(plan);
}

int plan_make(const struct pm_recipe *recipe, const struct codec *input, const struct pm_info *info,
              uint64_t max_pixels, struct plan *plan, struct pm_error *error)
{
    const struct codec *fixed = recipe_result_format(recipe),
                       *format = fixed != NULL ? fixed : codec_written(input);
    *plan = (struct plan){
        .input = input,
        .info = *info,
        .format = format,
        .first = recipe->frame > 0 ? recipe->frame : 1,
        .frames = count_frames(input, info, format, recipe),
        .request = {.allow_truncated = recipe->allow_truncated,
                    .animation = uses_animation(input, info, format, recipe),
                    .page = recipe->page,
                    .libjpeg = recipe->libjpeg,
                    .keep = recipe->keep},
        .start = {.width = info->width, .height = info->height, .format = info->pixels},
    };
    if (check_encryption(recipe, input, info, format, error) != 0 ||
        check_frame(recipe, input, info, error) != 0 ||
        image_check_size(info->width, info->height, max_pixels, error) != 0)
        return -1;
    const struct pm_pixel_format *accepts = format->accepts(recipe_options(recipe, format));
    if (recipe->color == COLOR_FILE && plan_find_profile(recipe, accepts, plan, error) != 0)
        return -1;
    if (recipe->target_size > 0 && target_check(recipe, format, error) != 0)
        return -1;
    if (recipe->target_size > 0 && plan->frames > 1)
        return error_set(error, PM_ERROR_UNSUPPORTED,
                         "an animation has no target-size (choose a frame: frames=first)");
    if (info->gain_map && gainmap_plan(recipe, plan, error) != 0)
        return -1;
    plan_start(recipe, accepts, plan);
    if (recipe->decrypts)
        note_picture(&plan->memory, &plan->start);
    if (plan_steps(recipe, 0, plan->start, max_pixels, plan, error) != 0)
        return -1;
    if (transcode_may(recipe))
        transcode_plan(recipe, plan);
    plan_memory(recipe, plan);
    return 0;
}

void plan_set_request(const struct pm_recipe *recipe, const struct decode_request *request, struct plan *plan)
{
    plan->request = *request;
    plan_memory(recipe, plan);
}

int plan_check_measured(const struct pm_recipe *recipe, const struct plan *plan, size_t next,
                        const struct shape *shape, uint64_t max_pixels, struct pm_error *error)
{
    struct plan again = *plan;
    again.memory = (struct step_memory){0};
    if (plan_steps(recipe, next, *shape, max_pixels, &again, error) != 0)
        return -1;
    plan_memory(recipe, &again);
    const uint64_t needed = again.work_bytes + again.result_bytes,
                   planned = plan->work_bytes + plan->result_bytes;
    if (again.work_bytes <= plan->work_bytes && again.result_bytes <= plan->result_bytes)
        return 0;
    return error_limit(error, planned, needed,
                       "cut to %" PRIu32 " x %" PRIu32 " pixels, its result would be %" PRIu32 " x %" PRIu32
                       ", for which no memory was reserved (give resize both sides, as 800x800)",
                       shape->width, shape->height, again.result.width, again.result.height);
}

int plan_make_for(const struct pm_recipe *recipe, const uint8_t *data, size_t size, uint64_t max_pixels,
                  struct plan *plan, struct pm_error *error)
{
    struct memory_source memory;
    struct pm_info info;
    memory_source_init(&memory, data, size);
    const struct codec *codec = codec_probe_page(&memory.source, recipe->page, &info, error);
    return codec != NULL ? plan_make(recipe, codec, &info, max_pixels, plan, error) : -1;
}

void plan_pack(const struct plan *plan, struct plan_message *message)
{
    *message = (struct plan_message){.plan = *plan,
                                     .input = (uint8_t)codec_index(plan->input),
                                     .format = (uint8_t)codec_index(plan->format)};
    message->plan.input = message->plan.format = NULL;
    message->plan.info.format = NULL;
#if defined(__has_builtin) && __has_builtin(__builtin_clear_padding)
    __builtin_clear_padding(message); /* do not leak this process's memory in the padding */
#endif
}

int plan_unpack(const struct plan_message *message, struct plan *plan, struct pm_error *error)
{
    *plan = message->plan;
    plan->input = codec_at(message->input);
    plan->format = codec_at(message->format);
    if (plan->input == NULL || plan->format == NULL)
        return error_set(error, PM_ERROR_INTERNAL, "its plan names no codec (please report this)");
    plan->info.format = plan->input->name;
    return 0;
}
