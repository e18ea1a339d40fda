/*
 * A curve as eight cubic polynomials whose coefficients fit vector registers: no kernel has to load from
 * memory by an index. (color/ycc_shaper.h and color/light.h have such curves.)
 */
#ifndef COLOR_CUBICS_H
#define COLOR_CUBICS_H

enum {
    CUBICS = 8,
    CUBIC_TERMS = 4,
    CUBIC_ENTRIES = 16, /* twice CUBICS: as many as the widest vector has elements */
};

/* Coefficient k of polynomial i is term[k][i] and term[k][i + CUBICS], and of[i][k] for narrow vectors. */
struct cubics {
    _Alignas(64) float term[CUBIC_TERMS][CUBIC_ENTRIES];
    _Alignas(16) float of[CUBICS][CUBIC_TERMS];
};

/* Sets a polynomial to the one through the values at the Chebyshev nodes of low to high. */
void cubics_fit(struct cubics *cubics, unsigned i, double low, double high,
                double (*value)(const void *curve, double x), const void *curve);

/* Sets it to a straight line. */
void cubics_set_line(struct cubics *cubics, unsigned i, double at_0, double slope);

double cubics_at(const struct cubics *cubics, unsigned i, double x);

#endif
