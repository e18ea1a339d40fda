/* Time spent making rows is counted as decoding. */
#include "image/row_source.h"

#include <assert.h>

int row_source_begin(struct row_source *source, uint32_t window, struct context *context)
{
    assert(window > 0);
    source->made = 0;
    context_enter(context, PM_STAGE_DECODE);
    source->failed = source->begin(source, window, context) != 0;
    context_enter(context, PM_STAGE_FILTER);
    return source->failed ? -1 : 0;
}

int row_source_make(struct row_source *source, uint32_t end, struct context *context)
{
    assert(end <= source->plane.height);
    if (end <= source->made)
        return 0;
    context_enter(context, PM_STAGE_DECODE);
    source->failed = source->make(source, end, context) != 0;
    context_enter(context, PM_STAGE_FILTER);
    return source->failed ? -1 : 0;
}

void row_source_end(struct row_source *source)
{
    source->end(source);
}

int row_source_alloc(struct row_source *source, uint32_t window, unsigned depth, struct context *context)
{
    struct pm_plane plane;
    if (plane_alloc(&plane, source->plane.width, window, source->plane.channels, depth, context) != 0)
        return -1;
    source->plane.data = plane.data;
    source->plane.stride = plane.stride;
    source->window = window;
    return 0;
}
