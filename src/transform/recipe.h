/* The inside of a recipe, for those who run one or build one from options. */
#ifndef TRANSFORM_RECIPE_H
#define TRANSFORM_RECIPE_H

#include <stdalign.h>

#include "codec/codec.h"
#include "filter/filter.h"
#include "pixmill/recipe.h"

enum { RECIPE_STEPS_MAX = 32, RECIPE_TEXT_MAX = 4096 };

struct recipe_step {
    const struct filter *filter;
    alignas(16) unsigned char params[FILTER_PARAMS_MAX];
};

struct pm_recipe {
    size_t nsteps;
    struct recipe_step steps[RECIPE_STEPS_MAX];
    const struct codec *format; /* NULL: the input's */
    int quality;                /* 1 to 100 (80) */
    enum subsampling subsampling;
    uint8_t background[3];
    unsigned keep; /* enum metadata_keep, or-ed */
    bool no_autorotate, allow_truncated;
};

/* A recipe without steps and with the default settings. */
void recipe_init(struct pm_recipe *recipe);

/* Adds one step or setting: word "resize" with argument "800x600", word "flip" with argument NULL, word
 * "quality" with argument "75". Returns 0, or -1 with `error` filled (PM_ERROR_USAGE). */
int recipe_add(struct pm_recipe *recipe, const char *word, const char *argument, struct pm_error *error);

/* What only the whole shows: decrypt first, encrypt last and to PNG. Returns 0, or -1 with `error` filled. */
int recipe_check(const struct pm_recipe *recipe, struct pm_error *error);

bool recipe_encrypts(const struct pm_recipe *recipe);
bool recipe_decrypts(const struct pm_recipe *recipe);

/* The settings that are words of the recipe but no filters: format, quality, ... For --help and completion.
 */
struct recipe_setting {
    const char *name;
    const char *argument;                /* for --help; "a|b|c" are its words; NULL: takes none */
    const char *(*choice)(size_t index); /* the argument's words, ending in NULL; NULL: see `argument` */
    const char *help, *example;
    int (*parse)(struct pm_recipe *recipe, const char *argument, struct pm_error *error);
    /* Writes the argument into text[size] and returns true, or returns false when the setting has its
     * default. */
    bool (*print)(const struct pm_recipe *recipe, char *text, size_t size);
};
extern const struct recipe_setting recipe_settings[];               /* ends with a NULL name */
const struct recipe_setting *recipe_setting_find(const char *name); /* NULL when there is none */

#endif
