#include "filter/attention.h"

#include <math.h>

#include "color/curve.h"
#include "color/lab.h"
#include "filter/scale.h"

enum { CELLS = 32 }; /* on a side, at most */

/* One value of each cell. */
struct cells {
    uint32_t width, height;
    double value[CELLS][CELLS];
};

/* Red, green and blue of a cell, 0 to 1, black where it is transparent. */
static void cell_rgb(const struct pm_image *image, uint32_t x, uint32_t y, double rgb[3])
{
    const struct pm_plane *plane = &image->plane[0];
    const double white = image->format.depth == 8 ? UINT8_MAX : UINT16_MAX;
    const bool gray = image->format.color == PM_COLOR_GRAY, inks = image->format.color == PM_COLOR_CMYK;
    double sample[4] = {0};
    for (unsigned c = 0; c < plane->channels; c++) {
        const size_t i = (size_t)x * plane->channels + c;
        const uint8_t *row = plane_row(plane, y);
        sample[c] = (image->format.depth == 8 ? row[i] : ((const uint16_t *)(const void *)row)[i]) / white;
    }
    const double alpha = image->format.alpha == PM_ALPHA_STRAIGHT ? sample[plane->channels - 1] : 1;
    for (unsigned c = 0; c < 3; c++)
        rgb[c] = inks ? (1 - sample[c]) * (1 - sample[3]) : sample[gray ? 0 : c] * alpha;
}

/* X, Y and Z of sRGB (IEC 61966-2-1), Y of white 100. */
static void to_xyz(const double rgb[3], double xyz[3])
{
    static const double matrix[3][3] = {
        {41.24564, 35.75761, 18.04375}, {21.26729, 71.51522, 7.21750}, {1.93339, 11.91920, 95.03041}};
    double light[3];
    for (unsigned c = 0; c < 3; c++)
        light[c] = srgb_light(rgb[c]);
    for (unsigned c = 0; c < 3; c++)
        xyz[c] = matrix[c][0] * light[0] + matrix[c][1] * light[1] + matrix[c][2] * light[2];
}

static double chroma_of(const double xyz[3])
{
    const double y = lab_f(xyz[1] / 100), a = 500 * (lab_f(xyz[0] / 95.047) - y);
    const double b = 200 * (y - lab_f(xyz[2] / 108.883));
    return sqrt(a * a + b * b);
}

/* 100 for the colour of skin. */
static double skin_of(const double xyz[3])
{
    static const double skin[3] = {0.78, 0.57, 0.44};
    const double length = sqrt(xyz[0] * xyz[0] + xyz[1] * xyz[1] + xyz[2] * xyz[2]);
    double distance = 0;
    for (unsigned c = 0; c < 3; c++)
        distance += (xyz[c] / length - skin[c]) * (xyz[c] / length - skin[c]);
    return 100 - 100 * sqrt(distance);
}

/* A cell's value; beyond the edges, that of the nearest cell. */
static double value_at(const struct cells *cells, int64_t x, int64_t y)
{
    x = x < 0 ? 0 : x >= cells->width ? cells->width - 1 : x;
    y = y < 0 ? 0 : y >= cells->height ? cells->height - 1 : y;
    return cells->value[y][x];
}

static void find_scores(const struct pm_image *image, struct cells *scores)
{
    enum { DARK = 5 }; /* Y of cells whose colour does not count */
    struct cells luminance = *scores;
    for (uint32_t y = 0; y < scores->height; y++) {
        for (uint32_t x = 0; x < scores->width; x++) {
            double rgb[3], xyz[3];
            cell_rgb(image, x, y, rgb);
            to_xyz(rgb, xyz);
            luminance.value[y][x] = xyz[1];
            scores->value[y][x] = xyz[1] > DARK ? skin_of(xyz) + chroma_of(xyz) : 0;
        }
    }
    for (uint32_t y = 0; y < scores->height; y++) {
        for (uint32_t x = 0; x < scores->width; x++) {
            const double around =
                value_at(&luminance, (int64_t)x - 1, y) + value_at(&luminance, (int64_t)x + 1, y) +
                value_at(&luminance, x, (int64_t)y - 1) + value_at(&luminance, x, (int64_t)y + 1);
            scores->value[y][x] += 5 * fabs(4 * luminance.value[y][x] - around);
        }
    }
}

/* A Gaussian, across and then down, whose weights within two cells' sides sum to 1. */
static void smooth(struct cells *cells, double sigma)
{
    static const double e = 2.71828182845904524;
    const int reach = (int)ceil(3 * sigma);
    for (int pass = 0; pass < 2; pass++) {
        const struct cells from = *cells;
        for (uint32_t i = 0; i < from.width * from.height; i++) {
            const int64_t x = i % from.width, y = i / from.width;
            double sum = 0, weights = 0;
            for (int d = -reach; d <= reach; d++) {
                const double weight = color_power(e, -d * d / (2 * sigma * sigma));
                sum += weight * (pass == 0 ? value_at(&from, x + d, y) : value_at(&from, x, y + d));
                weights += weight;
            }
            cells->value[y][x] = sum / weights;
        }
    }
}

/* The cell with the largest value; false if all are equal, but for rounding. */
static bool find_largest(const struct cells *cells, uint32_t *x, uint32_t *y)
{
    double least = cells->value[0][0], most = least;
    *x = *y = 0;
    for (uint32_t i = 0; i < cells->width * cells->height; i++) {
        const double value = cells->value[i / cells->width][i % cells->width];
        least = value < least ? value : least;
        if (value > most) {
            most = value;
            *x = i % cells->width;
            *y = i / cells->width;
        }
    }
    return most - least > 1e-6;
}

int attention_find(const struct pm_image *in, uint32_t width, uint32_t height, double *x, double *y,
                   struct context *context)
{
    const struct shape full = image_shape(in);
    struct cells scores = {.width = in->width < CELLS ? in->width : CELLS,
                           .height = in->height < CELLS ? in->height : CELLS};
    const struct shape planned = scale_shape(&full, scores.width, scores.height);
    const struct arena_mark mark = arena_mark(context->arena);
    struct pm_image small;
    if (scale_image(&kernel_box, in, &planned, &small, context) != 0)
        return -1;
    find_scores(&small, &scores);
    arena_release(context->arena, mark);
    const double across = (double)width * scores.width / in->width,
                 down = (double)height * scores.height / in->height;
    const double sigma = sqrt(across * across + down * down) / 10;
    uint32_t cell_x, cell_y;
    smooth(&scores, sigma > 1 ? sigma : 1);
    const bool found = find_largest(&scores, &cell_x, &cell_y);
    *x = found ? (cell_x + 0.5) * in->width / scores.width : in->width / 2.0;
    *y = found ? (cell_y + 0.5) * in->height / scores.height : in->height / 2.0;
    return 0;
}
