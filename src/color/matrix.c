#include "color/matrix.h"

#include <math.h>

const struct color_vector color_d50 = {{0.9642, 1.0, 0.8249}};

struct color_vector color_matrix_apply(const struct color_matrix *m, struct color_vector v)
{
    struct color_vector out;
    for (int i = 0; i < 3; i++)
        out.at[i] = m->at[i][0] * v.at[0] + m->at[i][1] * v.at[1] + m->at[i][2] * v.at[2];
    return out;
}

struct color_matrix color_matrix_multiply(const struct color_matrix *a, const struct color_matrix *b)
{
    struct color_matrix out;
    for (int k = 0; k < 3; k++) {
        struct color_vector column =
            color_matrix_apply(a, (struct color_vector){{b->at[0][k], b->at[1][k], b->at[2][k]}});
        for (int i = 0; i < 3; i++)
            out.at[i][k] = column.at[i];
    }
    return out;
}

bool color_matrix_invert(const struct color_matrix *m, struct color_matrix *out)
{
    double cofactor[3][3];
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++) {
            int r0 = (i + 1) % 3, r1 = (i + 2) % 3, c0 = (k + 1) % 3, c1 = (k + 2) % 3;
            cofactor[i][k] = m->at[r0][c0] * m->at[r1][c1] - m->at[r0][c1] * m->at[r1][c0];
        }
    }
    double determinant =
        m->at[0][0] * cofactor[0][0] + m->at[0][1] * cofactor[0][1] + m->at[0][2] * cofactor[0][2];
    if (!(fabs(determinant) > 1e-6))
        return false;
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++)
            out->at[i][k] = cofactor[k][i] / determinant;
    }
    return true;
}

/* XYZ with Y = 1. */
static struct color_vector tristimulus(struct color_xy xy)
{
    return (struct color_vector){{xy.x / xy.y, 1, (1 - xy.x - xy.y) / xy.y}};
}

static struct color_matrix diagonal(struct color_vector v)
{
    return (struct color_matrix){{{v.at[0], 0, 0}, {0, v.at[1], 0}, {0, 0, v.at[2]}}};
}

/* Bradford adaptation matrix from `white` to D50. */
static bool adaptation(struct color_vector white, struct color_matrix *out)
{
    static const struct color_matrix cone = {
        {{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}};
    const struct color_vector from = color_matrix_apply(&cone, white),
                              to = color_matrix_apply(&cone, color_d50);
    struct color_vector ratio;
    struct color_matrix back;
    for (int i = 0; i < 3; i++) {
        if (!(from.at[i] > 1e-3))
            return false;
        ratio.at[i] = to.at[i] / from.at[i];
    }
    const struct color_matrix scale = diagonal(ratio), scaled = color_matrix_multiply(&scale, &cone);
    if (!color_matrix_invert(&cone, &back))
        return false;
    *out = color_matrix_multiply(&back, &scaled);
    return true;
}

/* Sets the columns of *colors to the XYZ of red, green and blue, scaled so that their sum is the white
 * point. */
static bool colorants(const struct color_description *description, struct color_matrix *colors)
{
    const struct color_vector columns[3] = {tristimulus(description->red), tristimulus(description->green),
                                            tristimulus(description->blue)};
    struct color_matrix relative, inverse;
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 3; k++)
            relative.at[i][k] = columns[k].at[i];
    }
    if (!color_matrix_invert(&relative, &inverse))
        return false;
    const struct color_matrix scale = diagonal(color_matrix_apply(&inverse, tristimulus(description->white)));
    *colors = color_matrix_multiply(&relative, &scale);
    return true;
}

bool color_matrix_of(const struct color_description *description, struct color_matrix *colors,
                     struct color_matrix *adapt)
{
    struct color_matrix relative;
    if (!adaptation(tristimulus(description->white), adapt) || !colorants(description, &relative))
        return false;
    *colors = color_matrix_multiply(adapt, &relative);
    return true;
}
