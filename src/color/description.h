/*
 * The colour space of RGB or grey samples as primaries and a transfer curve, from cICP's code points (ITU-T
 * H.273) or PNG's gAMA and cHRM. color/matrix_profile.h makes an equal ICC profile, for formats that hold
 * nothing else.
 */
#ifndef COLOR_DESCRIPTION_H
#define COLOR_DESCRIPTION_H

#include <stdbool.h>
#include <stdint.h>

/* CIE 1931 chromaticities. */
struct color_xy {
    double x, y;
};

/* Transfer curve from a sample V, 0 to 1, to linear light: (a V + b)^g if V >= d, else c V; the parametric
 * curve of type 3 in ICC.1:2022, 10.18. */
struct color_curve {
    double g, a, b, c, d;
};

/* Transfer functions of HDR pictures (H.273, table 3). */
enum { CICP_PQ = 16, CICP_HLG = 18 };

struct color_description {
    struct color_xy white, red, green, blue;
    struct color_curve curve;
};

/* cICP: primaries, transfer function, matrix, full range. Returns false if a matrix and a curve can't express
 * it: PQ, HLG, unspecified or reserved values, narrow range. */
bool color_from_cicp(const uint8_t cicp[4], struct color_description *description);

/* The same for PQ and HLG: only the primaries are set, with a linear curve. Returns false for other transfer
 * functions. */
bool color_from_hdr_cicp(const uint8_t cicp[4], struct color_description *description);

/* From the exponent of samples and the x and y of white, red, green and blue. gamma 0 or chromaticities NULL:
 * use sRGB's. Returns false for impossible values. */
bool color_from_gamma(double gamma, const double chromaticities[8], struct color_description *description);

/* Does it mean sRGB? Writers of sRGB images state 1/2.2, and readers treat that as sRGB's curve. */
bool color_gamma_is_srgb(double gamma);
bool color_primaries_are_srgb(const double chromaticities[8]);

#endif
