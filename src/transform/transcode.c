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
                       transcoder->suits(&plan->info, plan->turn, recipe_options(recipe, plan->format));
    plan->copies = may_copy(recipe, plan, transcoder);
}

/* The format that the other one holds files of. */
static const struct codec *wrapped_format(const struct plan *plan)
{
    return transcoder_find(plan->input, plan->input) != NULL ? plan->input : plan->format;
}

void transcode_plan_memory(struct plan *plan)
{
    enum { HEAD = 1 << 16 }; /* a copy's header, apart from metadata */
    const struct transcoder *transcoder = transcoder_find(plan->input, plan->format);
    const struct pm_info *info = &plan->info;
    if (plan->transcodes) {
        const uint64_t result = transcoder->result_bytes(info);
        uint64_t work = transcoder->work_bytes(info, plan->turn);
        if (transcoder->wraps) { /* a second transcoder, and the file in between */
            const struct codec *wrapped = wrapped_format(plan);
            const struct transcoder *inner = transcoder_find(wrapped, wrapped);
            const uint64_t turning = inner->work_bytes(info, plan->turn);
            work = (work > turning ? work : turning) + inner->result_bytes(info);
        }
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

/* Runs the transcoder on data[size], whose header is *info. */
static enum transcode_status run_one(struct run *run, const struct transcoder *transcoder,
                                     const struct pm_info *info, const uint8_t *data, size_t size,
                                     struct buffer *out)
{
    struct transcode_job job = job_of(run, data, size);
    job.info = info;
    job.options = recipe_options(run->recipe, transcoder->to);
    job.orientation = run->plan.upright ? 1 : info->orientation;
    return transcoder_run(transcoder, &job, out, run->context);
}

/* --- a format that holds files of another ------------------------------------------------------------ */

/* A file of the wrapped format, and what becomes of it. */
struct wrapped {
    const struct transcoder *inner; /* of its format to itself */
    const uint8_t *data;
    size_t size;
    struct pm_info info;
    bool exact; /* it is kept or restored byte by byte: the recipe leaves nothing out and turns nothing */
};

static int look_at(const struct run *run, const struct codec *format, const uint8_t *data, size_t size,
                   struct wrapped *wrapped)
{
    const struct pm_recipe *recipe = run->recipe;
    struct memory_source memory;
    *wrapped = (struct wrapped){.inner = transcoder_find(format, format),
                                .data = data,
                                .size = size,
                                .info = codec_blank_info(format->name)};
    memory_source_init(&memory, data, size);
    if (format->probe(&memory.source, &wrapped->info, run->context->error) != 0)
        return -1;
    const bool plain = wrapped->inner->is_plain != NULL && wrapped->inner->is_plain(data, size);
    wrapped->exact = run->plan.turn == 1 && !recipe->no_profile &&
                     (plain || (recipe->keep == KEEP_ALL && wrapped->info.extra_pictures == 0));
    return 0;
}

/* Of an exact copy, whose metadata needs no update. */
static void note_exact(struct run *run, const struct wrapped *wrapped)
{
    const struct pm_info *info = &wrapped->info;
    run->image = (struct pm_image){.width = info->width,
                                   .height = info->height,
                                   .format = info->pixels,
                                   .orientation = info->orientation};
}

static enum transcode_status wrap(struct run *run, const struct transcoder *transcoder, const uint8_t *data,
                                  size_t size, struct buffer *out)
{
    struct buffer turned = {0};
    struct wrapped wrapped;
    if (look_at(run, transcoder->from, data, size, &wrapped) != 0)
        return TRANSCODE_FAILED;
    /* Also for a file that is wrapped unchanged, as this checks all coefficients: libjxl accepts files that
     * JPEG decoders refuse, and of damaged ones some that it can't restore. Their coefficients are kept. */
    const unsigned warnings = run->context->warnings;
    enum transcode_status status = run_one(run, wrapped.inner, &wrapped.info, data, size, &turned);
    if (status == TRANSCODE_DONE && wrapped.exact && run->context->warnings == warnings) {
        note_exact(run, &wrapped);
    } else {
        data = turned.data;
        size = turned.size;
    }
    if (status == TRANSCODE_DONE)
        status = run_one(run, transcoder, &run->plan.info, data, size, out);
    buffer_free(&turned);
    return status;
}

/* Turns and updates a restored file, or appends it as it is. */
static enum transcode_status finish(struct run *run, const struct wrapped *wrapped, struct buffer *out)
{
    if (!wrapped->exact)
        return run_one(run, wrapped->inner, &wrapped->info, wrapped->data, wrapped->size, out);
    note_exact(run, wrapped);
    if (buffer_append(out, wrapped->data, wrapped->size) == 0)
        return TRANSCODE_DONE;
    error_memory(run->context->error, wrapped->size);
    return TRANSCODE_FAILED;
}

static enum transcode_status unwrap(struct run *run, const struct transcoder *transcoder, const uint8_t *data,
                                    size_t size, struct buffer *out)
{
    struct buffer restored = {0};
    struct wrapped wrapped;
    enum transcode_status status = run_one(run, transcoder, &run->plan.info, data, size, &restored);
    if (status == TRANSCODE_DONE)
        status = look_at(run, transcoder->to, restored.data, restored.size, &wrapped) == 0
                     ? finish(run, &wrapped, out)
                     : TRANSCODE_FAILED;
    buffer_free(&restored);
    return status;
}

static const char *note_of(const struct plan *plan)
{
    return plan->turn == 1 ? "lossless: the image was not encoded again"
                           : "lossless: the image was rotated or mirrored without encoding it again";
}

enum transcode_status transcode_run(struct run *run, const uint8_t *data, size_t size, struct buffer *out)
{
    const struct plan *plan = &run->plan;
    const struct transcoder *transcoder = transcoder_find(plan->input, plan->format);
    const struct transcode_job job = job_of(run, data, size);
    const size_t start = out->size;
    enum transcode_status status;
    run_enter(run, PM_STAGE_DECODE);
    if (!transcoder->wraps)
        status = transcoder_run(transcoder, &job, out, run->context);
    else if (wrapped_format(plan) == plan->input)
        status = wrap(run, transcoder, data, size, out);
    else
        status = unwrap(run, transcoder, data, size, out);
    run->settled = status == TRANSCODE_DONE; /* the metadata of a decoded image still is not */
    if (status != TRANSCODE_DONE)
        return status;
    context_note(run->context, note_of(plan));
    return plan->copies && keep_smaller(run, &job, start, out) != 0 ? TRANSCODE_FAILED : TRANSCODE_DONE;
}
