/* Encryption with the real command: both kinds of key, and refusals. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/run.h"
#include "pixmill/secret.h"
#include "temp.h"

static const char hex_key[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

static void begin(void)
{
    run_begin();
    put_picture("in/a.png", 60, 40);
    put_picture_of("in/b.png", 33, 57, PM_COLOR_RGB, true, 16);
    put_picture("in/c.jpg", 64, 48);
    temp_text("key", hex_key);
    temp_text("other", "0123456789abcdef0123456789abcdef");
    temp_text("phrase", "correct horse battery staple\n");
}

TestSuite(encryption, .init = begin);

/* Encrypts in/ to safe/, decrypts to back/, and compares with a run without encryption. */
static void expect_round_trip(const char *backend, const char *key)
{
    struct run plain = RUN("run", "in", "-o", "plain", "--format=png");
    struct run there = RUN("run", "in", "-o", "safe", "--encrypt", key, backend);
    struct run back = RUN("run", "safe", "-o", "back", "--decrypt", key, backend);
    expect_summary(&plain, "3 images: 3 ok, 0 skipped, 0 failed");
    expect_summary(&there, "3 images: 3 ok, 0 skipped, 0 failed");
    expect_summary(&back, "3 images: 3 ok, 0 skipped, 0 failed");
    static const char *const names[] = {"a.png", "b.png", "c.png"};
    for (size_t i = 0; i < 3; i++) {
        char a[32], b[32], safe[32];
        snprintf(a, sizeof a, "plain/%s", names[i]);
        snprintf(b, sizeof b, "back/%s", names[i]);
        snprintf(safe, sizeof safe, "safe/%s", names[i]);
        cr_assert(same_bytes(a, b), "%s is not what it was", b);
        cr_assert_not(same_bytes(a, safe));
    }
    expect_picture("safe/a.png", "png", 60, 40);
    expect_picture("safe/c.png", "png", 64, 48);
    expect_files("safe", 3);
}

Test(encryption, round_trip_with_a_hexadecimal_key)
{
    expect_round_trip("--backend=threads", "--key-file=key");
}

Test(encryption, round_trip_with_a_raw_key_in_processes)
{
    expect_round_trip("--backend=procs", "--key-file=other");
}

Test(encryption, round_trip_with_a_passphrase)
{
    expect_round_trip("--backend=threads", "--passphrase-file=phrase");
}

Test(encryption, is_never_the_same_twice)
{
    struct run one = RUN("run", "in/a.png", "-o", "one", "--encrypt", "--key-file=key");
    struct run two = RUN("run", "in/a.png", "-o", "two", "--encrypt", "--key-file=key");
    cr_assert_eq(one.status | two.status, 0, "%s%s", one.err, two.err);
    cr_assert_not(same_bytes("one/a.png", "two/a.png"));
}

/* The id of an encrypted file, at byte 32 of its seal. */
static void id_of(const char *path, uint8_t id[PM_ID_BYTES])
{
    size_t size;
    const char *bytes = content_of(path, &size), *seal = memmem(bytes, size, "pmsealed", 8);
    cr_assert_not_null(seal, "%s", path);
    memcpy(id, seal + 32, PM_ID_BYTES);
}

/* A new picture must get a new id: with the same keys and nonces, both pictures could be read from their
 * difference. */
static void expect_another_id(const char *backend)
{
    struct run there = RUN("run", "in/a.png", "-o", "safe", "--encrypt", "--key-file=key");
    struct run again = RUN("run", "safe/a.png", "-o", "again", "--decrypt", "--flip", "--encrypt",
                           "--key-file=key", backend);
    struct run back = RUN("run", "again/a.png", "-o", "back", "--decrypt", "--key-file=key");
    struct run plain = RUN("run", "in/a.png", "-o", "plain", "--flip");
    cr_assert_eq(there.status | again.status | back.status | plain.status, 0, "%s%s", again.err, back.err);
    uint8_t one[PM_ID_BYTES], other[PM_ID_BYTES];
    id_of("safe/a.png", one);
    id_of("again/a.png", other);
    cr_assert_neq(memcmp(one, other, sizeof one), 0, "the id is used twice");
    cr_assert(same_bytes("back/a.png", "plain/a.png"));
}

Test(encryption, what_is_decrypted_and_encrypted_again_has_another_id)
{
    expect_another_id("--backend=threads");
}

Test(encryption, what_a_process_decrypts_and_encrypts_again_has_another_id)
{
    expect_another_id("--backend=procs");
}

Test(encryption, info_reports_it)
{
    struct run run = RUN("run", "in/a.png", "-o", "safe", "--encrypt", "--key-file=key");
    struct run info = RUN("info", "safe/a.png"), plain = RUN("info", "in/a.png");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_not_null(strstr(info.out, ", encrypted, "));
    cr_assert_null(strstr(plain.out, ", encrypted, "));
}

