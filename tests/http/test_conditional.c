#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "http/conditional.h"
#include "http/http_date.h"

/* Sun, 06 Nov 1994 08:49:37 GMT, the example in RFC 9110. */
enum { EXAMPLE = 784111777 };

static struct span span_of(const char *text)
{
    return (struct span){text, text != NULL ? strlen(text) : 0};
}

static void expect_date(const char *text, time_t when)
{
    time_t parsed = -1;
    cr_expect(http_date_parse(span_of(text), EXAMPLE, &parsed), "%s", text);
    cr_expect_eq(parsed, when, "%s: %jd", text, (intmax_t)parsed);
}

Test(http_date, the_three_forms_are_read)
{
    expect_date("Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE);
    expect_date("Sunday, 06-Nov-94 08:49:37 GMT", EXAMPLE);
    expect_date("Sun Nov  6 08:49:37 1994", EXAMPLE);
    expect_date("Thu Feb 29 00:00:00 1996", 825552000);
    expect_date("Thu, 01 Jan 1970 00:00:00 GMT", 0);
    expect_date("Wed, 01 Jan 2200 00:00:00 GMT", 7258118400);
}

Test(http_date, a_year_of_two_digits_is_at_most_fifty_years_ahead)
{
    expect_date("Wednesday, 06-Nov-44 08:49:37 GMT", 2362034977); /* 2044 */
    expect_date("Monday, 06-Nov-45 08:49:37 GMT", -762189023);    /* 1945 */
}

Test(http_date, what_is_no_date_is_not_read)
{
    static const char *const bad[] = {
        "",
        "now",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun Nov 6 08:49:37 1994",
    };
    time_t when;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not(http_date_parse(span_of(bad[i]), EXAMPLE, &when), "%s", bad[i]);
    cr_expect_not(http_date_parse((struct span){0}, EXAMPLE, &when));
}

Test(http_date, what_is_written_is_read_again)
{
    static const time_t times[] = {0, 1, EXAMPLE, 951782400, 4102444799, 253402300799};
    char date[HTTP_DATE_MAX];
    http_date_write(EXAMPLE, date);
    cr_assert_str_eq(date, "Sun, 06 Nov 1994 08:49:37 GMT");
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        http_date_write(times[i], date);
        expect_date(date, times[i]);
    }
}

static const struct validators state = {.etag = "\"abc\"", .modified = EXAMPLE, .now = EXAMPLE + 1000};

/* A request with this method and up to two fields; NULL: no field. */
static struct http_request asking(const char *method, const char *name, const char *value,
                                  const char *other_name, const char *other_value)
{
    static char head[1024];
    struct http_request request;
    int size = snprintf(head, sizeof head, "%s / HTTP/1.1\r\nHost: a\r\n", method);
    if (value != NULL)
        size += snprintf(head + size, sizeof head - (size_t)size, "%s: %s\r\n", name, value);
    if (other_value != NULL)
        size += snprintf(head + size, sizeof head - (size_t)size, "%s: %s\r\n", other_name, other_value);
    size += snprintf(head + size, sizeof head - (size_t)size, "\r\n");
    cr_assert_eq(http_parse(head, (size_t)size, &request), size);
    return request;
}

static bool fresh(const char *if_none_match, const char *if_modified_since)
{
    const struct http_request request =
        asking("GET", "If-None-Match", if_none_match, "If-Modified-Since", if_modified_since);
    return conditional_fresh(&request, &state);
}

Test(conditional, a_tag_is_compared_weakly_in_a_list)
{
    cr_expect(fresh("\"abc\"", NULL));
    cr_expect(fresh("W/\"abc\"", NULL));
    cr_expect(fresh("\"x\", \"abc\"", NULL));
    cr_expect(fresh("\"a,b\",W/\"y\" , W/\"abc\"", NULL));
    cr_expect(fresh("*", NULL));
    cr_expect(fresh(" * ", NULL));
    cr_expect_not(fresh("\"abcd\"", NULL));
    cr_expect_not(fresh("\"ab\"", NULL));
    cr_expect_not(fresh("abc", NULL));
    cr_expect_not(fresh("\"abc", NULL));
    cr_expect_not(fresh("\"x,\"abc\"", NULL), "what is no list of tags is not searched");
    cr_expect_not(fresh("", NULL));
    cr_expect_not(fresh(NULL, NULL));
}

Test(conditional, a_time_counts_only_without_tags)
{
    cr_expect(fresh(NULL, "Sun, 06 Nov 1994 08:49:37 GMT"));
    cr_expect(fresh(NULL, "Sun, 06 Nov 1994 08:49:38 GMT"));
    cr_expect_not(fresh(NULL, "Sun, 06 Nov 1994 08:49:36 GMT"));
    cr_expect_not(fresh(NULL, "yesterday"));
    cr_expect_not(fresh("\"other\"", "Sun, 06 Nov 1994 08:49:38 GMT"));
    cr_expect(fresh("\"abc\"", "Sun, 06 Nov 1994 08:49:36 GMT"));
    const struct validators timeless = {.etag = "\"abc\"", .now = EXAMPLE};
    const struct http_request request =
        asking("GET", "If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", NULL, NULL);
    cr_expect_not(conditional_fresh(&request, &timeless));
}

