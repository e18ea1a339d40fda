#include "color/space.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"

/* Offsets in a profile (ICC.1:2022, 7.2 and 7.3). */
enum {
    AT_VERSION = 8,
    AT_CLASS = 12,
    AT_SPACE = 16,
    AT_CONNECTION = 20,
    AT_SIGNATURE = 36,
    AT_TAG_COUNT = 128,
    AT_TAGS = 132,
    TAG_BYTES = 12,
    TAGS_MAX = 200,
    POINTS_MAX = 65536, /* as many as there are samples of 16 bits */
};

struct profile {
    const uint8_t *bytes;
    size_t size;
};

static bool is_word(const uint8_t *bytes, const char *word)
{
    return memcmp(bytes, word, 4) == 0;
}

/* The data of a tag and its size, at least 8; NULL: missing, or not within the profile. */
static const uint8_t *find_tag(const struct profile *profile, const char *signature, uint32_t *size)
{
    const uint32_t count = get_be32(profile->bytes + AT_TAG_COUNT);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry = profile->bytes + AT_TAGS + (size_t)i * TAG_BYTES;
        const uint32_t at = get_be32(entry + 4);
        *size = get_be32(entry + 8);
        if (is_word(entry, signature))
            return at <= profile->size && *size <= profile->size - at && *size >= 8 ? profile->bytes + at
                                                                                    : NULL;
    }
    return NULL;
}

static bool has_tag(const struct profile *profile, const char *signature)
{
    uint32_t size;
    return find_tag(profile, signature, &size) != NULL;
}

static double fixed(const uint8_t *bytes)
{
    return (int32_t)get_be32(bytes) / 65536.0;
}

static bool read_column(const struct profile *profile, const char *signature, int column,
                        struct color_matrix *matrix)
{
    uint32_t size;
    const uint8_t *data = find_tag(profile, signature, &size);
    if (data == NULL || size < 20 || !is_word(data, "XYZ "))
        return false;
    for (int i = 0; i < 3; i++)
        matrix->at[i][column] = fixed(data + 8 + 4 * i);
    return true;
}

/* 10.6: a count of 0 is the identity, one of 1 an exponent, others a table. */
static bool read_points(const uint8_t *data, uint32_t size, struct tone_curve *curve)
{
    if (size < 12)
        return false;
    const uint32_t count = get_be32(data + 8);
    if (count > POINTS_MAX || (size - 12) / 2 < count)
        return false;
    curve->power = (struct color_curve){.g = 1, .a = 1};
    if (count == 1)
        curve->power.g = get_be16(data + 12) / 256.0;
    if (count > 1) {
        curve->points = data + 12;
        curve->count = count;
    }
    return count != 1 || curve->power.g > 0;
}

/* 10.18 */
static bool read_parameters(const uint8_t *data, uint32_t size, struct tone_curve *curve)
{
    static const uint8_t counts[] = {1, 3, 4, 5, 7};
    if (size < 12)
        return false;
    const unsigned type = get_be16(data + 8);
    if (type >= sizeof counts || size < 12u + 4u * counts[type])
        return false;
    double value[7] = {0};
    for (int i = 0; i < counts[type]; i++)
        value[i] = fixed(data + 12 + 4 * i);
    struct color_curve *power = &curve->power;
    *power = (struct color_curve){.g = value[0], .a = 1};
    if (type >= 1) {
        power->a = value[1];
        power->b = value[2];
    }
    if (type == 1 || type == 2) {
        if (power->a == 0)
            return false;
        power->d = -power->b / power->a;
        curve->e = curve->f = type == 2 ? value[3] : 0;
    } else if (type >= 3) {
        power->c = value[3];
        power->d = value[4];
        curve->e = value[5];
        curve->f = value[6];
    }
    return power->g > 0;
}

static bool read_curve(const struct profile *profile, const char *signature, struct tone_curve *curve)
{
    uint32_t size;
    const uint8_t *data = find_tag(profile, signature, &size);
    *curve = (struct tone_curve){.points = NULL};
    if (data == NULL)
        return false;
    if (is_word(data, "curv"))
        return read_points(data, size, curve);
    return is_word(data, "para") && read_parameters(data, size, curve);
}

static bool read_rgb(const struct profile *profile, struct color_space *space)
{
    return read_column(profile, "rXYZ", 0, &space->to_xyz) &&
           read_column(profile, "gXYZ", 1, &space->to_xyz) &&
           read_column(profile, "bXYZ", 2, &space->to_xyz) && read_curve(profile, "rTRC", &space->curve[0]) &&
           read_curve(profile, "gTRC", &space->curve[1]) && read_curve(profile, "bTRC", &space->curve[2]);
}

static bool is_sound(const struct profile *profile)
{
    const uint8_t *bytes = profile->bytes;
    if (profile->size < AT_TAGS || !is_word(bytes + AT_SIGNATURE, "acsp"))
        return false;
    const uint32_t count = get_be32(bytes + AT_TAG_COUNT);
    return count <= TAGS_MAX && count <= (profile->size - AT_TAGS) / TAG_BYTES;
}

/* Input, display and output devices and colour spaces, of versions 2 to 4, without tables of colours. */
static bool is_ours(const struct profile *profile)
{
    static const char classes[][5] = {"scnr", "mntr", "prtr", "spac"};
    static const char tables[][5] = {"A2B0", "A2B1", "A2B2", "D2B0", "D2B1", "D2B2"};
    const uint8_t *bytes = profile->bytes;
    bool is_known = false;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        is_known = is_known || is_word(bytes + AT_CLASS, classes[i]);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        is_known = is_known && !has_tag(profile, tables[i]);
    const bool xyz = is_word(bytes + AT_CONNECTION, "XYZ "), lab = is_word(bytes + AT_CONNECTION, "Lab ");
    return is_known && bytes[AT_VERSION] <= 4 &&
           ((is_word(bytes + AT_SPACE, "RGB ") && xyz) ||
            (is_word(bytes + AT_SPACE, "GRAY") && (xyz || lab)));
}

enum color_space_result color_space_read(const uint8_t *icc, size_t size, struct color_space *space)
{
    const struct profile profile = {icc, size};
    *space = (struct color_space){.gray = false};
    if (!is_sound(&profile))
        return COLOR_SPACE_BROKEN;
    if (!is_ours(&profile))
        return COLOR_SPACE_OTHER;
    space->gray = is_word(icc + AT_SPACE, "GRAY");
    const bool read =
        space->gray ? read_curve(&profile, "kTRC", &space->curve[0]) : read_rgb(&profile, space);
    space->curve[0].is_lightness = is_word(icc + AT_CONNECTION, "Lab "); /* for grey only */
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
