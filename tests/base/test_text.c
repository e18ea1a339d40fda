#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>

#include "base/text.h"

static char *written(void (*write)(FILE *, const char *), const char *text)
{
    char *result;
    size_t size;
    FILE *out = open_memstream(&result, &size);
    write(out, text);
    fclose(out);
    return result;
}

static void expect(void (*write)(FILE *, const char *), const char *text, const char *expected)
{
    char *result = written(write, text);
    cr_assert_str_eq(result, expected);
    free(result);
}

Test(text, character_follows_unicode_table_3_7)
{
    cr_assert_eq(text_character(""), 0);
    cr_assert_eq(text_character("a"), 1);
    cr_assert_eq(text_character("\xc3\xa9"), 2);
    cr_assert_eq(text_character("\xe2\x82\xac"), 3);
    cr_assert_eq(text_character("\xf0\x9f\x98\x80"), 4);
    cr_assert_eq(text_character("\xf4\x8f\xbf\xbf"), 4);
    static const char *const bad[] = {
        "\x80",     "\xc0\xaf",         "\xc1\xbf",         "\xc3",         "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xe2\x82", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80", "\xff",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(text_character(bad[i]), 0, "bad[%zu]", i);
}

Test(text, is_utf8_up_to_its_last_byte_and_no_further)
{
    static const uint8_t euro[] = {'a', 0xe2, 0x82, 0xac};
    cr_assert(text_is_utf8(euro, 0));
    cr_assert(text_is_utf8(euro, 1));
    cr_assert_not(text_is_utf8(euro, 2));
    cr_assert_not(text_is_utf8(euro, 3));
    cr_assert(text_is_utf8(euro, 4));
    cr_assert_not(text_is_utf8((const uint8_t *)"a\0b", 3), "a NUL");
}

Test(text, latin1_becomes_utf8)
{
    char utf8[] = "................";
    cr_assert_eq(text_from_latin1((const uint8_t *)"a\x7f\x80\xe9\xff", 5, utf8), 8);
    cr_assert_arr_eq(utf8, "a\x7f\xc2\x80\xc3\xa9\xc3\xbf.", 9);
}

Test(text, show_escapes_control_bytes_and_what_is_not_utf8)
{
    expect(text_show, "plain caf\xc3\xa9.jpg", "plain caf\xc3\xa9.jpg");
    expect(text_show, "two\nlines\x1b[31m", "two\\x0alines\\x1b[31m");
    expect(text_show, "\xff\xc3(", "\\xff\\xc3(");
    expect(text_show, "\xc2\x9b\x7f", "\\xc2\\x9b\\x7f");
    expect(text_show, "a\\x0a", "a\\\\x0a");
}

Test(text, json_escapes_as_surrogateescape_does)
{
    expect(text_json, "a\"b\\c\n", "\"a\\\"b\\\\c\\u000a\"");
    expect(text_json, "\x1b[2J~\x7f", "\"\\u001b[2J~\\u007f\"");
    expect(text_json, "\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\"\\u0080\\u009b\\u009f\xc2\xa0\"");
    expect(text_json, "\xff\xe2\x82", "\"\\udcff\\udce2\\udc82\"");
    expect(text_json, "\xed\xb2\x80", "\"\\udced\\udcb2\\udc80\"");
    expect(text_json, "\xe2\x82\xac", "\"\xe2\x82\xac\"");
}

Test(text, json_of_bytes_ends_where_they_do)
{
    static const char bytes[] = "a\0b\xe2\x82\xac";
    static const char *const expected[] = {"\"\"",
                                           "\"a\"",
                                           "\"a\\u0000\"",
                                           "\"a\\u0000b\"",
                                           "\"a\\u0000b\\udce2\"",
                                           "\"a\\u0000b\\udce2\\udc82\"",
                                           "\"a\\u0000b\xe2\x82\xac\""};
    for (size_t size = 0; size < sizeof bytes; size++) {
        char *result;
        size_t length;
        FILE *out = open_memstream(&result, &length);
        text_json_bytes(out, bytes, size);
        fclose(out);
        cr_expect_str_eq(result, expected[size]);
        free(result);
    }
}

Test(text, hex_has_two_digits_a_byte)
{
    char hex[9] = "........";
    text_hex((const uint8_t *)"", 0, hex);
    cr_assert_str_eq(hex, "");
    text_hex((const uint8_t *)"\x00\x1f\xa9\xff", 4, hex);
    cr_assert_str_eq(hex, "001fa9ff");
}

Test(text, distance_counts_edits)
{
    cr_assert_eq(text_distance("resize", "resize"), 0);
    cr_assert_eq(text_distance("resise", "resize"), 1);
    cr_assert_eq(text_distance("rezise", "resize"), 2);
    cr_assert_eq(text_distance("jbos", "jobs"), 1);
    cr_assert_eq(text_distance("", "jobs"), 4);
    cr_assert_eq(text_distance("outputs", "output"), 1);
}

static void shown(const char *name, size_t size, const char *expected)
{
    char text[64];
    cr_assert_str_eq(text_shown(name, text, size), expected);
    cr_assert_lt(strlen(text), size);
}

Test(text, is_shown_in_a_message_as_one_line_of_utf8)
{
    shown("plain name.jpg", 64, "plain name.jpg");
    shown("gr\xc3\xbc\xc3\x9f", 64, "gr\xc3\xbc\xc3\x9f");
    shown("a\nb\x7f\x1b[0m", 64, "a\\x0ab\\x7f\\x1b[0m");
    shown("\xff\xc3", 64, "\\xff\\xc3");
    shown("\xc0\xaf\xed\xa0\x80", 64, "\\xc0\\xaf\\xed\\xa0\\x80"); /* overlong slash; a surrogate */
    shown("\xf4\x90\x80\x80", 64, "\\xf4\\x90\\x80\\x80");          /* beyond U+10FFFF */
    shown("\xc2\x85", 64, "\\xc2\\x85");                            /* a control character of ISO 6429 */
    shown("\xf0\x9f\x98\x80", 64, "\xf0\x9f\x98\x80");
    shown("a\\b", 64, "a\\\\b");
    shown("", 64, "");
}

Test(text, of_a_long_one_the_end_is_shown)
{
    shown("0123456789abcdef", 17, "0123456789abcdef");
    shown("0123456789abcdef", 16, "...456789abcdef");
    shown("xxxxxxxxxxxxxxxx\xff\xff\xff\xff", 16, "...\\xff\\xff\\xff");
}

Test(text, a_message_keeps_the_names_that_were_shown_in_it)
{
    expect(text_show_message, "a\\x0a.png and b\nc\xff", "a\\x0a.png and b\\x0ac\\xff");
}

Test(text, hexadecimal_digits_are_those_of_ctype_and_no_more)
{
    for (int c = 0; c < 256; c++) {
        const char text[2] = {(char)c, '\0'};
        char *end;
        long value = strtol(text, &end, 16);
        bool digit = c < 0x80 && isxdigit(c);
        cr_expect_eq(text_hex_digit((char)c), digit ? value : -1, "%d", c);
    }
}

Test(text, is_quoted_as_one_word_of_a_shell)
{
    static const char *const cases[][2] = {
        {"plain-1.jpg", "plain-1.jpg"},
        {"my photos", "'my photos'"},
        {"", "''"},
        {"it's", "'it'\\''s'"},
        {"a>b", "'a>b'"},
        {"~", "'~'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        FILE *out = fmemopen(text, sizeof text, "w");
        text_quote(out, cases[i][0]);
        fclose(out);
        cr_expect_str_eq(text, cases[i][1]);
    }
}
