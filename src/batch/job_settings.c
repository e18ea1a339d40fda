#include "batch/job_settings.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "transform/pictures.h"

/* The recipe's additional pictures, as lines of hexadecimal digests: a changed file changes the recipe. */
static void print_digests(const struct pm_recipe *recipe, FILE *out)
{
    for (size_t i = 0; i <= recipe->nsteps; i++) {
        const char *name = recipe_picture_name(recipe, i);
        const struct filter_picture *picture = name != NULL ? pictures_find(recipe->pictures, name) : NULL;
        char digest[2 * FILTER_DIGEST_BYTES + 1];
        if (picture == NULL)
            continue;
        text_hex(picture->digest, FILTER_DIGEST_BYTES, digest);
        fprintf(out, "\n%s", digest);
    }
}

/* The variants after the first, and the name template. Empty for a single result without --name. */
static int print_variants(const struct batch_config *config, const struct variants *variants, FILE *out)
{
    char recipe[RECIPE_TEXT_MAX];
    for (size_t i = 1; i < variants->count; i++) {
        if (pm_recipe_text(&variants->variant[i].recipe, recipe, sizeof recipe) < 0)
            return -1;
        fprintf(out, "\n%s:%s", variants->variant[i].name, recipe);
        print_digests(&variants->variant[i].recipe, out);
    }
    if (config->naming != NULL)
        fprintf(out, "\nname=%s", config->naming->name_template);
    return 0;
}

static int print_settings(const struct batch_config *config, const struct variants *variants,
                          const struct stat *key, FILE *out)
{
    const struct settings *settings = config->settings;
    char recipe[RECIPE_TEXT_MAX];
    if (pm_recipe_text(config->recipe, recipe, sizeof recipe) < 0)
        return -1;
    fprintf(out, "%s\n%s\n%s", recipe, settings->key_file != NULL ? settings->key_file : "",
            settings->passphrase_file != NULL ? settings->passphrase_file : "");
    if (S_ISREG(key->st_mode))
        fprintf(out, "\n%jd\n%jd.%09ld", (intmax_t)key->st_size, (intmax_t)key->st_mtim.tv_sec,
                key->st_mtim.tv_nsec);
    fputs(settings->bind_names ? "\nbind-names" : "", out);
    print_digests(config->recipe, out);
    return print_variants(config, variants, out);
}

char *job_settings_text(const struct batch_config *config, const struct variants *variants,
                        const struct stat *key, struct pm_error *error)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    const int printed = out != NULL ? print_settings(config, variants, key, out) : 0;
    if (out != NULL && fclose(out) == 0 && printed == 0)
        return text;
    free(text);
    if (printed != 0)
        error_set(error, PM_ERROR_INTERNAL, "the recipe has no text (please report this)");
    else
        error_memory(error, 0);
    return NULL;
}
