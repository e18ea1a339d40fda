/*
 * Signed URLs: whoever holds the key decides what the server is asked to do, and nobody else makes it work.
 *
 *     /s:SIGNATURE/resize=800x600/cats/one.jpg
 *
 * SIGNATURE is HMAC-SHA256 (RFC 2104) over what follows it, from its slash on, byte for byte as it stands in
 * the request line, in URL-safe base64 without padding (RFC 4648, section 5): 43 characters. It is a part of
 * the path and not of the query, so that every cache on the way keeps it, and comes first, so that no
 * signature has to be looked for in what nobody vouches for.
 *
 * The keys lie in a page of their own, which is not swapped out where the system allows that, and in no core
 * dump. A signer is read only and may be used by many threads; to change keys, open another.
 */
#ifndef SERVE_SIGN_H
#define SERVE_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { SIGN_KEYS_MAX = 16, SIGN_PREFIX_LENGTH = 46 }; /* "/s:" and 43 base64 digits */

struct signer;

/* Reads the keys: 32 raw bytes, or a line of 64 hex digits for each. The first signs and all are accepted, so
 * that a new key can be put before the old one, which goes when its URLs are no longer in use. NULL with
 * `error` filled. */
struct signer *signer_open(const char *key_file, struct pm_error *error);

/* Overwrites the keys; NULL is allowed. */
void signer_close(struct signer *signer);

/* Writes "/s:SIGNATURE", NUL-terminated, which is to stand before path[size]
 * ("/resize=800x600/cats/one.jpg"). 0, or -1 when there is no memory. */
int signer_sign(const struct signer *signer, const char *path, size_t size,
                char prefix[SIGN_PREFIX_LENGTH + 1]);

/* Does path[size] begin with a signature, be it right or wrong? */
bool sign_is_signed(const char *path, size_t size);

/* The length of the signature that path[size] begins with, when it is right for the rest; 0 when there is
 * none or it is wrong. Takes equally long for every wrong one. */
size_t signer_check(const struct signer *signer, const char *path, size_t size);

#endif
