#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/param.h"

struct params {
    char own[8];
    double number, part;
    int word, integer;
    bool flag;
};

static int parse_own(const char *text, size_t length, void *field, struct pm_error *error)
{
    if (length == 0 || length >= sizeof(struct params){0}.own)
        return error_set(error, PM_ERROR_USAGE, "own: %.*s", (int)length, text);
    memcpy(field, text, length);
    ((char *)field)[length] = '\0';
    return 0;
}

static void print_own(const void *field, char *text, size_t size)
{
    snprintf(text, size, "%s", (const char *)field);
}

static const struct param_word words[] = {{"one", 1}, {"two", 2}, {"zwei", 2}, {NULL, 0}};

static const struct param rows[] = {
    {.name = "own",
     .kind = PARAM_OWN,
     .offset = offsetof(struct params, own),
     .parse = parse_own,
     .print = print_own},
    {.name = "number",
     .kind = PARAM_NUMBER,
     .offset = offsetof(struct params, number),
     .max = 10,
     .standard = 2.5,
     .unit = "pixels"},
    {.name = "part",
     .kind = PARAM_NUMBER,
     .offset = offsetof(struct params, part),
     .max = 100,
     .standard = 50,
     .unit = "percent"},
    {.name = "word",
     .kind = PARAM_WORD,
     .offset = offsetof(struct params, word),
     .words = words,
     .standard = 1},
    {.name = "integer",
     .kind = PARAM_INTEGER,
     .offset = offsetof(struct params, integer),
     .min = 1,
     .max = 9,
     .standard = 4},
    {.name = "flag", .kind = PARAM_FLAG, .offset = offsetof(struct params, flag)},
    {.name = NULL},
};

static void reads(const char *text, double number, int word, const char *canonical)
{
    struct params params = {0}, again = {0};
    struct pm_error error = {0};
    char printed[64];
    cr_assert_eq(params_parse(rows, "step", text, &params, &error), 0, "%s: %s", text, error.message);
    cr_expect_eq(params.number, number, "%s", text);
    cr_expect_eq(params.word, word, "%s", text);
    params_print(rows, &params, printed, sizeof printed);
    cr_expect_str_eq(printed, canonical);
    cr_assert_eq(params_parse(rows, "step", printed, &again, &error), 0);
    cr_expect_eq(memcmp(&params, &again, sizeof params), 0, "%s", text);
}

Test(param, values_that_are_not_given_are_standard_and_are_not_written)
{
    reads("a", 2.5, 1, "a");
    reads("a,number=2.5,word=one", 2.5, 1, "a");
    reads("a,number=0.125", 0.125, 1, "a,number=0.125");
    reads("a,word=TWO,number=0", 0, 2, "a,number=0,word=two");
    reads("b,word=zwei", 2.5, 2, "b,word=two");
    reads("b,number=1,number=3", 3, 1, "b,number=3");
    reads("c,integer=9", 2.5, 1, "c,integer=9");
    reads("c,part=20%,number=3", 3, 1, "c,number=3,part=20");
    reads("c,integer=4,flag", 2.5, 1, "c,flag");
}

Test(param, what_is_wrong_is_named_with_what_would_be_right)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "own: "},
        {"a,number=", "the number of step=a,number= is not a number (0 to 10 pixels)"},
        {"a,number=1e3", "the number of step=a,number=1e3 is not a number (0 to 10 pixels)"},
        {"a,number=10.5", "the number of step=a,number=10.5 is out of range (0 to 10 pixels)"},
        {"a,number=0.00001", "the number of step=a,number=0.00001 is out of range (0 to 10 pixels)"},
        {"a,number=2%", "the number of step=a,number=2% is not a number (0 to 10 pixels)"},
        {"a,part=2%%", "the part of step=a,part=2%% is not a number (0 to 100 percent)"},
        {"a,part=%", "the part of step=a,part=% is not a number (0 to 100 percent)"},
        {"a,integer=1,integer=2,integer=3,number=11,flag",
         "the number of step=a,integer=1,integer=2,integer=3,numbe... is out of range (0 to 10 pixels)"},
        {"a,word=three", "the word of step=a,word=three can't be 'three' (one or two)"},
        {"a,word=", "the word of step=a,word= can't be '' (one or two)"},
        {"a,one", "'one' of step=a,one is unknown (did you mean word=one?)"},
        {"a,", "'' of step=a, is unknown (after the comma, use number=, part=, word=, integer=, flag)"},
        {"a,own=b",
         "'own=b' of step=a,own=b is unknown (after the comma, use number=, part=, word=, integer=, flag)"},
        {"a,flag=1", "'flag=1' of step=a,flag=1 is unknown (did you mean flag?)"},
        {"a,integer=0", "the integer of step=a,integer=0 is out of range (1 to 9)"},
        {"a,integer=2.0", "the integer of step=a,integer=2.0 is not a whole number (1 to 9)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct params params;
        struct pm_error error = {0};
        cr_assert_eq(params_parse(rows, "step", cases[i].text, &params, &error), -1, "%s", cases[i].text);
        cr_expect_eq(error.kind, PM_ERROR_USAGE);
        cr_expect_str_eq(error.message, cases[i].message);
    }
}

Test(param, rows_stand_by_themselves_as_options)
{
    struct params params;
    struct pm_error error = {0};
    char text[32];
    memset(&params, 0xFF, sizeof params);
    params_init(rows + 1, &params);
    for (const struct param *row = rows + 1; row->name != NULL; row++)
        cr_expect_not(param_print(row, &params, text, sizeof text), "%s: %s", row->name, text);
    static const struct {
        const char *name, *text, *printed;
    } cases[] = {{"number", "1.5", "1.5"}, {"word", "TWO", "two"}, {"integer", "7", "7"}, {"flag", NULL, ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct param *row = param_find(rows, cases[i].name);
        cr_assert_eq(param_parse(row, cases[i].text, &params, &error), 0, "%s", error.message);
        cr_expect(param_print(row, &params, text, sizeof text), "%s", row->name);
        cr_expect_str_eq(text, cases[i].printed);
    }
    cr_expect_null(param_find(rows, "nothing"));
    cr_expect_null(param_find(NULL, "word"));
}

Test(param, an_option_is_called_by_its_own_name)
{
    static const struct {
        const char *name, *text, *message;
    } cases[] = {
        {"integer", "10", "integer '10' is out of range (1 to 9)"},
        {"integer", "x", "integer 'x' is not a whole number (1 to 9)"},
        {"integer", "", "integer '' is not a whole number (1 to 9)"},
        {"number", "11", "number '11' is out of range (0 to 10 pixels)"},
        {"word", "three", "word 'three' is unknown (one or two)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct params params;
        struct pm_error error = {0};
        cr_assert_eq(param_parse(param_find(rows, cases[i].name), cases[i].text, &params, &error), -1);
        cr_expect_eq(error.kind, PM_ERROR_USAGE);
        cr_expect_str_eq(error.message, cases[i].message);
    }
}
