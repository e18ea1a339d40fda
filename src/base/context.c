#include "base/context.h"

#include <stdarg.h>
#include <stdio.h>

static int serial_for_bands(struct context *context, unsigned bands, band_function *band, void *argument)
{
    for (unsigned i = 0; i < bands; i++) {
        if (context_checkpoint(context) != 0)
            return -1;
        struct arena_mark mark = arena_mark(context->arena);
        context_native_begin(context);
        int status = band(argument, i, context->arena);
        context_native_end(context);
        arena_release(context->arena, mark);
        if (status != 0)
            return error_memory(context->error, 0);
    }
    return 0;
}

int context_for_bands(struct context *context, unsigned bands, band_function *band, void *argument)
{
    if (bands > 1 && context->ops != NULL && context->ops->for_bands != NULL)
        return context->ops->for_bands(context, bands, band, argument);
    return serial_for_bands(context, bands, band, argument);
}

int context_checkpoint(struct context *context)
{
    if (context->ops != NULL && context->ops->checkpoint != NULL)
        return context->ops->checkpoint(context);
    return 0;
}

void context_native_begin(struct context *context)
{
    if (context->ops != NULL && context->ops->native_begin != NULL)
        context->ops->native_begin(context);
}

void context_native_end(struct context *context)
{
    if (context->ops != NULL && context->ops->native_end != NULL)
        context->ops->native_end(context);
}

void context_enter(struct context *context, enum pm_stage stage)
{
    if (context->ops != NULL && context->ops->enter != NULL)
        context->ops->enter(context, stage);
}

void context_warn(struct context *context, const char *format, ...)
{
    context->warnings++;
    if (context->ops == NULL || context->ops->warn == NULL)
        return;
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    context->ops->warn(context, message);
}

void context_note(struct context *context, const char *message)
{
    if (context->ops != NULL && context->ops->note != NULL)
        context->ops->note(context, message);
}

void *context_alloc(struct context *context, size_t size)
{
    void *memory = arena_alloc(context->arena, size);
    if (memory == NULL)
        error_memory(context->error, size);
    return memory;
}

void *context_alloc_array(struct context *context, size_t count, size_t size)
{
    void *memory = arena_alloc_array(context->arena, count, size);
    if (memory == NULL)
        error_memory(context->error, (uint64_t)count * size);
    return memory;
}

unsigned context_band_count(const struct context *context, uint32_t rows, uint32_t min_rows)
{
    enum { BANDS_A_LANE = 4, CHECKPOINT_ROWS = 256 };
    /* Several bands per lane balance bands of unequal cost; a single lane needs bands only for
     * checkpoints. */
    uint32_t wanted = context->lanes > 1 ? context->lanes * BANDS_A_LANE : 1;
    if (wanted < rows / CHECKPOINT_ROWS)
        wanted = rows / CHECKPOINT_ROWS;
    uint32_t fit = rows / (min_rows > 0 ? min_rows : 1);
    if (wanted > fit)
        wanted = fit;
    return wanted < 1 ? 1 : wanted;
}

void context_band_rows(uint32_t rows, unsigned bands, unsigned band, uint32_t *first, uint32_t *end)
{
    *first = (uint32_t)((uint64_t)rows * band / bands);
    *end = (uint32_t)((uint64_t)rows * (band + 1) / bands);
}
