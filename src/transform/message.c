/* Serialises a recipe and its plan for sending to a worker process. */
#include <stddef.h>
#include <string.h>

#include "transform/plan.h"

enum { NO_FORMAT = UINT8_MAX };

_Static_assert((int)CODECS_MAX < (int)NO_FORMAT, "codec indices must be distinct from NO_FORMAT");

/* The codec at an index of the table; NULL past its end. */
static const struct codec *codec_at(unsigned place)
{
    unsigned i = 0;
    while (i < place && codecs[i] != NULL)
        i++;
    return codecs[i];
}

static uint8_t filter_index(const struct filter *filter)
{
    uint8_t index = 0;
    while (filters[index] != filter)
        index++;
    return index;
}

/* The filter at an index of the table; NULL past its end. */
static const struct filter *filter_at(unsigned place)
{
    unsigned i = 0;
    while (i < place && filters[i] != NULL)
        i++;
    return filters[i];
}

static size_t sizeof_recipe(size_t nsteps)
{
    return offsetof(struct pm_recipe, steps) + nsteps * sizeof(struct recipe_step);
}

static size_t sizeof_message(size_t nsteps)
{
    return offsetof(struct recipe_message, recipe) + sizeof_recipe(nsteps);
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

/* recipe_init has cleared the padding. (gcc 12's __builtin_clear_padding clears bytes of an array of structs
 * instead of the padding after it.) */
size_t recipe_pack(const struct pm_recipe *recipe, struct recipe_message *message)
{
    struct pm_recipe *copy = &message->recipe;
    memset(message, 0, sizeof *message);
    memcpy(copy, recipe, sizeof_recipe(recipe->nsteps));
    message->format = recipe->format != NULL ? (uint8_t)codec_index(recipe->format) : NO_FORMAT;
    copy->format = NULL;
    copy->pictures = copy->own_pictures = NULL;
    for (size_t i = 0; i < recipe->nsteps; i++) {
        message->filters[i] = filter_index(recipe->steps[i].filter);
        copy->steps[i].filter = NULL;
    }
    return sizeof_message(recipe->nsteps);
}

int recipe_unpack(const struct recipe_message *message, size_t size, struct pm_recipe *recipe,
                  struct pm_error *error)
{
    const size_t nsteps = size >= sizeof_message(0) ? message->recipe.nsteps : 0;
    if (size < sizeof_message(0) || nsteps > RECIPE_STEPS_MAX || size < sizeof_message(nsteps))
        return error_set(error, PM_ERROR_INTERNAL, "it has no recipe (please report this)");
    memcpy(recipe, &message->recipe, sizeof_recipe(nsteps));
    recipe->format = codec_at(message->format);
    if (recipe->format == NULL && message->format != NO_FORMAT)
        return error_set(error, PM_ERROR_INTERNAL, "its recipe names no codec (please report this)");
    for (size_t i = 0; i < nsteps; i++) {
        recipe->steps[i].filter = filter_at(message->filters[i]);
        if (recipe->steps[i].filter == NULL)
            return error_set(error, PM_ERROR_INTERNAL, "its recipe names no filter (please report this)");
        if (recipe->steps[i].name >= RECIPE_NAMES_MAX)
            return error_set(error, PM_ERROR_INTERNAL, "its recipe names no picture (please report this)");
    }
    recipe->names[RECIPE_NAMES_MAX - 1] = '\0';
    return 0;
}
