#include <criterion/criterion.h>
#include <string.h>

#include "color/css_color.h"

static struct css_color parsed(const char *text)
{
    struct css_color color;
    struct pm_error error = {0};
    cr_assert_eq(css_color_parse(text, strlen(text), "border", &color, &error), 0, "%s: %s", text,
                 error.message);
    return color;
}

Test(css_color, digits_and_names_and_their_text)
{
    static const struct {
        const char *text, *printed;
    } cases[] = {
        {"#123", "112233"},          {"123", "112233"},
        {"#1234", "11223344"},       {"#123f", "112233"},
        {"#a1B2c3", "a1b2c3"},       {"a1b2c3d4", "a1b2c3d4"},
        {"red", "ff0000"},           {"GREEN", "008000"},
        {"gray", "808080"},          {"grey", "808080"},
        {"aliceblue", "f0f8ff"},     {"yellowgreen", "9acd32"},
        {"rebeccapurple", "663399"}, {"lightgoldenrodyellow", "fafad2"},
        {"transparent", "00000000"}, {"Transparent", "00000000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[CSS_COLOR_TEXT];
        const struct css_color color = parsed(cases[i].text);
        css_color_print(&color, text, sizeof text);
        cr_expect_str_eq(text, cases[i].printed);
        const struct css_color again = parsed(text);
        cr_expect_arr_eq(again.rgba, color.rgba, sizeof color.rgba);
    }
}

Test(css_color, what_is_no_colour_is_refused)
{
    static const char *const wrong[] = {"",      "#",    "#12",  "#12345", "#1234567", "#123456789",
                                        "#12g",  "#red", "redd", "re",     "none",     "rgb(1",
                                        "# 123", "-12",  "red ", "0x1234"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct css_color color;
        struct pm_error error = {0};
        cr_expect_eq(css_color_parse(wrong[i], strlen(wrong[i]), "border", &color, &error), -1, "'%s'",
                     wrong[i]);
        cr_expect_eq(error.kind, PM_ERROR_USAGE);
        cr_expect_not_null(strstr(error.message, "is not a colour"));
    }
}

/* The text is part of an argument: what follows it doesn't count. */
Test(css_color, only_the_given_length_is_read)
{
    struct css_color color;
    struct pm_error error = {0};
    cr_assert_eq(css_color_parse("reddish", 3, "border", &color, &error), 0);
    cr_assert_arr_eq(color.rgba, ((uint8_t[]){255, 0, 0, 255}), 4);
    cr_assert_eq(css_color_parse("#12345678", 4, "border", &color, &error), 0);
    cr_assert_arr_eq(color.rgba, ((uint8_t[]){0x11, 0x22, 0x33, 255}), 4);
}
