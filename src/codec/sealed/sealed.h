/*
 * Encrypted files: a container around a picture. SEALED.md has the format.
 *
 * The file is a file of sealed_codec, with noise of the picture's size, depth and channels as pixels. The
 * seal has everything for decryption except the key: header, tags, and the picture's encrypted orientation
 * and metadata. The codec reads and writes it as pm_metadata.sealed. So encryption runs between the last
 * conversion of a picture and its encoder, and decryption between the decoder and the first step. Both run in
 * bands on any backend.
 */
#ifndef CODEC_SEALED_H
#define CODEC_SEALED_H

#include "codec/codec.h"
#include "pixmill/secret.h"

/* The format of encrypted files: the only one that can hold a seal. */
extern const struct codec *const sealed_codec;

/* Makes *noise of `picture`: one full plane of grey or RGB, straight alpha. Nothing but the seal is in
 * noise's metadata, and its orientation is 1. Returns 0, or -1 with `error` filled: no secret (PM_ERROR_KEY),
 * too much metadata (PM_ERROR_LIMIT). */
int sealed_encrypt(const struct pm_image *picture, const struct pm_secret *secret, struct pm_image *noise,
                   struct context *context);

/* Makes *picture of `noise`: the exact samples, orientation and metadata that were encrypted. Texts and blobs
 * are from the context's job_arena. Returns 0, or -1 with `error` filled, and *picture is unchanged: no data
 * is returned before every tag has been verified. PM_ERROR_KEY: no secret, or the wrong one;
 * PM_ERROR_CHANGED. */
int sealed_decrypt(const struct pm_image *noise, const struct pm_secret *secret, struct pm_image *picture,
                   struct context *context);

struct seal; /* codec/sealed/header.h */

/* Reads the header of the encrypted image file data[size]. Returns 0, or -1 with `error` filled. */
int sealed_find(const uint8_t *data, size_t size, struct seal *seal, struct pm_error *error);

/* Are these the keys of the image, by its id and check value? Returns 0, or -1 with `error` filled
 * (PM_ERROR_KEY). */
int sealed_check_key(const struct seal *seal, const struct pm_secret *secret, struct pm_error *error);

#endif
