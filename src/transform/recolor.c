#include "transform/recolor.h"

#include <string.h>

#include "color/source.h"
#include "image/exif.h"
#include "image/profile.h"
#include "transform/metadata.h"

const struct pm_pixel_format recolor_accepts[] = {
    FILTER_INTERLEAVED(PM_ALPHA_NONE),
    FILTER_INTERLEAVED(PM_ALPHA_OPAQUE),
    FILTER_INTERLEAVED(PM_ALPHA_STRAIGHT),
    {.depth = 0},
};

/* Everything that a shaper depends on, without padding; followed by a profile, or by the matrix and curve. */
struct shaper_key {
    uint32_t what, target, gray, depth;
};

enum { SHAPER_KEY = 0x73686170 }; /* distinguishes this key from others in the memo */

/* Sets *key to the bytes of the key. Returns its size, or 0 if there is no memory. */
static size_t make_key(const struct shaper_key *head, const struct pm_metadata *meta,
                       const struct color_source *source, struct arena *arena, const void **key)
{
    const bool icc = source->origin == COLOR_FROM_ICC;
    double numbers[9 + 5];
    memcpy(numbers, source->space.to_xyz.at, sizeof source->space.to_xyz.at);
    memcpy(numbers + 9, &source->space.curve[0].power, 5 * sizeof *numbers);
    const void *tail = icc ? (const void *)meta->icc.data : numbers;
    const size_t size = icc ? meta->icc.size : sizeof numbers;
    uint8_t *bytes = arena_alloc(arena, sizeof *head + size);
    if (bytes == NULL)
        return 0;
    memcpy(bytes, head, sizeof *head);
    memcpy(bytes + sizeof *head, tail, size);
    *key = bytes;
    return sizeof *head + size;
}

static const struct shaper *find_shaper(const struct color_source *source, enum color_target target,
                                        const struct pm_image *image, struct context *context)
{
    const struct shaper_key head = {SHAPER_KEY, target, source->space.gray, image->format.bits};
    const void *key = NULL;
    const size_t size = make_key(&head, &image->meta, source, context->job_arena, &key);
    const struct shaper *shaper = size > 0 ? memo_find(context->memo, key, size) : NULL;
    if (shaper != NULL || size == 0)
        return shaper;
    struct color_space to;
    color_target_space(target, source->space.gray, &to);
    shaper = shaper_make(&source->space, &to, image->format.bits, context->job_arena);
    if (shaper != NULL)
        memo_keep(context->memo, key, size, shaper, shaper->bytes);
    return shaper;
}

static void warn_unknown(const struct pm_metadata *meta, const struct color_source *source,
                         struct context *context)
{
    if (source->origin == COLOR_FROM_CICP)
        context_warn(context, "its colours are not converted: there is no conversion from cICP %u/%u/%u/%u",
                     meta->cicp[0], meta->cicp[1], meta->cicp[2], meta->cicp[3]);
    else if (source->origin == COLOR_FROM_ICC)
        context_warn(context, "its colours are not converted: its ICC profile is not a matrix with curves");
    else
        context_warn(context, "its colours are not converted: its gAMA or cHRM is invalid");
}

int recolor_begin(struct recolor *recolor, const struct pm_recipe *recipe, const struct pm_info *info,
                  struct pm_image *image, struct context *context)
{
    struct pm_metadata *meta = &image->meta;
    if (recolor->begun)
        return 0;
    recolor->begun = true;
    if (image->format.color == PM_COLOR_CMYK && meta->icc.data != NULL) {
        context_warn(context, "its CMYK profile is not used: colours are converted without it");
        meta->icc = (struct pm_blob){.data = NULL};
    }
    const bool gray = image->format.color == PM_COLOR_GRAY;
    const enum pm_exif_color exif =
        meta->exif.data != NULL ? exif_color(meta->exif.data, meta->exif.size) : info->exif_color;
    struct color_source source;
    color_source_find(meta, exif, gray, &source);
    if (source.icc_skipped)
        context_warn(context,
                     "the ICC profile is broken or does not match the picture's channels, and is ignored");
    recolor->failed = !source.known;
    if (recolor->failed) {
        warn_unknown(meta, &source, context);
        return 0;
    }
    struct color_space to;
    color_target_space(recipe->color, gray, &to);
    if (color_space_equal(&source.space, &to))
        return 0;
    recolor->shaper = find_shaper(&source, recipe->color, image, context);
    return recolor->shaper != NULL ? 0 : error_memory(context->error, 0);
}

struct recolor_rows {
    const struct shaper *shaper;
    enum simd_level simd;
    unsigned channels;
};

static void recolor_row(const void *in, void *out, uint32_t width, const void *argument)
{
    const struct recolor_rows *rows = argument;
    shaper_row(rows->shaper, rows->simd, in, out, width, rows->channels);
}

int recolor_apply(const struct recolor *recolor, const struct pm_image *in, struct pm_image *out,
                  struct context *context)
{
    const struct recolor_rows rows = {recolor->shaper, context->simd, in->plane[0].channels};
    *out = *in;
    if (recolor->shaper != NULL &&
        (image_alloc_like(out, in, in->format, context) != 0 ||
         plane_map_rows(&in->plane[0], &out->plane[0], recolor_row, &rows, context) != 0))
        return -1;
    if (!recolor->failed)
        metadata_clear_colors(&out->meta);
    return 0;
}
