#include "color/cubics.h"

static void set(struct cubics *cubics, unsigned i, const double term[CUBIC_TERMS])
{
    for (unsigned k = 0; k < CUBIC_TERMS; k++)
        cubics->term[k][i] = cubics->term[k][i + CUBICS] = cubics->of[i][k] = (float)term[k];
}

/* By Newton's divided differences. */
void cubics_fit(struct cubics *cubics, unsigned i, double low, double high,
                double (*value)(const void *curve, double x), const void *curve)
{
    static const double nodes[CUBIC_TERMS] = {0.92387953251128674, 0.38268343236508977, -0.38268343236508977,
                                              -0.92387953251128674}; /* cos(pi (2 k + 1) / 8) */
    double x[CUBIC_TERMS], difference[CUBIC_TERMS], term[CUBIC_TERMS] = {0};
    for (int k = 0; k < CUBIC_TERMS; k++) {
        x[k] = (low + high) / 2 + (high - low) / 2 * nodes[k];
        difference[k] = value(curve, x[k]);
    }
    for (int order = 1; order < CUBIC_TERMS; order++) {
        for (int k = CUBIC_TERMS - 1; k >= order; k--)
            difference[k] = (difference[k] - difference[k - 1]) / (x[k] - x[k - order]);
    }
    for (int k = CUBIC_TERMS - 1; k >= 0; k--) { /* term = term (X - x[k]) + difference[k] */
        for (int t = CUBIC_TERMS - 1; t > 0; t--)
            term[t] = term[t - 1] - x[k] * term[t];
        term[0] = difference[k] - x[k] * term[0];
    }
    set(cubics, i, term);
}

void cubics_set_line(struct cubics *cubics, unsigned i, double at_0, double slope)
{
    set(cubics, i, (const double[CUBIC_TERMS]){at_0, slope});
}

double cubics_at(const struct cubics *cubics, unsigned i, double x)
{
    double sum = 0;
    for (int k = CUBIC_TERMS - 1; k >= 0; k--)
        sum = sum * x + cubics->of[i][k];
    return sum;
}
