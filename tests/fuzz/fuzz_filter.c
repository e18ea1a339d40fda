/*
 * Every filter on pictures of every kind: the first byte chooses the filter, the next few the picture's
 * shape, then its argument's length and text; the rest is repeated as samples. Checks: the result has the
 * planned shape, and the same samples with every instruction set and band order; the canonical text of an
 * accepted argument is accepted and canonical.
 */
#include <string.h>

#include "filter/filter.h"
#include "fuzz/fuzz.h"
#include "image/convert.h"
#include "lent.h"

enum { HEAD = 6, SIDE_MAX = 96, ARGUMENT_MAX = 63, PIXELS_MAX = 1 << 16 };

struct picture {
    struct shape shape;
    unsigned orientation;
    const uint8_t *samples; /* repeated without end */
    size_t size;
};

static int backward_bands(struct context *context, unsigned bands, band_function *band, void *argument)
{
    for (unsigned i = bands; i-- > 0;) {
        struct arena_mark mark = arena_mark(context->arena);
        int status = band(argument, i, context->arena);
        arena_release(context->arena, mark);
        if (status != 0)
            return error_memory(context->error, 0);
    }
    return 0;
}

static const struct context_ops backward = {.for_bands = backward_bands};

static struct shape choose_shape(const uint8_t head[HEAD])
{
    const struct shape shapes[] = {
        {.format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 8)},
        {.format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_NONE, 16)},
        {.format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 8)},
        {.format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 16)},
        {.format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)},
        {.format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 16)},
        {.format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8)},
        {.format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 16)},
        {.format = PIXELS(PM_COLOR_CMYK, PM_ALPHA_NONE, 8)},
        {.format = PIXELS_YCC(1, 1)},
    };
    struct shape shape = shapes[head[1] % (sizeof shapes / sizeof *shapes)];
    shape.width = 1 + head[2] % SIDE_MAX;
    shape.height = 1 + head[3] % SIDE_MAX;
    bool planes = shape.format.color == PM_COLOR_YCC;
    shape.format.sampling_x = planes ? 1 + (head[4] & 1) : 1;
    shape.format.sampling_y = planes ? 1 + (head[4] >> 1 & 1) : 1;
    return shape;
}

static size_t fill_plane(const struct pm_plane *plane, unsigned depth, const struct picture *picture,
                         size_t at)
{
    for (uint32_t y = 0; y < plane->height; y++) {
        for (size_t x = 0; x < (size_t)plane->width * plane->channels * (depth / 8); x++)
            plane_row(plane, y)[x] = picture->size > 0 ? picture->samples[at++ % picture->size] : 128;
    }
    return at;
}

static void make_picture(const struct picture *picture, struct pm_image *image, struct lent *lent)
{
    const struct shape *shape = &picture->shape;
    size_t at = 0;
    if (shape->format.color != PM_COLOR_YCC) {
        FUZZ_ASSERT(image_alloc(image, shape, &lent->context) == 0);
    } else {
        *image = (struct pm_image){
            .width = shape->width, .height = shape->height, .format = shape->format, .nplanes = 3};
        for (unsigned i = 0; i < 3; i++) {
            double x = i > 0 ? shape->format.sampling_x : 1, y = i > 0 ? shape->format.sampling_y : 1;
            struct pm_plane *plane = &image->plane[i];
            FUZZ_ASSERT(plane_alloc(plane, (uint32_t)((shape->width + x - 1) / x),
                                    (uint32_t)((shape->height + y - 1) / y), 1, 8, &lent->context) == 0);
            plane->frame.extent_x = shape->width / x;
            plane->frame.extent_y = shape->height / y;
        }
    }
    image->orientation = picture->orientation;
    for (unsigned i = 0; i < image->nplanes; i++)
        at = fill_plane(&image->plane[i], image->format.depth, picture, at);
}

static uint64_t sum_samples(const struct pm_image *image)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < image->nplanes; i++) {
        const struct pm_plane *plane = &image->plane[i];
        for (uint32_t y = 0; y < plane->height; y++) {
            for (size_t x = 0; x < (size_t)plane->width * plane->channels * (image->format.depth / 8); x++)
                sum = sum * 31 + plane_row(plane, y)[x];
        }
    }
    return sum;
}

