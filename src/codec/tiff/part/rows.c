#include "codec/tiff/part/rows.h"

#include "codec/tiff/part/decode.h"

enum { CHECKPOINT_ROWS = 64 };

/* libtiff finds the first row again by itself. */
static int rows_begin(struct row_source *source, uint32_t window, struct context *context)
{
    const struct tiff_reader *self = source->decoder;
    return row_source_alloc(source, window, self->reader.info.pixels.depth, context);
}

static int rows_make(struct row_source *source, uint32_t end, struct context *context)
{
    struct tiff_reader *self = source->decoder;
    for (; source->made < end; source->made++) {
        const uint32_t y = source->made;
        if (y % CHECKPOINT_ROWS == 0 && context_checkpoint(context) != 0)
            return -1;
        if (tiff_read_row(self, 0, y, source->plane.width, row_source_row(source, y), context) != 0)
            return -1;
    }
    return 0;
}

static void rows_end(struct row_source *source)
{
    (void)source; /* the rows are in the arena */
}

int tiff_rows(struct reader *reader, struct pm_image *image, struct row_source **rows,
              struct context *context)
{
    struct tiff_reader *self = (struct tiff_reader *)reader;
    const struct pm_info *info = &reader->info;
    if (tiff_begin(self, context) != 0 || tiff_make_row(self, context) != 0)
        return -1;
    *image = (struct pm_image){.width = info->width, .height = info->height, .format = info->pixels};
    self->rows = (struct row_source){
        .plane = {.width = info->width,
                  .height = info->height,
                  .channels = pm_channels(&info->pixels),
                  .frame = {0, 0, info->width, info->height}},
        .decoder = self,
        .begin = rows_begin,
        .make = rows_make,
        .end = rows_end,
    };
    *rows = &self->rows;
    return tiff_finish(self, image, context);
}
