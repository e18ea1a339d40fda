#include "codec/png/source.h"

#include <inttypes.h>

static int source_begin(struct row_source *rows, uint32_t window, struct context *context)
{
    struct png_source *source = (struct png_source *)rows;
    png_libpng_end(source);
    int status = png_fast_begin(source, window, context);
    if (status != 1)
        return status;
    source->fast = NULL;
    return row_source_alloc(rows, window, source->depth, context) == 0 ? png_libpng_begin(source, context)
                                                                       : -1;
}

/* After all rows: warns, once, of other errors in the file. */
static void warn_of_end(struct png_source *source, struct context *context)
{
    const struct png_file *file = &source->file;
    if (source->incomplete || source->warned)
        return;
    source->warned = true;
    if (file->end == PNG_END_CUT)
        context_warn(context, "has no end chunk (IEND), but all of its pixels");
    else if (file->end == PNG_END_BROKEN)
        context_warn(context, "has all of its pixels, but is broken after them, from byte %" PRIu64 " on",
                     file->end_at);
}

static int make_rows(struct png_source *source, uint32_t end, struct context *context)
{
    if (source->fast != NULL) {
        int status = png_fast_make(source, end, context);
        if (status != 1)
            return status;
        source->fast = NULL;
        if (png_libpng_begin(source, context) != 0)
            return -1;
    }
    return png_libpng_make(source, end, context);
}

static int source_make(struct row_source *rows, uint32_t end, struct context *context)
{
    struct png_source *source = (struct png_source *)rows;
    if (make_rows(source, end, context) != 0)
        return -1;
    if (rows->made == rows->plane.height)
        warn_of_end(source, context);
    return 0;
}

static void source_end(struct row_source *rows)
{
    png_libpng_end((struct png_source *)rows);
}

void png_source_init(struct png_source *source)
{
    const struct shape shape = png_header_shape(&source->file.header, source->file.transparency);
    source->alpha = shape.format.alpha;
    source->depth = shape.format.depth;
    source->fast = NULL;
    source->libpng = NULL;
    source->incomplete = source->faulty = source->warned = false;
    source->rows = (struct row_source){
        .plane = {.width = shape.width,
                  .height = shape.height,
                  .channels = pm_channels(&shape.format),
                  .frame = {.extent_x = shape.width, .extent_y = shape.height}},
        .begin = source_begin,
        .make = source_make,
        .end = source_end,
    };
}
