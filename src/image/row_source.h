/*
 * A picture that is decoded row by row, from the top down, while somebody else makes use of the rows. Only a
 * window of it is ever in memory: a row is summed while it is still in the cache, and the size of the picture
 * is no matter.
 *
 * Row y lies in row y % window of the plane's memory (row_source_row finds it). Use:
 *
 *     row_source_begin(source, window, ...)      from the top; may be called again to begin anew
 *     row_source_make(source, end, ...)          rows up to `end`; the last `window` of them can be read
 *     row_source_end(source)                     when no more rows are wanted, even after an error
 *
 * All rows must be made before a picture is good: whether a file is whole is known at its end.
 *
 * A picture of several planes has an array of sources, one for each, whose rows are made together: begin
 * each, then make and end by the first. Of any, and of a picture of one plane, too, a few more rows may be
 * made than were asked for. So that no row is lost, ask for the next row of the first, and use what rows of
 * all planes there are then.
 */
#ifndef IMAGE_ROW_SOURCE_H
#define IMAGE_ROW_SOURCE_H

#include "image/image.h"

struct row_source {
    struct pm_plane
        plane;       /* size, channels and frame of the picture; memory and stride since the beginning */
    uint32_t window; /* rows that there is memory for: as many as were asked for, or more */
    uint32_t made;   /* rows so far */
    bool failed;     /* an error came from here, not from whoever uses the rows */
    void *decoder;   /* the decoder's own */
    /* The decoder's part, which row_source_begin and row_source_make call: begin takes memory for `window`
     * rows or more from the context's arena, and make makes at most `window` rows that were asked for. 0, or
     * -1 with `error` filled. */
    int (*begin)(struct row_source *source, uint32_t window, struct context *context, struct pm_error *error);
    int (*make)(struct row_source *source, uint32_t end, struct context *context, struct pm_error *error);
    void (*end)(struct row_source *source);
};

int row_source_begin(struct row_source *source, uint32_t window, struct context *context,
                     struct pm_error *error);
int row_source_make(struct row_source *source, uint32_t end, struct context *context, struct pm_error *error);
void row_source_end(struct row_source *source);

static inline uint8_t *row_source_row(const struct row_source *source, uint32_t y)
{
    return plane_row(&source->plane, y % source->window);
}

#endif
