/* resize from rows made on demand, compared with the same from a whole picture. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/reference.h"

/* A source of a picture's rows, with a window no larger than requested. */
struct memory_rows {
    struct row_source rows;
    const struct pm_plane *picture;
    unsigned depth;
    uint32_t asked, fails_at; /* the row that can't be made */
};

static int memory_begin(struct row_source *source, uint32_t window, struct context *context)
{
    struct memory_rows *memory = (struct memory_rows *)source;
    struct pm_plane plane;
    cr_assert_leq(window, memory->asked);
    cr_assert_eq(plane_alloc(&plane, memory->picture->width, window, memory->picture->channels, memory->depth,
                             context),
                 0);
    source->plane.data = plane.data;
    source->plane.stride = plane.stride;
    source->window = window;
    return 0;
}

static int memory_make(struct row_source *source, uint32_t end, struct context *context)
{
    (void)context;
    const struct memory_rows *memory = (struct memory_rows *)source;
    const struct pm_plane *picture = memory->picture;
    cr_assert_leq(end, picture->height);
    cr_assert_leq(end - source->made, source->window);
    for (; source->made < end; source->made++) {
        if (source->made == memory->fails_at)
            return error_set(context->error, PM_ERROR_CORRUPT, "is damaged");
        memcpy(row_source_row(source, source->made), plane_row(picture, source->made),
               (size_t)picture->width * picture->channels * (memory->depth / 8));
    }
    return 0;
}

static void memory_end(struct row_source *source)
{
    (void)source;
}

static struct memory_rows rows_of(const struct pm_plane *picture, unsigned depth)
{
    return (struct memory_rows){
        .rows = {.plane = *picture, .begin = memory_begin, .make = memory_make, .end = memory_end},
        .picture = picture,
        .depth = depth,
        .fails_at = UINT32_MAX,
    };
}

static struct pm_image image_of(const struct pm_plane *plane, unsigned depth)
{
    return (struct pm_image){
        .width = plane->width,
        .height = plane->height,
        .format = PIXELS(plane->channels > 2 ? PM_COLOR_RGB : PM_COLOR_GRAY,
                         plane->channels % 2 == 0 ? PM_ALPHA_STRAIGHT : PM_ALPHA_NONE, depth),
        .orientation = 1,
        .nplanes = 1,
        .plane = {*plane},
    };
}

static void check(const struct pm_plane *picture, unsigned depth, uint32_t width, uint32_t height,
                  const char *kernel)
{
    const struct filter *resize = filter_find("resize");
    char argument[64];
    snprintf(argument, sizeof argument, "%ux%u!,kernel=%s", width, height, kernel);
    const struct filter_params params = parse_filter("resize", argument);
    struct pm_image in = image_of(picture, depth);
    for (int level = SIMD_BASE; level < SIMD_LEVELS; level++) {
        if (!simd_available((enum simd_level)level))
            continue;
        struct lent lent;
        lent_init(&lent);
        lent.context.simd = (enum simd_level)level;
        struct shape shape = image_shape(&in), planned = shape;
        cr_assert_eq(resize->plan(&params, &planned, &lent.error), 0);
        struct memory_rows memory = rows_of(picture, depth);
        memory.asked = resize->window(&params, &shape, &planned);
        struct pm_image whole, streamed, head = in;
        head.nplanes = 0;
        head.plane[0].data = NULL;
        cr_assert_eq(resize->apply(&params, &in, &planned, &whole, &lent.context), 0);
        cr_assert_eq(resize->apply_rows(&params, &head, &memory.rows, &planned, &streamed, &lent.context), 0);
        cr_assert_eq(memory.rows.made, picture->height);
        cr_assert_eq(whole.format.alpha, streamed.format.alpha);
        cr_assert_eq(whole.format.depth, streamed.format.depth);
        cr_assert(same_samples(&whole.plane[0], &streamed.plane[0], whole.format.depth),
                  "%ux%u of %u channels and %u bits by %s at level %s", picture->width, picture->height,
                  picture->channels, depth, argument, simd_name((enum simd_level)level));
        lent_free(&lent);
    }
}

Test(resize_rows, makes_what_resize_makes_of_the_whole_picture)
{
    static const char *const kernels[] = {"lanczos3", "mitchell", "catmullrom", "linear", "box", "nearest"};
    unsigned seed = 3;
    for (unsigned i = 0; i < 300; i++) {
        srand(i);
        unsigned depth = i % 2 ? 16 : 8, channels = 1 + i / 2 % 4;
        uint32_t width = 1 + (uint32_t)rand() % 150, height = 1 + (uint32_t)rand() % (i % 5 ? 90 : 900);
        uint32_t to_width = 1 + (uint32_t)rand() % 120, to_height = 1 + (uint32_t)rand() % 150;
        if (to_width == width && to_height == height)
            continue;
        struct pm_plane picture = make_plane(width, height, channels, depth, (size_t)(rand() % 20 * 2),
                                             (enum pattern)(i / 3 % PATTERNS), &seed);
        if (channels % 2 == 0 && i % 3 > 0)
            make_opaque(&picture, depth, i % 3 == 1 ? (uint32_t)rand() % height : height);
        check(&picture, depth, to_width, to_height, kernels[i % 6]);
        free(picture.data);
    }
}

/* Point sampling skips many rows between those that it needs, and at the end. */
Test(resize_rows, notices_alpha_in_rows_that_are_left_out)
{
    unsigned seed = 3;
    for (uint32_t but = 0; but < 400; but += 7) {
        struct pm_plane picture = make_plane(9, 400, 4, 8, 0, PATTERN_NOISE, &seed);
        make_opaque(&picture, 8, but);
        check(&picture, 8, 5, 3 + but % 20, "nearest");
        free(picture.data);
    }
}

Test(resize_rows, reads_no_rows_where_the_picture_is_handed_on)
{
    const struct filter *resize = filter_find("resize");
    const struct filter_params params = parse_filter("resize", "40x30!");
    const struct shape shape = {.width = 40, .height = 30, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_NONE, 8)};
    cr_expect_eq(resize->window(&params, &shape, &shape), 0);
}

Test(resize_rows, hands_on_what_its_source_says)
{
    const struct filter *resize = filter_find("resize");
    const struct filter_params params = parse_filter("resize", "20x20!");
    unsigned seed = 5;
    struct pm_plane picture = make_plane(50, 60, 4, 8, 0, PATTERN_NOISE, &seed);
    struct pm_image in = image_of(&picture, 8), out;
    const struct shape planned = {
        .width = 20, .height = 20, .format = PIXELS(PM_COLOR_RGB, PM_ALPHA_STRAIGHT, 8)};
    for (uint32_t row = 0; row < picture.height; row += 59) {
        struct lent lent;
        lent_init(&lent);
        struct memory_rows memory = rows_of(&picture, 8);
        memory.asked = picture.height;
        memory.fails_at = row;
        cr_expect_eq(resize->apply_rows(&params, &in, &memory.rows, &planned, &out, &lent.context), -1);
        cr_expect(memory.rows.failed);
        cr_expect_str_eq(lent.error.message, "is damaged");
        lent_free(&lent);
    }
    free(picture.data);
}
