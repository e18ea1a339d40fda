/* Names, pages and errors of S3 storage, and its keys. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/object.h"
#include "net/s3_account.h"
#include "net/s3_answer.h"
#include "temp.h"

static const char *encoded(const char *text, bool path)
{
    static struct buffer out;
    out.size = 0;
    cr_assert_eq(object_encode(&out, text, strlen(text), path), 0);
    cr_assert_eq(buffer_append(&out, "", 1), 0);
    return (const char *)out.data;
}

Test(s3, keys_are_encoded_to_letters_digits_and_four_signs)
{
    cr_assert_str_eq(encoded("AZaz09-._~/x", true), "AZaz09-._~/x");
    cr_assert_str_eq(encoded("a/b", false), "a%2Fb");
    cr_assert_str_eq(encoded("a b+c%20?#&=;,@:!'()*$", true),
                     "a%20b%2Bc%2520%3F%23%26%3D%3B%2C%40%3A%21%27%28%29%2A%24");
    cr_assert_str_eq(encoded("\xc3\xbc\x01\n", true), "%C3%BC%01%0A");
}

Test(s3, names_have_a_bucket_and_a_key)
{
    size_t length;
    cr_assert_eq(strncmp(object_bucket("s3://bucket/a/b", &length), "bucket/", 7), 0);
    cr_assert_eq(length, 6);
    cr_assert_str_eq(object_key("s3://bucket/a//b?c"), "a//b?c");
    cr_assert_str_eq(object_key("s3://bucket"), "");
    cr_assert(object_is_prefix("s3://bucket") && object_is_prefix("s3://bucket/a/"));
    cr_assert_not(object_is_prefix("s3://bucket/a"));
    cr_assert_null(object_fault("s3://bucket.x-y_z/a"));
    cr_assert_not_null(object_fault("s3://"));
    cr_assert_not_null(object_fault("s3:///key"));
    cr_assert_not_null(object_fault("s3://../key"));
    cr_assert_not_null(object_fault("s3://buc?ket/key"));
    cr_assert_not_null(object_fault("s3://bucket/a/../b"));
    cr_assert_not_null(object_fault("s3://bucket/a/."));
    cr_assert_not_null(object_fault("s3://bucket/../"));
    cr_assert_null(object_fault("s3://bucket/...a/.b/c.."));
    char longest[8 + OBJECT_KEY_MAX + 2] = "s3://bb/";
    memset(longest + 8, 'k', OBJECT_KEY_MAX + 1);
    cr_assert_not_null(object_fault(longest));
    longest[8 + OBJECT_KEY_MAX] = '\0';
    cr_assert_null(object_fault(longest));
}

/* The keys of a page, each ended by "|". */
static char keys[512];
static struct object_status last;

static int keep(void *self, const char *key, const struct object_status *status, struct pm_error *error)
{
    (void)self;
    last = *status;
    if (strcmp(key, "stop") == 0)
        return error_set(error, PM_ERROR_LIMIT, "stopped");
    strcat(strcat(keys, key), "|");
    return 0;
}

static int read_page(const char *text, struct s3_page *page)
{
    struct pm_error error = {0};
    keys[0] = '\0';
    const int status = s3_page_read(text, strlen(text), page, keep, NULL, &error);
    cr_assert_eq(status == 0, error.kind == PM_OK);
    return status;
}

