#include <criterion/criterion.h>
#include <string.h>

#include "pixmill/recipe.h"
#include "serve/allow.h"
#include "temp.h"

static bool has(const struct allow *allow, const char *recipe, bool auto_format)
{
    char text[4096];
    struct pm_error error = {0};
    struct pm_recipe *parsed = pm_recipe_parse(recipe, &error);
    cr_assert_not_null(parsed, "%s", error.message);
    cr_assert_geq(pm_recipe_text(parsed, text, sizeof text), 0);
    pm_recipe_free(parsed);
    return allow_has(allow, text, auto_format);
}

Test(allow, what_stands_in_the_file_is_allowed_however_it_is_written)
{
    struct pm_error error = {0};
    struct allow *allow = allow_open(temp_text("allow", "# thumbnails\n"
                                                        "resize=400x400\n"
                                                        "\n"
                                                        "  /resize=800x600>/quality=75/ # pages\r\n"
                                                        "blur=2.0/background=#ff0000\n"
                                                        "format=auto/resize=9x9\n"
                                                        "resize=8x8/format=auto\n"
                                                        "resize=7x7/format=jpeg"),
                                     &error);
    cr_assert_not_null(allow, "%s", error.message);
    cr_expect(has(allow, "resize=400x400", false));
    cr_expect(has(allow, "resize=400x400,kernel=lanczos3", false));
    cr_expect(has(allow, "resize=7x7/format=jpeg/quality=80", false), "which is the default of JPEG");
    cr_expect_not(has(allow, "resize=400x400/quality=80", false), "of a format with another default, too");
    cr_expect(has(allow, "quality=75/resize=800x600>", false));
    cr_expect(has(allow, "blur=2/background=#ff0000", false));
    cr_expect(has(allow, "resize=9x9", true));
    cr_expect(has(allow, "resize=8x8", true));
    cr_expect_not(has(allow, "resize=8x8", false));
    cr_expect_not(has(allow, "resize=400x400", true));
    cr_expect_not(has(allow, "resize=400x401", false));
    cr_expect_not(has(allow, "blur=2", false));
    cr_expect_not(has(allow, "", false));
    allow_close(allow);
}

Test(allow, an_empty_file_allows_nothing_and_a_dash_what_has_no_recipe)
{
    struct pm_error error = {0};
    struct allow *none = allow_open(temp_text("none", ""), &error),
                 *plain = allow_open(temp_text("plain", "-\n"), &error);
    cr_assert(none != NULL && plain != NULL, "%s", error.message);
    cr_expect_not(has(none, "", false));
    cr_expect(has(plain, "", false));
    cr_expect_not(has(plain, "blur=1", false));
    allow_close(none);
    allow_close(plain);
}

Test(allow, a_wrong_line_is_reported_by_its_number)
{
    struct pm_error error = {0}, missing = {0};
    cr_assert_null(allow_open(temp_text("allow", "blur=2\n# a\nresise=400x400\n"), &error));
    cr_assert_not_null(strstr(error.message, "line 3: "), "%s", error.message);
    cr_assert_null(allow_open(temp_path("none"), &missing));
    cr_assert_eq(missing.kind, PM_ERROR_IO);
    memset(&missing, 0, sizeof missing);
    cr_assert_null(allow_open(temp_folder(), &missing), "a folder is no file of recipes");
    cr_assert_eq(missing.kind, PM_ERROR_IO);
}
