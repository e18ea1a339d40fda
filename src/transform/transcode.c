#include "transform/transcode.h"

#include "image/orientation.h"

/* Does the recipe ask for the samples to be encoded? An option of the result's format does, and its name
 * where the file has that format anyway. */
static bool asks_for_encoding(const struct pm_recipe *recipe, const struct codec *input,
                              const struct codec *format)
{
    const struct param *option;
    for (size_t i = 0; (option = codec_option_at(i)) != NULL; i++) {
        const struct param *row = codec_option_row(format, option->name);
        if ((recipe->options_given >> i & 1) != 0 && row != NULL && !row->keeps_samples)
            return true;
    }
    return recipe->target_size > 0 || recipe->encrypts || recipe->decrypts ||
           (recipe->format == format && input == format);
}

bool transcode_keeps(const struct pm_recipe *recipe, const struct codec *format)
{
    return transcoder_find(format, format) != NULL && !asks_for_encoding(recipe, format, format);
}

/* The turn of all steps after the orientation's; 0: some step does more than turn. */
static unsigned find_turn(const struct pm_recipe *recipe, const struct plan *plan)
{
    unsigned turn = plan->upright ? plan->info.orientation : 1;
    for (size_t i = 0; i < recipe->nsteps; i++) {
        const struct recipe_step *step = &recipe->steps[i];
        const unsigned next = step->filter->turn != NULL ? step->filter->turn(step->params) : 0;
        if (next == 0)
            return 0;
        turn = orientation_join(turn, next);
    }
    return turn;
}

void transcode_plan(const struct pm_recipe *recipe, struct plan *plan)
{
    const struct transcoder *transcoder = transcoder_find(plan->input, plan->format);
    plan->turn = find_turn(recipe, plan);
    plan->transcodes = transcoder != NULL && plan->turn != 0 && plan->recolor_at == PLAN_NEVER &&
                       !plan->keeps_gain && !plan->info.encrypted && plan->info.frames == 1 &&
                       !asks_for_encoding(recipe, plan->input, plan->format) &&
                       transcoder->suits(&plan->info, plan->turn);
}

void transcode_plan_memory(struct plan *plan)
{
    const struct transcoder *transcoder = transcoder_find(plan->input, plan->format);
    const uint64_t work = transcoder->work_bytes(&plan->info, plan->turn),
                   result = transcoder->result_bytes(&plan->info);
    plan->work_bytes = work > plan->work_bytes ? work : plan->work_bytes;
    plan->result_bytes = result > plan->result_bytes ? result : plan->result_bytes;
}

static int settle(const struct transcode_job *job, struct pm_image *image)
{
    struct run *run = job->lender;
    run->image = *image;
    run->reframed = job->turn != 1;
    run->transposed = orientation_transposes(job->turn);
    if (run_settle(run) != 0)
        return -1;
    *image = run->image;
    return 0;
}

enum transcode_status transcode_run(struct run *run, const uint8_t *data, size_t size, struct buffer *out)
{
    const struct plan *plan = &run->plan;
    struct context *context = run->context;
    const struct transcode_job job = {.data = data,
                                      .size = size,
                                      .info = &plan->info,
                                      .request = &plan->request,
                                      .options = recipe_options(run->recipe, plan->format),
                                      .turn = plan->turn,
                                      .orientation = plan->upright ? 1 : plan->info.orientation,
                                      .settle = settle,
                                      .lender = run};
    run_enter(run, PM_STAGE_DECODE);
    const enum transcode_status status =
        transcoder_run(transcoder_find(plan->input, plan->format), &job, out, context);
    if (status == TRANSCODE_DONE)
        context_note(context, plan->turn == 1
                                  ? "lossless: the image was not encoded again"
                                  : "lossless: the image was rotated or mirrored without encoding it again");
    return status;
}
