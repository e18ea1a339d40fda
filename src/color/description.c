#include "color/description.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

static const struct color_xy d65 = {0.3127, 0.3290}, illuminant_c = {0.310, 0.316}, dci = {0.314, 0.351};

/* H.273, table 2, by ColourPrimaries; a white of 0 marks values that are reserved or have no matrix. */
static const struct {
    const struct color_xy *white;
    struct color_xy red, green, blue;
} primaries[] = {
    [1] = {&d65, {0.640, 0.330}, {0.300, 0.600}, {0.150, 0.060}},          /* BT.709, sRGB */
    [4] = {&illuminant_c, {0.67, 0.33}, {0.21, 0.71}, {0.14, 0.08}},       /* BT.470 M */
    [5] = {&d65, {0.64, 0.33}, {0.29, 0.60}, {0.15, 0.06}},                /* BT.601 of 625 lines */
    [6] = {&d65, {0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}},          /* BT.601 of 525 lines */
    [7] = {&d65, {0.630, 0.340}, {0.310, 0.595}, {0.155, 0.070}},          /* SMPTE 240M */
    [8] = {&illuminant_c, {0.681, 0.319}, {0.243, 0.692}, {0.145, 0.049}}, /* film */
    [9] = {&d65, {0.708, 0.292}, {0.170, 0.797}, {0.131, 0.046}},          /* BT.2020, BT.2100 */
    [11] = {&dci, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}},         /* DCI-P3 */
    [12] = {&d65, {0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}},         /* Display P3 */
    [22] = {&d65, {0.630, 0.340}, {0.295, 0.605}, {0.155, 0.077}},         /* EBU Tech 3213 */
};

/* The inverse of V = alpha L^0.45 - (alpha - 1) for L >= beta, V = slope L below. */
#define CAMERA(alpha, beta, slope)                                                                           \
    {                                                                                                        \
        1 / 0.45, 1 / (alpha), ((alpha)-1) / (alpha), 1.0 / (slope), (slope) * (beta)                        \
    }
#define SRGB                                                                                                 \
    {                                                                                                        \
        2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045                                                    \
    }
#define POWER(exponent)                                                                                      \
    {                                                                                                        \
        (exponent), 1, 0, 0, 0                                                                               \
    }

/* The display's curve, by TransferCharacteristics (H.273, table 3); an exponent of 0 marks unsupported ones.
 * For video (BT.709, BT.601, BT.2020) the table has the camera's curve, but displays and browsers use
 * BT.1886: a power of 2.4. */
static const struct color_curve curves[] = {
    [1] = POWER(2.4),
    [4] = POWER(2.2),
    [5] = POWER(2.8),
    [6] = POWER(2.4),
    [7] = CAMERA(1.111572195921731, 0.022821585529445, 4.0),
    [8] = POWER(1.0),
    [13] = SRGB,
    [14] = POWER(2.4),
    [15] = POWER(2.4),
};

static bool describe(const uint8_t cicp[4], const struct color_curve *curve,
                     struct color_description *description)
{
    const unsigned colors = cicp[0], matrix = cicp[2], full_range = cicp[3];
    if (matrix != 0 || full_range != 1 || colors >= sizeof primaries / sizeof *primaries ||
        primaries[colors].white == NULL || curve->g == 0)
        return false;
    *description = (struct color_description){
        .white = *primaries[colors].white,
        .red = primaries[colors].red,
        .green = primaries[colors].green,
        .blue = primaries[colors].blue,
        .curve = *curve,
    };
    return true;
}

bool color_from_cicp(const uint8_t cicp[4], struct color_description *description)
{
    const unsigned transfer = cicp[1];
    return transfer < sizeof curves / sizeof *curves && describe(cicp, &curves[transfer], description);
}

bool color_from_hdr_cicp(const uint8_t cicp[4], struct color_description *description)
{
    static const struct color_curve linear = POWER(1.0);
    return (cicp[1] == CICP_PQ || cicp[1] == CICP_HLG) && describe(cicp, &linear, description);
}

static struct color_xy chromaticity(const double *xy)
{
    return (struct color_xy){xy[0], xy[1]};
}

bool color_from_gamma(double gamma, const double chromaticities[8], struct color_description *description)
{
    enum { EXPONENT_MAX = 20 }; /* larger exponents are errors: no display or scanner has one */
    static const uint8_t srgb[4] = {1, 13, 0, 1};
    color_from_cicp(srgb, description);
    const double exponent = gamma > 0 ? 1 / gamma : 1;
    if (exponent > EXPONENT_MAX || exponent < 1.0 / EXPONENT_MAX)
        return false;
    if (gamma > 0 && !color_gamma_is_srgb(gamma))
        description->curve = (struct color_curve)POWER(exponent);
    if (chromaticities == NULL)
        return true;
    for (size_t i = 1; i < 8; i += 2) {
        if (chromaticities[i] == 0)
            return false;
    }
    description->white = chromaticity(chromaticities);
    description->red = chromaticity(chromaticities + 2);
    description->green = chromaticity(chromaticities + 4);
    description->blue = chromaticity(chromaticities + 6);
    return true;
}

/* Compare with five decimal places, the precision in files. */
static bool is_near(double value, double other, long tolerance)
{
    const double places = 100000;
    return labs(lround(value * places) - lround(other * places)) <= tolerance;
}

bool color_gamma_is_srgb(double gamma)
{
    enum { TOLERANCE = 455 };
    return is_near(gamma, 0.45455, TOLERANCE);
}

bool color_primaries_are_srgb(const double chromaticities[8])
{
    enum { TOLERANCE = 200 };
    static const double srgb[8] = {0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06};
    for (size_t i = 0; i < 8; i++) {
        if (!is_near(chromaticities[i], srgb[i], TOLERANCE))
            return false;
    }
    return true;
}
