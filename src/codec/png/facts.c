#include "codec/png/facts.h"

#include <assert.h>
#include <string.h>

#define META(field) offsetof(struct pm_metadata, field)

static const struct png_fact facts[] = {
    {TYPE_GAMA, "a broken or second gAMA chunk", META(has_gamma), META(gamma), 1, 0, true},
    {TYPE_CHRM, "a broken or second cHRM chunk", META(has_chromaticities), META(chromaticities), 8, 0, true},
    {TYPE_SRGB, "a broken or second sRGB chunk", META(has_srgb), META(srgb_intent), 0, 1, false},
    {TYPE_PHYS, "a broken or second pHYs chunk", META(has_density), META(density_x), 2, 1, false},
    {TYPE_CICP, "a broken or second cICP chunk", META(has_cicp), META(cicp), 0, 4, false},
    {TYPE_MDCV, "a broken or second mDCV chunk", META(has_mastering), META(mastering), 0, 24, false},
    {TYPE_CLLI, "a broken or second cLLI chunk", META(has_light), META(light), 0, 8, false},
};
static_assert(META(density_y) == META(density_x) + 4 && META(density_unit) == META(density_x) + 8,
              "pHYs is read and written as one");

const struct png_fact *png_fact_find(uint32_t type)
{
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        if (facts[i].type == type)
            return &facts[i];
    }
    return NULL;
}

bool png_fact_known(const struct png_fact *fact, const struct pm_metadata *meta)
{
    return *(const bool *)((const char *)meta + fact->has);
}

size_t png_fact_write(const struct png_fact *fact, const struct pm_metadata *meta, uint8_t data[PNG_FACT_MAX])
{
    const char *numbers = (const char *)meta + fact->at;
    const size_t words_size = 4 * (size_t)fact->words;
    if (!png_fact_known(fact, meta))
        return 0;
    for (size_t i = 0; i < fact->words; i++) {
        uint32_t number;
        double fraction;
        if (fact->fractions) {
            memcpy(&fraction, numbers + sizeof fraction * i, sizeof fraction);
            number = (uint32_t)(fraction * PNG_COLOR_UNIT + 0.5);
        } else {
            memcpy(&number, numbers + sizeof number * i, sizeof number);
        }
        png_put_be32(data + 4 * i, number);
    }
    memcpy(data + words_size, numbers + words_size, fact->bytes);
    return words_size + fact->bytes;
}

static bool is_possible(uint32_t type, const uint8_t *data)
{
    switch (type) {
    case TYPE_GAMA:
        return png_get_be32(data) > 0 && png_get_be32(data) <= PNG_CHUNK_MAX;
    case TYPE_SRGB:
        return data[0] <= 3;
    case TYPE_PHYS:
        return data[8] <= 1;
    case TYPE_CICP:
        return data[3] <= 1;
    default:
        return true;
    }
}

bool png_fact_read(const struct png_fact *fact, const uint8_t *data, size_t size, struct pm_metadata *meta)
{
    char *numbers = (char *)meta + fact->at;
    const size_t words_size = 4 * (size_t)fact->words;
    if (size != words_size + fact->bytes || !is_possible(fact->type, data))
        return false;
    for (size_t i = 0; i < fact->words; i++) {
        const uint32_t number = png_get_be32(data + 4 * i);
        const double fraction = number / PNG_COLOR_UNIT;
        if (fact->fractions)
            memcpy(numbers + sizeof fraction * i, &fraction, sizeof fraction);
        else
            memcpy(numbers + sizeof number * i, &number, sizeof number);
    }
    memcpy(numbers + words_size, data + words_size, fact->bytes);
    *(bool *)((char *)meta + fact->has) = true;
    return true;
}
