#include "batch/variant_options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH_MAX = 65535 };

static int compare(const void *a, const void *b)
{
    const uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    return (first > second) - (first < second);
}

int widths_parse(const char *text, struct variant_options *options, struct pm_error *error)
{
    options->nwidths = 0;
    for (const char *at = text;;) {
        char *end;
        const unsigned long width = strtoul(at, &end, 10);
        if (*at < '0' || *at > '9' || (*end != ',' && *end != '\0') || width < 1 || width > WIDTH_MAX)
            return error_set(error, PM_ERROR_USAGE, "needs widths from 1 to %d (such as 320,640,1280)",
                             WIDTH_MAX);
        if (options->nwidths == WIDTHS_MAX)
            return error_set(error, PM_ERROR_USAGE, "at most %d widths can be given", WIDTHS_MAX);
        options->widths[options->nwidths++] = (uint32_t)width;
        if (*end == '\0')
            break;
        at = end + 1;
    }
    qsort(options->widths, options->nwidths, sizeof *options->widths, compare);
    for (unsigned i = 1; i < options->nwidths; i++) {
        if (options->widths[i] == options->widths[i - 1])
            return error_set(error, PM_ERROR_USAGE, "%" PRIu32 " is given twice", options->widths[i]);
    }
    return 0;
}

/* One variant for each format of the recipe, or only its own. */
static int add(struct variants *variants, const struct variant *variant, struct pm_error *error)
{
    const struct pm_recipe *recipe = &variant->recipe;
    const size_t formats = recipe->nformats > 0 ? recipe->nformats : 1;
    for (size_t i = 0; i < formats; i++) {
        if (variants->count == VARIANTS_MAX)
            return error_set(error, PM_ERROR_USAGE, "more than %d results of one input", VARIANTS_MAX);
        struct variant *added = &variants->variant[variants->count++];
        *added = *variant;
        recipe_choose_format(&added->recipe, i);
        if (recipe_check(&added->recipe, error) != 0)
            return -1;
    }
    return 0;
}

static int add_width(struct variants *variants, const struct pm_recipe *base, uint32_t width,
                     struct pm_error *error)
{
    char geometry[16];
    struct variant variant = {.width = width, .recipe = *base};
    snprintf(geometry, sizeof geometry, "%" PRIu32 "x>", width);
    return recipe_add(&variant.recipe, "resize", geometry, error) == 0 ? add(variants, &variant, error) : -1;
}

/* A variant's name becomes part of file names. */
static bool is_name(const char *text, size_t length)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return length > 0 && length < VARIANT_NAME_MAX && strspn(text, allowed) >= length && text[0] != '.';
}

static int add_named(struct variants *variants, const struct pm_recipe *base, const char *text,
                     struct pm_error *error)
{
    const size_t length = strcspn(text, ":");
    struct variant variant = {.recipe = *base};
    if (text[length] != ':' || !is_name(text, length))
        return error_set(
            error, PM_ERROR_USAGE,
            "needs a name and a recipe, NAME:RECIPE (such as thumb:resize=200x200/format=webp; a "
            "name has letters, digits, '-', '_' and '.', at most %d)",
            VARIANT_NAME_MAX - 1);
    memcpy(variant.name, text, length);
    for (size_t i = 0; i < variants->count; i++) {
        if (strcmp(variants->variant[i].name, variant.name) == 0)
            return error_set(error, PM_ERROR_USAGE, "the name %s is given twice", variant.name);
    }
    if (recipe_add_text(&variant.recipe, text + length + 1, error) != 0)
        return -1;
    if (variant.recipe.encrypts != base->encrypts || variant.recipe.decrypts != base->decrypts)
        return error_set(error, PM_ERROR_USAGE,
                         "encrypt and decrypt are for all results (give them as options, not in a variant)");
    if (variant.recipe.page != base->page)
        return error_set(error, PM_ERROR_USAGE,
                         "all results are of one page (give page as an option, not in a variant)");
    return add(variants, &variant, error);
}

static int add_all(struct variants *variants, const struct pm_recipe *base,
                   const struct variant_options *options, const char **about, struct pm_error *error)
{
    *about = "--encrypt";
    if (base->encrypts && (options->nwidths > 0 || options->nvariants > 0 || base->nformats > 0))
        return error_set(error, PM_ERROR_USAGE,
                         "an input can have one encrypted result, not several (use a run for each)");
    *about = "--widths";
    for (unsigned i = 0; i < options->nwidths; i++) {
        if (add_width(variants, base, options->widths[i], error) != 0)
            return -1;
    }
    for (unsigned i = 0; i < options->nvariants; i++) {
        *about = options->variants[i];
        if (add_named(variants, base, options->variants[i], error) != 0)
            return -1;
    }
    *about = NULL;
    const struct variant only = {.recipe = *base};
    return variants->count > 0 ? 0 : add(variants, &only, error);
}

int variants_make(const struct pm_recipe *base, const struct variant_options *options,
                  struct variants *variants, const char **about, struct pm_error *error)
{
    *about = NULL;
    *variants = (struct variants){.variant = calloc(VARIANTS_MAX, sizeof(struct variant))};
    if (variants->variant == NULL)
        return error_memory(error, VARIANTS_MAX * sizeof(struct variant));
    if (add_all(variants, base, options, about, error) == 0)
        return 0;
    variants_free(variants);
    return -1;
}

void variants_free(struct variants *variants)
{
    free(variants->variant);
    *variants = (struct variants){0};
}
