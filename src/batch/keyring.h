/*
 * The master key of a run, and from it the keys of each image. It comes from a key file as it is, or from a
 * passphrase through scrypt (RFC 7914; N = 2^17, r = 8, p = 1: about half a second and 128 MiB a salt). An
 * encrypting run has one fresh random salt; a decrypting one finds each image's salt in its header, and
 * stretches the passphrase once a salt.
 *
 * A salt that fits its file is proven: only who knows the passphrase can make such a file. The keys of up to
 * KEYRING_SLOTS salts are remembered. When there are more, salts that are not proven are forgotten first, so
 * that made-up ones cost one computation for each file and keep no honest file from being decrypted.
 *
 * The key itself never leaves the ring. All functions but open and close may be called by many threads at
 * once.
 */
#ifndef BATCH_KEYRING_H
#define BATCH_KEYRING_H

#include <stddef.h>

#include "base/error.h"
#include "pixmill/secret.h"

/* Salts whose keys are remembered at once; a file with any other costs one more computation. */
enum { KEYRING_SLOTS = 512 };

struct keyring;

/* Reads the key: `key_file` holds 32 raw bytes or 64 hex digits, `passphrase_file` a passphrase, less one
 * newline at its end; exactly one of the two is not NULL. Returns the ring, or NULL with `error` filled. */
struct keyring *keyring_open(const char *key_file, const char *passphrase_file, struct pm_error *error);

/* Fresh keys, with a random id, for one image that is to be encrypted. Returns 0, or -1 with `error` filled.
 */
int keyring_encrypt(struct keyring *ring, struct pm_secret *secret, struct pm_error *error);

/* The keys of the encrypted image file data[size], compared with its check value. Returns 0, or -1 with
 * `error` filled: not encrypted, another key or the other kind of key is needed (PM_ERROR_KEY), too many
 * salts that fitted no file (PM_ERROR_LIMIT). */
int keyring_decrypt(struct keyring *ring, const uint8_t *data, size_t size, struct pm_secret *secret,
                    struct pm_error *error);

/* At most so many computations for salts that fit no file; from then on only files with known salts are
 * decrypted. 0, as at first: no limit. Before the ring is first used. */
void keyring_set_wrong_max(struct keyring *ring, unsigned wrong_max);

/* Overwrites every key and frees the ring; NULL is allowed. */
void keyring_close(struct keyring *ring);

/* Stretches a passphrase to a master key. Returns 0, or -1 when there was no memory. */
typedef int keyring_stretch(const uint8_t *passphrase, size_t size, const uint8_t salt[PM_SALT_BYTES],
                            uint8_t master[PM_KEY_BYTES]);

/* Puts another function in scrypt's place, before the ring is first used: for tests that count and race. */
void keyring_set_stretch(struct keyring *ring, keyring_stretch *stretch);

#endif
