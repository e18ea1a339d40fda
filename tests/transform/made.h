/* Pictures of a few pixels, and results made of them. */
#ifndef TESTS_TRANSFORM_MADE_H
#define TESTS_TRANSFORM_MADE_H

#include "base/buffer.h"
#include "image/image.h"
#include "lent.h"

/* A smooth picture: red rises to the right, green to the bottom, blue is constant; alpha falls to the right.
 */
struct pm_image made_picture(struct lent *lent, struct shape shape);

/* A file of it. */
struct buffer made(struct lent *lent, const char *format, struct shape shape);

static const struct shape rgb = {
    .width = 203, .height = 101, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)};

#endif
