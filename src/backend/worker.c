#include "backend/worker.h"

#include <math.h>
#include <sched.h>
#include <string.h>

#include "base/clock.h"

/* Metadata and tables are small; memory above this is released after a job. */
enum { JOB_ARENA_KEEP = 1 << 20 };

const struct context_ops worker_ops = {
    .checkpoint = worker_checkpoint,
    .enter = worker_enter,
    .warn = worker_warn,
    .note = worker_note,
};

void worker_init(struct worker *worker, const struct backend_config *config, const struct context_ops *ops,
                 struct workers *workers)
{
    *worker = (struct worker){
        .config = config,
        .workers = workers,
        .context =
            {
                .ops = ops,
                .job_arena = &worker->job_arena,
                .memo = &worker->memo,
                .simd = simd_detect(),
                .lanes = 1,
                .max_pixels = config->max_pixels,
                .max_bytes = config->max_bytes,
                .lender = worker,
            },
    };
    arena_init(&worker->steps[0], config->keep_bytes / 2);
    arena_init(&worker->steps[1], config->keep_bytes / 2);
    arena_init(&worker->job_arena, JOB_ARENA_KEEP);
    memo_init(&worker->memo);
    worker->memo.hold.shared = config->shared;
}

void worker_free(struct worker *worker)
{
    arena_free(&worker->steps[0]);
    arena_free(&worker->steps[1]);
    arena_free(&worker->job_arena);
    memo_free(&worker->memo);
}

void worker_forget(struct worker *worker)
{
    worker->wipes = true;
    worker->context.memo = NULL;
}

/* If this process may no longer use the processor, the worker stays unbound. */
void worker_pin(const struct backend_config *config, unsigned index)
{
    if (config->cpus == NULL)
        return;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(config->cpus[index % config->ncpus], &one);
    (void)!sched_setaffinity(0, sizeof one, &one);
}

void worker_run(struct worker *worker, struct job *job)
{
    worker_begin(job);
    const struct job_input input = {
        .data = job->in.data,
        .size = job->in.size,
        .argument = job->argument,
        .argument_size = job->argument_size,
        .secrets = &job->secrets,
        .recalled = job->recall != NULL ? &job->recall->asked : NULL,
    };
    worker_compute(worker, &input, &job->out, &job->result);
    worker_end(job);
}

void worker_begin(struct job *job)
{
    job->result.seconds[PM_STAGE_WAIT] = clock_now() - job->ready_at;
}

void worker_compute(struct worker *worker, const struct job_input *input, struct buffer *out,
                    struct job_result *result)
{
    const struct backend_config *config = worker->config;
    worker->result = result;
    worker->recalled = input->recalled;
    worker->stage = PM_STAGE_DECODE;
    worker->stage_began = clock_now();
    worker->deadline = config->timeout > 0 ? worker->stage_began + config->timeout : INFINITY;
    worker->context.arena = &worker->steps[0];
    worker->context.spare = &worker->steps[1];
    worker->context.error = &result->error;
    config->work.run(&config->work, input, out, result, &worker->context);
    worker_enter(&worker->context, worker->stage); /* ends the last stage */
    void (*const end)(struct arena * arena) = worker->wipes ? arena_wipe : arena_reset;
    end(&worker->steps[0]);
    end(&worker->steps[1]);
    end(&worker->job_arena);
    memo_end_job(&worker->memo);
    worker->result = NULL;
}

void worker_end(struct job *job)
{
    job->status = job->result.error.kind == PM_OK ? JOB_OK : JOB_FAILED;
    if (job->status == JOB_FAILED)
        buffer_free(&job->out);
}

int worker_over_time(const struct backend_config *config, struct pm_error *error)
{
    return error_set_hint(error, PM_ERROR_TIMEOUT, PM_HINT_MAX_TIME, "took longer than %g s",
                          config->timeout);
}

int worker_checkpoint(struct context *context)
{
    const struct worker *worker = context->lender;
    if (worker->recalled != NULL && atomic_load(worker->recalled))
        return recall_error(context->error);
    return clock_now() < worker->deadline ? 0 : worker_over_time(worker->config, context->error);
}

void worker_enter(struct context *context, enum pm_stage stage)
{
    struct worker *worker = context->lender;
    double now = clock_now();
    worker->result->seconds[worker->stage] += now - worker->stage_began;
    worker->stage = stage;
    worker->stage_began = now;
}

/* Is message[length] one of the lines? */
static bool has_line(const char *lines, const char *message, size_t length)
{
    while (*lines != '\0') {
        size_t size = strcspn(lines, "\n");
        if (size == length && memcmp(lines, message, length) == 0)
            return true;
        lines += size + (lines[size] == '\n');
    }
    return false;
}

/* A note too many is left out: the log lacks it, and nothing else does. */
void worker_note(struct context *context, const char *message)
{
    struct worker *worker = context->lender;
    char *notes = worker->result->notes;
    const size_t room = sizeof worker->result->notes, used = strlen(notes), length = strlen(message);
    if (length + 2 > room - used || has_line(notes, message, length))
        return;
    memcpy(notes + used, message, length);
    memcpy(notes + used + length, "\n", 2);
}

void worker_warn(struct context *context, const char *message)
{
    static const char more[] = "there are more warnings than fit here";
    struct worker *worker = context->lender;
    char *warnings = worker->result->warnings;
    size_t room = sizeof worker->result->warnings - sizeof more - 1, used = strlen(warnings);
    size_t length = strlen(message);
    if (has_line(warnings, message, length) || has_line(warnings, more, sizeof more - 1))
        return;
    if (length + 2 > room - used) {
        memcpy(warnings + used, more, sizeof more - 1);
        memcpy(warnings + used + sizeof more - 1, "\n", 2);
        return;
    }
    memcpy(warnings + used, message, length);
    memcpy(warnings + used + length, "\n", 2);
}
