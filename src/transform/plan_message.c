/* A plan on its way to the worker that carries it out. */
#include "transform/plan.h"

/* The codec at a place in the table; NULL behind its end. */
static const struct codec *codec_at(unsigned place)
{
    unsigned i = 0;
    while (i < place && codecs[i] != NULL)
        i++;
    return codecs[i];
}

void plan_pack(const struct plan *plan, struct plan_message *message)
{
    *message = (struct plan_message){.plan = *plan,
                                     .input = (uint8_t)codec_index(plan->input),
                                     .format = (uint8_t)codec_index(plan->format)};
    message->plan.input = message->plan.format = NULL;
    message->plan.info.format = NULL;
#if defined(__has_builtin) && __has_builtin(__builtin_clear_padding)
    __builtin_clear_padding(message); /* whatever was in this process's memory there */
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
