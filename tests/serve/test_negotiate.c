#include <criterion/criterion.h>
#include <string.h>

#include "cli/serve_options.h"
#include "codec/part.h"
#include "serve/negotiate.h"

static void expect_of(const char *accept, const char *own, const char *format)
{
    const struct span span = {accept, accept != NULL ? strlen(accept) : 0};
    const struct codec *codec =
        negotiate_format(span, own != NULL ? codec_of_suffix(own) : NULL, &(struct auto_formats){0});
    cr_expect_str_eq(codec != NULL ? codec->name : "none", format, "%s of %s", accept, own);
}

/* Expects `format`, which is not the input's; NULL: the input's own. */
static void expect(const char *accept, const char *format)
{
    if (format != NULL)
        expect_of(accept, strcmp(format, "png") == 0 ? "jpeg" : "png", format);
    for (size_t i = 0; format == NULL && codecs[i] != NULL; i++)
        expect_of(accept, codecs[i]->name, codec_written(codecs[i])->name);
}

Test(negotiate, the_one_that_weighs_most_is_taken)
{
    expect("image/png", "png");
    expect("image/jpeg", "jpeg");
    expect("image/jpeg;q=0.5, image/png;q=0.8", "png");
    expect("image/jpeg;q=0.801,image/png;q=0.8", "jpeg");
    expect("image/png, image/*;q=0.5", "png");
    expect("image/*, image/png;q=0.5", "jpeg");
    expect("*/*, image/jpeg;q=0", "png");
    expect("IMAGE/PNG ; Q=1 , image/*;q=0.1", "png");
    expect("image/png;level=9;q=0.9, image/jpeg;q=0.2", "png");
}

Test(negotiate, the_closest_range_counts_wherever_it_stands)
{
    expect("image/png;q=0.1, */*;q=0.9, image/*;q=0.5", "jpeg");
    expect("*/*;q=1, image/*;q=0.2, image/png;q=0.3", "png");
}

Test(negotiate, without_a_preference_the_inputs_own_stays)
{
    expect(NULL, NULL);
    expect("", NULL);
    expect("*/*", NULL);
    expect("image/*;q=0.8", NULL);
    expect("image/avif,image/webp,image/apng,image/*,*/*;q=0.8", NULL);
    expect_of("image/png;q=0.7,image/jpeg;q=0.7", "jpeg", "jpeg");
    expect_of("image/png;q=0.7,image/jpeg;q=0.7", "png", "png");
    expect_of("image/png;q=0.7,image/jpeg;q=0.7", "webp", "jpeg");
    expect_of("*/*", NULL, "jpeg");
    expect("text/html", NULL);
    expect("image/png;q=0, image/jpeg;q=0", NULL);
}

Test(negotiate, avif_is_for_clients_that_prefer_it_and_tiff_for_none)
{
    const bool avif = codec_part_find(codec_of_suffix("avif"), &(struct pm_error){0}) == 0;
    expect("image/avif, image/jpeg;q=0.5", avif ? "avif" : "jpeg");
    expect("image/avif, image/jpeg", "jpeg");
    expect("image/tiff, image/jpeg;q=0.5", "jpeg");
}

Test(negotiate, a_weight_that_is_none_counts_as_nothing)
{
    expect("image/png;q=2, image/jpeg;q=0.1", "jpeg");
    expect("image/png;q=, image/jpeg;q=0.1", "jpeg");
    expect("image/png;q=1.001, image/jpeg;q=0.1", "jpeg");
    expect("image/png;q=0.12345, image/jpeg;q=0.1", "jpeg");
    expect("image/png;q=-1, image/jpeg;q=0.1", "jpeg");
    expect(",,;,image/png;;q=0.3,/,=,image", "png");
}

/* --- a list of the server's -------------------------------------------------------------------------- */

static const struct option *auto_option(void)
{
    const struct option *option = serve_option_set.own;
    while (option->name != NULL && strcmp(option->name, "auto-formats") != 0)
        option++;
    cr_assert_not_null(option->name);
    return option;
}

static const char *chosen(const char *list, const char *accept, const char *own)
{
    struct serve_settings settings;
    serve_options_init(&settings);
    struct pm_error error = {0};
    const struct option *option = auto_option();
    cr_assert_eq(option->parse(option, &settings, list, &error), 0, "%s", error.message);
    const struct codec *codec =
        negotiate_format((struct span){accept, strlen(accept)}, codec_of_suffix(own), &settings.auto_formats);
    return codec != NULL ? codec->name : "none";
}

Test(negotiate, of_what_a_client_likes_alike_the_server_s_first_is_taken)
{
    static const char chromium[] =
        "image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
    cr_expect_str_eq(chosen("webp,jpeg", chromium, "jpeg"), "webp");
    cr_expect_str_eq(chosen("webp,jpeg", chromium, "png"), "webp");
    cr_expect_str_eq(chosen("jpeg,webp", "image/webp,image/jpeg", "png"), "jpeg");
    cr_expect_str_eq(chosen("webp,jpeg", "image/webp;q=0.5,image/jpeg", "png"), "jpeg");
    cr_expect_str_eq(chosen("webp,jpeg", "image/webp;q=0.5,image/png", "png"), "png");
    cr_expect_str_eq(chosen("webp", "image/webp;q=0,image/*", "png"), "png");
}

Test(negotiate, a_wildcard_names_no_format)
{
    cr_expect_str_eq(chosen("webp,jpeg", "*/*", "png"), "png");
    cr_expect_str_eq(chosen("webp,jpeg", "image/*", "gif"), "gif");
    cr_expect_str_eq(chosen("webp,jpeg", "image/*,image/png;q=0", "png"), "webp");
    cr_expect_str_eq(chosen("webp,jpeg", "text/html", "png"), "png");
}

/* The list may name formats that are slow or whose animations are not written. */
Test(negotiate, an_animation_is_not_lost)
{
    cr_expect_str_eq(chosen("jpeg,webp", "image/jpeg,image/webp", "gif"), "webp");
    cr_expect_str_eq(chosen("jpeg", "image/jpeg,image/*", "gif"), "gif");
}

Test(negotiate, a_list_is_checked)
{
    static const char *const wrong[] = {"", "heic", "webp,tga", "webp,jpeg,webp", ",webp"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct serve_settings settings;
        serve_options_init(&settings);
        struct pm_error error = {0};
        const struct option *option = auto_option();
        cr_expect_eq(option->parse(option, &settings, wrong[i], &error), -1, "'%s'", wrong[i]);
        cr_expect_eq(error.kind, PM_ERROR_USAGE);
    }
}
