/*
 * Encrypted files and their specification, src/codec/SEALED.md: files made by an older pixmill are decrypted,
 * and new ones can be decrypted by another implementation, tests/sealed/decrypt.py, which was written from
 * the specification.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/run.h"
#include "pixmill/pixmill.h"
#include "temp.h"

static void begin(void)
{
    const char *command = getenv("PIXMILL"), *slash = strrchr(command, '/');
    char sealed[4096];
    run_begin();
    snprintf(sealed, sizeof sealed, "%.*s/../tests/sealed", (int)(slash - command), command);
    cr_assert_eq(symlink(sealed, "sealed"), 0);
    temp_text("key", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
    temp_text("passphrase", "correct horse battery staple\n");
}

TestSuite(sealed_format, .init = begin);

/* Compares two files by a run on both: the same pixels, orientation and metadata. */
static void expect_equal_results(const char *one, const char *other)
{
    struct run first = RUN("run", one, "-o", "first", "--keep=all", "--format=png");
    struct run second = RUN("run", other, "-o", "second", "--keep=all", "--format=png");
    cr_assert_eq(first.status | second.status, 0, "%s%s", first.err, second.err);
    char a[64], b[64];
    snprintf(a, sizeof a, "first/%s", strrchr(one, '/') + 1);
    snprintf(b, sizeof b, "second/%s", strrchr(other, '/') + 1);
    memcpy(strrchr(a, '.'), ".png", 5);
    cr_assert(same_bytes(a, b), "%s and %s are not the same picture", one, other);
}

