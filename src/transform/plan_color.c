#include "transform/plan_color.h"

#include "color/source.h"
#include "image/convert.h"
#include "transform/pictures.h"
#include "transform/recolor.h"

/* Does the step work on CMYK, and need no conversion to RGB? */
static bool takes_cmyk(const struct pm_recipe *recipe, size_t step)
{
    const struct pm_pixel_format inks = PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8);
    struct recipe_step whole;
    struct pm_error ignored = {0};
    return plan_complete(recipe, step, PM_EXIF_COLOR_NONE, &whole, &ignored) == 0 &&
           convert_accepted(&inks, filter_accepts(whole.filter, whole.params));
}

/* Does the step need colours that it can know without the file's profile? */
static bool needs_srgb(const struct pm_recipe *recipe, size_t step, const struct pm_info *info)
{
    return info->pixels.color == PM_COLOR_CMYK ? !takes_cmyk(recipe, step)
                                               : recipe->steps[step].filter->drops_color;
}

size_t plan_first_of_srgb(const struct pm_recipe *recipe, const struct plan *plan)
{
    const struct pm_info *info = &plan->info;
    size_t step = 0;
    if (info->pixels.color == PM_COLOR_GRAY || plan->applies_gain || color_origin_of(info) != COLOR_FROM_ICC)
        return recipe->nsteps;
    while (step < recipe->nsteps && !needs_srgb(recipe, step, info))
        step++;
    return step;
}

size_t plan_choose_recolor(const struct pm_recipe *recipe, const struct plan *plan)
{
    struct pm_error ignored = {0};
    struct shape shape = plan->start;
    uint64_t min = (uint64_t)shape.width * shape.height;
    size_t best = 0;
    if (plan->color == COLOR_FILE) /* no step takes colours of its kind */
        return recipe->nsteps;
    for (size_t i = 0; i < recipe->nsteps; i++) {
        struct recipe_step step;
        const struct filter *filter = recipe->steps[i].filter;
        if (filter->drops_color || filter_paints(filter, recipe->steps[i].params) ||
            (plan->info.pixels.color == PM_COLOR_CMYK && !takes_cmyk(recipe, i)) ||
            plan_complete(recipe, i, PM_EXIF_COLOR_NONE, &step, &ignored) != 0 ||
            (filter->plan != NULL && filter->plan(step.params, &shape, &ignored) != 0))
            break;
        if ((uint64_t)shape.width * shape.height <= min) {
            min = (uint64_t)shape.width * shape.height;
            best = i + 1;
        }
    }
    return best;
}

bool plan_recolors_planes(const struct plan *plan, const struct pm_pixel_format *row)
{
    const struct pm_pixel_format *planes = &plan->info.pixels;
    return (plan->color == COLOR_SRGB || plan->color == COLOR_P3) && planes->depth == 8 &&
           planes->alpha == PM_ALPHA_NONE && planes->matrix == PM_MATRIX_BT601 && !planes->limited_range &&
           row->sampling_x == 2 && row->sampling_y == 2;
}

int plan_find_profile(const struct pm_recipe *recipe, const struct pm_pixel_format *accepts,
                      struct plan *plan, struct pm_error *error)
{
    const struct pm_pixel_format inks = PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8);
    const char *name = recipe_picture_name(recipe, recipe->nsteps);
    const struct filter_picture *file = pictures_find(recipe->pictures, name);
    if (file == NULL || file->profile.data == NULL)
        return error_set(error, PM_ERROR_USAGE, "the ICC profile '%.64s' was not given", name);
    plan->channels = recolor_channels(file);
    if (plan->channels < 4 || convert_accepted(&inks, accepts))
        return 0;
    return error_set(error, PM_ERROR_UNSUPPORTED, "%s can't store CMYK (use format=jpeg or format=tiff)",
                     plan->format->name);
}

uint64_t plan_recolor_bytes(const struct pm_recipe *recipe, const struct plan *plan)
{
    enum { CURVES = 1 << 20, GROWTH = 6 }; /* points are held as four floats each */
    const struct filter_picture *file =
        plan->color == COLOR_FILE
            ? pictures_find(recipe->pictures, recipe_picture_name(recipe, recipe->nsteps))
            : NULL;
    const uint64_t profiles = plan->info.icc_size + (file != NULL ? file->profile.size : 0);
    unsigned conversions = (plan->recolor_at != PLAN_NEVER) + (plan->srgb_at != PLAN_NEVER);
    if (conversions > 0 || recipe->decrypts || color_may_differ_from_srgb(&plan->info)) {
        for (size_t i = 0; i < recipe->nsteps; i++)
            conversions += filter_paints(recipe->steps[i].filter, recipe->steps[i].params);
    }
    return conversions * (CURVES + GROWTH * profiles);
}
