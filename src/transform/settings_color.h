/* The functions of the rows in settings.c for settings of colours (struct recipe_setting). */
#ifndef TRANSFORM_SETTINGS_COLOR_H
#define TRANSFORM_SETTINGS_COLOR_H

#include "transform/recipe.h"

int parse_profile(struct pm_recipe *recipe, const char *argument, struct pm_error *error);
bool print_profile(const struct pm_recipe *recipe, char *text, size_t size);

int parse_intent(struct pm_recipe *recipe, const char *argument, struct pm_error *error);
bool print_intent(const struct pm_recipe *recipe, char *text, size_t size);

int parse_bpc(struct pm_recipe *recipe, const char *argument, struct pm_error *error);
bool print_bpc(const struct pm_recipe *recipe, char *text, size_t size);

int parse_gainmap(struct pm_recipe *recipe, const char *argument, struct pm_error *error);
bool print_gainmap(const struct pm_recipe *recipe, char *text, size_t size);

#endif
