#include "serve/sign.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/secret_memory.h"
#include "base/text.h"
#include "io/key_file.h"

enum { DIGEST = 32, SHOWN = 96, HEX = 2 * PM_KEY_BYTES };

struct signer {
    size_t count;
    uint8_t keys[SIGN_KEYS_MAX][PM_KEY_BYTES];
};

static int read_lines(struct signer *signer, const uint8_t *text, size_t size, const char *shown,
                      struct pm_error *error)
{
    for (size_t at = 0, line = 1; at < size; line++) {
        const uint8_t *end = memchr(text + at, '\n', size - at);
        size_t length = (end != NULL ? (size_t)(end - text) : size) - at;
        if (signer->count == SIGN_KEYS_MAX)
            return error_set(error, PM_ERROR_KEY, "%s: too many keys (at most %d)", shown, SIGN_KEYS_MAX);
        if (length != HEX || !key_file_hex(text + at, signer->keys[signer->count]))
            return error_set(error, PM_ERROR_KEY,
                             "%s: line %zu contains no key (a file of 32 raw bytes, or 64 hex digits a line)",
                             shown, line);
        signer->count++;
        at += length + 1;
    }
    if (signer->count == 0)
        return error_set(error, PM_ERROR_KEY,
                         "%s: contains no key (a file of 32 raw bytes, or 64 hex digits a line)", shown);
    return 0;
}

static int read_keys(struct signer *signer, const char *path, struct pm_error *error)
{
    char shown[SHOWN];
    uint8_t text[KEY_FILE_MAX];
    ssize_t size = key_file_read(path, text, error);
    int status = size < 0 ? -1 : 0;
    if (size == PM_KEY_BYTES) {
        memcpy(signer->keys[0], text, PM_KEY_BYTES);
        signer->count = 1;
    } else if (size >= 0) {
        status = read_lines(signer, text, (size_t)size, text_shown(path, shown, sizeof shown), error);
    }
    OPENSSL_cleanse(text, sizeof text);
    return status;
}

struct signer *signer_open(const char *key_file, struct pm_error *error)
{
    struct signer *signer = secret_alloc(sizeof *signer);
    if (signer == NULL) {
        error_memory(error, sizeof *signer);
        return NULL;
    }
    if (read_keys(signer, key_file, error) == 0)
        return signer;
    signer_close(signer);
    return NULL;
}

void signer_close(struct signer *signer)
{
    secret_free(signer, sizeof *signer);
}

static int make(const uint8_t key[PM_KEY_BYTES], const char *path, size_t size,
                char prefix[SIGN_PREFIX_LENGTH + 1])
{
    uint8_t digest[DIGEST];
    char text[4 * ((DIGEST + 2) / 3) + 1];
    if (HMAC(EVP_sha256(), key, PM_KEY_BYTES, (const uint8_t *)path, size, digest, NULL) == NULL)
        return -1;
    EVP_EncodeBlock((uint8_t *)text, digest, DIGEST);
    memcpy(prefix, "/s:", 3);
    for (int i = 3; i < SIGN_PREFIX_LENGTH; i++) {
        char digit = text[i - 3];
        prefix[i] = digit == '+' ? '-' : digit == '/' ? '_' : digit;
    }
    prefix[SIGN_PREFIX_LENGTH] = '\0';
    return 0;
}

int signer_sign(const struct signer *signer, const char *path, size_t size,
                char prefix[SIGN_PREFIX_LENGTH + 1])
{
    return make(signer->keys[0], path, size, prefix);
}

bool sign_is_signed(const char *path, size_t size)
{
    return size > SIGN_PREFIX_LENGTH && memcmp(path, "/s:", 3) == 0 && path[SIGN_PREFIX_LENGTH] == '/';
}

size_t signer_check(const struct signer *signer, const char *path, size_t size)
{
    if (!sign_is_signed(path, size))
        return 0;
    bool right = false;
    for (size_t i = 0; i < signer->count; i++) {
        char expected[SIGN_PREFIX_LENGTH + 1];
        if (make(signer->keys[i], path + SIGN_PREFIX_LENGTH, size - SIGN_PREFIX_LENGTH, expected) == 0)
            right |= CRYPTO_memcmp(path, expected, SIGN_PREFIX_LENGTH) == 0;
    }
    return right ? SIGN_PREFIX_LENGTH : 0;
}
