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
    const struct transcoder *transcoder = transcoder_find(format, format);
    return transcoder != NULL && transcoder->suits != NULL && !asks_for_encoding(recipe, format, format);
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

/* Is an option of the format given? */
static bool has_option(const struct pm_recipe *recipe, const struct codec *format)
{
    const struct param *option;
    for (size_t i = 0; (option = codec_option_at(i)) != NULL; i++) {
        if ((recipe->options_given >> i & 1) != 0 && codec_option_row(format, option->name) != NULL)
            return true;
    }
    return false;
}

/* The copy of a truncated file would be truncated. */
static bool may_copy(const struct pm_recipe *recipe, const struct plan *plan,
                     const struct transcoder *transcoder)
{
    const bool always = transcoder->lossless || plan->transcodes;
    return transcoder->copy != NULL && plan->turn == 1 && !recipe->allow_truncated &&
           (recipe->keep_smaller || (always && !has_option(recipe, plan->format)));
}

void transcode_plan(const struct pm_recipe *recipe, struct plan *plan)
{
    const struct transcoder *transcoder = transcoder_find(plan->input, plan->format);
    plan->turn = find_turn(recipe, plan);
    if (transcoder == NULL || plan->turn == 0 || plan->recolor_at != PLAN_NEVER || plan->keeps_gain ||
        plan->applies_gain || plan->info.encrypted || recipe->encrypts || recipe->decrypts ||
        plan->info.frames != 1)
        return;
    plan->transcodes = transcoder->suits != NULL && !asks_for_encoding(recipe, plan->input, plan->format) &&
                       transcoder->suits(&plan->info, plan->turn);
    plan->copies = may_copy(recipe, plan, transcoder);
}

void transcode_plan_memory(struct plan *plan)
{
    enum { HEAD = 1 << 16 }; /* a copy's header, apart from metadata */
    const struct transcoder *transcoder = transcoder_find(plan->input, plan->format);
    const struct pm_info *info = &plan->info;
    if (plan->transcodes) {
        const uint64_t work = transcoder->work_bytes(info, plan->turn),
                       result = transcoder->result_bytes(info);
        plan->work_bytes = work > plan->work_bytes ? work : plan->work_bytes;
        plan->result_bytes = result > plan->result_bytes ? result : plan->result_bytes;
    }
    if (plan->copies)
        plan->work_bytes += HEAD + 2 * (uint64_t)info->icc_size;
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

static struct transcode_job job_of(struct run *run, const uint8_t *data, size_t size)
{
    const struct plan *plan = &run->plan;
    return (struct transcode_job){.data = data,
                                  .size = size,
                                  .info = &plan->info,
                                  .request = &plan->request,
                                  .options = recipe_options(run->recipe, plan->format),
                                  .turn = plan->turn,
                                  .orientation = plan->upright ? 1 : plan->info.orientation,
                                  .reader = run->reader,
                                  .settle = settle,
                                  .lender = run};
}

static int keep_smaller(struct run *run, const struct transcode_job *job, size_t start, struct buffer *out)
{
    const struct transcoder *transcoder = transcoder_find(run->plan.input, run->plan.format);
    const enum transcode_status status = transcoder->copy(job, &run->image, start, out, run->context);
    if (status == TRANSCODE_DONE)
        context_note(run->context, "lossless: the input's image data is kept, because it is smaller");
    return status != TRANSCODE_FAILED ? 0 : -1;
}

int run_keep_smaller(struct run *run, size_t start, struct buffer *out)
{
    const struct transcode_job job = job_of(run, run->data, run->size);
    return keep_smaller(run, &job, start, out);
}

enum transcode_status transcode_run(struct run *run, const uint8_t *data, size_t size, struct buffer *out)
{
    const struct plan *plan = &run->plan;
    struct context *context = run->context;
    const struct transcode_job job = job_of(run, data, size);
    const size_t start = out->size;
    run_enter(run, PM_STAGE_DECODE);
    const enum transcode_status status =
        transcoder_run(transcoder_find(plan->input, plan->format), &job, out, context);
    run->settled = status == TRANSCODE_DONE; /* the metadata of a decoded image still is not */
    if (status != TRANSCODE_DONE)
        return status;
    context_note(context, plan->turn == 1
                              ? "lossless: the image was not encoded again"
                              : "lossless: the image was rotated or mirrored without encoding it again");
    return plan->copies && keep_smaller(run, &job, start, out) != 0 ? TRANSCODE_FAILED : TRANSCODE_DONE;
}
