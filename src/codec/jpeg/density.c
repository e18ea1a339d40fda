/* JFIF's density, in whole pixels an inch or a centimetre, to and from PNG's, in pixels a metre. */
#include <math.h>

#include "codec/jpeg/meta.h"

static const double metres_an_inch = 0.0254;

void jpeg_read_density(const struct jpeg_decompress_struct *cinfo, struct pm_metadata *meta)
{
    unsigned x = cinfo->X_density, y = cinfo->Y_density, unit = cinfo->density_unit;
    if (!cinfo->saw_JFIF_marker || x == 0 || y == 0 || unit > 2 || (unit == 0 && x == y))
        return;
    double scale = unit == 1 ? 1 / metres_an_inch : unit == 2 ? 100 : 1;
    meta->has_density = true;
    meta->density_unit = unit != 0;
    meta->density_x = (uint32_t)lround(x * scale);
    meta->density_y = (uint32_t)lround(y * scale);
}

static double inches(uint32_t a_metre)
{
    return round(a_metre * metres_an_inch);
}

/* Was this density, in pixels a metre, once a whole number of pixels an inch? */
static bool is_in_inches(uint32_t a_metre)
{
    return round(inches(a_metre) / metres_an_inch) == a_metre;
}

void jpeg_write_density(struct jpeg_compress_struct *cinfo, const struct pm_metadata *meta)
{
    if (!meta->has_density)
        return;
    double x = meta->density_x, y = meta->density_y;
    unsigned unit = 0;
    if (meta->density_unit == 1) {
        bool inch = (is_in_inches(meta->density_x) && is_in_inches(meta->density_y)) ||
                    meta->density_x % 100 != 0 || meta->density_y % 100 != 0;
        unit = inch ? 1 : 2;
        x = inch ? inches(meta->density_x) : x / 100;
        y = inch ? inches(meta->density_y) : y / 100;
    }
    if (x < 1 || y < 1 || x > UINT16_MAX || y > UINT16_MAX)
        return; /* no JFIF field holds it */
    cinfo->density_unit = (UINT8)unit;
    cinfo->X_density = (UINT16)x;
    cinfo->Y_density = (UINT16)y;
}
