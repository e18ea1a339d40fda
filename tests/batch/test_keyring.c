#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "batch/keyring.h"
#include "codec/codec.h"
#include "codec/sealed/sealed.h"
#include "pictures.h"
#include "temp.h"

static const char hex[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

static struct keyring *open_ring(const char *key_file, const char *passphrase_file)
{
    struct pm_error error = {0};
    struct keyring *ring = keyring_open(key_file, passphrase_file, &error);
    cr_assert_not_null(ring, "%s", error.message);
    return ring;
}

/* A PNG file of a picture encrypted with those keys. */
static struct buffer file_of(const struct pm_secret *secret)
{
    struct lent lent;
    lent_init(&lent);
    struct pm_image image = picture(&lent, 3, 2, PM_COLOR_GRAY, false, 8);
    struct buffer file = {0};
    cr_assert_eq(sealed_encrypt(&image, secret, &image, &lent.context), 0);
    cr_assert_eq(codec_of_suffix("png")->encode(&image, NULL, &file, &lent.context), 0);
    lent_free(&lent);
    return file;
}

/* Makes a new `secret` with `ring`, and expects `other` to derive it again from a file. */
static void expect_round_trip(struct keyring *ring, struct keyring *other)
{
    struct pm_secret secret, back;
    struct pm_error error = {0};
    cr_assert_eq(keyring_encrypt(ring, &secret, &error), 0, "%s", error.message);
    struct buffer file = file_of(&secret);
    cr_assert_eq(keyring_decrypt(other, file.data, file.size, &back, &error), 0, "%s", error.message);
    cr_assert_arr_eq(&secret, &back, sizeof secret);
    buffer_free(&file);
}

Test(keyring, raw_and_hex_key_files_are_the_same_key)
{
    uint8_t raw[32];
    char upper[66];
    for (unsigned i = 0; i < 32; i++)
        raw[i] = (uint8_t)i;
    for (unsigned i = 0; i <= 64; i++)
        upper[i] = hex[i] >= 'a' ? (char)(hex[i] - 'a' + 'A') : hex[i];
    strcat(upper, "\n");
    char dos[70];
    snprintf(dos, sizeof dos, "%s\r\n", hex);
    struct keyring *rings[] = {
        open_ring(temp_write("raw", raw, sizeof raw), NULL),
        open_ring(temp_text("hex", hex), NULL),
        open_ring(temp_text("upper", upper), NULL),
        open_ring(temp_text("dos", dos), NULL),
    };
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < 4; j++)
            expect_round_trip(rings[i], rings[j]);
    }
    for (int i = 0; i < 4; i++)
        keyring_close(rings[i]);
}

Test(keyring, a_raw_key_may_hold_any_byte)
{
    uint8_t raw[32] = {0, '\n', '\r', 255};
    raw[31] = '\n';
    struct keyring *ring = open_ring(temp_write("raw", raw, sizeof raw), NULL);
    struct pm_secret secret, expected;
    struct pm_error error = {0};
    cr_assert_eq(keyring_encrypt(ring, &secret, &error), 0);
    cr_assert_eq(pm_secret_derive(raw, secret.id, NULL, &expected, &error), 0);
    cr_assert_arr_eq(&secret, &expected, sizeof secret);
    keyring_close(ring);
}

Test(keyring, every_image_has_an_id_of_its_own)
{
    struct keyring *ring = open_ring(temp_text("hex", hex), NULL);
    struct pm_secret one, two;
    struct pm_error error = {0};
    cr_assert_eq(keyring_encrypt(ring, &one, &error), 0);
    cr_assert_eq(keyring_encrypt(ring, &two, &error), 0);
    cr_assert_neq(memcmp(one.id, two.id, sizeof one.id), 0);
    cr_assert_neq(memcmp(one.pixel_key, two.pixel_key, sizeof one.pixel_key), 0);
    keyring_close(ring);
}

static void expect_no_key(const char *key_file, const char *passphrase_file, enum pm_error_kind kind,
                          const char *words)
{
    struct pm_error error = {0};
    cr_assert_null(keyring_open(key_file, passphrase_file, &error));
    cr_assert_eq(error.kind, kind, "%s", error.message);
    cr_assert_not_null(strstr(error.message, words), "%s", error.message);
}

