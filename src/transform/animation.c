/* Animations: every frame goes through the steps and to the writer, so that only one is in memory. Before
 * that, each step that needs to see all frames (trim) looks at them, in a decoding of their own. */
#include <string.h>

#include "codec/writer.h"
#include "transform/run.h"

void run_forget_frame(struct run *run, unsigned number, struct arena_mark mark)
{
    arena_reset(run->context->arena);
    arena_reset(run->context->spare);
    if (number > 0)
        arena_release(run->context->job_arena, mark);
}

/* Decodes all frames up to step `index` and lets it look at them. */
static int look_at_frames(struct run *run, size_t index)
{
    struct context *context = run->context;
    const struct arena_mark before = arena_mark(context->job_arena);
    for (unsigned number = 0; number < run->plan.frames; number++) {
        const struct arena_mark mark = arena_mark(context->job_arena);
        if (context_checkpoint(context) != 0 || run_load(run) != 0)
            return -1;
        for (size_t i = 0; i < index; i++) {
            if (run_recolor(run, i) != 0 || run_step(run, i) != 0)
                return -1;
        }
        if (run_recolor(run, index) != 0 || run_look(run, index) != 0)
            return -1;
        run_forget_frame(run, number, mark);
    }
    run_close(run);
    arena_release(context->job_arena, before);
    run->recolor = (struct recolor){0};
    return run_open(run, run->data, run->size);
}

/* Warnings come from the decoding that makes the result. */
static int look_without_warnings(struct run *run, size_t index)
{
    struct context *context = run->context;
    const struct context_ops *ops = context->ops;
    struct context_ops silent = ops != NULL ? *ops : (struct context_ops){0};
    silent.warn = NULL;
    context->ops = &silent;
    const int status = look_at_frames(run, index);
    context->ops = ops;
    return status;
}

static int look(struct run *run)
{
    const struct pm_recipe *recipe = run->recipe;
    struct context *context = run->context;
    const size_t bytes = (recipe->nsteps + 1) * sizeof *run->found;
    run->found = arena_alloc(context->job_arena, bytes);
    if (run->found == NULL)
        return error_memory(context->error, bytes);
    memset(run->found, 0, bytes);
    for (size_t i = 0; i < recipe->nsteps; i++) {
        if (recipe->steps[i].filter->joins && look_without_warnings(run, i) != 0)
            return -1;
    }
    return 0;
}

static int write_frames(struct run *run, struct buffer *out, struct writer **writer)
{
    struct context *context = run->context;
    const struct animation animation = {.frames = run->plan.frames, .loops = run->plan.info.loops};
    for (unsigned number = 0; number < animation.frames; number++) {
        const struct arena_mark mark = arena_mark(context->job_arena);
        if (context_checkpoint(context) != 0 || run_frame(run) != 0)
            return -1;
        if (number == 0)
            *writer = writer_begin(run->plan.format, &run->image, &animation,
                                   recipe_options(run->recipe, run->plan.format), out, context);
        const struct frame frame = {.image = run->image, .time = run->time};
        if (*writer == NULL || writer_add(*writer, &frame, context) != 0)
            return -1;
        run_forget_frame(run, number, mark);
    }
    return writer_end(*writer, context);
}

int run_animation(struct run *run, struct buffer *out)
{
    struct writer *writer = NULL;
    const int status = look(run) == 0 ? write_frames(run, out, &writer) : -1;
    writer_close(writer);
    return status;
}