Test(s3, a_page_is_read)
{
    struct s3_page page = {0};
    cr_assert_eq(
        read_page("<?xml version='1.0'?><ListBucketResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>"
                  "<Contents><Key>a&amp;&#65;&#x42;&lt;.png</Key><Size>12</Size><ETag>&quot;ab&quot;</ETag>"
                  "<LastModified>2026-11-29T10:00:01.500Z</LastModified>"
                  "<Owner><ID>x</ID><Key>no</Key></Owner></Contents>"
                  "<IsTruncated>true</IsTruncated><NextContinuationToken>n&amp;</NextContinuationToken>"
                  "<CommonPrefixes><Key>no</Key></CommonPrefixes></ListBucketResult>",
                  &page),
        0);
    cr_assert_str_eq(keys, "a&AB<.png|");
    cr_assert_eq(last.size, 12);
    cr_assert_eq(last.modified, (int64_t)1795946401 * 1000000000);
    cr_assert_eq(last.tag, s3_tag("ab"));
    cr_assert(page.more);
    cr_assert_str_eq((char *)page.token.data, "n&");
    cr_assert_eq(read_page("<ListBucketResult><Contents><Key>a%2Fb+%C3%BC%2B</Key></Contents>"
                           "<EncodingType>url</EncodingType></ListBucketResult>",
                           &page),
                 0);
    cr_assert_str_eq(keys, "a/b \xc3\xbc+|");
    cr_assert_not(page.more);
    cr_assert_eq(
        read_page("<ListBucketResult><Contents><Key>a%2F+</Key></Contents></ListBucketResult>", &page), 0);
    cr_assert_str_eq(keys, "a%2F+|");
    /* No time, and one that 64 bits of nanoseconds do not hold. */
    static const char *const times[] = {"yesterday", "1969-12-31T23:59:59Z", "2263-01-01T00:00:00Z",
                                        "9999-12-31T23:59:59Z"};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char text[192];
        snprintf(text, sizeof text,
                 "<ListBucketResult><Contents><Key>a</Key><LastModified>%s</LastModified></Contents>"
                 "</ListBucketResult>",
                 times[i]);
        cr_assert_eq(read_page(text, &page), 0);
        cr_assert_eq(last.modified, 0, "%s", times[i]);
    }
    cr_assert_eq(read_page("<ListBucketResult/>", &page), 0);
    cr_assert_str_eq(keys, "");
    buffer_free(&page.token);
}

Test(s3, what_is_no_page_visits_nothing)
{
    static const char *const wrong[] = {
        "",
        "no XML",
        "<Error><Code>x</Code></Error>",
        "<ListBucketResult><Contents><Key>a</Key></Contents>",
        "<ListBucketResult><Contents><Key>a</Contents></ListBucketResult>",
        "<!DOCTYPE x [<!ENTITY e 'x'>]><ListBucketResult><Contents><Key>&e;</Key></Contents></ListBucketResult>",
        "<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a</Key></Contents></ListBucketResult>",
    };
    static const char *const bad_key[] = {
        "<ListBucketResult><Contents><Key></Key></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>&unknown;</Key></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>&#0;</Key></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>&#xd800;</Key></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a%00</Key></Contents><EncodingType>url</EncodingType></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a%2</Key></Contents><EncodingType>url</EncodingType></ListBucketResult>",
        "<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>",
        "<ListBucketResult><Contents><Key>stop</Key></Contents></ListBucketResult>",
    };
    struct s3_page page = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert_eq(read_page(wrong[i], &page), -1, "%s", wrong[i]);
        cr_assert_str_eq(keys, "", "%s", wrong[i]);
    }
    for (size_t i = 0; i < sizeof bad_key / sizeof *bad_key; i++)
        cr_assert_eq(read_page(bad_key[i], &page), -1, "%s", bad_key[i]);
    buffer_free(&page.token);
}

Test(s3, an_errors_code_is_a_word)
{
    char code[S3_CODE_MAX];
    const char *text = "<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Message>m</Message></Error>";
    cr_assert_str_eq(s3_error_code(text, strlen(text), code), "NoSuchKey");
    text = "<Error><Code>bad \x1b[31m</Code></Error>";
    cr_assert_str_eq(s3_error_code(text, strlen(text), code), "");
    cr_assert_str_eq(s3_error_code("<html>", 6, code), "");
    cr_assert_str_eq(s3_advice(403, "SignatureDoesNotMatch"), "check AWS_SECRET_ACCESS_KEY");
    cr_assert_str_eq(s3_advice(404, ""), "check the key; a prefix ends with a slash");
    cr_assert_str_eq(s3_advice(503, "SlowDown"), "try again later");
}

