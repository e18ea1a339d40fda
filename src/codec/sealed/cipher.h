/*
 * AES-256-GCM (NIST SP 800-38D) over an image's bands and metadata, in both directions. codec/sealed/header.h
 * says what is sealed under which key and nonce. If an image is bound to a name, its bands are authenticated
 * with it; the metadata, which contains the name, is not.
 */
#ifndef CODEC_SEALED_CIPHER_H
#define CODEC_SEALED_CIPHER_H

#include "codec/sealed/header.h"

enum seal_direction { SEAL_ENCRYPT, SEAL_DECRYPT };

/* Encrypts or decrypts every band of `in` into `out`, two planes of the seal's shape. `tags`, 16 bytes a
 * band, are written or compared. Returns 0, or -1 with `error` filled: PM_ERROR_CHANGED if a band does not
 * match its tag; then `out` must not be used. */
int seal_cipher_bands(enum seal_direction direction, const struct seal *seal, const uint8_t key[PM_KEY_BYTES],
                      const struct pm_plane *in, const struct pm_plane *out, uint8_t *tags,
                      struct context *context);

/* The same for the metadata: `bytes` of the seal's metadata_size to `out` (which may be `bytes`) and one tag.
 */
int seal_cipher_metadata(enum seal_direction direction, const struct seal *seal,
                         const uint8_t key[PM_KEY_BYTES], const uint8_t *bytes, uint8_t *out,
                         uint8_t tag[SEAL_TAG_BYTES], struct pm_error *error);

#endif