/* Applies the filter; the sum of the result's samples, or 0 when it is refused. */
static uint64_t run(const struct filter *filter, const void *params, const struct picture *picture,
                    struct lent *lent)
{
    struct pm_image in = {0}, out = {0};
    struct context *context = &lent->context;
    make_picture(picture, &in, lent);
    static const uint8_t black[3];
    const struct pm_pixel_format *want = convert_best(&in.format, filter_accepts(filter, params), black);
    const struct conversion *step;
    struct convert_goal goal;
    FUZZ_ASSERT(want != NULL);
    while ((step = convert_next(&in.format, want, black, &goal)) != NULL)
        FUZZ_ASSERT(step->run(&in, &goal, &in, context) == 0);
    FUZZ_ASSERT(convert_accepted(&in.format, filter_accepts(filter, params)));
    _Alignas(16) unsigned char complete[FILTER_PARAMS_MAX];
    struct shape bound = picture->shape;
    bound.format = in.format;
    struct shape planned = bound;
    struct pm_image mark = {0};
    const struct picture marked = {
        .shape = {.width = 3, .height = 2, .format = PIXELS(PM_COLOR_GRAY, PM_ALPHA_STRAIGHT, 8)},
        .orientation = 1,
        .samples = picture->samples,
        .size = picture->size};
    make_picture(&marked, &mark, lent);
    const struct filter_picture second = {.image = &mark};
    filter_complete(filter, params, &(struct filter_lent){.background = black, .picture = &second}, complete);
    int status = filter->plan != NULL ? filter->plan(complete, &bound, &lent->error) : 0;
    if (status == 0)
        status = filter_measure(filter, complete, &in, &planned, context);
    FUZZ_ASSERT(status != 0 || (planned.width <= bound.width && planned.height <= bound.height));
    if (status != 0 || (uint64_t)planned.width * planned.height > PIXELS_MAX) {
        FUZZ_ASSERT(status == 0 || lent->error.message[0] != '\0');
        return 0;
    }
    if (filter->apply(complete, &in, &planned, &out, context) != 0) {
        FUZZ_ASSERT(lent->error.kind != PM_OK && lent->error.kind != PM_ERROR_INTERNAL);
        return 0;
    }
    FUZZ_ASSERT(out.width == planned.width && out.height == planned.height &&
                out.format.color == planned.format.color);
    return sum_samples(&out) * 2 + 1;
}

/* Parses the argument; checks that the canonical text of an accepted one parses to itself. */
static bool parse(const struct filter *filter, const char *argument, void *params)
{
    struct pm_error error = {0};
    char first[128], second[128];
    if (filter->params == NULL)
        return true;
    if (filter_parse(filter, argument, params, &error) != 0) {
        FUZZ_ASSERT(error.kind == PM_ERROR_USAGE && error.message[0] != '\0');
        return false;
    }
    _Alignas(16) unsigned char again[FILTER_PARAMS_MAX] = {0};
    filter_print(filter, params, first, sizeof first);
    FUZZ_ASSERT(filter_parse(filter, first, again, &error) == 0);
    filter_print(filter, again, second, sizeof second);
    FUZZ_ASSERT(strcmp(first, second) == 0);
    return true;
}

static size_t count_filters(void)
{
    size_t count = 0;
    while (filters[count] != NULL)
        count++;
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _Alignas(16) unsigned char params[FILTER_PARAMS_MAX] = {0};
    char argument[ARGUMENT_MAX + 1];
    if (size < HEAD)
        return 0;
    const struct filter *filter = filters[data[0] % count_filters()];
    size_t length = data[5] % (ARGUMENT_MAX + 1);
    length = length < size - HEAD ? length : size - HEAD;
    memcpy(argument, data + HEAD, length);
    argument[length] = '\0';
    struct picture picture = {
        .shape = choose_shape(data),
        .orientation = 1,
        .samples = data + HEAD + length,
        .size = size - HEAD - length,
    };
    if (!parse(filter, argument, params))
        return 0;
    struct lent plain, other;
    lent_init(&plain);
    lent_init(&other);
    plain.context.simd = SIMD_BASE;
    other.context.lanes = 3;
    other.context.ops = &backward;
    uint64_t sum = run(filter, params, &picture, &plain);
    FUZZ_ASSERT(run(filter, params, &picture, &other) == sum);
    lent_free(&plain);
    lent_free(&other);
    return 0;
}
