/* Finds the tone curves of a picture's samples, and their tables. */
#include <string.h>

#include "color/light.h"
#include "color/source.h"
#include "color/target.h"

enum { LIGHT_KEY = 0x6c69 }; /* distinguishes these keys in the memo */

/* Everything that the tables of light depend on, without padding; the bytes of a profile follow. */
struct light_key {
    uint16_t what, transfer;
    uint32_t gray, depth, icc;
    double curve[5];
};

/* Finds the colour space whose curves apply: sRGB's, with a warning, if the picture's own are unknown. */
static void find_space(const struct pm_metadata *meta, enum pm_exif_color exif, bool gray,
                       struct color_source *source, struct context *context)
{
    color_source_find(meta, exif, gray, source);
    if ((source->known || source->is_hdr) && color_space_is_invertible(&source->space))
        return;
    context_warn(context, "its transfer curve is unknown: sums in linear light take sRGB's");
    source->origin = COLOR_ASSUMED;
    color_target_space(COLOR_SRGB, gray, &source->space);
}

const struct light *light_find(const struct pm_metadata *meta, enum pm_exif_color exif, bool gray,
                               unsigned depth, struct context *context)
{
    struct color_source source;
    find_space(meta, exif, gray, &source, context);
    const bool icc = source.origin == COLOR_FROM_ICC;
    struct light_key head = {LIGHT_KEY, (uint16_t)source.space.curve[0].transfer, gray, depth, icc, {0}};
    if (!icc)
        memcpy(head.curve, &source.space.curve[0].power, sizeof head.curve);
    const size_t size = sizeof head + (icc ? meta->icc.size : 0);
    uint8_t *key = arena_alloc(context->job_arena, size);
    const struct light *light = NULL;
    if (key != NULL) {
        memcpy(key, &head, sizeof head);
        if (icc)
            memcpy(key + sizeof head, meta->icc.data, meta->icc.size);
        light = memo_find(context->memo, key, size);
    }
    if (key != NULL && light == NULL) {
        light = light_make(&source.space, depth, context->job_arena);
        if (light != NULL)
            memo_keep(context->memo, key, size, light, light->bytes);
    }
    if (light == NULL)
        error_memory(context->error, size);
    return light;
}
