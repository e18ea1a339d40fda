/*
 * Pictures with high dynamic range: samples of PQ or HLG (ITU-R BT.2100), and their mapping to standard
 * dynamic range.
 *
 * The operator is the EETF of ITU-R BT.2390-8, 5.4.1 (since BT.2408-7, 2023, in annex 5 of that report): up
 * to a knee, brightness is unchanged; above it, a Hermite spline in the PQ domain compresses the rest, up to
 * the picture's peak, into what is left below white. White is 203 cd/m2, the HDR reference white of ITU-R
 * BT.2408-7, 2.1. The EETF is computed of the largest of R, G and B, and all three are multiplied by the same
 * factor: hue and saturation are kept, and nothing exceeds white before primaries are converted.
 */
#ifndef COLOR_HDR_H
#define COLOR_HDR_H

#include "color/matrix.h"
#include "color/space.h"
#include "pixmill/image.h"

struct color_hdr {
    enum tone_transfer transfer; /* TONE_PQ or TONE_HLG */
    double full;                 /* cd/m2 of the largest light: 10000 or, for HLG, 1000 */
    double peak;                 /* cd/m2: brighter parts become white; 203 to 10000 */
    double knee, white;          /* of the EETF, as PQ samples, relative to that of the peak */
    struct color_matrix to_xyz;  /* from linear RGB, relative to D50 */
    double luma[3];              /* weights of linear R, G and B in luminance */
};

/* From cICP; the peak is that of the content light level, else of the mastering display, else 1000. Returns
 * false if the picture is not HDR, or its primaries are unknown. */
bool color_hdr_of(const struct pm_metadata *meta, struct color_hdr *hdr);

/* Does cICP say that the picture is HDR, of known primaries? */
bool color_cicp_is_hdr(const uint8_t cicp[4]);

/* The factor for R, G and B, relative to `full`, whose largest is `max` (0 to 1): the products are relative
 * to white. */
double color_hdr_factor(const struct color_hdr *hdr, double max);

/* White of standard dynamic range relative to `full`. */
double color_hdr_white(const struct color_hdr *hdr);

/* HLG's OOTF: the factor from scene light of luminance y to display light, both 0 to 1. */
double color_hdr_ootf(double y);

/* Its inverse: the factor from display light of luminance y, above 0, to scene light. */
double color_hdr_inverse_ootf(double y);

#endif
