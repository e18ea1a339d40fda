#include "transform/paint.h"

#include "color/source.h"

/* What the side of an image's colours points to. */
struct colors {
    struct color_space space;
    struct color_hdr hdr;
};

/* Returns false if there is nothing to convert to. */
static bool find_side(const struct recolor *recolor, const struct pm_image *image, enum pm_exif_color exif,
                      struct colors *colors, struct color_side *side)
{
    const bool gray = image->format.color == PM_COLOR_GRAY;
    const bool converted = recolor->begun && !recolor->failed && recolor->target != COLOR_KEEP;
    struct color_source source;
    struct color_space srgb;
    *side = (struct color_side){.channels = gray ? 1 : 3};
    color_target_space(COLOR_SRGB, gray, &srgb);
    if (converted && recolor->target == COLOR_FILE) {
        side->profile = (struct profile){recolor->profile.data, recolor->profile.size};
        return recolor->channels == side->channels;
    }
    if (converted) {
        color_target_space(recolor->target, gray, &colors->space);
        side->space = &colors->space;
        return !color_space_equal(&colors->space, &srgb);
    }
    color_source_find(&image->meta, exif, gray, &source);
    if (source.known) {
        colors->space = source.space;
        side->space = &colors->space;
        return !color_space_equal(&colors->space, &srgb);
    }
    if (source.is_hdr) {
        side->hdr = &colors->hdr;
        return color_hdr_of(&image->meta, &colors->hdr);
    }
    side->profile = (struct profile){image->meta.icc.data, image->meta.icc.size};
    return source.origin == COLOR_FROM_ICC && profile_is_sound(&side->profile);
}

int paint_find(const struct recolor *recolor, const struct pm_image *image, enum pm_exif_color exif,
               struct context *context, const struct pipeline **paint)
{
    struct colors colors;
    struct color_space srgb;
    struct color_side to;
    *paint = NULL;
    if (image->format.color == PM_COLOR_CMYK || !find_side(recolor, image, exif, &colors, &to))
        return 0;
    color_target_space(COLOR_SRGB, image->format.color == PM_COLOR_GRAY, &srgb);
    const struct color_side from = {.space = &srgb, .channels = to.channels};
    struct pipeline *pipeline = arena_alloc(context->job_arena, sizeof *pipeline);
    if (pipeline == NULL)
        return error_memory(context->error, sizeof *pipeline);
    const enum pipeline_result result =
        pipeline_make(&from, &to, INTENT_RELATIVE, true, context->job_arena, pipeline);
    if (result == PIPELINE_NO_MEMORY)
        return error_memory(context->error, 0);
    *paint = result == PIPELINE_MADE ? pipeline : NULL;
    return 0;
}
