#include <criterion/criterion.h>

#include "image/orientation.h"

enum { WIDTH = 3, HEIGHT = 2 };

struct little {
    unsigned width, height;
    char samples[WIDTH * HEIGHT];
};

/* Makes the image upright, pixel by pixel. */
static struct little turned(const struct little *in, unsigned orientation)
{
    const struct turn turn = orientation_turn(orientation);
    struct little out = {.width = turn.transpose ? in->height : in->width,
                         .height = turn.transpose ? in->width : in->height};
    for (unsigned y = 0; y < out.height; y++) {
        for (unsigned x = 0; x < out.width; x++) {
            const unsigned u = turn.transpose ? y : x, v = turn.transpose ? x : y;
            const unsigned from_x = turn.mirror_x ? in->width - 1 - u : u;
            const unsigned from_y = turn.mirror_y ? in->height - 1 - v : v;
            out.samples[y * out.width + x] = in->samples[from_y * in->width + from_x];
        }
    }
    return out;
}

static const struct little letters = {WIDTH, HEIGHT, {'a', 'b', 'c', 'd', 'e', 'f'}};

/* EXIF 3.0, 4.6.5, Orientation: where the 0th row and column of the stored image are. */
Test(orientation, is_that_of_exif)
{
    static const char *const upright[] = {"",       "abcdef", "cbafed", "fedcba", "defabc",
                                          "adbecf", "daebfc", "fcebda", "cfbead"};
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        const struct little out = turned(&letters, orientation);
        cr_expect_arr_eq(out.samples, upright[orientation], WIDTH * HEIGHT, "%u", orientation);
        cr_expect_eq(orientation_transposes(orientation), out.width == HEIGHT);
    }
}

Test(orientation, two_turns_are_one)
{
    for (unsigned first = 1; first <= 8; first++) {
        for (unsigned then = 1; then <= 8; then++) {
            const struct little once = turned(&letters, first), twice = turned(&once, then);
            const struct little joined = turned(&letters, orientation_join(first, then));
            cr_expect_eq(joined.width, twice.width);
            cr_expect_arr_eq(joined.samples, twice.samples, WIDTH * HEIGHT, "%u, then %u", first, then);
        }
    }
}
