#include "color/space.h"

#include <math.h>
#include <string.h>

#include "color/profile.h"

static bool read_column(const struct profile *profile, const char *signature, int column,
                        struct color_matrix *matrix)
{
    double xyz[3];
    if (!profile_xyz(profile, signature, xyz))
        return false;
    for (int i = 0; i < 3; i++)
        matrix->at[i][column] = xyz[i];
    return true;
}

static bool read_curve(const struct profile *profile, const char *signature, struct tone_curve *curve)
{
    uint32_t size;
    const uint8_t *data = profile_tag(profile, signature, &size);
    *curve = (struct tone_curve){.points = NULL};
    return data != NULL && profile_curve(data, size, curve, NULL);
}

static bool read_rgb(const struct profile *profile, struct color_space *space)
{
    return read_column(profile, "rXYZ", 0, &space->to_xyz) &&
           read_column(profile, "gXYZ", 1, &space->to_xyz) &&
           read_column(profile, "bXYZ", 2, &space->to_xyz) && read_curve(profile, "rTRC", &space->curve[0]) &&
           read_curve(profile, "gTRC", &space->curve[1]) && read_curve(profile, "bTRC", &space->curve[2]);
}

/* Input, display and output devices and colour spaces, of versions 2 to 4, without tables of colours. */
static bool is_ours(const struct profile *profile)
{
    static const char classes[][5] = {"scnr", "mntr", "prtr", "spac"};
    static const char tables[][5] = {"A2B0", "A2B1", "A2B2", "D2B0", "D2B1", "D2B2"};
    bool is_known = false;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        is_known = is_known || profile_class_is(profile, classes[i]);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        is_known = is_known && !profile_has_tag(profile, tables[i]);
    const bool xyz = profile_connection_is(profile, "XYZ "), lab = profile_connection_is(profile, "Lab ");
    return is_known && profile_version(profile) <= 4 &&
           ((profile_space_is(profile, "RGB ") && xyz) ||
            (profile_space_is(profile, "GRAY") && (xyz || lab)));
}

enum color_space_result color_space_read(const uint8_t *icc, size_t size, struct color_space *space)
{
    const struct profile profile = {icc, size};
    *space = (struct color_space){.gray = false};
    if (!profile_is_sound(&profile))
        return COLOR_SPACE_BROKEN;
    if (!is_ours(&profile))
        return COLOR_SPACE_OTHER;
    space->gray = profile_space_is(&profile, "GRAY");
    const bool read =
        space->gray ? read_curve(&profile, "kTRC", &space->curve[0]) : read_rgb(&profile, space);
    space->curve[0].is_lightness = profile_connection_is(&profile, "Lab "); /* for grey only */
    return read ? COLOR_SPACE_READ : COLOR_SPACE_BROKEN;
}

bool color_space_of(const struct color_description *description, bool gray, struct color_space *space)
{
    struct color_matrix adapt;
    *space = (struct color_space){.gray = gray};
    for (int i = 0; i < 3; i++)
        space->curve[i].power = description->curve;
    return color_matrix_of(description, &space->to_xyz, &adapt);
}

static bool curve_equal(const struct tone_curve *a, const struct tone_curve *b)
{
    enum { STEPS = 64 };
    for (int i = 0; i <= STEPS; i++) {
        const double sample = (double)i / STEPS, light = tone_curve_light(a, sample);
        const double below = tone_curve_light(b, sample - 1.0 / (3 * 255)),
                     above = tone_curve_light(b, sample + 1.0 / (3 * 255));
        if (light < below || light > above)
            return false;
    }
    return true;
}

bool color_space_equal(const struct color_space *a, const struct color_space *b)
{
    const double tolerance = 0.0005;
    if (a->gray != b->gray)
        return false;
    for (int i = 0; i < (a->gray ? 1 : 3); i++) {
        if (!curve_equal(&a->curve[i], &b->curve[i]))
            return false;
    }
    for (int i = 0; !a->gray && i < 9; i++) {
        if (fabs(a->to_xyz.at[i / 3][i % 3] - b->to_xyz.at[i / 3][i % 3]) > tolerance)
            return false;
    }
    return true;
}

bool color_space_is_invertible(const struct color_space *space)
{
    struct color_matrix inverse;
    for (int i = 0; i < (space->gray ? 1 : 3); i++) {
        if (!tone_curve_rises(&space->curve[i]))
            return false;
    }
    return space->gray || color_matrix_invert(&space->to_xyz, &inverse);
}
