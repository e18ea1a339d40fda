#include "codec/tiff/left_out.h"

#include "codec/tiff/exif.h"

enum { UNKNOWN_MAX = 8 /* tags that are named */ };

enum group { READ, LAYERS, COLORS, PHOTOSHOP, PLACE, PAGE, UNKNOWN, GROUPS };

/* Tags of a range that are not read, or are read by pixmill or libtiff (READ). */
struct range {
    unsigned first, last;
    enum group group;
};

/* In ascending order. TIFF 6.0; TIFF/EP; Adobe's technical notes; GeoTIFF 1.1, 7; GDAL's registered tags. */
static const struct range ranges[] = {
    {254, 259, READ},          {262, 266, READ},       {273, 274, READ},      {277, 284, READ},
    {286, 287, PAGE},          {288, 293, READ},       {296, 296, READ},      {297, 297, PAGE},
    {301, 301, COLORS},        {317, 325, READ},       {330, 330, READ},      {332, 332, READ},
    {333, 337, PAGE},          {338, 341, READ},       {347, 347, READ},      {512, 515, READ},
    {517, 521, READ},          {529, 532, READ},       {559, 559, READ},      {700, 700, READ},
    {33550, 33550, PLACE},     {33723, 33723, READ},   {33920, 33922, PLACE}, {34264, 34264, PLACE},
    {34377, 34377, PHOTOSHOP}, {34665, 34665, READ},   {34675, 34675, READ},  {34735, 34737, PLACE},
    {34853, 34853, READ},      {37724, 37724, LAYERS}, {40965, 40965, READ},  {42112, 42113, PLACE},
};

static enum group group_of(unsigned tag)
{
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (tag >= ranges[i].first && tag <= ranges[i].last)
            return ranges[i].group;
    }
    return tiff_is_exif_tag(tag) ? READ : UNKNOWN;
}

/* Photoshop's resources may be IPTC alone. */
static bool is_iptc_alone(const struct tiff_header *page)
{
    enum { WRAPPING = 16 };
    return page->iptc.size > 0 && page->photoshop.size <= page->iptc.size + WRAPPING;
}

void tiff_warn_of_tags(const struct tiff_file *file, const struct tiff_header *page, bool all,
                       struct context *context)
{
    struct tiff_walk walk;
    struct tiff_field field;
    struct pm_error why = {0}; /* the same fields were read before */
    unsigned met[GROUPS] = {0};
    if (tiff_walk_begin(&walk, file, page->ifd, &why) != 0)
        return;
    while (tiff_walk_next(&walk, &field, &why) > 0) {
        const enum group group = group_of(field.tag);
        if (met[group]++ < UNKNOWN_MAX && group == UNKNOWN)
            context_warn(context, "its tag %u, of unknown contents, is left out", field.tag);
    }
    if (met[UNKNOWN] > UNKNOWN_MAX)
        context_warn(context, "%u further tags of unknown contents are left out", met[UNKNOWN] - UNKNOWN_MAX);
    if (met[LAYERS] > 0)
        context_warn(context, "Photoshop's layers are left out: the result is the picture that they make");
    if (met[COLORS] > 0 && page->icc.size == 0)
        context_warn(context, "its transfer function is ignored, and colours may change");
    if (met[PHOTOSHOP] > 0 && all && !is_iptc_alone(page))
        context_warn(context, "Photoshop's image resources are left out, but for IPTC");
    if (met[PLACE] > 0 && all)
        context_warn(context, "its place on the earth (GeoTIFF) is left out");
    if (met[PAGE] > 0 && all)
        context_warn(context, "tags about the printed page (position, number, inks) are left out");
}
