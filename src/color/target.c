#include "color/target.h"

static const struct {
    const char *name, *title;
    uint8_t cicp[4];
} targets[COLOR_TARGETS] = {
    [COLOR_KEEP] = {.name = "keep"},
    [COLOR_SRGB] = {.name = "srgb", .title = "sRGB", .cicp = {1, 13, 0, 1}},
    [COLOR_P3] = {.name = "p3", .title = "Display P3", .cicp = {12, 13, 0, 1}},
};

const char *color_target_name(enum color_target target)
{
    return targets[target].name;
}

void color_target_space(enum color_target target, bool gray, struct color_space *space)
{
    struct color_description description;
    color_from_cicp(targets[target].cicp, &description);
    color_space_of(&description, gray, space);
}

const uint8_t *color_target_cicp(enum color_target target)
{
    return targets[target].cicp;
}

size_t color_target_profile(enum color_target target, bool gray, uint8_t out[MATRIX_PROFILE_MAX])
{
    struct color_description description;
    color_from_cicp(targets[target].cicp, &description);
    return matrix_profile_write(&description, gray, gray ? "sRGB grey" : targets[target].title, out);
}
