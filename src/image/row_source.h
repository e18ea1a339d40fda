/*
 * An image decoded row by row, from the top down, while its user consumes the rows. Only a window of rows is
 * in memory, independent of the image's height, and a row is used while it is still in the cache.
 *
 * Row y is stored in row y % window of the plane's memory (see row_source_row). Usage:
 *
 *     row_source_begin(source, window, ...)      starts at the top; call again to restart
 *     row_source_make(source, end, ...)          rows up to `end`; the last `window` of them can be read
 *     row_source_end(source)                     when done, also after an error
 *
 * An image is valid only after all rows are made: whether the file is complete is known at its end.
 *
 * An image of several planes has an array of sources, one per plane, whose rows are made together: begin
 * each; make and end only the first. A source may make a few more rows than requested. To process every row,
 * request the next row of the first source, then use all rows available in each.
 */
#ifndef IMAGE_ROW_SOURCE_H
#define IMAGE_ROW_SOURCE_H

#include "image/image.h"

struct row_source {
    struct pm_plane plane; /* size, channels and frame of the image; memory and stride are set by begin */
    uint32_t window;       /* rows in memory: as many as requested, or more */
    uint32_t made;         /* rows so far */
    bool failed;           /* the last error came from the source, not from its user */
    void *decoder;         /* the decoder's private data */
    /* Implemented by the decoder, called by row_source_begin and row_source_make: begin allocates at least
     * `window` rows in the context's arena; make makes at most `window` requested rows. Both return 0, or -1
     * with `error` filled. */
    int (*begin)(struct row_source *source, uint32_t window, struct context *context);
    int (*make)(struct row_source *source, uint32_t end, struct context *context);
    void (*end)(struct row_source *source);
};

int row_source_begin(struct row_source *source, uint32_t window, struct context *context);
int row_source_make(struct row_source *source, uint32_t end, struct context *context);
void row_source_end(struct row_source *source);

/* For `begin` of a source with one plane: memory for `window` rows of samples of `depth` bits. Returns 0, or
 * -1 with `error` filled. */
int row_source_alloc(struct row_source *source, uint32_t window, unsigned depth, struct context *context);

static inline uint8_t *row_source_row(const struct row_source *source, uint32_t y)
{
    return plane_row(&source->plane, y % source->window);
}

#endif
