#include "transform/conform.h"

#include <math.h>

#include "filter/resize.h"
#include "image/image.h"

/* The plane that a picture needs for chroma (or, with 1, 1, luma) at this sampling. */
static struct pm_plane wanted_plane(const struct pm_image *image, struct sampling sampling)
{
    return (struct pm_plane){
        .width = (image->width + sampling.x - 1) / sampling.x,
        .height = (image->height + sampling.y - 1) / sampling.y,
        .channels = 1,
        .frame = {.extent_x = (double)image->width / sampling.x,
                  .extent_y = (double)image->height / sampling.y},
    };
}

static bool plane_fits(const struct pm_plane *plane, const struct pm_plane *wanted)
{
    return plane->width == wanted->width && plane->height == wanted->height && plane->frame.x0 == 0 &&
           plane->frame.y0 == 0 && plane->frame.extent_x == wanted->frame.extent_x &&
           plane->frame.extent_y == wanted->frame.extent_y;
}

bool conform_has_sampling(const struct pm_image *image, struct sampling sampling)
{
    for (unsigned i = 0; i < image->nplanes; i++) {
        struct pm_plane wanted = wanted_plane(image, i == 0 ? (struct sampling){1, 1} : sampling);
        if (!plane_fits(&image->plane[i], &wanted))
            return false;
    }
    return true;
}

int conform_sampling(const struct pm_image *in, struct pm_image *out, void *argument, struct context *context,
                     struct pm_error *error)
{
    const struct sampling *sampling = argument;
    *out = *in;
    for (unsigned i = 0; i < in->nplanes; i++) {
        struct pm_plane wanted = wanted_plane(in, i == 0 ? (struct sampling){1, 1} : *sampling);
        if (plane_fits(&in->plane[i], &wanted))
            continue;
        struct pm_frame frame = wanted.frame;
        if (plane_alloc(&wanted, wanted.width, wanted.height, 1, in->format.depth, context, error) != 0)
            return -1;
        wanted.frame = frame;
        /* Linear: the triangle that libjpeg's own "fancy" upsampling uses. */
        if (resize_plane(&in->plane[i], NULL, in->format.depth, &wanted, &kernel_linear, context, error) != 0)
            return -1;
        out->plane[i] = wanted;
    }
    image_set_sampling(out);
    return 0;
}

int conform_merge(const struct pm_image *in, struct pm_image *out, void *argument, struct context *context,
                  struct pm_error *error)
{
    (void)argument;
    struct pm_image full;
    struct sampling whole = {1, 1};
    if (conform_sampling(in, &full, &whole, context, error) != 0)
        return -1;
    return image_ycc_to_rgb(&full, out, context, error);
}
