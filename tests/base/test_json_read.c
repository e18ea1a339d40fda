#include "base/json_read.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static struct json_document document;
static struct pm_error error;

static const struct json_value *read_text(const char *text)
{
    json_close(&document);
    error = (struct pm_error){0};
    return json_read(&document, text, strlen(text), &error);
}

Test(json_read, values_of_each_kind)
{
    const struct json_value *root = read_text(
        " {\"a\": [1, -2.5e3, true, false, null, \"\"], \"b\": {}, \"c\": [], \"a\": 7, \"d\": \"x\"} ");
    cr_assert_not_null(root, "%s", error.message);
    const struct json_value *item = json_member(root, "a");
    cr_assert_eq(item->kind, JSON_ARRAY);
    item = item->first;
    cr_expect(item->kind == JSON_NUMBER && item->number == 1);
    item = item->next;
    cr_expect_eq(item->number, -2500);
    item = item->next;
    cr_expect(item->kind == JSON_BOOL && item->truth);
    item = item->next;
    cr_expect(item->kind == JSON_BOOL && !item->truth);
    item = item->next;
    cr_expect(item->kind == JSON_NULL && isnan(item->number));
    item = item->next;
    cr_expect(item->kind == JSON_STRING && item->string[0] == '\0' && item->next == NULL);
    cr_expect_eq(json_member(root, "b")->kind, JSON_OBJECT);
    cr_expect_null(json_member(root, "b")->first);
    cr_expect_null(json_member(root, "c")->first);
    cr_expect_str_eq(json_member_string(root, "d"), "x");
    cr_expect_null(json_member(root, "e"));
    cr_expect_null(json_member(json_member(root, "e"), "f"));
    cr_expect(isnan(json_member_number(root, "d")));
    cr_expect_str_eq(json_member_string(root, "a"), "");
    cr_expect(!json_member_bool(root, "d"));
    json_close(&document);
}

Test(json_read, escapes)
{
    const struct json_value *root =
        read_text("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\ud83d\\ude00\\udcff é\"");
    cr_assert_not_null(root, "%s", error.message);
    cr_expect_str_eq(root->string, "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xff \xc3\xa9");
    json_close(&document);
}

/* Whatever text_json writes comes back, any byte but NUL. */
Test(json_read, every_byte_comes_back)
{
    char all[256], *text;
    size_t size;
    for (int i = 1; i < 256; i++)
        all[i - 1] = (char)i;
    all[255] = '\0';
    FILE *out = open_memstream(&text, &size);
    struct json json = {.out = out};
    json_string(&json, NULL, all);
    fclose(out);
    const struct json_value *root = json_read(&document, text, size, &error);
    cr_assert_not_null(root, "%s", error.message);
    cr_expect_str_eq(root->string, all);
    json_close(&document);
    free(text);
}

Test(json_read, what_is_no_json_is_refused)
{
    static const char *const wrong[] = {
        "",         "{",       "[1",        "[1,]",       "{\"a\"}", "{\"a\" 1}", "{a: 1}", "[1 2]",
        "\"open",   "\"\\x\"", "\"\\u12\"", "nul",        "1 2",     "--1",       "[1}",    "{\"a\": }",
        "\"a\nb\"", "[,1]",    "]",         "{\"a\":1,}", "tru",     "1e",        "\"\\",   "\"\\u"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_null(read_text(wrong[i]), "%s", wrong[i]);
        cr_expect_eq(error.kind, PM_ERROR_CORRUPT, "%s: %s", wrong[i], error.message);
    }
    cr_expect_null(json_read(&document, "1\0 ", 3, &error), "a NUL is no blank");
    cr_expect_null(read_text("\"\\"));
    cr_expect_not_null(strstr(error.message, "at byte 2"), "%s", error.message);
}

Test(json_read, depth_is_limited)
{
    char deep[200001];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    cr_expect_null(read_text(deep));
    cr_expect_not_null(strstr(error.message, "nested too deeply"), "%s", error.message);
}
