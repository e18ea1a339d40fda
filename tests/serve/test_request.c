/* What paths request, and which are refused before any file is opened. */
#include <criterion/criterion.h>
#include <string.h>

#include "serve/request.h"

static int parse(const char *path, struct request *request, struct pm_error *error)
{
    *error = (struct pm_error){0};
    return request_parse(path, strlen(path), request, error);
}

static void expect_picture(const char *path, const char *recipe, const char *file)
{
    struct request request;
    struct pm_error error;
    char text[RECIPE_TEXT_MAX];
    cr_assert_eq(parse(path, &request, &error), 0, "%s: %s", path, error.message);
    cr_assert_geq(pm_recipe_text(&request.recipe, text, sizeof text), 0);
    cr_assert_str_eq(text, recipe, "%s gives the recipe %s", path, text);
    cr_assert_str_eq(request.file, file, "%s gives the file %s", path, request.file);
    cr_assert(!request.auto_format);
}

static void expect_refusal(const char *path, int status)
{
    struct request request;
    struct pm_error error;
    cr_assert_eq(parse(path, &request, &error), status, "%s", path);
    cr_assert_neq(error.message[0], '\0', "%s is refused without a word", path);
}

Test(request, leading_steps_are_the_recipe)
{
    expect_picture("/one.jpg", "", "one.jpg");
    expect_picture("/cats/one.jpg", "", "cats/one.jpg");
    expect_picture("/resize=800x600/blur=2/quality=75/cats/one.jpg", "resize=800x600/blur=2/quality=75",
                   "cats/one.jpg");
    expect_picture("/flip/gray/a/b/c.png", "flip/gray", "a/b/c.png");
    expect_picture("/format=png/one.jpg", "format=png", "one.jpg");
    expect_picture("/no-autorotate/keep=exif,xmp/one.jpg", "keep=exif,xmp/no-autorotate", "one.jpg");
}

Test(request, the_recipe_ends_at_the_first_segment_that_is_no_step)
{
    expect_picture("/flip/cats/gray/one.jpg", "flip", "cats/gray/one.jpg");
    expect_picture("/cats/resize=8x8/one.jpg", "", "cats/resize=8x8/one.jpg");
}

Test(request, a_dash_ends_the_recipe)
{
    expect_picture("/-/flip/one.jpg", "", "flip/one.jpg");
    expect_picture("/gray/-/flip/one.jpg", "gray", "flip/one.jpg");
    expect_picture("/gray/-/-/one.jpg", "gray", "-/one.jpg");
    expect_picture("/-/encrypt/one.jpg", "", "encrypt/one.jpg");
    expect_picture("/cats/-/one.jpg", "", "cats/-/one.jpg");
}

Test(request, a_step_that_lacks_its_argument_is_a_folder)
{
    expect_picture("/resize/one.jpg", "", "resize/one.jpg");
    expect_picture("/gray/blur/one.jpg", "gray", "blur/one.jpg");
}

Test(request, the_last_segment_is_the_file)
{
    expect_picture("/gray", "", "gray");
    expect_picture("/gray/flip", "gray", "flip");
    expect_picture("/gray/blur=2", "gray", "blur=2");
    expect_picture("/gray/-", "gray", "-");
}

Test(request, segments_are_percent_decoded)
{
    expect_picture("/resize=50%25/one.jpg", "resize=50%", "one.jpg");
    expect_picture("/resize=80x60%3E/my%20cat.jpg", "resize=80x60>", "my cat.jpg");
    expect_picture("/crop=8x8+1+2/one.jpg", "crop=8x8+1+2", "one.jpg");
    expect_picture("/crop=8x8%2B1%2b2/one.jpg", "crop=8x8+1+2", "one.jpg");
    expect_picture("/%72esize%3D8x8/one.jpg", "resize=8x8", "one.jpg");
    expect_picture("/%c3%a9t%C3%A9.jpg", "", "\xc3\xa9t\xc3\xa9.jpg");
    expect_picture("/a%2525.jpg", "", "a%25.jpg"); /* decoded once, not twice */
}

