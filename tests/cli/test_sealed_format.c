/*
 * Encrypted files and their document, src/codec/SEALED.md: files that an older pixmill made are decrypted,
 * and what this one makes is decrypted by another implementation, tests/sealed/decrypt.py, which was written
 * from the document.
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

/* Compares the results of a plain run on both: the same pixels, orientation and metadata. */
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

static void expect_python_decrypts(const char *path, const char *kind, const char *option)
{
    char command[256];
    struct run there = RUN("run", path, "-o", "safe", "--encrypt", "--keep=all", option);
    cr_assert_eq(there.status, 0, "%s", there.err);
    char name[32];
    snprintf(name, sizeof name, "%s", strrchr(path, '/') + 1);
    memcpy(strrchr(name, '.'), ".png", 5);
    cr_assert(mkdir("opened", 0777) == 0 || access("opened", F_OK) == 0);
    snprintf(command, sizeof command, "%s sealed/decrypt.py safe/%s opened/%s %s %s", python(), name, name,
             kind, kind);
    cr_assert_eq(system(command), 0, "%s", command);
    char opened[64];
    snprintf(opened, sizeof opened, "opened/%s", name);
    expect_equal_results(path, opened);
}

Test(sealed_format, another_implementation_decrypts_by_the_document, .timeout = 60)
{
    if (python() == NULL)
        cr_skip_test("python3-cryptography is not installed");
    put_picture("in/bands.png", 700, 500);
    put_picture_of("in/wide.png", 90000, 3, PM_COLOR_RGB, false, 8); /* a row is more than a band */
    put_picture_of("in/gray-alpha.png", 31, 9, PM_COLOR_GRAY, true, 8);
    put_picture_of("in/deep.png", 33, 57, PM_COLOR_RGB, true, 16);
    put_picture("in/photo.jpg", 64, 48);
    static const char *const paths[] = {"in/bands.png", "in/wide.png",  "in/gray-alpha.png",
                                        "in/deep.png",  "in/photo.jpg", "sealed/sixteen-bits-plain.png"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        expect_python_decrypts(paths[i], "key", "--key-file=key");
    expect_python_decrypts("sealed/passphrase-plain.png", "passphrase", "--passphrase-file=passphrase");
}

enum { VECTOR_BYTES = 263 };

/* The file in hexadecimal at the end of the document's first test vector. */
static void documented_file(const char *document, uint8_t bytes[VECTOR_BYTES])
{
    const char *at = strstr(document, "The whole file, 263 bytes:");
    cr_assert_not_null(at);
    at = strchr(at, ':') + 1;
    for (size_t i = 0; i < VECTOR_BYTES; i++) {
        unsigned byte;
        at += strspn(at, " \n");
        cr_assert_eq(sscanf(at, "%2x", &byte), 1);
        bytes[i] = (uint8_t)byte;
        at += 2;
    }
}

Test(sealed_format, the_file_in_the_document_is_decrypted)
{
    uint8_t bytes[VECTOR_BYTES], master[PM_KEY_BYTES], id[PM_ID_BYTES], salt[PM_SALT_BYTES];
    struct pm_secrets secrets = {.has_decrypt = true};
    struct pm_error error = {0};
    struct pm_info info;
    uint8_t *result;
    size_t size;
    documented_file(content_of("sealed/../../src/codec/SEALED.md", NULL), bytes);
    for (unsigned i = 0; i < PM_KEY_BYTES; i++)
        master[i] = (uint8_t)i;
    cr_assert_eq(pm_secret_ids(bytes, sizeof bytes, id, salt, &error), 0, "%s", error.message);
    cr_assert_eq(pm_secret_derive(master, id, salt, &secrets.decrypt, &error), 0);
    struct pm_recipe *recipe = pm_recipe_parse("decrypt", &error);
    cr_assert_eq(pm_transform(recipe, bytes, sizeof bytes, NULL, &secrets, &result, &size, &error), 0, "%s",
                 error.message);
    cr_assert_eq(pm_probe(result, size, &info, &error), 0);
    cr_assert(info.width == 3 && info.height == 2 && info.depth == 16, "its orientation is 6");
    pm_recipe_free(recipe);
    free(result);
}

Test(sealed_format, another_implementation_holds_images_against_their_names)
{
    if (python() == NULL)
        cr_skip_test("python3-cryptography is not installed");
    put_picture("tree/one/a.png", 70, 50);
    struct run there = RUN("run", "tree", "-o", "safe", "--encrypt", "--bind-names", "--key-file=key");
    cr_assert_eq(there.status, 0, "%s", there.err);
    char command[256];
    static const char *const names[] = {"one/a.png", "a.png", ""};
    for (size_t i = 0; i < 3; i++) {
        snprintf(command, sizeof command, "%s sealed/decrypt.py safe/one/a.png a.png key key '%s' 2>message",
                 python(), names[i]);
        cr_assert_eq(system(command) == 0, i == 0, "%s", command);
    }
    cr_assert_not_null(strstr(content_of("message", NULL), "under another name"));
    expect_equal_results("tree/one/a.png", "./a.png");
}
