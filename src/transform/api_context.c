/* The library's transform: with a context of the caller's, or with one that lives for one call. */
#include "pixmill/context.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "io/job.h"
#include "transform/transform.h"

/* Metadata and tables are small; memory above this is released after a call. */
enum { JOB_ARENA_KEEP = 1 << 20 };

struct pm_context {
    struct arena steps[2], job_arena;
    struct memo memo;
    struct buffer result; /* of the last call */
    size_t keep;
    bool has_secret; /* `result` was made with an image's keys */
};

/* The call in progress; the lender of its struct context. */
struct call {
    const struct pm_call *asked;
    double deadline; /* a clock_now() value; infinite: no limit */
};

static void warn_listener(struct context *context, const char *message)
{
    const struct call *call = context->lender;
    const struct pm_listener *listener = call->asked->listener;
    if (listener != NULL && listener->warning != NULL)
        listener->warning(listener->user, message);
}

static int check_limits(struct context *context)
{
    const struct call *call = context->lender;
    if (call->asked->stop != NULL && atomic_load(call->asked->stop))
        return recall_error(context->error);
    if (call->deadline == INFINITY || clock_now() < call->deadline)
        return 0;
    return error_set_hint(context->error, PM_ERROR_TIMEOUT, PM_HINT_MAX_TIME, "took longer than %g s",
                          call->asked->timeout);
}

static const struct context_ops call_ops = {.checkpoint = check_limits, .warn = warn_listener};

static void context_init(struct pm_context *own, size_t keep)
{
    *own = (struct pm_context){.keep = keep};
    arena_init(&own->steps[0], keep / 2);
    arena_init(&own->steps[1], keep / 2);
    arena_init(&own->job_arena, keep < JOB_ARENA_KEEP ? keep : JOB_ARENA_KEEP);
    memo_init(&own->memo);
}

/* Frees all but the result. */
static void context_close(struct pm_context *own)
{
    arena_free(&own->steps[0]);
    arena_free(&own->steps[1]);
    arena_free(&own->job_arena);
    memo_free(&own->memo);
}

/* Empties the result's buffer for the next one. */
static void forget_result(struct pm_context *own)
{
    if (own->has_secret && own->result.capacity > 0)
        explicit_bzero(own->result.data, own->result.capacity);
    if (own->result.capacity > own->keep)
        buffer_free(&own->result);
    own->result.size = 0;
    own->has_secret = false;
}

/* Appends to own->result. Arenas and memo are as the call leaves them. */
static int run_call(struct pm_context *own, const struct pm_recipe *recipe, const uint8_t *data, size_t size,
                    const struct pm_call *asked, struct memo *memo, struct pm_error *error)
{
    struct call call = {
        .asked = asked,
        .deadline = asked->timeout > 0 ? clock_now() + asked->timeout : INFINITY,
    };
    struct context context = {
        .ops = &call_ops,
        .lender = &call,
        .arena = &own->steps[0],
        .spare = &own->steps[1],
        .job_arena = &own->job_arena,
        .memo = memo,
        .simd = simd_detect(),
        .lanes = 1,
        .error = error,
        .max_pixels = asked->limits.max_pixels,
        .max_bytes = asked->limits.max_bytes,
    };
    struct transform_result ignored;
    if (context_checkpoint(&context) != 0) {
        error->stage = PM_STAGE_DECODE;
        return -1;
    }
    return transform(recipe, NULL, data, size, asked->secrets, &context, &own->result, &ignored);
}

struct pm_context *pm_context_new(size_t keep, struct pm_error *error)
{
    struct pm_context *own = malloc(sizeof *own);
    if (own == NULL)
        error_memory(error, sizeof *own);
    else
        context_init(own, keep);
    return own;
}

void pm_context_free(struct pm_context *context)
{
    if (context == NULL)
        return;
    forget_result(context);
    buffer_free(&context->result);
    context_close(context);
    free(context);
}

int pm_context_transform(struct pm_context *context, const struct pm_recipe *recipe, const uint8_t *data,
                         size_t size, const struct pm_call *call, const uint8_t **result, size_t *result_size,
                         struct pm_error *error)
{
    static const struct pm_call plain;
    if (call == NULL)
        call = &plain;
    forget_result(context);
    context->has_secret = call->secrets != NULL;
    /* Tables of an encrypted picture must not outlive the call. */
    struct memo *memo = call->secrets == NULL ? &context->memo : NULL;
    const int status = run_call(context, recipe, data, size, call, memo, error);
    void (*const end)(struct arena * arena) = context->has_secret ? arena_wipe : arena_reset;
    end(&context->steps[0]);
    end(&context->steps[1]);
    end(&context->job_arena);
    memo_end_job(&context->memo);
    if (status != 0)
        forget_result(context);
    *result = status == 0 ? context->result.data : NULL;
    *result_size = context->result.size;
    return status;
}

int pm_transform_with(const struct pm_recipe *recipe, const uint8_t *data, size_t size,
                      const struct pm_limits *limits, const struct pm_secrets *secrets,
                      const struct pm_listener *listener, uint8_t **result, size_t *result_size,
                      struct pm_error *error)
{
    struct pm_call call = {.secrets = secrets, .listener = listener};
    if (limits != NULL)
        call.limits = *limits;
    struct pm_context own;
    context_init(&own, 0);
    const int status = run_call(&own, recipe, data, size, &call, NULL, error);
    context_close(&own);
    if (status != 0)
        buffer_free(&own.result);
    *result = own.result.data;
    *result_size = own.result.size;
    return status;
}

int pm_transform(const struct pm_recipe *recipe, const uint8_t *data, size_t size,
                 const struct pm_limits *limits, const struct pm_secrets *secrets, uint8_t **result,
                 size_t *result_size, struct pm_error *error)
{
    return pm_transform_with(recipe, data, size, limits, secrets, NULL, result, result_size, error);
}
