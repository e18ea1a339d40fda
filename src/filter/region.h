/*
 * Filters that change only a region of the picture, to hide what it shows: the parameter `region`, and the
 * result as a copy of the picture with the region replaced. A region reaches as far as the picture does; one
 * that is wholly outside is an error, because nothing would be hidden.
 */
#ifndef FILTER_REGION_H
#define FILTER_REGION_H

#include "filter/filter.h"
#include "filter/rectangle.h"

/* A parameter's row for the field `region` of `struct params`, a struct rectangle; all zeros: the whole
 * picture. */
#define REGION_ROW                                                                                           \
    {                                                                                                        \
        .name = "region", .kind = PARAM_OWN, .offset = offsetof(struct params, region),                      \
        .parse = region_parse, .print = region_print                                                         \
    }
int region_parse(const char *text, size_t length, void *field, struct pm_error *error);
void region_print(const void *field, char *text, size_t size);

/* The formats that they accept: no planes of YCC, whose chroma samples may lie on the region's edge. */
extern const struct pm_pixel_format region_accepts[];

/* For plan: refuses a region outside a picture of this shape. `name`: the filter's. */
int region_check(const struct rectangle *region, const struct shape *shape, const char *name,
                 struct pm_error *error);

/* The region's part of the picture, which is not empty: its samples are the image's. */
struct pm_image region_of(const struct pm_image *image, const struct rectangle *region);

/* Makes *out, a copy of `in` with the region's part replaced by `made`, of the same format, or with
 * PM_ALPHA_OPAQUE for straight alpha. Returns 0, or -1 with `error` filled. */
int region_replace(const struct pm_image *in, const struct rectangle *region, const struct pm_image *made,
                   struct pm_image *out, struct context *context);

#endif