Test(encryption, another_key_is_refused)
{
    struct run there = RUN("run", "in", "-o", "safe", "--encrypt", "--key-file=key");
    struct run back = RUN("run", "safe", "-o", "back", "--decrypt", "--key-file=other", "--log=log");
    cr_assert_eq(there.status, 0, "%s", there.err);
    expect(&back, 1, "pixmill: safe/a.png: ");
    expect_summary(&back, "3 images: 0 ok, 0 skipped, 3 failed");
    expect_files("back", 0);
    cr_assert_not_null(strstr(content_of("log", NULL), "\"kind\": \"key\""));
    struct run kind = RUN("run", "safe", "-o", "back", "--decrypt", "--passphrase-file=phrase");
    expect(&kind, 1, "was encrypted with a key file (give --key-file)");
}

Test(encryption, one_changed_bit_is_refused)
{
    size_t size;
    struct run there = RUN("run", "in/a.png", "-o", "safe", "--encrypt", "--key-file=key");
    cr_assert_eq(there.status, 0, "%s", there.err);
    char *bytes = content_of("safe/a.png", &size);
    for (int i = 1; i <= 8; i++) {
        char name[32];
        snprintf(name, sizeof name, "changed/%d.png", i);
        bytes[size * (size_t)i / 9] ^= 1;
        temp_write(name, bytes, size);
        bytes[size * (size_t)i / 9] ^= 1;
    }
    struct run back = RUN("run", "changed", "-o", "back", "--decrypt", "--key-file=key");
    expect(&back, 1, "8 images: 0 ok, 0 skipped, 8 failed");
    expect_files("back", 0);
}

Test(encryption, noise_takes_no_other_filter)
{
    struct run there = RUN("run", "in/a.png", "-o", "safe", "--encrypt", "--key-file=key");
    struct run blur = RUN("run", "safe/a.png", "-o", "back", "--flip");
    cr_assert_eq(there.status, 0, "%s", there.err);
    expect(&blur, 1, "pixmill: safe/a.png: ");
    cr_assert_not_null(strstr(blur.err, "decrypt"), "%s", blur.err);
    expect_files("back", 0);
    struct run plain = RUN("run", "in/a.png", "-o", "back", "--decrypt", "--key-file=key");
    expect(&plain, 1, "pixmill: in/a.png: ");
    expect_files("back", 0);
}

Test(encryption, bad_keys_are_exit_2)
{
    temp_text("short", "0123456789");
    temp_text("empty", "");
    struct run missing = RUN("run", "in", "-o", "out", "--encrypt", "--key-file=missing");
    struct run shorter = RUN("run", "in", "-o", "out", "--encrypt", "--key-file=short");
    struct run empty = RUN("run", "in", "-o", "out", "--encrypt", "--passphrase-file=empty");
    struct run both =
        RUN("run", "in", "-o", "out", "--encrypt", "--key-file=key", "--passphrase-file=phrase");
    expect(&missing, 2, "missing: the key file can't be opened: No such file or directory (");
    expect(&shorter, 2, "short: not a key: ");
    expect(&empty, 2, "empty: no passphrase");
    expect(&both, 2, "pixmill: --key-file: can't be combined with --passphrase-file (choose one)\n");
    cr_assert_eq(access("out", F_OK), -1);
}

/* To this passphrase, files made with another one look like forged files: each salt fits no key. */
Test(encryption, salts_that_fit_no_file_can_be_limited_and_stop_no_other_file, .timeout = 120)
{
    temp_text("strange", "another passphrase\n");
    static const char *const strange[] = {"a.png", "b.png"};
    for (size_t i = 0; i < 2; i++) {
        char path[32];
        snprintf(path, sizeof path, "in/%s", strange[i]);
        struct run there =
            RUN("run", path, "-o", "archive", "--encrypt", "--passphrase-file=strange"); /* a salt each */
        cr_assert_eq(there.status, 0, "%s", there.err);
    }
    struct run own = RUN("run", "in/c.jpg", "-o", "archive", "--encrypt", "--passphrase-file=phrase");
    cr_assert_eq(own.status, 0, "%s", own.err);
    struct run all = RUN("run", "archive", "-o", "all", "--decrypt", "--passphrase-file=phrase", "-j1");
    expect(&all, 1, "3 images: 1 ok, 0 skipped, 2 failed");
    expect_picture("all/c.png", "png", 64, 48);
    struct run one = RUN("run", "archive", "-o", "one", "--decrypt", "--passphrase-file=phrase", "-j1",
                         "--io=sync", "--max-wrong-salts=1");
    expect(&one, 1,
           "needs another passphrase salt; salts that matched no file so far: 1 (raise --max-wrong-salts)");
    expect_summary(&one, "3 images: 0 ok, 0 skipped, 3 failed");
}

