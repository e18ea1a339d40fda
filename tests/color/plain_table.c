#include "color/plain_table.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"
#include "codec/png/pngs.h"

struct maker {
    struct plain_profile *profile;
    size_t at;
};

static void put_words(struct maker *maker, const char *word, uint32_t number)
{
    uint8_t *to = maker->profile->bytes + maker->at;
    if (word != NULL)
        memcpy(to, word, 4);
    else
        put_be32(to, number);
    maker->at += 4;
}

static void put_fixed(struct maker *maker, double value)
{
    put_words(maker, NULL, (uint32_t)(int32_t)lround(value * 65536));
}

/* A parametric curve of type 0. */
static void put_curve(struct maker *maker, double gamma)
{
    put_words(maker, "para", 0);
    put_words(maker, NULL, 0);
    put_words(maker, NULL, 0);
    put_fixed(maker, gamma);
}

/* All elements, in either direction; the grid has `grid` points on an axis, of 16 bits. */
static void put_elements(struct maker *maker, const char *type, unsigned grid, uint64_t *seed)
{
    const size_t start = maker->at, offsets = start + 12;
    put_words(maker, type, 0);
    put_words(maker, NULL, 0);
    put_words(maker, NULL, 3u << 24 | 3u << 16);
    maker->at += 20;
    uint8_t *at = maker->profile->bytes + offsets;
    put_be32(at, (uint32_t)(maker->at - start)); /* B */
    for (int c = 0; c < 3; c++)
        put_curve(maker, 1 + 0.1 * c);
    put_be32(at + 4, (uint32_t)(maker->at - start)); /* matrix */
    for (int i = 0; i < 9; i++)
        put_fixed(maker, i % 4 == 0 ? 0.8 : 0.1);
    for (int i = 0; i < 3; i++)
        put_fixed(maker, 0.02 * i);
    put_be32(at + 8, (uint32_t)(maker->at - start)); /* M */
    for (int c = 0; c < 3; c++)
        put_curve(maker, 1.2 - 0.1 * c);
    put_be32(at + 12, (uint32_t)(maker->at - start)); /* the grid */
    memset(maker->profile->bytes + maker->at, (int)grid, 3);
    maker->profile->bytes[maker->at + 16] = 2;
    maker->at += 20;
    for (unsigned i = 0; i < grid * grid * grid; i++) {
        const unsigned axis[3] = {i / grid / grid, i / grid % grid, i % grid};
        for (int c = 0; c < 3; c++, maker->at += 2) {
            const double value =
                0.1 + 0.7 * axis[c] / (grid - 1) + 0.1 * (double)(random_next(seed) >> 56) / 255;
            put_be16(maker->profile->bytes + maker->at, (uint16_t)lround(65535 * value));
        }
    }
    maker->at = (maker->at + 3) / 4 * 4;
    put_be32(at + 16, (uint32_t)(maker->at - start)); /* A */
    for (int c = 0; c < 3; c++)
        put_curve(maker, 1.8 + 0.2 * c);
}

void plain_table_profile(struct plain_profile *profile, unsigned grid)
{
    enum { TAGS = 3, HEAD = 128 };
    struct maker maker = {profile, HEAD + 4 + 12 * TAGS};
    uint64_t seed = 11;
    memset(profile, 0, sizeof *profile);
    memcpy(profile->bytes + 8, "\4\2\0\0spacRGB Lab ", 16);
    memcpy(profile->bytes + 36, "acsp", 4);
    put_be32(profile->bytes + 68, 0xf6d6);
    put_be32(profile->bytes + 72, 0x10000);
    put_be32(profile->bytes + 76, 0xd32d);
    put_be32(profile->bytes + HEAD, TAGS);
    for (int tag = 0; tag < TAGS; tag++) {
        static const char names[][5] = {"A2B0", "B2A0", "wtpt"};
        const size_t start = maker.at;
        if (tag < 2) {
            put_elements(&maker, tag == 0 ? "mAB " : "mBA ", grid, &seed);
        } else {
            put_words(&maker, "XYZ ", 0);
            put_words(&maker, NULL, 0);
            put_fixed(&maker, 0.9642);
            put_fixed(&maker, 1);
            put_fixed(&maker, 0.8249);
        }
        uint8_t *entry = profile->bytes + HEAD + 4 + 12 * tag;
        memcpy(entry, names[tag], 4);
        put_be32(entry + 4, (uint32_t)start);
        put_be32(entry + 8, (uint32_t)(maker.at - start));
    }
    profile->size = maker.at;
    put_be32(profile->bytes, (uint32_t)maker.at);
}
