/*
 * Signed URLs: only holders of the key can make the server do work.
 *
 *     /s:SIGNATURE/resize=800x600/cats/one.jpg
 *
 * SIGNATURE is HMAC-SHA256 (RFC 2104) over the bytes that follow it in the request line, from the slash on,
 * in URL-safe base64 without padding (RFC 4648, section 5): 43 characters. It is in the path, because some
 * caches ignore the query, and at its beginning, so that nothing unsigned is parsed to find it.
 *
 * The keys are in a memory page of their own, excluded from core dumps and, if the system allows it, from
 * swap. A signer is immutable and thread-safe; to change the keys, open another.
 */
#ifndef SERVE_SIGN_H
#define SERVE_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { SIGN_KEYS_MAX = 16, SIGN_PREFIX_LENGTH = 46 }; /* "/s:" and 43 base64 digits */

struct signer;

/* Reads the keys: 32 raw bytes, or a line of 64 hex digits for each. The first key signs, and all keys are
 * accepted, so that a new key can be added before the old one until URLs of the old one are no longer used.
 * NULL with `error` filled. */
struct signer *signer_open(const char *key_file, struct pm_error *error);

/* Overwrites the keys. NULL is allowed. */
void signer_close(struct signer *signer);

/* Writes "/s:SIGNATURE", NUL-terminated, the prefix for path[size]
 * ("/resize=800x600/cats/one.jpg"). 0, or -1 when there is no memory. */
int signer_sign(const struct signer *signer, const char *path, size_t size,
                char prefix[SIGN_PREFIX_LENGTH + 1]);

/* Does path[size] begin with a signature, valid or not? */
bool sign_is_signed(const char *path, size_t size);

/* The length of the signature at the beginning of path[size] if it is valid for the rest; 0 if there is none
 * or it is wrong. Takes the same time for every wrong signature. */
size_t signer_check(const struct signer *signer, const char *path, size_t size);

#endif
