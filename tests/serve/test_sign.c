#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/run.h"
#include "io/key_file.h"
#include "serve/sign.h"
#include "temp.h"

#define ONE "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define TWO "ff0102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1eff"

static const char path[] = "/resize=800x600/cats/one.jpg";

static struct signer *open_signer(const char *file)
{
    struct pm_error error = {0};
    struct signer *signer = signer_open(file, &error);
    cr_assert_not_null(signer, "%s", error.message);
    return signer;
}

static void sign(const struct signer *signer, char signed_path[128])
{
    char prefix[SIGN_PREFIX_LENGTH + 1];
    cr_assert_eq(signer_sign(signer, path, strlen(path), prefix), 0);
    cr_assert_eq(strlen(prefix), SIGN_PREFIX_LENGTH);
    snprintf(signed_path, 128, "%s%s", prefix, path);
}

static size_t check(const struct signer *signer, const char *signed_path)
{
    return signer_check(signer, signed_path, strlen(signed_path));
}

/* printf %s PATH | openssl dgst -sha256 -mac HMAC -macopt hexkey:00..1f -binary | basenc --base64url */
Test(sign, a_signature_is_the_one_that_other_programs_make)
{
    char signed_path[128];
    struct signer *signer = open_signer(temp_text("key", ONE "\n"));
    sign(signer, signed_path);
    cr_assert_str_eq(signed_path,
                     "/s:E-VhAf93oKJPJ2JI6yv6TXOA9MVuERBydvu6Nq5XaKI/resize=800x600/cats/one.jpg");
    cr_assert_eq(check(signer, signed_path), SIGN_PREFIX_LENGTH);
    signer_close(signer);
}

Test(sign, nothing_else_is_accepted)
{
    char signed_path[128];
    struct signer *signer = open_signer(temp_text("key", ONE));
    sign(signer, signed_path);
    for (size_t i = 0; signed_path[i] != '\0'; i++) {
        char right = signed_path[i];
        signed_path[i] = right == 'A' ? 'B' : 'A';
        cr_expect_eq(check(signer, signed_path), 0, "byte %zu was changed", i);
        signed_path[i] = right;
    }
    for (size_t size = 0; size < strlen(signed_path); size++)
        cr_expect_eq(signer_check(signer, signed_path, size), 0, "cut off at %zu", size);
    cr_expect_eq(check(signer, path), 0);
    cr_expect_eq(check(signer, "/s:/resize=800x600/cats/one.jpg"), 0);
    signer_close(signer);
}

Test(sign, a_new_key_before_the_old_one_signs_and_both_are_accepted)
{
    char by_old[128], by_new[128];
    struct signer *old = open_signer(temp_text("old", ONE)), *new = open_signer(temp_text("new", TWO)),
                  *both = open_signer(temp_text("both", TWO "\n" ONE "\n"));
    sign(old, by_old);
    sign(both, by_new);
    cr_assert_str_neq(by_old, by_new);
    cr_assert_eq(check(both, by_old), SIGN_PREFIX_LENGTH);
    cr_assert_eq(check(both, by_new), SIGN_PREFIX_LENGTH);
    cr_assert_eq(check(new, by_new), SIGN_PREFIX_LENGTH);
    cr_assert_eq(check(new, by_old), 0);
    cr_assert_eq(check(old, by_new), 0);
    signer_close(old);
    signer_close(new);
    signer_close(both);
}

Test(sign, a_raw_key_is_the_same_as_its_digits)
{
    uint8_t raw[PM_KEY_BYTES];
    char of_raw[128], of_hex[128];
    for (unsigned i = 0; i < sizeof raw; i++)
        raw[i] = (uint8_t)i;
    struct signer *one = open_signer(temp_write("raw", raw, sizeof raw)),
                  *other = open_signer(temp_text("hex", ONE));
    sign(one, of_raw);
    sign(other, of_hex);
    cr_assert_str_eq(of_raw, of_hex);
    signer_close(one);
    signer_close(other);
}