static bool failed(const char *if_match, const char *if_unmodified_since)
{
    const struct http_request request =
        asking("GET", "If-Match", if_match, "If-Unmodified-Since", if_unmodified_since);
    return conditional_failed(&request, &state);
}

Test(conditional, a_wanted_state_is_compared_strongly)
{
    cr_expect_not(failed(NULL, NULL));
    cr_expect_not(failed("\"abc\"", NULL));
    cr_expect_not(failed("W/\"abc\", \"abc\"", NULL));
    cr_expect_not(failed("*", NULL));
    cr_expect(failed("\"zz\"", NULL));
    cr_expect(failed("W/\"abc\"", NULL));
    cr_expect(failed("", NULL));
    cr_expect_not(failed(NULL, "Sun, 06 Nov 1994 08:49:37 GMT"));
    cr_expect(failed(NULL, "Sun, 06 Nov 1994 08:49:36 GMT"));
    cr_expect_not(failed(NULL, "yesterday"));
    cr_expect_not(failed("\"abc\"", "Sun, 06 Nov 1994 08:49:36 GMT"), "a time counts only without tags");
    const struct validators timeless = {.etag = "\"abc\"", .now = EXAMPLE};
    const struct http_request request =
        asking("GET", "If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:36 GMT", NULL, NULL);
    cr_expect_not(conditional_failed(&request, &timeless));
}

static int range_if(const char *range, const char *if_range, uint64_t size, uint64_t *offset,
                    uint64_t *length)
{
    const struct http_request request = asking("GET", "Range", range, "If-Range", if_range);
    return conditional_range(&request, &state, size, offset, length);
}

static void expect_part(const char *range, uint64_t size, uint64_t offset, uint64_t length)
{
    uint64_t at = 0, many = 0;
    cr_expect_eq(range_if(range, NULL, size, &at, &many), 206, "%s", range);
    cr_expect(at == offset && many == length, "%s: %ju, %ju", range, (uintmax_t)at, (uintmax_t)many);
}

static void expect_status(const char *range, uint64_t size, int status)
{
    uint64_t offset, length;
    cr_expect_eq(range_if(range, NULL, size, &offset, &length), status, "%s of %ju", range, (uintmax_t)size);
}

Test(conditional, one_range_is_cut)
{
    expect_part("bytes=0-0", 10, 0, 1);
    expect_part("bytes=2-4", 10, 2, 3);
    expect_part("bytes=2-", 10, 2, 8);
    expect_part("bytes=-3", 10, 7, 3);
    expect_part("bytes=-99", 10, 0, 10);
    expect_part("bytes=9-99", 10, 9, 1);
    expect_part("Bytes=0-18446744073709551615", 10, 0, 10);
    expect_part("bytes=0-99999999999999999999999999", 10, 0, 10);
    expect_part("bytes= 1-2 ", 10, 1, 2);
}

Test(conditional, a_range_outside_is_not_satisfiable)
{
    expect_status("bytes=10-", 10, 416);
    expect_status("bytes=99999999999999999999999999-", 10, 416);
    expect_status("bytes=-0", 10, 416);
    expect_status("bytes=0-", 0, 416);
    expect_status("bytes=-5", 0, 416);
}

Test(conditional, what_is_not_one_range_of_bytes_gives_all)
{
    static const char *const others[] = {"bytes=0-1,3-4", "bytes=0-1,", "lines=0-1",  "bytes=", "bytes=-",
                                         "bytes=a-b",     "bytes=4-2",  "bytes=1-2x", "bytes",  "bytes=--1",
                                         "bytes=1",       "bytes=+1-2", "bytes=1 -2", ""};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        expect_status(others[i], 10, 200);
    expect_status(NULL, 10, 200);
    uint64_t offset, length;
    const struct http_request head = asking("HEAD", "Range", "bytes=0-1", NULL, NULL);
    cr_expect_eq(conditional_range(&head, &state, 10, &offset, &length), 200);
}

static int status_if(const char *if_range)
{
    uint64_t offset, length;
    return range_if("bytes=1-2", if_range, 10, &offset, &length);
}

Test(conditional, if_range_compares_strongly)
{
    cr_expect_eq(status_if("\"abc\""), 206);
    cr_expect_eq(status_if("Sun, 06 Nov 1994 08:49:37 GMT"), 206);
    cr_expect_eq(status_if("W/\"abc\""), 200);
    cr_expect_eq(status_if("\"other\""), 200);
    cr_expect_eq(status_if("Sun, 06 Nov 1994 08:49:38 GMT"), 200, "not later, but the very one");
    cr_expect_eq(status_if("*"), 200);
    cr_expect_eq(status_if(""), 200);
    const struct validators just_now = {.etag = "\"abc\"", .modified = EXAMPLE, .now = EXAMPLE};
    uint64_t offset, length;
    const struct http_request request =
        asking("GET", "Range", "bytes=1-2", "If-Range", "Sun, 06 Nov 1994 08:49:37 GMT");
    cr_expect_eq(conditional_range(&request, &just_now, 10, &offset, &length), 200,
                 "the file may change again within this second");
}