Test(keyring, other_key_files_are_refused_with_what_is_accepted)
{
    char text[8192];
    static const size_t sizes[] = {0, 1, 31, 33, 63, 66, 67, 4000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        memset(text, 'a', sizes[i]);
        expect_no_key(temp_write("key", text, sizes[i]), NULL, PM_ERROR_KEY, "32 raw bytes or 64 hex digits");
    }
    memset(text, 'g', 64); /* no hex digit */
    expect_no_key(temp_write("key", text, 64), NULL, PM_ERROR_KEY, "64 hex digits");
    memset(text, 'a', sizeof text);
    expect_no_key(temp_write("key", text, sizeof text), NULL, PM_ERROR_KEY, "too long");
    text[64] = text[65] = '\n'; /* two newlines */
    expect_no_key(temp_write("key", text, 66), NULL, PM_ERROR_KEY, "64 hex digits");
    expect_no_key(temp_path("missing"), NULL, PM_ERROR_IO, "No such file");
    expect_no_key(temp_folder(), NULL, PM_ERROR_IO, "directory");
}

Test(keyring, an_empty_passphrase_and_two_keys_are_refused)
{
    expect_no_key(NULL, temp_text("empty", ""), PM_ERROR_KEY, "empty");
    expect_no_key(NULL, temp_text("newline", "\n"), PM_ERROR_KEY, "empty");
    expect_no_key(NULL, NULL, PM_ERROR_USAGE, "one key is needed");
    expect_no_key(temp_text("key", hex), temp_text("word", "word"), PM_ERROR_USAGE, "exactly one key");
}

static void *write_hex(void *path)
{
    FILE *file = fopen(path, "w"); /* waits for the reader; its test fails if this fails */
    if (file != NULL) {
        fputs(hex, file);
        fclose(file);
    }
    return NULL;
}

Test(keyring, a_key_may_come_through_a_pipe)
{
    char path[512];
    snprintf(path, sizeof path, "%s", temp_path("pipe"));
    cr_assert_eq(mkfifo(path, 0600), 0);
    pthread_t writer;
    cr_assert_eq(pthread_create(&writer, NULL, write_hex, path), 0);
    struct keyring *ring = open_ring(path, NULL);
    pthread_join(writer, NULL);
    struct keyring *same = open_ring(temp_text("hex", hex), NULL);
    expect_round_trip(ring, same);
    keyring_close(ring);
    keyring_close(same);
}

/* The expected master key is Python's hashlib.scrypt(b"correct horse", salt, n=2**17, r=8, p=1). */
Test(keyring, a_passphrase_is_stretched_by_scrypt_without_its_newline)
{
    static const uint8_t master[] = {0x85, 0x3a, 0xb3, 0xa7, 0x17, 0xe8, 0xb7, 0x69, 0x32, 0x60, 0x1a,
                                     0x6d, 0x09, 0xe9, 0x21, 0x80, 0x1a, 0x5f, 0xf0, 0x18, 0x46, 0xef,
                                     0x96, 0xa9, 0xaa, 0x33, 0x08, 0x30, 0x98, 0xe9, 0x47, 0x2c};
    uint8_t id[PM_ID_BYTES] = {7}, salt[PM_SALT_BYTES];
    for (unsigned i = 0; i < PM_SALT_BYTES; i++)
        salt[i] = (uint8_t)(200 + i);
    struct pm_secret secret, back;
    struct pm_error error = {0};
    cr_assert_eq(pm_secret_derive(master, id, salt, &secret, &error), 0);
    struct buffer file = file_of(&secret);
    struct keyring *ring = open_ring(NULL, temp_text("word", "correct horse\n"));
    cr_assert_eq(keyring_decrypt(ring, file.data, file.size, &back, &error), 0, "%s", error.message);
    cr_assert_arr_eq(&back, &secret, sizeof secret);
    keyring_close(ring);
    buffer_free(&file);
}