static void expect_refused(const char *text, const char *words)
{
    struct pm_error error = {0};
    cr_assert_null(signer_open(temp_text("key", text), &error));
    cr_assert_not_null(strstr(error.message, words), "%s", error.message);
}

Test(sign, files_without_keys_are_refused_with_the_line)
{
    struct pm_error error = {0};
    expect_refused("", "contains no key");
    expect_refused("secret", "line 1");
    expect_refused(ONE "\n\n", "line 2");
    expect_refused(ONE "\n" ONE "0\n", "line 2");
    expect_refused(TWO "\n" ONE "\n"
                       "0001020304050607g8090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                   "line 3");
    cr_assert_null(signer_open(temp_path("none"), &error));
    cr_assert_eq(error.kind, PM_ERROR_IO);
    char many[17 * 65 + 1] = "";
    for (int i = 0; i < 17; i++)
        strcat(many, ONE "\n");
    expect_refused(many, "at most 16");
}

TestSuite(sign_command, .init = run_begin);

Test(sign_command, a_path_is_printed_with_its_signature)
{
    temp_text("key", ONE "\n" TWO "\n");
    struct run run = RUN("serve", "--sign-key-file=key", "--sign=/resize=800x600/cats/one.jpg");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_str_eq(run.out, "/s:E-VhAf93oKJPJ2JI6yv6TXOA9MVuERBydvu6Nq5XaKI/resize=800x600/cats/one.jpg\n");
}

static void expect_usage_error(const char *key, const char *path, const char *words)
{
    struct run run = RUN("serve", path, key);
    cr_assert_eq(run.status, 2);
    cr_assert_str_eq(run.out, "");
    cr_assert_not_null(strstr(run.err, words), "%s", run.err);
}

Test(sign_command, a_key_that_others_can_read_draws_a_warning)
{
    static const char warning[] =
        "pixmill: key: warning: other users can read this key (run chmod 600 on it)\n";
    temp_text("key", ONE "\n");
    cr_assert_eq(chmod(temp_path("key"), 0644), 0);
    struct run run = RUN("serve", "--sign-key-file=key", "--sign=/one.jpg");
    cr_assert_eq(run.status, 0);
    cr_assert_str_eq(run.err, warning);
    run = RUN("serve", "--sign-key-file=key", "--root=nowhere", "--listen=127.0.0.1:0");
    cr_assert_eq(run.status, 2);
    cr_assert_eq(strncmp(run.err, warning, strlen(warning)), 0, "%s", run.err);
    cr_assert_eq(chmod(temp_path("key"), 0600), 0);
    run = RUN("serve", "--sign-key-file=key", "--sign=/one.jpg");
    cr_assert_str_eq(run.err, "");
}

Test(sign_command, what_can_t_be_signed_is_reported)
{
    temp_text("key", ONE "\n");
    temp_text("wrong", "x");
    expect_usage_error("--root=.", "--sign=/one.jpg", "no key to sign with");
    expect_usage_error("--sign-key-file=key", "--sign=one.jpg", "begin it with a slash");
    expect_usage_error("--sign-key-file=key", "--sign=/a b.jpg", "%20");
    expect_usage_error("--sign-key-file=key", "--sign=/resize=50%/a.jpg", "two hex digits");
    expect_usage_error("--sign-key-file=key", "--sign=/resize=foo/a.jpg", "resize");
    expect_usage_error("--sign-key-file=key", "--sign=/encrypt/a.jpg", "not available in URLs");
    expect_usage_error("--sign-key-file=key", "--sign=/resize=9x9/", "does not name a file");
    expect_usage_error("--sign-key-file=key",
                       "--sign=/s:E-VhAf93oKJPJ2JI6yv6TXOA9MVuERBydvu6Nq5XaKI/resize=800x600/cats/one.jpg",
                       "is already signed");
    expect_usage_error("--sign-key-file=wrong", "--sign=/one.jpg", "line 1");
}