/* scrypt's table is 128 MiB, so there must be only one at a time. */
Test(encryption, several_salts_need_the_memory_of_one, .timeout = 120)
{
    enum { SALTS = 4, PEAK_KIB = 200 * 1024 };
    for (unsigned i = 0; i < SALTS; i++) {
        char path[32];
        snprintf(path, sizeof path, "photos/%u.png", i);
        put_picture(path, 500 + 100 * i, 400);
        struct run there = RUN("run", path, "-o", "archive", "--encrypt", "--passphrase-file=phrase");
        cr_assert_eq(there.status, 0, "%s", there.err);
    }
    struct run back = RUN("run", "archive", "-o", "back", "--decrypt", "--passphrase-file=phrase");
    expect_summary(&back, "4 images: 4 ok, 0 skipped, 0 failed");
#ifndef PIXMILL_SANITIZED /* a sanitizer needs memory of its own */
    cr_assert_lt(back.peak_kib, PEAK_KIB, "%ld KiB", back.peak_kib);
#endif
}

Test(encryption, a_limit_of_salts_needs_a_passphrase_to_decrypt_with)
{
    struct run key = RUN("run", "in", "-o", "out", "--decrypt", "--key-file=key", "--max-wrong-salts=1");
    struct run encrypt =
        RUN("run", "in", "-o", "out", "--encrypt", "--passphrase-file=phrase", "--max-wrong-salts=1");
    expect(&key, 2, "pixmill: --max-wrong-salts: has no effect without --decrypt");
    expect(&encrypt, 2, "pixmill: --max-wrong-salts: has no effect without --decrypt");
}

/* Encrypts a small folder tree, each result bound to its path below safe/. */
static void bind_tree(const char *backend)
{
    put_picture("tree/one/a.png", 60, 40);
    put_picture("tree/two/a.jpg", 64, 48);
    struct run there =
        RUN("run", "tree", "-o", "safe/", "--encrypt", "--bind-names", "--key-file=key", backend);
    expect_summary(&there, "2 images: 2 ok, 0 skipped, 0 failed");
}

/* Decrypts safe/ with those inputs and that option, and expects `refused` of them to be rejected for their
 * names. */
static void expect_bound(const char *backend)
{
    bind_tree(backend);
    struct run back =
        RUN("run", "safe", "-o", "back", "--decrypt", "--key-file=key", backend, "--format=jpeg");
    expect_summary(&back, "2 images: 2 ok, 0 skipped, 0 failed");
    struct run exchange = RUN("run", "safe/one/a.png", "-o", "far", "--decrypt", "--key-file=key", backend);
    expect(
        &exchange, 1,
        "pixmill: safe/one/a.png: was encrypted under another name: one/a.png (move it back there, or give "
        "its folder as INPUT or --base)");
    struct run based =
        RUN("run", "safe/one/a.png", "-o", "far", "--base=safe", "--decrypt", "--key-file=key", backend);
    expect_summary(&based, "1 images: 1 ok, 0 skipped, 0 failed");
    cr_assert_eq(rename("safe/one/a.png", "safe/tmp"), 0);
    cr_assert_eq(rename("safe/two/a.png", "safe/one/a.png"), 0);
    cr_assert_eq(rename("safe/tmp", "safe/two/a.png"), 0);
    struct run swapped = RUN("run", "safe", "-o", "swapped", "--decrypt", "--key-file=key", backend);
    expect(&swapped, 1, "was encrypted under another name: two/a.png");
    expect_summary(&swapped, "2 images: 0 ok, 0 skipped, 2 failed");
    expect_files("swapped", 0);
}

Test(encryption, bound_images_are_decrypted_under_their_names_alone)
{
    expect_bound("--backend=threads");
}

Test(encryption, processes_hold_images_against_their_names)
{
    expect_bound("--backend=procs");
}

Test(encryption, images_that_are_bound_to_no_name_go_under_any)
{
    struct run there = RUN("run", "in/a.png", "-o", "safe", "--encrypt", "--key-file=key");
    cr_assert_eq(there.status, 0, "%s", there.err);
    cr_assert_eq(rename("safe/a.png", "safe/other.png"), 0);
    struct run back = RUN("run", "safe", "-o", "back", "--decrypt", "--key-file=key");
    expect_summary(&back, "1 images: 1 ok, 0 skipped, 0 failed");
}

Test(encryption, names_are_bound_only_by_encrypting)
{
    struct run run = RUN("run", "in", "-o", "out", "--decrypt", "--bind-names", "--key-file=key");
    expect(&run, 2, "pixmill: --bind-names: nothing is encrypted");
}

Test(encryption, binding_is_a_setting_that_a_resumed_run_compares)
{
    struct run plain = RUN("run", "in", "-o", "safe", "--encrypt", "--key-file=key", "--journal=done");
    struct run same =
        RUN("run", "in", "-o", "safe", "--encrypt", "--key-file=key", "--journal=done", "--resume");
    struct run bound = RUN("run", "in", "-o", "safe", "--encrypt", "--key-file=key", "--journal=done",
                           "--resume", "--bind-names");
    expect_summary(&plain, "3 images: 3 ok, 0 skipped, 0 failed");
    expect_summary(&same, "3 images: 0 ok, 3 skipped, 0 failed");
    expect_summary(&bound, "3 images: 3 ok, 0 skipped, 0 failed");
}
