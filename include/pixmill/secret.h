/*
 * The keys of one encrypted image. A 32-byte master key belongs to the user; each image has a random 32-byte
 * id, and HKDF-SHA256 (RFC 5869) of the two gives the image's own keys by label. A `struct pm_secret`
 * decrypts only this image, so workers get these secrets, and the master key stays with the caller.
 *
 * Use a new random id for every image that is encrypted. Two images encrypted with one secret would have the
 * same nonces, and their difference would reveal both.
 */
#ifndef PIXMILL_SECRET_H
#define PIXMILL_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pixmill/error.h"

#pragma GCC visibility push(default)

enum { PM_KEY_BYTES = 32, PM_ID_BYTES = 32, PM_SALT_BYTES = 16, PM_CHECK_BYTES = 16 };
enum { PM_NAME_BYTES = 1024 }; /* of a bound name, including its NUL */

struct pm_secret {
    uint8_t id[PM_ID_BYTES];
    uint8_t salt[PM_SALT_BYTES]; /* of the passphrase's scrypt; all zero when the master key came from a key
                                    file */
    uint8_t pixel_key[PM_KEY_BYTES];    /* AES-256-GCM, pixels */
    uint8_t metadata_key[PM_KEY_BYTES]; /* AES-256-GCM, profile, orientation and kept metadata */
    uint8_t check[PM_CHECK_BYTES];      /* public: distinguishes a wrong key from a changed file */
    /* The image's name in its collection, a path with '/'; any bytes, NUL-terminated. When encrypting, the
     * image is bound to this name; "": to none. When decrypting, this is the file's present name: an image
     * that is bound to another name fails with PM_ERROR_CHANGED; one that is bound to none is not compared.
     */
    char name[PM_NAME_BYTES];
};

/* The secrets of one transform. A recipe that decrypts and encrypts needs both, with different ids: with the
 * same keys and nonces the difference of the two files would reveal both pictures. */
struct pm_secrets {
    bool has_decrypt, has_encrypt; /* is the member below filled? */
    struct pm_secret decrypt;      /* of the input */
    struct pm_secret encrypt;      /* of the result */
};

/* Derives the keys of image `id` from the master key; the name is "". `salt` is recorded in the image's
 * header: the scrypt salt that made `master`, or NULL when it came from a key file. Returns 0, or -1 with
 * `error` filled (PM_ERROR_INTERNAL). */
int pm_secret_derive(const uint8_t master[PM_KEY_BYTES], const uint8_t id[PM_ID_BYTES], const uint8_t *salt,
                     struct pm_secret *secret, struct pm_error *error);

/* Reads id and salt from the header of the encrypted image in data[size]. `salt` is all zero when its master
 * key came from a key file. Returns 0, or -1 with `error` filled: not an encrypted image, a version or
 * key-derivation parameters that are not ours, or a broken header. */
int pm_secret_ids(const uint8_t *data, size_t size, uint8_t id[PM_ID_BYTES], uint8_t salt[PM_SALT_BYTES],
                  struct pm_error *error);

#pragma GCC visibility pop

#endif