Test(keyring, the_other_kind_of_key_is_asked_for)
{
    struct keyring *key = open_ring(temp_text("hex", hex), NULL);
    struct keyring *word = open_ring(NULL, temp_text("word", "word"));
    static const uint8_t master[PM_KEY_BYTES], id[PM_ID_BYTES], salt[PM_SALT_BYTES] = {1};
    struct pm_secret secret, ignored;
    struct pm_error error = {0};
    cr_assert_eq(pm_secret_derive(master, id, NULL, &secret, &error), 0);
    struct buffer plain = file_of(&secret);
    cr_assert_eq(pm_secret_derive(master, id, salt, &secret, &error), 0);
    struct buffer salted = file_of(&secret);
    cr_assert_eq(keyring_decrypt(key, salted.data, salted.size, &ignored, &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_KEY);
    cr_assert_eq(error.hint, PM_HINT_PASSPHRASE);
    error = (struct pm_error){0};
    cr_assert_eq(keyring_decrypt(word, plain.data, plain.size, &ignored, &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_KEY);
    cr_assert_eq(error.hint, PM_HINT_KEY_FILE);
    error = (struct pm_error){0};
    cr_assert_eq(keyring_decrypt(key, (const uint8_t *)"text", 4, &ignored, &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_UNSUPPORTED);
    buffer_free(&plain);
    buffer_free(&salted);
    keyring_close(key);
    keyring_close(word);
}

/* Replaces scrypt: fast, and counts calls. */
static atomic_uint stretched;
static int count_stretch(const uint8_t *passphrase, size_t size, const uint8_t salt[PM_SALT_BYTES],
                         uint8_t master[PM_KEY_BYTES])
{
    atomic_fetch_add(&stretched, 1);
    memset(master, 0, PM_KEY_BYTES);
    memcpy(master, salt, PM_SALT_BYTES);
    master[31] = (uint8_t)(passphrase[0] + size);
    return 0;
}

Test(keyring, a_run_encrypts_with_one_fresh_salt)
{
    struct keyring *ring = open_ring(NULL, temp_text("word", "word"));
    struct keyring *again = open_ring(NULL, temp_path("word"));
    keyring_set_stretch(ring, count_stretch);
    keyring_set_stretch(again, count_stretch);
    struct pm_secret one, two, three;
    struct pm_error error = {0};
    cr_assert_eq(keyring_encrypt(ring, &one, &error), 0);
    cr_assert_eq(keyring_encrypt(ring, &two, &error), 0);
    cr_assert_eq(atomic_load(&stretched), 1);
    cr_assert_eq(keyring_encrypt(again, &three, &error), 0);
    cr_assert_arr_eq(one.salt, two.salt, sizeof one.salt);
    cr_assert_neq(memcmp(one.id, two.id, sizeof one.id), 0);
    cr_assert_neq(memcmp(one.salt, three.salt, sizeof one.salt), 0);
    expect_round_trip(ring, again);
    keyring_close(ring);
    keyring_close(again);
}

/* A file with salt number `n`, made with the key that count_stretch derives from it; or with another key, as
 * if forged without the passphrase. */
static struct buffer file_under(unsigned n, bool honest)
{
    uint8_t salt[PM_SALT_BYTES] = {(uint8_t)n, (uint8_t)(n >> 8), 1}, master[PM_KEY_BYTES];
    const uint8_t id[PM_ID_BYTES] = {(uint8_t)n};
    memset(master, 0, sizeof master);
    memcpy(master, salt, sizeof salt);
    master[31] = (uint8_t)('w' + 4 + !honest);
    struct pm_secret secret;
    struct pm_error error = {0};
    cr_assert_eq(pm_secret_derive(master, id, salt, &secret, &error), 0);
    return file_of(&secret);
}

static struct buffer file_with_salt(unsigned n)
{
    return file_under(n, true);
}

/* Derives the keys and checks them, or expects an error of that kind. */
static void expect_decrypt(struct keyring *ring, unsigned n, bool honest, enum pm_error_kind kind)
{
    struct buffer file = file_under(n, honest);
    struct pm_secret secret;
    struct pm_error error = {0};
    cr_assert_eq(keyring_decrypt(ring, file.data, file.size, &secret, &error), kind == PM_OK ? 0 : -1,
                 "salt %u: %s", n, error.message);
    cr_assert_eq(error.kind, kind, "salt %u: %s", n, error.message);
    buffer_free(&file);
}

static struct keyring *counting_ring(void)
{
    struct keyring *ring = open_ring(NULL, temp_text("word", "word"));
    keyring_set_stretch(ring, count_stretch);
    return ring;
}

Test(keyring, an_archive_of_hundreds_of_runs_is_decrypted)
{
    struct keyring *ring = counting_ring();
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned n = 0; n < 300; n++)
            expect_decrypt(ring, n, true, PM_OK);
    }
    cr_assert_eq(atomic_load(&stretched), 300, "each salt is computed once");
    keyring_close(ring);
}

Test(keyring, more_salts_than_are_remembered_are_computed_again)
{
    enum { SALTS = KEYRING_SLOTS + 40 };
    struct keyring *ring = counting_ring();
    for (unsigned n = 0; n < SALTS; n++)
        expect_decrypt(ring, n, true, PM_OK);
    expect_decrypt(ring, SALTS - 1, true, PM_OK);
    cr_assert_eq(atomic_load(&stretched), SALTS);
    expect_decrypt(ring, 0, true, PM_OK); /* used longest ago, and forgotten */
    cr_assert_eq(atomic_load(&stretched), SALTS + 1);
    keyring_close(ring);
}

Test(keyring, made_up_salts_push_out_no_proven_one_and_cost_one_computation_each, .timeout = 120)
{
    enum { FORGED = 10000, HONEST = 300 };
    struct keyring *ring = counting_ring();
    for (unsigned n = 0; n < HONEST; n++)
        expect_decrypt(ring, n, true, PM_OK);
    for (unsigned n = 0; n < FORGED; n++)
        expect_decrypt(ring, 1000 + n, false, PM_ERROR_KEY);
    cr_assert_eq(atomic_load(&stretched), HONEST + FORGED);
    for (unsigned n = 0; n < HONEST; n++) /* those that were proven are still remembered */
        expect_decrypt(ring, n, true, PM_OK);
    cr_assert_eq(atomic_load(&stretched), HONEST + FORGED);
    expect_decrypt(ring, HONEST, true, PM_OK); /* and there is room for a further one */
    keyring_close(ring);
}

/* A forged file may have the salt of an authentic one, and come before or after it. */
Test(keyring, a_forged_file_with_an_honest_salt_costs_nothing_more)
{
    struct keyring *ring = counting_ring();
    for (int i = 0; i < 3; i++)
        expect_decrypt(ring, 7, false, PM_ERROR_KEY);
    expect_decrypt(ring, 7, true, PM_OK);
    expect_decrypt(ring, 7, false, PM_ERROR_KEY);
    expect_decrypt(ring, 7, true, PM_OK);
    cr_assert_eq(atomic_load(&stretched), 1);
    keyring_close(ring);
}

Test(keyring, computations_for_salts_that_fit_no_file_can_be_limited)
{
    struct keyring *ring = counting_ring();
    keyring_set_wrong_max(ring, 3);
    for (unsigned n = 0; n < 20; n++) /* those that fit the key are not counted */
        expect_decrypt(ring, n, true, PM_OK);
    for (unsigned n = 100; n < 103; n++)
        expect_decrypt(ring, n, false, PM_ERROR_KEY);
    expect_decrypt(ring, 103, false, PM_ERROR_LIMIT);
    expect_decrypt(ring, 20, true, PM_ERROR_LIMIT); /* it can't be known without computing it */
    cr_assert_eq(atomic_load(&stretched), 23);
    expect_decrypt(ring, 5, true, PM_OK);
    expect_decrypt(ring, 101, true, PM_OK); /* it is an authentic salt after all, */
    expect_decrypt(ring, 20, true, PM_OK);  /* so another wrong one is allowed */
    struct pm_secret fresh;
    struct pm_error error = {0};
    expect_decrypt(ring, 104, false, PM_ERROR_KEY);
    cr_assert_eq(keyring_encrypt(ring, &fresh, &error), 0, "%s", error.message);
    keyring_close(ring);
}

Test(keyring, a_wrong_key_is_reported_before_anything_is_decrypted)
{
    struct keyring *ring = open_ring(temp_text("hex", hex), NULL);
    static const uint8_t master[PM_KEY_BYTES] = {9}, id[PM_ID_BYTES];
    struct pm_secret secret, ignored;
    struct pm_error error = {0};
    cr_assert_eq(pm_secret_derive(master, id, NULL, &secret, &error), 0);
    struct buffer file = file_of(&secret);
    cr_assert_eq(keyring_decrypt(ring, file.data, file.size, &ignored, &error), -1);
    cr_assert(error.kind == PM_ERROR_KEY && error.hint == PM_HINT_KEY, "%s", error.message);
    static const struct pm_secret none;
    cr_assert_arr_eq(&ignored, &none, sizeof none, "keys are left behind");
    buffer_free(&file);
    keyring_close(ring);
}

enum { RACERS = 8, RACE_SALTS = 4 };

/* count_stretch that waits for concurrent calls, and counts them. */
static atomic_bool inside;
static atomic_uint overlaps;
static int lone_stretch(const uint8_t *passphrase, size_t size, const uint8_t salt[PM_SALT_BYTES],
                        uint8_t master[PM_KEY_BYTES])
{
    if (atomic_exchange(&inside, true))
        atomic_fetch_add(&overlaps, 1);
    for (int i = 0; i < 1000; i++)
        sched_yield();
    atomic_store(&inside, false);
    return count_stretch(passphrase, size, salt, master);
}

struct racer {
    struct keyring *ring;
    int first; /* salt that this thread requests */
    const struct buffer *files;
    pthread_barrier_t *start;
    struct pm_secret secrets[RACE_SALTS];
    int failed;
};

static void *race(void *argument)
{
    struct racer *racer = argument;
    struct pm_error error = {0};
    pthread_barrier_wait(racer->start);
    for (int i = 0; i < RACE_SALTS; i++) {
        int salt = (racer->first + i) % RACE_SALTS;
        const struct buffer *file = &racer->files[salt];
        if (keyring_decrypt(racer->ring, file->data, file->size, &racer->secrets[salt], &error) != 0)
            racer->failed++;
    }
    return NULL;
}

Test(keyring, threads_that_ask_at_once_share_one_computation_a_salt)
{
    struct keyring *ring = open_ring(NULL, temp_text("word", "word"));
    keyring_set_stretch(ring, lone_stretch);
    struct buffer files[RACE_SALTS];
    for (unsigned i = 0; i < RACE_SALTS; i++)
        files[i] = file_with_salt(i);
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, RACERS);
    static struct racer racers[RACERS];
    pthread_t threads[RACERS];
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){.ring = ring, .first = i, .files = files, .start = &start};
        cr_assert_eq(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        cr_assert_eq(racers[i].failed, 0);
        cr_assert_arr_eq(racers[i].secrets, racers[0].secrets, sizeof racers[0].secrets);
    }
    cr_assert_eq(atomic_load(&stretched), RACE_SALTS);
    cr_assert_eq(atomic_load(&overlaps), 0, "two salts were computed at once");
    for (int i = 0; i < RACE_SALTS; i++)
        buffer_free(&files[i]);
    pthread_barrier_destroy(&start);
    keyring_close(ring);
}

static int fail_once(const uint8_t *passphrase, size_t size, const uint8_t salt[PM_SALT_BYTES],
                     uint8_t master[PM_KEY_BYTES])
{
    if (atomic_load(&stretched) > 0)
        return count_stretch(passphrase, size, salt, master);
    atomic_fetch_add(&stretched, 1);
    return -1;
}

Test(keyring, a_failed_computation_is_reported_and_tried_again)
{
    struct keyring *ring = open_ring(NULL, temp_text("word", "word"));
    keyring_set_stretch(ring, fail_once);
    struct pm_secret secret;
    struct pm_error error = {0};
    cr_assert_eq(keyring_encrypt(ring, &secret, &error), -1);
    cr_assert_eq(error.kind, PM_ERROR_MEMORY);
    error = (struct pm_error){0};
    cr_assert_eq(keyring_encrypt(ring, &secret, &error), 0);
    keyring_close(ring);
}
