/* The centre of attention, compared with the same method in plain double precision by the C library. */
#include "filter/attention.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "filter/filter.h"
#include "filter/reference.h"
#include "pictures.h"

enum { CELLS = 32 };

/* The mean red, green and blue, 0 to 1, of cell (x, y); the picture's sides are multiples of CELLS. */
static void mean_of(const struct pm_image *in, unsigned x, unsigned y, double rgb[3])
{
    const uint32_t w = in->width / CELLS, h = in->height / CELLS;
    const unsigned depth = in->format.depth, gray = in->format.color == PM_COLOR_GRAY;
    for (unsigned c = 0; c < 3; c++) {
        double sum = 0;
        for (uint32_t i = 0; i < w * h; i++)
            sum += sample_at(&in->plane[0], depth, x * w + i % w, y * h + i / w, gray ? 0 : c);
        /* as the picture of cells has it: of whole steps */
        rgb[c] = floor(sum / (w * h) + 0.5) / (depth == 8 ? 255 : 65535);
    }
}

static double light(double v)
{
    return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double f(double t)
{
    return t > 216.0 / 24389 ? cbrt(t) : t * 841 / 108 + 4.0 / 29;
}

static double clamped(double cells[CELLS][CELLS], int x, int y)
{
    return cells[y < 0 ? 0 : y > CELLS - 1 ? CELLS - 1 : y][x < 0 ? 0 : x > CELLS - 1 ? CELLS - 1 : x];
}

static void score(const struct pm_image *in, double scores[CELLS][CELLS])
{
    static double luminance[CELLS][CELLS];
    for (int i = 0; i < CELLS * CELLS; i++) {
        double v[3];
        mean_of(in, (unsigned)i % CELLS, (unsigned)i / CELLS, v);
        const double r = light(v[0]), g = light(v[1]), b = light(v[2]);
        const double x = 41.24564 * r + 35.75761 * g + 18.04375 * b,
                     y = 21.26729 * r + 71.51522 * g + 7.2175 * b,
                     z = 1.93339 * r + 11.9192 * g + 95.03041 * b, length = sqrt(x * x + y * y + z * z);
        luminance[i / CELLS][i % CELLS] = y;
        scores[i / CELLS][i % CELLS] = 0;
        if (y > 5)
            scores[i / CELLS][i % CELLS] =
                100 - 100 * hypot(hypot(x / length - 0.78, y / length - 0.57), z / length - 0.44) +
                hypot(500 * (f(x / 95.047) - f(y / 100)), 200 * (f(y / 100) - f(z / 108.883)));
    }
    for (int i = 0; i < CELLS * CELLS; i++) {
        const int x = i % CELLS, y = i / CELLS;
        scores[y][x] +=
            5 * fabs(4 * luminance[y][x] - clamped(luminance, x - 1, y) - clamped(luminance, x + 1, y) -
                     clamped(luminance, x, y - 1) - clamped(luminance, x, y + 1));
    }
}

/* The smoothed score of one cell, in two dimensions at once. */
static double smoothed(double scores[CELLS][CELLS], int x, int y, double sigma)
{
    const int reach = (int)ceil(3 * sigma);
    double sum = 0, weights = 0;
    for (int j = -reach; j <= reach; j++) {
        for (int i = -reach; i <= reach; i++) {
            const double weight = exp(-(i * i + j * j) / (2 * sigma * sigma));
            sum += weight * clamped(scores, x + i, y + j);
            weights += weight;
        }
    }
    return sum / weights;
}

/* Is the place found that of the largest score, but for rounding? */
static void expect_largest(const struct pm_image *in, uint32_t width, uint32_t height, struct lent *lent)
{
    static double scores[CELLS][CELLS];
    const double sigma =
        fmax(1, hypot((double)width * CELLS / in->width, (double)height * CELLS / in->height) / 10);
    double x, y, most = 0;
    cr_assert_eq(attention_find(in, width, height, &x, &y, &lent->context), 0);
    score(in, scores);
    for (int i = 0; i < CELLS * CELLS; i++)
        most = fmax(most, smoothed(scores, i % CELLS, i / CELLS, sigma));
    const int cell_x = (int)(x * CELLS / in->width), cell_y = (int)(y * CELLS / in->height);
    cr_assert(fabs(x * CELLS / in->width - cell_x - 0.5) < 1e-9 &&
              fabs(y * CELLS / in->height - cell_y - 0.5) < 1e-9);
    cr_expect_float_eq(smoothed(scores, cell_x, cell_y, sigma), most, 1e-6);
}

Test(attention, is_where_the_twin_finds_it)
{
    for (unsigned kind = 0; kind < 8; kind++) {
        struct lent lent;
        lent_init(&lent);
        struct pm_image in = picture(&lent, 32 * (kind + 1), 96, kind & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY,
                                     false, kind & 2 ? 16 : 8);
        lent.context.lanes = kind & 4 ? 3 : 1;
        lent.context.ops = kind & 4 ? &backward_ops : NULL;
        expect_largest(&in, in.width / 2, 20, &lent);
        expect_largest(&in, 9, 9, &lent);
        lent_free(&lent);
    }
}

/* A picture of one colour with a disc of another. */
static struct pm_image disc(struct lent *lent, uint32_t x, uint32_t y, const uint8_t color[4], bool alpha)
{
    struct pm_image image = picture(lent, 320, 240, PM_COLOR_RGB, alpha, 8);
    const unsigned channels = image.plane[0].channels;
    for (uint32_t i = 0; i < 320 * 240; i++) {
        uint8_t *pixel = plane_row(&image.plane[0], i / 320) + (size_t)(i % 320) * channels;
        const bool inside = hypot((double)(i % 320) - x, (double)(i / 320) - y) < 20;
        memset(pixel, 90, 3);
        if (inside)
            memcpy(pixel, color, channels);
        else if (alpha)
            pixel[3] = 0;
    }
    return image;
}

Test(attention, goes_to_skin_strong_colours_and_edges)
{
    static const uint8_t colors[][4] = {
        {220, 170, 140, 255}, {255, 0, 0, 255}, {20, 60, 250, 255}, {250, 250, 250, 255}};
    for (unsigned i = 0; i < 8; i++) {
        struct lent lent;
        double x, y;
        lent_init(&lent);
        struct pm_image in = disc(&lent, 60 + 50 * (i / 2), 180 - 30 * (i / 2), colors[i / 2], i & 1);
        cr_assert_eq(attention_find(&in, 120, 120, &x, &y, &lent.context), 0);
        cr_expect(fabs(x - (60 + 50 * (i / 2))) < 16 && fabs(y - (180. - 30 * (i / 2))) < 16, "%u: %g, %g", i,
                  x, y);
        lent_free(&lent);
    }
}

Test(attention, a_picture_of_one_colour_has_it_in_the_middle)
{
    struct lent lent;
    double x, y;
    lent_init(&lent);
    struct pm_image in = picture(&lent, 97, 31, PM_COLOR_RGB, false, 8);
    memset(in.plane[0].data, 200, in.plane[0].stride * 31);
    cr_assert_eq(attention_find(&in, 20, 20, &x, &y, &lent.context), 0);
    cr_expect(x == 48.5 && y == 15.5);
    in = picture(&lent, 1, 1, PM_COLOR_CMYK, false, 8);
    cr_assert_eq(attention_find(&in, 1, 1, &x, &y, &lent.context), 0);
    cr_expect(x == 0.5 && y == 0.5);
    lent_free(&lent);
}

/* The crop has the place in its middle, or is at the edge. */
Test(attention, is_the_middle_of_a_smart_crop)
{
    static const uint8_t red[4] = {255, 0, 0, 255};
    struct lent lent;
    double x, y;
    lent_init(&lent);
    struct pm_image in = disc(&lent, 160, 100, red, false);
    cr_assert_eq(attention_find(&in, 101, 60, &x, &y, &lent.context), 0);
    struct pm_image out = run_filter("crop", "101x60,gravity=smart", &in, &lent);
    const uint32_t left = (uint32_t)floor(x - 50.5 + 0.5), top = (uint32_t)floor(y - 30 + 0.5);
    cr_expect_eq(out.plane[0].data, plane_row(&in.plane[0], top) + 3 * left);
    out = run_filter("crop", "320x240,gravity=smart", &in, &lent);
    cr_expect_eq(out.plane[0].data, in.plane[0].data);
    in = disc(&lent, 310, 5, red, false);
    out = run_filter("crop", "100x100,gravity=smart", &in, &lent);
    cr_expect_eq(out.plane[0].data, plane_row(&in.plane[0], 0) + 3 * 220);
    lent_free(&lent);
}