static void no_variables(void)
{
    static const char *const names[] = {
        "AWS_ACCESS_KEY_ID",           "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_SHARED_CREDENTIALS_FILE", "AWS_PROFILE",           "AWS_REGION",
        "AWS_DEFAULT_REGION",          "AWS_ENDPOINT_URL",      "AWS_ENDPOINT_URL_S3"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

Test(s3, the_account_is_that_of_the_environment, .init = no_variables)
{
    struct s3_account account;
    struct pm_error error = {0};
    setenv("AWS_ACCESS_KEY_ID", "me:too", 1);
    cr_assert_eq(s3_account_read(&account, &error), -1);
    cr_assert_eq(strncmp(error.message, "AWS_SECRET_ACCESS_KEY is not set", 32), 0);
    setenv("AWS_SECRET_ACCESS_KEY", "hush", 1);
    cr_assert_eq(s3_account_read(&account, &error), 0);
    cr_assert_str_eq(account.endpoint, "https://s3.us-east-1.amazonaws.com");
    cr_assert_str_eq(account.signing, "aws:amz:us-east-1:s3");
    cr_assert_str_eq(account.id, "me:too");
    cr_assert_null(account.token);
    s3_account_free(&account);
    setenv("AWS_REGION", "eu-west-3", 1);
    setenv("AWS_SESSION_TOKEN", "token", 1);
    setenv("AWS_ENDPOINT_URL", "http://one", 1);
    setenv("AWS_ENDPOINT_URL_S3", "http://two:80/path/", 1);
    cr_assert_eq(s3_account_read(&account, &error), 0);
    cr_assert_str_eq(account.endpoint, "http://two:80/path");
    cr_assert_str_eq(account.signing, "aws:amz:eu-west-3:s3");
    cr_assert_str_eq(account.token, "token");
    s3_account_free(&account);
}

static int account_with(const char *name, const char *value, struct pm_error *error)
{
    struct s3_account account;
    *error = (struct pm_error){0};
    setenv(name, value, 1);
    const int status = s3_account_read(&account, error);
    if (status == 0)
        s3_account_free(&account);
    cr_assert_null(strstr(error->message, "hush"), "%s", error->message);
    return status;
}

Test(s3, what_is_no_server_region_or_key_is_refused, .init = no_variables)
{
    struct pm_error error;
    static const char *const servers[] = {"host",           "ftp://host",  "http://", "http://me:hush@host",
                                          "http://host?x=", "http://ho st"};
    setenv("AWS_ACCESS_KEY_ID", "me", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "hush", 1);
    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++)
        cr_assert_eq(account_with("AWS_ENDPOINT_URL", servers[i], &error), -1, "%s", servers[i]);
    cr_assert_eq(account_with("AWS_ENDPOINT_URL", "", &error), 0);
    cr_assert_eq(account_with("AWS_REGION", "a:b", &error), -1);
    cr_assert_eq(account_with("AWS_REGION", "", &error), 0);
    cr_assert_eq(account_with("AWS_SESSION_TOKEN", "a\r\nX: hush", &error), -1);
}

Test(s3, the_key_may_be_in_a_file, .init = no_variables)
{
    struct s3_account account;
    struct pm_error error = {0};
    const char *file =
        temp_text("keys", "# keys\n[default]\naws_access_key_id=me\naws_secret_access_key = hush=1 \n\n"
                          "[ other ]\naws_access_key_id = they\naws_secret_access_key = still\n"
                          "aws_session_token = t\n[half]\naws_access_key_id = half\n");
    setenv("AWS_SHARED_CREDENTIALS_FILE", file, 1);
    cr_assert_eq(s3_account_read(&account, &error), 0, "%s", error.message);
    cr_assert_str_eq(account.id, "me");
    cr_assert_str_eq(account.secret, "hush=1");
    s3_account_free(&account);
    setenv("AWS_PROFILE", "other", 1);
    cr_assert_eq(s3_account_read(&account, &error), 0, "%s", error.message);
    cr_assert_str_eq(account.secret, "still");
    cr_assert_str_eq(account.token, "t");
    s3_account_free(&account);
    cr_assert_eq(account_with("AWS_PROFILE", "half", &error), -1);
    cr_assert_not_null(strstr(error.message, "has no key for the profile half"), "%s", error.message);
    cr_assert_eq(account_with("AWS_SHARED_CREDENTIALS_FILE", "missing", &error), -1);
    unsetenv("AWS_SHARED_CREDENTIALS_FILE");
    cr_assert_eq(account_with("HOME", temp_folder(), &error), -1);
    cr_assert_not_null(strstr(error.message, "there is no key for S3"), "%s", error.message);
}
