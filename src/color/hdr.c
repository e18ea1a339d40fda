#include "color/hdr.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "color/description.h"

static const double sdr_white = 203, default_peak = 1000, pq_max = 10000; /* cd/m2 */

static const struct tone_curve pq = {.transfer = TONE_PQ};

static double pq_sample(double light)
{
    return tone_curve_sample(&pq, light / pq_max);
}

static double pq_light(double sample)
{
    return pq_max * tone_curve_light(&pq, sample);
}

bool color_cicp_is_hdr(const uint8_t cicp[4])
{
    struct color_description description;
    return color_from_hdr_cicp(cicp, &description);
}

/* cLLI and mDCV state luminance in 0.0001 cd/m2 (PNG, third edition, 11.3.2.7 and 11.3.2.8). HLG is relative:
 * its nominal peak is 1000 (BT.2100-2, table 5). */
static double peak_of(const struct pm_metadata *meta)
{
    enum { UNITS = 10000, AT_PEAK = 16 };
    const double content = meta->has_light ? (double)get_be32(meta->light) / UNITS : 0,
                 display = meta->has_mastering ? (double)get_be32(meta->mastering + AT_PEAK) / UNITS : 0;
    if (meta->cicp[1] == CICP_HLG)
        return default_peak;
    const double peak = content > 0 ? content : display > 0 ? display : default_peak;
    return peak < sdr_white ? sdr_white : peak > pq_max ? pq_max : peak;
}

bool color_hdr_of(const struct pm_metadata *meta, struct color_hdr *hdr)
{
    struct color_description description;
    struct color_matrix adapt, own;
    *hdr = (struct color_hdr){.peak = 0};
    if (!meta->has_cicp || !color_from_hdr_cicp(meta->cicp, &description) ||
        !color_matrix_of(&description, &hdr->to_xyz, &adapt) || !color_matrix_invert(&adapt, &own))
        return false;
    own = color_matrix_multiply(&own, &hdr->to_xyz); /* relative to its own white */
    memcpy(hdr->luma, own.at[1], sizeof hdr->luma);
    hdr->transfer = meta->cicp[1] == CICP_PQ ? TONE_PQ : TONE_HLG;
    hdr->full = hdr->transfer == TONE_PQ ? pq_max : default_peak;
    hdr->peak = peak_of(meta);
    hdr->white = pq_sample(sdr_white) / pq_sample(hdr->peak);
    hdr->knee = 1.5 * hdr->white - 0.5;
    return true;
}

/* BT.2390-8, 5.4.1, for black levels of 0: the part above the knee. The input, knee to 1, and the result are
 * PQ samples relative to that of the peak. */
static double spline(const struct color_hdr *hdr, double e1)
{
    const double t = (e1 - hdr->knee) / (1 - hdr->knee), t2 = t * t, t3 = t2 * t;
    return (2 * t3 - 3 * t2 + 1) * hdr->knee + (t3 - 2 * t2 + t) * (1 - hdr->knee) +
           (3 * t2 - 2 * t3) * hdr->white;
}

double color_hdr_factor(const struct color_hdr *hdr, double max)
{
    const double light = fmin(max * hdr->full, hdr->peak), sample = pq_sample(light),
                 top = pq_sample(hdr->peak);
    if (sample <= hdr->knee * top)
        return hdr->full / sdr_white;
    return pq_light(top * spline(hdr, sample / top)) / sdr_white / max;
}

double color_hdr_white(const struct color_hdr *hdr)
{
    return sdr_white / hdr->full;
}

static const double hlg_gamma = 1.2; /* of a peak of 1000 cd/m2: BT.2100-2, table 5 */

double color_hdr_ootf(double y)
{
    return color_power(y, hlg_gamma - 1);
}

double color_hdr_inverse_ootf(double y)
{
    return 1 / color_power(y, 1 - 1 / hlg_gamma);
}