/* Of 8-bit RGB, of 8-bit grey, and of 16-bit RGB with alpha, metadata of every kind and an orientation. */
Test(sealed_format, old_files_are_still_decrypted)
{
    static const struct {
        const char *sealed, *plain, *key;
    } cases[] = {
        {"sealed/key-file.png", "sealed/key-file-plain.png", "--key-file=key"},
        {"sealed/passphrase.png", "sealed/passphrase-plain.png", "--passphrase-file=passphrase"},
        {"sealed/sixteen-bits.png", "sealed/sixteen-bits-plain.png", "--key-file=key"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run back = RUN("run", cases[i].sealed, "-o", "back", "--decrypt", "--keep=all", cases[i].key);
        cr_assert_eq(back.status, 0, "%s", back.err);
        char decrypted[64];
        snprintf(decrypted, sizeof decrypted, "back/%s", strrchr(cases[i].sealed, '/') + 1);
        expect_equal_results(cases[i].plain, decrypted);
    }
}

/* A python3 that has the cryptography module, or NULL. */
static const char *python(void)
{
    static const char *const names[] = {"python3", "/usr/bin/python3"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char command[128];
        snprintf(command, sizeof command, "%s -c 'import cryptography' 2>/dev/null", names[i]);
        if (system(command) == 0)
            return names[i];
    }
    return NULL;
}

/* Runs a script of tests/sealed and returns its exit status; its output is in the file "said". Skips the test
 * without python3-cryptography. */
static int run_script(const char *script, const char *arguments)
{
    char command[512];
    if (python() == NULL)
        cr_skip_test("python3-cryptography is not installed");
    snprintf(command, sizeof command, "%s -B sealed/%s %s >said 2>&1", python(), script, arguments);
    return system(command);
}

/* Compares pixmill's decryption of the folder (no rotation, all metadata kept) with the Python script's. */
static void expect_python_agrees(const char *folder, const char *key, const char *option, const char *said)
{
    char arguments[128];
    struct run back = RUN("run", folder, "-o", "plain", "--decrypt", "--keep=all", "--no-autorotate", option);
    cr_assert_eq(back.status, 0, "%s", back.err);
    snprintf(arguments, sizeof arguments, "%s plain %s", folder, key);
    cr_assert_eq(run_script("compare.py", arguments), 0, "%s", content_of("said", NULL));
    cr_assert_not_null(strstr(content_of("said", NULL), said), "%s", content_of("said", NULL));
}

Test(sealed_format, another_implementation_decrypts_old_files, .timeout = 60)
{
    cr_assert(mkdir("old", 0777) == 0 && mkdir("older", 0777) == 0);
    cr_assert_eq(symlink("../sealed/key-file.png", "old/a.png"), 0);
    cr_assert_eq(symlink("../sealed/sixteen-bits.png", "old/b.png"), 0);
    cr_assert_eq(symlink("../sealed/passphrase.png", "older/a.png"), 0);
    expect_python_agrees("old", "key key", "--key-file=key",
                         "2 images, entries 1 3 4 5 6 7 8 9 10 11 12 13\n");
    expect_python_agrees("older", "passphrase passphrase", "--passphrase-file=passphrase", "1 images");
}

/* Every colour, depth, cut into bands and kind of metadata. */
static void put_sources(void)
{
    static const char *const links[][2] = {{"../sealed/sixteen-bits-plain.png", "in/metadata.png"},
                                           {"../sealed/../../samples/tarn-exif6-icc.jpg", "in/profile.jpg"}};
    for (unsigned kind = 0; kind < 8; kind++) {
        char path[32];
        snprintf(path, sizeof path, "in/colours/%u.png", kind);
        put_picture_of(path, 31 + kind, 57, kind & 1 ? PM_COLOR_RGB : PM_COLOR_GRAY, kind & 2,
                       kind & 4 ? 16 : 8);
    }
    put_picture("in/bands.png", 300, 300);
    put_picture_of("in/wide.png", 90000, 2, PM_COLOR_RGB, false, 8); /* a row is more than a band */
    put_picture("in/photo.jpg", 64, 48);
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        cr_assert_eq(symlink(links[i][0], links[i][1]), 0);
}

static void expect_python_decrypts_fresh_files(const char *key, const char *option)
{
    put_sources();
    struct run there =
        RUN("run", "in", "-o", "safe", "--encrypt", "--keep=all", "--no-autorotate", "--bind-names", option);
    cr_assert_eq(there.status, 0, "%s", there.err);
    expect_python_agrees("safe", key, option, "13 images, entries 1 2 3 4 5 6 7 8 9 10 11 12 13 14\n");
}

Test(sealed_format, another_implementation_decrypts_what_a_key_file_encrypts, .timeout = 60)
{
    expect_python_decrypts_fresh_files("key key", "--key-file=key");
}

Test(sealed_format, another_implementation_decrypts_what_a_passphrase_encrypts, .timeout = 60)
{
    expect_python_decrypts_fresh_files("passphrase passphrase", "--passphrase-file=passphrase");
}

Test(sealed_format, the_documents_vectors_are_decrypted, .timeout = 60)
{
    cr_assert_eq(mkdir("vectors", 0777), 0);
    cr_assert_eq(run_script("vectors.py", "sealed/../../src/codec/SEALED.md vectors"), 0, "%s",
                 content_of("said", NULL));
    cr_assert_str_eq(content_of("said", NULL), "3 vectors\n");
    cr_assert(mkdir("one", 0777) == 0 && rename("vectors/3.png", "one/3.png") == 0);
    expect_python_agrees("one", "key key", "--key-file=key", "1 images, entries 1 7 8 9\n");
    put_picture_of("plain/3.png", 3, 2, PM_COLOR_RGB, true, 8); /* a difference would be found */
    cr_assert_neq(run_script("compare.py", "one plain key key"), 0);
    cr_assert_not_null(strstr(content_of("said", NULL), "3.png differs: pixels"));
}

enum { VECTOR_MAX = 512 };

/* The document's next complete file in hexadecimal, from *at on; returns its size. */
static size_t documented_file(const char **at, uint8_t bytes[VECTOR_MAX])
{
    size_t size;
    unsigned byte;
    *at = strstr(*at, "he whole file, ");
    cr_assert_not_null(*at);
    cr_assert(sscanf(*at, "he whole file, %zu bytes:", &size) == 1 && size <= VECTOR_MAX);
    *at = strchr(*at, ':') + 1;
    for (size_t i = 0; i < size; i++) {
        *at += strspn(*at, " \n");
        cr_assert_eq(sscanf(*at, "%2x", &byte), 1);
        bytes[i] = (uint8_t)byte;
        *at += 2;
    }
    return size;
}

/* With the library and the documented master key. The result is upright. */
static void expect_decrypts(const uint8_t *bytes, size_t file_size, const char *name, uint32_t width,
                            uint32_t height, unsigned depth)
{
    uint8_t master[PM_KEY_BYTES], id[PM_ID_BYTES], salt[PM_SALT_BYTES];
    struct pm_secrets secrets = {.has_decrypt = true};
    struct pm_error error = {0};
    struct pm_info info;
    uint8_t *result;
    size_t size;
    for (unsigned i = 0; i < PM_KEY_BYTES; i++)
        master[i] = (uint8_t)i;
    cr_assert_eq(pm_secret_ids(bytes, file_size, id, salt, &error), 0, "%s", error.message);
    cr_assert_eq(pm_secret_derive(master, id, salt, &secrets.decrypt, &error), 0);
    snprintf(secrets.decrypt.name, sizeof secrets.decrypt.name, "%s", name);
    struct pm_recipe *recipe = pm_recipe_parse("decrypt", &error);
    cr_assert_eq(pm_transform(recipe, bytes, file_size, NULL, &secrets, &result, &size, &error), 0, "%s",
                 error.message);
    cr_assert_eq(pm_probe(result, size, &info, &error), 0);
    cr_assert(info.width == width && info.height == height && info.depth == depth);
    pm_recipe_free(recipe);
    free(result);
}

Test(sealed_format, the_files_in_the_document_are_decrypted)
{
    uint8_t bytes[VECTOR_MAX];
    const char *at = content_of("sealed/../../src/codec/SEALED.md", NULL);
    size_t size = documented_file(&at, bytes);
    expect_decrypts(bytes, size, "", 3, 2, 16);
    size = documented_file(&at, bytes);
    expect_decrypts(bytes, size, "one/a.png", 3, 2, 16);
    size = documented_file(&at, bytes);
    expect_decrypts(bytes, size, "", 3, 2, 8);
}

Test(sealed_format, another_implementation_holds_images_against_their_names)
{
    put_picture("tree/one/a.png", 70, 50);
    struct run there = RUN("run", "tree", "-o", "safe", "--encrypt", "--bind-names", "--key-file=key");
    cr_assert_eq(there.status, 0, "%s", there.err);
    cr_assert_eq(run_script("decrypt.py", "safe/one/a.png rows key key one/a.png"), 0);
    cr_assert_eq(strlen(content_of("said", NULL)), 0);
    static const char *const others[] = {"a.png", "''"};
    for (size_t i = 0; i < 2; i++) {
        char arguments[64];
        snprintf(arguments, sizeof arguments, "safe/one/a.png none key key %s", others[i]);
        cr_assert_neq(run_script("decrypt.py", arguments), 0);
        cr_assert_not_null(strstr(content_of("said", NULL), "under another name"));
    }
    cr_assert_eq(access("none", F_OK), -1);
}
