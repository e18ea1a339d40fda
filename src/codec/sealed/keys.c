/*
 * The keys of one image: HKDF-SHA256 (RFC 5869) with the master key as input keying material, the image's id
 * as salt, and a label per key as info. Uses OpenSSL.
 */
#include "pixmill/secret.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"

static const char pixel_label[] = "pixmill 1 pixels";
static const char metadata_label[] = "pixmill 1 metadata";
static const char check_label[] = "pixmill 1 key check";

/* The parameters point to const bytes: OpenSSL's constructors take them without const, and only read them. */
static bool derive(EVP_KDF_CTX *kdf, const uint8_t master[PM_KEY_BYTES], const uint8_t id[PM_ID_BYTES],
                   const char *label, uint8_t *key, size_t size)
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)master, PM_KEY_BYTES),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)id, PM_ID_BYTES),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)label, strlen(label)),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF_CTX_reset(kdf);
    return EVP_KDF_derive(kdf, key, size, params) == 1;
}

int pm_secret_derive(const uint8_t master[PM_KEY_BYTES], const uint8_t id[PM_ID_BYTES], const uint8_t *salt,
                     struct pm_secret *secret, struct pm_error *error)
{
    *secret = (struct pm_secret){0};
    memcpy(secret->id, id, sizeof secret->id);
    if (salt != NULL)
        memcpy(secret->salt, salt, sizeof secret->salt);
    EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *kdf = hkdf != NULL ? EVP_KDF_CTX_new(hkdf) : NULL;
    bool derived =
        kdf != NULL && derive(kdf, master, id, pixel_label, secret->pixel_key, sizeof secret->pixel_key) &&
        derive(kdf, master, id, metadata_label, secret->metadata_key, sizeof secret->metadata_key) &&
        derive(kdf, master, id, check_label, secret->check, sizeof secret->check);
    EVP_KDF_CTX_free(kdf);
    EVP_KDF_free(hkdf);
    if (derived)
        return 0;
    OPENSSL_cleanse(secret, sizeof *secret);
    return error_set(error, PM_ERROR_INTERNAL, "OpenSSL failed at HKDF-SHA256 (check its installation)");
}
