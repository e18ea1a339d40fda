/* The settings of colours: profile, intent, bpc and gainmap. */
#include "transform/settings_color.h"

#include <stdio.h>
#include <string.h>

/* Anything that can't be a word is a file's name. */
static bool names_file(const char *argument)
{
    return strpbrk(argument, "./%") != NULL;
}

/* "srgb,none" converts to sRGB, and then writes no profile. */
int parse_profile(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    static const char none[] = "none";
    const size_t length = strcspn(argument, ",");
    bool known = strcmp(argument, none) == 0;
    if (argument[length] != '\0' && strcmp(argument + length + 1, none) != 0)
        return error_set(error, PM_ERROR_USAGE, "'%.32s' of profile is unknown (after the comma, use none)",
                         argument + length + 1);
    for (enum color_target target = 0; target < COLOR_TARGETS && !known; target++) {
        const char *name = color_target_name(target);
        known = strlen(name) == length && strncmp(name, argument, length) == 0;
        if (known) {
            recipe->color = target;
            recipe->no_profile = false;
        }
    }
    if (!known && names_file(argument)) {
        if (recipe_add_name(recipe, "profile", argument, &recipe->profile, error) != 0)
            return -1;
        recipe->color = COLOR_FILE;
        recipe->no_profile = false;
        known = true;
    }
    if (!known)
        return error_set(error, PM_ERROR_USAGE,
                         "profile '%.32s' is unknown (keep, srgb, p3, none, srgb,none or p3,none, or a file: "
                         "print.icc, ./print)",
                         argument);
    recipe->no_profile = recipe->no_profile || strcmp(argument, none) == 0 || argument[length] == ',';
    return 0;
}

bool print_profile(const struct pm_recipe *recipe, char *text, size_t size)
{
    char name[RECIPE_NAME_TEXT_MAX];
    if (recipe->color == COLOR_FILE)
        recipe_escape_name(recipe->names + recipe->profile, name);
    else
        snprintf(name, sizeof name, "%s", color_target_name(recipe->color));
    if (recipe->color == COLOR_KEEP)
        snprintf(text, size, "none");
    else
        snprintf(text, size, "%s%s", name, recipe->no_profile ? ",none" : "");
    return recipe->color != COLOR_KEEP || recipe->no_profile;
}

static const char *const intents[] = {
    [INTENT_PERCEPTUAL] = "perceptual",
    [INTENT_RELATIVE] = "relative",
    [INTENT_SATURATION] = "saturation",
    [INTENT_ABSOLUTE] = "absolute",
};

int parse_intent(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    for (size_t i = 0; i < sizeof intents / sizeof *intents; i++) {
        if (strcmp(intents[i], argument) == 0) {
            recipe->intent = (enum color_intent)i;
            return 0;
        }
    }
    return error_set(error, PM_ERROR_USAGE,
                     "intent '%.32s' is unknown (perceptual, relative, saturation or absolute)", argument);
}

bool print_intent(const struct pm_recipe *recipe, char *text, size_t size)
{
    snprintf(text, size, "%s", intents[recipe->intent]);
    return recipe->intent != INTENT_PERCEPTUAL;
}

int parse_bpc(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    (void)argument, (void)error;
    recipe->compensate = true;
    return 0;
}

bool print_bpc(const struct pm_recipe *recipe, char *text, size_t size)
{
    (void)size;
    text[0] = '\0';
    return recipe->compensate;
}

static const char *const gain_map_uses[] = {
    [GAIN_MAP_UNSAID] = NULL, [GAIN_MAP_KEEP] = "keep", [GAIN_MAP_DROP] = "drop", [GAIN_MAP_APPLY] = "apply"};

int parse_gainmap(struct pm_recipe *recipe, const char *argument, struct pm_error *error)
{
    for (size_t i = GAIN_MAP_KEEP; i < sizeof gain_map_uses / sizeof *gain_map_uses; i++) {
        if (strcmp(gain_map_uses[i], argument) == 0) {
            recipe->gain_map = (enum gain_map_use)i;
            return 0;
        }
    }
    return error_set(error, PM_ERROR_USAGE, "gainmap '%.32s' is unknown (keep, drop or apply)", argument);
}

bool print_gainmap(const struct pm_recipe *recipe, char *text, size_t size)
{
    if (recipe->gain_map != GAIN_MAP_UNSAID)
        snprintf(text, size, "%s", gain_map_uses[recipe->gain_map]);
    return recipe->gain_map != GAIN_MAP_UNSAID;
}
