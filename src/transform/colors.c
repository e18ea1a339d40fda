#include "transform/colors.h"

#include <stdio.h>
#include <string.h>

#include "color/matrix_profile.h"

/* Makes the profile. Returns 0, or -1 with `error` filled; *made says whether there is one. */
static int make_profile(struct pm_image *image, const struct color_description *description, const char *name,
                        bool *made, struct context *context)
{
    uint8_t *bytes = arena_alloc(context->job_arena, MATRIX_PROFILE_MAX);
    if (bytes == NULL)
        return error_memory(context->error, MATRIX_PROFILE_MAX);
    const size_t size = matrix_profile_write(description, image->format.color == PM_COLOR_GRAY, name, bytes);
    *made = size > 0;
    if (*made)
        image->meta.icc = (struct pm_blob){bytes, size};
    return 0;
}

static int settle_cicp(struct pm_image *image, const struct codec *format, struct context *context)
{
    static const uint8_t srgb[4] = {1, 13, 0, 1};
    struct pm_metadata *meta = &image->meta;
    const uint8_t *cicp = meta->cicp;
    struct color_description description;
    char name[32];
    bool made = false;
    if (memcmp(cicp, srgb, sizeof srgb) == 0 && meta->icc.data == NULL)
        return 0;
    snprintf(name, sizeof name, "cICP %u/%u", cicp[0], cicp[1]);
    if (color_from_cicp(cicp, &description) && make_profile(image, &description, name, &made, context) != 0)
        return -1;
    if (!made)
        context_warn(context,
                     "its colours change: %s can't store %s/%u/%u, and there is no equal ICC profile%s",
                     format->name, name, cicp[2], cicp[3],
                     meta->icc.data != NULL ? "; the file's own ICC profile is used" : "");
    return 0;
}

static int settle_gamma(struct pm_image *image, struct context *context)
{
    struct pm_metadata *meta = &image->meta;
    const double gamma = meta->has_gamma ? meta->gamma : 0;
    const double *primaries = meta->has_chromaticities ? meta->chromaticities : NULL;
    const bool same_primaries =
        primaries == NULL || image->format.color == PM_COLOR_GRAY || color_primaries_are_srgb(primaries);
    struct color_description description;
    char name[48];
    bool made = false;
    if ((gamma == 0 || color_gamma_is_srgb(gamma)) && same_primaries)
        return 0;
    snprintf(name, sizeof name, "gAMA %.5f%s", gamma, primaries != NULL ? ", cHRM" : "");
    if (color_from_gamma(gamma, primaries, &description) &&
        make_profile(image, &description, gamma > 0 ? name : "cHRM", &made, context) != 0)
        return -1;
    if (!made)
        context_warn(context, "its colours change: there is no ICC profile equal to its gAMA or cHRM");
    return 0;
}

int colors_settle(struct pm_image *image, const struct codec *format, struct context *context)
{
    const struct pm_metadata *meta = &image->meta;
    if (format->color_chunks)
        return 0;
    if (meta->has_mastering || meta->has_light)
        context_warn(context,
                     "its mastering display and light levels (mDCV, cLLI) are left out: %s can't store them",
                     format->name);
    if (meta->has_cicp)
        return format->cicp ? 0 : settle_cicp(image, format, context);
    if (meta->icc.data != NULL || meta->has_srgb)
        return 0;
    return settle_gamma(image, context);
}
