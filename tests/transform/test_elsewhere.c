#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "pixmill/recipe.h"
#include "transform/elsewhere.h"

static void expect_recipe(const char *text, const char *name)
{
    struct pm_error error = {0};
    struct pm_recipe *recipe = pm_recipe_parse(text, &error);
    cr_expect_not_null(recipe, "%s: %s: %s", name, text, error.message);
    pm_recipe_free(recipe);
}

/* Arguments that the steps of a row can have. */
static const char *arguments_of(const char *name)
{
    static const char *const special[][2] = {{"f", "png"},      {"format", "png"},        {"ext", "png"},
                                             {"bg", "204080"},  {"background", "204080"}, {"mb", "20000"},
                                             {"q", "75"},       {"quality", "75"},        {"rot", "90"},
                                             {"rotate", "270"}, {"max_bytes", "20000"}};
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        if (strcmp(special[i][0], name) == 0)
            return special[i][1];
    }
    return "40:30";
}

Test(elsewhere_steps, every_step_that_is_named_is_one)
{
    static const char here[] = "here it is ";
    const char *name, *said;
    unsigned count = 0;
    for (size_t i = 0; (name = elsewhere_row(i, &said)) != NULL; i++) {
        char word[64], text[192], *rest = text;
        snprintf(word, sizeof word, "%s:%s", name, arguments_of(name));
        cr_assert_not_null(elsewhere_step(word, NULL, text, sizeof text), "%s", word);
        if (strncmp(text, here, sizeof here - 1) == 0 && strchr(text + sizeof here - 1, ' ') == NULL) {
            expect_recipe(text + sizeof here - 1, name);
            count++;
        }
        /* In a sentence: what has a value. */
        for (const char *part; strchr(said, ' ') != NULL && (part = strsep(&rest, " ()")) != NULL;) {
            char step[64];
            snprintf(step, sizeof step, "%.*s",
                     (int)(strlen(part) - (*part != '\0' && strchr(",:", part[strlen(part) - 1]) != NULL)),
                     part);
            if (strchr(step, '=') != NULL)
                expect_recipe(step, name);
        }
    }
    cr_expect_gt(count, 25);
}

Test(elsewhere_steps, have_the_arguments_of_the_unknown_step)
{
    static const struct {
        const char *recipe, *message;
    } cases[] = {
        {"rs:fit:300:300", "unknown step 'rs:fit:300:300' (here it is resize=300x300,shrink)"},
        {"rs:fill:300:200/q:80",
         "unknown step 'rs:fill:300:200' (here it is resize=300x200^/crop=300x200,gravity=center)"},
        {"resize:force:0:200", "unknown step 'resize:force:0:200' (here it is resize=x200!)"},
        {"w:300", "unknown step 'w:300' (here it is resize=300x)"},
        {"h:300", "unknown step 'h:300' (here it is resize=x300)"},
        {"width=300", "unknown step 'width' (here it is resize=300x)"},
        {"q:80", "unknown step 'q:80' (here it is quality=80)"},
        {"q:", "unknown step 'q:' (here it is quality=75)"},
        {"f:webp", "unknown step 'f:webp' (here it is format=webp)"},
        {"bl:1.5", "unknown step 'bl:1.5' (here it is blur=1.5)"},
        {"dpr:2", "unknown step 'dpr:2' (not supported: write the size in pixels, resize=1600x)"},
        {"rezise=3x3", "unknown step 'rezise' (did you mean resize?)"},
        {"nonsense", "unknown step 'nonsense' (see pixmill help filters)"},
        {"w:<script>", "unknown step 'w:<script>' (here it is resize=800x)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pm_error error = {0};
        cr_expect_null(pm_recipe_parse(cases[i].recipe, &error));
        cr_expect_str_eq(error.message, cases[i].message, "%s", error.message);
    }
}
