#include <criterion/criterion.h>
#include <string.h>

#include "io/url.h"

Test(url, is_recognized_by_its_scheme)
{
    static const char *const urls[] = {"http://h/a", "https://h", "HTTP://h/a", "hTTps://u:p@h/"};
    static const char *const others[] = {"http:/h/a", "./http://h/a", "ftp://h/a", "file:///a", "http", "",
                                         "-"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        cr_assert(url_is(urls[i]), "%s", urls[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_assert_not(url_is(others[i]), "%s", others[i]);
}

static void shows(const char *url, const char *expected)
{
    struct buffer shown = {0};
    cr_assert_eq(url_show(url, &shown), 0);
    cr_assert_str_eq((char *)shown.data, expected);
    cr_assert_eq(shown.size, strlen(expected));
    buffer_free(&shown);
}

Test(url, is_shown_without_user_password_and_fragment)
{
    shows("http://h/a.jpg", "http://h/a.jpg");
    shows("https://me:hush@h:8080/a.jpg?size=1#top", "https://h:8080/a.jpg?size=1");
    shows("http://me@h", "http://h");
    shows("http://me:p@ss@h/a@b", "http://h/a@b");
    shows("http://h?mail=a@b", "http://h?mail=a@b");
    shows("http://h#a@b", "http://h");
    shows("http://me:p#w@h/", "http://me:p");
    shows("http://", "http://");
}

static void names(const char *url, const char *expected)
{
    struct buffer name = {0};
    cr_assert_eq(url_name(url, "", &name), 0);
    cr_assert_str_eq((char *)name.data, expected, "%s gives %s", url, (char *)name.data);
    cr_assert_eq(name.size, strlen(expected));
    buffer_free(&name);
}

Test(url, names_its_last_part)
{
    names("http://h/a.jpg", "a.jpg");
    names("http://h/b/c/a.jpg?x=/y.png", "a.jpg");
    names("http://h/a.jpg#/z.png", "a.jpg");
    names("http://h/a%20b%C3%A4.jpg", "a b\xc3\xa4.jpg");
    names("http://h/a%2", "a%2");
    names("http://h/a%zz%", "a%zz%");
    names("http://h/-rf", "-rf");
}

Test(url, without_a_last_part_is_an_index)
{
    static const char *const urls[] = {"http://h",   "http://h/", "http://h/a/",
                                       "http://h?a", "http://",   "http://h/?"};
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
        names(urls[i], "index");
}

Test(url, names_hide_nothing_and_lead_nowhere)
{
    names("http://h/..", "_.");
    names("http://h/%2e%2E", "_.");
    names("http://h/.", "_");
    names("http://h/.htaccess", "_htaccess");
    names("http://h/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "_._.._etc_passwd");
    names("http://h/a%5cb", "a_b");
    names("http://h/a\\b", "a_b");
    names("http://h/a%00b.jpg", "a_b.jpg");
    names("http://h/%00", "_");
    names("http://h/a%0a%1b[2J%7f", "a__[2J_");
    names("http://h/a%c2%9bb", "a_b");
    names("http://h/a%ffb%c3", "a_b_");
    names("http://h/%ed%a0%80", "___");
}

Test(url, a_long_name_is_cut_before_its_suffix)
{
    char url[1100] = "http://h/";
    memset(url + 9, 'x', 1000);
    strcpy(url + 1009, ".jpg");
    struct buffer name = {0};
    cr_assert_eq(url_name(url, "", &name), 0);
    cr_assert_eq(name.size, URL_PART_MAX);
    cr_assert_str_eq((char *)name.data + URL_PART_MAX - 5, "x.jpg");
    buffer_free(&name);

    /* URLs are cut between two characters; text that is not a suffix is cut like the rest. */
    strcpy(url, "http://h/x");
    for (int i = 0; i < 150; i++)
        strcat(url, "\xc3\xa4");
    struct buffer odd = {0};
    cr_assert_eq(url_name(url, "", &odd), 0);
    cr_assert_eq(odd.size, URL_PART_MAX - 1);
    cr_assert_str_eq((char *)odd.data + odd.size - 2, "\xc3\xa4");
    buffer_free(&odd);
}

static void lies_below(const char *url, const char *base, const char *expected)
{
    struct buffer name = {0};
    int status = url_name_below(url, base, "", &name);
    cr_assert_eq(status, expected == NULL, "%s below %s: %d", url, base, status);
    if (expected != NULL)
        cr_assert_str_eq((char *)name.data, expected);
    buffer_free(&name);
}

Test(url, below_a_base_keeps_its_path_part_by_part)
{
    lies_below("http://h/p/a/b.jpg?c/d", "http://h/p", "a/b.jpg");
    lies_below("http://h/p/a/b.jpg", "http://h/p/", "a/b.jpg");
    lies_below("http://h/p//a///b.jpg", "http://h/p", "a/b.jpg");
    lies_below("http://h/p/../%2e%2e/.x/b%2fc", "http://h/p", "_./_./_x/b_c");
    lies_below("http://h/p/", "http://h/p", "index");
    lies_below("http://h/p/a/", "http://h/p", "a/index");
    lies_below("http://h/a.jpg", "http://h", "a.jpg");
    lies_below("http://h/pictures/a.jpg", "http://h/p", NULL);
    lies_below("http://h/p", "http://h/p", NULL);
    lies_below("http://h.example/a.jpg", "http://h", NULL);
    lies_below("https://h/p/a.jpg", "http://h/p", NULL);
}
