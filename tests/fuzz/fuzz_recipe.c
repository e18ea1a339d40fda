/*
 * Recipe text from a URL or a log. Checks: an accepted recipe has a canonical text, which is accepted and
 * canonical; a rejected one has an error message.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "pixmill/recipe.h"
#include "transform/recipe.h"

static struct pm_recipe *parse(const char *text)
{
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    FUZZ_ASSERT((recipe != NULL) == (error.kind == PM_OK));
    FUZZ_ASSERT(recipe != NULL || error.message[0] != '\0');
    return recipe;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char first[RECIPE_TEXT_MAX], second[RECIPE_TEXT_MAX];
    char *text = malloc(size + 1);
    FUZZ_ASSERT(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    struct pm_recipe *recipe = parse(text);
    free(text);
    if (recipe == NULL)
        return 0;
    FUZZ_ASSERT(pm_recipe_text(recipe, first, sizeof first) >= 0);
    pm_recipe_free(recipe);
    recipe = parse(first);
    FUZZ_ASSERT(recipe != NULL);
    FUZZ_ASSERT(pm_recipe_text(recipe, second, sizeof second) >= 0 && strcmp(first, second) == 0);
    pm_recipe_free(recipe);
    return 0;
}
