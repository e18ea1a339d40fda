#include "color/profile.h"

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
    POINTS_MAX = 65536, /* as many as there are 16-bit samples */
};

bool profile_word_is(const uint8_t *bytes, const char *word)
{
    return memcmp(bytes, word, 4) == 0;
}

bool profile_is_sound(const struct profile *profile)
{
    const uint8_t *bytes = profile->bytes;
    if (profile->size < AT_TAGS || !profile_word_is(bytes + AT_SIGNATURE, "acsp"))
        return false;
    const uint32_t count = get_be32(bytes + AT_TAG_COUNT);
    return count <= TAGS_MAX && count <= (profile->size - AT_TAGS) / TAG_BYTES;
}

bool profile_space_is(const struct profile *profile, const char *space)
{
    return profile_word_is(profile->bytes + AT_SPACE, space);
}

bool profile_connection_is(const struct profile *profile, const char *connection)
{
    return profile_word_is(profile->bytes + AT_CONNECTION, connection);
}

bool profile_class_is(const struct profile *profile, const char *class)
{
    return profile_word_is(profile->bytes + AT_CLASS, class);
}

unsigned profile_version(const struct profile *profile)
{
    return profile->bytes[AT_VERSION];
}

const uint8_t *profile_tag(const struct profile *profile, const char *signature, uint32_t *size)
{
    const uint32_t count = get_be32(profile->bytes + AT_TAG_COUNT), stated = get_be32(profile->bytes);
    const size_t end = stated < profile->size ? stated : profile->size; /* for lcms2, too */
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry = profile->bytes + AT_TAGS + (size_t)i * TAG_BYTES;
        const uint32_t at = get_be32(entry + 4);
        *size = get_be32(entry + 8);
        if (profile_word_is(entry, signature))
            return at <= end && *size <= end - at && *size >= 8 ? profile->bytes + at : NULL;
    }
    return NULL;
}

bool profile_has_tag(const struct profile *profile, const char *signature)
{
    uint32_t size;
    return profile_tag(profile, signature, &size) != NULL;
}

double profile_fixed(const uint8_t *bytes)
{
    return (int32_t)get_be32(bytes) / 65536.0;
}

bool profile_xyz(const struct profile *profile, const char *signature, double xyz[3])
{
    uint32_t size;
    const uint8_t *data = profile_tag(profile, signature, &size);
    if (data == NULL || size < 20 || !profile_word_is(data, "XYZ "))
        return false;
    for (int i = 0; i < 3; i++)
        xyz[i] = profile_fixed(data + 8 + 4 * i);
    return true;
}

/* 10.6: a count of 0 is the identity, one of 1 an exponent, others a table. */
static bool read_points(const uint8_t *data, uint32_t size, struct tone_curve *curve, uint32_t *used)
{
    if (size < 12)
        return false;
    const uint32_t count = get_be32(data + 8);
    if (count > POINTS_MAX || (size - 12) / 2 < count)
        return false;
    *used = 12 + 2 * count;
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
static bool read_parameters(const uint8_t *data, uint32_t size, struct tone_curve *curve, uint32_t *used)
{
    static const uint8_t counts[] = {1, 3, 4, 5, 7};
    if (size < 12)
        return false;
    const unsigned type = get_be16(data + 8);
    if (type >= sizeof counts || size < 12u + 4u * counts[type])
        return false;
    *used = 12u + 4u * counts[type];
    double value[7] = {0};
    for (int i = 0; i < counts[type]; i++)
        value[i] = profile_fixed(data + 12 + 4 * i);
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

bool profile_curve(const uint8_t *data, uint32_t size, struct tone_curve *curve, uint32_t *used)
{
    uint32_t bytes;
    uint32_t *taken = used != NULL ? used : &bytes;
    *curve = (struct tone_curve){.points = NULL};
    if (size < 8)
        return false;
    if (profile_word_is(data, "curv"))
        return read_points(data, size, curve, taken);
    return profile_word_is(data, "para") && read_parameters(data, size, curve, taken);
}
