/*
 * The master key of a run, from which the keys of each image are derived. It is read from a key file, or
 * derived from a passphrase with scrypt (RFC 7914; N = 2^17, r = 8, p = 1: about half a second and 128 MiB
 * per salt). An encrypting run uses one new random salt; a decrypting run reads each image's salt from its
 * header and runs scrypt once per salt.
 *
 * A salt whose key matches its file is proven: only someone who knows the passphrase can make such a file.
 * The keys of up to KEYRING_SLOTS salts are cached. If there are more, unproven salts are evicted first, so
 * that forged salts cost one computation per file and do not prevent genuine files from being decrypted.
 *
 * The master key never leaves the ring. All functions except open and close are thread-safe.
 */
#ifndef BATCH_KEYRING_H
#define BATCH_KEYRING_H

#include <stddef.h>

#include "base/error.h"
#include "pixmill/secret.h"

/* Number of salts whose keys are cached; a file with any other salt costs one more computation. */
enum { KEYRING_SLOTS = 512 };

struct keyring;

/* Reads the key: `key_file` contains 32 raw bytes or 64 hex digits, `passphrase_file` a passphrase, without
 * the final newline; exactly one of the two is not NULL. Returns the ring, or NULL with `error` filled. */
struct keyring *keyring_open(const char *key_file, const char *passphrase_file, struct pm_error *error);

/* New keys with a random id for encrypting one image. Returns 0, or -1 with `error` filled. */
int keyring_encrypt(struct keyring *ring, struct pm_secret *secret, struct pm_error *error);

/* The keys of the encrypted image file data[size], compared with its check value. Returns 0, or -1 with
 * `error` filled: not encrypted, wrong key or wrong kind of key (PM_ERROR_KEY), too many salts that matched
 * no file (PM_ERROR_LIMIT). */
int keyring_decrypt(struct keyring *ring, const uint8_t *data, size_t size, struct pm_secret *secret,
                    struct pm_error *error);

/* Limits the computations for salts that match no file; after that, only files with cached salts are
 * decrypted. 0 (the default): no limit. Call it before the ring is first used. */
void keyring_set_wrong_max(struct keyring *ring, unsigned wrong_max);

/* Overwrites every key and frees the ring; NULL is allowed. */
void keyring_close(struct keyring *ring);

/* Derives a master key from a passphrase. Returns 0, or -1 if there was no memory. */
typedef int keyring_stretch(const uint8_t *passphrase, size_t size, const uint8_t salt[PM_SALT_BYTES],
                            uint8_t master[PM_KEY_BYTES]);

/* Replaces scrypt, for tests. Call it before the ring is first used. */
void keyring_set_stretch(struct keyring *ring, keyring_stretch *stretch);

#endif