Test(request, automatic_format)
{
    struct request request;
    struct pm_error error;
    cr_assert_eq(parse("/format=auto/one.jpg", &request, &error), 0);
    cr_assert(request.auto_format);
    cr_assert_null(request.recipe.format);
    cr_assert_eq(parse("/format=auto/format=png/one.jpg", &request, &error), 0);
    cr_assert(!request.auto_format);
    cr_assert_eq(parse("/format=png/format=auto/one.jpg", &request, &error), 0);
    cr_assert(request.auto_format);
    cr_assert_null(request.recipe.format);
    cr_assert_eq(parse("/format=auto/quality=70/one.jpg", &request, &error), 0);
    cr_assert(request.auto_format);
}

Test(request, paths_that_lead_elsewhere_are_refused)
{
    expect_refusal("/../one.jpg", 400);
    expect_refusal("/cats/../one.jpg", 400);
    expect_refusal("/cats/..", 400);
    expect_refusal("/%2e%2e/one.jpg", 400);
    expect_refusal("/.%2E/one.jpg", 400);
    expect_refusal("/resize=8x8/../one.jpg", 400);
    expect_refusal("/-/../one.jpg", 400);
    expect_refusal("/./one.jpg", 400);
    expect_refusal("/cats%2fone.jpg", 400);
    expect_refusal("/cats%2Fone.jpg", 400);
    expect_refusal("/..%2fone.jpg", 400);
    expect_refusal("/one.jpg%00.png", 400);
    expect_refusal("//one.jpg", 400);
    expect_refusal("/cats//one.jpg", 400);
    expect_refusal("//etc/passwd", 400);
}

Test(request, encodings_that_are_none_are_refused)
{
    expect_refusal("/one%.jpg", 400);
    expect_refusal("/one%", 400);
    expect_refusal("/one%2", 400);
    expect_refusal("/one%g0.jpg", 400);
    expect_refusal("/one%0g.jpg", 400);
}

Test(request, no_file_is_not_found)
{
    expect_refusal("/", 404);
    expect_refusal("/cats/", 404);
    expect_refusal("/resize=8x8/", 404);
    expect_refusal("/-/", 404);
}

Test(request, hidden_names_are_not_found)
{
    expect_refusal("/.one.jpg", 404);
    expect_refusal("/%2eone.jpg", 404);
    expect_refusal("/.trash/one.jpg", 404);
    expect_refusal("/resize=8x8/cats/.one.jpg", 404);
    expect_refusal("/-/.one.jpg", 404);
    expect_refusal("/...", 404);
    expect_picture("/one..jpg", "", "one..jpg");
}

Test(request, steps_that_are_wrong_are_refused)
{
    expect_refusal("/resize=never/one.jpg", 400);
    expect_refusal("/quality=101/one.jpg", 400);
    expect_refusal("/flip=1/one.jpg", 400);
    expect_refusal("/format=tiffany/one.jpg", 400);
    expect_refusal("/blur=2/blur=0/one.jpg", 400);
}

Test(request, more_steps_than_a_recipe_has_are_refused)
{
    char path[16 * RECIPE_STEPS_MAX] = "";
    for (int i = 0; i <= RECIPE_STEPS_MAX; i++)
        strcat(path, "/flip");
    strcat(path, "/one.jpg");
    expect_refusal(path, 400);
}

Test(request, ciphers_are_forbidden)
{
    expect_refusal("/encrypt/one.jpg", 403);
    expect_refusal("/decrypt/one.png", 403);
    expect_refusal("/resize=8x8/encrypt/one.jpg", 403);
    expect_refusal("/%65ncrypt/one.jpg", 403);
}

Test(request, what_takes_very_long_is_not_done)
{
    expect_refusal("/effort=9/one.jpg", 403);
    expect_refusal("/lossless/effort=9/resize=8x8/one.jpg", 403);
    expect_picture("/lossless/effort=8/one.jpg", "effort=8/lossless", "one.jpg");
    expect_picture("/effort=9", "", "effort=9");
}

Test(request, a_name_longer_than_any_is_refused)
{
    static char path[REQUEST_FILE_MAX + 100];
    memset(path, 'a', sizeof path - 1);
    path[0] = '/';
    expect_refusal(path, 414);
    for (size_t i = 0; i < sizeof path - 1; i += 100)
        path[i] = '/';
    expect_refusal(path, 414);
}
