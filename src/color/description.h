/*
 * What RGB or grey samples mean, as far as primaries and a curve say it: from cICP's code points (ITU-T
 * H.273) or PNG's gAMA and cHRM. color/matrix_profile.h makes an ICC profile of it, for formats that have no
 * other way to say the same.
 */
#ifndef COLOR_DESCRIPTION_H
#define COLOR_DESCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

/* CIE 1931 chromaticities. */
struct color_xy {
    double x, y;
};

/* From a sample V, 0 to 1, to light: (a V + b)^g where V >= d, else c V; the parametric curve of type 3 in
 * ICC.1:2022, 10.18. */
struct color_curve {
    double g, a, b, c, d;
};

struct color_description {
    struct color_xy white, red, green, blue;
    struct color_curve curve;
};

/* cICP: primaries, transfer function, matrix, full range. Returns false when a matrix and a curve do not say
 * the same: PQ, HLG, what is unspecified or reserved, narrow range. */
bool color_from_cicp(const uint8_t cicp[4], struct color_description *description);

/* By the exponent of samples and the x and y of white, red, green and blue. gamma 0, or chromaticities NULL:
 * nothing is said of it, and sRGB's is meant. Returns false when they make no sense. */
bool color_from_gamma(double gamma, const double chromaticities[8], struct color_description *description);

/* Are these what writers of sRGB images say? Readers take a gamma of 1/2.2 for sRGB's curve. */
bool color_gamma_is_srgb(double gamma);
bool color_primaries_are_srgb(const double chromaticities[8]);

#endif
